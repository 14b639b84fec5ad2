// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMSR and WRMSR of what a guest may not use directly.
 *
 * What fails is #GP, unless user space has asked to be told of such failures
 * (KVM_CAP_X86_USER_SPACE_MSR): then it decides, and the instruction is finished
 * at the next KVM_RUN as it says.
 */
#include "module/compat.h"

#include <linux/kvm.h>

#include "arch-x86/event.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/msr_filter.h"
#include "arch-x86/state_msr.h"
#include "arch-x86/vcpu.h"
#include "vmexit/exit.h"

/* A local APIC's registers are so frequent that they do not go by the table. */
static enum vtx_msr_result get_msr(struct vtx_vcpu *vcpu, u32 index, u64 *value)
{
	if (vtx_vcpu_is_x2apic_msr(vcpu, index))
		return vtx_vcpu_lapic_rdmsr(vcpu, index, value) ?
		       VTX_MSR_INVALID : VTX_MSR_OK;
	return vtx_get_msr(vcpu, index, false, value);
}

static enum vtx_msr_result set_msr(struct vtx_vcpu *vcpu, u32 index, u64 value)
{
	if (vtx_vcpu_is_x2apic_msr(vcpu, index))
		return vtx_vcpu_lapic_wrmsr(vcpu, index, value) ?
		       VTX_MSR_INVALID : VTX_MSR_OK;
	return vtx_set_msr(vcpu, index, value, false);
}

static void put_value(struct vtx_vcpu *vcpu, u64 value)
{
	u64 *gpr = vcpu->context.regs.gpr;

	gpr[VTX_RAX] = lower_32_bits(value);
	gpr[VTX_RDX] = upper_32_bits(value);
}

/* User space has had its say; the vCPU is loaded. */
static enum vtx_result finish(struct vtx_vcpu *vcpu, bool read)
{
	const struct kvm_run *run = vcpu->run;

	if (READ_ONCE(run->msr.error)) {
		vtx_event_gp(vcpu);
		return VTX_REPEAT;
	}
	if (read)
		put_value(vcpu, READ_ONCE(run->msr.data));
	return vtx_vcpu_skip(vcpu);
}

static enum vtx_result finish_rdmsr(struct vtx_vcpu *vcpu)
{
	return finish(vcpu, true);
}

static enum vtx_result finish_wrmsr(struct vtx_vcpu *vcpu)
{
	return finish(vcpu, false);
}

static enum vtx_result complete_rdmsr(struct vtx_vcpu *vcpu)
{
	return vtx_vcpu_when_loaded(vcpu, finish_rdmsr);
}

static enum vtx_result complete_wrmsr(struct vtx_vcpu *vcpu)
{
	return vtx_vcpu_when_loaded(vcpu, finish_wrmsr);
}

/* KVM_MSR_EXIT_REASON_* */
static u32 reason_of(enum vtx_msr_result result)
{
	return result == VTX_MSR_UNKNOWN ? KVM_MSR_EXIT_REASON_UNKNOWN :
					   KVM_MSR_EXIT_REASON_INVAL;
}

/* An access that fails; @value is what a write would write. */
static enum vtx_result refuse(struct vtx_vcpu *vcpu, u32 reason, bool read,
			      u64 value)
{
	struct kvm_run *run = vcpu->run;

	if (!(READ_ONCE(vcpu->msr_policy->exits) & reason)) {
		vtx_event_gp(vcpu);
		return VTX_REPEAT;
	}
	run->exit_reason = read ? KVM_EXIT_X86_RDMSR : KVM_EXIT_X86_WRMSR;
	run->msr.error = 0;
	memset(run->msr.pad, 0, sizeof(run->msr.pad));
	run->msr.reason = reason;
	run->msr.index = vcpu->context.regs.gpr[VTX_RCX];
	run->msr.data = value;
	vcpu->complete = read ? complete_rdmsr : complete_wrmsr;
	return VTX_USER;
}

static noinline enum vtx_result read_msr(struct vtx_vcpu *vcpu, u32 index)
{
	enum vtx_msr_result result;
	u64 value;

	if (!vtx_msr_allowed(vcpu->msr_policy, index, KVM_MSR_FILTER_READ))
		return refuse(vcpu, KVM_MSR_EXIT_REASON_FILTER, true, 0);
	result = get_msr(vcpu, index, &value);
	if (result != VTX_MSR_OK)
		return refuse(vcpu, reason_of(result), true, 0);
	put_value(vcpu, value);
	return VTX_RESUME;
}

/**
 * exit_rdmsr() - RDMSR
 * @vcpu: the vCPU
 *
 * Return: VTX_RESUME, VTX_REPEAT with #GP queued, or VTX_USER.
 */
enum vtx_result exit_rdmsr(struct vtx_vcpu *vcpu)
{
	u32 index = vcpu->context.regs.gpr[VTX_RCX];
	const u64 *kept = vtx_msr_quick(&vcpu->msrs, index);

	if (unlikely(!kept || vtx_msr_filtered(vcpu->msr_policy)))
		return read_msr(vcpu, index);
	put_value(vcpu, *kept);
	return VTX_RESUME;
}

/**
 * exit_wrmsr() - WRMSR
 * @vcpu: the vCPU
 *
 * Return: VTX_RESUME, VTX_REPEAT with #GP queued, or VTX_USER.
 */
enum vtx_result exit_wrmsr(struct vtx_vcpu *vcpu)
{
	const u64 *gpr = vcpu->context.regs.gpr;
	u64 value = gpr[VTX_RDX] << 32 | (u32)gpr[VTX_RAX];
	u32 index = gpr[VTX_RCX];
	enum vtx_msr_result result;

	if (!vtx_msr_allowed(vcpu->msr_policy, index, KVM_MSR_FILTER_WRITE))
		return refuse(vcpu, KVM_MSR_EXIT_REASON_FILTER, false, value);
	result = set_msr(vcpu, index, value);
	if (result != VTX_MSR_OK)
		return refuse(vcpu, reason_of(result), false, value);
	return VTX_RESUME;
}
