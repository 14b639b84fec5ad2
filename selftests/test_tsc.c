// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a guest's TSC is the host's plus an offset that user space or the
 * guest chooses; it never goes back, wherever the vCPU runs.
 */
#include <pthread.h>
#include <sched.h>

#include "lib/event.h"
#include "lib/harness.h"

#define TSC		0x10
#define TSC_ADJUST	0x3b

static struct guest guest;
static struct vcpu vcpu;

/* What RDTSCP tells the guest now. */
static __u64 guest_tsc(void)
{
	MUST(vcpu_result(&vcpu, MODE_LONG) == 6);
	return vcpu_reg(&vcpu, rbx);
}

static __u64 host_tsc(void)
{
	__u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (__u64)high << 32 | low;
}

/* The difference to the host's, to within what two exits take. */
static __s64 offset(void)
{
	__u64 before = host_tsc(), seen = guest_tsc();

	return seen - before;
}

#define SLACK	20000000	/* ticks */

VTX_TEST(frequency)
{
	long khz;

	guest_begin(&guest, &vcpu, "msr_tsc");
	khz = ioctl(vcpu.fd, KVM_GET_TSC_KHZ, 0);
	EXPECT_LT(1000, khz);
	/* The one it has can always be set. */
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_SET_TSC_KHZ, khz));
	EXPECT_EQ(khz, ioctl(vcpu.fd, KVM_GET_TSC_KHZ, 0));
}

VTX_TEST(set_by_user_space)
{
	static const __u64 values[] = { 1000000000000, 0x123456789abc, 5 };
	unsigned int i;
	__u64 value;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		/* In a VM of its own, as a second write may be merged. */
		guest_begin(&guest, &vcpu, "msr_tsc");
		EXPECT_EQ(1, msr_set(&vcpu, TSC, values[i]));
		EXPECT_EQ(1, msr_get(&vcpu, TSC, &value));
		EXPECT_LE(values[i], value);
		EXPECT_GT(values[i] + SLACK, value);
		value = guest_tsc();
		EXPECT_LE(values[i], value);
		EXPECT_GT(values[i] + SLACK, value);
		vcpu_destroy(&vcpu);
		guest_destroy(&guest);
	}
}

/* The guest's own write moves TSC_ADJUST along, and the other way round. */
VTX_TEST(set_by_guest)
{
	const __u64 jump = 1000000000000;
	__u64 before, adjust;

	guest_begin(&guest, &vcpu, "msr_tsc");
	before = guest_tsc();
	guest_load(&guest, "msr_write");
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_set_reg(&vcpu, rdi, TSC);
	vcpu_set_reg(&vcpu, rsi, before + jump);
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	EXPECT_EQ(1, msr_get(&vcpu, TSC_ADJUST, &adjust));
	EXPECT_LT(jump - SLACK, adjust);
	EXPECT_GE(jump, adjust);

	guest_load(&guest, "msr_write");
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_set_reg(&vcpu, rdi, TSC_ADJUST);
	vcpu_set_reg(&vcpu, rsi, adjust + jump);
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	guest_load(&guest, "msr_tsc");
	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	EXPECT_LT(before + 2 * jump, guest_tsc() + SLACK);
	EXPECT_GT(before + 2 * jump + SLACK, guest_tsc());
}

/* It goes on while the vCPU does not run, as fast as the host's. */
VTX_TEST(goes_on)
{
	__s64 first, last;

	guest_begin(&guest, &vcpu, "msr_tsc");
	first = offset();
	usleep(100000);
	last = offset();
	EXPECT_GT(first + SLACK, last);
	EXPECT_LT(first - SLACK, last);
}

/* ---- Never back ---- */

static void *monotonic(void *arg)
{
	return (void *)(long)vcpu_result(arg, MODE_LONG);
}

/* The vCPU is moved from CPU to CPU while it looks. */
VTX_TEST(monotonic)
{
	long moves = vtx_number("MOVES", 100), i;
	pthread_t thread;
	void *steps_back;
	cpu_set_t set;

	guest_begin(&guest, &vcpu, "msr_tsc_monotonic");
	vcpu_set_reg(&vcpu, rsi, vtx_number("LOOKS", 1000000));
	ASSERT_EQ(0, pthread_create(&thread, NULL, monotonic, &vcpu));
	for (i = 0; i < moves; i++) {
		CPU_ZERO(&set);
		CPU_SET(i % cpus_online(), &set);
		ASSERT_EQ(0, pthread_setaffinity_np(thread, sizeof(set), &set));
		usleep(1000);
	}
	pthread_join(thread, &steps_back);
	EXPECT_EQ(0, (long)steps_back);
}

/* The same between two runs. */
VTX_TEST(monotonic_between_runs)
{
	__u64 last = 0, now;
	cpu_set_t set;
	int i;

	guest_begin(&guest, &vcpu, "msr_tsc");
	for (i = 0; i < 100; i++) {
		CPU_ZERO(&set);
		CPU_SET(i % cpus_online(), &set);
		ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
		now = guest_tsc();
		EXPECT_LT(last, now);
		last = now;
	}
}

VTX_TEST_MAIN
