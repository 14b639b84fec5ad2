/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's registers, as user space gets and sets them, and its reset.
 */
#ifndef VTX_ARCH_X86_STATE_REGS_H
#define VTX_ARCH_X86_STATE_REGS_H

#include <linux/kvm.h>

struct vtx_vcpu;

int vtx_get_regs(struct vtx_vcpu *vcpu, struct kvm_regs *regs);
int vtx_set_regs(struct vtx_vcpu *vcpu, const struct kvm_regs *regs);
int vtx_get_sregs(struct vtx_vcpu *vcpu, struct kvm_sregs *sregs);
int vtx_set_sregs(struct vtx_vcpu *vcpu, const struct kvm_sregs *sregs);
int vtx_get_debugregs(struct vtx_vcpu *vcpu, struct kvm_debugregs *regs);
int vtx_set_debugregs(struct vtx_vcpu *vcpu, const struct kvm_debugregs *regs);
int vtx_state_reset(struct vtx_vcpu *vcpu);
int vtx_state_init(struct vtx_vcpu *vcpu);

#endif /* VTX_ARCH_X86_STATE_REGS_H */
