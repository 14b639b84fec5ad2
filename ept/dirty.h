/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dirty logging: which frames of a slot were written to.
 */
#ifndef VTX_EPT_DIRTY_H
#define VTX_EPT_DIRTY_H

#include <linux/bitops.h>
#include <linux/kvm.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "ept/mem.h"
#include "ept/memslot.h"

/* What KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 takes, and what it tells. */
#define VTX_DIRTY_LOG_MANUAL	(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | \
				 KVM_DIRTY_LOG_INITIALLY_SET)

/**
 * struct vtx_dirty - the log of a slot
 * @rcu: for its end
 * @bits: one for each frame; set by anybody, cleared under map_lock held for
 *	writing
 */
struct vtx_dirty {
	struct rcu_head	rcu;
	unsigned long	bits[];
};

/**
 * vtx_dirty_mark() - log a write
 * @slot: the slot
 * @gfn: a frame of it
 *
 * After a write by the host; with map_lock held for a write that the guest is
 * about to make.  A full barrier: the write is visible before the bit is.
 */
static inline void vtx_dirty_mark(const struct vtx_slot *slot, u64 gfn)
{
	if (slot->dirty)
		set_bit(array_index_nospec(gfn - slot->gfn, slot->npages),
			slot->dirty->bits);
}

struct vtx_dirty *vtx_dirty_alloc(u64 npages, bool all_set);
void vtx_dirty_start(struct vtx_mem *mem, const struct vtx_slot *slot);
void vtx_dirty_stop(struct vtx_mem *mem, const struct vtx_slot *slot);

void vtx_mem_mark_dirty(struct vtx_mem *mem, u64 gfn);
int vtx_mem_get_dirty_log(struct vtx_mem *mem, u32 id, void __user *bitmap);
int vtx_mem_clear_dirty_log(struct vtx_mem *mem,
			    const struct kvm_clear_dirty_log *log);
int vtx_mem_enable_manual_protect(struct vtx_mem *mem, u64 flags);

#endif /* VTX_EPT_DIRTY_H */
