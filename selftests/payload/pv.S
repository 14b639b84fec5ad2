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

/* R12 interrupts RBX to itself, one after the other. */
PAYLOAD pv_self_ipis, 64
	sti
1:	mov	(%r15), %r8
	mov	$0x83f, %ecx
	mov	%ebx, %eax
	xor	%edx, %edx
	wrmsr
2:	cmp	%r8, (%r15)
	je	2b
	dec	%r12
	jnz	1b
	cli
	mov	$5, %eax
	RESULT
END

/* Ends an interrupt: by the bit at (R14), or else by EOI, counted at R15 + 16. */
.macro END_INTERRUPT
	lock btrl $0, (%r14)
	jc	9f
	mov	$0x80b, %ecx
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
	incq	16(%r15)
9:
.endm

.macro SAVE
	push	%rax
	push	%rcx
	push	%rdx
.endm

.macro RESTORE
	pop	%rdx
	pop	%rcx
	pop	%rax
.endm

/* Its handler counts at R15. */
PAYLOAD pv_eoi, 64
	SAVE
	END_INTERRUPT
	incq	(%r15)
	RESTORE
	iretq
END

/* Of a lower vector: counts at R15 + 8, lets R13 interrupt it. */
PAYLOAD pv_eoi_low, 64
	SAVE
	incq	8(%r15)
	mov	$0x83f, %ecx
	mov	%r13d, %eax
	xor	%edx, %edx
	wrmsr
	sti
	nop
	nop
	cli
	END_INTERRUPT
	RESTORE
	iretq
END
