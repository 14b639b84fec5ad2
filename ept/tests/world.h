/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real thing without a guest: a process, memory of it, and a VM that has it.
 */
#ifndef VTX_EPT_TESTS_WORLD_H
#define VTX_EPT_TESTS_WORLD_H

#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/mman.h>
#include <linux/types.h>

#include "ept/fault.h"
#include "ept/mem.h"

/* The first slot, number 0. */
#define GFN	0x100ULL
#define PAGES	16UL
#define GPA	(GFN << PAGE_SHIFT)
#define RW	(PROT_READ | PROT_WRITE)
#define SIZE_2M	(512 * PAGE_SIZE)

/**
 * struct world - what a test has
 * @mem: the VM's memory
 * @alive: it is to be destroyed
 * @orphan: to be destroyed after the process
 * @kicks: calls of kick_all()
 * @hva: anonymous memory behind the first slot
 * @err: of the last fault
 */
struct world {
	struct vtx_mem	mem;
	bool		alive;
	bool		orphan;
	atomic_t	kicks;
	unsigned long	hva;
	int		err;
};

int world_init(struct kunit *test);
void world_exit(struct kunit *test);
void world_suite_exit(struct kunit_suite *suite);

int set_slot(struct world *world, u32 id, u64 gfn, u64 pages,
	     unsigned long hva, u32 flags);
long leaves(struct world *world, int level);
enum vtx_mem_fault fault_at(struct world *world, u64 gpa, unsigned int access);
enum vtx_mem_fault fault(struct world *world, u64 page, unsigned int access);
u64 leaf_of(struct world *world, u64 gfn, int *level);
u64 leaf(struct world *world, u64 page);
u64 guest_value(struct world *world, u64 page);
unsigned long huge_memory(struct kunit *test, unsigned long size);
void poke(struct kunit *test, struct world *world, u64 page, u64 value);
void drop(struct world *world, u64 page, u64 pages);

#endif /* VTX_EPT_TESTS_WORLD_H */
