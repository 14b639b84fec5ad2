// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nanoseconds per tick as a fraction and a shift.  Pure.
 *
 * The fraction has its highest bit set, so that it is exact to 2^-32: 20
 * microseconds a day.
 */
#include "module/compat.h"

#include <linux/math64.h>
#include <linux/time64.h>

#include "arch-x86/clock_rate.h"

/**
 * vtx_clock_rate_init() - find the rate for a frequency
 * @rate: to be filled in
 * @hz: ticks per second; 0 for a clock that stands still
 */
void vtx_clock_rate_init(struct vtx_clock_rate *rate, u64 hz)
{
	u64 ns = NSEC_PER_SEC;

	*rate = (struct vtx_clock_rate){ };
	if (!hz)
		return;
	/* Until 0.5 <= ns / hz < 1. */
	for (; hz <= ns; rate->shift++)
		hz <<= 1;
	for (; hz > 2 * ns; rate->shift--)
		ns <<= 1;
	rate->mul = mul_u64_u64_div_u64(ns, 1ULL << 32, hz);
}

/**
 * vtx_clock_rate_ns() - how long ticks take
 * @rate: the rate
 * @ticks: how many
 *
 * Return: nanoseconds, rounded as a guest does.
 */
u64 vtx_clock_rate_ns(const struct vtx_clock_rate *rate, u64 ticks)
{
	if (rate->shift < 0)
		ticks >>= -rate->shift;
	else
		ticks <<= rate->shift;
	return mul_u64_u32_shr(ticks, rate->mul, 32);
}
