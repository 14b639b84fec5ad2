/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory slots, and the memory behind them.
 */
#ifndef SELFTESTS_LIB_MEMORY_H
#define SELFTESTS_LIB_MEMORY_H

#include <stddef.h>

#include "lib/guest.h"

#define PAGE		4096UL
#define HUGE		(512 * PAGE)

/* Beyond what lib/guest.c uses; any of it may have slots of the test's own. */
#define FAR_GPA		0x10000000ULL
#define FAR_SLOT	1

/* Memory that somebody else changes meanwhile; in the order of the program. */
#define LOAD(place)		__atomic_load_n(&(place), __ATOMIC_ACQUIRE)
#define STORE(place, value)	__atomic_store_n(&(place), value, __ATOMIC_RELEASE)

int slot_set(const struct guest *guest, __u32 id, __u64 gpa, __u64 size,
	     const void *memory, __u32 flags);
int slot_delete(const struct guest *guest, __u32 id);
void *memory_map(size_t size, int flags, int fd);
void *memory_map_huge(size_t size);
void huge_allow(void);
void huge_restore(void);
long memory_kbytes(const void *address, const char *name);
long vm_event(const char *name);
int knob_set(const char *path, long value);
long knob_get(const char *path);

#endif /* SELFTESTS_LIB_MEMORY_H */
