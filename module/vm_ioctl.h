/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of a VM.
 */
#ifndef VTX_MODULE_VM_IOCTL_H
#define VTX_MODULE_VM_IOCTL_H

struct vtx_vm;

long vtx_vm_ioctl(struct vtx_vm *vm, unsigned int cmd, unsigned long arg);
long vtx_vm_compat_ioctl(struct vtx_vm *vm, unsigned int cmd,
			 unsigned long arg);

#endif /* VTX_MODULE_VM_IOCTL_H */
