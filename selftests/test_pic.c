// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: with KVM_CREATE_IRQCHIP a VM has the two PICs of a PC.  Their
 * interrupts reach vCPUs whose local APIC lets them through, in every mode, asleep
 * or not, and are acknowledged when they are taken and not before.  Their state
 * is user space's to get and set.
 *
 * What the chips do by themselves is held against the data sheet elsewhere.
 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "lib/board.h"
#include "lib/harness.h"

/* Command and data ports, and ELCR */
#define MC		0x20
#define MD		0x21
#define SC		0xa0
#define SD		0xa1
#define ELCR		0x4d0

#define READ_IRR	0x0a
#define READ_ISR	0x0b
#define EOI		0x20
#define ROTATE		0xa0	/* and EOI */

#define LINT0		0x350
#define EXTINT		0x700
#define MASKED		0x10000
#define APIC_BASE	0x1b
#define APIC_GPA	0xfee00000UL
#define APIC_EN		BIT(11)

#define NONE		(-1)

static struct board board;

static const enum mode modes[] = {
	MODE_REAL, MODE_PROT32, MODE_PAGED32, MODE_LONG,
};

/* Nothing is masked. */
static void start(enum mode mode)
{
	board_start(&board, mode);
	board_out(&board, MD, 0);
	board_out(&board, SD, 0);
}

static void begin(void)
{
	board_create(&board);
	start(MODE_LONG);
}

static void pulse(int line)
{
	board_line(&board, line, 1);
	board_line(&board, line, 0);
}

static void end(bool slave)
{
	if (slave)
		board_out(&board, SC, EOI);
	board_out(&board, MC, EOI);
}

static __u8 look(__u16 port, __u8 what)
{
	board_out(&board, port, what);
	return board_in(&board, port);
}

static void get_pic(__u32 id, struct kvm_pic_state *state)
{
	struct kvm_irqchip chip = { .chip_id = id };

	MUST(!ioctl(board.guest.fd, KVM_GET_IRQCHIP, &chip));
	*state = chip.chip.pic;
}

static int set_pic(__u32 id, const struct kvm_pic_state *state)
{
	struct kvm_irqchip chip = { .chip_id = id };

	chip.chip.pic = *state;
	return vtx_ioctl(board.guest.fd, KVM_SET_IRQCHIP,
			 (unsigned long)&chip);
}

static int status(int line, int level)
{
	struct kvm_irq_level arg = { .irq = line, .level = level };

	MUST(!ioctl(board.guest.fd, KVM_IRQ_LINE_STATUS, &arg));
	return arg.status;
}

static void set_lint0(__u32 value)
{
	struct kvm_lapic_state state;

	MUST(!ioctl(board.vcpu.fd, KVM_GET_LAPIC, &state));
	memcpy(state.regs + LINT0, &value, sizeof(value));
	MUST(!ioctl(board.vcpu.fd, KVM_SET_LAPIC, &state));
}

/* ---- Interrupts ---- */

VTX_TEST(every_pin_in_every_mode)
{
	unsigned int i;
	int pin;

	board_create(&board);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		start(modes[i]);
		for (pin = 0; pin < 16; pin++) {
			bool slave = pin >= 8;

			if (pin == 2)
				continue;
			pulse(pin);
			EXPECT_EQ(BOARD_MASTER + pin,
				  board_interrupt(&board, pin & 1))
				TH_LOG("%s, pin %d", mode_name[modes[i]], pin);
			EXPECT_EQ(slave ? 4 : 1 << pin, look(MC, READ_ISR));
			EXPECT_EQ(slave ? 1 << (pin - 8) : 0,
				  look(SC, READ_ISR));
			EXPECT_EQ(NONE, board_interrupt(&board, false));
			end(slave);
			EXPECT_EQ(0, look(MC, READ_ISR) | look(SC, READ_ISR));
			EXPECT_EQ(NONE, board_interrupt(&board, false));
		}
	}
}

VTX_TEST(priorities)
{
	static const int pins[] = { 0, 1, 8, 12, 15, 3, 7 };
	unsigned int i;

	begin();
	for (i = ARRAY_SIZE(pins); i--;)
		pulse(pins[i]);
	EXPECT_EQ(0x8f, look(MC, READ_IRR));
	EXPECT_EQ(0x91, look(SC, READ_IRR));
	for (i = 0; i < ARRAY_SIZE(pins); i++) {
		EXPECT_EQ(BOARD_MASTER + pins[i],
			  board_interrupt(&board, false));
		/* The next ones are lower, and wait for the end. */
		EXPECT_EQ(NONE, board_interrupt(&board, false));
		end(pins[i] >= 8);
	}
	EXPECT_EQ(NONE, board_interrupt(&board, false));
}

/* What is higher interrupts a handler that lets it. */
VTX_TEST(nesting)
{
	begin();
	pulse(5);
	EXPECT_EQ(BOARD_MASTER + 5, board_interrupt(&board, false));
	pulse(6);
	EXPECT_EQ(NONE, board_interrupt(&board, false));
	pulse(9);
	EXPECT_EQ(BOARD_SLAVE + 1, board_interrupt(&board, false));
	pulse(0);
	EXPECT_EQ(BOARD_MASTER, board_interrupt(&board, false));
	EXPECT_EQ(0x25, look(MC, READ_ISR));
	end(false);
	end(true);
	end(false);
	EXPECT_EQ(BOARD_MASTER + 6, board_interrupt(&board, false));
}

VTX_TEST(masks)
{
	begin();
	board_out(&board, MD, 0x08);
	pulse(3);
	EXPECT_EQ(NONE, board_interrupt(&board, false));
	EXPECT_EQ(0x08, look(MC, READ_IRR));
	EXPECT_EQ(0x08, board_in(&board, MD));
	board_out(&board, MD, 0);
	EXPECT_EQ(BOARD_MASTER + 3, board_interrupt(&board, false));
	end(false);

	board_out(&board, SD, 0xff);
	pulse(14);
	EXPECT_EQ(NONE, board_interrupt(&board, false));
	board_out(&board, SD, 0xbf);
	EXPECT_EQ(BOARD_SLAVE + 6, board_interrupt(&board, false));
}

/* A level is there until its device is content. */
VTX_TEST(levels)
{
	static const int pins[] = { 5, 11 };
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(pins); i++) {
		int pin = pins[i];

		board_out(&board, ELCR + pin / 8, 1 << pin % 8);
		EXPECT_EQ(1 << pin % 8, board_in(&board, ELCR + pin / 8));
		board_line(&board, pin, 1);
		EXPECT_EQ(BOARD_MASTER + pin, board_interrupt(&board, false));
		end(pin >= 8);
		EXPECT_EQ(BOARD_MASTER + pin, board_interrupt(&board, true));
		board_line(&board, pin, 0);
		end(pin >= 8);
		EXPECT_EQ(NONE, board_interrupt(&board, false));
		/* One that went before it was taken has never been. */
		pulse(pin);
		EXPECT_EQ(0, look(pin < 8 ? MC : SC, READ_IRR));
	}
	board_out(&board, ELCR, 0xff);
	board_out(&board, ELCR + 1, 0xff);
	EXPECT_EQ(0xf8, board_in(&board, ELCR));
	EXPECT_EQ(0xde, board_in(&board, ELCR + 1));
	if (device_is_vtx()) {
		board_out16(&board, ELCR, 0x4040);
		EXPECT_EQ(0x4040, board_in16(&board, ELCR));
	}
}

/* With interrupts off, all stays as it is. */
VTX_TEST(acknowledged_when_taken)
{
	struct kvm_pic_state state;

	begin();
	pulse(4);
	EXPECT_EQ(0x10, look(MC, READ_IRR));
	EXPECT_EQ(0, look(MC, READ_ISR));
	get_pic(KVM_IRQCHIP_PIC_MASTER, &state);
	EXPECT_EQ(0x10, state.irr);
	EXPECT_EQ(0, state.isr);
	/* A higher one that comes meanwhile goes first. */
	pulse(1);
	EXPECT_EQ(BOARD_MASTER + 1, board_interrupt(&board, false));
	end(false);
	EXPECT_EQ(BOARD_MASTER + 4, board_interrupt(&board, false));
	get_pic(KVM_IRQCHIP_PIC_MASTER, &state);
	EXPECT_EQ(0, state.irr);
	EXPECT_EQ(0x10, state.isr);
}

VTX_TEST(automatic_eoi)
{
	begin();
	board_out(&board, MC, 0x11);
	board_out(&board, MD, BOARD_MASTER);
	board_out(&board, MD, 4);
	board_out(&board, MD, 3);
	pulse(5);
	EXPECT_EQ(BOARD_MASTER + 5, board_interrupt(&board, false));
	EXPECT_EQ(0, look(MC, READ_ISR));
	pulse(6);
	EXPECT_EQ(BOARD_MASTER + 6, board_interrupt(&board, false));
	EXPECT_EQ(NONE, board_interrupt(&board, false));
}

/* Many at once, in one open window. */
VTX_TEST(one_after_the_other)
{
	struct event event;
	int pin, seen = 0;

	begin();
	/* Without the need for an EOI. */
	board_out(&board, MC, 0x11);
	board_out(&board, MD, BOARD_MASTER);
	board_out(&board, MD, 4);
	board_out(&board, MD, 3);
	for (pin = 7; pin > 2; pin--)
		pulse(pin);
	board_prepare(&board, false);
	for (;;) {
		vcpu_wait(&board.vcpu, MODE_LONG, &event);
		if (event.what == RESULT)
			break;
		ASSERT_EQ(EXCEPTION, event.what);
		EXPECT_EQ(BOARD_MASTER + 3 + seen, event.value);
		seen++;
	}
	EXPECT_EQ(5, seen);
}

/* ---- The way into the CPU ---- */

VTX_TEST(lint0)
{
	begin();
	/* Masked, and in other modes, nothing passes; and nothing is lost. */
	set_lint0(EXTINT | MASKED);
	pulse(3);
	EXPECT_EQ(NONE, board_interrupt(&board, false));
	set_lint0(0x400 | MASKED);
	EXPECT_EQ(NONE, board_interrupt(&board, false));
	set_lint0(EXTINT);
	EXPECT_EQ(BOARD_MASTER + 3, board_interrupt(&board, false));
	end(false);

	/* An APIC that is off is not in the way. */
	set_lint0(EXTINT | MASKED);
	pulse(4);
	EXPECT_EQ(NONE, board_interrupt(&board, false));
	ASSERT_EQ(1, msr_set(&board.vcpu, APIC_BASE, APIC_GPA | BIT(8)));
	EXPECT_EQ(BOARD_MASTER + 4, board_interrupt(&board, false));
}

static void *raise_later(void *line)
{
	usleep(20000);
	pulse((long)line);
	return NULL;
}

VTX_TEST(halted_vcpus_wake)
{
	pthread_t thread;
	unsigned int i;
	long line;

	board_create(&board);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		start(modes[i]);
		line = i & 1 ? 12 : 4;
		ASSERT_EQ(0, pthread_create(&thread, NULL, raise_later,
					    (void *)line));
		EXPECT_EQ(BOARD_MASTER + line, board_interrupt(&board, true));
		pthread_join(thread, NULL);
		end(line >= 8);
	}
}

/* The priority of the local APIC does not matter to it. */
VTX_TEST(task_priority)
{
	struct kvm_lapic_state state;

	begin();
	MUST(!ioctl(board.vcpu.fd, KVM_GET_LAPIC, &state));
	state.regs[0x80] = 0xff;
	MUST(!ioctl(board.vcpu.fd, KVM_SET_LAPIC, &state));
	pulse(3);
	EXPECT_EQ(BOARD_MASTER + 3, board_interrupt(&board, true));
}

/*
 * Of several vCPUs the one takes them that lets them through, though it is not
 * the first; here that one sleeps, and the first has not been started.
 */
VTX_TEST(another_vcpu)
{
	struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };
	struct vcpu first;
	pthread_t thread;

	guest_create(&board.guest);
	MUST(!ioctl(board.guest.fd, KVM_CREATE_IRQCHIP, 0));
	vcpu_create(&board.vcpu, &board.guest, 0);
	set_lint0(EXTINT | MASKED);
	first = board.vcpu;
	vcpu_create(&board.vcpu, &board.guest, 1);
	MUST(!ioctl(board.vcpu.fd, KVM_SET_MP_STATE, &runnable));
	set_lint0(EXTINT);
	start(MODE_LONG);
	ASSERT_EQ(0, pthread_create(&thread, NULL, raise_later, (void *)10L));
	EXPECT_EQ(BOARD_SLAVE + 2, board_interrupt(&board, true));
	pthread_join(thread, NULL);
	vcpu_destroy(&first);
}

/* ---- User space ---- */

VTX_TEST(line_status)
{
	begin();
	board_out(&board, MD, 0x10);
	EXPECT_LT(0, status(3, 1));
	status(3, 0);
	/* It waits already; one at a pin that is masked everywhere does not. */
	EXPECT_EQ(0, status(3, 1));
	EXPECT_EQ(-1, status(4, 1));
	EXPECT_EQ(BOARD_MASTER + 3, board_interrupt(&board, false));
	status(3, 0);
	EXPECT_LT(0, status(3, 1));
}

VTX_TEST(state_is_kept)
{
	static const struct kvm_pic_state rows[] = {
		{ .last_irr = 0x0a, .irr = 0x09, .imr = 0x33, .isr = 0x40,
		  .priority_add = 5, .irq_base = 0x78, .read_reg_select = 1,
		  .special_mask = 1, .auto_eoi = 1, .rotate_on_auto_eoi = 1,
		  .special_fully_nested_mode = 1, .init4 = 1, .elcr = 0x20 },
		{ .init_state = 2, .poll = 1, .irq_base = 0x08 },
		{ .last_irr = 0x80, .irr = 0x80, .elcr = 0x80 },
		{ },
	};
	static const __u8 elcr_mask[] = { 0xf8, 0xde };
	struct kvm_pic_state state, again;
	unsigned int i, chip;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (chip = 0; chip < 2; chip++) {
			state = rows[i];
			state.elcr &= elcr_mask[chip];
			state.elcr_mask = elcr_mask[chip];
			ASSERT_EQ(0, set_pic(chip, &state));
			get_pic(chip, &again);
			/* The slave's pin follows the slave. */
			if (!chip) {
				again.irr &= ~4;
				again.last_irr &= ~4;
			}
			EXPECT_EQ(0, memcmp(&state, &again, sizeof(state)))
				TH_LOG("row %d, chip %d", i, chip);
		}
	}
}

/* An interrupt that came with the state. */
VTX_TEST(state_interrupts)
{
	struct kvm_pic_state master, slave;

	begin();
	get_pic(KVM_IRQCHIP_PIC_MASTER, &master);
	get_pic(KVM_IRQCHIP_PIC_SLAVE, &slave);
	EXPECT_EQ(BOARD_MASTER, master.irq_base);
	EXPECT_EQ(BOARD_SLAVE, slave.irq_base);
	EXPECT_EQ(NONE, board_interrupt(&board, false));
	master.irr = 0x80;
	ASSERT_EQ(0, set_pic(KVM_IRQCHIP_PIC_MASTER, &master));
	EXPECT_EQ(BOARD_MASTER + 7, board_interrupt(&board, true));
	end(false);
	slave.irr = 0x02;
	slave.irq_base = 0x80;
	ASSERT_EQ(0, set_pic(KVM_IRQCHIP_PIC_SLAVE, &slave));
	EXPECT_EQ(0x81, board_interrupt(&board, true));
}

VTX_TEST(bad_states)
{
	struct kvm_pic_state state, again;

	if (!device_is_vtx())
		SKIP(return, "KVM takes everything");
	begin();
	get_pic(KVM_IRQCHIP_PIC_SLAVE, &state);
	again = state;
	again.imr = 0x55;
	again.priority_add = 8;
	EXPECT_EQ(-EINVAL, set_pic(KVM_IRQCHIP_PIC_SLAVE, &again));
	again.priority_add = 0;
	again.init_state = 4;
	EXPECT_EQ(-EINVAL, set_pic(KVM_IRQCHIP_PIC_SLAVE, &again));
	get_pic(KVM_IRQCHIP_PIC_SLAVE, &again);
	EXPECT_EQ(0, memcmp(&state, &again, sizeof(state)));
}

/* ---- Races ---- */

static int over;

static bool is_over(void)
{
	return __atomic_load_n(&over, __ATOMIC_RELAXED);
}

static void *raise_all(void *unused)
{
	int pin;

	while (!is_over()) {
		for (pin = 3; pin < 16; pin++)
			pulse(pin);
		usleep(200);
	}
	return unused;
}

static void *look_on(void *unused)
{
	struct kvm_pic_state state;

	while (!is_over()) {
		get_pic(KVM_IRQCHIP_PIC_SLAVE, &state);
		usleep(300);
	}
	return unused;
}

/*
 * The guest lets interrupts in until it goes on.  Return: mask of the pins of
 * those that came; all others end the test.
 */
static __u32 pins_taken(void)
{
	struct event event;
	__u32 pins = 0;
	int pin;

	board_prepare(&board, true);
	for (;;) {
		vcpu_wait(&board.vcpu, MODE_LONG, &event);
		if (event.what == RESULT)
			return pins;
		pin = (int)event.value - BOARD_MASTER;
		MUST(event.what == EXCEPTION && pin >= 3 && pin < 16);
		pins |= 1 << pin;
	}
}

/*
 * While others raise lines, those are in service that the guest has taken, and
 * no others.
 */
VTX_TEST(others_raise_lines)
{
	long rounds = vtx_number("ROUNDS", 500);
	pthread_t threads[2];
	__u32 pins, seen = 0;
	long i;

	begin();
	ASSERT_EQ(0, pthread_create(&threads[0], NULL, raise_all, NULL));
	ASSERT_EQ(0, pthread_create(&threads[1], NULL, look_on, NULL));
	for (i = 0; i < rounds; i++) {
		pins = pins_taken();
		seen |= pins;
		EXPECT_EQ((pins & 0xff) | (pins >> 8 ? 4 : 0),
			  look(MC, READ_ISR));
		EXPECT_EQ(pins >> 8, look(SC, READ_ISR));
		while (look(SC, READ_ISR))
			board_out(&board, SC, ROTATE);
		while (look(MC, READ_ISR))
			board_out(&board, MC, ROTATE);
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	/* Each has had its turn, if there were enough. */
	if (rounds >= 200)
		EXPECT_EQ(0xfff8, seen);
}

VTX_TEST_MAIN
