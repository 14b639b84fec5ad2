// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/kmsg.h"

#define KMSG	"/dev/kmsg"

/**
 * kmsg_open() - remember this point of the log
 *
 * Return: a descriptor for kmsg_lines(), or -errno.
 */
int kmsg_open(void)
{
	int log = open(KMSG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log < 0)
		return -errno;
	lseek(log, 0, SEEK_END);
	return log;
}

/**
 * kmsg_lines() - collect the lines that came since this was last called
 * @log: from kmsg_open()
 * @prefix: how a line must begin; an empty string: all lines
 * @lines: receives the lines, each with its newline, as one string
 * @size: of @lines; a line that does not fit is counted, but left out
 *
 * Return: their number.
 */
int kmsg_lines(int log, const char *prefix, char *lines, size_t size)
{
	char record[8192], *text, *end;
	size_t length = 0;
	int count = 0;
	ssize_t got;

	lines[0] = '\0';
	for (;;) {
		got = read(log, record, sizeof(record) - 1);
		if (got < 0 && errno == EPIPE)	/* overwritten: the next */
			continue;
		if (got <= 0)
			return count;
		record[got] = '\0';

		/* "level,number,time,flags;TEXT\n", then " KEY=value" lines. */
		text = strchr(record, ';');
		end = strchr(record, '\n');
		if (!text || !end || strncmp(++text, prefix, strlen(prefix)))
			continue;
		count++;
		end[1] = '\0';
		if (length + strlen(text) < size)
			length = stpcpy(lines + length, text) - lines;
	}
}

/**
 * kmsg_say() - add a line to the log
 * @text: the line
 *
 * Return: 0, or -errno.
 */
int kmsg_say(const char *text)
{
	return file_write(KMSG, text);
}
