// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's FPU for user space.
 *
 * Between two KVM_RUN all of it is in vcpu->fpu.area, in the format that
 * KVM_GET_XSAVE has.  A component that is not in XSTATE_BV has its initial
 * values there all the same: XSAVE writes them, and so does what is below.
 */
#include "module/compat.h"

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/cpuid.h>
#include <asm/fpu/types.h>
#include <asm/processor-flags.h>

#include "arch-x86/offer.h"
#include "arch-x86/state_fpu.h"
#include "arch-x86/vcpu.h"

/* SDM 1 "SIMD Floating-Point": reserved bits of MXCSR fault when loaded. */
#define MXCSR_BITS	0xffffU

#define LEAF_XSAVE	0xd

static_assert(sizeof(struct kvm_xsave) == 4096);

/**
 * vtx_xcr0_to_load() - what has to be in XCR0 while the guest runs
 * @vcpu: the vCPU, loaded
 *
 * Without CR4.OSXSAVE the guest's XCR0 has no effect (SDM 1 "Enabling the XSAVE
 * Feature Set and XSAVE-Enabled Features"), which spares whoever never sets it
 * the switching.
 *
 * Return: its value, or 0 if the host's may stay.
 */
u64 vtx_xcr0_to_load(const struct vtx_vcpu *vcpu)
{
	if (!(vmcs_readl(VMCS_CTRL_CR4_READ_SHADOW) & X86_CR4_OSXSAVE) ||
	    vcpu->xcr0 == vtx_host_xcr0())
		return 0;
	return vcpu->xcr0;
}

/**
 * vtx_get_fpu() - KVM_GET_FPU
 * @vcpu: the vCPU
 * @fpu: receives x87 and SSE state, MXCSR included
 *
 * Return: 0.
 */
int vtx_get_fpu(struct vtx_vcpu *vcpu, struct kvm_fpu *fpu)
{
	const struct fxregs_state *fx = &vcpu->fpu.area->fxsave;

	memset(fpu, 0, sizeof(*fpu));
	memcpy(fpu->fpr, fx->st_space, sizeof(fpu->fpr));
	fpu->fcw = fx->cwd;
	fpu->fsw = fx->swd;
	fpu->ftwx = fx->twd;
	fpu->last_opcode = fx->fop;
	fpu->last_ip = fx->rip;
	fpu->last_dp = fx->rdp;
	memcpy(fpu->xmm, fx->xmm_space, sizeof(fpu->xmm));
	fpu->mxcsr = fx->mxcsr;
	return 0;
}

/**
 * vtx_set_fpu() - KVM_SET_FPU
 * @vcpu: the vCPU
 * @fpu: x87 and SSE state, MXCSR included
 *
 * Return: 0, or -EINVAL for bits of MXCSR that do not exist, with nothing
 * changed.
 */
int vtx_set_fpu(struct vtx_vcpu *vcpu, const struct kvm_fpu *fpu)
{
	union fpregs_state *area = vcpu->fpu.area;
	struct fxregs_state *fx = &area->fxsave;

	if (fpu->mxcsr & ~MXCSR_BITS)
		return -EINVAL;
	memcpy(fx->st_space, fpu->fpr, sizeof(fpu->fpr));
	fx->cwd = fpu->fcw;
	fx->swd = fpu->fsw;
	fx->twd = fpu->ftwx;
	fx->fop = fpu->last_opcode;
	fx->rip = fpu->last_ip;
	fx->rdp = fpu->last_dp;
	memcpy(fx->xmm_space, fpu->xmm, sizeof(fpu->xmm));
	fx->mxcsr = fpu->mxcsr;
	if (vcpu->fpu.features)
		area->xsave.header.xfeatures |= XFEATURE_MASK_FPSSE;
	return 0;
}

/**
 * vtx_get_xsave() - KVM_GET_XSAVE
 * @vcpu: the vCPU
 * @xsave: receives the image: standard format, components at the offsets of
 *	the host's CPUID
 *
 * Return: 0.
 */
int vtx_get_xsave(struct vtx_vcpu *vcpu, struct kvm_xsave *xsave)
{
	const struct vtx_fpu *fpu = &vcpu->fpu;
	struct xregs_state *image = (void *)xsave->region;

	memset(xsave, 0, sizeof(*xsave));
	memcpy(image, fpu->area, min_t(size_t, sizeof(*xsave), fpu->size));
	if (!fpu->features)
		image->header.xfeatures = XFEATURE_MASK_FPSSE;
	/* XSAVE does not count MXCSR when it says whether SSE is in use. */
	if (image->i387.mxcsr != MXCSR_DEFAULT)
		image->header.xfeatures |= XFEATURE_MASK_SSE;
	return 0;
}

static bool image_valid(const struct vtx_fpu *fpu,
			const struct xregs_state *image)
{
	u64 features = fpu->features ?: XFEATURE_MASK_FPSSE;
	const struct xstate_header *header = &image->header;

	if ((header->xfeatures & ~features) || header->xcomp_bv ||
	    memchr_inv(header->reserved, 0, sizeof(header->reserved)))
		return false;
	return !(header->xfeatures & (XFEATURE_MASK_SSE | XFEATURE_MASK_YMM)) ||
	       !(image->i387.mxcsr & ~MXCSR_BITS);
}

/* x87 has all of the first 160 bytes but MXCSR and its mask. */
static void copy_legacy(struct fxregs_state *to,
			const struct fxregs_state *from, u64 features)
{
	const size_t mxcsr = offsetof(struct fxregs_state, mxcsr);

	if (features & XFEATURE_MASK_FP) {
		memcpy(to, from, mxcsr);
		memcpy(to->st_space, from->st_space, sizeof(to->st_space));
	}
	if (features & XFEATURE_MASK_SSE)
		memcpy(to->xmm_space, from->xmm_space, sizeof(to->xmm_space));
	if (features & (XFEATURE_MASK_SSE | XFEATURE_MASK_YMM))
		to->mxcsr = from->mxcsr;
}

static void copy_extended(void *to, const void *from, u64 features)
{
	u32 size, offset, ecx, edx;
	int i;

	for (i = XFEATURE_YMM; i < 63; i++) {
		if (!(features & BIT_ULL(i)))
			continue;
		cpuid_count(LEAF_XSAVE, i, &size, &offset, &ecx, &edx);
		if (offset + size <= sizeof(struct kvm_xsave))
			memcpy(to + offset, from + offset, size);
	}
}

/**
 * vtx_set_xsave() - KVM_SET_XSAVE
 * @vcpu: the vCPU
 * @xsave: an image as vtx_get_xsave() makes it
 *
 * A component whose bit in the header is clear becomes as after power-up.
 *
 * Return: 0; -EINVAL, with nothing changed, for components that vtx does not
 * offer, the compacted format, anything in the header's reserved bytes, or bits
 * of MXCSR that do not exist.
 */
int vtx_set_xsave(struct vtx_vcpu *vcpu, const struct kvm_xsave *xsave)
{
	const struct xregs_state *image = (const void *)xsave->region;
	struct vtx_fpu *fpu = &vcpu->fpu;
	u64 features = image->header.xfeatures;

	if (!image_valid(fpu, image))
		return -EINVAL;
	vtx_fpu_reset(fpu);
	copy_legacy(&fpu->area->fxsave, &image->i387, features);
	if (fpu->features) {
		copy_extended(fpu->area, image, features);
		fpu->area->xsave.header.xfeatures = features;
	}
	return 0;
}

/**
 * vtx_get_xcrs() - KVM_GET_XCRS
 * @vcpu: the vCPU
 * @xcrs: receives XCR0, or none without XSAVE
 *
 * Return: 0.
 */
int vtx_get_xcrs(struct vtx_vcpu *vcpu, struct kvm_xcrs *xcrs)
{
	memset(xcrs, 0, sizeof(*xcrs));
	if (!vcpu->fpu.features)
		return 0;
	xcrs->nr_xcrs = 1;
	xcrs->xcrs[0].value = vcpu->xcr0;
	return 0;
}

/**
 * vtx_set_xcrs() - KVM_SET_XCRS
 * @vcpu: the vCPU
 * @xcrs: its extended control registers; all but XCR0 are ignored
 *
 * Return: 0; -EINVAL, with nothing changed, without XSAVE, for flags, for more
 * than there is room for, or for an XCR0 that the vCPU cannot have.
 */
int vtx_set_xcrs(struct vtx_vcpu *vcpu, const struct kvm_xcrs *xcrs)
{
	u32 i;

	if (!vcpu->fpu.features || xcrs->flags ||
	    xcrs->nr_xcrs > ARRAY_SIZE(xcrs->xcrs))
		return -EINVAL;
	for (i = 0; i < xcrs->nr_xcrs; i++) {
		if (xcrs->xcrs[i].xcr)
			continue;
		if (!vtx_xcr0_valid(&vcpu->limits, xcrs->xcrs[i].value))
			return -EINVAL;
		vcpu->xcr0 = xcrs->xcrs[i].value;
		break;
	}
	return 0;
}
