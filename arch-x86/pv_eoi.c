// SPDX-License-Identifier: GPL-2.0-only
/*
 * PV EOI: where nobody waits for the end of an interrupt, a guest need not exit
 * to say that it has come.
 *
 * Before an entry with such an interrupt in service a bit is set in memory that
 * the guest has named.  The guest clears the bit in place of writing EOI; if it
 * finds the bit clear, it writes EOI.  After the exit the bit tells whether the
 * interrupt has ended.  If not, it is taken back, as things may change.
 *
 * Both is done in the inner loop if the memory is at hand.  If it is not, the
 * bit is not set; or what it tells is learnt outside, before the vCPU enters
 * again or sleeps, and before user space sees its state.
 */
#include "module/compat.h"

#include <linux/bitops.h>
#include <linux/errno.h>

#include <asm/kvm_para.h>

#include "ept/guest_mem.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/pv_eoi.h"
#include "arch-x86/vcpu.h"

static u64 gpa_of(const struct vtx_vcpu *vcpu)
{
	return vcpu->msrs.value[VTX_MSR_SLOT_KVM_PV_EOI_EN] &
	       ~(u64)KVM_MSR_ENABLED;
}

/**
 * vtx_pv_eoi_set_msr() - MSR_KVM_PV_EOI_EN has been written
 * @vcpu: the vCPU; in the inner loop, or of the current ioctl
 * @value: where the bit is; bit 0: at all
 */
void vtx_pv_eoi_set_msr(struct vtx_vcpu *vcpu, u64 value)
{
	vcpu->pv_eoi.enabled = (value & KVM_MSR_ENABLED) &&
			       vtx_vcpu_has_lapic(vcpu);
}

/**
 * vtx_pv_eoi_reset() - the guest does not want it
 * @vcpu: the vCPU, after power-up or INIT
 */
void vtx_pv_eoi_reset(struct vtx_vcpu *vcpu)
{
	vcpu->msrs.value[VTX_MSR_SLOT_KVM_PV_EOI_EN] = 0;
	vcpu->pv_eoi = (struct vtx_pv_eoi){ };
}

/**
 * vtx_pv_eoi_offer() - set the bit, if the interrupt in service is of that kind
 * @vcpu: the vCPU, which has enabled it, about to enter
 */
void vtx_pv_eoi_offer(struct vtx_vcpu *vcpu)
{
	const u8 bit = KVM_PV_EOI_ENABLED;

	if (!vcpu->pv_eoi.pending && vtx_lapic_end_may_wait(vcpu->lapic) &&
	    !vtx_mem_write_fast(vcpu->mem, gpa_of(vcpu), &bit, sizeof(bit)))
		vcpu->pv_eoi.pending = true;
}

static int read_bit(struct vtx_vcpu *vcpu, u8 *bit, bool may_sleep)
{
	return may_sleep ? vtx_mem_read(vcpu->mem, gpa_of(vcpu), bit,
					sizeof(*bit)) :
			   vtx_mem_read_fast(vcpu->mem, gpa_of(vcpu), bit,
					     sizeof(*bit));
}

static int take_back(struct vtx_vcpu *vcpu, bool may_sleep)
{
	const u8 bit = KVM_PV_EOI_DISABLED;

	return may_sleep ? vtx_mem_write(vcpu->mem, gpa_of(vcpu), &bit,
					 sizeof(bit)) :
			   vtx_mem_write_fast(vcpu->mem, gpa_of(vcpu), &bit,
					      sizeof(bit));
}

/* Return: -EAGAIN if only who may sleep can tell. */
static int settle(struct vtx_vcpu *vcpu, bool may_sleep)
{
	u8 bit = KVM_PV_EOI_ENABLED;
	int err = read_bit(vcpu, &bit, may_sleep);

	if (!err && (bit & KVM_PV_EOI_MASK))
		err = take_back(vcpu, may_sleep);
	if (err == -EAGAIN)
		return err;
	vcpu->pv_eoi.pending = false;
	if (!(bit & KVM_PV_EOI_MASK))
		vtx_vcpu_lapic_eoi(vcpu);
	return 0;
}

/**
 * vtx_pv_eoi_settle() - has the interrupt ended?
 * @vcpu: the vCPU, in the inner loop after an exit, with the bit pending
 */
void vtx_pv_eoi_settle(struct vtx_vcpu *vcpu)
{
	if (settle(vcpu, false))
		set_bit(VTX_REQ_PV_EOI, &vcpu->requests);
}

/**
 * vtx_pv_eoi_settle_slowly() - the same, where the memory was not at hand
 * @vcpu: the vCPU, not loaded
 *
 * A slow handler.
 *
 * Return: VTX_REPEAT.
 */
enum vtx_result vtx_pv_eoi_settle_slowly(struct vtx_vcpu *vcpu)
{
	vtx_vcpu_test_request(vcpu, VTX_REQ_PV_EOI);
	if (vcpu->pv_eoi.pending)
		settle(vcpu, true);
	return VTX_REPEAT;
}
