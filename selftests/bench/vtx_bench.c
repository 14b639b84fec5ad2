// SPDX-License-Identifier: GPL-2.0-only
/*
 * What operations of a guest and of its monitor cost, in ticks of the TSC: on the
 * emulated machine with one CPU these are retired instructions, and repeat
 * themselves exactly.
 *
 *	VTX_DEVICE=/dev/kvm vtx_bench
 *	VTX_PROFILE=1 vtx_bench		# told by the emulator, see PROFILE_PORT
 *
 * Prints TAP, and a line "# bench | OPERATION | TARGET | TICKS" for each row, where
 * TARGET is what vtx may cost at most as part of what KVM costs.  The figure is the
 * median of many; a guest's operation includes the two or three instructions of its
 * loop, and the way to user space and back includes the system call.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bench/guest.h"
#include "uapi/vtx.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))
#define ROUNDS		64	/* samples of each guest operation */
#define BATCH		32	/* operations per sample */
#define HOST_ROUNDS	16	/* samples of a system call */

static int device;
static struct guest guest, board;

/*
 * An emulator that counts instructions by address listens to this port: a number
 * begins, with the highest bit it ends.  Any other machine ignores it.  See
 * selftests/vm/profile.
 */
#define PROFILE_PORT	0x4242
#define PROFILE_END	0x80000000

static bool profiling;
static unsigned int profiled_row, profiled_operations;

/*
 * With the right to use ports each way to user space is longer: where it is
 * taken often, the task gives the right up for as long.
 */
static void profile_ports(bool wanted)
{
	if (profiling && iopl(wanted ? 3 : 0))
		exit(1);
}

static void profile_begin(void)
{
	if (profiling)
		outl(profiled_row + 1, PROFILE_PORT);
}

static void profile_end(unsigned int operations)
{
	if (profiling)
		outl((profiled_row + 1) | PROFILE_END, PROFILE_PORT);
	profiled_operations += operations;
}

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static long median(__u64 *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

/* The guest, made when the first row needs it: an error comes again each time. */
static int have_guest(void)
{
	static int err = 1;

	if (err == 1)
		err = guest_create(&guest, device, false);
	return err;
}

/* The one with a board, likewise. */
static int have_board(void)
{
	static int err = 1;

	if (err == 1)
		err = guest_create(&board, device, true);
	return err;
}

/* Ticks per operation of the payload, or a negative errno. */
static long in_vm(struct guest *vm, struct payload code, __u64 where,
		  unsigned int rounds)
{
	__u64 ticks[ROUNDS];
	const __u64 *tsc;
	unsigned int i;
	int err;

	profile_begin();
	profile_ports(false);
	err = guest_run(vm, code, where, rounds + 1, BATCH);
	profile_ports(true);
	profile_end(rounds * BATCH);
	if (err)
		return err;
	tsc = guest_samples(vm);
	for (i = 0; i < rounds; i++)
		ticks[i] = tsc[i + 1] - tsc[i];
	return median(ticks, rounds) / BATCH;
}

static long in_guest(struct payload payload, __u64 where, unsigned int rounds)
{
	return have_guest() ?: in_vm(&guest, payload, where, rounds);
}

/* A guest operation that needs no preparation. */
#define GUEST_ROW(function, payload, where)				\
	static long function(void)					\
	{								\
		return in_guest(PAYLOAD(payload), where, ROUNDS);	\
	}

/* One that a device of the board answers. */
#define BOARD_ROW(function, payload, where)				\
	static long function(void)					\
	{								\
		return have_board() ?:					\
			in_vm(&board, PAYLOAD(payload), where, ROUNDS);	\
	}

/* One that signals an eventfd. */
#define EVENT_ROW(function, payload, where, length, flags)		\
	static long function(void)					\
	{								\
		int err = have_guest();					\
									\
		if (!err)						\
			err = guest_add_ioeventfd(&guest, where,	\
						  length, flags);	\
		return err ? err :					\
			in_guest(PAYLOAD(payload), where, ROUNDS);	\
	}

GUEST_ROW(cpuid_0, cpuid_0, 0)
GUEST_ROW(cpuid_7, cpuid_7, 0)
GUEST_ROW(vmcall, vmcall, 0)
GUEST_ROW(rdmsr, rdmsr, 0)
GUEST_ROW(wrmsr, wrmsr, 0)
GUEST_ROW(port_user, port_out, GUEST_PORT_USER)
GUEST_ROW(write_user, write, GUEST_MMIO_USER)
GUEST_ROW(read_user, read, GUEST_MMIO_USER)
EVENT_ROW(port_event, port_out, GUEST_PORT_EVENT, 4, KVM_IOEVENTFD_FLAG_PIO)
EVENT_ROW(write_event, write, GUEST_MMIO_EVENT, 4, 0)
EVENT_ROW(write_event_any, write, GUEST_MMIO_EVENT_ANY, 0, 0)
BOARD_ROW(pic_read, port_in, GUEST_PORT_PIC)
BOARD_ROW(ioapic_read, read, GUEST_IOAPIC_WINDOW)
BOARD_ROW(lapic_read, read, GUEST_LAPIC_ID)
BOARD_ROW(lapic_write, write, GUEST_LAPIC_TPR)

static long fault(void)
{
	int err = have_guest();

	if (!err)
		err = guest_add_fresh_memory(&guest);
	return err ? err : in_guest(PAYLOAD(touch), GUEST_FRESH_GPA,
				    GUEST_FRESH_SIZE / 4096 / BATCH);
}

static long create_vcpu(void)
{
	__u64 ticks[HOST_ROUNDS], before;
	int vm = ioctl(device, KVM_CREATE_VM, 0);
	unsigned int i;
	int vcpu;

	if (vm < 0)
		return -errno;
	for (i = 0; i < HOST_ROUNDS; i++) {
		profile_begin();
		before = __rdtsc();
		vcpu = ioctl(vm, KVM_CREATE_VCPU, i);
		ticks[i] = __rdtsc() - before;
		profile_end(1);
		if (vcpu < 0)
			return -errno;
		close(vcpu);
	}
	close(vm);
	return median(ticks, HOST_ROUNDS);
}

static int add_slot(int vm, unsigned int slot, void *page)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = 0x100000000ul + slot * 8192ul,
		.memory_size = 4096,
		.userspace_addr = (uintptr_t)page,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

/* Add a slot to a VM that has this many and some. */
static long add_slot_to(unsigned int present)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 ticks[HOST_ROUNDS], before;
	int vm = ioctl(device, KVM_CREATE_VM, 0);
	unsigned int slot;
	int err = 0;

	if (vm < 0)
		return -errno;
	for (slot = 0; slot < present + HOST_ROUNDS && !err; slot++) {
		if (slot >= present)
			profile_begin();
		before = __rdtsc();
		err = add_slot(vm, slot, page);
		if (slot >= present) {
			ticks[slot - present] = __rdtsc() - before;
			profile_end(1);
		}
	}
	close(vm);
	munmap(page, 4096);
	return err ? err : median(ticks, HOST_ROUNDS);
}

static long add_slot_to_16(void)
{
	return add_slot_to(16);
}

static long add_slot_to_4096(void)
{
	return add_slot_to(4096);
}

/* A VM with nothing in it. */
static long create_and_destroy(void)
{
	__u64 ticks[HOST_ROUNDS], before;
	unsigned int i;
	int vm;

	for (i = 0; i < HOST_ROUNDS; i++) {
		profile_begin();
		before = __rdtsc();
		vm = ioctl(device, KVM_CREATE_VM, 0);
		if (vm < 0)
			return -errno;
		close(vm);
		ticks[i] = __rdtsc() - before;
		profile_end(1);
	}
	return median(ticks, HOST_ROUNDS);
}

/* One with memory and a vCPU, which has run. */
static long create_run_and_destroy(void)
{
	__u64 ticks[HOST_ROUNDS], before;
	struct guest own;
	unsigned int i;
	int err;

	for (i = 0; i < HOST_ROUNDS; i++) {
		profile_begin();
		before = __rdtsc();
		err = guest_create(&own, device, false);
		if (!err)
			err = guest_run(&own, PAYLOAD(cpuid_0), 0, 2, 1);
		if (err)
			return err;
		guest_destroy(&own);
		ticks[i] = __rdtsc() - before;
		profile_end(1);
	}
	return median(ticks, HOST_ROUNDS);
}

/* The first rows are measured while there is no other VM. */
static const struct {
	const char	*name;
	const char	*target;
	long		(*measure)(void);
} rows[] = {
	{ "create + destroy a VM",			"0.05", create_and_destroy },
	{ "create, run + destroy a VM",			"-", create_run_and_destroy },
	{ "KVM_CREATE_VCPU",				"0.50", create_vcpu },
	{ "add a memslot, 16 there",			"0.50", add_slot_to_16 },
	{ "add a memslot, 4096 there",			"0.50", add_slot_to_4096 },
	{ "CPUID, leaf 0",				"0.40", cpuid_0 },
	{ "CPUID, leaf 7",				"0.40", cpuid_7 },
	{ "VMCALL, unknown",				"0.40", vmcall },
	{ "RDMSR 0x1a0",				"0.40", rdmsr },
	{ "WRMSR TSC_ADJUST",				"0.40", wrmsr },
	{ "port output to ioeventfd",			"0.40", port_event },
	{ "port output to user space and back",		"0.50", port_user },
	{ "MMIO write to user space and back",		"0.50", write_user },
	{ "MMIO read from user space",			"0.50", read_user },
	{ "MMIO write to ioeventfd, 4 bytes",		"0.30", write_event },
	{ "MMIO write to ioeventfd, any length",	"0.30", write_event_any },
	{ "EPT fault, 4 KiB, memory present",		"0.60", fault },
	{ "PIC port read",				"0.50", pic_read },
	{ "IOAPIC register read",			"0.50", ioapic_read },
	{ "local APIC register read",			"0.50", lapic_read },
	{ "local APIC register write",			"0.50", lapic_write },
};

#define ROWS ARRAY_SIZE(rows)

int main(void)
{
	const char *path = getenv("VTX_DEVICE");
	int failed = 0;
	unsigned int i;
	long ticks;

	printf("TAP version 13\n1..%zu\n", ROWS);
	device = open(path ? path : VTX_DEVICE_PATH, O_RDWR);
	if (device < 0) {
		printf("Bail out! %s: %s\n", path ? path : VTX_DEVICE_PATH,
		       strerror(errno));
		return 1;
	}
	profiling = getenv("VTX_PROFILE") && !iopl(3);
	for (i = 0; i < ROWS; i++) {
		profiled_row = i;
		profiled_operations = 0;
		ticks = rows[i].measure();
		if (ticks < 0) {
			printf("not ok %u %s: %s\n", i + 1, rows[i].name,
			       strerror(-ticks));
			failed++;
			continue;
		}
		printf("# bench | %s | %s | %ld\n", rows[i].name, rows[i].target,
		       ticks);
		if (profiling)
			printf("# profile | %u | %u | %s\n", i + 1,
			       profiled_operations, rows[i].name);
		printf("ok %u %s\n", i + 1, rows[i].name);
	}
	return failed ? 1 : 0;
}
