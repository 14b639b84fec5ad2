/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/* Instructions that use MSRs, for test_host_msrs.c; 64-bit. */
	.set	DATA, GUEST_DATA

/* IA32_TSC_AUX */
PAYLOAD vcpu_rdtscp, 64
	rdtscp
	mov	%ecx, %eax
	RESULT
END

/* From ring 3; LSTAR has the address of the entry. */
PAYLOAD vcpu_syscall, 64
	syscall
	.fill	62, 1, 0x90
	/* The entry: 64 bytes from the start. */
	mov	%rcx, DATA
	mov	%r11, DATA + 8
	mov	%cs, %eax
	RESULT
END

/* GS and the other one change places. */
PAYLOAD vcpu_swapgs, 64
	swapgs
	mov	$1, %eax
	RESULT
END
