// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: operands of an instruction.
 *
 * Second half of the decoder: from the operand codes of a row, and the ModRM,
 * SIB, displacement and immediate bytes, to places of values. Bytes must be
 * taken in the order they have in the instruction: the address first, then
 * immediates, wherever they stand among the operands.
 *
 * ModRM forms that an instruction does not have (a register where only memory
 * is allowed) are undefined.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"
#include "arch-x86/emul/tables.h"

/**
 * vtx_emul_row_has_modrm - is a ModRM byte part of the instruction?
 * @row: row of the tables
 *
 * Return: true if so.
 */
bool vtx_emul_row_has_modrm(const struct vtx_emul_row *row)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if ((row->opnd[i] & 0xff) >= WHERE_MODRM)
			return true;
	}
	return false;
}

/* Little-endian value of @size bytes, sign-extended. */
static enum vtx_emul_result next_value(struct vtx_emul *e, unsigned int size,
				       u64 *value)
{
	enum vtx_emul_result r;
	unsigned int i;
	u64 v = 0;
	u8 byte;

	for (i = 0; i < size; i++) {
		r = vtx_emul_next_byte(e, &byte);
		if (r)
			return r;
		v |= (u64)byte << (8 * i);
	}
	*value = vtx_emul_sext(v, size);
	return VTX_EMUL_DONE;
}

static unsigned int width(const struct vtx_emul *e, unsigned int code)
{
	const struct vtx_emul_insn *insn = &e->insn;
	bool w = insn->rex & 8;

	switch (code) {
	case WIDTH_B:
		return 1;
	case WIDTH_W:
		return 2;
	case WIDTH_D:
		return 4;
	case WIDTH_Q:
		return 8;
	case WIDTH_O:
		return 16;
	case WIDTH_V:
		return insn->opsize;
	case WIDTH_Z:
		return insn->opsize > 4 ? 4 : insn->opsize;
	case WIDTH_Y:
		return w ? 8 : 4;
	case WIDTH_Y2:
		return w ? 16 : 8;
	case WIDTH_X:
		return insn->vex_l ? 32 : 16;
	case WIDTH_A:
		return insn->adsize;
	default:
		return 0;
	}
}

/* 16-bit ModRM addressing. */
static enum vtx_emul_result read_mem16(struct vtx_emul *e)
{
	static const u8 base[8] = {
		VTX_EMUL_RBX, VTX_EMUL_RBX, VTX_EMUL_RBP, VTX_EMUL_RBP,
		VTX_EMUL_RSI, VTX_EMUL_RDI, VTX_EMUL_RBP, VTX_EMUL_RBX,
	};
	static const u8 index[4] = {
		VTX_EMUL_RSI, VTX_EMUL_RDI, VTX_EMUL_RSI, VTX_EMUL_RDI,
	};
	struct vtx_emul_mem *m = &e->insn.mem;
	unsigned int mod = e->insn.modrm >> 6;
	unsigned int rm = e->insn.modrm & 7;

	if (mod == 0 && rm == 6)
		return next_value(e, 2, &m->disp);
	m->base = base[rm];
	if (rm < 4)
		m->index = index[rm];
	if (m->base == VTX_EMUL_RBP)
		m->seg = VTX_EMUL_SS;
	return mod ? next_value(e, mod, &m->disp) : VTX_EMUL_DONE;
}

static enum vtx_emul_result read_sib(struct vtx_emul *e, unsigned int *disp)
{
	struct vtx_emul_insn *insn = &e->insn;
	struct vtx_emul_mem *m = &insn->mem;
	enum vtx_emul_result r;
	u8 sib;

	r = vtx_emul_next_byte(e, &sib);
	if (r)
		return r;
	m->base = (sib & 7) | (insn->rex & 1) << 3;
	m->index = ((sib >> 3) & 7) | (insn->rex & 2) << 2;
	m->shift = sib >> 6;
	if (m->index == VTX_EMUL_RSP)	/* R12 is an index, RSP is none */
		m->index = VTX_EMUL_NOREG;
	if ((sib & 7) == 5 && insn->modrm < 0x40) {
		m->base = VTX_EMUL_NOREG;
		*disp = 4;
	}
	return VTX_EMUL_DONE;
}

/* 32- and 64-bit ModRM addressing. */
static enum vtx_emul_result read_mem32(struct vtx_emul *e)
{
	struct vtx_emul_insn *insn = &e->insn;
	struct vtx_emul_mem *m = &insn->mem;
	unsigned int mod = insn->modrm >> 6;
	unsigned int rm = insn->modrm & 7;
	unsigned int disp = mod == 1 ? 1 : mod == 2 ? 4 : 0;
	enum vtx_emul_result r;

	if (rm == 4) {
		r = read_sib(e, &disp);
		if (r)
			return r;
	} else if (mod == 0 && rm == 5) {
		disp = 4;
		m->rip_relative = e->bits == 64;
	} else {
		m->base = rm | (insn->rex & 1) << 3;
	}
	if (m->base == VTX_EMUL_RSP || m->base == VTX_EMUL_RBP)
		m->seg = VTX_EMUL_SS;
	return disp ? next_value(e, disp, &m->disp) : VTX_EMUL_DONE;
}

/* The memory operand of ModRM, before any immediate is read. */
static enum vtx_emul_result read_mem(struct vtx_emul *e)
{
	if (e->insn.modrm >= 0xc0)
		return VTX_EMUL_DONE;
	return e->insn.adsize == 2 ? read_mem16(e) : read_mem32(e);
}

static void set_gpr_operand(const struct vtx_emul *e,
			    struct vtx_emul_operand *o, unsigned int reg)
{
	o->place = VTX_PLACE_GPR;
	o->reg = reg;
	if (o->size == 1 && !e->insn.has_rex && reg >= 4) {
		o->place = VTX_PLACE_HIGH;
		o->reg = reg - 4;
	}
}

/* An operand that ModRM names by r/m. */
static enum vtx_emul_result rm_operand(struct vtx_emul *e, unsigned int where,
				       struct vtx_emul_operand *o)
{
	const struct vtx_emul_insn *insn = &e->insn;
	unsigned int rm = (insn->modrm & 7) | (insn->rex & 1) << 3;

	if (insn->modrm < 0xc0) {
		o->place = VTX_PLACE_MEM;
		return where == WHERE_R ? vtx_emul_ud(e) : VTX_EMUL_DONE;
	}
	if (where == WHERE_E || where == WHERE_R) {
		set_gpr_operand(e, o, rm);
	} else if (where == WHERE_W) {
		o->place = VTX_PLACE_XMM;
		o->reg = rm;
	} else if (where == WHERE_Q) {
		o->place = VTX_PLACE_MMX;
		o->reg = rm & 7;
	} else {
		return vtx_emul_ud(e);
	}
	return VTX_EMUL_DONE;
}

/* An operand that ModRM names by reg. */
static enum vtx_emul_result reg_operand(struct vtx_emul *e, unsigned int where,
					struct vtx_emul_operand *o)
{
	const struct vtx_emul_insn *insn = &e->insn;
	unsigned int reg = (insn->modrm >> 3 & 7) | (insn->rex & 4) << 1;

	o->reg = reg;
	switch (where) {
	case WHERE_G:
	case WHERE_MA:
		set_gpr_operand(e, o, reg);
		break;
	case WHERE_V:
		o->place = VTX_PLACE_XMM;
		break;
	case WHERE_P:
		o->place = VTX_PLACE_MMX;
		o->reg = reg & 7;
		break;
	default:	/* WHERE_S; REX.R is ignored */
		o->place = VTX_PLACE_SREG;
		o->reg = reg & 7;
		if (o->reg >= VTX_EMUL_SREGS)
			return vtx_emul_ud(e);
	}
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result moffs_operand(struct vtx_emul *e,
					  struct vtx_emul_operand *o)
{
	struct vtx_emul_insn *insn = &e->insn;
	enum vtx_emul_result r;

	o->place = VTX_PLACE_MEM;
	r = next_value(e, insn->adsize, &insn->mem.disp);
	insn->mem.disp &= vtx_emul_mask(insn->adsize);
	return r;
}

/* Operands that do not come from ModRM. */
static enum vtx_emul_result plain_operand(struct vtx_emul *e,
					  unsigned int where,
					  struct vtx_emul_operand *o)
{
	struct vtx_emul_insn *insn = &e->insn;

	switch (where) {
	case WHERE_ACC:
		o->place = VTX_PLACE_GPR;
		return VTX_EMUL_DONE;
	case WHERE_CL:
		o->place = VTX_PLACE_GPR;
		o->reg = VTX_EMUL_RCX;
		return VTX_EMUL_DONE;
	case WHERE_DX:
		o->place = VTX_PLACE_GPR;
		o->reg = VTX_EMUL_RDX;
		return VTX_EMUL_DONE;
	case WHERE_Z:
		set_gpr_operand(e, o,
				(insn->opcode & 7) | (insn->rex & 1) << 3);
		return VTX_EMUL_DONE;
	case WHERE_I:
	case WHERE_J:
		o->place = VTX_PLACE_IMM;
		return next_value(e, o->size, &insn->imm);
	case WHERE_I2:
		o->place = VTX_PLACE_IMM2;
		return next_value(e, 1, &insn->imm2);
	case WHERE_ONE:
		o->place = VTX_PLACE_IMM;
		insn->imm = 1;
		return VTX_EMUL_DONE;
	case WHERE_O:
		return moffs_operand(e, o);
	case WHERE_SEG:
		o->place = VTX_PLACE_SREG;
		o->reg = insn->opcode >> 3 & 7;
		return VTX_EMUL_DONE;
	case WHERE_B:
		o->place = VTX_PLACE_GPR;
		o->reg = insn->vvvv;
		return VTX_EMUL_DONE;
	case WHERE_H:
		o->place = VTX_PLACE_XMM;
		o->reg = insn->vvvv;
		return VTX_EMUL_DONE;
	default:
		return VTX_EMUL_DONE;
	}
}

/**
 * vtx_emul_read_operands - read the rest of the instruction after ModRM
 * @e: emulator; sizes and prefixes are known
 * @row: row of the instruction
 *
 * Return: VTX_EMUL_DONE; VTX_EMUL_FAULT for a fault of the fetch or an operand
 * form that is undefined.
 */
enum vtx_emul_result vtx_emul_read_operands(struct vtx_emul *e,
					    const struct vtx_emul_row *row)
{
	struct vtx_emul_insn *insn = &e->insn;
	enum vtx_emul_result r = VTX_EMUL_DONE;
	unsigned int i;

	if (vtx_emul_row_has_modrm(row))
		r = read_mem(e);

	for (i = 0; i < 3 && !r; i++) {
		struct vtx_emul_operand *o = &insn->opnd[i];
		unsigned int where = row->opnd[i] & 0xff;

		o->size = width(e, row->opnd[i] >> 8);
		switch (where) {
		case WHERE_NONE:
			break;
		case WHERE_E: case WHERE_M: case WHERE_R:
		case WHERE_W: case WHERE_Q:
			r = rm_operand(e, where, o);
			break;
		case WHERE_G: case WHERE_S: case WHERE_V:
		case WHERE_P: case WHERE_MA:
			r = reg_operand(e, where, o);
			break;
		default:
			r = plain_operand(e, where, o);
		}
	}
	return r;
}
