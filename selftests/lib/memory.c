// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/file.h"
#include "lib/memory.h"

/**
 * slot_set() - KVM_SET_USER_MEMORY_REGION
 * @guest: the VM
 * @id: number of the slot
 * @gpa: where it is in the guest
 * @size: bytes
 * @memory: where it is here
 * @flags: KVM_MEM_*
 *
 * Return: 0 or -errno.
 */
int slot_set(const struct guest *guest, __u32 id, __u64 gpa, __u64 size,
	     const void *memory, __u32 flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = id, .flags = flags, .guest_phys_addr = gpa,
		.memory_size = size, .userspace_addr = (unsigned long)memory,
	};

	return vtx_ioctl(guest->fd, KVM_SET_USER_MEMORY_REGION,
			 (unsigned long)&region);
}

/**
 * slot_delete() - remove a slot
 * @guest: the VM
 * @id: number of the slot
 *
 * Return: 0 or -errno.
 */
int slot_delete(const struct guest *guest, __u32 id)
{
	return slot_set(guest, id, 0, 0, NULL, 0);
}

/**
 * memory_map() - map memory for reading and writing
 * @size: bytes
 * @flags: MAP_*
 * @fd: a file, or -1
 *
 * Return: the memory; if there is none the test ends.
 */
void *memory_map(size_t size, int flags, int fd)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	MUST(memory != MAP_FAILED);
	return memory;
}

/**
 * memory_map_huge() - map anonymous memory where huge pages fit
 * @size: bytes
 *
 * Return: the memory, aligned to 2 MiB and not advised for anything.
 */
void *memory_map_huge(size_t size)
{
	char *memory = memory_map(size + HUGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	size_t head = -(unsigned long)memory % HUGE;

	if (head)
		munmap(memory, head);
	munmap(memory + head + size, HUGE - head);
	return memory + head;
}

#define THP	"/sys/kernel/mm/transparent_hugepage/"

static char huge_before[32];

/**
 * huge_allow() - let memory have huge pages that is advised to
 *
 * A kernel on a small machine may have switched them off.
 */
void huge_allow(void)
{
	char text[128], *word;

	if (file_read(THP "enabled", text, sizeof(text)) < 0)
		return;
	word = strchr(text, '[');
	MUST(word && sscanf(word, "[%31[a-z]]", huge_before) == 1);
	MUST(!file_write(THP "enabled", "madvise"));
}

/**
 * huge_restore() - undo huge_allow()
 */
void huge_restore(void)
{
	if (*huge_before)
		file_write(THP "enabled", huge_before);
}

/**
 * memory_kbytes() - what /proc/self/smaps says of a mapping
 * @address: an address in it
 * @name: of the row, such as "Swap"
 *
 * Return: KiB, or -ENOENT.
 */
long memory_kbytes(const void *address, const char *name)
{
	unsigned long start, end, at = (unsigned long)address;
	size_t length = strlen(name);
	long kbytes = -ENOENT;
	bool inside = false;
	char line[512];
	FILE *file;

	file = fopen("/proc/self/smaps", "r");
	MUST(file);
	while (kbytes < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = at >= start && at < end;
		else if (inside && !strncmp(line, name, length) &&
			 line[length] == ':')
			kbytes = atol(line + length + 1);
	}
	fclose(file);
	return kbytes;
}

/**
 * vm_event() - a counter of /proc/vmstat
 * @name: its name
 *
 * Return: its value, or -ENOENT.
 */
long vm_event(const char *name)
{
	size_t length = strlen(name);
	long value = -ENOENT;
	char line[256];
	FILE *file;

	file = fopen("/proc/vmstat", "r");
	MUST(file);
	while (value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && line[length] == ' ')
			value = atol(line + length);
	fclose(file);
	return value;
}

/**
 * knob_set() - write a number to a file of sysfs or procfs
 * @path: the file
 * @value: the number
 *
 * Return: 0 or -errno.
 */
int knob_set(const char *path, long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	return file_write(path, text);
}

/**
 * knob_get() - read a number from a file of sysfs or procfs
 * @path: the file
 *
 * Return: the number, or -errno.
 */
long knob_get(const char *path)
{
	char text[64];
	int ret = file_read(path, text, sizeof(text));

	return ret < 0 ? ret : atol(text);
}
