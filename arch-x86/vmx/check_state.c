// SPDX-License-Identifier: GPL-2.0-only
/*
 * SDM 3C "Checks on Guest Non-Register State".
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/sizes.h>

#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "arch-x86/vmx/check_rules.h"
#include "arch-x86/vmx/segment.h"

static bool injects(const struct vtx_check *check, enum vtx_intr_type type)
{
	u32 info = GET(check, CTRL_ENTRY_INTR_INFO);

	return (info & VTX_INTR_VALID) &&
	       FIELD_GET(VTX_INTR_TYPE, info) == type;
}

/* Which events may wake an inactive CPU? */
static bool wakes(u32 activity, u32 info)
{
	u32 vector = FIELD_GET(VTX_INTR_VECTOR, info);
	u32 type = FIELD_GET(VTX_INTR_TYPE, info);

	switch (activity) {
	case VTX_ACTIVE:
		return true;
	case VTX_HLT:
		return type == VTX_INTR_EXTERNAL || type == VTX_INTR_NMI ||
		       type == VTX_INTR_OTHER ||
		       (type == VTX_INTR_EXCEPTION &&
			(vector == X86_TRAP_DB || vector == X86_TRAP_MC));
	case VTX_SHUTDOWN:
		return type == VTX_INTR_NMI ||
		       (type == VTX_INTR_EXCEPTION && vector == X86_TRAP_MC);
	default:
		return false;
	}
}

static bool check_activity(struct vtx_check *check)
{
	u32 activity = GET(check, GUEST_ACTIVITY_STATE);
	u32 info = GET(check, CTRL_ENTRY_INTR_INFO);
	u64 misc = check->cpu->msrs.misc;

	MUST(check, GUEST_ACTIVITY_STATE,
	     activity == VTX_ACTIVE ||
	     (activity == VTX_HLT && (misc & MISC_HLT)) ||
	     (activity == VTX_SHUTDOWN && (misc & MISC_SHUTDOWN)) ||
	     (activity == VTX_WAIT_FOR_SIPI && (misc & MISC_WAIT_FOR_SIPI)),
	     "a state that the CPU supports");
	MUST(check, GUEST_ACTIVITY_STATE,
	     activity != VTX_HLT ||
	     !(GET(check, GUEST_SS_ACCESS_RIGHTS) & VTX_AR_DPL),
	     "no HLT outside ring 0");
	MUST(check, GUEST_ACTIVITY_STATE,
	     activity == VTX_ACTIVE ||
	     !(GET(check, GUEST_INTERRUPTIBILITY) & VTX_SHADOW),
	     "active, for events are blocked by STI or MOV SS");
	MUST(check, GUEST_ACTIVITY_STATE,
	     !(info & VTX_INTR_VALID) || wakes(activity, info),
	     "a state that the injected event ends");
	return true;
}

static bool check_interruptibility(struct vtx_check *check)
{
	u32 blocked = GET(check, GUEST_INTERRUPTIBILITY);
	bool nmi = injects(check, VTX_INTR_NMI);

	MUST(check, GUEST_INTERRUPTIBILITY, !(blocked & GENMASK(31, 5)),
	     "reserved bits 0");
	MUST(check, GUEST_INTERRUPTIBILITY,
	     (blocked & VTX_SHADOW) != VTX_SHADOW,
	     "not both of blocking by STI and by MOV SS");
	MUST(check, GUEST_INTERRUPTIBILITY,
	     (GET(check, GUEST_RFLAGS) & X86_EFLAGS_IF) ||
	     !(blocked & VTX_BLOCKED_BY_STI),
	     "no blocking by STI while RFLAGS.IF is 0");
	MUST(check, GUEST_INTERRUPTIBILITY,
	     !injects(check, VTX_INTR_EXTERNAL) || !(blocked & VTX_SHADOW),
	     "no blocking of the external interrupt that is injected");
	MUST(check, GUEST_INTERRUPTIBILITY,
	     !nmi || !(blocked & VTX_BLOCKED_BY_MOV_SS),
	     "no blocking by MOV SS of the NMI that is injected");
	/* "A processor may require": those that do not never ask. */
	MUST(check, GUEST_INTERRUPTIBILITY,
	     !nmi || !(blocked & VTX_BLOCKED_BY_STI),
	     "no blocking by STI of the NMI that is injected");
	MUST(check, GUEST_INTERRUPTIBILITY, !(blocked & VTX_BLOCKED_BY_SMI),
	     "no blocking by SMI outside SMM");
	MUST(check, GUEST_INTERRUPTIBILITY,
	     !nmi || !HAS(check, PIN_BASED, VIRTUAL_NMIS) ||
	     !(blocked & VTX_BLOCKED_BY_NMI),
	     "no blocking of the virtual NMI that is injected");
	MUST(check, GUEST_INTERRUPTIBILITY,
	     !(blocked & VTX_ENCLAVE_INTERRUPTED) ||
	     !(blocked & VTX_BLOCKED_BY_MOV_SS),
	     "no blocking by MOV SS after an enclave");
	return true;
}

#define PENDING_BS		BIT(14)
#define PENDING_ENABLED		BIT(12)
#define PENDING_RTM		BIT(16)
#define PENDING_RESERVED \
	(GENMASK(11, 4) | BIT(13) | BIT(15) | GENMASK_ULL(63, 17))

static bool check_pending_debug(struct vtx_check *check)
{
	u64 pending = GET(check, GUEST_PENDING_DEBUG_EXCEPTIONS);
	u32 blocked = GET(check, GUEST_INTERRUPTIBILITY);
	bool steps = (GET(check, GUEST_RFLAGS) & X86_EFLAGS_TF) &&
		     !(GET(check, GUEST_IA32_DEBUGCTL) & DEBUGCTLMSR_BTF);

	MUST(check, GUEST_PENDING_DEBUG_EXCEPTIONS,
	     !(pending & PENDING_RESERVED), "reserved bits 0");
	if ((blocked & VTX_SHADOW) ||
	    GET(check, GUEST_ACTIVITY_STATE) == VTX_HLT)
		MUST(check, GUEST_PENDING_DEBUG_EXCEPTIONS,
		     !!(pending & PENDING_BS) == steps,
		     "BS if and only if RFLAGS.TF single-steps");
	if (pending & PENDING_RTM)
		MUST(check, GUEST_PENDING_DEBUG_EXCEPTIONS,
		     (pending & ~PENDING_RTM) == PENDING_ENABLED &&
		     !(blocked & VTX_BLOCKED_BY_MOV_SS),
		     "RTM only with bit 12, and not blocked by MOV SS");
	return true;
}

static bool check_link_pointer(struct vtx_check *check)
{
	u64 link = GET(check, GUEST_VMCS_LINK_POINTER);
	bool shadow = vtx_check_proc2(check) & PROC2_SHADOW_VMCS;
	u32 revision = check->cpu->msrs.basic & GENMASK(30, 0);

	if (link == ~0ULL)
		return true;
	MUST(check, GUEST_VMCS_LINK_POINTER, vtx_check_hpa(check, link, SZ_4K),
	     "all ones, or a page's physical address");
	if (check->read_hpa)
		MUST(check, GUEST_VMCS_LINK_POINTER,
		     check->read_hpa(check->arg, link) ==
		     (revision | (u32)shadow << 31),
		     "a VMCS with the right revision and kind");
	return true;
}

/**
 * vtx_check_nonregister() - the rules about guest state that is not registers
 * @check: the question
 *
 * Return: false if one is broken.
 */
bool vtx_check_nonregister(struct vtx_check *check)
{
	return check_activity(check) && check_interruptibility(check) &&
	       check_pending_debug(check) && check_link_pointer(check);
}
