/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * R12 halts, each ended by the timer of the local APIC, in x2APIC mode, after
 * RBX nanoseconds.  R15: where the handler counts.  RAX receives that count.
 */
PAYLOAD halt_timer, 64
	xor	%edx, %edx
	mov	$0x83e, %ecx		/* divide by 1 */
	mov	$0xb, %eax
	wrmsr
	mov	$0x832, %ecx		/* LVT timer: one-shot */
	mov	$HALT_VECTOR, %eax
	wrmsr
1:	mov	$0x838, %ecx		/* initial count */
	mov	%ebx, %eax
	xor	%edx, %edx
	wrmsr
	sti
	hlt
	cli
	dec	%r12
	jnz	1b
	mov	(%r15), %eax
	RESULT
END
