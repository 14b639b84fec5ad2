// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls: a guest that knows what it runs on asks for something.
 *
 * The number is in RAX, arguments would be in RBX, RCX, RDX and RSI, the result
 * comes back in RAX.  Outside of 64-bit mode each is its low 32 bits.  What a
 * guest may ask for follows from the features of CPUID leaf 0x40000001; as long
 * as none is offered, no number that needs one is known.
 */
#include "module/compat.h"

#include <linux/kvm_para.h>

#include "arch-x86/hypercall.h"
#include "arch-x86/vcpu.h"

/**
 * vtx_hypercall_answer() - what the kernel of a guest gets for a hypercall
 * @nr: its number
 *
 * Return: the result: 0 or a negative KVM_E*.
 */
u64 vtx_hypercall_answer(u64 nr)
{
	switch (nr) {
	case KVM_HC_VAPIC_POLL_IRQ:
		/* That the guest exits is all that it wants. */
		return 0;
	default:
		return -KVM_ENOSYS;
	}
}

/**
 * vtx_hypercall() - a guest has executed VMCALL, or VMMCALL
 * @vcpu: the vCPU, loaded
 *
 * RIP is for the caller to move.
 */
void vtx_hypercall(struct vtx_vcpu *vcpu)
{
	u64 *rax = &vcpu->context.regs.gpr[VTX_RAX];
	bool wide = vtx_guest_64bit(vcpu);
	u64 answer;

	/* The instruction itself is allowed at every privilege level. */
	if (vtx_guest_cpl(vcpu))
		answer = -KVM_EPERM;
	else
		answer = vtx_hypercall_answer(wide ? *rax : (u32)*rax);
	*rax = wide ? answer : (u32)answer;
	vcpu->stats.hypercalls++;
}
