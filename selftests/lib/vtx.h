/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/vtx, and what can be known about it from the outside.
 */
#ifndef SELFTESTS_LIB_VTX_H
#define SELFTESTS_LIB_VTX_H

#include <stdbool.h>

#include "uapi/vtx.h"

#define VTX_DEBUGFS	"/sys/kernel/debug/vtx/"

bool device_is_vtx(void);
int vtx_open(void);
long vtx_ioctl(int fd, unsigned long cmd, unsigned long arg);
int vm_create(int vtx);
int vmx_cpus_on(void);
int vmx_is_on(int cpu);
long vtx_stat(const char *name);

#endif /* SELFTESTS_LIB_VTX_H */
