// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: the TSCs of a VM's vCPUs are in step as long as nobody sets them
 * apart, also when user space restores them one after the other.
 */
#include "lib/event.h"
#include "lib/harness.h"

#define TSC	0x10

static struct guest guest;
static struct vcpu vcpu, second;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	vcpu_create(&second, &guest, 1);
}

/* More than a second of any CPU. */
#define FAR	BIT(40)

static int offset_attr(const struct vcpu *of, unsigned long cmd, __u64 *offset)
{
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET,
		.addr = (unsigned long)offset,
	};

	return ioctl(of->fd, cmd, &attr);
}

static __u64 offset_of(const struct vcpu *of)
{
	__u64 offset;

	MUST(!offset_attr(of, KVM_GET_DEVICE_ATTR, &offset));
	return offset;
}

VTX_TEST(tscs_are_in_step)
{
	__u64 offset, tsc;

	begin();
	EXPECT_EQ(offset_of(&vcpu), offset_of(&second));

	/* As when they are restored one after the other. */
	ASSERT_EQ(1, msr_set(&vcpu, TSC, FAR));
	ASSERT_EQ(1, msr_set(&second, TSC, FAR));
	EXPECT_EQ(offset_of(&vcpu), offset_of(&second));
	ASSERT_EQ(1, msr_set(&second, TSC, 3 * FAR));
	EXPECT_NE(offset_of(&vcpu), offset_of(&second));
	ASSERT_EQ(1, msr_set(&vcpu, TSC, 0));
	EXPECT_EQ(offset_of(&vcpu), offset_of(&second));

	offset = 7 * FAR;
	ASSERT_EQ(0, offset_attr(&second, KVM_SET_DEVICE_ATTR, &offset));
	EXPECT_EQ(7 * FAR, offset_of(&second));
	ASSERT_EQ(1, msr_get(&second, TSC, &tsc));
	EXPECT_LE(7, tsc >> 40);
}

VTX_TEST(tsc_attributes)
{
	struct kvm_device_attr attr = { .group = KVM_VCPU_TSC_CTRL };

	begin();
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_HAS_DEVICE_ATTR, &attr));
	EXPECT_EQ(-1, ioctl(vcpu.fd, KVM_GET_DEVICE_ATTR, &attr));
	EXPECT_EQ(EFAULT, errno);
	attr.attr = 1;
	EXPECT_EQ(-1, ioctl(vcpu.fd, KVM_HAS_DEVICE_ATTR, &attr));
	EXPECT_EQ(ENXIO, errno);
	attr.group = 1;
	EXPECT_EQ(-1, ioctl(vcpu.fd, KVM_HAS_DEVICE_ATTR, &attr));
	EXPECT_EQ(ENXIO, errno);
}

VTX_TEST(tsc_frequency)
{
	int khz;

	begin();
	khz = ioctl(vcpu.fd, KVM_GET_TSC_KHZ, 0);
	ASSERT_LT(0, khz);
	EXPECT_EQ(khz, ioctl(guest.fd, KVM_GET_TSC_KHZ, 0));
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_SET_TSC_KHZ, 0));
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_SET_TSC_KHZ, khz));
	EXPECT_EQ(khz, ioctl(vcpu.fd, KVM_GET_TSC_KHZ, 0));
	if (guest_extension(&guest, KVM_CAP_TSC_CONTROL)) {
		EXPECT_EQ(0, ioctl(vcpu.fd, KVM_SET_TSC_KHZ, khz / 2));
		EXPECT_EQ(khz / 2, ioctl(vcpu.fd, KVM_GET_TSC_KHZ, 0));
	} else {
		EXPECT_EQ(-1, ioctl(vcpu.fd, KVM_SET_TSC_KHZ, khz / 2));
		EXPECT_EQ(EINVAL, errno);
		/* KVM shows what it could not set. */
		if (device_is_vtx())
			EXPECT_EQ(khz, ioctl(vcpu.fd, KVM_GET_TSC_KHZ, 0));
	}
}

VTX_TEST_MAIN
