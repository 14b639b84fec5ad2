/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts on their way to local APICs, as the other controllers see it.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_DELIVERY_H
#define VTX_ARCH_X86_IRQCHIP_DELIVERY_H

#include <linux/types.h>

struct vtx_apic_message;
struct vtx_irqchip;
struct vtx_lapic;

void vtx_irqchip_forget(struct vtx_irqchip *irqchip);
void vtx_lapic_count(struct vtx_irqchip *irqchip, struct vtx_lapic *lapic);
void vtx_irqchip_tell_extint(struct vtx_irqchip *irqchip);
bool vtx_irqchip_in_flight(struct vtx_irqchip *irqchip,
			   const struct vtx_apic_message *message);

#endif /* VTX_ARCH_X86_IRQCHIP_DELIVERY_H */
