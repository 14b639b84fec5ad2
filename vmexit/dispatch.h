/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an exit to its handler.
 */
#ifndef VTX_VMEXIT_DISPATCH_H
#define VTX_VMEXIT_DISPATCH_H

#include "arch-x86/vcpu.h"

enum vtx_result vtx_dispatch(struct vtx_vcpu *vcpu);
enum vtx_result vtx_entry_refused(struct vtx_vcpu *vcpu, enum vtx_entry entry);

#endif /* VTX_VMEXIT_DISPATCH_H */
