// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long to look before going to sleep: the next time, by the last time.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../halt_poll.c"

static const struct vtx_halt_poll_rule preset = {
	.max = 200000, .grow = 2, .grow_start = 10000, .shrink = 2,
};

static void one_step(struct kunit *test)
{
	static const struct {
		u32	max, grow, grow_start, shrink;
		u32	ns;
		u64	halted;
		u32	next;
	} cases[] = {
		/* off */
		{ 0, 2, 10000, 2, 0, 5000, 0 },
		{ 0, 2, 10000, 2, 50000, 5000, 0 },
		/* it was long enough */
		{ 200000, 2, 10000, 2, 40000, 1, 40000 },
		{ 200000, 2, 10000, 2, 40000, 40000, 40000 },
		/* it would have been, with more */
		{ 200000, 2, 10000, 2, 0, 1, 10000 },
		{ 200000, 2, 10000, 2, 40000, 40001, 80000 },
		{ 200000, 3, 10000, 2, 40000, 200000, 120000 },
		{ 200000, 2, 10000, 2, 150000, 160000, 200000 },
		{ 200000, 0, 10000, 2, 40000, 50000, 40000 },
		{ 5000, 2, 10000, 2, 0, 1000, 5000 },
		{ U32_MAX, 2, 10000, 2, U32_MAX - 1, U32_MAX, U32_MAX },
		/* it never would */
		{ 200000, 2, 10000, 2, 40000, 200001, 20000 },
		{ 200000, 2, 10000, 2, 10000, 200001, 0 },
		{ 200000, 2, 10000, 0, 200000, ~0ULL, 0 },
		{ 200000, 2, 0, 2, 3, ~0ULL, 1 },
		{ 200000, 2, 10000, 2, 0, ~0ULL, 0 },
		/* the maximum has been lowered since */
		{ 20000, 2, 10000, 2, 80000, 1, 20000 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vtx_halt_poll_rule rule = {
			.max = cases[i].max, .grow = cases[i].grow,
			.grow_start = cases[i].grow_start,
			.shrink = cases[i].shrink,
		};

		KUNIT_EXPECT_EQ_MSG(test, cases[i].next,
				    vtx_halt_poll_next(&rule, cases[i].ns,
						       cases[i].halted),
				    "case %d", i);
	}
}

/* Halts of one length: either they are met after some, or never waited for. */
static void settles(struct kunit *test)
{
	u64 halted;
	u32 ns;
	int i;

	for (halted = 1000; halted < 500000; halted += 1000) {
		ns = 0;
		for (i = 0; i < 10; i++)
			ns = vtx_halt_poll_next(&preset, ns, halted);
		if (halted <= preset.max)
			KUNIT_EXPECT_GE_MSG(test, (u64)ns, halted, "%llu",
					    halted);
		else
			KUNIT_EXPECT_EQ_MSG(test, ns, 0, "%llu", halted);
	}
}

static void parameters(struct kunit *test)
{
	struct vtx_halt_poll_rule rule;

	vtx_halt_poll_rule(&rule, VTX_HALT_POLL_PRESET);
	KUNIT_EXPECT_EQ(test, rule.max, halt_poll_ns);
	KUNIT_EXPECT_EQ(test, rule.shrink, halt_poll_ns_shrink);
	vtx_halt_poll_rule(&rule, 0);
	KUNIT_EXPECT_EQ(test, rule.max, 0);
	vtx_halt_poll_rule(&rule, 1234);
	KUNIT_EXPECT_EQ(test, rule.max, 1234);
	KUNIT_EXPECT_EQ(test, rule.grow, halt_poll_ns_grow);
	KUNIT_EXPECT_EQ(test, rule.grow_start, halt_poll_ns_grow_start);
}

static struct kunit_case halt_poll_cases[] = {
	KUNIT_CASE(one_step),
	KUNIT_CASE(settles),
	KUNIT_CASE(parameters),
	{ }
};

static struct kunit_suite halt_poll_suite = {
	.name		= "vtx_halt_poll",
	.test_cases	= halt_poll_cases,
};

kunit_test_suite(halt_poll_suite);
