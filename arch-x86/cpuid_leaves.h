/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The leaves of CPUID that are more than bits, for the files of cpuid.h only.
 */
#ifndef VTX_ARCH_X86_CPUID_LEAVES_H
#define VTX_ARCH_X86_CPUID_LEAVES_H

#include <linux/bits.h>

#include "arch-x86/cpuid.h"

#define LEAF_VERSION	0x1
#define LEAF_CACHES	0x4
#define LEAF_FLAGS	0x7
#define LEAF_TOPOLOGY	0xb
#define LEAF_XSAVE	0xd
#define LEAF_TOPOLOGY2	0x1f
#define LEAF_HYPERVISOR	0x40000000
#define LEAF_EXTENDED	0x80000000
#define LEAF_ADDRESS	0x80000008

#define EAX	VTX_CPUID_EAX
#define EBX	VTX_CPUID_EBX
#define ECX	VTX_CPUID_ECX
#define EDX	VTX_CPUID_EDX
#define REGS	VTX_CPUID_REGS

/* SDM 2A "CPUID", leaf 1: CLFLUSH line size, initial APIC ID. */
#define VERSION_CLFLUSH_SIZE	GENMASK(15, 8)
#define VERSION_APIC_ID		GENMASK(31, 24)
/* Leaf 4: what kind of cache (0: no more), who shares it, how many cores. */
#define CACHE_TYPE		GENMASK(4, 0)
#define CACHE_SHARING		GENMASK(31, 14)
/* Leaf 0xd, subleaves 2 and up: a 64-byte boundary. */
#define COMPONENT_ALIGNED	BIT(1)
/* Leaf 0x80000008. */
#define ADDRESS_PHYSICAL	GENMASK(7, 0)
#define ADDRESS_LINEAR		GENMASK(15, 8)

#endif /* VTX_ARCH_X86_CPUID_LEAVES_H */
