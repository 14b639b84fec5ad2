// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "lib/board.h"

/* Of payload port_steps_* */
enum step { OUT, IN, OPEN, HALT, OUT16, IN16 };

/**
 * board_create() - create a VM with interrupt controllers and a vCPU
 * @board: it
 */
void board_create(struct board *board)
{
	guest_create(&board->guest);
	MUST(!ioctl(board->guest.fd, KVM_CREATE_IRQCHIP, 0));
	vcpu_create(&board->vcpu, &board->guest, 0);
}

static void set_step(struct board *board, enum step what, __u16 port,
		     __u32 value)
{
	struct kvm_regs regs;

	vcpu_get_regs(&board->vcpu, &regs);
	regs.rcx = what;
	regs.rdx = port;
	regs.rax = value;
	vcpu_set_regs(&board->vcpu, &regs);
}

static __u32 do_step(struct board *board, enum step what, __u16 port,
		     __u32 value)
{
	set_step(board, what, port, value);
	return vcpu_result(&board->vcpu, board->mode);
}

/**
 * board_out() - the guest writes to a port
 * @board: the VM
 * @port: the port, the kernel's
 * @value: what it writes
 */
void board_out(struct board *board, __u16 port, __u8 value)
{
	do_step(board, OUT, port, value);
}

/**
 * board_in() - the guest reads from a port
 * @board: the VM
 * @port: the port, the kernel's
 *
 * Return: what it reads.
 */
__u8 board_in(struct board *board, __u16 port)
{
	return do_step(board, IN, port, 0);
}

/**
 * board_out16() - the guest writes two bytes to a port
 * @board: the VM
 * @port: the port, the kernel's
 * @value: what it writes
 */
void board_out16(struct board *board, __u16 port, __u16 value)
{
	do_step(board, OUT16, port, value);
}

/**
 * board_in16() - the guest reads two bytes from a port
 * @board: the VM
 * @port: the port, the kernel's
 *
 * Return: what it reads.
 */
__u16 board_in16(struct board *board, __u16 port)
{
	return do_step(board, IN16, port, 0);
}

/**
 * board_prepare() - let the next run be an open window, or a halt
 * @board: the VM
 * @halt: the guest halts, else it lets interrupts in for a moment
 */
void board_prepare(struct board *board, bool halt)
{
	set_step(board, halt ? HALT : OPEN, 0, 0);
}

/**
 * board_interrupt() - the guest lets an interrupt in
 * @board: the VM
 * @halt: it halts, else it only lets interrupts in for a moment
 *
 * Its handler has returned.
 *
 * Return: the vector, or -1 if there was none.
 */
int board_interrupt(struct board *board, bool halt)
{
	struct event event;

	board_prepare(board, halt);
	vcpu_wait(&board->vcpu, board->mode, &event);
	if (event.what == RESULT)
		return -1;
	MUST(event.what == EXCEPTION);
	vcpu_result(&board->vcpu, board->mode);
	return event.value;
}

/**
 * board_start() - put the vCPU to its ports
 * @board: the VM
 * @mode: which mode it is in; of 16, 32 or 64 bits
 *
 * The PICs are initialized; all pins but the slave's are masked, and have fixed
 * priorities.  What was in service is not any more.
 */
void board_start(struct board *board, enum mode mode)
{
	static const struct { __u16 port; __u8 value; } rows[] = {
		{ 0x20, 0x11 }, { 0x21, BOARD_MASTER }, { 0x21, 4 },
		{ 0x21, 1 }, { 0xa0, 0x11 }, { 0xa1, BOARD_SLAVE },
		{ 0xa1, 2 }, { 0xa1, 1 }, { 0x4d0, 0 }, { 0x4d1, 0 },
		{ 0x21, 0xfb }, { 0xa1, 0xff },
	};
	char payload[16];
	unsigned int i;

	board->mode = mode;
	snprintf(payload, sizeof(payload), "port_steps_%d", mode_bits(mode));
	vcpu_start(&board->vcpu, payload, mode, 0);
	vcpu_result(&board->vcpu, mode);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		board_out(board, rows[i].port, rows[i].value);
}

/**
 * board_line() - KVM_IRQ_LINE
 * @board: the VM
 * @gsi: which line
 * @level: its level
 */
void board_line(struct board *board, int gsi, int level)
{
	struct kvm_irq_level line = { .irq = gsi, .level = level };

	MUST(!ioctl(board->guest.fd, KVM_IRQ_LINE, &line));
}
