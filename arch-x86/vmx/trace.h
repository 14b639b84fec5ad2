/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vtx_vmx

#if !defined(VTX_ARCH_X86_VMX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VTX_ARCH_X86_VMX_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#include "arch-x86/vmx/exit_reasons.h"

TRACE_EVENT(vtx_vmx_on,
	TP_PROTO(unsigned int cpu, int err),
	TP_ARGS(cpu, err),
	TP_STRUCT__entry(
		__field(unsigned int,	cpu)
		__field(int,		err)
	),
	TP_fast_assign(
		__entry->cpu = cpu;
		__entry->err = err;
	),
	TP_printk("cpu=%u err=%d", __entry->cpu, __entry->err)
);

TRACE_EVENT(vtx_vmx_off,
	TP_PROTO(unsigned int cpu),
	TP_ARGS(cpu),
	TP_STRUCT__entry(
		__field(unsigned int,	cpu)
	),
	TP_fast_assign(
		__entry->cpu = cpu;
	),
	TP_printk("cpu=%u", __entry->cpu)
);

TRACE_EVENT(vtx_vmcs_load,
	TP_PROTO(u64 hpa, unsigned int cpu, int err),
	TP_ARGS(hpa, cpu, err),
	TP_STRUCT__entry(
		__field(u64,		hpa)
		__field(unsigned int,	cpu)
		__field(int,		err)
	),
	TP_fast_assign(
		__entry->hpa = hpa;
		__entry->cpu = cpu;
		__entry->err = err;
	),
	TP_printk("vmcs=%#llx cpu=%u err=%d", __entry->hpa, __entry->cpu,
		  __entry->err)
);

TRACE_EVENT(vtx_entry,
	TP_PROTO(u32 vcpu, u64 rip, u32 intr_info),
	TP_ARGS(vcpu, rip, intr_info),
	TP_STRUCT__entry(
		__field(u32,	vcpu)
		__field(u32,	intr_info)
		__field(u64,	rip)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->rip = rip;
		__entry->intr_info = intr_info;
	),
	TP_printk("vcpu=%u rip=%#llx inject=%#x", __entry->vcpu, __entry->rip,
		  __entry->intr_info)
);

#define VTX_TRACE_EXIT_NAME(number, name, handler, flags) { number, #name },

TRACE_EVENT(vtx_exit,
	TP_PROTO(u32 vcpu, u32 reason, u64 rip, u64 qualification),
	TP_ARGS(vcpu, reason, rip, qualification),
	TP_STRUCT__entry(
		__field(u32,	vcpu)
		__field(u32,	reason)
		__field(u64,	rip)
		__field(u64,	qualification)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->reason = reason;
		__entry->rip = rip;
		__entry->qualification = qualification;
	),
	TP_printk("vcpu=%u reason=%u (%s)%s rip=%#llx qualification=%#llx",
		  __entry->vcpu, (u16)__entry->reason,
		  __print_symbolic((u16)__entry->reason,
				   VTX_EXIT_REASONS(VTX_TRACE_EXIT_NAME)
				   { 0xffff, "none" }),
		  __entry->reason >> 31 ? " entry failed" : "",
		  __entry->rip, __entry->qualification)
);

TRACE_EVENT(vtx_entry_failed,
	TP_PROTO(u32 vcpu, u32 reason, const char *why),
	TP_ARGS(vcpu, reason, why),
	TP_STRUCT__entry(
		__field(u32,	vcpu)
		__field(u32,	reason)
		__string(why,	why)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->reason = reason;
		VTX_ASSIGN_STR(why, why);
	),
	TP_printk("vcpu=%u reason=%#x: %s", __entry->vcpu, __entry->reason,
		  __get_str(why))
);

#endif /* VTX_ARCH_X86_VMX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH arch-x86/vmx
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
