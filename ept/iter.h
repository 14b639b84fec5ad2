/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk over the entries that translate a range of guest frames.
 */
#ifndef VTX_EPT_ITER_H
#define VTX_EPT_ITER_H

#include <linux/types.h>

#include "ept/entry.h"

/**
 * struct vtx_ept_iter - a walk, and where it is
 * @entry: the entry the walk is at
 * @value: what @entry held when the walk came to it
 * @gfn: the first frame that @entry translates; before the range, possibly,
 *	if the entry is larger than a page
 * @level: level of @entry
 * @start: first frame of the range
 * @end: the frame after the last
 * @table: the tables on the way from the root, by level
 */
struct vtx_ept_iter {
	u64	*entry;
	u64	value;
	u64	gfn;
	int	level;
	u64	start;
	u64	end;
	u64	*table[VTX_EPT_ROOT + 1];
};

/**
 * vtx_ept_iter_covers() - does the range cover the whole entry?
 * @iter: a walk that is at an entry
 *
 * Return: true if it does.
 */
static inline bool vtx_ept_iter_covers(const struct vtx_ept_iter *iter)
{
	return iter->start <= iter->gfn &&
	       iter->gfn + vtx_ept_pages(iter->level) <= iter->end;
}

bool vtx_ept_iter_first(struct vtx_ept_iter *iter, u64 *root, u64 start,
			u64 end);
bool vtx_ept_iter_next(struct vtx_ept_iter *iter);

#define vtx_ept_for_each(iter, root, start, end)			\
	for (bool more_ = vtx_ept_iter_first(iter, root, start, end);	\
	     more_; more_ = vtx_ept_iter_next(iter))

#endif /* VTX_EPT_ITER_H */
