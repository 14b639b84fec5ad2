// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: task switches do what the SDM says, by JMP, CALL, IRET, INT n and
 * exceptions, directly and through gates, to tasks of 32 and of 16 bits.
 *
 * A switch always exits, and the hypervisor does all of it.
 */
#include "lib/event.h"
#include "lib/harness.h"

#define SEL_TASK	SEL_FREE
#define SEL_GATE	(SEL_FREE + 8)
#define TASK_TSS	GUEST_FREE
#define TASK_CODE	(GUEST_CODE + 0x800)
#define TASK_SP		0x8000		/* in the segment at GUEST_STACK */

/* Where a TSS has what; SDM 3A "Task-State Segment" and "16-Bit TSS". */
struct tss_layout {
	int bits;
	int ip, flags, ax, cx, dx, bx, sp, bp, si, di;
	int es, cs, ss, ds;
	int ldt;
	int limit;
	__u16 code, stack, data, type;
};

static const struct tss_layout tss32 = {
	32, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x44,
	0x48, 0x4c, 0x50, 0x54, 0x60, 0x67,
	SEL_CODE32, SEL_DATA, SEL_DATA, DESC_TSS,
};

static const struct tss_layout tss16 = {
	16, 0xe, 0x10, 0x12, 0x14, 0x16, 0x18, 0x1a, 0x1c, 0x1e, 0x20,
	0x22, 0x24, 0x26, 0x28, 0x2a, 0x2b,
	SEL_CODE16, SEL_STACK16, SEL_DATA16, DESC_TSS16,
};

#define TSS_CR3		0x1c

static struct guest guest;
static struct vcpu vcpu;

static __u32 get(__u64 tss, int offset, int bits)
{
	__u32 value = 0;

	memcpy(&value, guest_at(&guest, tss + offset), bits / 8);
	return value;
}

static void put(__u64 tss, int offset, int bits, __u32 value)
{
	memcpy(guest_at(&guest, tss + offset), &value, bits / 8);
}

static int descriptor_type(__u16 selector)
{
	return guest_u64(&guest, GUEST_GDT)[selector / 8] >> 40 & 0xf;
}

/* The first task's TSS, which the vCPU is in. */
static void make_first(const struct tss_layout *layout)
{
	struct kvm_sregs sregs;

	guest_set_descriptor(&guest, SEL_TSS,
			     DESCRIPTOR(GUEST_TSS, layout->limit,
					layout->type | DESC_BUSY));
	vcpu_get_sregs(&vcpu, &sregs);
	vcpu_load_segment(&vcpu, &sregs.tr, SEL_TSS);
	vcpu_set_sregs(&vcpu, &sregs);
	/* A switch saves neither of these. */
	if (layout->bits == 32)
		put(GUEST_TSS, TSS_CR3, 32, sregs.cr3);
	put(GUEST_TSS, layout->ldt, 16, 0);
}

/* The other task, ready to run, and gates to it. */
static void make_task(const struct tss_layout *layout, enum mode mode)
{
	const int bits = layout->bits;
	struct kvm_sregs sregs;
	__u64 gate;

	memset(guest_at(&guest, TASK_TSS), 0, 0x68);
	put(TASK_TSS, layout->ip, bits, bits == 32 ? TASK_CODE :
						     TASK_CODE - GUEST_CODE);
	put(TASK_TSS, layout->flags, bits, X86_EFLAGS_FIXED);
	put(TASK_TSS, layout->ax, bits, 0x1111);
	put(TASK_TSS, layout->cx, bits, 0x2222);
	put(TASK_TSS, layout->dx, bits, 0x3333);
	put(TASK_TSS, layout->bx, bits, 0x4444);
	put(TASK_TSS, layout->sp, bits, bits == 32 ? GUEST_STACK + TASK_SP :
						     TASK_SP);
	put(TASK_TSS, layout->bp, bits, 0x5555);
	put(TASK_TSS, layout->si, bits, 0x6666);
	put(TASK_TSS, layout->di, bits, 0x7777);
	put(TASK_TSS, layout->cs, bits, layout->code);
	put(TASK_TSS, layout->ss, bits, layout->stack);
	put(TASK_TSS, layout->ds, bits, layout->data);
	put(TASK_TSS, layout->es, bits, layout->data);
	guest_set_descriptor(&guest, SEL_TASK,
			     DESCRIPTOR(TASK_TSS, layout->limit, layout->type));

	gate = (__u64)SEL_TASK << 16 | (__u64)DESC_TASK_GATE << 40;
	guest_set_descriptor(&guest, SEL_GATE, gate);
	guest_set_gate(&guest, mode, 0x40, SEL_TASK, 0, GATE_TASK, 3);
	guest_set_gate(&guest, mode, 6, SEL_TASK, 0, GATE_TASK, 0);

	vcpu_get_sregs(&vcpu, &sregs);
	if (bits == 32)
		put(TASK_TSS, TSS_CR3, 32, sregs.cr3);
	guest_load_at(&guest, bits == 32 ? "task_other32" : "task_other16",
		      TASK_CODE);
}

/* The payload's variant for the first task's format, ready to run. */
static void start(const char *name, const struct tss_layout *from,
		  const struct tss_layout *to, enum mode mode)
{
	char payload[48];

	snprintf(payload, sizeof(payload), "task_%s%d", name, from->bits);
	vcpu_start(&vcpu, payload, mode, 0);
	make_first(from);
	make_task(to, mode);
}

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

static const struct row {
	const char			*name;
	bool				nested;
	enum mode			mode;
	const struct tss_layout		*from, *to;
} rows[] = {
	{ "jmp", false, MODE_PROT32, &tss32, &tss32 },
	{ "jmp", false, MODE_PROT32, &tss32, &tss16 },
	{ "jmp", false, MODE_PROT16, &tss16, &tss16 },
	{ "jmp", false, MODE_PROT16, &tss16, &tss32 },
	{ "jmp", false, MODE_PAGED32, &tss32, &tss32 },
	{ "jmp", false, MODE_PAE, &tss32, &tss32 },
	{ "jmp_gate", false, MODE_PROT32, &tss32, &tss32 },
	{ "jmp_gate", false, MODE_PROT16, &tss16, &tss16 },
	{ "jmp_gate", false, MODE_PAGED32, &tss32, &tss16 },
	{ "call", true, MODE_PROT32, &tss32, &tss32 },
	{ "call", true, MODE_PROT32, &tss32, &tss16 },
	{ "call", true, MODE_PROT16, &tss16, &tss16 },
	{ "call", true, MODE_PROT16, &tss16, &tss32 },
	{ "call", true, MODE_PAGED32, &tss32, &tss32 },
	{ "call", true, MODE_PAE, &tss32, &tss32 },
	{ "call_gate", true, MODE_PROT32, &tss32, &tss32 },
	{ "call_gate", true, MODE_PROT16, &tss16, &tss16 },
	{ "int", true, MODE_PROT32, &tss32, &tss32 },
	{ "int", true, MODE_PROT16, &tss16, &tss16 },
	{ "int", true, MODE_PROT32, &tss32, &tss16 },
	{ "int", true, MODE_PAGED32, &tss32, &tss32 },
	{ "ud", true, MODE_PROT32, &tss32, &tss32 },
	{ "ud", true, MODE_PROT16, &tss16, &tss16 },
};

/* KVM saves the old task in the format of the new one, so it gets no such. */
static bool is_for_device(const struct row *row)
{
	return device_is_vtx() || row->from == row->to;
}

/* A register of a task with TSSs this wide; of 16 bits, the rest is undefined. */
static __u64 low(const struct tss_layout *layout, __u64 value)
{
	return layout->bits == 16 ? value & 0xffff : value;
}

/* The vCPU is in the other task, at its beginning. */
static void expect_in_task(struct __test_metadata *_metadata,
			   const struct row *row)
{
	const struct tss_layout *from = row->from, *to = row->to;
	const int bits = from->bits;
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	vcpu_get_regs(&vcpu, &regs);
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(0x2222, low(to, regs.rcx));
	EXPECT_EQ(0x3333, low(to, regs.rdx));
	EXPECT_EQ(0x4444, low(to, regs.rbx));
	EXPECT_EQ(0x5555, low(to, regs.rbp));
	EXPECT_EQ(0x6666, low(to, regs.rsi));
	EXPECT_EQ(0x7777, low(to, regs.rdi));
	EXPECT_EQ(to->code, sregs.cs.selector);
	EXPECT_EQ(to->stack, sregs.ss.selector);
	EXPECT_EQ(to->data, sregs.ds.selector);
	EXPECT_EQ(to->data, sregs.es.selector);
	EXPECT_EQ(SEL_TASK, sregs.tr.selector);
	EXPECT_EQ(TASK_TSS, sregs.tr.base);
	EXPECT_EQ(to->limit, sregs.tr.limit);
	EXPECT_EQ((to->type | DESC_BUSY) & 0xf, sregs.tr.type);
	EXPECT_TRUE(sregs.cr0 & X86_CR0_TS);
	EXPECT_EQ(row->nested, !!(regs.rflags & X86_EFLAGS_NT));
	EXPECT_TRUE(descriptor_type(SEL_TASK) & DESC_BUSY);
	EXPECT_EQ(row->nested, !!(descriptor_type(SEL_TSS) & DESC_BUSY));
	if (row->nested)
		EXPECT_EQ(SEL_TSS, get(TASK_TSS, 0, 16));

	/* What it left is in the first TSS. */
	EXPECT_EQ(0xaaaa, get(GUEST_TSS, from->ax, bits));
	EXPECT_EQ(0xdddd, get(GUEST_TSS, from->dx, bits));
	EXPECT_EQ(get(GUEST_TSS, from->bx, bits),
		  get(GUEST_TSS, from->ip, bits));
	EXPECT_EQ(GUEST_STACK_TOP, get(GUEST_TSS, from->sp, 16));
	EXPECT_EQ(from->code, get(GUEST_TSS, from->cs, 16));
	EXPECT_EQ(from->data, get(GUEST_TSS, from->ds, 16));
}

VTX_TEST(there)
{
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!is_for_device(&rows[i]))
			continue;
		start(rows[i].name, rows[i].from, rows[i].to, rows[i].mode);
		vcpu_must_happen(&vcpu, rows[i].mode, RESULT, 0x1111, NULL);
		expect_in_task(_metadata, &rows[i]);
	}
}

/* IRET leads back if the task is nested; a second switch goes on behind it. */
VTX_TEST(and_back)
{
	const struct tss_layout *from;
	struct kvm_sregs sregs;
	unsigned int i;
	enum mode mode;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		mode = rows[i].mode;
		from = rows[i].from;
		if (!rows[i].nested || !is_for_device(&rows[i]))
			continue;
		start(rows[i].name, from, rows[i].to, mode);
		vcpu_must_happen(&vcpu, mode, RESULT, 0x1111, NULL);
		/* Behind the instruction that would raise it again. */
		if (!strcmp(rows[i].name, "ud"))
			put(GUEST_TSS, from->ip, 16,
			    get(GUEST_TSS, from->ip, 16) + 2);
		vcpu_must_happen(&vcpu, mode, RESULT, 0xa, NULL);
		vcpu_get_sregs(&vcpu, &sregs);
		EXPECT_EQ(SEL_TSS, sregs.tr.selector);
		EXPECT_EQ(0xdddd, low(from, vcpu_reg(&vcpu, rdx)));
		EXPECT_FALSE(vcpu_reg(&vcpu, rflags) & X86_EFLAGS_NT);
		EXPECT_FALSE(descriptor_type(SEL_TASK) & DESC_BUSY);
		EXPECT_TRUE(descriptor_type(SEL_TSS) & DESC_BUSY);
		EXPECT_FALSE(get(TASK_TSS, rows[i].to->flags, 16) &
			     X86_EFLAGS_NT);

		vcpu_complete(&vcpu);
		vcpu_set_reg(&vcpu, rip, from->bits == 32 ? GUEST_CODE : 0);
		vcpu_must_happen(&vcpu, mode, RESULT, 0xb, NULL);
	}
}

/* An exception that has an error code: it is on the new task's stack. */
VTX_TEST(error_code)
{
	static const struct row rows[] = {
		{ "gp", true, MODE_PROT32, &tss32, &tss32 },
		{ "gp", true, MODE_PROT16, &tss16, &tss16 },
		{ "gp", true, MODE_PROT32, &tss32, &tss16 },
	};
	unsigned int i;
	int size;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!is_for_device(&rows[i]))
			continue;
		size = rows[i].to->bits / 8;
		start(rows[i].name, rows[i].from, rows[i].to, rows[i].mode);
		guest_set_gate(&guest, rows[i].mode, 13, SEL_TASK, 0, GATE_TASK,
			       0);
		vcpu_must_happen(&vcpu, rows[i].mode, RESULT, 0x1111, NULL);
		/* 0xaaaa is no selector of the GDT; its RPL is not told. */
		EXPECT_EQ(0xaaa8, get(GUEST_STACK, TASK_SP - size, 16));
		EXPECT_EQ(TASK_SP - size, vcpu_reg(&vcpu, rsp) & 0xffff);
		expect_in_task(_metadata, &rows[i]);
	}
}

/* ---- What stands in the way, before the switch ---- */

VTX_TEST(refused)
{
	static const struct {
		const char *name;
		__u64 flags;		/* of the descriptor */
		int limit;
		int vector, error;
	} rows[] = {
		{ "jmp_fault", DESC_TSS | DESC_BUSY, 0x67, 13, SEL_TASK },
		{ "jmp_fault", DESC_TSS & ~DESC_PRESENT, 0x67, 11,
		  SEL_TASK },
		{ "jmp_fault", DESC_TSS, 0x66, 10, SEL_TASK },
		{ "jmp_fault", DESC_TSS16, 0x2a, 10, SEL_TASK },
		{ "jmp_fault", DESC_LDT, 0x67, 13, SEL_TASK },
		/* Back to where nobody came from: the link is 0. */
		{ "iret", DESC_TSS, 0x67, 10, 0 },
	};
	struct kvm_sregs sregs;
	struct event event;
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		start(rows[i].name, &tss32, &tss32, MODE_PROT32);
		guest_set_descriptor(&guest, SEL_TASK,
				     DESCRIPTOR(TASK_TSS, rows[i].limit,
						rows[i].flags));
		if (!strcmp(rows[i].name, "iret"))
			vcpu_set_reg(&vcpu, rflags,
				     X86_EFLAGS_FIXED | X86_EFLAGS_NT);
		vcpu_wait(&vcpu, MODE_PROT32, &event);
		EXPECT_EXCEPTION(rows[i].vector, rows[i].error, &event, i);
		EXPECT_EQ(vcpu_reg(&vcpu, rbx), event.rip)
			TH_LOG("row %d", i);
		vcpu_get_sregs(&vcpu, &sregs);
		EXPECT_EQ(SEL_TSS, sregs.tr.selector);
	}
}

/* ---- Where the new task starts ---- */

/* Its page tables may be others. */
VTX_TEST(address_space)
{
	const __u32 directory = GUEST_FREE + 0x1000, table = directory + 0x1000;
	struct kvm_sregs sregs;

	begin();
	start("call", &tss32, &tss32, MODE_PAGED32);
	memcpy(guest_at(&guest, directory), guest_at(&guest, GUEST_PD32), 4096);
	memcpy(guest_at(&guest, table), guest_at(&guest, GUEST_PT32), 4096);
	guest_u32(&guest, directory)[0] = table | PTE_P | PTE_W;
	put(TASK_TSS, TSS_CR3, 32, directory);
	/* There the code is at another place. */
	guest_u32(&guest, table)[TASK_CODE >> 12] =
		(GUEST_FREE + 0x5000) | PTE_P | PTE_W;
	guest_load_at(&guest, "task_other32",
		      GUEST_FREE + 0x5000 + (TASK_CODE & 0xfff));
	memset(guest_at(&guest, TASK_CODE), 0xf4, 16);

	vcpu_must_happen(&vcpu, MODE_PAGED32, RESULT, 0x1111, NULL);
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(directory, sregs.cr3);
	vcpu_must_happen(&vcpu, MODE_PAGED32, RESULT, 0xa, NULL);
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(GUEST_PD32, sregs.cr3);
}

/* It may be one of virtual-8086 mode. */
VTX_TEST(virtual_8086)
{
	struct kvm_sregs sregs;

	begin();
	start("jmp", &tss32, &tss32, MODE_PAGED32);
	/* The magic ports need an I/O bitmap, whatever IOPL is. */
	guest_set_descriptor(&guest, SEL_TASK,
			     DESCRIPTOR(TASK_TSS, 0x68 + 0x40, DESC_TSS));
	memset(guest_at(&guest, TASK_TSS + 0x68), 0, 0x41);
	put(TASK_TSS, 0x66, 16, 0x68);
	put(TASK_TSS, tss32.flags, 32,
	    X86_EFLAGS_FIXED | X86_EFLAGS_VM | X86_EFLAGS_IOPL);
	put(TASK_TSS, tss32.ip, 32, TASK_CODE - GUEST_CODE);
	put(TASK_TSS, tss32.cs, 16, GUEST_CODE >> 4);
	put(TASK_TSS, tss32.ss, 16, GUEST_STACK >> 4);
	put(TASK_TSS, tss32.ds, 16, GUEST_DATA >> 4);
	put(TASK_TSS, tss32.es, 16, GUEST_DATA >> 4);
	guest_load_at(&guest, "task_other16", TASK_CODE);
	vcpu_must_happen(&vcpu, MODE_V86, RESULT, 0x1111, NULL);
	EXPECT_TRUE(vcpu_reg(&vcpu, rflags) & X86_EFLAGS_VM);
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(GUEST_CODE, sregs.cs.base);
	EXPECT_EQ(GUEST_DATA, sregs.ds.base);
	EXPECT_EQ(3, sregs.cs.dpl);
}

VTX_TEST_MAIN
