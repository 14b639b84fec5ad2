// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line and an errno for every way in which a CPU cannot run vtx.
 *
 * The facts are read by one function and judged by another, so that tests can
 * make up CPUs.  The order of the checks is that of dependence: each reads only
 * what the checks before it have shown to exist.
 *
 * IA32_FEATURE_CONTROL is judged, never written: once locked it cannot change
 * until the next reset, and an unlocked one is the kernel's to lock, which
 * Linux does on every CPU as it comes up.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

#include "arch-x86/vmx/support.h"

#define CPUID_1_ECX_VMX		BIT(5)
#define CPUID_1_ECX_HYPERVISOR	BIT(31)

/**
 * vtx_cpu_facts_read() - read what vtx_cpu_supported() judges, on this CPU
 * @facts: receives them
 *
 * The caller keeps the task on this CPU.
 */
void vtx_cpu_facts_read(struct vtx_cpu_facts *facts)
{
	u32 ecx = cpuid_ecx(1);

	memset(facts, 0, sizeof(*facts));
	strscpy(facts->vendor, boot_cpu_data.x86_vendor_id,
		sizeof(facts->vendor));
	facts->intel = boot_cpu_data.x86_vendor == X86_VENDOR_INTEL;
	facts->cpuid_vmx = ecx & CPUID_1_ECX_VMX;
	facts->nested = ecx & CPUID_1_ECX_HYPERVISOR;
	if (!facts->intel || !facts->cpuid_vmx)
		return;
	if (rdmsrq_safe(MSR_IA32_FEAT_CTL, &facts->feat_ctl))
		facts->feat_ctl = 0;
	vtx_vmx_msrs_read(&facts->msrs);
}

/**
 * vtx_cpu_supported() - can this CPU run vtx?
 * @facts: what is known of it
 * @without: optional features to do without, a bitmap of enum vtx_feature
 * @caps: receives its configuration; undefined after an error
 * @why: receives one line without a newline that says what is in the way
 * @why_size: its size in bytes; VTX_WHY_SIZE is enough
 *
 * Return: 0, or with @why filled in -ENODEV if the CPU is not Intel's or has no
 * VMX, -EACCES if the firmware or the kernel left VMX off, -EOPNOTSUPP if VMX
 * lacks what vtx needs.
 */
int vtx_cpu_supported(const struct vtx_cpu_facts *facts,
		      const unsigned long *without, struct vtx_caps *caps,
		      char *why, size_t why_size)
{
	if (!facts->intel) {
		snprintf(why, why_size, "not an Intel CPU (\"%s\")",
			 facts->vendor);
		return -ENODEV;
	}
	if (!facts->cpuid_vmx) {
		snprintf(why, why_size, "this CPU has no VMX%s", facts->nested ?
			 ", or the hypervisor below this kernel hides it" : "");
		return -ENODEV;
	}
	if (!(facts->feat_ctl & FEAT_CTL_LOCKED)) {
		snprintf(why, why_size,
			 "VMX is off: the firmware left IA32_FEATURE_CONTROL open and this kernel lacks CONFIG_IA32_FEAT_CTL");
		return -EACCES;
	}
	if (!(facts->feat_ctl & FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX)) {
		snprintf(why, why_size,
			 "VMX is locked off by the firmware: switch on \"Intel Virtualization Technology (VT-x)\" in its setup, then power-cycle");
		return -EACCES;
	}
	return vtx_caps_solve(&facts->msrs, without, caps, why, why_size);
}
