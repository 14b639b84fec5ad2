/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the CPU left undone: one guest instruction, emulated.
 */
#ifndef VTX_VMEXIT_EMULATE_H
#define VTX_VMEXIT_EMULATE_H

#include "arch-x86/vcpu.h"

int vtx_emulate_init(struct vtx_vcpu *vcpu);
void vtx_emulate_free(struct vtx_vcpu *vcpu);
enum vtx_result vtx_emulate(struct vtx_vcpu *vcpu);
enum vtx_result vtx_emulate_device(struct vtx_vcpu *vcpu, bool reads);
enum vtx_result vtx_emulate_ud(struct vtx_vcpu *vcpu);

#endif /* VTX_VMEXIT_EMULATE_H */
