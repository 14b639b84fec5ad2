// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that waits for another of its vCPUs asks that this one be given the
 * CPU.  Only Linux can do that, thread by thread.
 */
#include "module/compat.h"

#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>

#include "arch-x86/vcpu.h"
#include "arch-x86/yield.h"

/**
 * vtx_yield_init() - a vCPU that nobody has run
 * @yield: the vCPU's
 */
void vtx_yield_init(struct vtx_yield *yield)
{
	spin_lock_init(&yield->lock);
}

/**
 * vtx_yield_thread_changed() - another thread runs the vCPU
 * @yield: the vCPU's; it is the current thread
 */
void vtx_yield_thread_changed(struct vtx_yield *yield)
{
	struct pid *old = yield->pid, *new = get_task_pid(current, PIDTYPE_PID);

	spin_lock(&yield->lock);
	yield->pid = new;
	spin_unlock(&yield->lock);
	put_pid(old);
}

/**
 * vtx_yield_free() - the end of a vCPU
 * @yield: the vCPU's, which nobody uses any more
 */
void vtx_yield_free(struct vtx_yield *yield)
{
	put_pid(yield->pid);
}

static struct task_struct *thread_of(struct vtx_yield *yield)
{
	struct task_struct *task;

	spin_lock(&yield->lock);
	task = get_pid_task(yield->pid, PIDTYPE_PID);
	spin_unlock(&yield->lock);
	return task;
}

/**
 * vtx_yield_ask() - another vCPU shall have the CPU before this one goes on
 * @vcpu: the vCPU, in the inner loop
 * @target: the other, of the same VM
 */
void vtx_yield_ask(struct vtx_vcpu *vcpu, struct vtx_vcpu *target)
{
	vcpu->stats.directed_yield_attempted++;
	/* Who runs, or has nothing to do, needs no CPU. */
	if (target == vcpu || READ_ONCE(target->cpu) >= 0 ||
	    READ_ONCE(target->mp_state) != KVM_MP_STATE_RUNNABLE)
		return;
	vcpu->yield.target = target;
	set_bit(VTX_REQ_YIELD, &vcpu->requests);
}

/**
 * vtx_yield() - let that other vCPU have the CPU
 * @vcpu: the vCPU, not loaded
 *
 * A slow handler, for VTX_REQ_YIELD.
 *
 * Return: VTX_REPEAT.
 */
enum vtx_result vtx_yield(struct vtx_vcpu *vcpu)
{
	struct task_struct *task;

	vtx_vcpu_test_request(vcpu, VTX_REQ_YIELD);
	if (single_task_running())
		return VTX_REPEAT;
	task = thread_of(&vcpu->yield.target->yield);
	if (!task)
		return VTX_REPEAT;
	if (yield_to(task, true) > 0)
		vcpu->stats.directed_yield_successful++;
	put_task_struct(task);
	return VTX_REPEAT;
}
