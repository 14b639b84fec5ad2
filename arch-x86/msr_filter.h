/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which MSRs user space lets the guests of a VM have, and which failures it
 * wants to hear of.
 */
#ifndef VTX_ARCH_X86_MSR_FILTER_H
#define VTX_ARCH_X86_MSR_FILTER_H

#include <linux/kvm.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

/**
 * struct vtx_msr_filter_range - MSRs that one bitmap speaks of
 * @base: the first
 * @nmsrs: how many
 * @flags: KVM_MSR_FILTER_READ and KVM_MSR_FILTER_WRITE: of which accesses
 * @bitmap: a bit for each; set: it is allowed
 */
struct vtx_msr_filter_range {
	u32		base;
	u32		nmsrs;
	u32		flags;
	unsigned long	*bitmap;
};

/**
 * struct vtx_msr_filter - KVM_X86_SET_MSR_FILTER
 * @default_allow: of what no range speaks of
 * @nr: how many ranges
 * @range: the ranges; the first that speaks of an access decides
 *
 * Constant once published.  One allocation, with all bitmaps behind it.
 */
struct vtx_msr_filter {
	bool				default_allow;
	u32				nr;
	struct vtx_msr_filter_range	range[KVM_MSR_FILTER_MAX_RANGES];
};

/**
 * struct vtx_msr_policy - what user space wants of a VM's MSRs
 * @filter: (r) its filter, NULL if it has none
 * @exits: KVM_MSR_EXIT_REASON_*: accesses that fail for such a reason go to user
 *	space instead; read without a lock
 *
 * (r) RCU; the VM's lock is held to change it
 */
struct vtx_msr_policy {
	struct vtx_msr_filter __rcu	*filter;
	u32				exits;
};

int vtx_msr_filter_check(const struct kvm_msr_filter *request);
struct vtx_msr_filter *vtx_msr_filter_alloc(const struct kvm_msr_filter *request);
size_t vtx_msr_filter_bitmap_size(u32 nmsrs);
bool vtx_msr_filter_allows(const struct vtx_msr_filter *filter, u32 index,
			   u32 access);

/**
 * vtx_msr_filtered() - is there a filter?
 * @policy: the VM's
 *
 * Return: false if there is none, and all is allowed.
 */
static inline bool vtx_msr_filtered(const struct vtx_msr_policy *policy)
{
	return rcu_access_pointer(policy->filter);
}

/**
 * vtx_msr_allowed() - does user space let guests do this?
 * @policy: the VM's
 * @index: the MSR
 * @access: KVM_MSR_FILTER_READ, KVM_MSR_FILTER_WRITE or both
 *
 * Any context.
 *
 * Return: true if all of @access is allowed.
 */
static inline bool vtx_msr_allowed(const struct vtx_msr_policy *policy,
				   u32 index, u32 access)
{
	bool allowed;

	if (likely(!vtx_msr_filtered(policy)))
		return true;
	rcu_read_lock();
	allowed = vtx_msr_filter_allows(rcu_dereference(policy->filter), index,
					access);
	rcu_read_unlock();
	return allowed;
}

#endif /* VTX_ARCH_X86_MSR_FILTER_H */
