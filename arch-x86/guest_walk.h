/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a guest's linear address to a guest-physical one, through the guest's
 * own page tables.
 *
 * Everything here is a pure function of its arguments: memory is reached
 * through struct vtx_walk_ops.
 */
#ifndef VTX_ARCH_X86_GUEST_WALK_H
#define VTX_ARCH_X86_GUEST_WALK_H

#include <linux/bits.h>
#include <linux/types.h>

/**
 * enum vtx_walk_access - what is to be done at the address; a mask
 * @VTX_WALK_WRITE: write, else read
 * @VTX_WALK_USER: by CPL 3; not what the CPU reads by itself, as descriptors
 * @VTX_WALK_FETCH: fetch an instruction
 * @VTX_WALK_AC: a supervisor access of an instruction's own, with RFLAGS.AC
 *	set: SMAP lets it pass
 */
enum vtx_walk_access {
	VTX_WALK_WRITE	= BIT(0),
	VTX_WALK_USER	= BIT(1),
	VTX_WALK_FETCH	= BIT(2),
	VTX_WALK_AC	= BIT(3),
};

/* The most entries on the way to a page. */
#define VTX_WALK_LEVELS	5

/* Returned by vtx_walk(): the access is a page fault. */
#define VTX_WALK_FAULT	1

/**
 * struct vtx_paging - what decides how a guest's addresses are translated
 * @cr0: CR0, as the guest reads it
 * @cr3: CR3
 * @cr4: CR4, as the guest reads it
 * @efer: EFER
 * @pdpte: the PDPTE registers, with PAE paging
 * @phys_bits: physical-address width
 * @page_1g: 1-GByte pages: CPUID's Page1GB
 */
struct vtx_paging {
	u64	cr0;
	u64	cr3;
	u64	cr4;
	u64	efer;
	u64	pdpte[4];
	u8	phys_bits;
	bool	page_1g;
};

/**
 * struct vtx_walk_ops - guest memory
 * @read: read an entry of @bytes, 4 or 8, at once.  Return: 0 or -errno.
 * @update: if an entry of @bytes is @old, make it @new, at once.  Return: 0, 1
 *	if it was something else, or -errno.  NULL leaves the accessed and dirty
 *	flags alone.
 */
struct vtx_walk_ops {
	int	(*read)(void *context, u64 gpa, unsigned int bytes, u64 *entry);
	int	(*update)(void *context, u64 gpa, unsigned int bytes, u64 old,
			  u64 new);
};

/**
 * struct vtx_walk - where a walk ended
 * @gpa: the guest-physical address
 * @page_shift: size of the page, as a power of 2; 12 without paging
 * @writable: all entries on the way have R/W
 * @user: all entries on the way have U/S
 * @error: the page fault's error code, with VTX_WALK_FAULT, and then nothing
 *	else is defined
 */
struct vtx_walk {
	u64	gpa;
	u8	page_shift;
	bool	writable;
	bool	user;
	u32	error;
};

int vtx_walk(const struct vtx_paging *paging, const struct vtx_walk_ops *ops,
	     void *context, u64 gva, unsigned int access,
	     struct vtx_walk *walk);

#endif /* VTX_ARCH_X86_GUEST_WALK_H */
