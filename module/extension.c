// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this build can do: one row per capability, and only for what works.
 */
#include "module/compat.h"

#include <linux/kernel.h>
#include <linux/kvm.h>

#include "uapi/vtx.h"
#include "module/extension.h"

static const struct {
	unsigned long	cap;
	int		value;
} vtx_extensions[] = {
	{ KVM_CAP_CHECK_EXTENSION_VM,	1 },
	{ VTX_CAP_VTX,			1 },
};

/**
 * vtx_check_extension() - answer KVM_CHECK_EXTENSION, on the device or a VM
 * @cap: KVM_CAP_* or VTX_CAP_*; any value will do
 *
 * Return: the capability's value, or 0 for one that vtx lacks or does not know.
 */
int vtx_check_extension(unsigned long cap)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(vtx_extensions); i++)
		if (vtx_extensions[i].cap == cap)
			return vtx_extensions[i].value;
	return 0;
}
