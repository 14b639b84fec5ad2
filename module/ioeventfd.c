// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_IOEVENTFD: a guest's write becomes a signal of an eventfd.
 *
 * An ioeventfd is a range of a bus.  One of length 0 does not ask for the
 * length of a write, nor for its value: it says yes already when the write is
 * offered before the instruction has been decoded, and so the emulator is never
 * entered.
 *
 * It holds the eventfd, not its file: who closes the file loses the signals, and
 * the ioeventfd stays until it is taken away or the VM ends, as with KVM.
 */
#include "module/compat.h"

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "module/ioeventfd.h"
#include "arch-x86/io_bus.h"

/* KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY is of another architecture. */
#define VALID_FLAGS							\
	(KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_PIO |	\
	 KVM_IOEVENTFD_FLAG_DEASSIGN)

/**
 * struct ioeventfd - one of them
 * @range: its range on the bus: the bytes of the write
 * @list: in the VM's list
 * @bus: its bus
 * @eventfd: what is signalled
 * @len: which length a write must have, 0 for any
 * @wildcard: the value does not matter
 * @datamatch: else: which value it must have
 *
 * Constant once it is on the bus, but for @list.
 */
struct ioeventfd {
	struct vtx_io_range	range;
	struct list_head	list;
	struct vtx_io_bus	*bus;
	struct eventfd_ctx	*eventfd;
	unsigned int		len;
	bool			wildcard;
	u64			datamatch;
};

static struct ioeventfd *to_ioeventfd(struct vtx_io_range *range)
{
	return container_of(range, struct ioeventfd, range);
}

static noinline bool ioeventfd_matches(const struct ioeventfd *fd,
				       const void *value)
{
	u64 seen = 0;

	memcpy(&seen, value, fd->len);	/* at most 8 bytes, lowest first */
	return seen == fd->datamatch;
}

/* Is a write one that this ioeventfd waits for? */
static bool ioeventfd_wants(const struct ioeventfd *fd, u64 gpa,
			    unsigned int len, const void *value)
{
	if (gpa != fd->range.start)
		return false;
	if (!fd->len)
		return true;
	return value && len == fd->len &&
	       (fd->wildcard || ioeventfd_matches(fd, value));
}

static bool ioeventfd_write(struct vtx_io_range *range, u64 gpa,
			    unsigned int len, const void *value)
{
	struct ioeventfd *fd = to_ioeventfd(range);

	if (!ioeventfd_wants(fd, gpa, len, value))
		return false;
	eventfd_signal(fd->eventfd);
	return true;
}

/* By vtx_ioeventfd(), with the lock, or at the end of the VM. */
static void ioeventfd_release(struct vtx_io_range *range)
{
	struct ioeventfd *fd = to_ioeventfd(range);

	list_del(&fd->list);
	eventfd_ctx_put(fd->eventfd);
	kfree(fd);
}

static const struct vtx_io_ops ioeventfd_ops = {
	.write		= ioeventfd_write,
	.release	= ioeventfd_release,
};

/* Would there be a write that both want? */
static bool ioeventfds_collide(const struct ioeventfd *a,
			       const struct ioeventfd *b)
{
	if (a->bus != b->bus || a->range.start != b->range.start)
		return false;
	if (!a->len || !b->len)
		return true;
	return a->len == b->len && (a->wildcard || b->wildcard ||
				    a->datamatch == b->datamatch);
}

static void ioeventfd_fill(struct ioeventfd *fd, struct vtx_io_bus *bus,
			   struct eventfd_ctx *eventfd,
			   const struct kvm_ioeventfd *request)
{
	*fd = (struct ioeventfd){
		.range.start	= request->addr,
		.range.end	= request->addr + (request->len ?: 1),
		.range.ops	= &ioeventfd_ops,
		.range.doorbell	= !request->len,
		.bus		= bus,
		.eventfd	= eventfd,
		.len		= request->len,
		.wildcard	= !(request->flags &
				    KVM_IOEVENTFD_FLAG_DATAMATCH),
		.datamatch	= request->datamatch,
	};
}

/* Takes over the reference of @wanted->eventfd if it succeeds. */
static int assign(struct vtx_ioeventfds *fds, const struct ioeventfd *wanted)
{
	struct ioeventfd *fd;
	int err;

	lockdep_assert_held(&fds->lock);
	list_for_each_entry(fd, &fds->list, list)
		if (ioeventfds_collide(fd, wanted))
			return -EEXIST;
	fd = kmemdup(wanted, sizeof(*wanted), GFP_KERNEL_ACCOUNT);
	if (!fd)
		return -ENOMEM;
	list_add_tail(&fd->list, &fds->list);
	err = vtx_io_bus_add(fd->bus, &fd->range);
	if (err) {
		list_del(&fd->list);
		kfree(fd);
	}
	return err;
}

static int deassign(struct vtx_ioeventfds *fds, const struct ioeventfd *wanted)
{
	struct ioeventfd *fd;

	lockdep_assert_held(&fds->lock);
	list_for_each_entry(fd, &fds->list, list)
		if (fd->eventfd == wanted->eventfd && fd->bus == wanted->bus &&
		    fd->range.start == wanted->range.start &&
		    fd->len == wanted->len &&
		    fd->wildcard == wanted->wildcard &&
		    (fd->wildcard || fd->datamatch == wanted->datamatch)) {
			vtx_io_bus_remove(fd->bus, &fd->range);
			return 0;
		}
	return -ENOENT;
}

static int check_request(const struct kvm_ioeventfd *request)
{
	if (request->flags & ~VALID_FLAGS)
		return -EINVAL;
	/* To take away what cannot be there has no other error than ENOENT. */
	if (request->flags & KVM_IOEVENTFD_FLAG_DEASSIGN)
		return 0;
	switch (request->len) {
	case 0:
		if (request->flags & KVM_IOEVENTFD_FLAG_DATAMATCH)
			return -EINVAL;
		break;
	case 1:
	case 2:
	case 4:
	case 8:
		break;
	default:
		return -EINVAL;
	}
	return request->addr + request->len < request->addr ? -EINVAL : 0;
}

/**
 * vtx_ioeventfds_init() - there is none yet
 * @fds: the VM's, to be filled in
 * @pio: the VM's ports
 * @mmio: the VM's addresses
 *
 * There is no counterpart: the end of the buses releases what is left.
 */
void vtx_ioeventfds_init(struct vtx_ioeventfds *fds, struct vtx_io_bus *pio,
			 struct vtx_io_bus *mmio)
{
	mutex_init(&fds->lock);
	INIT_LIST_HEAD(&fds->list);
	fds->pio = pio;
	fds->mmio = mmio;
}

/**
 * vtx_ioeventfd() - KVM_IOEVENTFD
 * @fds: the VM's ioeventfds
 * @request: what user space wants
 *
 * vCPUs may run meanwhile.  When it has taken an ioeventfd away no signal of it
 * is still to come.  May sleep.
 *
 * Return: 0, or with nothing changed -EINVAL for a request that makes no sense
 * (flags, length, an end beyond the last address, a value to compare but no
 * length) or a descriptor that is no eventfd, -EBADF for one that is not open,
 * -EEXIST if another ioeventfd wants the same writes, -ENOENT if there is none
 * to take away, -ENOMEM, -ENOSPC if there are too many.
 */
int vtx_ioeventfd(struct vtx_ioeventfds *fds,
		  const struct kvm_ioeventfd *request)
{
	bool remove = request->flags & KVM_IOEVENTFD_FLAG_DEASSIGN;
	struct eventfd_ctx *eventfd;
	struct ioeventfd wanted;
	int err;

	err = check_request(request);
	if (err)
		return err;
	eventfd = eventfd_ctx_fdget(request->fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	ioeventfd_fill(&wanted, request->flags & KVM_IOEVENTFD_FLAG_PIO ?
		       fds->pio : fds->mmio, eventfd, request);

	mutex_lock(&fds->lock);
	err = remove ? deassign(fds, &wanted) : assign(fds, &wanted);
	mutex_unlock(&fds->lock);
	if (remove || err)
		eventfd_ctx_put(eventfd);
	return err;
}
