/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMX on and off, CPU by CPU.
 *
 * This is the whole of what the rest of vtx knows about who owns VMX.  In "own"
 * mode, the only one so far, nobody else uses VMX and on/off mean VMXON and
 * VMXOFF.  A "shared" mode, in which another hypervisor has the CPUs in VMX
 * operation already, would take its place behind the same functions.
 */
#ifndef VTX_ARCH_X86_VMX_PERCPU_H
#define VTX_ARCH_X86_VMX_PERCPU_H

#include <linux/types.h>

struct vtx_caps;

int vtx_percpu_init(const unsigned long *without);
const struct vtx_caps *vtx_percpu_caps(void);
int vtx_percpu_alloc(void);
void vtx_percpu_free(void);
int vtx_percpu_on(void);
void vtx_percpu_off(void);
bool vtx_percpu_is_on(void);
void vtx_percpu_forbid(void);
void vtx_percpu_emergency_off(void);

#endif /* VTX_ARCH_X86_VMX_PERCPU_H */
