/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/*
 * A task that switches to another, for test_tasks.c, and hands over 0xa when it
 * is back.  EBX is the address behind the switch, or of what faults; in 16-bit
 * code an offset.
 */
.macro SWITCH_BITS name, bits, insn, after
PAYLOAD task_\name\()\bits, \bits
	mov	$0xaaaa, %eax
	mov	$0xdddd, %edx
	mov	$OF(1f), %ebx
	.if	\after
	mov	$OF(2f), %ebx
	.endif
	.if	\bits == 32
	add	$GUEST_CODE, %ebx
	.endif
1:	\insn
2:	mov	$0xa, %eax
	RESULT
END
.endm

.macro SWITCH name, insn, after = 0
	SWITCH_BITS \name, 16, "\insn", \after
	SWITCH_BITS \name, 32, "\insn", \after
.endm

	/* For strings, which the preprocessor leaves alone. */
	.set	TASK, SEL_FREE
	.set	GATE, SEL_FREE + 8

	SWITCH	jmp, "ljmp $TASK, $0", 1
	SWITCH	call, "lcall $TASK, $0", 1
	SWITCH	jmp_gate, "ljmp $GATE, $0", 1
	SWITCH	call_gate, "lcall $GATE, $0", 1
	SWITCH	int, "int $0x40", 1
	SWITCH	ud, "ud2"
	SWITCH	gp, "mov %eax, %ds"
	SWITCH	iret, "iret"
	SWITCH	jmp_fault, "ljmp $TASK, $0"

/*
 * The other task: hands over its EAX, returns by IRET, and when it is entered
 * once more hands over 0xb.
 */
PAYLOAD task_other32, 32
	RESULT
	iret
	mov	$0xb, %eax
	RESULT
END

PAYLOAD task_other16, 16
	RESULT
	iret
	mov	$0xb, %eax
	RESULT
END
