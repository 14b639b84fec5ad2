/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nested virtualization, of which there is none, for user space that saves its
 * state all the same.
 */
#ifndef VTX_ARCH_X86_STATE_NESTED_H
#define VTX_ARCH_X86_STATE_NESTED_H

#include <linux/kvm.h>

int vtx_get_nested_state(struct kvm_nested_state *state);
int vtx_set_nested_state(const struct kvm_nested_state *state);

#endif /* VTX_ARCH_X86_STATE_NESTED_H */
