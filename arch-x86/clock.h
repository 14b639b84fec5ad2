/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM's clock: what KVM_GET_CLOCK reads, and what guests see by kvmclock.
 */
#ifndef VTX_ARCH_X86_CLOCK_H
#define VTX_ARCH_X86_CLOCK_H

#include <linux/kvm.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "arch-x86/clock_rate.h"

struct vtx_vcpu;

/* What KVM_GET_CLOCK may say, KVM_SET_CLOCK takes, KVM_CAP_ADJUST_CLOCK is. */
#define VTX_CLOCK_FLAGS	(KVM_CLOCK_TSC_STABLE | KVM_CLOCK_REALTIME |	\
			 KVM_CLOCK_HOST_TSC)

/**
 * struct vtx_vm_clock_ops - what a VM's clock needs of the layers above
 * @walk_vcpus: call a function, which does not sleep, for each vCPU of the VM
 * @kick_all: make every vCPU of the VM leave guest mode, and wait until it has
 */
struct vtx_vm_clock_ops {
	void (*walk_vcpus)(void *owner,
			   void (*call)(struct vtx_vcpu *vcpu, void *arg),
			   void *arg);
	void (*kick_all)(void *owner);
};

/**
 * struct vtx_vm_clock - the clock of a VM
 * @ops: (i) see there
 * @owner: (i) what @ops is called with
 * @list: its place among all clocks
 * @lock: see clock.c
 * @anchored: (l) it goes by the host's TSC
 * @in_step: (l) the vCPUs' TSCs are the same
 * @anchor_tsc: (l) vtx_host_tsc() of a moment
 * @anchor_ns: (l) what the clock showed then
 * @offset: (l) what the clock was ahead of the host's at that moment, or is as
 *	long as it is not @anchored
 * @rate: (l) of the host's TSC
 * @users: (a) how many vCPUs show it to their guest
 * @wall_clock: (w) MSR_KVM_WALL_CLOCK of all vCPUs
 * @sync: makes vCPUs look again at a clock that is not @anchored
 *
 * (i) constant
 * (l) written under @lock
 * (a) atomic
 * (w) written at once by any vCPU
 */
struct vtx_vm_clock {
	const struct vtx_vm_clock_ops	*ops;
	void				*owner;
	struct list_head		list;
	struct mutex			lock;	/* what the clock goes by */
	bool				anchored;
	bool				in_step;
	u64				anchor_tsc;
	u64				anchor_ns;
	u64				offset;
	struct vtx_clock_rate		rate;
	atomic_t			users;
	u64				wall_clock;
	struct delayed_work		sync;
};

/**
 * struct vtx_clock_view - what a vCPU has to tell its guest
 * @tsc: a value of the vCPU's TSC
 * @ns: what the clock shows then
 * @epoch_ns: the time of day at which the clock was 0
 * @rate: of the vCPU's TSC
 * @stable: all vCPUs see the same, whatever the host does
 */
struct vtx_clock_view {
	u64			tsc;
	u64			ns;
	u64			epoch_ns;
	struct vtx_clock_rate	rate;
	bool			stable;
};

int vtx_clock_init(void);
void vtx_clock_exit(void);
void vtx_clock_resume(void);

void vtx_vm_clock_init(struct vtx_vm_clock *clock,
		       const struct vtx_vm_clock_ops *ops, void *owner);
void vtx_vm_clock_destroy(struct vtx_vm_clock *clock);
void vtx_vm_clock_get(struct vtx_vm_clock *clock, struct kvm_clock_data *data);
int vtx_vm_clock_set(struct vtx_vm_clock *clock,
		     const struct kvm_clock_data *data);
void vtx_clock_look(struct vtx_vcpu *vcpu, struct vtx_clock_view *view);

#endif /* VTX_ARCH_X86_CLOCK_H */
