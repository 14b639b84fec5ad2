/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The format of EPT entries, and nothing that walks.
 *
 * SDM 3D "EPT Translation Mechanism".  Levels count from the leaves: 1 is a
 * page table (4-KByte pages), 2 a page directory (2 MBytes), 3 a
 * page-directory pointer table (1 GByte), 4 the root.
 *
 * A non-present entry is all zeroes.  It must stay so: a CPU with L1TF uses
 * the address bits of a non-present entry speculatively, and page 0 of the
 * host is the one that the kernel keeps free of secrets.
 */
#ifndef VTX_EPT_ENTRY_H
#define VTX_EPT_ENTRY_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#include <asm/page.h>

#define VTX_EPT_READ		BIT_ULL(0)
#define VTX_EPT_WRITE		BIT_ULL(1)
#define VTX_EPT_EXEC		BIT_ULL(2)
#define VTX_EPT_TYPE		GENMASK_ULL(5, 3)	/* leaves only */
#define VTX_EPT_IGNORE_PAT	BIT_ULL(6)		/* leaves only */
#define VTX_EPT_LARGE		BIT_ULL(7)		/* levels 2 and 3 */
#define VTX_EPT_ACCESSED	BIT_ULL(8)
#define VTX_EPT_DIRTY		BIT_ULL(9)		/* leaves only */
#define VTX_EPT_ADDRESS		GENMASK_ULL(51, 12)

#define VTX_EPT_RIGHTS		(VTX_EPT_READ | VTX_EPT_WRITE | VTX_EPT_EXEC)
#define VTX_EPT_TYPE_UC		(0ULL << 3)
#define VTX_EPT_TYPE_WB		(6ULL << 3)

/* SDM 3D "Extended-Page-Table Pointer (EPTP)" */
#define VTX_EPTP_TYPE_WB	6ULL
#define VTX_EPTP_WALK_4		(3ULL << 3)
#define VTX_EPTP_ACCESSED_DIRTY	BIT_ULL(6)

#define VTX_EPT_ENTRIES		512
#define VTX_EPT_LEVEL_BITS	9

/**
 * enum vtx_ept_level - how far an entry is from the leaves
 * @VTX_EPT_4K: entry of a page table
 * @VTX_EPT_2M: entry of a page directory
 * @VTX_EPT_1G: entry of a page-directory-pointer table
 * @VTX_EPT_ROOT: entry of the root
 */
enum vtx_ept_level {
	VTX_EPT_4K	= 1,
	VTX_EPT_2M	= 2,
	VTX_EPT_1G	= 3,
	VTX_EPT_ROOT	= 4,
};

/* What four levels can translate, whatever the CPU's physical addresses are. */
#define VTX_EPT_GFN_BITS	(VTX_EPT_ROOT * VTX_EPT_LEVEL_BITS)

static_assert(sizeof(u64) * VTX_EPT_ENTRIES == PAGE_SIZE);
static_assert(VTX_EPT_GFN_BITS + PAGE_SHIFT == 48);
static_assert(!(VTX_EPT_ADDRESS & (VTX_EPT_RIGHTS | VTX_EPT_TYPE |
				   VTX_EPT_IGNORE_PAT | VTX_EPT_LARGE |
				   VTX_EPT_ACCESSED | VTX_EPT_DIRTY)));
static_assert((VTX_EPT_TYPE_WB & ~VTX_EPT_TYPE) == 0);

/**
 * vtx_ept_pages() - the size of what one entry translates
 * @level: the level of the entry
 *
 * Return: 4-KByte pages.
 */
static inline u64 vtx_ept_pages(int level)
{
	return 1ULL << ((level - 1) * VTX_EPT_LEVEL_BITS);
}

/**
 * vtx_ept_index() - the entry's place in its table
 * @gfn: guest frame number
 * @level: level of the table
 *
 * Return: below VTX_EPT_ENTRIES whatever @gfn is.
 */
static inline unsigned int vtx_ept_index(u64 gfn, int level)
{
	return (gfn >> ((level - 1) * VTX_EPT_LEVEL_BITS)) &
	       (VTX_EPT_ENTRIES - 1);
}

/**
 * vtx_ept_present() - does an entry lead anywhere?
 * @entry: the entry
 *
 * Return: true if it does.
 */
static inline bool vtx_ept_present(u64 entry)
{
	return entry & VTX_EPT_RIGHTS;
}

/**
 * vtx_ept_leaf() - does an entry map a page?
 * @entry: the entry
 * @level: its level
 *
 * Return: true if it does.
 */
static inline bool vtx_ept_leaf(u64 entry, int level)
{
	return vtx_ept_present(entry) &&
	       (level == VTX_EPT_4K || (entry & VTX_EPT_LARGE));
}

/**
 * vtx_ept_table() - does an entry lead to a table?
 * @entry: the entry
 * @level: its level
 *
 * Return: true if it does.
 */
static inline bool vtx_ept_table(u64 entry, int level)
{
	return vtx_ept_present(entry) && !vtx_ept_leaf(entry, level);
}

/**
 * vtx_ept_pfn() - what a leaf maps
 * @entry: a leaf
 *
 * Return: the first host frame.
 */
static inline u64 vtx_ept_pfn(u64 entry)
{
	return (entry & VTX_EPT_ADDRESS) >> PAGE_SHIFT;
}

/**
 * vtx_ept_table_of() - follow an entry
 * @entry: an entry that vtx_ept_table() is true of
 *
 * Return: the table that it leads to.
 */
static inline u64 *vtx_ept_table_of(u64 entry)
{
	return __va(entry & VTX_EPT_ADDRESS);
}

/**
 * vtx_ept_table_entry() - make an entry that leads to a table
 * @table: the table
 *
 * Return: the entry.  Rights are the leaves' business, so it grants all.
 */
static inline u64 vtx_ept_table_entry(const u64 *table)
{
	return __pa(table) | VTX_EPT_RIGHTS;
}

#endif /* VTX_EPT_ENTRY_H */
