/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From ticks of a TSC to nanoseconds, the way a guest does it with what struct
 * pvclock_vcpu_time_info tells it.
 */
#ifndef VTX_ARCH_X86_CLOCK_RATE_H
#define VTX_ARCH_X86_CLOCK_RATE_H

#include <linux/types.h>

/**
 * struct vtx_clock_rate - nanoseconds per tick
 * @mul: a fraction, 32 bits behind the binary point; from 0.5 to 1
 * @shift: ticks are first shifted left by that many bits, or right by minus that
 */
struct vtx_clock_rate {
	u32	mul;
	s8	shift;
};

void vtx_clock_rate_init(struct vtx_clock_rate *rate, u64 hz);
u64 vtx_clock_rate_ns(const struct vtx_clock_rate *rate, u64 ticks);

#endif /* VTX_ARCH_X86_CLOCK_RATE_H */
