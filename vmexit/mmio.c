// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as the emulator sees it: from a linear address to RAM or a device.
 *
 * An address is translated by the guest's page tables, unless the exit has said
 * where it leads.  Then it is RAM if a slot has it (for writes, a writable
 * one), and else a device: one on the VM's bus, or one of user space's.
 *
 * Accesses keep their order.  A write for user space is taken over and the
 * instruction goes on, so that a plain store is over before user space sees it;
 * but whatever comes next in the same instruction waits until it is done.
 *
 * Nothing sleeps unless it may; what would have to answers "ask again".
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/page.h>
#include <asm/trapnr.h>

#include "arch-x86/linear.h"
#include "ept/guest_mem.h"
#include "vmexit/emulation.h"

/* Does a slot have the address, so that it is RAM? */
static bool is_ram(const struct vtx_emulation *em, u64 gpa, bool write)
{
	unsigned long hva;

	return vtx_mem_hva(em->vcpu->mem, gpa, write, &hva) != -EFAULT;
}

static enum vtx_emul_result page_fault(struct vtx_emulation *em,
				       const struct vtx_page_fault *fault)
{
	em->core.fault = (struct vtx_emul_fault){
		.cr2 = fault->gva, .error = fault->error,
		.vector = X86_TRAP_PF, .has_error = true,
	};
	return VTX_EMUL_FAULT;
}

static enum vtx_emul_result walk(struct vtx_emulation *em, u64 gva,
				 unsigned int access, u64 *gpa)
{
	const struct vtx_emul_regs *regs = &em->core.regs;
	struct vtx_page_fault fault;
	int ret;

	if (regs->cpl == 3)
		access |= VTX_WALK_USER;
	else if (regs->rflags & VTX_EMUL_AC)
		access |= VTX_WALK_AC;
	ret = vtx_linear_translate(&em->linear, gva, access, gpa, &fault);
	switch (ret) {
	case 0:
		return VTX_EMUL_DONE;
	case VTX_WALK_FAULT:
		return page_fault(em, &fault);
	case -EAGAIN:
		return vtx_emulation_ask_again(em);
	default:
		return vtx_emulation_error(em, ret);
	}
}

/* Is it the page that the exit spoke of, and translated for as much? */
static bool is_known(const struct vtx_emulation *em, u64 gva, bool write)
{
	return em->known.valid && (gva & PAGE_MASK) == em->known.gva &&
	       (em->known.write || !write);
}

static enum vtx_emul_result translate(struct vtx_emulation *em, u64 gva,
				      bool write, u64 *gpa)
{
	if (is_known(em, gva, write)) {
		*gpa = em->known.gpa | offset_in_page(gva);
		return VTX_EMUL_DONE;
	}
	return walk(em, gva, write ? VTX_WALK_WRITE : 0, gpa);
}

/* Where the operand of an op is, unless the op before it is not over yet. */
static enum vtx_emul_result locate(struct vtx_emulation *em, u64 gva,
				   bool write, u64 *gpa)
{
	if (em->access.kind)
		return VTX_EMUL_PENDING;
	return translate(em, gva, write, gpa);
}

/* Is it what the exit found to be a device?  No slot need be looked for. */
static bool is_known_device(const struct vtx_emulation *em, u64 gpa, bool write)
{
	return em->known.valid && (gpa & PAGE_MASK) == em->known.gpa &&
	       (em->known.reads || write);
}

static enum vtx_emul_result start_access(struct vtx_emulation *em, u64 gpa,
					 bool write, unsigned int len)
{
	struct vtx_access *access = &em->access;

	access->write = write;
	access->posted = false;
	access->gpa = gpa;
	access->len = len;
	access->done = 0;
	if (vtx_access_advance(em))
		return VTX_EMUL_DONE;
	access->kind = VTX_MMIO_ACCESS;
	return VTX_EMUL_PENDING;
}

static enum vtx_emul_result read_device(struct vtx_emulation *em, u64 gpa,
					void *dst, unsigned int len)
{
	unsigned int part = min_t(unsigned int, len, VTX_ACCESS_BYTES);
	enum vtx_emul_result r = start_access(em, gpa, false, part);

	if (r)
		return r;
	memcpy(dst, em->access.bytes, part);
	if (part == len)
		return VTX_EMUL_DONE;
	/* What there is of it is complete: it will be asked for the rest. */
	em->access.kind = VTX_MMIO_ACCESS;
	return VTX_EMUL_PENDING;
}

static enum vtx_emul_result write_device(struct vtx_emulation *em, u64 gpa,
					 const void *src, unsigned int len)
{
	unsigned int part = min_t(unsigned int, len, VTX_ACCESS_BYTES);
	enum vtx_emul_result r;

	memcpy(em->access.bytes, src, part);
	r = start_access(em, gpa, true, part);
	if (part < len) {
		em->access.kind = VTX_MMIO_ACCESS;
		return VTX_EMUL_PENDING;
	}
	em->access.posted = r;
	return VTX_EMUL_DONE;
}

/* The address has a slot, or had one: why can it not be accessed? */
static enum vtx_emul_result ram_failed(struct vtx_emulation *em, int err)
{
	return err == -EAGAIN ? vtx_emulation_ask_again(em) :
				vtx_emulation_error(em, err);
}

/**
 * vtx_emul_op_fetch() - &vtx_emul_ops.fetch
 * @e: the emulator
 * @gva: linear address
 * @dst: receives the bytes
 * @len: how many
 *
 * Return: VTX_EMUL_CANNOT where there is no RAM: nobody asks a device for code.
 */
enum vtx_emul_result vtx_emul_op_fetch(struct vtx_emul *e, u64 gva, void *dst,
				       unsigned int len)
{
	struct vtx_emulation *em = vtx_emulation(e);
	struct vtx_code *code = &em->code;
	enum vtx_emul_result r;
	u64 gpa;
	int err;

	code->fetches++;
	code->generation = vtx_mem_slots_generation(em->vcpu->mem);
	code->log.nr = 0;
	em->linear.log = &code->log;
	r = walk(em, gva, VTX_WALK_FETCH, &gpa);
	em->linear.log = NULL;
	if (r)
		return r;
	code->gpa = gpa;
	err = vtx_linear_read_gpa(&em->linear, gpa, dst, len);
	if (!err)
		return VTX_EMUL_DONE;
	if (err == -EFAULT && !is_ram(em, gpa, false))
		return VTX_EMUL_CANNOT;
	return ram_failed(em, err);
}

/**
 * vtx_emul_op_read() - &vtx_emul_ops.read
 * @e: the emulator
 * @gva: linear address
 * @dst: receives the bytes
 * @len: how many
 *
 * Return: as it says there.
 */
enum vtx_emul_result vtx_emul_op_read(struct vtx_emul *e, u64 gva, void *dst,
				      unsigned int len)
{
	struct vtx_emulation *em = vtx_emulation(e);
	enum vtx_emul_result r;
	u64 gpa;
	int err;

	r = locate(em, gva, false, &gpa);
	if (r)
		return r;
	if (is_known_device(em, gpa, false))
		return read_device(em, gpa, dst, len);
	err = vtx_linear_read_gpa(&em->linear, gpa, dst, len);
	if (!err)
		return VTX_EMUL_DONE;
	if (err == -EFAULT && !is_ram(em, gpa, false))
		return read_device(em, gpa, dst, len);
	return ram_failed(em, err);
}

/**
 * vtx_emul_op_write() - &vtx_emul_ops.write
 * @e: the emulator
 * @gva: linear address
 * @src: the bytes
 * @len: how many
 *
 * Return: as it says there.
 */
enum vtx_emul_result vtx_emul_op_write(struct vtx_emul *e, u64 gva,
				       const void *src, unsigned int len)
{
	struct vtx_emulation *em = vtx_emulation(e);
	enum vtx_emul_result r;
	u64 gpa;
	int err;

	r = locate(em, gva, true, &gpa);
	if (r)
		return r;
	if (is_known_device(em, gpa, true) || !is_ram(em, gpa, true))
		return write_device(em, gpa, src, len);
	if (!em->linear.may_sleep)
		return vtx_emulation_ask_again(em);
	err = vtx_mem_write(em->vcpu->mem, gpa, src, len);
	return err ? ram_failed(em, err) : VTX_EMUL_DONE;
}

/**
 * vtx_emul_op_probe() - &vtx_emul_ops.probe
 * @e: the emulator
 * @gva: linear address
 * @len: how many bytes, in one page
 * @write: for a write
 *
 * Return: as it says there.
 */
enum vtx_emul_result vtx_emul_op_probe(struct vtx_emul *e, u64 gva,
				       unsigned int len, bool write)
{
	u64 gpa;

	return locate(vtx_emulation(e), gva, write, &gpa);
}

/**
 * vtx_emul_op_cmpxchg() - &vtx_emul_ops.compare_exchange
 * @e: the emulator
 * @gva: linear address
 * @expected: what should be there; receives what is; or NULL
 * @desired: what to put there; or NULL
 * @len: how many bytes, a power of two
 *
 * Return: as it says there; VTX_EMUL_CANNOT for what the host cannot do
 * atomically: more than 8 bytes, or not aligned.
 */
enum vtx_emul_result vtx_emul_op_cmpxchg(struct vtx_emul *e, u64 gva,
					 void *expected, const void *desired,
					 unsigned int len)
{
	struct vtx_emulation *em = vtx_emulation(e);
	u64 gpa, old = 0, new = 0;
	enum vtx_emul_result r;
	int ret;

	r = locate(em, gva, true, &gpa);
	if (r)
		return r;
	if (is_known_device(em, gpa, true) || !is_ram(em, gpa, true))
		return VTX_EMUL_NOT_ATOMIC;
	if (!expected)
		return VTX_EMUL_DONE;
	if (!em->linear.may_sleep)
		return vtx_emulation_ask_again(em);
	if (len > sizeof(old))
		return VTX_EMUL_CANNOT;
	memcpy(&old, expected, len);
	memcpy(&new, desired, len);
	ret = vtx_mem_cmpxchg(em->vcpu->mem, gpa, &old, new, len);
	if (ret == -EINVAL)
		return VTX_EMUL_CANNOT;
	if (ret < 0)
		return ram_failed(em, ret);
	memcpy(expected, &old, len);
	return ret ? VTX_EMUL_MISMATCH : VTX_EMUL_DONE;
}
