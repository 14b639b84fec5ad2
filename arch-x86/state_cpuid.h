/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's CPUID, as user space sets it.
 */
#ifndef VTX_ARCH_X86_STATE_CPUID_H
#define VTX_ARCH_X86_STATE_CPUID_H

#include <linux/kvm.h>
#include <linux/types.h>

struct vtx_vcpu;

int vtx_set_cpuid2(struct vtx_vcpu *vcpu, struct kvm_cpuid_entry2 *entries,
		   u32 nent);
int vtx_get_cpuid2(struct vtx_vcpu *vcpu, struct kvm_cpuid_entry2 *entries);
void vtx_cpuid_to_2(struct kvm_cpuid_entry2 *to,
		    const struct kvm_cpuid_entry *from, u32 nent);

#endif /* VTX_ARCH_X86_STATE_CPUID_H */
