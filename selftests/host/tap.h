/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP output for host tests: one line per fact, the plan at the end. */
#ifndef HOST_TAP_H
#define HOST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int tap_count, tap_failed;

static inline void tap(bool ok, const char *format, ...)
{
	va_list ap;

	tap_failed += !ok;
	printf("%s %u - ", ok ? "ok" : "not ok", ++tap_count);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static inline void tap_skip(const char *what, const char *why)
{
	printf("ok %u - %s # SKIP %s\n", ++tap_count, what, why);
}

static inline int tap_end(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed != 0;
}

#endif
