// SPDX-License-Identifier: GPL-2.0-only
/*
 * MOV to and from debug registers.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/kvm.h>

#include <asm/debugreg.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "arch-x86/cpuid.h"
#include "arch-x86/debug.h"
#include "arch-x86/event.h"
#include "arch-x86/vcpu.h"
#include "vmexit/exit.h"

/* SDM 3C "Exit Qualification for MOV DR" */
#define DR_NUMBER	GENMASK(2, 0)
#define DR_READ		BIT(4)
#define DR_GPR		GENMASK(11, 8)

static enum vtx_result refuse(struct vtx_vcpu *vcpu)
{
	vtx_event_gp(vcpu);
	return VTX_REPEAT;
}

static u64 read_dr(const struct vtx_vcpu *vcpu, unsigned int dr)
{
	switch (dr) {
	case 6:
		return vcpu->context.debug.dr6;
	case 7:
		return vcpu->dr7;
	default:
		return vcpu->debug.db[dr];
	}
}

static enum vtx_result write_dr(struct vtx_vcpu *vcpu, unsigned int dr,
				u64 value)
{
	if (dr >= 6 && upper_32_bits(value))
		return refuse(vcpu);
	switch (dr) {
	case 6:
		vcpu->context.debug.dr6 =
			vtx_dr6_value(value,
				      vtx_cpuid_has(vtx_guest_cpuid(vcpu),
						    VTX_CPUID_RTM));
		break;
	case 7:
		vcpu->dr7 = vtx_dr7_value(value);
		break;
	default:
		vcpu->debug.db[dr] = value;
	}
	return VTX_RESUME;
}

/*
 * User space has the CPU's registers.  The guest's own are remembered, and no
 * more; its DR0 to DR3 are where user space's have been.
 *
 * The exit comes before all that the CPU would check (SDM 3C "Relative Priority
 * of Faults and VM Exits").
 */
static enum vtx_result emulate(struct vtx_vcpu *vcpu, u64 qualification)
{
	unsigned int dr = FIELD_GET(DR_NUMBER, qualification);
	unsigned int gpr = FIELD_GET(DR_GPR, qualification);
	u64 value;

	if (dr == 4 || dr == 5) {
		if (vtx_guest_cr4(vcpu) & X86_CR4_DE) {
			vtx_event_ud(vcpu);
			return VTX_REPEAT;
		}
		dr += 2;
	}
	if (vtx_guest_cpl(vcpu))
		return refuse(vcpu);
	if (vcpu->debug.dr7 & VTX_DR7_GD)
		return vtx_debug_exit(vcpu, X86_TRAP_DB, VTX_DR6_BD);
	if (vcpu->dr7 & VTX_DR7_GD) {
		vtx_event_queue_db(vcpu, VTX_DR6_BD);
		return VTX_REPEAT;
	}

	if (qualification & DR_READ) {
		vtx_set_gpr(vcpu, gpr, read_dr(vcpu, dr));
		return VTX_RESUME;
	}
	value = vtx_gpr(vcpu, gpr);
	return write_dr(vcpu, dr, vtx_guest_64bit(vcpu) ?
				  value : lower_32_bits(value));
}

/**
 * exit_dr() - MOV to or from a debug register
 * @vcpu: the vCPU
 *
 * Mostly the guest is given the registers, and executes the instruction again:
 * the CPU knows best what is a fault.
 *
 * Return: VTX_REPEAT, perhaps with an exception queued; VTX_RESUME if user space
 * debugs with hardware breakpoints; VTX_USER with KVM_EXIT_DEBUG if it wants to
 * know.
 */
enum vtx_result exit_dr(struct vtx_vcpu *vcpu)
{
	if (vcpu->debug.control & KVM_GUESTDBG_USE_HW_BP)
		return emulate(vcpu, vtx_exit_qualification(&vcpu->exit));
	vtx_debug_give(vcpu);
	return VTX_REPEAT;
}
