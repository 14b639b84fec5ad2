// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a guest runs in every mode of the CPU, in every ring that the mode
 * has, and goes from each to each on its own.
 */
#include "lib/event.h"
#include "lib/harness.h"
#include "lib/payload.h"

static const struct {
	enum mode	mode;
	int		ring;
} places[] = {
	{ MODE_REAL, 0 },
	{ MODE_PROT16, 0 }, { MODE_PROT16, 3 },
	{ MODE_PROT32, 0 }, { MODE_PROT32, 3 },
	{ MODE_PAGED32, 0 }, { MODE_PAGED32, 3 },
	{ MODE_PAE, 0 }, { MODE_PAE, 3 },
	{ MODE_V86, 3 },
	{ MODE_COMPAT, 0 }, { MODE_COMPAT, 3 },
	{ MODE_LONG, 0 }, { MODE_LONG, 3 },
};

/* A vCPU of a VM, and another VM for each test. */
static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

/* Start the variant of a payload that is for the mode. */
static void start(const char *payload, unsigned int place)
{
	enum mode mode = places[place].mode;
	char name[32];

	snprintf(name, sizeof(name), "%s%d", payload, mode_bits(mode));
	vcpu_start(&vcpu, name, mode, places[place].ring);
}

VTX_TEST(runs)
{
	unsigned int i, j;
	__u32 *data;

	begin();
	data = guest_u32(&guest, GUEST_DATA);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		memset(data, 0, 512);
		start("work", i);
		EXPECT_EQ(5050, vcpu_result(&vcpu, places[i].mode))
			TH_LOG("%s", mode_name[places[i].mode]);
		for (j = 0; j < 64; j++)
			ASSERT_EQ(5050, data[j]);
		EXPECT_EQ(0, data[64]);
	}
}

/* The handler finds where the guest was, and goes back to there. */
VTX_TEST(is_interrupted)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct event event;
	enum mode mode;
	unsigned int i;
	__u64 rip;

	begin();
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		mode = places[i].mode;
		start("interrupted", i);
		vcpu_get_regs(&vcpu, &regs);
		vcpu_get_sregs(&vcpu, &sregs);
		vcpu_must_happen(&vcpu, mode, EXCEPTION, 0x40, &event);
		/* 16-bit code has a prefix for MOV to EBX. */
		rip = regs.rip + (mode_bits(mode) == 16 ? 8 : 7);
		EXPECT_EQ(rip, event.rip)
			TH_LOG("%s", mode_name[mode]);
		EXPECT_EQ(sregs.cs.selector, event.cs);
		EXPECT_EQ((mode == MODE_REAL || mode == MODE_PROT16 ?
			   (__u16)regs.rflags : regs.rflags), event.rflags);
		if (places[i].ring == 3 || mode_handler_bits(mode) == 64) {
			EXPECT_EQ(sregs.ss.selector, event.ss);
			EXPECT_EQ(regs.rsp, event.rsp);
		}
		EXPECT_EQ(0x1234, vcpu_result(&vcpu, mode));
	}
}

/* HLT is for ring 0: there it stops the vCPU, elsewhere it is #GP(0). */
VTX_TEST(ring_counts)
{
	struct event event;
	enum mode mode;
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		mode = places[i].mode;
		vcpu_start(&vcpu, "halt", mode, places[i].ring);
		if (places[i].ring == 0) {
			vcpu_must_happen(&vcpu, mode, EXIT, KVM_EXIT_HLT, NULL);
			continue;
		}
		vcpu_must_happen(&vcpu, mode, EXCEPTION, 13, &event);
		EXPECT_EQ(0, event.error);
		EXPECT_EQ(mode_bits(mode) == 16 ? 0 : GUEST_CODE, event.rip)
			TH_LOG("%s", mode_name[mode]);
	}
}

/* ---- Paging ---- */

#define PAGE_A	(GUEST_PAGES + 0x5000)
#define PAGE_B	(GUEST_PAGES + 0x9000)

/* The entry that maps an address of GUEST_PAGES, of 4 or 8 bytes. */
static void set_entry(enum mode mode, __u64 gva, __u64 entry)
{
	if (mode == MODE_PAGED32)
		guest_u32(&guest, GUEST_PT32)[gva >> 12] = entry;
	else
		guest_u64(&guest, GUEST_PT)[(gva - GUEST_PAGES) >> 12] = entry;
}

static __u64 get_entry(enum mode mode, __u64 gva)
{
	if (mode == MODE_PAGED32)
		return guest_u32(&guest, GUEST_PT32)[gva >> 12];
	return guest_u64(&guest, GUEST_PT)[(gva - GUEST_PAGES) >> 12];
}

/* The guest reads A, which is physical B, and writes the next page. */
static void start_access(unsigned int place, __u64 entry_a, __u64 entry_next)
{
	enum mode mode = places[place].mode;
	struct kvm_regs regs;

	start("access", place);
	set_entry(mode, PAGE_A, entry_a);
	set_entry(mode, PAGE_A + 0x1000, entry_next);
	*guest_u32(&guest, PAGE_B) = 0xbbbb;
	*guest_u32(&guest, PAGE_A) = 0xaaaa;
	*guest_u32(&guest, PAGE_A + 0x1000) = 0;
	vcpu_get_regs(&vcpu, &regs);
	regs.rsi = PAGE_A;
	regs.rdi = PAGE_A + 0x1000;
	vcpu_set_regs(&vcpu, &regs);
}

#define NEXT	(PAGE_A + 0x1000)
#define PTE_PWU	(PTE_P | PTE_W | PTE_U)

VTX_TEST(pages_map)
{
	enum mode mode;
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		mode = places[i].mode;
		if (!mode_is_paged(mode) || mode == MODE_V86)
			continue;
		start_access(i, PAGE_B | PTE_PWU, NEXT | PTE_PWU);
		EXPECT_EQ(0xbbbb, vcpu_result(&vcpu, mode))
			TH_LOG("%s", mode_name[mode]);
		EXPECT_EQ(0xbbbb, *guest_u32(&guest, NEXT));
		EXPECT_EQ(PAGE_B | PTE_PWU | PTE_A, get_entry(mode, PAGE_A));
		EXPECT_EQ(NEXT | PTE_PWU | PTE_A | PTE_D,
			  get_entry(mode, NEXT));
	}
}

/* #PF in all its forms; what is 0 in a row is the entry's permission. */
VTX_TEST(pages_fault)
{
	static const struct {
		int	ring;
		__u64	entry_a, entry_next;
		__u64	cr2;
		__u32	error;
	} rows[] = {
		{ 0, 0, NEXT | PTE_PWU, PAGE_A, 0 },
		{ 3, 0, NEXT | PTE_PWU, PAGE_A, 4 },
		{ 3, PAGE_B | PTE_P | PTE_W, NEXT | PTE_PWU, PAGE_A, 5 },
		{ 0, PAGE_B | PTE_P, 0, NEXT, 2 },
		{ 3, PAGE_B | PTE_P | PTE_U, 0, NEXT, 6 },
		{ 3, PAGE_B | PTE_P | PTE_U, NEXT | PTE_P | PTE_U, NEXT, 7 },
	};
	struct event event;
	enum mode mode;
	unsigned int i, j;

	begin();
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		mode = places[i].mode;
		if (!mode_is_paged(mode) || mode == MODE_V86)
			continue;
		for (j = 0; j < ARRAY_SIZE(rows); j++) {
			if (rows[j].ring != places[i].ring)
				continue;
			start_access(i, rows[j].entry_a, rows[j].entry_next);
			vcpu_must_happen(&vcpu, mode, EXCEPTION, 14, &event);
			EXPECT_EQ(rows[j].cr2, event.cr2)
				TH_LOG("row %d, %s", j, mode_name[mode]);
			EXPECT_EQ(rows[j].error, event.error);
			/* It is mended, and the instruction done again. */
			set_entry(mode, PAGE_A, PAGE_B | PTE_PWU);
			set_entry(mode, NEXT, NEXT | PTE_PWU);
			EXPECT_EQ(0xbbbb, vcpu_result(&vcpu, mode));
		}
	}
}

/* CR0.WP, EFER.NXE and reserved bits, in 64-bit mode. */
VTX_TEST(pages_fault_long)
{
	struct kvm_sregs sregs;
	struct event event;

	begin();
	vcpu_start(&vcpu, "access64", MODE_LONG, 0);
	set_entry(MODE_LONG, PAGE_A, PAGE_A | PTE_P);
	vcpu_set_reg(&vcpu, rsi, PAGE_A);
	vcpu_set_reg(&vcpu, rdi, PAGE_A);
	vcpu_result(&vcpu, MODE_LONG);

	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.cr0 |= X86_CR0_WP;
	vcpu_set_sregs(&vcpu, &sregs);
	vcpu_set_reg(&vcpu, rsi, PAGE_A);
	vcpu_set_reg(&vcpu, rdi, PAGE_A);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 14, &event);
	EXPECT_EQ(3, event.error);

	/* NX is reserved until EFER.NXE is set. */
	vcpu_start(&vcpu, "jump64", MODE_LONG, 0);
	memcpy(guest_at(&guest, PAGE_A), "\xe7\xe0", 2);
	set_entry(MODE_LONG, PAGE_A, PAGE_A | PTE_P | PTE_NX);
	vcpu_set_reg(&vcpu, rbx, PAGE_A);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 14, &event);
	EXPECT_EQ(9, event.error);
	EXPECT_EQ(PAGE_A, event.rip);

	vcpu_set_mode(&vcpu, MODE_LONG, 0);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.efer |= X86_EFER_NX;
	vcpu_set_sregs(&vcpu, &sregs);
	vcpu_set_reg(&vcpu, rbx, PAGE_A);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 14, &event);
	EXPECT_EQ(0x11, event.error);
	set_entry(MODE_LONG, PAGE_A, PAGE_A | PTE_P);
	vcpu_set_reg(&vcpu, rax, 0x99);
	EXPECT_EQ(0x99, vcpu_result(&vcpu, MODE_LONG));
}

/* ---- From mode to mode ---- */

VTX_TEST(journey)
{
	static const struct {
		__u64	cr0, cr4, efer;
		int	l, db, vm;
	} stages[] = {
		{ 0, 0, 0, 0, 0, 0 },				/* 1 */
		{ X86_CR0_PE, 0, 0, 0, 1, 0 },
		{ X86_CR0_PE | X86_CR0_PG, X86_CR4_PSE, 0, 0, 1, 0 },
		{ X86_CR0_PE | X86_CR0_PG, X86_CR4_PSE | X86_CR4_PAE, 0, 0, 1, 0 },
		{ X86_CR0_PE, X86_CR4_PSE | X86_CR4_PAE, X86_EFER_LME, 0, 1, 0 },
		{ X86_CR0_PE | X86_CR0_PG, X86_CR4_PSE | X86_CR4_PAE, X86_EFER_LME | X86_EFER_LMA,
		  0, 1, 0 },
		{ X86_CR0_PE | X86_CR0_PG, X86_CR4_PSE | X86_CR4_PAE, X86_EFER_LME | X86_EFER_LMA,
		  1, 0, 0 },
		{ X86_CR0_PE | X86_CR0_PG, X86_CR4_PSE | X86_CR4_PAE, X86_EFER_LME | X86_EFER_LMA,
		  0, 1, 0 },
		{ X86_CR0_PE, X86_CR4_PSE | X86_CR4_PAE, X86_EFER_LME, 0, 1, 0 },
		{ X86_CR0_PE | X86_CR0_PG, X86_CR4_PSE, 0, 0, 1, 0 },
		{ X86_CR0_PE | X86_CR0_PG, X86_CR4_PSE, 0, 0, 0, 1 },	/* 11 */
		{ X86_CR0_PE | X86_CR0_PG, X86_CR4_PSE, 0, 0, 1, 0 },
		{ X86_CR0_PE, X86_CR4_PSE, 0, 0, 0, 0 },
		{ 0, X86_CR4_PSE, 0, 0, 0, 0 },
	};
	struct kvm_sregs sregs;
	unsigned int i;

	begin();
	vcpu_start(&vcpu, "journey", MODE_REAL, 0);
	for (i = 0; i < ARRAY_SIZE(stages); i++) {
		vcpu_must_happen(&vcpu, MODE_REAL, RESULT, i + 1, NULL);
		vcpu_get_sregs(&vcpu, &sregs);
		EXPECT_EQ(stages[i].cr0, sregs.cr0 & (X86_CR0_PE | X86_CR0_PG))
			TH_LOG("stage %d", i + 1);
		EXPECT_EQ(stages[i].cr4, sregs.cr4 & (X86_CR4_PSE | X86_CR4_PAE));
		EXPECT_EQ(stages[i].efer, sregs.efer);
		EXPECT_EQ(stages[i].l, sregs.cs.l);
		EXPECT_EQ(stages[i].db, sregs.cs.db);
		EXPECT_EQ(stages[i].vm,
			  !!(vcpu_reg(&vcpu, rflags) & X86_EFLAGS_VM));
	}
	vcpu_must_happen(&vcpu, MODE_REAL, EXIT, KVM_EXIT_HLT, NULL);
}

/* As a CPU does: from reset, without a register set by user space. */
VTX_TEST(reset_vector)
{
	struct kvm_userspace_memory_region slot = {
		.slot = 1,
		.guest_phys_addr = 0xffff0000,
		.memory_size = 0x10000,
	};
	const struct payload *code = payload_find("reset_vector");
	unsigned char *rom = mmap(NULL, slot.memory_size,
				  PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	begin();
	ASSERT_NE(MAP_FAILED, rom);
	ASSERT_GE(16, payload_size(code));
	memcpy(rom + 0xfff0, code->start, payload_size(code));
	slot.userspace_addr = (unsigned long)rom;
	ASSERT_EQ(0, vtx_ioctl(guest.fd, KVM_SET_USER_MEMORY_REGION,
			       (unsigned long)&slot));
	guest_load(&guest, "halt");
	EXPECT_EQ(0x2345, vcpu_result(&vcpu, MODE_REAL));
	vcpu_must_happen(&vcpu, MODE_REAL, EXIT, KVM_EXIT_HLT, NULL);
	EXPECT_EQ(1, vcpu_reg(&vcpu, rip));
}

VTX_TEST_MAIN
