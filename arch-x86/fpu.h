/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's x87, SSE, AVX state and what else XSAVE knows.
 */
#ifndef VTX_ARCH_X86_FPU_H
#define VTX_ARCH_X86_FPU_H

#include <linux/types.h>

#include <asm/fpu/types.h>

/* The x87 control word after power-up. */
#define VTX_FCW_DEFAULT	0x37f

/**
 * struct vtx_fpu - where a guest's state is while it is not in the CPU
 * @area: in the format of XSAVE, not compacted, at the host's offsets; or of
 *	FXSAVE if the host has no XSAVE
 * @size: its size in bytes, at least 4096 so that KVM_GET_XSAVE has all
 * @features: the components of @area: what vtx offers to guests in XCR0; 0
 *	without XSAVE
 */
struct vtx_fpu {
	union fpregs_state	*area;
	u32			size;
	u64			features;
};

int vtx_fpu_alloc(struct vtx_fpu *fpu, u64 features);
void vtx_fpu_free(struct vtx_fpu *fpu);
void vtx_fpu_reset(struct vtx_fpu *fpu);
void vtx_fpu_load(struct vtx_fpu *fpu);
void vtx_fpu_save(struct vtx_fpu *fpu);

#endif /* VTX_ARCH_X86_FPU_H */
