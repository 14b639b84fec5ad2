// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of the instruction emulator: the tables of emul_cases.h. The host
 * tests run the same tables, and much more: see selftests/host.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/string.h>

#include "arch-x86/emul/tests/emul_cases.h"

static void emul_case_desc(const struct emul_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(emul_case, emul_cases, emul_case_desc);

static struct emul_case_machine *new_machine(struct kunit *test)
{
	struct emul_case_machine *m;

	m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m);
	return m;
}

static void emul_test_case(struct kunit *test)
{
	const struct emul_case *c = test->param_value;
	struct emul_case_machine *m = new_machine(test);
	const char *why = emul_case_run(m, c);

	KUNIT_EXPECT_TRUE_MSG(test, !why, "%s: got %llx, want %llx", why,
			      m->why_got, m->why_want);
}

static void emul_test_decode(struct kunit *test)
{
	struct emul_case_machine *m = new_machine(test);
	const char *why;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(emul_decodes); i++) {
		why = emul_decode_run(m, &emul_decodes[i].code,
				      emul_decodes[i].op);
		KUNIT_EXPECT_TRUE_MSG(test, !why, "%s: %s: got %llx, want %llx",
				      emul_decodes[i].code.name, why,
				      m->why_got, m->why_want);
	}
}

static struct kunit_case emul_kunit_cases[] = {
	KUNIT_CASE_PARAM(emul_test_case, emul_case_gen_params),
	KUNIT_CASE(emul_test_decode),
	{}
};

static struct kunit_suite emul_kunit_suite = {
	.name = "vtx_emul",
	.test_cases = emul_kunit_cases,
};

kunit_test_suite(emul_kunit_suite);

MODULE_LICENSE("GPL");
