/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * News of the process's page tables.
 */
#ifndef VTX_EPT_NOTIFIER_H
#define VTX_EPT_NOTIFIER_H

#include "ept/mem.h"

int vtx_notifier_register(struct vtx_mem *mem);
void vtx_notifier_unregister(struct vtx_mem *mem);
unsigned long vtx_notifier_sequence(struct vtx_mem *mem);
bool vtx_notifier_stale(struct vtx_mem *mem, unsigned long sequence,
			unsigned long hva);
void vtx_notifier_slots_changed(struct vtx_mem *mem);

#endif /* VTX_EPT_NOTIFIER_H */
