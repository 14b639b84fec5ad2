// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns VMX on and off on one CPU, and never leaves it half way.
 *
 * Each CPU has a VMXON region and a state, touched only by that CPU:
 *
 *      vtx_percpu_on()                     vtx_percpu_off()
 *   OFF -----------> TURNING ---------> ON ---------------> OFF
 *    ^                  | VMXON failed
 *    +------------------+
 *
 * Both run with interrupts off, so that on one CPU they exclude each other and
 * the IPI that forbids VMX for good before a reboot.  An NMI does come through:
 * in a crash, vtx_percpu_emergency_off() runs inside one.  TURNING tells it that
 * CR4.VMXE is ours and that the CPU may or may not be in VMX operation; it tries
 * VMXOFF and survives the #UD if it was not.
 *
 * CR4.VMXE is the kernel's only record of who uses VMX.  Found set on a CPU
 * that is OFF it belongs to another hypervisor, and we keep our hands off.
 *
 * Who serializes first and last use among CPUs is module/virt.c's business.
 */
#include "module/compat.h"

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/error-injection.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/smp.h>

#include <asm/io.h>
#include <asm/perf_event.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>

#include "arch-x86/vmx/caps.h"
#include "arch-x86/vmx/insn.h"
#include "arch-x86/vmx/mitigation.h"
#include "arch-x86/vmx/percpu.h"
#include "arch-x86/vmx/support.h"
#include "arch-x86/vmx/trace.h"
#include "arch-x86/vmx/vmcs.h"

enum vtx_cpu_state { VTX_CPU_OFF, VTX_CPU_TURNING, VTX_CPU_ON };

/**
 * struct vtx_cpu - VMX on one CPU
 * @state: (c) see the top of this file
 * @region: (u) the VMXON region, the CPU's own while @state is ON
 *
 * (c) only the CPU itself, interrupts off, or in an NMI
 * (u) constant while vtx has a user, see vtx_percpu_alloc()
 */
struct vtx_cpu {
	enum vtx_cpu_state	state;
	u32			*region;
};

static DEFINE_PER_CPU(struct vtx_cpu, vtx_cpu);

/* Constant after vtx_percpu_init(). */
static struct vtx_caps vtx_first_caps;
static DECLARE_BITMAP(vtx_without, VTX_NR_FEATURES);

/*
 * Set once, before the machine goes down, and never cleared.  Written before
 * the IPI that turns VMX off everywhere, read with interrupts off: a CPU either
 * sees it, or takes that IPI after it has turned VMX on.
 */
static bool vtx_forbidden;

/* Hold this CPU against the first one.  @caps is its configuration. */
static int check_this_cpu(struct vtx_caps *caps, const struct vtx_caps *first)
{
	struct vtx_cpu_facts facts;
	char why[VTX_WHY_SIZE];
	int err;

	vtx_cpu_facts_read(&facts);
	err = vtx_cpu_supported(&facts, vtx_without, caps, why, sizeof(why));
	if (!err && first && !vtx_caps_same(first, caps, why, sizeof(why)))
		err = -EIO;
	if (err)
		pr_err_ratelimited("CPU %d refused: %s\n", smp_processor_id(),
				   why);
	return err;
}

static void check_cpu_ipi(void *arg)
{
	struct vtx_caps caps;
	int *first_err = arg;
	int err;

	err = check_this_cpu(&caps, &vtx_first_caps);
	if (err)
		cmpxchg(first_err, 0, err);
}

/**
 * vtx_percpu_init() - look at every CPU that is online
 * @without: optional features to do without, a bitmap of enum vtx_feature
 *
 * Called once, at load; may sleep.  What stands in the way is logged.
 *
 * Return: 0; -ENODEV, -EACCES or -EOPNOTSUPP as vtx_cpu_supported() says; -EIO
 * if a CPU differs from the first.
 */
int vtx_percpu_init(const unsigned long *without)
{
	int err;

	bitmap_copy(vtx_without, without, VTX_NR_FEATURES);

	preempt_disable();
	err = check_this_cpu(&vtx_first_caps, NULL);
	preempt_enable();
	if (err)
		return err;

	on_each_cpu(check_cpu_ipi, &err, 1);
	if (!err)
		vtx_mitigation_init();
	return err;
}

/**
 * vtx_percpu_caps() - what vtx uses of VMX, the same on every CPU
 *
 * Return: the first CPU's configuration; constant after vtx_percpu_init().
 */
const struct vtx_caps *vtx_percpu_caps(void)
{
	return &vtx_first_caps;
}

/**
 * vtx_percpu_free() - give back what vtx_percpu_alloc() took
 *
 * VMX must be off on every CPU, and stay so.  May sleep.
 */
void vtx_percpu_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct vtx_cpu *this = per_cpu_ptr(&vtx_cpu, cpu);

		free_page((unsigned long)this->region);
		this->region = NULL;
	}
}

/**
 * vtx_percpu_alloc() - prepare a VMXON region for every CPU there may be
 *
 * For those that are offline too, so that a CPU that comes online cannot be
 * refused for want of memory.  May sleep.
 *
 * Return: 0, or -ENOMEM with nothing taken.
 */
int vtx_percpu_alloc(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct page *page = alloc_pages_node(cpu_to_node(cpu),
						     GFP_KERNEL | __GFP_ZERO, 0);

		if (!page) {
			vtx_percpu_free();
			return -ENOMEM;
		}
		per_cpu(vtx_cpu, cpu).region = page_address(page);
		*per_cpu(vtx_cpu, cpu).region = vtx_first_caps.revision;
	}
	return 0;
}

/* Bits that VMX operation wants in a control register: SDM 3C "Restrictions
 * on VMX Operation".
 */
static bool cr_fits(unsigned long cr, u64 fixed0, u64 fixed1)
{
	return (cr & fixed0) == fixed0 && !(cr & ~fixed1);
}

static int enter_vmx_operation(struct vtx_cpu *this)
{
	const struct vtx_caps *caps = &vtx_first_caps;
	int err;

	if (!cr_fits(read_cr0(), caps->cr0_fixed0, caps->cr0_fixed1) ||
	    !cr_fits(__read_cr4(), caps->cr4_fixed0, caps->cr4_fixed1))
		return -EIO;

	err = vtx_vmxon(virt_to_phys(this->region));
	if (err)
		return err;

	/*
	 * Neither VMXON nor VMXOFF drops translations that an earlier user of
	 * VMX left behind (SDM 3C "Operations that Need Not Invalidate...").
	 */
	err = vtx_invept(VTX_INV_ALL, 0);
	if (!err && vtx_caps_have(caps, VTX_F_INVVPID_ALL))
		err = vtx_invvpid(VTX_INV_ALL, 0);
	if (err)
		vtx_vmxoff();
	return err;
}

/**
 * vtx_percpu_on() - turn VMX on, on this CPU
 *
 * Interrupts are off.  The CPU is held against the first one before anything
 * changes; what stands in the way is logged.  Already on: nothing happens.
 *
 * Return: 0; -EBUSY if somebody else has VMX on this CPU; -ESHUTDOWN after
 * vtx_percpu_forbid(); -EIO if the CPU differs from the first or does not do as
 * it says; or as vtx_cpu_supported() says.
 */
int vtx_percpu_on(void)
{
	struct vtx_cpu *this = this_cpu_ptr(&vtx_cpu);
	struct vtx_caps caps;
	int err;

	lockdep_assert_irqs_disabled();

	if (this->state == VTX_CPU_ON)
		return 0;
	if (READ_ONCE(vtx_forbidden))
		return -ESHUTDOWN;
	if (__read_cr4() & X86_CR4_VMXE)
		return -EBUSY;
	err = check_this_cpu(&caps, &vtx_first_caps);
	if (err)
		return err;

	/* VMXON faults while Processor Trace runs, on CPUs that cannot do both. */
	intel_pt_handle_vmx(1);
	vtx_vmcs_cpu_begin();
	WRITE_ONCE(this->state, VTX_CPU_TURNING);
	barrier();
	cr4_set_bits(X86_CR4_VMXE);
	err = enter_vmx_operation(this);
	if (err) {
		pr_err_ratelimited("CPU %d refused: VMXON failed, %pe\n",
				   smp_processor_id(), ERR_PTR(err));
		cr4_clear_bits(X86_CR4_VMXE);
		intel_pt_handle_vmx(0);
		err = -EIO;
	}
	barrier();
	WRITE_ONCE(this->state, err ? VTX_CPU_OFF : VTX_CPU_ON);
	trace_vtx_vmx_on(smp_processor_id(), err);
	return err;
}
ALLOW_ERROR_INJECTION(vtx_percpu_on, ERRNO);

/**
 * vtx_percpu_off() - turn VMX off, on this CPU
 *
 * Interrupts are off.  Already off: nothing happens.
 */
void vtx_percpu_off(void)
{
	struct vtx_cpu *this = this_cpu_ptr(&vtx_cpu);

	lockdep_assert_irqs_disabled();

	if (this->state != VTX_CPU_ON)
		return;

	vtx_vmcs_cpu_end();
	WARN_ONCE(vtx_vmxoff(), "VMXOFF failed on CPU %d\n",
		  smp_processor_id());
	cr4_clear_bits(X86_CR4_VMXE);
	barrier();
	WRITE_ONCE(this->state, VTX_CPU_OFF);
	intel_pt_handle_vmx(0);
	trace_vtx_vmx_off(smp_processor_id());
}

/**
 * vtx_percpu_is_on() - is VMX on, by us, on this CPU?
 *
 * The caller keeps the task on this CPU.
 *
 * Return: true if it is.
 */
bool vtx_percpu_is_on(void)
{
	return this_cpu_read(vtx_cpu.state) == VTX_CPU_ON;
}

/**
 * vtx_percpu_forbid() - let no CPU turn VMX on again
 *
 * For the last moments before a reboot.  VMX stays on where it is on; the caller
 * turns it off with an IPI to every CPU afterwards, which pairs with the look at
 * vtx_forbidden in vtx_percpu_on().
 */
void vtx_percpu_forbid(void)
{
	WRITE_ONCE(vtx_forbidden, true);
}

/**
 * vtx_percpu_emergency_off() - leave VMX operation, whatever this CPU was doing
 *
 * Called by the kernel on every CPU of a crashing machine, mostly in an NMI.
 * INIT is blocked in VMX operation and CR4.VMXE cannot be cleared, so that a
 * crash kernel could not start (SDM 3C "Restrictions on VMX Operation").
 */
void vtx_percpu_emergency_off(void)
{
	struct vtx_cpu *this = this_cpu_ptr(&vtx_cpu);

	if (READ_ONCE(this->state) == VTX_CPU_OFF)
		return;

	/* Fail if the NMI came before VMXON: then there is nothing to leave. */
	vtx_vmcs_cpu_emergency_end();
	vtx_vmxoff();
	cr4_clear_bits(X86_CR4_VMXE);
	WRITE_ONCE(this->state, VTX_CPU_OFF);
}
