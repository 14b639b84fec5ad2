/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * Code for test_guest_debug.c, which knows the lengths of instructions.
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
	jmp	1f
	nop
1:	rdtsc
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
	nop			/* 32: where the breakpoint is */
	mov	$0x600d, %eax
	RESULT
END

PAYLOAD stop_string, 64
	rep movsb
	nop
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
