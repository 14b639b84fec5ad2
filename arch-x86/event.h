/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions, interrupts and NMIs on their way into a guest.
 *
 *   queued    decided, not yet in the VMCS; user space sees it as pending
 *   injected  given to the CPU, which has not said that it was delivered; an
 *             exit in the middle of the delivery gives it back
 *
 * Nothing here sleeps.  All is the vCPU's owner's, but for nmi_requests.
 */
#ifndef VTX_ARCH_X86_EVENT_H
#define VTX_ARCH_X86_EVENT_H

#include <linux/atomic.h>
#include <linux/types.h>

#include <asm/trapnr.h>

struct vtx_vcpu;

/**
 * struct vtx_exception - an exception on its way
 * @pending: it waits for the next entry
 * @injected: its delivery was begun, with all its effects on CR2 and DR6
 * @vector: 0 to 31
 * @has_error: it has an error code
 * @has_payload: @payload has not been put into CR2 or DR6 yet
 * @soft: INT3, INTO: VTX_INTR_SOFT_EXCEPTION
 * @priv: INT1: VTX_INTR_PRIV_EXCEPTION
 * @error: its error code
 * @payload: what goes into CR2 (#PF) or DR6 (#DB) when it is delivered
 */
struct vtx_exception {
	bool	pending;
	bool	injected;
	u8	vector;
	bool	has_error;
	bool	has_payload;
	bool	soft;
	bool	priv;
	u32	error;
	u64	payload;
};

/**
 * enum vtx_armed - what goes in with the next entry
 * @VTX_ARMED_NOTHING: nothing
 * @VTX_ARMED_EXCEPTION: the exception
 * @VTX_ARMED_NMI: an NMI
 * @VTX_ARMED_INTERRUPT: the interrupt, INT n included
 */
enum vtx_armed {
	VTX_ARMED_NOTHING,
	VTX_ARMED_EXCEPTION,
	VTX_ARMED_NMI,
	VTX_ARMED_INTERRUPT,
};

/**
 * struct vtx_event - all that is on its way into one vCPU
 * @exception: exception
 * @interrupt_injected: an external interrupt (KVM_INTERRUPT) or INT n
 * @interrupt_soft: it is INT n
 * @interrupt_vector: its vector
 * @extint_pending: user space's PIC has an interrupt for who takes it by ExtINT:
 *	KVM_INTERRUPT, with a local APIC in the kernel
 * @extint_vector: its vector
 * @nmi_injected: an NMI's delivery was begun
 * @nmi_pending: NMIs that wait: at most two, one of which is being handled
 * @nmi_requests: (a) KVM_NMI since the vCPU last looked
 * @insn_length: length of the instruction that caused a soft event
 * @triple_fault: the guest has had one: shut it down
 * @armed: what the VMCS's injection field holds, which goes in with the next
 *	entry
 * @look: something here may have to go in with the next entry
 *
 * (a) atomic, by anybody
 */
struct vtx_event {
	struct vtx_exception	exception;
	bool			interrupt_injected;
	bool			interrupt_soft;
	u8			interrupt_vector;
	bool			extint_pending;
	u8			extint_vector;
	bool			nmi_injected;
	u8			nmi_pending;
	atomic_t		nmi_requests;
	u8			insn_length;
	bool			triple_fault;
	enum vtx_armed		armed;
	bool			look;
};

void vtx_event_queue(struct vtx_vcpu *vcpu, u8 vector);
void vtx_event_queue_error(struct vtx_vcpu *vcpu, u8 vector, u32 error);
void vtx_event_queue_pf(struct vtx_vcpu *vcpu, u64 cr2, u32 error);
void vtx_event_queue_db(struct vtx_vcpu *vcpu, u64 dr6);
void vtx_event_put_payload(struct vtx_vcpu *vcpu);
void vtx_event_requeue(struct vtx_vcpu *vcpu, u32 idt_info, u32 idt_error,
		       u32 insn_length);
void vtx_event_take_back(struct vtx_vcpu *vcpu);
bool vtx_event_inject(struct vtx_vcpu *vcpu);
void vtx_event_nmi(struct vtx_vcpu *vcpu);
u8 vtx_event_nmis(const struct vtx_event *event, u32 more);
bool vtx_event_interrupt_allowed(struct vtx_vcpu *vcpu);
bool vtx_event_user_may_inject(struct vtx_vcpu *vcpu);

/**
 * vtx_event_gp() - queue #GP(0)
 * @vcpu: the vCPU, loaded
 */
static inline void vtx_event_gp(struct vtx_vcpu *vcpu)
{
	vtx_event_queue_error(vcpu, X86_TRAP_GP, 0);
}

/**
 * vtx_event_ud() - queue #UD
 * @vcpu: the vCPU, loaded
 */
static inline void vtx_event_ud(struct vtx_vcpu *vcpu)
{
	vtx_event_queue(vcpu, X86_TRAP_UD);
}

#endif /* VTX_ARCH_X86_EVENT_H */
