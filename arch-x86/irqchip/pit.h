/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 8254 timer of a PC and its speaker port, as a state machine.
 *
 * Time is handed in, in ns of any clock that never goes back.  Nothing here knows
 * a lock, a timer or an interrupt.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_PIT_H
#define VTX_ARCH_X86_IRQCHIP_PIT_H

#include <linux/kvm.h>
#include <linux/types.h>

#define VTX_PIT_COUNTERS	3
/* Ports: one a counter, and the control word's. */
#define VTX_PIT_PORT		0x40
#define VTX_PIT_PORTS		4
#define VTX_SPEAKER_PORT	0x61

/* No control word has been written yet; KVM's number for that. */
#define VTX_PIT_NO_MODE		0xff

/**
 * enum vtx_pit_byte - what the next byte of a count is; KVM's numbers
 * @VTX_PIT_NO_BYTE: none: nothing latched, or no control word
 * @VTX_PIT_LOW: the low one, always
 * @VTX_PIT_HIGH: the high one, always; or the other half of what was latched
 * @VTX_PIT_FIRST: the low one of two
 * @VTX_PIT_SECOND: the high one of two
 */
enum vtx_pit_byte {
	VTX_PIT_NO_BYTE,
	VTX_PIT_LOW,
	VTX_PIT_HIGH,
	VTX_PIT_FIRST,
	VTX_PIT_SECOND,
};

/**
 * struct vtx_pit_counter - one of three
 * @mode: 0 to 5, or VTX_PIT_NO_MODE
 * @access: which bytes of counts are written and read, as in the control word:
 *	VTX_PIT_LOW, VTX_PIT_HIGH, or VTX_PIT_FIRST for both
 * @read: the next byte that is read
 * @write: the next byte that is written
 * @low: the first of two bytes
 * @bcd: it counts in decimal
 * @gate: its gate
 * @started: it has had a count since the control word, and in modes 1 and 5 a
 *	trigger
 * @runs: it counts at this moment
 * @count: what it counts down from: 1 to 65536, or 10000 in decimal
 * @next: a count that was written, and comes into force at @next_at or with the
 *	next trigger; 0 if there is none
 * @next_at: clocks since @start
 * @start: if it runs: when it would have begun, had it never been stopped
 * @elapsed: if it does not run: clocks counted until then
 * @latched: count that was latched
 * @latch: the next byte of it that is read
 * @status_latched: @status waits to be read
 * @status: status that was latched
 */
struct vtx_pit_counter {
	u8			mode;
	enum vtx_pit_byte	access;
	enum vtx_pit_byte	read;
	enum vtx_pit_byte	write;
	u8			low;
	bool			bcd;
	bool			gate;
	bool			started;
	bool			runs;
	u32			count;
	u32			next;
	u64			next_at;
	s64			start;
	u64			elapsed;
	u16			latched;
	enum vtx_pit_byte	latch;
	bool			status_latched;
	u8			status;
};

/**
 * struct vtx_pit - the 8254 and what port 0x61 has of it
 * @counter: the counters: the timer's, the one that refreshed memory, the
 *	speaker's
 * @speaker: the speaker follows counter 2
 */
struct vtx_pit {
	struct vtx_pit_counter	counter[VTX_PIT_COUNTERS];
	bool			speaker;
};

void vtx_pit_power_up(struct vtx_pit *pit);
u8 vtx_pit_read(struct vtx_pit *pit, u16 port, s64 now);
bool vtx_pit_write(struct vtx_pit *pit, u16 port, u8 value, s64 now);
u8 vtx_pit_read_speaker(struct vtx_pit *pit, s64 now);
void vtx_pit_write_speaker(struct vtx_pit *pit, u8 value, s64 now);
bool vtx_pit_output(struct vtx_pit *pit, unsigned int counter, s64 now);
bool vtx_pit_next_rise(struct vtx_pit *pit, s64 now, s64 *at);
u64 vtx_pit_period(const struct vtx_pit *pit);
void vtx_pit_get_state(struct vtx_pit *pit, struct kvm_pit_channel_state *state,
		       s64 now);
bool vtx_pit_state_valid(const struct kvm_pit_channel_state *state);
void vtx_pit_set_state(struct vtx_pit *pit,
		       const struct kvm_pit_channel_state *state, s64 now);

#endif /* VTX_ARCH_X86_IRQCHIP_PIT_H */
