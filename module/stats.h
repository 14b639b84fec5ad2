/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of the module as a whole: one row each.
 *
 * A row carries what KVM's binary statistics format wants to know of a counter
 * (<linux/kvm.h>, struct kvm_stats_desc), so that a statistics file descriptor
 * can be served from the same table.
 */
#ifndef VTX_MODULE_STATS_H
#define VTX_MODULE_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>

/* name, type (KVM_STATS_TYPE_*), description */
#define VTX_STATS(X)							\
	X(vms,			INSTANT,	"VMs that exist")	\
	X(vms_created,		CUMULATIVE,	"VMs created")		\
	X(vmx_turned_on,	CUMULATIVE,				\
	  "times the first VM turned VMX on")				\
	X(vmx_busy,		CUMULATIVE,				\
	  "VM creations refused because another hypervisor had VMX")	\
	X(cpus_joined,		CUMULATIVE,				\
	  "CPUs that came online while VMs existed")			\
	X(cpus_left,		CUMULATIVE,				\
	  "CPUs that went offline while VMs existed")			\
	X(cpus_refused,		CUMULATIVE,				\
	  "CPUs kept offline because VMX could not be turned on")	\
	X(rivals_refused,	CUMULATIVE,				\
	  "loads of kvm_intel refused while VMs existed")

/**
 * enum vtx_stat - the rows of VTX_STATS, and their number
 * @VTX_NR_STATS: how many there are
 */
enum vtx_stat {
#define VTX_STAT_ENUM(name, type, text)	VTX_STAT_##name,
	VTX_STATS(VTX_STAT_ENUM)
#undef VTX_STAT_ENUM
	VTX_NR_STATS
};

/**
 * struct vtx_stat_desc - a row of VTX_STATS
 * @name: as the binary statistics format prints it
 * @flags: KVM_STATS_TYPE_*, KVM_STATS_UNIT_* and KVM_STATS_BASE_*
 * @text: what it counts, for people
 */
struct vtx_stat_desc {
	const char	*name;
	u32		flags;
	const char	*text;
};

extern const struct vtx_stat_desc vtx_stat_descs[VTX_NR_STATS];
extern atomic64_t vtx_stat_values[VTX_NR_STATS];

/**
 * vtx_stat_add() - add to a counter, in any context
 * @stat: which one
 * @n: how much; may be negative for an INSTANT counter
 */
static inline void vtx_stat_add(enum vtx_stat stat, s64 n)
{
	atomic64_add(n, &vtx_stat_values[stat]);
}

void vtx_stats_init(void);
void vtx_stats_exit(void);

#endif /* VTX_MODULE_STATS_H */
