// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: instructions that change an operand in place.
 *
 * Arithmetic, shifts, bit operations, XADD, XCHG and CMPXCHG differ only in how
 * the new value is made. All of them read the destination with the right to
 * write already checked, compute, and write. With LOCK (XCHG has it implied)
 * the write to memory is a compare-exchange, repeated until no other
 * processor came between; after many attempts the guest is resumed and meets
 * the instruction again.
 *
 * Without LOCK the read and the write are two accesses, as on the CPU.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

#define LOCK_ATTEMPTS	64

/* New value of the destination. Flags go to @rflags. */
static u64 compute(const struct vtx_emul *e, u64 dst, u64 src, u64 third,
		   u64 *rflags)
{
	unsigned int size = e->insn.opnd[0].size;
	unsigned int op = e->insn.op;
	u64 acc;

	switch (op) {
	case VTX_OP_ROL ... VTX_OP_SAR:
		return vtx_emul_shift(op, size, dst, src, rflags);
	case VTX_OP_SHLD:
	case VTX_OP_SHRD:
		return vtx_emul_shift_double(op, size, dst, src, third, rflags);
	case VTX_OP_BT ... VTX_OP_BTC:
		return vtx_emul_bit(op, size, dst, src, rflags);
	case VTX_OP_XADD:
		return vtx_emul_alu(VTX_OP_ADD, size, dst, src, rflags);
	case VTX_OP_XCHG:
		return src;
	case VTX_OP_CMPXCHG:
		acc = vtx_emul_gpr(e, VTX_EMUL_RAX, size);
		vtx_emul_alu(VTX_OP_CMP, size, acc, dst, rflags);
		return acc == dst ? src : dst;
	default:
		return vtx_emul_alu(op, size, dst, src, rflags);
	}
}

/* The second register that XADD, XCHG and CMPXCHG change. */
static enum vtx_emul_result store_second(struct vtx_emul *e, u64 old)
{
	const struct vtx_emul_insn *insn = &e->insn;

	if (insn->op == VTX_OP_XADD || insn->op == VTX_OP_XCHG)
		return vtx_emul_store(e, &insn->opnd[1], old);
	if (insn->op == VTX_OP_CMPXCHG && !(e->regs.rflags & VTX_EMUL_ZF))
		vtx_emul_set_gpr(e, VTX_EMUL_RAX, insn->opnd[0].size, old);
	return VTX_EMUL_DONE;
}

/*
 * A CMPXCHG that fails writes its old value back to memory, but not to a
 * register: bits 63:32 stay.
 */
static bool keeps_register(const struct vtx_emul *e, u64 rflags)
{
	return e->insn.op == VTX_OP_CMPXCHG && !(rflags & VTX_EMUL_ZF) &&
	       e->insn.opnd[0].place != VTX_PLACE_MEM;
}

static enum vtx_emul_result load_sources(struct vtx_emul *e, u64 *src,
					 u64 *third)
{
	enum vtx_emul_result r;

	r = vtx_emul_load(e, &e->insn.opnd[1], src);
	return r ? r : vtx_emul_load(e, &e->insn.opnd[2], third);
}

/**
 * vtx_emul_exec_modify - execute a read-modify-write instruction
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_modify(struct vtx_emul *e)
{
	const struct vtx_emul_operand *o = &e->insn.opnd[0];
	bool lock = e->insn.lock || e->insn.op == VTX_OP_XCHG;
	u64 src, third, old, value, rflags, seen;
	unsigned int attempts = LOCK_ATTEMPTS;
	enum vtx_emul_result r;

	r = load_sources(e, &src, &third);
	if (r)
		return r;
	r = vtx_emul_load_rmw(e, o, &old);
	if (r)
		return r;
	do {
		rflags = e->undo.rflags;
		value = compute(e, old, src, third, &rflags);
		seen = old;
		if (keeps_register(e, rflags))
			break;
		r = vtx_emul_store_rmw(e, o, &old, value, lock);
	} while (r == VTX_EMUL_MISMATCH && --attempts);
	if (r == VTX_EMUL_MISMATCH)
		return VTX_EMUL_AGAIN;
	if (r)
		return r;
	e->regs.rflags = rflags;
	/* XADD of a register with itself: the sum is written last and stays. */
	r = store_second(e, seen);
	if (!r && e->insn.op == VTX_OP_XADD && o->place != VTX_PLACE_MEM)
		r = vtx_emul_store(e, o, value);
	return r;
}

/**
 * vtx_emul_exec_compare - execute CMP, TEST and BT
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_compare(struct vtx_emul *e)
{
	enum vtx_emul_result r;
	u64 dst, src, third;

	r = load_sources(e, &src, &third);
	if (r)
		return r;
	r = vtx_emul_load(e, &e->insn.opnd[0], &dst);
	if (r)
		return r;
	compute(e, dst, src, third, &e->regs.rflags);
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result store_wide(struct vtx_emul *e, u64 *old,
				       const u64 *value, unsigned int size)
{
	u64 ea = vtx_emul_ea(e);

	if (e->insn.lock)
		return vtx_emul_mem_cmpxchg(e, e->insn.mem.seg, ea, old, value,
					    size);
	return vtx_emul_mem_write(e, e->insn.mem.seg, ea, value, size);
}

/**
 * vtx_emul_exec_cmpxchg16b - execute CMPXCHG8B and CMPXCHG16B
 * @e: emulator
 *
 * Memory is written in any case, with its old value if the comparison fails:
 * SDM 2A "CMPXCHG8B/CMPXCHG16B".
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_cmpxchg16b(struct vtx_emul *e)
{
	unsigned int size = e->insn.opnd[0].size, half = size / 2;
	u64 low = vtx_emul_gpr(e, VTX_EMUL_RAX, half);
	u64 high = vtx_emul_gpr(e, VTX_EMUL_RDX, half);
	unsigned int shift = half * 8 % 64, attempts = LOCK_ATTEMPTS;
	u64 old[2] = { 0 }, value[2], seen[2];
	enum vtx_emul_result r;
	bool equal;

	if (size == 16 && (vtx_emul_seg_base(e, e->insn.mem.seg) +
			   vtx_emul_ea(e)) & 15)
		return vtx_emul_gp(e);
	r = vtx_emul_mem_read_rmw(e, e->insn.mem.seg, vtx_emul_ea(e), old,
				  size);
	if (r)
		return r;
	do {
		seen[0] = old[0] & vtx_emul_mask(half);
		seen[1] = size == 16 ? old[1] : old[0] >> shift;
		equal = seen[0] == low && seen[1] == high;
		value[0] = equal ? vtx_emul_gpr(e, VTX_EMUL_RBX, half) :
			   seen[0];
		value[1] = equal ? vtx_emul_gpr(e, VTX_EMUL_RCX, half) :
			   seen[1];
		if (size == 8)
			value[0] |= value[1] << shift;
		r = store_wide(e, old, value, size);
	} while (r == VTX_EMUL_MISMATCH && --attempts);
	if (r == VTX_EMUL_MISMATCH)
		return VTX_EMUL_AGAIN;
	if (r)
		return r;
	e->regs.rflags &= ~VTX_EMUL_ZF;
	if (equal) {
		e->regs.rflags |= VTX_EMUL_ZF;
		return VTX_EMUL_DONE;
	}
	vtx_emul_set_gpr(e, VTX_EMUL_RAX, half, seen[0]);
	vtx_emul_set_gpr(e, VTX_EMUL_RDX, half, seen[1]);
	return VTX_EMUL_DONE;
}
