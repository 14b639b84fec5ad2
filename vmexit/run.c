// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_RUN: two loops, one in the other.
 *
 *   outer   preemption and interrupts on, nothing loaded: signals, rescheduling,
 *           handlers that sleep, the way to user space
 *   inner   preemption and interrupts off, the guest's FPU, MSRs and debug
 *           registers in the CPU: requests, events, entry, exit, handler
 *
 * The inner loop lets interrupts in for a moment when one has ended the guest's
 * run (exit_extint()), and every so many entries (ENTRIES_PER_WINDOW).  It is
 * left when Linux or a handler wants something else to happen.
 *
 * Who wants to stop the guest first changes what it wants to be seen, then
 * kicks.  A vCPU looks with interrupts off between look and entry; so either it
 * sees the change, or the kick's interrupt is pending and ends the run at once.
 */
#include "module/compat.h"

#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/kvm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/smp.h>
#include <linux/thread_info.h>
#include <linux/vtime.h>

#include "ept/flush.h"
#include "ept/mem.h"
#include "arch-x86/debug.h"
#include "arch-x86/event.h"
#include "arch-x86/fpu.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/state_fpu.h"
#include "arch-x86/state_msr.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/vmx/insn.h"
#include "arch-x86/vmx/trace.h"
#include "vmexit/block.h"
#include "vmexit/dispatch.h"
#include "vmexit/exit.h"
#include "vmexit/run.h"

#define WORK_OF_LINUX	(_TIF_NEED_RESCHED | VTX_TIF_NEED_RESCHED_LAZY |	\
			 _TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL |			\
			 _TIF_NOTIFY_RESUME)

/* Does Linux want the task, or soft interrupts that we hold off? */
static bool linux_wants(void)
{
	if (unlikely(read_thread_flags() & WORK_OF_LINUX))
		return true;
	return softirq_count() && local_softirq_pending();
}

static void flush_ept(struct vtx_vcpu *vcpu)
{
	if (vtx_caps_have(vcpu->caps, VTX_F_INVEPT_SINGLE))
		vtx_invept(VTX_INV_SINGLE, vtx_mem_eptp(vcpu->mem));
	else
		vtx_invept(VTX_INV_ALL, 0);
}

static enum vtx_result serve_requests(struct vtx_vcpu *vcpu)
{
	if (vtx_vcpu_test_request(vcpu, VTX_REQ_TLB_FLUSH))
		vtx_vcpu_flush_linear(vcpu);
	if (vtx_vcpu_test_request(vcpu, VTX_REQ_MSR_FILTER))
		vtx_msrs_filter_changed(vcpu);
	if (vtx_vcpu_test_request(vcpu, VTX_REQ_EVENT))
		vcpu->event.look = true;
	if (vtx_vcpu_test_request(vcpu, VTX_REQ_IOAPIC_EOI)) {
		vcpu->run->exit_reason = KVM_EXIT_IOAPIC_EOI;
		vcpu->run->eoi.vector = vcpu->ioapic_eoi;
		return VTX_USER;
	}
	if (unlikely(test_bit(VTX_REQ_STARTUP, &vcpu->requests)))
		return vtx_vcpu_slow(vcpu, vtx_block);
	if (unlikely(test_bit(VTX_REQ_CLOCK, &vcpu->requests)))
		return vtx_vcpu_slow(vcpu, vtx_pvclock_update);
	if (unlikely(test_bit(VTX_REQ_STEAL, &vcpu->requests)))
		return vtx_vcpu_slow(vcpu, vtx_steal_update);
	if (unlikely(test_bit(VTX_REQ_PV_EOI, &vcpu->requests)))
		return vtx_vcpu_slow(vcpu, vtx_pv_eoi_settle_slowly);
	if (unlikely(test_bit(VTX_REQ_YIELD, &vcpu->requests)))
		return vtx_vcpu_slow(vcpu, vtx_yield);
	return VTX_RESUME;
}

/* User space asks to be told when it may inject an interrupt. */
static enum vtx_result interrupt_window_asked(struct vtx_vcpu *vcpu)
{
	if (vtx_event_user_may_inject(vcpu)) {
		vcpu->stats.request_irq_exits++;
		vcpu->run->exit_reason = KVM_EXIT_IRQ_WINDOW_OPEN;
		return VTX_USER;
	}
	vmcs_set32(VMCS_CTRL_PROC_BASED, VTX_CONTROL(INTR_WINDOW_EXITING), 0);
	return VTX_RESUME;
}

/* All that stands between a vCPU and its next instruction. */
static enum vtx_result prepare(struct vtx_vcpu *vcpu)
{
	enum vtx_result result;

	if (unlikely(READ_ONCE(vcpu->requests))) {
		result = serve_requests(vcpu);
		if (unlikely(result != VTX_RESUME))
			return result;
	}
	if (unlikely(READ_ONCE(vcpu->run->request_interrupt_window)) &&
	    vtx_vcpu_has_user_pic(vcpu)) {
		result = interrupt_window_asked(vcpu);
		if (result != VTX_RESUME)
			return result;
	}
	if (unlikely(vcpu->event.look) && !vtx_event_inject(vcpu)) {
		vcpu->event.triple_fault = false;
		return exit_triple_fault(vcpu);
	}
	if (unlikely(vtx_mem_flush_due(vcpu->mem)))
		flush_ept(vcpu);
	return VTX_RESUME;
}

static enum vtx_result enter_once(struct vtx_vcpu *vcpu)
{
	enum vtx_result result = prepare(vcpu);
	enum vtx_entry entry;

	if (unlikely(result != VTX_RESUME))
		return result;

	if (trace_vtx_entry_enabled())
		trace_vtx_entry(vcpu->id, vmcs_readl(VMCS_GUEST_RIP),
				vcpu->event.armed ?
				vmcs_read32(VMCS_CTRL_ENTRY_INTR_INFO) : 0);
	if (unlikely(vcpu->pv_eoi.enabled))
		vtx_pv_eoi_offer(vcpu);
	entry = vtx_enter(&vcpu->vmcs, &vcpu->context, &vcpu->host,
			  &vcpu->exit);
	if (unlikely(vcpu->pv_eoi.pending))
		vtx_pv_eoi_settle(vcpu);
	if (unlikely(entry != VTX_ENTRY_EXITED))
		return vtx_entry_refused(vcpu, entry);
	return vtx_dispatch(vcpu);
}

static void begin(struct vtx_vcpu *vcpu)
{
	int cpu = smp_processor_id();

	vtx_fpu_load(&vcpu->fpu);
	vtx_msrs_load(vcpu);
	vcpu->context.xcr0 = vtx_xcr0_to_load(vcpu);
	vtx_host_park(&vcpu->vmcs, &vcpu->context, &vcpu->host);
	vtx_debug_enter(vcpu);

	local_irq_disable();
	vtime_account_guest_enter();
	WRITE_ONCE(vcpu->cpu, cpu);
	cpumask_set_cpu(cpu, vcpu->running);
	/*
	 * Before requests and the flush generation are read: pairs with
	 * vtx_vcpu_request() and with whoever kicks vcpu->running.
	 */
	smp_mb__after_atomic();
}

static void end(struct vtx_vcpu *vcpu)
{
	cpumask_clear_cpu(vcpu->cpu, vcpu->running);
	WRITE_ONCE(vcpu->cpu, -1);
	vtime_account_guest_exit();
	local_irq_enable();

	vtx_debug_leave(vcpu);
	vtx_host_unpark(&vcpu->context, &vcpu->host);
	vtx_msrs_save(vcpu);
	vtx_fpu_save(&vcpu->fpu);
}

/* What the run page tells after every KVM_RUN.  The vCPU is loaded. */
static void show(struct vtx_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	run->if_flag = !!(vmcs_readl(VMCS_GUEST_RFLAGS) & X86_EFLAGS_IF);
	run->ready_for_interrupt_injection = vtx_vcpu_has_kernel_pic(vcpu) ||
			(vtx_vcpu_has_user_pic(vcpu) &&
			 vtx_event_user_may_inject(vcpu));
	run->cr8 = vtx_vcpu_get_cr8(vcpu);
	run->apic_base = vcpu->msrs.value[VTX_MSR_SLOT_APIC_BASE];
	run->flags = 0;
}

/*
 * An interrupt ends the guest's run only between two instructions, and after
 * the traps.  A guest can see to it that it never gets that far: where the
 * delivery of an exception leads to the next one, each exits, is injected again
 * and exits again.  So every so many entries interrupts get in whether one has
 * ended a run or not: seldom enough to cost nothing, often enough for the host.
 * What they ask for is looked at before the next entry.
 */
#define ENTRIES_PER_WINDOW	128

static enum vtx_result inner_loop(struct vtx_vcpu *vcpu)
{
	enum vtx_result result = VTX_RESUME;
	unsigned int entries = 0;
	int err;

	err = vtx_vcpu_load(vcpu);
	if (err)
		return vtx_vcpu_error(vcpu, err);
	begin(vcpu);
	while (result <= VTX_REPEAT && !linux_wants()) {
		result = enter_once(vcpu);
		if (unlikely(++entries % ENTRIES_PER_WINDOW == 0))
			vtx_open_interrupt_window(&vcpu->context);
	}
	end(vcpu);
	if (result == VTX_USER)
		show(vcpu);
	else if (unlikely(vcpu->steal.enabled) && result <= VTX_REPEAT &&
		 need_resched())
		vtx_steal_leave(vcpu);
	vtx_vcpu_put(vcpu);
	return result;
}

/*
 * Linux has work for the task that only the way to user space does.  Go that
 * way, as if for a signal; unless there is one, the system call is restarted.
 */
static int let_linux_work(struct vtx_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_INTR;
	if (signal_pending(current)) {
		vcpu->stats.signal_exits++;
		return -EINTR;
	}
	set_thread_flag(TIF_NOTIFY_SIGNAL);
	return -ERESTARTNOHAND;
}

/* Let the slow handlers have what they have been left. */
static enum vtx_result finish(struct vtx_vcpu *vcpu, enum vtx_result result)
{
	while (result == VTX_SLOW) {
		vcpu->stats.slow_exits++;
		result = vcpu->slow(vcpu);
	}
	return result;
}

/* Returns 0, but the run page already tells what it tells after KVM_RUN. */
#define SHOWN	1

static int outer_loop(struct vtx_vcpu *vcpu, enum vtx_result result)
{
	for (;;) {
		/* Before the vCPU sleeps, or user space sees it. */
		if (unlikely(vcpu->pv_eoi.pending))
			vtx_pv_eoi_settle_slowly(vcpu);
		result = finish(vcpu, result);
		if (result == VTX_USER)
			return 0;
		if (result == VTX_ERROR)
			return vcpu->error;

		if (unlikely(read_thread_flags() & WORK_OF_LINUX)) {
			if (signal_pending(current) ||
			    test_thread_flag(TIF_NOTIFY_RESUME))
				return let_linux_work(vcpu);
			vcpu->stats.preempted++;
			schedule();
		}
		if (unlikely(vtx_steal_is_due(&vcpu->steal)))
			vtx_steal_update(vcpu);
		result = likely(vcpu->mp_state == KVM_MP_STATE_RUNNABLE) ?
			 inner_loop(vcpu) : vtx_vcpu_slow(vcpu, vtx_block);
		if (result == VTX_USER)
			return SHOWN;
	}
}

static int load_and_show(struct vtx_vcpu *vcpu)
{
	int err = vtx_vcpu_load(vcpu);

	if (err)
		return err;
	show(vcpu);
	vtx_vcpu_put(vcpu);
	return 0;
}

static int run(struct vtx_vcpu *vcpu)
{
	enum vtx_result result = VTX_RESUME;
	vtx_handler complete = vcpu->complete;
	u64 cr8 = READ_ONCE(vcpu->run->cr8);

	if (vcpu->run->kvm_valid_regs || vcpu->run->kvm_dirty_regs)
		return -EINVAL;
	if (!vtx_vcpu_has_lapic(vcpu)) {
		if (cr8 > 15)
			return -EINVAL;
		vcpu->cr8 = cr8;
	}
	if (complete) {
		vcpu->complete = NULL;
		result = finish(vcpu, complete(vcpu));
	}
	/*
	 * After the completion: so user space gets a state that it can save.
	 * The reason of the exit that it completed stays, as with KVM.
	 */
	if (result <= VTX_REPEAT &&
	    READ_ONCE(vcpu->run->VTX_UNSAFE(immediate_exit)))
		return -EINTR;
	return outer_loop(vcpu, result);
}

/**
 * vtx_vcpu_run() - KVM_RUN
 * @vcpu: the vCPU; its lock is held, the task is one of the VM's process
 *
 * Sleeps.
 *
 * Return: 0 with the reason in the run page; -EINTR because of a signal or
 * immediate_exit; -EINVAL if the run page holds what no CPU can have; -EFAULT if
 * the guest's memory cannot be had; -EIO if there is no VMX any more.
 */
int vtx_vcpu_run(struct vtx_vcpu *vcpu)
{
	sigset_t saved;
	int ret, err;

	if (vcpu->sigset_active)
		sigprocmask(SIG_SETMASK, &vcpu->sigset, &saved);
	vcpu->has_run = true;
	if (unlikely(vcpu->yield.pid != task_pid(current)))
		vtx_yield_thread_changed(&vcpu->yield);

	ret = run(vcpu);
	if (ret == SHOWN) {
		ret = 0;
	} else {
		err = load_and_show(vcpu);
		if (!ret)
			ret = err;
	}
	vcpu->stats.user_exits++;

	if (vcpu->sigset_active)
		sigprocmask(SIG_SETMASK, &saved, NULL);
	return ret;
}
