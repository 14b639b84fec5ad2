/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that write to ports and to addresses where there is no memory.
 */
#ifndef SELFTESTS_LIB_BUS_H
#define SELFTESTS_LIB_BUS_H

#include "lib/event.h"
#include "payload/bus.h"

/* Where there is no memory, but paging maps it: BUS_MMIO_SIZE bytes. */
#define BUS_MMIO	0xc0000000UL
#define BUS_MMIO_SIZE	0x400000UL

/**
 * struct bus_op - a write that a guest does
 * @kind: BUS_OUT or BUS_MOV, plus its length
 * @times: how often, at least once
 * @address: port, or address
 * @value: what is written
 */
struct bus_op {
	__u32	kind;
	__u32	times;
	__u64	address;
	__u64	value;
};

void bus_start(struct vcpu *vcpu, const struct bus_op *ops, int count);
void bus_done(struct vcpu *vcpu);
__u64 bus_exit(struct vcpu *vcpu, const struct bus_op *op);

#endif /* SELFTESTS_LIB_BUS_H */
