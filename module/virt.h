/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who uses VMX: the first user turns it on everywhere, the last turns it off.
 */
#ifndef VTX_MODULE_VIRT_H
#define VTX_MODULE_VIRT_H

int vtx_virt_init(const unsigned long *without);
void vtx_virt_exit(void);
int vtx_virt_get(void);
void vtx_virt_put(void);
unsigned int vtx_virt_users(void);
void vtx_virt_settle(void);

#endif /* VTX_MODULE_VIRT_H */
