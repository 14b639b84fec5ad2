/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_REGISTER_COALESCED_MMIO: writes that user space may learn of later.
 */
#ifndef VTX_MODULE_COALESCED_H
#define VTX_MODULE_COALESCED_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

struct vtx_io_bus;

/**
 * struct vtx_coalesced - the coalescing zones of a VM and their ring
 * @lock: held to change or walk @zones
 * @zones: all of them
 * @pio: (i) the bus of the ports
 * @mmio: (i) the bus of the addresses
 * @ring_lock: held to write to @ring
 * @ring: (i) the page that user space maps and may write to at any time
 *
 * (i) constant
 */
struct vtx_coalesced {
	struct mutex			lock;	/* the zones */
	struct list_head		zones;
	struct vtx_io_bus		*pio;
	struct vtx_io_bus		*mmio;
	spinlock_t			ring_lock; /* writers of the ring */
	struct kvm_coalesced_mmio_ring	*ring;
};

int vtx_coalesced_init(struct vtx_coalesced *coalesced, struct vtx_io_bus *pio,
		       struct vtx_io_bus *mmio);
void vtx_coalesced_destroy(struct vtx_coalesced *coalesced);
struct page *vtx_coalesced_page(struct vtx_coalesced *coalesced);
int vtx_coalesced_register(struct vtx_coalesced *coalesced,
			   const struct kvm_coalesced_mmio_zone *zone);
int vtx_coalesced_unregister(struct vtx_coalesced *coalesced,
			     const struct kvm_coalesced_mmio_zone *zone);

#endif /* VTX_MODULE_COALESCED_H */
