/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kvm_sregs: which ones a CPU can have, what a CPU starts with, and how
 * its segments look in a VMCS.
 *
 * Everything here is a pure function of its arguments.
 */
#ifndef VTX_ARCH_X86_SREGS_H
#define VTX_ARCH_X86_SREGS_H

#include <linux/types.h>

#include "uapi/vtx.h"
#include "arch-x86/cr.h"
#include "arch-x86/vmx/segment.h"

void vtx_segment_to_vmx(const struct kvm_segment *segment,
			struct vtx_vmx_segment *vmx);
void vtx_segment_from_vmx(const struct vtx_vmx_segment *vmx,
			  struct kvm_segment *segment);
const char *vtx_sregs_broken(const struct kvm_sregs *sregs,
			     const struct vtx_cr_limits *limits);
void vtx_sregs_reset(struct kvm_sregs *sregs, bool bsp);
void vtx_sregs_init(struct kvm_sregs *sregs);
void vtx_sregs_startup(struct kvm_sregs *sregs, u8 vector);
void vtx_regs_reset(struct kvm_regs *regs, u32 signature);

#endif /* VTX_ARCH_X86_SREGS_H */
