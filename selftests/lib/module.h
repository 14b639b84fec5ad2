/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading and unloading of kernel modules.
 *
 * A module is named as its file is, without ".ko"; the files are in /modules,
 * or where VTX_MODULES says.
 */
#ifndef SELFTESTS_LIB_MODULE_H
#define SELFTESTS_LIB_MODULE_H

#include <stdbool.h>

const char *module_path(const char *name);
bool module_is_loaded(const char *name);
int module_load(const char *name, const char *parameters);
int module_unload(const char *name);

#endif /* SELFTESTS_LIB_MODULE_H */
