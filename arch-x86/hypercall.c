// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls: a guest that knows what it runs on asks for something.
 *
 * The number is in RAX, arguments are in RBX, RCX, RDX and RSI, the result comes
 * back in RAX.  Outside of 64-bit mode each is its low 32 bits.  What a guest may
 * ask for follows from the features of CPUID leaf 0x40000001: a number that needs
 * one which the guest does not have is not known.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/kvm_para.h>

#include "arch-x86/cpuid.h"
#include "arch-x86/hypercall.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/yield.h"

/* Of an ICR */
#define ICR_VECTOR	GENMASK(7, 0)
#define ICR_DELIVERY	GENMASK(10, 8)
#define ICR_LOGICAL	BIT(11)
#define ICR_ASSERT	BIT(14)
#define ICR_LEVEL	BIT(15)
#define ICR_SHORTHAND	GENMASK(19, 18)

/**
 * struct call - a hypercall
 * @nr: its number
 * @arg: its arguments
 * @bits: how many each of them has
 */
struct call {
	u64	nr;
	u64	arg[4];
	int	bits;
};

static void read_call(const struct vtx_vcpu *vcpu, struct call *call)
{
	const u64 *gpr = vcpu->context.regs.gpr;
	bool wide = vtx_guest_64bit(vcpu);
	u64 mask = wide ? ~0ULL : U32_MAX;

	call->bits = wide ? 64 : 32;
	call->nr = gpr[VTX_RAX] & mask;
	call->arg[0] = gpr[VTX_RBX] & mask;
	call->arg[1] = gpr[VTX_RCX] & mask;
	call->arg[2] = gpr[VTX_RDX] & mask;
	call->arg[3] = gpr[VTX_RSI] & mask;
}

/* The vCPU with this APIC id, NULL if there is none. */
static struct vtx_vcpu *find(struct vtx_vcpu *vcpu, u64 id)
{
	if (!vtx_vcpu_has_lapic(vcpu) || id > U32_MAX)
		return NULL;
	return vtx_irqchip_find(vcpu->irqchip, id);
}

/* KVM_HC_KICK_CPU: end the halt of another vCPU, or its next one. */
static u64 kick_cpu(struct vtx_vcpu *vcpu, const struct call *call)
{
	struct vtx_vcpu *target = find(vcpu, call->arg[1]);

	if (target) {
		WRITE_ONCE(target->unhalted, true);
		vtx_vcpu_request(target, VTX_REQ_EVENT);
	}
	return 0;
}

/* KVM_HC_SCHED_YIELD: to a vCPU that has just been sent an IPI. */
static u64 sched_yield(struct vtx_vcpu *vcpu, const struct call *call)
{
	struct vtx_vcpu *target = find(vcpu, call->arg[0]);

	if (target)
		vtx_yield_ask(vcpu, target);
	return 0;
}

static u64 send_to(struct vtx_vcpu *vcpu, struct vtx_apic_message *message,
		   unsigned long ids, u64 first)
{
	u64 taken = 0;
	int bit;

	for_each_set_bit(bit, &ids, BITS_PER_LONG) {
		message->dest = first + bit;
		taken += vtx_irqchip_send(vcpu->irqchip, NULL, message);
	}
	return taken;
}

/*
 * KVM_HC_SEND_IPI: one interrupt to up to 128 vCPUs, whose APIC ids follow one
 * another: a bit for each.  Returns how many have taken it.
 */
static u64 send_ipi(struct vtx_vcpu *vcpu, const struct call *call)
{
	u64 min = (u32)call->arg[2], icr = call->arg[3];
	struct vtx_apic_message message = {
		.everybody	= VTX_X2APIC_ALL,
		.vector		= icr & ICR_VECTOR,
		.delivery	= FIELD_GET(ICR_DELIVERY, icr),
		.level		= icr & ICR_LEVEL,
		.deassert	= !(icr & ICR_ASSERT),
	};

	if (icr & (ICR_SHORTHAND | ICR_LOGICAL))
		return -KVM_EINVAL;
	if (!vtx_vcpu_has_lapic(vcpu))
		return -KVM_EOPNOTSUPP;
	if (min >= VTX_MAX_VCPU_ID)
		return 0;
	return send_to(vcpu, &message, call->arg[0], min) +
	       send_to(vcpu, &message, call->arg[1], min + call->bits);
}

static bool has(const struct vtx_vcpu *vcpu, enum vtx_cpuid_feature feature)
{
	return vtx_cpuid_has(&vcpu->cpuid, feature);
}

static u64 answer_of(struct vtx_vcpu *vcpu, const struct call *call)
{
	switch (call->nr) {
	case KVM_HC_VAPIC_POLL_IRQ:
		/* That the guest exits is all that it wants. */
		return 0;
	case KVM_HC_KICK_CPU:
		if (has(vcpu, VTX_CPUID_KVM_PV_UNHALT))
			return kick_cpu(vcpu, call);
		break;
	case KVM_HC_SEND_IPI:
		if (has(vcpu, VTX_CPUID_KVM_PV_SEND_IPI))
			return send_ipi(vcpu, call);
		break;
	case KVM_HC_SCHED_YIELD:
		if (has(vcpu, VTX_CPUID_KVM_PV_SCHED_YIELD))
			return sched_yield(vcpu, call);
		break;
	}
	return -KVM_ENOSYS;
}

/**
 * vtx_hypercall() - a guest has executed VMCALL, or VMMCALL
 * @vcpu: the vCPU, loaded
 *
 * RIP is for the caller to move.
 */
void vtx_hypercall(struct vtx_vcpu *vcpu)
{
	struct call call;
	u64 answer;

	read_call(vcpu, &call);
	/* The instruction itself is allowed at every privilege level. */
	answer = vtx_guest_cpl(vcpu) ? -KVM_EPERM : answer_of(vcpu, &call);
	vcpu->context.regs.gpr[VTX_RAX] = call.bits == 64 ? answer :
							    (u32)answer;
	vcpu->stats.hypercalls++;
}
