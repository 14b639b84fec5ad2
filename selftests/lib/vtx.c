// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/file.h"
#include "lib/vtx.h"

#define PROBE_FILE	"/sys/kernel/debug/vtx_probe/vmxe"

/*
 * The device that the tests are for.  VTX_DEVICE=/dev/kvm makes KVM the one on
 * trial, where a test knows nothing but the ABI.
 */
static const char *vtx_device(void)
{
	return getenv("VTX_DEVICE") ?: VTX_DEVICE_PATH;
}

/**
 * device_is_vtx() - is vtx on trial?
 *
 * Return: false if it is another one with the same ABI.
 */
bool device_is_vtx(void)
{
	return !strcmp(vtx_device(), VTX_DEVICE_PATH);
}

/**
 * vtx_open() - open the device
 *
 * Return: a descriptor, or -errno.
 */
int vtx_open(void)
{
	int fd = open(vtx_device(), O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/**
 * vtx_ioctl() - ioctl() that returns its error
 * @fd: the device, a VM or a vCPU
 * @cmd: KVM_*
 * @arg: the ioctl's argument
 *
 * Return: what the ioctl returns, or -errno.
 */
long vtx_ioctl(int fd, unsigned long cmd, unsigned long arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

/**
 * vm_create() - create a VM
 * @vtx: the device
 *
 * Return: its descriptor, or -errno.
 */
int vm_create(int vtx)
{
	return vtx_ioctl(vtx, KVM_CREATE_VM, 0);
}

/*
 * Ask vtx_probe.  *on receives the number of CPUs with CR4.VMXE set.  Return:
 * VMXE of @cpu, or -ENODEV if it is not online, or another error.
 */
static int probe(int cpu, int *on)
{
	int at, vmxe, length, ret;
	char text[4096], *line;

	ret = file_read(PROBE_FILE, text, sizeof(text));
	if (ret < 0)
		return ret;
	*on = 0;
	ret = -ENODEV;
	for (line = text; sscanf(line, "%d %d\n%n", &at, &vmxe, &length) == 2;
	     line += length) {
		*on += vmxe;
		if (at == cpu)
			ret = vmxe;
	}
	return ret;
}

/**
 * vmx_cpus_on() - on how many online CPUs is CR4.VMXE set?
 *
 * Return: their number, or -errno.
 */
int vmx_cpus_on(void)
{
	int on, ret;

	ret = probe(0, &on);
	return ret < 0 ? ret : on;
}

/**
 * vmx_is_on() - is CR4.VMXE set on this CPU?
 * @cpu: its number
 *
 * Return: 1 or 0, or -ENODEV if the CPU is not online, or another -errno.
 */
int vmx_is_on(int cpu)
{
	int on;

	return probe(cpu, &on);
}

/**
 * vtx_stat() - read one of the module's counters
 * @name: as in debugfs: vtx/stats
 *
 * Return: its value, or -errno: -ENOENT if vtx is not loaded or has no such
 * counter.
 */
long vtx_stat(const char *name)
{
	char text[4096], *line, *rest;
	size_t length = strlen(name);
	int ret;

	ret = file_read(VTX_DEBUGFS "stats", text, sizeof(text));
	if (ret < 0)
		return ret;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (!strncmp(line, name, length) && line[length] == ' ')
			return atol(line + length);
	return -ENOENT;
}
