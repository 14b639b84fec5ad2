// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors, TSSs, and what a task switch may load.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../descriptor.c"
#include "../tss.c"

static void decode(struct kunit *test)
{
	static const struct {
		u64 descriptor;
		u64 base;
		u32 limit, rights;
	} rows[] = {
		{ 0x00cf9b000000ffff, 0, 0xffffffff, 0xc09b },
		{ 0x00af9b000000ffff, 0, 0xffffffff, 0xa09b },
		{ 0x0000930400001234, 0x40000, 0x1234, 0x93 },
		{ 0x120f89345678ffff, 0x12345678, 0xfffff, 0x89 },
		{ 0x8000820000000000, 0x80000000, 0, 0x82 },
		{ 0x00d0f20000000000, 0, 0xfff, 0xd0f2 },
	};
	struct vtx_vmx_segment segment;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vtx_descriptor_decode(rows[i].descriptor, 0x2b, &segment);
		KUNIT_EXPECT_EQ_MSG(test, segment.base, rows[i].base,
				    "row %d", i);
		KUNIT_EXPECT_EQ_MSG(test, segment.limit, rows[i].limit,
				    "row %d", i);
		KUNIT_EXPECT_EQ_MSG(test, segment.access_rights, rows[i].rights,
				    "row %d", i);
		KUNIT_EXPECT_EQ(test, segment.selector, 0x2b);
	}
}

#define TS	X86_TRAP_TS
#define NP	X86_TRAP_NP
#define SS	X86_TRAP_SS

/* SDM 3A "Exception Conditions Checked During a Task Switch", row by row. */
static void loadable(struct kunit *test)
{
	static const struct {
		enum vtx_segment which;
		u16 selector;
		u32 rights;
		u8 cpl, vector;
	} rows[] = {
		/* code: a code segment, DPL = RPL, or below if conforming */
		{ VTX_CS, 0x08, 0x9b, 0, 0 },
		{ VTX_CS, 0x0b, 0xfb, 3, 0 },
		{ VTX_CS, 0x0b, 0x9b, 3, TS },
		{ VTX_CS, 0x08, 0xfb, 0, TS },
		{ VTX_CS, 0x0b, 0x9f, 3, 0 },
		{ VTX_CS, 0x08, 0xff, 0, TS },
		{ VTX_CS, 0x08, 0x93, 0, TS },
		{ VTX_CS, 0x08, 0x8b, 0, TS },
		{ VTX_CS, 0x08, 0x1b, 0, NP },
		/* stack: writable data, DPL = RPL = CPL */
		{ VTX_SS, 0x10, 0x93, 0, 0 },
		{ VTX_SS, 0x13, 0xf3, 3, 0 },
		{ VTX_SS, 0x10, 0x97, 0, 0 },
		{ VTX_SS, 0x10, 0x91, 0, TS },
		{ VTX_SS, 0x10, 0x9b, 0, TS },
		{ VTX_SS, 0x13, 0x93, 0, TS },
		{ VTX_SS, 0x10, 0xf3, 0, TS },
		{ VTX_SS, 0x10, 0xf3, 3, TS },
		{ VTX_SS, 0x10, 0x13, 0, SS },
		/* data: readable, DPL no lower than RPL and CPL */
		{ VTX_DS, 0x10, 0x93, 0, 0 },
		{ VTX_ES, 0x13, 0xf1, 3, 0 },
		{ VTX_FS, 0x10, 0x9b, 0, 0 },
		{ VTX_GS, 0x10, 0x99, 0, TS },
		{ VTX_DS, 0x10, 0x93, 3, TS },
		{ VTX_DS, 0x13, 0x93, 0, TS },
		{ VTX_DS, 0x13, 0x9f, 3, 0 },
		{ VTX_DS, 0x10, 0x82, 0, TS },
		{ VTX_DS, 0x10, 0x13, 0, NP },
		/* LDT: of the GDT, and there */
		{ VTX_LDTR, 0x18, 0x82, 0, 0 },
		{ VTX_LDTR, 0x1b, 0xe2, 3, 0 },
		{ VTX_LDTR, 0x1c, 0x82, 0, TS },
		{ VTX_LDTR, 0x18, 0x92, 0, TS },
		{ VTX_LDTR, 0x18, 0x89, 0, TS },
		{ VTX_LDTR, 0x18, 0x02, 0, TS },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vtx_vmx_segment segment = {
			.selector = rows[i].selector,
			.access_rights = rows[i].rights,
		};

		KUNIT_EXPECT_EQ_MSG(test, vtx_task_segment_fault(rows[i].which,
								 &segment,
								 rows[i].cpl),
				    rows[i].vector, "row %d", i);
	}
}

static void make_task(struct vtx_task *task)
{
	int i;

	memset(task, 0, sizeof(*task));
	for (i = 0; i < VTX_TASK_GPRS; i++)
		task->gpr[i] = 0x11110000 + i;
	for (i = VTX_ES; i <= VTX_LDTR; i++)
		task->selector[i] = 0x100 + 8 * i;
	task->eip = 0x22223333;
	task->eflags = 0x4202;
}

/* What is saved is loaded again; all else of the TSS stays. */
static void wide_round_trip(struct kunit *test)
{
	struct vtx_task saved, loaded;
	union vtx_tss tss;

	make_task(&saved);
	memset(&tss, 0xff, sizeof(tss));
	tss.wide.cr3 = 0x5000;
	tss.wide.ldt = 0xffff0000 | saved.selector[VTX_LDTR];
	tss.wide.trap = 0xfffe;
	vtx_tss_save(true, &saved, &tss);
	KUNIT_EXPECT_EQ(test, tss.wide.link, ~0U);
	KUNIT_EXPECT_EQ(test, tss.wide.cr3, 0x5000);
	KUNIT_EXPECT_EQ(test, tss.wide.segment[VTX_GS].reserved, 0xffff);
	KUNIT_EXPECT_EQ(test, tss.wide.io_map, 0xffff);
	vtx_tss_load(true, &tss, &loaded);
	KUNIT_EXPECT_EQ(test, loaded.cr3, 0x5000);
	KUNIT_EXPECT_FALSE(test, loaded.trap);
	saved.cr3 = loaded.cr3;
	KUNIT_EXPECT_MEMEQ(test, &saved, &loaded, sizeof(saved));
	tss.wide.trap = 1;
	vtx_tss_load(true, &tss, &loaded);
	KUNIT_EXPECT_TRUE(test, loaded.trap);
}

static void narrow_round_trip(struct kunit *test)
{
	struct vtx_task saved, loaded;
	union vtx_tss tss;
	int i;

	make_task(&saved);
	memset(&tss, 0xff, sizeof(tss));
	tss.narrow.ldt = saved.selector[VTX_LDTR];
	vtx_tss_save(false, &saved, &tss);
	KUNIT_EXPECT_EQ(test, tss.narrow.link, 0xffff);
	vtx_tss_load(false, &tss, &loaded);
	for (i = 0; i < VTX_TASK_GPRS; i++)
		KUNIT_EXPECT_EQ(test, loaded.gpr[i], (u16)saved.gpr[i]);
	for (i = VTX_ES; i <= VTX_DS; i++)
		KUNIT_EXPECT_EQ(test, loaded.selector[i], saved.selector[i]);
	KUNIT_EXPECT_EQ(test, loaded.selector[VTX_FS], 0);
	KUNIT_EXPECT_EQ(test, loaded.selector[VTX_GS], 0);
	KUNIT_EXPECT_EQ(test, loaded.selector[VTX_LDTR],
			saved.selector[VTX_LDTR]);
	KUNIT_EXPECT_EQ(test, loaded.eip, 0x3333);
	KUNIT_EXPECT_EQ(test, loaded.eflags, 0x4202);
}

static void flags_that_exist(struct kunit *test)
{
	struct vtx_task task;
	union vtx_tss tss;

	memset(&tss, 0xff, sizeof(tss));
	vtx_tss_load(true, &tss, &task);
	KUNIT_EXPECT_EQ(test, task.eflags, 0x3f7fd7);
	memset(&tss, 0, sizeof(tss));
	vtx_tss_load(false, &tss, &task);
	KUNIT_EXPECT_EQ(test, task.eflags, 2);
}

static void part_that_is_saved(struct kunit *test)
{
	u32 offset, size;

	vtx_tss_saved(true, &offset, &size);
	KUNIT_EXPECT_EQ(test, offset, 0x20);
	KUNIT_EXPECT_EQ(test, offset + size, 0x60);
	vtx_tss_saved(false, &offset, &size);
	KUNIT_EXPECT_EQ(test, offset, 0xe);
	KUNIT_EXPECT_EQ(test, offset + size, 0x2a);
}

static struct kunit_case task_cases[] = {
	KUNIT_CASE(decode),
	KUNIT_CASE(loadable),
	KUNIT_CASE(wide_round_trip),
	KUNIT_CASE(narrow_round_trip),
	KUNIT_CASE(flags_that_exist),
	KUNIT_CASE(part_that_is_saved),
	{ }
};

static struct kunit_suite task_suite = {
	.name		= "vtx_task",
	.test_cases	= task_cases,
};

kunit_test_suite(task_suite);
