/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VMCS: its life, its place on a CPU, and access to its fields.
 *
 * Fields are read and written only between vtx_vmcs_load() and vtx_vmcs_put().
 * An accessor of the wrong width does not compile.  An access that the CPU
 * refuses is a bug of ours or VMX gone from under us: it is counted, logged,
 * and reads as 0, but never brings the host down.
 */
#ifndef VTX_ARCH_X86_VMX_VMCS_H
#define VTX_ARCH_X86_VMX_VMCS_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "arch-x86/vmx/defs.h"
#include "arch-x86/vmx/insn.h"

struct vtx_caps;

/**
 * struct vtx_vmcs - a VMCS and where it is
 * @region: (i) the page that the CPU keeps it in
 * @hpa: (i) its physical address
 * @cpu: (c) the CPU that may hold parts of it, -1 if none does
 * @node: (c) among the VMCSs that @cpu may hold
 * @launched: (o) the launch state, which decides between VMLAUNCH and VMRESUME
 * @host_cpu: (o) the CPU that the per-CPU host-state fields speak of, or -1
 * @host_cr3: (o) what HOST_CR3 holds
 * @host_cr4: (o) what HOST_CR4 holds
 * @host_fs_base: (o) what HOST_FS_BASE holds
 *
 * (i) constant from vtx_vmcs_alloc() to vtx_vmcs_free()
 * (c) written on @cpu only, interrupts off; read by the owner
 * (o) the owner's, who loads and puts it; also reset when it is taken off @cpu
 */
struct vtx_vmcs {
	u32			*region;
	phys_addr_t		hpa;
	int			cpu;
	struct list_head	node;
	bool			launched;
	int			host_cpu;
	unsigned long		host_cr3;
	unsigned long		host_cr4;
	unsigned long		host_fs_base;
};

int vtx_vmcs_alloc(struct vtx_vmcs *vmcs, u32 revision, int numa_node);
void vtx_vmcs_free(struct vtx_vmcs *vmcs);
int vtx_vmcs_load_slow(struct vtx_vmcs *vmcs);
void vtx_vmcs_clear(struct vtx_vmcs *vmcs);

DECLARE_PER_CPU(struct vtx_vmcs *, vtx_vmcs_current);

/**
 * vtx_vmcs_is_current() - is a VMCS current on this CPU?
 * @vmcs: the VMCS
 *
 * The caller keeps the task on this CPU.  The answer is final only while
 * interrupts are off: VMX goes off by IPI.
 *
 * Return: true if it is.
 */
static inline bool vtx_vmcs_is_current(const struct vtx_vmcs *vmcs)
{
	return this_cpu_read(vtx_vmcs_current) == vmcs;
}

/**
 * vtx_vmcs_load() - make a VMCS current on this CPU
 * @vmcs: the VMCS
 *
 * Preemption is off, and stays off until vtx_vmcs_put().  Interrupts are on
 * unless the VMCS is known to be on this CPU or on none.  Host state that
 * differs from CPU to CPU is this CPU's on return.
 *
 * Return: 0; -ESHUTDOWN if VMX is off on this CPU, because the machine or the
 * CPU goes down; -EIO or -EFAULT if the CPU refuses, which is a bug of ours.
 */
static inline int vtx_vmcs_load(struct vtx_vmcs *vmcs)
{
	lockdep_assert_preemption_disabled();

	return likely(vtx_vmcs_is_current(vmcs)) ? 0 : vtx_vmcs_load_slow(vmcs);
}

/**
 * vtx_vmcs_put() - end what vtx_vmcs_load() began
 * @vmcs: the VMCS
 *
 * The VMCS stays on this CPU, so that the next load here is cheap.  (A mode in
 * which VMX is shared with another hypervisor would give that one its current
 * VMCS back here.)
 */
static inline void vtx_vmcs_put(struct vtx_vmcs *vmcs)
{
	lockdep_assert_preemption_disabled();
}

/**
 * vtx_vmcs_taken_away() - is a VMCS no longer where it was loaded?
 * @vmcs: the VMCS, between vtx_vmcs_load() and vtx_vmcs_put()
 *
 * VMX goes off by IPI, so that the answer is final only while interrupts are
 * off.
 *
 * Return: true if VMX has gone off here.
 */
static inline bool vtx_vmcs_taken_away(const struct vtx_vmcs *vmcs)
{
	return READ_ONCE(vmcs->cpu) < 0;
}

/* For percpu.c: what a CPU holds, when VMX comes and goes there. */
void vtx_vmcs_cpu_begin(void);
void vtx_vmcs_cpu_end(void);
void vtx_vmcs_cpu_emergency_end(void);

u64 vtx_vmcs_read_failed(enum vtx_vmcs_field field, int err);
void vtx_vmcs_write_failed(enum vtx_vmcs_field field, u64 value, int err);
unsigned long vtx_vmcs_failures(void);

/**
 * vtx_vmcs_read() - read a field of any width
 * @field: its encoding, need not be a constant
 *
 * For tables; elsewhere the accessors with a width are better.
 *
 * Return: the value, 0 if the CPU refuses.
 */
static __always_inline u64 vtx_vmcs_read(enum vtx_vmcs_field field)
{
	u64 value;
	int err = vtx_vmread(field, &value);

	return likely(!err) ? value : vtx_vmcs_read_failed(field, err);
}

/**
 * vtx_vmcs_write() - write a field of any width
 * @field: its encoding, need not be a constant
 * @value: what to write
 */
static __always_inline void vtx_vmcs_write(enum vtx_vmcs_field field, u64 value)
{
	int err = vtx_vmwrite(field, value);

	if (unlikely(err))
		vtx_vmcs_write_failed(field, value, err);
}

/*
 * vmcs_read16(), _read32(), _read64(), _readl() and the same with write: one
 * width each; "l" is natural width.  The field is a constant.
 */
#define VTX_VMCS_ACCESSORS(suffix, type, WIDTH)				\
static __always_inline type vmcs_read##suffix(enum vtx_vmcs_field field) \
{									\
	BUILD_BUG_ON(vtx_vmcs_width(field) != VMCS_WIDTH_##WIDTH);	\
	return vtx_vmcs_read(field);					\
}									\
									\
static __always_inline void						\
vmcs_write##suffix(enum vtx_vmcs_field field, type value)		\
{									\
	BUILD_BUG_ON(vtx_vmcs_width(field) != VMCS_WIDTH_##WIDTH);	\
	BUILD_BUG_ON(vtx_vmcs_type(field) == VMCS_TYPE_EXIT);		\
	vtx_vmcs_write(field, value);					\
}

VTX_VMCS_ACCESSORS(16, u16, 16)
VTX_VMCS_ACCESSORS(32, u32, 32)
VTX_VMCS_ACCESSORS(64, u64, 64)
VTX_VMCS_ACCESSORS(l, unsigned long, NATURAL)

#undef VTX_VMCS_ACCESSORS

/**
 * struct vtx_vmcs_setup - what vtx_vmcs_init() has to be told
 * @caps: the CPUs' configuration
 * @eptp: EPT pointer
 * @msr_bitmap_hpa: physical address of the MSR bitmaps
 * @vpid: not 0 if the CPUs have VPIDs, else not used
 */
struct vtx_vmcs_setup {
	const struct vtx_caps	*caps;
	u64			eptp;
	phys_addr_t		msr_bitmap_hpa;
	u16			vpid;
};

struct vtx_context;

void vtx_vmcs_init(struct vtx_vmcs *vmcs, struct vtx_context *context,
		   const struct vtx_vmcs_setup *setup);
void vtx_vmcs_reset_guest(const struct vtx_caps *caps);
void vtx_vmcs_init_host_cpu(struct vtx_vmcs *vmcs);

/**
 * vmcs_set32() - set and clear bits of a 32-bit field
 * @field: its encoding, a constant
 * @set: bits to set
 * @clear: bits to clear
 */
static __always_inline void vmcs_set32(enum vtx_vmcs_field field, u32 set,
				       u32 clear)
{
	vmcs_write32(field, (vmcs_read32(field) & ~clear) | set);
}

#endif /* VTX_ARCH_X86_VMX_VMCS_H */
