/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine checks that user space makes.
 */
#ifndef VTX_ARCH_X86_STATE_MCE_H
#define VTX_ARCH_X86_STATE_MCE_H

#include <linux/kvm.h>
#include <linux/types.h>

struct vtx_vcpu;

int vtx_setup_mce(struct vtx_vcpu *vcpu, u64 mcg_cap);
int vtx_set_mce(struct vtx_vcpu *vcpu, const struct kvm_x86_mce *mce);

#endif /* VTX_ARCH_X86_STATE_MCE_H */
