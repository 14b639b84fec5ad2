// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: interrupts that user space injects, and NMIs, reach the guest at the
 * first moment at which the CPU would take them, and never at another.
 */
#include "lib/event.h"
#include "lib/harness.h"

#define VECTOR	0x50
#define NMI	2

static struct guest guest;
static struct vcpu vcpu;

static int interrupt(__u32 vector)
{
	struct kvm_interrupt irq = { .irq = vector };

	return vtx_ioctl(vcpu.fd, KVM_INTERRUPT, (unsigned long)&irq);
}

/* The next thing that happens is this vector, at this instruction. */
#define EXPECT_VECTOR(vector, at) do {					\
	struct event event_seen;					\
									\
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, vector, &event_seen); \
	EXPECT_EQ(at, event_seen.rip);					\
} while (0)

/* ---- The window ---- */

static const struct {
	const char	*payload;
	enum mode	mode;
} windows[] = {
	{ "window_sti", MODE_LONG },
	{ "window_mov_ss", MODE_LONG },
	{ "window_popf", MODE_LONG },
	{ "window_real", MODE_REAL },
};

/* The exit comes at the first instruction before which there may be one. */
VTX_TEST(window)
{
	struct event event;
	unsigned int i;
	enum mode mode;

	guest_begin(&guest, &vcpu, "window_sti");
	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		mode = windows[i].mode;
		vcpu_start(&vcpu, windows[i].payload, mode, 0);
		vcpu_must_happen(&vcpu, mode, RESULT, 1, NULL);
		EXPECT_EQ(0, vcpu.run->if_flag);
		EXPECT_EQ(0, vcpu.run->ready_for_interrupt_injection);

		vcpu.run->request_interrupt_window = 1;
		vcpu_must_happen(&vcpu, mode, EXIT, KVM_EXIT_IRQ_WINDOW_OPEN,
				 NULL);
		vcpu.run->request_interrupt_window = 0;
		EXPECT_EQ(1, vcpu.run->if_flag);
		EXPECT_EQ(1, vcpu.run->ready_for_interrupt_injection);
		EXPECT_EQ(vcpu_reg(&vcpu, rbx), vcpu_reg(&vcpu, rip))
			TH_LOG("%s", windows[i].payload);

		ASSERT_EQ(0, interrupt(VECTOR));
		vcpu_must_happen(&vcpu, mode, EXCEPTION, VECTOR, &event);
		EXPECT_EQ(vcpu_reg(&vcpu, rbx), event.rip);
		EXPECT_EQ(0, vcpu.run->if_flag);
		EXPECT_EQ(0, vcpu.run->ready_for_interrupt_injection);
		vcpu_must_happen(&vcpu, mode, RESULT, 2, NULL);
		EXPECT_EQ(1, vcpu.run->if_flag);
	}
}

/* It is open already: the guest does not run at all. */
VTX_TEST(window_is_open)
{
	__u64 rip;

	guest_begin(&guest, &vcpu, "nops");
	vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	rip = vcpu_reg(&vcpu, rip);
	vcpu.run->request_interrupt_window = 1;
	vcpu_must_happen(&vcpu, MODE_LONG, EXIT, KVM_EXIT_IRQ_WINDOW_OPEN,
			 NULL);
	EXPECT_EQ(rip, vcpu_reg(&vcpu, rip));
	ASSERT_EQ(0, interrupt(VECTOR));
	/* In the handler it is closed, so the request stays without effect. */
	EXPECT_VECTOR(VECTOR, rip);
	/* Behind its IRET it is open again. */
	vcpu_must_happen(&vcpu, MODE_LONG, EXIT, KVM_EXIT_IRQ_WINDOW_OPEN,
			 NULL);
	EXPECT_EQ(rip, vcpu_reg(&vcpu, rip));
	vcpu.run->request_interrupt_window = 0;
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
}

VTX_TEST(vectors)
{
	__u64 rip;
	int vector;

	guest_begin(&guest, &vcpu, "nops");
	for (vector = 32; vector < 256; vector++) {
		vcpu_set_mode(&vcpu, MODE_LONG, vector & 1 ? 3 : 0);
		vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF |
					    X86_EFLAGS_IOPL);
		rip = vcpu_reg(&vcpu, rip);
		ASSERT_EQ(0, interrupt(vector));
		EXPECT_VECTOR(vector, rip);
		EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	}
	EXPECT_EQ(-EINVAL, interrupt(256));
	EXPECT_EQ(-EINVAL, interrupt(0xffffffff));
	EXPECT_EQ(-EFAULT, vtx_ioctl(vcpu.fd, KVM_INTERRUPT, 8));
}

/* What is injected and not yet delivered can be seen, and moved elsewhere. */
VTX_TEST(pending_is_state)
{
	struct kvm_sregs sregs, again;
	struct kvm_vcpu_events events;
	struct vcpu other;

	guest_begin(&guest, &vcpu, "nops");
	vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	ASSERT_EQ(0, interrupt(VECTOR));
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(1ULL << VECTOR % 64, sregs.interrupt_bitmap[VECTOR / 64]);
	vcpu_get_events(&vcpu, &events);
	EXPECT_EQ(1, events.interrupt.injected);
	EXPECT_EQ(VECTOR, events.interrupt.nr);
	EXPECT_EQ(0, events.interrupt.soft);
	EXPECT_VECTOR(VECTOR, GUEST_CODE);
	vcpu_get_sregs(&vcpu, &again);
	EXPECT_EQ(0, again.interrupt_bitmap[VECTOR / 64]);
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));

	vcpu_create(&other, &guest, 1);
	vcpu_set_mode(&other, MODE_LONG, 0);
	vcpu_set_reg(&other, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	vcpu_set_sregs(&other, &sregs);
	vcpu_must_happen(&other, MODE_LONG, EXCEPTION, VECTOR, NULL);
	EXPECT_EQ(2, vcpu_result(&other, MODE_LONG));

	vcpu_set_mode(&other, MODE_LONG, 0);
	vcpu_set_reg(&other, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	vcpu_set_events(&other, &events);
	vcpu_must_happen(&other, MODE_LONG, EXCEPTION, VECTOR, NULL);
	EXPECT_EQ(2, vcpu_result(&other, MODE_LONG));
}

/* ---- HLT ---- */

VTX_TEST(halt)
{
	guest_begin(&guest, &vcpu, "halt_sti");
	vcpu_must_happen(&vcpu, MODE_LONG, EXIT, KVM_EXIT_HLT, NULL);
	EXPECT_EQ(1, vcpu.run->if_flag);
	EXPECT_EQ(1, vcpu.run->ready_for_interrupt_injection);
	ASSERT_EQ(0, interrupt(VECTOR));
	EXPECT_VECTOR(VECTOR, vcpu_reg(&vcpu, rbx));
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));

	/* Also by an NMI. */
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_must_happen(&vcpu, MODE_LONG, EXIT, KVM_EXIT_HLT, NULL);
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
	EXPECT_VECTOR(NMI, vcpu_reg(&vcpu, rbx));
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
}

/* ---- NMI ---- */

/* It comes whatever IF is. */
VTX_TEST(nmi)
{
	guest_begin(&guest, &vcpu, "nops");
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
	EXPECT_VECTOR(NMI, GUEST_CODE);
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));

	vcpu_set_mode(&vcpu, MODE_LONG, 3);
	vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF |
				    X86_EFLAGS_IOPL);
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
	EXPECT_VECTOR(NMI, GUEST_CODE);
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
}

/* In its handler there is no other; one is remembered until IRET. */
VTX_TEST(nmi_blocks)
{
	struct kvm_vcpu_events events;

	guest_begin(&guest, &vcpu, "nops");
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
	EXPECT_VECTOR(NMI, GUEST_CODE);
	vcpu_get_events(&vcpu, &events);
	EXPECT_EQ(1, events.nmi.masked);
	EXPECT_EQ(0, events.nmi.pending);

	/* Whatever is more than one is one. */
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
	vcpu_get_events(&vcpu, &events);
	EXPECT_EQ(1, events.nmi.masked);
	EXPECT_EQ(1, events.nmi.pending);
	EXPECT_VECTOR(NMI, GUEST_CODE);
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	vcpu_get_events(&vcpu, &events);
	EXPECT_EQ(0, events.nmi.masked);
	EXPECT_EQ(0, events.nmi.pending);
}

/* NMI blocking as state that user space sets. */
VTX_TEST(nmi_mask_is_state)
{
	struct kvm_vcpu_events events;

	guest_begin(&guest, &vcpu, "nops");
	vcpu_get_events(&vcpu, &events);
	events.nmi.masked = 1;
	vcpu_set_events(&vcpu, &events);
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	vcpu_complete(&vcpu);
	vcpu_get_events(&vcpu, &events);
	EXPECT_EQ(1, events.nmi.masked);
	EXPECT_EQ(1, events.nmi.pending);

	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	events.nmi.masked = 0;
	events.flags |= KVM_VCPUEVENT_VALID_NMI_PENDING;
	vcpu_set_events(&vcpu, &events);
	EXPECT_VECTOR(NMI, GUEST_CODE);
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
}

/*
 * The IRET that ends the block of NMIs finds its stack unmapped and is done
 * again: the block must last until it has succeeded.
 */
VTX_TEST(nmi_iret_faults)
{
	int round;

	guest_begin(&guest, &vcpu, "nops");
	for (round = 0; round < 3; round++) {
		vcpu_set_mode(&vcpu, MODE_LONG, 0);
		ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
		EXPECT_VECTOR(NMI, GUEST_CODE);
		ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
		guest_unmap(&guest);
		EXPECT_VECTOR(NMI, GUEST_CODE);
		guest_unmap(&guest);
		EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	}
}

/* The delivery finds IDT, stack and handler unmapped, and begins anew. */
VTX_TEST(delivery_faults)
{
	int round;

	guest_begin(&guest, &vcpu, "nops");
	for (round = 0; round < 3; round++) {
		vcpu_set_mode(&vcpu, MODE_LONG, round == 1 ? 3 : 0);
		vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF |
					    X86_EFLAGS_IOPL);
		guest_unmap(&guest);
		ASSERT_EQ(0, interrupt(VECTOR));
		EXPECT_VECTOR(VECTOR, GUEST_CODE);
		EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));

		vcpu_set_mode(&vcpu, MODE_LONG, round == 1 ? 3 : 0);
		guest_unmap(&guest);
		ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
		EXPECT_VECTOR(NMI, GUEST_CODE);
		EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	}
}

/* ---- The shadow of STI and MOV SS ---- */

VTX_TEST(shadow_is_state)
{
	static const struct {
		int shadow;
		bool nmi_waits;
	} rows[] = {
		{ 0, false },
		{ KVM_X86_SHADOW_INT_MOV_SS, true },
	};
	struct kvm_vcpu_events events;
	unsigned int i;

	guest_begin(&guest, &vcpu, "nops");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vcpu_set_mode(&vcpu, MODE_LONG, 0);
		vcpu_get_events(&vcpu, &events);
		events.interrupt.shadow = rows[i].shadow;
		events.flags |= KVM_VCPUEVENT_VALID_SHADOW;
		vcpu_set_events(&vcpu, &events);
		vcpu_get_events(&vcpu, &events);
		EXPECT_EQ(rows[i].shadow, events.interrupt.shadow);
		ASSERT_EQ(0, ioctl(vcpu.fd, KVM_NMI, 0));
		EXPECT_VECTOR(NMI, GUEST_CODE + rows[i].nmi_waits);
		EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	}

	/* The window opens one instruction later too. */
	for (i = 0; i < 3; i++) {
		static const int shadows[] = {
			0, KVM_X86_SHADOW_INT_MOV_SS, KVM_X86_SHADOW_INT_STI,
		};

		vcpu_set_mode(&vcpu, MODE_LONG, 0);
		vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
		vcpu_get_events(&vcpu, &events);
		events.interrupt.shadow = shadows[i];
		events.flags |= KVM_VCPUEVENT_VALID_SHADOW;
		vcpu_set_events(&vcpu, &events);
		vcpu.run->request_interrupt_window = 1;
		vcpu_must_happen(&vcpu, MODE_LONG, EXIT,
				 KVM_EXIT_IRQ_WINDOW_OPEN, NULL);
		vcpu.run->request_interrupt_window = 0;
		EXPECT_EQ(GUEST_CODE + !!shadows[i], vcpu_reg(&vcpu, rip));
		EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	}
}

/* ---- The host's own ---- */

/* Interrupts of the host are none of the guest's business. */
VTX_TEST(host_interrupts)
{
	__u32 turns = vtx_number("TURNS", 5000000);

	guest_begin(&guest, &vcpu, "spin");
	vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	vcpu_set_reg(&vcpu, rdi, turns);
	EXPECT_EQ(turns, vcpu_result(&vcpu, MODE_LONG));
}

VTX_TEST_MAIN
