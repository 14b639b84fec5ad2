// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/module.h"

/* The kernel's name for a module: as the file's, with '_' for '-'. */
static const char *kernel_name(const char *name, char *buffer, size_t size)
{
	char *dash;

	snprintf(buffer, size, "%s", name);
	while ((dash = strchr(buffer, '-')))
		*dash = '_';
	return buffer;
}

bool module_is_loaded(const char *name)
{
	char path[PATH_MAX], buffer[64];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate",
		 kernel_name(name, buffer, sizeof(buffer)));
	return file_exists(path);
}

/**
 * module_path() - where a module's file is
 * @name: the module
 *
 * Return: the path, good until the next call.
 */
const char *module_path(const char *name)
{
	const char *dir = getenv("VTX_MODULES");
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.ko", dir ?: "/modules", name);
	return path;
}

/**
 * module_load() - load a module
 * @name: the module
 * @parameters: its parameters, as on insmod's command line; may be empty
 *
 * Return: 0, or -errno: -EEXIST if it is loaded already.
 */
int module_load(const char *name, const char *parameters)
{
	int fd, ret;

	fd = open(module_path(name), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return ret;
}

/**
 * module_unload() - unload a module, without waiting for its users
 * @name: the module
 *
 * Return: 0, or -errno: -EWOULDBLOCK if it is in use, -ENOENT if it is not
 * loaded.
 */
int module_unload(const char *name)
{
	char buffer[64];

	return syscall(SYS_delete_module,
		       kernel_name(name, buffer, sizeof(buffer)),
		       O_NONBLOCK) ? -errno : 0;
}
