// SPDX-License-Identifier: GPL-2.0-only
/*
 * The local APIC of a vCPU: MSRs, memory, user space, and what lapic.c leaves to
 * do.
 *
 * All is called by the vCPU's owner; in KVM_RUN, with interrupts on or off.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/msr-index.h>

#include "arch-x86/cr.h"
#include "arch-x86/irqchip/delivery.h"
#include "arch-x86/irqchip/irqchip.h"

static bool long_ids(const struct vtx_vcpu *vcpu)
{
	return READ_ONCE(vcpu->irqchip->x2apic_api) &
	       KVM_X2APIC_API_USE_32BIT_IDS;
}

/**
 * vtx_irqchip_set_x2apic_api() - KVM_ENABLE_CAP of KVM_CAP_X2APIC_API
 * @irqchip: the VM's, under the VM's lock
 * @flags: KVM_X2APIC_API_*; those that were set stay set
 *
 * Return: 0, or -EINVAL for other flags.
 */
int vtx_irqchip_set_x2apic_api(struct vtx_irqchip *irqchip, u64 flags)
{
	if (flags & ~(u64)VTX_X2APIC_API_FLAGS)
		return -EINVAL;
	WRITE_ONCE(irqchip->x2apic_api, irqchip->x2apic_api | (u32)flags);
	return 0;
}

/**
 * vtx_vcpu_lapic_create() - give a new vCPU its local APIC
 * @vcpu: the vCPU; it gets one if vcpu->irqchip is there
 *
 * It has the state after power-up.  Nobody finds it until vtx_irqchip_add().
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int vtx_vcpu_lapic_create(struct vtx_vcpu *vcpu)
{
	struct vtx_lapic *lapic;

	if (!vcpu->irqchip)
		return 0;
	lapic = kzalloc(sizeof(*lapic), GFP_KERNEL_ACCOUNT);
	if (!lapic)
		return -ENOMEM;
	lapic->regs = (u32 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!lapic->regs) {
		kfree(lapic);
		return -ENOMEM;
	}
	lapic->vcpu = vcpu;
	lapic->x2apic_id = vcpu->id;
	lapic->acked_vectors = vcpu->irqchip->acked_vectors;
	vtx_lapic_timer_init(lapic);
	vcpu->lapic = lapic;
	vtx_vcpu_lapic_power_up(vcpu);
	return 0;
}

/**
 * vtx_vcpu_lapic_free() - free what vtx_vcpu_lapic_create() has made
 * @vcpu: the vCPU, which nobody uses any more
 *
 * May sleep.
 */
void vtx_vcpu_lapic_free(struct vtx_vcpu *vcpu)
{
	struct vtx_lapic *lapic = vcpu->lapic;

	if (!lapic)
		return;
	vtx_lapic_timer_stop(lapic);
	if (lapic->stray)
		atomic_dec(&vcpu->irqchip->strays);
	if (lapic->xapic)
		atomic_dec(&vcpu->irqchip->xapics);
	free_page((unsigned long)lapic->regs);
	kfree(lapic);
	vcpu->lapic = NULL;
}

/**
 * vtx_vcpu_lapic_power_up() - the local APIC after power-up
 * @vcpu: the vCPU
 *
 * IA32_APIC_BASE is the caller's.
 */
void vtx_vcpu_lapic_power_up(struct vtx_vcpu *vcpu)
{
	vtx_lapic_timer_stop(vcpu->lapic);
	vtx_lapic_power_up(vcpu->lapic, vcpu->bsp);
	vtx_lapic_count(vcpu->irqchip, vcpu->lapic);
}

/**
 * vtx_vcpu_lapic_init() - the local APIC after INIT
 * @vcpu: the vCPU
 */
void vtx_vcpu_lapic_init(struct vtx_vcpu *vcpu)
{
	vtx_lapic_timer_stop(vcpu->lapic);
	vtx_lapic_init(vcpu->lapic);
	vtx_lapic_count(vcpu->irqchip, vcpu->lapic);
}

/**
 * vtx_vcpu_lapic_set_base() - IA32_APIC_BASE has been written
 * @vcpu: the vCPU
 * @old: what it was
 * @apic_base: what it is, a valid value
 * @host: user space has written it
 *
 * When a guest turns its APIC on again, the APIC is as after power-up (SDM 3A
 * "Enabling or Disabling the Local APIC"); user space may have set the registers
 * before, and they stay.
 */
void vtx_vcpu_lapic_set_base(struct vtx_vcpu *vcpu, u64 old, u64 apic_base,
			     bool host)
{
	struct vtx_lapic *lapic = vcpu->lapic;

	if (old == apic_base)
		return;
	if (!host && !(old & MSR_IA32_APICBASE_ENABLE)) {
		vtx_lapic_timer_stop(lapic);
		vtx_lapic_init(lapic);
	}
	vtx_lapic_set_mode(lapic, apic_base);
	vtx_lapic_count(vcpu->irqchip, lapic);
	vcpu->event.look = true;
}

static void send_icr(struct vtx_vcpu *vcpu)
{
	struct vtx_apic_message message;

	vtx_lapic_icr_message(vcpu->lapic, &message);
	vtx_irqchip_send(vcpu->irqchip, vcpu->lapic, &message);
}

/* What a write has left to do. */
static void finish(struct vtx_vcpu *vcpu, int todo)
{
	struct vtx_lapic *lapic = vcpu->lapic;

	if (todo & VTX_LAPIC_DO_SEND)
		send_icr(vcpu);
	if (todo & VTX_LAPIC_DO_LOOK)
		vcpu->event.look = true;
	if (todo & (VTX_LAPIC_DO_EOI | VTX_LAPIC_DO_ACK))
		vtx_irqchip_eoi(vcpu, lapic->eoi, todo & VTX_LAPIC_DO_EOI);
	if (todo & VTX_LAPIC_DO_TIMER_MODE)
		vtx_lapic_timer_set_mode(lapic);
	if (todo & VTX_LAPIC_DO_TIMER_START)
		vtx_lapic_timer_start(lapic);
	if (todo & VTX_LAPIC_DO_TIMER_DIVIDE)
		vtx_lapic_timer_set_divide(lapic);
	if (todo & VTX_LAPIC_DO_ID)
		vtx_lapic_count(vcpu->irqchip, lapic);
}

/**
 * vtx_vcpu_lapic_eoi() - the guest has ended an interrupt
 * @vcpu: the vCPU
 */
void vtx_vcpu_lapic_eoi(struct vtx_vcpu *vcpu)
{
	int todo = vtx_lapic_write(vcpu->lapic, VTX_LAPIC_EOI, 0);

	if (todo > 0)
		finish(vcpu, todo);
}

static bool read_reg(struct vtx_lapic *lapic, u32 offset, u32 *value)
{
	if (offset == VTX_LAPIC_TIMER_CURRENT) {
		*value = vtx_lapic_timer_count(lapic);
		return true;
	}
	return vtx_lapic_read(lapic, offset, value);
}

/**
 * vtx_vcpu_lapic_rdmsr() - a register is read in x2APIC mode
 * @vcpu: the vCPU
 * @index: the MSR, VTX_X2APIC_MSR and following
 * @value: receives what it holds
 *
 * Return: 0, or -EINVAL if it cannot be read: #GP.
 */
int vtx_vcpu_lapic_rdmsr(struct vtx_vcpu *vcpu, u32 index, u64 *value)
{
	struct vtx_lapic *lapic = vcpu->lapic;
	u32 offset = (index - VTX_X2APIC_MSR) << 4;
	u32 low;

	if (lapic->mode != VTX_APIC_X2APIC || !read_reg(lapic, offset, &low))
		return -EINVAL;
	*value = low;
	if (offset == VTX_LAPIC_ICR)
		*value |= (u64)vtx_lapic_reg(lapic, VTX_LAPIC_ICR2) << 32;
	return 0;
}

/**
 * vtx_vcpu_lapic_wrmsr() - a register is written in x2APIC mode
 * @vcpu: the vCPU
 * @index: the MSR, VTX_X2APIC_MSR and following
 * @value: what is written
 *
 * Return: 0, or -EINVAL if it cannot be written, or not so: #GP.
 */
int vtx_vcpu_lapic_wrmsr(struct vtx_vcpu *vcpu, u32 index, u64 value)
{
	struct vtx_lapic *lapic = vcpu->lapic;
	u32 offset = (index - VTX_X2APIC_MSR) << 4;
	int todo;

	if (lapic->mode != VTX_APIC_X2APIC)
		return -EINVAL;
	if (offset == VTX_LAPIC_ICR)
		todo = vtx_lapic_write_icr(lapic, value);
	else
		todo = upper_32_bits(value) ? -EINVAL :
		       vtx_lapic_write(lapic, offset, value);
	if (todo < 0)
		return todo;
	if (todo)
		finish(vcpu, todo);
	return 0;
}

/**
 * vtx_vcpu_lapic_mmio_read() - a guest reads where its local APIC may be
 * @vcpu: the vCPU, with or without a local APIC
 * @gpa: guest-physical address
 * @len: how many bytes
 * @value: receives them
 *
 * All ones while the APIC is off or in x2APIC mode, and not user space's affair
 * then either, as with KVM.  Otherwise the first four bytes of each 16 are a
 * register, and other bytes read as 0.
 *
 * Return: true if it is done, false if the APIC is not there.
 */
bool vtx_vcpu_lapic_mmio_read(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
			      void *value)
{
	struct vtx_lapic *lapic = vcpu->lapic;
	u32 offset = offset_in_page(gpa);
	u32 reg;

	if (!vtx_vcpu_lapic_has(vcpu, gpa))
		return false;
	if (lapic->mode != VTX_APIC_XAPIC) {
		memset(value, 0xff, len);
		return true;
	}
	memset(value, 0, len);
	if (offset % 16 + len > sizeof(reg))
		return true;
	if (read_reg(lapic, round_down(offset, 16), &reg))
		memcpy(value, (u8 *)&reg + offset % 16, len);
	else
		finish(vcpu, vtx_lapic_illegal(lapic));
	return true;
}

/**
 * vtx_vcpu_lapic_mmio_write() - a guest writes where its local APIC may be
 * @vcpu: the vCPU, with or without a local APIC
 * @gpa: guest-physical address
 * @len: how many bytes
 * @value: the bytes
 *
 * Only all four bytes of a register can be written; what else is ignored (SDM
 * 3A "The Local APIC Block Diagram": undefined).
 *
 * Return: true if it is done, false if the APIC is not there.
 */
bool vtx_vcpu_lapic_mmio_write(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
			       const void *value)
{
	struct vtx_lapic *lapic = vcpu->lapic;
	u32 offset = offset_in_page(gpa);
	int todo;

	if (!vtx_vcpu_lapic_has(vcpu, gpa))
		return false;
	if (lapic->mode != VTX_APIC_XAPIC || len != sizeof(u32) || offset % 16)
		return true;
	todo = vtx_lapic_write(lapic, offset, *(const u32 *)value);
	if (todo < 0)
		todo = vtx_lapic_illegal(lapic);
	if (todo)
		finish(vcpu, todo);
	return true;
}

/**
 * vtx_get_lapic() - KVM_GET_LAPIC
 * @vcpu: the vCPU
 * @state: receives the registers; in x2APIC mode too, in the layout of xAPIC
 *	mode
 *
 * Return: 0, or -EINVAL if the local APIC is user space's.
 */
int vtx_get_lapic(struct vtx_vcpu *vcpu, struct kvm_lapic_state *state)
{
	struct vtx_lapic *lapic = vcpu->lapic;

	if (!lapic)
		return -EINVAL;
	vtx_lapic_get_state(lapic, state, long_ids(vcpu));
	*(u32 *)(state->regs + VTX_LAPIC_TIMER_CURRENT) =
		vtx_lapic_timer_count(lapic);
	return 0;
}

/**
 * vtx_set_lapic() - KVM_SET_LAPIC
 * @vcpu: the vCPU
 * @state: the registers.  A timer that was counting goes on from
 *	TIMER_CURRENT.
 *
 * Return: 0; -EINVAL, with nothing changed, if the local APIC is user space's,
 * or if user space uses 32-bit ids and this one is not the vCPU's.
 */
int vtx_set_lapic(struct vtx_vcpu *vcpu, const struct kvm_lapic_state *state)
{
	struct vtx_lapic *lapic = vcpu->lapic;
	u32 count = *(const u32 *)(state->regs + VTX_LAPIC_TIMER_CURRENT);

	if (!lapic || !vtx_lapic_state_valid(lapic, state, long_ids(vcpu)))
		return -EINVAL;
	hrtimer_cancel(&lapic->timer.hrtimer);
	vtx_lapic_set_state(lapic, state);
	vtx_lapic_timer_restore(lapic, count);
	vtx_lapic_count(vcpu->irqchip, lapic);
	vcpu->event.look = true;
	return 0;
}
