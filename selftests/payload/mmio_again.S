/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * For test_mmio_again.c: calls what is at RSI again and again, each time with
 * address translations looked up anew.
 */
PAYLOAD mmio_again, 64
1:	mov	%cr3, %r15
	mov	%r15, %cr3
	call	*%rsi
	RESULT
	jmp	1b
END

/* What it calls; the operand is at address 205100H. */
.macro FORM name, insn:vararg
PAYLOAD again_\name, 64
	\insn
	ret
END
.endm

.macro LOAD_RSP
	mov	%rsp, %rbp
	mov	(%rdi), %rsp
	xchg	%rsp, %rbp
.endm

.macro WITH_INTERRUPTS insn:vararg
	sti
	\insn
	cli
.endm

	FORM	store1, mov %al, (%rdi)
	FORM	store1_high, mov %ah, (%rdi)
	FORM	store1_rex, mov %bpl, (%rdi)
	FORM	store2, mov %ax, (%rdi)
	FORM	store4, mov %eax, (%rdi)
	FORM	store8, mov %rax, (%rdi)
	FORM	store_r14, mov %r14d, (%r13)
	FORM	store_rsp, mov %rsp, (%rdi)
	FORM	store_imm1, movb $0x5a, (%rdi)
	FORM	store_imm4, movl $0x89abcdef, (%rdi)
	FORM	store_imm8, movq $-2, (%rdi)
	FORM	store_index, mov %eax, 8(%rdi, %rcx, 4)
	FORM	store_below, mov %eax, -0x10(%rdi, %rdx, 2)
	FORM	store_address32, mov %eax, (%ebx)
	FORM	store_rip, mov %eax, 0x40fa(%rip)
	FORM	store_rip_imm, movl $0x12345678, 0x40f6(%rip)
	FORM	store_absolute, movabs %eax, 0x205100
	FORM	store_stack, mov %eax, 0x205100 - (GUEST_STACK + GUEST_STACK_TOP - 8)(%rsp)
	FORM	store_fs, mov %eax, %fs:(%rdi)
	FORM	store_gs, mov %eax, %gs:4(%rdi)
	FORM	store_nontemporal, movnti %rax, (%rdi)

	FORM	load1, mov (%rdi), %al
	FORM	load1_high, mov (%rdi), %ah
	FORM	load2, mov (%rdi), %ax
	FORM	load4, mov (%rdi), %eax
	FORM	load8, mov (%rdi), %rax
	FORM	load_r14, mov (%rdi), %r14
	FORM	load_rsp, LOAD_RSP
	FORM	load_absolute, movabs 0x205100, %eax
	FORM	load_gs, mov %gs:4(%rdi), %eax
	FORM	load_zero_1_2, movzbw (%rdi), %ax
	FORM	load_zero_1_4, movzbl (%rdi), %eax
	FORM	load_zero_2_8, movzwq (%rdi), %rax
	FORM	load_sign_1_2, movsbw (%rdi), %ax
	FORM	load_sign_1_4, movsbl (%rdi), %eax
	FORM	load_sign_2_8, movswq (%rdi), %rax
	FORM	load_sign_4_8, movslq (%rdi), %rax

	/* Not moves, but kept all the same. */
	FORM	add, add %eax, (%rdi)
	FORM	exchange, xchg %eax, (%rdi)

	FORM	other, mov %ebx, 4(%rdi)
	FORM	shadow_store, WITH_INTERRUPTS mov %eax, (%rdi)
	FORM	shadow_load, WITH_INTERRUPTS mov (%rdi), %eax
