// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: /dev/vtx answers as <linux/kvm.h> and uapi/vtx.h say, tells the truth
 * about what it can do, refuses everything else without a trace, and lives and
 * dies with its descriptors.
 */
#include <cpuid.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/harness.h"

#define DEPENDS	-1

/* All capabilities that are not 0.  A new one gets its row here. */
static const struct {
	unsigned long	cap;
	int		value;	/* or DEPENDS: on the machine */
} capabilities[] = {
	{ KVM_CAP_IRQCHIP,			1 },
	{ KVM_CAP_HLT,				1 },
	{ KVM_CAP_USER_MEMORY,			1 },
	{ KVM_CAP_SET_TSS_ADDR,			1 },
	{ KVM_CAP_EXT_CPUID,			1 },
	{ KVM_CAP_NR_VCPUS,			DEPENDS },
	{ KVM_CAP_NR_MEMSLOTS,			32764 },
	{ KVM_CAP_PIT,				1 },
	{ KVM_CAP_MP_STATE,			1 },
	{ KVM_CAP_COALESCED_MMIO,		2 },
	{ KVM_CAP_SYNC_MMU,			1 },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS,	1 },
	{ KVM_CAP_USER_NMI,			1 },
	{ KVM_CAP_SET_GUEST_DEBUG,		1 },
	{ KVM_CAP_REINJECT_CONTROL,		1 },
	{ KVM_CAP_IRQ_ROUTING,			4096 },
	{ KVM_CAP_IRQ_INJECT_STATUS,		1 },
	{ KVM_CAP_JOIN_MEMORY_REGIONS_WORKS,	1 },
	{ KVM_CAP_MCE,				32 },
	{ KVM_CAP_IRQFD,			1 },
	{ KVM_CAP_PIT2,				1 },
	{ KVM_CAP_SET_BOOT_CPU_ID,		1 },
	{ KVM_CAP_PIT_STATE2,			1 },
	{ KVM_CAP_IOEVENTFD,			1 },
	{ KVM_CAP_SET_IDENTITY_MAP_ADDR,	1 },
	{ KVM_CAP_ADJUST_CLOCK,			14 },
	{ KVM_CAP_INTERNAL_ERROR_DATA,		1 },
	{ KVM_CAP_VCPU_EVENTS,			1 },
	{ KVM_CAP_INTR_SHADOW,			1 },
	{ KVM_CAP_DEBUGREGS,			1 },
	{ KVM_CAP_X86_ROBUST_SINGLESTEP,	1 },
	{ KVM_CAP_XSAVE,			1 },
	{ KVM_CAP_XCRS,				DEPENDS },
	{ KVM_CAP_TSC_CONTROL,			DEPENDS },
	{ KVM_CAP_GET_TSC_KHZ,			1 },
	{ KVM_CAP_MAX_VCPUS,			1024 },
	{ KVM_CAP_TSC_DEADLINE_TIMER,		1 },
	{ KVM_CAP_KVMCLOCK_CTRL,		1 },
	{ KVM_CAP_SIGNAL_MSI,			1 },
	{ KVM_CAP_READONLY_MEM,			1 },
	{ KVM_CAP_IRQFD_RESAMPLE,		1 },
	{ KVM_CAP_ENABLE_CAP_VM,		1 },
	{ KVM_CAP_IOEVENTFD_NO_LENGTH,		1 },
	{ KVM_CAP_CHECK_EXTENSION_VM,		1 },
	{ KVM_CAP_SPLIT_IRQCHIP,		1 },
	{ KVM_CAP_IOEVENTFD_ANY_LENGTH,		1 },
	{ KVM_CAP_VCPU_ATTRIBUTES,		1 },
	{ KVM_CAP_MAX_VCPU_ID,			4096 },
	{ KVM_CAP_X2APIC_API,			3 },
	{ KVM_CAP_IMMEDIATE_EXIT,		1 },
	{ KVM_CAP_GET_MSR_FEATURES,		1 },
	{ KVM_CAP_COALESCED_PIO,		1 },
	{ KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,	3 },
	{ KVM_CAP_HALT_POLL,			1 },
	{ KVM_CAP_X86_USER_SPACE_MSR,		1 },
	{ KVM_CAP_X86_MSR_FILTER,		1 },
	{ KVM_CAP_SET_GUEST_DEBUG2,		0x1f0003 },
	{ KVM_CAP_BINARY_STATS_FD,		1 },
	{ KVM_CAP_SYS_ATTRIBUTES,		1 },
	{ KVM_CAP_VM_TSC_CONTROL,		DEPENDS },
	{ KVM_CAP_USER_MEMORY2,			1 },
	{ VTX_CAP_VTX,				1 },
};

/* The ioctls of <linux/kvm.h> that each of the two files knows. */
static const unsigned long device_ioctls[] = {
	KVM_GET_API_VERSION, KVM_CREATE_VM, KVM_CHECK_EXTENSION,
	KVM_GET_VCPU_MMAP_SIZE, KVM_GET_SUPPORTED_CPUID,
	KVM_GET_MSR_INDEX_LIST, KVM_GET_MSR_FEATURE_INDEX_LIST, KVM_GET_MSRS,
	KVM_X86_GET_MCE_CAP_SUPPORTED, KVM_HAS_DEVICE_ATTR, KVM_GET_DEVICE_ATTR,
};

static const unsigned long vm_ioctls[] = {
	KVM_CHECK_EXTENSION, KVM_ENABLE_CAP, KVM_CREATE_VCPU, KVM_CREATE_IRQCHIP,
	KVM_SET_USER_MEMORY_REGION, KVM_SET_USER_MEMORY_REGION2,
	KVM_GET_DIRTY_LOG, KVM_CLEAR_DIRTY_LOG, KVM_SET_TSS_ADDR,
	KVM_SET_IDENTITY_MAP_ADDR, KVM_SET_NR_MMU_PAGES, KVM_GET_STATS_FD,
	KVM_IOEVENTFD, KVM_REGISTER_COALESCED_MMIO,
	KVM_UNREGISTER_COALESCED_MMIO, KVM_X86_SET_MSR_FILTER,
	KVM_GET_TSC_KHZ, KVM_SET_TSC_KHZ,
	KVM_CREATE_PIT, KVM_CREATE_PIT2, KVM_GET_PIT, KVM_SET_PIT,
	KVM_GET_PIT2, KVM_SET_PIT2, KVM_REINJECT_CONTROL,
	KVM_GET_IRQCHIP, KVM_SET_IRQCHIP,
	KVM_IRQ_LINE, KVM_IRQ_LINE_STATUS, KVM_SET_GSI_ROUTING, KVM_SIGNAL_MSI,
	KVM_IRQFD, KVM_SET_BOOT_CPU_ID,
};

/* What the machine decides. */
static int capability_here(unsigned long cap)
{
	unsigned int eax, ebx, ecx, edx;
	char caps[8192];

	switch (cap) {
	case KVM_CAP_NR_VCPUS:
		return cpus_online();
	case KVM_CAP_XCRS:
		__cpuid(1, eax, ebx, ecx, edx);
		return !!(ecx & bit_OSXSAVE);
	case KVM_CAP_TSC_CONTROL:
	case KVM_CAP_VM_TSC_CONTROL:
		if (file_read(VTX_DEBUGFS "caps", caps, sizeof(caps)) < 0)
			return DEPENDS;
		return !!strstr(caps, "\n+ TSC_SCALING ");
	}
	return DEPENDS;
}

static int capability(unsigned long cap)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(capabilities); i++)
		if (capabilities[i].cap == cap)
			return capabilities[i].value == DEPENDS ?
			       capability_here(cap) : capabilities[i].value;
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

/*
 * fork() and dup() make descriptors, not VMs; the last close ends the VM.  To
 * another process than the one that made it a VM says no more than that.
 */
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
		      vtx_ioctl(vm, KVM_CHECK_EXTENSION, VTX_CAP_VTX) != -EIO ||
		      vtx_ioctl(vm, KVM_SET_TSS_ADDR, 0) != -EIO);
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

/* What a VM says of arguments, with no vCPU and no memory in it. */
VTX_TEST(vm_arguments)
{
	static const struct {
		unsigned long	cmd, arg;
		int		result;
	} rows[] = {
		{ KVM_SET_TSS_ADDR,		0,		0 },
		{ KVM_SET_TSS_ADDR,		0xfffbd000,	0 },
		{ KVM_SET_TSS_ADDR,		0xffffd000,	0 },
		{ KVM_SET_TSS_ADDR,		0xffffd001,	-EINVAL },
		{ KVM_SET_TSS_ADDR,		1UL << 32,	-EINVAL },
		{ KVM_SET_TSS_ADDR,		~0UL,		-EINVAL },
		{ KVM_SET_NR_MMU_PAGES,		64,		0 },
		{ KVM_SET_NR_MMU_PAGES,		63,		-EINVAL },
		{ KVM_SET_IDENTITY_MAP_ADDR,	0,		-EFAULT },
		{ KVM_SET_USER_MEMORY_REGION,	0,		-EFAULT },
		{ KVM_SET_USER_MEMORY_REGION2,	0,		-EFAULT },
		{ KVM_GET_DIRTY_LOG,		0,		-EFAULT },
		{ KVM_CLEAR_DIRTY_LOG,		0,		-EFAULT },
		{ KVM_ENABLE_CAP,		0,		-EFAULT },
		{ KVM_IOEVENTFD,		0,		-EFAULT },
		{ KVM_REGISTER_COALESCED_MMIO,	0,		-EFAULT },
		{ KVM_UNREGISTER_COALESCED_MMIO, 0,		-EFAULT },
		{ KVM_X86_SET_MSR_FILTER,	0,		-EFAULT },
	};
	unsigned long identity = 0xfeffc000;
	int vtx = vtx_open(), vm = vm_create(vtx);
	unsigned int i;

	ASSERT_LE(0, vm);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_EQ(rows[i].result,
			  vtx_ioctl(vm, rows[i].cmd, rows[i].arg))
			TH_LOG("row %u", i);
	EXPECT_EQ(0, vtx_ioctl(vm, KVM_SET_IDENTITY_MAP_ADDR,
			       (unsigned long)&identity));
}

VTX_TEST(enable_capability)
{
	static const struct {
		struct kvm_enable_cap	enable;
		int			result;
	} rows[] = {
		{ { .cap = KVM_CAP_CHECK_EXTENSION_VM },	-EINVAL },
		{ { .cap = ~0U },				-EINVAL },
		{ { .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		    .args = { 1 } },				0 },
		{ { .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		    .args = { 3 } },				0 },
		{ { .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		    .args = { 2 } },				-EINVAL },
		{ { .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		    .args = { 4 } },				-EINVAL },
		{ { .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, .flags = 1,
		    .args = { 1 } },				-EINVAL },
		{ { .cap = KVM_CAP_X86_USER_SPACE_MSR, .args = { 7 } },	0 },
		{ { .cap = KVM_CAP_X86_USER_SPACE_MSR, .args = { 0 } },	0 },
		{ { .cap = KVM_CAP_X86_USER_SPACE_MSR, .args = { 8 } },
		  -EINVAL },
		{ { .cap = KVM_CAP_X86_USER_SPACE_MSR,
		    .args = { 1UL << 32 } },			-EINVAL },
		{ { .cap = KVM_CAP_MAX_VCPU_ID, .flags = 1, .args = { 4 } },
		  -EINVAL },
		{ { .cap = KVM_CAP_MAX_VCPU_ID, .args = { 4097 } }, -EINVAL },
		{ { .cap = KVM_CAP_MAX_VCPU_ID, .args = { 1UL << 32 } },
		  -EINVAL },
		{ { .cap = KVM_CAP_MAX_VCPU_ID, .args = { 0 } },	0 },
		{ { .cap = KVM_CAP_MAX_VCPU_ID, .args = { 4096 } },	0 },
		{ { .cap = KVM_CAP_MAX_VCPU_ID, .args = { 4096 } },	0 },
		{ { .cap = KVM_CAP_MAX_VCPU_ID, .args = { 4 } },	-EINVAL },
		{ { .cap = KVM_CAP_MAX_VCPU_ID, .args = { 0 } },	-EINVAL },
	};
	int vtx = vtx_open(), vm = vm_create(vtx);
	unsigned int i;

	ASSERT_LE(0, vm);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_EQ(rows[i].result,
			  vtx_ioctl(vm, KVM_ENABLE_CAP,
				    (unsigned long)&rows[i].enable))
			TH_LOG("row %u", i);
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
