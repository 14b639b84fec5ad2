/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segment descriptors, and which of them a task switch may load.
 *
 * Everything here is a pure function of its arguments.
 */
#ifndef VTX_ARCH_X86_DESCRIPTOR_H
#define VTX_ARCH_X86_DESCRIPTOR_H

#include <linux/bits.h>
#include <linux/types.h>

#include "arch-x86/vmx/segment.h"

#define VTX_SELECTOR_RPL	0x3
#define VTX_SELECTOR_TI		BIT(2)
#define VTX_SELECTOR_INDEX	0xfff8
/* What of a selector goes into an error code. */
#define VTX_SELECTOR_ERROR	0xfffc

/* Byte 5 of a descriptor has its type, and there two flags that the CPU sets. */
#define VTX_DESCRIPTOR_TYPE_BYTE	5
#define VTX_DESCRIPTOR_ACCESSED		BIT(0)
#define VTX_DESCRIPTOR_BUSY		BIT(1)

/* SDM 3A "System Descriptor Types": types of a system segment. */
#define VTX_TYPE_TSS16		1
#define VTX_TYPE_LDT		2
#define VTX_TYPE_TSS32		9
#define VTX_TYPE_TSS_BUSY	2	/* bit of both */

/**
 * vtx_selector_null() - is it a null selector?
 * @selector: the selector
 *
 * Return: true if so, whatever its RPL.
 */
static inline bool vtx_selector_null(u16 selector)
{
	return !(selector & VTX_SELECTOR_ERROR);
}

void vtx_descriptor_decode(u64 descriptor, u16 selector,
			   struct vtx_vmx_segment *segment);
u8 vtx_task_segment_fault(enum vtx_segment which,
			  const struct vtx_vmx_segment *segment, u8 cpl);

#endif /* VTX_ARCH_X86_DESCRIPTOR_H */
