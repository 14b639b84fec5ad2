/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Task switches: SDM 3A "Task Management".
 */
#ifndef VTX_ARCH_X86_TASK_SWITCH_H
#define VTX_ARCH_X86_TASK_SWITCH_H

#include <linux/types.h>

#include "arch-x86/linear.h"
#include "arch-x86/tss.h"
#include "arch-x86/vmx/segment.h"

/* Returned by vtx_task_switch(): the guest gets an exception. */
#define VTX_TASK_FAULT	1

/**
 * enum vtx_task_source - what leads to the other task
 * @VTX_TASK_CALL: CALL
 * @VTX_TASK_IRET: IRET with RFLAGS.NT set
 * @VTX_TASK_JMP: JMP
 * @VTX_TASK_GATE: an event or INT n, through a task gate in the IDT
 *
 * Numbered as in the exit qualification.
 */
enum vtx_task_source {
	VTX_TASK_CALL,
	VTX_TASK_IRET,
	VTX_TASK_JMP,
	VTX_TASK_GATE,
};

/**
 * struct vtx_task_fault - an exception that ends a task switch
 * @vector: vector
 * @error: error code
 * @gva: the address of a page fault
 */
struct vtx_task_fault {
	u8	vector;
	u32	error;
	u64	gva;
};

/**
 * struct vtx_task_switch - a task switch, on a copy of the registers
 * @source: what leads to it
 * @external: it is an event from outside the program
 * @push_error: an error code goes onto the new task's stack
 * @error: which
 * @phys_bits: physical-address width, for the PDPTEs
 * @gdt_gva: where the GDT is
 * @gdt_limit: its limit
 * @tss: the new TSS; before the switch only its selector is looked at
 * @linear: how to reach memory; @linear.paging becomes the new task's
 * @task: registers, first the old task's, then the new one's
 * @segment: segment registers, likewise
 * @cr0: CR0, likewise
 * @new_cr3: CR3 is another one, and perhaps the PDPTEs
 * @entered: the registers are the new task's, also if it begins with a fault
 * @fault: with VTX_TASK_FAULT
 */
struct vtx_task_switch {
	enum vtx_task_source	source;
	bool			external;
	bool			push_error;
	u32			error;
	u8			phys_bits;
	u64			gdt_gva;
	u32			gdt_limit;
	struct vtx_vmx_segment	tss;

	struct vtx_linear	linear;
	struct vtx_task		task;
	struct vtx_vmx_segment	segment[VTX_NR_SEGMENTS];
	u64			cr0;

	bool			new_cr3;
	bool			entered;
	struct vtx_task_fault	fault;
};

int vtx_task_switch(struct vtx_task_switch *ts);

#endif /* VTX_ARCH_X86_TASK_SWITCH_H */
