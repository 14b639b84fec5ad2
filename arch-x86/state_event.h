/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events on their way into a vCPU, as user space gets, sets and makes them.
 */
#ifndef VTX_ARCH_X86_STATE_EVENT_H
#define VTX_ARCH_X86_STATE_EVENT_H

#include <linux/kvm.h>

struct vtx_vcpu;

int vtx_get_vcpu_events(struct vtx_vcpu *vcpu, struct kvm_vcpu_events *events);
int vtx_set_vcpu_events(struct vtx_vcpu *vcpu,
			const struct kvm_vcpu_events *events);
int vtx_interrupt(struct vtx_vcpu *vcpu, const struct kvm_interrupt *interrupt);
int vtx_nmi(struct vtx_vcpu *vcpu);

#endif /* VTX_ARCH_X86_STATE_EVENT_H */
