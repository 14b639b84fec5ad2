// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of routes, and what goes along them.
 *
 * A GSI leads to pins, at most one of each chip, or to one message.  The table is
 * an array by GSI that is never changed: user space sets another one, and readers,
 * which are in any context, find it by RCU.  When the new one is set, nothing
 * goes along the old any more.
 *
 * Back from a pin leads at most one GSI: to those that want to know when a guest
 * has handled the interrupt.  They are few; an RCU list has them.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "arch-x86/irqchip/ioapic.h"
#include "arch-x86/irqchip/ioapic_dev.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/irqchip/pic_dev.h"
#include "arch-x86/irqchip/route.h"

/* Chips by their number in the ABI: KVM_IRQCHIP_PIC_MASTER and so on. */
#define CHIPS		KVM_NR_IRQCHIPS
#define PIC_PINS	8		/* of each */
#define NO_PIN		(-1)
#define NO_GSI		(-1)

/* SDM 3A "Message Address Register Format" and "Message Data Register Format" */
#define MSI_DEST	GENMASK(19, 12)
#define MSI_DEST_HIGH	GENMASK(31, 8)	/* of the upper half: KVM's ABI */
#define MSI_ONE_OF_THEM	BIT(3)		/* redirection hint */
#define MSI_LOGICAL	BIT(2)
#define MSI_VECTOR	GENMASK(7, 0)
#define MSI_DELIVERY	GENMASK(10, 8)
#define MSI_LEVEL	BIT(15)

enum route_type {
	ROUTE_NONE,
	ROUTE_PINS,
	ROUTE_MSI,
};

struct msi {
	u32	address_lo;
	u32	address_hi;
	u32	data;
};

/**
 * struct route - where a GSI leads
 * @type: what to
 * @pin: which pin of each chip, or NO_PIN
 * @msi: the message
 */
struct route {
	enum route_type		type;
	union {
		s8		pin[CHIPS];
		struct msi	msi;
	};
};

/**
 * struct vtx_routes - the routes of a VM; never changed
 * @rcu: to free it
 * @nr: GSIs are below
 * @gsi: back from each pin of each chip, or NO_GSI
 * @route: the routes by GSI
 */
struct vtx_routes {
	struct rcu_head		rcu;
	u32			nr;
	s16			gsi[CHIPS][VTX_IOAPIC_PINS];
	struct route		route[];
};

static struct vtx_routes *routes_of(struct vtx_irqchip *irqchip)
{
	return rcu_dereference_protected(irqchip->routes,
					 lockdep_is_held(&irqchip->lock));
}

static bool has_long_ids(const struct vtx_irqchip *irqchip)
{
	return READ_ONCE(irqchip->x2apic_api) & KVM_X2APIC_API_USE_32BIT_IDS;
}

static bool msi_valid(const struct vtx_irqchip *irqchip, const struct msi *msi)
{
	return !has_long_ids(irqchip) || !(msi->address_hi & ~MSI_DEST_HIGH);
}

/*
 * An id of 0xff means everybody in xAPIC mode; in x2APIC mode it does so for
 * messages too, unless user space knows better.
 */
static u32 everybody(const struct vtx_irqchip *irqchip, u32 dest)
{
	if (dest == VTX_X2APIC_ALL ||
	    (READ_ONCE(irqchip->x2apic_api) &
	     KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK))
		return VTX_X2APIC_ALL;
	return VTX_APIC_ALL;
}

static void fill_message(const struct vtx_irqchip *irqchip,
			 struct vtx_apic_message *message,
			 const struct msi *msi)
{
	u32 dest = FIELD_GET(MSI_DEST, msi->address_lo);

	if (has_long_ids(irqchip))
		dest |= msi->address_hi & MSI_DEST_HIGH;
	*message = (struct vtx_apic_message){
		.dest		= dest,
		.everybody	= everybody(irqchip, dest),
		.delivery	= FIELD_GET(MSI_DELIVERY, msi->data),
		.vector		= FIELD_GET(MSI_VECTOR, msi->data),
		.logical	= msi->address_lo & MSI_LOGICAL,
		.level		= msi->data & MSI_LEVEL,
	};
	if ((msi->address_lo & MSI_ONE_OF_THEM) &&
	    message->delivery == VTX_APIC_FIXED)
		message->delivery = VTX_APIC_LOWEST;
}

/* Validity depends on what user space may have enabled since: look again. */
static int send_msi(struct vtx_irqchip *irqchip, const struct msi *msi)
{
	struct vtx_apic_message message;

	if (!msi_valid(irqchip, msi))
		return -EINVAL;
	fill_message(irqchip, &message, msi);
	return vtx_irqchip_send(irqchip, NULL, &message);
}

static int set_pin(struct vtx_irqchip *irqchip, unsigned int chip, s8 pin,
		   unsigned int source, bool level, bool status)
{
	switch (chip) {
	case KVM_IRQCHIP_PIC_SLAVE:
		return vtx_pic_set_irq(irqchip, pin + PIC_PINS, source, level);
	case KVM_IRQCHIP_PIC_MASTER:
		return vtx_pic_set_irq(irqchip, pin, source, level);
	}
	return vtx_ioapic_set_irq(irqchip, pin, source, level, status);
}

/*
 * Who of PIC and IOAPIC is in use, only the guest knows: both are told, and the
 * one that is not in use ignores it.
 */
static int set_pins(struct vtx_irqchip *irqchip, const struct route *route,
		    unsigned int source, bool level, bool status)
{
	int ret = VTX_IRQ_IGNORED, one;
	unsigned int chip;

	for (chip = 0; chip < CHIPS; chip++) {
		if (route->pin[chip] == NO_PIN)
			continue;
		one = set_pin(irqchip, chip, route->pin[chip], source, level,
			      status);
		if (one >= 0)
			ret = one + max(ret, 0);
	}
	return ret;
}

static int set(struct vtx_irqchip *irqchip, unsigned int source, u32 gsi,
	       bool level, bool status)
{
	const struct vtx_routes *routes;
	const struct route *route;
	int ret = VTX_IRQ_IGNORED;

	rcu_read_lock();
	routes = rcu_dereference(irqchip->routes);
	if (routes && gsi < routes->nr) {
		route = &routes->route[array_index_nospec(gsi, routes->nr)];
		if (route->type == ROUTE_PINS)
			ret = set_pins(irqchip, route, source, level, status);
		else if (route->type == ROUTE_MSI && level)
			ret = send_msi(irqchip, &route->msi);
	}
	rcu_read_unlock();
	return ret;
}

/**
 * vtx_irq_set() - assert a GSI, or cease to
 * @irqchip: the VM's
 * @source: who, enum vtx_irq_source; the line is up while anybody asserts it
 * @gsi: which; any value will do
 * @level: assert.  A GSI that is routed to a message sends it then, each time.
 *
 * Any context, with nothing held that is not a raw spinlock.
 *
 * Return: VTX_IRQ_IGNORED or another negative number if nothing came of it:
 * there is no route, or pins are masked; 0 if the one before has not been
 * handled yet; else how many have taken it.
 */
int vtx_irq_set(struct vtx_irqchip *irqchip, unsigned int source, u32 gsi,
		bool level)
{
	return set(irqchip, source, gsi, level, false);
}

/**
 * vtx_irq_set_status() - KVM_IRQ_LINE_STATUS
 * @irqchip: the VM's
 * @gsi: which; any value will do
 * @level: assert
 *
 * Unlike vtx_irq_set() it does not give a guest a tick of the real-time clock
 * while the one before is being handled.
 *
 * Any context.
 *
 * Return: as vtx_irq_set().
 */
int vtx_irq_set_status(struct vtx_irqchip *irqchip, u32 gsi, bool level)
{
	return set(irqchip, VTX_IRQ_SOURCE_USER, gsi, level, true);
}

/**
 * vtx_irq_send_msi() - KVM_SIGNAL_MSI
 * @irqchip: the VM's
 * @msi: the message
 *
 * Any context.
 *
 * Return: how many local APICs have taken it; -EINVAL for flags other than
 * KVM_MSI_VALID_DEVID, or an address that no message has.
 */
int vtx_irq_send_msi(struct vtx_irqchip *irqchip, const struct kvm_msi *msi)
{
	if (msi->flags & ~(u32)KVM_MSI_VALID_DEVID)
		return -EINVAL;
	return send_msi(irqchip, &(struct msi){
		.address_lo	= msi->address_lo,
		.address_hi	= msi->address_hi,
		.data		= msi->data,
	});
}

/**
 * vtx_routes_end_in_user() - does user space's IOAPIC wait for the end of this?
 * @irqchip: the VM's
 * @vector: of a level-triggered interrupt that has ended
 *
 * The first routes are those of that IOAPIC's pins: see
 * vtx_irqchip_split().
 *
 * Any context.
 *
 * Return: true if one of them is a level with this vector.
 */
bool vtx_routes_end_in_user(struct vtx_irqchip *irqchip, u8 vector)
{
	const struct vtx_routes *routes;
	bool found = false;
	u32 gsi, nr;

	rcu_read_lock();
	routes = rcu_dereference(irqchip->routes);
	nr = routes ? min(routes->nr, irqchip->user_pins) : 0;
	for (gsi = 0; gsi < nr && !found; gsi++) {
		const struct route *route = &routes->route[gsi];

		found = route->type == ROUTE_MSI &&
			(route->msi.data & MSI_LEVEL) &&
			FIELD_GET(MSI_VECTOR, route->msi.data) == vector;
	}
	rcu_read_unlock();
	return found;
}

/*
 * Another pin for a GSI; it has none of this chip yet.  Of several GSIs that lead
 * to a pin the last is the one that leads back.
 */
static int add_pin(struct vtx_irqchip *irqchip, struct vtx_routes *routes,
		   const struct kvm_irq_routing_entry *entry)
{
	struct route *route = &routes->route[entry->gsi];
	u32 chip = entry->u.irqchip.irqchip, pin = entry->u.irqchip.pin;

	if (entry->flags || irqchip->split || chip >= CHIPS ||
	    route->type == ROUTE_MSI)
		return -EINVAL;
	if (pin >= (chip == KVM_IRQCHIP_IOAPIC ? VTX_IOAPIC_PINS : PIC_PINS))
		return -EINVAL;
	if (route->type == ROUTE_NONE)
		memset(route->pin, NO_PIN, sizeof(route->pin));
	else if (route->pin[chip] != NO_PIN)
		return -EINVAL;
	route->type = ROUTE_PINS;
	route->pin[chip] = pin;
	routes->gsi[chip][pin] = entry->gsi;
	return 0;
}

static int add_msi(struct vtx_irqchip *irqchip, struct vtx_routes *routes,
		   const struct kvm_irq_routing_entry *entry)
{
	struct route *route = &routes->route[entry->gsi];

	if ((entry->flags & ~(u32)KVM_MSI_VALID_DEVID) ||
	    route->type != ROUTE_NONE)
		return -EINVAL;
	route->type = ROUTE_MSI;
	route->msi.address_lo = entry->u.msi.address_lo;
	route->msi.address_hi = entry->u.msi.address_hi;
	route->msi.data = entry->u.msi.data;
	return msi_valid(irqchip, &route->msi) ? 0 : -EINVAL;
}

static int add_route(struct vtx_irqchip *irqchip, struct vtx_routes *routes,
		     const struct kvm_irq_routing_entry *entry)
{
	switch (entry->type) {
	case KVM_IRQ_ROUTING_IRQCHIP:
		return add_pin(irqchip, routes, entry);
	case KVM_IRQ_ROUTING_MSI:
		return add_msi(irqchip, routes, entry);
	}
	return -EINVAL;
}

/* Who is told of pins, has changed, or which pins. */
static void watch(struct vtx_irqchip *irqchip)
{
	const struct vtx_routes *routes = routes_of(irqchip);
	const struct vtx_irq_ack *ack;
	u32 watched = 0, resampled = 0;
	unsigned int pin;

	if (!irqchip->ioapic)
		return;
	hlist_for_each_entry(ack, &irqchip->acks, node)
		for (pin = 0; pin < VTX_IOAPIC_PINS; pin++) {
			if (routes->gsi[KVM_IRQCHIP_IOAPIC][pin] != (s64)ack->gsi)
				continue;
			watched |= BIT(pin);
			if (ack->resample)
				resampled |= BIT(pin);
		}
	vtx_ioapic_watch(irqchip, watched, resampled);
}

static struct vtx_routes *
make_routes(struct vtx_irqchip *irqchip,
	    const struct kvm_irq_routing_entry *entries, u32 nr)
{
	struct vtx_routes *routes;
	u32 i, gsis = 0;
	int err;

	for (i = 0; i < nr; i++) {
		if (entries[i].gsi >= VTX_MAX_ROUTES)
			return ERR_PTR(-EINVAL);
		gsis = max(gsis, entries[i].gsi + 1);
	}
	routes = kvzalloc(struct_size(routes, route, gsis),
			  GFP_KERNEL_ACCOUNT);
	if (!routes)
		return ERR_PTR(-ENOMEM);
	routes->nr = gsis;
	memset(routes->gsi, NO_GSI, sizeof(routes->gsi));
	for (i = 0; i < nr; i++) {
		err = add_route(irqchip, routes, &entries[i]);
		if (err) {
			kvfree(routes);
			return ERR_PTR(err);
		}
	}
	return routes;
}

/**
 * vtx_routes_set() - KVM_SET_GSI_ROUTING
 * @irqchip: the VM's, with local APICs
 * @entries: the routes, in place of all that there are
 * @nr: how many; may be 0
 *
 * When it returns no interrupt goes along the old routes any more.  May sleep.
 *
 * Return: 0; with nothing changed -EINVAL for a GSI from VTX_MAX_ROUTES on, a
 * kind of route that there is not (with user space's PIC and IOAPIC, pins), flags
 * other than KVM_MSI_VALID_DEVID of a message, pins or addresses that do not
 * exist, several messages or several pins of a chip for a GSI, or both; -ENOMEM.
 */
int vtx_routes_set(struct vtx_irqchip *irqchip,
		   const struct kvm_irq_routing_entry *entries, u32 nr)
{
	struct vtx_routes *old, *new = make_routes(irqchip, entries, nr);

	if (IS_ERR(new))
		return PTR_ERR(new);
	mutex_lock(&irqchip->lock);
	old = routes_of(irqchip);
	rcu_assign_pointer(irqchip->routes, new);
	watch(irqchip);
	mutex_unlock(&irqchip->lock);
	if (old) {
		synchronize_rcu_expedited();
		kvfree(old);
	}
	return 0;
}

/**
 * vtx_routes_set_default() - the routes of a PC
 * @irqchip: the VM's, under the VM's lock
 *
 * GSI n is pin n of the IOAPIC, and below 16 also of the PICs.  That the PIT
 * is at pin 2 of the IOAPIC is for user space to say.  May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int vtx_routes_set_default(struct vtx_irqchip *irqchip)
{
	struct kvm_irq_routing_entry *entries;
	u32 gsi, nr = 0;
	int err;

	entries = kcalloc(2 * PIC_PINS + VTX_IOAPIC_PINS, sizeof(*entries),
			  GFP_KERNEL_ACCOUNT);
	if (!entries)
		return -ENOMEM;
	for (gsi = 0; gsi < VTX_IOAPIC_PINS; gsi++) {
		entries[nr].gsi = gsi;
		entries[nr].type = KVM_IRQ_ROUTING_IRQCHIP;
		entries[nr].u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC;
		entries[nr++].u.irqchip.pin = gsi;
		if (gsi >= 2 * PIC_PINS)
			continue;
		entries[nr].gsi = gsi;
		entries[nr].type = KVM_IRQ_ROUTING_IRQCHIP;
		entries[nr].u.irqchip.irqchip = gsi / PIC_PINS;
		entries[nr++].u.irqchip.pin = gsi % PIC_PINS;
	}
	err = vtx_routes_set(irqchip, entries, nr);
	kfree(entries);
	return err;
}

/**
 * vtx_routes_destroy() - the end of a VM's routes
 * @irqchip: the VM's, which nobody uses any more
 */
void vtx_routes_destroy(struct vtx_irqchip *irqchip)
{
	kvfree(rcu_dereference_protected(irqchip->routes, true));
	RCU_INIT_POINTER(irqchip->routes, NULL);
}

/**
 * vtx_irq_ack_add() - be told when a guest has handled an interrupt
 * @irqchip: the VM's, with PICs and IOAPIC
 * @ack: whom to tell, filled in but for @node
 *
 * May sleep.
 */
void vtx_irq_ack_add(struct vtx_irqchip *irqchip, struct vtx_irq_ack *ack)
{
	mutex_lock(&irqchip->lock);
	hlist_add_head_rcu(&ack->node, &irqchip->acks);
	watch(irqchip);
	mutex_unlock(&irqchip->lock);
}

/**
 * vtx_irq_ack_remove() - be told no more
 * @irqchip: the VM's
 * @ack: what vtx_irq_ack_add() was given
 *
 * When this returns @ack is not called any more.  May sleep; waits for an
 * expedited grace period.
 */
void vtx_irq_ack_remove(struct vtx_irqchip *irqchip, struct vtx_irq_ack *ack)
{
	mutex_lock(&irqchip->lock);
	hlist_del_rcu(&ack->node);
	watch(irqchip);
	mutex_unlock(&irqchip->lock);
	synchronize_rcu_expedited();
}

/**
 * vtx_irq_acked() - a guest has handled the interrupt of a pin
 * @irqchip: the VM's
 * @chip: KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE or KVM_IRQCHIP_IOAPIC
 * @pin: of that chip
 *
 * Any context; no lock of a chip is held.
 */
void vtx_irq_acked(struct vtx_irqchip *irqchip, u32 chip, unsigned int pin)
{
	const struct vtx_routes *routes;
	struct vtx_irq_ack *ack;
	bool released = false;
	int gsi;

	if (hlist_empty(&irqchip->acks))
		return;
	rcu_read_lock();
	routes = rcu_dereference(irqchip->routes);
	gsi = routes ? routes->gsi[chip][pin] : NO_GSI;
	hlist_for_each_entry_rcu(ack, &irqchip->acks, node) {
		if (gsi == NO_GSI || ack->gsi != gsi)
			continue;
		/* Once, before any of them can assert it again. */
		if (ack->resample && !released) {
			released = true;
			vtx_irq_set(irqchip, VTX_IRQ_SOURCE_RESAMPLE, gsi,
				    false);
		}
		ack->acked(ack);
	}
	rcu_read_unlock();
}
