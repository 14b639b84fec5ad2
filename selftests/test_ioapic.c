// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: KVM_CREATE_IRQCHIP makes an IOAPIC that is the datasheet's: its
 * registers are where they are in a PC, what devices assert reaches the local
 * APICs that are meant, and a level comes again as long as it is up.
 */
#include <string.h>

#include "lib/harness.h"
#include "lib/irqchip.h"
#include "lib/lapic.h"

#define VCPUS		4
#define PIN		5
#define VECTOR		0x61
#define MASKED		0x10000
#define ENABLED		0x1ff

/* Registers of local APICs, and of the IOAPIC. */
#define EOI		0xb0
#define LDR		0xd0
#define SVR		0xf0
#define ISR		0x100
#define TMR		0x180
#define LINT0		0x350
#define APIC_BASE	0x1b
#define BSP		BIT(8)
#define IOREGSEL	IOAPIC_GPA
#define IOWIN		(IOAPIC_GPA + 0x10)

static struct guest guest;
static struct vcpu vcpus[VCPUS];
static struct vcpu *const vcpu = vcpus;	/* the first one */

/* GSIs lead to the IOAPIC only, so that nobody else has taken one. */
static void begin(int n)
{
	struct kvm_irq_routing_entry routes[IOAPIC_PINS];
	int i;

	guest_create(&guest);
	MUST(!irqchip_create(&guest));
	for (i = 0; i < IOAPIC_PINS; i++)
		routes[i] = (struct kvm_irq_routing_entry)
			ROUTE_PIN(KVM_IRQCHIP_IOAPIC, i, i);
	MUST(!routes_set(&guest, routes, IOAPIC_PINS));
	for (i = 0; i < n; i++) {
		vcpu_create(&vcpus[i], &guest, i);
		lapic_set_reg(&vcpus[i], SVR, ENABLED);
	}
}

static __u32 read_reg(int reg)
{
	vcpu_store(vcpu, IOREGSEL, reg);
	return vcpu_load(vcpu, IOWIN);
}

static void write_reg(int reg, __u32 value)
{
	vcpu_store(vcpu, IOREGSEL, reg);
	vcpu_store(vcpu, IOWIN, value);
}

static void write_entry(int pin, __u64 entry)
{
	write_reg(0x11 + 2 * pin, entry >> 32);
	write_reg(0x10 + 2 * pin, entry);
}

static void end_of_interrupt(struct vcpu *of)
{
	vcpu_store(of, LAPIC_GPA + EOI, 0);
}

static bool in_service(const struct vcpu *of, int vector)
{
	return lapic_reg(of, ISR + vector / 32 * 16) >> vector % 32 & 1;
}

/* The vector's handler runs, and returns without ending the interrupt. */
#define EXPECT_INTERRUPT(expected) do {					\
	vcpu_set_step(vcpu, OPEN, 0, 0);				\
	vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, expected, NULL);	\
	vcpu_result(vcpu, MODE_LONG);					\
} while (0)

#define EXPECT_NOTHING()						\
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0))

/* All that the KUnit tables have is not repeated here: only the way there. */
VTX_TEST(registers)
{
	static const struct { int reg; __u32 written, read; } rows[] = {
		{ 0x00, 0xffffffff, 0x0f000000 }, { 0x01, 0, 0x170011 },
		{ 0x02, 0, 0x0f000000 },
		{ 0x10, 0x1a7ff, 0x1a7ff }, { 0x11, 0x7f000000, 0x7f000000 },
		{ 0x3e, 0x10011, 0x10011 }, { 0x3f, 0x55000000, 0x55000000 },
	};
	unsigned int i;

	begin(1);
	vcpu_start_steps(vcpu);
	EXPECT_EQ(0x10000, read_reg(0x10));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		write_reg(rows[i].reg, rows[i].written);
		EXPECT_EQ(rows[i].read, read_reg(rows[i].reg))
			TH_LOG("register %#x", rows[i].reg);
	}
	EXPECT_EQ(0x3f, vcpu_load(vcpu, IOREGSEL));
	EXPECT_EQ(0, vcpu_load(vcpu, IOAPIC_GPA + 0x40));
	/* Behind it there is nothing: that is user space's. */
	vcpu_set_step(vcpu, LOAD, IOAPIC_GPA + 0x100, 0);
	vcpu_must_happen(vcpu, MODE_LONG, EXIT, KVM_EXIT_MMIO, NULL);
	EXPECT_EQ(IOAPIC_GPA + 0x100, vcpu->run->mmio.phys_addr);
}

VTX_TEST(state_is_kept)
{
	struct kvm_irqchip chip, again;
	int pin;

	begin(1);
	ASSERT_EQ(0, irqchip_get(&guest, &chip, KVM_IRQCHIP_IOAPIC));
	EXPECT_EQ(IOAPIC_GPA, chip.chip.ioapic.base_address);
	for (pin = 0; pin < IOAPIC_PINS; pin++) {
		EXPECT_EQ(RTE_MASKED, chip.chip.ioapic.redirtbl[pin].bits);
		chip.chip.ioapic.redirtbl[pin].bits = RTE_TO(pin) |
			RTE_LEVEL | RTE_MASKED | (0x30 + pin);
	}
	chip.chip.ioapic.redirtbl[3].bits |= RTE_REMOTE_IRR;
	chip.chip.ioapic.id = 9;
	chip.chip.ioapic.ioregsel = 0x22;
	chip.chip.ioapic.irr = 0x800;
	ASSERT_EQ(0, irqchip_set(&guest, &chip));
	ASSERT_EQ(0, irqchip_get(&guest, &again, KVM_IRQCHIP_IOAPIC));
	EXPECT_EQ(0, memcmp(&chip, &again, sizeof(chip)));

	/* One that waits is sent as soon as it may. */
	chip.chip.ioapic.redirtbl[11].bits = RTE_LEVEL | VECTOR;
	ASSERT_EQ(0, irqchip_set(&guest, &chip));
	EXPECT_TRUE(lapic_waits(vcpu, VECTOR));
	EXPECT_EQ(RTE_LEVEL | RTE_REMOTE_IRR | VECTOR,
		  ioapic_entry(&guest, 11));
}

VTX_TEST(chips)
{
	struct kvm_irqchip chip;
	__u32 id;

	guest_create(&guest);
	for (id = 0; id < 4; id++)
		EXPECT_EQ(-ENXIO, irqchip_get(&guest, &chip, id));
	EXPECT_EQ(-ENXIO, irqchip_set(&guest, &chip));
	ASSERT_EQ(0, irqchip_create(&guest));
	EXPECT_EQ(-EEXIST, irqchip_create(&guest));
	for (id = 0; id < 3; id++) {
		EXPECT_EQ(0, irqchip_get(&guest, &chip, id));
		EXPECT_EQ(0, irqchip_set(&guest, &chip));
	}
	EXPECT_EQ(-EINVAL, irqchip_get(&guest, &chip, 3));
	EXPECT_EQ(-EINVAL, irqchip_set(&guest, &chip));
	EXPECT_EQ(-EFAULT, vtx_ioctl(guest.fd, KVM_GET_IRQCHIP, 8));
	EXPECT_EQ(-EFAULT, vtx_ioctl(guest.fd, KVM_SET_IRQCHIP, 8));
}

VTX_TEST(edge)
{
	begin(1);
	vcpu_start_steps(vcpu);
	write_entry(PIN, VECTOR);
	EXPECT_EQ(0, irq_line(&guest, PIN, true));
	EXPECT_EQ(0, irq_line(&guest, PIN, true));
	EXPECT_INTERRUPT(VECTOR);
	EXPECT_EQ(0, lapic_reg(vcpu, TMR + VECTOR / 32 * 16));
	end_of_interrupt(vcpu);
	/* It is still up, but that is no edge. */
	EXPECT_NOTHING();
	EXPECT_EQ(0, irq_line(&guest, PIN, false));
	EXPECT_NOTHING();
	EXPECT_EQ(0, irq_line(&guest, PIN, true));
	EXPECT_INTERRUPT(VECTOR);
	end_of_interrupt(vcpu);
	EXPECT_FALSE(in_service(vcpu, VECTOR));
}

VTX_TEST(level)
{
	int i;

	begin(1);
	vcpu_start_steps(vcpu);
	write_entry(PIN, RTE_LEVEL | VECTOR);
	EXPECT_EQ(0, irq_line(&guest, PIN, true));
	for (i = 0; i < 5; i++) {
		EXPECT_INTERRUPT(VECTOR);
		EXPECT_EQ(RTE_LEVEL | RTE_REMOTE_IRR | VECTOR,
			  ioapic_entry(&guest, PIN));
		/* Not again before its end. */
		EXPECT_NOTHING();
		end_of_interrupt(vcpu);
	}
	EXPECT_INTERRUPT(VECTOR);
	EXPECT_EQ(0, irq_line(&guest, PIN, false));
	end_of_interrupt(vcpu);
	EXPECT_EQ(RTE_LEVEL | VECTOR, ioapic_entry(&guest, PIN));
	EXPECT_NOTHING();

	/* Masked, it waits; and is gone if the device lets go. */
	write_entry(PIN, RTE_MASKED | RTE_LEVEL | VECTOR);
	EXPECT_EQ(0, irq_line(&guest, PIN, true));
	EXPECT_NOTHING();
	write_entry(PIN, RTE_LEVEL | VECTOR);
	EXPECT_INTERRUPT(VECTOR);
	write_entry(PIN, RTE_MASKED | RTE_LEVEL | VECTOR);
	end_of_interrupt(vcpu);
	EXPECT_EQ(0, irq_line(&guest, PIN, false));
	write_entry(PIN, RTE_LEVEL | VECTOR);
	EXPECT_NOTHING();
}

/* Each of the destinations, and who gets it. */
VTX_TEST(destinations)
{
	static const struct { __u64 entry; __u32 takers; } rows[] = {
		{ RTE_TO(0), 0x1 }, { RTE_TO(2), 0x4 }, { RTE_TO(9), 0 },
		{ RTE_TO(0xff), 0xf },
		{ RTE_TO(0x5) | RTE_LOGICAL, 0x5 },
		{ RTE_TO(0xf8) | RTE_LOGICAL, 0x8 },
		{ RTE_TO(0xf0) | RTE_LOGICAL, 0 },
		/* Lowest priority: one of them; and then always the same. */
		{ RTE_TO(0x2) | RTE_LOGICAL | 0x100, 0x2 },
		{ RTE_TO(3) | RTE_LEVEL, 0x8 },
	};
	unsigned int i, to;

	begin(VCPUS);
	for (to = 0; to < VCPUS; to++)
		lapic_set_reg(&vcpus[to], LDR, 1 << (24 + to));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int vector = 0x40 + i, status, takers = 0;

		ioapic_set_entry(&guest, PIN, rows[i].entry | vector);
		status = irq_pulse(&guest, PIN);
		for (to = 0; to < VCPUS; to++) {
			takers += rows[i].takers >> to & 1;
			EXPECT_EQ(rows[i].takers >> to & 1,
				  lapic_waits(&vcpus[to], vector))
				TH_LOG("row %u, vCPU %u", i, to);
		}
		/* KVM has -1 for nobody, if it has looked everywhere. */
		if (takers || device_is_vtx())
			EXPECT_EQ(takers, status);
	}
}

VTX_TEST(nmi)
{
	begin(1);
	vcpu_start_steps(vcpu);
	write_entry(PIN, 0x400);
	EXPECT_EQ(1, irq_pulse(&guest, PIN));
	vcpu_set_step(vcpu, OPEN, 0, 0);
	vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, 2, NULL);
	vcpu_result(vcpu, MODE_LONG);
	/* As a level it has no end, and is an edge. */
	if (!device_is_vtx())
		return;
	write_entry(PIN, RTE_LEVEL | 0x400);
	EXPECT_EQ(1, irq_pulse(&guest, PIN));
	EXPECT_EQ(RTE_LEVEL | 0x400, ioapic_entry(&guest, PIN));
}

/* An interrupt wakes a halted vCPU. */
VTX_TEST(wakes)
{
	begin(1);
	vcpu_start_steps(vcpu);
	write_entry(PIN, VECTOR);
	EXPECT_EQ(1, irq_pulse(&guest, PIN));
	vcpu_set_step(vcpu, HALT, 0, 0);
	vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, VECTOR, NULL);
}

/* Ticks of the real-time clock are not given faster than they are handled. */
VTX_TEST(real_time_clock)
{
	begin(1);
	vcpu_start_steps(vcpu);
	write_entry(8, VECTOR);
	EXPECT_EQ(1, irq_pulse(&guest, 8));
	EXPECT_EQ(0, irq_pulse(&guest, 8));
	EXPECT_INTERRUPT(VECTOR);
	EXPECT_EQ(0, irq_pulse(&guest, 8));
	EXPECT_NOTHING();
	end_of_interrupt(vcpu);
	EXPECT_NOTHING();
	EXPECT_EQ(1, irq_pulse(&guest, 8));
	EXPECT_INTERRUPT(VECTOR);
	end_of_interrupt(vcpu);
	/* Without the status, and on any other pin, it does not matter. */
	EXPECT_EQ(1, irq_pulse(&guest, 8));
	EXPECT_EQ(0, irq_line(&guest, 8, true));
	EXPECT_EQ(0, irq_line(&guest, 8, false));
	write_entry(9, VECTOR + 1);
	EXPECT_EQ(1, irq_pulse(&guest, 9));
	EXPECT_EQ(1, irq_pulse(&guest, 9));
}

/* The vCPU that boots need not be number 0. */
VTX_TEST(boot_cpu)
{
	struct kvm_sregs sregs;
	int i;

	guest_create(&guest);
	ASSERT_EQ(0, irqchip_create(&guest));
	EXPECT_EQ(-EINVAL, vtx_ioctl(guest.fd, KVM_SET_BOOT_CPU_ID, 4097));
	EXPECT_EQ(-EINVAL, vtx_ioctl(guest.fd, KVM_SET_BOOT_CPU_ID, 1UL << 32));
	ASSERT_EQ(0, vtx_ioctl(guest.fd, KVM_SET_BOOT_CPU_ID, 1));
	for (i = 0; i < 2; i++) {
		vcpu_create(&vcpus[i], &guest, i);
		EXPECT_EQ(-EBUSY, vtx_ioctl(guest.fd, KVM_SET_BOOT_CPU_ID, 0));
		vcpu_get_sregs(&vcpus[i], &sregs);
		EXPECT_EQ(i ? BSP : 0, sregs.apic_base & BSP);
		EXPECT_EQ(i ? KVM_MP_STATE_RUNNABLE :
			      KVM_MP_STATE_UNINITIALIZED,
			  vcpu_mp_state(&vcpus[i]));
		EXPECT_EQ(i ? 0x700 : MASKED, lapic_reg(&vcpus[i], LINT0));
	}
}

VTX_TEST_MAIN
