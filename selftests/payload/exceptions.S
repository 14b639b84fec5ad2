/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * One instruction that raises an exception, for test_exceptions.c.  EBP is its
 * address, EBX that of the next one; in 16-bit code, offsets.
 */
	/* For strings, which the preprocessor leaves alone. */
	.set	DATA, GUEST_DATA
	.set	NOT_PRESENT, SEL_NOT_PRESENT

.macro RAISE name, bits, insn, before
PAYLOAD \name, \bits
	.if	\bits == 16
	mov	$OF(1f), %ebp
	mov	$OF(2f), %ebx
	.else
	mov	$AT(1f), %ebp
	mov	$AT(2f), %ebx
	.endif
	\before
1:	\insn
2:	mov	$0x600d, %eax
	RESULT
END
.endm

	RAISE	de64, 64, "div %ecx", "xor %ecx, %ecx"
	RAISE	icebp64, 64, ".byte 0xf1"
	RAISE	bp64, 64, "int3"
	RAISE	ud64, 64, "ud2"
	RAISE	nm64, 64, "fninit"
	RAISE	np64, 64, "mov %eax, %ds", "mov $NOT_PRESENT, %eax"
	RAISE	ss64, 64, "mov %eax, %ss", "mov $NOT_PRESENT, %eax"
	RAISE	ss_noncanonical64, 64, "mov (%rsp, %rax), %ecx", "movabs $1 << 62, %rax"
	RAISE	gp64, 64, "mov (%rax), %ecx", "movabs $1 << 62, %rax"
	RAISE	gp_selector64, 64, "mov %eax, %ds", "mov $0xfff8, %eax"
	RAISE	mf64, 64, "fwait", \
		"fninit; fldcw 3f(%rip); fld1; fldz; fdivrp; jmp 1f; 3: .word 0x37b"
	RAISE	ac64, 64, "mov (%rax), %ecx", "mov $DATA + 1, %eax"
	RAISE	xm64, 64, "divss %xmm0, %xmm0", \
		"ldmxcsr 3f(%rip); xorps %xmm0, %xmm0; jmp 1f; 3: .long 0x1f00"
	RAISE	int40_64, 64, "int $0x40"
	RAISE	int3_long64, 64, "int $3"

	RAISE	de32, 32, "div %ecx", "xor %ecx, %ecx"
	RAISE	icebp32, 32, ".byte 0xf1"
	RAISE	bp32, 32, "int3"
	RAISE	of32, 32, "into", "mov $0x7fffffff, %eax; inc %eax"
	RAISE	br32, 32, "bound %eax, (%esi)", "mov $5, %eax; movl $6, (%esi); movl $7, 4(%esi)"
	RAISE	ud32, 32, "ud2"
	RAISE	np32, 32, "mov %eax, %ds", "mov $NOT_PRESENT, %eax"
	RAISE	ss32, 32, "mov %eax, %ss", "mov $NOT_PRESENT, %eax"
	RAISE	gp32, 32, "mov %eax, %cs:(%eax)", "xor %eax, %eax"
	RAISE	int40_32, 32, "int $0x40"

	RAISE	de16, 16, "div %cl", "xor %cl, %cl"
	RAISE	bp16, 16, "int3"
	RAISE	of16, 16, "into", "mov $0x7fff, %ax; inc %ax"
	RAISE	ud16, 16, "ud2"
	RAISE	int40_16, 16, "int $0x40"
	/* A word beyond the segment's end */
	RAISE	gp16, 16, "mov 0xffff, %ax"

/* INT n for all n, each at 16 * n. */
PAYLOAD ints, 64
	.set	number, 0
	.rept	256
	.byte	0xcd, number		/* int $number, even if it is 3 */
	jmp	1f
	.balign	16
	.set	number, number + 1
	.endr
1:	mov	$0x600d, %eax
	RESULT
END

/* Nothing; what happens is injected. */
PAYLOAD quiet64, 64
	mov	$0x600d, %eax
	RESULT
END

PAYLOAD quiet32, 32
	mov	$0x600d, %eax
	RESULT
END

PAYLOAD quiet16, 16
	mov	$0x600d, %eax
	RESULT
END
