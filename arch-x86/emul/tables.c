// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: the opcode tables.
 *
 * ONE row per opcode: executor token, flags, operands. What a row does not
 * say, no code decides. Opcodes without a row are VTX_OP_NONE: valid perhaps,
 * but not known here, and the caller reports that. Opcodes that the SDM defines
 * as undefined, or that are invalid in the form met, have the token UD.
 *
 * An opcode that stands for several instructions has a row pointing to another
 * table: a group is chosen by ModRM.mod and ModRM.reg (16 rows: 8 for memory,
 * 8 for registers), a prefix row by the mandatory prefix (4 rows: none, 66H,
 * F3H, F2H). VEX-encoded instructions are few; they are a list.
 *
 * Operand names are those of SDM 2D "Opcode Map", "Key to Abbreviations", in
 * capitals: EV is Ev, a general register or memory of the operand size.
 */
#include "module/compat.h"

#include "arch-x86/emul/tables.h"

#define O_(where, width) (WHERE_##where | WIDTH_##width << 8)
#define __	0
#define EB	O_(E, B)
#define EW	O_(E, W)
#define EZ	O_(E, Z)
#define EV	O_(E, V)
#define EY	O_(E, Y)
#define GB	O_(G, B)
#define GD	O_(G, D)
#define GV	O_(G, V)
#define GY	O_(G, Y)
#define BY	O_(B, Y)
#define ZB	O_(Z, B)
#define ZV	O_(Z, V)
#define IB	O_(I, B)
#define IW	O_(I, W)
#define IZ	O_(I, Z)
#define IV	O_(I, V)
#define I2	O_(I2, B)
#define JB	O_(J, B)
#define JZ	O_(J, Z)
#define ONE	O_(ONE, B)
#define REG_CL	O_(CL, B)
#define REG_DX	O_(DX, W)
#define ACC_B	O_(ACC, B)
#define ACC_Z	O_(ACC, Z)
#define ACC_V	O_(ACC, V)
#define OB	O_(O, B)
#define OV	O_(O, V)
#define SW	O_(S, W)
#define SG	O_(SEG, W)
#define XB	O_(STR, B)
#define XV	O_(STR, V)
#define XZ	O_(STR, Z)
#define M	O_(M, B)
#define MV	O_(M, V)
#define MY	O_(M, Y)
#define MY2	O_(M, Y2)
#define MQ	O_(M, Q)
#define MX	O_(M, X)
#define PY	O_(P, Y)
#define PQ	O_(P, Q)
#define QQ	O_(Q, Q)
#define VD	O_(V, D)
#define VY	O_(V, Y)
#define VQ	O_(V, Q)
#define VX	O_(V, X)
#define HX	O_(H, X)
#define WD	O_(W, D)
#define WQ	O_(W, Q)
#define WX	O_(W, X)
#define MA	O_(MA, A)

#define LOCK	VTX_INSN_LOCK
#define I64	VTX_INSN_I64
#define O64	VTX_INSN_O64
#define D64	VTX_INSN_D64
#define F64	VTX_INSN_F64
#define SSE	VTX_INSN_SSE
#define SSEA	(VTX_INSN_SSE | VTX_INSN_ALIGN)
#define MMX	VTX_INSN_MMX
#define AVX	VTX_INSN_AVX
#define AVX3	(VTX_INSN_AVX | VTX_INSN_VEX3)
#define AVX3R	(VTX_INSN_AVX | VTX_INSN_VEX3R)
#define AVXA	(VTX_INSN_AVX | VTX_INSN_ALIGN)
#define L0	VTX_INSN_L0
#define NP	VTX_INSN_NP

#define R(name, fl, a, b, c) \
	{ .op = VTX_OP_##name, .flags = (fl), .opnd = { a, b, c } }
#define R_GROUP(n)	{ .op = VTX_ROW_GROUP, .flags = (n) }
#define R_PREFIX(n)	{ .op = VTX_ROW_PREFIX, .flags = (n) }
#define R_UD		R(UD, 0, __, __, __)
/* For an undefined form whose length includes a ModRM byte. */
#define R_UDM		R(UD, 0, EB, __, __)

#define ALU(base, name, fl)				\
	[(base) + 0] = R(name, fl, EB, GB, __),		\
	[(base) + 1] = R(name, fl, EV, GV, __),		\
	[(base) + 2] = R(name, 0, GB, EB, __),		\
	[(base) + 3] = R(name, 0, GV, EV, __),		\
	[(base) + 4] = R(name, 0, ACC_B, IB, __),		\
	[(base) + 5] = R(name, 0, ACC_V, IZ, __)

enum {
	GRP_1_EB_IB, GRP_1_EV_IZ, GRP_1_EV_IB, GRP_1A,
	GRP_2_EB_IB, GRP_2_EV_IB, GRP_2_EB_1, GRP_2_EV_1, GRP_2_EB_CL,
	GRP_2_EV_CL, GRP_3_EB, GRP_3_EV, GRP_4, GRP_5, GRP_8, GRP_9,
	GRP_11_EB, GRP_11_EV, GRP_15, GRP_15_66, GRP_16, GRP_P,
};

enum {
	PFX_10, PFX_11, PFX_12, PFX_13, PFX_16, PFX_17, PFX_28, PFX_29, PFX_2B,
	PFX_6E, PFX_6F, PFX_7E, PFX_7F, PFX_AE, PFX_B8, PFX_BC, PFX_BD, PFX_D6,
	PFX_E7, PFX_F0, PFX_38_2A, PFX_38_F0, PFX_38_F1, PFX_38_F8, PFX_38_F9,
};

static const struct vtx_emul_row one_byte[256] = {
	ALU(0x00, ADD, LOCK),
	ALU(0x08, OR, LOCK),
	ALU(0x10, ADC, LOCK),
	ALU(0x18, SBB, LOCK),
	ALU(0x20, AND, LOCK),
	ALU(0x28, SUB, LOCK),
	ALU(0x30, XOR, LOCK),
	ALU(0x38, CMP, 0),
	[0x06] = R(PUSH, I64, SG, __, __), [0x07] = R(POP, I64, SG, __, __),
	[0x0e] = R(PUSH, I64, SG, __, __),
	[0x16] = R(PUSH, I64, SG, __, __), [0x17] = R(POP, I64, SG, __, __),
	[0x1e] = R(PUSH, I64, SG, __, __), [0x1f] = R(POP, I64, SG, __, __),
	[0x27] = R(NONE, I64, __, __, __), [0x2f] = R(NONE, I64, __, __, __),
	[0x37] = R(NONE, I64, __, __, __), [0x3f] = R(NONE, I64, __, __, __),
	[0x40 ... 0x47] = R(INC, 0, ZV, __, __),
	[0x48 ... 0x4f] = R(DEC, 0, ZV, __, __),
	[0x50 ... 0x57] = R(PUSH, D64, ZV, __, __),
	[0x58 ... 0x5f] = R(POP, D64, ZV, __, __),
	[0x60] = R(PUSHA, I64, __, __, __), [0x61] = R(POPA, I64, __, __, __),
	[0x63] = R(MOVSX, O64, GV, EZ, __),
	[0x68] = R(PUSH, D64, IZ, __, __), [0x69] = R(IMUL, 0, GV, EV, IZ),
	[0x6a] = R(PUSH, D64, IB, __, __), [0x6b] = R(IMUL, 0, GV, EV, IB),
	[0x6c] = R(INS, 0, XB, __, __), [0x6d] = R(INS, 0, XZ, __, __),
	[0x6e] = R(OUTS, 0, XB, __, __), [0x6f] = R(OUTS, 0, XZ, __, __),
	[0x70 ... 0x7f] = R(JCC, F64, JB, __, __),
	[0x80] = R_GROUP(GRP_1_EB_IB), [0x81] = R_GROUP(GRP_1_EV_IZ),
	/* 82H is an alias of 80H, gone in 64-bit mode; decode.c knows it. */
	[0x82] = R_GROUP(GRP_1_EB_IB), [0x83] = R_GROUP(GRP_1_EV_IB),
	[0x84] = R(TEST, 0, EB, GB, __), [0x85] = R(TEST, 0, EV, GV, __),
	[0x86] = R(XCHG, LOCK, EB, GB, __), [0x87] = R(XCHG, LOCK, EV, GV, __),
	[0x88] = R(MOV, 0, EB, GB, __), [0x89] = R(MOV, 0, EV, GV, __),
	[0x8a] = R(MOV, 0, GB, EB, __), [0x8b] = R(MOV, 0, GV, EV, __),
	[0x8c] = R(MOV_FROM_SREG, 0, EV, SW, __), [0x8d] = R(LEA, 0, GV, M, __),
	[0x8e] = R(MOV_TO_SREG, 0, SW, EW, __), [0x8f] = R_GROUP(GRP_1A),
	[0x90] = R(NOP, 0, __, __, __),
	[0x91 ... 0x97] = R(XCHG, 0, ZV, ACC_V, __),
	[0x98] = R(CBW, 0, __, __, __), [0x99] = R(CWD, 0, __, __, __),
	[0x9a] = R(NONE, I64, IZ, IW, __), [0x9c] = R(PUSHF, D64, __, __, __),
	[0x9e] = R(SAHF, 0, __, __, __), [0x9f] = R(LAHF, 0, __, __, __),
	[0xa0] = R(MOV, 0, ACC_B, OB, __), [0xa1] = R(MOV, 0, ACC_V, OV, __),
	[0xa2] = R(MOV, 0, OB, ACC_B, __), [0xa3] = R(MOV, 0, OV, ACC_V, __),
	[0xa4] = R(MOVS, 0, XB, __, __), [0xa5] = R(MOVS, 0, XV, __, __),
	[0xa6] = R(CMPS, 0, XB, __, __), [0xa7] = R(CMPS, 0, XV, __, __),
	[0xa8] = R(TEST, 0, ACC_B, IB, __), [0xa9] = R(TEST, 0, ACC_V, IZ, __),
	[0xaa] = R(STOS, 0, XB, __, __), [0xab] = R(STOS, 0, XV, __, __),
	[0xac] = R(LODS, 0, XB, __, __), [0xad] = R(LODS, 0, XV, __, __),
	[0xae] = R(SCAS, 0, XB, __, __), [0xaf] = R(SCAS, 0, XV, __, __),
	[0xb0 ... 0xb7] = R(MOV, 0, ZB, IB, __),
	[0xb8 ... 0xbf] = R(MOV, 0, ZV, IV, __),
	[0xc0] = R_GROUP(GRP_2_EB_IB), [0xc1] = R_GROUP(GRP_2_EV_IB),
	[0xc2] = R(RET, F64, IW, __, __), [0xc3] = R(RET, F64, __, __, __),
	[0xc6] = R_GROUP(GRP_11_EB), [0xc7] = R_GROUP(GRP_11_EV),
	[0xc8] = R(ENTER, D64, IW, I2, __), [0xc9] = R(LEAVE, D64, __, __, __),
	[0xce] = R(NONE, I64, __, __, __),
	[0xd0] = R_GROUP(GRP_2_EB_1), [0xd1] = R_GROUP(GRP_2_EV_1),
	[0xd2] = R_GROUP(GRP_2_EB_CL), [0xd3] = R_GROUP(GRP_2_EV_CL),
	[0xd4] = R(NONE, I64, IB, __, __), [0xd5] = R(NONE, I64, IB, __, __),
	[0xd6] = R(NONE, I64, __, __, __), [0xd7] = R(XLAT, 0, __, __, __),
	[0xe0] = R(LOOPNE, F64, JB, __, __), [0xe1] = R(LOOPE, F64, JB, __, __),
	[0xe2] = R(LOOP, F64, JB, __, __), [0xe3] = R(JCXZ, F64, JB, __, __),
	[0xe4] = R(IN, 0, ACC_B, IB, __), [0xe5] = R(IN, 0, ACC_Z, IB, __),
	[0xe6] = R(OUT, 0, IB, ACC_B, __), [0xe7] = R(OUT, 0, IB, ACC_Z, __),
	[0xe8] = R(CALL, F64, JZ, __, __), [0xe9] = R(JMP, F64, JZ, __, __),
	[0xea] = R(NONE, I64, IZ, IW, __), [0xeb] = R(JMP, F64, JB, __, __),
	[0xec] = R(IN, 0, ACC_B, REG_DX, __),
	[0xed] = R(IN, 0, ACC_Z, REG_DX, __),
	[0xee] = R(OUT, 0, REG_DX, ACC_B, __),
	[0xef] = R(OUT, 0, REG_DX, ACC_Z, __),
	[0xf5] = R(CMC, 0, __, __, __),
	[0xf6] = R_GROUP(GRP_3_EB), [0xf7] = R_GROUP(GRP_3_EV),
	[0xf8] = R(CLC, 0, __, __, __), [0xf9] = R(STC, 0, __, __, __),
	[0xfa] = R(CLI, 0, __, __, __), [0xfb] = R(STI, 0, __, __, __),
	[0xfc] = R(CLD, 0, __, __, __), [0xfd] = R(STD, 0, __, __, __),
	[0xfe] = R_GROUP(GRP_4), [0xff] = R_GROUP(GRP_5),
};

static const struct vtx_emul_row two_byte[256] = {
	[0x0b] = R_UD,
	[0x0d] = R_GROUP(GRP_P),
	[0x10] = R_PREFIX(PFX_10), [0x11] = R_PREFIX(PFX_11),
	[0x12] = R_PREFIX(PFX_12), [0x13] = R_PREFIX(PFX_13),
	[0x16] = R_PREFIX(PFX_16), [0x17] = R_PREFIX(PFX_17),
	[0x18] = R_GROUP(GRP_16),
	/* 1AH and 1BH are MPX, 1EH with F3H is CET: left out. */
	[0x19] = R(NOP, 0, EV, __, __), [0x1d] = R(NOP, 0, EV, __, __),
	[0x1f] = R(NOP, 0, EV, __, __),
	[0x28] = R_PREFIX(PFX_28), [0x29] = R_PREFIX(PFX_29),
	[0x2b] = R_PREFIX(PFX_2B),
	[0x40 ... 0x4f] = R(CMOVCC, 0, GV, EV, __),
	[0x6e] = R_PREFIX(PFX_6E), [0x6f] = R_PREFIX(PFX_6F),
	[0x7e] = R_PREFIX(PFX_7E), [0x7f] = R_PREFIX(PFX_7F),
	[0x80 ... 0x8f] = R(JCC, F64, JZ, __, __),
	[0x90 ... 0x9f] = R(SETCC, 0, EB, __, __),
	[0xa0] = R(PUSH, D64, SG, __, __), [0xa1] = R(POP, D64, SG, __, __),
	[0xa3] = R(BT, 0, EV, GV, __), [0xa4] = R(SHLD, 0, EV, GV, IB),
	[0xa5] = R(SHLD, 0, EV, GV, REG_CL),
	[0xa8] = R(PUSH, D64, SG, __, __), [0xa9] = R(POP, D64, SG, __, __),
	[0xab] = R(BTS, LOCK, EV, GV, __), [0xac] = R(SHRD, 0, EV, GV, IB),
	[0xad] = R(SHRD, 0, EV, GV, REG_CL), [0xae] = R_PREFIX(PFX_AE),
	[0xaf] = R(IMUL, 0, GV, EV, __),
	[0xb0] = R(CMPXCHG, LOCK, EB, GB, __),
	[0xb1] = R(CMPXCHG, LOCK, EV, GV, __),
	[0xb3] = R(BTR, LOCK, EV, GV, __),
	[0xb6] = R(MOV, 0, GV, EB, __), [0xb7] = R(MOV, 0, GV, EW, __),
	[0xb8] = R_PREFIX(PFX_B8), [0xb9] = R_UDM, [0xba] = R_GROUP(GRP_8),
	[0xbb] = R(BTC, LOCK, EV, GV, __),
	[0xbc] = R_PREFIX(PFX_BC), [0xbd] = R_PREFIX(PFX_BD),
	[0xbe] = R(MOVSX, 0, GV, EB, __), [0xbf] = R(MOVSX, 0, GV, EW, __),
	[0xc0] = R(XADD, LOCK, EB, GB, __), [0xc1] = R(XADD, LOCK, EV, GV, __),
	[0xc3] = R(MOV, NP, MY, GY, __), [0xc7] = R_GROUP(GRP_9),
	[0xc8 ... 0xcf] = R(BSWAP, 0, ZV, ZV, __),
	[0xd6] = R_PREFIX(PFX_D6), [0xe7] = R_PREFIX(PFX_E7),
	[0xf0] = R_PREFIX(PFX_F0), [0xff] = R_UDM,
};

#define BOTH(...)	{ __VA_ARGS__, __VA_ARGS__ }
#define GRP1(d, s) BOTH(						\
	R(ADD, LOCK, d, s, __), R(OR, LOCK, d, s, __),			\
	R(ADC, LOCK, d, s, __), R(SBB, LOCK, d, s, __),			\
	R(AND, LOCK, d, s, __), R(SUB, LOCK, d, s, __),			\
	R(XOR, LOCK, d, s, __), R(CMP, 0, d, s, __))
#define GRP2(d, s) BOTH(						\
	R(ROL, 0, d, s, __), R(ROR, 0, d, s, __), R(RCL, 0, d, s, __),	\
	R(RCR, 0, d, s, __), R(SHL, 0, d, s, __), R(SHR, 0, d, s, __),	\
	R(SAL, 0, d, s, __), R(SAR, 0, d, s, __))
#define GRP3(d, i) BOTH(						\
	R(TEST, 0, d, i, __), R(TEST, 0, d, i, __),			\
	R(NOT, LOCK, d, __, __), R(NEG, LOCK, d, __, __),		\
	R(MUL, 0, d, __, __), R(IMUL1, 0, d, __, __),			\
	R(DIV, 0, d, __, __), R(IDIV, 0, d, __, __))
/* An immediate belongs to the undefined forms too: it counts in the length. */
#define UD11(d, i)	R(UD, 0, d, i, __)
#define GRP11(d, i) {							\
	R(MOV, 0, d, i, __), UD11(d, i), UD11(d, i), UD11(d, i),	\
	UD11(d, i), UD11(d, i), UD11(d, i), UD11(d, i),			\
	R(MOV, 0, d, i, __), UD11(d, i), UD11(d, i), UD11(d, i),	\
	UD11(d, i), UD11(d, i), UD11(d, i),				\
	/* XABORT and XBEGIN */ R(NONE, 0, __, __, __) }

static const struct vtx_emul_row groups[][16] = {
	[GRP_1_EB_IB] = GRP1(EB, IB),
	[GRP_1_EV_IZ] = GRP1(EV, IZ),
	[GRP_1_EV_IB] = GRP1(EV, IB),
	[GRP_1A] = BOTH(R(POP, D64, EV, __, __), R_UDM, R_UDM, R_UDM, R_UDM,
			R_UDM, R_UDM, R_UDM),
	[GRP_2_EB_IB] = GRP2(EB, IB), [GRP_2_EV_IB] = GRP2(EV, IB),
	[GRP_2_EB_1] = GRP2(EB, ONE), [GRP_2_EV_1] = GRP2(EV, ONE),
	[GRP_2_EB_CL] = GRP2(EB, REG_CL), [GRP_2_EV_CL] = GRP2(EV, REG_CL),
	[GRP_3_EB] = GRP3(EB, IB),
	[GRP_3_EV] = GRP3(EV, IZ),
	[GRP_4] = BOTH(R(INC, LOCK, EB, __, __), R(DEC, LOCK, EB, __, __),
		       R_UDM, R_UDM, R_UDM, R_UDM, R_UDM, R_UDM),
	[GRP_5] = BOTH(R(INC, LOCK, EV, __, __), R(DEC, LOCK, EV, __, __),
		       R(CALL, F64, EV, __, __), R(NONE, 0, __, __, __),
		       R(JMP, F64, EV, __, __), R(NONE, 0, __, __, __),
		       R(PUSH, D64, EV, __, __), R_UDM),
	[GRP_8] = BOTH(UD11(EV, IB), UD11(EV, IB), UD11(EV, IB), UD11(EV, IB),
		       R(BT, 0, EV, IB, __),
		       R(BTS, LOCK, EV, IB, __), R(BTR, LOCK, EV, IB, __),
		       R(BTC, LOCK, EV, IB, __)),
	[GRP_9] = { [1] = R(CMPXCHG16B, LOCK, MY2, __, __) },
	[GRP_11_EB] = GRP11(EB, IB),
	[GRP_11_EV] = GRP11(EV, IZ),
	[GRP_15] = { [7] = R(CLFLUSH, 0, M, __, __) },
	[GRP_15_66] = { [6] = R(CLFLUSH, 0, M, __, __),	/* CLWB */
			[7] = R(CLFLUSH, 0, M, __, __) },	/* CLFLUSHOPT */
	/* Prefetches: hints, never an access here, never a fault. */
	[GRP_16] = { [0 ... 3] = R(NOP, 0, M, __, __) },
	[GRP_P] = { [0 ... 7] = R(NOP, 0, M, __, __) },
};

/* Columns: no prefix, 66H, F3H, F2H. */
static const struct vtx_emul_row prefixed[][4] = {
	[PFX_10] = { R(VMOV, SSE, VX, WX, __), R(VMOV, SSE, VX, WX, __),
		     R(VMOVS, SSE, VD, WD, __), R(VMOVS, SSE, VQ, WQ, __) },
	[PFX_11] = { R(VMOV, SSE, WX, VX, __), R(VMOV, SSE, WX, VX, __),
		     R(VMOVS, SSE, WD, VD, __), R(VMOVS, SSE, WQ, VQ, __) },
	[PFX_12] = { R(VMOVLO, SSE, VQ, WQ, __), R(VMOVLO, SSE, VQ, MQ, __) },
	[PFX_13] = { R(VMOVLO, SSE, MQ, VQ, __), R(VMOVLO, SSE, MQ, VQ, __) },
	[PFX_16] = { R(VMOVHI, SSE, VQ, WQ, __), R(VMOVHI, SSE, VQ, MQ, __) },
	[PFX_17] = { R(VMOVHI, SSE, MQ, VQ, __), R(VMOVHI, SSE, MQ, VQ, __) },
	[PFX_28] = { R(VMOV, SSEA, VX, WX, __), R(VMOV, SSEA, VX, WX, __) },
	[PFX_29] = { R(VMOV, SSEA, WX, VX, __), R(VMOV, SSEA, WX, VX, __) },
	[PFX_2B] = { R(VMOV, SSEA, MX, VX, __), R(VMOV, SSEA, MX, VX, __) },
	[PFX_6E] = { R(VMOV, MMX, PQ, EY, __), R(VMOV, SSE, VY, EY, __) },
	[PFX_6F] = { R(VMOV, MMX, PQ, QQ, __), R(VMOV, SSEA, VX, WX, __),
		     R(VMOV, SSE, VX, WX, __) },
	[PFX_7E] = { R(VMOV, MMX, EY, PY, __), R(VMOV, SSE, EY, VY, __),
		     R(VMOV, SSE, VQ, WQ, __) },
	[PFX_7F] = { R(VMOV, MMX, QQ, PQ, __), R(VMOV, SSEA, WX, VX, __),
		     R(VMOV, SSE, WX, VX, __) },
	[PFX_AE] = { R_GROUP(GRP_15), R_GROUP(GRP_15_66) },
	[PFX_B8] = { [2] = R(POPCNT, 0, GV, EV, __) },
	[PFX_BC] = { R(BSF, 0, GV, EV, __), R(BSF, 0, GV, EV, __),
		     R(TZCNT, 0, GV, EV, __), R(BSF, 0, GV, EV, __) },
	[PFX_BD] = { R(BSR, 0, GV, EV, __), R(BSR, 0, GV, EV, __),
		     R(LZCNT, 0, GV, EV, __), R(BSR, 0, GV, EV, __) },
	[PFX_D6] = { [1] = R(VMOV, SSE, WQ, VQ, __) },
	[PFX_E7] = { R(VMOV, MMX, MQ, PQ, __), R(VMOV, SSEA, MX, VX, __) },
	[PFX_F0] = { [3] = R(VMOV, SSE, VX, MX, __) },
	[PFX_38_2A] = { [1] = R(VMOV, SSEA, VX, MX, __) },
	[PFX_38_F0] = { R(MOVBE, 0, GV, MV, __), R(MOVBE, 0, GV, MV, __),
			[3] = R(CRC32, 0, GD, EB, __) },
	[PFX_38_F1] = { R(MOVBE, 0, MV, GV, __), R(MOVBE, 0, MV, GV, __),
			[3] = R(CRC32, 0, GD, EV, __) },
	[PFX_38_F8] = { [1] = R(MOVDIR64B, 0, MA, M, __) },
	[PFX_38_F9] = { R(MOV, 0, MY, GY, __) },
};

static const struct vex_row {
	u8 map;
	u8 opcode;
	u8 pp;
	struct vtx_emul_row row;
} vex_rows[] = {
	{ 1, 0x10, 0, R(VMOV, AVX, VX, WX, __) },
	{ 1, 0x10, 1, R(VMOV, AVX, VX, WX, __) },
	{ 1, 0x10, 2, R(VMOVS, AVX3R, VD, WD, HX) },
	{ 1, 0x10, 3, R(VMOVS, AVX3R, VQ, WQ, HX) },
	{ 1, 0x11, 0, R(VMOV, AVX, WX, VX, __) },
	{ 1, 0x11, 1, R(VMOV, AVX, WX, VX, __) },
	{ 1, 0x11, 2, R(VMOVS, AVX3R, WD, VD, HX) },
	{ 1, 0x11, 3, R(VMOVS, AVX3R, WQ, VQ, HX) },
	{ 1, 0x12, 0, R(VMOVLO, AVX3 | L0, VQ, WQ, HX) },
	{ 1, 0x12, 1, R(VMOVLO, AVX3 | L0, VQ, MQ, HX) },
	{ 1, 0x13, 0, R(VMOVLO, AVX | L0, MQ, VQ, __) },
	{ 1, 0x13, 1, R(VMOVLO, AVX | L0, MQ, VQ, __) },
	{ 1, 0x16, 0, R(VMOVHI, AVX3 | L0, VQ, WQ, HX) },
	{ 1, 0x16, 1, R(VMOVHI, AVX3 | L0, VQ, MQ, HX) },
	{ 1, 0x17, 0, R(VMOVHI, AVX | L0, MQ, VQ, __) },
	{ 1, 0x17, 1, R(VMOVHI, AVX | L0, MQ, VQ, __) },
	{ 1, 0x28, 0, R(VMOV, AVXA, VX, WX, __) },
	{ 1, 0x28, 1, R(VMOV, AVXA, VX, WX, __) },
	{ 1, 0x29, 0, R(VMOV, AVXA, WX, VX, __) },
	{ 1, 0x29, 1, R(VMOV, AVXA, WX, VX, __) },
	{ 1, 0x2b, 0, R(VMOV, AVXA, MX, VX, __) },
	{ 1, 0x2b, 1, R(VMOV, AVXA, MX, VX, __) },
	{ 1, 0x6e, 1, R(VMOV, AVX | L0, VY, EY, __) },
	{ 1, 0x6f, 1, R(VMOV, AVXA, VX, WX, __) },
	{ 1, 0x6f, 2, R(VMOV, AVX, VX, WX, __) },
	{ 1, 0x7e, 1, R(VMOV, AVX | L0, EY, VY, __) },
	{ 1, 0x7e, 2, R(VMOV, AVX | L0, VQ, WQ, __) },
	{ 1, 0x7f, 1, R(VMOV, AVXA, WX, VX, __) },
	{ 1, 0x7f, 2, R(VMOV, AVX, WX, VX, __) },
	{ 1, 0xd6, 1, R(VMOV, AVX | L0, WQ, VQ, __) },
	{ 1, 0xe7, 1, R(VMOV, AVXA, MX, VX, __) },
	{ 1, 0xf0, 3, R(VMOV, AVX, VX, MX, __) },
	{ 2, 0x2a, 1, R(VMOV, AVXA, VX, MX, __) },
	{ 2, 0xf2, 0, R(ANDN, L0 | VTX_INSN_VEX3, GY, EY, BY) },
	{ 2, 0xf5, 0, R(BZHI, L0 | VTX_INSN_VEX3, GY, EY, BY) },
	{ 2, 0xf7, 0, R(BEXTR, L0 | VTX_INSN_VEX3, GY, EY, BY) },
	{ 2, 0xf7, 1, R(SHLX, L0 | VTX_INSN_VEX3, GY, EY, BY) },
	{ 2, 0xf7, 2, R(SARX, L0 | VTX_INSN_VEX3, GY, EY, BY) },
	{ 2, 0xf7, 3, R(SHRX, L0 | VTX_INSN_VEX3, GY, EY, BY) },
	{ 3, 0xf0, 3, R(RORX, L0, GY, EY, IB) },
	{ 0, 0, 0, R(NONE, 0, __, __, __) }
};

static const struct vtx_emul_row unknown;

/* The three-byte map 0F38H has too few rows for an array. */
static const struct vtx_emul_row *row_0f38(unsigned int opcode)
{
	static const struct vtx_emul_row row_2a = R_PREFIX(PFX_38_2A);
	static const struct vtx_emul_row row_f0 = R_PREFIX(PFX_38_F0);
	static const struct vtx_emul_row row_f1 = R_PREFIX(PFX_38_F1);
	static const struct vtx_emul_row row_f8 = R_PREFIX(PFX_38_F8);
	static const struct vtx_emul_row row_f9 = R_PREFIX(PFX_38_F9);

	switch (opcode) {
	case 0x2a:
		return &row_2a;
	case 0xf0:
		return &row_f0;
	case 0xf1:
		return &row_f1;
	case 0xf8:
		return &row_f8;
	case 0xf9:
		return &row_f9;
	default:
		return &unknown;
	}
}

/**
 * vtx_emul_row - find the row of a legacy-encoded opcode
 * @map: 0 one-byte, 1 0FH, 2 0F38H, 3 0F3AH
 * @opcode: last opcode byte
 *
 * Return: the row; never NULL.
 */
const struct vtx_emul_row *vtx_emul_row(unsigned int map, unsigned int opcode)
{
	opcode &= 0xff;
	switch (map) {
	case 0:
		return &one_byte[opcode];
	case 1:
		return &two_byte[opcode];
	case 2:
		return row_0f38(opcode);
	default:
		return &unknown;
	}
}

/**
 * vtx_emul_row_group - resolve a group row
 * @group: its table, from the row's flags
 * @modrm: ModRM byte
 *
 * Return: the row; never NULL.
 */
const struct vtx_emul_row *vtx_emul_row_group(unsigned int group,
					      unsigned int modrm)
{
	unsigned int reg = (modrm >> 3) & 7;

	return &groups[group][modrm >= 0xc0 ? reg + 8 : reg];
}

/**
 * vtx_emul_row_prefix - resolve a row that depends on the mandatory prefix
 * @table: its table, from the row's flags
 * @pp: 0 none, 1 66H, 2 F3H, 3 F2H
 *
 * Return: the row; never NULL.
 */
const struct vtx_emul_row *vtx_emul_row_prefix(unsigned int table,
					       unsigned int pp)
{
	return &prefixed[table][pp & 3];
}

/**
 * vtx_emul_row_vex - find the row of a VEX-encoded opcode
 * @map: 1 0FH, 2 0F38H, 3 0F3AH
 * @opcode: opcode byte
 * @pp: 0 none, 1 66H, 2 F3H, 3 F2H
 *
 * Return: the row; never NULL.
 */
const struct vtx_emul_row *vtx_emul_row_vex(unsigned int map,
					    unsigned int opcode,
					    unsigned int pp)
{
	const struct vex_row *v;

	for (v = vex_rows; v->map; v++) {
		if (v->map == map && v->opcode == opcode && v->pp == pp)
			return &v->row;
	}
	return &unknown;
}
