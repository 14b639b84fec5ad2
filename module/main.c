// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load, unload, and /dev/vtx.
 *
 * Loading looks at the CPUs and refuses, in one line of the log, on a machine
 * that cannot run guests.  It does not turn VMX on: the first VM does, and a VMX
 * that somebody else has is that VM's error, not the module's.
 *
 * Unloading is impossible while a VM exists or the device is open: each open
 * file holds the module.
 */
#include "module/compat.h"

#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

#include "uapi/vtx.h"
#include "module/extension.h"
#include "module/irqfd.h"
#include "module/offer_ioctl.h"
#include "module/rival.h"
#include "module/stats.h"
#include "module/virt.h"
#include "module/vm.h"
#include "ept/mem.h"
#include "arch-x86/clock.h"
#include "arch-x86/offer.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/vmx/caps.h"
#include "arch-x86/vmx/percpu.h"

static char *without;
module_param(without, charp, 0444);
MODULE_PARM_DESC(without,
		 "VMX features to do without, separated by commas (names: debugfs vtx/caps)");

#define VTX_VCPU_MMAP_SIZE	(VTX_RUN_PAGES * PAGE_SIZE)

static long vtx_dev_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	switch (cmd) {
	case KVM_GET_API_VERSION:
		return arg ? -EINVAL : KVM_API_VERSION;
	case KVM_CHECK_EXTENSION:
		return vtx_check_extension(arg);
	case KVM_GET_VCPU_MMAP_SIZE:
		return arg ? -EINVAL : VTX_VCPU_MMAP_SIZE;
	case KVM_CREATE_VM:
		return vtx_vm_create(arg);
	}
	return vtx_offer_ioctl(cmd, (void __user *)arg);
}

static const struct file_operations vtx_dev_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= vtx_dev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice vtx_dev = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= VTX_DEVICE_NAME,
	.fops	= &vtx_dev_fops,
	.mode	= 0600,
};

static int __init vtx_init(void)
{
	DECLARE_BITMAP(without_features, VTX_NR_FEATURES);
	int err;

	err = vtx_caps_parse_without(without, without_features);
	if (err) {
		pr_err("parameter without=%s: no such optional feature\n",
		       without);
		return err;
	}

	err = vtx_virt_init(without_features);
	if (err)
		return err;
	err = vtx_offer_init(vtx_percpu_caps());
	if (err)
		goto exit_virt;
	err = vtx_clock_init();
	if (err)
		goto exit_virt;
	err = vtx_irqfds_load();
	if (err)
		goto exit_clock;
	err = vtx_rival_init();
	if (err)
		goto unload_irqfds;
	vtx_stats_init();
	err = misc_register(&vtx_dev);
	if (err)
		goto exit_stats;

	pr_info("ready: %s\n", VTX_DEVICE_PATH);
	return 0;

exit_stats:
	vtx_stats_exit();
	vtx_rival_exit();
unload_irqfds:
	vtx_irqfds_unload();
exit_clock:
	vtx_clock_exit();
exit_virt:
	vtx_virt_exit();
	return err;
}

static void __exit vtx_exit(void)
{
	misc_deregister(&vtx_dev);
	vtx_stats_exit();
	vtx_rival_exit();
	vtx_irqfds_unload();
	vtx_clock_exit();
	vtx_virt_exit();
	vtx_mem_exit();
}

module_init(vtx_init);
module_exit(vtx_exit);

MODULE_AUTHOR("The vtx authors");
MODULE_DESCRIPTION("A VT-x hypervisor of its own that speaks the KVM ioctl ABI");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
