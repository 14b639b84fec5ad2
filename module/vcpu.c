// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a vCPU and its file.
 *
 * A vCPU lives as long as its VM, whose list of vCPUs owns it: closing its file
 * only lets the VM go.  So whoever holds the VM may look at its vCPUs.
 */
#include "module/compat.h"

#include <linux/anon_inodes.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "module/vcpu.h"
#include "module/vm.h"
#include "arch-x86/offer.h"
#include "arch-x86/vmx/percpu.h"
#include "vmexit/emulate.h"

static vm_fault_t vcpu_mmap_fault(struct vm_fault *vmf)
{
	struct vtx_vcpu_file *owner = vmf->vma->vm_file->private_data;

	if (vmf->pgoff >= VTX_RUN_PAGES)
		return VM_FAULT_SIGBUS;
	vmf->page = owner->page[array_index_nospec(vmf->pgoff, VTX_RUN_PAGES)];
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct vcpu_vm_ops = {
	.fault	= vcpu_mmap_fault,
};

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff + vma_pages(vma) > VTX_RUN_PAGES ||
	    (vma->vm_flags & VM_EXEC))
		return -EINVAL;
	vma->vm_ops = &vcpu_vm_ops;
	return 0;
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct vtx_vcpu_file *owner = file->private_data;

	vtx_vm_put(owner->vm);
	return 0;
}

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vtx_vcpu_file *owner = file->private_data;

	if (owner->vm->mem.mm != current->mm)
		return -EIO;
	return vtx_vcpu_ioctl(owner, cmd, arg);
}

static const struct file_operations vcpu_fops = {
	.owner		= THIS_MODULE,
	.release	= vcpu_release,
	.unlocked_ioctl	= vcpu_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.mmap		= vcpu_mmap,
	.llseek		= noop_llseek,
};

static void free_pages_of(struct vtx_vcpu_file *owner)
{
	int i;

	/* The last one is the VM's. */
	for (i = 0; i < VTX_COALESCED_PAGE; i++)
		if (owner->page[i])
			__free_page(owner->page[i]);
}

/**
 * vtx_vcpu_free() - the end of a vCPU
 * @vcpu: the vCPU, as vtx_vcpu_create() made it; nobody has it any more
 *
 * May sleep.
 */
void vtx_vcpu_free(struct vtx_vcpu *vcpu)
{
	struct vtx_vcpu_file *owner = container_of(vcpu, struct vtx_vcpu_file,
						   vcpu);

	vtx_emulate_free(vcpu);
	vtx_vcpu_destroy(vcpu);
	free_pages_of(owner);
	kfree(owner);
}

static struct vtx_vcpu_file *vcpu_alloc(struct vtx_vm *vm, u32 id)
{
	struct vtx_vcpu_file *owner = kzalloc(sizeof(*owner),
					      GFP_KERNEL_ACCOUNT);
	int i, err = -ENOMEM;

	if (!owner)
		return ERR_PTR(-ENOMEM);
	owner->vm = vm;
	owner->page[VTX_COALESCED_PAGE] = vtx_coalesced_page(&vm->coalesced);
	for (i = 0; i < VTX_COALESCED_PAGE; i++) {
		owner->page[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!owner->page[i])
			goto free;
	}
	err = vtx_vcpu_init(&owner->vcpu, &(struct vtx_vcpu_setup){
		.caps		= vtx_percpu_caps(),
		.offered	= vtx_offered(),
		.vm		= vm,
		.mem		= &vm->mem,
		.pio		= &vm->pio,
		.mmio		= &vm->mmio,
		.tsc		= &vm->tsc,
		.clock		= &vm->clock,
		.irqchip	= vm->irqchip.created ? &vm->irqchip : NULL,
		.msr_policy	= &vm->msr_policy,
		.halt_poll_max	= &vm->halt_poll_max,
		.running	= vm->running,
		.run		= page_address(owner->page[0]),
		.pio_data	= page_address(owner->page[VTX_PIO_PAGE]),
		.id		= id,
		.bsp		= id == vm->boot_cpu_id,
	});
	if (err)
		goto free;
	err = vtx_emulate_init(&owner->vcpu);
	if (err)
		goto destroy;
	return owner;

destroy:
	vtx_vcpu_destroy(&owner->vcpu);
free:
	free_pages_of(owner);
	kfree(owner);
	return ERR_PTR(err);
}

/* Others find the vCPU in the list only when nothing can fail any more. */
static int vcpu_publish(struct vtx_vm *vm, struct vtx_vcpu_file *owner)
{
	u32 id = owner->vcpu.id;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (xa_load(&vm->vcpus, id))
		return -EEXIST;
	ret = vtx_irqchip_reserve(&vm->irqchip, id);
	if (ret)
		return ret;
	ret = xa_reserve(&vm->vcpus, id, GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	/* It was made before the lock was taken, by a filter of that time. */
	vtx_vcpu_request(&owner->vcpu, VTX_REQ_MSR_FILTER);
	vtx_vm_get(vm);
	ret = anon_inode_getfd("vtx-vcpu", &vcpu_fops, owner,
			       O_RDWR | O_CLOEXEC);
	if (ret < 0) {
		xa_release(&vm->vcpus, id);
		/* Not the last one: the caller came through the VM's file. */
		vtx_vm_put(vm);
		return ret;
	}
	xa_store(&vm->vcpus, id, &owner->vcpu, GFP_KERNEL_ACCOUNT);
	vtx_irqchip_add(&vm->irqchip, &owner->vcpu);
	return ret;
}

/* From now on nothing changes that vCPUs have in common. */
static int vcpu_announce(struct vtx_vm *vm, u32 id)
{
	int err = 0;

	mutex_lock(&vm->lock);
	if (vm->nr_vcpus >= VTX_MAX_VCPUS ||
	    (vm->max_vcpu_id && id >= vm->max_vcpu_id))
		err = -EINVAL;
	else
		vm->nr_vcpus++;
	mutex_unlock(&vm->lock);
	return err;
}

/**
 * vtx_vcpu_create() - KVM_CREATE_VCPU
 * @vm: the VM
 * @id: the vCPU's id, which is its APIC id
 *
 * May sleep.
 *
 * Return: a file descriptor, or with nothing changed -EINVAL for an id or a
 * number of vCPUs that is too high (for vtx, or for KVM_CAP_MAX_VCPU_ID),
 * -EEXIST for an id that is taken, -ENOMEM, -EMFILE, -ENFILE, or -EIO if the
 * machine goes down.
 */
int vtx_vcpu_create(struct vtx_vm *vm, unsigned long id)
{
	struct vtx_vcpu_file *owner;
	int ret;

	if (id >= VTX_MAX_VCPU_ID)
		return -EINVAL;
	ret = vcpu_announce(vm, id);
	if (ret)
		return ret;
	owner = vcpu_alloc(vm, id);
	ret = PTR_ERR_OR_ZERO(owner);

	mutex_lock(&vm->lock);
	if (!ret)
		ret = vcpu_publish(vm, owner);
	if (ret < 0)
		vm->nr_vcpus--;
	mutex_unlock(&vm->lock);

	if (ret < 0 && !IS_ERR(owner))
		vtx_vcpu_free(&owner->vcpu);
	return ret;
}
