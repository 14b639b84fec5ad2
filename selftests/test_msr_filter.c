// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: user space decides which MSRs a guest may read and write, from the
 * moment on at which the ioctl returns; and is told of accesses that fail, if it
 * wants to, and how they end is as it says.
 */
#include <pthread.h>
#include <unistd.h>

#include "lib/event.h"
#include "lib/harness.h"

#define MODE		MODE_LONG
#define GP		13

#define MSR_UNKNOWN	0x12345678
#define MSR_SYSENTER_EIP 0x176
#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_FS_BASE	0xc0000100
#define MSR_KERNEL_GS	0xc0000102

#define R		KVM_MSR_FILTER_READ
#define W		KVM_MSR_FILTER_WRITE
#define DENY		KVM_MSR_FILTER_DEFAULT_DENY
#define INVAL		KVM_MSR_EXIT_REASON_INVAL
#define UNKNOWN		KVM_MSR_EXIT_REASON_UNKNOWN
#define FILTER		KVM_MSR_EXIT_REASON_FILTER

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

static long set_filter(const struct kvm_msr_filter *filter)
{
	return vtx_ioctl(guest.fd, KVM_X86_SET_MSR_FILTER,
			 (unsigned long)filter);
}

/* Deny accesses of one MSR; flags of 0: none. */
static void deny(__u32 index, __u32 flags)
{
	static __u8 nothing[8];
	struct kvm_msr_filter filter = {
		.ranges[0] = {
			.flags = flags ?: R, .nmsrs = !!flags, .base = index,
			.bitmap = nothing,
		},
	};

	MUST(!set_filter(&filter));
}

static void tell_of(__u32 reasons)
{
	struct kvm_enable_cap enable = {
		.cap = KVM_CAP_X86_USER_SPACE_MSR, .args = { reasons },
	};

	MUST(!ioctl(guest.fd, KVM_ENABLE_CAP, &enable));
}

static void start(const char *payload, __u32 index, __u64 value)
{
	struct kvm_regs regs;

	vcpu_start(&vcpu, payload, MODE, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rcx = index;
	regs.rax = (__u32)value;
	regs.rdx = value >> 32;
	vcpu_set_regs(&vcpu, &regs);
}

static void start_access(__u32 access, __u32 index, __u64 value)
{
	start(access == R ? "filter_read" : "filter_write", index, value);
}

/* The guest's access must succeed.  Return: what a read has read. */
static __u64 must_work(__u32 access, __u32 index, __u64 value)
{
	struct kvm_regs regs;

	start_access(access, index, value);
	vcpu_result(&vcpu, MODE);
	vcpu_get_regs(&vcpu, &regs);
	return regs.rdx << 32 | (__u32)regs.rax;
}

static void must_fault(__u32 access, __u32 index, __u64 value)
{
	struct event event;

	start_access(access, index, value);
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, GP, &event);
	MUST(event.rip == GUEST_CODE);
}

/* The guest's access must go to user space, and wait there. */
static void must_ask(__u32 access, __u32 index, __u64 value, __u32 reason)
{
	const struct kvm_run *run = vcpu.run;

	start_access(access, index, value);
	vcpu_must_happen(&vcpu, MODE, EXIT, access == R ? KVM_EXIT_X86_RDMSR :
							  KVM_EXIT_X86_WRMSR,
			 NULL);
	MUST(run->msr.index == index);
	MUST(run->msr.reason == reason);
	MUST(!run->msr.error);
	MUST(access == R || run->msr.data == value);
	MUST(vcpu_reg(&vcpu, rip) == GUEST_CODE);
}

/**
 * struct row - an access that fails
 * @access: R or W
 * @index: the MSR
 * @value: what is written
 * @denied: by a filter
 * @reason: why it fails
 */
struct row {
	__u32	access;
	__u32	index;
	__u64	value;
	__u32	denied;
	__u32	reason;
};

static const struct row rows[] = {
	{ R, MSR_UNKNOWN, 0, 0, UNKNOWN },
	{ W, MSR_UNKNOWN, 0x123456789abcdef0, 0, UNKNOWN },
	{ W, MSR_EFER, ~0UL, 0, INVAL },
	{ R, MSR_UNKNOWN, 0, R, FILTER },
	{ W, MSR_UNKNOWN, 0, R, UNKNOWN },
	{ R, MSR_EFER, 0, R, FILTER },
	{ W, MSR_EFER, ~0UL, W, FILTER },
	{ W, MSR_EFER, ~0UL, R, INVAL },
	{ R, MSR_FS_BASE, 0, R, FILTER },
	{ W, MSR_FS_BASE, 0x1000, R | W, FILTER },
	{ W, MSR_KERNEL_GS, 0x2000, W, FILTER },
	{ R, MSR_SYSENTER_EIP, 0, R, FILTER },
	{ R, MSR_STAR, 0, R | W, FILTER },
};

static void try(const struct row *row)
{
	struct kvm_run *run = vcpu.run;

	if (row->denied)
		deny(row->index, row->denied);
	/* Nobody wants to be told, or only of other failures. */
	tell_of(0);
	must_fault(row->access, row->index, row->value);
	tell_of((INVAL | UNKNOWN | FILTER) & ~row->reason);
	must_fault(row->access, row->index, row->value);

	/* User space says: it is a fault. */
	tell_of(row->reason);
	must_ask(row->access, row->index, row->value, row->reason);
	run->msr.error = 1;
	vcpu_must_happen(&vcpu, MODE, EXCEPTION, GP, NULL);

	/* User space says: it has worked. */
	must_ask(row->access, row->index, row->value, row->reason);
	run->msr.data = 0xfedcba9876543210;
	vcpu_result(&vcpu, MODE);
	if (row->access == R) {
		MUST(vcpu_reg(&vcpu, rax) == 0x76543210);
		MUST(vcpu_reg(&vcpu, rdx) == 0xfedcba98);
	} else {
		MUST(vcpu_reg(&vcpu, rax) == (__u32)row->value);
		MUST(vcpu_reg(&vcpu, rdx) == row->value >> 32);
	}
	deny(0, 0);
}

VTX_TEST(failures)
{
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		try(&rows[i]);
}

/* What the CPU does without asking is denied too, and only what was said. */
VTX_TEST(passed_through)
{
	static const __u32 msrs[] = {
		MSR_KERNEL_GS, MSR_SYSENTER_EIP, MSR_STAR,
	};
	unsigned int i;
	__u64 value;

	begin();
	tell_of(FILTER);
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		must_work(W, msrs[i], 0x1111);
		deny(msrs[i], R);
		must_ask(R, msrs[i], 0, FILTER);
		vcpu_result(&vcpu, MODE);
		must_work(W, msrs[i], 0x2222);
		deny(msrs[i], W);
		EXPECT_EQ(0x2222, must_work(R, msrs[i], 0));
		must_ask(W, msrs[i], 0x3333, FILTER);
		vcpu_result(&vcpu, MODE);
		EXPECT_EQ(0x2222, must_work(R, msrs[i], 0));

		/* User space is above that. */
		deny(msrs[i], R | W);
		EXPECT_EQ(1, msr_set(&vcpu, msrs[i], 0x4444));
		EXPECT_EQ(1, msr_get(&vcpu, msrs[i], &value));
		EXPECT_EQ(0x4444, value);
		deny(0, 0);
		EXPECT_EQ(0x4444, must_work(R, msrs[i], 0));
	}
}

VTX_TEST(ranges)
{
	__u8 first[8] = { 0x02 }, second[16] = { [15] = 0x80 };
	struct kvm_msr_filter filter = {
		.flags = DENY,
		.ranges = {
			[2] = { R, 8, 0x170, first },
			[7] = { R | W, 128, 0x170 - 121, second },
		},
	};

	begin();
	tell_of(FILTER);
	ASSERT_EQ(0, set_filter(&filter));
	must_ask(R, 0x174, 0, FILTER);		/* by the first */
	vcpu_result(&vcpu, MODE);
	must_ask(W, 0x174, 0, FILTER);		/* by the second */
	vcpu_result(&vcpu, MODE);
	must_ask(R, MSR_EFER, 0, FILTER);	/* by none */
	vcpu_result(&vcpu, MODE);
	first[0] = 0x10;
	second[15] = 0x20;			/* 0x174 */
	must_ask(R, 0x174, 0, FILTER);		/* it has been copied */
	vcpu_result(&vcpu, MODE);
	ASSERT_EQ(0, set_filter(&filter));
	must_work(W, 0x174, 0x10);
	EXPECT_EQ(0x10, must_work(R, 0x174, 0));
	must_ask(R, 0x175, 0, FILTER);
}

VTX_TEST(requests)
{
	__u8 bitmap[0x600];
	struct kvm_msr_filter filter = { };

	begin();
	tell_of(FILTER);
	memset(bitmap, 0xff, sizeof(bitmap));
	deny(MSR_EFER, R);
	filter.flags = DENY;
	EXPECT_EQ(-EINVAL, set_filter(&filter));
	filter.flags = 2;
	EXPECT_EQ(-EINVAL, set_filter(&filter));
	filter.flags = 0;
	filter.ranges[15] = (struct kvm_msr_filter_range){ 0, 1, 0, bitmap };
	EXPECT_EQ(-EINVAL, set_filter(&filter));
	filter.ranges[15].flags = 4;
	EXPECT_EQ(-EINVAL, set_filter(&filter));
	filter.ranges[15].flags = R;
	filter.ranges[15].nmsrs = 0x600 * 8 + 1;
	EXPECT_EQ(-EINVAL, set_filter(&filter));
	filter.ranges[15].nmsrs = ~0;
	EXPECT_EQ(-EINVAL, set_filter(&filter));
	filter.ranges[15].nmsrs = 0x600 * 8;
	filter.ranges[15].bitmap = NULL;
	EXPECT_EQ(-EFAULT, set_filter(&filter));
	EXPECT_EQ(-EFAULT, set_filter(NULL));

	/* None of these has changed anything. */
	must_ask(R, MSR_EFER, 0, FILTER);
	vcpu_result(&vcpu, MODE);
	filter.ranges[15].bitmap = bitmap;
	EXPECT_EQ(0, set_filter(&filter));
	must_work(R, MSR_EFER, 0);
}

/* A vCPU that is made later has the filter too. */
VTX_TEST(later_vcpu)
{
	guest_create(&guest);
	tell_of(FILTER);
	deny(MSR_FS_BASE, R);
	vcpu_create(&vcpu, &guest, 0);
	must_ask(R, MSR_FS_BASE, 0, FILTER);
	deny(0, 0);
	must_work(R, MSR_FS_BASE, 0);
}

static void *run_once(void *argument)
{
	return (void *)(long)vcpu_run(argument);
}

static __u64 counted(const __u64 *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/* A guest that reads an MSR for ever: only the filter makes it stop. */
VTX_TEST(while_it_runs)
{
	__u64 *count, before;
	pthread_t thread;
	void *exit;
	int i;

	begin();
	tell_of(FILTER);
	count = guest_u64(&guest, GUEST_DATA);
	for (i = 0; i < 10; i++) {
		deny(0, 0);
		start("filter_loop", MSR_KERNEL_GS, 0);
		before = counted(count);
		ASSERT_EQ(0, pthread_create(&thread, NULL, run_once, &vcpu));
		while (counted(count) < before + 10)
			usleep(100);
		deny(MSR_KERNEL_GS, R);
		before = counted(count);
		ASSERT_EQ(0, pthread_join(thread, &exit));
		EXPECT_EQ(KVM_EXIT_X86_RDMSR, (long)exit);
		/* One may have been read, and not counted yet. */
		EXPECT_GE(before + 1, counted(count));
		vcpu.run->msr.error = 1;
		vcpu_must_happen(&vcpu, MODE, EXCEPTION, GP, NULL);
	}
}

VTX_TEST_MAIN
