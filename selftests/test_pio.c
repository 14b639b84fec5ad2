// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: what a guest writes to a port arrives in user space, and what user
 * space answers arrives in the guest, whatever the width, the form of the
 * instruction and the place in memory; and who may not use a port cannot.
 *
 * How many elements of a string one exit carries is left to the hypervisor.
 */
#include "lib/event.h"
#include "lib/harness.h"
#include "lib/payload.h"

#define PORT	0x1f00

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

/* ---- The other end of the port ---- */

#define STREAM_SIZE	8192

/**
 * struct port - what went through a port
 * @data: written by the guest, or to be read by it, byte after byte
 * @at: how much of it has gone
 * @exits: in how many exits
 */
struct port {
	unsigned char	data[STREAM_SIZE];
	size_t		at;
	unsigned int	exits;
};

static struct port port;

/* The data of the exit, in the run pages. */
static void *io_data(void)
{
	return (char *)vcpu.run + vcpu.run->io.data_offset;
}

/* Is the exit what the ABI says of one, at this port and of this width? */
static bool is_io(int direction, int size, __u16 number)
{
	const struct kvm_run *run = vcpu.run;

	return run->exit_reason == KVM_EXIT_IO &&
	       run->io.direction == direction && run->io.size == size &&
	       run->io.port == number && run->io.count > 0 &&
	       run->io.data_offset >= sizeof(*run) &&
	       run->io.data_offset + run->io.count * size <=
		(size_t)guest.run_size;
}

/* Move the data of one exit. */
static void serve(void)
{
	size_t size = vcpu.run->io.count * vcpu.run->io.size;

	MUST(port.at + size <= STREAM_SIZE);
	if (vcpu.run->io.direction == KVM_EXIT_IO_OUT)
		memcpy(port.data + port.at, io_data(), size);
	else
		memcpy(io_data(), port.data + port.at, size);
	port.at += size;
	port.exits++;
}

/* Run to the result; all exits before it are of this kind. */
static bool serve_all(int direction, int size, enum mode mode)
{
	struct event event;

	port.at = 0;
	port.exits = 0;
	for (;;) {
		vcpu_wait(&vcpu, mode, &event);
		if (event.what == RESULT)
			return true;
		if (event.what != EXIT || !is_io(direction, size, PORT)) {
			printf("# %s\n", event_text(&event));
			vcpu_dump(&vcpu);
			return false;
		}
		serve();
	}
}

static void fill(unsigned char *at, size_t size, unsigned int seed)
{
	while (size--)
		*at++ = seed = seed * 5 + 3;
}

/* ---- IN and OUT ---- */

/* Run to the exit of a payload's first instruction. */
static void run_to_io(const char *payload, __u64 rax, __u64 rdx)
{
	struct kvm_regs regs;

	vcpu_start(&vcpu, payload, MODE_LONG, 0);
	vcpu_get_regs(&vcpu, &regs);
	regs.rax = rax;
	regs.rdx = rdx;
	vcpu_set_regs(&vcpu, &regs);
	vcpu_must_happen(&vcpu, MODE_LONG, EXIT, KVM_EXIT_IO, NULL);
}

VTX_TEST(out)
{
	static const struct {
		const char *payload;
		int size;
		__u16 port;
	} rows[] = {
		{ "out1", 1, PORT }, { "out2", 2, PORT }, { "out4", 4, PORT },
		{ "out1_imm", 1, 0x42 }, { "out2_imm", 2, 0x42 },
		{ "out4_imm", 4, 0x42 },
	};
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		run_to_io(rows[i].payload, 0x1122334455667788,
			  0xffff0000 | PORT);
		ASSERT_TRUE(is_io(KVM_EXIT_IO_OUT, rows[i].size, rows[i].port))
			TH_LOG("%s", rows[i].payload);
		EXPECT_EQ(1, vcpu.run->io.count);
		EXPECT_EQ(0, memcmp(io_data(), "\x88\x77\x66\x55",
				    rows[i].size));
		EXPECT_EQ(0x55667788, vcpu_result(&vcpu, MODE_LONG));
	}
}

VTX_TEST(in)
{
	static const struct {
		const char *payload;
		int size;
		__u16 port;
		__u64 rax;
	} rows[] = {
		{ "in1", 1, PORT, 0x11223344556677a1 },
		{ "in2", 2, PORT, 0x112233445566a2a1 },
		{ "in4", 4, PORT, 0xa4a3a2a1 },
		{ "in1_imm", 1, 0x42, 0x11223344556677a1 },
		{ "in2_imm", 2, 0x42, 0x112233445566a2a1 },
		{ "in4_imm", 4, 0x42, 0xa4a3a2a1 },
	};
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		run_to_io(rows[i].payload, 0x1122334455667788, PORT);
		ASSERT_TRUE(is_io(KVM_EXIT_IO_IN, rows[i].size, rows[i].port))
			TH_LOG("%s", rows[i].payload);
		memcpy(io_data(), "\xa1\xa2\xa3\xa4", 4);
		vcpu_result(&vcpu, MODE_LONG);
		EXPECT_EQ(rows[i].rax, vcpu_reg(&vcpu, rax))
			TH_LOG("%s", rows[i].payload);
	}
}

/* Ring 0 of the other modes; their code differs, the exit does not. */
VTX_TEST(modes)
{
	static const struct {
		const char *out, *in;
		enum mode mode;
	} rows[] = {
		{ "out1_16", "in2_16", MODE_REAL },
		{ "out1_16", "in2_16", MODE_PROT16 },
		{ "out1_32", "in2_32", MODE_PROT32 },
		{ "out1_32", "in2_32", MODE_PAE },
		{ "out1_32", "in2_32", MODE_COMPAT },
	};
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vcpu_start(&vcpu, rows[i].out, rows[i].mode, 0);
		vcpu_set_reg(&vcpu, rdx, PORT);
		ASSERT_TRUE(serve_all(KVM_EXIT_IO_OUT, 1, rows[i].mode))
			TH_LOG("%s", mode_name[rows[i].mode]);
		EXPECT_EQ(1, port.exits);
		vcpu_start(&vcpu, rows[i].in, rows[i].mode, 0);
		vcpu_set_reg(&vcpu, rdx, PORT);
		fill(port.data, 4, i);
		ASSERT_TRUE(serve_all(KVM_EXIT_IO_IN, 2, rows[i].mode));
		EXPECT_EQ(port.data[0] | port.data[1] << 8,
			  vcpu_reg(&vcpu, rax));
	}
}

/*
 * The answer becomes the guest's with the next KVM_RUN, even if that does not
 * enter the guest; until then the registers can be looked at.
 */
VTX_TEST(in_completes)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	begin();
	run_to_io("in2", 0xffffffff, PORT);
	memcpy(io_data(), "\xa1\xa2", 2);
	vcpu_get_regs(&vcpu, &regs);
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(0xffffffff, regs.rax);

	vcpu.run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
	vcpu_get_regs(&vcpu, &regs);
	EXPECT_EQ(0xffffa2a1, regs.rax);
	EXPECT_EQ(GUEST_CODE + 2, regs.rip);
	vcpu.run->immediate_exit = 0;
	EXPECT_EQ(0xffffa2a1, vcpu_result(&vcpu, MODE_LONG));
}

/* ---- Strings ---- */

/* Where strings lie: two pages that are not neighbours in the guest's memory. */
#define GVA	(GUEST_PAGES + 0x5000)
#define LOW	(GUEST_PAGES + 0x20000)
#define HIGH	(GUEST_PAGES + 0x30000)

static void start_string(const char *payload, __u64 gva, __u64 count, bool down)
{
	struct kvm_regs regs;

	vcpu_start(&vcpu, payload, MODE_LONG, 0);
	guest_u64(&guest, GUEST_PT)[(GVA - GUEST_PAGES) >> 12] =
		LOW | PTE_P | PTE_W | PTE_U;
	guest_u64(&guest, GUEST_PT)[((GVA - GUEST_PAGES) >> 12) + 1] =
		HIGH | PTE_P | PTE_W | PTE_U;
	vcpu_get_regs(&vcpu, &regs);
	regs.rdx = PORT;
	regs.rcx = count;
	regs.rsi = gva;
	regs.rdi = gva;
	regs.rflags |= down ? X86_EFLAGS_DF : 0;
	vcpu_set_regs(&vcpu, &regs);
}

/* A byte of the two pages. */
static unsigned char *string_at(__u64 gva)
{
	return guest_at(&guest, gva < GVA + 0x1000 ? LOW + gva - GVA :
						     HIGH + gva - GVA - 0x1000);
}

/* Do @count elements of memory from @gva on equal the stream? */
static bool equals_stream(__u64 gva, int size, unsigned int count, bool down)
{
	unsigned int i;
	int j;

	for (i = 0; i < count; i++, gva += down ? -size : size)
		for (j = 0; j < size; j++)
			if (*string_at(gva + j) != port.data[i * size + j])
				return false;
	return true;
}

static void fill_pages(unsigned int seed)
{
	fill(guest_at(&guest, LOW), 0x1000, seed);
	fill(guest_at(&guest, HIGH), 0x1000, seed + 1);
}

/* One string instruction; everything about it. */
static bool string_works(bool out, int size, bool rep, unsigned int count,
			 unsigned int offset, bool down)
{
	int direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	unsigned int moved = rep ? count : 1;
	__u64 step = (__s64)(down ? -size : size) * moved;
	struct kvm_regs regs;
	unsigned char before, after;
	__u64 lowest = GVA + offset + (down ? step + size : 0);
	char name[32];

	snprintf(name, sizeof(name), "%s%s%d", rep ? "rep_" : "",
		 out ? "outs" : "ins", size);
	fill_pages(count);
	fill(port.data, sizeof(port.data), size + count);
	start_string(name, GVA + offset, count, down);
	before = *string_at(lowest - 1);
	after = *string_at(lowest + moved * size);
	if (!serve_all(direction, size, MODE_LONG))
		return false;
	vcpu_get_regs(&vcpu, &regs);
	return port.at == moved * size &&
	       equals_stream(GVA + offset, size, moved, down) &&
	       (moved || port.exits == 0) &&
	       regs.rsi == GVA + offset + (out ? step : 0) &&
	       regs.rdi == GVA + offset + (out ? 0 : step) &&
	       regs.rcx == (rep ? 0 : count) &&
	       before == *string_at(lowest - 1) &&
	       after == *string_at(lowest + moved * size);
}

VTX_TEST(strings)
{
	static const unsigned int offsets[] = {
		0x800, 0xff0, 0xffc, 0xffd, 0xffe, 0xfff, 0x1000, 0x1800,
	};
	static const unsigned int counts[] = { 0, 1, 2, 7, 300 };
	long every = vtx_number("EVERY", 1), row = 0;
	unsigned int i, j;
	int size, form;

	begin();
	for (size = 1; size <= 4; size *= 2)
		for (form = 0; form < 4; form++)
			for (i = 0; i < ARRAY_SIZE(offsets); i++)
				for (j = 0; j < ARRAY_SIZE(counts); j++)
					EXPECT_TRUE(row++ % every ||
						    string_works(form & 1, size,
								 true,
								 counts[j],
								 offsets[i],
								 form & 2))
						TH_LOG("rep %s%d, %d at %#x %s",
						       form & 1 ? "outs" : "ins",
						       size, counts[j],
						       offsets[i],
						       form & 2 ? "down" : "");
}

VTX_TEST(strings_without_rep)
{
	int size, form;

	begin();
	for (size = 1; size <= 4; size *= 2)
		for (form = 0; form < 4; form++)
			EXPECT_TRUE(string_works(form & 1, size, false, 99,
						 0xfff, form & 2))
				TH_LOG("%s%d %s", form & 1 ? "outs" : "ins",
				       size, form & 2 ? "down" : "");
}

/* The widths of address and segment. */
VTX_TEST(string_addresses)
{
	struct kvm_sregs sregs;

	begin();
	/* RSI's upper half is not used, and cleared. */
	start_string("outs1_addr32", GVA + 7, 0, false);
	vcpu_set_reg(&vcpu, rsi, 0xdead00000000 + GVA + 7);
	*string_at(GVA + 7) = 0x77;
	ASSERT_TRUE(serve_all(KVM_EXIT_IO_OUT, 1, MODE_LONG));
	EXPECT_EQ(0x77, port.data[0]);
	EXPECT_EQ(GVA + 8, vcpu_reg(&vcpu, rsi));

	start_string("outs1_gs", GVA + 8, 0, false);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.gs.base = 0x10;
	vcpu_set_sregs(&vcpu, &sregs);
	*string_at(GVA + 0x18) = 0x88;
	ASSERT_TRUE(serve_all(KVM_EXIT_IO_OUT, 1, MODE_LONG));
	EXPECT_EQ(0x88, port.data[0]);
}

/* SI and DI are 16 bits wide, and so is the count. */
VTX_TEST(strings_wrap)
{
	static const enum mode modes[] = { MODE_REAL, MODE_PROT16, MODE_V86 };
	unsigned char *data;
	struct kvm_regs regs;
	unsigned int i;

	begin();
	data = guest_at(&guest, GUEST_DATA);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		vcpu_start(&vcpu, "rep_outs1_16", modes[i],
			   modes[i] == MODE_V86 ? 3 : 0);
		vcpu_get_regs(&vcpu, &regs);
		regs.rdx = PORT;
		regs.rsi = 0xabcdfffe;
		regs.rcx = 0x12340004;
		vcpu_set_regs(&vcpu, &regs);
		memcpy(data + 0xfffe, "\1\2", 2);
		memcpy(data, "\3\4", 2);
		ASSERT_TRUE(serve_all(KVM_EXIT_IO_OUT, 1, modes[i]));
		EXPECT_EQ(4, port.at);
		EXPECT_EQ(0, memcmp(port.data, "\1\2\3\4", 4))
			TH_LOG("%s", mode_name[modes[i]]);
		vcpu_get_regs(&vcpu, &regs);
		EXPECT_EQ(0xabcd0002, regs.rsi);
		EXPECT_EQ(0x12340000, regs.rcx);

		vcpu_set_mode(&vcpu, modes[i], modes[i] == MODE_V86 ? 3 : 0);
		guest_load(&guest, "rep_ins1_16");
		vcpu_get_regs(&vcpu, &regs);
		regs.rdx = PORT;
		regs.rdi = 0xffff;
		regs.rcx = 3;
		vcpu_set_regs(&vcpu, &regs);
		memcpy(port.data, "\7\x8\x9", 3);
		ASSERT_TRUE(serve_all(KVM_EXIT_IO_IN, 1, modes[i]));
		EXPECT_EQ(7, data[0xffff]);
		EXPECT_EQ(8, data[0]);
		EXPECT_EQ(9, data[1]);
		EXPECT_EQ(2, vcpu_reg(&vcpu, rdi));
	}
}

/*
 * The second page is missing: #PF in the middle, with the registers where the
 * instruction can go on.  How much of a page INS leaves to do is open, as what
 * was read and could not be stored is read again.
 */
VTX_TEST(strings_fault)
{
	static const struct {
		const char *payload;
		int direction;
		__u32 error;
	} rows[] = {
		{ "rep_outs2", KVM_EXIT_IO_OUT, 0 },
		{ "rep_ins2", KVM_EXIT_IO_IN, 2 },
	};
	struct event event;
	struct kvm_regs regs;
	unsigned int i;
	__u64 *entry, rip, at;

	begin();
	entry = &guest_u64(&guest, GUEST_PT)[((GVA - GUEST_PAGES) >> 12) + 1];
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		start_string(rows[i].payload, GVA + 0xffc, 5, false);
		rip = vcpu_reg(&vcpu, rip);
		*entry = 0;
		memset(guest_at(&guest, LOW), 0x11, 0x1000);
		memset(guest_at(&guest, HIGH), 0x11, 0x1000);
		memset(port.data, 0x77, sizeof(port.data));
		port.at = 0;
		for (;;) {
			vcpu_wait(&vcpu, MODE_LONG, &event);
			if (event.what != EXIT)
				break;
			ASSERT_TRUE(is_io(rows[i].direction, 2, PORT));
			serve();
		}
		ASSERT_EQ(EXCEPTION, event.what)
			TH_LOG("%s", event_text(&event));
		EXPECT_EQ(14, event.value);
		EXPECT_EQ(rows[i].error, event.error);
		EXPECT_EQ(GVA + 0x1000, event.cr2);
		EXPECT_EQ(rip, event.rip);
		vcpu_get_regs(&vcpu, &regs);
		if (rows[i].direction == KVM_EXIT_IO_OUT)
			EXPECT_EQ(3, regs.rcx);
		EXPECT_EQ(GVA + 0xffc + 2 * (5 - regs.rcx),
			  i ? regs.rdi : regs.rsi);
		*entry = HIGH | PTE_P | PTE_W | PTE_U;
		ASSERT_TRUE(serve_all(rows[i].direction, 2, MODE_LONG));
		EXPECT_EQ(2 * regs.rcx, port.at);
		EXPECT_EQ(0, vcpu_reg(&vcpu, rcx));
		EXPECT_EQ(0x11, *string_at(GVA + 0xffb));
		for (at = GVA + 0xffc; at < GVA + 0xffc + 10; at++)
			EXPECT_EQ(i ? 0x77 : 0x11, *string_at(at));
		EXPECT_EQ(0x11, *string_at(at));
	}
}

/* ---- Who may ---- */

VTX_TEST(permission)
{
	static const struct {
		const char *payload;
		enum mode mode;
		int iopl;
		int denied;		/* this port's bit is set */
		int limit;		/* of the TSS, or 0: beyond the bitmap */
		bool allowed;
	} rows[] = {
		{ "out1", MODE_LONG, 3, PORT, 0, true },
		{ "out1", MODE_LONG, 0, 0, 0, true },
		{ "out1", MODE_LONG, 0, PORT, 0, false },
		{ "out1", MODE_LONG, 0, PORT + 1, 0, true },
		{ "out2", MODE_LONG, 0, PORT + 1, 0, false },
		{ "out4", MODE_LONG, 0, PORT + 3, 0, false },
		{ "out4", MODE_LONG, 0, PORT + 4, 0, true },
		{ "out1", MODE_LONG, 0, 0, 0x68 + PORT / 8, false },
		{ "out1", MODE_LONG, 0, 0, 0x68 + PORT / 8 + 1, true },
		{ "in2", MODE_LONG, 0, PORT, 0, false },
		{ "rep_outs1", MODE_LONG, 0, PORT, 0, false },
		{ "rep_ins1", MODE_LONG, 0, PORT, 0, false },
		{ "out1_32", MODE_PAGED32, 0, 0, 0, true },
		{ "out1_32", MODE_PAGED32, 0, PORT, 0, false },
		{ "out1_32", MODE_COMPAT, 0, PORT, 0, false },
		/* Virtual-8086 mode asks the bitmap whatever IOPL is. */
		{ "out1_16", MODE_V86, 3, 0, 0, true },
		{ "out1_16", MODE_V86, 3, PORT, 0, false },
	};
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct event event;
	unsigned char *tss;
	unsigned int i;

	begin();
	tss = guest_at(&guest, GUEST_TSS);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vcpu_start(&vcpu, rows[i].payload, rows[i].mode, 3);
		vcpu_get_regs(&vcpu, &regs);
		regs.rflags &= ~X86_EFLAGS_IOPL;
		regs.rflags |= rows[i].iopl * 0x1000;
		regs.rdx = PORT;
		regs.rcx = 1;
		regs.rsi = GUEST_DATA;
		regs.rdi = GUEST_DATA;
		vcpu_set_regs(&vcpu, &regs);
		tss[0x68 + rows[i].denied / 8] |= 1 << rows[i].denied % 8;
		vcpu_get_sregs(&vcpu, &sregs);
		if (rows[i].limit)
			sregs.tr.limit = rows[i].limit;
		vcpu_set_sregs(&vcpu, &sregs);

		vcpu_wait(&vcpu, rows[i].mode, &event);
		if (rows[i].allowed) {
			EXPECT_EQ(EXIT, event.what)
				TH_LOG("row %d: %s", i, event_text(&event));
			EXPECT_EQ(KVM_EXIT_IO, event.value);
			EXPECT_EQ(PORT, vcpu.run->io.port);
		} else {
			EXPECT_EXCEPTION(13, 0, &event, i);
			EXPECT_EQ(regs.rip, event.rip);
		}
	}
}

VTX_TEST_MAIN
