/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest of a few pages, for tests that need a real CPU.
 */
#ifndef VTX_ARCH_X86_VMX_TESTS_MACHINE_H
#define VTX_ARCH_X86_VMX_TESTS_MACHINE_H

#include <kunit/test.h>

#include "arch-x86/vmx/enter.h"
#include "arch-x86/vmx/msr_bitmap.h"
#include "arch-x86/vmx/vmcs.h"

/* Guest-physical memory: 64 KiB from 0.  The rest is not mapped. */
#define GUEST_ORDER	4
#define GUEST_SIZE	(PAGE_SIZE << GUEST_ORDER)

#define GUEST_CODE	0x1000
#define GUEST_PML4	0x2000
#define GUEST_PDPT	0x3000
#define GUEST_PD	0x4000

/**
 * struct guest - a guest, and the CPU state around it
 * @memory: its memory, GUEST_SIZE bytes
 * @ept: the four pages that map it, root first
 * @eptp: the EPT pointer
 * @bitmap: MSR bitmaps
 * @vmcs: the VMCS
 * @context: the rest of the guest
 * @host: parked host state
 * @exit: the last exit
 */
struct guest {
	u8			*memory;
	u64			*ept[4];
	u64			eptp;
	struct vtx_msr_bitmap	bitmap;
	struct vtx_vmcs		vmcs;
	struct vtx_context	context;
	struct vtx_host		host;
	struct vtx_exit		exit;
};

/* VMX on and off on all CPUs, for suite_init and suite_exit. */
int machine_init(struct kunit_suite *suite);
void machine_exit(struct kunit_suite *suite);
void machine_vmx(bool on);

/* A test's init and exit: test->priv is the guest, in 16-bit real mode. */
int guest_init(struct kunit *test);
void guest_exit_test(struct kunit *test);

void guest_code(struct guest *guest, const void *code, size_t size);
void guest_protected_mode(struct guest *guest);
void guest_long_mode(struct guest *guest);

/* Between begin and end the VMCS is loaded and preemption off. */
int guest_begin(struct guest *guest);
void guest_end(struct guest *guest);

/* One entry; host interrupts and NMIs are served, and the guest goes on. */
enum vtx_entry guest_enter(struct guest *guest);

/* begin, guest_enter(), end; -1 if there was no exit, else the raw reason. */
long guest_run(struct guest *guest);

/* Move RIP past the instruction that exited.  The VMCS is loaded. */
void guest_skip(struct guest *guest);

#define GUEST_CODE_BYTES(guest, ...)					\
	guest_code(guest, (const u8 []){ __VA_ARGS__ },			\
		   sizeof((const u8 []){ __VA_ARGS__ }))

#endif /* VTX_ARCH_X86_VMX_TESTS_MACHINE_H */
