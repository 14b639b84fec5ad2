/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"
#include "payload/sensitive.h"

/*
 * The instructions of x86 that are sensitive but not privileged: they tell, or
 * depend on, what a hypervisor may have changed, and do not fault in ring 3.  The
 * 18 are those of Robin and Irvine, "Analysis of the Intel Pentium's Ability to
 * Support a Secure Virtual Machine Monitor".
 *
 * Each leaves what it did at RDI, which goes up.  The block at GUEST_DATA says
 * what depends on the ring.  All of it is done SENSITIVE_TURNS times, the last
 * of which stays; then INT SENSITIVE_END.
 */

/* Results that are in registers */
.macro KEEP reg
	mov	\reg, (%rdi)
	add	$8, %rdi
.endm

.macro KEEP_FLAGS
	pushfq
	pop	%rax
	KEEP	%rax
.endm

/* An instruction that stores to memory, where there was a pattern */
.macro STORES insn:vararg
	mov	%r13, (%rdi)
	mov	%r13, 8(%rdi)
	\insn	(%rdi)
	add	$16, %rdi
.endm

/* @insn of a selector RBX, which tells by ZF and, or not, in RAX */
.macro SELECTOR insn:vararg
	mov	%r13, %rax
	\insn
	KEEP	%rax
	setz	%al
	movzbl	%al, %eax
	KEEP	%rax
.endm

.macro KEEP_PLACE
	mov	%cs, %eax
	KEEP	%rax
	mov	%ss, %eax
	KEEP	%rax
	KEEP	%rsp
	mov	(%rsp), %rax
	KEEP	%rax
	mov	8(%rsp), %rax
	KEEP	%rax
.endm

PAYLOAD sensitive, 64
	movabs	$0x5a5a5a5a5a5a5a5a, %r13
	mov	$SENSITIVE_TURNS, %r12d
.Lsensitive_turn:
	mov	$SENSITIVE_RESULTS, %edi

	/* SGDT, SIDT, SLDT, SMSW, STR */
	STORES	sgdt
	STORES	sidt
	STORES	sldt
	STORES	smsw
	STORES	str
	mov	%r13, %rax
	sldt	%ax
	KEEP	%rax
	sldt	%eax
	KEEP	%rax
	sldt	%rax
	KEEP	%rax
	mov	%r13, %rax
	smsw	%ax
	KEEP	%rax
	smsw	%eax
	KEEP	%rax
	smsw	%rax
	KEEP	%rax
	mov	%r13, %rax
	str	%ax
	KEEP	%rax
	str	%eax
	KEEP	%rax
	str	%rax
	KEEP	%rax

	/* PUSHF, POPF; in ring 3 what it may not change is kept silently */
	KEEP_FLAGS
	push	SENSITIVE_FLAGS
	popfq
	KEEP_FLAGS
	pushw	SENSITIVE_FLAGS
	popfw
	KEEP_FLAGS
	push	$2
	popfq
	KEEP_FLAGS

	/* LAR, LSL, VERR, VERW of all there is in the GDT, and more */
	xor	%ebx, %ebx
1:	SELECTOR lar %ebx, %eax
	SELECTOR lar %bx, %ax
	SELECTOR lsl %ebx, %eax
	SELECTOR lsl %rbx, %rax
	SELECTOR verr %bx
	SELECTOR verw %bx
	add	$4, %ebx
	cmp	$SENSITIVE_SELECTORS, %ebx
	jb	1b

	/* MOV, PUSH and POP of segment registers */
	mov	%cs, %eax
	KEEP	%rax
	mov	%ss, %eax
	KEEP	%rax
	mov	%ds, %ebx
	STORES	mov %ds,
	STORES	mov %cs,
	mov	SENSITIVE_DATA, %eax
	mov	%eax, %es
	mov	%es, %eax
	KEEP	%rax
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%ds, %eax
	KEEP	%rax
	mov	%ebx, %ds
	mov	%ss, %eax
	mov	%eax, %ss
	push	%fs
	pop	%rax
	KEEP	%rax
	push	%gs
	pop	%rax
	KEEP	%rax
	push	SENSITIVE_DATA
	pop	%fs
	push	$0
	pop	%gs
	mov	%fs, %eax
	KEEP	%rax
	mov	%gs, %eax
	KEEP	%rax
	mov	%ebx, %fs
	mov	%ebx, %gs
	mov	%ebx, %es

	/* CALL, far: to the same ring, and through a gate to ring 0; RET */
	rex.w lcall *SENSITIVE_FAR
	mov	%cs, %eax
	KEEP	%rax
	rex.w lcall *SENSITIVE_GATE
	mov	%cs, %eax
	KEEP	%rax
	mov	%ss, %eax
	KEEP	%rax

	/* JMP, far */
	movl	$AT(2f), SENSITIVE_JUMP
	ljmp	*SENSITIVE_JUMP
2:	mov	%cs, %eax
	KEEP	%rax

	/* RET, far, to code of 32 bits and back by JMP */
	push	SENSITIVE_CODE32
	push	$AT(3f)
	lretq
	.code32
3:	mov	%cs, %eax
	mov	%eax, (%edi)
	mov	%esp, 4(%edi)
	smsw	%eax
	mov	%eax, 8(%edi)
	str	%eax
	mov	%eax, 12(%edi)
	sgdtl	16(%edi)
	sidtl	24(%edi)
	add	$32, %edi
	movl	$AT(4f), SENSITIVE_JUMP
	ljmp	*SENSITIVE_JUMP
	.code64
4:	mov	%cs, %eax
	KEEP	%rax

	/* INT n */
	int	$SENSITIVE_INT
	mov	%cs, %eax
	KEEP	%rax

	dec	%r12d
	jnz	.Lsensitive_turn
	int	$SENSITIVE_END
END

/* The same, but nothing is tried. */
PAYLOAD sensitive_not, 64
	int	$SENSITIVE_END
END

/* Where a far CALL leads; its frame, which may be of a change of rings. */
PAYLOAD sensitive_far, 64
	KEEP_PLACE
	lretq
END

/* Where INT n leads */
PAYLOAD sensitive_int, 64
	KEEP_PLACE
	mov	16(%rsp), %rax		/* RFLAGS, RSP, SS */
	KEEP	%rax
	mov	24(%rsp), %rax
	KEEP	%rax
	mov	32(%rsp), %rax
	KEEP	%rax
	iretq
END
