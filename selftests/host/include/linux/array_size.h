/* SPDX-License-Identifier: GPL-2.0-only */
/* Stands in for the kernel's header when pure code is built in user space. */
#ifndef HOST_LINUX_ARRAY_SIZE_H
#define HOST_LINUX_ARRAY_SIZE_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#endif
