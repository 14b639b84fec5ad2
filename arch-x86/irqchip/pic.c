// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two 8259A of a PC: Intel's data sheet "8259A Programmable Interrupt
 * Controller", as far as a PC's wiring leaves it a choice.
 *
 * The slave's output is the master's pin 2; the CPU is an 8086; there are no
 * buffers; whether a pin is edge- or level-triggered is said by ELCR, which the
 * 8259A has not.  So ADI, SNGL and LTIM in ICW1, ICW3, and the other bits of
 * ICW4 mean nothing.
 *
 * An edge is kept until it is acknowledged, even if the line falls before that.
 * The data sheet wants the line to stay, but who pulses a line here has no
 * acknowledge to wait for.
 *
 * Each function leaves the master's pin 2 as the slave's output is.  Pins whose
 * interrupt is not in service any more are added to a mask, *@ended.
 */
#include "module/compat.h"

#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/kernel.h>

#include "arch-x86/irqchip/pic.h"

#define MASTER		0
#define SLAVE		1
#define PINS		8	/* of a chip */
#define CASCADE_PIN	2
/* What a chip says that is asked for an interrupt and has none. */
#define SPURIOUS_PIN	7

/* The command port: ICW1, or OCW3, or OCW2. */
#define ICW1		BIT(4)
#define ICW1_IC4	BIT(0)
#define OCW3		BIT(3)
#define OCW3_RIS	BIT(0)
#define OCW3_RR		BIT(1)
#define OCW3_POLL	BIT(2)
#define OCW3_SMM	BIT(5)
#define OCW3_ESMM	BIT(6)
#define OCW2_LEVEL	GENMASK(2, 0)
#define OCW2_EOI	BIT(5)
#define OCW2_SPECIFIC	BIT(6)
#define OCW2_ROTATE	BIT(7)

/* The data port. */
#define ICW2_BASE	GENMASK(7, 3)
#define ICW4_AUTO_EOI	BIT(1)
#define ICW4_NESTED	BIT(4)

#define POLL_YES	BIT(7)

/* The timer, the keyboard, the slave, the clock, the FPU: always edges. */
static const u8 elcr_writable[VTX_PIC_CHIPS] = { 0xf8, 0xde };

/* Where the chip's pins are in a mask of all pins. */
static u16 pins_of(unsigned int chip, u8 pins)
{
	return pins << chip * PINS;
}

/* The interrupt request register. */
static u8 requests(const struct vtx_pic_chip *chip)
{
	u8 level = chip->elcr | chip->cascade;

	return (chip->line & level) | (chip->latch & ~level);
}

/* How far a pin is from the one with the highest priority. */
static unsigned int rank(const struct vtx_pic_chip *chip, unsigned int pin)
{
	return (pin - chip->highest) % PINS;
}

/* Of @pins, of which there is one, the one with the highest priority. */
static unsigned int first_of(const struct vtx_pic_chip *chip, u8 pins)
{
	return (__ffs(ror8(pins, chip->highest)) + chip->highest) % PINS;
}

/* What is in service and holds others up. */
static u8 in_service(const struct vtx_pic_chip *chip)
{
	return chip->special_mask ? chip->isr & ~chip->imr : chip->isr;
}

/* The pin whose interrupt comes next, or -1 if there is none. */
static int next_pin(const struct vtx_pic_chip *chip)
{
	u8 wanting = requests(chip) & ~chip->imr;
	u8 busy = in_service(chip);
	unsigned int pin, holder;

	if (!wanting || chip->expects != VTX_PIC_READY)
		return -1;
	pin = first_of(chip, wanting);
	if (!busy)
		return pin;
	holder = first_of(chip, busy);
	if (rank(chip, pin) < rank(chip, holder))
		return pin;
	/* To the slave it is another pin, and of a higher priority. */
	if (pin == holder && chip->fully_nested && (BIT(pin) & chip->cascade))
		return pin;
	return -1;
}

/* The slave may have changed. */
static void connect(struct vtx_pics *pics)
{
	struct vtx_pic_chip *master = &pics->chip[MASTER];

	if (next_pin(&pics->chip[SLAVE]) < 0)
		master->line &= ~master->cascade;
	else
		master->line |= master->cascade;
}

/* From now on @pin comes last. */
static void rotate(struct vtx_pic_chip *chip, unsigned int pin)
{
	chip->highest = (pin + 1) % PINS;
}

/* One chip's part in an interrupt acknowledge cycle.  Return: its pin. */
static unsigned int acknowledge(struct vtx_pics *pics, unsigned int which,
				u16 *ended)
{
	struct vtx_pic_chip *chip = &pics->chip[which];
	int pin = next_pin(chip);

	if (pin < 0)
		return SPURIOUS_PIN;
	chip->latch &= ~BIT(pin);
	if (!chip->auto_eoi) {
		chip->isr |= BIT(pin);
		return pin;
	}
	if (chip->rotate_auto_eoi)
		rotate(chip, pin);
	*ended |= pins_of(which, BIT(pin));
	return pin;
}

/**
 * vtx_pics_power_up() - the state in which a PC finds them
 * @pics: to be filled in
 *
 * As of chips that were initialized with all vectors at 0: user space and
 * firmware initialize them anew.
 */
void vtx_pics_power_up(struct vtx_pics *pics)
{
	*pics = (struct vtx_pics){
		.chip[MASTER].cascade = BIT(CASCADE_PIN),
	};
}

/**
 * vtx_pics_set_pin() - a line rises or falls
 * @pics: the pair
 * @pin: 0 to 15; the master's pin 2 has no line of its own, and ignores it
 * @level: what the line is now
 *
 * Return: as for KVM_IRQ_LINE_STATUS: negative if the pin is masked; 0 if that
 * makes no interrupt that was not there before; else positive, as for a line
 * that falls.
 */
int vtx_pics_set_pin(struct vtx_pics *pics, unsigned int pin, bool level)
{
	struct vtx_pic_chip *chip = &pics->chip[pin / PINS % VTX_PIC_CHIPS];
	u8 bit = BIT(pin % PINS), before = requests(chip);
	bool rises = level && !(chip->line & bit);

	if (chip->cascade & bit)
		return -1;
	if (level)
		chip->line |= bit;
	else
		chip->line &= ~bit;
	if (rises && !(chip->elcr & bit))
		chip->latch |= bit;
	connect(pics);
	if (chip->imr & bit)
		return -1;
	return !level || (rises && !(before & bit));
}

/**
 * vtx_pics_output() - does the pair interrupt the CPU?
 * @pics: the pair
 *
 * Return: true if so.
 */
bool vtx_pics_output(const struct vtx_pics *pics)
{
	return next_pin(&pics->chip[MASTER]) >= 0;
}

/**
 * vtx_pics_acknowledge() - the CPU takes an interrupt
 * @pics: the pair
 * @ended: mask of pins; in automatic EOI mode the pin is added
 *
 * Return: its vector; if there is none, that of the master's pin 7, which then
 * is not in service.
 */
u8 vtx_pics_acknowledge(struct vtx_pics *pics, u16 *ended)
{
	unsigned int chip = MASTER, pin;

	pin = acknowledge(pics, MASTER, ended);
	if (BIT(pin) & pics->chip[MASTER].cascade) {
		chip = SLAVE;
		pin = acknowledge(pics, SLAVE, ended);
	}
	connect(pics);
	return pics->chip[chip].base + pin;
}

static void write_icw1(struct vtx_pics *pics, unsigned int which, u8 value,
		       u16 *ended)
{
	struct vtx_pic_chip *chip = &pics->chip[which];
	bool keep = value & ICW1_IC4;

	*ended |= pins_of(which, chip->isr);
	/* Lines stay as they are: the next edge is the next rise. */
	*chip = (struct vtx_pic_chip){
		.cascade	= chip->cascade,
		.line		= chip->line,
		.elcr		= chip->elcr,
		.base		= chip->base,
		.expects	= VTX_PIC_ICW2,
		.icw4		= keep,
		.auto_eoi	= keep && chip->auto_eoi,
		.fully_nested	= keep && chip->fully_nested,
	};
}

static void write_ocw3(struct vtx_pic_chip *chip, u8 value)
{
	if (value & OCW3_ESMM)
		chip->special_mask = value & OCW3_SMM;
	if (value & OCW3_RR)
		chip->read_isr = value & OCW3_RIS;
	chip->poll = value & OCW3_POLL;
}

/* Which pin an EOI means, or -1. */
static int pin_to_end(const struct vtx_pic_chip *chip, u8 value)
{
	u8 busy;

	if (value & OCW2_SPECIFIC)
		return value & OCW2_LEVEL;
	/* "Special Mask Mode": an unspecific EOI passes over what is masked. */
	busy = in_service(chip);
	return busy ? (int)first_of(chip, busy) : -1;
}

static void write_ocw2(struct vtx_pics *pics, unsigned int which, u8 value,
		       u16 *ended)
{
	struct vtx_pic_chip *chip = &pics->chip[which];
	int pin;

	if (!(value & OCW2_EOI)) {
		if (!(value & OCW2_SPECIFIC))
			chip->rotate_auto_eoi = value & OCW2_ROTATE;
		else if (value & OCW2_ROTATE)
			rotate(chip, value & OCW2_LEVEL);
		return;
	}
	pin = pin_to_end(chip, value);
	if (pin < 0)
		return;
	if (value & OCW2_ROTATE)
		rotate(chip, pin);
	*ended |= pins_of(which, chip->isr & BIT(pin));
	chip->isr &= ~BIT(pin);
}

static void write_command(struct vtx_pics *pics, unsigned int which, u8 value,
			  u16 *ended)
{
	if (value & ICW1)
		write_icw1(pics, which, value, ended);
	else if (value & OCW3)
		write_ocw3(&pics->chip[which], value);
	else
		write_ocw2(pics, which, value, ended);
}

static void write_data(struct vtx_pic_chip *chip, u8 value)
{
	switch (chip->expects) {
	case VTX_PIC_READY:
		chip->imr = value;
		return;
	case VTX_PIC_ICW2:
		chip->base = value & ICW2_BASE;
		chip->expects = VTX_PIC_ICW3;
		return;
	case VTX_PIC_ICW3:
		chip->expects = chip->icw4 ? VTX_PIC_ICW4 : VTX_PIC_READY;
		return;
	case VTX_PIC_ICW4:
		chip->auto_eoi = value & ICW4_AUTO_EOI;
		chip->fully_nested = value & ICW4_NESTED;
		chip->expects = VTX_PIC_READY;
		return;
	}
}

static void write_elcr(struct vtx_pics *pics, unsigned int which, u8 value)
{
	struct vtx_pic_chip *chip = &pics->chip[which];

	chip->elcr = value & elcr_writable[which];
	chip->latch &= ~chip->elcr;
}

/* Which chip a port is of. */
static unsigned int chip_of(u16 port)
{
	if ((port & ~1) == VTX_PIC_ELCR_PORT)
		return port & 1 ? SLAVE : MASTER;
	return (port & ~1) == VTX_PIC_SLAVE_PORT ? SLAVE : MASTER;
}

/**
 * vtx_pics_write() - a port is written
 * @pics: the pair
 * @port: one of the six
 * @value: what is written
 * @ended: mask of pins; those whose interrupt ends by this are added
 */
void vtx_pics_write(struct vtx_pics *pics, u16 port, u8 value, u16 *ended)
{
	unsigned int chip = chip_of(port);

	if ((port & ~1) == VTX_PIC_ELCR_PORT)
		write_elcr(pics, chip, value);
	else if (port & 1)
		write_data(&pics->chip[chip], value);
	else
		write_command(pics, chip, value, ended);
	connect(pics);
}

/* "Poll Command": the read is an acknowledge, of this chip alone. */
static u8 poll(struct vtx_pics *pics, unsigned int which, u16 *ended)
{
	bool wanted = next_pin(&pics->chip[which]) >= 0;
	unsigned int pin = acknowledge(pics, which, ended);

	pics->chip[which].poll = false;
	connect(pics);
	return wanted ? POLL_YES | pin : pin;
}

/**
 * vtx_pics_read() - a port is read
 * @pics: the pair
 * @port: one of the six
 * @ended: mask of pins; those whose interrupt ends by this are added
 *
 * Return: what is read.
 */
u8 vtx_pics_read(struct vtx_pics *pics, u16 port, u16 *ended)
{
	unsigned int which = chip_of(port);
	const struct vtx_pic_chip *chip = &pics->chip[which];

	if ((port & ~1) == VTX_PIC_ELCR_PORT)
		return chip->elcr;
	if (chip->poll)
		return poll(pics, which, ended);
	if (port & 1)
		return chip->imr;
	return chip->read_isr ? chip->isr : requests(chip);
}

/**
 * vtx_pics_get_state() - KVM_GET_IRQCHIP
 * @pics: the pair
 * @chip: 0 for the master, 1 for the slave
 * @state: receives the state
 */
void vtx_pics_get_state(const struct vtx_pics *pics, unsigned int chip,
			struct kvm_pic_state *state)
{
	const struct vtx_pic_chip *from = &pics->chip[chip % VTX_PIC_CHIPS];

	*state = (struct kvm_pic_state){
		.last_irr	= from->line,
		.irr		= requests(from),
		.imr		= from->imr,
		.isr		= from->isr,
		.priority_add	= from->highest,
		.irq_base	= from->base,
		.read_reg_select = from->read_isr,
		.poll		= from->poll,
		.special_mask	= from->special_mask,
		.init_state	= from->expects,
		.auto_eoi	= from->auto_eoi,
		.rotate_on_auto_eoi = from->rotate_auto_eoi,
		.special_fully_nested_mode = from->fully_nested,
		.init4		= from->icw4,
		.elcr		= from->elcr,
		.elcr_mask	= elcr_writable[chip % VTX_PIC_CHIPS],
	};
}

/**
 * vtx_pics_state_valid() - may KVM_SET_IRQCHIP set this?
 * @state: the state
 *
 * Return: false if it names a pin or a step of the initialization that there is
 * not.  Bits that a register cannot hold are ignored, and so is @elcr_mask.
 */
bool vtx_pics_state_valid(const struct kvm_pic_state *state)
{
	return state->priority_add < PINS && state->init_state <= VTX_PIC_ICW4;
}

/**
 * vtx_pics_set_state() - KVM_SET_IRQCHIP
 * @pics: the pair
 * @chip: 0 for the master, 1 for the slave
 * @state: the state, valid
 */
void vtx_pics_set_state(struct vtx_pics *pics, unsigned int chip,
			const struct kvm_pic_state *state)
{
	unsigned int which = chip % VTX_PIC_CHIPS;
	struct vtx_pic_chip *to = &pics->chip[which];
	u8 elcr = state->elcr & elcr_writable[which];

	*to = (struct vtx_pic_chip){
		.cascade	= to->cascade,
		.line		= (state->last_irr & ~elcr) | (state->irr & elcr),
		.latch		= state->irr & ~elcr,
		.imr		= state->imr,
		.isr		= state->isr,
		.elcr		= elcr,
		.highest	= state->priority_add,
		.base		= state->irq_base & ICW2_BASE,
		.expects	= state->init_state,
		.icw4		= state->init4,
		.read_isr	= state->read_reg_select,
		.poll		= state->poll,
		.auto_eoi	= state->auto_eoi,
		.rotate_auto_eoi = state->rotate_on_auto_eoi,
		.special_mask	= state->special_mask,
		.fully_nested	= state->special_fully_nested_mode,
	};
	connect(pics);
}
