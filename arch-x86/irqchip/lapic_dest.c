// SPDX-License-Identifier: GPL-2.0-only
/*
 * To whom an interrupt goes: what a sender's ICR says, and what a receiver's id,
 * LDR and DFR make of it.
 */
#include "module/compat.h"

#include <linux/bitfield.h>

#include "arch-x86/irqchip/lapic.h"

/* SDM 3A "Interrupt Command Register (ICR)" */
#define ICR_DELIVERY		GENMASK(10, 8)
#define ICR_LOGICAL		BIT(11)
#define ICR_ASSERT		BIT(14)
#define ICR_LEVEL		BIT(15)
#define ICR_SHORTHAND		GENMASK(19, 18)
#define XAPIC_ID		GENMASK(31, 24)

#define DFR_FLAT		0xffffffff
#define DFR_CLUSTER		0x0fffffff

/**
 * vtx_lapic_icr_message() - what ICR says to send
 * @lapic: the APIC, the caller's own
 * @message: receives it
 */
void vtx_lapic_icr_message(const struct vtx_lapic *lapic,
			   struct vtx_apic_message *message)
{
	u32 icr = vtx_lapic_reg(lapic, VTX_LAPIC_ICR);
	u32 dest = vtx_lapic_reg(lapic, VTX_LAPIC_ICR2);
	bool x2apic = lapic->mode == VTX_APIC_X2APIC;

	*message = (struct vtx_apic_message){
		.dest		= x2apic ? dest : FIELD_GET(XAPIC_ID, dest),
		.everybody	= x2apic ? VTX_X2APIC_ALL : VTX_APIC_ALL,
		.delivery	= FIELD_GET(ICR_DELIVERY, icr),
		.shorthand	= FIELD_GET(ICR_SHORTHAND, icr),
		.vector		= FIELD_GET(VTX_LAPIC_VECTOR, icr),
		.logical	= icr & ICR_LOGICAL,
	};
	/* For all others it is ignored: SDM 3A "Interrupt Command Register (ICR)" */
	if (message->delivery == VTX_APIC_INIT)
		message->level = icr & ICR_LEVEL;
	message->deassert = !(icr & ICR_ASSERT);
}

/* SDM 3A "Logical Destination Mode"; the two models of xAPIC mode. */
static bool matches_xapic_logical(const struct vtx_lapic *lapic, u32 dest)
{
	u32 id = FIELD_GET(XAPIC_ID, vtx_lapic_reg(lapic, VTX_LAPIC_LDR));

	if (dest > 0xff)
		return false;
	switch (vtx_lapic_reg(lapic, VTX_LAPIC_DFR)) {
	case DFR_FLAT:
		return id & dest;
	case DFR_CLUSTER:
		return id >> 4 == dest >> 4 && (id & dest & 0xf);
	default:
		return false;
	}
}

static bool matches_x2apic_logical(const struct vtx_lapic *lapic, u32 dest)
{
	u32 ldr = vtx_x2apic_ldr(lapic->x2apic_id);

	return !((ldr ^ dest) & VTX_X2APIC_LDR_CLUSTER) &&
	       (ldr & dest & VTX_X2APIC_LDR_MEMBER);
}

/**
 * vtx_lapic_matches() - is a message without shorthand for this one?
 * @lapic: the APIC; anybody's
 * @message: the message
 *
 * An APIC in xAPIC mode whose id has more than 8 bits can be reached by all of
 * them too, so that the processor can be started.
 *
 * Return: true if so, and the APIC is on.
 */
bool vtx_lapic_matches(const struct vtx_lapic *lapic,
		       const struct vtx_apic_message *message)
{
	enum vtx_apic_mode mode = READ_ONCE(lapic->mode);
	u32 dest = message->dest;

	if (mode == VTX_APIC_OFF)
		return false;
	if (dest == message->everybody ||
	    (dest == VTX_APIC_ALL && mode == VTX_APIC_XAPIC))
		return true;
	if (message->logical)
		return mode == VTX_APIC_X2APIC ?
		       matches_x2apic_logical(lapic, dest) :
		       matches_xapic_logical(lapic, dest);
	return dest == READ_ONCE(lapic->id) ||
	       (dest > 0xff && dest == lapic->x2apic_id);
}
