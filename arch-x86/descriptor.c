// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segment descriptors.
 *
 * No state, no locks; everything may be called in any context.
 */
#include "module/compat.h"

#include <linux/bitfield.h>

#include <asm/trapnr.h>

#include "arch-x86/descriptor.h"

/* SDM 3A "Segment Descriptors": the fields of its eight bytes. */
#define LIMIT_LOW	GENMASK_ULL(15, 0)
#define LIMIT_HIGH	GENMASK_ULL(51, 48)
#define BASE_LOW	GENMASK_ULL(39, 16)
#define BASE_HIGH	GENMASK_ULL(63, 56)
#define RIGHTS_LOW	GENMASK_ULL(47, 40)	/* type, S, DPL, P */
#define RIGHTS_HIGH	GENMASK_ULL(55, 52)	/* AVL, L, D/B, G */

/**
 * vtx_descriptor_decode() - a descriptor as the CPU has it in a register
 * @descriptor: eight bytes of a descriptor table
 * @selector: the selector that leads there
 * @segment: receives it
 */
void vtx_descriptor_decode(u64 descriptor, u16 selector,
			   struct vtx_vmx_segment *segment)
{
	segment->selector = selector;
	segment->base = FIELD_GET(BASE_LOW, descriptor) |
			FIELD_GET(BASE_HIGH, descriptor) << 24;
	segment->limit = FIELD_GET(LIMIT_LOW, descriptor) |
			 FIELD_GET(LIMIT_HIGH, descriptor) << 16;
	segment->access_rights = FIELD_GET(RIGHTS_LOW, descriptor) |
				 FIELD_GET(RIGHTS_HIGH, descriptor) << 12;
	if (segment->access_rights & VTX_AR_G)
		segment->limit = segment->limit << 12 | 0xfff;
}

static bool is_code(u32 rights)
{
	return (rights & VTX_AR_S) && (rights & VTX_AR_CODE);
}

static bool is_conforming(u32 rights)
{
	return is_code(rights) && (rights & VTX_AR_CE);
}

static bool is_writable(u32 rights)
{
	return (rights & VTX_AR_S) && !(rights & VTX_AR_CODE) &&
	       (rights & VTX_AR_RW);
}

static bool is_readable(u32 rights)
{
	return (rights & VTX_AR_S) &&
	       (!(rights & VTX_AR_CODE) || (rights & VTX_AR_RW));
}

static u8 code_fault(u32 rights, u8 dpl, u8 rpl)
{
	if (!is_code(rights) ||
	    (is_conforming(rights) ? dpl > rpl : dpl != rpl))
		return X86_TRAP_TS;
	return rights & VTX_AR_P ? 0 : X86_TRAP_NP;
}

static u8 stack_fault(u32 rights, u8 dpl, u8 rpl, u8 cpl)
{
	if (!is_writable(rights) || rpl != cpl || dpl != cpl)
		return X86_TRAP_TS;
	return rights & VTX_AR_P ? 0 : X86_TRAP_SS;
}

static u8 data_fault(u32 rights, u8 dpl, u8 rpl, u8 cpl)
{
	if (!is_readable(rights) ||
	    (!is_conforming(rights) && (rpl > dpl || cpl > dpl)))
		return X86_TRAP_TS;
	return rights & VTX_AR_P ? 0 : X86_TRAP_NP;
}

static u8 ldt_fault(u32 rights, u16 selector)
{
	if ((selector & VTX_SELECTOR_TI) || (rights & VTX_AR_S) ||
	    (rights & VTX_AR_TYPE) != VTX_TYPE_LDT || !(rights & VTX_AR_P))
		return X86_TRAP_TS;
	return 0;
}

/**
 * vtx_task_segment_fault() - may a task switch load this?
 * @which: into which register, not TR
 * @segment: the decoded descriptor, with a selector that is not null
 * @cpl: the new task's privilege level, the RPL of its CS
 *
 * SDM 3A "Exception Conditions Checked During a Task Switch".
 *
 * Return: 0 if so, else the vector of the exception; its error code is the
 * selector.
 */
u8 vtx_task_segment_fault(enum vtx_segment which,
			  const struct vtx_vmx_segment *segment, u8 cpl)
{
	u32 rights = segment->access_rights;
	u8 rpl = segment->selector & VTX_SELECTOR_RPL;
	u8 dpl = FIELD_GET(VTX_AR_DPL, rights);

	switch (which) {
	case VTX_CS:
		return code_fault(rights, dpl, rpl);
	case VTX_SS:
		return stack_fault(rights, dpl, rpl, cpl);
	case VTX_LDTR:
		return ldt_fault(rights, segment->selector);
	default:
		return data_fault(rights, dpl, rpl, cpl);
	}
}
