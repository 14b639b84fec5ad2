/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A task's registers, and where they are in its TSS.
 *
 * Everything here is a pure function of its arguments.
 */
#ifndef VTX_ARCH_X86_TSS_H
#define VTX_ARCH_X86_TSS_H

#include <linux/build_bug.h>
#include <linux/types.h>

#include "arch-x86/vmx/segment.h"

/* A TSS has them in the order of their encodings; 64-bit mode has no tasks. */
#define VTX_TASK_GPRS	8

/**
 * struct vtx_tss32 - SDM 3A "Task-State Segment (TSS)"
 * @link: selector of the task to return to
 * @stack: ESP0, SS0 to ESP2, SS2
 * @cr3: CR3
 * @eip: EIP
 * @eflags: EFLAGS
 * @gpr: EAX to EDI
 * @segment: ES to GS; the upper halves are reserved
 * @ldt: LDTR, likewise
 * @trap: bit 0: the T flag
 * @io_map: where the I/O permission bitmap is
 */
struct vtx_tss32 {
	u32	link;
	u32	stack[6];
	u32	cr3;
	u32	eip;
	u32	eflags;
	u32	gpr[VTX_TASK_GPRS];
	struct {
		u16	selector;
		u16	reserved;
	} segment[6];
	u32	ldt;
	u16	trap;
	u16	io_map;
};

static_assert(sizeof(struct vtx_tss32) == 0x68);

/**
 * struct vtx_tss16 - SDM 3A "16-Bit Task-State Segment (TSS)"
 * @link: selector of the task to return to
 * @stack: SP0, SS0 to SP2, SS2
 * @ip: IP
 * @flags: FLAGS
 * @gpr: AX to DI
 * @segment: ES, CS, SS, DS
 * @ldt: LDTR
 */
struct vtx_tss16 {
	u16	link;
	u16	stack[6];
	u16	ip;
	u16	flags;
	u16	gpr[VTX_TASK_GPRS];
	u16	segment[4];
	u16	ldt;
};

static_assert(sizeof(struct vtx_tss16) == 0x2c);

/**
 * union vtx_tss - a TSS, as far as the CPU needs it
 * @wide: a 32-bit one
 * @narrow: a 16-bit one
 */
union vtx_tss {
	struct vtx_tss32	wide;
	struct vtx_tss16	narrow;
};

/**
 * struct vtx_task - what a TSS has of a task
 * @gpr: EAX to EDI
 * @eip: EIP
 * @eflags: EFLAGS
 * @cr3: CR3; a 16-bit TSS has none
 * @selector: VTX_ES to VTX_LDTR; a 16-bit TSS has no FS and GS: they are null
 * @trap: the T flag: a debug exception is wanted
 */
struct vtx_task {
	u32	gpr[VTX_TASK_GPRS];
	u32	eip;
	u32	eflags;
	u32	cr3;
	u16	selector[VTX_LDTR + 1];
	bool	trap;
};

/**
 * vtx_tss_size() - how much of a TSS the CPU needs
 * @wide: a 32-bit one
 *
 * Return: bytes.
 */
static inline u32 vtx_tss_size(bool wide)
{
	return wide ? sizeof(struct vtx_tss32) : sizeof(struct vtx_tss16);
}

void vtx_tss_save(bool wide, const struct vtx_task *task, union vtx_tss *tss);
void vtx_tss_saved(bool wide, u32 *offset, u32 *size);
void vtx_tss_load(bool wide, const union vtx_tss *tss, struct vtx_task *task);

#endif /* VTX_ARCH_X86_TSS_H */
