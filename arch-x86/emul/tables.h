/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruction emulator: the form of the opcode tables, for tables.c and
 * decode.c only.
 */
#ifndef VTX_EMUL_TABLES_H
#define VTX_EMUL_TABLES_H

#include "arch-x86/emul/emul.h"

/**
 * struct vtx_emul_row - what one opcode is
 * @opnd: operand codes (private to tables.c and decode.c), destination first
 * @flags: VTX_INSN_*; for a group or a prefix row the number of its table
 * @op: enum vtx_emul_op, or VTX_ROW_GROUP, or VTX_ROW_PREFIX
 */
struct vtx_emul_row {
	u16 opnd[3];
	u16 flags;
	u8 op;
};

#define VTX_ROW_GROUP	0xfe	/* chosen by ModRM.mod and ModRM.reg */
#define VTX_ROW_PREFIX	0xff	/* chosen by no prefix, 66H, F3H, F2H */

/*
 * Operand codes: where (low byte) and how wide (high byte). The letters are
 * those of SDM 2D "Opcode Map", "Key to Abbreviations", where it has any.
 */
enum vtx_emul_where {
	WHERE_NONE,
	WHERE_ACC,	/* rAX */
	WHERE_CL,	/* CL */
	WHERE_DX,	/* DX, the port */
	WHERE_Z,	/* register in the opcode */
	WHERE_I,	/* immediate, sign-extended */
	WHERE_I2,	/* second immediate, one byte */
	WHERE_ONE,	/* the constant 1 */
	WHERE_J,	/* relative branch target */
	WHERE_O,	/* moffs: address in the instruction */
	WHERE_STR,	/* string element: only its width is recorded */
	WHERE_SEG,	/* segment register in bits 5:3 of the opcode */
	WHERE_B,	/* general register by VEX.vvvv */
	WHERE_H,	/* vector register by VEX.vvvv */
	WHERE_MODRM,	/* from here on a ModRM byte is present: */
	WHERE_E = WHERE_MODRM,	/* general register or memory */
	WHERE_G,	/* general register by reg */
	WHERE_M,	/* memory only */
	WHERE_R,	/* general register by r/m only */
	WHERE_S,	/* segment register by reg */
	WHERE_V,	/* vector register by reg */
	WHERE_W,	/* vector register or memory */
	WHERE_P,	/* MMX register by reg */
	WHERE_Q,	/* MMX register or memory */
	WHERE_MA,	/* memory, address by a general register by reg */
};

enum vtx_emul_width {
	WIDTH_B = 1,	/* byte */
	WIDTH_W,	/* word */
	WIDTH_D,	/* doubleword */
	WIDTH_Q,	/* quadword */
	WIDTH_O,	/* 16 bytes */
	WIDTH_V,	/* operand size */
	WIDTH_Z,	/* operand size, but at most 4 */
	WIDTH_Y,	/* 4, or 8 with REX.W in 64-bit mode */
	WIDTH_X,	/* 16, or 32 with VEX.L */
	WIDTH_A,	/* address size */
	WIDTH_Y2,	/* 8, or 16 with REX.W */
};

const struct vtx_emul_row *vtx_emul_row(unsigned int map, unsigned int opcode);
const struct vtx_emul_row *vtx_emul_row_group(unsigned int group,
					      unsigned int modrm);
const struct vtx_emul_row *vtx_emul_row_prefix(unsigned int table,
					       unsigned int pp);
const struct vtx_emul_row *vtx_emul_row_vex(unsigned int map,
					    unsigned int opcode,
					    unsigned int pp);

/* modrm.c, for decode.c */
bool vtx_emul_row_has_modrm(const struct vtx_emul_row *row);
enum vtx_emul_result vtx_emul_read_operands(struct vtx_emul *e,
					    const struct vtx_emul_row *row);

/* decode.c, for modrm.c */
enum vtx_emul_result vtx_emul_next_byte(struct vtx_emul *e, u8 *byte);

#endif
