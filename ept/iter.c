// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks the entries of a range, an entry that leads to a table before the
 * entries of that table.
 *
 * The caller may change the entry it was given.  The walk looks at it again
 * before it moves on, so that it does not follow an entry just zapped and does
 * follow one just split.  Who calls has to see to it that no table is freed
 * meanwhile.  Nothing here writes, allocates or locks.
 */
#include "module/compat.h"

#include <linux/compiler.h>

#include "ept/iter.h"

static void look(struct vtx_ept_iter *iter, u64 gfn, int level)
{
	iter->level = level;
	iter->gfn = gfn & ~(vtx_ept_pages(level) - 1);
	iter->entry = &iter->table[level][vtx_ept_index(gfn, level)];
	iter->value = READ_ONCE(*iter->entry);
}

/**
 * vtx_ept_iter_first() - start a walk
 * @iter: receives the walk
 * @root: the root table
 * @start: first frame of the range
 * @end: the frame after the last; what lies beyond the root's reach is left out
 *
 * Return: true if the walk is at an entry, false if the range is empty.
 */
bool vtx_ept_iter_first(struct vtx_ept_iter *iter, u64 *root, u64 start,
			u64 end)
{
	if (end > 1ULL << VTX_EPT_GFN_BITS)
		end = 1ULL << VTX_EPT_GFN_BITS;
	iter->start = start;
	iter->end = end;
	iter->table[VTX_EPT_ROOT] = root;
	if (start >= end)
		return false;
	look(iter, start, VTX_EPT_ROOT);
	return true;
}

/**
 * vtx_ept_iter_next() - go on to the next entry
 * @iter: a walk that is at an entry
 *
 * Return: true if the walk is at an entry, false if the range is through.
 */
bool vtx_ept_iter_next(struct vtx_ept_iter *iter)
{
	u64 value = READ_ONCE(*iter->entry);
	int level = iter->level;
	u64 gfn;

	if (vtx_ept_table(value, level)) {
		gfn = iter->gfn > iter->start ? iter->gfn : iter->start;
		iter->table[level - 1] = vtx_ept_table_of(value);
		look(iter, gfn, level - 1);
		return true;
	}

	gfn = iter->gfn + vtx_ept_pages(level);
	if (gfn >= iter->end)
		return false;
	while (level < VTX_EPT_ROOT && !vtx_ept_index(gfn, level))
		level++;
	look(iter, gfn, level);
	return true;
}
