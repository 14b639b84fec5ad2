/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSRs: which a virtual CPU has, who may write what, and what that takes.
 *
 * Nothing here touches an MSR or a VMCS: what is to be done there is told to
 * the caller.
 */
#ifndef VTX_ARCH_X86_MSR_H
#define VTX_ARCH_X86_MSR_H

#include <linux/types.h>

#include "arch-x86/cpuid.h"
#include "arch-x86/cr.h"
#include "arch-x86/msr_table.h"
#include "arch-x86/vmx/defs.h"

/* For KVM_X86_GET_MCE_CAP_SUPPORTED: MCG_CTL_P, MCG_SER_P; and the banks. */
#define VTX_MCG_CAP_SUPPORTED	(BIT_ULL(8) | BIT_ULL(24))
#define VTX_MCE_BANKS		32

/* The most that KVM_GET_MSRS and KVM_SET_MSRS take, and that there may be. */
#define VTX_MAX_MSR_ENTRIES	255
#define VTX_MAX_MSR_LIST	256

/**
 * enum vtx_msr_result - what became of an access
 * @VTX_MSR_OK: do as struct vtx_msr_op says
 * @VTX_MSR_INVALID: #GP: the MSR is there but this may not be done to it
 * @VTX_MSR_UNKNOWN: #GP: there is no such MSR
 */
enum vtx_msr_result {
	VTX_MSR_OK,
	VTX_MSR_INVALID,
	VTX_MSR_UNKNOWN,
};

/**
 * enum vtx_msr_todo - what is left to the caller of an access
 * @VTX_MSR_DO_NOTHING: all is done; a read's value is in the op
 * @VTX_MSR_DO_VMCS: read or write the op's VMCS field
 * @VTX_MSR_DO_HARDWARE: if the vCPU is loaded, the hardware's MSR has, or has
 *	to get, the value; else the op and struct vtx_msrs have it
 * @VTX_MSR_DO_TSC: read or set the guest's TSC; what the guest moves it by,
 *	IA32_TSC_ADJUST moves by too
 * @VTX_MSR_DO_TSC_ADJUST: move the guest's TSC by the difference of value and
 *	old; not if user space wrote it
 * @VTX_MSR_DO_TSC_DEADLINE: arm the APIC's timer
 * @VTX_MSR_DO_APIC_BASE: the APIC was moved, turned on or off
 * @VTX_MSR_DO_X2APIC: read or write the APIC's register at 16 * (index - 0x800)
 * @VTX_MSR_DO_EFER: read EFER or vtx_efer_write()
 * @VTX_MSR_DO_IBPB: an indirect branch predictor barrier, if value has bit 0
 *	and the host's CPU has such a thing
 * @VTX_MSR_DO_PVCLOCK: one of kvmclock's
 * @VTX_MSR_DO_STEAL: where steal time is told, after a write
 * @VTX_MSR_DO_PV_EOI: where the bit for PV EOI is, after a write
 */
enum vtx_msr_todo {
	VTX_MSR_DO_NOTHING,
	VTX_MSR_DO_VMCS,
	VTX_MSR_DO_HARDWARE,
	VTX_MSR_DO_TSC,
	VTX_MSR_DO_TSC_ADJUST,
	VTX_MSR_DO_TSC_DEADLINE,
	VTX_MSR_DO_APIC_BASE,
	VTX_MSR_DO_X2APIC,
	VTX_MSR_DO_EFER,
	VTX_MSR_DO_IBPB,
	VTX_MSR_DO_PVCLOCK,
	VTX_MSR_DO_STEAL,
	VTX_MSR_DO_PV_EOI,
};

/**
 * struct vtx_msr_op - the rest of an access, for the caller to do
 * @todo: what
 * @index: the MSR
 * @field: the VMCS field, with VTX_MSR_DO_VMCS
 * @value: what was read; or what to write, without bits that are ignored
 * @old: a write: what struct vtx_msrs had before, if it has the MSR
 */
struct vtx_msr_op {
	enum vtx_msr_todo	todo;
	u32			index;
	enum vtx_vmcs_field	field;
	u64			value;
	u64			old;
};

/**
 * struct vtx_msrs - the MSRs of one virtual CPU that are nowhere else
 * @value: the values, indexed by enum vtx_msr_slot
 * @cpuid: what the vCPU's CPUID says, or @offered until user space has said
 * @offered: what vtx offers on this machine
 * @limits: what follows from the two
 * @spec_ctrl: the bits that IA32_SPEC_CTRL may have
 */
struct vtx_msrs {
	u64				value[VTX_MSR_SLOTS];
	const struct vtx_cpuid		*cpuid;
	const struct vtx_cpuid		*offered;
	const struct vtx_cr_limits	*limits;
	u64				spec_ctrl;
};

void vtx_msrs_set_cpuid(struct vtx_msrs *msrs, const struct vtx_cpuid *cpuid,
			const struct vtx_cr_limits *limits,
			const struct vtx_cpuid *offered);
void vtx_msrs_reset(struct vtx_msrs *msrs, u64 apic_base,
		    u64 arch_capabilities);
int vtx_msrs_setup_mce(struct vtx_msrs *msrs, u64 mcg_cap);
const u64 *vtx_msr_quick(const struct vtx_msrs *msrs, u32 index);
enum vtx_msr_result vtx_msr_read(const struct vtx_msrs *msrs, u32 index,
				 bool host, struct vtx_msr_op *op);
enum vtx_msr_result vtx_msr_write(struct vtx_msrs *msrs, u32 index, u64 value,
				  bool host, struct vtx_msr_op *op);
u32 vtx_msr_list(const struct vtx_cpuid *offered, bool features, u32 *indices,
		 u32 room);
bool vtx_msr_feature(u32 index, u64 arch_capabilities, u64 *value);
u64 vtx_arch_capabilities(u64 host);
bool vtx_msr_may_pass(const struct vtx_msrs *msrs, u32 index);
void vtx_msr_walk_passed(const struct vtx_msrs *msrs,
			 void (*pass)(void *context, u32 index), void *context);

#endif /* VTX_ARCH_X86_MSR_H */
