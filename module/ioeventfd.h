/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_IOEVENTFD: a guest's write becomes a signal.
 */
#ifndef VTX_MODULE_IOEVENTFD_H
#define VTX_MODULE_IOEVENTFD_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/mutex.h>

struct vtx_io_bus;

/**
 * struct vtx_ioeventfds - the ioeventfds of a VM
 * @lock: held to change or walk @list
 * @list: all of them
 * @pio: (i) the bus of the ports
 * @mmio: (i) the bus of the addresses
 *
 * (i) constant
 */
struct vtx_ioeventfds {
	struct mutex		lock;	/* the list */
	struct list_head	list;
	struct vtx_io_bus	*pio;
	struct vtx_io_bus	*mmio;
};

void vtx_ioeventfds_init(struct vtx_ioeventfds *fds, struct vtx_io_bus *pio,
			 struct vtx_io_bus *mmio);
int vtx_ioeventfd(struct vtx_ioeventfds *fds,
		  const struct kvm_ioeventfd *request);

#endif /* VTX_MODULE_IOEVENTFD_H */
