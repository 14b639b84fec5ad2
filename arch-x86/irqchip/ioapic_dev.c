// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOAPIC of a VM.
 *
 * Its lock is held while a message goes to local APICs, which need none.  It is
 * not held while those are told who want to know that an interrupt was handled:
 * they assert and release pins, and signal eventfds.
 *
 * An EOI reaches the IOAPIC if the local APIC says that the interrupt was a
 * level.  For edges it does not, unless somebody wants to know: the vectors of
 * such pins are in the VM's @acked_vectors, where local APICs look.
 */
#include "module/compat.h"

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "arch-x86/io_bus.h"
#include "arch-x86/irqchip/delivery.h"
#include "arch-x86/irqchip/ioapic.h"
#include "arch-x86/irqchip/ioapic_dev.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/irqchip/route.h"

/**
 * struct vtx_ioapic_dev - the IOAPIC of a VM
 * @range: its place on the bus
 * @irqchip: (i) the VM's interrupt controllers
 * @lock: held for all that follows
 * @ioapic: its registers
 * @watched: mask of pins whose interrupts' end somebody wants to know
 *
 * (i) constant
 */
struct vtx_ioapic_dev {
	struct vtx_io_range	range;
	struct vtx_irqchip	*irqchip;
	raw_spinlock_t		lock;	/* registers */
	struct vtx_ioapic	ioapic;
	u32			watched;
};

static struct vtx_irqchip *irqchip_of(struct vtx_ioapic *ioapic)
{
	return container_of(ioapic, struct vtx_ioapic_dev, ioapic)->irqchip;
}

static int send(struct vtx_ioapic *ioapic,
		const struct vtx_apic_message *message)
{
	return vtx_irqchip_send(irqchip_of(ioapic), NULL, message);
}

static bool in_flight(struct vtx_ioapic *ioapic,
		      const struct vtx_apic_message *message)
{
	return vtx_irqchip_in_flight(irqchip_of(ioapic), message);
}

static const struct vtx_ioapic_ops ioapic_ops = {
	.send		= send,
	.in_flight	= in_flight,
};

/* Without the lock. */
static void tell_acked(struct vtx_ioapic_dev *dev, unsigned long pins)
{
	unsigned int pin;

	for_each_set_bit(pin, &pins, VTX_IOAPIC_PINS)
		vtx_irq_acked(dev->irqchip, KVM_IRQCHIP_IOAPIC, pin);
}

/* A vector that has become another is still known: the old may be in service. */
static void watch_new_vectors(struct vtx_ioapic_dev *dev)
{
	unsigned long pins = dev->watched;
	unsigned int pin;

	for_each_set_bit(pin, &pins, VTX_IOAPIC_PINS)
		set_bit(vtx_ioapic_vector(&dev->ioapic, pin),
			dev->irqchip->acked_vectors);
}

static struct vtx_ioapic_dev *to_dev(struct vtx_io_range *range)
{
	return container_of(range, struct vtx_ioapic_dev, range);
}

/* Registers have four bytes; with any length, an access is to the first. */
static bool ioapic_write(struct vtx_io_range *range, u64 gpa, unsigned int len,
			 const void *value)
{
	struct vtx_ioapic_dev *dev = to_dev(range);
	unsigned long flags;
	u32 reg = 0;
	u32 pins;

	if (!value)
		return false;
	memcpy(&reg, value, min_t(size_t, len, sizeof(reg)));
	raw_spin_lock_irqsave(&dev->lock, flags);
	pins = vtx_ioapic_write(&dev->ioapic, gpa - range->start, reg);
	watch_new_vectors(dev);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
	tell_acked(dev, pins);
	return true;
}

static bool ioapic_read(struct vtx_io_range *range, u64 gpa, unsigned int len,
			void *value)
{
	struct vtx_ioapic_dev *dev = to_dev(range);
	unsigned long flags;
	u32 reg;

	raw_spin_lock_irqsave(&dev->lock, flags);
	reg = vtx_ioapic_read(&dev->ioapic, gpa - range->start);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
	memset(value, 0, len);
	memcpy(value, &reg, min_t(size_t, len, sizeof(reg)));
	return true;
}

static void ioapic_release(struct vtx_io_range *range)
{
	kfree(to_dev(range));
}

static const struct vtx_io_ops bus_ops = {
	.write		= ioapic_write,
	.read		= ioapic_read,
	.release	= ioapic_release,
};

/**
 * vtx_ioapic_create() - give a VM its IOAPIC
 * @irqchip: the VM's, under the VM's lock
 * @mmio: the VM's addresses; the IOAPIC is released with the bus
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM, or -ENOSPC if the bus is full.
 */
int vtx_ioapic_create(struct vtx_irqchip *irqchip, struct vtx_io_bus *mmio)
{
	struct vtx_ioapic_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL_ACCOUNT);
	int err;

	if (!dev)
		return -ENOMEM;
	dev->irqchip = irqchip;
	dev->range.start = VTX_IOAPIC_BASE;
	dev->range.end = VTX_IOAPIC_BASE + VTX_IOAPIC_SIZE;
	dev->range.ops = &bus_ops;
	raw_spin_lock_init(&dev->lock);
	vtx_ioapic_init(&dev->ioapic, &ioapic_ops);
	err = vtx_io_bus_add(mmio, &dev->range);
	if (err) {
		kfree(dev);
		return err;
	}
	irqchip->ioapic = dev;
	return 0;
}

/**
 * vtx_ioapic_remove() - take back what vtx_ioapic_create() has done
 * @irqchip: the VM's, under the VM's lock; nobody has seen its IOAPIC
 * @mmio: the VM's addresses
 *
 * May sleep.
 */
void vtx_ioapic_remove(struct vtx_irqchip *irqchip, struct vtx_io_bus *mmio)
{
	vtx_io_bus_remove(mmio, &irqchip->ioapic->range);
	irqchip->ioapic = NULL;
}

/**
 * vtx_ioapic_set_irq() - assert a pin, or cease to
 * @irqchip: the VM's, with an IOAPIC
 * @pin: which, below VTX_IOAPIC_PINS
 * @source: enum vtx_irq_source
 * @level: assert
 * @status: as for vtx_ioapic_set()
 *
 * Any context.
 *
 * Return: as vtx_ioapic_set().
 */
int vtx_ioapic_set_irq(struct vtx_irqchip *irqchip, unsigned int pin,
		       unsigned int source, bool level, bool status)
{
	struct vtx_ioapic_dev *dev = irqchip->ioapic;
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&dev->lock, flags);
	ret = vtx_ioapic_set(&dev->ioapic, pin, source, level, status);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
	return ret;
}

/**
 * vtx_ioapic_eoi() - a local APIC has ended an interrupt
 * @irqchip: the VM's, with an IOAPIC
 * @vector: its vector
 * @level: it was a level, and ends for the IOAPIC too; else only those are told
 *	that want to know of edges
 *
 * They are told before the pin is looked at again: it may be down by then.
 *
 * Any context.
 */
void vtx_ioapic_eoi(struct vtx_irqchip *irqchip, u8 vector, bool level)
{
	struct vtx_ioapic_dev *dev = irqchip->ioapic;
	unsigned long flags;
	u32 pins;

	raw_spin_lock_irqsave(&dev->lock, flags);
	pins = vtx_ioapic_pins_of(&dev->ioapic, vector);
	if (pins & dev->watched) {
		u32 watched = pins & dev->watched;

		raw_spin_unlock_irqrestore(&dev->lock, flags);
		tell_acked(dev, watched);
		raw_spin_lock_irqsave(&dev->lock, flags);
	}
	if (level)
		vtx_ioapic_end(&dev->ioapic, pins);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
}

/**
 * vtx_ioapic_watch() - say which interrupts' end is to be told
 * @irqchip: the VM's, with an IOAPIC
 * @watched: mask of pins: vtx_irq_acked() is called
 * @resampled: of these, pins that are asserted again if they must
 *
 * Any context.
 */
void vtx_ioapic_watch(struct vtx_irqchip *irqchip, u32 watched, u32 resampled)
{
	struct vtx_ioapic_dev *dev = irqchip->ioapic;
	DECLARE_BITMAP(vectors, VTX_VECTORS) = { };
	unsigned long pins = watched;
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&dev->lock, flags);
	dev->watched = watched;
	dev->ioapic.resampled = resampled;
	for_each_set_bit(i, &pins, VTX_IOAPIC_PINS)
		__set_bit(vtx_ioapic_vector(&dev->ioapic, i), vectors);
	/* Word by word: local APICs look all the time. */
	for (i = 0; i < BITS_TO_LONGS(VTX_VECTORS); i++)
		WRITE_ONCE(irqchip->acked_vectors[i], vectors[i]);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
}

/**
 * vtx_get_ioapic() - KVM_GET_IRQCHIP of the IOAPIC
 * @irqchip: the VM's, with an IOAPIC
 * @state: receives its registers
 */
void vtx_get_ioapic(struct vtx_irqchip *irqchip, struct kvm_ioapic_state *state)
{
	struct vtx_ioapic_dev *dev = irqchip->ioapic;
	unsigned long flags;

	raw_spin_lock_irqsave(&dev->lock, flags);
	vtx_ioapic_get_state(&dev->ioapic, state);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
}

/**
 * vtx_set_ioapic() - KVM_SET_IRQCHIP of the IOAPIC
 * @irqchip: the VM's, with an IOAPIC
 * @state: its registers; any value will do
 */
void vtx_set_ioapic(struct vtx_irqchip *irqchip,
		    const struct kvm_ioapic_state *state)
{
	struct vtx_ioapic_dev *dev = irqchip->ioapic;
	unsigned long flags;

	raw_spin_lock_irqsave(&dev->lock, flags);
	vtx_ioapic_set_state(&dev->ioapic, state);
	watch_new_vectors(dev);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
}
