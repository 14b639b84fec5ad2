/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMX in words.
 */
#ifndef VTX_ARCH_X86_VMX_NAMES_H
#define VTX_ARCH_X86_VMX_NAMES_H

#include <linux/types.h>

#include "arch-x86/vmx/defs.h"

const char *vtx_vmcs_field_name(enum vtx_vmcs_field field);
const char *vtx_exit_name(u32 reason);
const char *vtx_insn_error_name(u32 error);

#endif /* VTX_ARCH_X86_VMX_NAMES_H */
