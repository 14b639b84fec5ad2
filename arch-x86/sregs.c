// SPDX-License-Identifier: GPL-2.0-only
/*
 * Special registers from user space: the ones that a CPU can have.
 *
 * What vtx_sregs_broken() refuses, VM entry would refuse later and with less
 * to say, or no CPU could ever get into.  It knows neither RFLAGS nor the
 * PDPTEs: RFLAGS comes with another ioctl, before or after, so segments are
 * good if they are good with RFLAGS.VM either way.
 *
 * The rules are those for "unrestricted guest", without which vtx does not run.
 *
 * No state, no locks; everything may be called in any context.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/apicdef.h>

#include "arch-x86/descriptor.h"
#include "arch-x86/sregs.h"

/* SDM 3A "Code- and Data-Segment Descriptor Types" and the section after. */
#define TYPE_DATA_RW		(VTX_AR_RW | VTX_AR_ACCESSED)
#define TYPE_DATA_RW_DOWN	(TYPE_DATA_RW | VTX_AR_CE)
#define TYPE_CODE_READ		(VTX_AR_CODE | VTX_AR_RW | VTX_AR_ACCESSED)
#define TYPE_CODE_CONFORMING	(VTX_AR_CODE | VTX_AR_CE)
#define TYPE_TSS16_BUSY		(VTX_TYPE_TSS16 | VTX_TYPE_TSS_BUSY)
#define TYPE_TSS_BUSY		(VTX_TYPE_TSS32 | VTX_TYPE_TSS_BUSY)

#define CR0_RESET	(X86_CR0_CD | X86_CR0_NW | X86_CR0_ET)
#define RIP_RESET	0xfff0

#define MUST(holds, rule) do { if (!(holds)) return rule; } while (0)

static bool usable(const struct kvm_segment *segment)
{
	return segment->present && !segment->unusable;
}

/*
 * SDM 3C "Checks on Guest Segment Registers" wants the accessed bit that
 * loading a segment sets; user space that makes one up often leaves it out.
 */
static u8 type_of(const struct kvm_segment *segment)
{
	return segment->type |
	       (segment->s && usable(segment) ? VTX_AR_ACCESSED : 0);
}

/**
 * vtx_segment_to_vmx() - a segment of the KVM ABI as a VMCS has it
 * @segment: the segment
 * @vmx: receives it
 *
 * A segment that is not present is unusable.  A code or data segment becomes
 * an accessed one.
 */
void vtx_segment_to_vmx(const struct kvm_segment *segment,
			struct vtx_vmx_segment *vmx)
{
	vmx->selector = segment->selector;
	vmx->base = segment->base;
	vmx->limit = segment->limit;
	/* An unusable SS keeps its DPL, which is the CPL. */
	vmx->access_rights = FIELD_PREP(VTX_AR_TYPE, type_of(segment) & 0xf) |
			     FIELD_PREP(VTX_AR_S, !!segment->s) |
			     FIELD_PREP(VTX_AR_DPL, segment->dpl & 3) |
			     FIELD_PREP(VTX_AR_P, !!segment->present) |
			     FIELD_PREP(VTX_AR_AVL, !!segment->avl) |
			     FIELD_PREP(VTX_AR_L, !!segment->l) |
			     FIELD_PREP(VTX_AR_DB, !!segment->db) |
			     FIELD_PREP(VTX_AR_G, !!segment->g) |
			     FIELD_PREP(VTX_AR_UNUSABLE, !usable(segment));
}

/**
 * vtx_segment_from_vmx() - a VMCS's segment as the KVM ABI has it
 * @vmx: the segment
 * @segment: receives it
 */
void vtx_segment_from_vmx(const struct vtx_vmx_segment *vmx,
			  struct kvm_segment *segment)
{
	u32 rights = vmx->access_rights;

	*segment = (struct kvm_segment){
		.base		= vmx->base,
		.limit		= vmx->limit,
		.selector	= vmx->selector,
		.type		= FIELD_GET(VTX_AR_TYPE, rights),
		.s		= FIELD_GET(VTX_AR_S, rights),
		.dpl		= FIELD_GET(VTX_AR_DPL, rights),
		.present	= FIELD_GET(VTX_AR_P, rights),
		.avl		= FIELD_GET(VTX_AR_AVL, rights),
		.l		= FIELD_GET(VTX_AR_L, rights),
		.db		= FIELD_GET(VTX_AR_DB, rights),
		.g		= FIELD_GET(VTX_AR_G, rights),
		.unusable	= FIELD_GET(VTX_AR_UNUSABLE, rights),
	};
}

static bool granular(const struct kvm_segment *segment)
{
	if ((segment->limit & 0xfff) != 0xfff && segment->g)
		return false;
	return !(segment->limit >> 20) || segment->g;
}

/* SDM 3C "Checks on Guest Segment Registers", with RFLAGS.VM set. */
static bool virtual_8086(const struct kvm_segment *segment)
{
	return usable(segment) && segment->base == segment->selector << 4 &&
	       segment->limit == 0xffff && type_of(segment) == TYPE_DATA_RW &&
	       segment->s && segment->dpl == 3 && !segment->l && !segment->db &&
	       !segment->g && !segment->avl;
}

static bool all_virtual_8086(const struct kvm_sregs *sregs)
{
	return (sregs->cr0 & X86_CR0_PE) && !(sregs->efer & EFER_LMA) &&
	       virtual_8086(&sregs->cs) && virtual_8086(&sregs->ss) &&
	       virtual_8086(&sregs->ds) && virtual_8086(&sregs->es) &&
	       virtual_8086(&sregs->fs) && virtual_8086(&sregs->gs);
}

/* The rest of that section, with RFLAGS.VM clear. */

static const char *cs_broken(const struct kvm_sregs *sregs)
{
	const struct kvm_segment *cs = &sregs->cs;
	u8 type = type_of(cs);

	MUST(usable(cs) && cs->s, "CS is no usable code segment");
	MUST((type & VTX_AR_CODE) || type == TYPE_DATA_RW, "CS type");
	if (type == TYPE_DATA_RW)
		MUST(!cs->dpl, "CS is a data segment with a DPL");
	else if ((type & TYPE_CODE_CONFORMING) == TYPE_CODE_CONFORMING)
		MUST(cs->dpl <= sregs->ss.dpl, "CS DPL above SS DPL");
	else
		MUST(cs->dpl == sregs->ss.dpl, "CS DPL is not SS DPL");
	MUST(!(sregs->efer & EFER_LMA) || !cs->l || !cs->db,
	     "CS has L and D/B");
	MUST(granular(cs), "CS limit and G");
	MUST(!upper_32_bits(cs->base), "CS base above 4G");
	return NULL;
}

static const char *ss_broken(const struct kvm_sregs *sregs)
{
	const struct kvm_segment *ss = &sregs->ss;

	if (type_of(&sregs->cs) == TYPE_DATA_RW || !(sregs->cr0 & X86_CR0_PE))
		MUST(!ss->dpl, "SS DPL outside protected mode");
	if (!usable(ss))
		return NULL;
	MUST(ss->s && (type_of(ss) == TYPE_DATA_RW ||
		       type_of(ss) == TYPE_DATA_RW_DOWN), "SS type");
	MUST(granular(ss), "SS limit and G");
	MUST(!upper_32_bits(ss->base), "SS base above 4G");
	return NULL;
}

static const char *data_broken(const struct kvm_segment *segment, bool low)
{
	if (!usable(segment))
		return NULL;
	MUST(segment->s && (!(segment->type & VTX_AR_CODE) ||
			    (segment->type & VTX_AR_RW)),
	     "DS, ES, FS or GS type");
	MUST(granular(segment), "DS, ES, FS or GS limit and G");
	MUST(!low || !upper_32_bits(segment->base), "DS or ES base above 4G");
	return NULL;
}

static const char *data_segments_broken(const struct kvm_sregs *sregs)
{
	return data_broken(&sregs->ds, true) ?: data_broken(&sregs->es, true) ?:
	       data_broken(&sregs->fs, false) ?: data_broken(&sregs->gs, false);
}

static const char *tr_broken(const struct kvm_sregs *sregs)
{
	const struct kvm_segment *tr = &sregs->tr;

	MUST(usable(tr) && !tr->s, "TR is no usable TSS");
	MUST(tr->type == TYPE_TSS_BUSY ||
	     (tr->type == TYPE_TSS16_BUSY && !(sregs->efer & EFER_LMA)),
	     "TR type");
	MUST(granular(tr), "TR limit and G");
	MUST(!(tr->selector & VTX_SELECTOR_TI), "TR in the LDT");
	return NULL;
}

static const char *ldtr_broken(const struct kvm_sregs *sregs)
{
	const struct kvm_segment *ldt = &sregs->ldt;

	if (!usable(ldt))
		return NULL;
	MUST(!ldt->s && ldt->type == VTX_TYPE_LDT, "LDTR type");
	MUST(granular(ldt), "LDTR limit and G");
	MUST(!(ldt->selector & VTX_SELECTOR_TI), "LDTR in the LDT");
	return NULL;
}

/* SDM 3C "Checks on Guest Segment Registers" and "... Descriptor-Table ..." */
static const char *bases_broken(const struct kvm_sregs *sregs,
				const struct vtx_cr_limits *limits)
{
	u8 bits = limits->virt_bits;

	MUST(vtx_canonical(sregs->fs.base, bits), "FS base not canonical");
	MUST(vtx_canonical(sregs->gs.base, bits), "GS base not canonical");
	MUST(vtx_canonical(sregs->tr.base, bits), "TR base not canonical");
	MUST(!usable(&sregs->ldt) || vtx_canonical(sregs->ldt.base, bits),
	     "LDTR base not canonical");
	MUST(vtx_canonical(sregs->gdt.base, bits), "GDTR base not canonical");
	MUST(vtx_canonical(sregs->idt.base, bits), "IDTR base not canonical");
	return NULL;
}

/* What fits in the registers of kvm_segment but in no descriptor. */
static bool segment_fields_fit(const struct kvm_segment *segment)
{
	return segment->type <= 0xf && segment->dpl <= 3;
}

static const char *segments_broken(const struct kvm_sregs *sregs)
{
	const struct kvm_segment *const all[] = {
		&sregs->cs, &sregs->ds, &sregs->es, &sregs->fs, &sregs->gs,
		&sregs->ss, &sregs->tr, &sregs->ldt,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		MUST(segment_fields_fit(all[i]), "segment type or DPL");
	if (!all_virtual_8086(sregs)) {
		const char *broken = cs_broken(sregs) ?: ss_broken(sregs) ?:
				     data_segments_broken(sregs);

		if (broken)
			return broken;
	}
	return tr_broken(sregs) ?: ldtr_broken(sregs);
}

/*
 * SDM 3C "Checks on Guest Control Registers, Debug Registers, and MSRs" and,
 * for what "unrestricted guest" leaves open, SDM 3A "Control Registers".
 */
static const char *modes_broken(const struct kvm_sregs *sregs,
				const struct vtx_cr_limits *limits)
{
	bool paging = sregs->cr0 & X86_CR0_PG;
	bool lme = sregs->efer & EFER_LME;
	bool lma = sregs->efer & EFER_LMA;

	MUST(!upper_32_bits(sregs->cr0), "CR0 has bits above 31");
	MUST(!paging || (sregs->cr0 & X86_CR0_PE), "CR0 has PG without PE");
	MUST(!(sregs->cr0 & X86_CR0_NW) || (sregs->cr0 & X86_CR0_CD),
	     "CR0 has NW without CD");
	MUST(!(sregs->cr4 & ~limits->cr4), "CR4 has bits the vCPU has not");
	MUST(!(sregs->efer & ~limits->efer), "EFER has bits the vCPU has not");
	MUST(lma == (lme && paging), "EFER.LMA is not EFER.LME and CR0.PG");
	MUST(!lma || (sregs->cr4 & X86_CR4_PAE), "EFER.LMA without CR4.PAE");
	MUST(vtx_cr3_valid(limits, sregs->cr3),
	     "CR3 beyond the physical-address width");
	return NULL;
}

/**
 * vtx_sregs_broken() - which rule do these registers break?
 * @sregs: from user space
 * @limits: what the vCPU may have
 *
 * Bits of CR0[31:0] that do not exist break none: a CPU ignores them too.  Nor
 * does CR4.PCIDE without EFER.LMA, though no CPU can have it and VM entry fails:
 * KVM takes it, and programs that probe for bits of CR4 count on that.
 *
 * Return: NULL if a CPU can have them; else a few words to print, and user
 * space gets EINVAL.
 */
const char *vtx_sregs_broken(const struct kvm_sregs *sregs,
			     const struct vtx_cr_limits *limits)
{
	const char *broken = modes_broken(sregs, limits) ?:
			     segments_broken(sregs) ?:
			     bases_broken(sregs, limits);

	if (broken)
		return broken;
	MUST(sregs->cr8 <= 0xf, "CR8 has more than four bits");
	MUST(vtx_apic_base_valid(limits, sregs->apic_base), "APIC base");
	return NULL;
}

static void reset_segment(struct kvm_segment *segment, u8 type, bool code_data)
{
	*segment = (struct kvm_segment){
		.limit		= 0xffff,
		.type		= type,
		.s		= code_data,
		.present	= 1,
	};
}

static void reset_segments(struct kvm_sregs *sregs)
{
	/* SDM says data for CS too; KVM and its user spaces say code. */
	reset_segment(&sregs->cs, TYPE_CODE_READ, true);
	sregs->cs.selector = 0xf000;
	sregs->cs.base = 0xffff0000;
	reset_segment(&sregs->ss, TYPE_DATA_RW, true);
	reset_segment(&sregs->ds, TYPE_DATA_RW, true);
	reset_segment(&sregs->es, TYPE_DATA_RW, true);
	reset_segment(&sregs->fs, TYPE_DATA_RW, true);
	reset_segment(&sregs->gs, TYPE_DATA_RW, true);
	reset_segment(&sregs->tr, TYPE_TSS_BUSY, false);
	reset_segment(&sregs->ldt, VTX_TYPE_LDT, false);
	sregs->gdt.limit = 0xffff;
	sregs->idt.limit = 0xffff;
}

/**
 * vtx_sregs_reset() - what a CPU has after power-up
 * @sregs: receives it
 * @bsp: the CPU is the one that boots
 *
 * SDM 3A "Processor State After Reset".
 */
void vtx_sregs_reset(struct kvm_sregs *sregs, bool bsp)
{
	memset(sregs, 0, sizeof(*sregs));
	reset_segments(sregs);
	sregs->cr0 = CR0_RESET;
	sregs->apic_base = APIC_DEFAULT_PHYS_BASE | MSR_IA32_APICBASE_ENABLE |
			   (bsp ? MSR_IA32_APICBASE_BSP : 0);
}

/**
 * vtx_sregs_init() - what an INIT signal makes of a CPU's registers
 * @sregs: the registers, changed in place
 *
 * SDM 3A "Processor State After Reset": CR0.CD and CR0.NW stay, and so does
 * IA32_APIC_BASE.
 */
void vtx_sregs_init(struct kvm_sregs *sregs)
{
	u64 cr0 = sregs->cr0 & (X86_CR0_CD | X86_CR0_NW);
	u64 apic_base = sregs->apic_base;

	memset(sregs, 0, sizeof(*sregs));
	reset_segments(sregs);
	sregs->cr0 = cr0 | X86_CR0_ET;
	sregs->apic_base = apic_base;
}

/**
 * vtx_sregs_startup() - where a startup IPI sends a CPU that waits for one
 * @sregs: the registers, changed in place; RIP, which is the caller's, becomes 0
 * @vector: the IPI's vector, the number of a page
 */
void vtx_sregs_startup(struct kvm_sregs *sregs, u8 vector)
{
	sregs->cs.selector = vector << 8;
	sregs->cs.base = vector << 12;
}

/**
 * vtx_regs_reset() - what a CPU has after power-up and after INIT
 * @regs: receives it
 * @signature: family, model and stepping, EAX of CPUID leaf 1
 */
void vtx_regs_reset(struct kvm_regs *regs, u32 signature)
{
	memset(regs, 0, sizeof(*regs));
	regs->rdx = signature;
	regs->rip = RIP_RESET;
	regs->rflags = X86_EFLAGS_FIXED;
}
