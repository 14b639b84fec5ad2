/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * Loads the XSAVE image at RSI once; then, for ever, spins RBX times, saves to
 * RDI and hands over 1.  R8 is the mask of components.
 */
PAYLOAD fpu_keep, 64
	mov	%r8d, %eax
	xor	%edx, %edx
	xrstor	(%rsi)
1:	mov	%ebx, %ecx
2:	dec	%ecx
	jnz	2b
	mov	%r8d, %eax
	xor	%edx, %edx
	xsave	(%rdi)
	mov	$1, %eax
	RESULT
	jmp	1b
END

/* Saves what is there; then changes some of it, and hands over 2. */
PAYLOAD fpu_look, 64
	mov	%r8d, %eax
	xor	%edx, %edx
	xsave	(%rdi)
	mov	$1, %eax
	RESULT
	fninit
	fldpi
	mov	$0x1234567, %eax
	movd	%eax, %xmm3
	vcmptrueps %ymm5, %ymm5, %ymm5
	mov	$2, %eax
	RESULT
END

/* AVX while XCR0 forbids it */
PAYLOAD fpu_avx, 64
	vxorps	%ymm0, %ymm0, %ymm0
	mov	$3, %eax
	RESULT
END

PAYLOAD fpu_xcr0, 64
	xor	%ecx, %ecx
	xgetbv
	RESULT
END
