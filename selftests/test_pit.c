// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a VM with a PIT has a PC's timer: three counters at their ports, the
 * gate and output of the third at port 0x61, interrupts from the first one, none
 * of which is lost unless user space wants that; and its state is user space's
 * to get and set.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/board.h"
#include "lib/harness.h"

#define COUNTER0	0x40
#define COUNTER2	0x42
#define CONTROL		0x43
#define SPEAKER		0x61

/* Control words: counter 0, 2; both bytes; mode */
#define MODE(n)		(0x30 | (n) << 1)
#define OF_2		0x80
#define LATCH		0x00

#define HZ		1193182
#define MS		1000000LL

#define UNMASKED_0	0xfa	/* IMR: pin 0 and the slave */
#define EOI		0x20

static struct board board;

static int create_pit(__u32 flags)
{
	struct kvm_pit_config config = { .flags = flags };

	return vtx_ioctl(board.guest.fd, KVM_CREATE_PIT2,
			 (unsigned long)&config);
}

static void begin(void)
{
	board_create(&board);
	MUST(!create_pit(KVM_PIT_SPEAKER_DUMMY));
	board_start(&board, MODE_LONG);
}

static void get_pit(struct kvm_pit_state2 *state)
{
	MUST(!ioctl(board.guest.fd, KVM_GET_PIT2, state));
}

static int set_pit(const struct kvm_pit_state2 *state)
{
	return vtx_ioctl(board.guest.fd, KVM_SET_PIT2, (unsigned long)state);
}

static int set_reinject(int on)
{
	struct kvm_reinject_control control = { .pit_reinject = on };

	return vtx_ioctl(board.guest.fd, KVM_REINJECT_CONTROL,
			 (unsigned long)&control);
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void program(__u16 port, __u8 control, __u16 count)
{
	board_out(&board, CONTROL, control);
	board_out(&board, port, count);
	board_out(&board, port, count >> 8);
}

/* A slow kernel has some milliseconds for each of these. */
static __u16 count_of(__u16 port, __u8 which)
{
	__u16 low;

	board_out(&board, CONTROL, which | LATCH);
	low = board_in(&board, port);
	return low | board_in(&board, port) << 8;
}

/* ---- User space ---- */

VTX_TEST(creation)
{
	struct kvm_pit_config config = { .flags = 0 };
	struct kvm_pit_state2 state2 = { };
	struct kvm_pit_state state = { };
	unsigned int i;

	const struct { unsigned long cmd; void *arg; } rows[] = {
		{ KVM_GET_PIT, &state }, { KVM_SET_PIT, &state },
		{ KVM_GET_PIT2, &state2 }, { KVM_SET_PIT2, &state2 },
		{ KVM_REINJECT_CONTROL, &state2 },
	};

	guest_create(&board.guest);
	EXPECT_EQ(-ENOENT, create_pit(0));
	EXPECT_EQ(-ENOENT, vtx_ioctl(board.guest.fd, KVM_CREATE_PIT, 0));
	ASSERT_EQ(0, ioctl(board.guest.fd, KVM_CREATE_IRQCHIP, 0));
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_EQ(-ENXIO, vtx_ioctl(board.guest.fd, rows[i].cmd,
					    (unsigned long)rows[i].arg))
			TH_LOG("row %d", i);
	EXPECT_EQ(-EFAULT, vtx_ioctl(board.guest.fd, KVM_CREATE_PIT2, 1));
	if (device_is_vtx()) {
		config.flags = 2;
		EXPECT_EQ(-EINVAL, vtx_ioctl(board.guest.fd, KVM_CREATE_PIT2,
					     (unsigned long)&config));
	}
	EXPECT_EQ(0, create_pit(0));
	EXPECT_EQ(-EEXIST, create_pit(0));
	EXPECT_EQ(-EEXIST, vtx_ioctl(board.guest.fd, KVM_CREATE_PIT, 0));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(-EFAULT, vtx_ioctl(board.guest.fd, rows[i].cmd, 1))
			TH_LOG("row %d", i);
		EXPECT_EQ(0, vtx_ioctl(board.guest.fd, rows[i].cmd,
				       (unsigned long)rows[i].arg))
			TH_LOG("row %d", i);
	}
}

VTX_TEST(capabilities)
{
	guest_create(&board.guest);
	EXPECT_EQ(1, guest_extension(&board.guest, KVM_CAP_PIT));
	EXPECT_EQ(1, guest_extension(&board.guest, KVM_CAP_PIT2));
	EXPECT_EQ(1, guest_extension(&board.guest, KVM_CAP_PIT_STATE2));
	EXPECT_EQ(1, guest_extension(&board.guest, KVM_CAP_REINJECT_CONTROL));
}

VTX_TEST(state_after_power_up)
{
	struct kvm_pit_state2 state;
	int i;

	begin();
	memset(&state, 0xff, sizeof(state));
	get_pit(&state);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0xff, state.channels[i].mode);
		EXPECT_EQ(0x10000, state.channels[i].count);
		EXPECT_EQ(i != 2, state.channels[i].gate);
	}
	EXPECT_EQ(0, state.flags);
	EXPECT_EQ(0, state.reserved[0] | state.reserved[8]);
}

VTX_TEST(state_is_kept)
{
	static const struct kvm_pit_state2 rows[] = {
		{ .channels = {
			{ .count = 0x1234, .rw_mode = 3, .read_state = 3,
			  .write_state = 4, .write_latch = 0x56, .mode = 3,
			  .gate = 1 },
			{ .count = 18, .rw_mode = 1, .read_state = 1,
			  .write_state = 1, .mode = 2, .gate = 1 },
			{ .count = 0x10000, .rw_mode = 3, .read_state = 4,
			  .write_state = 3, .mode = 0, .latched_count = 0x4321,
			  .count_latched = 2, .status_latched = 1,
			  .status = 0xf0, .gate = 1 },
		  }, .flags = KVM_PIT_FLAGS_SPEAKER_DATA_ON },
		{ .channels = {
			{ .mode = 0xff, .count = 0x10000, .gate = 1 },
			{ .mode = 4, .count = 1, .rw_mode = 2, .gate = 1 },
			{ .mode = 5, .count = 9, .rw_mode = 2 },
		  }, .flags = KVM_PIT_FLAGS_HPET_LEGACY },
	};
	struct kvm_pit_state2 state, again;
	struct kvm_pit_state old;
	unsigned int i, n;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		state = rows[i];
		for (n = 0; n < 3; n++)
			if (state.channels[n].mode != 0xff)
				state.channels[n].count_load_time = now();
		ASSERT_EQ(0, set_pit(&state));
		get_pit(&again);
		EXPECT_EQ(0, ioctl(board.guest.fd, KVM_GET_PIT, &old));
		EXPECT_EQ(state.flags, again.flags);
		for (n = 0; n < 3; n++) {
			/* KVM has counters begin anew, though not all say so. */
			if (!device_is_vtx())
				again.channels[n].count_load_time =
					old.channels[n].count_load_time =
					state.channels[n].count_load_time;
			EXPECT_EQ(0, memcmp(&state.channels[n],
					    &again.channels[n],
					    sizeof(state.channels[n])))
				TH_LOG("row %d, counter %d", i, n);
			EXPECT_EQ(0, memcmp(&old.channels[n],
					    &again.channels[n],
					    sizeof(old.channels[n])));
		}
		/* The flags are not the older ioctl's. */
		ASSERT_EQ(0, ioctl(board.guest.fd, KVM_SET_PIT, &old));
		get_pit(&again);
		EXPECT_EQ(state.flags, again.flags);
	}
}

VTX_TEST(bad_states)
{
	static const struct kvm_pit_channel_state rows[] = {
		{ .count = 0x10001 }, { .count_latched = 4 },
		{ .read_state = 5 }, { .write_state = 0x80 },
		{ .rw_mode = 4 }, { .mode = 6 }, { .status_latched = 2 },
		{ .bcd = 2 }, { .gate = 2 },
	};
	struct kvm_pit_state2 good, state, again;
	unsigned int i;

	if (!device_is_vtx())
		SKIP(return, "KVM takes everything");
	begin();
	get_pit(&good);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		state = good;
		state.channels[i % 3] = rows[i];
		EXPECT_EQ(-EINVAL, set_pit(&state)) TH_LOG("row %d", i);
		EXPECT_EQ(-EINVAL, vtx_ioctl(board.guest.fd, KVM_SET_PIT,
					     (unsigned long)&state));
	}
	state = good;
	state.flags = 4;
	EXPECT_EQ(-EINVAL, set_pit(&state));
	get_pit(&again);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(good.channels[i].mode, again.channels[i].mode);
	EXPECT_EQ(good.flags, again.flags);
}

/* ---- Ports ---- */

VTX_TEST(counts)
{
	long long began, between, least, most;
	__u16 first, second;

	begin();
	program(COUNTER0, MODE(0), 0xffff);
	/* It counts on below 0, and so all of it is modulo 65536. */
	began = now();
	first = count_of(COUNTER0, 0);
	between = now();
	usleep(5000);
	least = (now() - between) * HZ / 1000000000 - 2;
	second = count_of(COUNTER0, 0);
	most = (now() - began) * HZ / 1000000000 + 2;
	EXPECT_GE(most - least, (__u16)(first - second - least));

	/* Unlatched, one byte after the other. */
	board_out(&board, CONTROL, MODE(2));
	board_out(&board, COUNTER0, 0x00);
	board_out(&board, COUNTER0, 0xff);
	board_in(&board, COUNTER0);
	EXPECT_LE(0x40, board_in(&board, COUNTER0));
	/* The control word cannot be read. */
	if (device_is_vtx())
		EXPECT_EQ(0xff, board_in(&board, CONTROL));
}

VTX_TEST(read_back)
{
	begin();
	program(COUNTER0, MODE(3), 0xfffe);
	board_out(&board, CONTROL, 0xe2);
	/* Output, access, mode; KVM knows no count that is not there. */
	EXPECT_EQ(0xb6, board_in(&board, COUNTER0));
	/* With the count; that one is even. */
	board_out(&board, CONTROL, 0xc2);
	EXPECT_EQ(0x36, board_in(&board, COUNTER0) & 0x7f);
	EXPECT_EQ(0, board_in(&board, COUNTER0) & 1);
	board_in(&board, COUNTER0);
	if (device_is_vtx()) {
		board_out(&board, CONTROL, MODE(0));
		board_out(&board, CONTROL, 0xe2);
		EXPECT_EQ(0x70, board_in(&board, COUNTER0));
	}
}

/* As Linux measures its TSC. */
VTX_TEST(output_of_counter_2)
{
	long long began, ticks, khz;
	int ms;

	begin();
	khz = ioctl(board.vcpu.fd, KVM_GET_TSC_KHZ);
	board_out(&board, SPEAKER, 1);
	EXPECT_EQ(1, board_in(&board, SPEAKER) & ~0x30);
	began = now();
	program(COUNTER2, OF_2 | MODE(0), HZ / 20);
	EXPECT_EQ(1, board_in(&board, SPEAKER) & ~0x10);
	guest_load(&board.guest, "pit_output");
	vcpu_start(&board.vcpu, "pit_output", MODE_LONG, 0);
	ticks = vcpu_result(&board.vcpu, MODE_LONG);
	ms = (now() - began) / MS;
	EXPECT_LE(49, ms);
	/* Not before its time; and the clocks agree. */
	EXPECT_GE(50 * khz, ticks);
	EXPECT_LE(20 * khz, ticks);
}

VTX_TEST(gate_of_counter_2)
{
	struct kvm_pit_state2 state;
	__u16 count;

	begin();
	program(COUNTER2, OF_2 | MODE(2), 0xffff);
	get_pit(&state);
	EXPECT_EQ(0, state.channels[2].gate);
	if (device_is_vtx()) {
		usleep(1000);
		EXPECT_EQ(0xffff, count_of(COUNTER2, OF_2));
	}
	board_out(&board, SPEAKER, 3);
	get_pit(&state);
	EXPECT_EQ(1, state.channels[2].gate);
	EXPECT_EQ(KVM_PIT_FLAGS_SPEAKER_DATA_ON, state.flags);
	EXPECT_EQ(3, board_in(&board, SPEAKER) & 3);
	usleep(1000);
	count = count_of(COUNTER2, OF_2);
	EXPECT_GE(0xffff - HZ / 1000, count);

	board_out(&board, SPEAKER, 0);
	if (device_is_vtx()) {
		count = count_of(COUNTER2, OF_2);
		usleep(1000);
		EXPECT_EQ(count, count_of(COUNTER2, OF_2));
	}
	get_pit(&state);
	EXPECT_EQ(0, state.flags);
}

/* Without KVM_PIT_SPEAKER_DUMMY it is user space's. */
VTX_TEST(speaker_port_of_user_space)
{
	struct event event;

	board_create(&board);
	ASSERT_EQ(0, create_pit(0));
	board_start(&board, MODE_LONG);
	vcpu_set_reg(&board.vcpu, rcx, 1);
	vcpu_set_reg(&board.vcpu, rdx, SPEAKER);
	vcpu_wait(&board.vcpu, MODE_LONG, &event);
	EXPECT_EQ(EXIT, event.what);
	EXPECT_EQ(KVM_EXIT_IO, event.value);
	EXPECT_EQ(SPEAKER, board.vcpu.run->io.port);
}

/* QEMU works the output out from when the counter began. */
VTX_TEST(load_time_is_monotonic_time)
{
	struct kvm_pit_state2 state;
	long long before, after;

	begin();
	board_out(&board, SPEAKER, 1);
	before = now();
	program(COUNTER2, OF_2 | MODE(0), 0x1000);
	after = now();
	get_pit(&state);
	EXPECT_LE(before, state.channels[2].count_load_time);
	EXPECT_GE(after, state.channels[2].count_load_time);
}

/* ---- Interrupts ---- */

static const enum mode modes[] = { MODE_REAL, MODE_PROT32, MODE_LONG };

/* Each interrupt wakes the guest, which ends it. */
VTX_TEST(interrupts_wake)
{
	const int ticks = 20, us = 1000;
	long long began;
	unsigned int i;
	int n;

	begin();
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		board_start(&board, modes[i]);
		board_out(&board, 0x21, UNMASKED_0);
		began = now();
		program(COUNTER0, MODE(i == 1 ? 3 : 2), HZ / 1000000 * us);
		for (n = 0; n < ticks; n++) {
			EXPECT_EQ(BOARD_MASTER, board_interrupt(&board, true));
			board_out(&board, 0x20, EOI);
		}
		EXPECT_LE(ticks * us * 8 / 10, (now() - began) / 1000)
			TH_LOG("%s", mode_name[modes[i]]);
		/* Off */
		board_out(&board, CONTROL, MODE(0));
		board_out(&board, 0x21, 0xff);
	}
}

VTX_TEST(one_interrupt)
{
	static const int one_shot[] = { 0, 4 };
	unsigned int i;

	begin();
	board_out(&board, 0x21, UNMASKED_0);
	for (i = 0; i < ARRAY_SIZE(one_shot); i++) {
		program(COUNTER0, MODE(one_shot[i]), HZ / 20);
		EXPECT_EQ(-1, board_interrupt(&board, false));
		EXPECT_EQ(BOARD_MASTER, board_interrupt(&board, true));
		board_out(&board, 0x20, EOI);
		usleep(5000);
		EXPECT_EQ(-1, board_interrupt(&board, false));
	}
}

/* So long that also a slow guest is done with a tick in much less. */
#define PERIOD		(20 * MS)

static void program_period(void)
{
	program(COUNTER0, MODE(2), HZ / (1000000000 / PERIOD));
}

/* How long so many interrupts take. */
static long long time_of(int ticks)
{
	long long began = now();

	while (ticks--) {
		MUST(board_interrupt(&board, true) == BOARD_MASTER);
		board_out(&board, 0x20, EOI);
	}
	return now() - began;
}

/* While the guest takes none, they are remembered. */
VTX_TEST(missed_ticks_are_made_up_for)
{
	long long began;

	begin();
	board_out(&board, 0x21, UNMASKED_0);
	began = now();
	program_period();
	usleep(10 * PERIOD / 1000);
	EXPECT_GE(5 * PERIOD, time_of(8));
	/* But none that never were. */
	time_of(8);
	EXPECT_LE(16 * PERIOD, now() - began);
}

VTX_TEST(missed_ticks_are_lost)
{
	begin();
	ASSERT_EQ(0, set_reinject(0));
	board_out(&board, 0x21, UNMASKED_0);
	program_period();
	usleep(10 * PERIOD / 1000);
	EXPECT_LE(6 * PERIOD, time_of(8));
	/* And remembered again. */
	ASSERT_EQ(0, set_reinject(1));
	usleep(10 * PERIOD / 1000);
	EXPECT_GE(5 * PERIOD, time_of(8));
}

/* Nobody is owed what he has masked. */
VTX_TEST(masked_ticks_are_not_missed)
{
	begin();
	program_period();
	usleep(10 * PERIOD / 1000);
	board_out(&board, 0x21, UNMASKED_0);
	EXPECT_LE(6 * PERIOD, time_of(8));
}

/* The HPET has taken its place. */
VTX_TEST(legacy_replacement)
{
	struct kvm_pit_state2 state;

	begin();
	board_out(&board, 0x21, UNMASKED_0);
	program(COUNTER0, MODE(2), HZ / 1000);
	get_pit(&state);
	state.flags |= KVM_PIT_FLAGS_HPET_LEGACY;
	ASSERT_EQ(0, set_pit(&state));
	/* One may have come before. */
	board_interrupt(&board, false);
	board_out(&board, 0x20, EOI);
	usleep(5000);
	EXPECT_EQ(-1, board_interrupt(&board, false));
	state.flags = 0;
	ASSERT_EQ(0, set_pit(&state));
	EXPECT_EQ(BOARD_MASTER, board_interrupt(&board, true));
}

/* A guest gets no more interrupts than the host can bear. */
VTX_TEST(fast_ticks)
{
	begin();
	ASSERT_EQ(0, set_reinject(0));
	board_out(&board, 0x21, UNMASKED_0);
	board_out(&board, CONTROL, 0x14);
	board_out(&board, COUNTER0, 2);
	EXPECT_LE(18 * MS / 5, time_of(20));
	board_out(&board, CONTROL, MODE(0));
}

/* A guest that goes away while its timer runs. */
VTX_TEST(end_while_it_runs)
{
	int i;

	for (i = 0; i < 5; i++) {
		begin();
		board_out(&board, 0x21, UNMASKED_0);
		board_out(&board, CONTROL, 0x14);
		board_out(&board, COUNTER0, 255);
		EXPECT_EQ(BOARD_MASTER, board_interrupt(&board, true));
		vcpu_destroy(&board.vcpu);
		guest_destroy(&board.guest);
	}
}

VTX_TEST_MAIN
