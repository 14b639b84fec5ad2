/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bare.c and bare_switch.S share of the host's state.
 */
#ifndef SELFTESTS_PROBE_BARE_SWITCH_H
#define SELFTESTS_PROBE_BARE_SWITCH_H

/* Offsets in struct bare_host. */
#define HOST_BARE	0
#define HOST_BARE_CR3	8
#define HOST_RW_LIMIT	22
#define HOST_RW_GDT	24
#define HOST_RSP	32
#define HOST_CR3	40
#define HOST_CR4	48
#define HOST_GDT	62
#define HOST_IDT	78
#define HOST_LDT	88
#define HOST_TR		96
#define HOST_DS		104
#define HOST_ES		106
#define HOST_FS		108
#define HOST_GS		110
#define HOST_FS_BASE	112
#define HOST_GS_BASE	120

#ifndef __ASSEMBLER__
#include <linux/types.h>

#include "selftests/probe/bare.h"

/**
 * struct bare_host - the host's state while bare code runs
 * @bare: what runs
 * @cr3: page tables for it
 * @rw_pad: alignment
 * @rw_limit: limit of the GDT
 * @rw_gdt: the GDT where it can be written
 * @rsp: from here on, the switch keeps the host's registers
 * @host_cr3: likewise
 * @cr4: likewise; on entry, the value for the bare code
 * @gdt_pad: alignment
 * @gdt: likewise
 * @idt_pad: alignment
 * @idt: likewise
 * @ldt: likewise
 * @tr: likewise
 * @segment: DS, ES, FS, GS
 * @fs_base: likewise
 * @gs_base: likewise
 */
struct bare_host {
	struct bare	*bare;
	u64		cr3;
	u16		rw_pad[3];
	u16		rw_limit;
	u64		rw_gdt;
	u64		rsp;
	u64		host_cr3;
	u64		cr4;
	u16		gdt_pad[3];
	u8		gdt[10];
	u16		idt_pad[3];
	u8		idt[10];
	u64		ldt;
	u64		tr;
	u16		segment[4];
	u64		fs_base;
	u64		gs_base;
};

void vtx_bare_switch(struct bare_host *host);
void vtx_bare_landing(void);
#endif /* __ASSEMBLER__ */

#endif /* SELFTESTS_PROBE_BARE_SWITCH_H */
