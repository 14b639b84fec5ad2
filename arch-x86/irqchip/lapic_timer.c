// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timer of a local APIC.
 *
 * It counts nanoseconds: its clock has 1 GHz, as KVM's.  When it ends, the
 * interrupt is posted right where the kernel's timer calls; the vCPU is not
 * needed for that.
 *
 * The owner of the vCPU sets it up, with or without interrupts enabled.  Before
 * anything is changed the kernel's timer is stopped, and so what it does when it
 * ends is never in the way.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "arch-x86/irqchip/lapic.h"
#include "arch-x86/vcpu.h"

/*
 * An interrupt costs the host something though nobody runs the guest, and the
 * scheduler does not see it: shorter periods are made that long.
 */
#define MIN_PERIOD_NS		200000

/* What a TSC deadline is away at most; then it is looked at again. */
#define MAX_WAIT_SECONDS	(24 * 60 * 60)

static struct vtx_lapic *lapic_of(struct vtx_lapic_timer *timer)
{
	return container_of(timer, struct vtx_lapic, timer);
}

static void post(struct vtx_lapic *lapic)
{
	if (vtx_lapic_post_lvt(lapic, VTX_LAPIC_LVT_TIMER))
		vtx_vcpu_request(lapic->vcpu, VTX_REQ_EVENT);
}

/* How long a difference of TSCs takes: rounded up, a day at most. */
static u64 tsc_ns(u64 ticks, u32 khz)
{
	u64 most = khz * 1000ULL * MAX_WAIT_SECONDS;

	return mul_u64_u32_div(min(ticks, most), NSEC_PER_MSEC, khz) + 1;
}

/* How long until the deadline; 0 if it is over. */
static u64 deadline_ns(const struct vtx_lapic *lapic)
{
	const struct vtx_vcpu *vcpu = lapic->vcpu;
	u64 deadline = lapic->timer.deadline;
	u64 tsc = vtx_tsc_read(vcpu);

	return deadline > tsc ? tsc_ns(deadline - tsc, vcpu->tsc.khz) : 0;
}

static enum hrtimer_restart deadline_ended(struct vtx_lapic *lapic)
{
	struct vtx_lapic_timer *timer = &lapic->timer;
	u64 ns = deadline_ns(lapic);

	if (unlikely(ns)) {
		hrtimer_forward_now(&timer->hrtimer, ns_to_ktime(ns));
		return HRTIMER_RESTART;
	}
	WRITE_ONCE(timer->deadline, 0);
	post(lapic);
	return HRTIMER_NORESTART;
}

/* In the host's interrupt, on any CPU. */
static enum hrtimer_restart ended(struct hrtimer *hrtimer)
{
	struct vtx_lapic_timer *timer =
		container_of(hrtimer, struct vtx_lapic_timer, hrtimer);
	struct vtx_lapic *lapic = lapic_of(timer);

	if (timer->mode == VTX_TIMER_DEADLINE)
		return deadline_ended(lapic);
	post(lapic);
	if (timer->mode != VTX_TIMER_PERIODIC)
		return HRTIMER_NORESTART;
	/* Those that were missed are not made up for. */
	hrtimer_forward_now(hrtimer, ns_to_ktime(timer->period));
	WRITE_ONCE(timer->end, hrtimer_get_expires(hrtimer));
	return HRTIMER_RESTART;
}

static u32 initial(const struct vtx_lapic *lapic)
{
	return vtx_lapic_reg(lapic, VTX_LAPIC_TIMER_INITIAL);
}

static void start_at(struct vtx_lapic_timer *timer, ktime_t end)
{
	timer->end = end;
	hrtimer_start(&timer->hrtimer, end, HRTIMER_MODE_ABS_HARD);
}

static void start_deadline(struct vtx_lapic *lapic)
{
	struct vtx_lapic_timer *timer = &lapic->timer;
	u64 ns;

	if (!timer->deadline)
		return;
	ns = deadline_ns(lapic);
	if (ns) {
		start_at(timer, ktime_add_ns(ktime_get(), ns));
		return;
	}
	timer->deadline = 0;
	post(lapic);
}

/* SDM 3A "Divide Configuration Register": bits 3, 1, 0; 2, 4, ... 128, 1 */
static u32 divide_of(u32 reg)
{
	u32 value = (reg & 3) | (reg & 8) >> 1;

	return 1U << ((value + 1) & 7);
}

static enum vtx_lapic_timer_mode mode_of(const struct vtx_lapic *lapic)
{
	return FIELD_GET(VTX_LAPIC_TIMER_MODE,
			 vtx_lapic_reg(lapic, VTX_LAPIC_LVT_TIMER));
}

static u64 period_of(const struct vtx_lapic *lapic)
{
	const struct vtx_lapic_timer *timer = &lapic->timer;
	u64 ns = (u64)initial(lapic) * timer->divide;

	if (timer->mode == VTX_TIMER_PERIODIC && ns)
		ns = max_t(u64, ns, MIN_PERIOD_NS);
	return ns;
}

static bool counts(const struct vtx_lapic_timer *timer)
{
	return timer->mode <= VTX_TIMER_PERIODIC;
}

/* What is left to count, in ns. */
static u64 remaining(const struct vtx_lapic_timer *timer)
{
	s64 ns = ktime_to_ns(ktime_sub(READ_ONCE(timer->end), ktime_get()));

	if (!timer->period)
		return 0;
	if (ns > 0)
		return ns;
	/* The next time is about to begin. */
	return timer->mode == VTX_TIMER_PERIODIC ? timer->period : 0;
}

static void start_counting(struct vtx_lapic_timer *timer, u64 ns)
{
	ktime_t end = ktime_add_ns(ktime_get(), ns);

	if (ns && timer->period)
		start_at(timer, end);
	else
		timer->end = end;
}

/**
 * vtx_lapic_timer_init() - a timer that was never started
 * @lapic: whose
 */
void vtx_lapic_timer_init(struct vtx_lapic *lapic)
{
	hrtimer_setup(&lapic->timer.hrtimer, ended, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_HARD);
	lapic->timer.divide = divide_of(0);
}

/**
 * vtx_lapic_timer_stop() - stop the timer and forget all about it
 * @lapic: whose; all this is called by its owner
 *
 * Interrupts may be off.  When it returns, the timer has posted its last.
 */
void vtx_lapic_timer_stop(struct vtx_lapic *lapic)
{
	struct vtx_lapic_timer *timer = &lapic->timer;

	hrtimer_cancel(&timer->hrtimer);
	timer->mode = VTX_TIMER_ONE_SHOT;
	timer->divide = divide_of(0);
	timer->period = 0;
	timer->deadline = 0;
}

/**
 * vtx_lapic_timer_set_mode() - LVT_TIMER was written
 * @lapic: whose
 *
 * Into and out of TSC-deadline mode the timer stops (SDM 3A "TSC-Deadline
 * Mode"); else it goes on.  Interrupts may be off.
 */
void vtx_lapic_timer_set_mode(struct vtx_lapic *lapic)
{
	struct vtx_lapic_timer *timer = &lapic->timer;
	enum vtx_lapic_timer_mode old = timer->mode, new = mode_of(lapic);
	u64 ns;

	if (likely(new == old))
		return;
	hrtimer_cancel(&timer->hrtimer);
	ns = remaining(timer);
	timer->mode = new;
	if (old > VTX_TIMER_PERIODIC || !counts(timer)) {
		timer->period = 0;
		timer->deadline = 0;
		lapic->regs[VTX_LAPIC_TIMER_INITIAL / sizeof(u32)] = 0;
		return;
	}
	timer->period = period_of(lapic);
	start_counting(timer, ns);
}

/**
 * vtx_lapic_timer_start() - TIMER_INITIAL was written
 * @lapic: whose
 *
 * Interrupts may be off.
 */
void vtx_lapic_timer_start(struct vtx_lapic *lapic)
{
	struct vtx_lapic_timer *timer = &lapic->timer;

	if (!counts(timer)) {
		lapic->regs[VTX_LAPIC_TIMER_INITIAL / sizeof(u32)] = 0;
		return;
	}
	hrtimer_cancel(&timer->hrtimer);
	timer->period = period_of(lapic);
	start_counting(timer, timer->period);
}

/**
 * vtx_lapic_timer_set_divide() - TIMER_DIVIDE was written
 * @lapic: whose
 *
 * What is left to count is the same, but takes another time.  Interrupts may be
 * off.
 */
void vtx_lapic_timer_set_divide(struct vtx_lapic *lapic)
{
	struct vtx_lapic_timer *timer = &lapic->timer;
	u32 old = timer->divide;
	u64 ns;

	timer->divide = divide_of(vtx_lapic_reg(lapic, VTX_LAPIC_TIMER_DIVIDE));
	if (timer->divide == old || !timer->period)
		return;
	hrtimer_cancel(&timer->hrtimer);
	ns = mul_u64_u32_div(remaining(timer), timer->divide, old);
	timer->period = period_of(lapic);
	start_counting(timer, ns);
}

/**
 * vtx_lapic_timer_restore() - KVM_SET_LAPIC has set all registers
 * @lapic: whose; the hrtimer is not active
 * @count: what is left to count
 *
 * A deadline, which is no register, stays if the mode stays TSC-deadline mode.
 */
void vtx_lapic_timer_restore(struct vtx_lapic *lapic, u32 count)
{
	struct vtx_lapic_timer *timer = &lapic->timer;

	timer->mode = mode_of(lapic);
	timer->divide = divide_of(vtx_lapic_reg(lapic, VTX_LAPIC_TIMER_DIVIDE));
	timer->period = 0;
	if (timer->mode == VTX_TIMER_DEADLINE) {
		start_deadline(lapic);
		return;
	}
	timer->deadline = 0;
	if (!counts(timer))
		return;
	timer->period = period_of(lapic);
	if (!count && timer->mode == VTX_TIMER_PERIODIC)
		count = initial(lapic);
	start_counting(timer, (u64)min(count, initial(lapic)) * timer->divide);
}

/**
 * vtx_lapic_timer_count() - what TIMER_CURRENT shows
 * @lapic: whose
 *
 * Return: what is left to count.
 */
u32 vtx_lapic_timer_count(const struct vtx_lapic *lapic)
{
	const struct vtx_lapic_timer *timer = &lapic->timer;

	if (!counts(timer))
		return 0;
	return min_t(u64, div_u64(remaining(timer), timer->divide),
		     initial(lapic));
}

/**
 * vtx_lapic_timer_set_deadline() - IA32_TSC_DEADLINE is written
 * @lapic: whose
 * @deadline: the guest's TSC, 0 to stop the timer; ignored in other modes
 *
 * Interrupts may be off.
 */
void vtx_lapic_timer_set_deadline(struct vtx_lapic *lapic, u64 deadline)
{
	struct vtx_lapic_timer *timer = &lapic->timer;

	if (timer->mode != VTX_TIMER_DEADLINE)
		return;
	hrtimer_cancel(&timer->hrtimer);
	timer->deadline = deadline;
	start_deadline(lapic);
}

/**
 * vtx_lapic_timer_deadline() - what IA32_TSC_DEADLINE shows
 * @lapic: whose
 *
 * Return: the deadline, 0 if there is none or it is over.
 */
u64 vtx_lapic_timer_deadline(const struct vtx_lapic *lapic)
{
	return READ_ONCE(lapic->timer.deadline);
}

/**
 * vtx_lapic_timer_tsc_moved() - the guest's TSC has been written
 * @lapic: whose
 *
 * Interrupts may be off.
 */
void vtx_lapic_timer_tsc_moved(struct vtx_lapic *lapic)
{
	if (lapic->timer.mode != VTX_TIMER_DEADLINE)
		return;
	hrtimer_cancel(&lapic->timer.hrtimer);
	start_deadline(lapic);
}
