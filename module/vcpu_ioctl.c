// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a vCPU: arguments in and out, and who does the work.
 *
 * Each runs with the vCPU's lock held, and the caller has made sure that the
 * current process is the VM's.  None of these changes anything if it fails.
 */
#include "module/compat.h"

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "module/stats_fd.h"
#include "module/vcpu.h"
#include "module/vm.h"
#include "arch-x86/debug.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/pvclock.h"
#include "arch-x86/startup.h"
#include "arch-x86/state_cpuid.h"
#include "arch-x86/state_event.h"
#include "arch-x86/state_fpu.h"
#include "arch-x86/state_mce.h"
#include "arch-x86/state_msr.h"
#include "arch-x86/state_nested.h"
#include "arch-x86/state_regs.h"
#include "arch-x86/translate.h"
#include "arch-x86/tsc.h"
#include "vmexit/run.h"

/*
 * A struct that the vCPU fills in, and one that it takes: a function each, which
 * has the struct on its own stack.
 */
#define VTX_GET(name, type)						\
static noinline int get_##name(struct vtx_vcpu *vcpu, void __user *arg)	\
{									\
	type value = { };						\
	int err = vtx_get_##name(vcpu, &value);				\
									\
	if (err)							\
		return err;						\
	return copy_to_user(arg, &value, sizeof(value)) ? -EFAULT : 0;	\
}

#define VTX_SET(name, type)						\
static noinline int set_##name(struct vtx_vcpu *vcpu, void __user *arg)	\
{									\
	type value;							\
									\
	if (copy_from_user(&value, arg, sizeof(value)))			\
		return -EFAULT;						\
	return vtx_set_##name(vcpu, &value);				\
}

VTX_GET(regs, struct kvm_regs)
VTX_SET(regs, struct kvm_regs)
VTX_GET(sregs, struct kvm_sregs)
VTX_SET(sregs, struct kvm_sregs)
VTX_GET(fpu, struct kvm_fpu)
VTX_SET(fpu, struct kvm_fpu)
VTX_GET(xcrs, struct kvm_xcrs)
VTX_SET(xcrs, struct kvm_xcrs)
VTX_GET(debugregs, struct kvm_debugregs)
VTX_SET(debugregs, struct kvm_debugregs)
VTX_GET(vcpu_events, struct kvm_vcpu_events)
VTX_SET(vcpu_events, struct kvm_vcpu_events)
VTX_GET(mp_state, struct kvm_mp_state)
VTX_SET(mp_state, struct kvm_mp_state)
VTX_SET(guest_debug, struct kvm_guest_debug)
VTX_SET(mce, struct kvm_x86_mce)

/* The same for those that are too big for the stack. */
#define VTX_GET_BIG(name, type)						\
static int get_##name(struct vtx_vcpu *vcpu, void __user *arg)		\
{									\
	type *value = kzalloc(sizeof(*value), GFP_KERNEL_ACCOUNT);	\
	int err;							\
									\
	if (!value)							\
		return -ENOMEM;						\
	err = vtx_get_##name(vcpu, value);				\
	if (!err && copy_to_user(arg, value, sizeof(*value)))		\
		err = -EFAULT;						\
	kfree(value);							\
	return err;							\
}

#define VTX_SET_BIG(name, type)						\
static int set_##name(struct vtx_vcpu *vcpu, void __user *arg)		\
{									\
	type *value = memdup_user(arg, sizeof(*value));			\
	int err;							\
									\
	if (IS_ERR(value))						\
		return PTR_ERR(value);					\
	err = vtx_set_##name(vcpu, value);				\
	kfree(value);							\
	return err;							\
}

VTX_GET_BIG(xsave, struct kvm_xsave)
VTX_SET_BIG(xsave, struct kvm_xsave)
VTX_GET_BIG(lapic, struct kvm_lapic_state)
VTX_SET_BIG(lapic, struct kvm_lapic_state)

/* Return: how many were read or written; the first that fails ends it. */
static int msrs(struct vtx_vcpu *vcpu, struct kvm_msrs __user *arg, bool write)
{
	struct kvm_msr_entry *entries;
	u32 nmsrs;
	size_t size;
	int ret;

	if (get_user(nmsrs, &arg->nmsrs))
		return -EFAULT;
	if (nmsrs > VTX_MAX_MSR_ENTRIES)
		return -E2BIG;
	size = nmsrs * sizeof(*entries);
	entries = memdup_user(arg->entries, size);
	if (IS_ERR(entries))
		return PTR_ERR(entries);

	ret = write ? vtx_set_msrs(vcpu, entries, nmsrs) :
		      vtx_get_msrs(vcpu, entries, nmsrs);
	if (!write && ret >= 0 && copy_to_user(arg->entries, entries, size))
		ret = -EFAULT;
	kfree(entries);
	return ret;
}

static int set_cpuid2(struct vtx_vcpu *vcpu, struct kvm_cpuid2 __user *arg)
{
	struct kvm_cpuid_entry2 *entries;
	u32 nent;
	int err;

	if (get_user(nent, &arg->nent))
		return -EFAULT;
	if (nent > VTX_CPUID_MAX_ENTRIES)
		return -E2BIG;
	entries = vmemdup_user(arg->entries, nent * sizeof(*entries));
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	/* Takes the entries over if it succeeds. */
	err = vtx_set_cpuid2(vcpu, entries, nent);
	if (err)
		kvfree(entries);
	return err;
}

static int get_cpuid2(struct vtx_vcpu *vcpu, struct kvm_cpuid2 __user *arg)
{
	struct kvm_cpuid_entry2 *entries;
	u32 nent, have = vcpu->cpuid.nent;
	int err;

	if (get_user(nent, &arg->nent))
		return -EFAULT;
	if (nent < have)
		return -E2BIG;
	entries = kvcalloc(have, sizeof(*entries), GFP_KERNEL_ACCOUNT);
	if (!entries)
		return -ENOMEM;
	err = vtx_get_cpuid2(vcpu, entries);
	if (!err && (copy_to_user(arg->entries, entries,
				  have * sizeof(*entries)) ||
		     put_user(have, &arg->nent)))
		err = -EFAULT;
	kvfree(entries);
	return err;
}

/* The form of before there were subleaves. */
static int set_cpuid(struct vtx_vcpu *vcpu, struct kvm_cpuid __user *arg)
{
	struct kvm_cpuid_entry *old;
	struct kvm_cpuid_entry2 *entries;
	u32 nent;
	int err = -ENOMEM;

	if (get_user(nent, &arg->nent))
		return -EFAULT;
	if (nent > VTX_CPUID_MAX_ENTRIES)
		return -E2BIG;
	old = vmemdup_user(arg->entries, nent * sizeof(*old));
	if (IS_ERR(old))
		return PTR_ERR(old);
	entries = kvcalloc(nent, sizeof(*entries), GFP_KERNEL_ACCOUNT);
	if (entries) {
		vtx_cpuid_to_2(entries, old, nent);
		err = vtx_set_cpuid2(vcpu, entries, nent);
	}
	if (err)
		kvfree(entries);
	kvfree(old);
	return err;
}

static int set_signal_mask(struct vtx_vcpu *vcpu,
			   struct kvm_signal_mask __user *arg)
{
	sigset_t sigset;
	u32 len;

	if (!arg) {
		vcpu->sigset_active = false;
		return 0;
	}
	if (get_user(len, &arg->len))
		return -EFAULT;
	if (len != sizeof(sigset))
		return -EINVAL;
	if (copy_from_user(&sigset, arg->sigset, sizeof(sigset)))
		return -EFAULT;
	sigdelsetmask(&sigset, sigmask(SIGKILL) | sigmask(SIGSTOP));
	vcpu->sigset = sigset;
	vcpu->sigset_active = true;
	return 0;
}

static int translate(struct vtx_vcpu *vcpu, void __user *arg)
{
	struct kvm_translation translation;
	int err;

	if (copy_from_user(&translation, arg, sizeof(translation)))
		return -EFAULT;
	err = vtx_translate(vcpu, &translation);
	if (err)
		return err;
	return copy_to_user(arg, &translation, sizeof(translation)) ? -EFAULT :
								      0;
}

static int interrupt(struct vtx_vcpu *vcpu, void __user *arg)
{
	struct kvm_interrupt irq;

	if (copy_from_user(&irq, arg, sizeof(irq)))
		return -EFAULT;
	return vtx_interrupt(vcpu, &irq);
}

static int setup_mce(struct vtx_vcpu *vcpu, void __user *arg)
{
	u64 mcg_cap;

	if (copy_from_user(&mcg_cap, arg, sizeof(mcg_cap)))
		return -EFAULT;
	return vtx_setup_mce(vcpu, mcg_cap);
}

static int device_attr(struct vtx_vcpu *vcpu, unsigned int cmd,
		       void __user *arg)
{
	struct kvm_device_attr attr;

	if (copy_from_user(&attr, arg, sizeof(attr)))
		return -EFAULT;
	return vtx_tsc_device_attr(vcpu, cmd, &attr);
}

/*
 * Whoever asks for reports wants to know of slow accesses, to patch them away.
 * There are no reports, as with KVM where the CPU makes accesses fast; the
 * capability (KVM_CAP_VAPIC) says so.
 */
static int tpr_access_reporting(void __user *arg)
{
	struct kvm_tpr_access_ctl control;

	if (copy_from_user(&control, arg, sizeof(control)))
		return -EFAULT;
	if (control.flags)
		return -EINVAL;
	return copy_to_user(arg, &control, sizeof(control)) ? -EFAULT : 0;
}

/*
 * Where a guest whose accesses were patched has its task priority.  As none is
 * told where to patch, there is nothing to be there.
 */
static int set_vapic_addr(struct vtx_vcpu *vcpu, void __user *arg)
{
	struct kvm_vapic_addr vapic;

	if (!vtx_vcpu_has_lapic(vcpu))
		return -EINVAL;
	if (copy_from_user(&vapic, arg, sizeof(vapic)))
		return -EFAULT;
	return vapic.vapic_addr ? -EINVAL : 0;
}

static int get_nested_state(struct kvm_nested_state __user *arg)
{
	struct kvm_nested_state state;
	int err;

	if (get_user(state.size, &arg->size))
		return -EFAULT;
	err = vtx_get_nested_state(&state);
	if (err)
		return put_user(state.size, &arg->size) ? -EFAULT : err;
	return copy_to_user(arg, &state, sizeof(state)) ? -EFAULT : 0;
}

static int set_nested_state(void __user *arg)
{
	struct kvm_nested_state state;

	if (copy_from_user(&state, arg, sizeof(state)))
		return -EFAULT;
	return vtx_set_nested_state(&state);
}

static int dispatch_state(struct vtx_vcpu *vcpu, unsigned int cmd,
			  void __user *argp)
{
	switch (cmd) {
	case KVM_GET_REGS:
		return get_regs(vcpu, argp);
	case KVM_SET_REGS:
		return set_regs(vcpu, argp);
	case KVM_GET_SREGS:
		return get_sregs(vcpu, argp);
	case KVM_SET_SREGS:
		return set_sregs(vcpu, argp);
	case KVM_GET_FPU:
		return get_fpu(vcpu, argp);
	case KVM_SET_FPU:
		return set_fpu(vcpu, argp);
	case KVM_GET_XSAVE:
		return get_xsave(vcpu, argp);
	case KVM_SET_XSAVE:
		return set_xsave(vcpu, argp);
	case KVM_GET_XCRS:
		return get_xcrs(vcpu, argp);
	case KVM_SET_XCRS:
		return set_xcrs(vcpu, argp);
	case KVM_GET_DEBUGREGS:
		return get_debugregs(vcpu, argp);
	case KVM_SET_DEBUGREGS:
		return set_debugregs(vcpu, argp);
	case KVM_GET_VCPU_EVENTS:
		return get_vcpu_events(vcpu, argp);
	case KVM_SET_VCPU_EVENTS:
		return set_vcpu_events(vcpu, argp);
	case KVM_GET_MP_STATE:
		return get_mp_state(vcpu, argp);
	case KVM_SET_MP_STATE:
		return set_mp_state(vcpu, argp);
	case KVM_GET_LAPIC:
		return get_lapic(vcpu, argp);
	case KVM_SET_LAPIC:
		return set_lapic(vcpu, argp);
	case KVM_GET_NESTED_STATE:
		return get_nested_state(argp);
	case KVM_SET_NESTED_STATE:
		return set_nested_state(argp);
	case KVM_GET_MSRS:
		return msrs(vcpu, argp, false);
	case KVM_SET_MSRS:
		return msrs(vcpu, argp, true);
	case KVM_SET_CPUID:
		return set_cpuid(vcpu, argp);
	case KVM_GET_CPUID2:
		return get_cpuid2(vcpu, argp);
	case KVM_SET_CPUID2:
		return set_cpuid2(vcpu, argp);
	case KVM_HAS_DEVICE_ATTR:
	case KVM_GET_DEVICE_ATTR:
	case KVM_SET_DEVICE_ATTR:
		return device_attr(vcpu, cmd, argp);
	}
	return -ENOTTY;
}

static int dispatch(struct vtx_vcpu_file *owner, unsigned int cmd,
		    unsigned long arg)
{
	struct vtx_vcpu *vcpu = &owner->vcpu;
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case KVM_RUN:
		/* Without an argument it does not come here. */
		return -EINVAL;
	case KVM_INTERRUPT:
		return interrupt(vcpu, argp);
	case KVM_NMI:
		return vtx_nmi(vcpu);
	case KVM_SET_GUEST_DEBUG:
		return set_guest_debug(vcpu, argp);
	case KVM_SET_SIGNAL_MASK:
		return set_signal_mask(vcpu, argp);
	case KVM_TRANSLATE:
		return translate(vcpu, argp);
	case KVM_GET_TSC_KHZ:
		return vcpu->tsc.khz;
	case KVM_SET_TSC_KHZ:
		return vtx_tsc_set_khz(vcpu, arg);
	case KVM_TPR_ACCESS_REPORTING:
		return tpr_access_reporting(argp);
	case KVM_SET_VAPIC_ADDR:
		return set_vapic_addr(vcpu, argp);
	case KVM_KVMCLOCK_CTRL:
		return vtx_kvmclock_ctrl(vcpu);
	case KVM_GET_STATS_FD:
		return vtx_vcpu_stats_fd(owner->vm, vcpu);
	case KVM_X86_SETUP_MCE:
		return setup_mce(vcpu, argp);
	case KVM_X86_SET_MCE:
		return set_mce(vcpu, argp);
	}
	return dispatch_state(vcpu, cmd, argp);
}

/**
 * vtx_vcpu_ioctl() - an ioctl of a vCPU
 * @owner: the vCPU, of the current process
 * @cmd: which
 * @arg: its argument
 *
 * May sleep; waits until another ioctl of the vCPU has ended.
 *
 * Return: as the ioctl says; -ENOTTY for one that there is not, -EFAULT for an
 * argument that cannot be read or written, -EINTR if the task is killed while it
 * waits.
 */
long vtx_vcpu_ioctl(struct vtx_vcpu_file *owner, unsigned int cmd,
		    unsigned long arg)
{
	struct vtx_vcpu *vcpu = &owner->vcpu;
	long ret;

	if (mutex_lock_killable(&vcpu->lock))
		return -EINTR;
	ret = likely(cmd == KVM_RUN && !arg) ? vtx_vcpu_run(vcpu) :
					       dispatch(owner, cmd, arg);
	mutex_unlock(&vcpu->lock);
	return ret;
}
