// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each test has a process of its own (KUnit's thread with an address space), a
 * slot of PAGES pages at frame GFN and anonymous memory behind it.  KUnit lets
 * that process end at about the time when the suite's exit function destroys
 * the VM, as a killed machine monitor does.  A CPU's part, setting A and D bits
 * and caching, is missing.
 */
#include "module/compat.h"

#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "ept/iter.h"
#include "ept/tests/world.h"

static void count_kick(void *owner)
{
	struct world *world = owner;

	atomic_inc(&world->kicks);
}

static const struct vtx_mem_ops world_ops = { .kick_all = count_kick };

int set_slot(struct world *world, u32 id, u64 gfn, u64 pages,
	     unsigned long hva, u32 flags)
{
	struct kvm_userspace_memory_region region = {
		.slot			= id,
		.flags			= flags,
		.guest_phys_addr	= gfn << PAGE_SHIFT,
		.memory_size		= pages << PAGE_SHIFT,
		.userspace_addr		= hva,
	};

	return vtx_mem_set_region(&world->mem, &region);
}

int world_init(struct kunit *test)
{
	struct world *world = kunit_kzalloc(test, sizeof(*world), GFP_KERNEL);
	struct vtx_caps caps = { };
	int err;

	if (!world)
		return -ENOMEM;
	test->priv = world;
	bitmap_fill(caps.has, VTX_NR_FEATURES);
	world->hva = kunit_vm_mmap(test, NULL, 0, PAGES * PAGE_SIZE, RW,
				   MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (!world->hva)
		return -ENOMEM;
	err = vtx_mem_init(&world->mem, &caps, &world_ops, world);
	if (err)
		return err;
	world->alive = true;
	world->mem.split_exec = false;	/* whatever this CPU is */
	return set_slot(world, 0, GFN, PAGES, world->hva, 0);
}

long leaves(struct world *world, int level)
{
	return atomic_long_read(&world->mem.leaves[level]);
}

/* After its process the EPT is empty, and Linux's thread is soon done. */
static void wait_for_release(struct kunit *test, struct world *world)
{
	int i;

	for (i = 0; i < 250 && atomic_long_read(&world->mem.tables); i++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&world->mem.tables), 0);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&world->kicks), 0);
}

void world_exit(struct kunit *test)
{
	struct world *world = test->priv;
	int level;

	if (!world || !world->alive)
		return;
	if (world->orphan)
		wait_for_release(test, world);
	vtx_mem_destroy(&world->mem);
	for (level = VTX_EPT_4K; level < VTX_EPT_ROOT; level++)
		KUNIT_EXPECT_EQ(test, leaves(world, level), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&world->mem.tables), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&world->mem.unflushed), 0);
}

void world_suite_exit(struct kunit_suite *suite)
{
	vtx_mem_exit();
}

enum vtx_mem_fault fault_at(struct world *world, u64 gpa, unsigned int access)
{
	return vtx_mem_fault(&world->mem, gpa, access, &world->err);
}

/* Until it is decided, as a vCPU would. */
enum vtx_mem_fault fault(struct world *world, u64 page, unsigned int access)
{
	enum vtx_mem_fault result;

	do {
		result = fault_at(world, GPA + page * PAGE_SIZE, access);
	} while (result == VTX_FAULT_RETRY);
	return result;
}

/* The leaf that maps a frame, or 0. */
u64 leaf_of(struct world *world, u64 gfn, int *level)
{
	struct vtx_ept_iter iter;
	u64 value = 0;

	*level = 0;
	read_lock(&world->mem.map_lock);
	vtx_ept_for_each(&iter, world->mem.root, gfn, gfn + 1) {
		*level = iter.level;
		value = iter.value;
	}
	read_unlock(&world->mem.map_lock);
	return vtx_ept_leaf(value, *level) ? value : 0;
}

u64 leaf(struct world *world, u64 page)
{
	int level;

	return leaf_of(world, GFN + page, &level);
}

/* What the guest would read there. */
u64 guest_value(struct world *world, u64 page)
{
	return *(u64 *)__va(vtx_ept_pfn(leaf(world, page)) << PAGE_SHIFT);
}

void poke(struct kunit *test, struct world *world, u64 page, u64 value)
{
	KUNIT_ASSERT_EQ(test, 0, put_user(value, (u64 __user *)(world->hva +
						page * PAGE_SIZE)));
}

/* Anonymous memory that Linux backs with 2-MByte pages, if it has any. */
unsigned long huge_memory(struct kunit *test, unsigned long size)
{
	unsigned long hva, start;
	struct vm_area_struct *vma;

	hva = kunit_vm_mmap(test, NULL, 0, size + SIZE_2M, RW,
			    MAP_ANONYMOUS | MAP_PRIVATE, 0);
	start = ALIGN(hva, SIZE_2M);
	mmap_write_lock(current->mm);
	vma = vma_lookup(current->mm, start);
	if (vma)
		vm_flags_set(vma, VM_HUGEPAGE);
	mmap_write_unlock(current->mm);
	if (!vma || put_user(1, (u64 __user *)start) ||
	    vtx_host_level(current->mm, start) != VTX_EPT_2M)
		kunit_skip(test, "no transparent huge pages");
	return start;
}

void drop(struct world *world, u64 page, u64 pages)
{
	unsigned long start = world->hva + page * PAGE_SIZE;
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, start);
	zap_page_range_single(vma, start, pages * PAGE_SIZE, NULL);
	mmap_read_unlock(current->mm);
}
