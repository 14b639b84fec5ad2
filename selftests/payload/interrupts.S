/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/* Hands over 1, opens the window for interrupts, and hands over 2. */
PAYLOAD window_sti, 64
	mov	$AT(1f), %ebx
	mov	$1, %eax
	RESULT
	sti
	nop
1:	nop
	mov	$2, %eax
	RESULT
END

/* The same, with a MOV SS behind STI: that blocks for one more. */
PAYLOAD window_mov_ss, 64
	mov	$AT(1f), %ebx
	mov	$1, %eax
	RESULT
	mov	%ss, %ecx
	sti
	mov	%ecx, %ss
	nop
1:	nop
	mov	$2, %eax
	RESULT
END

/* The same, with POPF, which blocks nothing. */
PAYLOAD window_popf, 64
	mov	$AT(1f), %ebx
	mov	$1, %eax
	RESULT
	push	$0x202
	popf
1:	nop
	nop
	mov	$2, %eax
	RESULT
END

/* The same, in real mode. */
PAYLOAD window_real, 16
	mov	$OF(1f), %ebx
	mov	$1, %eax
	RESULT
	sti
	nop
1:	nop
	mov	$2, %eax
	RESULT
END

PAYLOAD halt_sti, 64
	mov	$AT(1f), %ebx
	sti
	hlt
1:	mov	$2, %eax
	RESULT
END

/* Where a test wants to stop between any two: an instruction a byte. */
PAYLOAD nops, 64
	.rept	8
	nop
	.endr
	mov	$2, %eax
	RESULT
END

/* Long enough for interrupts of the host; the result is how often it turned. */
PAYLOAD spin, 64
	xor	%eax, %eax
	mov	%edi, %ecx
1:	inc	%eax
	dec	%ecx
	jnz	1b
	RESULT
END

/* Without end; RAX counts, for all to see. */
PAYLOAD forever, 64
1:	inc	%rax
	mov	%rax, GUEST_DATA
	jmp	1b
END
