// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <string.h>

#include "lib/bus.h"

/* A page directory for the gigabyte that BUS_MMIO is in. */
#define BUS_PD		GUEST_FREE

/* Each vCPU has a list of its own. */
#define LIST_SIZE	0x4000

static_assert(sizeof(struct bus_op) == BUS_OP_SIZE, "as in payload/bus.S");

/**
 * bus_start() - let a vCPU begin with a list of writes
 * @vcpu: the vCPU; its id is 0 to 3
 * @ops: the writes
 * @count: how many
 */
void bus_start(struct vcpu *vcpu, const struct bus_op *ops, int count)
{
	struct guest *guest = vcpu->guest;
	__u64 list = GUEST_DATA + vcpu->id * LIST_SIZE;
	struct bus_op end = { .kind = BUS_END };
	unsigned int i;

	MUST((count + 1) * sizeof(*ops) <= LIST_SIZE);
	memcpy(guest_at(guest, list), ops, count * sizeof(*ops));
	memcpy(guest_at(guest, list + count * sizeof(*ops)), &end, sizeof(end));

	vcpu_start(vcpu, "bus", MODE_LONG, 0);
	for (i = 0; i < BUS_MMIO_SIZE >> 21; i++)
		guest_u64(guest, BUS_PD)[i] = (BUS_MMIO + ((__u64)i << 21)) |
					      PTE_P | PTE_W | PTE_PS;
	guest_u64(guest, GUEST_PDPT)[BUS_MMIO >> 30] = BUS_PD | PTE_P | PTE_W;
	vcpu_set_reg(vcpu, rsi, list);
}

/**
 * bus_done() - all other writes must have been taken, and the list be done
 * @vcpu: the vCPU
 */
void bus_done(struct vcpu *vcpu)
{
	vcpu_must_happen(vcpu, MODE_LONG, RESULT, 0, NULL);
}

/**
 * bus_exit() - the next write that nobody takes must be this
 * @vcpu: the vCPU
 * @op: the write; its value is not looked at
 *
 * Return: the value that is written.
 */
__u64 bus_exit(struct vcpu *vcpu, const struct bus_op *op)
{
	struct kvm_run *run = vcpu->run;
	__u32 len = op->kind & 0xf;
	__u64 value = 0;

	if (op->kind < BUS_MOV) {
		vcpu_must_happen(vcpu, MODE_LONG, EXIT, KVM_EXIT_IO, NULL);
		MUST(run->io.direction == KVM_EXIT_IO_OUT);
		MUST(run->io.port == op->address);
		MUST(run->io.size == len && run->io.count == 1);
		memcpy(&value, (char *)run + run->io.data_offset, len);
	} else {
		vcpu_must_happen(vcpu, MODE_LONG, EXIT, KVM_EXIT_MMIO, NULL);
		MUST(run->mmio.is_write);
		MUST(run->mmio.phys_addr == op->address);
		MUST(run->mmio.len == len);
		memcpy(&value, run->mmio.data, len);
	}
	return value;
}
