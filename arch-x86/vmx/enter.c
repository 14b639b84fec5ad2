// SPDX-License-Identifier: GPL-2.0-only
/*
 * Around entry.S: what a VM entry and a VM exit do not switch.
 *
 * VT-x loads and saves most of a CPU's state by itself.  The rest is either of
 * no use while the inner loop runs (user segments, the LDT: parked once, before
 * the first entry) or has to change hands at every entry (CR2, IA32_SPEC_CTRL,
 * general-purpose registers).
 *
 * Between the exit and the hand-off of an NMI or machine check nothing may be
 * traced or probed: such an event has happened, the CPU blocks the next one,
 * and a breakpoint's IRET would unblock it too early.  That part is noinstr.
 *
 * Interrupts are off from vtx_enter()'s start to its end, so that a kick that
 * comes before the entry makes the guest exit at once, and the host's CR3 and
 * CR4 cannot change under the VMCS that has them as host state.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bug.h>
#include <linux/context_tracking.h>
#include <linux/hw_breakpoint.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fpu/xcr.h>
#include <asm/fsgsbase.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "arch-x86/vmx/enter.h"
#include "arch-x86/vmx/entry.h"
#include "arch-x86/vmx/mitigation.h"
#include "arch-x86/vmx/trace.h"

/**
 * vtx_host_park() - remember the host state that VM exits destroy
 * @vmcs: the VMCS, loaded
 * @context: the guest's; its XCR0 is loaded if it has one
 * @host: receives the host's
 *
 * Preemption is off and stays off until vtx_host_unpark().  Nothing of this
 * matters to kernel code, so it may be done once for many entries.
 */
void vtx_host_park(struct vtx_vmcs *vmcs, struct vtx_context *context,
		   struct vtx_host *host)
{
	unsigned long fs_base;

	lockdep_assert_preemption_disabled();

	savesegment(ds, host->ds);
	savesegment(es, host->es);
	savesegment(fs, host->fs);
	savesegment(gs, host->gs);
	asm volatile("sldt %0" : "=m" (host->ldt));
	rdmsrq(MSR_IA32_DEBUGCTLMSR, host->debugctl);

	/* Exits load it: user space's, so it differs from task to task. */
	fs_base = x86_fsbase_read_cpu();
	if (fs_base != vmcs->host_fs_base) {
		vmcs_writel(VMCS_HOST_FS_BASE, fs_base);
		vmcs->host_fs_base = fs_base;
	}

	host->xcr0 = 0;
	if (context->xcr0)
		vtx_set_guest_xcr0(context, host, context->xcr0);
	context->host_ran = true;
}

/* Loading a selector that is not null loads the inactive GS base as well. */
static void load_gs_selector(u16 selector)
{
	u64 inactive_base;

	rdmsrq(MSR_KERNEL_GS_BASE, inactive_base);
	load_gs_index(selector);
	wrmsrq(MSR_KERNEL_GS_BASE, inactive_base);
}

static noinline void load_selectors(const struct vtx_host *host)
{
	if (host->ds)
		loadsegment(ds, host->ds);
	if (host->es)
		loadsegment(es, host->es);
	if (host->fs)
		loadsegment(fs, host->fs);
	if (host->gs)
		load_gs_selector(host->gs);
}

static void restore_gdt_limit(void)
{
	struct desc_ptr gdt;

	native_store_gdt(&gdt);
	gdt.size = GDT_SIZE - 1;
	native_load_gdt(&gdt);
}

/**
 * vtx_host_unpark() - put back what VM exits destroyed
 * @context: the guest's
 * @host: as vtx_host_park() filled it in, on this CPU
 *
 * MSR_KERNEL_GS_BASE stays as it is, be it the guest's or the host's.
 */
void vtx_host_unpark(struct vtx_context *context, const struct vtx_host *host)
{
	lockdep_assert_preemption_disabled();

	if (host->xcr0)
		xsetbv(XCR_XFEATURE_ENABLED_MASK, host->xcr0);

	/* Exits leave null selectors; 64-bit tasks mostly have no others. */
	if (unlikely(host->ldt))
		asm volatile("lldt %0" : : "r" (host->ldt));
	if (unlikely(host->selectors))
		load_selectors(host);

	/*
	 * Exits set the limit of the GDT to 64 KiB, and that of the TSS so low
	 * that it leaves the I/O bitmap out (SDM 3C "Loading Host Segment and
	 * Descriptor-Table Registers").
	 */
	restore_gdt_limit();
	invalidate_tss_limit();
}

/**
 * vtx_set_guest_xcr0() - give the guest another XCR0
 * @context: the guest's
 * @host: as vtx_host_park() filled it in; the CPU is between that and
 *	vtx_host_unpark()
 * @xcr0: a value that the CPU accepts, or 0 for the host's
 *
 * The host's own value is the same as 0: then nothing has to be switched.
 */
void vtx_set_guest_xcr0(struct vtx_context *context, struct vtx_host *host,
			u64 xcr0)
{
	u64 now = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	u64 hosts = host->xcr0 ?: now;
	bool same = !xcr0 || xcr0 == hosts;

	if (same)
		xcr0 = hosts;
	if (xcr0 != now)
		xsetbv(XCR_XFEATURE_ENABLED_MASK, xcr0);
	context->xcr0 = same ? 0 : xcr0;
	host->xcr0 = same ? 0 : hosts;
}

static noinline void set_host_cr3(struct vtx_vmcs *vmcs, unsigned long cr3)
{
	vmcs_writel(VMCS_HOST_CR3, cr3);
	vmcs->host_cr3 = cr3;
}

static noinline void set_host_cr4(struct vtx_vmcs *vmcs, unsigned long cr4)
{
	vmcs_writel(VMCS_HOST_CR4, cr4);
	vmcs->host_cr4 = cr4;
}

/* Both may have changed if others ran: another task, a TLB flush. */
static void refresh_host_cr(struct vtx_vmcs *vmcs)
{
	unsigned long cr3 = __read_cr3(), cr4 = __read_cr4();

	if (unlikely(cr3 != vmcs->host_cr3))
		set_host_cr3(vmcs, cr3);
	if (unlikely(cr4 != vmcs->host_cr4))
		set_host_cr4(vmcs, cr4);
}

static void load_guest_debug(const struct vtx_debug_regs *debug)
{
	set_debugreg(0, 7);
	set_debugreg(debug->db[0], 0);
	set_debugreg(debug->db[1], 1);
	set_debugreg(debug->db[2], 2);
	set_debugreg(debug->db[3], 3);
	set_debugreg(debug->dr6, 6);
}

static void save_guest_debug(struct vtx_debug_regs *debug)
{
	get_debugreg(debug->db[0], 0);
	get_debugreg(debug->db[1], 1);
	get_debugreg(debug->db[2], 2);
	get_debugreg(debug->db[3], 3);
	get_debugreg(debug->dr6, 6);
	set_debugreg(DR6_RESERVED, 6);
}

/* Exits load DR7 with 0x400 and IA32_DEBUGCTL with 0: nothing enabled. */
static void restore_host_debug(struct vtx_context *context,
			       const struct vtx_host *host)
{
	if (unlikely(context->debug_direct))
		save_guest_debug(&context->debug);
	if (unlikely(hw_breakpoint_active()))
		hw_breakpoint_restore();
	if (unlikely(host->debugctl))
		wrmsrq(MSR_IA32_DEBUGCTLMSR, host->debugctl);
}

static unsigned int switch_flags(const struct vtx_vmcs *vmcs,
				 struct vtx_context *context)
{
	unsigned int flags = vmcs->launched ? VTX_SWITCH_RESUME : 0;

	if (static_branch_unlikely(&vtx_use_verw))
		flags |= VTX_SWITCH_VERW;
	if (static_branch_unlikely(&vtx_use_spec_ctrl)) {
		context->host_spec_ctrl = this_cpu_read(x86_spec_ctrl_current);
		if (static_branch_unlikely(&vtx_use_ibrs) ||
		    context->spec_ctrl_direct ||
		    context->spec_ctrl != context->host_spec_ctrl)
			flags |= VTX_SWITCH_SPEC_CTRL;
	}
	return flags;
}

/*
 * The event has hit the CPU, which has not delivered it: do so, through the
 * host's IDT.  INT n by the kernel passes the same gates, stacks included, and
 * an NMI's handler ends with the IRET that unblocks NMIs.
 */
static __always_inline void hand_off(u32 intr_info)
{
	const u32 mask = VTX_INTR_VALID | VTX_INTR_TYPE | VTX_INTR_VECTOR;

	switch (intr_info & mask) {
	case VTX_INTR_VALID | VTX_INTR_NMI << 8 | X86_TRAP_NMI:
		asm volatile("int %0" : : "i" (X86_TRAP_NMI) : "memory");
		break;
	case VTX_INTR_VALID | VTX_INTR_EXCEPTION << 8 | X86_TRAP_MC:
		asm volatile("int %0" : : "i" (X86_TRAP_MC) : "memory");
		break;
	}
}

static noinstr enum vtx_entry enter_noinstr(struct vtx_context *context,
					    struct vtx_exit *exit,
					    unsigned int flags)
{
	enum vtx_entry entry;
	u64 value;

	context_tracking_guest_enter();
	if (native_read_cr2() != context->cr2)
		native_write_cr2(context->cr2);

	entry = vtx_switch(context, flags);

	/* At once: a page fault in an NMI's handler would overwrite it. */
	context->cr2 = native_read_cr2();
	exit->have = 0;
	if (entry == VTX_ENTRY_EXITED &&
	    !vtx_vmread(VMCS_EXIT_REASON, &value)) {
		exit->reason = value;
		if (vtx_exit_basic(exit) == VTX_EXIT_EXCEPTION_NMI &&
		    !vtx_vmread(VMCS_EXIT_INTR_INFO, &value)) {
			exit->value[VTX_EXIT_FIELD_INTR_INFO] = value;
			exit->have = BIT(VTX_EXIT_FIELD_INTR_INFO);
			hand_off(value);
		}
		if (vtx_exit_basic(exit) == VTX_EXIT_ENTRY_MACHINE_CHECK)
			asm volatile("int %0" : : "i" (X86_TRAP_MC) : "memory");
	}
	context_tracking_guest_exit();
	return entry;
}

/**
 * vtx_enter() - enter the guest, and come back with a VM exit
 * @vmcs: the guest's VMCS, loaded
 * @context: the rest of the guest's state
 * @host: as vtx_host_park() filled it in
 * @exit: receives the exit, if there was one; the rest of it is read on demand
 *
 * Interrupts are off.  NMIs and machine checks that hit the guest have been
 * handled on return; external interrupts are still pending, see
 * vtx_open_interrupt_window().
 *
 * Return: how it ended.  Only VTX_ENTRY_EXITED fills in @exit.
 */
enum vtx_entry vtx_enter(struct vtx_vmcs *vmcs, struct vtx_context *context,
			 const struct vtx_host *host, struct vtx_exit *exit)
{
	enum vtx_entry entry;
	unsigned int flags;

	lockdep_assert_irqs_disabled();

	if (unlikely(vtx_vmcs_taken_away(vmcs)))
		return VTX_ENTRY_NOT_LOADED;

	flags = switch_flags(vmcs, context);
	if (unlikely(context->debug_direct))
		load_guest_debug(&context->debug);
	if (context->host_ran) {
		context->host_ran = false;
		refresh_host_cr(vmcs);
		if (static_branch_unlikely(&vtx_use_l1d_flush))
			vtx_flush_l1d();
		/*
		 * Being here is a quiescent state.  Once per interrupt is often
		 * enough: with the tick comes the question.
		 */
		rcu_virt_note_context_switch();
	}

	exit->reason = 0;
	entry = enter_noinstr(context, exit, flags);

	restore_host_debug(context, host);
	if (likely(entry == VTX_ENTRY_EXITED)) {
		if (likely(!(exit->reason & VTX_EXIT_ENTRY_FAILED)))
			vmcs->launched = true;
	} else {
		context->host_rsp = 0;
	}
	return entry;
}
