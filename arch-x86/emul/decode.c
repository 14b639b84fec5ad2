// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: the decoder.
 *
 * Bytes are fetched at CS:RIP and turned into struct vtx_emul_insn: prefixes,
 * opcode, the row of the tables, ModRM with SIB and displacement, immediates.
 * All that differs between modes - operand and address size, REX, VEX, what is
 * invalid - is decided here, so that the executors do not ask for the mode.
 *
 * Three outcomes besides success: the guest faults while fetching (page fault,
 * CS limit, more than 15 bytes); the instruction is architecturally undefined
 * (#UD); the instruction is not in the tables (VTX_EMUL_CANNOT). The last two
 * are kept apart on purpose: only what the SDM defines as undefined becomes an
 * exception, the rest is never guessed.
 *
 * A length is meaningful only after success.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"
#include "arch-x86/emul/tables.h"

/* Fetch as far as one page and the CS limit allow; at least one byte. */
static enum vtx_emul_result fetch_more(struct vtx_emul *e)
{
	struct vtx_emul_insn *insn = &e->insn;
	const struct vtx_emul_seg *cs = &e->regs.seg[VTX_EMUL_CS];
	unsigned int len = VTX_EMUL_INSN_MAX - insn->fetched;
	u64 offset = e->regs.rip + insn->fetched;
	u64 gva = offset;
	enum vtx_emul_result r;

	if (!len)
		return vtx_emul_gp(e);
	r = vtx_emul_check_rip(e, offset);
	if (r)
		return r;
	if (e->bits != 64) {
		if (len > cs->limit - offset + 1)
			len = cs->limit - offset + 1;
		gva = (u32)(cs->base + offset);
	}
	if (len > VTX_EMUL_PAGE - gva % VTX_EMUL_PAGE)
		len = VTX_EMUL_PAGE - gva % VTX_EMUL_PAGE;
	r = e->ops->fetch(e, gva, insn->bytes + insn->fetched, len);
	if (r)
		return vtx_emul_op_result(r);
	insn->fetched += len;
	return VTX_EMUL_DONE;
}

/**
 * vtx_emul_next_byte - take the next byte of the instruction
 * @e: emulator
 * @byte: the byte
 *
 * Return: VTX_EMUL_DONE or VTX_EMUL_FAULT.
 */
enum vtx_emul_result vtx_emul_next_byte(struct vtx_emul *e, u8 *byte)
{
	struct vtx_emul_insn *insn = &e->insn;
	enum vtx_emul_result r;

	if (insn->len == insn->fetched) {
		r = fetch_more(e);
		if (r)
			return r;
	}
	*byte = insn->bytes[insn->len++];
	return VTX_EMUL_DONE;
}

/* True if @byte is a legacy prefix. A REX that precedes one is void. */
static bool take_prefix(struct vtx_emul *e, u8 byte)
{
	struct vtx_emul_insn *insn = &e->insn;

	switch (byte) {
	case 0x26: case 0x2e: case 0x36: case 0x3e:
		/* 64-bit mode ignores these; an earlier FS or GS stays. */
		if (e->bits != 64)
			insn->seg = (byte >> 3) & 3;
		break;
	case 0x64: case 0x65:
		insn->seg = byte - 0x64 + VTX_EMUL_FS;
		break;
	case 0x66:
		insn->osz = true;
		break;
	case 0x67:
		insn->asz = true;
		break;
	case 0xf0:
		insn->lock = true;
		break;
	case 0xf2: case 0xf3:
		insn->rep = byte;
		break;
	default:
		return false;
	}
	insn->has_rex = false;
	insn->rex = 0;
	return true;
}

/* Reads up to and including the first byte that is no prefix. */
static enum vtx_emul_result read_prefixes(struct vtx_emul *e, u8 *byte)
{
	struct vtx_emul_insn *insn = &e->insn;
	enum vtx_emul_result r;

	for (;;) {
		r = vtx_emul_next_byte(e, byte);
		if (r)
			return r;
		if (take_prefix(e, *byte))
			continue;
		if (e->bits != 64 || (*byte & 0xf0) != 0x40)
			return VTX_EMUL_DONE;
		insn->has_rex = true;
		insn->rex = *byte & 0xf;
	}
}

static unsigned int mandatory_prefix(const struct vtx_emul_insn *insn)
{
	/* F2H and F3H win over 66H. */
	if (insn->rep)
		return insn->rep == 0xf3 ? 2 : 3;
	return insn->osz;
}

/* After 0FH: map and opcode. */
static enum vtx_emul_result read_escape(struct vtx_emul *e, u8 *opcode)
{
	struct vtx_emul_insn *insn = &e->insn;
	enum vtx_emul_result r;

	insn->map = 1;
	r = vtx_emul_next_byte(e, opcode);
	if (r || (*opcode != 0x38 && *opcode != 0x3a))
		return r;
	insn->map = *opcode == 0x38 ? 2 : 3;
	return vtx_emul_next_byte(e, opcode);
}

/* After C4H or C5H: payload, map and opcode. */
static enum vtx_emul_result read_vex(struct vtx_emul *e, bool three, u8 *opcode,
				     unsigned int *pp)
{
	struct vtx_emul_insn *insn = &e->insn;
	enum vtx_emul_result r;
	u8 p0 = 0xe1, p1;	/* two-byte form: X = B = 0, map 0FH */
	bool bad = insn->osz || insn->rep || insn->lock || insn->has_rex;

	if (three) {
		r = vtx_emul_next_byte(e, &p0);
		if (r)
			return r;
	}
	r = vtx_emul_next_byte(e, &p1);
	if (r)
		return r;
	insn->vex = true;
	insn->has_rex = true;	/* no AH to BH; a real REX is an error */
	if (three)
		insn->rex = (~p0 >> 5 & 7) | (p1 & 0x80 ? 8 : 0);
	else
		insn->rex = p1 & 0x80 ? 0 : 4;
	insn->vvvv = ~p1 >> 3 & 15;
	if (e->bits != 64) {
		/* Registers 8 to 15 cannot be named: these bits are ignored. */
		insn->rex = 0;
		insn->vvvv &= 7;
	}
	insn->vex_l = p1 & 4;
	insn->map = p0 & 31;
	*pp = p1 & 3;
	r = vtx_emul_next_byte(e, opcode);
	if (r)
		return r;
	return bad ? vtx_emul_ud(e) : VTX_EMUL_DONE;
}

/*
 * C4H and C5H are VEX prefixes in 64-bit mode. Elsewhere they are LES and LDS
 * unless what would be their ModRM byte names a register; and in real and
 * virtual-8086 mode that form is undefined.
 */
static enum vtx_emul_result is_vex(struct vtx_emul *e, u8 byte, bool *vex)
{
	enum vtx_emul_result r;
	u8 modrm;

	*vex = false;
	if (byte != 0xc4 && byte != 0xc5)
		return VTX_EMUL_DONE;
	if (e->bits == 64) {
		*vex = true;
		return VTX_EMUL_DONE;
	}
	r = vtx_emul_next_byte(e, &modrm);
	if (r)
		return r;
	e->insn.len--;
	if (modrm < 0xc0)
		return VTX_EMUL_DONE;
	if (e->real || e->v86)
		return vtx_emul_ud(e);
	*vex = true;
	return VTX_EMUL_DONE;
}

/* The row of 0F 01 with a register form: one opcode per ModRM value. */
static const struct vtx_emul_row *row_0f01(unsigned int modrm)
{
	static const struct vtx_emul_row vmcall = { .op = VTX_OP_VMCALL,
		.flags = VTX_INSN_NP, .opnd = { WHERE_E | WIDTH_B << 8 } };
	static const struct vtx_emul_row vmmcall = { .op = VTX_OP_VMMCALL,
		.opnd = { WHERE_E | WIDTH_B << 8 } };
	static const struct vtx_emul_row none;

	if (modrm == 0xc1)
		return &vmcall;
	return modrm == 0xd9 ? &vmmcall : &none;
}

/* Follow prefix and group rows; reads ModRM where there is one. */
static enum vtx_emul_result find_row(struct vtx_emul *e, unsigned int pp,
				     const struct vtx_emul_row **out)
{
	struct vtx_emul_insn *insn = &e->insn;
	const struct vtx_emul_row *row;
	enum vtx_emul_result r;
	bool have_modrm = false;

	if (insn->vex)
		row = vtx_emul_row_vex(insn->map, insn->opcode, pp);
	else
		row = vtx_emul_row(insn->map, insn->opcode);
	if (row->op == VTX_ROW_PREFIX)
		row = vtx_emul_row_prefix(row->flags, pp);
	if (row->op == VTX_ROW_GROUP) {
		r = vtx_emul_next_byte(e, &insn->modrm);
		if (r)
			return r;
		have_modrm = true;
		row = vtx_emul_row_group(row->flags, insn->modrm);
	} else if (insn->map == 1 && insn->opcode == 0x01 && !insn->vex) {
		r = vtx_emul_next_byte(e, &insn->modrm);
		if (r)
			return r;
		have_modrm = true;
		row = row_0f01(insn->modrm);
	}
	/* NOP is XCHG rAX,rAX: REX.B names another register, F3H is PAUSE. */
	if (insn->opcode == 0x90 && !insn->map && insn->rex & 1 &&
	    insn->rep != 0xf3)
		row = vtx_emul_row(0, 0x91);
	*out = row;
	if (vtx_emul_row_has_modrm(row) && !have_modrm)
		return vtx_emul_next_byte(e, &insn->modrm);
	return VTX_EMUL_DONE;
}

static void set_sizes(struct vtx_emul *e)
{
	struct vtx_emul_insn *insn = &e->insn;

	if (e->bits == 64) {
		insn->adsize = insn->asz ? 4 : 8;
		insn->opsize = insn->osz ? 2 : 4;
		if (insn->flags & VTX_INSN_D64 && !insn->osz)
			insn->opsize = 8;
		if (insn->rex & 8 || insn->flags & VTX_INSN_F64)
			insn->opsize = 8;
	} else {
		insn->adsize = (e->bits == 32) != insn->asz ? 4 : 2;
		insn->opsize = (e->bits == 32) != insn->osz ? 4 : 2;
	}
}

static bool uses_vvvv(const struct vtx_emul_insn *insn)
{
	if (insn->flags & VTX_INSN_VEX3R)
		return insn->modrm >= 0xc0;
	return insn->flags & VTX_INSN_VEX3;
}

/* What makes a known instruction undefined in the form met. */
static bool is_undefined(const struct vtx_emul *e)
{
	const struct vtx_emul_insn *insn = &e->insn;

	if (insn->op == VTX_OP_UD)
		return true;
	if (insn->flags & VTX_INSN_NP && (insn->osz || insn->rep))
		return true;
	if (insn->vex && insn->vvvv && !uses_vvvv(insn))
		return true;
	if (insn->vex_l && insn->flags & VTX_INSN_L0)
		return true;
	if (insn->op == VTX_OP_MOV_TO_SREG && insn->opnd[0].reg == VTX_EMUL_CS)
		return true;
	/* LOCK needs a read-modify-write of memory: SDM 2A "LOCK". */
	return insn->lock && !(insn->flags & VTX_INSN_LOCK &&
			       insn->opnd[0].place == VTX_PLACE_MEM);
}

/* The rest of the instruction, once its row is known. */
static enum vtx_emul_result read_body(struct vtx_emul *e,
				      const struct vtx_emul_row *row)
{
	struct vtx_emul_insn *insn = &e->insn;
	enum vtx_emul_result r;

	insn->op = row->op;
	insn->flags = row->flags;
	if (insn->map == 0 && insn->opcode == 0x82)
		insn->flags |= VTX_INSN_I64;
	if (insn->flags & VTX_INSN_I64 && e->bits == 64)
		insn->op = VTX_OP_UD;
	if (insn->flags & VTX_INSN_O64 && e->bits != 64)
		insn->op = VTX_OP_NONE;
	if (insn->op == VTX_OP_NONE)
		return VTX_EMUL_CANNOT;
	set_sizes(e);
	r = vtx_emul_read_operands(e, row);
	if (r)
		return r;
	if (insn->seg != VTX_EMUL_NOREG)
		insn->mem.seg = insn->seg;
	if (insn->op == VTX_OP_TZCNT && !(e->features & VTX_EMUL_FEAT_BMI1))
		insn->op = VTX_OP_BSF;
	if (insn->op == VTX_OP_LZCNT && !(e->features & VTX_EMUL_FEAT_LZCNT))
		insn->op = VTX_OP_BSR;
	return is_undefined(e) ? vtx_emul_ud(e) : VTX_EMUL_DONE;
}

/**
 * vtx_emul_decode - decode the instruction at CS:RIP
 * @e: emulator after vtx_emul_begin()
 *
 * Executes nothing. Use it alone to learn what an instruction is (VMCALL or
 * VMMCALL at a #UD); vtx_emul_run() calls it when that was not done yet.
 *
 * Return: VTX_EMUL_DONE and e->insn; VTX_EMUL_FAULT for a fault of the fetch or
 * an undefined instruction; VTX_EMUL_CANNOT for one that is not known.
 */
enum vtx_emul_result vtx_emul_decode(struct vtx_emul *e)
{
	struct vtx_emul_insn *insn = &e->insn;
	const struct vtx_emul_row *row;
	enum vtx_emul_result r;
	unsigned int pp = 0;
	bool vex;
	u8 byte;

	memset(insn, 0, sizeof(*insn));
	insn->seg = VTX_EMUL_NOREG;
	insn->mem.base = VTX_EMUL_NOREG;
	insn->mem.index = VTX_EMUL_NOREG;
	insn->mem.seg = VTX_EMUL_DS;
	r = read_prefixes(e, &byte);
	if (r)
		return r;
	r = is_vex(e, byte, &vex);
	if (r)
		return r;
	if (vex) {
		r = read_vex(e, byte == 0xc4, &byte, &pp);
	} else {
		pp = mandatory_prefix(insn);
		if (byte == 0x0f)
			r = read_escape(e, &byte);
	}
	if (r)
		return r;
	insn->opcode = byte;
	r = find_row(e, pp, &row);
	if (r)
		return r;
	r = read_body(e, row);
	if (!r) {
		e->decoded = true;
		vtx_emul_set_next_rip(e);
	}
	return r;
}
