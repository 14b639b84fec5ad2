/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When CPUs must forget translations.
 */
#ifndef VTX_EPT_FLUSH_H
#define VTX_EPT_FLUSH_H

#include <linux/atomic.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "ept/mem.h"

/**
 * vtx_mem_flush_generation() - how often a flush has become due
 * @mem: the VM's memory
 *
 * Return: the generation.  It starts at 1, so that a record that starts at 0 is
 * behind.
 */
static inline u64 vtx_mem_flush_generation(const struct vtx_mem *mem)
{
	return atomic64_read(&mem->generation);
}

/**
 * vtx_mem_flush_due() - must this CPU flush before it enters the guest?
 * @mem: the VM's memory
 *
 * Called with interrupts off, after the vCPU has made known, with a full
 * memory barrier, that it is about to be in guest mode: what is zapped later,
 * kick_all() will find it.  The record is kept by CPU and not by vCPU: a vCPU
 * may come back to a CPU that still holds translations from before a flush it
 * made elsewhere, and the first vCPU on a CPU finds those of a dead VM that
 * had the same root.
 *
 * Return: true if the caller must execute INVEPT for vtx_mem_eptp() now; the
 * CPU is then taken to have done so.
 */
static inline bool vtx_mem_flush_due(struct vtx_mem *mem)
{
	u64 generation = vtx_mem_flush_generation(mem);

	lockdep_assert_irqs_disabled();
	if (likely(__this_cpu_read(*mem->flushed) == generation))
		return false;
	__this_cpu_write(*mem->flushed, generation);
	return true;
}

#endif /* VTX_EPT_FLUSH_H */
