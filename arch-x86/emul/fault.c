// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: exceptions and operating mode.
 *
 * Every guest fault that the emulator itself finds is made here. Page faults,
 * and whatever else an op finds, are filled in by the op. Only the vector and
 * error code are recorded; registers are put back by the caller of the
 * executor, so a fault may be raised at any point of an instruction.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

/**
 * vtx_emul_raise - record an exception
 * @e: emulator
 * @vector: one that instructions here raise; its error code, if any, is 0
 *
 * Return: VTX_EMUL_FAULT.
 */
enum vtx_emul_result vtx_emul_raise(struct vtx_emul *e, unsigned int vector)
{
	e->fault.vector = vector;
	e->fault.error = 0;
	e->fault.cr2 = 0;
	/* Real mode pushes no error codes. */
	e->fault.has_error = !e->real &&
		(vector == VECTOR_SS || vector == VECTOR_GP ||
		 vector == VECTOR_AC);
	return VTX_EMUL_FAULT;
}

/**
 * vtx_emul_gp - raise #GP(0)
 * @e: emulator
 *
 * Return: VTX_EMUL_FAULT.
 */
enum vtx_emul_result vtx_emul_gp(struct vtx_emul *e)
{
	return vtx_emul_raise(e, VECTOR_GP);
}

/**
 * vtx_emul_seg_fault - raise what a bad offset in a segment raises
 * @e: emulator
 * @seg: segment register
 *
 * Return: VTX_EMUL_FAULT.
 */
enum vtx_emul_result vtx_emul_seg_fault(struct vtx_emul *e, unsigned int seg)
{
	return vtx_emul_raise(e, seg == VTX_EMUL_SS ? VECTOR_SS : VECTOR_GP);
}

/**
 * vtx_emul_ud - raise #UD
 * @e: emulator
 *
 * Return: VTX_EMUL_FAULT.
 */
enum vtx_emul_result vtx_emul_ud(struct vtx_emul *e)
{
	return vtx_emul_raise(e, VECTOR_UD);
}

/**
 * vtx_emul_set_mode - derive the operating mode from the registers
 * @e: emulator, with @e->regs filled in
 */
void vtx_emul_set_mode(struct vtx_emul *e)
{
	const struct vtx_emul_regs *regs = &e->regs;
	u32 ar = regs->seg[VTX_EMUL_CS].ar;

	e->real = !(regs->cr0 & VTX_EMUL_CR0_PE);
	e->v86 = !e->real && regs->rflags & VTX_EMUL_VM;
	if (regs->efer & VTX_EMUL_EFER_LMA && ar & VTX_EMUL_AR_LONG)
		e->bits = 64;
	else if (ar & VTX_EMUL_AR_BIG && !e->v86)
		e->bits = 32;
	else
		e->bits = 16;
}
