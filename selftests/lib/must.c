// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/must.h"

/**
 * must_fail() - say what is wrong and end this test
 * @format: as for printf(), without a line feed
 */
void must_fail(const char *format, ...)
{
	int err = errno;
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(" (errno %d: %s)\n", err, strerror(err));
	exit(EXIT_FAILURE);
}
