/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_GET_STATS_FD: counters of a VM or a vCPU as a file.
 */
#ifndef VTX_MODULE_STATS_FD_H
#define VTX_MODULE_STATS_FD_H

struct vtx_vcpu;
struct vtx_vm;

/*
 * Counters of a VM: name, type (KVM_STATS_TYPE_*), description, and what it is,
 * of a struct vtx_vm *vm.  Names are KVM's where the meaning is.
 */
#define VTX_VM_STATS(X)							\
	X(vcpus,		INSTANT,	"vCPUs",		\
	  READ_ONCE(vm->nr_vcpus))					\
	X(memory_slots,		INSTANT,	"memory slots",		\
	  READ_ONCE(vm->mem.slots.nr))					\
	X(memory_pages,		INSTANT,	"pages of 4 KBytes in memory slots", \
	  READ_ONCE(vm->mem.slots.npages))				\
	X(pages_4k,		INSTANT,	"mapped pages of 4 KBytes", \
	  atomic_long_read(&vm->mem.leaves[VTX_EPT_4K]))		\
	X(pages_2m,		INSTANT,	"mapped pages of 2 MBytes", \
	  atomic_long_read(&vm->mem.leaves[VTX_EPT_2M]))		\
	X(pages_1g,		INSTANT,	"mapped pages of 1 GByte", \
	  atomic_long_read(&vm->mem.leaves[VTX_EPT_1G]))		\
	X(page_tables,		INSTANT,	"extended page tables, without the root", \
	  atomic_long_read(&vm->mem.tables))				\
	X(remote_tlb_flush,	CUMULATIVE,	"times that all CPUs had to forget translations", \
	  atomic64_read(&vm->mem.generation) - 1)

int vtx_vm_stats_fd(struct vtx_vm *vm);
int vtx_vcpu_stats_fd(struct vtx_vm *vm, const struct vtx_vcpu *vcpu);

#endif /* VTX_MODULE_STATS_FD_H */
