// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: moves of MMX, SSE and AVX registers.
 *
 * A vector value is a buffer of 32 bytes; no vector instruction is executed
 * here. Registers are reached through the ops, and written as the last step.
 *
 * A legacy SSE instruction keeps what lies above bit 127 of its destination, a
 * VEX-encoded one clears everything above what it writes (SDM 1 "Fused
 * Multiply-ADD" chapter, and SDM 2A "Instruction Operand Encoding and VEX.vvvv,
 * ModR/M"). Non-temporal moves are plain ones.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

#define VECTOR_BYTES	32

/*
 * MOVAPS and its kin: #GP(0) unless aligned to the operand's size, and that
 * even if the address is one that SS does not allow.
 */
static enum vtx_emul_result check_aligned(struct vtx_emul *e, unsigned int size)
{
	u64 gva = vtx_emul_seg_base(e, e->insn.mem.seg) + vtx_emul_ea(e);

	if (e->insn.flags & VTX_INSN_ALIGN && gva & (size - 1))
		return vtx_emul_gp(e);
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result get_xmm(struct vtx_emul *e, unsigned int reg,
				    void *buf)
{
	return vtx_emul_op_result(e->ops->vec_get(e, VTX_EMUL_XMM, reg, buf,
						  16));
}

static enum vtx_emul_result set_xmm(struct vtx_emul *e, unsigned int reg,
				    const void *buf)
{
	return vtx_emul_op_result(e->ops->vec_set(e, VTX_EMUL_XMM, reg, buf, 16,
						  e->insn.vex));
}

static enum vtx_emul_result get_vector(struct vtx_emul *e,
				       const struct vtx_emul_operand *o,
				       void *buf)
{
	enum vtx_emul_file file = o->place == VTX_PLACE_MMX ? VTX_EMUL_MMX :
							      VTX_EMUL_XMM;

	return vtx_emul_op_result(e->ops->vec_get(e, file, o->reg, buf,
						  o->size));
}

static enum vtx_emul_result set_vector(struct vtx_emul *e,
				       const struct vtx_emul_operand *o,
				       const void *buf)
{
	if (o->place == VTX_PLACE_MMX)
		return vtx_emul_op_result(e->ops->vec_set(e, VTX_EMUL_MMX,
							  o->reg, buf, 8,
							  false));
	return vtx_emul_op_result(e->ops->vec_set(e, VTX_EMUL_XMM, o->reg, buf,
						  o->size > 16 ? 32 : 16,
						  e->insn.vex));
}

/* Value of @o, zero-extended to the whole buffer. */
static enum vtx_emul_result load_vector(struct vtx_emul *e,
					const struct vtx_emul_operand *o,
					u8 *buf)
{
	enum vtx_emul_result r;
	u64 value;

	memset(buf, 0, VECTOR_BYTES);
	switch (o->place) {
	case VTX_PLACE_MEM:
		r = check_aligned(e, o->size);
		if (r)
			return r;
		return vtx_emul_mem_read(e, e->insn.mem.seg, vtx_emul_ea(e),
					 buf, o->size);
	case VTX_PLACE_GPR:
		value = vtx_emul_gpr(e, o->reg, o->size);
		memcpy(buf, &value, sizeof(value));
		return VTX_EMUL_DONE;
	default:
		return get_vector(e, o, buf);
	}
}

/* Write @size bytes of @buf; a register takes what is zero above them too. */
static enum vtx_emul_result store_vector(struct vtx_emul *e,
					 const struct vtx_emul_operand *o,
					 const u8 *buf)
{
	enum vtx_emul_result r;
	u64 value;

	switch (o->place) {
	case VTX_PLACE_MEM:
		r = check_aligned(e, o->size);
		if (r)
			return r;
		return vtx_emul_mem_write(e, e->insn.mem.seg, vtx_emul_ea(e),
					  buf, o->size);
	case VTX_PLACE_GPR:
		memcpy(&value, buf, sizeof(value));
		vtx_emul_set_gpr(e, o->reg, o->size, value);
		return VTX_EMUL_DONE;
	default:
		return set_vector(e, o, buf);
	}
}

static enum vtx_emul_result move_whole(struct vtx_emul *e)
{
	u8 buf[VECTOR_BYTES];
	enum vtx_emul_result r;

	r = load_vector(e, &e->insn.opnd[1], buf);
	return r ? r : store_vector(e, &e->insn.opnd[0], buf);
}

/* The register that gives the bytes which a partial move does not replace. */
static unsigned int merge_source(const struct vtx_emul_insn *insn)
{
	return insn->vex ? insn->opnd[2].reg : insn->opnd[0].reg;
}

/* MOVSS and MOVSD between registers replace the low element only. */
static enum vtx_emul_result move_scalar(struct vtx_emul *e)
{
	const struct vtx_emul_insn *insn = &e->insn;
	u8 src[VECTOR_BYTES], dst[VECTOR_BYTES];
	enum vtx_emul_result r;

	if (insn->opnd[0].place == VTX_PLACE_MEM ||
	    insn->opnd[1].place == VTX_PLACE_MEM)
		return move_whole(e);
	r = load_vector(e, &insn->opnd[1], src);
	if (r)
		return r;
	r = get_xmm(e, merge_source(insn), dst);
	if (r)
		return r;
	memcpy(dst, src, insn->opnd[1].size);
	return set_xmm(e, insn->opnd[0].reg, dst);
}

/*
 * MOVLPS, MOVHPS and their kin: one quadword of a register. Between registers
 * the source is the other quadword (MOVHLPS, MOVLHPS).
 */
static enum vtx_emul_result move_half(struct vtx_emul *e)
{
	const struct vtx_emul_insn *insn = &e->insn;
	unsigned int half = insn->op == VTX_OP_VMOVHI ? 8 : 0;
	u8 src[VECTOR_BYTES], dst[VECTOR_BYTES];
	enum vtx_emul_result r;

	if (insn->opnd[0].place == VTX_PLACE_MEM) {
		r = get_xmm(e, insn->opnd[1].reg, src);
		return r ? r : store_vector(e, &insn->opnd[0], src + half);
	}
	if (insn->opnd[1].place == VTX_PLACE_MEM) {
		r = load_vector(e, &insn->opnd[1], src);
	} else {
		r = get_xmm(e, insn->opnd[1].reg, src);
		if (!half)
			memcpy(src, src + 8, 8);
	}
	if (r)
		return r;
	r = get_xmm(e, merge_source(insn), dst);
	if (r)
		return r;
	memcpy(dst + half, src, 8);
	return set_xmm(e, insn->opnd[0].reg, dst);
}

/**
 * vtx_emul_exec_vector - execute a vector move
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_vector(struct vtx_emul *e)
{
	switch (e->insn.op) {
	case VTX_OP_VMOV:
		return move_whole(e);
	case VTX_OP_VMOVS:
		return move_scalar(e);
	default:
		return move_half(e);
	}
}

/**
 * vtx_emul_exec_movdir64b - execute MOVDIR64B
 * @e: emulator
 *
 * 64 bytes from memory to ES:reg (no override), which must be aligned to them.
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_movdir64b(struct vtx_emul *e)
{
	u64 dst = vtx_emul_gpr(e, e->insn.opnd[0].reg, e->insn.adsize);
	enum vtx_emul_result r;
	u64 from, to;

	r = vtx_emul_linear(e, e->insn.mem.seg, vtx_emul_ea(e), 64, false,
			    &from);
	if (r)
		return r;
	r = vtx_emul_gva_read(e, from, e->bulk, 64);
	if (r)
		return r;
	r = vtx_emul_linear(e, VTX_EMUL_ES, dst, 64, true, &to);
	if (r)
		return r;
	if (to & 63)
		return vtx_emul_gp(e);
	return vtx_emul_gva_write(e, to, e->bulk, 64);
}
