// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a VM: arguments in and out, and who does the work.
 *
 * The caller has made sure that the current process is the VM's.  None of these
 * changes anything if it fails.
 */
#include "module/compat.h"

#include <linux/compat.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "module/extension.h"
#include "module/irqchip_ioctl.h"
#include "module/msr_filter_ioctl.h"
#include "module/pit_ioctl.h"
#include "module/stats_fd.h"
#include "module/vcpu.h"
#include "module/vm.h"
#include "module/vm_ioctl.h"
#include "arch-x86/clock.h"
#include "arch-x86/tsc.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/vmx/percpu.h"
#include "ept/dirty.h"

/* KVM_SET_NR_MMU_PAGES refuses less. */
#define MIN_MMU_PAGES	64

static int set_region(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_userspace_memory_region region;

	if (copy_from_user(&region, arg, sizeof(region)))
		return -EFAULT;
	return vtx_mem_set_region(&vm->mem, &region);
}

/*
 * KVM_SET_USER_MEMORY_REGION2 can say where private memory is.  There is none, so
 * the flag for it is refused with all others, and the rest is the same.
 */
static int set_region2(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_userspace_memory_region2 region;

	if (copy_from_user(&region, arg, sizeof(region)))
		return -EFAULT;
	return vtx_mem_set_region(&vm->mem,
				  &(struct kvm_userspace_memory_region){
		.slot			= region.slot,
		.flags			= region.flags,
		.guest_phys_addr	= region.guest_phys_addr,
		.memory_size		= region.memory_size,
		.userspace_addr		= region.userspace_addr,
	});
}

/*
 * Where KVM may put a task state segment of its own, to run real mode on a CPU
 * without unrestricted guest.  vtx needs none, but what KVM refuses is refused:
 * the three pages must lie below 4 GBytes.
 */
static int set_tss_addr(unsigned long addr)
{
	return addr > (u32)(-3 * PAGE_SIZE) ? -EINVAL : 0;
}

/* Likewise a page table for unpaged mode; to be set before there are vCPUs. */
static int set_identity_map_addr(struct vtx_vm *vm, void __user *arg)
{
	u64 gpa;
	int err;

	if (copy_from_user(&gpa, arg, sizeof(gpa)))
		return -EFAULT;
	mutex_lock(&vm->lock);
	err = vm->nr_vcpus ? -EINVAL : 0;
	mutex_unlock(&vm->lock);
	return err;
}

/* How many shadow page tables there may be; vtx has none at all. */
static int set_nr_mmu_pages(unsigned long pages)
{
	return pages < MIN_MMU_PAGES ? -EINVAL : 0;
}

/*
 * KVM_CAP_MAX_VCPU_ID: may be set once, or again to the same; not below
 * KVM_SET_BOOT_CPU_ID, as with KVM.
 */
static int set_max_vcpu_id(struct vtx_vm *vm, u64 max)
{
	int err = 0;

	if (max > VTX_MAX_VCPU_ID)
		return -EINVAL;
	mutex_lock(&vm->lock);
	if (vm->boot_cpu_id > max)
		err = -EINVAL;
	else if (!vm->max_vcpu_id)
		vm->max_vcpu_id = max;
	else if (vm->max_vcpu_id != max)
		err = -EINVAL;
	mutex_unlock(&vm->lock);
	return err;
}

/* The very longest is the one that means something else. */
static int set_halt_poll(struct vtx_vm *vm, u64 ns)
{
	if (ns > U32_MAX)
		return -EINVAL;
	WRITE_ONCE(vm->halt_poll_max, min_t(u64, ns, U32_MAX - 1));
	return 0;
}

static int enable_cap(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_enable_cap cap;

	if (copy_from_user(&cap, arg, sizeof(cap)))
		return -EFAULT;
	if (cap.flags)
		return -EINVAL;
	switch (cap.cap) {
	case KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2:
		return vtx_mem_enable_manual_protect(&vm->mem, cap.args[0]);
	case KVM_CAP_X86_USER_SPACE_MSR:
		return vtx_set_user_space_msr(vm, cap.args[0]);
	case KVM_CAP_HALT_POLL:
		return set_halt_poll(vm, cap.args[0]);
	case KVM_CAP_MAX_VCPU_ID:
		return set_max_vcpu_id(vm, cap.args[0]);
	case KVM_CAP_X2APIC_API:
		return vtx_enable_x2apic_api(vm, cap.args[0]);
	case KVM_CAP_SPLIT_IRQCHIP:
		return vtx_enable_split_irqchip(vm, cap.args[0]);
	}
	return -EINVAL;
}

/*
 * A 32-bit program's pointer is the low half of the member; it need not have
 * written the other.
 */
static int get_dirty_log(struct vtx_vm *vm, void __user *arg, bool compat)
{
	struct kvm_dirty_log log;

	if (copy_from_user(&log, arg, sizeof(log)))
		return -EFAULT;
	if (compat)
		log.dirty_bitmap = compat_ptr(log.padding2);
	return vtx_mem_get_dirty_log(&vm->mem, log.slot, log.dirty_bitmap);
}

static int clear_dirty_log(struct vtx_vm *vm, void __user *arg, bool compat)
{
	struct kvm_clear_dirty_log log;

	if (copy_from_user(&log, arg, sizeof(log)))
		return -EFAULT;
	if (compat)
		log.dirty_bitmap = compat_ptr(log.padding2);
	return vtx_mem_clear_dirty_log(&vm->mem, &log);
}

static int ioeventfd(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_ioeventfd request;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	return vtx_ioeventfd(&vm->ioeventfds, &request);
}

static int coalesced(struct vtx_vm *vm, void __user *arg, bool on)
{
	struct kvm_coalesced_mmio_zone zone;

	if (copy_from_user(&zone, arg, sizeof(zone)))
		return -EFAULT;
	return on ? vtx_coalesced_register(&vm->coalesced, &zone) :
		    vtx_coalesced_unregister(&vm->coalesced, &zone);
}

static int get_clock(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_clock_data data;

	vtx_vm_clock_get(&vm->clock, &data);
	return copy_to_user(arg, &data, sizeof(data)) ? -EFAULT : 0;
}

static int set_clock(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_clock_data data;

	if (copy_from_user(&data, arg, sizeof(data)))
		return -EFAULT;
	return vtx_vm_clock_set(&vm->clock, &data);
}

/**
 * vtx_vm_ioctl() - an ioctl of a VM
 * @vm: the VM, of the current process
 * @cmd: which
 * @arg: its argument
 *
 * May sleep.
 *
 * Return: as the ioctl says; -ENOTTY for one that there is not, -EFAULT for an
 * argument that cannot be read or written.
 */
long vtx_vm_ioctl(struct vtx_vm *vm, unsigned int cmd, unsigned long arg)
{
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case KVM_CHECK_EXTENSION:
		return vtx_check_extension(arg);
	case KVM_ENABLE_CAP:
		return enable_cap(vm, argp);
	case KVM_CREATE_VCPU:
		return vtx_vcpu_create(vm, arg);
	case KVM_SET_USER_MEMORY_REGION:
		return set_region(vm, argp);
	case KVM_SET_USER_MEMORY_REGION2:
		return set_region2(vm, argp);
	case KVM_GET_DIRTY_LOG:
		return get_dirty_log(vm, argp, false);
	case KVM_CLEAR_DIRTY_LOG:
		return clear_dirty_log(vm, argp, false);
	case KVM_SET_TSS_ADDR:
		return set_tss_addr(arg);
	case KVM_SET_IDENTITY_MAP_ADDR:
		return set_identity_map_addr(vm, argp);
	case KVM_SET_NR_MMU_PAGES:
		return set_nr_mmu_pages(arg);
	case KVM_X86_SET_MSR_FILTER:
		return vtx_set_msr_filter(vm, argp);
	case KVM_GET_TSC_KHZ:
		return READ_ONCE(vm->tsc.first_khz);
	case KVM_SET_TSC_KHZ:
		return vtx_vm_tsc_set_khz(&vm->tsc, vtx_percpu_caps(), arg);
	case KVM_GET_CLOCK:
		return get_clock(vm, argp);
	case KVM_SET_CLOCK:
		return set_clock(vm, argp);
	case KVM_CREATE_PIT:
	case KVM_CREATE_PIT2:
	case KVM_GET_PIT:
	case KVM_GET_PIT2:
	case KVM_SET_PIT:
	case KVM_SET_PIT2:
	case KVM_REINJECT_CONTROL:
		return vtx_pit_ioctl(vm, cmd, argp);
	case KVM_GET_STATS_FD:
		return vtx_vm_stats_fd(vm);
	case KVM_IOEVENTFD:
		return ioeventfd(vm, argp);
	case KVM_REGISTER_COALESCED_MMIO:
		return coalesced(vm, argp, true);
	case KVM_UNREGISTER_COALESCED_MMIO:
		return coalesced(vm, argp, false);
	}
	return vtx_irqchip_ioctl(vm, cmd, arg);
}

/**
 * vtx_vm_compat_ioctl() - an ioctl of a VM, by a 32-bit program
 * @vm: the VM, of the current process
 * @cmd: which
 * @arg: its argument
 *
 * The structs of this ABI are laid out alike, but for pointers.
 *
 * Return: as vtx_vm_ioctl().
 */
long vtx_vm_compat_ioctl(struct vtx_vm *vm, unsigned int cmd,
			 unsigned long arg)
{
	switch (cmd) {
	case KVM_GET_DIRTY_LOG:
		return get_dirty_log(vm, compat_ptr(arg), true);
	case KVM_CLEAR_DIRTY_LOG:
		return clear_dirty_log(vm, compat_ptr(arg), true);
	case VTX_COMPAT_SET_MSR_FILTER:
		return vtx_compat_set_msr_filter(vm, compat_ptr(arg));
	}
	return vtx_vm_ioctl(vm, cmd, (unsigned long)compat_ptr(arg));
}
