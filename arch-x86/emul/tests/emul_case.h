/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emulator test cases: their form, and the small machine that runs one.
 *
 * Included by the KUnit suite and by the host test, with emul_cases.h for the
 * table. The machine has six pages at linear address 0:
 *
 *	0 code and RAM   1, 2 RAM   3 device   4 absent   5 read-only RAM
 *
 * The device (and every port) never answers at once: each access is PENDING,
 * noted in a trace, and then completed with at most 8 bytes (4 values of a
 * port), as user space would. So every device case tests replay as well. The
 * trace has one word per access: R3000.4 is a read of 4 bytes, W a write,
 * I60.2x8 eight values of two bytes from port 60H, O the other way.
 *
 * A case states only what differs from the default: registers are zero but RSP,
 * RFLAGS is 2, RIP is 100H, segments are as after reset or flat. What is not
 * stated in @out must be unchanged, RIP excepted, which moves past a completed
 * instruction.
 */
#ifndef VTX_EMUL_CASE_H
#define VTX_EMUL_CASE_H

#include <linux/string.h>

#include "arch-x86/emul/emul.h"

#define CASE_PAGE	0x1000u
#define CASE_MEM	(6 * CASE_PAGE)
#define CASE_RIP	0x100
#define CASE_RSP	0x1f00
#define CASE_TRACE	400

/* What a case can set and expect. General registers are 1 to 16. */
enum emul_case_id {
	ID_END,
	AX, CX, DX, BX, SP, BP, SI, DI, R8, R9, R10, R11, R12, R13, R14, R15,
	IP, FLAGS, CR0, CR4, XCR0, CPL, FEATURES, REP_LIMIT,
	CONTENTION,	/* in: so many compare-exchanges find other memory */
	ITERATIONS, TRAP, SHADOW,	/* out */
	XMM0_LOW, XMM0_HIGH, XMM0_TOP, MM0,
	ID_SEG,
};

#define SEG_BASE(s)	(ID_SEG + VTX_EMUL_##s * 4)
#define SEG_LIMIT(s)	(ID_SEG + VTX_EMUL_##s * 4 + 1)
#define SEG_AR(s)	(ID_SEG + VTX_EMUL_##s * 4 + 2)
#define SEG_SEL(s)	(ID_SEG + VTX_EMUL_##s * 4 + 3)

enum emul_case_mode {
	MODE_REAL,
	MODE_V86,
	MODE_PROT16,
	MODE_PROT32,
	MODE_COMPAT32,
	MODE_LONG,
};

struct emul_case_reg {
	u8 id;
	u64 value;
};

struct emul_case_mem {
	u32 gva;
	u64 value;
};

/**
 * struct emul_case - one instruction and what it must do
 * @name: the rule that is tested
 * @code: instruction bytes
 * @code_len: how many
 * @mode: enum emul_case_mode
 * @result: enum vtx_emul_result, after everything pending was completed
 * @vector: for VTX_EMUL_FAULT
 * @error: error code; -1 if there must be none
 * @cr2: for vector 14
 * @in: registers before
 * @out: registers after
 * @mem_in: memory before
 * @mem_out: memory after
 * @trace: accesses to devices
 */
struct emul_case {
	const char *name;
	const char *code;
	u8 code_len;
	u8 mode;
	u8 result;
	u8 vector;
	s32 error;
	u64 cr2;
	struct emul_case_reg in[6];
	struct emul_case_reg out[6];
	struct emul_case_mem mem_in[3];
	struct emul_case_mem mem_out[3];
	const char *trace;
};

struct emul_case_machine {
	struct vtx_emul emul;
	struct vtx_emul_regs expected;
	u8 mem[CASE_MEM];
	u8 xmm0[32];
	u8 mm0[8];
	char trace[CASE_TRACE];
	unsigned int trace_len;
	unsigned int contention;
	u64 why_got;
	u64 why_want;
	u8 pending[VTX_EMUL_BULK];
	unsigned int pending_len;
};

static inline struct emul_case_machine *to_machine(struct vtx_emul *e)
{
	return e->opaque;
}

static inline void mach_trace_char(struct emul_case_machine *m, char c)
{
	if (m->trace_len < CASE_TRACE - 1)
		m->trace[m->trace_len++] = c;
}

static inline void mach_trace_number(struct emul_case_machine *m, u64 n,
				     unsigned int base)
{
	if (n >= base)
		mach_trace_number(m, n / base, base);
	mach_trace_char(m, "0123456789abcdef"[n % base]);
}

static inline void mach_trace(struct emul_case_machine *m, char kind, u64 where,
			      unsigned int size, unsigned int count)
{
	if (m->trace_len)
		mach_trace_char(m, ' ');
	mach_trace_char(m, kind);
	mach_trace_number(m, where, 16);
	mach_trace_char(m, '.');
	mach_trace_number(m, size, 10);
	if (count > 1) {
		mach_trace_char(m, 'x');
		mach_trace_number(m, count, 10);
	}
}

static inline enum vtx_emul_result mach_check(struct vtx_emul *e, u64 gva,
					      u32 access)
{
	u64 page = gva / CASE_PAGE;
	bool present = page < 6 && page != 4;

	if (present && !(access & 2 && page == 5))
		return VTX_EMUL_DONE;
	e->fault.vector = 14;
	e->fault.has_error = true;
	e->fault.error = access | present | (e->regs.cpl == 3 ? 4 : 0);
	e->fault.cr2 = gva;
	return VTX_EMUL_FAULT;
}

static inline enum vtx_emul_result mach_fetch(struct vtx_emul *e, u64 gva,
					      void *dst, unsigned int len)
{
	enum vtx_emul_result r = mach_check(e, gva, 16);

	if (!r)
		memcpy(dst, to_machine(e)->mem + gva, len);
	return r;
}

static inline enum vtx_emul_result mach_read(struct vtx_emul *e, u64 gva,
					     void *dst, unsigned int len)
{
	struct emul_case_machine *m = to_machine(e);
	enum vtx_emul_result r = mach_check(e, gva, 0);

	if (r)
		return r;
	if (gva / CASE_PAGE != 3) {
		memcpy(dst, m->mem + gva, len);
		return VTX_EMUL_DONE;
	}
	len = len < 8 ? len : 8;
	m->pending_len = len;
	mach_trace(m, 'R', gva, len, 1);
	memcpy(m->pending, m->mem + gva, len);
	return VTX_EMUL_PENDING;
}

static inline enum vtx_emul_result mach_write(struct vtx_emul *e, u64 gva,
					      const void *src, unsigned int len)
{
	struct emul_case_machine *m = to_machine(e);
	enum vtx_emul_result r = mach_check(e, gva, 2);

	if (r)
		return r;
	if (gva / CASE_PAGE != 3) {
		memcpy(m->mem + gva, src, len);
		return VTX_EMUL_DONE;
	}
	len = len < 8 ? len : 8;
	m->pending_len = len;
	mach_trace(m, 'W', gva, len, 1);
	memcpy(m->mem + gva, src, len);
	return VTX_EMUL_PENDING;
}

static inline enum vtx_emul_result mach_probe(struct vtx_emul *e, u64 gva,
					      unsigned int len, bool write)
{
	(void)len;
	return mach_check(e, gva, write ? 2 : 0);
}

static inline enum vtx_emul_result
mach_exchange(struct vtx_emul *e, u64 gva, void *expected, const void *desired,
	      unsigned int len)
{
	struct emul_case_machine *m = to_machine(e);
	enum vtx_emul_result r = mach_check(e, gva, 2);

	if (r)
		return r;
	if (gva / CASE_PAGE == 3)
		return VTX_EMUL_NOT_ATOMIC;
	if (!expected)
		return VTX_EMUL_DONE;
	if (m->contention) {	/* another processor counts there */
		m->contention--;
		m->mem[gva]++;
	}
	if (memcmp(m->mem + gva, expected, len)) {
		memcpy(expected, m->mem + gva, len);
		return VTX_EMUL_MISMATCH;
	}
	memcpy(m->mem + gva, desired, len);
	return VTX_EMUL_DONE;
}

/* A port delivers 80H, 81H, ... */
static inline enum vtx_emul_result mach_in(struct vtx_emul *e, u16 port,
					   void *dst, unsigned int size,
					   unsigned int count)
{
	struct emul_case_machine *m = to_machine(e);
	unsigned int i;

	(void)dst;
	mach_trace(m, 'I', port, size, count);
	m->pending_len = size * (count < 4 ? count : 4);
	for (i = 0; i < size * count; i++)
		m->pending[i] = 0x80 + i;
	return VTX_EMUL_PENDING;
}

/* What is written to a port can be found in the device's page. */
static inline enum vtx_emul_result mach_out(struct vtx_emul *e, u16 port,
					    const void *src, unsigned int size,
					    unsigned int count)
{
	struct emul_case_machine *m = to_machine(e);

	mach_trace(m, 'O', port, size, count);
	m->pending_len = size * (count < 4 ? count : 4);
	memcpy(m->mem + 3 * CASE_PAGE, src, size * count);
	return VTX_EMUL_PENDING;
}

static inline enum vtx_emul_result
mach_vec_get(struct vtx_emul *e, enum vtx_emul_file file, unsigned int reg,
	     void *dst, unsigned int len)
{
	struct emul_case_machine *m = to_machine(e);

	memset(dst, 0, len);
	if (!reg)
		memcpy(dst, file == VTX_EMUL_MMX ? m->mm0 : m->xmm0, len);
	return VTX_EMUL_DONE;
}

static inline enum vtx_emul_result
mach_vec_set(struct vtx_emul *e, enum vtx_emul_file file, unsigned int reg,
	     const void *src, unsigned int len, bool zero_above)
{
	struct emul_case_machine *m = to_machine(e);
	u8 *dst = file == VTX_EMUL_MMX ? m->mm0 : m->xmm0;

	if (reg)
		return VTX_EMUL_DONE;
	memcpy(dst, src, len);
	if (zero_above)
		memset(dst + len, 0, 32 - len);
	return VTX_EMUL_DONE;
}

static const struct vtx_emul_ops emul_case_ops = {
	.fetch = mach_fetch,
	.read = mach_read,
	.write = mach_write,
	.probe = mach_probe,
	.compare_exchange = mach_exchange,
	.in = mach_in,
	.out = mach_out,
	.vec_get = mach_vec_get,
	.vec_set = mach_vec_set,
};

static inline void mach_default_regs(struct vtx_emul_regs *regs,
				     unsigned int mode)
{
	static const u32 data_ar[] = { 0x93, 0xf3, 0x93, 0xc093, 0xc093,
				       0xc093 };
	static const u32 code_ar[] = { 0x93, 0xf3, 0x9b, 0xc09b, 0xc09b,
				       0xa09b };
	bool small = mode <= MODE_PROT16;
	unsigned int i;

	regs->gpr[VTX_EMUL_RSP] = CASE_RSP;
	regs->rip = CASE_RIP;
	regs->rflags = 2 | (mode == MODE_V86 ? VTX_EMUL_VM : 0);
	regs->cr0 = mode == MODE_REAL ? 0 : VTX_EMUL_CR0_PE;
	regs->cr4 = VTX_EMUL_CR4_OSFXSR | VTX_EMUL_CR4_OSXSAVE;
	regs->efer = mode >= MODE_COMPAT32 ? VTX_EMUL_EFER_LMA : 0;
	regs->xcr0 = 7;
	regs->cpl = mode == MODE_V86 ? 3 : 0;
	for (i = 0; i < VTX_EMUL_SREGS; i++) {
		regs->seg[i].limit = small ? 0xffff : 0xffffffff;
		regs->seg[i].ar = i == VTX_EMUL_CS ? code_ar[mode] :
						     data_ar[mode];
	}
}

/* Where a value of a case lives; NULL for what is not a u64 register. */
static inline u64 *mach_u64(struct emul_case_machine *m,
			    struct vtx_emul_regs *regs, unsigned int id)
{
	switch (id) {
	case AX ... R15:
		return &regs->gpr[id - AX];
	case IP:
		return &regs->rip;
	case FLAGS:
		return &regs->rflags;
	case CR0:
		return &regs->cr0;
	case CR4:
		return &regs->cr4;
	case XCR0:
		return &regs->xcr0;
	case XMM0_LOW ... XMM0_TOP:
		return (u64 *)(m->xmm0 + (id - XMM0_LOW) * 8);
	case MM0:
		return (u64 *)m->mm0;
	default:
		return NULL;
	}
}

static inline void mach_set_seg(struct vtx_emul_regs *regs, unsigned int id,
				u64 value)
{
	struct vtx_emul_seg *s = &regs->seg[(id - ID_SEG) / 4];

	switch ((id - ID_SEG) % 4) {
	case 0:
		s->base = value;
		break;
	case 1:
		s->limit = value;
		break;
	case 2:
		s->ar = value;
		break;
	default:
		s->selector = value;
	}
}

static inline void mach_set(struct emul_case_machine *m,
			    struct vtx_emul_regs *regs, unsigned int id,
			    u64 value)
{
	u64 *there = mach_u64(m, regs, id);

	if (there)
		*there = value;
	else if (id >= ID_SEG)
		mach_set_seg(regs, id, value);
	else if (id == CPL)
		regs->cpl = value;
	else if (id == FEATURES)
		m->emul.features = value;
	else if (id == REP_LIMIT)
		m->emul.rep_limit = value;
	else if (id == CONTENTION)
		m->contention = value;
}

static inline bool mach_same(struct emul_case_machine *m, u64 got, u64 want)
{
	m->why_got = got;
	m->why_want = want;
	return got == want;
}

/* Everything in @out that is not in struct vtx_emul_regs. */
static inline bool mach_check_extra(struct emul_case_machine *m,
				    const struct emul_case_reg *out)
{
	switch (out->id) {
	case ITERATIONS:
		return mach_same(m, m->emul.iterations, out->value);
	case TRAP:
		return mach_same(m, m->emul.trap, out->value);
	case SHADOW:
		return mach_same(m, m->emul.shadow, out->value);
	case XMM0_LOW ... MM0:
		return mach_same(m, *mach_u64(m, NULL, out->id), out->value);
	default:
		return true;
	}
}

static inline void mach_setup(struct emul_case_machine *m,
			      const struct emul_case *c)
{
	struct vtx_emul_regs *regs = &m->emul.regs;
	unsigned int i;

	memset(m, 0, sizeof(*m));
	vtx_emul_init(&m->emul, &emul_case_ops, m);
	m->emul.features = VTX_EMUL_FEAT_BMI1 | VTX_EMUL_FEAT_LZCNT;
	mach_default_regs(regs, c->mode);
	for (i = 0; i < 6; i++)
		mach_set(m, regs, c->in[i].id, c->in[i].value);
	for (i = 0; i < 3; i++) {
		if (c->mem_in[i].gva)
			memcpy(m->mem + c->mem_in[i].gva, &c->mem_in[i].value,
			       8);
	}
	memcpy(m->mem + (u32)(regs->seg[VTX_EMUL_CS].base + regs->rip), c->code,
	       c->code_len);
	m->expected = *regs;
	if (c->result == VTX_EMUL_DONE)
		m->expected.rip += c->code_len;
	if (c->result == VTX_EMUL_FAULT)
		m->expected.rflags |= VTX_EMUL_RF;
	for (i = 0; i < 6; i++) {
		if (c->out[i].id < ITERATIONS || c->out[i].id >= ID_SEG)
			mach_set(m, &m->expected, c->out[i].id,
				 c->out[i].value);
	}
}

static inline enum vtx_emul_result mach_execute(struct emul_case_machine *m)
{
	enum vtx_emul_result r;

	vtx_emul_begin(&m->emul);
	for (;;) {
		r = vtx_emul_run(&m->emul);
		if (r != VTX_EMUL_PENDING)
			return r;
		vtx_emul_complete(&m->emul, m->pending, m->pending_len);
	}
}

/**
 * emul_case_run - run one case
 * @m: memory for the machine
 * @c: the case
 *
 * Return: NULL, or what differs; @m->why_got and @m->why_want tell more.
 */
static inline const char *emul_case_run(struct emul_case_machine *m,
					const struct emul_case *c)
{
	const struct vtx_emul_fault *f = &m->emul.fault;
	enum vtx_emul_result r;
	unsigned int i;
	u64 there;

	mach_setup(m, c);
	r = mach_execute(m);
	if (!mach_same(m, r, c->result))
		return "result";
	if (r == VTX_EMUL_FAULT) {
		if (!mach_same(m, f->vector, c->vector))
			return "vector";
		if (!mach_same(m, f->has_error ? f->error : (u32)-1,
			       (u32)c->error))
			return "error code";
		if (!mach_same(m, f->vector == 14 ? f->cr2 : 0, c->cr2))
			return "CR2";
	}
	for (i = 0; i < 16; i++) {
		if (!mach_same(m, m->emul.regs.gpr[i], m->expected.gpr[i]))
			return "general register";
	}
	if (!mach_same(m, m->emul.regs.rip, m->expected.rip))
		return "RIP";
	if (!mach_same(m, m->emul.regs.rflags, m->expected.rflags))
		return "RFLAGS";
	if (memcmp(m->emul.regs.seg, m->expected.seg, sizeof(m->expected.seg)))
		return "segment register";
	for (i = 0; i < 6; i++) {
		if (!mach_check_extra(m, &c->out[i]))
			return "other state";
	}
	for (i = 0; i < 3; i++) {
		memcpy(&there, m->mem + c->mem_out[i].gva, 8);
		if (c->mem_out[i].gva &&
		    !mach_same(m, there, c->mem_out[i].value))
			return "memory";
	}
	if (strcmp(m->trace, c->trace ? c->trace : ""))
		return m->trace_len ? m->trace : "no device access";
	return NULL;
}

/**
 * emul_decode_run - decode the code of a case, and do no more
 * @m: memory for the machine
 * @c: the case; only @mode and @code count
 * @op: the token it must have
 *
 * Return: NULL, or what differs.
 */
static inline const char *emul_decode_run(struct emul_case_machine *m,
					  const struct emul_case *c,
					  unsigned int op)
{
	mach_setup(m, c);
	vtx_emul_begin(&m->emul);
	if (!mach_same(m, vtx_emul_decode(&m->emul), VTX_EMUL_DONE))
		return "result";
	if (!mach_same(m, m->emul.insn.op, op))
		return "token";
	if (!mach_same(m, m->emul.insn.len, c->code_len))
		return "length";
	return NULL;
}

#endif
