// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters of MSRs: which make sense, and what they allow.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../msr_filter.c"

#define R	KVM_MSR_FILTER_READ
#define W	KVM_MSR_FILTER_WRITE
#define DENY	KVM_MSR_FILTER_DEFAULT_DENY

static void requests(struct kunit *test)
{
	static const struct {
		struct kvm_msr_filter	request;
		int			err;
	} rows[] = {
		{ { }, 0 },
		{ { .flags = DENY }, -EINVAL },
		{ { .flags = 2 }, -EINVAL },
		{ { .ranges[3] = { .flags = R, .nmsrs = 1 } }, 0 },
		{ { .flags = DENY, .ranges[15] = { .flags = W, .nmsrs = 1 } },
		  0 },
		{ { .ranges[0] = { .flags = R | W, .nmsrs = 0x3000 } }, 0 },
		{ { .ranges[0] = { .flags = R, .nmsrs = 0x3001 } }, -EINVAL },
		{ { .ranges[0] = { .flags = R, .nmsrs = ~0U } }, -EINVAL },
		{ { .ranges[0] = { .nmsrs = 1 } }, -EINVAL },
		{ { .ranges[0] = { .flags = 4 | R, .nmsrs = 1 } }, -EINVAL },
		/* Without MSRs a range is not looked at. */
		{ { .ranges[0] = { .flags = 4 } }, 0 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, rows[i].err,
				    vtx_msr_filter_check(&rows[i].request),
				    "row %d", i);
}

static void accesses(struct kunit *test)
{
	static const struct kvm_msr_filter request = {
		.ranges = {
			[1] = { .flags = R, .base = 0x10, .nmsrs = 70 },
			[4] = { .flags = W, .base = 0x20, .nmsrs = 1 },
			[5] = { .flags = R | W, .base = 0x12, .nmsrs = 0x20 },
			[9] = { .flags = R | W, .base = 0xfffffff8, .nmsrs = 16 },
			[15] = { .flags = R | W, .base = 0x800, .nmsrs = 0x100 },
		},
	};
	/* Bits 0, 2 and 69 of the first; 31 of the third; 7 of the fourth. */
	static const struct {
		u32	index, access;
		bool	no_default, allowed;
	} rows[] = {
		{ 0x10, R,	true, true },
		{ 0x11, R,	true, false },
		{ 0x12, R,	true, true },
		{ 0x13, R,	true, false },
		{ 0x55, R,	true, true },
		{ 0x56, R,	false },
		{ 0x10, W,	false },
		{ 0x11, W,	false },
		{ 0x12, W,	true, false },
		{ 0x31, W,	true, true },
		{ 0x31, R,	true, false },	/* the first decides */
		{ 0x31, R | W,	true, false },
		{ 0x32, W,	false },
		{ 0x20, W,	true, false },
		{ 0x1f, W,	true, false },
		{ 0xfffffff7, R, false },
		{ 0xfffffff8, R, true, false },
		{ 0xffffffff, W, true, true },
		{ 0, R | W,	false },
		{ 7, R | W,	false },
		{ 0x7ff, R,	false },
		{ 0x800, R | W, true, true },	/* x2APIC */
		{ 0x8ff, R | W, true, true },
	};
	struct vtx_msr_filter *filter = vtx_msr_filter_alloc(&request);
	int i, pass;

	KUNIT_ASSERT_NOT_NULL(test, filter);
	KUNIT_EXPECT_EQ(test, filter->nr, 5);
	KUNIT_EXPECT_TRUE(test, filter->default_allow);
	__set_bit(0, filter->range[0].bitmap);
	__set_bit(2, filter->range[0].bitmap);
	__set_bit(69, filter->range[0].bitmap);
	__set_bit(31, filter->range[2].bitmap);
	__set_bit(7, filter->range[3].bitmap);
	for (pass = 0; pass < 2; pass++) {
		filter->default_allow = pass;
		for (i = 0; i < ARRAY_SIZE(rows); i++)
			KUNIT_EXPECT_EQ_MSG(test,
					    vtx_msr_filter_allows(filter,
								  rows[i].index,
								  rows[i].access),
					    rows[i].no_default ?
					    rows[i].allowed : pass,
					    "row %d", i);
	}
	kvfree(filter);
	KUNIT_EXPECT_TRUE(test, vtx_msr_filter_allows(NULL, 0x10, R | W));
}

static void policies(struct kunit *test)
{
	static const struct kvm_msr_filter request = {
		.flags = DENY,
		.ranges[0] = { .flags = R, .base = 0x10, .nmsrs = 1 },
	};
	struct vtx_msr_filter *filter = vtx_msr_filter_alloc(&request);
	struct vtx_msr_policy policy = { };

	KUNIT_ASSERT_NOT_NULL(test, filter);
	KUNIT_EXPECT_TRUE(test, vtx_msr_allowed(&policy, 0x10, R | W));
	RCU_INIT_POINTER(policy.filter, filter);
	KUNIT_EXPECT_FALSE(test, vtx_msr_allowed(&policy, 0x10, R));
	__set_bit(0, filter->range[0].bitmap);
	KUNIT_EXPECT_TRUE(test, vtx_msr_allowed(&policy, 0x10, R));
	KUNIT_EXPECT_FALSE(test, vtx_msr_allowed(&policy, 0x10, R | W));
	KUNIT_EXPECT_FALSE(test, vtx_msr_allowed(&policy, 0x11, R));
	kvfree(filter);
}

static struct kunit_case msr_filter_cases[] = {
	KUNIT_CASE(requests),
	KUNIT_CASE(accesses),
	KUNIT_CASE(policies),
	{ }
};

static struct kunit_suite msr_filter_suite = {
	.name		= "vtx_msr_filter",
	.test_cases	= msr_filter_cases,
};

kunit_test_suite(msr_filter_suite);
