/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vtx_ept

#if !defined(VTX_EPT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VTX_EPT_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

/* The EPT pointer names the VM: it is what this layer knows of it. */

TRACE_EVENT(vtx_ept_set,
	TP_PROTO(u64 eptp, u64 gfn, int level, u64 old, u64 new),
	TP_ARGS(eptp, gfn, level, old, new),
	TP_STRUCT__entry(
		__field(u64,	eptp)
		__field(u64,	gfn)
		__field(u64,	old)
		__field(u64,	new)
		__field(int,	level)
	),
	TP_fast_assign(
		__entry->eptp = eptp;
		__entry->gfn = gfn;
		__entry->old = old;
		__entry->new = new;
		__entry->level = level;
	),
	TP_printk("eptp=%#llx gfn=%#llx level=%d %#llx -> %#llx",
		  __entry->eptp, __entry->gfn, __entry->level, __entry->old,
		  __entry->new)
);

TRACE_EVENT(vtx_ept_fault,
	TP_PROTO(u64 eptp, u64 gpa, unsigned int access, int result, int err),
	TP_ARGS(eptp, gpa, access, result, err),
	TP_STRUCT__entry(
		__field(u64,		eptp)
		__field(u64,		gpa)
		__field(unsigned int,	access)
		__field(int,		result)
		__field(int,		err)
	),
	TP_fast_assign(
		__entry->eptp = eptp;
		__entry->gpa = gpa;
		__entry->access = access;
		__entry->result = result;
		__entry->err = err;
	),
	TP_printk("eptp=%#llx gpa=%#llx access=%#x result=%d err=%d",
		  __entry->eptp, __entry->gpa, __entry->access, __entry->result,
		  __entry->err)
);

TRACE_EVENT(vtx_ept_invalidate,
	TP_PROTO(u64 eptp, unsigned long start, unsigned long end, bool zapped),
	TP_ARGS(eptp, start, end, zapped),
	TP_STRUCT__entry(
		__field(u64,		eptp)
		__field(unsigned long,	start)
		__field(unsigned long,	end)
		__field(bool,		zapped)
	),
	TP_fast_assign(
		__entry->eptp = eptp;
		__entry->start = start;
		__entry->end = end;
		__entry->zapped = zapped;
	),
	TP_printk("eptp=%#llx hva=%#lx-%#lx zapped=%d", __entry->eptp,
		  __entry->start, __entry->end, __entry->zapped)
);

TRACE_EVENT(vtx_slot_change,
	TP_PROTO(u64 eptp, u32 id, int change, u64 gfn, u64 npages,
		 unsigned long hva, u32 flags),
	TP_ARGS(eptp, id, change, gfn, npages, hva, flags),
	TP_STRUCT__entry(
		__field(u64,		eptp)
		__field(u64,		gfn)
		__field(u64,		npages)
		__field(unsigned long,	hva)
		__field(u32,		id)
		__field(u32,		flags)
		__field(int,		change)
	),
	TP_fast_assign(
		__entry->eptp = eptp;
		__entry->gfn = gfn;
		__entry->npages = npages;
		__entry->hva = hva;
		__entry->id = id;
		__entry->flags = flags;
		__entry->change = change;
	),
	TP_printk("eptp=%#llx id=%u change=%d gfn=%#llx+%#llx hva=%#lx flags=%#x",
		  __entry->eptp, __entry->id, __entry->change, __entry->gfn,
		  __entry->npages, __entry->hva, __entry->flags)
);

TRACE_EVENT(vtx_dirty_clear,
	TP_PROTO(u64 eptp, u32 id, u64 count),
	TP_ARGS(eptp, id, count),
	TP_STRUCT__entry(
		__field(u64,	eptp)
		__field(u64,	count)
		__field(u32,	id)
	),
	TP_fast_assign(
		__entry->eptp = eptp;
		__entry->count = count;
		__entry->id = id;
	),
	TP_printk("eptp=%#llx id=%u count=%llu", __entry->eptp, __entry->id,
		  __entry->count)
);

#endif /* VTX_EPT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ept
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
