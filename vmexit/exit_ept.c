// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest has touched a guest-physical address that the EPT does not let it:
 * memory that is not mapped yet, or a device.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/kvm.h>

#include <asm/cpufeature.h>
#include <asm/page.h>

#include "arch-x86/io_bus.h"
#include "ept/fault.h"
#include "ept/mem.h"
#include "vmexit/emulate.h"
#include "vmexit/exit.h"

/* SDM 3C "Exit Qualification for EPT Violations" */
#define EPT_ACCESS		GENMASK(2, 0)
#define EPT_GLA_VALID		BIT(7)
#define EPT_GLA_ACCESS		BIT(8)
#define EPT_NMI_UNBLOCKING	BIT(12)

#define INSN_MAX	15

/* The access was the CPU's own, for an event: there is nothing to emulate. */
static enum vtx_result delivery_failed(struct vtx_vcpu *vcpu)
{
	struct vtx_exit *exit = &vcpu->exit;
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = KVM_INTERNAL_ERROR_DELIVERY_EV;
	run->internal.ndata = 4;
	run->internal.data[0] = vtx_exit_idt_info(exit);
	run->internal.data[1] = exit->reason;
	run->internal.data[2] = vtx_exit_qualification(exit);
	run->internal.data[3] = vtx_exit_gpa(exit);
	return VTX_USER;
}

/*
 * A store to where somebody waits who wants no value, as an ioeventfd of length
 * 0 does: only the instruction has to be skipped.
 *
 * The SDM leaves the VM-exit instruction length undefined after an EPT
 * violation.  CPUs have it right for stores all the same (where CMP or TEST is
 * fused with a branch, they count both).  Other hypervisors may not, so under
 * one the instruction is decoded.
 */
static bool doorbell(struct vtx_vcpu *vcpu)
{
	const u64 wanted = VTX_ACCESS_WRITE | EPT_GLA_VALID | EPT_GLA_ACCESS;
	struct vtx_exit *exit = &vcpu->exit;
	u64 qualification = vtx_exit_qualification(exit);
	u32 len;

	if (!vtx_io_bus_has_doorbells(vcpu->mmio) ||
	    (qualification & wanted) != wanted ||
	    boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return false;
	len = vtx_exit_insn_length(exit);
	if (!len || len > INSN_MAX)
		return false;
	return vtx_io_bus_write(vcpu->mmio, vtx_exit_gpa(exit), 0, NULL);
}

/*
 * A device that the vCPU has met before is still one if no slot has changed
 * since: that is seldom, and drivers come back often.
 */
static bool is_known_device(const struct vtx_vcpu *vcpu, u64 gpa)
{
	return vcpu->device.gfn == gpa >> PAGE_SHIFT &&
	       vcpu->device.generation == vtx_mem_slots_generation(vcpu->mem);
}

static enum vtx_mem_fault resolve_fast(struct vtx_vcpu *vcpu, u64 gpa,
				       unsigned int access)
{
	/* Before the slots are looked at: then it cannot be too new. */
	u64 generation = vtx_mem_slots_generation(vcpu->mem);
	enum vtx_mem_fault result;

	result = vtx_mem_fault_fast(vcpu->mem, gpa, access);
	if (result == VTX_FAULT_MMIO) {
		vcpu->device.gfn = gpa >> PAGE_SHIFT;
		vcpu->device.generation = generation;
	}
	return result;
}

static enum vtx_result meet_device(struct vtx_vcpu *vcpu, bool reads)
{
	if (vtx_exit_idt_info(&vcpu->exit) & VTX_INTR_VALID)
		return delivery_failed(vcpu);
	if (doorbell(vcpu))
		return vtx_vcpu_skip(vcpu);
	return vtx_emulate_device(vcpu, reads);
}

/* Linux has to bring the page in. */
static enum vtx_result resolve(struct vtx_vcpu *vcpu)
{
	u64 gpa = vtx_exit_gpa(&vcpu->exit);
	unsigned int access = vtx_exit_qualification(&vcpu->exit) & EPT_ACCESS;
	int err;

	switch (vtx_mem_fault(vcpu->mem, gpa, access, &err)) {
	case VTX_FAULT_MAPPED:
		vcpu->stats.pf_fixed++;
		return VTX_REPEAT;
	case VTX_FAULT_ERROR:
		return vtx_vcpu_error(vcpu, err);
	default:
		/*
		 * A device after all, as the slots have changed: the guest will
		 * meet it at once.
		 */
		return VTX_REPEAT;
	}
}

/**
 * exit_ept_violation() - memory that is not mapped, or a device
 * @vcpu: the vCPU
 *
 * Return: what next.
 */
enum vtx_result exit_ept_violation(struct vtx_vcpu *vcpu)
{
	struct vtx_exit *exit = &vcpu->exit;
	u64 qualification = vtx_exit_qualification(exit);
	u64 gpa = vtx_exit_gpa(exit);

	/* SDM 3C "Information About NMI Unblocking Due to IRET" */
	if (unlikely(qualification & EPT_NMI_UNBLOCKING) &&
	    !(vtx_exit_idt_info(exit) & VTX_INTR_VALID))
		vmcs_set32(VMCS_GUEST_INTERRUPTIBILITY, VTX_BLOCKED_BY_NMI, 0);

	if (is_known_device(vcpu, gpa))
		return meet_device(vcpu, true);
	switch (resolve_fast(vcpu, gpa, qualification & EPT_ACCESS)) {
	case VTX_FAULT_MAPPED:
		vcpu->stats.pf_fixed++;
		vcpu->stats.pf_fast++;
		return VTX_REPEAT;
	case VTX_FAULT_MMIO:
		return meet_device(vcpu, true);
	case VTX_FAULT_READONLY:
		return meet_device(vcpu, false);
	default:
		return vtx_vcpu_slow(vcpu, resolve);
	}
}

/**
 * exit_ept_misconfig() - an entry that no CPU can use; vtx makes none
 * @vcpu: the vCPU
 *
 * Return: VTX_USER with KVM_EXIT_INTERNAL_ERROR.
 */
enum vtx_result exit_ept_misconfig(struct vtx_vcpu *vcpu)
{
	return exit_unexpected(vcpu);
}
