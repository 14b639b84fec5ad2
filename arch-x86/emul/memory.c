// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction emulator: memory and port accesses through the ops.
 *
 * Every access of an executor passes through here. A range is cut at page
 * boundaries; a write that spans two pages is first probed on both, because the
 * CPU raises the page fault before it changes either page.
 *
 * The log makes instructions restartable. Accesses have a place in program
 * order, counted in bytes. What was completed in an earlier run of the same
 * instruction is answered from the log: a read with the same value, a write by
 * being passed over. The first byte beyond goes to the op. An op, or user space
 * through vtx_emul_complete(), may finish less than was asked for; the rest is
 * asked for again as an access of its own. So a 32-byte store to a device may
 * become four exits of 8 bytes.
 *
 * Locked updates are not logged: there is at most one per instruction, and it
 * is the last thing an instruction does to memory.
 */
#include "module/compat.h"

#include "arch-x86/emul/internal.h"

/**
 * vtx_emul_log_rewind - start a run of the current instruction
 * @e: emulator
 */
void vtx_emul_log_rewind(struct vtx_emul *e)
{
	e->log.pos = 0;
	e->log.read_pos = 0;
	e->log.pending = 0;
}

/**
 * vtx_emul_log_reset - forget all accesses: another instruction begins
 * @e: emulator
 */
void vtx_emul_log_reset(struct vtx_emul *e)
{
	e->log.done = 0;
	e->log.read_len = 0;
	e->log.overflow = false;
	vtx_emul_log_rewind(e);
}

/* Note @len more bytes as complete; @bytes is NULL for a write. */
static void log_append(struct vtx_emul_log *log, const void *bytes,
		       unsigned int len)
{
	log->done += len;
	if (!bytes)
		return;
	if (log->read_len + len > sizeof(log->bytes)) {
		log->overflow = true;
		return;
	}
	memcpy(log->bytes + log->read_len, bytes, len);
	log->read_len += len;
}

/*
 * Bytes of this access that an earlier run has completed, at most @len. With
 * @dst they are a read and are copied there.
 */
static unsigned int log_replay(struct vtx_emul_log *log, void *dst,
			       unsigned int len)
{
	unsigned int n = log->done - log->pos;

	if (n > len)
		n = len;
	if (dst) {
		/* A caller that changed registers must not read beyond. */
		if (n > log->read_len - log->read_pos)
			n = log->read_len - log->read_pos;
		memcpy(dst, log->bytes + log->read_pos, n);
		log->read_pos += n;
	}
	log->pos += n;
	return n;
}

/*
 * Digest what an op said about @len bytes; @bytes is NULL for a write. They can
 * be completed in multiples of @unit.
 */
static enum vtx_emul_result log_result(struct vtx_emul *e,
				       enum vtx_emul_result r,
				       const void *bytes, unsigned int len,
				       unsigned int unit)
{
	struct vtx_emul_log *log = &e->log;

	switch (r) {
	case VTX_EMUL_DONE:
		log_append(log, bytes, len);
		log->pos = log->done;
		log->read_pos = log->read_len;
		return r;
	case VTX_EMUL_PENDING:
		if (log->overflow)
			return VTX_EMUL_CANNOT;
		log->pending = len;
		log->unit = unit;
		log->pending_write = !bytes;
		return r;
	case VTX_EMUL_FAULT:
		return r;
	default:
		return VTX_EMUL_CANNOT;
	}
}

/**
 * vtx_emul_complete - report an access that user space has finished
 * @e: emulator whose last vtx_emul_run() returned VTX_EMUL_PENDING
 * @bytes: what was read; ignored for a write
 * @len: bytes finished, at least 1 and not more than was asked for; of a port,
 *	whole values
 *
 * Then call vtx_emul_run() again.
 */
void vtx_emul_complete(struct vtx_emul *e, const void *bytes, unsigned int len)
{
	struct vtx_emul_log *log = &e->log;

	if (!log->pending)
		return;
	if (len > log->pending)
		len = log->pending;
	len -= len % log->unit;
	log_append(log, log->pending_write ? NULL : bytes, len);
	log->pending = 0;
}

static u64 wrap_gva(const struct vtx_emul *e, u64 gva)
{
	return e->bits == 64 ? gva : (u32)gva;
}

static unsigned int to_page_end(u64 gva, unsigned int len)
{
	unsigned int room = VTX_EMUL_PAGE - gva % VTX_EMUL_PAGE;

	return len < room ? len : room;
}

/**
 * vtx_emul_gva_read - read linear memory
 * @e: emulator
 * @gva: linear address
 * @dst: buffer
 * @len: bytes; the range may cross a page
 *
 * Return: VTX_EMUL_DONE, or what the op said.
 */
enum vtx_emul_result vtx_emul_gva_read(struct vtx_emul *e, u64 gva, void *dst,
				       unsigned int len)
{
	enum vtx_emul_result r;
	unsigned int n;
	u8 *to = dst;

	for (; len; len -= n, to += n, gva = wrap_gva(e, gva + n)) {
		n = log_replay(&e->log, to, len);
		if (n)
			continue;
		n = to_page_end(gva, len);
		r = log_result(e, e->ops->read(e, gva, to, n), to, n, 1);
		if (r)
			return r;
	}
	return VTX_EMUL_DONE;
}

/**
 * vtx_emul_gva_write - write linear memory
 * @e: emulator
 * @gva: linear address
 * @src: bytes
 * @len: how many; the range may cross a page
 *
 * Return: VTX_EMUL_DONE, or what the op said.
 */
enum vtx_emul_result vtx_emul_gva_write(struct vtx_emul *e, u64 gva,
					const void *src, unsigned int len)
{
	enum vtx_emul_result r;
	const u8 *from = src;
	unsigned int n;

	if (to_page_end(gva, len) < len) {
		r = vtx_emul_mem_probe(e, gva, len, true);
		if (r)
			return r;
	}
	for (; len; len -= n, from += n, gva = wrap_gva(e, gva + n)) {
		n = log_replay(&e->log, NULL, len);
		if (n)
			continue;
		n = to_page_end(gva, len);
		r = log_result(e, e->ops->write(e, gva, from, n), NULL, n, 1);
		if (r)
			return r;
	}
	return VTX_EMUL_DONE;
}

/**
 * vtx_emul_mem_probe - check that linear memory may be accessed
 * @e: emulator
 * @gva: linear address
 * @len: bytes; the range may cross a page
 * @write: for a write
 *
 * Return: VTX_EMUL_DONE, or what the op said.
 */
enum vtx_emul_result vtx_emul_mem_probe(struct vtx_emul *e, u64 gva,
					unsigned int len, bool write)
{
	enum vtx_emul_result r;
	unsigned int n;

	for (; len; len -= n, gva = wrap_gva(e, gva + n)) {
		n = to_page_end(gva, len);
		r = e->ops->probe(e, gva, n, write);
		if (r)
			return vtx_emul_op_result(r);
	}
	return VTX_EMUL_DONE;
}

/*
 * SDM 3A "Alignment Check Exception (#AC)": only at CPL 3, if AM and AC. Moves
 * of 16 bytes and more are exempt on the processors that were tried; the SDM
 * leaves that open.
 */
static bool is_misaligned(const struct vtx_emul *e, u64 gva, unsigned int len)
{
	return len <= 8 && gva & (len - 1) && e->regs.cpl == 3 &&
	       e->regs.cr0 & VTX_EMUL_CR0_AM && e->regs.rflags & VTX_EMUL_AC;
}

/* Segment and alignment checks of an operand of a power of two bytes. */
static enum vtx_emul_result operand_gva(struct vtx_emul *e, unsigned int seg,
					u64 offset, unsigned int len,
					bool write, u64 *gva)
{
	enum vtx_emul_result r;

	r = vtx_emul_linear(e, seg, offset, len, write, gva);
	if (!is_misaligned(e, *gva, len))
		return r;
	/* Only a first byte that is not canonical faults before that. */
	if (e->bits == 64)
		r = vtx_emul_linear(e, seg, offset, 1, write, gva);
	return r ? r : vtx_emul_raise(e, VECTOR_AC);
}

/**
 * vtx_emul_mem_read - read an operand
 * @e: emulator
 * @seg: segment register
 * @offset: effective address
 * @dst: buffer
 * @len: bytes, a power of two
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_mem_read(struct vtx_emul *e, unsigned int seg,
				       u64 offset, void *dst, unsigned int len)
{
	enum vtx_emul_result r;
	u64 gva;

	r = operand_gva(e, seg, offset, len, false, &gva);
	return r ? r : vtx_emul_gva_read(e, gva, dst, len);
}

/**
 * vtx_emul_mem_read_rmw - read an operand that will be written
 * @e: emulator
 * @seg: segment register
 * @offset: effective address
 * @dst: buffer
 * @len: bytes, a power of two
 *
 * The right to write is checked before the read, and its page fault says so.
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_mem_read_rmw(struct vtx_emul *e,
					   unsigned int seg, u64 offset,
					   void *dst, unsigned int len)
{
	enum vtx_emul_result r;
	u64 gva;

	r = operand_gva(e, seg, offset, len, true, &gva);
	if (r)
		return r;
	r = vtx_emul_mem_probe(e, gva, len, true);
	return r ? r : vtx_emul_gva_read(e, gva, dst, len);
}

/**
 * vtx_emul_mem_write - write an operand
 * @e: emulator
 * @seg: segment register
 * @offset: effective address
 * @src: bytes
 * @len: how many, a power of two
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_mem_write(struct vtx_emul *e, unsigned int seg,
					u64 offset, const void *src,
					unsigned int len)
{
	enum vtx_emul_result r;
	u64 gva;

	r = operand_gva(e, seg, offset, len, true, &gva);
	return r ? r : vtx_emul_gva_write(e, gva, src, len);
}

/**
 * vtx_emul_mem_check_write - all the checks of a write, and no write
 * @e: emulator
 * @seg: segment register
 * @offset: effective address
 * @len: bytes, a power of two
 *
 * Return: VTX_EMUL_DONE, or why not.
 */
enum vtx_emul_result vtx_emul_mem_check_write(struct vtx_emul *e,
					      unsigned int seg, u64 offset,
					      unsigned int len)
{
	enum vtx_emul_result r;
	u64 gva;

	r = operand_gva(e, seg, offset, len, true, &gva);
	return r ? r : vtx_emul_mem_probe(e, gva, len, true);
}

/* Across a page: is any of it a device? */
static enum vtx_emul_result crossing_exchange(struct vtx_emul *e, u64 gva,
					      unsigned int len)
{
	enum vtx_emul_result r;
	unsigned int n;

	for (; len; len -= n, gva = wrap_gva(e, gva + n)) {
		n = to_page_end(gva, len);
		r = e->ops->compare_exchange(e, gva, NULL, NULL, n);
		if (r)
			return r;
	}
	return VTX_EMUL_AGAIN;
}

/**
 * vtx_emul_mem_cmpxchg - finish a locked read-modify-write
 * @e: emulator
 * @seg: segment register
 * @offset: effective address, as passed to vtx_emul_mem_read_rmw()
 * @expected: what was read; what is there now after a mismatch
 * @desired: what to write
 * @len: bytes, a power of two
 *
 * On a device there is nothing to lock, and the write is a plain one. A locked
 * update of RAM that crosses a page cannot be done atomically here; but it does
 * not need to be emulated either, and is left to the CPU.
 *
 * Return: VTX_EMUL_DONE, VTX_EMUL_MISMATCH, VTX_EMUL_AGAIN, or why not.
 */
enum vtx_emul_result vtx_emul_mem_cmpxchg(struct vtx_emul *e, unsigned int seg,
					  u64 offset, void *expected,
					  const void *desired,
					  unsigned int len)
{
	enum vtx_emul_result r;
	u64 gva;

	r = operand_gva(e, seg, offset, len, true, &gva);
	if (r)
		return r;
	if (to_page_end(gva, len) < len)
		r = crossing_exchange(e, gva, len);
	else
		r = e->ops->compare_exchange(e, gva, expected, desired, len);
	switch (r) {
	case VTX_EMUL_NOT_ATOMIC:
		return vtx_emul_gva_write(e, gva, desired, len);
	case VTX_EMUL_MISMATCH:
	case VTX_EMUL_AGAIN:
		return r;
	default:
		return vtx_emul_op_result(r);
	}
}

/**
 * vtx_emul_port_in - read a port
 * @e: emulator
 * @port: port number
 * @dst: buffer
 * @size: bytes of one value
 * @count: how many values
 *
 * Return: VTX_EMUL_DONE, or what the op said.
 */
enum vtx_emul_result vtx_emul_port_in(struct vtx_emul *e, u16 port, void *dst,
				      unsigned int size, unsigned int count)
{
	enum vtx_emul_result r;
	unsigned int n;
	u8 *to = dst;

	for (; count; count -= n / size, to += n) {
		n = log_replay(&e->log, to, size * count);
		if (n)
			continue;
		n = size * count;
		r = log_result(e, e->ops->in(e, port, to, size, count), to, n,
			       size);
		if (r)
			return r;
	}
	return VTX_EMUL_DONE;
}

/**
 * vtx_emul_port_out - write a port
 * @e: emulator
 * @port: port number
 * @src: values
 * @size: bytes of one value
 * @count: how many values
 *
 * Return: VTX_EMUL_DONE, or what the op said.
 */
enum vtx_emul_result vtx_emul_port_out(struct vtx_emul *e, u16 port,
				       const void *src, unsigned int size,
				       unsigned int count)
{
	enum vtx_emul_result r;
	const u8 *from = src;
	unsigned int n;

	for (; count; count -= n / size, from += n) {
		n = log_replay(&e->log, NULL, size * count);
		if (n)
			continue;
		n = size * count;
		r = log_result(e, e->ops->out(e, port, from, size, count),
			       NULL, n, size);
		if (r)
			return r;
	}
	return VTX_EMUL_DONE;
}
