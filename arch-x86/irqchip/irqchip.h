/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt controllers of a VM: what all others see of them.
 *
 * A VM has local APICs and PICs if user space asked for them before its first
 * vCPU (KVM_CREATE_IRQCHIP); then vcpu->lapic is not NULL.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_IRQCHIP_H
#define VTX_ARCH_X86_IRQCHIP_IRQCHIP_H

#include <linux/atomic.h>
#include <linux/kvm.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "arch-x86/irqchip/lapic.h"
#include "arch-x86/vcpu.h"

struct vtx_apics;
struct vtx_io_bus;
struct vtx_ioapic_dev;
struct vtx_pic;
struct vtx_pit_dev;
struct vtx_routes;

/* What KVM_CAP_X2APIC_API can enable. */
#define VTX_X2APIC_API_FLAGS	(KVM_X2APIC_API_USE_32BIT_IDS |		\
				 KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK)

#define VTX_VECTORS		256

#define VTX_X2APIC_MSR		0x800
#define VTX_X2APIC_MSRS		0x100

/* No vector: the PIC says which, when its interrupt is acknowledged. */
#define VTX_EXTINT		0x100

/**
 * struct vtx_irqchip - the interrupt controllers of a VM
 * @created: (l) user space asked for them: for all, or for local APICs
 * @split: (l) for local APICs only: PICs and IOAPIC are its own
 * @user_pins: (l) then: GSIs below are the pins of its IOAPIC
 * @x2apic_api: (w) KVM_X2APIC_API_*, which user space has enabled
 * @apics: (r) the local APICs, NULL if there are none
 * @strays: (a) how many of them, of those that are on, have another id than
 *	their vCPU
 * @xapics: (a) how many of them are in xAPIC mode
 * @pic: (l) the PICs
 * @pic_ended: (l) told when the handling of the interrupt of one of the PICs'
 *	pins, 0 to 15, has ended; any context, no lock held; NULL for nobody
 * @pit: (w) the PIT, NULL if there is none
 * @extint: (p) the PICs have an interrupt for who takes it by ExtINT
 * @ioapic: (l) the IOAPIC, NULL if there is none
 * @acked_vectors: (a) vectors of edges whose end somebody wants to know
 * @lock: held to change @routes and @acks
 * @routes: (u) the routes, NULL if there are none
 * @acks: (u) those that want to know when interrupts were handled
 *
 * (l) written under the VM's lock, before there are vCPUs
 * (w) written under the VM's lock, read by anybody
 * (r) RCU; written under the VM's lock
 * (u) RCU; written under @lock
 * (a) atomic, by anybody
 * (p) written under the PICs' lock, read by anybody
 */
struct vtx_irqchip {
	bool			created;
	bool			split;
	u32			user_pins;
	u32			x2apic_api;
	struct vtx_apics __rcu	*apics;
	atomic_t		strays;
	atomic_t		xapics;
	struct vtx_pic		*pic;
	void			(*pic_ended)(struct vtx_irqchip *irqchip,
					     unsigned int pin);
	struct vtx_pit_dev	*pit;
	bool			extint;
	struct vtx_ioapic_dev	*ioapic;
	unsigned long		acked_vectors[BITS_TO_LONGS(VTX_VECTORS)];
	struct mutex		lock;	/* writers */
	struct vtx_routes __rcu	*routes;
	struct hlist_head	acks;
};

/* The VM's. */
void vtx_irqchip_init(struct vtx_irqchip *irqchip);
int vtx_irqchip_create(struct vtx_irqchip *irqchip, struct vtx_io_bus *pio,
		       struct vtx_io_bus *mmio);
int vtx_irqchip_split(struct vtx_irqchip *irqchip, u64 pins);
int vtx_get_irqchip(struct vtx_irqchip *irqchip, struct kvm_irqchip *chip);
int vtx_set_irqchip(struct vtx_irqchip *irqchip,
		    const struct kvm_irqchip *chip);
void vtx_irqchip_destroy(struct vtx_irqchip *irqchip);
int vtx_irqchip_set_x2apic_api(struct vtx_irqchip *irqchip, u64 flags);
int vtx_irqchip_reserve(struct vtx_irqchip *irqchip, u32 id);
void vtx_irqchip_add(struct vtx_irqchip *irqchip, struct vtx_vcpu *vcpu);
struct vtx_vcpu *vtx_irqchip_find(struct vtx_irqchip *irqchip, u32 id);
int vtx_irqchip_send(struct vtx_irqchip *irqchip, struct vtx_lapic *source,
		     const struct vtx_apic_message *message);

/* A vCPU's, with a local APIC. */
void vtx_irqchip_eoi(struct vtx_vcpu *vcpu, u8 vector, bool level);

/* A vCPU's.  But for the first, only if it has a local APIC. */
int vtx_vcpu_lapic_create(struct vtx_vcpu *vcpu);
void vtx_vcpu_lapic_free(struct vtx_vcpu *vcpu);
void vtx_vcpu_lapic_power_up(struct vtx_vcpu *vcpu);
void vtx_vcpu_lapic_init(struct vtx_vcpu *vcpu);
void vtx_vcpu_lapic_set_base(struct vtx_vcpu *vcpu, u64 old, u64 apic_base,
			     bool host);
void vtx_vcpu_lapic_eoi(struct vtx_vcpu *vcpu);
int vtx_vcpu_lapic_rdmsr(struct vtx_vcpu *vcpu, u32 index, u64 *value);
int vtx_vcpu_lapic_wrmsr(struct vtx_vcpu *vcpu, u32 index, u64 value);
bool vtx_vcpu_lapic_mmio_read(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
			      void *value);
bool vtx_vcpu_lapic_mmio_write(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
			       const void *value);

/* For user space; with the vCPU's lock held. */
int vtx_get_lapic(struct vtx_vcpu *vcpu, struct kvm_lapic_state *state);
int vtx_set_lapic(struct vtx_vcpu *vcpu, const struct kvm_lapic_state *state);

/**
 * vtx_irqchip_present() - does the kernel have interrupt controllers?
 * @irqchip: the VM's; anybody's
 *
 * Return: true if local APICs, at least, are the kernel's; then whatever else
 * there is can be used.
 */
static inline bool vtx_irqchip_present(const struct vtx_irqchip *irqchip)
{
	/* Pairs with vtx_irqchip_create() and vtx_irqchip_split(). */
	return smp_load_acquire(&irqchip->created);
}

/**
 * vtx_irqchip_whole() - are PICs and IOAPIC the kernel's too?
 * @irqchip: the VM's; anybody's
 *
 * Return: true if so.
 */
static inline bool vtx_irqchip_whole(const struct vtx_irqchip *irqchip)
{
	return vtx_irqchip_present(irqchip) && !irqchip->split;
}

/**
 * vtx_vcpu_has_lapic() - is the local APIC the kernel's?
 * @vcpu: the vCPU
 *
 * Return: true if so; false if interrupts are user space's affair.
 */
static inline bool vtx_vcpu_has_lapic(const struct vtx_vcpu *vcpu)
{
	return vcpu->lapic;
}

/**
 * vtx_vcpu_interrupt() - the interrupt that comes next
 * @vcpu: the vCPU, the caller's own, with or without a local APIC
 *
 * Return: its vector; VTX_EXTINT if it is the PIC's; or -1 if there is none, or
 * priorities hold it up.
 */
static inline int vtx_vcpu_interrupt(struct vtx_vcpu *vcpu)
{
	if (!vcpu->lapic)
		return -1;
	if (unlikely(READ_ONCE(vcpu->irqchip->extint) ||
		     vcpu->event.extint_pending) &&
	    vtx_lapic_takes_extint(vcpu->lapic))
		return VTX_EXTINT;
	return vtx_lapic_deliverable(vcpu->lapic);
}

/**
 * vtx_vcpu_has_user_pic() - do interrupts come by KVM_INTERRUPT?
 * @vcpu: the vCPU, with or without a local APIC
 *
 * Return: true if all do, or the PIC is user space's and this vCPU takes its
 * interrupts.
 */
static inline bool vtx_vcpu_has_user_pic(const struct vtx_vcpu *vcpu)
{
	return !vcpu->lapic || (vcpu->irqchip->split &&
				vtx_lapic_takes_extint(vcpu->lapic));
}

/**
 * vtx_vcpu_has_kernel_pic() - is there nothing to do for KVM_INTERRUPT?
 * @vcpu: the vCPU, with or without a local APIC
 *
 * Return: true if all interrupt controllers are the kernel's.
 */
static inline bool vtx_vcpu_has_kernel_pic(const struct vtx_vcpu *vcpu)
{
	return vcpu->lapic && !vcpu->irqchip->split;
}

/**
 * vtx_vcpu_get_cr8() - CR8
 * @vcpu: the vCPU, with or without a local APIC
 *
 * Return: the class of the task priority.
 */
static inline u64 vtx_vcpu_get_cr8(const struct vtx_vcpu *vcpu)
{
	return vcpu->lapic ? vtx_lapic_reg(vcpu->lapic, VTX_LAPIC_TPR) >> 4 :
			     vcpu->cr8;
}

/**
 * vtx_vcpu_set_cr8() - write CR8
 * @vcpu: the vCPU, the caller's own, with or without a local APIC
 * @cr8: the class of the task priority, 0 to 15
 */
static inline void vtx_vcpu_set_cr8(struct vtx_vcpu *vcpu, u64 cr8)
{
	if (!vcpu->lapic)
		vcpu->cr8 = cr8;
	else if (vtx_lapic_set_tpr(vcpu->lapic, cr8 << 4))
		vcpu->event.look = true;
}

/**
 * vtx_vcpu_is_x2apic_msr() - is it a register of the local APIC?
 * @vcpu: the vCPU, with or without a local APIC
 * @index: an MSR
 *
 * Return: true if so, and the APIC is in x2APIC mode.
 */
static inline bool vtx_vcpu_is_x2apic_msr(const struct vtx_vcpu *vcpu,
					  u32 index)
{
	return index - VTX_X2APIC_MSR < VTX_X2APIC_MSRS && vcpu->lapic &&
	       vcpu->lapic->mode == VTX_APIC_X2APIC;
}

/**
 * vtx_vcpu_lapic_has() - is it where the local APIC's registers are?
 * @vcpu: the vCPU, with or without a local APIC
 * @gpa: a guest-physical address
 *
 * Return: true if so, also if the APIC is off or in x2APIC mode.
 */
static inline bool vtx_vcpu_lapic_has(const struct vtx_vcpu *vcpu, u64 gpa)
{
	return vcpu->lapic && (gpa & PAGE_MASK) == vcpu->lapic->base;
}

/**
 * vtx_vcpu_startup_asked() - has an INIT or a startup IPI come?
 * @vcpu: the vCPU, with or without a local APIC
 *
 * Return: true if so.
 */
static inline bool vtx_vcpu_startup_asked(const struct vtx_vcpu *vcpu)
{
	return vcpu->lapic && READ_ONCE(vcpu->lapic->arrivals);
}

#endif /* VTX_ARCH_X86_IRQCHIP_IRQCHIP_H */
