// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steal time, in a record of guest memory (struct kvm_steal_time).
 *
 * Before the vCPU's thread gives way to another task, the record says so: other
 * vCPUs need not wait for this one then.  One that wants it to forget its
 * translations only leaves a note there (KVM_VCPU_FLUSH_TLB), which is taken
 * before the guest goes on.  So no instruction may be half done at that moment.
 * Then the record also gets the time for which Linux made the thread wait.
 *
 * Of a halted vCPU it does not say so.  Linux as a guest takes it for a CPU that
 * is idle, and would not if it had no CPU to be so on.
 */
#include "module/compat.h"

#include <linux/bitops.h>
#include <linux/sched.h>
#include <linux/stddef.h>

#include <asm/kvm_para.h>

#include "ept/guest_mem.h"
#include "arch-x86/cpuid.h"
#include "arch-x86/steal.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/versioned.h"

static u64 gpa_of(const struct vtx_vcpu *vcpu)
{
	return vcpu->msrs.value[VTX_MSR_SLOT_KVM_STEAL_TIME] &
	       KVM_STEAL_VALID_BITS;
}

static u64 preempted_at(const struct vtx_vcpu *vcpu)
{
	return gpa_of(vcpu) + offsetof(struct kvm_steal_time, preempted);
}

/**
 * vtx_steal_set_msr() - MSR_KVM_STEAL_TIME has been written
 * @vcpu: the vCPU; in the inner loop, or of the current ioctl
 * @value: where the record is; bit 0: at all
 */
void vtx_steal_set_msr(struct vtx_vcpu *vcpu, u64 value)
{
	struct vtx_steal *steal = &vcpu->steal;

	steal->enabled = value & KVM_MSR_ENABLED;
	/* Whatever the record says. */
	steal->away = true;
	set_bit(VTX_REQ_STEAL, &vcpu->requests);
}

/**
 * vtx_steal_reset() - the guest does not want to be told
 * @vcpu: the vCPU, after power-up or INIT
 */
void vtx_steal_reset(struct vtx_vcpu *vcpu)
{
	vcpu->msrs.value[VTX_MSR_SLOT_KVM_STEAL_TIME] = 0;
	vcpu->steal = (struct vtx_steal){ };
}

/**
 * vtx_steal_leave() - the vCPU's thread is about to let another have the CPU
 * @vcpu: the vCPU, loaded or not, between two instructions
 *
 * Does not sleep.  If the memory is not at hand, the guest is not told.
 */
void vtx_steal_leave(struct vtx_vcpu *vcpu)
{
	const u8 preempted = KVM_VCPU_PREEMPTED;

	if (!vcpu->steal.enabled || vcpu->steal.away)
		return;
	/* Before anybody leaves a note, which has to be taken. */
	vcpu->steal.away = true;
	set_bit(VTX_REQ_STEAL, &vcpu->requests);
	vtx_mem_write_fast(vcpu->mem, preempted_at(vcpu), &preempted,
			   sizeof(preempted));
}

/* The vCPU is back: take the note that others may have left. */
static void take_note(struct vtx_vcpu *vcpu)
{
	u64 note = KVM_VCPU_PREEMPTED;
	int ret;

	do
		ret = vtx_mem_cmpxchg(vcpu->mem, preempted_at(vcpu), &note, 0,
				      sizeof(u8));
	while (ret > 0);
	if (!ret && (note & KVM_VCPU_FLUSH_TLB)) {
		set_bit(VTX_REQ_TLB_FLUSH, &vcpu->requests);
		vcpu->stats.pv_tlb_flush++;
	}
}

/* How long the thread has waited since; what another one did does not count. */
static u64 waited(struct vtx_steal *steal)
{
	u64 now = vtx_run_delay(), before = steal->run_delay;
	bool same = steal->thread == current;

	steal->thread = current;
	steal->run_delay = now;
	return same && now > before ? now - before : 0;
}

/**
 * vtx_steal_update() - tell the guest, which is about to go on
 * @vcpu: the vCPU, not loaded
 *
 * A slow handler.
 *
 * Return: VTX_REPEAT.
 */
enum vtx_result vtx_steal_update(struct vtx_vcpu *vcpu)
{
	struct kvm_steal_time record;
	u64 ns;

	vtx_vcpu_test_request(vcpu, VTX_REQ_STEAL);
	if (!vcpu->steal.enabled)
		return VTX_REPEAT;
	if (vcpu->steal.away)
		take_note(vcpu);
	vcpu->steal.away = false;

	ns = waited(&vcpu->steal);
	/* Where there is no memory, there is nobody to be told. */
	if (vtx_mem_read(vcpu->mem, gpa_of(vcpu), &record, sizeof(record)))
		return VTX_REPEAT;
	record.steal += ns;
	vtx_write_versioned(vcpu->mem, gpa_of(vcpu), &record,
			    offsetofend(struct kvm_steal_time, version),
			    offsetof(struct kvm_steal_time, version));
	return VTX_REPEAT;
}
