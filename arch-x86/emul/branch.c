// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: near branches.
 *
 * They matter where the stack or the branch target table is a device, or where
 * code runs from one. A target is cut to the operand size and checked against
 * the CS limit, or for canonical form, so that the #GP is reported at the
 * branch and not at its target.
 *
 * Far branches load CS and are not known here. Nor are branches under CET,
 * which may need a shadow stack or an ENDBRANCH at the target.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

static enum vtx_emul_result set_rip(struct vtx_emul *e, u64 target)
{
	target &= vtx_emul_mask(e->insn.opsize);
	e->next_rip = target;
	return vtx_emul_check_rip(e, target);
}

static enum vtx_emul_result jump_relative(struct vtx_emul *e)
{
	return set_rip(e, e->next_rip + e->insn.imm);
}

/* Target of CALL and JMP: relative, or the value of an operand. */
static enum vtx_emul_result load_target(struct vtx_emul *e, u64 *target)
{
	enum vtx_emul_result r;

	r = vtx_emul_load(e, &e->insn.opnd[0], target);
	if (e->insn.opnd[0].place == VTX_PLACE_IMM)
		*target += e->next_rip;
	return r;
}

static enum vtx_emul_result exec_call(struct vtx_emul *e)
{
	u64 from = e->next_rip, target;
	enum vtx_emul_result r;

	r = load_target(e, &target);
	if (r)
		return r;
	/* The push comes first: a bad target faults after the stack was hit. */
	r = vtx_emul_push(e, from, e->insn.opsize);
	return r ? r : set_rip(e, target);
}

static enum vtx_emul_result exec_jmp(struct vtx_emul *e)
{
	enum vtx_emul_result r;
	u64 target;

	r = load_target(e, &target);
	return r ? r : set_rip(e, target);
}

static enum vtx_emul_result exec_ret(struct vtx_emul *e)
{
	unsigned int width = vtx_emul_stack_size(e);
	enum vtx_emul_result r;
	u64 target;

	r = vtx_emul_pop(e, &target, e->insn.opsize);
	if (r)
		return r;
	vtx_emul_set_gpr(e, VTX_EMUL_RSP, width,
			 e->regs.gpr[VTX_EMUL_RSP] + (e->insn.imm & 0xffff));
	return set_rip(e, target);
}

/* LOOP, LOOPE, LOOPNE and JCXZ count in CX, ECX or RCX by the address size. */
static enum vtx_emul_result exec_loop(struct vtx_emul *e)
{
	unsigned int op = e->insn.op, width = e->insn.adsize;
	u64 count = vtx_emul_gpr(e, VTX_EMUL_RCX, width);
	bool zf = e->regs.rflags & VTX_EMUL_ZF;

	if (op == VTX_OP_JCXZ)
		return count ? VTX_EMUL_DONE : jump_relative(e);
	count = (count - 1) & vtx_emul_mask(width);
	vtx_emul_set_gpr(e, VTX_EMUL_RCX, width, count);
	if (!count || (op == VTX_OP_LOOPE && !zf) ||
	    (op == VTX_OP_LOOPNE && zf))
		return VTX_EMUL_DONE;
	return jump_relative(e);
}

/**
 * vtx_emul_exec_branch - execute a near branch
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_branch(struct vtx_emul *e)
{
	if (e->regs.cr4 & VTX_EMUL_CR4_CET)
		return VTX_EMUL_CANNOT;
	switch (e->insn.op) {
	case VTX_OP_CALL:
		return exec_call(e);
	case VTX_OP_JMP:
		return exec_jmp(e);
	case VTX_OP_RET:
		return exec_ret(e);
	case VTX_OP_JCC:
		if (!vtx_emul_condition(e->regs.rflags, e->insn.opcode))
			return VTX_EMUL_DONE;
		return jump_relative(e);
	default:
		return exec_loop(e);
	}
}
