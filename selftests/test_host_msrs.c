// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: while a guest runs the CPU has the guest's MSRs, and the host's
 * afterwards.
 */
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/event.h"
#include "lib/harness.h"
#include "lib/payload.h"

#define MODE		MODE_LONG

#define EFER		0xc0000080
#define STAR		0xc0000081
#define LSTAR		0xc0000082
#define FMASK		0xc0000084
#define GS_BASE		0xc0000101
#define KERNEL_GS_BASE	0xc0000102
#define TSC_AUX		0xc0000103

#define CANONICAL	0xffff812345678000

static struct guest guest;
static struct vcpu vcpu;

/* Run one of payload/host_msrs.S. */
static void run(const char *payload, struct event *event)
{
	guest_load(&guest, payload);
	vcpu_set_mode(&vcpu, MODE, 0);
	vcpu_wait(&vcpu, MODE, event);
}

/* The CPU has the guest's values while the guest runs, and only then. */
VTX_TEST(syscall_instruction)
{
	const __u64 entry = GUEST_CODE + 64;
	int i;

	guest_begin(&guest, &vcpu, "vcpu_swapgs");
	for (i = 0; i < 3; i++) {
		vcpu_start(&vcpu, "vcpu_syscall", MODE, 3);
		ASSERT_EQ(1, msr_set(&vcpu, STAR, (__u64)SEL_CODE64 << 32));
		ASSERT_EQ(1, msr_set(&vcpu, LSTAR, entry));
		ASSERT_EQ(1, msr_set(&vcpu, FMASK, 0));
		ASSERT_EQ(1, msr_set(&vcpu, EFER, X86_EFER_SCE | X86_EFER_LME |
				     X86_EFER_LMA));
		EXPECT_EQ(SEL_CODE64, vcpu_result(&vcpu, MODE));
		EXPECT_EQ(GUEST_CODE + 2, *guest_u64(&guest, GUEST_DATA));
		/* A system call of the host's is not the guest's. */
		EXPECT_EQ(getpid(), (int)syscall(SYS_getpid));
	}
}

static __u64 gs_word(void)
{
	__u64 value;

	asm volatile("mov %%gs:0, %0" : "=r" (value));
	return value;
}

VTX_TEST(swapgs)
{
	static const __u64 mine = 0x1122334455667788;
	__u64 base, value;
	struct event event;

	guest_begin(&guest, &vcpu, "vcpu_swapgs");
	MUST(!syscall(SYS_arch_prctl, ARCH_SET_GS, &mine));
	ASSERT_EQ(1, msr_set(&vcpu, KERNEL_GS_BASE, CANONICAL));
	run("vcpu_swapgs", &event);
	ASSERT_EQ(RESULT, event.what);
	EXPECT_EQ(mine, gs_word());
	MUST(!syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
	EXPECT_EQ((unsigned long)&mine, base);

	EXPECT_EQ(1, msr_get(&vcpu, GS_BASE, &value));
	EXPECT_EQ(CANONICAL, value);
	EXPECT_EQ(1, msr_get(&vcpu, KERNEL_GS_BASE, &value));
	EXPECT_EQ(0, value);
	run("vcpu_swapgs", &event);
	ASSERT_EQ(RESULT, event.what);
	EXPECT_EQ(mine, gs_word());
}

VTX_TEST(tsc_aux)
{
	struct event event;
	__u32 aux;

	guest_begin(&guest, &vcpu, "vcpu_swapgs");
	ASSERT_EQ(1, msr_set(&vcpu, TSC_AUX, 0x8765));
	run("vcpu_rdtscp", &event);
	if (event.what == EXCEPTION && event.value == 6)
		SKIP(return, "no RDTSCP");
	EXPECT_EQ(0x8765, event.value);
	asm volatile("rdtscp" : "=c" (aux) : : "eax", "edx");
	EXPECT_NE(0x8765, aux);
}

VTX_TEST_MAIN
