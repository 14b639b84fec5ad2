/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * One instruction at a time, chosen by RSI, in a loop: what user space set up in
 * the registers is done, and the result handed over.  Interrupts are off but
 * where it says otherwise.
 *
 *	0  WRMSR of ECX		1  RDMSR of ECX
 *	2  store EAX at RBX	3  load EAX from RBX
 *	4  let interrupts in	5  HLT with interrupts on
 *	6  write CR8		7  read CR8
 */
PAYLOAD lapic_steps, 64
1:	RESULT
	lea	2f(%rip), %r8
	movslq	(%r8,%rsi,4), %r9
	add	%r8, %r9
	jmp	*%r9
	.balign	4
2:	.long	10f - 2b, 11f - 2b, 12f - 2b, 13f - 2b
	.long	14f - 2b, 15f - 2b, 16f - 2b, 17f - 2b
10:	wrmsr
	jmp	1b
11:	rdmsr
	jmp	1b
12:	mov	%eax, (%rbx)
	jmp	1b
13:	mov	(%rbx), %eax
	jmp	1b
14:	sti
	nop
	cli
	jmp	1b
15:	sti
	hlt
	cli
	jmp	1b
16:	mov	%rax, %cr8
	jmp	1b
17:	mov	%cr8, %rax
	jmp	1b
END

/* A processor that was started: CS says where.  Its result is CS and IP. */
PAYLOAD lapic_started, 16
	call	1f
1:	pop	%ax
	mov	%cs, %cx
	shl	$16, %ecx
	or	%ecx, %eax
	mov	$0x5a, %bx
	RESULT
	hlt
END

/*
 * An interrupt's handler that counts at R15, ends the interrupt in x2APIC mode
 * and goes on.
 */
PAYLOAD lapic_handler, 64
	push	%rax
	push	%rcx
	push	%rdx
	lock incq (%r15)
	mov	$0x80b, %ecx
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
	pop	%rdx
	pop	%rcx
	pop	%rax
	iretq
END

/*
 * Ping-pong: waits at R15 for interrupt number R13, then sends R14 (ICR), R12
 * times; the first one starts with the send.  HLT if RSI, else spins.
 */
PAYLOAD lapic_pong, 64
	xor	%r13d, %r13d
	test	%rdi, %rdi
	jz	2f
1:	mov	$0x830, %ecx
	mov	%r14d, %eax
	mov	%r14, %rdx
	shr	$32, %rdx
	wrmsr
2:	inc	%r13
3:	cli
	cmp	%r13, (%r15)
	jae	4f
	test	%rsi, %rsi
	jz	5f
	sti
	hlt
	jmp	3b
5:	sti
	pause
	pause
	jmp	3b
4:	test	%rdi, %rdi
	jnz	6f
	mov	$0x830, %ecx
	mov	%r14d, %eax
	mov	%r14, %rdx
	shr	$32, %rdx
	wrmsr
6:	dec	%r12
	jz	7f
	test	%rdi, %rdi
	jnz	1b
	jmp	2b
7:	mov	%r13d, %eax
	RESULT
END
