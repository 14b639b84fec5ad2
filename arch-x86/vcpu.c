// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a virtual CPU, its way onto a CPU, and how others reach it.
 *
 * A vCPU is loaded for short times only, with preemption off: to run the guest,
 * or to read or write what is in the VMCS.  In between nothing of it is in the
 * CPU but what the CPU keeps of the VMCS, which is written back wherever the
 * vCPU appears next.  So there is nothing to do when the task is preempted.
 *
 * A request is a bit, set before the vCPU is kicked; the vCPU looks at the bits
 * with interrupts off before each entry.  A kick that comes after the look
 * stays pending and ends the guest's run at once.
 */
#include "module/compat.h"

#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/idr.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <trace/events/ipi.h>

#include <asm/processor-flags.h>

#include "ept/guest_mem.h"
#include "ept/mem.h"
#include "arch-x86/debug.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/state_msr.h"
#include "arch-x86/state_regs.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/vmx/insn.h"

/* How often to look for a CPU with VMX on, a tick apart. */
#define LOAD_TRIES	100

/* What a guest may change without vtx's having to know. */
#define CR0_OWNED	X86_CR0_TS
#define CR4_OWNED	(X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD |	\
			 X86_CR4_DE | X86_CR4_PGE | X86_CR4_PCE |	\
			 X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT |		\
			 X86_CR4_UMIP | X86_CR4_FSGSBASE |		\
			 X86_CR4_SMEP | X86_CR4_SMAP)

static DEFINE_IDA(vpids);

/* Without a VPID of its own a guest runs without VPIDs: 0 is the host's. */
static u16 vpid_alloc(const struct vtx_caps *caps)
{
	int vpid;

	if (!vtx_caps_have(caps, VTX_F_VPID))
		return 0;
	vpid = ida_alloc_range(&vpids, 1, U16_MAX, GFP_KERNEL_ACCOUNT);
	return vpid > 0 ? vpid : 0;
}

static void vpid_free(u16 vpid)
{
	if (vpid)
		ida_free(&vpids, vpid);
}

static int init_vmcs(struct vtx_vcpu *vcpu)
{
	const struct vtx_caps *caps = vcpu->caps;
	int err;

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	vtx_vmcs_init(&vcpu->vmcs, &vcpu->context, &(struct vtx_vmcs_setup){
		.caps		= caps,
		.eptp		= vtx_mem_eptp(vcpu->mem),
		.msr_bitmap_hpa	= vtx_msr_bitmap_hpa(&vcpu->bitmap),
		.vpid		= vcpu->vpid,
	});
	if (!vcpu->vpid && vtx_caps_have(caps, VTX_F_VPID))
		vmcs_set32(VMCS_CTRL_SECONDARY_PROC_BASED, 0,
			   VTX_CONTROL(VPID));
	/* There is no virtual APIC page: CR8 is ours. */
	vmcs_set32(VMCS_CTRL_PROC_BASED, VTX_CONTROL(CR8_LOAD_EXITING) |
		   VTX_CONTROL(CR8_STORE_EXITING), 0);
	vtx_update_exception_bitmap(vcpu);
	vtx_vcpu_put(vcpu);
	return 0;
}

/**
 * vtx_vcpu_init() - make a vCPU as it is after power-up
 * @vcpu: all zeroes
 * @setup: what it has to be told
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM, or -EIO if the machine goes down.
 */
int vtx_vcpu_init(struct vtx_vcpu *vcpu, const struct vtx_vcpu_setup *setup)
{
	int err = -ENOMEM;

	vcpu->caps = setup->caps;
	vcpu->offered = setup->offered;
	vcpu->vm = setup->vm;
	vcpu->mem = setup->mem;
	vcpu->pio = setup->pio;
	vcpu->mmio = setup->mmio;
	vcpu->tsc.vm = setup->tsc;
	vcpu->clock.vm = setup->clock;
	vcpu->irqchip = setup->irqchip;
	vcpu->msr_policy = setup->msr_policy;
	vcpu->halt_poll_max = setup->halt_poll_max;
	vcpu->running = setup->running;
	vcpu->run = setup->run;
	vcpu->pio_data = setup->pio_data;
	vcpu->id = setup->id;
	vcpu->bsp = setup->bsp;
	vcpu->cpu = -1;
	vcpu->last_cpu = -1;
	vcpu->device.gfn = ~0ULL;
	vcpu->mp_state = KVM_MP_STATE_RUNNABLE;
	mutex_init(&vcpu->lock);
	rcuwait_init(&vcpu->wait);
	vtx_yield_init(&vcpu->yield);

	vcpu->vpid = vpid_alloc(vcpu->caps);
	if (vtx_fpu_alloc(&vcpu->fpu, vcpu->offered->xcr0) ||
	    vtx_msr_bitmap_alloc(&vcpu->bitmap) ||
	    vtx_vcpu_lapic_create(vcpu) ||
	    vtx_vmcs_alloc(&vcpu->vmcs, vcpu->caps->revision, NUMA_NO_NODE))
		goto destroy;
	err = init_vmcs(vcpu);
	if (err)
		goto destroy;
	vtx_vcpu_cpuid_changed(vcpu);
	err = vtx_state_reset(vcpu);
	if (err)
		goto destroy;
	return 0;

destroy:
	vtx_vcpu_destroy(vcpu);
	return err;
}

/**
 * vtx_vcpu_destroy() - free what vtx_vcpu_init() has made
 * @vcpu: the vCPU, which nobody uses any more
 *
 * May sleep.
 */
void vtx_vcpu_destroy(struct vtx_vcpu *vcpu)
{
	vtx_vcpu_lapic_free(vcpu);
	vtx_vmcs_free(&vcpu->vmcs);
	vtx_msr_bitmap_free(&vcpu->bitmap);
	vtx_fpu_free(&vcpu->fpu);
	kvfree(vcpu->cpuid_entries);
	vtx_yield_free(&vcpu->yield);
	vpid_free(vcpu->vpid);
	mutex_destroy(&vcpu->lock);
}

/**
 * vtx_vcpu_load() - make a vCPU current on this CPU
 * @vcpu: the vCPU, the caller's own
 *
 * On success preemption is off until vtx_vcpu_put(), and what is in the VMCS can
 * be read and written.  May sleep before that: on a CPU that goes offline, until
 * the task has been moved to another.
 *
 * Return: 0, or -EIO if there is no VMX any more, as when the machine goes down.
 */
int vtx_vcpu_load(struct vtx_vcpu *vcpu)
{
	int tries;

	for (tries = 0; tries < LOAD_TRIES; tries++) {
		preempt_disable();
		if (likely(!vtx_vmcs_load(&vcpu->vmcs))) {
			if (unlikely(vcpu->last_cpu != smp_processor_id())) {
				vcpu->last_cpu = smp_processor_id();
				vcpu->stats.migrations++;
				/* What this CPU knows is from another time. */
				set_bit(VTX_REQ_TLB_FLUSH, &vcpu->requests);
				vtx_pvclock_migrated(vcpu);
			}
			if (unlikely(vtx_tsc_is_stale(&vcpu->tsc)))
				vtx_tsc_refresh(vcpu);
			return 0;
		}
		preempt_enable();
		schedule_timeout_uninterruptible(1);
	}
	return -EIO;
}

/**
 * vtx_vcpu_reload() - wait for a CPU with VMX on
 * @vcpu: the vCPU, not loaded
 *
 * A slow handler, for when VMX went off under a loaded vCPU.
 *
 * Return: VTX_REPEAT, or VTX_ERROR with -EIO.
 */
enum vtx_result vtx_vcpu_reload(struct vtx_vcpu *vcpu)
{
	int err = vtx_vcpu_load(vcpu);

	if (err)
		return vtx_vcpu_error(vcpu, err);
	vtx_vcpu_put(vcpu);
	return VTX_REPEAT;
}

/**
 * vtx_vcpu_put() - end what vtx_vcpu_load() began
 * @vcpu: the vCPU
 */
void vtx_vcpu_put(struct vtx_vcpu *vcpu)
{
	vtx_vmcs_put(&vcpu->vmcs);
	preempt_enable();
}

/* Make a vCPU leave the guest, or its sleep.  Does not wait. */
static void kick(struct vtx_vcpu *vcpu)
{
	int me = get_cpu(), cpu;

	/* Whose run we have interrupted, that one has already left. */
	cpu = READ_ONCE(vcpu->cpu);
	if (cpu >= 0 && cpu != me && cpu_online(cpu))
		smp_send_reschedule(cpu);
	put_cpu();
	if (cpu < 0)
		rcuwait_wake_up(&vcpu->wait);
}

/**
 * vtx_vcpu_request() - ask something of a vCPU
 * @vcpu: the vCPU; anybody's
 * @request: what
 *
 * Any context.  Does not wait; the vCPU will have done it before it executes
 * another instruction of the guest.
 */
void vtx_vcpu_request(struct vtx_vcpu *vcpu, enum vtx_request request)
{
	set_bit(request, &vcpu->requests);
	/* The bit before vcpu->cpu is read: pairs with vmexit/run.c's begin(). */
	smp_mb__after_atomic();
	kick(vcpu);
}

/**
 * vtx_vcpu_flush_linear() - forget the guest's linear translations
 * @vcpu: the vCPU, loaded
 */
void vtx_vcpu_flush_linear(struct vtx_vcpu *vcpu)
{
	vcpu->stats.tlb_flush++;
	/* Without VPIDs every entry does it. */
	if (!vcpu->vpid)
		return;
	if (vtx_caps_have(vcpu->caps, VTX_F_INVVPID_SINGLE))
		vtx_invvpid(VTX_INV_SINGLE, vcpu->vpid);
	else
		vtx_invvpid(VTX_INV_ALL, 0);
}

/* Past the instruction that exited: ends the shadow of STI and MOV SS. */
static __always_inline void advance(struct vtx_vcpu *vcpu, unsigned int len)
{
	u64 rip = vmcs_readl(VMCS_GUEST_RIP);
	u64 next = rip + len;
	u32 blocked;

	/* Outside 64-bit mode IP has 32 bits at most. */
	if (unlikely((rip ^ next) >> 32) && !vtx_guest_64bit(vcpu))
		next = (u32)next;
	vmcs_writel(VMCS_GUEST_RIP, next);

	blocked = vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);
	if (unlikely(blocked & VTX_SHADOW))
		vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY,
			     blocked & ~VTX_SHADOW);
}

/**
 * vtx_vcpu_advance() - move RIP past the instruction that exited
 * @vcpu: the vCPU, loaded, after an exit that tells the instruction's length
 *
 * No more than that: most handlers want vtx_vcpu_skip().
 */
void vtx_vcpu_advance(struct vtx_vcpu *vcpu)
{
	advance(vcpu, vtx_exit_insn_length(&vcpu->exit));
}

/* As if the CPU had executed it: TF traps, RF is gone. */
static __always_inline enum vtx_result skip(struct vtx_vcpu *vcpu,
					    unsigned int len)
{
	u64 rflags;

	advance(vcpu, len);
	rflags = vmcs_readl(VMCS_GUEST_RFLAGS);
	if (likely(!(rflags & (X86_EFLAGS_RF | X86_EFLAGS_TF))))
		return VTX_RESUME;
	/* It holds breakpoints off for one instruction, which this was. */
	if (rflags & X86_EFLAGS_RF)
		vmcs_writel(VMCS_GUEST_RFLAGS, rflags & ~X86_EFLAGS_RF);
	if (unlikely(rflags & X86_EFLAGS_TF) && vtx_debug_skipped(vcpu))
		return VTX_USER;
	return VTX_RESUME;
}

/**
 * vtx_vcpu_skip() - the guest's instruction has been executed for it
 * @vcpu: the vCPU, loaded, after an exit that tells the instruction's length
 *
 * Return: VTX_RESUME; or VTX_USER if user space single-steps the guest.
 */
enum vtx_result vtx_vcpu_skip(struct vtx_vcpu *vcpu)
{
	/* Not to be kept, as nobody asks again. */
	return skip(vcpu, vmcs_read32(VMCS_EXIT_INSTRUCTION_LENGTH));
}

/**
 * vtx_vcpu_skip_bytes() - likewise, where the exit does not tell the length
 * @vcpu: the vCPU, loaded
 * @len: the instruction's length
 *
 * Return: as vtx_vcpu_skip().
 */
enum vtx_result vtx_vcpu_skip_bytes(struct vtx_vcpu *vcpu, unsigned int len)
{
	return skip(vcpu, len);
}

/**
 * vtx_vcpu_cpuid_changed() - follow what user space says the guest's CPU is
 * @vcpu: the vCPU, not loaded; vcpu->cpuid is new
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_vcpu_cpuid_changed(struct vtx_vcpu *vcpu)
{
	const struct vtx_cpuid *cpuid = vtx_guest_cpuid(vcpu);
	u32 secondary = 0;
	u64 cr0, cr4;
	int err;

	vtx_cr_limits_init(&vcpu->limits, cpuid, vcpu->offered,
			   vcpu->caps->cr4_fixed1);
	if (vcpu->lapic)
		vcpu->lapic->deadline_mode =
			vtx_cpuid_has(cpuid, VTX_CPUID_TSC_DEADLINE);

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	cr0 = vtx_guest_cr0(vcpu);
	cr4 = vtx_guest_cr4(vcpu);
	vcpu->cr0_owned = CR0_OWNED;
	vcpu->cr4_owned = CR4_OWNED & vcpu->limits.cr4;
	vmcs_writel(VMCS_CTRL_CR0_MASK, ~vcpu->cr0_owned);
	vmcs_writel(VMCS_CTRL_CR4_MASK, ~vcpu->cr4_owned);
	vtx_set_guest_cr0(vcpu, cr0);
	vtx_set_guest_cr4(vcpu, cr4);

	/* Without the control the instruction is #UD, as the guest expects. */
	if (vtx_cpuid_has(cpuid, VTX_CPUID_RDTSCP) ||
	    vtx_cpuid_has(cpuid, VTX_CPUID_RDPID))
		secondary |= VTX_CONTROL(RDTSCP);
	if (vtx_cpuid_has(cpuid, VTX_CPUID_INVPCID))
		secondary |= VTX_CONTROL(INVPCID);
	if (!vtx_caps_have(vcpu->caps, VTX_F_RDTSCP))
		secondary &= ~VTX_CONTROL(RDTSCP);
	if (!vtx_caps_have(vcpu->caps, VTX_F_INVPCID))
		secondary &= ~VTX_CONTROL(INVPCID);
	vmcs_set32(VMCS_CTRL_SECONDARY_PROC_BASED, secondary,
		   (VTX_CONTROL(RDTSCP) | VTX_CONTROL(INVPCID)) & ~secondary);
	vtx_vcpu_put(vcpu);

	vtx_msrs_cpuid_changed(vcpu);
	return 0;
}

/**
 * vtx_set_guest_cr0() - give the guest a CR0
 * @vcpu: the vCPU, loaded
 * @cr0: what the guest is to read: a value that vtx_cr0_write() has accepted
 *
 * The CPU's CR0 also has what VMX operation wants; VM entry leaves CD and NW as
 * the host has them (SDM 3C "Loading Guest Control Registers, Debug Registers,
 * and MSRs").
 */
void vtx_set_guest_cr0(struct vtx_vcpu *vcpu, u64 cr0)
{
	u64 fixed = vcpu->caps->cr0_fixed0 & ~(X86_CR0_PE | X86_CR0_PG);

	vmcs_writel(VMCS_GUEST_CR0, cr0 | fixed);
	vmcs_writel(VMCS_CTRL_CR0_READ_SHADOW, cr0);
}

/**
 * vtx_set_guest_cr4() - give the guest a CR4
 * @vcpu: the vCPU, loaded
 * @cr4: what the guest is to read: a value that vtx_cr4_write() has accepted
 */
void vtx_set_guest_cr4(struct vtx_vcpu *vcpu, u64 cr4)
{
	vmcs_writel(VMCS_GUEST_CR4, cr4 | vcpu->caps->cr4_fixed0);
	vmcs_writel(VMCS_CTRL_CR4_READ_SHADOW, cr4);
}

/**
 * vtx_set_guest_efer() - give the guest an EFER
 * @vcpu: the vCPU, loaded
 * @efer: a value that vtx_efer_write() has accepted, or made
 */
void vtx_set_guest_efer(struct vtx_vcpu *vcpu, u64 efer)
{
	vmcs_write64(VMCS_GUEST_IA32_EFER, efer);
	if (efer & EFER_LMA)
		vmcs_set32(VMCS_CTRL_VM_ENTRY, VTX_CONTROL(IA32E_MODE_GUEST), 0);
	else
		vmcs_set32(VMCS_CTRL_VM_ENTRY, 0, VTX_CONTROL(IA32E_MODE_GUEST));
}

/**
 * vtx_guest_segment() - a segment register of the guest
 * @which: which
 * @segment: receives it
 *
 * The vCPU is loaded.
 */
void vtx_guest_segment(enum vtx_segment which, struct vtx_vmx_segment *segment)
{
	segment->base = vtx_vmcs_read(vtx_seg_field(VMCS_GUEST_ES_BASE, which));
	segment->limit =
		vtx_vmcs_read(vtx_seg_field(VMCS_GUEST_ES_LIMIT, which));
	segment->access_rights =
		vtx_vmcs_read(vtx_seg_field(VMCS_GUEST_ES_ACCESS_RIGHTS, which));
	segment->selector =
		vtx_vmcs_read(vtx_seg_field(VMCS_GUEST_ES_SELECTOR, which));
}

/**
 * vtx_set_guest_segment() - write a segment register of the guest
 * @which: which
 * @segment: what it shall hold
 *
 * The vCPU is loaded.
 */
void vtx_set_guest_segment(enum vtx_segment which,
			   const struct vtx_vmx_segment *segment)
{
	vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_BASE, which), segment->base);
	vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_LIMIT, which),
		       segment->limit);
	vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_ACCESS_RIGHTS, which),
		       segment->access_rights);
	vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_SELECTOR, which),
		       segment->selector);
}

/**
 * vtx_cr_state() - collect what the rules for control registers look at
 * @vcpu: the vCPU, loaded
 * @state: receives it
 */
void vtx_cr_state(struct vtx_vcpu *vcpu, struct vtx_cr_state *state)
{
	*state = (struct vtx_cr_state){
		.cr0	= vtx_guest_cr0(vcpu),
		.cr3	= vmcs_readl(VMCS_GUEST_CR3),
		.cr4	= vtx_guest_cr4(vcpu),
		.efer	= vtx_guest_efer(vcpu),
		.xcr0	= vcpu->xcr0,
		.cs_l	= vmcs_read32(VMCS_GUEST_CS_ACCESS_RIGHTS) & VTX_AR_L,
	};
}

/* SDM 3A "PDPTE Registers": what must be 0 if the entry is present. */
#define PDPTE_RESERVED	(GENMASK_ULL(2, 1) | GENMASK_ULL(8, 5))

/**
 * vtx_pdptes_valid() - may these be loaded?
 * @limits: for the width of physical addresses
 * @pdpte: four of them
 *
 * Return: false if a present one has a reserved bit set.
 */
bool vtx_pdptes_valid(const struct vtx_cr_limits *limits, const u64 *pdpte)
{
	u64 reserved = PDPTE_RESERVED | ~(BIT_ULL(limits->phys_bits) - 1);
	int i;

	for (i = 0; i < 4; i++)
		if ((pdpte[i] & 1) && (pdpte[i] & reserved))
			return false;
	return true;
}

/**
 * vtx_write_pdptes() - give the guest PDPTEs
 * @pdpte: four of them, valid
 *
 * The vCPU is loaded.
 */
void vtx_write_pdptes(const u64 *pdpte)
{
	vmcs_write64(VMCS_GUEST_PDPTE0, pdpte[0]);
	vmcs_write64(VMCS_GUEST_PDPTE1, pdpte[1]);
	vmcs_write64(VMCS_GUEST_PDPTE2, pdpte[2]);
	vmcs_write64(VMCS_GUEST_PDPTE3, pdpte[3]);
}

/**
 * vtx_load_pdptes() - load the PDPTEs, as MOV to CR3 does with PAE paging
 * @vcpu: the vCPU, loaded; interrupts may be off
 * @cr3: where they are
 *
 * Return: 0; -EINVAL if one has a reserved bit set; -EFAULT if the memory is not
 * at hand, though it may be for who can sleep.
 */
int vtx_load_pdptes(struct vtx_vcpu *vcpu, u64 cr3)
{
	u64 pdpte[4];

	if (vtx_mem_read_fast(vcpu->mem, cr3 & VTX_CR3_PDPTES, pdpte,
			      sizeof(pdpte)))
		return -EFAULT;
	if (!vtx_pdptes_valid(&vcpu->limits, pdpte))
		return -EINVAL;
	vtx_write_pdptes(pdpte);
	return 0;
}
