/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers to KVM_CHECK_EXTENSION.
 */
#ifndef VTX_MODULE_EXTENSION_H
#define VTX_MODULE_EXTENSION_H

int vtx_check_extension(unsigned long cap);

#endif /* VTX_MODULE_EXTENSION_H */
