// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: vtx and KVM can be loaded side by side.  Who has VMX keeps it; the
 * other gets EBUSY and a line in the log, and does no harm.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "lib/harness.h"
#include "lib/kmsg.h"

/* ---- KVM ---- */

/* What kvm-intel.ko needs, in order; the kernel may have it built in. */
static const char *const kvm_needs[] = { "irqbypass", "kvm" };

/* Return: 0, or the -errno of kvm-intel.ko or of what it needs. */
static int kvm_load(const char *kvm_parameters)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(kvm_needs); i++) {
		err = module_load(kvm_needs[i],
				  i == 1 ? kvm_parameters : "");
		if (err && err != -EEXIST && err != -ENOENT)
			return err;
	}
	return module_load("kvm-intel", "");
}

static void kvm_unload(void)
{
	module_unload("kvm-intel");
	module_unload("kvm");
}

/* in/out through port 0x10, then HLT. */
static const unsigned char guest_code[] = {
	0xb0, '4',		/* mov $'4', %al */
	0xe6, 0x10,		/* out %al, $0x10 */
	0xf4,			/* hlt */
};

#define GUEST_AT	0x1000

/*
 * Run a guest in real mode that says '4' and halts.  Return: 0, or a negative
 * number that says at which step it failed.
 */
static int kvm_guest_runs(void)
{
	struct kvm_userspace_memory_region slot = { .memory_size = 4096 };
	struct kvm_regs regs = { .rip = GUEST_AT, .rflags = 2 };
	struct kvm_sregs sregs;
	int kvm, vm, vcpu, size, ret = 0;
	struct kvm_run *run;
	char *memory;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vcpu < 0 || size <= 0)
		return -1;

	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (memory == MAP_FAILED || run == MAP_FAILED)
		return -2;
	memcpy(memory, guest_code, sizeof(guest_code));
	slot.guest_phys_addr = GUEST_AT;
	slot.userspace_addr = (unsigned long)memory;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot) ||
	    ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -3;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) ||
	    ioctl(vcpu, KVM_SET_REGS, &regs))
		return -4;

	if (ioctl(vcpu, KVM_RUN, 0) || run->exit_reason != KVM_EXIT_IO ||
	    run->io.port != 0x10 || ((char *)run)[run->io.data_offset] != '4')
		ret = -5;
	else if (ioctl(vcpu, KVM_RUN, 0) || run->exit_reason != KVM_EXIT_HLT)
		ret = -6;

	munmap(run, size);
	munmap(memory, 4096);
	close(vcpu);
	close(vm);
	close(kvm);
	return ret;
}

/* ---- The tests: each starts with vtx loaded and KVM not, and VMX off. ---- */

FIXTURE(kvm) {
};

FIXTURE_SETUP(kvm)
{
	kvm_unload();
	if (!file_exists(module_path("kvm-intel")))
		SKIP(return, "there is no kvm-intel.ko for this kernel");
	vtx_begin(_metadata);
}

FIXTURE_TEARDOWN_PARENT(kvm)
{
	kvm_unload();
	EXPECT_FALSE(module_is_loaded("kvm-intel"));
	vtx_end(_metadata);
}

#define KVM_TEST(name)	TEST_F_TIMEOUT(kvm, name, VTX_TEST_TIMEOUT)

KVM_TEST(kvm_has_vmx)
{
	int log = kmsg_open(), vtx, i;
	long busy, created;
	char lines[4096];

	/* In the other order too: vtx does not look at VMX when it is loaded. */
	ASSERT_EQ(0, module_unload("vtx"));
	ASSERT_EQ(0, kvm_load(""));
	EXPECT_EQ(cpus_online(), vmx_cpus_on());
	EXPECT_EQ(0, kvm_guest_runs());
	ASSERT_EQ(0, module_load("vtx", ""));
	EXPECT_EQ(cpus_online(), vmx_cpus_on());
	vtx = vtx_open();
	ASSERT_LE(0, vtx);

	busy = vtx_stat("vmx_busy");
	created = vtx_stat("vms_created");
	kmsg_lines(log, "vtx: ", lines, sizeof(lines));
	for (i = 1; i <= 3; i++) {
		EXPECT_EQ(-EBUSY, vm_create(vtx));
		EXPECT_EQ(busy + i, vtx_stat("vmx_busy"));
		EXPECT_EQ(cpus_online(), vmx_cpus_on());
		EXPECT_EQ(1, kmsg_lines(log, "vtx: ", lines, sizeof(lines)));
		EXPECT_TRUE(strstr(lines, "VMX is in use") &&
			    strstr(lines, "kvm_intel"))
			TH_LOG("log: '%s'", lines);
		EXPECT_EQ(0, kvm_guest_runs());
	}
	EXPECT_EQ(created, vtx_stat("vms_created"));

	ASSERT_EQ(0, module_unload("kvm-intel"));
	EXPECT_EQ(0, vmx_cpus_on());
	EXPECT_LE(0, vm_create(vtx));
	EXPECT_EQ(cpus_online(), vmx_cpus_on());
}

KVM_TEST(vtx_has_vmx)
{
	int log = kmsg_open(), vm, i;
	long refused = vtx_stat("rivals_refused");
	char lines[8192];

	vm = vm_create(vtx_open());
	ASSERT_LE(0, vm);
	for (i = 1; i <= 2; i++) {
		kmsg_lines(log, "", lines, sizeof(lines));
		EXPECT_EQ(-EBUSY, kvm_load(""));
		EXPECT_FALSE(module_is_loaded("kvm-intel"));
		EXPECT_EQ(refused + i, vtx_stat("rivals_refused"));
		EXPECT_EQ(cpus_online(), vmx_cpus_on());

		kmsg_lines(log, "", lines, sizeof(lines));
		EXPECT_TRUE(strstr(lines, "vtx: kvm_intel not loaded"));
		EXPECT_FALSE(strstr(lines, "WARNING"));
		EXPECT_FALSE(strstr(lines, "Call Trace"));
	}
	EXPECT_EQ(1, vtx_ioctl(vm, KVM_CHECK_EXTENSION, VTX_CAP_VTX));
	close(vm);
	EXPECT_EQ(0, vmx_cpus_on());
	EXPECT_EQ(0, kvm_load(""));
	EXPECT_EQ(cpus_online(), vmx_cpus_on());
	EXPECT_EQ(0, kvm_guest_runs());
}

/* A KVM that turns VMX on for its guests only: they take turns. */
KVM_TEST(they_take_turns)
{
	int vtx = vtx_open(), vm, round;

	ASSERT_LE(0, vtx);
	ASSERT_EQ(0, kvm_load("enable_virt_at_load=0"));
	for (round = 0; round < 3; round++) {
		EXPECT_EQ(0, vmx_cpus_on());
		vm = vm_create(vtx);
		ASSERT_LE(0, vm);
		EXPECT_EQ(cpus_online(), vmx_cpus_on());
		close(vm);
		EXPECT_EQ(0, vmx_cpus_on());
		EXPECT_EQ(0, kvm_guest_runs());
	}
	vm = ioctl(open("/dev/kvm", O_RDWR), KVM_CREATE_VM, 0);
	ASSERT_LE(0, vm);
	EXPECT_EQ(-EBUSY, vm_create(vtx));
	EXPECT_EQ(cpus_online(), vmx_cpus_on());
	close(vm);
	EXPECT_EQ(0, vmx_cpus_on());
	EXPECT_LE(0, vm_create(vtx));
}

VTX_TEST_MAIN
