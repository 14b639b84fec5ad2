// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_TRANSLATE: what the guest's page tables say of an address.
 */
#include "module/compat.h"

#include <linux/string.h>

#include "arch-x86/linear.h"
#include "arch-x86/translate.h"
#include "arch-x86/vcpu.h"

static int read_entry(void *context, u64 gpa, unsigned int bytes, u64 *entry)
{
	*entry = 0;
	return vtx_linear_read_gpa(context, gpa, entry, bytes);
}

/**
 * vtx_translate() - KVM_TRANSLATE
 * @vcpu: the vCPU; its process is the current one
 * @translation: the linear address; receives the rest: the translation for the
 *	supervisor's reads, not valid if there is none
 *
 * The guest's accessed and dirty flags stay as they are.  May sleep.
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_translate(struct vtx_vcpu *vcpu, struct kvm_translation *translation)
{
	struct vtx_walk_ops ops = { .read = read_entry };
	struct vtx_linear linear;
	struct vtx_walk walk;
	u64 gva = translation->linear_address;
	int err;

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	vtx_linear_init(&linear, vcpu);
	vtx_linear_load(&linear, vcpu);
	vtx_vcpu_put(vcpu);

	memset(translation, 0, sizeof(*translation));
	translation->linear_address = gva;
	translation->physical_address = ~0ULL;
	if (vtx_walk(&linear.paging, &ops, &linear, gva, VTX_WALK_AC, &walk))
		return 0;
	translation->physical_address = walk.gpa;
	translation->valid = 1;
	translation->writeable = walk.writable;
	translation->usermode = walk.user;
	return 0;
}
