/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMX instructions that vtx uses, one function each, and nothing else.
 *
 * A VMX instruction fails in two ways: VMfail, reported in RFLAGS (CF: no
 * current VMCS, ZF: with an error number in it), and a fault, #UD or #GP, when
 * the CPU is not in VMX operation at all or an operand is wrong (SDM 3C
 * "Conventions" in "VMX Instruction Reference").  Both come back as an errno:
 * -EIO for VMfail, -EFAULT for a fault.  Neither may bring the host down.
 */
#ifndef VTX_ARCH_X86_VMX_INSN_H
#define VTX_ARCH_X86_VMX_INSN_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

#include <asm/asm.h>

/*
 * CF or ZF set is VMfail ("jbe").  The goto labels belong to the function that
 * the macro is expanded in, which therefore must be inlined as a whole.
 */
#define VTX_INSN(insn, ...)						\
	asm goto("1: " insn "\n\t"					\
		 "jbe %l[vmfail]\n\t"					\
		 _ASM_EXTABLE(1b, %l[fault])				\
		 : : __VA_ARGS__ : "cc", "memory" : vmfail, fault);	\
	return 0;							\
vmfail:									\
	return -EIO;							\
fault:									\
	return -EFAULT

/**
 * vtx_vmxon() - enter VMX operation on this CPU
 * @region: physical address of the VMXON region, 4-KiB aligned, its first word
 *	holding the VMCS revision identifier; the CPU owns it until VMXOFF
 *
 * CR4.VMXE must be set; the caller keeps the task on this CPU.
 *
 * Return: 0, -EIO after VMfail (already in VMX operation, or a bad region), or
 * -EFAULT after #UD or #GP.
 */
static __always_inline int vtx_vmxon(phys_addr_t region)
{
	VTX_INSN("vmxon %[region]", [region] "m" (region));
}

/**
 * vtx_vmxoff() - leave VMX operation on this CPU
 *
 * May be called in any context, an NMI included.
 *
 * Return: 0, -EIO after VMfail (an SMI handler holds the dual-monitor
 * treatment), or -EFAULT if the CPU was not in VMX operation.
 */
static __always_inline int vtx_vmxoff(void)
{
	VTX_INSN("vmxoff");
}

/**
 * enum vtx_inv_type - how much INVEPT or INVVPID throws away
 * @VTX_INV_SINGLE: what belongs to one EPTP or VPID
 * @VTX_INV_ALL: what belongs to any EPTP, or any VPID but 0
 *
 * SDM 3C, "INVEPT" and "INVVPID".
 */
enum vtx_inv_type {
	VTX_INV_SINGLE	= 1,
	VTX_INV_ALL	= 2,
};

/**
 * vtx_invept() - drop cached translations that came from EPT
 * @type: how much
 * @eptp: the EPTP that @type speaks of, 0 for VTX_INV_ALL
 *
 * Return: 0, -EIO for an unsupported @type, or -EFAULT outside VMX operation.
 */
static __always_inline int vtx_invept(enum vtx_inv_type type, u64 eptp)
{
	struct { u64 eptp, reserved; } descriptor = { eptp, 0 };

	VTX_INSN("invept %[descriptor], %[type]",
		 [descriptor] "m" (descriptor), [type] "r" ((u64)type));
}

/**
 * vtx_invvpid() - drop cached translations tagged with a VPID
 * @type: how much
 * @vpid: the VPID that @type speaks of, 0 for VTX_INV_ALL
 *
 * Return: 0, -EIO for an unsupported @type, or -EFAULT outside VMX operation.
 */
static __always_inline int vtx_invvpid(enum vtx_inv_type type, u16 vpid)
{
	struct { u64 vpid, gva; } descriptor = { vpid, 0 };

	VTX_INSN("invvpid %[descriptor], %[type]",
		 [descriptor] "m" (descriptor), [type] "r" ((u64)type));
}

/**
 * vtx_vmclear() - write a VMCS back to memory and make it clear
 * @region: physical address of the VMCS
 *
 * Afterwards no CPU caches any of it, and it is not current if it was.
 *
 * Return: 0, -EIO after VMfail (bad address), or -EFAULT outside VMX operation.
 */
static __always_inline int vtx_vmclear(phys_addr_t region)
{
	VTX_INSN("vmclear %[region]", [region] "m" (region));
}

/**
 * vtx_vmptrld() - make a VMCS current on this CPU
 * @region: physical address of the VMCS, its first word holding the VMCS
 *	revision identifier
 *
 * Return: 0, -EIO after VMfail (bad address or revision), or -EFAULT outside
 * VMX operation.
 */
static __always_inline int vtx_vmptrld(phys_addr_t region)
{
	VTX_INSN("vmptrld %[region]", [region] "m" (region));
}

/**
 * vtx_vmread() - read a field of the current VMCS
 * @field: its encoding
 * @value: receives it, zero-extended; unchanged after an error
 *
 * Return: 0, -EIO after VMfail (no current VMCS, or no such field), or -EFAULT
 * outside VMX operation.
 */
static __always_inline int vtx_vmread(u64 field, u64 *value)
{
	u64 out;

	/* The empty asm keeps gcc from losing the output (its PR 110420). */
	asm volatile goto("1: vmread %[field], %[out]\n\t"
			  "jbe %l[vmfail]\n\t"
			  _ASM_EXTABLE(1b, %l[fault])
			  : [out] "=r" (out) : [field] "r" (field)
			  : "cc" : vmfail, fault);
	asm volatile("");
	*value = out;
	return 0;
vmfail:
	return -EIO;
fault:
	return -EFAULT;
}

/**
 * vtx_vmwrite() - write a field of the current VMCS
 * @field: its encoding
 * @value: what to write; bits beyond the field's width are ignored
 *
 * Return: 0, -EIO after VMfail (no current VMCS, no such field, or one that is
 * read-only), or -EFAULT outside VMX operation.
 */
static __always_inline int vtx_vmwrite(u64 field, u64 value)
{
	VTX_INSN("vmwrite %[value], %[field]",
		 [value] "rm" (value), [field] "r" (field));
}

#endif /* VTX_ARCH_X86_VMX_INSN_H */
