/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's side of the benchmark: 64-bit code for any address, one payload for
 * each operation.  Each repeats its operation and writes down the TSC in between:
 *
 *	In:	RDI	where to write the TSC values, one of 8 bytes after another
 *		RSI	how many of them, 2 or more
 *		R8	how many operations from one to the next
 *		R10	the port or the address that the operation is about
 *	Ends with OUT to PORT_END.
 */
	.set	PORT_END, 0x5f0		/* GUEST_PORT_END */

.macro begin name
	.globl	payload_\name
payload_\name:
1:	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rax, (%rdi)
	addq	$8, %rdi
	decq	%rsi
	jz	3f
	movq	%r8, %r9
	movl	%r10d, %edx
2:
.endm

.macro end name
	decq	%r9
	jnz	2b
	jmp	1b
3:	movl	$PORT_END, %edx
	outb	%al, %dx
	.globl	payload_\name\()_end
payload_\name\()_end:
.endm

	.section .rodata

begin	cpuid_0
	xorl	%eax, %eax
	cpuid
end	cpuid_0

begin	cpuid_7
	movl	$7, %eax
	xorl	%ecx, %ecx
	cpuid
end	cpuid_7

/* A number that no hypercall has. */
begin	vmcall
	movl	$0x4242, %eax
	vmcall
end	vmcall

begin	rdmsr
	movl	$0x1a0, %ecx		/* IA32_MISC_ENABLE */
	rdmsr
end	rdmsr

begin	wrmsr
	movl	$0x3b, %ecx		/* IA32_TSC_ADJUST */
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
end	wrmsr

begin	port_out
	outl	%eax, %dx
end	port_out

begin	port_in
	inb	%dx, %al
end	port_in

begin	write
	movl	%eax, (%r10)
end	write

begin	read
	movl	(%r10), %eax
end	read

begin	touch
	movl	%eax, (%r10)
	addq	$4096, %r10
end	touch

	.section .note.GNU-stack, "", @progbits
