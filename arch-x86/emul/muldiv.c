// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: multiplication and division.
 *
 * Products and dividends are twice as wide as the operands. For 8-bit operands
 * they live in AX, for wider ones in rDX:rAX.
 *
 * Multiplication sets CF and OF when the high half matters. SF and PF are
 * undefined; Intel processors take them from the low half, and clear ZF and AF.
 * Division leaves all flags undefined; Intel processors leave them as they are.
 *
 * 128 by 64 bits is divided by shift and subtract: the kernel has no library
 * function for it, and a DIV instruction could fault.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

/* Returns the lower half of the product; @high is the upper one. */
static u64 multiply(bool is_signed, unsigned int size, u64 a, u64 b, u64 *high,
		    u64 *rflags)
{
	unsigned __int128 product;
	u64 mask, low, sign;

	mask = vtx_emul_mask(size);
	if (is_signed)
		product = (__int128)(s64)vtx_emul_sext(a, size) *
			  (s64)vtx_emul_sext(b, size);
	else
		product = (unsigned __int128)(a & mask) * (b & mask);
	low = (u64)product & mask;
	*high = (u64)(product >> (size * 8)) & mask;
	sign = is_signed && low >> (size * 8 - 1) ? mask : 0;
	*rflags &= ~VTX_EMUL_FLAGS_ARITH;
	vtx_emul_flags_result(size, low, rflags);
	*rflags &= ~VTX_EMUL_ZF;
	if (*high != sign)
		*rflags |= VTX_EMUL_CF | VTX_EMUL_OF;
	return low;
}

/* @high < @divisor, so that the quotient fits. */
static void divide_128(u64 *high, u64 *low, u64 divisor)
{
	u64 rest = *high, quotient = *low;
	unsigned int i;

	for (i = 0; i < 64; i++) {
		bool carry = rest >> 63;

		rest = rest << 1 | quotient >> 63;
		quotient <<= 1;
		if (carry || rest >= divisor) {
			rest -= divisor;
			quotient |= 1;
		}
	}
	*high = rest;
	*low = quotient;
}

static void negate_128(u64 *high, u64 *low)
{
	*low = -*low;
	*high = ~*high + !*low;
}

/* Dividend of two halves of @size bytes, as a 128-bit number. */
static void widen(bool is_signed, unsigned int size, u64 *high, u64 *low)
{
	unsigned int bits = size * 8;

	if (size == 8)
		return;
	*low = (*low & vtx_emul_mask(size)) |
	       (*high & vtx_emul_mask(size)) << bits;
	if (is_signed)
		*low = vtx_emul_sext(*low, size * 2);
	*high = is_signed && *low >> 63 ? ~0ull : 0;
}

/*
 * The dividend's upper half becomes the remainder, its lower half the quotient.
 * False (#DE) if the quotient does not fit, or for a zero divisor.
 */
static bool divide(bool is_signed, unsigned int size, u64 *high, u64 *low,
		   u64 divisor)
{
	bool negative_rest = false, negative = false;
	u64 largest = vtx_emul_mask(size);

	widen(is_signed, size, high, low);
	divisor = is_signed ? vtx_emul_sext(divisor, size) :
		  divisor & vtx_emul_mask(size);
	if (is_signed) {
		negative_rest = *high >> 63;
		negative = negative_rest != divisor >> 63;
		if (negative_rest)
			negate_128(high, low);
		if (divisor >> 63)
			divisor = -divisor;
		largest = (largest >> 1) + negative;
	}
	if (*high >= divisor)	/* also when @divisor is zero */
		return false;
	divide_128(high, low, divisor);
	if (*low > largest)
		return false;
	if (negative)
		*low = -*low;
	if (negative_rest)
		*high = -*high;
	return true;
}

/* One-operand MUL, IMUL, DIV and IDIV: the implied registers of @size. */
static void load_pair(const struct vtx_emul *e, unsigned int size, u64 *high,
		      u64 *low)
{
	*low = vtx_emul_gpr(e, VTX_EMUL_RAX, size);
	*high = size == 1 ? e->regs.gpr[VTX_EMUL_RAX] >> 8 & 0xff :
		vtx_emul_gpr(e, VTX_EMUL_RDX, size);
}

static void store_pair(struct vtx_emul *e, unsigned int size, u64 high, u64 low)
{
	if (size == 1) {
		vtx_emul_set_gpr(e, VTX_EMUL_RAX, 2,
				 (high & 0xff) << 8 | (low & 0xff));
		return;
	}
	vtx_emul_set_gpr(e, VTX_EMUL_RAX, size, low);
	vtx_emul_set_gpr(e, VTX_EMUL_RDX, size, high);
}

/**
 * vtx_emul_exec_muldiv - execute MUL, IMUL, DIV and IDIV
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_muldiv(struct vtx_emul *e)
{
	const struct vtx_emul_insn *insn = &e->insn;
	unsigned int size = insn->opnd[0].size;
	bool is_signed = insn->op != VTX_OP_MUL && insn->op != VTX_OP_DIV;
	u64 *rflags = &e->regs.rflags;
	enum vtx_emul_result r;
	u64 high, low, a, b;

	r = vtx_emul_load(e, &insn->opnd[insn->op == VTX_OP_IMUL], &a);
	if (r)
		return r;
	switch (insn->op) {
	case VTX_OP_IMUL:
		b = insn->imm;
		if (insn->opnd[2].place == VTX_PLACE_NONE)
			b = vtx_emul_gpr(e, insn->opnd[0].reg, size);
		low = multiply(true, size, a, b, &high, rflags);
		return vtx_emul_store(e, &insn->opnd[0], low);
	case VTX_OP_MUL:
	case VTX_OP_IMUL1:
		load_pair(e, size, &high, &low);
		low = multiply(is_signed, size, a, low, &high, rflags);
		break;
	default:
		load_pair(e, size, &high, &low);
		if (!divide(is_signed, size, &high, &low, a))
			return vtx_emul_raise(e, VECTOR_DE);
	}
	store_pair(e, size, high, low);
	return VTX_EMUL_DONE;
}
