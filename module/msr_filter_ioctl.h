/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_X86_SET_MSR_FILTER and KVM_CAP_X86_USER_SPACE_MSR.
 */
#ifndef VTX_MODULE_MSR_FILTER_IOCTL_H
#define VTX_MODULE_MSR_FILTER_IOCTL_H

#include <linux/compat.h>
#include <linux/ioctl.h>
#include <linux/kvm.h>
#include <linux/types.h>

struct vtx_vm;

/* As a 32-bit program has them: its pointers are shorter. */
struct vtx_compat_msr_filter_range {
	u32		flags;
	u32		nmsrs;
	u32		base;
	compat_uptr_t	bitmap;
};

struct vtx_compat_msr_filter {
	u32					flags;
	struct vtx_compat_msr_filter_range	ranges[KVM_MSR_FILTER_MAX_RANGES];
};

#define VTX_COMPAT_SET_MSR_FILTER					\
	_IOW(KVMIO, 0xc6, struct vtx_compat_msr_filter)

int vtx_set_msr_filter(struct vtx_vm *vm, const void __user *arg);
int vtx_compat_set_msr_filter(struct vtx_vm *vm, const void __user *arg);
int vtx_set_user_space_msr(struct vtx_vm *vm, u64 reasons);

#endif /* VTX_MODULE_MSR_FILTER_IOCTL_H */
