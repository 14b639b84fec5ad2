// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"

/**
 * file_read() - read a whole file as a string
 * @path: the file
 * @text: receives the string, an empty one after an error
 * @size: of @text; what does not fit is left out
 *
 * Return: its length, or -errno.
 */
int file_read(const char *path, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;
	int fd;

	text[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, text + length, size - 1 - length);
		if (got > 0)
			length += got;
	} while (got > 0);
	got = got < 0 ? -errno : 0;
	close(fd);
	text[length] = '\0';
	return got ? got : (int)length;
}

/**
 * file_write() - write a string to a file that exists, in one piece
 * @path: the file
 * @text: the string
 *
 * Return: 0, or -errno.
 */
int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

bool file_exists(const char *path)
{
	return !access(path, F_OK);
}

/**
 * file_has_word() - is this one of the words of a file?
 * @path: the file
 * @word: the word; it may stand in brackets in the file, as the chosen one
 *	does in many files of sysfs
 */
bool file_has_word(const char *path, const char *word)
{
	char text[4096], *rest, *found;

	file_read(path, text, sizeof(text));
	for (found = strtok_r(text, " []\n", &rest); found;
	     found = strtok_r(NULL, " []\n", &rest))
		if (!strcmp(found, word))
			return true;
	return false;
}
