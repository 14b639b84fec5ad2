/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU as a file.
 */
#ifndef VTX_MODULE_VCPU_H
#define VTX_MODULE_VCPU_H

#include "arch-x86/vcpu.h"

struct page;
struct vtx_vm;

/**
 * struct vtx_vcpu_file - a vCPU, and what user space has of it
 * @vcpu: the vCPU
 * @vm: its VM, which its file holds
 * @page: what user space maps, the VM's ring last
 */
struct vtx_vcpu_file {
	struct vtx_vcpu	vcpu;
	struct vtx_vm	*vm;
	struct page	*page[VTX_RUN_PAGES];
};

int vtx_vcpu_create(struct vtx_vm *vm, unsigned long id);
void vtx_vcpu_free(struct vtx_vcpu *vcpu);
long vtx_vcpu_ioctl(struct vtx_vcpu_file *owner, unsigned int cmd,
		    unsigned long arg);

#endif /* VTX_MODULE_VCPU_H */
