/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a guest stopped: one list of the SDM's basic exit reasons.
 *
 * SDM 3D "VMX Basic Exit Reasons".  A row is the number, the name, the handler
 * (exit_<token>, which only vmexit/ expands) and what the dispatcher does
 * around it:
 *
 *   INSN	an instruction that the handler completes: on success the
 *		dispatcher moves RIP past it
 *   OFTEN	comes so often that the dispatcher asks for it first
 *
 * Handlers that stand for many: "unexpected" for what vtx never asked for, so
 * that its coming is a bug; "ud" for an instruction that the guest does not
 * have; "nop" for one that has nothing to do.  A number without a row does not exist in the SDM.
 */
#ifndef VTX_ARCH_X86_VMX_EXIT_REASONS_H
#define VTX_ARCH_X86_VMX_EXIT_REASONS_H

#include <linux/bits.h>
#include <linux/types.h>

#include "arch-x86/vmx/defs.h"

#define VTX_EXIT_INSN	BIT(0)
#define VTX_EXIT_OFTEN	BIT(1)

#define VTX_EXIT_REASONS(X)						     \
	X(0,  EXCEPTION_NMI,		exception,	0)		     \
	X(1,  EXTERNAL_INTERRUPT,	extint,		0)		     \
	X(2,  TRIPLE_FAULT,		triple_fault,	0)		     \
	X(3,  INIT_SIGNAL,		unexpected,	0)		     \
	X(4,  SIPI,			unexpected,	0)		     \
	X(5,  IO_SMI,			unexpected,	0)		     \
	X(6,  OTHER_SMI,		unexpected,	0)		     \
	X(7,  INTERRUPT_WINDOW,		intr_window,	0)		     \
	X(8,  NMI_WINDOW,		nmi_window,	0)		     \
	X(9,  TASK_SWITCH,		task_switch,	0)		     \
	X(10, CPUID,			cpuid,		VTX_EXIT_INSN)	     \
	X(11, GETSEC,			ud,		0)		     \
	X(12, HLT,			hlt,		VTX_EXIT_INSN)	     \
	X(13, INVD,			nop,		VTX_EXIT_INSN)	     \
	X(14, INVLPG,			unexpected,	0)		     \
	X(15, RDPMC,			rdpmc,		VTX_EXIT_INSN)	     \
	X(16, RDTSC,			unexpected,	0)		     \
	X(17, RSM,			ud,		0)		     \
	X(18, VMCALL,			vmcall,		VTX_EXIT_INSN)	     \
	X(19, VMCLEAR,			ud,		0)		     \
	X(20, VMLAUNCH,			ud,		0)		     \
	X(21, VMPTRLD,			ud,		0)		     \
	X(22, VMPTRST,			ud,		0)		     \
	X(23, VMREAD,			ud,		0)		     \
	X(24, VMRESUME,			ud,		0)		     \
	X(25, VMWRITE,			ud,		0)		     \
	X(26, VMXOFF,			ud,		0)		     \
	X(27, VMXON,			ud,		0)		     \
	X(28, CR_ACCESS,		cr,		VTX_EXIT_INSN)	     \
	X(29, MOV_DR,			dr,		VTX_EXIT_INSN)	     \
	X(30, IO,			io,		VTX_EXIT_INSN |	     \
						VTX_EXIT_OFTEN)	     \
	X(31, RDMSR,			rdmsr,		VTX_EXIT_INSN)	     \
	X(32, WRMSR,			wrmsr,		VTX_EXIT_INSN |	     \
						VTX_EXIT_OFTEN)	     \
	X(33, INVALID_GUEST_STATE,	entry_failed,	0)		     \
	X(34, MSR_LOADING,		entry_failed,	0)		     \
	X(36, MWAIT,			nop,		VTX_EXIT_INSN)	     \
	X(37, MONITOR_TRAP,		unexpected,	0)		     \
	X(39, MONITOR,			nop,		VTX_EXIT_INSN)	     \
	X(40, PAUSE,			pause,		VTX_EXIT_INSN)	     \
	X(41, ENTRY_MACHINE_CHECK,	entry_failed,	0)		     \
	X(43, TPR_BELOW_THRESHOLD,	unexpected,	0)		     \
	X(44, APIC_ACCESS,		unexpected,	0)		     \
	X(45, VIRTUALIZED_EOI,		unexpected,	0)		     \
	X(46, GDTR_IDTR,		unexpected,	0)		     \
	X(47, LDTR_TR,			unexpected,	0)		     \
	X(48, EPT_VIOLATION,		ept_violation,	VTX_EXIT_OFTEN)	     \
	X(49, EPT_MISCONFIG,		ept_misconfig,	0)		     \
	X(50, INVEPT,			ud,		0)		     \
	X(51, RDTSCP,			unexpected,	0)		     \
	X(52, PREEMPTION_TIMER,		unexpected,	0)		     \
	X(53, INVVPID,			ud,		0)		     \
	X(54, WBINVD,			nop,		VTX_EXIT_INSN)	     \
	X(55, XSETBV,			xsetbv,		VTX_EXIT_INSN)	     \
	X(56, APIC_WRITE,		unexpected,	0)		     \
	X(57, RDRAND,			unexpected,	0)		     \
	X(58, INVPCID,			unexpected,	0)		     \
	X(59, VMFUNC,			ud,		0)		     \
	X(60, ENCLS,			ud,		0)		     \
	X(61, RDSEED,			unexpected,	0)		     \
	X(62, PML_FULL,			unexpected,	0)		     \
	X(63, XSAVES,			unexpected,	0)		     \
	X(64, XRSTORS,			unexpected,	0)		     \
	X(65, PCONFIG,			ud,		0)		     \
	X(66, SPP_EVENT,		unexpected,	0)		     \
	X(67, UMWAIT,			ud,		0)		     \
	X(68, TPAUSE,			ud,		0)		     \
	X(69, LOADIWKEY,		ud,		0)		     \
	X(70, ENCLV,			ud,		0)		     \
	X(72, ENQCMD_PASID,		unexpected,	0)		     \
	X(73, ENQCMDS_PASID,		unexpected,	0)		     \
	X(74, BUS_LOCK,			unexpected,	0)		     \
	X(75, INSTRUCTION_TIMEOUT,	unexpected,	0)		     \
	X(76, SEAMCALL,			ud,		0)		     \
	X(77, TDCALL,			ud,		0)

/**
 * enum vtx_exit_reason - the basic exit reasons of VTX_EXIT_REASONS
 * @VTX_NR_EXIT_REASONS: one more than the highest number
 */
enum vtx_exit_reason {
#define VTX_EXIT_ENUM(number, name, handler, flags)	\
	VTX_EXIT_##name = (number),
	VTX_EXIT_REASONS(VTX_EXIT_ENUM)
#undef VTX_EXIT_ENUM
	VTX_NR_EXIT_REASONS
};

/* The exit-reason field: SDM 3C "Exit Reasons and Exit Qualification". */
#define VTX_EXIT_BASIC_MASK	GENMASK(15, 0)
#define VTX_EXIT_BUS_LOCK_TOO	BIT(26)
#define VTX_EXIT_FROM_ENCLAVE	BIT(27)
#define VTX_EXIT_ENTRY_FAILED	BIT(31)

/*
 * The interruption-information fields: VM exit, IDT vectoring and VM entry
 * (SDM 3C "VM-Exit Interruption Information" and "Event Injection").
 */
#define VTX_INTR_VECTOR		GENMASK(7, 0)
#define VTX_INTR_TYPE		GENMASK(10, 8)
#define VTX_INTR_HAS_ERROR	BIT(11)
#define VTX_INTR_NMI_UNBLOCKING	BIT(12)
#define VTX_INTR_VALID		BIT(31)

/**
 * enum vtx_intr_type - VTX_INTR_TYPE of an event
 * @VTX_INTR_EXTERNAL: external interrupt
 * @VTX_INTR_NMI: non-maskable interrupt
 * @VTX_INTR_EXCEPTION: hardware exception
 * @VTX_INTR_SOFT_INTERRUPT: INT n
 * @VTX_INTR_PRIV_EXCEPTION: INT1
 * @VTX_INTR_SOFT_EXCEPTION: INT3 or INTO
 * @VTX_INTR_OTHER: other event; for injection, a pending MTF exit
 */
enum vtx_intr_type {
	VTX_INTR_EXTERNAL	= 0,
	VTX_INTR_NMI		= 2,
	VTX_INTR_EXCEPTION	= 3,
	VTX_INTR_SOFT_INTERRUPT	= 4,
	VTX_INTR_PRIV_EXCEPTION	= 5,
	VTX_INTR_SOFT_EXCEPTION	= 6,
	VTX_INTR_OTHER		= 7,
};

/* Guest interruptibility: SDM 3C "Guest Non-Register State". */
#define VTX_BLOCKED_BY_STI	BIT(0)
#define VTX_BLOCKED_BY_MOV_SS	BIT(1)
#define VTX_BLOCKED_BY_SMI	BIT(2)
#define VTX_BLOCKED_BY_NMI	BIT(3)
#define VTX_ENCLAVE_INTERRUPTED	BIT(4)

/* What holds events off for one instruction. */
#define VTX_SHADOW		(VTX_BLOCKED_BY_STI | VTX_BLOCKED_BY_MOV_SS)

/**
 * enum vtx_activity - guest activity states
 * @VTX_ACTIVE: executes instructions
 * @VTX_HLT: halted by HLT
 * @VTX_SHUTDOWN: after a triple fault
 * @VTX_WAIT_FOR_SIPI: after INIT
 */
enum vtx_activity {
	VTX_ACTIVE		= 0,
	VTX_HLT			= 1,
	VTX_SHUTDOWN		= 2,
	VTX_WAIT_FOR_SIPI	= 3,
};

/*
 * What else the VMCS says of an exit.  Handlers ask with vtx_exit_<name>(); a
 * field is read when it is first asked for.
 */
#define VTX_EXIT_FIELDS(X)						     \
	X(qualification, QUALIFICATION,	u64, EXIT_QUALIFICATION)	     \
	X(gpa,		 GPA,		u64, EXIT_GUEST_PHYSICAL_ADDRESS)    \
	X(gla,		 GLA,		u64, EXIT_GUEST_LINEAR_ADDRESS)	     \
	X(intr_info,	 INTR_INFO,	u32, EXIT_INTR_INFO)		     \
	X(intr_error,	 INTR_ERROR,	u32, EXIT_INTR_ERROR_CODE)	     \
	X(idt_info,	 IDT_INFO,	u32, EXIT_IDT_VECTORING_INFO)	     \
	X(idt_error,	 IDT_ERROR,	u32, EXIT_IDT_VECTORING_ERROR_CODE)  \
	X(insn_length,	 INSN_LENGTH,	u32, EXIT_INSTRUCTION_LENGTH)	     \
	X(insn_info,	 INSN_INFO,	u32, EXIT_INSTRUCTION_INFO)

/**
 * enum vtx_exit_field - the rows of VTX_EXIT_FIELDS
 * @VTX_NR_EXIT_FIELDS: how many there are
 */
enum vtx_exit_field {
#define VTX_EXIT_FIELD_ENUM(name, NAME, type, field)	VTX_EXIT_FIELD_##NAME,
	VTX_EXIT_FIELDS(VTX_EXIT_FIELD_ENUM)
#undef VTX_EXIT_FIELD_ENUM
	VTX_NR_EXIT_FIELDS
};

/**
 * vtx_exit_field_encoding() - the VMCS field behind a row of VTX_EXIT_FIELDS
 * @which: the row, a constant
 *
 * Return: its encoding.
 */
static __always_inline enum vtx_vmcs_field
vtx_exit_field_encoding(enum vtx_exit_field which)
{
	switch (which) {
#define VTX_EXIT_FIELD_CASE(name, NAME, type, field)	\
	case VTX_EXIT_FIELD_##NAME:			\
		return VMCS_##field;
	VTX_EXIT_FIELDS(VTX_EXIT_FIELD_CASE)
#undef VTX_EXIT_FIELD_CASE
	default:
		return VMCS_EXIT_REASON;
	}
}

#endif /* VTX_ARCH_X86_VMX_EXIT_REASONS_H */
