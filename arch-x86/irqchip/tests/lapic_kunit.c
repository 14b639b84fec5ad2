// SPDX-License-Identifier: GPL-2.0-only
/*
 * A local APIC's registers, held against the SDM: which there are, what can be
 * written, priorities, errors, destinations, and what INIT and user space make
 * of them.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/gfp.h>

/* The real code, not a copy. */
#include "../lapic.c"
#include "../lapic_dest.c"

#define VCPU_ID		0x25
#define BASE		APIC_DEFAULT_PHYS_BASE
#define EN		MSR_IA32_APICBASE_ENABLE
#define EXTD		VTX_APIC_BASE_EXTD
#define MASKED		VTX_LAPIC_MASKED
#define LOOK		VTX_LAPIC_DO_LOOK

static struct vtx_lapic *lapic_alloc(struct kunit *test, u32 id)
{
	struct vtx_lapic *lapic = kunit_kzalloc(test, sizeof(*lapic), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, lapic);
	/* As aligned as a page. */
	lapic->regs = (u32 *)kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, lapic->regs);
	lapic->x2apic_id = id;
	lapic->deadline_mode = true;
	vtx_lapic_power_up(lapic, false);
	KUNIT_EXPECT_EQ(test, vtx_lapic_highest(lapic), -1);
	return lapic;
}

static struct vtx_lapic *enabled(struct kunit *test, u32 id)
{
	struct vtx_lapic *lapic = lapic_alloc(test, id);

	vtx_lapic_write(lapic, VTX_LAPIC_SVR, 0x1ff);
	return lapic;
}

static struct vtx_lapic *x2apic(struct kunit *test, u32 id)
{
	struct vtx_lapic *lapic = enabled(test, id);

	vtx_lapic_set_mode(lapic, BASE | EN | EXTD);
	return lapic;
}

/* SDM 3A "Local APIC State After Power-Up or Reset" */
static const struct { u32 offset, value; } power_up_rows[] = {
	{ VTX_LAPIC_ID, VCPU_ID << 24 }, { VTX_LAPIC_VERSION, 0x50014 },
	{ VTX_LAPIC_TPR, 0 }, { VTX_LAPIC_PPR, 0 }, { VTX_LAPIC_LDR, 0 },
	{ VTX_LAPIC_DFR, 0xffffffff }, { VTX_LAPIC_SVR, 0xff },
	{ VTX_LAPIC_ESR, 0 }, { VTX_LAPIC_ICR, 0 }, { VTX_LAPIC_ICR2, 0 },
	{ VTX_LAPIC_LVT_TIMER, MASKED }, { VTX_LAPIC_LVT_THERMAL, MASKED },
	{ VTX_LAPIC_LVT_PMC, MASKED }, { VTX_LAPIC_LVT_LINT0, MASKED },
	{ VTX_LAPIC_LVT_LINT1, MASKED }, { VTX_LAPIC_LVT_ERROR, MASKED },
	{ VTX_LAPIC_TIMER_INITIAL, 0 }, { VTX_LAPIC_TIMER_DIVIDE, 0 },
	{ VTX_LAPIC_ISR + 0x70, 0 }, { VTX_LAPIC_TMR + 0x20, 0 },
	{ VTX_LAPIC_IRR, 0 },
};

static void power_up(struct kunit *test)
{
	struct vtx_lapic *lapic = lapic_alloc(test, VCPU_ID);
	u32 value;
	int i;

	for (i = 0; i < ARRAY_SIZE(power_up_rows); i++) {
		u32 offset = power_up_rows[i].offset;

		KUNIT_EXPECT_TRUE(test, vtx_lapic_read(lapic, offset, &value));
		KUNIT_EXPECT_EQ_MSG(test, value, power_up_rows[i].value,
				    "register %x", offset);
	}
	KUNIT_EXPECT_EQ(test, lapic->mode, VTX_APIC_XAPIC);
	KUNIT_EXPECT_EQ(test, lapic->base, BASE);
	KUNIT_EXPECT_FALSE(test, vtx_lapic_enabled(lapic));

	vtx_lapic_power_up(lapic, true);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_LVT_LINT0), 0x700);
}

/* Everything that was changed goes back, but mode and id. */
static void init_resets(struct kunit *test)
{
	struct vtx_lapic *lapic = enabled(test, VCPU_ID);
	int i;

	vtx_lapic_write(lapic, VTX_LAPIC_ID, 0x77000000);
	vtx_lapic_write(lapic, VTX_LAPIC_TPR, 0x33);
	vtx_lapic_write(lapic, VTX_LAPIC_LDR, 0x01000000);
	vtx_lapic_write(lapic, VTX_LAPIC_DFR, 0);
	vtx_lapic_write(lapic, VTX_LAPIC_LVT_ERROR, 0xfe);
	vtx_lapic_write(lapic, VTX_LAPIC_TIMER_DIVIDE, 0xb);
	vtx_lapic_post(lapic, 0x80, true);
	vtx_lapic_accept(lapic, 0x80);
	vtx_lapic_post(lapic, 0x90, false);
	vtx_lapic_illegal(lapic);

	vtx_lapic_init(lapic);
	for (i = 1; i < ARRAY_SIZE(power_up_rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, reg(lapic, power_up_rows[i].offset),
				    power_up_rows[i].value, "register %x",
				    power_up_rows[i].offset);
	KUNIT_EXPECT_EQ(test, lapic->id, 0x77);
	KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), -1);
	KUNIT_EXPECT_EQ(test, atomic_read(&lapic->errors), 0);

	lapic = x2apic(test, VCPU_ID);
	vtx_lapic_init(lapic);
	KUNIT_EXPECT_EQ(test, lapic->mode, VTX_APIC_X2APIC);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_ID), VCPU_ID);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_LDR), 0x20020);
}

#define R	RO
#define W	WO

/*
 * SDM 3A "Local APIC Register Address Map" and "x2APIC Register Address Space",
 * written down a second time: every multiple of 16.
 */
static const struct { u32 first, last; enum access xapic, x2apic; } map_rows[] = {
	{ 0x000, 0x010, NO, NO }, { 0x020, 0x020, RW, R }, { 0x030, 0x030, R, R },
	{ 0x040, 0x070, NO, NO }, { 0x080, 0x080, RW, RW },
	{ 0x090, 0x090, R, NO }, { 0x0a0, 0x0a0, R, R }, { 0x0b0, 0x0b0, W, W },
	{ 0x0c0, 0x0c0, R, NO }, { 0x0d0, 0x0d0, RW, R },
	{ 0x0e0, 0x0e0, RW, NO }, { 0x0f0, 0x0f0, RW, RW },
	{ 0x100, 0x270, R, R }, { 0x280, 0x280, RW, RW },
	{ 0x290, 0x2f0, NO, NO }, { 0x300, 0x300, RW, RW },
	{ 0x310, 0x310, RW, NO }, { 0x320, 0x380, RW, RW },
	{ 0x390, 0x390, R, R }, { 0x3a0, 0x3d0, NO, NO },
	{ 0x3e0, 0x3e0, RW, RW }, { 0x3f0, 0x3f0, NO, W },
	{ 0x400, 0xff0, NO, NO },
};

static void address_map(struct kunit *test)
{
	struct vtx_lapic *xapic = enabled(test, 1), *x2 = x2apic(test, 1);
	u32 i, offset, value;

	for (i = 0; i < ARRAY_SIZE(map_rows); i++) {
		for (offset = map_rows[i].first; offset <= map_rows[i].last;
		     offset += 0x10) {
			enum access a = map_rows[i].xapic, b = map_rows[i].x2apic;

			KUNIT_EXPECT_EQ_MSG(test, !!(a & R), vtx_lapic_read(
				xapic, offset, &value), "%x", offset);
			KUNIT_EXPECT_EQ_MSG(test, !!(a & W), vtx_lapic_write(
				xapic, offset, 0) >= 0, "%x", offset);
			KUNIT_EXPECT_EQ_MSG(test, !!(b & R), vtx_lapic_read(
				x2, offset, &value), "%x", offset);
			KUNIT_EXPECT_EQ_MSG(test, !!(b & W), vtx_lapic_write(
				x2, offset, 0) >= 0, "%x", offset);
		}
	}
	for (offset = 0; offset < 0x1000; offset++)
		if (offset % 0x10)
			KUNIT_EXPECT_FALSE(test, vtx_lapic_read(xapic, offset,
								&value));
}

/* What of all ones is kept; and what of it is #GP in x2APIC mode. */
static void writable(struct kunit *test)
{
	static const struct { u32 offset, kept, reserved; } table[] = {
		{ VTX_LAPIC_TPR, 0xff, 0xffffff00 },
		{ VTX_LAPIC_SVR, 0x3ff, 0xfffffc00 },
		{ VTX_LAPIC_LVT_TIMER, 0x700ff, 0xfff8ef00 },
		{ VTX_LAPIC_LVT_THERMAL, 0x107ff, 0xfffee800 },
		{ VTX_LAPIC_LVT_PMC, 0x107ff, 0xfffee800 },
		{ VTX_LAPIC_LVT_LINT0, 0x1a7ff, 0xfffe0800 },
		{ VTX_LAPIC_LVT_LINT1, 0x1a7ff, 0xfffe0800 },
		{ VTX_LAPIC_LVT_ERROR, 0x100ff, 0xfffeef00 },
		{ VTX_LAPIC_TIMER_INITIAL, 0xffffffff, 0 },
		{ VTX_LAPIC_TIMER_DIVIDE, 0xb, 0xfffffff4 },
		/* Those of xAPIC mode alone. */
		{ VTX_LAPIC_ID, 0xff000000, 0xffffffff },
		{ VTX_LAPIC_LDR, 0xff000000, 0xffffffff },
		{ VTX_LAPIC_DFR, 0xffffffff, 0xffffffff },
		{ VTX_LAPIC_ICR2, 0xff000000, 0xffffffff },
	};
	int i, bit;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct vtx_lapic *lapic = enabled(test, 1);
		u32 offset = table[i].offset;

		vtx_lapic_write(lapic, offset, 0xffffffff);
		KUNIT_EXPECT_EQ_MSG(test, reg(lapic, offset), table[i].kept,
				    "register %x", offset);
		lapic = x2apic(test, 1);
		for (bit = 0; bit < 32; bit++)
			KUNIT_EXPECT_EQ_MSG(test, vtx_lapic_write(
				lapic, offset, BIT(bit)) < 0,
				!!(table[i].reserved & BIT(bit)),
				"register %x bit %d", offset, bit);
	}
}

/* Without TSC-deadline mode its bit is reserved. */
static void no_deadline_mode(struct kunit *test)
{
	struct vtx_lapic *lapic = enabled(test, 1);

	lapic->deadline_mode = false;
	vtx_lapic_write(lapic, VTX_LAPIC_LVT_TIMER, 0x400ef);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_LVT_TIMER), 0xef);
	vtx_lapic_set_mode(lapic, BASE | EN | EXTD);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_LVT_TIMER,
					      0x400ef), -EINVAL);
}

/* SDM 3A "EOI Register", "Error Handling", "SELF IPI Register" in x2APIC mode */
static void x2apic_reserved(struct kunit *test)
{
	struct vtx_lapic *lapic = x2apic(test, 1);
	int bit;

	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_EOI, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_ESR, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_SELF_IPI, 0x100),
			-EINVAL);
	for (bit = 0; bit < 64; bit++) {
		bool reserved = BIT_ULL(bit) & ICR_X2APIC_RESERVED;
		u64 icr = BIT_ULL(bit) | 0xf0;
		u64 now;

		KUNIT_EXPECT_EQ_MSG(test, vtx_lapic_write_icr(lapic, icr) < 0,
				    reserved, "bit %d", bit);
		now = reg(lapic, VTX_LAPIC_ICR) |
		      (u64)reg(lapic, VTX_LAPIC_ICR2) << 32;
		if (!reserved)
			KUNIT_EXPECT_EQ_MSG(test, now, icr & ~0x1000ULL,
					    "bit %d", bit);
	}
	/* In xAPIC mode none of these is looked at. */
	lapic = enabled(test, 1);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_EOI, ~0U), 0);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_ESR, ~0U), 0);
	vtx_lapic_write(lapic, VTX_LAPIC_ICR, ~0U);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_ICR), ~0x1000U);
}

/* SDM 3A "Task and Processor Priorities": TPR, what is in service, PPR. */
static void processor_priority(struct kunit *test)
{
	static const struct { u8 tpr, in_service, ppr; } table[] = {
		{ 0x00, 0x00, 0x00 }, { 0x07, 0x00, 0x07 },
		{ 0x3c, 0x00, 0x3c }, { 0x3c, 0x35, 0x3c },
		{ 0x3c, 0x41, 0x40 }, { 0x4f, 0x41, 0x4f },
		{ 0x00, 0xff, 0xf0 }, { 0xff, 0xfe, 0xff },
		{ 0x0f, 0x10, 0x10 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct vtx_lapic *lapic = enabled(test, 1);

		if (table[i].in_service) {
			vtx_lapic_post(lapic, table[i].in_service, false);
			KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic),
					table[i].in_service);
			vtx_lapic_accept(lapic, table[i].in_service);
			KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_PPR),
					table[i].in_service & 0xf0);
		}
		vtx_lapic_write(lapic, VTX_LAPIC_TPR, table[i].tpr);
		KUNIT_EXPECT_EQ_MSG(test, reg(lapic, VTX_LAPIC_PPR),
				    table[i].ppr, "case %d", i);
	}
}

/* Every vector against every task priority class. */
static void tpr_blocks(struct kunit *test)
{
	struct vtx_lapic *lapic = enabled(test, 1);
	int vector, class;

	for (vector = 16; vector < 256; vector++) {
		vtx_lapic_write(lapic, VTX_LAPIC_TPR, 0);
		KUNIT_EXPECT_TRUE(test, vtx_lapic_post(lapic, vector, false));
		KUNIT_EXPECT_FALSE(test, vtx_lapic_post(lapic, vector, false));
		for (class = 0; class < 16; class++) {
			vtx_lapic_write(lapic, VTX_LAPIC_TPR, class << 4);
			KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic),
					vector >> 4 > class ? vector : -1);
		}
		/* Only a fall lets something through. */
		KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_TPR,
						      0xff), 0);
		KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_TPR, 0),
				LOOK);
		vtx_lapic_accept(lapic, vector);
		KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), -1);
		KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0),
				0);
	}
}

/* Interrupts in interrupts: the highest first, each by its own end. */
static void nesting(struct kunit *test)
{
	static const u8 posted[] = { 0x31, 0x3f, 0x52, 0xa0, 0xff };
	struct vtx_lapic *lapic = enabled(test, 1);
	int i;

	for (i = 0; i < ARRAY_SIZE(posted); i++) {
		vtx_lapic_post(lapic, posted[i], false);
		if (i == 1) {
			/* Of the same class as the one in service. */
			KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), -1);
			continue;
		}
		KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), posted[i]);
		vtx_lapic_accept(lapic, posted[i]);
	}
	for (i = ARRAY_SIZE(posted) - 1; i >= 2; i--) {
		KUNIT_EXPECT_EQ(test, highest_in_service(lapic), posted[i]);
		vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0);
		KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), -1);
	}
	KUNIT_EXPECT_EQ(test, highest_in_service(lapic), 0x31);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0), LOOK);
	KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), 0x3f);
	vtx_lapic_accept(lapic, 0x3f);
	vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_PPR), 0);
	/* The end of nothing. */
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0), 0);
}

/* The end of a level is announced, and TMR says what the last one was. */
static void level(struct kunit *test)
{
	struct vtx_lapic *lapic = enabled(test, 1);

	vtx_lapic_post(lapic, 0x45, true);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_TMR + 0x20), BIT(5));
	vtx_lapic_accept(lapic, 0x45);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0),
			VTX_LAPIC_DO_EOI);
	KUNIT_EXPECT_EQ(test, lapic->eoi, 0x45);
	vtx_lapic_post(lapic, 0x45, false);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_TMR + 0x20), 0);
	vtx_lapic_accept(lapic, 0x45);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0), 0);
}

/* The end of an edge is announced if somebody wants to know of its vector. */
static void wanted_edges(struct kunit *test)
{
	struct vtx_lapic *lapic = enabled(test, 1);
	unsigned long wanted[256 / BITS_PER_LONG] = { };
	static const struct { u8 vector; bool level; int todo; } rows[] = {
		{ 0x45, false, VTX_LAPIC_DO_ACK },
		{ 0x46, false, 0 },
		{ 0xff, false, VTX_LAPIC_DO_ACK },
		{ 0x45, true, VTX_LAPIC_DO_EOI },
	};
	int i;

	__set_bit(0x45, wanted);
	__set_bit(0xff, wanted);
	lapic->acked_vectors = wanted;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vtx_lapic_post(lapic, rows[i].vector, rows[i].level);
		vtx_lapic_accept(lapic, rows[i].vector);
		KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0),
				rows[i].todo);
		KUNIT_EXPECT_EQ(test, lapic->eoi, rows[i].vector);
	}
}

/* SDM 3A "Local APIC State After It Has Been Software Disabled" */
static void software_disabled(struct kunit *test)
{
	struct vtx_lapic *lapic = enabled(test, 1);
	u32 offset;

	vtx_lapic_write(lapic, VTX_LAPIC_LVT_TIMER, 0x200ef);
	vtx_lapic_post(lapic, 0x60, false);
	vtx_lapic_write(lapic, VTX_LAPIC_SVR, 0xff);
	KUNIT_EXPECT_FALSE(test, vtx_lapic_enabled(lapic));
	for (offset = VTX_LAPIC_LVT_TIMER; offset <= VTX_LAPIC_LVT_ERROR;
	     offset += 0x10) {
		vtx_lapic_write(lapic, offset, 0x55);
		KUNIT_EXPECT_EQ(test, reg(lapic, offset), 0x55 | MASKED);
	}
	/* What waits is held. */
	KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), 0x60);
	KUNIT_EXPECT_FALSE(test, vtx_lapic_post_lvt(lapic, VTX_LAPIC_LVT_TIMER));
	/* Enabled again, it is the guest's to clear the masks. */
	vtx_lapic_write(lapic, VTX_LAPIC_SVR, 0x1ff);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_LVT_PMC), 0x55 | MASKED);
	vtx_lapic_write(lapic, VTX_LAPIC_LVT_TIMER, 0x55);
	KUNIT_EXPECT_TRUE(test, vtx_lapic_post_lvt(lapic, VTX_LAPIC_LVT_TIMER));

	vtx_lapic_set_mode(lapic, BASE);
	KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), -1);
	KUNIT_EXPECT_FALSE(test, vtx_lapic_enabled(lapic));
}

static u32 take_esr(struct vtx_lapic *lapic)
{
	vtx_lapic_write(lapic, VTX_LAPIC_ESR, 0);
	return reg(lapic, VTX_LAPIC_ESR);
}

/* SDM 3A "Error Handling" */
static void errors(struct kunit *test)
{
	struct vtx_lapic *lapic = enabled(test, 1);
	u32 icr;

	vtx_lapic_write(lapic, VTX_LAPIC_LVT_ERROR, 0xfe);
	/* Fixed and lowest priority with a vector below 16 */
	for (icr = 0; icr < 0x200; icr += 0x100) {
		KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_ICR,
						      icr | 15), LOOK);
		KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_ESR), 0);
		KUNIT_EXPECT_EQ(test, take_esr(lapic), SEND_ILLEGAL);
		KUNIT_EXPECT_EQ(test, take_esr(lapic), 0);
		KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), 0xfe);
		vtx_lapic_accept(lapic, 0xfe);
		vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0);
	}
	/* Others have no vector, or one that is not an interrupt's. */
	for (icr = 0x200; icr < 0x800; icr += 0x100)
		KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_ICR, icr),
				VTX_LAPIC_DO_SEND);
	/* Announced once until ESR is written; all are shown. */
	KUNIT_EXPECT_TRUE(test, vtx_lapic_receive(lapic, 15, false));
	vtx_lapic_accept(lapic, 0xfe);
	KUNIT_EXPECT_EQ(test, vtx_lapic_illegal(lapic), 0);
	KUNIT_EXPECT_EQ(test, take_esr(lapic),
			RECEIVE_ILLEGAL | ILLEGAL_REGISTER);
	vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0);
	KUNIT_EXPECT_EQ(test, vtx_lapic_illegal(lapic), LOOK);
	vtx_lapic_accept(lapic, 0xfe);
	take_esr(lapic);
	vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0);

	/* A local interrupt with such a vector; and the error's own. */
	vtx_lapic_write(lapic, VTX_LAPIC_LVT_TIMER, 3);
	KUNIT_EXPECT_TRUE(test, vtx_lapic_post_lvt(lapic, VTX_LAPIC_LVT_TIMER));
	KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), 0xfe);
	vtx_lapic_accept(lapic, 0xfe);
	KUNIT_EXPECT_EQ(test, take_esr(lapic), RECEIVE_ILLEGAL);
	vtx_lapic_write(lapic, VTX_LAPIC_LVT_ERROR, 2);
	KUNIT_EXPECT_EQ(test, vtx_lapic_illegal(lapic), 0);
	KUNIT_EXPECT_EQ(test, take_esr(lapic),
			RECEIVE_ILLEGAL | ILLEGAL_REGISTER);
	KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), -1);
}

static void self_ipi(struct kunit *test)
{
	struct vtx_lapic *lapic = x2apic(test, 1);

	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_SELF_IPI, 0x42),
			LOOK);
	KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), 0x42);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_SELF_IPI, 0x42),
			0);
	vtx_lapic_write(lapic, VTX_LAPIC_SELF_IPI, 7);
	KUNIT_EXPECT_EQ(test, take_esr(lapic), RECEIVE_ILLEGAL);
	vtx_lapic_write(lapic, VTX_LAPIC_SVR, 0);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_SELF_IPI, 0x99),
			0);
	KUNIT_EXPECT_EQ(test, vtx_lapic_highest(lapic), 0x42);
}

/* What ICR says: SDM 3A "Interrupt Command Register (ICR)" */
static void icr_fields(struct kunit *test)
{
	static const struct {
		bool	x2apic;
		u32	high, low;
		struct vtx_apic_message message;
	} table[] = {
		{ false, 0x05000000, 0x000040f0,
		  { .dest = 5, .vector = 0xf0 } },
		{ false, 0x05ffffff, 0x000040f0,
		  { .dest = 5, .vector = 0xf0 } },
		{ true, 0x05ffffff, 0x000040f0,
		  { .dest = 0x05ffffff, .vector = 0xf0 } },
		{ false, 0xff000000, 0x00004931,
		  { .dest = 0xff, .vector = 0x31, .logical = true,
		    .delivery = VTX_APIC_LOWEST } },
		{ false, 0, 0x00044020,
		  { .shorthand = VTX_APIC_SELF, .vector = 0x20 } },
		{ false, 0, 0x00084020,
		  { .shorthand = VTX_APIC_ALL_INCLUDING, .vector = 0x20 } },
		{ false, 0, 0x000c4400,
		  { .shorthand = VTX_APIC_ALL_BUT_SELF,
		    .delivery = VTX_APIC_NMI } },
		{ false, 0x01000000, 0x0000c500,
		  { .dest = 1, .delivery = VTX_APIC_INIT, .level = true } },
		{ false, 0x01000000, 0x00008500,
		  { .dest = 1, .delivery = VTX_APIC_INIT, .level = true,
		    .deassert = true } },
		{ false, 0x01000000, 0x00000699,
		  { .dest = 1, .delivery = VTX_APIC_STARTUP, .vector = 0x99,
		    .deassert = true } },
		/* An IPI is an edge, whatever is said. */
		{ false, 0x01000000, 0x0000c030, { .dest = 1, .vector = 0x30 } },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct vtx_lapic *lapic = table[i].x2apic ? x2apic(test, 1) :
							    enabled(test, 1);
		const struct vtx_apic_message *want = &table[i].message;
		struct vtx_apic_message got;
		int todo;

		if (table[i].x2apic) {
			todo = vtx_lapic_write_icr(lapic, table[i].low |
						   (u64)table[i].high << 32);
		} else {
			vtx_lapic_write(lapic, VTX_LAPIC_ICR2, table[i].high);
			todo = vtx_lapic_write(lapic, VTX_LAPIC_ICR,
					       table[i].low);
		}
		KUNIT_EXPECT_EQ_MSG(test, todo, VTX_LAPIC_DO_SEND, "case %d", i);
		vtx_lapic_icr_message(lapic, &got);
		KUNIT_EXPECT_EQ_MSG(test, got.dest, want->dest, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, got.everybody, table[i].x2apic ?
				    VTX_X2APIC_ALL : VTX_APIC_ALL, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, got.delivery, want->delivery,
				    "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, got.shorthand, want->shorthand,
				    "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, got.vector, want->vector, "case %d",
				    i);
		KUNIT_EXPECT_EQ_MSG(test, got.logical, want->logical, "case %d",
				    i);
		KUNIT_EXPECT_EQ_MSG(test, got.level, want->level, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, got.deassert, want->deassert,
				    "case %d", i);
	}
}

/* SDM 3A "Determining IPI Destination", and the same for x2APIC mode. */
static void destinations(struct kunit *test)
{
	static const struct {
		u32	id;	/* the vCPU's */
		bool	x2apic;
		u32	xapic_id, ldr, dfr;
		bool	logical, from_x2apic;
		u32	dest;
		bool	match;
	} table[] = {
		/* Physical */
		{ 3, false, 3, 0, ~0U, false, false, 3, true },
		{ 3, false, 3, 0, ~0U, false, false, 2, false },
		{ 3, false, 3, 0, ~0U, false, false, 0xff, true },
		{ 3, false, 9, 0, ~0U, false, false, 9, true },
		{ 3, false, 9, 0, ~0U, false, false, 3, false },
		{ 3, true, 0, 0, 0, false, true, 3, true },
		{ 3, true, 0, 0, 0, false, true, 0xff, false },
		{ 255, true, 0, 0, 0, false, true, 0xff, true },
		{ 3, true, 0, 0, 0, false, true, ~0U, true },
		{ 0x303, true, 0, 0, 0, false, true, 0x303, true },
		{ 0x303, true, 0, 0, 0, false, true, 3, false },
		/* Reached by xAPIC's word for everybody */
		{ 3, true, 0, 0, 0, false, false, 0xff, true },
		/* Too high an id, before the switch to x2APIC mode */
		{ 0x303, false, 3, 0, ~0U, false, true, 0x303, true },
		{ 0x303, false, 3, 0, ~0U, false, true, 3, true },
		/* Flat model */
		{ 1, false, 1, 0x02, ~0U, true, false, 0x02, true },
		{ 1, false, 1, 0x02, ~0U, true, false, 0x07, true },
		{ 1, false, 1, 0x02, ~0U, true, false, 0x05, false },
		{ 1, false, 1, 0x00, ~0U, true, false, 0x01, false },
		{ 1, false, 1, 0x00, ~0U, true, false, 0xff, true },
		/* Cluster model */
		{ 1, false, 1, 0x31, 0, true, false, 0x31, true },
		{ 1, false, 1, 0x31, 0, true, false, 0x3f, true },
		{ 1, false, 1, 0x31, 0, true, false, 0x3e, false },
		{ 1, false, 1, 0x31, 0, true, false, 0x21, false },
		{ 1, false, 1, 0x31, 0, true, false, 0xff, true },
		/* No model */
		{ 1, false, 1, 0x31, 0x50000000, true, false, 0x31, false },
		/* SDM: logical id of 0x25 is cluster 2, member 5 */
		{ 0x25, true, 0, 0, 0, true, true, 0x00020020, true },
		{ 0x25, true, 0, 0, 0, true, true, 0x0002ffff, true },
		{ 0x25, true, 0, 0, 0, true, true, 0x0002ffdf, false },
		{ 0x25, true, 0, 0, 0, true, true, 0x00030020, false },
		{ 0x25, true, 0, 0, 0, true, true, 0x20, false },
		{ 0x25, true, 0, 0, 0, true, true, ~0U, true },
		{ 0x05, true, 0, 0, 0, true, true, 0x20, true },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct vtx_lapic *lapic = table[i].x2apic ?
			x2apic(test, table[i].id) : enabled(test, table[i].id);
		struct vtx_apic_message message = {
			.dest		= table[i].dest,
			.everybody	= table[i].from_x2apic ?
					  VTX_X2APIC_ALL : VTX_APIC_ALL,
			.logical	= table[i].logical,
		};

		if (!table[i].x2apic) {
			vtx_lapic_write(lapic, VTX_LAPIC_ID,
					table[i].xapic_id << 24);
			vtx_lapic_write(lapic, VTX_LAPIC_LDR,
					table[i].ldr << 24);
			vtx_lapic_write(lapic, VTX_LAPIC_DFR, table[i].dfr);
		}
		KUNIT_EXPECT_EQ_MSG(test, vtx_lapic_matches(lapic, &message),
				    table[i].match, "case %d", i);
		vtx_lapic_set_mode(lapic, BASE);
		KUNIT_EXPECT_FALSE(test, vtx_lapic_matches(lapic, &message));
	}
}

/* Modes follow one another: SDM 3A "x2APIC State Transitions" */
static void modes(struct kunit *test)
{
	struct vtx_lapic *lapic = enabled(test, VCPU_ID);

	vtx_lapic_write(lapic, VTX_LAPIC_ID, 0x11000000);
	KUNIT_EXPECT_EQ(test, lapic->id, 0x11);
	vtx_lapic_write(lapic, VTX_LAPIC_TPR, 0x40);
	vtx_lapic_set_mode(lapic, 0xfed00000 | EN | BIT(8));
	KUNIT_EXPECT_EQ(test, lapic->base, 0xfed00000);
	KUNIT_EXPECT_EQ(test, lapic->id, 0x11);

	vtx_lapic_set_mode(lapic, BASE | EN | EXTD);
	KUNIT_EXPECT_EQ(test, lapic->mode, VTX_APIC_X2APIC);
	KUNIT_EXPECT_EQ(test, lapic->id, VCPU_ID);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_ID), VCPU_ID);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_LDR), 0x20020);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_TPR), 0x40);

	/* As only user space may. */
	vtx_lapic_set_mode(lapic, BASE | EN);
	KUNIT_EXPECT_EQ(test, lapic->mode, VTX_APIC_XAPIC);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_ID), VCPU_ID << 24);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_LDR), 0);
	vtx_lapic_set_mode(lapic, BASE);
	KUNIT_EXPECT_EQ(test, lapic->mode, VTX_APIC_OFF);
	vtx_lapic_set_mode(lapic, BASE | EN);
	KUNIT_EXPECT_EQ(test, lapic->id, VCPU_ID);
}

/* What user space gets, set again, is the same; junk becomes possible. */
static void user_state(struct kunit *test)
{
	struct vtx_lapic *lapic = enabled(test, VCPU_ID);
	struct kvm_lapic_state *state, *again;
	u32 offset;

	state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	again = kunit_kzalloc(test, sizeof(*again), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, state);
	KUNIT_ASSERT_NOT_NULL(test, again);

	vtx_lapic_write(lapic, VTX_LAPIC_ID, 0x66000000);
	vtx_lapic_write(lapic, VTX_LAPIC_LDR, 0x42000000);
	vtx_lapic_write(lapic, VTX_LAPIC_DFR, 0);
	vtx_lapic_write(lapic, VTX_LAPIC_LVT_LINT1, 0x400);
	vtx_lapic_write(lapic, VTX_LAPIC_ICR2, 0x12000000);
	vtx_lapic_write(lapic, VTX_LAPIC_ICR, 0xffffefff);
	vtx_lapic_post(lapic, 0x71, true);
	vtx_lapic_accept(lapic, 0x71);
	vtx_lapic_post(lapic, 0x82, false);
	vtx_lapic_get_state(lapic, state, false);

	lapic = lapic_alloc(test, VCPU_ID);
	vtx_lapic_set_state(lapic, state);
	vtx_lapic_get_state(lapic, again, false);
	KUNIT_EXPECT_MEMEQ(test, state, again, sizeof(*state));
	KUNIT_EXPECT_EQ(test, lapic->id, 0x66);
	KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), 0x82);
	KUNIT_EXPECT_EQ(test, vtx_lapic_write(lapic, VTX_LAPIC_EOI, 0),
			LOOK | VTX_LAPIC_DO_EOI);
	KUNIT_EXPECT_EQ(test, lapic->eoi, 0x71);

	memset(state, 0xff, sizeof(*state));
	KUNIT_EXPECT_TRUE(test, vtx_lapic_state_valid(lapic, state, true));
	vtx_lapic_set_state(lapic, state);
	vtx_lapic_get_state(lapic, again, false);
	for (offset = 0; offset < sizeof(*again); offset += 0x10) {
		u32 value = *state_reg(again, offset);
		const struct row *row = &rows[offset / 0x10];

		if (row->xapic == RW && offset != VTX_LAPIC_DFR &&
		    offset != VTX_LAPIC_ESR)
			KUNIT_EXPECT_EQ_MSG(test, value & ~(row->writable |
					    row->left_alone), 0, "%x", offset);
		else if (row->xapic == NO || row->xapic == WO)
			KUNIT_EXPECT_EQ_MSG(test, value, 0, "%x", offset);
	}
	KUNIT_EXPECT_EQ(test, *state_reg(again, VTX_LAPIC_VERSION), VERSION);
	/* No write could set a vector below 16, but it waits for ever. */
	KUNIT_EXPECT_EQ(test, *state_reg(again, VTX_LAPIC_IRR), ~0U);
	KUNIT_EXPECT_EQ(test, vtx_lapic_deliverable(lapic), -1);
}

/* In x2APIC mode the id is not user space's, and has two formats. */
static void user_state_x2apic(struct kunit *test)
{
	struct vtx_lapic *lapic = x2apic(test, VCPU_ID);
	struct kvm_lapic_state *state;

	state = kunit_kzalloc(test, sizeof(*state), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, state);

	vtx_lapic_write_icr(lapic, 0x123456780000c0f1ULL);
	vtx_lapic_get_state(lapic, state, false);
	KUNIT_EXPECT_EQ(test, *state_reg(state, VTX_LAPIC_ID), VCPU_ID << 24);
	KUNIT_EXPECT_EQ(test, *state_reg(state, VTX_LAPIC_ICR), 0xc0f1);
	KUNIT_EXPECT_EQ(test, *state_reg(state, VTX_LAPIC_ICR2), 0x12345678);
	*state_reg(state, VTX_LAPIC_ID) = 0x77000000;
	*state_reg(state, VTX_LAPIC_LDR) = 0x77;
	KUNIT_EXPECT_TRUE(test, vtx_lapic_state_valid(lapic, state, false));
	vtx_lapic_set_state(lapic, state);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_ID), VCPU_ID);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_LDR), 0x20020);
	KUNIT_EXPECT_EQ(test, reg(lapic, VTX_LAPIC_ICR2), 0x12345678);

	vtx_lapic_get_state(lapic, state, true);
	KUNIT_EXPECT_EQ(test, *state_reg(state, VTX_LAPIC_ID), VCPU_ID);
	KUNIT_EXPECT_TRUE(test, vtx_lapic_state_valid(lapic, state, true));
	*state_reg(state, VTX_LAPIC_ID) = VCPU_ID << 24;
	KUNIT_EXPECT_FALSE(test, vtx_lapic_state_valid(lapic, state, true));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(power_up),
	KUNIT_CASE(init_resets),
	KUNIT_CASE(address_map),
	KUNIT_CASE(writable),
	KUNIT_CASE(no_deadline_mode),
	KUNIT_CASE(x2apic_reserved),
	KUNIT_CASE(processor_priority),
	KUNIT_CASE(tpr_blocks),
	KUNIT_CASE(nesting),
	KUNIT_CASE(level),
	KUNIT_CASE(wanted_edges),
	KUNIT_CASE(software_disabled),
	KUNIT_CASE(errors),
	KUNIT_CASE(self_ipi),
	KUNIT_CASE(icr_fields),
	KUNIT_CASE(destinations),
	KUNIT_CASE(modes),
	KUNIT_CASE(user_state),
	KUNIT_CASE(user_state_x2apic),
	{ }
};

static struct kunit_suite suite = {
	.name		= "vtx_lapic",
	.test_cases	= cases,
};

kunit_test_suite(suite);
