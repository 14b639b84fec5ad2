// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: instructions on implied registers, flags and segments.
 *
 * Segment registers can be loaded in real and virtual-8086 mode only, where
 * loading means shifting. Elsewhere a load reads a descriptor, with checks that
 * do not belong here: VTX_EMUL_CANNOT.
 *
 * CLI and STI are done where IOPL permits them. Where it does not the outcome
 * depends on VME and PVI: VTX_EMUL_CANNOT.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

/* CBW, CWDE, CDQE: double the size of rAX by its sign. */
static void convert_acc(struct vtx_emul *e)
{
	unsigned int size = e->insn.opsize;
	u64 half = vtx_emul_sext(e->regs.gpr[VTX_EMUL_RAX], size / 2);

	vtx_emul_set_gpr(e, VTX_EMUL_RAX, size, half);
}

/* CWD, CDQ, CQO: fill rDX with the sign of rAX. */
static void convert_pair(struct vtx_emul *e)
{
	unsigned int size = e->insn.opsize;
	u64 acc = vtx_emul_sext(e->regs.gpr[VTX_EMUL_RAX], size);

	vtx_emul_set_gpr(e, VTX_EMUL_RDX, size, acc >> 63 ? ~0ull : 0);
}

#define AH_FLAGS	(VTX_EMUL_CF | VTX_EMUL_PF | VTX_EMUL_AF | \
			 VTX_EMUL_ZF | VTX_EMUL_SF)

static void exec_lahf(struct vtx_emul *e)
{
	u64 *rax = &e->regs.gpr[VTX_EMUL_RAX];

	*rax = (*rax & ~0xff00ull) | ((e->regs.rflags & AH_FLAGS) | 2) << 8;
}

static void exec_sahf(struct vtx_emul *e)
{
	u64 ah = e->regs.gpr[VTX_EMUL_RAX] >> 8;

	e->regs.rflags = (e->regs.rflags & ~AH_FLAGS) | (ah & AH_FLAGS);
}

static enum vtx_emul_result exec_if(struct vtx_emul *e, bool on)
{
	u64 iopl = (e->regs.rflags & VTX_EMUL_IOPL) >> 12;
	u64 *rflags = &e->regs.rflags;

	if (!e->real && (e->v86 ? iopl < 3 : e->regs.cpl > iopl))
		return VTX_EMUL_CANNOT;
	if (on && !(*rflags & VTX_EMUL_IF))
		e->shadow = VTX_EMUL_SHADOW_STI;
	*rflags = on ? *rflags | VTX_EMUL_IF : *rflags & ~VTX_EMUL_IF;
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result exec_xlat(struct vtx_emul *e)
{
	u64 offset = e->regs.gpr[VTX_EMUL_RBX] +
		     (e->regs.gpr[VTX_EMUL_RAX] & 0xff);
	enum vtx_emul_result r;
	u8 byte;

	offset &= vtx_emul_mask(e->insn.adsize);
	r = vtx_emul_mem_read(e, e->insn.mem.seg, offset, &byte, 1);
	if (!r)
		vtx_emul_set_gpr(e, VTX_EMUL_RAX, 1, byte);
	return r;
}

/**
 * vtx_emul_exec_implied - execute instructions on rAX and on flags
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_implied(struct vtx_emul *e)
{
	u64 *rflags = &e->regs.rflags;

	switch (e->insn.op) {
	case VTX_OP_CBW:
		convert_acc(e);
		break;
	case VTX_OP_CWD:
		convert_pair(e);
		break;
	case VTX_OP_LAHF:
		exec_lahf(e);
		break;
	case VTX_OP_SAHF:
		exec_sahf(e);
		break;
	case VTX_OP_CLC:
		*rflags &= ~VTX_EMUL_CF;
		break;
	case VTX_OP_STC:
		*rflags |= VTX_EMUL_CF;
		break;
	case VTX_OP_CMC:
		*rflags ^= VTX_EMUL_CF;
		break;
	case VTX_OP_CLD:
		*rflags &= ~VTX_EMUL_DF;
		break;
	case VTX_OP_STD:
		*rflags |= VTX_EMUL_DF;
		break;
	case VTX_OP_XLAT:
		return exec_xlat(e);
	default:
		return exec_if(e, e->insn.op == VTX_OP_STI);
	}
	return VTX_EMUL_DONE;
}

/**
 * vtx_emul_set_sreg - load a segment register in real or virtual-8086 mode
 * @e: emulator
 * @reg: enum vtx_emul_sreg
 * @selector: new value; limit and access rights stay
 */
void vtx_emul_set_sreg(struct vtx_emul *e, unsigned int reg, u16 selector)
{
	struct vtx_emul_seg *s = &e->regs.seg[reg];

	s->selector = selector;
	s->base = (u32)selector << 4;
	if (reg == VTX_EMUL_SS)
		e->shadow = VTX_EMUL_SHADOW_MOV_SS;
}

static enum vtx_emul_result load_sreg(struct vtx_emul *e)
{
	enum vtx_emul_result r;
	u64 selector;

	if (!e->real && !e->v86)
		return VTX_EMUL_CANNOT;
	r = vtx_emul_load(e, &e->insn.opnd[1], &selector);
	if (!r)
		vtx_emul_set_sreg(e, e->insn.opnd[0].reg, selector);
	return r;
}

/**
 * vtx_emul_exec_sreg - execute MOV to and from a segment register
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_sreg(struct vtx_emul *e)
{
	struct vtx_emul_operand dst = e->insn.opnd[0];
	enum vtx_emul_result r;
	u64 selector;

	if (e->insn.op == VTX_OP_MOV_TO_SREG)
		return load_sreg(e);
	r = vtx_emul_load(e, &e->insn.opnd[1], &selector);
	if (r)
		return r;
	/* To memory always 16 bits, whatever the operand size. */
	if (dst.place == VTX_PLACE_MEM)
		dst.size = 2;
	return vtx_emul_store(e, &dst, selector);
}
