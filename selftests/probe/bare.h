/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code of a test that runs on the bare CPU: what user space writes to debugfs
 * vtx_probe/bare, and reads back when it has run.  For C and for the assembler.
 *
 * The memory appears at linear address 0.  The code is entered with the given
 * segments, tables and flags, all other registers being 0, in 64-bit or
 * compatibility mode and in any ring; it ends with the first interrupt or
 * exception whose handler is one of the 256 that begin at @handlers, 16 bytes
 * apart.  Interrupts are off, so RFLAGS.IF must be 0 in ring 0 and the code must
 * not set it.  An NMI would end it too, and be lost.
 */
#ifndef SELFTESTS_PROBE_BARE_H
#define SELFTESTS_PROBE_BARE_H

#define BARE_MEMORY	0x50000

/* Offsets in struct bare, for the switch. */
#define BARE_RIP	0
#define BARE_CS		8
#define BARE_RFLAGS	16
#define BARE_RSP	24
#define BARE_SS		32
#define BARE_DATA	40
#define BARE_LDT	48
#define BARE_TR		56
#define BARE_GDT_LIMIT	70
#define BARE_GDT_BASE	72
#define BARE_IDT_LIMIT	86
#define BARE_IDT_BASE	88
#define BARE_CR4	96
#define BARE_VECTOR	104

#ifndef __ASSEMBLER__
#include <linux/types.h>

/**
 * struct bare - a run on the bare CPU
 * @rip: where it begins
 * @cs: code segment
 * @rflags: flags
 * @rsp: stack
 * @ss: stack segment
 * @data: DS, ES, FS and GS
 * @ldt: LDTR
 * @tr: TR; its descriptor must be available
 * @gdt_pad: alignment of the next two, which LGDT reads
 * @gdt_limit: GDTR
 * @gdt_base: likewise
 * @idt_pad: likewise
 * @idt_limit: IDTR
 * @idt_base: likewise
 * @cr4: answer: CR4 that it ran with
 * @vector: answer: the interrupt or exception that ended it
 * @cr0: answer: CR0 that it ran with
 * @handlers: where the handlers are
 * @memory: its memory, before and after
 */
struct bare {
	__u64	rip;
	__u64	cs;
	__u64	rflags;
	__u64	rsp;
	__u64	ss;
	__u64	data;
	__u64	ldt;
	__u64	tr;
	__u16	gdt_pad[3];
	__u16	gdt_limit;
	__u64	gdt_base;
	__u16	idt_pad[3];
	__u16	idt_limit;
	__u64	idt_base;
	__u64	cr4;
	__u64	vector;
	__u64	cr0;
	__u64	handlers;
	__u8	memory[BARE_MEMORY];
};
#endif /* __ASSEMBLER__ */

#endif /* SELFTESTS_PROBE_BARE_H */
