/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt controllers of a VM, as user space sees them.
 */
#ifndef SELFTESTS_LIB_IRQCHIP_H
#define SELFTESTS_LIB_IRQCHIP_H

#include <stdbool.h>

#include "lib/guest.h"

#define IOAPIC_PINS	24
#define PIC_PINS	8		/* of each */

/* Entries of the IOAPIC's redirection table. */
#define RTE_LOGICAL	0x800ULL
#define RTE_REMOTE_IRR	0x4000ULL
#define RTE_LEVEL	0x8000ULL
#define RTE_MASKED	0x10000ULL
#define RTE_TO(id)	((__u64)(id) << 56)

/* Of messages: the data's. */
#define MSI_LEVEL	0x8000
#define MSI_ADDRESS(id)	(0xfee00000U | (id) << 12)

int irqchip_create(const struct guest *guest);
int irqchip_split(const struct guest *guest, __u64 pins);
int irqchip_get(const struct guest *guest, struct kvm_irqchip *chip, __u32 id);
int irqchip_set(const struct guest *guest, const struct kvm_irqchip *chip);

void ioapic_get(const struct guest *guest, struct kvm_ioapic_state *state);
__u64 ioapic_entry(const struct guest *guest, int pin);
void ioapic_set_entry(const struct guest *guest, int pin, __u64 entry);

int irq_line(const struct guest *guest, __u32 gsi, bool level);
int irq_status(const struct guest *guest, __u32 gsi, bool level);
int irq_pulse(const struct guest *guest, __u32 gsi);
int msi_signal(const struct guest *guest, __u32 address, __u32 data);

/* A route for one GSI. */
#define ROUTE_PIN(chip, number, to)					\
	{ .gsi = (number), .type = KVM_IRQ_ROUTING_IRQCHIP,		\
	  .u.irqchip = { (chip), (to) } }
#define ROUTE_MSI(number, address, value)				\
	{ .gsi = (number), .type = KVM_IRQ_ROUTING_MSI,			\
	  .u.msi = { .address_lo = (address), .data = (value) } }

int routes_set(const struct guest *guest,
	       const struct kvm_irq_routing_entry *entries, __u32 nr);

#endif /* SELFTESTS_LIB_IRQCHIP_H */
