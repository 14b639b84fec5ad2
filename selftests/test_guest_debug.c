// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: user space can stop a guest at breakpoints and after each
 * instruction, without the guest's noticing; and a guest can do the same to
 * itself.
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

static void stops(struct __test_metadata *_metadata, __u32 exception, __u64 pc,
		  __u64 dr6)
{
	const struct kvm_debug_exit_arch *seen = &vcpu.run->debug.arch;

	vcpu_must_happen(&vcpu, MODE, EXIT, KVM_EXIT_DEBUG, NULL);
	EXPECT_EQ(exception, seen->exception);
	EXPECT_EQ(pc, seen->pc);
	if (exception == DB)
		EXPECT_EQ(dr6, seen->dr6);
}

/* The guest gets a #DB of its own. */
static void traps(struct __test_metadata *_metadata, __u64 rip, __u64 dr6)
{
	struct kvm_debugregs debugregs;
	struct event event;

	vcpu_must_happen(&vcpu, MODE, EXCEPTION, DB, &event);
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

VTX_TEST(software_breakpoint)
{
	struct event event;

	start("stop_int3", MODE);
	debug(SW_BP);
	stops(_metadata, BP, GUEST_CODE + 1, 0);
	EXPECT_EQ(GUEST_CODE + 1, vcpu_reg(&vcpu, rip));

	/* It was the guest's own: let the guest have it. */
	debug(SW_BP | KVM_GUESTDBG_INJECT_BP);
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, BP, &event);
	EXPECT_EQ(GUEST_CODE + 2, event.rip);
	EXPECT_EQ(0x333, vcpu_result(&vcpu, MODE));
}

VTX_TEST(without_debugging_int3_is_the_guests)
{
	struct event event;

	start("stop_int3", MODE);
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, BP, &event);
	EXPECT_EQ(GUEST_CODE + 2, event.rip);
	EXPECT_EQ(0x333, vcpu_result(&vcpu, MODE));
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

VTX_TEST(single_steps)
{
	/* Their lengths; SEEN is what user space sees of the instruction. */
	static const struct {
		int	length;
		int	seen;
	} steps[] = {
		{ 1 }, { 1 }, { 2 }, { 2 }, { 5 }, { 2 }, { 2 },
		{ 3 }, { 5 }, { 3 }, { 3 }, { 3 }, { 1 },
		{ 2, KVM_EXIT_IO }, { 1 }, { 1 }, { 5 },
	};
	__u64 rip = GUEST_CODE;
	unsigned int i;

	start("stop_steps", MODE);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		debug(STEP);
		if (steps[i].seen)
			vcpu_must_happen(&vcpu, MODE, EXIT, steps[i].seen,
					 NULL);
		rip += steps[i].length;
		stops(_metadata, DB, rip, DR6 | DR6_BS);
		EXPECT_EQ(rip, vcpu_reg(&vcpu, rip));
		EXPECT_EQ(0, vcpu_reg(&vcpu, rflags) & X86_EFLAGS_TF);
	}
	debug(0);
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
	EXPECT_EQ(0, vcpu_reg(&vcpu, rflags) & X86_EFLAGS_TF);
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
	traps(_metadata, there, DR6 | 2);
}

VTX_TEST(breakpoint_of_the_guest)
{
	const __u64 there = GUEST_CODE + 32;
	struct kvm_debugregs debugregs;

	start("stop_own", MODE);
	vcpu_set_reg(&vcpu, rbx, there);
	EXPECT_EQ(there, vcpu_result(&vcpu, MODE));
	vcpu_get_debugregs(&vcpu, &debugregs);
	EXPECT_EQ(there, debugregs.db[1]);
	EXPECT_EQ(0x40c, debugregs.dr7);
	EXPECT_EQ(0x40c, vcpu_result(&vcpu, MODE));
	EXPECT_EQ(DR6, vcpu_result(&vcpu, MODE));
	traps(_metadata, there, DR6 | 2);

	/* What user space writes is in effect at once. */
	debugregs.dr7 = DR7;
	debugregs.dr6 = DR6;
	vcpu_set_debugregs(&vcpu, &debugregs);
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
}

/* The guest's own single steps do not end at instructions that exit. */
VTX_TEST(trap_flag_of_the_guest)
{
	const __u64 first = GUEST_CODE + 11;
	struct event event;

	start("stop_trap_flag", MODE);
	/* POPF itself does not trap, the instruction behind it does. */
	traps(_metadata, first + 2, DR6 | DR6_BS);
	clear_dr6();
	traps(_metadata, first + 4, DR6 | DR6_BS);
	clear_dr6();
	vcpu_must_happen(&vcpu, MODE, EXIT, KVM_EXIT_IO, NULL);
	traps(_metadata, first + 6, DR6 | DR6_BS);
	EXPECT_EQ(0, vcpu_reg(&vcpu, rflags) & X86_EFLAGS_TF);
	clear_dr6();
	traps(_metadata, first + 7, DR6 | DR6_BS);
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, DB, &event);
	EXPECT_EQ(X86_EFLAGS_TF, event.rflags & X86_EFLAGS_TF);
}

VTX_TEST(int1)
{
	start("stop_int1", MODE);
	traps(_metadata, GUEST_CODE + 2, DR6);
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
}

/* What the shadow of MOV SS has held up is not lost with an exit in it. */
VTX_TEST(watchpoint_in_a_shadow)
{
	struct kvm_debugregs debugregs;

	start("stop_mov_ss", MODE);
	*guest_u32(&guest, GUEST_DATA) = SEL_DATA;
	vcpu_get_debugregs(&vcpu, &debugregs);
	debugregs.db[0] = GUEST_DATA;
	debugregs.dr7 = DR7 | 0x70002;		/* two bytes, read or written */
	vcpu_set_debugregs(&vcpu, &debugregs);
	traps(_metadata, GUEST_CODE + 12, DR6 | 1);
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
}

VTX_TEST(injected_debug_exception)
{
	struct kvm_vcpu_events events;
	struct event event;

	start("stop_places", MODE);
	debug(KVM_GUESTDBG_INJECT_DB);
	vcpu_get_events(&vcpu, &events);
	EXPECT_EQ(DB, events.exception.nr);
	EXPECT_EQ(-EBUSY, set_debug(&(struct kvm_guest_debug){
		.control = KVM_GUESTDBG_INJECT_DB }));
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, DB, &event);
	EXPECT_EQ(GUEST_CODE, event.rip);
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
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
