/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IOAPIC of a VM: on its bus, under its lock, and wired to its local APICs.
 *
 * All but creation may be called in any context, with nothing held that is not a
 * raw spinlock.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_IOAPIC_DEV_H
#define VTX_ARCH_X86_IRQCHIP_IOAPIC_DEV_H

#include <linux/kvm.h>
#include <linux/types.h>

struct vtx_io_bus;
struct vtx_irqchip;

int vtx_ioapic_create(struct vtx_irqchip *irqchip, struct vtx_io_bus *mmio);
void vtx_ioapic_remove(struct vtx_irqchip *irqchip, struct vtx_io_bus *mmio);
int vtx_ioapic_set_irq(struct vtx_irqchip *irqchip, unsigned int pin,
		       unsigned int source, bool level, bool status);
void vtx_ioapic_eoi(struct vtx_irqchip *irqchip, u8 vector, bool level);
void vtx_ioapic_watch(struct vtx_irqchip *irqchip, u32 watched, u32 resampled);
void vtx_get_ioapic(struct vtx_irqchip *irqchip,
		    struct kvm_ioapic_state *state);
void vtx_set_ioapic(struct vtx_irqchip *irqchip,
		    const struct kvm_ioapic_state *state);

#endif /* VTX_ARCH_X86_IRQCHIP_IOAPIC_DEV_H */
