// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakpoints and single steps, the guest's own and user space's.
 *
 * Three states of the debug registers while the inner loop runs:
 *
 *   idle     no breakpoint is enabled.  The CPU's registers are the host's; the
 *            first MOV DR of the guest exits and leads to the next state
 *   given    the guest has the CPU's registers to itself and MOV DR does not
 *            exit: from that first MOV DR to the end of the inner loop, and
 *            always while a breakpoint of the guest's is enabled
 *   taken    user space has set hardware breakpoints (KVM_GUESTDBG_USE_HW_BP):
 *            the CPU's registers have these, and MOV DR is emulated
 *
 * Outside of the inner loop the guest's registers are in context.debug and
 * vcpu->dr7.  In it, when given, DR7 is in the VMCS; when taken, the guest's DR0
 * to DR3 and user space's have changed places.
 *
 * #DB always exits, and is queued again for the guest if it is not user space's:
 * a guest could otherwise keep the CPU in an endless delivery of #DB, which no
 * interrupt ends.  For the same reason #AC exits.  An exit leaves DR6 as it was,
 * what is new comes with the exit.
 *
 * Single steps of user space's are RFLAGS.TF, which user space does not see.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/debugreg.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "arch-x86/debug.h"
#include "arch-x86/event.h"
#include "arch-x86/vcpu.h"

/* The shortest instruction that raises #BP: INT3. */
#define INT3_LENGTH	1

static u64 linear_rip(const struct vtx_vcpu *vcpu)
{
	u64 rip = vmcs_readl(VMCS_GUEST_RIP);

	if (vtx_guest_64bit(vcpu))
		return rip;
	return lower_32_bits(vmcs_readl(VMCS_GUEST_CS_BASE) + rip);
}

/**
 * vtx_debug_reset() - the debug registers after power-up
 * @vcpu: the vCPU, loaded, not in the inner loop
 */
void vtx_debug_reset(struct vtx_vcpu *vcpu)
{
	vcpu->context.debug = (struct vtx_debug_regs){ .dr6 = VTX_DR6_FIXED };
	vcpu->dr7 = VTX_DR7_FIXED;
	vtx_debug_dr7_changed(vcpu);
}

/**
 * vtx_update_exception_bitmap() - say which exceptions exit
 * @vcpu: the vCPU, loaded
 */
void vtx_update_exception_bitmap(struct vtx_vcpu *vcpu)
{
	/* #UD because of VMMCALL, which is a hypercall of other CPUs. */
	u32 bitmap = BIT(X86_TRAP_MC) | BIT(X86_TRAP_DB) | BIT(X86_TRAP_AC) |
		     BIT(X86_TRAP_UD);

	if (vcpu->debug.control & KVM_GUESTDBG_USE_SW_BP)
		bitmap |= BIT(X86_TRAP_BP);
	vmcs_write32(VMCS_CTRL_EXCEPTION_BITMAP, bitmap);
}

/* The guest's DR0 to DR3 for user space's, or back. */
static void swap_breakpoints(struct vtx_vcpu *vcpu)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(vcpu->debug.db); i++)
		swap(vcpu->debug.db[i], vcpu->context.debug.db[i]);
}

/**
 * vtx_debug_give() - let the guest have the CPU's debug registers
 * @vcpu: the vCPU, in the inner loop, without KVM_GUESTDBG_USE_HW_BP
 *
 * Until vtx_debug_leave().
 */
void vtx_debug_give(struct vtx_vcpu *vcpu)
{
	vcpu->context.debug_direct = true;
	vmcs_set32(VMCS_CTRL_PROC_BASED, 0, VTX_CONTROL(MOV_DR_EXITING));
}

/*
 * User space's step begins here, shadow or not: the trap that VM entry wants to
 * see pending in a shadow is not the guest's.
 */
static void end_shadow(void)
{
	u32 blocked = vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);
	u64 pending;

	if (!(blocked & VTX_SHADOW))
		return;
	vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY, blocked & ~VTX_SHADOW);
	pending = vmcs_readl(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS);
	vmcs_writel(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS,
		    pending & ~(u64)DR_STEP);
}

/**
 * vtx_debug_load() - vtx_debug_enter(), if there is something to do
 * @vcpu: the vCPU, loaded
 */
void vtx_debug_load(struct vtx_vcpu *vcpu)
{
	if (vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP)
		end_shadow();
	if (vcpu->debug.control & KVM_GUESTDBG_USE_HW_BP) {
		swap_breakpoints(vcpu);
		vcpu->context.debug_direct = true;
	} else if (vcpu->dr7 & VTX_DR7_ENABLED) {
		vtx_debug_give(vcpu);
	}
}

/**
 * vtx_debug_unload() - vtx_debug_leave(), if there is something to do
 * @vcpu: the vCPU, loaded
 */
void vtx_debug_unload(struct vtx_vcpu *vcpu)
{
	vcpu->context.debug_direct = false;
	if (vcpu->debug.control & KVM_GUESTDBG_USE_HW_BP) {
		swap_breakpoints(vcpu);
		return;
	}
	vcpu->dr7 = vmcs_readl(VMCS_GUEST_DR7);
	vmcs_set32(VMCS_CTRL_PROC_BASED, VTX_CONTROL(MOV_DR_EXITING), 0);
}

/**
 * vtx_debug_dr7_changed() - make DR7 effective
 * @vcpu: the vCPU, loaded, not in the inner loop; vcpu->dr7 or vcpu->debug has
 *	been changed
 */
void vtx_debug_dr7_changed(struct vtx_vcpu *vcpu)
{
	vmcs_set32(VMCS_CTRL_PROC_BASED, VTX_CONTROL(MOV_DR_EXITING), 0);
	vmcs_writel(VMCS_GUEST_DR7,
		    vcpu->debug.control & KVM_GUESTDBG_USE_HW_BP ?
		    vcpu->debug.dr7 : vcpu->dr7);
}

/**
 * vtx_debug_delivered() - a #DB is delivered to the guest
 * @vcpu: the vCPU, loaded
 *
 * SDM 3B "Debug Control Register (DR7)": the handler has free access.
 */
void vtx_debug_delivered(struct vtx_vcpu *vcpu)
{
	vcpu->dr7 &= ~(u64)VTX_DR7_GD;
	if (!(vcpu->debug.control & KVM_GUESTDBG_USE_HW_BP))
		vmcs_writel(VMCS_GUEST_DR7, vmcs_readl(VMCS_GUEST_DR7) &
					    ~(u64)VTX_DR7_GD);
}

static bool single_steps(u64 rflags)
{
	return (rflags & X86_EFLAGS_TF) &&
	       !(vmcs_read64(VMCS_GUEST_IA32_DEBUGCTL) & DEBUGCTLMSR_BTF);
}

/**
 * vtx_debug_fix_pending() - let a single step be pending exactly if it is
 * @vcpu: the vCPU, loaded; RFLAGS.TF or the interrupt shadow has been written
 *
 * In a shadow a CPU has its single-step trap still to come, and VM entry
 * insists (SDM 3C "Checks on Guest Non-Register State").
 */
void vtx_debug_fix_pending(struct vtx_vcpu *vcpu)
{
	u64 pending, rflags = vmcs_readl(VMCS_GUEST_RFLAGS);

	if (!(vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY) & VTX_SHADOW))
		return;
	pending = vmcs_readl(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS);
	pending &= ~(u64)DR_STEP;
	if (single_steps(rflags))
		pending |= DR_STEP;
	vmcs_writel(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS, pending);
}

/**
 * vtx_debug_exit() - to user space with KVM_EXIT_DEBUG
 * @vcpu: the vCPU, loaded
 * @vector: X86_TRAP_DB or X86_TRAP_BP
 * @dr6: for X86_TRAP_DB: what has happened, as for vtx_dr6_of_event()
 *
 * Return: VTX_USER.
 */
enum vtx_result vtx_debug_exit(struct vtx_vcpu *vcpu, u8 vector, u64 dr6)
{
	vcpu->run->exit_reason = KVM_EXIT_DEBUG;
	vcpu->run->debug.arch = (struct kvm_debug_exit_arch){
		.exception	= vector,
		.pc		= linear_rip(vcpu),
		.dr6		= vtx_dr6_of_event(dr6),
		.dr7		= vmcs_readl(VMCS_GUEST_DR7),
	};
	return VTX_USER;
}

/* Give it to the guest: the exit has kept the CPU from delivering it. */
static enum vtx_result queue_again(struct vtx_vcpu *vcpu, u64 event)
{
	u32 info = vtx_exit_intr_info(&vcpu->exit);

	/*
	 * INT1 exits as the instruction it is, and returns behind itself.  It
	 * is no single step even with TF.
	 */
	if (FIELD_GET(VTX_INTR_TYPE, info) == VTX_INTR_PRIV_EXCEPTION)
		vtx_vcpu_advance(vcpu);
	else
		vtx_debug_fix_pending(vcpu);
	vtx_event_queue_db(vcpu, event);
	return VTX_REPEAT;
}

/**
 * vtx_debug_exception() - an exit because of #DB or #BP
 * @vcpu: the vCPU, in the inner loop
 * @vector: X86_TRAP_DB or X86_TRAP_BP
 *
 * Return: VTX_USER with KVM_EXIT_DEBUG if it is user space's, else VTX_REPEAT
 * with the exception queued.
 */
enum vtx_result vtx_debug_exception(struct vtx_vcpu *vcpu, u8 vector)
{
	const u32 hardware = KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_HW_BP;
	u64 event;

	if (vector == X86_TRAP_BP) {
		/* If user space injects it, it takes the same instruction. */
		vcpu->event.insn_length = vtx_exit_insn_length(&vcpu->exit);
		return vtx_debug_exit(vcpu, vector, 0);
	}
	event = vtx_exit_qualification(&vcpu->exit);
	if (vcpu->debug.control & hardware)
		return vtx_debug_exit(vcpu, vector, event);
	return queue_again(vcpu, event);
}

/**
 * vtx_debug_skipped() - an instruction was executed for the guest, with TF set
 * @vcpu: the vCPU, loaded; RIP is behind the instruction
 *
 * Return: true, with KVM_EXIT_DEBUG in the run page, if user space wants it;
 * else false, with #DB queued for the guest.
 */
bool vtx_debug_skipped(struct vtx_vcpu *vcpu)
{
	/* What the shadow of MOV SS has held up comes with this trap. */
	u64 event = vmcs_readl(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS) | DR_STEP;

	if (!single_steps(X86_EFLAGS_TF))
		return false;
	vmcs_writel(VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS, 0);
	if (vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP) {
		vtx_debug_exit(vcpu, X86_TRAP_DB, event);
		return true;
	}
	vtx_event_queue_db(vcpu, event);
	return false;
}

static enum vtx_result exit_of_step(struct vtx_vcpu *vcpu)
{
	return vtx_debug_exit(vcpu, X86_TRAP_DB, DR_STEP);
}

static enum vtx_result report_step(struct vtx_vcpu *vcpu)
{
	return vtx_vcpu_when_loaded(vcpu, exit_of_step);
}

/**
 * vtx_debug_skip_to_user() - skip an instruction that user space hears of
 * @vcpu: the vCPU, loaded
 *
 * For an instruction that ends in an exit to user space of its own, with RIP
 * behind it: if user space single-steps, it hears of the step at its next
 * KVM_RUN.
 */
void vtx_debug_skip_to_user(struct vtx_vcpu *vcpu)
{
	if (vtx_vcpu_skip(vcpu) == VTX_USER)
		vcpu->complete = report_step;
}

/**
 * vtx_guest_rflags() - RFLAGS as user space sees them
 * @vcpu: the vCPU, loaded
 *
 * Return: RFLAGS, without the TF of user space's single-stepping.
 */
u64 vtx_guest_rflags(const struct vtx_vcpu *vcpu)
{
	u64 rflags = vmcs_readl(VMCS_GUEST_RFLAGS);

	if (vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP)
		rflags &= ~(u64)X86_EFLAGS_TF;
	return rflags;
}

/**
 * vtx_set_guest_rflags() - write RFLAGS for user space
 * @vcpu: the vCPU, loaded; RIP and CS have been written before
 * @rflags: RFLAGS; user space's TF is added where it asked for a step
 */
void vtx_set_guest_rflags(struct vtx_vcpu *vcpu, u64 rflags)
{
	if ((vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP) &&
	    linear_rip(vcpu) == vcpu->debug.step_rip)
		rflags |= X86_EFLAGS_TF;
	vmcs_writel(VMCS_GUEST_RFLAGS, rflags);
	vtx_debug_fix_pending(vcpu);
}

static void inject(struct vtx_vcpu *vcpu, u32 control)
{
	if (control & KVM_GUESTDBG_INJECT_DB) {
		/* DR6 is as user space has set it. */
		vtx_event_queue(vcpu, X86_TRAP_DB);
	} else if (control & KVM_GUESTDBG_INJECT_BP) {
		vtx_event_queue(vcpu, X86_TRAP_BP);
		vcpu->event.exception.soft = true;
		if (!vcpu->event.insn_length)
			vcpu->event.insn_length = INT3_LENGTH;
	}
}

static void take_control(struct vtx_vcpu *vcpu,
			 const struct kvm_guest_debug *debug)
{
	/* Before it becomes what user space is shown. */
	u64 rflags = vtx_guest_rflags(vcpu);
	u32 control = debug->control & KVM_GUESTDBG_ENABLE ? debug->control : 0;

	vcpu->debug.control = control;
	if (control & KVM_GUESTDBG_USE_HW_BP) {
		memcpy(vcpu->debug.db, debug->arch.debugreg,
		       sizeof(vcpu->debug.db));
		vcpu->debug.dr7 = vtx_dr7_value(debug->arch.debugreg[7]);
	}
	if (control & KVM_GUESTDBG_SINGLESTEP)
		vcpu->debug.step_rip = linear_rip(vcpu);
	vtx_set_guest_rflags(vcpu, rflags);
	vtx_debug_dr7_changed(vcpu);
	vtx_update_exception_bitmap(vcpu);
}

/**
 * vtx_set_guest_debug() - KVM_SET_GUEST_DEBUG
 * @vcpu: the vCPU; its lock is held
 * @debug: from user space
 *
 * Return: 0; -EINVAL for a flag that vtx does not know, or a DR7 with bits 63:32
 * set; -EBUSY if an exception is to be injected and another is on its way; -EIO
 * if there is no VMX any more.
 */
int vtx_set_guest_debug(struct vtx_vcpu *vcpu,
			const struct kvm_guest_debug *debug)
{
	const u32 injects = KVM_GUESTDBG_INJECT_DB | KVM_GUESTDBG_INJECT_BP;
	const struct vtx_exception *exception = &vcpu->event.exception;
	int err;

	if ((debug->control & ~VTX_DEBUG_CONTROLS) ||
	    ((debug->control & KVM_GUESTDBG_USE_HW_BP) &&
	     upper_32_bits(debug->arch.debugreg[7])))
		return -EINVAL;
	if ((debug->control & injects) &&
	    (exception->pending || exception->injected))
		return -EBUSY;

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	inject(vcpu, debug->control);
	take_control(vcpu, debug);
	vtx_vcpu_put(vcpu);
	return 0;
}
