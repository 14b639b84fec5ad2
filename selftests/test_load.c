// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: vtx.ko can be loaded and unloaded again and again, leaves nothing
 * behind, and its parameter "without" does what it says or is refused.
 *
 * LOADS (200): how often it is loaded and unloaded.
 */
#include <limits.h>

#include "lib/harness.h"
#include "lib/kmsg.h"

#define PARAMETER	"/sys/module/vtx/parameters/without"

/* What shows that the module is there. */
static const char *const traces_of_vtx[] = {
	VTX_DEVICE_PATH, VTX_DEBUGFS "stats", VTX_DEBUGFS "caps", PARAMETER,
	"/sys/class/misc/vtx",
};

static unsigned int traces_seen(void)
{
	unsigned int i, seen = 0;

	for (i = 0; i < ARRAY_SIZE(traces_of_vtx); i++)
		seen += file_exists(traces_of_vtx[i]);
	return seen;
}

VTX_TEST(load_and_unload)
{
	long round, rounds = vtx_number("LOADS", 200);
	int vtx, vm, log = kmsg_open();
	char lines[4096];

	ASSERT_LE(0, log);
	ASSERT_EQ(0, module_unload("vtx"));
	for (round = 1; round <= rounds; round++) {
		ASSERT_EQ(0, traces_seen());
		ASSERT_EQ(0, module_load("vtx", ""))
			TH_LOG("load %ld", round);
		ASSERT_EQ(ARRAY_SIZE(traces_of_vtx), traces_seen());
		ASSERT_EQ(2, kmsg_lines(log, "vtx: ", lines, sizeof(lines)))
			TH_LOG("log: '%s'", lines);
		ASSERT_TRUE(strstr(lines, "vtx: mitigations: VERW "))
			TH_LOG("log: '%s'", lines);
		ASSERT_TRUE(strstr(lines, "\nvtx: ready: /dev/vtx\n"))
			TH_LOG("log: '%s'", lines);
		ASSERT_EQ(0, vtx_stat("vms_created"));
		vtx = vtx_open();
		ASSERT_LE(0, vtx);
		if (round % 10 == 0) {
			vm = vm_create(vtx);
			ASSERT_LE(0, vm);
			ASSERT_EQ(cpus_online(), vmx_cpus_on());
			close(vm);
		}
		close(vtx);
		ASSERT_EQ(0, module_unload("vtx"))
			TH_LOG("unload %ld", round);
		ASSERT_EQ(0, vmx_cpus_on());
	}
	EXPECT_EQ(0, traces_seen());
}

/* ---- The parameter "without" ---- */

struct feature {
	char	name[32];
	bool	used;
};

/* Read debugfs vtx/caps.  Return: the number of features. */
static int read_features(struct feature *features, int max)
{
	char text[8192], *line, *rest, sign;
	int count = 0;

	file_read(VTX_DEBUGFS "caps", text, sizeof(text));
	for (line = strtok_r(text, "\n", &rest); line && count < max;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "%c %31[A-Z0-9_]", &sign,
			   features[count].name) != 2 || !strchr("+-", sign))
			continue;
		features[count++].used = sign == '+';
	}
	return count;
}

static bool in_list(const char *name, const char *list)
{
	size_t length = strlen(name);
	const char *at = list;

	while ((at = strstr(at, name))) {
		if ((at == list || at[-1] == ' ') &&
		    (at[length] == ' ' || !at[length]))
			return true;
		at += length;
	}
	return false;
}

/*
 * What is off then: the feature and all that is of no use without it.  And
 * nothing else.
 */
VTX_TEST(without)
{
	static const struct {
		const char *list;
		const char *off;
	} rows[] = {
		{ "", "" },
		{ "EPT_2M", "EPT_2M" },
		{ "vpid", "VPID" },
		{ "EPT_1G,EPT_2M,", "EPT_1G EPT_2M" },
		{ "Wbinvd_Exiting,PAUSE_LOOP_EXITING,RDTSCP",
		  "WBINVD_EXITING PAUSE_LOOP_EXITING RDTSCP" },
		{ "INVVPID_ALL", "INVVPID_ALL INVVPID INVVPID_SINGLE VPID" },
		{ "EPT_ACCESSED_DIRTY", "EPT_ACCESSED_DIRTY PML" },
		{ "APIC_REGISTER_VIRT",
		  "APIC_REGISTER_VIRT VIRT_INTR_DELIVERY POSTED_INTERRUPTS" },
	};
	struct feature all[128], now[128];
	int count, f, vm, dropped = 0;
	char text[256];
	unsigned int i;

	count = read_features(all, ARRAY_SIZE(all));
	ASSERT_LT(40, count);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ASSERT_EQ(0, module_unload("vtx"));
		snprintf(text, sizeof(text), "without=%s", rows[i].list);
		ASSERT_EQ(0, module_load("vtx", text))
			TH_LOG("%s", text);
		ASSERT_LT(0, file_read(PARAMETER, text, sizeof(text)));
		text[strcspn(text, "\n")] = '\0';
		EXPECT_STREQ(rows[i].list, text);

		ASSERT_EQ(count, read_features(now, ARRAY_SIZE(now)));
		for (f = 0; f < count; f++) {
			bool off = in_list(all[f].name, rows[i].off);

			ASSERT_STREQ(all[f].name, now[f].name);
			EXPECT_EQ(all[f].used && !off, now[f].used)
				TH_LOG("without=%s: %s", rows[i].list,
				       all[f].name);
			dropped += all[f].used && !now[f].used;
		}
		vm = vm_create(vtx_open());
		EXPECT_LE(0, vm);
		ASSERT_EQ(0, close(vm));
		ASSERT_EQ(0, close_range(3, ~0U, 0));
	}
	EXPECT_LT(3, dropped)
		TH_LOG("this CPU has next to nothing that can be left out");
}

/* Unknown, or needed, or not a list: -EINVAL, one line in the log, no module. */
VTX_TEST(without_refused)
{
	static const char *const lists[] = {
		"NOSUCH", "VPI", "VPIDX", "EPT", "UNRESTRICTED_GUEST",
		"INTR_WINDOW_EXITING", "RDTSC_EXITING", ",", "VPID,,EPT_2M",
		"VPID,NOSUCH", "EPT_2M,EPT", "VPID;EPT_2M", "-VPID",
	};
	char text[256], lines[4096];
	int log = kmsg_open();
	unsigned int i;

	ASSERT_LE(0, log);
	ASSERT_EQ(0, module_unload("vtx"));
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		snprintf(text, sizeof(text), "without=%s", lists[i]);
		EXPECT_EQ(-EINVAL, module_load("vtx", text))
			TH_LOG("%s", text);
		EXPECT_EQ(1, kmsg_lines(log, "vtx: ", lines, sizeof(lines)))
			TH_LOG("log: '%s'", lines);
		EXPECT_TRUE(strstr(lines, text))
			TH_LOG("log: '%s'", lines);
		EXPECT_EQ(0, traces_seen());
	}
}

VTX_TEST_MAIN
