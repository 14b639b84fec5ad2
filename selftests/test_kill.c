// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a process may be killed at any moment, and no VM and no VMX is left
 * when it is gone.
 *
 * KILLS (100): how many processes are killed.
 * SEED: of the moments; printed, to be given for a repetition.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/crew.h"
#include "lib/harness.h"

/* The longest life, in microseconds from when the first VM exists. */
#define LIFE_MAX	5000

/*
 * Holds a VM, so that VMX stays on, or does not, so that it goes on and off;
 * threads create and close others all the time.  Says through @ready that it is
 * at it.
 */
static void victim(bool hold, int ready)
{
	int vm = hold ? vm_create(vtx_open()) : 0;
	struct crew crew;

	if (vm < 0 || crew_start(&crew, 2, 0))
		_exit(1);
	while (!__atomic_load_n(&crew.created, __ATOMIC_RELAXED))
		usleep(100);
	if (write(ready, "", 1) != 1)
		_exit(1);
	while (!__atomic_load_n(&crew.err, __ATOMIC_RELAXED))
		usleep(LIFE_MAX);
	_exit(1);
}

VTX_TEST(kill)
{
	long kills = vtx_number("KILLS", 100), i;
	unsigned int seed = vtx_number("SEED", time(NULL));
	long created = vtx_stat("vms_created");
	int ready[2], status, alive = 0;
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(ready));
	for (i = 0; i < kills; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			victim(i & 1, ready[1]);
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		usleep(rand_r(&seed) % LIFE_MAX);
		alive += vtx_stat("vms") > 0;
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status))
			TH_LOG("the victim gave up: status %#x", status);
		ASSERT_EQ(0, vtx_stat("vms"));
		ASSERT_EQ(0, vmx_cpus_on());
	}
	EXPECT_LE(kills / 2, alive);
	EXPECT_LE(created + kills, vtx_stat("vms_created"));
}

VTX_TEST_MAIN
