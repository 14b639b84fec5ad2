/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What payload/bus.S does; for C and for the assembler.
 */
#ifndef SELFTESTS_PAYLOAD_BUS_H
#define SELFTESTS_PAYLOAD_BUS_H

/* Kinds of operations: OUT and MOV of so many bytes. */
#define BUS_END		0x00
#define BUS_OUT		0x00
#define BUS_MOV		0x10

#define BUS_OP_SIZE	24

#endif /* SELFTESTS_PAYLOAD_BUS_H */
