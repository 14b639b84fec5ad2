/* SPDX-License-Identifier: GPL-2.0-only */
/* The switch between host and guest. */
#include <linux/linkage.h>

#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>
#include <asm/unwind_hints.h>

#include "arch-x86/vmx/asm-offsets.h"
	.section .noinstr.text, "ax"

/*
 * vtx_switch() - enter the guest, and return when it exits
 *
 * In:		rdi	struct vtx_context *
 *		esi	VTX_SWITCH_* flags
 *		IRQs off, the guest's VMCS current, HOST_RIP at vtx_switch_exit
 * Out:		eax	enum vtx_entry
 *		the guest's registers in the context, if it was entered
 * Clobbers:	what a C function may; all of it is zero, no guest value is left
 *
 * Stack from rsp up, also in HOST_RSP: flags, context, rbx, r12 to r15, rbp.
 */
SYM_FUNC_START(vtx_switch)
	push	%rbp
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbx
	push	%rdi
	push	%rsi

	/* The same call chain has the same stack: mostly nothing to write. */
	cmp	%rsp, CONTEXT_HOST_RSP(%rdi)
	je	.Lrsp_known
	mov	$FIELD_HOST_RSP, %eax
.Lwrite_rsp:
	vmwrite	%rsp, %rax
	jbe	.Lvmfail
	mov	%rsp, CONTEXT_HOST_RSP(%rdi)
.Lrsp_known:

	/* Last of all, so that the host runs as it likes up to here. */
	test	$SPEC_CTRL_FLAG, %sil
	jz	.Lload
	mov	$MSR_IA32_SPEC_CTRL, %ecx
	mov	CONTEXT_SPEC_CTRL(%rdi), %eax
	mov	CONTEXT_SPEC_CTRL + 4(%rdi), %edx
	wrmsr

.Lload:
	shl	$1, %esi		/* CF: resume.  SF: verw. */
	mov	CONTEXT_RAX(%rdi), %rax
	mov	CONTEXT_RCX(%rdi), %rcx
	mov	CONTEXT_RDX(%rdi), %rdx
	mov	CONTEXT_RBX(%rdi), %rbx
	mov	CONTEXT_RBP(%rdi), %rbp
	mov	CONTEXT_RSI(%rdi), %rsi
	mov	CONTEXT_R8(%rdi), %r8
	mov	CONTEXT_R9(%rdi), %r9
	mov	CONTEXT_R10(%rdi), %r10
	mov	CONTEXT_R11(%rdi), %r11
	mov	CONTEXT_R12(%rdi), %r12
	mov	CONTEXT_R13(%rdi), %r13
	mov	CONTEXT_R14(%rdi), %r14
	mov	CONTEXT_R15(%rdi), %r15
	mov	CONTEXT_RDI(%rdi), %rdi
	jns	.Lbuffers_clear
	verw	.Lverw_selector(%rip)	/* writes ZF only */
.Lbuffers_clear:
	UNWIND_HINT_SAVE		/* vtx_switch_exit has the same stack */
	jnc	.Llaunch
.Lresume:
	vmresume
	jmp	.Lvmfail
.Llaunch:
	vmlaunch
.Lvmfail:
	mov	$ENTRY_VMFAIL, %eax
	jmp	.Lclear
.Lfault:
	mov	$ENTRY_FAULT, %eax
	jmp	.Lclear
	_ASM_EXTABLE(.Lwrite_rsp, .Lfault)
	_ASM_EXTABLE(.Lresume, .Lfault)
	_ASM_EXTABLE(.Llaunch, .Lfault)

SYM_INNER_LABEL_ALIGN(vtx_switch_exit, SYM_L_GLOBAL)
	UNWIND_HINT_RESTORE
	ENDBR				/* its address is taken */
	push	%rax
	mov	16(%rsp), %rax		/* the context */
	pop	CONTEXT_RAX(%rax)
	mov	%rcx, CONTEXT_RCX(%rax)
	mov	%rdx, CONTEXT_RDX(%rax)
	mov	%rbx, CONTEXT_RBX(%rax)
	mov	%rbp, CONTEXT_RBP(%rax)
	mov	%rsi, CONTEXT_RSI(%rax)
	mov	%rdi, CONTEXT_RDI(%rax)
	mov	%r8, CONTEXT_R8(%rax)
	mov	%r9, CONTEXT_R9(%rax)
	mov	%r10, CONTEXT_R10(%rax)
	mov	%r11, CONTEXT_R11(%rax)
	mov	%r12, CONTEXT_R12(%rax)
	mov	%r13, CONTEXT_R13(%rax)
	mov	%r14, CONTEXT_R14(%rax)
	mov	%r15, CONTEXT_R15(%rax)
	mov	$ENTRY_EXITED, %eax

	/* Nothing of the guest's may steer what the host does speculatively. */
.Lclear:
	.irp	r, ecx, edx, ebx, ebp, r8, r9, r10, r11, r12, r13, r14, r15
	xor	%\r, %\r
	.endr
	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
			   X86_FEATURE_RSB_VMEXIT_LITE

	pop	%rsi
	pop	%rdi
	test	$SPEC_CTRL_FLAG, %sil
	jz	.Lleave
	mov	%eax, %ebx
	mov	$MSR_IA32_SPEC_CTRL, %ecx
	rdmsr
	mov	%eax, CONTEXT_SPEC_CTRL(%rdi)
	mov	%edx, CONTEXT_SPEC_CTRL + 4(%rdi)
	mov	CONTEXT_HOST_SPEC_CTRL(%rdi), %eax
	mov	CONTEXT_HOST_SPEC_CTRL + 4(%rdi), %edx
	wrmsr
	mov	%ebx, %eax
.Lleave:
	lfence				/* no guessed jz gets past this */
	xor	%esi, %esi
	xor	%edi, %edi
	pop	%rbx
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	pop	%rbp
	RET
SYM_FUNC_END(vtx_switch)

	.section .rodata
.Lverw_selector:
	.word	__KERNEL_DS
