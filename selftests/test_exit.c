// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: whichever way a kernel ends while a VM exists, VMX is off in time,
 * so that the next one starts, on all CPUs, and can use VMX itself.
 *
 *	test_exit reboot|kexec|panic
 *
 * With kexec and panic, the test is started twice: by a kernel that it ends, and
 * by the next one.  That one has vtx_stage=2 on its command line, which the
 * kernel turns into an environment variable of init.  They need /boot/bzImage
 * and, on the command line, retain_initrd; panic also needs crashkernel=SIZE.
 * After reboot the runner ends the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kselftest.h>

#include "lib/cpu.h"
#include "lib/file.h"
#include "lib/kmsg.h"
#include "lib/module.h"
#include "lib/vtx.h"

#define STAGE	"vtx_stage"

/* Not of this kernel, though it belongs to its command line. */
static bool dropped(const char *word)
{
	return !strncmp(word, "crashkernel=", strlen("crashkernel="));
}

/*
 * Load the next kernel: the same one, with the same initrd and command line.
 * Return: 0, or -errno.
 */
static int load_next_kernel(unsigned long flags)
{
	char words[2048], line[2048] = STAGE "=2", *word, *rest;
	int kernel, initrd;

	/* The checksum of it all takes longer than RCU believes to be right. */
	file_write("/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout",
		   "300");
	kernel = open("/boot/bzImage", O_RDONLY);
	initrd = open("/sys/firmware/initrd", O_RDONLY);
	if (kernel < 0 || initrd < 0)
		return -errno;
	file_read("/proc/cmdline", words, sizeof(words));
	for (word = strtok_r(words, "\n ", &rest); word;
	     word = strtok_r(NULL, "\n ", &rest)) {
		if (dropped(word))
			continue;
		strcat(line, " ");
		strcat(line, word);
	}
	kmsg_say("vtx-expect: second boot");
	return syscall(SYS_kexec_file_load, kernel, initrd, strlen(line) + 1,
		       line, flags) ? -errno : 0;
}

/* ---- The ways to end a kernel.  Each returns -errno if it cannot. ---- */

/* vtx_probe is the last to be told, and says what it sees. */
static void require_vmx_off_in_log(void)
{
	char text[128];
	int cpu, last = cpu_last_online();

	for (cpu = 0; cpu <= last; cpu++) {
		snprintf(text, sizeof(text),
			 "vtx-require: vtx_probe: shutdown: CPU %d VMXE 0",
			 cpu);
		kmsg_say(text);
	}
}

static int end_by_reboot(void)
{
	require_vmx_off_in_log();
	kmsg_say("vtx-expect: boot ROM: the machine was reset");
	return reboot(RB_AUTOBOOT) ? -errno : 0;
}

static int end_by_kexec(void)
{
	int err = load_next_kernel(0);

	if (err)
		return err;
	require_vmx_off_in_log();
	return reboot(RB_KEXEC) ? -errno : 0;
}

/* On CPU 0: a crash kernel that starts on another one cannot have CPU 0. */
static int end_by_panic(void)
{
	int err = load_next_kernel(KEXEC_FILE_ON_CRASH);
	cpu_set_t first;

	if (err)
		return err;
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first))
		return -errno;
	kmsg_say("vtx-expect: Kernel panic - not syncing: sysrq triggered");
	kmsg_say("vtx-expect: Call Trace");
	return file_write("/proc/sysrq-trigger", "c");
}

static const struct {
	const char *name;
	int	   (*end)(void);
} ways[] = {
	{ "reboot",	end_by_reboot },
	{ "kexec",	end_by_kexec },
	{ "panic",	end_by_panic },
};

/* ---- The two stages ---- */

/* A child has the VM, so that it is in use by somebody else to the end. */
static bool vmx_is_in_use(void)
{
	int ready[2];
	char byte;

	if (pipe(ready))
		return false;
	if (!fork()) {
		if (vm_create(vtx_open()) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	return read(ready[0], &byte, 1) == 1 &&
	       vmx_cpus_on() == cpus_online();
}

static void first_stage(const char *name, int (*end)(void))
{
	ksft_set_plan(1);
	ksft_test_result(!module_load("vtx_probe", "") &&
			 !module_load("vtx", "") && vmx_is_in_use(),
			 "VMX is in use before %s\n", name);
	if (ksft_cnt.ksft_fail)
		ksft_finished();
	ksft_exit_fail_msg("%s: %s\n", name, strerror(-end()));
}

static void second_stage(const char *name)
{
	bool found_off;
	int vm;

	ksft_set_plan(4);
	ksft_test_result(cpus_online() == cpus_present(),
			 "after %s, %d of %d CPUs are online\n", name,
			 cpus_online(), cpus_present());
	found_off = !module_load("vtx_probe", "") && vmx_cpus_on() == 0;
	ksft_test_result(found_off, "VMX is off on all of them\n");
	vm = module_load("vtx", "") ? -1 : vm_create(vtx_open());
	ksft_test_result(vm >= 0 && vmx_cpus_on() == cpus_online(),
			 "a VM turns it on\n");
	close(vm);
	ksft_test_result(vmx_cpus_on() == 0, "and leaves it off\n");
	ksft_finished();
}

int main(int argc, char **argv)
{
	const char *stage = getenv(STAGE);
	unsigned int i;

	ksft_print_header();
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (argc != 2 || strcmp(argv[1], ways[i].name))
			continue;
		if (stage && !strcmp(stage, "2"))
			second_stage(ways[i].name);
		first_stage(ways[i].name, ways[i].end);
	}
	ksft_exit_fail_msg("usage: %s reboot|kexec|panic\n", argv[0]);
}
