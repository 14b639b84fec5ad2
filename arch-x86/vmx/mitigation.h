/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest could learn or steer through the CPU, and what is done about it.
 */
#ifndef VTX_ARCH_X86_VMX_MITIGATION_H
#define VTX_ARCH_X86_VMX_MITIGATION_H

#include <linux/jump_label.h>
#include <linux/types.h>

#include <asm/msr.h>

DECLARE_STATIC_KEY_FALSE(vtx_use_verw);
DECLARE_STATIC_KEY_FALSE(vtx_use_l1d_flush);
DECLARE_STATIC_KEY_FALSE(vtx_use_spec_ctrl);
DECLARE_STATIC_KEY_FALSE(vtx_use_ibrs);
DECLARE_STATIC_KEY_FALSE(vtx_use_ibpb);

u64 vtx_host_arch_capabilities(void);
void vtx_mitigation_init(void);
void vtx_flush_l1d(void);

/**
 * vtx_mitigate_guest_switch() - another guest's VMCS has become current here
 *
 * What one guest taught the indirect branch predictors must not steer the next
 * (IBPB).
 */
static __always_inline void vtx_mitigate_guest_switch(void)
{
	if (static_branch_unlikely(&vtx_use_ibpb))
		native_wrmsrq(MSR_IA32_PRED_CMD, PRED_CMD_IBPB);
}

#endif /* VTX_ARCH_X86_VMX_MITIGATION_H */
