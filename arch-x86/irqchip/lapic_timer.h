/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timer of a local APIC, on top of the kernel's.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_LAPIC_TIMER_H
#define VTX_ARCH_X86_IRQCHIP_LAPIC_TIMER_H

#include <linux/hrtimer.h>
#include <linux/types.h>

struct vtx_lapic;

/**
 * enum vtx_lapic_timer_mode - as in LVT_TIMER bits 18:17
 * @VTX_TIMER_ONE_SHOT: counts down once
 * @VTX_TIMER_PERIODIC: counts down again and again
 * @VTX_TIMER_DEADLINE: waits for a value of the TSC
 * @VTX_TIMER_RESERVED: never ends
 */
enum vtx_lapic_timer_mode {
	VTX_TIMER_ONE_SHOT,
	VTX_TIMER_PERIODIC,
	VTX_TIMER_DEADLINE,
	VTX_TIMER_RESERVED,
};

/**
 * struct vtx_lapic_timer - the timer of a local APIC
 * @hrtimer: what it runs on
 * @mode: how it counts
 * @divide: the guest's divisor: counts come @divide ns apart
 * @period: how long it counts in all, in ns; 0 if it was not started
 * @end: when it ends, or next ends
 * @deadline: in deadline mode, the guest's TSC at the end; 0 if there is none
 *
 * All are the vCPU's owner's while the hrtimer is not active; while it is, the
 * owner only reads, and @end and @deadline are written when the hrtimer ends.
 */
struct vtx_lapic_timer {
	struct hrtimer			hrtimer;
	enum vtx_lapic_timer_mode	mode;
	u32				divide;
	u64				period;
	ktime_t				end;
	u64				deadline;
};

void vtx_lapic_timer_init(struct vtx_lapic *lapic);
void vtx_lapic_timer_stop(struct vtx_lapic *lapic);
void vtx_lapic_timer_set_mode(struct vtx_lapic *lapic);
void vtx_lapic_timer_start(struct vtx_lapic *lapic);
void vtx_lapic_timer_set_divide(struct vtx_lapic *lapic);
void vtx_lapic_timer_restore(struct vtx_lapic *lapic, u32 count);
u32 vtx_lapic_timer_count(const struct vtx_lapic *lapic);
void vtx_lapic_timer_set_deadline(struct vtx_lapic *lapic, u64 deadline);
u64 vtx_lapic_timer_deadline(const struct vtx_lapic *lapic);
void vtx_lapic_timer_tsc_moved(struct vtx_lapic *lapic);

#endif /* VTX_ARCH_X86_IRQCHIP_LAPIC_TIMER_H */
