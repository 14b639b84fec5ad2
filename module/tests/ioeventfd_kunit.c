// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which writes an ioeventfd wants, which two cannot be together, and which
 * requests make no sense.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../ioeventfd.c"

#define MATCH	KVM_IOEVENTFD_FLAG_DATAMATCH
#define PIO	KVM_IOEVENTFD_FLAG_PIO
#define CCW	KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY
#define REMOVE	KVM_IOEVENTFD_FLAG_DEASSIGN

static void wanted_writes(struct kunit *test)
{
	static const struct {
		u32		len, flags;
		u64		datamatch;
		u64		gpa;
		unsigned int	seen_len;
		const char	*value;
		bool		wanted;
	} rows[] = {
		{ 0, 0, 0,		0x1000, 0, NULL,	true },
		{ 0, 0, 0,		0x1000, 8, "12345678",	true },
		{ 0, 0, 0,		0x1000, 1, "",		true },
		{ 0, 0, 0,		0x1001, 1, "",		false },
		{ 0, 0, 0,		0x0fff, 4, "",		false },
		{ 2, 0, 0,		0x1000, 0, NULL,	false },
		{ 2, 0, 0,		0x1000, 2, NULL,	false },
		{ 2, 0, 0,		0x1000, 2, "xy",	true },
		{ 2, 0, 0,		0x1000, 1, "x",		false },
		{ 2, 0, 0,		0x1000, 4, "xyzw",	false },
		{ 2, 0, 0,		0x1001, 2, "xy",	false },
		{ 1, MATCH, 0x31,	0x1000, 1, "1",		true },
		{ 1, MATCH, 0x131,	0x1000, 1, "1",		false },
		{ 1, MATCH, 0x31,	0x1000, 1, "2",		false },
		{ 2, MATCH, 0x3231,	0x1000, 2, "12",	true },
		{ 4, MATCH, 0x34333231,	0x1000, 4, "1234",	true },
		{ 4, MATCH, 0x34333231,	0x1000, 4, "1235",	false },
		{ 4, MATCH, 0x34333231,	0x1000, 0, NULL,	false },
		{ 8, MATCH, 0x3837363534333231, 0x1000, 8, "12345678", true },
		{ 8, MATCH, 0x3937363534333231, 0x1000, 8, "12345678", false },
	};
	struct kvm_ioeventfd request = { .addr = 0x1000 };
	struct ioeventfd fd;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		request.len = rows[i].len;
		request.flags = rows[i].flags;
		request.datamatch = rows[i].datamatch;
		ioeventfd_fill(&fd, NULL, NULL, &request);
		KUNIT_EXPECT_EQ_MSG(test, rows[i].wanted,
				    ioeventfd_wants(&fd, rows[i].gpa,
						    rows[i].seen_len,
						    rows[i].value),
				    "row %d", i);
	}
}

static void collisions(struct kunit *test)
{
	static const struct {
		struct kvm_ioeventfd	a, b;
		bool			collide;
	} rows[] = {
		{ { .len = 0 }, { .len = 0 }, true },
		{ { .len = 0 }, { .len = 4 }, true },
		{ { .len = 0 }, { .len = 4, .addr = 1 }, false },
		{ { .len = 2 }, { .len = 4 }, false },
		{ { .len = 4 }, { .len = 4 }, true },
		{ { .len = 4 }, { .len = 4, .flags = MATCH }, true },
		{ { .len = 4, .flags = MATCH }, { .len = 4, .flags = MATCH },
		  true },
		{ { .len = 4, .flags = MATCH },
		  { .len = 4, .flags = MATCH, .datamatch = 1 }, false },
		{ { .len = 4 }, { .len = 4, .flags = PIO }, false },
	};
	struct vtx_io_bus bus[2];
	struct ioeventfd a, b;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ioeventfd_fill(&a, &bus[!!(rows[i].a.flags & PIO)], NULL,
			       &rows[i].a);
		ioeventfd_fill(&b, &bus[!!(rows[i].b.flags & PIO)], NULL,
			       &rows[i].b);
		KUNIT_EXPECT_EQ_MSG(test, rows[i].collide,
				    ioeventfds_collide(&a, &b), "row %d", i);
		KUNIT_EXPECT_EQ_MSG(test, rows[i].collide,
				    ioeventfds_collide(&b, &a), "row %d", i);
	}
}

static void requests(struct kunit *test)
{
	static const struct {
		struct kvm_ioeventfd	request;
		int			err;
	} rows[] = {
		{ { .len = 0 }, 0 },
		{ { .len = 1 }, 0 },
		{ { .len = 2 }, 0 },
		{ { .len = 3 }, -EINVAL },
		{ { .len = 4, .flags = MATCH | PIO }, 0 },
		{ { .len = 8 }, 0 },
		{ { .len = 16 }, -EINVAL },
		{ { .len = ~0 }, -EINVAL },
		{ { .len = 0, .flags = MATCH }, -EINVAL },
		{ { .len = 0, .flags = REMOVE | MATCH }, 0 },
		{ { .len = 4, .flags = CCW }, -EINVAL },
		{ { .len = 4, .flags = REMOVE | CCW }, -EINVAL },
		{ { .len = 4, .flags = 1U << 31 }, -EINVAL },
		{ { .len = 0, .addr = ~0ULL }, 0 },
		{ { .len = 1, .addr = ~0ULL }, -EINVAL },
		{ { .len = 4, .addr = ~0ULL - 4 }, 0 },
		{ { .len = 8, .addr = ~0ULL - 4 }, -EINVAL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, rows[i].err,
				    check_request(&rows[i].request), "row %d",
				    i);
}

static struct kunit_case ioeventfd_cases[] = {
	KUNIT_CASE(wanted_writes),
	KUNIT_CASE(collisions),
	KUNIT_CASE(requests),
	{ }
};

static struct kunit_suite ioeventfd_suite = {
	.name		= "vtx_ioeventfd",
	.test_cases	= ioeventfd_cases,
};

kunit_test_suite(ioeventfd_suite);
