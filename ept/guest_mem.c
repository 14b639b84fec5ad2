// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to guest memory from the host: through the process's own mapping, so
 * that what holds for the process's accesses (protection, copy on write,
 * userfaultfd) holds for these.
 *
 * slots_lock is held for reading meanwhile: when KVM_SET_USER_MEMORY_REGION
 * has returned, no access to the memory of a slot that it removed is under
 * way, and the process may use that memory for something else.
 *
 * All of it must run in the VM's process, and sleeps but for
 * vtx_mem_read_fast() and vtx_mem_write_fast().
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/minmax.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "ept/dirty.h"
#include "ept/guest_mem.h"
#include "ept/memslot.h"

static int look_up(struct vtx_mem *mem, u64 gpa, bool write,
		   struct vtx_slot *slot, unsigned long *hva)
{
	if (current->mm != mem->mm)
		return -EIO;
	if (!vtx_mem_slot(mem, gpa >> PAGE_SHIFT, slot) ||
	    (write && slot->flags & KVM_MEM_READONLY))
		return -EFAULT;
	*hva = vtx_slot_hva(slot, gpa >> PAGE_SHIFT) | offset_in_page(gpa);
	return 0;
}

/* At most to the end of a page: the next may be in another slot. */
static size_t part_of(u64 gpa, size_t len)
{
	return min_t(size_t, len, PAGE_SIZE - offset_in_page(gpa));
}

static int copy_part(struct vtx_mem *mem, u64 gpa, void *to, const void *from,
		     size_t len)
{
	struct vtx_slot slot;
	unsigned long hva, left;
	int err;

	err = look_up(mem, gpa, !to, &slot, &hva);
	if (err)
		return err;
	if (to) {
		left = copy_from_user(to, (void __user *)hva, len);
	} else {
		left = copy_to_user((void __user *)hva, from, len);
		vtx_dirty_mark(&slot, gpa >> PAGE_SHIFT);
	}
	return left ? -EFAULT : 0;
}

static int copy(struct vtx_mem *mem, u64 gpa, void *to, const void *from,
		size_t len)
{
	size_t part, done;
	int err = 0;

	down_read(&mem->slots_lock);
	for (done = 0; done < len && !err; done += part) {
		part = part_of(gpa + done, len - done);
		err = copy_part(mem, gpa + done, to ? to + done : NULL,
				from ? from + done : NULL, part);
	}
	up_read(&mem->slots_lock);
	return err;
}

/**
 * vtx_mem_read() - read guest memory
 * @mem: the VM's memory
 * @gpa: guest-physical address; the range may cross pages and slots
 * @buf: receives the bytes; undefined after an error
 * @len: how many
 *
 * Return: 0, -EFAULT if some of it is in no slot or the process cannot read
 * it, -EIO if the current process is not the VM's.
 */
int vtx_mem_read(struct vtx_mem *mem, u64 gpa, void *buf, size_t len)
{
	return copy(mem, gpa, buf, NULL, len);
}

static int copy_part_fast(struct vtx_mem *mem, u64 gpa, void *to,
			  const void *from, size_t len)
{
	struct vtx_slot slot;
	unsigned long hva;
	int err;

	err = look_up(mem, gpa, !to, &slot, &hva);
	if (err)
		return err;
	if (to)
		return copy_from_user_nofault(to, (void __user *)hva, len) ?
		       -EAGAIN : 0;
	if (copy_to_user_nofault((void __user *)hva, from, len))
		return -EAGAIN;
	vtx_dirty_mark(&slot, gpa >> PAGE_SHIFT);
	return 0;
}

static int copy_fast(struct vtx_mem *mem, u64 gpa, void *to, const void *from,
		     size_t len)
{
	size_t part, done;
	int err = 0;

	/* Even a try may sleep there. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT) ||
	    !down_read_trylock(&mem->slots_lock))
		return -EAGAIN;
	for (done = 0; done < len && !err; done += part) {
		part = part_of(gpa + done, len - done);
		err = copy_part_fast(mem, gpa + done, to ? to + done : NULL,
				     from ? from + done : NULL, part);
	}
	up_read(&mem->slots_lock);
	return err;
}

/**
 * vtx_mem_read_fast() - read guest memory without sleeping
 * @mem: the VM's memory
 * @gpa: guest-physical address; the range may cross pages and slots
 * @buf: receives the bytes; undefined after an error
 * @len: how many
 *
 * For a vCPU that reads its page tables or instructions with interrupts off.
 *
 * Return: as vtx_mem_read(); -EAGAIN if only that can tell.
 */
int vtx_mem_read_fast(struct vtx_mem *mem, u64 gpa, void *buf, size_t len)
{
	return copy_fast(mem, gpa, buf, NULL, len);
}

/**
 * vtx_mem_write_fast() - write guest memory without sleeping
 * @mem: the VM's memory
 * @gpa: guest-physical address; the range may cross pages and slots
 * @buf: the bytes
 * @len: how many
 *
 * Return: as vtx_mem_write(); -EAGAIN if only that can tell.
 */
int vtx_mem_write_fast(struct vtx_mem *mem, u64 gpa, const void *buf,
		       size_t len)
{
	return copy_fast(mem, gpa, NULL, buf, len);
}

/**
 * vtx_mem_write() - write guest memory
 * @mem: the VM's memory
 * @gpa: guest-physical address; the range may cross pages and slots
 * @buf: the bytes
 * @len: how many
 *
 * Return: 0; as vtx_mem_read(), and -EFAULT for a read-only slot.  After an
 * error some of it may have been written.
 */
int vtx_mem_write(struct vtx_mem *mem, u64 gpa, const void *buf, size_t len)
{
	return copy(mem, gpa, NULL, buf, len);
}

/**
 * vtx_mem_store32() - write 32 bits of guest memory, all at once
 * @mem: the VM's memory
 * @gpa: guest-physical address, aligned to 4
 * @value: what
 *
 * For what another vCPU may read at the same time.
 *
 * Return: 0, -EINVAL if it is not aligned, else as vtx_mem_write().
 */
int vtx_mem_store32(struct vtx_mem *mem, u64 gpa, u32 value)
{
	struct vtx_slot slot;
	unsigned long hva;
	int err;

	if (gpa % sizeof(value))
		return -EINVAL;
	down_read(&mem->slots_lock);
	err = look_up(mem, gpa, true, &slot, &hva);
	if (!err) {
		err = put_user(value, (u32 __user *)hva);
		vtx_dirty_mark(&slot, gpa >> PAGE_SHIFT);
	}
	up_read(&mem->slots_lock);
	return err;
}

/* One function for each size: the kernel's macro brings a label along. */
#define DEFINE_CMPXCHG(type)						\
static int cmpxchg_##type(unsigned long hva, u64 *old, u64 new)		\
{									\
	type __user *ptr = (type __user *)hva;				\
	type expected = *old;						\
	int ret;							\
									\
	if (!access_ok(ptr, sizeof(*ptr)))				\
		return -EFAULT;						\
	ret = __try_cmpxchg_user(ptr, &expected, (type)new, fault);	\
	*old = expected;						\
	return ret;							\
}

DEFINE_CMPXCHG(u8)
DEFINE_CMPXCHG(u16)
DEFINE_CMPXCHG(u32)
DEFINE_CMPXCHG(u64)

static int cmpxchg_user(unsigned long hva, u64 *old, u64 new, unsigned int size)
{
	switch (size) {
	case sizeof(u8):
		return cmpxchg_u8(hva, old, new);
	case sizeof(u16):
		return cmpxchg_u16(hva, old, new);
	case sizeof(u32):
		return cmpxchg_u32(hva, old, new);
	case sizeof(u64):
		return cmpxchg_u64(hva, old, new);
	}
	return -EINVAL;
}

/**
 * vtx_mem_cmpxchg() - compare and exchange in guest memory, atomically
 * @mem: the VM's memory
 * @gpa: guest-physical address, aligned to @size
 * @old: what is expected there; receives what was found
 * @new: what to put there
 * @size: 1, 2, 4 or 8 bytes
 *
 * Return: 0 if it was exchanged, 1 if something else was found, -EINVAL for
 * another @size or alignment, else as vtx_mem_write().
 */
int vtx_mem_cmpxchg(struct vtx_mem *mem, u64 gpa, u64 *old, u64 new,
		    unsigned int size)
{
	struct vtx_slot slot;
	unsigned long hva;
	int ret;

	if (gpa & (size - 1))
		return -EINVAL;
	down_read(&mem->slots_lock);
	ret = look_up(mem, gpa, true, &slot, &hva);
	if (!ret) {
		ret = cmpxchg_user(hva, old, new, size);
		if (!ret)
			vtx_dirty_mark(&slot, gpa >> PAGE_SHIFT);
	}
	up_read(&mem->slots_lock);
	return ret;
}

/**
 * vtx_mem_hold() - let the slots stay as they are
 * @mem: the VM's memory
 *
 * For who keeps addresses in the process: while the slots are held and their
 * vtx_mem_slots_generation() is that of before the address was found, it is
 * guest memory.  Does not sleep, and neither may who holds them.
 *
 * Return: false if that cannot be had without sleep, or in this process.
 */
bool vtx_mem_hold(struct vtx_mem *mem)
{
	/* There, even a try may sleep. */
	return !IS_ENABLED(CONFIG_PREEMPT_RT) && current->mm == mem->mm &&
	       down_read_trylock(&mem->slots_lock);
}

/**
 * vtx_mem_release() - end what vtx_mem_hold() began
 * @mem: the VM's memory
 */
void vtx_mem_release(struct vtx_mem *mem)
{
	up_read(&mem->slots_lock);
}

/**
 * vtx_mem_hva() - where guest memory is in the process
 * @mem: the VM's memory
 * @gpa: guest-physical address
 * @write: it is to be written
 * @hva: receives the address, good up to the end of the page
 *
 * Nothing keeps the slot: it may be gone by the time the address is used,
 * which is then some other memory of the same process, or none.  Who writes
 * there calls vtx_mem_mark_dirty() afterwards.
 *
 * Return: as vtx_mem_read(), or vtx_mem_write() if @write.
 */
int vtx_mem_hva(struct vtx_mem *mem, u64 gpa, bool write, unsigned long *hva)
{
	struct vtx_slot slot;

	return look_up(mem, gpa, write, &slot, hva);
}
