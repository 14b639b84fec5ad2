// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a guest can step through itself and stop itself at breakpoints, as
 * on the bare CPU.
 */
#include "lib/event.h"
#include "lib/harness.h"

#define DONE		0x600d		/* of payload/debug.S */
#define DR6		0xffff0ff0ULL
#define DR6_BS		BIT(14)
#define DR7		0x400ULL
#define BP		3
#define DB		1

/* Where the instructions of debug_steps are, in the order of execution. */
static const int steps[] = { 1, 3, 5, 8, 9, 10, 12, 15, 18, 20 };

static struct guest guest;
static struct vcpu vcpu;

/* The guest gets #DB. */
static void traps(struct __test_metadata *_metadata, __u64 rip, __u64 dr6)
{
	struct kvm_debugregs debugregs;
	struct event event;

	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(rip, event.rip);
	vcpu_get_debugregs(&vcpu, &debugregs);
	EXPECT_EQ(dr6, debugregs.dr6);
}

static void clear_dr6(void)
{
	struct kvm_debugregs debugregs;

	vcpu_get_debugregs(&vcpu, &debugregs);
	debugregs.dr6 = DR6;
	vcpu_set_debugregs(&vcpu, &debugregs);
}

/* ---- Single steps ---- */

/* TF: a trap behind each instruction, also behind those that exit. */
VTX_TEST(trap_flag)
{
	struct kvm_debugregs debugregs = { .dr6 = DR6, .dr7 = DR7 };
	struct event event;
	unsigned int i;
	int ring;

	guest_begin(&guest, &vcpu, "debug_steps");
	for (ring = 0; ring <= 3; ring += 3) {
		vcpu_set_mode(&vcpu, MODE_LONG, ring);
		vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_TF |
					    X86_EFLAGS_IOPL);
		for (i = 0; i < ARRAY_SIZE(steps); i++) {
			/* Reading CR0 is not for ring 3. */
			if (ring == 3 && steps[i] > 12)
				break;
			vcpu_set_debugregs(&vcpu, &debugregs);
			vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB,
					 &event);
			EXPECT_EQ(GUEST_CODE + steps[i], event.rip)
				TH_LOG("ring %d", ring);
			EXPECT_TRUE(event.rflags & X86_EFLAGS_TF);
			vcpu_get_debugregs(&vcpu, &debugregs);
			EXPECT_EQ(DR6 | DR6_BS, debugregs.dr6);
			debugregs.dr6 = DR6;
		}
		if (ring == 3)
			break;
		vcpu_result(&vcpu, MODE_LONG);
		vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
		EXPECT_EQ(GUEST_CODE + 22, event.rip);
	}
}

/* Set by the guest.  Its steps do not end at instructions that exit. */
VTX_TEST(trap_flag_by_popf)
{
	const __u64 first = GUEST_CODE + 11;
	struct event event;

	guest_begin(&guest, &vcpu, "debug_trap_flag");
	/* POPF itself does not trap, the instruction behind it does. */
	traps(_metadata, first + 2, DR6 | DR6_BS);
	clear_dr6();
	traps(_metadata, first + 4, DR6 | DR6_BS);
	clear_dr6();
	vcpu_must_happen(&vcpu, MODE_LONG, EXIT, KVM_EXIT_IO, NULL);
	traps(_metadata, first + 6, DR6 | DR6_BS);
	EXPECT_EQ(0, vcpu_reg(&vcpu, rflags) & X86_EFLAGS_TF);
	clear_dr6();
	traps(_metadata, first + 7, DR6 | DR6_BS);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(X86_EFLAGS_TF, event.rflags & X86_EFLAGS_TF);
}

/* ---- Breakpoints and watchpoints ---- */

VTX_TEST(int3)
{
	struct event event;

	guest_begin(&guest, &vcpu, "stop_int3");
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, BP, &event);
	EXPECT_EQ(GUEST_CODE + 2, event.rip);
	EXPECT_EQ(0x333, vcpu_result(&vcpu, MODE_LONG));
}

VTX_TEST(int1)
{
	guest_begin(&guest, &vcpu, "debug_int1");
	traps(_metadata, GUEST_CODE + 2, DR6);
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE_LONG));
}

/* As a handler must do, so that its IRET leads over the instruction. */
static void resume(const struct event *event)
{
	*guest_u64(&guest, event->frame + 16) = event->rflags | X86_EFLAGS_RF;
}

VTX_TEST(breakpoints)
{
	struct kvm_debugregs debugregs = {
		.db = { GUEST_CODE + 8, 0, 0, GUEST_CODE + 18 },
		.dr6 = DR6,
		.dr7 = DR7 | 2 << 0 | 2 << 6,
	}, after;
	struct event event;

	guest_begin(&guest, &vcpu, "debug_steps");
	vcpu_set_debugregs(&vcpu, &debugregs);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(GUEST_CODE + 8, event.rip);
	vcpu_get_debugregs(&vcpu, &after);
	EXPECT_EQ(DR6 | 1 << 0, after.dr6);
	resume(&event);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(GUEST_CODE + 18, event.rip);
	resume(&event);
	vcpu_result(&vcpu, MODE_LONG);
}

/* Set by the guest, which reads back what it wrote. */
VTX_TEST(breakpoint_by_mov)
{
	const __u64 there = GUEST_CODE + 32;
	struct kvm_debugregs debugregs;

	guest_begin(&guest, &vcpu, "stop_own");
	vcpu_set_reg(&vcpu, rbx, there);
	EXPECT_EQ(there, vcpu_result(&vcpu, MODE_LONG));
	vcpu_get_debugregs(&vcpu, &debugregs);
	EXPECT_EQ(there, debugregs.db[1]);
	EXPECT_EQ(0x40c, debugregs.dr7);
	EXPECT_EQ(0x40c, vcpu_result(&vcpu, MODE_LONG));
	EXPECT_EQ(DR6, vcpu_result(&vcpu, MODE_LONG));
	traps(_metadata, there, DR6 | 2);

	/* What user space writes is in effect at once. */
	debugregs.dr7 = DR7;
	debugregs.dr6 = DR6;
	vcpu_set_debugregs(&vcpu, &debugregs);
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE_LONG));
}

VTX_TEST(watchpoints)
{
	struct kvm_debugregs debugregs = {
		.db = { GUEST_DATA + 0x100, 0, 0, GUEST_DATA },
		.dr6 = DR6,
		/* A write, and any access, of four bytes. */
		.dr7 = DR7 | 2 << 0 | 0xdULL << 16 | 2 << 6 | 0xfULL << 28,
	};
	struct event event;

	guest_begin(&guest, &vcpu, "debug_data");
	vcpu_set_reg(&vcpu, rsi, GUEST_DATA);
	vcpu_set_reg(&vcpu, rdi, GUEST_DATA + 0x100);
	vcpu_set_debugregs(&vcpu, &debugregs);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(GUEST_CODE + 2, event.rip);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(GUEST_CODE + 4, event.rip);
	EXPECT_EQ(4, vcpu_result(&vcpu, MODE_LONG));
}

/* What the shadow of MOV SS has held up is not lost with an exit in it. */
VTX_TEST(watchpoint_in_a_shadow)
{
	struct kvm_debugregs debugregs;

	guest_begin(&guest, &vcpu, "debug_mov_ss");
	*guest_u32(&guest, GUEST_DATA) = SEL_DATA;
	vcpu_get_debugregs(&vcpu, &debugregs);
	debugregs.db[0] = GUEST_DATA;
	debugregs.dr7 = DR7 | 0x70002;		/* two bytes, read or written */
	vcpu_set_debugregs(&vcpu, &debugregs);
	traps(_metadata, GUEST_CODE + 12, DR6 | 1);
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE_LONG));
}

/* ---- The registers ---- */

/* Two vCPUs of one thread, each with its own; the host has none. */
VTX_TEST(registers_of_two)
{
	struct kvm_debugregs debugregs = {
		.db = { 0x1000 }, .dr6 = DR6, .dr7 = DR7,
	}, seen;
	struct vcpu other;
	int round;

	guest_begin(&guest, &vcpu, "debug_read_registers");
	vcpu_create(&other, &guest, 1);
	vcpu_set_debugregs(&vcpu, &debugregs);
	debugregs.db[0] = 0x2000;
	vcpu_set_debugregs(&other, &debugregs);
	for (round = 0; round < 10; round++) {
		vcpu_set_mode(&vcpu, MODE_LONG, 0);
		vcpu_set_mode(&other, MODE_LONG, 0);
		EXPECT_EQ(0x1000, vcpu_result(&vcpu, MODE_LONG));
		EXPECT_EQ(0x2000, vcpu_result(&other, MODE_LONG));
	}
	vcpu_get_debugregs(&vcpu, &seen);
	EXPECT_EQ(0x1000, seen.db[0]);
}

VTX_TEST_MAIN
