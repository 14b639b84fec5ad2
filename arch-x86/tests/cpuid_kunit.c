// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vtx offers on made-up hosts, and what a guest sees of it.
 *
 * The code is included whole, so that its tables can be walked row by row.
 */
#include "module/compat.h"

#include <kunit/test.h>

#include <asm/cpufeature.h>
#include <asm/fpu/xcr.h>
#include <asm/processor.h>

/* The real code, not a copy. */
#include "../cpuid.c"
#include "../cpuid_guest.c"

/* A host: its feature leaves are all ones or all zeroes but for these. */
struct made_up {
	u32	basic_max, extended_max;
	u64	xcr0;
	u32	needs;
	u32	features;
};

#define ALL_NEEDS	GENMASK(VTX_CPUID_NR_NEEDS - 1, 0)
#define XCR0_AVX	(XCR0_LEGACY | XFEATURE_MASK_YMM)
#define XCR0_AVX512	(XCR0_AVX | XFEATURE_MASK_AVX512)

static const struct made_up newest = {
	.basic_max	= 0x23,
	.extended_max	= 0x80000010,
	.xcr0		= ~0ULL,
	.needs		= ALL_NEEDS,
	.features	= ~0U,
};

static const struct made_up westmere = {
	.basic_max	= 0xb,
	.extended_max	= 0x80000008,
};

/* Size, offset and flags as on a CPU with AVX-512. */
static void component(u32 i, u32 *regs)
{
	static const u32 cases[][3] = {
		[2] = { 256, 576, 0 },
		[5] = { 64, 1088, 0 },
		[6] = { 512, 1152, COMPONENT_ALIGNED },
		[7] = { 1024, 1664, 0 },
		[9] = { 8, 2688, 0 },
	};

	memset(regs, 0, REGS * sizeof(*regs));
	if (i < ARRAY_SIZE(cases))
		memcpy(regs, cases[i], sizeof(cases[i]));
}

static void read_made_up(void *context, u32 leaf, u32 subleaf, u32 *regs)
{
	const struct made_up *host = context;
	int i;

	for (i = 0; i < REGS; i++)
		regs[i] = host->features;
	switch (leaf) {
	case 0:
		regs[EAX] = host->basic_max;
		memcpy(&regs[EBX], "Genu", 4);
		memcpy(&regs[EDX], "ineI", 4);
		memcpy(&regs[ECX], "ntel", 4);
		break;
	case LEAF_VERSION:
		regs[EAX] = 0x000306c3;
		regs[EBX] = 0x07100800;
		break;
	case LEAF_CACHES:
		regs[EAX] = subleaf < 4 ? 0x1c004121 + subleaf : 0;
		regs[EBX] = 0x01c0003f;
		break;
	case LEAF_FLAGS:
		if (!subleaf)
			regs[EAX] = 2;
		break;
	case LEAF_XSAVE:
		if (subleaf > 1)
			component(subleaf, regs);
		break;
	case LEAF_EXTENDED:
		regs[EAX] = host->extended_max;
		break;
	case LEAF_ADDRESS:
		regs[EAX] = 0x392e;
		break;
	}
}

struct offered {
	struct kvm_cpuid_entry2	entries[VTX_CPUID_MAX_SUPPORTED];
	u32			nent;
	struct vtx_cpuid	cpuid;
};

static struct offered *offer_of(struct kunit *test, const struct made_up *host)
{
	struct vtx_cpuid_host facts = {
		.read		= read_made_up,
		.context	= (void *)host,
		.xcr0		= host->xcr0,
		.needs		= host->needs,
	};
	struct offered *offered;

	offered = kunit_kzalloc(test, sizeof(*offered), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, offered);
	offered->nent = VTX_CPUID_MAX_SUPPORTED;
	KUNIT_ASSERT_EQ(test, vtx_cpuid_supported(&facts, offered->entries,
						  &offered->nent), 0);
	KUNIT_ASSERT_EQ(test, vtx_cpuid_check(offered->entries, offered->nent),
			0);
	vtx_cpuid_init(&offered->cpuid, offered->entries, offered->nent);
	return offered;
}

/* Quickly if possible, as an exit does. */
static void look_up(const struct offered *offered, u32 leaf, u32 subleaf,
		    u32 *regs)
{
	static const struct vtx_cpuid_state state = {
		.xcr0		= XFEATURE_MASK_FP,
		.apic_base	= MSR_IA32_APICBASE_ENABLE,
		.apic_id	= 5,
	};
	const struct kvm_cpuid_entry2 *quick;

	vtx_cpuid_lookup(&offered->cpuid, &state, leaf, subleaf, regs);
	quick = vtx_cpuid_quick(&offered->cpuid, leaf, subleaf);
	if (quick)
		memcpy(regs, &quick->eax, REGS * sizeof(*regs));
}

#define for_each_feature(f) for ((f) = 0; (f) < VTX_CPUID_NR_FEATURES; (f)++)

static void newest_host(struct kunit *test)
{
	struct offered *offered = offer_of(test, &newest);
	int f;

	for_each_feature(f)
		KUNIT_EXPECT_EQ_MSG(test, vtx_cpuid_has(&offered->cpuid, f),
				    features[f].policy == HOST ||
				    features[f].policy == ALWAYS, "%s",
				    vtx_cpuid_name(f));
}

/* On a host that has the leaves but not the bits. */
static void bare_host(struct kunit *test)
{
	struct made_up host = newest;
	struct offered *offered;
	int f;

	host.features = 0;
	offered = offer_of(test, &host);
	for_each_feature(f)
		KUNIT_EXPECT_EQ_MSG(test, vtx_cpuid_has(&offered->cpuid, f),
				    features[f].policy == ALWAYS, "%s",
				    vtx_cpuid_name(f));
}

static void take_away(struct made_up *host, enum vtx_cpuid_need need)
{
	switch (need) {
	case VTX_CPUID_NEED_XSAVE:
		host->xcr0 = 0;
		break;
	case VTX_CPUID_NEED_YMM:
		host->xcr0 &= ~(u64)XFEATURE_MASK_YMM;
		break;
	case VTX_CPUID_NEED_ZMM:
		host->xcr0 &= ~(u64)XFEATURE_MASK_OPMASK;
		break;
	default:
		host->needs &= ~BIT(need);
	}
}

static void need_missing(struct kunit *test)
{
	int f, need;

	for (need = 1; need < VTX_CPUID_NR_NEEDS; need++) {
		struct made_up host = newest;
		struct offered *offered;

		take_away(&host, need);
		offered = offer_of(test, &host);
		for_each_feature(f) {
			bool has = vtx_cpuid_has(&offered->cpuid, f);

			if (features[f].need == need)
				KUNIT_EXPECT_FALSE_MSG(test, has, "%s",
						       vtx_cpuid_name(f));
		}
	}
}

static bool same_bit(const struct feature_row *a, const struct feature_row *b)
{
	return a->leaf == b->leaf && a->subleaf == b->subleaf &&
	       a->reg == b->reg && a->mask == b->mask;
}

static void table_is_sound(struct kunit *test)
{
	int f, g, i;

	for_each_feature(f)
		for (g = 0; g < f; g++)
			if (same_bit(&features[f], &features[g]))
				KUNIT_FAIL(test, "%s and %s", vtx_cpuid_name(f),
					   vtx_cpuid_name(g));
	for (i = 1; i < ARRAY_SIZE(leaves); i++)
		KUNIT_EXPECT_LT(test, leaves[i - 1].leaf, leaves[i].leaf);
}

/* Typed in by other people from the same manual. */
static void kernel_agrees(struct kunit *test)
{
#define AGREE(ours, kernels)	{ VTX_CPUID_##ours, X86_FEATURE_##kernels }
	static const struct {
		enum vtx_cpuid_feature	ours;
		int			kernels;
	} cases[] = {
		AGREE(SSE3, XMM3), AGREE(VMX, VMX), AGREE(PCID, PCID),
		AGREE(X2APIC, X2APIC), AGREE(TSC_DEADLINE, TSC_DEADLINE_TIMER),
		AGREE(XSAVE, XSAVE), AGREE(OSXSAVE, OSXSAVE), AGREE(AVX, AVX),
		AGREE(HYPERVISOR, HYPERVISOR), AGREE(PAE, PAE),
		AGREE(APIC, APIC), AGREE(MTRR, MTRR), AGREE(MCA, MCA),
		AGREE(PAT, PAT), AGREE(SYSCALL, SYSCALL), AGREE(NX, NX),
		AGREE(PAGE1GB, GBPAGES), AGREE(RDTSCP, RDTSCP), AGREE(LM, LM),
		AGREE(FSGSBASE, FSGSBASE), AGREE(TSC_ADJUST, TSC_ADJUST),
		AGREE(SMEP, SMEP), AGREE(SMAP, SMAP), AGREE(INVPCID, INVPCID),
		AGREE(UMIP, UMIP), AGREE(PKU, PKU), AGREE(LA57, LA57),
		AGREE(RDPID, RDPID), AGREE(SPEC_CTRL, SPEC_CTRL),
		AGREE(ARCH_CAPABILITIES, ARCH_CAPABILITIES),
		AGREE(SSBD, SPEC_CTRL_SSBD), AGREE(MD_CLEAR, MD_CLEAR),
	};
#undef AGREE
	static const struct {
		u32			leaf;
		enum vtx_cpuid_reg	reg;
		int			word;
	} words[] = {
		{ 1, EDX, CPUID_1_EDX }, { 1, ECX, CPUID_1_ECX },
		{ 0x80000001, EDX, CPUID_8000_0001_EDX },
		{ 7, EBX, CPUID_7_0_EBX }, { 7, ECX, CPUID_7_ECX },
		{ 7, EDX, CPUID_7_EDX },
	};
	int i, w;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct feature_row *row = &features[cases[i].ours];

		for (w = 0; w < ARRAY_SIZE(words); w++)
			if (words[w].leaf == row->leaf &&
			    words[w].reg == row->reg)
				break;
		KUNIT_ASSERT_LT(test, w, ARRAY_SIZE(words));
		KUNIT_EXPECT_EQ_MSG(test, cases[i].kernels / 32, words[w].word,
				    "%s", row->name);
		KUNIT_EXPECT_EQ_MSG(test, BIT(cases[i].kernels % 32), row->mask,
				    "%s", row->name);
	}
}

static void leaves_offered(struct kunit *test)
{
	struct offered *offered = offer_of(test, &newest);
	u32 regs[REGS];
	int i, j;

	KUNIT_EXPECT_LE(test, offered->nent, VTX_CPUID_MAX_SUPPORTED);
	for (i = 0; i < offered->nent; i++)
		for (j = i + 1; j < offered->nent; j++)
			KUNIT_EXPECT_FALSE(test, offered->entries[i].function ==
					   offered->entries[j].function &&
					   offered->entries[i].index ==
					   offered->entries[j].index);

	look_up(offered, 0, 0, regs);
	KUNIT_EXPECT_EQ(test, regs[EAX], 0x1f);
	KUNIT_EXPECT_EQ(test, memcmp(&regs[EBX], "Genu", 4), 0);
	look_up(offered, 1, 0, regs);
	KUNIT_EXPECT_EQ(test, regs[EAX], 0x306c3);
	KUNIT_EXPECT_EQ(test, regs[EBX], 0x05000800);	/* APIC id 5 */
	look_up(offered, 4, 3, regs);
	KUNIT_EXPECT_EQ(test, regs[EAX], 0x124);
	KUNIT_EXPECT_EQ(test, regs[EBX], 0x01c0003f);
	look_up(offered, 4, 4, regs);
	KUNIT_EXPECT_EQ(test, regs[EAX], 0);
	look_up(offered, LEAF_HYPERVISOR, 0, regs);
	KUNIT_EXPECT_EQ(test, regs[EAX], 0x40000001);
	KUNIT_EXPECT_EQ(test, memcmp(&regs[EBX], "KVMKVMKVM\0\0\0", 12), 0);
	look_up(offered, 0x80000000, 0, regs);
	KUNIT_EXPECT_EQ(test, regs[EAX], 0x80000008);
	look_up(offered, 0x80000008, 0, regs);
	KUNIT_EXPECT_EQ(test, regs[EAX], 0x302e);
	KUNIT_EXPECT_EQ(test, offered->cpuid.phys_bits, 46);
	KUNIT_EXPECT_EQ(test, offered->cpuid.virt_bits, 48);
}

static void nothing_in_some_leaves(struct kunit *test)
{
	static const u32 zero[] = {
		0x3, 0x5, 0x8, 0x9, 0xa, 0xc, 0xe, 0xf, 0x10, 0x12, 0x14, 0x15,
		0x16, 0x19, 0x1a, 0x1c, 0x1d, 0x80000005,
	};
	struct offered *offered = offer_of(test, &newest);
	u32 regs[REGS];
	int i;

	for (i = 0; i < ARRAY_SIZE(zero); i++) {
		look_up(offered, zero[i], 0, regs);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(regs, 0, sizeof(regs)),
				      "%#x", zero[i]);
	}
}

static void old_host(struct kunit *test)
{
	struct offered *offered = offer_of(test, &westmere);
	u32 regs[REGS], highest[REGS];

	look_up(offered, 0, 0, regs);
	KUNIT_EXPECT_EQ(test, regs[EAX], 0xb);
	KUNIT_EXPECT_EQ(test, offered->cpuid.xcr0, 0);
	look_up(offered, 0xb, 1, highest);
	look_up(offered, 0xd, 1, regs);
	KUNIT_EXPECT_EQ(test, memcmp(regs, highest, sizeof(regs)), 0);
}

static void too_little_room(struct kunit *test)
{
	struct vtx_cpuid_host facts = {
		.read		= read_made_up,
		.context	= (void *)&newest,
		.xcr0		= XCR0_AVX512,
	};
	struct kvm_cpuid_entry2 *entries;
	u32 nent = 0, all, room;

	entries = kunit_kcalloc(test, VTX_CPUID_MAX_SUPPORTED, sizeof(*entries),
				GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, entries);
	KUNIT_EXPECT_EQ(test, vtx_cpuid_supported(&facts, NULL, &nent), -E2BIG);
	all = nent;
	for (room = 0; room < all; room++) {
		nent = room;
		KUNIT_EXPECT_EQ(test,
				vtx_cpuid_supported(&facts, entries, &nent),
				-E2BIG);
		KUNIT_EXPECT_EQ(test, nent, all);
		KUNIT_EXPECT_EQ(test, entries[room].flags |
				entries[room].function | entries[room].eax, 0);
	}
	KUNIT_EXPECT_EQ(test, vtx_cpuid_supported(&facts, entries, &nent), 0);
	KUNIT_EXPECT_EQ(test, nent, all);
}

static void xsave_components(struct kunit *test)
{
	static const struct {
		u64	host, offered;
		u32	size;
	} cases[] = {
		{ 0,						0, 0 },
		{ XFEATURE_MASK_FP,				0, 0 },
		{ XCR0_LEGACY,				XCR0_LEGACY, 576 },
		{ XCR0_AVX,					XCR0_AVX, 832 },
		{ XCR0_AVX512,				XCR0_AVX512, 2688 },
		{ XCR0_AVX | XFEATURE_MASK_OPMASK,		XCR0_AVX, 832 },
		{ XCR0_LEGACY | XFEATURE_MASK_AVX512,	XCR0_LEGACY, 576 },
		{ XCR0_AVX512 | XFEATURE_MASK_PKRU,	XCR0_AVX512, 2688 },
		{ ~0ULL,				XCR0_AVX512, 2688 },
	};
	u32 regs[REGS];
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct made_up host = newest;
		const struct kvm_cpuid_entry2 *entry;
		struct offered *offered;

		host.xcr0 = cases[i].host;
		offered = offer_of(test, &host);
		KUNIT_EXPECT_EQ_MSG(test, offered->cpuid.xcr0,
				    cases[i].offered, "%d", i);
		entry = find_entry(&offered->cpuid, LEAF_XSAVE, 0);
		KUNIT_ASSERT_NOT_NULL(test, entry);
		KUNIT_EXPECT_EQ_MSG(test, entry->ebx, cases[i].size, "%d", i);
		KUNIT_EXPECT_EQ_MSG(test, entry->ecx, cases[i].size, "%d", i);
		/* Nothing in IA32_XSS. */
		look_up(offered, LEAF_XSAVE, 1, regs);
		KUNIT_EXPECT_EQ_MSG(test, regs[ECX] | regs[EDX], 0, "%d", i);
		look_up(offered, LEAF_XSAVE, 9, regs);
		KUNIT_EXPECT_EQ_MSG(test, regs[EAX] | regs[EBX], 0, "%d", i);
	}
}

static void follows_registers(struct kunit *test)
{
	static const struct {
		u64	xcr0;
		u32	standard, compacted;
	} sizes[] = {
		{ XFEATURE_MASK_FP,	 576,  576 },
		{ XCR0_LEGACY,		 576,  576 },
		{ XCR0_AVX,		 832,  832 },
		/* 576 + 256 + 64, to 64: 896, + 512 + 1024 */
		{ XCR0_AVX512,		2688, 2432 },
	};
	struct offered *offered = offer_of(test, &newest);
	struct vtx_cpuid_state state = { .apic_id = 0x1fe };
	u32 regs[REGS];
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		state.xcr0 = sizes[i].xcr0;
		vtx_cpuid_lookup(&offered->cpuid, &state, LEAF_XSAVE, 0, regs);
		KUNIT_EXPECT_EQ(test, regs[EBX], sizes[i].standard);
		KUNIT_EXPECT_EQ(test, regs[ECX], 2688);
		vtx_cpuid_lookup(&offered->cpuid, &state, LEAF_XSAVE, 1, regs);
		KUNIT_EXPECT_EQ(test, regs[EBX], sizes[i].compacted);
	}

	vtx_cpuid_lookup(&offered->cpuid, &state, 1, 0, regs);
	KUNIT_EXPECT_FALSE(test, regs[ECX] & BIT(27));
	KUNIT_EXPECT_FALSE(test, regs[EDX] & BIT(9));
	KUNIT_EXPECT_EQ(test, regs[EBX] >> 24, 0xfe);
	state.cr4 = X86_CR4_OSXSAVE;
	state.apic_base = MSR_IA32_APICBASE_ENABLE;
	vtx_cpuid_lookup(&offered->cpuid, &state, 1, 0, regs);
	KUNIT_EXPECT_TRUE(test, regs[ECX] & BIT(27));
	KUNIT_EXPECT_TRUE(test, regs[EDX] & BIT(9));

	/* Beyond the last level: only the subleaf and the x2APIC id. */
	vtx_cpuid_lookup(&offered->cpuid, &state, 0xb, 0x107, regs);
	KUNIT_EXPECT_EQ(test, regs[EAX] | regs[EBX], 0);
	KUNIT_EXPECT_EQ(test, regs[ECX], 7);
	KUNIT_EXPECT_EQ(test, regs[EDX], 0x1fe);

	/* What is read back is what the guest sees. */
	for (i = 0; i < offered->cpuid.nent; i++) {
		struct kvm_cpuid_entry2 entry = offered->cpuid.entries[i];

		vtx_cpuid_adjust_entry(&offered->cpuid, &state, &entry);
		vtx_cpuid_lookup(&offered->cpuid, &state, entry.function,
				 entry.index, regs);
		KUNIT_EXPECT_EQ(test, entry.eax, regs[EAX]);
		KUNIT_EXPECT_EQ(test, entry.ebx, regs[EBX]);
		KUNIT_EXPECT_EQ(test, entry.ecx, regs[ECX]);
		KUNIT_EXPECT_EQ(test, entry.edx, regs[EDX]);
	}
}

static struct kvm_cpuid_entry2 entry_of(u32 leaf, u32 index, u32 flags, u32 eax)
{
	return (struct kvm_cpuid_entry2){
		.function = leaf, .index = index, .flags = flags, .eax = eax,
	};
}

/* Where there is a quick answer, it is the answer. */
static void expect_quick(struct kunit *test, const struct vtx_cpuid *cpuid,
			 u32 leaf, u32 subleaf, const u32 *regs)
{
	const struct kvm_cpuid_entry2 *entry;

	entry = vtx_cpuid_quick(cpuid, leaf, subleaf);
	if (entry)
		KUNIT_EXPECT_MEMEQ_MSG(test, &entry->eax, regs,
				       REGS * sizeof(*regs), "%#x.%u", leaf,
				       subleaf);
}

static void lookup_rules(struct kunit *test)
{
	const u32 indexed = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	struct kvm_cpuid_entry2 entries[] = {
		entry_of(0x80000001, 0, 0, 81),
		entry_of(0, 0, 0, 7),
		entry_of(7, 0, indexed, 70),
		entry_of(2, 5, 0, 20),
		entry_of(7, 1, indexed, 71),
		entry_of(0x80000000, 0, 0, 0x80000001),
		entry_of(0x40000000, 0, 0, 0x40000002),
		entry_of(2, 0, 0, 21),
		entry_of(9, 0, 0, 90),
	};
	static const struct {
		u32	leaf, subleaf, eax, amd_eax;
	} cases[] = {
		{ 0,	      0,  7,  7 },
		{ 7,	      0, 70, 70 },
		{ 7,	      1, 71, 71 },
		{ 7,	      2,  0,  0 },
		{ 2,	      0, 20, 20 },	/* the first one */
		{ 2,	     99, 20, 20 },
		{ 3,	      0,  0,  0 },
		{ 9,	      0, 90, 90 },	/* is there */
		{ 8,	      0, 70,  0 },
		{ 8,	      1, 71,  0 },
		{ 8,	      2,  0,  0 },
		{ 0x3fffffff, 0, 70,  0 },
		{ 0x40000001, 0,  0,  0 },
		{ 0x40000003, 0, 70,  0 },
		{ 0x40000100, 0, 70,  0 },
		{ 0x80000000, 0, 0x80000001, 0x80000001 },
		{ 0x80000001, 0, 81, 81 },
		{ 0x80000002, 0, 70,  0 },
		{ 0xc0000000, 0, 70,  0 },
		{ 0xffffffff, 1, 71,  0 },
	};
	struct vtx_cpuid_state state = { };
	struct vtx_cpuid cpuid;
	u32 regs[REGS];
	int i;

	vtx_cpuid_init(&cpuid, entries, ARRAY_SIZE(entries));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		vtx_cpuid_lookup(&cpuid, &state, cases[i].leaf,
				 cases[i].subleaf, regs);
		KUNIT_EXPECT_EQ_MSG(test, regs[EAX], cases[i].eax, "%#x.%u",
				    cases[i].leaf, cases[i].subleaf);
		expect_quick(test, &cpuid, cases[i].leaf, cases[i].subleaf,
			     regs);
	}
	KUNIT_EXPECT_NOT_NULL(test, vtx_cpuid_quick(&cpuid, 0, 0));
	KUNIT_EXPECT_NOT_NULL(test, vtx_cpuid_quick(&cpuid, 0x80000001, 0));
	KUNIT_EXPECT_NULL(test, vtx_cpuid_quick(&cpuid, 3, 0));

	memcpy(&entries[1].ebx, "Auth", 4);
	vtx_cpuid_init(&cpuid, entries, ARRAY_SIZE(entries));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		vtx_cpuid_lookup(&cpuid, &state, cases[i].leaf,
				 cases[i].subleaf, regs);
		KUNIT_EXPECT_EQ_MSG(test, regs[EAX], cases[i].amd_eax, "%#x.%u",
				    cases[i].leaf, cases[i].subleaf);
	}
}

static void lookup_untold(struct kunit *test)
{
	const struct vtx_cpuid_state state = { .apic_id = 1 };
	struct vtx_cpuid cpuid;
	u32 regs[REGS];
	u32 leaf;

	vtx_cpuid_init(&cpuid, NULL, 0);
	for (leaf = 0; leaf < 20; leaf++) {
		vtx_cpuid_lookup(&cpuid, &state, leaf, 0, regs);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(regs, 0, sizeof(regs)),
				      "%#x", leaf);
		KUNIT_EXPECT_NULL(test, vtx_cpuid_quick(&cpuid, leaf, 0));
	}
	KUNIT_EXPECT_EQ(test, cpuid.phys_bits, 36);
	KUNIT_EXPECT_EQ(test, cpuid.virt_bits, 48);
}

static void entries_checked(struct kunit *test)
{
	static const struct {
		u32	eax;
		int	err;
	} cases[] = {
		{ 0x0024, 0 }, { 0x3024, 0 }, { 0x3934, 0 },
		{ 0x2024, -EINVAL }, { 0x3124, -EINVAL }, { 0x4034, -EINVAL },
	};
	int i;

	KUNIT_EXPECT_EQ(test, vtx_cpuid_check(NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, vtx_cpuid_check(NULL, 257), -E2BIG);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_cpuid_entry2 entry =
			entry_of(LEAF_ADDRESS, 0, 0, cases[i].eax);

		KUNIT_EXPECT_EQ_MSG(test, vtx_cpuid_check(&entry, 1),
				    cases[i].err, "%#x", cases[i].eax);
		entry.function = LEAF_VERSION;
		KUNIT_EXPECT_EQ(test, vtx_cpuid_check(&entry, 1), 0);
	}
}

static void read_this(void *context, u32 leaf, u32 subleaf, u32 *regs)
{
	cpuid_count(leaf, subleaf, &regs[EAX], &regs[EBX], &regs[ECX],
		    &regs[EDX]);
}

/* The CPU that the test runs on: what must hold on any. */
static void this_host(struct kunit *test)
{
	struct vtx_cpuid_host facts = {
		.read	= read_this,
		.xcr0	= boot_cpu_has(X86_FEATURE_OSXSAVE) ? xgetbv(0) : 0,
		.needs	= ALL_NEEDS,
	};
	u32 nent = VTX_CPUID_MAX_SUPPORTED, regs[REGS];
	struct kvm_cpuid_entry2 *entries;
	struct vtx_cpuid cpuid;
	int f;

	entries = kunit_kcalloc(test, nent, sizeof(*entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, entries);
	KUNIT_ASSERT_EQ(test, vtx_cpuid_supported(&facts, entries, &nent), 0);
	vtx_cpuid_init(&cpuid, entries, nent);
	for_each_feature(f) {
		const struct feature_row *row = &features[f];

		read_this(NULL, row->leaf, row->subleaf, regs);
		if (row->policy == HOST && vtx_cpuid_has(&cpuid, f))
			KUNIT_EXPECT_TRUE_MSG(test, regs[row->reg] & row->mask,
					      "%s", row->name);
	}
	KUNIT_EXPECT_TRUE(test, vtx_cpuid_has(&cpuid, VTX_CPUID_LM));
	KUNIT_EXPECT_TRUE(test, vtx_cpuid_has(&cpuid, VTX_CPUID_PAE));
	/* The image of the KVM ABI: struct kvm_xsave. */
	if (cpuid.xcr0)
		KUNIT_EXPECT_LE(test, find_entry(&cpuid, LEAF_XSAVE, 0)->ecx,
				4096);
}

static struct kunit_case cpuid_cases[] = {
	KUNIT_CASE(newest_host),
	KUNIT_CASE(bare_host),
	KUNIT_CASE(need_missing),
	KUNIT_CASE(table_is_sound),
	KUNIT_CASE(kernel_agrees),
	KUNIT_CASE(leaves_offered),
	KUNIT_CASE(nothing_in_some_leaves),
	KUNIT_CASE(old_host),
	KUNIT_CASE(too_little_room),
	KUNIT_CASE(xsave_components),
	KUNIT_CASE(follows_registers),
	KUNIT_CASE(lookup_rules),
	KUNIT_CASE(lookup_untold),
	KUNIT_CASE(entries_checked),
	KUNIT_CASE(this_host),
	{ }
};

static struct kunit_suite cpuid_suite = {
	.name		= "vtx_cpuid",
	.test_cases	= cpuid_cases,
};

kunit_test_suite(cpuid_suite);
