/* SPDX-License-Identifier: GPL-2.0-only */
/* The switch between the host and code that runs on its bare CPU. */
#include <linux/linkage.h>

#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>

#include "selftests/probe/bare.h"
#include "selftests/probe/bare_switch.h"

	.section .noinstr.text, "ax"

/* MSR @msr to or from where @at is, by RDI. */
.macro SAVE_MSR msr, at
	mov	$\msr, %ecx
	rdmsr
	mov	%eax, \at(%rdi)
	mov	%edx, \at + 4(%rdi)
.endm

.macro RESTORE_MSR msr, at
	mov	$\msr, %ecx
	mov	\at(%rdi), %eax
	mov	\at + 4(%rdi), %edx
	wrmsr
.endm

/*
 * vtx_bare_switch() - run bare code until it ends
 *
 * In:		rdi	struct bare_host *
 *		IRQs off
 * Out:		nothing; struct bare has the answers
 * Clobbers:	what a C function may
 */
SYM_CODE_START(vtx_bare_switch)
	push	%rbp
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbx
	pushfq
	mov	%rsp, HOST_RSP(%rdi)
	mov	%rdi, bare_host(%rip)

	sgdt	HOST_GDT(%rdi)
	sidt	HOST_IDT(%rdi)
	sldt	HOST_LDT(%rdi)
	str	HOST_TR(%rdi)
	mov	%ds, HOST_DS(%rdi)
	mov	%es, HOST_ES(%rdi)
	mov	%fs, HOST_FS(%rdi)
	mov	%gs, HOST_GS(%rdi)
	SAVE_MSR MSR_FS_BASE, HOST_FS_BASE
	SAVE_MSR MSR_GS_BASE, HOST_GS_BASE
	mov	%cr3, %rax
	mov	%rax, HOST_CR3(%rdi)
	mov	%cr4, %rax
	xchg	%rax, HOST_CR4(%rdi)
	mov	%rax, %cr4
	mov	HOST_BARE_CR3(%rdi), %rax
	mov	%rax, %cr3

	mov	HOST_BARE(%rdi), %rdi
	lgdt	BARE_GDT_LIMIT(%rdi)
	lidt	BARE_IDT_LIMIT(%rdi)
	lldt	BARE_LDT(%rdi)
	ltr	BARE_TR(%rdi)
	mov	BARE_DATA(%rdi), %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	push	BARE_SS(%rdi)
	push	BARE_RSP(%rdi)
	push	BARE_RFLAGS(%rdi)
	push	BARE_CS(%rdi)
	push	BARE_RIP(%rdi)
	xor	%eax, %eax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
	iretq
SYM_CODE_END(vtx_bare_switch)

/*
 * vtx_bare_landing() - where the handlers of bare code lead to
 *
 * In:		eax	the vector
 *		ring 0, 64-bit mode, on the bare code's stack
 *
 * Returns to the caller of vtx_bare_switch().
 */
SYM_CODE_START(vtx_bare_landing)
	mov	bare_host(%rip), %rdi
	mov	HOST_BARE(%rdi), %rsi
	mov	%rax, BARE_VECTOR(%rsi)

	mov	HOST_CR3(%rdi), %rax
	mov	%rax, %cr3
	mov	HOST_CR4(%rdi), %rax
	mov	%rax, %cr4
	mov	HOST_RSP(%rdi), %rsp
	lidt	HOST_IDT(%rdi)

	/* LTR wants an available TSS, and a GDT that it can write to. */
	lgdt	HOST_RW_LIMIT(%rdi)
	mov	HOST_RW_GDT(%rdi), %rsi
	movzwl	HOST_TR(%rdi), %eax
	andb	$~2, 5(%rsi, %rax)
	ltr	%ax
	lgdt	HOST_GDT(%rdi)
	lldt	HOST_LDT(%rdi)

	mov	$__KERNEL_DS, %eax
	mov	%eax, %ss
	push	$__KERNEL_CS
	lea	.Lkernel_cs(%rip), %rax
	push	%rax
	lretq
.Lkernel_cs:
	mov	HOST_DS(%rdi), %ds
	mov	HOST_ES(%rdi), %es
	mov	HOST_FS(%rdi), %fs
	mov	HOST_GS(%rdi), %gs
	RESTORE_MSR MSR_FS_BASE, HOST_FS_BASE
	RESTORE_MSR MSR_GS_BASE, HOST_GS_BASE
	popfq
	pop	%rbx
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	pop	%rbp
	RET
SYM_CODE_END(vtx_bare_landing)

	.section .bss
	.balign	8
SYM_DATA_LOCAL(bare_host, .quad 0)
