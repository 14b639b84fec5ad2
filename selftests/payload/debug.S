/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * For test_debug.c and test_guest_debug.c, which know where instructions are.
 */

/* Instructions of known lengths: those that exit and those that do not. */
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

/* Data that is watched: read here, written there. */
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

/* Single-steps itself through instructions that exit. */
PAYLOAD debug_trap_flag, 64
	xor	%eax, %eax
	pushf
	orl	$0x100, (%rsp)
	popf
	cpuid
	wbinvd
	out	%al, $0x80
	nop
	mov	$0x600d, %eax
	RESULT
END

/* INT1: a #DB that DR6 says nothing of. */
PAYLOAD debug_int1, 64
	nop
	.byte	0xf1
	mov	$0x600d, %eax
	RESULT
END

/* Breakpoint in the shadow of MOV SS: it comes behind the next instruction. */
PAYLOAD debug_mov_ss, 64
	mov	%ss, %ebx
	nop
	mov	GUEST_DATA, %ss
	cpuid
	nop
	mov	$0x600d, %eax
	RESULT
END
