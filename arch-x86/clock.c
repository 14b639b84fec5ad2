// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock of a VM: nanoseconds since the VM was made, or since user space
 * said.
 *
 *   anchored   the host keeps its own time by the TSC.  The clock is what it was
 *              at a moment, plus what the TSC has counted since.  So host and
 *              vCPUs agree to the nanosecond, and nothing has to be told them
 *              again as time goes by.
 *   loose      the host keeps its time by something else.  The clock is the
 *              host's plus an offset.  A vCPU is told what it shows now and
 *              then, and goes on from there by its TSC, which may be a little
 *              wrong; a guest that compares vCPUs is told so (not stable).
 *
 * The host's clock is CLOCK_MONOTONIC_RAW plus the time the machine has slept.
 * When a clock goes over from one to the other, it goes on from what it shows.
 *
 * Whoever changes what a clock goes by holds its lock, and first sees to it that
 * each vCPU is out of its guest and has to come here, for that lock, before it
 * enters again (hold_back()).  So a guest that goes on sees the old or the new,
 * but does not mix them.
 *
 * That Linux has another clocksource is learnt from its notifier, which is
 * called at each tick; the work is done later.
 */
#include "module/compat.h"

#include <linux/atomic.h>
#include <linux/clocksource_ids.h>
#include <linux/errno.h>
#include <linux/irq_work.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/notifier.h>
#include <linux/pvclock_gtod.h>
#include <linux/timekeeper_internal.h>
#include <linux/timekeeping.h>

#include <asm/tsc.h>

#include "arch-x86/clock.h"
#include "arch-x86/pvclock.h"
#include "arch-x86/tsc.h"
#include "arch-x86/vcpu.h"

/* How long vCPUs go on by themselves if the clock is loose. */
#define SYNC_PERIOD	(10 * HZ)

/* Outside of each clock's own lock. */
static DEFINE_MUTEX(clocks_lock);
static LIST_HEAD(clocks);

/**
 * struct moment - the host's time
 * @tsc: vtx_host_tsc()
 * @base_ns: the host's clock
 * @real_ns: time of day
 * @by_tsc: the host's clock goes by the TSC, and all are of the same instant
 */
struct moment {
	u64	tsc;
	u64	base_ns;
	u64	real_ns;
	bool	by_tsc;
};

static void ask_host(struct moment *now)
{
	struct system_time_snapshot snapshot;

	ktime_get_snapshot(&snapshot);
	now->by_tsc = snapshot.cs_id == CSID_X86_TSC;
	now->tsc = now->by_tsc ? vtx_host_tsc_of(snapshot.cycles) :
				 vtx_host_tsc();
	now->real_ns = ktime_to_ns(snapshot.real);
	now->base_ns = ktime_to_ns(ktime_add(snapshot.raw,
				   ktime_mono_to_any(0, TK_OFFS_BOOT)));
}

/* What the clock shows at a moment. */
static u64 clock_ns(const struct vtx_vm_clock *clock, const struct moment *now)
{
	if (!clock->anchored)
		return now->base_ns + clock->offset;
	/* Another CPU may have made the anchor a few ticks ahead. */
	if ((s64)(now->tsc - clock->anchor_tsc) < 0)
		return clock->anchor_ns;
	return clock->anchor_ns +
	       vtx_clock_rate_ns(&clock->rate, now->tsc - clock->anchor_tsc);
}

static void go_on_from(struct vtx_vm_clock *clock, const struct moment *now,
		       u64 ns)
{
	clock->offset = ns - now->base_ns;
	clock->anchored = now->by_tsc;
	clock->anchor_tsc = now->tsc;
	clock->anchor_ns = ns;
	vtx_clock_rate_init(&clock->rate, tsc_khz * 1000ULL);
}

/* ---- The vCPUs ---- */

struct steps {
	const struct vtx_tsc	*first;
	bool			differ;
};

static void compare_tsc(struct vtx_vcpu *vcpu, void *arg)
{
	const struct vtx_tsc *tsc = &vcpu->tsc;
	struct steps *steps = arg;

	if (!steps->first)
		steps->first = tsc;
	if (READ_ONCE(tsc->offset) != READ_ONCE(steps->first->offset) ||
	    READ_ONCE(tsc->ratio) != READ_ONCE(steps->first->ratio))
		steps->differ = true;
}

static bool tscs_in_step(const struct vtx_vm_clock *clock)
{
	struct steps steps = { };

	clock->ops->walk_vcpus(clock->owner, compare_tsc, &steps);
	return !steps.differ;
}

static void ask_to_look(struct vtx_vcpu *vcpu, void *unused)
{
	vtx_vcpu_request(vcpu, VTX_REQ_CLOCK);
}

/* The vCPUs shall wait for the lock before they run the guest again. */
static void hold_back(struct vtx_vm_clock *clock)
{
	lockdep_assert_held(&clock->lock);

	if (!atomic_read(&clock->users))
		return;
	clock->ops->walk_vcpus(clock->owner, ask_to_look, NULL);
	clock->ops->kick_all(clock->owner);
}

static void latest(struct vtx_vcpu *vcpu, void *arg)
{
	u64 *ns = arg;

	*ns = max(*ns, vtx_pvclock_shown(vcpu));
}

/* No guest may have seen more than this. */
static u64 not_before(struct vtx_vm_clock *clock, u64 ns)
{
	if (atomic_read(&clock->users))
		clock->ops->walk_vcpus(clock->owner, latest, &ns);
	return ns;
}

/* Does the clock still go by what it should?  May sleep. */
static void reconsider(struct vtx_vm_clock *clock, bool resumed)
{
	bool in_step = tscs_in_step(clock);
	struct moment now;
	u64 ns;

	lockdep_assert_held(&clock->lock);

	ask_host(&now);
	if (now.by_tsc == clock->anchored && in_step == clock->in_step &&
	    !resumed)
		return;
	hold_back(clock);
	clock->in_step = in_step;
	if (now.by_tsc == clock->anchored && !resumed)
		return;
	ask_host(&now);
	ns = clock_ns(clock, &now);
	/* The TSC has not counted while the machine slept. */
	if (resumed)
		ns = max(ns, now.base_ns + clock->offset);
	if (now.by_tsc && !clock->anchored)
		ns = not_before(clock, ns);
	go_on_from(clock, &now, ns);
}

/**
 * vtx_clock_look() - what a vCPU has to tell its guest
 * @vcpu: the vCPU, not loaded, on its way into the guest
 * @view: receives it
 *
 * Takes the vCPU's VTX_REQ_CLOCK.  May sleep.
 */
void vtx_clock_look(struct vtx_vcpu *vcpu, struct vtx_clock_view *view)
{
	struct vtx_vm_clock *clock = vcpu->clock.vm;
	const struct vtx_tsc *tsc = &vcpu->tsc;
	struct moment now;
	u64 host_tsc;

	mutex_lock(&clock->lock);
	reconsider(clock, false);
	/* Who changes the clock from now on asks anew. */
	vtx_vcpu_test_request(vcpu, VTX_REQ_CLOCK);

	ask_host(&now);
	view->epoch_ns = now.real_ns - clock_ns(clock, &now);
	view->stable = clock->anchored && clock->in_step;
	if (clock->anchored) {
		host_tsc = clock->anchor_tsc;
		view->ns = clock->anchor_ns;
	} else {
		host_tsc = now.tsc;
		view->ns = clock_ns(clock, &now);
		schedule_delayed_work(&clock->sync, SYNC_PERIOD);
	}
	view->tsc = vtx_tsc_scale(tsc, host_tsc) + tsc->offset;
	vtx_clock_rate_init(&view->rate, vtx_tsc_khz(tsc) * 1000ULL);
	vtx_pvclock_keep(vcpu, view);
	mutex_unlock(&clock->lock);
}

static void sync_work(struct work_struct *work)
{
	struct vtx_vm_clock *clock = container_of(to_delayed_work(work),
						  struct vtx_vm_clock, sync);

	mutex_lock(&clock->lock);
	reconsider(clock, false);
	if (!clock->anchored && atomic_read(&clock->users))
		clock->ops->walk_vcpus(clock->owner, ask_to_look, NULL);
	mutex_unlock(&clock->lock);
}

/* ---- User space ---- */

/**
 * vtx_vm_clock_get() - KVM_GET_CLOCK
 * @clock: the VM's
 * @data: receives it, with KVM_CLOCK_REALTIME and KVM_CLOCK_HOST_TSC if the
 *	host's clock goes by the TSC, and KVM_CLOCK_TSC_STABLE if then all vCPUs
 *	see this very clock
 *
 * May sleep.
 */
void vtx_vm_clock_get(struct vtx_vm_clock *clock, struct kvm_clock_data *data)
{
	struct moment now;

	*data = (struct kvm_clock_data){ };
	mutex_lock(&clock->lock);
	reconsider(clock, false);
	ask_host(&now);
	data->clock = clock_ns(clock, &now);
	if (clock->anchored && clock->in_step)
		data->flags |= KVM_CLOCK_TSC_STABLE;
	mutex_unlock(&clock->lock);
	if (now.by_tsc) {
		data->flags |= KVM_CLOCK_REALTIME | KVM_CLOCK_HOST_TSC;
		data->realtime = now.real_ns;
		data->host_tsc = vtx_raw_tsc_of(now.tsc);
	}
}

/**
 * vtx_vm_clock_set() - KVM_SET_CLOCK
 * @clock: the VM's
 * @data: what it shall show; with KVM_CLOCK_REALTIME, what it showed at that time
 *	of day.  Other flags of KVM_GET_CLOCK are ignored.
 *
 * May sleep.
 *
 * Return: 0, or -EINVAL for flags that there are not.
 */
int vtx_vm_clock_set(struct vtx_vm_clock *clock,
		     const struct kvm_clock_data *data)
{
	u64 ns = data->clock;
	struct moment now;

	if (data->flags & ~VTX_CLOCK_FLAGS)
		return -EINVAL;
	mutex_lock(&clock->lock);
	hold_back(clock);
	clock->in_step = tscs_in_step(clock);
	ask_host(&now);
	/* Never back: the time of day may have been set since. */
	if ((data->flags & KVM_CLOCK_REALTIME) && now.real_ns > data->realtime)
		ns += now.real_ns - data->realtime;
	go_on_from(clock, &now, ns);
	mutex_unlock(&clock->lock);
	return 0;
}

/**
 * vtx_vm_clock_init() - a clock that shows 0
 * @clock: to be filled in
 * @ops: what it needs
 * @owner: whose
 *
 * May sleep.
 */
void vtx_vm_clock_init(struct vtx_vm_clock *clock,
		       const struct vtx_vm_clock_ops *ops, void *owner)
{
	struct moment now;

	clock->ops = ops;
	clock->owner = owner;
	mutex_init(&clock->lock);
	clock->in_step = true;
	clock->wall_clock = 0;
	atomic_set(&clock->users, 0);
	INIT_DELAYED_WORK(&clock->sync, sync_work);
	ask_host(&now);
	go_on_from(clock, &now, 0);

	mutex_lock(&clocks_lock);
	list_add(&clock->list, &clocks);
	mutex_unlock(&clocks_lock);
}

/**
 * vtx_vm_clock_destroy() - the end of a VM's clock
 * @clock: the VM's, which has no vCPU any more or is about to lose them
 *
 * May sleep.
 */
void vtx_vm_clock_destroy(struct vtx_vm_clock *clock)
{
	mutex_lock(&clocks_lock);
	list_del(&clock->list);
	mutex_unlock(&clocks_lock);
	cancel_delayed_work_sync(&clock->sync);
	mutex_destroy(&clock->lock);
}

/* ---- The host ---- */

static const struct clocksource *seen_source;
static bool has_slept;

static void stop_was_seen(struct vtx_vcpu *vcpu, void *unused)
{
	vtx_pvclock_stopped(vcpu);
}

static void host_changed(struct work_struct *unused)
{
	struct vtx_vm_clock *clock;
	bool resumed = xchg(&has_slept, false);

	mutex_lock(&clocks_lock);
	list_for_each_entry(clock, &clocks, list) {
		mutex_lock(&clock->lock);
		reconsider(clock, resumed);
		if (resumed && atomic_read(&clock->users))
			clock->ops->walk_vcpus(clock->owner, stop_was_seen,
					       NULL);
		mutex_unlock(&clock->lock);
	}
	mutex_unlock(&clocks_lock);
}

static DECLARE_WORK(host_work, host_changed);

static void queue_host_work(struct irq_work *unused)
{
	schedule_work(&host_work);
}

static DEFINE_IRQ_WORK(host_irq_work, queue_host_work);

/*
 * The timekeeper's lock is held: nothing of it may be called, nor may a task be
 * woken.
 */
static int timekeeper_ticks(struct notifier_block *nb, unsigned long was_set,
			    void *arg)
{
	const struct timekeeper *tk = arg;

	if (unlikely(tk->tkr_mono.clock != seen_source)) {
		seen_source = tk->tkr_mono.clock;
		irq_work_queue(&host_irq_work);
	}
	return NOTIFY_DONE;
}

static struct notifier_block timekeeper_nb = {
	.notifier_call	= timekeeper_ticks,
};

/**
 * vtx_clock_resume() - the machine has slept
 *
 * Nothing runs but this CPU, interrupts are off.
 */
void vtx_clock_resume(void)
{
	WRITE_ONCE(has_slept, true);
	schedule_work(&host_work);
}

/**
 * vtx_clock_init() - follow the host's time
 *
 * Return: 0 or -errno.
 */
int vtx_clock_init(void)
{
	return pvclock_gtod_register_notifier(&timekeeper_nb);
}

/**
 * vtx_clock_exit() - stop following
 *
 * There is no VM left.  May sleep.
 */
void vtx_clock_exit(void)
{
	pvclock_gtod_unregister_notifier(&timekeeper_nb);
	irq_work_sync(&host_irq_work);
	cancel_work_sync(&host_work);
}
