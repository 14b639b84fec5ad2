/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into the guest and back.
 *
 *   vtx_host_park()	the inner loop begins: remember what VM exits destroy
 *     vtx_enter()	one VM entry and the exit that ends it
 *     vtx_exit_*()	what the exit was about, read when asked for
 *     vtx_open_interrupt_window()
 *   vtx_host_unpark()	the inner loop ends: put the host's state back
 *
 * All of it between vtx_vmcs_load() and vtx_vmcs_put().
 */
#ifndef VTX_ARCH_X86_VMX_ENTER_H
#define VTX_ARCH_X86_VMX_ENTER_H

#include <linux/irqflags.h>
#include <linux/types.h>

#include "arch-x86/vmx/exit_reasons.h"
#include "arch-x86/vmx/vmcs.h"

/* The general-purpose registers, as instructions and exits number them. */
enum vtx_gpr {
	VTX_RAX, VTX_RCX, VTX_RDX, VTX_RBX, VTX_RSP, VTX_RBP, VTX_RSI, VTX_RDI,
	VTX_R8, VTX_R9, VTX_R10, VTX_R11, VTX_R12, VTX_R13, VTX_R14, VTX_R15,
	VTX_NR_GPRS
};

/**
 * struct vtx_regs - a guest's general-purpose registers
 * @gpr: indexed by enum vtx_gpr.  RSP is the VMCS's: the switch neither loads
 *	nor saves it here, the slot is for whoever caches it.
 */
struct vtx_regs {
	u64	gpr[VTX_NR_GPRS];
};

/**
 * struct vtx_debug_regs - a guest's debug registers, but for DR7
 * @db: DR0 to DR3
 * @dr6: DR6
 */
struct vtx_debug_regs {
	u64	db[4];
	u64	dr6;
};

/**
 * struct vtx_context - what a VM entry has to switch and VT-x does not
 * @regs: the guest's registers
 * @host_rsp: (s) what HOST_RSP holds; 0 after vtx_vmcs_init()
 * @spec_ctrl: the guest's IA32_SPEC_CTRL
 * @host_spec_ctrl: (s) the host's
 * @cr2: the guest's CR2
 * @xcr0: the guest's XCR0; 0 as long as it is the host's, or has no effect
 * @debug: the guest's debug registers
 * @spec_ctrl_direct: the guest writes IA32_SPEC_CTRL without an exit
 * @debug_direct: the guest has the debug registers to itself (no MOV-DR
 *	exiting): load them before entry, save them after exit
 * @host_ran: (s) other code of the host ran since the last entry: it has left in
 *	the cache what the guest may not see, and RCU may wait for this CPU
 *
 * (s) the switch's own; all else is the owner's while the guest does not run
 */
struct vtx_context {
	struct vtx_regs		regs;
	unsigned long		host_rsp;
	u64			spec_ctrl;
	u64			host_spec_ctrl;
	u64			cr2;
	u64			xcr0;
	struct vtx_debug_regs	debug;
	bool			spec_ctrl_direct;
	bool			debug_direct;
	bool			host_ran;
};

/**
 * struct vtx_host - host state that VM exits destroy, to be put back later
 * @ds: selector
 * @es: selector
 * @fs: selector
 * @gs: selector
 * @selectors: these four, of which mostly none is set
 * @ldt: selector
 * @debugctl: IA32_DEBUGCTL
 * @xcr0: XCR0, if the guest has another one
 */
struct vtx_host {
	union {
		struct {
			u16	ds, es, fs, gs;
		};
		u64	selectors;
	};
	u16	ldt;
	u64	debugctl;
	u64	xcr0;
};

/**
 * struct vtx_exit - a VM exit: its reason, and what else has been asked for
 * @reason: the exit-reason field
 * @have: which of the following have been read, see vtx_exit_read()
 * @value: what they hold
 */
struct vtx_exit {
	u32	reason;
	u32	have;
	u64	value[VTX_NR_EXIT_FIELDS];
};

/**
 * enum vtx_entry - how an attempt to enter the guest ended
 * @VTX_ENTRY_EXITED: with a VM exit, or an entry failure that looks like one
 *	(bit 31 of the reason)
 * @VTX_ENTRY_VMFAIL: not entered; vtx_entry_error() says why
 * @VTX_ENTRY_FAULT: VMX is off, which happens when the machine goes down
 * @VTX_ENTRY_NOT_LOADED: the VMCS was taken off this CPU, as VMX went off
 */
enum vtx_entry {
	VTX_ENTRY_EXITED	= 0,
	VTX_ENTRY_VMFAIL	= 1,
	VTX_ENTRY_FAULT		= 2,
	VTX_ENTRY_NOT_LOADED	= 3,
};

void vtx_host_park(struct vtx_vmcs *vmcs, struct vtx_context *context,
		   struct vtx_host *host);
void vtx_host_unpark(struct vtx_context *context, const struct vtx_host *host);
void vtx_set_guest_xcr0(struct vtx_context *context, struct vtx_host *host,
			u64 xcr0);
enum vtx_entry vtx_enter(struct vtx_vmcs *vmcs, struct vtx_context *context,
			 const struct vtx_host *host, struct vtx_exit *exit);

/**
 * vtx_exit_basic() - basic exit reason
 * @exit: the exit
 *
 * Return: the reason, of which VTX_EXIT_REASONS need not have a row.
 */
static __always_inline enum vtx_exit_reason
vtx_exit_basic(const struct vtx_exit *exit)
{
	return exit->reason & VTX_EXIT_BASIC_MASK;
}

/**
 * vtx_exit_read() - a field of VM-exit information, read at most once
 * @exit: the exit, whose VMCS is current
 * @which: the field
 *
 * Return: what the field holds.
 */
static inline u64 vtx_exit_read(struct vtx_exit *exit,
				enum vtx_exit_field which)
{
	if (!(exit->have & BIT(which))) {
		exit->value[which] =
			vtx_vmcs_read(vtx_exit_field_encoding(which));
		exit->have |= BIT(which);
	}
	return exit->value[which];
}

/* vtx_exit_qualification(), _gpa(), _gla(), _intr_info() and so on. */
#define VTX_EXIT_GETTER(name, NAME, type, field)			\
static inline type vtx_exit_##name(struct vtx_exit *exit)		\
{									\
	return vtx_exit_read(exit, VTX_EXIT_FIELD_##NAME);		\
}

VTX_EXIT_FIELDS(VTX_EXIT_GETTER)
#undef VTX_EXIT_GETTER

/**
 * vtx_entry_error() - why the entry failed with VTX_ENTRY_VMFAIL
 *
 * Return: the VM-instruction error number, see vtx_insn_error_name().
 */
static inline u32 vtx_entry_error(void)
{
	return vmcs_read32(VMCS_EXIT_VM_INSTRUCTION_ERROR);
}

/**
 * vtx_open_interrupt_window() - let the host take what it has been sent
 * @context: the guest's
 *
 * Interrupts are off.  External interrupts end the guest's run but stay pending
 * (no "acknowledge interrupt on exit"): opening the window lets the CPU deliver
 * them through the host's IDT, as if the guest were any other code.
 */
static inline void vtx_open_interrupt_window(struct vtx_context *context)
{
	local_irq_enable();
	/* STI blocks interrupts for one more instruction. */
	asm volatile("nop");
	local_irq_disable();
	context->host_ran = true;
}

#endif /* VTX_ARCH_X86_VMX_ENTER_H */
