/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vtx

#if !defined(VTX_MODULE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VTX_MODULE_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

DECLARE_EVENT_CLASS(vtx_vm,
	TP_PROTO(u32 id),
	TP_ARGS(id),
	TP_STRUCT__entry(
		__field(u32,	id)
	),
	TP_fast_assign(
		__entry->id = id;
	),
	TP_printk("vm=%u", __entry->id)
);

DEFINE_EVENT(vtx_vm, vtx_vm_create,
	TP_PROTO(u32 id),
	TP_ARGS(id)
);

DEFINE_EVENT(vtx_vm, vtx_vm_destroy,
	TP_PROTO(u32 id),
	TP_ARGS(id)
);

#endif /* VTX_MODULE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH module
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
