/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the VM-entry checker share; nobody else includes it.
 *
 * A rule is one line: MUST(check, FIELD, condition, "words").  It returns false
 * from the function it stands in, after noting the field and the words.
 */
#ifndef VTX_ARCH_X86_VMX_CHECK_RULES_H
#define VTX_ARCH_X86_VMX_CHECK_RULES_H

#include <linux/bits.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "arch-x86/vmx/check.h"
#include "arch-x86/vmx/exit_reasons.h"

/* Controls that vtx has no row for, because it never sets them. */
#define PROC_IO_BITMAPS		BIT(25)
#define PROC_TERTIARY		BIT(17)
#define PROC2_VMFUNC		BIT(13)
#define PROC2_SHADOW_VMCS	BIT(14)
#define PROC2_EPT_VE		BIT(18)
#define PROC2_MODE_BASED_EXEC	BIT(22)
#define PROC2_SPP		BIT(23)
#define PROC2_PT_GPA		BIT(24)
#define EXIT_SAVE_TIMER		BIT(22)
#define EXIT_CLEAR_RTIT		BIT(25)
#define EXIT_LOAD_CET		BIT(28)
#define EXIT_LOAD_PKRS		BIT(29)
#define ENTRY_TO_SMM		BIT(10)
#define ENTRY_DEACTIVATE_DUAL	BIT(11)
#define ENTRY_LOAD_BNDCFGS	BIT(16)
#define ENTRY_LOAD_RTIT		BIT(18)
#define ENTRY_LOAD_UINV		BIT(19)
#define ENTRY_LOAD_CET		BIT(20)
#define ENTRY_LOAD_PKRS		BIT(22)

/* IA32_VMX_MISC: SDM 3D "Miscellaneous Data". */
#define MISC_HLT		BIT(6)
#define MISC_SHUTDOWN		BIT(7)
#define MISC_WAIT_FOR_SIPI	BIT(8)
#define MISC_CR3_TARGETS	GENMASK(24, 16)
#define MISC_ZERO_LENGTH	BIT(30)

/* IA32_VMX_BASIC: SDM 3D "Basic VMX Information". */
#define BASIC_TRUE		BIT_ULL(55)
#define BASIC_ANY_ERROR_CODE	BIT_ULL(56)

static inline u64 vtx_check_get(const struct vtx_check *check,
				enum vtx_vmcs_field field)
{
	return check->read(check->arg, field);
}

#define GET(check, FIELD)	vtx_check_get(check, VMCS_##FIELD)

/* Is a control of VTX_FEATURES on?  The field, then the row's token. */
#define HAS(check, FIELD, token) \
	(!!(GET(check, CTRL_##FIELD) & VTX_CONTROL(token)))

bool vtx_check_broken(struct vtx_check *check, enum vtx_vmcs_field field,
		      const char *rule);

#define MUST_OF(check, field, condition, rule)				\
	do {								\
		if (!(condition))					\
			return vtx_check_broken(check, field, rule);	\
	} while (0)

#define MUST(check, FIELD, condition, rule) \
	MUST_OF(check, VMCS_##FIELD, condition, rule)

/* What many fields must be. */
#define MUST_BE_CANONICAL(check, FIELD)					\
	MUST(check, FIELD,						\
	     vtx_check_canonical(check, GET(check, FIELD)), "canonical")

#define MUST_BE_PAGE(check, FIELD)					\
	MUST(check, FIELD,						\
	     vtx_check_hpa(check, GET(check, FIELD), SZ_4K),		\
	     "a page's physical address")

u32 vtx_check_proc2(const struct vtx_check *check);
bool vtx_check_canonical(const struct vtx_check *check, u64 gva);
bool vtx_check_hpa(const struct vtx_check *check, u64 hpa, u64 align);
bool vtx_check_pat(u64 pat);

bool vtx_check_controls(struct vtx_check *check);
bool vtx_check_host(struct vtx_check *check);
bool vtx_check_guest(struct vtx_check *check);
bool vtx_check_segments(struct vtx_check *check);
bool vtx_check_nonregister(struct vtx_check *check);

#endif /* VTX_ARCH_X86_VMX_CHECK_RULES_H */
