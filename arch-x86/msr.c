// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs of a virtual CPU, by the table of msr_table.h.
 *
 * An access is looked up, held against what the guest's CPUID brings and who
 * asks, and, a write, against the row's rule.  Values that live nowhere else
 * are kept in struct vtx_msrs; for all others struct vtx_msr_op says what is
 * left to do.  A write that is refused changes nothing.
 *
 * Whoever owns the vCPU owns its struct vtx_msrs; there are no locks.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include <asm/mce.h>
#include <asm/msr-index.h>

#include "arch-x86/msr.h"

enum where { KEPT, LOADED, VMCS, CONST, CALLER };
enum guest { RW, RO, WO, RI };

enum rule {
	RULE_ANY,
	RULE_SAME,		/* as it is */
	RULE_MASK,		/* no bits but the argument's */
	RULE_LOW32,		/* bits 63:32 are ignored */
	RULE_CANONICAL,
	RULE_APIC_BASE,
	RULE_FEATURE_CONTROL,
	RULE_SPEC_CTRL,
	RULE_MCG_CTL,
	RULE_MC_BANK,
	RULE_MISC_ENABLE,
	RULE_DEBUGCTL,
	RULE_MTRR_PHYS,
	RULE_MTRR_FIX,
	RULE_MTRR_DEF_TYPE,
	RULE_PAT,
	RULE_X2APIC,
	RULE_HWCR,
};

#define ROW_GUESS_BITS	6

/* A row whose MSR every CPU has. */
#define VTX_CPUID_ALWAYS	VTX_CPUID_NR_FEATURES

#define L	BIT(0)
#define F	BIT(1)
#define P	BIT(2)

struct row {
	u32			first;
	u16			count;
	u16			slot;
	enum where		where;
	enum guest		guest;
	enum rule		rule;
	u64			argument;
	enum vtx_cpuid_feature	need;
	enum vtx_msr_todo	todo;
	u8			flags;
	bool			quick;	/* nothing to look at before a read */
};

static const struct row rows[] = {
#define ROW(name, first, count, where, guest, rule, argument, need,	\
	    todo, flags)						\
	{ first, count, VTX_MSR_SLOT_##name, where, guest, RULE_##rule,	\
	  argument, (enum vtx_cpuid_feature)VTX_CPUID_##need,		\
	  VTX_MSR_DO_##todo, flags,					\
	  where == KEPT && guest != WO &&				\
	  VTX_CPUID_##need == VTX_CPUID_ALWAYS },
	VTX_MSRS(ROW)
#undef ROW
};

/* Memory types: SDM 3A "Memory Cache Control"; UC- is for the PAT alone. */
#define TYPES_MTRR	(BIT(0) | BIT(1) | BIT(4) | BIT(5) | BIT(6))
#define TYPES_PAT	(TYPES_MTRR | BIT(7))

#define MTRR_TYPE		GENMASK_ULL(7, 0)
#define MTRR_VALID		BIT_ULL(11)
#define MTRR_DEF_FIXED_ENABLE	BIT_ULL(10)
#define MTRR_DEF_ENABLE		BIT_ULL(11)

/* No branch trace store and no PEBS: the guest has no PMU. */
#define MISC_ENABLE_FIXED	(MSR_IA32_MISC_ENABLE_BTS_UNAVAIL | \
				 MSR_IA32_MISC_ENABLE_PEBS_UNAVAIL)
/* AMD's: bits for caches and errata, which KVM ignores; McStatusWrEn, TscFreqSel */
#define HWCR_IGNORED	(BIT_ULL(3) | BIT_ULL(6) | BIT_ULL(8))
#define HWCR_KEPT	(BIT_ULL(18) | BIT_ULL(24))
#define MICROCODE_REVISION	BIT_ULL(32)

static const u64 arch_capabilities_offered = 0
#define ARCH_CAPABILITY(bit, name)	| BIT_ULL(bit)
	VTX_ARCH_CAPABILITIES(ARCH_CAPABILITY);
#undef ARCH_CAPABILITY

static bool in_row(const struct row *row, u32 index)
{
	return index - row->first < row->count;
}

static const struct row *search_row(u32 index)
{
	u32 low = 0, high = ARRAY_SIZE(rows);

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (index < rows[middle].first)
			high = middle;
		else if (!in_row(&rows[middle], index))
			low = middle + 1;
		else
			return &rows[middle];
	}
	return NULL;
}

/*
 * The row that an index with the same hash was found in last.  A guest uses few
 * MSRs, but these often; two that share a hash only cost each other the search.
 */
static u8 row_guess[BIT(ROW_GUESS_BITS)];
static_assert(ARRAY_SIZE(rows) <= U8_MAX);

static u8 *guess_of(u32 index)
{
	return &row_guess[hash_32(index, ROW_GUESS_BITS)];
}

static noinline const struct row *find_and_remember(u32 index)
{
	const struct row *row = search_row(index);

	if (row)
		WRITE_ONCE(*guess_of(index), row - rows);
	return row;
}

static __always_inline const struct row *find_row(u32 index)
{
	const struct row *row = &rows[READ_ONCE(*guess_of(index))];

	return likely(in_row(row, index)) ? row : find_and_remember(index);
}

/* Where the value is; also on a path that the CPU only speculates on. */
static u32 slot_of(const struct row *row, u32 index)
{
	return array_index_nospec(row->slot + index - row->first,
				  VTX_MSR_SLOTS);
}

static bool row_brought(const struct vtx_cpuid *cpuid, const struct row *row)
{
	if (row->need == (enum vtx_cpuid_feature)VTX_CPUID_ALWAYS)
		return true;
	if (row->need == VTX_CPUID_RDTSCP &&
	    vtx_cpuid_has(cpuid, VTX_CPUID_RDPID))
		return true;
	/* SDM 4 "IA32_SPEC_CTRL": any of its bits brings it. */
	if (row->rule == RULE_SPEC_CTRL &&
	    (vtx_cpuid_has(cpuid, VTX_CPUID_STIBP) ||
	     vtx_cpuid_has(cpuid, VTX_CPUID_SSBD)))
		return true;
	return vtx_cpuid_has(cpuid, row->need);
}

static u32 bank_of(const struct row *row, u32 index)
{
	return (index - row->first) / 4;
}

/* Is there such an MSR, for a guest or for user space? */
static __always_inline enum vtx_msr_result
row_present(const struct vtx_msrs *msrs, const struct row *row, u32 index,
	    bool host)
{
	u64 apic_base = msrs->value[VTX_MSR_SLOT_APIC_BASE];
	u64 mcg_cap = msrs->value[VTX_MSR_SLOT_MCG_CAP];

	if (row->rule == RULE_MC_BANK &&
	    bank_of(row, index) >= (mcg_cap & MCG_BANKCNT_MASK))
		return VTX_MSR_UNKNOWN;
	if (row->rule == RULE_X2APIC && (!(apic_base & VTX_APIC_BASE_EXTD) ||
					 !msrs->limits->x2apic))
		return VTX_MSR_INVALID;
	if (!host && !row_brought(msrs->cpuid, row))
		return VTX_MSR_INVALID;
	return VTX_MSR_OK;
}

static bool types_valid(u64 types, u32 valid)
{
	int i;

	for (i = 0; i < 64; i += 8) {
		u8 type = types >> i;

		if (type > 7 || !(valid & BIT(type)))
			return false;
	}
	return true;
}

static bool mtrr_type_valid(u64 value)
{
	return types_valid((value & MTRR_TYPE) * 0x0101010101010101ULL,
			   TYPES_MTRR);
}

/* SDM 3A "IA32_MTRR_PHYSBASEn and IA32_MTRR_PHYSMASKn" */
static bool mtrr_phys_valid(const struct vtx_msrs *msrs, bool mask, u64 value)
{
	u64 address = GENMASK_ULL(msrs->limits->phys_bits - 1, 12);

	if (mask)
		return !(value & ~(address | MTRR_VALID));
	return !(value & ~(address | MTRR_TYPE)) && mtrr_type_valid(value);
}

static bool mtrr_def_type_valid(u64 value)
{
	return !(value & ~(MTRR_TYPE | MTRR_DEF_FIXED_ENABLE |
			   MTRR_DEF_ENABLE)) && mtrr_type_valid(value);
}

/* SDM 3B "IA32_MCG_CTL MSR": all or nothing, where there is one. */
static bool mcg_ctl_valid(const struct vtx_msrs *msrs, bool host, u64 value)
{
	if (!(msrs->value[VTX_MSR_SLOT_MCG_CAP] & MCG_CTL_P))
		return host && !value;
	return !value || !~value;
}

/*
 * SDM 3B "Error-Reporting Register Banks".  Linux clears bit 10 of a CTL on
 * some CPUs, others clear bit 0.  A guest writes nothing but 0 to a STATUS.
 */
static bool mc_bank_valid(u32 reg, bool host, u64 value)
{
	switch (reg) {
	case 0:
		return !value || !~(value | BIT(10) | BIT(0));
	case 1:
		return host || !value;
	default:
		return true;
	}
}

static bool feature_control_valid(const struct vtx_msrs *msrs, bool host,
				  u64 value)
{
	u64 old = msrs->value[VTX_MSR_SLOT_FEATURE_CONTROL];

	if (value & ~(u64)FEAT_CTL_LOCKED)
		return false;
	return host || !(old & FEAT_CTL_LOCKED);
}

/* Last branches are not recorded, and asking for it is ignored. */
static bool debugctl_valid(u64 *value)
{
	*value &= ~(u64)DEBUGCTLMSR_LBR;
	return !(*value & ~(u64)DEBUGCTLMSR_BTF);
}

static bool apic_base_write_valid(const struct vtx_msrs *msrs, bool host,
				  u64 value)
{
	u64 old = msrs->value[VTX_MSR_SLOT_APIC_BASE];

	return host ? vtx_apic_base_valid(msrs->limits, value) :
	       vtx_apic_base_write(msrs->limits, old, value);
}

/* May this be written?  Takes bits away that are ignored. */
static bool value_valid(const struct vtx_msrs *msrs, const struct row *row,
			u32 index, bool host, u64 *value)
{
	switch (row->rule) {
	case RULE_ANY:
	case RULE_X2APIC:
		return true;
	case RULE_SAME:
		return *value == msrs->value[row->slot];
	case RULE_MASK:
		return !(*value & ~row->argument);
	case RULE_LOW32:
		*value = lower_32_bits(*value);
		return true;
	case RULE_CANONICAL:
		return vtx_canonical(*value, msrs->limits->virt_bits);
	case RULE_APIC_BASE:
		return apic_base_write_valid(msrs, host, *value);
	case RULE_FEATURE_CONTROL:
		return feature_control_valid(msrs, host, *value);
	case RULE_SPEC_CTRL:
		return !(*value & ~msrs->spec_ctrl);
	case RULE_MCG_CTL:
		return mcg_ctl_valid(msrs, host, *value);
	case RULE_MC_BANK:
		return mc_bank_valid((index - row->first) % 4, host, *value);
	case RULE_MISC_ENABLE:
		*value |= MISC_ENABLE_FIXED;
		return true;
	case RULE_DEBUGCTL:
		return debugctl_valid(value);
	case RULE_MTRR_PHYS:
		return mtrr_phys_valid(msrs, index & 1, *value);
	case RULE_MTRR_FIX:
		return types_valid(*value, TYPES_MTRR);
	case RULE_MTRR_DEF_TYPE:
		return mtrr_def_type_valid(*value);
	case RULE_HWCR:
		*value &= ~HWCR_IGNORED;
		return !(*value & ~HWCR_KEPT);
	case RULE_PAT:
		return types_valid(*value, TYPES_PAT);
	}
	return false;
}

static enum vtx_msr_todo todo_of(const struct row *row)
{
	switch (row->where) {
	case VMCS:
		return VTX_MSR_DO_VMCS;
	case LOADED:
		return VTX_MSR_DO_HARDWARE;
	default:
		return row->todo;
	}
}

static void start_op(struct vtx_msr_op *op, const struct row *row, u32 index)
{
	op->todo = todo_of(row);
	op->index = index;
	op->field = row->where == VMCS ? row->argument : 0;
	op->value = 0;
	op->old = 0;
}

/**
 * vtx_msr_quick() - a guest reads an MSR, most likely as it has before
 * @msrs: the vCPU's MSRs
 * @index: which one
 *
 * Return: its value; or NULL, for vtx_msr_read() to tell.
 */
const u64 *vtx_msr_quick(const struct vtx_msrs *msrs, u32 index)
{
	const struct row *row = &rows[READ_ONCE(*guess_of(index))];

	if (!row->quick || !in_row(row, index))
		return NULL;
	return &msrs->value[slot_of(row, index)];
}

/**
 * vtx_msr_read() - somebody reads an MSR
 * @msrs: the vCPU's MSRs
 * @index: which one
 * @host: it is user space that reads, not the guest
 * @op: receives the value, or where to get it from; undefined unless OK
 *
 * Return: whether it can be read.
 */
enum vtx_msr_result vtx_msr_read(const struct vtx_msrs *msrs, u32 index,
				 bool host, struct vtx_msr_op *op)
{
	const struct row *row = find_row(index);
	enum vtx_msr_result result;

	if (!row)
		return VTX_MSR_UNKNOWN;
	result = row_present(msrs, row, index, host);
	if (result != VTX_MSR_OK)
		return result;
	if (row->guest == WO)
		return VTX_MSR_INVALID;

	start_op(op, row, index);
	switch (row->where) {
	case KEPT:
		op->todo = VTX_MSR_DO_NOTHING;
		fallthrough;
	case LOADED:
		op->value = msrs->value[slot_of(row, index)];
		break;
	case CONST:
		op->value = row->argument;
		break;
	case VMCS:
	case CALLER:
		break;
	}
	return VTX_MSR_OK;
}

/**
 * vtx_msr_write() - somebody writes an MSR
 * @msrs: the vCPU's MSRs; changed if the write is allowed
 * @index: which one
 * @value: what is written
 * @host: it is user space that writes, not the guest
 * @op: receives what is left to do; undefined unless OK
 *
 * EFER is left to vtx_efer_write(), which may still refuse.
 *
 * Return: whether it can be written.
 */
enum vtx_msr_result vtx_msr_write(struct vtx_msrs *msrs, u32 index, u64 value,
				  bool host, struct vtx_msr_op *op)
{
	const struct row *row = find_row(index);
	enum vtx_msr_result result;
	u64 *kept;

	if (!row)
		return VTX_MSR_UNKNOWN;
	result = row_present(msrs, row, index, host);
	if (result != VTX_MSR_OK)
		return result;

	start_op(op, row, index);
	if (!host && row->guest == RO)
		return VTX_MSR_INVALID;
	if (!host && row->guest == RI) {
		op->todo = VTX_MSR_DO_NOTHING;
		return VTX_MSR_OK;
	}
	if (row->where == CONST)
		return value == row->argument ? VTX_MSR_OK : VTX_MSR_INVALID;
	if (!value_valid(msrs, row, index, host, &value))
		return VTX_MSR_INVALID;

	op->value = value;
	if (row->where == KEPT || row->where == LOADED) {
		kept = &msrs->value[slot_of(row, index)];
		op->old = *kept;
		*kept = value;
	}
	return VTX_MSR_OK;
}

/* SDM 4 "IA32_SPEC_CTRL": the bits, and the feature that brings each. */
static u64 spec_ctrl_bits(const struct vtx_cpuid *cpuid)
{
	static const struct {
		enum vtx_cpuid_feature	feature;
		u64			bits;
	} brings[] = {
		{ VTX_CPUID_SPEC_CTRL,	BIT(0) },
		{ VTX_CPUID_STIBP,	BIT(1) },
		{ VTX_CPUID_SSBD,	BIT(2) },
		{ VTX_CPUID_IPRED_CTRL,	BIT(3) | BIT(4) },
		{ VTX_CPUID_RRSBA_CTRL,	BIT(5) | BIT(6) },
		{ VTX_CPUID_PSFD,	BIT(7) },
		{ VTX_CPUID_DDPD_U,	BIT(8) },
		{ VTX_CPUID_BHI_CTRL,	BIT(10) },
	};
	u64 bits = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(brings); i++)
		if (vtx_cpuid_has(cpuid, brings[i].feature))
			bits |= brings[i].bits;
	return bits;
}

/**
 * vtx_msrs_set_cpuid() - tell a vCPU's MSRs what the vCPU is
 * @msrs: the MSRs; their values stay
 * @cpuid: what the vCPU's CPUID says, without entries if nothing yet
 * @limits: what vtx_cr_limits_init() made of it
 * @offered: what vtx offers on this machine
 *
 * All three are to stay as long as @msrs.
 */
void vtx_msrs_set_cpuid(struct vtx_msrs *msrs, const struct vtx_cpuid *cpuid,
			const struct vtx_cr_limits *limits,
			const struct vtx_cpuid *offered)
{
	msrs->cpuid = cpuid->nent ? cpuid : offered;
	msrs->offered = offered;
	msrs->limits = limits;
	msrs->spec_ctrl = spec_ctrl_bits(msrs->cpuid) & spec_ctrl_bits(offered);
}

/**
 * vtx_msrs_reset() - the values after power-up
 * @msrs: the MSRs
 * @apic_base: IA32_APIC_BASE, as vtx_sregs_reset() has it
 * @arch_capabilities: what vtx_arch_capabilities() leaves of the host's
 *
 * The PAT and what else is in the VMCS is the caller's.
 */
void vtx_msrs_reset(struct vtx_msrs *msrs, u64 apic_base, u64 arch_capabilities)
{
	memset(msrs->value, 0, sizeof(msrs->value));
	msrs->value[VTX_MSR_SLOT_APIC_BASE] = apic_base;
	msrs->value[VTX_MSR_SLOT_ARCH_CAPABILITIES] = arch_capabilities;
	msrs->value[VTX_MSR_SLOT_BIOS_SIGN_ID] = MICROCODE_REVISION;
	msrs->value[VTX_MSR_SLOT_FEATURE_CONTROL] = FEAT_CTL_LOCKED;
	msrs->value[VTX_MSR_SLOT_MCG_CAP] = VTX_MCE_BANKS;
	msrs->value[VTX_MSR_SLOT_KVM_POLL_CONTROL] = 1;
	msrs->value[VTX_MSR_SLOT_MISC_ENABLE] =
		MISC_ENABLE_FIXED | MSR_IA32_MISC_ENABLE_FAST_STRING;
}

/**
 * vtx_msrs_setup_mce() - KVM_X86_SETUP_MCE
 * @msrs: the MSRs
 * @mcg_cap: IA32_MCG_CAP: how many banks, and what they can
 *
 * Return: 0, or -EINVAL for no banks, too many, or what vtx cannot do.
 */
int vtx_msrs_setup_mce(struct vtx_msrs *msrs, u64 mcg_cap)
{
	u64 banks = mcg_cap & MCG_BANKCNT_MASK;
	u32 i;

	if (!banks || banks > VTX_MCE_BANKS ||
	    (mcg_cap & ~(MCG_BANKCNT_MASK | VTX_MCG_CAP_SUPPORTED)))
		return -EINVAL;
	msrs->value[VTX_MSR_SLOT_MCG_CAP] = mcg_cap;
	msrs->value[VTX_MSR_SLOT_MCG_CTL] = mcg_cap & MCG_CTL_P ? ~0ULL : 0;
	for (i = 0; i < banks; i++)
		msrs->value[VTX_MSR_SLOT_MC + 4 * i] = ~0ULL;
	return 0;
}

/**
 * vtx_msr_list() - KVM_GET_MSR_INDEX_LIST and KVM_GET_MSR_FEATURE_INDEX_LIST
 * @offered: what vtx offers on this machine
 * @features: the second of the two
 * @indices: receives the indices
 * @room: how many it has room for
 *
 * Return: how many there are, also if they did not fit.
 */
u32 vtx_msr_list(const struct vtx_cpuid *offered, bool features, u32 *indices,
		 u32 room)
{
	u32 i, j, n = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(rows[i].flags & (features ? F : L)) ||
		    !row_brought(offered, &rows[i]))
			continue;
		for (j = 0; j < rows[i].count; j++, n++)
			if (n < room)
				indices[n] = rows[i].first + j;
	}
	return n;
}

/**
 * vtx_msr_feature() - KVM_GET_MSRS on the device: what vtx offers
 * @index: the MSR
 * @arch_capabilities: what vtx_arch_capabilities() leaves of the host's
 * @value: receives the value
 *
 * Return: true, or false if the MSR says nothing about what vtx offers.
 */
bool vtx_msr_feature(u32 index, u64 arch_capabilities, u64 *value)
{
	switch (index) {
	case MSR_IA32_ARCH_CAPABILITIES:
		*value = arch_capabilities;
		return true;
	case MSR_IA32_UCODE_REV:
		*value = MICROCODE_REVISION;
		return true;
	}
	return false;
}

/**
 * vtx_arch_capabilities() - what a guest may know of the host's weaknesses
 * @host: the host's IA32_ARCH_CAPABILITIES, 0 if it has none
 *
 * Return: what of it holds in a guest too.
 */
u64 vtx_arch_capabilities(u64 host)
{
	return host & arch_capabilities_offered;
}

static bool row_passes(const struct vtx_msrs *msrs, const struct row *row)
{
	return (row->flags & P) && row_brought(msrs->cpuid, row) &&
	       row_brought(msrs->offered, row);
}

/**
 * vtx_msr_may_pass() - may a guest have the hardware's MSR, without an exit?
 * @msrs: the vCPU's MSRs
 * @index: the MSR
 *
 * A caller that lets it must read the hardware's value before it goes on to
 * another vCPU, unless it is in the VMCS.
 *
 * Return: true if it may be read and written so.
 */
bool vtx_msr_may_pass(const struct vtx_msrs *msrs, u32 index)
{
	const struct row *row = find_row(index);

	return row && row_passes(msrs, row);
}

/**
 * vtx_msr_walk_passed() - go through what vtx_msr_may_pass() allows
 * @msrs: the vCPU's MSRs
 * @pass: called with the index of each
 * @context: handed to @pass
 */
void vtx_msr_walk_passed(const struct vtx_msrs *msrs,
			 void (*pass)(void *context, u32 index), void *context)
{
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (row_passes(msrs, &rows[i]))
			for (j = 0; j < rows[i].count; j++)
				pass(context, rows[i].first + j);
}
