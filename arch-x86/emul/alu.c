// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: integer arithmetic, logic and bit operations.
 *
 * Pure functions of values and flags. Values are cut to the operand size here,
 * so callers may pass excess bits. Carry and overflow are taken from the bits
 * of the operands and the result, as in SDM 1 "EFLAGS Register" and the adder
 * the rules there describe, so that they hold for every size.
 *
 * Where the SDM leaves a flag undefined the value is what Intel processors
 * deliver: AF is cleared by logical operations; the bit tests change only CF.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

/* PF is even parity of the low byte: fold it to a nibble, then look it up. */
static u64 parity_flag(u64 result)
{
	unsigned int nibble = (result ^ result >> 4) & 0xf;

	return 0x9669u >> nibble & 1 ? VTX_EMUL_PF : 0;
}

/**
 * vtx_emul_flags_result - set SF, ZF and PF from a result
 * @size: operand size in bytes
 * @result: its value
 * @rflags: changed
 */
void vtx_emul_flags_result(unsigned int size, u64 result, u64 *rflags)
{
	u64 f = parity_flag(result);

	if (!(result & vtx_emul_mask(size)))
		f |= VTX_EMUL_ZF;
	if (result >> (size * 8 - 1) & 1)
		f |= VTX_EMUL_SF;
	*rflags &= ~(VTX_EMUL_SF | VTX_EMUL_ZF | VTX_EMUL_PF);
	*rflags |= f;
}

/* All six flags; @carry and @overflow count in their most significant bit. */
static void flags_adder(unsigned int size, u64 result, u64 carry, u64 overflow,
			u64 half, u64 *rflags)
{
	unsigned int top = size * 8 - 1;

	*rflags &= ~VTX_EMUL_FLAGS_ARITH;
	vtx_emul_flags_result(size, result, rflags);
	if (carry >> top & 1)
		*rflags |= VTX_EMUL_CF;
	if (overflow >> top & 1)
		*rflags |= VTX_EMUL_OF;
	if (half & 0x10)
		*rflags |= VTX_EMUL_AF;
}

static u64 add(unsigned int size, u64 a, u64 b, unsigned int carry, u64 *rflags)
{
	u64 sum = a + b + carry;

	flags_adder(size, sum, (a & b) | ((a | b) & ~sum),
		    (a ^ sum) & (b ^ sum), a ^ b ^ sum, rflags);
	return sum;
}

static u64 sub(unsigned int size, u64 a, u64 b, unsigned int borrow,
	       u64 *rflags)
{
	u64 diff = a - b - borrow;

	flags_adder(size, diff, (~a & b) | ((~a | b) & diff),
		    (a ^ b) & (a ^ diff), a ^ b ^ diff, rflags);
	return diff;
}

static u64 logic(unsigned int size, u64 result, u64 *rflags)
{
	flags_adder(size, result, 0, 0, 0, rflags);
	return result;
}

/* INC and DEC leave CF alone. */
static u64 step(unsigned int size, u64 value, bool up, u64 *rflags)
{
	u64 carry = *rflags & VTX_EMUL_CF;

	value = up ? add(size, value, 1, 0, rflags) :
		     sub(size, value, 1, 0, rflags);
	*rflags = (*rflags & ~VTX_EMUL_CF) | carry;
	return value;
}

/**
 * vtx_emul_bit - bit test and modify
 * @op: VTX_OP_BT, BTS, BTR or BTC
 * @size: operand size in bytes
 * @dst: the operand that holds the bit
 * @index: bit number; taken modulo the operand size
 * @rflags: CF is set to the old bit
 *
 * Return: new value of the operand.
 */
u64 vtx_emul_bit(unsigned int op, unsigned int size, u64 dst, u64 index,
		 u64 *rflags)
{
	u64 bit = 1ull << (index & (size * 8 - 1));

	*rflags &= ~VTX_EMUL_CF;
	if (dst & bit)
		*rflags |= VTX_EMUL_CF;
	switch (op) {
	case VTX_OP_BTS:
		return dst | bit;
	case VTX_OP_BTR:
		return dst & ~bit;
	case VTX_OP_BTC:
		return dst ^ bit;
	default:
		return dst;
	}
}

/**
 * vtx_emul_alu - arithmetic and logic with one result
 * @op: VTX_OP_ADD to CMP, TEST, INC, DEC, NOT, NEG
 * @size: operand size in bytes
 * @dst: first operand
 * @src: second operand
 * @rflags: changed
 *
 * Return: the result, with undefined bits above the operand size. CMP and TEST
 * return what SUB and AND would.
 */
u64 vtx_emul_alu(unsigned int op, unsigned int size, u64 dst, u64 src,
		 u64 *rflags)
{
	unsigned int carry = *rflags & VTX_EMUL_CF;

	dst &= vtx_emul_mask(size);
	src &= vtx_emul_mask(size);
	switch (op) {
	case VTX_OP_ADD:
		return add(size, dst, src, 0, rflags);
	case VTX_OP_ADC:
		return add(size, dst, src, carry, rflags);
	case VTX_OP_SUB:
	case VTX_OP_CMP:
		return sub(size, dst, src, 0, rflags);
	case VTX_OP_SBB:
		return sub(size, dst, src, carry, rflags);
	case VTX_OP_AND:
	case VTX_OP_TEST:
		return logic(size, dst & src, rflags);
	case VTX_OP_OR:
		return logic(size, dst | src, rflags);
	case VTX_OP_XOR:
		return logic(size, dst ^ src, rflags);
	case VTX_OP_NEG:
		return sub(size, 0, dst, 0, rflags);
	case VTX_OP_INC:
	case VTX_OP_DEC:
		return step(size, dst, op == VTX_OP_INC, rflags);
	case VTX_OP_NOT:
	default:
		return ~dst;
	}
}
