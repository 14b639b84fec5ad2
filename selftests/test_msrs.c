// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: each MSR that the lists name can be read and written by user space,
 * and a guest finds in it what user space has put there, and the other way
 * round.
 */
#include "lib/event.h"
#include "lib/harness.h"

#define TSC		0x10
#define SYSENTER_CS	0x174
#define SYSENTER_ESP	0x175
#define SYSENTER_EIP	0x176
#define MISC_ENABLE	0x1a0
#define PAT		0x277
#define EFER		0xc0000080
#define STAR		0xc0000081
#define LSTAR		0xc0000082
#define CSTAR		0xc0000083
#define FMASK		0xc0000084
#define FS_BASE		0xc0000100
#define GS_BASE		0xc0000101
#define KERNEL_GS_BASE	0xc0000102
#define TSC_AUX		0xc0000103

struct index_list {
	struct kvm_msr_list list;
	__u32 index[1024];
};

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

static void get_list(unsigned long cmd, struct index_list *indices)
{
	memset(indices, 0, sizeof(*indices));
	indices->list.nmsrs = ARRAY_SIZE(indices->index);
	MUST(!ioctl(guest.device, cmd, indices));
}

/* ---- The lists ---- */

VTX_TEST(lists)
{
	static const unsigned long cmds[] = {
		KVM_GET_MSR_INDEX_LIST, KVM_GET_MSR_FEATURE_INDEX_LIST,
	};
	struct index_list indices;
	unsigned int i, j, k;
	__u32 count;

	begin();
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		/* Too small says how many there are. */
		indices.list.nmsrs = 0;
		EXPECT_EQ(-E2BIG, vtx_ioctl(guest.device, cmds[i],
					    (unsigned long)&indices));
		count = indices.list.nmsrs;
		EXPECT_NE(0, count);
		/* What clients have room for */
		EXPECT_GE(256, count);
		indices.list.nmsrs = count - 1;
		EXPECT_EQ(-E2BIG, vtx_ioctl(guest.device, cmds[i],
					    (unsigned long)&indices));
		get_list(cmds[i], &indices);
		EXPECT_EQ(count, indices.list.nmsrs);
		for (j = 0; j < count; j++)
			for (k = 0; k < j; k++)
				EXPECT_NE(indices.index[j], indices.index[k]);
		EXPECT_EQ(-EFAULT, vtx_ioctl(guest.device, cmds[i], 8));
	}
}

/* Those that clients lose state without. */
VTX_TEST(list_is_enough)
{
	static const __u32 needed[] = {
		TSC, SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP, MISC_ENABLE, PAT,
		STAR, LSTAR, CSTAR, FMASK, KERNEL_GS_BASE,
	};
	struct index_list indices;
	unsigned int i, j;

	begin();
	get_list(KVM_GET_MSR_INDEX_LIST, &indices);
	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		for (j = 0; j < indices.list.nmsrs; j++)
			if (indices.index[j] == needed[i])
				break;
		EXPECT_NE(indices.list.nmsrs, j)
			TH_LOG("MSR %#x", needed[i]);
	}
}

/* VMX and paravirtual MSRs, which KVM lists and has conditions for */
static bool is_conditional(__u32 index)
{
	return (index >= 0x480 && index <= 0x491) || index >> 8 == 0x4b564d;
}

/* What is listed can be read, and what was read can be written. */
VTX_TEST(listed_can_be_moved)
{
	struct index_list indices;
	struct msr_list msrs = {};
	struct vcpu other;
	unsigned int i, count = 0;
	__u64 value;

	begin();
	vcpu_create_plain(&other, &guest, 1);
	get_list(KVM_GET_MSR_INDEX_LIST, &indices);
	ASSERT_GE(MSRS_ROOM, indices.list.nmsrs);
	for (i = 0; i < indices.list.nmsrs; i++) {
		if (!device_is_vtx() && is_conditional(indices.index[i]))
			continue;
		msrs.entry[count++].index = indices.index[i];
		EXPECT_EQ(1, msr_get(&vcpu, indices.index[i], &value))
			TH_LOG("MSR %#x", indices.index[i]);
		EXPECT_EQ(1, msr_set(&vcpu, indices.index[i], value))
			TH_LOG("MSR %#x to %#llx", indices.index[i], value);
		/* Whatever CPUID says: this one has none. */
		EXPECT_EQ(1, msr_get(&other, indices.index[i], &value))
			TH_LOG("MSR %#x without CPUID", indices.index[i]);
	}
	/* All at once */
	msrs.list.nmsrs = count;
	EXPECT_EQ(count, vtx_ioctl(vcpu.fd, KVM_GET_MSRS,
				   (unsigned long)&msrs));
	EXPECT_EQ(count, vtx_ioctl(vcpu.fd, KVM_SET_MSRS,
				   (unsigned long)&msrs));
}

/* Feature MSRs belong to the device. */
VTX_TEST(features)
{
	struct index_list indices;
	struct msr_list msrs = {};
	unsigned int i;

	begin();
	get_list(KVM_GET_MSR_FEATURE_INDEX_LIST, &indices);
	for (i = 0; i < indices.list.nmsrs; i++) {
		msrs.list.nmsrs = 1;
		msrs.entry[0].index = indices.index[i];
		EXPECT_EQ(1, vtx_ioctl(guest.device, KVM_GET_MSRS,
				       (unsigned long)&msrs))
			TH_LOG("MSR %#x", indices.index[i]);
	}
	/* Another MSR is none of them; KVM makes no difference. */
	if (!device_is_vtx())
		return;
	msrs.list.nmsrs = 1;
	msrs.entry[0].index = STAR;
	EXPECT_NE(1, vtx_ioctl(guest.device, KVM_GET_MSRS,
			       (unsigned long)&msrs));
}

/* The answer is how many were done; it stops at the first that cannot be. */
VTX_TEST(counts)
{
	struct msr_list msrs = {
		.list.nmsrs = 3,
		.entry = { { .index = STAR, .data = 0x1234 },
			   { .index = 0x12345678, .data = 1 },
			   { .index = CSTAR, .data = 0x5678 } },
	};
	__u64 value;

	begin();
	EXPECT_EQ(1, vtx_ioctl(vcpu.fd, KVM_SET_MSRS, (unsigned long)&msrs));
	EXPECT_EQ(1, msr_get(&vcpu, STAR, &value));
	EXPECT_EQ(0x1234, value);
	EXPECT_EQ(1, msr_get(&vcpu, CSTAR, &value));
	EXPECT_EQ(0, value);
	EXPECT_EQ(1, vtx_ioctl(vcpu.fd, KVM_GET_MSRS, (unsigned long)&msrs));
	EXPECT_EQ(0x5678, msrs.entry[2].data);
	msrs.list.nmsrs = 0;
	EXPECT_EQ(0, vtx_ioctl(vcpu.fd, KVM_GET_MSRS, (unsigned long)&msrs));
	msrs.list.nmsrs = 100000;
	EXPECT_EQ(-E2BIG, vtx_ioctl(vcpu.fd, KVM_GET_MSRS,
				    (unsigned long)&msrs));
	EXPECT_EQ(-EFAULT, vtx_ioctl(vcpu.fd, KVM_SET_MSRS, 8));
}

/* ---- What the guest sees ---- */

static const struct {
	__u32 index;
	__u64 ours, theirs;	/* user space's value, the guest's */
} rows[] = {
	{ SYSENTER_CS, 0x10, 0x20 },
	{ SYSENTER_ESP, 0x123456789a, 0xffff800000001000 },
	{ SYSENTER_EIP, 0xffff800000002000, 0x1234 },
	{ PAT, 0x0007040600070406, 0x0606060606060606 },
	{ STAR, 0x0023001000000000, 0x1122334455667788 },
	{ LSTAR, 0xffff800000003000, 0x10000 },
	{ CSTAR, 0xffff800000004000, 0x20000 },
	{ FMASK, 0x47700, 0x200 },
	{ FS_BASE, 0x7777777000, 0xffff888000000000 },
	{ GS_BASE, 0xffff888000000000, 0x5555 },
	{ KERNEL_GS_BASE, 0xffff999000000000, 0x6666 },
	{ TSC_AUX, 0x12345678, 0x9abcdef0 },
};

static int guest_reads(__u32 index, __u64 *value)
{
	struct event event;

	guest_load(&guest, "msr_read");
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_set_reg(&vcpu, rdi, index);
	vcpu_wait(&vcpu, MODE_LONG, &event);
	*value = vcpu_reg(&vcpu, rbx);
	return event.what == RESULT ? 1 : -event.value;
}

static int guest_writes(__u32 index, __u64 value)
{
	struct event event;

	guest_load(&guest, "msr_write");
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_set_reg(&vcpu, rdi, index);
	vcpu_set_reg(&vcpu, rsi, value);
	vcpu_wait(&vcpu, MODE_LONG, &event);
	return event.what == RESULT ? 1 : -event.value;
}

/* Segment bases are set with the mode, so the order is: mode, MSR, run. */
VTX_TEST(guest_view)
{
	unsigned int i;
	__u64 value;

	begin();
	guest_set_mode(&guest, MODE_LONG);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		guest_load(&guest, "msr_read");
		vcpu_set_mode(&vcpu, MODE_LONG, 0);
		vcpu_set_reg(&vcpu, rdi, rows[i].index);
		EXPECT_EQ(1, msr_set(&vcpu, rows[i].index, rows[i].ours))
			TH_LOG("MSR %#x", rows[i].index);
		EXPECT_EQ(1, vcpu_result(&vcpu, MODE_LONG));
		EXPECT_EQ(rows[i].ours, vcpu_reg(&vcpu, rbx))
			TH_LOG("MSR %#x", rows[i].index);
		EXPECT_EQ(1, guest_writes(rows[i].index, rows[i].theirs));
		EXPECT_EQ(1, msr_get(&vcpu, rows[i].index, &value));
		EXPECT_EQ(rows[i].theirs, value)
			TH_LOG("MSR %#x", rows[i].index);
	}
}

/* All of them at once, of two vCPUs that take turns. */
VTX_TEST(guest_view_of_two)
{
	struct vcpu other;
	unsigned int i;
	__u64 value;

	begin();
	guest_set_mode(&guest, MODE_LONG);
	vcpu_create(&other, &guest, 1);
	guest_load(&guest, "quiet64");
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_set_mode(&other, MODE_LONG, 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(1, msr_set(&vcpu, rows[i].index, rows[i].ours));
		EXPECT_EQ(1, msr_set(&other, rows[i].index, rows[i].theirs));
	}
	EXPECT_EQ(0x600d, vcpu_result(&vcpu, MODE_LONG));
	EXPECT_EQ(0x600d, vcpu_result(&other, MODE_LONG));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(1, msr_get(&vcpu, rows[i].index, &value));
		EXPECT_EQ(rows[i].ours, value)
			TH_LOG("MSR %#x", rows[i].index);
		EXPECT_EQ(1, msr_get(&other, rows[i].index, &value));
		EXPECT_EQ(rows[i].theirs, value)
			TH_LOG("MSR %#x", rows[i].index);
	}
}

/* What neither may write, and what only the guest may not. */
VTX_TEST(refused)
{
	static const struct {
		__u32 index;
		__u64 value;
	} bad[] = {
		{ SYSENTER_EIP, 1UL << 60 },
		{ PAT, 0x0002 },
		{ LSTAR, 1UL << 60 },
		{ KERNEL_GS_BASE, 1UL << 60 },
		{ EFER, 1UL << 40 },
	};
	unsigned int i;
	__u64 before, value;

	begin();
	guest_set_mode(&guest, MODE_LONG);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(1, msr_get(&vcpu, bad[i].index, &before));
		EXPECT_EQ(-13, guest_writes(bad[i].index, bad[i].value))
			TH_LOG("MSR %#x", bad[i].index);
		/* KVM makes this address canonical. */
		if (bad[i].index == SYSENTER_EIP && !device_is_vtx())
			continue;
		EXPECT_EQ(0, msr_set(&vcpu, bad[i].index, bad[i].value))
			TH_LOG("MSR %#x", bad[i].index);
		if (bad[i].index == EFER)
			continue;	/* it went with the mode */
		EXPECT_EQ(1, msr_get(&vcpu, bad[i].index, &value));
		EXPECT_EQ(before, value);
	}
	EXPECT_EQ(-13, guest_reads(0x12345678, &value));
	EXPECT_EQ(0, msr_get(&vcpu, 0x12345678, &value));
	EXPECT_EQ(0, msr_set(&vcpu, 0x12345678, 0));
}

/* ---- The instructions behind them ---- */

VTX_TEST(syscall_and_sysret)
{
	struct kvm_sregs sregs;

	begin();
	vcpu_start(&vcpu, "msr_syscall", MODE_LONG, 3);
	guest_load_at(&guest, "msr_sysret", GUEST_CODE + 0x100);
	/* SYSCALL takes CS 8 and SS 16, SYSRET 16 more and 8 more than this. */
	msr_set(&vcpu, STAR, (__u64)(SEL_CODE64_USER - 16) << 48 |
			     (__u64)SEL_CODE64 << 32);
	msr_set(&vcpu, LSTAR, GUEST_CODE + 0x100);
	msr_set(&vcpu, FMASK, X86_EFLAGS_IF);
	vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IOPL |
				    X86_EFLAGS_IF);
	EXPECT_EQ(4, vcpu_result(&vcpu, MODE_LONG));
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(SEL_CODE64, sregs.cs.selector);
	EXPECT_EQ(0, sregs.cs.dpl);
	EXPECT_EQ(vcpu_reg(&vcpu, rbx), vcpu_reg(&vcpu, rcx));
	EXPECT_FALSE(vcpu_reg(&vcpu, rflags) & X86_EFLAGS_IF);
	EXPECT_EQ(3, vcpu_result(&vcpu, MODE_LONG));
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(SEL_CODE64_USER | 3, sregs.cs.selector);
	EXPECT_TRUE(vcpu_reg(&vcpu, rflags) & X86_EFLAGS_IF);
}

VTX_TEST(swapgs)
{
	struct kvm_sregs sregs;

	begin();
	vcpu_start(&vcpu, "msr_swapgs", MODE_LONG, 0);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.gs.base = 0x11110000;
	vcpu_set_sregs(&vcpu, &sregs);
	msr_set(&vcpu, KERNEL_GS_BASE, 0xffff888000002222);
	EXPECT_EQ(5, vcpu_result(&vcpu, MODE_LONG));
	EXPECT_EQ(0xffff888000002222, vcpu_reg(&vcpu, rbx));
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(0x11110000, sregs.gs.base);
}

VTX_TEST_MAIN
