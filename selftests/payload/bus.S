/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"
#include "payload/bus.h"

/*
 * Writes to ports and memory, as the list of struct bus_op at RSI says; see
 * lib/bus.h.  Then there is a result.
 */
PAYLOAD bus, 64
1:	movl	(%rsi), %ebx
	movl	4(%rsi), %ecx
	mov	8(%rsi), %rdx
	mov	16(%rsi), %rax
	add	$BUS_OP_SIZE, %rsi
	test	%ebx, %ebx
	jz	9f

2:	cmp	$(BUS_OUT + 1), %ebx
	jne	3f
	outb	%al, %dx
3:	cmp	$(BUS_OUT + 2), %ebx
	jne	3f
	outw	%ax, %dx
3:	cmp	$(BUS_OUT + 4), %ebx
	jne	3f
	outl	%eax, %dx
3:	cmp	$(BUS_MOV + 1), %ebx
	jne	3f
	movb	%al, (%rdx)
3:	cmp	$(BUS_MOV + 2), %ebx
	jne	3f
	movw	%ax, (%rdx)
3:	cmp	$(BUS_MOV + 4), %ebx
	jne	3f
	movl	%eax, (%rdx)
3:	cmp	$(BUS_MOV + 8), %ebx
	jne	3f
	mov	%rax, (%rdx)
3:	dec	%ecx
	jnz	2b
	jmp	1b

9:	xor	%eax, %eax
	RESULT
END
