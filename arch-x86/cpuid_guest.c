// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID: from what user space made of the offer to what a guest sees.
 *
 * vtx_cpuid_init() makes of user space's entries what the rest of vtx asks for,
 * and vtx_cpuid_lookup() is the CPUID instruction.
 *
 * No state, no locks; everything may be called in any context.
 */
#include "module/compat.h"

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include <asm/fpu/types.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "arch-x86/cpuid.h"
#include "arch-x86/cpuid_leaves.h"

/* What an XSAVE area begins with. */
#define XSAVE_MIN_SIZE	(512 + 64)

/* Where the bit of a feature is. */
static const struct feature_bit {
	u32			leaf;
	u32			subleaf;
	enum vtx_cpuid_reg	reg;
	u32			mask;
} feature_bits[VTX_CPUID_NR_FEATURES] = {
#define FEATURE_BIT(leaf, subleaf, reg, bit, name, ...)			\
	[VTX_CPUID_##name] = { leaf, subleaf, VTX_CPUID_##reg, BIT(bit) },
	VTX_CPUID_FEATURES(FEATURE_BIT)
#undef FEATURE_BIT
};

static const struct kvm_cpuid_entry2 *
find_entry(const struct vtx_cpuid *cpuid, u32 leaf, u32 subleaf)
{
	u32 near = leaf & ~LEAF_EXTENDED;
	u32 i = 0;

	if (near < VTX_CPUID_NEAR) {
		near = array_index_nospec(near, VTX_CPUID_NEAR);
		i = cpuid->near[leaf >= LEAF_EXTENDED][near];
	}
	for (; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == leaf &&
		    (entry->index == subleaf ||
		     !(entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX)))
			return entry;
	}
	return NULL;
}

/**
 * vtx_cpuid_xsave_size() - how large is an XSAVE area?
 * @cpuid: whose leaf 0xd tells
 * @components: that it holds
 * @compacted: in the compacted format
 *
 * SDM 1 "XSAVE Area".
 *
 * Return: bytes.
 */
u32 vtx_cpuid_xsave_size(const struct vtx_cpuid *cpuid, u64 components,
			 bool compacted)
{
	u32 size = XSAVE_MIN_SIZE;
	u32 i;

	for (i = XFEATURE_YMM; i < 63; i++) {
		const struct kvm_cpuid_entry2 *entry;

		if (!(components & BIT_ULL(i)))
			continue;
		entry = find_entry(cpuid, LEAF_XSAVE, i);
		if (!entry)
			continue;
		if (!compacted) {
			size = max(size, entry->ebx + entry->eax);
			continue;
		}
		if (entry->ecx & COMPONENT_ALIGNED)
			size = ALIGN(size, 64);
		size += entry->eax;
	}
	return size;
}

/**
 * vtx_cpuid_check() - may a vCPU have these entries: KVM_SET_CPUID2
 * @entries: from user space
 * @nent: how many
 *
 * What vtx does not offer is no error: user space may know better, and what
 * hangs on a bit looks at the hardware besides.
 *
 * Return: 0, -E2BIG if there are more than VTX_CPUID_MAX_ENTRIES (@entries is
 * then not looked at), or -EINVAL for a linear-address width no CPU has.
 */
int vtx_cpuid_check(const struct kvm_cpuid_entry2 *entries, u32 nent)
{
	u32 i;

	if (nent > VTX_CPUID_MAX_ENTRIES)
		return -E2BIG;
	for (i = 0; i < nent; i++) {
		u32 bits = (entries[i].eax & ADDRESS_LINEAR) >> 8;

		if (entries[i].function == LEAF_ADDRESS && bits &&
		    bits != 48 && bits != 57)
			return -EINVAL;
	}
	return 0;
}

static u32 entry_reg(const struct kvm_cpuid_entry2 *entry,
		     enum vtx_cpuid_reg reg)
{
	switch (reg) {
	case VTX_CPUID_EAX:
		return entry->eax;
	case VTX_CPUID_EBX:
		return entry->ebx;
	case VTX_CPUID_ECX:
		return entry->ecx;
	default:
		return entry->edx;
	}
}

/* The leaves that dynamic_bits() knows. */
static bool depends_on_registers(u32 leaf)
{
	return leaf == LEAF_VERSION || leaf == LEAF_TOPOLOGY ||
	       leaf == LEAF_XSAVE || leaf == LEAF_TOPOLOGY2;
}

static void index_near_leaves(struct vtx_cpuid *cpuid)
{
	u32 i;

	for (i = 0; i < 2 * VTX_CPUID_NEAR; i++)
		cpuid->near[i / VTX_CPUID_NEAR][i % VTX_CPUID_NEAR] =
			cpuid->nent;
	for (i = cpuid->nent; i--; ) {
		u32 leaf = cpuid->entries[i].function;
		u32 near = leaf & ~LEAF_EXTENDED;

		if (near >= VTX_CPUID_NEAR)
			continue;
		cpuid->near[leaf >= LEAF_EXTENDED][near] = i;
		if (!depends_on_registers(leaf))
			cpuid->quick[leaf >= LEAF_EXTENDED][near] =
				&cpuid->entries[i];
	}
}

/* SDM 2A "CPUID": what 0x80000008 means if it is not there. */
static void find_widths(struct vtx_cpuid *cpuid)
{
	const struct kvm_cpuid_entry2 *entry;
	u32 eax;

	entry = find_entry(cpuid, LEAF_ADDRESS, 0);
	eax = entry ? entry->eax : 0;
	cpuid->phys_bits = eax & ADDRESS_PHYSICAL ?: 36;
	cpuid->virt_bits = (eax & ADDRESS_LINEAR) >> 8 ?: 48;
}

/* AMD's CPUs show zeroes in leaves that they do not have. */
static bool vendor_redirects(const struct vtx_cpuid *cpuid)
{
	const struct kvm_cpuid_entry2 *entry = find_entry(cpuid, 0, 0);

	return entry && memcmp(&entry->ebx, "Auth", 4) &&
	       memcmp(&entry->ebx, "Hygo", 4);
}

/**
 * vtx_cpuid_init() - make something to look things up in out of entries
 * @cpuid: to be filled in
 * @entries: which vtx_cpuid_check() found good; to stay as long as @cpuid
 * @nent: how many; 0 for a vCPU that user space has given none
 */
void vtx_cpuid_init(struct vtx_cpuid *cpuid,
		    const struct kvm_cpuid_entry2 *entries, u32 nent)
{
	const struct kvm_cpuid_entry2 *entry;
	int f;

	memset(cpuid, 0, sizeof(*cpuid));
	cpuid->entries = entries;
	cpuid->nent = nent;
	index_near_leaves(cpuid);

	for (f = 0; f < VTX_CPUID_NR_FEATURES; f++) {
		const struct feature_bit *row = &feature_bits[f];

		entry = find_entry(cpuid, row->leaf, row->subleaf);
		if (entry && (entry_reg(entry, row->reg) & row->mask))
			__set_bit(f, cpuid->has);
	}

	entry = find_entry(cpuid, LEAF_XSAVE, 0);
	if (entry && vtx_cpuid_has(cpuid, VTX_CPUID_XSAVE))
		cpuid->xcr0 = (u64)entry->edx << 32 | entry->eax;
	find_widths(cpuid);
	cpuid->redirects = vendor_redirects(cpuid);
}

/* Is there such a leaf, going by what the first one of its range says? */
static bool leaf_exists(const struct vtx_cpuid *cpuid, u32 leaf)
{
	const struct kvm_cpuid_entry2 *first;
	u32 base = leaf & 0xc0000000;

	/* Every hypervisor that is offered at once has 256 leaves. */
	if (base == LEAF_HYPERVISOR)
		base = leaf & ~0xffU;
	first = find_entry(cpuid, base, 0);
	return first && leaf <= first->eax;
}

static void set_bit_to(u32 *reg, u32 mask, bool on)
{
	*reg = on ? *reg | mask : *reg & ~mask;
}

static void dynamic_xsave(const struct vtx_cpuid *cpuid,
			  const struct vtx_cpuid_state *state, u32 subleaf,
			  u32 *regs)
{
	if (subleaf == 0)
		regs[EBX] = vtx_cpuid_xsave_size(cpuid, state->xcr0, false);
	else if (subleaf == 1 && (vtx_cpuid_has(cpuid, VTX_CPUID_XSAVEC) ||
				  vtx_cpuid_has(cpuid, VTX_CPUID_XSAVES)))
		regs[EBX] = vtx_cpuid_xsave_size(cpuid, state->xcr0 | state->xss, true);
}

static void dynamic_bits(const struct vtx_cpuid *cpuid,
			 const struct vtx_cpuid_state *state, u32 leaf,
			 u32 subleaf, u32 *regs)
{
	switch (leaf) {
	case LEAF_VERSION:
		regs[EBX] &= ~VERSION_APIC_ID;
		regs[EBX] |= state->apic_id << 24;
		set_bit_to(&regs[ECX], feature_bits[VTX_CPUID_OSXSAVE].mask,
			   vtx_cpuid_has(cpuid, VTX_CPUID_XSAVE) &&
			   (state->cr4 & X86_CR4_OSXSAVE));
		if (!(state->apic_base & MSR_IA32_APICBASE_ENABLE))
			regs[EDX] &= ~feature_bits[VTX_CPUID_APIC].mask;
		break;
	case LEAF_TOPOLOGY:
	case LEAF_TOPOLOGY2:
		/*
		 * SDM 2A "CPUID": a subleaf beyond the last level has zeroes
		 * but for ECX[7:0] and EDX.
		 */
		regs[ECX] = (regs[ECX] & ~0xffU) | (subleaf & 0xff);
		regs[EDX] = state->apic_id;
		break;
	case LEAF_XSAVE:
		if (cpuid->xcr0)
			dynamic_xsave(cpuid, state, subleaf, regs);
		break;
	}
}

/**
 * vtx_cpuid_lookup() - the CPUID instruction
 * @cpuid: what the vCPU answers
 * @state: its registers that matter
 * @leaf: EAX
 * @subleaf: ECX
 * @regs: receives VTX_CPUID_REGS registers, indexed by enum vtx_cpuid_reg
 */
void vtx_cpuid_lookup(const struct vtx_cpuid *cpuid,
		      const struct vtx_cpuid_state *state, u32 leaf,
		      u32 subleaf, u32 *regs)
{
	const struct kvm_cpuid_entry2 *entry;

	entry = find_entry(cpuid, leaf, subleaf);
	if (!entry && cpuid->redirects && !leaf_exists(cpuid, leaf)) {
		/* SDM 2A "CPUID": the highest basic leaf, whatever the range */
		leaf = find_entry(cpuid, 0, 0)->eax;
		entry = find_entry(cpuid, leaf, subleaf);
	}
	if (entry) {
		regs[EAX] = entry->eax;
		regs[EBX] = entry->ebx;
		regs[ECX] = entry->ecx;
		regs[EDX] = entry->edx;
	} else {
		memset(regs, 0, REGS * sizeof(*regs));
	}
	/* The first subleaf decides: a topology has answers beyond its last. */
	if (entry || find_entry(cpuid, leaf, 0))
		dynamic_bits(cpuid, state, leaf, subleaf, regs);
}

/**
 * vtx_cpuid_adjust_entry() - an entry as the guest sees it
 * @cpuid: what the vCPU answers
 * @state: its registers that matter
 * @entry: one of its entries, changed in place
 */
void vtx_cpuid_adjust_entry(const struct vtx_cpuid *cpuid,
			    const struct vtx_cpuid_state *state,
			    struct kvm_cpuid_entry2 *entry)
{
	u32 regs[REGS] = {
		[EAX] = entry->eax, [EBX] = entry->ebx,
		[ECX] = entry->ecx, [EDX] = entry->edx,
	};

	dynamic_bits(cpuid, state, entry->function, entry->index, regs);
	entry->eax = regs[EAX];
	entry->ebx = regs[EBX];
	entry->ecx = regs[ECX];
	entry->edx = regs[EDX];
}
