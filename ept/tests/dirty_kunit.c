// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dirty log of real memory: no write is left out, and few things that are
 * none get in.
 */
#define NOTRACE		/* vtx.ko has taken the tracepoints' names */
#include "module/compat.h"

#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/uaccess.h>

/* The real code, not a copy. */
#include "../dirty.c"

#include "ept/flush.h"
#include "ept/guest_mem.h"
#include "ept/tests/world.h"

/* A second slot, whose words of the log lie across tables of the EPT. */
#define ODD_GFN		(0x1200ULL - 100)
#define ODD_PAGES	200UL
#define ODD_WORDS	4

/*
 * What a test has besides its world.
 */
struct log {
	struct world	*world;
	u32		id;
	unsigned long	hva;		/* of the second slot's memory */
	u64 __user	*bitmap;
	u64		bits[ODD_WORDS];	/* last read */
};

static struct log *make_log(struct kunit *test)
{
	struct log *log = kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);
	unsigned long bitmap;

	KUNIT_ASSERT_NOT_NULL(test, log);
	log->world = test->priv;
	log->id = 1;
	log->hva = kunit_vm_mmap(test, NULL, 0, ODD_PAGES * PAGE_SIZE, RW,
				 MAP_ANONYMOUS | MAP_PRIVATE, 0);
	bitmap = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, RW,
			       MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_TRUE(test, log->hva && bitmap);
	log->bitmap = (u64 __user *)bitmap;
	return log;
}

static int log_switch(struct log *log, bool on)
{
	return set_slot(log->world, log->id, ODD_GFN, ODD_PAGES, log->hva,
			on ? KVM_MEM_LOG_DIRTY_PAGES : 0);
}

/* Get the log.  Return: pages in it, or an error. */
static int get_log(struct log *log)
{
	int err, i, count = 0;

	err = vtx_mem_get_dirty_log(&log->world->mem, log->id, log->bitmap);
	if (err)
		return err;
	if (copy_from_user(log->bits, log->bitmap, sizeof(log->bits)))
		return -EFAULT;
	for (i = 0; i < ODD_WORDS; i++)
		count += hweight64(log->bits[i]);
	return count;
}

static bool has(const struct log *log, u64 page)
{
	return log->bits[page / 64] >> page % 64 & 1;
}

static enum vtx_mem_fault fault_page(struct log *log, u64 page,
				     unsigned int access)
{
	return fault(log->world, ODD_GFN - GFN + page, access);
}

static u64 leaf_page(struct log *log, u64 page)
{
	return leaf(log->world, ODD_GFN - GFN + page);
}

/* Clear part of the log: the bits of one word. */
static int clear_log_word(struct log *log, u64 first, u32 pages, u64 bits)
{
	struct kvm_clear_dirty_log request = {
		.slot = log->id, .first_page = first, .num_pages = pages,
		.dirty_bitmap = log->bitmap,
	};

	if (put_user(bits, log->bitmap))
		return -EFAULT;
	return vtx_mem_clear_dirty_log(&log->world->mem, &request);
}

static const u64 pages[] = { 0, 63, 64, 99, 100, 127, 128, 199 };

static void writes_are_logged(struct kunit *test)
{
	struct log *log = make_log(test);
	int i;

	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	KUNIT_EXPECT_EQ(test, get_log(log), 0);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		KUNIT_EXPECT_EQ(test, fault_page(log, pages[i],
						 VTX_ACCESS_WRITE),
				VTX_FAULT_MAPPED);
		KUNIT_EXPECT_TRUE(test, leaf_page(log, pages[i]) &
				  VTX_EPT_WRITE);
	}
	KUNIT_EXPECT_EQ(test, get_log(log), ARRAY_SIZE(pages));
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		KUNIT_EXPECT_TRUE(test, has(log, pages[i]));
		KUNIT_EXPECT_TRUE(test, leaf_page(log, pages[i]));
		KUNIT_EXPECT_FALSE(test, leaf_page(log, pages[i]) &
				   VTX_EPT_WRITE);
	}
	KUNIT_EXPECT_EQ(test, get_log(log), 0);

	/* The second write, without sleeping where that is possible. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		KUNIT_EXPECT_EQ(test,
				vtx_mem_fault_fast(&log->world->mem,
						   (ODD_GFN + 99) << PAGE_SHIFT,
						   VTX_ACCESS_WRITE),
				VTX_FAULT_MAPPED);
	fault_page(log, 99, VTX_ACCESS_WRITE);
	fault_page(log, 101, VTX_ACCESS_WRITE);	/* in another table */
	KUNIT_EXPECT_EQ(test, get_log(log), 2);
	KUNIT_EXPECT_TRUE(test, has(log, 99) && has(log, 101));
	KUNIT_EXPECT_FALSE(test, leaf_page(log, 99) & VTX_EPT_WRITE);
	KUNIT_EXPECT_FALSE(test, leaf_page(log, 101) & VTX_EPT_WRITE);
}

/* Neither is a page the guest reads logged, nor may it be written unseen. */
static void reads_are_not_logged(struct kunit *test)
{
	struct log *log = make_log(test);

	KUNIT_ASSERT_EQ(test, put_user(1, (u64 __user *)log->hva), 0);
	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	fault_page(log, 0, VTX_ACCESS_READ);
	fault_page(log, 1, VTX_ACCESS_EXEC);
	KUNIT_EXPECT_FALSE(test, leaf_page(log, 0) & VTX_EPT_WRITE);
	KUNIT_EXPECT_FALSE(test, leaf_page(log, 1) & VTX_EPT_WRITE);
	KUNIT_EXPECT_EQ(test, get_log(log), 0);
}

static void start_and_stop(struct kunit *test)
{
	struct log *log = make_log(test);
	struct world *world = log->world;
	u64 generation, page;

	KUNIT_ASSERT_EQ(test, log_switch(log, false), 0);
	for (page = 0; page < ODD_PAGES; page += 3)
		fault_page(log, page, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, get_log(log), -ENOENT);

	atomic_set(&world->kicks, 0);
	generation = vtx_mem_flush_generation(&world->mem);
	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&world->kicks), 0);
	KUNIT_EXPECT_GT(test, vtx_mem_flush_generation(&world->mem),
			generation);
	for (page = 0; page < ODD_PAGES; page += 3) {
		KUNIT_EXPECT_TRUE(test, leaf_page(log, page));
		KUNIT_EXPECT_FALSE(test, leaf_page(log, page) & VTX_EPT_WRITE);
	}
	KUNIT_EXPECT_EQ(test, get_log(log), 0);
	fault_page(log, 0, VTX_ACCESS_WRITE);
	fault_page(log, 6, VTX_ACCESS_WRITE);

	/* The same request once more starts nothing anew. */
	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	KUNIT_EXPECT_EQ(test, get_log(log), 2);

	fault_page(log, 3, VTX_ACCESS_WRITE);
	KUNIT_ASSERT_EQ(test, log_switch(log, false), 0);
	KUNIT_EXPECT_EQ(test, get_log(log), -ENOENT);
	KUNIT_EXPECT_TRUE(test, leaf_page(log, 3) & VTX_EPT_WRITE);
	fault_page(log, 9, VTX_ACCESS_READ);
	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	KUNIT_EXPECT_EQ(test, get_log(log), 0);
}

static void log_moves_with_its_slot(struct kunit *test)
{
	struct log *log = make_log(test);
	struct world *world = log->world;

	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	fault_page(log, 5, VTX_ACCESS_WRITE);
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, ODD_GFN * 2, ODD_PAGES,
				       log->hva, KVM_MEM_LOG_DIRTY_PAGES), 0);
	fault(world, ODD_GFN * 2 + 6 - GFN, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, get_log(log), 2);
	KUNIT_EXPECT_TRUE(test, has(log, 5) && has(log, 6));
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, ODD_GFN, ODD_PAGES, log->hva,
				       0), 0);
	KUNIT_EXPECT_EQ(test, get_log(log), -ENOENT);
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, 0, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, get_log(log), -ENOENT);
}

static void host_writes(struct kunit *test)
{
	struct log *log = make_log(test);
	struct vtx_mem *mem = &log->world->mem;
	u64 gpa = ODD_GFN << PAGE_SHIFT, old = 0, value = 7;

	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_write(mem, gpa + 100 * PAGE_SIZE - 3,
					    &value, sizeof(value)), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_read(mem, gpa + 7 * PAGE_SIZE, &value,
					   sizeof(value)), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, gpa + 8 * PAGE_SIZE, &old, 1,
					      8), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, gpa + 9 * PAGE_SIZE, &value,
					      1, 8), 0);
	value = 5;
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, gpa + 10 * PAGE_SIZE, &value,
					      1, 8), 1);
	vtx_mem_mark_dirty(mem, ODD_GFN + 199);
	vtx_mem_mark_dirty(mem, ODD_GFN + 200);		/* in no slot */
	vtx_mem_mark_dirty(mem, GFN);			/* in one without log */
	KUNIT_EXPECT_EQ(test, get_log(log), 5);
	KUNIT_EXPECT_TRUE(test, has(log, 99) && has(log, 100) && has(log, 8) &&
			  has(log, 9) && has(log, 199));
	KUNIT_EXPECT_EQ(test, get_log(log), 0);
}

static void cleared_by_hand(struct kunit *test)
{
	struct log *log = make_log(test);
	struct vtx_mem *mem = &log->world->mem;
	int i;

	KUNIT_EXPECT_EQ(test, vtx_mem_enable_manual_protect(mem, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, vtx_mem_enable_manual_protect(mem, 4), -EINVAL);
	KUNIT_EXPECT_EQ(test, vtx_mem_enable_manual_protect(mem, 1ULL << 32),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vtx_mem_enable_manual_protect(mem, 1), 0);
	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		fault_page(log, pages[i], VTX_ACCESS_WRITE);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, get_log(log), ARRAY_SIZE(pages));
	KUNIT_EXPECT_TRUE(test, leaf_page(log, 64) & VTX_EPT_WRITE);

	/* Word 1 holds 64, 99, 100 and 127; what is not set stays not set. */
	KUNIT_EXPECT_EQ(test, clear_log_word(log, 64, 64, 1ULL << 35 | 6), 0);
	KUNIT_EXPECT_EQ(test, get_log(log), ARRAY_SIZE(pages) - 1);
	KUNIT_EXPECT_FALSE(test, has(log, 99));
	KUNIT_EXPECT_FALSE(test, leaf_page(log, 99) & VTX_EPT_WRITE);
	KUNIT_EXPECT_TRUE(test, leaf_page(log, 100) & VTX_EPT_WRITE);
	KUNIT_EXPECT_EQ(test, clear_log_word(log, 64, 64, ~0ULL), 0);
	KUNIT_EXPECT_FALSE(test, leaf_page(log, 100) & VTX_EPT_WRITE);
	/* Bits beyond the slot are nobody's. */
	KUNIT_EXPECT_EQ(test, clear_log_word(log, 192, 8, ~0ULL), 0);
	KUNIT_EXPECT_EQ(test, get_log(log), 3);
	KUNIT_EXPECT_EQ(test, vtx_mem_enable_manual_protect(mem, 0), 0);
	KUNIT_EXPECT_EQ(test, get_log(log), 3);
	KUNIT_EXPECT_EQ(test, get_log(log), 0);
}

static void initially_all_set(struct kunit *test)
{
	struct log *log = make_log(test);
	struct world *world = log->world;

	KUNIT_ASSERT_EQ(test, log_switch(log, false), 0);
	fault_page(log, 1, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, vtx_mem_enable_manual_protect(&world->mem, 3), 0);
	atomic_set(&world->kicks, 0);
	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&world->kicks), 0);
	KUNIT_EXPECT_TRUE(test, leaf_page(log, 1) & VTX_EPT_WRITE);
	KUNIT_EXPECT_EQ(test, get_log(log), ODD_PAGES);
	KUNIT_EXPECT_EQ(test, log->bits[ODD_WORDS - 1], 0xff);
	KUNIT_EXPECT_EQ(test, clear_log_word(log, 0, 64, 2), 0);
	KUNIT_EXPECT_FALSE(test, leaf_page(log, 1) & VTX_EPT_WRITE);
	KUNIT_EXPECT_EQ(test, get_log(log), ODD_PAGES - 1);
}

static const struct refused {
	u32	id;
	u64	first;
	u32	pages;
	int	want;
} refused[] = {
	{ 1, 0, 200, 0 },
	{ 1, 192, 8, 0 },
	{ 1, 64, 128, 0 },
	{ 1, 128, 0, 0 },
	{ 1, 1, 64, -EINVAL },
	{ 1, 0, 63, -EINVAL },
	{ 1, 0, 201, -EINVAL },
	{ 1, 192, 64, -EINVAL },
	{ 1, 256, 0, -EINVAL },
	{ 1, ~63ULL, 64, -EINVAL },
	{ 1, 64, ~0, -EINVAL },
	{ 0, 0, 16, -ENOENT },
	{ 2, 0, 64, -ENOENT },
	{ VTX_MAX_SLOTS - 1, 0, 64, -ENOENT },
	{ VTX_MAX_SLOTS, 0, 64, -EINVAL },
	{ 1 << 16 | 1, 0, 64, -EINVAL },
};

/* What makes no sense has an error, and loses nothing. */
static void bad_requests(struct kunit *test)
{
	struct log *log = make_log(test);
	struct vtx_mem *mem = &log->world->mem;
	struct kvm_clear_dirty_log request;
	struct mm_struct *mm = mem->mm;
	int i;

	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	KUNIT_ASSERT_EQ(test, clear_user(log->bitmap, PAGE_SIZE), 0);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		request = (struct kvm_clear_dirty_log){
			.slot = refused[i].id, .num_pages = refused[i].pages,
			.first_page = refused[i].first,
			.dirty_bitmap = log->bitmap,
		};
		KUNIT_EXPECT_EQ_MSG(test, vtx_mem_clear_dirty_log(mem,
								  &request),
				    refused[i].want, "row %d", i);
		if (refused[i].id != 1)
			KUNIT_EXPECT_EQ(test,
					vtx_mem_get_dirty_log(mem,
							      refused[i].id,
							      log->bitmap),
					refused[i].want);
	}

	fault_page(log, 130, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, vtx_mem_get_dirty_log(mem, 1, NULL), -EFAULT);
	request = (struct kvm_clear_dirty_log){
		.slot = 1, .num_pages = ODD_PAGES,
	};
	KUNIT_EXPECT_EQ(test, vtx_mem_clear_dirty_log(mem, &request), -EFAULT);
	mem->mm = NULL;			/* another process's */
	KUNIT_EXPECT_EQ(test, get_log(log), -EIO);
	KUNIT_EXPECT_EQ(test, vtx_mem_clear_dirty_log(mem, &request), -EIO);
	mem->mm = mm;
	KUNIT_EXPECT_EQ(test, get_log(log), 1);
	KUNIT_EXPECT_TRUE(test, has(log, 130));
}

/* Large leaves are split by the first write, and may come back. */
static void large_leaves(struct kunit *test)
{
	struct world *world = test->priv;
	struct log *log = make_log(test);
	unsigned long hva = huge_memory(test, SIZE_2M);
	u64 gfn = 8 * 512, bits;
	int level;

	log->id = 2;
	KUNIT_ASSERT_EQ(test, set_slot(world, 2, gfn, 512, hva, 0), 0);
	fault(world, gfn - GFN, VTX_ACCESS_WRITE);
	KUNIT_ASSERT_EQ(test, leaves(world, 2), 1);

	KUNIT_ASSERT_EQ(test, set_slot(world, 2, gfn, 512, hva,
				       KVM_MEM_LOG_DIRTY_PAGES), 0);
	KUNIT_EXPECT_EQ(test, leaves(world, 2), 1);
	KUNIT_EXPECT_FALSE(test, leaf_of(world, gfn, &level) & VTX_EPT_WRITE);
	KUNIT_EXPECT_EQ(test, fault(world, gfn + 9 - GFN, VTX_ACCESS_READ),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(world, 2), 1);
	KUNIT_EXPECT_EQ(test, fault(world, gfn + 9 - GFN, VTX_ACCESS_WRITE),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(world, 2), 0);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 512);
	KUNIT_EXPECT_FALSE(test, leaf_of(world, gfn, &level) & VTX_EPT_WRITE);
	KUNIT_EXPECT_EQ(test, vtx_mem_get_dirty_log(&world->mem, 2,
						    log->bitmap), 0);
	KUNIT_EXPECT_EQ(test, get_user(bits, log->bitmap), 0);
	KUNIT_EXPECT_EQ(test, bits, 1 << 9);

	KUNIT_ASSERT_EQ(test, set_slot(world, 2, gfn, 512, hva, 0), 0);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 0);
	fault(world, gfn - GFN, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, leaves(world, 2), 1);

	/* From the start, small. */
	drop(world, 0, PAGES);
	KUNIT_ASSERT_EQ(test, set_slot(world, 2, 0, 0, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, set_slot(world, 2, gfn, 512, hva,
				       KVM_MEM_LOG_DIRTY_PAGES), 0);
	fault(world, gfn - GFN, VTX_ACCESS_READ);
	KUNIT_EXPECT_EQ(test, leaves(world, 2), 0);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 1);
}

#define WRITERS		3
#define ROUNDS		1500

struct crowd {
	struct log		*log;
	struct mm_struct	*mm;
	u64			seed;
	u64			owed[ODD_WORDS];
	atomic_t		running;
	struct completion	done;
};

/* A write by the guest, if its leaf allows one.  It is owed to the log. */
static void write_page(struct crowd *crowd, u64 page)
{
	struct vtx_mem *mem = &crowd->log->world->mem;

	read_lock(&mem->map_lock);
	if (vtx_ept_allows(mem, ODD_GFN + page, VTX_EPT_WRITE))
		set_bit(page, (unsigned long *)crowd->owed);
	read_unlock(&mem->map_lock);
}

static int writer(void *arg)
{
	struct crowd *crowd = arg;
	struct vtx_mem *mem = &crowd->log->world->mem;
	struct rnd_state rnd;
	int i, err;
	u64 page;

	kthread_use_mm(crowd->mm);
	prandom_seed_state(&rnd, crowd->seed + (unsigned long)current);
	for (i = 0; i < ROUNDS; i++) {
		page = prandom_u32_state(&rnd) % ODD_PAGES;
		if (vtx_mem_fault_fast(mem, (ODD_GFN + page) << PAGE_SHIFT,
				       VTX_ACCESS_WRITE) != VTX_FAULT_MAPPED)
			vtx_mem_fault(mem, (ODD_GFN + page) << PAGE_SHIFT,
				      VTX_ACCESS_WRITE, &err);
		write_page(crowd, page);
	}
	kthread_unuse_mm(crowd->mm);
	if (atomic_dec_and_test(&crowd->running))
		complete(&crowd->done);
	return 0;
}

/*
 * What was written before a reading began is in it, or in the one before, if it
 * was written while that one was under way.
 */
static void writes_in_parallel(struct kunit *test)
{
	struct log *log = make_log(test);
	struct crowd crowd = { .log = log, .mm = current->mm,
			       .seed = get_random_u64() };
	u64 told[ODD_WORDS] = { }, owed[ODD_WORDS];
	struct task_struct *task;
	bool done = false;
	int i, readings = 0, found, total = 0;

	kunit_info(test, "seed %#llx", crowd.seed);
	KUNIT_ASSERT_EQ(test, log_switch(log, true), 0);
	init_completion(&crowd.done);
	atomic_set(&crowd.running, WRITERS);
	for (i = 0; i < WRITERS; i++) {
		task = kthread_run(writer, &crowd, "vtx-kunit-%d", i);
		if (IS_ERR(task) && atomic_dec_and_test(&crowd.running))
			complete(&crowd.done);
	}
	while (!done) {
		done = try_wait_for_completion(&crowd.done);
		for (i = 0; i < ODD_WORDS; i++)
			owed[i] = xchg(&crowd.owed[i], 0);
		found = get_log(log);
		if (found < 0)
			break;
		for (i = 0; i < ODD_WORDS; i++) {
			KUNIT_EXPECT_EQ(test, 0, owed[i] & ~log->bits[i] &
					~told[i]);
			told[i] = log->bits[i];
		}
		total += found;
		readings++;
		cond_resched();
	}
	if (!done)
		wait_for_completion(&crowd.done);
	KUNIT_EXPECT_GE(test, found, 0);
	KUNIT_EXPECT_GT(test, total, 0);
	kunit_info(test, "%d pages in %d readings", total, readings);
}

static struct kunit_case dirty_cases[] = {
	KUNIT_CASE(writes_are_logged),
	KUNIT_CASE(reads_are_not_logged),
	KUNIT_CASE(start_and_stop),
	KUNIT_CASE(log_moves_with_its_slot),
	KUNIT_CASE(host_writes),
	KUNIT_CASE(cleared_by_hand),
	KUNIT_CASE(initially_all_set),
	KUNIT_CASE(bad_requests),
	KUNIT_CASE(large_leaves),
	KUNIT_CASE(writes_in_parallel),
	{ }
};

static struct kunit_suite dirty_suite = {
	.name		= "vtx_dirty",
	.init		= world_init,
	.exit		= world_exit,
	.suite_exit	= world_suite_exit,
	.test_cases	= dirty_cases,
};

kunit_test_suite(dirty_suite);
