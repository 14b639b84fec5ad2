// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 8254, held against its data sheet: what is done to it, clock by clock, and
 * what is to be seen of it.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../pit.c"

/* Ports: of counter 0 and 2, and of the control word. */
#define C0	0x40
#define C2	0x42
#define CW	0x43

/* Control words */
#define SC(n)	((n) << 6)
#define LOW	0x10
#define HIGH	0x20
#define BOTH	0x30
#define M(n)	((n) << 1)
#define IN_BCD	0x01

/* Read-back: what not, and of which */
#define BACK(not, counters)	(0xc0 | (not) | (counters))
#define ONLY_STATUS		0x20
#define ONLY_COUNT		0x10

/* Far from 0, and no multiple of a clock. */
#define START		123456789LL
/*
 * What is done is done when a clock begins, and looked at in its middle; then
 * also a gate falls.
 */
#define HALF_CLOCK	419

#define NEVER		0xffffffff

/**
 * enum op - a step of a case
 * @END: there are no more
 * @T: it is @value clocks after the beginning
 * @W: write @value to port @where
 * @R: port @where must read as @value
 * @OUT: the output of counter @where must be @value
 * @GATE: the gate of counter 2 is @value
 * @RISE: counter 0's output must rise next @value clocks after the beginning
 */
enum op { END, T, W, R, OUT, GATE, RISE };

struct step {
	enum op	op;
	u16	where;
	u32	value;
};

struct test_case {
	const char	*name;
	struct step	steps[64];
	/* KVM's struct cannot tell what waits, and there is one that does. */
	bool		untold;
};

#define AT(clocks)	{ T, 0, clocks }

static const struct test_case cases[] = {
	{ "mode 0", {
		{ W, CW, SC(0) | LOW | M(0) }, { OUT, 0, 0 }, { RISE, 0, NEVER },
		{ W, C0, 4 }, { R, C0, 4 }, { OUT, 0, 0 }, { RISE, 0, 4 },
		AT(3), { R, C0, 1 }, { OUT, 0, 0 },
		AT(4), { R, C0, 0 }, { OUT, 0, 1 }, { RISE, 0, NEVER },
		AT(5), { R, C0, 0xff }, { OUT, 0, 1 },
		/* It wraps around, but the output stays. */
		AT(0x20004), { R, C0, 0 }, { OUT, 0, 1 },
		AT(0x20010), { W, C0, 2 }, { OUT, 0, 0 }, { RISE, 0, 0x20012 },
		AT(0x20012), { OUT, 0, 1 },
		{ W, CW, SC(0) | LOW | M(0) }, { OUT, 0, 0 } } },
	{ "mode 0: the first of two bytes stops it", {
		{ W, CW, SC(0) | BOTH | M(0) }, { W, C0, 0x10 },
		{ RISE, 0, NEVER }, { W, C0, 0 }, { RISE, 0, 0x10 },
		AT(3), { W, C0, 0x02 }, { RISE, 0, NEVER },
		AT(0x30), { OUT, 0, 0 }, { W, C0, 0x01 }, { RISE, 0, 0x132 },
		AT(0x131), { OUT, 0, 0 }, AT(0x132), { OUT, 0, 1 },
		/* Also when it is over. */
		{ W, C0, 0x02 }, { OUT, 0, 0 } } },
	{ "mode 0: the gate holds it", {
		{ W, CW, SC(2) | LOW | M(0) }, { GATE, 0, 0 }, { W, C2, 3 },
		AT(50), { R, C2, 3 }, { OUT, 2, 0 }, { GATE, 0, 1 },
		AT(52), { R, C2, 1 }, { OUT, 2, 0 }, { GATE, 0, 0 },
		AT(60), { R, C2, 1 }, { GATE, 0, 1 },
		AT(61), { R, C2, 0 }, { OUT, 2, 1 }, { GATE, 0, 0 },
		{ OUT, 2, 1 } } },
	{ "mode 1", {
		{ W, CW, SC(2) | LOW | M(1) }, { OUT, 2, 1 }, { W, C2, 3 },
		AT(9), { OUT, 2, 1 }, AT(10), { GATE, 0, 1 }, { OUT, 2, 0 },
		AT(12), { OUT, 2, 0 }, { R, C2, 1 },
		AT(13), { OUT, 2, 1 }, { R, C2, 0 },
		AT(14), { R, C2, 0xff }, { OUT, 2, 1 },
		/* Again, and once more in the middle; a falling gate is none. */
		AT(20), { GATE, 0, 0 }, { OUT, 2, 1 }, { GATE, 0, 1 },
		AT(22), { OUT, 2, 0 }, { GATE, 0, 0 }, { GATE, 0, 1 },
		AT(24), { OUT, 2, 0 }, AT(25), { OUT, 2, 1 } } },
	{ "mode 1: a count waits for the trigger", {
		{ W, CW, SC(2) | LOW | M(1) }, { W, C2, 5 }, { GATE, 0, 1 },
		AT(1), { W, C2, 9 }, AT(4), { R, C2, 1 }, { OUT, 2, 0 },
		AT(5), { OUT, 2, 1 }, { GATE, 0, 0 }, { GATE, 0, 1 },
		{ R, C2, 9 }, AT(13), { OUT, 2, 0 }, AT(14), { OUT, 2, 1 } },
	  true },
	{ "mode 1: without a count a trigger is none", {
		{ W, CW, SC(2) | LOW | M(1) }, { GATE, 0, 1 }, { OUT, 2, 1 },
		AT(100), { OUT, 2, 1 } }, true },
	{ "mode 2", {
		{ W, CW, SC(0) | LOW | M(2) }, { OUT, 0, 1 }, { RISE, 0, NEVER },
		{ W, C0, 3 }, { R, C0, 3 }, { OUT, 0, 1 }, { RISE, 0, 3 },
		AT(1), { R, C0, 2 }, { OUT, 0, 1 },
		AT(2), { R, C0, 1 }, { OUT, 0, 0 },
		AT(3), { R, C0, 3 }, { OUT, 0, 1 }, { RISE, 0, 6 },
		AT(3 * 1000000 + 2), { OUT, 0, 0 }, { RISE, 0, 3000003 } } },
	{ "mode 2: another count comes with the next period", {
		{ W, CW, SC(0) | LOW | M(2) }, { W, C0, 4 },
		AT(5), { W, C0, 6 }, { R, C0, 3 }, { RISE, 0, 8 },
		AT(7), { R, C0, 1 }, { OUT, 0, 0 },
		AT(8), { R, C0, 6 }, { RISE, 0, 14 },
		AT(13), { R, C0, 1 }, { OUT, 0, 0 },
		/* But at once after a control word. */
		AT(15), { W, CW, SC(0) | LOW | M(2) }, { W, C0, 4 },
		{ R, C0, 4 }, { RISE, 0, 19 } }, true },
	{ "mode 2: the gate begins it anew", {
		{ W, CW, SC(2) | LOW | M(2) }, { GATE, 0, 1 }, { W, C2, 4 },
		AT(3), { OUT, 2, 0 }, { GATE, 0, 0 }, { OUT, 2, 1 },
		AT(10), { R, C2, 1 }, { OUT, 2, 1 }, { GATE, 0, 1 },
		{ R, C2, 4 }, AT(13), { OUT, 2, 0 } } },
	{ "mode 3, even", {
		{ W, CW, SC(0) | LOW | M(3) }, { OUT, 0, 1 }, { W, C0, 4 },
		{ R, C0, 4 }, { OUT, 0, 1 }, { RISE, 0, 4 },
		AT(1), { R, C0, 2 }, { OUT, 0, 1 },
		AT(2), { R, C0, 4 }, { OUT, 0, 0 },
		AT(3), { R, C0, 2 }, { OUT, 0, 0 },
		AT(4), { R, C0, 4 }, { OUT, 0, 1 }, { RISE, 0, 8 } } },
	{ "mode 3, odd", {
		{ W, CW, SC(0) | LOW | M(3) }, { W, C0, 5 },
		{ R, C0, 4 }, { OUT, 0, 1 }, AT(1), { R, C0, 2 },
		AT(2), { R, C0, 0 }, { OUT, 0, 1 },
		AT(3), { R, C0, 4 }, { OUT, 0, 0 },
		AT(4), { R, C0, 2 }, { OUT, 0, 0 },
		AT(5), { R, C0, 4 }, { OUT, 0, 1 }, { RISE, 0, 10 } } },
	{ "mode 3: another count comes with the next half", {
		{ W, CW, SC(0) | LOW | M(3) }, { W, C0, 8 },
		AT(1), { W, C0, 4 }, { RISE, 0, 6 },
		AT(3), { OUT, 0, 1 }, AT(4), { OUT, 0, 0 }, { R, C0, 4 },
		AT(5), { OUT, 0, 0 }, AT(6), { OUT, 0, 1 }, { RISE, 0, 10 },
		AT(8), { W, C0, 6 }, { RISE, 0, 10 },
		AT(10), { OUT, 0, 1 }, { R, C0, 6 }, { RISE, 0, 16 } }, true },
	{ "mode 3: the gate", {
		{ W, CW, SC(2) | LOW | M(3) }, { GATE, 0, 1 }, { W, C2, 8 },
		AT(5), { OUT, 2, 0 }, { GATE, 0, 0 }, { OUT, 2, 1 },
		AT(9), { GATE, 0, 1 }, { R, C2, 8 },
		AT(12), { OUT, 2, 1 }, AT(13), { OUT, 2, 0 } } },
	{ "mode 4", {
		{ W, CW, SC(0) | LOW | M(4) }, { OUT, 0, 1 }, { W, C0, 3 },
		{ RISE, 0, 4 }, AT(2), { OUT, 0, 1 }, { R, C0, 1 },
		AT(3), { OUT, 0, 0 }, { R, C0, 0 },
		AT(4), { OUT, 0, 1 }, { R, C0, 0xff }, { RISE, 0, NEVER },
		AT(6), { W, C0, 3 }, AT(8), { W, C0, 2 }, { RISE, 0, 11 },
		AT(10), { OUT, 0, 0 }, AT(11), { OUT, 0, 1 } } },
	{ "mode 5", {
		{ W, CW, SC(2) | LOW | M(5) }, { OUT, 2, 1 }, { W, C2, 3 },
		AT(8), { OUT, 2, 1 }, { GATE, 0, 1 },
		AT(10), { OUT, 2, 1 }, AT(11), { OUT, 2, 0 },
		AT(12), { OUT, 2, 1 }, { GATE, 0, 0 }, { GATE, 0, 1 },
		AT(14), { GATE, 0, 0 }, { GATE, 0, 1 }, AT(15), { OUT, 2, 1 },
		AT(17), { OUT, 2, 0 }, AT(18), { OUT, 2, 1 } } },
	{ "modes 1 and 5 of counter 0 have no trigger", {
		{ W, CW, SC(0) | LOW | M(1) }, { W, C0, 3 }, { RISE, 0, NEVER },
		{ W, CW, SC(0) | LOW | M(5) }, { W, C0, 3 }, { RISE, 0, NEVER },
		AT(10), { OUT, 0, 1 } } },
	{ "modes 6 and 7 are 2 and 3", {
		{ W, CW, SC(0) | LOW | M(6) }, { W, C0, 3 }, { RISE, 0, 3 },
		AT(2), { OUT, 0, 0 }, { W, CW, SC(0) | LOW | M(7) },
		{ W, C0, 4 }, AT(4), { OUT, 0, 0 },
		{ W, CW, BACK(ONLY_STATUS, 2) }, { R, C0, 0x16 } } },
	{ "bytes", {
		{ W, CW, SC(0) | BOTH | M(2) }, { W, C0, 0x34 },
		{ W, C0, 0x12 }, { R, C0, 0x34 }, { R, C0, 0x12 },
		AT(1), { R, C0, 0x33 }, AT(0x40), { R, C0, 0x11 },
		{ W, CW, SC(0) | HIGH | M(2) }, { W, C0, 0x12 },
		{ R, C0, 0x12 }, AT(0x41), { R, C0, 0x11 },
		{ W, CW, SC(0) | LOW | M(2) }, { W, C0, 0x34 },
		{ R, C0, 0x34 }, { R, C0, 0x34 }, { RISE, 0, 0x75 } } },
	{ "no count is the greatest", {
		{ W, CW, SC(0) | BOTH | M(2) }, { W, C0, 0 }, { W, C0, 0 },
		{ R, C0, 0 }, { R, C0, 0 }, { RISE, 0, 0x10000 },
		AT(1), { R, C0, 0xff }, { R, C0, 0xff },
		{ W, CW, SC(0) | BOTH | M(3) | IN_BCD }, { W, C0, 0 },
		{ W, C0, 0 }, { RISE, 0, 10001 },
		AT(2), { R, C0, 0x98 }, { R, C0, 0x99 } } },
	{ "decimal", {
		{ W, CW, SC(0) | BOTH | M(0) | IN_BCD }, { W, C0, 0x03 },
		{ W, C0, 0x10 }, { R, C0, 0x03 }, { R, C0, 0x10 },
		{ RISE, 0, 1003 }, AT(4), { R, C0, 0x99 }, { R, C0, 0x09 },
		AT(1004), { R, C0, 0x99 }, { R, C0, 0x99 }, { OUT, 0, 1 } } },
	{ "latching", {
		{ W, CW, SC(0) | BOTH | M(2) }, { W, C0, 0x34 },
		{ W, C0, 0x12 }, AT(0x100), { W, CW, SC(0) },
		AT(0x200), { W, CW, SC(0) }, { R, C0, 0x34 },
		AT(0x300), { W, CW, SC(0) }, { R, C0, 0x11 },
		{ R, C0, 0x34 }, { R, C0, 0x0f },
		/* A control word lets go of it. */
		{ W, CW, SC(0) }, AT(0x400), { W, CW, SC(0) | LOW | M(2) },
		{ W, C0, 0x77 }, { R, C0, 0x77 } } },
	{ "read-back of counts", {
		{ W, CW, SC(0) | LOW | M(2) }, { W, C0, 0x50 },
		{ W, CW, SC(2) | LOW | M(4) }, { GATE, 0, 1 }, { W, C2, 0x60 },
		AT(5), { W, CW, BACK(ONLY_COUNT, 0xa) },
		AT(9), { R, C2, 0x5b }, { R, C0, 0x4b }, { R, C0, 0x47 },
		{ R, C2, 0x57 } } },
	{ "read-back of status", {
		{ W, CW, SC(0) | BOTH | M(2) },
		{ W, CW, BACK(ONLY_STATUS, 2) }, { R, C0, 0xf4 },
		{ W, C0, 0x10 }, { W, C0, 0 },
		{ W, CW, BACK(ONLY_STATUS, 2) }, { R, C0, 0xb4 },
		AT(15), { W, CW, BACK(ONLY_STATUS, 2) },
		/* Latched once, until it is read. */
		AT(17), { W, CW, BACK(ONLY_STATUS, 2) }, { R, C0, 0x34 },
		{ W, CW, SC(0) | HIGH | M(0) | IN_BCD },
		{ W, CW, BACK(ONLY_STATUS, 2) }, { R, C0, 0x61 } } },
	{ "read-back of both: status first", {
		{ W, CW, SC(0) | BOTH | M(3) }, { W, C0, 0x00 },
		{ W, C0, 0x20 }, AT(0x10), { W, CW, BACK(0, 2) },
		AT(0x20), { R, C0, 0xb6 }, { R, C0, 0xe0 }, { R, C0, 0x1f },
		{ R, C0, 0xc0 }, { R, C0, 0x1f } } },
	{ "a count that waits", {
		{ W, CW, SC(0) | LOW | M(2) }, { W, C0, 0x10 },
		AT(1), { W, C0, 0x20 },
		{ W, CW, BACK(ONLY_STATUS, 2) }, { R, C0, 0xd4 },
		AT(0x10), { W, CW, BACK(ONLY_STATUS, 2) }, { R, C0, 0x94 } },
	  true },
	{ "what nobody has programmed", {
		{ R, C0, 0 }, { R, CW, 0xff }, { W, C0, 5 }, { W, CW, SC(0) },
		{ OUT, 0, 0 }, { OUT, 2, 0 }, { RISE, 0, NEVER },
		{ GATE, 0, 1 }, AT(70000), { R, C2, 0 }, { OUT, 2, 0 } } },
};

/**
 * struct bench - a PIT, and what time it is there
 * @pit: the PIT
 * @clock: clocks since the beginning
 */
struct bench {
	struct vtx_pit	pit;
	u32		clock;
};

static s64 moment(const struct bench *bench)
{
	return START + ns_of(bench->clock);
}

static u32 next_rise(struct bench *bench)
{
	s64 at;

	if (!vtx_pit_next_rise(&bench->pit, moment(bench) + HALF_CLOCK, &at))
		return NEVER;
	return clocks_of(at - START + HALF_CLOCK);
}

/* Latching is looking. */
static bool is_latch(const struct step *step)
{
	return step->where == CW && (step->value >= BACK(0, 0) ||
				     !FIELD_GET(ACCESS, step->value));
}

static void do_step(struct kunit *test, struct bench *bench, const char *name,
		    const struct step *step, long number)
{
	s64 middle = moment(bench) + HALF_CLOCK;
	u32 seen = step->value;

	switch (step->op) {
	case T:
		bench->clock = step->value;
		break;
	case W:
		vtx_pit_write(&bench->pit, step->where, step->value,
			      is_latch(step) ? middle : moment(bench));
		break;
	case R:
		seen = vtx_pit_read(&bench->pit, step->where, middle);
		break;
	case OUT:
		seen = vtx_pit_output(&bench->pit, step->where, middle);
		break;
	case GATE:
		vtx_pit_write_speaker(&bench->pit, step->value,
				      step->value ? moment(bench) : middle);
		break;
	case RISE:
		seen = next_rise(bench);
		break;
	case END:
		break;
	}
	KUNIT_EXPECT_EQ_MSG(test, seen, step->value, "%s: step %ld", name,
			    number);
}

static void start(struct bench *bench)
{
	vtx_pit_power_up(&bench->pit);
	bench->clock = 0;
}

static void data_sheet(struct kunit *test)
{
	const struct step *step;
	struct bench bench;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		start(&bench);
		for (step = cases[i].steps; step->op != END; step++)
			do_step(test, &bench, cases[i].name, step,
				step - cases[i].steps);
	}
}

/* Whatever is done to a PIT, a copy made by user space goes on like it. */
static void states(struct kunit *test)
{
	struct kvm_pit_channel_state state[VTX_PIT_COUNTERS];
	const struct step *step;
	struct bench bench;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].untold)
			continue;
		start(&bench);
		for (step = cases[i].steps; step->op != END; step++) {
			do_step(test, &bench, cases[i].name, step,
				step - cases[i].steps);
			vtx_pit_get_state(&bench.pit, state, moment(&bench));
			KUNIT_EXPECT_TRUE(test, vtx_pit_state_valid(state));
			vtx_pit_power_up(&bench.pit);
			vtx_pit_set_state(&bench.pit, state, moment(&bench));
		}
	}
}

static void bad_states(struct kunit *test)
{
	struct kvm_pit_channel_state good[VTX_PIT_COUNTERS] = { }, bad;
	int i;

	static const struct kvm_pit_channel_state rows[] = {
		{ .count = 0x10001 }, { .count_latched = 4 },
		{ .read_state = 5 }, { .write_state = 5 }, { .rw_mode = 4 },
		{ .mode = 6 }, { .mode = 0xfe }, { .status_latched = 2 },
		{ .bcd = 2 }, { .gate = 2 },
	};

	good[1].mode = VTX_PIT_NO_MODE;
	good[1].count = 0x10000;
	good[1].count_load_time = S64_MAX;
	good[0].count_load_time = S64_MIN;
	KUNIT_EXPECT_TRUE(test, vtx_pit_state_valid(good));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bad = good[i % VTX_PIT_COUNTERS];
		good[i % VTX_PIT_COUNTERS] = rows[i];
		KUNIT_EXPECT_FALSE_MSG(test, vtx_pit_state_valid(good),
				       "row %d", i);
		good[i % VTX_PIT_COUNTERS] = bad;
	}
}

/* Times that no clock shows must do no harm. */
static void odd_times(struct kunit *test)
{
	static const s64 times[] = { S64_MIN, -1, 0, START + 5, S64_MAX };
	struct kvm_pit_channel_state state[VTX_PIT_COUNTERS];
	struct vtx_pit pit;
	int i, mode;
	s64 at;

	for (i = 0; i < ARRAY_SIZE(times); i++) {
		for (mode = 0; mode <= 5; mode++) {
			vtx_pit_power_up(&pit);
			vtx_pit_get_state(&pit, state, START);
			state[0].mode = mode;
			state[0].status = 0;
			state[0].count = 1;
			state[0].count_load_time = times[i];
			vtx_pit_set_state(&pit, state, START);
			if (vtx_pit_next_rise(&pit, START, &at))
				KUNIT_EXPECT_GT(test, at, START);
			/* In the future: that is now. */
			if (times[i] > START && !mode)
				KUNIT_EXPECT_EQ(test, at, START + ns_of(1));
			vtx_pit_read(&pit, C0, START);
		}
	}
}

static void periods(struct kunit *test)
{
	struct vtx_pit pit;
	s64 at = START;
	int i;

	vtx_pit_power_up(&pit);
	KUNIT_EXPECT_EQ(test, vtx_pit_period(&pit), 0);
	/* 11932 clocks: 10.000 ms, and 150 ns more. */
	KUNIT_EXPECT_TRUE(test, vtx_pit_write(&pit, CW, SC(0) | BOTH | M(2),
					      START));
	vtx_pit_write(&pit, C0, 11932 % 256, START);
	KUNIT_EXPECT_TRUE(test, vtx_pit_write(&pit, C0, 11932 / 256, START));
	KUNIT_EXPECT_EQ(test, vtx_pit_period(&pit), 10000153);
	KUNIT_EXPECT_FALSE(test, vtx_pit_write(&pit, C2, 1, START));
	KUNIT_EXPECT_FALSE(test, vtx_pit_write(&pit, CW, SC(0), START));

	/* No rounding adds up: 105,000,000 clocks are 88 s. */
	for (i = 0; i < 8800; i++)
		KUNIT_EXPECT_TRUE(test, vtx_pit_next_rise(&pit, at, &at));
	KUNIT_EXPECT_EQ(test, at - START, ns_of(8800 * 11932ULL));
	KUNIT_EXPECT_EQ(test, ns_of(105000000), 88000000000ULL);
}

/* Port 0x61. */
static void speaker(struct kunit *test)
{
	struct vtx_pit pit;
	u8 value;
	int i;

	vtx_pit_power_up(&pit);
	for (i = 0; i < 4; i++) {
		vtx_pit_write_speaker(&pit, 0xfc | i, START);
		value = vtx_pit_read_speaker(&pit, START);
		KUNIT_EXPECT_EQ(test, value & 0xef, i);
	}
	vtx_pit_write(&pit, CW, SC(2) | LOW | M(0), START);
	vtx_pit_write(&pit, C2, 36, START);
	KUNIT_EXPECT_EQ(test, vtx_pit_read_speaker(&pit, START) & 0xef, 3);
	KUNIT_EXPECT_EQ(test, vtx_pit_read_speaker(&pit, START + ns_of(36)) &
			0xef, 0x23);
	/* Memory is refreshed each 18 clocks. */
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, vtx_pit_read_speaker(&pit, ns_of(i * 18)) &
				0x10, i % 2 ? 0x10 : 0);
}

static struct kunit_case pit_cases[] = {
	KUNIT_CASE(data_sheet),
	KUNIT_CASE(states),
	KUNIT_CASE(bad_states),
	KUNIT_CASE(odd_times),
	KUNIT_CASE(periods),
	KUNIT_CASE(speaker),
	{ }
};

static struct kunit_suite pit_suite = {
	.name		= "vtx_pit",
	.test_cases	= pit_cases,
};

kunit_test_suite(pit_suite);
