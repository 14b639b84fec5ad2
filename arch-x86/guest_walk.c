// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's page walk, as the CPU does it: SDM 3A "Paging".
 *
 * Entries are read from the top; then rights are checked; then, if the access
 * is allowed, the accessed flag of every entry and the dirty flag of the last
 * are set.  An entry that changes meanwhile makes it start again.
 *
 * Protection keys and shadow stacks are no part of it: no guest has them.
 *
 * No state and no locks; it may sleep if the ops may.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/minmax.h>

#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "arch-x86/cr.h"
#include "arch-x86/guest_walk.h"

#define ENTRY_P		BIT_ULL(0)
#define ENTRY_RW	BIT_ULL(1)
#define ENTRY_US	BIT_ULL(2)
#define ENTRY_A		BIT_ULL(5)
#define ENTRY_D		BIT_ULL(6)
#define ENTRY_PS	BIT_ULL(7)
#define ENTRY_XD	BIT_ULL(63)
#define ENTRY_ADDRESS	GENMASK_ULL(51, 12)

/* SDM 3A "Page-Fault Exceptions": the error code. */
#define ERROR_P		BIT(0)
#define ERROR_WR	BIT(1)
#define ERROR_US	BIT(2)
#define ERROR_RSVD	BIT(3)
#define ERROR_ID	BIT(4)

/* How often entries may change under a walk before the caller hears of it. */
#define ATTEMPTS	16

/* The walk of one paging mode. */
struct mode {
	u8	levels;
	u8	entry_bytes;
	u8	index_bits;
	bool	pae;
};

static const struct mode mode_32bit = { 2, 4, 10, false };
/* The PDPTE registers are the first level, and have no rights. */
static const struct mode mode_pae = { 2, 8, 9, true };
static const struct mode mode_4_level = { 4, 8, 9, false };
static const struct mode mode_5_level = { 5, 8, 9, false };

struct step {
	u64	gpa;
	u64	entry;
};

/* A walk under way; the last of @steps is the one that maps the page. */
struct state {
	const struct vtx_paging		*paging;
	const struct vtx_walk_ops	*ops;
	void				*context;
	const struct mode		*mode;
	unsigned int			access;
	struct step			steps[VTX_WALK_LEVELS];
	unsigned int			nr_steps;
	u64				all;	/* bits that all entries have */
	u64				any;	/* bits that some entry has */
};

static const struct mode *mode_of(const struct vtx_paging *paging)
{
	if (!(paging->cr4 & X86_CR4_PAE))
		return &mode_32bit;
	if (!(paging->efer & EFER_LMA))
		return &mode_pae;
	return paging->cr4 & X86_CR4_LA57 ? &mode_5_level : &mode_4_level;
}

static unsigned int shift_of(const struct mode *mode, unsigned int level)
{
	return 12 + mode->index_bits * (level - 1);
}

static bool maps_page(const struct state *s, unsigned int level, u64 entry)
{
	if (level == 1)
		return true;
	if (!(entry & ENTRY_PS))
		return false;
	if (level == 2)
		return s->mode != &mode_32bit ||
		       (s->paging->cr4 & X86_CR4_PSE);
	return level == 3 && s->paging->page_1g;
}

static u64 reserved_bits(const struct state *s, unsigned int level, u64 entry)
{
	int phys_bits = clamp_t(int, s->paging->phys_bits, 32, 40);
	bool leaf = maps_page(s, level, entry);
	u64 reserved;

	/* PSE-36: address bits 39:32 are in 20:13, as far as they exist. */
	if (s->mode == &mode_32bit)
		return leaf && level == 2 ? GENMASK_ULL(21, phys_bits - 19) : 0;

	reserved = GENMASK_ULL(51, s->paging->phys_bits);
	if (s->mode->pae)
		reserved |= GENMASK_ULL(62, 52);
	if (!(s->paging->efer & EFER_NX))
		reserved |= ENTRY_XD;
	if (leaf && level > 1)
		reserved |= GENMASK_ULL(shift_of(s->mode, level) - 1, 13);
	/* Bit 12 of an entry that maps a large page is its PAT. */
	if (!leaf && level > 2)
		reserved |= ENTRY_PS;
	return reserved;
}

/* The table that the walk begins with, or a PDPTE that is not present. */
static u64 root_of(const struct state *s, u64 gva)
{
	const struct vtx_paging *paging = s->paging;

	if (s->mode->pae)
		return paging->pdpte[gva >> 30 & 3];
	if (s->mode == &mode_32bit)
		return (lower_32_bits(paging->cr3) & ENTRY_ADDRESS) | ENTRY_P;
	return (paging->cr3 & ENTRY_ADDRESS) | ENTRY_P;
}

static int fault(const struct state *s, struct vtx_walk *walk, u32 error)
{
	const struct vtx_paging *paging = s->paging;

	if (s->access & VTX_WALK_WRITE)
		error |= ERROR_WR;
	if (s->access & VTX_WALK_USER)
		error |= ERROR_US;
	if ((s->access & VTX_WALK_FETCH) &&
	    ((paging->cr4 & X86_CR4_SMEP) ||
	     ((paging->cr4 & X86_CR4_PAE) && (paging->efer & EFER_NX))))
		error |= ERROR_ID;
	walk->error = error;
	return VTX_WALK_FAULT;
}

/* SDM 3A "Determination of Access Rights" */
static bool allowed(const struct state *s)
{
	const struct vtx_paging *paging = s->paging;
	bool user_page = s->all & ENTRY_US;

	/* Reserved without EFER.NXE, and not there in 32-bit paging. */
	if ((s->access & VTX_WALK_FETCH) && (s->any & ENTRY_XD))
		return false;

	if (s->access & VTX_WALK_USER)
		return user_page && (!(s->access & VTX_WALK_WRITE) ||
				     (s->all & ENTRY_RW));

	if (user_page && (s->access & VTX_WALK_FETCH))
		return !(paging->cr4 & X86_CR4_SMEP);
	if (user_page && (paging->cr4 & X86_CR4_SMAP) &&
	    !(s->access & VTX_WALK_AC))
		return false;
	return !(s->access & VTX_WALK_WRITE) || (s->all & ENTRY_RW) ||
	       !(paging->cr0 & X86_CR0_WP);
}

/* Down to the entry that maps the page. */
static int descend(struct state *s, u64 gva, struct vtx_walk *walk)
{
	unsigned int level = s->mode->levels;
	u64 entry = root_of(s, gva);
	struct step *step;
	int err;

	s->nr_steps = 0;
	s->all = ~0ULL;
	s->any = 0;
	if (!(entry & ENTRY_P))
		return fault(s, walk, 0);

	for (;; level--) {
		unsigned int shift = shift_of(s->mode, level);
		u64 index = gva >> shift & (BIT(s->mode->index_bits) - 1);

		step = &s->steps[s->nr_steps++];
		step->gpa = (entry & ENTRY_ADDRESS) +
			    index * s->mode->entry_bytes;
		err = s->ops->read(s->context, step->gpa, s->mode->entry_bytes,
				   &entry);
		if (err)
			return err;
		step->entry = entry;
		if (!(entry & ENTRY_P))
			return fault(s, walk, 0);
		if (entry & reserved_bits(s, level, entry))
			return fault(s, walk, ERROR_P | ERROR_RSVD);
		s->all &= entry;
		s->any |= entry;
		if (maps_page(s, level, entry)) {
			walk->page_shift = shift;
			return 0;
		}
	}
}

/* Return: 0, 1 if an entry has changed, or -errno. */
static int set_flags(struct state *s)
{
	unsigned int i;
	int ret;

	for (i = 0; i < s->nr_steps; i++) {
		const struct step *step = &s->steps[i];
		u64 flags = ENTRY_A;

		if (i == s->nr_steps - 1 && (s->access & VTX_WALK_WRITE))
			flags |= ENTRY_D;
		if ((step->entry & flags) == flags)
			continue;
		ret = s->ops->update(s->context, step->gpa,
				     s->mode->entry_bytes, step->entry,
				     step->entry | flags);
		if (ret)
			return ret;
	}
	return 0;
}

static u64 page_gpa(const struct state *s, u64 gva, u8 page_shift)
{
	u64 entry = s->steps[s->nr_steps - 1].entry;
	u64 offset = gva & (BIT_ULL(page_shift) - 1);
	u64 base = entry & GENMASK_ULL(51, page_shift);

	if (s->mode == &mode_32bit && page_shift > 12)
		base |= (entry & GENMASK_ULL(20, 13)) << 19;
	return base | offset;
}

/**
 * vtx_walk() - translate a linear address of a guest
 * @paging: the guest's paging
 * @ops: how to reach guest memory
 * @context: handed to @ops
 * @gva: the address.  It is taken for canonical; without IA-32e mode bits 63:32
 *	are not looked at.
 * @access: what is to be done there, a mask of enum vtx_walk_access
 * @walk: receives the result; undefined after an error
 *
 * Return: 0; VTX_WALK_FAULT, with @walk->error; -EAGAIN if the tables kept
 * changing; or what one of the @ops returned.
 */
int vtx_walk(const struct vtx_paging *paging, const struct vtx_walk_ops *ops,
	     void *context, u64 gva, unsigned int access, struct vtx_walk *walk)
{
	struct state s = {
		.paging		= paging,
		.ops		= ops,
		.context	= context,
		.mode		= mode_of(paging),
		.access		= access,
	};
	int attempt, ret;

	if (!(paging->efer & EFER_LMA))
		gva = lower_32_bits(gva);
	if (!(paging->cr0 & X86_CR0_PG)) {
		*walk = (struct vtx_walk){ gva, 12, true, true };
		return 0;
	}

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		ret = descend(&s, gva, walk);
		if (ret)
			return ret;
		if (!allowed(&s))
			return fault(&s, walk, ERROR_P);
		ret = ops->update ? set_flags(&s) : 0;
		if (ret < 0)
			return ret;
		if (ret)
			continue;
		walk->gpa = page_gpa(&s, gva, walk->page_shift);
		walk->writable = s.all & ENTRY_RW;
		walk->user = s.all & ENTRY_US;
		walk->error = 0;
		return 0;
	}
	return -EAGAIN;
}
