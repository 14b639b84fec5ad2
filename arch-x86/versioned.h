/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records in guest memory that have a version.
 */
#ifndef VTX_ARCH_X86_VERSIONED_H
#define VTX_ARCH_X86_VERSIONED_H

#include <linux/types.h>

struct vtx_mem;

int vtx_write_versioned(struct vtx_mem *mem, u64 gpa, void *record, size_t size,
			size_t version_at);

#endif /* VTX_ARCH_X86_VERSIONED_H */
