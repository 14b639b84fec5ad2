/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/* A hypercall, with what is in the registers; R8 is its result. */
PAYLOAD pv_call, 64
	vmcall
	mov	%rax, %r8
	mov	$1, %eax
	RESULT
END

/* Likewise, but EBP. */
PAYLOAD pv_call32, 32
	vmcall
	mov	%eax, %ebp
	mov	$1, %eax
	RESULT
END

/* HLT that no interrupt ends. */
PAYLOAD pv_halt, 64
	cli
	hlt
	mov	$2, %eax
	RESULT
END

/*
 * Up to RCX rounds, until what is at (RDI) changes from RBX to RDX; says at (RSI)
 * that it has begun.
 */
PAYLOAD pv_watch, 64
	mov	(%rdi), %rbx
	movl	$1, (%rsi)
1:	mov	(%rdi), %rdx
	cmp	%rdx, %rbx
	jne	2f
	dec	%rcx
	jnz	1b
2:	mov	$4, %eax
	RESULT
END

/* RCX rounds of nothing. */
PAYLOAD pv_spin, 64
1:	dec	%rcx
	jnz	1b
	mov	$3, %eax
	RESULT
END
