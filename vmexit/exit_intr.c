// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits because of interrupts, NMIs, exceptions, and windows for them.
 */
#include "module/compat.h"

#include <linux/bitfield.h>

#include <asm/trapnr.h>

#include "arch-x86/debug.h"
#include "arch-x86/event.h"
#include "vmexit/exit.h"
#include "vmexit/emulate.h"

/* The host's interrupt: let the host have it. */
enum vtx_result exit_extint(struct vtx_vcpu *vcpu)
{
	vcpu->stats.irq_exits++;
	vtx_open_interrupt_window(&vcpu->context);
	return VTX_RESUME;
}

enum vtx_result exit_intr_window(struct vtx_vcpu *vcpu)
{
	vcpu->stats.irq_window_exits++;
	vmcs_set32(VMCS_CTRL_PROC_BASED, 0, VTX_CONTROL(INTR_WINDOW_EXITING));
	vcpu->event.look = true;
	return VTX_RESUME;
}

enum vtx_result exit_nmi_window(struct vtx_vcpu *vcpu)
{
	vcpu->stats.nmi_window_exits++;
	vmcs_set32(VMCS_CTRL_PROC_BASED, 0, VTX_CONTROL(NMI_WINDOW_EXITING));
	vcpu->event.look = true;
	return VTX_RESUME;
}

/*
 * An exception or NMI.  vtx_enter() has handed NMIs and machine checks to the
 * host.
 */
enum vtx_result exit_exception(struct vtx_vcpu *vcpu)
{
	u32 info = vtx_exit_intr_info(&vcpu->exit);
	u8 vector = FIELD_GET(VTX_INTR_VECTOR, info);

	if (FIELD_GET(VTX_INTR_TYPE, info) == VTX_INTR_NMI) {
		vcpu->stats.nmi_exits++;
		return VTX_RESUME;
	}
	/* SDM 3C "Information About NMI Unblocking Due to IRET" */
	if ((info & VTX_INTR_NMI_UNBLOCKING) && vector != X86_TRAP_DF &&
	    !(vtx_exit_idt_info(&vcpu->exit) & VTX_INTR_VALID))
		vmcs_set32(VMCS_GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_NMI, 0);

	switch (vector) {
	case X86_TRAP_MC:
		return VTX_RESUME;
	case X86_TRAP_UD:
		return vtx_emulate_ud(vcpu);
	case X86_TRAP_AC:
		/* It exits only so that its delivery cannot go on for ever. */
		vtx_event_queue_error(vcpu, vector,
				      vtx_exit_intr_error(&vcpu->exit));
		return VTX_REPEAT;
	case X86_TRAP_DB:
	case X86_TRAP_BP:
		return vtx_debug_exception(vcpu, vector);
	}
	return exit_unexpected(vcpu);
}
