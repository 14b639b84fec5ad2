/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * For ever: a chain of numbers in all registers, handed over link by link, each
 * after RBX rounds.  A register that is lost or mixed up with another breaks it.
 */
PAYLOAD vcpu_chain, 64
	/* R8 to R14, RSI, RDI, RBP: seeds of user space */
1:	mov	%ebx, %ecx
2:	imul	$5, %r8, %r8
	add	%r9, %r8
	imul	$5, %r9, %r9
	add	%r10, %r9
	imul	$5, %r10, %r10
	add	%r11, %r10
	imul	$5, %r11, %r11
	add	%r12, %r11
	imul	$5, %r12, %r12
	add	%r13, %r12
	imul	$5, %r13, %r13
	add	%r14, %r13
	imul	$5, %r14, %r14
	add	%rsi, %r14
	imul	$5, %rsi, %rsi
	add	%rdi, %rsi
	imul	$5, %rdi, %rdi
	add	%rbp, %rdi
	imul	$5, %rbp, %rbp
	add	%r8, %rbp
	dec	%ecx
	jnz	2b
	mov	%r8d, %eax
	RESULT
	jmp	1b
END

/* Its own number, in memory that is its own, and the sum of all. */
PAYLOAD vcpu_count, 64
	/* RDI: a counter of its own, RSI: one of all, RBX: how often */
	mov	%ebx, %ecx
1:	incl	(%rdi)
	lock incl (%rsi)
	dec	%ecx
	jnz	1b
	mov	(%rdi), %eax
	RESULT
END
