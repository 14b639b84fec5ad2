/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory slots: which guest frames there are, and where in the process.
 */
#ifndef VTX_EPT_MEMSLOT_H
#define VTX_EPT_MEMSLOT_H

#include <linux/kvm.h>
#include <linux/nospec.h>
#include <linux/rbtree.h>
#include <linux/rbtree_latch.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include <asm/page.h>

#include "ept/entry.h"

struct vtx_dirty;

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
 * @dirty: its dirty log with KVM_MEM_LOG_DIRTY_PAGES, else NULL; see dirty.c
 *
 * A value: constant once published, but for the bits of @dirty.
 */
struct vtx_slot {
	u64		gfn;
	u64		npages;
	unsigned long	hva;
	u32		flags;
	u32		id;
	struct vtx_dirty *dirty;
};

/**
 * struct vtx_slot_entry - a slot as a VM has it; a changed one is a new one
 * @slot: the slot
 * @by_gfn: its place by guest frame
 * @by_hva: its place by address in the process
 * @hva_last: the last address of any slot from that place down
 * @rcu: for its end
 */
struct vtx_slot_entry {
	struct vtx_slot		slot;
	struct latch_tree_node	by_gfn;
	struct rb_node		by_hva;
	unsigned long		hva_last;
	struct rcu_head		rcu;
};

/**
 * struct vtx_slots - all slots of a VM; zeroed, it has none
 * @by_gfn: the slots by guest frame, where they do not overlap
 * @by_hva: the slots by address in the process, where they may
 * @nr: how many
 * @npages: the sum of their pages
 */
struct vtx_slots {
	struct latch_tree_root	by_gfn;
	struct rb_root_cached	by_hva;
	u32			nr;
	u64			npages;
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

/**
 * vtx_slot_fits() - could a leaf of some size map a frame?
 * @slot: the slot
 * @gfn: a frame of it
 * @level: the size, enum vtx_ept_level
 *
 * Return: true if such a leaf lies in the slot, and the addresses in the guest
 * and in the process are aligned alike.
 */
static inline bool vtx_slot_fits(const struct vtx_slot *slot, u64 gfn,
				 int level)
{
	u64 mask = vtx_ept_pages(level) - 1;
	u64 first = gfn & ~mask;

	return first >= slot->gfn &&
	       first + mask < slot->gfn + slot->npages &&
	       !((slot->gfn ^ slot->hva >> PAGE_SHIFT) & mask);
}

void vtx_slots_replace(struct vtx_slots *slots, struct vtx_slot_entry *old,
		       struct vtx_slot_entry *new);
void vtx_slots_free(struct vtx_slots *slots);
const struct vtx_slot *vtx_slots_find(struct vtx_slots *slots, u64 gfn);
bool vtx_slots_overlap(struct vtx_slots *slots, u64 gfn, u64 npages,
		       const struct vtx_slot *without);
struct vtx_slot_entry *vtx_slots_first(struct vtx_slots *slots,
				       unsigned long start, unsigned long last);
struct vtx_slot_entry *vtx_slots_next(struct vtx_slot_entry *entry,
				      unsigned long start, unsigned long last);
int vtx_slot_plan(struct vtx_slots *slots, const struct vtx_slot *old,
		  const struct kvm_userspace_memory_region *region,
		  const struct vtx_slot_limits *limits, struct vtx_slot *new);

/**
 * vtx_slots_for_each_hva() - walk the slots that back a range of addresses
 * @slots: all slots, which do not change meanwhile
 * @entry: receives each that overlaps the range
 * @start: first address of the range
 * @end: the address after the last
 */
#define vtx_slots_for_each_hva(slots, entry, start, end)		\
	for ((entry) = vtx_slots_first(slots, start, (end) - 1); (entry); \
	     (entry) = vtx_slots_next(entry, start, (end) - 1))

#endif /* VTX_EPT_MEMSLOT_H */
