// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty logging by write protection.
 *
 * A slot with KVM_MEM_LOG_DIRTY_PAGES has a bitmap.  One rule holds for it, but
 * for the time that a call in here takes:
 *
 *	A frame whose bit is clear cannot be written through any leaf.
 *
 * So leaves lose the right to write when logging starts and when their bit is
 * cleared; a fault gives it back and sets the bit, under one hold of map_lock.
 * Reads give no such right.  Leaves are small while logging is on; a large one
 * from before is split by the first write to it.  When it stops, small leaves
 * make room for large ones where the process has a large page.
 *
 * The host writes through the process's mapping, without a leaf, and sets the
 * bit when it has written.
 *
 * Who calls for the log may lose no bit.  Clearing is one exchange of a word,
 * so a bit is either told or still there; what could not be copied out is put
 * back.  CPUs may go on writing through cached translations until these are
 * flushed, which is over before the call returns, and the caller looks at the
 * memory only then.
 *
 * slots_lock is held for reading, so that the slot stays; calls for the same
 * slot may run side by side, and share out the bits.
 */
#include "module/compat.h"

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ept/dirty.h"
#include "ept/fault.h"
#include "ept/map.h"
#include "ept/memslot.h"
#include "ept/trace.h"

/* Frames that are looked at under one hold of map_lock: about a millisecond. */
#define CHUNK_WORDS	256
#define CHUNK_FRAMES	((u64)CHUNK_WORDS * BITS_PER_LONG)

/**
 * vtx_dirty_alloc() - have a log
 * @npages: frames of the slot, not 0
 * @all_set: all of them count as written to
 *
 * May sleep.  The process is charged for it.
 *
 * Return: the log, or NULL.
 */
struct vtx_dirty *vtx_dirty_alloc(u64 npages, bool all_set)
{
	struct vtx_dirty *dirty;

	dirty = kvzalloc(struct_size(dirty, bits, BITS_TO_LONGS(npages)),
			 GFP_KERNEL_ACCOUNT);
	if (dirty && all_set)
		bitmap_set(dirty->bits, 0, npages);
	return dirty;
}

/**
 * vtx_dirty_start() - make the rule hold, at the start of logging
 * @mem: the VM's memory
 * @slot: a slot that is published with a log whose bits are clear
 *
 * The caller holds slots_lock for writing.  May sleep.
 */
void vtx_dirty_start(struct vtx_mem *mem, const struct vtx_slot *slot)
{
	u64 gfn, next, end = slot->gfn + slot->npages;
	struct vtx_ept_zap zap;

	lockdep_assert_held_write(&mem->slots_lock);
	for (gfn = slot->gfn; gfn < end; gfn = next) {
		next = min(gfn + CHUNK_FRAMES, end);
		vtx_ept_zap_begin(mem, &zap);
		vtx_ept_protect_range(mem, gfn, next, &zap);
		vtx_ept_zap_end(mem, &zap, true);
		cond_resched();
	}
}

/* The size of leaf that a frame could have: what a fault would choose. */
static int level_without_log(struct vtx_mem *mem, const struct vtx_slot *slot,
			     u64 gfn)
{
	int level = mem->max_level;

	while (level > VTX_EPT_4K && !vtx_slot_fits(slot, gfn, level))
		level--;
	if (level == VTX_EPT_4K)
		return level;
	return min(level, vtx_host_level(mem->mm, vtx_slot_hva(slot, gfn)));
}

/**
 * vtx_dirty_stop() - take away small leaves that could be large ones
 * @mem: the VM's memory
 * @slot: a slot that is published without a log, and had one
 *
 * The next fault makes the large leaf.  The caller holds slots_lock for writing
 * and is the VM's process.  May sleep.
 */
void vtx_dirty_stop(struct vtx_mem *mem, const struct vtx_slot *slot)
{
	u64 gfn, next, pages, end = slot->gfn + slot->npages;
	struct vtx_ept_zap zap;
	int level;

	lockdep_assert_held_write(&mem->slots_lock);
	for (gfn = slot->gfn; gfn < end; gfn = next) {
		level = level_without_log(mem, slot, gfn);
		pages = vtx_ept_pages(max_t(int, level, VTX_EPT_2M));
		next = round_down(gfn, pages) + pages;
		if (level == VTX_EPT_4K)
			continue;
		vtx_ept_zap_begin(mem, &zap);
		vtx_ept_zap_table(mem, gfn, level, &zap);
		vtx_ept_zap_end(mem, &zap, true);
		cond_resched();
	}
}

/**
 * vtx_mem_mark_dirty() - log a write that the host has made
 * @mem: the VM's memory
 * @gfn: the frame that was written to
 *
 * For who writes at an address from vtx_mem_hva(); vtx_mem_write() and
 * vtx_mem_cmpxchg() do it themselves.  Any context.
 */
void vtx_mem_mark_dirty(struct vtx_mem *mem, u64 gfn)
{
	const struct vtx_slot *slot;

	rcu_read_lock();
	slot = vtx_slots_find(&mem->slots, gfn);
	if (slot)
		vtx_dirty_mark(slot, gfn);
	rcu_read_unlock();
}

static int find_log(struct vtx_mem *mem, u32 id, const struct vtx_slot **slot)
{
	const struct vtx_slot_entry *entry;

	lockdep_assert_held(&mem->slots_lock);
	if (id >= VTX_MAX_SLOTS)	/* with an address space: too */
		return -EINVAL;
	entry = xa_load(&mem->slot_by_id, id);
	if (!entry || !entry->slot.dirty)
		return -ENOENT;
	*slot = &entry->slot;
	return 0;
}

static size_t log_words(const struct vtx_slot *slot)
{
	return BITS_TO_LONGS(slot->npages);
}

/* Clear bits of one word.  Return: those that were set. */
static unsigned long clear_word(unsigned long *word, unsigned long mask)
{
	if (!(READ_ONCE(*word) & mask))
		return 0;
	return mask & atomic_long_fetch_andnot(mask, (atomic_long_t *)word);
}

/*
 * Clear bits of a log, from word @first on, and protect their frames.
 *
 * @masks: the bits to clear; receives those of them that were set
 * Return: how many were.
 */
static u64 clear_bits(struct vtx_mem *mem, const struct vtx_slot *slot,
		      size_t first, unsigned long *masks, size_t words)
{
	unsigned long *bits = slot->dirty->bits + first;
	u64 gfn = slot->gfn + (u64)first * BITS_PER_LONG;
	struct vtx_ept_zap zap;
	size_t i, end;
	u64 count = 0;

	for (i = 0; i < words; ) {
		end = min(words, i + CHUNK_WORDS);
		vtx_ept_zap_begin(mem, &zap);
		for (; i < end; i++) {
			masks[i] = clear_word(&bits[i], masks[i]);
			if (!masks[i])
				continue;
			count += hweight_long(masks[i]);
			vtx_ept_protect(mem, gfn + (u64)i * BITS_PER_LONG,
					masks[i], &zap);
		}
		vtx_ept_zap_end(mem, &zap, true);
		cond_resched();
	}
	return count;
}

/* The caller will not see these: they count as not told. */
static void put_back(const struct vtx_slot *slot, const unsigned long *masks)
{
	size_t i;

	for (i = 0; i < log_words(slot); i++)
		if (masks[i])
			atomic_long_or(masks[i],
				       (atomic_long_t *)&slot->dirty->bits[i]);
}

static int get_and_clear(struct vtx_mem *mem, const struct vtx_slot *slot,
			 void __user *bitmap)
{
	size_t size = log_words(slot) * sizeof(long);
	unsigned long *masks;
	u64 count;
	int err = 0;

	masks = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!masks)
		return -ENOMEM;
	memset(masks, 0xff, size);
	count = clear_bits(mem, slot, 0, masks, log_words(slot));
	trace_vtx_dirty_clear(mem->eptp, slot->id, count);
	if (copy_to_user(bitmap, masks, size)) {
		put_back(slot, masks);
		err = -EFAULT;
	}
	kvfree(masks);
	return err;
}

/**
 * vtx_mem_get_dirty_log() - KVM_GET_DIRTY_LOG
 * @mem: the VM's memory
 * @id: number of the slot
 * @bitmap: receives one bit for each frame, up to a whole 64 of them
 *
 * The bits are then clear, unless vtx_mem_enable_manual_protect() has left that
 * to vtx_mem_clear_dirty_log().  May sleep.
 *
 * Return: 0; -EINVAL for a number that no slot can have; -ENOENT if there is no
 * such slot, or it has no log; -ENOMEM, -EFAULT, with no bit lost; -EIO if the
 * current process is not the VM's.
 */
int vtx_mem_get_dirty_log(struct vtx_mem *mem, u32 id, void __user *bitmap)
{
	const struct vtx_slot *slot;
	int err;

	if (current->mm != mem->mm)
		return -EIO;
	down_read(&mem->slots_lock);
	err = find_log(mem, id, &slot);
	if (!err && !mem->manual_protect)
		err = get_and_clear(mem, slot, bitmap);
	else if (!err && copy_to_user(bitmap, slot->dirty->bits,
				      log_words(slot) * sizeof(long)))
		err = -EFAULT;
	up_read(&mem->slots_lock);
	return err;
}

/* Whole words, but for the last of the slot. */
static bool part_sane(const struct vtx_slot *slot,
		      const struct kvm_clear_dirty_log *log)
{
	if (log->first_page % BITS_PER_LONG ||
	    log->first_page > slot->npages ||
	    log->num_pages > slot->npages - log->first_page)
		return false;
	return log->num_pages == slot->npages - log->first_page ||
	       !(log->num_pages % BITS_PER_LONG);
}

static int clear_log(struct vtx_mem *mem, const struct kvm_clear_dirty_log *log)
{
	size_t words = BITS_TO_LONGS(log->num_pages);
	const struct vtx_slot *slot;
	unsigned long *masks;
	u64 count;
	int err;

	err = find_log(mem, log->slot, &slot);
	if (err)
		return err;
	if (!part_sane(slot, log))
		return -EINVAL;
	masks = kvmalloc_array(words, sizeof(long), GFP_KERNEL_ACCOUNT);
	if (!masks)
		return -ENOMEM;
	if (copy_from_user(masks, log->dirty_bitmap, words * sizeof(long))) {
		err = -EFAULT;
	} else {
		count = clear_bits(mem, slot, log->first_page / BITS_PER_LONG,
				   masks, words);
		trace_vtx_dirty_clear(mem->eptp, slot->id, count);
	}
	kvfree(masks);
	return err;
}

/**
 * vtx_mem_clear_dirty_log() - KVM_CLEAR_DIRTY_LOG
 * @mem: the VM's memory
 * @log: the request; as in KVM, it works without manual protection as well
 *
 * May sleep.
 *
 * Return: 0; -EINVAL for a number that no slot can have, or frames that are not
 * the slot's or no whole 64; -ENOENT if there is no such slot, or it has no
 * log; -ENOMEM; -EFAULT; -EIO if the current process is not the VM's.  Nothing
 * has changed after an error.
 */
int vtx_mem_clear_dirty_log(struct vtx_mem *mem,
			    const struct kvm_clear_dirty_log *log)
{
	int err;

	if (current->mm != mem->mm)
		return -EIO;
	down_read(&mem->slots_lock);
	err = clear_log(mem, log);
	up_read(&mem->slots_lock);
	return err;
}

/**
 * vtx_mem_enable_manual_protect() - KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2
 * @mem: the VM's memory
 * @flags: KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE: to read the log does not clear
 *	it; with KVM_DIRTY_LOG_INITIALLY_SET: a log starts with all bits set, and
 *	logging with no leaf protected; 0: neither
 *
 * A log that there is already stays as it is.  May sleep.
 *
 * Return: 0; -EINVAL for other @flags.
 */
int vtx_mem_enable_manual_protect(struct vtx_mem *mem, u64 flags)
{
	if (flags & ~(u64)VTX_DIRTY_LOG_MANUAL ||
	    flags == KVM_DIRTY_LOG_INITIALLY_SET)
		return -EINVAL;
	down_write(&mem->slots_lock);
	mem->manual_protect = flags;
	up_write(&mem->slots_lock);
	return 0;
}
