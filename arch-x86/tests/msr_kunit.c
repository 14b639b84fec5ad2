// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs of a virtual CPU: who may read and write what, and what that leaves to
 * do.
 *
 * msr.c is included whole, so that its table can be walked row by row.
 */
#include "module/compat.h"

#include <kunit/test.h>

/* The real code, not a copy. */
#include "../msr.c"

#define CANONICAL_HIGH	0xffff800000000000ULL
#define NOT_CANONICAL	0x0000800000000000ULL

/* A vCPU that has every feature, or none. */
struct vcpu {
	struct vtx_msrs		msrs;
	struct vtx_cpuid	cpuid;
	struct vtx_cpuid	offered;
	struct vtx_cr_limits	limits;
};

static struct vcpu *vcpu_with(struct kunit *test, bool features)
{
	struct vcpu *vcpu = kunit_kzalloc(test, sizeof(*vcpu), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vcpu);
	bitmap_fill(vcpu->offered.has, VTX_CPUID_NR_FEATURES);
	if (features)
		bitmap_fill(vcpu->cpuid.has, VTX_CPUID_NR_FEATURES);
	vcpu->cpuid.nent = 1;	/* user space has said */
	vcpu->limits.phys_bits = 39;
	vcpu->limits.virt_bits = 48;
	vcpu->limits.x2apic = true;
	vtx_msrs_reset(&vcpu->msrs, 0xfee00900, 0x123);
	vtx_msrs_set_cpuid(&vcpu->msrs, &vcpu->cpuid, &vcpu->limits,
			   &vcpu->offered);
	return vcpu;
}

static void table_is_sound(struct kunit *test)
{
	u32 slots = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		u32 last = row->first + row->count - 1;

		if (i)
			KUNIT_EXPECT_LT_MSG(test, rows[i - 1].first +
					    rows[i - 1].count - 1, row->first,
					    "%#x", row->first);
		KUNIT_EXPECT_PTR_EQ(test, find_row(row->first), row);
		KUNIT_EXPECT_PTR_EQ(test, find_row(last), row);
		KUNIT_EXPECT_PTR_NE(test, find_row(last + 1), row);
		KUNIT_EXPECT_PTR_NE(test, find_row(row->first - 1), row);
		KUNIT_EXPECT_EQ_MSG(test, row->slot, slots, "%#x", row->first);
		if (row->where == KEPT || row->where == LOADED)
			slots += row->count;
		/* Only what the hardware has can be passed through. */
		if (row->flags & P)
			KUNIT_EXPECT_TRUE_MSG(test, row->where == VMCS ||
					      row->where == LOADED, "%#x",
					      row->first);
		if (row->where == VMCS)
			KUNIT_EXPECT_EQ_MSG(test, vtx_vmcs_type(row->argument),
					    VMCS_TYPE_GUEST, "%#x", row->first);
	}
	KUNIT_EXPECT_EQ(test, slots, VTX_MSR_SLOTS);
}

/* Typed in by other people from the same manual. */
static void kernel_agrees(struct kunit *test)
{
	static const struct {
		enum vtx_msr_slot	slot;
		u32			index;
	} kept[] = {
		{ VTX_MSR_SLOT_APIC_BASE, MSR_IA32_APICBASE },
		{ VTX_MSR_SLOT_FEATURE_CONTROL, MSR_IA32_FEAT_CTL },
		{ VTX_MSR_SLOT_TSC_ADJUST, MSR_IA32_TSC_ADJUST },
		{ VTX_MSR_SLOT_SPEC_CTRL, MSR_IA32_SPEC_CTRL },
		{ VTX_MSR_SLOT_BIOS_SIGN_ID, MSR_IA32_UCODE_REV },
		{ VTX_MSR_SLOT_PLATFORM_INFO, MSR_PLATFORM_INFO },
		{ VTX_MSR_SLOT_ARCH_CAPABILITIES, MSR_IA32_ARCH_CAPABILITIES },
		{ VTX_MSR_SLOT_MCG_CAP, MSR_IA32_MCG_CAP },
		{ VTX_MSR_SLOT_MCG_STATUS, MSR_IA32_MCG_STATUS },
		{ VTX_MSR_SLOT_MCG_CTL, MSR_IA32_MCG_CTL },
		{ VTX_MSR_SLOT_MISC_ENABLE, MSR_IA32_MISC_ENABLE },
		{ VTX_MSR_SLOT_MTRR_FIX64K, 0x250 },
		{ VTX_MSR_SLOT_MTRR_FIX16K, 0x258 },
		{ VTX_MSR_SLOT_MTRR_FIX4K, 0x268 },
		{ VTX_MSR_SLOT_LAST_MTRR_FIX4K, 0x26f },
		{ VTX_MSR_SLOT_MTRR_DEF_TYPE, 0x2ff },
		{ VTX_MSR_SLOT_MC, MSR_IA32_MC0_CTL },
		{ VTX_MSR_SLOT_LAST_MC, 0x47f },
		{ VTX_MSR_SLOT_XSS, MSR_IA32_XSS },
		{ VTX_MSR_SLOT_STAR, MSR_STAR },
		{ VTX_MSR_SLOT_LSTAR, MSR_LSTAR },
		{ VTX_MSR_SLOT_CSTAR, MSR_CSTAR },
		{ VTX_MSR_SLOT_FMASK, MSR_SYSCALL_MASK },
		{ VTX_MSR_SLOT_KERNEL_GS_BASE, MSR_KERNEL_GS_BASE },
		{ VTX_MSR_SLOT_TSC_AUX, MSR_TSC_AUX },
	};
	static const struct {
		u32			index;
		enum vtx_msr_todo	todo;
		enum vtx_vmcs_field	field;
	} elsewhere[] = {
		{ MSR_IA32_TSC, VTX_MSR_DO_TSC },
		{ MSR_EFER, VTX_MSR_DO_EFER },
		{ MSR_IA32_SYSENTER_CS, VTX_MSR_DO_VMCS,
		  VMCS_GUEST_IA32_SYSENTER_CS },
		{ MSR_IA32_SYSENTER_ESP, VTX_MSR_DO_VMCS,
		  VMCS_GUEST_IA32_SYSENTER_ESP },
		{ MSR_IA32_SYSENTER_EIP, VTX_MSR_DO_VMCS,
		  VMCS_GUEST_IA32_SYSENTER_EIP },
		{ MSR_IA32_DEBUGCTLMSR, VTX_MSR_DO_VMCS,
		  VMCS_GUEST_IA32_DEBUGCTL },
		{ MSR_IA32_CR_PAT, VTX_MSR_DO_VMCS, VMCS_GUEST_IA32_PAT },
		{ MSR_FS_BASE, VTX_MSR_DO_VMCS, VMCS_GUEST_FS_BASE },
		{ MSR_GS_BASE, VTX_MSR_DO_VMCS, VMCS_GUEST_GS_BASE },
	};
	struct vcpu *vcpu = vcpu_with(test, true);
	struct vtx_msr_op op;
	int i;

	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		vcpu->msrs.value[VTX_MSR_SLOT_MCG_CAP] = VTX_MCE_BANKS;
		vcpu->msrs.value[kept[i].slot] ^= 0x5500;
		KUNIT_EXPECT_EQ_MSG(test, vtx_msr_read(&vcpu->msrs,
						       kept[i].index, false,
						       &op),
				    VTX_MSR_OK, "%#x", kept[i].index);
		KUNIT_EXPECT_EQ_MSG(test, op.value,
				    vcpu->msrs.value[kept[i].slot], "%#x",
				    kept[i].index);
	}
	for (i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		KUNIT_EXPECT_EQ(test, vtx_msr_read(&vcpu->msrs,
						   elsewhere[i].index, false,
						   &op), VTX_MSR_OK);
		KUNIT_EXPECT_EQ(test, op.todo, elsewhere[i].todo);
		KUNIT_EXPECT_EQ(test, op.field, elsewhere[i].field);
	}
}

static void written_values(struct kunit *test)
{
	static const struct {
		u32			index;
		u64			value;
		enum vtx_msr_result	guest, host;
	} cases[] = {
#define BOTH(result)	VTX_MSR_##result, VTX_MSR_##result
		/* not there */
		{ 0x3, 0, BOTH(UNKNOWN) },
		{ 0xc1, 0, BOTH(UNKNOWN) },		/* PMU */
		{ 0x480, 0, BOTH(UNKNOWN) },		/* VMX */
		{ 0x4b564d02, 0, BOTH(UNKNOWN) },	/* async page faults */
		{ ~0U, 0, BOTH(UNKNOWN) },
		/* read-only */
		{ 0xfe, 0, BOTH(INVALID) },
		{ 0xfe, 0x508, VTX_MSR_INVALID, VTX_MSR_OK },
		{ 0x10a, 0x8000, VTX_MSR_INVALID, VTX_MSR_OK },
		{ 0xce, 1, VTX_MSR_INVALID, VTX_MSR_OK },
		{ 0x179, 10, BOTH(INVALID) },
		{ 0x179, 32, VTX_MSR_INVALID, VTX_MSR_OK },
		{ 0x3a, 1, VTX_MSR_INVALID, VTX_MSR_OK },
		{ 0x3a, 5, BOTH(INVALID) },
		/* ignored */
		{ 0x8b, 0, BOTH(OK) },
		{ 0x199, 0x1234, VTX_MSR_OK, VTX_MSR_INVALID },
		{ 0xc0010015, 0x148, BOTH(OK) },
		{ 0xc0010015, 0x1040000, BOTH(OK) },
		{ 0xc0010015, 1, BOTH(INVALID) },
		/* masks */
		{ 0x17a, 0xf, BOTH(OK) },
		{ 0x17a, 0x10, BOTH(INVALID) },
		{ 0x49, 1, BOTH(OK) },
		{ 0x49, 2, BOTH(INVALID) },
		{ 0x48, 0x5ff, BOTH(OK) },
		{ 0x48, 0x200, BOTH(INVALID) },
		{ 0x48, BIT_ULL(32), BOTH(INVALID) },
		{ 0xda0, 0, BOTH(OK) },
		{ 0xda0, BIT(8), BOTH(INVALID) },
		{ 0xc0000084, 0x47700, BOTH(OK) },
		{ 0xc0000084, BIT_ULL(32), BOTH(INVALID) },
		{ 0xc0000103, U32_MAX, BOTH(OK) },
		{ 0xc0000103, BIT_ULL(32), BOTH(INVALID) },
		{ 0xc0000081, ~0ULL, BOTH(OK) },
		/* linear addresses */
		{ 0x175, CANONICAL_HIGH, BOTH(OK) },
		{ 0x175, NOT_CANONICAL, BOTH(INVALID) },
		{ 0x176, NOT_CANONICAL, BOTH(INVALID) },
		{ 0xc0000082, CANONICAL_HIGH, BOTH(OK) },
		{ 0xc0000082, NOT_CANONICAL, BOTH(INVALID) },
		{ 0xc0000083, NOT_CANONICAL, BOTH(INVALID) },
		{ 0xc0000100, NOT_CANONICAL, BOTH(INVALID) },
		{ 0xc0000101, NOT_CANONICAL, BOTH(INVALID) },
		{ 0xc0000102, NOT_CANONICAL, BOTH(INVALID) },
		/* memory types */
		{ 0x277, 0x0007040600070406, BOTH(OK) },
		{ 0x277, 0x0007040600070402, BOTH(INVALID) },
		{ 0x277, 0x0807040600070406, BOTH(INVALID) },
		{ 0x200, 0x6, BOTH(OK) },
		{ 0x200, 0x7ffffff006, BOTH(OK) },
		{ 0x200, 0x7, BOTH(INVALID) },
		{ 0x200, 0x106, BOTH(INVALID) },
		{ 0x20e, BIT_ULL(39), BOTH(INVALID) },
		{ 0x201, 0x7ffffff800, BOTH(OK) },
		{ 0x201, 0x6, BOTH(INVALID) },
		{ 0x20f, BIT_ULL(39), BOTH(INVALID) },
		{ 0x210, 0, BOTH(UNKNOWN) },
		{ 0x250, 0x0605040100060606, BOTH(OK) },
		{ 0x259, 0x0600000000000002, BOTH(INVALID) },
		{ 0x26f, 0x0700000000000000, BOTH(INVALID) },
		{ 0x2ff, 0xc06, BOTH(OK) },
		{ 0x2ff, 0xc02, BOTH(INVALID) },
		{ 0x2ff, 0x1c06, BOTH(INVALID) },
		/* machine checks */
		{ 0x17b, 0, VTX_MSR_INVALID, VTX_MSR_OK },
		{ 0x17b, ~0ULL, BOTH(INVALID) },
		{ 0x400, 0, BOTH(OK) },
		{ 0x400, ~0ULL, BOTH(OK) },
		{ 0x410, ~BIT_ULL(10), BOTH(OK) },
		{ 0x400, 1, BOTH(INVALID) },
		{ 0x401, 0, BOTH(OK) },
		{ 0x401, BIT_ULL(63), VTX_MSR_INVALID, VTX_MSR_OK },
		{ 0x47f, 0x1234, BOTH(OK) },
		{ 0x480, 0, BOTH(UNKNOWN) },
		/* others */
		{ 0x1b, 0xfee00d00, BOTH(OK) },
		{ 0x1b, 0xfee00500, BOTH(INVALID) },
		{ 0x1d9, 0, BOTH(OK) },
		{ 0x1d9, 3, BOTH(OK) },
		{ 0x1d9, 4, BOTH(INVALID) },
		{ 0x808, 0x20, BOTH(INVALID) },		/* not in x2APIC mode */
#undef BOTH
	};
	struct vtx_msr_op op;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vcpu *vcpu = vcpu_with(test, true);

		KUNIT_EXPECT_EQ_MSG(test,
				    vtx_msr_write(&vcpu->msrs, cases[i].index,
						  cases[i].value, false, &op),
				    cases[i].guest, "guest, %#x: %#llx",
				    cases[i].index, cases[i].value);
		vcpu = vcpu_with(test, true);
		KUNIT_EXPECT_EQ_MSG(test,
				    vtx_msr_write(&vcpu->msrs, cases[i].index,
						  cases[i].value, true, &op),
				    cases[i].host, "host, %#x: %#llx",
				    cases[i].index, cases[i].value);
	}
}

/* A write that is refused changes nothing, one that is not is kept. */
static void kept_or_not(struct kunit *test)
{
	static const struct {
		u32	index;
		u64	value;
		bool	host;
		u64	reads;
	} cases[] = {
		{ 0x8b, 0x1234, false, 1ULL << 32 },
		{ 0x8b, 0x1234, true, 0x1234 },
		{ 0x10a, 0, false, 0x123 },
		{ 0x10a, 0, true, 0 },
		{ 0x1a0, 0, false, 0x1800 },
		{ 0x2ff, 0xc06, false, 0xc06 },
		{ 0x2ff, 0xc02, false, 0 },
		{ 0x17a, 5, false, 5 },
		{ 0x47d, 0, false, 0 },
		{ 0xc0000082, CANONICAL_HIGH, false, CANONICAL_HIGH },
		{ 0xc0000082, NOT_CANONICAL, true, 0 },
		{ 0x199, 0x1234, false, 0 },
		{ 0xc0010015, 0x1000148, false, 0x1000000 },
	};
	struct vtx_msr_op op;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vcpu *vcpu = vcpu_with(test, true);

		vtx_msr_write(&vcpu->msrs, cases[i].index, cases[i].value,
			      cases[i].host, &op);
		KUNIT_EXPECT_EQ(test, vtx_msr_read(&vcpu->msrs, cases[i].index,
						   true, &op), VTX_MSR_OK);
		KUNIT_EXPECT_EQ_MSG(test, op.value, cases[i].reads, "case %d",
				    i);
	}
}

/* What is read quickly is what is read slowly, whatever was read before. */
static void quick_reads(struct kunit *test)
{
	static const u32 quick[] = { 0x1b, 0x8b, 0x1a0 };
	struct vcpu *vcpu = vcpu_with(test, false);
	const u64 *value;
	struct vtx_msr_op op;
	u32 i, index;

	for (i = 0; i < VTX_MSR_SLOTS; i++)
		vcpu->msrs.value[i] = 0x1000 + i;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (index = rows[i].first - 1;
		     index != rows[i].first + rows[i].count + 1; index++) {
			enum vtx_msr_result result =
				vtx_msr_read(&vcpu->msrs, index, false, &op);

			value = vtx_msr_quick(&vcpu->msrs, index);
			if (!value)
				continue;
			KUNIT_EXPECT_EQ_MSG(test, result, VTX_MSR_OK, "%#x",
					    index);
			KUNIT_EXPECT_EQ_MSG(test, op.todo, VTX_MSR_DO_NOTHING,
					    "%#x", index);
			KUNIT_EXPECT_EQ_MSG(test, op.value, *value, "%#x",
					    index);
		}
	}
	for (i = 0; i < ARRAY_SIZE(quick); i++) {
		vtx_msr_read(&vcpu->msrs, quick[i], false, &op);
		KUNIT_EXPECT_NOT_NULL_MSG(test,
					  vtx_msr_quick(&vcpu->msrs, quick[i]),
					  "%#x", quick[i]);
	}
}

static void left_to_do(struct kunit *test)
{
	static const struct {
		u32			index;
		u64			value, passed_on;
		enum vtx_msr_todo	todo;
	} cases[] = {
		{ 0x10, 5, 5, VTX_MSR_DO_TSC },
		{ 0x3b, 7, 7, VTX_MSR_DO_TSC_ADJUST },
		{ 0x48, 1, 1, VTX_MSR_DO_HARDWARE },
		{ 0x49, 1, 1, VTX_MSR_DO_IBPB },
		{ 0x79, 0xabc, 0xabc, VTX_MSR_DO_NOTHING },
		{ 0x8b, 0xabc, 0, VTX_MSR_DO_NOTHING },
		{ 0x174, 0x123456789, 0x23456789, VTX_MSR_DO_VMCS },
		{ 0x1d9, 3, 2, VTX_MSR_DO_VMCS },
		{ 0x1a0, 1, 0x1801, VTX_MSR_DO_NOTHING },
		{ 0x6e0, 99, 99, VTX_MSR_DO_TSC_DEADLINE },
		{ 0x1b, 0xfee00d00, 0xfee00d00, VTX_MSR_DO_APIC_BASE },
		{ 0x80b, 0, 0, VTX_MSR_DO_X2APIC },	/* after the last */
		{ 0xc0000080, 0x500, 0x500, VTX_MSR_DO_EFER },
		{ 0xc0000102, 1, 1, VTX_MSR_DO_HARDWARE },
	};
	struct vcpu *vcpu = vcpu_with(test, true);
	struct vtx_msr_op op;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    vtx_msr_write(&vcpu->msrs, cases[i].index,
						  cases[i].value, false, &op),
				    VTX_MSR_OK, "%#x", cases[i].index);
		KUNIT_EXPECT_EQ_MSG(test, op.index, cases[i].index, "%#x",
				    cases[i].index);
		KUNIT_EXPECT_EQ_MSG(test, op.todo, cases[i].todo, "%#x",
				    cases[i].index);
		KUNIT_EXPECT_EQ_MSG(test, op.value, cases[i].passed_on, "%#x",
				    cases[i].index);
	}

	KUNIT_EXPECT_EQ(test, vtx_msr_write(&vcpu->msrs, 0x3b, 10, false, &op),
			VTX_MSR_OK);
	KUNIT_EXPECT_EQ(test, op.old, 7);
	KUNIT_EXPECT_EQ(test, vtx_msr_read(&vcpu->msrs, 0x49, true, &op),
			VTX_MSR_INVALID);
	KUNIT_EXPECT_EQ(test, vtx_msr_read(&vcpu->msrs, 0x8ff, false, &op),
			VTX_MSR_OK);
	KUNIT_EXPECT_EQ(test, op.todo, VTX_MSR_DO_X2APIC);
}

/*
 * Without a feature its MSR is #GP for the guest; user space, which writes all
 * that is listed, may still read it and write 0.
 */
static void featureless(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_with(test, false);
	struct vtx_msr_op op;
	u32 indices[256], n, i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bool there = rows[i].need == VTX_CPUID_NR_FEATURES;
		enum vtx_msr_result result;

		result = vtx_msr_read(&vcpu->msrs, rows[i].first, false, &op);
		KUNIT_EXPECT_EQ_MSG(test, result, there && rows[i].guest != WO ?
				    VTX_MSR_OK : VTX_MSR_INVALID, "%#x",
				    rows[i].first);
	}
	n = vtx_msr_list(&vcpu->offered, false, indices, ARRAY_SIZE(indices));
	KUNIT_ASSERT_LE(test, n, ARRAY_SIZE(indices));
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ_MSG(test, vtx_msr_read(&vcpu->msrs, indices[i],
						       true, &op),
				    VTX_MSR_OK, "%#x", indices[i]);
		KUNIT_EXPECT_EQ_MSG(test, vtx_msr_write(&vcpu->msrs, indices[i],
							0, true, &op),
				    VTX_MSR_OK, "%#x", indices[i]);
	}
	KUNIT_EXPECT_FALSE(test, vtx_msr_may_pass(&vcpu->msrs, MSR_LSTAR));

	/* Any of these brings the MSR, each only its own bits. */
	__set_bit(VTX_CPUID_SSBD, vcpu->cpuid.has);
	__set_bit(VTX_CPUID_RDPID, vcpu->cpuid.has);
	vtx_msrs_set_cpuid(&vcpu->msrs, &vcpu->cpuid, &vcpu->limits,
			   &vcpu->offered);
	KUNIT_EXPECT_EQ(test, vtx_msr_write(&vcpu->msrs, MSR_IA32_SPEC_CTRL, 4,
					    false, &op), VTX_MSR_OK);
	KUNIT_EXPECT_EQ(test, vtx_msr_write(&vcpu->msrs, MSR_IA32_SPEC_CTRL, 1,
					    false, &op), VTX_MSR_INVALID);
	KUNIT_EXPECT_EQ(test, vtx_msr_read(&vcpu->msrs, MSR_TSC_AUX, false,
					   &op), VTX_MSR_OK);

	/* No CPUID yet: whatever is offered. */
	vcpu->cpuid.nent = 0;
	vtx_msrs_set_cpuid(&vcpu->msrs, &vcpu->cpuid, &vcpu->limits,
			   &vcpu->offered);
	KUNIT_EXPECT_EQ(test, vtx_msr_read(&vcpu->msrs, MSR_LSTAR, false, &op),
			VTX_MSR_OK);
}

static void machine_check_banks(struct kunit *test)
{
	static const struct {
		u64	mcg_cap;
		int	err;
	} caps[] = {
		{ 10, 0 }, { 32, 0 }, { 1 | MCG_CTL_P | MCG_SER_P, 0 },
		{ 0, -EINVAL }, { 33, -EINVAL }, { 10 | MCG_LMCE_P, -EINVAL },
		{ 10 | MCG_CMCI_P, -EINVAL },
	};
	struct vcpu *vcpu = vcpu_with(test, true);
	struct vtx_msrs *msrs = &vcpu->msrs;
	struct vtx_msr_op op;
	int i;

	for (i = 0; i < ARRAY_SIZE(caps); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    vtx_msrs_setup_mce(msrs, caps[i].mcg_cap),
				    caps[i].err, "%#llx", caps[i].mcg_cap);

	KUNIT_ASSERT_EQ(test, vtx_msrs_setup_mce(msrs, 10 | MCG_CTL_P), 0);
	KUNIT_EXPECT_EQ(test, vtx_msr_read(msrs, 0x427, false, &op),
			VTX_MSR_OK);
	KUNIT_EXPECT_EQ(test, vtx_msr_read(msrs, 0x428, false, &op),
			VTX_MSR_UNKNOWN);
	KUNIT_EXPECT_EQ(test, vtx_msr_read(msrs, 0x424, false, &op),
			VTX_MSR_OK);
	KUNIT_EXPECT_EQ(test, op.value, ~0ULL);
	KUNIT_EXPECT_EQ(test, vtx_msr_write(msrs, 0x17b, ~0ULL, false, &op),
			VTX_MSR_OK);
	KUNIT_EXPECT_EQ(test, vtx_msr_write(msrs, 0x17b, 1, true, &op),
			VTX_MSR_INVALID);
}

static void feature_control_locks(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_with(test, true);
	struct vtx_msr_op op;

	/* A user space that leaves it to the firmware. */
	KUNIT_EXPECT_EQ(test, vtx_msr_write(&vcpu->msrs, 0x3a, 0, true, &op),
			VTX_MSR_OK);
	KUNIT_EXPECT_EQ(test, vtx_msr_write(&vcpu->msrs, 0x3a, 1, false, &op),
			VTX_MSR_OK);
	KUNIT_EXPECT_EQ(test, vtx_msr_write(&vcpu->msrs, 0x3a, 0, false, &op),
			VTX_MSR_INVALID);
}

static bool listed(const u32 *indices, u32 n, u32 index)
{
	while (n--)
		if (indices[n] == index)
			return true;
	return false;
}

static void lists(struct kunit *test)
{
	static const u32 wanted[] = {
		MSR_IA32_TSC, MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SYSCALL_MASK,
		MSR_KERNEL_GS_BASE, MSR_IA32_SYSENTER_CS, MSR_IA32_CR_PAT,
		MSR_IA32_TSC_DEADLINE, MSR_IA32_MISC_ENABLE, MSR_TSC_AUX,
		MSR_IA32_TSC_ADJUST, MSR_IA32_SPEC_CTRL, MSR_IA32_XSS,
		MSR_IA32_ARCH_CAPABILITIES,
	};
	struct vcpu *vcpu = vcpu_with(test, true);
	u32 indices[256], n, i;
	u64 value;

	n = vtx_msr_list(&vcpu->offered, false, indices, ARRAY_SIZE(indices));
	/* QEMU sends at most 255 at once. */
	KUNIT_ASSERT_LE(test, n, 255);
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		KUNIT_EXPECT_TRUE_MSG(test, listed(indices, n, wanted[i]),
				      "%#x", wanted[i]);
	KUNIT_EXPECT_EQ(test, vtx_msr_list(&vcpu->offered, false, NULL, 0), n);

	__clear_bit(VTX_CPUID_XSAVES, vcpu->offered.has);
	KUNIT_EXPECT_EQ(test, vtx_msr_list(&vcpu->offered, false, indices, n),
			n - 1);
	KUNIT_EXPECT_FALSE(test, listed(indices, n - 1, MSR_IA32_XSS));

	n = vtx_msr_list(&vcpu->offered, true, indices, ARRAY_SIZE(indices));
	KUNIT_EXPECT_EQ(test, n, 2);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_TRUE_MSG(test, vtx_msr_feature(indices[i], 0x21,
							    &value), "%#x",
				      indices[i]);
	KUNIT_EXPECT_TRUE(test, vtx_msr_feature(MSR_IA32_ARCH_CAPABILITIES,
						0x21, &value));
	KUNIT_EXPECT_EQ(test, value, 0x21);
	KUNIT_EXPECT_FALSE(test, vtx_msr_feature(MSR_EFER, 0x21, &value));

	/* Neither the TSX control nor what is not known yet. */
	KUNIT_EXPECT_EQ(test, vtx_arch_capabilities(~0ULL),
			0x400000001d1ae17fULL);
}

static void count_pass(void *context, u32 index)
{
	++*(u32 *)context;
}

static void passed_through(struct kunit *test)
{
	static const u32 never[] = {
		MSR_IA32_TSC, MSR_IA32_APICBASE, MSR_EFER, MSR_IA32_DEBUGCTLMSR,
		MSR_IA32_XSS, MSR_CSTAR, MSR_IA32_PRED_CMD, 0x808, 0x480,
	};
	static const u32 may[] = {
		MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_STAR,
		MSR_LSTAR, MSR_SYSCALL_MASK, MSR_IA32_SYSENTER_CS,
		MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP, MSR_IA32_CR_PAT,
		MSR_TSC_AUX, MSR_IA32_SPEC_CTRL,
	};
	struct vcpu *vcpu = vcpu_with(test, true);
	u32 n = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(never); i++)
		KUNIT_EXPECT_FALSE_MSG(test, vtx_msr_may_pass(&vcpu->msrs,
							      never[i]),
				       "%#x", never[i]);
	for (i = 0; i < ARRAY_SIZE(may); i++)
		KUNIT_EXPECT_TRUE_MSG(test, vtx_msr_may_pass(&vcpu->msrs,
							     may[i]),
				      "%#x", may[i]);
	vtx_msr_walk_passed(&vcpu->msrs, count_pass, &n);
	KUNIT_EXPECT_EQ(test, n, ARRAY_SIZE(may));

	/* The guest's CPUID may say what the host's CPU has not. */
	bitmap_zero(vcpu->offered.has, VTX_CPUID_NR_FEATURES);
	KUNIT_EXPECT_FALSE(test, vtx_msr_may_pass(&vcpu->msrs, MSR_TSC_AUX));
}

static struct kunit_case msr_cases[] = {
	KUNIT_CASE(table_is_sound),
	KUNIT_CASE(kernel_agrees),
	KUNIT_CASE(written_values),
	KUNIT_CASE(kept_or_not),
	KUNIT_CASE(quick_reads),
	KUNIT_CASE(left_to_do),
	KUNIT_CASE(featureless),
	KUNIT_CASE(machine_check_banks),
	KUNIT_CASE(feature_control_locks),
	KUNIT_CASE(lists),
	KUNIT_CASE(passed_through),
	{ }
};

static struct kunit_suite msr_suite = {
	.name		= "vtx_msr",
	.test_cases	= msr_cases,
};

kunit_test_suite(msr_suite);
