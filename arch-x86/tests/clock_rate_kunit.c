// SPDX-License-Identifier: GPL-2.0-only
/*
 * From ticks to nanoseconds: against exact arithmetic, over the frequencies that
 * a TSC may have.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/math64.h>

#include <asm/pvclock.h>

/* The real code, not a copy. */
#include "../clock_rate.c"

static const u64 frequencies[] = {
	1, 1000, 32768, 999999, 1000000, 14318180, 100000000, 499999999,
	500000000, 500000001, 999999999, NSEC_PER_SEC, 1000000001, 1999999999,
	2000000000, 2000000001, 2893299000, 3500000000, 4294967296, 10000000000,
	4294967295000,		/* as many kHz as an ioctl takes */
};

static void fraction_is_exact(struct kunit *test)
{
	struct vtx_clock_rate rate;
	int i;

	for (i = 0; i < ARRAY_SIZE(frequencies); i++) {
		vtx_clock_rate_init(&rate, frequencies[i]);
		/* So that no bit of precision is given away. */
		KUNIT_EXPECT_GE_MSG(test, rate.mul, BIT(31), "%llu Hz",
				    frequencies[i]);
	}
}

/* Exact to 2^-31, after up to 20 days, however fast it is. */
static void as_long_as_it_takes(struct kunit *test)
{
	static const u64 seconds[] = { 1, 2, 3600, 1800000 };
	struct vtx_clock_rate rate;
	u64 ns, want;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(frequencies); i++) {
		vtx_clock_rate_init(&rate, frequencies[i]);
		for (j = 0; j < ARRAY_SIZE(seconds); j++) {
			want = seconds[j] * NSEC_PER_SEC;
			ns = vtx_clock_rate_ns(&rate,
					       frequencies[i] * seconds[j]);
			KUNIT_EXPECT_LE_MSG(test, ns, want, "%llu Hz, %llu s",
					    frequencies[i], seconds[j]);
			KUNIT_EXPECT_GE_MSG(test, ns + (want >> 31) + 2, want,
					    "%llu Hz, %llu s", frequencies[i],
					    seconds[j]);
		}
	}
}

/* Guests use this function of the kernel's: host and guest see the same. */
static void guests_agree(struct kunit *test)
{
	static const u64 ticks[] = {
		0, 1, 2, 3, 7, 1000, 0xffffffff, 0x100000000, 0x123456789abcd,
		BIT_ULL(55) + 12345,
	};
	struct vtx_clock_rate rate;
	int i, j;

	/* Slower ones move so many bits out that both are wrong. */
	for (i = 3; i < ARRAY_SIZE(frequencies); i++) {
		vtx_clock_rate_init(&rate, frequencies[i]);
		for (j = 0; j < ARRAY_SIZE(ticks); j++)
			KUNIT_EXPECT_EQ_MSG(test, vtx_clock_rate_ns(&rate,
								    ticks[j]),
					    pvclock_scale_delta(ticks[j],
								rate.mul,
								rate.shift),
					    "%llu Hz, %llu ticks",
					    frequencies[i], ticks[j]);
	}
}

static void stands_still(struct kunit *test)
{
	struct vtx_clock_rate rate;

	vtx_clock_rate_init(&rate, 0);
	KUNIT_EXPECT_EQ(test, 0ULL, vtx_clock_rate_ns(&rate, ~0ULL));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(fraction_is_exact),
	KUNIT_CASE(as_long_as_it_takes),
	KUNIT_CASE(guests_agree),
	KUNIT_CASE(stands_still),
	{ }
};

static struct kunit_suite suite = {
	.name		= "vtx_clock_rate",
	.test_cases	= cases,
};

kunit_test_suite(suite);
