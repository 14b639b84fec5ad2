// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 8259As, held against their data sheet: what is done to the pair, step by
 * step, and what is to be seen of it.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/string.h>

/* The real code, not a copy. */
#include "../pic.c"

/* Ports: command and data of the master and of the slave, and ELCR. */
#define MC	0x20
#define MD	0x21
#define SC	0xa0
#define SD	0xa1
#define ME	0x4d0
#define SE	0x4d1

/* OCW2 */
#define EOI(n)		(0x60 | (n))
#define EOI_ANY		0x20
#define ROTATE_ANY	0xa0
#define ROTATE(n)	(0xe0 | (n))
#define SET_LAST(n)	(0xc0 | (n))
#define ROTATE_AUTO	0x80
#define FIX_AUTO	0x00
#define NOTHING		0x40
/* OCW3 */
#define READ_IRR	0x0a
#define READ_ISR	0x0b
#define POLL		0x0c
#define MASK_SPECIAL	0x68
#define MASK_NORMAL	0x48

/**
 * enum op - a step of a case
 * @END: there are no more
 * @W: write @value to port @where
 * @R: port @where must read as @value
 * @UP: pin @where rises
 * @DOWN: pin @where falls
 * @INT: the output must be @value
 * @ACK: the CPU acknowledges; the vector must be @value
 * @ENDED: these pins must have ended since the last such step
 */
enum op { END, W, R, UP, DOWN, INT, ACK, ENDED };

struct step {
	enum op	op;
	u16	where;
	u16	value;
};

struct test_case {
	const char	*name;
	struct step	steps[48];
};

/* Vectors 0x20 and 0x28, both fully nested; nothing is masked. */
static const struct step usual[] = {
	{ W, MC, 0x11 }, { W, MD, 0x20 }, { W, MD, 0x04 }, { W, MD, 0x01 },
	{ W, SC, 0x11 }, { W, SD, 0x28 }, { W, SD, 0x02 }, { W, SD, 0x01 },
	{ END }
};

static const struct test_case cases[] = {
	{ "the pin with the lowest number goes first", {
		{ UP, 3 }, { UP, 1 }, { UP, 6 }, { INT, 0, 1 },
		{ ACK, 0, 0x21 }, { R, MC, 0x48 }, { INT, 0, 0 },
		{ W, MC, EOI_ANY }, { ENDED, 0, 0x02 }, { INT, 0, 1 },
		{ ACK, 0, 0x23 }, { W, MC, EOI_ANY }, { ACK, 0, 0x26 },
		{ W, MC, EOI_ANY }, { INT, 0, 0 }, { ENDED, 0, 0x48 } } },
	{ "only a higher one interrupts what is in service", {
		{ UP, 4 }, { ACK, 0, 0x24 }, { UP, 5 }, { INT, 0, 0 },
		{ UP, 3 }, { INT, 0, 1 }, { ACK, 0, 0x23 },
		{ W, MC, READ_ISR }, { R, MC, 0x18 },
		{ W, MC, EOI_ANY }, { R, MC, 0x10 }, { INT, 0, 0 },
		{ W, MC, EOI_ANY }, { ACK, 0, 0x25 } } },
	{ "the slave is the master's pin 2", {
		{ UP, 10 }, { UP, 3 }, { W, MC, READ_IRR }, { R, MC, 0x0c },
		{ R, SC, 0x04 }, { ACK, 0, 0x2a }, { W, MC, READ_ISR },
		{ R, MC, 0x04 }, { W, SC, READ_ISR }, { R, SC, 0x04 },
		/* Higher than 2, on the master; not on the slave. */
		{ UP, 8 }, { INT, 0, 0 }, { UP, 1 }, { ACK, 0, 0x21 },
		{ W, MC, EOI_ANY }, { W, SC, EOI_ANY }, { INT, 0, 0 },
		{ W, MC, EOI_ANY }, { ENDED, 0, 0x0406 },
		{ ACK, 0, 0x28 }, { W, SC, EOI_ANY }, { W, MC, EOI_ANY },
		{ ACK, 0, 0x23 } } },
	{ "pin 2 has no line of its own", {
		{ UP, 2 }, { INT, 0, 0 }, { R, MC, 0 }, { DOWN, 2 } } },
	{ "an edge is one interrupt, however long the line is up", {
		{ UP, 5 }, { UP, 5 }, { ACK, 0, 0x25 }, { W, MC, EOI_ANY },
		{ INT, 0, 0 }, { UP, 5 }, { INT, 0, 0 }, { DOWN, 5 },
		{ UP, 5 }, { INT, 0, 1 } } },
	{ "an edge is kept until it is acknowledged", {
		{ UP, 5 }, { DOWN, 5 }, { INT, 0, 1 }, { R, MC, 0x20 },
		{ ACK, 0, 0x25 }, { R, MC, 0 }, { UP, 5 }, { DOWN, 5 },
		{ R, MC, 0x20 }, { INT, 0, 0 }, { W, MC, EOI_ANY },
		{ ACK, 0, 0x25 } } },
	{ "a level interrupts as long as it is there", {
		{ W, ME, 0x20 }, { UP, 5 }, { ACK, 0, 0x25 }, { R, MC, 0x20 },
		{ INT, 0, 0 }, { W, MC, EOI_ANY }, { INT, 0, 1 },
		{ ACK, 0, 0x25 }, { DOWN, 5 }, { R, MC, 0 },
		{ W, MC, EOI_ANY }, { INT, 0, 0 } } },
	{ "a level on the slave likewise", {
		{ W, SE, 0x08 }, { UP, 11 }, { ACK, 0, 0x2b },
		{ W, SC, EOI_ANY }, { W, MC, EOI_ANY }, { INT, 0, 1 },
		{ DOWN, 11 }, { INT, 0, 0 }, { R, MC, 0 } } },
	{ "a level that goes before it is acknowledged leaves pin 7's vector", {
		{ W, ME, 0x20 }, { UP, 5 }, { INT, 0, 1 }, { DOWN, 5 },
		{ INT, 0, 0 }, { ACK, 0, 0x27 }, { W, MC, READ_ISR },
		{ R, MC, 0 }, { W, MC, EOI_ANY }, { ENDED, 0, 0 } } },
	{ "some pins cannot be level-triggered", {
		{ W, ME, 0xff }, { R, ME, 0xf8 }, { W, SE, 0xff },
		{ R, SE, 0xde }, { W, ME, 0 }, { R, ME, 0 } } },
	{ "an edge is no level", {
		{ UP, 5 }, { DOWN, 5 }, { W, ME, 0x20 }, { INT, 0, 0 },
		{ UP, 5 }, { INT, 0, 1 }, { W, ME, 0 }, { INT, 0, 0 } } },
	{ "a masked pin waits", {
		{ W, MD, 0x28 }, { R, MD, 0x28 }, { UP, 3 }, { INT, 0, 0 },
		{ R, MC, 0x08 }, { UP, 6 }, { ACK, 0, 0x26 },
		{ W, MC, EOI_ANY }, { W, MD, 0 }, { ACK, 0, 0x23 } } },
	{ "the slave masked, at either end", {
		{ W, MD, 0x04 }, { UP, 9 }, { INT, 0, 0 }, { W, MD, 0 },
		{ INT, 0, 1 }, { W, SD, 0x02 }, { INT, 0, 0 }, { R, MC, 0 },
		{ W, SD, 0 }, { ACK, 0, 0x29 } } },
	{ "an EOI ends the highest, or the one it names", {
		{ UP, 6 }, { ACK, 0, 0x26 }, { UP, 2 + 8 }, { ACK, 0, 0x2a },
		{ UP, 0 }, { ACK, 0, 0x20 }, { W, MC, READ_ISR },
		{ R, MC, 0x45 }, { W, MC, EOI(6) }, { R, MC, 0x05 },
		{ ENDED, 0, 0x40 }, { W, MC, EOI_ANY }, { R, MC, 0x04 },
		{ W, MC, EOI(5) }, { ENDED, 0, 0x01 }, { R, MC, 0x04 },
		{ W, MC, NOTHING }, { R, MC, 0x04 }, { W, MC, EOI_ANY },
		{ R, MC, 0 }, { W, MC, EOI_ANY } } },
	{ "rotation: the pin that ends comes last", {
		{ UP, 4 }, { UP, 6 }, { ACK, 0, 0x24 }, { W, MC, ROTATE_ANY },
		{ DOWN, 4 }, { UP, 4 }, { ACK, 0, 0x26 },
		{ W, MC, ROTATE(6) }, { ACK, 0, 0x24 }, { W, MC, EOI_ANY },
		/* 7 is first now, then 0. */
		{ UP, 0 }, { UP, 7 }, { ACK, 0, 0x27 }, { INT, 0, 0 },
		{ W, MC, EOI_ANY }, { ACK, 0, 0x20 } } },
	{ "rotation: the lowest can be named", {
		{ W, MC, SET_LAST(3) }, { UP, 3 }, { UP, 4 }, { UP, 0 },
		{ ACK, 0, 0x24 }, { W, MC, EOI_ANY }, { ACK, 0, 0x20 },
		{ W, MC, EOI_ANY }, { ACK, 0, 0x23 } } },
	{ "rotation: EOI ends the highest as it is now", {
		{ UP, 1 }, { ACK, 0, 0x21 }, { W, MC, SET_LAST(1) },
		{ UP, 5 }, { ACK, 0, 0x25 }, { W, MC, READ_ISR },
		{ W, MC, EOI_ANY }, { R, MC, 0x02 } } },
	{ "special mask: what is masked holds nothing up", {
		{ UP, 3 }, { ACK, 0, 0x23 }, { W, MD, 0x08 }, { UP, 5 },
		{ INT, 0, 0 }, { W, MC, MASK_SPECIAL }, { INT, 0, 1 },
		{ ACK, 0, 0x25 }, { UP, 6 }, { INT, 0, 0 },
		/* And an EOI that names nobody passes it over. */
		{ W, MC, READ_ISR }, { W, MC, EOI_ANY }, { R, MC, 0x08 },
		{ W, MC, EOI_ANY }, { R, MC, 0x08 }, { ACK, 0, 0x26 },
		{ W, MC, EOI(6) }, { UP, 7 }, { W, MC, MASK_NORMAL },
		{ INT, 0, 0 }, { W, MC, EOI_ANY }, { R, MC, 0 },
		{ INT, 0, 1 } } },
	{ "special fully nested: the slave interrupts itself", {
		{ W, MC, 0x11 }, { W, MD, 0x20 }, { W, MD, 0x04 },
		{ W, MD, 0x11 },
		{ UP, 12 }, { ACK, 0, 0x2c }, { UP, 13 }, { INT, 0, 0 },
		{ UP, 9 }, { INT, 0, 1 }, { ACK, 0, 0x29 },
		/* But nothing of the master's that is lower. */
		{ UP, 3 }, { INT, 0, 0 }, { UP, 1 }, { ACK, 0, 0x21 },
		{ W, MC, EOI_ANY }, { W, SC, EOI_ANY },
		{ W, SC, READ_ISR }, { R, SC, 0x10 }, { INT, 0, 0 },
		{ W, SC, EOI_ANY }, { ACK, 0, 0x2d } } },
	{ "a poll is an acknowledge", {
		{ W, MC, POLL }, { R, MC, 0x07 }, { R, MC, 0 },
		{ UP, 6 }, { UP, 4 }, { W, MC, POLL }, { R, MC, 0x84 },
		{ INT, 0, 0 }, { W, MC, READ_ISR }, { R, MC, 0x10 },
		{ W, MC, POLL }, { R, MD, 0x07 }, { R, MD, 0 },
		{ W, MC, EOI_ANY }, { ACK, 0, 0x26 } } },
	{ "a poll of the master, then of the slave", {
		{ UP, 11 }, { W, MC, POLL }, { R, MC, 0x82 },
		{ W, SC, POLL }, { R, SC, 0x83 }, { W, SC, READ_ISR },
		{ R, SC, 0x08 }, { INT, 0, 0 }, { W, SC, EOI_ANY },
		{ W, MC, EOI_ANY }, { ENDED, 0, 0x0804 } } },
	{ "automatic EOI", {
		{ W, MC, 0x11 }, { W, MD, 0x20 }, { W, MD, 0x04 },
		{ W, MD, 0x03 },
		{ UP, 5 }, { UP, 6 }, { ACK, 0, 0x25 }, { ENDED, 0, 0x20 },
		{ W, MC, READ_ISR }, { R, MC, 0 }, { INT, 0, 1 },
		{ ACK, 0, 0x26 }, { INT, 0, 0 },
		{ W, MC, ROTATE_AUTO }, { DOWN, 5 }, { DOWN, 6 }, { UP, 5 },
		{ ACK, 0, 0x25 }, { DOWN, 5 }, { UP, 5 }, { UP, 6 },
		{ ACK, 0, 0x26 }, { W, MC, FIX_AUTO }, { ACK, 0, 0x25 },
		{ UP, 0 }, { DOWN, 5 }, { UP, 5 }, { UP, 7 },
		/* As it was left: 7 first, then 0. */
		{ ACK, 0, 0x27 }, { ACK, 0, 0x20 }, { ACK, 0, 0x25 } } },
	{ "initialization forgets", {
		{ W, MD, 0xa0 }, { UP, 3 }, { ACK, 0, 0x23 }, { UP, 1 },
		{ W, MC, SET_LAST(2) }, { W, MC, MASK_SPECIAL },
		{ W, MC, READ_ISR }, { UP, 6 }, { DOWN, 6 },
		{ W, MC, 0x11 }, { ENDED, 0, 0x08 }, { R, MD, 0 },
		{ R, MC, 0 }, { W, MD, 0x47 }, { W, MD, 0x04 },
		{ W, MD, 0x01 },
		/* Lines that are up make no edge; the next rise does. */
		{ INT, 0, 0 }, { DOWN, 1 }, { UP, 1 }, { UP, 5 },
		{ ACK, 0, 0x41 }, { INT, 0, 0 }, { W, MC, EOI_ANY },
		{ ACK, 0, 0x45 } } },
	{ "initialization keeps levels", {
		{ W, ME, 0x08 }, { UP, 3 }, { W, MC, 0x11 }, { R, ME, 0x08 },
		{ W, MD, 0x60 }, { INT, 0, 0 }, { W, MD, 0x04 },
		{ INT, 0, 0 }, { W, MD, 0x01 }, { INT, 0, 1 },
		{ ACK, 0, 0x63 } } },
	{ "without ICW4 what it says is off", {
		{ W, MC, 0x11 }, { W, MD, 0x20 }, { W, MD, 0x04 },
		{ W, MD, 0x13 },
		{ W, MC, 0x10 }, { W, MD, 0x20 }, { W, MD, 0x04 },
		{ W, MD, 0xfe }, { R, MD, 0xfe }, { UP, 0 }, { ACK, 0, 0x20 },
		{ W, MC, READ_ISR }, { R, MC, 0x01 } } },
	{ "the command port shows what was asked for last", {
		{ UP, 4 }, { ACK, 0, 0x24 }, { UP, 6 }, { R, MC, 0x40 },
		{ W, MC, READ_ISR }, { R, MC, 0x10 }, { R, MC, 0x10 },
		{ W, MC, 0x08 }, { R, MC, 0x10 }, { W, MC, READ_IRR },
		{ R, MC, 0x40 } } },
	{ "the chips are two", {
		{ W, SC, SET_LAST(0) }, { W, SD, 0x0f }, { R, MD, 0 },
		{ W, SC, READ_ISR }, { UP, 8 }, { R, MC, 0 }, { W, SD, 0 },
		{ UP, 15 }, { UP, 0 }, { ACK, 0, 0x20 }, { W, MC, EOI_ANY },
		{ ACK, 0, 0x2f } } },
};

static void do_steps(struct kunit *test, struct vtx_pics *pics,
		     const char *name, const struct step *steps)
{
	const struct step *step;
	u16 ended = 0;
	int seen;

	for (step = steps; step->op != END; step++) {
		seen = step->value;
		switch (step->op) {
		case W:
			vtx_pics_write(pics, step->where, step->value, &ended);
			break;
		case R:
			seen = vtx_pics_read(pics, step->where, &ended);
			break;
		case UP:
		case DOWN:
			vtx_pics_set_pin(pics, step->where, step->op == UP);
			break;
		case INT:
			seen = vtx_pics_output(pics);
			break;
		case ACK:
			seen = vtx_pics_acknowledge(pics, &ended);
			break;
		case ENDED:
			seen = ended;
			ended = 0;
			break;
		case END:
			break;
		}
		KUNIT_EXPECT_EQ_MSG(test, seen, (int)step->value,
				    "%s: step %ld", name,
				    (long)(step - steps));
	}
}

static void start(struct kunit *test, struct vtx_pics *pics)
{
	vtx_pics_power_up(pics);
	do_steps(test, pics, "usual", usual);
}

static void data_sheet(struct kunit *test)
{
	struct vtx_pics pics;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		start(test, &pics);
		do_steps(test, &pics, cases[i].name, cases[i].steps);
	}
}

/* As KVM_IRQ_LINE_STATUS wants it. */
static void statuses(struct kunit *test)
{
	static const struct { u8 pin; bool level; int status; } rows[] = {
		{ 3, true, 1 }, { 3, true, 0 }, { 3, false, 1 },
		/* The edge before waits still. */
		{ 3, true, 0 },
		{ 4, true, -1 }, { 4, false, -1 },
		{ 5, true, 1 }, { 5, true, 0 }, { 5, false, 1 }, { 5, true, 1 },
		{ 2, true, -1 }, { 11, true, 1 }, { 12, true, -1 },
	};
	struct vtx_pics pics;
	u16 ended = 0;
	int i;

	start(test, &pics);
	vtx_pics_write(&pics, MD, BIT(4), &ended);
	vtx_pics_write(&pics, SD, BIT(4), &ended);
	vtx_pics_write(&pics, ME, BIT(5), &ended);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, rows[i].status,
				    vtx_pics_set_pin(&pics, rows[i].pin,
						     rows[i].level),
				    "row %d", i);
}

/* Whatever is done to a pair, a copy made by user space goes on like it. */
static void states(struct kunit *test)
{
	struct kvm_pic_state state;
	struct vtx_pics pics, copy;
	const struct step *step;
	int i, chip;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		start(test, &pics);
		for (step = cases[i].steps; step->op != END; step++) {
			const struct step one[] = { *step, { END } };

			if (step->op == ENDED)
				continue;
			do_steps(test, &pics, cases[i].name, one);
			vtx_pics_power_up(&copy);
			for (chip = 0; chip < VTX_PIC_CHIPS; chip++) {
				vtx_pics_get_state(&pics, chip, &state);
				KUNIT_EXPECT_TRUE(test,
					vtx_pics_state_valid(&state));
				vtx_pics_set_state(&copy, chip, &state);
			}
			KUNIT_EXPECT_EQ(test, vtx_pics_output(&pics),
					vtx_pics_output(&copy));
			pics = copy;
		}
	}
}

static void bad_states(struct kunit *test)
{
	struct kvm_pic_state state = {
		.priority_add = 7, .init_state = 3, .irq_base = 0xff,
		.elcr = 0xff, .auto_eoi = 0x80,
	};
	struct vtx_pics pics;

	KUNIT_EXPECT_TRUE(test, vtx_pics_state_valid(&state));
	vtx_pics_power_up(&pics);
	vtx_pics_set_state(&pics, 1, &state);
	vtx_pics_get_state(&pics, 1, &state);
	KUNIT_EXPECT_EQ(test, state.irq_base, 0xf8);
	KUNIT_EXPECT_EQ(test, state.elcr, 0xde);
	KUNIT_EXPECT_EQ(test, state.elcr_mask, 0xde);
	KUNIT_EXPECT_EQ(test, state.auto_eoi, 1);
	state.priority_add = 8;
	KUNIT_EXPECT_FALSE(test, vtx_pics_state_valid(&state));
	state.priority_add = 0;
	state.init_state = 4;
	KUNIT_EXPECT_FALSE(test, vtx_pics_state_valid(&state));
}

static struct kunit_case pic_cases[] = {
	KUNIT_CASE(data_sheet),
	KUNIT_CASE(statuses),
	KUNIT_CASE(states),
	KUNIT_CASE(bad_states),
	{ }
};

static struct kunit_suite pic_suite = {
	.name		= "vtx_pic",
	.test_cases	= pic_cases,
};

kunit_test_suite(pic_suite);
