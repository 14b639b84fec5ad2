// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_GET_ and KVM_SET_VCPU_EVENTS, KVM_INTERRUPT, KVM_NMI and the like.
 *
 * The ABI has no place for an exception that has not been put into CR2 or DR6
 * yet (KVM_CAP_EXCEPTION_PAYLOAD is not offered): getting the events puts it
 * there, and shows the exception as one whose delivery was begun.
 */
#include "module/compat.h"

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/string.h>

#include <asm/trapnr.h>

#include "arch-x86/debug.h"
#include "arch-x86/event.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/state_event.h"
#include "arch-x86/vcpu.h"

/* The flags of a CPU without SMM and the later capabilities. */
#define FLAGS_KNOWN	(KVM_VCPUEVENT_VALID_NMI_PENDING |	\
			 KVM_VCPUEVENT_VALID_SIPI_VECTOR |	\
			 KVM_VCPUEVENT_VALID_SHADOW |		\
			 KVM_VCPUEVENT_VALID_SMM)
#define FLAGS_SHOWN	(KVM_VCPUEVENT_VALID_NMI_PENDING |	\
			 KVM_VCPUEVENT_VALID_SHADOW |		\
			 KVM_VCPUEVENT_VALID_SMM)

#define NR_EXCEPTIONS	32

/* What the VMCS has. */
static void get_interruptibility(struct kvm_vcpu_events *events)
{
	u32 blocked = vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);

	if (blocked & VTX_BLOCKED_BY_STI)
		events->interrupt.shadow |= KVM_X86_SHADOW_INT_STI;
	if (blocked & VTX_BLOCKED_BY_MOV_SS)
		events->interrupt.shadow |= KVM_X86_SHADOW_INT_MOV_SS;
	events->nmi.masked = !!(blocked & VTX_BLOCKED_BY_NMI);
}

static void get_exception(struct vtx_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	const struct vtx_exception *exception = &vcpu->event.exception;

	vtx_event_put_payload(vcpu);
	/*
	 * One of an instruction's own would need the instruction's length, for
	 * which there is no place: the guest executes it again.
	 */
	if (exception->soft || exception->priv)
		return;
	events->exception.injected = exception->pending || exception->injected;
	events->exception.pending = exception->pending;
	events->exception.nr = exception->vector;
	events->exception.has_error_code = exception->has_error;
	events->exception.error_code = exception->error;
}

/**
 * vtx_get_vcpu_events() - KVM_GET_VCPU_EVENTS
 * @vcpu: the vCPU
 * @events: receives what is on its way, and what is blocked
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_get_vcpu_events(struct vtx_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	struct vtx_event *event = &vcpu->event;
	int err;

	memset(events, 0, sizeof(*events));
	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	get_interruptibility(events);
	events->nmi.pending = vtx_event_nmis(event,
					atomic_read(&event->nmi_requests));
	vtx_vcpu_put(vcpu);

	get_exception(vcpu, events);
	events->interrupt.injected = event->interrupt_injected &&
				     !event->interrupt_soft;
	events->interrupt.nr = event->interrupt_vector;
	events->nmi.injected = event->nmi_injected;
	events->flags = FLAGS_SHOWN;
	return 0;
}

static bool events_valid(const struct kvm_vcpu_events *events)
{
	if (events->flags & ~FLAGS_KNOWN)
		return false;
	if (events->exception.injected &&
	    (events->exception.nr >= NR_EXCEPTIONS ||
	     events->exception.nr == X86_TRAP_NMI))
		return false;
	return !(events->flags & KVM_VCPUEVENT_VALID_SMM) ||
	       !(events->smi.smm || events->smi.pending);
}

/* The vCPU is loaded. */
static void set_interruptibility(struct vtx_vcpu *vcpu,
				 const struct kvm_vcpu_events *events)
{
	u32 blocked = vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);

	if (events->flags & KVM_VCPUEVENT_VALID_SHADOW) {
		blocked &= ~VTX_SHADOW;
		/* VM entry takes one of them, not both. */
		if (events->interrupt.shadow & KVM_X86_SHADOW_INT_MOV_SS)
			blocked |= VTX_BLOCKED_BY_MOV_SS;
		else if (events->interrupt.shadow & KVM_X86_SHADOW_INT_STI)
			blocked |= VTX_BLOCKED_BY_STI;
	}
	blocked &= ~VTX_BLOCKED_BY_NMI;
	if (events->nmi.masked)
		blocked |= VTX_BLOCKED_BY_NMI;
	vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY, blocked);
	vtx_debug_fix_pending(vcpu);
	/* What was to go in with the next entry is chosen anew. */
	vmcs_write32(VMCS_CTRL_ENTRY_INTR_INFO, 0);
}

/**
 * vtx_set_vcpu_events() - KVM_SET_VCPU_EVENTS
 * @vcpu: the vCPU
 * @events: what is on its way, and what is blocked.  NMIs that wait are set with
 *	KVM_VCPUEVENT_VALID_NMI_PENDING only, the shadow of STI and MOV SS with
 *	KVM_VCPUEVENT_VALID_SHADOW only.
 *
 * Return: 0; -EINVAL, with nothing changed, for other flags than those of
 * KVM_VCPUEVENT_VALID_*, an exception that does not exist, or SMM; -EIO if there
 * is no VMX any more.
 */
int vtx_set_vcpu_events(struct vtx_vcpu *vcpu,
			const struct kvm_vcpu_events *events)
{
	struct vtx_event *event = &vcpu->event;
	int err;

	if (!events_valid(events))
		return -EINVAL;
	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	set_interruptibility(vcpu, events);
	vtx_vcpu_put(vcpu);

	event->exception = (struct vtx_exception){
		.injected	= events->exception.injected,
		.vector		= events->exception.nr & (NR_EXCEPTIONS - 1),
		.has_error	= events->exception.has_error_code,
		.error		= events->exception.error_code,
	};
	event->interrupt_injected = events->interrupt.injected;
	event->interrupt_soft = events->interrupt.soft;
	event->interrupt_vector = events->interrupt.nr;
	event->nmi_injected = events->nmi.injected;
	if (events->flags & KVM_VCPUEVENT_VALID_NMI_PENDING) {
		event->nmi_pending = 0;
		atomic_set(&event->nmi_requests, events->nmi.pending);
	}
	if (vcpu->lapic && (events->flags & KVM_VCPUEVENT_VALID_SIPI_VECTOR))
		WRITE_ONCE(vcpu->lapic->start_vector, events->sipi_vector);
	event->armed = VTX_ARMED_NOTHING;
	event->look = true;
	return 0;
}

static int user_pic_interrupt(struct vtx_vcpu *vcpu, u8 vector)
{
	struct vtx_event *event = &vcpu->event;

	if (!vcpu->irqchip->split)
		return -ENXIO;
	if (event->extint_pending)
		return -EEXIST;
	event->extint_pending = true;
	event->extint_vector = vector;
	event->look = true;
	return 0;
}

/**
 * vtx_interrupt() - KVM_INTERRUPT
 * @vcpu: the vCPU
 * @interrupt: the vector
 *
 * The interrupt goes in when the guest lets it; run->ready_for_interrupt_injection
 * says beforehand whether that is at once.
 *
 * With local APICs in the kernel it is an interrupt of user space's PIC, and goes
 * in when the local APIC lets such pass.
 *
 * Return: 0; -EINVAL for a vector above 255; -ENXIO if the PIC is the kernel's;
 * -EEXIST if one is on its way.
 */
int vtx_interrupt(struct vtx_vcpu *vcpu, const struct kvm_interrupt *interrupt)
{
	struct vtx_event *event = &vcpu->event;

	if (interrupt->irq >= KVM_NR_INTERRUPTS)
		return -EINVAL;
	if (vcpu->lapic)
		return user_pic_interrupt(vcpu, interrupt->irq);
	if (event->interrupt_injected)
		return -EEXIST;
	event->interrupt_injected = true;
	event->interrupt_soft = false;
	event->interrupt_vector = interrupt->irq;
	event->look = true;
	return 0;
}

/**
 * vtx_nmi() - KVM_NMI
 * @vcpu: the vCPU
 *
 * One NMI may wait while another is being handled; more are lost.
 *
 * Return: 0.
 */
int vtx_nmi(struct vtx_vcpu *vcpu)
{
	vtx_event_nmi(vcpu);
	return 0;
}
