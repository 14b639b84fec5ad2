// SPDX-License-Identifier: GPL-2.0-only
/*
 * The nested state of a vCPU that has no VMX: what KVM says of such a one.
 *
 * KVM_CAP_NESTED_STATE is 0.  But there is user space that saves and restores
 * without asking.
 */
#include "module/compat.h"

#include <linux/errno.h>

#include "arch-x86/state_nested.h"

/* "No such page": VMXON has not been executed, there is no current VMCS. */
#define NO_PAGE		(-1ULL)

/**
 * vtx_get_nested_state() - KVM_GET_NESTED_STATE
 * @state: receives the header; its @size says how much room there is
 *
 * Return: 0; or -E2BIG if there is too little room, with what it takes in @size.
 */
int vtx_get_nested_state(struct kvm_nested_state *state)
{
	u32 room = state->size;

	*state = (struct kvm_nested_state){
		.format = KVM_STATE_NESTED_FORMAT_VMX,
		.size = sizeof(*state),
	};
	state->hdr.vmx.vmxon_pa = NO_PAGE;
	state->hdr.vmx.vmcs12_pa = NO_PAGE;
	return room < sizeof(*state) ? -E2BIG : 0;
}

/**
 * vtx_set_nested_state() - KVM_SET_NESTED_STATE
 * @state: the header
 *
 * Return: 0 for what vtx_get_nested_state() says, else -EINVAL.
 */
int vtx_set_nested_state(const struct kvm_nested_state *state)
{
	if (state->size < sizeof(*state) || state->flags ||
	    state->format != KVM_STATE_NESTED_FORMAT_VMX ||
	    state->hdr.vmx.vmxon_pa != NO_PAGE ||
	    state->hdr.vmx.vmcs12_pa != NO_PAGE ||
	    state->hdr.vmx.smm.flags)
		return -EINVAL;
	return 0;
}
