// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: with KVM_CREATE_IRQCHIP each vCPU has a local APIC, which is the
 * SDM's: registers, priorities, IPIs to every kind of destination, the timer,
 * INIT and startup IPIs; and a halted vCPU sleeps in KVM_RUN.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "lib/harness.h"
#include "lib/lapic.h"

/* Registers: offsets in memory; MSRs are 0x800 + offset / 16. */
#define ID		0x20
#define VERSION		0x30
#define TPR		0x80
#define PPR		0xa0
#define EOI		0xb0
#define LDR		0xd0
#define DFR		0xe0
#define SVR		0xf0
#define ISR		0x100
#define TMR		0x180
#define IRR		0x200
#define ESR		0x280
#define ICR		0x300
#define ICR2		0x310
#define LVT_TIMER	0x320
#define LVT_THERMAL	0x330
#define LVT_PMC		0x340
#define LINT0		0x350
#define LINT1		0x360
#define LVT_ERROR	0x370
#define INITIAL		0x380
#define CURRENT		0x390
#define DIVIDE		0x3e0
#define SELF_IPI	0x3f0

#define APIC_BASE	0x1b
#define TSC_DEADLINE	0x6e0
#define BSP		BIT(8)
#define EXTD		BIT(10)
#define EN		BIT(11)
#define MASKED		0x10000
#define PERIODIC	0x20000
#define DEADLINE	0x40000
#define ENABLED		0x1ff

#define ASSERT_LEVEL	0x4000
#define TO_SELF		0x40000
#define TO_ALL		0x80000
#define TO_OTHERS	0xc0000
#define LOGICAL		0x800
#define LOWEST		0x100
#define NMI		0x400
#define INIT		0x500
#define STARTUP		0x600

#define VCPUS		4
#define VECTOR		0x61
#define GP		13
#define HANDLER		(GUEST_FREE + 0x8000)
#define COUNTERS	(GUEST_FREE + 0x9000)

static struct guest guest;
static struct vcpu vcpus[VCPUS];
static struct vcpu *const vcpu = vcpus;	/* the first one */

static int create_irqchip(void)
{
	return vtx_ioctl(guest.fd, KVM_CREATE_IRQCHIP, 0);
}

static void begin(int n)
{
	int i;

	guest_create(&guest);
	MUST(!create_irqchip());
	for (i = 0; i < n; i++)
		vcpu_create(&vcpus[i], &guest, i);
}

/* ---- The registers as the guest has them ---- */

static void write_msr(struct vcpu *of, __u32 index, __u64 value)
{
	MUST(!vcpu_try_step(of, WRMSR, index, value));
}

static __u64 read_msr(struct vcpu *of, __u32 index)
{
	MUST(!vcpu_try_step(of, RDMSR, index, 0));
	return vcpu_step_result(of);
}

static __u32 msr_of(int offset)
{
	return 0x800 + offset / 16;
}

static void write_x2apic(struct vcpu *of, int offset, __u64 value)
{
	write_msr(of, msr_of(offset), value);
}

static __u64 read_x2apic(struct vcpu *of, int offset)
{
	return read_msr(of, msr_of(offset));
}

static void write_xapic(struct vcpu *of, int offset, __u32 value)
{
	vcpu_store(of, LAPIC_GPA + offset, value);
}

static __u32 read_xapic(struct vcpu *of, int offset)
{
	return vcpu_load(of, LAPIC_GPA + offset);
}

/* In x2APIC mode, enabled. */
static void start_x2apic(struct vcpu *of)
{
	vcpu_start_steps(of);
	write_msr(of, APIC_BASE, read_msr(of, APIC_BASE) | EXTD);
	write_x2apic(of, SVR, ENABLED);
}

/* The vector's handler runs; it is left to the caller to let it return. */
#define EXPECT_INTERRUPT(of, expected, how) do {			\
	vcpu_set_step(of, how, 0, 0);					\
	vcpu_must_happen(of, MODE_LONG, EXCEPTION, expected, NULL);	\
} while (0)

/* ---- User space and its ioctls ---- */

VTX_TEST(creation)
{
	struct kvm_lapic_state state;

	guest_create(&guest);
	EXPECT_EQ(0, create_irqchip());
	EXPECT_EQ(-EEXIST, create_irqchip());
	guest_destroy(&guest);

	/* Too late; and without it there is none. */
	guest_create(&guest);
	vcpu_create(vcpu, &guest, 0);
	EXPECT_EQ(-EINVAL, create_irqchip());
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu->fd, KVM_GET_LAPIC,
				     (unsigned long)&state));
	memset(&state, 0, sizeof(state));
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu->fd, KVM_SET_LAPIC,
				     (unsigned long)&state));
	EXPECT_EQ(-EINVAL, vcpu_set_mp_state(vcpu, KVM_MP_STATE_HALTED));
	EXPECT_EQ(0, vcpu_set_mp_state(vcpu, KVM_MP_STATE_RUNNABLE));
}

VTX_TEST(state_after_power_up)
{
	static const struct { int offset; __u32 value; } rows[] = {
		{ ID, 0x01000000 }, { VERSION, 0x50014 }, { TPR, 0 },
		{ PPR, 0 }, { LDR, 0 }, { DFR, 0xffffffff }, { SVR, 0xff },
		{ ISR, 0 }, { TMR, 0 }, { IRR, 0 }, { ESR, 0 }, { ICR, 0 },
		{ ICR2, 0 }, { LVT_TIMER, MASKED }, { LVT_THERMAL, MASKED },
		{ LVT_PMC, MASKED }, { LINT0, MASKED }, { LINT1, MASKED },
		{ LVT_ERROR, MASKED }, { INITIAL, 0 }, { CURRENT, 0 },
		{ DIVIDE, 0 },
	};
	struct kvm_interrupt irq = { .irq = VECTOR };
	struct kvm_sregs sregs;
	unsigned int i;

	begin(2);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_EQ(rows[i].value, lapic_reg(&vcpus[1], rows[i].offset))
			TH_LOG("register %#x", rows[i].offset);
	/* The PIC's interrupts pass through the first one. */
	EXPECT_EQ(0x700, lapic_reg(&vcpus[0], LINT0));
	EXPECT_EQ(0, lapic_reg(&vcpus[0], ID));

	vcpu_get_sregs(&vcpus[0], &sregs);
	EXPECT_EQ(LAPIC_GPA | EN | BSP, sregs.apic_base);
	vcpu_get_sregs(&vcpus[1], &sregs);
	EXPECT_EQ(LAPIC_GPA | EN, sregs.apic_base);
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vcpu_mp_state(&vcpus[0]));
	EXPECT_EQ(KVM_MP_STATE_UNINITIALIZED, vcpu_mp_state(&vcpus[1]));
	EXPECT_EQ(-ENXIO, vtx_ioctl(vcpu->fd, KVM_INTERRUPT,
				    (unsigned long)&irq));
}

/* What is got and set again is the same. */
VTX_TEST(state_is_kept)
{
	static const struct { int offset; __u32 value; } rows[] = {
		{ ID, 0x07000000 }, { TPR, 0x20 }, { LDR, 0x80000000 },
		{ SVR, 0x1fe }, { ISR + 0x20, 0x8 }, { TMR + 0x30, 0x4 },
		{ IRR + 0x70, 0x80000001 }, { ICR, 0xc0061 },
		{ ICR2, 0x03000000 }, { LINT1, 0x400 }, { LVT_ERROR, 0xfe },
		{ DIVIDE, 0xb },
	};
	struct kvm_lapic_state state, again;
	unsigned int i;

	begin(1);
	lapic_get(vcpu, &state);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		*lapic_at(&state, rows[i].offset) = rows[i].value;
	ASSERT_EQ(0, ioctl(vcpu->fd, KVM_SET_LAPIC, &state));
	lapic_get(vcpu, &again);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_EQ(rows[i].value, *lapic_at(&again, rows[i].offset))
			TH_LOG("register %#x", rows[i].offset);
	/* 0x43 is in service.  KVM works PPR out when it has to. */
	if (device_is_vtx())
		EXPECT_EQ(0x40, *lapic_at(&again, PPR));
}

/* The id has 32 bits in x2APIC mode, if user space wants to see them. */
VTX_TEST(ids_in_x2apic_mode)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X2APIC_API };
	struct kvm_lapic_state state;

	begin(3);
	ASSERT_EQ(1, msr_set(&vcpus[2], APIC_BASE, LAPIC_GPA | EN | EXTD));
	EXPECT_EQ(2 << 24, lapic_reg(&vcpus[2], ID));
	EXPECT_EQ(4, lapic_reg(&vcpus[2], LDR));
	/* It is read-only. */
	lapic_set_reg(&vcpus[2], ID, 0x55000000);
	EXPECT_EQ(2 << 24, lapic_reg(&vcpus[2], ID));

	cap.args[0] = 0x100;
	EXPECT_EQ(-EINVAL, vtx_ioctl(guest.fd, KVM_ENABLE_CAP,
				     (unsigned long)&cap));
	cap.args[0] = KVM_X2APIC_API_USE_32BIT_IDS;
	ASSERT_EQ(0, ioctl(guest.fd, KVM_ENABLE_CAP, &cap));
	EXPECT_EQ(2, lapic_reg(&vcpus[2], ID));
	lapic_get(&vcpus[2], &state);
	*lapic_at(&state, ID) = 3;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpus[2].fd, KVM_SET_LAPIC,
				     (unsigned long)&state));
	ASSERT_EQ(1, msr_set(&vcpus[2], APIC_BASE, LAPIC_GPA | EN));
	EXPECT_EQ(2 << 24, lapic_reg(&vcpus[2], ID));
}

/* ---- Registers ---- */

static const struct { int offset; __u32 written, read; } writable_rows[] = {
	{ TPR, 0xab, 0xab }, { SVR, 0x1f3, 0x1f3 },
	{ LVT_TIMER, 0x300ef, 0x300ef }, { LVT_THERMAL, 0x104fa, 0x104fa },
	{ LVT_PMC, 0x400, 0x400 }, { LINT0, 0x1a7ff, 0x1a7ff },
	{ LINT1, 0x400, 0x400 }, { LVT_ERROR, 0x100fe, 0x100fe },
	{ DIVIDE, 0xa, 0xa }, { INITIAL, 0x12345678, 0x12345678 },
	{ VERSION, 0, 0x50014 },
	/* In xAPIC mode only */
	{ LDR, 0x12ffffff, 0x12000000 }, { DFR, 0x0, 0x0fffffff },
	{ ICR2, 0x34ffffff, 0x34000000 }, { DIVIDE, 0xffffffff, 0xb },
};

#define X2APIC_ROWS	10	/* of them exist in x2APIC mode too */

VTX_TEST(memory_registers)
{
	unsigned int i;

	begin(1);
	vcpu_start_steps(vcpu);
	for (i = 0; i < ARRAY_SIZE(writable_rows); i++) {
		int offset = writable_rows[i].offset;

		write_xapic(vcpu, offset, writable_rows[i].written);
		EXPECT_EQ(writable_rows[i].read, read_xapic(vcpu, offset))
			TH_LOG("register %#x", offset);
		if (offset != CURRENT)
			EXPECT_EQ(writable_rows[i].read,
				  lapic_reg(vcpu, offset));
	}
	/* Software-disabled, all LVT entries are masked, and stay so. */
	write_xapic(vcpu, SVR, 0xff);
	EXPECT_EQ(MASKED | 0x400, read_xapic(vcpu, LINT1));
	write_xapic(vcpu, LINT1, 0);
	EXPECT_EQ(MASKED, read_xapic(vcpu, LINT1));
	/* Off, nothing is there, and writes are lost. */
	write_msr(vcpu, APIC_BASE, LAPIC_GPA | BSP);
	EXPECT_EQ(~0U, read_xapic(vcpu, VERSION));
	write_xapic(vcpu, TPR, 0x11);
}

VTX_TEST(msr_registers)
{
	unsigned int i;

	begin(1);
	start_x2apic(vcpu);
	for (i = 0; i < X2APIC_ROWS; i++) {
		int offset = writable_rows[i].offset;

		write_x2apic(vcpu, offset, writable_rows[i].written);
		EXPECT_EQ(writable_rows[i].read, read_x2apic(vcpu, offset))
			TH_LOG("register %#x", offset);
	}
	write_x2apic(vcpu, ICR, 0x1234567800000400 | TO_OTHERS);
	EXPECT_EQ(0x1234567800000400 | TO_OTHERS, read_x2apic(vcpu, ICR));
	EXPECT_EQ(0x12345678, lapic_reg(vcpu, ICR2));
	/* In memory there is nothing. */
	EXPECT_EQ(~0U, read_xapic(vcpu, VERSION));
}

/* SDM 3A "x2APIC Register Address Space", "Reserved Bit Checking" */
static const struct {
	int	offset;
	bool	write;
	__u64	value;
	bool	ours;	/* KVM lets it pass */
} faults[] = {
	{ 0x000, false }, { 0x010, false }, { 0x040, false },
	{ 0x090, false }, { EOI, false }, { 0x0c0, false }, { DFR, false },
	{ 0x2f0, false }, { ICR2, false }, { 0x3a0, false },
	{ SELF_IPI, false }, { 0x400, false }, { 0xff0, false },
	{ ID, true, 0 }, { VERSION, true, 0 }, { PPR, true, 0 },
	{ LDR, true, 0 }, { DFR, true, 0 }, { ISR, true, 0 },
	{ TMR, true, 0 }, { IRR + 0x70, true, 0 }, { CURRENT, true, 0 },
	{ ICR2, true, 0 }, { 0x400, true, 0 },
	{ ESR, true, 1 }, { SELF_IPI, true, 0x161 },
	{ TPR, true, 1ULL << 32 }, { SVR, true, 1ULL << 63 },
	{ ICR, true, 0x2000 }, { ICR, true, 0x10000 }, { ICR, true, 0x20000 },
	{ ICR, true, 0x100000 }, { ICR, true, 0x80000000 },
	{ TPR, true, 0x100, true }, { EOI, true, 1, true },
	{ LVT_ERROR, true, 0x200, true }, { DIVIDE, true, 4, true },
};

VTX_TEST(msr_faults)
{
	unsigned int i;

	begin(1);
	vcpu_start_steps(vcpu);
	/* In xAPIC mode there are none. */
	EXPECT_EQ(GP, vcpu_try_step(vcpu, RDMSR, msr_of(TPR), 0));
	EXPECT_EQ(GP, vcpu_try_step(vcpu, WRMSR, msr_of(TPR), 0));

	start_x2apic(vcpu);
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (faults[i].ours && !device_is_vtx())
			continue;
		EXPECT_EQ(GP, vcpu_try_step(vcpu,
					    faults[i].write ? WRMSR : RDMSR,
					    msr_of(faults[i].offset),
					    faults[i].value))
			TH_LOG("%s %#x", faults[i].write ? "write" : "read",
			       faults[i].offset);
	}
}

/* SDM 3A "x2APIC State Transitions": what a guest may do. */
VTX_TEST(mode_changes)
{
	static const struct { __u64 from, to; int vector; } rows[] = {
		{ EN, EN | EXTD, 0 }, { EN | EXTD, EN, GP },
		{ EN | EXTD, 0, 0 }, { 0, EXTD, GP }, { 0, EN | EXTD, GP },
		{ 0, EN, 0 }, { EN, EXTD, GP }, { EN, BIT(9), GP },
		{ EN, EN | BIT(45), GP },
	};
	unsigned int i;

	begin(1);
	vcpu_start_steps(vcpu);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ASSERT_EQ(1, msr_set(vcpu, APIC_BASE,
				     LAPIC_GPA | rows[i].from));
		EXPECT_EQ(rows[i].vector,
			  vcpu_try_step(vcpu, WRMSR, APIC_BASE,
					LAPIC_GPA | rows[i].to))
			TH_LOG("row %d", i);
		EXPECT_EQ(LAPIC_GPA | (rows[i].vector ? rows[i].from :
						       rows[i].to),
			  read_msr(vcpu, APIC_BASE));
	}
}

/* ---- Priorities ---- */

VTX_TEST(priorities)
{
	begin(1);
	start_x2apic(vcpu);
	write_x2apic(vcpu, ICR, TO_SELF | 0x42);
	write_x2apic(vcpu, SELF_IPI, 0x31);
	write_x2apic(vcpu, SELF_IPI, 0x4f);
	write_x2apic(vcpu, ICR, 0x53);
	EXPECT_EQ(0x88004, read_x2apic(vcpu, IRR + 0x20));

	EXPECT_INTERRUPT(vcpu, 0x53, OPEN);
	/* The handler returns without an EOI: only higher classes go. */
	vcpu_result(vcpu, MODE_LONG);
	EXPECT_EQ(0x50, read_x2apic(vcpu, PPR));
	EXPECT_EQ(0x80000, read_x2apic(vcpu, ISR + 0x20));
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));

	write_x2apic(vcpu, EOI, 0);
	EXPECT_EQ(0, read_x2apic(vcpu, PPR));
	EXPECT_INTERRUPT(vcpu, 0x4f, OPEN);
	vcpu_result(vcpu, MODE_LONG);
	/* Of the same class */
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
	write_x2apic(vcpu, EOI, 0);
	write_x2apic(vcpu, TPR, 0x40);
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
	write_x2apic(vcpu, TPR, 0x3f);
	EXPECT_INTERRUPT(vcpu, 0x42, OPEN);
	vcpu_result(vcpu, MODE_LONG);
	write_x2apic(vcpu, EOI, 0);
	EXPECT_EQ(0x3f, read_x2apic(vcpu, PPR));
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
	write_x2apic(vcpu, TPR, 0);
	EXPECT_INTERRUPT(vcpu, 0x31, OPEN);
	vcpu_result(vcpu, MODE_LONG);
	write_x2apic(vcpu, EOI, 0);
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
}

/* CR8 is TPR's upper half, and nothing for user space to do. */
VTX_TEST(cr8)
{
	struct kvm_sregs sregs;

	begin(1);
	start_x2apic(vcpu);
	EXPECT_EQ(0, vcpu_try_step(vcpu, WRITE_CR8, 0, 9));
	EXPECT_EQ(9, vcpu->run->cr8);
	EXPECT_EQ(0x90, read_x2apic(vcpu, TPR));
	EXPECT_EQ(0x90, read_x2apic(vcpu, PPR));
	write_x2apic(vcpu, TPR, 0x75);
	EXPECT_EQ(0, vcpu_try_step(vcpu, READ_CR8, 0, 0));
	EXPECT_EQ(7, vcpu_reg(vcpu, rax));
	vcpu_get_sregs(vcpu, &sregs);
	EXPECT_EQ(7, sregs.cr8);

	write_x2apic(vcpu, SELF_IPI, 0x71);
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
	/* The run page's is not looked at. */
	vcpu->run->cr8 = 2;
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
	EXPECT_EQ(0, vcpu_try_step(vcpu, WRITE_CR8, 0, 6));
	EXPECT_INTERRUPT(vcpu, 0x71, OPEN);
	vcpu_result(vcpu, MODE_LONG);
	EXPECT_EQ(1, vcpu->run->ready_for_interrupt_injection);
}

/* ---- Destinations ---- */

/* Who gets what vCPU 0 sends, as a mask. */
static const struct destination {
	__u32	high, low;
	int	mask;
} xapic_rows[] = {
	{ 0x02000000, 0, 0x4 }, { 0x00000000, 0, 0x1 },
	{ 0x07000000, 0, 0x0 }, { 0xff000000, 0, 0xf },
	{ 0, TO_SELF, 0x1 }, { 0, TO_ALL, 0xf }, { 0, TO_OTHERS, 0xe },
	/* Flat: LDR has a bit for each. */
	{ 0x02000000, LOGICAL, 0x2 }, { 0x0d000000, LOGICAL, 0xd },
	{ 0xf0000000, LOGICAL, 0x0 }, { 0xff000000, LOGICAL, 0xf },
}, cluster_rows[] = {
	/* Two clusters of two */
	{ 0x01000000, LOGICAL, 0x1 }, { 0x02000000, LOGICAL, 0x2 },
	{ 0x13000000, LOGICAL, 0xc }, { 0x12000000, LOGICAL, 0x8 },
	{ 0x21000000, LOGICAL, 0x0 }, { 0xff000000, LOGICAL, 0xf },
}, x2apic_rows[] = {
	{ 3, 0, 0x8 }, { 0, 0, 0x1 }, { 4, 0, 0x0 }, { 0x103, 0, 0x0 },
	{ 0xff, 0, 0x0 }, { 0xfffffffe, 0, 0x0 }, { 0xffffffff, 0, 0xf },
	{ 0, TO_SELF, 0x1 }, { 0, TO_ALL, 0xf }, { 0, TO_OTHERS, 0xe },
	{ 0x1, LOGICAL, 0x1 }, { 0xa, LOGICAL, 0xa }, { 0xffff, LOGICAL, 0xf },
	{ 0x1000f, LOGICAL, 0x0 }, { 0xffffffff, LOGICAL, 0xf },
};

static int receivers(int vector)
{
	int i, mask = 0;

	for (i = 0; i < VCPUS; i++) {
		if (!lapic_waits(&vcpus[i], vector))
			continue;
		mask |= 1 << i;
		lapic_set_reg(&vcpus[i], IRR + vector / 32 * 16, 0);
	}
	return mask;
}

static int send(__u32 high, __u32 low)
{
	if (vcpu->run->apic_base & EXTD) {
		write_x2apic(vcpu, ICR, low | VECTOR | (__u64)high << 32);
	} else {
		write_xapic(vcpu, ICR2, high);
		write_xapic(vcpu, ICR, low | VECTOR);
	}
	return receivers(VECTOR);
}

#define EXPECT_DESTINATIONS(rows) do {					\
	unsigned int row_;						\
									\
	for (row_ = 0; row_ < ARRAY_SIZE(rows); row_++)			\
		EXPECT_EQ(rows[row_].mask,				\
			  send(rows[row_].high, rows[row_].low))	\
			TH_LOG(#rows " %d", row_);			\
} while (0)

VTX_TEST(destinations)
{
	int i;

	begin(VCPUS);
	for (i = 0; i < VCPUS; i++) {
		lapic_set_reg(&vcpus[i], SVR, ENABLED);
		lapic_set_reg(&vcpus[i], LDR, 0x01000000 << i);
	}
	vcpu_start_steps(vcpu);
	EXPECT_DESTINATIONS(xapic_rows);
	for (i = 0; i < VCPUS; i++) {
		lapic_set_reg(&vcpus[i], DFR, 0x0fffffff);
		lapic_set_reg(&vcpus[i], LDR, (__u32)(i / 2) << 28 |
			      0x01000000 << i % 2);
	}
	EXPECT_DESTINATIONS(cluster_rows);

	/* Lowest priority: one of them, and always the same. */
	for (i = 0; i < 3; i++) {
		int mask = send(0x13000000, LOGICAL | LOWEST);

		EXPECT_TRUE(mask == 0x4 || mask == 0x8) TH_LOG("%#x", mask);
	}
	/* Not to one that is disabled, or off. */
	lapic_set_reg(&vcpus[2], SVR, 0xff);
	EXPECT_EQ(0x8, send(0x13000000, LOGICAL));
	EXPECT_EQ(0x8, send(0x13000000, LOGICAL | LOWEST));
	ASSERT_EQ(1, msr_set(&vcpus[3], APIC_BASE, LAPIC_GPA));
	EXPECT_EQ(0, send(0x13000000, LOGICAL));
	EXPECT_EQ(0x3, send(0xff000000, 0));

	/* An id that is not the vCPU's */
	ASSERT_EQ(1, msr_set(&vcpus[3], APIC_BASE, LAPIC_GPA | EN));
	lapic_set_reg(&vcpus[3], SVR, ENABLED);
	lapic_set_reg(&vcpus[3], ID, 0x21000000);
	EXPECT_EQ(0x8, send(0x21000000, 0));
	EXPECT_EQ(0x0, send(0x03000000, 0));
}

VTX_TEST(x2apic_destinations)
{
	int i;

	begin(VCPUS);
	for (i = 0; i < VCPUS; i++) {
		lapic_set_reg(&vcpus[i], SVR, ENABLED);
		ASSERT_EQ(1, msr_set(&vcpus[i], APIC_BASE,
				     LAPIC_GPA | EN | EXTD));
	}
	vcpu_start_steps(vcpu);
	EXPECT_DESTINATIONS(x2apic_rows);
}

/* ---- Errors ---- */

VTX_TEST(errors)
{
	if (!device_is_vtx())
		SKIP(return, "KVM has no errors");
	begin(1);
	start_x2apic(vcpu);
	write_x2apic(vcpu, LVT_ERROR, 0xfe);
	write_x2apic(vcpu, ICR, TO_SELF | 5);
	EXPECT_EQ(0, read_x2apic(vcpu, ESR));
	EXPECT_INTERRUPT(vcpu, 0xfe, OPEN);
	vcpu_result(vcpu, MODE_LONG);
	write_x2apic(vcpu, EOI, 0);
	write_x2apic(vcpu, ESR, 0);
	EXPECT_EQ(0x20, read_x2apic(vcpu, ESR));
	write_x2apic(vcpu, SELF_IPI, 5);
	write_x2apic(vcpu, ESR, 0);
	EXPECT_EQ(0x40, read_x2apic(vcpu, ESR));
}

/* ---- The timer ---- */

/* Of the guest's clock: 1 GHz. */
#define LONG_COUNT	20000000

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

VTX_TEST(timer_one_shot)
{
	double begun;

	begin(1);
	start_x2apic(vcpu);
	write_x2apic(vcpu, LVT_TIMER, VECTOR);
	write_x2apic(vcpu, DIVIDE, 0xb);
	begun = seconds();
	write_x2apic(vcpu, INITIAL, LONG_COUNT);
	EXPECT_LT(0, read_x2apic(vcpu, CURRENT));
	EXPECT_GE(LONG_COUNT, read_x2apic(vcpu, CURRENT));
	EXPECT_INTERRUPT(vcpu, VECTOR, HALT);
	EXPECT_LE(LONG_COUNT / 1e9 * 0.99, seconds() - begun);
	vcpu_result(vcpu, MODE_LONG);
	write_x2apic(vcpu, EOI, 0);
	EXPECT_EQ(0, read_x2apic(vcpu, CURRENT));
	EXPECT_EQ(LONG_COUNT, read_x2apic(vcpu, INITIAL));

	/* Masked, it only counts. */
	write_x2apic(vcpu, LVT_TIMER, MASKED | VECTOR);
	write_x2apic(vcpu, INITIAL, 1000);
	while (read_x2apic(vcpu, CURRENT))
		;
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
	EXPECT_FALSE(lapic_waits(vcpu, VECTOR));
}

VTX_TEST(timer_periodic)
{
	int i;

	begin(1);
	start_x2apic(vcpu);
	write_x2apic(vcpu, LVT_TIMER, PERIODIC | VECTOR);
	write_x2apic(vcpu, DIVIDE, 0x0);
	write_x2apic(vcpu, INITIAL, 500000);
	for (i = 0; i < 10; i++) {
		EXPECT_INTERRUPT(vcpu, VECTOR, HALT);
		vcpu_result(vcpu, MODE_LONG);
		write_x2apic(vcpu, EOI, 0);
		EXPECT_GE(500000, read_x2apic(vcpu, CURRENT));
	}
	write_x2apic(vcpu, INITIAL, 0);
	EXPECT_EQ(0, read_x2apic(vcpu, CURRENT));
}

static void offer_deadline(struct vcpu *to)
{
	struct cpuid_list cpuid;

	cpuid_supported(&guest, &cpuid);
	cpuid_find(&cpuid, 1, 0)->ecx |= 1 << 24;
	MUST(!ioctl(to->fd, KVM_SET_CPUID2, &cpuid));
}

VTX_TEST(timer_deadline)
{
	__u64 tsc, khz;

	begin(1);
	offer_deadline(vcpu);
	start_x2apic(vcpu);
	khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);
	write_x2apic(vcpu, LVT_TIMER, DEADLINE | VECTOR);
	EXPECT_EQ(DEADLINE | VECTOR, read_x2apic(vcpu, LVT_TIMER));
	tsc = read_msr(vcpu, 0x10) + khz * 20;
	write_msr(vcpu, TSC_DEADLINE, tsc);
	EXPECT_EQ(tsc, read_msr(vcpu, TSC_DEADLINE));
	EXPECT_INTERRUPT(vcpu, VECTOR, HALT);
	vcpu_result(vcpu, MODE_LONG);
	EXPECT_LE(tsc, read_msr(vcpu, 0x10));
	EXPECT_EQ(0, read_msr(vcpu, TSC_DEADLINE));
	write_x2apic(vcpu, EOI, 0);

	/* Over already */
	write_msr(vcpu, TSC_DEADLINE, tsc);
	EXPECT_INTERRUPT(vcpu, VECTOR, OPEN);
	vcpu_result(vcpu, MODE_LONG);
	write_x2apic(vcpu, EOI, 0);
	/* Taken back; and dead in another mode */
	write_msr(vcpu, TSC_DEADLINE, ~0ULL);
	write_msr(vcpu, TSC_DEADLINE, 0);
	write_x2apic(vcpu, INITIAL, 1);
	EXPECT_EQ(0, read_x2apic(vcpu, INITIAL));
	write_x2apic(vcpu, LVT_TIMER, VECTOR);
	write_msr(vcpu, TSC_DEADLINE, tsc);
	EXPECT_EQ(0, read_msr(vcpu, TSC_DEADLINE));
	EXPECT_EQ(0, vcpu_try_step(vcpu, OPEN, 0, 0));
}

/* User space moves a timer that counts into another vCPU. */
VTX_TEST(timer_is_state)
{
	struct kvm_lapic_state state;

	begin(2);
	start_x2apic(vcpu);
	write_x2apic(vcpu, LVT_TIMER, VECTOR);
	write_x2apic(vcpu, DIVIDE, 0xb);
	write_x2apic(vcpu, INITIAL, 4000000000U);
	lapic_get(vcpu, &state);
	EXPECT_LT(0, *lapic_at(&state, CURRENT));
	EXPECT_GE(4000000000U, *lapic_at(&state, CURRENT));

	*lapic_at(&state, CURRENT) = LONG_COUNT;
	ASSERT_EQ(1, msr_set(&vcpus[1], APIC_BASE, LAPIC_GPA | EN | EXTD));
	ASSERT_EQ(0, ioctl(vcpus[1].fd, KVM_SET_LAPIC, &state));
	vcpu_start_steps(&vcpus[1]);
	EXPECT_GE(LONG_COUNT, read_x2apic(&vcpus[1], CURRENT));
	EXPECT_INTERRUPT(&vcpus[1], VECTOR, HALT);
	vcpu_result(&vcpus[1], MODE_LONG);
}

/* ---- Sleep ---- */

static void on_alarm(int signal)
{
	(void)signal;
}

static void alarm_in(int ms)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval timer = { .it_value.tv_usec = ms * 1000 };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

VTX_TEST(signal_ends_sleep)
{
	int i;

	begin(1);
	start_x2apic(vcpu);
	vcpu_set_step(vcpu, HALT, 0, 0);
	for (i = 0; i < 3; i++) {
		alarm_in(20);
		EXPECT_EQ(-EINTR, vcpu_run(vcpu));
		EXPECT_EQ(KVM_EXIT_INTR, vcpu->run->exit_reason);
		EXPECT_EQ(KVM_MP_STATE_HALTED, vcpu_mp_state(vcpu));
	}
	vcpu->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(vcpu));
	vcpu->run->immediate_exit = 0;
	EXPECT_EQ(KVM_MP_STATE_HALTED, vcpu_mp_state(vcpu));

	ASSERT_EQ(0, ioctl(vcpu->fd, KVM_NMI, 0));
	vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, 2, NULL);
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vcpu_mp_state(vcpu));
	vcpu_result(vcpu, MODE_LONG);
}

/* User space puts a vCPU to sleep, and wakes it. */
VTX_TEST(sleep_is_state)
{
	begin(1);
	start_x2apic(vcpu);
	vcpu_set_step(vcpu, READ_CR8, 0, 0);
	ASSERT_EQ(0, vcpu_set_mp_state(vcpu, KVM_MP_STATE_HALTED));
	alarm_in(20);
	EXPECT_EQ(-EINTR, vcpu_run(vcpu));
	/* With interrupts off an interrupt is no reason to wake up. */
	lapic_set_reg(vcpu, IRR + 0x30, 2);
	alarm_in(20);
	EXPECT_EQ(-EINTR, vcpu_run(vcpu));
	vcpu_set_reg(vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, VECTOR, NULL);
	vcpu_result(vcpu, MODE_LONG);

	vcpu_set_reg(vcpu, rflags, X86_EFLAGS_FIXED);
	ASSERT_EQ(0, vcpu_set_mp_state(vcpu, KVM_MP_STATE_HALTED));
	ASSERT_EQ(0, vcpu_set_mp_state(vcpu, KVM_MP_STATE_RUNNABLE));
	vcpu_result(vcpu, MODE_LONG);
	EXPECT_EQ(-EINVAL, vcpu_set_mp_state(vcpu, 77));
}

/* A vCPU's own thread, until there is a result or an error. */
struct runner {
	struct vcpu	*of;
	pthread_t	thread;
	struct event	event;
	int		again;
};

static void *run_until_result(void *argument)
{
	struct runner *runner = argument;

	do {
		vcpu_wait(runner->of, MODE_LONG, &runner->event);
		runner->again += runner->event.what == FAILED &&
				 runner->event.value == EAGAIN;
	} while (runner->event.what == FAILED &&
		 (runner->event.value == EAGAIN ||
		  runner->event.value == EINTR));
	return NULL;
}

static void runner_start(struct runner *runner, struct vcpu *of)
{
	*runner = (struct runner){ .of = of };
	MUST(!pthread_create(&runner->thread, NULL, run_until_result, runner));
}

static void runner_join(struct runner *runner)
{
	MUST(!pthread_join(runner->thread, NULL));
}

/* ---- INIT and startup IPIs ---- */

#define START_PAGE	(GUEST_FREE >> 12)

VTX_TEST(startup_states)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	begin(2);
	guest_load_at(&guest, "lapic_started", START_PAGE << 12);
	start_x2apic(vcpu);
	EXPECT_EQ(KVM_MP_STATE_UNINITIALIZED, vcpu_mp_state(&vcpus[1]));
	/* Not before an INIT */
	write_x2apic(vcpu, ICR, 1ULL << 32 | STARTUP | START_PAGE);
	EXPECT_EQ(KVM_MP_STATE_UNINITIALIZED, vcpu_mp_state(&vcpus[1]));

	write_x2apic(vcpu, ICR, 1ULL << 32 | INIT | ASSERT_LEVEL);
	EXPECT_EQ(KVM_MP_STATE_INIT_RECEIVED, vcpu_mp_state(&vcpus[1]));
	vcpu_get_regs(&vcpus[1], &regs);
	EXPECT_EQ(0xfff0, regs.rip);
	write_x2apic(vcpu, ICR, 1ULL << 32 | STARTUP | START_PAGE);
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vcpu_mp_state(&vcpus[1]));
	vcpu_get_regs(&vcpus[1], &regs);
	vcpu_get_sregs(&vcpus[1], &sregs);
	EXPECT_EQ(0, regs.rip);
	EXPECT_EQ(START_PAGE << 8, sregs.cs.selector);
	EXPECT_EQ(START_PAGE << 12, sregs.cs.base);
	vcpu_must_happen(&vcpus[1], MODE_REAL, RESULT,
			 START_PAGE << 24 | 3, NULL);
	/* No second one */
	write_x2apic(vcpu, ICR, 1ULL << 32 | STARTUP | 0x77);
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vcpu_mp_state(&vcpus[1]));
	EXPECT_EQ(0x5a, vcpu_reg(&vcpus[1], rbx));

	/* An INIT while it runs; and de-asserted, it means nothing. */
	write_x2apic(vcpu, ICR, 1ULL << 32 | INIT | 0x8000);
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vcpu_mp_state(&vcpus[1]));
	lapic_set_reg(&vcpus[1], TPR, 0x33);
	write_x2apic(vcpu, ICR, 1ULL << 32 | INIT | ASSERT_LEVEL | 0x8000);
	EXPECT_EQ(KVM_MP_STATE_INIT_RECEIVED, vcpu_mp_state(&vcpus[1]));
	EXPECT_EQ(0, lapic_reg(&vcpus[1], TPR));
	EXPECT_EQ(1 << 24, lapic_reg(&vcpus[1], ID));
	EXPECT_EQ(0, vcpu_reg(&vcpus[1], rbx));
}

VTX_TEST(startup_is_state)
{
	struct kvm_vcpu_events events;

	begin(2);
	guest_load_at(&guest, "lapic_started", START_PAGE << 12);
	vcpu_get_events(&vcpus[1], &events);
	events.flags = KVM_VCPUEVENT_VALID_SIPI_VECTOR;
	events.sipi_vector = START_PAGE;
	vcpu_set_events(&vcpus[1], &events);
	ASSERT_EQ(0, vcpu_set_mp_state(&vcpus[1], KVM_MP_STATE_SIPI_RECEIVED));
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vcpu_mp_state(&vcpus[1]));
	vcpu_must_happen(&vcpus[1], MODE_REAL, RESULT,
			 START_PAGE << 24 | 3, NULL);
}

/* A vCPU that waits in KVM_RUN is started by another. */
VTX_TEST(startup_wakes)
{
	struct runner runner;
	int round;

	begin(2);
	guest_load_at(&guest, "lapic_started", START_PAGE << 12);
	start_x2apic(vcpu);
	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, vcpu_set_mp_state(&vcpus[1],
					       KVM_MP_STATE_UNINITIALIZED));
		runner_start(&runner, &vcpus[1]);
		usleep(2000 * round);
		write_x2apic(vcpu, ICR, 1ULL << 32 | INIT | ASSERT_LEVEL);
		usleep(2000 * (round & 1));
		write_x2apic(vcpu, ICR, 1ULL << 32 | STARTUP | START_PAGE);
		runner_join(&runner);
		EXPECT_EQ(RESULT, runner.event.what);
		EXPECT_EQ(START_PAGE << 24 | 3, runner.event.value);
		vcpu_complete(&vcpus[1]);
	}
	/* From uninitialized it went back to user space once. */
	EXPECT_LE(1, runner.again);
}

/* ---- Between vCPUs ---- */

VTX_TEST(nmi_between_vcpus)
{
	begin(2);
	vcpu_start_steps(&vcpus[1]);
	start_x2apic(vcpu);
	write_x2apic(vcpu, ICR, 1ULL << 32 | NMI);
	vcpu_set_step(&vcpus[1], HALT, 0, 0);
	vcpu_must_happen(&vcpus[1], MODE_LONG, EXCEPTION, 2, NULL);
}

static void play_ping_pong(struct __test_metadata *_metadata, bool halt,
			   long rounds)
{
	struct runner runner[2];
	struct kvm_regs regs;
	int i;

	begin(2);
	for (i = 0; i < 2; i++) {
		lapic_set_reg(&vcpus[i], SVR, ENABLED);
		ASSERT_EQ(1, msr_set(&vcpus[i], APIC_BASE,
				     LAPIC_GPA | EN | EXTD));
		vcpu_start(&vcpus[i], "lapic_pong", MODE_LONG, 0);
		ASSERT_EQ(0, vcpu_set_mp_state(&vcpus[i], KVM_MP_STATE_RUNNABLE));
		vcpu_get_regs(&vcpus[i], &regs);
		regs.rdi = i;
		regs.rsi = halt;
		regs.r12 = rounds;
		regs.r14 = (__u64)!i << 32 | VECTOR;
		regs.r15 = COUNTERS + 64 * i;
		vcpu_set_regs(&vcpus[i], &regs);
	}
	guest_load_at(&guest, "lapic_handler", HANDLER);
	guest_set_gate(&guest, MODE_LONG, VECTOR, SEL_CODE64, HANDLER,
		       GATE_INT, 0);
	for (i = 0; i < 2; i++)
		runner_start(&runner[i], &vcpus[i]);
	for (i = 0; i < 2; i++) {
		runner_join(&runner[i]);
		EXPECT_EQ(RESULT, runner[i].event.what);
		EXPECT_EQ(rounds, runner[i].event.value);
		EXPECT_EQ(rounds, *guest_u64(&guest, COUNTERS + 64 * i));
	}
}

VTX_TEST(ping_pong_asleep)
{
	play_ping_pong(_metadata, true, vtx_number("ROUNDS", 500));
}

VTX_TEST(ping_pong_awake)
{
	play_ping_pong(_metadata, false, vtx_number("ROUNDS", 500));
}

VTX_TEST_MAIN
