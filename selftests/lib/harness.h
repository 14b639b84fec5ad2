/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of every test of vtx, on top of the kernel's kselftest harness.
 *
 *	VTX_TEST(name)
 *	{
 *		...ASSERT_EQ(expected, seen); EXPECT_...; SKIP(return, why)
 *	}
 *
 *	VTX_TEST_MAIN
 *
 * Each test starts with vtx loaded and no VM, and when it is over and its
 * process gone, no VM may be left and VMX must be off on every CPU.  Fixtures of
 * other tests begin and end likewise, with vtx_begin() and vtx_end().  What
 * knows nothing but the ABI may be held against KVM too (VTX_DEVICE=/dev/kvm);
 * then these checks are left out.
 *
 * To be included by one file of a program only.
 */
#ifndef SELFTESTS_LIB_HARNESS_H
#define SELFTESTS_LIB_HARNESS_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <kselftest_harness.h>

#include "lib/cpu.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/module.h"
#include "lib/vtx.h"

/* Seconds; a slow kernel on a slow machine needs long, a hang is for ever. */
#define VTX_TEST_TIMEOUT	280

/**
 * vtx_number() - a number that whoever runs the test may choose
 * @name: environment variable
 * @preset: its value if it is not set
 *
 * Says which it is.
 */
static inline long vtx_number(const char *name, long preset)
{
	const char *text = getenv(name);
	long value = text ? atol(text) : preset;

	ksft_print_msg("%s=%ld\n", name, value);
	return value;
}

/* A test begins: vtx is loaded, there is no VM and no VMX. */
static inline void vtx_begin(struct __test_metadata *_metadata)
{
	int err;

	if (!device_is_vtx())
		return;
	err = module_load("vtx", "");
	if (err)
		ASSERT_EQ(-EEXIST, err);
	ASSERT_EQ(0, vmx_cpus_on());
	ASSERT_EQ(0, vtx_stat("vms"));
}

/* A test is over: so it is again, on every CPU, and the CPUs are all back. */
static inline void vtx_end(struct __test_metadata *_metadata)
{
	if (!device_is_vtx())
		return;
	if (fault_function_available())
		fault_function_end();
	cpus_set_all_online();
	EXPECT_EQ(0, vmx_cpus_on());
	if (module_is_loaded("vtx"))
		EXPECT_EQ(0, vtx_stat("vms"));
}

FIXTURE(vtx) {
};

FIXTURE_SETUP(vtx)
{
	vtx_begin(_metadata);
}

/* In the parent: the test's process has ended, and its descriptors with it. */
FIXTURE_TEARDOWN_PARENT(vtx)
{
	vtx_end(_metadata);
}

#define VTX_TEST(name)	TEST_F_TIMEOUT(vtx, name, VTX_TEST_TIMEOUT)

static bool vtx_was_loaded;

/* Leave vtx as it was found: the one who started the program unloads it. */
static void vtx_restore(void)
{
	if (vtx_was_loaded)
		module_load("vtx", "");
	else
		module_unload("vtx");
}

static int vtx_test_run(int argc, char **argv)
{
	int err = module_load("vtx_probe", "");

	if (err && err != -EEXIST)
		ksft_exit_fail_msg("vtx_probe.ko: %s\n", strerror(-err));
	vtx_was_loaded = module_is_loaded("vtx");
	atexit(vtx_restore);
	return test_harness_run(argc, argv);
}

#define VTX_TEST_MAIN							\
	int main(int argc, char **argv)					\
	{								\
		exit(vtx_test_run(argc, argv));				\
	}

#endif /* SELFTESTS_LIB_HARNESS_H */
