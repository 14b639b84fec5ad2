/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_RUN.
 */
#ifndef VTX_VMEXIT_RUN_H
#define VTX_VMEXIT_RUN_H

struct vtx_vcpu;

int vtx_vcpu_run(struct vtx_vcpu *vcpu);

#endif /* VTX_VMEXIT_RUN_H */
