/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CR0, CR3, CR4, EFER, XCR0 and IA32_APIC_BASE: what a guest may write there,
 * and what else changes when it does.
 *
 * Everything here is a pure function of its arguments.
 */
#ifndef VTX_ARCH_X86_CR_H
#define VTX_ARCH_X86_CR_H

#include <linux/bitops.h>
#include <linux/types.h>

#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "arch-x86/cpuid.h"

/* The bits of CR0 that exist; a CPU ignores writes to others in the low 32. */
#define VTX_CR0_BITS	(X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | \
			 X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_AM | \
			 X86_CR0_NW | X86_CR0_CD | X86_CR0_PG)

/* IA32_APIC_BASE.EXTD: x2APIC mode. */
#define VTX_APIC_BASE_EXTD	BIT_ULL(10)

/* With PAE paging CR3 has the address of the four PDPTEs. */
#define VTX_CR3_PDPTES	GENMASK_ULL(31, 5)

/**
 * struct vtx_cr_limits - what one virtual CPU may have in its registers
 * @cr4: bits of CR4
 * @efer: bits of EFER
 * @xcr0: bits of XCR0
 * @phys_bits: physical-address width
 * @virt_bits: linear-address width of the hardware: what it calls canonical,
 *	whatever CR4.LA57 says
 * @x2apic: IA32_APIC_BASE may turn x2APIC mode on
 */
struct vtx_cr_limits {
	u64	cr4;
	u64	efer;
	u64	xcr0;
	u8	phys_bits;
	u8	virt_bits;
	bool	x2apic;
};

/**
 * struct vtx_cr_state - the registers that the rules look at
 * @cr0: as the guest reads it
 * @cr3: likewise; only its low 12 bits matter
 * @cr4: likewise
 * @efer: likewise
 * @xcr0: likewise
 * @cs_l: CS.L: with EFER.LMA, 64-bit mode
 */
struct vtx_cr_state {
	u64	cr0;
	u64	cr3;
	u64	cr4;
	u64	efer;
	u64	xcr0;
	bool	cs_l;
};

/**
 * enum vtx_cr_effect - what else is to be done after a write; a mask
 * @VTX_CR_FLUSH: forget the guest's linear translations
 * @VTX_CR_MODE: EFER.LMA has changed, and with it "IA-32e mode guest"
 * @VTX_CR_PDPTES: load the PDPTEs from where CR3 points; if one has a reserved
 *	bit set, nothing is written and the guest gets #GP
 */
enum vtx_cr_effect {
	VTX_CR_FLUSH	= BIT(0),
	VTX_CR_MODE	= BIT(1),
	VTX_CR_PDPTES	= BIT(2),
};

/**
 * vtx_canonical() - is a linear address canonical?
 * @gva: the address
 * @virt_bits: linear-address width
 *
 * Return: true if all bits from the highest of the width on are the same.
 */
static inline bool vtx_canonical(u64 gva, u8 virt_bits)
{
	return (u64)sign_extend64(gva, virt_bits - 1) == gva;
}

/**
 * vtx_pae_paging() - does a guest use PAE paging, and so the PDPTEs?
 * @cr0: its CR0
 * @cr4: its CR4
 * @efer: its EFER
 *
 * Return: true with PAE paging, false with any other and without paging.
 */
static inline bool vtx_pae_paging(u64 cr0, u64 cr4, u64 efer)
{
	return (cr0 & X86_CR0_PG) && (cr4 & X86_CR4_PAE) && !(efer & EFER_LMA);
}

void vtx_cr_limits_init(struct vtx_cr_limits *limits,
			const struct vtx_cpuid *guest,
			const struct vtx_cpuid *offered, u64 cr4_fixed1);
bool vtx_cr0_write(struct vtx_cr_state *state, u64 value,
		   unsigned int *effects);
bool vtx_cr3_valid(const struct vtx_cr_limits *limits, u64 value);
bool vtx_cr4_write(const struct vtx_cr_limits *limits,
		   struct vtx_cr_state *state, u64 value,
		   unsigned int *effects);
bool vtx_efer_write(const struct vtx_cr_limits *limits,
		    struct vtx_cr_state *state, u64 value,
		    unsigned int *effects);
bool vtx_xcr0_valid(const struct vtx_cr_limits *limits, u64 value);
bool vtx_xcr_write(const struct vtx_cr_limits *limits,
		   struct vtx_cr_state *state, u32 index, u64 value);
bool vtx_apic_base_valid(const struct vtx_cr_limits *limits, u64 value);
bool vtx_apic_base_write(const struct vtx_cr_limits *limits, u64 old,
			 u64 value);

#endif /* VTX_ARCH_X86_CR_H */
