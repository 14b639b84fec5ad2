// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which MSRs user space lets the guests of a VM have: KVM_X86_SET_MSR_FILTER.
 *
 * A filter is about guests only: user space itself reads and writes all MSRs.
 * The registers of the x2APIC are always allowed, as in KVM, because a CPU that
 * virtualizes them looks at no filter.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "arch-x86/msr_filter.h"

#define X2APIC_FIRST	0x800
#define X2APIC_LAST	0x8ff

/**
 * vtx_msr_filter_bitmap_size() - how much memory of user space a bitmap is
 * @nmsrs: of so many MSRs
 *
 * Return: its size in bytes: whole 64-bit words.
 */
size_t vtx_msr_filter_bitmap_size(u32 nmsrs)
{
	return DIV_ROUND_UP((u64)nmsrs, BITS_PER_LONG) * sizeof(long);
}

static bool range_sane(const struct kvm_msr_filter_range *range)
{
	const u32 flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE;

	return range->flags && !(range->flags & ~flags) &&
	       vtx_msr_filter_bitmap_size(range->nmsrs) <=
	       KVM_MSR_FILTER_MAX_BITMAP_SIZE;
}

/**
 * vtx_msr_filter_check() - does a filter make sense?
 * @request: the filter; ranges without MSRs do not count
 *
 * Return: 0, or -EINVAL for unknown flags, a range for neither reads nor writes,
 * a bitmap that is too large, or a filter that denies all MSRs there are.
 */
int vtx_msr_filter_check(const struct kvm_msr_filter *request)
{
	bool empty = true;
	int i;

	if (request->flags & ~KVM_MSR_FILTER_DEFAULT_DENY)
		return -EINVAL;
	for (i = 0; i < KVM_MSR_FILTER_MAX_RANGES; i++) {
		if (!request->ranges[i].nmsrs)
			continue;
		if (!range_sane(&request->ranges[i]))
			return -EINVAL;
		empty = false;
	}
	return empty && request->flags ? -EINVAL : 0;
}

/**
 * vtx_msr_filter_alloc() - make a filter, but for its bitmaps
 * @request: a filter that makes sense
 *
 * The bitmaps are all zeroes and the caller's to fill in, in the order of those
 * of @request's ranges that have MSRs.  May sleep.
 *
 * Return: the filter, for kvfree(); NULL without memory.
 */
struct vtx_msr_filter *vtx_msr_filter_alloc(const struct kvm_msr_filter *request)
{
	const struct kvm_msr_filter_range *range = request->ranges, *end;
	struct vtx_msr_filter *filter;
	size_t size = sizeof(*filter);
	void *bitmap;

	end = range + KVM_MSR_FILTER_MAX_RANGES;
	for (; range < end; range++)
		size += vtx_msr_filter_bitmap_size(range->nmsrs);
	filter = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!filter)
		return NULL;

	filter->default_allow = !(request->flags & KVM_MSR_FILTER_DEFAULT_DENY);
	bitmap = filter + 1;
	for (range = request->ranges; range < end; range++) {
		if (!range->nmsrs)
			continue;
		filter->range[filter->nr++] = (struct vtx_msr_filter_range){
			.base	= range->base,
			.nmsrs	= range->nmsrs,
			.flags	= range->flags,
			.bitmap	= bitmap,
		};
		bitmap += vtx_msr_filter_bitmap_size(range->nmsrs);
	}
	return filter;
}

/* Of one kind of access. */
static bool allows_one(const struct vtx_msr_filter *filter, u32 index,
		       u32 access)
{
	const struct vtx_msr_filter_range *range = filter->range;
	u32 offset;

	for (; range < filter->range + filter->nr; range++) {
		if (index < range->base || index - range->base >= range->nmsrs ||
		    !(range->flags & access))
			continue;
		/* The guest chooses the index. */
		offset = array_index_nospec(index - range->base, range->nmsrs);
		return test_bit(offset, range->bitmap);
	}
	return filter->default_allow;
}

/**
 * vtx_msr_filter_allows() - does a filter let guests do this?
 * @filter: the filter, or NULL
 * @index: the MSR
 * @access: KVM_MSR_FILTER_READ, KVM_MSR_FILTER_WRITE or both
 *
 * Return: true if all of @access is allowed.
 */
bool vtx_msr_filter_allows(const struct vtx_msr_filter *filter, u32 index,
			   u32 access)
{
	if (!filter || (index >= X2APIC_FIRST && index <= X2APIC_LAST))
		return true;
	return (!(access & KVM_MSR_FILTER_READ) ||
		allows_one(filter, index, KVM_MSR_FILTER_READ)) &&
	       (!(access & KVM_MSR_FILTER_WRITE) ||
		allows_one(filter, index, KVM_MSR_FILTER_WRITE));
}
