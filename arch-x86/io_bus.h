/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who in the kernel answers at a port or a physical address: ioeventfds,
 * coalescing zones, and later devices.
 *
 * Readers are vCPUs with interrupts off: RCU.  Writers are rare and take the
 * bus's mutex.
 */
#ifndef VTX_ARCH_X86_IO_BUS_H
#define VTX_ARCH_X86_IO_BUS_H

#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct vtx_io_range;

/**
 * struct vtx_io_ops - what a range does
 * @write: a write of @len bytes at @gpa (or port).  Called under RCU, perhaps
 *	with interrupts off: must not sleep.  @value is NULL if it is not known
 *	(a fast path that has not decoded the instruction), then only a range
 *	without datamatch and of any length may say yes, which is a doorbell.
 *	The access begins in
 *	the range, but may end behind it.  May be NULL.  Return: true if it is
 *	done, false to let the next range, or user space, have it.
 * @read: likewise a read, into @value; may be NULL
 * @release: the range is off the bus and no vCPU looks at it any more; may
 *	sleep
 */
struct vtx_io_ops {
	bool (*write)(struct vtx_io_range *range, u64 gpa, unsigned int len,
		      const void *value);
	bool (*read)(struct vtx_io_range *range, u64 gpa, unsigned int len,
		     void *value);
	void (*release)(struct vtx_io_range *range);
};

/**
 * struct vtx_io_range - part of a bus
 * @start: first port or guest-physical address
 * @end: the one after the last; 0 for a range that goes up to the very top
 * @ops: what it does
 * @doorbell: it may take a write of which neither length nor value is known
 */
struct vtx_io_range {
	u64				start;
	u64				end;
	const struct vtx_io_ops		*ops;
	bool				doorbell;
};

/**
 * struct vtx_io_ranges - the ranges of a bus, sorted by start; never changed
 * @rcu: to free it
 * @nr: how many
 * @longest: length of the longest, which bounds a search
 * @range: the ranges
 */
struct vtx_io_ranges {
	struct rcu_head		rcu;
	unsigned int		nr;
	u64			longest;
	struct vtx_io_range	*range[];
};

/**
 * struct vtx_io_bus - ports or physical addresses of a VM
 * @lock: held to change the others
 * @ranges: (r) the ranges, NULL if there are none
 * @doorbells: (w) how many of them are doorbells; read by anybody
 *
 * (r) RCU; written under @lock
 * (w) written under @lock
 */
struct vtx_io_bus {
	struct mutex			lock;	/* writers */
	struct vtx_io_ranges __rcu	*ranges;
	unsigned int			doorbells;
};

void vtx_io_bus_init(struct vtx_io_bus *bus);
void vtx_io_bus_destroy(struct vtx_io_bus *bus);
int vtx_io_bus_add(struct vtx_io_bus *bus, struct vtx_io_range *range);
bool vtx_io_bus_remove(struct vtx_io_bus *bus, struct vtx_io_range *range);
bool vtx_io_bus_write(struct vtx_io_bus *bus, u64 gpa, unsigned int len,
		      const void *value);
bool vtx_io_bus_read(struct vtx_io_bus *bus, u64 gpa, unsigned int len,
		     void *value);

/**
 * vtx_io_bus_empty() - does nobody answer on this bus?
 * @bus: the bus
 *
 * Return: true if so, at this moment.
 */
static inline bool vtx_io_bus_empty(const struct vtx_io_bus *bus)
{
	return !rcu_access_pointer(bus->ranges);
}

/**
 * vtx_io_bus_has_doorbells() - might a write be taken before it is decoded?
 * @bus: the bus
 *
 * Return: false if not, at this moment.
 */
static inline bool vtx_io_bus_has_doorbells(const struct vtx_io_bus *bus)
{
	return READ_ONCE(bus->doorbells);
}

#endif /* VTX_ARCH_X86_IO_BUS_H */
