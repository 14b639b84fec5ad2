/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of a VM's PIT.
 */
#ifndef VTX_MODULE_PIT_IOCTL_H
#define VTX_MODULE_PIT_IOCTL_H

struct vtx_vm;

long vtx_pit_ioctl(struct vtx_vm *vm, unsigned int cmd, void __user *arg);

#endif /* VTX_MODULE_PIT_IOCTL_H */
