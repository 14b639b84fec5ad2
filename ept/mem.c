// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a VM's memory, and changes of its slots.
 *
 * Under map_lock in one step, a new slot is published, what an old one had
 * mapped is zapped, and the sequence advanced, so that a fault that still saw
 * the old one gives up.  All that can fail comes before.  Nobody who called
 * KVM_SET_USER_MEMORY_REGION waits for a grace period.
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

#include "ept/dirty.h"
#include "ept/map.h"
#include "ept/mem.h"
#include "ept/memslot.h"
#include "ept/notifier.h"
#include "ept/trace.h"

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

	mem->flushed = alloc_percpu_gfp(u64, GFP_KERNEL_ACCOUNT);
	mem->root = vtx_ept_alloc_table();
	if (!mem->flushed || !mem->root)
		goto out_free;
	init_limits(mem);
	init_features(mem, caps);

	err = vtx_notifier_register(mem);
	if (!err)
		return 0;
out_free:
	vtx_ept_free_table(mem->root);
	free_percpu(mem->flushed);
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
	vtx_slots_free(&mem->slots);
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
	slot = vtx_slots_find(&mem->slots, gfn);
	if (slot)
		*copy = *slot;
	rcu_read_unlock();
	return slot;
}

/* Readers may still be at it. */
static void retire(struct vtx_slot_entry *old, const struct vtx_slot_entry *new)
{
	struct vtx_dirty *dirty = old->slot.dirty;

	if (dirty && (!new || new->slot.dirty != dirty))
		kvfree_rcu(dirty, rcu);
	kfree_rcu(old, rcu);
}

/*
 * Under map_lock in one step, for a notifier finds leaves by way of the slots:
 * one that came in between would leave a leaf whose page is about to be freed.
 */
static void publish(struct vtx_mem *mem, struct vtx_slot_entry *old,
		    struct vtx_slot_entry *new, int change)
{
	struct vtx_ept_zap zap;

	vtx_ept_zap_begin(mem, &zap);
	vtx_slots_replace(&mem->slots, old, new);
	WRITE_ONCE(mem->slots_generation, mem->slots_generation + 1);
	if (old) {
		vtx_notifier_slots_changed(mem);
		if (change != VTX_SLOT_FLAGS)
			vtx_ept_zap_range(mem, old->slot.gfn,
					  old->slot.gfn + old->slot.npages,
					  &zap);
	}
	vtx_ept_zap_end(mem, &zap, true);
}

static bool initially_set(const struct vtx_mem *mem)
{
	return mem->manual_protect & KVM_DIRTY_LOG_INITIALLY_SET;
}

/* Dirty logging starts or ends; nothing else can change in a live slot. */
static void apply_flags(struct vtx_mem *mem, const struct vtx_slot *slot)
{
	if (!slot->dirty)
		vtx_dirty_stop(mem, slot);
	else if (!initially_set(mem))
		vtx_dirty_start(mem, slot);
}

/* Put one slot in the place of another; either may be NULL. */
static int replace_slot(struct vtx_mem *mem, u32 id, struct vtx_slot_entry *old,
			struct vtx_slot_entry *new, int change)
{
	int err;

	err = xa_err(xa_store(&mem->slot_by_id, id, new, GFP_KERNEL_ACCOUNT));
	if (err)
		return err;
	publish(mem, old, new, change);
	if (change == VTX_SLOT_FLAGS)
		apply_flags(mem, &new->slot);
	if (old)
		retire(old, new);
	return 0;
}

/* A slot as planned; one that had a dirty log and will have keeps it. */
static struct vtx_slot_entry *make_slot(struct vtx_mem *mem,
					const struct vtx_slot *old,
					const struct vtx_slot *plan)
{
	struct vtx_slot_entry *new;

	new = kmalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	new->slot = *plan;
	if (!(plan->flags & KVM_MEM_LOG_DIRTY_PAGES))
		return new;
	new->slot.dirty = old && old->dirty ? old->dirty :
			  vtx_dirty_alloc(plan->npages, initially_set(mem));
	if (new->slot.dirty)
		return new;
	kfree(new);
	return NULL;
}

/* One that was never published. */
static void drop_slot(const struct vtx_slot *old, struct vtx_slot_entry *new)
{
	if (new && (!old || new->slot.dirty != old->dirty))
		kvfree(new->slot.dirty);
	kfree(new);
}

static int set_region(struct vtx_mem *mem,
		      const struct kvm_userspace_memory_region *region)
{
	struct vtx_slot_entry *entry = xa_load(&mem->slot_by_id, region->slot);
	const struct vtx_slot *old = entry ? &entry->slot : NULL;
	struct vtx_slot_entry *new = NULL;
	struct vtx_slot plan;
	int change, err;

	lockdep_assert_held_write(&mem->slots_lock);
	change = vtx_slot_plan(&mem->slots, old, region, &mem->limits, &plan);
	if (change < 0 || change == VTX_SLOT_SAME)
		return change;

	if (change != VTX_SLOT_DELETE) {
		new = make_slot(mem, old, &plan);
		if (!new)
			return -ENOMEM;
	}
	err = replace_slot(mem, region->slot, entry, new, change);
	if (err) {
		drop_slot(old, new);
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
