/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time stamp counter of a guest.
 */
#ifndef VTX_ARCH_X86_TSC_H
#define VTX_ARCH_X86_TSC_H

#include <linux/compiler.h>
#include <linux/kvm.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <asm/msr.h>

struct vtx_caps;
struct vtx_vcpu;

/**
 * struct vtx_vm_tsc - what the TSCs of one VM have in common
 * @first_khz: frequency of a new vCPU's; read and written at once
 * @lock: protects the rest; raw, as its holders have preemption off
 * @khz: frequency of the TSC that was set last, 0 if none has been
 * @offset: its offset
 * @user_set: user space has set one
 */
struct vtx_vm_tsc {
	u32		first_khz;
	raw_spinlock_t	lock;
	u32		khz;
	u64		offset;
	bool		user_set;
};

/**
 * struct vtx_tsc - a vCPU's time stamp counter
 * @vm: (i) what it has in common with the VM's others
 * @khz: its frequency in kHz
 * @offset: guest TSC minus (scaled) vtx_host_tsc()
 * @ratio: guest's over host's frequency, 48 fractional bits; 0 if they are equal
 * @carry: the vtx_tsc_carry that the VMCS knows
 *
 * (i) constant from creation on; the rest is the vCPU's owner's
 */
struct vtx_tsc {
	struct vtx_vm_tsc	*vm;
	u32			khz;
	u64			offset;
	u64			ratio;
	u64			carry;
};

extern u64 vtx_tsc_carry;

/**
 * vtx_host_tsc_of() - a TSC that never goes back
 * @raw: the host's
 *
 * Return: it, plus what it has lost while the machine slept.
 */
static inline u64 vtx_host_tsc_of(u64 raw)
{
	return raw + READ_ONCE(vtx_tsc_carry);
}

/**
 * vtx_raw_tsc_of() - the other way round
 * @host_tsc: from vtx_host_tsc_of()
 *
 * Return: the host's TSC.
 */
static inline u64 vtx_raw_tsc_of(u64 host_tsc)
{
	return host_tsc - READ_ONCE(vtx_tsc_carry);
}

/**
 * vtx_host_tsc() - what guests' TSCs are made of
 *
 * Return: the host's TSC now, made to never go back.
 */
static inline u64 vtx_host_tsc(void)
{
	return vtx_host_tsc_of(rdtsc_ordered());
}

/* Has the machine slept since the VMCS was told? */
static inline bool vtx_tsc_is_stale(const struct vtx_tsc *tsc)
{
	return tsc->carry != READ_ONCE(vtx_tsc_carry);
}

void vtx_tsc_suspend(void);
void vtx_tsc_resume(void);
void vtx_tsc_refresh(struct vtx_vcpu *vcpu);
u32 vtx_tsc_khz(const struct vtx_tsc *tsc);

void vtx_vm_tsc_init(struct vtx_vm_tsc *vm);
int vtx_vm_tsc_set_khz(struct vtx_vm_tsc *vm, const struct vtx_caps *caps,
		       u32 khz);
void vtx_tsc_reset(struct vtx_vcpu *vcpu);
u64 vtx_tsc_scale(const struct vtx_tsc *tsc, u64 host_tsc);
u64 vtx_tsc_read(const struct vtx_vcpu *vcpu);
void vtx_tsc_move(struct vtx_vcpu *vcpu, u64 by);
void vtx_tsc_set(struct vtx_vcpu *vcpu, u64 value);
int vtx_tsc_set_khz(struct vtx_vcpu *vcpu, u32 khz);
int vtx_tsc_device_attr(struct vtx_vcpu *vcpu, unsigned int cmd,
			const struct kvm_device_attr *attr);

#endif /* VTX_ARCH_X86_TSC_H */
