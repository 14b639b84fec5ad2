// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_REGISTER_COALESCED_MMIO: writes that user space may learn of later.
 *
 * A write into a zone goes into a ring, and the guest goes on; user space looks
 * into the ring when it has been returned to for another reason.  All vCPUs of a
 * VM share one ring, a page of each vCPU's mapping.  User space moves @first, vtx
 * moves @last; user space can write to all of it at any time, so nothing there
 * is trusted.  A full ring makes the write go to user space like any other, and
 * so does a ring whose @last makes no sense.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "module/coalesced.h"
#include "arch-x86/io_bus.h"

/**
 * struct coalesced_zone - a zone
 * @range: its range on the bus
 * @list: in the VM's list
 * @coalesced: where the ring is
 * @bus: its bus
 * @pio: it is one of ports
 *
 * Constant once it is on the bus, but for @list.
 */
struct coalesced_zone {
	struct vtx_io_range	range;
	struct list_head	list;
	struct vtx_coalesced	*coalesced;
	struct vtx_io_bus	*bus;
	bool			pio;
};

static bool zone_has(const struct coalesced_zone *zone, u64 gpa, u64 len)
{
	/* Right also for a zone at the very top, whose end is 0. */
	u64 size = zone->range.end - zone->range.start;
	u64 offset = gpa - zone->range.start;

	return gpa >= zone->range.start && offset <= size &&
	       len <= size - offset;
}

static bool ring_put(struct kvm_coalesced_mmio_ring *ring,
		     const struct kvm_coalesced_mmio *entry)
{
	u32 last = READ_ONCE(ring->last), next;

	if (last >= KVM_COALESCED_MMIO_MAX)
		return false;
	last = array_index_nospec(last, KVM_COALESCED_MMIO_MAX);
	/* One entry stays free, to tell a full ring from an empty one. */
	next = (last + 1) % KVM_COALESCED_MMIO_MAX;
	if (next == READ_ONCE(ring->first))
		return false;
	ring->coalesced_mmio[last] = *entry;
	/* User space, which sees the new last, must see the entry. */
	smp_store_release(&ring->last, next);
	return true;
}

static bool zone_write(struct vtx_io_range *range, u64 gpa, unsigned int len,
		       const void *value)
{
	struct coalesced_zone *zone = container_of(range, struct coalesced_zone, range);
	struct vtx_coalesced *coalesced = zone->coalesced;
	struct kvm_coalesced_mmio entry = {
		.phys_addr = gpa, .len = len, .pio = zone->pio,
	};
	bool done;

	if (!value || len > sizeof(entry.data) || !zone_has(zone, gpa, len))
		return false;
	memcpy(entry.data, value, len);
	spin_lock(&coalesced->ring_lock);
	done = ring_put(coalesced->ring, &entry);
	spin_unlock(&coalesced->ring_lock);
	return done;
}

/* By vtx_coalesced_unregister(), with the lock, or at the end of the VM. */
static void zone_release(struct vtx_io_range *range)
{
	struct coalesced_zone *zone = container_of(range, struct coalesced_zone, range);

	list_del(&zone->list);
	kfree(zone);
}

static const struct vtx_io_ops zone_ops = {
	.write		= zone_write,
	.release	= zone_release,
};

/**
 * vtx_coalesced_init() - there is no zone yet, but a ring
 * @coalesced: the VM's, to be filled in
 * @pio: the VM's ports
 * @mmio: the VM's addresses
 *
 * Return: 0 or -ENOMEM.
 */
int vtx_coalesced_init(struct vtx_coalesced *coalesced, struct vtx_io_bus *pio,
		       struct vtx_io_bus *mmio)
{
	mutex_init(&coalesced->lock);
	INIT_LIST_HEAD(&coalesced->zones);
	coalesced->pio = pio;
	coalesced->mmio = mmio;
	spin_lock_init(&coalesced->ring_lock);
	coalesced->ring = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	return coalesced->ring ? 0 : -ENOMEM;
}

/**
 * vtx_coalesced_destroy() - free the ring
 * @coalesced: the VM's, after the end of the buses, which released the zones
 *
 * User space may still have the page mapped: its mapping holds it.
 */
void vtx_coalesced_destroy(struct vtx_coalesced *coalesced)
{
	free_page((unsigned long)coalesced->ring);
}

/**
 * vtx_coalesced_page() - the page of the ring, to be mapped
 * @coalesced: the VM's
 *
 * Return: the page, without another reference.
 */
struct page *vtx_coalesced_page(struct vtx_coalesced *coalesced)
{
	return virt_to_page(coalesced->ring);
}

/**
 * vtx_coalesced_register() - KVM_REGISTER_COALESCED_MMIO
 * @coalesced: the VM's
 * @request: the zone
 *
 * Zones may overlap.  vCPUs may run meanwhile.  May sleep.
 *
 * Return: 0, or with nothing changed -EINVAL if it is neither of ports nor of
 * addresses or goes beyond the last address, -ENOMEM, -ENOSPC if there are too
 * many.
 */
int vtx_coalesced_register(struct vtx_coalesced *coalesced,
			   const struct kvm_coalesced_mmio_zone *request)
{
	struct coalesced_zone *zone;
	int err;

	if (request->pio > 1 ||
	    (request->size && request->addr + request->size - 1 < request->addr))
		return -EINVAL;
	zone = kmalloc(sizeof(*zone), GFP_KERNEL_ACCOUNT);
	if (!zone)
		return -ENOMEM;
	*zone = (struct coalesced_zone){
		.range.start	= request->addr,
		.range.end	= request->addr + request->size,
		.range.ops	= &zone_ops,
		.coalesced	= coalesced,
		.bus		= request->pio ? coalesced->pio :
						 coalesced->mmio,
		.pio		= request->pio,
	};

	mutex_lock(&coalesced->lock);
	list_add_tail(&zone->list, &coalesced->zones);
	err = vtx_io_bus_add(zone->bus, &zone->range);
	if (err) {
		list_del(&zone->list);
		kfree(zone);
	}
	mutex_unlock(&coalesced->lock);
	return err;
}

/**
 * vtx_coalesced_unregister() - KVM_UNREGISTER_COALESCED_MMIO
 * @coalesced: the VM's
 * @request: part of a zone
 *
 * Takes away each zone that has all of @request.  vCPUs may run meanwhile;
 * afterwards none of them writes to the ring because of such a zone.  May sleep.
 *
 * Return: 0, also if there was none, or -EINVAL if @request is neither of ports
 * nor of addresses.
 */
int vtx_coalesced_unregister(struct vtx_coalesced *coalesced,
			     const struct kvm_coalesced_mmio_zone *request)
{
	struct coalesced_zone *zone, *next;

	if (request->pio > 1)
		return -EINVAL;
	mutex_lock(&coalesced->lock);
	list_for_each_entry_safe(zone, next, &coalesced->zones, list)
		if (zone->pio == request->pio &&
		    zone_has(zone, request->addr, request->size))
			vtx_io_bus_remove(zone->bus, &zone->range);
	mutex_unlock(&coalesced->lock);
	return 0;
}
