// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: what QEMU, Firecracker and cloud-hypervisor write into every vCPU
 * they start is taken, all of it: they give up if a single MSR is refused.
 *
 * The rows are in the clients' order and have their values at a reset.
 */
#include <string.h>

#include "lib/guest.h"
#include "lib/harness.h"

#define APIC_BASE	0x1b
#define TSC_DEADLINE	0x6e0
#define MTRR_BASE	0x200
#define MC		0x400

/* Banks, IA32_MCG_CTL, software error recovery */
#define QEMU_MCG_CAP	(10 | BIT(8) | BIT(24))
#define BIT(n)		(1UL << (n))

static struct guest guest;
static struct vcpu vcpu;
static struct msr_list msrs;

static void begin(void)
{
	guest_create(&guest);
	MUST(!ioctl(guest.fd, KVM_CREATE_IRQCHIP, 0));
	vcpu_create(&vcpu, &guest, 0);
	memset(&msrs, 0, sizeof(msrs));
}

static void add(__u32 index, __u64 value)
{
	MUST(msrs.list.nmsrs < MSRS_ROOM);
	msrs.entry[msrs.list.nmsrs].index = index;
	msrs.entry[msrs.list.nmsrs++].data = value;
}

static bool listed(__u32 index)
{
	struct {
		struct kvm_msr_list	list;
		__u32			index[1024];
	} indices = { .list.nmsrs = 1024 };
	unsigned int i;

	MUST(!ioctl(guest.device, KVM_GET_MSR_INDEX_LIST, &indices));
	for (i = 0; i < indices.list.nmsrs; i++)
		if (indices.index[i] == index)
			return true;
	return false;
}

static void add_listed(__u32 index, __u64 value)
{
	if (listed(index))
		add(index, value);
}

/* All at once.  Return: how many were taken; tells the first that was not. */
static unsigned int put(struct __test_metadata *_metadata)
{
	int done = ioctl(vcpu.fd, KVM_SET_MSRS, &msrs);

	MUST(done >= 0);
	if (done < (int)msrs.list.nmsrs)
		TH_LOG("MSR %#x to %#llx", msrs.entry[done].index,
		       msrs.entry[done].data);
	return done;
}

/* What they write they read, too. */
static unsigned int get(struct __test_metadata *_metadata)
{
	int done = ioctl(vcpu.fd, KVM_GET_MSRS, &msrs);

	MUST(done >= 0);
	if (done < (int)msrs.list.nmsrs)
		TH_LOG("MSR %#x cannot be read", msrs.entry[done].index);
	return done;
}

/* ---- QEMU 10 ---- */

static void qemu_always(void)
{
	add(0x174, 0);			/* SYSENTER_CS, ESP, EIP */
	add(0x175, 0);
	add(0x176, 0);
	add(0x277, 0x0007040600070406);	/* PAT */
	add_listed(0xc0000081, 0);	/* STAR */
	add_listed(0xc0000103, 0);	/* TSC_AUX */
	add_listed(0x3b, 0);		/* TSC_ADJUST */
	add_listed(0x1a0, 1);		/* MISC_ENABLE */
	add_listed(0x9e, 0x30000);	/* SMBASE */
	add_listed(0x34, 0);		/* SMI_COUNT */
	add_listed(0x6e1, 0);		/* PKRS */
	add_listed(0xd90, 0);		/* BNDCFGS */
	add_listed(0xda0, 0);		/* XSS */
	add_listed(0xe1, 0);		/* UMWAIT_CONTROL */
	add_listed(0x48, 0);		/* SPEC_CTRL */
	add_listed(0x122, 0);		/* TSX_CTRL */
	add_listed(0xc001011f, 0);	/* VIRT_SSBD */
	add_listed(0xc0010015, 0);	/* HWCR */
	add(0xc0000083, 0);		/* CSTAR */
	add(0xc0000102, 0);		/* KERNEL_GS_BASE */
	add(0xc0000084, 0);		/* FMASK */
	add(0xc0000082, 0);		/* LSTAR */
}

static void qemu_paravirtual(void)
{
	static const struct {
		int	feature;
		__u32	msr;
	} rows[] = {
		{ 3, 0x12 }, { 3, 0x11 }, { 14, 0x4b564d06 }, { 4, 0x4b564d02 },
		{ 6, 0x4b564d04 }, { 5, 0x4b564d03 },
	};
	struct kvm_cpuid_entry2 *entry;
	struct cpuid_list cpuid;
	unsigned int i;

	cpuid_supported(&guest, &cpuid);
	entry = cpuid_find(&cpuid, 0x40000001, 0);
	MUST(entry);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (entry->eax >> rows[i].feature & 1)
			add(rows[i].msr, 0);
	if (entry->eax >> 12 & 1)
		add(0x4b564d05, 1);	/* POLL_CONTROL */
}

static void qemu_mtrrs(void)
{
	int i;

	add(0x2ff, 0);
	add(0x250, 0);
	add(0x258, 0);
	add(0x259, 0);
	for (i = 0; i < 8; i++)
		add(0x268 + i, 0);
	for (i = 0; i < 16; i++)
		add(MTRR_BASE + i, 0);
}

static void qemu_machine_checks(void)
{
	int i;

	add(0x17a, 0);
	add(0x17b, -1ULL);
	for (i = 0; i < 10 * 4; i++)
		add(MC + i, i % 4 ? 0 : -1ULL);
}

VTX_TEST(qemu_reset)
{
	__u64 mcg_cap = QEMU_MCG_CAP, supported = 0;

	begin();
	ASSERT_EQ(0, ioctl(guest.device, KVM_X86_GET_MCE_CAP_SUPPORTED,
			   &supported));
	EXPECT_EQ(0, ~supported & mcg_cap & ~0xffULL);
	ASSERT_LE(10, guest_extension(&guest, KVM_CAP_MCE));
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_X86_SETUP_MCE, &mcg_cap));

	/* Once, when the vCPU is made */
	add_listed(0x10a, 0);
	add_listed(0x8b, 0x100000000);
	EXPECT_EQ(msrs.list.nmsrs, put(_metadata));
	/* At each reset */
	msrs.list.nmsrs = 0;
	qemu_always();
	add(0x10, 0);			/* TSC */
	qemu_paravirtual();
	qemu_mtrrs();
	qemu_machine_checks();
	EXPECT_EQ(msrs.list.nmsrs, put(_metadata));
	EXPECT_EQ(msrs.list.nmsrs, get(_metadata));
	/* What was read is what a new machine is given after a migration. */
	EXPECT_EQ(msrs.list.nmsrs, put(_metadata));
	/* One by one */
	msrs.list.nmsrs = 0;
	add(APIC_BASE, 0xfee00900);
	EXPECT_EQ(1, put(_metadata));
	msrs.list.nmsrs = 0;
	add(TSC_DEADLINE, 0);
	EXPECT_EQ(1, put(_metadata));
}

/* The firmware's values, as after a migration of a guest that has booted. */
VTX_TEST(qemu_after_the_firmware)
{
	__u64 mcg_cap = QEMU_MCG_CAP;
	int i;

	begin();
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_X86_SETUP_MCE, &mcg_cap));
	add(0x2ff, 0xc06);
	add(0x250, 0x0606060606060606);
	add(0x258, 0x0606060606060606);
	add(0x259, 0);
	for (i = 0; i < 8; i++)
		add(0x268 + i, 0x0505050505050505);
	add(MTRR_BASE, 0xc0000000);
	add(MTRR_BASE + 1, 0xfc0000800);
	add(0x277, 0x0407010600070106);	/* Linux's PAT */
	add(0x1a0, 0x1801);
	add(0x17b, -1ULL);
	EXPECT_EQ(msrs.list.nmsrs, put(_metadata));
	EXPECT_EQ(msrs.list.nmsrs, get(_metadata));
	EXPECT_EQ(0xc06, msrs.entry[0].data);
}

VTX_TEST(qemu_ioctls)
{
	struct kvm_tpr_access_ctl tpr = { .enabled = 1 };
	struct kvm_vapic_addr vapic = { 0 };
	struct kvm_nested_state *nested;
	struct kvm_vcpu_events events;
	struct kvm_debugregs debugregs;
	struct kvm_clock_data clock;

	begin();
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_TPR_ACCESS_REPORTING, &tpr));
	EXPECT_EQ(1, tpr.enabled);
	tpr.enabled = 0;
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_TPR_ACCESS_REPORTING, &tpr));
	tpr.flags = 1;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_TPR_ACCESS_REPORTING,
				     (unsigned long)&tpr));
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_SET_VAPIC_ADDR, &vapic));
	EXPECT_EQ(-EFAULT, vtx_ioctl(vcpu.fd, KVM_SET_VAPIC_ADDR, 8));
	vapic.vapic_addr = 1UL << 40;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_VAPIC_ADDR,
				     (unsigned long)&vapic));
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_GET_VCPU_EVENTS, &events));
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_SET_VCPU_EVENTS, &events));
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_GET_DEBUGREGS, &debugregs));
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_SET_DEBUGREGS, &debugregs));
	EXPECT_EQ(0, ioctl(guest.fd, KVM_GET_CLOCK, &clock));
	EXPECT_EQ(0, ioctl(guest.fd, KVM_SET_CLOCK, &clock));
	if (!guest_extension(&guest, KVM_CAP_X86_SMM))
		EXPECT_EQ(-ENOTTY, vtx_ioctl(vcpu.fd, KVM_SMI, 0));

	/* cloud-hypervisor saves and restores it without asking. */
	nested = calloc(1, 128 + 8192);
	nested->size = 64;
	EXPECT_EQ(-E2BIG, vtx_ioctl(vcpu.fd, KVM_GET_NESTED_STATE,
				    (unsigned long)nested));
	EXPECT_EQ(128, nested->size);
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_GET_NESTED_STATE, nested));
	EXPECT_EQ(128, nested->size);
	EXPECT_EQ(0, nested->flags);
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_SET_NESTED_STATE, nested));
	nested->flags = KVM_STATE_NESTED_GUEST_MODE;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_NESTED_STATE,
				     (unsigned long)nested));
	nested->flags = 0;
	nested->size = 8;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_NESTED_STATE,
				     (unsigned long)nested));
}

/* Without a local APIC there is nothing to have an address of. */
VTX_TEST(vapic_without_apic)
{
	struct kvm_vapic_addr vapic = { 0 };

	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_VAPIC_ADDR,
				     (unsigned long)&vapic));
}

/* ---- kvmtool, Firecracker, cloud-hypervisor, crosvm ---- */

VTX_TEST(rust_vmms)
{
	unsigned int i;

	begin();
	for (i = 0x174; i <= 0x176; i++)
		add(i, 0);
	add(0xc0000081, 0);
	add(0xc0000083, 0);
	add(0xc0000102, 0);
	add(0xc0000084, 0);
	add(0xc0000082, 0);
	add(0x10, 0);
	add(0x1a0, 1);			/* fast strings */
	add(0x2ff, BIT(11) | 6);	/* all of memory write-back */
	EXPECT_EQ(msrs.list.nmsrs, put(_metadata));
	/* They save what is listed and the MTRRs, and restore it. */
	qemu_mtrrs();
	EXPECT_EQ(msrs.list.nmsrs, get(_metadata));
	EXPECT_EQ(msrs.list.nmsrs, put(_metadata));
	/* How many variable ones there are */
	msrs.list.nmsrs = 0;
	add(0xfe, 0);
	EXPECT_EQ(1, get(_metadata));
	EXPECT_EQ(8, msrs.entry[0].data & 0xff);
}

VTX_TEST_MAIN
