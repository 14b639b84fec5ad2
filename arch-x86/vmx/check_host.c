// SPDX-License-Identifier: GPL-2.0-only
/*
 * SDM 3C "Checks on Host-State Area".
 */
#include "module/compat.h"

#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "arch-x86/vmx/check_rules.h"

static bool check_host_registers(struct vtx_check *check)
{
	const struct vtx_vmx_msrs *msrs = &check->cpu->msrs;
	u64 cr0 = GET(check, HOST_CR0), cr4 = GET(check, HOST_CR4);

	MUST(check, HOST_CR0,
	     !(~cr0 & msrs->cr0_fixed0) && !(cr0 & ~msrs->cr0_fixed1),
	     "the bits that VMX operation wants");
	MUST(check, HOST_CR4,
	     !(~cr4 & msrs->cr4_fixed0) && !(cr4 & ~msrs->cr4_fixed1),
	     "the bits that VMX operation wants");
	MUST(check, HOST_CR4, !(cr4 & BIT(23)) || (cr0 & X86_CR0_WP),
	     "no CET without CR0.WP");
	MUST(check, HOST_CR3, !(GET(check, HOST_CR3) >> check->cpu->phys_bits),
	     "not wider than physical addresses");
	MUST_BE_CANONICAL(check, HOST_IA32_SYSENTER_ESP);
	MUST_BE_CANONICAL(check, HOST_IA32_SYSENTER_EIP);
	return true;
}

static bool check_host_msrs(struct vtx_check *check)
{
	u32 exit = GET(check, CTRL_VM_EXIT);
	u64 efer = GET(check, HOST_IA32_EFER);
	bool wide = HAS(check, VM_EXIT, HOST_ADDRESS_SPACE_SIZE);

	if (HAS(check, VM_EXIT, EXIT_LOAD_PAT))
		MUST(check, HOST_IA32_PAT,
		     vtx_check_pat(GET(check, HOST_IA32_PAT)),
		     "memory types in all bytes");
	if (HAS(check, VM_EXIT, EXIT_LOAD_EFER)) {
		MUST(check, HOST_IA32_EFER,
		     !(efer & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX)),
		     "reserved bits 0");
		MUST(check, HOST_IA32_EFER,
		     !!(efer & EFER_LMA) == wide && !!(efer & EFER_LME) == wide,
		     "LMA and LME as \"host address-space size\"");
	}
	if (exit & EXIT_LOAD_CET) {
		u64 s_cet = GET(check, HOST_IA32_S_CET);

		MUST(check, HOST_IA32_S_CET,
		     vtx_check_canonical(check, s_cet) &&
		     !(s_cet & GENMASK(9, 6)) &&
		     (s_cet & GENMASK(11, 10)) != GENMASK(11, 10),
		     "a value that IA32_S_CET takes");
		MUST(check, HOST_SSP,
		     !(GET(check, HOST_SSP) & 3) &&
		     vtx_check_canonical(check, GET(check, HOST_SSP)),
		     "canonical and aligned to 4 bytes");
		MUST_BE_CANONICAL(check, HOST_INTR_SSP_TABLE_ADDRESS);
	}
	if (exit & EXIT_LOAD_PKRS)
		MUST(check, HOST_IA32_PKRS, !(GET(check, HOST_IA32_PKRS) >> 32),
		     "bits 63:32 0");
	return true;
}

static bool check_host_segments(struct vtx_check *check)
{
	static const enum vtx_vmcs_field selectors[] = {
		VMCS_HOST_ES_SELECTOR, VMCS_HOST_CS_SELECTOR,
		VMCS_HOST_SS_SELECTOR, VMCS_HOST_DS_SELECTOR,
		VMCS_HOST_FS_SELECTOR, VMCS_HOST_GS_SELECTOR,
		VMCS_HOST_TR_SELECTOR,
	};
	static const enum vtx_vmcs_field bases[] = {
		VMCS_HOST_FS_BASE, VMCS_HOST_GS_BASE, VMCS_HOST_TR_BASE,
		VMCS_HOST_GDTR_BASE, VMCS_HOST_IDTR_BASE,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(selectors); i++)
		MUST_OF(check, selectors[i],
			!(vtx_check_get(check, selectors[i]) & 7),
			"RPL and TI 0");
	MUST(check, HOST_CS_SELECTOR, GET(check, HOST_CS_SELECTOR), "not 0");
	MUST(check, HOST_TR_SELECTOR, GET(check, HOST_TR_SELECTOR), "not 0");
	MUST(check, HOST_SS_SELECTOR, GET(check, HOST_SS_SELECTOR) ||
	     HAS(check, VM_EXIT, HOST_ADDRESS_SPACE_SIZE),
	     "not 0 without \"host address-space size\"");
	for (i = 0; i < ARRAY_SIZE(bases); i++)
		MUST_OF(check, bases[i],
			vtx_check_canonical(check,
					    vtx_check_get(check, bases[i])),
			"canonical");
	return true;
}

static bool check_address_space(struct vtx_check *check)
{
	bool wide = HAS(check, VM_EXIT, HOST_ADDRESS_SPACE_SIZE);

	MUST(check, CTRL_VM_EXIT, wide == check->cpu->ia32e,
	     "\"host address-space size\" as the mode of the CPU");
	MUST(check, CTRL_VM_ENTRY,
	     wide || !HAS(check, VM_ENTRY, IA32E_MODE_GUEST),
	     "no \"IA-32e mode guest\" without \"host address-space size\"");
	MUST(check, HOST_CR4,
	     wide || !(GET(check, HOST_CR4) & X86_CR4_PCIDE),
	     "no PCIDE without \"host address-space size\"");
	MUST(check, HOST_CR4, !wide || (GET(check, HOST_CR4) & X86_CR4_PAE),
	     "PAE with \"host address-space size\"");
	MUST(check, HOST_RIP,
	     wide ? vtx_check_canonical(check, GET(check, HOST_RIP)) :
		    !(GET(check, HOST_RIP) >> 32),
	     "an address in the mode of the host");
	return true;
}

/**
 * vtx_check_host() - the rules about host state
 * @check: the question
 *
 * Return: false if one is broken.
 */
bool vtx_check_host(struct vtx_check *check)
{
	return check_host_registers(check) && check_host_msrs(check) &&
	       check_host_segments(check) && check_address_space(check);
}
