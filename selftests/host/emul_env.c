// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ops for host tests: a few pages whose real twins the native test maps at
 * the same addresses with the same rights, so that faults can be compared too.
 */
#include <string.h>

#include "emul_env.h"

#define PF_PRESENT	1u
#define PF_WRITE	2u
#define PF_USER		4u
#define PF_FETCH	16u

static enum vtx_emul_result page_fault(struct vtx_emul *e, u64 gva, u32 error)
{
	e->fault.vector = 14;
	e->fault.has_error = true;
	e->fault.error = error | PF_USER;
	e->fault.cr2 = gva;
	return VTX_EMUL_FAULT;
}

/*
 * Where it is in the pages, or a fault; VTX_EMUL_NOT_ATOMIC says of what is
 * there that it is a device.
 */
static enum vtx_emul_result locate(struct vtx_emul *e, u64 gva,
				   unsigned int len, bool write, u8 **at)
{
	struct env *env = e->opaque;
	u32 offset;

	env->accesses++;
	if (gva < ENV_GVA || gva >= ENV_GVA + ENV_SIZE ||
	    gva + len > ENV_GVA + ENV_SIZE) {
		env->stray = true;
		return page_fault(e, gva, write ? PF_WRITE : 0);
	}
	offset = gva - ENV_GVA;
	if (offset >= ENV_MAPPED)
		return page_fault(e, gva, write ? PF_WRITE : 0);
	if (write && offset >= 2 * ENV_PAGE)
		return page_fault(e, gva, PF_PRESENT | PF_WRITE);
	*at = env->mem + offset;
	env->pending = offset;
	return env->device && offset / ENV_PAGE == 1 ? VTX_EMUL_NOT_ATOMIC :
						       VTX_EMUL_DONE;
}

static enum vtx_emul_result env_fetch(struct vtx_emul *e, u64 gva, void *dst,
				      unsigned int len)
{
	struct env *env = e->opaque;

	if (gva < ENV_CODE || gva + len > ENV_CODE + ENV_CODE_SIZE) {
		env->stray = true;
		return page_fault(e, gva, PF_FETCH);
	}
	memcpy(dst, env->code + (gva - ENV_CODE), len);
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result env_read(struct vtx_emul *e, u64 gva, void *dst,
				     unsigned int len)
{
	enum vtx_emul_result r;
	u8 *at;

	r = locate(e, gva, len, false, &at);
	if (r == VTX_EMUL_NOT_ATOMIC)
		return VTX_EMUL_PENDING;
	if (!r)
		memcpy(dst, at, len);
	return r;
}

static enum vtx_emul_result env_write(struct vtx_emul *e, u64 gva,
				      const void *src, unsigned int len)
{
	enum vtx_emul_result r;
	u8 *at;

	r = locate(e, gva, len, true, &at);
	if (r == VTX_EMUL_NOT_ATOMIC) {
		/* Posted at once, at most 8 bytes: what user space would do. */
		memcpy(at, src, len < 8 ? len : 8);
		return VTX_EMUL_PENDING;
	}
	if (!r)
		memcpy(at, src, len);
	return r;
}

static enum vtx_emul_result env_probe(struct vtx_emul *e, u64 gva,
				      unsigned int len, bool write)
{
	enum vtx_emul_result r;
	u8 *at;

	r = locate(e, gva, len, write, &at);
	return r == VTX_EMUL_NOT_ATOMIC ? VTX_EMUL_DONE : r;
}

static enum vtx_emul_result env_exchange(struct vtx_emul *e, u64 gva,
					 void *expected, const void *desired,
					 unsigned int len)
{
	enum vtx_emul_result r;
	u8 *at;

	r = locate(e, gva, len, true, &at);
	if (r || !expected)
		return r;
	if (memcmp(at, expected, len)) {
		memcpy(expected, at, len);
		return VTX_EMUL_MISMATCH;
	}
	memcpy(at, desired, len);
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result env_in(struct vtx_emul *e, u16 port, void *dst,
				   unsigned int size, unsigned int count)
{
	(void)port;
	(void)dst;
	(void)size;
	(void)count;
	e->fault.vector = 13;
	e->fault.has_error = true;
	e->fault.error = 0;
	return VTX_EMUL_FAULT;
}

static enum vtx_emul_result env_out(struct vtx_emul *e, u16 port,
				    const void *src, unsigned int size,
				    unsigned int count)
{
	(void)src;
	return env_in(e, port, NULL, size, count);
}

static enum vtx_emul_result env_vec_get(struct vtx_emul *e,
					enum vtx_emul_file file,
					unsigned int reg, void *dst,
					unsigned int len)
{
	struct env *env = e->opaque;

	memcpy(dst, file == VTX_EMUL_MMX ? env->mm[reg] : env->ymm[reg], len);
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result env_vec_set(struct vtx_emul *e,
					enum vtx_emul_file file,
					unsigned int reg, const void *src,
					unsigned int len, bool zero_above)
{
	struct env *env = e->opaque;
	u8 *dst = file == VTX_EMUL_MMX ? env->mm[reg] : env->ymm[reg];

	memcpy(dst, src, len);
	if (zero_above)
		memset(dst + len, 0, 32 - len);
	return VTX_EMUL_DONE;
}

const struct vtx_emul_ops env_ops = {
	.fetch = env_fetch,
	.read = env_read,
	.write = env_write,
	.probe = env_probe,
	.compare_exchange = env_exchange,
	.in = env_in,
	.out = env_out,
	.vec_get = env_vec_get,
	.vec_set = env_vec_set,
};

#define FLAT	.limit = 0xffffffff, .ar = 0xc0f3, .ss_ar = 0xc0f3, .flat = true
#define SEG(limit_, ar_, ss_ar_) \
	.limit = (limit_), .ar = (ar_), .ss_ar = (ss_ar_)

const struct env_mode env_modes[ENV_MODES] = {
	{ .name = "64-bit", .bits = 64, FLAT },
	{ .name = "32-bit", .bits = 32, FLAT },
	{ .name = "16-bit", .bits = 16, .cs_base = ENV_CODE,
	  SEG(ENV_SIZE - 1, 0x00f3, 0x00f3) },
	{ .name = "32-bit, odd limit", .bits = 32,
	  SEG(0x1a55, 0x40f3, 0x40f3) },
	{ .name = "32-bit, expand-down", .bits = 32,
	  SEG(0x7ff, 0x40f7, 0x40f7) },
	{ .name = "32-bit, read-only", .bits = 32,
	  SEG(ENV_SIZE - 1, 0x40f1, 0x40f3) },
	{ .name = "32-bit, data in a code segment", .bits = 32,
	  SEG(ENV_SIZE - 1, 0x40fb, 0x40f3) },
	{ .name = "16-bit, expand-down", .bits = 16, .cs_base = ENV_CODE,
	  SEG(0x1234, 0x00f7, 0x00f7) },
};

/**
 * env_set_mode - user-mode registers
 * @e: emulator
 * @mode: segments
 */
void env_set_mode(struct vtx_emul *e, const struct env_mode *mode)
{
	struct vtx_emul_regs *regs = &e->regs;
	unsigned int i;

	regs->cr0 = 0x80050033;
	regs->cr4 = VTX_EMUL_CR4_OSFXSR | VTX_EMUL_CR4_OSXSAVE;
	regs->efer = VTX_EMUL_EFER_LMA;
	regs->xcr0 = 7;
	regs->cpl = 3;
	e->features = VTX_EMUL_FEAT_BMI1 | VTX_EMUL_FEAT_LZCNT;
	for (i = 0; i < VTX_EMUL_SREGS; i++) {
		regs->seg[i].base = mode->flat ? 0 : ENV_GVA;
		regs->seg[i].limit = mode->limit;
		regs->seg[i].ar = i == VTX_EMUL_SS ? mode->ss_ar : mode->ar;
	}
	regs->seg[VTX_EMUL_CS].base = mode->cs_base;
	regs->seg[VTX_EMUL_CS].limit = mode->bits == 16 ? 0xffff : 0xffffffff;
	regs->seg[VTX_EMUL_CS].ar = mode->bits == 64 ? 0xa0fb :
				    mode->bits == 32 ? 0xc0fb : 0x00fb;
}
