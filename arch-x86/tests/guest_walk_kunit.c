// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page walk of a guest: every paging mode, every right, every fault.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../guest_walk.c"

#define P	ENTRY_P
#define RW	ENTRY_RW
#define US	ENTRY_US
#define A	ENTRY_A
#define D	ENTRY_D
#define PS	ENTRY_PS
#define XD	ENTRY_XD
#define ALL	(P | RW | US | A | D)

#define W	VTX_WALK_WRITE
#define U	VTX_WALK_USER
#define X	VTX_WALK_FETCH
#define AC	VTX_WALK_AC

#define TABLES		5
#define TABLE(n)	(0x1000ULL * ((n) + 1))
#define PAGE_GPA	0x123456000ULL

/* Every level has an index of its own. */
#define GVA		0x00a512345678cabcULL

/* One table for each step of a walk, each with one entry. */
struct tables {
	u64		entry[TABLES];
	u64		offset[TABLES];	/* at which it was read */
	unsigned int	bytes;
	unsigned int	updates;
	unsigned int	races;	/* so many updates find another entry */
	int		error;	/* of each read */
};

static int read_entry(void *context, u64 gpa, unsigned int bytes, u64 *entry)
{
	struct tables *tables = context;
	u64 n = (gpa >> 12) - 1;

	if (tables->error)
		return tables->error;
	if (n >= TABLES)
		return -EFAULT;
	tables->bytes = bytes;
	tables->offset[n] = gpa & 0xfff;
	*entry = tables->entry[n];
	return 0;
}

static int update_entry(void *context, u64 gpa, unsigned int bytes, u64 old,
			u64 new)
{
	struct tables *tables = context;
	u64 n = (gpa >> 12) - 1;

	tables->updates++;
	if (tables->races) {
		tables->races--;
		return 1;
	}
	if (n >= TABLES || bytes != tables->bytes || tables->entry[n] != old)
		return -EIO;
	tables->entry[n] = new;
	return 0;
}

static const struct vtx_walk_ops looking = { .read = read_entry };
static const struct vtx_walk_ops marking = {
	.read = read_entry, .update = update_entry,
};

enum paging { NONE, BITS32, PAE, LEVEL4, LEVEL5, MODES };

static const unsigned int steps_of[] = { 0, 2, 2, 4, 5 };

static void set_up(enum paging mode, struct vtx_paging *paging,
		   struct tables *tables)
{
	unsigned int i, steps = steps_of[mode];

	*paging = (struct vtx_paging){
		.cr0 = X86_CR0_PE | X86_CR0_WP | (mode ? X86_CR0_PG : 0),
		.cr3 = TABLE(0),
		.cr4 = mode >= PAE ? X86_CR4_PAE : X86_CR4_PSE,
		.efer = EFER_NX | (mode >= LEVEL4 ? EFER_LMA : 0),
		.phys_bits = 39,
		.page_1g = true,
	};
	if (mode == LEVEL5)
		paging->cr4 |= X86_CR4_LA57;
	for (i = 0; i < 4; i++)
		paging->pdpte[i] = i == (GVA >> 30 & 3) ? TABLE(0) | P : 0;

	memset(tables, 0, sizeof(*tables));
	for (i = 0; i + 1 < steps; i++)
		tables->entry[i] = TABLE(i + 1) | ALL;
	if (steps)
		tables->entry[i] = ALL | (mode == BITS32 ?
					  lower_32_bits(PAGE_GPA) : PAGE_GPA);
}

/* Where each mode reads its entries, and where it arrives. */
static void modes(struct kunit *test)
{
	static const struct {
		u64	gpa;
		u64	offset[TABLES];
	} want[] = {
		[NONE]	 = { 0x5678cabc, { } },
		[BITS32] = { 0x23456abc, { 0x564, 0xe30 } },
		[PAE]	 = { PAGE_GPA | 0xabc, { 0x598, 0xc60 } },
		[LEVEL4] = { PAGE_GPA | 0xabc, { 0x120, 0x688, 0x598, 0xc60 } },
		[LEVEL5] = { PAGE_GPA | 0xabc,
			     { 0x528, 0x120, 0x688, 0x598, 0xc60 } },
	};
	struct vtx_paging paging;
	struct tables tables;
	struct vtx_walk walk;
	enum paging mode;
	int i;

	for (mode = NONE; mode < MODES; mode++) {
		set_up(mode, &paging, &tables);
		KUNIT_EXPECT_EQ_MSG(test, vtx_walk(&paging, &marking, &tables,
						   GVA, W | U, &walk), 0,
				    "mode %d", mode);
		KUNIT_EXPECT_EQ_MSG(test, walk.gpa, want[mode].gpa, "mode %d",
				    mode);
		KUNIT_EXPECT_EQ(test, walk.page_shift, 12);
		KUNIT_EXPECT_TRUE(test, walk.writable);
		KUNIT_EXPECT_TRUE(test, walk.user);
		KUNIT_EXPECT_EQ(test, tables.updates, 0);
		for (i = 0; i < TABLES; i++)
			KUNIT_EXPECT_EQ_MSG(test, tables.offset[i],
					    want[mode].offset[i],
					    "mode %d, step %d", mode, i);
	}
}

static void large_pages(struct kunit *test)
{
	static const struct {
		enum paging	mode;
		unsigned int	step;
		u64		entry;
		u64		page_gpa;
		u8		shift;
	} rows[] = {
		{ BITS32, 0, 0x40000000 | PS | ALL, 0x40000000, 22 },
		/* PSE-36: bits 39:32 are in 20:13. */
		{ BITS32, 0, 0x40000000 | PS | ALL | 0x5a << 13, 0x5a40000000,
		  22 },
		{ PAE, 0, 0x540000000 | PS | ALL | BIT(12), 0x540000000, 21 },
		{ LEVEL4, 2, 0x540000000 | PS | ALL | BIT(12), 0x540000000,
		  21 },
		{ LEVEL4, 1, 0x540000000 | PS | ALL | BIT(12), 0x540000000,
		  30 },
		{ LEVEL5, 3, 0x540000000 | PS | ALL, 0x540000000, 21 },
		{ LEVEL5, 2, 0x540000000 | PS | ALL, 0x540000000, 30 },
	};
	struct vtx_paging paging;
	struct tables tables;
	struct vtx_walk walk;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		set_up(rows[i].mode, &paging, &tables);
		tables.entry[rows[i].step] = rows[i].entry;
		KUNIT_EXPECT_EQ_MSG(test, vtx_walk(&paging, &marking, &tables,
						   GVA, W, &walk), 0,
				    "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, walk.page_shift, rows[i].shift,
				    "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, walk.gpa,
				    rows[i].page_gpa |
				    (GVA & (BIT_ULL(rows[i].shift) - 1)),
				    "case %d", i);
	}
}

struct fault_row {
	enum paging	mode;
	unsigned int	step;
	u64		set, clear;	/* bits of that step's entry */
	u64		cr0_clear, cr4_set, efer_clear;
	unsigned int	access;
	int		error;		/* of the page fault, or none: -1 */
};

#define SMEP	X86_CR4_SMEP
#define SMAP	X86_CR4_SMAP
#define WP	X86_CR0_WP
#define NX	EFER_NX
#define LOW	GENMASK(20, 12)

static const struct fault_row fault_rows[] = {
	/* Not present, at any level. */
	{ BITS32, 0, .clear = P, .access = 0, .error = 0 },
	{ BITS32, 1, .clear = P, .access = W | U, .error = 6 },
	{ PAE, 0, .clear = P, .access = X, .error = 0x10 },
	{ PAE, 1, .clear = P, .access = X | U, .efer_clear = NX, .error = 4 },
	{ PAE, 1, .clear = P, .access = X, .efer_clear = NX, .cr4_set = SMEP,
	  .error = 0x10 },
	{ BITS32, 1, .clear = P, .access = X, .error = 0 },
	{ BITS32, 1, .clear = P, .access = X, .cr4_set = SMEP, .error = 0x10 },
	{ LEVEL4, 0, .clear = P, .access = 0, .error = 0 },
	{ LEVEL4, 3, .clear = P, .access = W, .error = 2 },
	{ LEVEL5, 0, .clear = P, .access = U, .error = 4 },
	/* Nothing else is looked at then. */
	{ LEVEL4, 1, .set = BIT_ULL(51) | PS | XD, .clear = P, .error = 0 },
	/* Writes. */
	{ BITS32, 0, .clear = RW, .access = W, .error = 3 },
	{ BITS32, 1, .clear = RW, .access = W | U, .error = 7 },
	{ BITS32, 1, .clear = RW, .access = W, .cr0_clear = WP, .error = -1 },
	{ BITS32, 1, .clear = RW, .access = W | U, .cr0_clear = WP,
	  .error = 7 },
	{ PAE, 0, .clear = RW, .access = W, .error = 3 },
	{ LEVEL4, 2, .clear = RW, .access = W, .error = 3 },
	{ LEVEL4, 2, .clear = RW, .access = U, .error = -1 },
	{ LEVEL4, 2, .clear = RW, .access = X, .error = -1 },
	/* User space and the supervisor's pages. */
	{ BITS32, 0, .clear = US, .access = U, .error = 5 },
	{ PAE, 1, .clear = US, .access = U | W, .error = 7 },
	{ LEVEL4, 0, .clear = US, .access = U | X, .error = 0x15 },
	{ LEVEL5, 4, .clear = US, .access = U, .error = 5 },
	{ LEVEL4, 0, .clear = US, .access = W, .error = -1 },
	/* The supervisor and user pages. */
	{ LEVEL4, 0, .access = X, .error = -1 },
	{ LEVEL4, 0, .cr4_set = SMEP, .access = X, .error = 0x11 },
	{ LEVEL4, 0, .cr4_set = SMEP, .access = W, .error = -1 },
	{ LEVEL4, 0, .cr4_set = SMEP, .access = U | X, .error = -1 },
	{ LEVEL4, 3, .clear = US, .cr4_set = SMEP, .access = X, .error = -1 },
	{ LEVEL4, 0, .cr4_set = SMAP, .access = 0, .error = 1 },
	{ LEVEL4, 0, .cr4_set = SMAP, .access = W, .error = 3 },
	{ LEVEL4, 0, .cr4_set = SMAP, .access = W | AC, .error = -1 },
	{ LEVEL4, 0, .cr4_set = SMAP, .access = X, .error = -1 },
	{ LEVEL4, 0, .cr4_set = SMAP, .access = W | U, .error = -1 },
	{ LEVEL4, 2, .clear = US, .cr4_set = SMAP, .access = W, .error = -1 },
	{ LEVEL4, 3, .clear = RW, .cr4_set = SMAP, .access = W | AC,
	  .error = 3 },
	{ LEVEL4, 3, .clear = RW, .cr4_set = SMAP, .access = W,
	  .cr0_clear = WP, .error = 3 },
	/* Execution. */
	{ LEVEL4, 3, .set = XD, .access = X, .error = 0x11 },
	{ LEVEL5, 0, .set = XD, .access = X | U, .error = 0x15 },
	{ LEVEL4, 1, .set = XD, .access = W | U, .error = -1 },
	{ PAE, 0, .set = XD, .access = X, .error = 0x11 },
	/* Reserved bits. */
	{ LEVEL4, 3, .set = XD, .efer_clear = NX, .access = 0, .error = 9 },
	{ PAE, 1, .set = XD, .efer_clear = NX, .access = W, .error = 0xb },
	{ LEVEL4, 0, .set = PS, .access = U, .error = 0xd },
	{ LEVEL5, 0, .set = PS, .access = X, .error = 0x19 },
	{ LEVEL5, 1, .set = PS, .access = 0, .error = 9 },
	{ LEVEL4, 2, .set = BIT_ULL(39), .access = 0, .error = 9 },
	{ LEVEL4, 2, .set = BIT_ULL(51), .access = 0, .error = 9 },
	{ LEVEL4, 2, .set = BIT_ULL(52), .access = 0, .error = -1 },
	{ LEVEL4, 2, .set = BIT_ULL(62), .access = 0, .error = -1 },
	{ PAE, 0, .set = BIT_ULL(39), .access = 0, .error = 9 },
	{ PAE, 0, .set = BIT_ULL(52), .access = 0, .error = 9 },
	{ PAE, 1, .set = BIT_ULL(62), .access = 0, .error = 9 },
	{ PAE, 0, .set = PS, .clear = LOW, .error = -1 },
	{ PAE, 0, .set = PS | BIT(13), .clear = LOW, .error = 9 },
	{ LEVEL4, 2, .set = PS | BIT(12), .clear = LOW, .error = -1 },
	{ LEVEL4, 2, .set = PS | BIT(20), .clear = LOW, .error = 9 },
	{ LEVEL4, 1, .set = PS | BIT(30), .clear = LOW, .error = -1 },
	{ LEVEL4, 1, .set = PS | BIT(21), .clear = LOW, .error = 9 },
	{ LEVEL4, 1, .set = PS | BIT(29), .clear = LOW, .error = 9 },
	/* With 39 bits, bit 20 of a 4-MByte page's entry would be bit 39. */
	{ BITS32, 0, .set = PS | BIT(20), .error = 9 },
	{ BITS32, 0, .set = PS | BIT(21), .error = 9 },
	{ BITS32, 0, .set = PS | BIT(19), .error = -1 },
};

static void faults(struct kunit *test)
{
	struct vtx_paging paging;
	struct tables tables;
	struct vtx_walk walk;
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(fault_rows); i++) {
		const struct fault_row *row = &fault_rows[i];

		set_up(row->mode, &paging, &tables);
		paging.cr0 &= ~row->cr0_clear;
		paging.cr4 |= row->cr4_set;
		paging.efer &= ~row->efer_clear;
		tables.entry[row->step] &= ~row->clear;
		tables.entry[row->step] |= row->set;

		ret = vtx_walk(&paging, &marking, &tables, GVA, row->access,
			       &walk);
		if (row->error < 0) {
			KUNIT_EXPECT_EQ_MSG(test, ret, 0, "case %d", i);
			continue;
		}
		KUNIT_EXPECT_EQ_MSG(test, ret, VTX_WALK_FAULT, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, walk.error, row->error, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, tables.updates, 0, "case %d", i);
	}
}

/* What depends on what the CPU has. */
static void features(struct kunit *test)
{
	struct vtx_paging paging;
	struct tables tables;
	struct vtx_walk walk;

	set_up(LEVEL4, &paging, &tables);
	paging.page_1g = false;
	tables.entry[1] = PS | ALL;
	KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &looking, &tables, GVA, 0,
				       &walk), VTX_WALK_FAULT);
	KUNIT_EXPECT_EQ(test, walk.error, 9);

	/* Without PSE the bit means nothing. */
	set_up(BITS32, &paging, &tables);
	paging.cr4 = 0;
	tables.entry[0] |= PS;
	KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &looking, &tables, GVA, 0,
				       &walk), 0);
	KUNIT_EXPECT_EQ(test, walk.page_shift, 12);

	/* All the 52 bits that there can be. */
	set_up(LEVEL4, &paging, &tables);
	paging.phys_bits = 52;
	tables.entry[3] |= BIT_ULL(51);
	KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &looking, &tables, GVA, 0,
				       &walk), 0);
	KUNIT_EXPECT_EQ(test, walk.gpa, BIT_ULL(51) | PAGE_GPA | 0xabc);

	set_up(PAE, &paging, &tables);
	paging.pdpte[GVA >> 30 & 3] &= ~P;
	KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &looking, &tables, GVA, U,
				       &walk), VTX_WALK_FAULT);
	KUNIT_EXPECT_EQ(test, walk.error, 4);

	/* Rights are told, also if they are not asked for. */
	set_up(LEVEL4, &paging, &tables);
	tables.entry[0] &= ~RW;
	tables.entry[3] &= ~US;
	KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &looking, &tables, GVA, 0,
				       &walk), 0);
	KUNIT_EXPECT_FALSE(test, walk.writable);
	KUNIT_EXPECT_FALSE(test, walk.user);
}

static void accessed_and_dirty(struct kunit *test)
{
	struct vtx_paging paging;
	struct tables tables;
	struct vtx_walk walk;
	enum paging mode;
	int i;

	for (mode = BITS32; mode < MODES; mode++) {
		int last = steps_of[mode] - 1;

		set_up(mode, &paging, &tables);
		for (i = 0; i <= last; i++)
			tables.entry[i] &= ~(A | D);
		KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &looking, &tables, GVA,
					       W, &walk), 0);
		KUNIT_EXPECT_EQ(test, tables.updates, 0);

		KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &marking, &tables, GVA,
					       0, &walk), 0);
		for (i = 0; i <= last; i++)
			KUNIT_EXPECT_EQ_MSG(test, tables.entry[i] & (A | D), A,
					    "mode %d, step %d", mode, i);
		KUNIT_EXPECT_EQ(test, tables.updates, last + 1);

		/* A write makes the last entry dirty, and no other. */
		KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &marking, &tables, GVA,
					       W, &walk), 0);
		for (i = 0; i <= last; i++)
			KUNIT_EXPECT_EQ_MSG(test, tables.entry[i] & (A | D),
					    i == last ? A | D : A,
					    "mode %d, step %d", mode, i);
		KUNIT_EXPECT_EQ(test, tables.updates, last + 2);
	}
}

static void errors(struct kunit *test)
{
	struct vtx_paging paging;
	struct tables tables;
	struct vtx_walk walk;

	set_up(LEVEL4, &paging, &tables);
	tables.error = -EAGAIN;
	KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &marking, &tables, GVA, 0,
				       &walk), -EAGAIN);

	/* A table where there is no memory. */
	set_up(LEVEL4, &paging, &tables);
	tables.entry[2] = BIT_ULL(38) | ALL;
	KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &marking, &tables, GVA, 0,
				       &walk), -EFAULT);

	set_up(LEVEL4, &paging, &tables);
	tables.entry[3] &= ~A;
	tables.races = ATTEMPTS - 1;
	KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &marking, &tables, GVA, 0,
				       &walk), 0);
	tables.entry[3] &= ~A;
	tables.races = ATTEMPTS;
	KUNIT_EXPECT_EQ(test, vtx_walk(&paging, &marking, &tables, GVA, 0,
				       &walk), -EAGAIN);
}

static struct kunit_case guest_walk_cases[] = {
	KUNIT_CASE(modes),
	KUNIT_CASE(large_pages),
	KUNIT_CASE(faults),
	KUNIT_CASE(features),
	KUNIT_CASE(accessed_and_dirty),
	KUNIT_CASE(errors),
	{ }
};

static struct kunit_suite guest_walk_suite = {
	.name		= "vtx_guest_walk",
	.test_cases	= guest_walk_cases,
};

kunit_test_suite(guest_walk_suite);
