/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest segments as the VMCS has them.
 *
 * The fields of one kind follow each other in the order of enum vtx_segment,
 * two encodings apart.
 */
#ifndef VTX_ARCH_X86_VMX_SEGMENT_H
#define VTX_ARCH_X86_VMX_SEGMENT_H

#include <linux/bits.h>
#include <linux/types.h>

#include "arch-x86/vmx/defs.h"

/* Segment registers, in the order of instructions and VMCS. */
enum vtx_segment {
	VTX_ES, VTX_CS, VTX_SS, VTX_DS, VTX_FS, VTX_GS, VTX_LDTR, VTX_TR,
	VTX_NR_SEGMENTS
};

/* Access rights: SDM 3C "Guest Register State". */
#define VTX_AR_TYPE		GENMASK(3, 0)
#define VTX_AR_S		BIT(4)	/* code or data, not system */
#define VTX_AR_DPL		GENMASK(6, 5)
#define VTX_AR_P		BIT(7)
#define VTX_AR_AVL		BIT(12)
#define VTX_AR_L		BIT(13)
#define VTX_AR_DB		BIT(14)
#define VTX_AR_G		BIT(15)
#define VTX_AR_UNUSABLE		BIT(16)
#define VTX_AR_RESERVED		(GENMASK(31, 17) | GENMASK(11, 8))

/* Bits of VTX_AR_TYPE in code and data segments. */
#define VTX_AR_ACCESSED		BIT(0)
#define VTX_AR_RW		BIT(1)	/* readable; writable */
#define VTX_AR_CE		BIT(2)	/* conforming; expand-down */
#define VTX_AR_CODE		BIT(3)

/* Whole values that occur often. */
#define VTX_AR_REAL_CODE	(VTX_AR_P | VTX_AR_S | VTX_AR_CODE | \
				 VTX_AR_RW | VTX_AR_ACCESSED)
#define VTX_AR_REAL_DATA	(VTX_AR_P | VTX_AR_S | VTX_AR_RW | \
				 VTX_AR_ACCESSED)
#define VTX_AR_LDT		(VTX_AR_P | 2)
#define VTX_AR_BUSY_TSS		(VTX_AR_P | 11)

/**
 * struct vtx_vmx_segment - the four fields that a VMCS has for a segment
 * @base: base address
 * @limit: limit in bytes
 * @access_rights: VTX_AR_*
 * @selector: selector
 */
struct vtx_vmx_segment {
	u64	base;
	u32	limit;
	u32	access_rights;
	u16	selector;
};

/**
 * vtx_seg_field() - a segment's field of some kind
 * @es_field: the field of ES, as VMCS_GUEST_ES_LIMIT
 * @segment: which segment
 *
 * Return: the encoding of @segment's field.
 */
static __always_inline enum vtx_vmcs_field
vtx_seg_field(enum vtx_vmcs_field es_field, enum vtx_segment segment)
{
	return es_field + 2 * segment;
}

#endif /* VTX_ARCH_X86_VMX_SEGMENT_H */
