// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables: every change of an entry passes set_entry().
 *
 * Tables have no locks of their own.  Under map_lock for reading, any number
 * of tasks add rights and tables, each by compare-and-exchange of one entry;
 * who loses a race looks again.  Taking away happens under map_lock for
 * writing, so that a walk never meets a table that is gone.  The CPUs take
 * part without any lock: they set A and D bits at any time, hence
 * compare-and-exchange there too.
 *
 * Taking away, and why no CPU uses what was freed:
 *
 *   1. under map_lock for writing, entries are zeroed; a table that lies in
 *      the range as a whole is unlinked by one entry, and kept on a list
 *   2. still under it, @unflushed and then @generation go up
 *   3. without it, kick_all() makes every vCPU leave the guest
 *   4. @unflushed goes down; now the tables, and the pages that were mapped,
 *      may be freed
 *
 * A vCPU announces itself, full barrier, and reads the generation; we change
 * the entry and the generation, full barrier, and look who has announced
 * itself.  So either it sees the generation and flushes before it enters, or
 * we see it and kick it, after which it sees the generation.  Its next walk
 * finds the zeroes.
 *
 * Somebody else who zaps the same range between 2 and 4 finds nothing there,
 * and would tell Linux that the page is free while a vCPU still uses it.  That
 * is what @unflushed is for: whoever finds it raised kicks as well.
 *
 * The host's pages have no part in this.  A leaf holds no reference, and dirty
 * pages are marked as such when they are mapped for writing: nothing needs to
 * be carried back when a leaf goes.
 */
#include "module/compat.h"

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "ept/iter.h"
#include "ept/map.h"

#define CREATE_TRACE_POINTS
#include "ept/trace.h"

/**
 * vtx_ept_alloc_table() - have an empty table
 *
 * May sleep.  The process is charged for it.
 *
 * Return: the table, or NULL.
 */
u64 *vtx_ept_alloc_table(void)
{
	return (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
}

/**
 * vtx_ept_free_table() - free a table that was never linked, or is no longer
 * @table: the table; may be NULL
 */
void vtx_ept_free_table(u64 *table)
{
	free_page((unsigned long)table);
}

/* The rules that every entry keeps.  SDM 3D "EPT Misconfigurations". */
static bool entry_sound(u64 entry, int level)
{
	if (!entry)
		return true;
	if (!(entry & VTX_EPT_READ))
		return false;
	if (!vtx_ept_leaf(entry, level))
		return !(entry & (VTX_EPT_TYPE | VTX_EPT_IGNORE_PAT));
	if (level == VTX_EPT_ROOT || (level == VTX_EPT_4K &&
				      (entry & VTX_EPT_LARGE)))
		return false;
	return !(vtx_ept_pfn(entry) & (vtx_ept_pages(level) - 1));
}

/* A leaf changes its page only by way of zero: CPUs must forget in between. */
static bool change_sound(u64 old, u64 new, int level)
{
	if (!entry_sound(new, level))
		return false;
	if (vtx_ept_leaf(old, level) && vtx_ept_leaf(new, level))
		return vtx_ept_pfn(old) == vtx_ept_pfn(new);
	if (vtx_ept_table(old, level))
		return !new;
	return true;
}

/* An entry has changed, or went with its table: count and trace. */
static void account(struct vtx_mem *mem, u64 gfn, int level, u64 old, u64 new)
{
	int leaves = vtx_ept_leaf(new, level) - vtx_ept_leaf(old, level);
	int tables = vtx_ept_table(new, level) - vtx_ept_table(old, level);

	if (leaves)
		atomic_long_add(leaves, &mem->leaves[level]);
	if (tables)
		atomic_long_add(tables, &mem->tables);
	trace_vtx_ept_set(mem->eptp, gfn, level, old, new);
}

/*
 * The one place where entries change, if they are still what they were: else
 * @old receives what the entry holds, and the answer is false.  The caller
 * holds map_lock, for writing if rights are taken away.
 */
static bool set_entry(struct vtx_mem *mem, u64 *entry, u64 gfn, int level,
		      u64 *old, u64 new)
{
	lockdep_assert_held(&mem->map_lock);
	WARN_ON_ONCE(!change_sound(*old, new, level));

	if (!try_cmpxchg64(entry, old, new))
		return false;
	account(mem, gfn, level, *old, new);
	return true;
}

/* The entry that translates a frame, or the one where the way to it ends. */
static u64 *find_entry(struct vtx_mem *mem, u64 gfn, int *level, u64 *value)
{
	u64 *table = mem->root, *entry;

	for (*level = VTX_EPT_ROOT; ; (*level)--) {
		entry = &table[vtx_ept_index(gfn, *level)];
		*value = READ_ONCE(*entry);
		if (!vtx_ept_table(*value, *level))
			return entry;
		table = vtx_ept_table_of(*value);
	}
}

/**
 * vtx_ept_allows() - is an access allowed already?
 * @mem: the VM's memory
 * @gfn: the frame
 * @access: the rights it takes, VTX_EPT_READ and so on
 *
 * The caller holds map_lock.
 *
 * Return: true if it is.
 */
bool vtx_ept_allows(struct vtx_mem *mem, u64 gfn, u64 access)
{
	u64 value;
	int level;

	lockdep_assert_held(&mem->map_lock);
	find_entry(mem, gfn, &level, &value);
	return vtx_ept_leaf(value, level) && !(access & ~value);
}

/*
 * A leaf of the given level.  A and D are set where the access to come would
 * set them; without such bits in the CPU they are ignored.
 */
static u64 make_leaf(const struct vtx_mem *mem, const struct vtx_ept_leaf *leaf,
		     int level)
{
	u64 pfn = leaf->pfn & ~(vtx_ept_pages(level) - 1);
	u64 entry = pfn << PAGE_SHIFT | VTX_EPT_READ | VTX_EPT_ACCESSED;

	if (level > VTX_EPT_4K)
		entry |= VTX_EPT_LARGE;
	if (level == VTX_EPT_4K || !mem->split_exec)
		entry |= VTX_EPT_EXEC;
	if (leaf->writable)
		entry |= VTX_EPT_WRITE;
	if (leaf->access & VTX_EPT_WRITE)
		entry |= VTX_EPT_DIRTY;
	/*
	 * RAM is write-back whatever the guest says, as the host's own mapping
	 * of it is.  A device's memory is uncached, but the guest's PAT may
	 * make it write-combining: SDM 3D "Memory Type Used for Translated
	 * Guest-Physical Addresses".
	 */
	return entry | (leaf->uncached ? VTX_EPT_TYPE_UC :
			VTX_EPT_TYPE_WB | VTX_EPT_IGNORE_PAT);
}

/* Make a leaf of an entry that is no table.  False: it changed, look again. */
static bool install_leaf(struct vtx_mem *mem, const struct vtx_ept_leaf *leaf,
			 u64 *entry, int level, u64 old,
			 enum vtx_ept_result *result)
{
	u64 gfn = leaf->gfn & ~(vtx_ept_pages(level) - 1);
	u64 new = make_leaf(mem, leaf, level);
	u64 fixed = VTX_EPT_ADDRESS | VTX_EPT_TYPE | VTX_EPT_IGNORE_PAT;

	*result = VTX_EPT_MAPPED;
	if (vtx_ept_present(old)) {
		if ((old ^ new) & fixed || leaf->access & ~(old | new)) {
			*result = VTX_EPT_CONFLICT;
			return true;
		}
		new |= old;
		if (new == old)
			return true;
	}
	return set_entry(mem, entry, gfn, level, &old, new);
}

/**
 * vtx_ept_map() - make an access possible
 * @mem: the VM's memory
 * @leaf: the mapping to be made; a smaller leaf is made where there is a table
 * @spare: a table that may be used up, then NULL, or NULL
 *
 * The caller holds map_lock and knows that the host's translation is not
 * stale.
 *
 * Return: see enum vtx_ept_result.
 */
enum vtx_ept_result vtx_ept_map(struct vtx_mem *mem,
				const struct vtx_ept_leaf *leaf, u64 **spare)
{
	enum vtx_ept_result result;
	int level;
	u64 *entry, value;

	lockdep_assert_held(&mem->map_lock);
	for (;;) {
		entry = find_entry(mem, leaf->gfn, &level, &value);
		if (level <= leaf->level) {
			if (install_leaf(mem, leaf, entry, level, value,
					 &result))
				return result;
			continue;
		}
		if (vtx_ept_present(value))	/* a leaf larger than wanted */
			return leaf->access & ~value ? VTX_EPT_CONFLICT :
						       VTX_EPT_MAPPED;
		if (!*spare)
			return VTX_EPT_NEED_TABLE;
		if (set_entry(mem, entry,
			      leaf->gfn & ~(vtx_ept_pages(level) - 1), level,
			      &value, vtx_ept_table_entry(*spare)))
			*spare = NULL;
	}
}

/**
 * vtx_ept_zap_begin() - begin to take away
 * @mem: the VM's memory
 * @zap: receives what will be taken away
 *
 * Takes map_lock; vtx_ept_zap_end() releases it.
 */
void vtx_ept_zap_begin(struct vtx_mem *mem, struct vtx_ept_zap *zap)
	__acquires(&mem->map_lock)
{
	INIT_LIST_HEAD(&zap->tables);
	zap->flush = false;
	write_lock(&mem->map_lock);
}

/* Put an entry in place of another; only the CPUs interfere. */
static u64 replace_entry(struct vtx_mem *mem, const struct vtx_ept_iter *iter,
			 u64 new)
{
	u64 old = iter->value;

	while (!set_entry(mem, iter->entry, iter->gfn, iter->level, &old, new))
		;
	return old;
}

/* The list of tables to be freed has no room for what they translated. */
static void keep_table(struct vtx_ept_zap *zap, u64 *table, u64 gfn, int level)
{
	struct page *page = virt_to_page(table);

	set_page_private(page, gfn | level);
	list_add_tail(&page->lru, &zap->tables);
}

/* A table of level 3 at most translates 2^27 frames; of level 1, 2^9. */
static_assert(VTX_EPT_ROOT < 1 << VTX_EPT_LEVEL_BITS);

/**
 * vtx_ept_zap_range() - take away what is mapped in a range
 * @mem: the VM's memory
 * @start: first frame of the range
 * @end: the frame after the last
 * @zap: from vtx_ept_zap_begin()
 *
 * A leaf that is only partly in the range goes as a whole.  However large the
 * range and whatever is mapped, this looks at not much more than the entries
 * of two tables for each level: the tables between these are unlinked unread.
 */
void vtx_ept_zap_range(struct vtx_mem *mem, u64 start, u64 end,
		       struct vtx_ept_zap *zap)
{
	struct vtx_ept_iter iter;
	u64 old;

	lockdep_assert_held_write(&mem->map_lock);
	vtx_ept_for_each(&iter, mem->root, start, end) {
		if (!vtx_ept_present(iter.value))
			continue;
		if (vtx_ept_table(iter.value, iter.level) &&
		    !vtx_ept_iter_covers(&iter))
			continue;
		old = replace_entry(mem, &iter, 0);
		if (vtx_ept_table(old, iter.level))
			keep_table(zap, vtx_ept_table_of(old), iter.gfn,
				   iter.level - 1);
		zap->flush = true;
	}
}

/**
 * vtx_ept_zap_table() - take away smaller leaves where a larger one could be
 * @mem: the VM's memory
 * @gfn: a frame
 * @level: the larger leaf's
 * @zap: from vtx_ept_zap_begin()
 */
void vtx_ept_zap_table(struct vtx_mem *mem, u64 gfn, int level,
		       struct vtx_ept_zap *zap)
{
	u64 first = gfn & ~(vtx_ept_pages(level) - 1);
	struct vtx_ept_iter iter;

	lockdep_assert_held_write(&mem->map_lock);
	vtx_ept_for_each(&iter, mem->root, gfn, gfn + 1) {
		if (iter.level > level)
			continue;
		if (vtx_ept_table(iter.value, level))
			vtx_ept_zap_range(mem, first,
					  first + vtx_ept_pages(level), zap);
		return;
	}
}

/* Take the right to write from a leaf that has it. */
static void protect_entry(struct vtx_mem *mem, u64 *entry, u64 gfn, int level,
			  u64 value, struct vtx_ept_zap *zap)
{
	while (vtx_ept_leaf(value, level) && value & VTX_EPT_WRITE) {
		if (!set_entry(mem, entry, gfn, level, &value,
			       value & ~VTX_EPT_WRITE))
			continue;	/* the CPU has set A or D */
		zap->flush = true;
		return;
	}
}

/* Do the entries of two small leaves lie in one table? */
static bool same_table(u64 gfn, u64 other)
{
	return !((gfn ^ other) / VTX_EPT_ENTRIES);
}

/**
 * vtx_ept_protect() - take the right to write from single frames
 * @mem: the VM's memory
 * @gfn: a frame
 * @frames: which of the 64 frames from @gfn on
 * @zap: from vtx_ept_zap_begin()
 *
 * A large leaf loses it for all that it maps.
 */
void vtx_ept_protect(struct vtx_mem *mem, u64 gfn, unsigned long frames,
		     struct vtx_ept_zap *zap)
{
	u64 *entry = NULL, frame, before = 0, value;
	int level = 0;

	lockdep_assert_held_write(&mem->map_lock);
	for (; frames; frames &= frames - 1, before = frame) {
		frame = gfn + __ffs(frames);
		/* Most of the way to a frame is that to the one before. */
		if (entry && level == VTX_EPT_4K &&
		    same_table(frame, before))
			entry = PTR_ALIGN_DOWN(entry, PAGE_SIZE) +
				vtx_ept_index(frame, level);
		else
			entry = find_entry(mem, frame, &level, &value);
		value = READ_ONCE(*entry);
		protect_entry(mem, entry, frame & ~(vtx_ept_pages(level) - 1),
			      level, value, zap);
	}
}

/**
 * vtx_ept_protect_range() - take the right to write from a range
 * @mem: the VM's memory
 * @start: first frame of the range
 * @end: the frame after the last
 * @zap: from vtx_ept_zap_begin()
 *
 * A leaf that is only partly in the range loses it as a whole.
 */
void vtx_ept_protect_range(struct vtx_mem *mem, u64 start, u64 end,
			   struct vtx_ept_zap *zap)
{
	struct vtx_ept_iter iter;

	lockdep_assert_held_write(&mem->map_lock);
	vtx_ept_for_each(&iter, mem->root, start, end)
		protect_entry(mem, iter.entry, iter.gfn, iter.level, iter.value,
			      zap);
}

static void fill_children(const struct vtx_mem *mem, u64 *table, u64 parent,
			  int level)
{
	u64 child = parent;
	int i;

	if (level == VTX_EPT_4K) {
		child &= ~VTX_EPT_LARGE;
		if (mem->split_exec)
			child |= VTX_EPT_EXEC;
	}
	for (i = 0; i < VTX_EPT_ENTRIES; i++)
		table[i] = child + ((i * vtx_ept_pages(level)) << PAGE_SHIFT);
}

/**
 * vtx_ept_split() - make smaller leaves of a large one
 * @mem: the VM's memory
 * @gfn: a frame that the large leaf maps
 * @spare: a table that may be used up, then NULL, or NULL
 * @zap: from vtx_ept_zap_begin()
 *
 * One level at a time.  The small leaves map what the large one did.  CPUs
 * must forget the large one all the same, before anybody relies on the small
 * ones.
 *
 * Return: VTX_EPT_MAPPED if there is no large leaf there now that was before;
 * VTX_EPT_CONFLICT if there was none; VTX_EPT_NEED_TABLE.
 */
enum vtx_ept_result vtx_ept_split(struct vtx_mem *mem, u64 gfn, u64 **spare,
				  struct vtx_ept_zap *zap)
{
	u64 *entry, value, first;
	int level, i;

	lockdep_assert_held_write(&mem->map_lock);
	entry = find_entry(mem, gfn, &level, &value);
	if (!vtx_ept_leaf(value, level) || level == VTX_EPT_4K)
		return VTX_EPT_CONFLICT;
	if (!*spare)
		return VTX_EPT_NEED_TABLE;

	first = gfn & ~(vtx_ept_pages(level) - 1);
	do {
		fill_children(mem, *spare, value, level - 1);
	} while (!set_entry(mem, entry, first, level, &value,
			    vtx_ept_table_entry(*spare)));
	for (i = 0; i < VTX_EPT_ENTRIES; i++)
		account(mem, first + i * vtx_ept_pages(level - 1), level - 1, 0,
			(*spare)[i]);
	*spare = NULL;
	zap->flush = true;
	return VTX_EPT_MAPPED;
}

/* Free a table and all below it.  Nobody can reach it. */
static void free_tables(struct vtx_mem *mem, u64 *table, u64 gfn, int level,
			bool may_sleep)
{
	u64 value;
	int i;

	for (i = 0; i < VTX_EPT_ENTRIES; i++, gfn += vtx_ept_pages(level)) {
		value = READ_ONCE(table[i]);
		if (!vtx_ept_present(value))
			continue;
		if (vtx_ept_table(value, level))
			free_tables(mem, vtx_ept_table_of(value), gfn,
				    level - 1, may_sleep);
		account(mem, gfn, level, value, 0);
	}
	vtx_ept_free_table(table);
	if (may_sleep)
		cond_resched();
}

/**
 * vtx_ept_zap_end() - make the CPUs forget, and free what was taken away
 * @mem: the VM's memory
 * @zap: from vtx_ept_zap_begin()
 * @may_sleep: the context allows it
 *
 * Releases map_lock.  When this returns, no CPU uses anything that was zapped
 * in this VM, by whomever, before the lock was released.
 */
void vtx_ept_zap_end(struct vtx_mem *mem, struct vtx_ept_zap *zap,
		     bool may_sleep)
	__releases(&mem->map_lock)
{
	struct page *page, *next;
	bool kick;

	if (zap->flush) {
		atomic_inc(&mem->unflushed);
		/* A full barrier; pairs with the vCPU's: see the top. */
		atomic64_inc_return(&mem->generation);
	}
	kick = atomic_read(&mem->unflushed);
	write_unlock(&mem->map_lock);

	if (kick)
		mem->ops->kick_all(mem->owner);
	if (!zap->flush)
		return;
	/* Release: who sees it down need not kick, our kick is over. */
	smp_mb__before_atomic();
	atomic_dec(&mem->unflushed);

	list_for_each_entry_safe(page, next, &zap->tables, lru) {
		u64 gfn = page_private(page) & ~(VTX_EPT_ENTRIES - 1ULL);
		int level = page_private(page) & (VTX_EPT_ENTRIES - 1);

		list_del(&page->lru);
		set_page_private(page, 0);
		free_tables(mem, page_address(page), gfn, level, may_sleep);
	}
}

/**
 * vtx_ept_age() - has the guest used a range since it was asked last?
 * @mem: the VM's memory, on a CPU with A bits
 * @start: first frame of the range
 * @end: the frame after the last
 * @clear: forget it
 *
 * Nothing is flushed: a CPU that has the translation cached will not set the
 * bit again for a while.  The price is a page that looks less used than it is,
 * which Linux accepts for its own page tables as well.  The caller holds
 * map_lock.
 *
 * Return: true if it has.
 */
bool vtx_ept_age(struct vtx_mem *mem, u64 start, u64 end, bool clear)
{
	struct vtx_ept_iter iter;
	bool young = false;
	u64 old;

	lockdep_assert_held(&mem->map_lock);
	vtx_ept_for_each(&iter, mem->root, start, end) {
		old = iter.value;
		if (!vtx_ept_leaf(old, iter.level) ||
		    !(old & VTX_EPT_ACCESSED))
			continue;
		young = true;
		if (!clear)
			break;
		/* If it fails, somebody else has just given or used rights. */
		set_entry(mem, iter.entry, iter.gfn, iter.level, &old,
			  old & ~VTX_EPT_ACCESSED);
	}
	return young;
}

/**
 * vtx_ept_free_all() - free all tables, the root too
 * @mem: the memory of a VM that has no vCPUs any more and no notifier
 *
 * May sleep.  CPUs may still hold translations; see vtx_mem_flush_due().
 */
void vtx_ept_free_all(struct vtx_mem *mem)
{
	free_tables(mem, mem->root, 0, VTX_EPT_ROOT, true);
	mem->root = NULL;
}
