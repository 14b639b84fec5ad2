// SPDX-License-Identifier: GPL-2.0-only
/*
 * SDM 3C "Checks on the Guest State Area": control registers, MSRs, descriptor
 * tables, RIP and RFLAGS.
 */
#include "module/compat.h"

#include <linux/bitfield.h>

#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "arch-x86/vmx/check_rules.h"
#include "arch-x86/vmx/segment.h"

static bool check_cr0(struct vtx_check *check)
{
	const struct vtx_vmx_msrs *msrs = &check->cpu->msrs;
	u64 cr0 = GET(check, GUEST_CR0);
	u64 must1 = msrs->cr0_fixed0;

	if (vtx_check_proc2(check) & VTX_CONTROL(UNRESTRICTED_GUEST))
		must1 &= ~(X86_CR0_PE | X86_CR0_PG);
	/* Never checked, and never changed by an entry. */
	must1 &= ~(X86_CR0_NW | X86_CR0_CD);
	MUST(check, GUEST_CR0,
	     !(~cr0 & must1) && !(cr0 & ~msrs->cr0_fixed1),
	     "the bits that VMX operation wants");
	MUST(check, GUEST_CR0, !(cr0 & X86_CR0_PG) || (cr0 & X86_CR0_PE),
	     "no PG without PE");
	return true;
}

static bool check_cr3_cr4(struct vtx_check *check)
{
	const struct vtx_vmx_msrs *msrs = &check->cpu->msrs;
	bool wide = HAS(check, VM_ENTRY, IA32E_MODE_GUEST);
	u64 cr0 = GET(check, GUEST_CR0), cr4 = GET(check, GUEST_CR4);

	MUST(check, GUEST_CR4,
	     !(~cr4 & msrs->cr4_fixed0) && !(cr4 & ~msrs->cr4_fixed1),
	     "the bits that VMX operation wants");
	MUST(check, GUEST_CR4, !(cr4 & BIT(23)) || (cr0 & X86_CR0_WP),
	     "no CET without CR0.WP");
	MUST(check, GUEST_CR0, !wide || (cr0 & X86_CR0_PG),
	     "PG in IA-32e mode");
	MUST(check, GUEST_CR4, !wide || (cr4 & X86_CR4_PAE),
	     "PAE in IA-32e mode");
	MUST(check, GUEST_CR4, wide || !(cr4 & X86_CR4_PCIDE),
	     "no PCIDE outside IA-32e mode");
	MUST(check, GUEST_CR3,
	     !(GET(check, GUEST_CR3) >> check->cpu->phys_bits),
	     "not wider than physical addresses");
	return true;
}

/* IA32_DEBUGCTL: SDM 4 knows the bits below 16, but for 5:2. */
#define DEBUGCTL_KNOWN	(GENMASK(15, 6) | GENMASK(2, 0))

static bool check_msrs(struct vtx_check *check)
{
	bool wide = HAS(check, VM_ENTRY, IA32E_MODE_GUEST);
	u64 efer = GET(check, GUEST_IA32_EFER);

	if (HAS(check, VM_ENTRY, LOAD_DEBUG_CONTROLS)) {
		MUST(check, GUEST_IA32_DEBUGCTL,
		     !(GET(check, GUEST_IA32_DEBUGCTL) & ~DEBUGCTL_KNOWN),
		     "reserved bits 0");
		MUST(check, GUEST_DR7, !(GET(check, GUEST_DR7) >> 32),
		     "bits 63:32 0");
	}
	MUST_BE_CANONICAL(check, GUEST_IA32_SYSENTER_ESP);
	MUST_BE_CANONICAL(check, GUEST_IA32_SYSENTER_EIP);
	if (HAS(check, VM_ENTRY, ENTRY_LOAD_PAT))
		MUST(check, GUEST_IA32_PAT,
		     vtx_check_pat(GET(check, GUEST_IA32_PAT)),
		     "memory types in all bytes");
	if (HAS(check, VM_ENTRY, ENTRY_LOAD_EFER)) {
		MUST(check, GUEST_IA32_EFER,
		     !(efer & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX)),
		     "reserved bits 0");
		MUST(check, GUEST_IA32_EFER, !!(efer & EFER_LMA) == wide,
		     "LMA as \"IA-32e mode guest\"");
		MUST(check, GUEST_IA32_EFER,
		     !(GET(check, GUEST_CR0) & X86_CR0_PG) ||
		     !!(efer & EFER_LMA) == !!(efer & EFER_LME),
		     "LMA as LME while CR0.PG is 1");
	}
	return true;
}

/* State that newer CPUs load if the entry control of the same name says so. */
static bool check_newer_msrs(struct vtx_check *check)
{
	u32 entry = GET(check, CTRL_VM_ENTRY);
	u64 bndcfgs = GET(check, GUEST_IA32_BNDCFGS);
	u64 s_cet = GET(check, GUEST_IA32_S_CET);

	if (entry & ENTRY_LOAD_BNDCFGS)
		MUST(check, GUEST_IA32_BNDCFGS,
		     !(bndcfgs & GENMASK(11, 2)) &&
		     vtx_check_canonical(check, bndcfgs & ~0xfffULL),
		     "a value that IA32_BNDCFGS takes");
	if (entry & ENTRY_LOAD_UINV)
		MUST(check, GUEST_UINV, GET(check, GUEST_UINV) <= 0xff,
		     "bits 15:8 0");
	if (entry & ENTRY_LOAD_PKRS)
		MUST(check, GUEST_IA32_PKRS,
		     !(GET(check, GUEST_IA32_PKRS) >> 32), "bits 63:32 0");
	if (!(entry & ENTRY_LOAD_CET))
		return true;
	MUST(check, GUEST_IA32_S_CET,
	     vtx_check_canonical(check, s_cet) && !(s_cet & GENMASK(9, 6)) &&
	     (s_cet & GENMASK(11, 10)) != GENMASK(11, 10),
	     "a value that IA32_S_CET takes");
	MUST(check, GUEST_SSP, !(GET(check, GUEST_SSP) & 3),
	     "aligned to 4 bytes");
	MUST_BE_CANONICAL(check, GUEST_INTR_SSP_TABLE_ADDRESS);
	return true;
}

static bool check_tables(struct vtx_check *check)
{
	MUST_BE_CANONICAL(check, GUEST_GDTR_BASE);
	MUST_BE_CANONICAL(check, GUEST_IDTR_BASE);
	MUST(check, GUEST_GDTR_LIMIT, !(GET(check, GUEST_GDTR_LIMIT) >> 16),
	     "bits 31:16 0");
	MUST(check, GUEST_IDTR_LIMIT, !(GET(check, GUEST_IDTR_LIMIT) >> 16),
	     "bits 31:16 0");
	return true;
}

/* Of a 64-bit RIP only the bits beyond the linear width have to be alike. */
static bool rip_fits(const struct vtx_check *check, u64 rip)
{
	s64 top = (s64)rip >> check->cpu->linear_bits;

	return top == 0 || top == -1;
}

static bool check_rip_rflags(struct vtx_check *check)
{
	bool wide = HAS(check, VM_ENTRY, IA32E_MODE_GUEST);
	bool code64 = wide && (GET(check, GUEST_CS_ACCESS_RIGHTS) & VTX_AR_L);
	u64 rip = GET(check, GUEST_RIP), rflags = GET(check, GUEST_RFLAGS);
	u32 info = GET(check, CTRL_ENTRY_INTR_INFO);

	MUST(check, GUEST_RIP, code64 ? rip_fits(check, rip) : !(rip >> 32),
	     "an address in the mode of the guest");
	MUST(check, GUEST_RFLAGS,
	     !(rflags & (GENMASK_ULL(63, 22) | BIT(15) | BIT(5) | BIT(3))) &&
	     (rflags & X86_EFLAGS_FIXED), "reserved bits 0, and bit 1 1");
	MUST(check, GUEST_RFLAGS,
	     !(rflags & X86_EFLAGS_VM) ||
	     (!wide && (GET(check, GUEST_CR0) & X86_CR0_PE)),
	     "no VM in IA-32e or real mode");
	MUST(check, GUEST_RFLAGS,
	     !(info & VTX_INTR_VALID) ||
	     FIELD_GET(VTX_INTR_TYPE, info) != VTX_INTR_EXTERNAL ||
	     (rflags & X86_EFLAGS_IF),
	     "IF, for an external interrupt is injected");
	return true;
}

/* SDM 3C "Checks on Guest Page-Directory-Pointer-Table Entries". */
static bool check_pdptes(struct vtx_check *check)
{
	u64 reserved = BIT(1) | BIT(2) | GENMASK(8, 5) |
		       GENMASK_ULL(63, check->cpu->phys_bits);
	int i;

	if (!(GET(check, GUEST_CR0) & X86_CR0_PG) ||
	    !(GET(check, GUEST_CR4) & X86_CR4_PAE) ||
	    HAS(check, VM_ENTRY, IA32E_MODE_GUEST) ||
	    !(vtx_check_proc2(check) & VTX_CONTROL(EPT)))
		return true;
	for (i = 0; i < 4; i++) {
		enum vtx_vmcs_field field = VMCS_GUEST_PDPTE0 + 2 * i;
		u64 pdpte = vtx_check_get(check, field);

		MUST_OF(check, field, !(pdpte & 1) || !(pdpte & reserved),
			"reserved bits 0 in a present PDPTE");
	}
	return true;
}

/**
 * vtx_check_guest() - the rules about guest registers, but for segments
 * @check: the question
 *
 * Return: false if one is broken.
 */
bool vtx_check_guest(struct vtx_check *check)
{
	return check_cr0(check) && check_cr3_cr4(check) && check_msrs(check) &&
	       check_newer_msrs(check) && check_tables(check) &&
	       check_rip_rflags(check) && check_pdptes(check);
}
