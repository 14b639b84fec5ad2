// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a guest that asks for it by KVM's MSRs is shown the VM's clock, which
 * user space reads and sets, and which never goes back: wherever the vCPUs run,
 * whatever the host keeps its own time by, and over its sleep.
 */
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <asm/kvm_para.h>

#include "lib/event.h"
#include "lib/harness.h"

#define TSC		0x10
#define NS		1000000000ULL

/* Of the ABI between guest and hypervisor */
#define TSC_STABLE	BIT(0)
#define GUEST_STOPPED	BIT(1)

struct shown {
	__u32	version;
	__u32	pad0;
	__u64	tsc;
	__u64	ns;
	__u32	mul;
	__s8	shift;
	__u8	flags;
	__u8	pad[2];
};

struct wall_clock {
	__u32	version;
	__u32	sec;
	__u32	nsec;
};

#define VCPUS		2
#define SHOWN(id)	(GUEST_FREE + (id) * 64)
#define WALL		(GUEST_FREE + 0x1000)
#define TURN		(GUEST_FREE + 0x2000)

#define CLOCKSOURCES	"/sys/devices/system/clocksource/clocksource0/"

static struct guest guest;
static struct vcpu vcpus[VCPUS];
static struct vcpu *const vcpu = vcpus;	/* the first one */

static void begin(void)
{
	int i;

	guest_create(&guest);
	for (i = 0; i < VCPUS; i++)
		vcpu_create(&vcpus[i], &guest, i);
	guest_set_mode(&guest, MODE_LONG);
}

static struct shown *shown(int id)
{
	return guest_at(&guest, SHOWN(id));
}

static void load(struct vcpu *of, const char *payload)
{
	guest_load(&guest, payload);
	vcpu_set_mode(of, MODE_LONG, 0);
}

static int guest_writes(struct vcpu *of, __u32 index, __u64 value)
{
	struct event event;

	load(of, "msr_write");
	vcpu_set_reg(of, rdi, index);
	vcpu_set_reg(of, rsi, value);
	vcpu_wait(of, MODE_LONG, &event);
	return event.what == RESULT ? 1 : -event.value;
}

static void show_by(struct vcpu *of, __u32 index)
{
	MUST(guest_writes(of, index, SHOWN(of->id) | 1) == 1);
}

static void show(struct vcpu *of)
{
	show_by(of, MSR_KVM_SYSTEM_TIME_NEW);
}

/* What the guest reads from its clock now. */
static __u64 guest_ns(struct vcpu *of)
{
	load(of, "clock_read");
	vcpu_set_reg(of, rdi, SHOWN(of->id));
	MUST(vcpu_result(of, MODE_LONG) == 1);
	return vcpu_reg(of, rbx);
}

static void get_clock(struct kvm_clock_data *data)
{
	MUST(!ioctl(guest.fd, KVM_GET_CLOCK, data));
}

static __u64 clock_now(void)
{
	struct kvm_clock_data data;

	get_clock(&data);
	return data.clock;
}

static int set_clock(__u64 ns, __u32 flags, __u64 realtime)
{
	struct kvm_clock_data data = {
		.clock = ns, .flags = flags, .realtime = realtime,
	};

	return vtx_ioctl(guest.fd, KVM_SET_CLOCK, (unsigned long)&data);
}

static __u64 time_of_day(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

/* Does the host keep its time by the TSC? */
static bool host_goes_by_tsc(void)
{
	struct kvm_clock_data data;

	get_clock(&data);
	return data.flags & KVM_CLOCK_HOST_TSC;
}

/* The guest's clock lies between two of user space's. */
#define EXPECT_SAME_CLOCK(of)						\
do {									\
	__u64 before = clock_now(), seen = guest_ns(of);		\
	__u64 after = clock_now();					\
									\
	EXPECT_LE(before, seen);					\
	EXPECT_GE(after, seen);						\
} while (0)

/* ---- What there is ---- */

VTX_TEST(cpuid)
{
	const __u32 bits = BIT(KVM_FEATURE_CLOCKSOURCE) |
			   BIT(KVM_FEATURE_CLOCKSOURCE2) |
			   BIT(KVM_FEATURE_CLOCKSOURCE_STABLE_BIT);
	struct kvm_cpuid_entry2 *entry;
	struct cpuid_list cpuid;

	begin();
	cpuid_supported(&guest, &cpuid);
	entry = cpuid_find(&cpuid, KVM_CPUID_SIGNATURE, 0);
	ASSERT_NE(NULL, entry);
	EXPECT_EQ(KVM_CPUID_FEATURES, entry->eax);
	EXPECT_EQ(0, memcmp(&entry->ebx, KVM_SIGNATURE, 12));
	entry = cpuid_find(&cpuid, KVM_CPUID_FEATURES, 0);
	ASSERT_NE(NULL, entry);
	EXPECT_EQ(bits, entry->eax & bits);
	EXPECT_EQ(14, guest_extension(&guest, KVM_CAP_ADJUST_CLOCK));
	EXPECT_EQ(1, guest_extension(&guest, KVM_CAP_KVMCLOCK_CTRL));
}

/* The old numbers and the new ones are the same MSRs. */
VTX_TEST(msrs)
{
	__u64 value;

	begin();
	EXPECT_EQ(1, msr_get(vcpu, MSR_KVM_SYSTEM_TIME, &value));
	EXPECT_EQ(0, value);
	EXPECT_EQ(1, msr_set(vcpu, MSR_KVM_SYSTEM_TIME, SHOWN(0) | 1));
	EXPECT_EQ(1, msr_get(vcpu, MSR_KVM_SYSTEM_TIME_NEW, &value));
	EXPECT_EQ(SHOWN(0) | 1, value);
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_SYSTEM_TIME_NEW, SHOWN(0)));
	EXPECT_EQ(1, msr_get(vcpu, MSR_KVM_SYSTEM_TIME, &value));
	EXPECT_EQ(SHOWN(0), value);
	EXPECT_EQ(1, msr_get(&vcpus[1], MSR_KVM_SYSTEM_TIME, &value));
	EXPECT_EQ(0, value);
	/* This one all vCPUs have together. */
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_WALL_CLOCK, WALL));
	EXPECT_EQ(1, msr_get(&vcpus[1], MSR_KVM_WALL_CLOCK_NEW, &value));
	EXPECT_EQ(WALL, value);
}

/* ---- What the guest sees ---- */

VTX_TEST(same_clock)
{
	static const __u32 msrs[] = {
		MSR_KVM_SYSTEM_TIME_NEW, MSR_KVM_SYSTEM_TIME,
	};
	unsigned int i, j;

	begin();
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		for (j = 0; j < VCPUS; j++) {
			show_by(&vcpus[j], msrs[i]);
			EXPECT_SAME_CLOCK(&vcpus[j]);
			EXPECT_NE(0, shown(j)->version);
			EXPECT_EQ(0, shown(j)->version & 1);
			usleep(10000);
			EXPECT_SAME_CLOCK(&vcpus[j]);
		}
	}
	/* KVM has it only with the new MSR. */
	if (host_goes_by_tsc() && device_is_vtx())
		EXPECT_EQ(TSC_STABLE, shown(0)->flags & TSC_STABLE);
}

VTX_TEST(goes_as_fast_as_the_hosts)
{
	struct timespec from, to;
	__u64 first, last, ns;

	begin();
	show(vcpu);
	clock_gettime(CLOCK_MONOTONIC_RAW, &from);
	first = guest_ns(vcpu);
	usleep(200000);
	last = guest_ns(vcpu);
	clock_gettime(CLOCK_MONOTONIC_RAW, &to);
	ns = (to.tv_sec - from.tv_sec) * NS + to.tv_nsec - from.tv_nsec;
	EXPECT_GE(ns, last - first);
	EXPECT_LE(ns * 9 / 10, last - first);
}

/* When the clock was 0 */
VTX_TEST(wall_clock)
{
	const struct wall_clock *wall;
	__u64 before, after, then;

	begin();
	wall = guest_at(&guest, WALL);
	before = time_of_day() - clock_now();
	ASSERT_EQ(1, guest_writes(vcpu, MSR_KVM_WALL_CLOCK_NEW, WALL));
	after = time_of_day() - clock_now();
	then = wall->sec * NS + wall->nsec;
	EXPECT_GT(then + 5000000, before);
	EXPECT_LT(then, after + 5000000);
	EXPECT_GT(NS, wall->nsec);
	EXPECT_NE(0, wall->version);
	EXPECT_EQ(0, wall->version & 1);
	/* Where there is none. */
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_WALL_CLOCK_NEW, 0));
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_WALL_CLOCK_NEW, 1UL << 40));
}

VTX_TEST(not_shown)
{
	struct shown seen;

	begin();
	show(vcpu);
	ASSERT_EQ(1, guest_writes(vcpu, MSR_KVM_SYSTEM_TIME_NEW, SHOWN(0)));
	seen = *shown(0);
	ASSERT_EQ(0, set_clock(5, 0, 0));
	ASSERT_EQ(1, guest_writes(vcpu, TSC, 0));
	EXPECT_EQ(0, memcmp(&seen, shown(0), sizeof(seen)));
	/* Where no memory is: the guest's loss, and nobody else's. */
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_SYSTEM_TIME_NEW,
				  GUEST_MEMORY | 1));
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_SYSTEM_TIME_NEW, -1UL));
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_SYSTEM_TIME_NEW, 0));
	show(vcpu);
	EXPECT_SAME_CLOCK(vcpu);
}

/* ---- User space sets it ---- */

VTX_TEST(set)
{
	static const __u64 values[] = { 0, 1000 * NS, 180 * NS, 5 };
	unsigned int i;
	__u64 now;

	begin();
	for (i = 0; i < VCPUS; i++)
		show(&vcpus[i]);
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		ASSERT_EQ(0, set_clock(values[i], 0, 0));
		EXPECT_SAME_CLOCK(&vcpus[i % VCPUS]);
		now = clock_now();
		EXPECT_LE(values[i], now);
		EXPECT_GT(values[i] + NS, now);
	}
}

VTX_TEST(set_as_of_then)
{
	__u64 now;

	begin();
	show(vcpu);
	/* It showed this three minutes ago. */
	ASSERT_EQ(0, set_clock(1000 * NS, KVM_CLOCK_REALTIME,
			       time_of_day() - 180 * NS));
	EXPECT_SAME_CLOCK(vcpu);
	now = clock_now();
	EXPECT_LE(1180 * NS, now);
	EXPECT_GT(1181 * NS, now);
	/* The time of day was set back since: no reason to go back with it. */
	ASSERT_EQ(0, set_clock(1000 * NS, KVM_CLOCK_REALTIME,
			       time_of_day() + 180 * NS));
	now = clock_now();
	EXPECT_LE(1000 * NS, now);
	EXPECT_GT(1001 * NS, now);
}

VTX_TEST(set_what_was_got)
{
	struct kvm_clock_data data;
	__u64 before;
	int i;

	begin();
	show(vcpu);
	for (i = 0; i < 10; i++) {
		before = guest_ns(vcpu);
		get_clock(&data);
		ASSERT_EQ(0, ioctl(guest.fd, KVM_SET_CLOCK, &data));
		EXPECT_LT(before, guest_ns(vcpu));
	}
}

VTX_TEST(refused)
{
	int bit;

	begin();
	for (bit = 0; bit < 32; bit++)
		EXPECT_EQ(14 & BIT(bit) ? 0 : -EINVAL,
			  set_clock(NS, BIT(bit), -1ULL))
			TH_LOG("bit %d", bit);
	EXPECT_EQ(-EFAULT, vtx_ioctl(guest.fd, KVM_SET_CLOCK, 8));
	EXPECT_EQ(-EFAULT, vtx_ioctl(guest.fd, KVM_GET_CLOCK, 8));
}

VTX_TEST(flags)
{
	struct kvm_clock_data data;
	__u64 now = time_of_day();

	begin();
	show(vcpu);
	get_clock(&data);
	EXPECT_EQ(0, data.flags & ~14);
	if (!host_goes_by_tsc())
		SKIP(return, "this host does not go by the TSC");
	EXPECT_EQ(14, data.flags);
	EXPECT_LE(now, data.realtime);
	EXPECT_GE(time_of_day(), data.realtime);
	EXPECT_NE(0, data.host_tsc);
}

/* ---- User space stopped the guest ---- */

VTX_TEST(stopped)
{
	begin();
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0));
	show(vcpu);
	EXPECT_EQ(0, shown(0)->flags & GUEST_STOPPED);
	EXPECT_EQ(0, vtx_ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0));
	EXPECT_SAME_CLOCK(vcpu);
	EXPECT_EQ(GUEST_STOPPED, shown(0)->flags & GUEST_STOPPED);
	/* It stays until the guest has seen it. */
	ASSERT_EQ(0, set_clock(5, 0, 0));
	guest_ns(vcpu);
	EXPECT_EQ(GUEST_STOPPED, shown(0)->flags & GUEST_STOPPED);
	shown(0)->flags &= ~GUEST_STOPPED;
	ASSERT_EQ(0, set_clock(6, 0, 0));
	guest_ns(vcpu);
	EXPECT_EQ(0, shown(0)->flags & GUEST_STOPPED);
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpus[1].fd, KVM_KVMCLOCK_CTRL, 0));
	ASSERT_EQ(1, guest_writes(vcpu, MSR_KVM_SYSTEM_TIME_NEW, 0));
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0));
}

/* ---- To another VM ---- */

VTX_TEST(moved_to_another_vm)
{
	struct guest old;
	struct kvm_clock_data data;
	__u64 last, tsc, msr;
	int i;

	begin();
	for (i = 0; i < VCPUS; i++)
		show(&vcpus[i]);
	ASSERT_EQ(0, set_clock(1000 * NS, 0, 0));
	last = guest_ns(vcpu);
	get_clock(&data);
	ASSERT_EQ(1, msr_get(vcpu, TSC, &tsc));
	ASSERT_EQ(1, msr_get(vcpu, MSR_KVM_SYSTEM_TIME_NEW, &msr));

	old = guest;
	begin();
	memcpy(guest_at(&guest, SHOWN(0)), old.memory + SHOWN(0), 128);
	for (i = 0; i < VCPUS; i++) {
		ASSERT_EQ(1, msr_set(&vcpus[i], TSC, tsc));
		ASSERT_EQ(1, msr_set(&vcpus[i], MSR_KVM_SYSTEM_TIME_NEW,
				     msr + SHOWN(i) - SHOWN(0)));
	}
	ASSERT_EQ(0, ioctl(guest.fd, KVM_SET_CLOCK, &data));
	for (i = 0; i < VCPUS; i++) {
		EXPECT_SAME_CLOCK(&vcpus[i]);
		EXPECT_LT(last, guest_ns(&vcpus[i]));
	}
	EXPECT_GT(1001 * NS, clock_now());
}

/* ---- Never back ---- */

struct turns {
	pthread_t	thread[VCPUS];
	__u64		back;	/* the furthest step */
	__u64		always;	/* flags that were always there */
	__u64		ever;	/* those that were ever there */
};

static void *take_turns(void *arg)
{
	struct vcpu *of = arg;

	MUST(vcpu_result(of, MODE_LONG) == 2);
	return NULL;
}

static void start_turns(struct turns *turns, long count)
{
	int i;

	guest_load(&guest, "clock_turns");
	memset(guest_at(&guest, TURN), 0, 16);
	for (i = 0; i < VCPUS; i++) {
		vcpu_set_mode(&vcpus[i], MODE_LONG, 0);
		vcpu_set_reg(&vcpus[i], rdi, SHOWN(i));
		vcpu_set_reg(&vcpus[i], rsi, TURN);
		vcpu_set_reg(&vcpus[i], r12, i);
		vcpu_set_reg(&vcpus[i], rbp, count);
		MUST(!pthread_create(&turns->thread[i], NULL, take_turns,
				     &vcpus[i]));
	}
}

static void end_turns(struct turns *turns)
{
	__u64 back;
	int i;

	turns->back = 0;
	turns->always = -1ULL;
	turns->ever = 0;
	for (i = 0; i < VCPUS; i++) {
		pthread_join(turns->thread[i], NULL);
		back = vcpu_reg(&vcpus[i], r9);
		if (turns->back < back)
			turns->back = back;
		turns->always &= vcpu_reg(&vcpus[i], r11);
		turns->ever |= vcpu_reg(&vcpus[i], r13);
	}
}

/* One CPU: the vCPUs spin until the other's thread has its turn. */
static long reads(void)
{
	long reads = vtx_number("READS", 20000);

	/* One CPU: each takes a time slice. */
	return cpus_online() > 1 || reads < 40 ? reads : 40;
}

VTX_TEST(in_turns)
{
	struct turns turns;
	int i;

	begin();
	for (i = 0; i < VCPUS; i++)
		show(&vcpus[i]);
	start_turns(&turns, reads());
	end_turns(&turns);
	EXPECT_EQ(0, turns.back);
	if (host_goes_by_tsc())
		EXPECT_EQ(TSC_STABLE, turns.always & TSC_STABLE);
}

/* The vCPUs are moved from CPU to CPU while they read. */
VTX_TEST(in_turns_on_all_cpus)
{
	long moves = vtx_number("MOVES", 100), i;
	struct turns turns;
	cpu_set_t set;

	begin();
	for (i = 0; i < VCPUS; i++)
		show(&vcpus[i]);
	start_turns(&turns, reads());
	for (i = 0; i < moves; i++) {
		CPU_ZERO(&set);
		CPU_SET(i % cpus_online(), &set);
		pthread_setaffinity_np(turns.thread[i / 3 % VCPUS],
				       sizeof(set), &set);
		usleep(1000);
	}
	CPU_ZERO(&set);
	for (i = 0; i < cpus_online(); i++)
		CPU_SET(i, &set);
	for (i = 0; i < VCPUS; i++)
		pthread_setaffinity_np(turns.thread[i], sizeof(set), &set);
	end_turns(&turns);
	EXPECT_EQ(0, turns.back);
}

/* The guest sets its TSCs apart, and together again. */
VTX_TEST(tscs_apart)
{
	struct turns turns;
	__u64 last;
	int i;

	begin();
	if (!device_is_vtx())
		SKIP(return, "KVM shows such a guest a clock that jumps");
	for (i = 0; i < VCPUS; i++)
		show(&vcpus[i]);
	last = guest_ns(&vcpus[1]);
	ASSERT_EQ(1, guest_writes(vcpu, TSC, 1ULL << 40));
	EXPECT_LT(last, guest_ns(vcpu));
	EXPECT_EQ(0, shown(0)->flags & TSC_STABLE);
	EXPECT_LT(last, guest_ns(&vcpus[1]));
	EXPECT_EQ(0, shown(1)->flags & TSC_STABLE);
	EXPECT_SAME_CLOCK(vcpu);
	EXPECT_SAME_CLOCK(&vcpus[1]);
	/* Even so. */
	start_turns(&turns, reads() / 4);
	end_turns(&turns);
	if (host_goes_by_tsc())
		EXPECT_EQ(0, turns.back);
	EXPECT_EQ(0, turns.ever & TSC_STABLE);

	for (i = 0; i < VCPUS; i++)
		ASSERT_EQ(1, msr_set(&vcpus[i], TSC, 0));
	last = guest_ns(vcpu);
	EXPECT_LT(last, guest_ns(&vcpus[1]));
	if (host_goes_by_tsc())
		EXPECT_EQ(TSC_STABLE, shown(1)->flags & TSC_STABLE);
}

/* ---- What the host keeps its time by ---- */

static bool has_choice(void)
{
	const char *available = CLOCKSOURCES "available_clocksource";

	return file_has_word(available, "tsc") &&
	       file_has_word(available, "hpet");
}

static bool use_clocksource(const char *name)
{
	struct kvm_clock_data data;
	int i;

	if (file_write(CLOCKSOURCES "current_clocksource", name))
		return false;
	for (i = 0; i < 1000; i++) {
		get_clock(&data);
		if (!(data.flags & KVM_CLOCK_HOST_TSC) == !!strcmp(name, "tsc"))
			break;
		usleep(10000);
	}
	/* A tick, for those that were not asked to look. */
	usleep(50000);
	return true;
}

VTX_TEST(host_changes_its_clocksource)
{
	struct turns turns;
	__u64 last;
	int i;

	begin();
	if (!has_choice() || !device_is_vtx())
		SKIP(return, "no choice, or KVM, which never goes back to it");
	ASSERT_TRUE(use_clocksource("tsc"));
	ASSERT_TRUE(host_goes_by_tsc());
	for (i = 0; i < VCPUS; i++)
		show(&vcpus[i]);
	last = guest_ns(vcpu);

	ASSERT_TRUE(use_clocksource("hpet"));
	EXPECT_FALSE(host_goes_by_tsc());
	for (i = 0; i < VCPUS; i++) {
		EXPECT_LT(last, guest_ns(&vcpus[i]));
		EXPECT_EQ(0, shown(i)->flags & TSC_STABLE);
		last = guest_ns(&vcpus[i]);
		EXPECT_GT(last + NS / 1000, clock_now());
	}
	/* Not to the nanosecond: the guest is told, and has to see to it. */
	start_turns(&turns, reads() / 4);
	end_turns(&turns);
	EXPECT_GT(NS / 1000, turns.back);
	EXPECT_EQ(0, turns.ever & TSC_STABLE);
	for (i = 0; i < VCPUS; i++)
		last = guest_ns(&vcpus[i]);

	ASSERT_TRUE(use_clocksource("tsc"));
	for (i = 0; i < VCPUS; i++) {
		EXPECT_LT(last, guest_ns(&vcpus[i]));
		EXPECT_EQ(TSC_STABLE, shown(i)->flags & TSC_STABLE);
		EXPECT_SAME_CLOCK(&vcpus[i]);
	}
}

/* While the vCPUs run. */
VTX_TEST(host_changes_meanwhile)
{
	struct turns turns;
	int i;

	begin();
	if (cpus_online() < 2)
		SKIP(return, "one CPU: they would take turns with the test too");
	if (!has_choice() || !device_is_vtx())
		SKIP(return, "no choice, or KVM, which never goes back to it");
	ASSERT_TRUE(use_clocksource("tsc"));
	for (i = 0; i < VCPUS; i++)
		show(&vcpus[i]);
	start_turns(&turns, 2 * reads());
	for (i = 0; i < 4; i++)
		use_clocksource(i % 2 ? "tsc" : "hpet");
	end_turns(&turns);
	EXPECT_GT(NS / 1000, turns.back);
	ASSERT_TRUE(use_clocksource("tsc"));
	EXPECT_SAME_CLOCK(vcpu);
	EXPECT_EQ(TSC_STABLE, shown(0)->flags & TSC_STABLE);
}

/* ---- Its sleep ---- */

VTX_TEST(host_sleeps)
{
	__u64 last;
	int err, i;

	begin();
	if (!device_is_vtx())
		SKIP(return, "other checks than for KVM");
	for (i = 0; i < VCPUS; i++)
		show(&vcpus[i]);
	last = guest_ns(vcpu);
	file_write("/sys/module/suspend/parameters/pm_test_delay", "0");
	err = file_write("/sys/power/pm_test", "core");
	if (err)
		SKIP(return, "this kernel has no CONFIG_PM_DEBUG");
	err = file_write("/sys/power/state", "mem");
	file_write("/sys/power/pm_test", "none");
	if (err)
		SKIP(return, "this machine cannot sleep");
	/* The work that this leaves is not waited for by the sleeper. */
	usleep(100000);
	for (i = 0; i < VCPUS; i++) {
		EXPECT_LT(last, guest_ns(&vcpus[i]));
		EXPECT_SAME_CLOCK(&vcpus[i]);
		EXPECT_EQ(GUEST_STOPPED, shown(i)->flags & GUEST_STOPPED);
	}
}

VTX_TEST_MAIN
