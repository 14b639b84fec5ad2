// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records in guest memory that have a version: odd while the record is being
 * written, another one each time.  A guest that has read it looks whether the
 * version is even and still what it was.
 */
#include "module/compat.h"

#include <asm/barrier.h>

#include "ept/guest_mem.h"
#include "arch-x86/versioned.h"

/**
 * vtx_write_versioned() - write a record
 * @mem: the VM's memory; its process is the current one
 * @gpa: where; so aligned that the version is, to 4 bytes
 * @record: what; its version is made from the one that is there
 * @size: bytes of it
 * @version_at: where in it the version is, 32 bits
 *
 * May sleep.  Only one at a time may write to a record.
 *
 * Return: 0, or as vtx_mem_write(); the version may be odd then.
 */
int vtx_write_versioned(struct vtx_mem *mem, u64 gpa, void *record, size_t size,
			size_t version_at)
{
	u32 *version = record + version_at;
	int err;

	err = vtx_mem_read(mem, gpa + version_at, version, sizeof(*version));
	if (err)
		return err;
	*version = (*version + 1) | 1;
	err = vtx_mem_store32(mem, gpa + version_at, *version);
	if (err)
		return err;
	/* Odd before the rest, for another vCPU that reads along. */
	smp_wmb();
	err = vtx_mem_write(mem, gpa, record, size);
	/* And even after it. */
	smp_wmb();
	++*version;
	return err ?: vtx_mem_store32(mem, gpa + version_at, *version);
}
