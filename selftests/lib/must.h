/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test cannot go on without.  The tests of the harness are processes:
 * one that fails here ends its process, which fails that test and no other.
 */
#ifndef SELFTESTS_LIB_MUST_H
#define SELFTESTS_LIB_MUST_H

#include <kselftest.h>

__noreturn __printf(1, 2) void must_fail(const char *format, ...);

/* The condition holds, or the test ends; errno is told too. */
#define MUST(condition)							\
	((condition) ? (void)0 :					\
	 must_fail("%s:%d: %s", __FILE__, __LINE__, #condition))

#endif /* SELFTESTS_LIB_MUST_H */
