// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots as values: searched, checked, put in and taken out, but not published;
 * that is ept/mem.c's.
 *
 * By guest frame, the slots of a VM are a latched tree: two trees in one, of
 * which a reader always has one that is not being changed.  It takes no lock
 * but RCU's.  By address in the process they are an interval tree, which
 * answers the MMU notifiers; the same memory may back several slots there.
 * Both need no memory of their own, so to put a slot in cannot fail.
 *
 * No state, no locks: a change and a walk by address exclude each other by the
 * caller's.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/interval_tree_generic.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "ept/memslot.h"

#define HVA_START(entry)	((entry)->slot.hva)
#define HVA_LAST(entry)		(vtx_slot_hva_end(&(entry)->slot) - 1)

INTERVAL_TREE_DEFINE(struct vtx_slot_entry, by_hva, unsigned long, hva_last,
		     HVA_START, HVA_LAST, static, hva_tree)

/**
 * struct frames - what the tree by frame is searched for
 * @first: first frame
 * @last: last frame
 */
struct frames {
	u64 first;
	u64 last;
};

static const struct vtx_slot *slot_of(struct latch_tree_node *node)
{
	return &container_of(node, struct vtx_slot_entry, by_gfn)->slot;
}

static __always_inline bool gfn_less(struct latch_tree_node *a,
				     struct latch_tree_node *b)
{
	return slot_of(a)->gfn < slot_of(b)->gfn;
}

static __always_inline int gfn_compare(void *key, struct latch_tree_node *node)
{
	const struct vtx_slot *slot = slot_of(node);
	const struct frames *frames = key;

	if (frames->last < slot->gfn)
		return -1;
	return frames->first >= slot->gfn + slot->npages;
}

static const struct latch_tree_ops gfn_order = {
	.less = gfn_less, .comp = gfn_compare,
};

/* A slot that has any of the frames, or NULL. */
static __always_inline const struct vtx_slot *
find_any(struct vtx_slots *slots, u64 first, u64 last)
{
	struct frames frames = { .first = first, .last = last };
	struct latch_tree_node *node;

	node = latch_tree_find(&frames, &slots->by_gfn, &gfn_order);
	return node ? slot_of(node) : NULL;
}

static void put_in(struct vtx_slots *slots, struct vtx_slot_entry *entry)
{
	latch_tree_insert(&entry->by_gfn, &slots->by_gfn, &gfn_order);
	hva_tree_insert(entry, &slots->by_hva);
	WRITE_ONCE(slots->nr, slots->nr + 1);
	WRITE_ONCE(slots->npages, slots->npages + entry->slot.npages);
}

static void take_out(struct vtx_slots *slots, struct vtx_slot_entry *entry)
{
	latch_tree_erase(&entry->by_gfn, &slots->by_gfn, &gfn_order);
	hva_tree_remove(entry, &slots->by_hva);
	WRITE_ONCE(slots->nr, slots->nr - 1);
	WRITE_ONCE(slots->npages, slots->npages - entry->slot.npages);
}

/* Do they have the same frames? */
static bool in_place(const struct vtx_slot_entry *old,
		     const struct vtx_slot_entry *new)
{
	return old && new && old->slot.gfn == new->slot.gfn &&
	       old->slot.npages == new->slot.npages;
}

/**
 * vtx_slots_replace() - put one slot in the place of another
 * @slots: all slots
 * @old: one of them to take out, or NULL; readers may still have it
 * @new: one to put in, or NULL; may overlap none of @slots but @old
 *
 * If both have the same frames, who searches meanwhile finds one or the other.
 * The caller excludes other changes, and walks by address.  Does not sleep.
 */
void vtx_slots_replace(struct vtx_slots *slots, struct vtx_slot_entry *old,
		       struct vtx_slot_entry *new)
{
	/*
	 * For a moment the tree has both.  A search stops at the first that it
	 * meets, and any other slot sends it the same way from either.
	 */
	if (in_place(old, new)) {
		put_in(slots, new);
		take_out(slots, old);
		return;
	}
	if (old)
		take_out(slots, old);
	if (new)
		put_in(slots, new);
}

/**
 * vtx_slots_free() - free every slot, with its dirty log
 * @slots: all slots, which nobody reads any more
 */
void vtx_slots_free(struct vtx_slots *slots)
{
	struct vtx_slot_entry *entry, *next;

	rbtree_postorder_for_each_entry_safe(entry, next,
					     &slots->by_hva.rb_root, by_hva) {
		kvfree(entry->slot.dirty);
		kfree(entry);
	}
	*slots = (struct vtx_slots){ };
}

/**
 * vtx_slots_find() - the slot that has a frame
 * @slots: all slots
 * @gfn: the frame
 *
 * The caller is in an RCU read-side section, or excludes changes.
 *
 * Return: the slot, or NULL.
 */
const struct vtx_slot *vtx_slots_find(struct vtx_slots *slots, u64 gfn)
{
	return find_any(slots, gfn, gfn);
}

/**
 * vtx_slots_overlap() - has a slot any of a range of frames?
 * @slots: all slots
 * @gfn: first frame of the range
 * @npages: how many; @gfn + @npages does not wrap
 * @without: one of @slots that does not count, or NULL
 *
 * The caller excludes changes.
 *
 * Return: true if one has.
 */
bool vtx_slots_overlap(struct vtx_slots *slots, u64 gfn, u64 npages,
		       const struct vtx_slot *without)
{
	u64 end = gfn + npages, hole = end, hole_end = end;

	/* What the one that does not count has, no other has. */
	if (without) {
		hole = clamp(without->gfn, gfn, end);
		hole_end = clamp(without->gfn + without->npages, gfn, end);
	}
	return (gfn < hole && find_any(slots, gfn, hole - 1)) ||
	       (hole_end < end && find_any(slots, hole_end, end - 1));
}

/**
 * vtx_slots_first() - begin to walk the slots that back a range of addresses
 * @slots: all slots
 * @start: first address
 * @last: last address
 *
 * The caller excludes changes until the walk is over.
 *
 * Return: the first of them, or NULL.
 */
struct vtx_slot_entry *vtx_slots_first(struct vtx_slots *slots,
				       unsigned long start, unsigned long last)
{
	return hva_tree_iter_first(&slots->by_hva, start, last);
}

/**
 * vtx_slots_next() - go on with the walk
 * @entry: the one before
 * @start: first address
 * @last: last address
 *
 * Return: the next one, or NULL.
 */
struct vtx_slot_entry *vtx_slots_next(struct vtx_slot_entry *entry,
				      unsigned long start, unsigned long last)
{
	return hva_tree_iter_next(entry, start, last);
}

/* What can be said about a request without looking at any slot. */
static bool region_sane(const struct kvm_userspace_memory_region *region,
			const struct vtx_slot_limits *limits)
{
	u64 end;

	if (region->slot >= VTX_MAX_SLOTS)	/* with an address space: too */
		return false;
	if (region->flags & ~(KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES))
		return false;
	if ((region->memory_size | region->guest_phys_addr |
	     region->userspace_addr) & ~PAGE_MASK)
		return false;
	if (check_add_overflow(region->userspace_addr, region->memory_size,
			       &end) || end > limits->hva_end)
		return false;
	if (check_add_overflow(region->guest_phys_addr, region->memory_size,
			       &end))
		return false;
	return region->memory_size >> PAGE_SHIFT <= VTX_MAX_SLOT_PAGES;
}

/* What the request makes of the slot that has its number. */
static int plan_change(const struct vtx_slot *old, const struct vtx_slot *new)
{
	if (!new->npages)
		return old ? VTX_SLOT_DELETE : -EINVAL;
	if (!old)
		return VTX_SLOT_CREATE;
	if (new->hva != old->hva || new->npages != old->npages ||
	    (new->flags ^ old->flags) & KVM_MEM_READONLY)
		return -EINVAL;
	if (new->gfn != old->gfn)
		return VTX_SLOT_MOVE;
	return new->flags != old->flags ? VTX_SLOT_FLAGS : VTX_SLOT_SAME;
}

/**
 * vtx_slot_plan() - check a request of KVM_SET_USER_MEMORY_REGION
 * @slots: all slots of the VM
 * @old: the slot with the number that the request names, or NULL
 * @region: the request
 * @limits: what the host allows
 * @new: receives the slot as it shall be; its @npages is 0 after a deletion
 *
 * The caller excludes changes.
 *
 * Return: an enum vtx_slot_change; -EINVAL if the request makes no sense or
 * asks for what a slot cannot do (change its size, its memory, or whether it
 * is read-only); -EEXIST if another slot is in the way.
 */
int vtx_slot_plan(struct vtx_slots *slots, const struct vtx_slot *old,
		  const struct kvm_userspace_memory_region *region,
		  const struct vtx_slot_limits *limits, struct vtx_slot *new)
{
	int change;

	if (!region_sane(region, limits))
		return -EINVAL;
	*new = (struct vtx_slot){
		.gfn	= region->guest_phys_addr >> PAGE_SHIFT,
		.npages	= region->memory_size >> PAGE_SHIFT,
		.hva	= region->userspace_addr,
		.flags	= region->flags,
		.id	= region->slot,
	};
	change = plan_change(old, new);
	if (change != VTX_SLOT_CREATE && change != VTX_SLOT_MOVE)
		return change;

	if (vtx_slots_overlap(slots, new->gfn, new->npages, old))
		return -EEXIST;
	if (new->gfn + new->npages > limits->gfn_end)
		return -EINVAL;
	return change;
}
