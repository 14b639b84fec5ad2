// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOAPIC by its datasheet: registers, pins and their sources, edges, levels.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/string.h>

/* The real code, not a copy. */
#include "../ioapic.c"

#define LEVEL		RTE_LEVEL
#define MASKED		RTE_MASKED
#define REMOTE_IRR	RTE_REMOTE_IRR
#define TO(dest)	((u64)(dest) << 56)

/* Stands for the local APICs: takes what is sent, as many as it is told. */
struct world {
	struct vtx_ioapic	ioapic;
	struct vtx_apic_message	last;
	int			sent;
	int			takers;
	bool			in_flight;
};

static int take(struct vtx_ioapic *ioapic,
		const struct vtx_apic_message *message)
{
	struct world *world = container_of(ioapic, struct world, ioapic);

	world->last = *message;
	world->sent++;
	return world->takers;
}

static bool flies(struct vtx_ioapic *ioapic,
		  const struct vtx_apic_message *message)
{
	struct world *world = container_of(ioapic, struct world, ioapic);

	world->last = *message;
	return world->in_flight;
}

static const struct vtx_ioapic_ops world_ops = {
	.send		= take,
	.in_flight	= flies,
};

static struct world *world_alloc(struct kunit *test)
{
	struct world *world = kunit_kzalloc(test, sizeof(*world), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, world);
	vtx_ioapic_init(&world->ioapic, &world_ops);
	world->takers = 1;
	return world;
}

static u32 write_reg(struct world *world, u8 reg, u32 value)
{
	vtx_ioapic_write(&world->ioapic, IOREGSEL, reg);
	return vtx_ioapic_write(&world->ioapic, IOWIN, value);
}

static u32 read_reg(struct world *world, u8 reg)
{
	vtx_ioapic_write(&world->ioapic, IOREGSEL, reg);
	return vtx_ioapic_read(&world->ioapic, IOWIN);
}

/* The upper half first: the lower has the mask. */
static u32 set_entry(struct world *world, unsigned int pin, u64 entry)
{
	write_reg(world, IOREDTBL + 2 * pin + 1, upper_32_bits(entry));
	return write_reg(world, IOREDTBL + 2 * pin, lower_32_bits(entry));
}

static u64 get_entry(struct world *world, unsigned int pin)
{
	return (u64)read_reg(world, IOREDTBL + 2 * pin + 1) << 32 |
	       read_reg(world, IOREDTBL + 2 * pin);
}

static int set_pin(struct world *world, unsigned int pin, bool level)
{
	return vtx_ioapic_set(&world->ioapic, pin, 0, level, false);
}

/* 82093AA "IOAPIC Registers": what is written and what is read then. */
static void registers(struct kunit *test)
{
	static const struct {
		u8	reg;
		u32	reset;
		u32	written;
		u32	read;
	} rows[] = {
		{ IOAPICID,	0,		0xffffffff,	0x0f000000 },
		{ IOAPICARB,	0x0f000000,	0,		0x0f000000 },
		{ IOAPICID,	0x0f000000,	0x05000000,	0x05000000 },
		{ IOAPICVER,	0x00170011,	0xffffffff,	0x00170011 },
		{ 0x03,		0xffffffff,	0,		0xffffffff },
		{ 0x0f,		0xffffffff,	0,		0xffffffff },
		{ 0x10,		0x00010000,	0xffffffff,	0x0001afff },
		{ 0x11,		0,		0xffffffff,	0xff000000 },
		{ 0x3e,		0x00010000,	0x0000a7fe,	0x0000a7fe },
		{ 0x3f,		0,		0x12345678,	0x12000000 },
		{ 0x40,		0xffffffff,	0,		0xffffffff },
		{ 0xff,		0xffffffff,	0,		0xffffffff },
	};
	struct world *world = world_alloc(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_EXPECT_EQ_MSG(test, read_reg(world, rows[i].reg),
				    rows[i].reset, "row %d", i);
		write_reg(world, rows[i].reg, rows[i].written);
		KUNIT_EXPECT_EQ_MSG(test, read_reg(world, rows[i].reg),
				    rows[i].read, "row %d", i);
	}
	/* Only these two are there; the index has 8 bits. */
	vtx_ioapic_write(&world->ioapic, IOREGSEL, 0x101);
	KUNIT_EXPECT_EQ(test, vtx_ioapic_read(&world->ioapic, IOREGSEL), 1);
	vtx_ioapic_write(&world->ioapic, 0x40, 0x55);
	KUNIT_EXPECT_EQ(test, vtx_ioapic_read(&world->ioapic, 0x40), 0);
	KUNIT_EXPECT_EQ(test, vtx_ioapic_read(&world->ioapic, 0x11), 0);
	KUNIT_EXPECT_EQ(test, world->sent, 0);
}

/* What an entry says is what is sent. */
static void messages(struct kunit *test)
{
	static const struct {
		u64			entry;
		struct vtx_apic_message	message;
	} rows[] = {
		{ TO(3) | 0x41, { .dest = 3, .vector = 0x41 } },
		{ TO(0xff) | 0xfe, { .dest = 0xff, .vector = 0xfe } },
		{ TO(1) | 0x841,
		  { .dest = 1, .vector = 0x41, .logical = true } },
		{ TO(1) | 0x941, { .dest = 1, .vector = 0x41, .logical = true,
				   .delivery = VTX_APIC_LOWEST } },
		{ TO(2) | 0x8041, { .dest = 2, .vector = 0x41, .level = true } },
		{ TO(2) | 0xa141, { .dest = 2, .vector = 0x41, .level = true,
				    .delivery = VTX_APIC_LOWEST } },
		/* Edges, whatever the entry says. */
		{ TO(2) | 0x8400, { .dest = 2, .delivery = VTX_APIC_NMI } },
		{ TO(2) | 0x8500, { .dest = 2, .delivery = VTX_APIC_INIT } },
		{ TO(2) | 0x8200, { .dest = 2, .delivery = VTX_APIC_SMI } },
		{ TO(2) | 0x8700, { .dest = 2, .delivery = VTX_APIC_EXTINT } },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct vtx_apic_message *wanted = &rows[i].message;
		struct world *world = world_alloc(test);

		set_entry(world, i, rows[i].entry);
		KUNIT_EXPECT_EQ(test, set_pin(world, i, true), 1);
		KUNIT_EXPECT_EQ(test, world->sent, 1);
		KUNIT_EXPECT_EQ(test, world->last.dest, wanted->dest);
		KUNIT_EXPECT_EQ(test, world->last.everybody, VTX_APIC_ALL);
		KUNIT_EXPECT_EQ(test, world->last.delivery, wanted->delivery);
		KUNIT_EXPECT_EQ(test, world->last.shorthand, VTX_APIC_DEST);
		KUNIT_EXPECT_EQ(test, world->last.vector, wanted->vector);
		KUNIT_EXPECT_EQ(test, world->last.logical, wanted->logical);
		KUNIT_EXPECT_EQ(test, world->last.level, wanted->level);
		KUNIT_EXPECT_EQ(test, get_entry(world, i), rows[i].entry |
				(wanted->level ? REMOTE_IRR : 0));
	}
}

/* Steps of a pin, with what comes of each. */
enum what { RAISE, LOWER, RAISE_OTHER, LOWER_OTHER, SET_ENTRY, EOI, NOBODY,
	    SOMEBODY };

struct step {
	enum what	what;
	u64		entry;		/* with SET_ENTRY */
	int		ret;		/* of RAISE and LOWER */
	int		sent;
	bool		remote_irr;
};

static void play(struct kunit *test, const struct step *step, int nr)
{
	struct world *world = world_alloc(test);
	const int pin = 5;
	int i, ret;

	for (i = 0; i < nr; i++, step++) {
		world->sent = 0;
		ret = step->ret;
		switch (step->what) {
		case RAISE:
		case LOWER:
			ret = vtx_ioapic_set(&world->ioapic, pin, 0,
					     step->what == RAISE, false);
			break;
		case RAISE_OTHER:
		case LOWER_OTHER:
			ret = vtx_ioapic_set(&world->ioapic, pin, 63,
					     step->what == RAISE_OTHER, false);
			break;
		case SET_ENTRY:
			KUNIT_EXPECT_EQ(test,
					set_entry(world, pin, step->entry), 0);
			break;
		case EOI:
			vtx_ioapic_end(&world->ioapic,
				       vtx_ioapic_pins_of(&world->ioapic,
							  0x41));
			break;
		case NOBODY:
		case SOMEBODY:
			world->takers = step->what == SOMEBODY;
			break;
		}
		KUNIT_EXPECT_EQ_MSG(test, ret, step->ret, "step %d", i);
		KUNIT_EXPECT_EQ_MSG(test, world->sent, step->sent, "step %d",
				    i);
		KUNIT_EXPECT_EQ_MSG(test,
				    !!(get_entry(world, pin) & REMOTE_IRR),
				    step->remote_irr, "step %d", i);
	}
}

static void edges(struct kunit *test)
{
	static const struct step steps[] = {
		/* Masked, an edge is lost. */
		{ RAISE, .ret = -1 }, { SET_ENTRY, 0x41 }, { RAISE, .ret = 0 },
		{ LOWER, .ret = 1 },
		/* Only going up is an edge, of the first source. */
		{ RAISE, .ret = 1, .sent = 1 }, { RAISE, .ret = 0 },
		{ RAISE_OTHER, .ret = 0 }, { LOWER, .ret = 0 },
		{ RAISE, .ret = 0 }, { LOWER, .ret = 0 },
		{ LOWER_OTHER, .ret = 1 }, { LOWER, .ret = 1 },
		{ RAISE_OTHER, .ret = 1, .sent = 1 }, { LOWER_OTHER, .ret = 1 },
		/* There is no end, and nothing to be sent again. */
		{ RAISE, .ret = 1, .sent = 1 }, { EOI }, { LOWER, .ret = 1 },
		/* Nobody takes it: it is gone. */
		{ NOBODY }, { RAISE, .ret = 0, .sent = 1 }, { SOMEBODY },
		{ RAISE, .ret = 0 }, { SET_ENTRY, 0x41 }, { LOWER, .ret = 1 },
		/* Made a level while it is up. */
		{ RAISE, .ret = 1, .sent = 1 },
		{ SET_ENTRY, LEVEL | 0x41, .sent = 1, .remote_irr = true },
	};

	play(test, steps, ARRAY_SIZE(steps));
}

static void levels(struct kunit *test)
{
	static const struct step steps[] = {
		/* Masked, it waits. */
		{ SET_ENTRY, MASKED | LEVEL | 0x41 }, { RAISE, .ret = -1 },
		{ SET_ENTRY, LEVEL | 0x41, .sent = 1, .remote_irr = true },
		/* Up again, or by another: it is being handled. */
		{ RAISE, .ret = 0, .remote_irr = true },
		{ RAISE_OTHER, .ret = 0, .remote_irr = true },
		{ LOWER, .ret = 0, .remote_irr = true },
		/* Still up at its end: again. */
		{ EOI, .sent = 1, .remote_irr = true },
		{ LOWER_OTHER, .ret = 1, .remote_irr = true },
		{ EOI }, { EOI },
		/* Down and up while it is being handled. */
		{ RAISE, .ret = 1, .sent = 1, .remote_irr = true },
		{ LOWER, .ret = 1, .remote_irr = true },
		{ RAISE, .ret = 0, .remote_irr = true },
		{ EOI, .sent = 1, .remote_irr = true },
		/* Masked at its end: when it is unmasked. */
		{ SET_ENTRY, MASKED | LEVEL | 0x41, .remote_irr = true },
		{ EOI }, { SET_ENTRY, LEVEL | 0x41, .sent = 1, .remote_irr = true },
		/* Remote IRR is read-only; an edge has none. */
		{ SET_ENTRY, LEVEL | 0x41, .remote_irr = true },
		{ SET_ENTRY, MASKED | 0x41 },
		{ SET_ENTRY, LEVEL | 0x41, .sent = 1, .remote_irr = true },
		/* Another vector: this EOI is not its. */
		{ SET_ENTRY, LEVEL | 0x42, .remote_irr = true },
		{ EOI, .remote_irr = true },
		{ SET_ENTRY, LEVEL | 0x41, .remote_irr = true },
		{ LOWER, .ret = 1, .remote_irr = true }, { EOI },
		/* Nobody takes it: it waits for somebody. */
		{ NOBODY }, { RAISE, .ret = 0, .sent = 1 },
		{ SOMEBODY }, { RAISE, .ret = 1, .sent = 1, .remote_irr = true },
	};

	play(test, steps, ARRAY_SIZE(steps));
}

/* One EOI ends all pins that have its vector, and no other. */
static void shared_vectors(struct kunit *test)
{
	struct world *world = world_alloc(test);
	unsigned int pin;

	for (pin = 0; pin < VTX_IOAPIC_PINS; pin++) {
		set_entry(world, pin, LEVEL | (pin % 3 ? 0x50 : 0x51));
		set_pin(world, pin, true);
		set_pin(world, pin, false);
	}
	KUNIT_EXPECT_EQ(test, vtx_ioapic_pins_of(&world->ioapic, 0x51),
			0x249249);
	KUNIT_EXPECT_EQ(test, vtx_ioapic_pins_of(&world->ioapic, 0x52), 0);
	vtx_ioapic_end(&world->ioapic, 0x249249);
	for (pin = 0; pin < VTX_IOAPIC_PINS; pin++)
		KUNIT_EXPECT_EQ(test, !(get_entry(world, pin) & REMOTE_IRR),
				pin % 3 == 0);
}

/* A level that can be asked for is not sent when it is unmasked. */
static void resampled(struct kunit *test)
{
	struct world *world = world_alloc(test);

	world->ioapic.resampled = BIT(9);
	set_entry(world, 9, MASKED | LEVEL | 0x60);
	set_pin(world, 9, true);
	KUNIT_EXPECT_EQ(test, set_entry(world, 9, LEVEL | 0x60), BIT(9));
	KUNIT_EXPECT_EQ(test, world->sent, 0);
	/* The answer: it is still up. */
	KUNIT_EXPECT_EQ(test, set_pin(world, 9, false), 1);
	KUNIT_EXPECT_EQ(test, set_pin(world, 9, true), 1);
	KUNIT_EXPECT_EQ(test, world->sent, 1);
	/* While it is being handled there is nothing to ask. */
	KUNIT_EXPECT_EQ(test, set_entry(world, 9, LEVEL | 0x60), 0);
	KUNIT_EXPECT_EQ(test, world->sent, 1);
}

/* A tick while the last is being handled is not given, if that is asked for. */
static void real_time_clock(struct kunit *test)
{
	struct world *world = world_alloc(test);
	struct vtx_ioapic *ioapic = &world->ioapic;

	set_entry(world, 8, 0x70);
	set_entry(world, 7, 0x71);
	world->in_flight = true;
	KUNIT_EXPECT_EQ(test, vtx_ioapic_set(ioapic, 8, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, world->last.vector, 0x70);
	KUNIT_EXPECT_EQ(test, vtx_ioapic_set(ioapic, 8, 0, false, true), 1);
	KUNIT_EXPECT_EQ(test, world->sent, 0);
	/* No other pin, and nobody else. */
	KUNIT_EXPECT_EQ(test, vtx_ioapic_set(ioapic, 7, 0, true, true), 1);
	KUNIT_EXPECT_EQ(test, vtx_ioapic_set(ioapic, 8, 0, true, false), 1);
	KUNIT_EXPECT_EQ(test, vtx_ioapic_set(ioapic, 8, 0, false, true), 1);
	KUNIT_EXPECT_EQ(test, world->sent, 2);
	world->in_flight = false;
	KUNIT_EXPECT_EQ(test, vtx_ioapic_set(ioapic, 8, 0, true, true), 1);
	KUNIT_EXPECT_EQ(test, world->sent, 3);
	/* As a level it has an end of its own. */
	vtx_ioapic_set(ioapic, 8, 0, false, true);
	set_entry(world, 8, LEVEL | 0x70);
	world->in_flight = true;
	KUNIT_EXPECT_EQ(test, vtx_ioapic_set(ioapic, 8, 0, true, true), 1);
	KUNIT_EXPECT_EQ(test, world->sent, 4);
}

/* Got and set, it is the same, and what waits is sent. */
static void state(struct kunit *test)
{
	struct world *world = world_alloc(test), *other = world_alloc(test);
	struct kvm_ioapic_state *state, *again;
	unsigned int pin;

	state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	again = kunit_kzalloc(test, sizeof(*again), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, state);
	KUNIT_ASSERT_NOT_NULL(test, again);
	write_reg(world, IOAPICID, 0x07000000);
	set_entry(world, 1, TO(1) | 0x31);		/* edge, delivered */
	set_entry(world, 2, TO(2) | LEVEL | 0x32);	/* being handled */
	set_entry(world, 3, TO(3) | MASKED | LEVEL | 0x33);	/* waits */
	for (pin = 1; pin < 4; pin++)
		set_pin(world, pin, true);
	write_reg(world, 0x13, TO(1) >> 32);
	vtx_ioapic_get_state(&world->ioapic, state);
	KUNIT_EXPECT_EQ(test, state->base_address, 0xfec00000);
	KUNIT_EXPECT_EQ(test, state->ioregsel, 0x13);
	KUNIT_EXPECT_EQ(test, state->id, 7);
	KUNIT_EXPECT_EQ(test, state->irr, BIT(2) | BIT(3));
	KUNIT_EXPECT_EQ(test, state->redirtbl[2].bits,
			TO(2) | LEVEL | REMOTE_IRR | 0x32);

	vtx_ioapic_set_state(&other->ioapic, state);
	KUNIT_EXPECT_EQ(test, other->sent, 0);
	vtx_ioapic_get_state(&other->ioapic, again);
	KUNIT_EXPECT_EQ(test, memcmp(state, again, sizeof(*state)), 0);

	/* What waits is sent; what no register can hold is not kept. */
	memset(state, 0xff, sizeof(*state));
	state->redirtbl[4].bits = 0x34;
	state->redirtbl[5].bits = REMOTE_IRR | 0x35;
	state->redirtbl[6].bits = LEVEL | REMOTE_IRR | 0x36;
	state->redirtbl[7].bits = LEVEL | 0x37;
	vtx_ioapic_set_state(&other->ioapic, state);
	KUNIT_EXPECT_EQ(test, other->sent, 3);
	KUNIT_EXPECT_EQ(test, other->last.vector, 0x37);
	vtx_ioapic_get_state(&other->ioapic, again);
	KUNIT_EXPECT_EQ(test, again->base_address, 0xfec00000);
	KUNIT_EXPECT_EQ(test, again->ioregsel, 0xff);
	KUNIT_EXPECT_EQ(test, again->id, 0xf);
	KUNIT_EXPECT_EQ(test, again->irr, 0xffffff & ~(BIT(4) | BIT(5)));
	KUNIT_EXPECT_EQ(test, again->redirtbl[0].bits, 0xff0000000001afff);
	KUNIT_EXPECT_EQ(test, again->redirtbl[5].bits, 0x35);
	KUNIT_EXPECT_EQ(test, again->redirtbl[7].bits,
			LEVEL | REMOTE_IRR | 0x37);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(registers),
	KUNIT_CASE(messages),
	KUNIT_CASE(edges),
	KUNIT_CASE(levels),
	KUNIT_CASE(shared_vectors),
	KUNIT_CASE(resampled),
	KUNIT_CASE(real_time_clock),
	KUNIT_CASE(state),
	{ }
};

static struct kunit_suite suite = {
	.name		= "vtx_ioapic",
	.test_cases	= cases,
};

kunit_test_suite(suite);
