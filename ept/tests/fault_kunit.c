// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on real memory: what is mapped, how large, and with which rights.
 */
#define NOTRACE		/* vtx.ko has taken the tracepoints' names */
#include "module/compat.h"

#include <kunit/test.h>

#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/uaccess.h>

/* The real code, not a copy. */
#include "../fault.c"

#include "ept/tests/world.h"

static void write_fault(struct kunit *test)
{
	struct world *world = test->priv;

	poke(test, world, 3, 0x1234);
	KUNIT_EXPECT_EQ(test, fault(world, 3, VTX_ACCESS_WRITE),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, world->err, 0);
	KUNIT_EXPECT_EQ(test, leaf(world, 3) & VTX_EPT_RIGHTS, VTX_EPT_RIGHTS);
	KUNIT_EXPECT_EQ(test, guest_value(world, 3), 0x1234);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 1);

	/* One that Linux has to bring in first. */
	KUNIT_EXPECT_EQ(test, fault(world, 5, VTX_ACCESS_WRITE),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, guest_value(world, 5), 0);
	poke(test, world, 5, 55);
	KUNIT_EXPECT_EQ(test, guest_value(world, 5), 55);

	/* Once more is nothing new. */
	KUNIT_EXPECT_EQ(test, fault(world, 5, VTX_ACCESS_EXEC),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 2);
}

static void read_fault_then_copy(struct kunit *test)
{
	struct world *world = test->priv;
	u64 zero;

	KUNIT_EXPECT_EQ(test, fault(world, 1, VTX_ACCESS_READ),
			VTX_FAULT_MAPPED);
	zero = leaf(world, 1);
	KUNIT_EXPECT_TRUE(test, zero);
	KUNIT_EXPECT_FALSE(test, zero & VTX_EPT_WRITE);

	/* The process writes: a page of its own takes the zero page's place. */
	poke(test, world, 1, 7);
	KUNIT_EXPECT_EQ(test, leaf(world, 1), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&world->kicks), 0);
	KUNIT_EXPECT_EQ(test, fault(world, 1, VTX_ACCESS_READ),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_NE(test, vtx_ept_pfn(leaf(world, 1)), vtx_ept_pfn(zero));
	KUNIT_EXPECT_EQ(test, guest_value(world, 1), 7);

	/* The guest writes where it has the zero page. */
	KUNIT_EXPECT_EQ(test, fault(world, 2, VTX_ACCESS_READ),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, fault(world, 2, VTX_ACCESS_WRITE),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_NE(test, vtx_ept_pfn(leaf(world, 2)), vtx_ept_pfn(zero));
	KUNIT_EXPECT_TRUE(test, leaf(world, 2) & VTX_EPT_WRITE);
}

static void unmapped(struct kunit *test)
{
	struct world *world = test->priv;

	fault(world, 4, VTX_ACCESS_WRITE);
	fault(world, 5, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, vm_munmap(world->hva + 4 * PAGE_SIZE, PAGE_SIZE),
			0);
	KUNIT_EXPECT_FALSE(test, leaf(world, 4));
	KUNIT_EXPECT_TRUE(test, leaf(world, 5));
	KUNIT_EXPECT_EQ(test, fault(world, 4, VTX_ACCESS_READ),
			VTX_FAULT_ERROR);
	KUNIT_EXPECT_EQ(test, world->err, -EFAULT);
	KUNIT_EXPECT_EQ(test, fault_at(world, GPA, VTX_ACCESS_READ),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, world->err, 0);
}

/* Memory that may only be read: for the guest a device, or an error. */
static void protected_memory(struct kunit *test)
{
	struct world *world = test->priv;
	unsigned long hva;

	poke(test, world, 0, 9);
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, 0, 1, world->hva,
				       KVM_MEM_READONLY), 0);
	KUNIT_EXPECT_EQ(test, fault_at(world, 0, VTX_ACCESS_WRITE),
			VTX_FAULT_READONLY);
	KUNIT_EXPECT_EQ(test, fault_at(world, 0, VTX_ACCESS_READ),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, vtx_mem_fault_fast(&world->mem, 0,
						 VTX_ACCESS_WRITE),
			VTX_FAULT_READONLY);
	KUNIT_EXPECT_FALSE(test, leaf(world, -GFN) & VTX_EPT_WRITE);

	hva = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ,
			    MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_EQ(test, set_slot(world, 2, 1, 1, hva, 0), 0);
	KUNIT_EXPECT_EQ(test, fault_at(world, PAGE_SIZE, VTX_ACCESS_WRITE),
			VTX_FAULT_ERROR);
	KUNIT_EXPECT_EQ(test, world->err, -EFAULT);
	KUNIT_EXPECT_EQ(test, fault_at(world, PAGE_SIZE, VTX_ACCESS_READ),
			VTX_FAULT_MAPPED);
}

static void no_memory(struct kunit *test)
{
	static const u64 gpas[] = {
		GPA - 1, GPA + PAGES * PAGE_SIZE, 0, 1ULL << 47, ~0ULL,
	};
	struct world *world = test->priv;
	struct mm_struct *mm = world->mem.mm;
	int i;

	for (i = 0; i < ARRAY_SIZE(gpas); i++) {
		KUNIT_EXPECT_EQ(test, fault_at(world, gpas[i], VTX_ACCESS_READ),
				VTX_FAULT_MMIO);
		KUNIT_EXPECT_EQ(test, vtx_mem_fault_fast(&world->mem, gpas[i],
							 VTX_ACCESS_READ),
				VTX_FAULT_MMIO);
	}

	world->mem.mm = NULL;		/* another process's */
	KUNIT_EXPECT_EQ(test, fault_at(world, GPA, VTX_ACCESS_READ),
			VTX_FAULT_ERROR);
	KUNIT_EXPECT_EQ(test, world->err, -EIO);
	KUNIT_EXPECT_EQ(test, vtx_mem_fault_fast(&world->mem, GPA,
						 VTX_ACCESS_READ),
			VTX_FAULT_RETRY);
	KUNIT_EXPECT_EQ(test, set_slot(world, 1, 0, 1, world->hva, 0), -EIO);
	world->mem.mm = mm;
}

static enum vtx_mem_fault fast_irqs_off(struct world *world, u64 page,
					unsigned int access)
{
	enum vtx_mem_fault result;

	local_irq_disable();
	result = vtx_mem_fault_fast(&world->mem, GPA + page * PAGE_SIZE,
				    access);
	local_irq_enable();
	return result;
}

static void fast_faults(struct kunit *test)
{
	struct world *world = test->priv;

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "no fast faults there");
	poke(test, world, 1, 11);
	KUNIT_EXPECT_EQ(test, fast_irqs_off(world, 1, VTX_ACCESS_WRITE),
			VTX_FAULT_RETRY);	/* no table yet */
	fault(world, 0, VTX_ACCESS_READ);
	KUNIT_EXPECT_EQ(test, fast_irqs_off(world, 1, VTX_ACCESS_READ),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, guest_value(world, 1), 11);
	/* It was written to, so that no second fault is needed. */
	KUNIT_EXPECT_TRUE(test, leaf(world, 1) & VTX_EPT_WRITE);
	KUNIT_EXPECT_EQ(test, fast_irqs_off(world, 2, VTX_ACCESS_READ),
			VTX_FAULT_RETRY);	/* the process has no page */
	KUNIT_EXPECT_EQ(test, fast_irqs_off(world, 0, VTX_ACCESS_WRITE),
			VTX_FAULT_RETRY);	/* it has the zero page */

	write_lock(&world->mem.map_lock);
	KUNIT_EXPECT_EQ(test, vtx_mem_fault_fast(&world->mem, GPA + PAGE_SIZE,
						 VTX_ACCESS_READ),
			VTX_FAULT_RETRY);
	write_unlock(&world->mem.map_lock);
}

static void large_leaves(struct kunit *test)
{
	struct world *world = test->priv;
	unsigned long hva = huge_memory(test, 2 * SIZE_2M);
	u64 gfn = 4 * 512, value;
	int level;

	/* Aligned alike: 2-MByte leaves. */
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, gfn, 1024, hva, 0), 0);
	KUNIT_EXPECT_EQ(test, fault(world, gfn + 77 - GFN, VTX_ACCESS_WRITE),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(world, 2), 1);
	value = leaf_of(world, gfn, &level);
	KUNIT_EXPECT_EQ(test, level, VTX_EPT_2M);
	KUNIT_EXPECT_EQ(test, value & VTX_EPT_RIGHTS, VTX_EPT_RIGHTS);
	KUNIT_EXPECT_EQ(test, 1, *(u64 *)__va(value & VTX_EPT_ADDRESS));

	/* A page of it goes, and Linux splits what it has. */
	KUNIT_EXPECT_EQ(test, vm_munmap(hva + 9 * PAGE_SIZE, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, leaves(world, 2), 0);
	KUNIT_EXPECT_EQ(test, fault(world, gfn + 77 - GFN, VTX_ACCESS_WRITE),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 1);
	KUNIT_EXPECT_EQ(test, fault(world, gfn + 9 - GFN, VTX_ACCESS_READ),
			VTX_FAULT_ERROR);
}

static void large_memory_in_small_slots(struct kunit *test)
{
	struct world *world = test->priv;
	unsigned long hva = huge_memory(test, SIZE_2M);
	u64 gfn = 4 * 512;

	/* Not aligned alike. */
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, gfn + 1, 512, hva, 0), 0);
	fault(world, gfn + 1 - GFN, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 1);
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, 0, 0, 0, 0), 0);

	/* The slot is a page short. */
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, gfn, 511, hva, 0), 0);
	fault(world, gfn - GFN, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 1);
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, 0, 0, 0, 0), 0);

	/* The CPU cannot. */
	world->mem.max_level = VTX_EPT_4K;
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, gfn, 512, hva, 0), 0);
	fault(world, gfn - GFN, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 1);
	KUNIT_EXPECT_EQ(test, leaves(world, 2), 0);
}

static void large_leaves_without_code(struct kunit *test)
{
	struct world *world = test->priv;
	unsigned long hva = huge_memory(test, SIZE_2M);
	u64 gfn = 4 * 512;
	int level;

	world->mem.split_exec = true;
	KUNIT_ASSERT_EQ(test, set_slot(world, 1, gfn, 512, hva, 0), 0);
	fault(world, gfn - GFN, VTX_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, leaves(world, 2), 1);
	KUNIT_EXPECT_FALSE(test, leaf_of(world, gfn, &level) & VTX_EPT_EXEC);
	KUNIT_EXPECT_EQ(test, fault(world, gfn + 3 - GFN, VTX_ACCESS_EXEC),
			VTX_FAULT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(world, 1), 512);
	KUNIT_EXPECT_TRUE(test, leaf_of(world, gfn + 3, &level) & VTX_EPT_EXEC);
	KUNIT_EXPECT_EQ(test, level, VTX_EPT_4K);
}

/* Memory that is not the kernel's to count. */
static struct page *device_page;
static bool device_uncached;

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (device_uncached)
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(device_page),
			       PAGE_SIZE, vma->vm_page_prot);
}

static const struct file_operations device_fops = {
	.owner	= THIS_MODULE,
	.mmap	= device_mmap,
};

static void device_memory(struct kunit *test)
{
	struct world *world = test->priv;
	struct vm_area_struct *vma;
	struct file *file;
	unsigned long hva;
	u64 want;

	device_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, device_page);
	want = page_to_pfn(device_page);
	file = anon_inode_getfile("vtx-kunit", &device_fops, NULL, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	for (int round = 0; round < 2; round++) {
		device_uncached = round;
		hva = vm_mmap(file, 0, PAGE_SIZE, RW, MAP_SHARED, 0);
		KUNIT_EXPECT_FALSE(test, IS_ERR_VALUE(hva));
		KUNIT_EXPECT_EQ(test, set_slot(world, 1, 0, 1, hva, 0), 0);
		KUNIT_EXPECT_EQ(test, fault_at(world, 0, VTX_ACCESS_WRITE),
				VTX_FAULT_MAPPED);
		KUNIT_EXPECT_EQ(test, vtx_ept_pfn(leaf(world, -GFN)), want);
		KUNIT_EXPECT_EQ(test, leaf(world, -GFN) & VTX_EPT_TYPE, round ?
				VTX_EPT_TYPE_UC : VTX_EPT_TYPE_WB);
		mmap_read_lock(current->mm);
		vma = vma_lookup(current->mm, hva);
		zap_vma_ptes(vma, hva, PAGE_SIZE);
		mmap_read_unlock(current->mm);
		KUNIT_EXPECT_FALSE(test, leaf(world, -GFN));
		KUNIT_EXPECT_EQ(test, fault_at(world, 0, VTX_ACCESS_READ),
				VTX_FAULT_ERROR);
		KUNIT_EXPECT_EQ(test, vm_munmap(hva, PAGE_SIZE), 0);
		KUNIT_EXPECT_EQ(test, set_slot(world, 1, 0, 0, 0, 0), 0);
	}
	fput(file);
	__free_page(device_page);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(write_fault),
	KUNIT_CASE(read_fault_then_copy),
	KUNIT_CASE(unmapped),
	KUNIT_CASE(protected_memory),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(fast_faults),
	KUNIT_CASE(large_leaves),
	KUNIT_CASE(large_memory_in_small_slots),
	KUNIT_CASE(large_leaves_without_code),
	KUNIT_CASE(device_memory),
	{ }
};

static struct kunit_suite fault_suite = {
	.name		= "vtx_fault",
	.init		= world_init,
	.exit		= world_exit,
	.suite_exit	= world_suite_exit,
	.test_cases	= fault_cases,
};

kunit_test_suite(fault_suite);
