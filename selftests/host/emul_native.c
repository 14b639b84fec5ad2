// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator against the real CPU.
 *
 * Every opcode of every map, in 64-, 32- and 16-bit code and with several kinds
 * of data segments, with random prefixes, operands, registers, flags and
 * memory, is executed by the emulator and by the CPU (native.c). Registers,
 * flags, RIP, memory, vector registers, and of faults the vector, error code
 * and address, must be equal. One TAP line per executor token; a token that was
 * not compared often enough is a failure.
 *
 * On Intel processors the flags that the SDM leaves undefined are compared as
 * well, but for those in unstable_flags(). On others they are left out.
 *
 * usage: emul_native [seed [samples per opcode and mode]]
 */
#include <cpuid.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emul_sample.h"
#include "native.h"
#include "random.h"
#include "tap.h"

#define ARITH	0x8d5u
#define MIN_COMPARED	40

#define NAME(name)	#name,
static const char *const op_name[] = { VTX_EMUL_OPS(NAME) };

static struct vtx_emul emul, before;
static struct env env;
static u8 *const pages = (u8 *)(uintptr_t)ENV_GVA;
static u8 *const code = (u8 *)(uintptr_t)ENV_CODE;

static unsigned int compared[VTX_OP_COUNT], faulted[VTX_OP_COUNT];
static unsigned int failed[VTX_OP_COUNT], unknown, stray, reported;
static bool intel;
static unsigned int max_reports = 20;

/* Tokens that user mode cannot execute, or that no table row yields. */
static bool untestable(unsigned int op)
{
	switch (op) {
	case VTX_OP_IN: case VTX_OP_OUT: case VTX_OP_INS: case VTX_OP_OUTS:
	case VTX_OP_CLI: case VTX_OP_STI: case VTX_OP_VMCALL:
	case VTX_OP_VMMCALL: case VTX_OP_NONE: case VTX_OP_MOV_TO_SREG:
		return true;
	default:
		return false;
	}
}

/* Does this CPU have what @op needs? */
static bool cpu_has(unsigned int op)
{
	unsigned int a, b, c, d;

	switch (op) {
	case VTX_OP_ANDN: case VTX_OP_BEXTR: case VTX_OP_TZCNT:
		return __builtin_cpu_supports("bmi");
	case VTX_OP_BZHI: case VTX_OP_RORX: case VTX_OP_SHLX:
	case VTX_OP_SHRX: case VTX_OP_SARX:
		return __builtin_cpu_supports("bmi2");
	case VTX_OP_CRC32:
		return __builtin_cpu_supports("sse4.2");
	case VTX_OP_POPCNT:
		return __builtin_cpu_supports("popcnt");
	case VTX_OP_LZCNT:
		return __get_cpuid(0x80000001, &a, &b, &c, &d) && c & 1 << 5;
	case VTX_OP_MOVBE:
		return __get_cpuid(1, &a, &b, &c, &d) && c & 1 << 22;
	case VTX_OP_MOVDIR64B:
		return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & 1 << 28;
	default:
		return true;
	}
}

/* MOVDIRI is a MOV to the emulator. */
static bool missing_movdiri(const struct vtx_emul_insn *insn)
{
	unsigned int a, b, c, d;

	return insn->op == VTX_OP_MOV && insn->map == 2 &&
	       !(__get_cpuid_count(7, 0, &a, &b, &c, &d) && c & 1 << 27);
}

/* Flags the SDM leaves undefined after @insn. */
static u64 undefined_flags(const struct vtx_emul_insn *insn)
{
	switch (insn->op) {
	case VTX_OP_AND: case VTX_OP_OR: case VTX_OP_XOR: case VTX_OP_TEST:
		return VTX_EMUL_AF;
	case VTX_OP_SHL: case VTX_OP_SHR: case VTX_OP_SAL: case VTX_OP_SAR:
	case VTX_OP_SHLD: case VTX_OP_SHRD:
		return VTX_EMUL_AF | VTX_EMUL_OF | VTX_EMUL_CF;
	case VTX_OP_ROL: case VTX_OP_ROR: case VTX_OP_RCL: case VTX_OP_RCR:
		return VTX_EMUL_OF;
	case VTX_OP_BT: case VTX_OP_BTS: case VTX_OP_BTR: case VTX_OP_BTC:
		return ARITH & ~(VTX_EMUL_CF | VTX_EMUL_ZF);
	case VTX_OP_BSF: case VTX_OP_BSR:
		return ARITH & ~VTX_EMUL_ZF;
	case VTX_OP_MUL: case VTX_OP_IMUL: case VTX_OP_IMUL1:
		return ARITH & ~(VTX_EMUL_CF | VTX_EMUL_OF);
	case VTX_OP_DIV: case VTX_OP_IDIV:
		return ARITH;
	case VTX_OP_TZCNT: case VTX_OP_LZCNT:
		return ARITH & ~(VTX_EMUL_CF | VTX_EMUL_ZF);
	case VTX_OP_ANDN: case VTX_OP_BZHI: case VTX_OP_BEXTR:
		return VTX_EMUL_AF | VTX_EMUL_PF | VTX_EMUL_SF;
	default:
		return 0;
	}
}

/* Of these, the ones for which no rule is known even on Intel. */
static u64 unstable_flags(const struct vtx_emul_insn *insn)
{
	/* A register rotated by an immediate other than 1 keeps OF. */
	if ((insn->op == VTX_OP_ROL || insn->op == VTX_OP_ROR) &&
	    insn->opnd[0].place != VTX_PLACE_MEM)
		return VTX_EMUL_OF;
	return 0;
}

static void emulator_to_native(struct native_state *s)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->gpr, emul.regs.gpr, sizeof(s->gpr));
	s->rip = emul.regs.rip;
	s->rflags = emul.regs.rflags;
	s->cs = emul.regs.seg[VTX_EMUL_CS].selector;
	s->ss = emul.regs.seg[VTX_EMUL_SS].selector;
	s->data = emul.regs.seg[VTX_EMUL_DS].selector;
	memcpy(s->ymm, env.ymm, sizeof(s->ymm));
	memcpy(s->mm, env.mm, sizeof(s->mm));
}

/* An entry of the LDT for each of CS, SS and data. */
static bool make_segment(unsigned int entry, const struct vtx_emul_seg *s)
{
	return native_segment(entry, s->base, s->limit, s->ar >> 2 & 3,
			      s->ar & VTX_EMUL_AR_BIG,
			      !(s->ar & VTX_EMUL_AR_WRITE));
}

static bool make_segments(const struct env_mode *mode)
{
	struct vtx_emul_seg *seg = emul.regs.seg;
	unsigned int i;

	for (i = 0; i < VTX_EMUL_SREGS; i++)
		seg[i].selector = mode->bits == 64 ? 0 :
				  mode->flat ? NATIVE_DS : native_selector(2);
	seg[VTX_EMUL_SS].selector = mode->flat ? NATIVE_DS : native_selector(1);
	seg[VTX_EMUL_CS].selector = mode->bits == 64 ? NATIVE_CS64 :
		mode->bits == 32 ? NATIVE_CS32 : native_selector(0);
	seg[VTX_EMUL_FS].selector = 0;
	if (mode->bits == 64) {
		seg[VTX_EMUL_GS].base = ENV_GVA / 2;
		native_set_gs_base(ENV_GVA / 2);
	} else {
		seg[VTX_EMUL_FS].ar = VTX_EMUL_AR_UNUSABLE;
	}
	return mode->flat || (make_segment(0, &seg[VTX_EMUL_CS]) &&
			      make_segment(1, &seg[VTX_EMUL_SS]) &&
			      make_segment(2, &seg[VTX_EMUL_DS]));
}

static void hex(const u8 *bytes, unsigned int n)
{
	while (n--)
		printf(" %02x", *bytes++);
}

/*
 * The CPU's microcode may have written some registers when it faults, and the
 * emulator none. Both may be restarted: neither rSP nor the count is one of
 * them.
 */
static bool leaks_registers(void)
{
	const struct vtx_emul_insn *insn = &emul.insn;

	return insn->op == VTX_OP_POPA ||
	       (insn->rep && insn->op >= VTX_OP_MOVS &&
		insn->op <= VTX_OP_SCAS && insn->adsize == 4 &&
		emul.bits == 64);
}

/* What differs; prints when @verbose. */
static unsigned int differences(enum vtx_emul_result r,
				const struct native_state *s,
				const struct native_event *ev, bool verbose)
{
	u64 mask = intel ? unstable_flags(&emul.insn) :
		   undefined_flags(&emul.insn);
	unsigned int n = 0, i, vector;
	u64 flags;

#define DIFF(cond, ...) do { \
	if (cond) { \
		n++; \
		if (verbose) \
			printf("#    " __VA_ARGS__); \
	} } while (0)
	vector = r == VTX_EMUL_FAULT ? emul.fault.vector : 1;
	DIFF(vector != ev->vector, "vector %u, CPU %u\n", vector, ev->vector);
	if (vector == ev->vector && r == VTX_EMUL_FAULT) {
		DIFF(vector >= 10 && emul.fault.error != ev->error,
		     "error code %x, CPU %x\n", emul.fault.error, ev->error);
		DIFF(vector == 14 && emul.fault.cr2 != ev->cr2,
		     "CR2 %llx, CPU %llx\n", emul.fault.cr2, ev->cr2);
	}
	for (i = 0; i < 16 && !(r == VTX_EMUL_FAULT && leaks_registers()); i++)
		DIFF(emul.regs.gpr[i] != s->gpr[i],
		     "gpr %u: %llx, CPU %llx, before %llx\n", i,
		     emul.regs.gpr[i], s->gpr[i], before.regs.gpr[i]);
	DIFF(emul.regs.rip != s->rip, "rip %llx, CPU %llx\n", emul.regs.rip,
	     s->rip);
	flags = (emul.regs.rflags ^ s->rflags) & ~mask & ~VTX_EMUL_RF &
		~VTX_EMUL_TF;
	DIFF(flags, "rflags %llx, CPU %llx, before %llx, differ %llx\n",
	     emul.regs.rflags, s->rflags, before.regs.rflags, flags);
	for (i = 0; i < 16; i++)
		DIFF(memcmp(env.ymm[i], s->ymm[i], native_has_avx() ? 32 : 16),
		     "ymm%u\n", i);
	for (i = 0; i < 8; i++)
		DIFF(memcmp(env.mm[i], s->mm[i], 8), "mm%u\n", i);
	for (i = 0; i < 2 * ENV_PAGE; i++)
		DIFF(env.mem[i] != pages[i], "mem %x: %02x, CPU %02x\n", i,
		     env.mem[i], pages[i]);
#undef DIFF
	return n;
}

static void report(enum vtx_emul_result r, const struct native_state *s,
		   const struct native_event *ev, const char *mode)
{
	if (reported++ >= max_reports)
		return;
	printf("# %s %s:", mode, op_name[emul.insn.op]);
	hex(env.code + 64, emul.insn.len ? emul.insn.len : 15);
	printf(" opsize %u\n", emul.insn.opsize);
	differences(r, s, ev, true);
}

static bool skip(const struct vtx_emul_insn *insn)
{
	/* The test cannot move FS, the C library's thread pointer. */
	if (insn->seg == VTX_EMUL_FS)
		return true;
	/* A selector can be pushed as 16 bits or more: vendors differ. */
	if (!intel && insn->op == VTX_OP_PUSH &&
	    insn->opnd[0].place == VTX_PLACE_SREG)
		return true;
	/* Undefined results, not only flags. */
	if (!intel && insn->opsize == 2 &&
	    (insn->op == VTX_OP_BSWAP || insn->op == VTX_OP_SHLD ||
	     insn->op == VTX_OP_SHRD))
		return true;
	return untestable(insn->op) || !cpu_has(insn->op) ||
	       missing_movdiri(insn);
}

static void one(const struct env_mode *mode, enum sample_map map,
		unsigned int opcode)
{
	struct native_event event;
	struct native_state s;
	enum vtx_emul_result r;
	unsigned int op;

	if (!sample_make(&emul, &env, mode->bits, map, opcode)) {
		unknown++;
		return;
	}
	memcpy(code, env.code, 256);
	before = emul;
	env.stray = false;
	emulator_to_native(&s);
	r = vtx_emul_run(&emul);
	op = emul.insn.op;
	/* AGAIN: a locked update across a page. */
	if (r == VTX_EMUL_CANNOT ||
	    (r == VTX_EMUL_AGAIN && !emul.iterations) || env.stray || skip(&emul.insn)) {
		stray++;
		memcpy(env.mem, pages, 2 * ENV_PAGE);
		return;
	}
	native_step(&s, &event);
	if (differences(r, &s, &event, false)) {
		failed[op]++;
		report(r, &s, &event, mode->name);
		memcpy(env.mem, pages, 2 * ENV_PAGE);
	}
	if (r == VTX_EMUL_FAULT)
		faulted[op]++;
	else
		compared[op]++;
}

static void map_memory(void)
{
	unsigned int i;

	mmap(pages, ENV_SIZE, PROT_READ | PROT_WRITE,
	     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mmap(code, ENV_CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
	     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < ENV_MAPPED; i++)
		env.mem[i] = random_u64() >> 16;
	memcpy(pages, env.mem, ENV_MAPPED);
	mprotect(pages + 2 * ENV_PAGE, ENV_PAGE, PROT_READ);
	mprotect(pages + 3 * ENV_PAGE, ENV_PAGE, PROT_NONE);
}

static void run_mode(const struct env_mode *mode, unsigned int samples)
{
	unsigned int opcode, i;
	enum sample_map map;

	vtx_emul_init(&emul, &env_ops, &env);
	env_set_mode(&emul, mode);
	if (!make_segments(mode)) {
		tap_skip(mode->name, "modify_ldt() is not available");
		return;
	}
	for (opcode = 0; opcode < 256; opcode++) {
		for (map = 0; map < SAMPLE_MAPS; map++) {
			if (map >= SAMPLE_VEX_0F && !native_has_avx())
				continue;
			for (i = 0; i < samples; i++)
				one(mode, map, opcode);
		}
	}
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned int samples = argc > 2 ? strtoul(argv[2], NULL, 0) : 300;
	unsigned int op, i, enough, total = 0, faults = 0;

	printf("TAP version 13\n# seed %llu, %u samples\n", seed, samples);
	if (argc > 3)
		max_reports = strtoul(argv[3], NULL, 0);
	random_seed(seed);
	native_init();
	intel = native_is_intel();
	map_memory();
	/* The special segments get fewer samples: they test one thing only. */
	for (i = 0; i < ENV_MODES; i++)
		run_mode(&env_modes[i], i < 3 ? samples : samples / 4);
	for (op = 0; op < VTX_OP_COUNT; op++) {
		total += compared[op];
		faults += faulted[op];
		if (untestable(op))
			continue;
		if (!cpu_has(op)) {
			tap_skip(op_name[op], "not on this CPU");
			continue;
		}
		enough = compared[op];
		if (op == VTX_OP_UD)
			enough += faulted[op];
		tap(!failed[op] && enough >= MIN_COMPARED,
		    "%s: %u compared, %u faults compared, %u differ",
		    op_name[op], compared[op], faulted[op], failed[op]);
	}
	printf("# %u results and %u faults compared; %u unknown, %u not run\n",
	       total, faults, unknown, stray);
	return tap_end();
}
