// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that has nothing to do, or waits for another vCPU.
 */
#include "module/compat.h"

#include <linux/atomic.h>
#include <linux/kvm.h>
#include <linux/sched.h>

#include <asm/processor-flags.h>

#include "arch-x86/debug.h"
#include "arch-x86/event.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/vcpu.h"
#include "vmexit/block.h"
#include "vmexit/exit.h"

/* HLT itself ends the shadow of STI, which may be all that holds an event up. */
static bool something_ends_it(struct vtx_vcpu *vcpu)
{
	const struct vtx_event *event = &vcpu->event;

	if (READ_ONCE(vcpu->unhalted)) {
		WRITE_ONCE(vcpu->unhalted, false);
		return true;
	}
	if ((event->interrupt_injected || vtx_vcpu_interrupt(vcpu) >= 0) &&
	    (vmcs_readl(VMCS_GUEST_RFLAGS) & X86_EFLAGS_IF) &&
	    !(vcpu->debug.control & KVM_GUESTDBG_BLOCKIRQ))
		return true;
	return (event->nmi_pending || atomic_read(&event->nmi_requests)) &&
	       !(vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY) &
		 VTX_BLOCKED_BY_NMI);
}

/* STI before HLT is what user space's PIC may have waited for. */
static bool window_opens(struct vtx_vcpu *vcpu)
{
	return READ_ONCE(vcpu->run->request_interrupt_window) &&
	       vtx_vcpu_has_user_pic(vcpu) && vtx_event_user_may_inject(vcpu);
}

/* RIP is behind HLT: sleep there, in the kernel. */
static enum vtx_result halt_here(struct vtx_vcpu *vcpu)
{
	enum vtx_result result = vtx_vcpu_skip(vcpu);

	/* The guest's single-step trap ends a halt too. */
	if (vcpu->event.exception.pending)
		return result == VTX_USER ? result : VTX_REPEAT;
	vcpu->mp_state = KVM_MP_STATE_HALTED;
	if (result != VTX_RESUME)
		return result;
	if (window_opens(vcpu)) {
		vcpu->run->exit_reason = KVM_EXIT_IRQ_WINDOW_OPEN;
		return VTX_USER;
	}
	return vtx_vcpu_slow(vcpu, vtx_block);
}

/**
 * exit_hlt() - HLT
 * @vcpu: the vCPU
 *
 * Without an interrupt controller in the kernel only user space knows what may
 * end the halt; it finds RIP behind the instruction.
 *
 * Return: VTX_RESUME if something is to be injected, else VTX_SLOW with a local
 * APIC and VTX_USER without.
 */
enum vtx_result exit_hlt(struct vtx_vcpu *vcpu)
{
	vcpu->stats.halt_exits++;
	if (something_ends_it(vcpu)) {
		vcpu->event.look = true;
		return VTX_RESUME;
	}
	if (vtx_vcpu_has_lapic(vcpu))
		return halt_here(vcpu);
	vtx_debug_skip_to_user(vcpu);
	/* The guest's single-step trap, which ends a halt too. */
	if (vcpu->event.exception.pending)
		return VTX_REPEAT;
	vcpu->run->exit_reason = KVM_EXIT_HLT;
	return VTX_USER;
}

/* The inner loop has ended: whoever waits for this CPU may have it. */
static enum vtx_result give_way(struct vtx_vcpu *vcpu)
{
	cond_resched();
	return VTX_REPEAT;
}

/**
 * exit_pause() - PAUSE, again and again (PAUSE-loop exiting)
 * @vcpu: the vCPU
 *
 * It spins on a lock whose holder may wait for this very CPU.
 *
 * Return: VTX_SLOW.
 */
enum vtx_result exit_pause(struct vtx_vcpu *vcpu)
{
	enum vtx_result result = vtx_vcpu_skip(vcpu);

	return result == VTX_RESUME ? vtx_vcpu_slow(vcpu, give_way) : result;
}
