// SPDX-License-Identifier: GPL-2.0-only
/*
 * MOV to and from control registers, CLTS, LMSW.
 *
 * The CPU exits for bits of CR0 and CR4 that the guest does not own, and for
 * CR8 as long as there is no TPR shadow.  What a write may do is in
 * arch-x86/cr.c; here it is decoded, and carried over to the VMCS if all of it
 * is allowed.
 *
 * Some writes load the PDPTEs, which are in guest memory.  Mostly they can be
 * read at once; if not, a slow handler does the whole write again.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>

#include "ept/guest_mem.h"
#include "arch-x86/cr.h"
#include "arch-x86/debug.h"
#include "arch-x86/event.h"
#include "arch-x86/state_fpu.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/vmx/segment.h"
#include "vmexit/exit.h"

/* SDM 3C "Exit Qualification for Control-Register Accesses" */
#define CR_NUMBER	GENMASK(3, 0)
#define CR_ACCESS	GENMASK(5, 4)
#define CR_GPR		GENMASK(11, 8)
#define CR_LMSW_SOURCE	GENMASK(31, 16)

enum cr_access { MOV_TO_CR, MOV_FROM_CR, CLTS, LMSW };

/* LMSW writes these, and cannot clear PE (SDM 2A "LMSW"). */
#define MSW_BITS	(X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS)
#define MSW_CLEARED	(MSW_BITS & ~X86_CR0_PE)

/* With CR4.PCIDE, bit 63 of what is written to CR3: keep translations. */
#define CR3_NO_FLUSH	BIT_ULL(63)

#define CR8_BITS	GENMASK_ULL(3, 0)

/* With PAE paging CR3 has the address of 32 bytes. */
#define PDPTES_GPA	GENMASK_ULL(31, 5)

static enum vtx_result refuse(struct vtx_vcpu *vcpu)
{
	vtx_event_gp(vcpu);
	return VTX_REPEAT;
}

/* Outside of 64-bit mode the operand is a 32-bit register. */
static u64 source_operand(struct vtx_vcpu *vcpu, u64 qualification)
{
	u64 value = vtx_gpr(vcpu, FIELD_GET(CR_GPR, qualification));

	return vtx_guest_64bit(vcpu) ? value : lower_32_bits(value);
}

static bool change_cr3(struct vtx_vcpu *vcpu, struct vtx_cr_state *state,
		       u64 value, unsigned int *effects)
{
	*effects = VTX_CR_FLUSH;
	if ((state->cr4 & X86_CR4_PCIDE) && (value & CR3_NO_FLUSH)) {
		value &= ~CR3_NO_FLUSH;
		*effects = 0;
	}
	if (vtx_pae_paging(state->cr0, state->cr4, state->efer))
		*effects |= VTX_CR_PDPTES;
	state->cr3 = value;
	return vtx_cr3_valid(&vcpu->limits, value);
}

/* What the guest wants, as a change of @state; false: it may not. */
static bool decode_write(struct vtx_vcpu *vcpu, u64 qualification,
			 struct vtx_cr_state *state, unsigned int *effects)
{
	u64 value;

	switch (FIELD_GET(CR_ACCESS, qualification)) {
	case CLTS:
		return vtx_cr0_write(state, state->cr0 & ~X86_CR0_TS, effects);
	case LMSW:
		value = FIELD_GET(CR_LMSW_SOURCE, qualification) & MSW_BITS;
		value |= state->cr0 & ~MSW_CLEARED;
		return vtx_cr0_write(state, value, effects);
	}

	value = source_operand(vcpu, qualification);
	switch (FIELD_GET(CR_NUMBER, qualification)) {
	case 0:
		return vtx_cr0_write(state, value, effects);
	case 3:
		return change_cr3(vcpu, state, value, effects);
	default:
		return vtx_cr4_write(&vcpu->limits, state, value, effects);
	}
}

/*
 * IA-32e mode knows one kind of TSS, and VM entry insists on it.  A CPU would
 * leave a 16-bit one as it is until it is of use, and then fault.
 */
static void fix_tss(void)
{
	if ((vmcs_read32(VMCS_GUEST_TR_ACCESS_RIGHTS) & VTX_AR_TYPE) !=
	    (VTX_AR_BUSY_TSS & VTX_AR_TYPE))
		vmcs_write32(VMCS_GUEST_TR_ACCESS_RIGHTS, VTX_AR_BUSY_TSS);
}

static void commit(struct vtx_vcpu *vcpu, const struct vtx_cr_state *old,
		   const struct vtx_cr_state *new, unsigned int effects)
{
	if (effects & VTX_CR_MODE) {
		vtx_set_guest_efer(vcpu, new->efer);
		if (new->efer & EFER_LMA)
			fix_tss();
	}
	if (new->cr0 != old->cr0)
		vtx_set_guest_cr0(vcpu, new->cr0);
	if (new->cr4 != old->cr4)
		vtx_set_guest_cr4(vcpu, new->cr4);
	if (new->cr3 != old->cr3)
		vmcs_writel(VMCS_GUEST_CR3, new->cr3);
	if (effects & VTX_CR_FLUSH)
		vtx_vcpu_flush_linear(vcpu);
}

/* The PDPTEs were not at hand: the whole write again, where that may sleep. */
static enum vtx_result write_cr_slow(struct vtx_vcpu *vcpu)
{
	struct vtx_cr_state old, new;
	enum vtx_result result;
	unsigned int effects;
	u64 pdpte[4];
	int err;

	err = vtx_vcpu_load(vcpu);
	if (err)
		return vtx_vcpu_error(vcpu, err);
	vtx_cr_state(vcpu, &old);
	new = old;
	decode_write(vcpu, vtx_exit_qualification(&vcpu->exit), &new, &effects);
	vtx_vcpu_put(vcpu);

	if (vtx_mem_read(vcpu->mem, new.cr3 & PDPTES_GPA, pdpte,
			 sizeof(pdpte)) ||
	    !vtx_pdptes_valid(&vcpu->limits, pdpte))
		return refuse(vcpu);

	err = vtx_vcpu_load(vcpu);
	if (err)
		return vtx_vcpu_error(vcpu, err);
	vtx_write_pdptes(pdpte);
	commit(vcpu, &old, &new, effects);
	result = vtx_vcpu_skip(vcpu);
	vtx_vcpu_put(vcpu);
	return result;
}

static enum vtx_result write_cr(struct vtx_vcpu *vcpu, u64 qualification)
{
	struct vtx_cr_state old, new;
	unsigned int effects;

	vtx_cr_state(vcpu, &old);
	new = old;
	if (!decode_write(vcpu, qualification, &new, &effects))
		return refuse(vcpu);
	if (effects & VTX_CR_PDPTES) {
		int err = vtx_load_pdptes(vcpu, new.cr3);

		if (err == -EFAULT)
			return vtx_vcpu_slow(vcpu, write_cr_slow);
		if (err)
			return refuse(vcpu);
	}
	commit(vcpu, &old, &new, effects);
	if (unlikely((old.cr4 ^ new.cr4) & X86_CR4_OSXSAVE))
		vtx_set_guest_xcr0(&vcpu->context, &vcpu->host,
				   vtx_xcr0_to_load(vcpu));
	return VTX_RESUME;
}

/*
 * Task priority.  If the APIC is user space's, that has to know when a lower one
 * may let an interrupt through.
 */
static enum vtx_result write_cr8(struct vtx_vcpu *vcpu, u64 value)
{
	u64 old = vtx_vcpu_get_cr8(vcpu);

	if (value & ~CR8_BITS)
		return refuse(vcpu);
	vtx_vcpu_set_cr8(vcpu, value);
	if (value >= old || vtx_vcpu_has_lapic(vcpu))
		return VTX_RESUME;
	vtx_debug_skip_to_user(vcpu);
	vcpu->run->exit_reason = KVM_EXIT_SET_TPR;
	return VTX_USER;
}

/**
 * exit_cr() - a control register was accessed
 * @vcpu: the vCPU
 *
 * Return: VTX_RESUME, VTX_REPEAT with #GP queued, VTX_USER with
 * KVM_EXIT_SET_TPR, or VTX_SLOW.
 */
enum vtx_result exit_cr(struct vtx_vcpu *vcpu)
{
	u64 qualification = vtx_exit_qualification(&vcpu->exit);
	unsigned int number = FIELD_GET(CR_NUMBER, qualification);
	unsigned int gpr = FIELD_GET(CR_GPR, qualification);

	switch (FIELD_GET(CR_ACCESS, qualification)) {
	case MOV_TO_CR:
		if (number == 8)
			return write_cr8(vcpu, vtx_gpr(vcpu, gpr));
		return write_cr(vcpu, qualification);
	case MOV_FROM_CR:
		/* Others do not exit. */
		vtx_set_gpr(vcpu, gpr, number == 8 ?
			    vtx_vcpu_get_cr8(vcpu) : vmcs_readl(VMCS_GUEST_CR3));
		return VTX_RESUME;
	default:
		return write_cr(vcpu, qualification);
	}
}
