// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMX on all CPUs while there is a user, off on all while there is none, and
 * off whenever this kernel hands the machine over.
 *
 * Users come and go under the CPU hotplug read lock and, inside it, virt_lock.
 * A CPU that comes or goes is served by the hotplug callbacks, which run under
 * the hotplug write lock and may therefore read the number of users as it is.
 *
 *   a CPU comes online     cpu_online_callback: on, or the CPU is kept offline
 *   a CPU goes offline     cpu_offline_callback: off
 *   suspend, hibernation   the above for all CPUs but one; syscore for that one
 *   reboot, halt, kexec    syscore shutdown: forbid, then off by IPI
 *   panic, crash kexec     the kernel's emergency callback, on each CPU
 *
 * The hotplug callbacks run while user tasks may still be on a CPU that goes, or
 * be there already on one that comes: whoever enters a guest looks at
 * vtx_percpu_is_on() with preemption off.
 */
#include "module/compat.h"

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "module/rival.h"
#include "module/stats.h"
#include "module/virt.h"
#include "arch-x86/clock.h"
#include "arch-x86/tsc.h"
#include "arch-x86/vmx/percpu.h"

/* Inside cpus_read_lock(). */
static DEFINE_MUTEX(virt_lock);

/*
 * Written with cpus_read_lock() and virt_lock held; read with either, or from a
 * hotplug or syscore callback, or unlocked where a stale value does no harm.
 */
static unsigned int virt_users;

static int virt_hotplug_state;

/* The kernel has our emergency callback.  Under virt_lock. */
static bool emergency_registered;

/*
 * Taking the emergency callback back waits for a grace period, which nobody who
 * closes a VM should have to do.  With VMX off it has nothing to do and does no
 * harm; so it stays for a while, in which the next VM may come.
 */
#define EMERGENCY_LINGERS	HZ

static void emergency_unregister(void)
{
	lockdep_assert_held(&virt_lock);

	if (!emergency_registered)
		return;
	cpu_emergency_unregister_virt_callback(vtx_percpu_emergency_off);
	emergency_registered = false;
}

static void emergency_work_fn(struct work_struct *unused)
{
	vtx_virt_settle();
}

static DECLARE_DELAYED_WORK(emergency_work, emergency_work_fn);

/**
 * vtx_virt_settle() - leave nothing behind if VMX has no user
 *
 * Afterwards another hypervisor can register an emergency callback of its own.
 * May sleep, for a grace period.
 */
void vtx_virt_settle(void)
{
	mutex_lock(&virt_lock);
	if (!virt_users)
		emergency_unregister();
	mutex_unlock(&virt_lock);
}

static void percpu_on_ipi(void *arg)
{
	int *first_err = arg;
	int err = vtx_percpu_on();

	if (err)
		cmpxchg(first_err, 0, err);
}

static void percpu_off_ipi(void *unused)
{
	vtx_percpu_off();
}

static int cpu_online_callback(unsigned int cpu)
{
	int err;

	if (!virt_users)
		return 0;

	local_irq_disable();
	err = vtx_percpu_on();
	local_irq_enable();
	if (err) {
		pr_err("CPU %u kept offline while VMs exist: %pe\n", cpu,
		       ERR_PTR(err));
		vtx_stat_add(VTX_STAT_cpus_refused, 1);
		return err;
	}
	vtx_stat_add(VTX_STAT_cpus_joined, 1);
	return 0;
}

static int cpu_offline_callback(unsigned int cpu)
{
	if (!virt_users)
		return 0;

	local_irq_disable();
	vtx_percpu_off();
	local_irq_enable();
	vtx_stat_add(VTX_STAT_cpus_left, 1);
	return 0;
}

static int virt_suspend(VTX_SYSCORE_ARGUMENT)
{
	vtx_tsc_suspend();
	vtx_percpu_off();
	return 0;
}

static void virt_resume(VTX_SYSCORE_ARGUMENT)
{
	int err = virt_users ? vtx_percpu_on() : 0;

	vtx_tsc_resume();
	vtx_clock_resume();
	if (err)
		pr_err("VMX not back after resume: %pe\n", ERR_PTR(err));
}

static void virt_shutdown(VTX_SYSCORE_ARGUMENT)
{
	vtx_percpu_forbid();
	on_each_cpu(percpu_off_ipi, NULL, 1);
}

VTX_SYSCORE(virt_syscore,
	    .suspend	= virt_suspend,
	    .resume	= virt_resume,
	    .shutdown	= virt_shutdown);

/**
 * vtx_virt_init() - look at the CPUs and follow their comings and goings
 * @without: optional features to do without, a bitmap of enum vtx_feature
 *
 * Called once, at load; may sleep.  VMX stays off.
 *
 * Return: 0, or as vtx_percpu_init(), or -ENOSPC if the kernel has no hotplug
 * state left.
 */
int vtx_virt_init(const unsigned long *without)
{
	int err;

	err = vtx_percpu_init(without);
	if (err)
		return err;

	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "vtx:online",
					cpu_online_callback,
					cpu_offline_callback);
	if (err < 0)
		return err;
	virt_hotplug_state = err;
	register_syscore(&virt_syscore);
	return 0;
}

/**
 * vtx_virt_exit() - stop following the CPUs
 *
 * There is no user left.  May sleep.
 */
void vtx_virt_exit(void)
{
	cancel_delayed_work_sync(&emergency_work);
	vtx_virt_settle();
	unregister_syscore(&virt_syscore);
	cpuhp_remove_state_nocalls(virt_hotplug_state);
}

static int first_user(void)
{
	int err;

	lockdep_assert_held(&virt_lock);

	err = vtx_percpu_alloc();
	if (err)
		return err;

	on_each_cpu(percpu_on_ipi, &err, 1);
	if (err)
		goto off;

	/*
	 * Only now: KVM, if it has VMX, has this callback too, and the kernel
	 * warns about a second one.
	 */
	if (!emergency_registered)
		cpu_emergency_register_virt_callback(vtx_percpu_emergency_off);
	emergency_registered = true;
	vtx_stat_add(VTX_STAT_vmx_turned_on, 1);
	return 0;

off:
	on_each_cpu(percpu_off_ipi, NULL, 1);
	vtx_percpu_free();
	if (err == -EBUSY) {
		pr_err_ratelimited("VMX is in use by another hypervisor (%s)\n",
				   vtx_rival_loaded() ?
				   "KVM: kvm_intel is loaded" :
				   "CR4.VMXE is set, and kvm_intel is not loaded");
		vtx_stat_add(VTX_STAT_vmx_busy, 1);
	}
	return err;
}

static void last_user(void)
{
	lockdep_assert_held(&virt_lock);

	on_each_cpu(percpu_off_ipi, NULL, 1);
	vtx_percpu_free();
	/* KVM that waits for its first VM does not ask before it registers. */
	if (vtx_rival_loaded())
		emergency_unregister();
	else
		mod_delayed_work(system_wq, &emergency_work, EMERGENCY_LINGERS);
}

/**
 * vtx_virt_get() - become a user of VMX
 *
 * May sleep.  On success VMX is on, on every CPU that is online or comes online,
 * until vtx_virt_put().
 *
 * Return: 0, or with nothing changed -ENOMEM; -EBUSY if another hypervisor has
 * VMX; -ESHUTDOWN if the machine is going down; -EIO if a CPU differs from the
 * first or fails.
 */
int vtx_virt_get(void)
{
	int err = 0;

	cpus_read_lock();
	mutex_lock(&virt_lock);
	if (!virt_users)
		err = first_user();
	if (!err)
		WRITE_ONCE(virt_users, virt_users + 1);
	mutex_unlock(&virt_lock);
	cpus_read_unlock();
	return err;
}

/**
 * vtx_virt_put() - stop being a user of VMX
 *
 * May sleep.
 */
void vtx_virt_put(void)
{
	cpus_read_lock();
	mutex_lock(&virt_lock);
	WRITE_ONCE(virt_users, virt_users - 1);
	if (!virt_users)
		last_user();
	mutex_unlock(&virt_lock);
	cpus_read_unlock();
}

/**
 * vtx_virt_users() - how many users VMX has
 *
 * Callable anywhere.
 *
 * Return: their number, which may be out of date at once.
 */
unsigned int vtx_virt_users(void)
{
	return READ_ONCE(virt_users);
}
