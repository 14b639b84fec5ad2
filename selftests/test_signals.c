// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a guest that runs and runs does not keep its thread from its
 * signals: KVM_RUN ends with EINTR, at once if so wished, and the guest goes on
 * where it was.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "lib/event.h"
#include "lib/harness.h"

static struct guest guest;
static struct vcpu vcpu;
static int handled;		/* signals; from their handler too */

static void handler(int signal)
{
	(void)signal;
	__atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
}

static int signals(void)
{
	return __atomic_load_n(&handled, __ATOMIC_RELAXED);
}

static void handle(int signal)
{
	struct sigaction action = { .sa_handler = handler };

	MUST(!sigaction(signal, &action, NULL));
}

static void begin(const char *payload)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	vcpu_start(&vcpu, payload, MODE_LONG, 0);
}

static void set_timer(int milliseconds)
{
	struct itimerval timer = {
		.it_value.tv_usec = milliseconds * 1000,
	};

	MUST(!setitimer(ITIMER_REAL, &timer, NULL));
}

/* The guest counts in RAX without end. */
VTX_TEST(interrupted_by_signal)
{
	__u64 last = 0, now;
	int round;

	handle(SIGALRM);
	begin("forever");
	for (round = 1; round <= 5; round++) {
		set_timer(20);
		EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
		EXPECT_EQ(KVM_EXIT_INTR, vcpu.run->exit_reason);
		EXPECT_EQ(round, signals());
		now = vcpu_reg(&vcpu, rax);
		EXPECT_LT(last, now);
		last = now;
	}
}

/*
 * The delivery of #DB writes to where a breakpoint waits, which is the next #DB:
 * the guest comes to no instruction any more, and a CPU sees no interrupt
 * before it has delivered its traps.
 */
VTX_TEST(interrupts_deliveries)
{
	struct kvm_debugregs debugregs = { .dr6 = 0xffff0ff0 };
	struct kvm_vcpu_events events = {
		.exception.injected = 1,
		.exception.nr = 1,
	};
	__u64 ist1 = GUEST_FREE + 0x1000;

	handle(SIGALRM);
	begin("forever");
	memcpy(guest_at(&guest, GUEST_TSS + 0x24), &ist1, sizeof(ist1));
	guest_u64(&guest, GUEST_IDT)[2 * 1] |= 1UL << 32;
	/* RIP is pushed there.  DR7: G0, 8 bytes are written. */
	debugregs.db[0] = ist1 - 40;
	debugregs.dr7 = 0x400 | 2 | 9 << 16;
	vcpu_set_debugregs(&vcpu, &debugregs);
	vcpu_set_events(&vcpu, &events);
	set_timer(20);
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
	EXPECT_EQ(1, signals());
	EXPECT_EQ(0, vcpu_reg(&vcpu, rax));
}

/* One that is ignored, or stays blocked, is no reason to end. */
VTX_TEST(not_interrupted)
{
	sigset_t blocked;

	handle(SIGALRM);
	signal(SIGUSR1, SIG_IGN);
	handle(SIGUSR2);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &blocked, NULL));
	raise(SIGUSR1);
	raise(SIGUSR2);
	begin("forever");
	set_timer(20);
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
	EXPECT_EQ(1, signals());
	EXPECT_NE(0, vcpu_reg(&vcpu, rax));
}

VTX_TEST(immediate_exit)
{
	begin("forever");
	vcpu.run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
	EXPECT_EQ(0, vcpu_reg(&vcpu, rax));
	EXPECT_EQ(GUEST_CODE, vcpu_reg(&vcpu, rip));
	/* It is user space that takes it back. */
	EXPECT_EQ(1, vcpu.run->immediate_exit);
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
}

/* Set in a signal's handler, it closes the gap in front of KVM_RUN. */
static void exit_immediately(int signal)
{
	(void)signal;
	vcpu.run->immediate_exit = 1;
}

VTX_TEST(immediate_exit_by_handler)
{
	struct sigaction action = { .sa_handler = exit_immediately };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	begin("forever");
	raise(SIGUSR1);
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
	EXPECT_EQ(0, vcpu_reg(&vcpu, rax));
}

/* KVM_SET_SIGNAL_MASK: what is blocked outside of KVM_RUN and not inside. */
VTX_TEST(signal_mask)
{
	struct {
		struct kvm_signal_mask head;
		__u64 mask;
	} mask = { .head.len = 8 };
	struct timespec now = {};
	sigset_t usr1;

	handle(SIGUSR1);
	handle(SIGALRM);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &usr1, NULL));
	begin("forever");
	/* Inside, nothing is blocked. */
	ASSERT_EQ(0, vtx_ioctl(vcpu.fd, KVM_SET_SIGNAL_MASK,
			       (unsigned long)&mask));
	raise(SIGUSR1);
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
	/* It has not been taken, as outside it is blocked again. */
	EXPECT_EQ(0, signals());
	EXPECT_EQ(SIGUSR1, sigtimedwait(&usr1, NULL, &now));

	/* Inside, all but SIGUSR1 is blocked: the timer has to wait. */
	mask.mask = ~(1UL << (SIGUSR1 - 1));
	ASSERT_EQ(0, vtx_ioctl(vcpu.fd, KVM_SET_SIGNAL_MASK,
			       (unsigned long)&mask));
	raise(SIGUSR1);
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
	EXPECT_EQ(SIGUSR1, sigtimedwait(&usr1, NULL, &now));

	/* No mask: as outside. */
	ASSERT_EQ(0, vtx_ioctl(vcpu.fd, KVM_SET_SIGNAL_MASK, 0));
	raise(SIGUSR1);
	set_timer(20);
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
	EXPECT_EQ(1, signals());

	mask.head.len = 4;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_SIGNAL_MASK,
				     (unsigned long)&mask));
	EXPECT_EQ(-EFAULT, vtx_ioctl(vcpu.fd, KVM_SET_SIGNAL_MASK, 8));
}

/* ---- Another thread's signals ---- */

static int running_tid;

static void *run_until_signal(void *arg)
{
	__atomic_store_n(&running_tid, syscall(SYS_gettid), __ATOMIC_RELAXED);
	*(int *)arg = vcpu_run(&vcpu);
	return NULL;
}

VTX_TEST(kicked_by_thread)
{
	pthread_t thread;
	int round, ret;
	__u64 *count;

	handle(SIGUSR1);
	begin("forever");
	count = guest_u64(&guest, GUEST_DATA);
	for (round = 0; round < 20; round++) {
		running_tid = 0;
		ret = 0;
		*count = 0;
		ASSERT_EQ(0, pthread_create(&thread, NULL, run_until_signal,
					    &ret));
		while (!__atomic_load_n(count, __ATOMIC_RELAXED))
			usleep(100);
		syscall(SYS_tgkill, getpid(), running_tid, SIGUSR1);
		pthread_join(thread, NULL);
		EXPECT_EQ(-EINTR, ret);
	}
	EXPECT_EQ(round, signals());
}

/* ---- Stop and death ---- */

/* A child that runs a guest for ever. */
static pid_t run_forever(void)
{
	pid_t child = fork();

	if (child)
		return child;
	begin("forever");
	for (;;)
		vcpu_run(&vcpu);
}

VTX_TEST(stops_and_continues)
{
	pid_t child = run_forever();
	int round, status;

	for (round = 0; round < 3; round++) {
		usleep(10000);
		kill(child, SIGSTOP);
		ASSERT_EQ(child, waitpid(child, &status, WUNTRACED));
		EXPECT_TRUE(WIFSTOPPED(status));
		kill(child, SIGCONT);
		ASSERT_EQ(child, waitpid(child, &status, WCONTINUED));
	}
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

/* At moments that are not the same each time. */
VTX_TEST(is_killed)
{
	long kills = vtx_number("KILLS", 20), i;
	int status;
	pid_t child;

	for (i = 0; i < kills; i++) {
		child = run_forever();
		usleep(i * 700);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
	}
}

VTX_TEST_MAIN
