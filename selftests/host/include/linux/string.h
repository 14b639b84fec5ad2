/* SPDX-License-Identifier: GPL-2.0-only */
/* Stands in for the kernel's header when pure code is built in user space. */
#ifndef HOST_LINUX_STRING_H
#define HOST_LINUX_STRING_H

#include <string.h>

#endif
