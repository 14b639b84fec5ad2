// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables without a guest: leaves of all sizes made, split, aged and zapped, by
 * hand and at random against a naive model.  No frame named here is touched.
 */
#define NOTRACE		/* vtx.ko has taken the tracepoints' names */
#include "module/compat.h"

#include <kunit/test.h>

#include <linux/prandom.h>
#include <linux/random.h>

/* The real code, not a copy. */
#include "../iter.c"
#include "../map.c"

#define PAGES_2M	512ULL
#define PAGES_1G	(512 * 512ULL)

struct fake {
	struct vtx_mem	mem;
	int		kicks;
	s64		generation;	/* at the last kick */
};

static void count_kick(void *owner)
{
	struct fake *fake = owner;

	fake->kicks++;
	fake->generation = atomic64_read(&fake->mem.generation);
}

static const struct vtx_mem_ops fake_ops = { .kick_all = count_kick };

static int fake_init(struct kunit *test)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	if (!fake)
		return -ENOMEM;
	rwlock_init(&fake->mem.map_lock);
	fake->mem.ops = &fake_ops;
	fake->mem.owner = fake;
	fake->mem.accessed_dirty = true;
	fake->mem.root = vtx_ept_alloc_table();
	test->priv = fake;
	return fake->mem.root ? 0 : -ENOMEM;
}

static long leaves(struct vtx_mem *mem, int level)
{
	return atomic_long_read(&mem->leaves[level]);
}

static void fake_exit(struct kunit *test)
{
	struct fake *fake = test->priv;
	int level;

	if (!fake || !fake->mem.root)
		return;
	vtx_ept_free_all(&fake->mem);
	for (level = VTX_EPT_4K; level < VTX_EPT_ROOT; level++)
		KUNIT_EXPECT_EQ(test, leaves(&fake->mem, level), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&fake->mem.tables), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->mem.unflushed), 0);
}

static enum vtx_ept_result map(struct vtx_mem *mem, u64 gfn, int level,
			       u64 access, bool writable)
{
	struct vtx_ept_leaf leaf = {
		.gfn = gfn, .pfn = gfn + 4 * PAGES_1G, .level = level,
		.access = access, .writable = writable,
	};
	enum vtx_ept_result result;
	u64 *spare = NULL;

	do {
		read_lock(&mem->map_lock);
		result = vtx_ept_map(mem, &leaf, &spare);
		read_unlock(&mem->map_lock);
	} while (result == VTX_EPT_NEED_TABLE &&
		 (spare = vtx_ept_alloc_table()));
	vtx_ept_free_table(spare);
	return result;
}

static bool zap(struct vtx_mem *mem, u64 start, u64 end)
{
	struct vtx_ept_zap zap;

	vtx_ept_zap_begin(mem, &zap);
	vtx_ept_zap_range(mem, start, end, &zap);
	vtx_ept_zap_end(mem, &zap, true);
	return zap.flush;
}

static enum vtx_ept_result split(struct vtx_mem *mem, u64 gfn)
{
	u64 *spare = vtx_ept_alloc_table();
	enum vtx_ept_result result;
	struct vtx_ept_zap zap;

	vtx_ept_zap_begin(mem, &zap);
	result = vtx_ept_split(mem, gfn, &spare, &zap);
	vtx_ept_zap_end(mem, &zap, true);
	vtx_ept_free_table(spare);
	return result;
}

/* The leaf that maps a frame, or 0. */
static u64 leaf_of(struct vtx_mem *mem, u64 gfn, int *level)
{
	struct vtx_ept_iter iter;

	*level = 0;
	vtx_ept_for_each(&iter, mem->root, gfn, gfn + 1) {
		if (!vtx_ept_leaf(iter.value, iter.level))
			continue;
		*level = iter.level;
		return iter.value;
	}
	return 0;
}

static u64 pfn_of(struct vtx_mem *mem, u64 gfn)
{
	int level;
	u64 leaf = leaf_of(mem, gfn, &level);

	return leaf ? vtx_ept_pfn(leaf) + (gfn & (vtx_ept_pages(level) - 1)) :
		      0;
}

static void small_pages(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct vtx_mem *mem = &fake->mem;
	u64 leaf;
	int level;

	KUNIT_EXPECT_EQ(test, map(mem, 5, 1, VTX_EPT_READ, false),
			VTX_EPT_MAPPED);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mem->tables), 3);
	leaf = leaf_of(mem, 5, &level);
	KUNIT_EXPECT_EQ(test, leaf, (5 + 4 * PAGES_1G) << PAGE_SHIFT |
			VTX_EPT_READ | VTX_EPT_EXEC | VTX_EPT_TYPE_WB |
			VTX_EPT_IGNORE_PAT | VTX_EPT_ACCESSED);

	/* More rights, in place. */
	KUNIT_EXPECT_EQ(test, map(mem, 5, 1, VTX_EPT_WRITE, true),
			VTX_EPT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaf_of(mem, 5, &level),
			leaf | VTX_EPT_WRITE | VTX_EPT_DIRTY);
	KUNIT_EXPECT_EQ(test, leaves(mem, 1), 1);
	KUNIT_EXPECT_EQ(test, fake->kicks, 0);

	/* The neighbours are not touched. */
	KUNIT_EXPECT_FALSE(test, zap(mem, 0, 5));
	KUNIT_EXPECT_FALSE(test, zap(mem, 6, PAGES_2M));
	KUNIT_EXPECT_EQ(test, fake->kicks, 0);
	KUNIT_EXPECT_TRUE(test, zap(mem, 5, 6));
	KUNIT_EXPECT_EQ(test, fake->kicks, 1);
	KUNIT_EXPECT_EQ(test, fake->generation, 1);
	KUNIT_EXPECT_EQ(test, leaf_of(mem, 5, &level), 0);
}

static void large_pages(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct vtx_mem *mem = &fake->mem;
	int level;

	KUNIT_EXPECT_EQ(test, map(mem, PAGES_1G + 7, 3, VTX_EPT_READ, true),
			VTX_EPT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(mem, 3), 1);
	leaf_of(mem, 2 * PAGES_1G - 1, &level);
	KUNIT_EXPECT_EQ(test, level, 3);
	KUNIT_EXPECT_EQ(test, pfn_of(mem, 2 * PAGES_1G - 1), 6 * PAGES_1G - 1);

	/* A part of it suffices; a part zapped takes it all. */
	KUNIT_EXPECT_EQ(test, map(mem, PAGES_1G + 9, 1, VTX_EPT_WRITE, true),
			VTX_EPT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(mem, 1), 0);
	KUNIT_EXPECT_TRUE(test, zap(mem, PAGES_1G + 100, PAGES_1G + 101));
	KUNIT_EXPECT_EQ(test, leaves(mem, 3), 0);

	/* A table is not given up for a large leaf. */
	KUNIT_EXPECT_EQ(test, map(mem, 3, 1, VTX_EPT_READ, true),
			VTX_EPT_MAPPED);
	KUNIT_EXPECT_EQ(test, map(mem, 4, 2, VTX_EPT_READ, true),
			VTX_EPT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(mem, 1), 2);
	KUNIT_EXPECT_EQ(test, leaves(mem, 2), 0);

	/* Unless the whole range went. */
	KUNIT_EXPECT_TRUE(test, zap(mem, 0, PAGES_2M));
	KUNIT_EXPECT_EQ(test, leaves(mem, 1), 0);
	KUNIT_EXPECT_EQ(test, map(mem, 4, 2, VTX_EPT_READ, true),
			VTX_EPT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(mem, 2), 1);
}

static void splitting(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct vtx_mem *mem = &fake->mem;
	int level;
	u64 gfn;

	KUNIT_EXPECT_EQ(test, split(mem, 0), VTX_EPT_CONFLICT);
	map(mem, 0, 3, VTX_EPT_WRITE, true);
	KUNIT_EXPECT_EQ(test, split(mem, 600), VTX_EPT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(mem, 3), 0);
	KUNIT_EXPECT_EQ(test, leaves(mem, 2), 512);
	KUNIT_EXPECT_EQ(test, split(mem, 600), VTX_EPT_MAPPED);
	KUNIT_EXPECT_EQ(test, leaves(mem, 2), 511);
	KUNIT_EXPECT_EQ(test, leaves(mem, 1), 512);
	KUNIT_EXPECT_EQ(test, split(mem, 600), VTX_EPT_CONFLICT);
	KUNIT_EXPECT_EQ(test, fake->kicks, 2);

	for (gfn = 0; gfn < 3 * PAGES_2M; gfn += 37) {
		KUNIT_EXPECT_EQ(test, pfn_of(mem, gfn), gfn + 4 * PAGES_1G);
		KUNIT_EXPECT_TRUE(test, leaf_of(mem, gfn, &level) &
				  VTX_EPT_WRITE);
		KUNIT_EXPECT_EQ(test, level, gfn / PAGES_2M == 1 ? 1 : 2);
	}
	KUNIT_EXPECT_TRUE(test, zap(mem, 600, 601));
	KUNIT_EXPECT_EQ(test, leaves(mem, 1), 511);
	KUNIT_EXPECT_EQ(test, pfn_of(mem, 600), 0);
}

/* The iTLB multihit erratum: code only on small pages. */
static void code_on_small_pages(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct vtx_mem *mem = &fake->mem;
	int level;

	mem->split_exec = true;
	KUNIT_EXPECT_EQ(test, map(mem, 0, 2, VTX_EPT_WRITE, true),
			VTX_EPT_MAPPED);
	KUNIT_EXPECT_FALSE(test, leaf_of(mem, 9, &level) & VTX_EPT_EXEC);
	KUNIT_EXPECT_EQ(test, map(mem, 9, 1, VTX_EPT_EXEC, true),
			VTX_EPT_CONFLICT);
	KUNIT_EXPECT_EQ(test, split(mem, 9), VTX_EPT_MAPPED);
	KUNIT_EXPECT_TRUE(test, leaf_of(mem, 9, &level) & VTX_EPT_EXEC);
	KUNIT_EXPECT_EQ(test, level, 1);
	KUNIT_EXPECT_EQ(test, map(mem, 9, 1, VTX_EPT_EXEC, true),
			VTX_EPT_MAPPED);
}

static void another_page(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct vtx_ept_leaf leaf = {
		.gfn = 1, .pfn = 77, .level = 1,
		.access = VTX_EPT_WRITE, .writable = true,
	};
	struct vtx_mem *mem = &fake->mem;
	u64 *spare = NULL;

	map(mem, 1, 1, VTX_EPT_READ, false);
	read_lock(&mem->map_lock);
	KUNIT_EXPECT_EQ(test, vtx_ept_map(mem, &leaf, &spare),
			VTX_EPT_CONFLICT);
	read_unlock(&mem->map_lock);
	KUNIT_EXPECT_EQ(test, pfn_of(mem, 1), 1 + 4 * PAGES_1G);
}

static void aging(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct vtx_mem *mem = &fake->mem;

	map(mem, 1, 1, VTX_EPT_READ, false);
	map(mem, PAGES_2M, 2, VTX_EPT_READ, false);
	read_lock(&mem->map_lock);
	KUNIT_EXPECT_TRUE(test, vtx_ept_age(mem, 0, 2, false));
	KUNIT_EXPECT_FALSE(test, vtx_ept_age(mem, 2, 20, false));
	KUNIT_EXPECT_TRUE(test, vtx_ept_age(mem, 0, PAGES_2M, true));
	KUNIT_EXPECT_FALSE(test, vtx_ept_age(mem, 0, PAGES_2M, true));
	KUNIT_EXPECT_TRUE(test, vtx_ept_age(mem, PAGES_2M + 5, PAGES_2M + 6,
					    true));
	KUNIT_EXPECT_FALSE(test, vtx_ept_age(mem, 0, PAGES_1G, true));
	read_unlock(&mem->map_lock);
	KUNIT_EXPECT_EQ(test, leaves(mem, 1), 1);
	KUNIT_EXPECT_EQ(test, fake->kicks, 0);
}

/* Somebody has zapped and not kicked yet: we must, though we find nothing. */
static void unfinished_flush(struct kunit *test)
{
	struct fake *fake = test->priv;

	KUNIT_EXPECT_FALSE(test, zap(&fake->mem, 0, 10));
	KUNIT_EXPECT_EQ(test, fake->kicks, 0);
	atomic_inc(&fake->mem.unflushed);
	KUNIT_EXPECT_FALSE(test, zap(&fake->mem, 0, 10));
	KUNIT_EXPECT_EQ(test, fake->kicks, 1);
	atomic_dec(&fake->mem.unflushed);
}

static void walk_edges(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct vtx_mem *mem = &fake->mem;
	struct vtx_ept_iter iter;
	u64 last = (1ULL << VTX_EPT_GFN_BITS) - 1;
	int visits = 0;

	KUNIT_EXPECT_FALSE(test, vtx_ept_iter_first(&iter, mem->root, 5, 5));
	KUNIT_EXPECT_FALSE(test, vtx_ept_iter_first(&iter, mem->root, last + 1,
						    ~0ULL));
	vtx_ept_for_each(&iter, mem->root, 0, ~0ULL)
		visits++;
	KUNIT_EXPECT_EQ(test, visits, VTX_EPT_ENTRIES);

	map(mem, last, 1, VTX_EPT_READ, false);
	visits = 0;
	vtx_ept_for_each(&iter, mem->root, last - 1, ~0ULL)
		visits++;
	KUNIT_EXPECT_EQ(test, visits, 3 + 2);
	KUNIT_EXPECT_TRUE(test, zap(mem, 0, ~0ULL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mem->tables), 0);
}

/* The model: BLOCKS of 2 MBytes around the border between two of 1 GByte. */
#define BLOCKS	4
#define BASE	(PAGES_1G - BLOCKS / 2 * PAGES_2M)

struct model {
	bool	large[BLOCKS];		/* a 2M leaf */
	bool	table[BLOCKS];		/* a table, maybe empty */
	bool	small[BLOCKS][PAGES_2M];
};

static void model_map(struct model *model, u64 page, int level)
{
	int block = page / PAGES_2M;

	if (model->large[block])
		return;
	if (level == 2 && !model->table[block]) {
		model->large[block] = true;
		return;
	}
	model->table[block] = true;
	model->small[block][page % PAGES_2M] = true;
}

static void model_zap(struct model *model, u64 start, u64 end)
{
	u64 page;

	for (page = start; page < end; page++) {
		int block = page / PAGES_2M;

		model->large[block] = false;
		model->small[block][page % PAGES_2M] = false;
		if (page % PAGES_2M == PAGES_2M - 1 && page + 1 >= PAGES_2M &&
		    page + 1 - PAGES_2M >= start)
			model->table[block] = false;
	}
}

static void model_split(struct model *model, u64 page)
{
	int block = page / PAGES_2M;

	if (!model->large[block])
		return;
	model->large[block] = false;
	model->table[block] = true;
	memset(model->small[block], 1, sizeof(model->small[block]));
}

static void model_check(struct kunit *test, struct vtx_mem *mem,
			struct model *model)
{
	long large = 0, small = 0;
	u64 page, want;

	for (page = 0; page < BLOCKS * PAGES_2M; page++) {
		int block = page / PAGES_2M;

		want = model->large[block] ||
		       model->small[block][page % PAGES_2M] ?
		       BASE + page + 4 * PAGES_1G : 0;
		if (pfn_of(mem, BASE + page) != want)
			KUNIT_FAIL(test, "page %llu", page);
		large += !(page % PAGES_2M) && model->large[block];
		small += model->small[block][page % PAGES_2M];
	}
	KUNIT_ASSERT_EQ(test, leaves(mem, 2), large);
	KUNIT_ASSERT_EQ(test, leaves(mem, 1), small);
}

static void random_changes(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct vtx_mem *mem = &fake->mem;
	u64 seed = get_random_u64(), page, end;
	struct rnd_state rnd;
	struct model *model;
	int round;

	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	kunit_info(test, "seed %#llx", seed);
	prandom_seed_state(&rnd, seed);
	for (round = 0; round < 600; round++) {
		page = prandom_u32_state(&rnd) % (BLOCKS * PAGES_2M);
		switch (prandom_u32_state(&rnd) % 16) {
		case 0:
			end = page + prandom_u32_state(&rnd) %
				     (BLOCKS * PAGES_2M - page) + 1;
			zap(mem, BASE + page, BASE + end);
			model_zap(model, page, end);
			break;
		case 1:
			split(mem, BASE + page);
			model_split(model, page);
			break;
		case 2 ... 4:
			map(mem, BASE + page, 2, VTX_EPT_WRITE, true);
			model_map(model, page, 2);
			break;
		default:
			map(mem, BASE + page, 1, VTX_EPT_WRITE, true);
			model_map(model, page, 1);
		}
		if (round % 20 == 0)
			model_check(test, mem, model);
	}
	model_check(test, mem, model);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(small_pages),
	KUNIT_CASE(large_pages),
	KUNIT_CASE(splitting),
	KUNIT_CASE(code_on_small_pages),
	KUNIT_CASE(another_page),
	KUNIT_CASE(aging),
	KUNIT_CASE(unfinished_flush),
	KUNIT_CASE(walk_edges),
	KUNIT_CASE(random_changes),
	{ }
};

static struct kunit_suite map_suite = {
	.name		= "vtx_ept_map",
	.init		= fake_init,
	.exit		= fake_exit,
	.test_cases	= map_cases,
};

kunit_test_suite(map_suite);
