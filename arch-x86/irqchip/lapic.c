// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a local APIC, and what happens when they are written.
 *
 * Who may do what: the vCPU's owner, everything.  Anybody, at any time and in
 * any context, may post an interrupt, which is: set its bit in IRR.  Nothing
 * else of IRR is ever changed but by the owner, who takes bits out.  So that
 * the owner need not search eight words, each post also sets a bit in
 * lapic->irr_words, after the one in IRR; the owner may find that bit set and
 * the word empty, never the other way round for good.
 *
 * PPR is worked out when TPR or ISR change, and not when it is needed.
 *
 * SDM 3A "Advanced Programmable Interrupt Controller (APIC)".
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include <asm/msr-index.h>

#include "arch-x86/cr.h"
#include "arch-x86/irqchip/lapic.h"

/* xAPIC, LVT entries up to number 5. */
#define VERSION			0x50014

#define PRIORITY_CLASS		GENMASK(7, 4)
#define FIRST_LEGAL_VECTOR	16

/* ESR */
#define SEND_ILLEGAL		BIT(5)
#define RECEIVE_ILLEGAL		BIT(6)
#define ILLEGAL_REGISTER	BIT(7)
#define ESR_BITS		GENMASK(7, 0)

/* ICR */
#define ICR_DELIVERY		GENMASK(10, 8)
#define ICR_BUSY		BIT(12)
#define ICR_X2APIC_RESERVED	(GENMASK_ULL(31, 20) | GENMASK_ULL(17, 16) | \
				 BIT_ULL(13))
#define XAPIC_ID		GENMASK(31, 24)

#define DFR_FLAT		0xffffffff
#define DFR_ONES		0x0fffffff

#define WORDS			8	/* of IRR, ISR, TMR */
#define ALL_WORDS		GENMASK(WORDS - 1, 0)
#define WORD_OFFSET(n)		((n) * 0x10)
#define REGS			(KVM_APIC_REG_SIZE / 0x10)

/* RW is RO | WO. */
enum access { NO, RO, WO, RW };

struct row {
	enum access	xapic;
	enum access	x2apic;
	u32		writable;
	u32		left_alone;
};

static const struct row rows[REGS] = {
#define ROW(name, offset, count, xapic, x2apic, writable, left_alone)	\
	[(offset) / 0x10 ... (offset) / 0x10 + (count) - 1] =		\
		{ xapic, x2apic, writable, left_alone },
	VTX_LAPIC_REGS(ROW)
#undef ROW
};

static u32 reg(const struct vtx_lapic *lapic, u32 offset)
{
	return lapic->regs[offset / sizeof(u32)];
}

static void set_reg(struct vtx_lapic *lapic, u32 offset, u32 value)
{
	WRITE_ONCE(lapic->regs[offset / sizeof(u32)], value);
}

/* Where a vector's bit is, for bitops; words are 16 bytes apart. */
static unsigned long *word_of(struct vtx_lapic *lapic, u32 offset, u8 vector)
{
	return (unsigned long *)&lapic->regs[(offset + WORD_OFFSET(vector / 32)) /
					     sizeof(u32)];
}

static bool in_x2apic(const struct vtx_lapic *lapic)
{
	return lapic->mode == VTX_APIC_X2APIC;
}

/* A word of IRR seems to have become empty. */
static void forget_word(struct vtx_lapic *lapic, unsigned int word)
{
	clear_bit(word, &lapic->irr_words);
	/* Pairs with vtx_lapic_post(), which sets them in the other order. */
	smp_mb__after_atomic();
	if (unlikely(vtx_lapic_reg(lapic, VTX_LAPIC_IRR + WORD_OFFSET(word))))
		set_bit(word, &lapic->irr_words);
}

/**
 * vtx_lapic_highest() - the highest vector that waits
 * @lapic: the APIC, the caller's own
 *
 * Return: the vector, or -1.
 */
int vtx_lapic_highest(struct vtx_lapic *lapic)
{
	unsigned long words;

	while ((words = READ_ONCE(lapic->irr_words))) {
		unsigned int word = __fls(words);
		u32 bits = vtx_lapic_reg(lapic, VTX_LAPIC_IRR +
					 WORD_OFFSET(word));

		if (likely(bits))
			return word * 32 + __fls(bits);
		forget_word(lapic, word);
	}
	return -1;
}

/* The highest vector that is being handled, or -1. */
static int highest_in_service(const struct vtx_lapic *lapic)
{
	unsigned int word;

	if (!lapic->isr_words)
		return -1;
	word = __fls(lapic->isr_words);
	return word * 32 + __fls(reg(lapic, VTX_LAPIC_ISR + WORD_OFFSET(word)));
}

/*
 * SDM 3A "Task and Processor Priorities".
 *
 * Return: what to do if priority has fallen.
 */
static int update_ppr(struct vtx_lapic *lapic)
{
	u32 in_service = max(highest_in_service(lapic), 0);
	u32 tpr = reg(lapic, VTX_LAPIC_TPR);
	u32 old = reg(lapic, VTX_LAPIC_PPR);
	u32 ppr;

	ppr = in_service & PRIORITY_CLASS;
	if ((tpr & PRIORITY_CLASS) >= ppr)
		ppr = tpr;
	set_reg(lapic, VTX_LAPIC_PPR, ppr);
	return ppr < old && READ_ONCE(lapic->irr_words) ? VTX_LAPIC_DO_LOOK : 0;
}

/**
 * vtx_lapic_post() - give an APIC an interrupt
 * @lapic: the APIC, enabled; anybody's
 * @vector: the vector, at least 16
 * @level: its end is to be announced
 *
 * Any context.
 *
 * Return: true if the vCPU has to be told to look; false if the vector waited
 * already, and who made it wait tells the vCPU.
 */
bool vtx_lapic_post(struct vtx_lapic *lapic, u8 vector, bool level)
{
	unsigned long *tmr = word_of(lapic, VTX_LAPIC_TMR, vector);
	unsigned int bit = vector % 32;

	if (unlikely(test_bit(bit, tmr) != level)) {
		if (level)
			set_bit(bit, tmr);
		else
			clear_bit(bit, tmr);
	}
	if (test_and_set_bit(bit, word_of(lapic, VTX_LAPIC_IRR, vector)))
		return false;
	/* Both are atomic, and so in order: see forget_word(). */
	if (!test_bit(vector / 32, &lapic->irr_words))
		set_bit(vector / 32, &lapic->irr_words);
	return true;
}

/*
 * SDM 3A "Error Handling": errors gather until ESR is written; the first one
 * after that is announced.  Return: true if the vCPU has to be told.
 */
static bool error(struct vtx_lapic *lapic, int bits)
{
	return !atomic_fetch_or(bits, &lapic->errors) &&
	       vtx_lapic_post_lvt(lapic, VTX_LAPIC_LVT_ERROR);
}

static int look_if(bool look)
{
	return look ? VTX_LAPIC_DO_LOOK : 0;
}

/**
 * vtx_lapic_receive() - an interrupt with a vector has come
 * @lapic: the APIC; anybody's
 * @vector: any vector
 * @level: its end is to be announced
 *
 * Any context.
 *
 * Return: true if the vCPU has to be told to look.
 */
bool vtx_lapic_receive(struct vtx_lapic *lapic, u8 vector, bool level)
{
	if (unlikely(vector < FIRST_LEGAL_VECTOR))
		return error(lapic, RECEIVE_ILLEGAL);
	return vtx_lapic_post(lapic, vector, level);
}

/**
 * vtx_lapic_post_lvt() - something that the APIC itself makes has happened
 * @lapic: the APIC; anybody's
 * @lvt: the entry of the local vector table: LVT_TIMER or LVT_ERROR
 *
 * Any context.
 *
 * Return: true if the vCPU has to be told to look.
 */
bool vtx_lapic_post_lvt(struct vtx_lapic *lapic, enum vtx_lapic_reg lvt)
{
	u32 entry = vtx_lapic_reg(lapic, lvt);

	if ((entry & VTX_LAPIC_MASKED) || !vtx_lapic_enabled(lapic))
		return false;
	if (unlikely(FIELD_GET(VTX_LAPIC_VECTOR, entry) < FIRST_LEGAL_VECTOR)) {
		/* An error whose own vector is illegal is not announced. */
		if (lvt == VTX_LAPIC_LVT_ERROR) {
			atomic_or(RECEIVE_ILLEGAL, &lapic->errors);
			return false;
		}
		return error(lapic, RECEIVE_ILLEGAL);
	}
	return vtx_lapic_post(lapic, FIELD_GET(VTX_LAPIC_VECTOR, entry), false);
}

/**
 * vtx_lapic_accept() - the CPU takes an interrupt
 * @lapic: the APIC, the caller's own
 * @vector: what vtx_lapic_deliverable() said
 */
void vtx_lapic_accept(struct vtx_lapic *lapic, u8 vector)
{
	clear_bit(vector % 32, word_of(lapic, VTX_LAPIC_IRR, vector));
	if (!vtx_lapic_reg(lapic, VTX_LAPIC_IRR + WORD_OFFSET(vector / 32)))
		forget_word(lapic, vector / 32);
	__set_bit(vector % 32, word_of(lapic, VTX_LAPIC_ISR, vector));
	lapic->isr_words |= BIT(vector / 32);
	/* Its class was above TPR's and that of all in service. */
	set_reg(lapic, VTX_LAPIC_PPR, vector & PRIORITY_CLASS);
}

/* SDM 3A "Signaling Interrupt Servicing Completion" */
static int end_of_interrupt(struct vtx_lapic *lapic)
{
	int vector = highest_in_service(lapic);
	u32 offset;

	if (vector < 0)
		return 0;
	__clear_bit(vector % 32, word_of(lapic, VTX_LAPIC_ISR, vector));
	offset = VTX_LAPIC_ISR + WORD_OFFSET(vector / 32);
	if (!reg(lapic, offset))
		lapic->isr_words &= ~BIT(vector / 32);
	lapic->eoi = vector;
	if (test_bit(vector % 32, word_of(lapic, VTX_LAPIC_TMR, vector)))
		return update_ppr(lapic) | VTX_LAPIC_DO_EOI;
	if (lapic->acked_vectors && test_bit(vector, lapic->acked_vectors))
		return update_ppr(lapic) | VTX_LAPIC_DO_ACK;
	return update_ppr(lapic);
}

/**
 * vtx_lapic_end_may_wait() - is it all the same when an interrupt ends?
 * @lapic: the APIC, the caller's own
 *
 * Return: true if one is in service, no other waits, and nobody has to be told.
 */
bool vtx_lapic_end_may_wait(struct vtx_lapic *lapic)
{
	int vector = highest_in_service(lapic);

	return vector >= 0 && !READ_ONCE(lapic->irr_words) &&
	       !test_bit(vector % 32, word_of(lapic, VTX_LAPIC_TMR, vector)) &&
	       !(lapic->acked_vectors && test_bit(vector, lapic->acked_vectors));
}

/**
 * vtx_lapic_set_tpr() - TPR or CR8 is written
 * @lapic: the APIC, the caller's own
 * @tpr: what TPR shall be
 *
 * Return: a mask of enum vtx_lapic_todo.
 */
int vtx_lapic_set_tpr(struct vtx_lapic *lapic, u8 tpr)
{
	set_reg(lapic, VTX_LAPIC_TPR, tpr);
	return update_ppr(lapic);
}

/* SDM 3A "Local APIC State After It Has Been Software Disabled" */
static void mask_lvt(struct vtx_lapic *lapic)
{
	u32 offset;

	for (offset = VTX_LAPIC_LVT_TIMER; offset <= VTX_LAPIC_LVT_ERROR;
	     offset += 0x10)
		set_reg(lapic, offset, reg(lapic, offset) | VTX_LAPIC_MASKED);
}

/* Registers that say what mode and id say. */
static void show_id(struct vtx_lapic *lapic)
{
	if (in_x2apic(lapic)) {
		WRITE_ONCE(lapic->id, lapic->x2apic_id);
		set_reg(lapic, VTX_LAPIC_ID, lapic->x2apic_id);
		set_reg(lapic, VTX_LAPIC_LDR, vtx_x2apic_ldr(lapic->x2apic_id));
		return;
	}
	WRITE_ONCE(lapic->id, FIELD_GET(XAPIC_ID, reg(lapic, VTX_LAPIC_ID)));
}

static void set_xapic_id(struct vtx_lapic *lapic)
{
	set_reg(lapic, VTX_LAPIC_ID, lapic->x2apic_id << 24);
	show_id(lapic);
}

/**
 * vtx_lapic_init() - the state after INIT
 * @lapic: the APIC, the caller's own, its timer stopped
 *
 * SDM 3A "Local APIC State After an INIT Reset ("Wait-for-SIPI" State)": mode and
 * id stay.
 */
void vtx_lapic_init(struct vtx_lapic *lapic)
{
	u32 id = reg(lapic, VTX_LAPIC_ID);
	u32 offset;

	for (offset = 0; offset < KVM_APIC_REG_SIZE; offset += 0x10)
		set_reg(lapic, offset, 0);
	set_reg(lapic, VTX_LAPIC_ID, id);
	set_reg(lapic, VTX_LAPIC_VERSION, VERSION);
	set_reg(lapic, VTX_LAPIC_DFR, DFR_FLAT);
	set_reg(lapic, VTX_LAPIC_SVR, 0xff);
	mask_lvt(lapic);
	/* Somebody may be posting: those that have nothing will be found out. */
	WRITE_ONCE(lapic->irr_words, ALL_WORDS);
	lapic->isr_words = 0;
	atomic_set(&lapic->errors, 0);
	show_id(lapic);
}

/**
 * vtx_lapic_power_up() - the state after power-up
 * @lapic: the APIC, the caller's own, its timer stopped
 * @first: it is the bootstrap processor's
 *
 * Not quite as in the SDM: the first one lets the PIC's interrupts through, as
 * KVM's does, since there are user spaces without a firmware that would do it.
 */
void vtx_lapic_power_up(struct vtx_lapic *lapic, bool first)
{
	lapic->mode = VTX_APIC_XAPIC;
	lapic->base = APIC_DEFAULT_PHYS_BASE;
	vtx_lapic_init(lapic);
	set_xapic_id(lapic);
	if (first)
		set_reg(lapic, VTX_LAPIC_LVT_LINT0,
			FIELD_PREP(VTX_LAPIC_DELIVERY, VTX_APIC_EXTINT));
}

/**
 * vtx_lapic_set_mode() - IA32_APIC_BASE has been written
 * @lapic: the APIC, the caller's own
 * @apic_base: what it is now, a value that vtx_apic_base_valid() has accepted
 *
 * From off to on and from x2APIC to xAPIC mode, which only user space can do,
 * the id becomes the vCPU's again.
 */
void vtx_lapic_set_mode(struct vtx_lapic *lapic, u64 apic_base)
{
	enum vtx_apic_mode old = lapic->mode, new;

	if (!(apic_base & MSR_IA32_APICBASE_ENABLE))
		new = VTX_APIC_OFF;
	else
		new = apic_base & VTX_APIC_BASE_EXTD ? VTX_APIC_X2APIC :
						       VTX_APIC_XAPIC;
	lapic->base = apic_base & ~(u64)(PAGE_SIZE - 1);
	WRITE_ONCE(lapic->mode, new);
	if (new == old)
		return;
	if (new == VTX_APIC_X2APIC) {
		show_id(lapic);
	} else if (new == VTX_APIC_XAPIC) {
		if (old == VTX_APIC_X2APIC)
			set_reg(lapic, VTX_LAPIC_LDR, 0);
		set_xapic_id(lapic);
	}
}

static const struct row *row_of(u32 offset)
{
	if (offset >= KVM_APIC_REG_SIZE || offset % 0x10)
		return NULL;
	return &rows[array_index_nospec(offset / 0x10, REGS)];
}

static enum access access_of(const struct vtx_lapic *lapic,
			     const struct row *row)
{
	return in_x2apic(lapic) ? row->x2apic : row->xapic;
}

/**
 * vtx_lapic_read() - a guest reads a register
 * @lapic: the APIC, the caller's own
 * @offset: which; what is not a register is no error of the caller's
 * @value: receives what it holds; undefined if it cannot be read
 *
 * TIMER_CURRENT holds what the caller has put there.
 *
 * Return: true; or false if it cannot be read: #GP in x2APIC mode, and in xAPIC
 * mode 0 and an error, see vtx_lapic_illegal().
 */
bool vtx_lapic_read(struct vtx_lapic *lapic, u32 offset, u32 *value)
{
	const struct row *row = row_of(offset);

	if (!row || !(access_of(lapic, row) & RO))
		return false;
	*value = vtx_lapic_reg(lapic, offset);
	return true;
}

/**
 * vtx_lapic_illegal() - a register that is none was accessed in xAPIC mode
 * @lapic: the APIC, the caller's own
 *
 * Return: a mask of enum vtx_lapic_todo.
 */
int vtx_lapic_illegal(struct vtx_lapic *lapic)
{
	return look_if(error(lapic, ILLEGAL_REGISTER));
}

static int write_esr(struct vtx_lapic *lapic)
{
	set_reg(lapic, VTX_LAPIC_ESR, atomic_xchg(&lapic->errors, 0));
	return 0;
}

static int write_svr(struct vtx_lapic *lapic, u32 value)
{
	set_reg(lapic, VTX_LAPIC_SVR, value);
	if (!(value & VTX_LAPIC_SW_ENABLED))
		mask_lvt(lapic);
	return 0;
}

static int write_lvt(struct vtx_lapic *lapic, u32 offset, u32 value)
{
	if (!(reg(lapic, VTX_LAPIC_SVR) & VTX_LAPIC_SW_ENABLED))
		value |= VTX_LAPIC_MASKED;
	set_reg(lapic, offset, value);
	if (offset == VTX_LAPIC_LVT_LINT0)
		return VTX_LAPIC_DO_LOOK;
	return offset == VTX_LAPIC_LVT_TIMER ? VTX_LAPIC_DO_TIMER_MODE : 0;
}

/* Interrupts with a vector that no interrupt has are not sent. */
static int send(struct vtx_lapic *lapic, u32 icr)
{
	enum vtx_apic_delivery delivery = FIELD_GET(ICR_DELIVERY, icr);

	if ((delivery == VTX_APIC_FIXED || delivery == VTX_APIC_LOWEST) &&
	    unlikely(FIELD_GET(VTX_LAPIC_VECTOR, icr) < FIRST_LEGAL_VECTOR))
		return look_if(error(lapic, SEND_ILLEGAL));
	return VTX_LAPIC_DO_SEND;
}

/* There is no delay: it is never busy. */
static int write_icr(struct vtx_lapic *lapic, u32 value)
{
	value &= ~ICR_BUSY;
	set_reg(lapic, VTX_LAPIC_ICR, value);
	return send(lapic, value);
}

static int write_self_ipi(struct vtx_lapic *lapic, u8 vector)
{
	return look_if(vtx_lapic_enabled(lapic) &&
		       vtx_lapic_receive(lapic, vector, false));
}

/* Bits that are ignored have been taken out of @value. */
static int write_reg(struct vtx_lapic *lapic, u32 offset, u32 value)
{
	switch (offset) {
	case VTX_LAPIC_EOI:
		return end_of_interrupt(lapic);
	case VTX_LAPIC_ICR:
		return write_icr(lapic, value);
	case VTX_LAPIC_TPR:
		return vtx_lapic_set_tpr(lapic, value);
	case VTX_LAPIC_SELF_IPI:
		return write_self_ipi(lapic, value);
	case VTX_LAPIC_ESR:
		return write_esr(lapic);
	case VTX_LAPIC_SVR:
		return write_svr(lapic, value);
	case VTX_LAPIC_LVT_TIMER ... VTX_LAPIC_LVT_ERROR:
		return write_lvt(lapic, offset, value);
	case VTX_LAPIC_DFR:
		value |= DFR_ONES;
		break;
	}
	set_reg(lapic, offset, value);
	switch (offset) {
	case VTX_LAPIC_ID:
		show_id(lapic);
		return VTX_LAPIC_DO_ID;
	case VTX_LAPIC_TIMER_INITIAL:
		return VTX_LAPIC_DO_TIMER_START;
	case VTX_LAPIC_TIMER_DIVIDE:
		return VTX_LAPIC_DO_TIMER_DIVIDE;
	}
	return 0;
}

/* The top bit of the timer's mode is there if TSC-deadline mode is. */
static u32 writable_bits(const struct vtx_lapic *lapic, const struct row *row,
			 u32 offset)
{
	if (offset == VTX_LAPIC_LVT_TIMER && !lapic->deadline_mode)
		return row->writable & ~BIT(18);
	return row->writable;
}

/**
 * vtx_lapic_write() - a guest writes a register
 * @lapic: the APIC, the caller's own
 * @offset: which; what is not a register is no error of the caller's
 * @value: what it writes; not for ICR in x2APIC mode, see vtx_lapic_write_icr()
 *
 * Return: a mask of enum vtx_lapic_todo; or -EINVAL if it cannot be written, or
 * not so: #GP in x2APIC mode, and an error in xAPIC mode, see
 * vtx_lapic_illegal().
 */
int vtx_lapic_write(struct vtx_lapic *lapic, u32 offset, u32 value)
{
	const struct row *row = row_of(offset);
	u32 writable;

	if (!row || !(access_of(lapic, row) & WO))
		return -EINVAL;
	writable = writable_bits(lapic, row, offset);
	if (in_x2apic(lapic) && (value & ~(writable | row->left_alone)))
		return -EINVAL;
	return write_reg(lapic, offset, value & writable);
}

/**
 * vtx_lapic_write_icr() - a guest writes ICR in x2APIC mode
 * @lapic: the APIC, the caller's own
 * @value: all 64 bits
 *
 * Return: a mask of enum vtx_lapic_todo, or -EINVAL for #GP.
 */
int vtx_lapic_write_icr(struct vtx_lapic *lapic, u64 value)
{
	if (value & ICR_X2APIC_RESERVED)
		return -EINVAL;
	set_reg(lapic, VTX_LAPIC_ICR2, upper_32_bits(value));
	return write_icr(lapic, value);
}

static u32 *state_reg(struct kvm_lapic_state *state, u32 offset)
{
	return (u32 *)(state->regs + offset);
}

/**
 * vtx_lapic_get_state() - KVM_GET_LAPIC
 * @lapic: the APIC, the caller's own; TIMER_CURRENT is right
 * @state: receives the registers
 * @long_ids: in x2APIC mode the id has all 32 bits; else the 8 bits of xAPIC
 *	mode are where they are in that mode
 */
void vtx_lapic_get_state(const struct vtx_lapic *lapic,
			 struct kvm_lapic_state *state, bool long_ids)
{
	memcpy(state->regs, lapic->regs, sizeof(state->regs));
	if (in_x2apic(lapic) && !long_ids)
		*state_reg(state, VTX_LAPIC_ID) = lapic->x2apic_id << 24;
}

/* What no write could have put there is taken out, or put right. */
static void sanitize(struct vtx_lapic *lapic)
{
	u32 offset;

	for (offset = 0; offset < KVM_APIC_REG_SIZE; offset += 0x10) {
		const struct row *row = &rows[offset / 0x10];

		if (row->xapic == RW)
			set_reg(lapic, offset, reg(lapic, offset) &
				(writable_bits(lapic, row, offset) |
				 row->left_alone));
		else if (row->xapic != RO)
			set_reg(lapic, offset, 0);
	}
	set_reg(lapic, VTX_LAPIC_VERSION, VERSION);
	set_reg(lapic, VTX_LAPIC_DFR, reg(lapic, VTX_LAPIC_DFR) | DFR_ONES);
	set_reg(lapic, VTX_LAPIC_ICR, reg(lapic, VTX_LAPIC_ICR) & ~ICR_BUSY);
}

/**
 * vtx_lapic_state_valid() - may KVM_SET_LAPIC set this?
 * @lapic: the APIC, the caller's own
 * @state: the registers
 * @long_ids: as for vtx_lapic_get_state()
 *
 * Return: false for another id in x2APIC mode, with @long_ids.  Without it is
 * ignored, and so is all else that a register cannot hold.
 */
bool vtx_lapic_state_valid(const struct vtx_lapic *lapic,
			   const struct kvm_lapic_state *state, bool long_ids)
{
	u32 id = *(const u32 *)(state->regs + VTX_LAPIC_ID);

	return !in_x2apic(lapic) || !long_ids || id == lapic->x2apic_id;
}

/**
 * vtx_lapic_set_state() - KVM_SET_LAPIC
 * @lapic: the APIC, the caller's own, its timer stopped
 * @state: the registers, valid
 *
 * Mode and base do not change, nor does the id in x2APIC mode.  An interrupt
 * that comes at the same time may be lost, as if it had come before.
 */
void vtx_lapic_set_state(struct vtx_lapic *lapic,
			 const struct kvm_lapic_state *state)
{
	u32 esr = *(const u32 *)(state->regs + VTX_LAPIC_ESR);
	u32 icr2 = *(const u32 *)(state->regs + VTX_LAPIC_ICR2);
	u32 word;

	memcpy(lapic->regs, state->regs, sizeof(state->regs));
	sanitize(lapic);
	set_reg(lapic, VTX_LAPIC_ESR, esr & ESR_BITS);
	if (in_x2apic(lapic))
		set_reg(lapic, VTX_LAPIC_ICR2, icr2);
	show_id(lapic);

	lapic->isr_words = 0;
	for (word = 0; word < WORDS; word++)
		if (reg(lapic, VTX_LAPIC_ISR + WORD_OFFSET(word)))
			lapic->isr_words |= BIT(word);
	WRITE_ONCE(lapic->irr_words, ALL_WORDS);
	update_ppr(lapic);
}
