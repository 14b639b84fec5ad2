// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: KVM_GET_SUPPORTED_CPUID says what a guest can have, KVM_SET_CPUID2
 * what it has, and that is what CPUID tells it.
 */
#include "lib/event.h"
#include "lib/harness.h"

#define VMX		BIT(5)		/* leaf 1, ECX */
#define SMX		BIT(6)
#define XSAVE		BIT(26)
#define OSXSAVE		BIT(27)

/* In leaf 1, EDX: FPU, TSC, MSR, PAE, CX8, SEP, CMOV, PAT, FXSR, SSE, SSE2 */
#define EVERYWHERE	0x07018971

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create_plain(&vcpu, &guest, 0);
}

static long get_supported(struct cpuid_list *cpuid, __u32 room)
{
	memset(cpuid, 0, sizeof(*cpuid));
	cpuid->list.nent = room;
	return vtx_ioctl(guest.device, KVM_GET_SUPPORTED_CPUID,
			 (unsigned long)cpuid);
}

static long device_attr(unsigned long cmd, const struct kvm_device_attr *attr)
{
	return vtx_ioctl(guest.device, cmd, (unsigned long)attr);
}

static long set_cpuid(struct cpuid_list *cpuid)
{
	return vtx_ioctl(vcpu.fd, KVM_SET_CPUID2, (unsigned long)cpuid);
}

/* What the guest is told; of all the entry only the four registers count. */
static struct kvm_cpuid_entry2 guest_cpuid(__u32 function, __u32 index)
{
	struct kvm_regs regs;

	guest_load(&guest, "msr_cpuid");
	guest_set_mode(&guest, MODE_LONG);
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_set_reg(&vcpu, rsi, function);
	vcpu_set_reg(&vcpu, rdi, index);
	MUST(vcpu_result(&vcpu, MODE_LONG) == 7);
	vcpu_get_regs(&vcpu, &regs);
	return (struct kvm_cpuid_entry2){
		.function = function, .index = index,
		.eax = regs.r8, .ebx = regs.r9, .ecx = regs.r10,
		.edx = regs.r11,
	};
}

/* How room is asked for: clients begin with little, or with 100 */
VTX_TEST(room)
{
	struct cpuid_list cpuid;
	__u32 count;

	begin();
	EXPECT_EQ(0, get_supported(&cpuid, CPUID_ROOM));
	count = cpuid.list.nent;
	EXPECT_LT(10, count);
	EXPECT_GE(100, count);
	EXPECT_EQ(-E2BIG, get_supported(&cpuid, 1));
	EXPECT_EQ(-E2BIG, get_supported(&cpuid, count - 1));
	EXPECT_EQ(0, get_supported(&cpuid, count));
	EXPECT_EQ(count, cpuid.list.nent);
	EXPECT_EQ(-EFAULT, vtx_ioctl(guest.device, KVM_GET_SUPPORTED_CPUID, 8));
}

VTX_TEST(supported)
{
	struct kvm_cpuid_entry2 *entry;
	struct cpuid_list cpuid;

	begin();
	cpuid_supported(&guest, &cpuid);
	entry = cpuid_find(&cpuid, 0, 0);
	ASSERT_NE(NULL, entry);
	EXPECT_LE(0xd, entry->eax);
	entry = cpuid_find(&cpuid, 1, 0);
	ASSERT_NE(NULL, entry);
	EXPECT_FALSE(entry->ecx & SMX);
	if (device_is_vtx())
		EXPECT_FALSE(entry->ecx & VMX);
	EXPECT_EQ(0, ~entry->edx & EVERYWHERE);
	ASSERT_NE(NULL, cpuid_find(&cpuid, 7, 0));
	EXPECT_TRUE(cpuid_find(&cpuid, 7, 0)->flags &
		    KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
	ASSERT_NE(NULL, cpuid_find(&cpuid, 0x80000001, 0));
	/* Long mode, SYSCALL */
	EXPECT_TRUE(cpuid_find(&cpuid, 0x80000001, 0)->edx & BIT(29));
	EXPECT_TRUE(cpuid_find(&cpuid, 0x80000001, 0)->edx & BIT(11));
	entry = cpuid_find(&cpuid, 0x80000008, 0);
	ASSERT_NE(NULL, entry);
	EXPECT_LE(36, entry->eax & 0xff);
	/* An XSAVE area that KVM_GET_XSAVE can return */
	entry = cpuid_find(&cpuid, 0xd, 0);
	ASSERT_NE(NULL, entry);
	EXPECT_GE(4096, entry->ecx);
	EXPECT_EQ(3, entry->eax & 3);
}

VTX_TEST(set_is_get)
{
	struct cpuid_list cpuid, seen;
	struct kvm_cpuid_entry2 *was, *is;
	unsigned int i;

	begin();
	cpuid_supported(&guest, &cpuid);
	/* A name of user space's own, and a leaf that it invents */
	cpuid_find(&cpuid, 0, 0)->ebx = 0x11223344;
	cpuid.entry[cpuid.list.nent++] = (struct kvm_cpuid_entry2){
		.function = 0x4000abcd, .eax = 1, .ebx = 2, .ecx = 3, .edx = 4,
	};
	EXPECT_EQ(0, set_cpuid(&cpuid));
	memset(&seen, 0, sizeof(seen));
	seen.list.nent = CPUID_ROOM;
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_GET_CPUID2, &seen));
	ASSERT_EQ(cpuid.list.nent, seen.list.nent);
	for (i = 0; i < cpuid.list.nent; i++) {
		was = &cpuid.entry[i];
		is = &seen.entry[i];
		EXPECT_EQ(was->function, is->function);
		EXPECT_EQ(was->index, is->index);
		EXPECT_EQ(was->eax, is->eax);
	}
	seen.list.nent = 1;
	EXPECT_EQ(-E2BIG, vtx_ioctl(vcpu.fd, KVM_GET_CPUID2,
				    (unsigned long)&seen));
	cpuid.list.nent = 100000;
	EXPECT_EQ(-E2BIG, set_cpuid(&cpuid));
	EXPECT_EQ(-EFAULT, vtx_ioctl(vcpu.fd, KVM_SET_CPUID2, 8));
}

/*
 * Clients ask for XCR0's state components by this name, and believe it more than
 * leaf 0xd, which shows it too.
 */
VTX_TEST(state_components)
{
	struct kvm_device_attr attr = { .attr = KVM_X86_XCOMP_GUEST_SUPP };
	struct kvm_device_attr others[] = {
		{ .group = 1, .addr = (unsigned long)&attr },
		{ .attr = 1, .addr = (unsigned long)&attr },
		{ .attr = 1ULL << 32, .addr = (unsigned long)&attr },
	};
	const struct kvm_cpuid_entry2 *entry;
	struct cpuid_list cpuid;
	unsigned int i;
	__u64 mask = -1;

	guest_create(&guest);
	cpuid_supported(&guest, &cpuid);
	entry = cpuid_find(&cpuid, 0xd, 0);
	attr.addr = (unsigned long)&mask;
	EXPECT_EQ(0, device_attr(KVM_HAS_DEVICE_ATTR, &attr));
	EXPECT_EQ(-1, mask);
	EXPECT_EQ(0, device_attr(KVM_GET_DEVICE_ATTR, &attr));
	EXPECT_EQ(entry ? entry->eax | (__u64)entry->edx << 32 : 0, mask);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		EXPECT_EQ(-ENXIO, device_attr(KVM_HAS_DEVICE_ATTR, &others[i]));
		EXPECT_EQ(-ENXIO, device_attr(KVM_GET_DEVICE_ATTR, &others[i]));
	}
	EXPECT_EQ(device_is_vtx() ? -ENOTTY : -EINVAL,
		  device_attr(KVM_SET_DEVICE_ATTR, &attr));
	attr.addr = 8;
	EXPECT_EQ(-EFAULT, device_attr(KVM_GET_DEVICE_ATTR, &attr));
	EXPECT_EQ(-EFAULT, vtx_ioctl(guest.device, KVM_HAS_DEVICE_ATTR, 8));
}

/* Each leaf, but for the bits that follow a vCPU's state. */
VTX_TEST(guest_view)
{
	struct kvm_cpuid_entry2 seen, *entry;
	struct cpuid_list cpuid;
	unsigned int i;

	begin();
	cpuid_supported(&guest, &cpuid);
	ASSERT_EQ(0, set_cpuid(&cpuid));
	for (i = 0; i < cpuid.list.nent; i++) {
		entry = &cpuid.entry[i];
		seen = guest_cpuid(entry->function, entry->index);
		switch (entry->function) {
		case 1:
			/* APIC id; OSXSAVE; the APIC is there */
			entry->ebx = seen.ebx;
			entry->ecx &= ~OSXSAVE;
			entry->edx |= BIT(9);
			seen.edx |= BIT(9);
			break;
		case 0xb:
		case 0x1f:
			entry->edx = seen.edx;		/* x2APIC id */
			break;
		case 0xd:
			if (entry->index < 2)		/* follows XCR0 */
				entry->ebx = seen.ebx;
			break;
		case 7:
			entry->ecx &= ~BIT(4);		/* OSPKE */
			break;
		}
		EXPECT_EQ(entry->eax, seen.eax)
			TH_LOG("leaf %#x.%d", entry->function, entry->index);
		EXPECT_EQ(entry->ebx, seen.ebx)
			TH_LOG("leaf %#x.%d", entry->function, entry->index);
		EXPECT_EQ(entry->ecx, seen.ecx)
			TH_LOG("leaf %#x.%d", entry->function, entry->index);
		EXPECT_EQ(entry->edx, seen.edx)
			TH_LOG("leaf %#x.%d", entry->function, entry->index);
	}
}

/* OSXSAVE follows CR4. */
VTX_TEST(osxsave)
{
	struct kvm_sregs sregs;
	struct cpuid_list cpuid;

	begin();
	cpuid_supported(&guest, &cpuid);
	ASSERT_EQ(0, set_cpuid(&cpuid));
	if (!(cpuid_find(&cpuid, 1, 0)->ecx & XSAVE))
		SKIP(return, "no XSAVE");
	EXPECT_FALSE(guest_cpuid(1, 0).ecx & OSXSAVE);
	guest_load(&guest, "msr_cpuid");
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.cr4 |= X86_CR4_OSXSAVE;
	vcpu_set_sregs(&vcpu, &sregs);
	vcpu_set_reg(&vcpu, rsi, 1);
	ASSERT_EQ(7, vcpu_result(&vcpu, MODE_LONG));
	EXPECT_TRUE(vcpu_reg(&vcpu, r10) & OSXSAVE);
}

/* Behind the last basic leaf an Intel CPU repeats its last one. */
VTX_TEST(out_of_range)
{
	struct kvm_cpuid_entry2 seen, last;
	struct cpuid_list cpuid;

	begin();
	cpuid_supported(&guest, &cpuid);
	cpuid_find(&cpuid, 0, 0)->eax = 7;
	ASSERT_EQ(0, set_cpuid(&cpuid));
	last = guest_cpuid(7, 0);
	seen = guest_cpuid(0x1234, 0);
	EXPECT_EQ(last.eax, seen.eax);
	EXPECT_EQ(last.ebx, seen.ebx);
	EXPECT_EQ(last.ecx, seen.ecx);
	EXPECT_EQ(last.edx, seen.edx);
	/* A subleaf that is not there is 0. */
	seen = guest_cpuid(7, 99);
	EXPECT_EQ(0, seen.eax | seen.ebx | seen.ecx | seen.edx);
}

/* What CPUID does not have is not in CR4 either. */
VTX_TEST(limits_registers)
{
	struct kvm_sregs sregs;
	struct cpuid_list cpuid;

	begin();
	cpuid_supported(&guest, &cpuid);
	if (!(cpuid_find(&cpuid, 7, 0)->ebx & BIT(7)))
		SKIP(return, "no SMEP");
	ASSERT_EQ(0, set_cpuid(&cpuid));
	guest_set_mode(&guest, MODE_LONG);
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.cr4 |= BIT(20);
	EXPECT_EQ(0, vtx_ioctl(vcpu.fd, KVM_SET_SREGS, (unsigned long)&sregs));
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	cpuid_find(&cpuid, 7, 0)->ebx &= ~BIT(7);
	vcpu_create_plain(&vcpu, &guest, 1);
	ASSERT_EQ(0, set_cpuid(&cpuid));
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.cr4 |= BIT(20);
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_SREGS,
				     (unsigned long)&sregs));
}

VTX_TEST_MAIN
