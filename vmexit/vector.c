// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vector registers as the emulator sees them: in the guest's XSAVE area, while
 * the FPU does not have them.
 *
 * A component whose bit in XSTATE_BV is clear is in its initial state, whatever
 * the area holds.  It reads as that; a write first makes the area say so too,
 * and then sets the bit (SDM 1 "Operation of XRSTOR").  Without XSAVE the area
 * is FXSAVE's, and always true.
 *
 * An MMX register is the mantissa of a physical x87 register, but the area has
 * the stack as it is seen from its top.  An MMX instruction makes TOP zero, all
 * tags valid and the exponent of what it writes ones (SDM 3B "Effect of MMX
 * Instructions on x87 FPU State").
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/string.h>

#include <asm/cpuid.h>
#include <asm/fpu/types.h>
#include <asm/trapnr.h>

#include "vmexit/emulation.h"

#define XMM_BYTES	16
#define ZMM_HIGH_BYTES	32

#define FSW_ES		BIT(7)
#define FSW_TOP		GENMASK(13, 11)
#define FTW_ALL_VALID	0xff	/* abridged: one bit a register */

#define ST_BYTES	16	/* what a register takes in the area */
#define ST_EXPONENT	8

/**
 * vtx_emul_vector_init() - learn where the host's CPU puts vector registers
 * @em: the emulation
 */
void vtx_emul_vector_init(struct vtx_emulation *em)
{
	u64 features = em->vcpu->fpu.features;
	u32 size, offset, ecx, edx;

	if (features & XFEATURE_MASK_YMM) {
		cpuid_count(0xd, XFEATURE_YMM, &size, &offset, &ecx, &edx);
		em->ymm_offset = offset;
	}
	if (features & XFEATURE_MASK_ZMM_Hi256) {
		cpuid_count(0xd, XFEATURE_ZMM_Hi256, &size, &offset, &ecx,
			    &edx);
		em->zmm_offset = offset;
	}
}

static struct fxregs_state *legacy(const struct vtx_emulation *em)
{
	return &em->vcpu->fpu.area->fxsave;
}

static u64 *xstate_bv(const struct vtx_emulation *em)
{
	return &em->vcpu->fpu.area->xsave.header.xfeatures;
}

/* Is a component in its initial state? */
static bool is_initial(const struct vtx_emulation *em, u64 feature)
{
	return em->vcpu->fpu.features && !(*xstate_bv(em) & feature);
}

static void *xmm_at(const struct vtx_emulation *em, unsigned int reg)
{
	return (u8 *)legacy(em)->xmm_space + reg * XMM_BYTES;
}

static void *ymm_high_at(const struct vtx_emulation *em, unsigned int reg)
{
	return (u8 *)em->vcpu->fpu.area + em->ymm_offset + reg * XMM_BYTES;
}

static void *zmm_high_at(const struct vtx_emulation *em, unsigned int reg)
{
	return (u8 *)em->vcpu->fpu.area + em->zmm_offset +
	       reg * ZMM_HIGH_BYTES;
}

/*
 * Write a part of a vector register; @src NULL: zeroes.  @first is where
 * register 0 has this part, the parts of all 16 follow each other.
 */
static void set_part(struct vtx_emulation *em, u64 feature, void *first,
		     unsigned int bytes, unsigned int reg, const void *src)
{
	u8 *at = (u8 *)first + reg * bytes;

	if (is_initial(em, feature)) {
		if (!src)
			return;
		memset(first, 0, 16 * bytes);
		*xstate_bv(em) |= feature;
	}
	if (src)
		memcpy(at, src, bytes);
	else
		memset(at, 0, bytes);
}

static void get_part(const struct vtx_emulation *em, u64 feature,
		     const void *at, void *dst, unsigned int bytes)
{
	if (is_initial(em, feature))
		memset(dst, 0, bytes);
	else
		memcpy(dst, at, bytes);
}

static enum vtx_emul_result get_xmm(struct vtx_emulation *em, unsigned int reg,
				    void *dst, unsigned int len)
{
	u8 low[XMM_BYTES];

	get_part(em, XFEATURE_MASK_SSE, xmm_at(em, reg), low, XMM_BYTES);
	if (len <= XMM_BYTES) {
		memcpy(dst, low, len);
		return VTX_EMUL_DONE;
	}
	if (!em->ymm_offset)
		return VTX_EMUL_CANNOT;
	memcpy(dst, low, XMM_BYTES);
	get_part(em, XFEATURE_MASK_YMM, ymm_high_at(em, reg), dst + XMM_BYTES,
		 len - XMM_BYTES);
	return VTX_EMUL_DONE;
}

static enum vtx_emul_result set_xmm(struct vtx_emulation *em, unsigned int reg,
				    const void *src, unsigned int len,
				    bool zero_above)
{
	const void *high = len > XMM_BYTES ? src + XMM_BYTES : NULL;

	if (high && !em->ymm_offset)
		return VTX_EMUL_CANNOT;
	set_part(em, XFEATURE_MASK_SSE, xmm_at(em, 0), XMM_BYTES, reg, src);
	if (em->ymm_offset && (high || zero_above))
		set_part(em, XFEATURE_MASK_YMM, ymm_high_at(em, 0), XMM_BYTES,
			 reg, high);
	if (em->zmm_offset && zero_above)
		set_part(em, XFEATURE_MASK_ZMM_Hi256, zmm_high_at(em, 0),
			 ZMM_HIGH_BYTES, reg, NULL);
	return VTX_EMUL_DONE;
}

static void init_x87(struct vtx_emulation *em)
{
	struct fxregs_state *fx = legacy(em);

	fx->cwd = VTX_FCW_DEFAULT;
	fx->swd = 0;
	fx->twd = 0;
	fx->fop = 0;
	fx->rip = 0;
	fx->rdp = 0;
	memset(fx->st_space, 0, sizeof(fx->st_space));
	*xstate_bv(em) |= XFEATURE_MASK_FP;
}

/* From the stack as seen from TOP to the stack as seen from register 0. */
static void zero_top(struct fxregs_state *fx)
{
	unsigned int top = FIELD_GET(FSW_TOP, fx->swd), i;
	u8 old[8 * ST_BYTES];

	if (top) {
		memcpy(old, fx->st_space, sizeof(old));
		for (i = 0; i < 8; i++)
			memcpy((u8 *)fx->st_space + (i + top) % 8 * ST_BYTES,
			       old + i * ST_BYTES, ST_BYTES);
		fx->swd &= ~FSW_TOP;
	}
	fx->twd = FTW_ALL_VALID;
}

/* What each MMX instruction does before anything else. */
static enum vtx_emul_result begin_mmx(struct vtx_emulation *em)
{
	struct fxregs_state *fx = legacy(em);

	if (!is_initial(em, XFEATURE_MASK_FP) && (fx->swd & FSW_ES)) {
		/* With CR0.NE clear it is an interrupt from outside. */
		if (!(em->core.regs.cr0 & X86_CR0_NE))
			return VTX_EMUL_CANNOT;
		em->core.fault = (struct vtx_emul_fault){
			.vector = X86_TRAP_MF,
		};
		return VTX_EMUL_FAULT;
	}
	em->mmx = true;
	return VTX_EMUL_DONE;
}

/* Where the mantissa of a physical register is. */
static u8 *mmx_at(const struct vtx_emulation *em, unsigned int reg)
{
	unsigned int top = FIELD_GET(FSW_TOP, legacy(em)->swd);

	return (u8 *)legacy(em)->st_space + (reg - top) % 8 * ST_BYTES;
}

/**
 * vtx_emul_end_mmx() - an MMX instruction is complete
 * @em: the emulation
 *
 * Only now does it change the x87 state, unless it writes a register.
 */
void vtx_emul_end_mmx(struct vtx_emulation *em)
{
	if (is_initial(em, XFEATURE_MASK_FP))
		init_x87(em);
	zero_top(legacy(em));
	em->mmx = false;
}

/**
 * vtx_emul_op_vec_get() - &vtx_emul_ops.vec_get
 * @e: the emulator
 * @file: XMM or MMX
 * @reg: which register
 * @dst: receives its low bytes
 * @len: how many
 *
 * Return: as it says there.
 */
enum vtx_emul_result vtx_emul_op_vec_get(struct vtx_emul *e,
					 enum vtx_emul_file file,
					 unsigned int reg, void *dst,
					 unsigned int len)
{
	struct vtx_emulation *em = vtx_emulation(e);
	enum vtx_emul_result r;

	if (!em->fpu_saved)
		return vtx_emulation_ask_again(em);
	if (file == VTX_EMUL_XMM)
		return get_xmm(em, reg % 16, dst, len);
	r = begin_mmx(em);
	if (!r)
		get_part(em, XFEATURE_MASK_FP, mmx_at(em, reg), dst, len);
	return r;
}

/**
 * vtx_emul_op_vec_set() - &vtx_emul_ops.vec_set
 * @e: the emulator
 * @file: XMM or MMX
 * @reg: which register
 * @src: its low bytes
 * @len: how many: 16 or 32, or 8 of an MMX register
 * @zero_above: what lies above becomes zero, else it stays
 *
 * Return: as it says there.
 */
enum vtx_emul_result vtx_emul_op_vec_set(struct vtx_emul *e,
					 enum vtx_emul_file file,
					 unsigned int reg, const void *src,
					 unsigned int len, bool zero_above)
{
	struct vtx_emulation *em = vtx_emulation(e);
	enum vtx_emul_result r;

	if (!em->fpu_saved)
		return vtx_emulation_ask_again(em);
	if (file == VTX_EMUL_XMM)
		return set_xmm(em, reg % 16, src, len, zero_above);
	r = begin_mmx(em);
	if (r)
		return r;
	/* It is the last thing that the instruction does. */
	vtx_emul_end_mmx(em);
	memcpy(mmx_at(em, reg), src, len);
	memset(mmx_at(em, reg) + ST_EXPONENT, 0xff, 2);
	return VTX_EMUL_DONE;
}
