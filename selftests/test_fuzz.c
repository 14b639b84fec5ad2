// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: whatever user space puts into a vCPU and whatever a guest executes,
 * the host sees only clean exits and EINVAL; and if the CPU refuses to enter the
 * guest, vtx knows the rule that was broken.
 *
 * ENTRIES is the number of KVM_RUN of each test, SEED where the random numbers
 * begin: the same seed does the same again, as far as no timer comes between.
 */
#include <signal.h>
#include <sys/time.h>

#include "lib/event.h"
#include "lib/harness.h"

#define RUNS	8		/* of one state, at most */
#define SETTLES	20000		/* exits that one instruction may ask for */
#define CODE	512		/* bytes of random code */

static struct guest guest;
static struct vcpu vcpu;
static struct kvm_msr_list *msr_indices;

/* ---- Random numbers: xorshift64* ---- */

static __u64 state;

static __u64 random_u64(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

static unsigned int below(unsigned int limit)
{
	return (random_u64() >> 32) % limit;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

static void flip_bits(void *at, size_t size, unsigned int count)
{
	unsigned char *bytes = at;

	while (count--)
		bytes[below(size)] ^= 1 << below(8);
}

/* Numbers at which something changes */
static __u64 interesting(void)
{
	static const __u64 values[] = {
		0, 1, 0x7f, 0xfff, 0x1000, 0xffff, 0x10000, GUEST_DATA,
		GUEST_PAGES, GUEST_MEMORY - 1, GUEST_MEMORY, 0x7fffffff,
		0x80000000, 0xfee00000, 0xffffffff, 0x100000000,
		0x7fffffffffff, 0x800000000000, 0xffff800000000000, ~0ULL,
	};

	if (one_in(3))
		return random_u64() >> below(64);
	return values[below(ARRAY_SIZE(values))] + below(3) - 1;
}

/* ---- What comes of it ---- */

/**
 * struct tally - how often what came
 * @exits: by KVM_EXIT_*
 * @interrupted: EINTR
 * @refused: EINVAL of what sets a state
 * @accepted: what sets a state and was taken
 */
static struct {
	unsigned long	exits[64];
	unsigned long	interrupted;
	unsigned long	refused;
	unsigned long	accepted;
} tally;

/* A state is taken or it is EINVAL. */
static bool try_set(unsigned long cmd, void *arg)
{
	long ret = vtx_ioctl(vcpu.fd, cmd, (unsigned long)arg);

	if (ret == -EINVAL) {
		tally.refused++;
		return false;
	}
	if (ret < 0)
		must_fail("ioctl %#lx: %ld", cmd, ret);
	tally.accepted++;
	return true;
}

static bool is_clean(int reason)
{
	switch (reason) {
	case KVM_EXIT_IO:
	case KVM_EXIT_HLT:
	case KVM_EXIT_MMIO:
	case KVM_EXIT_DEBUG:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
	case KVM_EXIT_SHUTDOWN:
	case KVM_EXIT_FAIL_ENTRY:
	case KVM_EXIT_SET_TPR:
	case KVM_EXIT_INTERNAL_ERROR:
		return true;
	}
	return false;
}

/* Answer what the guest reads. */
static void answer(void)
{
	struct kvm_run *run = vcpu.run;
	size_t i, size = run->io.count * run->io.size;

	if (run->exit_reason == KVM_EXIT_MMIO) {
		MUST(run->mmio.len <= sizeof(run->mmio.data));
		flip_bits(run->mmio.data, sizeof(run->mmio.data), 8);
	} else if (run->exit_reason == KVM_EXIT_IO) {
		MUST(run->io.data_offset + size <= (size_t)guest.run_size);
		for (i = 0; i < size && i < 64; i++)
			((char *)run)[run->io.data_offset + i] = random_u64();
	}
}

/* vtx must know the rule that the state breaks; if not, which state is it? */
static void expect_explained(void)
{
	static __u64 unexplained;
	__u64 now = vcpu_stat(&vcpu, "entry_failures_unexplained");

	if (now != unexplained)
		vcpu_dump(&vcpu);
	unexplained = now;
}

/* Return: false if this state leads no further. */
static bool run_once(void)
{
	int reason = vcpu_run(&vcpu);

	if (reason == -EINTR) {
		tally.interrupted++;
		return false;
	}
	if (!is_clean(reason)) {
		vcpu_dump(&vcpu);
		must_fail("KVM_RUN: %d", reason);
	}
	tally.exits[reason]++;
	if (reason == KVM_EXIT_FAIL_ENTRY && device_is_vtx())
		expect_explained();
	answer();
	return reason != KVM_EXIT_SHUTDOWN && reason != KVM_EXIT_FAIL_ENTRY &&
	       reason != KVM_EXIT_INTERNAL_ERROR;
}

/* Complete what the last exit left open, however often that asks again. */
static void settle(void)
{
	int i;

	vcpu.run->immediate_exit = 1;
	for (i = 0; i < SETTLES && vcpu_run(&vcpu) != -EINTR; i++)
		answer();
	vcpu.run->immediate_exit = 0;
	if (i == SETTLES) {
		vcpu_dump(&vcpu);
		must_fail("KVM_RUN goes on in spite of immediate_exit");
	}
}

/* ---- What goes in ---- */

/* Bytes of which more than by chance are opcodes that matter here. */
static void random_code(void)
{
	static const unsigned char often[] = {
		0x0f, 0x0f, 0x66, 0xf2, 0xf3, 0x48, 0x8e, 0x9d, 0xcf, 0xcd,
		0xcc, 0xf4, 0xfa, 0xfb, 0xe4, 0xe6, 0xec, 0xee, 0x6c, 0x6e,
		0xa4, 0xaa, 0x9a, 0xea, 0xcb, 0x00, 0x01, 0x20, 0x22, 0x21,
		0x23, 0x30, 0x32, 0xa2, 0xc7, 0x9c, 0x17, 0x07, 0xff, 0xf0,
	};
	unsigned char *code = guest_at(&guest, GUEST_CODE);
	int i;

	for (i = 0; i < CODE; i++)
		code[i] = one_in(3) ? often[below(ARRAY_SIZE(often))] :
				      random_u64();
}

static void random_regs(enum mode mode, bool wild)
{
	struct kvm_regs regs;
	__u64 *reg;

	vcpu_get_regs(&vcpu, &regs);
	/* All but RSP, which comes seventh, RIP and RFLAGS */
	for (reg = &regs.rax; reg < &regs.rip; reg++)
		if (reg != &regs.rsp || one_in(8))
			*reg = one_in(2) ? GUEST_DATA + below(0x10000) :
					   interesting();
	/* MSRs that there are */
	if (one_in(4))
		regs.rcx = msr_indices->indices[below(msr_indices->nmsrs)];
	regs.rflags |= random_u64() & (X86_EFLAGS_IF | X86_EFLAGS_DF | 0xd5);
	if (one_in(16))
		regs.rflags |= X86_EFLAGS_TF;
	if (wild)
		flip_bits(&regs.rflags, sizeof(regs.rflags), below(4));
	if (wild && one_in(4))
		regs.rip = interesting();
	if (mode == MODE_V86)
		regs.rflags |= X86_EFLAGS_VM;
	vcpu_set_regs(&vcpu, &regs);
}

static void random_sregs(void)
{
	struct kvm_sregs sregs;
	struct kvm_segment *segment = &sregs.cs + below(8);

	vcpu_get_sregs(&vcpu, &sregs);
	switch (below(6)) {
	case 0:
		flip_bits(&sregs, sizeof(sregs), 1 + below(8));
		break;
	case 1:
		flip_bits(&sregs.cr0, sizeof(sregs.cr0), 1 + below(3));
		break;
	case 2:
		flip_bits(&sregs.cr4, sizeof(sregs.cr4), 1 + below(3));
		flip_bits(&sregs.efer, 2, below(2));
		break;
	case 3:
		segment->base = interesting();
		segment->limit = interesting();
		flip_bits(&segment->type, 9, below(4));
		break;
	case 4:
		segment->type = below(16);
		segment->dpl = below(4);
		segment->s = below(2);
		segment->present = !one_in(4);
		segment->unusable = one_in(4);
		segment->l = below(2);
		segment->db = below(2);
		segment->g = below(2);
		segment->selector = random_u64();
		break;
	case 5:
		sregs.cr3 = interesting();
		sregs.gdt.base = interesting();
		sregs.idt.base = interesting();
		break;
	}
	memset(sregs.interrupt_bitmap, 0, sizeof(sregs.interrupt_bitmap));
	if (one_in(8))
		sregs.interrupt_bitmap[below(4)] = 1UL << below(64);
	try_set(KVM_SET_SREGS, &sregs);
}

static void random_events(void)
{
	struct kvm_vcpu_events events;

	vcpu_get_events(&vcpu, &events);
	events.exception.injected = one_in(2);
	events.exception.nr = below(34);
	events.exception.has_error_code = one_in(2);
	events.exception.error_code = interesting();
	events.interrupt.injected = one_in(4);
	events.interrupt.nr = random_u64();
	events.interrupt.shadow = below(4);
	events.nmi.injected = one_in(8);
	events.nmi.pending = one_in(4);
	events.nmi.masked = one_in(4);
	events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING |
		       KVM_VCPUEVENT_VALID_SHADOW;
	if (one_in(16))
		flip_bits(&events.flags, sizeof(events.flags), 1);
	try_set(KVM_SET_VCPU_EVENTS, &events);
}

static void random_debug(void)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE,
		.arch.debugreg[0] = GUEST_CODE + below(CODE),
		.arch.debugreg[7] = 0x402 | (random_u64() & 0xff0000),
	};
	struct kvm_debugregs debugregs;

	vcpu_get_debugregs(&vcpu, &debugregs);
	debugregs.db[below(4)] = one_in(2) ? GUEST_CODE + below(CODE) :
					     interesting();
	debugregs.dr7 ^= random_u64() & random_u64() &
			 (one_in(8) ? ~0ULL : 0xffff27ff);
	flip_bits(&debugregs.dr6, one_in(8) ? 8 : 2, below(3));
	try_set(KVM_SET_DEBUGREGS, &debugregs);
	if (one_in(2)) {
		debug.control |= random_u64() & (KVM_GUESTDBG_SINGLESTEP |
						 KVM_GUESTDBG_USE_SW_BP |
						 KVM_GUESTDBG_USE_HW_BP);
		try_set(KVM_SET_GUEST_DEBUG, &debug);
	}
}

static void random_msrs(void)
{
	struct msr_list msrs = { .list.nmsrs = 4 };
	long ret;
	int i;

	for (i = 0; i < 4; i++) {
		msrs.entry[i].index =
			msr_indices->indices[below(msr_indices->nmsrs)];
		if (one_in(8))
			flip_bits(&msrs.entry[i].index, 4, 1);
		msrs.entry[i].data = interesting();
	}
	ret = vtx_ioctl(vcpu.fd, KVM_SET_MSRS, (unsigned long)&msrs);
	MUST(ret >= 0 && ret <= 4);
	tally.accepted += ret;
	tally.refused += 4 - ret;
}

static void random_xsave(void)
{
	struct kvm_xsave xsave;
	struct kvm_xcrs xcrs = { .nr_xcrs = 1 };

	vcpu_get_xsave(&vcpu, &xsave);
	flip_bits(&xsave, one_in(2) ? 576 : 1024, below(8));
	try_set(KVM_SET_XSAVE, &xsave);
	xcrs.xcrs[0].value = below(16);
	flip_bits(&xcrs.xcrs[0].value, 8, one_in(4));
	try_set(KVM_SET_XCRS, &xcrs);
}

/* Page tables, descriptors, the TSS: memory that the CPU reads by itself. */
static void random_memory(void)
{
	static const struct {
		__u64 at;
		size_t size;
	} areas[] = {
		{ GUEST_GDT, 8 * GUEST_GDT_ENTRIES },
		{ GUEST_IDT, 0x1000 },
		{ GUEST_HANDLERS, 0x1000 },
		{ GUEST_TSS, 0x70 },
		{ GUEST_PD32, 64 },
		{ GUEST_PDPT_PAE, 32 },
		{ GUEST_PD_PAE, 64 },
		{ GUEST_PML4, 32 },
		{ GUEST_PDPT, 32 },
		{ GUEST_PD, 64 },
		{ GUEST_PT, 0x1000 },
		{ GUEST_PT32, 0x1000 },
	};
	unsigned int i = below(ARRAY_SIZE(areas));

	flip_bits(guest_at(&guest, areas[i].at), areas[i].size, 1 + below(16));
}

/* ---- From state to state ---- */

static const struct {
	enum mode	mode;
	int		ring;
} places[] = {
	{ MODE_REAL, 0 }, { MODE_PROT16, 0 }, { MODE_PROT16, 3 },
	{ MODE_PROT32, 0 }, { MODE_PROT32, 3 }, { MODE_PAGED32, 0 },
	{ MODE_PAE, 0 }, { MODE_PAE, 3 }, { MODE_V86, 3 }, { MODE_COMPAT, 0 },
	{ MODE_COMPAT, 3 }, { MODE_LONG, 0 }, { MODE_LONG, 0 },
	{ MODE_LONG, 3 },
};

/* Everything that outlives vcpu_set_mode() */
static void clean_up(void)
{
	struct kvm_debugregs debugregs = { .dr6 = 0xffff0ff0, .dr7 = 0x400 };
	struct kvm_guest_debug debug = { .control = 0 };
	struct kvm_vcpu_events events = {
		.flags = KVM_VCPUEVENT_VALID_NMI_PENDING |
			 KVM_VCPUEVENT_VALID_SHADOW,
	};

	MUST(!ioctl(vcpu.fd, KVM_SET_GUEST_DEBUG, &debug));
	settle();
	vcpu_set_events(&vcpu, &events);
	vcpu_set_debugregs(&vcpu, &debugregs);
	vcpu.run->cr8 = 0;
	vcpu.run->request_interrupt_window = 0;
}

/* A state that a CPU can be in, at random code. */
static enum mode begin_state(void)
{
	unsigned int place = below(ARRAY_SIZE(places));
	enum mode mode = places[place].mode;

	clean_up();
	guest_set_mode(&guest, mode);
	vcpu_set_mode(&vcpu, mode, places[place].ring);
	random_code();
	return mode;
}

static void no_handler(int signal)
{
	(void)signal;
}

static void begin(void)
{
	/* For code that goes round in circles */
	struct itimerval timer = { { 0, 2000 }, { 0, 2000 } };
	struct sigaction action = { .sa_handler = no_handler };

	state = vtx_number("SEED", 1) * 0x9e3779b97f4a7c15ULL | 1;
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	msr_indices = calloc(1, sizeof(*msr_indices) + 4 * 1024);
	msr_indices->nmsrs = 1024;
	MUST(!ioctl(guest.device, KVM_GET_MSR_INDEX_LIST, msr_indices));
	MUST(!sigaction(SIGALRM, &action, NULL));
	MUST(!setitimer(ITIMER_REAL, &timer, NULL));
}

static void end(struct __test_metadata *_metadata)
{
	struct itimerval off = {};
	struct vcpu other;
	unsigned int i;

	MUST(!setitimer(ITIMER_REAL, &off, NULL));
	ksft_print_msg("EINTR %lu, states refused %lu, taken %lu\n",
		       tally.interrupted, tally.refused, tally.accepted);
	for (i = 0; i < ARRAY_SIZE(tally.exits); i++)
		if (tally.exits[i])
			ksft_print_msg("exit reason %d: %lu\n", i,
				       tally.exits[i]);
	/* It was not all for nothing. */
	EXPECT_NE(0, tally.exits[KVM_EXIT_IO]);
	EXPECT_NE(0, tally.exits[KVM_EXIT_MMIO]);
	EXPECT_NE(0, tally.exits[KVM_EXIT_SHUTDOWN]);

	if (device_is_vtx()) {
		EXPECT_EQ(tally.exits[KVM_EXIT_FAIL_ENTRY],
			  vcpu_stat(&vcpu, "entry_failures"));
		EXPECT_EQ(0, vcpu_stat(&vcpu, "entry_failures_unexplained"));
	}

	/* The vCPU is none the worse for it, and neither is another one. */
	clean_up();
	vcpu_start(&vcpu, "quiet64", MODE_LONG, 0);
	EXPECT_EQ(0x600d, vcpu_result(&vcpu, MODE_LONG));
	vcpu_create(&other, &guest, 1);
	vcpu_set_mode(&other, MODE_LONG, 0);
	EXPECT_EQ(0x600d, vcpu_result(&other, MODE_LONG));
}

/* Random bytes as code, in every mode. */
VTX_TEST(code)
{
	long entries = vtx_number("ENTRIES", 10000);
	int run;

	begin();
	while (entries > 0) {
		random_regs(begin_state(), false);
		for (run = 0; run < RUNS; run++, entries--)
			if (!run_once())
				break;
		entries--;
	}
	end(_metadata);
}

/* Random states too. */
VTX_TEST(state)
{
	long entries = vtx_number("ENTRIES", 10000);
	enum mode mode;
	int run;

	begin();
	while (entries > 0) {
		mode = begin_state();
		if (one_in(2))
			random_regs(mode, one_in(2));
		if (!one_in(4))
			random_sregs();
		if (one_in(4))
			random_events();
		if (one_in(8))
			random_debug();
		if (one_in(8))
			random_msrs();
		if (one_in(8))
			random_xsave();
		if (one_in(4))
			random_memory();
		vcpu.run->cr8 = one_in(16) ? random_u64() & 0xf : 0;
		vcpu.run->request_interrupt_window = one_in(8);
		for (run = 0; run < RUNS; run++, entries--) {
			if (!run_once())
				break;
			if (one_in(4))
				random_sregs();
			if (one_in(8))
				random_memory();
		}
		entries--;
	}
	end(_metadata);
}

VTX_TEST_MAIN
