/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a GSI (global system interrupt) to pins and messages, and back.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_ROUTE_H
#define VTX_ARCH_X86_IRQCHIP_ROUTE_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/types.h>

struct vtx_irqchip;
struct vtx_vcpu;

/* GSIs are below; and KVM_SET_GSI_ROUTING takes at most as many routes. */
#define VTX_MAX_ROUTES		4096

/* vtx_irq_set(): the interrupt was ignored; else how many CPUs it went to. */
#define VTX_IRQ_IGNORED		(-1)

/**
 * enum vtx_irq_source - who asserts a line; a line is high while anybody does
 * @VTX_IRQ_SOURCE_USER: user space, by KVM_IRQ_LINE or an irqfd
 * @VTX_IRQ_SOURCE_RESAMPLE: irqfds with KVM_IRQFD_FLAG_RESAMPLE, together
 * @VTX_IRQ_SOURCE_PIT: the PIT
 */
enum vtx_irq_source {
	VTX_IRQ_SOURCE_USER,
	VTX_IRQ_SOURCE_RESAMPLE,
	VTX_IRQ_SOURCE_PIT,
};

/**
 * struct vtx_irq_ack - wants to know when a guest has handled an interrupt
 * @node: in the list
 * @gsi: which; does not change while it is in the list
 * @resample: it is one of VTX_IRQ_SOURCE_RESAMPLE: before the first of these is
 *	told, that source lets go of the line
 * @acked: called when the guest has ended the handling of the interrupt at a
 *	PIC or IOAPIC pin to which @gsi is routed.  Any context, interrupts
 *	perhaps off; no lock of the interrupt controllers is held.
 */
struct vtx_irq_ack {
	struct hlist_node	node;
	u32			gsi;
	bool			resample;
	void			(*acked)(struct vtx_irq_ack *ack);
};

int vtx_irq_set(struct vtx_irqchip *irqchip, unsigned int source, u32 gsi,
		bool level);
int vtx_irq_set_status(struct vtx_irqchip *irqchip, u32 gsi, bool level);
int vtx_irq_send_msi(struct vtx_irqchip *irqchip, const struct kvm_msi *msi);

int vtx_routes_set(struct vtx_irqchip *irqchip,
		   const struct kvm_irq_routing_entry *entries, u32 nr);
int vtx_routes_set_default(struct vtx_irqchip *irqchip);
bool vtx_routes_end_in_user(struct vtx_irqchip *irqchip, u8 vector);
void vtx_routes_destroy(struct vtx_irqchip *irqchip);

void vtx_irq_ack_add(struct vtx_irqchip *irqchip, struct vtx_irq_ack *ack);
void vtx_irq_ack_remove(struct vtx_irqchip *irqchip, struct vtx_irq_ack *ack);
void vtx_irq_acked(struct vtx_irqchip *irqchip, u32 chip, unsigned int pin);

#endif /* VTX_ARCH_X86_IRQCHIP_ROUTE_H */
