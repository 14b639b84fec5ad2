/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a halted vCPU looks for what ends its halt before it sleeps.
 */
#ifndef VTX_VMEXIT_HALT_POLL_H
#define VTX_VMEXIT_HALT_POLL_H

#include <linux/types.h>

/**
 * struct vtx_halt_poll_rule - how that follows from how long halts are
 * @max: nanoseconds at most; 0: it never looks
 * @grow: by what to multiply it; 0: it does not grow
 * @grow_start: nanoseconds that it begins with
 * @shrink: by what to divide it; 0: it goes to 0 at once
 */
struct vtx_halt_poll_rule {
	u32	max;
	u32	grow;
	u32	grow_start;
	u32	shrink;
};

void vtx_halt_poll_rule(struct vtx_halt_poll_rule *rule, u32 vm_max);
u32 vtx_halt_poll_next(const struct vtx_halt_poll_rule *rule, u32 ns,
		       u64 halted_ns);

#endif /* VTX_VMEXIT_HALT_POLL_H */
