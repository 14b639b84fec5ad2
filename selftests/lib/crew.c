// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "lib/crew.h"
#include "lib/vtx.h"

static void *work(void *arg)
{
	struct crew *crew = arg;
	int none = 0;
	long i;
	int vm;

	for (i = 0; !crew->cycles || i < crew->cycles; i++) {
		if (__atomic_load_n(&crew->stop, __ATOMIC_RELAXED))
			break;
		vm = vm_create(crew->vtx);
		if (vm < 0) {
			__atomic_compare_exchange_n(&crew->err, &none, vm,
						    false, __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED);
			break;
		}
		__atomic_add_fetch(&crew->created, 1, __ATOMIC_RELAXED);
		close(vm);
	}
	return NULL;
}

/**
 * crew_start() - start the threads
 * @crew: receives the state
 * @threads: how many, at most CREW_MAX
 * @cycles: how many VMs each makes; 0: until crew_join()
 *
 * Return: 0, or -errno with no thread running.
 */
int crew_start(struct crew *crew, int threads, long cycles)
{
	int err = 0;

	memset(crew, 0, sizeof(*crew));
	crew->cycles = cycles;
	crew->vtx = vtx_open();
	if (crew->vtx < 0)
		return crew->vtx;
	while (!err && crew->threads < threads && crew->threads < CREW_MAX) {
		err = -pthread_create(&crew->thread[crew->threads], NULL, work,
				      crew);
		crew->threads += !err;
	}
	if (err)
		crew_join(crew);
	return err;
}

/**
 * crew_join() - wait for the threads; those without a limit are told to end
 * @crew: from crew_start()
 *
 * Return: the first error that any of them met, -errno, or 0.
 */
int crew_join(struct crew *crew)
{
	if (!crew->cycles)
		__atomic_store_n(&crew->stop, 1, __ATOMIC_RELAXED);
	while (crew->threads)
		pthread_join(crew->thread[--crew->threads], NULL);
	close(crew->vtx);
	return crew->err;
}
