// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /dev/vtx tells of the vCPUs that it could make: CPUID, MSRs, machine
 * checks, attributes.
 */
#include "module/compat.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "module/offer_ioctl.h"
#include "arch-x86/cpuid.h"
#include "arch-x86/msr.h"
#include "arch-x86/offer.h"

static int get_supported_cpuid(struct kvm_cpuid2 __user *arg)
{
	const struct vtx_cpuid *offered = vtx_offered();
	u32 nent;

	if (get_user(nent, &arg->nent))
		return -EFAULT;
	if (nent < offered->nent)
		return -E2BIG;
	if (copy_to_user(arg->entries, offered->entries,
			 offered->nent * sizeof(*arg->entries)))
		return -EFAULT;
	return put_user(offered->nent, &arg->nent);
}

static int get_msr_list(struct kvm_msr_list __user *arg, bool features)
{
	u32 *indices;
	u32 room, n;
	int err = -E2BIG;

	if (get_user(room, &arg->nmsrs))
		return -EFAULT;
	indices = kmalloc_array(VTX_MAX_MSR_LIST, sizeof(*indices), GFP_KERNEL);
	if (!indices)
		return -ENOMEM;
	n = vtx_msr_list(vtx_offered(), features, indices, VTX_MAX_MSR_LIST);

	/* How many there are is told in any case: clients ask with room 0. */
	if (put_user(n, &arg->nmsrs))
		err = -EFAULT;
	else if (n <= room)
		err = copy_to_user(arg->indices, indices, n * sizeof(*indices)) ?
		      -EFAULT : 0;
	kfree(indices);
	return err;
}

/* Return: how many were read; the first that says nothing of vtx ends it. */
static int get_feature_msrs(struct kvm_msrs __user *arg)
{
	struct kvm_msr_entry *entries;
	u32 nmsrs, i;
	int ret;

	if (get_user(nmsrs, &arg->nmsrs))
		return -EFAULT;
	if (nmsrs > VTX_MAX_MSR_ENTRIES)
		return -E2BIG;
	entries = memdup_user(arg->entries, nmsrs * sizeof(*entries));
	if (IS_ERR(entries))
		return PTR_ERR(entries);

	for (i = 0; i < nmsrs; i++)
		if (!vtx_msr_feature(entries[i].index,
				     vtx_offered_arch_capabilities(),
				     &entries[i].data))
			break;
	ret = copy_to_user(arg->entries, entries, nmsrs * sizeof(*entries)) ?
	      -EFAULT : i;
	kfree(entries);
	return ret;
}

static int get_mce_cap(void __user *arg)
{
	u64 mcg_cap = VTX_MCG_CAP_SUPPORTED;

	return copy_to_user(arg, &mcg_cap, sizeof(mcg_cap)) ? -EFAULT : 0;
}

/*
 * There is one attribute, KVM_X86_XCOMP_GUEST_SUPP: the state components that a
 * guest may have in XCR0.
 */
static int device_attr(unsigned int cmd, const void __user *arg)
{
	struct kvm_device_attr attr;
	u64 __user *address;

	if (copy_from_user(&attr, arg, sizeof(attr)))
		return -EFAULT;
	if (attr.group || attr.attr != KVM_X86_XCOMP_GUEST_SUPP)
		return -ENXIO;
	if (cmd == KVM_HAS_DEVICE_ATTR)
		return 0;
	address = u64_to_user_ptr(attr.addr);
	return put_user(vtx_offered()->xcr0, address);
}

/**
 * vtx_offer_ioctl() - an ioctl of the device that asks what vtx offers
 * @cmd: which
 * @arg: its argument
 *
 * May sleep.
 *
 * Return: as the ioctl says; -ENOTTY for one that there is not, -EFAULT for an
 * argument that cannot be read or written, -E2BIG if the argument has not
 * enough room, -ENXIO for an attribute that there is not, -ENOMEM.
 */
int vtx_offer_ioctl(unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case KVM_GET_SUPPORTED_CPUID:
		return get_supported_cpuid(arg);
	case KVM_GET_MSR_INDEX_LIST:
		return get_msr_list(arg, false);
	case KVM_GET_MSR_FEATURE_INDEX_LIST:
		return get_msr_list(arg, true);
	case KVM_GET_MSRS:
		return get_feature_msrs(arg);
	case KVM_X86_GET_MCE_CAP_SUPPORTED:
		return get_mce_cap(arg);
	case KVM_HAS_DEVICE_ATTR:
	case KVM_GET_DEVICE_ATTR:
		return device_attr(cmd, arg);
	}
	return -ENOTTY;
}
