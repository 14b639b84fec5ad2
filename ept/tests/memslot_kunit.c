// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots: every rule about a request, and searches against a naive model.
 */
#include "module/compat.h"

#include <kunit/test.h>

#include <linux/prandom.h>
#include <linux/random.h>

/* The real code, not a copy. */
#include "../memslot.c"

#define GPA(gfn)	((u64)(gfn) << PAGE_SHIFT)
#define HVA		0x10000000UL

static const struct vtx_slot_limits limits = {
	.gfn_end = 1ULL << 24, .hva_end = 1UL << 46,
};

/* The slots that the rules are tried on. */
static const struct vtx_slot low = { .id = 1, .gfn = 0x100, .npages = 0x10,
				     .hva = HVA };
static const struct vtx_slot high = { .id = 2, .gfn = 0x110, .npages = 0x20,
				      .hva = HVA, .flags = KVM_MEM_READONLY };

struct rule {
	const char *name;
	struct kvm_userspace_memory_region region;
	const struct vtx_slot *old;
	int want;
};

#define REGION(id, gfn, pages, address, ...)				\
	.region = { .slot = (id), .guest_phys_addr = GPA(gfn),		\
		    .memory_size = (u64)(pages) << PAGE_SHIFT,		\
		    .userspace_addr = (address), __VA_ARGS__ }

static const struct rule rules[] = {
	{ "create", REGION(3, 0x200, 1, HVA), .want = VTX_SLOT_CREATE },
	{ "create between", REGION(3, 0x130, 1, HVA), .want = VTX_SLOT_CREATE },
	{ "create before", REGION(3, 0xff, 1, HVA), .want = VTX_SLOT_CREATE },
	{ "create at 0", REGION(3, 0, 1, HVA), .want = VTX_SLOT_CREATE },
	{ "create at the end", REGION(3, (1 << 24) - 1, 1, HVA),
	  .want = VTX_SLOT_CREATE },
	{ "last id", REGION(VTX_MAX_SLOTS - 1, 0x200, 1, HVA),
	  .want = VTX_SLOT_CREATE },
	{ "read-only", REGION(3, 0x200, 1, HVA, .flags = KVM_MEM_READONLY),
	  .want = VTX_SLOT_CREATE },
	{ "nothing", REGION(1, 0x100, 0x10, HVA), &low, VTX_SLOT_SAME },
	{ "move", REGION(1, 0x200, 0x10, HVA), &low, VTX_SLOT_MOVE },
	{ "move over itself", REGION(1, 0xf8, 0x10, HVA), &low, VTX_SLOT_MOVE },
	{ "delete", REGION(1, 0x100, 0, HVA), &low, VTX_SLOT_DELETE },
	{ "delete, all zeroes", REGION(1, 0, 0, 0), &low, VTX_SLOT_DELETE },
	{ "delete what is not", REGION(3, 0, 0, 0), .want = -EINVAL },
	{ "id too high", REGION(VTX_MAX_SLOTS, 0x200, 1, HVA),
	  .want = -EINVAL },
	{ "address space 1", REGION(1 << 16 | 3, 0x200, 1, HVA),
	  .want = -EINVAL },
	{ "unknown flag", REGION(3, 0x200, 1, HVA, .flags = 1 << 2),
	  .want = -EINVAL },
	{ "high flag", REGION(3, 0x200, 1, HVA, .flags = 1U << 31),
	  .want = -EINVAL },
	{ "size unaligned", .region = { .slot = 3, .memory_size = 0x1001 },
	  .want = -EINVAL },
	{ "gpa unaligned", .region = { .slot = 3, .memory_size = 0x1000,
				       .guest_phys_addr = 1 },
	  .want = -EINVAL },
	{ "hva unaligned", REGION(3, 0x200, 1, HVA + 0x800), .want = -EINVAL },
	{ "hva wraps", REGION(3, 0x200, 2, -PAGE_SIZE), .want = -EINVAL },
	{ "hva in the kernel", REGION(3, 0x200, 1, PAGE_OFFSET),
	  .want = -EINVAL },
	{ "hva up to the limit", REGION(3, 0x200, 1, (1UL << 46) - PAGE_SIZE),
	  .want = VTX_SLOT_CREATE },
	{ "hva beyond it", REGION(3, 0x200, 2, (1UL << 46) - PAGE_SIZE),
	  .want = -EINVAL },
	{ "gpa wraps", REGION(3, ~0ULL >> PAGE_SHIFT, 1, HVA),
	  .want = -EINVAL },
	{ "gpa beyond the limit", REGION(3, (1 << 24) - 1, 2, HVA),
	  .want = -EINVAL },
	{ "too many pages", REGION(3, 0x200, VTX_MAX_SLOT_PAGES + 1, 0),
	  .want = -EINVAL },
	{ "overlap at the end", REGION(3, 0xff, 2, HVA), .want = -EEXIST },
	{ "overlap at the start", REGION(3, 0x12f, 2, HVA), .want = -EEXIST },
	{ "overlap inside", REGION(3, 0x118, 1, HVA), .want = -EEXIST },
	{ "overlap around", REGION(3, 0x80, 0x100, HVA), .want = -EEXIST },
	{ "move onto another", REGION(1, 0x101, 0x10, HVA), &low, -EEXIST },
	{ "resize", REGION(1, 0x100, 0x11, HVA), &low, -EINVAL },
	{ "other memory", REGION(1, 0x100, 0x10, HVA + PAGE_SIZE), &low,
	  -EINVAL },
	{ "make read-only", REGION(1, 0x100, 0x10, HVA,
				   .flags = KVM_MEM_READONLY), &low, -EINVAL },
	{ "make writable", REGION(2, 0x110, 0x20, HVA), &high, -EINVAL },
	{ "log dirty pages", REGION(3, 0x200, 1, HVA,
				    .flags = KVM_MEM_LOG_DIRTY_PAGES),
	  .want = VTX_SLOT_CREATE },
	{ "start to log", REGION(1, 0x100, 0x10, HVA,
				 .flags = KVM_MEM_LOG_DIRTY_PAGES), &low,
	  VTX_SLOT_FLAGS },
	{ "log, read-only", REGION(2, 0x110, 0x20, HVA,
				   .flags = KVM_MEM_READONLY |
					    KVM_MEM_LOG_DIRTY_PAGES), &high,
	  VTX_SLOT_FLAGS },
	{ "log and move", REGION(1, 0x200, 0x10, HVA,
				 .flags = KVM_MEM_LOG_DIRTY_PAGES), &low,
	  VTX_SLOT_MOVE },
};

KUNIT_ARRAY_PARAM_DESC(rule, rules, name);

static void request(struct kunit *test)
{
	const struct rule *rule = test->param_value;
	struct vtx_slot_entry one = { .slot = high }, two = { .slot = low };
	struct vtx_slots slots = { };
	struct vtx_slot new = { };

	vtx_slots_replace(&slots, NULL, &one);
	vtx_slots_replace(&slots, NULL, &two);
	KUNIT_EXPECT_EQ(test, slots.nr, 2);
	KUNIT_EXPECT_EQ(test, slots.npages, 0x30);

	KUNIT_EXPECT_EQ(test, vtx_slot_plan(&slots, rule->old, &rule->region,
					    &limits, &new), rule->want);
	if (rule->want == VTX_SLOT_CREATE || rule->want == VTX_SLOT_MOVE) {
		KUNIT_EXPECT_EQ(test, GPA(new.gfn),
				rule->region.guest_phys_addr);
		KUNIT_EXPECT_EQ(test, new.flags, rule->region.flags);
		KUNIT_EXPECT_EQ(test, new.id, rule->region.slot);
	}
}

/* A model: at most SLOTS slots in a space of SPACE frames and addresses. */
#define SLOTS	24
#define SPACE	128

static bool has_frame(const struct vtx_slot *slot, u64 gfn)
{
	return gfn >= slot->gfn && gfn < slot->gfn + slot->npages;
}

static void check_frames(struct kunit *test, struct vtx_slots *slots,
			 struct vtx_slot_entry **model)
{
	const struct vtx_slot *want;
	u64 gfn;
	int i;

	for (gfn = 0; gfn < SPACE + 2; gfn++) {
		want = NULL;
		for (i = 0; i < SLOTS; i++)
			if (model[i] && has_frame(&model[i]->slot, gfn))
				want = &model[i]->slot;
		KUNIT_ASSERT_PTR_EQ(test, vtx_slots_find(slots, gfn), want);
	}
}

static void check_addresses(struct kunit *test, struct vtx_slots *slots,
			    struct vtx_slot_entry **model,
			    struct rnd_state *rnd)
{
	unsigned long start = prandom_u32_state(rnd) % SPACE * PAGE_SIZE;
	unsigned long size = 1 + prandom_u32_state(rnd) % (9 * PAGE_SIZE);
	unsigned long end = start + size;
	struct vtx_slot_entry *entry;
	int want = 0, found = 0, i;

	for (i = 0; i < SLOTS; i++)
		want += model[i] && model[i]->slot.hva < end &&
			vtx_slot_hva_end(&model[i]->slot) > start;
	vtx_slots_for_each_hva(slots, entry, start, end) {
		KUNIT_ASSERT_TRUE(test, entry->slot.hva < end &&
				  vtx_slot_hva_end(&entry->slot) > start);
		found++;
	}
	KUNIT_ASSERT_EQ(test, found, want);
}

static void check_sums(struct kunit *test, const struct vtx_slots *slots,
		       struct vtx_slot_entry **model)
{
	u64 npages = 0;
	u32 nr = 0;
	int i;

	for (i = 0; i < SLOTS; i++) {
		nr += !!model[i];
		npages += model[i] ? model[i]->slot.npages : 0;
	}
	KUNIT_ASSERT_EQ(test, slots->nr, nr);
	KUNIT_ASSERT_EQ(test, slots->npages, npages);
}

static bool model_overlap(struct vtx_slot_entry **model,
			  const struct vtx_slot *slot,
			  const struct vtx_slot_entry *without)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (model[i] && model[i] != without &&
		    model[i]->slot.gfn < slot->gfn + slot->npages &&
		    slot->gfn < model[i]->slot.gfn + model[i]->slot.npages)
			return true;
	return false;
}

/* Somewhere, or in the place of another. */
static struct vtx_slot_entry *random_slot(struct kunit *test,
					  struct rnd_state *rnd,
					  const struct vtx_slot_entry *old)
{
	struct vtx_slot_entry *entry = kunit_kzalloc(test, sizeof(*entry),
						     GFP_KERNEL);

	if (!entry)
		return NULL;
	entry->slot.gfn = prandom_u32_state(rnd) % SPACE;
	entry->slot.npages = 1 + prandom_u32_state(rnd) % 12;
	entry->slot.hva = prandom_u32_state(rnd) % SPACE * PAGE_SIZE;
	if (old && prandom_u32_state(rnd) % 2) {
		entry->slot.gfn = old->slot.gfn;
		entry->slot.npages = old->slot.npages;
	}
	return entry;
}

static void random_changes(struct kunit *test)
{
	struct vtx_slot_entry *model[SLOTS] = { }, *old, *new;
	struct vtx_slots slots = { };
	u64 seed = get_random_u64();
	struct rnd_state rnd;
	int round, i;

	kunit_info(test, "seed %#llx", seed);
	prandom_seed_state(&rnd, seed);
	for (round = 0; round < 400; round++) {
		i = prandom_u32_state(&rnd) % SLOTS;
		old = model[i];
		new = NULL;
		if (!old || prandom_u32_state(&rnd) % 3) {
			bool overlap;

			new = random_slot(test, &rnd, old);
			KUNIT_ASSERT_NOT_NULL(test, new);
			overlap = model_overlap(model, &new->slot, old);
			KUNIT_ASSERT_EQ(test, overlap,
					vtx_slots_overlap(&slots, new->slot.gfn,
							  new->slot.npages,
							  old ? &old->slot :
								NULL));
			if (overlap)
				continue;
		}
		vtx_slots_replace(&slots, old, new);
		model[i] = new;
		check_frames(test, &slots, model);
		check_addresses(test, &slots, model, &rnd);
		check_sums(test, &slots, model);
	}
}

static void hva_is_clamped(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, vtx_slot_hva(&low, 0x100), HVA);
	KUNIT_EXPECT_EQ(test, vtx_slot_hva(&low, 0x10f), HVA + 0xf000);
	KUNIT_EXPECT_EQ(test, vtx_slot_hva(&low, 0x110), HVA);
	KUNIT_EXPECT_EQ(test, vtx_slot_hva(&low, 0xff), HVA);
}

static struct kunit_case memslot_cases[] = {
	KUNIT_CASE_PARAM(request, rule_gen_params),
	KUNIT_CASE(random_changes),
	KUNIT_CASE(hva_is_clamped),
	{ }
};

static struct kunit_suite memslot_suite = {
	.name		= "vtx_memslot",
	.test_cases	= memslot_cases,
};

kunit_test_suite(memslot_suite);
