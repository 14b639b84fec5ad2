// SPDX-License-Identifier: GPL-2.0-only
/*
 * From made-up capability MSRs to a configuration or a refusal.
 *
 * The CPU that the tests start from allows everything vtx knows of and forces
 * only the default1 bits of the SDM; each test takes one thing away, or forces
 * one thing on.  caps.c and support.c are included whole, so that their tables
 * can be walked row by row.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../caps.c"
#include "../support.c"

/* SDM 3D "Reserved Controls and Default Settings": the default1 class. */
#define PIN_DEFAULT1	0x00000016U
#define PROC_DEFAULT1	0x0401e172U
#define EXIT_DEFAULT1	0x00036dffU
#define ENTRY_DEFAULT1	0x000011ffU
#define CR3_EXITING	0x00018000U

static u64 pair(u32 must1, u32 may1)
{
	return (u64)may1 << 32 | must1;
}

static void ideal_msrs(struct vtx_vmx_msrs *msrs)
{
	*msrs = (struct vtx_vmx_msrs){
		.basic		= 0x12345678 | 1024ULL << 32 |
				  (u64)MEMORY_TYPE_WB << 50 |
				  BASIC_TRUE_CONTROLS,
		.pin		= pair(PIN_DEFAULT1, ~0U),
		.proc		= pair(PROC_DEFAULT1, ~0U),
		.exit		= pair(EXIT_DEFAULT1, ~0U),
		.entry		= pair(ENTRY_DEFAULT1, ~0U),
		.cr0_fixed0	= 0x80000021,
		.cr0_fixed1	= 0xffffffff,
		.cr4_fixed0	= 0x2000,
		.cr4_fixed1	= 0x3767ff,
		.proc2		= pair(0, ~0U),
		.ept_vpid	= ~0ULL,
		.true_pin	= pair(PIN_DEFAULT1, ~0U),
		.true_proc	= pair(PROC_DEFAULT1 & ~CR3_EXITING, ~0U),
		/* SDM 3D: these classes lose bit 2, "debug controls". */
		.true_exit	= pair(EXIT_DEFAULT1 & ~BIT(2), ~0U),
		.true_entry	= pair(ENTRY_DEFAULT1 & ~BIT(2), ~0U),
	};
}

/* Where a row's two halves live; the capabilities have only one. */
static u64 *msr_of(struct vtx_vmx_msrs *msrs, const struct vtx_feature_row *row)
{
	switch (row->word) {
	case VTX_WORD_PROC:
		return &msrs->true_proc;
	case VTX_WORD_PROC2:
		return &msrs->proc2;
	case VTX_WORD_PIN:
		return &msrs->true_pin;
	case VTX_WORD_EXIT:
		return &msrs->true_exit;
	case VTX_WORD_ENTRY:
		return &msrs->true_entry;
	default:
		return &msrs->ept_vpid;
	}
}

static void deny(struct vtx_vmx_msrs *msrs, const struct vtx_feature_row *row)
{
	bool plain = row->word == VTX_WORD_EPT_VPID;

	*msr_of(msrs, row) &= ~(plain ? row->mask : row->mask << 32 | row->mask);
}

static void force(struct vtx_vmx_msrs *msrs, const struct vtx_feature_row *row)
{
	*msr_of(msrs, row) |= row->mask;
}

static int solve(const struct vtx_vmx_msrs *msrs, int without,
		 struct vtx_caps *caps, char *why)
{
	DECLARE_BITMAP(map, VTX_NR_FEATURES) = { };

	if (without != VTX_F_NONE)
		set_bit(without, map);
	why[0] = '\0';
	return vtx_caps_solve(msrs, map, caps, why, VTX_WHY_SIZE);
}

/* The same where there must be a solution. */
static void must_solve(struct kunit *test, const struct vtx_vmx_msrs *msrs,
		       int without, struct vtx_caps *caps)
{
	char why[VTX_WHY_SIZE];

	KUNIT_ASSERT_EQ_MSG(test, solve(msrs, without, caps, why), 0, "%s",
			    why);
}

static const void *next_row(const void *prev, char *desc)
{
	const struct vtx_feature_row *row = prev;

	row = row ? row + 1 : &vtx_rows[VTX_F_NONE + 1];
	if (row == &vtx_rows[VTX_NR_FEATURES])
		return NULL;
	strscpy(desc, row->token, KUNIT_PARAM_DESC_SIZE);
	return row;
}

/* Rows of controls, which a CPU can force to 1. */
static const void *next_control(const void *prev, char *desc)
{
	const struct vtx_feature_row *row = next_row(prev, desc);

	while (row && row->word == VTX_WORD_EPT_VPID)
		row = next_row(row, desc);
	return row;
}

/* Rows that need something that a CPU may lack. */
static const void *next_needy(const void *prev, char *desc)
{
	const struct vtx_feature_row *row = next_row(prev, desc);

	while (row && (row->needs == VTX_F_NONE ||
		       !vtx_feature_optional(row->needs)))
		row = next_row(row, desc);
	return row;
}

static void ideal_cpu(struct kunit *test)
{
	const struct vtx_feature_row *row = test->param_value;
	int f = row - vtx_rows;
	struct vtx_vmx_msrs msrs;
	struct vtx_caps caps;
	bool on;

	ideal_msrs(&msrs);
	must_solve(test, &msrs, VTX_F_NONE, &caps);
	on = row->policy == REQUIRED || row->policy == OPTIONAL;
	KUNIT_EXPECT_EQ(test, !!(caps.word[row->word] & row->mask), on);
	KUNIT_EXPECT_EQ(test, vtx_caps_have(&caps, f), row->policy != CLEARED);
}

static void required_0(struct kunit *test)
{
	const struct vtx_feature_row *row = test->param_value;
	int f = row - vtx_rows;
	struct vtx_vmx_msrs msrs;
	char why[VTX_WHY_SIZE];
	struct vtx_caps caps;
	int err;

	ideal_msrs(&msrs);
	deny(&msrs, row);
	err = solve(&msrs, VTX_F_NONE, &caps, why);
	switch (row->policy) {
	case REQUIRED:
	case TOGGLED:
		KUNIT_EXPECT_EQ(test, err, -EOPNOTSUPP);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, row->name),
					  "\"%s\" not named in: %s", row->name,
					  why);
		break;
	default:
		KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
		KUNIT_EXPECT_FALSE(test, vtx_caps_have(&caps, f));
		KUNIT_EXPECT_EQ(test, caps.word[row->word] & row->mask, 0);
	}
}

static void required_1(struct kunit *test)
{
	const struct vtx_feature_row *row = test->param_value;
	int f = row - vtx_rows;
	struct vtx_vmx_msrs msrs;
	char why[VTX_WHY_SIZE];
	struct vtx_caps caps;
	int err;

	ideal_msrs(&msrs);
	force(&msrs, row);
	err = solve(&msrs, f, &caps, why);
	switch (row->policy) {
	case CLEARED:
	case TOGGLED:
		KUNIT_EXPECT_EQ(test, err, -EOPNOTSUPP);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, row->name),
					  "\"%s\" not named in: %s", row->name,
					  why);
		break;
	case MAYBE:
		KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
		KUNIT_EXPECT_FALSE(test, vtx_caps_have(&caps, f));
		KUNIT_EXPECT_EQ(test, caps.word[row->word] & row->mask,
				row->mask);
		break;
	default:
		KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
		KUNIT_EXPECT_TRUE(test, vtx_caps_have(&caps, f));
		KUNIT_EXPECT_EQ(test, caps.word[row->word] & row->mask,
				row->mask);
	}
}

static void without_one(struct kunit *test)
{
	const struct vtx_feature_row *row = test->param_value;
	int f = row - vtx_rows;
	struct vtx_vmx_msrs msrs;
	struct vtx_caps caps;

	ideal_msrs(&msrs);
	must_solve(test, &msrs, f, &caps);
	KUNIT_EXPECT_EQ(test, vtx_caps_have(&caps, f),
			row->policy == REQUIRED || row->policy == TOGGLED);
}

/* What needs a missing feature goes with it, and its bit stays clear. */
static void need_missing(struct kunit *test)
{
	const struct vtx_feature_row *row = test->param_value;
	struct vtx_vmx_msrs msrs;
	struct vtx_caps caps;

	ideal_msrs(&msrs);
	deny(&msrs, &vtx_rows[row->needs]);
	must_solve(test, &msrs, VTX_F_NONE, &caps);
	KUNIT_EXPECT_FALSE(test, vtx_caps_have(&caps, row - vtx_rows));
	KUNIT_EXPECT_EQ(test, caps.word[row->word] & row->mask, 0);
}

static void table_is_sound(struct kunit *test)
{
	int f, g;

	for_each_feature(f) {
		const struct vtx_feature_row *row = &vtx_rows[f];
		int steps = 0;

		KUNIT_EXPECT_EQ_MSG(test, hweight64(row->mask), 1, "%s",
				    row->token);
		if (row->word != VTX_WORD_EPT_VPID)
			KUNIT_EXPECT_EQ_MSG(test, upper_32_bits(row->mask), 0,
					    "%s", row->token);
		for (g = f + 1; g < VTX_NR_FEATURES; g++)
			KUNIT_EXPECT_FALSE_MSG(test,
					       row->word == vtx_rows[g].word &&
					       row->mask == vtx_rows[g].mask,
					       "%s and %s", row->token,
					       vtx_rows[g].token);
		/* What must be there may only need what must be there. */
		if (!vtx_feature_optional(f) && row->needs != VTX_F_NONE)
			KUNIT_EXPECT_FALSE_MSG(test,
					       vtx_feature_optional(row->needs),
					       "%s", row->token);
		for (g = f; g != VTX_F_NONE && steps <= VTX_NR_FEATURES; steps++)
			g = vtx_rows[g].needs;
		KUNIT_EXPECT_EQ_MSG(test, g, VTX_F_NONE, "%s needs itself",
				    row->token);
	}
}

static void true_msrs(struct kunit *test)
{
	struct vtx_vmx_msrs msrs;
	char why[VTX_WHY_SIZE];
	struct vtx_caps caps;

	/* The TRUE MSRs count where bit 55 says that they are there. */
	ideal_msrs(&msrs);
	msrs.proc = pair(~0U, ~0U);
	must_solve(test, &msrs, VTX_F_NONE, &caps);
	KUNIT_EXPECT_EQ(test, caps.word[VTX_WORD_PROC] & CR3_EXITING, 0);

	/* Else the plain ones do, in which CR3 exiting is default1. */
	ideal_msrs(&msrs);
	msrs.basic &= ~BASIC_TRUE_CONTROLS;
	KUNIT_EXPECT_EQ(test, solve(&msrs, VTX_F_NONE, &caps, why),
			-EOPNOTSUPP);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "clear \"CR3-load exiting\""),
				  "%s", why);
	msrs.proc &= ~(u64)CR3_EXITING;
	msrs.true_proc = pair(~0U, ~0U);
	must_solve(test, &msrs, VTX_F_NONE, &caps);
}

static void default1_bits_stay(struct kunit *test)
{
	struct vtx_vmx_msrs msrs;
	struct vtx_caps caps;

	ideal_msrs(&msrs);
	must_solve(test, &msrs, VTX_F_NONE, &caps);
	KUNIT_EXPECT_EQ(test, caps.word[VTX_WORD_PIN] & PIN_DEFAULT1,
			PIN_DEFAULT1);
	KUNIT_EXPECT_EQ(test, caps.word[VTX_WORD_PROC] & PROC_DEFAULT1,
			PROC_DEFAULT1 & ~CR3_EXITING);
	KUNIT_EXPECT_EQ(test, caps.word[VTX_WORD_EXIT] & EXIT_DEFAULT1,
			EXIT_DEFAULT1);
	KUNIT_EXPECT_EQ(test, caps.word[VTX_WORD_ENTRY] & ENTRY_DEFAULT1,
			ENTRY_DEFAULT1);
}

static void basic_information(struct kunit *test)
{
	static const struct {
		u64		size, type;
		int		err;
		const char	*why;
	} cases[] = {
		{    1, 6, 0,		"" },
		{ 4096, 6, 0,		"" },
		{    0, 6, -EOPNOTSUPP,	"region size of 0 " },
		{ 4097, 6, -EOPNOTSUPP,	"region size of 4097 " },
		{ 1024, 0, -EOPNOTSUPP,	"memory type 0" },
	};
	struct vtx_vmx_msrs msrs;
	char why[VTX_WHY_SIZE];
	struct vtx_caps caps;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ideal_msrs(&msrs);
		msrs.basic = 0xfedcba98 | cases[i].size << 32 |
			     cases[i].type << 50 | BASIC_TRUE_CONTROLS;
		KUNIT_EXPECT_EQ(test, solve(&msrs, VTX_F_NONE, &caps, why),
				cases[i].err);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, cases[i].why),
					  "%s", why);
		if (cases[i].err)
			continue;
		/* Bit 31 is no part of the revision. */
		KUNIT_EXPECT_EQ(test, caps.revision, 0x7edcba98);
		KUNIT_EXPECT_EQ(test, caps.region_size, cases[i].size);
	}
}

static void cpus_compared(struct kunit *test)
{
	struct vtx_caps first, other;
	struct vtx_vmx_msrs msrs;
	char why[VTX_WHY_SIZE];
	int f;

	ideal_msrs(&msrs);
	KUNIT_ASSERT_EQ(test, solve(&msrs, VTX_F_NONE, &first, why), 0);

	other = first;
	KUNIT_EXPECT_TRUE(test, vtx_caps_same(&first, &other, why, sizeof(why)));

#define DIFFERS(member, name)						\
	do {								\
		other = first;						\
		other.member ^= 1;					\
		KUNIT_EXPECT_FALSE(test, vtx_caps_same(&first, &other,	\
						       why, sizeof(why))); \
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, name), "%s", why); \
	} while (0)
	DIFFERS(revision, "revision");
	DIFFERS(region_size, "region_size");
	DIFFERS(cr0_fixed0, "cr0_fixed0");
	DIFFERS(cr0_fixed1, "cr0_fixed1");
	DIFFERS(cr4_fixed0, "cr4_fixed0");
	DIFFERS(cr4_fixed1, "cr4_fixed1");
	for (f = 0; f < VTX_WORDS; f++)
		DIFFERS(word[f], vtx_word_name(f));
#undef DIFFERS

	for_each_feature(f) {
		other = first;
		change_bit(f, other.has);
		KUNIT_EXPECT_FALSE(test, vtx_caps_same(&first, &other, why,
						       sizeof(why)));
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, vtx_feature_name(f)),
					  "%s", why);
	}

	/* "EPT-violation #VE" has no row: a CPU may lack it. */
	msrs.proc2 &= ~BIT_ULL(32 + 18);
	KUNIT_ASSERT_EQ(test, solve(&msrs, VTX_F_NONE, &other, why), 0);
	KUNIT_EXPECT_TRUE(test, vtx_caps_same(&first, &other, why, sizeof(why)));
}

static void without_list(struct kunit *test)
{
	static const struct {
		const char	*list;
		int		err, count;
	} cases[] = {
		{ NULL,			0,	 0 },
		{ "",			0,	 0 },
		{ "\n",			0,	 0 },
		{ "vpid",		0,	 1 },
		{ "VPID\n",		0,	 1 },
		{ "vpid,pml,ept_1g",	0,	 3 },
		{ "vpid,vpid",		0,	 1 },
		{ "vpi",		-EINVAL, 0 },
		{ "vpidx",		-EINVAL, 0 },
		{ ",vpid",		-EINVAL, 0 },
		{ "ept",		-EINVAL, 0 },	/* required */
		{ "cr3_load_exiting",	-EINVAL, 0 },	/* never used */
	};
	DECLARE_BITMAP(without, VTX_NR_FEATURES);
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = vtx_caps_parse_without(cases[i].list, without);

		KUNIT_EXPECT_EQ_MSG(test, err, cases[i].err, "%s",
				    cases[i].list);
		if (!err)
			KUNIT_EXPECT_EQ_MSG(test,
					    bitmap_weight(without, VTX_NR_FEATURES),
					    cases[i].count, "%s", cases[i].list);
	}
}

#define LOCKED_ON	(FEAT_CTL_LOCKED | FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX)

static void refusals(struct kunit *test)
{
	static const struct {
		bool		intel, vmx, nested;
		u64		feat_ctl;
		int		err;
		const char	*why;
	} cases[] = {
		{ 1, 1, 0, LOCKED_ON,	    0,		"" },
		{ 1, 1, 1, LOCKED_ON,	    0,		"" },
		{ 0, 1, 0, LOCKED_ON,	    -ENODEV,	"not an Intel CPU (\"Made\")" },
		{ 1, 0, 0, 0,		    -ENODEV,	"this CPU has no VMX" },
		{ 1, 0, 1, 0,		    -ENODEV,	"hypervisor below" },
		{ 1, 1, 0, 0,		    -EACCES,	"CONFIG_IA32_FEAT_CTL" },
		{ 1, 1, 0, FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX,
					    -EACCES,	"CONFIG_IA32_FEAT_CTL" },
		{ 1, 1, 0, FEAT_CTL_LOCKED, -EACCES,	"locked off by the firmware" },
		{ 1, 1, 0, FEAT_CTL_LOCKED | FEAT_CTL_VMX_ENABLED_INSIDE_SMX,
					    -EACCES,	"VT-x" },
	};
	DECLARE_BITMAP(without, VTX_NR_FEATURES) = { };
	char why[VTX_WHY_SIZE] = "";
	struct vtx_caps caps;
	int i, err;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vtx_cpu_facts facts = {
			.vendor		= "Made",
			.intel		= cases[i].intel,
			.cpuid_vmx	= cases[i].vmx,
			.nested		= cases[i].nested,
			.feat_ctl	= cases[i].feat_ctl,
		};

		ideal_msrs(&facts.msrs);
		err = vtx_cpu_supported(&facts, without, &caps, why,
					sizeof(why));
		KUNIT_EXPECT_EQ_MSG(test, err, cases[i].err, "case %d", i);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, cases[i].why),
					  "case %d: %s", i, why);
		KUNIT_EXPECT_LT_MSG(test, strlen(why), VTX_WHY_SIZE - 1,
				    "case %d is cut off", i);
	}
}

static void no_ept(struct kunit *test)
{
	static const enum vtx_feature missing[] = {
		VTX_F_EPT, VTX_F_ACTIVATE_SECONDARY,
	};
	struct vtx_vmx_msrs msrs;
	char why[VTX_WHY_SIZE];
	struct vtx_caps caps;
	int i;

	for (i = 0; i < ARRAY_SIZE(missing); i++) {
		ideal_msrs(&msrs);
		deny(&msrs, &vtx_rows[missing[i]]);
		KUNIT_EXPECT_EQ(test, solve(&msrs, VTX_F_NONE, &caps, why),
				-EOPNOTSUPP);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "has no EPT"),
					  "%s", why);
	}

	/* Capabilities mean nothing without EPT or VPID. */
	ideal_msrs(&msrs);
	msrs.proc2 = 0;
	KUNIT_EXPECT_EQ(test, solve(&msrs, VTX_F_NONE, &caps, why),
			-EOPNOTSUPP);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "has no EPT"), "%s", why);
}

static struct kunit_case caps_cases[] = {
	KUNIT_CASE_PARAM(ideal_cpu, next_row),
	KUNIT_CASE_PARAM(required_0, next_row),
	KUNIT_CASE_PARAM(required_1, next_control),
	KUNIT_CASE_PARAM(without_one, next_row),
	KUNIT_CASE_PARAM(need_missing, next_needy),
	KUNIT_CASE(table_is_sound),
	KUNIT_CASE(true_msrs),
	KUNIT_CASE(default1_bits_stay),
	KUNIT_CASE(basic_information),
	KUNIT_CASE(no_ept),
	KUNIT_CASE(cpus_compared),
	KUNIT_CASE(without_list),
	KUNIT_CASE(refusals),
	{ }
};

static struct kunit_suite caps_suite = {
	.name		= "vtx_caps",
	.test_cases	= caps_cases,
};

kunit_test_suite(caps_suite);

MODULE_DESCRIPTION("KUnit tests of vtx");
MODULE_LICENSE("GPL");
