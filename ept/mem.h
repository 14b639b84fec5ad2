/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a VM: all that the layers above need of ept/, but for faults
 * (fault.h), access from the host (guest_mem.h) and flushes (flush.h).
 *
 * Locks, outermost first:
 *
 *   slots_lock		rwsem; held for reading across accesses to guest memory,
 *			which fault, so it is outside the process's mmap_lock
 *   (the process's mmap_lock, reverse map and page table locks)
 *   notifier's lock	spinlock, see notifier.c; nothing is taken under it
 *   map_lock		rwlock; nothing is taken under it, nothing sleeps
 *
 * map_lock is taken for reading, by many at once, to walk the tables and to
 * make present what was not; for writing to take anything away.  In the fast
 * path, with interrupts off, it is only tried: whoever holds it for writing
 * may be waiting for other CPUs.  No lock but slots_lock is held while vCPUs
 * are kicked.
 */
#ifndef VTX_EPT_MEM_H
#define VTX_EPT_MEM_H

#include <linux/atomic.h>
#include <linux/kvm.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "arch-x86/vmx/caps.h"
#include "ept/entry.h"
#include "ept/memslot.h"

struct mm_struct;
struct vtx_notifier;

/**
 * struct vtx_mem_ops - what ept needs of the layers above
 * @kick_all: make every vCPU of the VM leave guest mode; returns when none runs
 *	on translations of before the call.  A vCPU that enters afterwards asks
 *	vtx_mem_flush_due() first.  May be called wherever an MMU notifier may:
 *	under page table locks, so it must not sleep, but with interrupts on.
 */
struct vtx_mem_ops {
	void (*kick_all)(void *owner);
};

/**
 * struct vtx_mem - the memory of a VM
 * @mm: (i) the process it is memory of
 * @ops: (i) see there
 * @owner: (i) what @ops is called with
 * @root: (i) the root table
 * @eptp: (i) the root as the VMCS takes it
 * @limits: (i) what bounds a slot
 * @max_level: (i) largest leaf that the CPU can do
 * @accessed_dirty: (i) the CPU keeps A and D bits
 * @split_exec: (i) code only on 4-KByte pages, because of the CPU's erratum
 * @notifier: (i) the way from the process's memory management to here
 *
 * @slots_lock: held for writing to change slots, for reading while the host
 *	accesses guest memory
 * @slots: (s, m, r) the slots; by address in the process, under @map_lock only
 * @slots_generation: (s) counts changes of @slots
 * @slot_by_id: (s) the slots by their number
 * @manual_protect: (s) KVM_DIRTY_LOG_*, see vtx_mem_enable_manual_protect()
 *
 * @map_lock: see the top
 * @sequence: (m) counts what may have made a host translation stale; read
 *	without the lock before looking one up
 * @invalidating: (m) invalidations that have begun and not ended
 * @invalid_start: (m) first address of all of these together
 * @invalid_end: (m) the address after the last
 *
 * @generation: (a) counts what makes a flush due
 * @unflushed: (a) who has taken something away and not yet kicked all vCPUs;
 *	goes up under @map_lock only
 * @flushed: (c) the generation each CPU has flushed up to
 * @leaves: (a) leaves by level
 * @tables: (a) tables, without the root
 *
 * (i) constant after vtx_mem_init()
 * (s) written under @slots_lock
 * (r) RCU: read under rcu_read_lock() or @slots_lock
 * (m) written under @map_lock for writing
 * (a) atomic
 * (c) by the CPU itself, interrupts off
 */
struct vtx_mem {
	struct mm_struct		*mm;
	const struct vtx_mem_ops	*ops;
	void				*owner;
	u64				*root;
	u64				eptp;
	struct vtx_slot_limits		limits;
	int				max_level;
	bool				accessed_dirty;
	bool				split_exec;
	struct vtx_notifier		*notifier;

	struct rw_semaphore		slots_lock;
	struct vtx_slots		slots;
	u64				slots_generation;
	struct xarray			slot_by_id;
	u64				manual_protect;

	rwlock_t			map_lock;
	unsigned long			sequence;
	unsigned int			invalidating;
	unsigned long			invalid_start;
	unsigned long			invalid_end;

	atomic64_t			generation;
	atomic_t			unflushed;
	u64 __percpu			*flushed;
	atomic_long_t			leaves[VTX_EPT_ROOT];
	atomic_long_t			tables;
};

int vtx_mem_init(struct vtx_mem *mem, const struct vtx_caps *caps,
		 const struct vtx_mem_ops *ops, void *owner);
void vtx_mem_destroy(struct vtx_mem *mem);
void vtx_mem_exit(void);
int vtx_mem_set_region(struct vtx_mem *mem,
		       const struct kvm_userspace_memory_region *region);
bool vtx_mem_slot(struct vtx_mem *mem, u64 gfn, struct vtx_slot *copy);

/**
 * vtx_mem_eptp() - the EPT pointer for the VMCS
 * @mem: the VM's memory
 *
 * Return: the pointer, constant for the life of @mem.
 */
static inline u64 vtx_mem_eptp(const struct vtx_mem *mem)
{
	return mem->eptp;
}

/**
 * vtx_mem_slots_generation() - have the slots changed?
 * @mem: the VM's memory
 *
 * Return: a number that was another one before their last change.
 */
static inline u64 vtx_mem_slots_generation(const struct vtx_mem *mem)
{
	return READ_ONCE(mem->slots_generation);
}

#endif /* VTX_EPT_MEM_H */
