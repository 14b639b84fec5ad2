// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: what KVM's paravirtual features offer a guest it gets: steal time, and
 * whether a vCPU has a CPU; hypercalls that send IPIs, end a halt, give way; and
 * nothing of it without the feature in its CPUID.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <asm/kvm_para.h>

#include "lib/event.h"
#include "lib/harness.h"

#define HC_VAPIC_POLL_IRQ	1
#define HC_KICK_CPU		5
#define HC_SEND_IPI		10
#define HC_SCHED_YIELD		11

/* The errors of hypercalls */
#define HC_ENOSYS		1000
#define HC_EPERM		1
#define HC_EINVAL		22
#define HC_EOPNOTSUPP		95

#define APIC_BASE		0x1b
#define X2APIC			0xfee00c00
#define SVR			0xf0
#define IRR			0x200
#define VECTOR			0x91

#define VCPUS			3
#define RECORD(id)		(GUEST_FREE + 64 * (id))

/* One of the pages that are mapped one by one, and what it may lead to. */
#define PAGE			(GUEST_PAGES + 0x5000)
#define OTHER_PAGE		(GUEST_PAGES + 0x6000)

static struct guest guest;
static struct vcpu vcpus[VCPUS];
static struct vcpu *const vcpu = vcpus;	/* the first one */

static void begin_with(bool irqchip)
{
	struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };
	struct kvm_lapic_state lapic;
	int i;

	guest_create(&guest);
	if (irqchip)
		MUST(!ioctl(guest.fd, KVM_CREATE_IRQCHIP, 0));
	guest_set_mode(&guest, MODE_LONG);
	for (i = 0; i < VCPUS; i++) {
		vcpu_create(&vcpus[i], &guest, i);
		vcpu_set_mode(&vcpus[i], MODE_LONG, 0);
		MUST(!ioctl(vcpus[i].fd, KVM_SET_MP_STATE, &runnable));
		if (!irqchip)
			continue;
		MUST(!ioctl(vcpus[i].fd, KVM_GET_LAPIC, &lapic));
		*(__u32 *)(lapic.regs + SVR) = 0x1ff;
		MUST(!ioctl(vcpus[i].fd, KVM_SET_LAPIC, &lapic));
		MUST(msr_set(&vcpus[i], APIC_BASE, X2APIC) == 1);
	}
}

static void begin(void)
{
	begin_with(true);
}

static __u32 features(void)
{
	struct kvm_cpuid_entry2 *entry;
	struct cpuid_list cpuid;

	cpuid_supported(&guest, &cpuid);
	entry = cpuid_find(&cpuid, KVM_CPUID_FEATURES, 0);
	return entry ? entry->eax : 0;
}

static bool has(int feature)
{
	return features() & BIT(feature);
}

static int guest_writes(struct vcpu *of, __u32 index, __u64 value)
{
	struct event event;

	guest_load(&guest, "msr_write");
	vcpu_set_mode(of, MODE_LONG, 0);
	vcpu_set_reg(of, rdi, index);
	vcpu_set_reg(of, rsi, value);
	vcpu_wait(of, MODE_LONG, &event);
	return event.what == RESULT ? 1 : -event.value;
}

/* ---- Hypercalls ---- */

struct call {
	__u64	nr, arg[4];
};

static void set_call(struct vcpu *of, const struct call *call)
{
	struct kvm_regs regs;

	vcpu_get_regs(of, &regs);
	regs.rax = call->nr;
	regs.rbx = call->arg[0];
	regs.rcx = call->arg[1];
	regs.rdx = call->arg[2];
	regs.rsi = call->arg[3];
	vcpu_set_regs(of, &regs);
}

static __s64 hypercall(struct vcpu *of, __u64 nr, __u64 a, __u64 b, __u64 c,
		       __u64 d)
{
	struct call call = { nr, { a, b, c, d } };

	guest_load(&guest, "pv_call");
	vcpu_set_mode(of, MODE_LONG, 0);
	set_call(of, &call);
	MUST(vcpu_result(of, MODE_LONG) == 1);
	return vcpu_reg(of, r8);
}

static bool waits(const struct vcpu *of, int vector)
{
	struct kvm_lapic_state lapic;

	MUST(!ioctl(of->fd, KVM_GET_LAPIC, &lapic));
	return *(__u32 *)(lapic.regs + IRR + vector / 32 * 16) >>
	       vector % 32 & 1;
}

VTX_TEST(cpuid)
{
	static const int offered[] = {
		KVM_FEATURE_CLOCKSOURCE, KVM_FEATURE_NOP_IO_DELAY,
		KVM_FEATURE_CLOCKSOURCE2, KVM_FEATURE_PV_EOI,
		KVM_FEATURE_PV_UNHALT,
		KVM_FEATURE_PV_SEND_IPI, KVM_FEATURE_POLL_CONTROL,
		KVM_FEATURE_PV_SCHED_YIELD, KVM_FEATURE_CLOCKSOURCE_STABLE_BIT,
	};
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(offered); i++)
		EXPECT_TRUE(has(offered[i])) TH_LOG("%d", offered[i]);
	/* One without the other is of no use. */
	EXPECT_EQ(has(KVM_FEATURE_STEAL_TIME), has(KVM_FEATURE_PV_TLB_FLUSH));
	if (!device_is_vtx())
		return;
	/* What there is not */
	EXPECT_FALSE(has(KVM_FEATURE_MMU_OP));
	EXPECT_FALSE(has(KVM_FEATURE_ASYNC_PF));
	EXPECT_FALSE(has(KVM_FEATURE_ASYNC_PF_INT));
	EXPECT_FALSE(has(KVM_FEATURE_MIGRATION_CONTROL));
}

VTX_TEST(send_ipi)
{
	static const struct {
		__u64	low, high, min;
		__s64	taken;
		int	first, second;	/* of the other vCPUs */
	} rows[] = {
		{ 0, 0, 0, 0, 0, 0 },
		{ 2, 0, 0, 1, 1, 0 },
		{ 6, 0, 0, 2, 1, 1 },
		{ 1, 0, 2, 1, 0, 1 },
		{ -1ULL, -1ULL, 1, 2, 1, 1 },
		{ -1ULL, -1ULL, 3, 0, 0, 0 },
		{ -1ULL, -1ULL, 0xffffffff, 0, 0, 0 },
		{ 0, 1, 0, 0, 0, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		EXPECT_EQ(rows[i].taken,
			  hypercall(vcpu, HC_SEND_IPI, rows[i].low,
				    rows[i].high, rows[i].min, VECTOR))
			TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].first, waits(&vcpus[1], VECTOR))
			TH_LOG("row %u", i);
		EXPECT_EQ(rows[i].second, waits(&vcpus[2], VECTOR))
			TH_LOG("row %u", i);
		EXPECT_FALSE(waits(vcpu, VECTOR));
		guest_destroy(&guest);
	}
}

VTX_TEST(send_ipi_refused)
{
	begin();
	/* A shorthand; a logical destination */
	EXPECT_EQ(-HC_EINVAL, hypercall(vcpu, HC_SEND_IPI, 2, 0, 0,
					0xc0000 | VECTOR));
	EXPECT_EQ(-HC_EINVAL, hypercall(vcpu, HC_SEND_IPI, 2, 0, 0,
					0x800 | VECTOR));
	EXPECT_FALSE(waits(&vcpus[1], VECTOR));
	/* An NMI is no interrupt, but an IPI. */
	EXPECT_EQ(1, hypercall(vcpu, HC_SEND_IPI, 2, 0, 0, 0x400));
	EXPECT_FALSE(waits(&vcpus[1], VECTOR));
}

VTX_TEST(without_apics)
{
	begin_with(false);
	EXPECT_EQ(-HC_EOPNOTSUPP, hypercall(vcpu, HC_SEND_IPI, 2, 0, 0,
					    VECTOR));
	EXPECT_EQ(0, hypercall(vcpu, HC_KICK_CPU, 0, 1, 0, 0));
	EXPECT_EQ(0, hypercall(vcpu, HC_SCHED_YIELD, 1, 0, 0, 0));
}

VTX_TEST(nothing_to_do)
{
	begin();
	EXPECT_EQ(0, hypercall(vcpu, HC_VAPIC_POLL_IRQ, 0, 0, 0, 0));
	EXPECT_EQ(0, hypercall(vcpu, HC_KICK_CPU, 0, 77, 0, 0));
	EXPECT_EQ(0, hypercall(vcpu, HC_KICK_CPU, 0, -1ULL, 0, 0));
	EXPECT_EQ(0, hypercall(vcpu, HC_SCHED_YIELD, 1, 0, 0, 0));
	EXPECT_EQ(0, hypercall(vcpu, HC_SCHED_YIELD, 77, 0, 0, 0));
	EXPECT_EQ(0, hypercall(vcpu, HC_SCHED_YIELD, 0, 0, 0, 0));
	EXPECT_EQ(-HC_ENOSYS, hypercall(vcpu, 4, 0, 0, 0, 0));
	EXPECT_EQ(-HC_ENOSYS, hypercall(vcpu, -1ULL, 0, 0, 0, 0));
}

/* Outside of 64-bit mode everything has 32 bits. */
VTX_TEST(narrow)
{
	struct call call = { 0xffffffff00000000 | HC_SEND_IPI,
			     { 0, 1, 0, 0x400 } };
	struct vcpu far;

	begin();
	vcpu_create(&far, &guest, 32);
	MUST(msr_set(&far, APIC_BASE, X2APIC) == 1);
	EXPECT_EQ(0, hypercall(vcpu, HC_SEND_IPI, 0, 1, 0, 0x400));
	guest_load(&guest, "pv_call32");
	guest_set_mode(&guest, MODE_PROT32);
	vcpu_set_mode(vcpu, MODE_PROT32, 0);
	set_call(vcpu, &call);
	ASSERT_EQ(1, vcpu_result(vcpu, MODE_PROT32));
	/* The other half begins with the 33rd: an NMI needs no APIC's leave. */
	EXPECT_EQ(1, vcpu_reg(vcpu, rbp));
	call.arg[3] = VECTOR;
	call.arg[1] = 0;
	call.arg[0] = 4;
	call.arg[2] = 0;
	vcpu_set_mode(vcpu, MODE_PROT32, 0);
	set_call(vcpu, &call);
	ASSERT_EQ(1, vcpu_result(vcpu, MODE_PROT32));
	EXPECT_EQ(1, vcpu_reg(vcpu, rbp));
	EXPECT_TRUE(waits(&vcpus[2], VECTOR));
	call.nr = 4;
	vcpu_set_mode(vcpu, MODE_PROT32, 0);
	set_call(vcpu, &call);
	ASSERT_EQ(1, vcpu_result(vcpu, MODE_PROT32));
	EXPECT_EQ((__u32)-HC_ENOSYS, vcpu_reg(vcpu, rbp));
}

/* Not for programs */
VTX_TEST(ring_3)
{
	struct call call = { HC_SEND_IPI, { 2, 0, 0, VECTOR } };

	begin();
	guest_load(&guest, "pv_call");
	vcpu_set_mode(vcpu, MODE_LONG, 3);
	set_call(vcpu, &call);
	ASSERT_EQ(1, vcpu_result(vcpu, MODE_LONG));
	EXPECT_EQ(-HC_EPERM, (__s64)vcpu_reg(vcpu, r8));
	EXPECT_FALSE(waits(&vcpus[1], VECTOR));
}

/* KVM looks at CPUID only if it is told to (ENFORCE_PV_FEATURE_CPUID). */
VTX_TEST(without_the_features)
{
	static const __u64 numbers[] = {
		HC_KICK_CPU, HC_SEND_IPI, HC_SCHED_YIELD,
	};
	static const __u32 msrs[] = {
		MSR_KVM_WALL_CLOCK, MSR_KVM_SYSTEM_TIME, MSR_KVM_WALL_CLOCK_NEW,
		MSR_KVM_SYSTEM_TIME_NEW, MSR_KVM_STEAL_TIME,
		MSR_KVM_PV_EOI_EN, MSR_KVM_POLL_CONTROL,
	};
	struct cpuid_list cpuid;
	struct event event;
	unsigned int i;

	if (!device_is_vtx())
		SKIP(return, "KVM does not mind");
	guest_create(&guest);
	MUST(!ioctl(guest.fd, KVM_CREATE_IRQCHIP, 0));
	guest_set_mode(&guest, MODE_LONG);
	for (i = 0; i < 2; i++)
		vcpu_create(&vcpus[i], &guest, i);
	cpuid_supported(&guest, &cpuid);
	cpuid_find(&cpuid, KVM_CPUID_FEATURES, 0)->eax = 0;
	ASSERT_EQ(0, ioctl(vcpu->fd, KVM_SET_CPUID2, &cpuid));
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		EXPECT_EQ(-HC_ENOSYS, hypercall(vcpu, numbers[i], 2, 1, 0,
						VECTOR));
	EXPECT_FALSE(waits(&vcpus[1], VECTOR));
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		guest_load(&guest, "msr_read");
		vcpu_set_mode(vcpu, MODE_LONG, 0);
		vcpu_set_reg(vcpu, rdi, msrs[i]);
		vcpu_must_happen(vcpu, MODE_LONG, EXCEPTION, 13, &event);
	}
}

/* ---- Halts ---- */

static void *run_to_result(void *arg)
{
	return (void *)(long)vcpu_result(arg, MODE_LONG);
}

static void start_halt(struct vcpu *of)
{
	guest_load_at(&guest, "pv_halt", GUEST_CODE + 0x800);
	vcpu_set_mode(of, MODE_LONG, 0);
	vcpu_set_reg(of, rip, GUEST_CODE + 0x800);
}

VTX_TEST(kick_ends_a_halt)
{
	pthread_t thread;
	void *result;
	int i;

	begin();
	for (i = 0; i < 10; i++) {
		start_halt(&vcpus[1]);
		ASSERT_EQ(0, pthread_create(&thread, NULL, run_to_result,
					    &vcpus[1]));
		usleep(i % 2 * 5000);
		EXPECT_EQ(0, hypercall(vcpu, HC_KICK_CPU, 0, 1, 0, 0));
		pthread_join(thread, &result);
		EXPECT_EQ(2, (long)result);
	}
}

/* What comes before the halt is not lost, nor is it an interrupt. */
VTX_TEST(kick_before_a_halt)
{
	struct kvm_mp_state state = { KVM_MP_STATE_HALTED };

	begin();
	EXPECT_EQ(0, hypercall(vcpu, HC_KICK_CPU, 0, 1, 0, 0));
	start_halt(&vcpus[1]);
	EXPECT_EQ(2, vcpu_result(&vcpus[1], MODE_LONG));
	/* Its state is that of a vCPU that runs. */
	EXPECT_EQ(0, ioctl(vcpus[1].fd, KVM_SET_MP_STATE, &state));
	EXPECT_EQ(0, hypercall(vcpu, HC_KICK_CPU, 0, 1, 0, 0));
	EXPECT_EQ(0, ioctl(vcpus[1].fd, KVM_GET_MP_STATE, &state));
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, state.mp_state);
}

/* ---- PV EOI ---- */

#define LOW		0x51
#define LOW_HANDLER	(GUEST_CODE + 0x1000)
#define HANDLER		(GUEST_CODE + 0x1800)
#define EOI_BIT		(GUEST_FREE + 0x1000)
#define COUNTS		(GUEST_FREE + 0x2000)	/* by handler, of EOIs */

static bool in_service(struct vcpu *of)
{
	struct kvm_lapic_state lapic;
	int word;

	MUST(!ioctl(of->fd, KVM_GET_LAPIC, &lapic));
	for (word = 0; word < 8; word++)
		if (*(__u32 *)(lapic.regs + 0x100 + 16 * word))
			return true;
	return false;
}

/* IPIs to itself; the handler of the lower vector sends one of the higher. */
static void play_eoi(struct __test_metadata *_metadata, int vector, int rounds)
{
	__u64 *counts = guest_at(&guest, COUNTS);
	struct kvm_regs regs;

	memset(counts, 0, 24);
	guest_load(&guest, "pv_self_ipis");
	guest_load_at(&guest, "pv_eoi_low", LOW_HANDLER);
	guest_load_at(&guest, "pv_eoi", HANDLER);
	guest_set_gate(&guest, MODE_LONG, LOW, SEL_CODE64, LOW_HANDLER,
		       GATE_INT, 0);
	guest_set_gate(&guest, MODE_LONG, VECTOR, SEL_CODE64, HANDLER,
		       GATE_INT, 0);
	vcpu_set_mode(vcpu, MODE_LONG, 0);
	vcpu_get_regs(vcpu, &regs);
	regs.rbx = vector;
	regs.r12 = rounds;
	regs.r13 = VECTOR;
	regs.r14 = EOI_BIT;
	regs.r15 = COUNTS;
	vcpu_set_regs(vcpu, &regs);
	ASSERT_EQ(5, vcpu_result(vcpu, MODE_LONG));
	EXPECT_EQ(rounds, counts[0]);
	EXPECT_EQ(vector == LOW ? rounds : 0, counts[1]);
	EXPECT_FALSE(in_service(vcpu));
	EXPECT_EQ(0, *guest_u32(&guest, EOI_BIT) & 1);
}

VTX_TEST(eoi)
{
	__u64 *counts;

	begin();
	counts = guest_at(&guest, COUNTS);
	play_eoi(_metadata, VECTOR, 100);
	EXPECT_EQ(100, counts[2]);
	ASSERT_EQ(1, guest_writes(vcpu, MSR_KVM_PV_EOI_EN, EOI_BIT | 1));
	play_eoi(_metadata, VECTOR, 100);
	/* A CPU that ends interrupts by itself needs no bit. */
	EXPECT_TRUE(!counts[2] || counts[2] == 100)
		TH_LOG("%llu of 100 were written", counts[2]);
	/* One in the other: the inner one may wait, the outer one may not. */
	play_eoi(_metadata, LOW, 100);
	EXPECT_LE(50, counts[2]);
	ASSERT_EQ(1, guest_writes(vcpu, MSR_KVM_PV_EOI_EN, EOI_BIT));
	play_eoi(_metadata, VECTOR, 100);
	EXPECT_EQ(100, counts[2]);
}

/* The memory comes and goes. */
VTX_TEST(eoi_without_memory)
{
	int i;

	begin();
	ASSERT_EQ(1, guest_writes(vcpu, MSR_KVM_PV_EOI_EN, EOI_BIT | 1));
	for (i = 0; i < 20; i++) {
		MUST(!madvise(guest_at(&guest, EOI_BIT), 4096, MADV_DONTNEED));
		play_eoi(_metadata, i & 1 ? LOW : VECTOR, 5);
	}
	/* None at all: KVM does not take it. */
	if (device_is_vtx()) {
		ASSERT_EQ(1, guest_writes(vcpu, MSR_KVM_PV_EOI_EN,
					  GUEST_MEMORY | 1));
		play_eoi(_metadata, VECTOR, 5);
	}
	EXPECT_EQ(-13, guest_writes(vcpu, MSR_KVM_PV_EOI_EN, EOI_BIT | 2));
	EXPECT_EQ(0, msr_set(vcpu, MSR_KVM_PV_EOI_EN, EOI_BIT | 3));
}

/* ---- Steal time ---- */

static struct kvm_steal_time *record(int id)
{
	return guest_at(&guest, RECORD(id));
}

#define STEAL_TIME_OR_SKIP						\
do {									\
	begin();							\
	if (!has(KVM_FEATURE_STEAL_TIME))				\
		SKIP(return, "the host keeps no account of waiting");	\
} while (0)

VTX_TEST(steal_time_msr)
{
	__u64 value;
	int bit;

	STEAL_TIME_OR_SKIP;
	for (bit = 1; bit < 6; bit++) {
		EXPECT_EQ(-13, guest_writes(vcpu, MSR_KVM_STEAL_TIME,
					    RECORD(0) | BIT(bit) | 1))
			TH_LOG("bit %d", bit);
		EXPECT_EQ(0, msr_set(vcpu, MSR_KVM_STEAL_TIME, BIT(bit)));
	}
	memset(record(0), 0, 64);
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_STEAL_TIME, RECORD(0) | 1));
	EXPECT_EQ(1, msr_get(vcpu, MSR_KVM_STEAL_TIME, &value));
	EXPECT_EQ(RECORD(0) | 1, value);
	EXPECT_NE(0, record(0)->version);
	EXPECT_EQ(0, record(0)->version & 1);
	/* Where no memory is */
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_STEAL_TIME,
				  GUEST_MEMORY | 1));
	EXPECT_EQ(1, guest_writes(vcpu, MSR_KVM_STEAL_TIME, 0));
	EXPECT_EQ(1, msr_set(vcpu, MSR_KVM_STEAL_TIME, RECORD(0)));
}

static void begin_to_tell(int id)
{
	memset(record(id), 0, 64);
	MUST(guest_writes(&vcpus[id], MSR_KVM_STEAL_TIME, RECORD(id) | 1) == 1);
}

/* The test and its vCPUs want the same CPU. */
static void use_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	MUST(!sched_setaffinity(0, sizeof(set), &set));
}

VTX_TEST(steal_time_grows)
{
	const __u64 least = 5000000;	/* ns */
	pthread_t threads[2];
	void *result;
	int i;

	STEAL_TIME_OR_SKIP;
	use_one_cpu();
	for (i = 0; i < 2; i++) {
		begin_to_tell(i);
		EXPECT_GT(least, record(i)->steal);
	}
	guest_load(&guest, "pv_spin");
	for (i = 0; i < 2; i++) {
		vcpu_set_mode(&vcpus[i], MODE_LONG, 0);
		vcpu_set_reg(&vcpus[i], rcx, vtx_number("SPINS", 5000000));
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, run_to_result,
					    &vcpus[i]));
	}
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], &result);
		EXPECT_EQ(3, (long)result);
		EXPECT_EQ(0, record(i)->version & 1);
		EXPECT_EQ(0, record(i)->flags);
	}
	EXPECT_LT(least, record(0)->steal + record(1)->steal);
}

/* What a vCPU changes meanwhile */
#define NOW(value)	__atomic_load_n(&(value), __ATOMIC_SEQ_CST)

/* A vCPU that has no CPU takes a note. */
VTX_TEST(note)
{
	__u32 *begun;
	__u8 *preempted;
	__u64 flushes = 0;
	pthread_t thread;
	void *result;
	int i;

	STEAL_TIME_OR_SKIP;
	use_one_cpu();
	begin_to_tell(1);
	preempted = &record(1)->preempted;
	begun = guest_at(&guest, GUEST_DATA);
	*begun = 0;
	*guest_u64(&guest, PAGE) = 0x1111;
	*guest_u64(&guest, OTHER_PAGE) = 0x2222;
	if (device_is_vtx())
		flushes = vcpu_stat(&vcpus[1], "pv_tlb_flush");

	guest_load(&guest, "pv_watch");
	vcpu_set_mode(&vcpus[1], MODE_LONG, 0);
	vcpu_set_reg(&vcpus[1], rdi, PAGE);
	vcpu_set_reg(&vcpus[1], rsi, GUEST_DATA);
	vcpu_set_reg(&vcpus[1], rcx, 100000000);
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_to_result, &vcpus[1]));
	for (i = 0; i < 1000 && !(NOW(*begun) && NOW(*preempted)); i++)
		usleep(1000);
	EXPECT_EQ(1, NOW(*begun));
	EXPECT_EQ(KVM_VCPU_PREEMPTED, NOW(*preempted));

	/* What another vCPU does that changes a page table. */
	guest_u64(&guest, GUEST_PT)[(PAGE >> 12) & 511] += OTHER_PAGE - PAGE;
	__atomic_or_fetch(preempted, KVM_VCPU_FLUSH_TLB, __ATOMIC_SEQ_CST);
	pthread_join(thread, &result);
	EXPECT_EQ(4, (long)result);
	EXPECT_EQ(0x1111, vcpu_reg(&vcpus[1], rbx));
	EXPECT_EQ(0x2222, vcpu_reg(&vcpus[1], rdx));
	EXPECT_EQ(0, *preempted & KVM_VCPU_FLUSH_TLB);
	if (device_is_vtx())
		EXPECT_LT(flushes, vcpu_stat(&vcpus[1], "pv_tlb_flush"));
}

VTX_TEST_MAIN
