// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a VMCS is, and how it gets from one CPU to another.
 *
 * A CPU keeps parts of a VMCS in itself from VMPTRLD to VMCLEAR, also while
 * another one is current.  So each CPU has a list of the VMCSs it may hold:
 *
 *   load   on the CPU that holds it: VMPTRLD at most
 *          never loaded, or cleared: VMCLEAR, then VMPTRLD
 *          held by another CPU: VMCLEAR there, by IPI; then as above
 *   free   VMCLEAR wherever it is
 *   VMX off on a CPU: VMCLEAR all that it holds, so that their owners can
 *          continue on another CPU
 *
 * A list is changed by its own CPU only, with interrupts off.  An NMI of a
 * crashing kernel comes through nevertheless and walks the list forwards, which
 * at any point of list_add() and list_del() finds every element before and
 * behind the one in question.
 *
 * What does not happen here: exclusion between two users of one VMCS.  It has
 * one owner, who has preemption off from load to put.
 */
#include "module/compat.h"

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/smp.h>

#include <asm/io.h>

#include "arch-x86/vmx/mitigation.h"
#include "arch-x86/vmx/names.h"
#include "arch-x86/vmx/percpu.h"
#include "arch-x86/vmx/trace.h"
#include "arch-x86/vmx/vmcs.h"

/**
 * struct vtx_vmcs_cpu - the VMCSs of one CPU
 * @held: those it may hold parts of
 *
 * Touched by the CPU itself with interrupts off, or in a crash's NMI.
 */
struct vtx_vmcs_cpu {
	struct list_head	held;
};

static DEFINE_PER_CPU(struct vtx_vmcs_cpu, vmcs_cpu);

/* The current one, as far as we know; NULL if in doubt.  Likewise. */
DEFINE_PER_CPU(struct vtx_vmcs *, vtx_vmcs_current);

static atomic_long_t vmcs_failures;

/**
 * vtx_vmcs_alloc() - make a VMCS
 * @vmcs: to be filled in
 * @revision: the CPUs' VMCS revision identifier
 * @numa_node: where to put it, or NUMA_NO_NODE
 *
 * May sleep.  The new VMCS is on no CPU, and its fields are undefined.
 *
 * Return: 0 or -ENOMEM.
 */
int vtx_vmcs_alloc(struct vtx_vmcs *vmcs, u32 revision, int numa_node)
{
	struct page *page;

	page = alloc_pages_node(numa_node, GFP_KERNEL_ACCOUNT | __GFP_ZERO, 0);
	if (!page)
		return -ENOMEM;
	*vmcs = (struct vtx_vmcs){
		.region		= page_address(page),
		.hpa		= page_to_phys(page),
		.cpu		= -1,
		.host_cpu	= -1,
	};
	*vmcs->region = revision;
	INIT_LIST_HEAD(&vmcs->node);
	return 0;
}

/* Take it off this CPU.  Interrupts are off. */
static void clear_here(struct vtx_vmcs *vmcs)
{
	int err;

	lockdep_assert_irqs_disabled();

	err = vtx_vmclear(vmcs->hpa);
	if (err)
		vtx_vmcs_write_failed(0, vmcs->hpa, err);
	if (vtx_vmcs_is_current(vmcs))
		this_cpu_write(vtx_vmcs_current, NULL);
	list_del_init(&vmcs->node);
	vmcs->launched = false;
	/* Only now may its owner go on: pairs with vtx_vmcs_clear(). */
	smp_store_release(&vmcs->cpu, -1);
}

static void clear_ipi(void *arg)
{
	struct vtx_vmcs *vmcs = arg;

	/* VMX may have gone off here since the question was asked. */
	if (vmcs->cpu == smp_processor_id())
		clear_here(vmcs);
}

/**
 * vtx_vmcs_clear() - take a VMCS off the CPU that holds it, if one does
 * @vmcs: the VMCS; nobody is inside it
 *
 * Interrupts are on: the CPU in question may be another one.  Does not sleep.
 */
void vtx_vmcs_clear(struct vtx_vmcs *vmcs)
{
	int cpu;

	/*
	 * A CPU that goes offline clears what it holds before it stops taking
	 * IPIs, so that this ends.  Pairs with clear_here().
	 */
	while ((cpu = smp_load_acquire(&vmcs->cpu)) >= 0)
		smp_call_function_single(cpu, clear_ipi, vmcs, 1);
}

/**
 * vtx_vmcs_free() - take a VMCS off its CPU and give its memory back
 * @vmcs: as vtx_vmcs_alloc() made it; all zeroes do no harm
 *
 * Interrupts are on.
 */
void vtx_vmcs_free(struct vtx_vmcs *vmcs)
{
	if (!vmcs->region)
		return;
	vtx_vmcs_clear(vmcs);
	free_page((unsigned long)vmcs->region);
	vmcs->region = NULL;
}

static int load_here(struct vtx_vmcs *vmcs)
{
	struct vtx_vmcs_cpu *this = this_cpu_ptr(&vmcs_cpu);
	int err;

	if (!vtx_percpu_is_on())
		return -ESHUTDOWN;

	if (vmcs->cpu < 0) {
		err = vtx_vmclear(vmcs->hpa);
		if (err)
			return err;
		list_add(&vmcs->node, &this->held);
		WRITE_ONCE(vmcs->cpu, smp_processor_id());
	}
	this_cpu_write(vtx_vmcs_current, NULL);
	err = vtx_vmptrld(vmcs->hpa);
	if (!err)
		this_cpu_write(vtx_vmcs_current, vmcs);
	return err;
}

/**
 * vtx_vmcs_load_slow() - vtx_vmcs_load() of one that is not current
 * @vmcs: the VMCS; it may be elsewhere, and another one here
 *
 * Return: as vtx_vmcs_load().
 */
int vtx_vmcs_load_slow(struct vtx_vmcs *vmcs)
{
	unsigned long flags;
	int err;

	if (READ_ONCE(vmcs->cpu) != smp_processor_id())
		vtx_vmcs_clear(vmcs);

	local_irq_save(flags);
	err = load_here(vmcs);
	local_irq_restore(flags);
	trace_vtx_vmcs_load(vmcs->hpa, smp_processor_id(), err);

	if (err)
		return err;
	/* Another guest ran here before: what it taught the predictors goes. */
	vtx_mitigate_guest_switch();
	if (vmcs->host_cpu >= 0 && vmcs->host_cpu != smp_processor_id())
		vtx_vmcs_init_host_cpu(vmcs);
	return 0;
}

/**
 * vtx_vmcs_cpu_begin() - VMX is about to come on, on this CPU
 *
 * Interrupts are off.
 */
void vtx_vmcs_cpu_begin(void)
{
	struct vtx_vmcs_cpu *this = this_cpu_ptr(&vmcs_cpu);

	this_cpu_write(vtx_vmcs_current, NULL);
	INIT_LIST_HEAD(&this->held);
}

/**
 * vtx_vmcs_cpu_end() - VMX is about to go off, on this CPU
 *
 * Interrupts are off.  VMXOFF does not write back what the CPU holds.
 */
void vtx_vmcs_cpu_end(void)
{
	struct vtx_vmcs_cpu *this = this_cpu_ptr(&vmcs_cpu);
	struct vtx_vmcs *vmcs, *next;

	list_for_each_entry_safe(vmcs, next, &this->held, node)
		clear_here(vmcs);
}

/**
 * vtx_vmcs_cpu_emergency_end() - the same, in an NMI of a crashing kernel
 *
 * A memory dump then has the VMCSs as they were.  Changes nothing but the CPU:
 * the kernel under the NMI may be anywhere in this file.
 */
void vtx_vmcs_cpu_emergency_end(void)
{
	struct vtx_vmcs_cpu *this = this_cpu_ptr(&vmcs_cpu);
	struct vtx_vmcs *vmcs;

	if (!this->held.next)
		return;
	list_for_each_entry(vmcs, &this->held, node)
		vtx_vmclear(vmcs->hpa);
}

/* VMX may go off by IPI between load and put: then nothing is worth a line. */
static void report(const char *what, enum vtx_vmcs_field field, u64 value,
		   int err)
{
	atomic_long_inc(&vmcs_failures);
	if (!vtx_percpu_is_on())
		return;
	pr_err_ratelimited("%s %s (%#x) refused, value %#llx: %s\n", what,
			   vtx_vmcs_field_name(field), field, value,
			   err == -EFAULT ? "fault" : "VMfail");
}

/**
 * vtx_vmcs_read_failed() - the CPU refused a VMREAD
 * @field: the field
 * @err: as vtx_vmread() said
 *
 * Return: 0, which the reader gets.
 */
u64 vtx_vmcs_read_failed(enum vtx_vmcs_field field, int err)
{
	report("VMREAD of", field, 0, err);
	return 0;
}

/**
 * vtx_vmcs_write_failed() - the CPU refused a VMWRITE
 * @field: the field
 * @value: what was to be written
 * @err: as vtx_vmwrite() said
 */
void vtx_vmcs_write_failed(enum vtx_vmcs_field field, u64 value, int err)
{
	report("VMWRITE of", field, value, err);
}

/**
 * vtx_vmcs_failures() - how many accesses the CPUs have refused since load
 *
 * Return: the number.
 */
unsigned long vtx_vmcs_failures(void)
{
	return atomic_long_read(&vmcs_failures);
}
