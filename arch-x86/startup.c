// SPDX-License-Identifier: GPL-2.0-only
/*
 * INIT and startup IPIs, and what a vCPU is between them.
 *
 *   UNINITIALIZED    after power-up, but for the first vCPU; an INIT ends it
 *   INIT_RECEIVED    waits for a startup IPI
 *   RUNNABLE         runs
 *   HALTED           waits for an interrupt
 *
 * A local APIC brings them; without one a vCPU is RUNNABLE.  INIT and startup
 * IPI are noted by whoever sends them (struct vtx_lapic's @arrivals), and take
 * effect here: before the vCPU runs or sleeps, and before user space sees what
 * it is.
 */
#include "module/compat.h"

#include <linux/bitops.h>
#include <linux/errno.h>

#include <asm/msr-index.h>

#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/sregs.h"
#include "arch-x86/startup.h"
#include "arch-x86/state_regs.h"
#include "arch-x86/vcpu.h"

static int init(struct vtx_vcpu *vcpu)
{
	u64 apic_base = vcpu->msrs.value[VTX_MSR_SLOT_APIC_BASE];
	int err = vtx_state_init(vcpu);

	if (err)
		return err;
	vtx_vcpu_lapic_init(vcpu);
	vcpu->mp_state = apic_base & MSR_IA32_APICBASE_BSP ?
			 KVM_MP_STATE_RUNNABLE : KVM_MP_STATE_INIT_RECEIVED;
	return 0;
}

/* SDM 3A "MP Initialization Protocol Algorithm for MP Systems" */
static int start(struct vtx_vcpu *vcpu)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	int err;

	err = vtx_get_sregs(vcpu, &sregs);
	if (!err)
		err = vtx_get_regs(vcpu, &regs);
	if (err)
		return err;
	vtx_sregs_startup(&sregs, READ_ONCE(vcpu->lapic->start_vector));
	regs.rip = 0;
	err = vtx_set_sregs(vcpu, &sregs);
	if (!err)
		err = vtx_set_regs(vcpu, &regs);
	if (err)
		return err;
	vcpu->mp_state = KVM_MP_STATE_RUNNABLE;
	return 0;
}

/**
 * vtx_startup() - let INITs and startup IPIs that have come take effect
 * @vcpu: the vCPU, not loaded; with or without a local APIC
 *
 * A startup IPI is ignored but after an INIT.  May sleep.
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_startup(struct vtx_vcpu *vcpu)
{
	unsigned long *arrivals;
	int err;

	if (!vcpu->lapic)
		return 0;
	arrivals = &vcpu->lapic->arrivals;
	/* Before they are looked at: a later one asks anew. */
	vtx_vcpu_test_request(vcpu, VTX_REQ_STARTUP);
	if (test_and_clear_bit(VTX_LAPIC_ARRIVED_INIT, arrivals)) {
		err = init(vcpu);
		if (err)
			return err;
	}
	if (test_and_clear_bit(VTX_LAPIC_ARRIVED_STARTUP, arrivals) &&
	    vcpu->mp_state == KVM_MP_STATE_INIT_RECEIVED)
		return start(vcpu);
	return 0;
}

/**
 * vtx_get_mp_state() - KVM_GET_MP_STATE
 * @vcpu: the vCPU
 * @state: receives KVM_MP_STATE_*; without a local APIC it is RUNNABLE
 *
 * May sleep.
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_get_mp_state(struct vtx_vcpu *vcpu, struct kvm_mp_state *state)
{
	int err = vtx_startup(vcpu);

	if (err)
		return err;
	state->mp_state = vcpu->mp_state;
	/* What has ended its halt is no state of its own. */
	if (state->mp_state == KVM_MP_STATE_HALTED &&
	    READ_ONCE(vcpu->unhalted))
		state->mp_state = KVM_MP_STATE_RUNNABLE;
	return 0;
}

/**
 * vtx_set_mp_state() - KVM_SET_MP_STATE
 * @vcpu: the vCPU
 * @state: KVM_MP_STATE_RUNNABLE, with a local APIC also UNINITIALIZED,
 *	INIT_RECEIVED, SIPI_RECEIVED, HALTED
 *
 * Return: 0, or -EINVAL for another state.
 */
int vtx_set_mp_state(struct vtx_vcpu *vcpu, const struct kvm_mp_state *state)
{
	switch (state->mp_state) {
	case KVM_MP_STATE_RUNNABLE:
		break;
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED:
	case KVM_MP_STATE_SIPI_RECEIVED:
	case KVM_MP_STATE_HALTED:
		if (vcpu->lapic)
			break;
		fallthrough;
	default:
		return -EINVAL;
	}
	vcpu->mp_state = state->mp_state;
	if (state->mp_state == KVM_MP_STATE_SIPI_RECEIVED) {
		/* It is on its way; KVM_SET_VCPU_EVENTS has the vector. */
		vcpu->mp_state = KVM_MP_STATE_INIT_RECEIVED;
		set_bit(VTX_LAPIC_ARRIVED_STARTUP, &vcpu->lapic->arrivals);
	}
	vcpu->event.look = true;
	return 0;
}
