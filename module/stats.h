/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of the module as a whole: one row each.
 */
#ifndef VTX_MODULE_STATS_H
#define VTX_MODULE_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>

/* name, and what it counts, for people */
#define VTX_STATS(X)							\
	X(vms,			"VMs that exist")			\
	X(vms_created,		"VMs created")				\
	X(vmx_turned_on,	"times the first VM turned VMX on")	\
	X(vmx_busy,							\
	  "VM creations refused because another hypervisor had VMX")	\
	X(cpus_joined,		"CPUs that came online while VMs existed") \
	X(cpus_left,		"CPUs that went offline while VMs existed") \
	X(cpus_refused,							\
	  "CPUs kept offline because VMX could not be turned on")	\
	X(rivals_refused,	"loads of kvm_intel refused while VMs existed")

/**
 * enum vtx_stat - the rows of VTX_STATS, and their number
 * @VTX_NR_STATS: how many there are
 */
enum vtx_stat {
#define VTX_STAT_ENUM(name, text)	VTX_STAT_##name,
	VTX_STATS(VTX_STAT_ENUM)
#undef VTX_STAT_ENUM
	VTX_NR_STATS
};

extern atomic64_t vtx_stat_values[VTX_NR_STATS];

/**
 * vtx_stat_add() - add to a counter, in any context
 * @stat: which one
 * @n: how much; may be negative where it counts what exists
 */
static inline void vtx_stat_add(enum vtx_stat stat, s64 n)
{
	atomic64_add(n, &vtx_stat_values[stat]);
}

void vtx_stats_init(void);
void vtx_stats_exit(void);

#endif /* VTX_MODULE_STATS_H */
