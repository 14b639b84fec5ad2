/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * Instructions with an operand in the window of test_mmio.c, which sets the
 * registers; one each.  The name ends in the width of the code.
 */
.macro FORM name, bits, insn:vararg
PAYLOAD mmio\bits\()_\name, \bits
	\insn
	RESULT
END
.endm

/* Several instructions for one form: a semicolon would end the macro's line. */
.macro DOWN insn
	std
	rep	\insn
	cld
.endm

.macro CALL_NEXT
	call	. + 5
	nop
	nop
	nop
	nop
.endm

.macro XLAT_AT from, to
	mov	\from, \to
	xlat
.endm

#define F(name, ...)	FORM name, BITS, __VA_ARGS__

#define BITS	16
#define D	%di
#define S	%si
#include "payload/mmio_forms.inc"

	F(any_moffs_store1, mov %al, 0x1100)
	F(any_moffs_store2, mov %ax, 0x1100)
	F(any_moffs_load1, mov 0x1100, %al)
	F(any_moffs_load4, mov 0x1100, %eax)
	F(any_address32, mov %ax, (%edi))
	F(any_two_registers, mov %ax, (%bp, %di))
	F(any_xlat, XLAT_AT %di, %bx)
	F(stk_pusha, pusha)
	F(stk_popa, popa)
	F(stk_ret, ret)
	F(any_jmp_m, jmp *(D))
	F(any_call_m, call *(D))
	F(stk_push_4, pushl %eax)
	F(stk_pushf_4, pushfl)

#undef BITS
#undef D
#undef S
#define BITS	32
#define D	%edi
#define S	%esi
#include "payload/mmio_forms.inc"

	F(any_scaled, mov %eax, 4(%edi, %ecx, 2))
	F(any_fs, movl %fs:(D), %eax)
	F(any_xlat, XLAT_AT %edi, %ebx)
	F(any_push_m4, pushl (D))
	F(any_pop_m4, popl (D))
	F(any_jmp_m, jmp *(D))
	F(any_call_m, call *(D))
	F(any_andn_4, andn (D), %edx, %eax)
	F(any_bextr_4, bextr %edx, (D), %eax)
	F(any_bzhi_4, bzhi %ecx, (D), %eax)
	F(any_rorx_4, rorx $7, (D), %eax)
	F(any_shlx_4, shlx %ecx, (D), %eax)
	F(any_shrx_4, shrx %ecx, (D), %eax)
	F(any_sarx_4, sarx %ecx, (D), %eax)
	F(stk_push_4, pushl %eax)
	F(stk_push_i4, pushl $0x12345678)
	F(stk_pop_4, popl %eax)
	F(stk_pusha, pushal)
	F(stk_popa, popal)
	F(stk_pushf_4, pushfl)
	F(stk_ret, ret)

#undef BITS
#undef D
#undef S
#define BITS	64
#define D	%rdi
#define S	%rsi
#include "payload/mmio_forms.inc"

	F(any_mov_store8, mov %rax, (D))
	F(any_mov_load8, mov (D), %rax)
	F(any_mov_r9, mov %r9, (D))
	F(any_mov_r9b, mov %r9b, (D))
	F(any_mov_spl, mov %spl, (D))
	F(any_mov_imm8, movq $-0x12345678, (D))
	F(any_movsx_1_8, movsbq (D), %rax)
	F(any_movsx_2_8, movswq (D), %rax)
	F(any_movsxd, movslq (D), %rax)
	F(any_movzx_1_8, movzbq (D), %rax)
	F(any_movbe_store8, movbe %rax, (D))
	F(any_movbe_load8, movbe (D), %rax)
	F(any_movnti8, movnti %rax, (D))
	F(any_scaled, mov %rax, 8(%rdi, %rcx, 2))
	F(any_address32, mov %eax, (%edi))
	.irp	op, add, or, adc, sbb, and, sub, xor, cmp
	F(any_\op\()_r8, \op %rax, (D))
	F(any_\op\()_m8, \op (D), %rax)
	F(any_\op\()_i8, \op\()q $0x5aa51234, (D))
	F(any_\op\()_s8, \op\()q $-3, (D))
	.endr
	F(any_test_r8, test %rax, (D))
	.irp	op, xadd, xchg, cmpxchg
	F(any_\op\()_8, \op %rdx, (D))
	F(any_lock_\op\()_8, lock \op %rdx, (D))
	.endr
	F(any_cmpxchg16b, cmpxchg16b (D))
	F(any_lock_cmpxchg16b, lock cmpxchg16b (D))
	.irp	op, not, neg, inc, dec, mul, imul, div, idiv
	F(any_\op\()_8, \op\()q (D))
	.endr
	F(any_imul_r8, imul (D), %rax)
	.irp	op, rol, ror, rcl, rcr, shl, shr, sar
	F(any_\op\()_i8, \op\()q $41, (D))
	F(any_\op\()_c8, \op\()q %cl, (D))
	.endr
	F(any_shld_i8, shld $41, %rax, (D))
	F(any_shrd_c8, shrd %cl, %rax, (D))
	.irp	op, bt, bts, btr, btc
	F(any_\op\()_r8, \op %rdx, (D))
	F(any_\op\()_i8, \op\()q $61, (D))
	.endr
	.irp	op, bsf, bsr, tzcnt, lzcnt, popcnt
	F(any_\op\()_8, \op (D), %rax)
	.endr
	F(any_crc32_8, crc32q (D), %rax)
	F(any_cmovz_8, cmovz (D), %rax)
	F(any_andn_8, andn (D), %rdx, %rax)
	F(any_bextr_8, bextr %rdx, (D), %rax)
	F(any_bzhi_8, bzhi %rcx, (D), %rax)
	F(any_rorx_8, rorx $7, (D), %rax)
	F(any_shlx_8, shlx %rcx, (D), %rax)
	F(any_xlat, XLAT_AT %rdi, %rbx)
	F(any_push_m8, pushq (D))
	F(any_pop_m8, popq (D))
	F(any_jmp_m, jmp *(D))
	F(any_call_m, call *(D))
	.irp	op, movs, cmps, stos, lods, scas
	F(str_\op\()_8, \op\()q)
	F(str_rep_\op\()_8, rep \op\()q)
	F(str_\op\()_a32, addr32 rep \op\()b)
	.endr
	F(stk_push_8, pushq %rax)
	F(stk_push_i8, pushq $-0x12345678)
	F(stk_pop_8, popq %rax)
	F(stk_pushf_8, pushfq)
	F(stk_ret, ret)
	F(vec_movd_8_store, movq %mm1, (D))
	F(vec_xmm9_store, movups %xmm9, (D))
	F(vec_xmm9_load, movups (D), %xmm9)
	F(avx_ymm9_store, vmovups %ymm9, (D))
	F(avx_ymm9_load, vmovups (D), %ymm9)

/* Outside of the table. */

/* What the emulator does not know. */
PAYLOAD mmio_unknown, 64
	flds	(%rdi)
	RESULT
END

/* A read that user space answers, and another instruction. */
PAYLOAD mmio_read_twice, 64
	mov	(%rdi), %eax
1:	mov	(%rdi), %ebx
	RESULT
END

/* An instruction that is overwritten by the one before it. */
PAYLOAD mmio_modified, 64
	mov	$3, %ecx
1:	lea	AT(2f), %rbx
	movb	%cl, 1(%rbx)
2:	mov	$0, %al
	mov	%al, (%rdi)
	loop	1b
	RESULT
END
