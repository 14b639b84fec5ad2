// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fault: guest frame -> slot -> process's address -> host frame -> leaf.
 *
 * Faults of many vCPUs run side by side; see map.c for how they share tables
 * and notifier.c for how a host frame that goes away meanwhile is noticed.
 *
 * A page is referenced only from its lookup until it is mapped, never longer.
 * Before it is mapped for writing it is marked dirty, since Linux's own entry
 * for it need not be: a writable page of tmpfs may be clean.  Linux write-
 * protects (and so tells us) before it cleans a page whose cleanness matters.
 *
 * How large a leaf may be is what the process's own page tables say: a large
 * entry there is one mapping, with one set of rights, of contiguous memory.  A
 * large folio is not enough, it may be mapped in part or in pieces.  The
 * tables are read with interrupts off, which holds off their being freed, and
 * under map_lock after the check for staleness, so that what they say is still
 * true.
 *
 * Where the CPU has the iTLB multihit erratum, a guest can hang the host by
 * changing the size of pages that it executes from.  There, large leaves carry
 * no right to execute, and are split when the guest wants to.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "ept/dirty.h"
#include "ept/fault.h"
#include "ept/map.h"
#include "ept/memslot.h"
#include "ept/notifier.h"
#include "ept/trace.h"

static_assert(VTX_ACCESS_READ == VTX_EPT_READ);
static_assert(VTX_ACCESS_WRITE == VTX_EPT_WRITE);
static_assert(VTX_ACCESS_EXEC == VTX_EPT_EXEC);

/*
 * A fault being resolved.
 */
struct fault {
	struct vtx_mem		*mem;
	struct vtx_slot		slot;
	unsigned long		sequence;
	unsigned long		hva;
	struct page		*page;	/* referenced; NULL if it has none */
	struct vtx_ept_leaf	leaf;
	u64			*spare;	/* a table for the way to the leaf */
	int			err;
};

static bool is_write(const struct fault *fault)
{
	return fault->leaf.access & VTX_EPT_WRITE;
}

/* Find the slot.  MAPPED stands for "go on". */
static enum vtx_mem_fault look_up_slot(struct fault *fault)
{
	u64 gfn = fault->leaf.gfn;

	fault->sequence = vtx_notifier_sequence(fault->mem);
	if (!vtx_mem_slot(fault->mem, gfn, &fault->slot))
		return VTX_FAULT_MMIO;
	if (is_write(fault) && fault->slot.flags & KVM_MEM_READONLY)
		return VTX_FAULT_READONLY;
	fault->hva = vtx_slot_hva(&fault->slot, gfn);
	return VTX_FAULT_MAPPED;
}

static bool may_write(const struct fault *fault)
{
	return !(fault->slot.flags & KVM_MEM_READONLY);
}

/* Take a reference to a page that the process has mapped; sleeps never. */
static bool get_page_fast(struct fault *fault, bool write)
{
	return get_user_pages_fast_only(fault->hva, 1, FOLL_HONOR_NUMA_FAULT |
					(write ? FOLL_WRITE : 0),
					&fault->page) == 1;
}

/*
 * May a page that Linux lets us write be mapped writable?  Anonymous memory is
 * marked dirty at no cost.  That of a file is not, if the guest only reads;
 * and to mark it takes a lock.
 */
static bool mark_dirty(struct fault *fault, bool may_sleep)
{
	struct folio *folio = page_folio(fault->page);

	if (folio_test_dirty(folio))
		return true;
	if (folio_test_anon(folio)) {
		folio_set_dirty(folio);
		return true;
	}
	if (!is_write(fault) || !may_sleep)
		return false;
	folio_lock(folio);
	folio_mark_dirty(folio);
	folio_unlock(folio);
	return true;
}

/* The host frame, if the process has it mapped and that suffices. */
static bool find_present(struct fault *fault, bool may_sleep)
{
	bool writable = may_write(fault) && get_page_fast(fault, true);

	if (!writable && (is_write(fault) || !get_page_fast(fault, false)))
		return false;
	fault->leaf.writable = writable && mark_dirty(fault, may_sleep);
	if (is_write(fault) && !fault->leaf.writable) {
		put_page(fault->page);
		fault->page = NULL;
		return false;
	}
	fault->leaf.pfn = page_to_pfn(fault->page);
	return true;
}

/* A mapping of something that is not the kernel's to count. */
static int follow_pfnmap(struct fault *fault, struct vm_area_struct *vma)
{
	struct follow_pfnmap_args args = {
		.vma = vma, .address = fault->hva,
	};
	bool unlocked = false;
	int err;

	if (!(vma->vm_flags & VM_READ) ||
	    (is_write(fault) && !(vma->vm_flags & VM_WRITE)))
		return -EFAULT;
	if (follow_pfnmap_start(&args)) {
		err = fixup_user_fault(vma->vm_mm, fault->hva, is_write(fault) ?
				       FAULT_FLAG_WRITE : 0, &unlocked);
		if (unlocked)		/* then the vma may be gone */
			return -EAGAIN;
		if (err)
			return err;
		if (follow_pfnmap_start(&args))
			return -EFAULT;
	}
	fault->leaf.pfn = args.pfn;
	fault->leaf.writable = args.writable && may_write(fault);
	/* In Linux's PAT, these two are clear for write-back and only then. */
	fault->leaf.uncached = pgprot_val(args.pgprot) &
			       (_PAGE_PWT | _PAGE_PCD);
	follow_pfnmap_end(&args);
	return is_write(fault) && !fault->leaf.writable ? -EFAULT : 0;
}

static int find_pfnmap(struct fault *fault)
{
	struct mm_struct *mm = fault->mem->mm;
	struct vm_area_struct *vma;
	int err = -EFAULT;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, fault->hva);
	if (vma && vma->vm_flags & (VM_IO | VM_PFNMAP))
		err = follow_pfnmap(fault, vma);
	mmap_read_unlock(mm);
	return err;
}

/* Have Linux bring the page in.  Sleeps. */
static int find_absent(struct fault *fault)
{
	unsigned int flags = FOLL_HWPOISON | FOLL_HONOR_NUMA_FAULT |
			     FOLL_INTERRUPTIBLE;
	long got;

	if (is_write(fault))
		flags |= FOLL_WRITE;
	got = get_user_pages_unlocked(fault->hva, 1, &fault->page, flags);
	if (got != 1)
		fault->page = NULL;
	switch (got) {
	case 1:
		fault->leaf.writable = is_write(fault) &&
				       mark_dirty(fault, true);
		fault->leaf.pfn = page_to_pfn(fault->page);
		return 0;
	case -EFAULT:
		return find_pfnmap(fault);
	case -EHWPOISON:
		/* The memory broke: the process decides, as with its own. */
		send_sig_mceerr(BUS_MCEERR_AR, (void __user *)fault->hva,
				PAGE_SHIFT, current);
		return -EAGAIN;
	case 0:
		return -EAGAIN;
	}
	return got;
}

/**
 * vtx_host_level() - how large is the process's page at an address?
 * @mm: the process's memory
 * @hva: the address
 *
 * Any context.  Without a lock that holds off invalidations, a hint only.
 *
 * Return: level of the entry in the process's page tables, enum vtx_ept_level.
 */
int vtx_host_level(struct mm_struct *mm, unsigned long hva)
{
	unsigned long flags;
	int level = VTX_EPT_4K;
	pgd_t pgd;
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;

	local_irq_save(flags);
	pgd = READ_ONCE(*pgd_offset(mm, hva));
	if (pgd_none(pgd))
		goto out;
	p4d = READ_ONCE(*p4d_offset(&pgd, hva));
	if (p4d_none(p4d) || !p4d_present(p4d))
		goto out;
	pud = READ_ONCE(*pud_offset(&p4d, hva));
	if (pud_none(pud) || !pud_present(pud))
		goto out;
	if (pud_leaf(pud)) {
		level = VTX_EPT_1G;
		goto out;
	}
	pmd = READ_ONCE(*pmd_offset(&pud, hva));
	if (!pmd_none(pmd) && pmd_present(pmd) && pmd_leaf(pmd))
		level = VTX_EPT_2M;
out:
	local_irq_restore(flags);
	return level;
}

/* Does a leaf of this level lie in the slot, and do all addresses agree? */
static bool level_fits(const struct fault *fault, int level)
{
	return vtx_slot_fits(&fault->slot, fault->leaf.gfn, level) &&
	       !((fault->leaf.pfn ^ fault->leaf.gfn) &
		 (vtx_ept_pages(level) - 1));
}

/* The largest leaf that may be made.  Called with map_lock held. */
static int leaf_level(const struct fault *fault)
{
	const struct vtx_mem *mem = fault->mem;
	int level = mem->max_level;

	if (fault->slot.dirty)
		return VTX_EPT_4K;
	if (mem->split_exec && fault->leaf.access & VTX_EPT_EXEC)
		return VTX_EPT_4K;
	while (level > VTX_EPT_4K && !level_fits(fault, level))
		level--;
	if (level == VTX_EPT_4K)
		return level;
	return min(level, vtx_host_level(mem->mm, fault->hva));
}

/* The rest under map_lock, which keeps the slot's dirty log, too. */
static enum vtx_ept_result install(struct fault *fault, bool *stale)
{
	enum vtx_ept_result result;

	lockdep_assert_held(&fault->mem->map_lock);
	*stale = vtx_notifier_stale(fault->mem, fault->sequence, fault->hva);
	if (*stale)
		return VTX_EPT_CONFLICT;
	fault->leaf.level = leaf_level(fault);
	if (fault->slot.dirty && !is_write(fault))
		fault->leaf.writable = false;
	result = vtx_ept_map(fault->mem, &fault->leaf, &fault->spare);
	if (result == VTX_EPT_MAPPED && is_write(fault))
		vtx_dirty_mark(&fault->slot, fault->leaf.gfn);
	return result;
}

/* What is mapped there must make room: split it, else take it away. */
static bool make_room(struct fault *fault)
{
	struct vtx_mem *mem = fault->mem;
	u64 gfn = fault->leaf.gfn;
	enum vtx_ept_result result = VTX_EPT_CONFLICT;
	struct vtx_ept_zap zap;

	vtx_ept_zap_begin(mem, &zap);
	if (fault->slot.dirty ||
	    (mem->split_exec && fault->leaf.access == VTX_EPT_EXEC))
		result = vtx_ept_split(mem, gfn, &fault->spare, &zap);
	if (result == VTX_EPT_CONFLICT)
		vtx_ept_zap_range(mem, gfn, gfn + 1, &zap);
	vtx_ept_zap_end(mem, &zap, true);
	return result != VTX_EPT_NEED_TABLE;
}

static bool get_spare(struct fault *fault)
{
	if (!fault->spare)
		fault->spare = vtx_ept_alloc_table();
	return fault->spare;
}

/* Map what was found, bringing tables along until there are enough. */
static enum vtx_mem_fault map_found(struct fault *fault)
{
	enum vtx_ept_result result;
	bool stale;

	for (;;) {
		read_lock(&fault->mem->map_lock);
		result = install(fault, &stale);
		read_unlock(&fault->mem->map_lock);
		if (stale)
			return VTX_FAULT_RETRY;
		if (result == VTX_EPT_MAPPED)
			return VTX_FAULT_MAPPED;
		if (result == VTX_EPT_CONFLICT && make_room(fault))
			return VTX_FAULT_RETRY;
		if (!get_spare(fault)) {
			fault->err = -ENOMEM;
			return VTX_FAULT_ERROR;
		}
	}
}

/* Is it allowed by now?  Another vCPU may have been faster. */
static bool spurious(struct fault *fault)
{
	bool allowed;

	read_lock(&fault->mem->map_lock);
	allowed = vtx_ept_allows(fault->mem, fault->leaf.gfn,
				 fault->leaf.access);
	read_unlock(&fault->mem->map_lock);
	return allowed;
}

static enum vtx_mem_fault resolve(struct fault *fault)
{
	enum vtx_mem_fault result;

	if (current->mm != fault->mem->mm) {
		fault->err = -EIO;
		return VTX_FAULT_ERROR;
	}
	result = look_up_slot(fault);
	if (result != VTX_FAULT_MAPPED || spurious(fault))
		return result;

	if (!find_present(fault, true))
		fault->err = find_absent(fault);
	if (fault->err == -EAGAIN) {
		fault->err = 0;
		return VTX_FAULT_RETRY;
	}
	if (fault->err)
		return VTX_FAULT_ERROR;
	result = map_found(fault);
	if (fault->page)
		put_page(fault->page);
	return result;
}

/**
 * vtx_mem_fault() - resolve an EPT violation
 * @mem: the VM's memory
 * @gpa: the guest-physical address
 * @access: what the guest was about to do, enum vtx_mem_access
 * @err: receives, with VTX_FAULT_ERROR, -EIO if the current process is not the
 *	VM's, -EFAULT if it has no such memory there, -EINTR for a signal,
 *	-ENOMEM; else 0
 *
 * May sleep, for long if a userfaultfd says so; a signal ends it.
 *
 * Return: see enum vtx_mem_fault.
 */
enum vtx_mem_fault vtx_mem_fault(struct vtx_mem *mem, u64 gpa,
				 unsigned int access, int *err)
{
	struct fault fault = {
		.mem = mem,
		.leaf.gfn = gpa >> PAGE_SHIFT,
		.leaf.access = access & VTX_EPT_RIGHTS,
	};
	enum vtx_mem_fault result;

	might_sleep();
	result = resolve(&fault);
	vtx_ept_free_table(fault.spare);
	*err = fault.err;
	trace_vtx_ept_fault(mem->eptp, gpa, access, result, fault.err);
	return result;
}

/* The fast way, with map_lock held for reading. */
static enum vtx_mem_fault resolve_fast(struct fault *fault)
{
	enum vtx_ept_result result;
	bool stale;

	if (vtx_ept_allows(fault->mem, fault->leaf.gfn, fault->leaf.access))
		return VTX_FAULT_MAPPED;
	if (!find_present(fault, false))
		return VTX_FAULT_RETRY;
	result = install(fault, &stale);
	put_page(fault->page);
	return !stale && result == VTX_EPT_MAPPED ? VTX_FAULT_MAPPED :
						    VTX_FAULT_RETRY;
}

/**
 * vtx_mem_fault_fast() - resolve an EPT violation without sleeping
 * @mem: the VM's memory
 * @gpa: the guest-physical address
 * @access: what the guest was about to do, enum vtx_mem_access
 *
 * For a page that the process has present, below tables that are there.
 * Called with interrupts off or on; waits for nobody.
 *
 * Return: VTX_FAULT_MAPPED, VTX_FAULT_MMIO, VTX_FAULT_READONLY, or
 * VTX_FAULT_RETRY if it takes vtx_mem_fault() to find out.
 */
enum vtx_mem_fault vtx_mem_fault_fast(struct vtx_mem *mem, u64 gpa,
				      unsigned int access)
{
	struct fault fault = {
		.mem = mem,
		.leaf.gfn = gpa >> PAGE_SHIFT,
		.leaf.access = access & VTX_EPT_RIGHTS,
	};
	enum vtx_mem_fault result;

	/* There, even a tried lock may not be taken with interrupts off. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT) || current->mm != mem->mm)
		return VTX_FAULT_RETRY;
	result = look_up_slot(&fault);
	if (result == VTX_FAULT_MAPPED) {
		if (!read_trylock(&mem->map_lock))
			return VTX_FAULT_RETRY;
		result = resolve_fast(&fault);
		read_unlock(&mem->map_lock);
	}
	if (result == VTX_FAULT_MAPPED)
		trace_vtx_ept_fault(mem->eptp, gpa, access, result, 0);
	return result;
}
