/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions: every #if on a version stands here and
 * nowhere else.  The tree is written against the newest names; this file maps
 * them to what an older kernel has.  Every .c of ours includes it first.
 */
#ifndef VTX_MODULE_COMPAT_H
#define VTX_MODULE_COMPAT_H

#ifdef pr_fmt
#undef pr_fmt
#endif
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/syscore_ops.h>
#include <linux/thread_info.h>
#include <linux/types.h>
#include <linux/version.h>

#include <asm/msr.h>
#include <asm/reboot.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define rdmsrq(msr, val)	rdmsrl(msr, val)
#define rdmsrq_safe(msr, val)	rdmsrl_safe(msr, val)
#define wrmsrq(msr, val)	wrmsrl(msr, val)
#define native_wrmsrq(msr, val)	native_wrmsrl(msr, val)
#endif

/* A timer and its function in one go. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* Where load_gs_index() is; and the argument had no use. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define rcu_virt_note_context_switch()	rcu_virt_note_context_switch(0)
#include <asm/special_insns.h>
#else
#include <asm/gsseg.h>
#endif

/* A second way to ask for the CPU, that waits a tick. */
#ifdef _TIF_NEED_RESCHED_LAZY
#define VTX_TIF_NEED_RESCHED_LAZY	_TIF_NEED_RESCHED_LAZY
#else
#define VTX_TIF_NEED_RESCHED_LAZY	0
#endif

/* What the kernel calls members of struct kvm_run that may change any time. */
#ifdef HINT_UNSAFE_IN_KVM
#define VTX_UNSAFE(member)	HINT_UNSAFE_IN_KVM(member)
#else
#define VTX_UNSAFE(member)	member
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define FOLL_INTERRUPTIBLE	0	/* only a fatal signal interrupts */
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define FOLL_HONOR_NUMA_FAULT	0	/* the default */
#endif

/* The ABI is that of the newest kernel. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define KVM_CAP_USER_MEMORY2	231
struct kvm_userspace_memory_region2 {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
	__u64 guest_memfd_offset;
	__u32 guest_memfd;
	__u32 pad1;
	__u64 pad2[14];
};

#define KVM_SET_USER_MEMORY_REGION2					\
	_IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
#endif

/* How much an eventfd goes up was an argument. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define eventfd_signal(eventfd)	eventfd_signal(eventfd, 1)
#endif

/* Older kernels do not tell the TSC from other clocksources: it is none. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define CSID_X86_TSC	CSID_MAX
#endif

/* How to look into a mapping of page frames, before there was one way. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
struct follow_pfnmap_args {
	struct vm_area_struct	*vma;
	unsigned long		address;
	spinlock_t		*lock;	/* of the page table */
	pte_t			*ptep;
	unsigned long		pfn;
	pgprot_t		pgprot;
	bool			writable;
};

static inline int follow_pfnmap_start(struct follow_pfnmap_args *args)
{
	pte_t pte;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	int err = follow_pte(args->vma->vm_mm, args->address, &args->ptep,
			     &args->lock);
#else
	int err = follow_pte(args->vma, args->address, &args->ptep,
			     &args->lock);
#endif
	if (err)
		return err;
	pte = READ_ONCE(*args->ptep);
	args->pfn = pte_pfn(pte);
	args->pgprot = pte_pgprot(pte);
	args->writable = pte_write(pte);
	return 0;
}

static inline void follow_pfnmap_end(struct follow_pfnmap_args *args)
{
	pte_unmap_unlock(args->ptep, args->lock);
}
#endif

/* Tracepoints remember themselves where a string came from. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define VTX_ASSIGN_STR(field, string)	__assign_str(field, string)
#else
#define VTX_ASSIGN_STR(field, string)	__assign_str(field)
#endif

/*
 * The callbacks of the one CPU that is left when the machine goes down.  They
 * got an argument, which vtx has no use for, at some point release of the
 * stable kernels: Kbuild looks for the new form in the header.
 */
#ifdef VTX_HAVE_STRUCT_SYSCORE
#define VTX_SYSCORE_ARGUMENT	void *unused
#define VTX_SYSCORE(name, ...)						\
	static const struct syscore_ops name##_ops = { __VA_ARGS__ };	\
	static struct syscore name = { .ops = &name##_ops }
#else
#define VTX_SYSCORE_ARGUMENT	void
#define VTX_SYSCORE(name, ...)						\
	static struct syscore_ops name = { __VA_ARGS__ }
#define register_syscore(syscore)	register_syscore_ops(syscore)
#define unregister_syscore(syscore)	unregister_syscore_ops(syscore)
#endif

/*
 * The kernel declares these only if KVM was configured.  Without them nothing
 * can turn VMX off in a crashing kernel, and the crash kernel may not start.
 */
#if !IS_ENABLED(CONFIG_KVM_INTEL) && !IS_ENABLED(CONFIG_KVM_AMD)
static inline void cpu_emergency_register_virt_callback(void (*callback)(void))
{
}

static inline void cpu_emergency_unregister_virt_callback(void (*callback)(void))
{
}
#endif

#endif /* VTX_MODULE_COMPAT_H */
