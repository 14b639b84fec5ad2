/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of a vCPU: one row each, and the statistics file descriptor follows.
 */
#ifndef VTX_ARCH_X86_STATS_H
#define VTX_ARCH_X86_STATS_H

#include <linux/types.h>

/* name, type (KVM_STATS_TYPE_*), description */
#define VTX_VCPU_STATS(X)						\
	X(user_exits,		CUMULATIVE,	"returns to user space") \
	X(slow_exits,		CUMULATIVE,				\
	  "exits that had to leave the inner loop")			\
	X(irq_exits,		CUMULATIVE,				\
	  "exits because of the host's interrupts")			\
	X(nmi_exits,		CUMULATIVE,				\
	  "exits because of the host's NMIs")				\
	X(irq_window_exits,	CUMULATIVE,	"interrupt-window exits") \
	X(nmi_window_exits,	CUMULATIVE,	"NMI-window exits")	\
	X(halt_exits,		CUMULATIVE,	"HLT exits")		\
	X(halt_attempted_poll,	CUMULATIVE,				\
	  "halts in which the vCPU looked before it slept")		\
	X(halt_successful_poll, CUMULATIVE,				\
	  "of these, those that ended so")				\
	X(halt_poll_success_ns, CUMULATIVE,				\
	  "nanoseconds of looking that was worth it")			\
	X(halt_poll_fail_ns,	CUMULATIVE,				\
	  "nanoseconds of looking that was not")			\
	X(halt_wait_ns,		CUMULATIVE,	"nanoseconds asleep")	\
	X(halt_wakeup,		CUMULATIVE,				\
	  "halts that ended while the vCPU slept")			\
	X(io_exits,		CUMULATIVE,	"port I/O")		\
	X(mmio_exits,		CUMULATIVE,	"memory-mapped I/O")	\
	X(insn_emulation,	CUMULATIVE,	"instructions emulated") \
	X(insn_emulation_fail,	CUMULATIVE,				\
	  "instructions that could not be emulated")			\
	X(pf_fixed,		CUMULATIVE,				\
	  "EPT violations resolved by a mapping")			\
	X(pf_fast,		CUMULATIVE,				\
	  "of these, without leaving the inner loop")			\
	X(irq_injections,	CUMULATIVE,	"interrupts injected")	\
	X(nmi_injections,	CUMULATIVE,	"NMIs injected")	\
	X(exceptions_injected,	CUMULATIVE,	"exceptions injected")	\
	X(hypercalls,		CUMULATIVE,	"hypercalls")		\
	X(directed_yield_attempted, CUMULATIVE,				\
	  "hypercalls that asked for the CPU for another vCPU")		\
	X(directed_yield_successful, CUMULATIVE,			\
	  "of these, those after which Linux chose it")			\
	X(pv_tlb_flush,		CUMULATIVE,				\
	  "times translations were forgotten because of a note")	\
	X(signal_exits,		CUMULATIVE,				\
	  "returns to user space because of a signal")			\
	X(request_irq_exits,	CUMULATIVE,				\
	  "returns because user space may inject an interrupt")		\
	X(preempted,		CUMULATIVE,				\
	  "times the vCPU gave way to another task")			\
	X(migrations,		CUMULATIVE,				\
	  "times the vCPU moved to another CPU")			\
	X(tlb_flush,		CUMULATIVE,				\
	  "times guest translations were forgotten")			\
	X(entry_failures,	CUMULATIVE,	"VM entries that the CPU refused") \
	X(entry_failures_unexplained, CUMULATIVE,			\
	  "of these, without a rule that the checker knows")

/* A power of 2 above all basic exit reasons: an index needs no comparison. */
#define VTX_EXIT_COUNTERS	128

/**
 * struct vtx_vcpu_stats - the values, written by the vCPU's thread alone
 * @exits: VM exits, by basic exit reason
 */
struct vtx_vcpu_stats {
#define VTX_VCPU_STAT_MEMBER(name, type, text)	u64 name;
	VTX_VCPU_STATS(VTX_VCPU_STAT_MEMBER)
#undef VTX_VCPU_STAT_MEMBER
	u64 exits[VTX_EXIT_COUNTERS];
};

#endif /* VTX_ARCH_X86_STATS_H */
