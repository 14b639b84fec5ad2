// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator's tables of cases, in user space; under KUnit the same tables
 * are run by emul_kunit.c.
 */
#include <linux/array_size.h>

#include "arch-x86/emul/tests/emul_cases.h"
#include "tap.h"

static struct emul_case_machine machine;

static void result(const char *name, const char *why)
{
	tap(!why, "%s", name);
	if (why)
		printf("# %s: got %llx, want %llx\n", why, machine.why_got,
		       machine.why_want);
}

int main(void)
{
	unsigned int i;

	printf("TAP version 13\n");
	for (i = 0; i < ARRAY_SIZE(emul_cases); i++)
		result(emul_cases[i].name,
		       emul_case_run(&machine, &emul_cases[i]));
	for (i = 0; i < ARRAY_SIZE(emul_decodes); i++)
		result(emul_decodes[i].code.name,
		       emul_decode_run(&machine, &emul_decodes[i].code,
				       emul_decodes[i].op));
	return tap_end();
}
