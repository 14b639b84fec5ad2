// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMU notifiers: what Linux does to the process's page tables is done to the
 * EPT before anybody can rely on it.
 *
 * A translation is looked up in the process's page tables without any lock of
 * ours and installed a little later under map_lock.  In between it may have
 * gone stale.  An invalidation has a begin, before Linux changes its tables,
 * and an end, after it has; both are noted under map_lock.  Who installs takes
 * the sequence number first, then looks up, then takes map_lock and gives up
 *
 *   - if an invalidation of that address has begun and not ended, for its
 *     lookup may have been too early;
 *   - if the sequence number has changed, for then one has come and gone.
 *
 * What was installed before the begin, the begin finds and zaps.
 *
 * A VM must die without waiting for a grace period, but notifiers are called
 * under SRCU.  So they are called on a small object of their own, which
 * outlives the VM and knows it only while it lives: vtx_notifier_unregister()
 * waits for nothing but calls that are in the middle of it.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "ept/map.h"
#include "ept/memslot.h"
#include "ept/notifier.h"
#include "ept/trace.h"

/**
 * struct vtx_notifier - what Linux calls
 * @subscription: Linux's part
 * @lock: of the members below
 * @mem: (l) the VM's memory, or NULL when it is gone
 * @active: (l) calls that use @mem
 * @idle: woken when @active drops to 0
 *
 * (l) under @lock
 */
struct vtx_notifier {
	struct mmu_notifier	subscription;
	spinlock_t		lock;	/* of mem and active */
	struct vtx_mem		*mem;
	unsigned int		active;
	wait_queue_head_t	idle;
};

static struct vtx_notifier *to_notifier(struct mmu_notifier *subscription)
{
	return container_of(subscription, struct vtx_notifier, subscription);
}

/* Use the memory, if it is still there, until leave(). */
static struct vtx_mem *enter(struct mmu_notifier *subscription)
{
	struct vtx_notifier *notifier = to_notifier(subscription);
	struct vtx_mem *mem;

	spin_lock(&notifier->lock);
	mem = notifier->mem;
	if (mem)
		notifier->active++;
	spin_unlock(&notifier->lock);
	return mem;
}

static void leave(struct mmu_notifier *subscription)
{
	struct vtx_notifier *notifier = to_notifier(subscription);

	spin_lock(&notifier->lock);
	if (!--notifier->active)
		wake_up_all(&notifier->idle);
	spin_unlock(&notifier->lock);
}

/* The frames of a slot that a range of addresses backs. */
static void slot_range(const struct vtx_slot_entry *entry, unsigned long start,
		       unsigned long end, u64 *gfn, u64 *gfn_end)
{
	const struct vtx_slot *slot = &entry->slot;
	unsigned long first = max(start, slot->hva);
	unsigned long last = min(end, vtx_slot_hva_end(slot));

	*gfn = slot->gfn + ((first - slot->hva) >> PAGE_SHIFT);
	*gfn_end = slot->gfn + (PAGE_ALIGN(last - slot->hva) >> PAGE_SHIFT);
}

static void zap_hva(struct vtx_mem *mem, unsigned long start,
		    unsigned long end, struct vtx_ept_zap *zap)
{
	struct vtx_slot_entry *entry;
	u64 gfn, gfn_end;

	lockdep_assert_held_write(&mem->map_lock);
	vtx_slots_for_each_hva(&mem->slots, entry, start, end) {
		slot_range(entry, start, end, &gfn, &gfn_end);
		vtx_ept_zap_range(mem, gfn, gfn_end, zap);
	}
}

static bool age_hva(struct vtx_mem *mem, unsigned long start,
		    unsigned long end, bool clear)
{
	struct vtx_slot_entry *entry;
	bool young = false;
	u64 gfn, gfn_end;

	lockdep_assert_held(&mem->map_lock);
	vtx_slots_for_each_hva(&mem->slots, entry, start, end) {
		slot_range(entry, start, end, &gfn, &gfn_end);
		young |= vtx_ept_age(mem, gfn, gfn_end, clear);
	}
	return young;
}

static bool backs_slot(struct vtx_mem *mem, unsigned long start,
		       unsigned long end)
{
	lockdep_assert_held(&mem->map_lock);
	return vtx_slots_first(&mem->slots, start, end - 1);
}

/* Anything looked up before is stale. */
static void advance(struct vtx_mem *mem)
{
	lockdep_assert_held_write(&mem->map_lock);
	/* After Linux's tables and our slots; see vtx_notifier_sequence(). */
	smp_store_release(&mem->sequence, mem->sequence + 1);
}

static void note_begin(struct vtx_mem *mem, unsigned long start,
		       unsigned long end)
{
	if (!mem->invalidating++) {
		mem->invalid_start = start;
		mem->invalid_end = end;
		return;
	}
	/* Seldom more than one at a time: one range for all will do. */
	mem->invalid_start = min(mem->invalid_start, start);
	mem->invalid_end = max(mem->invalid_end, end);
}

static int invalidate_range_start(struct mmu_notifier *subscription,
				  const struct mmu_notifier_range *range)
{
	struct vtx_mem *mem = enter(subscription);
	struct vtx_ept_zap zap;

	if (!mem)
		return 0;
	vtx_ept_zap_begin(mem, &zap);
	note_begin(mem, range->start, range->end);
	zap_hva(mem, range->start, range->end, &zap);
	trace_vtx_ept_invalidate(mem->eptp, range->start, range->end,
				 zap.flush);
	vtx_ept_zap_end(mem, &zap, mmu_notifier_range_blockable(range));
	leave(subscription);
	return 0;
}

/*
 * Most of what a process does to its memory concerns no slot, and then no
 * lookup is stale.  A slot that was there at the time of the lookup and is not
 * now has advanced the sequence when it went.
 */
static void invalidate_range_end(struct mmu_notifier *subscription,
				 const struct mmu_notifier_range *range)
{
	struct vtx_mem *mem = enter(subscription);

	if (!mem)
		return;
	write_lock(&mem->map_lock);
	if (backs_slot(mem, range->start, range->end))
		advance(mem);
	/* Cannot be: registration lets no invalidation be under way. */
	if (!WARN_ON_ONCE(!mem->invalidating))
		mem->invalidating--;
	write_unlock(&mem->map_lock);
	leave(subscription);
}

/* Without A bits, whether a page is used shows in whether it is faulted in. */
static bool zap_to_age(struct vtx_mem *mem, unsigned long start,
		       unsigned long end)
{
	struct vtx_ept_zap zap;
	bool young;

	vtx_ept_zap_begin(mem, &zap);
	zap_hva(mem, start, end, &zap);
	young = zap.flush;
	vtx_ept_zap_end(mem, &zap, false);
	return young;
}

static int clear_young(struct mmu_notifier *subscription, struct mm_struct *mm,
		       unsigned long start, unsigned long end)
{
	struct vtx_mem *mem = enter(subscription);
	bool young;

	if (!mem)
		return 0;
	if (mem->accessed_dirty) {
		read_lock(&mem->map_lock);
		young = age_hva(mem, start, end, true);
		read_unlock(&mem->map_lock);
	} else {
		young = zap_to_age(mem, start, end);
	}
	leave(subscription);
	return young;
}

/* Without A bits in the CPU, they are as a fault left them: set. */
static int test_young(struct mmu_notifier *subscription, struct mm_struct *mm,
		      unsigned long hva)
{
	struct vtx_mem *mem = enter(subscription);
	bool young;

	if (!mem)
		return 0;
	read_lock(&mem->map_lock);
	young = age_hva(mem, hva, hva + PAGE_SIZE, false);
	read_unlock(&mem->map_lock);
	leave(subscription);
	return young;
}

/* The process is gone, and with it all that could run a vCPU or fault. */
static void release(struct mmu_notifier *subscription, struct mm_struct *mm)
{
	struct vtx_mem *mem = enter(subscription);
	struct vtx_ept_zap zap;

	if (!mem)
		return;
	vtx_ept_zap_begin(mem, &zap);
	advance(mem);
	vtx_ept_zap_range(mem, 0, 1ULL << VTX_EPT_GFN_BITS, &zap);
	vtx_ept_zap_end(mem, &zap, true);
	leave(subscription);
}

static void free_notifier(struct mmu_notifier *subscription)
{
	kfree(to_notifier(subscription));
}

static const struct mmu_notifier_ops notifier_ops = {
	.release		= release,
	.clear_flush_young	= clear_young,
	.clear_young		= clear_young,
	.test_young		= test_young,
	.invalidate_range_start	= invalidate_range_start,
	.invalidate_range_end	= invalidate_range_end,
	.free_notifier		= free_notifier,
};

/**
 * vtx_notifier_register() - have the EPT follow the process's page tables
 * @mem: the memory of a VM, all but ready; its mm is the current process's
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int vtx_notifier_register(struct vtx_mem *mem)
{
	struct vtx_notifier *notifier;
	int err;

	notifier = kzalloc(sizeof(*notifier), GFP_KERNEL_ACCOUNT);
	if (!notifier)
		return -ENOMEM;
	spin_lock_init(&notifier->lock);
	init_waitqueue_head(&notifier->idle);
	notifier->mem = mem;
	notifier->subscription.ops = &notifier_ops;

	err = mmu_notifier_register(&notifier->subscription, mem->mm);
	if (err) {
		kfree(notifier);
		return err;
	}
	mem->notifier = notifier;
	return 0;
}

/**
 * vtx_notifier_unregister() - end what vtx_notifier_register() began
 * @mem: the memory of a VM without vCPUs
 *
 * May sleep, but waits for no grace period.  No call uses @mem when it
 * returns. The object's reference keeps the mm_struct, though not what it
 * maps, until Linux frees it; vtx_mem_exit() waits for that.
 */
void vtx_notifier_unregister(struct vtx_mem *mem)
{
	struct vtx_notifier *notifier = mem->notifier;

	spin_lock(&notifier->lock);
	notifier->mem = NULL;
	spin_unlock(&notifier->lock);
	wait_event(notifier->idle, !READ_ONCE(notifier->active));
	mem->notifier = NULL;
	mmu_notifier_put(&notifier->subscription);
}

/**
 * vtx_notifier_sequence() - begin to look up a translation
 * @mem: the VM's memory
 *
 * What is read of slots and of the process's page tables after this call is no
 * older than the number.
 *
 * Return: a number for vtx_notifier_stale().
 */
unsigned long vtx_notifier_sequence(struct vtx_mem *mem)
{
	/* Before Linux's tables and our slots; pairs with advance(). */
	return smp_load_acquire(&mem->sequence);
}

/**
 * vtx_notifier_stale() - may a translation have changed since?
 * @mem: the VM's memory
 * @sequence: what vtx_notifier_sequence() returned before it was looked up
 * @hva: the address whose translation it is
 *
 * The caller holds map_lock.
 *
 * Return: true if it may have; a "no" stays true until map_lock is released.
 */
bool vtx_notifier_stale(struct vtx_mem *mem, unsigned long sequence,
			unsigned long hva)
{
	lockdep_assert_held(&mem->map_lock);
	if (mem->invalidating && hva >= mem->invalid_start &&
	    hva < mem->invalid_end)
		return true;
	return mem->sequence != sequence;
}

/**
 * vtx_notifier_slots_changed() - what was found in the slots is stale
 * @mem: the VM's memory
 *
 * Called after the new slots are published.  The caller holds map_lock for
 * writing.
 */
void vtx_notifier_slots_changed(struct vtx_mem *mem)
{
	advance(mem);
}
