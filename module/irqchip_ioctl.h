/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of a VM that are about interrupts.
 */
#ifndef VTX_MODULE_IRQCHIP_IOCTL_H
#define VTX_MODULE_IRQCHIP_IOCTL_H

#include <linux/compiler.h>
#include <linux/types.h>

struct vtx_vm;

int vtx_enable_split_irqchip(struct vtx_vm *vm, u64 pins);
int vtx_enable_x2apic_api(struct vtx_vm *vm, u64 flags);
int vtx_irqchip_ioctl(struct vtx_vm *vm, unsigned int cmd, unsigned long arg);

#endif /* VTX_MODULE_IRQCHIP_IOCTL_H */
