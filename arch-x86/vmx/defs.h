/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMCS fields: names, encodings, widths.
 *
 * One list, VTX_VMCS_FIELDS, from which the enum, the name table and the tests
 * expand.  The names are the SDM's, with a prefix that says whose state a field
 * holds: CTRL_ (how the CPU shall run the guest), EXIT_ (read-only: what
 * happened), GUEST_ and HOST_.  The prefix repeats what the encoding's type
 * bits say, so that a test can hold one against the other.
 *
 * SDM 3D "Field Encoding in VMCS": bits 14:13 are the width, 11:10 the type,
 * 9:1 an index, and bit 0 selects the high half of a 64-bit field, which a
 * 64-bit kernel never needs.
 */
#ifndef VTX_ARCH_X86_VMX_DEFS_H
#define VTX_ARCH_X86_VMX_DEFS_H

#include <linux/types.h>

#define VTX_VMCS_FIELDS(X)					\
	/* 16-bit control fields */				\
	X(CTRL_VPID,				0x0000)		\
	X(CTRL_POSTED_INTR_VECTOR,		0x0002)		\
	X(CTRL_EPTP_INDEX,			0x0004)		\
	X(CTRL_HLAT_PREFIX_SIZE,		0x0006)		\
	X(CTRL_LAST_PID_POINTER_INDEX,		0x0008)		\
	/* 16-bit guest state */				\
	X(GUEST_ES_SELECTOR,			0x0800)		\
	X(GUEST_CS_SELECTOR,			0x0802)		\
	X(GUEST_SS_SELECTOR,			0x0804)		\
	X(GUEST_DS_SELECTOR,			0x0806)		\
	X(GUEST_FS_SELECTOR,			0x0808)		\
	X(GUEST_GS_SELECTOR,			0x080a)		\
	X(GUEST_LDTR_SELECTOR,			0x080c)		\
	X(GUEST_TR_SELECTOR,			0x080e)		\
	X(GUEST_INTR_STATUS,			0x0810)		\
	X(GUEST_PML_INDEX,			0x0812)		\
	X(GUEST_UINV,				0x0814)		\
	/* 16-bit host state */					\
	X(HOST_ES_SELECTOR,			0x0c00)		\
	X(HOST_CS_SELECTOR,			0x0c02)		\
	X(HOST_SS_SELECTOR,			0x0c04)		\
	X(HOST_DS_SELECTOR,			0x0c06)		\
	X(HOST_FS_SELECTOR,			0x0c08)		\
	X(HOST_GS_SELECTOR,			0x0c0a)		\
	X(HOST_TR_SELECTOR,			0x0c0c)		\
	/* 64-bit control fields */				\
	X(CTRL_IO_BITMAP_A,			0x2000)		\
	X(CTRL_IO_BITMAP_B,			0x2002)		\
	X(CTRL_MSR_BITMAPS,			0x2004)		\
	X(CTRL_EXIT_MSR_STORE_ADDRESS,		0x2006)		\
	X(CTRL_EXIT_MSR_LOAD_ADDRESS,		0x2008)		\
	X(CTRL_ENTRY_MSR_LOAD_ADDRESS,		0x200a)		\
	X(CTRL_EXECUTIVE_VMCS_POINTER,		0x200c)		\
	X(CTRL_PML_ADDRESS,			0x200e)		\
	X(CTRL_TSC_OFFSET,			0x2010)		\
	X(CTRL_VIRTUAL_APIC_ADDRESS,		0x2012)		\
	X(CTRL_APIC_ACCESS_ADDRESS,		0x2014)		\
	X(CTRL_POSTED_INTR_DESC_ADDRESS,	0x2016)		\
	X(CTRL_VM_FUNCTION_CONTROLS,		0x2018)		\
	X(CTRL_EPT_POINTER,			0x201a)		\
	X(CTRL_EOI_EXIT_BITMAP_0,		0x201c)		\
	X(CTRL_EOI_EXIT_BITMAP_1,		0x201e)		\
	X(CTRL_EOI_EXIT_BITMAP_2,		0x2020)		\
	X(CTRL_EOI_EXIT_BITMAP_3,		0x2022)		\
	X(CTRL_EPTP_LIST_ADDRESS,		0x2024)		\
	X(CTRL_VMREAD_BITMAP_ADDRESS,		0x2026)		\
	X(CTRL_VMWRITE_BITMAP_ADDRESS,		0x2028)		\
	X(CTRL_VIRT_EXCEPTION_INFO_ADDRESS,	0x202a)		\
	X(CTRL_XSS_EXITING_BITMAP,		0x202c)		\
	X(CTRL_ENCLS_EXITING_BITMAP,		0x202e)		\
	X(CTRL_SPP_TABLE_POINTER,		0x2030)		\
	X(CTRL_TSC_MULTIPLIER,			0x2032)		\
	X(CTRL_TERTIARY_PROC_BASED,		0x2034)		\
	X(CTRL_ENCLV_EXITING_BITMAP,		0x2036)		\
	X(CTRL_LOW_PASID_DIRECTORY,		0x2038)		\
	X(CTRL_HIGH_PASID_DIRECTORY,		0x203a)		\
	X(CTRL_SHARED_EPT_POINTER,		0x203c)		\
	X(CTRL_PCONFIG_EXITING_BITMAP,		0x203e)		\
	X(CTRL_HLAT_POINTER,			0x2040)		\
	X(CTRL_PID_POINTER_TABLE_ADDRESS,	0x2042)		\
	X(CTRL_SECONDARY_VM_EXIT,		0x2044)		\
	X(CTRL_SPEC_CTRL_MASK,			0x204a)		\
	X(CTRL_SPEC_CTRL_SHADOW,		0x204c)		\
	/* 64-bit read-only data */				\
	X(EXIT_GUEST_PHYSICAL_ADDRESS,		0x2400)		\
	/* 64-bit guest state */				\
	X(GUEST_VMCS_LINK_POINTER,		0x2800)		\
	X(GUEST_IA32_DEBUGCTL,			0x2802)		\
	X(GUEST_IA32_PAT,			0x2804)		\
	X(GUEST_IA32_EFER,			0x2806)		\
	X(GUEST_IA32_PERF_GLOBAL_CTRL,		0x2808)		\
	X(GUEST_PDPTE0,				0x280a)		\
	X(GUEST_PDPTE1,				0x280c)		\
	X(GUEST_PDPTE2,				0x280e)		\
	X(GUEST_PDPTE3,				0x2810)		\
	X(GUEST_IA32_BNDCFGS,			0x2812)		\
	X(GUEST_IA32_RTIT_CTL,			0x2814)		\
	X(GUEST_IA32_LBR_CTL,			0x2816)		\
	X(GUEST_IA32_PKRS,			0x2818)		\
	/* 64-bit host state */					\
	X(HOST_IA32_PAT,			0x2c00)		\
	X(HOST_IA32_EFER,			0x2c02)		\
	X(HOST_IA32_PERF_GLOBAL_CTRL,		0x2c04)		\
	X(HOST_IA32_PKRS,			0x2c06)		\
	/* 32-bit control fields */				\
	X(CTRL_PIN_BASED,			0x4000)		\
	X(CTRL_PROC_BASED,			0x4002)		\
	X(CTRL_EXCEPTION_BITMAP,		0x4004)		\
	X(CTRL_PAGE_FAULT_ERROR_MASK,		0x4006)		\
	X(CTRL_PAGE_FAULT_ERROR_MATCH,		0x4008)		\
	X(CTRL_CR3_TARGET_COUNT,		0x400a)		\
	X(CTRL_VM_EXIT,				0x400c)		\
	X(CTRL_EXIT_MSR_STORE_COUNT,		0x400e)		\
	X(CTRL_EXIT_MSR_LOAD_COUNT,		0x4010)		\
	X(CTRL_VM_ENTRY,			0x4012)		\
	X(CTRL_ENTRY_MSR_LOAD_COUNT,		0x4014)		\
	X(CTRL_ENTRY_INTR_INFO,			0x4016)		\
	X(CTRL_ENTRY_EXCEPTION_ERROR_CODE,	0x4018)		\
	X(CTRL_ENTRY_INSTRUCTION_LENGTH,	0x401a)		\
	X(CTRL_TPR_THRESHOLD,			0x401c)		\
	X(CTRL_SECONDARY_PROC_BASED,		0x401e)		\
	X(CTRL_PLE_GAP,				0x4020)		\
	X(CTRL_PLE_WINDOW,			0x4022)		\
	X(CTRL_INSTRUCTION_TIMEOUT,		0x4024)		\
	/* 32-bit read-only data */				\
	X(EXIT_VM_INSTRUCTION_ERROR,		0x4400)		\
	X(EXIT_REASON,				0x4402)		\
	X(EXIT_INTR_INFO,			0x4404)		\
	X(EXIT_INTR_ERROR_CODE,			0x4406)		\
	X(EXIT_IDT_VECTORING_INFO,		0x4408)		\
	X(EXIT_IDT_VECTORING_ERROR_CODE,	0x440a)		\
	X(EXIT_INSTRUCTION_LENGTH,		0x440c)		\
	X(EXIT_INSTRUCTION_INFO,		0x440e)		\
	/* 32-bit guest state */				\
	X(GUEST_ES_LIMIT,			0x4800)		\
	X(GUEST_CS_LIMIT,			0x4802)		\
	X(GUEST_SS_LIMIT,			0x4804)		\
	X(GUEST_DS_LIMIT,			0x4806)		\
	X(GUEST_FS_LIMIT,			0x4808)		\
	X(GUEST_GS_LIMIT,			0x480a)		\
	X(GUEST_LDTR_LIMIT,			0x480c)		\
	X(GUEST_TR_LIMIT,			0x480e)		\
	X(GUEST_GDTR_LIMIT,			0x4810)		\
	X(GUEST_IDTR_LIMIT,			0x4812)		\
	X(GUEST_ES_ACCESS_RIGHTS,		0x4814)		\
	X(GUEST_CS_ACCESS_RIGHTS,		0x4816)		\
	X(GUEST_SS_ACCESS_RIGHTS,		0x4818)		\
	X(GUEST_DS_ACCESS_RIGHTS,		0x481a)		\
	X(GUEST_FS_ACCESS_RIGHTS,		0x481c)		\
	X(GUEST_GS_ACCESS_RIGHTS,		0x481e)		\
	X(GUEST_LDTR_ACCESS_RIGHTS,		0x4820)		\
	X(GUEST_TR_ACCESS_RIGHTS,		0x4822)		\
	X(GUEST_INTERRUPTIBILITY,		0x4824)		\
	X(GUEST_ACTIVITY_STATE,			0x4826)		\
	X(GUEST_SMBASE,				0x4828)		\
	X(GUEST_IA32_SYSENTER_CS,		0x482a)		\
	X(GUEST_PREEMPTION_TIMER_VALUE,		0x482e)		\
	/* 32-bit host state */					\
	X(HOST_IA32_SYSENTER_CS,		0x4c00)		\
	/* natural-width control fields */			\
	X(CTRL_CR0_MASK,			0x6000)		\
	X(CTRL_CR4_MASK,			0x6002)		\
	X(CTRL_CR0_READ_SHADOW,			0x6004)		\
	X(CTRL_CR4_READ_SHADOW,			0x6006)		\
	X(CTRL_CR3_TARGET_0,			0x6008)		\
	X(CTRL_CR3_TARGET_1,			0x600a)		\
	X(CTRL_CR3_TARGET_2,			0x600c)		\
	X(CTRL_CR3_TARGET_3,			0x600e)		\
	/* natural-width read-only data */			\
	X(EXIT_QUALIFICATION,			0x6400)		\
	X(EXIT_IO_RCX,				0x6402)		\
	X(EXIT_IO_RSI,				0x6404)		\
	X(EXIT_IO_RDI,				0x6406)		\
	X(EXIT_IO_RIP,				0x6408)		\
	X(EXIT_GUEST_LINEAR_ADDRESS,		0x640a)		\
	/* natural-width guest state */				\
	X(GUEST_CR0,				0x6800)		\
	X(GUEST_CR3,				0x6802)		\
	X(GUEST_CR4,				0x6804)		\
	X(GUEST_ES_BASE,			0x6806)		\
	X(GUEST_CS_BASE,			0x6808)		\
	X(GUEST_SS_BASE,			0x680a)		\
	X(GUEST_DS_BASE,			0x680c)		\
	X(GUEST_FS_BASE,			0x680e)		\
	X(GUEST_GS_BASE,			0x6810)		\
	X(GUEST_LDTR_BASE,			0x6812)		\
	X(GUEST_TR_BASE,			0x6814)		\
	X(GUEST_GDTR_BASE,			0x6816)		\
	X(GUEST_IDTR_BASE,			0x6818)		\
	X(GUEST_DR7,				0x681a)		\
	X(GUEST_RSP,				0x681c)		\
	X(GUEST_RIP,				0x681e)		\
	X(GUEST_RFLAGS,				0x6820)		\
	X(GUEST_PENDING_DEBUG_EXCEPTIONS,	0x6822)		\
	X(GUEST_IA32_SYSENTER_ESP,		0x6824)		\
	X(GUEST_IA32_SYSENTER_EIP,		0x6826)		\
	X(GUEST_IA32_S_CET,			0x6828)		\
	X(GUEST_SSP,				0x682a)		\
	X(GUEST_INTR_SSP_TABLE_ADDRESS,		0x682c)		\
	/* natural-width host state */				\
	X(HOST_CR0,				0x6c00)		\
	X(HOST_CR3,				0x6c02)		\
	X(HOST_CR4,				0x6c04)		\
	X(HOST_FS_BASE,				0x6c06)		\
	X(HOST_GS_BASE,				0x6c08)		\
	X(HOST_TR_BASE,				0x6c0a)		\
	X(HOST_GDTR_BASE,			0x6c0c)		\
	X(HOST_IDTR_BASE,			0x6c0e)		\
	X(HOST_IA32_SYSENTER_ESP,		0x6c10)		\
	X(HOST_IA32_SYSENTER_EIP,		0x6c12)		\
	X(HOST_RSP,				0x6c14)		\
	X(HOST_RIP,				0x6c16)		\
	X(HOST_IA32_S_CET,			0x6c18)		\
	X(HOST_SSP,				0x6c1a)		\
	X(HOST_INTR_SSP_TABLE_ADDRESS,		0x6c1c)

/**
 * enum vtx_vmcs_field - the VMCS fields, by encoding
 */
enum vtx_vmcs_field {
#define VTX_VMCS_ENUM(name, encoding)	VMCS_##name = (encoding),
	VTX_VMCS_FIELDS(VTX_VMCS_ENUM)
#undef VTX_VMCS_ENUM
};

/**
 * enum vtx_vmcs_width - width of a VMCS field, bits 14:13 of its encoding
 * @VMCS_WIDTH_16: 16 bits
 * @VMCS_WIDTH_64: 64 bits in every mode
 * @VMCS_WIDTH_32: 32 bits
 * @VMCS_WIDTH_NATURAL: 64 bits on a CPU with Intel 64, else 32
 */
enum vtx_vmcs_width {
	VMCS_WIDTH_16		= 0,
	VMCS_WIDTH_64		= 1,
	VMCS_WIDTH_32		= 2,
	VMCS_WIDTH_NATURAL	= 3,
};

/**
 * enum vtx_vmcs_type - whose state a VMCS field holds, bits 11:10
 * @VMCS_TYPE_CTRL: VM-execution, VM-entry and VM-exit control
 * @VMCS_TYPE_EXIT: read-only VM-exit information
 * @VMCS_TYPE_GUEST: guest state
 * @VMCS_TYPE_HOST: host state
 */
enum vtx_vmcs_type {
	VMCS_TYPE_CTRL		= 0,
	VMCS_TYPE_EXIT		= 1,
	VMCS_TYPE_GUEST		= 2,
	VMCS_TYPE_HOST		= 3,
};

/**
 * vtx_vmcs_width() - width of a VMCS field
 * @field: its encoding
 *
 * Return: the width class; a constant for a constant @field, so that accessors
 * can refuse a wrong width at compile time.
 */
static __always_inline enum vtx_vmcs_width
vtx_vmcs_width(enum vtx_vmcs_field field)
{
	return (field >> 13) & 3;
}

/**
 * vtx_vmcs_type() - whose state a VMCS field holds
 * @field: its encoding
 *
 * Return: the type class.
 */
static __always_inline enum vtx_vmcs_type
vtx_vmcs_type(enum vtx_vmcs_field field)
{
	return (field >> 10) & 3;
}

#endif /* VTX_ARCH_X86_VMX_DEFS_H */
