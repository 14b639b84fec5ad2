/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which MSRs a guest may read or write without a VM exit.
 */
#ifndef VTX_ARCH_X86_VMX_MSR_BITMAP_H
#define VTX_ARCH_X86_VMX_MSR_BITMAP_H

#include <linux/bits.h>
#include <linux/types.h>

#define VTX_MSR_READ	BIT(0)
#define VTX_MSR_WRITE	BIT(1)

/**
 * struct vtx_msr_bitmap - the page that the CPU looks at
 * @map: four bitmaps of 1 KiB: reads of low and of high MSRs, writes of low and
 *	of high MSRs (SDM 3C "MSR-Bitmap Address"); a set bit makes an exit
 */
struct vtx_msr_bitmap {
	unsigned long	*map;
};

int vtx_msr_bitmap_alloc(struct vtx_msr_bitmap *bitmap);
void vtx_msr_bitmap_free(struct vtx_msr_bitmap *bitmap);
phys_addr_t vtx_msr_bitmap_hpa(const struct vtx_msr_bitmap *bitmap);
void vtx_msr_bitmap_allow(struct vtx_msr_bitmap *bitmap, u32 msr,
			  unsigned int access);
void vtx_msr_bitmap_intercept(struct vtx_msr_bitmap *bitmap, u32 msr,
			      unsigned int access);
bool vtx_msr_bitmap_allows(const struct vtx_msr_bitmap *bitmap, u32 msr,
			   unsigned int access);

#endif /* VTX_ARCH_X86_VMX_MSR_BITMAP_H */
