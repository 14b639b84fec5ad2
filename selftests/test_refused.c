// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: on a machine that cannot run vtx, the module is not loaded, and one
 * line of the log says why.
 *
 *	test_refused ERRNO TEXT
 *
 * ERRNO is what loading must fail with, by name, and TEXT a part of the line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kselftest.h>

#include "lib/file.h"
#include "lib/kmsg.h"
#include "lib/module.h"
#include "lib/vtx.h"

int main(int argc, char **argv)
{
	char lines[4096];
	int log, count, err, probe_err;

	ksft_print_header();
	ksft_set_plan(6);
	if (argc != 3)
		ksft_exit_fail_msg("usage: %s ERRNO TEXT\n", argv[0]);

	/* First, for the kernel's remarks on any module from out of tree. */
	probe_err = module_load("vtx_probe", "");

	log = kmsg_open();
	err = -module_load("vtx", "");
	count = kmsg_lines(log, "vtx: ", lines, sizeof(lines));
	ksft_print_msg("error %d (%s), %d line(s): %s\n", err, strerror(err),
		       count, lines);

	ksft_test_result(err && !strcmp(strerrorname_np(err), argv[1]),
			 "loading fails with %s\n", argv[1]);
	ksft_test_result(count == 1, "the log says so in one line\n");
	ksft_test_result(strstr(lines, argv[2]), "which contains \"%s\"\n",
			 argv[2]);
	ksft_test_result(!module_is_loaded("vtx"), "the module is not there\n");
	ksft_test_result(!file_exists(VTX_DEVICE_PATH) &&
			 !file_exists(VTX_DEBUGFS),
			 "neither are its files\n");

	ksft_test_result(!probe_err && vmx_cpus_on() == 0, "VMX is off\n");
	ksft_finished();
}
