/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other hypervisor of this kernel: KVM.
 */
#ifndef VTX_MODULE_RIVAL_H
#define VTX_MODULE_RIVAL_H

#include <linux/types.h>

bool vtx_rival_loaded(void);
int vtx_rival_init(void);
void vtx_rival_exit(void);

#endif /* VTX_MODULE_RIVAL_H */
