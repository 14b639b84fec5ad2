/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/* One I/O instruction each, for test_pio.c, which sets the registers. */
.macro PIO name, bits, insn:vararg
PAYLOAD \name, \bits
	\insn
	RESULT
END
.endm

	PIO	out1, 64, out %al, %dx
	PIO	out2, 64, out %ax, %dx
	PIO	out4, 64, out %eax, %dx
	PIO	out1_imm, 64, out %al, $0x42
	PIO	out2_imm, 64, out %ax, $0x42
	PIO	out4_imm, 64, out %eax, $0x42
	PIO	in1, 64, in %dx, %al
	PIO	in2, 64, in %dx, %ax
	PIO	in4, 64, in %dx, %eax
	PIO	in1_imm, 64, in $0x42, %al
	PIO	in2_imm, 64, in $0x42, %ax
	PIO	in4_imm, 64, in $0x42, %eax

	PIO	outs1, 64, outsb
	PIO	outs2, 64, outsw
	PIO	outs4, 64, outsl
	PIO	ins1, 64, insb
	PIO	ins2, 64, insw
	PIO	ins4, 64, insl
	PIO	rep_outs1, 64, rep outsb
	PIO	rep_outs2, 64, rep outsw
	PIO	rep_outs4, 64, rep outsl
	PIO	rep_ins1, 64, rep insb
	PIO	rep_ins2, 64, rep insw
	PIO	rep_ins4, 64, rep insl

	/* Address size and segment override */
	PIO	outs1_addr32, 64, addr32 outsb
	PIO	outs1_gs, 64, outsb %gs:(%rsi), %dx
	PIO	rep_outs1_16, 16, rep outsb
	PIO	rep_ins1_16, 16, rep insb
	PIO	out1_16, 16, out %al, %dx
	PIO	out1_32, 32, out %al, %dx
	PIO	in2_16, 16, in %dx, %ax
	PIO	in2_32, 32, in %dx, %ax
