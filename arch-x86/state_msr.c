// SPDX-License-Identifier: GPL-2.0-only
/*
 * What msr.c leaves to do: MSRs in the VMCS, in the CPU, and of other parts of
 * the vCPU.
 *
 * Where the guest's value of an MSR in the CPU is:
 *
 *   STAR, LSTAR, FMASK, TSC_AUX
 *	in struct vtx_msrs, always: the guest's accesses exit.  In the CPU while
 *	the inner loop runs, the first three only if EFER.SCE lets the guest use
 *	them.  Written only where guest and host differ.
 *   KERNEL_GS_BASE
 *	the guest's own, because of SWAPGS: in the CPU while the inner loop runs,
 *	else in struct vtx_msrs.
 *   SPEC_CTRL
 *	in struct vtx_context: vtx_enter() switches it.  Accesses exit until the
 *	guest writes something but 0; from then on it is the guest's own.
 *
 * The host's values of the first four are read once on each CPU.  VMX is vtx's
 * as long as there are VMs, so no other hypervisor can have left its guest's
 * values there.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/percpu.h>

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/msr-index.h>

#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/msr_filter.h"
#include "arch-x86/offer.h"
#include "arch-x86/pvclock.h"
#include "arch-x86/state_msr.h"
#include "arch-x86/tsc.h"
#include "arch-x86/vcpu.h"

/* What the host has on this CPU. */
struct host_values {
	bool	known;
	u64	star;
	u64	lstar;
	u64	fmask;
	u64	tsc_aux;
};

static DEFINE_PER_CPU(struct host_values, host_values);

static noinline void ask_this_cpu(struct host_values *host)
{
	rdmsrq(MSR_STAR, host->star);
	rdmsrq(MSR_LSTAR, host->lstar);
	rdmsrq(MSR_SYSCALL_MASK, host->fmask);
	if (rdmsrq_safe(MSR_TSC_AUX, &host->tsc_aux))
		host->tsc_aux = 0;
	host->known = true;
}

static __always_inline const struct host_values *host_on_this_cpu(void)
{
	struct host_values *host = this_cpu_ptr(&host_values);

	if (unlikely(!host->known))
		ask_this_cpu(host);
	return host;
}

static u64 *slot(struct vtx_vcpu *vcpu, enum vtx_msr_slot slot)
{
	return &vcpu->msrs.value[slot];
}

static void write_if_not(u32 msr, u64 wanted, u64 now)
{
	if (wanted != now)
		wrmsrq(msr, wanted);
}

static void load_syscall(struct vtx_vcpu *vcpu, const struct host_values *host)
{
	write_if_not(MSR_STAR, *slot(vcpu, VTX_MSR_SLOT_STAR), host->star);
	write_if_not(MSR_LSTAR, *slot(vcpu, VTX_MSR_SLOT_LSTAR), host->lstar);
	write_if_not(MSR_SYSCALL_MASK, *slot(vcpu, VTX_MSR_SLOT_FMASK),
		     host->fmask);
	vcpu->host_msrs.syscall = true;
}

static void unload_syscall(struct vtx_vcpu *vcpu,
			   const struct host_values *host)
{
	write_if_not(MSR_STAR, host->star, *slot(vcpu, VTX_MSR_SLOT_STAR));
	write_if_not(MSR_LSTAR, host->lstar, *slot(vcpu, VTX_MSR_SLOT_LSTAR));
	write_if_not(MSR_SYSCALL_MASK, host->fmask,
		     *slot(vcpu, VTX_MSR_SLOT_FMASK));
	vcpu->host_msrs.syscall = false;
}

/**
 * vtx_msrs_load() - give the guest the CPU's MSRs
 * @vcpu: the vCPU, loaded
 *
 * Until vtx_msrs_save() preemption is off and the task must not return to user
 * space.
 */
void vtx_msrs_load(struct vtx_vcpu *vcpu)
{
	const struct host_values *host = host_on_this_cpu();
	struct vtx_host_msrs *h = &vcpu->host_msrs;

	if (vtx_guest_efer(vcpu) & EFER_SCE)
		load_syscall(vcpu, host);
	if (h->has_tsc_aux)
		write_if_not(MSR_TSC_AUX, *slot(vcpu, VTX_MSR_SLOT_TSC_AUX),
			     host->tsc_aux);
	if (h->has_kernel_gs_base) {
		rdmsrq(MSR_KERNEL_GS_BASE, h->kernel_gs_base);
		write_if_not(MSR_KERNEL_GS_BASE,
			     *slot(vcpu, VTX_MSR_SLOT_KERNEL_GS_BASE),
			     h->kernel_gs_base);
	}
	h->loaded = true;
}

/**
 * vtx_msrs_save() - take the CPU's MSRs from the guest
 * @vcpu: the vCPU, loaded
 */
void vtx_msrs_save(struct vtx_vcpu *vcpu)
{
	const struct host_values *host = host_on_this_cpu();
	struct vtx_host_msrs *h = &vcpu->host_msrs;
	u64 *guest_gs = slot(vcpu, VTX_MSR_SLOT_KERNEL_GS_BASE);

	h->loaded = false;
	if (h->syscall)
		unload_syscall(vcpu, host);
	if (h->has_tsc_aux)
		write_if_not(MSR_TSC_AUX, host->tsc_aux,
			     *slot(vcpu, VTX_MSR_SLOT_TSC_AUX));
	if (h->has_kernel_gs_base) {
		rdmsrq(MSR_KERNEL_GS_BASE, *guest_gs);
		write_if_not(MSR_KERNEL_GS_BASE, h->kernel_gs_base, *guest_gs);
	}
}

/* The guest has another value of an MSR that may be in the CPU. */
static void update_cpu(struct vtx_vcpu *vcpu, u32 index, u64 value)
{
	const struct vtx_host_msrs *h = &vcpu->host_msrs;

	switch (index) {
	case MSR_STAR:
	case MSR_LSTAR:
	case MSR_SYSCALL_MASK:
		if (h->loaded && h->syscall)
			wrmsrq(index, value);
		break;
	case MSR_TSC_AUX:
		if (h->loaded && h->has_tsc_aux)
			wrmsrq(index, value);
		break;
	case MSR_KERNEL_GS_BASE:
		if (h->loaded && h->has_kernel_gs_base)
			wrmsrq(index, value);
		break;
	}
}

static void set_spec_ctrl_direct(struct vtx_vcpu *vcpu, bool direct)
{
	const unsigned int access = VTX_MSR_READ | VTX_MSR_WRITE;

	vcpu->context.spec_ctrl_direct = direct;
	if (direct)
		vtx_msr_bitmap_allow(&vcpu->bitmap, MSR_IA32_SPEC_CTRL, access);
	else
		vtx_msr_bitmap_intercept(&vcpu->bitmap, MSR_IA32_SPEC_CTRL,
					 access);
}

static bool spec_ctrl_may_pass(struct vtx_vcpu *vcpu)
{
	return vtx_msr_may_pass(&vcpu->msrs, MSR_IA32_SPEC_CTRL) &&
	       vtx_msr_allowed(vcpu->msr_policy, MSR_IA32_SPEC_CTRL,
			       KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE);
}

/* A guest that uses it writes it often; others need not pay for reading it. */
static void set_spec_ctrl(struct vtx_vcpu *vcpu, u64 value, bool host)
{
	vcpu->context.spec_ctrl = value;
	if (value && !host && spec_ctrl_may_pass(vcpu))
		set_spec_ctrl_direct(vcpu, true);
}

static enum vtx_msr_result set_efer(struct vtx_vcpu *vcpu, u64 value)
{
	struct vtx_host_msrs *h = &vcpu->host_msrs;
	struct vtx_cr_state state;
	unsigned int effects;

	vtx_cr_state(vcpu, &state);
	if (!vtx_efer_write(&vcpu->limits, &state, value, &effects))
		return VTX_MSR_INVALID;
	vtx_set_guest_efer(vcpu, state.efer);
	if (effects & VTX_CR_FLUSH)
		set_bit(VTX_REQ_TLB_FLUSH, &vcpu->requests);

	if (h->loaded && !h->syscall && (state.efer & EFER_SCE))
		load_syscall(vcpu, host_on_this_cpu());
	return VTX_MSR_OK;
}

static void set_tsc(struct vtx_vcpu *vcpu, u64 value, bool host)
{
	u64 by;

	if (host) {
		vtx_tsc_set(vcpu, value);
		return;
	}
	/* SDM 3B "Time-Stamp Counter Adjustment" */
	by = value - vtx_tsc_read(vcpu);
	vtx_tsc_move(vcpu, by);
	*slot(vcpu, VTX_MSR_SLOT_TSC_ADJUST) += by;
}

static void predictor_barrier(u64 value, bool host)
{
	if (!host && (value & PRED_CMD_IBPB) && boot_cpu_has(X86_FEATURE_IBPB))
		wrmsrq(MSR_IA32_PRED_CMD, PRED_CMD_IBPB);
}

/**
 * vtx_get_msr() - read an MSR
 * @vcpu: the vCPU, loaded; in the inner loop if the guest reads
 * @index: which
 * @host: user space reads, not the guest
 * @value: receives the value
 *
 * Does not sleep.
 *
 * Return: VTX_MSR_OK, which is 0; or why not: to a guest, that is #GP.
 */
enum vtx_msr_result vtx_get_msr(struct vtx_vcpu *vcpu, u32 index, bool host,
				u64 *value)
{
	enum vtx_msr_result result;
	struct vtx_msr_op op;

	result = vtx_msr_read(&vcpu->msrs, index, host, &op);
	if (result != VTX_MSR_OK)
		return result;

	*value = op.value;
	switch (op.todo) {
	case VTX_MSR_DO_VMCS:
		*value = vtx_vmcs_read(op.field);
		break;
	case VTX_MSR_DO_HARDWARE:
		if (index == MSR_IA32_SPEC_CTRL)
			*value = vcpu->context.spec_ctrl;
		/* It exits only for as long as a filter's end is not known. */
		if (index == MSR_KERNEL_GS_BASE && vcpu->host_msrs.loaded &&
		    vcpu->host_msrs.has_kernel_gs_base)
			rdmsrq(index, *value);
		break;
	case VTX_MSR_DO_TSC:
		*value = vtx_tsc_read(vcpu);
		break;
	case VTX_MSR_DO_EFER:
		*value = vtx_guest_efer(vcpu);
		break;
	case VTX_MSR_DO_X2APIC:
		if (!vcpu->lapic ||
		    vtx_vcpu_lapic_rdmsr(vcpu, index, value))
			return VTX_MSR_UNKNOWN;
		break;
	case VTX_MSR_DO_TSC_DEADLINE:
		*value = vcpu->lapic ? vtx_lapic_timer_deadline(vcpu->lapic) : 0;
		break;
	case VTX_MSR_DO_PVCLOCK:
		*value = vtx_pvclock_get_msr(vcpu, index);
		break;
	case VTX_MSR_DO_NOTHING:
	case VTX_MSR_DO_TSC_ADJUST:
	case VTX_MSR_DO_APIC_BASE:
	case VTX_MSR_DO_IBPB:
	case VTX_MSR_DO_STEAL:
	case VTX_MSR_DO_PV_EOI:
		break;
	}
	return VTX_MSR_OK;
}

/**
 * vtx_set_msr() - write an MSR
 * @vcpu: the vCPU, loaded; in the inner loop if the guest writes
 * @index: which
 * @value: what
 * @host: user space writes, not the guest
 *
 * Does not sleep.
 *
 * Return: VTX_MSR_OK, which is 0; or why not, with nothing changed: to a guest,
 * that is #GP.
 */
enum vtx_msr_result vtx_set_msr(struct vtx_vcpu *vcpu, u32 index, u64 value,
				bool host)
{
	enum vtx_msr_result result;
	struct vtx_msr_op op;

	result = vtx_msr_write(&vcpu->msrs, index, value, host, &op);
	if (result != VTX_MSR_OK)
		return result;

	switch (op.todo) {
	case VTX_MSR_DO_VMCS:
		vtx_vmcs_write(op.field, op.value);
		break;
	case VTX_MSR_DO_HARDWARE:
		if (index == MSR_IA32_SPEC_CTRL)
			set_spec_ctrl(vcpu, op.value, host);
		else
			update_cpu(vcpu, index, op.value);
		break;
	case VTX_MSR_DO_TSC:
		set_tsc(vcpu, op.value, host);
		break;
	case VTX_MSR_DO_TSC_ADJUST:
		if (!host)
			vtx_tsc_move(vcpu, op.value - op.old);
		break;
	case VTX_MSR_DO_EFER:
		return set_efer(vcpu, op.value);
	case VTX_MSR_DO_IBPB:
		predictor_barrier(op.value, host);
		break;
	case VTX_MSR_DO_X2APIC:
		if (!vcpu->lapic || vtx_vcpu_lapic_wrmsr(vcpu, index, op.value))
			return VTX_MSR_UNKNOWN;
		break;
	case VTX_MSR_DO_TSC_DEADLINE:
		if (vcpu->lapic)
			vtx_lapic_timer_set_deadline(vcpu->lapic, op.value);
		break;
	case VTX_MSR_DO_APIC_BASE:
		if (vcpu->lapic)
			vtx_vcpu_lapic_set_base(vcpu, op.old, op.value, host);
		break;
	case VTX_MSR_DO_PVCLOCK:
		vtx_pvclock_set_msr(vcpu, index, op.value);
		break;
	case VTX_MSR_DO_STEAL:
		vtx_steal_set_msr(vcpu, op.value);
		break;
	case VTX_MSR_DO_PV_EOI:
		vtx_pv_eoi_set_msr(vcpu, op.value);
		break;
	case VTX_MSR_DO_NOTHING:
		break;
	}
	return VTX_MSR_OK;
}

/**
 * vtx_get_msrs() - KVM_GET_MSRS on a vCPU
 * @vcpu: the vCPU
 * @entries: the MSRs; receives their values
 * @n: how many, at most VTX_MAX_MSR_ENTRIES; more are -E2BIG, the caller's to say
 *
 * Return: how many were read: less than @n if the next cannot be read; or -EIO
 * if there is no VMX any more.
 */
int vtx_get_msrs(struct vtx_vcpu *vcpu, struct kvm_msr_entry *entries, u32 n)
{
	int err = vtx_vcpu_load(vcpu);
	u64 value;
	u32 i;

	if (err)
		return err;
	for (i = 0; i < n; i++) {
		if (vtx_get_msr(vcpu, entries[i].index, true, &value))
			break;
		entries[i].data = value;
	}
	vtx_vcpu_put(vcpu);
	return i;
}

/**
 * vtx_set_msrs() - KVM_SET_MSRS
 * @vcpu: the vCPU
 * @entries: the MSRs and their values
 * @n: how many, at most VTX_MAX_MSR_ENTRIES; more are -E2BIG, the caller's to say
 *
 * Return: how many were written: less than @n if the next cannot be; or -EIO if
 * there is no VMX any more.
 */
int vtx_set_msrs(struct vtx_vcpu *vcpu, const struct kvm_msr_entry *entries,
		 u32 n)
{
	int err = vtx_vcpu_load(vcpu);
	u32 i;

	if (err)
		return err;
	for (i = 0; i < n; i++)
		if (vtx_set_msr(vcpu, entries[i].index, entries[i].data, true))
			break;
	vtx_vcpu_put(vcpu);
	return i;
}

/* The guest may have these to itself; see the top for the others. */
static bool passes(u32 index)
{
	switch (index) {
	case MSR_STAR:
	case MSR_LSTAR:
	case MSR_SYSCALL_MASK:
	case MSR_TSC_AUX:
	case MSR_IA32_SPEC_CTRL:
		return false;
	}
	return true;
}

static void let_pass(void *context, u32 index)
{
	struct vtx_vcpu *vcpu = context;

	if (!passes(index))
		return;
	if (vtx_msr_allowed(vcpu->msr_policy, index, KVM_MSR_FILTER_READ))
		vtx_msr_bitmap_allow(&vcpu->bitmap, index, VTX_MSR_READ);
	if (vtx_msr_allowed(vcpu->msr_policy, index, KVM_MSR_FILTER_WRITE))
		vtx_msr_bitmap_allow(&vcpu->bitmap, index, VTX_MSR_WRITE);
}

static void stop(void *context, u32 index)
{
	struct vtx_vcpu *vcpu = context;

	vtx_msr_bitmap_intercept(&vcpu->bitmap, index,
				 VTX_MSR_READ | VTX_MSR_WRITE);
}

/**
 * vtx_msrs_cpuid_changed() - follow what the guest's CPU is
 * @vcpu: the vCPU, not in the inner loop; vcpu->cpuid and vcpu->limits are new
 *
 * Also for the first time, when the vCPU is made.
 */
void vtx_msrs_cpuid_changed(struct vtx_vcpu *vcpu)
{
	struct vtx_msrs *msrs = &vcpu->msrs;

	if (msrs->cpuid)
		vtx_msr_walk_passed(msrs, stop, vcpu);
	vcpu->context.spec_ctrl_direct = false;

	vtx_msrs_set_cpuid(msrs, &vcpu->cpuid, &vcpu->limits, vcpu->offered);
	vtx_msr_walk_passed(msrs, let_pass, vcpu);
	vcpu->host_msrs.has_kernel_gs_base =
		vtx_msr_may_pass(msrs, MSR_KERNEL_GS_BASE);
	vcpu->host_msrs.has_tsc_aux = vtx_msr_may_pass(msrs, MSR_TSC_AUX);
}

/**
 * vtx_msrs_filter_changed() - follow what user space lets the guest have
 * @vcpu: the vCPU, not in guest mode
 */
void vtx_msrs_filter_changed(struct vtx_vcpu *vcpu)
{
	vtx_msr_walk_passed(&vcpu->msrs, stop, vcpu);
	vtx_msr_walk_passed(&vcpu->msrs, let_pass, vcpu);
	set_spec_ctrl_direct(vcpu, vcpu->context.spec_ctrl_direct &&
			     spec_ctrl_may_pass(vcpu));
}

/**
 * vtx_msrs_reset_vcpu() - the MSRs as they are after power-up
 * @vcpu: the vCPU, loaded, not in the inner loop
 * @apic_base: IA32_APIC_BASE
 *
 * But for those in the VMCS, which vtx_vmcs_reset_guest() resets.
 */
void vtx_msrs_reset_vcpu(struct vtx_vcpu *vcpu, u64 apic_base)
{
	vtx_msrs_reset(&vcpu->msrs, apic_base, vtx_offered_arch_capabilities());
	vcpu->context.spec_ctrl = 0;
	set_spec_ctrl_direct(vcpu, false);
	vtx_tsc_reset(vcpu);
	vtx_pvclock_reset(vcpu);
	vtx_steal_reset(vcpu);
	vtx_pv_eoi_reset(vcpu);
}
