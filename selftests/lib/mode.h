/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The modes of a CPU: puts a vCPU into one, with the descriptor tables, the
 * paging structures and the handlers of interrupts that it needs.
 *
 * All vCPUs of a guest that run at the same time share these, and so are in the
 * same mode.
 */
#ifndef SELFTESTS_LIB_MODE_H
#define SELFTESTS_LIB_MODE_H

#include <stdbool.h>

#include <asm/processor-flags.h>

#include "lib/guest.h"

#define BIT(n)		(1UL << (n))

#define X86_EFER_SCE	BIT(0)
#define X86_EFER_LME	BIT(8)
#define X86_EFER_LMA	BIT(10)
#define X86_EFER_NX	BIT(11)

/* Entries of paging structures */
#define PTE_P		BIT(0)
#define PTE_W		BIT(1)
#define PTE_U		BIT(2)
#define PTE_A		BIT(5)
#define PTE_D		BIT(6)
#define PTE_PS		BIT(7)
#define PTE_NX		BIT(63)

/**
 * enum mode - what a CPU can be in
 * @MODE_REAL: real-address mode
 * @MODE_PROT16: protected mode, 16-bit segments, 16-bit gates
 * @MODE_PROT32: protected mode, flat, without paging
 * @MODE_PAGED32: with 32-bit paging
 * @MODE_PAE: with PAE paging
 * @MODE_V86: virtual-8086 mode with 32-bit paging; handlers are 32-bit code
 * @MODE_COMPAT: compatibility mode; handlers are 64-bit code
 * @MODE_LONG: 64-bit mode
 * @MODES: how many there are
 */
enum mode {
	MODE_REAL,
	MODE_PROT16,
	MODE_PROT32,
	MODE_PAGED32,
	MODE_PAE,
	MODE_V86,
	MODE_COMPAT,
	MODE_LONG,
	MODES
};

extern const char *const mode_name[MODES];

void guest_set_mode(struct guest *guest, enum mode mode);
void vcpu_set_mode(struct vcpu *vcpu, enum mode mode, int ring);
void vcpu_start(struct vcpu *vcpu, const char *payload, enum mode mode,
		int ring);
void guest_begin(struct guest *guest, struct vcpu *vcpu, const char *payload);
void vcpu_load_segment(const struct vcpu *vcpu, struct kvm_segment *segment,
		       __u16 selector);
void guest_set_gate(struct guest *guest, enum mode mode, int vector,
		    __u16 selector, __u64 offset, int type, int dpl);
void guest_set_descriptor(struct guest *guest, __u16 selector, __u64 low);
bool vector_has_error(int vector);
int mode_bits(enum mode mode);
int mode_handler_bits(enum mode mode);
bool mode_is_paged(enum mode mode);

/* A descriptor of a segment, in the GDT's own format. */
#define DESCRIPTOR(base, limit, flags)					\
	(((__u64)(limit) & 0xffff) |					\
	 ((__u64)(base) & 0xffffff) << 16 |				\
	 ((__u64)(flags) & 0xf0ff) << 40 |				\
	 ((__u64)(limit) & 0xf0000) << 32 |				\
	 ((__u64)(base) & 0xff000000) << 32)

/* Flags of DESCRIPTOR(): type, S, DPL, P, AVL, L, DB, G as bits 40 on. */
#define DESC_CODE	0x009b		/* readable, accessed */
#define DESC_DATA	0x0093		/* writable, accessed */
#define DESC_TSS16	0x0081
#define DESC_LDT	0x0082
#define DESC_CALL16	0x0084
#define DESC_TASK_GATE	0x0085
#define DESC_TSS	0x0089
#define DESC_BUSY	0x0002		/* of a TSS */
#define DESC_PRESENT	0x0080
#define DESC_CALL	0x008c
#define DESC_USER	0x0060
#define DESC_LONG	0x2000
#define DESC_32		0x4000
#define DESC_PAGES	0x8000		/* the limit counts pages */

#define GATE_TASK	0x5
#define GATE_INT16	0x6
#define GATE_TRAP16	0x7
#define GATE_INT	0xe
#define GATE_TRAP	0xf

#endif /* SELFTESTS_LIB_MODE_H */
