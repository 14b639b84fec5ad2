/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs with a local APIC: its registers, and a guest that does one instruction
 * at a time (payload/lapic.S).
 */
#ifndef SELFTESTS_LIB_LAPIC_H
#define SELFTESTS_LIB_LAPIC_H

#include <stdbool.h>

#include "lib/event.h"

#define LAPIC_GPA	0xfee00000UL
#define IOAPIC_GPA	0xfec00000UL

/**
 * enum step - what the guest does next; of payload lapic_steps
 * @WRMSR: write an MSR
 * @RDMSR: read an MSR
 * @STORE: store 4 bytes
 * @LOAD: load 4 bytes
 * @OPEN: let interrupts in for a moment
 * @HALT: halt with interrupts on
 * @WRITE_CR8: write CR8
 * @READ_CR8: read CR8
 */
enum step { WRMSR, RDMSR, STORE, LOAD, OPEN, HALT, WRITE_CR8, READ_CR8 };

void vcpu_start_steps(struct vcpu *vcpu);
void vcpu_set_step(struct vcpu *vcpu, enum step what, __u32 where,
		   __u64 value);
int vcpu_try_step(struct vcpu *vcpu, enum step what, __u32 where,
		  __u64 value);
__u64 vcpu_step_result(struct vcpu *vcpu);
void vcpu_store(struct vcpu *vcpu, __u32 gpa, __u32 value);
__u32 vcpu_load(struct vcpu *vcpu, __u32 gpa);

__u32 vcpu_mp_state(const struct vcpu *vcpu);
int vcpu_set_mp_state(const struct vcpu *vcpu, __u32 value);

void lapic_get(const struct vcpu *vcpu, struct kvm_lapic_state *state);
__u32 *lapic_at(struct kvm_lapic_state *state, int offset);
__u32 lapic_reg(const struct vcpu *vcpu, int offset);
void lapic_set_reg(const struct vcpu *vcpu, int offset, __u32 value);
bool lapic_waits(const struct vcpu *vcpu, int vector);

#endif /* SELFTESTS_LIB_LAPIC_H */
