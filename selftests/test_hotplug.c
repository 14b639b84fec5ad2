// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a CPU that comes online has VMX on if a VM exists, and off if none
 * does; a CPU that cannot have it stays offline, and everybody else lives on.
 *
 * HOTPLUGS (100): how often a CPU goes offline and comes back.
 */
#include "lib/crew.h"
#include "lib/harness.h"
#include "lib/kmsg.h"

/**
 * FIXTURE(hotplug) - a machine whose last CPU can be taken away
 * @last: that CPU
 * @cpus: how many there are
 * @vtx: the device
 */
FIXTURE(hotplug) {
	int last;
	int cpus;
	int vtx;
};

FIXTURE_SETUP(hotplug)
{
	self->last = cpu_last_online();
	self->cpus = cpus_online();
	if (!self->last)
		SKIP(return, "there is but one CPU");
	vtx_begin(_metadata);
	self->vtx = vtx_open();
	ASSERT_LE(0, self->vtx);
}

FIXTURE_TEARDOWN_PARENT(hotplug)
{
	vtx_end(_metadata);
}

#define HOTPLUG_TEST(name) TEST_F_TIMEOUT(hotplug, name, VTX_TEST_TIMEOUT)

HOTPLUG_TEST(last_cpu)
{
	long rounds = vtx_number("HOTPLUGS", 100), i;
	int vm = vm_create(self->vtx);
	long joined = vtx_stat("cpus_joined"), left = vtx_stat("cpus_left");

	ASSERT_LE(0, vm);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, cpu_set_online(self->last, false));
		ASSERT_EQ(self->cpus - 1, vmx_cpus_on());
		ASSERT_EQ(-ENODEV, vmx_is_on(self->last));
		ASSERT_EQ(0, cpu_set_online(self->last, true));
		ASSERT_EQ(self->cpus, vmx_cpus_on());
	}
	EXPECT_EQ(joined + rounds, vtx_stat("cpus_joined"));
	EXPECT_EQ(left + rounds, vtx_stat("cpus_left"));
	close(vm);
	EXPECT_EQ(0, vmx_cpus_on());
}

/* Every way for a VM to come and go around a CPU that is offline. */
HOTPLUG_TEST(vm_comes_or_goes_meanwhile)
{
	int vm = -1, step;

	for (step = 0; step < 4; step++) {
		bool before = step & 1, after = step & 2;

		if (before)
			vm = vm_create(self->vtx);
		ASSERT_EQ(0, cpu_set_online(self->last, false));
		EXPECT_EQ(before ? cpus_online() : 0, vmx_cpus_on());
		if (before && !after)
			close(vm);
		if (!before && after)
			vm = vm_create(self->vtx);
		EXPECT_EQ(after ? cpus_online() : 0, vmx_cpus_on());
		ASSERT_EQ(0, cpu_set_online(self->last, true));
		EXPECT_EQ(after, vmx_is_on(self->last))
			TH_LOG("VM before: %d, after: %d", before, after);
		EXPECT_EQ(after ? cpus_online() : 0, vmx_cpus_on());
		if (after)
			ASSERT_EQ(0, close(vm));
	}
}

HOTPLUG_TEST(all_but_the_first)
{
	int vm = vm_create(self->vtx), cpu;

	ASSERT_LE(0, vm);
	for (cpu = 1; cpu <= self->last; cpu++) {
		ASSERT_EQ(0, cpu_set_online(cpu, false));
		ASSERT_EQ(self->cpus - cpu, vmx_cpus_on());
	}
	ASSERT_EQ(1, cpus_online());
	for (cpu = 1; cpu <= self->last; cpu++) {
		ASSERT_EQ(0, cpu_set_online(cpu, true));
		ASSERT_EQ(1, vmx_is_on(cpu));
		ASSERT_EQ(cpu + 1, vmx_cpus_on());
	}
}

/* VMs are created and closed all the time, so that VMX goes on and off. */
HOTPLUG_TEST(race_with_vms)
{
	long rounds = vtx_number("HOTPLUGS", 100) / 5, i;
	long turned_on = vtx_stat("vmx_turned_on");
	struct crew crew;

	ASSERT_LT(0, rounds);
	ASSERT_EQ(0, crew_start(&crew, 3, 0));
	for (i = 0; i < rounds; i++) {
		EXPECT_EQ(0, cpu_set_online(self->last, false));
		EXPECT_EQ(0, cpu_set_online(self->last, true));
	}
	EXPECT_EQ(0, crew_join(&crew));
	EXPECT_LT(rounds, crew.created);
	EXPECT_LT(turned_on + 1, vtx_stat("vmx_turned_on"));
	EXPECT_EQ(0, vtx_stat("vms"));
	EXPECT_EQ(0, vmx_cpus_on());
}

/* ---- With a CPU that fails ---- */

/*
 * Last in this program: fail_function draws random numbers inside a breakpoint,
 * which lockdep reports before it retires (see fault_function()).
 */
FIXTURE(failing_cpu) {
	int last;
	int cpus;
	int vtx;
};

FIXTURE_SETUP(failing_cpu)
{
	self->last = cpu_last_online();
	self->cpus = cpus_online();
	if (!fault_function_available())
		SKIP(return, "this kernel has no CONFIG_FAIL_FUNCTION");
	vtx_begin(_metadata);
	self->vtx = vtx_open();
	ASSERT_LE(0, self->vtx);
}

FIXTURE_TEARDOWN_PARENT(failing_cpu)
{
	vtx_end(_metadata);
}

#define FAILING_TEST(name) TEST_F_TIMEOUT(failing_cpu, name, VTX_TEST_TIMEOUT)

/* One CPU, whichever comes first, fails: no VM, and VMX off on the others. */
FAILING_TEST(prevents_vm)
{
	ASSERT_EQ(0, fault_function("vtx_percpu_on", -EIO, 1));
	EXPECT_EQ(-EIO, vm_create(self->vtx));
	EXPECT_EQ(0, vmx_cpus_on());
	EXPECT_EQ(0, vtx_stat("vms"));
	EXPECT_LE(0, vm_create(self->vtx));
	EXPECT_EQ(self->cpus, vmx_cpus_on());
}

FAILING_TEST(stays_offline)
{
	int vm = vm_create(self->vtx), log = kmsg_open();
	long refused = vtx_stat("cpus_refused");
	char lines[4096], expected[128];

	if (!self->last)
		SKIP(return, "there is but one CPU");
	ASSERT_LE(0, vm);
	ASSERT_LE(0, log);
	ASSERT_EQ(0, cpu_set_online(self->last, false));
	ASSERT_EQ(0, fault_function("vtx_percpu_on", -EIO, -1));
	kmsg_lines(log, "", lines, sizeof(lines));
	EXPECT_EQ(-EIO, cpu_set_online(self->last, true));

	EXPECT_EQ(self->cpus - 1, cpus_online());
	EXPECT_EQ(self->cpus - 1, vmx_cpus_on());
	EXPECT_EQ(refused + 1, vtx_stat("cpus_refused"));
	EXPECT_EQ(1, kmsg_lines(log, "vtx: ", lines, sizeof(lines)));
	snprintf(expected, sizeof(expected),
		 "vtx: CPU %d kept offline while VMs exist: -", self->last);
	EXPECT_EQ(0, strncmp(expected, lines, strlen(expected)))
		TH_LOG("log: '%s'", lines);
	EXPECT_EQ(1, vtx_ioctl(vm, KVM_CHECK_EXTENSION, VTX_CAP_VTX));
	EXPECT_LE(0, vm_create(self->vtx));

	ASSERT_EQ(0, fault_function_end());
	EXPECT_EQ(0, cpu_set_online(self->last, true));
	EXPECT_EQ(self->cpus, vmx_cpus_on());
}

/* Without a VM nobody asks the CPU for VMX. */
FAILING_TEST(is_free_without_vm)
{
	if (!self->last)
		SKIP(return, "there is but one CPU");
	ASSERT_EQ(0, cpu_set_online(self->last, false));
	ASSERT_EQ(0, fault_function("vtx_percpu_on", -EIO, -1));
	EXPECT_EQ(0, cpu_set_online(self->last, true));
	EXPECT_EQ(0, vmx_cpus_on());
}

VTX_TEST_MAIN
