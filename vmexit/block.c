// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU that has nothing to do: halted, or not started yet.  It sleeps in
 * KVM_RUN; a halted one may look for a while first, see halt_poll.c.
 *
 * Who has something for it first makes that visible, then calls
 * vtx_vcpu_request(), which wakes it.  The sleeper first says that it sleeps,
 * then looks.
 */
#include "module/compat.h"

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/rcuwait.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>

#include "arch-x86/event.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/startup.h"
#include "arch-x86/vcpu.h"
#include "vmexit/block.h"
#include "vmexit/halt_poll.h"

/**
 * struct accepted - what would end a halt
 * @interrupts: interrupts
 * @nmis: NMIs
 */
struct accepted {
	bool	interrupts;
	bool	nmis;
};

/* Needs the VMCS, and does not change while the vCPU sleeps. */
static int what_ends_it(struct vtx_vcpu *vcpu, struct accepted *accepted)
{
	int err = vtx_vcpu_load(vcpu);

	if (err)
		return err;
	accepted->interrupts = vtx_event_interrupt_allowed(vcpu) &&
			       !(vcpu->debug.control & KVM_GUESTDBG_BLOCKIRQ);
	accepted->nmis = !(vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY) &
			   VTX_BLOCKED_BY_NMI);
	vtx_vcpu_put(vcpu);
	return 0;
}

static bool halt_ends(struct vtx_vcpu *vcpu, const struct accepted *accepted)
{
	const struct vtx_event *event = &vcpu->event;

	if (event->exception.pending || event->exception.injected ||
	    event->nmi_injected || READ_ONCE(vcpu->unhalted))
		return true;
	if (accepted->interrupts &&
	    (event->interrupt_injected || vtx_vcpu_interrupt(vcpu) >= 0))
		return true;
	return accepted->nmis &&
	       (event->nmi_pending || atomic_read(&event->nmi_requests));
}

static bool wakes(struct vtx_vcpu *vcpu, const struct accepted *accepted)
{
	if (vtx_vcpu_startup_asked(vcpu))
		return true;
	return vcpu->mp_state == KVM_MP_STATE_HALTED &&
	       halt_ends(vcpu, accepted);
}

/* Return: true if the halt has ended. */
static bool poll(struct vtx_vcpu *vcpu, const struct accepted *accepted,
		 u64 start)
{
	u64 stop = start + vcpu->halt_poll_ns;
	bool ended;

	vcpu->stats.halt_attempted_poll++;
	do {
		ended = wakes(vcpu, accepted);
		if (ended)
			break;
		cpu_relax();
		/* Only if nobody else wants the CPU. */
	} while (single_task_running() && !need_resched() &&
		 !signal_pending(current) && ktime_get_ns() < stop);

	if (ended) {
		vcpu->stats.halt_successful_poll++;
		vcpu->stats.halt_poll_success_ns += ktime_get_ns() - start;
	} else {
		vcpu->stats.halt_poll_fail_ns += ktime_get_ns() - start;
	}
	return ended;
}

static void sleep(struct vtx_vcpu *vcpu, const struct accepted *accepted)
{
	u64 start = ktime_get_ns();

	prepare_to_rcuwait(&vcpu->wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (wakes(vcpu, accepted) || signal_pending(current))
			break;
		schedule();
	}
	finish_rcuwait(&vcpu->wait);
	vcpu->stats.halt_wait_ns += ktime_get_ns() - start;
}

/* A guest that looks before it halts does not want its host to do so again. */
static bool may_poll(const struct vtx_vcpu *vcpu)
{
	return vcpu->mp_state == KVM_MP_STATE_HALTED &&
	       vcpu->msrs.value[VTX_MSR_SLOT_KVM_POLL_CONTROL] & 1;
}

static void poll_or_sleep(struct vtx_vcpu *vcpu,
			  const struct accepted *accepted)
{
	struct vtx_halt_poll_rule rule;
	u64 start;

	if (!may_poll(vcpu)) {
		sleep(vcpu, accepted);
		return;
	}
	vtx_halt_poll_rule(&rule, READ_ONCE(*vcpu->halt_poll_max));
	vcpu->halt_poll_ns = min(vcpu->halt_poll_ns, rule.max);
	start = ktime_get_ns();
	if (!vcpu->halt_poll_ns || !poll(vcpu, accepted, start))
		sleep(vcpu, accepted);
	/* A signal says nothing about the guest. */
	if (!signal_pending(current))
		vcpu->halt_poll_ns =
			vtx_halt_poll_next(&rule, vcpu->halt_poll_ns,
					   ktime_get_ns() - start);
}

/*
 * Awake: by an INIT or startup IPI, or something that ends a halt, or else a
 * signal, which the caller looks for.
 */
static enum vtx_result woken(struct vtx_vcpu *vcpu,
			     const struct accepted *accepted)
{
	bool uninitialized = vcpu->mp_state == KVM_MP_STATE_UNINITIALIZED;
	int err;

	/*
	 * What asked may have been taken together with what came before, and
	 * the request be left over.  Before arrivals are looked at: a later one
	 * asks anew.
	 */
	vtx_vcpu_test_request(vcpu, VTX_REQ_STARTUP);
	if (vtx_vcpu_startup_asked(vcpu)) {
		err = vtx_startup(vcpu);
		/* User space sees that something has happened, as with KVM. */
		if (!err && uninitialized)
			err = -EAGAIN;
		return err ? vtx_vcpu_error(vcpu, err) : VTX_REPEAT;
	}
	if (vcpu->mp_state == KVM_MP_STATE_HALTED &&
	    halt_ends(vcpu, accepted)) {
		vcpu->mp_state = KVM_MP_STATE_RUNNABLE;
		WRITE_ONCE(vcpu->unhalted, false);
		vcpu->event.look = true;
		vcpu->stats.halt_wakeup++;
	}
	return VTX_REPEAT;
}

/**
 * vtx_block() - sleep until there is something to do
 * @vcpu: the vCPU, not loaded; not RUNNABLE, or asked to start up
 *
 * A slow handler.  Where it was woken by a signal, the vCPU is what it was.
 *
 * Return: VTX_REPEAT; or VTX_ERROR with -EAGAIN if the vCPU was uninitialized
 * and an INIT or startup IPI has come, with -EIO if the VM is dead or there is
 * no VMX any more.
 */
enum vtx_result vtx_block(struct vtx_vcpu *vcpu)
{
	struct accepted accepted = { };
	int err;

	if (vcpu->mp_state == KVM_MP_STATE_HALTED) {
		err = what_ends_it(vcpu, &accepted);
		if (err)
			return vtx_vcpu_error(vcpu, err);
	}
	if (vcpu->mp_state != KVM_MP_STATE_RUNNABLE)
		poll_or_sleep(vcpu, &accepted);
	return woken(vcpu, &accepted);
}
