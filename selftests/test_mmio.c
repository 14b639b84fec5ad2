// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: an instruction does to a device what the CPU itself does to memory.
 *
 * Each form of payload/mmio.S is run twice on the same bytes: once they are
 * memory, and the CPU does it; once they are a device of user space, and the
 * hypervisor does.  All registers, flags and bytes must be the same afterwards,
 * and so must exceptions.
 */
#include <stddef.h>

#include "lib/event.h"
#include "lib/harness.h"
#include "lib/payload.h"

/* Two pages that are memory or a device, where each mode can reach them. */
#define WINDOW_SIZE	0x2000
#define WINDOW_LOW	0xa0000
#define WINDOW_HIGH	0x2a0000
/* Memory before it, for what crosses the border. */
#define MARGIN		0x100
/* No form touches what lies behind this. */
#define USED		0x1400
/* A source that is always memory. */
#define SOURCE_LOW	0x90000
#define SOURCE_HIGH	0x290000

#define XSAVE_HEADER	512
#define XSAVE_YMM	576

static struct guest guest;
static struct vcpu vcpu;
static bool have_avx;

/* ---- Slots: memory with the window, or with a hole there ---- */

enum backing {
	MEMORY,
	DEVICE,
	ROM,		/* read as memory, written as a device */
};

static void set_slot(int slot, __u64 start, __u64 end, int flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .flags = flags, .guest_phys_addr = start,
		.memory_size = end - start,
		.userspace_addr = (unsigned long)guest.memory + start,
	};

	MUST(!ioctl(guest.fd, KVM_SET_USER_MEMORY_REGION, &region));
}

static __u64 window_of(enum mode mode)
{
	return mode_bits(mode) == 16 ? WINDOW_LOW : WINDOW_HIGH;
}

static bool window_is_memory;

static void set_window(__u64 window, enum backing backing)
{
	if (window_is_memory)
		set_slot(3, window, window, 0);
	window_is_memory = backing != DEVICE;
	if (window_is_memory)
		set_slot(3, window, window + WINDOW_SIZE,
			 backing == ROM ? KVM_MEM_READONLY : 0);
}

static long every;

static void begin(void)
{
	struct cpuid_list cpuid;
	struct kvm_cpuid_entry2 *leaf1;

	every = vtx_number("EVERY", 1);
	guest_create(&guest);
	window_is_memory = false;
	set_slot(0, 0, 0, 0);
	set_slot(0, 0, WINDOW_LOW, 0);
	set_slot(1, WINDOW_LOW + WINDOW_SIZE, WINDOW_HIGH, 0);
	set_slot(2, WINDOW_HIGH + WINDOW_SIZE, GUEST_MEMORY, 0);
	vcpu_create(&vcpu, &guest, 0);
	cpuid_supported(&guest, &cpuid);
	leaf1 = cpuid_find(&cpuid, 1, 0);
	have_avx = leaf1 && leaf1->ecx & BIT(28);
}

/* ---- The device ---- */

/**
 * struct device_log - what the device has seen
 * @accesses: how many
 * @reads: how many of them were reads
 * @bytes: how many bytes
 * @bad: how many cannot be
 */
static struct device_log {
	unsigned int	accesses;
	unsigned int	reads;
	unsigned int	bytes;
	unsigned int	bad;
} device_log;

/* The exit is an access to the device: let it happen. */
static void serve(__u64 window)
{
	struct kvm_run *run = vcpu.run;
	__u64 gpa = run->mmio.phys_addr;
	__u32 len = run->mmio.len;

	device_log.accesses++;
	device_log.bytes += len;
	if (len < 1 || len > 8 || gpa < window ||
	    gpa + len > window + WINDOW_SIZE) {
		device_log.bad++;
		return;
	}
	if (run->mmio.is_write) {
		memcpy(guest.memory + gpa, run->mmio.data, len);
		return;
	}
	device_log.reads++;
	memcpy(run->mmio.data, guest.memory + gpa, len);
}

/* Run until something else happens. */
static void run_to_end(enum mode mode, struct event *event)
{
	memset(&device_log, 0, sizeof(device_log));
	for (;;) {
		vcpu_wait(&vcpu, mode, event);
		if (event->what != EXIT || event->value != KVM_EXIT_MMIO)
			return;
		serve(window_of(mode));
	}
}

/* ---- Before and after ---- */

struct state {
	struct event		event;
	struct kvm_regs		regs;
	__u8			xsave[XSAVE_YMM + 256];
	__u8			bytes[MARGIN + USED];
	__u8			source[MARGIN];
};

/**
 * struct row - a form in one situation
 * @name: of the payload, without what comes before the kind
 * @payload: the payload
 * @mode: the mode
 * @ring: 0 or 3
 * @destination: where (D) points
 * @source: where (S) points
 * @seed: for all values
 */
struct row {
	const char		*name;
	const struct payload	*payload;
	enum mode		mode;
	int			ring;
	__u64			destination;
	__u64			source;
	unsigned int		seed;
};

static bool is_kind(const char *name, const char *kind)
{
	return !strncmp(name, kind, strlen(kind));
}

static bool has(const char *name, const char *part)
{
	return strstr(name, part);
}

/* Bytes that differ for each seed. */
static void fill(void *at, size_t size, unsigned int seed)
{
	static unsigned char pool[0x8000];
	unsigned int number = 1, i;

	for (i = 0; i < sizeof(pool) && !pool[1]; i++) {
		number = number * 1103515245 + 12345;
		pool[sizeof(pool) - 1 - i] = number >> 16;
	}
	memcpy(at, pool + seed * 977 % 0x4000, size);
}

static __u64 value(unsigned int seed)
{
	__u64 value;

	fill(&value, sizeof(value), seed);
	return value;
}

/* Where a jump through memory has to go: to the end of the payload. */
static __u64 end_of(const struct row *row)
{
	int bits = mode_bits(row->mode);
	__u64 end = payload_size(row->payload) - (bits == 16 ? 3 : 2);

	return bits == 16 ? end : GUEST_CODE + end;
}

static void set_memory(const struct row *row)
{
	__u64 window = window_of(row->mode), target = end_of(row);
	int size = mode_bits(row->mode) / 8;

	fill(guest.memory + window - MARGIN, MARGIN + USED, row->seed);
	fill(guest.memory + (window == WINDOW_LOW ? SOURCE_LOW : SOURCE_HIGH),
	     0x1000, row->seed + 1);
	/* What CMPXCHG, CMPS and SCAS compare is sometimes the same. */
	if (row->seed & 1)
		memset(guest.memory + window - MARGIN, 0x11, MARGIN + USED);
	if (row->seed & 1)
		memset(guest.memory + (window == WINDOW_LOW ? SOURCE_LOW :
				       SOURCE_HIGH), 0x11, 0x1000);
	if (has(row->name, "jmp_m") || has(row->name, "call_m") ||
	    has(row->name, "_ret"))
		memcpy(guest.memory + row->destination, &target, size);
}

static void set_segments(const struct row *row)
{
	__u64 window = window_of(row->mode);
	struct kvm_sregs sregs;

	vcpu_get_sregs(&vcpu, &sregs);
	if (mode_bits(row->mode) == 16) {
		sregs.es.base = window - 0x1000;
		sregs.es.selector = sregs.es.base >> 4;
		sregs.ds.base = row->source < window - MARGIN ?
				SOURCE_LOW : window - 0x1000;
		if (!is_kind(row->name, "str"))
			sregs.ds.base = window - 0x1000;
		sregs.ds.selector = sregs.ds.base >> 4;
		if (is_kind(row->name, "stk")) {
			sregs.ss.base = window - 0x1000;
			sregs.ss.selector = sregs.ss.base >> 4;
		}
	}
	if (mode_is_paged(row->mode))
		sregs.cr0 |= X86_CR0_WP;
	sregs.cr4 |= X86_CR4_OSFXSR | (have_avx ? X86_CR4_OSXSAVE : 0);
	vcpu_set_sregs(&vcpu, &sregs);
}

/* An address as an offset in the segment that @set_segments() has made. */
static __u64 offset_of(const struct row *row, __u64 address, bool source)
{
	__u64 window = window_of(row->mode);

	if (mode_bits(row->mode) != 16)
		return address;
	if (source && address < window - 0x1000)
		return address - SOURCE_LOW;
	return address - (window - 0x1000);
}

static void set_registers(const struct row *row)
{
	static const int counts[] = { 5, 3, 1, 0 };
	struct kvm_regs regs;

	vcpu_get_regs(&vcpu, &regs);
	regs.rax = row->seed & 1 ? 0x1111111111111111 : value(row->seed + 10);
	regs.rbx = value(row->seed + 11);
	regs.rcx = counts[row->seed / 2 % 4];
	regs.rdx = row->seed & 1 ? 0x1111111111111111 : (row->seed * 37) % 100;
	regs.rbp = 0;
	regs.r8 = value(row->seed + 12);
	regs.r9 = value(row->seed + 13);
	regs.rdi = offset_of(row, row->destination, false);
	regs.rsi = offset_of(row, row->source, true);
	if (is_kind(row->name, "any_bt") || has(row->name, "lock_bt"))
		regs.rdx = (int)(row->seed * 37 % 400) - 200;
	if (is_kind(row->name, "stk")) {
		regs.rsp = regs.rdi;
		regs.rbp = regs.rdi + 0x40;
	}
	regs.rflags = X86_EFLAGS_FIXED |
		(value(row->seed + 14) & (X86_EFLAGS_CF | X86_EFLAGS_PF |
		 X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF |
		 X86_EFLAGS_OF)) |
		(regs.rflags & (X86_EFLAGS_VM | X86_EFLAGS_IOPL));
	vcpu_set_regs(&vcpu, &regs);
}

static bool has_vectors(const struct row *row)
{
	return is_kind(row->name, "vec") || is_kind(row->name, "avx");
}

/* The beginning of an FXSAVE area. */
struct x87 {
	__u16	fcw, fsw;
	__u8	ftw, reserved;
	__u16	fop;
	__u64	fip, fdp;
	__u32	mxcsr, mxcsr_mask;
};

static void set_vectors(const struct row *row)
{
	struct kvm_xsave xsave = { };
	__u8 *area = (__u8 *)xsave.region;
	struct kvm_xcrs xcrs = {
		.nr_xcrs = 1, .xcrs = { { .value = have_avx ? 7 : 3 } },
	};
	__u64 features = row->seed & 2 ? 0 : have_avx ? 7 : 3;

	if (have_avx)
		vcpu_set_xcrs(&vcpu, &xcrs);
	vcpu_get_xsave(&vcpu, &xsave);
	fill(area, 160, row->seed + 22);
	memcpy(area, &(struct x87){
		.fcw = 0x37f, .fsw = row->seed % 8 << 11, .ftw = 0x55,
		.mxcsr = 0x1f80, .mxcsr_mask = 0xffff,
	}, sizeof(struct x87));
	fill(area + 160, 256, row->seed + 20);
	if (have_avx)
		fill(area + XSAVE_YMM, 256, row->seed + 21);
	/* Half of the times all components are in their initial state. */
	memcpy(area + XSAVE_HEADER, &features, sizeof(features));
	vcpu_set_xsave(&vcpu, &xsave);
}

static void take_vectors(struct state *state)
{
	struct kvm_xsave xsave;
	__u64 features;

	vcpu_get_xsave(&vcpu, &xsave);
	memcpy(state->xsave, xsave.region, sizeof(state->xsave));
	/* What is in its initial state may be told in two ways. */
	memcpy(&features, state->xsave + XSAVE_HEADER, sizeof(features));
	if (!(features & 2))
		memset(state->xsave + 160, 0, 256);
	if (!(features & 4))
		memset(state->xsave + XSAVE_YMM, 0, 256);
	memset(state->xsave + XSAVE_HEADER, 0, 8);
	/* Not of interest: the last x87 instruction. */
	memset(state->xsave + 6, 0, 18);
}

/* Outside of 64-bit mode the upper halves are undefined. */
static void take_registers(const struct row *row, struct kvm_regs *regs)
{
	__u64 *reg = (__u64 *)regs;
	unsigned int i;

	vcpu_get_regs(&vcpu, regs);
	if (mode_bits(row->mode) < 64)
		for (i = 0; i < sizeof(*regs) / sizeof(*reg); i++)
			reg[i] = (__u32)reg[i];
}

static void run_row(const struct row *row, struct state *state)
{
	__u64 window = window_of(row->mode);

	memset(state, 0, sizeof(*state));
	vcpu_set_mode(&vcpu, row->mode, row->ring);
	set_segments(row);
	set_registers(row);
	set_memory(row);
	if (has_vectors(row))
		set_vectors(row);
	run_to_end(row->mode, &state->event);
	take_registers(row, &state->regs);
	if (has_vectors(row))
		take_vectors(state);
	memcpy(state->bytes, guest.memory + window - MARGIN,
	       sizeof(state->bytes));
	memcpy(state->source, guest.memory + row->source, MARGIN);
}

/* ---- Comparison ---- */

/*
 * Flags that the SDM leaves undefined: the emulated machine and the hypervisor
 * need not agree.
 */
static __u64 undefined_flags(const char *name)
{
	const __u64 all = X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF |
			  X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF;
	static const char *const shifts[] = {
		"_shl", "_shr", "_sar", "_sal", "_ro", "_rc", "_shld", "_shrd",
	};
	unsigned int i;

	if (has(name, "div"))
		return all;
	if (has(name, "mul"))
		return all & ~(X86_EFLAGS_CF | X86_EFLAGS_OF);
	if (has(name, "any_bt") || has(name, "lock_bt"))
		return all & ~(X86_EFLAGS_CF | X86_EFLAGS_ZF);
	if (has(name, "_bs"))
		return all & ~X86_EFLAGS_ZF;
	if (has(name, "zcnt"))
		return all & ~(X86_EFLAGS_CF | X86_EFLAGS_ZF);
	if (has(name, "bextr") || has(name, "bzhi") || has(name, "andn"))
		return X86_EFLAGS_AF | X86_EFLAGS_PF | X86_EFLAGS_SF;
	for (i = 0; i < ARRAY_SIZE(shifts); i++)
		if (has(name, shifts[i]))
			return X86_EFLAGS_AF | X86_EFLAGS_OF;
	if (has(name, "_or_") || has(name, "_and_") || has(name, "_xor_") ||
	    has(name, "_test_"))
		return X86_EFLAGS_AF;
	return 0;
}

/* What differs, or NULL; the two may be changed. */
static const char *difference(const struct row *row, struct state *a,
			      struct state *b)
{
	__u64 undefined = undefined_flags(row->name);

	a->regs.rflags &= ~undefined;
	b->regs.rflags &= ~undefined;
	a->event.rflags &= ~undefined;
	b->event.rflags &= ~undefined;
	if (a->event.what != b->event.what || a->event.value != b->event.value)
		return "outcome";
	if (a->event.what == EXCEPTION &&
	    memcmp(&a->event, &b->event, sizeof(a->event)))
		return "exception";
	if (a->regs.rflags != b->regs.rflags)
		return "flags";
	if (memcmp(&a->regs, &b->regs, sizeof(a->regs)))
		return "registers";
	if (memcmp(a->xsave, b->xsave, sizeof(a->xsave)))
		return "vector registers";
	if (memcmp(a->bytes, b->bytes, sizeof(a->bytes)))
		return "bytes";
	if (memcmp(a->source, b->source, sizeof(a->source)))
		return "source";
	return NULL;
}

static void explain(const struct row *row, const struct state *a,
		    const struct state *b, const char *what)
{
	const __u64 *x = (const __u64 *)&a->regs, *y = (const __u64 *)&b->regs;
	unsigned int i;

	printf("# %s, %s, ring %d, (D) %llx, (S) %llx, seed %u: %s\n",
	       row->name, mode_name[row->mode], row->ring, row->destination,
	       row->source, row->seed, what);
	printf("#   CPU: %s\n", event_text(&a->event));
	printf("#   not: %s\n", event_text(&b->event));
	for (i = 0; i < sizeof(a->regs) / 8; i++)
		if (x[i] != y[i])
			printf("#   register %u: %llx, not %llx\n", i, x[i],
			       y[i]);
	for (i = 0; i < sizeof(a->bytes); i++)
		if (a->bytes[i] != b->bytes[i])
			printf("#   byte %x: %02x, not %02x\n", i - MARGIN,
			       a->bytes[i], b->bytes[i]);
	for (i = 0; i < sizeof(a->xsave); i++)
		if (a->xsave[i] != b->xsave[i])
			printf("#   xsave %x: %02x, not %02x\n", i,
			       a->xsave[i], b->xsave[i]);
}

/* ---- The table ---- */

#define MAX_ROWS	64

struct tally {
	unsigned int	compared;
	unsigned int	exceptions;
	unsigned int	differ;
	unsigned int	unknown;
	unsigned int	accesses;
};

/* KVM's emulator does not know all of them. */
static bool is_unknown(const struct state *state)
{
	return !device_is_vtx() && state->event.what == EXIT &&
	       state->event.value == KVM_EXIT_INTERNAL_ERROR;
}

/* An exception whose handler would have its stack in the device. */
static bool is_undeliverable(const struct row *row, const struct state *memory,
			     const struct state *device)
{
	return is_kind(row->name, "stk") && memory->event.what == EXCEPTION &&
	       device->event.what == EXIT &&
	       device->event.value == KVM_EXIT_INTERNAL_ERROR &&
	       vcpu.run->internal.suberror == KVM_INTERNAL_ERROR_DELIVERY_EV;
}

static void compare_rows(const struct row *rows, unsigned int count,
			 enum backing backing, struct tally *tally)
{
	static struct state on_memory[MAX_ROWS], on_device;
	const char *what;
	unsigned int i;

	guest_load(&guest, rows[0].payload->name);
	set_window(window_of(rows[0].mode), MEMORY);
	for (i = 0; i < count; i++)
		run_row(&rows[i], &on_memory[i]);
	set_window(window_of(rows[0].mode), backing);
	/* Moves twice: the second time they are known. */
	for (i = 0; i < count; i++) {
		if (has(rows[i].name, "_mov"))
			run_row(&rows[i], &on_device);
		run_row(&rows[i], &on_device);
		tally->accesses += device_log.accesses;
		if (is_unknown(&on_device)) {
			tally->unknown++;
			continue;
		}
		if (is_undeliverable(&rows[i], &on_memory[i], &on_device))
			continue;
		tally->compared++;
		tally->exceptions += on_memory[i].event.what == EXCEPTION;
		what = difference(&rows[i], &on_memory[i], &on_device);
		if (!what && device_log.bad)
			what = "access that the device does not have";
		if (!what)
			continue;
		if (!tally->differ++ || getenv("ALL"))
			explain(&rows[i], &on_memory[i], &on_device, what);
	}
}

/*
 * Only each EVERY-th form has its turn; the next mode goes on counting, so that
 * its forms are others.
 */
static bool has_turn(void)
{
	static long form;

	return form++ % every == 0;
}

/* Where the operand is: across both borders, unaligned, in the first page. */
static const int places[] = { 0x1000 - 3, -3, 0x203, 0x100 };

static unsigned int make_rows(struct row *rows, const struct payload *payload,
			      enum mode mode, int ring, const int *places,
			      unsigned int nr_places, unsigned int seeds)
{
	__u64 window = window_of(mode);
	__u64 source = window == WINDOW_LOW ? SOURCE_LOW : SOURCE_HIGH;
	const char *name = payload->name + strlen("mmio64_");
	unsigned int place, seed, way, count = 0;
	unsigned int ways = is_kind(name, "str") ? 3 : 1;

	for (place = 0; place < nr_places; place++)
		for (seed = 0; seed < seeds; seed++)
			for (way = 0; way < ways; way++) {
				__u64 at = window + places[place];
				__u64 other = source + 0x200;
				struct row *row = &rows[count++];

				*row = (struct row){
					.name = name, .payload = payload,
					.mode = mode, .ring = ring,
					.destination = way == 1 ? window - 0x80 :
							at,
					.source = way == 0 ? other :
						  way == 1 ? at : at + 0x40,
					.seed = seed * 7 + place,
				};
			}
	return count;
}

static void compare_all(enum mode mode, int ring, enum backing backing,
			const int *places, unsigned int nr_places,
			unsigned int seeds, struct tally *tally)
{
	const struct payload *payload = NULL;
	struct row rows[MAX_ROWS];
	unsigned int count;
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "mmio%d_", mode_bits(mode));
	while ((payload = payload_next(payload, prefix))) {
		if (is_kind(payload->name + strlen(prefix), "avx") &&
		    (!have_avx || mode == MODE_REAL || mode == MODE_V86))
			continue;
		if (!has_turn())
			continue;
		count = make_rows(rows, payload, mode, ring, places, nr_places,
				  seeds);
		MUST(count <= MAX_ROWS);
		compare_rows(rows, count, backing, tally);
	}
}

static void report(const struct tally *tally, const char *where)
{
	printf("# %s: %u compared, %u exceptions, %u accesses, %u unknown, %u differ\n",
	       where, tally->compared, tally->exceptions, tally->accesses,
	       tally->unknown, tally->differ);
}

/* KVM's emulator differs from the CPU in some forms; that is not our promise. */
static unsigned int bad(const struct tally *tally)
{
	return device_is_vtx() ? tally->differ : 0;
}

static void compare_mode(struct __test_metadata *_metadata, enum mode mode,
			 int ring, enum backing backing, unsigned int nr_places,
			 unsigned int seeds)
{
	struct tally tally = { };

	guest_set_mode(&guest, mode);
	compare_all(mode, ring, backing, places, nr_places, seeds, &tally);
	report(&tally, mode_name[mode]);
	EXPECT_EQ(0, bad(&tally));
	EXPECT_LT(400, tally.compared * every);
	EXPECT_LT(400, tally.accesses * every);
}

VTX_TEST(forms_64bit)
{
	begin();
	compare_mode(_metadata, MODE_LONG, 0, DEVICE, 4, vtx_number("SEEDS", 1));
}

VTX_TEST(forms_32bit)
{
	begin();
	compare_mode(_metadata, MODE_PROT32, 0, DEVICE, 4, 1);
	compare_mode(_metadata, MODE_PAGED32, 0, DEVICE, 1, 1);
	compare_mode(_metadata, MODE_PAE, 0, DEVICE, 1, 1);
	compare_mode(_metadata, MODE_COMPAT, 0, DEVICE, 1, 1);
}

VTX_TEST(forms_16bit)
{
	begin();
	compare_mode(_metadata, MODE_REAL, 0, DEVICE, 4, 1);
	compare_mode(_metadata, MODE_PROT16, 0, DEVICE, 1, 1);
	compare_mode(_metadata, MODE_V86, 3, DEVICE, 1, 1);
}

VTX_TEST(forms_ring3)
{
	begin();
	compare_mode(_metadata, MODE_LONG, 3, DEVICE, 1, 1);
	compare_mode(_metadata, MODE_PROT16, 3, DEVICE, 1, 1);
}

/* A slot that is read-only: what writes is the device's. */
VTX_TEST(forms_rom)
{
	begin();
	compare_mode(_metadata, MODE_LONG, 0, ROM, 2, 1);
}

/* ---- Exceptions ---- */

/* The second page of the window is one that the guest may not use so. */
VTX_TEST(page_faults)
{
	static const struct {
		enum mode mode;
		int ring;
		__u64 table;
		int entry_bytes;
		__u64 clear;
	} rows[] = {
		{ MODE_LONG, 0, GUEST_PT, 8, PTE_P },
		{ MODE_LONG, 0, GUEST_PT, 8, PTE_W },
		{ MODE_LONG, 3, GUEST_PT, 8, PTE_U },
		{ MODE_PAGED32, 3, GUEST_PT32, 4, PTE_W },
		{ MODE_PAE, 0, GUEST_PT, 8, PTE_P },
	};
	static const int places[] = { 0x1000 - 3, 0x1100 };
	struct tally tally;
	unsigned int i;
	__u64 entry, first;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		guest_set_mode(&guest, rows[i].mode);
		/* The table of 32-bit paging begins at address 0. */
		first = rows[i].entry_bytes == 4 ? 0 : GUEST_PAGES;
		entry = rows[i].table + ((WINDOW_HIGH + 0x1000 - first) >> 12) *
					rows[i].entry_bytes;
		*guest_u32(&guest, entry) &= ~(__u32)rows[i].clear;
		memset(&tally, 0, sizeof(tally));
		compare_all(rows[i].mode, rows[i].ring, DEVICE, places,
			    ARRAY_SIZE(places), 1, &tally);
		report(&tally, mode_name[rows[i].mode]);
		EXPECT_EQ(0, bad(&tally));
		EXPECT_LT(100, tally.exceptions * every);
		vcpu_destroy(&vcpu);
		guest_destroy(&guest);
	}
}

/* ---- How a device is accessed ---- */

/* What user space sees of one instruction. */
VTX_TEST(accesses)
{
	static const struct {
		const char *payload;
		int place;
		unsigned int accesses, reads, bytes;
	} rows[] = {
		{ "mmio64_any_mov_store4", 0x100, 1, 0, 4 },
		{ "mmio64_any_mov_load8", 0x101, 1, 1, 8 },
		{ "mmio64_any_mov_store8", 0xffd, 2, 0, 8 },
		{ "mmio64_any_mov_load8", 0xffd, 2, 2, 8 },
		{ "mmio64_any_mov_store8", -3, 1, 0, 5 },
		{ "mmio64_any_add_r4", 0x100, 2, 1, 8 },
		{ "mmio64_any_cmp_r4", 0x100, 1, 1, 4 },
		{ "mmio64_any_lock_xadd_4", 0x100, 2, 1, 8 },
		{ "mmio64_vec_movups_store", 0x100, 2, 0, 16 },
		{ "mmio64_vec_movups_load", 0xffc, 3, 3, 16 },
		{ "mmio64_str_rep_stos_2", 0x100, 5, 0, 10 },
		{ "mmio64_str_rep_lods_2", 0x100, 0, 0, 0 },
		{ "mmio64_any_push_m2", 0x100, 1, 1, 2 },
	};
	struct row rows_of[MAX_ROWS];
	struct state state;
	unsigned int i;
	int place;

	begin();
	guest_set_mode(&guest, MODE_LONG);
	set_window(WINDOW_HIGH, DEVICE);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		guest_load(&guest, rows[i].payload);
		place = rows[i].place;
		make_rows(rows_of, payload_find(rows[i].payload), MODE_LONG, 0,
			  &place, 1, 1);
		rows_of[0].seed = 0;
		run_row(&rows_of[0], &state);
		if (is_unknown(&state))
			continue;
		EXPECT_EQ(RESULT, state.event.what);
		EXPECT_EQ(rows[i].accesses, device_log.accesses)
			TH_LOG("%s", rows[i].payload);
		EXPECT_EQ(rows[i].reads, device_log.reads)
			TH_LOG("%s", rows[i].payload);
		EXPECT_EQ(rows[i].bytes, device_log.bytes)
			TH_LOG("%s", rows[i].payload);
	}
}

static void start(const char *payload)
{
	begin();
	vcpu_start(&vcpu, payload, MODE_LONG, 0);
	vcpu_set_reg(&vcpu, rdi, WINDOW_HIGH + 0x100);
}

static void expect_read(struct __test_metadata *_metadata, __u32 answer)
{
	struct kvm_run *run = vcpu.run;

	ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run(&vcpu));
	EXPECT_EQ(0, run->mmio.is_write);
	EXPECT_EQ(4, run->mmio.len);
	EXPECT_EQ(WINDOW_HIGH + 0x100, run->mmio.phys_addr);
	memcpy(run->mmio.data, &answer, sizeof(answer));
}

/* With immediate_exit, a read is completed and nothing else runs. */
VTX_TEST(completed_at_once)
{
	struct event event;

	start("mmio_read_twice");
	expect_read(_metadata, 0x1234);
	EXPECT_EQ(GUEST_CODE, vcpu_reg(&vcpu, rip));
	vcpu_complete(&vcpu);
	EXPECT_EQ(0x1234, vcpu_reg(&vcpu, rax));
	EXPECT_EQ(GUEST_CODE + 2, vcpu_reg(&vcpu, rip));
	expect_read(_metadata, 0x5678);
	vcpu_must_happen(&vcpu, MODE_LONG, RESULT, 0x1234, &event);
	EXPECT_EQ(0x5678, vcpu_reg(&vcpu, rbx));
}

/* A vCPU that is set elsewhere while it waits goes on there. */
VTX_TEST(reset_while_waiting)
{
	if (!device_is_vtx())
		SKIP(return, "KVM completes the read all the same");
	start("mmio_read_twice");
	expect_read(_metadata, 0x1234);
	vcpu_set_reg(&vcpu, rax, 0x77);
	vcpu_set_reg(&vcpu, rip, GUEST_CODE + 2);
	expect_read(_metadata, 0x5678);
	vcpu_must_happen(&vcpu, MODE_LONG, RESULT, 0x77, NULL);
	EXPECT_EQ(0x5678, vcpu_reg(&vcpu, rbx));
}

/* The bytes that are executed are those that are there now. */
VTX_TEST(modified_code)
{
	int expected;

	start("mmio_modified");
	for (expected = 3; expected; expected--) {
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu_run(&vcpu));
		EXPECT_EQ(1, vcpu.run->mmio.is_write);
		EXPECT_EQ(expected, vcpu.run->mmio.data[0]);
	}
	vcpu_must_happen(&vcpu, MODE_LONG, RESULT, 1, NULL);
}

/* What is not known is reported with its bytes, and nothing has happened. */
VTX_TEST(unknown)
{
	struct kvm_run *run;

	start("mmio_unknown");
	run = vcpu.run;
	ASSERT_EQ(KVM_EXIT_INTERNAL_ERROR, vcpu_run(&vcpu));
	EXPECT_EQ(KVM_INTERNAL_ERROR_EMULATION, run->emulation_failure.suberror);
	EXPECT_LE(3, run->emulation_failure.ndata);
	EXPECT_TRUE(run->emulation_failure.flags &
		    KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES);
	EXPECT_LE(2, run->emulation_failure.insn_size);
	EXPECT_EQ(0xd9, run->emulation_failure.insn_bytes[0]);
	EXPECT_EQ(0x07, run->emulation_failure.insn_bytes[1]);
	EXPECT_EQ(GUEST_CODE, vcpu_reg(&vcpu, rip));
}

/* Code cannot be fetched from a device. */
VTX_TEST(code_in_device)
{
	start("mmio_unknown");
	vcpu_set_reg(&vcpu, rip, WINDOW_HIGH);
	ASSERT_EQ(KVM_EXIT_INTERNAL_ERROR, vcpu_run(&vcpu));
	EXPECT_EQ(KVM_INTERNAL_ERROR_EMULATION,
		  vcpu.run->emulation_failure.suberror);
}

/* An event cannot be delivered by way of a device. */
VTX_TEST(delivery_into_device)
{
	struct kvm_sregs sregs;

	if (!device_is_vtx())
		SKIP(return, "KVM tries to emulate the instruction");
	start("mmio_unknown");
	memcpy(guest_at(&guest, GUEST_CODE), "\x0f\x0b", 2);	/* UD2 */
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.idt.base = WINDOW_HIGH;
	vcpu_set_sregs(&vcpu, &sregs);
	ASSERT_EQ(KVM_EXIT_INTERNAL_ERROR, vcpu_run(&vcpu));
	EXPECT_EQ(KVM_INTERNAL_ERROR_DELIVERY_EV, vcpu.run->internal.suberror);
	EXPECT_LE(4, vcpu.run->internal.ndata);
	EXPECT_EQ(6, vcpu.run->internal.data[0] & 0xff);
	EXPECT_EQ(48, vcpu.run->internal.data[1] & 0xffff);
}

VTX_TEST_MAIN
