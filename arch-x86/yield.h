/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU that lets another one have its CPU.
 */
#ifndef VTX_ARCH_X86_YIELD_H
#define VTX_ARCH_X86_YIELD_H

#include <linux/pid.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct vtx_vcpu;

/**
 * struct vtx_yield - whose thread runs a vCPU, and for whom it is to give way
 * @lock: held to change @pid, and to read another vCPU's
 * @pid: the thread that KVM_RUN was called by last, NULL if none has
 * @target: the vCPU to give way for; the owner's
 */
struct vtx_yield {
	spinlock_t	lock;	/* who runs it */
	struct pid	*pid;
	struct vtx_vcpu	*target;
};

void vtx_yield_init(struct vtx_yield *yield);

void vtx_yield_thread_changed(struct vtx_yield *yield);
void vtx_yield_free(struct vtx_yield *yield);
void vtx_yield_ask(struct vtx_vcpu *vcpu, struct vtx_vcpu *target);
enum vtx_result vtx_yield(struct vtx_vcpu *vcpu);

#endif /* VTX_ARCH_X86_YIELD_H */
