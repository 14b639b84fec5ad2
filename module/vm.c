// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a VM and its file.
 *
 * Everything is built in private and the descriptor is installed last, so that
 * nobody sees half a VM.  The file is the only owner: its release is the end of
 * the VM, whether by close, exit or kill.
 */
#include "module/compat.h"

#include <linux/anon_inodes.h>
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "module/extension.h"
#include "module/stats.h"
#include "module/virt.h"
#include "module/vm.h"

#define CREATE_TRACE_POINTS
#include "module/trace.h"

static atomic_t vtx_last_vm_id;

static void vm_destroy(struct vtx_vm *vm)
{
	trace_vtx_vm_destroy(vm->id);
	vtx_stat_add(VTX_STAT_vms, -1);
	vtx_virt_put();
	kfree(vm);
}

static int vm_release(struct inode *inode, struct file *file)
{
	vm_destroy(file->private_data);
	return 0;
}

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case KVM_CHECK_EXTENSION:
		return vtx_check_extension(arg);
	}
	return -ENOTTY;
}

static const struct file_operations vtx_vm_fops = {
	.owner		= THIS_MODULE,
	.release	= vm_release,
	.unlocked_ioctl	= vm_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

/**
 * vtx_vm_create() - KVM_CREATE_VM
 * @type: 0; x86 knows no other kind of VM here
 *
 * Return: a file descriptor of the calling process that is the VM, or with
 * nothing changed -EINVAL for another @type, -ENOMEM, -EMFILE or -ENFILE, or as
 * vtx_virt_get() says.
 */
int vtx_vm_create(unsigned long type)
{
	struct vtx_vm *vm;
	int ret;

	if (type)
		return -EINVAL;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return -ENOMEM;

	ret = vtx_virt_get();
	if (ret) {
		kfree(vm);
		return ret;
	}

	vm->id = atomic_inc_return(&vtx_last_vm_id);
	vtx_stat_add(VTX_STAT_vms, 1);
	vtx_stat_add(VTX_STAT_vms_created, 1);
	trace_vtx_vm_create(vm->id);

	ret = anon_inode_getfd("vtx-vm", &vtx_vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (ret < 0)
		vm_destroy(vm);
	return ret;
}
