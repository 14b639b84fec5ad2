/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's FPU and extended control registers, as user space gets and sets
 * them.
 */
#ifndef VTX_ARCH_X86_STATE_FPU_H
#define VTX_ARCH_X86_STATE_FPU_H

#include <linux/kvm.h>
#include <linux/types.h>

struct vtx_vcpu;

u64 vtx_xcr0_to_load(const struct vtx_vcpu *vcpu);
int vtx_get_fpu(struct vtx_vcpu *vcpu, struct kvm_fpu *fpu);
int vtx_set_fpu(struct vtx_vcpu *vcpu, const struct kvm_fpu *fpu);
int vtx_get_xsave(struct vtx_vcpu *vcpu, struct kvm_xsave *xsave);
int vtx_set_xsave(struct vtx_vcpu *vcpu, const struct kvm_xsave *xsave);
int vtx_get_xcrs(struct vtx_vcpu *vcpu, struct kvm_xcrs *xcrs);
int vtx_set_xcrs(struct vtx_vcpu *vcpu, const struct kvm_xcrs *xcrs);

#endif /* VTX_ARCH_X86_STATE_FPU_H */
