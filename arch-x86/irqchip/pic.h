/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two 8259A interrupt controllers of a PC, as a state machine.
 *
 * Nothing here knows a lock, a vCPU or who drives the pins.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_PIC_H
#define VTX_ARCH_X86_IRQCHIP_PIC_H

#include <linux/kvm.h>
#include <linux/types.h>

#define VTX_PIC_CHIPS	2
#define VTX_PIC_PINS	16		/* of both */

/* Ports: a command and a data port each, and ELCR of both. */
#define VTX_PIC_MASTER_PORT	0x20
#define VTX_PIC_SLAVE_PORT	0xa0
#define VTX_PIC_ELCR_PORT	0x4d0

/**
 * enum vtx_pic_expects - what a write to the data port is
 * @VTX_PIC_READY: OCW1: the chip is initialized
 * @VTX_PIC_ICW2: ICW2, and so on
 * @VTX_PIC_ICW3: ICW3
 * @VTX_PIC_ICW4: ICW4
 *
 * The numbers are those of @init_state in struct kvm_pic_state.
 */
enum vtx_pic_expects {
	VTX_PIC_READY,
	VTX_PIC_ICW2,
	VTX_PIC_ICW3,
	VTX_PIC_ICW4,
};

/**
 * struct vtx_pic_chip - an 8259A
 * @cascade: the pins that are outputs of slaves
 * @line: the levels of its pins
 * @latch: edges that have come and were not acknowledged
 * @imr: interrupt mask register
 * @isr: in-service register
 * @elcr: pins that are level-triggered
 * @highest: the pin with the highest priority
 * @base: vector of pin 0
 * @expects: what a write to the data port is
 * @icw4: ICW1 said that there will be an ICW4
 * @read_isr: a read of the command port gives ISR, not IRR
 * @poll: the next read is a poll
 * @auto_eoi: interrupts end when they are acknowledged
 * @rotate_auto_eoi: and the pin then has the lowest priority
 * @special_mask: what is in service but masked holds nothing up
 * @fully_nested: special fully nested mode: the slave's pin in service does not
 *	hold up the slave's pin
 */
struct vtx_pic_chip {
	u8			cascade;
	u8			line;
	u8			latch;
	u8			imr;
	u8			isr;
	u8			elcr;
	u8			highest;
	u8			base;
	enum vtx_pic_expects	expects;
	bool			icw4;
	bool			read_isr;
	bool			poll;
	bool			auto_eoi;
	bool			rotate_auto_eoi;
	bool			special_mask;
	bool			fully_nested;
};

/**
 * struct vtx_pics - the pair
 * @chip: the master, and the slave, whose output is the master's pin 2
 */
struct vtx_pics {
	struct vtx_pic_chip	chip[VTX_PIC_CHIPS];
};

void vtx_pics_power_up(struct vtx_pics *pics);
int vtx_pics_set_pin(struct vtx_pics *pics, unsigned int pin, bool level);
bool vtx_pics_output(const struct vtx_pics *pics);
u8 vtx_pics_acknowledge(struct vtx_pics *pics, u16 *ended);
u8 vtx_pics_read(struct vtx_pics *pics, u16 port, u16 *ended);
void vtx_pics_write(struct vtx_pics *pics, u16 port, u8 value, u16 *ended);
void vtx_pics_get_state(const struct vtx_pics *pics, unsigned int chip,
			struct kvm_pic_state *state);
bool vtx_pics_state_valid(const struct kvm_pic_state *state);
void vtx_pics_set_state(struct vtx_pics *pics, unsigned int chip,
			const struct kvm_pic_state *state);

#endif /* VTX_ARCH_X86_IRQCHIP_PIC_H */
