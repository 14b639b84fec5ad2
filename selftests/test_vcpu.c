// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a VM has as many vCPUs as it wants, more than there are CPUs, each
 * run by any thread of the process that made the VM and by no other process,
 * and moved from CPU to CPU at any moment.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/event.h"
#include "lib/harness.h"

#define CREW	8

static struct guest guest;

/* ---- Descriptors and numbers ---- */

VTX_TEST(numbers)
{
	struct kvm_mp_state state;
	struct vcpu vcpu;
	int ids, max, fd;

	guest_create(&guest);
	max = guest_extension(&guest, KVM_CAP_MAX_VCPUS);
	ids = guest_extension(&guest, KVM_CAP_MAX_VCPU_ID);
	EXPECT_LE(guest_extension(&guest, KVM_CAP_NR_VCPUS), max);
	EXPECT_LE(max, ids);
	EXPECT_LE(16, max);
	vcpu_create(&vcpu, &guest, 0);
	EXPECT_EQ(-EEXIST, vtx_ioctl(guest.fd, KVM_CREATE_VCPU, 0));
	EXPECT_EQ(-EINVAL, vtx_ioctl(guest.fd, KVM_CREATE_VCPU, ids));
	EXPECT_EQ(-EINVAL, vtx_ioctl(guest.fd, KVM_CREATE_VCPU, -1UL));
	/* There may be gaps. */
	fd = vtx_ioctl(guest.fd, KVM_CREATE_VCPU, ids - 1);
	EXPECT_LE(0, fd);
	EXPECT_EQ(0, ioctl(fd, KVM_GET_MP_STATE, &state));
	close(fd);
	/* A vCPU lives as long as its VM, so its number is not free again. */
	EXPECT_EQ(-EEXIST, vtx_ioctl(guest.fd, KVM_CREATE_VCPU, ids - 1));
}

VTX_TEST(as_many_as_promised)
{
	long count = vtx_number("VCPUS", 64), i;
	struct vcpu vcpu;
	int max;

	guest_create(&guest);
	guest_set_mode(&guest, MODE_LONG);
	max = guest_extension(&guest, KVM_CAP_MAX_VCPUS);
	for (i = 0; i < count && i < max; i++) {
		vcpu_create(&vcpu, &guest, i);
		if (i % 16)
			continue;
		vcpu.id = 0;		/* there is one stack for each 16 */
		vcpu_start(&vcpu, "quiet64", MODE_LONG, 0);
		EXPECT_EQ(0x600d, vcpu_result(&vcpu, MODE_LONG));
	}
}

/* What a vCPU has no use for */
VTX_TEST(other_ioctls)
{
	struct vcpu vcpu;

	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_RUN, 1));
	EXPECT_EQ(-EFAULT, vtx_ioctl(vcpu.fd, KVM_SET_REGS, 8));
	EXPECT_EQ(-EFAULT, vtx_ioctl(vcpu.fd, KVM_GET_SREGS, 8));
	EXPECT_GT(0, vtx_ioctl(vcpu.fd, KVM_CREATE_VCPU, 0));
	EXPECT_GT(0, vtx_ioctl(vcpu.fd, KVM_CREATE_VM, 0));
	EXPECT_GT(0, vtx_ioctl(guest.fd, KVM_RUN, 0));
}

/* ---- The run page ---- */

VTX_TEST(run_page)
{
	struct kvm_run *again;
	struct vcpu vcpu;
	void *at;
	int fd;

	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	vcpu_start(&vcpu, "quiet64", MODE_LONG, 0);
	/* Another descriptor and another mapping are the same vCPU. */
	fd = dup(vcpu.fd);
	ASSERT_LE(0, fd);
	again = mmap(NULL, guest.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	ASSERT_NE(MAP_FAILED, again);
	EXPECT_EQ(0, ioctl(fd, KVM_RUN, 0));
	EXPECT_EQ(KVM_EXIT_IO, vcpu.run->exit_reason);
	EXPECT_EQ(KVM_EXIT_IO, again->exit_reason);
	EXPECT_EQ(0x600d, *(__u32 *)((char *)again + again->io.data_offset));
	again->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run(&vcpu));
	munmap(again, guest.run_size);
	close(fd);

	/* Only so many pages */
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, vcpu.fd, 64 * 4096);
	if (at != MAP_FAILED) {
		fd = fork();
		if (!fd)
			exit(*(char *)at);
		ASSERT_EQ(fd, waitpid(fd, &fd, 0));
		EXPECT_TRUE(WIFSIGNALED(fd));
	}
}

/* The mapping outlives the descriptors. */
VTX_TEST(outlives_descriptors)
{
	struct vcpu vcpu;

	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	close(guest.device);
	close(guest.fd);
	vcpu_start(&vcpu, "quiet64", MODE_LONG, 0);
	EXPECT_EQ(0x600d, vcpu_result(&vcpu, MODE_LONG));
	close(vcpu.fd);
	EXPECT_EQ(KVM_EXIT_IO, vcpu.run->exit_reason);
}

/* ---- Another process ---- */

VTX_TEST(other_process)
{
	struct kvm_regs regs;
	struct vcpu vcpu;
	int status, ret;
	pid_t child;

	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	vcpu_start(&vcpu, "quiet64", MODE_LONG, 0);
	child = fork();
	if (!child) {
		ret = vtx_ioctl(vcpu.fd, KVM_RUN, 0) == -EIO &&
		      vtx_ioctl(vcpu.fd, KVM_GET_REGS,
				(unsigned long)&regs) == -EIO &&
		      vtx_ioctl(guest.fd, KVM_CREATE_VCPU, 1) == -EIO;
		exit(!ret);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0x600d, vcpu_result(&vcpu, MODE_LONG));
}

/* The process that made it is gone; another still has the descriptors. */
VTX_TEST(orphan)
{
	pid_t child, test = getpid();
	struct vcpu vcpu;
	int status;

	/* The grandchild becomes this process's, to wait for. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	child = fork();
	if (!child) {
		guest_create(&guest);
		vcpu_create(&vcpu, &guest, 0);
		vcpu_start(&vcpu, "quiet64", MODE_LONG, 0);
		child = fork();
		if (child)
			exit(0);
		while (getppid() != test)
			usleep(1000);
		exit(vtx_ioctl(vcpu.fd, KVM_RUN, 0) != -EIO);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
}

/* ---- Threads ---- */

/* One vCPU, each of its links run by another thread. */
static void *run_one_link(void *vcpu)
{
	return (void *)(long)vcpu_result(vcpu, MODE_LONG);
}

/* The registers of payload vcpu_chain, which calculates as chain_next() does. */
struct chain {
	__u64 link[10];
};

static void chain_start(struct chain *chain, int id)
{
	int i;

	chain->link[0] = id + 1;
	for (i = 1; i < 5; i++)
		chain->link[i] = 77 + id;
	for (; i < 10; i++)
		chain->link[i] = 5 * id;
}

static void start_chain(struct vcpu *vcpu, unsigned int rounds)
{
	struct kvm_regs regs;
	struct chain chain;

	chain_start(&chain, vcpu->id);
	vcpu_set_mode(vcpu, MODE_LONG, 0);
	vcpu_get_regs(vcpu, &regs);
	regs.r8 = chain.link[0];
	regs.r9 = chain.link[1];
	regs.r10 = chain.link[2];
	regs.r11 = chain.link[3];
	regs.r12 = chain.link[4];
	regs.r13 = chain.link[5];
	regs.r14 = chain.link[6];
	regs.rsi = chain.link[7];
	regs.rdi = chain.link[8];
	regs.rbp = chain.link[9];
	regs.rbx = rounds;
	vcpu_set_regs(vcpu, &regs);
}

static __u32 chain_next(struct chain *chain, unsigned int rounds)
{
	int i;

	while (rounds--)
		for (i = 0; i < 10; i++)
			chain->link[i] = chain->link[i] * 5 +
					 chain->link[(i + 1) % 10];
	return chain->link[0];
}

VTX_TEST(many_threads_one_vcpu)
{
	struct chain chain;
	struct vcpu vcpu;
	pthread_t thread;
	void *result;
	int link;

	guest_create(&guest);
	guest_set_mode(&guest, MODE_LONG);
	guest_load(&guest, "vcpu_chain");
	vcpu_create(&vcpu, &guest, 0);
	start_chain(&vcpu, 10);
	chain_start(&chain, 0);
	for (link = 0; link < 50; link++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, run_one_link,
					    &vcpu));
		pthread_join(thread, &result);
		ASSERT_EQ(chain_next(&chain, 10), (__u32)(long)result);
	}
}

/* What a thread of the crew does: one vCPU, link after link. */
struct worker {
	struct vcpu	vcpu;
	pthread_t	thread;
	long		links;
	unsigned int	rounds;
	bool		move;		/* to another CPU in front of each */
	long		broken;		/* link at which it was, or -1 */
};

static void move_to(pthread_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	MUST(!pthread_setaffinity_np(thread, sizeof(set), &set));
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct chain chain;
	long link;

	worker->broken = -1;
	chain_start(&chain, worker->vcpu.id);
	for (link = 0; link < worker->links; link++) {
		if (worker->move)
			move_to(pthread_self(), link % cpus_online());
		if (vcpu_result(&worker->vcpu, MODE_LONG) !=
		    chain_next(&chain, worker->rounds)) {
			worker->broken = link;
			break;
		}
	}
	return NULL;
}

static struct worker crew[CREW];

static void crew_begin(long links, unsigned int rounds, bool move)
{
	int i;

	guest_create(&guest);
	guest_set_mode(&guest, MODE_LONG);
	guest_load(&guest, "vcpu_chain");
	for (i = 0; i < CREW; i++) {
		crew[i].links = links;
		crew[i].rounds = rounds;
		crew[i].move = move;
		vcpu_create(&crew[i].vcpu, &guest, i);
		start_chain(&crew[i].vcpu, rounds);
	}
	for (i = 0; i < CREW; i++)
		MUST(!pthread_create(&crew[i].thread, NULL, work, &crew[i]));
}

static void crew_end(struct __test_metadata *_metadata)
{
	int i;

	for (i = 0; i < CREW; i++) {
		pthread_join(crew[i].thread, NULL);
		EXPECT_EQ(-1, crew[i].broken)
			TH_LOG("vCPU %d", i);
	}
}

/* Each keeps a CPU busy for longer than its share of time. */
VTX_TEST(more_vcpus_than_cpus)
{
	crew_begin(vtx_number("LINKS", 4), 30000, false);
	crew_end(_metadata);
}

/* They move themselves between two runs. */
VTX_TEST(move_between_runs)
{
	crew_begin(vtx_number("LINKS", 4) * 10, 50, true);
	crew_end(_metadata);
}

/* They are moved while they run. */
VTX_TEST(moved_while_running)
{
	long moves = vtx_number("MOVES", 100), i;

	crew_begin(vtx_number("LINKS", 4), 30000, false);
	for (i = 0; i < moves; i++) {
		/* One that has ended can no longer be moved, but is joined. */
		move_to(crew[i % CREW].thread, (i / CREW) % cpus_online());
		usleep(2000);
	}
	crew_end(_metadata);
}

/* They write to the same memory. */
VTX_TEST(share_memory)
{
	__u32 count = vtx_number("COUNT", 20000), i;
	struct kvm_regs regs;

	guest_create(&guest);
	guest_set_mode(&guest, MODE_LONG);
	guest_load(&guest, "vcpu_count");
	for (i = 0; i < CREW; i++) {
		vcpu_create(&crew[i].vcpu, &guest, i);
		vcpu_set_mode(&crew[i].vcpu, MODE_LONG, 0);
		vcpu_get_regs(&crew[i].vcpu, &regs);
		regs.rbx = count;
		regs.rsi = GUEST_DATA;
		regs.rdi = GUEST_FREE + 0x1000 * i;
		vcpu_set_regs(&crew[i].vcpu, &regs);
	}
	for (i = 0; i < CREW; i++)
		ASSERT_EQ(0, pthread_create(&crew[i].thread, NULL,
					    run_one_link, &crew[i].vcpu));
	for (i = 0; i < CREW; i++)
		pthread_join(crew[i].thread, NULL);
	EXPECT_EQ(CREW * count, *guest_u32(&guest, GUEST_DATA));
	for (i = 0; i < CREW; i++)
		EXPECT_EQ(count,
			  *guest_u32(&guest, GUEST_FREE + 0x1000 * i));
}

VTX_TEST_MAIN
