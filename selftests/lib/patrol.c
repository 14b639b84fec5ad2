// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "lib/patrol.h"
#include "payload/patrol.h"

#define OFFSET(member, value)						\
	static_assert(offsetof(struct orders, member) == (value), #member)

OFFSET(stop, ORDERS_STOP);
OFFSET(rounds, ORDERS_ROUNDS);
OFFSET(zero_ok, ORDERS_ZERO_OK);
OFFSET(busy, ORDERS_BUSY);
OFFSET(busy_pages, ORDERS_BUSY_PAGES);
OFFSET(quiet, ORDERS_QUIET);
OFFSET(quiet_pages, ORDERS_QUIET_PAGES);
OFFSET(pattern, ORDERS_PATTERN);
OFFSET(where, ORDERS_WHERE);
OFFSET(seen, ORDERS_SEEN);

/* Each patrol's orders have a page to themselves. */
#define ORDERS_GPA(n)	(GUEST_FREE + (n) * PAGE)

/* Seconds without a round before a patrol is taken to be stuck. */
#define STUCK		60

/**
 * vcpu_enable_interrupts() - let a vCPU run with IF set
 * @vcpu: it; no interrupt will come, there is no interrupt controller
 *
 * For guests that go on for ever: some emulated CPUs hold the host's interrupts
 * back while a guest has its own disabled.
 */
void vcpu_enable_interrupts(struct vcpu *vcpu)
{
	vcpu_set_reg(vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
}

static void write_orders(struct patrols *patrols, int n)
{
	struct patrol *patrol = &patrols->patrol[n];
	size_t busy = n * patrols->busy_pages * PAGE;

	patrol->orders = guest_at(&patrols->guest, ORDERS_GPA(n));
	patrol->busy = (__u32 *)(patrols->memory + busy);
	*patrol->orders = (struct orders){
		.busy = FAR_GPA + busy,
		.busy_pages = patrols->busy_pages,
		.quiet = FAR_GPA + patrols->nr * patrols->busy_pages * PAGE,
		.quiet_pages = patrols->quiet_pages,
		.pattern = PATROL_PATTERN,
	};
}

/**
 * patrols_create() - create a VM with vCPUs that are ready to go
 * @patrols: they
 * @nr: how many
 * @memory: all zeroes, for patrols_bytes(); the quiet pages are filled here
 * @busy_pages: of each
 * @quiet_pages: of all together
 */
void patrols_create(struct patrols *patrols, int nr, void *memory,
		    int busy_pages, int quiet_pages)
{
	struct patrol *patrol;
	__u32 *word;
	int n;

	*patrols = (struct patrols){
		.nr = nr, .memory = memory, .busy_pages = busy_pages,
		.quiet_pages = quiet_pages,
	};
	for (n = 0; n < quiet_pages; n++) {
		word = (__u32 *)(patrols_quiet(patrols) + n * PAGE);
		word[PATROL_FIRST / 4] = PATROL_PATTERN;
		word[PATROL_LAST / 4] = PATROL_PATTERN;
	}
	guest_create(&patrols->guest);
	MUST(!slot_set(&patrols->guest, FAR_SLOT, FAR_GPA,
		       patrols_bytes(patrols), memory, 0));
	for (n = 0; n < nr; n++) {
		patrol = &patrols->patrol[n];
		vcpu_create(&patrol->vcpu, &patrols->guest, n);
		vcpu_start(&patrol->vcpu, "patrol32", MODE_PROT32, 0);
		vcpu_set_reg(&patrol->vcpu, rbp, ORDERS_GPA(n));
		vcpu_enable_interrupts(&patrol->vcpu);
		write_orders(patrols, n);
	}
}

static bool goes_on(const struct patrol *patrol)
{
	if (patrol->end.what != FAILED)
		return false;
	if (patrol->end.value == EFAULT)
		return LOAD(patrol->may_fault);
	return patrol->end.value == EINTR || patrol->end.value == EAGAIN;
}

static void *patrol_run(void *arg)
{
	struct patrol *patrol = arg;

	for (;;) {
		vcpu_wait(&patrol->vcpu, MODE_PROT32, &patrol->end);
		if (!goes_on(patrol))
			break;
		__atomic_add_fetch(&patrol->faults, 1, __ATOMIC_RELAXED);
		sched_yield();
	}
	STORE(patrol->over, true);
	return NULL;
}

/**
 * patrols_start() - send them off
 * @patrols: they
 */
void patrols_start(struct patrols *patrols)
{
	struct patrol *patrol;
	int n;

	for (n = 0; n < patrols->nr; n++) {
		patrol = &patrols->patrol[n];
		MUST(!pthread_create(&patrol->thread, NULL, patrol_run,
				     patrol));
	}
}

static bool wrong(const struct patrol *patrol)
{
	printf("# vCPU %d, round %u: %s", patrol->vcpu.id,
	       patrol->orders->rounds, event_text(&patrol->end));
	if (patrol->end.what == RESULT && patrol->end.value == PATROL_WRONG)
		printf(", %#x found at %#x", patrol->orders->seen,
		       patrol->orders->where);
	printf("\n");
	return false;
}

static void take_a_break(void)
{
	struct timespec moment = { .tv_nsec = 1000000 };

	nanosleep(&moment, NULL);
}

/**
 * patrols_go_on() - wait for more rounds
 * @patrols: they
 * @rounds: how many, of each
 *
 * Return: false if one has found something wrong, or does not move.
 */
bool patrols_go_on(struct patrols *patrols, int rounds)
{
	__u32 from[PATROLS_MAX];
	struct patrol *patrol;
	time_t start = time(NULL);
	int n;

	for (n = 0; n < patrols->nr; n++)
		from[n] = LOAD(patrols->patrol[n].orders->rounds);
	for (n = 0; n < patrols->nr; n++) {
		patrol = &patrols->patrol[n];
		while (LOAD(patrol->orders->rounds) - from[n] < (__u32)rounds) {
			if (LOAD(patrol->over))
				return wrong(patrol);
			if (time(NULL) - start > STUCK) {
				printf("# vCPU %d is stuck in round %u\n", n,
				       patrol->orders->rounds);
				return false;
			}
			take_a_break();
		}
	}
	return true;
}

/**
 * patrols_coherent() - does the process see what the guest writes?
 * @patrols: they; with zero_ok, two rounds since anything was dropped
 *
 * Return: true if all busy pages hold the number of a round that the guest was
 * in while they were looked at.
 */
bool patrols_coherent(struct patrols *patrols)
{
	struct patrol *patrol;
	__u32 before, seen;
	int n, page;

	for (n = 0; n < patrols->nr; n++) {
		patrol = &patrols->patrol[n];
		for (page = 0; page < patrols->busy_pages; page++) {
			before = LOAD(patrol->orders->rounds);
			seen = LOAD(patrol->busy[page * PAGE / 4]);
			if (seen - before <= LOAD(patrol->orders->rounds) + 1 - before)
				continue;
			printf("# vCPU %d, page %d: %u in round %u\n", n, page,
			       seen, before);
			return false;
		}
	}
	return true;
}

/**
 * patrols_stop() - call them back
 * @patrols: they
 *
 * Return: false if one has found something wrong.
 */
bool patrols_stop(struct patrols *patrols)
{
	struct patrol *patrol;
	bool fine = true;
	int n;

	for (n = 0; n < patrols->nr; n++)
		STORE(patrols->patrol[n].orders->stop, 1);
	for (n = 0; n < patrols->nr; n++) {
		patrol = &patrols->patrol[n];
		pthread_join(patrol->thread, NULL);
		if (patrol->end.what != RESULT ||
		    patrol->end.value != PATROL_OVER)
			fine = wrong(patrol);
	}
	return fine;
}

/**
 * patrols_destroy() - close the VM; the memory stays
 * @patrols: they, called back
 */
void patrols_destroy(struct patrols *patrols)
{
	int n;

	for (n = 0; n < patrols->nr; n++)
		vcpu_destroy(&patrols->patrol[n].vcpu);
	guest_destroy(&patrols->guest);
}
