/* SPDX-License-Identifier: GPL-2.0-only */
/* Stands in for the kernel's header when pure code is built in user space. */
#ifndef HOST_LINUX_BITS_H
#define HOST_LINUX_BITS_H

#define BIT(n)		(1ul << (n))
#define BIT_ULL(n)	(1ull << (n))

#endif
