/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU's VMX capabilities: what the MSRs say, and what vtx makes of it.
 *
 * Everything here but vtx_vmx_msrs_read() is a pure function of its arguments.
 */
#ifndef VTX_ARCH_X86_VMX_CAPS_H
#define VTX_ARCH_X86_VMX_CAPS_H

#include <linux/bitmap.h>
#include <linux/types.h>

#include "arch-x86/vmx/features.h"

/* The MSRs of SDM 3D "VMX Capability Reporting Facility" that vtx reads. */
#define VTX_VMX_MSRS(X)						\
	X(basic,	MSR_IA32_VMX_BASIC)			\
	X(pin,		MSR_IA32_VMX_PINBASED_CTLS)		\
	X(proc,		MSR_IA32_VMX_PROCBASED_CTLS)		\
	X(exit,		MSR_IA32_VMX_EXIT_CTLS)			\
	X(entry,	MSR_IA32_VMX_ENTRY_CTLS)		\
	X(misc,		MSR_IA32_VMX_MISC)			\
	X(cr0_fixed0,	MSR_IA32_VMX_CR0_FIXED0)		\
	X(cr0_fixed1,	MSR_IA32_VMX_CR0_FIXED1)		\
	X(cr4_fixed0,	MSR_IA32_VMX_CR4_FIXED0)		\
	X(cr4_fixed1,	MSR_IA32_VMX_CR4_FIXED1)		\
	X(proc2,	MSR_IA32_VMX_PROCBASED_CTLS2)		\
	X(proc3,	MSR_IA32_VMX_PROCBASED_CTLS3)		\
	X(ept_vpid,	MSR_IA32_VMX_EPT_VPID_CAP)		\
	X(vmfunc,	MSR_IA32_VMX_VMFUNC)			\
	X(true_pin,	MSR_IA32_VMX_TRUE_PINBASED_CTLS)	\
	X(true_proc,	MSR_IA32_VMX_TRUE_PROCBASED_CTLS)	\
	X(true_exit,	MSR_IA32_VMX_TRUE_EXIT_CTLS)		\
	X(true_entry,	MSR_IA32_VMX_TRUE_ENTRY_CTLS)

/**
 * struct vtx_vmx_msrs - the raw values of VTX_VMX_MSRS on one CPU
 *
 * An MSR that the CPU does not have reads as 0, which offers nothing.
 */
struct vtx_vmx_msrs {
#define VTX_MSR_MEMBER(name, msr)	u64 name;
	VTX_VMX_MSRS(VTX_MSR_MEMBER)
#undef VTX_MSR_MEMBER
};

/**
 * struct vtx_caps - what vtx uses of one CPU's VMX
 * @revision: VMCS revision identifier, the first word of a VMXON region or VMCS
 * @region_size: size of such a region in bytes, 1 to 4096
 * @word: the bits that are 1 for every guest, indexed by enum vtx_feature_word
 * @has: the features at hand, indexed by enum vtx_feature: those that are
 *	always on and those that may be toggled
 * @cr0_fixed0: bits of CR0 that must be 1 in VMX operation
 * @cr0_fixed1: bits of CR0 that may be 1 in VMX operation
 * @cr4_fixed0: bits of CR4 that must be 1 in VMX operation
 * @cr4_fixed1: bits of CR4 that may be 1 in VMX operation
 */
struct vtx_caps {
	u32	revision;
	u32	region_size;
	u64	word[VTX_WORDS];
	DECLARE_BITMAP(has, VTX_NR_FEATURES);
	u64	cr0_fixed0;
	u64	cr0_fixed1;
	u64	cr4_fixed0;
	u64	cr4_fixed1;
};

/**
 * vtx_caps_have() - does this CPU have a feature, and may vtx use it?
 * @caps: the CPU's capabilities
 * @feature: a row of VTX_FEATURES
 *
 * Return: true if it is at hand.
 */
static inline bool vtx_caps_have(const struct vtx_caps *caps,
				 enum vtx_feature feature)
{
	return test_bit(feature, caps->has);
}

void vtx_vmx_msrs_read(struct vtx_vmx_msrs *msrs);
int vtx_caps_solve(const struct vtx_vmx_msrs *msrs,
		   const unsigned long *without, struct vtx_caps *caps,
		   char *why, size_t why_size);
bool vtx_caps_same(const struct vtx_caps *first, const struct vtx_caps *other,
		   char *why, size_t why_size);
int vtx_caps_parse_without(const char *list, unsigned long *without);
const char *vtx_feature_token(enum vtx_feature feature);
const char *vtx_feature_name(enum vtx_feature feature);
const char *vtx_word_name(enum vtx_feature_word word);
bool vtx_feature_optional(enum vtx_feature feature);
bool vtx_feature_wanted(enum vtx_feature feature);

#endif /* VTX_ARCH_X86_VMX_CAPS_H */
