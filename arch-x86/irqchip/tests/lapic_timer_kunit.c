// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timer of a local APIC, on the kernel's clock.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/gfp.h>

#include <asm/msr.h>

/* The real code, not a copy; lapic_kunit.c has lapic.c. */
#include "../lapic_timer.c"

#define VECTOR		0xe0
#define KHZ		1000000		/* of the guest's TSC, as made up here */
#define LONG		1000000		/* a thousand microseconds in counts */

/* The guest's TSC counts nanoseconds of the kernel's clock, from this on. */
static u64 tsc_start;

u64 vtx_tsc_read(const struct vtx_vcpu *vcpu)
{
	return ktime_get_ns() + tsc_start;
}

void vtx_vcpu_request(struct vtx_vcpu *vcpu, enum vtx_request request)
{
	if (request == VTX_REQ_EVENT)
		set_bit(request, &vcpu->requests);
}

static void stop(void *lapic)
{
	vtx_lapic_timer_stop(lapic);
}

static struct vtx_lapic *lapic_alloc(struct kunit *test, u32 lvt)
{
	struct vtx_lapic *lapic = kunit_kzalloc(test, sizeof(*lapic), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, lapic);
	lapic->regs = (u32 *)kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	lapic->vcpu = kunit_kzalloc(test, sizeof(*lapic->vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, lapic->regs);
	KUNIT_ASSERT_NOT_NULL(test, lapic->vcpu);
	lapic->vcpu->tsc.khz = KHZ;
	lapic->deadline_mode = true;
	vtx_lapic_power_up(lapic, false);
	vtx_lapic_timer_init(lapic);
	vtx_lapic_write(lapic, VTX_LAPIC_SVR, 0x1ff);
	vtx_lapic_write(lapic, VTX_LAPIC_LVT_TIMER, lvt | VECTOR);
	vtx_lapic_timer_set_mode(lapic);
	return lapic;
}

/* What a guest's write leads to. */
static void put(struct vtx_lapic *lapic, u32 offset, u32 value)
{
	int todo = vtx_lapic_write(lapic, offset, value);

	if (todo & VTX_LAPIC_DO_TIMER_MODE)
		vtx_lapic_timer_set_mode(lapic);
	if (todo & VTX_LAPIC_DO_TIMER_START)
		vtx_lapic_timer_start(lapic);
	if (todo & VTX_LAPIC_DO_TIMER_DIVIDE)
		vtx_lapic_timer_set_divide(lapic);
}

static bool came(struct vtx_lapic *lapic)
{
	if (vtx_lapic_deliverable(lapic) != VECTOR)
		return false;
	vtx_lapic_accept(lapic, VECTOR);
	vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0);
	return test_and_clear_bit(VTX_REQ_EVENT, &lapic->vcpu->requests);
}

/* For at most two seconds. */
static bool comes(struct vtx_lapic *lapic)
{
	int i;

	for (i = 0; i < 2000; i++) {
		if (came(lapic))
			return true;
		usleep_range(1000, 1100);
	}
	return false;
}

/* SDM 3A "APIC Timer": the divide configuration register. */
static void divisors(struct kunit *test)
{
	static const struct { u32 reg, divide; } table[] = {
		{ 0x0, 2 }, { 0x1, 4 }, { 0x2, 8 }, { 0x3, 16 },
		{ 0x8, 32 }, { 0x9, 64 }, { 0xa, 128 }, { 0xb, 1 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ(test, divide_of(table[i].reg), table[i].divide);
}

static void one_shot(struct kunit *test)
{
	struct vtx_lapic *lapic = lapic_alloc(test, 0);
	u64 begin = ktime_get_ns();

	kunit_add_action(test, stop, lapic);
	put(lapic, VTX_LAPIC_TIMER_DIVIDE, 0xb);
	put(lapic, VTX_LAPIC_TIMER_INITIAL, LONG);
	KUNIT_EXPECT_TRUE(test, comes(lapic));
	KUNIT_EXPECT_GE(test, ktime_get_ns() - begin, LONG);
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_count(lapic), 0);
	KUNIT_EXPECT_EQ(test, initial(lapic), LONG);
	usleep_range(3000, 3100);
	KUNIT_EXPECT_FALSE(test, came(lapic));

	/* Stopped before its end; and masked. */
	put(lapic, VTX_LAPIC_TIMER_INITIAL, 1000 * LONG);
	put(lapic, VTX_LAPIC_TIMER_INITIAL, 0);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&lapic->timer.hrtimer));
	usleep_range(3000, 3100);
	KUNIT_EXPECT_FALSE(test, came(lapic));
	put(lapic, VTX_LAPIC_LVT_TIMER, VTX_LAPIC_MASKED | VECTOR);
	put(lapic, VTX_LAPIC_TIMER_INITIAL, LONG);
	usleep_range(3000, 3100);
	KUNIT_EXPECT_FALSE(test, came(lapic));
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_count(lapic), 0);
}

static void counting_down(struct kunit *test)
{
	struct vtx_lapic *lapic = lapic_alloc(test, 0);
	u32 count = 4000000000U, now;
	int i;

	kunit_add_action(test, stop, lapic);
	put(lapic, VTX_LAPIC_TIMER_DIVIDE, 0xb);
	put(lapic, VTX_LAPIC_TIMER_INITIAL, count);
	for (i = 0; i < 10; i++) {
		usleep_range(10, 20);
		now = vtx_lapic_timer_count(lapic);
		KUNIT_EXPECT_LT(test, now, count);
		count = now;
	}
	/* Another divisor takes effect at once, and the count goes on. */
	put(lapic, VTX_LAPIC_TIMER_DIVIDE, 0xa);
	now = vtx_lapic_timer_count(lapic);
	KUNIT_EXPECT_LE(test, now, count);
	KUNIT_EXPECT_GT(test, now, count / 2);
	KUNIT_EXPECT_GT(test, remaining(&lapic->timer), 100ULL * now);
}

static void periodic(struct kunit *test)
{
	struct vtx_lapic *lapic = lapic_alloc(test, BIT(17));
	int i;

	kunit_add_action(test, stop, lapic);
	put(lapic, VTX_LAPIC_TIMER_DIVIDE, 0xb);
	put(lapic, VTX_LAPIC_TIMER_INITIAL, LONG);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_TRUE(test, comes(lapic));
	KUNIT_EXPECT_LE(test, vtx_lapic_timer_count(lapic), LONG);
	KUNIT_EXPECT_GT(test, vtx_lapic_timer_count(lapic), 0);

	/* Into one-shot mode it goes on to the end. */
	put(lapic, VTX_LAPIC_LVT_TIMER, VECTOR);
	KUNIT_EXPECT_TRUE(test, comes(lapic));
	usleep_range(3000, 3100);
	KUNIT_EXPECT_FALSE(test, came(lapic));

	/* Too short for the host. */
	put(lapic, VTX_LAPIC_LVT_TIMER, BIT(17) | VECTOR);
	put(lapic, VTX_LAPIC_TIMER_INITIAL, 1);
	KUNIT_EXPECT_EQ(test, lapic->timer.period, MIN_PERIOD_NS);
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_count(lapic), 1);
}

static void deadline(struct kunit *test)
{
	struct vtx_lapic *lapic = lapic_alloc(test, BIT(18));
	u64 begin, far = ~0ULL;

	kunit_add_action(test, stop, lapic);
	tsc_start = 0x123456789abcULL;
	begin = vtx_tsc_read(lapic->vcpu);
	vtx_lapic_timer_set_deadline(lapic, begin + LONG);
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_deadline(lapic), begin + LONG);
	KUNIT_EXPECT_TRUE(test, comes(lapic));
	KUNIT_EXPECT_GE(test, vtx_tsc_read(lapic->vcpu), begin + LONG);
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_deadline(lapic), 0);

	/* Over already; none; stopped */
	vtx_lapic_timer_set_deadline(lapic, begin);
	KUNIT_EXPECT_TRUE(test, came(lapic));
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_deadline(lapic), 0);
	vtx_lapic_timer_set_deadline(lapic, 0);
	KUNIT_EXPECT_FALSE(test, came(lapic));
	vtx_lapic_timer_set_deadline(lapic, far);
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_deadline(lapic), far);
	vtx_lapic_timer_set_deadline(lapic, 0);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&lapic->timer.hrtimer));

	/* The guest moves its TSC. */
	begin = vtx_tsc_read(lapic->vcpu);
	vtx_lapic_timer_set_deadline(lapic, begin + 1000ULL * LONG * 1000);
	tsc_start += 1000ULL * LONG * 1000;
	vtx_lapic_timer_tsc_moved(lapic);
	KUNIT_EXPECT_TRUE(test, comes(lapic));

	/* The other modes' registers are dead, and the other way round. */
	put(lapic, VTX_LAPIC_TIMER_INITIAL, LONG);
	KUNIT_EXPECT_EQ(test, initial(lapic), 0);
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_count(lapic), 0);
	vtx_lapic_timer_set_deadline(lapic, far);
	put(lapic, VTX_LAPIC_LVT_TIMER, VECTOR);
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_deadline(lapic), 0);
	vtx_lapic_timer_set_deadline(lapic, far);
	KUNIT_EXPECT_EQ(test, vtx_lapic_timer_deadline(lapic), 0);
	put(lapic, VTX_LAPIC_TIMER_INITIAL, 1000 * LONG);
	put(lapic, VTX_LAPIC_LVT_TIMER, BIT(18) | VECTOR);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&lapic->timer.hrtimer));
	usleep_range(3000, 3100);
	KUNIT_EXPECT_FALSE(test, came(lapic));
	KUNIT_EXPECT_EQ(test, initial(lapic), 0);
}

/* No number of ticks and no frequency overflows. */
static void far_deadlines(struct kunit *test)
{
	static const struct { u64 ticks; u32 khz; u64 ns; } table[] = {
		{ 1, 1000000, 2 }, { 1000, 1000000, 1001 },
		{ 1000, 2000000, 501 }, { 3000000, 3000000, 1000001 },
		{ 1, 1, 1000001 },
		{ ~0ULL, 1, 86400000000001ULL },
		{ ~0ULL, 3000000, 86400000000001ULL },
		{ ~0ULL, ~0U, 86400000000001ULL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ_MSG(test, tsc_ns(table[i].ticks, table[i].khz),
				    table[i].ns, "case %d", i);
}

/* What a timer was when user space saved it. */
static void restored(struct kunit *test)
{
	struct vtx_lapic *lapic = lapic_alloc(test, 0);
	u32 *counter = &lapic->regs[VTX_LAPIC_TIMER_INITIAL / sizeof(u32)];

	kunit_add_action(test, stop, lapic);
	put(lapic, VTX_LAPIC_TIMER_DIVIDE, 0xb);
	*counter = 1000 * LONG;
	vtx_lapic_timer_restore(lapic, LONG);
	KUNIT_EXPECT_LE(test, vtx_lapic_timer_count(lapic), LONG);
	KUNIT_EXPECT_TRUE(test, comes(lapic));

	/* It had ended. */
	vtx_lapic_timer_restore(lapic, 0);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&lapic->timer.hrtimer));
	/* More than there is. */
	hrtimer_cancel(&lapic->timer.hrtimer);
	vtx_lapic_timer_restore(lapic, ~0U);
	KUNIT_EXPECT_LE(test, vtx_lapic_timer_count(lapic), 1000 * LONG);
	KUNIT_EXPECT_GT(test, vtx_lapic_timer_count(lapic), 0);
	hrtimer_cancel(&lapic->timer.hrtimer);

	vtx_lapic_write(lapic, VTX_LAPIC_LVT_TIMER, BIT(17) | VECTOR);
	*counter = LONG;
	vtx_lapic_timer_restore(lapic, 0);
	KUNIT_EXPECT_TRUE(test, comes(lapic));
	KUNIT_EXPECT_TRUE(test, comes(lapic));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(divisors),
	KUNIT_CASE(one_shot),
	KUNIT_CASE(counting_down),
	KUNIT_CASE(periodic),
	KUNIT_CASE(deadline),
	KUNIT_CASE(far_deadlines),
	KUNIT_CASE(restored),
	{ }
};

static struct kunit_suite suite = {
	.name		= "vtx_lapic_timer",
	.test_cases	= cases,
};

kunit_test_suite(suite);
