// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: running an instruction.
 *
 * A run decodes if needed, calls the executor of the instruction's family, and
 * then either retires the instruction or puts the registers back. Executors
 * change e->regs as they go and need not care in which order: general
 * registers and flags are kept in e->undo, and the rest (segment and vector
 * registers) is written as the last step of the few executors that do.
 *
 * A REP instruction is a sequence of small instructions. After each iteration
 * but the last string.c calls vtx_emul_commit(), which makes the registers
 * reached so far the ones to return to, and empties the log.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

#define XCR0_SSE_AVX		6ull

static void save_undo(struct vtx_emul *e)
{
	memcpy(e->undo.gpr, e->regs.gpr, sizeof(e->undo.gpr));
	e->undo.rflags = e->regs.rflags;
}

static void restore_undo(struct vtx_emul *e)
{
	memcpy(e->regs.gpr, e->undo.gpr, sizeof(e->undo.gpr));
	e->regs.rflags = e->undo.rflags;
}

/**
 * vtx_emul_commit - make an iteration of a REP instruction final
 * @e: emulator
 */
void vtx_emul_commit(struct vtx_emul *e)
{
	save_undo(e);
	vtx_emul_log_reset(e);
}

/**
 * vtx_emul_condition - evaluate a condition code
 * @rflags: flags
 * @cc: low four bits of the opcode of Jcc, SETcc or CMOVcc
 *
 * Return: true if it holds.
 */
bool vtx_emul_condition(u64 rflags, unsigned int cc)
{
	bool cf = rflags & VTX_EMUL_CF, zf = rflags & VTX_EMUL_ZF;
	bool sf = rflags & VTX_EMUL_SF, of = rflags & VTX_EMUL_OF;
	bool yes;

	switch (cc >> 1 & 7) {
	case 0:
		yes = of;
		break;
	case 1:
		yes = cf;
		break;
	case 2:
		yes = zf;
		break;
	case 3:
		yes = cf || zf;
		break;
	case 4:
		yes = sf;
		break;
	case 5:
		yes = rflags & VTX_EMUL_PF;
		break;
	case 6:
		yes = sf != of;
		break;
	default:
		yes = zf || sf != of;
	}
	return yes != (cc & 1);
}

/* #UD and #NM of vector instructions come before any memory access. */
static enum vtx_emul_result check_vector_state(struct vtx_emul *e)
{
	const struct vtx_emul_regs *regs = &e->regs;
	unsigned int flags = e->insn.flags;

	if (!(flags & (VTX_INSN_SSE | VTX_INSN_MMX | VTX_INSN_AVX)))
		return VTX_EMUL_DONE;
	if (flags & VTX_INSN_AVX) {
		if (!(regs->cr4 & VTX_EMUL_CR4_OSXSAVE) ||
		    (regs->xcr0 & XCR0_SSE_AVX) != XCR0_SSE_AVX)
			return vtx_emul_ud(e);
	} else if (regs->cr0 & VTX_EMUL_CR0_EM) {
		return vtx_emul_ud(e);
	}
	if (flags & VTX_INSN_SSE && !(regs->cr4 & VTX_EMUL_CR4_OSFXSR))
		return vtx_emul_ud(e);
	if (regs->cr0 & VTX_EMUL_CR0_TS)
		return vtx_emul_raise(e, VECTOR_NM);
	return VTX_EMUL_DONE;
}

/* CLFLUSH and its kin may fault like a byte read but transfer nothing. */
static enum vtx_emul_result exec_clflush(struct vtx_emul *e)
{
	enum vtx_emul_result r;
	u64 gva;

	r = vtx_emul_linear(e, e->insn.mem.seg, vtx_emul_ea(e), 1, false, &gva);
	return r ? r : vtx_emul_mem_probe(e, gva, 1, false);
}

/* The one place where tokens meet executors. Direct calls only. */
static enum vtx_emul_result execute(struct vtx_emul *e)
{
	switch (e->insn.op) {
	case VTX_OP_NOP:
		return VTX_EMUL_DONE;
	case VTX_OP_ADD ... VTX_OP_XOR:
	case VTX_OP_ROL ... VTX_OP_NEG:
	case VTX_OP_BTS ... VTX_OP_CMPXCHG:
		return vtx_emul_exec_modify(e);
	case VTX_OP_CMP:
	case VTX_OP_TEST:
	case VTX_OP_BT:
		return vtx_emul_exec_compare(e);
	case VTX_OP_CMPXCHG16B:
		return vtx_emul_exec_cmpxchg16b(e);
	case VTX_OP_MOV ... VTX_OP_RORX:
		return vtx_emul_exec_transfer(e);
	case VTX_OP_MUL ... VTX_OP_IDIV:
		return vtx_emul_exec_muldiv(e);
	case VTX_OP_CBW ... VTX_OP_STI:
	case VTX_OP_XLAT:
		return vtx_emul_exec_implied(e);
	case VTX_OP_PUSH ... VTX_OP_LEAVE:
		return vtx_emul_exec_stack(e);
	case VTX_OP_CALL ... VTX_OP_JCXZ:
		return vtx_emul_exec_branch(e);
	case VTX_OP_MOV_TO_SREG:
	case VTX_OP_MOV_FROM_SREG:
		return vtx_emul_exec_sreg(e);
	case VTX_OP_MOVS ... VTX_OP_OUTS:
		return vtx_emul_exec_string(e);
	case VTX_OP_IN:
	case VTX_OP_OUT:
		return vtx_emul_exec_port(e);
	case VTX_OP_VMOV ... VTX_OP_VMOVHI:
		return vtx_emul_exec_vector(e);
	case VTX_OP_MOVDIR64B:
		return vtx_emul_exec_movdir64b(e);
	case VTX_OP_CLFLUSH:
		return exec_clflush(e);
	default:
		return VTX_EMUL_CANNOT;
	}
}

/*
 * SDM 3B "Single-Step Exception Condition": TF as it was at the start counts. A
 * load of SS holds the trap off, together with interrupts.
 */
static void retire(struct vtx_emul *e)
{
	e->trap = e->undo.rflags & VTX_EMUL_TF &&
		  !(e->shadow & VTX_EMUL_SHADOW_MOV_SS);
	e->regs.rip = e->next_rip;
	e->regs.rflags &= ~VTX_EMUL_RF;
}

/**
 * vtx_emul_init - prepare an emulator
 * @e: emulator
 * @ops: environment
 * @opaque: for the ops
 */
void vtx_emul_init(struct vtx_emul *e, const struct vtx_emul_ops *ops,
		   void *opaque)
{
	memset(e, 0, sizeof(*e));
	e->ops = ops;
	e->opaque = opaque;
}

/**
 * vtx_emul_begin - start a new instruction
 * @e: emulator, with @e->regs filled in
 *
 * Whatever was left of another instruction is forgotten.
 */
void vtx_emul_begin(struct vtx_emul *e)
{
	e->decoded = false;
	e->ongoing = false;
	vtx_emul_set_mode(e);
	vtx_emul_log_reset(e);
}

/**
 * vtx_emul_set_insn - the instruction is known from before
 * @e: emulator after vtx_emul_begin()
 * @insn: what decoding at this place, in this mode and with these features would
 *	make; of the bytes only those of the instruction itself need be there
 */
void vtx_emul_set_insn(struct vtx_emul *e, const struct vtx_emul_insn *insn)
{
	e->insn = *insn;
	e->decoded = true;
}

/**
 * vtx_emul_run - decode and execute one instruction
 * @e: emulator after vtx_emul_begin() or vtx_emul_complete()
 *
 * Return: see enum vtx_emul_result.
 */
enum vtx_emul_result vtx_emul_run(struct vtx_emul *e)
{
	enum vtx_emul_result r = VTX_EMUL_DONE;

	e->shadow = 0;
	e->trap = false;
	if (!e->ongoing)
		e->iterations = 0;
	save_undo(e);
	if (!e->decoded)
		r = vtx_emul_decode(e);
	if (!r)
		r = check_vector_state(e);
	if (!r) {
		vtx_emul_log_rewind(e);
		vtx_emul_set_next_rip(e);
		r = execute(e);
	}
	if (r == VTX_EMUL_DONE)
		retire(e);
	else
		restore_undo(e);
	if (r == VTX_EMUL_FAULT)
		e->regs.rflags |= VTX_EMUL_RF;
	e->ongoing = r == VTX_EMUL_PENDING;
	if (!e->ongoing)
		vtx_emul_log_reset(e);
	return r;
}
