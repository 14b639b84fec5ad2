// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: suspend and hibernation take VMX off every CPU, and afterwards it is
 * back on every CPU if a VM exists, and off if none does.
 *
 * The kernel's own rehearsal (/sys/power/pm_test) goes down to the last CPU with
 * all others offline and all devices asleep, and comes back from there.
 */
#include "lib/harness.h"

#define POWER		"/sys/power/"
/* Seconds that a rehearsal of suspend stays down. */
#define PM_TEST_DELAY	"/sys/module/suspend/parameters/pm_test_delay"

/*
 * Levels: "core" is all of it; "processors" leaves out the last CPU, "devices"
 * touches no CPU.  Hibernation always stays down for 5 seconds.
 */
FIXTURE_VARIANT(vtx) {
	const char *state;
	const char *level;
	bool	   vm;
	bool	   cpus_leave;
};

FIXTURE_VARIANT_ADD(vtx, mem_core_without_vm) {
	.state = "mem", .level = "core", .vm = false, .cpus_leave = true,
};

FIXTURE_VARIANT_ADD(vtx, mem_core_with_vm) {
	.state = "mem", .level = "core", .vm = true, .cpus_leave = true,
};

FIXTURE_VARIANT_ADD(vtx, mem_processors_with_vm) {
	.state = "mem", .level = "processors", .vm = true, .cpus_leave = true,
};

FIXTURE_VARIANT_ADD(vtx, mem_devices_with_vm) {
	.state = "mem", .level = "devices", .vm = true, .cpus_leave = false,
};

FIXTURE_VARIANT_ADD(vtx, freeze_devices_with_vm) {
	.state = "freeze", .level = "devices", .vm = true, .cpus_leave = false,
};

FIXTURE_VARIANT_ADD(vtx, disk_core_with_vm) {
	.state = "disk", .level = "core", .vm = true, .cpus_leave = true,
};

static int rehearse(const char *state, const char *level)
{
	int err;

	file_write(PM_TEST_DELAY, "0");
	err = file_write(POWER "pm_test", level);
	if (!err)
		err = file_write(POWER "state", state);
	file_write(POWER "pm_test", "none");
	return err;
}

VTX_TEST(sleep)
{
	int vtx = vtx_open(), vm = -1, cpus = cpus_online();
	long joined = vtx_stat("cpus_joined");

	if (!file_has_word(POWER "state", variant->state))
		SKIP(return, "this machine cannot sleep to %s", variant->state);
	if (!file_has_word(POWER "pm_test", variant->level))
		SKIP(return, "this kernel has no CONFIG_PM_DEBUG");
	if (variant->vm) {
		vm = vm_create(vtx);
		ASSERT_LE(0, vm);
	}

	ASSERT_EQ(0, rehearse(variant->state, variant->level));
	EXPECT_EQ(cpus, cpus_online());
	EXPECT_EQ(variant->vm ? cpus : 0, vmx_cpus_on());

	/* They have really been away, all but the last. */
	if (variant->vm && variant->cpus_leave)
		joined += cpus - 1;
	EXPECT_EQ(joined, vtx_stat("cpus_joined"));
	close(vm);
}

VTX_TEST_MAIN
