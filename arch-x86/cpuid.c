// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID: from the host's to an offer, from what user space made of that to what
 * a guest sees.
 *
 * vtx_cpuid_supported() holds the tables of cpuid_features.h against a host and
 * writes entries of the KVM ABI.  User space picks and changes as it likes, for
 * instance to say how vCPUs share packages; vtx_cpuid_init() makes of its
 * entries what the rest of vtx asks for, and vtx_cpuid_lookup() is the CPUID
 * instruction.
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

#include <asm/apicdef.h>
#include <asm/fpu/types.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "arch-x86/cpuid.h"

#define LEAF_VERSION	0x1
#define LEAF_CACHES	0x4
#define LEAF_FLAGS	0x7
#define LEAF_TOPOLOGY	0xb
#define LEAF_XSAVE	0xd
#define LEAF_TOPOLOGY2	0x1f
#define LEAF_HYPERVISOR	0x40000000
#define LEAF_EXTENDED	0x80000000
#define LEAF_ADDRESS	0x80000008

#define EAX	VTX_CPUID_EAX
#define EBX	VTX_CPUID_EBX
#define ECX	VTX_CPUID_ECX
#define EDX	VTX_CPUID_EDX
#define REGS	VTX_CPUID_REGS

/* SDM 2A "CPUID", leaf 1: CLFLUSH line size, initial APIC ID. */
#define VERSION_CLFLUSH_SIZE	GENMASK(15, 8)
#define VERSION_APIC_ID		GENMASK(31, 24)
/* Leaf 4: what kind of cache (0: no more), who shares it, how many cores. */
#define CACHE_TYPE		GENMASK(4, 0)
#define CACHE_SHARING		GENMASK(31, 14)
/* Leaf 0xd, subleaves 2 and up: a 64-byte boundary. */
#define COMPONENT_ALIGNED	BIT(1)
/* Leaf 0x80000008. */
#define ADDRESS_PHYSICAL	GENMASK(7, 0)
#define ADDRESS_LINEAR		GENMASK(15, 8)

/* The components that vtx switches, and what an XSAVE area begins with. */
#define XCR0_LEGACY	(XFEATURE_MASK_FP | XFEATURE_MASK_SSE)
#define XCR0_OFFERED	(XCR0_LEGACY | XFEATURE_MASK_YMM | XFEATURE_MASK_AVX512)
#define XSAVE_MIN_SIZE	(512 + 64)

enum policy { HOST, ALWAYS, HIDDEN, DYNAMIC };

struct feature_row {
	u32			leaf;
	u32			subleaf;
	enum vtx_cpuid_reg	reg;
	u32			mask;
	enum policy		policy;
	enum vtx_cpuid_need	need;
	const char		*name;
};

static const struct feature_row features[VTX_CPUID_NR_FEATURES] = {
#define FEATURE_ROW(leaf, subleaf, reg, bit, name, policy, need)	\
	[VTX_CPUID_##name] = { leaf, subleaf, VTX_CPUID_##reg, BIT(bit), \
			       policy, VTX_CPUID_NEED_##need, #name },
	VTX_CPUID_FEATURES(FEATURE_ROW)
#undef FEATURE_ROW
};

enum fill {
	FILL_MAX, FILL_VERSION, FILL_HOST, FILL_BITS, FILL_CACHES, FILL_FLAGS,
	FILL_TOPOLOGY, FILL_XSAVE, FILL_SIGNATURE, FILL_EXT_MAX,
	FILL_ADDRESS
};

static const struct leaf_row {
	u32		leaf;
	enum fill	fill;
} leaves[] = {
#define LEAF_ROW(leaf, fill)	{ leaf, FILL_##fill },
	VTX_CPUID_LEAVES(LEAF_ROW)
#undef LEAF_ROW
};

/* An offer in the making. */
struct offer {
	const struct vtx_cpuid_host	*host;
	struct kvm_cpuid_entry2		*entries;
	u32				room;
	u32				nent;	/* also those without room */
	u32				needs;
	u32				basic_max;
	u32				extended_max;
	u64				xcr0;
};

static void read_host(const struct offer *offer, u32 leaf, u32 subleaf,
		      u32 *regs)
{
	offer->host->read(offer->host->context, leaf, subleaf, regs);
}

static void start_offer(struct offer *offer)
{
	u64 xcr0 = offer->host->xcr0 & XCR0_OFFERED;
	u32 regs[REGS];

	read_host(offer, 0, 0, regs);
	offer->basic_max = min_t(u32, regs[EAX], LEAF_TOPOLOGY2);
	read_host(offer, LEAF_EXTENDED, 0, regs);
	offer->extended_max = min_t(u32, regs[EAX], LEAF_ADDRESS);

	/* SDM 1 "Enabling the XSAVE Feature Set and XSAVE-Enabled Features" */
	if ((xcr0 & XCR0_LEGACY) != XCR0_LEGACY ||
	    offer->basic_max < LEAF_XSAVE)
		xcr0 = 0;
	if (!(xcr0 & XFEATURE_MASK_YMM) ||
	    (xcr0 & XFEATURE_MASK_AVX512) != XFEATURE_MASK_AVX512)
		xcr0 &= ~(u64)XFEATURE_MASK_AVX512;
	offer->xcr0 = xcr0;

	offer->needs = offer->host->needs | BIT(VTX_CPUID_NEED_NONE);
	offer->needs &= ~(BIT(VTX_CPUID_NEED_XSAVE) | BIT(VTX_CPUID_NEED_YMM) |
			  BIT(VTX_CPUID_NEED_ZMM));
	if (xcr0)
		offer->needs |= BIT(VTX_CPUID_NEED_XSAVE);
	else
		offer->needs &= ~BIT(VTX_CPUID_NEED_XSAVES);
	if (xcr0 & XFEATURE_MASK_YMM)
		offer->needs |= BIT(VTX_CPUID_NEED_YMM);
	if (xcr0 & XFEATURE_MASK_AVX512)
		offer->needs |= BIT(VTX_CPUID_NEED_ZMM);
}

/* The bits of one leaf and subleaf that the table has rows for. */
static void offered_bits(const struct offer *offer, u32 leaf, u32 subleaf,
			 u32 *regs)
{
	u32 host[REGS];
	int f;

	read_host(offer, leaf, subleaf, host);
	memset(regs, 0, REGS * sizeof(*regs));
	for (f = 0; f < VTX_CPUID_NR_FEATURES; f++) {
		const struct feature_row *row = &features[f];

		if (row->leaf != leaf || row->subleaf != subleaf ||
		    !(offer->needs & BIT(row->need)))
			continue;
		if (row->policy == ALWAYS)
			regs[row->reg] |= row->mask;
		else if (row->policy == HOST)
			regs[row->reg] |= host[row->reg] & row->mask;
	}
}

static void add_entry(struct offer *offer, u32 leaf, u32 subleaf,
		      bool indexed, const u32 *regs)
{
	if (offer->nent < offer->room)
		offer->entries[offer->nent] = (struct kvm_cpuid_entry2){
			.function	= leaf,
			.index		= subleaf,
			.flags		= indexed ?
				KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
			.eax		= regs[EAX],
			.ebx		= regs[EBX],
			.ecx		= regs[ECX],
			.edx		= regs[EDX],
		};
	offer->nent++;
}

static void add_caches(struct offer *offer)
{
	u32 regs[REGS];
	u32 subleaf;

	for (subleaf = 0; subleaf < 8; subleaf++) {
		read_host(offer, LEAF_CACHES, subleaf, regs);
		regs[EAX] &= ~CACHE_SHARING;
		add_entry(offer, LEAF_CACHES, subleaf, true, regs);
		if (!(regs[EAX] & CACHE_TYPE))
			break;
	}
}

static void add_flags(struct offer *offer)
{
	u32 regs[REGS];
	u32 subleaf, max;

	read_host(offer, LEAF_FLAGS, 0, regs);
	max = min_t(u32, regs[EAX], 2);
	for (subleaf = 0; subleaf <= max; subleaf++) {
		offered_bits(offer, LEAF_FLAGS, subleaf, regs);
		if (!subleaf)
			regs[EAX] = max;
		add_entry(offer, LEAF_FLAGS, subleaf, true, regs);
	}
}

static void add_xsave(struct offer *offer)
{
	u32 regs[REGS] = { lower_32_bits(offer->xcr0), 0, 0,
			   upper_32_bits(offer->xcr0) };
	u32 i;

	/* The sizes come when all subleaves are there. */
	add_entry(offer, LEAF_XSAVE, 0, true, regs);
	if (!offer->xcr0)
		return;

	/* ECX and EDX, the components of IA32_XSS, stay zero. */
	offered_bits(offer, LEAF_XSAVE, 1, regs);
	add_entry(offer, LEAF_XSAVE, 1, true, regs);

	for (i = XFEATURE_YMM; i < 63; i++) {
		if (!(offer->xcr0 & BIT_ULL(i)))
			continue;
		read_host(offer, LEAF_XSAVE, i, regs);
		regs[ECX] &= COMPONENT_ALIGNED;
		regs[EDX] = 0;
		add_entry(offer, LEAF_XSAVE, i, true, regs);
	}
}

/* What is no bit of the table, in the leaves that are one entry. */
static void fill_leaf(const struct offer *offer, enum fill fill, u32 *regs)
{
	u32 host[REGS], leaf = regs[EAX];

	read_host(offer, leaf, 0, host);
	offered_bits(offer, leaf, 0, regs);
	switch (fill) {
	case FILL_MAX:
		memcpy(regs, host, sizeof(host));
		regs[EAX] = offer->basic_max;
		break;
	case FILL_VERSION:
		regs[EAX] = host[EAX];
		regs[EBX] = host[EBX] & VERSION_CLFLUSH_SIZE;
		break;
	case FILL_HOST:
		memcpy(regs, host, sizeof(host));
		break;
	case FILL_SIGNATURE:
		regs[EAX] = LEAF_HYPERVISOR + 1;
		memcpy(&regs[EBX], "KVMKVMKVM\0\0\0", 12);
		break;
	case FILL_EXT_MAX:
		regs[EAX] = offer->extended_max;
		break;
	case FILL_ADDRESS:
		/* Linear addresses have 48 bits as long as LA57 is hidden. */
		regs[EAX] = (host[EAX] & ADDRESS_PHYSICAL) | 48 << 8;
		break;
	default:
		break;
	}
}

static void add_leaf(struct offer *offer, const struct leaf_row *row)
{
	u32 regs[REGS] = { row->leaf };

	switch (row->fill) {
	case FILL_CACHES:
		add_caches(offer);
		break;
	case FILL_FLAGS:
		add_flags(offer);
		break;
	case FILL_XSAVE:
		add_xsave(offer);
		break;
	case FILL_TOPOLOGY:
		memset(regs, 0, sizeof(regs));
		add_entry(offer, row->leaf, 0, true, regs);
		break;
	default:
		fill_leaf(offer, row->fill, regs);
		add_entry(offer, row->leaf, 0, false, regs);
	}
}

static bool host_has_leaf(const struct offer *offer, u32 leaf)
{
	if (leaf >= LEAF_EXTENDED)
		return leaf <= max_t(u32, offer->extended_max, LEAF_EXTENDED);
	return leaf >= LEAF_HYPERVISOR || leaf <= offer->basic_max;
}

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

/* SDM 1 "XSAVE Area": the size of one that holds these components. */
static u32 xsave_size(const struct vtx_cpuid *cpuid, u64 components,
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

static void set_xsave_sizes(struct offer *offer)
{
	struct vtx_cpuid cpuid;
	u32 i;

	vtx_cpuid_init(&cpuid, offer->entries, offer->nent);
	for (i = 0; i < offer->nent; i++) {
		struct kvm_cpuid_entry2 *entry = &offer->entries[i];

		if (entry->function != LEAF_XSAVE || entry->index > 1)
			continue;
		if (!entry->index) {
			entry->ebx = xsave_size(&cpuid, offer->xcr0, false);
			entry->ecx = entry->ebx;
		} else if (vtx_cpuid_has(&cpuid, VTX_CPUID_XSAVEC) ||
			   vtx_cpuid_has(&cpuid, VTX_CPUID_XSAVES)) {
			entry->ebx = xsave_size(&cpuid, offer->xcr0, true);
		}
	}
}

/**
 * vtx_cpuid_supported() - what vtx offers: KVM_GET_SUPPORTED_CPUID
 * @host: the facts that decide
 * @entries: receives the offer
 * @nent: room in @entries; receives how many there are, even if too many
 *
 * Return: 0, or -E2BIG if there is too little room, with @entries undefined.
 */
int vtx_cpuid_supported(const struct vtx_cpuid_host *host,
			struct kvm_cpuid_entry2 *entries, u32 *nent)
{
	struct offer offer = {
		.host		= host,
		.entries	= entries,
		.room		= *nent,
	};
	int i;

	start_offer(&offer);
	for (i = 0; i < ARRAY_SIZE(leaves); i++)
		if (host_has_leaf(&offer, leaves[i].leaf))
			add_leaf(&offer, &leaves[i]);

	*nent = offer.nent;
	if (offer.nent > offer.room)
		return -E2BIG;
	if (offer.xcr0)
		set_xsave_sizes(&offer);
	return 0;
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
		const struct feature_row *row = &features[f];

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
		regs[EBX] = xsave_size(cpuid, state->xcr0, false);
	else if (subleaf == 1 && (vtx_cpuid_has(cpuid, VTX_CPUID_XSAVEC) ||
				  vtx_cpuid_has(cpuid, VTX_CPUID_XSAVES)))
		regs[EBX] = xsave_size(cpuid, state->xcr0 | state->xss, true);
}

static void dynamic_bits(const struct vtx_cpuid *cpuid,
			 const struct vtx_cpuid_state *state, u32 leaf,
			 u32 subleaf, u32 *regs)
{
	switch (leaf) {
	case LEAF_VERSION:
		regs[EBX] &= ~VERSION_APIC_ID;
		regs[EBX] |= state->apic_id << 24;
		set_bit_to(&regs[ECX], features[VTX_CPUID_OSXSAVE].mask,
			   vtx_cpuid_has(cpuid, VTX_CPUID_XSAVE) &&
			   (state->cr4 & X86_CR4_OSXSAVE));
		if (!(state->apic_base & MSR_IA32_APICBASE_ENABLE))
			regs[EDX] &= ~features[VTX_CPUID_APIC].mask;
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

/**
 * vtx_cpuid_name() - what is a feature called?
 * @feature: the feature
 *
 * Return: its name in VTX_CPUID_FEATURES.
 */
const char *vtx_cpuid_name(enum vtx_cpuid_feature feature)
{
	return features[feature].name;
}
