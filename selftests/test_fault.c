// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: any allocation may fail while a VM is created, VMX turned on, the
 * module loaded, or anything is done to a VM and its vCPUs: the caller gets
 * -ENOMEM, nothing is left half done, and the next try works.
 *
 * The first allocation is made to fail, then the second, and so on, until one
 * try needs fewer than that.  Some the kernel can do without; those do no harm.
 *
 * LOAD_STEP (1): how far apart the allocations are that fail at load.
 */
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/bus.h"
#include "lib/harness.h"
#include "lib/irqchip.h"

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

/*
 * What user space does to a VM that is there.  Each is tried with one allocation
 * after the other failing; then it is done once more, and undone.
 */

#define HOLE		(BUS_MMIO + 0x200000UL)	/* no memory is there */
#define HOLE_SIZE	0x10000UL

static struct guest guest;
static struct guest board;
static struct vcpu vcpu;
static int next_vcpu, stats_fd, event_fd;
static void *memory;

static long slot_set(__u64 size, __u32 flags)
{
	struct kvm_userspace_memory_region slot = {
		.slot = 7, .flags = flags, .guest_phys_addr = HOLE,
		.memory_size = size, .userspace_addr = (unsigned long)memory,
	};

	return vtx_ioctl(guest.fd, KVM_SET_USER_MEMORY_REGION,
			 (unsigned long)&slot);
}

static long slot_add(void)
{
	return slot_set(HOLE_SIZE, 0);
}

static long slot_delete(void)
{
	return slot_set(0, 0);
}

static long slot_log(void)
{
	return slot_set(HOLE_SIZE, KVM_MEM_LOG_DIRTY_PAGES);
}

static long log_get(void)
{
	__u64 bitmap[HOLE_SIZE / 4096 / 64 + 1];
	struct kvm_dirty_log log = { .slot = 7, .dirty_bitmap = bitmap };

	return vtx_ioctl(guest.fd, KVM_GET_DIRTY_LOG, (unsigned long)&log);
}

static long vcpu_add(void)
{
	long fd = vtx_ioctl(guest.fd, KVM_CREATE_VCPU, next_vcpu);

	if (fd < 0)
		return fd;
	next_vcpu++;
	return close(fd);
}

static long stats_add(void)
{
	stats_fd = vtx_ioctl(vcpu.fd, KVM_GET_STATS_FD, 0);
	return stats_fd < 0 ? stats_fd : 0;
}

static long stats_close(void)
{
	return close(stats_fd);
}

static long event_set(__u32 flags)
{
	struct kvm_ioeventfd request = {
		.fd = event_fd, .addr = BUS_MMIO, .len = 4, .flags = flags,
	};

	return vtx_ioctl(guest.fd, KVM_IOEVENTFD, (unsigned long)&request);
}

static long event_add(void)
{
	return event_set(0);
}

static long event_delete(void)
{
	return event_set(KVM_IOEVENTFD_FLAG_DEASSIGN);
}

static long zone_set(unsigned long cmd)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = BUS_MMIO, .size = 4096,
	};

	return vtx_ioctl(guest.fd, cmd, (unsigned long)&zone);
}

static long zone_add(void)
{
	return zone_set(KVM_REGISTER_COALESCED_MMIO);
}

static long zone_delete(void)
{
	return zone_set(KVM_UNREGISTER_COALESCED_MMIO);
}

/* A VM of its own, which goes away with all that it has. */
static long board_vm(void)
{
	board.fd = vtx_ioctl(guest.device, KVM_CREATE_VM, 0);
	return board.fd < 0 ? board.fd : 0;
}

static long board_end(void)
{
	return close(board.fd);
}

static long board_add(void)
{
	return irqchip_create(&board);
}

static long board_ready(void)
{
	return board_vm() ?: board_add();
}

static long routes_add(void)
{
	static const struct kvm_irq_routing_entry routes[] = {
		ROUTE_MSI(1000, MSI_ADDRESS(0), 0x61),
		ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 5, 5),
	};

	return routes_set(&board, routes, ARRAY_SIZE(routes));
}

static long irqfd_add(void)
{
	struct kvm_irqfd request = {
		.fd = event_fd, .resamplefd = event_fd, .gsi = 5,
		.flags = KVM_IRQFD_FLAG_RESAMPLE,
	};

	return vtx_ioctl(board.fd, KVM_IRQFD, (unsigned long)&request);
}

static long filter_set(void)
{
	__u8 nothing[8] = { 0 };
	struct kvm_msr_filter filter = {
		.ranges[0] = { KVM_MSR_FILTER_READ, 1, 0x10, nothing },
	};

	return vtx_ioctl(guest.fd, KVM_X86_SET_MSR_FILTER,
			 (unsigned long)&filter);
}

static long cpuid_get(void)
{
	static struct cpuid_list cpuid;

	cpuid.list.nent = CPUID_ROOM;
	return vtx_ioctl(guest.device, KVM_GET_SUPPORTED_CPUID,
			 (unsigned long)&cpuid);
}

static long cpuid_set(void)
{
	static struct cpuid_list cpuid;

	if (!cpuid.list.nent)
		cpuid_supported(&guest, &cpuid);
	return vtx_ioctl(vcpu.fd, KVM_SET_CPUID2, (unsigned long)&cpuid);
}

static long msrs_set(void)
{
	int ret = msr_set(&vcpu, 0x174, 8);

	return ret == 1 ? 0 : ret;
}

/* A guest that writes to memory that is not mapped anywhere yet. */
static long guest_run(void)
{
	const struct kvm_run *run = vcpu.run;
	int reason;

	do {
		reason = vcpu_run(&vcpu);
	} while (reason == KVM_EXIT_MMIO);
	if (reason < 0)
		return reason;
	return reason == KVM_EXIT_IO && run->io.port == PORT_RESULT ? 0 : -EIO;
}

static long guest_again(void)
{
	static const struct bus_op ops[] = {
		{ BUS_MOV + 4, 1, HOLE, 1 }, { BUS_MOV + 4, 1, BUS_MMIO, 1 },
	};
	long err;

	bus_start(&vcpu, ops, ARRAY_SIZE(ops));
	err = slot_add();
	return err ?: madvise(memory, HOLE_SIZE, MADV_DONTNEED);
}

static long nothing(void)
{
	return 0;
}

/**
 * struct deed - what is tried
 * @name: its name
 * @before: makes it possible
 * @try: does it, or returns -errno
 * @undo: undoes it
 * @refused: how many failures refuse it, at least; which allocation is the
 *	n'th is not the same in each try, because of the kernel's caches
 */
static const struct deed {
	const char	*name;
	long		(*before)(void);
	long		(*try)(void);
	long		(*undo)(void);
	int		refused;
} deeds[] = {
	{ "slot",		nothing,   slot_add,	slot_delete, 1 },
	{ "slot's end",		slot_add,  slot_delete,	nothing,     0 },
	{ "slot's log",		slot_add,  slot_log,	slot_delete, 1 },
	{ "log",		slot_log,  log_get,	slot_delete, 1 },
	{ "vCPU",		nothing,   vcpu_add,	nothing,     6 },
	{ "statistics",		nothing,   stats_add,	stats_close, 1 },
	{ "ioeventfd",		nothing,   event_add,	event_delete, 1 },
	{ "ioeventfd's end",	event_add, event_delete, nothing,    0 },
	{ "zone",		nothing,   zone_add,	zone_delete, 1 },
	{ "zone's end",		zone_add,  zone_delete,	nothing,     0 },
	{ "board",		board_vm,  board_add,	board_end,   4 },
	{ "routes",		board_ready, routes_add, board_end,  0 },
	{ "irqfd",		board_ready, irqfd_add,	board_end,   1 },
	{ "MSR filter",		nothing,   filter_set,	nothing,     1 },
	{ "CPUID there is",	nothing,   cpuid_get,	nothing,     0 },
	{ "CPUID",		nothing,   cpuid_set,	nothing,     0 },
	{ "MSRs",		nothing,   msrs_set,	nothing,     1 },
	{ "guest",		guest_again, guest_run,	slot_delete, 1 },
};

static void try(struct __test_metadata *_metadata, int fault,
		const struct deed *deed)
{
	int left = 0, n, refused = 0;
	long ret;

	for (n = 1; !left; n++) {
		ASSERT_EQ(0, deed->before())
			TH_LOG("%s, before", deed->name);
		ASSERT_EQ(0, fault_alloc_nth(fault, n));
		ret = deed->try();
		left = fault_alloc_left(fault);
		ASSERT_EQ(0, fault_alloc_nth(fault, 0));
		if (ret) {
			refused++;
			ASSERT_EQ(-ENOMEM, ret)
				TH_LOG("%s, allocation %d", deed->name, n);
			ret = deed->try();
		}
		ASSERT_EQ(0, ret)
			TH_LOG("%s, allocation %d", deed->name, n);
		ASSERT_EQ(0, deed->undo())
			TH_LOG("%s, allocation %d", deed->name, n);
	}
	ksft_print_msg("%s: %d of %d failures refused it\n", deed->name,
		       refused, n - 2);
	EXPECT_LE(deed->refused, refused)
		TH_LOG("%s", deed->name);
}

FAULT_TEST(deeds)
{
	unsigned int i;

	guest_create(&guest);
	vcpu_create(&vcpu, &guest, next_vcpu++);
	event_fd = eventfd(0, 0);
	memory = mmap(NULL, HOLE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	for (i = 0; i < ARRAY_SIZE(deeds); i++)
		try(_metadata, self->fault, &deeds[i]);
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
