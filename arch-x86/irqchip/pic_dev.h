/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PICs of a VM: on its ports, under their lock, and wired to its vCPUs.
 *
 * All but creation and destruction may be called in any context, with nothing
 * held that is not a raw spinlock.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_PIC_DEV_H
#define VTX_ARCH_X86_IRQCHIP_PIC_DEV_H

#include <linux/kvm.h>
#include <linux/types.h>

struct vtx_io_bus;
struct vtx_irqchip;

int vtx_pic_create(struct vtx_irqchip *irqchip, struct vtx_io_bus *pio);
void vtx_pic_free(struct vtx_irqchip *irqchip);
int vtx_pic_set_irq(struct vtx_irqchip *irqchip, unsigned int pin,
		    unsigned int source, bool level);
u8 vtx_pic_acknowledge(struct vtx_irqchip *irqchip);
void vtx_pic_get_state(struct vtx_irqchip *irqchip, unsigned int chip,
		       struct kvm_pic_state *state);
int vtx_pic_set_state(struct vtx_irqchip *irqchip, unsigned int chip,
		      const struct kvm_pic_state *state);

#endif /* VTX_ARCH_X86_IRQCHIP_PIC_DEV_H */
