/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * One instruction at a time, chosen by ECX, in a loop: what user space set up in
 * the registers is done, and the result handed over.  Interrupts are off but
 * where it says otherwise.
 *
 *	0  OUT of AL to DX	1  IN from DX to EAX
 *	2  let interrupts in	3  HLT with interrupts on
 *	4  OUT of AX to DX	5  IN from DX to AX
 */
.macro PORT_STEPS
1:	RESULT
	cmp	$1, %ecx
	jb	10f
	je	11f
	cmp	$3, %ecx
	jb	12f
	je	13f
	cmp	$5, %ecx
	jb	14f
	xor	%eax, %eax
	inw	%dx, %ax
	jmp	1b
10:	outb	%al, %dx
	jmp	1b
11:	xor	%eax, %eax
	inb	%dx, %al
	jmp	1b
12:	sti
	nop
	cli
	jmp	1b
13:	sti
	hlt
	cli
	jmp	1b
14:	outw	%ax, %dx
	jmp	1b
.endm

PAYLOAD port_steps_16, 16
	PORT_STEPS
END

PAYLOAD port_steps_32, 32
	PORT_STEPS
END

PAYLOAD port_steps_64, 64
	PORT_STEPS
END

/* Spins until counter 2's output is high; the result is how long, by the TSC. */
PAYLOAD pit_output, 64
	rdtsc
	mov	%eax, %ebx
1:	inb	$0x61, %al
	test	$0x20, %al
	jz	1b
	rdtsc
	sub	%ebx, %eax
	RESULT
END
