// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: exceptions and interrupts reach the guest's handlers exactly once,
 * with the vector, the error code and the return address of a bare CPU; also if
 * the delivery itself fails, and if it has to wait for memory.
 */
#include "lib/event.h"
#include "lib/harness.h"

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

/* ---- Each by its cause ---- */

/* Where the handler returns to. */
enum where { FAULT, TRAP };

/**
 * struct row - an exception
 * @payload: code that raises it
 * @mode: where
 * @ring: where
 * @vector: what comes
 * @error: likewise
 * @where: RIP of the instruction or of the next one
 * @cr0: more bits of CR0
 * @rflags: more bits of RFLAGS
 */
struct row {
	const char	*payload;
	enum mode	mode;
	int		ring;
	__u32		vector;
	__u32		error;
	enum where	where;
	__u64		cr0;
	__u64		rflags;
};

static const struct row rows[] = {
	{ "de64", MODE_LONG, 0, 0, 0, FAULT },
	{ "de64", MODE_LONG, 3, 0, 0, FAULT },
	{ "icebp64", MODE_LONG, 0, 1, 0, TRAP },
	{ "icebp64", MODE_LONG, 3, 1, 0, TRAP },
	{ "bp64", MODE_LONG, 0, 3, 0, TRAP },
	{ "bp64", MODE_LONG, 3, 3, 0, TRAP },
	{ "int3_long64", MODE_LONG, 3, 3, 0, TRAP },
	{ "ud64", MODE_LONG, 0, 6, 0, FAULT },
	{ "ud64", MODE_LONG, 3, 6, 0, FAULT },
	{ "nm64", MODE_LONG, 0, 7, 0, FAULT, X86_CR0_TS },
	{ "nm64", MODE_LONG, 3, 7, 0, FAULT, X86_CR0_EM },
	{ "np64", MODE_LONG, 0, 11, SEL_NOT_PRESENT, FAULT },
	{ "ss64", MODE_LONG, 0, 12, SEL_NOT_PRESENT, FAULT },
	{ "ss_noncanonical64", MODE_LONG, 0, 12, 0, FAULT },
	{ "gp64", MODE_LONG, 0, 13, 0, FAULT },
	{ "gp64", MODE_LONG, 3, 13, 0, FAULT },
	{ "gp_selector64", MODE_LONG, 0, 13, 0xfff8, FAULT },
	{ "mf64", MODE_LONG, 0, 16, 0, FAULT },
	{ "mf64", MODE_LONG, 3, 16, 0, FAULT },
	{ "ac64", MODE_LONG, 3, 17, 0, FAULT, X86_CR0_AM, X86_EFLAGS_AC },
	{ "xm64", MODE_LONG, 0, 19, 0, FAULT },
	{ "xm64", MODE_LONG, 3, 19, 0, FAULT },
	{ "int40_64", MODE_LONG, 0, 0x40, 0, TRAP },

	{ "de32", MODE_COMPAT, 0, 0, 0, FAULT },
	{ "of32", MODE_COMPAT, 3, 4, 0, TRAP },
	{ "br32", MODE_COMPAT, 3, 5, 0, FAULT },
	{ "ss32", MODE_COMPAT, 0, 12, SEL_NOT_PRESENT, FAULT },
	{ "int40_32", MODE_COMPAT, 3, 0x40, 0, TRAP },

	{ "de32", MODE_PROT32, 0, 0, 0, FAULT },
	{ "icebp32", MODE_PROT32, 0, 1, 0, TRAP },
	{ "icebp32", MODE_PAE, 3, 1, 0, TRAP },
	{ "bp32", MODE_PROT32, 0, 3, 0, TRAP },
	{ "bp32", MODE_PAGED32, 3, 3, 0, TRAP },
	{ "of32", MODE_PROT32, 0, 4, 0, TRAP },
	{ "of32", MODE_PAE, 3, 4, 0, TRAP },
	{ "br32", MODE_PROT32, 0, 5, 0, FAULT },
	{ "br32", MODE_PAGED32, 3, 5, 0, FAULT },
	{ "ud32", MODE_PAE, 0, 6, 0, FAULT },
	{ "np32", MODE_PROT32, 0, 11, SEL_NOT_PRESENT, FAULT },
	{ "ss32", MODE_PAE, 0, 12, SEL_NOT_PRESENT, FAULT },
	{ "gp32", MODE_PROT32, 0, 13, 0, FAULT },
	{ "gp32", MODE_PAGED32, 3, 13, 0, FAULT },
	{ "int40_32", MODE_PAGED32, 0, 0x40, 0, TRAP },

	{ "de16", MODE_PROT16, 0, 0, 0, FAULT },
	{ "bp16", MODE_PROT16, 3, 3, 0, TRAP },
	{ "gp16", MODE_PROT16, 0, 13, 0, FAULT },
	{ "gp16", MODE_PROT16, 3, 13, 0, FAULT },
	{ "int40_16", MODE_PROT16, 3, 0x40, 0, TRAP },

	{ "de16", MODE_V86, 3, 0, 0, FAULT },
	{ "bp16", MODE_V86, 3, 3, 0, TRAP },
	{ "of16", MODE_V86, 3, 4, 0, TRAP },
	{ "ud16", MODE_V86, 3, 6, 0, FAULT },
	{ "gp16", MODE_V86, 3, 13, 0, FAULT },

	{ "de16", MODE_REAL, 0, 0, 0, FAULT },
	{ "bp16", MODE_REAL, 0, 3, 0, TRAP },
	{ "of16", MODE_REAL, 0, 4, 0, TRAP },
	{ "ud16", MODE_REAL, 0, 6, 0, FAULT },
	{ "gp16", MODE_REAL, 0, 13, 0, FAULT },
	{ "int40_16", MODE_REAL, 0, 0x40, 0, TRAP },
};

static void start(const struct row *row)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	vcpu_start(&vcpu, row->payload, row->mode, row->ring);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.cr0 |= row->cr0;
	vcpu_set_sregs(&vcpu, &sregs);
	vcpu_get_regs(&vcpu, &regs);
	regs.rflags |= row->rflags;
	regs.rsi = GUEST_DATA;
	vcpu_set_regs(&vcpu, &regs);
}

/* What comes is what the row says; the handler has not yet returned. */
static void expect_row(struct __test_metadata *_metadata, const struct row *row,
		       struct event *event)
{
	struct kvm_regs regs;

	vcpu_wait(&vcpu, row->mode, event);
	EXPECT_EQ(EXCEPTION, event->what)
		TH_LOG("%s, %s, ring %d: %s", row->payload,
		       mode_name[row->mode], row->ring, event_text(event));
	EXPECT_EQ(row->vector, event->value)
		TH_LOG("%s, %s, ring %d: %s", row->payload,
		       mode_name[row->mode], row->ring, event_text(event));
	EXPECT_EQ(row->error, event->error)
		TH_LOG("%s", row->payload);
	vcpu_get_regs(&vcpu, &regs);
	EXPECT_EQ(row->where == FAULT ? regs.rbp : regs.rbx, event->rip)
		TH_LOG("%s, %s", row->payload, mode_name[row->mode]);
}

/* From the handler to behind the instruction, and to the end. */
static void expect_return(struct __test_metadata *_metadata,
			  const struct row *row, struct event *event)
{
	event_set_rip(&vcpu, row->mode, event, vcpu_reg(&vcpu, rbx));
	EXPECT_EQ(0x600d, vcpu_result(&vcpu, row->mode))
		TH_LOG("%s", row->payload);
}

VTX_TEST(causes)
{
	struct event event;
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		start(&rows[i]);
		expect_row(_metadata, &rows[i], &event);
		expect_return(_metadata, &rows[i], &event);
	}
}

/* INT n reaches vector n, for all n, from both rings. */
VTX_TEST(int_n)
{
	struct event event;
	int ring, vector;
	__u64 rip;

	begin();
	for (ring = 0; ring <= 3; ring += 3) {
		for (vector = 0; vector < 256; vector++) {
			/* These handlers would drop an error code. */
			if (vector_has_error(vector))
				continue;
			vcpu_start(&vcpu, "ints", MODE_LONG, ring);
			rip = GUEST_CODE + 16 * vector;
			vcpu_set_reg(&vcpu, rip, rip);
			vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, vector,
					 &event);
			EXPECT_EQ(rip + 2, event.rip);
			EXPECT_EQ(0x600d, vcpu_result(&vcpu, MODE_LONG));
		}
	}
}

/* What the IDT refuses. */
VTX_TEST(gates)
{
	struct kvm_sregs sregs;
	struct event event;

	begin();
	/* A gate for ring 0 */
	vcpu_start(&vcpu, "int40_64", MODE_LONG, 3);
	guest_set_gate(&guest, MODE_LONG, 0x40, SEL_CODE64,
		       GUEST_HANDLERS + 0x400, GATE_INT, 0);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 13, &event);
	EXPECT_EQ(0x40 * 8 + 2, event.error);
	EXPECT_EQ(vcpu_reg(&vcpu, rbp), event.rip);

	/* One that is not present */
	vcpu_start(&vcpu, "int40_64", MODE_LONG, 0);
	guest_u64(&guest, GUEST_IDT)[2 * 0x40] &= ~(1UL << 47);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 11, &event);
	EXPECT_EQ(0x40 * 8 + 2, event.error);

	/* One behind the limit */
	vcpu_start(&vcpu, "int40_64", MODE_LONG, 0);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.idt.limit = 0x3ff;
	vcpu_set_sregs(&vcpu, &sregs);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 13, &event);
	EXPECT_EQ(0x40 * 8 + 2, event.error);

	vcpu_start(&vcpu, "bp64", MODE_LONG, 0);
	guest_u64(&guest, GUEST_IDT)[2 * 3] &= ~(1UL << 47);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 11, &event);
	EXPECT_EQ(3 * 8 + 2, event.error);

	/* A trap gate leaves IF alone, an interrupt gate clears it. */
	vcpu_start(&vcpu, "int40_64", MODE_LONG, 0);
	guest_set_gate(&guest, MODE_LONG, 0x40, SEL_CODE64,
		       GUEST_HANDLERS + 0x400, GATE_TRAP, 3);
	vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 0x40, &event);
	EXPECT_TRUE(vcpu_reg(&vcpu, rflags) & X86_EFLAGS_IF);
	vcpu_start(&vcpu, "int40_64", MODE_LONG, 0);
	vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 0x40, &event);
	EXPECT_FALSE(vcpu_reg(&vcpu, rflags) & X86_EFLAGS_IF);
	EXPECT_TRUE(event.rflags & X86_EFLAGS_IF);
}

/* The stack that a gate of 64 bits names. */
VTX_TEST(interrupt_stack_table)
{
	struct kvm_sregs sregs;
	struct event event;
	__u64 ist1 = GUEST_FREE + 0x1008;

	begin();
	vcpu_start(&vcpu, "ud64", MODE_LONG, 0);
	memcpy(guest_at(&guest, GUEST_TSS + 0x24), &ist1, sizeof(ist1));
	guest_u64(&guest, GUEST_IDT)[2 * 6] |= 1UL << 32;
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 6, &event);
	EXPECT_EQ(GUEST_FREE + 0x1000 - 40, event.frame);
	EXPECT_EQ(GUEST_STACK + GUEST_STACK_TOP, event.rsp);
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(SEL_DATA, sregs.ss.selector);
}

/* ---- A second exception while the first is delivered ---- */

/* SDM 3A "Interrupt 8-Double Fault Exception (#DF)" */
VTX_TEST(double_fault)
{
	static const struct {
		const char *payload;
		int broken[3];		/* vectors without a gate */
		int vector;		/* what comes, or -1: shutdown */
		int error;
	} rows[] = {
		/* contributory + contributory */
		{ "gp64", { 13 }, 8, 0 },
		{ "de64", { 0 + 256 }, 8, 0 },
		{ "np64", { 11 }, 8, 0 },
		/* benign + contributory: one after the other */
		{ "ud64", { 6 }, 11, 6 * 8 + 3 },
		/* the second has no gate either: again contributory twice */
		{ "ud64", { 6, 11 }, 8, 0 },
		/* the double fault has none */
		{ "gp64", { 13, 8 }, -1, 0 },
	};
	struct event event;
	unsigned int i, j;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vcpu_start(&vcpu, rows[i].payload, MODE_LONG, 0);
		for (j = 0; rows[i].broken[j]; j++)
			guest_u64(&guest, GUEST_IDT)
				[2 * (rows[i].broken[j] & 255)] &= ~(1UL << 47);
		if (rows[i].vector < 0) {
			vcpu_must_happen(&vcpu, MODE_LONG, EXIT,
					 KVM_EXIT_SHUTDOWN, NULL);
			continue;
		}
		vcpu_wait(&vcpu, MODE_LONG, &event);
		EXPECT_EXCEPTION(rows[i].vector, rows[i].error, &event, i);
	}
}

/* The stack's page is missing: #PF twice is #DF, on a stack of its own. */
VTX_TEST(double_fault_by_stack)
{
	__u64 ist1 = GUEST_FREE + 0x1000;
	struct event event;

	begin();
	vcpu_start(&vcpu, "ud64", MODE_LONG, 0);
	memcpy(guest_at(&guest, GUEST_TSS + 0x24), &ist1, sizeof(ist1));
	guest_u64(&guest, GUEST_IDT)[2 * 8] |= 1UL << 32;
	guest_u64(&guest, GUEST_PT)[1] = 0;
	vcpu_set_reg(&vcpu, rsp, GUEST_PAGES + 0x1800);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, 8, &event);
	EXPECT_EQ(0, event.error);
	/* The stack was tried a word below the top. */
	EXPECT_EQ(GUEST_PAGES + 0x1000, event.cr2 & ~0xfffULL);
}

VTX_TEST(triple_fault)
{
	static const struct {
		const char *payload;
		enum mode mode;
		int ring;
	} rows[] = {
		{ "ud64", MODE_LONG, 0 }, { "int40_64", MODE_LONG, 3 },
		{ "bp32", MODE_PROT32, 0 }, { "ud32", MODE_PAE, 3 },
		{ "de16", MODE_REAL, 0 }, { "bp16", MODE_V86, 3 },
	};
	struct kvm_sregs sregs;
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vcpu_start(&vcpu, rows[i].payload, rows[i].mode, rows[i].ring);
		vcpu_get_sregs(&vcpu, &sregs);
		sregs.idt.limit = 0;
		vcpu_set_sregs(&vcpu, &sregs);
		vcpu_must_happen(&vcpu, rows[i].mode, EXIT, KVM_EXIT_SHUTDOWN,
				 NULL);
		/* User space may reset it and go on. */
		start(&(struct row){ rows[i].payload, rows[i].mode,
				     rows[i].ring });
		vcpu_must_happen(&vcpu, rows[i].mode, EXCEPTION,
				 rows[i].payload[0] == 'u' ? 6 :
				 rows[i].payload[0] == 'b' ? 3 :
				 rows[i].payload[0] == 'i' ? 0x40 : 0, NULL);
	}
}

/* ---- Injected by user space ---- */

/* All exceptions but #BP and #OF, which an instruction must have raised. */
VTX_TEST(injected)
{
	static const struct {
		const char *payload;
		enum mode mode;
		int ring;
	} places[] = {
		{ "quiet64", MODE_LONG, 0 }, { "quiet64", MODE_LONG, 3 },
		{ "quiet32", MODE_PROT32, 0 }, { "quiet32", MODE_PAE, 3 },
		{ "quiet16", MODE_REAL, 0 }, { "quiet16", MODE_V86, 3 },
	};
	static const int vectors[] = {
		0, 1, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19,
	};
	struct kvm_vcpu_events events;
	struct event event;
	unsigned int i, j;
	enum mode mode;
	__u64 rip;

	begin();
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		for (j = 0; j < ARRAY_SIZE(vectors); j++) {
			mode = places[i].mode;
			vcpu_start(&vcpu, places[i].payload, mode,
				   places[i].ring);
			rip = vcpu_reg(&vcpu, rip);
			vcpu_get_events(&vcpu, &events);
			events.exception.injected = 1;
			events.exception.nr = vectors[j];
			events.exception.has_error_code =
				mode != MODE_REAL &&
				vector_has_error(vectors[j]);
			/* #DF and #AC always have 0. */
			events.exception.error_code =
				events.exception.has_error_code &&
				vectors[j] != 8 && vectors[j] != 17 ? 0x18 : 0;
			vcpu_set_events(&vcpu, &events);
			vcpu_wait(&vcpu, mode, &event);
			EXPECT_EQ(EXCEPTION, event.what)
				TH_LOG("%d in %s: %s", vectors[j],
				       mode_name[mode], event_text(&event));
			EXPECT_EQ(vectors[j], event.value);
			EXPECT_EQ(events.exception.error_code, event.error);
			EXPECT_EQ(rip, event.rip);
			EXPECT_EQ(0x600d, vcpu_result(&vcpu, mode));
		}
	}
}

VTX_TEST(injection_is_checked)
{
	struct kvm_vcpu_events events, before, after;
	static const int vectors[] = { 2, 32, 33, 255 };
	unsigned int i;

	begin();
	vcpu_start(&vcpu, "quiet64", MODE_LONG, 0);
	vcpu_get_events(&vcpu, &before);
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		events = before;
		events.exception.injected = 1;
		events.exception.nr = vectors[i];
		EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_VCPU_EVENTS,
					     (unsigned long)&events))
			TH_LOG("vector %d", vectors[i]);
	}
	events = before;
	events.flags = 0x80000000;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_VCPU_EVENTS,
				     (unsigned long)&events));
	vcpu_get_events(&vcpu, &after);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	EXPECT_EQ(0x600d, vcpu_result(&vcpu, MODE_LONG));
}

/* ---- Delivery has to wait for memory ---- */

/*
 * The CPU finds IDT, GDT, TSS, stack and handler missing, one after the other,
 * and each time the delivery is begun anew.
 */
VTX_TEST(delivery_faults)
{
	struct event event;
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		start(&rows[i]);
		guest_unmap(&guest);
		expect_row(_metadata, &rows[i], &event);
		expect_return(_metadata, &rows[i], &event);
	}
}

/* Memory that is a device's cannot hold a stack for interrupts. */
VTX_TEST(delivery_to_device)
{
	begin();
	vcpu_start(&vcpu, "ud64", MODE_LONG, 0);
	vcpu_set_reg(&vcpu, rsp, GUEST_MEMORY + 0x100000);
	vcpu_must_happen(&vcpu, MODE_LONG, EXIT, KVM_EXIT_INTERNAL_ERROR, NULL);
}

VTX_TEST_MAIN
