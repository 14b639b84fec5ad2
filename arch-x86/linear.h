/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's memory by linear address.
 */
#ifndef VTX_ARCH_X86_LINEAR_H
#define VTX_ARCH_X86_LINEAR_H

#include <linux/types.h>

#include "arch-x86/guest_walk.h"

struct vtx_mem;
struct vtx_vcpu;

/**
 * struct vtx_walk_log - the entries that a walk has read
 * @nr: how many; with more than VTX_WALK_LEVELS it has begun anew, and what is
 *	here is of no use
 * @entry_bytes: size of each
 * @step: where they are and what they held
 */
struct vtx_walk_log {
	unsigned int	nr;
	unsigned int	entry_bytes;
	struct {
		u64	gpa;
		u64	entry;
	} step[VTX_WALK_LEVELS];
};

/**
 * struct vtx_linear - how to get from a vCPU's linear addresses to memory
 * @mem: the VM's memory
 * @paging: how addresses are translated
 * @may_sleep: memory may be waited for, and page-table entries changed
 * @log: NULL, or what walks are to be noted in
 */
struct vtx_linear {
	struct vtx_mem		*mem;
	struct vtx_paging	paging;
	bool			may_sleep;
	struct vtx_walk_log	*log;
};

/**
 * struct vtx_page_fault - what #PF tells a guest
 * @gva: the linear address, for CR2
 * @error: the error code
 */
struct vtx_page_fault {
	u64	gva;
	u32	error;
};

void vtx_linear_init(struct vtx_linear *linear, const struct vtx_vcpu *vcpu);
void vtx_linear_load(struct vtx_linear *linear, const struct vtx_vcpu *vcpu);
int vtx_linear_translate(struct vtx_linear *linear, u64 gva,
			 unsigned int access, u64 *gpa,
			 struct vtx_page_fault *fault);
int vtx_linear_read_gpa(const struct vtx_linear *linear, u64 gpa, void *buf,
			size_t len);
int vtx_linear_read(struct vtx_linear *linear, u64 gva, void *buf, size_t len,
		    struct vtx_page_fault *fault);
int vtx_linear_write(struct vtx_linear *linear, u64 gva, const void *buf,
		     size_t len, struct vtx_page_fault *fault);
int vtx_linear_probe(struct vtx_linear *linear, u64 gva, size_t len,
		     unsigned int access, struct vtx_page_fault *fault);

#endif /* VTX_ARCH_X86_LINEAR_H */
