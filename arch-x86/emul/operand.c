// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: reading and writing operands.
 *
 * Values travel as u64, cut to the operand's size. Vector operands are not
 * handled here but in vector.c.
 *
 * A 32-bit write to a general register clears bits 63:32; 8- and 16-bit writes
 * keep the rest (SDM 1 "General-Purpose Registers in 64-Bit Mode").
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

/**
 * vtx_emul_gpr - read the low part of a general register
 * @e: emulator
 * @reg: number
 * @size: bytes
 *
 * Return: the value, zero-extended.
 */
u64 vtx_emul_gpr(const struct vtx_emul *e, unsigned int reg, unsigned int size)
{
	return e->regs.gpr[reg & 15] & vtx_emul_mask(size);
}

/**
 * vtx_emul_set_gpr - write the low part of a general register
 * @e: emulator
 * @reg: number
 * @size: bytes
 * @value: new value, excess bits are ignored
 */
void vtx_emul_set_gpr(struct vtx_emul *e, unsigned int reg, unsigned int size,
		      u64 value)
{
	u64 *gpr = &e->regs.gpr[reg & 15];
	u64 mask = vtx_emul_mask(size);

	value &= mask;
	*gpr = size >= 4 ? value : (*gpr & ~mask) | value;
}

/*
 * BT, BTS, BTR and BTC with a register index address a bit string: the index is
 * signed and may reach beyond the operand named (SDM 2A "BT-Bit Test").
 */
static u64 bit_string_offset(const struct vtx_emul *e)
{
	const struct vtx_emul_insn *insn = &e->insn;
	unsigned int size = insn->opnd[0].size;
	u64 index;

	if (insn->op < VTX_OP_BT || insn->op > VTX_OP_BTC ||
	    insn->opnd[1].place != VTX_PLACE_GPR)
		return 0;
	index = vtx_emul_sext(e->regs.gpr[insn->opnd[1].reg & 15], size);
	return (u64)((s64)index >> 3) & ~(u64)(size - 1);
}

/**
 * vtx_emul_ea - effective address of the memory operand
 * @e: emulator with a decoded instruction
 *
 * Return: offset in the segment &vtx_emul_insn.mem.seg, cut to the address
 * size.
 */
u64 vtx_emul_ea(const struct vtx_emul *e)
{
	const struct vtx_emul_mem *m = &e->insn.mem;
	u64 ea = m->disp + bit_string_offset(e);

	if (m->rip_relative)
		ea += e->next_rip;
	if (m->base != VTX_EMUL_NOREG)
		ea += e->regs.gpr[m->base & 15];
	if (m->index != VTX_EMUL_NOREG)
		ea += e->regs.gpr[m->index & 15] << m->shift;
	return ea & vtx_emul_mask(e->insn.adsize);
}

/* Everything but memory. */
static u64 load_plain(const struct vtx_emul *e,
		      const struct vtx_emul_operand *o)
{
	switch (o->place) {
	case VTX_PLACE_GPR:
		return vtx_emul_gpr(e, o->reg, o->size);
	case VTX_PLACE_HIGH:
		return e->regs.gpr[o->reg & 3] >> 8 & 0xff;
	case VTX_PLACE_SREG:
		return e->regs.seg[o->reg].selector;
	case VTX_PLACE_IMM:
		return e->insn.imm;
	case VTX_PLACE_IMM2:
		return e->insn.imm2;
	default:
		return 0;
	}
}

/**
 * vtx_emul_load - value of an operand
 * @e: emulator
 * @o: operand
 * @value: zero-extended from the operand's size; immediates are sign-extended
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_load(struct vtx_emul *e,
				   const struct vtx_emul_operand *o,
				   u64 *value)
{
	*value = 0;
	if (o->place == VTX_PLACE_MEM)
		return vtx_emul_mem_read(e, e->insn.mem.seg, vtx_emul_ea(e),
					 value, o->size);
	*value = load_plain(e, o);
	return VTX_EMUL_DONE;
}

/**
 * vtx_emul_load_rmw - value of an operand that will be written
 * @e: emulator
 * @o: operand
 * @value: zero-extended
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_load_rmw(struct vtx_emul *e,
				       const struct vtx_emul_operand *o,
				       u64 *value)
{
	*value = 0;
	if (o->place == VTX_PLACE_MEM)
		return vtx_emul_mem_read_rmw(e, e->insn.mem.seg, vtx_emul_ea(e),
					     value, o->size);
	*value = load_plain(e, o);
	return VTX_EMUL_DONE;
}

/**
 * vtx_emul_store - write an operand
 * @e: emulator
 * @o: general register or memory
 * @value: excess bits are ignored
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_store(struct vtx_emul *e,
				    const struct vtx_emul_operand *o,
				    u64 value)
{
	u64 *gpr;

	switch (o->place) {
	case VTX_PLACE_GPR:
		vtx_emul_set_gpr(e, o->reg, o->size, value);
		return VTX_EMUL_DONE;
	case VTX_PLACE_HIGH:
		gpr = &e->regs.gpr[o->reg & 3];
		*gpr = (*gpr & ~0xff00ull) | (value & 0xff) << 8;
		return VTX_EMUL_DONE;
	case VTX_PLACE_MEM:
		return vtx_emul_mem_write(e, e->insn.mem.seg, vtx_emul_ea(e),
					  &value, o->size);
	default:
		return VTX_EMUL_CANNOT;
	}
}

/**
 * vtx_emul_store_rmw - write an operand that was read by vtx_emul_load_rmw()
 * @e: emulator
 * @o: general register or memory
 * @old: what was read; after VTX_EMUL_MISMATCH what is there now
 * @value: new value
 * @lock: the update of memory is to be atomic
 *
 * Return: VTX_EMUL_DONE, VTX_EMUL_MISMATCH, or why not.
 */
enum vtx_emul_result vtx_emul_store_rmw(struct vtx_emul *e,
					const struct vtx_emul_operand *o,
					u64 *old, u64 value, bool lock)
{
	if (!lock || o->place != VTX_PLACE_MEM)
		return vtx_emul_store(e, o, value);
	return vtx_emul_mem_cmpxchg(e, e->insn.mem.seg, vtx_emul_ea(e), old,
				    &value, o->size);
}
