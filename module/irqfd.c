// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_IRQFD: a signal of an eventfd becomes an interrupt.
 *
 * An irqfd hangs in the eventfd's wait queue, ahead of all others, and does its
 * work in the wakeup: with interrupts off, under the queue's lock, in whatever
 * context the signal comes.  Routes and chips can be used there, so the GSI is
 * looked up each time, and there is nothing to be told when routes change.  A
 * GSI may have no route yet: then the signal is lost.
 *
 * Whoever takes an irqfd off the list, under list_lock, is the one that ends it.
 * That is KVM_IRQFD, or the end of the VM; or the wakeup that says that the
 * eventfd is closed.  There the queue's lock is held, so a worker does the rest:
 *
 *   1. off the queue: no wakeup runs any more, nor comes
 *   2. with a resample eventfd: not told of the interrupt's end any more; then
 *      the line is released, unless there are others of that kind
 *   3. the eventfds' references, and the memory
 *
 * With KVM_IRQFD_FLAG_RESAMPLE the line stays up until the guest has handled the
 * interrupt; then all irqfds of that kind for the GSI are told together, and let
 * go of it together: see struct vtx_irq_ack.
 */
#include "module/compat.h"

#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "module/irqfd.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/irqchip/route.h"

/**
 * struct irqfd - one of them
 * @fds: (i) the VM's
 * @list: (l) in the VM's list
 * @ending: (l) it is not, and somebody ends it
 * @eventfd: (i) what is waited for
 * @resamplefd: (i) what is signalled when the guest has handled the interrupt,
 *	or NULL
 * @ack: then: how that is known
 * @gsi: (i) the interrupt
 * @wait: in the eventfd's queue
 * @poll: how to get there
 * @end: ends it
 *
 * (i) constant
 * (l) @fds->list_lock
 */
struct irqfd {
	struct vtx_irqfds	*fds;
	struct list_head	list;
	bool			ending;
	struct eventfd_ctx	*eventfd;
	struct eventfd_ctx	*resamplefd;
	struct vtx_irq_ack	ack;
	u32			gsi;
	wait_queue_entry_t	wait;
	poll_table		poll;
	struct work_struct	end;
};

/* For those whose eventfd was closed; of its own, to be able to wait for it. */
static struct workqueue_struct *end_queue;

static void inject(struct irqfd *fd)
{
	struct vtx_irqchip *irqchip = fd->fds->irqchip;

	if (fd->resamplefd) {
		vtx_irq_set(irqchip, VTX_IRQ_SOURCE_RESAMPLE, fd->gsi, true);
		return;
	}
	vtx_irq_set(irqchip, VTX_IRQ_SOURCE_USER, fd->gsi, true);
	vtx_irq_set(irqchip, VTX_IRQ_SOURCE_USER, fd->gsi, false);
}

/* The guest has handled the interrupt.  The line is down by now. */
static void acked(struct vtx_irq_ack *ack)
{
	eventfd_signal(container_of(ack, struct irqfd, ack)->resamplefd);
}

/* Is there one that resamples a GSI? */
static bool is_resampled(struct vtx_irqfds *fds, u32 gsi)
{
	struct irqfd *fd;
	bool found = false;

	spin_lock_irq(&fds->list_lock);
	list_for_each_entry(fd, &fds->list, list)
		found |= fd->resamplefd && fd->gsi == gsi;
	spin_unlock_irq(&fds->list_lock);
	return found;
}

/* The lock, lest a new one asserts the line between the look and the release. */
static void end_resampling(struct irqfd *fd)
{
	struct vtx_irqfds *fds = fd->fds;

	mutex_lock(&fds->resample_lock);
	vtx_irq_ack_remove(fds->irqchip, &fd->ack);
	if (!is_resampled(fds, fd->gsi))
		vtx_irq_set(fds->irqchip, VTX_IRQ_SOURCE_RESAMPLE, fd->gsi,
			    false);
	mutex_unlock(&fds->resample_lock);
	eventfd_ctx_put(fd->resamplefd);
}

/* It is on no list any more, and the caller is the one who has seen to that. */
static void end(struct irqfd *fd)
{
	u64 count;

	eventfd_ctx_remove_wait_queue(fd->eventfd, &fd->wait, &count);
	if (fd->resamplefd)
		end_resampling(fd);
	eventfd_ctx_put(fd->eventfd);
	kfree(fd);
}

static void end_work(struct work_struct *work)
{
	end(container_of(work, struct irqfd, end));
}

/* The eventfd is being closed.  Interrupts are off. */
static void hang_up(struct irqfd *fd)
{
	spin_lock(&fd->fds->list_lock);
	if (!fd->ending) {
		fd->ending = true;
		list_del(&fd->list);
		queue_work(end_queue, &fd->end);
	}
	spin_unlock(&fd->fds->list_lock);
}

/*
 * Called with the lock of the eventfd's queue, and interrupts off.
 *
 * Return: not 0 if it is done with, and others need not be woken.
 */
static int woken(wait_queue_entry_t *wait, unsigned int mode, int sync,
		 void *key)
{
	struct irqfd *fd = container_of(wait, struct irqfd, wait);
	__poll_t events = key_to_poll(key);
	u64 count;
	int ret = 0;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(fd->eventfd, &count);
		inject(fd);
		ret = 1;
	}
	if (events & EPOLLHUP)
		hang_up(fd);
	return ret;
}

static void hang_into(struct file *file, wait_queue_head_t *queue,
		      poll_table *poll)
{
	add_wait_queue_priority(queue,
				&container_of(poll, struct irqfd, poll)->wait);
}

/* Not if another irqfd of the VM has the same eventfd. */
static int add_to_list(struct vtx_irqfds *fds, struct irqfd *new)
{
	struct irqfd *fd;
	int err = 0;

	spin_lock_irq(&fds->list_lock);
	list_for_each_entry(fd, &fds->list, list)
		if (fd->eventfd == new->eventfd)
			err = -EBUSY;
	if (!err)
		list_add(&new->list, &fds->list);
	spin_unlock_irq(&fds->list_lock);
	return err;
}

/*
 * With the lock; and while the file is held it cannot be closed, so nobody ends
 * the irqfd before it is complete.
 */
static int assign_file(struct vtx_irqfds *fds, struct irqfd *fd,
		       struct file *file)
{
	int err;

	mutex_lock(&fds->resample_lock);
	err = add_to_list(fds, fd);
	if (!err && fd->resamplefd)
		vtx_irq_ack_add(fds->irqchip, &fd->ack);
	mutex_unlock(&fds->resample_lock);
	if (err)
		return err;
	fds->used = true;
	init_waitqueue_func_entry(&fd->wait, woken);
	init_poll_funcptr(&fd->poll, hang_into);
	/* A signal that came before is as good as one that comes now. */
	if (vfs_poll(file, &fd->poll) & EPOLLIN)
		inject(fd);
	return 0;
}

static int get_resamplefd(struct irqfd *fd, const struct kvm_irqfd *request)
{
	struct eventfd_ctx *resamplefd;

	if (!(request->flags & KVM_IRQFD_FLAG_RESAMPLE))
		return 0;
	resamplefd = eventfd_ctx_fdget(request->resamplefd);
	if (IS_ERR(resamplefd))
		return PTR_ERR(resamplefd);
	fd->resamplefd = resamplefd;
	fd->ack.gsi = request->gsi;
	fd->ack.resample = true;
	fd->ack.acked = acked;
	return 0;
}

/* Whoever could hear of the end of an interrupt must be in the kernel. */
static bool allowed(const struct vtx_irqchip *irqchip,
		    const struct kvm_irqfd *request)
{
	return request->flags & KVM_IRQFD_FLAG_RESAMPLE ?
	       vtx_irqchip_whole(irqchip) : vtx_irqchip_present(irqchip);
}

static int assign(struct vtx_irqfds *fds, const struct kvm_irqfd *request)
{
	struct file *file;
	struct irqfd *fd;
	int err;

	if (!allowed(fds->irqchip, request))
		return -EINVAL;
	fd = kzalloc(sizeof(*fd), GFP_KERNEL_ACCOUNT);
	if (!fd)
		return -ENOMEM;
	fd->fds = fds;
	fd->gsi = request->gsi;
	INIT_WORK(&fd->end, end_work);
	file = fget(request->fd);
	if (!file) {
		err = -EBADF;
		goto free;
	}
	fd->eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(fd->eventfd)) {
		err = PTR_ERR(fd->eventfd);
		goto put_file;
	}
	err = get_resamplefd(fd, request);
	if (err)
		goto put_eventfd;
	err = assign_file(fds, fd, file);
	if (err)
		goto put_resamplefd;
	fput(file);
	return 0;

put_resamplefd:
	if (fd->resamplefd)
		eventfd_ctx_put(fd->resamplefd);
put_eventfd:
	eventfd_ctx_put(fd->eventfd);
put_file:
	fput(file);
free:
	kfree(fd);
	return err;
}

/* Take from the list those with an eventfd and a GSI; all if it is NULL. */
static void take(struct vtx_irqfds *fds, struct list_head *taken,
		 const struct eventfd_ctx *eventfd, u32 gsi)
{
	struct irqfd *fd, *next;

	spin_lock_irq(&fds->list_lock);
	list_for_each_entry_safe(fd, next, &fds->list, list)
		if (!eventfd || (fd->eventfd == eventfd && fd->gsi == gsi)) {
			fd->ending = true;
			list_move(&fd->list, taken);
		}
	spin_unlock_irq(&fds->list_lock);
}

static void end_all(struct list_head *taken)
{
	struct irqfd *fd, *next;

	list_for_each_entry_safe(fd, next, taken, list)
		end(fd);
	/* Those whose eventfd was closed just now are somebody else's. */
	flush_workqueue(end_queue);
}

static int deassign(struct vtx_irqfds *fds, const struct kvm_irqfd *request)
{
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(request->fd);
	LIST_HEAD(taken);

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	take(fds, &taken, eventfd, request->gsi);
	end_all(&taken);
	eventfd_ctx_put(eventfd);
	return 0;
}

/**
 * vtx_irqfd() - KVM_IRQFD
 * @fds: the VM's irqfds
 * @request: what user space wants
 *
 * Several irqfds may have the same GSI.  When it has taken an irqfd away no
 * interrupt of it is still to come.  May sleep.
 *
 * Return: 0, also if there is none to take away; with nothing changed -EINVAL for
 * other flags, for interrupt controllers of user space's (for
 * KVM_IRQFD_FLAG_RESAMPLE also if only PICs and IOAPIC are), or a descriptor that
 * is no eventfd, -EBADF for one that is not open, -EBUSY if the VM has an irqfd
 * with this eventfd, -ENOMEM.
 */
int vtx_irqfd(struct vtx_irqfds *fds, const struct kvm_irqfd *request)
{
	int err;

	if (request->flags & ~(u32)(KVM_IRQFD_FLAG_DEASSIGN |
				    KVM_IRQFD_FLAG_RESAMPLE))
		return -EINVAL;
	mutex_lock(&fds->lock);
	err = request->flags & KVM_IRQFD_FLAG_DEASSIGN ?
	      deassign(fds, request) : assign(fds, request);
	mutex_unlock(&fds->lock);
	return err;
}

/**
 * vtx_irqfds_init() - there is none yet
 * @fds: the VM's, to be filled in
 * @irqchip: the VM's interrupt controllers
 */
void vtx_irqfds_init(struct vtx_irqfds *fds, struct vtx_irqchip *irqchip)
{
	fds->irqchip = irqchip;
	mutex_init(&fds->lock);
	mutex_init(&fds->resample_lock);
	spin_lock_init(&fds->list_lock);
	INIT_LIST_HEAD(&fds->list);
}

/**
 * vtx_irqfds_destroy() - end all that are left
 * @fds: those of a VM that ends; its interrupt controllers are still there
 *
 * May sleep; at once if there never was one.
 */
void vtx_irqfds_destroy(struct vtx_irqfds *fds)
{
	LIST_HEAD(taken);

	if (!fds->used)
		return;
	take(fds, &taken, NULL, 0);
	end_all(&taken);
}

/**
 * vtx_irqfds_load() - get ready for irqfds
 *
 * Called once, at load.
 *
 * Return: 0 or -ENOMEM.
 */
int vtx_irqfds_load(void)
{
	end_queue = alloc_workqueue("vtx-irqfd", 0, 0);
	return end_queue ? 0 : -ENOMEM;
}

/**
 * vtx_irqfds_unload() - the opposite of vtx_irqfds_load()
 *
 * There are no VMs any more.
 */
void vtx_irqfds_unload(void)
{
	destroy_workqueue(end_queue);
}
