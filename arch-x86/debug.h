/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debugging: by the guest, with its debug registers and RFLAGS.TF, and by user
 * space, with KVM_SET_GUEST_DEBUG.
 */
#ifndef VTX_ARCH_X86_DEBUG_H
#define VTX_ARCH_X86_DEBUG_H

#include <linux/bits.h>
#include <linux/kvm.h>
#include <linux/types.h>

#include "arch-x86/vcpu.h"

/* What KVM_SET_GUEST_DEBUG takes. */
#define VTX_DEBUG_CONTROLS						\
	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP |		\
	 KVM_GUESTDBG_USE_SW_BP | KVM_GUESTDBG_USE_HW_BP |		\
	 KVM_GUESTDBG_INJECT_DB | KVM_GUESTDBG_INJECT_BP |		\
	 KVM_GUESTDBG_BLOCKIRQ)

/* Breakpoints that DR7 enables, and general detect. */
#define VTX_DR7_ENABLED		0xffU
#define VTX_DR7_GD		BIT(13)
#define VTX_DR6_BD		BIT(13)

/* Bits that always read as 1, as far as vtx offers nothing that clears them. */
#define VTX_DR6_FIXED		0xffff0ff0ULL
#define VTX_DR7_FIXED		0x400ULL

/* SDM 3B "Debug Registers": what a guest can write; the last needs RTM. */
#define VTX_DR7_WRITABLE	0xffff2bffULL
#define VTX_DR6_WRITABLE	0xe00fULL
#define VTX_DR6_RTM		BIT_ULL(16)

/**
 * vtx_dr6_value() - what DR6 holds after a write
 * @value: what is written, its upper 32 bits 0
 * @rtm: the guest has RTM
 *
 * Return: the value with the bits that cannot be written.
 */
static inline u64 vtx_dr6_value(u64 value, bool rtm)
{
	u64 writable = VTX_DR6_WRITABLE | (rtm ? VTX_DR6_RTM : 0);

	return (value & writable) | (VTX_DR6_FIXED & ~writable);
}

/**
 * vtx_dr7_value() - what DR7 holds after a write
 * @value: what is written, its upper 32 bits 0
 *
 * Return: the value with the bits that cannot be written.
 */
static inline u64 vtx_dr7_value(u64 value)
{
	return (value & VTX_DR7_WRITABLE) | VTX_DR7_FIXED;
}

/**
 * vtx_dr6_of_event() - DR6 when nothing else has happened
 * @event: what has happened, in the format of pending debug exceptions: bit 16
 *	means RTM, not its absence
 *
 * Return: DR6.
 */
static inline u64 vtx_dr6_of_event(u64 event)
{
	return (VTX_DR6_FIXED | event) ^ (event & VTX_DR6_RTM);
}

int vtx_set_guest_debug(struct vtx_vcpu *vcpu,
			const struct kvm_guest_debug *debug);
void vtx_debug_reset(struct vtx_vcpu *vcpu);
void vtx_update_exception_bitmap(struct vtx_vcpu *vcpu);
void vtx_debug_load(struct vtx_vcpu *vcpu);
void vtx_debug_unload(struct vtx_vcpu *vcpu);
void vtx_debug_give(struct vtx_vcpu *vcpu);
void vtx_debug_dr7_changed(struct vtx_vcpu *vcpu);
void vtx_debug_delivered(struct vtx_vcpu *vcpu);
void vtx_debug_fix_pending(struct vtx_vcpu *vcpu);
enum vtx_result vtx_debug_exit(struct vtx_vcpu *vcpu, u8 vector, u64 dr6);
enum vtx_result vtx_debug_exception(struct vtx_vcpu *vcpu, u8 vector);
bool vtx_debug_skipped(struct vtx_vcpu *vcpu);
void vtx_debug_skip_to_user(struct vtx_vcpu *vcpu);
u64 vtx_guest_rflags(const struct vtx_vcpu *vcpu);
void vtx_set_guest_rflags(struct vtx_vcpu *vcpu, u64 rflags);

/**
 * vtx_debug_enter() - the inner loop begins
 * @vcpu: the vCPU, loaded
 */
static inline void vtx_debug_enter(struct vtx_vcpu *vcpu)
{
	if (unlikely(vcpu->debug.control || (vcpu->dr7 & VTX_DR7_ENABLED)))
		vtx_debug_load(vcpu);
}

/**
 * vtx_debug_leave() - the inner loop ends
 * @vcpu: the vCPU, loaded
 */
static inline void vtx_debug_leave(struct vtx_vcpu *vcpu)
{
	if (unlikely(vcpu->context.debug_direct))
		vtx_debug_unload(vcpu);
}

#endif /* VTX_ARCH_X86_DEBUG_H */
