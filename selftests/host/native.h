/* SPDX-License-Identifier: GPL-2.0-only */
/* One instruction on the real CPU; see native.c. */
#ifndef HOST_NATIVE_H
#define HOST_NATIVE_H

#include <linux/types.h>

/**
 * struct native_state - registers of the CPU before and after an instruction
 * @gpr: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 ... R15
 * @rip: offset in @cs
 * @rflags: flags; TF is added by native_step()
 * @cs: code segment selector
 * @data: selector for DS, ES and GS
 * @ss: selector for SS
 * @ymm: vector registers
 * @mm: MMX registers
 */
struct native_state {
	u64 gpr[16];
	u64 rip;
	u64 rflags;
	u16 cs;
	u16 data;
	u16 ss;
	u8 ymm[16][32];
	u8 mm[8][8];
};

/**
 * struct native_event - why the CPU stopped
 * @vector: exception vector; 1 after a completed step
 * @error: error code
 * @cr2: address of a page fault
 */
struct native_event {
	unsigned int vector;
	u32 error;
	u64 cr2;
};

#define NATIVE_CS64	0x33
#define NATIVE_CS32	0x23
#define NATIVE_DS	0x2b

void native_init(void);
bool native_has_avx(void);
bool native_is_intel(void);
bool native_segment(unsigned int entry, u32 base, u32 limit,
		    unsigned int contents, bool big, bool read_only);
u16 native_selector(unsigned int entry);
void native_set_gs_base(u64 base);
void native_step(struct native_state *state, struct native_event *event);

#endif
