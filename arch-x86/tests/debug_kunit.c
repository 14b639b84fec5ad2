// SPDX-License-Identifier: GPL-2.0-only
/*
 * What DR6 and DR7 hold after a write, and after an exception.
 */
#include "module/compat.h"

#include <kunit/test.h>

#include "arch-x86/debug.h"

static void dr6_writes(struct kunit *test)
{
	static const struct {
		u64	value;
		bool	rtm;
		u64	dr6;
	} rows[] = {
		{ 0,		false,	0xffff0ff0 },
		{ 0xf,		false,	0xffff0fff },
		{ 0xe000,	false,	0xffffeff0 },	/* BD, BS, BT */
		{ 0x1000,	false,	0xffff0ff0 },	/* always 0 */
		{ 0xffffffff,	false,	0xffffefff },
		{ 0,		true,	0xfffe0ff0 },
		{ 0x10000,	true,	0xffff0ff0 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, rows[i].dr6,
				    vtx_dr6_value(rows[i].value, rows[i].rtm),
				    "row %d", i);
}

static void dr7_writes(struct kunit *test)
{
	static const struct {
		u64	value, dr7;
	} rows[] = {
		{ 0,		0x400 },
		{ 0x3ff,	0x7ff },
		{ 0x2000,	0x2400 },	/* GD */
		{ 0xd000,	0x400 },	/* always 0 */
		{ 0xffff0000,	0xffff0400 },
		{ 0xffffffff,	0xffff2fff },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, rows[i].dr7,
				    vtx_dr7_value(rows[i].value), "row %d", i);
}

static void dr6_after_events(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0xffff0ff1ULL, vtx_dr6_of_event(0x1));
	KUNIT_EXPECT_EQ(test, 0xffff4ff0ULL, vtx_dr6_of_event(0x4000));
	KUNIT_EXPECT_EQ(test, 0xffff2ff0ULL, vtx_dr6_of_event(0x2000));
	/* RTM is the other way round: 0 in a transaction. */
	KUNIT_EXPECT_EQ(test, 0xfffe0ff1ULL, vtx_dr6_of_event(0x10001));
}

static struct kunit_case debug_cases[] = {
	KUNIT_CASE(dr6_writes),
	KUNIT_CASE(dr7_writes),
	KUNIT_CASE(dr6_after_events),
	{ }
};

static struct kunit_suite debug_suite = {
	.name		= "vtx_debug",
	.test_cases	= debug_cases,
};

kunit_test_suite(debug_suite);
