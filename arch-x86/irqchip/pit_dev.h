/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PIT of a VM: on its ports, under its lock, on the kernel's clock, and
 * wired to GSI 0.
 *
 * All is called under the VM's lock.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_PIT_DEV_H
#define VTX_ARCH_X86_IRQCHIP_PIT_DEV_H

#include <linux/kvm.h>
#include <linux/types.h>

struct vtx_io_bus;
struct vtx_irqchip;

int vtx_pit_create(struct vtx_irqchip *irqchip, struct vtx_io_bus *pio,
		   u32 flags);
void vtx_pit_stop(struct vtx_irqchip *irqchip);
void vtx_pit_free(struct vtx_irqchip *irqchip);
void vtx_pit_set_reinject(struct vtx_irqchip *irqchip, bool reinject);
void vtx_get_pit2(struct vtx_irqchip *irqchip, struct kvm_pit_state2 *state);
int vtx_set_pit(struct vtx_irqchip *irqchip,
		const struct kvm_pit_state *state);
int vtx_set_pit2(struct vtx_irqchip *irqchip,
		 const struct kvm_pit_state2 *state);

#endif /* VTX_ARCH_X86_IRQCHIP_PIT_DEV_H */
