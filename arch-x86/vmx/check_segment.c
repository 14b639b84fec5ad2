// SPDX-License-Identifier: GPL-2.0-only
/*
 * SDM 3C "Checks on Guest Segment Registers".
 *
 * Three sets of rules: for all guests, for virtual-8086 mode, and for all other
 * modes.  "Usable" is what the unusable bit of the access rights does not deny;
 * CS and TR always are.
 */
#include "module/compat.h"

#include <linux/bitfield.h>

#include <asm/processor-flags.h>

#include "arch-x86/vmx/check_rules.h"
#include "arch-x86/vmx/segment.h"

/**
 * struct segment - one segment register, as the VMCS has it
 * @name: which
 * @selector: selector
 * @ar: access rights
 * @limit: limit
 * @base: base
 * @type: access rights' type
 * @dpl: access rights' DPL
 * @usable: not unusable
 */
struct segment {
	enum vtx_segment	name;
	u16			selector;
	u32			ar, limit;
	u64			base;
	u32			type, dpl;
	bool			usable;
};

#define FIELD_OF(segment, what) \
	vtx_seg_field(VMCS_GUEST_ES_##what, (segment)->name)

static void get_segment(const struct vtx_check *check, enum vtx_segment name,
			struct segment *s)
{
	s->name = name;
	s->selector = vtx_check_get(check, FIELD_OF(s, SELECTOR));
	s->ar = vtx_check_get(check, FIELD_OF(s, ACCESS_RIGHTS));
	s->limit = vtx_check_get(check, FIELD_OF(s, LIMIT));
	s->base = vtx_check_get(check, FIELD_OF(s, BASE));
	s->type = FIELD_GET(VTX_AR_TYPE, s->ar);
	s->dpl = FIELD_GET(VTX_AR_DPL, s->ar);
	s->usable = name == VTX_CS || !(s->ar & VTX_AR_UNUSABLE);
}

/* In virtual-8086 mode there is one way for a segment to be. */
static bool check_v86(struct vtx_check *check, const struct segment *s)
{
	MUST_OF(check, FIELD_OF(s, BASE), s->base == (u64)s->selector << 4,
		"selector times 16 in virtual-8086 mode");
	MUST_OF(check, FIELD_OF(s, LIMIT), s->limit == 0xffff,
		"0xffff in virtual-8086 mode");
	MUST_OF(check, FIELD_OF(s, ACCESS_RIGHTS), s->ar == 0xf3,
		"0xf3 in virtual-8086 mode");
	return true;
}

/* The granularity bit has to be what makes such a limit. */
static bool granularity_fits(const struct segment *s)
{
	if ((s->limit & 0xfff) != 0xfff && (s->ar & VTX_AR_G))
		return false;
	return !(s->limit >> 20) || (s->ar & VTX_AR_G);
}

static bool check_common_rights(struct vtx_check *check,
				const struct segment *s, bool system)
{
	MUST_OF(check, FIELD_OF(s, ACCESS_RIGHTS),
		!(s->ar & VTX_AR_S) == system,
		system ? "S 0: a system segment" :
			 "S 1: a code or data segment");
	MUST_OF(check, FIELD_OF(s, ACCESS_RIGHTS), s->ar & VTX_AR_P, "P 1");
	MUST_OF(check, FIELD_OF(s, ACCESS_RIGHTS), !(s->ar & VTX_AR_RESERVED),
		"reserved bits 0");
	MUST_OF(check, FIELD_OF(s, ACCESS_RIGHTS), granularity_fits(s),
		"G as the limit needs it");
	return true;
}

static bool check_cs(struct vtx_check *check, const struct segment *cs,
		     const struct segment *ss, bool unrestricted)
{
	bool wide = HAS(check, VM_ENTRY, IA32E_MODE_GUEST);
	bool data = cs->type == 3;
	bool conforming = cs->type & VTX_AR_CE;

	MUST(check, GUEST_CS_ACCESS_RIGHTS,
	     (data && unrestricted) ||
	     ((cs->type & VTX_AR_CODE) && (cs->type & VTX_AR_ACCESSED)),
	     "type of an accessed code segment");
	MUST(check, GUEST_CS_ACCESS_RIGHTS,
	     data ? !cs->dpl :
	     conforming ? cs->dpl <= ss->dpl : cs->dpl == ss->dpl,
	     "DPL as the type and the DPL of SS want it");
	MUST(check, GUEST_CS_ACCESS_RIGHTS,
	     !wide || (cs->ar & (VTX_AR_L | VTX_AR_DB)) !=
		      (VTX_AR_L | VTX_AR_DB),
	     "not both of L and D/B in IA-32e mode");
	return true;
}

static bool check_ss(struct vtx_check *check, const struct segment *ss,
		     const struct segment *cs, bool unrestricted)
{
	bool real = !(GET(check, GUEST_CR0) & X86_CR0_PE);

	MUST(check, GUEST_SS_ACCESS_RIGHTS,
	     !ss->usable || ss->type == 3 || ss->type == 7,
	     "type of an accessed, writable data segment");
	MUST(check, GUEST_SS_ACCESS_RIGHTS,
	     unrestricted || ss->dpl == (ss->selector & 3),
	     "DPL as the selector's RPL");
	MUST(check, GUEST_SS_ACCESS_RIGHTS,
	     !(real || cs->type == 3) || !ss->dpl,
	     "DPL 0 in real mode");
	return true;
}

static bool check_data(struct vtx_check *check, const struct segment *s,
		       bool unrestricted)
{
	MUST_OF(check, FIELD_OF(s, ACCESS_RIGHTS), s->type & VTX_AR_ACCESSED,
		"an accessed segment");
	MUST_OF(check, FIELD_OF(s, ACCESS_RIGHTS),
		!(s->type & VTX_AR_CODE) || (s->type & VTX_AR_RW),
		"readable, if it is a code segment");
	MUST_OF(check, FIELD_OF(s, ACCESS_RIGHTS),
		unrestricted || s->type > 11 || s->dpl >= (s->selector & 3),
		"DPL not below the selector's RPL");
	return true;
}

static bool check_selectors(struct vtx_check *check, bool v86,
			    bool unrestricted)
{
	u16 cs = GET(check, GUEST_CS_SELECTOR);
	u16 ss = GET(check, GUEST_SS_SELECTOR);

	MUST(check, GUEST_TR_SELECTOR, !(GET(check, GUEST_TR_SELECTOR) & 4),
	     "TI 0");
	MUST(check, GUEST_LDTR_SELECTOR,
	     (GET(check, GUEST_LDTR_ACCESS_RIGHTS) & VTX_AR_UNUSABLE) ||
	     !(GET(check, GUEST_LDTR_SELECTOR) & 4), "TI 0");
	MUST(check, GUEST_SS_SELECTOR,
	     v86 || unrestricted || (ss & 3) == (cs & 3), "RPL as that of CS");
	return true;
}

static bool check_base(struct vtx_check *check, const struct segment *s)
{
	switch (s->name) {
	case VTX_CS:
		MUST(check, GUEST_CS_BASE, !(s->base >> 32), "bits 63:32 0");
		break;
	case VTX_SS:
	case VTX_DS:
	case VTX_ES:
		MUST_OF(check, FIELD_OF(s, BASE),
			!s->usable || !(s->base >> 32), "bits 63:32 0");
		break;
	case VTX_LDTR:
		if (!s->usable)
			break;
		fallthrough;
	default:
		MUST_OF(check, FIELD_OF(s, BASE),
			vtx_check_canonical(check, s->base), "canonical");
	}
	return true;
}

static bool check_tr_ldtr(struct vtx_check *check)
{
	bool wide = HAS(check, VM_ENTRY, IA32E_MODE_GUEST);
	struct segment tr, ldtr;

	get_segment(check, VTX_TR, &tr);
	get_segment(check, VTX_LDTR, &ldtr);
	if (!check_base(check, &tr) || !check_base(check, &ldtr))
		return false;

	MUST(check, GUEST_TR_ACCESS_RIGHTS, tr.usable, "usable");
	MUST(check, GUEST_TR_ACCESS_RIGHTS,
	     tr.type == 11 || (tr.type == 3 && !wide), "type of a busy TSS");
	if (!check_common_rights(check, &tr, true))
		return false;

	if (!ldtr.usable)
		return true;
	MUST(check, GUEST_LDTR_ACCESS_RIGHTS, ldtr.type == 2, "type of an LDT");
	return check_common_rights(check, &ldtr, true);
}

static bool check_one(struct vtx_check *check, const struct segment *s,
		      const struct segment *cs, const struct segment *ss,
		      bool unrestricted)
{
	if (s->name == VTX_CS && !check_cs(check, s, ss, unrestricted))
		return false;
	if (s->name == VTX_SS && !check_ss(check, s, cs, unrestricted))
		return false;
	if (!s->usable)
		return true;
	if (s->name != VTX_CS && s->name != VTX_SS &&
	    !check_data(check, s, unrestricted))
		return false;
	return check_common_rights(check, s, false);
}

/**
 * vtx_check_segments() - the rules about guest segments
 * @check: the question
 *
 * Return: false if one is broken.
 */
bool vtx_check_segments(struct vtx_check *check)
{
	bool unrestricted = vtx_check_proc2(check) &
			    VTX_CONTROL(UNRESTRICTED_GUEST);
	bool v86 = GET(check, GUEST_RFLAGS) & X86_EFLAGS_VM;
	struct segment s, cs, ss;
	enum vtx_segment name;

	if (!check_selectors(check, v86, unrestricted))
		return false;
	get_segment(check, VTX_CS, &cs);
	get_segment(check, VTX_SS, &ss);
	for (name = VTX_ES; name <= VTX_GS; name++) {
		get_segment(check, name, &s);
		if (!check_base(check, &s))
			return false;
		if (v86 ? !check_v86(check, &s) :
			  !check_one(check, &s, &cs, &ss, unrestricted))
			return false;
	}
	return check_tr_ldtr(check);
}
