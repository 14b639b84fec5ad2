/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruction emulator: the decoded form of an instruction.
 *
 * decode.c makes it, the executors only read it. An operand says where a value
 * is (register, memory, immediate) and how wide; there is at most one memory
 * operand with a ModRM address. Operands of string, stack and port instructions
 * are implied by the executor token.
 */
#ifndef VTX_EMUL_INSN_H
#define VTX_EMUL_INSN_H

#include <linux/bits.h>
#include <linux/types.h>

#define VTX_EMUL_INSN_MAX	15	/* longer instructions are #GP */

/**
 * enum vtx_emul_sreg - segment registers, in the order of their encoding
 * @VTX_EMUL_ES: extra
 * @VTX_EMUL_CS: code
 * @VTX_EMUL_SS: stack
 * @VTX_EMUL_DS: data
 * @VTX_EMUL_FS: F
 * @VTX_EMUL_GS: G
 * @VTX_EMUL_SREGS: how many
 */
enum vtx_emul_sreg {
	VTX_EMUL_ES,
	VTX_EMUL_CS,
	VTX_EMUL_SS,
	VTX_EMUL_DS,
	VTX_EMUL_FS,
	VTX_EMUL_GS,
	VTX_EMUL_SREGS,
};

/* Names of the general registers where an instruction implies one. */
enum {
	VTX_EMUL_RAX, VTX_EMUL_RCX, VTX_EMUL_RDX, VTX_EMUL_RBX,
	VTX_EMUL_RSP, VTX_EMUL_RBP, VTX_EMUL_RSI, VTX_EMUL_RDI,
	VTX_EMUL_NOREG = 0xff,
};

/*
 * The executor tokens; X is expanded with the name of each. exec.c switches on
 * ranges of them, so the order matters within a line and between neighbours.
 */
#define VTX_EMUL_OPS(X)							\
	X(NONE) X(UD)							\
	X(ADD) X(OR) X(ADC) X(SBB) X(AND) X(SUB) X(XOR) X(CMP)		\
	X(ROL) X(ROR) X(RCL) X(RCR) X(SHL) X(SHR) X(SAL) X(SAR)		\
	X(SHLD) X(SHRD) X(INC) X(DEC) X(NOT) X(NEG) X(TEST)		\
	X(BT) X(BTS) X(BTR) X(BTC) X(XADD) X(XCHG) X(CMPXCHG)		\
	X(CMPXCHG16B)							\
	X(MOV) X(MOVSX) X(MOVBE) X(BSWAP) X(LEA) X(SETCC) X(CMOVCC)	\
	X(BSF) X(BSR) X(TZCNT) X(LZCNT) X(POPCNT) X(CRC32)		\
	X(ANDN) X(BEXTR) X(BZHI) X(SHLX) X(SHRX) X(SARX) X(RORX)	\
	X(MUL) X(IMUL1) X(IMUL) X(DIV) X(IDIV)				\
	X(CBW) X(CWD) X(LAHF) X(SAHF) X(CLC) X(STC) X(CMC) X(CLD)	\
	X(STD) X(CLI) X(STI) X(NOP) X(XLAT)				\
	X(PUSH) X(POP) X(PUSHA) X(POPA) X(PUSHF) X(ENTER) X(LEAVE)	\
	X(CALL) X(JMP) X(RET) X(JCC) X(LOOPNE) X(LOOPE) X(LOOP) X(JCXZ)	\
	X(MOV_TO_SREG) X(MOV_FROM_SREG)					\
	X(MOVS) X(CMPS) X(STOS) X(LODS) X(SCAS) X(INS) X(OUTS)		\
	X(IN) X(OUT)							\
	X(VMOV) X(VMOVS) X(VMOVLO) X(VMOVHI)				\
	X(MOVDIR64B) X(CLFLUSH) X(VMCALL) X(VMMCALL)

#define VTX_EMUL_OP_ENUM(name)	VTX_OP_##name,

/* The tokens of VTX_EMUL_OPS, and how many they are. */
enum vtx_emul_op {
	VTX_EMUL_OPS(VTX_EMUL_OP_ENUM)
	VTX_OP_COUNT,
};

#undef VTX_EMUL_OP_ENUM

/**
 * enum vtx_emul_place - where an operand is
 * @VTX_PLACE_NONE: no operand
 * @VTX_PLACE_GPR: low part of a general register
 * @VTX_PLACE_HIGH: AH, CH, DH or BH (@reg 0 to 3)
 * @VTX_PLACE_SREG: segment register
 * @VTX_PLACE_XMM: vector register
 * @VTX_PLACE_MMX: MMX register
 * @VTX_PLACE_MEM: memory, see &vtx_emul_insn.mem
 * @VTX_PLACE_IMM: &vtx_emul_insn.imm
 * @VTX_PLACE_IMM2: &vtx_emul_insn.imm2
 */
enum vtx_emul_place {
	VTX_PLACE_NONE,
	VTX_PLACE_GPR,
	VTX_PLACE_HIGH,
	VTX_PLACE_SREG,
	VTX_PLACE_XMM,
	VTX_PLACE_MMX,
	VTX_PLACE_MEM,
	VTX_PLACE_IMM,
	VTX_PLACE_IMM2,
};

/**
 * struct vtx_emul_operand - one operand
 * @place: enum vtx_emul_place
 * @size: bytes
 * @reg: register number
 */
struct vtx_emul_operand {
	u8 place;
	u8 size;
	u8 reg;
};

/**
 * struct vtx_emul_mem - address of the memory operand
 * @disp: displacement, sign-extended
 * @base: register or VTX_EMUL_NOREG
 * @index: register or VTX_EMUL_NOREG
 * @shift: scale of @index
 * @seg: segment after overrides
 * @rip_relative: @disp counts from the next instruction
 */
struct vtx_emul_mem {
	u64 disp;
	u8 base;
	u8 index;
	u8 shift;
	u8 seg;
	bool rip_relative;
};

/**
 * struct vtx_emul_insn - a decoded instruction
 * @bytes: the instruction, @fetched bytes are valid
 * @fetched: bytes read so far, at least @len
 * @len: length
 * @op: enum vtx_emul_op; VTX_OP_NONE if not known
 * @flags: VTX_INSN_* of its row
 * @opsize: operand size in bytes
 * @adsize: address size in bytes
 * @opcode: last opcode byte
 * @map: 0 one-byte, 1 0FH, 2 0F38H, 3 0F3AH
 * @modrm: ModRM byte
 * @rex: WRXB in bits 3 to 0, from REX or VEX
 * @rep: 0, F2H or F3H
 * @seg: segment override or VTX_EMUL_NOREG
 * @vvvv: second source register of VEX
 * @has_rex: REX prefix present (even if all bits are zero)
 * @osz: 66H present
 * @asz: 67H present
 * @lock: F0H present
 * @vex: VEX-encoded
 * @vex_l: 256 bits
 * @opnd: operands, destination first
 * @mem: address of the operand with VTX_PLACE_MEM
 * @imm: immediate, sign-extended
 * @imm2: second immediate of ENTER
 */
struct vtx_emul_insn {
	u8 bytes[VTX_EMUL_INSN_MAX];
	u8 fetched;
	u8 len;
	u8 op;
	u16 flags;
	u8 opsize;
	u8 adsize;
	u8 opcode;
	u8 map;
	u8 modrm;
	u8 rex;
	u8 rep;
	u8 seg;
	u8 vvvv;
	bool has_rex;
	bool osz;
	bool asz;
	bool lock;
	bool vex;
	bool vex_l;
	struct vtx_emul_operand opnd[3];
	struct vtx_emul_mem mem;
	u64 imm;
	u64 imm2;
};

/* Row flags: how an opcode is decoded and what must hold before it executes. */
#define VTX_INSN_LOCK	BIT(0)	/* LOCK allowed with a memory destination */
#define VTX_INSN_I64	BIT(1)	/* #UD in 64-bit mode */
#define VTX_INSN_O64	BIT(2)	/* another instruction outside 64-bit mode */
#define VTX_INSN_D64	BIT(3)	/* 64-bit mode: operand size 64 by default */
#define VTX_INSN_F64	BIT(4)	/* 64-bit mode: operand size always 64 */
#define VTX_INSN_SSE	BIT(5)	/* needs CR4.OSFXSR, CR0.EM=0, CR0.TS=0 */
#define VTX_INSN_AVX	BIT(6)	/* needs OSXSAVE and XCR0[2:1]=3 */
#define VTX_INSN_MMX	BIT(7)	/* needs CR0.EM=0, CR0.TS=0 */
#define VTX_INSN_ALIGN	BIT(8)	/* memory operand aligned to its size */
#define VTX_INSN_L0	BIT(9)	/* VEX.L must be 0 */
#define VTX_INSN_NP	BIT(10)	/* prefixes 66H, F2H, F3H not allowed */
#define VTX_INSN_VEX3	BIT(11)	/* VEX.vvvv is used */
#define VTX_INSN_VEX3R	BIT(12)	/* only by the form without memory */

#endif
