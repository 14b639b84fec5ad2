// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID: from the host's to an offer.
 *
 * vtx_cpuid_supported() holds the tables of cpuid_features.h against a host and
 * writes entries of the KVM ABI.  User space picks and changes as it likes, for
 * instance to say how vCPUs share packages; what becomes of that is in
 * cpuid_guest.c.
 *
 * No state, no locks; everything may be called in any context.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/fpu/types.h>

#include "arch-x86/cpuid.h"
#include "arch-x86/cpuid_leaves.h"

/* The components that vtx switches, and what is in every XSAVE area. */
#define XCR0_LEGACY	(XFEATURE_MASK_FP | XFEATURE_MASK_SSE)
#define XCR0_OFFERED	(XCR0_LEGACY | XFEATURE_MASK_YMM | XFEATURE_MASK_AVX512)

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
			entry->ebx = vtx_cpuid_xsave_size(&cpuid, offer->xcr0, false);
			entry->ecx = entry->ebx;
		} else if (vtx_cpuid_has(&cpuid, VTX_CPUID_XSAVEC) ||
			   vtx_cpuid_has(&cpuid, VTX_CPUID_XSAVES)) {
			entry->ebx = vtx_cpuid_xsave_size(&cpuid, offer->xcr0, true);
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
 * vtx_cpuid_name() - what is a feature called?
 * @feature: the feature
 *
 * Return: its name in VTX_CPUID_FEATURES.
 */
const char *vtx_cpuid_name(enum vtx_cpuid_feature feature)
{
	return features[feature].name;
}
