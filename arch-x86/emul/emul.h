/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruction emulator: the interface.
 *
 * One guest instruction is decoded and executed against plain registers. All
 * that is outside the registers - memory, ports, vector registers - is reached
 * through struct vtx_emul_ops, so this directory needs nothing of the
 * hypervisor and runs unchanged in user space and under KUnit.
 *
 * How a caller uses it:
 *
 *	vtx_emul_init(e, &ops, opaque);		once per virtual CPU
 *	fill e->regs; vtx_emul_begin(e);	for each instruction
 *	r = vtx_emul_run(e);
 *	while r is VTX_EMUL_PENDING: let user space do the access, then
 *		vtx_emul_complete(e, bytes, len); r = vtx_emul_run(e);
 *	take e->regs back.
 *
 * An access that user space must finish does not keep a half-done instruction
 * alive. The instruction is undone and later run again from its first step.
 * Accesses that were completed are kept in a log and answered from there, in
 * order, so a device sees each of them once. This works because the sequence
 * of accesses of one instruction (of one iteration of a REP instruction)
 * depends on the registers only, never on a value that was read.
 */
#ifndef VTX_EMUL_H
#define VTX_EMUL_H

#include <linux/bits.h>
#include <linux/types.h>

#include "arch-x86/emul/insn.h"

/**
 * enum vtx_emul_result - what became of an instruction, or of one operation
 * @VTX_EMUL_DONE: finished; the registers hold the state after it
 * @VTX_EMUL_FAULT: the guest faults, see struct vtx_emul_fault; of the
 *	registers only RFLAGS.RF is changed (it is set, as the CPU sets it in
 *	the image it pushes for a fault), and a REP instruction has
 *	kept the iterations that came before
 * @VTX_EMUL_PENDING: user space has to finish an access, or an op cannot answer
 *	now; nothing is changed but finished REP iterations
 * @VTX_EMUL_AGAIN: a REP instruction was left after some iterations, or a
 *	locked update met too much contention, or is one of RAM that only the
 *	CPU can do; RIP is still at the instruction, and the guest may resume
 *	there
 * @VTX_EMUL_CANNOT: not known here; e->insn holds the bytes; no register is
 *	changed
 * @VTX_EMUL_MISMATCH: only from &vtx_emul_ops.compare_exchange: memory held
 *	another value
 * @VTX_EMUL_NOT_ATOMIC: only from &vtx_emul_ops.compare_exchange: a device is
 *	there; nothing was done, a plain write shall be used
 */
enum vtx_emul_result {
	VTX_EMUL_DONE,
	VTX_EMUL_FAULT,
	VTX_EMUL_PENDING,
	VTX_EMUL_AGAIN,
	VTX_EMUL_CANNOT,
	VTX_EMUL_MISMATCH,
	VTX_EMUL_NOT_ATOMIC,
};

/* CR0, CR4, EFER and RFLAGS bits that the emulator looks at. */
#define VTX_EMUL_CR0_PE		BIT_ULL(0)
#define VTX_EMUL_CR0_EM		BIT_ULL(2)
#define VTX_EMUL_CR0_TS		BIT_ULL(3)
#define VTX_EMUL_CR0_AM		BIT_ULL(18)
#define VTX_EMUL_CR4_OSFXSR	BIT_ULL(9)
#define VTX_EMUL_CR4_LA57	BIT_ULL(12)
#define VTX_EMUL_CR4_OSXSAVE	BIT_ULL(18)
#define VTX_EMUL_CR4_CET	BIT_ULL(23)
#define VTX_EMUL_EFER_LMA	BIT_ULL(10)

#define VTX_EMUL_CF		BIT_ULL(0)
#define VTX_EMUL_PF		BIT_ULL(2)
#define VTX_EMUL_AF		BIT_ULL(4)
#define VTX_EMUL_ZF		BIT_ULL(6)
#define VTX_EMUL_SF		BIT_ULL(7)
#define VTX_EMUL_TF		BIT_ULL(8)
#define VTX_EMUL_IF		BIT_ULL(9)
#define VTX_EMUL_DF		BIT_ULL(10)
#define VTX_EMUL_OF		BIT_ULL(11)
#define VTX_EMUL_IOPL		(3ull << 12)
#define VTX_EMUL_RF		BIT_ULL(16)
#define VTX_EMUL_VM		BIT_ULL(17)
#define VTX_EMUL_AC		BIT_ULL(18)

/* Segment access rights, in the format of the VMCS. */
#define VTX_EMUL_AR_WRITE	BIT(1)	/* data: writable; code: readable */
#define VTX_EMUL_AR_DOWN	BIT(2)	/* data: expand-down */
#define VTX_EMUL_AR_CODE	BIT(3)
#define VTX_EMUL_AR_LONG	BIT(13)
#define VTX_EMUL_AR_BIG		BIT(14)	/* D of a code, B of a data segment */
#define VTX_EMUL_AR_UNUSABLE	BIT(16)

/* Bits of &vtx_emul.features: where an encoding changes its meaning. */
#define VTX_EMUL_FEAT_BMI1	BIT(0)	/* F3 0F BC is TZCNT, not BSF */
#define VTX_EMUL_FEAT_LZCNT	BIT(1)	/* F3 0F BD is LZCNT, not BSR */

/* Bits of &vtx_emul.shadow: events blocked for one more instruction. */
#define VTX_EMUL_SHADOW_STI	BIT(0)
#define VTX_EMUL_SHADOW_MOV_SS	BIT(1)

/* String I/O moves up to this many bytes by one port operation. */
#define VTX_EMUL_BULK		1024
#define VTX_EMUL_LOG		(VTX_EMUL_BULK + 256)

/**
 * struct vtx_emul_seg - a segment register with its hidden part
 * @base: linear address of offset 0
 * @limit: highest byte offset (granularity already applied, as in the VMCS)
 * @ar: access rights in the format of the VMCS
 * @selector: visible part
 */
struct vtx_emul_seg {
	u64 base;
	u32 limit;
	u32 ar;
	u16 selector;
};

/**
 * struct vtx_emul_regs - the registers an instruction may use
 * @gpr: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 ... R15
 * @rip: offset of the instruction in CS; later of the next one
 * @rflags: flags
 * @cr0: control register 0, as the guest sees it
 * @cr4: control register 4, as the guest sees it
 * @efer: only LMA is used
 * @xcr0: only the bits of SSE and AVX state are used
 * @seg: indexed by enum vtx_emul_sreg
 * @cpl: current privilege level
 *
 * In 64-bit mode the only hidden parts that count are the access rights of CS
 * and the bases of FS and GS, and selectors are read only by PUSH and MOV of a
 * segment register: a caller in a hurry may leave out the rest.
 */
struct vtx_emul_regs {
	u64 gpr[16];
	u64 rip;
	u64 rflags;
	u64 cr0;
	u64 cr4;
	u64 efer;
	u64 xcr0;
	struct vtx_emul_seg seg[VTX_EMUL_SREGS];
	u8 cpl;
};

/**
 * struct vtx_emul_fault - an exception for the guest
 * @cr2: faulting linear address, for vector 14 only
 * @error: error code
 * @vector: exception vector
 * @has_error: an error code is pushed
 */
struct vtx_emul_fault {
	u64 cr2;
	u32 error;
	u8 vector;
	bool has_error;
};

/**
 * enum vtx_emul_file - register files reached through the ops
 * @VTX_EMUL_XMM: XMM/YMM registers, 16 or 32 bytes
 * @VTX_EMUL_MMX: MM registers, 8 bytes. A read or write makes the x87 tag
 *	word valid and TOP zero; a pending x87 fault is to be raised first.
 */
enum vtx_emul_file {
	VTX_EMUL_XMM,
	VTX_EMUL_MMX,
};

struct vtx_emul;

/**
 * struct vtx_emul_ops - everything that is not in the registers
 * @fetch: read instruction bytes
 * @read: read memory
 * @write: write memory. May be posted: DONE means "taken over".
 * @probe: check that [@gva, @gva + @len) may be read or written; touch nothing
 * @compare_exchange: if memory equals @expected, write @desired, atomically;
 *	else put what is there into @expected and answer VTX_EMUL_MISMATCH. With
 *	both NULL only say whether a device is there (NOT_ATOMIC) or not (DONE)
 * @in: read @count values of @size bytes from a port. Privilege is the op's
 *	matter: on an I/O exit the CPU has checked it before
 * @out: write @count values to a port
 * @vec_get: copy the low @len bytes of a register of @file
 * @vec_set: write the low @len bytes; what lies above is zeroed if @zero_above
 *	(to the end of the widest vector register), else kept
 *
 * Addresses are linear. No range crosses a page. Except for string I/O (up to
 * VTX_EMUL_BULK bytes) and MOVDIR64B (64 bytes) @len is at most 32. The ops
 * translate, tell RAM from devices, and raise page faults: they fill e->fault
 * and return VTX_EMUL_FAULT. VTX_EMUL_CANNOT is passed on to the caller.
 *
 * With VTX_EMUL_PENDING @read, @write, @in and @out say that user space has to
 * finish the access, which is then reported with vtx_emul_complete(). Every op
 * may also use it for "not now, ask again": nothing is reported, and the next
 * vtx_emul_run() asks.
 */
struct vtx_emul_ops {
	enum vtx_emul_result (*fetch)(struct vtx_emul *e, u64 gva, void *dst,
				      unsigned int len);
	enum vtx_emul_result (*read)(struct vtx_emul *e, u64 gva, void *dst,
				     unsigned int len);
	enum vtx_emul_result (*write)(struct vtx_emul *e, u64 gva,
				      const void *src, unsigned int len);
	enum vtx_emul_result (*probe)(struct vtx_emul *e, u64 gva,
				      unsigned int len, bool write);
	enum vtx_emul_result (*compare_exchange)(struct vtx_emul *e, u64 gva,
						 void *expected,
						 const void *desired,
						 unsigned int len);
	enum vtx_emul_result (*in)(struct vtx_emul *e, u16 port, void *dst,
				   unsigned int size, unsigned int count);
	enum vtx_emul_result (*out)(struct vtx_emul *e, u16 port,
				    const void *src, unsigned int size,
				    unsigned int count);
	enum vtx_emul_result (*vec_get)(struct vtx_emul *e,
					enum vtx_emul_file file,
					unsigned int reg, void *dst,
					unsigned int len);
	enum vtx_emul_result (*vec_set)(struct vtx_emul *e,
					enum vtx_emul_file file,
					unsigned int reg, const void *src,
					unsigned int len, bool zero_above);
};

/**
 * struct vtx_emul_log - accesses of the current instruction that are complete
 * @done: bytes completed, reads and writes, in program order
 * @pos: how many of @done this run has passed already
 * @read_len: bytes held in @bytes
 * @read_pos: how many of @read_len this run has taken
 * @pending: length of the access that waits for user space, 0 if none
 * @unit: @pending is completed in multiples of it
 * @pending_write: that access is a write (or OUT)
 * @overflow: @bytes was too small; the instruction cannot be replayed
 * @bytes: values that were read
 */
struct vtx_emul_log {
	u32 done;
	u32 pos;
	u32 read_len;
	u32 read_pos;
	u32 pending;
	u8 unit;
	bool pending_write;
	bool overflow;
	u8 bytes[VTX_EMUL_LOG];
};

/**
 * struct vtx_emul - one virtual CPU's emulator
 * @regs: in and out
 * @fault: valid with VTX_EMUL_FAULT
 * @shadow: VTX_EMUL_SHADOW_*, valid with VTX_EMUL_DONE
 * @trap: RFLAGS.TF was set and a single-step #DB is due after this step; valid
 *	with VTX_EMUL_DONE and VTX_EMUL_AGAIN
 * @iterations: iterations of a REP instruction done in this run, and in those
 *	before it that were left for an access
 * @insn: the decoded instruction, with its bytes
 * @ops: environment
 * @opaque: for the ops
 * @features: VTX_EMUL_FEAT_* of the CPU the guest runs on
 * @rep_limit: iterations of a REP instruction per run, so that interrupts are
 *	not held off; 0 means 4096
 * @bits: 16, 32 or 64: size of the code segment
 * @real: real-address mode
 * @v86: virtual-8086 mode
 * @decoded: @insn is valid
 * @ongoing: private; the last run was left for an access
 * @next_rip: private; where execution goes on
 * @undo: private; registers to return to when the instruction does not finish
 * @log: private; see struct vtx_emul_log
 * @bulk: private; string I/O in flight
 */
struct vtx_emul {
	struct vtx_emul_regs regs;
	struct vtx_emul_fault fault;
	u32 shadow;
	bool trap;
	u32 iterations;
	struct vtx_emul_insn insn;

	const struct vtx_emul_ops *ops;
	void *opaque;
	u32 features;
	u32 rep_limit;

	u8 bits;
	bool real;
	bool v86;
	bool decoded;
	bool ongoing;
	u64 next_rip;
	struct {
		u64 gpr[16];
		u64 rflags;
	} undo;
	struct vtx_emul_log log;
	u8 bulk[VTX_EMUL_BULK];
};

void vtx_emul_init(struct vtx_emul *e, const struct vtx_emul_ops *ops,
		   void *opaque);
void vtx_emul_begin(struct vtx_emul *e);
void vtx_emul_set_insn(struct vtx_emul *e, const struct vtx_emul_insn *insn);
enum vtx_emul_result vtx_emul_decode(struct vtx_emul *e);
enum vtx_emul_result vtx_emul_run(struct vtx_emul *e);
void vtx_emul_complete(struct vtx_emul *e, const void *bytes,
		       unsigned int len);

#endif
