// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where entry.S finds things: Kbuild compiles this to assembler and makes
 * asm-offsets.h of it.
 */
#define COMPILE_OFFSETS

#include "module/compat.h"

#include <linux/kbuild.h>
#include <linux/stddef.h>

#include "arch-x86/vmx/enter.h"
#include "arch-x86/vmx/entry.h"

static void __used offsets(void)
{
#define GPR(name) \
	OFFSET(CONTEXT_##name, vtx_context, regs.gpr[VTX_##name])
	GPR(RAX);
	GPR(RCX);
	GPR(RDX);
	GPR(RBX);
	GPR(RBP);
	GPR(RSI);
	GPR(RDI);
	GPR(R8);
	GPR(R9);
	GPR(R10);
	GPR(R11);
	GPR(R12);
	GPR(R13);
	GPR(R14);
	GPR(R15);
#undef GPR
	OFFSET(CONTEXT_HOST_RSP, vtx_context, host_rsp);
	OFFSET(CONTEXT_SPEC_CTRL, vtx_context, spec_ctrl);
	OFFSET(CONTEXT_HOST_SPEC_CTRL, vtx_context, host_spec_ctrl);

	DEFINE(FIELD_HOST_RSP, VMCS_HOST_RSP);
	DEFINE(ENTRY_EXITED, VTX_ENTRY_EXITED);
	DEFINE(ENTRY_VMFAIL, VTX_ENTRY_VMFAIL);
	DEFINE(ENTRY_FAULT, VTX_ENTRY_FAULT);
	DEFINE(SPEC_CTRL_FLAG, VTX_SWITCH_SPEC_CTRL);
}
