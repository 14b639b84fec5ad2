// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: user space can step through a guest and stop it at breakpoints,
 * without the guest's noticing; and a guest can do the same to itself.
 */
#include "lib/event.h"
#include "lib/harness.h"

#define DB	1
#define BP	3

#define DR6_B0	BIT(0)
#define DR6_B3	BIT(3)
#define DR6_BS	BIT(14)
#define DR7_BASE	0x400
#define DR7_ENABLE(n)	(2UL << (2 * (n)))
#define DR7_KIND(n, rw, len)	\
	((__u64)((rw) | ((len) - 1) << 2) << (16 + 4 * (n)))
#define ON_WRITE	1
#define ON_ACCESS	3

/* Where the instructions of debug_steps are, in the order of execution. */
static const int steps[] = { 1, 3, 5, 8, 9, 10, 12, 15, 18, 20 };

static struct guest guest;
static struct vcpu vcpu;

static void begin(const char *payload)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	vcpu_start(&vcpu, payload, MODE_LONG, 0);
}

static void set_debug(__u32 control, __u64 dr0, __u64 dr3, __u64 dr7)
{
	struct kvm_guest_debug debug = {
		.control = control,
		.arch.debugreg[0] = dr0,
		.arch.debugreg[3] = dr3,
		.arch.debugreg[7] = dr7,
	};

	MUST(!ioctl(vcpu.fd, KVM_SET_GUEST_DEBUG, &debug));
}

/* The next exit is for the debugger, at GUEST_CODE + offset. */
#define EXPECT_DEBUG(vector, offset, dr6_bits) do {			\
	const struct kvm_debug_exit_arch *seen = &vcpu.run->debug.arch;	\
									\
	vcpu_must_happen(&vcpu, MODE_LONG, EXIT, KVM_EXIT_DEBUG, NULL);	\
	EXPECT_EQ(vector, seen->exception);				\
	EXPECT_EQ(GUEST_CODE + (offset), seen->pc);			\
	EXPECT_EQ(GUEST_CODE + (offset), vcpu_reg(&vcpu, rip));		\
	if ((vector) == DB)						\
		EXPECT_EQ(dr6_bits, seen->dr6 & 0x600f);		\
} while (0)

/* ---- By user space ---- */

VTX_TEST(single_step)
{
	unsigned int i;

	begin("debug_steps");
	set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP, 0, 0, 0);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		EXPECT_DEBUG(DB, steps[i], DR6_BS);
		EXPECT_FALSE(vcpu_reg(&vcpu, rflags) & X86_EFLAGS_TF);
	}
	/* First the OUT, then the step behind it. */
	vcpu_result(&vcpu, MODE_LONG);
	EXPECT_DEBUG(DB, 22, DR6_BS);
	EXPECT_DEBUG(DB, 23, DR6_BS);

	/* Off: nothing more. */
	set_debug(0, 0, 0, 0);
	vcpu_result(&vcpu, MODE_LONG);
	EXPECT_EQ(GUEST_CODE + 24, vcpu_reg(&vcpu, rip));
}

/* A string instruction is stepped iteration by iteration. */
VTX_TEST(single_step_rep)
{
	struct kvm_regs regs;

	begin("debug_rep");
	vcpu_get_regs(&vcpu, &regs);
	regs.rsi = GUEST_DATA;
	regs.rdi = GUEST_DATA + 64;
	regs.rcx = 3;
	vcpu_set_regs(&vcpu, &regs);
	set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP, 0, 0, 0);
	EXPECT_DEBUG(DB, 0, DR6_BS);
	EXPECT_EQ(2, vcpu_reg(&vcpu, rcx));
	EXPECT_DEBUG(DB, 0, DR6_BS);
	EXPECT_DEBUG(DB, 2, DR6_BS);
	EXPECT_DEBUG(DB, 3, DR6_BS);
}

VTX_TEST(software_breakpoint)
{
	struct event event;

	begin("debug_int3");
	set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP, 0, 0, 0);
	EXPECT_DEBUG(BP, 1, 0);
	/* The debugger puts back what was there. */
	*(unsigned char *)guest_at(&guest, GUEST_CODE + 1) = 0x90;
	EXPECT_EQ(3, vcpu_result(&vcpu, MODE_LONG));

	/* If nobody asked for it, it is the guest's own. */
	set_debug(0, 0, 0, 0);
	vcpu_start(&vcpu, "debug_int3", MODE_LONG, 0);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, BP, &event);
	EXPECT_EQ(GUEST_CODE + 2, event.rip);
	vcpu_start(&vcpu, "debug_int3", MODE_LONG, 0);
	set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP, 0, 0, 0);
	EXPECT_DEBUG(DB, 1, DR6_BS);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, BP, &event);
}

VTX_TEST(hardware_breakpoint)
{
	begin("debug_steps");
	set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP, GUEST_CODE + 8,
		  GUEST_CODE + 18, DR7_BASE | DR7_ENABLE(0) | DR7_ENABLE(3));
	EXPECT_DEBUG(DB, 8, DR6_B0);
	EXPECT_EQ(DR7_BASE | DR7_ENABLE(0) | DR7_ENABLE(3),
		  vcpu.run->debug.arch.dr7 & 0xffff27ff);
	/* It is in front of the instruction: RF leads over it. */
	vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_RF);
	EXPECT_DEBUG(DB, 18, DR6_B3);
	set_debug(0, 0, 0, 0);
	vcpu_result(&vcpu, MODE_LONG);
}

VTX_TEST(hardware_watchpoint)
{
	begin("debug_data");
	vcpu_set_reg(&vcpu, rsi, GUEST_DATA);
	vcpu_set_reg(&vcpu, rdi, GUEST_DATA + 0x100);
	set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
		  GUEST_DATA + 0x100, GUEST_DATA,
		  DR7_BASE | DR7_ENABLE(0) | DR7_KIND(0, ON_WRITE, 4) |
		  DR7_ENABLE(3) | DR7_KIND(3, ON_ACCESS, 4));
	EXPECT_DEBUG(DB, 2, DR6_B3);
	EXPECT_DEBUG(DB, 4, DR6_B0);
	EXPECT_EQ(4, vcpu_result(&vcpu, MODE_LONG));
}

/* The guest's registers are its own, whatever the debugger uses meanwhile. */
VTX_TEST(registers_are_hidden)
{
	struct kvm_debugregs debugregs = {
		.db[0] = 0x123456, .dr6 = 0xffff0ff0,
		.dr7 = DR7_BASE | DR7_KIND(0, ON_WRITE, 4),
	}, after;
	struct kvm_regs regs;

	begin("debug_read_registers");
	vcpu_set_debugregs(&vcpu, &debugregs);
	set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
		  GUEST_CODE + 3, 0, DR7_BASE | DR7_ENABLE(0));
	EXPECT_DEBUG(DB, 3, DR6_B0);
	set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
		  GUEST_CODE + 0x100, 0, DR7_BASE | DR7_ENABLE(0));
	vcpu_result(&vcpu, MODE_LONG);
	vcpu_get_regs(&vcpu, &regs);
	EXPECT_EQ(debugregs.db[0], regs.rax);
	EXPECT_EQ(debugregs.dr7, regs.rbx);
	EXPECT_EQ(debugregs.dr6, regs.rcx);
	vcpu_get_debugregs(&vcpu, &after);
	EXPECT_EQ(0, memcmp(&debugregs, &after, sizeof(after)));
}

/* User space may hand the exception on. */
VTX_TEST(inject)
{
	begin("debug_int3");
	*(unsigned char *)guest_at(&guest, GUEST_CODE + 1) = 0x90;
	set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_INJECT_DB, 0, 0, 0);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, NULL);
	EXPECT_EQ(3, vcpu_result(&vcpu, MODE_LONG));
}

/* ---- By the guest ---- */

/* TF: a trap behind each instruction, also behind those that exit. */
VTX_TEST(trap_flag)
{
	struct kvm_debugregs debugregs = { .dr6 = 0xffff0ff0, .dr7 = DR7_BASE };
	struct event event;
	unsigned int i;
	int ring;

	begin("debug_steps");
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
			EXPECT_EQ(0xffff0ff0 | DR6_BS, debugregs.dr6);
			debugregs.dr6 = 0xffff0ff0;
		}
		if (ring == 3)
			break;
		vcpu_result(&vcpu, MODE_LONG);
		vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
		EXPECT_EQ(GUEST_CODE + 22, event.rip);
	}
}

/* As a handler must do, so that its IRET leads over the instruction. */
static void resume(const struct event *event)
{
	*guest_u64(&guest, event->frame + 16) = event->rflags | X86_EFLAGS_RF;
}

VTX_TEST(own_breakpoint)
{
	struct kvm_debugregs debugregs = {
		.db = { GUEST_CODE + 8, 0, 0, GUEST_CODE + 18 },
		.dr6 = 0xffff0ff0,
		.dr7 = DR7_BASE | DR7_ENABLE(0) | DR7_ENABLE(3),
	}, after;
	struct event event;

	begin("debug_steps");
	vcpu_set_debugregs(&vcpu, &debugregs);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(GUEST_CODE + 8, event.rip);
	vcpu_get_debugregs(&vcpu, &after);
	EXPECT_EQ(0xffff0ff0 | DR6_B0, after.dr6);
	resume(&event);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(GUEST_CODE + 18, event.rip);
	resume(&event);
	vcpu_result(&vcpu, MODE_LONG);
}

VTX_TEST(own_watchpoint)
{
	struct kvm_debugregs debugregs = {
		.db = { GUEST_DATA + 0x100, 0, 0, GUEST_DATA },
		.dr6 = 0xffff0ff0,
		.dr7 = DR7_BASE | DR7_ENABLE(0) | DR7_KIND(0, ON_WRITE, 4) |
		       DR7_ENABLE(3) | DR7_KIND(3, ON_ACCESS, 4),
	};
	struct event event;

	begin("debug_data");
	vcpu_set_reg(&vcpu, rsi, GUEST_DATA);
	vcpu_set_reg(&vcpu, rdi, GUEST_DATA + 0x100);
	vcpu_set_debugregs(&vcpu, &debugregs);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(GUEST_CODE + 2, event.rip);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, DB, &event);
	EXPECT_EQ(GUEST_CODE + 4, event.rip);
	EXPECT_EQ(4, vcpu_result(&vcpu, MODE_LONG));
}

/* Two vCPUs of one thread, each with its own; the host has none. */
VTX_TEST(own_of_two)
{
	struct kvm_debugregs debugregs = {
		.db = { 0x1000 }, .dr6 = 0xffff0ff0, .dr7 = DR7_BASE,
	}, seen;
	struct vcpu other;
	int round;

	begin("debug_read_registers");
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
