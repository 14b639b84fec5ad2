// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux does to the process's memory reaches the EPT, also while others
 * fault.
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
#include "../notifier.c"

#include "ept/flush.h"
#include "ept/tests/world.h"

static void dropped_pages(struct kunit *test)
{
	struct world *world = test->priv;
	u64 generation = vtx_mem_flush_generation(&world->mem);

	poke(test, world, 0, 1);
	poke(test, world, 1, 2);
	fault(world, 0, VTX_ACCESS_WRITE);
	fault(world, 1, VTX_ACCESS_WRITE);
	drop(world, 1, 1);
	KUNIT_EXPECT_TRUE(test, leaf(world, 0));
	KUNIT_EXPECT_FALSE(test, leaf(world, 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&world->kicks), 1);
	KUNIT_EXPECT_EQ(test, vtx_mem_flush_generation(&world->mem),
			generation + 1);
	KUNIT_EXPECT_EQ(test, fault(world, 1, VTX_ACCESS_WRITE),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, guest_value(world, 1), 0);
}

/* Nothing is mapped between the begin and the end of an invalidation. */
static void during_invalidation(struct kunit *test)
{
	struct world *world = test->priv;
	struct mmu_notifier *subscription = &world->mem.notifier->subscription;
	struct mmu_notifier_range range;
	unsigned long sequence = world->mem.sequence;

	poke(test, world, 0, 1);
	poke(test, world, 1, 1);
	fault(world, 0, VTX_ACCESS_WRITE);
	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, 0, current->mm,
				world->hva, world->hva + PAGE_SIZE);
	invalidate_range_start(subscription, &range);
	KUNIT_EXPECT_FALSE(test, leaf(world, 0));
	KUNIT_EXPECT_EQ(test, fault_at(world, GPA, VTX_ACCESS_WRITE),
			VTX_FAULT_RETRY);
	KUNIT_EXPECT_EQ(test, fault_at(world, GPA + PAGE_SIZE,
				       VTX_ACCESS_WRITE), VTX_FAULT_MAPPED);
	invalidate_range_end(subscription, &range);
	KUNIT_EXPECT_EQ(test, world->mem.sequence, sequence + 1);
	KUNIT_EXPECT_EQ(test, fault_at(world, GPA, VTX_ACCESS_WRITE),
			VTX_FAULT_MAPPED);

	/* What concerns no slot makes nothing stale. */
	mmu_notifier_range_init(&range, MMU_NOTIFY_CLEAR, 0, current->mm, 0,
				world->hva);
	invalidate_range_start(subscription, &range);
	invalidate_range_end(subscription, &range);
	KUNIT_EXPECT_EQ(test, world->mem.sequence, sequence + 1);
	KUNIT_EXPECT_TRUE(test, leaf(world, 0));
}

/*
 * The page that the process has there, if it may access it so, or 0.  Not with
 * get_user_page_fast_only(): that refuses the zero page, which a process has
 * where it has only read.
 */
static u64 process_pfn(unsigned long hva, bool write)
{
	struct page *page;
	u64 pfn;

	if (get_user_pages_unlocked(hva, 1, &page, FOLL_NOFAULT |
				    (write ? FOLL_WRITE : 0)) != 1)
		return 0;
	pfn = page_to_pfn(page);
	put_page(page);
	return pfn;
}

/* Each leaf maps the page that the process has there, with no more rights. */
static void check_leaves(struct kunit *test, struct world *world)
{
	u64 value, i;

	for (i = 0; i < PAGES; i++) {
		value = leaf(world, i);
		if (!value)
			continue;
		KUNIT_EXPECT_EQ(test, vtx_ept_pfn(value),
				process_pfn(world->hva + i * PAGE_SIZE,
					    value & VTX_EPT_WRITE));
	}
}

/* The guest only reads, and has the zero page, as the process does. */
static void zero_page(struct kunit *test)
{
	struct world *world = test->priv;

	KUNIT_EXPECT_EQ(test, process_pfn(world->hva, false), 0);
	fault(world, 0, VTX_ACCESS_READ);
	KUNIT_EXPECT_TRUE(test, is_zero_pfn(vtx_ept_pfn(leaf(world, 0))));
	check_leaves(test, world);
}

static void young_pages(struct kunit *test)
{
	struct world *world = test->priv;
	struct mmu_notifier *subscription = &world->mem.notifier->subscription;
	struct mm_struct *mm = current->mm;
	unsigned long hva = world->hva, end = hva + PAGE_SIZE;

	fault(world, 0, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_TRUE(test, test_young(subscription, mm, hva));
	KUNIT_EXPECT_FALSE(test, test_young(subscription, mm, end));
	KUNIT_EXPECT_TRUE(test, clear_young(subscription, mm, hva, end));
	KUNIT_EXPECT_FALSE(test, clear_young(subscription, mm, hva, end));
	KUNIT_EXPECT_FALSE(test, test_young(subscription, mm, hva));
	KUNIT_EXPECT_TRUE(test, leaf(world, 0));
	KUNIT_EXPECT_EQ(test, atomic_read(&world->kicks), 0);

	world->mem.accessed_dirty = false;	/* an older CPU */
	fault(world, 1, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_TRUE(test, clear_young(subscription, mm, hva, end));
	KUNIT_EXPECT_FALSE(test, leaf(world, 0));
	KUNIT_EXPECT_TRUE(test, leaf(world, 1));
	KUNIT_EXPECT_FALSE(test, clear_young(subscription, mm, hva, end));
	KUNIT_EXPECT_EQ(test, atomic_read(&world->kicks), 1);
}

#define FAULTERS	3
#define ROUNDS		1500

struct crowd {
	struct world		*world;
	struct mm_struct	*mm;
	u64			seed;
	atomic_t		mapped;
	atomic_t		running;
	struct completion	done;
};

static int faulter(void *arg)
{
	struct crowd *crowd = arg;
	struct rnd_state rnd;
	u32 random;
	int i, err;

	kthread_use_mm(crowd->mm);
	prandom_seed_state(&rnd, crowd->seed + (unsigned long)current);
	for (i = 0; i < ROUNDS; i++) {
		u64 gpa;

		random = prandom_u32_state(&rnd);
		gpa = GPA + (random % PAGES) * PAGE_SIZE;
		if (vtx_mem_fault_fast(&crowd->world->mem, gpa,
				       random & 0x100 ? 1 : 2) ==
		    VTX_FAULT_MAPPED ||
		    vtx_mem_fault(&crowd->world->mem, gpa,
				  random & 0x100 ? 1 : 2, &err) ==
		    VTX_FAULT_MAPPED)
			atomic_inc(&crowd->mapped);
	}
	kthread_unuse_mm(crowd->mm);
	if (atomic_dec_and_test(&crowd->running))
		complete(&crowd->done);
	return 0;
}

static void faults_in_parallel(struct kunit *test)
{
	struct world *world = test->priv;
	struct crowd crowd = { .world = world, .mm = current->mm,
			       .seed = get_random_u64() };
	struct task_struct *task;
	struct rnd_state rnd;
	u32 random;
	int i;

	kunit_info(test, "seed %#llx", crowd.seed);
	prandom_seed_state(&rnd, crowd.seed);
	init_completion(&crowd.done);
	atomic_set(&crowd.running, FAULTERS);
	for (i = 0; i < FAULTERS; i++) {
		task = kthread_run(faulter, &crowd, "vtx-kunit-%d", i);
		if (IS_ERR(task) && atomic_dec_and_test(&crowd.running))
			complete(&crowd.done);
	}
	while (!try_wait_for_completion(&crowd.done)) {
		random = prandom_u32_state(&rnd);
		if (random % 8)
			drop(world, (random >> 8) % PAGES, 1);
		else if (random & 0x10)
			set_slot(world, 0, 0, 0, 0, 0);
		else
			set_slot(world, 0, GFN, PAGES, world->hva, 0);
		if (random & 0x20)
			put_user(random, (u32 __user *)(world->hva +
				 (random >> 16) % PAGES * PAGE_SIZE));
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, atomic_read(&crowd.mapped), 0);
	check_leaves(test, world);
	KUNIT_EXPECT_EQ(test, world->mem.invalidating, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&world->mem.unflushed), 0);
}

static struct kunit_case notifier_cases[] = {
	KUNIT_CASE(dropped_pages),
	KUNIT_CASE(during_invalidation),
	KUNIT_CASE(zero_page),
	KUNIT_CASE(young_pages),
	KUNIT_CASE(faults_in_parallel),
	{ }
};

static struct kunit_suite notifier_suite = {
	.name		= "vtx_notifier",
	.init		= world_init,
	.exit		= world_exit,
	.suite_exit	= world_suite_exit,
	.test_cases	= notifier_cases,
};

kunit_test_suite(notifier_suite);
