/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between enter.c and entry.S.
 */
#ifndef VTX_ARCH_X86_VMX_ENTRY_H
#define VTX_ARCH_X86_VMX_ENTRY_H

#include <linux/bits.h>
#include <linux/linkage.h>

struct vtx_context;

/*
 * Flags of vtx_switch().  The first two are where one shift by one puts them
 * into CF and SF, which loading the guest's registers leaves alone.
 */
#define VTX_SWITCH_RESUME	BIT(31)	/* VMRESUME, not VMLAUNCH */
#define VTX_SWITCH_VERW		BIT(30)	/* clear the CPU's buffers first */
#define VTX_SWITCH_SPEC_CTRL	BIT(0)	/* switch IA32_SPEC_CTRL */

/* entry.S: returns an enum vtx_entry, other than VTX_ENTRY_NOT_LOADED. */
asmlinkage unsigned int vtx_switch(struct vtx_context *context,
				   unsigned int flags);

/* Where VM exits arrive: HOST_RIP.  Not to be called. */
asmlinkage void vtx_switch_exit(void);

#endif /* VTX_ARCH_X86_VMX_ENTRY_H */
