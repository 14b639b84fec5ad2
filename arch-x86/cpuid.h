/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID: what vtx offers, and what a virtual CPU answers.
 *
 * Everything here is a pure function of its arguments.
 */
#ifndef VTX_ARCH_X86_CPUID_H
#define VTX_ARCH_X86_CPUID_H

#include <linux/bitops.h>
#include <linux/nospec.h>
#include <linux/types.h>

#include "uapi/vtx.h"
#include "arch-x86/cpuid_features.h"

/* The most entries that a vCPU takes. */
#define VTX_CPUID_MAX_ENTRIES	256

/*
 * kvmtool offers this much room for KVM_GET_SUPPORTED_CPUID and gives up if it
 * is too little.
 */
#define VTX_CPUID_MAX_SUPPORTED	100

/* The leaves near the start of a range, which are found at once. */
#define VTX_CPUID_NEAR		32

/**
 * enum vtx_cpuid_reg - the registers that CPUID writes, in the order used here
 * @VTX_CPUID_EAX: EAX
 * @VTX_CPUID_EBX: EBX
 * @VTX_CPUID_ECX: ECX
 * @VTX_CPUID_EDX: EDX
 * @VTX_CPUID_REGS: how many there are
 */
enum vtx_cpuid_reg {
	VTX_CPUID_EAX,
	VTX_CPUID_EBX,
	VTX_CPUID_ECX,
	VTX_CPUID_EDX,
	VTX_CPUID_REGS
};

/**
 * struct vtx_cpuid_host - what decides what vtx offers
 * @read: the host's CPUID instruction; @regs has VTX_CPUID_REGS registers
 * @context: handed to @read
 * @xcr0: the state components that the host has enabled in XCR0, 0 if it has no
 *	XSAVE
 * @needs: which of enum vtx_cpuid_need are at hand, a mask of BIT(); XSAVE, YMM
 *	and ZMM follow from @xcr0 and are not looked at
 */
struct vtx_cpuid_host {
	void	(*read)(void *context, u32 leaf, u32 subleaf, u32 *regs);
	void	*context;
	u64	xcr0;
	u32	needs;
};

/**
 * struct vtx_cpuid - what one virtual CPU answers, made by vtx_cpuid_init()
 * @entries: as user space gave them; not ours
 * @nent: how many; 0 until user space has said
 * @near: index of the first entry of each leaf near the start of the basic [0]
 *	and the extended [1] range, @nent if there is none
 * @quick: likewise the entry itself, if it does not depend on registers, or NULL
 * @has: the features, indexed by enum vtx_cpuid_feature
 * @xcr0: the state components that leaf 0xd shows
 * @phys_bits: physical-address width
 * @virt_bits: linear-address width
 * @redirects: a leaf that does not exist shows the highest basic one, as on
 *	Intel's CPUs
 */
struct vtx_cpuid {
	const struct kvm_cpuid_entry2	*entries;
	u32				nent;
	u16				near[2][VTX_CPUID_NEAR];
	const struct kvm_cpuid_entry2	*quick[2][VTX_CPUID_NEAR];
	DECLARE_BITMAP(has, VTX_CPUID_NR_FEATURES);
	u64				xcr0;
	u8				phys_bits;
	u8				virt_bits;
	bool				redirects;
};

/**
 * struct vtx_cpuid_state - the registers that a guest's CPUID depends on
 * @cr4: CR4, for OSXSAVE
 * @xcr0: XCR0, for the sizes in leaf 0xd
 * @xss: IA32_XSS, likewise
 * @apic_base: IA32_APIC_BASE, for the APIC's bit
 * @apic_id: initial (x2)APIC id
 */
struct vtx_cpuid_state {
	u64	cr4;
	u64	xcr0;
	u64	xss;
	u64	apic_base;
	u32	apic_id;
};

/**
 * vtx_cpuid_has() - does a virtual CPU have a feature?
 * @cpuid: what it answers
 * @feature: a row of VTX_CPUID_FEATURES
 *
 * Return: what user space said, whether vtx offered it or not.
 */
static inline bool vtx_cpuid_has(const struct vtx_cpuid *cpuid,
				 enum vtx_cpuid_feature feature)
{
	return test_bit(feature, cpuid->has);
}

/**
 * vtx_cpuid_quick() - the CPUID instruction, for most leaves
 * @cpuid: what the vCPU answers
 * @leaf: EAX
 * @subleaf: ECX
 *
 * Return: an entry that is the answer; or NULL, for vtx_cpuid_lookup() to tell.
 */
static inline const struct kvm_cpuid_entry2 *
vtx_cpuid_quick(const struct vtx_cpuid *cpuid, u32 leaf, u32 subleaf)
{
	const struct kvm_cpuid_entry2 *entry;
	u32 near = leaf & GENMASK(30, 0);

	if (near >= VTX_CPUID_NEAR)
		return NULL;
	near = array_index_nospec(near, VTX_CPUID_NEAR);
	entry = cpuid->quick[leaf >> 31][near];
	if (!entry || ((entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) &&
		       entry->index != subleaf))
		return NULL;
	return entry;
}

int vtx_cpuid_supported(const struct vtx_cpuid_host *host,
			struct kvm_cpuid_entry2 *entries, u32 *nent);
int vtx_cpuid_check(const struct kvm_cpuid_entry2 *entries, u32 nent);
void vtx_cpuid_init(struct vtx_cpuid *cpuid,
		    const struct kvm_cpuid_entry2 *entries, u32 nent);
void vtx_cpuid_lookup(const struct vtx_cpuid *cpuid,
		      const struct vtx_cpuid_state *state, u32 leaf,
		      u32 subleaf, u32 *regs);
void vtx_cpuid_adjust_entry(const struct vtx_cpuid *cpuid,
			    const struct vtx_cpuid_state *state,
			    struct kvm_cpuid_entry2 *entry);
u32 vtx_cpuid_xsave_size(const struct vtx_cpuid *cpuid, u64 components,
			 bool compacted);
const char *vtx_cpuid_name(enum vtx_cpuid_feature feature);

#endif /* VTX_ARCH_X86_CPUID_H */
