/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The vtx user-space ABI: KVM's, on another device, plus what stands below.
 */
#ifndef _UAPI_VTX_H
#define _UAPI_VTX_H

#include <linux/kvm.h>

#define VTX_DEVICE_NAME	"vtx"
#define VTX_DEVICE_PATH	"/dev/vtx"

/*
 * Capabilities of vtx's own for KVM_CHECK_EXTENSION.  KVM counts its own up from
 * 0 and answers 0 to these.
 */
#define VTX_CAP_BASE	0x56545800	/* "VTX" and a byte to count in */

/* The device is vtx: the version of this header's additions, 1 or more. */
#define VTX_CAP_VTX	(VTX_CAP_BASE + 0)

#endif /* _UAPI_VTX_H */
