/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM with the interrupt controllers of a PC and one vCPU, which is at its
 * ports: each call lets it execute one instruction.
 */
#ifndef SELFTESTS_LIB_BOARD_H
#define SELFTESTS_LIB_BOARD_H

#include <stdbool.h>

#include "lib/event.h"

/* Vectors of pin 0 of the PICs, after board_start(). */
#define BOARD_MASTER	0x20
#define BOARD_SLAVE	0x28

/**
 * struct board - the VM
 * @guest: it
 * @vcpu: its vCPU
 * @mode: the vCPU's
 */
struct board {
	struct guest	guest;
	struct vcpu	vcpu;
	enum mode	mode;
};

void board_create(struct board *board);
void board_start(struct board *board, enum mode mode);
void board_out(struct board *board, __u16 port, __u8 value);
__u8 board_in(struct board *board, __u16 port);
void board_out16(struct board *board, __u16 port, __u16 value);
__u16 board_in16(struct board *board, __u16 port);
void board_prepare(struct board *board, bool halt);
int board_interrupt(struct board *board, bool halt);
void board_line(struct board *board, int gsi, int level);

#endif /* SELFTESTS_LIB_BOARD_H */
