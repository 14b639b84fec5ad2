// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a guest's write that an ioeventfd waits for is a signal, exactly one,
 * and never an exit; any other write is an exit, and never a signal; also while
 * ioeventfds come and go.
 *
 * IOEVENTFDS (200): how many at a time.
 * ROUNDS (100): how often one comes and goes while the guest writes.
 */
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/bus.h"
#include "lib/harness.h"

#define MATCH	KVM_IOEVENTFD_FLAG_DATAMATCH
#define PIO	KVM_IOEVENTFD_FLAG_PIO
#define REMOVE	KVM_IOEVENTFD_FLAG_DEASSIGN
#define CCW	KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY
#define PORT	0x1234

static struct guest guest;
static struct vcpu vcpu;

static long assign(int fd, __u64 addr, __u32 len, __u32 flags, __u64 match)
{
	struct kvm_ioeventfd request = {
		.fd = fd, .addr = addr, .len = len, .flags = flags,
		.datamatch = match,
	};

	return vtx_ioctl(guest.fd, KVM_IOEVENTFD, (unsigned long)&request);
}

static int event_new(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	MUST(fd >= 0);
	return fd;
}

/* How many signals since the last call? */
static __u64 signals(int fd)
{
	__u64 count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

/**
 * struct row - an ioeventfd and a write
 * @addr: of the ioeventfd
 * @len: likewise
 * @flags: likewise
 * @match: likewise
 * @op: the write
 * @hit: it is a signal
 */
struct row {
	__u64		addr;
	__u32		len;
	__u32		flags;
	__u64		match;
	struct bus_op	op;
	bool		hit;
};

static const struct row rows[] = {
#define OUT(len, port, value)	{ BUS_OUT + (len), 1, port, value }
#define MOV(len, at, value)	{ BUS_MOV + (len), 1, BUS_MMIO + (at), value }
	/* any length */
	{ PORT, 0, PIO, 0,		OUT(1, PORT, 1),	true },
	{ PORT, 0, PIO, 0,		OUT(2, PORT, 2),	true },
	{ PORT, 0, PIO, 0,		OUT(4, PORT, 3),	true },
	{ PORT, 0, PIO, 0,		OUT(1, PORT + 1, 1),	false },
	{ PORT, 0, PIO, 0,		OUT(2, PORT - 1, 1),	false },
	{ BUS_MMIO, 0, 0, 0,		MOV(1, 0, 1),		true },
	{ BUS_MMIO, 0, 0, 0,		MOV(8, 0, 1),		true },
	{ BUS_MMIO, 0, 0, 0,		MOV(4, 1, 1),		false },
	{ BUS_MMIO + 0xffc, 0, 0, 0,	MOV(4, 0xffc, 1),	true },
	{ BUS_MMIO + 0xffc, 0, 0, 0,	MOV(8, 0xff8, 1),	false },
	/* one length */
	{ PORT, 1, PIO, 0,		OUT(1, PORT, 1),	true },
	{ PORT, 1, PIO, 0,		OUT(2, PORT, 1),	false },
	{ PORT, 2, PIO, 0,		OUT(2, PORT, 1),	true },
	{ PORT, 2, PIO, 0,		OUT(1, PORT, 1),	false },
	{ PORT, 2, PIO, 0,		OUT(1, PORT + 1, 1),	false },
	{ PORT, 4, PIO, 0,		OUT(4, PORT, 1),	true },
	{ PORT, 8, PIO, 0,		OUT(4, PORT, 1),	false },
	{ 0xffff, 1, PIO, 0,		OUT(1, 0xffff, 1),	true },
	{ BUS_MMIO + 8, 1, 0, 0,	MOV(1, 8, 1),		true },
	{ BUS_MMIO + 8, 2, 0, 0,	MOV(2, 8, 1),		true },
	{ BUS_MMIO + 8, 4, 0, 0,	MOV(4, 8, 1),		true },
	{ BUS_MMIO + 8, 8, 0, 0,	MOV(8, 8, 1),		true },
	{ BUS_MMIO + 8, 4, 0, 0,	MOV(8, 8, 1),		false },
	{ BUS_MMIO + 8, 4, 0, 0,	MOV(4, 10, 1),		false },
	/* one value */
	{ PORT, 1, PIO | MATCH, 0x12,	OUT(1, PORT, 0x12),	true },
	{ PORT, 1, PIO | MATCH, 0x12,	OUT(1, PORT, 0x13),	false },
	{ PORT, 2, PIO | MATCH, 0x1234,	OUT(2, PORT, 0x1234),	true },
	{ PORT, 2, PIO | MATCH, 0x1234,	OUT(2, PORT, 0x34),	false },
	{ PORT, 2, PIO | MATCH, 0x11234, OUT(2, PORT, 0x1234),	false },
	{ BUS_MMIO, 4, MATCH, 7,	MOV(4, 0, 7),		true },
	{ BUS_MMIO, 4, MATCH, 7,	MOV(4, 0, 8),		false },
	{ BUS_MMIO, 8, MATCH, 1UL << 63, MOV(8, 0, 1UL << 63),	true },
	{ BUS_MMIO, 8, MATCH, 1UL << 63, MOV(8, 0, 0),		false },
	/* a port is no address */
	{ PORT, 0, 0, 0,		OUT(1, PORT, 1),	false },
	{ BUS_MMIO, 0, PIO, 0,		MOV(1, 0, 1),		false },
};

static void try(struct __test_metadata *_metadata, const struct row *row)
{
	int fd = event_new();

	ASSERT_EQ(0, assign(fd, row->addr, row->len, row->flags, row->match));
	bus_start(&vcpu, &row->op, 1);
	if (!row->hit)
		bus_exit(&vcpu, &row->op);
	bus_done(&vcpu);
	EXPECT_EQ(row->hit, signals(fd))
		TH_LOG("%#llx, %d", row->addr, row->len);

	/* Without it, none is. */
	ASSERT_EQ(0, assign(fd, row->addr, row->len, row->flags | REMOVE,
			    row->match));
	bus_start(&vcpu, &row->op, 1);
	bus_exit(&vcpu, &row->op);
	bus_done(&vcpu);
	EXPECT_EQ(0, signals(fd));
	close(fd);
}

VTX_TEST(writes)
{
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		try(_metadata, &rows[i]);
}

VTX_TEST(every_write_counts)
{
	const struct bus_op ops[] = {
		{ BUS_OUT + 2, 30, PORT, 5 }, { BUS_MOV + 4, 40, BUS_MMIO, 5 },
		{ BUS_OUT + 2, 3, PORT, 6 }, { BUS_MOV + 8, 4, BUS_MMIO, 6 },
	};
	int fd[3], i;

	begin();
	for (i = 0; i < 3; i++)
		fd[i] = event_new();
	ASSERT_EQ(0, assign(fd[0], PORT, 2, PIO | MATCH, 5));
	ASSERT_EQ(0, assign(fd[1], PORT, 2, PIO | MATCH, 6));
	ASSERT_EQ(0, assign(fd[2], BUS_MMIO, 0, 0, 0));
	bus_start(&vcpu, ops, ARRAY_SIZE(ops));
	bus_done(&vcpu);
	EXPECT_EQ(30, signals(fd[0]));
	EXPECT_EQ(3, signals(fd[1]));
	EXPECT_EQ(44, signals(fd[2]));
}

/*
 * One of length 0 need not know the instruction: the emulator has no part.  KVM
 * needs it for the first write, to learn that there is no memory.
 */
VTX_TEST(no_emulation)
{
	const struct bus_op op = { BUS_MOV + 4, 50, BUS_MMIO, 5 };
	int fd = event_new();
	__u64 emulated;

	begin();
	ASSERT_EQ(0, assign(fd, BUS_MMIO, 0, 0, 0));
	bus_start(&vcpu, &op, 1);
	emulated = vcpu_stat(&vcpu, "insn_emulation");
	bus_done(&vcpu);
	emulated = vcpu_stat(&vcpu, "insn_emulation") - emulated;
	EXPECT_GE(device_is_vtx() ? 0 : 1, emulated);
	EXPECT_EQ(50, signals(fd));
}

/* Nobody reads the eventfd until it is full: then it stays so. */
VTX_TEST(full_eventfd)
{
	const struct bus_op op = { BUS_OUT + 1, 5, PORT, 0 };
	__u64 nearly = ~0ULL - 3;
	int fd = event_new();

	begin();
	ASSERT_EQ(0, assign(fd, PORT, 1, PIO, 0));
	ASSERT_EQ(sizeof(nearly), write(fd, &nearly, sizeof(nearly)));
	bus_start(&vcpu, &op, 1);
	bus_done(&vcpu);
	EXPECT_EQ(~0ULL, signals(fd));
}

/* Who closes the eventfd gets no exits for it: the ioeventfd stays. */
VTX_TEST(closed_eventfd)
{
	const struct bus_op op = { BUS_OUT + 1, 5, PORT, 0 };
	int fd = event_new();

	begin();
	ASSERT_EQ(0, assign(fd, PORT, 1, PIO, 0));
	close(fd);
	bus_start(&vcpu, &op, 1);
	bus_done(&vcpu);
	fd = event_new();
	EXPECT_EQ(-EEXIST, assign(fd, PORT, 1, PIO, 0));
	EXPECT_EQ(-ENOENT, assign(fd, PORT, 1, PIO | REMOVE, 0));
}

VTX_TEST(requests)
{
	int fd = event_new(), other = event_new(), no_eventfd;

	guest_create(&guest);
	no_eventfd = guest.fd;
	EXPECT_EQ(-EINVAL, assign(fd, PORT, 3, PIO, 0));
	EXPECT_EQ(-EINVAL, assign(fd, PORT, 16, PIO, 0));
	EXPECT_EQ(-EINVAL, assign(fd, ~0UL, 1, 0, 0));
	EXPECT_EQ(-EINVAL, assign(fd, ~0UL - 2, 8, 0, 0));
	EXPECT_EQ(-EINVAL, assign(fd, PORT, 0, PIO | MATCH, 0));
	EXPECT_EQ(-EINVAL, assign(fd, PORT, 1, PIO | 1U << 31, 0));
	EXPECT_EQ(-EINVAL, assign(no_eventfd, PORT, 1, PIO, 0));
	EXPECT_EQ(-EBADF, assign(-1, PORT, 1, PIO, 0));
	EXPECT_EQ(-EBADF, assign(99, PORT, 1, PIO | REMOVE, 0));
	EXPECT_EQ(-ENOENT, assign(fd, PORT, 1, PIO | REMOVE, 0));
	if (device_is_vtx())
		EXPECT_EQ(-EINVAL, assign(fd, PORT, 1, CCW, 0));

	EXPECT_EQ(0, assign(fd, ~0UL, 0, 0, 0));
	EXPECT_EQ(0, assign(fd, PORT, 2, PIO | MATCH, 1));
	EXPECT_EQ(0, assign(fd, PORT, 2, PIO | MATCH, 2));
	EXPECT_EQ(0, assign(fd, PORT, 4, PIO | MATCH, 1));
	EXPECT_EQ(0, assign(fd, PORT, 1, PIO, 0));
	EXPECT_EQ(0, assign(fd, PORT, 2, 0, 0));
	EXPECT_EQ(-EEXIST, assign(other, ~0UL, 0, 0, 0));
	EXPECT_EQ(-EEXIST, assign(other, PORT, 2, PIO | MATCH, 1));
	EXPECT_EQ(-EEXIST, assign(other, PORT, 2, PIO, 0));
	EXPECT_EQ(-EEXIST, assign(other, PORT, 1, PIO | MATCH, 1));
	EXPECT_EQ(-EEXIST, assign(other, PORT, 0, PIO, 0));

	/* All of it has to be the same to be taken away. */
	EXPECT_EQ(-ENOENT, assign(other, PORT, 1, PIO | REMOVE, 0));
	EXPECT_EQ(-ENOENT, assign(fd, PORT, 1, REMOVE, 0));
	EXPECT_EQ(-ENOENT, assign(fd, PORT, 1, PIO | MATCH | REMOVE, 0));
	EXPECT_EQ(-ENOENT, assign(fd, PORT, 2, PIO | REMOVE, 0));
	EXPECT_EQ(-ENOENT, assign(fd, PORT, 2, PIO | MATCH | REMOVE, 3));
	EXPECT_EQ(-ENOENT, assign(fd, PORT + 1, 1, PIO | REMOVE, 0));
	EXPECT_EQ(0, assign(fd, PORT, 1, PIO | REMOVE, 0));
	EXPECT_EQ(-ENOENT, assign(fd, PORT, 1, PIO | REMOVE, 0));
	EXPECT_EQ(0, assign(fd, PORT, 2, PIO | MATCH | REMOVE, 2));
	EXPECT_EQ(0, assign(other, PORT, 1, PIO, 0));
}

/* Each of many has its signal; then every other one is taken away. */
VTX_TEST(many)
{
	int count = vtx_number("IOEVENTFDS", 200), i, *fd;
	struct bus_op *ops;

	begin();
	fd = calloc(count, sizeof(*fd));
	ops = calloc(count, sizeof(*ops));
	ASSERT_TRUE(fd && ops);
	for (i = 0; i < count; i++) {
		fd[i] = event_new();
		/* Not in the order of the addresses. */
		ops[i] = (struct bus_op){
			BUS_MOV + 4, 1,
			BUS_MMIO + (i % 2 ? i : count + i) * 4, i,
		};
		ASSERT_EQ(0, assign(fd[i], ops[i].address, 4, 0, 0));
	}
	bus_start(&vcpu, ops, count);
	bus_done(&vcpu);
	for (i = 0; i < count; i++)
		ASSERT_EQ(1, signals(fd[i]));

	for (i = 0; i < count; i += 2)
		ASSERT_EQ(0, assign(fd[i], ops[i].address, 4, REMOVE, 0));
	bus_start(&vcpu, ops, count);
	for (i = 0; i < count; i += 2)
		ASSERT_EQ(i, bus_exit(&vcpu, &ops[i]));
	bus_done(&vcpu);
	for (i = 0; i < count; i++)
		ASSERT_EQ(i % 2, signals(fd[i]));
}

/* Runs the list until it is done.  Return: the writes that were exits. */
static void *run_all(void *argument)
{
	struct vcpu *runs = argument;
	struct event event;
	long exits = 0;

	for (;;) {
		vcpu_wait(runs, MODE_LONG, &event);
		if (event.what == RESULT)
			return (void *)exits;
		MUST(event.what == EXIT);
		exits++;
	}
}

/*
 * A write is a signal or an exit, whatever happens at the same time.  What has
 * been taken away does not signal any more.
 */
VTX_TEST(come_and_go)
{
	static const struct bus_op ops[] = {
		{ BUS_OUT + 4, 5000, PORT, 1 },
		{ BUS_MOV + 4, 3000, BUS_MMIO, 1 },
	};
	int rounds = vtx_number("ROUNDS", 100), fd = event_new(), i;
	__u64 seen = 0, late = 0;
	pthread_t thread;
	void *exits;

	begin();
	bus_start(&vcpu, ops, ARRAY_SIZE(ops));
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_all, &vcpu));
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, assign(fd, PORT, 4, PIO, 0));
		ASSERT_EQ(0, assign(fd, BUS_MMIO, 0, 0, 0));
		usleep(100);
		ASSERT_EQ(0, assign(fd, PORT, 4, PIO | REMOVE, 0));
		ASSERT_EQ(0, assign(fd, BUS_MMIO, 0, REMOVE, 0));
		seen += signals(fd);
		usleep(100);
		late += signals(fd);
	}
	ASSERT_EQ(0, pthread_join(thread, &exits));
	EXPECT_EQ(0, late);
	EXPECT_EQ(8000, seen + (long)exits);
	ksft_print_msg("%llu signals, %ld exits\n", seen, (long)exits);
}

VTX_TEST_MAIN
