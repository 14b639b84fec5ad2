// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PICs of a VM: on its ports, under their lock, and wired to its vCPUs.
 *
 * The lock is a leaf.  Under it the state machine is run, and irqchip->extint
 * made what its output is; who has to be told of what came of that is told
 * afterwards.  vCPUs look at irqchip->extint without the lock, and are told when
 * it rises; where it falls again before a vCPU has acknowledged, that one gets
 * the vector for nothing, as from the chip.
 */
#include "module/compat.h"

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "arch-x86/io_bus.h"
#include "arch-x86/irqchip/delivery.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/irqchip/pic.h"
#include "arch-x86/irqchip/pic_dev.h"

/* Two ports each. */
static const u16 ports[] = {
	VTX_PIC_MASTER_PORT, VTX_PIC_SLAVE_PORT, VTX_PIC_ELCR_PORT,
};

/* Ports of @pic on the bus. */
struct pic_ports {
	struct vtx_io_range	range;
	struct vtx_pic		*pic;
};

/**
 * struct vtx_pic - the PICs of a VM
 * @irqchip: the interrupt controllers that they are of
 * @lock: held to use all that follows
 * @pics: the chips
 * @sources: by pin, a mask of those who hold its line up
 * @ports: where they are
 */
struct vtx_pic {
	struct vtx_irqchip	*irqchip;
	raw_spinlock_t		lock;	/* of pics and sources */
	struct vtx_pics		pics;
	unsigned long		sources[VTX_PIC_PINS];
	struct pic_ports	ports[ARRAY_SIZE(ports)];
};

/* Let others see the output.  Return: true if they have to be told. */
static bool settle(struct vtx_pic *pic)
{
	bool output = vtx_pics_output(&pic->pics);
	bool rises = output && !pic->irqchip->extint;

	lockdep_assert_held(&pic->lock);
	WRITE_ONCE(pic->irqchip->extint, output);
	return rises;
}

/* What came of it, after the lock has been released. */
static void tell(struct vtx_irqchip *irqchip, bool rises, unsigned long ended)
{
	unsigned int pin;

	if (rises)
		vtx_irqchip_tell_extint(irqchip);
	if (unlikely(irqchip->pic_ended))
		for_each_set_bit(pin, &ended, VTX_PIC_PINS)
			irqchip->pic_ended(irqchip, pin);
}

static u8 read_port(struct vtx_pic *pic, u16 port)
{
	unsigned long flags;
	u16 ended = 0;
	bool rises;
	u8 value;

	raw_spin_lock_irqsave(&pic->lock, flags);
	value = vtx_pics_read(&pic->pics, port, &ended);
	rises = settle(pic);
	raw_spin_unlock_irqrestore(&pic->lock, flags);
	tell(pic->irqchip, rises, ended);
	return value;
}

static void write_port(struct vtx_pic *pic, u16 port, u8 value)
{
	unsigned long flags;
	u16 ended = 0;
	bool rises;

	raw_spin_lock_irqsave(&pic->lock, flags);
	vtx_pics_write(&pic->pics, port, value, &ended);
	rises = settle(pic);
	raw_spin_unlock_irqrestore(&pic->lock, flags);
	tell(pic->irqchip, rises, ended);
}

/* On an 8-bit bus a wider access is one of each port, one after the other. */
static bool read_ports(struct vtx_io_range *range, u64 port, unsigned int len,
		       void *value)
{
	struct vtx_pic *pic = container_of(range, struct pic_ports, range)->pic;
	u8 *bytes = value;

	memset(bytes, 0xff, len);
	for (; len-- && port < range->end; port++)
		*bytes++ = read_port(pic, port);
	return true;
}

static bool write_ports(struct vtx_io_range *range, u64 port, unsigned int len,
			const void *value)
{
	struct vtx_pic *pic = container_of(range, struct pic_ports, range)->pic;
	const u8 *bytes = value;

	for (; len-- && port < range->end; port++)
		write_port(pic, port, *bytes++);
	return true;
}

/* Part of struct vtx_pic, which goes with the VM. */
static void release_ports(struct vtx_io_range *range)
{
}

static const struct vtx_io_ops port_ops = {
	.read		= read_ports,
	.write		= write_ports,
	.release	= release_ports,
};

/**
 * vtx_pic_create() - give a VM PICs
 * @irqchip: the VM's, without any, under the VM's lock
 * @pio: the VM's ports
 *
 * May sleep.
 *
 * Return: 0, or with nothing changed -ENOMEM, or -ENOSPC if the bus is full.
 */
int vtx_pic_create(struct vtx_irqchip *irqchip, struct vtx_io_bus *pio)
{
	struct vtx_pic *pic = kzalloc(sizeof(*pic), GFP_KERNEL_ACCOUNT);
	int i, err;

	if (!pic)
		return -ENOMEM;
	pic->irqchip = irqchip;
	raw_spin_lock_init(&pic->lock);
	vtx_pics_power_up(&pic->pics);
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		pic->ports[i] = (struct pic_ports){
			.range	= { ports[i], ports[i] + 2, &port_ops },
			.pic	= pic,
		};
		err = vtx_io_bus_add(pio, &pic->ports[i].range);
		if (err)
			goto remove;
	}
	irqchip->pic = pic;
	return 0;

remove:
	while (i--)
		vtx_io_bus_remove(pio, &pic->ports[i].range);
	kfree(pic);
	return err;
}

/**
 * vtx_pic_free() - free what vtx_pic_create() has made
 * @irqchip: the VM's, with or without PICs; nobody uses them any more, nor the
 *	VM's ports
 */
void vtx_pic_free(struct vtx_irqchip *irqchip)
{
	kfree(irqchip->pic);
	irqchip->pic = NULL;
}

/**
 * vtx_pic_set_irq() - one of those who drive a pin changes its level
 * @irqchip: the VM's, with PICs
 * @pin: 0 to 15
 * @source: which of them, 0 to BITS_PER_LONG - 1; the line is up while any of
 *	them holds it up
 * @level: what this one wants
 *
 * Any context.
 *
 * Return: as for KVM_IRQ_LINE_STATUS: negative if the pin is masked; 0 if that
 * makes no interrupt that was not there before; else positive.
 */
int vtx_pic_set_irq(struct vtx_irqchip *irqchip, unsigned int pin,
		    unsigned int source, bool level)
{
	struct vtx_pic *pic = irqchip->pic;
	unsigned long flags;
	bool rises;
	int ret;

	pin = array_index_nospec(pin, VTX_PIC_PINS);
	raw_spin_lock_irqsave(&pic->lock, flags);
	__assign_bit(source, &pic->sources[pin], level);
	ret = vtx_pics_set_pin(&pic->pics, pin, pic->sources[pin]);
	rises = settle(pic);
	raw_spin_unlock_irqrestore(&pic->lock, flags);
	tell(irqchip, rises, 0);
	return ret;
}

/**
 * vtx_pic_acknowledge() - a vCPU takes the PICs' interrupt
 * @irqchip: the VM's; @extint was set
 *
 * Any context.
 *
 * Return: the vector.
 */
u8 vtx_pic_acknowledge(struct vtx_irqchip *irqchip)
{
	struct vtx_pic *pic = irqchip->pic;
	unsigned long flags;
	u16 ended = 0;
	bool rises;
	u8 vector;

	raw_spin_lock_irqsave(&pic->lock, flags);
	vector = vtx_pics_acknowledge(&pic->pics, &ended);
	rises = settle(pic);
	raw_spin_unlock_irqrestore(&pic->lock, flags);
	tell(irqchip, rises, ended);
	return vector;
}

/**
 * vtx_pic_get_state() - KVM_GET_IRQCHIP
 * @irqchip: the VM's, with PICs
 * @chip: KVM_IRQCHIP_PIC_MASTER or KVM_IRQCHIP_PIC_SLAVE
 * @state: receives the state
 */
void vtx_pic_get_state(struct vtx_irqchip *irqchip, unsigned int chip,
		       struct kvm_pic_state *state)
{
	struct vtx_pic *pic = irqchip->pic;
	unsigned long flags;

	raw_spin_lock_irqsave(&pic->lock, flags);
	vtx_pics_get_state(&pic->pics, chip, state);
	raw_spin_unlock_irqrestore(&pic->lock, flags);
}

/**
 * vtx_pic_set_state() - KVM_SET_IRQCHIP
 * @irqchip: the VM's, with PICs
 * @chip: KVM_IRQCHIP_PIC_MASTER or KVM_IRQCHIP_PIC_SLAVE
 * @state: the state
 *
 * vCPUs may run meanwhile.
 *
 * Return: 0; or -EINVAL, with nothing changed, for what no chip can have.
 */
int vtx_pic_set_state(struct vtx_irqchip *irqchip, unsigned int chip,
		      const struct kvm_pic_state *state)
{
	struct vtx_pic *pic = irqchip->pic;
	unsigned long flags;
	bool rises;

	if (!vtx_pics_state_valid(state))
		return -EINVAL;
	raw_spin_lock_irqsave(&pic->lock, flags);
	vtx_pics_set_state(&pic->pics, chip, state);
	rises = settle(pic);
	raw_spin_unlock_irqrestore(&pic->lock, flags);
	tell(irqchip, rises, 0);
	return 0;
}
