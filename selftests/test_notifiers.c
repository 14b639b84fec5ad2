// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: whatever Linux does to the memory behind a guest, the guest and the
 * process go on seeing the same memory, and nothing gets lost that the process
 * would not lose itself.
 *
 * Patrols (lib/patrol.h) go round in the memory meanwhile.  What a kernel lacks
 * is skipped.
 */
#include <assert.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/harness.h"
#include "lib/memory.h"
#include "lib/patrol.h"

/* Not in every C library. */
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

#define ANONYMOUS	(MAP_PRIVATE | MAP_ANONYMOUS)

static struct patrols patrols;
static long rounds;

/* ---- The frame ---- */

#define BUSY		40
#define QUIET		24
#define NR		2
#define ALL		(NR * BUSY + QUIET)

/* Let patrols go in memory that is all zeroes, ALL pages of it. */
static void begin_in(void *memory)
{
	rounds = vtx_number("ROUNDS", 12);
	patrols_create(&patrols, NR, memory, BUSY, QUIET);
	patrols_start(&patrols);
	MUST(patrols_go_on(&patrols, 2));
}

static void begin(void)
{
	begin_in(memory_map(ALL * PAGE, ANONYMOUS, -1));
}

/* After each change: all patrols have been round, and all see the same. */
static bool still_fine(void)
{
	return patrols_go_on(&patrols, 2) && patrols_coherent(&patrols);
}

static void set_zero_ok(bool ok)
{
	int n;

	for (n = 0; n < NR; n++)
		STORE(patrols.patrol[n].orders->zero_ok, ok);
}

static void set_may_fault(bool may)
{
	int n;

	for (n = 0; n < NR; n++)
		STORE(patrols.patrol[n].may_fault, may);
}

static unsigned long faults(int n)
{
	return LOAD(patrols.patrol[n].faults);
}

/* The first half of all pages: busy ones, of the first patrol and the second. */
#define HALF		(ALL / 2 * PAGE)

#define END()								\
	do {								\
		EXPECT_TRUE(patrols_stop(&patrols));			\
		EXPECT_TRUE(patrols_coherent(&patrols));		\
		patrols_destroy(&patrols);				\
	} while (0)

/* ---- The process changes its mappings ---- */

VTX_TEST(dropped)
{
	long i;

	begin();
	set_zero_ok(true);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, madvise(patrols.memory + i % 7 * PAGE,
				     HALF - i % 5 * PAGE, MADV_DONTNEED));
		ASSERT_TRUE(still_fine());
	}
	END();
}

VTX_TEST(mapped_anew)
{
	long i;

	begin();
	set_zero_ok(true);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(patrols.memory,
			  mmap(patrols.memory, HALF, PROT_READ | PROT_WRITE,
			       ANONYMOUS | MAP_FIXED, -1, 0));
		ASSERT_TRUE(still_fine());
	}
	END();
}

/* Without memory, KVM_RUN fails; when there is some again, it goes on. */
VTX_TEST(unmapped)
{
	unsigned long before;
	long i;

	begin();
	set_zero_ok(true);
	set_may_fault(true);
	for (i = 0; i < rounds / 2; i++) {
		before = faults(0);
		ASSERT_EQ(0, munmap(patrols.memory, PAGE));
		while (faults(0) == before && !LOAD(patrols.patrol[0].over))
			sched_yield();
		ASSERT_EQ(patrols.memory,
			  mmap(patrols.memory, PAGE, PROT_READ | PROT_WRITE,
			       ANONYMOUS | MAP_FIXED, -1, 0));
		ASSERT_TRUE(still_fine());
	}
	END();
}

VTX_TEST(protected)
{
	static const int rights[] = { PROT_READ, PROT_NONE };
	unsigned long before;
	__u32 seen;
	long i;

	begin();
	set_may_fault(true);
	for (i = 0; i < rounds / 2; i++) {
		before = faults(0);
		ASSERT_EQ(0, mprotect(patrols.memory, HALF, PROT_READ));
		seen = LOAD(patrols.patrol[0].busy[0]);
		ASSERT_EQ(0, mprotect(patrols.memory, HALF, rights[i % 2]));
		while (faults(0) == before && !LOAD(patrols.patrol[0].over))
			sched_yield();
		/* Nothing was written in between. */
		ASSERT_EQ(0, mprotect(patrols.memory, HALF, PROT_READ));
		ASSERT_EQ(seen, LOAD(patrols.patrol[0].busy[0]));
		ASSERT_EQ(0, mprotect(patrols.memory, HALF,
				      PROT_READ | PROT_WRITE));
		ASSERT_TRUE(still_fine());
	}
	END();
}

/* ---- Copy on write ---- */

/* In the child: the memory stays as it was at the time of the fork. */
static int stays(__u32 *memory, int pages)
{
	static __u32 first[ALL];
	int round, page;

	for (page = 0; page < pages; page++)
		first[page] = LOAD(memory[page * PAGE / 4]);
	for (round = 0; round < 20; round++) {
		usleep(500);
		for (page = 0; page < pages; page++)
			if (LOAD(memory[page * PAGE / 4]) != first[page])
				return 1;
	}
	return 0;
}

VTX_TEST(forked)
{
	int status, round;
	pid_t child;

	begin();
	for (round = 0; round < rounds / 2; round++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			_exit(stays((__u32 *)patrols.memory, ALL));
		ASSERT_TRUE(still_fine());
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_EQ(0, status);
		ASSERT_TRUE(still_fine());
	}
	END();
}

/* ---- Huge pages ---- */

#define HUGE_BUSY	200
#define HUGE_QUIET	112

/* 512 pages with patrols. */
static void begin_huge(void *memory)
{
	rounds = vtx_number("ROUNDS", 12);
	patrols_create(&patrols, NR, memory, HUGE_BUSY, HUGE_QUIET);
	patrols_start(&patrols);
	MUST(patrols_go_on(&patrols, 2));
}

static bool is_huge(const void *memory)
{
	return memory_kbytes(memory, "AnonHugePages") > 0;
}

VTX_TEST(collapsed_and_split)
{
	char *memory = memory_map_huge(HUGE);
	long i;

	huge_allow();
	ASSERT_EQ(0, madvise(memory, HUGE, MADV_HUGEPAGE));
	begin_huge(memory);
	if (!is_huge(memory) && madvise(memory, HUGE, MADV_COLLAPSE)) {
		END();
		huge_restore();
		SKIP(return, "no transparent huge pages");
	}
	for (i = 0; i < rounds; i++) {
		ASSERT_TRUE(is_huge(memory));
		ASSERT_TRUE(still_fine());
		/* Rights of one page only: one mapping of each page. */
		ASSERT_EQ(0, mprotect(memory + 511 * PAGE, PAGE, PROT_READ));
		ASSERT_TRUE(still_fine());
		ASSERT_FALSE(is_huge(memory));
		ASSERT_EQ(0, mprotect(memory + 511 * PAGE, PAGE,
				      PROT_READ | PROT_WRITE));
		ASSERT_TRUE(still_fine());
		ASSERT_EQ(0, madvise(memory, HUGE, MADV_COLLAPSE));
	}
	END();
	huge_restore();
}

#define HUGE_PAGES	"/proc/sys/vm/nr_hugepages"

VTX_TEST(hugetlb)
{
	long before = knob_get(HUGE_PAGES), i;
	char *memory;

	if (before < 0 || knob_set(HUGE_PAGES, before + 4))
		SKIP(return, "no hugetlbfs");
	memory = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
		      ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (memory == MAP_FAILED) {
		knob_set(HUGE_PAGES, before);
		SKIP(return, "not enough huge pages");
	}
	begin_huge(memory);
	for (i = 0; i < rounds / 2; i++) {
		ASSERT_EQ(0, mprotect(memory, HUGE, PROT_READ));
		set_may_fault(true);
		ASSERT_EQ(0, mprotect(memory, HUGE, PROT_READ | PROT_WRITE));
		ASSERT_TRUE(still_fine());
		set_may_fault(false);
		set_zero_ok(true);
		ASSERT_EQ(0, madvise(memory, HUGE, MADV_DONTNEED));
		ASSERT_TRUE(still_fine());
	}
	END();
	munmap(memory, HUGE);
	knob_set(HUGE_PAGES, before);
}

/* ---- Files ---- */

VTX_TEST(memfd)
{
	int fd = memfd_create("patrol", MFD_CLOEXEC);
	__u32 *second;
	long i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, ALL * PAGE));
	second = memory_map(ALL * PAGE, MAP_SHARED, fd);
	begin_in(memory_map(ALL * PAGE, MAP_SHARED, fd));
	for (i = 0; i < rounds; i++) {
		set_zero_ok(true);
		ASSERT_EQ(0, fallocate(fd, FALLOC_FL_PUNCH_HOLE |
				       FALLOC_FL_KEEP_SIZE, i % 5 * PAGE,
				       HALF));
		ASSERT_TRUE(still_fine());
		set_zero_ok(false);
		/* Another mapping of the file sees what the guest writes. */
		patrols.patrol[0].busy = second;
		ASSERT_TRUE(still_fine());
	}

	/* Beyond the end of the file there is nothing. */
	set_zero_ok(true);
	set_may_fault(true);
	ASSERT_EQ(0, ftruncate(fd, PAGE));
	while (!faults(1) && !LOAD(patrols.patrol[1].over))
		sched_yield();
	ASSERT_EQ(0, ftruncate(fd, ALL * PAGE));
	ASSERT_TRUE(still_fine());
	END();
	close(fd);
}

/* ---- Kernel same-page merging ---- */

#define KSM(file)	"/sys/kernel/mm/ksm/" file

VTX_TEST(merged)
{
	long i, tries;

	if (!file_exists(KSM("run")))
		SKIP(return, "no KSM");
	begin();
	ASSERT_EQ(0, madvise(patrols.memory, ALL * PAGE, MADV_MERGEABLE));
	ASSERT_EQ(0, knob_set(KSM("sleep_millisecs"), 1));
	ASSERT_EQ(0, knob_set(KSM("pages_to_scan"), 200));
	for (i = 0; i < rounds / 4 + 1; i++) {
		ASSERT_EQ(0, knob_set(KSM("run"), 1));
		for (tries = 0; knob_get(KSM("pages_sharing")) <= 0; tries++) {
			ASSERT_GT(1000, tries);
			ASSERT_TRUE(still_fine());
		}
		ASSERT_TRUE(still_fine());
		/* Each page its own again. */
		ASSERT_EQ(0, knob_set(KSM("run"), 2));
		ASSERT_EQ(0, knob_get(KSM("pages_sharing")));
		ASSERT_TRUE(still_fine());
	}
	knob_set(KSM("run"), 0);
	END();
}

/* ---- Swap ---- */

#define RAM_DISK	"/dev/ram0"
#define SWAP_PAGES	1024

/* What mkswap writes. */
struct swap_header {
	char	boot[1024];
	__u32	version;
	__u32	last_page;
	char	rest[PAGE - 1024 - 8 - 10];
	char	magic[10];
};

static int swap_make(void)
{
	struct swap_header header = {
		.version = 1, .last_page = SWAP_PAGES - 1,
		.magic = { 'S', 'W', 'A', 'P', 'S', 'P', 'A', 'C', 'E', '2' },
	};
	int fd = open(RAM_DISK, O_WRONLY), ret;

	static_assert(sizeof(header) == PAGE, "a page");
	if (fd < 0)
		return -errno;
	ret = write(fd, &header, sizeof(header)) == sizeof(header) ? 0 : -EIO;
	close(fd);
	if (!ret && swapon(RAM_DISK, 0))
		ret = -errno;
	return ret;
}

VTX_TEST(swapped_out)
{
	long i, before, out;

	if (swap_make())
		SKIP(return, "no swap on a RAM disk");
	begin();
	before = vm_event("pswpout");
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, madvise(patrols.memory, ALL * PAGE,
				     MADV_PAGEOUT));
		ASSERT_TRUE(still_fine());
	}
	out = vm_event("pswpout") - before;
	ksft_print_msg("%ld pages written out\n", out);
	EXPECT_LT(0, out);
	END();
	EXPECT_EQ(0, swapoff(RAM_DISK));
}

/* ---- Pages that move, and that break ---- */

VTX_TEST(moved_by_soft_offlining)
{
	char *page;
	long i;

	begin();
	for (i = 0; i < rounds; i++) {
		page = patrols.memory + i * 9 % ALL * PAGE;
		if (madvise(page, PAGE, MADV_SOFT_OFFLINE)) {
			ASSERT_EQ(EINVAL, errno);
			END();
			SKIP(return, "no memory failure handling");
		}
		ASSERT_TRUE(still_fine());
	}
	END();
}

#define COMPACT		"/proc/sys/vm/compact_memory"

VTX_TEST(compacted)
{
	long i, before = vm_event("pgmigrate_success");
	char *other;

	if (!file_exists(COMPACT) || before < 0)
		SKIP(return, "no compaction");
	/* Free pages between those that stay give it work. */
	other = memory_map(8 * HUGE, ANONYMOUS, -1);
	madvise(other, 8 * HUGE, MADV_NOHUGEPAGE);
	begin();
	for (i = 0; i < rounds / 3 + 1; i++) {
		memset(other, 1, 8 * HUGE);
		set_zero_ok(true);
		ASSERT_EQ(0, madvise(patrols.memory, NR * BUSY * PAGE,
				     MADV_DONTNEED));
		ASSERT_TRUE(patrols_go_on(&patrols, 2));
		set_zero_ok(false);
		ASSERT_EQ(0, madvise(other, 8 * HUGE, MADV_DONTNEED));
		ASSERT_EQ(0, knob_set(COMPACT, 1));
		ASSERT_TRUE(still_fine());
	}
	ksft_print_msg("%ld pages migrated\n",
		       vm_event("pgmigrate_success") - before);
	EXPECT_LT(before, vm_event("pgmigrate_success"));
	END();
}

static siginfo_t broken_info;

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	broken_info = *info;
}

/* Memory that breaks is the process's to deal with: SIGBUS, as for its own. */
VTX_TEST(broken)
{
	struct sigaction action = {
		.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO,
	};
	static struct guest guest;
	static struct vcpu vcpu;
	struct kvm_regs regs;
	struct event event;
	char *memory;

	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	memory = memory_map(2 * PAGE, ANONYMOUS, -1);
	memory[0] = 1;
	memory[PAGE] = 2;
	ASSERT_EQ(0, slot_set(&guest, FAR_SLOT, FAR_GPA, 2 * PAGE, memory, 0));
	vcpu_start(&vcpu, "sum32", MODE_PROT32, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rsi = FAR_GPA;
	regs.rcx = 2;
	vcpu_set_regs(&vcpu, &regs);
	EXPECT_EQ(3, vcpu_result(&vcpu, MODE_PROT32));

	sigaction(SIGBUS, &action, NULL);
	if (madvise(memory + PAGE, PAGE, MADV_HWPOISON))
		SKIP(return, "no memory failure handling");
	memset(&broken_info, 0, sizeof(broken_info));
	vcpu_start(&vcpu, "sum32", MODE_PROT32, 0);
	vcpu_set_regs(&vcpu, &regs);
	vcpu_wait(&vcpu, MODE_PROT32, &event);
	EXPECT_EQ(FAILED, event.what);
	EXPECT_EQ(EINTR, event.value);
	EXPECT_EQ(SIGBUS, broken_info.si_signo);
	EXPECT_EQ(BUS_MCEERR_AR, broken_info.si_code);
	EXPECT_EQ((void *)(memory + PAGE), broken_info.si_addr);

	/* Other memory in its place, and the guest goes on. */
	ASSERT_EQ(memory + PAGE, mmap(memory + PAGE, PAGE,
				      PROT_READ | PROT_WRITE,
				      ANONYMOUS | MAP_FIXED, -1, 0));
	memory[PAGE] = 5;
	EXPECT_EQ(6, vcpu_result(&vcpu, MODE_PROT32));
}

/* ---- userfaultfd ---- */

struct pager {
	int		fd;
	int		stop;
	unsigned long	missing;
	unsigned long	protected;
	pthread_t	thread;
};

/* Answer one fault: with a page of zeroes, or by letting it be written. */
static void pager_answer(struct pager *pager, const struct uffd_msg *msg)
{
	__u64 address = msg->arg.pagefault.address & ~(PAGE - 1);
	struct uffdio_writeprotect unprotect = {
		.range = { address, PAGE },
	};
	static char zeroes[PAGE];
	struct uffdio_copy copy = {
		.dst = address, .src = (unsigned long)zeroes, .len = PAGE,
	};

	MUST(msg->event == UFFD_EVENT_PAGEFAULT);
	if (msg->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) {
		__atomic_add_fetch(&pager->protected, 1, __ATOMIC_RELEASE);
		MUST(!ioctl(pager->fd, UFFDIO_WRITEPROTECT, &unprotect));
		return;
	}
	__atomic_add_fetch(&pager->missing, 1, __ATOMIC_RELEASE);
	MUST(!ioctl(pager->fd, UFFDIO_COPY, &copy) || errno == EEXIST);
}

static void *pager_run(void *arg)
{
	struct pager *pager = arg;
	struct pollfd pollfd = { .fd = pager->fd, .events = POLLIN };
	struct uffd_msg msg;

	while (!LOAD(pager->stop)) {
		if (poll(&pollfd, 1, 10) <= 0)
			continue;
		if (read(pager->fd, &msg, sizeof(msg)) == sizeof(msg))
			pager_answer(pager, &msg);
	}
	return NULL;
}

static int pager_start(struct pager *pager, void *memory, size_t size)
{
	struct uffdio_register area = {
		.range = { (unsigned long)memory, size },
		.mode = UFFDIO_REGISTER_MODE_MISSING |
			UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};

	pager->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (pager->fd < 0 || ioctl(pager->fd, UFFDIO_API, &api) ||
	    ioctl(pager->fd, UFFDIO_REGISTER, &area))
		return -errno;
	MUST(!pthread_create(&pager->thread, NULL, pager_run, pager));
	return 0;
}

VTX_TEST(userfaultfd)
{
	char *memory = memory_map(ALL * PAGE, ANONYMOUS, -1);
	struct uffdio_writeprotect protect = {
		.range = { (unsigned long)memory, HALF },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	static struct pager pager;
	unsigned long before;
	long i;

	if (pager_start(&pager, memory, ALL * PAGE))
		SKIP(return, "no userfaultfd with write protection");
	begin_in(memory);
	EXPECT_LE(NR * BUSY, LOAD(pager.missing));
	for (i = 0; i < rounds / 2; i++) {
		before = LOAD(pager.protected);
		ASSERT_EQ(0, ioctl(pager.fd, UFFDIO_WRITEPROTECT, &protect));
		ASSERT_TRUE(still_fine());
		EXPECT_LE(before + HALF / PAGE, LOAD(pager.protected));

		before = LOAD(pager.missing);
		set_zero_ok(true);
		ASSERT_EQ(0, madvise(memory, HALF, MADV_DONTNEED));
		ASSERT_TRUE(still_fine());
		set_zero_ok(false);
		EXPECT_LE(before + HALF / PAGE, LOAD(pager.missing));
	}
	END();
	STORE(pager.stop, 1);
	pthread_join(pager.thread, NULL);
	close(pager.fd);
}

/* ---- Who pays ---- */

#define CGROUPS		"/sys/fs/cgroup"
#define CGROUP		CGROUPS "/vtx-test"
#define TABLES		1024
/* What each CPU keeps of a charge that was given back, for the next one */
#define STOCK		(64 * PAGE)

static int cgroup_make(void)
{
	if (!file_exists(CGROUPS "/cgroup.controllers") &&
	    mount("none", CGROUPS, "cgroup2", 0, NULL))
		return -errno;
	if (file_write(CGROUPS "/cgroup.subtree_control", "+memory"))
		return -ENODEV;
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		return -errno;
	return knob_set(CGROUP "/cgroup.procs", getpid());
}

/*
 * What the hypervisor needs for a guest is charged to the process's cgroup: here
 * mostly page tables, one for each of many pages that lie far apart.  The process
 * has these pages, and its own tables, before.
 */
VTX_TEST(charged)
{
	static struct guest guest;
	static struct vcpu vcpu;
	struct kvm_regs regs;
	long stocks = sysconf(_SC_NPROCESSORS_ONLN) * STOCK;
	long before, during, after, tries;
	__u32 *memory;
	int i;

	if (cgroup_make())
		SKIP(return, "no memory controller");
	memory = memory_map(TABLES * HUGE, ANONYMOUS | MAP_NORESERVE, -1);
	madvise(memory, TABLES * HUGE, MADV_NOHUGEPAGE);
	for (i = 0; i < TABLES; i++)
		memory[i * HUGE / 4] = i;
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	ASSERT_EQ(0, slot_set(&guest, FAR_SLOT, FAR_GPA, TABLES * HUGE, memory,
			      0));
	vcpu_start(&vcpu, "count32", MODE_PROT32, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rsi = FAR_GPA;
	regs.rcx = TABLES;
	regs.rdx = HUGE;
	vcpu_set_regs(&vcpu, &regs);
	before = knob_get(CGROUP "/memory.current");
	EXPECT_EQ(0, vcpu_result(&vcpu, MODE_PROT32));
	during = knob_get(CGROUP "/memory.current");
	EXPECT_EQ(TABLES, memory[(TABLES - 1) * HUGE / 4]);
	EXPECT_LE(TABLES * (long)PAGE / 4 * 3, during - before);
	EXPECT_GE(TABLES * (long)PAGE * 2, during - before);

	vcpu_destroy(&vcpu);
	guest_destroy(&guest);
	/* What waits for a grace period takes its time. */
	for (tries = 0; tries < 200; tries++) {
		after = knob_get(CGROUP "/memory.current");
		if (after <= before + stocks)
			break;
		usleep(20000);
	}
	EXPECT_LE(after, before + stocks);
	ksft_print_msg("%ld KiB, then %ld, then %ld\n", before / 1024,
		       during / 1024, after / 1024);
	knob_set(CGROUPS "/cgroup.procs", getpid());
	rmdir(CGROUP);
}

VTX_TEST_MAIN
