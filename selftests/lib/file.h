/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small text files of sysfs, procfs and debugfs.
 */
#ifndef SELFTESTS_LIB_FILE_H
#define SELFTESTS_LIB_FILE_H

#include <stdbool.h>
#include <stddef.h>

int file_read(const char *path, char *text, size_t size);
int file_write(const char *path, const char *text);
bool file_exists(const char *path);
bool file_has_word(const char *path, const char *word);

#endif /* SELFTESTS_LIB_FILE_H */
