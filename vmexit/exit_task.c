// SPDX-License-Identifier: GPL-2.0-only
/*
 * Task switches: VT-x leaves them to the hypervisor (SDM 3C "Treatment of Task
 * Switches").  Here the registers are taken from the vCPU, and given back after
 * arch-x86/task_switch.c has done the switch.
 *
 * What an event's delivery has led to is the delivery: unless the switch ends in
 * an exception, the event is over.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kvm.h>

#include <asm/debugreg.h>
#include <asm/trapnr.h>

#include "arch-x86/debug.h"
#include "arch-x86/event.h"
#include "arch-x86/task_switch.h"
#include "vmexit/exit.h"

/* SDM 3C "Exit Qualification for Task Switches" */
#define TASK_SELECTOR	GENMASK_ULL(15, 0)
#define TASK_SOURCE	GENMASK_ULL(31, 30)

#define DR7_LOCAL	0x155	/* L0 to L3 and LE */
#define DR6_TASK_SWITCH	BIT(15)

/* What follows takes and gives with the vCPU loaded. */

/* The event that the switch delivers; 0 if there is none. */
static u32 event_of(struct vtx_vcpu *vcpu, const struct vtx_task_switch *ts)
{
	u32 info = vtx_exit_idt_info(&vcpu->exit);

	return ts->source == VTX_TASK_GATE && (info & VTX_INTR_VALID) ? info :
									0;
}

/* Not what an instruction does, as INT n. */
static bool is_external(u32 event)
{
	u32 type = FIELD_GET(VTX_INTR_TYPE, event);

	return event && (type == VTX_INTR_EXTERNAL || type == VTX_INTR_NMI ||
			 type == VTX_INTR_EXCEPTION);
}

static void take_exit(struct vtx_vcpu *vcpu, struct vtx_task_switch *ts)
{
	struct vtx_exit *exit = &vcpu->exit;
	u64 qualification = vtx_exit_qualification(exit);
	u32 event;

	ts->source = FIELD_GET(TASK_SOURCE, qualification);
	ts->tss.selector = FIELD_GET(TASK_SELECTOR, qualification);
	event = event_of(vcpu, ts);
	ts->external = is_external(event);
	ts->push_error = event & VTX_INTR_HAS_ERROR;
	ts->error = ts->push_error ? vtx_exit_idt_error(exit) : 0;
}

static void take(struct vtx_vcpu *vcpu, struct vtx_task_switch *ts)
{
	struct vtx_task *task = &ts->task;
	enum vtx_segment i;
	int reg;

	take_exit(vcpu, ts);
	for (reg = 0; reg < VTX_TASK_GPRS; reg++)
		task->gpr[reg] = vtx_gpr(vcpu, reg);
	for (i = VTX_ES; i < VTX_NR_SEGMENTS; i++)
		vtx_guest_segment(i, &ts->segment[i]);
	for (i = VTX_ES; i <= VTX_LDTR; i++)
		task->selector[i] = ts->segment[i].selector;
	task->eip = vmcs_readl(VMCS_GUEST_RIP);
	/* The old task will go on behind the instruction that left it. */
	if (!ts->external)
		task->eip += vtx_exit_insn_length(&vcpu->exit);
	task->eflags = vtx_guest_rflags(vcpu);
	ts->cr0 = vtx_guest_cr0(vcpu);
	ts->gdt_gva = vmcs_readl(VMCS_GUEST_GDTR_BASE);
	ts->gdt_limit = vmcs_read32(VMCS_GUEST_GDTR_LIMIT);
	ts->phys_bits = vcpu->limits.phys_bits;
	vtx_linear_init(&ts->linear, vcpu);
	vtx_linear_load(&ts->linear, vcpu);
}

static void give_blocking(struct vtx_vcpu *vcpu,
			  const struct vtx_task_switch *ts)
{
	u32 event = event_of(vcpu, ts);
	u32 set = 0, clear = VTX_SHADOW;

	if (event && FIELD_GET(VTX_INTR_TYPE, event) == VTX_INTR_NMI)
		set = VTX_BLOCKED_BY_NMI;
	if (ts->source == VTX_TASK_IRET)
		clear |= VTX_BLOCKED_BY_NMI;
	vmcs_set32(VMCS_GUEST_INTERRUPTIBILITY, set, clear);
}

static void give_paging(struct vtx_vcpu *vcpu, const struct vtx_task_switch *ts)
{
	const struct vtx_paging *paging = &ts->linear.paging;

	vtx_set_guest_cr0(vcpu, ts->cr0);
	if (!ts->new_cr3)
		return;
	vmcs_writel(VMCS_GUEST_CR3, paging->cr3);
	if (vtx_pae_paging(paging->cr0, paging->cr4, paging->efer))
		vtx_write_pdptes(paging->pdpte);
	vtx_vcpu_flush_linear(vcpu);
}

static void give(struct vtx_vcpu *vcpu, const struct vtx_task_switch *ts)
{
	const struct vtx_task *task = &ts->task;
	u64 rflags = task->eflags;
	enum vtx_segment i;
	int reg;

	for (reg = 0; reg < VTX_TASK_GPRS; reg++)
		vtx_set_gpr(vcpu, reg, task->gpr[reg]);
	for (i = VTX_ES; i < VTX_NR_SEGMENTS; i++)
		vtx_set_guest_segment(i, &ts->segment[i]);
	give_paging(vcpu, ts);
	give_blocking(vcpu, ts);
	vmcs_writel(VMCS_GUEST_RIP, task->eip);
	if (vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP)
		rflags |= X86_EFLAGS_TF;
	vmcs_writel(VMCS_GUEST_RFLAGS, rflags);
	vcpu->dr7 &= ~(u64)DR7_LOCAL;
	vtx_debug_dr7_changed(vcpu);
}

/*
 * An exception has come in between.  The event is queued again before it: in the
 * old task, as nothing has happened yet; in the new one only if the two may make
 * a double fault.
 */
static void inject(struct vtx_vcpu *vcpu, const struct vtx_task_switch *ts)
{
	const struct vtx_task_fault *fault = &ts->fault;
	u32 event = event_of(vcpu, ts);

	if (ts->external && (!ts->entered || FIELD_GET(VTX_INTR_TYPE, event) ==
					     VTX_INTR_EXCEPTION))
		vtx_event_requeue(vcpu, event, ts->error, 0);
	if (fault->vector == X86_TRAP_PF)
		vtx_event_queue_pf(vcpu, fault->gva, fault->error);
	else
		vtx_event_queue_error(vcpu, fault->vector, fault->error);
}

/* The switch is over, or has ended with an exception. */
static enum vtx_result settle(struct vtx_vcpu *vcpu,
			      const struct vtx_task_switch *ts, int ret)
{
	if (ts->entered)
		give(vcpu, ts);
	if (ret == VTX_TASK_FAULT) {
		inject(vcpu, ts);
		return VTX_REPEAT;
	}
	if (ts->task.trap)
		vtx_event_queue_db(vcpu, DR6_TASK_SWITCH);
	else if (vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP)
		return vtx_debug_exit(vcpu, X86_TRAP_DB, DR_STEP);
	return VTX_REPEAT;
}

static enum vtx_result switch_tasks(struct vtx_vcpu *vcpu)
{
	struct vtx_task_switch ts;
	enum vtx_result result;
	int ret;

	ret = vtx_vcpu_load(vcpu);
	if (ret)
		return vtx_vcpu_error(vcpu, ret);
	take(vcpu, &ts);
	vtx_vcpu_put(vcpu);

	ret = vtx_task_switch(&ts);
	if (ret < 0)
		return vtx_vcpu_error(vcpu, ret);

	if (vtx_vcpu_load(vcpu))
		return vtx_vcpu_error(vcpu, -EIO);
	result = settle(vcpu, &ts, ret);
	vtx_vcpu_put(vcpu);
	return result;
}

/**
 * exit_task_switch() - CALL, JMP, IRET or an event leads to another task
 * @vcpu: the vCPU
 *
 * Return: VTX_SLOW.
 */
enum vtx_result exit_task_switch(struct vtx_vcpu *vcpu)
{
	return vtx_vcpu_slow(vcpu, switch_tasks);
}
