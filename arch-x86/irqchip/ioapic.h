/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IOAPIC, as a state machine over its registers.
 *
 * Nothing here knows a local APIC, a lock or a clock: what is to be sent goes
 * through struct vtx_ioapic_ops.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_IOAPIC_H
#define VTX_ARCH_X86_IRQCHIP_IOAPIC_H

#include <linux/kvm.h>
#include <linux/types.h>

struct vtx_apic_message;
struct vtx_ioapic;

#define VTX_IOAPIC_PINS		24
#define VTX_IOAPIC_BASE		0xfec00000ULL
#define VTX_IOAPIC_SIZE		0x100

/* A PC's real-time clock; edge-triggered, and never lost, see vtx_ioapic_set(). */
#define VTX_IOAPIC_RTC_PIN	8

/**
 * struct vtx_ioapic_ops - what an IOAPIC wants done
 * @send: send a message to local APICs.  Return: how many have taken it.
 * @in_flight: is there an APIC meant by the message that has taken its vector,
 *	and not ended it yet?
 *
 * Both are called with whatever lock protects the IOAPIC, and must not call it.
 */
struct vtx_ioapic_ops {
	int (*send)(struct vtx_ioapic *ioapic,
		    const struct vtx_apic_message *message);
	bool (*in_flight)(struct vtx_ioapic *ioapic,
			  const struct vtx_apic_message *message);
};

/**
 * struct vtx_ioapic - an IOAPIC
 * @ops: (i) what it wants done
 * @redirection: the redirection table
 * @sources: for each pin, a mask of who asserts it
 * @irr: mask of pins that are asserted, or were by an edge that waits
 * @delivered: of @irr, edges that have been delivered: only a new one counts
 * @resampled: mask of pins whose level can be asked for: see vtx_ioapic_write()
 * @select: IOREGSEL
 * @id: its id, 4 bits
 *
 * (i) constant; all else: one user at a time
 */
struct vtx_ioapic {
	const struct vtx_ioapic_ops	*ops;
	u64				redirection[VTX_IOAPIC_PINS];
	unsigned long			sources[VTX_IOAPIC_PINS];
	u32				irr;
	u32				delivered;
	u32				resampled;
	u8				select;
	u8				id;
};

void vtx_ioapic_init(struct vtx_ioapic *ioapic,
		     const struct vtx_ioapic_ops *ops);
u32 vtx_ioapic_read(const struct vtx_ioapic *ioapic, u32 offset);
u32 vtx_ioapic_write(struct vtx_ioapic *ioapic, u32 offset, u32 value);
int vtx_ioapic_set(struct vtx_ioapic *ioapic, unsigned int pin,
		   unsigned int source, bool level, bool status);
u32 vtx_ioapic_pins_of(const struct vtx_ioapic *ioapic, u8 vector);
void vtx_ioapic_end(struct vtx_ioapic *ioapic, u32 pins);
u8 vtx_ioapic_vector(const struct vtx_ioapic *ioapic, unsigned int pin);
void vtx_ioapic_get_state(const struct vtx_ioapic *ioapic,
			  struct kvm_ioapic_state *state);
void vtx_ioapic_set_state(struct vtx_ioapic *ioapic,
			  const struct kvm_ioapic_state *state);

#endif /* VTX_ARCH_X86_IRQCHIP_IOAPIC_H */
