// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: from an offset in a segment to a linear address.
 *
 * The checks are those of SDM 3A "Limit Checking", "Type Checking" and "Null
 * Segment Checking", and of SDM 1 "Canonical Addressing". They come before
 * paging, for the whole access. Where the CPU may or may not fault (an access
 * that wraps round the end of a 4-GByte segment) this code faults.
 *
 * In 64-bit mode only FS and GS have a base, and nothing but the canonical form
 * is checked. Real mode checks limits as they are in the hidden part of the
 * register, which need not be 64 KBytes, and no types.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

static bool canonical(const struct vtx_emul *e, u64 gva)
{
	unsigned int unused = e->regs.cr4 & VTX_EMUL_CR4_LA57 ? 7 : 16;

	return (u64)((s64)(gva << unused) >> unused) == gva;
}

/**
 * vtx_emul_check_rip - may instructions be fetched at this offset of CS?
 * @e: emulator
 * @rip: offset
 *
 * Return: VTX_EMUL_DONE or VTX_EMUL_FAULT (#GP(0)).
 */
enum vtx_emul_result vtx_emul_check_rip(struct vtx_emul *e, u64 rip)
{
	bool ok = e->bits == 64 ? canonical(e, rip) :
		  rip <= e->regs.seg[VTX_EMUL_CS].limit;

	return ok ? VTX_EMUL_DONE : vtx_emul_gp(e);
}

/**
 * vtx_emul_seg_base - base of a segment, as addressing uses it
 * @e: emulator
 * @seg: segment register
 *
 * Return: its base; 0 for the segments whose base 64-bit mode ignores.
 */
u64 vtx_emul_seg_base(const struct vtx_emul *e, unsigned int seg)
{
	if (e->bits == 64 && seg != VTX_EMUL_FS && seg != VTX_EMUL_GS)
		return 0;
	return e->regs.seg[seg].base;
}

/* Access rights of protected mode, other than the limit. */
static bool type_allows(const struct vtx_emul_seg *s, bool write)
{
	if (s->ar & VTX_EMUL_AR_UNUSABLE)
		return false;
	if (s->ar & VTX_EMUL_AR_CODE)
		return !write && s->ar & VTX_EMUL_AR_WRITE;
	return !write || s->ar & VTX_EMUL_AR_WRITE;
}

static bool limit_allows(const struct vtx_emul_seg *s, u64 offset,
			 unsigned int len)
{
	u64 last = offset + len - 1;
	bool down = !(s->ar & VTX_EMUL_AR_CODE) && s->ar & VTX_EMUL_AR_DOWN;

	if (!down)
		return last <= s->limit;
	/* SDM 3A "Limit Checking": valid offsets lie above the limit. */
	return offset > s->limit &&
	       last <= (s->ar & VTX_EMUL_AR_BIG ? 0xffffffffu : 0xffffu);
}

/**
 * vtx_emul_linear - translate an offset in a segment
 * @e: emulator
 * @seg: enum vtx_emul_sreg
 * @offset: effective address, already cut to the address size
 * @len: bytes, at least 1
 * @write: a write, or a read that a write will follow
 * @gva: linear address of the first byte
 *
 * Return: VTX_EMUL_DONE; VTX_EMUL_FAULT with #SS(0) for SS, #GP(0) for others.
 */
enum vtx_emul_result vtx_emul_linear(struct vtx_emul *e, unsigned int seg,
				     u64 offset, unsigned int len, bool write,
				     u64 *gva)
{
	const struct vtx_emul_seg *s = &e->regs.seg[seg];

	*gva = vtx_emul_seg_base(e, seg) + offset;
	if (e->bits == 64) {
		if (canonical(e, *gva) && canonical(e, *gva + len - 1))
			return VTX_EMUL_DONE;
		return vtx_emul_seg_fault(e, seg);
	}
	*gva = (u32)*gva;
	if (!e->real && !e->v86 && !type_allows(s, write))
		return vtx_emul_seg_fault(e, seg);
	if (!limit_allows(s, offset, len))
		return vtx_emul_seg_fault(e, seg);
	return VTX_EMUL_DONE;
}
