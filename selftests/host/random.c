// SPDX-License-Identifier: GPL-2.0-only
/*
 * A repeatable random source: a counter, mixed (splitmix64). One state for the
 * whole program, so that the seed decides everything.
 */
#include "random.h"

static u64 state;

void random_seed(u64 seed)
{
	state = seed * 0x632be59bd9b4e019ull;
}

u64 random_u64(void)
{
	u64 z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0 <= result < @n */
unsigned int random_below(unsigned int n)
{
	return (random_u64() >> 32) % n;
}
