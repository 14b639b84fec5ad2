/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handlers of VM exits, one for each token of VTX_EXIT_REASONS.
 *
 * A handler is called in the inner loop: the vCPU loaded, its FPU, MSRs and
 * debug registers in the CPU, preemption off, interrupts off.  What needs sleep
 * or much time goes on in a slow handler, see vtx_vcpu_slow().
 */
#ifndef VTX_VMEXIT_EXIT_H
#define VTX_VMEXIT_EXIT_H

#include "arch-x86/vcpu.h"

#define VTX_EXIT_HANDLERS(X)						\
	X(cpuid) X(cr) X(dr) X(entry_failed) X(ept_misconfig)		\
	X(ept_violation) X(exception) X(extint) X(hlt) X(intr_window)	\
	X(io) X(nmi_window) X(nop) X(pause) X(rdmsr) X(rdpmc)		\
	X(task_switch) X(triple_fault) X(ud) X(unexpected) X(vmcall)	\
	X(wrmsr) X(xsetbv)

#define VTX_EXIT_PROTOTYPE(token)					\
	enum vtx_result exit_##token(struct vtx_vcpu *vcpu);
VTX_EXIT_HANDLERS(VTX_EXIT_PROTOTYPE)
#undef VTX_EXIT_PROTOTYPE

#endif /* VTX_VMEXIT_EXIT_H */
