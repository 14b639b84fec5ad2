// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: instructions that make a destination from a source.
 *
 * Moves, extensions, byte swaps, conditional moves, bit scans and counts,
 * CRC32, and the VEX-encoded bit instructions: load one operand, convert the
 * value, store it. The destination is not read from memory.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

#define CRC32C_POLYNOMIAL	0x82f63b78u	/* reflected 11EDC6F41H */

static u64 swap_bytes(u64 v, unsigned int size)
{
	/* BSWAP of 16 bits is undefined; Intel processors deliver zero. */
	if (size == 8)
		return __builtin_bswap64(v);
	return __builtin_bswap32(v);
}

static u64 crc32c(u32 crc, u64 v, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < size * 8; i++, v >>= 1)
		crc = crc >> 1 ^ ((crc ^ (u32)v) & 1 ? CRC32C_POLYNOMIAL : 0);
	return crc;
}

static void set_count_flags(u64 *rflags, bool zero_source, u64 result)
{
	*rflags &= ~VTX_EMUL_FLAGS_ARITH;
	if (zero_source)
		*rflags |= VTX_EMUL_CF;
	if (!result)
		*rflags |= VTX_EMUL_ZF;
}

/* TZCNT, LZCNT and POPCNT define all six flags, most of them as zero. */
static u64 count_bits(unsigned int op, u64 v, unsigned int size, u64 *rflags)
{
	unsigned int bits = size * 8;
	u64 n;

	switch (op) {
	case VTX_OP_TZCNT:
		n = v ? (unsigned int)__builtin_ctzll(v) : bits;
		set_count_flags(rflags, !v, n);
		return n;
	case VTX_OP_LZCNT:
		n = v ? __builtin_clzll(v) - (64 - bits) : bits;
		set_count_flags(rflags, !v, n);
		return n;
	default:
		/* One bit at a time: the library function is not for us. */
		for (n = 0; v; v &= v - 1)
			n++;
		set_count_flags(rflags, false, n);
		return n;
	}
}

/*
 * BSF and BSR: the destination stays as it is when the source is zero. The SDM
 * leaves that undefined, and all flags but ZF; Intel processors clear them, and
 * set PF from the index, or from zero.
 */
static enum vtx_emul_result exec_bit_scan(struct vtx_emul *e, u64 v)
{
	u64 index = 0;

	if (v)
		index = e->insn.op == VTX_OP_BSF ? __builtin_ctzll(v) :
			63 - __builtin_clzll(v);
	vtx_emul_alu(VTX_OP_TEST, 8, index, index, &e->regs.rflags);
	e->regs.rflags &= ~VTX_EMUL_ZF;
	if (v)
		return vtx_emul_store(e, &e->insn.opnd[0], index);
	e->regs.rflags |= VTX_EMUL_ZF;
	return VTX_EMUL_DONE;
}

static u64 bextr(u64 v, u64 control, unsigned int size)
{
	unsigned int start = control & 0xff, len = control >> 8 & 0xff;

	v = start < 64 ? v >> start : 0;
	return v & (len < size * 8 ? (1ull << len) - 1 : ~0ull);
}

/*
 * ANDN, BEXTR and BZHI: flags of a logical operation, but PF, and SF of BEXTR,
 * which the SDM leaves undefined, are cleared. BZHI has a carry of its own.
 */
static u64 bmi_logic(unsigned int op, u64 v, u64 by, unsigned int size,
		     u64 *rflags)
{
	bool carry = false;

	switch (op) {
	case VTX_OP_ANDN:
		v = ~by & v;
		break;
	case VTX_OP_BEXTR:
		v = bextr(v, by, size);
		break;
	default:
		by &= 0xff;
		carry = by >= size * 8;
		if (!carry)
			v &= (1ull << by) - 1;
	}
	vtx_emul_alu(VTX_OP_TEST, size, v, v, rflags);
	if (carry)
		*rflags |= VTX_EMUL_CF;
	*rflags &= ~VTX_EMUL_PF;
	if (op == VTX_OP_BEXTR)
		*rflags &= ~VTX_EMUL_SF;
	return v;
}

/* Shifts by a register and RORX: no flags. */
static u64 bmi_shift(unsigned int op, u64 v, u64 by, unsigned int size)
{
	unsigned int bits = size * 8;

	by &= bits - 1;
	switch (op) {
	case VTX_OP_SHLX:
		return v << by;
	case VTX_OP_SHRX:
		return v >> by;
	case VTX_OP_SARX:
		return (s64)vtx_emul_sext(v, size) >> by;
	default:
		return by ? v >> by | v << (bits - by) : v;
	}
}

/* The value to be stored; @v comes from the source, operand 1. */
static u64 convert(struct vtx_emul *e, u64 v)
{
	const struct vtx_emul_insn *insn = &e->insn;
	unsigned int size = insn->opnd[1].size, op = insn->op;
	u64 by = insn->opnd[2].place == VTX_PLACE_IMM ? insn->imm :
		 e->regs.gpr[insn->opnd[2].reg & 15];

	switch (op) {
	case VTX_OP_MOVSX:
		return vtx_emul_sext(v, size);
	case VTX_OP_MOVBE:
		return size == 2 ? __builtin_bswap16(v) : swap_bytes(v, size);
	case VTX_OP_BSWAP:
		return size == 2 ? 0 : swap_bytes(v, size);
	case VTX_OP_CRC32:
		return crc32c(vtx_emul_gpr(e, insn->opnd[0].reg, 4), v, size);
	case VTX_OP_TZCNT:
	case VTX_OP_LZCNT:
	case VTX_OP_POPCNT:
		return count_bits(op, v, size, &e->regs.rflags);
	case VTX_OP_ANDN:
	case VTX_OP_BEXTR:
	case VTX_OP_BZHI:
		return bmi_logic(op, v, by, size, &e->regs.rflags);
	case VTX_OP_SHLX ... VTX_OP_RORX:
		return bmi_shift(op, v, by, size);
	default:
		return v;
	}
}

/**
 * vtx_emul_exec_transfer - execute a move or conversion
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_transfer(struct vtx_emul *e)
{
	const struct vtx_emul_insn *insn = &e->insn;
	const struct vtx_emul_operand *dst = &insn->opnd[0];
	bool condition = vtx_emul_condition(e->regs.rflags, insn->opcode);
	enum vtx_emul_result r;
	u64 v;

	if (insn->op == VTX_OP_LEA)
		return vtx_emul_store(e, dst, vtx_emul_ea(e));
	if (insn->op == VTX_OP_SETCC)
		return vtx_emul_store(e, dst, condition);
	r = vtx_emul_load(e, &insn->opnd[1], &v);
	if (r)
		return r;
	if (insn->op == VTX_OP_BSF || insn->op == VTX_OP_BSR)
		return exec_bit_scan(e, v);
	/* The source is read, and bits 63:32 are cleared, in any case. */
	if (insn->op == VTX_OP_CMOVCC && !condition)
		v = vtx_emul_gpr(e, dst->reg, dst->size);
	return vtx_emul_store(e, dst, convert(e, v));
}
