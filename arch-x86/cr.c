// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of the registers that make a CPU's mode.
 *
 * A guest's write is held against the rules and, if they allow it, put into a
 * struct vtx_cr_state; the caller carries that and the effects over to the
 * VMCS.  What may be set at all follows from the guest's CPUID and is worked
 * out once, when user space sets it, into struct vtx_cr_limits.
 *
 * A vCPU that has been given no CPUID yet may have everything that vtx offers:
 * small programs set up long mode without ever saying what the CPU can do.
 *
 * No state, no locks; everything may be called in any context.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/fpu/types.h>

#include "arch-x86/cr.h"

/*
 * The bits of CR4 that a guest can have, and the feature that brings each (SDM
 * 3A "Control Registers").  VMXE, SMXE, LA57, PKE, CET, PKS, UINTR and LAM_SUP
 * have no row because their features are hidden.
 */
#define CR4_BITS(X)			\
	X(VME,		VME)		\
	X(PVI,		VME)		\
	X(TSD,		TSC)		\
	X(DE,		DE)		\
	X(PSE,		PSE)		\
	X(PAE,		PAE)		\
	X(MCE,		MCE)		\
	X(PGE,		PGE)		\
	X(OSFXSR,	FXSR)		\
	X(OSXMMEXCPT,	SSE)		\
	X(UMIP,		UMIP)		\
	X(FSGSBASE,	FSGSBASE)	\
	X(PCIDE,	PCID)		\
	X(OSXSAVE,	XSAVE)		\
	X(SMEP,		SMEP)		\
	X(SMAP,		SMAP)

#define EFER_BITS(X)			\
	X(SCE,		SYSCALL)	\
	X(LME,		LM)		\
	X(LMA,		LM)		\
	X(NX,		NX)

struct bit_row {
	u64			mask;
	enum vtx_cpuid_feature	feature;
};

static const struct bit_row cr4_rows[] = {
#define CR4_ROW(bit, feature)	{ X86_CR4_##bit, VTX_CPUID_##feature },
	CR4_BITS(CR4_ROW)
#undef CR4_ROW
};

static const struct bit_row efer_rows[] = {
#define EFER_ROW(bit, feature)	{ EFER_##bit, VTX_CPUID_##feature },
	EFER_BITS(EFER_ROW)
#undef EFER_ROW
};

#define EXTD_OR_EN	(VTX_APIC_BASE_EXTD | MSR_IA32_APICBASE_ENABLE)

static bool allowed(const struct vtx_cpuid *guest,
		    const struct vtx_cpuid *offered,
		    enum vtx_cpuid_feature feature)
{
	return vtx_cpuid_has(offered, feature) &&
	       (!guest->nent || vtx_cpuid_has(guest, feature));
}

/**
 * vtx_cr_limits_init() - what follows from a guest's CPUID
 * @limits: to be filled in
 * @guest: the vCPU's CPUID, without entries if it has none yet
 * @offered: what vtx_cpuid_supported() offers on this machine: what is not
 *	there can be in no guest, whatever its CPUID says
 * @cr4_fixed1: the bits that CR4 may have in VMX operation
 */
void vtx_cr_limits_init(struct vtx_cr_limits *limits,
			const struct vtx_cpuid *guest,
			const struct vtx_cpuid *offered, u64 cr4_fixed1)
{
	int i;

	memset(limits, 0, sizeof(*limits));
	/* Every CPU with VMX has RDPMC, for which there is no feature. */
	limits->cr4 = X86_CR4_PCE;
	for (i = 0; i < ARRAY_SIZE(cr4_rows); i++)
		if (allowed(guest, offered, cr4_rows[i].feature))
			limits->cr4 |= cr4_rows[i].mask;
	limits->cr4 &= cr4_fixed1;
	for (i = 0; i < ARRAY_SIZE(efer_rows); i++)
		if (allowed(guest, offered, efer_rows[i].feature))
			limits->efer |= efer_rows[i].mask;

	limits->xcr0 = guest->nent ? guest->xcr0 & offered->xcr0 :
		       offered->xcr0;
	limits->phys_bits = guest->nent ?
		min(guest->phys_bits, offered->phys_bits) : offered->phys_bits;
	limits->virt_bits = cr4_fixed1 & X86_CR4_LA57 ? 57 : 48;
	limits->x2apic = allowed(guest, offered, VTX_CPUID_X2APIC);
}

/* SDM 3A "PDPTE Registers": which writes load them. */
static unsigned int pdptes_effect(const struct vtx_cr_state *state, u64 changed,
				  u64 loads)
{
	return (changed & loads) &&
	       vtx_pae_paging(state->cr0, state->cr4, state->efer) ?
	       VTX_CR_PDPTES : 0;
}

static bool cr0_write_allowed(const struct vtx_cr_state *state, u64 value)
{
	bool was_paging = state->cr0 & X86_CR0_PG;
	bool paging = value & X86_CR0_PG;

	if (upper_32_bits(value) ||
	    (paging && !(value & X86_CR0_PE)) ||
	    ((value & X86_CR0_NW) && !(value & X86_CR0_CD)))
		return false;

	/* SDM 3A "Initializing IA-32e Mode" */
	if (paging && !was_paging && (state->efer & EFER_LME))
		return (state->cr4 & X86_CR4_PAE) && !state->cs_l;
	if (!paging && was_paging)
		return !(state->cr4 & X86_CR4_PCIDE) &&
		       !((state->efer & EFER_LMA) && state->cs_l);
	return true;
}

/**
 * vtx_cr0_write() - a guest writes CR0
 * @state: its registers; changed only if the write is allowed, EFER.LMA too
 * @value: what it writes
 * @effects: receives a mask of enum vtx_cr_effect
 *
 * SDM 2A "MOV--Move to/from Control Registers".
 *
 * Return: true, or false if the guest gets #GP(0).
 */
bool vtx_cr0_write(struct vtx_cr_state *state, u64 value, unsigned int *effects)
{
	u64 changed;

	*effects = 0;
	if (!cr0_write_allowed(state, value))
		return false;

	value = (value & VTX_CR0_BITS) | X86_CR0_ET;
	changed = state->cr0 ^ value;
	state->cr0 = value;
	if (changed & X86_CR0_PG) {
		*effects |= VTX_CR_FLUSH;
		if (state->efer & EFER_LME) {
			state->efer ^= EFER_LMA;
			*effects |= VTX_CR_MODE;
		}
	}
	*effects |= pdptes_effect(state, changed,
				  X86_CR0_CD | X86_CR0_NW | X86_CR0_PG);
	return true;
}

/**
 * vtx_cr3_valid() - can a guest's CR3 hold this?
 * @limits: what the guest may have
 * @value: what the register holds: bit 63 of what a guest writes with CR4.PCIDE
 *	is no part of that
 *
 * Return: true, or false if a bit beyond the physical-address width is set.
 */
bool vtx_cr3_valid(const struct vtx_cr_limits *limits, u64 value)
{
	return !(value >> limits->phys_bits);
}

static bool cr4_write_allowed(const struct vtx_cr_limits *limits,
			      const struct vtx_cr_state *state, u64 value)
{
	u64 set = value & ~state->cr4;

	if (value & ~limits->cr4)
		return false;
	if ((state->efer & EFER_LMA) && !(value & X86_CR4_PAE))
		return false;
	/* SDM 3A "Process-Context Identifiers (PCIDs)" */
	if (set & X86_CR4_PCIDE)
		return (state->efer & EFER_LMA) && !(state->cr3 & 0xfff);
	return true;
}

/**
 * vtx_cr4_write() - a guest writes CR4
 * @limits: what the guest may have
 * @state: its registers; changed only if the write is allowed
 * @value: what it writes
 * @effects: receives a mask of enum vtx_cr_effect
 *
 * SDM 2A "MOV--Move to/from Control Registers".
 *
 * Return: true, or false if the guest gets #GP(0).
 */
bool vtx_cr4_write(const struct vtx_cr_limits *limits,
		   struct vtx_cr_state *state, u64 value, unsigned int *effects)
{
	u64 changed, set, cleared;

	*effects = 0;
	if (!cr4_write_allowed(limits, state, value))
		return false;

	changed = state->cr4 ^ value;
	set = changed & value;
	cleared = changed & ~value;
	state->cr4 = value;
	/* SDM 3A "Invalidation of TLBs and Paging-Structure Caches" */
	if ((changed & (X86_CR4_PGE | X86_CR4_PSE | X86_CR4_PAE)) ||
	    (set & X86_CR4_SMEP) || (cleared & X86_CR4_PCIDE))
		*effects |= VTX_CR_FLUSH;
	*effects |= pdptes_effect(state, changed,
				  X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PSE |
				  X86_CR4_SMEP);
	return true;
}

/**
 * vtx_efer_write() - somebody writes EFER, with WRMSR or KVM_SET_MSRS
 * @limits: what the guest may have
 * @state: its registers; changed only if the write is allowed
 * @value: what is written; LMA is ignored, it follows from LME and CR0.PG
 * @effects: receives a mask of enum vtx_cr_effect
 *
 * SDM 3A "Initializing IA-32e Mode": LME does not change while paging is on.
 *
 * Return: true, or false if the guest gets #GP(0).
 */
bool vtx_efer_write(const struct vtx_cr_limits *limits,
		    struct vtx_cr_state *state, u64 value,
		    unsigned int *effects)
{
	u64 changed;

	*effects = 0;
	value &= ~(u64)EFER_LMA;
	value |= state->efer & EFER_LMA;
	changed = state->efer ^ value;
	if (value & ~limits->efer)
		return false;
	if ((changed & EFER_LME) && (state->cr0 & X86_CR0_PG))
		return false;

	state->efer = value;
	/* With another NX, a cached translation may have had a reserved bit. */
	if (changed & EFER_NX)
		*effects |= VTX_CR_FLUSH;
	return true;
}

/**
 * vtx_xcr0_valid() - can a guest's XCR0 hold this?
 * @limits: what the guest may have
 * @value: the value
 *
 * SDM 1 "Enabling the XSAVE Feature Set and XSAVE-Enabled Features".
 *
 * Return: true, or false if no CPU like this could have it.
 */
bool vtx_xcr0_valid(const struct vtx_cr_limits *limits, u64 value)
{
	u64 avx512 = value & XFEATURE_MASK_AVX512;

	/* x87 state can be had without XSAVE, and then nothing else. */
	if ((value & ~(limits->xcr0 | XFEATURE_MASK_FP)) ||
	    !(value & XFEATURE_MASK_FP))
		return false;
	if ((value & XFEATURE_MASK_YMM) && !(value & XFEATURE_MASK_SSE))
		return false;
	return !avx512 || (avx512 == XFEATURE_MASK_AVX512 &&
			   (value & XFEATURE_MASK_YMM));
}

/**
 * vtx_xcr_write() - a guest executes XSETBV at CPL 0 with CR4.OSXSAVE set
 * @limits: what the guest may have
 * @state: its registers; changed only if the write is allowed
 * @index: ECX
 * @value: EDX:EAX
 *
 * Return: true, or false if the guest gets #GP(0).
 */
bool vtx_xcr_write(const struct vtx_cr_limits *limits,
		   struct vtx_cr_state *state, u32 index, u64 value)
{
	if (index || !vtx_xcr0_valid(limits, value))
		return false;
	state->xcr0 = value;
	return true;
}

/**
 * vtx_apic_base_valid() - can a guest's IA32_APIC_BASE hold this?
 * @limits: what the guest may have
 * @value: the value
 *
 * SDM 3A "x2APIC State Transitions": EXTD without EN is no state at all.
 *
 * Return: true, or false if no CPU like this could have it.
 */
bool vtx_apic_base_valid(const struct vtx_cr_limits *limits, u64 value)
{
	u64 bits = GENMASK_ULL(limits->phys_bits - 1, 12) |
		   MSR_IA32_APICBASE_ENABLE | MSR_IA32_APICBASE_BSP;

	if (limits->x2apic)
		bits |= VTX_APIC_BASE_EXTD;
	return !(value & ~bits) && (value & EXTD_OR_EN) != VTX_APIC_BASE_EXTD;
}

/**
 * vtx_apic_base_write() - may a guest write IA32_APIC_BASE?
 * @limits: what the guest may have
 * @old: what it holds
 * @value: what the guest writes
 *
 * SDM 3A "x2APIC State Transitions": x2APIC mode is entered from xAPIC mode and
 * left by turning the APIC off.
 *
 * Return: true, or false if the guest gets #GP(0).
 */
bool vtx_apic_base_write(const struct vtx_cr_limits *limits, u64 old, u64 value)
{
	u64 from = old & EXTD_OR_EN, to = value & EXTD_OR_EN;

	if (!vtx_apic_base_valid(limits, value))
		return false;
	if (from == EXTD_OR_EN)
		return to == EXTD_OR_EN || !to;
	return from || to != EXTD_OR_EN;
}
