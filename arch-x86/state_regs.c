// SPDX-License-Identifier: GPL-2.0-only
/*
 * General-purpose, segment, control and debug registers for user space, and
 * power-up.
 *
 * Called between two KVM_RUN, with the vCPU's lock held: all is in struct
 * vtx_vcpu and in the VMCS.  What is set takes effect at the next entry.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/find.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/processor-flags.h>

#include "ept/guest_mem.h"
#include "arch-x86/debug.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/offer.h"
#include "arch-x86/sregs.h"
#include "arch-x86/state_msr.h"
#include "arch-x86/state_regs.h"
#include "arch-x86/vcpu.h"

/* In the order of struct kvm_regs. */
static const enum vtx_gpr gpr_order[] = {
	VTX_RAX, VTX_RBX, VTX_RCX, VTX_RDX, VTX_RSI, VTX_RDI, VTX_RSP, VTX_RBP,
	VTX_R8, VTX_R9, VTX_R10, VTX_R11, VTX_R12, VTX_R13, VTX_R14, VTX_R15,
};

static_assert(offsetof(struct kvm_regs, rip) ==
	      ARRAY_SIZE(gpr_order) * sizeof(u64));

/**
 * vtx_get_regs() - KVM_GET_REGS
 * @vcpu: the vCPU
 * @regs: receives its registers
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_get_regs(struct vtx_vcpu *vcpu, struct kvm_regs *regs)
{
	u64 *gpr = (u64 *)regs;
	int i, err;

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(gpr_order); i++)
		gpr[i] = vtx_gpr(vcpu, gpr_order[i]);
	regs->rip = vmcs_readl(VMCS_GUEST_RIP);
	regs->rflags = vtx_guest_rflags(vcpu);
	vtx_vcpu_put(vcpu);
	return 0;
}

/* The vCPU is loaded. */
static void put_regs(struct vtx_vcpu *vcpu, const struct kvm_regs *regs)
{
	const u64 *gpr = (const u64 *)regs;
	int i;

	for (i = 0; i < ARRAY_SIZE(gpr_order); i++)
		vtx_set_gpr(vcpu, gpr_order[i], gpr[i]);
	vmcs_writel(VMCS_GUEST_RIP, regs->rip);
	vtx_set_guest_rflags(vcpu, regs->rflags | X86_EFLAGS_FIXED);
}

/**
 * vtx_set_regs() - KVM_SET_REGS
 * @vcpu: the vCPU
 * @regs: its registers
 *
 * An exception that waits to be delivered is forgotten: it belongs to the
 * instruction at the old RIP.  RFLAGS and RIP are not held against any rule: an
 * entry that they make impossible fails with KVM_EXIT_FAIL_ENTRY.
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_set_regs(struct vtx_vcpu *vcpu, const struct kvm_regs *regs)
{
	int err = vtx_vcpu_load(vcpu);

	if (err)
		return err;
	put_regs(vcpu, regs);
	vtx_vcpu_put(vcpu);
	vcpu->event.exception.pending = false;
	return 0;
}

/*
 * Segments.
 */

/* Each segment of struct kvm_sregs, and its number. */
#define SEGMENTS(X)							\
	X(cs, VTX_CS) X(ds, VTX_DS) X(es, VTX_ES) X(fs, VTX_FS)		\
	X(gs, VTX_GS) X(ss, VTX_SS) X(tr, VTX_TR) X(ldt, VTX_LDTR)

static void get_segment(enum vtx_segment which, struct kvm_segment *segment)
{
	struct vtx_vmx_segment vmx;

	vtx_guest_segment(which, &vmx);
	vtx_segment_from_vmx(&vmx, segment);
}

static void set_segment(enum vtx_segment which,
			const struct kvm_segment *segment)
{
	struct vtx_vmx_segment vmx;

	vtx_segment_to_vmx(segment, &vmx);
	vtx_set_guest_segment(which, &vmx);
}

static void get_tables(struct kvm_sregs *sregs)
{
	sregs->gdt.base = vmcs_readl(VMCS_GUEST_GDTR_BASE);
	sregs->gdt.limit = vmcs_read32(VMCS_GUEST_GDTR_LIMIT);
	sregs->idt.base = vmcs_readl(VMCS_GUEST_IDTR_BASE);
	sregs->idt.limit = vmcs_read32(VMCS_GUEST_IDTR_LIMIT);
}

static void set_tables(const struct kvm_sregs *sregs)
{
	vmcs_writel(VMCS_GUEST_GDTR_BASE, sregs->gdt.base);
	vmcs_write32(VMCS_GUEST_GDTR_LIMIT, sregs->gdt.limit);
	vmcs_writel(VMCS_GUEST_IDTR_BASE, sregs->idt.base);
	vmcs_write32(VMCS_GUEST_IDTR_LIMIT, sregs->idt.limit);
}

/**
 * vtx_get_sregs() - KVM_GET_SREGS
 * @vcpu: the vCPU
 * @sregs: receives its special registers
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_get_sregs(struct vtx_vcpu *vcpu, struct kvm_sregs *sregs)
{
	const struct vtx_event *event = &vcpu->event;
	int err;

	memset(sregs, 0, sizeof(*sregs));
	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
#define GET_SEGMENT(name, number)	get_segment(number, &sregs->name);
	SEGMENTS(GET_SEGMENT)
#undef GET_SEGMENT
	get_tables(sregs);
	sregs->cr0 = vtx_guest_cr0(vcpu);
	sregs->cr3 = vmcs_readl(VMCS_GUEST_CR3);
	sregs->cr4 = vtx_guest_cr4(vcpu);
	sregs->efer = vtx_guest_efer(vcpu);
	vtx_vcpu_put(vcpu);

	sregs->cr2 = vcpu->context.cr2;
	sregs->cr8 = vtx_vcpu_get_cr8(vcpu);
	sregs->apic_base = vcpu->msrs.value[VTX_MSR_SLOT_APIC_BASE];
	if (event->interrupt_injected && !event->interrupt_soft)
		__set_bit(event->interrupt_vector,
			  (unsigned long *)sregs->interrupt_bitmap);
	return 0;
}

/*
 * The PDPTEs are registers, which come with CR3.  User space that sets CR3
 * before there is memory leaves the old ones, as with KVM.
 */
static bool read_pdptes(struct vtx_vcpu *vcpu, const struct kvm_sregs *sregs,
			u64 *pdpte)
{
	return vtx_pae_paging(sregs->cr0, sregs->cr4, sregs->efer) &&
	       !vtx_mem_read(vcpu->mem, sregs->cr3 & VTX_CR3_PDPTES, pdpte,
			     4 * sizeof(*pdpte)) &&
	       vtx_pdptes_valid(&vcpu->limits, pdpte);
}

static void set_apic_base(struct vtx_vcpu *vcpu, u64 apic_base)
{
	u64 *value = &vcpu->msrs.value[VTX_MSR_SLOT_APIC_BASE];
	u64 old = *value;

	*value = apic_base;
	if (vcpu->lapic)
		vtx_vcpu_lapic_set_base(vcpu, old, apic_base, true);
}

static void set_interrupt(struct vtx_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	unsigned long vector;

	vector = find_first_bit((const unsigned long *)sregs->interrupt_bitmap,
				KVM_NR_INTERRUPTS);
	if (vector >= KVM_NR_INTERRUPTS)
		return;
	vcpu->event.interrupt_injected = true;
	vcpu->event.interrupt_soft = false;
	vcpu->event.interrupt_vector = vector;
	vcpu->event.look = true;
}

/**
 * vtx_set_sregs() - KVM_SET_SREGS
 * @vcpu: the vCPU
 * @sregs: its special registers
 *
 * An interrupt in the bitmap is queued, the lowest if there are several.  May
 * sleep.
 *
 * Return: 0; -EINVAL for registers that the vCPU cannot have, see
 * vtx_sregs_broken(), with nothing changed; -EIO if there is no VMX any more.
 */
int vtx_set_sregs(struct vtx_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	bool have_pdptes;
	u64 pdpte[4];
	int err;

	if (vtx_sregs_broken(sregs, &vcpu->limits))
		return -EINVAL;
	have_pdptes = read_pdptes(vcpu, sregs, pdpte);

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
#define SET_SEGMENT(name, number)	set_segment(number, &sregs->name);
	SEGMENTS(SET_SEGMENT)
#undef SET_SEGMENT
	set_tables(sregs);
	vtx_set_guest_efer(vcpu, sregs->efer);
	vtx_set_guest_cr4(vcpu, sregs->cr4);
	vtx_set_guest_cr0(vcpu, (sregs->cr0 & VTX_CR0_BITS) | X86_CR0_ET);
	vmcs_writel(VMCS_GUEST_CR3, sregs->cr3);
	if (have_pdptes)
		vtx_write_pdptes(pdpte);
	vtx_vcpu_put(vcpu);

	vcpu->context.cr2 = sregs->cr2;
	vtx_vcpu_set_cr8(vcpu, sregs->cr8);
	/* KVM_RUN takes it from there. */
	vcpu->run->cr8 = sregs->cr8;
	set_apic_base(vcpu, sregs->apic_base);
	set_interrupt(vcpu, sregs);
	set_bit(VTX_REQ_TLB_FLUSH, &vcpu->requests);
	return 0;
}

/**
 * vtx_get_debugregs() - KVM_GET_DEBUGREGS
 * @vcpu: the vCPU
 * @regs: receives its debug registers
 *
 * Return: 0.
 */
int vtx_get_debugregs(struct vtx_vcpu *vcpu, struct kvm_debugregs *regs)
{
	memset(regs, 0, sizeof(*regs));
	memcpy(regs->db, vcpu->context.debug.db, sizeof(regs->db));
	regs->dr6 = vcpu->context.debug.dr6;
	regs->dr7 = vcpu->dr7;
	return 0;
}

/**
 * vtx_set_debugregs() - KVM_SET_DEBUGREGS
 * @vcpu: the vCPU
 * @regs: its debug registers; bits that a CPU has fixed are not looked at
 *
 * Return: 0; -EINVAL, with nothing changed, for flags, or bits above 31 in DR6
 * or DR7; -EIO if there is no VMX any more.
 */
int vtx_set_debugregs(struct vtx_vcpu *vcpu, const struct kvm_debugregs *regs)
{
	int err;

	if (regs->flags || upper_32_bits(regs->dr6) ||
	    upper_32_bits(regs->dr7))
		return -EINVAL;
	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	memcpy(vcpu->context.debug.db, regs->db, sizeof(regs->db));
	vcpu->context.debug.dr6 =
		vtx_dr6_value(regs->dr6, vtx_cpuid_has(vtx_guest_cpuid(vcpu),
						       VTX_CPUID_RTM));
	vcpu->dr7 = vtx_dr7_value(regs->dr7);
	vtx_debug_dr7_changed(vcpu);
	vtx_vcpu_put(vcpu);
	return 0;
}

/**
 * vtx_state_reset() - make a vCPU as it is after power-up
 * @vcpu: the vCPU, not loaded; it knows its CPUID and limits, and its VMCS is
 *	fresh from vtx_vmcs_init(), which has done what is in there
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_state_reset(struct vtx_vcpu *vcpu)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	int err;

	vtx_sregs_reset(&sregs, vcpu->bsp);
	vtx_regs_reset(&regs, vtx_cpuid_signature(vtx_guest_cpuid(vcpu)));

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	put_regs(vcpu, &regs);
	vtx_msrs_reset_vcpu(vcpu, sregs.apic_base);
	vtx_debug_reset(vcpu);
	vtx_vcpu_put(vcpu);

	vcpu->context.cr2 = 0;
	vcpu->cr8 = 0;
	vtx_fpu_reset(&vcpu->fpu);
	vcpu->xcr0 = XFEATURE_MASK_FP;
	vcpu->event = (struct vtx_event){ };
	vcpu->mp_state = KVM_MP_STATE_RUNNABLE;
	vcpu->unhalted = false;
	if (vcpu->lapic) {
		vtx_vcpu_lapic_power_up(vcpu);
		/* The others wait for the first one to start them. */
		if (!vcpu->bsp)
			vcpu->mp_state = KVM_MP_STATE_UNINITIALIZED;
	}
	set_bit(VTX_REQ_TLB_FLUSH, &vcpu->requests);
	return 0;
}

/* What was on its way in is no more; but NMIs that come now. */
static void forget_events(struct vtx_event *event)
{
	event->exception = (struct vtx_exception){ };
	event->interrupt_injected = false;
	event->nmi_injected = false;
	event->nmi_pending = 0;
	event->triple_fault = false;
	event->armed = VTX_ARMED_NOTHING;
	event->look = true;
}

/**
 * vtx_state_init() - make of a vCPU what INIT makes of it
 * @vcpu: the vCPU, not loaded
 *
 * SDM 3A "Processor State After Reset": MSRs, TSC, XCR0, x87 and vector
 * registers stay.  The local APIC and the vCPU's state of activity are the
 * caller's.  May sleep.
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_state_init(struct vtx_vcpu *vcpu)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	int err;

	err = vtx_get_sregs(vcpu, &sregs);
	if (err)
		return err;
	vtx_sregs_init(&sregs);
	err = vtx_set_sregs(vcpu, &sregs);
	if (err)
		return err;
	vtx_regs_reset(&regs, vtx_cpuid_signature(vtx_guest_cpuid(vcpu)));

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	put_regs(vcpu, &regs);
	vtx_debug_reset(vcpu);
	vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY, 0);
	vmcs_writel(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS, 0);
	vmcs_write32(VMCS_CTRL_ENTRY_INTR_INFO, 0);
	vtx_vcpu_put(vcpu);
	forget_events(&vcpu->event);
	/* These are of the system that ran here, as with KVM. */
	vtx_pvclock_reset(vcpu);
	vtx_steal_reset(vcpu);
	vtx_pv_eoi_reset(vcpu);
	vcpu->unhalted = false;
	return 0;
}
