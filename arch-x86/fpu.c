// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's FPU state in the CPU, and out of it.
 *
 * The guest has the FPU while the inner loop runs, between kernel_fpu_begin()
 * and kernel_fpu_end(): to the host this is a long use of the FPU by the kernel.
 * The user's own state is saved by the former and comes back when the task
 * returns to user space.
 *
 * The area has the format that user space gets from KVM_GET_XSAVE: not
 * compacted, each component at the offset that the host's CPUID says.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/cpufeature.h>
#include <asm/cpuid.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>
#include <asm/fpu/xstate.h>

#include "arch-x86/fpu.h"

/* KVM_GET_XSAVE copies that much. */
#define MIN_AREA	4096

/* SDM 1 "Determining the XSAVE Managed Features and State Component Offsets" */
static u32 area_size(u64 features)
{
	u32 size = MIN_AREA, eax, ebx, ecx, edx;
	int i;

	for (i = 2; i < 63; i++) {
		if (!(features & BIT_ULL(i)))
			continue;
		cpuid_count(0xd, i, &eax, &ebx, &ecx, &edx);
		size = max(size, ebx + eax);
	}
	return size;
}

/**
 * vtx_fpu_alloc() - make room for a guest's state
 * @fpu: to be filled in
 * @features: the components that guests may enable in XCR0; 0 without XSAVE
 *
 * What is there is undefined until vtx_fpu_reset().  May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int vtx_fpu_alloc(struct vtx_fpu *fpu, u64 features)
{
	fpu->features = features;
	fpu->size = features ? area_size(features) : MIN_AREA;
	/* A power of two is aligned to itself; XSAVE wants 64 bytes. */
	fpu->area = kmalloc(roundup_pow_of_two(fpu->size), GFP_KERNEL_ACCOUNT);
	return fpu->area ? 0 : -ENOMEM;
}

/**
 * vtx_fpu_free() - give the room back
 * @fpu: as vtx_fpu_alloc() made it; all zeroes do no harm
 */
void vtx_fpu_free(struct vtx_fpu *fpu)
{
	kfree(fpu->area);
	fpu->area = NULL;
}

/**
 * vtx_fpu_reset() - the state after power-up or INIT
 * @fpu: the state, not in the CPU
 */
void vtx_fpu_reset(struct vtx_fpu *fpu)
{
	memset(fpu->area, 0, fpu->size);
	fpu->area->fxsave.cwd = VTX_FCW_DEFAULT;
	fpu->area->fxsave.mxcsr = MXCSR_DEFAULT;
}

/**
 * vtx_fpu_load() - give the guest the FPU
 * @fpu: its state
 *
 * Until vtx_fpu_save() preemption is off and the kernel must not use the FPU.
 * XCR0 is the host's.
 */
void vtx_fpu_load(struct vtx_fpu *fpu)
{
	u32 low = fpu->features, high = fpu->features >> 32;

	kernel_fpu_begin_mask(0);
	if (fpu->features)
		asm volatile("xrstor64 %0"
			     : : "m" (*fpu->area), "a" (low), "d" (high)
			     : "memory");
	else
		asm volatile("fxrstor64 %0" : : "m" (*fpu->area) : "memory");
}

/**
 * vtx_fpu_save() - take the FPU from the guest
 * @fpu: receives its state
 *
 * XCR0 is the host's again.
 */
void vtx_fpu_save(struct vtx_fpu *fpu)
{
	u32 low = fpu->features, high = fpu->features >> 32;

	if (fpu->features)
		asm volatile("xsave64 %0"
			     : "+m" (*fpu->area) : "a" (low), "d" (high)
			     : "memory");
	else
		asm volatile("fxsave64 %0" : "+m" (*fpu->area) : : "memory");
	kernel_fpu_end();
}
