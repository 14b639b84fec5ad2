/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/* What a guest can read of its registers; then it changes some of them. */
PAYLOAD state_registers, 64
	mov	%cr0, %r8
	mov	%cr2, %r9
	mov	%cr3, %r10
	mov	%cr4, %r11
	mov	%cr8, %r12
	mov	$0xc0000100, %ecx	/* FS.base */
	rdmsr
	shl	$32, %rdx
	lea	(%rax, %rdx), %r13
	mov	$0xc0000101, %ecx	/* GS.base */
	rdmsr
	shl	$32, %rdx
	lea	(%rax, %rdx), %r14
	str	%r15d
	sldt	%ebx
	sgdt	GUEST_DATA
	sidt	GUEST_DATA + 16
	RESULT
	mov	$0x7654321, %eax
	mov	%rax, %cr2
	mov	$9, %eax
	mov	%rax, %cr8
	mov	%cr0, %rax
	or	$8, %eax
	mov	%rax, %cr0
	mov	%cr4, %rax
	or	$4, %eax
	mov	%rax, %cr4
	mov	$0xc0000100, %ecx
	mov	$0x7777, %eax
	xor	%edx, %edx
	wrmsr
	mov	$(SEL_DATA_USER | 3), %eax
	mov	%eax, %es
	xor	%eax, %eax
	mov	%eax, %ds
	RESULT
END

PAYLOAD state_count, 64
	mov	$1, %eax
1:	RESULT
	inc	%eax
	jmp	1b
END
