/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A crew of threads that create and close VMs, all at the same time.
 */
#ifndef SELFTESTS_LIB_CREW_H
#define SELFTESTS_LIB_CREW_H

#include <pthread.h>

#define CREW_MAX	16

/**
 * struct crew - threads at work
 * @vtx: the device
 * @cycles: how many VMs each thread makes; 0: until crew_join()
 * @created: how many VMs have been made so far
 * @err: first error of a creation, -errno; it ends the thread that got it
 * @stop: true tells the threads to end
 * @threads: their number
 * @thread: the threads
 */
struct crew {
	int		vtx;
	long		cycles;
	long		created;
	int		err;
	int		stop;
	int		threads;
	pthread_t	thread[CREW_MAX];
};

int crew_start(struct crew *crew, int threads, long cycles);
int crew_join(struct crew *crew);

#endif /* SELFTESTS_LIB_CREW_H */
