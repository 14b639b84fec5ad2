/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * Adds up 1 to 100 with calls, stores the sum, fills 256 bytes behind it with a
 * string instruction and hands it over.
 */
.macro WORK bits, data
PAYLOAD work\bits, \bits
	xorl	%eax, %eax
	mov	$100, %cx
1:	call	2f
	dec	%cx
	jnz	1b
	jmp	3f
2:	push	%cx
	movzwl	%cx, %edx
	addl	%edx, %eax
	pop	%cx
	ret
3:	mov	$\data, %edi
	movl	%eax, (%edi)
	mov	$64, %ecx
	cld
	rep stosl
	RESULT
END
.endm

	WORK	16, 0
	WORK	32, GUEST_DATA
	WORK	64, GUEST_DATA

/* Interrupts itself, then hands over BX, which the handler must keep. */
.macro INTERRUPTED bits
PAYLOAD interrupted\bits, \bits
	mov	$0x1234, %ebx
	int	$0x40
	mov	%ebx, %eax
	RESULT
END
.endm

	INTERRUPTED	16
	INTERRUPTED	32
	INTERRUPTED	64

/* HLT is the first instruction; it is the same in all modes. */
PAYLOAD halt, 64
	hlt
	RESULT
END

/* Reads where RSI points, writes where RDI points; hands over what it read. */
.macro ACCESS bits, prefix
PAYLOAD access\bits, \bits
	mov	(%\prefix\()si), %eax
	mov	%eax, (%\prefix\()di)
	RESULT
END
.endm

	ACCESS	32, e
	ACCESS	64, r

/* Jumps to where RBX points. */
PAYLOAD jump64, 64
	jmp	*%rbx
END

/*
 * From real mode through all others and back, without help from outside.  In
 * each it hands over a number, see test_modes.c.
 */
.macro AT_STAGE number
	mov	$\number, %eax
	RESULT
.endm

.macro PAGING_ON
	mov	%cr0, %eax
	or	$0x80000000, %eax
	mov	%eax, %cr0
	jmp	1f
1:
.endm

.macro PAGING_OFF
	mov	%cr0, %eax
	and	$0x7fffffff, %eax
	mov	%eax, %cr0
	jmp	1f
1:
.endm

.macro SET_LME on
	mov	$0xc0000080, %ecx
	rdmsr
	and	$~0x100, %eax
	or	$(\on << 8), %eax
	wrmsr
.endm

PAYLOAD journey, 16
	AT_STAGE 1
	lgdtl	%cs:OF(.Ljourney_gdtr)
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$SEL_CODE32, $AT(1f)
	.code32
1:	mov	$SEL_DATA, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$(GUEST_STACK + GUEST_STACK_TOP), %esp
	AT_STAGE 2

	mov	%cr4, %eax
	or	$0x10, %eax		/* PSE */
	mov	%eax, %cr4
	mov	$GUEST_PD32, %eax
	mov	%eax, %cr3
	PAGING_ON
	AT_STAGE 3

	PAGING_OFF
	mov	%cr4, %eax
	or	$0x20, %eax		/* PAE */
	mov	%eax, %cr4
	mov	$GUEST_PDPT_PAE, %eax
	mov	%eax, %cr3
	PAGING_ON
	AT_STAGE 4

	PAGING_OFF
	mov	$GUEST_PML4, %eax
	mov	%eax, %cr3
	SET_LME 1
	AT_STAGE 5
	PAGING_ON
	AT_STAGE 6

	ljmpl	$SEL_CODE64, $AT(1f)
	.code64
1:	AT_STAGE 7
	push	$SEL_CODE32
	push	$AT(1f)
	lretq
	.code32
1:	AT_STAGE 8

	PAGING_OFF
	AT_STAGE 9
	SET_LME 0
	mov	%cr4, %eax
	and	$~0x20, %eax
	mov	%eax, %cr4
	mov	$GUEST_PD32, %eax
	mov	%eax, %cr3
	PAGING_ON
	AT_STAGE 10

	/* Virtual-8086 mode by IRET, and out of it by an interrupt. */
	andb	$~2, GUEST_GDT + SEL_TSS + 5
	mov	$SEL_TSS, %ax
	ltr	%ax
	lidtl	AT(.Ljourney_idtr)
	pushl	$0			/* GS, FS, DS, ES */
	pushl	$0
	pushl	$0
	pushl	$0
	pushl	$(GUEST_STACK >> 4)
	pushl	$GUEST_STACK_TOP
	pushl	$0x23002		/* IOPL 3, for INT */
	pushl	$(GUEST_CODE >> 4)
	pushl	$OF(1f)
	iretl
	.code16
1:	AT_STAGE 11
	int	$0
	.code32
.Ljourney_back:
	AT_STAGE 12

	PAGING_OFF
	ljmp	$SEL_CODE16, $OF(1f)
	.code16
1:	mov	$SEL_DATA16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	$SEL_STACK16, %ax
	mov	%ax, %ss
	mov	$GUEST_STACK_TOP, %sp
	AT_STAGE 13
	mov	%cr0, %eax
	and	$~1, %al
	mov	%eax, %cr0
	ljmp	$(GUEST_CODE >> 4), $OF(1f)
1:	AT_STAGE 14
	hlt

	.balign	8
.Ljourney_idt:
	.word	AT(.Ljourney_back) & 0xffff
	.word	SEL_CODE32
	.word	0xee00
	.word	AT(.Ljourney_back) >> 16
.Ljourney_idtr:
	.word	7
	.long	AT(.Ljourney_idt)
.Ljourney_gdtr:
	.word	8 * GUEST_GDT_ENTRIES - 1
	.long	GUEST_GDT
END

/* For the last 16 bytes below 4 GiB, where a CPU starts. */
PAYLOAD reset_vector, 16
	mov	$0x2345, %eax
	RESULT
	ljmp	$(GUEST_CODE >> 4), $0
END
