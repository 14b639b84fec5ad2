// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for numbers: fields, exits, errors.
 */
#include "module/compat.h"

#include <linux/kernel.h>

#include "arch-x86/vmx/exit_reasons.h"
#include "arch-x86/vmx/names.h"

static const struct {
	enum vtx_vmcs_field	field;
	const char		*name;
} field_names[] = {
#define FIELD_NAME(name, encoding)	{ VMCS_##name, #name },
	VTX_VMCS_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

static const char *const exit_names[VTX_NR_EXIT_REASONS] = {
#define EXIT_NAME(number, name, handler, flags)				\
	[number] = #name,
	VTX_EXIT_REASONS(EXIT_NAME)
#undef EXIT_NAME
};

/* SDM 3C "VM Instruction Error Numbers". */
static const char *const insn_errors[] = {
	[1]  = "VMCALL in VMX root operation",
	[2]  = "VMCLEAR with invalid physical address",
	[3]  = "VMCLEAR with VMXON pointer",
	[4]  = "VMLAUNCH with non-clear VMCS",
	[5]  = "VMRESUME with non-launched VMCS",
	[6]  = "VMRESUME after VMXOFF",
	[7]  = "VM entry with invalid control fields",
	[8]  = "VM entry with invalid host-state fields",
	[9]  = "VMPTRLD with invalid physical address",
	[10] = "VMPTRLD with VMXON pointer",
	[11] = "VMPTRLD with incorrect VMCS revision identifier",
	[12] = "VMREAD or VMWRITE of unsupported VMCS component",
	[13] = "VMWRITE to read-only VMCS component",
	[15] = "VMXON in VMX root operation",
	[16] = "VM entry with invalid executive-VMCS pointer",
	[17] = "VM entry with non-launched executive VMCS",
	[18] = "VM entry with executive-VMCS pointer not VMXON pointer",
	[19] = "VMCALL with non-clear VMCS",
	[20] = "VMCALL with invalid VM-exit control fields",
	[22] = "VMCALL with incorrect MSEG revision identifier",
	[23] = "VMXOFF under dual-monitor treatment",
	[24] = "VMCALL with invalid SMM-monitor features",
	[25] = "VM entry with invalid control fields in executive VMCS",
	[26] = "VM entry with events blocked by MOV SS",
	[28] = "invalid operand to INVEPT or INVVPID",
};

/**
 * vtx_vmcs_field_name() - a field's name, as in VTX_VMCS_FIELDS
 * @field: its encoding, any number
 *
 * Return: the name, or words that say that it is unknown.
 */
const char *vtx_vmcs_field_name(enum vtx_vmcs_field field)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(field_names); i++)
		if (field_names[i].field == field)
			return field_names[i].name;
	return "unknown field";
}

/**
 * vtx_exit_name() - an exit reason's name, as in VTX_EXIT_REASONS
 * @reason: the exit-reason field, any number
 *
 * Return: the name, or words that say that it is unknown.
 */
const char *vtx_exit_name(u32 reason)
{
	u32 basic = reason & VTX_EXIT_BASIC_MASK;

	if (basic >= ARRAY_SIZE(exit_names) || !exit_names[basic])
		return "unknown exit";
	return exit_names[basic];
}

/**
 * vtx_insn_error_name() - what a VM-instruction error number means
 * @error: the number, any
 *
 * Return: the SDM's words, or some that say that it is unknown.
 */
const char *vtx_insn_error_name(u32 error)
{
	if (error >= ARRAY_SIZE(insn_errors) || !insn_errors[error])
		return "unknown error";
	return insn_errors[error];
}
