/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * What is shown at (RDI), read as the ABI says: RAX receives nanoseconds, R10D
 * the flags.  Changes RCX, RDX, R8.
 */
.macro READ_CLOCK
1:	mov	(%rdi), %r8d		/* version: odd while it is written */
	test	$1, %r8b
	jz	2f
	pause
	jmp	1b
2:	lfence
	rdtsc
	lfence
	shl	$32, %rdx
	or	%rdx, %rax
	sub	8(%rdi), %rax
	mov	28(%rdi), %cl		/* shift */
	test	%cl, %cl
	js	3f
	shl	%cl, %rax
	jmp	4f
3:	neg	%cl
	shr	%cl, %rax
4:	mov	24(%rdi), %edx		/* fraction */
	mul	%rdx
	shrd	$32, %rdx, %rax
	add	16(%rdi), %rax
	movzbl	29(%rdi), %r10d
	cmp	(%rdi), %r8d
	jne	1b
.endm

/* For ever: RBX is the time, R10 the flags. */
PAYLOAD clock_read, 64
9:	READ_CLOCK
	mov	%rax, %rbx
	mov	$1, %eax
	RESULT
	jmp	9b
END

/*
 * Two that read their clocks in turns.  RSI: whose turn it is, and behind that
 * what was read last; R12D: this one's number, 0 or 1; RBP: how often.  R9
 * receives the furthest step back in nanoseconds, R11 all flags at once, R13
 * those that were not always there.
 */
PAYLOAD clock_turns, 64
	xor	%r9d, %r9d
	mov	$-1, %r11d
	xor	%r13d, %r13d
9:	cmp	%r12d, (%rsi)
	je	5f
	pause
	jmp	9b
5:	READ_CLOCK
	and	%r10d, %r11d
	or	%r10d, %r13d
	mov	8(%rsi), %rbx
	mov	%rax, 8(%rsi)
	sub	%rax, %rbx
	jbe	6f
	cmp	%r9, %rbx
	jbe	6f
	mov	%rbx, %r9
6:	mov	%r12d, %eax
	xor	$1, %eax
	mov	%eax, (%rsi)
	dec	%rbp
	jnz	9b
	mov	$2, %eax
	RESULT
END
