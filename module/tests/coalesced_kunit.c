// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zones and the ring: what goes into it, in which order, and what it does when
 * user space has written nonsense to it.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../coalesced.c"

/**
 * struct machine - a VM's part of this
 * @pio: ports
 * @mmio: addresses
 * @coalesced: the zones
 */
struct machine {
	struct vtx_io_bus	pio;
	struct vtx_io_bus	mmio;
	struct vtx_coalesced	coalesced;
};

static struct machine *machine(struct kunit *test)
{
	struct machine *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	vtx_io_bus_init(&m->pio);
	vtx_io_bus_init(&m->mmio);
	KUNIT_ASSERT_EQ(test, 0, vtx_coalesced_init(&m->coalesced, &m->pio,
						    &m->mmio));
	test->priv = m;
	return m;
}

static void machine_end(struct kunit *test)
{
	struct machine *m = test->priv;

	vtx_io_bus_destroy(&m->pio);
	vtx_io_bus_destroy(&m->mmio);
	KUNIT_EXPECT_TRUE(test, list_empty(&m->coalesced.zones));
	vtx_coalesced_destroy(&m->coalesced);
}

static int zone_add(struct machine *m, u64 addr, u32 size, u32 pio)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = addr, .size = size, .pio = pio,
	};

	return vtx_coalesced_register(&m->coalesced, &zone);
}

static int zone_remove(struct machine *m, u64 addr, u32 size, u32 pio)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = addr, .size = size, .pio = pio,
	};

	return vtx_coalesced_unregister(&m->coalesced, &zone);
}

static bool write(struct machine *m, u64 gpa, unsigned int len)
{
	return vtx_io_bus_write(&m->mmio, gpa, len, "abcdefghijklmnop");
}

static void limits(struct kunit *test)
{
	static const struct {
		u64		addr;
		u32		size;
		u64		gpa;
		unsigned int	len;
		bool		taken;
	} rows[] = {
		{ 0x1000, 0x100, 0x1000, 4, true },
		{ 0x1000, 0x100, 0x10fc, 4, true },
		{ 0x1000, 0x100, 0x10fd, 4, false },
		{ 0x1000, 0x100, 0x10fd, 2, true },
		{ 0x1000, 0x100, 0x0fff, 1, false },
		{ 0x1000, 0x100, 0x1100, 1, false },
		{ 0x1000, 0x100, 0x1000, 8, true },
		{ 0x1000, 0x100, 0x1000, 16, false },
		{ 0x1000, 0, 0x1000, 1, false },
		{ ~0ULL - 7, 8, ~0ULL - 7, 8, true },
		{ ~0ULL - 7, 8, ~0ULL, 1, true },
		{ ~0ULL - 7, 8, ~0ULL, 2, false },
	};
	struct machine *m;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		m = machine(test);
		KUNIT_EXPECT_EQ(test, 0,
				zone_add(m, rows[i].addr, rows[i].size, 0));
		KUNIT_EXPECT_EQ_MSG(test, rows[i].taken,
				    write(m, rows[i].gpa, rows[i].len),
				    "row %d", i);
		KUNIT_EXPECT_EQ(test, rows[i].taken, m->coalesced.ring->last);
		KUNIT_EXPECT_FALSE(test, vtx_io_bus_write(&m->mmio, rows[i].gpa,
							  0, NULL));
		machine_end(test);
	}
	m = machine(test);
	KUNIT_EXPECT_EQ(test, -EINVAL, zone_add(m, ~0ULL - 7, 9, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, zone_add(m, 0, 8, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, zone_remove(m, 0, 8, 2));
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_empty(&m->mmio));
	machine_end(test);
}

static void ring(struct kunit *test)
{
	struct machine *m = machine(test);
	struct kvm_coalesced_mmio_ring *ring = m->coalesced.ring;
	struct kvm_coalesced_mmio *entry = ring->coalesced_mmio;
	int i;

	KUNIT_ASSERT_EQ(test, 0, zone_add(m, 0x1000, 0x1000, 0));
	KUNIT_ASSERT_EQ(test, 0, zone_add(m, 0x70, 2, 1));

	KUNIT_EXPECT_TRUE(test, write(m, 0x1234, 3));
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_write(&m->pio, 0x71, 1, "z"));
	KUNIT_EXPECT_EQ(test, ring->last, 2);
	KUNIT_EXPECT_EQ(test, ring->first, 0);
	KUNIT_EXPECT_EQ(test, entry[0].phys_addr, 0x1234);
	KUNIT_EXPECT_EQ(test, entry[0].len, 3);
	KUNIT_EXPECT_EQ(test, entry[0].pio, 0);
	KUNIT_EXPECT_EQ(test, 0, memcmp(entry[0].data, "abc\0\0\0\0\0", 8));
	KUNIT_EXPECT_EQ(test, entry[1].phys_addr, 0x71);
	KUNIT_EXPECT_EQ(test, entry[1].len, 1);
	KUNIT_EXPECT_EQ(test, entry[1].pio, 1);
	KUNIT_EXPECT_EQ(test, entry[1].data[0], 'z');

	/* One entry is always free. */
	for (i = 2; i < KVM_COALESCED_MMIO_MAX - 1; i++)
		KUNIT_ASSERT_TRUE(test, write(m, 0x1000 + i, 1));
	KUNIT_EXPECT_FALSE(test, write(m, 0x1000, 1));
	KUNIT_EXPECT_EQ(test, ring->last, KVM_COALESCED_MMIO_MAX - 1);
	ring->first = 1;
	KUNIT_EXPECT_TRUE(test, write(m, 0x1777, 1));
	KUNIT_EXPECT_EQ(test, ring->last, 0);
	KUNIT_EXPECT_EQ(test, entry[KVM_COALESCED_MMIO_MAX - 1].phys_addr,
			0x1777);
	KUNIT_EXPECT_FALSE(test, write(m, 0x1000, 1));

	/* User space wrote nonsense: nothing is written anywhere. */
	ring->last = KVM_COALESCED_MMIO_MAX;
	KUNIT_EXPECT_FALSE(test, write(m, 0x1000, 1));
	ring->last = ~0;
	KUNIT_EXPECT_FALSE(test, write(m, 0x1000, 1));
	KUNIT_EXPECT_EQ(test, ring->last, ~0);
	ring->last = 5;
	ring->first = ~0;
	KUNIT_EXPECT_TRUE(test, write(m, 0x1000, 1));
	KUNIT_EXPECT_EQ(test, ring->last, 6);
	machine_end(test);
}

static void unregister(struct kunit *test)
{
	struct machine *m = machine(test);

	KUNIT_EXPECT_EQ(test, 0, zone_remove(m, 0x1000, 4, 0));
	KUNIT_ASSERT_EQ(test, 0, zone_add(m, 0x1000, 0x100, 0));
	KUNIT_ASSERT_EQ(test, 0, zone_add(m, 0x1080, 0x100, 0));
	KUNIT_ASSERT_EQ(test, 0, zone_add(m, 0x1000, 0x100, 1));

	/* Larger than any, of the other kind, beside: nothing happens. */
	KUNIT_EXPECT_EQ(test, 0, zone_remove(m, 0x1000, 0x101, 0));
	KUNIT_EXPECT_EQ(test, 0, zone_remove(m, 0x1100, 0x80, 1));
	KUNIT_EXPECT_EQ(test, 0, zone_remove(m, 0xfff, 1, 0));
	KUNIT_EXPECT_TRUE(test, write(m, 0x1000, 4));
	KUNIT_EXPECT_TRUE(test, write(m, 0x117c, 4));
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_write(&m->pio, 0x1000, 1, ""));

	/* Part of both. */
	KUNIT_EXPECT_EQ(test, 0, zone_remove(m, 0x1090, 4, 0));
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_empty(&m->mmio));
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_write(&m->pio, 0x1000, 1, ""));
	KUNIT_EXPECT_EQ(test, 0, zone_remove(m, 0x1000, 0x100, 1));
	KUNIT_EXPECT_TRUE(test, vtx_io_bus_empty(&m->pio));
	machine_end(test);
}

static struct kunit_case coalesced_cases[] = {
	KUNIT_CASE(limits),
	KUNIT_CASE(ring),
	KUNIT_CASE(unregister),
	{ }
};

static struct kunit_suite coalesced_suite = {
	.name		= "vtx_coalesced",
	.test_cases	= coalesced_cases,
};

kunit_test_suite(coalesced_suite);
