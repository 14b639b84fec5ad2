// SPDX-License-Identifier: GPL-2.0-only
/*
 * An access of an emulated instruction that somebody else completes: a device
 * on one of the VM's buses, or user space.
 */
#include "module/compat.h"

#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/page.h>

#include "arch-x86/io_bus.h"
#include "arch-x86/irqchip/irqchip.h"
#include "vmexit/emulation.h"

/* What struct kvm_run has room for. */
#define MMIO_BYTES	8u

static unsigned int mmio_part(const struct vtx_access *access)
{
	return min(access->len - access->done, MMIO_BYTES);
}

/**
 * vtx_access_write() - let a device on the bus have a write
 * @vcpu: the vCPU
 * @gpa: guest-physical address
 * @len: how many bytes, at most 8
 * @value: the bytes
 *
 * Never sleeps.
 *
 * Return: true if it is done, false if user space is next.
 */
bool vtx_access_write(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
		      const void *value)
{
	if (vcpu->lapic && vtx_vcpu_lapic_mmio_write(vcpu, gpa, len, value))
		return true;
	return !vtx_io_bus_empty(vcpu->mmio) &&
	       vtx_io_bus_write(vcpu->mmio, gpa, len, value);
}

/**
 * vtx_access_read() - let a device on the bus have a read
 * @vcpu: the vCPU
 * @gpa: guest-physical address
 * @len: how many bytes, at most 8
 * @value: receives them
 *
 * Never sleeps.
 *
 * Return: true if it is done, false if user space is next.
 */
bool vtx_access_read(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
		     void *value)
{
	if (vcpu->lapic && vtx_vcpu_lapic_mmio_read(vcpu, gpa, len, value))
		return true;
	return !vtx_io_bus_empty(vcpu->mmio) &&
	       vtx_io_bus_read(vcpu->mmio, gpa, len, value);
}

/**
 * vtx_access_advance() - let the devices on the bus have what is theirs
 * @em: the emulation, with an access to memory
 *
 * Never sleeps.
 *
 * Return: true if the access is complete, false if user space is next.
 */
bool vtx_access_advance(struct vtx_emulation *em)
{
	struct vtx_access *access = &em->access;
	struct vtx_vcpu *vcpu = em->vcpu;
	unsigned int part;
	u64 gpa;
	void *at;

	while (access->done < access->len) {
		part = mmio_part(access);
		gpa = access->gpa + access->done;
		at = access->bytes + access->done;
		if (!(access->write ? vtx_access_write(vcpu, gpa, part, at) :
				      vtx_access_read(vcpu, gpa, part, at)))
			return false;
		access->done += part;
	}
	return true;
}

/**
 * vtx_access_mmio_to_user() - tell user space of one access to memory
 * @vcpu: the vCPU
 * @gpa: guest-physical address
 * @len: how many bytes, at most 8
 * @value: what is written; NULL for a read
 */
void vtx_access_mmio_to_user(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
			     const void *value)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = gpa;
	run->mmio.len = len;
	run->mmio.is_write = !!value;
	if (value)
		memcpy(run->mmio.data, value, len);
	vcpu->stats.mmio_exits++;
}

static void mmio_to_user(struct vtx_emulation *em)
{
	const struct vtx_access *access = &em->access;

	vtx_access_mmio_to_user(em->vcpu, access->gpa + access->done,
				mmio_part(access), access->write ?
				access->bytes + access->done : NULL);
}

static void port_to_user(struct vtx_emulation *em)
{
	struct vtx_access *access = &em->access;
	struct kvm_run *run = em->vcpu->run;

	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = access->write ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	run->io.size = access->size;
	run->io.port = access->port;
	run->io.count = (access->len - access->done) / access->size;
	run->io.data_offset = VTX_PIO_PAGE * PAGE_SIZE;
}

/**
 * vtx_access_to_user() - tell user space what to do
 * @em: the emulation, with an access that is not complete
 */
void vtx_access_to_user(struct vtx_emulation *em)
{
	if (em->access.kind == VTX_MMIO_ACCESS)
		mmio_to_user(em);
	else
		port_to_user(em);
}

/**
 * vtx_access_from_user() - user space has done it
 * @em: the emulation, as vtx_access_to_user() left it
 */
void vtx_access_from_user(struct vtx_emulation *em)
{
	struct vtx_access *access = &em->access;
	unsigned int part;

	if (access->kind == VTX_PORT_ACCESS) {
		access->done = access->len;
		return;
	}
	part = mmio_part(access);
	if (!access->write)
		memcpy(access->bytes + access->done, em->vcpu->run->mmio.data,
		       part);
	access->done += part;
}
