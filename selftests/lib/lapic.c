// SPDX-License-Identifier: GPL-2.0-only
#include "lib/lapic.h"

#define IRR		0x200
#define DEVICE_TABLE	(GUEST_FREE + 0xa000)	/* page directory of the 4th GB */

__u32 vcpu_mp_state(const struct vcpu *vcpu)
{
	struct kvm_mp_state state;

	MUST(!ioctl(vcpu->fd, KVM_GET_MP_STATE, &state));
	return state.mp_state;
}

int vcpu_set_mp_state(const struct vcpu *vcpu, __u32 value)
{
	struct kvm_mp_state state = { value };

	return vtx_ioctl(vcpu->fd, KVM_SET_MP_STATE, (unsigned long)&state);
}

void lapic_get(const struct vcpu *vcpu, struct kvm_lapic_state *state)
{
	MUST(!ioctl(vcpu->fd, KVM_GET_LAPIC, state));
}

__u32 *lapic_at(struct kvm_lapic_state *state, int offset)
{
	return (__u32 *)(state->regs + offset);
}

__u32 lapic_reg(const struct vcpu *vcpu, int offset)
{
	struct kvm_lapic_state state;

	lapic_get(vcpu, &state);
	return *lapic_at(&state, offset);
}

void lapic_set_reg(const struct vcpu *vcpu, int offset, __u32 value)
{
	struct kvm_lapic_state state;

	lapic_get(vcpu, &state);
	*lapic_at(&state, offset) = value;
	MUST(!ioctl(vcpu->fd, KVM_SET_LAPIC, &state));
}

/* Is the vector in IRR? */
bool lapic_waits(const struct vcpu *vcpu, int vector)
{
	return lapic_reg(vcpu, IRR + vector / 32 * 16) >> vector % 32 & 1;
}

static void map_devices(const struct guest *guest, __u64 gpa)
{
	guest_u64(guest, GUEST_PDPT)[3] = DEVICE_TABLE | PTE_P | PTE_W | PTE_A;
	guest_u64(guest, DEVICE_TABLE)[gpa >> 21 & 511] =
		(gpa & ~0x1fffffUL) | PTE_P | PTE_W | PTE_A | PTE_D | PTE_PS;
}

/* Up to the first result, in 64-bit mode with interrupts off. */
void vcpu_start_steps(struct vcpu *vcpu)
{
	vcpu_start(vcpu, "lapic_steps", MODE_LONG, 0);
	map_devices(vcpu->guest, LAPIC_GPA);
	map_devices(vcpu->guest, IOAPIC_GPA);
	MUST(!vcpu_set_mp_state(vcpu, KVM_MP_STATE_RUNNABLE));
	vcpu_must_happen(vcpu, MODE_LONG, RESULT,
			 (__u32)vcpu_reg(vcpu, rax), NULL);
}

void vcpu_set_step(struct vcpu *vcpu, enum step what, __u32 where, __u64 value)
{
	struct kvm_regs regs;

	vcpu_get_regs(vcpu, &regs);
	regs.rsi = what;
	regs.rcx = where;
	regs.rbx = where;
	regs.rax = what == WRITE_CR8 ? value : (__u32)value;
	regs.rdx = value >> 32;
	vcpu_set_regs(vcpu, &regs);
}

/* Return: 0, or the vector of the exception, from which the guest has gone on. */
int vcpu_try_step(struct vcpu *vcpu, enum step what, __u32 where, __u64 value)
{
	struct event event;

	vcpu_set_step(vcpu, what, where, value);
	vcpu_wait(vcpu, MODE_LONG, &event);
	if (event.what == RESULT)
		return 0;
	MUST(event.what == EXCEPTION);
	/* All that can fault here has two bytes. */
	event_set_rip(vcpu, MODE_LONG, &event, event.rip + 2);
	vcpu_result(vcpu, MODE_LONG);
	return event.value;
}

/* What an MSR, memory or CR8 was when it was read. */
__u64 vcpu_step_result(struct vcpu *vcpu)
{
	struct kvm_regs regs;

	vcpu_get_regs(vcpu, &regs);
	return (regs.rax & 0xffffffff) | regs.rdx << 32;
}

void vcpu_store(struct vcpu *vcpu, __u32 gpa, __u32 value)
{
	MUST(!vcpu_try_step(vcpu, STORE, gpa, value));
}

__u32 vcpu_load(struct vcpu *vcpu, __u32 gpa)
{
	MUST(!vcpu_try_step(vcpu, LOAD, gpa, 0));
	return vcpu_step_result(vcpu);
}
