// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/payload.h"

/**
 * guest_create() - create a VM with GUEST_MEMORY bytes of memory
 * @guest: it
 */
void guest_create(struct guest *guest)
{
	struct kvm_userspace_memory_region slot = {
		.memory_size = GUEST_MEMORY,
	};

	guest->device = vtx_open();
	MUST(guest->device >= 0);
	guest->fd = vm_create(guest->device);
	MUST(guest->fd >= 0);
	guest->run_size = ioctl(guest->device, KVM_GET_VCPU_MMAP_SIZE, 0);
	MUST(guest->run_size >= (int)sizeof(struct kvm_run));

	guest->memory = mmap(NULL, GUEST_MEMORY, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(guest->memory != MAP_FAILED);
	slot.userspace_addr = (unsigned long)guest->memory;
	MUST(!ioctl(guest->fd, KVM_SET_USER_MEMORY_REGION, &slot));
}

/**
 * guest_destroy() - close a VM, whose vCPUs are destroyed
 * @guest: it
 */
void guest_destroy(struct guest *guest)
{
	close(guest->fd);
	close(guest->device);
	munmap(guest->memory, GUEST_MEMORY);
}

/**
 * guest_unmap() - make the hypervisor forget where the memory is
 * @guest: the VM; all of its memory is there, but has to be found again
 */
void guest_unmap(struct guest *guest)
{
	struct kvm_userspace_memory_region slot = { .memory_size = 0 };

	MUST(!ioctl(guest->fd, KVM_SET_USER_MEMORY_REGION, &slot));
	slot.memory_size = GUEST_MEMORY;
	slot.userspace_addr = (unsigned long)guest->memory;
	MUST(!ioctl(guest->fd, KVM_SET_USER_MEMORY_REGION, &slot));
}

/**
 * guest_load_at() - put code somewhere
 * @guest: the VM
 * @payload: name of the code
 * @gpa: where
 */
void guest_load_at(struct guest *guest, const char *payload, __u64 gpa)
{
	const struct payload *code = payload_find(payload);

	memcpy(guest_at(guest, gpa), code->start, payload_size(code));
}

/**
 * guest_load() - put code to where vCPUs start
 * @guest: the VM
 * @payload: name of the code
 */
void guest_load(struct guest *guest, const char *payload)
{
	guest_load_at(guest, payload, GUEST_CODE);
}

/**
 * guest_extension() - KVM_CHECK_EXTENSION
 * @guest: the VM that is asked
 * @capability: KVM_CAP_*
 *
 * Return: the answer, 0 or more.
 */
int guest_extension(const struct guest *guest, long capability)
{
	int answer = ioctl(guest->fd, KVM_CHECK_EXTENSION, capability);

	MUST(answer >= 0);
	return answer;
}

/**
 * vcpu_create_plain() - create a vCPU in its reset state, without CPUID
 * @vcpu: it
 * @guest: its VM
 * @id: its number
 */
void vcpu_create_plain(struct vcpu *vcpu, struct guest *guest, int id)
{
	vcpu->guest = guest;
	vcpu->id = id;
	vcpu->fd = ioctl(guest->fd, KVM_CREATE_VCPU, id);
	MUST(vcpu->fd >= 0);
	vcpu->run = mmap(NULL, guest->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, vcpu->fd, 0);
	MUST(vcpu->run != MAP_FAILED);
}

/**
 * vcpu_create() - create a vCPU in its reset state
 * @vcpu: it; it has all CPUID features that are supported
 * @guest: its VM
 * @id: its number
 */
void vcpu_create(struct vcpu *vcpu, struct guest *guest, int id)
{
	struct cpuid_list cpuid;

	vcpu_create_plain(vcpu, guest, id);
	cpuid_supported(guest, &cpuid);
	MUST(!ioctl(vcpu->fd, KVM_SET_CPUID2, &cpuid));
}

/**
 * vcpu_destroy() - unmap and close a vCPU
 * @vcpu: it
 */
void vcpu_destroy(struct vcpu *vcpu)
{
	munmap(vcpu->run, vcpu->guest->run_size);
	close(vcpu->fd);
}

/**
 * vcpu_run() - KVM_RUN
 * @vcpu: the vCPU
 *
 * Return: KVM_EXIT_*, or -errno.
 */
int vcpu_run(struct vcpu *vcpu)
{
	return ioctl(vcpu->fd, KVM_RUN, 0) ? -errno :
					     (int)vcpu->run->exit_reason;
}

/**
 * vcpu_complete() - complete what the last exit left open
 * @vcpu: the vCPU, which does not run
 *
 * An IN or OUT is done by the next KVM_RUN, before anything else.
 */
void vcpu_complete(struct vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
	MUST(vcpu_run(vcpu) == -EINTR);
	vcpu->run->immediate_exit = 0;
}

/**
 * cpuid_supported() - KVM_GET_SUPPORTED_CPUID
 * @guest: a VM, whose device is asked
 * @cpuid: receives all there is
 */
void cpuid_supported(const struct guest *guest, struct cpuid_list *cpuid)
{
	memset(cpuid, 0, sizeof(*cpuid));
	cpuid->list.nent = CPUID_ROOM;
	MUST(!ioctl(guest->device, KVM_GET_SUPPORTED_CPUID, cpuid));
}

/**
 * cpuid_find() - find a leaf
 * @cpuid: where to look
 * @function: the leaf
 * @index: the subleaf, 0 if the leaf has none
 *
 * Return: its entry, or NULL.
 */
struct kvm_cpuid_entry2 *cpuid_find(struct cpuid_list *cpuid, __u32 function,
				    __u32 index)
{
	struct kvm_cpuid_entry2 *entry = cpuid->entry;

	for (; entry < cpuid->entry + cpuid->list.nent; entry++)
		if (entry->function == function && entry->index == index)
			return entry;
	return NULL;
}

/**
 * msr_get() - KVM_GET_MSRS for one
 * @vcpu: the vCPU
 * @index: the MSR
 * @value: receives its value
 *
 * Return: 1, or 0 if it cannot be read, or -errno.
 */
int msr_get(const struct vcpu *vcpu, __u32 index, __u64 *value)
{
	struct msr_list msrs = {
		.list.nmsrs = 1,
		.entry[0].index = index,
	};
	int ret = vtx_ioctl(vcpu->fd, KVM_GET_MSRS, (unsigned long)&msrs);

	*value = msrs.entry[0].data;
	return ret;
}

/**
 * msr_set() - KVM_SET_MSRS for one
 * @vcpu: the vCPU
 * @index: the MSR
 * @value: its value
 *
 * Return: 1, or 0 if that cannot be written, or -errno.
 */
int msr_set(const struct vcpu *vcpu, __u32 index, __u64 value)
{
	struct msr_list msrs = {
		.list.nmsrs = 1,
		.entry[0].index = index,
		.entry[0].data = value,
	};

	return vtx_ioctl(vcpu->fd, KVM_SET_MSRS, (unsigned long)&msrs);
}

/**
 * vcpu_stat() - one of a vCPU's binary statistics
 * @vcpu: the vCPU
 * @name: the counter
 *
 * Return: its value; without KVM_GET_STATS_FD or such a counter, the test ends.
 */
__u64 vcpu_stat(const struct vcpu *vcpu, const char *name)
{
	struct kvm_stats_header header;
	struct kvm_stats_desc *desc;
	size_t each;
	__u64 value;
	__u32 i;
	int fd;

	fd = ioctl(vcpu->fd, KVM_GET_STATS_FD, 0);
	MUST(fd >= 0);
	MUST(read(fd, &header, sizeof(header)) == sizeof(header));
	each = sizeof(*desc) + header.name_size;
	desc = malloc(each);
	for (i = 0; i < header.num_desc; i++) {
		MUST(pread(fd, desc, each, header.desc_offset + i * each) ==
		     (ssize_t)each);
		if (strcmp(desc->name, name))
			continue;
		MUST(pread(fd, &value, sizeof(value),
			   header.data_offset + desc->offset) ==
		     sizeof(value));
		free(desc);
		close(fd);
		return value;
	}
	must_fail("vCPUs have no counter %s", name);
}
