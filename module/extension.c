// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this build can do: one row per capability, and only for what works.
 */
#include "module/compat.h"

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/kvm.h>

#include "uapi/vtx.h"
#include "module/extension.h"
#include "arch-x86/clock.h"
#include "arch-x86/debug.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/irqchip/route.h"
#include "arch-x86/msr.h"
#include "arch-x86/offer.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/vmx/caps.h"
#include "arch-x86/vmx/percpu.h"
#include "ept/dirty.h"
#include "ept/memslot.h"

/* As many vCPUs as can run at the same time. */
static int recommended_vcpus(void)
{
	return min(num_online_cpus(), VTX_MAX_VCPUS);
}

static int has_xsave(void)
{
	return !!vtx_host_xcr0();
}

static int has_tsc_scaling(void)
{
	return vtx_caps_have(vtx_percpu_caps(), VTX_F_TSC_SCALING);
}

/* In the order of their numbers. */
static const struct {
	unsigned long	cap;
	int		value;
	int		(*ask)(void);	/* instead, where it depends */
} vtx_extensions[] = {
	{ KVM_CAP_IRQCHIP,			1 },
	{ KVM_CAP_HLT,				1 },
	{ KVM_CAP_USER_MEMORY,			1 },
	{ KVM_CAP_SET_TSS_ADDR,			1 },
	{ KVM_CAP_EXT_CPUID,			1 },
	{ KVM_CAP_NR_VCPUS,			0, recommended_vcpus },
	{ KVM_CAP_NR_MEMSLOTS,			VTX_MAX_SLOTS },
	{ KVM_CAP_PIT,				1 },
	{ KVM_CAP_MP_STATE,			1 },
	{ KVM_CAP_COALESCED_MMIO,		VTX_COALESCED_PAGE },
	{ KVM_CAP_SYNC_MMU,			1 },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS,	1 },
	{ KVM_CAP_USER_NMI,			1 },
	{ KVM_CAP_SET_GUEST_DEBUG,		1 },
	{ KVM_CAP_REINJECT_CONTROL,		1 },
	{ KVM_CAP_IRQ_ROUTING,			VTX_MAX_ROUTES },
	{ KVM_CAP_IRQ_INJECT_STATUS,		1 },
	{ KVM_CAP_JOIN_MEMORY_REGIONS_WORKS,	1 },
	{ KVM_CAP_MCE,				VTX_MCE_BANKS },
	{ KVM_CAP_IRQFD,			1 },
	{ KVM_CAP_PIT2,				1 },
	{ KVM_CAP_SET_BOOT_CPU_ID,		1 },
	{ KVM_CAP_PIT_STATE2,			1 },
	{ KVM_CAP_IOEVENTFD,			1 },
	{ KVM_CAP_SET_IDENTITY_MAP_ADDR,	1 },
	{ KVM_CAP_ADJUST_CLOCK,			VTX_CLOCK_FLAGS },
	{ KVM_CAP_INTERNAL_ERROR_DATA,		1 },
	{ KVM_CAP_VCPU_EVENTS,			1 },
	{ KVM_CAP_INTR_SHADOW,			1 },
	{ KVM_CAP_DEBUGREGS,			1 },
	{ KVM_CAP_X86_ROBUST_SINGLESTEP,	1 },
	{ KVM_CAP_XSAVE,			1 },
	{ KVM_CAP_XCRS,				0, has_xsave },
	{ KVM_CAP_TSC_CONTROL,			0, has_tsc_scaling },
	{ KVM_CAP_GET_TSC_KHZ,			1 },
	{ KVM_CAP_MAX_VCPUS,			VTX_MAX_VCPUS },
	{ KVM_CAP_TSC_DEADLINE_TIMER,		1 },
	{ KVM_CAP_KVMCLOCK_CTRL,		1 },
	{ KVM_CAP_SIGNAL_MSI,			1 },
	{ KVM_CAP_READONLY_MEM,			1 },
	{ KVM_CAP_IRQFD_RESAMPLE,		1 },
	{ KVM_CAP_ENABLE_CAP_VM,		1 },
	{ KVM_CAP_IOEVENTFD_NO_LENGTH,		1 },
	{ KVM_CAP_CHECK_EXTENSION_VM,		1 },
	{ KVM_CAP_SPLIT_IRQCHIP,		1 },
	{ KVM_CAP_IOEVENTFD_ANY_LENGTH,		1 },
	{ KVM_CAP_VCPU_ATTRIBUTES,		1 },
	{ KVM_CAP_MAX_VCPU_ID,			VTX_MAX_VCPU_ID },
	{ KVM_CAP_X2APIC_API,			VTX_X2APIC_API_FLAGS },
	{ KVM_CAP_IMMEDIATE_EXIT,		1 },
	{ KVM_CAP_GET_MSR_FEATURES,		1 },
	{ KVM_CAP_COALESCED_PIO,		1 },
	{ KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,	VTX_DIRTY_LOG_MANUAL },
	{ KVM_CAP_HALT_POLL,			1 },
	{ KVM_CAP_X86_USER_SPACE_MSR,		1 },
	{ KVM_CAP_X86_MSR_FILTER,		1 },
	{ KVM_CAP_SET_GUEST_DEBUG2,		VTX_DEBUG_CONTROLS },
	{ KVM_CAP_BINARY_STATS_FD,		1 },
	{ KVM_CAP_SYS_ATTRIBUTES,		1 },
	{ KVM_CAP_VM_TSC_CONTROL,		0, has_tsc_scaling },
	{ KVM_CAP_USER_MEMORY2,			1 },
	{ VTX_CAP_VTX,				1 },
};

/**
 * vtx_check_extension() - answer KVM_CHECK_EXTENSION, on the device or a VM
 * @cap: KVM_CAP_* or VTX_CAP_*; any value will do
 *
 * Return: the capability's value, or 0 for one that vtx lacks or does not know.
 */
int vtx_check_extension(unsigned long cap)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(vtx_extensions); i++)
		if (vtx_extensions[i].cap == cap)
			return vtx_extensions[i].ask ? vtx_extensions[i].ask() :
						       vtx_extensions[i].value;
	return 0;
}
