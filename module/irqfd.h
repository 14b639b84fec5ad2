/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_IRQFD: a signal becomes an interrupt.
 */
#ifndef VTX_MODULE_IRQFD_H
#define VTX_MODULE_IRQFD_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

struct vtx_irqchip;

/**
 * struct vtx_irqfds - the irqfds of a VM
 * @irqchip: (i) the VM's interrupt controllers
 * @lock: held to make irqfds and to end them, but for those that end because
 *	their eventfd is closed
 * @resample_lock: held while who resamples becomes more or less; inside @lock
 * @list_lock: held to change or walk @list; with interrupts off, perhaps in a
 *	wakeup
 * @list: those that work
 * @used: (w) there has been one
 *
 * (i) constant
 * (w) written under @lock
 */
struct vtx_irqfds {
	struct vtx_irqchip	*irqchip;
	struct mutex		lock;		/* which there are */
	struct mutex		resample_lock;	/* who holds lines */
	spinlock_t		list_lock;	/* the list */
	struct list_head	list;
	bool			used;
};

int vtx_irqfds_load(void);
void vtx_irqfds_unload(void);
void vtx_irqfds_init(struct vtx_irqfds *fds, struct vtx_irqchip *irqchip);
void vtx_irqfds_destroy(struct vtx_irqfds *fds);
int vtx_irqfd(struct vtx_irqfds *fds, const struct kvm_irqfd *request);

#endif /* VTX_MODULE_IRQFD_H */
