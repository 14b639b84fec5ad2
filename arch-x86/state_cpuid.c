// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_SET_CPUID2, its predecessor, and KVM_GET_CPUID2.
 *
 * Some bits follow from the vCPU's registers whatever user space says, as
 * OSXSAVE does; read back, they are as the guest sees them.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "arch-x86/state_cpuid.h"
#include "arch-x86/vcpu.h"

/* The registers that CPUID depends on. */
static int get_state(struct vtx_vcpu *vcpu, struct vtx_cpuid_state *state)
{
	int err = vtx_vcpu_load(vcpu);

	if (err)
		return err;
	*state = vtx_guest_cpuid_state(vcpu);
	vtx_vcpu_put(vcpu);
	return 0;
}

/* Does the guest see no difference to what it has? */
static int check_same(struct vtx_vcpu *vcpu,
		      const struct kvm_cpuid_entry2 *entries, u32 nent)
{
	struct kvm_cpuid_entry2 old, new;
	struct vtx_cpuid_state state;
	int err;
	u32 i;

	if (nent != vcpu->cpuid.nent)
		return -EINVAL;
	err = get_state(vcpu, &state);
	if (err)
		return err;
	for (i = 0; i < nent; i++) {
		old = vcpu->cpuid_entries[i];
		new = entries[i];
		vtx_cpuid_adjust_entry(&vcpu->cpuid, &state, &old);
		vtx_cpuid_adjust_entry(&vcpu->cpuid, &state, &new);
		if (memcmp(&old, &new, sizeof(old)))
			return -EINVAL;
	}
	return 0;
}

/**
 * vtx_set_cpuid2() - KVM_SET_CPUID2
 * @vcpu: the vCPU
 * @entries: an array from kvmalloc(), which is taken over if all goes well; may
 *	be NULL if @nent is 0
 * @nent: how many
 *
 * No entries: the vCPU has what vtx offers.  After the first KVM_RUN only what
 * is there already may be set again, which changes nothing.
 *
 * Return: 0; with @entries still the caller's and nothing changed, -E2BIG for
 * more than VTX_CPUID_MAX_ENTRIES, -EINVAL for what no CPU has or for a change
 * after KVM_RUN, -EIO if there is no VMX any more.
 */
int vtx_set_cpuid2(struct vtx_vcpu *vcpu, struct kvm_cpuid_entry2 *entries,
		   u32 nent)
{
	struct kvm_cpuid_entry2 *old = vcpu->cpuid_entries;
	u32 old_nent = vcpu->cpuid.nent;
	int err;

	err = vtx_cpuid_check(entries, nent);
	if (err)
		return err;
	if (vcpu->has_run) {
		err = check_same(vcpu, entries, nent);
		if (!err)
			kvfree(entries);
		return err;
	}

	vcpu->cpuid_entries = entries;
	vtx_cpuid_init(&vcpu->cpuid, entries, nent);
	err = vtx_vcpu_cpuid_changed(vcpu);
	if (err) {
		vcpu->cpuid_entries = old;
		vtx_cpuid_init(&vcpu->cpuid, old, old_nent);
		return err;
	}
	kvfree(old);
	return 0;
}

/**
 * vtx_get_cpuid2() - KVM_GET_CPUID2
 * @vcpu: the vCPU
 * @entries: receives vcpu->cpuid.nent entries, as the guest sees them
 *
 * Return: 0, or -EIO if there is no VMX any more.
 */
int vtx_get_cpuid2(struct vtx_vcpu *vcpu, struct kvm_cpuid_entry2 *entries)
{
	struct vtx_cpuid_state state;
	int err;
	u32 i;

	err = get_state(vcpu, &state);
	if (err)
		return err;
	for (i = 0; i < vcpu->cpuid.nent; i++) {
		entries[i] = vcpu->cpuid_entries[i];
		vtx_cpuid_adjust_entry(&vcpu->cpuid, &state, &entries[i]);
	}
	return 0;
}

/**
 * vtx_cpuid_to_2() - the entries of KVM_SET_CPUID as those of KVM_SET_CPUID2
 * @to: receives them
 * @from: without subleaves
 * @nent: how many
 */
void vtx_cpuid_to_2(struct kvm_cpuid_entry2 *to,
		    const struct kvm_cpuid_entry *from, u32 nent)
{
	u32 i;

	for (i = 0; i < nent; i++)
		to[i] = (struct kvm_cpuid_entry2){
			.function	= from[i].function,
			.eax		= from[i].eax,
			.ebx		= from[i].ebx,
			.ecx		= from[i].ecx,
			.edx		= from[i].edx,
		};
}
