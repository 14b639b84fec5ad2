// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's TSC is the host's, scaled if the CPU can, plus an offset.
 *
 * The vCPUs of a VM are in step if they have the same offset.  A guest sees to
 * that by itself when it writes its TSCs.  User space cannot: between two of its
 * writes time passes.  So what it writes is taken for "as the others" in the
 * same cases as by KVM, because that is what its clients count on:
 *
 *   - a new vCPU
 *   - 0 is written, as at a reset
 *   - what is written is less than a second away from what the TSC that was set
 *     last shows now, and user space has set one before
 *
 * and then the vCPU gets the offset of the TSC that was set last, if that has
 * the same frequency.
 *
 * A TSC may begin anew while the machine sleeps.  What it has lost then is
 * carried on, so that guests do not see it.
 */
#include "module/compat.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include <asm/tsc.h>

#include "arch-x86/irqchip/irqchip.h"
#include "arch-x86/pvclock.h"
#include "arch-x86/tsc.h"
#include "arch-x86/vcpu.h"

#define RATIO_BITS	48
#define RATIO_ONE	BIT_ULL(RATIO_BITS)
/* The multiplier in the VMCS has 16 bits before the binary point. */
#define RATIO_MAX	U16_MAX

/* As far apart frequencies may be and count as equal, in parts per million. */
#define TOLERANCE_PPM	250

/* Written while nothing runs but the CPU that does. */
u64 vtx_tsc_carry;

static u64 suspended_at;

/**
 * vtx_tsc_suspend() - the machine is about to sleep
 *
 * Nothing runs but this CPU, interrupts are off.
 */
void vtx_tsc_suspend(void)
{
	suspended_at = rdtsc_ordered();
}

/**
 * vtx_tsc_resume() - it has slept
 *
 * As vtx_tsc_suspend().
 */
void vtx_tsc_resume(void)
{
	u64 now = rdtsc_ordered();

	if (now < suspended_at)
		WRITE_ONCE(vtx_tsc_carry, vtx_tsc_carry + suspended_at - now);
}

/*
 * Return: true, with the ratio to the host's frequency, 0 if they count as
 * equal; false if the CPU cannot do it.
 */
static bool find_ratio(const struct vtx_caps *caps, u32 khz, u64 *ratio)
{
	u64 tolerance = div_u64((u64)tsc_khz * TOLERANCE_PPM, 1000000);

	*ratio = 0;
	if (!tsc_khz)
		return false;
	if (khz >= tsc_khz - tolerance && khz <= tsc_khz + tolerance)
		return true;
	if (!vtx_caps_have(caps, VTX_F_TSC_SCALING) ||
	    khz / tsc_khz >= RATIO_MAX)
		return false;
	*ratio = mul_u64_u32_div(RATIO_ONE, khz, tsc_khz);
	return true;
}

/**
 * vtx_vm_tsc_init() - a VM without vCPUs
 * @vm: to be filled in
 */
void vtx_vm_tsc_init(struct vtx_vm_tsc *vm)
{
	raw_spin_lock_init(&vm->lock);
	vm->first_khz = tsc_khz;
	vm->khz = 0;
	vm->offset = 0;
	vm->user_set = false;
}

/**
 * vtx_vm_tsc_set_khz() - KVM_SET_TSC_KHZ on a VM
 * @vm: the VM's
 * @caps: the CPUs' configuration
 * @khz: frequency in kHz of the vCPUs that will be made, 0 for the host's
 *
 * Return: 0, or -EINVAL for a frequency that the CPU cannot scale to.
 */
int vtx_vm_tsc_set_khz(struct vtx_vm_tsc *vm, const struct vtx_caps *caps,
		       u32 khz)
{
	u64 ratio;

	if (!khz)
		khz = tsc_khz;
	if (!find_ratio(caps, khz, &ratio))
		return -EINVAL;
	WRITE_ONCE(vm->first_khz, khz);
	return 0;
}

/**
 * vtx_tsc_scale() - how far a guest's TSC has gone
 * @tsc: the guest's
 * @host_tsc: the host's TSC, or a difference of two
 *
 * Return: the guest's TSC, but for its offset.
 */
u64 vtx_tsc_scale(const struct vtx_tsc *tsc, u64 host_tsc)
{
	return tsc->ratio ? mul_u64_u64_shr(host_tsc, tsc->ratio, RATIO_BITS) :
			    host_tsc;
}

/**
 * vtx_tsc_read() - the guest's TSC
 * @vcpu: the vCPU
 *
 * Return: what RDTSC shows to the guest now.
 */
u64 vtx_tsc_read(const struct vtx_vcpu *vcpu)
{
	return vtx_tsc_scale(&vcpu->tsc, vtx_host_tsc()) + vcpu->tsc.offset;
}

/**
 * vtx_tsc_khz() - how fast a guest's TSC really is
 * @tsc: the guest's
 *
 * Return: kHz; without TSC scaling the host's, whatever was set.
 */
u32 vtx_tsc_khz(const struct vtx_tsc *tsc)
{
	return tsc->ratio ? tsc->khz : tsc_khz;
}

/* Less than a second apart? */
static bool close_to(u64 a, u64 b, u32 khz)
{
	u64 distance = a - b;
	u64 second = khz * 1000ULL;

	return distance < second || -distance < second;
}

/* Is a vCPU to be in step with the others if user space makes it @value? */
static bool in_step(const struct vtx_vm_tsc *vm, const struct vtx_tsc *tsc,
		    u64 value, u64 host_tsc)
{
	u64 expected = vtx_tsc_scale(tsc, host_tsc) + vm->offset;

	if (tsc->khz != vm->khz)
		return false;
	return !value || (vm->user_set && close_to(value, expected, tsc->khz));
}

/* From now on new ones are in step with this one. */
static void lead(struct vtx_vm_tsc *vm, const struct vtx_tsc *tsc)
{
	vm->khz = tsc->khz;
	vm->offset = tsc->offset;
}

/* Return: the offset that makes @tsc show @value at @host_tsc, or about that. */
static u64 choose_offset(struct vtx_vm_tsc *vm, const struct vtx_tsc *tsc,
			 u64 value, u64 host_tsc)
{
	if (in_step(vm, tsc, value, host_tsc))
		return vm->offset;
	return value - vtx_tsc_scale(tsc, host_tsc);
}

/* Who waits for a value of the TSC, or reckons by it, has to know. */
static void moved(struct vtx_vcpu *vcpu)
{
	vtx_pvclock_tsc_moved(vcpu);
	if (vcpu->lapic)
		vtx_lapic_timer_tsc_moved(vcpu->lapic);
}

static void write_offset(struct vtx_tsc *tsc)
{
	tsc->carry = READ_ONCE(vtx_tsc_carry);
	vmcs_write64(VMCS_CTRL_TSC_OFFSET,
		     tsc->offset + vtx_tsc_scale(tsc, tsc->carry));
}

/**
 * vtx_tsc_refresh() - let the VMCS know that the machine has slept
 * @vcpu: the vCPU, loaded
 */
void vtx_tsc_refresh(struct vtx_vcpu *vcpu)
{
	write_offset(&vcpu->tsc);
}

/* The vCPU is loaded. */
static void write_vmcs(struct vtx_vcpu *vcpu)
{
	struct vtx_tsc *tsc = &vcpu->tsc;

	moved(vcpu);
	write_offset(tsc);
	if (!vtx_caps_have(vcpu->caps, VTX_F_TSC_SCALING))
		return;
	vmcs_write64(VMCS_CTRL_TSC_MULTIPLIER, tsc->ratio ?: RATIO_ONE);
	if (tsc->ratio)
		vmcs_set32(VMCS_CTRL_SECONDARY_PROC_BASED,
			   VTX_CONTROL(TSC_SCALING), 0);
	else
		vmcs_set32(VMCS_CTRL_SECONDARY_PROC_BASED, 0,
			   VTX_CONTROL(TSC_SCALING));
}

static void set(struct vtx_vcpu *vcpu, u64 value, bool user)
{
	struct vtx_tsc *tsc = &vcpu->tsc;
	struct vtx_vm_tsc *vm = tsc->vm;

	raw_spin_lock(&vm->lock);
	tsc->offset = choose_offset(vm, tsc, value, vtx_host_tsc());
	lead(vm, tsc);
	vm->user_set |= user;
	raw_spin_unlock(&vm->lock);
	write_vmcs(vcpu);
}

/**
 * vtx_tsc_reset() - the TSC of a new vCPU
 * @vcpu: the vCPU, loaded
 *
 * It has the frequency that the VM says, else the host's.  The first of a VM
 * begins with 0, the others are in step with it.
 */
void vtx_tsc_reset(struct vtx_vcpu *vcpu)
{
	struct vtx_tsc *tsc = &vcpu->tsc;

	tsc->khz = READ_ONCE(tsc->vm->first_khz);
	if (!find_ratio(vcpu->caps, tsc->khz, &tsc->ratio))
		tsc->khz = tsc_khz;
	set(vcpu, 0, false);
}

/**
 * vtx_tsc_move() - the guest sets its TSC forward or back
 * @vcpu: the vCPU, loaded; interrupts may be off
 * @by: by how much, modulo 2^64
 */
void vtx_tsc_move(struct vtx_vcpu *vcpu, u64 by)
{
	vcpu->tsc.offset += by;
	write_offset(&vcpu->tsc);
	moved(vcpu);
}

/**
 * vtx_tsc_set() - user space writes IA32_TIME_STAMP_COUNTER
 * @vcpu: the vCPU, loaded
 * @value: what it writes; see the top for what becomes of it
 */
void vtx_tsc_set(struct vtx_vcpu *vcpu, u64 value)
{
	set(vcpu, value, true);
}

/**
 * vtx_tsc_set_khz() - KVM_SET_TSC_KHZ
 * @vcpu: the vCPU
 * @khz: frequency in kHz, 0 for the host's
 *
 * The TSC goes on from what it shows.  Several vCPUs that are given the same
 * frequency one after the other stay in step if they were.
 *
 * Return: 0; -EINVAL for a frequency that the CPU cannot scale to, which is any
 * but the host's if it has no TSC scaling; -EIO if there is no VMX any more.
 */
int vtx_tsc_set_khz(struct vtx_vcpu *vcpu, u32 khz)
{
	struct vtx_tsc *tsc = &vcpu->tsc;
	struct vtx_vm_tsc *vm = tsc->vm;
	u64 ratio, now, host_tsc;
	int err;

	if (!khz)
		khz = tsc_khz;
	if (!find_ratio(vcpu->caps, khz, &ratio))
		return -EINVAL;
	if (khz == tsc->khz)
		return 0;

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	raw_spin_lock(&vm->lock);
	host_tsc = vtx_host_tsc();
	now = vtx_tsc_scale(tsc, host_tsc) + tsc->offset;
	tsc->khz = khz;
	tsc->ratio = ratio;
	if (vm->khz == khz && close_to(now, vtx_tsc_scale(tsc, host_tsc) +
				       vm->offset, khz))
		tsc->offset = vm->offset;
	else
		tsc->offset = now - vtx_tsc_scale(tsc, host_tsc);
	lead(vm, tsc);
	raw_spin_unlock(&vm->lock);
	write_vmcs(vcpu);
	vtx_vcpu_put(vcpu);
	return 0;
}

static int set_offset(struct vtx_vcpu *vcpu, u64 offset)
{
	struct vtx_tsc *tsc = &vcpu->tsc;
	int err;

	err = vtx_vcpu_load(vcpu);
	if (err)
		return err;
	raw_spin_lock(&tsc->vm->lock);
	tsc->offset = offset;
	lead(tsc->vm, tsc);
	tsc->vm->user_set = true;
	raw_spin_unlock(&tsc->vm->lock);
	write_vmcs(vcpu);
	vtx_vcpu_put(vcpu);
	return 0;
}

/* User space reckons with the host's TSC as it is. */
static u64 carried(const struct vtx_tsc *tsc)
{
	return vtx_tsc_scale(tsc, READ_ONCE(vtx_tsc_carry));
}

/**
 * vtx_tsc_device_attr() - KVM_HAS_, KVM_GET_ and KVM_SET_DEVICE_ATTR of a vCPU
 * @vcpu: the vCPU; its process is the current one
 * @cmd: which of the three
 * @attr: the attribute.  There is one, KVM_VCPU_TSC_OFFSET of
 *	KVM_VCPU_TSC_CTRL: the offset, 64 bits.
 *
 * May sleep.
 *
 * Return: 0; -ENXIO for another attribute; -EFAULT if its address is bad; -EIO
 * if there is no VMX any more.
 */
int vtx_tsc_device_attr(struct vtx_vcpu *vcpu, unsigned int cmd,
			const struct kvm_device_attr *attr)
{
	u64 __user *address = u64_to_user_ptr(attr->addr);
	u64 offset;

	if (attr->group != KVM_VCPU_TSC_CTRL ||
	    attr->attr != KVM_VCPU_TSC_OFFSET)
		return -ENXIO;
	switch (cmd) {
	case KVM_HAS_DEVICE_ATTR:
		return 0;
	case KVM_GET_DEVICE_ATTR:
		return put_user(vcpu->tsc.offset + carried(&vcpu->tsc), address);
	case KVM_SET_DEVICE_ATTR:
		if (get_user(offset, address))
			return -EFAULT;
		return set_offset(vcpu, offset - carried(&vcpu->tsc));
	}
	return -ENXIO;
}
