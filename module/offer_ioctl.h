/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /dev/vtx tells of the vCPUs that it could make.
 */
#ifndef VTX_MODULE_OFFER_IOCTL_H
#define VTX_MODULE_OFFER_IOCTL_H

int vtx_offer_ioctl(unsigned int cmd, void __user *arg);

#endif /* VTX_MODULE_OFFER_IOCTL_H */
