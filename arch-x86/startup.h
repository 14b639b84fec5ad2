/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INIT and startup IPIs, and what a vCPU is between them.
 */
#ifndef VTX_ARCH_X86_STARTUP_H
#define VTX_ARCH_X86_STARTUP_H

#include <linux/kvm.h>

struct vtx_vcpu;

int vtx_startup(struct vtx_vcpu *vcpu);
int vtx_get_mp_state(struct vtx_vcpu *vcpu, struct kvm_mp_state *state);
int vtx_set_mp_state(struct vtx_vcpu *vcpu, const struct kvm_mp_state *state);

#endif /* VTX_ARCH_X86_STARTUP_H */
