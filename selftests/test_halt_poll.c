// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a halted vCPU looks for what ends its halt before it sleeps, if halts
 * are short and the module's parameters, user space and the guest let it; and
 * never longer than it is worth.
 */
#include "lib/event.h"
#include "lib/harness.h"

#define APIC_BASE	0x1b
#define POLL_CONTROL	0x4b564d05
#define SVR		0xf0
#define X2APIC		0xfee00d00

#define HANDLER		(GUEST_FREE + 0x8000)
#define COUNTER		(GUEST_FREE + 0x9000)

#define PARAMETERS	"/sys/module/vtx/parameters/"

/* Nanoseconds: met by looking, and not; how long to look at most. */
#define SHORT		300000
#define LONG		20000000
#define LIMIT		2000000
#define HALTS		30

static struct guest guest;
static struct vcpu vcpu;
static bool own_limit = true;

static int limit(__u64 ns)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_HALT_POLL, .args[0] = ns,
	};

	return vtx_ioctl(guest.fd, KVM_ENABLE_CAP, (unsigned long)&cap);
}

static void begin(void)
{
	struct kvm_lapic_state lapic;

	guest_create(&guest);
	/* Long enough for a slow kernel on a slow machine. */
	if (own_limit)
		MUST(!limit(LIMIT));
	MUST(!ioctl(guest.fd, KVM_CREATE_IRQCHIP, 0));
	vcpu_create(&vcpu, &guest, 0);
	MUST(!ioctl(vcpu.fd, KVM_GET_LAPIC, &lapic));
	*(__u32 *)(lapic.regs + SVR) = 0x1ff;
	MUST(!ioctl(vcpu.fd, KVM_SET_LAPIC, &lapic));
	MUST(msr_set(&vcpu, APIC_BASE, X2APIC) == 1);
	vcpu_start(&vcpu, "halt_timer", MODE_LONG, 0);
	guest_load_at(&guest, "lapic_handler", HANDLER);
	guest_set_gate(&guest, MODE_LONG, HALT_VECTOR, SEL_CODE64, HANDLER,
		       GATE_INT, 0);
}

/**
 * struct counts - what the vCPU has counted in some halts
 * @attempts: halts in which it looked
 * @successes: of these, those that ended so
 * @fail_ns: how long it looked in the others
 */
struct counts {
	__u64	attempts;
	__u64	successes;
	__u64	fail_ns;
};

static void halt(__u32 ns, struct counts *counts)
{
	struct kvm_regs regs;

	counts->attempts = vcpu_stat(&vcpu, "halt_attempted_poll");
	counts->successes = vcpu_stat(&vcpu, "halt_successful_poll");
	counts->fail_ns = vcpu_stat(&vcpu, "halt_poll_fail_ns");
	*guest_u64(&guest, COUNTER) = 0;
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rbx = ns;
	regs.r12 = HALTS;
	regs.r15 = COUNTER;
	vcpu_set_regs(&vcpu, &regs);
	MUST(vcpu_result(&vcpu, MODE_LONG) == HALTS);
	counts->attempts = vcpu_stat(&vcpu, "halt_attempted_poll") -
			   counts->attempts;
	counts->successes = vcpu_stat(&vcpu, "halt_successful_poll") -
			    counts->successes;
	counts->fail_ns = vcpu_stat(&vcpu, "halt_poll_fail_ns") -
			  counts->fail_ns;
}

VTX_TEST(short_halts)
{
	struct counts counts;

	begin();
	/* It begins with nothing, and soon has patience enough. */
	halt(SHORT, &counts);
	EXPECT_LE(HALTS / 2, counts.attempts);
	EXPECT_LE(HALTS / 3, counts.successes);
	EXPECT_GE(HALTS, counts.attempts);
}

VTX_TEST(long_halts)
{
	struct counts counts;

	begin();
	halt(SHORT, &counts);
	/* What patience there was is soon gone. */
	halt(LONG, &counts);
	EXPECT_GE(10, counts.attempts);
	EXPECT_GE(10 * LIMIT, counts.fail_ns);
	/* Nobody asked for it. */
	halt(LONG, &counts);
	EXPECT_EQ(0, counts.attempts);
}

VTX_TEST(limit_of_a_vm)
{
	struct counts counts;

	begin();
	EXPECT_EQ(1, guest_extension(&guest, KVM_CAP_HALT_POLL));
	ASSERT_EQ(0, limit(0));
	halt(SHORT, &counts);
	EXPECT_EQ(0, counts.attempts);
	/* Less than these halts are long: it is no use. */
	ASSERT_EQ(0, limit(SHORT / 10));
	halt(SHORT, &counts);
	EXPECT_EQ(0, counts.successes);
	ASSERT_EQ(0, limit(LIMIT));
	halt(SHORT, &counts);
	EXPECT_LE(HALTS / 3, counts.successes);
	EXPECT_EQ(-EINVAL, limit(1ULL << 32));
	EXPECT_EQ(0, limit(-1U));
}

/* What holds for VMs that have no limit of their own */
VTX_TEST(parameter)
{
	struct counts counts;
	char preset[16];

	if (!device_is_vtx())
		SKIP(return, "another module's parameters");
	MUST(file_read(PARAMETERS "halt_poll_ns", preset, sizeof(preset)) >= 0);
	EXPECT_LT(0, atol(preset));
	own_limit = false;
	begin();
	ASSERT_EQ(0, file_write(PARAMETERS "halt_poll_ns", "0"));
	halt(SHORT, &counts);
	EXPECT_EQ(0, counts.attempts);
	ASSERT_EQ(0, file_write(PARAMETERS "halt_poll_ns", "2000000"));
	halt(SHORT, &counts);
	EXPECT_LT(0, counts.attempts);
	ASSERT_EQ(0, file_write(PARAMETERS "halt_poll_ns", preset));
}

/* A guest that looks before it halts does not want its host to do so again. */
VTX_TEST(guest_looks_itself)
{
	struct counts counts;
	__u64 value;

	begin();
	EXPECT_EQ(1, msr_get(&vcpu, POLL_CONTROL, &value));
	EXPECT_EQ(1, value);
	EXPECT_EQ(0, msr_set(&vcpu, POLL_CONTROL, 2));
	ASSERT_EQ(1, msr_set(&vcpu, POLL_CONTROL, 0));
	halt(SHORT, &counts);
	EXPECT_EQ(0, counts.attempts);
	ASSERT_EQ(1, msr_set(&vcpu, POLL_CONTROL, 1));
	halt(SHORT, &counts);
	EXPECT_LT(0, counts.attempts);
}

VTX_TEST_MAIN
