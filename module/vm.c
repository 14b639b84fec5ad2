// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a VM and its file.
 *
 * Everything is built in private and the descriptor is installed last, so that
 * nobody sees half a VM.  The files of the VM and of its vCPUs are the only
 * owners: the release of the last one is the end of the VM, whether by close,
 * exit or kill.
 */
#include "module/compat.h"

#include <linux/anon_inodes.h>
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kvm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "module/stats.h"
#include "module/vcpu.h"
#include "module/virt.h"
#include "module/vm.h"
#include "module/vm_ioctl.h"
#include "arch-x86/irqchip/pit_dev.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/vmx/percpu.h"

#define CREATE_TRACE_POINTS
#include "module/trace.h"

static atomic_t vtx_last_vm_id;

/* Interrupts and their end are all that is wanted. */
static void acknowledge(void *unused)
{
}

/*
 * A vCPU sets its CPU's bit before it looks whether a flush is due, and the
 * caller has made the flush due before.  So whoever is not in the mask sees it,
 * and whoever is leaves the guest to take the interrupt, and sees it then.
 */
static void kick_all(void *owner)
{
	struct vtx_vm *vm = owner;

	/* The flush before the mask: pairs with vmexit/run.c's begin(). */
	smp_mb();
	preempt_disable();
	smp_call_function_many(vm->running, acknowledge, NULL, true);
	preempt_enable();
}

static const struct vtx_mem_ops vtx_vm_mem_ops = {
	.kick_all	= kick_all,
};

/* A vCPU of the list lives as long as the VM. */
static void walk_vcpus(void *owner,
		       void (*call)(struct vtx_vcpu *vcpu, void *arg),
		       void *arg)
{
	struct vtx_vm *vm = owner;
	struct vtx_vcpu *vcpu;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&vm->vcpus, id, vcpu)
		call(vcpu, arg);
	rcu_read_unlock();
}

static const struct vtx_vm_clock_ops vtx_vm_clock_ops = {
	.walk_vcpus	= walk_vcpus,
	.kick_all	= kick_all,
};

static void vm_free(struct vtx_vm *vm)
{
	xa_destroy(&vm->vcpus);
	vtx_coalesced_destroy(&vm->coalesced);
	kvfree(rcu_dereference_protected(vm->msr_policy.filter, true));
	free_cpumask_var(vm->running);
	kfree(vm);
}

static void vm_destroy(struct kref *ref)
{
	struct vtx_vm *vm = container_of(ref, struct vtx_vm, ref);
	struct vtx_vcpu *vcpu;
	unsigned long id;

	trace_vtx_vm_destroy(vm->id);
	vtx_stat_add(VTX_STAT_vms, -1);
	/* Before what it looks at is gone. */
	vtx_vm_clock_destroy(&vm->clock);
	/* It interrupts vCPUs. */
	vtx_pit_stop(&vm->irqchip);
	vtx_irqfds_destroy(&vm->irqfds);
	xa_for_each(&vm->vcpus, id, vcpu)
		vtx_vcpu_free(vcpu);
	vtx_io_bus_destroy(&vm->pio);
	vtx_io_bus_destroy(&vm->mmio);
	vtx_pit_free(&vm->irqchip);
	vtx_irqchip_destroy(&vm->irqchip);
	vtx_mem_destroy(&vm->mem);
	vtx_virt_put();
	vm_free(vm);
}

/**
 * vtx_vm_get() - hold a VM
 * @vm: the VM, which the caller knows to exist
 */
void vtx_vm_get(struct vtx_vm *vm)
{
	kref_get(&vm->ref);
}

/**
 * vtx_vm_put() - let a VM go
 * @vm: the VM; gone if nobody else holds it
 *
 * May sleep.
 */
void vtx_vm_put(struct vtx_vm *vm)
{
	kref_put(&vm->ref, vm_destroy);
}

static int vm_release(struct inode *inode, struct file *file)
{
	vtx_vm_put(file->private_data);
	return 0;
}

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vtx_vm *vm = file->private_data;

	return vm->mem.mm == current->mm ? vtx_vm_ioctl(vm, cmd, arg) : -EIO;
}

static long vm_compat_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg)
{
	struct vtx_vm *vm = file->private_data;

	return vm->mem.mm == current->mm ? vtx_vm_compat_ioctl(vm, cmd, arg) :
					   -EIO;
}

static const struct file_operations vtx_vm_fops = {
	.owner		= THIS_MODULE,
	.release	= vm_release,
	.unlocked_ioctl	= vm_ioctl,
	.compat_ioctl	= vm_compat_ioctl,
	.llseek		= noop_llseek,
};

static struct vtx_vm *vm_alloc(void)
{
	struct vtx_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);

	if (!vm)
		return NULL;
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	xa_init(&vm->vcpus);
	vtx_io_bus_init(&vm->pio);
	vtx_io_bus_init(&vm->mmio);
	vtx_vm_tsc_init(&vm->tsc);
	vtx_irqchip_init(&vm->irqchip);
	vtx_irqfds_init(&vm->irqfds, &vm->irqchip);
	vm->halt_poll_max = VTX_HALT_POLL_PRESET;
	vtx_ioeventfds_init(&vm->ioeventfds, &vm->pio, &vm->mmio);
	if (vtx_coalesced_init(&vm->coalesced, &vm->pio, &vm->mmio) ||
	    !zalloc_cpumask_var(&vm->running, GFP_KERNEL)) {
		vm_free(vm);
		return NULL;
	}
	return vm;
}

/**
 * vtx_vm_create() - KVM_CREATE_VM
 * @type: 0; x86 knows no other kind of VM here
 *
 * Return: a file descriptor of the calling process that is the VM, or with
 * nothing changed -EINVAL for another @type, -ENOMEM, -EMFILE or -ENFILE, or as
 * vtx_virt_get() or vtx_mem_init() say.
 */
int vtx_vm_create(unsigned long type)
{
	struct vtx_vm *vm;
	int ret;

	if (type)
		return -EINVAL;

	vm = vm_alloc();
	if (!vm)
		return -ENOMEM;
	ret = vtx_virt_get();
	if (ret)
		goto free;
	ret = vtx_mem_init(&vm->mem, vtx_percpu_caps(), &vtx_vm_mem_ops, vm);
	if (ret)
		goto put_virt;

	vtx_vm_clock_init(&vm->clock, &vtx_vm_clock_ops, vm);
	vm->id = atomic_inc_return(&vtx_last_vm_id);
	vtx_stat_add(VTX_STAT_vms, 1);
	vtx_stat_add(VTX_STAT_vms_created, 1);
	trace_vtx_vm_create(vm->id);

	ret = anon_inode_getfd("vtx-vm", &vtx_vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (ret < 0)
		vtx_vm_put(vm);
	return ret;

put_virt:
	vtx_virt_put();
free:
	vm_free(vm);
	return ret;
}
