// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: an interrupt goes where the routes say, to pins or as a message, and
 * user space is told what came of it; routes that make no sense change nothing.
 * With KVM_CAP_SPLIT_IRQCHIP PICs and IOAPIC are user space's, which learns of
 * the end of their levels, and when it may inject.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/harness.h"
#include "lib/irqchip.h"
#include "lib/lapic.h"

#define VCPUS		4
#define VECTOR		0x61
#define MASKED		0x10000
#define EXTINT		0x700
#define ENABLED		0x1ff
#define MAX_ROUTES	4096

#define EOI		0xb0
#define SVR		0xf0
#define LINT0		0x350
#define APIC_BASE	0x1b
#define EN		BIT(11)
#define EXTD		BIT(10)

static struct guest guest;
static struct vcpu vcpus[VCPUS];
static struct vcpu *const vcpu = vcpus;	/* the first one */

static void add_vcpus(int n)
{
	int i;

	for (i = 0; i < n; i++) {
		vcpu_create(&vcpus[i], &guest, i);
		lapic_set_reg(&vcpus[i], SVR, ENABLED);
	}
}

static void begin(int n)
{
	guest_create(&guest);
	MUST(!irqchip_create(&guest));
	add_vcpus(n);
}

static void begin_split(int n, int pins)
{
	guest_create(&guest);
	MUST(!irqchip_split(&guest, pins));
	add_vcpus(n);
}

static int pic_irr(int gsi)
{
	struct kvm_irqchip chip;

	MUST(!irqchip_get(&guest, &chip, gsi / PIC_PINS));
	return chip.chip.pic.irr >> gsi % PIC_PINS & 1;
}

/* ---- Pins ---- */

/* GSI n is pin n: of the IOAPIC, and of the PICs. */
VTX_TEST(default_routes)
{
	int gsi;

	begin(1);
	for (gsi = 0; gsi < IOAPIC_PINS; gsi++)
		ioapic_set_entry(&guest, gsi, 0x30 + gsi);
	for (gsi = 0; gsi < IOAPIC_PINS; gsi++) {
		EXPECT_LT(0, irq_status(&guest, gsi, true));
		EXPECT_TRUE(lapic_waits(vcpu, 0x30 + gsi))
			TH_LOG("GSI %d", gsi);
		/* Pin 2 of the master is the slave's output. */
		if (gsi < 2 * PIC_PINS && gsi != 2)
			EXPECT_EQ(1, pic_irr(gsi)) TH_LOG("GSI %d", gsi);
		irq_status(&guest, gsi, false);
	}
	EXPECT_EQ(-1, irq_status(&guest, IOAPIC_PINS, true));
	EXPECT_EQ(-1, irq_status(&guest, MAX_ROUTES, true));
	EXPECT_EQ(-1, irq_status(&guest, ~0U, true));
}

VTX_TEST(without_controllers)
{
	struct kvm_irq_level line = { .irq = 1 };
	struct kvm_irq_routing_entry route = ROUTE_MSI(0, 0, 0);

	guest_create(&guest);
	EXPECT_EQ(-ENXIO, irq_line(&guest, 0, true));
	EXPECT_EQ(-ENXIO, vtx_ioctl(guest.fd, KVM_IRQ_LINE_STATUS,
				    (unsigned long)&line));
	EXPECT_EQ(-EINVAL, msi_signal(&guest, MSI_ADDRESS(0), VECTOR));
	EXPECT_EQ(-EINVAL, routes_set(&guest, &route, 1));
}

/* What came of it: < 0 masked, 0 coalesced, > 0 delivered. */
VTX_TEST(status)
{
	struct kvm_irq_routing_entry routes[] = {
		ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 5, 5),
		ROUTE_MSI(6, MSI_ADDRESS(0), VECTOR + 1),
		ROUTE_MSI(7, MSI_ADDRESS(9), VECTOR + 1),
	};

	begin(1);
	ASSERT_EQ(0, routes_set(&guest, routes, ARRAY_SIZE(routes)));
	EXPECT_EQ(-1, irq_status(&guest, 5, true));
	EXPECT_EQ(1, irq_status(&guest, 5, false));
	ioapic_set_entry(&guest, 5, VECTOR);
	EXPECT_EQ(1, irq_status(&guest, 5, true));
	EXPECT_EQ(0, irq_status(&guest, 5, true));
	EXPECT_EQ(1, irq_status(&guest, 5, false));
	EXPECT_EQ(1, irq_status(&guest, 5, true));
	/* A message is sent by each rise. */
	EXPECT_EQ(1, irq_status(&guest, 6, true));
	EXPECT_EQ(-1, irq_status(&guest, 6, false));
	EXPECT_EQ(1, irq_status(&guest, 6, true));
	EXPECT_EQ(0, irq_status(&guest, 7, true));
	EXPECT_EQ(-1, irq_status(&guest, 8, true));
}

/* ---- The table ---- */

static const struct {
	struct kvm_irq_routing_entry	route[3];
	int				nr;
	int				err;
} tables[] = {
	{ { ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, 23) }, 1, 0 },
	{ { ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, 24) }, 1, -EINVAL },
	{ { ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, ~0U) }, 1, -EINVAL },
	{ { ROUTE_PIN(KVM_IRQCHIP_PIC_MASTER, 1, 7) }, 1, 0 },
	{ { ROUTE_PIN(KVM_IRQCHIP_PIC_MASTER, 1, 8) }, 1, -EINVAL },
	{ { ROUTE_PIN(KVM_IRQCHIP_PIC_SLAVE, 1, 7) }, 1, 0 },
	{ { ROUTE_PIN(KVM_IRQCHIP_PIC_SLAVE, 1, 8) }, 1, -EINVAL },
	{ { ROUTE_PIN(3, 1, 0) }, 1, -EINVAL },
	{ { ROUTE_MSI(MAX_ROUTES - 1, 0, 0) }, 1, 0 },
	{ { ROUTE_MSI(MAX_ROUTES, 0, 0) }, 1, -EINVAL },
	{ { ROUTE_MSI(~0U, 0, 0) }, 1, -EINVAL },
	{ { { .gsi = 1, .type = 0 } }, 1, -EINVAL },
	{ { { .gsi = 1, .type = KVM_IRQ_ROUTING_S390_ADAPTER } }, 1, -EINVAL },
	{ { { .gsi = 1, .type = 77 } }, 1, -EINVAL },
	{ { { .gsi = 1, .type = KVM_IRQ_ROUTING_MSI,
	      .flags = KVM_MSI_VALID_DEVID } }, 1, 0 },
	{ { { .gsi = 1, .type = KVM_IRQ_ROUTING_MSI, .flags = 2 } }, 1,
	  -EINVAL },
	{ { { .gsi = 1, .type = KVM_IRQ_ROUTING_IRQCHIP, .flags = 1 } }, 1,
	  -EINVAL },
	/* One GSI: a pin of each chip, or a message. */
	{ { ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, 2),
	    ROUTE_PIN(KVM_IRQCHIP_PIC_MASTER, 1, 0),
	    ROUTE_PIN(KVM_IRQCHIP_PIC_SLAVE, 1, 0) }, 3, 0 },
	{ { ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, 2),
	    ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, 3) }, 2, -EINVAL },
	{ { ROUTE_MSI(1, 0, 0), ROUTE_MSI(1, 0, 0) }, 2, -EINVAL },
	{ { ROUTE_MSI(1, 0, 0), ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, 3) }, 2,
	  -EINVAL },
	{ { ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, 3), ROUTE_MSI(1, 0, 0) }, 2,
	  -EINVAL },
	/* Several GSIs may lead to one pin. */
	{ { ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, 3),
	    ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 2, 3) }, 2, 0 },
	{ { }, 0, 0 },
};

/* After a table that is refused, the one before is still in force. */
VTX_TEST(tables)
{
	struct kvm_irq_routing_entry before =
		ROUTE_MSI(20, MSI_ADDRESS(0), VECTOR);
	struct kvm_irq_routing routing = { .nr = MAX_ROUTES + 1 };
	unsigned int i;

	begin(1);
	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		ASSERT_EQ(0, routes_set(&guest, &before, 1));
		EXPECT_EQ(tables[i].err, routes_set(&guest, tables[i].route,
						    tables[i].nr))
			TH_LOG("row %u", i);
		EXPECT_EQ(tables[i].err ? 1 : -1,
			  irq_status(&guest, 20, true)) TH_LOG("row %u", i);
	}
	EXPECT_EQ(-EINVAL, vtx_ioctl(guest.fd, KVM_SET_GSI_ROUTING,
				     (unsigned long)&routing));
	routing = (struct kvm_irq_routing){ .flags = 1 };
	EXPECT_EQ(-EINVAL, vtx_ioctl(guest.fd, KVM_SET_GSI_ROUTING,
				     (unsigned long)&routing));
	EXPECT_EQ(-EFAULT, vtx_ioctl(guest.fd, KVM_SET_GSI_ROUTING, 8));
}

VTX_TEST(as_many_as_there_may_be)
{
	struct kvm_irq_routing_entry *routes = calloc(MAX_ROUTES,
						      sizeof(*routes));
	int i;

	ASSERT_NE(NULL, routes);
	begin(1);
	for (i = 0; i < MAX_ROUTES; i++)
		routes[i] = (struct kvm_irq_routing_entry)
			ROUTE_MSI(i, MSI_ADDRESS(0), 0x20 + i % 0xd0);
	ASSERT_EQ(0, routes_set(&guest, routes, MAX_ROUTES));
	for (i = 0; i < MAX_ROUTES; i += MAX_ROUTES / 16 - 1) {
		EXPECT_EQ(1, irq_status(&guest, i, true));
		EXPECT_TRUE(lapic_waits(vcpu, 0x20 + i % 0xd0));
	}
	free(routes);
}

/* ---- Messages ---- */

VTX_TEST(messages)
{
	static const struct { __u32 address, data; __u32 takers; } rows[] = {
		{ MSI_ADDRESS(0), 0x4000, 0x1 },
		{ MSI_ADDRESS(3), 0x4000, 0x8 },
		{ MSI_ADDRESS(8), 0, 0 },
		{ MSI_ADDRESS(0xff), 0, 0xf },
		/* Logical; nobody has an LDR. */
		{ MSI_ADDRESS(1) | 4, 0, 0 },
		/* Redirection hint */
		{ MSI_ADDRESS(2) | 8, 0, 0x4 },
		{ MSI_ADDRESS(2), 0x100, 0x4 },
		/* The address is not looked at, but for the destination. */
		{ 2 << 12, 0, 0x4 },
		{ MSI_ADDRESS(1), MSI_LEVEL | 0x4000, 0x2 },
	};
	unsigned int i, to, takers;
	int ret;

	begin(VCPUS);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int vector = 0x40 + i;

		ret = msi_signal(&guest, rows[i].address,
				 rows[i].data | vector);
		for (to = 0, takers = 0; to < VCPUS; to++) {
			takers += rows[i].takers >> to & 1;
			EXPECT_EQ(rows[i].takers >> to & 1,
				  lapic_waits(&vcpus[to], vector))
				TH_LOG("row %u, vCPU %u", i, to);
		}
		EXPECT_EQ(takers, ret) TH_LOG("row %u", i);
	}
	/* The APIC is software-disabled: blocked. */
	lapic_set_reg(vcpu, SVR, 0xff);
	EXPECT_EQ(0, msi_signal(&guest, MSI_ADDRESS(0), VECTOR));
}

VTX_TEST(message_errors)
{
	struct kvm_msi msi = { .address_lo = MSI_ADDRESS(0), .data = VECTOR };

	begin(1);
	msi.flags = 2;
	EXPECT_EQ(-EINVAL, vtx_ioctl(guest.fd, KVM_SIGNAL_MSI,
				     (unsigned long)&msi));
	msi.flags = KVM_MSI_VALID_DEVID;
	msi.devid = 77;
	/* Without 32-bit ids the upper half does not matter. */
	msi.address_hi = 0x12345678;
	EXPECT_EQ(1, vtx_ioctl(guest.fd, KVM_SIGNAL_MSI,
			       (unsigned long)&msi));
	EXPECT_EQ(-EFAULT, vtx_ioctl(guest.fd, KVM_SIGNAL_MSI, 8));
}

/* KVM_CAP_X2APIC_API: ids have 32 bits, and 0xff is one of them. */
VTX_TEST(long_ids)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X2APIC_API,
		.args = { KVM_X2APIC_API_USE_32BIT_IDS },
	};
	struct kvm_irq_routing_entry route = ROUTE_MSI(0, MSI_ADDRESS(0x2c),
						       VECTOR);
	struct kvm_msi msi = { .address_lo = MSI_ADDRESS(0xff), .data = 0x70 };
	static const int ids[] = { 0, 0xff, 0x12c };
	unsigned int i;

	guest_create(&guest);
	ASSERT_EQ(0, irqchip_create(&guest));
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		vcpu_create(&vcpus[i], &guest, ids[i]);
		ASSERT_EQ(1, msr_set(&vcpus[i], APIC_BASE,
				     LAPIC_GPA | EN | EXTD));
		lapic_set_reg(&vcpus[i], SVR, ENABLED);
	}
	ASSERT_EQ(0, ioctl(guest.fd, KVM_ENABLE_CAP, &cap));
	route.u.msi.address_hi = 0x100;
	ASSERT_EQ(0, routes_set(&guest, &route, 1));
	EXPECT_EQ(1, irq_status(&guest, 0, true));
	EXPECT_TRUE(lapic_waits(&vcpus[2], VECTOR));
	/* Its low byte is no part of an id. */
	route.u.msi.address_hi = 0x101;
	EXPECT_EQ(-EINVAL, routes_set(&guest, &route, 1));
	msi.address_hi = 1;
	EXPECT_EQ(-EINVAL, vtx_ioctl(guest.fd, KVM_SIGNAL_MSI,
				     (unsigned long)&msi));
	/* Everybody, in x2APIC mode too; until user space knows better. */
	msi.address_hi = 0;
	EXPECT_EQ(3, vtx_ioctl(guest.fd, KVM_SIGNAL_MSI,
			       (unsigned long)&msi));
	cap.args[0] = KVM_X2APIC_API_USE_32BIT_IDS |
		      KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK;
	ASSERT_EQ(0, ioctl(guest.fd, KVM_ENABLE_CAP, &cap));
	msi.data = 0x80;
	EXPECT_EQ(1, vtx_ioctl(guest.fd, KVM_SIGNAL_MSI,
			       (unsigned long)&msi));
	EXPECT_TRUE(lapic_waits(&vcpus[1], 0x80));
	EXPECT_FALSE(lapic_waits(&vcpus[0], 0x80));
	msi.address_hi = 0xffffff00;
	msi.data = 0x90;
	EXPECT_EQ(3, vtx_ioctl(guest.fd, KVM_SIGNAL_MSI,
			       (unsigned long)&msi));
}

/* ---- PICs and IOAPIC are user space's ---- */

VTX_TEST(split_creation)
{
	struct kvm_irq_routing_entry pin = ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 0, 0);
	struct kvm_irqchip chip;

	guest_create(&guest);
	EXPECT_EQ(-EINVAL, irqchip_split(&guest, MAX_ROUTES + 1));
	ASSERT_EQ(0, irqchip_split(&guest, MAX_ROUTES));
	EXPECT_EQ(-EEXIST, irqchip_split(&guest, 24));
	EXPECT_EQ(-EEXIST, irqchip_create(&guest));
	EXPECT_EQ(-ENXIO, irqchip_get(&guest, &chip, KVM_IRQCHIP_IOAPIC));
	EXPECT_EQ(-ENXIO, irqchip_set(&guest, &chip));
	EXPECT_EQ(-EINVAL, routes_set(&guest, &pin, 1));
	/* There are no routes but those that are set. */
	EXPECT_EQ(-1, irq_status(&guest, 0, true));
	guest_destroy(&guest);

	guest_create(&guest);
	ASSERT_EQ(0, irqchip_create(&guest));
	EXPECT_EQ(-EEXIST, irqchip_split(&guest, 24));
	guest_destroy(&guest);

	guest_create(&guest);
	vcpu_create(vcpu, &guest, 0);
	EXPECT_EQ(-EEXIST, irqchip_split(&guest, 24));
}

/* A message comes in, and its handler ends it.  Return: if it ran through. */
static void take_and_end(struct vcpu *of, int vector)
{
	vcpu_set_step(of, OPEN, 0, 0);
	vcpu_must_happen(of, MODE_LONG, EXCEPTION, vector, NULL);
	vcpu_result(of, MODE_LONG);
	vcpu_set_step(of, STORE, LAPIC_GPA + EOI, 0);
}

VTX_TEST(split_ends)
{
	struct kvm_irq_routing_entry routes[] = {
		ROUTE_MSI(0, 0, 0),
		ROUTE_MSI(3, MSI_ADDRESS(0), MSI_LEVEL | VECTOR),
		ROUTE_MSI(4, MSI_ADDRESS(0), VECTOR + 0x10),
		ROUTE_MSI(30, MSI_ADDRESS(0), MSI_LEVEL | (VECTOR + 0x20)),
	};

	begin_split(1, 24);
	vcpu_start_steps(vcpu);
	/* IOAPIC and PICs are not here. */
	vcpu_set_step(vcpu, LOAD, IOAPIC_GPA, 0);
	vcpu_must_happen(vcpu, MODE_LONG, EXIT, KVM_EXIT_MMIO, NULL);
	vcpu_result(vcpu, MODE_LONG);

	ASSERT_EQ(0, routes_set(&guest, routes, ARRAY_SIZE(routes)));
	EXPECT_EQ(1, irq_status(&guest, 3, true));
	take_and_end(vcpu, VECTOR);
	vcpu_must_happen(vcpu, MODE_LONG, EXIT, KVM_EXIT_IOAPIC_EOI, NULL);
	EXPECT_EQ(VECTOR, vcpu->run->eoi.vector);
	/* Nothing else was to be done for it. */
	vcpu_result(vcpu, MODE_LONG);

	/* An edge; and a level that is no pin of the IOAPIC's. */
	EXPECT_EQ(1, irq_status(&guest, 4, true));
	take_and_end(vcpu, VECTOR + 0x10);
	vcpu_result(vcpu, MODE_LONG);
	EXPECT_EQ(1, irq_status(&guest, 30, true));
	take_and_end(vcpu, VECTOR + 0x20);
	vcpu_result(vcpu, MODE_LONG);

	/* In x2APIC mode too. */
	ASSERT_EQ(0, vcpu_try_step(vcpu, WRMSR, APIC_BASE,
				   LAPIC_GPA | EN | EXTD | BIT(8)));
	EXPECT_EQ(1, irq_status(&guest, 3, true));
	vcpu_set_step(vcpu, OPEN, 0, 0);
	vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, VECTOR, NULL);
	vcpu_result(vcpu, MODE_LONG);
	vcpu_set_step(vcpu, WRMSR, 0x800 + EOI / 16, 0);
	vcpu_must_happen(vcpu, MODE_LONG, EXIT, KVM_EXIT_IOAPIC_EOI, NULL);
	EXPECT_EQ(VECTOR, vcpu->run->eoi.vector);
	vcpu_result(vcpu, MODE_LONG);
}

static int interrupt(const struct vcpu *of, __u32 vector)
{
	struct kvm_interrupt irq = { .irq = vector };

	return vtx_ioctl(of->fd, KVM_INTERRUPT, (unsigned long)&irq);
}

/* User space's PIC: through LINT0 in ExtINT mode. */
VTX_TEST(split_extint)
{
	begin_split(1, 24);
	vcpu_start_steps(vcpu);
	EXPECT_EQ(EXTINT, lapic_reg(vcpu, LINT0));
	EXPECT_EQ(-EINVAL, interrupt(vcpu, 256));
	EXPECT_EQ(0, interrupt(vcpu, VECTOR));
	EXPECT_EQ(-EEXIST, interrupt(vcpu, VECTOR));
	vcpu_set_step(vcpu, OPEN, 0, 0);
	vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, VECTOR, NULL);
	vcpu_result(vcpu, MODE_LONG);
	/* The local APIC has nothing to do with it. */
	EXPECT_FALSE(lapic_waits(vcpu, VECTOR));
	EXPECT_EQ(0, lapic_reg(vcpu, 0xa0));

	/* Not while LINT0 is masked. */
	lapic_set_reg(vcpu, LINT0, MASKED | EXTINT);
	EXPECT_EQ(0, interrupt(vcpu, VECTOR));
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
	lapic_set_reg(vcpu, LINT0, EXTINT);
	vcpu_set_step(vcpu, HALT, 0, 0);
	vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, VECTOR, NULL);
}

/* It asks to be told when it may inject. */
VTX_TEST(split_window)
{
	static const enum step steps[] = { OPEN, HALT };
	unsigned int i;

	begin_split(1, 24);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		vcpu_start_steps(vcpu);
		EXPECT_EQ(0, vcpu->run->ready_for_interrupt_injection);
		vcpu->run->request_interrupt_window = 1;
		vcpu_set_step(vcpu, steps[i], 0, 0);
		vcpu_must_happen(vcpu, MODE_LONG, EXIT,
				 KVM_EXIT_IRQ_WINDOW_OPEN, NULL);
		EXPECT_EQ(1, vcpu->run->ready_for_interrupt_injection);
		EXPECT_EQ(1, vcpu->run->if_flag);
		vcpu->run->request_interrupt_window = 0;
		EXPECT_EQ(0, interrupt(vcpu, VECTOR));
		vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, VECTOR, NULL);
		vcpu_result(vcpu, MODE_LONG);
	}
	/* A vCPU that takes none is not asked. */
	lapic_set_reg(vcpu, LINT0, MASKED);
	vcpu->run->request_interrupt_window = 1;
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
}

VTX_TEST_MAIN
