// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: the stack.
 *
 * Three sizes meet here: the operand size (what is transferred), the stack
 * address size (which part of rSP counts: 64 in 64-bit mode, else by the B flag
 * of SS), and the address size (for the memory operand only).
 *
 * rSP is changed as the instruction goes on; a fault puts it back (see exec.c).
 * SDM 2B "POP": an address that uses rSP is computed after the increment.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

#define FLAGS_PUSHED	0xfcffffull	/* all but VM and RF */

/**
 * vtx_emul_stack_size - stack address size
 * @e: emulator
 *
 * Return: 2, 4 or 8.
 */
unsigned int vtx_emul_stack_size(const struct vtx_emul *e)
{
	if (e->bits == 64)
		return 8;
	return e->regs.seg[VTX_EMUL_SS].ar & VTX_EMUL_AR_BIG ? 4 : 2;
}

static enum vtx_emul_result push_bytes(struct vtx_emul *e, u64 value,
				       unsigned int slot, unsigned int size)
{
	unsigned int width = vtx_emul_stack_size(e);
	u64 sp = vtx_emul_gpr(e, VTX_EMUL_RSP, width) - slot;

	sp &= vtx_emul_mask(width);
	vtx_emul_set_gpr(e, VTX_EMUL_RSP, width, sp);
	return vtx_emul_mem_write(e, VTX_EMUL_SS, sp, &value, size);
}

/**
 * vtx_emul_push - push a value
 * @e: emulator
 * @value: excess bits are ignored
 * @size: bytes
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_push(struct vtx_emul *e, u64 value,
				   unsigned int size)
{
	return push_bytes(e, value, size, size);
}

/**
 * vtx_emul_pop - pop a value
 * @e: emulator
 * @value: zero-extended
 * @size: bytes
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_pop(struct vtx_emul *e, u64 *value,
				  unsigned int size)
{
	unsigned int width = vtx_emul_stack_size(e);
	u64 sp = vtx_emul_gpr(e, VTX_EMUL_RSP, width);
	enum vtx_emul_result r;

	*value = 0;
	r = vtx_emul_mem_read(e, VTX_EMUL_SS, sp, value, size);
	if (!r)
		vtx_emul_set_gpr(e, VTX_EMUL_RSP, width, sp + size);
	return r;
}

static enum vtx_emul_result exec_push(struct vtx_emul *e)
{
	const struct vtx_emul_operand *o = &e->insn.opnd[0];
	unsigned int size = e->insn.opsize;
	enum vtx_emul_result r;
	u64 value;

	r = vtx_emul_load(e, o, &value);
	if (r)
		return r;
	/* Intel fills only 16 bits of a 32-bit slot; see SDM 2B "PUSH". */
	if (o->place == VTX_PLACE_SREG && size == 4)
		return push_bytes(e, value, size, 2);
	return vtx_emul_push(e, value, size);
}

static enum vtx_emul_result exec_pop(struct vtx_emul *e)
{
	const struct vtx_emul_operand *o = &e->insn.opnd[0];
	enum vtx_emul_result r;
	u64 value;

	/* See implied.c for what can be done about segment registers. */
	if (o->place == VTX_PLACE_SREG && !e->real && !e->v86)
		return VTX_EMUL_CANNOT;
	r = vtx_emul_pop(e, &value, e->insn.opsize);
	if (r)
		return r;
	if (o->place != VTX_PLACE_SREG)
		return vtx_emul_store(e, o, value);
	vtx_emul_set_sreg(e, o->reg, value);
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result exec_pusha(struct vtx_emul *e)
{
	unsigned int size = e->insn.opsize, i;
	enum vtx_emul_result r;

	for (i = VTX_EMUL_RAX; i <= VTX_EMUL_RDI; i++) {
		/* e->undo holds rSP as it was before the first push. */
		r = vtx_emul_push(e, e->undo.gpr[i], size);
		if (r)
			return r;
	}
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result exec_popa(struct vtx_emul *e)
{
	unsigned int size = e->insn.opsize, i;
	enum vtx_emul_result r;
	u64 value;

	for (i = VTX_EMUL_RDI + 1; i-- > VTX_EMUL_RAX;) {
		r = vtx_emul_pop(e, &value, size);
		if (r)
			return r;
		if (i != VTX_EMUL_RSP)
			vtx_emul_set_gpr(e, i, size, value);
	}
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result exec_pushf(struct vtx_emul *e)
{
	/* In virtual-8086 mode with IOPL < 3 this depends on CR4.VME. */
	if (e->v86 && (e->regs.rflags & VTX_EMUL_IOPL) != VTX_EMUL_IOPL)
		return VTX_EMUL_CANNOT;
	return vtx_emul_push(e, e->regs.rflags & FLAGS_PUSHED, e->insn.opsize);
}

/* Levels of nesting copy the frame pointers of the enclosing frames. */
static enum vtx_emul_result enter_levels(struct vtx_emul *e,
					 unsigned int levels, u64 frame)
{
	unsigned int size = e->insn.opsize, width = vtx_emul_stack_size(e);
	u64 bp = vtx_emul_gpr(e, VTX_EMUL_RBP, width), value;
	enum vtx_emul_result r;
	unsigned int i;

	for (i = 1; i < levels; i++) {
		bp = (bp - size) & vtx_emul_mask(width);
		value = 0;
		r = vtx_emul_mem_read(e, VTX_EMUL_SS, bp, &value, size);
		if (r)
			return r;
		r = vtx_emul_push(e, value, size);
		if (r)
			return r;
	}
	return levels ? vtx_emul_push(e, frame, size) : VTX_EMUL_DONE;
}

static enum vtx_emul_result exec_enter(struct vtx_emul *e)
{
	unsigned int size = e->insn.opsize, width = vtx_emul_stack_size(e);
	u64 locals = e->insn.imm & 0xffff, frame, sp;
	enum vtx_emul_result r;

	r = vtx_emul_push(e, vtx_emul_gpr(e, VTX_EMUL_RBP, size), size);
	if (r)
		return r;
	frame = e->regs.gpr[VTX_EMUL_RSP];
	r = enter_levels(e, e->insn.imm2 & 31, frame);
	if (r)
		return r;
	sp = (e->regs.gpr[VTX_EMUL_RSP] - locals) & vtx_emul_mask(width);
	vtx_emul_set_gpr(e, VTX_EMUL_RSP, width, sp);
	vtx_emul_set_gpr(e, VTX_EMUL_RBP, size, frame);
	/* SDM 2A "ENTER": a write at the final rSP must be possible. */
	return vtx_emul_mem_check_write(e, VTX_EMUL_SS, sp, size);
}

static enum vtx_emul_result exec_leave(struct vtx_emul *e)
{
	unsigned int width = vtx_emul_stack_size(e);
	enum vtx_emul_result r;
	u64 value;

	vtx_emul_set_gpr(e, VTX_EMUL_RSP, width, e->regs.gpr[VTX_EMUL_RBP]);
	r = vtx_emul_pop(e, &value, e->insn.opsize);
	if (!r)
		vtx_emul_set_gpr(e, VTX_EMUL_RBP, e->insn.opsize, value);
	return r;
}

/**
 * vtx_emul_exec_stack - execute PUSH, POP, PUSHA, POPA, PUSHF, ENTER, LEAVE
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_stack(struct vtx_emul *e)
{
	switch (e->insn.op) {
	case VTX_OP_PUSH:
		return exec_push(e);
	case VTX_OP_POP:
		return exec_pop(e);
	case VTX_OP_PUSHA:
		return exec_pusha(e);
	case VTX_OP_POPA:
		return exec_popa(e);
	case VTX_OP_PUSHF:
		return exec_pushf(e);
	case VTX_OP_ENTER:
		return exec_enter(e);
	default:
		return exec_leave(e);
	}
}
