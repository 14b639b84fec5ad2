// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_X86_SET_MSR_FILTER and KVM_CAP_X86_USER_SPACE_MSR.
 *
 * A filter is published, then each vCPU is asked to follow it, then all are
 * waited for: what a vCPU is in while it runs a guest keeps a grace period from
 * ending, and it follows before it enters the guest again.  So no guest has what
 * the filter denies when the ioctl returns.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "module/msr_filter_ioctl.h"
#include "module/vm.h"
#include "arch-x86/msr_filter.h"
#include "arch-x86/vcpu.h"

static void publish(struct vtx_vm *vm, struct vtx_msr_filter *filter)
{
	struct vtx_msr_filter *old;
	struct vtx_vcpu *vcpu;
	unsigned long id;

	mutex_lock(&vm->lock);
	old = rcu_replace_pointer(vm->msr_policy.filter, filter,
				  lockdep_is_held(&vm->lock));
	xa_for_each(&vm->vcpus, id, vcpu)
		vtx_vcpu_request(vcpu, VTX_REQ_MSR_FILTER);
	mutex_unlock(&vm->lock);
	synchronize_rcu_expedited();
	kvfree(old);
}

static int fill_bitmaps(const struct vtx_msr_filter *filter,
			const struct kvm_msr_filter *request)
{
	const struct kvm_msr_filter_range *from = request->ranges;
	const struct vtx_msr_filter_range *to = filter->range;

	for (; to < filter->range + filter->nr; from++) {
		if (!from->nmsrs)
			continue;
		if (copy_from_user(to->bitmap, (void __user *)from->bitmap,
				   vtx_msr_filter_bitmap_size(from->nmsrs)))
			return -EFAULT;
		to++;
	}
	return 0;
}

static int set_filter(struct vtx_vm *vm, const struct kvm_msr_filter *request)
{
	struct vtx_msr_filter *filter;
	int err = vtx_msr_filter_check(request);

	if (err)
		return err;
	filter = vtx_msr_filter_alloc(request);
	if (!filter)
		return -ENOMEM;
	err = fill_bitmaps(filter, request);
	if (err) {
		kvfree(filter);
		return err;
	}
	publish(vm, filter);
	return 0;
}

/**
 * vtx_set_msr_filter() - KVM_X86_SET_MSR_FILTER
 * @vm: the VM
 * @arg: a struct kvm_msr_filter of user space
 *
 * vCPUs may run meanwhile.  May sleep.
 *
 * Return: 0, or with nothing changed -EINVAL as vtx_msr_filter_check() says,
 * -EFAULT, -ENOMEM.
 */
int vtx_set_msr_filter(struct vtx_vm *vm, const void __user *arg)
{
	struct kvm_msr_filter request;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	return set_filter(vm, &request);
}

/**
 * vtx_compat_set_msr_filter() - KVM_X86_SET_MSR_FILTER by a 32-bit program
 * @vm: the VM
 * @arg: a struct vtx_compat_msr_filter of user space
 *
 * Return: as vtx_set_msr_filter().
 */
int vtx_compat_set_msr_filter(struct vtx_vm *vm, const void __user *arg)
{
	struct vtx_compat_msr_filter compat;
	struct kvm_msr_filter request = { };
	int i;

	if (copy_from_user(&compat, arg, sizeof(compat)))
		return -EFAULT;
	request.flags = compat.flags;
	for (i = 0; i < KVM_MSR_FILTER_MAX_RANGES; i++)
		request.ranges[i] = (struct kvm_msr_filter_range){
			.flags	= compat.ranges[i].flags,
			.nmsrs	= compat.ranges[i].nmsrs,
			.base	= compat.ranges[i].base,
			.bitmap	= (void __force *)
				  compat_ptr(compat.ranges[i].bitmap),
		};
	return set_filter(vm, &request);
}

/**
 * vtx_set_user_space_msr() - KVM_CAP_X86_USER_SPACE_MSR
 * @vm: the VM
 * @reasons: KVM_MSR_EXIT_REASON_*: failures that user space wants to hear of
 *
 * Return: 0, or -EINVAL for a reason that there is not.
 */
int vtx_set_user_space_msr(struct vtx_vm *vm, u64 reasons)
{
	if (reasons & ~(u64)(KVM_MSR_EXIT_REASON_INVAL |
			     KVM_MSR_EXIT_REASON_UNKNOWN |
			     KVM_MSR_EXIT_REASON_FILTER))
		return -EINVAL;
	WRITE_ONCE(vm->msr_policy.exits, reasons);
	return 0;
}
