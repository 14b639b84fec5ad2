// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: shifts and rotates.
 *
 * Pure functions of values and flags. The count is masked to 5 bits, or 6 for
 * 64-bit operands; a masked count of zero changes nothing, flags included.
 * Rotates through carry are rotates of a number that is one bit longer.
 *
 * SDM 2B "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR" and "SHLD" define OF for a count
 * of 1 only. Intel processors (Sapphire Rapids was compared) set it for every
 * count as if the count were 1; so does this code. CF beyond the operand's
 * width is what shifting bit by bit gives, and AF is cleared by shifts.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

static void set_flag(u64 *rflags, u64 flag, u64 on)
{
	*rflags = on & 1 ? *rflags | flag : *rflags & ~flag;
}

/* OF after one step of the operation, whatever the count is. */
static void set_overflow(unsigned int op, unsigned int size, u64 v, u64 in,
			 u64 *rflags)
{
	unsigned int top = size * 8 - 1;
	u64 overflow;

	switch (op) {
	case VTX_OP_SHR:
		overflow = v >> top;
		break;
	case VTX_OP_SAR:
		overflow = 0;
		break;
	case VTX_OP_ROR:
	case VTX_OP_RCR:
	case VTX_OP_SHRD:
		overflow = v >> top ^ in;	/* @in becomes the top bit */
		break;
	default:
		overflow = v >> top ^ v >> (top - 1);
	}
	set_flag(rflags, VTX_EMUL_OF, overflow);
}

static u64 rotate(unsigned int op, unsigned int size, u64 v,
		  unsigned int count, u64 *rflags)
{
	unsigned int bits = size * 8, top = bits - 1;
	unsigned int n = count % bits;
	u64 mask = vtx_emul_mask(size);

	set_overflow(op, size, v, v, rflags);
	if (op == VTX_OP_ROR)
		n = (bits - n) % bits;
	if (n)
		v = (v << n | v >> (bits - n)) & mask;
	set_flag(rflags, VTX_EMUL_CF, op == VTX_OP_ROL ? v : v >> top);
	return v;
}

static u64 rotate_carry(unsigned int op, unsigned int size, u64 v,
			unsigned int count, u64 *rflags)
{
	unsigned int bits = size * 8, top = bits - 1;
	unsigned int n = count % (bits + 1);
	u64 cf = *rflags & VTX_EMUL_CF, out;

	if (!n)
		return v;
	set_overflow(op, size, v, cf, rflags);
	/* One bit at a time: at most 63 steps, and nothing to get wrong. */
	for (; n; n--) {
		if (op == VTX_OP_RCL) {
			out = v >> top & 1;
			v = v << 1 | cf;
		} else {
			out = v & 1;
			v = v >> 1 | cf << top;
		}
		v &= vtx_emul_mask(size);
		cf = out;
	}
	set_flag(rflags, VTX_EMUL_CF, cf);
	return v;
}

/* @count is 1 to 63 and may exceed the operand. */
static u64 shift(unsigned int op, unsigned int size, u64 v, unsigned int count,
		 u64 *rflags)
{
	unsigned int top = size * 8 - 1;

	set_overflow(op, size, v, 0, rflags);
	/* One bit short of the result, so that CF can be seen going. */
	if (op == VTX_OP_SAR) {
		v = (u64)((s64)vtx_emul_sext(v, size) >> (count - 1));
		set_flag(rflags, VTX_EMUL_CF, v);
		v = (u64)((s64)v >> 1);
	} else if (op == VTX_OP_SHR) {
		v >>= count - 1;
		set_flag(rflags, VTX_EMUL_CF, v);
		v >>= 1;
	} else {
		v <<= count - 1;
		set_flag(rflags, VTX_EMUL_CF, v >> top);
		v <<= 1;
	}
	vtx_emul_flags_result(size, v, rflags);
	set_flag(rflags, VTX_EMUL_AF, 0);
	return v;
}

/**
 * vtx_emul_shift - shift or rotate
 * @op: VTX_OP_ROL to VTX_OP_SAR
 * @size: operand size in bytes
 * @dst: operand
 * @count: as given by the instruction, not masked
 * @rflags: changed
 *
 * Return: the result, with undefined bits above the operand size.
 */
u64 vtx_emul_shift(unsigned int op, unsigned int size, u64 dst,
		   unsigned int count, u64 *rflags)
{
	count &= size == 8 ? 63 : 31;
	dst &= vtx_emul_mask(size);
	if (!count)
		return dst;
	switch (op) {
	case VTX_OP_ROL:
	case VTX_OP_ROR:
		return rotate(op, size, dst, count, rflags);
	case VTX_OP_RCL:
	case VTX_OP_RCR:
		return rotate_carry(op, size, dst, count, rflags);
	default:
		return shift(op, size, dst, count, rflags);
	}
}

/**
 * vtx_emul_shift_double - SHLD and SHRD
 * @op: VTX_OP_SHLD or VTX_OP_SHRD
 * @size: operand size in bytes
 * @dst: operand
 * @src: where bits come from
 * @count: as given by the instruction, not masked
 * @rflags: changed
 *
 * With 16-bit operands a count above 16 is undefined; Intel processors then
 * go on with the bits of @dst itself, as if dst:src:dst were shifted.
 *
 * Return: the result, with undefined bits above the operand size.
 */
u64 vtx_emul_shift_double(unsigned int op, unsigned int size, u64 dst,
			  u64 src, unsigned int count, u64 *rflags)
{
	unsigned int top = size * 8 - 1;
	u64 out = 0;

	dst &= vtx_emul_mask(size);
	src &= vtx_emul_mask(size);
	count &= size == 8 ? 63 : 31;
	if (!count)
		return dst;
	set_overflow(op, size, dst, src, rflags);
	for (; count; count--) {
		if (op == VTX_OP_SHLD) {
			out = dst >> top & 1;
			dst = (dst << 1 | (src >> top & 1)) &
			      vtx_emul_mask(size);
			src = src << 1 | out;
		} else {
			out = dst & 1;
			dst = dst >> 1 | (src & 1) << top;
			src = (src & vtx_emul_mask(size)) >> 1 | out << top;
		}
	}
	vtx_emul_flags_result(size, dst, rflags);
	set_flag(rflags, VTX_EMUL_CF, out);
	set_flag(rflags, VTX_EMUL_AF, 0);
	return dst;
}
