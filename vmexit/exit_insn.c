// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits because of one instruction that does not touch memory: CPUID, XSETBV,
 * INVD, WBINVD, RDPMC, MONITOR, MWAIT, VMCALL, and all those that a guest does
 * not have.
 */
#include "module/compat.h"

#include "arch-x86/cpuid.h"
#include "arch-x86/cr.h"
#include "arch-x86/event.h"
#include "arch-x86/hypercall.h"
#include "arch-x86/vcpu.h"
#include "vmexit/exit.h"

/* Leaves that depend on registers, are far from the others, or not there. */
static noinline void look_up_cpuid(struct vtx_vcpu *vcpu)
{
	const struct vtx_cpuid_state state = vtx_guest_cpuid_state(vcpu);
	u64 *gpr = vcpu->context.regs.gpr;
	u32 regs[VTX_CPUID_REGS];

	vtx_cpuid_lookup(&vcpu->cpuid, &state, gpr[VTX_RAX], gpr[VTX_RCX],
			 regs);
	gpr[VTX_RAX] = regs[VTX_CPUID_EAX];
	gpr[VTX_RBX] = regs[VTX_CPUID_EBX];
	gpr[VTX_RCX] = regs[VTX_CPUID_ECX];
	gpr[VTX_RDX] = regs[VTX_CPUID_EDX];
}

/**
 * exit_cpuid() - CPUID
 * @vcpu: the vCPU
 *
 * Return: VTX_RESUME.
 */
enum vtx_result exit_cpuid(struct vtx_vcpu *vcpu)
{
	u64 *gpr = vcpu->context.regs.gpr;
	const struct kvm_cpuid_entry2 *entry;

	entry = vtx_cpuid_quick(&vcpu->cpuid, gpr[VTX_RAX], gpr[VTX_RCX]);
	if (unlikely(!entry)) {
		look_up_cpuid(vcpu);
		return VTX_RESUME;
	}
	gpr[VTX_RAX] = entry->eax;
	gpr[VTX_RBX] = entry->ebx;
	gpr[VTX_RCX] = entry->ecx;
	gpr[VTX_RDX] = entry->edx;
	return VTX_RESUME;
}

/**
 * exit_xsetbv() - XSETBV
 * @vcpu: the vCPU
 *
 * Return: VTX_RESUME, or VTX_REPEAT with #GP queued.
 */
enum vtx_result exit_xsetbv(struct vtx_vcpu *vcpu)
{
	const u64 *gpr = vcpu->context.regs.gpr;
	u64 value = gpr[VTX_RDX] << 32 | (u32)gpr[VTX_RAX];
	struct vtx_cr_state state = { };

	if (vtx_guest_cpl(vcpu) ||
	    !vtx_xcr_write(&vcpu->limits, &state, gpr[VTX_RCX], value)) {
		vtx_event_gp(vcpu);
		return VTX_REPEAT;
	}
	vcpu->xcr0 = state.xcr0;
	vtx_set_guest_xcr0(&vcpu->context, &vcpu->host, state.xcr0);
	return VTX_RESUME;
}

/**
 * exit_nop() - INVD, WBINVD, MONITOR, MWAIT: done by doing nothing
 * @vcpu: the vCPU
 *
 * INVD throws away what is in caches, which would hit the host's memory, and
 * WBINVD would cost everybody on the machine their caches.  A guest has no
 * device that does not snoop, so that nobody can tell.
 *
 * CPUID does not offer MONITOR.  A guest that uses it all the same gets no #UD
 * but, as KVM has it, a MONITOR that watches nothing and an MWAIT that does not
 * wait: software has to bear a wake-up without a cause anyway.
 *
 * Return: VTX_RESUME.
 */
enum vtx_result exit_nop(struct vtx_vcpu *vcpu)
{
	return VTX_RESUME;
}

/**
 * exit_rdpmc() - RDPMC
 * @vcpu: the vCPU
 *
 * There is no virtual PMU, so that every counter's number is a wrong one.
 *
 * Return: VTX_REPEAT with #GP queued.
 */
enum vtx_result exit_rdpmc(struct vtx_vcpu *vcpu)
{
	vtx_event_gp(vcpu);
	return VTX_REPEAT;
}

/**
 * exit_vmcall() - VMCALL
 * @vcpu: the vCPU
 *
 * Return: VTX_RESUME.
 */
enum vtx_result exit_vmcall(struct vtx_vcpu *vcpu)
{
	vtx_hypercall(vcpu);
	return VTX_RESUME;
}

/**
 * exit_ud() - an instruction that the guest does not have
 * @vcpu: the vCPU
 *
 * Return: VTX_REPEAT with #UD queued.
 */
enum vtx_result exit_ud(struct vtx_vcpu *vcpu)
{
	vtx_event_ud(vcpu);
	return VTX_REPEAT;
}
