// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots that come and go, access from the host, and how it all ends.
 */
#define NOTRACE		/* vtx.ko has taken the tracepoints' names */
#include "module/compat.h"

#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/uaccess.h>

/* The real code, not a copy. */
#include "../guest_mem.c"
#include "../mem.c"

#include "ept/flush.h"
#include "ept/tests/world.h"

static void slots_come_and_go(struct kunit *test)
{
	struct world *world = test->priv;

	fault(world, 0, VTX_ACCESS_WRITE);
	fault(world, 15, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, set_slot(world, 1, GFN, 1, world->hva, 0),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 2);

	/* The same memory twice. */
	KUNIT_EXPECT_EQ(test, set_slot(world, 1, 0, PAGES, world->hva, 0), 0);
	KUNIT_EXPECT_EQ(test, fault_at(world, 0, VTX_ACCESS_WRITE),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 3);
	drop(world, 0, 1);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 1);

	/* Move, delete. */
	KUNIT_EXPECT_EQ(test, set_slot(world, 0, GFN * 2, PAGES, world->hva, 0),
			0);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 0);
	KUNIT_EXPECT_EQ(test, fault_at(world, GPA, VTX_ACCESS_READ),
			VTX_FAULT_MMIO);
	KUNIT_EXPECT_EQ(test, fault_at(world, GPA * 2, VTX_ACCESS_READ),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, set_slot(world, 0, 0, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, set_slot(world, 0, 0, 0, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, fault_at(world, GPA * 2, VTX_ACCESS_READ),
			VTX_FAULT_MMIO);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 0);
}

struct deletion {
	struct world		*world;
	struct mm_struct	*mm;
	struct completion	done;
	int			err;
};

static int delete_slot(void *arg)
{
	struct deletion *deletion = arg;

	kthread_use_mm(deletion->mm);
	deletion->err = set_slot(deletion->world, 0, 0, 0, 0, 0);
	kthread_unuse_mm(deletion->mm);
	complete(&deletion->done);
	return 0;
}

/* A frame of a slot whose flags change over and over. */
struct search {
	struct vtx_mem		*mem;
	bool			stop;
	unsigned long		found;
	unsigned long		missed;
};

static int search_slot(void *arg)
{
	struct search *search = arg;
	struct vtx_slot slot;

	while (!READ_ONCE(search->stop)) {
		if (vtx_mem_slot(search->mem, GFN + 3, &slot))
			WRITE_ONCE(search->found, search->found + 1);
		else
			search->missed++;
		cond_resched();
	}
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

/* Who looks for memory finds it, also in the middle of a change. */
static void flags_leave_no_hole(struct kunit *test)
{
	struct world *world = test->priv;
	struct search search = { .mem = &world->mem };
	struct task_struct *task;
	int i;

	if (num_online_cpus() < 2)
		kunit_skip(test, "takes two CPUs");
	/* Not alone in the tree. */
	for (i = 1; i < 20; i++)
		KUNIT_ASSERT_EQ(test, set_slot(world, i, GFN + 2 * i * PAGES, 1,
					       world->hva, 0), 0);
	task = kthread_run(search_slot, &search, "vtx-kunit-search");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (!READ_ONCE(search.found))
		msleep(20);
	for (i = 0; i < 2000; i++)
		KUNIT_EXPECT_EQ(test, set_slot(world, 0, GFN, PAGES, world->hva,
					       i & 1 ? 0 :
					       KVM_MEM_LOG_DIRTY_PAGES), 0);
	WRITE_ONCE(search.stop, true);
	kthread_stop(task);
	KUNIT_EXPECT_GT(test, search.found, 100);
	KUNIT_EXPECT_EQ(test, search.missed, 0);
}

/*
 * While a leaf is there, so is its slot, for whoever holds map_lock: a notifier
 * finds the leaves of a range of addresses by way of the slots.
 */
static void slot_and_leaves_go_together(struct kunit *test)
{
	struct world *world = test->priv;
	struct deletion deletion = { .world = world, .mm = current->mm };
	struct task_struct *task;
	struct vtx_slot slot;
	bool found;
	int i;

	if (num_online_cpus() < 2)
		kunit_skip(test, "takes two CPUs");
	init_completion(&deletion.done);
	fault(world, 0, VTX_ACCESS_WRITE);
	task = kthread_create(delete_slot, &deletion, "vtx-kunit-delete");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));

	read_lock(&world->mem.map_lock);
	wake_up_process(task);
	for (i = 0; i < 20; i++) {
		mdelay(1);
		found = vtx_mem_slot(&world->mem, GFN, &slot);
		if (!found)
			break;
	}
	read_unlock(&world->mem.map_lock);
	KUNIT_EXPECT_TRUE(test, found);

	wait_for_completion(&deletion.done);
	KUNIT_EXPECT_EQ(test, deletion.err, 0);
	KUNIT_EXPECT_FALSE(test, leaf(world, 0));
	KUNIT_EXPECT_FALSE(test, vtx_mem_slot(&world->mem, GFN, &slot));
}

static void many_slots(struct kunit *test)
{
	struct world *world = test->priv;
	u32 id, count = 2000;

	for (id = 1; id < count; id++)
		KUNIT_ASSERT_EQ(test, set_slot(world, id, GFN + 2 * id * PAGES,
					       1, world->hva, 0), 0);
	for (id = 1; id < count; id += 97)
		KUNIT_ASSERT_EQ(test, fault(world, 2 * id * PAGES,
					    VTX_ACCESS_WRITE),
				VTX_FAULT_MAPPED);
	KUNIT_EXPECT_GT(test, leaves(world, 1), 20);
	drop(world, 0, 1);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 0);
	for (id = 1; id < count; id += 97)
		KUNIT_ASSERT_EQ(test, set_slot(world, id, 0, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, fault(world, 2 * PAGES, VTX_ACCESS_READ),
			VTX_FAULT_MMIO);
}

static void host_access(struct kunit *test)
{
	struct world *world = test->priv;
	struct vtx_mem *mem = &world->mem;
	u64 last = GPA + PAGES * PAGE_SIZE;
	unsigned long hva;
	u8 in[64], out[64];
	u64 old;

	get_random_bytes(in, sizeof(in));
	/* A slot that follows in the guest and not in the process. */
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, GFN + PAGES, 1, world->hva, 0),
			0);
	KUNIT_EXPECT_EQ(test, vtx_mem_write(mem, last - 20, in, 64), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_read(mem, last - 20, out, 64), 0);
	KUNIT_EXPECT_MEMEQ(test, in, out, 64);
	KUNIT_EXPECT_EQ(test, vtx_mem_read(mem, GPA, out, 44), 0);
	KUNIT_EXPECT_MEMEQ(test, in + 20, out, 44);

	local_irq_disable();
	memset(out, 0, sizeof(out));
	KUNIT_EXPECT_EQ(test, vtx_mem_read_fast(mem, last - 20, out, 64), 0);
	KUNIT_EXPECT_MEMEQ(test, in, out, 64);
	KUNIT_EXPECT_EQ(test, vtx_mem_read_fast(mem, GPA - 1, out, 2), -EFAULT);
	/* No page has been there yet. */
	KUNIT_EXPECT_EQ(test, vtx_mem_read_fast(mem, GPA + 9 * PAGE_SIZE, out,
						2), -EAGAIN);
	local_irq_enable();

	KUNIT_EXPECT_EQ(test, vtx_mem_read(mem, GPA - 1, out, 2), -EFAULT);
	KUNIT_EXPECT_EQ(test, vtx_mem_read(mem, last + PAGE_SIZE - 1, out, 2),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, vtx_mem_read(mem, ~0ULL, out, 2), -EFAULT);
	KUNIT_EXPECT_EQ(test, vtx_mem_read(mem, 0, out, 0), 0);
	KUNIT_ASSERT_EQ(test, set_slot(world, 2, 0, 1, world->hva,
				       KVM_MEM_READONLY), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_read(mem, 0, out, 1), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_write(mem, 0, in, 1), -EFAULT);

	poke(test, world, 0, 0x1122334455667788);
	old = 0x88;
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, GPA, &old, 0x99, 1), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, GPA, &old, 0x99, 8), 1);
	KUNIT_EXPECT_EQ(test, old, 0x1122334455667799);
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, GPA, &old, 1, 8), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, GPA + 1, &old, 1, 2),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, GPA, &old, 1, 3), -EINVAL);
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, 0, &old, 1, 4), -EFAULT);

	KUNIT_EXPECT_EQ(test, vtx_mem_hva(mem, GPA + 5, true, &hva), 0);
	KUNIT_EXPECT_EQ(test, hva, world->hva + 5);
	KUNIT_EXPECT_EQ(test, vtx_mem_hva(mem, 5, true, &hva), -EFAULT);
	KUNIT_EXPECT_EQ(test, vm_munmap(world->hva, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, vtx_mem_read(mem, GPA, out, 1), -EFAULT);
	KUNIT_EXPECT_EQ(test, vtx_mem_cmpxchg(mem, GPA, &old, 1, 4), -EFAULT);
}

static void flush_on_each_cpu(struct kunit *test)
{
	struct world *world = test->priv;

	local_irq_disable();
	KUNIT_EXPECT_TRUE(test, vtx_mem_flush_due(&world->mem));
	KUNIT_EXPECT_FALSE(test, vtx_mem_flush_due(&world->mem));
	atomic64_inc(&world->mem.generation);
	KUNIT_EXPECT_TRUE(test, vtx_mem_flush_due(&world->mem));
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, vtx_mem_eptp(&world->mem),
			__pa(world->mem.root) | 0x5e);
}

/* The VM goes while its process stays. */
static void destroyed_first(struct kunit *test)
{
	struct world *world = test->priv;

	fault(world, 0, VTX_ACCESS_WRITE);
	fault(world, 1, VTX_ACCESS_WRITE);
	vtx_mem_destroy(&world->mem);
	world->alive = false;
	drop(world, 0, PAGES);		/* nobody is there to be told */
	KUNIT_EXPECT_EQ(test, atomic_read(&world->kicks), 0);
}

/* The process goes first: see world_exit(). */
static void orphaned(struct kunit *test)
{
	struct world *world = test->priv;

	fault(world, 0, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 1);
	world->orphan = true;
}

static struct kunit_case mem_cases[] = {
	KUNIT_CASE(slots_come_and_go),
	KUNIT_CASE(slot_and_leaves_go_together),
	KUNIT_CASE(flags_leave_no_hole),
	KUNIT_CASE(many_slots),
	KUNIT_CASE(host_access),
	KUNIT_CASE(flush_on_each_cpu),
	KUNIT_CASE(destroyed_first),
	KUNIT_CASE(orphaned),
	{ }
};

static struct kunit_suite mem_suite = {
	.name		= "vtx_mem",
	.init		= world_init,
	.exit		= world_exit,
	.suite_exit	= world_suite_exit,
	.test_cases	= mem_cases,
};

kunit_test_suite(mem_suite);
