// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an exit to its handler.
 *
 * A switch with direct calls, expanded from the list of exit reasons: kernels
 * with retpolines are built without jump tables, so that there is no indirect
 * branch for a guest to train.
 */
#include "module/compat.h"

#include <linux/bits.h>

#include "arch-x86/event.h"
#include "arch-x86/vmx/trace.h"
#include "vmexit/dispatch.h"
#include "vmexit/exit.h"

/*
 * The exits that can come in the middle of an event's delivery.  A task switch
 * can too, but is itself what the event leads to: its handler looks.
 */
#define MAY_INTERRUPT_DELIVERY	(BIT_ULL(VTX_EXIT_EXCEPTION_NMI) |	\
				 BIT_ULL(VTX_EXIT_APIC_ACCESS) |	\
				 BIT_ULL(VTX_EXIT_EPT_VIOLATION) |	\
				 BIT_ULL(VTX_EXIT_EPT_MISCONFIG) |	\
				 BIT_ULL(VTX_EXIT_PML_FULL))

static bool may_interrupt_delivery(enum vtx_exit_reason reason)
{
	return reason < 64 && (BIT_ULL(reason) & MAY_INTERRUPT_DELIVERY);
}

/* What was on its way in has arrived, or has to be sent again. */
static void settle_events(struct vtx_vcpu *vcpu, enum vtx_exit_reason reason)
{
	struct vtx_exit *exit = &vcpu->exit;
	u32 idt_info;

	if (vcpu->event.armed)
		vtx_event_take_back(vcpu);
	if (!may_interrupt_delivery(reason))
		return;
	idt_info = vtx_exit_idt_info(exit);
	if (unlikely(idt_info & VTX_INTR_VALID))
		vtx_event_requeue(vcpu, idt_info, vtx_exit_idt_error(exit),
				  vtx_exit_insn_length(exit));
}

static enum vtx_result handle(struct vtx_vcpu *vcpu,
			      enum vtx_exit_reason reason, bool *insn)
{
	/* Ahead of the switch, which is a tree of comparisons. */
#define DISPATCH_OFTEN(number, name, handler, flags)			\
	if (((flags) & VTX_EXIT_OFTEN) && reason == VTX_EXIT_##name) {	\
		*insn = (flags) & VTX_EXIT_INSN;			\
		return exit_##handler(vcpu);				\
	}
	VTX_EXIT_REASONS(DISPATCH_OFTEN)
#undef DISPATCH_OFTEN

	switch (reason) {
#define DISPATCH_CASE(number, name, handler, flags)	\
	case VTX_EXIT_##name:				\
		*insn = (flags) & VTX_EXIT_INSN;	\
		return exit_##handler(vcpu);
	VTX_EXIT_REASONS(DISPATCH_CASE)
#undef DISPATCH_CASE
	default:
		*insn = false;
		return exit_unexpected(vcpu);
	}
}

/**
 * vtx_dispatch() - handle the VM exit that has just happened
 * @vcpu: the vCPU, in the inner loop, interrupts off
 *
 * Return: what next.
 */
enum vtx_result vtx_dispatch(struct vtx_vcpu *vcpu)
{
	enum vtx_exit_reason reason = vtx_exit_basic(&vcpu->exit);
	enum vtx_result result;
	bool insn;

	vcpu->stats.exits[reason % VTX_EXIT_COUNTERS]++;
	if (trace_vtx_exit_enabled())
		trace_vtx_exit(vcpu->id, vcpu->exit.reason,
			       vmcs_readl(VMCS_GUEST_RIP),
			       vtx_exit_qualification(&vcpu->exit));

	if (unlikely(vcpu->exit.reason & VTX_EXIT_ENTRY_FAILED))
		return exit_entry_failed(vcpu);

	settle_events(vcpu, reason);
	result = handle(vcpu, reason, &insn);
	if (result == VTX_RESUME && insn)
		result = vtx_vcpu_skip(vcpu);
	return result;
}
