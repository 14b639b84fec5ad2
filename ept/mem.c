// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a VM's memory, and changes of its slots.
 *
 * A change of slots is published in one step; then what the old slots had
 * mapped is zapped and the sequence advanced under map_lock, so that a fault
 * that still saw the old ones gives up.  Nobody who called
 * KVM_SET_USER_MEMORY_REGION waits for a grace period, unless a VM has
 * thousands of slots: what waits to be freed would then add up to more memory
 * than the waiting is worth.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "ept/map.h"
#include "ept/mem.h"
#include "ept/memslot.h"
#include "ept/notifier.h"
#include "ept/trace.h"

/* More slots than any machine monitor uses; the array is then 48 KBytes. */
#define MANY_SLOTS	2048

static void init_limits(struct vtx_mem *mem)
{
	unsigned int bits = min_t(unsigned int, boot_cpu_data.x86_phys_bits,
				  VTX_EPT_GFN_BITS + PAGE_SHIFT);

	mem->limits.gfn_end = 1ULL << (bits - PAGE_SHIFT);
	mem->limits.hva_end = TASK_SIZE_MAX;
}

static void init_features(struct vtx_mem *mem, const struct vtx_caps *caps)
{
	mem->accessed_dirty = vtx_caps_have(caps, VTX_F_EPT_ACCESSED_DIRTY);
	mem->max_level = !vtx_caps_have(caps, VTX_F_EPT_2M) ? VTX_EPT_4K :
			 !vtx_caps_have(caps, VTX_F_EPT_1G) ? VTX_EPT_2M :
							      VTX_EPT_1G;
	mem->split_exec = boot_cpu_has_bug(X86_BUG_ITLB_MULTIHIT);
	mem->eptp = __pa(mem->root) | VTX_EPTP_TYPE_WB | VTX_EPTP_WALK_4 |
		    (mem->accessed_dirty ? VTX_EPTP_ACCESSED_DIRTY : 0);
}

/**
 * vtx_mem_init() - make the memory of a VM, without slots
 * @mem: to be filled in
 * @caps: what the CPUs can do
 * @ops: what ept needs of the caller
 * @owner: what @ops is called with
 *
 * It is memory of the current process.  May sleep.
 *
 * Return: 0, -EINVAL if the current task has no memory, -ENOMEM, -EINTR.
 */
int vtx_mem_init(struct vtx_mem *mem, const struct vtx_caps *caps,
		 const struct vtx_mem_ops *ops, void *owner)
{
	struct vtx_slots *none;
	int err = -ENOMEM;

	if (!current->mm)
		return -EINVAL;
	*mem = (struct vtx_mem){
		.mm = current->mm, .ops = ops, .owner = owner,
		.generation = ATOMIC64_INIT(1),
	};
	init_rwsem(&mem->slots_lock);
	rwlock_init(&mem->map_lock);
	xa_init(&mem->slot_by_id);

	none = vtx_slots_make(NULL, NULL, NULL);
	rcu_assign_pointer(mem->slots, none);
	mem->flushed = alloc_percpu_gfp(u64, GFP_KERNEL_ACCOUNT);
	mem->root = vtx_ept_alloc_table();
	if (!none || !mem->flushed || !mem->root)
		goto out_free;
	init_limits(mem);
	init_features(mem, caps);

	err = vtx_notifier_register(mem);
	if (!err)
		return 0;
out_free:
	vtx_ept_free_table(mem->root);
	free_percpu(mem->flushed);
	vtx_slots_free(none);
	return err;
}

/**
 * vtx_mem_destroy() - the end of a VM's memory
 * @mem: memory that vtx_mem_init() made, of a VM that has no vCPUs any more
 *
 * May be called in any process, and when the VM's own is gone.  May sleep;
 * waits for no grace period.
 */
void vtx_mem_destroy(struct vtx_mem *mem)
{
	vtx_notifier_unregister(mem);
	vtx_ept_free_all(mem);
	/* No reader is left: they were vCPUs and the notifier. */
	vtx_slots_free(rcu_dereference_protected(mem->slots, true));
	xa_destroy(&mem->slot_by_id);
	free_percpu(mem->flushed);
}

/**
 * vtx_mem_exit() - before the module goes
 *
 * Waits until Linux has let go of every notifier.  May sleep.
 */
void vtx_mem_exit(void)
{
	mmu_notifier_synchronize();
}

/**
 * vtx_mem_slot() - find the slot of a frame
 * @mem: the VM's memory
 * @gfn: the frame
 * @copy: receives a copy of the slot
 *
 * Any context.  The slot may be gone by the time the copy is looked at.
 *
 * Return: false if there is none.
 */
bool vtx_mem_slot(struct vtx_mem *mem, u64 gfn, struct vtx_slot *copy)
{
	const struct vtx_slot *slot;

	rcu_read_lock();
	slot = vtx_slots_find(rcu_dereference(mem->slots), gfn);
	if (slot)
		*copy = *slot;
	rcu_read_unlock();
	return slot;
}

/* Readers may still be at it. */
static void retire(struct vtx_slots *slots, struct vtx_slot *slot)
{
	if (slots->nr > MANY_SLOTS) {
		synchronize_rcu_expedited();
		kvfree(slots);
		kfree(slot);
		return;
	}
	kvfree_rcu(slots, rcu);
	if (slot)
		kfree_rcu(slot, rcu);
}

static void zap_slot(struct vtx_mem *mem, const struct vtx_slot *slot)
{
	struct vtx_ept_zap zap;

	vtx_ept_zap_begin(mem, &zap);
	vtx_notifier_slots_changed(mem);
	vtx_ept_zap_range(mem, slot->gfn, slot->gfn + slot->npages, &zap);
	vtx_ept_zap_end(mem, &zap, true);
}

/* Put one slot in the place of another; either may be NULL. */
static int replace_slot(struct vtx_mem *mem, u32 id, struct vtx_slot *old,
			struct vtx_slot *new)
{
	struct vtx_slots *before, *after;
	int err;

	before = rcu_dereference_protected(mem->slots,
					   lockdep_is_held(&mem->slots_lock));
	after = vtx_slots_make(before, old, new);
	if (!after)
		return -ENOMEM;
	err = xa_err(xa_store(&mem->slot_by_id, id, new, GFP_KERNEL_ACCOUNT));
	if (err) {
		kvfree(after);
		return err;
	}
	rcu_assign_pointer(mem->slots, after);
	if (old)
		zap_slot(mem, old);
	retire(before, old);
	return 0;
}

static int set_region(struct vtx_mem *mem,
		      const struct kvm_userspace_memory_region *region)
{
	struct vtx_slot *old = xa_load(&mem->slot_by_id, region->slot);
	struct vtx_slot *new, plan;
	int change, err;

	lockdep_assert_held_write(&mem->slots_lock);
	change = vtx_slot_plan(rcu_dereference_protected(mem->slots, true), old,
			       region, &mem->limits, &plan);
	if (change < 0 || change == VTX_SLOT_SAME)
		return change;

	new = NULL;
	if (change != VTX_SLOT_DELETE) {
		new = kmemdup(&plan, sizeof(plan), GFP_KERNEL_ACCOUNT);
		if (!new)
			return -ENOMEM;
	}
	err = replace_slot(mem, region->slot, old, new);
	if (err) {
		kfree(new);
		return err;
	}
	trace_vtx_slot_change(mem->eptp, plan.id, change, plan.gfn, plan.npages,
			      plan.hva, plan.flags);
	return 0;
}

/**
 * vtx_mem_set_region() - KVM_SET_USER_MEMORY_REGION
 * @mem: the VM's memory
 * @region: the request
 *
 * vCPUs may run meanwhile.  Afterwards, neither they nor vtx use memory that
 * the request took away from the VM.  May sleep.
 *
 * Return: 0; -EINVAL or -EEXIST as vtx_slot_plan() says; -ENOMEM; -EIO if the
 * current process is not the VM's.  Nothing has changed after an error.
 */
int vtx_mem_set_region(struct vtx_mem *mem,
		       const struct kvm_userspace_memory_region *region)
{
	int err;

	if (current->mm != mem->mm)
		return -EIO;
	down_write(&mem->slots_lock);
	err = set_region(mem, region);
	up_write(&mem->slots_lock);
	return err;
}
