// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a VM that are about interrupts: arguments in and out, and who
 * does the work.
 *
 * None of these changes anything if it fails.
 */
#include "module/compat.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "module/irqchip_ioctl.h"
#include "module/irqfd.h"
#include "module/vm.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/irqchip/route.h"

/* vCPUs have a local APIC from their creation on, or never. */
static int create_irqchip(struct vtx_vm *vm)
{
	int err;

	mutex_lock(&vm->lock);
	if (vm->irqchip.created)
		err = -EEXIST;
	else if (vm->nr_vcpus)
		err = -EINVAL;
	else
		err = vtx_irqchip_create(&vm->irqchip, &vm->pio, &vm->mmio);
	mutex_unlock(&vm->lock);
	return err;
}

/**
 * vtx_enable_split_irqchip() - KVM_ENABLE_CAP of KVM_CAP_SPLIT_IRQCHIP
 * @vm: the VM
 * @pins: how many pins user space's IOAPIC has
 *
 * Return: 0; with nothing changed -EINVAL for too many pins, -EEXIST if there are
 * interrupt controllers in the kernel, or vCPUs.
 */
int vtx_enable_split_irqchip(struct vtx_vm *vm, u64 pins)
{
	int err;

	if (pins > VTX_MAX_ROUTES)
		return -EINVAL;
	mutex_lock(&vm->lock);
	err = vm->nr_vcpus ? -EEXIST : vtx_irqchip_split(&vm->irqchip, pins);
	mutex_unlock(&vm->lock);
	return err;
}

/**
 * vtx_enable_x2apic_api() - KVM_ENABLE_CAP of KVM_CAP_X2APIC_API
 * @vm: the VM
 * @flags: KVM_X2APIC_API_*
 *
 * Return: as vtx_irqchip_set_x2apic_api().
 */
int vtx_enable_x2apic_api(struct vtx_vm *vm, u64 flags)
{
	int err;

	mutex_lock(&vm->lock);
	err = vtx_irqchip_set_x2apic_api(&vm->irqchip, flags);
	mutex_unlock(&vm->lock);
	return err;
}

/* Which vCPU boots the machine; to be said before there are any. */
static int set_boot_cpu_id(struct vtx_vm *vm, unsigned long id)
{
	int err = 0;

	mutex_lock(&vm->lock);
	if (vm->nr_vcpus)
		err = -EBUSY;
	else if (id > (vm->max_vcpu_id ?: VTX_MAX_VCPU_ID))
		err = -EINVAL;
	else
		vm->boot_cpu_id = id;
	mutex_unlock(&vm->lock);
	return err;
}

static int irq_line(struct vtx_vm *vm, void __user *arg, bool status)
{
	struct kvm_irq_level line;

	if (!vtx_irqchip_present(&vm->irqchip))
		return -ENXIO;
	if (copy_from_user(&line, arg, sizeof(line)))
		return -EFAULT;
	if (!status) {
		vtx_irq_set(&vm->irqchip, VTX_IRQ_SOURCE_USER, line.irq,
			    line.level);
		return 0;
	}
	line.status = vtx_irq_set_status(&vm->irqchip, line.irq, line.level);
	return copy_to_user(arg, &line, sizeof(line)) ? -EFAULT : 0;
}

static int signal_msi(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_msi msi;

	if (!vtx_irqchip_present(&vm->irqchip))
		return -EINVAL;
	if (copy_from_user(&msi, arg, sizeof(msi)))
		return -EFAULT;
	return vtx_irq_send_msi(&vm->irqchip, &msi);
}

static int set_gsi_routing(struct vtx_vm *vm, struct kvm_irq_routing __user *arg)
{
	struct kvm_irq_routing_entry *entries;
	struct kvm_irq_routing routing;
	int err;

	if (copy_from_user(&routing, arg, sizeof(routing)))
		return -EFAULT;
	if (!vtx_irqchip_present(&vm->irqchip) ||
	    routing.nr > VTX_MAX_ROUTES || routing.flags)
		return -EINVAL;
	entries = vmemdup_user(arg->entries, routing.nr * sizeof(*entries));
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	err = vtx_routes_set(&vm->irqchip, entries, routing.nr);
	kvfree(entries);
	return err;
}

static int get_irqchip(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_irqchip *chip = memdup_user(arg, sizeof(*chip));
	int err;

	if (IS_ERR(chip))
		return PTR_ERR(chip);
	err = vtx_get_irqchip(&vm->irqchip, chip);
	if (!err && copy_to_user(arg, chip, sizeof(*chip)))
		err = -EFAULT;
	kfree(chip);
	return err;
}

static int set_irqchip(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_irqchip *chip = memdup_user(arg, sizeof(*chip));
	int err;

	if (IS_ERR(chip))
		return PTR_ERR(chip);
	err = vtx_set_irqchip(&vm->irqchip, chip);
	kfree(chip);
	return err;
}

static int irqfd(struct vtx_vm *vm, void __user *arg)
{
	struct kvm_irqfd request;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	return vtx_irqfd(&vm->irqfds, &request);
}

/**
 * vtx_irqchip_ioctl() - an ioctl of a VM, if it is about interrupts
 * @vm: the VM, of the current process
 * @cmd: which
 * @arg: its argument
 *
 * May sleep.
 *
 * Return: as the ioctl says; -ENOTTY for one that there is not, -EFAULT for an
 * argument that cannot be read or written.
 */
int vtx_irqchip_ioctl(struct vtx_vm *vm, unsigned int cmd, unsigned long arg)
{
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case KVM_CREATE_IRQCHIP:
		return create_irqchip(vm);
	case KVM_SET_BOOT_CPU_ID:
		return set_boot_cpu_id(vm, arg);
	case KVM_IRQ_LINE:
		return irq_line(vm, argp, false);
	case KVM_IRQ_LINE_STATUS:
		return irq_line(vm, argp, true);
	case KVM_SIGNAL_MSI:
		return signal_msi(vm, argp);
	case KVM_SET_GSI_ROUTING:
		return set_gsi_routing(vm, argp);
	case KVM_GET_IRQCHIP:
		return get_irqchip(vm, argp);
	case KVM_SET_IRQCHIP:
		return set_irqchip(vm, argp);
	case KVM_IRQFD:
		return irqfd(vm, argp);
	}
	return -ENOTTY;
}
