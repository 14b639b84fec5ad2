/* SPDX-License-Identifier: GPL-2.0-only */
/* A repeatable random source, seeded by the test's argument; see random.c. */
#ifndef HOST_RANDOM_H
#define HOST_RANDOM_H

#include <linux/types.h>

void random_seed(u64 seed);
u64 random_u64(void);
unsigned int random_below(unsigned int n);

#endif
