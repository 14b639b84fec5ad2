// SPDX-License-Identifier: GPL-2.0-only
/*
 * One guest instruction through the emulator.
 *
 * The registers go from the vCPU into the emulator, the instruction runs, the
 * registers go back.  It runs at most three ways:
 *
 *   in the inner loop	nothing may sleep and the CPU has the guest's FPU
 *   in a slow handler	anything goes; taken up where the inner loop could not
 *			go on
 *   in a completion	user space has done its part; tried without sleep first
 *
 * In each the instruction is run from its start with the accesses that are
 * complete answered from the emulator's log; see arch-x86/emul/README.md.  The
 * registers are in the vCPU whenever user space may look, and are taken anew
 * when it comes back.  If it has moved the vCPU elsewhere meanwhile, by a reset
 * say, the instruction is forgotten.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/cpufeature.h>

#include "arch-x86/debug.h"
#include "arch-x86/hypercall.h"
#include "arch-x86/vmx/segment.h"
#include "vmexit/emulate.h"
#include "vmexit/emulation.h"

#define SHADOW	(VTX_BLOCKED_BY_STI | VTX_BLOCKED_BY_MOV_SS)

/* Bits of the exit qualification of an EPT violation. */
#define EPT_WRITE	BIT(1)
#define EPT_GLA_VALID	BIT(7)
#define EPT_GLA_ACCESS	BIT(8)

/* With interrupts off, iterations of a REP instruction at once. */
#define FAST_ITERATIONS	64

static const struct vtx_emul_ops ops = {
	.fetch			= vtx_emul_op_fetch,
	.read			= vtx_emul_op_read,
	.write			= vtx_emul_op_write,
	.probe			= vtx_emul_op_probe,
	.compare_exchange	= vtx_emul_op_cmpxchg,
	.in			= vtx_emul_op_in,
	.out			= vtx_emul_op_out,
	.vec_get		= vtx_emul_op_vec_get,
	.vec_set		= vtx_emul_op_vec_set,
};

static struct vtx_emulation *emulation_of(struct vtx_vcpu *vcpu)
{
	return vtx_emulation(vcpu->emul);
}

/**
 * vtx_emulate_init() - give a vCPU an emulator
 * @vcpu: the vCPU, with its FPU state
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int vtx_emulate_init(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = kmalloc(sizeof(*em), GFP_KERNEL_ACCOUNT);

	if (!em)
		return -ENOMEM;
	memset_after(em, 0, core);
	vtx_emul_init(&em->core, &ops, NULL);
	if (boot_cpu_has(X86_FEATURE_BMI1))
		em->core.features |= VTX_EMUL_FEAT_BMI1;
	if (boot_cpu_has(X86_FEATURE_ABM))
		em->core.features |= VTX_EMUL_FEAT_LZCNT;
	em->vcpu = vcpu;
	vtx_linear_init(&em->linear, vcpu);
	vtx_emul_vector_init(em);
	vcpu->emul = &em->core;
	return 0;
}

/**
 * vtx_emulate_free() - take the emulator away
 * @vcpu: the vCPU; one without an emulator does no harm
 */
void vtx_emulate_free(struct vtx_vcpu *vcpu)
{
	if (!vcpu->emul)
		return;
	kfree(emulation_of(vcpu));
	vcpu->emul = NULL;
}

static void load_hidden(struct vtx_emul_seg *seg, enum vtx_segment which)
{
	seg->base = vtx_vmcs_read(vtx_seg_field(VMCS_GUEST_ES_BASE, which));
	seg->limit = vtx_vmcs_read(vtx_seg_field(VMCS_GUEST_ES_LIMIT, which));
	seg->ar = vtx_vmcs_read(vtx_seg_field(VMCS_GUEST_ES_ACCESS_RIGHTS,
					      which));
}

/* In 64-bit mode hardly any hidden part matters. */
static void load_segments(struct vtx_emul_regs *regs)
{
	u32 cs_ar = vmcs_read32(VMCS_GUEST_CS_ACCESS_RIGHTS);
	bool is_64bit = (regs->efer & EFER_LMA) && (cs_ar & VTX_AR_L);
	enum vtx_segment i;

	for (i = VTX_ES; i <= VTX_GS; i++) {
		struct vtx_emul_seg *seg = &regs->seg[i];

		seg->selector = vtx_vmcs_read(
			vtx_seg_field(VMCS_GUEST_ES_SELECTOR, i));
		if (!is_64bit)
			load_hidden(seg, i);
	}
	if (!is_64bit)
		return;
	regs->seg[VTX_CS].ar = cs_ar;
	regs->seg[VTX_CS].base = 0;
	regs->seg[VTX_FS].base = vmcs_readl(VMCS_GUEST_FS_BASE);
	regs->seg[VTX_GS].base = vmcs_readl(VMCS_GUEST_GS_BASE);
}

static void load_regs(struct vtx_emulation *em)
{
	struct vtx_emul_regs *regs = &em->core.regs;
	struct vtx_vcpu *vcpu = em->vcpu;

	memcpy(regs->gpr, vcpu->context.regs.gpr, sizeof(regs->gpr));
	regs->gpr[VTX_EMUL_RSP] = vmcs_readl(VMCS_GUEST_RSP);
	regs->rip = vmcs_readl(VMCS_GUEST_RIP);
	regs->rflags = vmcs_readl(VMCS_GUEST_RFLAGS);
	regs->cr0 = vtx_guest_cr0(vcpu);
	regs->cr4 = vtx_guest_cr4(vcpu);
	regs->efer = vtx_guest_efer(vcpu);
	regs->xcr0 = vcpu->xcr0;
	regs->cpl = vtx_guest_cpl(vcpu);
	load_segments(regs);
	vtx_linear_load(&em->linear, vcpu);
}

/* Only real and virtual-8086 mode load segment registers here. */
static void store_segments(const struct vtx_emulation *em)
{
	const struct vtx_emul_seg *seg;
	enum vtx_segment i;

	if (!em->core.real && !em->core.v86)
		return;
	for (i = VTX_ES; i <= VTX_GS; i++) {
		seg = &em->core.regs.seg[i];
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_SELECTOR, i),
			       seg->selector);
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_BASE, i),
			       seg->base);
	}
}

static void store_shadow(struct vtx_vcpu *vcpu, u32 shadow)
{
	u32 old = vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);
	u32 new = old & ~SHADOW;

	if (shadow & VTX_EMUL_SHADOW_STI)
		new |= VTX_BLOCKED_BY_STI;
	if (shadow & VTX_EMUL_SHADOW_MOV_SS)
		new |= VTX_BLOCKED_BY_MOV_SS;
	if (new == old)
		return;
	vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY, new);
	vtx_debug_fix_pending(vcpu);
}

/* What the instruction, or a part of REP, has made of the registers. */
static void store_regs(struct vtx_emulation *em)
{
	const struct vtx_emul_regs *regs = &em->core.regs;
	struct vtx_vcpu *vcpu = em->vcpu;

	memcpy(vcpu->context.regs.gpr, regs->gpr, sizeof(regs->gpr));
	vmcs_writel(VMCS_GUEST_RSP, regs->gpr[VTX_EMUL_RSP]);
	vmcs_writel(VMCS_GUEST_RFLAGS, regs->rflags);
	if (em->result != VTX_EMUL_DONE && em->result != VTX_EMUL_AGAIN)
		return;
	vcpu->stats.insn_emulation++;
	vmcs_writel(VMCS_GUEST_RIP, regs->rip);
	store_segments(em);
	store_shadow(vcpu, em->core.shadow);
}

/* Where the bytes are that an access has read. */
static const void *read_bytes(const struct vtx_emulation *em)
{
	return em->access.kind == VTX_MMIO_ACCESS ? em->access.bytes :
						    em->vcpu->pio_data;
}

/* The instruction from its start, as far as it goes. */
static void run(struct vtx_emulation *em)
{
	struct vtx_access *access = &em->access;

	em->ask_again = false;
	for (;;) {
		em->mmx = false;
		em->result = vtx_emul_run(&em->core);
		if (em->result != VTX_EMUL_PENDING || !access->kind ||
		    access->done < access->len)
			return;
		/* A part of it is complete without user space. */
		vtx_emul_complete(&em->core, read_bytes(em), access->len);
		access->kind = VTX_NO_ACCESS;
	}
}

static u64 linear_rip(const struct vtx_emul_regs *regs)
{
	return regs->seg[VTX_EMUL_CS].base + regs->rip;
}

/* What could not be emulated, for somebody to add it. */
static enum vtx_result cannot(struct vtx_emulation *em)
{
	const struct vtx_emul_insn *insn = &em->core.insn;
	struct kvm_run *run = em->vcpu->run;

	if (em->error)
		return vtx_vcpu_error(em->vcpu, em->error);
	em->vcpu->stats.insn_emulation_fail++;
	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->emulation_failure.suberror = KVM_INTERNAL_ERROR_EMULATION;
	run->emulation_failure.ndata = 1;
	run->emulation_failure.flags = 0;
	if (!insn->fetched)
		return VTX_USER;
	run->emulation_failure.ndata = 3;
	run->emulation_failure.flags =
		KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES;
	run->emulation_failure.insn_size = insn->fetched;
	memset(run->emulation_failure.insn_bytes, 0x90, VTX_EMUL_INSN_MAX);
	memcpy(run->emulation_failure.insn_bytes, insn->bytes, insn->fetched);
	return VTX_USER;
}

static void inject(struct vtx_emulation *em)
{
	const struct vtx_emul_fault *fault = &em->core.fault;
	struct vtx_vcpu *vcpu = em->vcpu;

	if (fault->vector == X86_TRAP_PF)
		vtx_event_queue_pf(vcpu, fault->cr2, fault->error);
	else if (fault->has_error)
		vtx_event_queue_error(vcpu, fault->vector, fault->error);
	else
		vtx_event_queue(vcpu, fault->vector);
}

static enum vtx_result completed(struct vtx_vcpu *vcpu);

static enum vtx_result to_user(struct vtx_emulation *em)
{
	vtx_access_to_user(em);
	em->vcpu->complete = completed;
	return VTX_USER;
}

/* The run is over, and no access of it waits any more; loaded. */
static enum vtx_result finish(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);

	switch (em->result) {
	case VTX_EMUL_FAULT:
		inject(em);
		return VTX_REPEAT;
	case VTX_EMUL_DONE:
	case VTX_EMUL_AGAIN:
		if (unlikely(em->core.trap) && vtx_debug_skipped(vcpu))
			return VTX_USER;
		return VTX_REPEAT;
	default:
		return cannot(em);
	}
}

/* Is there nothing to do once the access that waits is complete? */
static bool is_finished(const struct vtx_emulation *em)
{
	return em->result == VTX_EMUL_DONE && !em->core.trap;
}

/*
 * The run is over: what next?  Loaded.  Not for a run that only found that it
 * must sleep.
 */
static enum vtx_result settle(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);

	if (unlikely(em->mmx) && em->result == VTX_EMUL_DONE)
		vtx_emul_end_mmx(em);
	store_regs(em);
	return em->access.kind ? to_user(em) : finish(vcpu);
}

/* Run with the registers that the emulator has; a slow handler. */
static enum vtx_result run_slow(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);

	em->linear.may_sleep = true;
	em->fpu_saved = true;
	run(em);
	return vtx_vcpu_when_loaded(vcpu, settle);
}

/* Did an op find that it must sleep?  Then nothing is to be stored yet. */
static bool must_sleep(const struct vtx_emulation *em)
{
	return em->ask_again && em->result == VTX_EMUL_PENDING &&
	       !em->access.kind;
}

/* Loaded. */
static enum vtx_result begin(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);

	load_regs(em);
	em->access.kind = VTX_NO_ACCESS;
	em->error = 0;
	vtx_emul_begin(&em->core);
	return VTX_RESUME;
}

/**
 * vtx_emulate() - emulate the instruction at RIP; a slow handler
 * @vcpu: the vCPU, not loaded
 *
 * For an exit whose events have been requeued and which was not in the middle
 * of the delivery of one.  May sleep.
 *
 * Return: what to do next.
 */
enum vtx_result vtx_emulate(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);
	enum vtx_result result = vtx_vcpu_when_loaded(vcpu, begin);

	if (result != VTX_RESUME)
		return result;
	em->known.valid = false;
	em->core.rep_limit = 0;
	return run_slow(vcpu);
}

/**
 * vtx_emulate_device() - emulate the instruction that met a device
 * @vcpu: the vCPU, in the inner loop after an EPT violation
 * @reads: reads are the device's too, not only writes
 *
 * Return: what to do next.
 */
enum vtx_result vtx_emulate_device(struct vtx_vcpu *vcpu, bool reads)
{
	u64 qualification = vtx_exit_qualification(&vcpu->exit);
	struct vtx_emulation *em = emulation_of(vcpu);
	const struct vtx_emul_insn *insn;
	enum vtx_result result;

	insn = vtx_code_find(&em->code, vcpu);
	if (insn && vtx_move(em, insn, reads, &result))
		return result;

	begin(vcpu);
	if (insn)
		vtx_emul_set_insn(&em->core, insn);
	/* Without EPT_GLA_ACCESS it is a page table that is not in RAM. */
	em->known = (struct vtx_known){
		.gva = vtx_exit_gla(&vcpu->exit) & PAGE_MASK,
		.gpa = vtx_exit_gpa(&vcpu->exit) & PAGE_MASK,
		.valid = !(~qualification & (EPT_GLA_VALID | EPT_GLA_ACCESS)),
		.write = qualification & EPT_WRITE,
		.reads = reads,
	};
	em->core.rep_limit = FAST_ITERATIONS;
	em->linear.may_sleep = false;
	em->fpu_saved = false;
	run(em);
	if (must_sleep(em))
		return vtx_vcpu_slow(vcpu, run_slow);
	if (!insn)
		vtx_code_keep(&em->code, vcpu);
	return settle(vcpu);
}

/*
 * User space had the registers: take them anew.  False if the instruction is
 * no longer the one that the guest is at.
 */
static bool reload(struct vtx_emulation *em)
{
	const struct vtx_emul_regs *regs = &em->core.regs;
	u64 rip = linear_rip(regs), cr3 = em->linear.paging.cr3;
	u64 cr0 = regs->cr0, efer = regs->efer;
	u32 cs_ar = regs->seg[VTX_EMUL_CS].ar;
	bool v86 = em->core.v86;

	load_regs(em);
	if (em->linear.paging.cr3 != cr3)
		em->known.valid = false;
	return linear_rip(regs) == rip && regs->efer == efer &&
	       !((regs->cr0 ^ cr0) & (X86_CR0_PE | X86_CR0_PG)) &&
	       regs->seg[VTX_EMUL_CS].ar == cs_ar &&
	       (em->core.real || !(regs->rflags & VTX_EMUL_VM) == !v86);
}

/* Run again now that one more access is complete; loaded. */
static enum vtx_result run_again(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);

	if (!reload(em))
		return VTX_REPEAT;
	em->linear.may_sleep = false;
	em->fpu_saved = true;
	run(em);
	if (must_sleep(em))
		return vtx_vcpu_slow(vcpu, run_slow);
	return settle(vcpu);
}

/* User space has completed an access, or a piece of one. */
static enum vtx_result completed(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);
	struct vtx_access *access = &em->access;

	vtx_access_from_user(em);
	if (access->kind == VTX_MMIO_ACCESS && !vtx_access_advance(em))
		return to_user(em);
	if (em->result == VTX_EMUL_PENDING) {
		vtx_emul_complete(&em->core, read_bytes(em),
				  access->posted ? 0 : access->len);
		access->kind = VTX_NO_ACCESS;
		return vtx_vcpu_when_loaded(vcpu, run_again);
	}
	access->kind = VTX_NO_ACCESS;
	return is_finished(em) ? VTX_REPEAT :
				 vtx_vcpu_when_loaded(vcpu, finish);
}

/*
 * It has been decoded, or em->result says why not.  Loaded; RIP moves before the
 * hypercall gets its result.
 */
static enum vtx_result decide_ud(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);

	if (em->result || em->core.insn.op != VTX_OP_VMMCALL) {
		vtx_event_ud(vcpu);
		return VTX_REPEAT;
	}
	em->core.shadow = 0;
	em->core.trap = em->core.regs.rflags & VTX_EMUL_TF;
	em->core.regs.rip = em->core.next_rip;
	em->core.regs.rflags &= ~VTX_EMUL_RF;
	store_regs(em);
	vtx_hypercall(vcpu);
	return finish(vcpu);
}

static enum vtx_result decide_ud_slowly(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);

	em->linear.may_sleep = true;
	em->result = vtx_emul_decode(&em->core);
	return vtx_vcpu_when_loaded(vcpu, decide_ud);
}

/**
 * vtx_emulate_ud() - the guest has had an invalid opcode: is it VMMCALL?
 * @vcpu: the vCPU, in the inner loop after #UD
 *
 * VMMCALL is AMD's VMCALL, and guests use either without asking.
 *
 * Return: what to do next, with the hypercall made or #UD queued.
 */
enum vtx_result vtx_emulate_ud(struct vtx_vcpu *vcpu)
{
	struct vtx_emulation *em = emulation_of(vcpu);

	begin(vcpu);
	em->linear.may_sleep = false;
	em->result = vtx_emul_decode(&em->core);
	if (em->result == VTX_EMUL_PENDING)
		return vtx_vcpu_slow(vcpu, decide_ud_slowly);
	return decide_ud(vcpu);
}
