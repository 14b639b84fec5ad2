/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * One instruction each, in 64-bit mode, for test_exits.c.  RBP is its address.
 * The result is DONE, or with VALUE what is in EAX afterwards.
 */
#define DONE	0x600d

/* For strings, which the preprocessor leaves alone. */
	.set	DATA, GUEST_DATA

.macro TRY name, insn, before
PAYLOAD exit_\name, 64
	lea	1f(%rip), %rbp
	\before
1:	\insn
	mov	$DONE, %eax
	RESULT
END
.endm

.macro VALUE name, insn, before
PAYLOAD exit_\name, 64
	lea	1f(%rip), %rbp
	\before
1:	\insn
	RESULT
END
.endm

/* What exits always, or may. */
	VALUE	cpuid, "cpuid", "mov $0, %eax"
	TRY	hlt, "hlt"
	TRY	invd, "invd"
	TRY	wbinvd, "wbinvd"
	TRY	pause, "pause"
	TRY	rdpmc, "rdpmc", "mov $0x12345, %ecx"
	TRY	monitor, "monitor", "mov $DATA, %eax; xor %ecx, %ecx; xor %edx, %edx"
	TRY	mwait, "mwait", "xor %eax, %eax; xor %ecx, %ecx"
	TRY	invlpg, "invlpg DATA"
	TRY	invpcid, "invpcid DATA, %rax", "mov $2, %eax"
	TRY	invpcid_type, "invpcid DATA, %rax", "mov $4, %eax"

	/* The second is later than the first. */
	VALUE	rdtsc, "rdtsc; sub %ebx, %eax; shr $31, %eax", "rdtsc; mov %eax, %ebx"
	VALUE	rdtscp, "rdtscp; sub %ebx, %eax; shr $31, %eax", "rdtscp; mov %eax, %ebx"

/* Hypercalls: the number is in EAX. */
	VALUE	vmcall, "vmcall", "mov $0x7fff, %eax"
	VALUE	vmmcall, "vmmcall", "mov $0x7fff, %eax"

/* What a guest does not have. */
	TRY	vmclear, "vmclear DATA"
	TRY	vmlaunch, "vmlaunch"
	TRY	vmptrld, "vmptrld DATA"
	TRY	vmptrst, "vmptrst DATA"
	TRY	vmread, "vmread %rax, %rbx"
	TRY	vmresume, "vmresume"
	TRY	vmwrite, "vmwrite %rax, %rbx"
	TRY	vmxoff, "vmxoff"
	TRY	vmxon, "vmxon DATA"
	TRY	invept, "invept DATA, %rax"
	TRY	invvpid, "invvpid DATA, %rax"
	TRY	vmfunc, "vmfunc", "xor %eax, %eax"
	TRY	getsec, "getsec", "xor %eax, %eax"
	TRY	rsm, "rsm"
	TRY	encls, ".byte 0x0f, 0x01, 0xcf"
	TRY	enclu, ".byte 0x0f, 0x01, 0xd7"
	TRY	enclv, ".byte 0x0f, 0x01, 0xc0"
	TRY	pconfig, ".byte 0x0f, 0x01, 0xc5"
	TRY	tpause, ".byte 0x66, 0x0f, 0xae, 0xf0"
	TRY	umwait, ".byte 0xf2, 0x0f, 0xae, 0xf0"
	TRY	seamcall, ".byte 0x66, 0x0f, 0x01, 0xcf"
	TRY	tdcall, ".byte 0x66, 0x0f, 0x01, 0xcc"

/* MSRs */
	TRY	rdmsr_unknown, "rdmsr", "mov $0x12345678, %ecx"
	TRY	wrmsr_unknown, "wrmsr", "mov $0x12345678, %ecx"
	TRY	rdmsr_high, "rdmsr", "mov $0xc0005678, %ecx"
	TRY	wrmsr_high, "wrmsr", "mov $0xc0005678, %ecx"
	VALUE	rdmsr_efer, "rdmsr", "mov $0xc0000080, %ecx"
	/* LMA cannot be written, LME not while paging is on. */
	TRY	wrmsr_efer_lme, "wrmsr", "mov $0xc0000080, %ecx; xor %edx, %edx; xor %eax, %eax"
	TRY	wrmsr_efer_reserved, "wrmsr", \
		"mov $0xc0000080, %ecx; mov $2, %edx; mov $0x501, %eax"
	TRY	wrmsr_noncanonical, "wrmsr", "mov $0xc0000100, %ecx; mov $0x800000, %edx"

/* XCR0 */
.macro XCR name, index, high, low
	TRY	\name, "xsetbv", "mov $\index, %ecx; mov $\high, %edx; mov $\low, %eax"
.endm

	XCR	xsetbv, 0, 0, 3
	VALUE	xgetbv, "xgetbv", "xor %ecx, %ecx"
	XCR	xsetbv_no_x87, 0, 0, 2
	XCR	xsetbv_avx_without_sse, 0, 0, 5
	XCR	xsetbv_reserved, 0, 0x80000000, 3
	XCR	xsetbv_index, 1, 0, 3

/* CR0 */
	VALUE	read_cr0, "mov %cr0, %rax"
	VALUE	set_ts, "mov %rax, %cr0; mov %cr0, %rax", "mov %cr0, %rax; or $8, %eax"
	VALUE	clts, "clts; mov %cr0, %rax", "mov %cr0, %rax; or $8, %eax; mov %rax, %cr0"
	VALUE	lmsw, "lmsw %ax; mov %cr0, %rax", "mov $0xe, %eax"
	VALUE	lmsw_mem, "lmsw DATA; mov %cr0, %rax", "movw $0x8, DATA"
	VALUE	smsw, "smsw %eax"
	VALUE	set_am_wp, "mov %rax, %cr0; mov %cr0, %rax", "mov %cr0, %rax; or $0x50000, %eax"
	VALUE	set_cd, "mov %rax, %cr0; mov %cr0, %rax", "mov %cr0, %rax; or $0x40000000, %eax"
	TRY	cr0_nw_without_cd, "mov %rax, %cr0", "mov %cr0, %rax; or $0x20000000, %eax"
	TRY	cr0_pg_without_pe, "mov %rax, %cr0", "mov %cr0, %rax; and $~1, %eax"
	TRY	cr0_no_pg, "mov %rax, %cr0", "mov %cr0, %rax; and $0x7fffffff, %eax"
	TRY	cr0_high, "mov %rax, %cr0", "mov %cr0, %rax; bts $32, %rax"

/* CR3 */
	VALUE	cr3_same, "mov %rax, %cr3; mov %cr3, %rax", "mov %cr3, %rax"
	VALUE	cr3_bits, "mov %rax, %cr3; mov %cr3, %rax", "mov %cr3, %rax; or $0x18, %rax"
	TRY	cr3_reserved, "mov %rax, %cr3", "mov %cr3, %rax; bts $55, %rax"

/* CR4 */
	VALUE	read_cr4, "mov %cr4, %rax"
	VALUE	cr4_tsd, "mov %rax, %cr4; mov %cr4, %rax", "mov %cr4, %rax; or $4, %eax"
	VALUE	cr4_pge, "mov %rax, %cr4; mov %cr4, %rax", "mov %cr4, %rax; or $0x80, %eax"
	VALUE	cr4_osxsave, "mov %rax, %cr4; mov %cr4, %rax", "mov %cr4, %rax; bts $18, %rax"
	TRY	cr4_no_pae, "mov %rax, %cr4", "mov %cr4, %rax; and $~0x20, %eax"
	TRY	cr4_reserved, "mov %rax, %cr4", "mov %cr4, %rax; bts $15, %rax"
	TRY	cr4_high, "mov %rax, %cr4", "mov %cr4, %rax; bts $40, %rax"
	TRY	cr4_smxe, "mov %rax, %cr4", "mov %cr4, %rax; bts $14, %rax"

/* CR2, CR8 and those that do not exist */
	VALUE	cr2, "mov %cr2, %rax", "mov $0x1234567, %eax; mov %rax, %cr2; xor %eax, %eax"
	VALUE	cr8, "mov %rax, %cr8; mov %cr8, %rax", "mov $5, %eax"
	TRY	cr8_reserved, "mov %rax, %cr8", "mov $0x10, %eax"
	VALUE	cr8_lower, "mov %rax, %cr8; mov %cr8, %rax", \
		"mov $9, %eax; mov %rax, %cr8; mov $3, %eax"
	TRY	cr1, ".byte 0x0f, 0x20, 0xc8"
	TRY	cr5, ".byte 0x0f, 0x22, 0xe8"
	TRY	cr15, ".byte 0x44, 0x0f, 0x20, 0xf8"

/* Debug registers */
	VALUE	dr0, "mov %dr0, %rax", "mov $0x77777, %eax; mov %rax, %dr0; xor %eax, %eax"
	VALUE	dr3, "mov %dr3, %rax", "mov $0x33333, %eax; mov %rax, %dr3; xor %eax, %eax"
	VALUE	dr6, "mov %dr6, %rax", "xor %eax, %eax; mov %rax, %dr6"
	VALUE	dr7, "mov %dr7, %rax", "xor %eax, %eax; mov %rax, %dr7"
	VALUE	dr7_set, "mov %dr7, %rax", "mov $0x700, %eax; mov %rax, %dr7; xor %eax, %eax"
	VALUE	dr4, "mov %dr4, %rax", "mov $4, %eax; mov %rax, %dr6; xor %eax, %eax"
	VALUE	dr5, "mov %dr5, %rax", "xor %eax, %eax"
	TRY	dr6_high, "mov %rax, %dr6", "mov $1, %eax; shl $32, %rax"
	TRY	dr7_high, "mov %rax, %dr7", "mov $1, %eax; shl $32, %rax"
	TRY	dr7_gd, "mov %dr0, %rax", "mov $0x2400, %eax; mov %rax, %dr7"
