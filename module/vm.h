/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine, and the order of the locks.
 *
 * Lock order, outermost first; a lock may be taken with any of those above it
 * held, and none below:
 *
 *   vcpu->lock         arch-x86/vcpu.h: one ioctl of a vCPU at a time
 *   vm->lock           which vCPUs there are
 *   clocks_lock        arch-x86/clock.c: which clocks there are
 *   clock->lock        arch-x86/clock.h: what a VM's clock goes by
 *   ioeventfds.lock, coalesced.lock, irqfds.lock    which of these there are
 *   irqfds.resample_lock    module/irqfd.h: who holds lines
 *   irqchip.lock       arch-x86/irqchip/irqchip.h: routes
 *   bus->lock          arch-x86/io_bus.h: who answers on a bus
 *   slots_lock         and all else of ept/: see ept/mem.h
 *   cpus_read_lock()   the set of online CPUs
 *   virt_lock          module/virt.c: who uses VMX
 *
 * The inner loop of KVM_RUN has interrupts off and takes no lock but what ept/
 * takes in its fast path, and spinlocks: coalesced.ring_lock, the queue of an
 * eventfd, and in that irqfds.list_lock; innermost, of the interrupt controllers,
 * raw ones, none of which is held while another or an eventfd is used.
 * Interrupts-off sections of arch-x86/vmx/percpu.c take no lock at all.
 */
#ifndef VTX_MODULE_VM_H
#define VTX_MODULE_VM_H

#include <linux/cpumask.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "module/coalesced.h"
#include "module/ioeventfd.h"
#include "module/irqfd.h"
#include "ept/mem.h"
#include "arch-x86/clock.h"
#include "arch-x86/io_bus.h"
#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/msr_filter.h"
#include "arch-x86/tsc.h"

/**
 * struct vtx_vm - a virtual machine
 * @id: (i) counts up from 1 since load; names the VM in traces
 * @ref: one for its file, one for each file of a vCPU
 * @mem: its memory; its process is @mem.mm
 * @pio: who answers at its ports
 * @mmio: who answers at its physical addresses
 * @irqchip: its interrupt controllers
 * @tsc: what the TSCs of its vCPUs have in common
 * @clock: its clock
 * @msr_policy: (l) which MSRs user space lets its vCPUs have
 * @halt_poll_max: KVM_CAP_HALT_POLL: nanoseconds, or VTX_HALT_POLL_PRESET;
 *	written and read at once
 * @running: (a) the CPUs in whose inner loop one of its vCPUs is
 * @ioeventfds: writes that become signals
 * @irqfds: signals that become interrupts
 * @coalesced: writes that user space learns of later
 * @lock: held to make vCPUs
 * @vcpus: (l) the vCPUs, by their id; read under RCU
 * @nr_vcpus: (l) how many, with those that are being made
 * @boot_cpu_id: (l) the id of the vCPU that boots the machine
 * @max_vcpu_id: (l) KVM_CAP_MAX_VCPU_ID: ids are below it; 0 if it was not set
 *
 * A VM ends when the last descriptor of it and of its vCPUs is closed.  Each of
 * these files also holds the module.
 *
 * (i) set before the file exists, constant from then on
 * (a) atomic, by the vCPUs
 * (l) written under @lock
 */
struct vtx_vm {
	u32			id;
	struct kref		ref;
	struct vtx_mem		mem;
	struct vtx_io_bus	pio;
	struct vtx_io_bus	mmio;
	struct vtx_irqchip	irqchip;
	struct vtx_vm_tsc	tsc;
	struct vtx_vm_clock	clock;
	struct vtx_msr_policy	msr_policy;
	u32			halt_poll_max;
	cpumask_var_t		running;
	struct vtx_ioeventfds	ioeventfds;
	struct vtx_irqfds	irqfds;
	struct vtx_coalesced	coalesced;
	struct mutex		lock;	/* which vCPUs there are */
	struct xarray		vcpus;
	u32			nr_vcpus;
	u32			boot_cpu_id;
	u32			max_vcpu_id;
};

int vtx_vm_create(unsigned long type);
void vtx_vm_get(struct vtx_vm *vm);
void vtx_vm_put(struct vtx_vm *vm);

#endif /* VTX_MODULE_VM_H */
