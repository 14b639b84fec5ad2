// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's VM: 2 MiB of memory from address 0 with page tables that map the
 * first 4 GiB to themselves, a vCPU set up for 64-bit mode from outside.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/guest.h"

#define MEMORY_SIZE	0x30000ul
#define PML4_GPA	0x1000
#define PDPT_GPA	0x2000
#define PD_GPA		0x3000		/* four of them, for a GiB each */
#define CODE_GPA	0x10000
#define SAMPLES_GPA	0x20000

#define PTE_TABLE	0x7		/* present, writable, user */
#define PTE_LARGE	0x87

#define CPUID_ENTRIES	100

static int add_memory(struct guest *guest, unsigned int slot, __u64 gpa,
		      __u64 size, void **memory)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
	};

	*memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*memory == MAP_FAILED)
		return -errno;
	/* All the same size, and there before the guest asks for them. */
	madvise(*memory, size, MADV_NOHUGEPAGE);
	memset(*memory, 0, size);
	region.userspace_addr = (uintptr_t)*memory;
	return ioctl(guest->vm, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

static void map_first_4_gib(struct guest *guest)
{
	__u64 *pml4 = (__u64 *)(guest->memory + PML4_GPA);
	__u64 *pdpt = (__u64 *)(guest->memory + PDPT_GPA);
	__u64 *pd = (__u64 *)(guest->memory + PD_GPA);
	__u64 i;

	pml4[0] = PDPT_GPA | PTE_TABLE;
	for (i = 0; i < 4; i++)
		pdpt[i] = (PD_GPA + i * 4096) | PTE_TABLE;
	for (i = 0; i < 4 * 512; i++)
		pd[i] = i << 21 | PTE_LARGE;
}

static int set_cpuid(struct guest *guest, int device)
{
	struct {
		struct kvm_cpuid2	head;
		struct kvm_cpuid_entry2	entries[CPUID_ENTRIES];
	} cpuid = { .head.nent = CPUID_ENTRIES };

	if (ioctl(device, KVM_GET_SUPPORTED_CPUID, &cpuid) ||
	    ioctl(guest->vcpu, KVM_SET_CPUID2, &cpuid))
		return -errno;
	return 0;
}

static int set_long_mode(struct guest *guest)
{
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 0x8, .type = 0xb,
		.present = 1, .s = 1, .l = 1, .g = 1,
	};
	struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 0x10, .type = 0x3,
		.present = 1, .s = 1, .db = 1, .g = 1,
	};
	struct kvm_sregs sregs;

	if (ioctl(guest->vcpu, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.ss = data;
	sregs.cr0 = 0x80000031;		/* PG, NE, ET, PE */
	sregs.cr3 = PML4_GPA;
	sregs.cr4 = 0x20;		/* PAE */
	sregs.efer = 0x500;		/* LMA, LME */
	return ioctl(guest->vcpu, KVM_SET_SREGS, &sregs) ? -errno : 0;
}

/**
 * guest_create() - make the VM and its vCPU
 * @guest: filled in
 * @device: descriptor of /dev/vtx or /dev/kvm
 * @board: with interrupt controllers in the kernel
 *
 * Return: 0 or a negative errno.
 */
int guest_create(struct guest *guest, int device, bool board)
{
	int err;

	guest->vm = ioctl(device, KVM_CREATE_VM, 0);
	if (guest->vm < 0 || (board && ioctl(guest->vm, KVM_CREATE_IRQCHIP, 0)))
		return -errno;
	err = add_memory(guest, 0, 0, MEMORY_SIZE, (void **)&guest->memory);
	if (err)
		return err;
	map_first_4_gib(guest);

	guest->vcpu = ioctl(guest->vm, KVM_CREATE_VCPU, 0);
	if (guest->vcpu < 0)
		return -errno;
	guest->run_size = ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
	guest->run = mmap(NULL, guest->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  guest->vcpu, 0);
	if (guest->run == MAP_FAILED)
		return -errno;
	err = set_cpuid(guest, device);
	return err ? err : set_long_mode(guest);
}

/**
 * guest_destroy() - end the VM
 * @guest: without memory but for that from address 0
 */
void guest_destroy(struct guest *guest)
{
	munmap(guest->run, guest->run_size);
	close(guest->vcpu);
	close(guest->vm);
	munmap(guest->memory, MEMORY_SIZE);
}

/**
 * guest_add_fresh_memory() - give it %GUEST_FRESH_SIZE at %GUEST_FRESH_GPA
 * @guest: the VM
 *
 * The pages are present in the process and unknown to the VM.
 *
 * Return: 0 or a negative errno.
 */
int guest_add_fresh_memory(struct guest *guest)
{
	void *memory;

	return add_memory(guest, 1, GUEST_FRESH_GPA, GUEST_FRESH_SIZE, &memory);
}

/**
 * guest_add_ioeventfd() - let writes of the guest signal an eventfd
 * @guest: the VM
 * @address: port or guest physical address
 * @length: of the writes, 0 for any
 * @flags: KVM_IOEVENTFD_FLAG_*
 *
 * Return: 0 or a negative errno.
 */
int guest_add_ioeventfd(struct guest *guest, __u64 address, unsigned int length,
			unsigned int flags)
{
	struct kvm_ioeventfd event = {
		.addr = address, .len = length, .flags = flags,
		.fd = eventfd(0, EFD_NONBLOCK),
	};

	if (event.fd < 0 || ioctl(guest->vm, KVM_IOEVENTFD, &event))
		return -errno;
	return 0;
}

/**
 * guest_run() - run a payload to its end
 * @guest: the VM
 * @payload: what to run
 * @where: port or address for it
 * @samples: how many values of the TSC it writes down
 * @batch: operations between two of them
 *
 * What exits to user space is sent back at once.
 *
 * Return: 0 or a negative errno, -EPROTO after an exit that no payload has.
 */
int guest_run(struct guest *guest, struct payload payload, __u64 where,
	      unsigned int samples, unsigned int batch)
{
	struct kvm_regs regs = {
		.rip = CODE_GPA, .rflags = 2, .rdi = SAMPLES_GPA,
		.rsi = samples, .r8 = batch, .r10 = where,
	};

	memcpy(guest->memory + CODE_GPA, payload.code,
	       payload.end - payload.code);
	if (ioctl(guest->vcpu, KVM_SET_REGS, &regs))
		return -errno;
	for (;;) {
		if (ioctl(guest->vcpu, KVM_RUN, 0))
			return -errno;
		switch (guest->run->exit_reason) {
		case KVM_EXIT_MMIO:
			break;
		case KVM_EXIT_IO:
			if (guest->run->io.port == GUEST_PORT_END)
				return 0;
			break;
		default:
			return -EPROTO;
		}
	}
}

/**
 * guest_samples() - what the payload wrote down
 * @guest: the VM
 *
 * Return: the values of the TSC.
 */
const __u64 *guest_samples(const struct guest *guest)
{
	return (const __u64 *)(guest->memory + SAMPLES_GPA);
}
