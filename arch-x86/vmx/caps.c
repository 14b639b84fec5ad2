// SPDX-License-Identifier: GPL-2.0-only
/*
 * From capability MSRs to a configuration.
 *
 * A VMX control MSR says of each bit whether it must be 1 (low half) and
 * whether it may be 1 (high half).  Some bits that say "must be 1" only do so
 * for the sake of hypervisors older than the bit; the TRUE MSRs, where the CPU
 * has them, tell whether such a bit may be 0 after all (SDM 3D "Primary
 * Processor-Based VM-Execution Controls" in "VMX Capability Reporting
 * Facility").  The EPT and VPID capabilities are a plain list of what there is,
 * treated here as a word in which nothing must be 1.
 *
 * vtx_caps_solve() holds the table of features.h against those words and comes
 * to a configuration or to the first row that stands in the way.  It runs on
 * each CPU before VMX is turned on there, and vtx_caps_same() holds the result
 * against the first CPU's: a guest that migrates must find the same machine.
 *
 * No state, no locks; everything may be called in any context.
 */
#include "module/compat.h"

#include <linux/bitmap.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/msr-index.h>

#include "arch-x86/vmx/caps.h"

enum vtx_policy { REQUIRED, OPTIONAL, CLEARED, TOGGLED, MAYBE };

struct vtx_feature_row {
	enum vtx_feature_word	word;
	u64			mask;
	enum vtx_policy		policy;
	enum vtx_feature	needs;
	const char		*token;
	const char		*name;
};

static const struct vtx_feature_row vtx_rows[VTX_NR_FEATURES] = {
#define VTX_FEATURE_ROW(word, bit, token, policy, needs, name)		\
	[VTX_F_##token] = { VTX_WORD_##word, BIT_ULL(bit), policy,	\
			    VTX_F_##needs, #token, name },
	VTX_FEATURES(VTX_FEATURE_ROW)
#undef VTX_FEATURE_ROW
};

static const char *const vtx_word_names[VTX_WORDS] = {
#define VTX_WORD_NAME(word, name)					\
	[VTX_WORD_##word] = name,
	VTX_FEATURE_WORDS(VTX_WORD_NAME)
#undef VTX_WORD_NAME
};

#define for_each_feature(f) \
	for ((f) = VTX_F_NONE + 1; (f) < VTX_NR_FEATURES; (f)++)

/* What a CPU allows of one word: the bits that must and that may be 1. */
struct vtx_allowed {
	u64	must1;
	u64	may1;
};

/* IA32_VMX_BASIC: SDM 3D "Basic VMX Information". */
#define BASIC_REVISION		GENMASK_ULL(30, 0)
#define BASIC_REGION_SIZE	GENMASK_ULL(44, 32)
#define BASIC_MEMORY_TYPE	GENMASK_ULL(53, 50)
#define BASIC_TRUE_CONTROLS	BIT_ULL(55)
#define MEMORY_TYPE_WB		6

/**
 * vtx_vmx_msrs_read() - read the VMX capability MSRs of this CPU
 * @msrs: receives them
 *
 * The CPU must have VMX.  The caller keeps the task on this CPU.
 */
void vtx_vmx_msrs_read(struct vtx_vmx_msrs *msrs)
{
#define VTX_MSR_READ(name, msr)			\
	if (rdmsrq_safe(msr, &msrs->name))	\
		msrs->name = 0;
	VTX_VMX_MSRS(VTX_MSR_READ)
#undef VTX_MSR_READ
}

static struct vtx_allowed allowed_pair(u64 msr)
{
	return (struct vtx_allowed){ lower_32_bits(msr), upper_32_bits(msr) };
}

/*
 * The secondary controls and the EPT and VPID capabilities mean something only
 * if the control that brings them may be 1.
 */
static void decode_words(const struct vtx_vmx_msrs *msrs,
			 struct vtx_allowed *allowed)
{
	bool exact = msrs->basic & BASIC_TRUE_CONTROLS;

	memset(allowed, 0, VTX_WORDS * sizeof(*allowed));
	allowed[VTX_WORD_PIN] =
		allowed_pair(exact ? msrs->true_pin : msrs->pin);
	allowed[VTX_WORD_PROC] =
		allowed_pair(exact ? msrs->true_proc : msrs->proc);
	allowed[VTX_WORD_EXIT] =
		allowed_pair(exact ? msrs->true_exit : msrs->exit);
	allowed[VTX_WORD_ENTRY] =
		allowed_pair(exact ? msrs->true_entry : msrs->entry);

	if (!(allowed[VTX_WORD_PROC].may1 &
	      vtx_rows[VTX_F_ACTIVATE_SECONDARY].mask))
		return;
	allowed[VTX_WORD_PROC2] = allowed_pair(msrs->proc2);

	if (allowed[VTX_WORD_PROC2].may1 &
	    (vtx_rows[VTX_F_EPT].mask | vtx_rows[VTX_F_VPID].mask))
		allowed[VTX_WORD_EPT_VPID].may1 = msrs->ept_vpid;
}

static bool row_acceptable(const struct vtx_feature_row *row,
			   const struct vtx_allowed *allowed)
{
	bool may1 = allowed->may1 & row->mask;
	bool must1 = allowed->must1 & row->mask;

	switch (row->policy) {
	case REQUIRED:
		return may1;
	case CLEARED:
		return !must1;
	case TOGGLED:
		return may1 && !must1;
	case OPTIONAL:
	case MAYBE:
		break;
	}
	return true;
}

/* Is the feature at hand, leaving aside what it needs? */
static bool row_available(const struct vtx_feature_row *row, bool without,
			  const struct vtx_allowed *allowed)
{
	bool may1 = allowed->may1 & row->mask;
	bool must1 = allowed->must1 & row->mask;

	switch (row->policy) {
	case REQUIRED:
	case TOGGLED:
		return may1;
	case OPTIONAL:
		return must1 || (may1 && !without);
	case MAYBE:
		return may1 && !must1 && !without;
	case CLEARED:
		break;
	}
	return false;
}

/* Take away what lacks its need, until nothing more falls. */
static void drop_unsupported(unsigned long *has)
{
	bool dropped;
	int f;

	do {
		dropped = false;
		for_each_feature(f) {
			enum vtx_feature needs = vtx_rows[f].needs;

			if (needs == VTX_F_NONE || !test_bit(f, has) ||
			    test_bit(needs, has))
				continue;
			clear_bit(f, has);
			dropped = true;
		}
	} while (dropped);
}

static int check_basic(u64 basic, char *why, size_t why_size)
{
	u64 size = FIELD_GET(BASIC_REGION_SIZE, basic);
	u64 type = FIELD_GET(BASIC_MEMORY_TYPE, basic);

	if (!size || size > PAGE_SIZE) {
		snprintf(why, why_size, "VMCS region size of %llu bytes", size);
		return -EOPNOTSUPP;
	}
	if (type != MEMORY_TYPE_WB) {
		snprintf(why, why_size, "VMCS memory type %llu, not write-back",
			 type);
		return -EOPNOTSUPP;
	}
	return 0;
}

static void explain_row(const struct vtx_feature_row *row, char *why,
			size_t why_size)
{
	if (row == &vtx_rows[VTX_F_ACTIVATE_SECONDARY] ||
	    row == &vtx_rows[VTX_F_EPT])
		snprintf(why, why_size,
			 "this CPU has no EPT (no \"%s\" in the %s)", row->name,
			 vtx_word_names[row->word]);
	else
		snprintf(why, why_size,
			 "this CPU's VMX cannot %s \"%s\" in the %s",
			 row->policy == CLEARED ? "clear" :
			 row->policy == TOGGLED ? "toggle" : "set",
			 row->name, vtx_word_names[row->word]);
}

/**
 * vtx_caps_solve() - make a configuration out of capability MSRs
 * @msrs: the raw values
 * @without: optional features to do without, a bitmap of enum vtx_feature
 * @caps: receives the configuration; undefined after an error
 * @why: receives one line without a newline that says what is in the way
 * @why_size: its size in bytes
 *
 * An optional feature that the CPU forces on stays on whatever @without says.
 *
 * Return: 0, or -EOPNOTSUPP with @why filled in.
 */
int vtx_caps_solve(const struct vtx_vmx_msrs *msrs,
		   const unsigned long *without, struct vtx_caps *caps,
		   char *why, size_t why_size)
{
	struct vtx_allowed allowed[VTX_WORDS];
	int err, f, w;

	err = check_basic(msrs->basic, why, why_size);
	if (err)
		return err;
	decode_words(msrs, allowed);

	memset(caps, 0, sizeof(*caps));
	for_each_feature(f) {
		const struct vtx_feature_row *row = &vtx_rows[f];

		if (!row_acceptable(row, &allowed[row->word])) {
			explain_row(row, why, why_size);
			return -EOPNOTSUPP;
		}
		if (row_available(row, test_bit(f, without),
				  &allowed[row->word]))
			set_bit(f, caps->has);
	}
	drop_unsupported(caps->has);

	for (w = 0; w < VTX_WORDS; w++)
		caps->word[w] = allowed[w].must1;
	for_each_set_bit(f, caps->has, VTX_NR_FEATURES) {
		const struct vtx_feature_row *row = &vtx_rows[f];

		if (row->policy == REQUIRED || row->policy == OPTIONAL)
			caps->word[row->word] |= row->mask;
	}

	caps->revision = FIELD_GET(BASIC_REVISION, msrs->basic);
	caps->region_size = FIELD_GET(BASIC_REGION_SIZE, msrs->basic);
	caps->cr0_fixed0 = msrs->cr0_fixed0;
	caps->cr0_fixed1 = msrs->cr0_fixed1;
	caps->cr4_fixed0 = msrs->cr4_fixed0;
	caps->cr4_fixed1 = msrs->cr4_fixed1;
	return 0;
}

static bool same(const char *what, u64 first, u64 other, char *why,
		 size_t why_size)
{
	if (first == other)
		return true;
	snprintf(why, why_size, "%s: %#llx, not %#llx as on the first CPU",
		 what, other, first);
	return false;
}

/**
 * vtx_caps_same() - can a guest move between two CPUs?
 * @first: what the first CPU has
 * @other: what the other one has
 * @why: receives one line without a newline about the first difference
 * @why_size: its size in bytes
 *
 * Only what vtx uses is compared: a CPU may differ in what it does not use.
 *
 * Return: true if nothing differs, else false with @why filled in.
 */
bool vtx_caps_same(const struct vtx_caps *first, const struct vtx_caps *other,
		   char *why, size_t why_size)
{
	int f, w;

#define SAME(member) \
	same(#member, first->member, other->member, why, why_size)
	if (!SAME(revision) || !SAME(region_size) ||
	    !SAME(cr0_fixed0) || !SAME(cr0_fixed1) ||
	    !SAME(cr4_fixed0) || !SAME(cr4_fixed1))
		return false;
#undef SAME

	for_each_feature(f) {
		if (vtx_caps_have(first, f) == vtx_caps_have(other, f))
			continue;
		snprintf(why, why_size, "\"%s\": %s, unlike the first CPU",
			 vtx_rows[f].name,
			 vtx_caps_have(other, f) ? "present" : "missing");
		return false;
	}
	for (w = 0; w < VTX_WORDS; w++)
		if (!same(vtx_word_names[w], first->word[w], other->word[w],
			  why, why_size))
			return false;
	return true;
}

/**
 * vtx_caps_parse_without() - read a list of features to do without
 * @list: tokens of VTX_FEATURES in either case, separated by commas; may be
 *	NULL or empty
 * @without: receives the bitmap of enum vtx_feature
 *
 * Return: 0, or -EINVAL if a token is unknown or names a feature that vtx
 * cannot do without.
 */
int vtx_caps_parse_without(const char *list, unsigned long *without)
{
	size_t length;
	int f;

	bitmap_zero(without, VTX_NR_FEATURES);
	for (; list && *list; list += length + (list[length] == ',')) {
		length = strcspn(list, ",\n");
		if (!length && list[0] == '\n')
			break;
		for_each_feature(f)
			if (vtx_feature_optional(f) &&
			    strlen(vtx_rows[f].token) == length &&
			    !strncasecmp(vtx_rows[f].token, list, length))
				break;
		if (f == VTX_NR_FEATURES)
			return -EINVAL;
		set_bit(f, without);
	}
	return 0;
}

/**
 * vtx_feature_token() - a feature's short name, as without= takes it
 * @feature: a row of VTX_FEATURES
 *
 * Return: the name, in capitals.
 */
const char *vtx_feature_token(enum vtx_feature feature)
{
	return vtx_rows[feature].token;
}

/**
 * vtx_feature_name() - what a feature is called
 * @feature: a row of VTX_FEATURES
 *
 * Return: the SDM's words.
 */
const char *vtx_feature_name(enum vtx_feature feature)
{
	return vtx_rows[feature].name;
}

/**
 * vtx_word_name() - what a word of controls or capabilities is called
 * @word: a row of VTX_FEATURE_WORDS
 *
 * Return: the SDM's words.
 */
const char *vtx_word_name(enum vtx_feature_word word)
{
	return vtx_word_names[word];
}

/**
 * vtx_feature_optional() - can vtx do without a feature?
 * @feature: a row of VTX_FEATURES
 *
 * Return: true if it can.
 */
bool vtx_feature_optional(enum vtx_feature feature)
{
	return vtx_rows[feature].policy == OPTIONAL ||
	       vtx_rows[feature].policy == MAYBE;
}

/**
 * vtx_feature_wanted() - does vtx use a feature, or is it one to be kept off?
 * @feature: a row of VTX_FEATURES
 *
 * Return: true if it is used where the CPU has it.
 */
bool vtx_feature_wanted(enum vtx_feature feature)
{
	return vtx_rows[feature].policy != CLEARED;
}
