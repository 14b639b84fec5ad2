// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: each signal of an irqfd's eventfd is an interrupt, wherever its GSI
 * is routed at that moment; one that resamples holds the line until the guest
 * has handled the interrupt; and whatever happens to eventfds, routes and VM at
 * the same time, nothing is lost, left behind or used after its end.
 *
 * IRQFDS (200): how many at a time.
 * ROUNDS (100): how often one comes and goes while it is signalled.
 */
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/harness.h"
#include "lib/irqchip.h"
#include "lib/lapic.h"

#define REMOVE		KVM_IRQFD_FLAG_DEASSIGN
#define RESAMPLE	KVM_IRQFD_FLAG_RESAMPLE
#define PIN		5
#define VECTOR		0x61
#define ENABLED		0x1ff
#define MSI_GSI		40

#define EOI		0xb0
#define SVR		0xf0
#define IRR		0x200

static struct guest guest;
static struct vcpu vcpu;

static int irqfd(int fd, __u32 gsi, __u32 flags, int resamplefd)
{
	struct kvm_irqfd request = {
		.fd = fd, .gsi = gsi, .flags = flags, .resamplefd = resamplefd,
	};

	return vtx_ioctl(guest.fd, KVM_IRQFD, (unsigned long)&request);
}

static int event_new(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	MUST(fd >= 0);
	return fd;
}

static void event_signal(int fd)
{
	__u64 one = 1;

	MUST(write(fd, &one, sizeof(one)) == sizeof(one));
}

/* How many signals since the last call? */
static __u64 signals(int fd)
{
	__u64 count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* GSI n is pin n of the IOAPIC and of nothing else, MSI_GSI a message. */
static void begin(void)
{
	struct kvm_irq_routing_entry routes[IOAPIC_PINS + 1];
	int i;

	guest_create(&guest);
	MUST(!irqchip_create(&guest));
	vcpu_create(&vcpu, &guest, 0);
	lapic_set_reg(&vcpu, SVR, ENABLED);
	for (i = 0; i < IOAPIC_PINS; i++)
		routes[i] = (struct kvm_irq_routing_entry)
			ROUTE_PIN(KVM_IRQCHIP_IOAPIC, i, i);
	routes[i] = (struct kvm_irq_routing_entry)
		ROUTE_MSI(MSI_GSI, MSI_ADDRESS(0), VECTOR);
	MUST(!routes_set(&guest, routes, IOAPIC_PINS + 1));
}

/* KVM does it later, in a worker. */
static bool comes(int vector)
{
	int tries;

	for (tries = 0; tries < 200; tries++) {
		if (lapic_waits(&vcpu, vector))
			return true;
		usleep(1000);
	}
	return false;
}

/* Nothing waits for the guest any more. */
static void forget(void)
{
	int i;

	for (i = 0; i < 8; i++)
		lapic_set_reg(&vcpu, IRR + i * 16, 0);
}

static bool comes_once(int vector)
{
	bool came = comes(vector);

	forget();
	return came;
}

/* Does an irqfd do nothing?  Another one of the VM's shows that time has gone by. */
static bool is_silent(int vector)
{
	int fd = event_new();

	MUST(!irqfd(fd, 20, 0, 0));
	ioapic_set_entry(&guest, 20, 0xee);
	event_signal(fd);
	MUST(comes(0xee));
	MUST(!irqfd(fd, 20, REMOVE, 0));
	close(fd);
	return !lapic_waits(&vcpu, vector);
}

VTX_TEST(signals_are_interrupts)
{
	int fd, i;

	begin();
	fd = event_new();
	ioapic_set_entry(&guest, PIN, VECTOR);
	ASSERT_EQ(0, irqfd(fd, PIN, 0, 0));
	for (i = 0; i < 3; i++) {
		event_signal(fd);
		EXPECT_TRUE(comes_once(VECTOR));
		/* It is consumed. */
		EXPECT_EQ(0, signals(fd));
	}
	ASSERT_EQ(0, irqfd(fd, PIN, REMOVE, 0));
	event_signal(fd);
	EXPECT_TRUE(is_silent(VECTOR));
	EXPECT_EQ(1, signals(fd));
}

VTX_TEST(messages)
{
	struct kvm_irq_routing_entry route =
		ROUTE_MSI(MSI_GSI, MSI_ADDRESS(0), VECTOR + 1);
	int fd;

	begin();
	fd = event_new();
	ASSERT_EQ(0, irqfd(fd, MSI_GSI, 0, 0));
	event_signal(fd);
	EXPECT_TRUE(lapic_waits(&vcpu, VECTOR));
	forget();
	/* Another message, none, and the pin of an IOAPIC. */
	ASSERT_EQ(0, routes_set(&guest, &route, 1));
	event_signal(fd);
	EXPECT_TRUE(lapic_waits(&vcpu, VECTOR + 1));
	EXPECT_FALSE(lapic_waits(&vcpu, VECTOR));
	forget();
	ASSERT_EQ(0, routes_set(&guest, NULL, 0));
	event_signal(fd);
	EXPECT_EQ(0, lapic_reg(&vcpu, IRR + 0x30));
	route = (struct kvm_irq_routing_entry)
		ROUTE_PIN(KVM_IRQCHIP_IOAPIC, MSI_GSI, PIN);
	ioapic_set_entry(&guest, PIN, VECTOR + 2);
	ASSERT_EQ(0, routes_set(&guest, &route, 1));
	event_signal(fd);
	EXPECT_TRUE(comes_once(VECTOR + 2));
}

/* An irqfd may be there before its route. */
VTX_TEST(route_comes_later)
{
	struct kvm_irq_routing_entry route =
		ROUTE_MSI(77, MSI_ADDRESS(0), VECTOR);
	int fd;

	begin();
	fd = event_new();
	ASSERT_EQ(0, irqfd(fd, 77, 0, 0));
	event_signal(fd);
	ASSERT_EQ(0, routes_set(&guest, &route, 1));
	event_signal(fd);
	EXPECT_TRUE(lapic_waits(&vcpu, VECTOR));
}

VTX_TEST(several_for_one_interrupt)
{
	int fd[3], i;

	begin();
	for (i = 0; i < 3; i++) {
		fd[i] = event_new();
		ASSERT_EQ(0, irqfd(fd[i], MSI_GSI, 0, 0));
	}
	for (i = 0; i < 3; i++) {
		event_signal(fd[i]);
		EXPECT_TRUE(comes_once(VECTOR));
	}
	ASSERT_EQ(0, irqfd(fd[1], MSI_GSI, REMOVE, 0));
	event_signal(fd[1]);
	EXPECT_FALSE(lapic_waits(&vcpu, VECTOR));
	event_signal(fd[2]);
	EXPECT_TRUE(comes_once(VECTOR));
}

/* A signal that came before the irqfd counts. */
VTX_TEST(signal_comes_first)
{
	int fd;

	begin();
	fd = event_new();
	event_signal(fd);
	ASSERT_EQ(0, irqfd(fd, MSI_GSI, 0, 0));
	EXPECT_TRUE(comes(VECTOR));
}

VTX_TEST(errors)
{
	int fd = event_new(), other = event_new(), file[2];

	guest_create(&guest);
	EXPECT_EQ(-EINVAL, irqfd(fd, 0, 0, 0));
	guest_destroy(&guest);

	guest_create(&guest);
	ASSERT_EQ(0, irqchip_split(&guest, 24));
	EXPECT_EQ(0, irqfd(fd, 0, 0, 0));
	EXPECT_EQ(-EINVAL, irqfd(other, 0, RESAMPLE, fd));
	guest_destroy(&guest);

	begin();
	ASSERT_EQ(0, pipe(file));
	EXPECT_EQ(-EINVAL, irqfd(fd, 0, 4, 0));
	EXPECT_EQ(-EINVAL, irqfd(file[0], 0, 0, 0));
	EXPECT_EQ(-EINVAL, irqfd(file[0], 0, REMOVE, 0));
	EXPECT_EQ(-EBADF, irqfd(-1, 0, 0, 0));
	EXPECT_EQ(-EBADF, irqfd(-1, 0, REMOVE, 0));
	EXPECT_EQ(-EBADF, irqfd(fd, 0, RESAMPLE, -1));
	EXPECT_EQ(-EINVAL, irqfd(fd, 0, RESAMPLE, file[0]));
	EXPECT_EQ(-EFAULT, vtx_ioctl(guest.fd, KVM_IRQFD, 8));
	/* None of these is one now. */
	EXPECT_EQ(0, irqfd(fd, 0, 0, 0));
	EXPECT_EQ(-EBUSY, irqfd(fd, 0, 0, 0));
	EXPECT_EQ(-EBUSY, irqfd(fd, 1, RESAMPLE, other));
	/* There is none like this; no error. */
	EXPECT_EQ(0, irqfd(other, 0, REMOVE, 0));
	EXPECT_EQ(0, irqfd(fd, 1, REMOVE, 0));
	EXPECT_EQ(-EBUSY, irqfd(fd, 0, 0, 0));
	EXPECT_EQ(0, irqfd(fd, 0, REMOVE, 0));
	EXPECT_EQ(0, irqfd(fd, 0, 0, 0));
}

/* ---- Levels ---- */

static void take_interrupt(int vector)
{
	vcpu_set_step(&vcpu, OPEN, 0, 0);
	vcpu_must_happen(&vcpu, MODE_LONG, EXCEPTION, vector, NULL);
	vcpu_result(&vcpu, MODE_LONG);
}

static void end_interrupt(void)
{
	vcpu_store(&vcpu, LAPIC_GPA + EOI, 0);
}

VTX_TEST(resampling)
{
	int fd, again, i;

	begin();
	vcpu_start_steps(&vcpu);
	ioapic_set_entry(&guest, PIN, RTE_LEVEL | VECTOR);
	fd = event_new();
	again = event_new();
	ASSERT_EQ(0, irqfd(fd, PIN, RESAMPLE, again));
	for (i = 0; i < 3; i++) {
		event_signal(fd);
		EXPECT_TRUE(comes(VECTOR));
		take_interrupt(VECTOR);
		EXPECT_EQ(0, signals(again));
		end_interrupt();
		EXPECT_EQ(1, signals(again));
		/* It let go of the line, and nothing comes. */
		EXPECT_EQ(RTE_LEVEL | VECTOR, ioapic_entry(&guest, PIN));
		EXPECT_EQ(0, vcpu_try_step(&vcpu, OPEN, 0, 0));
	}
	/* Somebody else holds the line, too. */
	irq_status(&guest, PIN, true);
	take_interrupt(VECTOR);
	end_interrupt();
	EXPECT_EQ(1, signals(again));
	take_interrupt(VECTOR);
	irq_status(&guest, PIN, false);
	end_interrupt();
	EXPECT_EQ(1, signals(again));
	EXPECT_EQ(0, vcpu_try_step(&vcpu, OPEN, 0, 0));
}

/* Two devices share a line; both are asked, and it is up while one of them is. */
VTX_TEST(resampling_together)
{
	int fd[2], again[2], i;

	begin();
	vcpu_start_steps(&vcpu);
	ioapic_set_entry(&guest, PIN, RTE_LEVEL | VECTOR);
	for (i = 0; i < 2; i++) {
		fd[i] = event_new();
		again[i] = event_new();
		ASSERT_EQ(0, irqfd(fd[i], PIN, RESAMPLE, again[i]));
	}
	event_signal(fd[0]);
	event_signal(fd[1]);
	EXPECT_TRUE(comes(VECTOR));
	take_interrupt(VECTOR);
	end_interrupt();
	EXPECT_EQ(1, signals(again[0]));
	EXPECT_EQ(1, signals(again[1]));
	EXPECT_EQ(0, vcpu_try_step(&vcpu, OPEN, 0, 0));

	/* The end of one leaves the line as it is; the end of both does not. */
	event_signal(fd[0]);
	EXPECT_TRUE(comes(VECTOR));
	ASSERT_EQ(0, irqfd(fd[0], PIN, REMOVE, 0));
	take_interrupt(VECTOR);
	end_interrupt();
	EXPECT_EQ(0, signals(again[0]));
	EXPECT_EQ(1, signals(again[1]));
	event_signal(fd[1]);
	EXPECT_TRUE(comes(VECTOR));
	take_interrupt(VECTOR);
	ASSERT_EQ(0, irqfd(fd[1], PIN, REMOVE, 0));
	end_interrupt();
	EXPECT_EQ(0, signals(again[1]));
	EXPECT_EQ(RTE_LEVEL | VECTOR, ioapic_entry(&guest, PIN));
}

/* The guest serves the device while the pin is masked: nothing stale comes. */
VTX_TEST(resampling_when_unmasked)
{
	int fd, again;

	begin();
	vcpu_start_steps(&vcpu);
	ioapic_set_entry(&guest, PIN, RTE_LEVEL | RTE_MASKED | VECTOR);
	fd = event_new();
	again = event_new();
	ASSERT_EQ(0, irqfd(fd, PIN, RESAMPLE, again));
	event_signal(fd);
	usleep(10000);		/* KVM's worker */
	EXPECT_EQ(0, signals(again));
	vcpu_store(&vcpu, IOAPIC_GPA, 0x10 + 2 * PIN);
	vcpu_store(&vcpu, IOAPIC_GPA + 0x10, RTE_LEVEL | VECTOR);
	EXPECT_EQ(1, signals(again));
	EXPECT_EQ(0, vcpu_try_step(&vcpu, OPEN, 0, 0));
	/* And if the device wants more, it says so. */
	event_signal(fd);
	EXPECT_TRUE(comes(VECTOR));
	take_interrupt(VECTOR);
	end_interrupt();
	EXPECT_EQ(1, signals(again));
}

/* An edge has no line to let go of, but its end is told. */
VTX_TEST(resampling_edges)
{
	int fd, again;

	begin();
	vcpu_start_steps(&vcpu);
	ioapic_set_entry(&guest, PIN, VECTOR);
	ioapic_set_entry(&guest, PIN + 1, VECTOR + 1);
	fd = event_new();
	again = event_new();
	ASSERT_EQ(0, irqfd(fd, PIN, RESAMPLE, again));
	event_signal(fd);
	EXPECT_TRUE(comes(VECTOR));
	take_interrupt(VECTOR);
	end_interrupt();
	EXPECT_EQ(1, signals(again));
	/* That of others is not. */
	irq_pulse(&guest, PIN + 1);
	take_interrupt(VECTOR + 1);
	end_interrupt();
	EXPECT_EQ(0, signals(again));
	/* The vector is another. */
	vcpu_store(&vcpu, IOAPIC_GPA, 0x10 + 2 * PIN);
	vcpu_store(&vcpu, IOAPIC_GPA + 0x10, VECTOR + 2);
	event_signal(fd);
	EXPECT_TRUE(comes(VECTOR + 2));
	take_interrupt(VECTOR + 2);
	end_interrupt();
	EXPECT_EQ(1, signals(again));
}

/* ---- Ends ---- */

VTX_TEST(eventfd_is_closed)
{
	long count = vtx_number("IRQFDS", 200);
	struct kvm_ioapic_state state;
	int fd, again, copy;
	long i;

	begin();
	ioapic_set_entry(&guest, PIN, RTE_LEVEL | VECTOR);
	again = event_new();
	for (i = 0; i < count; i++) {
		fd = event_new();
		ASSERT_EQ(0, irqfd(fd, PIN, i % 2 ? RESAMPLE : 0, again));
		close(fd);
	}
	/* The last descriptor counts; and it holds the line no more. */
	fd = event_new();
	copy = dup(fd);
	ASSERT_EQ(0, irqfd(fd, PIN, RESAMPLE, again));
	close(fd);
	event_signal(copy);
	EXPECT_TRUE(comes(VECTOR));
	ioapic_get(&guest, &state);
	EXPECT_EQ(BIT(PIN), state.irr);
	close(copy);
	/* Whoever takes away waits for those that end. */
	ASSERT_EQ(0, irqfd(again, PIN, REMOVE, 0));
	ioapic_get(&guest, &state);
	EXPECT_EQ(0, state.irr);
}

VTX_TEST(many_at_the_end_of_the_vm)
{
	long count = vtx_number("IRQFDS", 200);
	int again, fd, first;
	long i;

	begin();
	again = event_new();
	first = event_new();
	ASSERT_EQ(0, irqfd(first, MSI_GSI, 0, 0));
	for (i = 0; i < count; i++) {
		fd = event_new();
		ASSERT_EQ(0, irqfd(fd, i % IOAPIC_PINS, i % 3 ? 0 : RESAMPLE,
				   again));
	}
	vcpu_destroy(&vcpu);
	guest_destroy(&guest);
	/* Nobody listens any more. */
	event_signal(first);
	EXPECT_EQ(1, signals(first));
}

/* Signals without end, into whatever the others make of the irqfd. */
struct storm {
	int	fd;
	bool	stop;
	long	signals;
};

static void *storm(void *argument)
{
	struct storm *storm = argument;

	while (!__atomic_load_n(&storm->stop, __ATOMIC_RELAXED)) {
		event_signal(storm->fd);
		storm->signals++;
	}
	return NULL;
}

VTX_TEST(storm)
{
	struct kvm_irq_routing_entry routes[] = {
		ROUTE_MSI(1, MSI_ADDRESS(0), VECTOR),
		ROUTE_PIN(KVM_IRQCHIP_IOAPIC, 1, PIN),
	};
	long rounds = vtx_number("ROUNDS", 100), i;
	struct storm from = { };
	int again = event_new();
	pthread_t thread;

	begin();
	ioapic_set_entry(&guest, PIN, RTE_LEVEL | VECTOR);
	from.fd = event_new();
	ASSERT_EQ(0, pthread_create(&thread, NULL, storm, &from));
	for (i = 0; i < rounds; i++) {
		__u32 flags = i % 3 ? 0 : RESAMPLE;
		int copy = dup(from.fd);

		ASSERT_EQ(0, irqfd(copy, 1, flags, again));
		ASSERT_EQ(0, routes_set(&guest, &routes[i % 2], 1));
		if (i % 7 == 0)
			usleep(1000);
		ASSERT_EQ(0, irqfd(from.fd, 1, REMOVE, 0));
		close(copy);
		/* When it is gone, nothing comes any more. */
		forget();
		EXPECT_FALSE(lapic_waits(&vcpu, VECTOR));
	}
	ASSERT_EQ(0, irqfd(from.fd, 1, 0, 0));
	/* The VM ends in the middle of it. */
	vcpu_destroy(&vcpu);
	guest_destroy(&guest);
	__atomic_store_n(&from.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_LT(0, from.signals);
}

VTX_TEST_MAIN
