/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which rule of the SDM's chapter "VM Entries" does a VMCS break?
 *
 * The CPU says only that one of more than a hundred was broken.  The checker
 * goes through them in the SDM's order and stops at the first.
 */
#ifndef VTX_ARCH_X86_VMX_CHECK_H
#define VTX_ARCH_X86_VMX_CHECK_H

#include <linux/types.h>

#include "arch-x86/vmx/caps.h"
#include "arch-x86/vmx/defs.h"

/**
 * struct vtx_check_cpu - what the rules have to know of the CPU
 * @msrs: its VMX capabilities
 * @phys_bits: physical-address width
 * @linear_bits: linear-address width
 * @ia32e: it is in IA-32e mode, as a 64-bit kernel always is
 */
struct vtx_check_cpu {
	struct vtx_vmx_msrs	msrs;
	u8			phys_bits;
	u8			linear_bits;
	bool			ia32e;
};

/**
 * enum vtx_check_stage - what kind of rule is broken
 * @VTX_CHECK_NOTHING: none is
 * @VTX_CHECK_CONTROLS: VM instruction error 7
 * @VTX_CHECK_HOST: VM instruction error 8
 * @VTX_CHECK_GUEST: exit reason 33
 */
enum vtx_check_stage {
	VTX_CHECK_NOTHING,
	VTX_CHECK_CONTROLS,
	VTX_CHECK_HOST,
	VTX_CHECK_GUEST,
};

/**
 * struct vtx_check - a question and its answer
 * @cpu: the CPU that refused or would
 * @read: tells a field of the VMCS; one that the CPU lacks is 0
 * @read_hpa: tells 4 bytes of memory, or NULL: rules about them are left out
 * @arg: passed to both
 * @stage: answer: what kind of rule is broken
 * @field: answer: the field that breaks it
 * @value: answer: what it holds
 * @rule: answer: what it should be, in words
 */
struct vtx_check {
	const struct vtx_check_cpu	*cpu;
	u64				(*read)(void *arg,
						enum vtx_vmcs_field field);
	u32				(*read_hpa)(void *arg, u64 hpa);
	void				*arg;
	enum vtx_check_stage		stage;
	enum vtx_vmcs_field		field;
	u64				value;
	const char			*rule;
};

u64 vtx_check_read_current(void *unused, enum vtx_vmcs_field field);
bool vtx_check_current(struct vtx_check *check, struct vtx_check_cpu *cpu);
bool vtx_entry_explain(u32 failed_reason, char *why, size_t why_size);

/* Room for the longest explanation, with its terminating zero. */
#define VTX_ENTRY_WHY_SIZE	240

#endif /* VTX_ARCH_X86_VMX_CHECK_H */
