// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a VM's PIT: arguments in and out.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "module/pit_ioctl.h"
#include "module/vm.h"
#include "arch-x86/irqchip/pit_dev.h"

/* It interrupts by the PICs. */
static int create(struct vtx_vm *vm, u32 flags)
{
	if (flags & ~KVM_PIT_SPEAKER_DUMMY)
		return -EINVAL;
	if (vm->irqchip.pit)
		return -EEXIST;
	if (!vm->irqchip.pic)
		return -ENOENT;
	return vtx_pit_create(&vm->irqchip, &vm->pio, flags);
}

static int create_pit2(struct vtx_vm *vm, const void __user *arg)
{
	struct kvm_pit_config config;

	if (copy_from_user(&config, arg, sizeof(config)))
		return -EFAULT;
	return create(vm, config.flags);
}

/* The older struct is the head of the newer one. */
static int get(struct vtx_vm *vm, void __user *arg, size_t size)
{
	struct kvm_pit_state2 state;

	if (!vm->irqchip.pit)
		return -ENXIO;
	vtx_get_pit2(&vm->irqchip, &state);
	return copy_to_user(arg, &state, size) ? -EFAULT : 0;
}

static int set_pit(struct vtx_vm *vm, const void __user *arg)
{
	struct kvm_pit_state state;

	if (copy_from_user(&state, arg, sizeof(state)))
		return -EFAULT;
	return vm->irqchip.pit ? vtx_set_pit(&vm->irqchip, &state) : -ENXIO;
}

static int set_pit2(struct vtx_vm *vm, const void __user *arg)
{
	struct kvm_pit_state2 state;

	if (copy_from_user(&state, arg, sizeof(state)))
		return -EFAULT;
	return vm->irqchip.pit ? vtx_set_pit2(&vm->irqchip, &state) : -ENXIO;
}

static int reinject_control(struct vtx_vm *vm, const void __user *arg)
{
	struct kvm_reinject_control control;

	if (copy_from_user(&control, arg, sizeof(control)))
		return -EFAULT;
	if (!vm->irqchip.pit)
		return -ENXIO;
	vtx_pit_set_reinject(&vm->irqchip, control.pit_reinject);
	return 0;
}

static long locked_ioctl(struct vtx_vm *vm, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case KVM_CREATE_PIT:
		return create(vm, KVM_PIT_SPEAKER_DUMMY);
	case KVM_CREATE_PIT2:
		return create_pit2(vm, arg);
	case KVM_GET_PIT:
		return get(vm, arg, sizeof(struct kvm_pit_state));
	case KVM_GET_PIT2:
		return get(vm, arg, sizeof(struct kvm_pit_state2));
	case KVM_SET_PIT:
		return set_pit(vm, arg);
	case KVM_SET_PIT2:
		return set_pit2(vm, arg);
	case KVM_REINJECT_CONTROL:
		return reinject_control(vm, arg);
	}
	return -ENOTTY;
}

/**
 * vtx_pit_ioctl() - an ioctl of a VM's PIT
 * @vm: the VM, of the current process
 * @cmd: which
 * @arg: its argument
 *
 * May sleep.
 *
 * Return: 0; with nothing changed -EEXIST if there is a PIT, -ENOENT if there
 * are no PICs, -ENXIO if there is no PIT, -EINVAL for flags that are not defined
 * and for what no PIT can have, -ENOMEM, -ENOSPC if the bus is full, -EFAULT for
 * an argument that cannot be read or written; -ENOTTY for another ioctl.
 */
long vtx_pit_ioctl(struct vtx_vm *vm, unsigned int cmd, void __user *arg)
{
	long ret;

	mutex_lock(&vm->lock);
	ret = locked_ioctl(vm, cmd, arg);
	mutex_unlock(&vm->lock);
	return ret;
}
