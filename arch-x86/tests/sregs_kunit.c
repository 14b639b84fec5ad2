// SPDX-License-Identifier: GPL-2.0-only
/*
 * Special registers that a CPU can have, and those it cannot.
 *
 * Each case takes a good state and changes one thing.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../sregs.c"

static const struct vtx_cr_limits limits = {
	.cr4		= X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PCIDE |
			  X86_CR4_OSXSAVE,
	.efer		= EFER_SCE | EFER_LME | EFER_LMA | EFER_NX,
	.xcr0		= 7,
	.phys_bits	= 39,
	.virt_bits	= 48,
	.x2apic		= true,
};

static void real_mode(struct kvm_sregs *sregs)
{
	vtx_sregs_reset(sregs, true);
}

static void flat(struct kvm_segment *segment, u8 type)
{
	*segment = (struct kvm_segment){
		.limit = ~0U, .type = type, .s = 1, .present = 1, .g = 1,
		.db = 1,
	};
}

static void protected_mode(struct kvm_sregs *sregs)
{
	vtx_sregs_reset(sregs, true);
	sregs->cr0 |= X86_CR0_PE;
	flat(&sregs->cs, TYPE_CODE_READ);
	flat(&sregs->ss, TYPE_DATA_RW);
	flat(&sregs->ds, TYPE_DATA_RW);
	flat(&sregs->es, TYPE_DATA_RW);
	flat(&sregs->fs, TYPE_DATA_RW);
	flat(&sregs->gs, TYPE_DATA_RW);
}

static void long_mode(struct kvm_sregs *sregs)
{
	protected_mode(sregs);
	sregs->cr0 |= X86_CR0_PG;
	sregs->cr3 = 0x1000;
	sregs->cr4 = X86_CR4_PAE;
	sregs->efer = EFER_LME | EFER_LMA;
	sregs->cs.db = 0;
	sregs->cs.l = 1;
}

static void vm86_segment(struct kvm_segment *segment, u16 selector)
{
	*segment = (struct kvm_segment){
		.selector = selector, .base = selector << 4, .limit = 0xffff,
		.type = TYPE_DATA_RW, .s = 1, .present = 1, .dpl = 3,
	};
}

static void vm86_mode(struct kvm_sregs *sregs)
{
	protected_mode(sregs);
	vm86_segment(&sregs->cs, 0x1234);
	vm86_segment(&sregs->ss, 0xffff);
	vm86_segment(&sregs->ds, 0);
	vm86_segment(&sregs->es, 1);
	vm86_segment(&sregs->fs, 2);
	vm86_segment(&sregs->gs, 3);
}

typedef void (*start)(struct kvm_sregs *sregs);

static void check(struct kunit *test, const struct kvm_sregs *sregs,
		  const char *what, const char *rule)
{
	const char *broken = vtx_sregs_broken(sregs, &limits);

	if (!rule)
		KUNIT_EXPECT_NULL_MSG(test, broken, "%s: %s", what, broken);
	else if (!broken)
		KUNIT_FAIL(test, "%s: not refused for: %s", what, rule);
	else
		KUNIT_EXPECT_STREQ_MSG(test, broken, rule, "%s", what);
}

/* One change to a good state, and the rule that it breaks, NULL for none. */
#define CHANGE(from, change, rule) do {			\
		struct kvm_sregs s;			\
							\
		from(&s);				\
		s.change;				\
		check(test, &s, #from ", " #change, rule); \
	} while (0)

static void good_states(struct kunit *test)
{
	static const start starts[] = {
		real_mode, protected_mode, long_mode, vm86_mode,
	};
	struct kvm_sregs sregs;
	int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		starts[i](&sregs);
		KUNIT_EXPECT_NULL_MSG(test, vtx_sregs_broken(&sregs, &limits),
				      "%d: %s", i,
				      vtx_sregs_broken(&sregs, &limits));
	}
}

static void modes(struct kunit *test)
{
	CHANGE(real_mode, cr0 = 0, NULL);
	CHANGE(real_mode, cr0 |= 0x1ffaffc0, NULL);
	CHANGE(real_mode, cr0 |= BIT_ULL(32), "CR0 has bits above 31");
	CHANGE(real_mode, cr0 |= X86_CR0_PG, "CR0 has PG without PE");
	CHANGE(long_mode, cr0 &= ~X86_CR0_PE, "CR0 has PG without PE");
	CHANGE(real_mode, cr0 &= ~X86_CR0_CD, "CR0 has NW without CD");
	CHANGE(real_mode, cr4 = X86_CR4_VMXE, "CR4 has bits the vCPU has not");
	CHANGE(real_mode, cr4 = BIT_ULL(63), "CR4 has bits the vCPU has not");
	CHANGE(real_mode, cr4 = X86_CR4_OSXSAVE, NULL);
	CHANGE(long_mode, cr4 |= X86_CR4_PCIDE, NULL);
	CHANGE(protected_mode, cr4 |= X86_CR4_PCIDE, NULL);
	CHANGE(long_mode, cr4 = 0, "EFER.LMA without CR4.PAE");
	CHANGE(real_mode, efer = EFER_LME, NULL);
	CHANGE(real_mode, efer = EFER_SVME, "EFER has bits the vCPU has not");
	CHANGE(long_mode, efer |= EFER_NX | EFER_SCE, NULL);
	CHANGE(long_mode, efer = EFER_LME,
	       "EFER.LMA is not EFER.LME and CR0.PG");
	CHANGE(long_mode, efer = EFER_LMA,
	       "EFER.LMA is not EFER.LME and CR0.PG");
	CHANGE(long_mode, cr0 &= ~X86_CR0_PG,
	       "EFER.LMA is not EFER.LME and CR0.PG");
	CHANGE(protected_mode, cr0 |= X86_CR0_PG, NULL);
	CHANGE(long_mode, cr3 = BIT_ULL(38), NULL);
	CHANGE(long_mode, cr3 = BIT_ULL(39),
	       "CR3 beyond the physical-address width");
	CHANGE(real_mode, cr3 = BIT_ULL(63),
	       "CR3 beyond the physical-address width");
	CHANGE(long_mode, cr8 = 15, NULL);
	CHANGE(long_mode, cr8 = 16, "CR8 has more than four bits");
	CHANGE(real_mode, apic_base |= VTX_APIC_BASE_EXTD, NULL);
	CHANGE(real_mode, apic_base = VTX_APIC_BASE_EXTD, "APIC base");
	CHANGE(real_mode, apic_base |= 1, "APIC base");
	CHANGE(real_mode, apic_base |= BIT_ULL(39), "APIC base");
}

static void code_segment(struct kunit *test)
{
	CHANGE(protected_mode, cs.present = 0, "CS is no usable code segment");
	CHANGE(protected_mode, cs.unusable = 1, "CS is no usable code segment");
	CHANGE(protected_mode, cs.s = 0, "CS is no usable code segment");
	CHANGE(protected_mode, cs.type = 9, NULL);
	CHANGE(protected_mode, cs.type = 10, NULL);	/* accessed is set */
	CHANGE(protected_mode, cs.type = 13, NULL);
	CHANGE(protected_mode, cs.type = 15, NULL);
	CHANGE(protected_mode, cs.type = 3, NULL);
	CHANGE(protected_mode, cs.type = 1, "CS type");
	CHANGE(protected_mode, cs.type = 7, "CS type");
	CHANGE(protected_mode, cs.type = 16, "segment type or DPL");
	CHANGE(protected_mode, cs.dpl = 4, "segment type or DPL");
	CHANGE(protected_mode, cs.dpl = 3, "CS DPL is not SS DPL");
	CHANGE(protected_mode, ss.dpl = 3, "CS DPL is not SS DPL");
	CHANGE(real_mode, cs.type = 3, NULL);
	CHANGE(real_mode, cs.base = 0x123456, NULL);
	CHANGE(real_mode, cs.selector = 0x1234, NULL);
	CHANGE(long_mode, cs.base = BIT_ULL(32), "CS base above 4G");
	CHANGE(long_mode, cs.db = 1, "CS has L and D/B");
	CHANGE(long_mode, cs.l = 0, NULL);
	CHANGE(protected_mode, cs.l = 1, NULL);	/* means nothing there */
	CHANGE(long_mode, cs.g = 0, "CS limit and G");
	CHANGE(long_mode, cs.limit = 0xffffe, "CS limit and G");
	CHANGE(long_mode, cs.limit = 0xfffff, NULL);
	CHANGE(real_mode, cs.limit = 0xfff0, NULL);
}

static void stack_and_data_segments(struct kunit *test)
{
	CHANGE(long_mode, ss.unusable = 1, NULL);
	CHANGE(long_mode, ss.present = 0, NULL);
	CHANGE(protected_mode, ss.type = 2, NULL);
	CHANGE(protected_mode, ss.type = 7, NULL);
	CHANGE(protected_mode, ss.type = 1, "SS type");
	CHANGE(protected_mode, ss.type = 11, "SS type");
	CHANGE(protected_mode, ss.s = 0, "SS type");
	CHANGE(protected_mode, ss.g = 0, "SS limit and G");
	CHANGE(long_mode, ss.base = BIT_ULL(32), "SS base above 4G");
	CHANGE(real_mode, cs.dpl = 3, "CS DPL is not SS DPL");
	CHANGE(protected_mode, ds.unusable = 1, NULL);
	CHANGE(protected_mode, ds.type = 0, NULL);
	CHANGE(protected_mode, ds.type = 5, NULL);
	CHANGE(protected_mode, ds.type = 11, NULL);
	CHANGE(protected_mode, ds.dpl = 3, NULL);
	CHANGE(protected_mode, ds.type = 9, "DS, ES, FS or GS type");
	CHANGE(protected_mode, es.s = 0, "DS, ES, FS or GS type");
	CHANGE(protected_mode, fs.type = 13, "DS, ES, FS or GS type");
	CHANGE(protected_mode, gs.g = 0, "DS, ES, FS or GS limit and G");
	CHANGE(long_mode, ds.base = BIT_ULL(32), "DS or ES base above 4G");
	CHANGE(long_mode, es.base = BIT_ULL(32), "DS or ES base above 4G");
	CHANGE(long_mode, fs.base = BIT_ULL(32), NULL);
	CHANGE(long_mode, gs.base = ~0ULL << 47, NULL);
	CHANGE(long_mode, fs.base = BIT_ULL(47), "FS base not canonical");
	CHANGE(long_mode, gs.base = BIT_ULL(47), "GS base not canonical");
}

static void system_segments(struct kunit *test)
{
	CHANGE(real_mode, tr.unusable = 1, "TR is no usable TSS");
	CHANGE(real_mode, tr.present = 0, "TR is no usable TSS");
	CHANGE(real_mode, tr.s = 1, "TR is no usable TSS");
	CHANGE(protected_mode, tr.type = 3, NULL);
	CHANGE(long_mode, tr.type = 3, "TR type");
	CHANGE(protected_mode, tr.type = 9, "TR type");
	CHANGE(protected_mode, tr.limit = BIT(20), "TR limit and G");
	CHANGE(protected_mode, tr.selector = 4, "TR in the LDT");
	CHANGE(protected_mode, tr.selector = 0x43, NULL);
	CHANGE(long_mode, tr.base = BIT_ULL(47), "TR base not canonical");
	CHANGE(protected_mode, ldt.unusable = 1, NULL);
	CHANGE(protected_mode, ldt.type = 3, "LDTR type");
	CHANGE(protected_mode, ldt.s = 1, "LDTR type");
	CHANGE(protected_mode, ldt.limit = BIT(20), "LDTR limit and G");
	CHANGE(protected_mode, ldt.selector = 4, "LDTR in the LDT");
	CHANGE(long_mode, ldt.base = BIT_ULL(47), "LDTR base not canonical");
	CHANGE(long_mode, gdt.base = BIT_ULL(47), "GDTR base not canonical");
	CHANGE(long_mode, idt.base = BIT_ULL(47), "IDTR base not canonical");
}

static void virtual_8086_family(struct kunit *test)
{
	CHANGE(vm86_mode, cs.base += 16, "CS is a data segment with a DPL");
	CHANGE(vm86_mode, ds.limit = 0xfffff,
	       "CS is a data segment with a DPL");
	CHANGE(vm86_mode, gs.dpl = 0, "CS is a data segment with a DPL");
	CHANGE(vm86_mode, fs.unusable = 1, "CS is a data segment with a DPL");
	CHANGE(vm86_mode, cr0 &= ~X86_CR0_PE,
	       "CS is a data segment with a DPL");
	CHANGE(vm86_mode, ds.type = 2, NULL);	/* accessed is set */
}

static void segments_round_trip(struct kunit *test)
{
	static const struct {
		struct kvm_segment	segment;
		u32			access_rights;
		u8			type;	/* that comes back */
	} cases[] = {
		{ { .type = 11, .s = 1, .present = 1, .l = 1, .g = 1 },
		  0xa09b, 11 },
		{ { .type = 10, .s = 1, .present = 1, .db = 1, .g = 1 },
		  0xc09b, 11 },
		{ { .type = 3, .s = 1, .present = 1, .dpl = 3 }, 0xf3, 3 },
		{ { .type = 3, .s = 1, .present = 1, .avl = 1 }, 0x1093, 3 },
		{ { .type = 11, .present = 1 }, 0x8b, 11 },
		{ { .type = 2, .present = 1 }, 0x82, 2 },
		{ { .unusable = 1 }, 0x10000, 0 },
		{ { .type = 2, .s = 1, .dpl = 2, .present = 1, .unusable = 1 },
		  0x100d2, 2 },
		{ { .type = 2, .s = 1 }, 0x10012, 2 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_segment in = cases[i].segment, out;
		struct vtx_vmx_segment vmx;

		in.base = 0x123456789abcdef0;
		in.limit = 0xfedcba98;
		in.selector = 0x55aa;
		vtx_segment_to_vmx(&in, &vmx);
		KUNIT_EXPECT_EQ_MSG(test, vmx.access_rights,
				    cases[i].access_rights, "case %d", i);
		vtx_segment_from_vmx(&vmx, &out);
		in.type = cases[i].type;
		in.unusable |= !in.present;
		KUNIT_EXPECT_EQ_MSG(test, memcmp(&in, &out, sizeof(in)), 0,
				    "case %d", i);
	}
}

static void reset_init_startup(struct kunit *test)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	vtx_sregs_reset(&sregs, true);
	KUNIT_EXPECT_EQ(test, sregs.cr0, 0x60000010);
	KUNIT_EXPECT_EQ(test, sregs.cs.base, 0xffff0000);
	KUNIT_EXPECT_EQ(test, sregs.cs.selector, 0xf000);
	KUNIT_EXPECT_EQ(test, sregs.apic_base, 0xfee00900);
	KUNIT_EXPECT_EQ(test, sregs.idt.limit, 0xffff);
	vtx_sregs_reset(&sregs, false);
	KUNIT_EXPECT_EQ(test, sregs.apic_base, 0xfee00800);

	long_mode(&sregs);
	sregs.cr0 &= ~X86_CR0_NW;
	sregs.apic_base |= VTX_APIC_BASE_EXTD;
	vtx_sregs_init(&sregs);
	KUNIT_EXPECT_EQ(test, sregs.cr0, 0x40000010);
	KUNIT_EXPECT_EQ(test, sregs.efer | sregs.cr2 | sregs.cr3 | sregs.cr4,
			0);
	KUNIT_EXPECT_EQ(test, sregs.apic_base, 0xfee00d00);
	KUNIT_EXPECT_NULL(test, vtx_sregs_broken(&sregs, &limits));

	vtx_sregs_startup(&sregs, 0x9a);
	KUNIT_EXPECT_EQ(test, sregs.cs.selector, 0x9a00);
	KUNIT_EXPECT_EQ(test, sregs.cs.base, 0x9a000);
	KUNIT_EXPECT_NULL(test, vtx_sregs_broken(&sregs, &limits));

	memset(&regs, 0xff, sizeof(regs));
	vtx_regs_reset(&regs, 0x306c3);
	KUNIT_EXPECT_EQ(test, regs.rip, 0xfff0);
	KUNIT_EXPECT_EQ(test, regs.rflags, 2);
	KUNIT_EXPECT_EQ(test, regs.rdx, 0x306c3);
	KUNIT_EXPECT_EQ(test, regs.rax | regs.rsp | regs.r15, 0);
}

static struct kunit_case sregs_cases[] = {
	KUNIT_CASE(good_states),
	KUNIT_CASE(modes),
	KUNIT_CASE(code_segment),
	KUNIT_CASE(stack_and_data_segments),
	KUNIT_CASE(system_segments),
	KUNIT_CASE(virtual_8086_family),
	KUNIT_CASE(segments_round_trip),
	KUNIT_CASE(reset_init_startup),
	{ }
};

static struct kunit_suite sregs_suite = {
	.name		= "vtx_sregs",
	.test_cases	= sregs_cases,
};

kunit_test_suite(sregs_suite);
