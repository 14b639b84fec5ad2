// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: memory slots are what KVM_SET_USER_MEMORY_REGION says of them, however
 * many there are and whatever the vCPUs do meanwhile.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/harness.h"
#include "lib/memory.h"
#include "lib/patrol.h"

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

/* A VM without a vCPU and without memory. */
static void begin_empty(void)
{
	guest_create(&guest);
	MUST(!slot_delete(&guest, 0));
}

static void *anonymous(size_t size)
{
	return memory_map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* Read at one address and write to another.  Return: what came of it. */
static struct event copy(__u64 from, __u64 to, __u32 value)
{
	struct kvm_regs regs;
	struct event event;

	vcpu_start(&vcpu, "copy32", MODE_PROT32, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rsi = from;
	regs.rdi = to;
	regs.rbx = value;
	vcpu_set_regs(&vcpu, &regs);
	vcpu_wait(&vcpu, MODE_PROT32, &event);
	return event;
}

/* ---- Requests ---- */

#define A		0x10000000
#define RO		KVM_MEM_READONLY
#define LOG		KVM_MEM_LOG_DIRTY_PAGES

/**
 * struct request - a call, made where slots 1 (pages 0 to 3 from A on) and 2
 *	(pages 8 to 11, read-only) are
 * @name: in words
 * @id: number of the slot
 * @gpa: where it shall be
 * @pages: how many
 * @skip: pages of the memory to skip
 * @odd: added to the size
 * @odd_hva: added to the address in the process
 * @flags: KVM_MEM_*
 * @want: what it returns
 */
struct request {
	const char	*name;
	__u32		id;
	__u64		gpa;
	__u64		pages;
	__u64		skip;
	int		odd;
	int		odd_hva;
	__u32		flags;
	int		want;
};

#define AT(page)	(A + (page) * PAGE)

static const struct request requests[] = {
	{ "create", 3, AT(20), 4 },
	{ "create between", 3, AT(4), 4 },
	{ "create before", 3, AT(-1), 1 },
	{ "create at 0", 3, 0, 1 },
	{ "create with the memory of another", 3, AT(20), 4, .skip = 2 },
	{ "create and log", 3, AT(20), 4, .flags = LOG },
	{ "create, all flags", 3, AT(20), 4, .flags = LOG | RO },
	{ "the same again", 1, AT(0), 4 },
	{ "log", 1, AT(0), 4, .flags = LOG },
	{ "log a read-only one", 2, AT(8), 4, .skip = 4, .flags = RO | LOG },
	{ "move", 1, AT(20), 4 },
	{ "move over itself", 1, AT(2), 4 },
	{ "move and log", 1, AT(20), 4, .flags = LOG },
	{ "delete", 1, 0, 0, .skip = 1 },
	{ "delete, address and flag given", 1, AT(1), 0, .flags = LOG },
	{ "delete what is not", 3, 0, 0, .want = -EINVAL },
	{ "overlap at the start", 3, AT(3), 2, .want = -EEXIST },
	{ "overlap at the end", 3, AT(7), 2, .want = -EEXIST },
	{ "overlap inside", 3, AT(1), 1, .want = -EEXIST },
	{ "overlap around", 3, AT(-1), 20, .want = -EEXIST },
	{ "move onto another", 1, AT(6), 4, .want = -EEXIST },
	{ "grow", 1, AT(0), 5, .want = -EINVAL },
	{ "shrink", 1, AT(0), 3, .want = -EINVAL },
	{ "other memory", 1, AT(0), 4, .skip = 1, .want = -EINVAL },
	{ "make read-only", 1, AT(0), 4, .flags = RO, .want = -EINVAL },
	{ "make writable", 2, AT(8), 4, .skip = 4, .want = -EINVAL },
	{ "unaligned size", 3, AT(20), 1, .odd = 512, .want = -EINVAL },
	{ "unaligned address in the guest", 3, AT(20) + 8, 1,
	  .want = -EINVAL },
	{ "unaligned address here", 3, AT(20), 1, .odd_hva = 8,
	  .want = -EINVAL },
	{ "unknown flag", 3, AT(20), 1, .flags = 1 << 4, .want = -EINVAL },
	{ "wraps", 3, -PAGE, 2, .want = -EINVAL },
	{ "wraps to 0", 3, -PAGE, 1, .want = -EINVAL },
	{ "too many pages", 3, AT(20), 1ULL << 31, .want = -EINVAL },
	{ "address of the kernel", 3, AT(20), 1, .skip = 1ULL << 36,
	  .want = -EINVAL },
	{ "number too high", 32764, AT(20), 1, .want = -EINVAL },
	{ "no such address space", 2 << 16 | 3, AT(20), 1, .want = -EINVAL },
};

static int ask(const struct request *request, char *memory)
{
	return slot_set(&guest, request->id, request->gpa,
			request->pages * PAGE + request->odd,
			memory + request->skip * PAGE + request->odd_hva,
			request->flags);
}

/* Each request is answered as it should, and one refused changes nothing. */
VTX_TEST(requests)
{
	static const struct request refused = { "create", 3, AT(20), 4 };
	const struct request *request;
	char *memory;
	__u32 id;

	begin_empty();
	memory = anonymous(32 * PAGE);
	for (request = requests; request < requests + ARRAY_SIZE(requests);
	     request++) {
		ASSERT_EQ(0, slot_set(&guest, 1, AT(0), 4 * PAGE, memory, 0));
		ASSERT_EQ(0, slot_set(&guest, 2, AT(8), 4 * PAGE,
				      memory + 4 * PAGE, RO));
		EXPECT_EQ(request->want, ask(request, memory))
			TH_LOG("%s", request->name);
		if (request->want) {
			EXPECT_EQ(0, slot_set(&guest, 1, AT(0), 4 * PAGE,
					      memory, 0));
			EXPECT_EQ(-EINVAL, slot_delete(&guest, 3));
			EXPECT_EQ(0, ask(&refused, memory));
		}
		for (id = 1; id <= 3; id++)
			slot_delete(&guest, id);
	}
}

/* A guest's physical addresses end where those of the CPU do. */
VTX_TEST(last_address)
{
	struct cpuid_list cpuid;
	char *memory;
	int bits;

	begin_empty();
	memory = anonymous(PAGE);
	cpuid_supported(&guest, &cpuid);
	bits = cpuid_find(&cpuid, 0x80000008, 0)->eax & 0xff;
	ksft_print_msg("%d bits\n", bits);
	EXPECT_EQ(0, slot_set(&guest, 1, (1ULL << bits) - PAGE, PAGE, memory,
			      0));
	EXPECT_EQ(-EINVAL, slot_set(&guest, 2, 1ULL << 52, PAGE, memory, 0));
}

/* ---- What the guest sees ---- */

VTX_TEST(absent)
{
	struct event event;
	__u32 *memory;

	begin();
	memory = anonymous(4 * PAGE);
	memory[0] = 77;

	event = copy(GUEST_DATA, FAR_GPA + 12, 0x12345678);
	ASSERT_EQ(EXIT, event.what);
	ASSERT_EQ(KVM_EXIT_MMIO, event.value);
	EXPECT_EQ(FAR_GPA + 12, vcpu.run->mmio.phys_addr);
	EXPECT_EQ(4, vcpu.run->mmio.len);
	EXPECT_EQ(1, vcpu.run->mmio.is_write);
	EXPECT_EQ(0x12345678, *(__u32 *)vcpu.run->mmio.data);
	EXPECT_EQ(0, vcpu_result(&vcpu, MODE_PROT32));

	ASSERT_EQ(0, slot_set(&guest, 1, FAR_GPA, 4 * PAGE, memory, 0));
	event = copy(FAR_GPA, FAR_GPA + 12, 0x12345678);
	EXPECT_EQ(RESULT, event.what);
	EXPECT_EQ(77, event.value);
	EXPECT_EQ(0x12345678, memory[3]);

	ASSERT_EQ(0, slot_delete(&guest, 1));
	event = copy(FAR_GPA, GUEST_DATA, 0);
	ASSERT_EQ(EXIT, event.what);
	ASSERT_EQ(KVM_EXIT_MMIO, event.value);
	EXPECT_EQ(0, vcpu.run->mmio.is_write);
	*(__u32 *)vcpu.run->mmio.data = 99;
	EXPECT_EQ(99, vcpu_result(&vcpu, MODE_PROT32));
}

VTX_TEST(moved)
{
	struct event event;
	__u32 *memory;

	begin();
	memory = anonymous(2 * PAGE);
	memory[0] = 1;
	memory[PAGE / 4] = 2;
	ASSERT_EQ(0, slot_set(&guest, 1, FAR_GPA, 2 * PAGE, memory, 0));
	EXPECT_EQ(1, copy(FAR_GPA, FAR_GPA + 4, 0).value);
	EXPECT_EQ(2, copy(FAR_GPA + PAGE, FAR_GPA + 4, 0).value);

	/* By one page, so that old and new place overlap. */
	ASSERT_EQ(0, slot_set(&guest, 1, FAR_GPA + PAGE, 2 * PAGE, memory, 0));
	EXPECT_EQ(1, copy(FAR_GPA + PAGE, FAR_GPA + PAGE + 4, 0).value);
	EXPECT_EQ(2, copy(FAR_GPA + 2 * PAGE, FAR_GPA + PAGE + 4, 0).value);
	event = copy(FAR_GPA, GUEST_DATA, 0);
	EXPECT_EQ(EXIT, event.what);
	EXPECT_EQ(KVM_EXIT_MMIO, event.value);
}

/* To write to memory that the guest may only read is for the process to see. */
VTX_TEST(read_only)
{
	struct event event;
	__u32 *memory;

	begin();
	memory = anonymous(PAGE);
	memory[0] = 42;
	ASSERT_EQ(0, slot_set(&guest, 1, FAR_GPA, PAGE, memory, RO));
	EXPECT_EQ(42, copy(FAR_GPA, GUEST_DATA, 0).value);
	event = copy(FAR_GPA, FAR_GPA, 43);
	ASSERT_EQ(EXIT, event.what);
	ASSERT_EQ(KVM_EXIT_MMIO, event.value);
	EXPECT_EQ(FAR_GPA, vcpu.run->mmio.phys_addr);
	EXPECT_EQ(1, vcpu.run->mmio.is_write);
	EXPECT_EQ(43, *(__u32 *)vcpu.run->mmio.data);
	EXPECT_EQ(42, vcpu_result(&vcpu, MODE_PROT32));
	EXPECT_EQ(42, memory[0]);

	/* The process may write, and another slot may let the guest. */
	memory[0] = 44;
	EXPECT_EQ(44, copy(FAR_GPA, GUEST_DATA, 0).value);
	ASSERT_EQ(0, slot_set(&guest, 2, FAR_GPA + PAGE, PAGE, memory, 0));
	EXPECT_EQ(RESULT, copy(FAR_GPA, FAR_GPA + PAGE, 45).what);
	EXPECT_EQ(45, copy(FAR_GPA, GUEST_DATA, 0).value);
}

/* Memory that the process may not have is an error of KVM_RUN, and not fatal. */
VTX_TEST(no_such_memory)
{
	struct event event;
	__u32 *memory;

	begin();
	memory = anonymous(PAGE);
	ASSERT_EQ(0, slot_set(&guest, 1, FAR_GPA, PAGE, memory, 0));
	munmap(memory, PAGE);
	event = copy(FAR_GPA, GUEST_DATA, 0);
	EXPECT_EQ(FAILED, event.what);
	EXPECT_EQ(EFAULT, event.value);

	ASSERT_EQ(memory, mmap(memory, PAGE, PROT_READ,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			       0));
	EXPECT_EQ(0, vcpu_result(&vcpu, MODE_PROT32));
	event = copy(FAR_GPA, FAR_GPA, 5);
	EXPECT_EQ(FAILED, event.what);
	EXPECT_EQ(EFAULT, event.value);
	ASSERT_EQ(0, mprotect(memory, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, vcpu_result(&vcpu, MODE_PROT32));
	EXPECT_EQ(5, memory[0]);
}

/* ---- Many ---- */

/* All numbers there are, in an order of no use to anybody. */
VTX_TEST(many)
{
	long slots = vtx_number("SLOTS", 2000);
	struct kvm_regs regs;
	struct event event;
	__u32 *memory;
	long i, id;

	begin();
	memory = anonymous(PAGE);
	if (guest_extension(&guest, KVM_CAP_NR_MEMSLOTS) < slots)
		slots = guest_extension(&guest, KVM_CAP_NR_MEMSLOTS);
	for (i = 1; i < slots; i++) {
		id = 1 + i * 7919 % (slots - 1);
		ASSERT_EQ(0, slot_set(&guest, i, FAR_GPA + 2 * id * PAGE, PAGE,
				      memory, 0)) TH_LOG("slot %ld", i);
	}
	id = 1 + 2 * 7919 % (slots - 1);
	EXPECT_EQ(-EEXIST, slot_set(&guest, 1, FAR_GPA + 2 * id * PAGE, PAGE,
				    memory, 0));

	/* Each of them is this one page. */
	vcpu_start(&vcpu, "count32", MODE_PROT32, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rsi = FAR_GPA + 2 * PAGE;
	regs.rcx = slots - 1;
	regs.rdx = 2 * PAGE;
	vcpu_set_regs(&vcpu, &regs);
	vcpu_wait(&vcpu, MODE_PROT32, &event);
	EXPECT_EQ(RESULT, event.what);
	EXPECT_EQ(slots - 1, memory[0]);

	for (i = 1; i < slots; i += 3)
		ASSERT_EQ(0, slot_delete(&guest, i));
	id = 1 + 7919 % (slots - 1);
	event = copy(GUEST_DATA, FAR_GPA + 2 * id * PAGE, 0);
	EXPECT_EQ(EXIT, event.what);
	id = 1 + 2 * 7919 % (slots - 1);
	event = copy(GUEST_DATA, FAR_GPA + 2 * id * PAGE, 7);
	EXPECT_EQ(RESULT, event.what);
	EXPECT_EQ(7, memory[0]);
}

/* ---- While vCPUs run ---- */

#define BUSY		24
#define QUIET		16

static struct patrols patrols;

static void begin_patrols(int nr)
{
	size_t size = (nr * BUSY + QUIET) * PAGE;

	patrols_create(&patrols, nr, anonymous(size), BUSY, QUIET);
}

/* Other slots come, move, log and go. */
VTX_TEST(changed_around_running_vcpus)
{
	long changes = vtx_number("CHANGES", 40), i;
	char *memory;

	begin_patrols(2);
	memory = anonymous(16 * PAGE);
	patrols_start(&patrols);
	for (i = 0; i < changes; i++) {
		ASSERT_EQ(0, slot_set(&patrols.guest, 2, 0x20000000, 16 * PAGE,
				      memory, 0));
		ASSERT_EQ(0, slot_set(&patrols.guest, 2, 0x20004000, 16 * PAGE,
				      memory, LOG));
		ASSERT_EQ(0, slot_set(&patrols.guest, 2, 0x20004000, 16 * PAGE,
				      memory, 0));
		ASSERT_EQ(0, slot_delete(&patrols.guest, 2));
		if (i % 10)
			continue;
		ASSERT_TRUE(patrols_go_on(&patrols, 2));
		ASSERT_TRUE(patrols_coherent(&patrols));
	}
	EXPECT_TRUE(patrols_stop(&patrols));
	patrols_destroy(&patrols);
}

/*
 * The slot that they are in starts and stops to log; pages of memory that had
 * another slot come and go, as when QEMU moves a BIOS out of the way.
 */
VTX_TEST(logging_under_running_vcpus)
{
	long changes = vtx_number("CHANGES", 40), i;
	size_t size;

	begin_patrols(2);
	size = patrols_bytes(&patrols);
	patrols_start(&patrols);
	for (i = 0; i < changes; i++) {
		ASSERT_EQ(0, slot_set(&patrols.guest, FAR_SLOT, FAR_GPA, size,
				      patrols.memory, i % 2 ? 0 : LOG));
		if (i % 4)
			continue;
		ASSERT_TRUE(patrols_go_on(&patrols, 1));
		ASSERT_TRUE(patrols_coherent(&patrols));
	}
	EXPECT_TRUE(patrols_stop(&patrols));
	patrols_destroy(&patrols);
}

struct counter {
	struct vcpu		vcpu;
	struct event		event;
	pthread_t		thread;
	pthread_barrier_t	*start;
};

static void *count(void *arg)
{
	struct counter *counter = arg;

	pthread_barrier_wait(counter->start);
	vcpu_wait(&counter->vcpu, MODE_PROT32, &counter->event);
	return NULL;
}

/*
 * The slot goes while vCPUs write to it and comes back: each write has either
 * arrived or is told as an exit.
 */
VTX_TEST(deleted_under_running_vcpus)
{
	long changes = vtx_number("CHANGES", 40), i;
	pthread_barrier_t start;
	struct counter counter;
	struct kvm_regs regs;
	__u32 *memory;
	__u32 before;

	guest_create(&guest);
	memory = anonymous(PAGE);
	pthread_barrier_init(&start, NULL, 2);
	counter.start = &start;
	vcpu_create(&counter.vcpu, &guest, 0);
	for (i = 0; i < changes; i++) {
		ASSERT_EQ(0, slot_set(&guest, 1, FAR_GPA, PAGE,
				      memory, 0));
		vcpu_start(&counter.vcpu, "count32", MODE_PROT32, 0);
		vcpu_get_regs(&counter.vcpu, &regs);
		regs.rsi = FAR_GPA;
		regs.rcx = -1;
		regs.rdx = 0;
		vcpu_set_regs(&counter.vcpu, &regs);
		vcpu_enable_interrupts(&counter.vcpu);
		ASSERT_EQ(0, pthread_create(&counter.thread, NULL, count,
					    &counter));
		before = LOAD(*memory);
		pthread_barrier_wait(&start);
		while (LOAD(*memory) - before < 10)
			sched_yield();
		ASSERT_EQ(0, slot_delete(&guest, 1));
		before = LOAD(*memory);
		pthread_join(counter.thread, NULL);
		EXPECT_EQ(before, LOAD(*memory));
		ASSERT_NE(RESULT, counter.event.what);
		/* LOCK INC of a device may be more than is emulated. */
		if (counter.event.what == EXIT &&
		    counter.event.value == KVM_EXIT_MMIO)
			EXPECT_EQ(FAR_GPA, counter.vcpu.run->mmio.phys_addr);
		vcpu_destroy(&counter.vcpu);
		vcpu_create(&counter.vcpu, &guest, i + 1);
	}
}

/* ---- Faults side by side ---- */

#define CROWD		4

VTX_TEST(parallel_faults)
{
	long pages = vtx_number("PAGES", 2048), page;
	struct counter counters[CROWD];
	pthread_barrier_t start;
	struct kvm_regs regs;
	__u32 *memory;
	int i, round;

	guest_create(&guest);
	memory = anonymous(pages * PAGE);
	madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
	ASSERT_EQ(0, slot_set(&guest, 1, FAR_GPA, pages * PAGE, memory, 0));
	pthread_barrier_init(&start, NULL, CROWD);
	for (i = 0; i < CROWD; i++) {
		counters[i].start = &start;
		vcpu_create(&counters[i].vcpu, &guest, i);
	}
	for (round = 1; round <= 2; round++) {
		for (i = 0; i < CROWD; i++) {
			vcpu_start(&counters[i].vcpu, "count32", MODE_PROT32,
				   0);
			vcpu_get_regs(&counters[i].vcpu, &regs);
			regs.rsi = FAR_GPA;
			regs.rcx = pages;
			regs.rdx = PAGE;
			vcpu_set_regs(&counters[i].vcpu, &regs);
		}
		for (i = 0; i < CROWD; i++)
			ASSERT_EQ(0, pthread_create(&counters[i].thread, NULL,
						    count, &counters[i]));
		for (i = 0; i < CROWD; i++) {
			pthread_join(counters[i].thread, NULL);
			EXPECT_EQ(RESULT, counters[i].event.what);
		}
		for (page = 0; page < pages; page++)
			ASSERT_EQ(round * CROWD, memory[page * PAGE / 4]);
	}
}

VTX_TEST_MAIN
