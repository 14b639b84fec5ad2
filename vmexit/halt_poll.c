// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long to look before going to sleep.
 *
 * To sleep and be woken takes longer than many a halt, so a short halt is better
 * spent looking.  How long the next one will be is guessed from the last one:
 * where a little more patience would have met its end, there will be more; after
 * one that is longer than all patience, less.
 *
 * The parameters have the names and the meaning of KVM's.
 */
#include "module/compat.h"

#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "arch-x86/vcpu.h"
#include "vmexit/halt_poll.h"

static unsigned int halt_poll_ns = 200000;
module_param(halt_poll_ns, uint, 0644);
MODULE_PARM_DESC(halt_poll_ns,
		 "how long at most a halted vCPU looks before it sleeps; 0: never");

static unsigned int halt_poll_ns_grow = 2;
module_param(halt_poll_ns_grow, uint, 0644);
MODULE_PARM_DESC(halt_poll_ns_grow,
		 "by what that is multiplied when it was a little too short; 0: not at all");

static unsigned int halt_poll_ns_grow_start = 10000;
module_param(halt_poll_ns_grow_start, uint, 0644);
MODULE_PARM_DESC(halt_poll_ns_grow_start, "what it begins with");

static unsigned int halt_poll_ns_shrink = 2;
module_param(halt_poll_ns_shrink, uint, 0644);
MODULE_PARM_DESC(halt_poll_ns_shrink,
		 "by what it is divided after a long halt; 0: it is 0 then");

/**
 * vtx_halt_poll_rule() - the rule as it is now
 * @rule: receives it
 * @vm_max: what the VM has for a maximum, or VTX_HALT_POLL_PRESET
 */
void vtx_halt_poll_rule(struct vtx_halt_poll_rule *rule, u32 vm_max)
{
	rule->max = vm_max == VTX_HALT_POLL_PRESET ? READ_ONCE(halt_poll_ns) :
						     vm_max;
	rule->grow = READ_ONCE(halt_poll_ns_grow);
	rule->grow_start = READ_ONCE(halt_poll_ns_grow_start);
	rule->shrink = READ_ONCE(halt_poll_ns_shrink);
}

static u32 grown(const struct vtx_halt_poll_rule *rule, u32 ns)
{
	if (!rule->grow)
		return ns;
	return min_t(u64, max_t(u64, (u64)ns * rule->grow, rule->grow_start),
		     rule->max);
}

static u32 shrunk(const struct vtx_halt_poll_rule *rule, u32 ns)
{
	ns = rule->shrink ? ns / rule->shrink : 0;
	return ns < rule->grow_start ? 0 : ns;
}

/**
 * vtx_halt_poll_next() - how long to look in the next halt
 * @rule: the rule
 * @ns: how long it was to look in the last one
 * @halted_ns: how long that was, with the sleep
 *
 * Return: nanoseconds.
 */
u32 vtx_halt_poll_next(const struct vtx_halt_poll_rule *rule, u32 ns,
		       u64 halted_ns)
{
	if (!rule->max)
		return 0;
	ns = min(ns, rule->max);
	if (halted_ns <= ns)
		return ns;
	if (halted_ns <= rule->max)
		return grown(rule, ns);
	return shrunk(rule, ns);
}
