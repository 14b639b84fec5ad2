/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/patrol.h"
#include "payload/payload.inc"

/* Compares a word with a register; ESI points to the page. */
.macro LOOK at, want
	lea	\at(%esi), %edi
	mov	(%edi), %ebx
	cmp	\want, %ebx
	je	1f
	test	%ebx, %ebx
	jnz	.Lpatrol_wrong
	cmpl	$0, ORDERS_ZERO_OK(%ebp)
	je	.Lpatrol_wrong
1:
.endm

/*
 * Goes round, until it is told to stop or finds what it did not put there.  Busy
 * pages hold the number of the last round, quiet ones always the same.  EBP
 * points to the orders.
 */
PAYLOAD patrol32, 32
.Lpatrol_round:
	mov	ORDERS_ROUNDS(%ebp), %edx
	lea	1(%edx), %eax
	mov	ORDERS_BUSY(%ebp), %esi
	mov	ORDERS_BUSY_PAGES(%ebp), %ecx
	jecxz	.Lpatrol_quiet
2:	LOOK	PATROL_FIRST, %edx
	mov	%eax, PATROL_FIRST(%esi)
	LOOK	PATROL_LAST, %edx
	mov	%eax, PATROL_LAST(%esi)
	add	$4096, %esi
	dec	%ecx
	jnz	2b

.Lpatrol_quiet:
	mov	ORDERS_QUIET(%ebp), %esi
	mov	ORDERS_QUIET_PAGES(%ebp), %ecx
	mov	ORDERS_PATTERN(%ebp), %edx
	jecxz	.Lpatrol_rounded
2:	LOOK	PATROL_FIRST, %edx
	LOOK	PATROL_LAST, %edx
	add	$4096, %esi
	dec	%ecx
	jnz	2b

.Lpatrol_rounded:
	mov	%eax, ORDERS_ROUNDS(%ebp)
	cmpl	$0, ORDERS_STOP(%ebp)
	je	.Lpatrol_round
	mov	$PATROL_OVER, %eax
	RESULT

.Lpatrol_wrong:
	mov	%edi, ORDERS_WHERE(%ebp)
	mov	%ebx, ORDERS_SEEN(%ebp)
	mov	$PATROL_WRONG, %eax
	RESULT
END

/*
 * Adds 1 to a word of each of ECX pages from ESI on, EDX bytes apart, with LOCK;
 * hands over EAX.
 */
PAYLOAD count32, 32
1:	lock incl (%esi)
	add	%edx, %esi
	dec	%ecx
	jnz	1b
	RESULT
END

/* Reads a word at ESI, writes EBX to EDI; hands over what it read. */
PAYLOAD copy32, 32
	mov	(%esi), %eax
	mov	%ebx, (%edi)
	RESULT
END

/* Writes EAX to the ECX pages whose addresses ESI points to; hands it over. */
PAYLOAD scatter32, 32
	jecxz	2f
1:	mov	(%esi), %edi
	mov	%eax, (%edi)
	add	$4, %esi
	dec	%ecx
	jnz	1b
2:	RESULT
END

/* Reads from the ECX pages from ESI on; hands over the sum. */
PAYLOAD sum32, 32
	xor	%eax, %eax
1:	add	(%esi), %eax
	add	$4096, %esi
	dec	%ecx
	jnz	1b
	RESULT
END

/*
 * Writes random words to random pages for ever: EBX is the state, ECX the number
 * of pages less one, a power of two less one; ESI the first; until the word at
 * EBP is not 0.
 */
PAYLOAD scribble32, 32
1:	imul	$1664525, %ebx, %ebx
	add	$1013904223, %ebx
	mov	%ebx, %edi
	shr	$8, %edi
	and	%ecx, %edi
	shl	$12, %edi
	mov	%ebx, %eax
	and	$0xffc, %eax
	add	%eax, %edi
	mov	%ebx, (%esi,%edi)
	cmpl	$0, (%ebp)
	je	1b
	xor	%eax, %eax
	RESULT
END

/* Reads ECX bytes from port DX to EDI, by one string instruction. */
PAYLOAD insb32, 32
	cld
	rep insb
	RESULT
END
