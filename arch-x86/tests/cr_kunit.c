// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes to the registers that make a CPU's mode: allowed, refused, and what
 * else they change.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../cr.c"

#define PE	X86_CR0_PE
#define NW	X86_CR0_NW
#define CD	X86_CR0_CD
#define PG	X86_CR0_PG
#define ET	X86_CR0_ET

#define PAE	X86_CR4_PAE
#define PGE	X86_CR4_PGE
#define PSE	X86_CR4_PSE
#define PCIDE	X86_CR4_PCIDE
#define SMEP	X86_CR4_SMEP

#define SCE	EFER_SCE
#define LME	EFER_LME
#define LMA	EFER_LMA
#define NX	EFER_NX

#define FP	XFEATURE_MASK_FP
#define SSE	XFEATURE_MASK_SSE
#define YMM	XFEATURE_MASK_YMM
#define ZMM	XFEATURE_MASK_AVX512

#define FLUSH	VTX_CR_FLUSH
#define MODE	VTX_CR_MODE
#define PDPTES	VTX_CR_PDPTES

static const struct vtx_cr_limits ideal = {
	.cr4		= 0x370fff,
	.efer		= SCE | LME | LMA | NX,
	.xcr0		= FP | SSE | YMM | ZMM,
	.phys_bits	= 39,
	.virt_bits	= 48,
	.x2apic		= true,
};

static void cr0_writes(struct kunit *test)
{
	static const struct {
		struct vtx_cr_state	from;
		u64			value;
		bool			ok;
		unsigned int		effects;
		u64			cr0, efer;
	} rows[] = {
		{ { ET }, PE, true, 0, PE | ET, 0 },
		{ { PE | ET }, ET, true, 0, ET, 0 },
		{ { ET }, BIT_ULL(32), false },
		{ { ET }, BIT_ULL(63) | PE, false },
		{ { ET }, 0x1ffaffc0, true, 0, ET, 0 },	/* no such bits */
		{ { ET }, PG, false },
		{ { PE | ET }, PE | NW, false },
		{ { PE | ET }, PE | NW | CD, true, 0, PE | NW | CD | ET, 0 },
		{ { PE | ET }, PE | PG, true, FLUSH, PE | PG | ET, 0 },
		{ { PE | PG | ET }, PE, true, FLUSH, PE | ET, 0 },
		{ { PE | PG | ET }, PE | PG, true, 0, PE | PG | ET, 0 },
		/* PAE paging loads the PDPTEs. */
		{ { PE | ET, .cr4 = PAE }, PE | PG, true, FLUSH | PDPTES,
		  PE | PG | ET, 0 },
		{ { PE | PG | ET, .cr4 = PAE }, PE | PG | CD, true, PDPTES,
		  PE | PG | CD | ET, 0 },
		{ { PE | PG | ET, .cr4 = PAE }, PE | PG | X86_CR0_WP, true, 0,
		  PE | PG | X86_CR0_WP | ET, 0 },
		{ { PE | PG | ET, .cr4 = PAE }, PE, true, FLUSH, PE | ET, 0 },
		/* Into IA-32e mode, and out. */
		{ { PE | ET, .cr4 = PAE, .efer = LME }, PE | PG, true,
		  FLUSH | MODE, PE | PG | ET, LME | LMA },
		{ { PE | ET, .cr4 = 0, .efer = LME }, PE | PG, false },
		{ { PE | ET, .cr4 = PAE, .efer = LME, .cs_l = true }, PE | PG,
		  false },
		{ { PE | PG | ET, .cr4 = PAE, .efer = LME | LMA }, PE, true,
		  FLUSH | MODE, PE | ET, LME },
		{ { PE | PG | ET, .cr4 = PAE, .efer = LME | LMA, .cs_l = true },
		  PE, false },
		{ { PE | PG | ET, .cr4 = PAE | PCIDE, .efer = LME | LMA }, PE,
		  false },
		{ { PE | PG | ET, .cr4 = PAE, .efer = LME | LMA, .cs_l = true },
		  PE | PG | CD, true, 0, PE | PG | CD | ET, LME | LMA },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vtx_cr_state state = rows[i].from;
		unsigned int effects;
		u64 want;
		bool ok;

		ok = vtx_cr0_write(&state, rows[i].value, &effects);
		KUNIT_EXPECT_EQ_MSG(test, ok, rows[i].ok, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, effects, rows[i].effects, "case %d",
				    i);
		want = ok ? rows[i].cr0 : rows[i].from.cr0;
		KUNIT_EXPECT_EQ_MSG(test, state.cr0, want, "case %d", i);
		want = ok ? rows[i].efer : rows[i].from.efer;
		KUNIT_EXPECT_EQ_MSG(test, state.efer, want, "case %d", i);
	}
}

static void cr4_writes(struct kunit *test)
{
	static const struct {
		struct vtx_cr_state	from;
		u64			value;
		bool			ok;
		unsigned int		effects;
	} rows[] = {
		{ { }, X86_CR4_VMXE, false },
		{ { }, X86_CR4_SMXE, false },
		{ { }, X86_CR4_PKE, false },
		{ { }, X86_CR4_LA57, false },
		{ { }, BIT_ULL(15), false },
		{ { }, BIT_ULL(32), false },
		{ { }, BIT_ULL(63), false },
		{ { }, X86_CR4_OSXSAVE, true, 0 },
		{ { }, PAE, true, FLUSH },
		{ { }, PGE, true, FLUSH },
		{ { .cr4 = PGE }, 0, true, FLUSH },
		{ { }, SMEP, true, FLUSH },
		{ { .cr4 = SMEP }, 0, true, 0 },
		{ { }, X86_CR4_TSD, true, 0 },
		/* PAE paging */
		{ { PE | PG }, PAE, true, FLUSH | PDPTES },
		{ { PE | PG, .cr4 = PAE }, PAE | PSE, true, FLUSH | PDPTES },
		{ { PE | PG, .cr4 = PAE }, PAE | X86_CR4_DE, true, 0 },
		{ { PE | PG, .cr4 = PAE }, 0, true, FLUSH },
		/* IA-32e mode */
		{ { PE | PG, .cr4 = PAE, .efer = LME | LMA }, 0, false },
		{ { PE | PG, .cr4 = PAE, .efer = LME | LMA }, PAE | PGE, true,
		  FLUSH },
		{ { PE | PG, .cr4 = PAE, .efer = LME | LMA }, PAE | PCIDE, true,
		  0 },
		{ { PE | PG, .cr3 = 0x1000, .cr4 = PAE, .efer = LME | LMA },
		  PAE | PCIDE, true, 0 },
		{ { PE | PG, .cr3 = 0x1008, .cr4 = PAE, .efer = LME | LMA },
		  PAE | PCIDE, false },
		{ { PE | PG, .cr3 = 0x1008, .cr4 = PAE | PCIDE,
		    .efer = LME | LMA }, PAE | PCIDE | X86_CR4_DE, true, 0 },
		{ { PE | PG, .cr3 = 0x1008, .cr4 = PAE | PCIDE,
		    .efer = LME | LMA }, PAE, true, FLUSH },
		{ { PE | PG, .cr4 = PAE }, PAE | PCIDE, false },
		{ { .efer = LME }, PAE | PCIDE, false },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vtx_cr_state state = rows[i].from;
		unsigned int effects;
		u64 want;
		bool ok;

		ok = vtx_cr4_write(&ideal, &state, rows[i].value, &effects);
		KUNIT_EXPECT_EQ_MSG(test, ok, rows[i].ok, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, effects, rows[i].effects, "case %d",
				    i);
		want = ok ? rows[i].value : rows[i].from.cr4;
		KUNIT_EXPECT_EQ_MSG(test, state.cr4, want, "case %d", i);
	}
}

static void efer_writes(struct kunit *test)
{
	static const struct {
		u64		cr0, from, value;
		bool		ok;
		unsigned int	effects;
		u64		efer;
	} rows[] = {
		{ 0, 0, LME, true, 0, LME },
		{ 0, 0, LME | SCE | NX, true, FLUSH, LME | SCE | NX },
		{ 0, 0, LMA, true, 0, 0 },
		{ 0, 0, BIT_ULL(1), false },
		{ 0, 0, EFER_SVME, false },
		{ 0, 0, BIT_ULL(63), false },
		{ PG, 0, LME, false },
		{ PG, LME | LMA, 0, false },
		{ PG, LME | LMA, LME | SCE, true, 0, LME | LMA | SCE },
		{ PG, LME | LMA, LME | LMA | NX, true, FLUSH, LME | LMA | NX },
		{ 0, LME | NX, LME, true, FLUSH, LME },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vtx_cr_state state = {
			.cr0 = rows[i].cr0, .efer = rows[i].from,
		};
		unsigned int effects;
		u64 want;
		bool ok;

		ok = vtx_efer_write(&ideal, &state, rows[i].value, &effects);
		KUNIT_EXPECT_EQ_MSG(test, ok, rows[i].ok, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, effects, rows[i].effects, "case %d",
				    i);
		want = ok ? rows[i].efer : rows[i].from;
		KUNIT_EXPECT_EQ_MSG(test, state.efer, want, "case %d", i);
	}
}

static void xcr0_writes(struct kunit *test)
{
	static const struct {
		u64	limit;
		u32	index;
		u64	value;
		bool	ok;
	} rows[] = {
		{ FP | SSE | YMM | ZMM, 0, FP, true },
		{ FP | SSE | YMM | ZMM, 0, FP | SSE, true },
		{ FP | SSE | YMM | ZMM, 0, FP | SSE | YMM, true },
		{ FP | SSE | YMM | ZMM, 0, FP | SSE | YMM | ZMM, true },
		{ FP | SSE | YMM | ZMM, 1, FP, false },
		{ FP | SSE | YMM | ZMM, 0, 0, false },
		{ FP | SSE | YMM | ZMM, 0, SSE, false },
		{ FP | SSE | YMM | ZMM, 0, FP | YMM, false },
		{ FP | SSE | YMM | ZMM, 0, FP | SSE | ZMM, false },
		{ FP | SSE | YMM | ZMM, 0,
		  FP | SSE | YMM | XFEATURE_MASK_OPMASK, false },
		{ FP | SSE | YMM | ZMM, 0, FP | XFEATURE_MASK_PKRU, false },
		{ FP | SSE | YMM | ZMM, 0, FP | BIT_ULL(63), false },
		{ FP | SSE, 0, FP | SSE | YMM, false },
		{ 0, 0, FP, true },
		{ 0, 0, FP | SSE, false },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vtx_cr_limits limits = { .xcr0 = rows[i].limit };
		struct vtx_cr_state state = { .xcr0 = 0x1234 };

		u64 want = rows[i].ok ? rows[i].value : 0x1234;

		KUNIT_EXPECT_EQ_MSG(test, vtx_xcr_write(&limits, &state,
							rows[i].index,
							rows[i].value),
				    rows[i].ok, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, state.xcr0, want, "case %d", i);
	}
}

#define EN	MSR_IA32_APICBASE_ENABLE
#define EXTD	VTX_APIC_BASE_EXTD
#define BASE	0xfee00000ULL

static void apic_base_writes(struct kunit *test)
{
	static const struct {
		u64	from, to;
		bool	without, with;	/* x2APIC */
	} rows[] = {
		{ BASE | EN, BASE | EN, true, true },
		{ BASE | EN, BASE | EN | MSR_IA32_APICBASE_BSP, true, true },
		{ BASE | EN, BASE, true, true },
		{ BASE, BASE | EN, true, true },
		{ BASE | EN, BASE | EN | EXTD, false, true },
		{ BASE | EN, BASE | EXTD, false, false },
		{ BASE, BASE | EN | EXTD, false, false },
		{ BASE | EN | EXTD, BASE | EN, false, false },
		{ BASE | EN | EXTD, BASE | EN | EXTD, false, true },
		{ BASE | EN | EXTD, BASE, true, true },
		{ BASE | EN, BIT_ULL(38) | EN, true, true },
		{ BASE | EN, BIT_ULL(39) | EN, false, false },
		{ BASE | EN, BASE | EN | BIT_ULL(63), false, false },
		{ BASE | EN, BASE | EN | BIT_ULL(0), false, false },
		{ BASE | EN, BASE | EN | BIT_ULL(9), false, false },
	};
	struct vtx_cr_limits old = ideal;
	int i;

	old.x2apic = false;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		/* Leaving x2APIC mode where there is none cannot happen. */
		if (!(rows[i].from & EXTD))
			KUNIT_EXPECT_EQ_MSG(test,
					    vtx_apic_base_write(&old,
								rows[i].from,
								rows[i].to),
					    rows[i].without, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test,
				    vtx_apic_base_write(&ideal, rows[i].from,
							rows[i].to),
				    rows[i].with, "case %d", i);
	}
}

static void canonical(struct kunit *test)
{
	static const struct {
		u64	gva;
		bool	with48, with57;
	} rows[] = {
		{ 0, true, true },
		{ 0x00007fffffffffff, true, true },
		{ 0x0000800000000000, false, true },
		{ 0xffff7fffffffffff, false, true },
		{ 0xffff800000000000, true, true },
		{ 0x00ffffffffffffff, false, true },
		{ 0x0100000000000000, false, false },
		{ 0xff00000000000000, false, true },
		{ ~0ULL, true, true },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_EXPECT_EQ_MSG(test, vtx_canonical(rows[i].gva, 48),
				    rows[i].with48, "%#llx", rows[i].gva);
		KUNIT_EXPECT_EQ_MSG(test, vtx_canonical(rows[i].gva, 57),
				    rows[i].with57, "%#llx", rows[i].gva);
	}
}

static void limits_follow_cpuid(struct kunit *test)
{
	static const struct kvm_cpuid_entry2 entry;
	/* Too big for the stack. */
	static struct vtx_cpuid offered, guest, none;
	struct vtx_cr_limits limits;
	int i;

	offered = (struct vtx_cpuid){ .nent = 1, .entries = &entry };
	guest = offered;
	bitmap_fill(offered.has, VTX_CPUID_NR_FEATURES);
	offered.xcr0 = FP | SSE | YMM;
	offered.phys_bits = 39;

	/* No CPUID yet: all that is offered, if the hardware has it. */
	vtx_cr_limits_init(&limits, &none, &offered, ~0ULL);
	KUNIT_EXPECT_EQ(test, limits.cr4, ideal.cr4);
	KUNIT_EXPECT_EQ(test, limits.efer, SCE | LME | LMA | NX);
	KUNIT_EXPECT_EQ(test, limits.xcr0, FP | SSE | YMM);
	KUNIT_EXPECT_EQ(test, limits.phys_bits, 39);
	KUNIT_EXPECT_EQ(test, limits.virt_bits, 57);
	KUNIT_EXPECT_TRUE(test, limits.x2apic);
	vtx_cr_limits_init(&limits, &none, &offered, PAE | PGE);
	KUNIT_EXPECT_EQ(test, limits.cr4, PAE | PGE);
	KUNIT_EXPECT_EQ(test, limits.virt_bits, 48);

	/* A guest without anything. */
	guest.phys_bits = 52;
	guest.xcr0 = FP | SSE | ZMM;
	vtx_cr_limits_init(&limits, &guest, &offered, ~0ULL);
	KUNIT_EXPECT_EQ(test, limits.cr4, X86_CR4_PCE);
	KUNIT_EXPECT_EQ(test, limits.efer, 0);
	KUNIT_EXPECT_EQ(test, limits.xcr0, FP | SSE);
	KUNIT_EXPECT_EQ(test, limits.phys_bits, 39);
	KUNIT_EXPECT_FALSE(test, limits.x2apic);

	for (i = 0; i < ARRAY_SIZE(cr4_rows); i++) {
		bitmap_zero(guest.has, VTX_CPUID_NR_FEATURES);
		__set_bit(cr4_rows[i].feature, guest.has);
		vtx_cr_limits_init(&limits, &guest, &offered, ~0ULL);
		KUNIT_EXPECT_TRUE_MSG(test, limits.cr4 & cr4_rows[i].mask,
				      "%#llx", cr4_rows[i].mask);
		/* What the hardware lacks, no guest can have. */
		__clear_bit(cr4_rows[i].feature, offered.has);
		vtx_cr_limits_init(&limits, &guest, &offered, ~0ULL);
		KUNIT_EXPECT_FALSE_MSG(test, limits.cr4 & cr4_rows[i].mask,
				       "%#llx", cr4_rows[i].mask);
		__set_bit(cr4_rows[i].feature, offered.has);
	}
}

static struct kunit_case cr_cases[] = {
	KUNIT_CASE(cr0_writes),
	KUNIT_CASE(cr4_writes),
	KUNIT_CASE(efer_writes),
	KUNIT_CASE(xcr0_writes),
	KUNIT_CASE(apic_base_writes),
	KUNIT_CASE(canonical),
	KUNIT_CASE(limits_follow_cpuid),
	{ }
};

static struct kunit_suite cr_suite = {
	.name		= "vtx_cr",
	.test_cases	= cr_cases,
};

kunit_test_suite(cr_suite);
