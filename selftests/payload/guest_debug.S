/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * 64-bit code for test_guest_debug.c, which knows the lengths of instructions.
 */

	.set	DATA, GUEST_DATA

/* INT3 as the second instruction. */
PAYLOAD stop_int3, 64
	nop
	int3
	mov	$0x333, %eax
	RESULT
END

/* A place for a breakpoint, and one that writes what is watched. */
PAYLOAD stop_places, 64
	nop
	nop
	movl	$0x1234, DATA
	nop
	mov	$0x600d, %eax
	RESULT
END

/* Steps: instructions that the CPU executes, and ones that exit. */
PAYLOAD stop_steps, 64
	nop
	sti
	xor	%eax, %eax
	cpuid
	mov	$0x1a0, %ecx
	rdmsr
	wbinvd
	mov	%cr0, %rbx
	bts	$18, %rbx		/* AM: exits, as it changes */
	mov	%rbx, %cr0
	mov	%dr7, %rdx
	mov	%rdx, %dr7
	cli
	out	%al, $0x80
	pushf
	pop	%rax
	mov	$0x600d, %eax
	RESULT
END

/*
 * The guest's own registers: a breakpoint at BX in DR1, and what it reads back
 * of DR1 and DR7.
 */
PAYLOAD stop_own, 64
	mov	%rbx, %dr1
	mov	$0x40c, %eax
	mov	%rax, %dr7
	mov	%dr1, %rax
	RESULT
	mov	%dr7, %rax
	RESULT
	xor	%ecx, %ecx
	mov	%rcx, %dr6
	mov	%dr6, %rax
	RESULT
	nop
.Ldebug_own_there:
	nop
	mov	$0x600d, %eax
	RESULT
END

/* Single-steps itself through instructions that exit. */
PAYLOAD stop_trap_flag, 64
	xor	%eax, %eax
	pushf
	orl	$0x100, (%rsp)
	popf
	cpuid
	wbinvd
	out	%al, $0x80
	nop
	mov	$0x600d, %eax
	RESULT
END

/* INT1, also with TF set. */
PAYLOAD stop_int1, 64
	nop
	.byte	0xf1
	mov	$0x600d, %eax
	RESULT
END

/* Breakpoint in the shadow of MOV SS: it comes behind the next instruction. */
PAYLOAD stop_mov_ss, 64
	mov	%ss, %ebx
	nop
	mov	DATA, %ss
	cpuid
	nop
	mov	$0x600d, %eax
	RESULT
END

/* HLT, and then one more. */
PAYLOAD stop_hlt, 64
	nop
	hlt
	nop
	mov	$0x600d, %eax
	RESULT
END

/* The address of an instruction is linear: here with a base. */
PAYLOAD stop_real, 16
	nop
	int3
	mov	$0x600d, %eax
	RESULT
END
