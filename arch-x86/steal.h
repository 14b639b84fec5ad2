/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steal time: how long a vCPU had something to do and got no CPU, told to its
 * guest; and whether it has one now.
 */
#ifndef VTX_ARCH_X86_STEAL_H
#define VTX_ARCH_X86_STEAL_H

#include <linux/sched.h>
#include <linux/types.h>

struct vtx_vcpu;

/**
 * struct vtx_steal - what a vCPU knows of its steal time
 * @enabled: the guest wants to be told
 * @away: it was told that the vCPU has no CPU
 * @thread: whose @run_delay it is; only to compare with
 * @run_delay: how long that had waited for a CPU when the guest was told last
 *
 * All is the vCPU's owner's.
 */
struct vtx_steal {
	bool				enabled;
	bool				away;
	const struct task_struct	*thread;
	u64				run_delay;
};

/* As in struct task_struct, if the kernel keeps account of it. */
static inline u64 vtx_run_delay(void)
{
#ifdef CONFIG_SCHED_INFO
	return current->sched_info.run_delay;
#else
	return 0;
#endif
}

/**
 * vtx_steal_is_due() - is there something to tell the guest before it runs?
 * @steal: the vCPU's
 *
 * Return: true if vtx_steal_update() is to be called.
 */
static inline bool vtx_steal_is_due(const struct vtx_steal *steal)
{
	return steal->enabled &&
	       (steal->away || vtx_run_delay() != steal->run_delay);
}

void vtx_steal_set_msr(struct vtx_vcpu *vcpu, u64 value);
void vtx_steal_reset(struct vtx_vcpu *vcpu);
void vtx_steal_leave(struct vtx_vcpu *vcpu);
enum vtx_result vtx_steal_update(struct vtx_vcpu *vcpu);

#endif /* VTX_ARCH_X86_STEAL_H */
