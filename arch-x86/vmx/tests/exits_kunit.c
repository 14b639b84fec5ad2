// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of exit reasons, and the MSR bitmaps, without a CPU.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/string.h>

#include <asm/msr-index.h>
#include <asm/vmx.h>

#include "arch-x86/vmx/exit_reasons.h"
#include "arch-x86/vmx/msr_bitmap.h"
#include "arch-x86/vmx/names.h"

static const struct {
	int		number;
	const char	*name;
	u32		flags;
} reasons[] = {
#define REASON_ROW(number, name, handler, flags)	{ number, #name, flags },
	VTX_EXIT_REASONS(REASON_ROW)
#undef REASON_ROW
};

static void reasons_ascend(struct kunit *test)
{
	int i;

	for (i = 1; i < ARRAY_SIZE(reasons); i++)
		KUNIT_EXPECT_LT_MSG(test, reasons[i - 1].number,
				    reasons[i].number, "%s", reasons[i].name);
	KUNIT_EXPECT_EQ(test, (int)VTX_NR_EXIT_REASONS, 78);
}

static void reasons_have_names(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		KUNIT_EXPECT_STREQ(test, vtx_exit_name(reasons[i].number),
				   reasons[i].name);
		KUNIT_EXPECT_STREQ(test, vtx_exit_name(reasons[i].number |
						       VTX_EXIT_ENTRY_FAILED),
				   reasons[i].name);
	}
	KUNIT_EXPECT_STREQ(test, vtx_exit_name(35), "unknown exit");
	KUNIT_EXPECT_STREQ(test, vtx_exit_name(0xffff), "unknown exit");
	KUNIT_EXPECT_STREQ(test, vtx_insn_error_name(14), "unknown error");
	KUNIT_EXPECT_STREQ(test, vtx_insn_error_name(~0U), "unknown error");
	KUNIT_EXPECT_STREQ(test, vtx_vmcs_field_name(0x7ffe), "unknown field");
}

/* Typed in by other people from the same manual. */
static void kernel_agrees(struct kunit *test)
{
	static const struct {
		int		kernels;
		const char	*name;
	} names[] = { VMX_EXIT_REASONS };
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		KUNIT_EXPECT_TRUE_MSG(test,
				      strcmp(vtx_exit_name(names[i].kernels),
					     "unknown exit"),
				      "%d %s", names[i].kernels, names[i].name);
	KUNIT_EXPECT_EQ(test, (int)VTX_EXIT_EPT_VIOLATION,
			EXIT_REASON_EPT_VIOLATION);
	KUNIT_EXPECT_EQ(test, (int)VTX_EXIT_XSETBV, EXIT_REASON_XSETBV);
	KUNIT_EXPECT_EQ(test, (int)VTX_EXIT_PML_FULL, EXIT_REASON_PML_FULL);
}

static void bitmap_starts_closed(struct kunit *test)
{
	struct vtx_msr_bitmap bitmap;

	KUNIT_ASSERT_EQ(test, vtx_msr_bitmap_alloc(&bitmap), 0);
	KUNIT_EXPECT_FALSE(test, vtx_msr_bitmap_allows(&bitmap, 0,
						       VTX_MSR_READ));
	KUNIT_EXPECT_FALSE(test, vtx_msr_bitmap_allows(&bitmap, MSR_LSTAR,
						       VTX_MSR_WRITE));
	KUNIT_EXPECT_NULL(test, memchr_inv(bitmap.map, 0xff, PAGE_SIZE));
	vtx_msr_bitmap_free(&bitmap);
}

/* SDM 3C "MSR-Bitmap Address": where the four bitmaps begin. */
static void bitmap_bits(struct kunit *test)
{
	static const struct {
		u32		msr;
		unsigned int	access;
		int		bit;
	} cases[] = {
		{ 0,		VTX_MSR_READ,	0 },
		{ 0x1fff,	VTX_MSR_READ,	8 * 1024 - 1 },
		{ 0xc0000000,	VTX_MSR_READ,	8 * 1024 },
		{ 0xc0001fff,	VTX_MSR_READ,	8 * 2048 - 1 },
		{ 0,		VTX_MSR_WRITE,	8 * 2048 },
		{ 0xc0000082,	VTX_MSR_WRITE,	8 * 3072 + 0x82 },
		{ 0xc0001fff,	VTX_MSR_WRITE,	8 * 4096 - 1 },
	};
	struct vtx_msr_bitmap bitmap;
	int i;

	KUNIT_ASSERT_EQ(test, vtx_msr_bitmap_alloc(&bitmap), 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		vtx_msr_bitmap_allow(&bitmap, cases[i].msr, cases[i].access);
		KUNIT_EXPECT_FALSE(test, test_bit(cases[i].bit, bitmap.map));
		KUNIT_EXPECT_TRUE(test, vtx_msr_bitmap_allows(&bitmap,
							      cases[i].msr,
							      cases[i].access));
		KUNIT_EXPECT_FALSE(test,
				   vtx_msr_bitmap_allows(&bitmap, cases[i].msr,
							 VTX_MSR_READ |
							 VTX_MSR_WRITE));
		vtx_msr_bitmap_intercept(&bitmap, cases[i].msr,
					 cases[i].access);
		KUNIT_EXPECT_NULL(test, memchr_inv(bitmap.map, 0xff,
						   PAGE_SIZE));
	}
	/* Not covered: exits, and harms nobody else. */
	vtx_msr_bitmap_allow(&bitmap, 0x2000, VTX_MSR_READ | VTX_MSR_WRITE);
	vtx_msr_bitmap_allow(&bitmap, 0xc0002000, VTX_MSR_READ);
	KUNIT_EXPECT_FALSE(test, vtx_msr_bitmap_allows(&bitmap, 0x2000,
						       VTX_MSR_READ));
	KUNIT_EXPECT_NULL(test, memchr_inv(bitmap.map, 0xff, PAGE_SIZE));
	vtx_msr_bitmap_free(&bitmap);
}

static struct kunit_case exits_cases[] = {
	KUNIT_CASE(reasons_ascend),
	KUNIT_CASE(reasons_have_names),
	KUNIT_CASE(kernel_agrees),
	KUNIT_CASE(bitmap_starts_closed),
	KUNIT_CASE(bitmap_bits),
	{ }
};

static struct kunit_suite exits_suite = {
	.name		= "vtx_exits",
	.test_cases	= exits_cases,
};

kunit_test_suite(exits_suite);
