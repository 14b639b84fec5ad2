// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM-entry checker: the frame around the rules.
 *
 *   check_controls.c	SDM 3C "Checks on VMX Controls"
 *   check_host.c	SDM 3C "Checks on Host-State Area"
 *   check_guest.c	SDM 3C "Checks on the Guest State Area": registers
 *   check_segment.c	the same: segments
 *   check_state.c	the same: non-register state
 *
 * Pure: everything is asked of struct vtx_check.  What the rules cannot see,
 * and the CPU may refuse all the same: MSRs in the VM-entry load list (exit
 * reason 34), the launch state, and reserved bits of MSRs that differ from
 * model to model (PERF_GLOBAL_CTRL, RTIT_CTL).
 */
#include "module/compat.h"

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/types.h>

#include <asm/processor.h>

#include "arch-x86/vmx/check_rules.h"
#include "arch-x86/vmx/insn.h"
#include "arch-x86/vmx/names.h"

/**
 * vtx_check_broken() - note a broken rule
 * @check: the question
 * @field: the field that breaks it
 * @rule: what it should be
 *
 * Return: false.
 */
bool vtx_check_broken(struct vtx_check *check, enum vtx_vmcs_field field,
		      const char *rule)
{
	check->field = field;
	check->value = vtx_check_get(check, field);
	check->rule = rule;
	return false;
}

/**
 * vtx_check_proc2() - the secondary controls, 0 if they are not activated
 * @check: the question
 *
 * Return: the controls, 0 without.
 */
u32 vtx_check_proc2(const struct vtx_check *check)
{
	if (!HAS(check, PROC_BASED, ACTIVATE_SECONDARY))
		return 0;
	return GET(check, CTRL_SECONDARY_PROC_BASED);
}

/**
 * vtx_check_canonical() - is a linear address canonical?
 * @check: the question
 * @gva: the address
 *
 * Return: true if it is.
 */
bool vtx_check_canonical(const struct vtx_check *check, u64 gva)
{
	return sign_extend64(gva, check->cpu->linear_bits - 1) == gva;
}

/**
 * vtx_check_hpa() - is a physical address aligned and not too wide?
 * @check: the question
 * @hpa: the address
 * @align: a power of two
 *
 * Return: true if it is both.
 */
bool vtx_check_hpa(const struct vtx_check *check, u64 hpa, u64 align)
{
	return !(hpa & (align - 1)) && !(hpa >> check->cpu->phys_bits);
}

/**
 * vtx_check_pat() - is this a value that IA32_PAT takes?
 * @pat: the value
 *
 * Return: true if it is.
 */
bool vtx_check_pat(u64 pat)
{
	int i;

	for (i = 0; i < 8; i++, pat >>= 8)
		if ((pat & 0xff) > 7 || (pat & 0xff) == 2 || (pat & 0xff) == 3)
			return false;
	return true;
}

/* Find the first rule that a VMCS breaks.  True if it breaks none. */
static bool check_entry(struct vtx_check *check)
{
	check->rule = NULL;
	check->stage = VTX_CHECK_CONTROLS;
	if (!vtx_check_controls(check))
		return false;
	check->stage = VTX_CHECK_HOST;
	if (!vtx_check_host(check))
		return false;
	check->stage = VTX_CHECK_GUEST;
	if (!vtx_check_guest(check) || !vtx_check_segments(check) ||
	    !vtx_check_nonregister(check))
		return false;
	check->stage = VTX_CHECK_NOTHING;
	return true;
}

/* Look at this CPU, which the caller keeps the task on. */
static void read_cpu(struct vtx_check_cpu *cpu)
{
	vtx_vmx_msrs_read(&cpu->msrs);
	cpu->phys_bits = boot_cpu_data.x86_phys_bits;
	cpu->linear_bits = boot_cpu_data.x86_virt_bits;
	cpu->ia32e = true;
}

/**
 * vtx_check_read_current() - a @read for the VMCS that is current on this CPU
 * @unused: nothing
 * @field: the field
 *
 * Return: the value, 0 if the CPU has no such field.
 */
u64 vtx_check_read_current(void *unused, enum vtx_vmcs_field field)
{
	u64 value;

	return vtx_vmread(field, &value) ? 0 : value;
}

/**
 * vtx_check_current() - find the first rule that the current VMCS breaks
 * @check: receives the answer
 * @cpu: receives what was asked of the CPU, which the caller keeps the task on
 *
 * Return: true if it breaks none.
 */
bool vtx_check_current(struct vtx_check *check, struct vtx_check_cpu *cpu)
{
	read_cpu(cpu);
	*check = (struct vtx_check){
		.cpu	= cpu,
		.read	= vtx_check_read_current,
	};
	return check_entry(check);
}

/**
 * vtx_entry_explain() - say why the CPU refused to enter the current VMCS
 * @failed_reason: the exit reason of an entry that failed that way, or 0 after
 *	VMfail
 * @why: receives one line without a newline
 * @why_size: its size in bytes; VTX_ENTRY_WHY_SIZE is enough
 *
 * Right after the entry, before another VMX instruction fails.
 *
 * Return: true if the checker knows the rule that was broken.
 */
bool vtx_entry_explain(u32 failed_reason, char *why, size_t why_size)
{
	u64 error = vtx_check_read_current(NULL, VMCS_EXIT_VM_INSTRUCTION_ERROR);
	struct vtx_check_cpu cpu;
	struct vtx_check check;
	int length;
	bool fine;

	if (failed_reason)
		length = scnprintf(why, why_size, "%s",
				   vtx_exit_name(failed_reason));
	else
		length = scnprintf(why, why_size, "error %llu, %s", error,
				   vtx_insn_error_name(error));
	fine = vtx_check_current(&check, &cpu);
	if (fine)
		scnprintf(why + length, why_size - length,
			  "; no rule is broken that the checker knows");
	else
		scnprintf(why + length, why_size - length,
			  "; %s is %#llx, but should be: %s",
			  vtx_vmcs_field_name(check.field), check.value,
			  check.rule);
	return !fine;
}
