// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the module tells about itself: debugfs, for people and scripts.
 *
 *   vtx/stats  one counter a line: name, value, what it counts
 *   vtx/caps   what vtx uses of VMX: one feature a line, in the SDM's words
 *
 * debugfs is for reading along and may be absent; nothing depends on it.  The
 * counters are module-wide and rare, hence plain atomics.
 */
#include "module/compat.h"

#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "module/stats.h"
#include "arch-x86/vmx/caps.h"
#include "arch-x86/vmx/percpu.h"

static const struct {
	const char	*name;
	const char	*text;
} rows[VTX_NR_STATS] = {
#define VTX_STAT_ROW(name, text)					\
	[VTX_STAT_##name] = { #name, text },
	VTX_STATS(VTX_STAT_ROW)
#undef VTX_STAT_ROW
};

atomic64_t vtx_stat_values[VTX_NR_STATS];

static struct dentry *vtx_debugfs;

static int vtx_stats_show(struct seq_file *file, void *unused)
{
	int i;

	for (i = 0; i < VTX_NR_STATS; i++)
		seq_printf(file, "%-16s %8lld  %s\n", rows[i].name,
			   atomic64_read(&vtx_stat_values[i]), rows[i].text);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vtx_stats);

static int vtx_caps_show(struct seq_file *file, void *unused)
{
	const struct vtx_caps *caps = vtx_percpu_caps();
	int f, w;

	seq_printf(file, "revision %#x, regions of %u bytes\n", caps->revision,
		   caps->region_size);
	for (w = 0; w < VTX_WORDS; w++)
		seq_printf(file, "%#-18llx %s\n", caps->word[w],
			   vtx_word_name(w));
	for (f = VTX_F_NONE + 1; f < VTX_NR_FEATURES; f++)
		if (vtx_feature_wanted(f))
			seq_printf(file, "%c %-20s %s\n",
				   vtx_caps_have(caps, f) ? '+' : '-',
				   vtx_feature_token(f), vtx_feature_name(f));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vtx_caps);

/**
 * vtx_stats_init() - make the debugfs files
 *
 * May sleep.  Failure is not an error.
 */
void vtx_stats_init(void)
{
	vtx_debugfs = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("stats", 0444, vtx_debugfs, NULL, &vtx_stats_fops);
	debugfs_create_file("caps", 0444, vtx_debugfs, NULL, &vtx_caps_fops);
}

/**
 * vtx_stats_exit() - remove the debugfs files
 *
 * May sleep; waits for readers.
 */
void vtx_stats_exit(void)
{
	debugfs_remove(vtx_debugfs);
}
