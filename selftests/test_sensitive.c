// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: the 18 instructions of x86 that are sensitive and not privileged do
 * in a guest what they do on the bare CPU, in ring 0 and in ring 3, and without
 * an exit.
 *
 * The same memory, entered with the same registers, runs on the bare CPU
 * (vtx_probe) and in a guest; afterwards it must be the same, byte by byte:
 * results, stacks and descriptors.
 */
#include <fcntl.h>

#include "lib/event.h"
#include "lib/harness.h"
#include "payload/sensitive.h"
#include "selftests/probe/bare.h"

#define BARE_FILE	"/sys/kernel/debug/vtx_probe/bare"

static struct guest guest;
static struct vcpu vcpu;
static struct bare bare;

/* What POPF is to set: ID, NT, IOPL, OF, DF, SF, ZF, AF, PF, CF; TF and RF not. */
#define FLAGS		0x207cd5

static void far_pointer(__u64 gpa, __u64 offset, int bytes, __u16 selector)
{
	memcpy(guest_at(&guest, gpa), &offset, bytes);
	memcpy(guest_at(&guest, gpa + bytes), &selector, sizeof(selector));
}

/* The memory, and a vCPU at the beginning. */
static void start(const char *payload, int ring)
{
	const __u16 rpl = ring, user = ring ? SEL_CODE64_USER - SEL_CODE64 : 0;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	const __u16 gate = SEL_FREE + 0x10;

	memset(guest.memory, 0, BARE_MEMORY);
	guest_set_mode(&guest, MODE_LONG);
	guest_load(&guest, payload);
	guest_load_at(&guest, "sensitive_far", SENSITIVE_FAR_CODE);
	guest_load_at(&guest, "sensitive_int", SENSITIVE_INT_CODE);
	guest_set_gate(&guest, MODE_LONG, SENSITIVE_INT, SEL_CODE64,
		       SENSITIVE_INT_CODE, GATE_INT, 3);
	/* More kinds for LAR and the like: conforming, expanding down, a gate */
	guest_set_descriptor(&guest, SEL_FREE,
			     DESCRIPTOR(0, 0xfffff, (DESC_CODE | 4 | DESC_LONG |
						     DESC_PAGES)));
	guest_set_descriptor(&guest, SEL_FREE + 8,
			     DESCRIPTOR(0, 0x12345, (DESC_DATA | 4 | DESC_32)));
	guest_set_descriptor(&guest, gate,
			     (SENSITIVE_FAR_CODE & 0xffff) |
			     (__u64)SEL_CODE64 << 16 |
			     (__u64)(DESC_CALL | DESC_USER) << 40 |
			     (__u64)(SENSITIVE_FAR_CODE >> 16) << 48);

	*guest_u64(&guest, SENSITIVE_FLAGS) = FLAGS |
					      (ring ? X86_EFLAGS_IF : 0);
	*guest_u64(&guest, SENSITIVE_CODE32) = (SEL_CODE32 + user) | rpl;
	*guest_u64(&guest, SENSITIVE_DATA) = (SEL_DATA + user) | rpl;
	far_pointer(SENSITIVE_FAR, SENSITIVE_FAR_CODE, 8,
		    (SEL_CODE64 + user) | rpl);
	far_pointer(SENSITIVE_GATE, 0, 8, gate | rpl);
	far_pointer(SENSITIVE_JUMP, 0, 4, (SEL_CODE64 + user) | rpl);

	vcpu_set_mode(&vcpu, MODE_LONG, ring);
	vcpu_get_sregs(&vcpu, &sregs);
	if (bare.cr0)
		sregs.cr0 = bare.cr0;
	vcpu_set_sregs(&vcpu, &sregs);
	vcpu_get_regs(&vcpu, &regs);
	regs.rflags = X86_EFLAGS_FIXED;
	vcpu_set_regs(&vcpu, &regs);
}

/* Run on the bare CPU what the vCPU is about to run. */
static void run_bare(void)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	int fd;

	vcpu_get_regs(&vcpu, &regs);
	vcpu_get_sregs(&vcpu, &sregs);
	memset(&bare, 0, sizeof(bare));
	bare.rip = regs.rip;
	bare.rsp = regs.rsp;
	bare.rflags = regs.rflags;
	bare.cs = sregs.cs.selector;
	bare.ss = sregs.ss.selector;
	bare.data = sregs.ds.selector;
	bare.ldt = sregs.ldt.selector;
	bare.tr = sregs.tr.selector;
	bare.gdt_base = sregs.gdt.base;
	bare.gdt_limit = sregs.gdt.limit;
	bare.idt_base = sregs.idt.base;
	bare.idt_limit = sregs.idt.limit;
	bare.handlers = GUEST_HANDLERS;
	memcpy(bare.memory, guest.memory, BARE_MEMORY);
	/* LTR will make it busy again. */
	bare.memory[GUEST_GDT + SEL_TSS + 5] &= ~DESC_BUSY;

	fd = open(BARE_FILE, O_RDWR);
	MUST(fd >= 0);
	MUST(write(fd, &bare, sizeof(bare)) == sizeof(bare));
	MUST(pread(fd, &bare, sizeof(bare), 0) == sizeof(bare));
	close(fd);
}

/* Where the memory of the guest differs first, or BARE_MEMORY. */
static __u32 first_difference(void)
{
	__u32 at;

	/* But for what leads out at the end. */
	for (at = GUEST_GDT; at < BARE_MEMORY; at++) {
		if (at >= GUEST_HANDLERS &&
		    at < GUEST_HANDLERS + 256 * GUEST_HANDLER_SIZE)
			continue;
		if (bare.memory[at] != guest.memory[at])
			return at;
	}
	return BARE_MEMORY;
}

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

VTX_TEST(as_on_bare_cpu)
{
	__u32 at;
	int ring;

	begin();
	for (ring = 0; ring <= 3; ring += 3) {
		/* Once to learn CR0, and then with the same one. */
		start("sensitive", ring);
		run_bare();
		ASSERT_EQ(SENSITIVE_END, bare.vector)
			TH_LOG("ring %d", ring);
		start("sensitive", ring);
		vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, SENSITIVE_END,
				 NULL);
		at = first_difference();
		EXPECT_EQ(BARE_MEMORY, at)
			TH_LOG("ring %d, %#x: bare %#llx, guest %#llx", ring,
			       at, *(__u64 *)(bare.memory + (at & ~7)),
			       *(__u64 *)(guest.memory + (at & ~7)));
		/* They have left something: SGDT, for a beginning. */
		EXPECT_EQ(GUEST_GDT,
			  *guest_u64(&guest, SENSITIVE_RESULTS + 2));
	}
}

/* How many exits a payload takes in all, when no host interrupt disturbs it. */
static __u64 exits_of(const char *payload, int ring)
{
	__u64 exits, least = ~0ULL;
	int try;

	for (try = 0; try < 10; try++) {
		start(payload, ring);
		exits = vcpu_stat(&vcpu, "exits");
		vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, SENSITIVE_END,
				 NULL);
		exits = vcpu_stat(&vcpu, "exits") - exits;
		least = exits < least ? exits : least;
	}
	return least;
}

VTX_TEST(without_an_exit)
{
	int ring;

	begin();
	for (ring = 0; ring <= 3; ring += 3) {
		/* The one that ends it */
		EXPECT_EQ(1, exits_of("sensitive_not", ring));
		EXPECT_EQ(1, exits_of("sensitive", ring));
	}
}

VTX_TEST_MAIN
