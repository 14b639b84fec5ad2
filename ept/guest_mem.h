/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory as the host reads and writes it.
 */
#ifndef VTX_EPT_GUEST_MEM_H
#define VTX_EPT_GUEST_MEM_H

#include <linux/types.h>

#include "ept/mem.h"

int vtx_mem_read(struct vtx_mem *mem, u64 gpa, void *buf, size_t len);
int vtx_mem_read_fast(struct vtx_mem *mem, u64 gpa, void *buf, size_t len);
int vtx_mem_write(struct vtx_mem *mem, u64 gpa, const void *buf, size_t len);
int vtx_mem_write_fast(struct vtx_mem *mem, u64 gpa, const void *buf,
		       size_t len);
int vtx_mem_store32(struct vtx_mem *mem, u64 gpa, u32 value);
int vtx_mem_cmpxchg(struct vtx_mem *mem, u64 gpa, u64 *old, u64 new,
		    unsigned int size);
bool vtx_mem_hold(struct vtx_mem *mem);
void vtx_mem_release(struct vtx_mem *mem);
int vtx_mem_hva(struct vtx_mem *mem, u64 gpa, bool write, unsigned long *hva);

#endif /* VTX_EPT_GUEST_MEM_H */
