/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * Instructions of known lengths: those that exit and those that do not.
 * test_debug.c has the list of addresses.
 */
PAYLOAD debug_steps, 64
	nop			/* 0 */
	cpuid			/* 1 */
	mov	%eax, %ebx	/* 3 */
	jmp	1f		/* 5 */
	nop			/* 7 */
1:	push	%rax		/* 8 */
	pop	%rax		/* 9 */
	rdtsc			/* 10 */
	mov	%cr0, %rax	/* 12 */
	mov	%rax, %cr0	/* 15 */
	wbinvd			/* 18 */
	RESULT			/* 20 */
	nop			/* 22 */
	nop			/* 23 */
	RESULT			/* 24 */
END

PAYLOAD debug_rep, 64
	rep movsb		/* 0 */
	nop			/* 2 */
	RESULT			/* 3 */
END

/* INT3 is what a debugger puts over an instruction. */
PAYLOAD debug_int3, 64
	nop			/* 0 */
	int3			/* 1 */
	nop			/* 2 */
	mov	$3, %eax
	RESULT
END

/* Data that is watched: written, read, and written by an exit's handler. */
PAYLOAD debug_data, 64
	mov	(%rsi), %ecx	/* 0 */
	mov	%ecx, (%rdi)	/* 2 */
	nop			/* 4 */
	mov	$4, %eax
	RESULT
END

PAYLOAD debug_read_registers, 64
	mov	%dr0, %rax
	mov	%dr7, %rbx
	mov	%dr6, %rcx
	RESULT
END
