// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: VMX is on, on every CPU, exactly while there is a VM, whichever of
 * several is closed last.
 */
#include "lib/harness.h"

VTX_TEST(off_without_vm)
{
	int vtx = vtx_open();

	ASSERT_LE(0, vtx);
	EXPECT_EQ(0, vmx_cpus_on());
}

VTX_TEST(first_vm_turns_on_last_turns_off)
{
	int vtx = vtx_open(), vm, round;

	for (round = 0; round < 3; round++) {
		EXPECT_EQ(0, vmx_cpus_on());
		vm = vm_create(vtx);
		ASSERT_LE(0, vm);
		EXPECT_EQ(cpus_online(), vmx_cpus_on());
		close(vm);
		EXPECT_EQ(0, vmx_cpus_on());
	}
}

/* Two VMs of one device, closed in both orders. */
VTX_TEST(two_vms)
{
	long turned_on = vtx_stat("vmx_turned_on");
	int vtx = vtx_open(), vm[2], first;

	for (first = 0; first < 2; first++) {
		vm[0] = vm_create(vtx);
		vm[1] = vm_create(vtx);
		ASSERT_LE(0, vm[0]);
		ASSERT_LE(0, vm[1]);
		EXPECT_EQ(cpus_online(), vmx_cpus_on());
		close(vm[first]);
		EXPECT_EQ(cpus_online(), vmx_cpus_on());
		close(vm[!first]);
		EXPECT_EQ(0, vmx_cpus_on());
	}
	EXPECT_EQ(turned_on + 2, vtx_stat("vmx_turned_on"));
}

/* Each VM from another open of the device, which is closed before the VM. */
VTX_TEST(two_devices)
{
	int vtx[2] = { vtx_open(), vtx_open() }, vm[2];

	vm[0] = vm_create(vtx[0]);
	close(vtx[0]);
	vm[1] = vm_create(vtx[1]);
	close(vtx[1]);
	ASSERT_LE(0, vm[0]);
	ASSERT_LE(0, vm[1]);
	close(vm[0]);
	EXPECT_EQ(cpus_online(), vmx_cpus_on());
	close(vm[1]);
	EXPECT_EQ(0, vmx_cpus_on());
}

VTX_TEST_MAIN
