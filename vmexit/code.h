/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that have been decoded before.
 */
#ifndef VTX_VMEXIT_CODE_H
#define VTX_VMEXIT_CODE_H

#include <linux/types.h>

#include "arch-x86/emul/emul.h"
#include "arch-x86/linear.h"

struct vtx_vcpu;

#define VTX_CODE_ENTRIES	8

/**
 * struct vtx_code_key - what decides, besides memory, what is decoded
 * @rip: RIP
 * @cs_base: CS.base; 0 in 64-bit mode
 * @cr0: the bits of CR0 that decide how addresses are translated
 * @cr3: CR3
 * @cr4: the bits of CR4 likewise
 * @efer: EFER
 * @cs_ar: CS's access rights
 * @v86: virtual-8086 mode
 *
 * Whether the guest may execute the instruction is no part of it: it was about
 * to, and the CPU has let it.
 */
struct vtx_code_key {
	u64	rip;
	u64	cs_base;
	u64	cr0;
	u64	cr3;
	u64	cr4;
	u64	efer;
	u32	cs_ar;
	bool	v86;
};

/**
 * struct vtx_code_entry - an instruction, and where it was found
 * @valid: there is one
 * @key: for which registers
 * @generation: of the slots
 * @nr: entries of page tables on the way to it
 * @entry_bytes: size of these, 4 or 8
 * @hva: where they are in the process
 * @entry: what they held
 * @code_hva: where the instruction is in the process
 * @code: its bytes, zeroes after its end
 * @mask: ones for its bytes
 * @insn: the decoded instruction
 */
struct vtx_code_entry {
	bool			valid;
	struct vtx_code_key	key;
	u64			generation;
	u8			nr;
	u8			entry_bytes;
	unsigned long		hva[VTX_WALK_LEVELS];
	u64			entry[VTX_WALK_LEVELS];
	unsigned long		code_hva;
	u64			code[2];
	u64			mask[2];
	struct vtx_emul_insn	insn;
};

/**
 * struct vtx_code - a vCPU's decoded instructions
 * @key: of the instruction at hand
 * @log: the page walk to it
 * @gpa: where it is
 * @generation: of the slots, before that walk
 * @fetches: how often its bytes were fetched; more than once if it lies in two
 *	pages
 * @entry: the instructions
 */
struct vtx_code {
	struct vtx_code_key	key;
	struct vtx_walk_log	log;
	u64			gpa;
	u64			generation;
	unsigned int		fetches;
	struct vtx_code_entry	entry[VTX_CODE_ENTRIES];
};

const struct vtx_emul_insn *vtx_code_find(struct vtx_code *code,
					  struct vtx_vcpu *vcpu);
void vtx_code_keep(struct vtx_code *code, struct vtx_vcpu *vcpu);
bool vtx_code_is_next(const struct vtx_code *code, struct vtx_vcpu *vcpu);

/**
 * vtx_code_64bit() - is the instruction at hand executed in 64-bit mode?
 * @code: the vCPU's instructions, after vtx_code_find()
 *
 * Return: true if it is.
 */
static inline bool vtx_code_64bit(const struct vtx_code *code)
{
	return (code->key.efer & VTX_EMUL_EFER_LMA) &&
	       (code->key.cs_ar & VTX_EMUL_AR_LONG);
}

#endif /* VTX_VMEXIT_CODE_H */
