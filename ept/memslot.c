// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots as values: made, searched and checked, but not published; that is
 * ept/mem.c's.
 *
 * The slots of a VM are one sorted array of pointers that is never changed,
 * only replaced.  A reader sees all of an update or nothing, takes no lock,
 * and finds a frame by binary search.  A second order, by address in the
 * process, answers the MMU notifiers, which ask about addresses; since the
 * same memory may back several slots, each place also tells the highest end so
 * far.
 *
 * No state, no locks.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ept/memslot.h"

static struct vtx_slots *alloc_slots(u32 nr)
{
	struct vtx_slots *slots;
	size_t each = sizeof(*slots->by_gfn) + sizeof(*slots->by_hva) +
		      sizeof(*slots->hva_end);

	slots = kvzalloc(size_add(sizeof(*slots), size_mul(nr, each)),
			 GFP_KERNEL_ACCOUNT);
	if (!slots)
		return NULL;
	slots->by_gfn = (void *)(slots + 1);
	slots->by_hva = slots->by_gfn + nr;
	slots->hva_end = (void *)(slots->by_hva + nr);
	return slots;
}

/* Copy an order, leaving one slot out, or none.  Return: its place, or nr. */
static u32 copy_without(struct vtx_slot **to, struct vtx_slot *const *from,
			u32 nr, const struct vtx_slot *without)
{
	u32 place;

	for (place = 0; place < nr && from[place] != without; place++)
		;
	memcpy(to, from, place * sizeof(*to));
	if (place < nr)
		memcpy(to + place, from + place + 1,
		       (nr - place - 1) * sizeof(*to));
	return place;
}

static void put_at(struct vtx_slot **order, u32 nr, u32 place,
		   struct vtx_slot *slot)
{
	memmove(order + place + 1, order + place,
		(nr - place) * sizeof(*order));
	order[place] = slot;
}

/* How many slots begin at or before a frame. */
static u32 count_up_to(const struct vtx_slots *slots, u64 gfn)
{
	u32 low = 0, high = slots->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (slots->by_gfn[middle]->gfn <= gfn)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Put a slot in.  Return: its place by address. */
static u32 put_slot(struct vtx_slots *slots, struct vtx_slot *slot)
{
	u32 place = vtx_slots_hva_last(slots, slot->hva);

	put_at(slots->by_gfn, slots->nr, count_up_to(slots, slot->gfn), slot);
	put_at(slots->by_hva, slots->nr, place, slot);
	slots->nr++;
	slots->npages += slot->npages;
	return place;
}

/* Up to the first place that has changed, the old ends hold. */
static void update_ends(struct vtx_slots *slots, const struct vtx_slots *old,
			u32 first)
{
	unsigned long highest = first ? old->hva_end[first - 1] : 0;
	u32 i;

	if (first)
		memcpy(slots->hva_end, old->hva_end,
		       first * sizeof(*slots->hva_end));
	for (i = first; i < slots->nr; i++) {
		highest = max(highest, vtx_slot_hva_end(slots->by_hva[i]));
		slots->hva_end[i] = highest;
	}
}

/**
 * vtx_slots_make() - the slots of a VM after a change
 * @old: the slots before, or NULL for none
 * @without: one of @old to leave out, or NULL
 * @with: one to put in, or NULL; may overlap none of @old but @without
 *
 * May sleep.
 *
 * Return: the new slots, which share the single slots with @old, or NULL if
 * there is no memory.
 */
struct vtx_slots *vtx_slots_make(const struct vtx_slots *old,
				 const struct vtx_slot *without,
				 struct vtx_slot *with)
{
	u32 nr = old ? old->nr : 0, first = nr;
	struct vtx_slots *slots;

	slots = alloc_slots(nr - !!without + !!with);
	if (!slots)
		return NULL;
	if (old) {
		copy_without(slots->by_gfn, old->by_gfn, nr, without);
		first = copy_without(slots->by_hva, old->by_hva, nr, without);
		slots->npages = old->npages;
	}
	slots->nr = nr;
	if (without) {
		slots->nr--;
		slots->npages -= without->npages;
	}
	if (with)
		first = min(first, put_slot(slots, with));
	update_ends(slots, old, first);
	return slots;
}

/**
 * vtx_slots_free() - free slots that nobody reads any more, and every one
 * @slots: the slots; may be NULL
 */
void vtx_slots_free(struct vtx_slots *slots)
{
	u32 i;

	if (!slots)
		return;
	for (i = 0; i < slots->nr; i++)
		kfree(slots->by_gfn[i]);
	kvfree(slots);
}

/**
 * vtx_slots_find() - the slot that has a frame
 * @slots: all slots
 * @gfn: the frame
 *
 * Return: the slot, or NULL.
 */
const struct vtx_slot *vtx_slots_find(const struct vtx_slots *slots, u64 gfn)
{
	u32 i = count_up_to(slots, gfn);

	if (!i || !vtx_slot_has(slots->by_gfn[i - 1], gfn))
		return NULL;
	return slots->by_gfn[i - 1];
}

/**
 * vtx_slots_overlap() - a slot that has any of a range of frames
 * @slots: all slots
 * @gfn: first frame of the range
 * @npages: how many; @gfn + @npages does not wrap
 * @without: a slot that does not count, or NULL
 *
 * Return: such a slot, or NULL.
 */
const struct vtx_slot *vtx_slots_overlap(const struct vtx_slots *slots,
					 u64 gfn, u64 npages,
					 const struct vtx_slot *without)
{
	const struct vtx_slot *slot;
	u32 i;

	if (!npages)
		return NULL;
	for (i = count_up_to(slots, gfn + npages - 1); i; i--) {
		slot = slots->by_gfn[i - 1];
		if (slot == without)
			continue;
		return slot->gfn + slot->npages > gfn ? slot : NULL;
	}
	return NULL;
}

/**
 * vtx_slots_hva_last() - how many slots begin before an address
 * @slots: all slots
 * @end: the address
 *
 * Return: their number, where vtx_slots_for_each_hva() begins.
 */
u32 vtx_slots_hva_last(const struct vtx_slots *slots, unsigned long end)
{
	u32 low = 0, high = slots->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (slots->by_hva[middle]->hva < end)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What can be said about a request without looking at any slot. */
static bool region_sane(const struct kvm_userspace_memory_region *region,
			const struct vtx_slot_limits *limits)
{
	u64 end;

	if (region->slot >= VTX_MAX_SLOTS)	/* with an address space: too */
		return false;
	/* KVM_MEM_LOG_DIRTY_PAGES: until dirty logging works */
	if (region->flags & ~KVM_MEM_READONLY)
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
 * Return: an enum vtx_slot_change; -EINVAL if the request makes no sense or
 * asks for what a slot cannot do (change its size, its memory, or whether it
 * is read-only); -EEXIST if another slot is in the way.
 */
int vtx_slot_plan(const struct vtx_slots *slots, const struct vtx_slot *old,
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
