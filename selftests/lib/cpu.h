/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's CPUs: which there are, and taking them offline and back.
 */
#ifndef SELFTESTS_LIB_CPU_H
#define SELFTESTS_LIB_CPU_H

#include <stdbool.h>

int cpus_online(void);
int cpus_present(void);
int cpus_possible(void);
int cpu_last_online(void);
int cpu_set_online(int cpu, bool online);
void cpus_set_all_online(void);

#endif /* SELFTESTS_LIB_CPU_H */
