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

static bool write_part(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
		       const void *value)
{
	return vtx_vcpu_lapic_mmio_write(vcpu, gpa, len, value) ||
	       vtx_io_bus_write(vcpu->mmio, gpa, len, value);
}

static bool read_part(struct vtx_vcpu *vcpu, u64 gpa, unsigned int len,
		      void *value)
{
	return vtx_vcpu_lapic_mmio_read(vcpu, gpa, len, value) ||
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
		if (vtx_io_bus_empty(vcpu->mmio) && !vcpu->lapic)
			return false;
		part = mmio_part(access);
		gpa = access->gpa + access->done;
		at = access->bytes + access->done;
		if (!(access->write ? write_part(vcpu, gpa, part, at) :
				      read_part(vcpu, gpa, part, at)))
			return false;
		access->done += part;
	}
	return true;
}

static void mmio_to_user(struct vtx_emulation *em)
{
	struct vtx_access *access = &em->access;
	struct kvm_run *run = em->vcpu->run;
	unsigned int part = mmio_part(access);

	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = access->gpa + access->done;
	run->mmio.len = part;
	run->mmio.is_write = access->write;
	if (access->write)
		memcpy(run->mmio.data, access->bytes + access->done, part);
	em->vcpu->stats.mmio_exits++;
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
