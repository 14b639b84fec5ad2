/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vtx_vmx

#if !defined(VTX_ARCH_X86_VMX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VTX_ARCH_X86_VMX_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

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

#endif /* VTX_ARCH_X86_VMX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH arch-x86/vmx
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
