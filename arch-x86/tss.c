// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fields of a TSS that a task switch reads and writes.
 *
 * No state, no locks; everything may be called in any context.
 */
#include "module/compat.h"

#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include <asm/processor-flags.h>

#include "arch-x86/tss.h"

#define TSS_TRAP	BIT(0)

/* The bits of EFLAGS that exist: SDM 1 "EFLAGS Register". */
#define EFLAGS_BITS	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | \
			 X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_TF | \
			 X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_OF | \
			 X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_RF | \
			 X86_EFLAGS_VM | X86_EFLAGS_AC | X86_EFLAGS_VIF | \
			 X86_EFLAGS_VIP | X86_EFLAGS_ID)

static void save_wide(const struct vtx_task *task, struct vtx_tss32 *tss)
{
	int i;

	tss->eip = task->eip;
	tss->eflags = task->eflags;
	for (i = 0; i < ARRAY_SIZE(tss->gpr); i++)
		tss->gpr[i] = task->gpr[i];
	for (i = 0; i < ARRAY_SIZE(tss->segment); i++)
		tss->segment[i].selector = task->selector[i];
}

static void save_narrow(const struct vtx_task *task, struct vtx_tss16 *tss)
{
	int i;

	tss->ip = task->eip;
	tss->flags = task->eflags;
	for (i = 0; i < ARRAY_SIZE(tss->gpr); i++)
		tss->gpr[i] = task->gpr[i];
	for (i = 0; i < ARRAY_SIZE(tss->segment); i++)
		tss->segment[i] = task->selector[i];
}

static void load_wide(const struct vtx_tss32 *tss, struct vtx_task *task)
{
	int i;

	task->cr3 = tss->cr3;
	task->eip = tss->eip;
	task->eflags = tss->eflags;
	for (i = 0; i < ARRAY_SIZE(tss->gpr); i++)
		task->gpr[i] = tss->gpr[i];
	for (i = 0; i < ARRAY_SIZE(tss->segment); i++)
		task->selector[i] = tss->segment[i].selector;
	task->selector[VTX_LDTR] = tss->ldt;
	task->trap = tss->trap & TSS_TRAP;
}

static void load_narrow(const struct vtx_tss16 *tss, struct vtx_task *task)
{
	int i;

	task->eip = tss->ip;
	task->eflags = tss->flags;
	/* The upper halves are undefined; guests under KVM find zeroes. */
	for (i = 0; i < ARRAY_SIZE(tss->gpr); i++)
		task->gpr[i] = tss->gpr[i];
	for (i = 0; i < ARRAY_SIZE(tss->segment); i++)
		task->selector[i] = tss->segment[i];
	task->selector[VTX_LDTR] = tss->ldt;
}

/**
 * vtx_tss_save() - write the registers of a task that is left
 * @wide: a 32-bit TSS
 * @task: the registers
 * @tss: the TSS; what is reserved, or constant for a task, stays
 */
void vtx_tss_save(bool wide, const struct vtx_task *task, union vtx_tss *tss)
{
	if (wide)
		save_wide(task, &tss->wide);
	else
		save_narrow(task, &tss->narrow);
}

/**
 * vtx_tss_saved() - the part of a TSS that vtx_tss_save() may write to
 * @wide: a 32-bit TSS
 * @offset: receives where it begins
 * @size: receives its size in bytes
 */
void vtx_tss_saved(bool wide, u32 *offset, u32 *size)
{
	u32 end = wide ? offsetof(struct vtx_tss32, ldt) :
			 offsetof(struct vtx_tss16, ldt);

	*offset = wide ? offsetof(struct vtx_tss32, eip) :
			 offsetof(struct vtx_tss16, ip);
	*size = end - *offset;
}

/**
 * vtx_tss_load() - read the registers of a task that is entered
 * @wide: a 32-bit TSS
 * @tss: the TSS
 * @task: receives the registers; EFLAGS without bits that do not exist
 */
void vtx_tss_load(bool wide, const union vtx_tss *tss, struct vtx_task *task)
{
	memset(task, 0, sizeof(*task));
	if (wide)
		load_wide(&tss->wide, task);
	else
		load_narrow(&tss->narrow, task);
	task->eflags = (task->eflags & EFLAGS_BITS) | X86_EFLAGS_FIXED;
}
