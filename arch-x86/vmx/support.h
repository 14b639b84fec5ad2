/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Can this CPU run vtx, and if not, what is in the way?
 */
#ifndef VTX_ARCH_X86_VMX_SUPPORT_H
#define VTX_ARCH_X86_VMX_SUPPORT_H

#include <linux/types.h>

#include "arch-x86/vmx/caps.h"

/* Room for the longest refusal, with its terminating zero. */
#define VTX_WHY_SIZE	160

/**
 * struct vtx_cpu_facts - what decides whether a CPU can run vtx
 * @vendor: CPUID vendor string
 * @intel: the kernel knows the CPU as Intel's
 * @cpuid_vmx: CPUID.1:ECX.VMX, whatever the firmware made of it
 * @nested: CPUID.1:ECX bit 31, a hypervisor runs below this kernel
 * @feat_ctl: IA32_FEATURE_CONTROL, 0 if the CPU has no such MSR
 * @msrs: the VMX capability MSRs; not looked at where VMX is off
 */
struct vtx_cpu_facts {
	char			vendor[13];
	bool			intel;
	bool			cpuid_vmx;
	bool			nested;
	u64			feat_ctl;
	struct vtx_vmx_msrs	msrs;
};

void vtx_cpu_facts_read(struct vtx_cpu_facts *facts);
int vtx_cpu_supported(const struct vtx_cpu_facts *facts,
		      const unsigned long *without, struct vtx_caps *caps,
		      char *why, size_t why_size);

#endif /* VTX_ARCH_X86_VMX_SUPPORT_H */
