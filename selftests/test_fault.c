// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: any allocation may fail while a VM is created, VMX turned on or the
 * module loaded: the caller gets -ENOMEM, nothing is left half done, and the
 * next try works.
 *
 * The first allocation is made to fail, then the second, and so on, until one
 * try needs fewer than that.  Some the kernel can do without; those do no harm.
 *
 * LOAD_STEP (1): how far apart the allocations are that fail at load.
 */
#include "lib/harness.h"

/* No try makes so many: for counting them. */
#define NEVER	1000000

/**
 * FIXTURE(fault) - a kernel in which allocations fail on demand
 * @vtx: the device
 * @fault: from fault_alloc_open()
 */
FIXTURE(fault) {
	int vtx;
	int fault;
};

FIXTURE_SETUP(fault)
{
	if (!fault_alloc_available())
		SKIP(return,
		     "this kernel lacks CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC");
	vtx_begin(_metadata);
	self->vtx = vtx_open();
	ASSERT_LE(0, self->vtx);
	self->fault = fault_alloc_open();
	ASSERT_LE(0, self->fault);
}

FIXTURE_TEARDOWN_PARENT(fault)
{
	vtx_end(_metadata);
}

#define FAULT_TEST(name) TEST_F_TIMEOUT(fault, name, VTX_TEST_TIMEOUT)

/*
 * At least the VM, a VMXON region for every CPU there may be, and the file (an
 * inode is shared, but a directory entry and the file itself are not).
 */
FAULT_TEST(create_vm)
{
	int vm, left, n, refused = 0;

	for (n = 1; ; n++) {
		ASSERT_EQ(0, fault_alloc_nth(self->fault, n));
		vm = vm_create(self->vtx);
		left = fault_alloc_left(self->fault);
		ASSERT_EQ(0, fault_alloc_nth(self->fault, 0));
		if (left)
			break;
		if (vm < 0) {
			refused++;
			ASSERT_EQ(-ENOMEM, vm)
				TH_LOG("allocation %d", n);
			ASSERT_EQ(0, vtx_stat("vms"));
			ASSERT_EQ(0, vmx_cpus_on());
			vm = vm_create(self->vtx);
			ASSERT_LE(0, vm);
		}
		ASSERT_EQ(cpus_online(), vmx_cpus_on());
		ASSERT_EQ(0, close(vm));
		ASSERT_EQ(0, vmx_cpus_on());
	}
	EXPECT_LE(0, vm);
	ksft_print_msg("%d of %d failures refused the VM\n", refused, n - 1);
	EXPECT_LE(1 + cpus_possible() + 2, refused);
}

/* VMX is on already: there is less to allocate, and the first VM lives on. */
FAULT_TEST(create_second_vm)
{
	int first = vm_create(self->vtx), vm, left, n, refused = 0;

	ASSERT_LE(0, first);
	for (n = 1; ; n++) {
		ASSERT_EQ(0, fault_alloc_nth(self->fault, n));
		vm = vm_create(self->vtx);
		left = fault_alloc_left(self->fault);
		ASSERT_EQ(0, fault_alloc_nth(self->fault, 0));
		refused += vm < 0;
		if (left)
			break;
		if (vm >= 0)
			vm = close(vm) ? -errno : -ENOMEM;
		ASSERT_EQ(-ENOMEM, vm)
			TH_LOG("allocation %d", n);
		ASSERT_EQ(1, vtx_stat("vms"));
		ASSERT_EQ(cpus_online(), vmx_cpus_on());
	}
	EXPECT_LE(0, vm);
	EXPECT_LE(3, refused);
}

/* How many allocations does loading make? */
static int load_allocations(int fault, const char *parameters)
{
	int left;

	fault_alloc_nth(fault, NEVER);
	module_load("vtx", parameters);
	left = fault_alloc_left(fault);
	fault_alloc_nth(fault, 0);
	return NEVER - left;
}

/*
 * A load that is refused for its parameters has made nearly all allocations of
 * the kernel's module loader, and none of vtx's initialization: start there.
 * Failures of the loader are not ours, and it complains about some at length.
 */
FAULT_TEST(load)
{
	int step = vtx_number("LOAD_STEP", 1);
	int n, from, to, err, refused = 0, tried = 0;

	ASSERT_EQ(0, close(self->vtx));
	ASSERT_EQ(0, module_unload("vtx"));
	from = load_allocations(self->fault, "without=NOSUCH");
	to = load_allocations(self->fault, "");
	ASSERT_EQ(0, module_unload("vtx"));
	ksft_print_msg("loading allocates %d times, %d of them in vtx\n", to,
		       to - from);
	ASSERT_LT(10, to - from);

	for (n = from; n <= to; n += step) {
		ASSERT_EQ(0, fault_alloc_nth(self->fault, n));
		err = module_load("vtx", "");
		ASSERT_EQ(0, fault_alloc_nth(self->fault, 0));
		tried++;
		refused += err != 0;
		if (err) {
			ASSERT_EQ(-ENOMEM, err)
				TH_LOG("allocation %d", n);
			ASSERT_FALSE(module_is_loaded("vtx"));
			ASSERT_FALSE(file_exists(VTX_DEVICE_PATH));
			ASSERT_FALSE(file_exists(VTX_DEBUGFS));
		} else {
			ASSERT_EQ(0, module_unload("vtx"));
		}
	}
	ksft_print_msg("%d of %d failures refused the module\n", refused,
		       tried);
	EXPECT_LE(10 / step + 1, refused);
	ASSERT_EQ(0, module_load("vtx", ""));
	EXPECT_LE(0, vm_create(vtx_open()));
}

VTX_TEST_MAIN
