// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MSR bitmaps: everything exits unless it is allowed.
 *
 * They cover the MSRs 0 to 0x1fff and 0xc0000000 to 0xc0001fff; all others exit
 * whatever is asked for here.  The CPU may look at the page at any time while
 * the guest runs; a change is certain to be seen at its next entry.
 */
#include "module/compat.h"

#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <asm/io.h>

#include "arch-x86/vmx/msr_bitmap.h"

#define MSRS_PER_MAP	0x2000
#define HIGH_MSRS	0xc0000000
#define WRITE_OFFSET	(2 * MSRS_PER_MAP)	/* in bits, read to write */

/**
 * vtx_msr_bitmap_alloc() - make a bitmap in which everything exits
 * @bitmap: to be filled in
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int vtx_msr_bitmap_alloc(struct vtx_msr_bitmap *bitmap)
{
	bitmap->map = (unsigned long *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!bitmap->map)
		return -ENOMEM;
	memset(bitmap->map, 0xff, PAGE_SIZE);
	return 0;
}

/**
 * vtx_msr_bitmap_free() - give the page back
 * @bitmap: no VMCS that can be entered speaks of it any more; may be all zeroes
 */
void vtx_msr_bitmap_free(struct vtx_msr_bitmap *bitmap)
{
	free_page((unsigned long)bitmap->map);
	bitmap->map = NULL;
}

/**
 * vtx_msr_bitmap_hpa() - what to write into a VMCS
 * @bitmap: the bitmap
 *
 * Return: the address.
 */
phys_addr_t vtx_msr_bitmap_hpa(const struct vtx_msr_bitmap *bitmap)
{
	return virt_to_phys(bitmap->map);
}

/* The MSR's bit in the bitmaps for reads, or -1 if it has none. */
static int read_bit(u32 msr)
{
	if (msr < MSRS_PER_MAP)
		return msr;
	if (msr >= HIGH_MSRS && msr < HIGH_MSRS + MSRS_PER_MAP)
		return msr - HIGH_MSRS + MSRS_PER_MAP;
	return -1;
}

static void set_exits(struct vtx_msr_bitmap *bitmap, u32 msr,
		      unsigned int access, bool exits)
{
	int bit = read_bit(msr);

	if (bit < 0)
		return;
	if (access & VTX_MSR_READ)
		__assign_bit(bit, bitmap->map, exits);
	if (access & VTX_MSR_WRITE)
		__assign_bit(bit + WRITE_OFFSET, bitmap->map, exits);
}

/**
 * vtx_msr_bitmap_allow() - let the guest at an MSR
 * @bitmap: the bitmap
 * @msr: the MSR; one that the bitmaps do not cover exits as before
 * @access: VTX_MSR_READ, VTX_MSR_WRITE or both
 */
void vtx_msr_bitmap_allow(struct vtx_msr_bitmap *bitmap, u32 msr,
			  unsigned int access)
{
	set_exits(bitmap, msr, access, false);
}

/**
 * vtx_msr_bitmap_intercept() - make the guest exit at an MSR
 * @bitmap: the bitmap
 * @msr: the MSR
 * @access: VTX_MSR_READ, VTX_MSR_WRITE or both
 */
void vtx_msr_bitmap_intercept(struct vtx_msr_bitmap *bitmap, u32 msr,
			      unsigned int access)
{
	set_exits(bitmap, msr, access, true);
}

/**
 * vtx_msr_bitmap_allows() - may the guest use an MSR without an exit?
 * @bitmap: the bitmap
 * @msr: the MSR
 * @access: VTX_MSR_READ, VTX_MSR_WRITE or both, all of which it asks about
 *
 * Return: true if none of @access makes an exit.
 */
bool vtx_msr_bitmap_allows(const struct vtx_msr_bitmap *bitmap, u32 msr,
			   unsigned int access)
{
	int bit = read_bit(msr);

	if (bit < 0)
		return false;
	if ((access & VTX_MSR_READ) && test_bit(bit, bitmap->map))
		return false;
	if ((access & VTX_MSR_WRITE) &&
	    test_bit(bit + WRITE_OFFSET, bitmap->map))
		return false;
	return true;
}
