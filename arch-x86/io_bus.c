// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who in the kernel answers at a port or a physical address.
 *
 * The ranges are an array sorted by start, which is never changed: a writer
 * makes another one and publishes it.  A search finds the last range that
 * starts at or below the address and walks down from there, as long as even
 * the longest range could still reach the address.  Ranges may overlap; of those
 * that start at the same place the one that was added first is asked first.
 *
 * A range that was removed is not called any more when vtx_io_bus_remove()
 * returns.  That matters to user space: after it has taken an ioeventfd away it
 * looks for the last signal, and one that came later would be lost.  So a
 * removal waits for the readers, with an expedited grace period: tens of
 * microseconds, where an ordinary one takes tens of milliseconds.  Readers
 * are short and not preempted, so there is nothing else to wait for.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "arch-x86/io_bus.h"

/*
 * Ranges on a bus: each change copies the array, and user space must not have
 * arrays of any size.  Far above what machine monitors use: one for each
 * virtqueue.
 */
#define MAX_RANGES	65536

/*
 * More than fit into a page: an array that was replaced is waited for and freed
 * at once, lest those that wait for a grace period add up to much memory.
 */
#define MANY_RANGES	512

/* Among so many, one after the other is as fast as any search. */
#define FEW_RANGES	8

static struct vtx_io_ranges *current_ranges(struct vtx_io_bus *bus)
{
	return rcu_dereference_protected(bus->ranges,
					 lockdep_is_held(&bus->lock));
}

static u64 range_length(const struct vtx_io_range *range)
{
	/* Right also for a range at the very top, whose end is 0. */
	return range->end - range->start;
}

/* How many ranges start at an address or below. */
static __always_inline unsigned int
count_up_to(const struct vtx_io_ranges *ranges, u64 gpa)
{
	unsigned int low = 0, high = ranges->nr, middle;

	while (high - low > FEW_RANGES) {
		middle = low + (high - low) / 2;
		if (ranges->range[middle]->start <= gpa)
			low = middle + 1;
		else
			high = middle;
	}
	while (high > low && ranges->range[high - 1]->start > gpa)
		high--;
	return high;
}

/* How many ranges start below an address. */
static unsigned int count_below(const struct vtx_io_ranges *ranges, u64 gpa)
{
	return gpa ? count_up_to(ranges, gpa - 1) : 0;
}

static struct vtx_io_ranges *alloc_ranges(unsigned int nr, gfp_t gfp)
{
	struct vtx_io_ranges *ranges;

	ranges = kvmalloc(struct_size(ranges, range, nr), gfp);
	if (ranges)
		ranges->nr = nr;
	return ranges;
}

static void find_longest(struct vtx_io_ranges *ranges)
{
	unsigned int i;

	ranges->longest = 0;
	for (i = 0; i < ranges->nr; i++)
		ranges->longest = max(ranges->longest,
				      range_length(ranges->range[i]));
}

/**
 * vtx_io_bus_init() - make an empty bus
 * @bus: to be filled in
 */
void vtx_io_bus_init(struct vtx_io_bus *bus)
{
	mutex_init(&bus->lock);
	RCU_INIT_POINTER(bus->ranges, NULL);
	bus->doorbells = 0;
}

/**
 * vtx_io_bus_destroy() - release what is left on a bus
 * @bus: a bus of a VM whose vCPUs do not run any more
 *
 * May sleep; waits for no grace period.
 */
void vtx_io_bus_destroy(struct vtx_io_bus *bus)
{
	struct vtx_io_ranges *ranges = rcu_dereference_protected(bus->ranges,
								 true);
	unsigned int i;

	RCU_INIT_POINTER(bus->ranges, NULL);
	for (i = 0; ranges && i < ranges->nr; i++)
		ranges->range[i]->ops->release(ranges->range[i]);
	kvfree(ranges);
}

/**
 * vtx_io_bus_add() - put a range on a bus
 * @bus: the bus
 * @range: the range, not empty; the bus's until it is released
 *
 * vCPUs may run meanwhile.  May sleep; waits for a grace period only if there
 * are very many ranges.
 *
 * Return: 0, or with nothing changed -ENOMEM, or -ENOSPC if the bus is full.
 */
int vtx_io_bus_add(struct vtx_io_bus *bus, struct vtx_io_range *range)
{
	struct vtx_io_ranges *before, *after;
	unsigned int nr, at;

	mutex_lock(&bus->lock);
	before = current_ranges(bus);
	nr = before ? before->nr : 0;
	if (nr >= MAX_RANGES) {
		mutex_unlock(&bus->lock);
		return -ENOSPC;
	}
	after = alloc_ranges(nr + 1, GFP_KERNEL_ACCOUNT);
	if (!after) {
		mutex_unlock(&bus->lock);
		return -ENOMEM;
	}

	/* Below its equals: a search goes down, and shall meet it last. */
	at = before ? count_below(before, range->start) : 0;
	if (before) {
		memcpy(after->range, before->range,
		       at * sizeof(after->range[0]));
		memcpy(after->range + at + 1, before->range + at,
		       (nr - at) * sizeof(after->range[0]));
	}
	after->range[at] = range;
	after->longest = max(before ? before->longest : 0,
			     range_length(range));
	rcu_assign_pointer(bus->ranges, after);
	WRITE_ONCE(bus->doorbells, bus->doorbells + range->doorbell);
	mutex_unlock(&bus->lock);

	if (nr > MANY_RANGES) {
		synchronize_rcu_expedited();
		kvfree(before);
	} else if (before) {
		kvfree_rcu(before, rcu);
	}
	return 0;
}

/* Where a range is on a bus, or the number of ranges if it is not. */
static unsigned int find_range(const struct vtx_io_ranges *ranges,
			       const struct vtx_io_range *range)
{
	unsigned int i = count_below(ranges, range->start);

	for (; i < ranges->nr; i++) {
		if (ranges->range[i] == range)
			return i;
		if (ranges->range[i]->start != range->start)
			break;
	}
	return ranges->nr;
}

/**
 * vtx_io_bus_remove() - take a range off a bus and release it
 * @bus: the bus
 * @range: the range
 *
 * vCPUs may run meanwhile; when this returns, none calls @range any more.  May
 * sleep; waits for an expedited grace period.  Cannot fail: who takes away what
 * is there must not need more memory for it.
 *
 * Return: false if @range is not on the bus, or not any more.
 */
bool vtx_io_bus_remove(struct vtx_io_bus *bus, struct vtx_io_range *range)
{
	struct vtx_io_ranges *before, *after = NULL;
	unsigned int at;

	mutex_lock(&bus->lock);
	before = current_ranges(bus);
	at = before ? find_range(before, range) : 0;
	if (!before || at == before->nr) {
		mutex_unlock(&bus->lock);
		return false;
	}
	if (before->nr > 1) {
		after = alloc_ranges(before->nr - 1,
				     GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
		memcpy(after->range, before->range,
		       at * sizeof(after->range[0]));
		memcpy(after->range + at, before->range + at + 1,
		       (after->nr - at) * sizeof(after->range[0]));
		find_longest(after);
	}
	rcu_assign_pointer(bus->ranges, after);
	WRITE_ONCE(bus->doorbells, bus->doorbells - range->doorbell);
	mutex_unlock(&bus->lock);

	synchronize_rcu_expedited();
	kvfree(before);
	range->ops->release(range);
	return true;
}

static __always_inline bool take(struct vtx_io_range *range, bool write,
				 u64 gpa, unsigned int len, void *value)
{
	const struct vtx_io_ops *ops = range->ops;

	if (write)
		return ops->write && ops->write(range, gpa, len, value);
	return ops->read && ops->read(range, gpa, len, value);
}

/* Offer an access to one after the other, until one takes it. */
static __always_inline bool offer(struct vtx_io_bus *bus, bool write, u64 gpa,
				  unsigned int len, void *value)
{
	const struct vtx_io_ranges *ranges;
	struct vtx_io_range *range;
	bool done = false;
	unsigned int i;
	u64 offset;

	rcu_read_lock();
	ranges = rcu_dereference(bus->ranges);
	i = ranges ? count_up_to(ranges, gpa) : 0;
	while (i && !done) {
		range = ranges->range[--i];
		offset = gpa - range->start;
		if (offset >= ranges->longest)
			break;
		if (offset < range_length(range))
			done = take(range, write, gpa, len, value);
	}
	rcu_read_unlock();
	return done;
}

/**
 * vtx_io_bus_write() - offer a write to whoever is on a bus
 * @bus: the bus
 * @gpa: where it begins: a guest-physical address, or a port
 * @len: how many bytes; 0 if that is not known
 * @value: the bytes; NULL if they are not known
 *
 * Any context.  With @len and @value not known, which is so before the
 * instruction has been decoded, only such ranges take the write for which they
 * do not matter.
 *
 * Return: true if somebody took it: it is done.
 */
bool vtx_io_bus_write(struct vtx_io_bus *bus, u64 gpa, unsigned int len,
		      const void *value)
{
	return offer(bus, true, gpa, len, (void *)value);
}

/**
 * vtx_io_bus_read() - offer a read to whoever is on a bus
 * @bus: the bus
 * @gpa: where it begins: a guest-physical address, or a port
 * @len: how many bytes
 * @value: receives them
 *
 * Any context.
 *
 * Return: true if somebody took it: it is done.
 */
bool vtx_io_bus_read(struct vtx_io_bus *bus, u64 gpa, unsigned int len,
		     void *value)
{
	return offer(bus, false, gpa, len, value);
}
