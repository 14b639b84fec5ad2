// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at what user space cannot see, and does what it cannot do:
 *
 *   debugfs vtx_probe/vmxe   CR4.VMXE: a line "CPU VMXE" for every CPU that is
 *                            online
 *   debugfs vtx_probe/bare   runs code on the bare CPU, see bare.h
 *
 * Loaded before vtx, it also says in the log what it finds at the very end of
 * this kernel, after every other module has been told to shut down: a line
 * "vtx_probe: shutdown: CPU n VMXE m" each.
 */
#include "module/compat.h"

#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/smp.h>

#include <asm/special_insns.h>

#include "selftests/probe/probe.h"

static struct dentry *probe_debugfs;

static void read_vmxe(void *arg)
{
	*(int *)arg = !!(__read_cr4() & X86_CR4_VMXE);
}

static int vmxe_show(struct seq_file *file, void *unused)
{
	int cpu, vmxe;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, read_vmxe, &vmxe, 1);
		seq_printf(file, "%d %d\n", cpu, vmxe);
	}
	cpus_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vmxe);

/*
 * The list of shutdown callbacks is walked backwards: who came first is called
 * last.
 */
static void probe_shutdown(VTX_SYSCORE_ARGUMENT)
{
	int cpu, vmxe;

	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, read_vmxe, &vmxe, 1);
		pr_info("shutdown: CPU %d VMXE %d\n", cpu, vmxe);
	}
}

VTX_SYSCORE(probe_syscore, .shutdown = probe_shutdown);

static int __init probe_init(void)
{
	probe_debugfs = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("vmxe", 0400, probe_debugfs, NULL, &vmxe_fops);
	vtx_bare_init(probe_debugfs);
	register_syscore(&probe_syscore);
	return 0;
}

static void __exit probe_exit(void)
{
	unregister_syscore(&probe_syscore);
	debugfs_remove(probe_debugfs);
}

module_init(probe_init);
module_exit(probe_exit);

MODULE_DESCRIPTION("Shows and does for the tests of vtx what user space cannot");
MODULE_LICENSE("GPL");
