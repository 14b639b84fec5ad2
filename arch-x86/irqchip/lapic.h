/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A local APIC, as a state machine over its registers.
 *
 * Nothing here knows a vCPU, a clock or another APIC: what is to be done there
 * is told to the caller.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_LAPIC_H
#define VTX_ARCH_X86_IRQCHIP_LAPIC_H

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/kvm.h>
#include <linux/types.h>

#include "arch-x86/irqchip/lapic_regs.h"
#include "arch-x86/irqchip/lapic_timer.h"

struct vtx_vcpu;

#define VTX_LAPIC_MASKED	BIT(16)
#define VTX_LAPIC_VECTOR	GENMASK(7, 0)
#define VTX_LAPIC_DELIVERY	GENMASK(10, 8)	/* in LVT entries */
#define VTX_LAPIC_SW_ENABLED	BIT(8)		/* in SVR */
#define VTX_LAPIC_TIMER_MODE	GENMASK(18, 17)	/* in LVT_TIMER */

/* Bits of struct vtx_lapic's @arrivals. */
#define VTX_LAPIC_ARRIVED_INIT		0
#define VTX_LAPIC_ARRIVED_STARTUP	1

/* Destinations that mean everybody: from xAPIC mode, and from x2APIC mode. */
#define VTX_APIC_ALL		0xffU
#define VTX_X2APIC_ALL		0xffffffffU

/**
 * enum vtx_apic_mode - what IA32_APIC_BASE has made of an APIC
 * @VTX_APIC_OFF: it is off
 * @VTX_APIC_XAPIC: registers in memory
 * @VTX_APIC_X2APIC: registers are MSRs
 */
enum vtx_apic_mode {
	VTX_APIC_OFF,
	VTX_APIC_XAPIC,
	VTX_APIC_X2APIC,
};

/**
 * enum vtx_apic_delivery - delivery modes, as in ICR bits 10:8
 * @VTX_APIC_FIXED: the vector, to all in the destination
 * @VTX_APIC_LOWEST: the vector, to one of them
 * @VTX_APIC_SMI: system management
 * @VTX_APIC_REMOTE_READ: reserved, since there is no such thing any more
 * @VTX_APIC_NMI: NMI
 * @VTX_APIC_INIT: INIT
 * @VTX_APIC_STARTUP: startup IPI; the vector is where to start
 * @VTX_APIC_EXTINT: the vector is the PIC's to say; reserved in the ICR
 */
enum vtx_apic_delivery {
	VTX_APIC_FIXED,
	VTX_APIC_LOWEST,
	VTX_APIC_SMI,
	VTX_APIC_REMOTE_READ,
	VTX_APIC_NMI,
	VTX_APIC_INIT,
	VTX_APIC_STARTUP,
	VTX_APIC_EXTINT,
};

/**
 * enum vtx_apic_shorthand - destination shorthands, as in ICR bits 19:18
 * @VTX_APIC_DEST: none: the destination field counts
 * @VTX_APIC_SELF: the sender
 * @VTX_APIC_ALL_INCLUDING: everybody
 * @VTX_APIC_ALL_BUT_SELF: everybody else
 */
enum vtx_apic_shorthand {
	VTX_APIC_DEST,
	VTX_APIC_SELF,
	VTX_APIC_ALL_INCLUDING,
	VTX_APIC_ALL_BUT_SELF,
};

/**
 * struct vtx_apic_message - an interrupt on its way to APICs
 * @dest: destination, without a shorthand
 * @everybody: the @dest that means all of them; 0xff, or all ones from x2APIC
 *	mode
 * @delivery: how
 * @shorthand: to whom, but @dest
 * @vector: its vector
 * @logical: @dest is compared with logical ids, not with ids
 * @level: level-triggered: the end of its handling is to be announced
 * @deassert: the end of a level, which only ever meant something to INIT
 */
struct vtx_apic_message {
	u32			dest;
	u32			everybody;
	enum vtx_apic_delivery	delivery;
	enum vtx_apic_shorthand	shorthand;
	u8			vector;
	bool			logical;
	bool			level;
	bool			deassert;
};

/**
 * enum vtx_lapic_todo - what is left to the caller of a write; a mask
 * @VTX_LAPIC_DO_SEND: send what vtx_lapic_icr_message() says
 * @VTX_LAPIC_DO_LOOK: there may be an interrupt now that can be delivered
 * @VTX_LAPIC_DO_EOI: a level-triggered interrupt has ended: its vector is in
 *	@eoi of struct vtx_lapic
 * @VTX_LAPIC_DO_TIMER_MODE: LVT_TIMER was written
 * @VTX_LAPIC_DO_TIMER_START: TIMER_INITIAL was written
 * @VTX_LAPIC_DO_TIMER_DIVIDE: TIMER_DIVIDE was written
 * @VTX_LAPIC_DO_ID: the id that it answers to is another
 * @VTX_LAPIC_DO_ACK: an edge-triggered interrupt has ended that is in
 *	@acked_vectors; its vector is in @eoi
 */
enum vtx_lapic_todo {
	VTX_LAPIC_DO_SEND		= BIT(0),
	VTX_LAPIC_DO_LOOK		= BIT(1),
	VTX_LAPIC_DO_EOI		= BIT(2),
	VTX_LAPIC_DO_TIMER_MODE		= BIT(3),
	VTX_LAPIC_DO_TIMER_START	= BIT(4),
	VTX_LAPIC_DO_TIMER_DIVIDE	= BIT(5),
	VTX_LAPIC_DO_ID			= BIT(6),
	VTX_LAPIC_DO_ACK		= BIT(7),
};

/**
 * struct vtx_lapic - a local APIC
 * @regs: (i) a page: the registers in the layout of xAPIC mode; in x2APIC mode
 *	ICR has the lower half and ICR2 the upper.  (o) but for IRR and TMR, which
 *	are (a)
 * @vcpu: (i) whose it is; nothing here looks into it
 * @x2apic_id: (i) its id in x2APIC mode, the vCPU's id
 * @mode: (r) what IA32_APIC_BASE says
 * @id: (r) the id that it answers to
 * @base: (o) where its registers are in memory, in xAPIC mode
 * @irr_words: (a) mask of the words of IRR that may have a bit set
 * @isr_words: (o) mask of the words of ISR that have one
 * @errors: (a) what ESR will show when it is written next
 * @arrivals: (a) VTX_LAPIC_ARRIVED_*: what has come that is no interrupt
 * @start_vector: (a) that of the last startup IPI
 * @eoi: (o) with VTX_LAPIC_DO_EOI and VTX_LAPIC_DO_ACK
 * @acked_vectors: (i) 256 bits that anybody may change: edges whose end is to be
 *	told; NULL for none
 * @deadline_mode: (o) the timer has TSC-deadline mode
 * @stray: (o) counted in its VM's @strays
 * @xapic: (o) counted in its VM's @xapics
 * @timer: its timer
 *
 * (i) constant from creation on
 * (o) the vCPU's owner's
 * (r) written by the owner, read by anybody
 * (a) atomic, by anybody
 */
struct vtx_lapic {
	u32			*regs;
	struct vtx_vcpu		*vcpu;
	u32			x2apic_id;
	enum vtx_apic_mode	mode;
	u32			id;
	u64			base;
	unsigned long		irr_words;
	unsigned long		isr_words;
	atomic_t		errors;
	unsigned long		arrivals;
	u8			start_vector;
	u8			eoi;
	const unsigned long	*acked_vectors;
	bool			deadline_mode;
	bool			stray;
	bool			xapic;
	struct vtx_lapic_timer	timer;
};

void vtx_lapic_power_up(struct vtx_lapic *lapic, bool first);
void vtx_lapic_init(struct vtx_lapic *lapic);
void vtx_lapic_set_mode(struct vtx_lapic *lapic, u64 apic_base);
bool vtx_lapic_read(struct vtx_lapic *lapic, u32 offset, u32 *value);
int vtx_lapic_write(struct vtx_lapic *lapic, u32 offset, u32 value);
int vtx_lapic_illegal(struct vtx_lapic *lapic);
int vtx_lapic_write_icr(struct vtx_lapic *lapic, u64 value);
void vtx_lapic_icr_message(const struct vtx_lapic *lapic,
			   struct vtx_apic_message *message);
bool vtx_lapic_post(struct vtx_lapic *lapic, u8 vector, bool level);
bool vtx_lapic_receive(struct vtx_lapic *lapic, u8 vector, bool level);
bool vtx_lapic_post_lvt(struct vtx_lapic *lapic, enum vtx_lapic_reg lvt);
bool vtx_lapic_matches(const struct vtx_lapic *lapic,
		       const struct vtx_apic_message *message);
int vtx_lapic_highest(struct vtx_lapic *lapic);
void vtx_lapic_accept(struct vtx_lapic *lapic, u8 vector);
bool vtx_lapic_end_may_wait(struct vtx_lapic *lapic);
int vtx_lapic_set_tpr(struct vtx_lapic *lapic, u8 tpr);
void vtx_lapic_get_state(const struct vtx_lapic *lapic,
			 struct kvm_lapic_state *state, bool long_ids);
bool vtx_lapic_state_valid(const struct vtx_lapic *lapic,
			   const struct kvm_lapic_state *state, bool long_ids);
void vtx_lapic_set_state(struct vtx_lapic *lapic,
			 const struct kvm_lapic_state *state);

/* SDM 3A "Deriving Logical x2APIC ID from the Local x2APIC ID" */
#define VTX_X2APIC_LDR_CLUSTER	GENMASK(31, 16)
#define VTX_X2APIC_LDR_MEMBER	GENMASK(15, 0)

/**
 * vtx_x2apic_ldr() - the logical id in x2APIC mode
 * @id: the id
 *
 * Return: LDR.
 */
static inline u32 vtx_x2apic_ldr(u32 id)
{
	return id >> 4 << 16 | BIT(id & 15);
}

/**
 * vtx_lapic_reg() - what a register holds
 * @lapic: the APIC; anybody's
 * @offset: which, a multiple of 16
 *
 * Return: its value, without any effect that a guest's read may have.
 */
static inline u32 vtx_lapic_reg(const struct vtx_lapic *lapic, u32 offset)
{
	return READ_ONCE(lapic->regs[offset / sizeof(u32)]);
}

/**
 * vtx_lapic_has_vector() - has it an interrupt that has not ended?
 * @lapic: the APIC; anybody's
 * @vector: the interrupt's
 *
 * Return: true if it waits, or is being handled.
 */
static inline bool vtx_lapic_has_vector(const struct vtx_lapic *lapic,
					u8 vector)
{
	u32 word = vector / 32 * 0x10;

	return (vtx_lapic_reg(lapic, VTX_LAPIC_IRR + word) |
		vtx_lapic_reg(lapic, VTX_LAPIC_ISR + word)) & BIT(vector % 32);
}

/**
 * vtx_lapic_enabled() - does it take interrupts?
 * @lapic: the APIC; anybody's
 *
 * Return: true if it is on, and software has enabled it.
 */
static inline bool vtx_lapic_enabled(const struct vtx_lapic *lapic)
{
	return READ_ONCE(lapic->mode) != VTX_APIC_OFF &&
	       (vtx_lapic_reg(lapic, VTX_LAPIC_SVR) & VTX_LAPIC_SW_ENABLED);
}

/**
 * vtx_lapic_takes_extint() - is LINT0 for the PIC's interrupts?
 * @lapic: the APIC; anybody's
 *
 * Return: true if it is in ExtINT mode, or the APIC is off: then LINT0 is the
 * CPU's INTR (SDM 3A "Enabling or Disabling the Local APIC").
 */
static inline bool vtx_lapic_takes_extint(const struct vtx_lapic *lapic)
{
	u32 entry = vtx_lapic_reg(lapic, VTX_LAPIC_LVT_LINT0);

	return READ_ONCE(lapic->mode) == VTX_APIC_OFF ||
	       (entry & (VTX_LAPIC_MASKED | VTX_LAPIC_DELIVERY)) ==
	       FIELD_PREP(VTX_LAPIC_DELIVERY, VTX_APIC_EXTINT);
}

/**
 * vtx_lapic_deliverable() - the interrupt that comes next
 * @lapic: the APIC, the caller's own
 *
 * Return: the highest vector that waits, if its class is above the processor
 * priority; else -1.
 */
static inline int vtx_lapic_deliverable(struct vtx_lapic *lapic)
{
	int vector;

	if (!READ_ONCE(lapic->irr_words) || lapic->mode == VTX_APIC_OFF)
		return -1;
	vector = vtx_lapic_highest(lapic);
	return vector >> 4 > (int)vtx_lapic_reg(lapic, VTX_LAPIC_PPR) >> 4 ?
	       vector : -1;
}

#endif /* VTX_ARCH_X86_IRQCHIP_LAPIC_H */
