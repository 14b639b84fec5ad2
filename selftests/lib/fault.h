/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's fault injection: allocations and functions that fail on demand.
 */
#ifndef SELFTESTS_LIB_FAULT_H
#define SELFTESTS_LIB_FAULT_H

#include <stdbool.h>

bool fault_alloc_available(void);
int fault_alloc_open(void);
int fault_alloc_nth(int fd, unsigned int n);
int fault_alloc_left(int fd);

bool fault_function_available(void);
int fault_function(const char *name, int err, int times);
int fault_function_end(void);

#endif /* SELFTESTS_LIB_FAULT_H */
