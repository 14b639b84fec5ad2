// SPDX-License-Identifier: GPL-2.0-only
/*
 * SDM 3C "Checks on VMX Controls".
 */
#include "module/compat.h"

#include <linux/bitfield.h>

#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "arch-x86/vmx/check_rules.h"

/* A word of controls against what the capability MSR allows. */
static bool allowed(u32 controls, u64 msr)
{
	return !(~controls & lower_32_bits(msr)) &&
	       !(controls & ~upper_32_bits(msr));
}

/* The TRUE MSR where the CPU has it. */
#define ALLOWED(check, FIELD, word)					\
	allowed(GET(check, FIELD),					\
		(check)->cpu->msrs.basic & BASIC_TRUE ?			\
		(check)->cpu->msrs.true_##word : (check)->cpu->msrs.word)

static bool check_words(struct vtx_check *check)
{
	const struct vtx_vmx_msrs *msrs = &check->cpu->msrs;

	MUST(check, CTRL_PIN_BASED, ALLOWED(check, CTRL_PIN_BASED, pin),
	     "reserved bits set as the capability MSR says");
	MUST(check, CTRL_PROC_BASED, ALLOWED(check, CTRL_PROC_BASED, proc),
	     "reserved bits set as the capability MSR says");
	if (HAS(check, PROC_BASED, ACTIVATE_SECONDARY))
		MUST(check, CTRL_SECONDARY_PROC_BASED,
		     allowed(GET(check, CTRL_SECONDARY_PROC_BASED),
			     msrs->proc2),
		     "reserved bits set as the capability MSR says");
	if (GET(check, CTRL_PROC_BASED) & PROC_TERTIARY)
		MUST(check, CTRL_TERTIARY_PROC_BASED,
		     !(GET(check, CTRL_TERTIARY_PROC_BASED) & ~msrs->proc3),
		     "reserved bits 0");
	MUST(check, CTRL_CR3_TARGET_COUNT,
	     GET(check, CTRL_CR3_TARGET_COUNT) <=
	     FIELD_GET(MISC_CR3_TARGETS, msrs->misc),
	     "not more than IA32_VMX_MISC says");
	return true;
}

static bool check_bitmaps(struct vtx_check *check)
{
	if (GET(check, CTRL_PROC_BASED) & PROC_IO_BITMAPS) {
		MUST_BE_PAGE(check, CTRL_IO_BITMAP_A);
		MUST_BE_PAGE(check, CTRL_IO_BITMAP_B);
	}
	if (HAS(check, PROC_BASED, MSR_BITMAPS))
		MUST_BE_PAGE(check, CTRL_MSR_BITMAPS);
	return true;
}

/* The virtual-APIC page holds the TPR at 0x80. */
static bool threshold_fits(struct vtx_check *check, u32 threshold)
{
	u64 page = GET(check, CTRL_VIRTUAL_APIC_ADDRESS);

	if (!check->read_hpa)
		return true;
	return (threshold & 0xf) <=
	       ((check->read_hpa(check->arg, page + 0x80) >> 4) & 0xf);
}

static bool check_tpr_shadow(struct vtx_check *check)
{
	u32 proc2 = vtx_check_proc2(check);
	u32 threshold = GET(check, CTRL_TPR_THRESHOLD);

	if (!HAS(check, PROC_BASED, TPR_SHADOW)) {
		MUST(check, CTRL_SECONDARY_PROC_BASED,
		     !(proc2 & (VTX_CONTROL(VIRT_X2APIC) |
				VTX_CONTROL(APIC_REGISTER_VIRT) |
				VTX_CONTROL(VIRT_INTR_DELIVERY))),
		     "no APIC virtualization without \"use TPR shadow\"");
		return true;
	}
	MUST_BE_PAGE(check, CTRL_VIRTUAL_APIC_ADDRESS);
	if (proc2 & VTX_CONTROL(VIRT_INTR_DELIVERY))
		return true;
	MUST(check, CTRL_TPR_THRESHOLD, !(threshold & ~0xfU), "bits 31:4 0");
	if (!(proc2 & VTX_CONTROL(VIRT_APIC_ACCESSES)))
		MUST(check, CTRL_TPR_THRESHOLD,
		     threshold_fits(check, threshold),
		     "not above bits 7:4 of the virtual TPR");
	return true;
}

static bool check_apic(struct vtx_check *check)
{
	u32 proc2 = vtx_check_proc2(check);

	if (proc2 & VTX_CONTROL(VIRT_APIC_ACCESSES))
		MUST_BE_PAGE(check, CTRL_APIC_ACCESS_ADDRESS);
	if (proc2 & VTX_CONTROL(VIRT_X2APIC))
		MUST(check, CTRL_SECONDARY_PROC_BASED,
		     !(proc2 & VTX_CONTROL(VIRT_APIC_ACCESSES)),
		     "not both of \"virtualize x2APIC mode\" and \"virtualize APIC accesses\"");
	if (proc2 & VTX_CONTROL(VIRT_INTR_DELIVERY))
		MUST(check, CTRL_PIN_BASED,
		     HAS(check, PIN_BASED, EXT_INTR_EXITING),
		     "\"external-interrupt exiting\" with \"virtual-interrupt delivery\"");
	if (!HAS(check, PIN_BASED, POSTED_INTERRUPTS))
		return true;

	MUST(check, CTRL_SECONDARY_PROC_BASED,
	     proc2 & VTX_CONTROL(VIRT_INTR_DELIVERY),
	     "\"virtual-interrupt delivery\" with \"process posted interrupts\"");
	MUST(check, CTRL_VM_EXIT, HAS(check, VM_EXIT, ACK_INTR_ON_EXIT),
	     "\"acknowledge interrupt on exit\" with \"process posted interrupts\"");
	MUST(check, CTRL_POSTED_INTR_VECTOR,
	     GET(check, CTRL_POSTED_INTR_VECTOR) <= 0xff, "bits 15:8 0");
	MUST(check, CTRL_POSTED_INTR_DESC_ADDRESS,
	     vtx_check_hpa(check, GET(check, CTRL_POSTED_INTR_DESC_ADDRESS),
			   64),
	     "a physical address aligned to 64 bytes");
	return true;
}

static bool check_nmi(struct vtx_check *check)
{
	bool virtual = HAS(check, PIN_BASED, VIRTUAL_NMIS);

	MUST(check, CTRL_PIN_BASED,
	     HAS(check, PIN_BASED, NMI_EXITING) || !virtual,
	     "no \"virtual NMIs\" without \"NMI exiting\"");
	MUST(check, CTRL_PROC_BASED,
	     virtual || !HAS(check, PROC_BASED, NMI_WINDOW_EXITING),
	     "no \"NMI-window exiting\" without \"virtual NMIs\"");
	return true;
}

/* SDM 3C "Extended-Page-Table Pointer (EPTP)"; bits of the capability MSR. */
static bool check_eptp(struct vtx_check *check)
{
	u64 caps = check->cpu->msrs.ept_vpid;
	u64 eptp = GET(check, CTRL_EPT_POINTER);
	u64 reserved = GENMASK(11, 8);

	MUST(check, CTRL_EPT_POINTER,
	     ((eptp & 7) == 0 && (caps & BIT(8))) ||
	     ((eptp & 7) == 6 && (caps & BIT(14))),
	     "bits 2:0 a memory type that EPT supports");
	MUST(check, CTRL_EPT_POINTER,
	     ((eptp >> 3 & 7) == 3 && (caps & BIT(6))) ||
	     ((eptp >> 3 & 7) == 4 && (caps & BIT(7))),
	     "bits 5:3 a supported page-walk length less 1");
	MUST(check, CTRL_EPT_POINTER, !(eptp & BIT(6)) || (caps & BIT(21)),
	     "bit 6 0: no accessed and dirty flags for EPT");
	if (!(caps & BIT(23)))
		reserved |= BIT(7);
	MUST(check, CTRL_EPT_POINTER,
	     !(eptp & reserved) && !(eptp >> check->cpu->phys_bits),
	     "reserved bits 0");
	return true;
}

static bool check_ept(struct vtx_check *check)
{
	u32 proc2 = vtx_check_proc2(check);
	u32 need_ept = VTX_CONTROL(UNRESTRICTED_GUEST) | VTX_CONTROL(PML) |
		       PROC2_MODE_BASED_EXEC | PROC2_SPP | PROC2_PT_GPA;

	if (proc2 & VTX_CONTROL(VPID))
		MUST(check, CTRL_VPID, GET(check, CTRL_VPID), "not 0");
	if (!(proc2 & VTX_CONTROL(EPT))) {
		MUST(check, CTRL_SECONDARY_PROC_BASED, !(proc2 & need_ept),
		     "no control that needs \"enable EPT\" without it");
		return true;
	}
	if (!check_eptp(check))
		return false;
	if (proc2 & VTX_CONTROL(PML))
		MUST_BE_PAGE(check, CTRL_PML_ADDRESS);
	if (proc2 & PROC2_SPP)
		MUST_BE_PAGE(check, CTRL_SPP_TABLE_POINTER);
	if (proc2 & PROC2_PT_GPA) {
		MUST(check, CTRL_VM_ENTRY,
		     GET(check, CTRL_VM_ENTRY) & ENTRY_LOAD_RTIT,
		     "\"load IA32_RTIT_CTL\" with \"PT uses guest physical addresses\"");
		MUST(check, CTRL_VM_EXIT,
		     GET(check, CTRL_VM_EXIT) & EXIT_CLEAR_RTIT,
		     "\"clear IA32_RTIT_CTL\" with \"PT uses guest physical addresses\"");
	}
	return true;
}

static bool check_vmfunc(struct vtx_check *check)
{
	u64 functions = GET(check, CTRL_VM_FUNCTION_CONTROLS);

	MUST(check, CTRL_VM_FUNCTION_CONTROLS,
	     !(functions & ~check->cpu->msrs.vmfunc), "reserved bits 0");
	if (!(functions & BIT(0)))
		return true;
	MUST(check, CTRL_SECONDARY_PROC_BASED,
	     vtx_check_proc2(check) & VTX_CONTROL(EPT),
	     "\"enable EPT\" with EPTP switching");
	MUST_BE_PAGE(check, CTRL_EPTP_LIST_ADDRESS);
	return true;
}

static bool check_vmfunc_and_shadow(struct vtx_check *check)
{
	u32 proc2 = vtx_check_proc2(check);

	if ((proc2 & PROC2_VMFUNC) && !check_vmfunc(check))
		return false;
	if (proc2 & PROC2_SHADOW_VMCS) {
		MUST_BE_PAGE(check, CTRL_VMREAD_BITMAP_ADDRESS);
		MUST_BE_PAGE(check, CTRL_VMWRITE_BITMAP_ADDRESS);
	}
	if (proc2 & PROC2_EPT_VE)
		MUST_BE_PAGE(check, CTRL_VIRT_EXCEPTION_INFO_ADDRESS);
	return true;
}

/* A list of 16-byte entries lies within physical memory's width. */
static bool list_fits(struct vtx_check *check, u64 list, u64 count)
{
	return !count || (vtx_check_hpa(check, list, 16) &&
			  vtx_check_hpa(check, list + count * 16 - 1, 1));
}

#define MUST_BE_LIST(check, LIST)					\
	MUST(check, CTRL_##LIST##_ADDRESS,				\
	     list_fits(check, GET(check, CTRL_##LIST##_ADDRESS),	\
		       GET(check, CTRL_##LIST##_COUNT)),		\
	     "a physical address aligned to 16 bytes, also at the list's end")

static bool check_exit_controls(struct vtx_check *check)
{
	MUST(check, CTRL_VM_EXIT, ALLOWED(check, CTRL_VM_EXIT, exit),
	     "reserved bits set as the capability MSR says");
	MUST(check, CTRL_VM_EXIT,
	     HAS(check, PIN_BASED, PREEMPTION_TIMER) ||
	     !(GET(check, CTRL_VM_EXIT) & EXIT_SAVE_TIMER),
	     "no \"save VMX-preemption timer value\" without the timer");
	MUST_BE_LIST(check, EXIT_MSR_STORE);
	MUST_BE_LIST(check, EXIT_MSR_LOAD);
	return true;
}

static bool pushes_error_code(u32 vector)
{
	return BIT(vector & 31) & (BIT(X86_TRAP_DF) | BIT(X86_TRAP_TS) |
				   BIT(X86_TRAP_NP) | BIT(X86_TRAP_SS) |
				   BIT(X86_TRAP_GP) | BIT(X86_TRAP_PF) |
				   BIT(X86_TRAP_AC));
}

static bool check_injected_error(struct vtx_check *check, u32 info)
{
	bool exception = FIELD_GET(VTX_INTR_TYPE, info) == VTX_INTR_EXCEPTION;
	bool real = (vtx_check_proc2(check) &
		     VTX_CONTROL(UNRESTRICTED_GUEST)) &&
		    !(GET(check, GUEST_CR0) & X86_CR0_PE);

	if (real || !exception) {
		MUST(check, CTRL_ENTRY_INTR_INFO, !(info & VTX_INTR_HAS_ERROR),
		     "an error code only for a hardware exception in protected mode");
		return true;
	}
	if (!(check->cpu->msrs.basic & BASIC_ANY_ERROR_CODE))
		MUST(check, CTRL_ENTRY_INTR_INFO,
		     !!(info & VTX_INTR_HAS_ERROR) ==
		     pushes_error_code(FIELD_GET(VTX_INTR_VECTOR, info)),
		     "an error code if and only if the exception has one");
	if (info & VTX_INTR_HAS_ERROR)
		MUST(check, CTRL_ENTRY_EXCEPTION_ERROR_CODE,
		     !(GET(check, CTRL_ENTRY_EXCEPTION_ERROR_CODE) >> 16),
		     "bits 31:16 0");
	return true;
}

static bool check_injection(struct vtx_check *check)
{
	u32 info = GET(check, CTRL_ENTRY_INTR_INFO);
	u32 type = FIELD_GET(VTX_INTR_TYPE, info);
	u32 vector = FIELD_GET(VTX_INTR_VECTOR, info);
	u32 length = GET(check, CTRL_ENTRY_INSTRUCTION_LENGTH);
	bool zero_ok = check->cpu->msrs.misc & MISC_ZERO_LENGTH;

	if (!(info & VTX_INTR_VALID))
		return true;
	MUST(check, CTRL_ENTRY_INTR_INFO, type != 1, "type not 1");
	MUST(check, CTRL_ENTRY_INTR_INFO,
	     type != VTX_INTR_OTHER ||
	     (check->cpu->msrs.proc >> 32 & VTX_CONTROL(MONITOR_TRAP_FLAG)),
	     "type not 7: no monitor trap flag");
	MUST(check, CTRL_ENTRY_INTR_INFO,
	     type != VTX_INTR_NMI || vector == X86_TRAP_NMI,
	     "vector 2 for an NMI");
	MUST(check, CTRL_ENTRY_INTR_INFO,
	     type != VTX_INTR_EXCEPTION || vector < 32,
	     "vector below 32 for a hardware exception");
	MUST(check, CTRL_ENTRY_INTR_INFO,
	     type != VTX_INTR_OTHER || !vector, "vector 0 for type 7");
	if (!check_injected_error(check, info))
		return false;
	MUST(check, CTRL_ENTRY_INTR_INFO, !(info & GENMASK(30, 12)),
	     "bits 30:12 0");
	if (type >= VTX_INTR_SOFT_INTERRUPT && type <= VTX_INTR_SOFT_EXCEPTION)
		MUST(check, CTRL_ENTRY_INSTRUCTION_LENGTH,
		     length <= 15 && (length || zero_ok),
		     "an instruction's length");
	return true;
}

static bool check_entry_controls(struct vtx_check *check)
{
	MUST(check, CTRL_VM_ENTRY, ALLOWED(check, CTRL_VM_ENTRY, entry),
	     "reserved bits set as the capability MSR says");
	if (!check_injection(check))
		return false;
	MUST_BE_LIST(check, ENTRY_MSR_LOAD);
	MUST(check, CTRL_VM_ENTRY,
	     !(GET(check, CTRL_VM_ENTRY) &
	       (ENTRY_TO_SMM | ENTRY_DEACTIVATE_DUAL)),
	     "no SMM controls outside SMM");
	return true;
}

/**
 * vtx_check_controls() - the rules about controls
 * @check: the question
 *
 * Return: false if one is broken.
 */
bool vtx_check_controls(struct vtx_check *check)
{
	return check_words(check) && check_bitmaps(check) &&
	       check_tpr_shadow(check) && check_nmi(check) &&
	       check_apic(check) && check_ept(check) &&
	       check_vmfunc_and_shadow(check) && check_exit_controls(check) &&
	       check_entry_controls(check);
}
