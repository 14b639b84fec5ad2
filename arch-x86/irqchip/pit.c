// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 8254 of a PC: Intel's data sheet "8254 Programmable Interval Timer".
 *
 * A counter is not counted: what it shows is worked out from when it began.  It
 * is loaded in the moment in which the data sheet wants it to be loaded with the
 * next clock, so the states in between are not to be seen.
 *
 * The gates of counters 0 and 1 are always high, that of counter 2 is a bit of
 * port 0x61.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/math64.h>

#include "arch-x86/irqchip/pit.h"

/* 105/88 MHz, a third of the colour carrier of a television: clocks per ns. */
#define CLOCKS		21
#define PER_NS		17600

/* The control word. */
#define SELECT		GENMASK(7, 6)
#define ACCESS		GENMASK(5, 4)
#define MODE		GENMASK(3, 1)
#define BCD		BIT(0)
/* Or, with SELECT 3, the read-back command: */
#define READ_BACK	3
#define NOT_COUNT	BIT(5)
#define NOT_STATUS	BIT(4)
#define COUNTER(n)	BIT((n) + 1)

#define STATUS_OUTPUT	BIT(7)
#define STATUS_NULL	BIT(6)

#define SPEAKER		2	/* its counter */
#define PORT61_GATE	BIT(0)
#define PORT61_DATA	BIT(1)
#define PORT61_REFRESH	BIT(4)
#define PORT61_OUTPUT	BIT(5)

/* Clocks between two refreshes of memory, by BIOS convention. */
#define REFRESH		18

static u64 clocks_of(u64 ns)
{
	return mul_u64_u32_div(ns, CLOCKS, PER_NS);
}

/* When so many clocks are over, and not before. */
static u64 ns_of(u64 clocks)
{
	return mul_u64_u32_div(clocks, PER_NS, CLOCKS) +
	       !!(clocks * PER_NS % CLOCKS);
}

/* Clocks since the counter was loaded. */
static u64 elapsed(const struct vtx_pit_counter *c, s64 now)
{
	if (!c->runs)
		return c->elapsed;
	return now > c->start ? clocks_of((u64)now - (u64)c->start) : 0;
}

static void run_from(struct vtx_pit_counter *c, u64 clocks, s64 now)
{
	c->runs = true;
	c->start = now - ns_of(clocks);
}

static void stop(struct vtx_pit_counter *c, s64 now)
{
	c->elapsed = elapsed(c, now);
	c->runs = false;
}

/* How long a square wave is high; the odd clock is there. */
static u32 high_half(u32 count)
{
	return count - count / 2;
}

/* When what is being counted ends, and another count may come into force. */
static u64 end_of_part(const struct vtx_pit_counter *c, u64 clocks)
{
	u64 begin = clocks - clocks % c->count;

	if (c->mode == 3 && clocks - begin < high_half(c->count))
		return begin + high_half(c->count);
	return begin + c->count;
}

/* Let a count that was written come into force, if it is time. */
static void settle(struct vtx_pit_counter *c, s64 now)
{
	u64 before = 0;
	s64 at;

	if (!c->next || !c->runs || (c->mode != 2 && c->mode != 3) ||
	    elapsed(c, now) < c->next_at)
		return;
	at = c->start + ns_of(c->next_at);
	/* After a high half comes a low one, of the new wave. */
	if (c->mode == 3 && c->next_at % c->count)
		before = high_half(c->next);
	c->count = c->next;
	c->next = 0;
	run_from(c, before, at);
}

/* ---- What is to be seen ---- */

static bool output(const struct vtx_pit_counter *c, s64 now)
{
	u64 clocks = elapsed(c, now);

	if (!c->started)
		return c->mode && c->mode != VTX_PIT_NO_MODE;
	switch (c->mode) {
	case 0:
	case 1:
		return clocks >= c->count;
	case 2:
		return !c->gate || clocks % c->count != c->count - 1;
	case 3:
		return !c->gate || clocks % c->count < high_half(c->count);
	}
	/* 4, 5: a strobe */
	return clocks != c->count;
}

/* In twos; an odd count less one, once more down to 0 in the high half. */
static u32 count_of_square(const struct vtx_pit_counter *c, u64 clocks)
{
	u32 high = high_half(c->count);
	u32 phase = clocks % c->count;

	return (c->count & ~1U) - 2 * (phase < high ? phase : phase - high);
}

static u32 modulus(const struct vtx_pit_counter *c)
{
	return c->bcd ? 10000 : 0x10000;
}

static u16 to_bcd(u32 value)
{
	return value / 1000 % 10 << 12 | value / 100 % 10 << 8 |
	       value / 10 % 10 << 4 | value % 10;
}

/* As it is in the chip's registers. */
static u16 encode(const struct vtx_pit_counter *c, u32 value)
{
	return c->bcd ? to_bcd(value) : value;
}

/* No count at all is the greatest. */
static u32 decode(const struct vtx_pit_counter *c, u16 raw)
{
	u32 value = raw;

	if (c->bcd)
		value = (raw >> 12) * 1000 + (raw >> 8 & 15) * 100 +
			(raw >> 4 & 15) * 10 + (raw & 15);
	/* Digits above 9 are no digits: it may be more than there is. */
	return value % modulus(c) ?: modulus(c);
}

static u16 count(const struct vtx_pit_counter *c, s64 now)
{
	u64 clocks = elapsed(c, now);
	u32 value;

	switch (c->mode) {
	case 2:
		value = c->count - clocks % c->count;
		break;
	case 3:
		value = count_of_square(c, clocks);
		break;
	default:
		value = c->count + modulus(c) - clocks % modulus(c);
	}
	return encode(c, value % modulus(c));
}

/**
 * vtx_pit_output() - the level of an output
 * @pit: the PIT
 * @counter: of which counter
 * @now: time in ns
 *
 * Return: true if it is high.
 */
bool vtx_pit_output(struct vtx_pit *pit, unsigned int counter, s64 now)
{
	struct vtx_pit_counter *c = &pit->counter[counter];

	settle(c, now);
	return output(c, now);
}

/**
 * vtx_pit_next_rise() - when counter 0's output rises next
 * @pit: the PIT
 * @now: time in ns
 * @at: receives the time, which is after @now
 *
 * That is when its interrupt comes.
 *
 * Return: false if it never does.
 */
bool vtx_pit_next_rise(struct vtx_pit *pit, s64 now, s64 *at)
{
	struct vtx_pit_counter *c = &pit->counter[0];
	u64 clocks, rise;

	settle(c, now);
	if (!c->runs)
		return false;
	clocks = elapsed(c, now);
	switch (c->mode) {
	case 0:
	case 1:
		rise = c->count;
		break;
	case 2:
	case 3:
		rise = clocks - clocks % c->count + c->count;
		/* The rest of this wave is another's. */
		if (c->next && c->next_at < rise)
			rise = c->next_at + c->next / 2;
		break;
	default:
		rise = c->count + 1;
	}
	*at = c->start + ns_of(rise);
	return rise > clocks;
}

/**
 * vtx_pit_period() - how far apart counter 0's rises are
 * @pit: the PIT
 *
 * Return: ns, or 0 if there is but one.
 */
u64 vtx_pit_period(const struct vtx_pit *pit)
{
	const struct vtx_pit_counter *c = &pit->counter[0];

	return c->mode == 2 || c->mode == 3 ? ns_of(c->count) : 0;
}

/* ---- What can be done to it ---- */

/* Begin with a count, if the gate lets it. */
static void begin(struct vtx_pit_counter *c, u32 count, s64 now)
{
	c->count = count;
	c->next = 0;
	c->started = true;
	c->elapsed = 0;
	c->runs = false;
	if (c->gate || c->mode == 1 || c->mode == 5)
		run_from(c, 0, now);
}

/* A count has been written. */
static void load(struct vtx_pit_counter *c, u16 raw, s64 now)
{
	u32 value = decode(c, raw);

	switch (c->mode) {
	case 2:
	case 3:
		if (!c->started)
			break;
		c->next = value;
		c->next_at = end_of_part(c, elapsed(c, now));
		return;
	case 1:
	case 5:
		/* It waits for a trigger. */
		c->next = value;
		return;
	}
	begin(c, value, now);
}

static void write_count(struct vtx_pit_counter *c, u8 value, s64 now)
{
	if (c->mode == VTX_PIT_NO_MODE)
		return;
	settle(c, now);
	switch (c->write) {
	case VTX_PIT_NO_BYTE:
		return;
	case VTX_PIT_LOW:
		load(c, value, now);
		return;
	case VTX_PIT_HIGH:
		load(c, value << 8, now);
		return;
	case VTX_PIT_FIRST:
		c->low = value;
		c->write = VTX_PIT_SECOND;
		/* "Mode 0": the first byte stops it, and the output falls. */
		if (!c->mode) {
			stop(c, now);
			c->started = false;
		}
		return;
	case VTX_PIT_SECOND:
		c->write = VTX_PIT_FIRST;
		load(c, c->low | value << 8, now);
		return;
	}
}

static void latch_count(struct vtx_pit_counter *c, s64 now)
{
	if (c->latch)
		return;
	c->latched = count(c, now);
	c->latch = c->access;
}

static void latch_status(struct vtx_pit_counter *c, s64 now)
{
	if (c->status_latched)
		return;
	c->status_latched = true;
	c->status = FIELD_PREP(ACCESS, c->access) | FIELD_PREP(MODE, c->mode & 7);
	if (c->bcd)
		c->status |= BCD;
	if (output(c, now))
		c->status |= STATUS_OUTPUT;
	if (c->next || !c->started)
		c->status |= STATUS_NULL;
}

static void read_back(struct vtx_pit *pit, u8 value, s64 now)
{
	struct vtx_pit_counter *c;
	int i;

	for (i = 0; i < VTX_PIT_COUNTERS; i++) {
		c = &pit->counter[i];
		if (!(value & COUNTER(i)))
			continue;
		settle(c, now);
		if (!(value & NOT_COUNT))
			latch_count(c, now);
		if (!(value & NOT_STATUS))
			latch_status(c, now);
	}
}

static void set_mode(struct vtx_pit_counter *c, u8 value, s64 now)
{
	u8 mode = FIELD_GET(MODE, value);

	stop(c, now);
	c->started = false;
	c->next = 0;
	/* Of 2 and 3 the highest bit does not matter. */
	c->mode = mode > 5 ? mode - 4 : mode;
	c->bcd = value & BCD;
	c->access = FIELD_GET(ACCESS, value);
	c->read = c->access;
	c->write = c->access;
	c->latch = VTX_PIT_NO_BYTE;
	c->status_latched = false;
}

/* Return: true if counter 0 does something else now. */
static bool write_control(struct vtx_pit *pit, u8 value, s64 now)
{
	unsigned int n = FIELD_GET(SELECT, value);

	if (n == READ_BACK) {
		read_back(pit, value, now);
		return false;
	}
	settle(&pit->counter[n], now);
	if (!FIELD_GET(ACCESS, value)) {
		latch_count(&pit->counter[n], now);
		return false;
	}
	set_mode(&pit->counter[n], value, now);
	return !n;
}

/**
 * vtx_pit_write() - a port is written
 * @pit: the PIT
 * @port: VTX_PIT_PORT and the next three
 * @value: what is written
 * @now: time in ns
 *
 * Return: true if vtx_pit_next_rise() has another answer now.
 */
bool vtx_pit_write(struct vtx_pit *pit, u16 port, u8 value, s64 now)
{
	unsigned int n = port % VTX_PIT_PORTS;

	if (n == VTX_PIT_COUNTERS)
		return write_control(pit, value, now);
	write_count(&pit->counter[n], value, now);
	return !n;
}

/* A byte of what is latched, or of what is counted. */
static u8 read_byte(u16 value, enum vtx_pit_byte which)
{
	return which == VTX_PIT_HIGH || which == VTX_PIT_SECOND ? value >> 8 :
								  value;
}

static u8 read_latch(struct vtx_pit_counter *c)
{
	u8 value = read_byte(c->latched, c->latch);

	c->latch = c->latch == VTX_PIT_FIRST ? VTX_PIT_HIGH : VTX_PIT_NO_BYTE;
	return value;
}

static u8 read_count(struct vtx_pit_counter *c, s64 now)
{
	u8 value = read_byte(count(c, now), c->read);

	if (c->read == VTX_PIT_FIRST)
		c->read = VTX_PIT_SECOND;
	else if (c->read == VTX_PIT_SECOND)
		c->read = VTX_PIT_FIRST;
	return value;
}

/**
 * vtx_pit_read() - a port is read
 * @pit: the PIT
 * @port: VTX_PIT_PORT and the next three
 * @now: time in ns
 *
 * Return: what is read; all ones where the control word is written.
 */
u8 vtx_pit_read(struct vtx_pit *pit, u16 port, s64 now)
{
	unsigned int n = port % VTX_PIT_PORTS;
	struct vtx_pit_counter *c;

	if (n == VTX_PIT_COUNTERS)
		return 0xff;
	c = &pit->counter[n];
	settle(c, now);
	if (c->status_latched) {
		c->status_latched = false;
		return c->status;
	}
	return c->latch ? read_latch(c) : read_count(c, now);
}

/* "Gate Pin Operations Summary" */
static void set_gate(struct vtx_pit_counter *c, bool gate, s64 now)
{
	bool rises = gate && !c->gate;

	if (gate == c->gate)
		return;
	settle(c, now);
	c->gate = gate;
	switch (c->mode) {
	case 1:
	case 5:
		if (rises && (c->next || c->started))
			begin(c, c->next ?: c->count, now);
		return;
	case 2:
	case 3:
		if (!c->started)
			return;
		if (rises)
			begin(c, c->next ?: c->count, now);
		else
			stop(c, now);
		return;
	}
	if (!c->started)
		return;
	if (rises)
		run_from(c, c->elapsed, now);
	else
		stop(c, now);
}

/**
 * vtx_pit_write_speaker() - VTX_SPEAKER_PORT is written
 * @pit: the PIT
 * @value: what is written
 * @now: time in ns
 */
void vtx_pit_write_speaker(struct vtx_pit *pit, u8 value, s64 now)
{
	pit->speaker = value & PORT61_DATA;
	set_gate(&pit->counter[SPEAKER], value & PORT61_GATE, now);
}

/**
 * vtx_pit_read_speaker() - VTX_SPEAKER_PORT is read
 * @pit: the PIT
 * @now: time in ns
 *
 * Return: what is read.
 */
u8 vtx_pit_read_speaker(struct vtx_pit *pit, s64 now)
{
	u8 value = 0;

	if (pit->counter[SPEAKER].gate)
		value |= PORT61_GATE;
	if (pit->speaker)
		value |= PORT61_DATA;
	if (clocks_of(now) / REFRESH % 2)
		value |= PORT61_REFRESH;
	if (vtx_pit_output(pit, SPEAKER, now))
		value |= PORT61_OUTPUT;
	return value;
}

/**
 * vtx_pit_power_up() - a PIT that nobody has programmed
 * @pit: to be filled in
 */
void vtx_pit_power_up(struct vtx_pit *pit)
{
	int i;

	*pit = (struct vtx_pit){ };
	for (i = 0; i < VTX_PIT_COUNTERS; i++)
		pit->counter[i] = (struct vtx_pit_counter){
			.mode	= VTX_PIT_NO_MODE,
			.gate	= i != SPEAKER,
			.count	= 0x10000,
		};
}

/*
 * ---- What user space gets and sets ----
 *
 * KVM's struct has no place for a counter that has not started yet.  While there
 * is no status in it to be read, that is said by the bit of the status that
 * means it.  KVM never sets that bit.
 */

static s64 load_time(const struct vtx_pit_counter *c, s64 now)
{
	if (c->mode == VTX_PIT_NO_MODE)
		return 0;
	return c->runs ? c->start : now - (s64)ns_of(c->elapsed);
}

static u8 status_to_tell(const struct vtx_pit_counter *c)
{
	if (c->status_latched)
		return c->status;
	return c->started || c->mode == VTX_PIT_NO_MODE ? 0 : STATUS_NULL;
}

static void get_counter(struct vtx_pit_counter *c,
			struct kvm_pit_channel_state *state, s64 now)
{
	settle(c, now);
	*state = (struct kvm_pit_channel_state){
		/* As written: what counts now is of no use elsewhere. */
		.count		= encode(c, c->next ?: c->count) ?: 0x10000,
		.latched_count	= c->latched,
		.count_latched	= c->latch,
		.status_latched	= c->status_latched,
		.status		= status_to_tell(c),
		.read_state	= c->read,
		.write_state	= c->write,
		.write_latch	= c->low,
		.rw_mode	= c->access,
		.mode		= c->mode,
		.bcd		= c->bcd,
		.gate		= c->gate,
		.count_load_time = load_time(c, now),
	};
}

/**
 * vtx_pit_get_state() - KVM_GET_PIT, KVM_GET_PIT2
 * @pit: the PIT
 * @state: receives the state of the three counters
 * @now: time in ns; load times are of the same clock
 */
void vtx_pit_get_state(struct vtx_pit *pit, struct kvm_pit_channel_state *state,
		       s64 now)
{
	int i;

	for (i = 0; i < VTX_PIT_COUNTERS; i++)
		get_counter(&pit->counter[i], &state[i], now);
}

static bool counter_valid(const struct kvm_pit_channel_state *state)
{
	return state->count <= 0x10000 &&
	       state->count_latched <= VTX_PIT_FIRST &&
	       state->read_state <= VTX_PIT_SECOND &&
	       state->write_state <= VTX_PIT_SECOND &&
	       state->rw_mode <= VTX_PIT_FIRST &&
	       (state->mode <= 5 || state->mode == VTX_PIT_NO_MODE) &&
	       state->status_latched <= 1 && state->bcd <= 1 &&
	       state->gate <= 1;
}

/**
 * vtx_pit_state_valid() - may KVM_SET_PIT, KVM_SET_PIT2 set this?
 * @state: the state of the three counters
 *
 * Return: false if no counter can have it.
 */
bool vtx_pit_state_valid(const struct kvm_pit_channel_state *state)
{
	int i;

	for (i = 0; i < VTX_PIT_COUNTERS; i++)
		if (!counter_valid(&state[i]))
			return false;
	return true;
}

static bool has_started(const struct kvm_pit_channel_state *state)
{
	return state->mode != VTX_PIT_NO_MODE &&
	       (state->status_latched || !(state->status & STATUS_NULL));
}

static void set_counter(struct vtx_pit_counter *c,
			const struct kvm_pit_channel_state *state, s64 now)
{
	bool triggered = state->mode == 1 || state->mode == 5;

	*c = (struct vtx_pit_counter){
		.mode		= state->mode,
		.access		= state->rw_mode,
		.read		= state->read_state,
		.write		= state->write_state,
		.low		= state->write_latch,
		.bcd		= state->bcd,
		.gate		= state->gate,
		.started	= has_started(state),
		.runs		= state->mode != VTX_PIT_NO_MODE,
		.start		= min(state->count_load_time, now),
		.latched	= state->latched_count,
		.latch		= state->count_latched,
		.status_latched	= state->status_latched,
		.status		= state->status,
	};
	c->count = decode(c, state->count);
	if (triggered && !c->started)
		c->next = c->count;
	if (c->runs && (!c->started || (!triggered && !c->gate)))
		stop(c, now);
}

/**
 * vtx_pit_set_state() - KVM_SET_PIT, KVM_SET_PIT2
 * @pit: the PIT
 * @state: the state of the three counters, valid.  Counters go on from their
 *	load times; one in the future is now.
 * @now: time in ns
 */
void vtx_pit_set_state(struct vtx_pit *pit,
		       const struct kvm_pit_channel_state *state, s64 now)
{
	int i;

	for (i = 0; i < VTX_PIT_COUNTERS; i++)
		set_counter(&pit->counter[i], &state[i], now);
}
