/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's emulator with all that is around it; for the files that make up its
 * ops, and nobody else.
 */
#ifndef VTX_VMEXIT_EMULATION_H
#define VTX_VMEXIT_EMULATION_H

#include <linux/container_of.h>
#include <linux/types.h>

#include "arch-x86/emul/emul.h"
#include "arch-x86/linear.h"
#include "arch-x86/vcpu.h"
#include "vmexit/code.h"

/* What one access to a device may have at most; larger ones are cut. */
#define VTX_ACCESS_BYTES	64

/**
 * enum vtx_access_kind - what user space has to do
 * @VTX_NO_ACCESS: nothing
 * @VTX_MMIO_ACCESS: an access to memory, in pieces of up to 8 bytes
 * @VTX_PORT_ACCESS: values of a port, which are in the port I/O page
 */
enum vtx_access_kind {
	VTX_NO_ACCESS,
	VTX_MMIO_ACCESS,
	VTX_PORT_ACCESS,
};

/**
 * struct vtx_access - an access that is not complete
 * @kind: enum vtx_access_kind
 * @write: a write
 * @posted: the emulator was told that it is done
 * @size: of a port: bytes of one value
 * @port: the port
 * @gpa: of memory: the address
 * @len: how many bytes
 * @done: how many of them are complete
 * @bytes: of memory: what is written, or what was read up to @done
 */
struct vtx_access {
	enum vtx_access_kind	kind;
	bool			write;
	bool			posted;
	u8			size;
	u16			port;
	u64			gpa;
	u32			len;
	u32			done;
	u8			bytes[VTX_ACCESS_BYTES];
};

/**
 * struct vtx_known - an address that the CPU has translated for us
 * @gva: linear address of its page
 * @gpa: guest-physical address of its page
 * @valid: there is one
 * @write: translated for a write, else for a read
 * @reads: not only writes, but reads too are a device's there
 */
struct vtx_known {
	u64	gva;
	u64	gpa;
	bool	valid;
	bool	write;
	bool	reads;
};

/**
 * struct vtx_emulation - a vCPU's emulator
 * @core: the emulator; what vcpu->emul points to
 * @vcpu: whose
 * @linear: how addresses are translated, and whether ops may sleep
 * @code: instructions that have been decoded before
 * @known: what the exit said of the access
 * @access: what user space has to do before the emulator can go on
 * @result: what came of the last run
 * @fpu_saved: the FPU's state is in vcpu->fpu, not in the CPU
 * @mmx: it is an MMX instruction, which changes the x87 state when complete
 * @ask_again: an op had no answer; if it may sleep it may have one
 * @error: not 0: KVM_RUN fails with it
 * @rip: linear RIP of an IN or OUT that user space completes
 * @move: the load that user space completes, in @code
 * @ymm_offset: of the upper halves of YMM registers in the XSAVE area; 0 if
 *	there are none
 * @zmm_offset: likewise of ZMM0 to ZMM15
 */
struct vtx_emulation {
	struct vtx_emul		core;
	struct vtx_vcpu		*vcpu;
	struct vtx_linear	linear;
	struct vtx_code		code;
	struct vtx_known	known;
	struct vtx_access	access;
	enum vtx_emul_result	result;
	bool			fpu_saved;
	bool			mmx;
	bool			ask_again;
	int			error;
	u64			rip;
	const struct vtx_emul_insn *move;
	u16			ymm_offset;
	u16			zmm_offset;
};

/**
 * vtx_emulation() - from the emulator to what is around it
 * @core: the emulator
 *
 * Return: its struct vtx_emulation.
 */
static inline struct vtx_emulation *vtx_emulation(struct vtx_emul *core)
{
	return container_of(core, struct vtx_emulation, core);
}

/**
 * vtx_emulation_ask_again() - an op cannot answer without sleeping
 * @em: the emulation
 *
 * Return: what the op returns.
 */
static inline enum vtx_emul_result
vtx_emulation_ask_again(struct vtx_emulation *em)
{
	em->ask_again = true;
	return VTX_EMUL_PENDING;
}

/**
 * vtx_emulation_error() - an op fails for a reason that is not the guest's
 * @em: the emulation
 * @error: what KVM_RUN shall return
 *
 * Return: what the op returns.
 */
static inline enum vtx_emul_result
vtx_emulation_error(struct vtx_emulation *em, int error)
{
	em->error = error;
	return VTX_EMUL_CANNOT;
}

/* mmio.c: memory */
enum vtx_emul_result vtx_emul_op_fetch(struct vtx_emul *e, u64 gva, void *dst,
				       unsigned int len);
enum vtx_emul_result vtx_emul_op_read(struct vtx_emul *e, u64 gva, void *dst,
				      unsigned int len);
enum vtx_emul_result vtx_emul_op_write(struct vtx_emul *e, u64 gva,
				       const void *src, unsigned int len);
enum vtx_emul_result vtx_emul_op_probe(struct vtx_emul *e, u64 gva,
				       unsigned int len, bool write);
enum vtx_emul_result vtx_emul_op_cmpxchg(struct vtx_emul *e, u64 gva,
					 void *expected, const void *desired,
					 unsigned int len);

/* port.c: ports */
enum vtx_emul_result vtx_emul_op_in(struct vtx_emul *e, u16 port, void *dst,
				    unsigned int size, unsigned int count);
enum vtx_emul_result vtx_emul_op_out(struct vtx_emul *e, u16 port,
				     const void *src, unsigned int size,
				     unsigned int count);

/* vector.c: vector registers */
void vtx_emul_vector_init(struct vtx_emulation *em);
enum vtx_emul_result vtx_emul_op_vec_get(struct vtx_emul *e,
					 enum vtx_emul_file file,
					 unsigned int reg, void *dst,
					 unsigned int len);
enum vtx_emul_result vtx_emul_op_vec_set(struct vtx_emul *e,
					 enum vtx_emul_file file,
					 unsigned int reg, const void *src,
					 unsigned int len, bool zero_above);

void vtx_emul_end_mmx(struct vtx_emulation *em);

/* move.c: what takes no emulator */
bool vtx_move(struct vtx_emulation *em, const struct vtx_emul_insn *insn,
	      bool reads, enum vtx_result *result);

/* access.c: to user space and back */
bool vtx_access_write(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
		      const void *value);
bool vtx_access_read(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
		     void *value);
void vtx_access_mmio_to_user(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
			     const void *value);
bool vtx_access_advance(struct vtx_emulation *em);
void vtx_access_to_user(struct vtx_emulation *em);
void vtx_access_from_user(struct vtx_emulation *em);

#endif /* VTX_VMEXIT_EMULATION_H */
