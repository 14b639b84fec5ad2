// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports as the emulator sees them, for INS and OUTS.
 *
 * Whether the guest may use the port the CPU has decided before the exit.
 *
 * INS asks user space for as many values as it wants at once.  OUTS hands it
 * one value a time: user spaces written for KVM have never seen more.
 */
#include "module/compat.h"

#include <linux/string.h>

#include <asm/page.h>

#include "arch-x86/io_bus.h"
#include "vmexit/emulation.h"

static_assert(VTX_EMUL_BULK <= PAGE_SIZE);

/* Values up to @done bytes are complete; user space has those up to @len. */
static void start_access(struct vtx_emulation *em, bool write, u16 port,
			 unsigned int size, unsigned int done, unsigned int len)
{
	em->access.kind = VTX_PORT_ACCESS;
	em->access.write = write;
	em->access.posted = false;
	em->access.size = size;
	em->access.port = port;
	em->access.done = done;
	em->access.len = len;
}

/**
 * vtx_emul_op_in() - &vtx_emul_ops.in
 * @e: the emulator
 * @port: the port
 * @dst: receives the values
 * @size: bytes of one value
 * @count: how many values
 *
 * Return: as it says there.
 */
enum vtx_emul_result vtx_emul_op_in(struct vtx_emul *e, u16 port, void *dst,
				    unsigned int size, unsigned int count)
{
	struct vtx_emulation *em = vtx_emulation(e);
	unsigned int i;

	if (em->access.kind)
		return VTX_EMUL_PENDING;
	for (i = 0; i < count; i++)
		if (!vtx_io_bus_read(em->vcpu->pio, port, size, dst + i * size))
			break;
	if (i == count)
		return VTX_EMUL_DONE;
	if (!i) {
		start_access(em, false, port, size, 0, size * count);
		return VTX_EMUL_PENDING;
	}
	/* The device is gone: what it gave is complete, the rest comes anew. */
	memcpy(em->vcpu->pio_data, dst, i * size);
	start_access(em, false, port, size, i * size, i * size);
	return VTX_EMUL_PENDING;
}

/**
 * vtx_emul_op_out() - &vtx_emul_ops.out
 * @e: the emulator
 * @port: the port
 * @src: the values
 * @size: bytes of one value
 * @count: how many values
 *
 * Return: as it says there.
 */
enum vtx_emul_result vtx_emul_op_out(struct vtx_emul *e, u16 port,
				     const void *src, unsigned int size,
				     unsigned int count)
{
	struct vtx_emulation *em = vtx_emulation(e);
	unsigned int i;

	if (em->access.kind)
		return VTX_EMUL_PENDING;
	for (i = 0; i < count; i++)
		if (!vtx_io_bus_write(em->vcpu->pio, port, size,
				      src + i * size))
			break;
	if (i == count)
		return VTX_EMUL_DONE;
	memcpy(em->vcpu->pio_data, src + i * size, size);
	start_access(em, true, port, size, i * size, (i + 1) * size);
	if (i + 1 < count)
		return VTX_EMUL_PENDING;
	em->access.posted = true;
	return VTX_EMUL_DONE;
}
