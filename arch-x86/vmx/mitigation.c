// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of the CPU's weaknesses a VM entry or exit has to mind.
 *
 * Decided once, when the module is loaded, from what the kernel found out about
 * the CPU and from mitigations=; the kernel's finer choices on its command line
 * (mds=, l1tf=, ...) are about its own entry code, and no module knows them.
 *
 *   VERW	before every entry: no stale data in buffers (MDS, TAA, MMIO
 *		stale data, RFDS)
 *   L1D flush	before an entry that other code than exit handlers preceded
 *		(L1TF)
 *   SPEC_CTRL	the guest's value inside, the host's outside; the older IBRS is
 *		written at each exit, because that is what makes it work
 *   IBPB	between two guests on one CPU
 *   RSB	filled at each exit; the kernel's own alternatives, see entry.S
 */
#include "module/compat.h"

#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/msr-index.h>

#include "arch-x86/vmx/mitigation.h"

DEFINE_STATIC_KEY_FALSE(vtx_use_verw);
DEFINE_STATIC_KEY_FALSE(vtx_use_l1d_flush);
DEFINE_STATIC_KEY_FALSE(vtx_use_spec_ctrl);
DEFINE_STATIC_KEY_FALSE(vtx_use_ibrs);
DEFINE_STATIC_KEY_FALSE(vtx_use_ibpb);

static bool wants_verw(void)
{
	return boot_cpu_has(X86_FEATURE_MD_CLEAR) &&
	       (boot_cpu_has_bug(X86_BUG_MDS) ||
		boot_cpu_has_bug(X86_BUG_TAA) ||
		boot_cpu_has_bug(X86_BUG_MMIO_STALE_DATA) ||
		boot_cpu_has_bug(X86_BUG_RFDS));
}

/**
 * vtx_host_arch_capabilities() - the host's IA32_ARCH_CAPABILITIES
 *
 * Return: the value, 0 if the host has no such MSR.
 */
u64 vtx_host_arch_capabilities(void)
{
	u64 value;

	if (!boot_cpu_has(X86_FEATURE_ARCH_CAPABILITIES) ||
	    rdmsrq_safe(MSR_IA32_ARCH_CAPABILITIES, &value))
		return 0;
	return value;
}

/*
 * By MSR only.  CPUs with L1TF got it with the microcode that the rest of the
 * mitigation needs; of one without, the kernel's sysfs says "vulnerable".
 */
static bool wants_l1d_flush(void)
{
	return boot_cpu_has_bug(X86_BUG_L1TF) &&
	       boot_cpu_has(X86_FEATURE_FLUSH_L1D) &&
	       !(vtx_host_arch_capabilities() & ARCH_CAP_SKIP_VMENTRY_L1DFLUSH);
}

static void decide(struct static_key_false *key, bool wanted)
{
	if (wanted)
		static_branch_enable(key);
}

static const char *mark(const struct static_key_false *key)
{
	return static_key_enabled(&key->key) ? "yes" : "no";
}

/**
 * vtx_mitigation_init() - decide what entries and exits do for safety
 *
 * Called once, at load; may sleep.  One line of the log says what it decided.
 */
void vtx_mitigation_init(void)
{
	/*
	 * Not a mitigation by itself: a guest that is given the MSR must not
	 * run with, or leave behind, another one's value.
	 */
	decide(&vtx_use_spec_ctrl, boot_cpu_has(X86_FEATURE_MSR_SPEC_CTRL));
	if (!cpu_mitigations_off()) {
		decide(&vtx_use_verw, wants_verw());
		decide(&vtx_use_l1d_flush, wants_l1d_flush());
		decide(&vtx_use_ibrs, boot_cpu_has(X86_FEATURE_KERNEL_IBRS));
		decide(&vtx_use_ibpb, boot_cpu_has(X86_FEATURE_IBPB));
	}
	pr_info("mitigations: VERW %s, L1D flush %s, SPEC_CTRL %s, IBRS at exit %s, IBPB %s, RSB %s\n",
		mark(&vtx_use_verw), mark(&vtx_use_l1d_flush),
		mark(&vtx_use_spec_ctrl), mark(&vtx_use_ibrs),
		mark(&vtx_use_ibpb),
		boot_cpu_has(X86_FEATURE_RSB_VMEXIT) ? "fill" :
		boot_cpu_has(X86_FEATURE_RSB_VMEXIT_LITE) ? "one" : "no");
}

/**
 * vtx_flush_l1d() - leave nothing of the host's in the first-level data cache
 *
 * Only with vtx_use_l1d_flush.
 */
void vtx_flush_l1d(void)
{
	native_wrmsrq(MSR_IA32_FLUSH_CMD, L1D_FLUSH);
}
