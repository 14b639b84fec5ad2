// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts on their way to local APICs.
 *
 * The APICs of a VM are in a table by their vCPU's id.  It only grows, and an
 * APIC lives as long as its VM, so a sender needs no lock; RCU is there for the
 * old, smaller table.
 *
 * To whom a message goes is said by the APICs, one by one (vtx_lapic_matches()).
 * What makes that quick is that few have to be asked: in most VMs an id is the
 * vCPU's, and in x2APIC mode so is the logical id.  Where it is not so, which
 * two counters tell, all are asked.  An APIC whose id or mode changes at this
 * very moment may be missed, as it may on a bus.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "arch-x86/event.h"
#include "arch-x86/irqchip/delivery.h"
#include "arch-x86/irqchip/irqchip.h"

/* In x2APIC mode a cluster has this many, with ids that follow one another. */
#define CLUSTER		16U

/**
 * struct vtx_apics - the local APICs of a VM
 * @rcu: to free it
 * @nr: all ids are below
 * @lapic: the APICs by vCPU id, NULL where there is none
 */
struct vtx_apics {
	struct rcu_head		rcu;
	u32			nr;
	struct vtx_lapic	*lapic[];
};

/* The APICs that have to be asked: ids from @first up to, but not with, @end. */
struct id_range {
	u32	first;
	u32	end;
};

/* The VM's lock is held, or nobody else has the VM any more. */
static struct vtx_apics *apics_of(struct vtx_irqchip *irqchip)
{
	return rcu_dereference_protected(irqchip->apics, true);
}

/**
 * vtx_irqchip_reserve() - make room for one more local APIC
 * @irqchip: the VM's, under the VM's lock
 * @id: its vCPU's id
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int vtx_irqchip_reserve(struct vtx_irqchip *irqchip, u32 id)
{
	struct vtx_apics *old = apics_of(irqchip), *new;
	u32 i, nr;

	if (!irqchip->created || (old && id < old->nr))
		return 0;
	nr = roundup_pow_of_two(max(id + 1, CLUSTER));
	new = kvzalloc(struct_size(new, lapic, nr), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->nr = nr;
	for (i = 0; old && i < old->nr; i++)
		new->lapic[i] = old->lapic[i];
	rcu_assign_pointer(irqchip->apics, new);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/**
 * vtx_irqchip_add() - let a new vCPU's local APIC be found
 * @irqchip: the VM's, under the VM's lock; there is room
 * @vcpu: the vCPU, with or without a local APIC
 */
void vtx_irqchip_add(struct vtx_irqchip *irqchip, struct vtx_vcpu *vcpu)
{
	if (vcpu->lapic)
		WRITE_ONCE(apics_of(irqchip)->lapic[vcpu->id], vcpu->lapic);
}

/**
 * vtx_irqchip_forget() - the end of the table of a VM's local APICs
 * @irqchip: the VM's, which nobody uses any more
 */
void vtx_irqchip_forget(struct vtx_irqchip *irqchip)
{
	kvfree(apics_of(irqchip));
}

/**
 * vtx_lapic_count() - count an APIC by what it is now
 * @irqchip: the VM's
 * @lapic: the APIC, the caller's own, whose id or mode may have changed
 */
void vtx_lapic_count(struct vtx_irqchip *irqchip, struct vtx_lapic *lapic)
{
	bool stray = lapic->mode != VTX_APIC_OFF &&
		     lapic->id != lapic->x2apic_id;
	bool xapic = lapic->mode == VTX_APIC_XAPIC;

	if (stray != lapic->stray)
		atomic_add(stray ? 1 : -1, &irqchip->strays);
	if (xapic != lapic->xapic)
		atomic_add(xapic ? 1 : -1, &irqchip->xapics);
	lapic->stray = stray;
	lapic->xapic = xapic;
}

static struct id_range whom_to_ask(const struct vtx_irqchip *irqchip,
				const struct vtx_apics *apics,
				const struct vtx_apic_message *message)
{
	u32 dest = message->dest;
	struct id_range range = { 0, apics->nr };

	if (message->shorthand || dest == message->everybody)
		return range;
	/* In xAPIC mode it means everybody in any case. */
	if (dest == VTX_APIC_ALL && atomic_read(&irqchip->xapics))
		return range;
	if (!message->logical && !atomic_read(&irqchip->strays)) {
		range.first = min(dest, apics->nr);
		range.end = min(range.first + 1, apics->nr);
	} else if (message->logical && !atomic_read(&irqchip->xapics)) {
		range.first = min((dest >> 16) * CLUSTER, apics->nr);
		range.end = min(range.first + CLUSTER, apics->nr);
	}
	return range;
}

static bool is_meant(const struct vtx_lapic *lapic,
		     const struct vtx_lapic *source,
		     const struct vtx_apic_message *message)
{
	switch (message->shorthand) {
	case VTX_APIC_SELF:
		return lapic == source;
	case VTX_APIC_ALL_BUT_SELF:
		if (lapic == source)
			return false;
		fallthrough;
	case VTX_APIC_ALL_INCLUDING:
		return READ_ONCE(lapic->mode) != VTX_APIC_OFF;
	case VTX_APIC_DEST:
		break;
	}
	return vtx_lapic_matches(lapic, message);
}

/* The next that is meant, from @range->first on, which moves behind it. */
static struct vtx_lapic *next(const struct vtx_apics *apics,
			      struct id_range *range,
			      const struct vtx_lapic *source,
			      const struct vtx_apic_message *message)
{
	while (range->first < range->end) {
		u32 id = array_index_nospec(range->first, apics->nr);
		struct vtx_lapic *lapic = READ_ONCE(apics->lapic[id]);

		range->first++;
		if (lapic && is_meant(lapic, source, message))
			return lapic;
	}
	return NULL;
}

static void tell(struct vtx_lapic *lapic, enum vtx_request request)
{
	vtx_vcpu_request(lapic->vcpu, request);
}

/* Return: true if it was taken. */
static bool deliver(struct vtx_lapic *lapic,
		    const struct vtx_apic_message *message)
{
	switch (message->delivery) {
	case VTX_APIC_FIXED:
	case VTX_APIC_LOWEST:
		if (!vtx_lapic_enabled(lapic))
			return false;
		if (vtx_lapic_receive(lapic, message->vector, message->level))
			tell(lapic, VTX_REQ_EVENT);
		return true;
	case VTX_APIC_NMI:
		vtx_event_nmi(lapic->vcpu);
		return true;
	case VTX_APIC_INIT:
		/* Synchronizes arbitration ids, which are no more. */
		if (message->level && message->deassert)
			return false;
		/* A startup IPI that has not been looked at is void. */
		WRITE_ONCE(lapic->arrivals, BIT(VTX_LAPIC_ARRIVED_INIT));
		tell(lapic, VTX_REQ_STARTUP);
		return true;
	case VTX_APIC_STARTUP:
		WRITE_ONCE(lapic->start_vector, message->vector);
		/* The vector first: set_bit() orders nothing by itself. */
		smp_mb__before_atomic();
		set_bit(VTX_LAPIC_ARRIVED_STARTUP, &lapic->arrivals);
		tell(lapic, VTX_REQ_STARTUP);
		return true;
	case VTX_APIC_SMI:
	case VTX_APIC_REMOTE_READ:
	case VTX_APIC_EXTINT:
		break;
	}
	return false;
}

/*
 * The one of several that gets it: chosen by the vector, so that different
 * interrupts go to different CPUs and each to the same one.
 */
static int deliver_to_one(const struct vtx_apics *apics, struct id_range range,
			  const struct vtx_lapic *source,
			  const struct vtx_apic_message *message)
{
	struct id_range again = range;
	struct vtx_lapic *lapic;
	u32 candidates = 0, chosen;

	while ((lapic = next(apics, &again, source, message)))
		candidates += vtx_lapic_enabled(lapic);
	if (!candidates)
		return 0;
	chosen = message->vector % candidates;
	while ((lapic = next(apics, &range, source, message)))
		if (vtx_lapic_enabled(lapic) && !chosen--)
			return deliver(lapic, message);
	return 0;
}

static int deliver_to_all(const struct vtx_apics *apics, struct id_range range,
			  const struct vtx_lapic *source,
			  const struct vtx_apic_message *message)
{
	struct vtx_lapic *lapic;
	int taken = 0;

	while ((lapic = next(apics, &range, source, message)))
		taken += deliver(lapic, message);
	return taken;
}

/**
 * vtx_irqchip_tell_extint() - the PICs' output has risen
 * @irqchip: the VM's
 *
 * It is wired to the LINT0 of all local APICs.  Any context.
 */
void vtx_irqchip_tell_extint(struct vtx_irqchip *irqchip)
{
	const struct vtx_apics *apics;
	struct vtx_lapic *lapic;
	u32 i;

	rcu_read_lock();
	apics = rcu_dereference(irqchip->apics);
	for (i = 0; apics && i < apics->nr; i++) {
		lapic = READ_ONCE(apics->lapic[i]);
		if (lapic && vtx_lapic_takes_extint(lapic))
			tell(lapic, VTX_REQ_EVENT);
	}
	rcu_read_unlock();
}

/**
 * vtx_irqchip_find() - who answers to an APIC id?
 * @irqchip: the VM's
 * @id: the id, in the mode that the APIC is in
 *
 * Any context.
 *
 * Return: the vCPU, which lives as long as its VM; NULL if there is none.
 */
struct vtx_vcpu *vtx_irqchip_find(struct vtx_irqchip *irqchip, u32 id)
{
	const struct vtx_apic_message message = {
		.dest = id, .everybody = VTX_X2APIC_ALL,
	};
	const struct vtx_apics *apics;
	struct vtx_lapic *lapic = NULL;
	struct id_range range;

	if (id == VTX_X2APIC_ALL)
		return NULL;
	rcu_read_lock();
	apics = rcu_dereference(irqchip->apics);
	if (apics) {
		range = whom_to_ask(irqchip, apics, &message);
		lapic = next(apics, &range, NULL, &message);
	}
	rcu_read_unlock();
	return lapic ? lapic->vcpu : NULL;
}

/**
 * vtx_irqchip_send() - send an interrupt to local APICs
 * @irqchip: the VM's
 * @source: the one that sends; NULL if it is another device
 * @message: what, and to whom
 *
 * Any context.
 *
 * Return: how many have taken it.
 */
int vtx_irqchip_send(struct vtx_irqchip *irqchip, struct vtx_lapic *source,
		     const struct vtx_apic_message *message)
{
	const struct vtx_apics *apics;
	struct id_range range;
	int taken = 0;

	if (message->shorthand == VTX_APIC_SELF)
		return deliver(source, message);
	rcu_read_lock();
	apics = rcu_dereference(irqchip->apics);
	if (apics) {
		range = whom_to_ask(irqchip, apics, message);
		if (message->delivery == VTX_APIC_LOWEST)
			taken = deliver_to_one(apics, range, source, message);
		else
			taken = deliver_to_all(apics, range, source, message);
	}
	rcu_read_unlock();
	return taken;
}

/**
 * vtx_irqchip_in_flight() - is an interrupt being handled?
 * @irqchip: the VM's
 * @message: the interrupt, with a vector
 *
 * Any context.  One that moves from IRR to ISR at this very moment may be
 * missed.
 *
 * Return: true if one of the local APICs that are meant has the vector in IRR or
 * ISR.
 */
bool vtx_irqchip_in_flight(struct vtx_irqchip *irqchip,
			   const struct vtx_apic_message *message)
{
	const struct vtx_apics *apics;
	struct vtx_lapic *lapic;
	struct id_range range;
	bool found = false;

	rcu_read_lock();
	apics = rcu_dereference(irqchip->apics);
	if (apics) {
		range = whom_to_ask(irqchip, apics, message);
		while (!found && (lapic = next(apics, &range, NULL, message)))
			found = vtx_lapic_has_vector(lapic, message->vector);
	}
	rcu_read_unlock();
	return found;
}
