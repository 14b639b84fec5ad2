// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: the dirty log has every page that was written to since it was read
 * last, by whomever, and no other.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/harness.h"
#include "lib/memory.h"
#include "lib/patrol.h"
#include "lib/payload.h"

#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define RO		KVM_MEM_READONLY

/* Not a whole number of words, nor aligned to any. */
#define PAGES		1000
#define WORDS		((PAGES + 63) / 64)
#define GPA		(FAR_GPA + 100 * PAGE)

/* Where a guest finds the addresses that it is to write to. */
#define LIST		0x100000

static struct guest guest;
static struct vcpu vcpu;
static unsigned char *memory;
static __u64 bits[WORDS];

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	memory = memory_map(PAGES * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int log_switch(bool on)
{
	return slot_set(&guest, FAR_SLOT, GPA, PAGES * PAGE, memory,
			on ? LOG : 0);
}

static int get_log(const struct guest *vm, __u32 slot, void *bitmap)
{
	struct kvm_dirty_log log = { .slot = slot, .dirty_bitmap = bitmap };

	return vtx_ioctl(vm->fd, KVM_GET_DIRTY_LOG, (unsigned long)&log);
}

static int clear_log(const struct guest *vm, __u32 slot, __u64 first,
		     __u32 pages, void *bitmap)
{
	struct kvm_clear_dirty_log log = {
		.slot = slot, .first_page = first, .num_pages = pages,
		.dirty_bitmap = bitmap,
	};

	return vtx_ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, (unsigned long)&log);
}

static int manual(__u64 flags)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, .args[0] = flags,
	};

	return vtx_ioctl(guest.fd, KVM_ENABLE_CAP, (unsigned long)&cap);
}

static bool has(int page)
{
	return bits[page / 64] >> page % 64 & 1;
}

/* Read the log.  Return: pages in it, or -errno. */
static int read_log(void)
{
	int err, i, count = 0;

	memset(bits, 0xcc, sizeof(bits));
	err = get_log(&guest, FAR_SLOT, bits);
	if (err)
		return err;
	for (i = 0; i < WORDS; i++)
		count += __builtin_popcountll(bits[i]);
	return count;
}

/* Let the guest write to pages. */
static void guest_writes(const int *pages, int nr)
{
	struct kvm_regs regs;
	int i;

	for (i = 0; i < nr; i++)
		guest_u32(&guest, LIST)[i] = GPA + pages[i] * PAGE +
					     i * 4 % PAGE;
	vcpu_start(&vcpu, "scatter32", MODE_PROT32, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rsi = LIST;
	regs.rcx = nr;
	vcpu_set_regs(&vcpu, &regs);
	vcpu_result(&vcpu, MODE_PROT32);
}

static void guest_reads_all(void)
{
	struct kvm_regs regs;

	vcpu_start(&vcpu, "sum32", MODE_PROT32, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rsi = GPA;
	regs.rcx = PAGES;
	vcpu_set_regs(&vcpu, &regs);
	vcpu_result(&vcpu, MODE_PROT32);
}

/* Does the log that was read have these pages and no other? */
static bool log_is(const int *pages, int nr)
{
	__u64 want[WORDS] = { };
	int i;

	for (i = 0; i < nr; i++)
		want[pages[i] / 64] |= 1ULL << pages[i] % 64;
	for (i = 0; i < WORDS; i++) {
		if (want[i] == bits[i])
			continue;
		printf("# word %d: %#llx, wanted %#llx\n", i, bits[i], want[i]);
		return false;
	}
	return true;
}

/* Ends and beginnings of words and of page tables, and some between. */
static const int chosen[] = { 0, 1, 63, 64, 127, 411, 412, 413, 640, 923, 924,
			      999 };
#define CHOSEN	((int)ARRAY_SIZE(chosen))

VTX_TEST(writes_and_nothing_else)
{
	int round;

	begin();
	ASSERT_EQ(0, log_switch(true));
	EXPECT_EQ(0, read_log());
	for (round = 0; round < 3; round++) {
		guest_reads_all();
		EXPECT_EQ(0, read_log());
		guest_writes(chosen, CHOSEN);
		EXPECT_EQ(CHOSEN, read_log());
		EXPECT_TRUE(log_is(chosen, CHOSEN));
		EXPECT_EQ(0, read_log());
	}
}

VTX_TEST(any_pages)
{
	long rounds = vtx_number("ROUNDS", 20), seed = vtx_number("SEED", 1);
	int pages[256], nr, round, i;

	begin();
	srand(seed);
	ASSERT_EQ(0, log_switch(true));
	for (round = 0; round < rounds; round++) {
		nr = rand() % 256;
		for (i = 0; i < nr; i++)
			pages[i] = rand() % PAGES;
		guest_writes(pages, nr);
		ASSERT_LE(0, read_log());
		ASSERT_TRUE(log_is(pages, nr));
	}
}

/* Logging begins on memory that the guest has in use. */
VTX_TEST(switched_on_and_off)
{
	static const int again[] = { 5, 999 };
	int round;

	begin();
	ASSERT_EQ(0, log_switch(false));
	EXPECT_EQ(-ENOENT, read_log());
	for (round = 0; round < 3; round++) {
		guest_writes(chosen, CHOSEN);
		ASSERT_EQ(0, log_switch(true));
		EXPECT_EQ(0, read_log());
		guest_writes(again, 2);
		ASSERT_EQ(0, log_switch(true));
		EXPECT_EQ(2, read_log());
		EXPECT_TRUE(log_is(again, 2));
		guest_writes(chosen, CHOSEN);
		ASSERT_EQ(0, log_switch(false));
		EXPECT_EQ(-ENOENT, read_log());
	}
	ASSERT_EQ(0, log_switch(true));
	EXPECT_EQ(0, read_log());
	ASSERT_EQ(0, slot_delete(&guest, FAR_SLOT));
	EXPECT_EQ(-ENOENT, read_log());
}

/* A slot that moves takes its log along. */
VTX_TEST(moved)
{
	begin();
	ASSERT_EQ(0, log_switch(true));
	guest_writes(chosen, CHOSEN);
	ASSERT_EQ(0, slot_set(&guest, FAR_SLOT, GPA + 0x1000000, PAGES * PAGE,
			      memory, LOG));
	EXPECT_EQ(CHOSEN, read_log());
	ASSERT_EQ(0, log_switch(true));
	guest_writes(chosen, 3);
	EXPECT_EQ(3, read_log());
	EXPECT_TRUE(log_is(chosen, 3));
}

VTX_TEST(read_only_slot)
{
	begin();
	ASSERT_EQ(0, slot_set(&guest, FAR_SLOT, GPA, PAGES * PAGE, memory,
			      LOG | RO));
	guest_reads_all();
	EXPECT_EQ(0, read_log());
}

/* What the hypervisor writes for the guest: a string that it reads from a port. */
VTX_TEST(writes_of_the_hypervisor)
{
	static const int pages[] = { 410, 411 };
	struct kvm_regs regs;
	struct event event;
	int left = 64;

	begin();
	ASSERT_EQ(0, log_switch(true));
	vcpu_start(&vcpu, "insb32", MODE_PROT32, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rdi = GPA + 411 * PAGE - left / 2;
	regs.rcx = left;
	regs.rdx = 0x1f0;
	vcpu_set_regs(&vcpu, &regs);
	for (;;) {
		vcpu_wait(&vcpu, MODE_PROT32, &event);
		if (event.what != EXIT)
			break;
		ASSERT_EQ(KVM_EXIT_IO, event.value);
		ASSERT_EQ(0x1f0, vcpu.run->io.port);
		memset((char *)vcpu.run + vcpu.run->io.data_offset, 0xab,
		       vcpu.run->io.count);
		left -= vcpu.run->io.count;
		ASSERT_LE(0, left);
	}
	ASSERT_EQ(RESULT, event.what);
	EXPECT_EQ(0, left);
	EXPECT_EQ(0xab, memory[411 * PAGE - 1]);
	EXPECT_EQ(0xab, memory[411 * PAGE]);
	EXPECT_EQ(2, read_log());
	EXPECT_TRUE(log_is(pages, 2));
}

/* ---- Cleared by hand ---- */

static int manual_modes(void)
{
	return guest_extension(&guest, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2);
}

VTX_TEST(cleared_by_hand)
{
	static const int rest[] = { 0, 1, 63, 411, 412, 413, 640, 923, 924,
				    999 };
	static const int fresh[] = { 64, 70 };
	__u64 mask;

	begin();
	if (!manual_modes())
		SKIP(return, "no KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");
	EXPECT_EQ(3, manual_modes());
	EXPECT_EQ(-EINVAL, manual(KVM_DIRTY_LOG_INITIALLY_SET));
	EXPECT_EQ(-EINVAL, manual(4));
	ASSERT_EQ(0, manual(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE));
	ASSERT_EQ(0, log_switch(true));
	guest_writes(chosen, CHOSEN);
	EXPECT_EQ(CHOSEN, read_log());
	EXPECT_EQ(CHOSEN, read_log());

	/* 64 and 127; nobody wrote to 65. */
	mask = 1ULL << 63 | 3;
	ASSERT_EQ(0, clear_log(&guest, FAR_SLOT, 64, 64, &mask));
	EXPECT_EQ(CHOSEN - 2, read_log());
	EXPECT_TRUE(log_is(rest, ARRAY_SIZE(rest)));

	mask = ~0ULL;
	ASSERT_EQ(0, clear_log(&guest, FAR_SLOT, PAGES / 64 * 64, PAGES % 64,
			       &mask));
	EXPECT_EQ(CHOSEN - 3, read_log());
	ASSERT_EQ(0, clear_log(&guest, FAR_SLOT, 0, PAGES, bits));
	EXPECT_EQ(0, read_log());
	guest_writes(fresh, 2);
	EXPECT_EQ(2, read_log());
	EXPECT_TRUE(log_is(fresh, 2));
}

VTX_TEST(initially_all_set)
{
	__u64 mask = 1ULL << 5;
	int five = 5;

	begin();
	if (!manual_modes())
		SKIP(return, "no KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");
	ASSERT_EQ(0, log_switch(false));
	guest_writes(chosen, CHOSEN);
	ASSERT_EQ(0, manual(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE |
			    KVM_DIRTY_LOG_INITIALLY_SET));
	ASSERT_EQ(0, log_switch(true));
	EXPECT_EQ(PAGES, read_log());
	EXPECT_EQ((1ULL << PAGES % 64) - 1, bits[WORDS - 1]);
	ASSERT_EQ(0, clear_log(&guest, FAR_SLOT, 0, 64, &mask));
	EXPECT_EQ(PAGES - 1, read_log());
	EXPECT_FALSE(has(5));
	guest_writes(&five, 1);
	EXPECT_EQ(PAGES, read_log());
	ASSERT_EQ(0, clear_log(&guest, FAR_SLOT, 0, PAGES, bits));
	EXPECT_EQ(0, read_log());
	guest_writes(chosen, CHOSEN);
	EXPECT_EQ(CHOSEN, read_log());
	EXPECT_TRUE(log_is(chosen, CHOSEN));
}

static const struct {
	__u32 slot;
	__u64 first;
	__u32 pages;
	int want;
} parts[] = {
	{ FAR_SLOT, 0, PAGES },
	{ FAR_SLOT, 64, 128 },
	{ FAR_SLOT, 64, 0 },
	{ FAR_SLOT, PAGES / 64 * 64, PAGES % 64 },
	{ FAR_SLOT, 1, 64, -EINVAL },
	{ FAR_SLOT, 0, 63, -EINVAL },
	{ FAR_SLOT, 0, PAGES + 1, -EINVAL },
	{ FAR_SLOT, PAGES / 64 * 64, 64, -EINVAL },
	{ FAR_SLOT, 1024, 0, -EINVAL },
	{ FAR_SLOT, ~63ULL, 64, -EINVAL },
	{ 0, 0, 64, -ENOENT },
	{ 3, 0, 64, -ENOENT },
	{ 32763, 0, 64, -ENOENT },
	{ 32764, 0, 64, -EINVAL },
	{ 2 << 16 | FAR_SLOT, 0, 64, -EINVAL },
};

VTX_TEST(requests)
{
	__u64 none[WORDS] = { };
	unsigned int i;

	begin();
	ASSERT_EQ(0, log_switch(true));
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		EXPECT_EQ(parts[i].want,
			  clear_log(&guest, parts[i].slot, parts[i].first,
				    parts[i].pages, none)) TH_LOG("row %u", i);
		if (parts[i].slot == FAR_SLOT)
			continue;
		EXPECT_EQ(parts[i].want, get_log(&guest, parts[i].slot, bits))
			TH_LOG("row %u", i);
	}
	EXPECT_EQ(-EFAULT, get_log(&guest, FAR_SLOT, NULL));
	EXPECT_EQ(-EFAULT, clear_log(&guest, FAR_SLOT, 0, PAGES, NULL));
}

/* ---- While vCPUs run ---- */

/* Log on and off under vCPUs that write to every page in every round. */
VTX_TEST(switched_under_running_vcpus)
{
	long changes = vtx_number("CHANGES", 20), i;
	static struct patrols patrols;
	const int pages = 64;
	__u64 seen[2];

	patrols_create(&patrols, 2,
		       memory_map(2 * pages * PAGE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1), pages, 0);
	patrols_start(&patrols);
	for (i = 0; i < changes; i++) {
		ASSERT_EQ(0, slot_set(&patrols.guest, FAR_SLOT, FAR_GPA,
				      patrols_bytes(&patrols), patrols.memory,
				      LOG));
		ASSERT_TRUE(patrols_go_on(&patrols, 2));
		ASSERT_EQ(0, get_log(&patrols.guest, FAR_SLOT, seen));
		EXPECT_EQ(~0ULL, seen[0]);
		EXPECT_EQ(~0ULL, seen[1]);
		ASSERT_EQ(0, slot_set(&patrols.guest, FAR_SLOT, FAR_GPA,
				      patrols_bytes(&patrols), patrols.memory,
				      0));
		ASSERT_TRUE(patrols_coherent(&patrols));
	}
	EXPECT_TRUE(patrols_stop(&patrols));
	patrols_destroy(&patrols);
}

#define MIGRATED	1024
#define MIGRATED_WORDS	(MIGRATED / 64)
#define SCRIBBLERS	2
#define STOP		GUEST_FREE

struct scribbler {
	struct vcpu	vcpu;
	struct event	event;
	pthread_t	thread;
};

static void *scribble(void *arg)
{
	struct scribbler *scribbler = arg;

	vcpu_wait(&scribbler->vcpu, MODE_PROT32, &scribbler->event);
	return NULL;
}

static void scribblers_start(struct scribbler *scribblers)
{
	struct kvm_regs regs;
	int i;

	for (i = 0; i < SCRIBBLERS; i++) {
		vcpu_create(&scribblers[i].vcpu, &guest, i);
		vcpu_start(&scribblers[i].vcpu, "scribble32", MODE_PROT32, 0);
		vcpu_get_regs(&scribblers[i].vcpu, &regs);
		regs.rsi = FAR_GPA;
		regs.rbx = i * 12345 + 1;
		regs.rcx = MIGRATED - 1;
		regs.rbp = STOP;
		vcpu_set_regs(&scribblers[i].vcpu, &regs);
		vcpu_enable_interrupts(&scribblers[i].vcpu);
	}
	for (i = 0; i < SCRIBBLERS; i++)
		MUST(!pthread_create(&scribblers[i].thread, NULL, scribble,
				     &scribblers[i]));
}

static void scribblers_stop(struct scribbler *scribblers)
{
	int i;

	STORE(*guest_u32(&guest, STOP), 1);
	for (i = 0; i < SCRIBBLERS; i++) {
		pthread_join(scribblers[i].thread, NULL);
		MUST(scribblers[i].event.what == RESULT);
		vcpu_destroy(&scribblers[i].vcpu);
	}
}

/* Copy what the log tells, as a migration does.  Return: pages, or -errno. */
static int copy_dirty(unsigned char *from, unsigned char *to, bool by_hand)
{
	__u64 dirty[MIGRATED_WORDS];
	int err, page, copied = 0;

	err = get_log(&guest, FAR_SLOT, dirty);
	if (!err && by_hand)
		err = clear_log(&guest, FAR_SLOT, 0, MIGRATED, dirty);
	if (err)
		return err;
	for (page = 0; page < MIGRATED; page++) {
		if (!(dirty[page / 64] >> page % 64 & 1))
			continue;
		memcpy(to + page * PAGE, from + page * PAGE, PAGE);
		copied++;
	}
	return copied;
}

/*
 * A migration in small: copy all, then what is dirty, over and over, while vCPUs
 * write; when they have stopped, once more.  Then both copies are the same.
 */
static int migrate(unsigned char *from, __u64 flags, int rounds)
{
	static struct scribbler scribblers[SCRIBBLERS];
	unsigned char *to = memory_map(MIGRATED * PAGE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1);
	bool by_hand = flags;
	int ret = 0, copied, different;

	guest_create(&guest);
	if (flags)
		MUST(!manual(flags));
	MUST(!slot_set(&guest, FAR_SLOT, FAR_GPA, MIGRATED * PAGE, from, 0));
	scribblers_start(scribblers);
	usleep(20000);
	MUST(!slot_set(&guest, FAR_SLOT, FAR_GPA, MIGRATED * PAGE, from, LOG));
	memcpy(to, from, MIGRATED * PAGE);
	while (ret >= 0 && rounds--) {
		ret = copy_dirty(from, to, by_hand);
		usleep(2000);
	}
	scribblers_stop(scribblers);
	copied = copy_dirty(from, to, by_hand);
	different = memcmp(from, to, MIGRATED * PAGE);
	printf("# %d pages copied in the last round but one, %d in the last\n",
	       ret, copied);
	if (ret < 0 || copied <= 0 || copy_dirty(from, to, by_hand))
		different = 1;
	guest_destroy(&guest);
	munmap(to, MIGRATED * PAGE);
	return different;
}

VTX_TEST(no_write_is_missed)
{
	long rounds = vtx_number("ROUNDS", 20);
	unsigned char *small, *large;
	int flags;

	small = memory_map(MIGRATED * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	large = memory_map_huge(MIGRATED * PAGE);
	huge_allow();
	madvise(small, MIGRATED * PAGE, MADV_NOHUGEPAGE);
	madvise(large, MIGRATED * PAGE, MADV_HUGEPAGE);
	large[0] = 1;
	if (memory_kbytes(large, "AnonHugePages") <= 0)
		ksft_print_msg("no transparent huge pages\n");

	guest_create(&guest);
	flags = guest_extension(&guest, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2);
	guest_destroy(&guest);
	EXPECT_EQ(0, migrate(small, 0, rounds));
	EXPECT_EQ(0, migrate(large, 0, rounds));
	/* 0, or 1 and with the other flag 3 */
	for (; flags; flags >>= 1) {
		EXPECT_EQ(0, migrate(small, flags, rounds));
		EXPECT_EQ(0, migrate(large, flags, rounds));
	}
	huge_restore();
}

VTX_TEST_MAIN
