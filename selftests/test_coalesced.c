// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a guest's writes into a coalescing zone are in the ring, in their
 * order, and no exits; when the ring is full they are exits and none is lost; any
 * other write is an exit.
 */
#include <unistd.h>

#include "lib/bus.h"
#include "lib/harness.h"

#define PORT	0x80
#define PAGE	4096
/* As many as there are, but for the one that stays free. */
#define ROOM	((PAGE - sizeof(struct kvm_coalesced_mmio_ring)) /	\
		 sizeof(struct kvm_coalesced_mmio) - 1)

static struct guest guest;
static struct vcpu vcpu;

static long zone(unsigned long cmd, __u64 addr, __u32 size, __u32 pio)
{
	struct kvm_coalesced_mmio_zone request = {
		.addr = addr, .size = size, .pio = pio,
	};

	return vtx_ioctl(guest.fd, cmd, (unsigned long)&request);
}

static long zone_add(__u64 addr, __u32 size, __u32 pio)
{
	return zone(KVM_REGISTER_COALESCED_MMIO, addr, size, pio);
}

static long zone_remove(__u64 addr, __u32 size, __u32 pio)
{
	return zone(KVM_UNREGISTER_COALESCED_MMIO, addr, size, pio);
}

static struct kvm_coalesced_mmio_ring *ring_of(const struct vcpu *any)
{
	int page = guest_extension(&guest, KVM_CAP_COALESCED_MMIO);

	MUST(page > 0 && (page + 1) * PAGE <= guest.run_size);
	return (void *)any->run + page * PAGE;
}

/* The oldest entry must be this write; takes it out. */
static void must_be(struct __test_metadata *_metadata,
		    struct kvm_coalesced_mmio_ring *ring,
		    const struct bus_op *op, __u64 value)
{
	struct kvm_coalesced_mmio *entry = &ring->coalesced_mmio[ring->first];
	__u64 seen = 0;

	ASSERT_NE(ring->first, ring->last);
	ASSERT_GE(ROOM, ring->first);
	EXPECT_EQ(op->address, entry->phys_addr);
	EXPECT_EQ(op->kind & 0xf, entry->len);
	EXPECT_EQ(op->kind < BUS_MOV, entry->pio);
	memcpy(&seen, entry->data, op->kind & 0xf);
	EXPECT_EQ(value, seen);
	ring->first = (ring->first + 1) % (ROOM + 1);
}

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

VTX_TEST(capabilities)
{
	begin();
	EXPECT_EQ(2, guest_extension(&guest, KVM_CAP_COALESCED_MMIO));
	EXPECT_EQ(1, guest_extension(&guest, KVM_CAP_COALESCED_PIO));
	EXPECT_EQ(3 * PAGE, guest.run_size);
	EXPECT_EQ(0, ring_of(&vcpu)->first);
	EXPECT_EQ(0, ring_of(&vcpu)->last);
}

VTX_TEST(requests)
{
	guest_create(&guest);
	EXPECT_EQ(-EINVAL, zone_add(BUS_MMIO, PAGE, 2));
	EXPECT_EQ(-EINVAL, zone_remove(BUS_MMIO, PAGE, ~0));
	EXPECT_EQ(0, zone_remove(BUS_MMIO, PAGE, 0));
	EXPECT_EQ(0, zone_add(BUS_MMIO, PAGE, 0));
	EXPECT_EQ(0, zone_add(BUS_MMIO, PAGE, 0));
	EXPECT_EQ(0, zone_remove(BUS_MMIO, PAGE, 0));
	if (device_is_vtx())
		EXPECT_EQ(-EINVAL, zone_add(~0UL, 2, 0));
}

VTX_TEST(writes)
{
	static const struct {
		struct bus_op	op;
		bool		taken;
	} rows[] = {
#define OUT(len, port, value)	{ BUS_OUT + (len), 1, port, value }
#define MOV(len, at, value)	{ BUS_MOV + (len), 1, BUS_MMIO + (at), value }
		{ MOV(1, 0x1000, 0x12),			true },
		{ MOV(2, 0x1000, 0x1234),		true },
		{ MOV(4, 0x1004, 0x12345678),		true },
		{ MOV(8, 0x1ff8, 0x123456789abcdef0),	true },
		{ MOV(1, 0x1fff, 0xff),			true },
		{ MOV(4, 0xffc, 1),			false },
		{ MOV(1, 0x2000, 1),			false },
		{ OUT(1, PORT, 0x55),			true },
		{ OUT(2, PORT, 0x5566),			true },
		{ OUT(4, PORT, 0x55667788),		true },
		{ OUT(1, PORT + 3, 0x77),		true },
		{ OUT(4, PORT + 1, 0x77),		false },
		{ OUT(1, PORT - 1, 0x77),		false },
		{ OUT(1, PORT + 4, 0x77),		false },
	};
	struct kvm_coalesced_mmio_ring *ring;
	unsigned int i;

	begin();
	ring = ring_of(&vcpu);
	ASSERT_EQ(0, zone_add(BUS_MMIO + 0x1000, 0x1000, 0));
	ASSERT_EQ(0, zone_add(PORT, 4, 1));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bus_start(&vcpu, &rows[i].op, 1);
		if (rows[i].taken) {
			bus_done(&vcpu);
			must_be(_metadata, ring, &rows[i].op,
				rows[i].op.value);
		} else {
			EXPECT_EQ(rows[i].op.value,
				  bus_exit(&vcpu, &rows[i].op));
			bus_done(&vcpu);
		}
		ASSERT_EQ(ring->first, ring->last)
			TH_LOG("row %u", i);
	}

	/* Part of a zone is enough to take it away. */
	ASSERT_EQ(0, zone_remove(BUS_MMIO + 0x1800, 4, 0));
	ASSERT_EQ(0, zone_remove(PORT + 1, 1, 1));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bus_start(&vcpu, &rows[i].op, 1);
		bus_exit(&vcpu, &rows[i].op);
		bus_done(&vcpu);
	}
	EXPECT_EQ(ring->first, ring->last);
}

/* More than the ring holds; each write is found once, in the order. */
VTX_TEST(full_ring)
{
	struct bus_op ops[ROOM + 5];
	struct kvm_coalesced_mmio_ring *ring;
	unsigned int i, round;

	begin();
	ring = ring_of(&vcpu);
	ASSERT_EQ(0, zone_add(BUS_MMIO, PAGE, 0));
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		ops[i] = (struct bus_op){ BUS_MOV + 4, 1, BUS_MMIO + 4 * i,
					  i + 1 };
	for (round = 0; round < 3; round++) {
		bus_start(&vcpu, ops, ARRAY_SIZE(ops));
		/* Nothing is taken out of the full ring: exits from then on. */
		EXPECT_EQ(ROOM + 1, bus_exit(&vcpu, &ops[ROOM]));
		EXPECT_EQ(ROOM + 2, bus_exit(&vcpu, &ops[ROOM + 1]));
		must_be(_metadata, ring, &ops[0], 1);
		/* There is room for one. */
		EXPECT_EQ(ROOM + 4, bus_exit(&vcpu, &ops[ROOM + 3]));
		for (i = 1; i < ROOM; i++)
			must_be(_metadata, ring, &ops[i], i + 1);
		bus_done(&vcpu);
		must_be(_metadata, ring, &ops[ROOM + 2], ROOM + 3);
		must_be(_metadata, ring, &ops[ROOM + 4], ROOM + 5);
		ASSERT_EQ(ring->first, ring->last);
	}
}

/* A ring that user space has spoilt is no ring, and harms nobody. */
VTX_TEST(spoilt_ring)
{
	static const __u32 wrong[] = { ROOM + 1, ROOM + 2, 4096, 1U << 31, ~0 };
	const struct bus_op op = { BUS_MOV + 8, 1, BUS_MMIO, 0x1122334455 };
	struct kvm_coalesced_mmio_ring *ring;
	unsigned int i;

	begin();
	ring = ring_of(&vcpu);
	ASSERT_EQ(0, zone_add(BUS_MMIO, PAGE, 0));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		ring->last = wrong[i];
		bus_start(&vcpu, &op, 1);
		EXPECT_EQ(op.value, bus_exit(&vcpu, &op));
		bus_done(&vcpu);
		EXPECT_EQ(wrong[i], ring->last);
	}
	ring->last = 0;
	ring->first = ~0;
	bus_start(&vcpu, &op, 1);
	bus_done(&vcpu);
	EXPECT_EQ(1, ring->last);
}

/* The vCPUs of a VM have one ring, another VM has another. */
VTX_TEST(shared_ring)
{
	const struct bus_op op[2] = {
		{ BUS_MOV + 4, 1, BUS_MMIO, 7 }, { BUS_OUT + 1, 1, PORT, 8 },
	};
	struct guest other_guest;
	struct vcpu second, other;

	begin();
	vcpu_create(&second, &guest, 1);
	guest_create(&other_guest);
	vcpu_create(&other, &other_guest, 0);
	ASSERT_EQ(0, zone_add(BUS_MMIO, PAGE, 0));
	ASSERT_EQ(0, zone_add(PORT, 1, 1));

	bus_start(&vcpu, &op[0], 1);
	bus_done(&vcpu);
	bus_start(&second, &op[1], 1);
	bus_done(&second);
	EXPECT_EQ(2, ring_of(&vcpu)->last);
	EXPECT_EQ(0, ring_of(&other)->last);
	must_be(_metadata, ring_of(&second), &op[0], 7);
	must_be(_metadata, ring_of(&vcpu), &op[1], 8);
	EXPECT_EQ(2, ring_of(&second)->first);
}

/* The mapping holds the page: all else may be closed, and written to it still. */
VTX_TEST(ring_outlives_vm)
{
	struct kvm_coalesced_mmio_ring *ring;

	begin();
	ring = ring_of(&vcpu);
	ASSERT_EQ(0, zone_add(BUS_MMIO, PAGE, 0));
	close(vcpu.fd);
	close(guest.fd);
	ring->first = 1;
	ring->last = 2;
	EXPECT_EQ(1, ring->first);
	if (device_is_vtx())
		EXPECT_EQ(1, vtx_stat("vms"));
}

VTX_TEST_MAIN
