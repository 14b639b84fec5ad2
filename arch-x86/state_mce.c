// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machine checks that user space makes: an error is put into a bank, and the
 * guest gets #MC if it is not corrected.
 *
 * SDM 3B "Machine-Check MSRs" and, for a bank that is not empty, "Overwrite
 * Rules for Machine Check Overflow".
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/nospec.h>

#include <asm/mce.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "arch-x86/event.h"
#include "arch-x86/state_mce.h"
#include "arch-x86/vcpu.h"

/* The MSRs of a bank, in their order. */
struct bank {
	u64	ctl;
	u64	status;
	u64	address;
	u64	misc;
};

/**
 * vtx_setup_mce() - KVM_X86_SETUP_MCE
 * @vcpu: the vCPU
 * @mcg_cap: IA32_MCG_CAP: how many banks, and what they can
 *
 * Return: 0, or -EINVAL for no banks, too many, or what vtx cannot do.
 */
int vtx_setup_mce(struct vtx_vcpu *vcpu, u64 mcg_cap)
{
	return vtx_msrs_setup_mce(&vcpu->msrs, mcg_cap);
}

/* An uncorrected error is not reported unless both let it through. */
static bool reported(const struct vtx_vcpu *vcpu, const struct bank *bank)
{
	const u64 *value = vcpu->msrs.value;

	if ((value[VTX_MSR_SLOT_MCG_CAP] & MCG_CTL_P) &&
	    ~value[VTX_MSR_SLOT_MCG_CTL])
		return false;
	return !~bank->ctl;
}

static void record(struct bank *bank, const struct kvm_x86_mce *mce)
{
	u64 overflow = bank->status & MCI_STATUS_VAL ? MCI_STATUS_OVER : 0;

	/* What is corrected does not displace what is not. */
	if (overflow && (bank->status & MCI_STATUS_UC) &&
	    !(mce->status & MCI_STATUS_UC)) {
		bank->status |= MCI_STATUS_OVER;
		return;
	}
	bank->status = mce->status | overflow;
	bank->address = mce->addr;
	bank->misc = mce->misc;
}

/* The vCPU is loaded. */
static void uncorrected(struct vtx_vcpu *vcpu, struct bank *bank,
			const struct kvm_x86_mce *mce)
{
	u64 *mcg_status = &vcpu->msrs.value[VTX_MSR_SLOT_MCG_STATUS];

	if (!reported(vcpu, bank))
		return;
	/* SDM 3A "Interrupt 18-Machine-Check Exception (#MC)": or shutdown. */
	if ((*mcg_status & MCG_STATUS_MCIP) ||
	    !(vtx_guest_cr4(vcpu) & X86_CR4_MCE)) {
		vcpu->event.triple_fault = true;
		vcpu->event.look = true;
		return;
	}
	record(bank, mce);
	*mcg_status = mce->mcg_status;
	vtx_event_queue(vcpu, X86_TRAP_MC);
}

/**
 * vtx_set_mce() - KVM_X86_SET_MCE
 * @vcpu: the vCPU
 * @mce: the error: its bank, and what that shall say
 *
 * Return: 0, also for an error that the guest has masked; -EINVAL for a bank
 * that the vCPU does not have, or a status that is not valid; -EIO if there is
 * no VMX any more.
 */
int vtx_set_mce(struct vtx_vcpu *vcpu, const struct kvm_x86_mce *mce)
{
	u64 *value = vcpu->msrs.value;
	u32 banks = value[VTX_MSR_SLOT_MCG_CAP] & MCG_BANKCNT_MASK;
	struct bank *bank;
	int err;

	if (mce->bank >= banks || !(mce->status & MCI_STATUS_VAL))
		return -EINVAL;
	BUILD_BUG_ON(sizeof(*bank) != 4 * sizeof(*value));
	bank = (struct bank *)&value[VTX_MSR_SLOT_MC] +
	       array_index_nospec(mce->bank, banks);

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	if (mce->status & MCI_STATUS_UC)
		uncorrected(vcpu, bank, mce);
	else
		record(bank, mce);
	vtx_vcpu_put(vcpu);
	return 0;
}
