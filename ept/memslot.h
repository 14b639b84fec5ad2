/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory slots: which guest frames there are, and where in the process.
 */
#ifndef VTX_EPT_MEMSLOT_H
#define VTX_EPT_MEMSLOT_H

#include <linux/kvm.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include <asm/page.h>

/* Slot numbers a VM can have; what KVM_CAP_NR_MEMSLOTS tells. */
#define VTX_MAX_SLOTS		32764
/* Pages in one slot, as in KVM. */
#define VTX_MAX_SLOT_PAGES	((1ULL << 31) - 1)

/**
 * struct vtx_slot - a run of guest frames that memory of the process backs
 * @gfn: first frame
 * @npages: how many; never 0
 * @hva: where the first is in the process
 * @flags: KVM_MEM_*
 * @id: the number that user space gave it
 * @rcu: for its end
 *
 * Constant once published; a changed slot is a new one.
 */
struct vtx_slot {
	u64		gfn;
	u64		npages;
	unsigned long	hva;
	u32		flags;
	u32		id;
	struct rcu_head	rcu;
};

/**
 * struct vtx_slots - all slots of a VM at one time
 * @rcu: for its end
 * @nr: how many
 * @npages: the sum of their pages
 * @by_gfn: sorted by guest frame; they do not overlap
 * @by_hva: sorted by address in the process, where they may overlap
 * @hva_end: by place in @by_hva: the highest end of any slot up to here, which
 *	tells a search for overlaps when to stop
 *
 * Constant once published.  One allocation holds it all.
 */
struct vtx_slots {
	struct rcu_head		rcu;
	u32			nr;
	u64			npages;
	struct vtx_slot		**by_gfn;
	struct vtx_slot		**by_hva;
	unsigned long		*hva_end;
};

/**
 * enum vtx_slot_change - what a request makes of a slot
 * @VTX_SLOT_SAME: nothing
 * @VTX_SLOT_CREATE: there was none
 * @VTX_SLOT_DELETE: there will be none
 * @VTX_SLOT_MOVE: to another guest frame
 * @VTX_SLOT_FLAGS: only the flags change
 */
enum vtx_slot_change {
	VTX_SLOT_SAME,
	VTX_SLOT_CREATE,
	VTX_SLOT_DELETE,
	VTX_SLOT_MOVE,
	VTX_SLOT_FLAGS,
};

/**
 * struct vtx_slot_limits - what bounds a slot
 * @gfn_end: the frame after the last that can be translated
 * @hva_end: the address after the last that a process can have
 */
struct vtx_slot_limits {
	u64		gfn_end;
	unsigned long	hva_end;
};

/**
 * vtx_slot_has() - is a frame in a slot?
 * @slot: the slot
 * @gfn: the frame
 *
 * Return: true if it is.
 */
static inline bool vtx_slot_has(const struct vtx_slot *slot, u64 gfn)
{
	return gfn - slot->gfn < slot->npages;
}

/**
 * vtx_slot_hva() - where a frame is in the process
 * @slot: a slot that has the frame
 * @gfn: the frame
 *
 * The guest chooses frames, so a CPU that speculates past the check that @slot
 * has this one must not compute an address outside the slot from it.
 *
 * Return: the address.
 */
static inline unsigned long vtx_slot_hva(const struct vtx_slot *slot, u64 gfn)
{
	unsigned long offset = array_index_nospec(gfn - slot->gfn,
						  slot->npages);

	return slot->hva + (offset << PAGE_SHIFT);
}

/**
 * vtx_slot_hva_end() - where a slot's memory ends
 * @slot: the slot
 *
 * Return: the address after it.
 */
static inline unsigned long vtx_slot_hva_end(const struct vtx_slot *slot)
{
	return slot->hva + (slot->npages << PAGE_SHIFT);
}

struct vtx_slots *vtx_slots_make(const struct vtx_slots *old,
				 const struct vtx_slot *without,
				 struct vtx_slot *with);
void vtx_slots_free(struct vtx_slots *slots);
const struct vtx_slot *vtx_slots_find(const struct vtx_slots *slots, u64 gfn);
const struct vtx_slot *vtx_slots_overlap(const struct vtx_slots *slots,
					 u64 gfn, u64 npages,
					 const struct vtx_slot *without);
u32 vtx_slots_hva_last(const struct vtx_slots *slots, unsigned long end);
int vtx_slot_plan(const struct vtx_slots *slots, const struct vtx_slot *old,
		  const struct kvm_userspace_memory_region *region,
		  const struct vtx_slot_limits *limits, struct vtx_slot *new);

/**
 * vtx_slots_for_each_hva() - walk the slots that back a range of addresses
 * @slots: all slots
 * @slot: receives each that overlaps the range, last one first
 * @i: a u32, the walk's place
 * @start: first address of the range
 * @end: the address after the last
 */
#define vtx_slots_for_each_hva(slots, slot, i, start, end)		\
	for ((i) = vtx_slots_hva_last(slots, end);			\
	     (i) && (slots)->hva_end[(i) - 1] > (start) &&		\
	     ((slot) = (slots)->by_hva[(i) - 1]); (i)--)		\
		if (vtx_slot_hva_end(slot) > (start))

#endif /* VTX_EPT_MEMSLOT_H */
