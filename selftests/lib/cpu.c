// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>

#include "lib/cpu.h"
#include "lib/file.h"

#define SYS_CPU	"/sys/devices/system/cpu/"

/* Walk a list such as "0-2,5": how many CPUs, and which is the last? */
static int list_count(const char *name, int *last)
{
	char text[256], path[64], *at = text;
	int count = 0;

	snprintf(path, sizeof(path), SYS_CPU "%s", name);
	file_read(path, text, sizeof(text));
	while (*at >= '0' && *at <= '9') {
		int from = strtol(at, &at, 10);

		*last = *at == '-' ? strtol(at + 1, &at, 10) : from;
		count += *last - from + 1;
		at += *at == ',';
	}
	return count;
}

int cpus_online(void)
{
	int last;

	return list_count("online", &last);
}

int cpus_possible(void)
{
	int last;

	return list_count("possible", &last);
}

int cpus_present(void)
{
	int last;

	return list_count("present", &last);
}

/**
 * cpu_last_online() - the online CPU with the highest number
 *
 * Return: its number; 0 means that no CPU can be taken offline.
 */
int cpu_last_online(void)
{
	int last = 0;

	list_count("online", &last);
	return last;
}

/**
 * cpu_set_online() - take a CPU offline or bring it online
 * @cpu: its number
 * @online: what it shall be
 *
 * Return: 0, also if it was so already, or -errno.
 */
int cpu_set_online(int cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), SYS_CPU "cpu%d/online", cpu);
	return file_write(path, online ? "1" : "0");
}

/**
 * cpus_set_all_online() - undo what a test that failed has left behind
 */
void cpus_set_all_online(void)
{
	int cpu, last = 0;

	list_count("present", &last);
	for (cpu = 1; cpu <= last; cpu++)
		cpu_set_online(cpu, true);
}
