/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel says in its log while a test runs.
 */
#ifndef SELFTESTS_LIB_KMSG_H
#define SELFTESTS_LIB_KMSG_H

#include <stddef.h>

int kmsg_open(void);
int kmsg_lines(int log, const char *prefix, char *lines, size_t size);
int kmsg_say(const char *text);

#endif /* SELFTESTS_LIB_KMSG_H */
