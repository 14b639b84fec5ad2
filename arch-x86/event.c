// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting exceptions, interrupts and NMIs into a guest.
 *
 * At most one event goes in with an entry.  In this order:
 *
 *   1. an exception, first one that an exit interrupted in its delivery
 *   2. an NMI or interrupt that an exit interrupted
 *   3. an interrupt of KVM_INTERRUPT's
 *   4. an NMI
 *   5. an interrupt of the PIC's or the local APIC's, which is acknowledged then
 *      and not before, and thereby becomes injected
 *
 * What cannot go in yet waits for a window: the CPU exits as soon as it can.
 * After the exit, whatever went in has been delivered, unless the
 * IDT-vectoring information says otherwise; then it is queued again (SDM 3C
 * "Information for VM Exits During Event Delivery").
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>

#include <asm/debugreg.h>
#include <asm/processor-flags.h>

#include "arch-x86/debug.h"
#include "arch-x86/event.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/irqchip/pic_dev.h"
#include "arch-x86/vcpu.h"

/* In pending debug exceptions: a breakpoint was met.  No bit of DR6. */
#define PENDING_BREAKPOINT	BIT_ULL(12)

/* SDM 3A "Interrupt 8 - Double Fault Exception (#DF)": the classes. */
#define CONTRIBUTORY	(BIT(X86_TRAP_DE) | BIT(X86_TRAP_TS) |	\
			 BIT(X86_TRAP_NP) | BIT(X86_TRAP_SS) |	\
			 BIT(X86_TRAP_GP))

/* Two exceptions at once: is this a double fault? */
static bool doubles(u8 first, u8 second)
{
	if (BIT(first) & CONTRIBUTORY)
		return BIT(second) & CONTRIBUTORY;
	return first == X86_TRAP_PF &&
	       (second == X86_TRAP_PF || (BIT(second) & CONTRIBUTORY));
}

static void queue(struct vtx_vcpu *vcpu, const struct vtx_exception *new)
{
	struct vtx_exception *old = &vcpu->event.exception;

	vcpu->event.look = true;
	if (!old->pending && !old->injected) {
		*old = *new;
		return;
	}
	if (old->vector == X86_TRAP_DF) {
		*old = (struct vtx_exception){ };
		vcpu->event.triple_fault = true;
		return;
	}
	/* Otherwise the first comes again when the second has been handled. */
	if (doubles(old->vector, new->vector))
		*old = (struct vtx_exception){
			.pending = true, .vector = X86_TRAP_DF, .has_error = true,
		};
	else
		*old = *new;
}

/**
 * vtx_event_queue() - queue an exception without an error code
 * @vcpu: the vCPU, the caller's own
 * @vector: its vector
 */
void vtx_event_queue(struct vtx_vcpu *vcpu, u8 vector)
{
	queue(vcpu, &(struct vtx_exception){
		.pending = true, .vector = vector,
	});
}

/**
 * vtx_event_queue_error() - queue an exception with an error code
 * @vcpu: the vCPU, the caller's own
 * @vector: its vector
 * @error: the error code
 */
void vtx_event_queue_error(struct vtx_vcpu *vcpu, u8 vector, u32 error)
{
	queue(vcpu, &(struct vtx_exception){
		.pending = true, .vector = vector, .has_error = true,
		.error = error,
	});
}

/**
 * vtx_event_queue_pf() - queue a page fault
 * @vcpu: the vCPU, the caller's own
 * @cr2: the linear address; gets into CR2 when the fault is delivered
 * @error: the error code
 */
void vtx_event_queue_pf(struct vtx_vcpu *vcpu, u64 cr2, u32 error)
{
	queue(vcpu, &(struct vtx_exception){
		.pending = true, .vector = X86_TRAP_PF, .has_error = true,
		.error = error, .has_payload = true, .payload = cr2,
	});
}

/**
 * vtx_event_queue_db() - queue a debug exception
 * @vcpu: the vCPU, the caller's own
 * @dr6: what happened, in the format of the pending debug exceptions: bit 16
 *	means RTM, not its absence
 */
void vtx_event_queue_db(struct vtx_vcpu *vcpu, u64 dr6)
{
	queue(vcpu, &(struct vtx_exception){
		.pending = true, .vector = X86_TRAP_DB, .has_payload = true,
		.payload = dr6,
	});
}

/**
 * vtx_event_put_payload() - do to CR2 or DR6 what the exception does to it
 * @vcpu: the vCPU, the caller's own
 *
 * When the exception is delivered, or when user space wants to see the
 * registers before that.
 */
void vtx_event_put_payload(struct vtx_vcpu *vcpu)
{
	struct vtx_exception *exception = &vcpu->event.exception;
	u64 *dr6 = &vcpu->context.debug.dr6;

	if (!exception->has_payload)
		return;
	exception->has_payload = false;
	if (exception->vector == X86_TRAP_PF) {
		vcpu->context.cr2 = exception->payload;
		return;
	}
	/* SDM 3B "Debug Status Register (DR6)": B0-B3 are cleared, others stay. */
	*dr6 &= ~(u64)DR_TRAP_BITS;
	*dr6 |= VTX_DR6_FIXED | exception->payload;
	/* A payload says RTM, DR6 says its absence. */
	*dr6 ^= exception->payload & VTX_DR6_RTM;
	*dr6 &= ~PENDING_BREAKPOINT;
}

/**
 * vtx_event_nmi() - an NMI for the vCPU
 * @vcpu: the vCPU; anybody's
 */
void vtx_event_nmi(struct vtx_vcpu *vcpu)
{
	atomic_inc(&vcpu->event.nmi_requests);
	vtx_vcpu_request(vcpu, VTX_REQ_EVENT);
}

/**
 * vtx_event_nmis() - how many NMIs wait
 * @event: of a vCPU that is loaded
 * @more: how many have come since @event was told
 *
 * One may wait while another is being handled; more are lost.
 *
 * Return: at most two.
 */
u8 vtx_event_nmis(const struct vtx_event *event, u32 more)
{
	bool handled = event->nmi_injected ||
		       (vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY) &
			VTX_BLOCKED_BY_NMI);

	return min(event->nmi_pending + more, handled ? 1U : 2U);
}

/**
 * vtx_event_interrupt_allowed() - could an interrupt be delivered now?
 * @vcpu: the vCPU, loaded
 *
 * Return: true if the guest has interrupts enabled and not blocked.
 */
bool vtx_event_interrupt_allowed(struct vtx_vcpu *vcpu)
{
	return (vmcs_readl(VMCS_GUEST_RFLAGS) & X86_EFLAGS_IF) &&
	       !(vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY) & VTX_SHADOW);
}

/**
 * vtx_event_user_may_inject() - may user space inject an interrupt now?
 * @vcpu: the vCPU, loaded; user space has to do with its interrupts
 *
 * Return: true if one would go in with the next entry.
 */
bool vtx_event_user_may_inject(struct vtx_vcpu *vcpu)
{
	const struct vtx_event *event = &vcpu->event;

	return !event->interrupt_injected && !event->extint_pending &&
	       !event->exception.pending && !event->exception.injected &&
	       !event->nmi_injected &&
	       !(vcpu->debug.control & KVM_GUESTDBG_BLOCKIRQ) &&
	       vtx_event_interrupt_allowed(vcpu);
}

/**
 * vtx_event_take_back() - what went in with an entry has been delivered
 * @vcpu: the vCPU, the caller's own
 *
 * After a VM exit.
 */
void vtx_event_take_back(struct vtx_vcpu *vcpu)
{
	struct vtx_event *event = &vcpu->event;

	switch (event->armed) {
	case VTX_ARMED_EXCEPTION:
		event->exception.injected = false;
		break;
	case VTX_ARMED_NMI:
		event->nmi_injected = false;
		break;
	case VTX_ARMED_INTERRUPT:
		event->interrupt_injected = false;
		break;
	case VTX_ARMED_NOTHING:
		break;
	}
	event->armed = VTX_ARMED_NOTHING;
}

/**
 * vtx_event_requeue() - an exit came in the middle of an event's delivery
 * @vcpu: the vCPU, loaded, right after the exit
 * @idt_info: IDT-vectoring information, valid
 * @idt_error: its error code
 * @insn_length: length of the instruction that caused a soft event
 */
void vtx_event_requeue(struct vtx_vcpu *vcpu, u32 idt_info, u32 idt_error,
		       u32 insn_length)
{
	struct vtx_event *event = &vcpu->event;
	u8 vector = FIELD_GET(VTX_INTR_VECTOR, idt_info);
	enum vtx_intr_type type = FIELD_GET(VTX_INTR_TYPE, idt_info);

	event->look = true;
	event->insn_length = insn_length;
	switch (type) {
	case VTX_INTR_NMI:
		event->nmi_injected = true;
		/* Its delivery has blocked NMIs, and will do so again. */
		vmcs_set32(VMCS_GUEST_INTERRUPTIBILITY, 0, VTX_BLOCKED_BY_NMI);
		break;
	case VTX_INTR_EXTERNAL:
	case VTX_INTR_SOFT_INTERRUPT:
		event->interrupt_injected = true;
		event->interrupt_soft = type == VTX_INTR_SOFT_INTERRUPT;
		event->interrupt_vector = vector;
		break;
	default:
		event->exception = (struct vtx_exception){
			.injected	= true,
			.vector		= vector & 31,
			.has_error	= idt_info & VTX_INTR_HAS_ERROR,
			.error		= idt_error,
			.soft		= type == VTX_INTR_SOFT_EXCEPTION,
			.priv		= type == VTX_INTR_PRIV_EXCEPTION,
		};
	}
}

static void arm(struct vtx_vcpu *vcpu, enum vtx_armed what,
		enum vtx_intr_type type, u32 vector)
{
	vcpu->event.armed = what;
	vmcs_write32(VMCS_CTRL_ENTRY_INTR_INFO,
		     VTX_INTR_VALID | FIELD_PREP(VTX_INTR_TYPE, type) | vector);
}

/* An instruction's event returns behind the instruction. */
static void arm_soft(struct vtx_vcpu *vcpu, enum vtx_armed what,
		     enum vtx_intr_type type, u8 vector)
{
	vmcs_write32(VMCS_CTRL_ENTRY_INSTRUCTION_LENGTH,
		     vcpu->event.insn_length);
	arm(vcpu, what, type, vector);
}

/* SDM 3A "Exception Classifications": faults set RF in the saved RFLAGS. */
static bool is_fault(u8 vector)
{
	return !(BIT(vector) & (BIT(X86_TRAP_DB) | BIT(X86_TRAP_NMI) |
				BIT(X86_TRAP_BP) | BIT(X86_TRAP_OF) |
				BIT(X86_TRAP_DF) | BIT(X86_TRAP_MC)));
}

static void deliver(struct vtx_vcpu *vcpu)
{
	struct vtx_exception *exception = &vcpu->event.exception;

	exception->pending = false;
	exception->injected = true;
	vtx_event_put_payload(vcpu);
	if (is_fault(exception->vector))
		vmcs_writel(VMCS_GUEST_RFLAGS,
			    vmcs_readl(VMCS_GUEST_RFLAGS) | X86_EFLAGS_RF);
	if (exception->vector == X86_TRAP_DB)
		vtx_debug_delivered(vcpu);
	vcpu->stats.exceptions_injected++;
}

static void inject_exception(struct vtx_vcpu *vcpu)
{
	struct vtx_exception *exception = &vcpu->event.exception;
	u32 info = exception->vector;

	if (exception->soft || exception->priv) {
		arm_soft(vcpu, VTX_ARMED_EXCEPTION,
			 exception->soft ? VTX_INTR_SOFT_EXCEPTION :
					   VTX_INTR_PRIV_EXCEPTION,
			 exception->vector);
		return;
	}
	/* Real mode has no error codes, and VM entry knows that. */
	if (exception->has_error &&
	    (vmcs_readl(VMCS_GUEST_CR0) & X86_CR0_PE)) {
		vmcs_write32(VMCS_CTRL_ENTRY_EXCEPTION_ERROR_CODE,
			     exception->error & GENMASK(15, 0));
		info |= VTX_INTR_HAS_ERROR;
	}
	arm(vcpu, VTX_ARMED_EXCEPTION, VTX_INTR_EXCEPTION, info);
}

static void inject_interrupt(struct vtx_vcpu *vcpu)
{
	struct vtx_event *event = &vcpu->event;

	vcpu->stats.irq_injections++;
	if (event->interrupt_soft)
		arm_soft(vcpu, VTX_ARMED_INTERRUPT, VTX_INTR_SOFT_INTERRUPT,
			 event->interrupt_vector);
	else
		arm(vcpu, VTX_ARMED_INTERRUPT, VTX_INTR_EXTERNAL,
		    event->interrupt_vector);
}

static void inject_nmi(struct vtx_vcpu *vcpu)
{
	vcpu->stats.nmi_injections++;
	arm(vcpu, VTX_ARMED_NMI, VTX_INTR_NMI, X86_TRAP_NMI);
}

static bool nmi_allowed(void)
{
	return !(vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY) &
		 (VTX_SHADOW | VTX_BLOCKED_BY_NMI));
}

static bool external_may_go(struct vtx_vcpu *vcpu)
{
	return vtx_event_interrupt_allowed(vcpu) &&
	       !(vcpu->debug.control & KVM_GUESTDBG_BLOCKIRQ);
}

static bool interrupt_may_go(struct vtx_vcpu *vcpu)
{
	return vcpu->event.interrupt_soft || external_may_go(vcpu);
}

/* User space has acknowledged its PIC's itself. */
static u8 take_extint(struct vtx_vcpu *vcpu)
{
	if (!vcpu->event.extint_pending)
		return vtx_pic_acknowledge(vcpu->irqchip);
	vcpu->event.extint_pending = false;
	return vcpu->event.extint_vector;
}

/* Nothing else is on its way: take an interrupt, of the PIC's first. */
static void take_interrupt(struct vtx_vcpu *vcpu)
{
	struct vtx_event *event = &vcpu->event;
	int vector = vtx_vcpu_interrupt(vcpu);

	if (vector < 0 || !external_may_go(vcpu))
		return;
	if (unlikely(vector == VTX_EXTINT))
		vector = take_extint(vcpu);
	else
		vtx_lapic_accept(vcpu->lapic, vector);
	event->interrupt_injected = true;
	event->interrupt_soft = false;
	event->interrupt_vector = vector;
	inject_interrupt(vcpu);
}

/* Put the first in order into the VMCS, if anything may go. */
static void arm_next(struct vtx_vcpu *vcpu)
{
	struct vtx_event *event = &vcpu->event;

	if (event->exception.injected) {
		inject_exception(vcpu);
	} else if (event->exception.pending) {
		deliver(vcpu);
		inject_exception(vcpu);
	} else if (event->nmi_injected) {
		inject_nmi(vcpu);
	} else if (event->interrupt_injected && interrupt_may_go(vcpu)) {
		inject_interrupt(vcpu);
	} else if (event->nmi_pending && nmi_allowed()) {
		event->nmi_pending--;
		event->nmi_injected = true;
		inject_nmi(vcpu);
	} else if (!event->interrupt_injected) {
		take_interrupt(vcpu);
	}
}

/* Does an interrupt wait that did not go? */
static bool interrupt_waits(struct vtx_vcpu *vcpu)
{
	const struct vtx_event *event = &vcpu->event;

	if (vcpu->debug.control & KVM_GUESTDBG_BLOCKIRQ)
		return false;
	if (event->interrupt_injected && event->armed != VTX_ARMED_INTERRUPT)
		return true;
	return vtx_vcpu_interrupt(vcpu) >= 0;
}

/**
 * vtx_event_inject() - put the next event into the VMCS
 * @vcpu: the vCPU, loaded, about to be entered; interrupts are off
 *
 * Called when event.look is set.  It is clear afterwards: what is left will be
 * announced by a window.
 *
 * Return: false if the guest has had a triple fault and must not be entered.
 */
bool vtx_event_inject(struct vtx_vcpu *vcpu)
{
	struct vtx_event *event = &vcpu->event;

	if (unlikely(event->triple_fault))
		return false;
	if (atomic_read(&event->nmi_requests))
		event->nmi_pending = vtx_event_nmis(event,
				atomic_xchg(&event->nmi_requests, 0));

	event->look = false;
	arm_next(vcpu);

	if (event->nmi_pending ||
	    (event->nmi_injected && event->armed != VTX_ARMED_NMI))
		vmcs_set32(VMCS_CTRL_PROC_BASED,
			   VTX_CONTROL(NMI_WINDOW_EXITING), 0);
	if (interrupt_waits(vcpu))
		vmcs_set32(VMCS_CTRL_PROC_BASED,
			   VTX_CONTROL(INTR_WINDOW_EXITING), 0);
	return true;
}
