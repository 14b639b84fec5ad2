/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls, with the numbers and results of KVM's paravirtual ABI.
 */
#ifndef VTX_ARCH_X86_HYPERCALL_H
#define VTX_ARCH_X86_HYPERCALL_H

struct vtx_vcpu;

void vtx_hypercall(struct vtx_vcpu *vcpu);

#endif /* VTX_ARCH_X86_HYPERCALL_H */
