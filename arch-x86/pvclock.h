/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kvmclock: the VM's clock in guest memory.
 */
#ifndef VTX_ARCH_X86_PVCLOCK_H
#define VTX_ARCH_X86_PVCLOCK_H

#include <linux/types.h>

#include "arch-x86/clock_rate.h"

struct vtx_clock_view;
struct vtx_vcpu;
struct vtx_vm_clock;

/**
 * struct vtx_pvclock - what a vCPU shows its guest of the VM's clock
 * @vm: (i) the VM's clock
 * @msr: (o) MSR_KVM_SYSTEM_TIME: where; bit 0: at all
 * @write_wall: (o) the guest wants the wall clock
 * @stopped: (a) it is to learn that it was stopped
 * @tsc: (l) as last shown: a value of the TSC
 * @ns: (l) what the clock showed then
 * @rate: (l) of the TSC
 *
 * (i) constant
 * (o) the vCPU's owner's
 * (a) written at once by anybody
 * (l) under the lock of the VM's clock
 */
struct vtx_pvclock {
	struct vtx_vm_clock	*vm;
	u64			msr;
	bool			write_wall;
	bool			stopped;
	u64			tsc;
	u64			ns;
	struct vtx_clock_rate	rate;
};

u64 vtx_pvclock_get_msr(const struct vtx_vcpu *vcpu, u32 index);
void vtx_pvclock_set_msr(struct vtx_vcpu *vcpu, u32 index, u64 value);
void vtx_pvclock_reset(struct vtx_vcpu *vcpu);
void vtx_pvclock_tsc_moved(struct vtx_vcpu *vcpu);
void vtx_pvclock_migrated(struct vtx_vcpu *vcpu);
int vtx_kvmclock_ctrl(struct vtx_vcpu *vcpu);
enum vtx_result vtx_pvclock_update(struct vtx_vcpu *vcpu);

/* For clock.c, under the lock of the VM's clock. */
void vtx_pvclock_keep(struct vtx_vcpu *vcpu, const struct vtx_clock_view *view);
u64 vtx_pvclock_shown(const struct vtx_vcpu *vcpu);
void vtx_pvclock_stopped(struct vtx_vcpu *vcpu);

#endif /* VTX_ARCH_X86_PVCLOCK_H */
