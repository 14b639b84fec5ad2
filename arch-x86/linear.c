// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's memory by linear address: translated by its page tables, then read
 * or written through its slots.
 *
 * No locks; the caller's vCPU.  Must run in the VM's process.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include <asm/cpufeature.h>
#include <asm/page.h>

#include "ept/guest_mem.h"
#include "arch-x86/linear.h"
#include "arch-x86/vcpu.h"

#define ERROR_WRITE	BIT(1)
#define ERROR_USER	BIT(2)
#define ERROR_FETCH	BIT(4)

/**
 * vtx_linear_init() - what does not change in the life of a vCPU
 * @linear: to be filled in
 * @vcpu: whose
 */
void vtx_linear_init(struct vtx_linear *linear, const struct vtx_vcpu *vcpu)
{
	linear->mem = vcpu->mem;
	linear->may_sleep = true;
	linear->log = NULL;
	/* Guests page as the CPU does, whatever their CPUID says. */
	linear->paging.phys_bits = vcpu->offered->phys_bits;
	linear->paging.page_1g = boot_cpu_has(X86_FEATURE_GBPAGES);
}

/**
 * vtx_linear_load() - take over how the guest translates now
 * @linear: after vtx_linear_init()
 * @vcpu: whose; loaded
 */
void vtx_linear_load(struct vtx_linear *linear, const struct vtx_vcpu *vcpu)
{
	struct vtx_paging *paging = &linear->paging;

	paging->cr0 = vtx_guest_cr0(vcpu);
	paging->cr3 = vmcs_readl(VMCS_GUEST_CR3);
	paging->cr4 = vtx_guest_cr4(vcpu);
	paging->efer = vtx_guest_efer(vcpu);
	if (!vtx_pae_paging(paging->cr0, paging->cr4, paging->efer))
		return;
	paging->pdpte[0] = vmcs_read64(VMCS_GUEST_PDPTE0);
	paging->pdpte[1] = vmcs_read64(VMCS_GUEST_PDPTE1);
	paging->pdpte[2] = vmcs_read64(VMCS_GUEST_PDPTE2);
	paging->pdpte[3] = vmcs_read64(VMCS_GUEST_PDPTE3);
}

/**
 * vtx_linear_read_gpa() - read guest memory, with sleep only if it may be
 * @linear: how
 * @gpa: guest-physical address
 * @buf: receives the bytes
 * @len: how many
 *
 * Return: as vtx_mem_read() or vtx_mem_read_fast().
 */
int vtx_linear_read_gpa(const struct vtx_linear *linear, u64 gpa, void *buf,
			size_t len)
{
	return linear->may_sleep ?
	       vtx_mem_read(linear->mem, gpa, buf, len) :
	       vtx_mem_read_fast(linear->mem, gpa, buf, len);
}

static void note(struct vtx_walk_log *log, u64 gpa, unsigned int bytes,
		 u64 entry)
{
	unsigned int i = log->nr++;

	if (i >= VTX_WALK_LEVELS)
		return;
	log->entry_bytes = bytes;
	log->step[i].gpa = gpa;
	log->step[i].entry = entry;
}

static int read_entry(void *context, u64 gpa, unsigned int bytes, u64 *entry)
{
	struct vtx_linear *linear = context;
	int err;

	*entry = 0;
	err = vtx_linear_read_gpa(linear, gpa, entry, bytes);
	if (linear->log)
		note(linear->log, gpa, bytes, *entry);
	return err;
}

static int update_entry(void *context, u64 gpa, unsigned int bytes, u64 old,
			u64 new)
{
	struct vtx_linear *linear = context;
	unsigned long hva;
	int ret;

	if (!linear->may_sleep)
		return -EAGAIN;
	ret = vtx_mem_cmpxchg(linear->mem, gpa, &old, new, bytes);
	/* Tables in ROM: there is no place for the flags. */
	if (ret == -EFAULT && vtx_mem_hva(linear->mem, gpa, true, &hva))
		return 0;
	return ret;
}

static const struct vtx_walk_ops walk_ops = {
	.read	= read_entry,
	.update	= update_entry,
};

/*
 * A page table where no memory is: hardware reads ones there, but guests and
 * their user spaces know the "not present" that KVM makes of it.
 */
static int no_table(unsigned int access, struct vtx_page_fault *fault)
{
	fault->error = (access & VTX_WALK_WRITE ? ERROR_WRITE : 0) |
		       (access & VTX_WALK_USER ? ERROR_USER : 0) |
		       (access & VTX_WALK_FETCH ? ERROR_FETCH : 0);
	return VTX_WALK_FAULT;
}

/**
 * vtx_linear_translate() - translate a linear address
 * @linear: how
 * @gva: the address
 * @access: a mask of enum vtx_walk_access
 * @gpa: receives the guest-physical address
 * @fault: receives the page fault, with VTX_WALK_FAULT
 *
 * Sets accessed and dirty flags as the CPU does.
 *
 * Return: 0; VTX_WALK_FAULT; -EAGAIN if it takes sleep to tell, and only then;
 * another -errno if the process has lost the memory or is being killed.
 */
int vtx_linear_translate(struct vtx_linear *linear, u64 gva,
			 unsigned int access, u64 *gpa,
			 struct vtx_page_fault *fault)
{
	struct vtx_walk walk;
	int ret;

	for (;;) {
		ret = vtx_walk(&linear->paging, &walk_ops, linear, gva, access,
			       &walk);
		if (ret != -EAGAIN || !linear->may_sleep)
			break;
		/* The guest's tables do not stand still. */
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	if (!ret) {
		*gpa = walk.gpa;
		return 0;
	}
	fault->gva = gva;
	if (ret == -EFAULT)
		return no_table(access, fault);
	if (ret == VTX_WALK_FAULT)
		fault->error = walk.error;
	return ret;
}

static size_t part_of(u64 gva, size_t len)
{
	return min_t(size_t, len, PAGE_SIZE - offset_in_page(gva));
}

/* What the CPU finds where there is no memory: ones; and no place to write. */
static int no_memory(void *to, size_t len)
{
	if (to)
		memset(to, 0xff, len);
	return 0;
}

/* Read into @to; or, if that is NULL, write @from. */
static int transfer(struct vtx_linear *linear, u64 gva, void *to,
		    const void *from, size_t len, struct vtx_page_fault *fault)
{
	unsigned int access = to ? 0 : VTX_WALK_WRITE;
	unsigned long hva;
	size_t part;
	u64 gpa;
	int ret;

	while (len) {
		part = part_of(gva, len);
		ret = vtx_linear_translate(linear, gva, access, &gpa, fault);
		if (ret)
			return ret;
		ret = to ? vtx_linear_read_gpa(linear, gpa, to, part) :
			   vtx_mem_write(linear->mem, gpa, from, part);
		if (ret == -EFAULT && vtx_mem_hva(linear->mem, gpa, !to, &hva))
			ret = no_memory(to, part);
		if (ret)
			return ret;
		gva += part;
		len -= part;
		if (to)
			to += part;
		else
			from += part;
	}
	return 0;
}

/**
 * vtx_linear_read() - read as the CPU itself does, a descriptor for example
 * @linear: how
 * @gva: linear address; the range may cross pages
 * @buf: receives the bytes; undefined after an error
 * @len: how many
 * @fault: receives the page fault, with VTX_WALK_FAULT
 *
 * Where there is no memory it reads ones, as from an empty bus.
 *
 * Return: as vtx_linear_translate().
 */
int vtx_linear_read(struct vtx_linear *linear, u64 gva, void *buf, size_t len,
		    struct vtx_page_fault *fault)
{
	return transfer(linear, gva, buf, NULL, len, fault);
}

/**
 * vtx_linear_write() - write as the CPU itself does
 * @linear: how; with @may_sleep
 * @gva: linear address; the range may cross pages
 * @buf: the bytes
 * @len: how many
 * @fault: receives the page fault, with VTX_WALK_FAULT
 *
 * Where there is no memory, or only such as cannot be written, nothing is.
 *
 * Return: as vtx_linear_translate(); some of it may have been written then.
 */
int vtx_linear_write(struct vtx_linear *linear, u64 gva, const void *buf,
		     size_t len, struct vtx_page_fault *fault)
{
	return transfer(linear, gva, NULL, buf, len, fault);
}

/**
 * vtx_linear_probe() - may the CPU itself access this?
 * @linear: how
 * @gva: linear address; the range may cross pages
 * @len: how many bytes
 * @access: a mask of enum vtx_walk_access
 * @fault: receives the page fault, with VTX_WALK_FAULT
 *
 * Return: as vtx_linear_translate().
 */
int vtx_linear_probe(struct vtx_linear *linear, u64 gva, size_t len,
		     unsigned int access, struct vtx_page_fault *fault)
{
	size_t part;
	u64 gpa;
	int ret;

	for (; len; gva += part, len -= part) {
		part = part_of(gva, len);
		ret = vtx_linear_translate(linear, gva, access, &gpa, fault);
		if (ret)
			return ret;
	}
	return 0;
}
