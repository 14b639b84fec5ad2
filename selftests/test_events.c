// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: what is on its way into a vCPU can be read and set; what no CPU can
 * have is refused; and user space can make machine checks.
 */
#include "lib/event.h"
#include "lib/harness.h"

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

/* An ioctl that must fail with this errno. */
#define EXPECT_ERRNO(error, cmd, arg)					\
do {									\
	EXPECT_EQ(-1, ioctl(vcpu.fd, cmd, arg));			\
	EXPECT_EQ(error, errno);					\
} while (0)

VTX_TEST(events_round_trip)
{
	struct kvm_vcpu_events set, got;

	begin();
	vcpu_get_events(&vcpu, &set);
	set.exception.injected = 1;
	set.exception.nr = 13;
	set.exception.has_error_code = 1;
	set.exception.error_code = 0x18;
	set.interrupt.injected = 1;
	set.interrupt.nr = 0x55;
	set.interrupt.shadow = KVM_X86_SHADOW_INT_MOV_SS;
	set.nmi.pending = 1;
	set.nmi.masked = 1;
	vcpu_set_events(&vcpu, &set);
	vcpu_get_events(&vcpu, &got);
	EXPECT_EQ(0, memcmp(&set, &got, sizeof(set)));

	/* Without their flags the shadow and pending NMIs stay. */
	set.flags = 0;
	set.interrupt.shadow = 0;
	set.nmi.pending = 0;
	vcpu_set_events(&vcpu, &set);
	vcpu_get_events(&vcpu, &got);
	EXPECT_EQ(KVM_X86_SHADOW_INT_MOV_SS, got.interrupt.shadow);
	EXPECT_EQ(1, got.nmi.pending);
}

VTX_TEST(events_refused)
{
	struct kvm_vcpu_events good, bad;

	begin();
	vcpu_get_events(&vcpu, &good);
	bad = good;
	bad.flags |= 1 << 30;
	EXPECT_ERRNO(EINVAL, KVM_SET_VCPU_EVENTS, &bad);
	bad = good;
	bad.flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
	EXPECT_ERRNO(EINVAL, KVM_SET_VCPU_EVENTS, &bad);
	bad = good;
	bad.exception.injected = 1;
	bad.exception.nr = 2;
	EXPECT_ERRNO(EINVAL, KVM_SET_VCPU_EVENTS, &bad);
	bad.exception.nr = 32;
	EXPECT_ERRNO(EINVAL, KVM_SET_VCPU_EVENTS, &bad);
}

VTX_TEST(interrupts_refused)
{
	struct kvm_interrupt irq = { 256 };

	begin();
	EXPECT_ERRNO(EINVAL, KVM_INTERRUPT, &irq);
	irq.irq = ~0U;
	EXPECT_ERRNO(EINVAL, KVM_INTERRUPT, &irq);
	irq.irq = 255;
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_INTERRUPT, &irq));
	if (device_is_vtx())
		EXPECT_ERRNO(EEXIST, KVM_INTERRUPT, &irq);
}

VTX_TEST(machine_checks)
{
	struct kvm_x86_mce mce = { .status = 1UL << 63, .bank = 2,
				   .addr = 0x1234, .misc = 0x56 };
	__u64 mcg_cap, value;

	begin();
	MUST(!ioctl(guest.device, KVM_X86_GET_MCE_CAP_SUPPORTED, &mcg_cap));
	mcg_cap |= 10;
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_X86_SETUP_MCE, &mcg_cap));
	mcg_cap &= ~0xffUL;
	EXPECT_ERRNO(EINVAL, KVM_X86_SETUP_MCE, &mcg_cap);
	mcg_cap |= 33;
	EXPECT_ERRNO(EINVAL, KVM_X86_SETUP_MCE, &mcg_cap);

	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_X86_SET_MCE, &mce));
	EXPECT_EQ(1, msr_get(&vcpu, 0x400 + 4 * 2 + 1, &value));
	EXPECT_EQ(mce.status, value);
	EXPECT_EQ(1, msr_get(&vcpu, 0x400 + 4 * 2 + 2, &value));
	EXPECT_EQ(mce.addr, value);
	/* A second one overflows. */
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_X86_SET_MCE, &mce));
	EXPECT_EQ(1, msr_get(&vcpu, 0x400 + 4 * 2 + 1, &value));
	EXPECT_EQ(mce.status | BIT(62), value);

	mce.bank = 10;
	EXPECT_ERRNO(EINVAL, KVM_X86_SET_MCE, &mce);
	mce.bank = 1;
	mce.status = 0;
	EXPECT_ERRNO(EINVAL, KVM_X86_SET_MCE, &mce);
}

VTX_TEST_MAIN
