// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PIT of a VM: on its ports, under its lock, on the kernel's clock, and
 * wired to GSI 0.
 *
 * The kernel's timer is set for the next rise of counter 0's output, and the
 * interrupt is raised right where the timer calls.  It is set anew under the
 * lock, also while it calls; its call takes the lock, and then sees whether it
 * is still wanted.  Interrupts are raised without the lock.
 *
 * Ticks that find the one before still waiting are remembered, unless user space
 * does not want that (KVM_REINJECT_CONTROL).  They are made up for one by one,
 * each when the guest has handled one.
 */
#include "module/compat.h"

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "arch-x86/io_bus.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/irqchip/pit.h"
#include "arch-x86/irqchip/pit_dev.h"
#include "arch-x86/irqchip/route.h"

/* The timer costs the host something whoever runs: it comes no oftener. */
#define MIN_PERIOD_NS	200000

/* Who has not handled as many has stopped for other reasons. */
#define MAX_MISSED	1000000

#define GSI		0

/**
 * struct vtx_pit_dev - the PIT of a VM
 * @irqchip: the interrupt controllers that it interrupts by
 * @lock: held to use @pit, to set the timer and @wanted
 * @pit: the chip
 * @timer: calls at the next rise of counter 0's output
 * @wanted: it is set, or calls
 * @legacy: the HPET has taken the PIT's place: no interrupts
 * @reinject: ticks that are missed are remembered
 * @missed: how many
 * @ack: tells when the guest has handled one
 * @ports: where the chip is
 * @speaker: where port 0x61 is, if it is the kernel's
 */
struct vtx_pit_dev {
	struct vtx_irqchip	*irqchip;
	raw_spinlock_t		lock;	/* of pit, timer, wanted, legacy */
	struct vtx_pit		pit;
	struct hrtimer		timer;
	bool			wanted;
	bool			legacy;
	bool			reinject;
	atomic_t		missed;
	struct vtx_irq_ack	ack;
	struct vtx_io_range	ports;
	struct vtx_io_range	speaker;
};

static s64 now_ns(void)
{
	return ktime_get_ns();
}

/* ---- The interrupt ---- */

/* An edge.  Return: what came of it, see vtx_irq_set(). */
static int pulse(struct vtx_pit_dev *dev)
{
	int ret = vtx_irq_set(dev->irqchip, VTX_IRQ_SOURCE_PIT, GSI, true);

	vtx_irq_set(dev->irqchip, VTX_IRQ_SOURCE_PIT, GSI, false);
	return ret;
}

/* It is time for an interrupt, and was so @ticks - 1 times more. */
static void tick(struct vtx_pit_dev *dev, u64 ticks)
{
	int status = pulse(dev);

	if (!READ_ONCE(dev->reinject))
		return;
	/* To a guest that has masked it we owe nothing. */
	if (status < 0)
		atomic_set(&dev->missed, 0);
	else if (atomic_read(&dev->missed) < MAX_MISSED)
		atomic_add(min_t(u64, ticks, MAX_MISSED) - !!status,
			   &dev->missed);
}

/* The guest has handled an interrupt. */
static void acked(struct vtx_irq_ack *ack)
{
	struct vtx_pit_dev *dev = container_of(ack, struct vtx_pit_dev, ack);

	if (atomic_read(&dev->missed) > 0 && pulse(dev) > 0)
		atomic_dec_if_positive(&dev->missed);
}

/* ---- The timer ---- */

/* When to call next; of rises that come too fast most are left out. */
static bool next_call(struct vtx_pit_dev *dev, s64 now, s64 *at)
{
	u64 period;

	if (dev->legacy || !vtx_pit_next_rise(&dev->pit, now, at))
		return false;
	period = vtx_pit_period(&dev->pit);
	if (period && period < MIN_PERIOD_NS)
		*at += period * div64_u64(MIN_PERIOD_NS, period);
	return true;
}

/* Counter 0 does something else now. */
static void set_timer(struct vtx_pit_dev *dev, s64 now)
{
	s64 at;

	lockdep_assert_held(&dev->lock);
	atomic_set(&dev->missed, 0);
	dev->wanted = next_call(dev, now, &at);
	if (dev->wanted)
		hrtimer_start(&dev->timer, ns_to_ktime(at),
			      HRTIMER_MODE_ABS_HARD);
	else
		hrtimer_try_to_cancel(&dev->timer);
}

/* How many rises there were from when it was to call until now. */
static u64 ticks_until(struct vtx_pit_dev *dev, s64 now)
{
	u64 period = max_t(u64, vtx_pit_period(&dev->pit), MIN_PERIOD_NS);
	s64 late = now - ktime_to_ns(hrtimer_get_expires(&dev->timer));

	return 1 + div64_u64(max(late, 0LL), period);
}

static enum hrtimer_restart call(struct hrtimer *timer)
{
	struct vtx_pit_dev *dev = container_of(timer, struct vtx_pit_dev, timer);
	unsigned long flags;
	s64 now, at;
	u64 ticks;

	raw_spin_lock_irqsave(&dev->lock, flags);
	/* Set anew, or not wanted any more, since it began to call. */
	if (hrtimer_is_queued(timer) || !dev->wanted) {
		raw_spin_unlock_irqrestore(&dev->lock, flags);
		return HRTIMER_NORESTART;
	}
	now = now_ns();
	ticks = vtx_pit_period(&dev->pit) ? ticks_until(dev, now) : 1;
	dev->wanted = next_call(dev, now, &at);
	if (dev->wanted)
		hrtimer_start(timer, ns_to_ktime(at), HRTIMER_MODE_ABS_HARD);
	raw_spin_unlock_irqrestore(&dev->lock, flags);

	tick(dev, ticks);
	return HRTIMER_NORESTART;
}

/* ---- The ports ---- */

static u8 read_port(struct vtx_pit_dev *dev, u16 port)
{
	unsigned long flags;
	u8 value;

	raw_spin_lock_irqsave(&dev->lock, flags);
	if (port == VTX_SPEAKER_PORT)
		value = vtx_pit_read_speaker(&dev->pit, now_ns());
	else
		value = vtx_pit_read(&dev->pit, port, now_ns());
	raw_spin_unlock_irqrestore(&dev->lock, flags);
	return value;
}

static void write_port(struct vtx_pit_dev *dev, u16 port, u8 value)
{
	unsigned long flags;
	s64 now;

	raw_spin_lock_irqsave(&dev->lock, flags);
	now = now_ns();
	if (port == VTX_SPEAKER_PORT)
		vtx_pit_write_speaker(&dev->pit, value, now);
	else if (vtx_pit_write(&dev->pit, port, value, now))
		set_timer(dev, now);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
}

/* On an 8-bit bus a wider access is one of each port, one after the other. */
static void read_ports(struct vtx_pit_dev *dev, const struct vtx_io_range *range,
		       u64 port, unsigned int len, u8 *bytes)
{
	memset(bytes, 0xff, len);
	for (; len-- && port < range->end; port++)
		*bytes++ = read_port(dev, port);
}

static void write_ports(struct vtx_pit_dev *dev, const struct vtx_io_range *range,
			u64 port, unsigned int len, const u8 *bytes)
{
	for (; len-- && port < range->end; port++)
		write_port(dev, port, *bytes++);
}

static bool read_chip(struct vtx_io_range *range, u64 port, unsigned int len,
		      void *value)
{
	read_ports(container_of(range, struct vtx_pit_dev, ports), range, port,
		   len, value);
	return true;
}

static bool write_chip(struct vtx_io_range *range, u64 port, unsigned int len,
		       const void *value)
{
	write_ports(container_of(range, struct vtx_pit_dev, ports), range, port,
		    len, value);
	return true;
}

static bool read_speaker(struct vtx_io_range *range, u64 port, unsigned int len,
			 void *value)
{
	read_ports(container_of(range, struct vtx_pit_dev, speaker), range, port,
		   len, value);
	return true;
}

static bool write_speaker(struct vtx_io_range *range, u64 port,
			  unsigned int len, const void *value)
{
	write_ports(container_of(range, struct vtx_pit_dev, speaker), range, port,
		    len, value);
	return true;
}

/* Part of struct vtx_pit_dev, which goes with the VM. */
static void release(struct vtx_io_range *range)
{
}

static const struct vtx_io_ops chip_ops = {
	.read		= read_chip,
	.write		= write_chip,
	.release	= release,
};

static const struct vtx_io_ops speaker_ops = {
	.read		= read_speaker,
	.write		= write_speaker,
	.release	= release,
};

/* ---- The life of a PIT ---- */

static int add_to_bus(struct vtx_pit_dev *dev, struct vtx_io_bus *pio,
		      bool speaker)
{
	int err;

	dev->ports = (struct vtx_io_range){
		VTX_PIT_PORT, VTX_PIT_PORT + VTX_PIT_PORTS, &chip_ops,
	};
	dev->speaker = (struct vtx_io_range){
		VTX_SPEAKER_PORT, VTX_SPEAKER_PORT + 1, &speaker_ops,
	};
	err = vtx_io_bus_add(pio, &dev->ports);
	if (err || !speaker)
		return err;
	err = vtx_io_bus_add(pio, &dev->speaker);
	if (err)
		vtx_io_bus_remove(pio, &dev->ports);
	return err;
}

/**
 * vtx_pit_create() - KVM_CREATE_PIT2
 * @irqchip: the VM's, without a PIT
 * @pio: the VM's ports
 * @flags: KVM_PIT_SPEAKER_DUMMY if port 0x61 is the kernel's too
 *
 * May sleep.
 *
 * Return: 0, or with nothing changed -ENOMEM, or -ENOSPC if the bus is full.
 */
int vtx_pit_create(struct vtx_irqchip *irqchip, struct vtx_io_bus *pio,
		   u32 flags)
{
	struct vtx_pit_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL_ACCOUNT);
	int err;

	if (!dev)
		return -ENOMEM;
	dev->irqchip = irqchip;
	dev->reinject = true;
	raw_spin_lock_init(&dev->lock);
	hrtimer_setup(&dev->timer, call, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	vtx_pit_power_up(&dev->pit);
	err = add_to_bus(dev, pio, flags & KVM_PIT_SPEAKER_DUMMY);
	if (err) {
		/* A vCPU may have used it for a moment. */
		hrtimer_cancel(&dev->timer);
		kfree(dev);
		return err;
	}
	irqchip->pit = dev;
	dev->ack.gsi = GSI;
	dev->ack.acked = acked;
	vtx_irq_ack_add(irqchip, &dev->ack);
	return 0;
}

/**
 * vtx_pit_stop() - no more interrupts
 * @irqchip: the VM's, with or without a PIT; no vCPU runs any more
 *
 * May sleep.
 */
void vtx_pit_stop(struct vtx_irqchip *irqchip)
{
	if (irqchip->pit)
		hrtimer_cancel(&irqchip->pit->timer);
}

/**
 * vtx_pit_free() - free what vtx_pit_create() has made
 * @irqchip: the VM's, with or without a PIT, which was stopped; nobody uses the
 *	VM's ports any more
 */
void vtx_pit_free(struct vtx_irqchip *irqchip)
{
	kfree(irqchip->pit);
	irqchip->pit = NULL;
}

/* ---- For user space ---- */

/**
 * vtx_pit_set_reinject() - KVM_REINJECT_CONTROL
 * @irqchip: the VM's, with a PIT
 * @reinject: whether ticks that are missed are made up for
 *
 * If they are not, nobody has to know when the guest has handled one.  May
 * sleep.
 */
void vtx_pit_set_reinject(struct vtx_irqchip *irqchip, bool reinject)
{
	struct vtx_pit_dev *dev = irqchip->pit;

	if (dev->reinject == reinject)
		return;
	WRITE_ONCE(dev->reinject, reinject);
	atomic_set(&dev->missed, 0);
	if (reinject)
		vtx_irq_ack_add(irqchip, &dev->ack);
	else
		vtx_irq_ack_remove(irqchip, &dev->ack);
}

/**
 * vtx_get_pit2() - KVM_GET_PIT2
 * @irqchip: the VM's, with a PIT
 * @state: receives the state; load times are of CLOCK_MONOTONIC
 *
 * vCPUs may run meanwhile.
 */
void vtx_get_pit2(struct vtx_irqchip *irqchip, struct kvm_pit_state2 *state)
{
	struct vtx_pit_dev *dev = irqchip->pit;
	unsigned long flags;

	memset(state, 0, sizeof(*state));
	raw_spin_lock_irqsave(&dev->lock, flags);
	vtx_pit_get_state(&dev->pit, state->channels, now_ns());
	if (dev->legacy)
		state->flags |= KVM_PIT_FLAGS_HPET_LEGACY;
	if (dev->pit.speaker)
		state->flags |= KVM_PIT_FLAGS_SPEAKER_DATA_ON;
	raw_spin_unlock_irqrestore(&dev->lock, flags);
}

static void set_counters(struct vtx_pit_dev *dev,
			 const struct kvm_pit_channel_state *state)
{
	s64 now = now_ns();

	vtx_pit_set_state(&dev->pit, state, now);
	set_timer(dev, now);
}

/**
 * vtx_set_pit() - KVM_SET_PIT
 * @irqchip: the VM's, with a PIT
 * @state: the counters
 *
 * vCPUs may run meanwhile.
 *
 * Return: 0; or -EINVAL, with nothing changed, for what no counter can have.
 */
int vtx_set_pit(struct vtx_irqchip *irqchip, const struct kvm_pit_state *state)
{
	struct vtx_pit_dev *dev = irqchip->pit;
	unsigned long flags;

	if (!vtx_pit_state_valid(state->channels))
		return -EINVAL;
	raw_spin_lock_irqsave(&dev->lock, flags);
	set_counters(dev, state->channels);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
	return 0;
}

/**
 * vtx_set_pit2() - KVM_SET_PIT2
 * @irqchip: the VM's, with a PIT
 * @state: the counters, and KVM_PIT_FLAGS_*
 *
 * vCPUs may run meanwhile.
 *
 * Return: 0; or -EINVAL, with nothing changed, for what no counter can have, or
 * flags that are not defined.
 */
int vtx_set_pit2(struct vtx_irqchip *irqchip,
		 const struct kvm_pit_state2 *state)
{
	struct vtx_pit_dev *dev = irqchip->pit;
	unsigned long flags;

	if (!vtx_pit_state_valid(state->channels) ||
	    state->flags & ~(KVM_PIT_FLAGS_HPET_LEGACY |
			     KVM_PIT_FLAGS_SPEAKER_DATA_ON))
		return -EINVAL;
	raw_spin_lock_irqsave(&dev->lock, flags);
	dev->legacy = state->flags & KVM_PIT_FLAGS_HPET_LEGACY;
	dev->pit.speaker = state->flags & KVM_PIT_FLAGS_SPEAKER_DATA_ON;
	set_counters(dev, state->channels);
	raw_spin_unlock_irqrestore(&dev->lock, flags);
	return 0;
}
