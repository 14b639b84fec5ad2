/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/* Reads MSR RDI: RBX receives the value. */
PAYLOAD msr_read, 64
	mov	%edi, %ecx
	rdmsr
	shl	$32, %rdx
	lea	(%rax, %rdx), %rbx
	mov	$1, %eax
	RESULT
END

/* Writes RSI to MSR RDI. */
PAYLOAD msr_write, 64
	mov	%edi, %ecx
	mov	%esi, %eax
	mov	%rsi, %rdx
	shr	$32, %rdx
	wrmsr
	mov	$2, %eax
	RESULT
END

/* SYSCALL from ring 3 to GUEST_CODE + 0x100 and back by SYSRET. */
PAYLOAD msr_syscall, 64
	mov	$AT(1f), %ebx
	syscall
1:	mov	$3, %eax
	RESULT
	.balign	16
END

PAYLOAD msr_sysret, 64
	mov	$4, %eax
	RESULT
	sysretq
END

/* SWAPGS there and back; RBX is the base in between. */
PAYLOAD msr_swapgs, 64
	swapgs
	mov	$0xc0000101, %ecx
	rdmsr
	shl	$32, %rdx
	lea	(%rax, %rdx), %rbx
	swapgs
	mov	$5, %eax
	RESULT
END

/* RDTSC into RBX, RDTSCP's CPU number into RCX, for ever. */
PAYLOAD msr_tsc, 64
1:	rdtscp
	shl	$32, %rdx
	lea	(%rax, %rdx), %rbx
	mov	$6, %eax
	RESULT
	jmp	1b
END

/* As often as RSI says: is the TSC ever behind what it was? RAX counts. */
PAYLOAD msr_tsc_monotonic, 64
	xor	%r8d, %r8d
	xor	%r9d, %r9d
1:	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	cmp	%r8, %rax
	jae	2f
	inc	%r9d
2:	mov	%rax, %r8
	dec	%rsi
	jnz	1b
	mov	%r9d, %eax
	RESULT
END

/* CPUID with EAX = RSI and ECX = RDI; the four registers go to R8 to R11. */
PAYLOAD msr_cpuid, 64
	mov	%esi, %eax
	mov	%edi, %ecx
	cpuid
	mov	%eax, %r8d
	mov	%ebx, %r9d
	mov	%ecx, %r10d
	mov	%edx, %r11d
	mov	$7, %eax
	RESULT
END
