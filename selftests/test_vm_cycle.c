// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: VMs can be created and closed without end, many at a time, and by
 * many threads at once.
 *
 * CYCLES (1000): how many one after the other, and how many by threads.
 * VMS (200): how many at a time.
 */
#include "lib/crew.h"
#include "lib/harness.h"

VTX_TEST(one_after_the_other)
{
	long cycles = vtx_number("CYCLES", 1000), i;
	long created = vtx_stat("vms_created");
	int vtx = vtx_open(), vm;

	ASSERT_LE(0, vtx);
	for (i = 0; i < cycles; i++) {
		vm = vm_create(vtx);
		ASSERT_LE(0, vm)
			TH_LOG("VM %ld", i);
		ASSERT_EQ(0, close(vm));
		if (i % 100 == 0)
			ASSERT_EQ(0, vmx_cpus_on());
	}
	EXPECT_EQ(created + cycles, vtx_stat("vms_created"));
	EXPECT_EQ(0, vtx_stat("vms"));
}

/* Every other one is closed first, in the middle of the others. */
VTX_TEST(many_at_a_time)
{
	long vms = vtx_number("VMS", 200), i, from;
	int vtx = vtx_open(), *vm = calloc(vms, sizeof(*vm));

	ASSERT_TRUE(vm);
	for (i = 0; i < vms; i++) {
		vm[i] = vm_create(vtx);
		ASSERT_LE(0, vm[i])
			TH_LOG("VM %ld", i);
	}
	EXPECT_EQ(vms, vtx_stat("vms"));
	for (from = 0; from < 2; from++) {
		EXPECT_EQ(cpus_online(), vmx_cpus_on());
		for (i = from; i < vms; i += 2)
			ASSERT_EQ(0, close(vm[i]));
	}
	EXPECT_EQ(0, vtx_stat("vms"));
	EXPECT_EQ(0, vmx_cpus_on());
}

VTX_TEST(threads)
{
	int threads = 2 * cpus_online();
	long cycles = vtx_number("CYCLES", 1000) / threads;
	long created = vtx_stat("vms_created");
	struct crew crew;

	ASSERT_LT(0, cycles);
	ASSERT_EQ(0, crew_start(&crew, threads, cycles));
	EXPECT_EQ(0, crew_join(&crew));
	EXPECT_EQ(threads * cycles, crew.created);
	EXPECT_EQ(created + threads * cycles, vtx_stat("vms_created"));
	EXPECT_EQ(0, vtx_stat("vms"));
	EXPECT_EQ(0, vmx_cpus_on());
}

VTX_TEST_MAIN
