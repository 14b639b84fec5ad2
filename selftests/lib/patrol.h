/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Patrols: guests that go round and round in their memory, write to some pages
 * and look at all, while the test does things to that memory behind their back.
 *
 * A busy page holds the number of the last round, so a write that got lost, or
 * a page of yesterday, is found one round later.  The test looks from its side
 * by patrol_coherent(): guest and process must see the same page.
 */
#ifndef SELFTESTS_LIB_PATROL_H
#define SELFTESTS_LIB_PATROL_H

#include <pthread.h>
#include <stdbool.h>

#include "lib/event.h"
#include "lib/memory.h"

#define PATROLS_MAX	4
#define PATROL_PATTERN	0x5a5a1234

/**
 * struct orders - what the guest reads and writes; see payload/patrol.h
 * @stop: tells it to end
 * @rounds: how often it has been round
 * @zero_ok: words may become 0 at any time
 * @busy: its busy pages
 * @busy_pages: how many
 * @quiet: its quiet pages
 * @quiet_pages: how many
 * @pattern: what they hold
 * @where: the wrong word
 * @seen: what it held
 */
struct orders {
	__u32	stop;
	__u32	rounds;
	__u32	zero_ok;
	__u32	busy;
	__u32	busy_pages;
	__u32	quiet;
	__u32	quiet_pages;
	__u32	pattern;
	__u32	where;
	__u32	seen;
};

/**
 * struct patrol - a vCPU on patrol
 * @vcpu: it
 * @orders: in its guest's memory
 * @busy: its busy pages, here
 * @may_fault: KVM_RUN may fail with EFAULT, and is called again
 * @faults: how often it did
 * @over: it does not run any more
 * @end: why
 * @thread: that runs it
 */
struct patrol {
	struct vcpu		vcpu;
	struct orders	*orders;
	__u32		*busy;
	bool			may_fault;
	unsigned long		faults;
	bool			over;
	struct event		end;
	pthread_t		thread;
};

/**
 * struct patrols - all patrols of a VM
 * @guest: the VM
 * @nr: how many
 * @memory: behind the slot at FAR_GPA: for each patrol its busy pages, and then
 *	the quiet ones, which they share
 * @busy_pages: of each patrol
 * @quiet_pages: of all together
 * @patrol: each
 */
struct patrols {
	struct guest	guest;
	int		nr;
	char		*memory;
	int		busy_pages;
	int		quiet_pages;
	struct patrol	patrol[PATROLS_MAX];
};

void vcpu_enable_interrupts(struct vcpu *vcpu);
void patrols_create(struct patrols *patrols, int nr, void *memory,
		    int busy_pages, int quiet_pages);
void patrols_start(struct patrols *patrols);
bool patrols_go_on(struct patrols *patrols, int rounds);
bool patrols_coherent(struct patrols *patrols);
bool patrols_stop(struct patrols *patrols);
void patrols_destroy(struct patrols *patrols);

static inline size_t patrols_bytes(const struct patrols *patrols)
{
	return (patrols->nr * patrols->busy_pages + patrols->quiet_pages) *
	       PAGE;
}

static inline char *patrols_quiet(const struct patrols *patrols)
{
	return patrols->memory + patrols->nr * patrols->busy_pages * PAGE;
}

#endif /* SELFTESTS_LIB_PATROL_H */
