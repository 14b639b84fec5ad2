// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: user space can stop a guest at breakpoints and after each
 * instruction, without the guest's noticing.
 */
#include <string.h>

#include "lib/event.h"
#include "lib/harness.h"
#include "lib/payload.h"

#define DONE		0x600d		/* of payload/guest_debug.S */
#define MODE		MODE_LONG
#define DR6		0xffff0ff0ULL
#define DR6_BD		BIT(13)
#define DR6_BS		BIT(14)
#define DR7		0x400ULL
#define DR7_GD		BIT(13)
#define BP		3
#define DB		1

#define SW_BP		(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP)
#define HW_BP		(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP)
#define STEP		(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP)

static struct guest guest;
static struct vcpu vcpu;

static void start(const char *payload, enum mode mode)
{
	if (!guest.memory) {
		guest_create(&guest);
		vcpu_create(&vcpu, &guest, 0);
	}
	vcpu_start(&vcpu, payload, mode, 0);
}

static int set_debug(const struct kvm_guest_debug *debug)
{
	return vtx_ioctl(vcpu.fd, KVM_SET_GUEST_DEBUG, (unsigned long)debug);
}

static void debug(__u32 control)
{
	const struct kvm_guest_debug debug = { .control = control };

	MUST(!set_debug(&debug));
}

static void hardware_breakpoint(int n, __u64 gva, __u64 dr7)
{
	struct kvm_guest_debug debug = { .control = HW_BP };

	debug.arch.debugreg[n] = gva;
	debug.arch.debugreg[7] = dr7;
	MUST(!set_debug(&debug));
}

/* The next exit is for the debugger; the guest is in 64-bit mode. */
static void stops(struct __test_metadata *_metadata, __u32 exception, __u64 pc,
		  __u64 dr6)
{
	const struct kvm_debug_exit_arch *seen = &vcpu.run->debug.arch;

	vcpu_must_happen(&vcpu, MODE, EXIT, KVM_EXIT_DEBUG, NULL);
	EXPECT_EQ(exception, seen->exception);
	EXPECT_EQ(pc, seen->pc);
	EXPECT_EQ(pc, vcpu_reg(&vcpu, rip));
	if (exception == DB)
		EXPECT_EQ(dr6, seen->dr6);
}

VTX_TEST(software_breakpoint)
{
	struct event event;

	start("stop_int3", MODE);
	debug(SW_BP);
	stops(_metadata, BP, GUEST_CODE + 1, 0);

	/* It was the guest's own: let the guest have it. */
	debug(SW_BP | KVM_GUESTDBG_INJECT_BP);
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, BP, &event);
	EXPECT_EQ(GUEST_CODE + 2, event.rip);
	EXPECT_EQ(0x333, vcpu_result(&vcpu, MODE));
}

/* The debugger's own: it puts back what was there. */
VTX_TEST(software_breakpoint_taken_away)
{
	struct event event;

	start("stop_int3", MODE);
	debug(SW_BP);
	stops(_metadata, BP, GUEST_CODE + 1, 0);
	*(unsigned char *)guest_at(&guest, GUEST_CODE + 1) = 0x90;
	EXPECT_EQ(0x333, vcpu_result(&vcpu, MODE));

	/* If nobody asked for it, it is the guest's. */
	debug(0);
	start("stop_int3", MODE);
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, BP, &event);
	EXPECT_EQ(GUEST_CODE + 2, event.rip);
	start("stop_int3", MODE);
	debug(STEP);
	stops(_metadata, DB, GUEST_CODE + 1, DR6 | DR6_BS);
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, BP, &event);
}

VTX_TEST(address_is_linear)
{
	start("stop_real", MODE_REAL);
	debug(SW_BP);
	vcpu_must_happen(&vcpu, MODE_REAL, EXIT, KVM_EXIT_DEBUG, NULL);
	EXPECT_EQ(GUEST_CODE + 1, vcpu.run->debug.arch.pc);
	EXPECT_EQ(1, vcpu_reg(&vcpu, rip));
}

VTX_TEST(hardware_breakpoints)
{
	int i;

	for (i = 0; i < 4; i++) {
		start("stop_places", MODE);
		hardware_breakpoint(i, GUEST_CODE + 1, DR7 | 2 << 2 * i);
		stops(_metadata, DB, GUEST_CODE + 1, DR6 | 1 << i);
		debug(0);
		EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
	}
}

VTX_TEST(watchpoints)
{
	int i;

	for (i = 0; i < 4; i++) {
		start("stop_places", MODE);
		/* A write of four bytes. */
		hardware_breakpoint(i, GUEST_DATA,
				    DR7 | 2 << 2 * i | 0xdULL << (16 + 4 * i));
		stops(_metadata, DB, GUEST_CODE + 13, DR6 | 1 << i);
		EXPECT_EQ(0x1234, *guest_u32(&guest, GUEST_DATA));
		*guest_u32(&guest, GUEST_DATA) = 0;
		EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
	}
	debug(0);
}

VTX_TEST(two_breakpoints)
{
	struct kvm_guest_debug both = {
		.control = HW_BP,
		.arch.debugreg[0] = GUEST_CODE + 8,
		.arch.debugreg[3] = GUEST_CODE + 18,
		.arch.debugreg[7] = DR7 | 2 << 0 | 2 << 6,
	};

	start("debug_steps", MODE);
	MUST(!set_debug(&both));
	stops(_metadata, DB, GUEST_CODE + 8, DR6 | 1 << 0);
	EXPECT_EQ(both.arch.debugreg[7],
		  vcpu.run->debug.arch.dr7 & 0xffff27ff);
	/* It is in front of the instruction: RF leads over it. */
	vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_RF);
	stops(_metadata, DB, GUEST_CODE + 18, DR6 | 1 << 3);
	debug(0);
	vcpu_result(&vcpu, MODE);
}

VTX_TEST(two_watchpoints)
{
	struct kvm_guest_debug both = {
		.control = HW_BP,
		.arch.debugreg[0] = GUEST_DATA + 0x100,
		.arch.debugreg[3] = GUEST_DATA,
		/* A write, and any access, of four bytes. */
		.arch.debugreg[7] = DR7 | 2 << 0 | 0xdULL << 16 |
				    2 << 6 | 0xfULL << 28,
	};

	start("debug_data", MODE);
	vcpu_set_reg(&vcpu, rsi, GUEST_DATA);
	vcpu_set_reg(&vcpu, rdi, GUEST_DATA + 0x100);
	MUST(!set_debug(&both));
	stops(_metadata, DB, GUEST_CODE + 2, DR6 | 1 << 3);
	stops(_metadata, DB, GUEST_CODE + 4, DR6 | 1 << 0);
	EXPECT_EQ(4, vcpu_result(&vcpu, MODE));
}

VTX_TEST(single_steps)
{
	/* Their lengths; SEEN is what user space sees of the instruction. */
	static const struct {
		int	length;
		int	seen;
	} steps[] = {
		{ 1 }, { 1 }, { 2 }, { 3 }, { 2 }, { 2 }, { 5 }, { 2 }, { 2 },
		{ 3 }, { 5 }, { 3 }, { 3 }, { 3 }, { 1 },
		{ 2, KVM_EXIT_IO }, { 1 }, { 1 }, { 5 },
	};
	unsigned int i;
	int anew;
	__u64 rip;

	/* Asked for at each step, or once. */
	for (anew = 1; anew >= 0; anew--) {
		start("stop_steps", MODE);
		debug(STEP);
		rip = GUEST_CODE;
		for (i = 0; i < ARRAY_SIZE(steps); i++) {
			if (anew)
				debug(STEP);
			if (steps[i].seen)
				vcpu_must_happen(&vcpu, MODE, EXIT,
						 steps[i].seen, NULL);
			rip += steps[i].length;
			stops(_metadata, DB, rip, DR6 | DR6_BS);
			EXPECT_EQ(0, vcpu_reg(&vcpu, rflags) & X86_EFLAGS_TF);
		}
		debug(0);
		EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
		EXPECT_EQ(0, vcpu_reg(&vcpu, rflags) & X86_EFLAGS_TF);
	}
}

/* A string instruction is stepped iteration by iteration. */
VTX_TEST(single_steps_of_a_string)
{
	struct kvm_regs regs;

	start("stop_string", MODE);
	vcpu_get_regs(&vcpu, &regs);
	regs.rsi = GUEST_DATA;
	regs.rdi = GUEST_DATA + 64;
	regs.rcx = 3;
	vcpu_set_regs(&vcpu, &regs);
	debug(STEP);
	stops(_metadata, DB, GUEST_CODE, DR6 | DR6_BS);
	EXPECT_EQ(2, vcpu_reg(&vcpu, rcx));
	stops(_metadata, DB, GUEST_CODE, DR6 | DR6_BS);
	stops(_metadata, DB, GUEST_CODE + 2, DR6 | DR6_BS);
	stops(_metadata, DB, GUEST_CODE + 3, DR6 | DR6_BS);
}

/* A halt is told before the step that ended in it. */
VTX_TEST(single_step_into_a_halt)
{
	if (!device_is_vtx())
		SKIP(return, "KVM forgets the step");
	start("stop_hlt", MODE);
	debug(STEP);
	stops(_metadata, DB, GUEST_CODE + 1, DR6 | DR6_BS);
	vcpu_must_happen(&vcpu, MODE, EXIT, KVM_EXIT_HLT, NULL);
	EXPECT_EQ(GUEST_CODE + 2, vcpu_reg(&vcpu, rip));
	stops(_metadata, DB, GUEST_CODE + 2, DR6 | DR6_BS);
	stops(_metadata, DB, GUEST_CODE + 3, DR6 | DR6_BS);
}

VTX_TEST(general_detect)
{
	start("stop_own", MODE);
	hardware_breakpoint(0, 0, DR7 | DR7_GD);
	stops(_metadata, DB, GUEST_CODE, DR6 | DR6_BD);
	EXPECT_EQ(DR7 | DR7_GD, vcpu.run->debug.arch.dr7);
	debug(0);
	EXPECT_EQ(0, vcpu_result(&vcpu, MODE));
}

/* While user space has the registers, the guest believes that it has them. */
VTX_TEST(guests_registers_are_its_own)
{
	const __u64 there = GUEST_CODE + 32;
	struct kvm_debugregs debugregs;
	struct event event;

	start("stop_own", MODE);
	vcpu_set_reg(&vcpu, rbx, there);
	hardware_breakpoint(1, GUEST_DATA, DR7 | 0xd0000c);
	EXPECT_EQ(there, vcpu_result(&vcpu, MODE));
	EXPECT_EQ(0x40c, vcpu_result(&vcpu, MODE));
	EXPECT_EQ(DR6, vcpu_result(&vcpu, MODE));
	vcpu_get_debugregs(&vcpu, &debugregs);
	EXPECT_EQ(there, debugregs.db[1]);
	EXPECT_EQ(0x40c, debugregs.dr7);
	/* Its breakpoint is not in effect. */
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));

	/* Afterwards it is. */
	debug(0);
	vcpu_set_reg(&vcpu, rip, there - 1);
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, DB, &event);
	EXPECT_EQ(there, event.rip);
	vcpu_get_debugregs(&vcpu, &debugregs);
	EXPECT_EQ(DR6 | 2, debugregs.dr6);
}

/* So do those that user space has set before. */
VTX_TEST(guests_registers_are_hidden)
{
	struct kvm_debugregs debugregs = {
		.db[0] = 0x123456, .dr6 = DR6, .dr7 = DR7 | 0xd0000,
	}, after;
	struct kvm_regs regs;

	start("debug_read_registers", MODE);
	vcpu_set_debugregs(&vcpu, &debugregs);
	hardware_breakpoint(0, GUEST_CODE + 3, DR7 | 2);
	stops(_metadata, DB, GUEST_CODE + 3, DR6 | 1);
	hardware_breakpoint(0, GUEST_CODE + 0x100, DR7 | 2);
	vcpu_result(&vcpu, MODE);
	vcpu_get_regs(&vcpu, &regs);
	EXPECT_EQ(debugregs.db[0], regs.rax);
	EXPECT_EQ(debugregs.dr7, regs.rbx);
	EXPECT_EQ(debugregs.dr6, regs.rcx);
	vcpu_get_debugregs(&vcpu, &after);
	EXPECT_EQ(0, memcmp(&debugregs, &after, sizeof(after)));
}

/* User space may hand the exception on, whether it debugs or not. */
VTX_TEST(injected_debug_exception)
{
	static const __u32 controls[] = {
		KVM_GUESTDBG_INJECT_DB,
		KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_INJECT_DB,
	};
	struct kvm_vcpu_events events;
	struct event event;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(controls); i++) {
		start("stop_places", MODE);
		debug(controls[i]);
		vcpu_get_events(&vcpu, &events);
		EXPECT_EQ(DB, events.exception.nr);
		EXPECT_EQ(-EBUSY, set_debug(&(struct kvm_guest_debug){
			.control = controls[i] }));
		vcpu_must_happen(&vcpu, MODE, EXCEPTION, DB, &event);
		EXPECT_EQ(GUEST_CODE, event.rip);
		EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
	}
}

VTX_TEST(errors)
{
	struct kvm_guest_debug bad = { .control = HW_BP };

	if (!device_is_vtx())
		SKIP(return, "KVM looks at none of this");
	start("stop_int3", MODE);
	EXPECT_EQ(-EINVAL, set_debug(&(struct kvm_guest_debug){
		.control = KVM_GUESTDBG_ENABLE | 0x80000000 }));
	EXPECT_EQ(-EINVAL, set_debug(&(struct kvm_guest_debug){
		.control = KVM_GUESTDBG_ENABLE | 4 }));
	bad.arch.debugreg[7] = BIT(32);
	EXPECT_EQ(-EINVAL, set_debug(&bad));
	EXPECT_EQ(-EFAULT, vtx_ioctl(vcpu.fd, KVM_SET_GUEST_DEBUG, 8));
}

VTX_TEST_MAIN
