/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vtx offers to guests on this machine, worked out once.
 */
#ifndef VTX_ARCH_X86_OFFER_H
#define VTX_ARCH_X86_OFFER_H

#include <linux/types.h>

#include "arch-x86/cpuid.h"

struct vtx_caps;

int vtx_offer_init(const struct vtx_caps *caps);
const struct vtx_cpuid *vtx_offered(void);
u64 vtx_offered_arch_capabilities(void);
u64 vtx_host_xcr0(void);
u32 vtx_cpuid_signature(const struct vtx_cpuid *cpuid);

#endif /* VTX_ARCH_X86_OFFER_H */
