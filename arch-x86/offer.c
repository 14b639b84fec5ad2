// SPDX-License-Identifier: GPL-2.0-only
/*
 * The offer: the answer to KVM_GET_SUPPORTED_CPUID, and what else follows from
 * the machine alone.
 *
 * Made when the module is loaded, from this CPU's CPUID; constant from then on.
 * The others are taken to be like it: VMX would not have been turned on if they
 * differed where vtx can tell (vtx_caps_same()).
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/sched/stat.h>

#include <asm/cpufeature.h>
#include <asm/fpu/xcr.h>
#include <asm/processor.h>

#include "arch-x86/msr.h"
#include "arch-x86/offer.h"
#include "arch-x86/vmx/caps.h"
#include "arch-x86/vmx/mitigation.h"

static struct kvm_cpuid_entry2 entries[VTX_CPUID_MAX_SUPPORTED];
static struct vtx_cpuid offered;
static u64 arch_capabilities;
static u64 host_xcr0;

static void read_cpuid(void *context, u32 leaf, u32 subleaf, u32 *regs)
{
	cpuid_count(leaf, subleaf, &regs[VTX_CPUID_EAX], &regs[VTX_CPUID_EBX],
		    &regs[VTX_CPUID_ECX], &regs[VTX_CPUID_EDX]);
}

/* What a VMX control has to be there for, and what a device brings. */
static u32 needs_at_hand(const struct vtx_caps *caps)
{
	static const struct {
		enum vtx_feature	feature;
		enum vtx_cpuid_need	need;
	} rows[] = {
		{ VTX_F_RDTSCP,		VTX_CPUID_NEED_RDTSCP },
		{ VTX_F_INVPCID,	VTX_CPUID_NEED_INVPCID },
	};
	/* With KVM_CREATE_IRQCHIP; TSC_DEADLINE has a capability of its own. */
	u32 needs = BIT(VTX_CPUID_NEED_X2APIC);
	int i;

	if (sched_info_on())
		needs |= BIT(VTX_CPUID_NEED_RUN_DELAY);

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (vtx_caps_have(caps, rows[i].feature))
			needs |= BIT(rows[i].need);
	return needs;
}

/**
 * vtx_offer_init() - find out what vtx offers
 * @caps: the CPUs' configuration
 *
 * Called once, at load, before anything else here.
 *
 * Return: 0, or -E2BIG if the host has more CPUID leaves than clients take.
 */
int vtx_offer_init(const struct vtx_caps *caps)
{
	struct vtx_cpuid_host host = {
		.read	= read_cpuid,
		.needs	= needs_at_hand(caps),
	};
	u32 nent = ARRAY_SIZE(entries);
	int err;

	if (boot_cpu_has(X86_FEATURE_OSXSAVE))
		host_xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	host.xcr0 = host_xcr0;

	err = vtx_cpuid_supported(&host, entries, &nent);
	if (err)
		return err;
	vtx_cpuid_init(&offered, entries, nent);

	arch_capabilities = vtx_arch_capabilities(vtx_host_arch_capabilities());
	return 0;
}

/**
 * vtx_offered() - what KVM_GET_SUPPORTED_CPUID answers
 *
 * Return: the offer; its entries are what user space gets.
 */
const struct vtx_cpuid *vtx_offered(void)
{
	return &offered;
}

/**
 * vtx_offered_arch_capabilities() - a guest's IA32_ARCH_CAPABILITIES
 *
 * Return: what of the host's holds in a guest too.
 */
u64 vtx_offered_arch_capabilities(void)
{
	return arch_capabilities;
}

/**
 * vtx_host_xcr0() - the host's XCR0
 *
 * Return: the value, 0 if the host has no XSAVE.
 */
u64 vtx_host_xcr0(void)
{
	return host_xcr0;
}

/**
 * vtx_cpuid_signature() - family, model and stepping
 * @cpuid: of whom
 *
 * Return: EAX of CPUID leaf 1, 0 if there is no such leaf.
 */
u32 vtx_cpuid_signature(const struct vtx_cpuid *cpuid)
{
	static const struct vtx_cpuid_state none;
	u32 regs[VTX_CPUID_REGS];

	vtx_cpuid_lookup(cpuid, &none, 1, 0, regs);
	return regs[VTX_CPUID_EAX];
}
