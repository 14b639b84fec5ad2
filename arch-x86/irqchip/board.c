// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt controllers of a VM as a whole: what there is, its state for user
 * space, and who learns of an EOI.
 *
 *   nothing      interrupts are user space's affair
 *   all          local APICs, PICs, IOAPIC (KVM_CREATE_IRQCHIP)
 *   local APICs  PICs and IOAPIC are user space's (KVM_CAP_SPLIT_IRQCHIP), and
 *                send messages
 */
#include "module/compat.h"

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/mutex.h>

#include "arch-x86/irqchip/delivery.h"
#include "arch-x86/irqchip/ioapic_dev.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/irqchip/pic_dev.h"
#include "arch-x86/irqchip/route.h"
#include "arch-x86/vcpu.h"

/**
 * vtx_irqchip_init() - there are no interrupt controllers
 * @irqchip: all zeroes
 */
void vtx_irqchip_init(struct vtx_irqchip *irqchip)
{
	mutex_init(&irqchip->lock);
}

/* Pins of both PICs, counted through. */
static void pic_ended(struct vtx_irqchip *irqchip, unsigned int pin)
{
	vtx_irq_acked(irqchip, KVM_IRQCHIP_PIC_MASTER + pin / 8, pin % 8);
}

/**
 * vtx_irqchip_create() - KVM_CREATE_IRQCHIP
 * @irqchip: the VM's, under the VM's lock; there are no vCPUs
 * @pio: the VM's ports
 * @mmio: the VM's addresses
 *
 * vCPUs to come get a local APIC.  May sleep.
 *
 * Return: 0; with nothing changed -EEXIST if there are controllers, -ENOMEM, or
 * -ENOSPC if a bus is full.
 */
int vtx_irqchip_create(struct vtx_irqchip *irqchip, struct vtx_io_bus *pio,
		       struct vtx_io_bus *mmio)
{
	int err;

	if (irqchip->created)
		return -EEXIST;
	/* To chips that are not there yet; nobody may use them before. */
	err = vtx_routes_set_default(irqchip);
	if (err)
		return err;
	err = vtx_ioapic_create(irqchip, mmio);
	if (err)
		goto destroy_routes;
	err = vtx_pic_create(irqchip, pio);
	if (err)
		goto remove_ioapic;
	irqchip->pic_ended = pic_ended;
	/* Whoever sees it finds the rest: pairs with vtx_irqchip_present(). */
	smp_store_release(&irqchip->created, true);
	return 0;

remove_ioapic:
	vtx_ioapic_remove(irqchip, mmio);
destroy_routes:
	vtx_routes_destroy(irqchip);
	return err;
}

/**
 * vtx_irqchip_split() - KVM_ENABLE_CAP of KVM_CAP_SPLIT_IRQCHIP
 * @irqchip: the VM's, under the VM's lock; there are no vCPUs
 * @pins: how many pins user space's IOAPIC has: their GSIs are the first, and
 *	the end of their level-triggered interrupts is told (KVM_EXIT_IOAPIC_EOI)
 *
 * vCPUs to come get a local APIC.
 *
 * Return: 0; with nothing changed -EEXIST if there are controllers, or -EINVAL
 * for more pins than there may be routes.
 */
int vtx_irqchip_split(struct vtx_irqchip *irqchip, u64 pins)
{
	if (pins > VTX_MAX_ROUTES)
		return -EINVAL;
	if (irqchip->created)
		return -EEXIST;
	irqchip->split = true;
	irqchip->user_pins = pins;
	/* Whoever sees it finds the rest: pairs with vtx_irqchip_present(). */
	smp_store_release(&irqchip->created, true);
	return 0;
}

/**
 * vtx_irqchip_destroy() - the end of a VM's interrupt controllers
 * @irqchip: the VM's, which nobody uses any more; buses and vCPUs are gone
 */
void vtx_irqchip_destroy(struct vtx_irqchip *irqchip)
{
	vtx_pic_free(irqchip);
	vtx_routes_destroy(irqchip);
	vtx_irqchip_forget(irqchip);
	mutex_destroy(&irqchip->lock);
}

/**
 * vtx_irqchip_eoi() - a local APIC has ended an interrupt
 * @vcpu: its vCPU, the caller's own
 * @vector: the interrupt's
 * @level: it was a level; else somebody may want to know of the edge
 */
void vtx_irqchip_eoi(struct vtx_vcpu *vcpu, u8 vector, bool level)
{
	struct vtx_irqchip *irqchip = vcpu->irqchip;

	if (irqchip->ioapic) {
		vtx_ioapic_eoi(irqchip, vector, level);
	} else if (level && vtx_routes_end_in_user(irqchip, vector)) {
		vcpu->ioapic_eoi = vector;
		set_bit(VTX_REQ_IOAPIC_EOI, &vcpu->requests);
	}
}

/**
 * vtx_get_irqchip() - KVM_GET_IRQCHIP
 * @irqchip: the VM's
 * @chip: says which in @chip_id; receives the state
 *
 * Return: 0; -ENXIO if PICs and IOAPIC are not the kernel's, -EINVAL for a chip
 * that there is not.
 */
int vtx_get_irqchip(struct vtx_irqchip *irqchip, struct kvm_irqchip *chip)
{
	if (!vtx_irqchip_whole(irqchip))
		return -ENXIO;
	switch (chip->chip_id) {
	case KVM_IRQCHIP_PIC_MASTER:
	case KVM_IRQCHIP_PIC_SLAVE:
		vtx_pic_get_state(irqchip, chip->chip_id, &chip->chip.pic);
		return 0;
	case KVM_IRQCHIP_IOAPIC:
		vtx_get_ioapic(irqchip, &chip->chip.ioapic);
		return 0;
	}
	return -EINVAL;
}

/**
 * vtx_set_irqchip() - KVM_SET_IRQCHIP
 * @irqchip: the VM's
 * @chip: which, and its state
 *
 * Return: 0; with nothing changed -ENXIO if PICs and IOAPIC are not the kernel's,
 * -EINVAL for a chip that there is not, or a state that it cannot have.
 */
int vtx_set_irqchip(struct vtx_irqchip *irqchip, const struct kvm_irqchip *chip)
{
	if (!vtx_irqchip_whole(irqchip))
		return -ENXIO;
	switch (chip->chip_id) {
	case KVM_IRQCHIP_PIC_MASTER:
	case KVM_IRQCHIP_PIC_SLAVE:
		return vtx_pic_set_state(irqchip, chip->chip_id,
					 &chip->chip.pic);
	case KVM_IRQCHIP_IOAPIC:
		vtx_set_ioapic(irqchip, &chip->chip.ioapic);
		return 0;
	}
	return -EINVAL;
}
