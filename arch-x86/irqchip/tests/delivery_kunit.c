// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who receives what: however few are asked, it must be those who are meant.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/prandom.h>

/* The real code, not a copy; lapic_kunit.c has lapic.c. */
#include "../delivery.c"

#define VCPUS		24
#define VECTOR		0x71
#define BASE		0xfee00000ULL
#define EN		BIT_ULL(11)
#define EXTD		BIT_ULL(10)

/* Not on a CPU, so nothing but the request is of interest. */
void vtx_event_nmi(struct vtx_vcpu *vcpu)
{
	atomic_inc(&vcpu->event.nmi_requests);
}

struct board {
	struct vtx_irqchip	irqchip;
	struct vtx_vcpu		*vcpu[VCPUS];
	u32			id[VCPUS];
};

static void board_free(void *board)
{
	vtx_irqchip_forget(&((struct board *)board)->irqchip);
}

/* Ids are 0, 1, 2..., but for the last few. */
static struct board *board_alloc(struct kunit *test)
{
	static const u32 odd[] = { 37, 64, 255, 256, 300, 4095 };
	struct board *board = kunit_kzalloc(test, sizeof(*board), GFP_KERNEL);
	struct vtx_lapic *lapic;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, board);
	board->irqchip.created = true;
	for (i = 0; i < VCPUS; i++) {
		board->id[i] = i < VCPUS - ARRAY_SIZE(odd) ? i :
			       odd[i - (VCPUS - ARRAY_SIZE(odd))];
		board->vcpu[i] = kunit_kzalloc(test, sizeof(struct vtx_vcpu),
					       GFP_KERNEL);
		lapic = kunit_kzalloc(test, sizeof(*lapic), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, board->vcpu[i]);
		KUNIT_ASSERT_NOT_NULL(test, lapic);
		lapic->regs = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, lapic->regs);
		lapic->vcpu = board->vcpu[i];
		lapic->x2apic_id = board->id[i];
		board->vcpu[i]->id = board->id[i];
		board->vcpu[i]->lapic = lapic;
		vtx_lapic_power_up(lapic, false);
		vtx_lapic_write(lapic, VTX_LAPIC_SVR, 0x1ff);
		vtx_lapic_count(&board->irqchip, lapic);
		KUNIT_ASSERT_EQ(test, vtx_irqchip_reserve(&board->irqchip,
							  board->id[i]), 0);
		vtx_irqchip_add(&board->irqchip, board->vcpu[i]);
	}
	kunit_add_action(test, board_free, board);
	return board;
}

static void set_mode(struct board *board, int i, u64 base)
{
	vtx_lapic_set_mode(board->vcpu[i]->lapic, base);
	vtx_lapic_count(&board->irqchip, board->vcpu[i]->lapic);
}

static bool takes(struct vtx_vcpu *vcpu)
{
	int vector = vtx_lapic_highest(vcpu->lapic);

	if (vector < 0)
		return false;
	vtx_lapic_accept(vcpu->lapic, vector);
	vtx_lapic_write(vcpu->lapic, VTX_LAPIC_EOI, 0);
	return true;
}

/* Each is asked what it thinks, and the answers are compared. */
static void compare(struct kunit *test, struct board *board,
		    const struct vtx_apic_message *message)
{
	struct vtx_lapic *source = board->vcpu[0]->lapic;
	int i, taken = 0, sent;

	sent = vtx_irqchip_send(&board->irqchip, source, message);
	for (i = 0; i < VCPUS; i++) {
		struct vtx_lapic *lapic = board->vcpu[i]->lapic;
		bool wanted = is_meant(lapic, source, message) &&
			      vtx_lapic_enabled(lapic);
		bool got = takes(board->vcpu[i]);

		taken += got;
		if (message->delivery == VTX_APIC_LOWEST)
			KUNIT_EXPECT_TRUE(test, wanted || !got);
		else
			KUNIT_EXPECT_EQ_MSG(test, got, wanted,
					    "id %u, dest %#x, logical %d",
					    board->id[i], message->dest,
					    message->logical);
	}
	KUNIT_EXPECT_EQ(test, sent, taken);
	if (message->delivery == VTX_APIC_LOWEST)
		KUNIT_EXPECT_LE(test, taken, 1);
}

static void compare_many(struct kunit *test, struct board *board)
{
	static const u32 dests[] = {
		0, 1, 2, 0x0f, 0x10, 0x25, 0xfe, 0xff, 0x100, 0x12c, 0xfff,
		0x1000, 0x10003, 0x1ffff, 0x20020, 0xff8000, 0xfffffffe, ~0U,
	};
	struct rnd_state random;
	int i;

	prandom_seed_state(&random, 1);
	for (i = 0; i < 400; i++) {
		u32 bits = prandom_u32_state(&random);
		bool x2apic = bits & 1;
		struct vtx_apic_message message = {
			.dest		= i < 4 * ARRAY_SIZE(dests) ?
					  dests[i / 4] :
					  prandom_u32_state(&random) & 0x200ff,
			.everybody	= x2apic ? VTX_X2APIC_ALL :
						   VTX_APIC_ALL,
			.logical	= bits & 2,
			.delivery	= bits & 4 ? VTX_APIC_LOWEST :
						     VTX_APIC_FIXED,
			.vector		= VECTOR + (bits >> 8 & 0xf),
		};

		compare(test, board, &message);
	}
	for (i = VTX_APIC_SELF; i <= VTX_APIC_ALL_BUT_SELF; i++)
		compare(test, board, &(struct vtx_apic_message){
			.shorthand = i, .vector = VECTOR,
		});
}

static void receivers(struct kunit *test)
{
	struct board *board = board_alloc(test);
	int i;

	compare_many(test, board);
	for (i = 0; i < VCPUS; i++) {
		u32 ldr = i < 8 ? BIT(i) : i << 4 | BIT(i & 3);

		vtx_lapic_write(board->vcpu[i]->lapic, VTX_LAPIC_LDR, ldr << 24);
		vtx_lapic_write(board->vcpu[i]->lapic, VTX_LAPIC_DFR,
				i < 8 ? ~0U : 0);
	}
	compare_many(test, board);

	/* Some in x2APIC mode; all; some off; one with a strange id. */
	for (i = 0; i < VCPUS; i += 2)
		set_mode(board, i, BASE | EN | EXTD);
	compare_many(test, board);
	for (i = 0; i < VCPUS; i++)
		set_mode(board, i, BASE | EN | EXTD);
	KUNIT_EXPECT_EQ(test, atomic_read(&board->irqchip.strays), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&board->irqchip.xapics), 0);
	compare_many(test, board);
	for (i = 0; i < VCPUS; i += 3)
		set_mode(board, i, BASE);
	compare_many(test, board);
	set_mode(board, 3, BASE | EN);
	vtx_lapic_write(board->vcpu[3]->lapic, VTX_LAPIC_ID, 0x25000000);
	vtx_lapic_count(&board->irqchip, board->vcpu[3]->lapic);
	KUNIT_EXPECT_EQ(test, atomic_read(&board->irqchip.strays), 1);
	compare_many(test, board);
}

/* What is no interrupt with a vector. */
static void signals(struct kunit *test)
{
	static const struct {
		enum vtx_apic_delivery	delivery;
		bool			level, deassert;
		int			taken, nmis;
		unsigned long		arrivals;
	} rows[] = {
		{ VTX_APIC_NMI, false, false, 1, 1, 0 },
		{ VTX_APIC_SMI, false, false, 0, 0, 0 },
		{ VTX_APIC_REMOTE_READ, false, false, 0, 0, 0 },
		{ VTX_APIC_EXTINT, false, false, 0, 0, 0 },
		{ VTX_APIC_STARTUP, false, true, 1, 0,
		  BIT(VTX_LAPIC_ARRIVED_STARTUP) },
		{ VTX_APIC_INIT, true, true, 0, 0, 0 },
		{ VTX_APIC_INIT, true, false, 1, 0,
		  BIT(VTX_LAPIC_ARRIVED_INIT) },
		{ VTX_APIC_INIT, false, true, 1, 0,
		  BIT(VTX_LAPIC_ARRIVED_INIT) },
	};
	struct board *board = board_alloc(test);
	struct vtx_vcpu *to = board->vcpu[5];
	int i;

	/* Software-disabled, it takes these all the same. */
	vtx_lapic_write(to->lapic, VTX_LAPIC_SVR, 0xff);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vtx_apic_message message = {
			.dest = 5, .everybody = VTX_APIC_ALL, .vector = 0x99,
			.delivery = rows[i].delivery, .level = rows[i].level,
			.deassert = rows[i].deassert,
		};

		KUNIT_EXPECT_EQ(test, vtx_irqchip_send(&board->irqchip, NULL,
						       &message),
				rows[i].taken);
		KUNIT_EXPECT_EQ(test, atomic_xchg(&to->event.nmi_requests, 0),
				rows[i].nmis);
		KUNIT_EXPECT_EQ(test, xchg(&to->lapic->arrivals, 0),
				rows[i].arrivals);
		KUNIT_EXPECT_EQ(test, vtx_lapic_highest(to->lapic), -1);
	}
	KUNIT_EXPECT_EQ(test, to->lapic->start_vector, 0x99);
}

/* From its arrival to its end, and for whom it was. */
static void in_flight(struct kunit *test)
{
	struct board *board = board_alloc(test);
	struct vtx_apic_message message = {
		.dest = 5, .everybody = VTX_APIC_ALL, .vector = VECTOR,
	};
	struct vtx_apic_message other = message;
	struct vtx_lapic *lapic = board->vcpu[5]->lapic;

	other.dest = 6;
	KUNIT_EXPECT_FALSE(test, vtx_irqchip_in_flight(&board->irqchip,
						       &message));
	KUNIT_EXPECT_EQ(test, vtx_irqchip_send(&board->irqchip, NULL,
					       &message), 1);
	KUNIT_EXPECT_TRUE(test, vtx_irqchip_in_flight(&board->irqchip,
						      &message));
	vtx_lapic_accept(lapic, VECTOR);
	KUNIT_EXPECT_TRUE(test, vtx_irqchip_in_flight(&board->irqchip,
						      &message));
	KUNIT_EXPECT_FALSE(test, vtx_irqchip_in_flight(&board->irqchip,
						       &other));
	other.dest = VTX_APIC_ALL;
	KUNIT_EXPECT_TRUE(test, vtx_irqchip_in_flight(&board->irqchip,
						      &other));
	other.vector++;
	KUNIT_EXPECT_FALSE(test, vtx_irqchip_in_flight(&board->irqchip,
						       &other));
	vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0);
	KUNIT_EXPECT_FALSE(test, vtx_irqchip_in_flight(&board->irqchip,
						       &message));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(receivers),
	KUNIT_CASE(signals),
	KUNIT_CASE(in_flight),
	{ }
};

static struct kunit_suite suite = {
	.name		= "vtx_apic_delivery",
	.test_cases	= cases,
};

kunit_test_suite(suite);
