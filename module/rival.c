// SPDX-License-Identifier: GPL-2.0-only
/*
 * Living with KVM while one of the two owns VMX.
 *
 * CR4.VMXE tells that somebody has VMX; this file tells who.  It also keeps
 * kvm_intel from being loaded while VMs of ours exist.  That load would fail
 * anyway, KVM finding CR4.VMXE set, but not before KVM has tried to register the
 * kernel's single emergency callback, which is ours at that time, and has made
 * the kernel warn about it: on a host with panic_on_warn, a modprobe would then
 * bring every VM down.
 *
 * Not covered: a kvm_intel that was loaded before, with enable_virt_at_load=0,
 * and turns to its first VM while ours exist.  Its KVM_CREATE_VM gets EBUSY, and
 * the kernel warns once.
 */
#include "module/compat.h"

#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "module/rival.h"
#include "module/stats.h"
#include "module/virt.h"

static const char vtx_rival[] = "kvm_intel";

/**
 * vtx_rival_loaded() - is KVM there, as a module or built in?
 *
 * May sleep.  Modules and built-in code with parameters both have an entry in
 * /sys/module; our own entry leads to that directory.
 *
 * Return: true if it is.
 */
bool vtx_rival_loaded(void)
{
	struct kobject *rival;

	rival = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, vtx_rival);
	kobject_put(rival);
	return rival;
}

static int vtx_rival_notify(struct notifier_block *block, unsigned long state,
			    void *arg)
{
	const struct module *module = arg;

	if (state != MODULE_STATE_COMING || strcmp(module->name, vtx_rival))
		return NOTIFY_DONE;
	if (!vtx_virt_users()) {
		vtx_virt_settle();
		return NOTIFY_DONE;
	}

	pr_warn("%s not loaded: vtx holds VMX for %u VM(s)\n", vtx_rival,
		vtx_virt_users());
	vtx_stat_add(VTX_STAT_rivals_refused, 1);
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block vtx_rival_block = {
	.notifier_call = vtx_rival_notify,
};

/**
 * vtx_rival_init() - watch for modules being loaded
 *
 * May sleep.
 *
 * Return: 0, or the error of the kernel's notifier chain.
 */
int vtx_rival_init(void)
{
	return register_module_notifier(&vtx_rival_block);
}

/**
 * vtx_rival_exit() - stop watching
 *
 * May sleep.
 */
void vtx_rival_exit(void)
{
	unregister_module_notifier(&vtx_rival_block);
}
