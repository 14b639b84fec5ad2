/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV EOI: a guest ends an interrupt by clearing a bit in its memory.
 */
#ifndef VTX_ARCH_X86_PV_EOI_H
#define VTX_ARCH_X86_PV_EOI_H

#include <linux/types.h>

struct vtx_vcpu;

/**
 * struct vtx_pv_eoi - what a vCPU knows of it
 * @enabled: the guest wants it
 * @pending: the bit was set before the last entry, and has not been looked at
 *	since
 *
 * All is the vCPU's owner's.
 */
struct vtx_pv_eoi {
	bool	enabled;
	bool	pending;
};

void vtx_pv_eoi_set_msr(struct vtx_vcpu *vcpu, u64 value);
void vtx_pv_eoi_reset(struct vtx_vcpu *vcpu);
void vtx_pv_eoi_offer(struct vtx_vcpu *vcpu);
void vtx_pv_eoi_settle(struct vtx_vcpu *vcpu);
enum vtx_result vtx_pv_eoi_settle_slowly(struct vtx_vcpu *vcpu);

#endif /* VTX_ARCH_X86_PV_EOI_H */
