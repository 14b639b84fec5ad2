/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's MSRs: reads and writes by the guest and by user space, and the ones
 * that are in the CPU while the guest runs.
 */
#ifndef VTX_ARCH_X86_STATE_MSR_H
#define VTX_ARCH_X86_STATE_MSR_H

#include <linux/kvm.h>
#include <linux/types.h>

#include "arch-x86/msr.h"

struct vtx_vcpu;

enum vtx_msr_result vtx_get_msr(struct vtx_vcpu *vcpu, u32 index, bool host,
				u64 *value);
enum vtx_msr_result vtx_set_msr(struct vtx_vcpu *vcpu, u32 index, u64 value,
				bool host);
int vtx_get_msrs(struct vtx_vcpu *vcpu, struct kvm_msr_entry *entries, u32 n);
int vtx_set_msrs(struct vtx_vcpu *vcpu, const struct kvm_msr_entry *entries,
		 u32 n);

void vtx_msrs_cpuid_changed(struct vtx_vcpu *vcpu);
void vtx_msrs_filter_changed(struct vtx_vcpu *vcpu);
void vtx_msrs_reset_vcpu(struct vtx_vcpu *vcpu, u64 apic_base);
void vtx_msrs_load(struct vtx_vcpu *vcpu);
void vtx_msrs_save(struct vtx_vcpu *vcpu);

#endif /* VTX_ARCH_X86_STATE_MSR_H */
