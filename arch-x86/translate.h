/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_TRANSLATE.
 */
#ifndef VTX_ARCH_X86_TRANSLATE_H
#define VTX_ARCH_X86_TRANSLATE_H

#include <linux/kvm.h>

struct vtx_vcpu;

int vtx_translate(struct vtx_vcpu *vcpu, struct kvm_translation *translation);

#endif /* VTX_ARCH_X86_TRANSLATE_H */
