/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EPT violations.
 */
#ifndef VTX_EPT_FAULT_H
#define VTX_EPT_FAULT_H

#include <linux/types.h>

#include "ept/mem.h"

/**
 * enum vtx_mem_access - what the guest was about to do, may be combined
 * @VTX_ACCESS_READ: read
 * @VTX_ACCESS_WRITE: write
 * @VTX_ACCESS_EXEC: fetch code
 *
 * Bits 2:0 of the exit qualification: SDM 3C "Exit Qualification for EPT
 * Violations".
 */
enum vtx_mem_access {
	VTX_ACCESS_READ		= 1,
	VTX_ACCESS_WRITE	= 2,
	VTX_ACCESS_EXEC		= 4,
};

/**
 * enum vtx_mem_fault - what came of a fault
 * @VTX_FAULT_MAPPED: the guest can go on
 * @VTX_FAULT_RETRY: nothing is decided: from vtx_mem_fault_fast(), call
 *	vtx_mem_fault(); from that, let the guest try again, after signals
 * @VTX_FAULT_MMIO: no slot has the address
 * @VTX_FAULT_READONLY: a write to a slot that is read-only
 * @VTX_FAULT_ERROR: the process's memory cannot be had
 */
enum vtx_mem_fault {
	VTX_FAULT_MAPPED,
	VTX_FAULT_RETRY,
	VTX_FAULT_MMIO,
	VTX_FAULT_READONLY,
	VTX_FAULT_ERROR,
};

int vtx_host_level(struct mm_struct *mm, unsigned long hva);
enum vtx_mem_fault vtx_mem_fault(struct vtx_mem *mem, u64 gpa,
				 unsigned int access, int *err);
enum vtx_mem_fault vtx_mem_fault_fast(struct vtx_mem *mem, u64 gpa,
				      unsigned int access);

#endif /* VTX_EPT_FAULT_H */
