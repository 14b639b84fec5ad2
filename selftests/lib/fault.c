// SPDX-License-Identifier: GPL-2.0-only
/*
 * Documentation/fault-injection/fault-injection.rst in the kernel's tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/fault.h"
#include "lib/kmsg.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define DEBUGFS		"/sys/kernel/debug/"
#define FAIL_FUNCTION	DEBUGFS "fail_function/"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

/* Any allocation may fail, without a stack trace in the log for each. */
static const struct {
	const char *path;
	const char *value;
} alloc_settings[] = {
	{ DEBUGFS "failslab/ignore-gfp-wait",			"N" },
	{ DEBUGFS "failslab/cache-filter",			"N" },
	{ DEBUGFS "failslab/verbose",				"0" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-wait",		"N" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem",		"N" },
	{ DEBUGFS "fail_page_alloc/min-order",			"0" },
	{ DEBUGFS "fail_page_alloc/verbose",			"0" },
};

bool fault_alloc_available(void)
{
	return file_exists(FAIL_NTH) && file_exists(DEBUGFS "failslab") &&
	       file_exists(DEBUGFS "fail_page_alloc");
}

/**
 * fault_alloc_open() - get ready to let allocations of this thread fail
 *
 * Return: a descriptor for the functions below, or -errno.
 */
int fault_alloc_open(void)
{
	unsigned int i;
	int fd, err;

	for (i = 0; i < ARRAY_SIZE(alloc_settings); i++) {
		err = file_write(alloc_settings[i].path,
				 alloc_settings[i].value);
		if (err)
			return err;
	}
	fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/**
 * fault_alloc_nth() - let an allocation of this thread fail, once
 * @fd: from fault_alloc_open(), by the same thread
 * @n: which one, counted from the next on as 1; 0: none
 *
 * Return: 0, or -errno.
 */
int fault_alloc_nth(int fd, unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	return pwrite(fd, text, length, 0) == length ? 0 : -errno;
}

/**
 * fault_alloc_left() - how far off is the allocation that shall fail?
 * @fd: from fault_alloc_open(), by the same thread
 *
 * Return: 0 if it has failed, else the number still to come, or -errno.
 */
int fault_alloc_left(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) < 0 ? -errno : atoi(text);
}

bool fault_function_available(void)
{
	return file_exists(FAIL_FUNCTION "inject");
}

/**
 * fault_function() - let a function fail instead of doing its work
 * @name: a function that allows it; one at a time
 * @err: the -errno it returns
 * @times: how often; -1: until fault_function_end()
 *
 * The kernel's fail_function asks for a random number in the breakpoint that it
 * puts into the function, even if the odds are 100 in 100.  Lockdep rightly says
 * that this must not be done there, once, and is off from then on.
 *
 * Return: 0, or -errno.
 */
int fault_function(const char *name, int err, int times)
{
	char path[128], text[32];
	int ret;

	kmsg_say("vtx-expect: inconsistent lock state");
	kmsg_say("vtx-expect: Call Trace");
	ret = file_write(FAIL_FUNCTION "inject", name);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), FAIL_FUNCTION "%s/retval", name);
	snprintf(text, sizeof(text), "%#lx", (long)err);
	ret = file_write(path, text);
	snprintf(text, sizeof(text), "%d", times);
	if (!ret)
		ret = file_write(FAIL_FUNCTION "times", text);
	if (!ret)
		ret = file_write(FAIL_FUNCTION "verbose", "0");
	if (!ret)
		ret = file_write(FAIL_FUNCTION "probability", "100");
	if (ret)
		fault_function_end();
	return ret;
}

/**
 * fault_function_end() - let all functions do their work again
 *
 * Return: 0, or -errno.
 */
int fault_function_end(void)
{
	return file_write(FAIL_FUNCTION "inject", "\n");
}
