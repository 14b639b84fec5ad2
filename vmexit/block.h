/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU that has nothing to do.
 */
#ifndef VTX_VMEXIT_BLOCK_H
#define VTX_VMEXIT_BLOCK_H

#include "arch-x86/vcpu.h"

enum vtx_result vtx_block(struct vtx_vcpu *vcpu);

#endif /* VTX_VMEXIT_BLOCK_H */
