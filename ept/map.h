/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing EPT entries.
 */
#ifndef VTX_EPT_MAP_H
#define VTX_EPT_MAP_H

#include <linux/list.h>
#include <linux/types.h>

#include "ept/mem.h"

/**
 * struct vtx_ept_leaf - a mapping to be made
 * @gfn: the guest frame
 * @pfn: the host frame
 * @level: how large a leaf may be made of it, enum vtx_ept_level
 * @access: rights that it must grant, VTX_EPT_READ and so on
 * @writable: it may be written
 * @uncached: it is a device's memory
 */
struct vtx_ept_leaf {
	u64	gfn;
	u64	pfn;
	int	level;
	u64	access;
	bool	writable;
	bool	uncached;
};

/**
 * enum vtx_ept_result - what came of making a mapping
 * @VTX_EPT_MAPPED: the guest can make its access
 * @VTX_EPT_NEED_TABLE: a table is needed and none was brought along
 * @VTX_EPT_CONFLICT: what is mapped there must be zapped first
 */
enum vtx_ept_result {
	VTX_EPT_MAPPED,
	VTX_EPT_NEED_TABLE,
	VTX_EPT_CONFLICT,
};

/**
 * struct vtx_ept_zap - what was taken away under map_lock
 * @tables: tables no longer reachable, which CPUs may still hold in caches
 * @flush: translations were taken away or narrowed
 */
struct vtx_ept_zap {
	struct list_head	tables;
	bool			flush;
};

u64 *vtx_ept_alloc_table(void);
void vtx_ept_free_table(u64 *table);
bool vtx_ept_allows(struct vtx_mem *mem, u64 gfn, u64 access);
enum vtx_ept_result vtx_ept_map(struct vtx_mem *mem,
				const struct vtx_ept_leaf *leaf, u64 **spare);
void vtx_ept_zap_begin(struct vtx_mem *mem, struct vtx_ept_zap *zap);
void vtx_ept_zap_range(struct vtx_mem *mem, u64 start, u64 end,
		       struct vtx_ept_zap *zap);
void vtx_ept_zap_table(struct vtx_mem *mem, u64 gfn, int level,
		       struct vtx_ept_zap *zap);
void vtx_ept_protect(struct vtx_mem *mem, u64 gfn, unsigned long frames,
		     struct vtx_ept_zap *zap);
void vtx_ept_protect_range(struct vtx_mem *mem, u64 start, u64 end,
			   struct vtx_ept_zap *zap);
enum vtx_ept_result vtx_ept_split(struct vtx_mem *mem, u64 gfn, u64 **spare,
				  struct vtx_ept_zap *zap);
void vtx_ept_zap_end(struct vtx_mem *mem, struct vtx_ept_zap *zap,
		     bool may_sleep);
bool vtx_ept_age(struct vtx_mem *mem, u64 start, u64 end, bool clear);
void vtx_ept_free_all(struct vtx_mem *mem);

#endif /* VTX_EPT_MAP_H */
