// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: string instructions and ports.
 *
 * One iteration moves one element; REP repeats until rCX is zero, or ZF says
 * stop (CMPS, SCAS), or the limit of iterations is reached, or RFLAGS.TF is
 * set, which traps after each iteration. Every iteration but the last is
 * committed before the next begins. The last one is committed by retiring the
 * instruction.
 *
 * The source is rSI in DS, which can be overridden; the destination is rDI in
 * ES, which cannot. rSI, rDI and rCX are used and wrapped at the address size.
 *
 * String I/O going upwards takes many elements in one step, as much as lies in
 * one page, because each port operation may be a trip to user space. INS checks
 * its destination before it reads the port: what was read cannot be put back.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

#define DEFAULT_REP_LIMIT	4096

static u64 string_offset(const struct vtx_emul *e, unsigned int reg)
{
	return vtx_emul_gpr(e, reg, e->insn.adsize);
}

static void advance(struct vtx_emul *e, unsigned int reg, unsigned int bytes)
{
	u64 value = e->regs.gpr[reg];

	value += e->regs.rflags & VTX_EMUL_DF ? -(u64)bytes : bytes;
	vtx_emul_set_gpr(e, reg, e->insn.adsize, value);
}

static enum vtx_emul_result read_source(struct vtx_emul *e, u64 *value,
					unsigned int size)
{
	*value = 0;
	return vtx_emul_mem_read(e, e->insn.mem.seg,
				 string_offset(e, VTX_EMUL_RSI), value, size);
}

static enum vtx_emul_result read_dest(struct vtx_emul *e, u64 *value,
				      unsigned int size)
{
	*value = 0;
	return vtx_emul_mem_read(e, VTX_EMUL_ES,
				 string_offset(e, VTX_EMUL_RDI), value, size);
}

static enum vtx_emul_result write_dest(struct vtx_emul *e, u64 value,
				       unsigned int size)
{
	return vtx_emul_mem_write(e, VTX_EMUL_ES,
				  string_offset(e, VTX_EMUL_RDI), &value, size);
}

static enum vtx_emul_result one_cmps(struct vtx_emul *e, unsigned int size)
{
	enum vtx_emul_result r;
	u64 a, b;

	/* In the order in which Intel processors fault. */
	r = read_dest(e, &b, size);
	if (r)
		return r;
	r = read_source(e, &a, size);
	if (r)
		return r;
	vtx_emul_alu(VTX_OP_CMP, size, a, b, &e->regs.rflags);
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result one_scas(struct vtx_emul *e, unsigned int size)
{
	enum vtx_emul_result r;
	u64 b;

	r = read_dest(e, &b, size);
	if (r)
		return r;
	vtx_emul_alu(VTX_OP_CMP, size, e->regs.gpr[VTX_EMUL_RAX], b,
		     &e->regs.rflags);
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result one_lods(struct vtx_emul *e, unsigned int size)
{
	enum vtx_emul_result r;
	u64 value;

	r = read_source(e, &value, size);
	if (!r)
		vtx_emul_set_gpr(e, VTX_EMUL_RAX, size, value);
	return r;
}

static enum vtx_emul_result one_movs(struct vtx_emul *e, unsigned int size)
{
	enum vtx_emul_result r;
	u64 value;

	r = read_source(e, &value, size);
	return r ? r : write_dest(e, value, size);
}

/*
 * How many of @count elements can be moved in one step: all that lie in the
 * page and within the segment, else one.
 */
static unsigned int bulk_count(struct vtx_emul *e, unsigned int seg,
			       u64 offset, unsigned int size, u64 count,
			       bool write)
{
	u64 room = vtx_emul_mask(e->insn.adsize) - offset;
	u64 bytes = VTX_EMUL_BULK, gva;

	if (count == 1 || e->regs.rflags & VTX_EMUL_DF ||
	    vtx_emul_linear(e, seg, offset, 1, write, &gva))
		return 1;
	if (bytes > VTX_EMUL_PAGE - gva % VTX_EMUL_PAGE)
		bytes = VTX_EMUL_PAGE - gva % VTX_EMUL_PAGE;
	if (bytes > room)
		bytes = room;
	bytes -= bytes % size;
	if (bytes > count * size)
		bytes = count * size;
	if (!bytes || vtx_emul_linear(e, seg, offset, bytes, write, &gva))
		return 1;
	return bytes / size;
}

/* INS and OUTS: on return @count says how many elements were moved. */
static enum vtx_emul_result step_ins(struct vtx_emul *e, unsigned int size,
				     u64 *count)
{
	u16 port = e->regs.gpr[VTX_EMUL_RDX];
	u64 offset = string_offset(e, VTX_EMUL_RDI), gva;
	enum vtx_emul_result r;
	unsigned int bytes;

	*count = bulk_count(e, VTX_EMUL_ES, offset, size, *count, true);
	bytes = *count * size;
	r = vtx_emul_linear(e, VTX_EMUL_ES, offset, bytes, true, &gva);
	if (r)
		return r;
	r = vtx_emul_mem_probe(e, gva, bytes, true);
	if (r)
		return r;
	r = vtx_emul_port_in(e, port, e->bulk, size, *count);
	return r ? r : vtx_emul_gva_write(e, gva, e->bulk, bytes);
}

static enum vtx_emul_result step_outs(struct vtx_emul *e, unsigned int size,
				      u64 *count)
{
	u16 port = e->regs.gpr[VTX_EMUL_RDX];
	u64 offset = string_offset(e, VTX_EMUL_RSI), gva;
	unsigned int seg = e->insn.mem.seg, bytes;
	enum vtx_emul_result r;

	*count = bulk_count(e, seg, offset, size, *count, false);
	bytes = *count * size;
	r = vtx_emul_linear(e, seg, offset, bytes, false, &gva);
	if (r)
		return r;
	r = vtx_emul_gva_read(e, gva, e->bulk, bytes);
	return r ? r : vtx_emul_port_out(e, port, e->bulk, size, *count);
}

/* Up to *@count elements; says how many. Pointers are moved. */
static enum vtx_emul_result step(struct vtx_emul *e, u64 *count)
{
	unsigned int size = e->insn.opnd[0].size, op = e->insn.op;
	enum vtx_emul_result r;

	if (op != VTX_OP_INS && op != VTX_OP_OUTS)
		*count = 1;
	switch (op) {
	case VTX_OP_MOVS:
		r = one_movs(e, size);
		break;
	case VTX_OP_CMPS:
		r = one_cmps(e, size);
		break;
	case VTX_OP_STOS:
		r = write_dest(e, e->regs.gpr[VTX_EMUL_RAX], size);
		break;
	case VTX_OP_LODS:
		r = one_lods(e, size);
		break;
	case VTX_OP_SCAS:
		r = one_scas(e, size);
		break;
	case VTX_OP_INS:
		r = step_ins(e, size, count);
		break;
	default:
		r = step_outs(e, size, count);
	}
	if (r)
		return r;
	if (op == VTX_OP_MOVS || op == VTX_OP_CMPS || op == VTX_OP_LODS ||
	    op == VTX_OP_OUTS)
		advance(e, VTX_EMUL_RSI, *count * size);
	if (op != VTX_OP_LODS && op != VTX_OP_OUTS)
		advance(e, VTX_EMUL_RDI, *count * size);
	return VTX_EMUL_DONE;
}

/* CMPS and SCAS end early: REPE on a difference, REPNE on equality. */
static bool ended_by_zf(const struct vtx_emul *e)
{
	bool zf = e->regs.rflags & VTX_EMUL_ZF;

	if (e->insn.op != VTX_OP_CMPS && e->insn.op != VTX_OP_SCAS)
		return false;
	return e->insn.rep == 0xf3 ? !zf : zf;
}

/*
 * Between iterations Intel processors show the flags from before the
 * instruction, and RF set: SDM 3B "Instruction-Breakpoint Exception Condition".
 */
static enum vtx_emul_result leave_unfinished(struct vtx_emul *e, u64 rflags)
{
	e->regs.rflags = rflags | VTX_EMUL_RF;
	e->trap = rflags & VTX_EMUL_TF;
	vtx_emul_commit(e);
	return VTX_EMUL_AGAIN;
}

/*
 * With 32-bit addresses in 64-bit mode a count of zero still clears bits 63:32
 * of RCX, and on Intel processors of the pointers that MOVS and STOS write by.
 */
static void count_is_zero(struct vtx_emul *e)
{
	unsigned int op = e->insn.op;

	vtx_emul_set_gpr(e, VTX_EMUL_RCX, e->insn.adsize, 0);
	if (op == VTX_OP_MOVS || op == VTX_OP_STOS)
		advance(e, VTX_EMUL_RDI, 0);
	if (op == VTX_OP_MOVS)
		advance(e, VTX_EMUL_RSI, 0);
}

static enum vtx_emul_result repeat(struct vtx_emul *e)
{
	u32 limit = e->rep_limit ? e->rep_limit : DEFAULT_REP_LIMIT;
	unsigned int width = e->insn.adsize;
	enum vtx_emul_result r;
	u64 left, n, rflags;

	if (e->undo.rflags & VTX_EMUL_TF)
		limit = 1;
	rflags = e->regs.rflags;
	left = vtx_emul_gpr(e, VTX_EMUL_RCX, width);
	if (!left)
		count_is_zero(e);
	while (left) {
		n = left < limit - e->iterations ? left : limit - e->iterations;
		r = step(e, &n);
		if (r)
			return r;
		left -= n;
		vtx_emul_set_gpr(e, VTX_EMUL_RCX, width, left);
		e->iterations += n;
		if (!left || ended_by_zf(e))
			break;
		vtx_emul_commit(e);
		if (e->iterations >= limit)
			return leave_unfinished(e, rflags);
	}
	return VTX_EMUL_DONE;
}

/**
 * vtx_emul_exec_string - execute a string instruction
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, VTX_EMUL_AGAIN, or why not.
 */
enum vtx_emul_result vtx_emul_exec_string(struct vtx_emul *e)
{
	u64 one = 1;

	return e->insn.rep ? repeat(e) : step(e, &one);
}

/**
 * vtx_emul_exec_port - execute IN and OUT
 * @e: emulator
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_exec_port(struct vtx_emul *e)
{
	bool in = e->insn.op == VTX_OP_IN;
	const struct vtx_emul_operand *port_operand = &e->insn.opnd[in];
	unsigned int size = e->insn.opnd[!in].size;
	u64 value = e->regs.gpr[VTX_EMUL_RAX];
	enum vtx_emul_result r;
	u16 port = e->regs.gpr[VTX_EMUL_RDX];

	if (port_operand->place == VTX_PLACE_IMM)
		port = e->insn.imm & 0xff;
	if (!in)
		return vtx_emul_port_out(e, port, &value, size, 1);
	value = 0;
	r = vtx_emul_port_in(e, port, &value, size, 1);
	if (!r)
		vtx_emul_set_gpr(e, VTX_EMUL_RAX, size, value);
	return r;
}
