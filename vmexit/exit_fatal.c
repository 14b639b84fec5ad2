// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits after which the guest does not go on by itself: triple faults, entries
 * that the CPU refuses, and what should not happen.
 */
#include "module/compat.h"

#include <linux/kvm.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "arch-x86/vmx/check.h"
#include "arch-x86/vmx/names.h"
#include "arch-x86/vmx/trace.h"
#include "vmexit/dispatch.h"
#include "vmexit/exit.h"

enum vtx_result exit_triple_fault(struct vtx_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_SHUTDOWN;
	return VTX_USER;
}

/* An exit that vtx never asked for: a bug of ours, or of the CPU's. */
enum vtx_result exit_unexpected(struct vtx_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u32 reason = vcpu->exit.reason;

	pr_warn_ratelimited("unexpected exit %u (%s), qualification %#llx\n",
			    vtx_exit_basic(&vcpu->exit), vtx_exit_name(reason),
			    vtx_exit_qualification(&vcpu->exit));
	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON;
	run->internal.ndata = 2;
	run->internal.data[0] = reason;
	run->internal.data[1] = smp_processor_id();
	return VTX_USER;
}

static enum vtx_result fail_entry(struct vtx_vcpu *vcpu, u32 reason, u64 code)
{
	struct kvm_run *run = vcpu->run;
	char why[VTX_ENTRY_WHY_SIZE];

	vcpu->stats.entry_failures++;
	if (!vtx_entry_explain(reason, why, sizeof(why)))
		vcpu->stats.entry_failures_unexplained++;
	pr_info_ratelimited("vCPU %u: VM entry failed: %s\n", vcpu->id, why);
	trace_vtx_entry_failed(vcpu->id, reason, why);

	run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	run->fail_entry.hardware_entry_failure_reason = code;
	run->fail_entry.cpu = smp_processor_id();
	return VTX_USER;
}

enum vtx_result exit_entry_failed(struct vtx_vcpu *vcpu)
{
	return fail_entry(vcpu, vcpu->exit.reason, vcpu->exit.reason);
}

/**
 * vtx_entry_refused() - the guest was not entered
 * @vcpu: the vCPU, in the inner loop
 * @entry: what vtx_enter() said, but VTX_ENTRY_EXITED
 *
 * Return: what next.
 */
enum vtx_result vtx_entry_refused(struct vtx_vcpu *vcpu, enum vtx_entry entry)
{
	if (entry == VTX_ENTRY_VMFAIL)
		return fail_entry(vcpu, 0, vtx_entry_error());
	/* VMX has gone off here: come again, on this CPU or another. */
	return vtx_vcpu_slow(vcpu, vtx_vcpu_reload);
}
