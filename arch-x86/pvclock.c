// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmclock: a guest says by an MSR where it wants the VM's clock to be shown.
 * There it finds a value of its TSC, what the clock showed then, and how fast its
 * TSC is, and computes the rest by itself.
 *
 * What is there is written by the vCPU's thread, out of the inner loop, when it
 * was asked to (VTX_REQ_CLOCK): because the guest has written the MSR, the TSC
 * was set, or the clock has changed.
 */
#include "module/compat.h"

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include <asm/kvm_para.h>
#include <asm/pvclock-abi.h>

#include "ept/guest_mem.h"
#include "arch-x86/clock.h"
#include "arch-x86/pvclock.h"
#include "arch-x86/tsc.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/versioned.h"

/* "4-byte aligned": what is not is where no clock can be. */
static bool enabled(u64 msr)
{
	return (msr & KVM_MSR_ENABLED) && !(msr & BIT(1));
}

static u64 gpa_of(u64 msr)
{
	return msr & ~3ULL;
}

/**
 * vtx_pvclock_get_msr() - read one of kvmclock's MSRs
 * @vcpu: the vCPU
 * @index: which; the old and the new ones are the same
 *
 * Return: its value.
 */
u64 vtx_pvclock_get_msr(const struct vtx_vcpu *vcpu, u32 index)
{
	switch (index) {
	case MSR_KVM_WALL_CLOCK:
	case MSR_KVM_WALL_CLOCK_NEW:
		return READ_ONCE(vcpu->clock.vm->wall_clock);
	default:
		return vcpu->clock.msr;
	}
}

static void set_system_time(struct vtx_vcpu *vcpu, u64 value)
{
	struct vtx_pvclock *clock = &vcpu->clock;

	/* Others, who count on this, look for users first. */
	atomic_add(enabled(value) - enabled(clock->msr), &clock->vm->users);
	clock->msr = value;
	if (!enabled(value))
		WRITE_ONCE(clock->stopped, false);
}

/**
 * vtx_pvclock_set_msr() - write one of kvmclock's MSRs
 * @vcpu: the vCPU; in the inner loop, or of the current ioctl
 * @index: which; the old and the new ones are the same
 * @value: what
 */
void vtx_pvclock_set_msr(struct vtx_vcpu *vcpu, u32 index, u64 value)
{
	switch (index) {
	case MSR_KVM_WALL_CLOCK:
	case MSR_KVM_WALL_CLOCK_NEW:
		WRITE_ONCE(vcpu->clock.vm->wall_clock, value);
		vcpu->clock.write_wall = true;
		break;
	default:
		set_system_time(vcpu, value);
	}
	set_bit(VTX_REQ_CLOCK, &vcpu->requests);
}

/**
 * vtx_pvclock_reset() - the guest has not asked for the clock
 * @vcpu: the vCPU, after power-up or INIT
 */
void vtx_pvclock_reset(struct vtx_vcpu *vcpu)
{
	set_system_time(vcpu, 0);
	vcpu->clock.write_wall = false;
}

/**
 * vtx_pvclock_tsc_moved() - a vCPU's TSC has been set, or its frequency
 * @vcpu: the vCPU; any context
 *
 * What its guest or, if vCPUs are in step no more, another's has been shown is
 * no longer true.
 */
void vtx_pvclock_tsc_moved(struct vtx_vcpu *vcpu)
{
	if (atomic_read(&vcpu->clock.vm->users))
		set_bit(VTX_REQ_CLOCK, &vcpu->requests);
}

/**
 * vtx_pvclock_migrated() - a vCPU has come to another CPU
 * @vcpu: the vCPU, loaded
 *
 * If the host does not trust its TSCs, the one here may be another.
 */
void vtx_pvclock_migrated(struct vtx_vcpu *vcpu)
{
	if (enabled(vcpu->clock.msr) && !READ_ONCE(vcpu->clock.vm->anchored))
		set_bit(VTX_REQ_CLOCK, &vcpu->requests);
}

/**
 * vtx_kvmclock_ctrl() - KVM_KVMCLOCK_CTRL: the guest was stopped for some time
 * @vcpu: the vCPU
 *
 * Return: 0, or -EINVAL if the guest has no clock to learn it from.
 */
int vtx_kvmclock_ctrl(struct vtx_vcpu *vcpu)
{
	if (!enabled(vcpu->clock.msr))
		return -EINVAL;
	vtx_pvclock_stopped(vcpu);
	return 0;
}

/**
 * vtx_pvclock_stopped() - let a guest know that it was stopped
 * @vcpu: the vCPU; anybody's
 */
void vtx_pvclock_stopped(struct vtx_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->clock.stopped, true);
	vtx_vcpu_request(vcpu, VTX_REQ_CLOCK);
}

/**
 * vtx_pvclock_keep() - remember what a guest is about to be shown
 * @vcpu: the vCPU
 * @view: what
 */
void vtx_pvclock_keep(struct vtx_vcpu *vcpu, const struct vtx_clock_view *view)
{
	vcpu->clock.tsc = view->tsc;
	vcpu->clock.ns = view->ns;
	vcpu->clock.rate = view->rate;
}

/**
 * vtx_pvclock_shown() - the latest time that a guest may have computed
 * @vcpu: the vCPU, not in its guest
 *
 * Return: nanoseconds, 0 if it has never been shown the clock.
 */
u64 vtx_pvclock_shown(const struct vtx_vcpu *vcpu)
{
	const struct vtx_pvclock *clock = &vcpu->clock;
	s64 ticks = vtx_tsc_read(vcpu) - clock->tsc;

	if (!enabled(clock->msr) || ticks < 0)
		return clock->ns;
	return clock->ns + vtx_clock_rate_ns(&clock->rate, ticks);
}

static void show(struct vtx_vcpu *vcpu, const struct vtx_clock_view *view)
{
	u64 gpa = gpa_of(vcpu->clock.msr);
	struct pvclock_vcpu_time_info info;

	if (vtx_mem_read(vcpu->mem, gpa, &info, sizeof(info)))
		return;
	/* Set for the guest to clear. */
	info.flags &= PVCLOCK_GUEST_STOPPED;
	if (xchg(&vcpu->clock.stopped, false))
		info.flags |= PVCLOCK_GUEST_STOPPED;
	if (view->stable)
		info.flags |= PVCLOCK_TSC_STABLE_BIT;
	info.tsc_timestamp = view->tsc;
	info.system_time = view->ns;
	info.tsc_to_system_mul = view->rate.mul;
	info.tsc_shift = view->rate.shift;
	info.pad0 = 0;
	info.pad[0] = 0;
	info.pad[1] = 0;
	/* Where there is no memory, there is nobody to be told. */
	vtx_write_versioned(vcpu->mem, gpa, &info, sizeof(info),
			    offsetof(struct pvclock_vcpu_time_info, version));
}

static void write_wall_clock(struct vtx_vcpu *vcpu, u64 epoch_ns)
{
	u64 gpa = gpa_of(READ_ONCE(vcpu->clock.vm->wall_clock));
	struct pvclock_wall_clock wall;
	u32 nsec;

	if (!gpa)
		return;
	wall.sec = div_u64_rem(epoch_ns, NSEC_PER_SEC, &nsec);
	wall.nsec = nsec;
	vtx_write_versioned(vcpu->mem, gpa, &wall, sizeof(wall),
			    offsetof(struct pvclock_wall_clock, version));
}

/**
 * vtx_pvclock_update() - show the guest the clock as it goes now
 * @vcpu: the vCPU, not loaded
 *
 * A slow handler, for VTX_REQ_CLOCK.
 *
 * Return: VTX_REPEAT.
 */
enum vtx_result vtx_pvclock_update(struct vtx_vcpu *vcpu)
{
	struct vtx_clock_view view;

	vtx_clock_look(vcpu, &view);
	if (enabled(vcpu->clock.msr))
		show(vcpu, &view);
	if (vcpu->clock.write_wall) {
		vcpu->clock.write_wall = false;
		write_wall_clock(vcpu, view.epoch_ns);
	}
	return VTX_REPEAT;
}
