// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: /dev/vtx answers as <linux/kvm.h> and uapi/vtx.h say, tells the truth
 * about what it can do, refuses everything else without a trace, and lives and
 * dies with its descriptors.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/harness.h"

/* All capabilities that are not 0.  A new one gets its row here. */
static const struct {
	unsigned long	cap;
	int		value;
} capabilities[] = {
	{ KVM_CAP_CHECK_EXTENSION_VM,	1 },
	{ VTX_CAP_VTX,			1 },
};

/* The ioctls of <linux/kvm.h> that each of the two files knows. */
static const unsigned long device_ioctls[] = {
	KVM_GET_API_VERSION, KVM_CREATE_VM, KVM_CHECK_EXTENSION,
	KVM_GET_VCPU_MMAP_SIZE,
};

static const unsigned long vm_ioctls[] = { KVM_CHECK_EXTENSION };

static int capability(unsigned long cap)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(capabilities); i++)
		if (capabilities[i].cap == cap)
			return capabilities[i].value;
	return 0;
}

VTX_TEST(constants)
{
	static const unsigned long wrong[] = { 1, 2, 12, 1UL << 32, ~0UL };
	int vtx = vtx_open();
	unsigned int i;

	ASSERT_LE(0, vtx);
	EXPECT_EQ(12, vtx_ioctl(vtx, KVM_GET_API_VERSION, 0));
	EXPECT_EQ(12288, vtx_ioctl(vtx, KVM_GET_VCPU_MMAP_SIZE, 0));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL,
			  vtx_ioctl(vtx, KVM_GET_API_VERSION, wrong[i]));
		EXPECT_EQ(-EINVAL,
			  vtx_ioctl(vtx, KVM_GET_VCPU_MMAP_SIZE, wrong[i]));
	}
}

VTX_TEST(capabilities_are_honest)
{
	/* Neighbours of what there is, and numbers that must not be cut short. */
	static const unsigned long more[] = {
		VTX_CAP_VTX, VTX_CAP_BASE + 1, VTX_CAP_BASE + 0xff,
		VTX_CAP_BASE - 1, 0x7fffffff, 0x80000000, 0xffffffff,
		(1UL << 32) + KVM_CAP_CHECK_EXTENSION_VM,
		(1UL << 32) + VTX_CAP_VTX, 1UL << 63, ~0UL,
	};
	int vtx = vtx_open(), vm = vm_create(vtx);
	unsigned long i, cap;

	ASSERT_LE(0, vm);
	for (i = 0; i < 1024 + ARRAY_SIZE(more); i++) {
		cap = i < 1024 ? i : more[i - 1024];
		EXPECT_EQ(capability(cap),
			  vtx_ioctl(vtx, KVM_CHECK_EXTENSION, cap))
			TH_LOG("capability %#lx on the device", cap);
		EXPECT_EQ(capability(cap),
			  vtx_ioctl(vm, KVM_CHECK_EXTENSION, cap))
			TH_LOG("capability %#lx on a VM", cap);
	}
}

VTX_TEST(other_vm_types)
{
	static const unsigned long types[] = {
		1, 2, 3, 4, 5, 0x100, 1UL << 31, 1UL << 32, 1UL << 63, ~0UL,
	};
	int vtx = vtx_open();
	unsigned int i;

	ASSERT_LE(0, vtx);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_EQ(-EINVAL, vtx_ioctl(vtx, KVM_CREATE_VM, types[i]));
		EXPECT_EQ(0, vmx_cpus_on());
	}
	EXPECT_EQ(0, vtx_stat("vms"));
	EXPECT_LE(0, vm_create(vtx));
}

static bool is_known(unsigned long cmd, const unsigned long *known, int count)
{
	while (count--)
		if (known[count] == cmd)
			return true;
	return false;
}

/*
 * A number of ours with another direction or size is another ioctl.  Outside of
 * KVM's type 0xAE the kernel itself answers to some, but not to these.
 */
VTX_TEST(unknown_ioctls)
{
	static const unsigned int types[] = { KVMIO, KVMIO - 1, KVMIO + 1 };
	static const unsigned int sizes[] = { 0, 1, 4, 8, 64, 4096, 16383 };
	static const unsigned long args[] = { 0, 1UL << 47 };
	int vtx = vtx_open(), vm = vm_create(vtx);
	unsigned int i, tried = 0;

	ASSERT_LE(0, vm);
	for (i = 0; i < 256 * 4 * ARRAY_SIZE(types) * ARRAY_SIZE(sizes); i++) {
		unsigned int row = i / (256 * 4);
		unsigned long cmd = _IOC(i / 256 % 4, types[row % 3], i % 256,
					 sizes[row / 3]);
		unsigned long arg = args[i % 2];

		if (!is_known(cmd, device_ioctls, ARRAY_SIZE(device_ioctls)))
			EXPECT_EQ(-ENOTTY, vtx_ioctl(vtx, cmd, arg))
				TH_LOG("%#lx on the device", cmd);
		if (!is_known(cmd, vm_ioctls, ARRAY_SIZE(vm_ioctls)))
			EXPECT_EQ(-ENOTTY, vtx_ioctl(vm, cmd, arg))
				TH_LOG("%#lx on a VM", cmd);
		tried++;
	}
	EXPECT_EQ(256 * 4 * 3 * 7, tried);
	EXPECT_EQ(1, vtx_stat("vms"));
}

VTX_TEST(node_is_for_root_only)
{
	struct stat node;
	int status;
	pid_t child;

	ASSERT_EQ(0, stat(VTX_DEVICE_PATH, &node));
	EXPECT_EQ(S_IFCHR | 0600, node.st_mode);
	EXPECT_EQ(0, node.st_uid);
	EXPECT_EQ(0, node.st_gid);

	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		if (setgid(65534) || setuid(65534))
			_exit(0);
		_exit(-vtx_open());
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(EACCES, WEXITSTATUS(status));
}

VTX_TEST(vm_descriptor)
{
	int vtx = vtx_open(), vm = vm_create(vtx);
	char path[64], name[64] = "";

	ASSERT_LE(0, vm);
	EXPECT_EQ(FD_CLOEXEC, fcntl(vm, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(vm, F_GETFL) & O_ACCMODE);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", vm);
	ASSERT_LT(0, readlink(path, name, sizeof(name) - 1));
	EXPECT_STREQ("anon_inode:vtx-vm", name);
	EXPECT_EQ(-1, read(vm, name, 1));
	EXPECT_EQ(-1, write(vm, name, 1));
}

VTX_TEST(no_descriptor_left)
{
	struct rlimit few, limit;
	int vtx = vtx_open();

	ASSERT_LE(0, vtx);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	few = limit;
	few.rlim_cur = vtx + 1;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &few));
	EXPECT_EQ(-EMFILE, vm_create(vtx));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(0, vmx_cpus_on());
	EXPECT_EQ(0, vtx_stat("vms"));
	EXPECT_LE(0, vm_create(vtx));
}

VTX_TEST(vm_outlives_device)
{
	int vtx = vtx_open(), vm = vm_create(vtx);

	ASSERT_LE(0, vm);
	ASSERT_EQ(0, close(vtx));
	EXPECT_EQ(1, vtx_ioctl(vm, KVM_CHECK_EXTENSION, VTX_CAP_VTX));
	EXPECT_EQ(1, vtx_stat("vms"));
	EXPECT_EQ(cpus_online(), vmx_cpus_on());
	ASSERT_EQ(0, close(vm));
	EXPECT_EQ(0, vtx_stat("vms"));
	EXPECT_EQ(0, vmx_cpus_on());
}

/* fork() and dup() make descriptors, not VMs; the last close ends the VM. */
VTX_TEST(vm_lives_until_last_close)
{
	int vtx = vtx_open(), vm = vm_create(vtx), status, twin;
	int go[2];
	pid_t child;

	ASSERT_LE(0, vm);
	ASSERT_EQ(0, pipe(go));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(go[1]);
		_exit(read(go[0], &status, 1) ||
		      vtx_ioctl(vm, KVM_CHECK_EXTENSION, VTX_CAP_VTX) != 1);
	}
	twin = dup(vm);
	ASSERT_EQ(0, close(vm));
	EXPECT_EQ(1, vtx_stat("vms"));
	ASSERT_EQ(0, close(twin));
	EXPECT_EQ(1, vtx_stat("vms"));
	EXPECT_EQ(cpus_online(), vmx_cpus_on());

	ASSERT_EQ(0, close(go[1]));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, vtx_stat("vms"));
	EXPECT_EQ(0, vmx_cpus_on());
}

VTX_TEST(module_is_held)
{
	int vtx = vtx_open(), vm;

	ASSERT_LE(0, vtx);
	EXPECT_EQ(-EWOULDBLOCK, module_unload("vtx"));
	vm = vm_create(vtx);
	ASSERT_LE(0, vm);
	EXPECT_EQ(-EWOULDBLOCK, module_unload("vtx"));
	ASSERT_EQ(0, close(vtx));
	EXPECT_EQ(-EWOULDBLOCK, module_unload("vtx"));
	EXPECT_EQ(1, vtx_ioctl(vm, KVM_CHECK_EXTENSION, VTX_CAP_VTX));
	ASSERT_EQ(0, close(vm));
	EXPECT_EQ(0, module_unload("vtx"));
}

VTX_TEST(counters)
{
	long created = vtx_stat("vms_created");
	long turned_on = vtx_stat("vmx_turned_on");
	int vtx = vtx_open(), vm[3], i;

	ASSERT_LE(0, created);
	ASSERT_LE(0, turned_on);
	for (i = 0; i < 3; i++) {
		vm[i] = vm_create(vtx);
		ASSERT_LE(0, vm[i]);
		EXPECT_EQ(i + 1, vtx_stat("vms"));
		EXPECT_EQ(created + i + 1, vtx_stat("vms_created"));
		EXPECT_EQ(turned_on + 1, vtx_stat("vmx_turned_on"));
	}
	for (i = 0; i < 3; i++) {
		close(vm[i]);
		EXPECT_EQ(2 - i, vtx_stat("vms"));
	}
	EXPECT_EQ(created + 3, vtx_stat("vms_created"));
	ASSERT_LE(0, vm_create(vtx));
	EXPECT_EQ(turned_on + 2, vtx_stat("vmx_turned_on"));
}

/*
 * debugfs vtx/caps: a line of the revision, a line for each word of controls,
 * and then "+ TOKEN name" or "- TOKEN name".  What every guest needs is there.
 */
VTX_TEST(caps_file)
{
	static const char *const needed[] = {
		"EPT", "UNRESTRICTED_GUEST", "INVEPT", "MSR_BITMAPS",
	};
	char text[8192], token[32], *line, *rest, sign;
	unsigned int i, features = 0, words = 0, found = 0;
	unsigned long word;
	int fields, name_at;

	ASSERT_LT(0, file_read(VTX_DEBUGFS "caps", text, sizeof(text)));
	line = strtok_r(text, "\n", &rest);
	fields = sscanf(line, "revision %lx, regions of %u", &word, &i);
	EXPECT_EQ(2, fields);
	EXPECT_LT(0, i);
	EXPECT_GE(4096, i);
	while ((line = strtok_r(NULL, "\n", &rest))) {
		if (!strncmp(line, "0x", 2) && strchr(line, ' ')) {
			words++;
			continue;
		}
		name_at = 0;
		fields = sscanf(line, "%c %31[A-Z0-9_] %n", &sign, token,
				&name_at);
		ASSERT_EQ(2, fields)
			TH_LOG("line '%s'", line);
		EXPECT_TRUE(sign == '+' || sign == '-');
		EXPECT_NE('\0', line[name_at]);
		features++;
		for (i = 0; i < ARRAY_SIZE(needed); i++)
			found += sign == '+' && !strcmp(token, needed[i]);
	}
	EXPECT_EQ(6, words);
	EXPECT_LT(40, features);
	EXPECT_EQ(ARRAY_SIZE(needed), found);
}

/* What "modinfo" and sysfs tell to people. */
VTX_TEST(module_describes_itself)
{
	static const char *const entries[] = {
		"license=GPL", "description=", "parm=without:",
		"parmtype=without:charp",
	};
	unsigned int i;
	struct stat node;
	FILE *file;
	char *image;
	size_t size;

	EXPECT_EQ(0, stat("/sys/module/vtx/parameters/without", &node));
	EXPECT_EQ(0444, node.st_mode & 0777);
	EXPECT_TRUE(file_exists("/sys/module/vtx/version"));

	ASSERT_EQ(0, stat(module_path("vtx"), &node));
	file = fopen(module_path("vtx"), "r");
	image = malloc(node.st_size);
	ASSERT_TRUE(file && image);
	size = fread(image, 1, node.st_size, file);
	ASSERT_EQ(node.st_size, size);
	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		const char *entry = entries[i];

		EXPECT_TRUE(memmem(image, size, entry, strlen(entry)))
			TH_LOG("%s is missing", entry);
	}
}

/* ---- Tracepoints ---- */

#define TRACING	"/sys/kernel/tracing/"

static const char *const events[] = {
	"vtx/vtx_vm_create", "vtx/vtx_vm_destroy",
	"vtx_vmx/vtx_vmx_on", "vtx_vmx/vtx_vmx_off",
};

static int set_events(const char *on)
{
	unsigned int i;
	char path[128];
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(events); i++) {
		snprintf(path, sizeof(path), TRACING "events/%s/enable",
			 events[i]);
		err = file_write(path, on);
	}
	return err;
}

/* The number that follows @key in @line, or -1. */
static long number_after(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? atol(at + strlen(key)) : -1;
}

/*
 * "TASK-PID [CPU] FLAGS TIME: EVENT: ARGUMENTS": VMX goes on and off once on
 * every CPU, and each event is traced by the very CPU that it speaks of.
 */
VTX_TEST(tracepoints)
{
	char text[32768], *line, *rest;
	unsigned int seen[ARRAY_SIZE(events)] = { 0 }, i;
	int vtx = vtx_open(), vm;
	long id = -1;

	if (!file_exists(TRACING "trace"))
		SKIP(return, "this kernel has no tracefs");
	ASSERT_LE(0, vtx);
	ASSERT_EQ(0, file_write(TRACING "trace", ""));
	ASSERT_EQ(0, set_events("1"));
	vm = vm_create(vtx);
	close(vm);
	EXPECT_EQ(0, set_events("0"));
	ASSERT_LE(0, vm);

	ASSERT_LT(0, file_read(TRACING "trace", text, sizeof(text)));
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		for (i = 0; i < ARRAY_SIZE(events); i++)
			seen[i] += !!strstr(line, strchr(events[i], '/') + 1);
		if (strstr(line, "vtx_vm_create:"))
			id = number_after(line, "vm=");
		if (strstr(line, "vtx_vm_destroy:"))
			EXPECT_EQ(id, number_after(line, "vm="));
		if (strstr(line, "vtx_vmx_on:"))
			EXPECT_EQ(0, number_after(line, "err="));
		if (strstr(line, "cpu="))
			EXPECT_EQ(number_after(line, "["),
				  number_after(line, "cpu="))
				TH_LOG("line '%s'", line);
	}
	EXPECT_LT(0, id);
	EXPECT_EQ(1, seen[0]);
	EXPECT_EQ(1, seen[1]);
	EXPECT_EQ(cpus_online(), seen[2]);
	EXPECT_EQ(cpus_online(), seen[3]);
}

VTX_TEST_MAIN
