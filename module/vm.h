/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine, and the order of the locks.
 *
 * Lock order, outermost first; a lock may be taken with any of those above it
 * held, and none below:
 *
 *   cpus_read_lock()   the set of online CPUs
 *   virt_lock          module/virt.c: who uses VMX
 *
 * Interrupts-off sections of arch-x86/vmx/percpu.c take no lock at all.
 */
#ifndef VTX_MODULE_VM_H
#define VTX_MODULE_VM_H

#include <linux/types.h>

/**
 * struct vtx_vm - a virtual machine
 * @id: (i) counts up from 1 since load; names the VM in traces
 *
 * A VM lives as long as its file: vtx_vm_create() makes both, closing the last
 * descriptor of the file ends both.  The file also holds the module.
 *
 * (i) set before the file exists, constant from then on
 */
struct vtx_vm {
	u32	id;
};

int vtx_vm_create(unsigned long type);

#endif /* VTX_MODULE_VM_H */
