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

/*
 * Access rights in a VMCS: SDM 3C "Guest Register State", in the order of a
 * segment descriptor's bits.
 */
#define VTX_AR_TYPE	GENMASK(3, 0)
#define VTX_AR_S	BIT(4)
#define VTX_AR_DPL	GENMASK(6, 5)
#define VTX_AR_P	BIT(7)
#define VTX_AR_AVL	BIT(12)
#define VTX_AR_L	BIT(13)
#define VTX_AR_DB	BIT(14)
#define VTX_AR_G	BIT(15)
#define VTX_AR_UNUSABLE	BIT(16)

/**
 * struct vtx_vmx_segment - the four fields that a VMCS has for a segment
 * @base: base address
 * @limit: limit in bytes
 * @access_rights: VTX_AR_*
 * @selector: selector
 */
struct vtx_vmx_segment {
	u64	base;
	u32	limit;
	u32	access_rights;
	u16	selector;
};

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
