// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of the IOAPIC, and what its pins do.
 *
 * A pin is asserted while any of its sources asserts it.  An edge is sent when
 * the pin goes up, and is lost if the pin is masked then.  A level is sent when
 * the pin is up and not masked, and sets Remote IRR if an APIC takes it; then it
 * is not sent again until that APIC has ended it.  There is no delay, so
 * Delivery Status is never set; there is one polarity, so that bit is only kept.
 *
 * Intel 82093AA I/O Advanced Programmable Interrupt Controller (IOAPIC)
 * datasheet; SDM 3A "Advanced Programmable Interrupt Controller (APIC)".
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include "arch-x86/irqchip/ioapic.h"
#include "arch-x86/irqchip/lapic.h"

/* 82093AA "Memory Mapped Registers for Accessing IOAPIC Registers" */
#define IOREGSEL	0x00
#define IOWIN		0x10

/* 82093AA "IOAPIC Registers" */
#define IOAPICID	0x00
#define IOAPICVER	0x01
#define IOAPICARB	0x02
#define IOREDTBL	0x10

#define VERSION		(0x11 | (VTX_IOAPIC_PINS - 1) << 16)
#define ID		GENMASK(27, 24)

/* An entry of the redirection table. */
#define RTE_VECTOR	GENMASK_ULL(7, 0)
#define RTE_DELIVERY	GENMASK_ULL(10, 8)
#define RTE_LOGICAL	BIT_ULL(11)
#define RTE_LOW_ACTIVE	BIT_ULL(13)
#define RTE_REMOTE_IRR	BIT_ULL(14)
#define RTE_LEVEL	BIT_ULL(15)
#define RTE_MASKED	BIT_ULL(16)
#define RTE_DEST	GENMASK_ULL(63, 56)
#define RTE_WRITABLE	(RTE_VECTOR | RTE_DELIVERY | RTE_LOGICAL |	\
			 RTE_LOW_ACTIVE | RTE_LEVEL | RTE_MASKED | RTE_DEST)

#define ALL_PINS	GENMASK(VTX_IOAPIC_PINS - 1, 0)

/* Other messages than these have no end: they are sent as edges. */
static bool is_level(u64 entry)
{
	return (entry & RTE_LEVEL) &&
	       FIELD_GET(RTE_DELIVERY, entry) <= VTX_APIC_LOWEST;
}

static void fill_message(struct vtx_apic_message *message, u64 entry)
{
	*message = (struct vtx_apic_message){
		.dest		= FIELD_GET(RTE_DEST, entry),
		.everybody	= VTX_APIC_ALL,
		.delivery	= FIELD_GET(RTE_DELIVERY, entry),
		.vector		= FIELD_GET(RTE_VECTOR, entry),
		.logical	= entry & RTE_LOGICAL,
		.level		= is_level(entry),
	};
}

/* A pin is up: send what is to be sent.  Return: as vtx_ioapic_set(). */
static int serve(struct vtx_ioapic *ioapic, unsigned int pin)
{
	u64 *entry = &ioapic->redirection[pin];
	struct vtx_apic_message message;
	int taken;

	if (*entry & RTE_MASKED)
		return -1;
	if (*entry & RTE_REMOTE_IRR)
		return 0;
	fill_message(&message, *entry);
	taken = ioapic->ops->send(ioapic, &message);
	if (!is_level(*entry))
		ioapic->delivered |= BIT(pin);
	else if (taken)
		*entry |= RTE_REMOTE_IRR;
	return taken;
}

/* A pin is up.  Return: as vtx_ioapic_set(). */
static int raise(struct vtx_ioapic *ioapic, unsigned int pin)
{
	bool was_up = ioapic->irr & BIT(pin);

	ioapic->irr |= BIT(pin);
	if (!is_level(ioapic->redirection[pin])) {
		if (was_up)
			return 0;
		ioapic->delivered &= ~BIT(pin);
	}
	return serve(ioapic, pin);
}

/*
 * The real-time clock is an edge, but user space wants to know whether the guest
 * has handled the tick before, to give it the ticks that it has missed later.
 */
static bool rtc_in_flight(struct vtx_ioapic *ioapic)
{
	u64 entry = ioapic->redirection[VTX_IOAPIC_RTC_PIN];
	struct vtx_apic_message message;

	if (is_level(entry) || (entry & RTE_MASKED))
		return false;
	fill_message(&message, entry);
	return ioapic->ops->in_flight(ioapic, &message);
}

/**
 * vtx_ioapic_set() - a source asserts a pin, or ceases to
 * @ioapic: the IOAPIC
 * @pin: which, below VTX_IOAPIC_PINS
 * @source: who, below BITS_PER_LONG
 * @level: asserts
 * @status: the caller wants to know whether a tick of the real-time clock is
 *	still being handled; then it is not given another one
 *
 * Return: -1 if it is ignored because the pin is masked; 0 if the one before
 * has not been handled yet, or no APIC takes it; else how many have.  1 if the
 * pin goes down.
 */
int vtx_ioapic_set(struct vtx_ioapic *ioapic, unsigned int pin,
		   unsigned int source, bool level, bool status)
{
	if (!level) {
		ioapic->sources[pin] &= ~BIT(source);
		if (!ioapic->sources[pin]) {
			ioapic->irr &= ~BIT(pin);
			return 1;
		}
	} else {
		if (status && pin == VTX_IOAPIC_RTC_PIN &&
		    rtc_in_flight(ioapic))
			return 0;
		ioapic->sources[pin] |= BIT(source);
	}
	return raise(ioapic, pin);
}

/* Which entry IOREGSEL selects; VTX_IOAPIC_PINS for none. */
static unsigned int selected_entry(const struct vtx_ioapic *ioapic)
{
	unsigned int pin = (ioapic->select - IOREDTBL) / 2;

	if (ioapic->select < IOREDTBL || pin >= VTX_IOAPIC_PINS)
		return VTX_IOAPIC_PINS;
	return array_index_nospec(pin, VTX_IOAPIC_PINS);
}

static u32 read_window(const struct vtx_ioapic *ioapic)
{
	unsigned int pin;

	switch (ioapic->select) {
	case IOAPICID:
	case IOAPICARB:
		return FIELD_PREP(ID, ioapic->id);
	case IOAPICVER:
		return VERSION;
	}
	pin = selected_entry(ioapic);
	if (pin == VTX_IOAPIC_PINS)
		return ~0U;
	return ioapic->select & 1 ? upper_32_bits(ioapic->redirection[pin]) :
				    lower_32_bits(ioapic->redirection[pin]);
}

/**
 * vtx_ioapic_read() - a guest reads a register
 * @ioapic: the IOAPIC
 * @offset: where, below VTX_IOAPIC_SIZE
 *
 * Return: what it holds; 0 where there is none.
 */
u32 vtx_ioapic_read(const struct vtx_ioapic *ioapic, u32 offset)
{
	switch (offset) {
	case IOREGSEL:
		return ioapic->select;
	case IOWIN:
		return read_window(ioapic);
	}
	return 0;
}

/* Return: as vtx_ioapic_write(). */
static u32 write_entry(struct vtx_ioapic *ioapic, unsigned int pin, u64 value,
		       u64 half)
{
	u64 *entry = &ioapic->redirection[pin];
	u64 mask = RTE_WRITABLE & half;

	*entry = (*entry & ~mask) | (value & mask);
	/*
	 * Without an EOI register this is how software ends a level for the
	 * IOAPIC: Linux makes the pin an edge and a level again.
	 */
	if (!is_level(*entry)) {
		*entry &= ~RTE_REMOTE_IRR;
		return 0;
	}
	if (!(ioapic->irr & BIT(pin)) ||
	    (*entry & (RTE_MASKED | RTE_REMOTE_IRR)))
		return 0;
	if (ioapic->resampled & BIT(pin))
		return BIT(pin);
	serve(ioapic, pin);
	return 0;
}

static u32 write_window(struct vtx_ioapic *ioapic, u32 value)
{
	unsigned int pin;

	if (ioapic->select == IOAPICID) {
		ioapic->id = FIELD_GET(ID, value);
		return 0;
	}
	pin = selected_entry(ioapic);
	if (pin == VTX_IOAPIC_PINS)
		return 0;
	if (ioapic->select & 1)
		return write_entry(ioapic, pin, (u64)value << 32,
				   GENMASK_ULL(63, 32));
	return write_entry(ioapic, pin, value, GENMASK_ULL(31, 0));
}

/**
 * vtx_ioapic_write() - a guest writes a register
 * @ioapic: the IOAPIC
 * @offset: where, below VTX_IOAPIC_SIZE
 * @value: what it writes
 *
 * When a level is unmasked that has been up while it was masked, and that can be
 * asked for (@resampled), it is not sent: the guest may have served the device
 * in between, and the device would not have been asked.  Whoever asserts it is
 * to be told instead that it was handled, and will assert it again if it must.
 *
 * Return: a mask of the pins for which this is to be done.
 */
u32 vtx_ioapic_write(struct vtx_ioapic *ioapic, u32 offset, u32 value)
{
	switch (offset) {
	case IOREGSEL:
		ioapic->select = value;
		return 0;
	case IOWIN:
		return write_window(ioapic, value);
	}
	return 0;
}

/**
 * vtx_ioapic_pins_of() - which pins send a vector?
 * @ioapic: the IOAPIC
 * @vector: the vector
 *
 * Return: a mask of pins.
 */
u32 vtx_ioapic_pins_of(const struct vtx_ioapic *ioapic, u8 vector)
{
	unsigned int pin;
	u32 pins = 0;

	for (pin = 0; pin < VTX_IOAPIC_PINS; pin++)
		if (FIELD_GET(RTE_VECTOR, ioapic->redirection[pin]) == vector)
			pins |= BIT(pin);
	return pins;
}

/**
 * vtx_ioapic_end() - an APIC has ended a level-triggered interrupt
 * @ioapic: the IOAPIC
 * @pins: what vtx_ioapic_pins_of() says of its vector
 *
 * Levels that are still up are sent again.
 */
void vtx_ioapic_end(struct vtx_ioapic *ioapic, u32 pins)
{
	unsigned long left = pins & ALL_PINS;
	unsigned int pin;

	for_each_set_bit(pin, &left, VTX_IOAPIC_PINS) {
		if (!is_level(ioapic->redirection[pin]))
			continue;
		ioapic->redirection[pin] &= ~RTE_REMOTE_IRR;
		if (ioapic->irr & BIT(pin))
			serve(ioapic, pin);
	}
}

/**
 * vtx_ioapic_vector() - the vector of a pin
 * @ioapic: the IOAPIC
 * @pin: which, below VTX_IOAPIC_PINS
 *
 * Return: what its entry says.
 */
u8 vtx_ioapic_vector(const struct vtx_ioapic *ioapic, unsigned int pin)
{
	return FIELD_GET(RTE_VECTOR, ioapic->redirection[pin]);
}

/**
 * vtx_ioapic_get_state() - KVM_GET_IRQCHIP
 * @ioapic: the IOAPIC
 * @state: receives the registers
 *
 * Edges that have been delivered are not shown as waiting.
 */
void vtx_ioapic_get_state(const struct vtx_ioapic *ioapic,
			  struct kvm_ioapic_state *state)
{
	unsigned int pin;

	memset(state, 0, sizeof(*state));
	state->base_address = VTX_IOAPIC_BASE;
	state->ioregsel = ioapic->select;
	state->id = ioapic->id;
	state->irr = ioapic->irr & ~ioapic->delivered;
	for (pin = 0; pin < VTX_IOAPIC_PINS; pin++)
		state->redirtbl[pin].bits = ioapic->redirection[pin];
}

/**
 * vtx_ioapic_set_state() - KVM_SET_IRQCHIP
 * @ioapic: the IOAPIC
 * @state: the registers; what they cannot hold is ignored, and so is the address
 *
 * Interrupts that wait are sent.  Who asserts a pin does not change.
 */
void vtx_ioapic_set_state(struct vtx_ioapic *ioapic,
			  const struct kvm_ioapic_state *state)
{
	unsigned long irr = state->irr & ALL_PINS;
	unsigned int pin;

	ioapic->select = state->ioregsel;
	ioapic->id = state->id & 0xf;
	for (pin = 0; pin < VTX_IOAPIC_PINS; pin++) {
		u64 entry = state->redirtbl[pin].bits &
			    (RTE_WRITABLE | RTE_REMOTE_IRR);

		if (!is_level(entry))
			entry &= ~RTE_REMOTE_IRR;
		ioapic->redirection[pin] = entry;
	}
	ioapic->irr = 0;
	ioapic->delivered = 0;
	for_each_set_bit(pin, &irr, VTX_IOAPIC_PINS)
		raise(ioapic, pin);
}

/**
 * vtx_ioapic_init() - the IOAPIC after power-up
 * @ioapic: to be filled in
 * @ops: what it wants done
 */
void vtx_ioapic_init(struct vtx_ioapic *ioapic,
		     const struct vtx_ioapic_ops *ops)
{
	unsigned int pin;

	*ioapic = (struct vtx_ioapic){ .ops = ops };
	for (pin = 0; pin < VTX_IOAPIC_PINS; pin++)
		ioapic->redirection[pin] = RTE_MASKED;
}
