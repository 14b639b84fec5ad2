// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM-entry checker, held against the CPU.
 *
 * Each row starts from a guest that can be entered, breaks one rule in its
 * VMCS, and wants three things: the checker objects, to the right field, and
 * the CPU refuses for the same kind of reason.  Rows that break nothing (stage
 * NOTHING) want both to agree to enter.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/string.h>

#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "arch-x86/vmx/caps.h"
#include "arch-x86/vmx/check_rules.h"
#include "arch-x86/vmx/names.h"
#include "arch-x86/vmx/percpu.h"
#include "arch-x86/vmx/segment.h"
#include "arch-x86/vmx/tests/machine.h"

enum mode { REAL, PROT, LONG, V86, PAE };
enum op { END, SET, OR, CLEAR };

struct change {
	enum op			op;
	enum vtx_vmcs_field	field;
	u64			value;
};

struct row {
	const char		*name;
	enum mode		mode;
	enum vtx_check_stage	stage;
	enum vtx_vmcs_field	field;	/* that the checker names */
	enum vtx_feature	needs;
	bool			lenient;	/* Bochs against the SDM */
	struct change		change[4];
};

#define S(f, v)	{ SET, VMCS_##f, v }
#define O(f, v)	{ OR, VMCS_##f, v }
#define C(f, v)	{ CLEAR, VMCS_##f, v }

#define BAD(stage, name, mode, field, ...) \
	{ name, mode, VTX_CHECK_##stage, VMCS_##field, VTX_F_NONE, false, \
	  { __VA_ARGS__ } }
#define BAD_WITH(needs, stage, name, mode, field, ...) \
	{ name, mode, VTX_CHECK_##stage, VMCS_##field, VTX_F_##needs, false, \
	  { __VA_ARGS__ } }
/* Bochs 3.0 enters, or tells another kind of reason. */
#define LENIENT_WITH(needs, stage, name, mode, field, ...) \
	{ name, mode, VTX_CHECK_##stage, VMCS_##field, VTX_F_##needs, true, \
	  { __VA_ARGS__ } }
#define LENIENT(...)	LENIENT_WITH(NONE, __VA_ARGS__)
#define GOOD(name, mode, ...) \
	{ name, mode, VTX_CHECK_NOTHING, 0, VTX_F_NONE, false, { __VA_ARGS__ } }

#define NONCANONICAL	0x0000800000000000ULL
#define TOO_WIDE	BIT_ULL(52)
#define INJECT(type, vector) \
	(VTX_INTR_VALID | VTX_INTR_##type << 8 | (vector))
#define CTL(token)	VTX_CONTROL(token)
#define FLAT_DATA	0xc093

static const struct row rows[] = {
	GOOD("real mode", REAL),
	GOOD("protected mode", PROT),
	GOOD("long mode", LONG),
	GOOD("v86 mode", V86),
	GOOD("PAE paging", PAE),

	/* Controls. */
	BAD(CONTROLS, "pin reserved 1", REAL, CTRL_PIN_BASED,
	    C(CTRL_PIN_BASED, BIT(1))),
	BAD(CONTROLS, "pin reserved 0", REAL, CTRL_PIN_BASED,
	    O(CTRL_PIN_BASED, BIT(31))),
	BAD(CONTROLS, "proc reserved 1", REAL, CTRL_PROC_BASED,
	    C(CTRL_PROC_BASED, BIT(1))),
	BAD(CONTROLS, "proc reserved 0", REAL, CTRL_PROC_BASED,
	    O(CTRL_PROC_BASED, BIT(0))),
	BAD(CONTROLS, "proc2 reserved", REAL, CTRL_SECONDARY_PROC_BASED,
	    O(CTRL_SECONDARY_PROC_BASED, BIT(31))),
	BAD(CONTROLS, "cr3 targets", REAL, CTRL_CR3_TARGET_COUNT,
	    S(CTRL_CR3_TARGET_COUNT, 5)),
	BAD(CONTROLS, "io bitmap a", REAL, CTRL_IO_BITMAP_A,
	    O(CTRL_PROC_BASED, PROC_IO_BITMAPS), S(CTRL_IO_BITMAP_A, 0x800),
	    S(CTRL_IO_BITMAP_B, 0x1000)),
	BAD(CONTROLS, "io bitmap b", REAL, CTRL_IO_BITMAP_B,
	    O(CTRL_PROC_BASED, PROC_IO_BITMAPS), S(CTRL_IO_BITMAP_A, 0x1000),
	    S(CTRL_IO_BITMAP_B, TOO_WIDE)),
	BAD(CONTROLS, "msr bitmaps", REAL, CTRL_MSR_BITMAPS,
	    O(CTRL_MSR_BITMAPS, 1)),
	BAD(CONTROLS, "msr bitmaps wide", REAL, CTRL_MSR_BITMAPS,
	    S(CTRL_MSR_BITMAPS, TOO_WIDE)),
	BAD_WITH(TPR_SHADOW, CONTROLS, "virtual apic page", REAL,
		 CTRL_VIRTUAL_APIC_ADDRESS,
		 O(CTRL_PROC_BASED, CTL(TPR_SHADOW)),
		 S(CTRL_VIRTUAL_APIC_ADDRESS, 0x10)),
	BAD_WITH(TPR_SHADOW, CONTROLS, "tpr threshold reserved", REAL,
		 CTRL_TPR_THRESHOLD, O(CTRL_PROC_BASED, CTL(TPR_SHADOW)),
		 S(CTRL_VIRTUAL_APIC_ADDRESS, 0x1000),
		 S(CTRL_TPR_THRESHOLD, 0x10)),
	BAD_WITH(VIRT_X2APIC, CONTROLS, "x2apic without tpr shadow", REAL,
		 CTRL_SECONDARY_PROC_BASED,
		 O(CTRL_SECONDARY_PROC_BASED, CTL(VIRT_X2APIC))),
	BAD_WITH(APIC_REGISTER_VIRT, CONTROLS, "apicv without tpr shadow", REAL,
		 CTRL_SECONDARY_PROC_BASED,
		 O(CTRL_SECONDARY_PROC_BASED, CTL(APIC_REGISTER_VIRT))),
	BAD_WITH(VIRT_APIC_ACCESSES, CONTROLS, "apic access page", REAL,
		 CTRL_APIC_ACCESS_ADDRESS,
		 O(CTRL_SECONDARY_PROC_BASED, CTL(VIRT_APIC_ACCESSES)),
		 S(CTRL_APIC_ACCESS_ADDRESS, 0x20)),
	BAD_WITH(VIRT_X2APIC, CONTROLS, "x2apic and apic accesses", REAL,
		 CTRL_SECONDARY_PROC_BASED,
		 O(CTRL_PROC_BASED, CTL(TPR_SHADOW)),
		 S(CTRL_VIRTUAL_APIC_ADDRESS, 0x1000),
		 S(CTRL_APIC_ACCESS_ADDRESS, 0x2000),
		 O(CTRL_SECONDARY_PROC_BASED,
		   CTL(VIRT_APIC_ACCESSES) | CTL(VIRT_X2APIC))),
	BAD_WITH(VIRT_INTR_DELIVERY, CONTROLS, "delivery without exiting", REAL,
		 CTRL_PIN_BASED, O(CTRL_PROC_BASED, CTL(TPR_SHADOW)),
		 S(CTRL_VIRTUAL_APIC_ADDRESS, 0x1000),
		 C(CTRL_PIN_BASED, CTL(EXT_INTR_EXITING)),
		 O(CTRL_SECONDARY_PROC_BASED, CTL(VIRT_INTR_DELIVERY))),
	BAD(CONTROLS, "virtual nmis alone", REAL, CTRL_PIN_BASED,
	    C(CTRL_PIN_BASED, CTL(NMI_EXITING))),
	BAD(CONTROLS, "nmi window alone", REAL, CTRL_PROC_BASED,
	    C(CTRL_PIN_BASED, CTL(VIRTUAL_NMIS)),
	    O(CTRL_PROC_BASED, CTL(NMI_WINDOW_EXITING))),
	BAD_WITH(VPID, CONTROLS, "vpid 0", REAL, CTRL_VPID, S(CTRL_VPID, 0)),
	BAD(CONTROLS, "eptp memory type", REAL, CTRL_EPT_POINTER,
	    C(CTRL_EPT_POINTER, 7), O(CTRL_EPT_POINTER, 4)),
	BAD(CONTROLS, "eptp walk length", REAL, CTRL_EPT_POINTER,
	    C(CTRL_EPT_POINTER, 0x38), O(CTRL_EPT_POINTER, 0x10)),
	BAD(CONTROLS, "eptp reserved", REAL, CTRL_EPT_POINTER,
	    O(CTRL_EPT_POINTER, BIT(8))),
	BAD(CONTROLS, "eptp wide", REAL, CTRL_EPT_POINTER,
	    O(CTRL_EPT_POINTER, TOO_WIDE)),
	BAD(CONTROLS, "unrestricted without ept", PROT,
	    CTRL_SECONDARY_PROC_BASED,
	    C(CTRL_SECONDARY_PROC_BASED, CTL(EPT))),
	BAD_WITH(PML, CONTROLS, "pml page", REAL, CTRL_PML_ADDRESS,
		 O(CTRL_SECONDARY_PROC_BASED, CTL(PML)),
		 S(CTRL_PML_ADDRESS, 0x800)),
	LENIENT_WITH(POSTED_INTERRUPTS, CONTROLS,
		     "posted without delivery", REAL,
		     CTRL_SECONDARY_PROC_BASED,
		     O(CTRL_PIN_BASED, CTL(POSTED_INTERRUPTS)),
		     O(CTRL_VM_EXIT, CTL(ACK_INTR_ON_EXIT)),
		     S(CTRL_POSTED_INTR_DESC_ADDRESS, 0x1000)),
	BAD(CONTROLS, "exit reserved 1", REAL, CTRL_VM_EXIT,
	    C(CTRL_VM_EXIT, BIT(0))),
	BAD(CONTROLS, "exit reserved 0", REAL, CTRL_VM_EXIT,
	    O(CTRL_VM_EXIT, BIT(3) | BIT(27))),
	BAD_WITH(PREEMPTION_TIMER, CONTROLS, "save timer without timer", REAL,
		 CTRL_VM_EXIT, O(CTRL_VM_EXIT, EXIT_SAVE_TIMER)),
	BAD(CONTROLS, "exit store list", REAL, CTRL_EXIT_MSR_STORE_ADDRESS,
	    S(CTRL_EXIT_MSR_STORE_COUNT, 1),
	    S(CTRL_EXIT_MSR_STORE_ADDRESS, 0x1008)),
	BAD(CONTROLS, "exit load list", REAL, CTRL_EXIT_MSR_LOAD_ADDRESS,
	    S(CTRL_EXIT_MSR_LOAD_COUNT, 1),
	    S(CTRL_EXIT_MSR_LOAD_ADDRESS, TOO_WIDE)),
	BAD(CONTROLS, "entry load list", REAL, CTRL_ENTRY_MSR_LOAD_ADDRESS,
	    S(CTRL_ENTRY_MSR_LOAD_COUNT, 1),
	    S(CTRL_ENTRY_MSR_LOAD_ADDRESS, 8)),
	BAD(CONTROLS, "entry reserved 1", REAL, CTRL_VM_ENTRY,
	    C(CTRL_VM_ENTRY, BIT(0))),
	BAD(CONTROLS, "entry reserved 0", REAL, CTRL_VM_ENTRY,
	    O(CTRL_VM_ENTRY, BIT(31))),
	LENIENT(CONTROLS, "entry to smm", REAL, CTRL_VM_ENTRY,
		O(CTRL_VM_ENTRY, ENTRY_TO_SMM)),
	BAD(CONTROLS, "inject type 1", REAL, CTRL_ENTRY_INTR_INFO,
	    S(CTRL_ENTRY_INTR_INFO, VTX_INTR_VALID | 1 << 8 | 0x20)),
	BAD(CONTROLS, "inject nmi vector", REAL, CTRL_ENTRY_INTR_INFO,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(NMI, 3))),
	BAD(CONTROLS, "inject exception vector", REAL, CTRL_ENTRY_INTR_INFO,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(EXCEPTION, 32))),
	BAD(CONTROLS, "inject mtf vector", REAL, CTRL_ENTRY_INTR_INFO,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(OTHER, 1))),
	BAD(CONTROLS, "inject error in real mode", REAL, CTRL_ENTRY_INTR_INFO,
	    S(CTRL_ENTRY_INTR_INFO,
	      INJECT(EXCEPTION, 13) | VTX_INTR_HAS_ERROR)),
	BAD(CONTROLS, "inject without error", PROT, CTRL_ENTRY_INTR_INFO,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(EXCEPTION, 13))),
	BAD(CONTROLS, "inject with error", PROT, CTRL_ENTRY_INTR_INFO,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(EXCEPTION, 6) | VTX_INTR_HAS_ERROR)),
	BAD(CONTROLS, "inject interrupt with error", PROT, CTRL_ENTRY_INTR_INFO,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(EXTERNAL, 64) | VTX_INTR_HAS_ERROR)),
	BAD(CONTROLS, "inject error code", PROT,
	    CTRL_ENTRY_EXCEPTION_ERROR_CODE,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(EXCEPTION, 13) | VTX_INTR_HAS_ERROR),
	    S(CTRL_ENTRY_EXCEPTION_ERROR_CODE, 0x10000)),
	BAD(CONTROLS, "inject reserved", REAL, CTRL_ENTRY_INTR_INFO,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(NMI, 2) | BIT(12))),
	BAD(CONTROLS, "inject length", REAL, CTRL_ENTRY_INSTRUCTION_LENGTH,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(SOFT_INTERRUPT, 64)),
	    S(CTRL_ENTRY_INSTRUCTION_LENGTH, 16)),

	/* Host state. */
	BAD(HOST, "host cr0 must 1", REAL, HOST_CR0, C(HOST_CR0, X86_CR0_NE)),
	BAD(HOST, "host cr0 must 0", REAL, HOST_CR0, O(HOST_CR0, BIT_ULL(32))),
	BAD(HOST, "host cr4 must 1", REAL, HOST_CR4, C(HOST_CR4, X86_CR4_VMXE)),
	BAD(HOST, "host cr4 must 0", REAL, HOST_CR4, O(HOST_CR4, BIT(31))),
	BAD(HOST, "host cr4 pae", REAL, HOST_CR4, C(HOST_CR4, X86_CR4_PAE)),
	BAD(HOST, "host cr3", REAL, HOST_CR3, O(HOST_CR3, TOO_WIDE)),
	BAD(HOST, "host sysenter esp", REAL, HOST_IA32_SYSENTER_ESP,
	    S(HOST_IA32_SYSENTER_ESP, NONCANONICAL)),
	BAD(HOST, "host sysenter eip", REAL, HOST_IA32_SYSENTER_EIP,
	    S(HOST_IA32_SYSENTER_EIP, NONCANONICAL)),
	BAD(HOST, "host pat", REAL, HOST_IA32_PAT, S(HOST_IA32_PAT, 0x0200)),
	BAD(HOST, "host efer reserved", REAL, HOST_IA32_EFER,
	    O(HOST_IA32_EFER, BIT(1))),
	BAD(HOST, "host efer lma", REAL, HOST_IA32_EFER,
	    C(HOST_IA32_EFER, EFER_LMA)),
	BAD(HOST, "host efer lme", REAL, HOST_IA32_EFER,
	    C(HOST_IA32_EFER, EFER_LME)),
	BAD(HOST, "host es", REAL, HOST_ES_SELECTOR, S(HOST_ES_SELECTOR, 0x2b)),
	BAD(HOST, "host cs", REAL, HOST_CS_SELECTOR, O(HOST_CS_SELECTOR, 3)),
	BAD(HOST, "host ss", REAL, HOST_SS_SELECTOR, O(HOST_SS_SELECTOR, 4)),
	BAD(HOST, "host ds", REAL, HOST_DS_SELECTOR, O(HOST_DS_SELECTOR, 1)),
	BAD(HOST, "host fs", REAL, HOST_FS_SELECTOR, O(HOST_FS_SELECTOR, 4)),
	BAD(HOST, "host gs", REAL, HOST_GS_SELECTOR, O(HOST_GS_SELECTOR, 2)),
	BAD(HOST, "host tr", REAL, HOST_TR_SELECTOR, O(HOST_TR_SELECTOR, 4)),
	BAD(HOST, "host cs 0", REAL, HOST_CS_SELECTOR, S(HOST_CS_SELECTOR, 0)),
	BAD(HOST, "host tr 0", REAL, HOST_TR_SELECTOR, S(HOST_TR_SELECTOR, 0)),
	BAD(HOST, "host fs base", REAL, HOST_FS_BASE,
	    S(HOST_FS_BASE, NONCANONICAL)),
	BAD(HOST, "host gs base", REAL, HOST_GS_BASE,
	    S(HOST_GS_BASE, NONCANONICAL)),
	BAD(HOST, "host tr base", REAL, HOST_TR_BASE,
	    S(HOST_TR_BASE, NONCANONICAL)),
	BAD(HOST, "host gdtr base", REAL, HOST_GDTR_BASE,
	    S(HOST_GDTR_BASE, NONCANONICAL)),
	BAD(HOST, "host idtr base", REAL, HOST_IDTR_BASE,
	    S(HOST_IDTR_BASE, NONCANONICAL)),
	BAD(HOST, "host rip", REAL, HOST_RIP, S(HOST_RIP, NONCANONICAL)),
	BAD(HOST, "host address space", REAL, CTRL_VM_EXIT,
	    C(CTRL_VM_EXIT, CTL(HOST_ADDRESS_SPACE_SIZE)),
	    C(HOST_IA32_EFER, EFER_LMA | EFER_LME)),

	/* Guest registers. */
	BAD(GUEST, "cr0 must 1", REAL, GUEST_CR0, C(GUEST_CR0, X86_CR0_NE)),
	BAD(GUEST, "cr0 must 0", REAL, GUEST_CR0, O(GUEST_CR0, BIT_ULL(32))),
	BAD(GUEST, "pg without pe", REAL, GUEST_CR0, O(GUEST_CR0, X86_CR0_PG)),
	BAD(GUEST, "cr4 must 1", REAL, GUEST_CR4, C(GUEST_CR4, X86_CR4_VMXE)),
	BAD(GUEST, "cr4 must 0", REAL, GUEST_CR4, O(GUEST_CR4, BIT(31))),
	LENIENT(GUEST, "long without pg", LONG, GUEST_CR0,
		C(GUEST_CR0, X86_CR0_PG)),
	BAD(GUEST, "long without pae", LONG, GUEST_CR4,
	    C(GUEST_CR4, X86_CR4_PAE)),
	BAD(GUEST, "pcide without long", PROT, GUEST_CR4,
	    O(GUEST_CR4, X86_CR4_PCIDE)),
	BAD(GUEST, "cr3", REAL, GUEST_CR3, O(GUEST_CR3, TOO_WIDE)),
	LENIENT(GUEST, "debugctl", REAL, GUEST_IA32_DEBUGCTL,
		S(GUEST_IA32_DEBUGCTL, BIT_ULL(63))),
	BAD(GUEST, "dr7", REAL, GUEST_DR7, O(GUEST_DR7, BIT_ULL(32))),
	BAD(GUEST, "sysenter esp", REAL, GUEST_IA32_SYSENTER_ESP,
	    S(GUEST_IA32_SYSENTER_ESP, NONCANONICAL)),
	BAD(GUEST, "sysenter eip", REAL, GUEST_IA32_SYSENTER_EIP,
	    S(GUEST_IA32_SYSENTER_EIP, NONCANONICAL)),
	BAD(GUEST, "pat 2", REAL, GUEST_IA32_PAT, S(GUEST_IA32_PAT, 2)),
	BAD(GUEST, "pat 8", REAL, GUEST_IA32_PAT,
	    S(GUEST_IA32_PAT, 8ULL << 56)),
	BAD(GUEST, "efer reserved", REAL, GUEST_IA32_EFER,
	    S(GUEST_IA32_EFER, BIT(1))),
	BAD(GUEST, "efer lma", REAL, GUEST_IA32_EFER,
	    S(GUEST_IA32_EFER, EFER_LMA | EFER_LME)),
	BAD(GUEST, "efer lme", LONG, GUEST_IA32_EFER,
	    C(GUEST_IA32_EFER, EFER_LME)),
	GOOD("efer lme without paging", REAL, S(GUEST_IA32_EFER, EFER_LME)),
	GOOD("cr0 cd and nw", REAL, O(GUEST_CR0, X86_CR0_CD | X86_CR0_NW)),
	BAD(GUEST, "gdtr base", REAL, GUEST_GDTR_BASE,
	    S(GUEST_GDTR_BASE, NONCANONICAL)),
	BAD(GUEST, "idtr base", REAL, GUEST_IDTR_BASE,
	    S(GUEST_IDTR_BASE, NONCANONICAL)),
	BAD(GUEST, "gdtr limit", REAL, GUEST_GDTR_LIMIT,
	    S(GUEST_GDTR_LIMIT, 0x10000)),
	BAD(GUEST, "idtr limit", REAL, GUEST_IDTR_LIMIT,
	    S(GUEST_IDTR_LIMIT, 0x10000)),
	BAD(GUEST, "rip 32", PROT, GUEST_RIP, S(GUEST_RIP, BIT_ULL(32))),
	LENIENT(GUEST, "rip 64", LONG, GUEST_RIP, S(GUEST_RIP, BIT_ULL(60))),
	BAD(GUEST, "rflags bit 1", REAL, GUEST_RFLAGS, S(GUEST_RFLAGS, 0)),
	BAD(GUEST, "rflags bit 3", REAL, GUEST_RFLAGS, O(GUEST_RFLAGS, BIT(3))),
	BAD(GUEST, "rflags bit 22", REAL, GUEST_RFLAGS,
		O(GUEST_RFLAGS, BIT(22))),
	BAD(GUEST, "vm in long mode", LONG, GUEST_RFLAGS,
	    O(GUEST_RFLAGS, X86_EFLAGS_VM)),
	BAD(GUEST, "vm in real mode", REAL, GUEST_RFLAGS,
	    O(GUEST_RFLAGS, X86_EFLAGS_VM)),
	BAD(GUEST, "interrupt without if", REAL, GUEST_RFLAGS,
	    S(CTRL_ENTRY_INTR_INFO, INJECT(EXTERNAL, 64))),
	BAD(GUEST, "pdpte 0", PAE, GUEST_PDPTE0, O(GUEST_PDPTE0, BIT(1))),
	BAD(GUEST, "pdpte 3", PAE, GUEST_PDPTE3, S(GUEST_PDPTE3, BIT(5) | 1)),
	BAD(GUEST, "pdpte wide", PAE, GUEST_PDPTE2,
	    S(GUEST_PDPTE2, TOO_WIDE | 1)),
	GOOD("pdpte not present", PAE, S(GUEST_PDPTE3, TOO_WIDE | BIT(5))),

	/* Segments. */
	BAD(GUEST, "tr ti", PROT, GUEST_TR_SELECTOR, O(GUEST_TR_SELECTOR, 4)),
	BAD(GUEST, "ldtr ti", PROT, GUEST_LDTR_SELECTOR,
	    O(GUEST_LDTR_SELECTOR, 4)),
	GOOD("ldtr unusable", PROT, O(GUEST_LDTR_SELECTOR, 4),
	     S(GUEST_LDTR_ACCESS_RIGHTS, VTX_AR_UNUSABLE)),
	BAD(GUEST, "cs base", PROT, GUEST_CS_BASE,
	    S(GUEST_CS_BASE, BIT_ULL(32))),
	BAD(GUEST, "ss base", LONG, GUEST_SS_BASE,
	    S(GUEST_SS_BASE, BIT_ULL(32))),
	BAD(GUEST, "es base", LONG, GUEST_ES_BASE,
	    S(GUEST_ES_BASE, BIT_ULL(40))),
	GOOD("ds unusable", LONG, S(GUEST_DS_BASE, BIT_ULL(32)),
	     S(GUEST_DS_ACCESS_RIGHTS, VTX_AR_UNUSABLE)),
	BAD(GUEST, "fs base", LONG, GUEST_FS_BASE,
	    S(GUEST_FS_BASE, NONCANONICAL)),
	BAD(GUEST, "gs base", LONG, GUEST_GS_BASE,
	    S(GUEST_GS_BASE, NONCANONICAL)),
	BAD(GUEST, "tr base", LONG, GUEST_TR_BASE,
	    S(GUEST_TR_BASE, NONCANONICAL)),
	BAD(GUEST, "ldtr base", LONG, GUEST_LDTR_BASE,
	    S(GUEST_LDTR_BASE, NONCANONICAL)),
	BAD(GUEST, "v86 base", V86, GUEST_DS_BASE, S(GUEST_DS_BASE, 0x10)),
	BAD(GUEST, "v86 limit", V86, GUEST_ES_LIMIT,
	    S(GUEST_ES_LIMIT, 0xfffff)),
	BAD(GUEST, "v86 rights", V86, GUEST_FS_ACCESS_RIGHTS,
	    S(GUEST_FS_ACCESS_RIGHTS, 0x93)),
	BAD(GUEST, "cs type", PROT, GUEST_CS_ACCESS_RIGHTS,
	    C(GUEST_CS_ACCESS_RIGHTS, VTX_AR_ACCESSED)),
	BAD(GUEST, "cs expand-down", REAL, GUEST_CS_ACCESS_RIGHTS,
	    S(GUEST_CS_ACCESS_RIGHTS, 0x97)),
	GOOD("cs data", REAL, S(GUEST_CS_ACCESS_RIGHTS, 0x93)),
	BAD(GUEST, "cs data dpl", PROT, GUEST_CS_ACCESS_RIGHTS,
	    S(GUEST_CS_ACCESS_RIGHTS, FLAT_DATA | 0x60)),
	BAD(GUEST, "cs dpl", PROT, GUEST_CS_ACCESS_RIGHTS,
	    O(GUEST_CS_ACCESS_RIGHTS, 0x60)),
	BAD(GUEST, "cs conforming dpl", PROT, GUEST_CS_ACCESS_RIGHTS,
	    O(GUEST_CS_ACCESS_RIGHTS, 0x64)),
	BAD(GUEST, "cs l and d", LONG, GUEST_CS_ACCESS_RIGHTS,
	    O(GUEST_CS_ACCESS_RIGHTS, VTX_AR_DB)),
	BAD(GUEST, "cs system", PROT, GUEST_CS_ACCESS_RIGHTS,
	    C(GUEST_CS_ACCESS_RIGHTS, VTX_AR_S)),
	BAD(GUEST, "cs absent", PROT, GUEST_CS_ACCESS_RIGHTS,
	    C(GUEST_CS_ACCESS_RIGHTS, VTX_AR_P)),
	BAD(GUEST, "cs reserved", PROT, GUEST_CS_ACCESS_RIGHTS,
	    O(GUEST_CS_ACCESS_RIGHTS, BIT(8))),
	BAD(GUEST, "cs reserved high", PROT, GUEST_CS_ACCESS_RIGHTS,
	    O(GUEST_CS_ACCESS_RIGHTS, BIT(17))),
	BAD(GUEST, "cs g 0", PROT, GUEST_CS_ACCESS_RIGHTS,
	    C(GUEST_CS_ACCESS_RIGHTS, VTX_AR_G)),
	BAD(GUEST, "cs g 1", PROT, GUEST_CS_ACCESS_RIGHTS,
	    S(GUEST_CS_LIMIT, 0xffffeffe)),
	BAD(GUEST, "ss type", PROT, GUEST_SS_ACCESS_RIGHTS,
	    C(GUEST_SS_ACCESS_RIGHTS, VTX_AR_RW)),
	GOOD("ss unusable", PROT, S(GUEST_SS_ACCESS_RIGHTS, VTX_AR_UNUSABLE)),
	BAD(GUEST, "ss dpl in real mode", REAL, GUEST_SS_ACCESS_RIGHTS,
	    O(GUEST_SS_ACCESS_RIGHTS, 0x60),
	    S(GUEST_CS_ACCESS_RIGHTS, VTX_AR_REAL_CODE | 0x60)),
	BAD(GUEST, "ss system", PROT, GUEST_SS_ACCESS_RIGHTS,
	    C(GUEST_SS_ACCESS_RIGHTS, VTX_AR_S)),
	BAD(GUEST, "ss absent", PROT, GUEST_SS_ACCESS_RIGHTS,
	    C(GUEST_SS_ACCESS_RIGHTS, VTX_AR_P)),
	BAD(GUEST, "ds not accessed", PROT, GUEST_DS_ACCESS_RIGHTS,
	    C(GUEST_DS_ACCESS_RIGHTS, VTX_AR_ACCESSED)),
	BAD(GUEST, "es not readable", PROT, GUEST_ES_ACCESS_RIGHTS,
	    S(GUEST_ES_ACCESS_RIGHTS, 0xc099)),
	BAD(GUEST, "fs system", PROT, GUEST_FS_ACCESS_RIGHTS,
	    C(GUEST_FS_ACCESS_RIGHTS, VTX_AR_S)),
	BAD(GUEST, "gs absent", PROT, GUEST_GS_ACCESS_RIGHTS,
	    C(GUEST_GS_ACCESS_RIGHTS, VTX_AR_P)),
	BAD(GUEST, "gs reserved", PROT, GUEST_GS_ACCESS_RIGHTS,
	    O(GUEST_GS_ACCESS_RIGHTS, BIT(11))),
	BAD(GUEST, "ds g", PROT, GUEST_DS_ACCESS_RIGHTS,
	    S(GUEST_DS_LIMIT, 0xffff0)),
	/* Rules that unrestricted guests are spared. */
	BAD(GUEST, "restricted: ss rpl", PAE, GUEST_SS_SELECTOR,
	    C(CTRL_SECONDARY_PROC_BASED, CTL(UNRESTRICTED_GUEST)),
	    O(GUEST_SS_SELECTOR, 3)),
	BAD(GUEST, "restricted: ss dpl", PAE, GUEST_SS_ACCESS_RIGHTS,
	    C(CTRL_SECONDARY_PROC_BASED, CTL(UNRESTRICTED_GUEST)),
	    O(GUEST_SS_ACCESS_RIGHTS, 0x60), O(GUEST_CS_ACCESS_RIGHTS, 0x60)),
	BAD(GUEST, "restricted: ds dpl", PAE, GUEST_DS_ACCESS_RIGHTS,
	    C(CTRL_SECONDARY_PROC_BASED, CTL(UNRESTRICTED_GUEST)),
	    O(GUEST_DS_SELECTOR, 3)),
	BAD(GUEST, "restricted: cs data", PAE, GUEST_CS_ACCESS_RIGHTS,
	    C(CTRL_SECONDARY_PROC_BASED, CTL(UNRESTRICTED_GUEST)),
	    S(GUEST_CS_ACCESS_RIGHTS, FLAT_DATA)),
	BAD(GUEST, "restricted: real mode", REAL, GUEST_CR0,
	    C(CTRL_SECONDARY_PROC_BASED, CTL(UNRESTRICTED_GUEST))),
	GOOD("restricted", PAE,
	     C(CTRL_SECONDARY_PROC_BASED, CTL(UNRESTRICTED_GUEST))),
	BAD(GUEST, "tr unusable", PROT, GUEST_TR_ACCESS_RIGHTS,
	    O(GUEST_TR_ACCESS_RIGHTS, VTX_AR_UNUSABLE)),
	BAD(GUEST, "tr type", PROT, GUEST_TR_ACCESS_RIGHTS,
	    S(GUEST_TR_ACCESS_RIGHTS, 0x89)),
	BAD(GUEST, "tr 16-bit in long mode", LONG, GUEST_TR_ACCESS_RIGHTS,
	    S(GUEST_TR_ACCESS_RIGHTS, 0x83)),
	GOOD("tr 16-bit", PROT, S(GUEST_TR_ACCESS_RIGHTS, 0x83)),
	BAD(GUEST, "tr code", PROT, GUEST_TR_ACCESS_RIGHTS,
	    S(GUEST_TR_ACCESS_RIGHTS, 0x9b)),
	BAD(GUEST, "tr absent", PROT, GUEST_TR_ACCESS_RIGHTS,
	    C(GUEST_TR_ACCESS_RIGHTS, VTX_AR_P)),
	BAD(GUEST, "tr reserved", PROT, GUEST_TR_ACCESS_RIGHTS,
	    O(GUEST_TR_ACCESS_RIGHTS, BIT(9))),
	BAD(GUEST, "tr g", PROT, GUEST_TR_ACCESS_RIGHTS,
	    S(GUEST_TR_LIMIT, 0x100000)),
	BAD(GUEST, "ldtr type", PROT, GUEST_LDTR_ACCESS_RIGHTS,
	    S(GUEST_LDTR_ACCESS_RIGHTS, 0x83)),
	BAD(GUEST, "ldtr code", PROT, GUEST_LDTR_ACCESS_RIGHTS,
	    S(GUEST_LDTR_ACCESS_RIGHTS, 0x92)),
	BAD(GUEST, "ldtr absent", PROT, GUEST_LDTR_ACCESS_RIGHTS,
	    C(GUEST_LDTR_ACCESS_RIGHTS, VTX_AR_P)),
	BAD(GUEST, "ldtr g", PROT, GUEST_LDTR_ACCESS_RIGHTS,
	    O(GUEST_LDTR_ACCESS_RIGHTS, VTX_AR_G),
	    S(GUEST_LDTR_LIMIT, 0xff)),

	/* State that is not registers. */
	BAD(GUEST, "activity 4", REAL, GUEST_ACTIVITY_STATE,
	    S(GUEST_ACTIVITY_STATE, 4)),
	BAD(GUEST, "hlt in ring 3", PROT, GUEST_ACTIVITY_STATE,
	    S(GUEST_ACTIVITY_STATE, VTX_HLT),
	    O(GUEST_SS_ACCESS_RIGHTS, 0x60), O(GUEST_CS_ACCESS_RIGHTS, 0x60)),
	BAD(GUEST, "hlt blocked", REAL, GUEST_ACTIVITY_STATE,
	    S(GUEST_ACTIVITY_STATE, VTX_HLT),
	    S(GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_MOV_SS)),
	LENIENT(GUEST, "hlt and fault", REAL, GUEST_ACTIVITY_STATE,
		S(GUEST_ACTIVITY_STATE, VTX_HLT),
		S(CTRL_ENTRY_INTR_INFO, INJECT(EXCEPTION, 6))),
	BAD(GUEST, "shutdown and interrupt", REAL, GUEST_ACTIVITY_STATE,
	    S(GUEST_ACTIVITY_STATE, VTX_SHUTDOWN),
	    O(GUEST_RFLAGS, X86_EFLAGS_IF),
	    S(CTRL_ENTRY_INTR_INFO, INJECT(EXTERNAL, 64))),
	BAD(GUEST, "sipi and nmi", REAL, GUEST_ACTIVITY_STATE,
	    S(GUEST_ACTIVITY_STATE, VTX_WAIT_FOR_SIPI),
	    S(CTRL_ENTRY_INTR_INFO, INJECT(NMI, 2))),
	BAD(GUEST, "interruptibility reserved", REAL, GUEST_INTERRUPTIBILITY,
	    S(GUEST_INTERRUPTIBILITY, BIT(5))),
	BAD(GUEST, "sti and mov ss", REAL, GUEST_INTERRUPTIBILITY,
	    S(GUEST_INTERRUPTIBILITY,
	      VTX_BLOCKED_BY_STI | VTX_BLOCKED_BY_MOV_SS),
	    O(GUEST_RFLAGS, X86_EFLAGS_IF)),
	BAD(GUEST, "sti without if", REAL, GUEST_INTERRUPTIBILITY,
	    S(GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_STI)),
	BAD(GUEST, "interrupt in shadow", REAL, GUEST_INTERRUPTIBILITY,
	    S(GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_STI),
	    O(GUEST_RFLAGS, X86_EFLAGS_IF),
	    S(CTRL_ENTRY_INTR_INFO, INJECT(EXTERNAL, 64))),
	BAD(GUEST, "nmi in mov ss", REAL, GUEST_INTERRUPTIBILITY,
	    S(GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_MOV_SS),
	    S(CTRL_ENTRY_INTR_INFO, INJECT(NMI, 2))),
	BAD(GUEST, "smi blocked", REAL, GUEST_INTERRUPTIBILITY,
	    S(GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_SMI)),
	LENIENT(GUEST, "nmi in nmi", REAL, GUEST_INTERRUPTIBILITY,
		S(GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_NMI),
		S(CTRL_ENTRY_INTR_INFO, INJECT(NMI, 2))),
	BAD(GUEST, "pending reserved", REAL, GUEST_PENDING_DEBUG_EXCEPTIONS,
	    S(GUEST_PENDING_DEBUG_EXCEPTIONS, BIT(13))),
	LENIENT(GUEST, "pending bs missing", REAL,
		GUEST_PENDING_DEBUG_EXCEPTIONS,
		S(GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_MOV_SS),
		O(GUEST_RFLAGS, X86_EFLAGS_TF)),
	LENIENT(GUEST, "pending bs", REAL, GUEST_PENDING_DEBUG_EXCEPTIONS,
		S(GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_MOV_SS),
		S(GUEST_PENDING_DEBUG_EXCEPTIONS, BIT(14))),
	BAD(GUEST, "link pointer", REAL, GUEST_VMCS_LINK_POINTER,
	    S(GUEST_VMCS_LINK_POINTER, 0x10)),
	BAD(GUEST, "link pointer wide", REAL, GUEST_VMCS_LINK_POINTER,
	    S(GUEST_VMCS_LINK_POINTER, TOO_WIDE)),
};

static const void *next_row(const void *prev, char *desc)
{
	const struct row *row = prev;

	row = row ? row + 1 : &rows[0];
	if (row == &rows[ARRAY_SIZE(rows)])
		return NULL;
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
	return row;
}

static void enter_v86(void)
{
	enum vtx_segment s;

	for (s = VTX_ES; s <= VTX_GS; s++) {
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_SELECTOR, s), 0);
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_LIMIT, s), 0xffff);
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_ACCESS_RIGHTS, s),
			       0xf3);
	}
	vmcs_writel(VMCS_GUEST_RFLAGS, X86_EFLAGS_FIXED | X86_EFLAGS_VM);
}

/* 32-bit paging with PAE; its page directory identity-maps 2 MiB. */
static void enter_pae(struct guest *guest)
{
	*(u64 *)(guest->memory + GUEST_PD) = 0x83;
	vmcs_write64(VMCS_GUEST_PDPTE0, GUEST_PD | 1);
	vmcs_writel(VMCS_GUEST_CR3, GUEST_PDPT);
	vmcs_writel(VMCS_GUEST_CR4, vmcs_readl(VMCS_GUEST_CR4) | X86_CR4_PAE);
	vmcs_writel(VMCS_GUEST_CR0, vmcs_readl(VMCS_GUEST_CR0) | X86_CR0_PG);
}

static void set_mode(struct guest *guest, enum mode mode)
{
	switch (mode) {
	case REAL:
		return;
	case LONG:
		guest_long_mode(guest);
		return;
	case PAE:
	case PROT:
	case V86:
		guest_protected_mode(guest);
		break;
	}
	if (mode == V86)
		enter_v86();
	if (mode == PAE)
		enter_pae(guest);
}

static void apply(const struct change *change)
{
	u64 value = vtx_check_read_current(NULL, change->field);

	switch (change->op) {
	case SET:
		value = change->value;
		break;
	case OR:
		value |= change->value;
		break;
	case CLEAR:
		value &= ~change->value;
		break;
	case END:
		return;
	}
	vtx_vmcs_write(change->field, value);
}

static enum vtx_check_stage verdict(struct guest *guest, u32 *raw)
{
	switch (guest_enter(guest)) {
	case VTX_ENTRY_EXITED:
		*raw = guest->exit.reason;
		return *raw & VTX_EXIT_ENTRY_FAILED ? VTX_CHECK_GUEST :
						      VTX_CHECK_NOTHING;
	case VTX_ENTRY_VMFAIL:
		*raw = vtx_entry_error();
		return *raw == 7 ? VTX_CHECK_CONTROLS : VTX_CHECK_HOST;
	default:
		*raw = ~0U;
		return VTX_CHECK_NOTHING;
	}
}

static void cpu_agrees(struct kunit *test)
{
	const struct row *row = test->param_value;
	struct guest *guest = test->priv;
	enum vtx_check_stage first, stage;
	struct vtx_check_cpu cpu;
	struct vtx_check check;
	u32 raw = 0;
	int i;

	if (row->needs && !vtx_caps_have(vtx_percpu_caps(), row->needs))
		kunit_skip(test, "the CPU lacks \"%s\"",
			   vtx_feature_name(row->needs));
	GUEST_CODE_BYTES(guest, 0xf4);

	/* Once without the change: host state that an entry writes is there. */
	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	set_mode(guest, row->mode);
	first = verdict(guest, &raw);
	for (i = 0; i < ARRAY_SIZE(row->change); i++)
		apply(&row->change[i]);
	vtx_check_current(&check, &cpu);
	stage = verdict(guest, &raw);
	guest_end(guest);

	KUNIT_EXPECT_EQ(test, first, VTX_CHECK_NOTHING);
	KUNIT_EXPECT_EQ_MSG(test, check.stage, row->stage, "checker: %s: %s",
			    check.rule ? vtx_vmcs_field_name(check.field) : "-",
			    check.rule ?: "fine");
	if (check.stage == row->stage && check.rule)
		KUNIT_EXPECT_EQ_MSG(test, check.field, row->field,
				    "checker: %s: %s",
				    vtx_vmcs_field_name(check.field),
				    check.rule);
	if (!row->lenient)
		KUNIT_EXPECT_EQ_MSG(test, stage, row->stage, "CPU: %#x", raw);
}

static struct kunit_case check_cases[] = {
	KUNIT_CASE_PARAM(cpu_agrees, next_row),
	{ }
};

static struct kunit_suite check_suite = {
	.name		= "vtx_check",
	.suite_init	= machine_init,
	.suite_exit	= machine_exit,
	.init		= guest_init,
	.exit		= guest_exit_test,
	.test_cases	= check_cases,
};

kunit_test_suite(check_suite);
