/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruction emulator: what its files offer to each other, grouped by file.
 *
 * Functions that may not finish return enum vtx_emul_result; zero
 * (VTX_EMUL_DONE) means go on, anything else is handed up unchanged.
 */
#ifndef VTX_EMUL_INTERNAL_H
#define VTX_EMUL_INTERNAL_H

#include <linux/string.h>
#include <linux/types.h>

#include "arch-x86/emul/emul.h"

/* The vectors of the exceptions that are found here. */
#define VECTOR_DE		0
#define VECTOR_UD		6
#define VECTOR_NM		7
#define VECTOR_SS		12
#define VECTOR_GP		13
#define VECTOR_AC		17

#define VTX_EMUL_PAGE		4096u
#define VTX_EMUL_FLAGS_ARITH	(VTX_EMUL_CF | VTX_EMUL_PF | VTX_EMUL_AF | \
				 VTX_EMUL_ZF | VTX_EMUL_SF | VTX_EMUL_OF)

/* All ones in the low @size bytes. */
static inline u64 vtx_emul_mask(unsigned int size)
{
	return size >= 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

/* The low @size bytes of @value as a signed number. */
static inline u64 vtx_emul_sext(u64 value, unsigned int size)
{
	u64 sign = 1ull << (size * 8 - 1);

	return ((value & vtx_emul_mask(size)) ^ sign) - sign;
}

/* Where execution goes on, unless the instruction is a branch. */
static inline void vtx_emul_set_next_rip(struct vtx_emul *e)
{
	e->next_rip = e->regs.rip + e->insn.len;
	if (e->bits != 64)
		e->next_rip = (u32)e->next_rip;
}

/* What executors hand up of an op's answer. */
static inline enum vtx_emul_result vtx_emul_op_result(enum vtx_emul_result r)
{
	return r <= VTX_EMUL_PENDING ? r : VTX_EMUL_CANNOT;
}

/* fault.c: exceptions, and the modes that decide about them */
enum vtx_emul_result vtx_emul_raise(struct vtx_emul *e, unsigned int vector);
enum vtx_emul_result vtx_emul_gp(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_seg_fault(struct vtx_emul *e, unsigned int seg);
enum vtx_emul_result vtx_emul_ud(struct vtx_emul *e);
void vtx_emul_set_mode(struct vtx_emul *e);

/* segment.c: offset in a segment to linear address */
enum vtx_emul_result vtx_emul_linear(struct vtx_emul *e, unsigned int seg,
				     u64 offset, unsigned int len, bool write,
				     u64 *gva);
enum vtx_emul_result vtx_emul_check_rip(struct vtx_emul *e, u64 rip);
u64 vtx_emul_seg_base(const struct vtx_emul *e, unsigned int seg);

/* memory.c: accesses through the ops, split at pages, replayed from the log */
enum vtx_emul_result vtx_emul_mem_read(struct vtx_emul *e, unsigned int seg,
				       u64 offset, void *dst, unsigned int len);
enum vtx_emul_result vtx_emul_mem_write(struct vtx_emul *e, unsigned int seg,
					u64 offset, const void *src,
					unsigned int len);
enum vtx_emul_result vtx_emul_mem_read_rmw(struct vtx_emul *e,
					   unsigned int seg, u64 offset,
					   void *dst, unsigned int len);
enum vtx_emul_result vtx_emul_mem_check_write(struct vtx_emul *e,
					      unsigned int seg, u64 offset,
					      unsigned int len);
enum vtx_emul_result vtx_emul_mem_cmpxchg(struct vtx_emul *e, unsigned int seg,
					  u64 offset, void *expected,
					  const void *desired,
					  unsigned int len);
enum vtx_emul_result vtx_emul_mem_probe(struct vtx_emul *e, u64 gva,
					unsigned int len, bool write);
enum vtx_emul_result vtx_emul_gva_read(struct vtx_emul *e, u64 gva, void *dst,
				       unsigned int len);
enum vtx_emul_result vtx_emul_gva_write(struct vtx_emul *e, u64 gva,
					const void *src, unsigned int len);
enum vtx_emul_result vtx_emul_port_in(struct vtx_emul *e, u16 port, void *dst,
				      unsigned int size, unsigned int count);
enum vtx_emul_result vtx_emul_port_out(struct vtx_emul *e, u16 port,
				       const void *src, unsigned int size,
				       unsigned int count);
void vtx_emul_log_rewind(struct vtx_emul *e);
void vtx_emul_log_reset(struct vtx_emul *e);

/* operand.c: values of operands */
u64 vtx_emul_gpr(const struct vtx_emul *e, unsigned int reg, unsigned int size);
void vtx_emul_set_gpr(struct vtx_emul *e, unsigned int reg, unsigned int size,
		      u64 value);
u64 vtx_emul_ea(const struct vtx_emul *e);
enum vtx_emul_result vtx_emul_load(struct vtx_emul *e,
				   const struct vtx_emul_operand *o,
				   u64 *value);
enum vtx_emul_result vtx_emul_load_rmw(struct vtx_emul *e,
				       const struct vtx_emul_operand *o,
				       u64 *value);
enum vtx_emul_result vtx_emul_store(struct vtx_emul *e,
				    const struct vtx_emul_operand *o,
				    u64 value);
enum vtx_emul_result vtx_emul_store_rmw(struct vtx_emul *e,
					const struct vtx_emul_operand *o,
					u64 *old, u64 value, bool lock);

/* alu.c, shift.c: values and flags only */
u64 vtx_emul_alu(unsigned int op, unsigned int size, u64 dst, u64 src,
		 u64 *rflags);
u64 vtx_emul_shift(unsigned int op, unsigned int size, u64 dst,
		   unsigned int count, u64 *rflags);
u64 vtx_emul_shift_double(unsigned int op, unsigned int size, u64 dst,
			  u64 src, unsigned int count, u64 *rflags);
u64 vtx_emul_bit(unsigned int op, unsigned int size, u64 dst, u64 index,
		 u64 *rflags);
void vtx_emul_flags_result(unsigned int size, u64 result, u64 *rflags);

/* one executor per family; see exec.c for which tokens it is called with */
enum vtx_emul_result vtx_emul_exec_modify(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_compare(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_cmpxchg16b(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_transfer(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_muldiv(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_implied(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_sreg(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_stack(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_branch(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_string(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_port(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_vector(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_exec_movdir64b(struct vtx_emul *e);

/* implied.c */
void vtx_emul_set_sreg(struct vtx_emul *e, unsigned int reg, u16 selector);

/* exec.c */
void vtx_emul_commit(struct vtx_emul *e);
bool vtx_emul_condition(u64 rflags, unsigned int cc);

/* stack.c */
enum vtx_emul_result vtx_emul_push(struct vtx_emul *e, u64 value,
				   unsigned int size);
enum vtx_emul_result vtx_emul_pop(struct vtx_emul *e, u64 *value,
				  unsigned int size);
unsigned int vtx_emul_stack_size(const struct vtx_emul *e);

#endif
