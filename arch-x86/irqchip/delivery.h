/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts on their way to local APICs, as the APICs' owners see it.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_DELIVERY_H
#define VTX_ARCH_X86_IRQCHIP_DELIVERY_H

struct vtx_irqchip;
struct vtx_lapic;

void vtx_lapic_count(struct vtx_irqchip *irqchip, struct vtx_lapic *lapic);
void vtx_irqchip_tell_extint(struct vtx_irqchip *irqchip);

#endif /* VTX_ARCH_X86_IRQCHIP_DELIVERY_H */
