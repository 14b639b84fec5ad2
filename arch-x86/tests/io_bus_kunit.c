// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges on a bus: who is asked, in which order, and who has been released;
 * also while others look.
 */
#include "module/compat.h"

#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

/* The real code, not a copy. */
#include "../io_bus.c"

#define RANGES	48
#define SPACE	512	/* addresses, few enough for ranges to overlap */

/**
 * struct probe - a range that keeps account
 * @range: the range
 * @takes: it says yes
 * @asked: when it was last asked, in the count of probe_clock
 * @released: how often it was released
 */
struct probe {
	struct vtx_io_range	range;
	bool			takes;
	unsigned int		asked;
	int			released;
};

static unsigned int probe_clock;

static bool probe_write(struct vtx_io_range *range, u64 gpa, unsigned int len,
			const void *value)
{
	struct probe *probe = container_of(range, struct probe, range);

	probe->asked = ++probe_clock;
	return probe->takes;
}

static bool probe_read(struct vtx_io_range *range, u64 gpa, unsigned int len,
		       void *value)
{
	struct probe *probe = container_of(range, struct probe, range);

	memset(value, probe->takes ? 0x5a : 0, len);
	return probe->takes;
}

static void probe_release(struct vtx_io_range *range)
{
	container_of(range, struct probe, range)->released++;
}

static const struct vtx_io_ops probe_ops = {
	.write = probe_write, .read = probe_read, .release = probe_release,
};

static const struct vtx_io_ops deaf_ops = { .release = probe_release };

static void probe_init(struct probe *probe, u64 start, u64 end, bool takes)
{
	*probe = (struct probe){
		.range = { .start = start, .end = end, .ops = &probe_ops },
		.takes = takes,
	};
}

static void empty_bus(struct kunit *test)
{
	struct vtx_io_bus bus;
	struct probe probe;
	u8 value;

	vtx_io_bus_init(&bus);
	probe_init(&probe, 0, 1, true);
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_empty(&bus));
	KUNIT_EXPECT_FALSE(test, vtx_io_bus_write(&bus, 0, 1, &value));
	KUNIT_EXPECT_FALSE(test, vtx_io_bus_read(&bus, ~0ULL, 1, &value));
	KUNIT_EXPECT_FALSE(test, vtx_io_bus_remove(&bus, &probe.range));
	KUNIT_EXPECT_EQ(test, probe.released, 0);
	vtx_io_bus_destroy(&bus);
}

static void edges(struct kunit *test)
{
	static const struct {
		u64	start, end, gpa;
		bool	taken;
	} rows[] = {
		{ 0, 1, 0, true },
		{ 0, 1, 1, false },
		{ 0, 1, ~0ULL, false },
		{ 0x1000, 0x2000, 0xfff, false },
		{ 0x1000, 0x2000, 0x1000, true },
		{ 0x1000, 0x2000, 0x1fff, true },
		{ 0x1000, 0x2000, 0x2000, false },
		{ ~0ULL, 0, ~0ULL, true },
		{ ~0ULL, 0, ~0ULL - 1, false },
		{ ~0ULL, 0, 0, false },
		{ ~0ULL - 7, 0, ~0ULL, true },
	};
	struct vtx_io_bus bus;
	struct probe probe;
	u32 value;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vtx_io_bus_init(&bus);
		probe_init(&probe, rows[i].start, rows[i].end, true);
		KUNIT_ASSERT_EQ(test, 0, vtx_io_bus_add(&bus, &probe.range));
		KUNIT_EXPECT_FALSE(test, vtx_io_bus_empty(&bus));
		KUNIT_EXPECT_EQ_MSG(test, rows[i].taken,
				    vtx_io_bus_write(&bus, rows[i].gpa, 0, NULL),
				    "row %d", i);
		value = 0;
		KUNIT_EXPECT_EQ_MSG(test, rows[i].taken,
				    vtx_io_bus_read(&bus, rows[i].gpa, 4, &value),
				    "row %d", i);
		KUNIT_EXPECT_EQ(test, value, rows[i].taken ? 0x5a5a5a5a : 0);
		KUNIT_EXPECT_TRUE(test, vtx_io_bus_remove(&bus, &probe.range));
		KUNIT_EXPECT_EQ(test, probe.released, 1);
		KUNIT_EXPECT_FALSE(test, vtx_io_bus_remove(&bus, &probe.range));
		KUNIT_EXPECT_EQ(test, probe.released, 1);
		KUNIT_EXPECT_TRUE(test, vtx_io_bus_empty(&bus));
		vtx_io_bus_destroy(&bus);
	}
}

/* Of equals the first added, of others the one that starts last. */
static void order(struct kunit *test)
{
	struct vtx_io_bus bus;
	struct probe p[4];
	int i;

	vtx_io_bus_init(&bus);
	probe_init(&p[0], 8, 12, false);
	probe_init(&p[1], 8, 16, false);
	probe_init(&p[2], 0, 64, true);
	probe_init(&p[3], 8, 10, false);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		KUNIT_ASSERT_EQ(test, 0, vtx_io_bus_add(&bus, &p[i].range));

	KUNIT_EXPECT_TRUE(test, vtx_io_bus_write(&bus, 9, 1, "x"));
	KUNIT_EXPECT_LT(test, p[0].asked, p[1].asked);
	KUNIT_EXPECT_LT(test, p[1].asked, p[3].asked);
	KUNIT_EXPECT_LT(test, p[3].asked, p[2].asked);

	/* Whoever takes it ends the search; who has no such op is passed. */
	p[1].takes = true;
	p[0].range.ops = &deaf_ops;
	p[3].asked = 0;
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_write(&bus, 9, 1, "x"));
	KUNIT_EXPECT_EQ(test, p[1].asked, probe_clock);
	KUNIT_EXPECT_EQ(test, p[3].asked, 0);

	vtx_io_bus_destroy(&bus);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		KUNIT_EXPECT_EQ(test, p[i].released, 1);
}

/* What the bus does, done the simple way. */
static bool has_taker(const struct probe *p, const bool *on, u64 gpa)
{
	int i;

	for (i = 0; i < RANGES; i++)
		if (on[i] && p[i].takes && gpa >= p[i].range.start &&
		    gpa < p[i].range.end)
			return true;
	return false;
}

static void against_a_list(struct kunit *test)
{
	struct rnd_state random;
	struct vtx_io_bus bus;
	bool on[RANGES] = { };
	struct probe *p;
	int step, i;
	u64 gpa;

	p = kunit_kcalloc(test, RANGES, sizeof(*p), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	prandom_seed_state(&random, 1);
	vtx_io_bus_init(&bus);
	for (step = 0; step < 2000; step++) {
		i = prandom_u32_state(&random) % RANGES;
		if (on[i]) {
			KUNIT_ASSERT_TRUE(test,
					  vtx_io_bus_remove(&bus, &p[i].range));
			KUNIT_ASSERT_EQ(test, p[i].released, 1);
		} else {
			gpa = prandom_u32_state(&random) % SPACE;
			probe_init(&p[i], gpa, gpa + 1 +
				   prandom_u32_state(&random) % (step & 64 ? 40 : 4),
				   prandom_u32_state(&random) & 1);
			KUNIT_ASSERT_EQ(test, 0,
					vtx_io_bus_add(&bus, &p[i].range));
		}
		on[i] = !on[i];
		gpa = prandom_u32_state(&random) % (SPACE + 40);
		KUNIT_ASSERT_EQ_MSG(test, has_taker(p, on, gpa),
				    vtx_io_bus_write(&bus, gpa, 0, NULL),
				    "step %d gpa %llu", step, gpa);
	}
	vtx_io_bus_destroy(&bus);
	/* Each was on the bus some time, and is counted from the last. */
	for (i = 0; i < RANGES; i++)
		KUNIT_EXPECT_EQ(test, p[i].released, 1);
}

/* More ranges than are freed lazily. */
static void many(struct kunit *test)
{
	const int nr = MANY_RANGES + 64;
	struct vtx_io_bus bus;
	struct probe *p;
	int i;

	p = kunit_kcalloc(test, nr, sizeof(*p), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	vtx_io_bus_init(&bus);
	for (i = 0; i < nr; i++) {
		probe_init(&p[i], 4 * (nr - i), 4 * (nr - i) + 4, true);
		KUNIT_ASSERT_EQ(test, 0, vtx_io_bus_add(&bus, &p[i].range));
	}
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_TRUE(test,
				  vtx_io_bus_write(&bus, 4 * (nr - i), 4, "1234"));
	KUNIT_EXPECT_FALSE(test, vtx_io_bus_write(&bus, 0, 4, "1234"));
	KUNIT_EXPECT_FALSE(test,
			   vtx_io_bus_write(&bus, 4 * nr + 4, 4, "1234"));
	for (i = 0; i < nr; i += 16)
		KUNIT_ASSERT_TRUE(test, vtx_io_bus_remove(&bus, &p[i].range));
	KUNIT_EXPECT_FALSE(test, vtx_io_bus_write(&bus, 4 * nr, 4, "1234"));
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_write(&bus, 4 * nr - 4, 4, "1234"));
	vtx_io_bus_destroy(&bus);
}

static int write_until_stopped(void *argument)
{
	struct vtx_io_bus *bus = argument;
	u64 gpa = 0;

	while (!kthread_should_stop()) {
		vtx_io_bus_write(bus, gpa++ % SPACE, 1, "x");
		if (!(gpa % 64))
			cond_resched();
	}
	return 0;
}

/* A range is poisoned after its removal; who still used it would crash. */
/* There are doorbells from the first that comes until the last has gone. */
static void doorbells(struct kunit *test)
{
	struct probe plain, bell[2];
	struct vtx_io_bus bus;
	int i;

	vtx_io_bus_init(&bus);
	probe_init(&plain, 0, 4, true);
	KUNIT_EXPECT_EQ(test, 0, vtx_io_bus_add(&bus, &plain.range));
	KUNIT_EXPECT_FALSE(test, vtx_io_bus_has_doorbells(&bus));
	for (i = 0; i < 2; i++) {
		probe_init(&bell[i], 8, 9, true);
		bell[i].range.doorbell = true;
		KUNIT_EXPECT_EQ(test, 0, vtx_io_bus_add(&bus, &bell[i].range));
		KUNIT_EXPECT_TRUE(test, vtx_io_bus_has_doorbells(&bus));
	}
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_remove(&bus, &bell[0].range));
	KUNIT_EXPECT_FALSE(test, vtx_io_bus_remove(&bus, &bell[0].range));
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_has_doorbells(&bus));
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_remove(&bus, &bell[1].range));
	KUNIT_EXPECT_FALSE(test, vtx_io_bus_has_doorbells(&bus));
	vtx_io_bus_destroy(&bus);
	KUNIT_EXPECT_EQ(test, plain.released, 1);
}

static void removal_waits(struct kunit *test)
{
	struct task_struct *reader;
	struct vtx_io_bus bus;
	struct probe *p;
	int i;

	p = kunit_kcalloc(test, 1, sizeof(*p), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	vtx_io_bus_init(&bus);
	reader = kthread_run(write_until_stopped, &bus, "vtx-io-bus");
	KUNIT_ASSERT_FALSE(test, IS_ERR(reader));
	for (i = 0; i < 200; i++) {
		probe_init(p, i, SPACE, i & 1);
		KUNIT_EXPECT_EQ(test, 0, vtx_io_bus_add(&bus, &p->range));
		cond_resched();
		KUNIT_EXPECT_TRUE(test, vtx_io_bus_remove(&bus, &p->range));
		memset(p, 0x6b, sizeof(*p));
	}
	kthread_stop(reader);
	vtx_io_bus_destroy(&bus);
}

static struct kunit_case io_bus_cases[] = {
	KUNIT_CASE(empty_bus),
	KUNIT_CASE(edges),
	KUNIT_CASE(order),
	KUNIT_CASE(against_a_list),
	KUNIT_CASE(many),
	KUNIT_CASE(doorbells),
	KUNIT_CASE(removal_waits),
	{ }
};

static struct kunit_suite io_bus_suite = {
	.name		= "vtx_io_bus",
	.test_cases	= io_bus_cases,
};

kunit_test_suite(io_bus_suite);
