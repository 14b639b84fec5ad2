// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "lib/irqchip.h"

int irqchip_create(const struct guest *guest)
{
	return vtx_ioctl(guest->fd, KVM_CREATE_IRQCHIP, 0);
}

/* Only local APICs are the kernel's. */
int irqchip_split(const struct guest *guest, __u64 pins)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_SPLIT_IRQCHIP, .args = { pins },
	};

	return vtx_ioctl(guest->fd, KVM_ENABLE_CAP, (unsigned long)&cap);
}

int irqchip_get(const struct guest *guest, struct kvm_irqchip *chip, __u32 id)
{
	memset(chip, 0, sizeof(*chip));
	chip->chip_id = id;
	return vtx_ioctl(guest->fd, KVM_GET_IRQCHIP, (unsigned long)chip);
}

int irqchip_set(const struct guest *guest, const struct kvm_irqchip *chip)
{
	return vtx_ioctl(guest->fd, KVM_SET_IRQCHIP, (unsigned long)chip);
}

void ioapic_get(const struct guest *guest, struct kvm_ioapic_state *state)
{
	struct kvm_irqchip chip;

	MUST(!irqchip_get(guest, &chip, KVM_IRQCHIP_IOAPIC));
	*state = chip.chip.ioapic;
}

__u64 ioapic_entry(const struct guest *guest, int pin)
{
	struct kvm_ioapic_state state;

	ioapic_get(guest, &state);
	return state.redirtbl[pin].bits;
}

void ioapic_set_entry(const struct guest *guest, int pin, __u64 entry)
{
	struct kvm_irqchip chip;

	MUST(!irqchip_get(guest, &chip, KVM_IRQCHIP_IOAPIC));
	chip.chip.ioapic.redirtbl[pin].bits = entry;
	MUST(!irqchip_set(guest, &chip));
}

int irq_line(const struct guest *guest, __u32 gsi, bool level)
{
	struct kvm_irq_level line = { .irq = gsi, .level = level };

	return vtx_ioctl(guest->fd, KVM_IRQ_LINE, (unsigned long)&line);
}

/* Return: what KVM_IRQ_LINE_STATUS says came of it. */
int irq_status(const struct guest *guest, __u32 gsi, bool level)
{
	struct kvm_irq_level line = { .irq = gsi, .level = level };

	MUST(!ioctl(guest->fd, KVM_IRQ_LINE_STATUS, &line));
	return line.status;
}

/* An edge.  Return: what came of going up. */
int irq_pulse(const struct guest *guest, __u32 gsi)
{
	int status = irq_status(guest, gsi, true);

	irq_status(guest, gsi, false);
	return status;
}

int msi_signal(const struct guest *guest, __u32 address, __u32 data)
{
	struct kvm_msi msi = { .address_lo = address, .data = data };

	return vtx_ioctl(guest->fd, KVM_SIGNAL_MSI, (unsigned long)&msi);
}

int routes_set(const struct guest *guest,
	       const struct kvm_irq_routing_entry *entries, __u32 nr)
{
	struct kvm_irq_routing *routing;
	int ret;

	routing = calloc(1, sizeof(*routing) + nr * sizeof(*entries));
	MUST(routing);
	routing->nr = nr;
	if (nr)
		memcpy(routing->entries, entries, nr * sizeof(*entries));
	ret = vtx_ioctl(guest->fd, KVM_SET_GSI_ROUTING,
			(unsigned long)routing);
	free(routing);
	return ret;
}
