// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task switch, in the order of SDM 3A "Task Switching":
 *
 *   1. in the old task: is the new TSS good, and all that will be accessed there?
 *   2. the old task is saved, the new one entered: no way back
 *   3. in the new task: are its segments good?  What is wrong now is an
 *      exception of the new task, before its first instruction
 *
 * Registers are changed in a copy.  Memory is the guest's, and changed at once.
 *
 * IA-32e mode has no task switches: addresses have 32 bits.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "arch-x86/cr.h"
#include "arch-x86/descriptor.h"
#include "arch-x86/task_switch.h"
#include "arch-x86/vcpu.h"

#define FAULT		VTX_TASK_FAULT

#define ERROR_EXT	BIT(0)	/* an event from outside the program */

#define AR_V86		0xf3	/* present, DPL 3, writable data, accessed */
#define AR_CODE_CPL3	0xfb
#define V86_LIMIT	0xffff

static int fault(struct vtx_task_switch *ts, u8 vector, u16 selector)
{
	ts->fault.vector = vector;
	ts->fault.error = (selector & VTX_SELECTOR_ERROR) |
			  (ts->external ? ERROR_EXT : 0);
	return FAULT;
}

/* What vtx_linear_...() has returned, as one of our results. */
static int memory(struct vtx_task_switch *ts, int ret,
		  const struct vtx_page_fault *page_fault)
{
	if (ret != VTX_WALK_FAULT)
		return ret;
	ts->fault.vector = X86_TRAP_PF;
	ts->fault.error = page_fault->error;
	ts->fault.gva = page_fault->gva;
	return FAULT;
}

static int read_guest(struct vtx_task_switch *ts, u64 gva, void *buf, size_t len)
{
	struct vtx_page_fault page_fault;
	int ret = vtx_linear_read(&ts->linear, gva, buf, len, &page_fault);

	return memory(ts, ret, &page_fault);
}

static int write_guest(struct vtx_task_switch *ts, u64 gva, const void *buf,
		       size_t len)
{
	struct vtx_page_fault page_fault;
	int ret = vtx_linear_write(&ts->linear, gva, buf, len, &page_fault);

	return memory(ts, ret, &page_fault);
}

static int probe_guest(struct vtx_task_switch *ts, u64 gva, size_t len,
		       unsigned int access)
{
	struct vtx_page_fault page_fault;
	int ret = vtx_linear_probe(&ts->linear, gva, len, access, &page_fault);

	return memory(ts, ret, &page_fault);
}

/*
 * Descriptors.
 */

/* Where a selector leads; false if it is beyond the limit of its table. */
static bool descriptor_gva(const struct vtx_task_switch *ts, u16 selector, u64 *gva)
{
	const struct vtx_vmx_segment *ldt = &ts->segment[VTX_LDTR];
	u64 base = ts->gdt_gva;
	u32 limit = ts->gdt_limit;
	u16 offset = selector & VTX_SELECTOR_INDEX;

	if (selector & VTX_SELECTOR_TI) {
		if (ldt->access_rights & VTX_AR_UNUSABLE)
			return false;
		base = ldt->base;
		limit = ldt->limit;
	}
	*gva = (u32)(base + offset);
	return offset + sizeof(u64) - 1 <= limit;
}

/* Set or clear flags in the byte of a descriptor that has its type. */
static int mark_descriptor(struct vtx_task_switch *ts, u64 gva, u8 set, u8 clear)
{
	u8 type;
	int ret;

	gva += VTX_DESCRIPTOR_TYPE_BYTE;
	ret = read_guest(ts, gva, &type, sizeof(type));
	if (ret || (type & (set | clear)) == set)
		return ret;
	type = (type & ~clear) | set;
	return write_guest(ts, gva, &type, sizeof(type));
}

static bool is_wide(const struct vtx_vmx_segment *tss)
{
	return (tss->access_rights & VTX_AR_TYPE & ~VTX_TYPE_TSS_BUSY) ==
	       VTX_TYPE_TSS32;
}

/* Step 1: may the TSS be switched to? */
static int check_new_tss(struct vtx_task_switch *ts)
{
	bool back = ts->source == VTX_TASK_IRET;
	u8 bad = back ? X86_TRAP_TS : X86_TRAP_GP;
	u16 selector = ts->tss.selector;
	u64 gva, descriptor;
	u32 rights, type;
	int ret;

	if (vtx_selector_null(selector) || (selector & VTX_SELECTOR_TI) ||
	    !descriptor_gva(ts, selector, &gva))
		return fault(ts, bad, selector);
	ret = read_guest(ts, gva, &descriptor, sizeof(descriptor));
	if (ret)
		return ret;
	vtx_descriptor_decode(descriptor, selector, &ts->tss);
	rights = ts->tss.access_rights;
	type = rights & (VTX_AR_TYPE | VTX_AR_S) & ~VTX_TYPE_TSS_BUSY;
	if ((type != VTX_TYPE_TSS16 && type != VTX_TYPE_TSS32) ||
	    !!(rights & VTX_TYPE_TSS_BUSY) != back)
		return fault(ts, bad, selector);
	if (!(rights & VTX_AR_P))
		return fault(ts, X86_TRAP_NP, selector);
	if (ts->tss.limit < vtx_tss_size(is_wide(&ts->tss)) - 1)
		return fault(ts, X86_TRAP_TS, selector);
	return 0;
}

/* Does the new task return to the old one? */
static bool is_nested(const struct vtx_task_switch *ts)
{
	return ts->source == VTX_TASK_CALL || ts->source == VTX_TASK_GATE;
}

/* Step 1: is all there that will be written and read?  Then it cannot fault. */
static int check_memory(struct vtx_task_switch *ts)
{
	const struct vtx_vmx_segment *old = &ts->segment[VTX_TR];
	u32 offset, size, need = vtx_tss_size(is_wide(&ts->tss));
	u64 gva;
	int ret;

	if (old->limit < vtx_tss_size(is_wide(old)) - 1)
		return fault(ts, X86_TRAP_TS, old->selector);
	vtx_tss_saved(is_wide(old), &offset, &size);
	ret = probe_guest(ts, old->base + offset, size, VTX_WALK_WRITE);
	if (ret)
		return ret;
	ret = probe_guest(ts, ts->tss.base, need, 0);
	if (!ret && is_nested(ts))
		ret = probe_guest(ts, ts->tss.base, sizeof(u16),
				  VTX_WALK_WRITE);
	if (ret)
		return ret;
	if (!is_nested(ts)) {
		if (!descriptor_gva(ts, old->selector, &gva))
			return fault(ts, X86_TRAP_TS, old->selector);
		ret = probe_guest(ts, gva, sizeof(u64), VTX_WALK_WRITE);
	}
	if (!ret && ts->source != VTX_TASK_IRET) {
		descriptor_gva(ts, ts->tss.selector, &gva);
		ret = probe_guest(ts, gva, sizeof(u64), VTX_WALK_WRITE);
	}
	return ret;
}

/* Step 2: the old task into its TSS. */
static int save_old(struct vtx_task_switch *ts)
{
	const struct vtx_vmx_segment *old = &ts->segment[VTX_TR];
	bool wide = is_wide(old);
	u32 offset, size;
	union vtx_tss tss;
	u64 gva;
	int ret;

	if (!is_nested(ts)) {
		descriptor_gva(ts, old->selector, &gva);
		ret = mark_descriptor(ts, gva, 0, VTX_DESCRIPTOR_BUSY);
		if (ret)
			return ret;
	}
	if (ts->source == VTX_TASK_IRET)
		ts->task.eflags &= ~X86_EFLAGS_NT;
	ret = read_guest(ts, old->base, &tss, vtx_tss_size(wide));
	if (ret)
		return ret;
	vtx_tss_save(wide, &ts->task, &tss);
	vtx_tss_saved(wide, &offset, &size);
	return write_guest(ts, old->base + offset, (u8 *)&tss + offset, size);
}

/* Step 2: the new task out of its TSS. */
static int load_new(struct vtx_task_switch *ts)
{
	u16 old = ts->segment[VTX_TR].selector;
	bool wide = is_wide(&ts->tss);
	union vtx_tss tss;
	u64 gva;
	int ret = 0;

	if (is_nested(ts))
		ret = write_guest(ts, ts->tss.base, &old, sizeof(old));
	if (!ret && ts->source != VTX_TASK_IRET) {
		descriptor_gva(ts, ts->tss.selector, &gva);
		ret = mark_descriptor(ts, gva, VTX_DESCRIPTOR_BUSY, 0);
	}
	if (!ret)
		ret = read_guest(ts, ts->tss.base, &tss, vtx_tss_size(wide));
	if (ret)
		return ret;

	vtx_tss_load(wide, &tss, &ts->task);
	if (is_nested(ts))
		ts->task.eflags |= X86_EFLAGS_NT;
	ts->new_cr3 = wide && (ts->cr0 & X86_CR0_PG);
	ts->tss.access_rights |= VTX_TYPE_TSS_BUSY;
	ts->segment[VTX_TR] = ts->tss;
	ts->cr0 |= X86_CR0_TS;
	ts->entered = true;
	return 0;
}

static bool pdptes_valid(const struct vtx_task_switch *ts, const u64 *pdpte)
{
	struct vtx_cr_limits limits = { .phys_bits = ts->phys_bits };

	return vtx_pdptes_valid(&limits, pdpte);
}

/* With PAE paging, the PDPTEs come with CR3. */
static int load_paging(struct vtx_task_switch *ts)
{
	struct vtx_paging *paging = &ts->linear.paging;
	u64 pdpte[4];
	int ret;

	if (!ts->new_cr3)
		return 0;
	if (vtx_pae_paging(paging->cr0, paging->cr4, paging->efer)) {
		ret = vtx_linear_read_gpa(&ts->linear,
					  ts->task.cr3 & VTX_CR3_PDPTES,
					  pdpte, sizeof(pdpte));
		if (ret && ret != -EFAULT)
			return ret;
		if (ret || !pdptes_valid(ts, pdpte)) {
			ts->new_cr3 = false;
			return fault(ts, X86_TRAP_GP, 0);
		}
		memcpy(paging->pdpte, pdpte, sizeof(pdpte));
	}
	paging->cr3 = ts->task.cr3;
	return 0;
}

/*
 * Step 3.  A register whose descriptor has not been loaded yet has the new
 * selector and cannot be used.
 */

static void make_unusable(struct vtx_task_switch *ts, enum vtx_segment which)
{
	ts->segment[which] = (struct vtx_vmx_segment){
		.selector	= ts->task.selector[which],
		.access_rights	= VTX_AR_UNUSABLE,
	};
}

static void make_v86(struct vtx_task_switch *ts, enum vtx_segment which)
{
	u16 selector = ts->task.selector[which];

	ts->segment[which] = (struct vtx_vmx_segment){
		.selector	= selector,
		.base		= (u32)selector << 4,
		.limit		= V86_LIMIT,
		.access_rights	= AR_V86,
	};
}

/*
 * CS and SS, which give the privilege level and cannot be without, stay the old
 * task's until both are good.
 */
static void prepare_segments(struct vtx_task_switch *ts)
{
	bool v86 = ts->task.eflags & X86_EFLAGS_VM;
	enum vtx_segment i;

	for (i = VTX_ES; i <= VTX_GS; i++) {
		if (v86)
			make_v86(ts, i);
		else if (i == VTX_CS || i == VTX_SS)
			ts->segment[i].selector = ts->task.selector[i];
		else
			make_unusable(ts, i);
	}
	make_unusable(ts, VTX_LDTR);
}

/* Out of virtual-8086 mode: what stays must be possible outside of it. */
static void leave_v86(struct vtx_task_switch *ts, u32 old_eflags)
{
	if ((old_eflags & X86_EFLAGS_VM) && !(ts->task.eflags & X86_EFLAGS_VM))
		ts->segment[VTX_CS].access_rights = AR_CODE_CPL3;
}

/* Read and check a descriptor; the register stays as it is. */
static int fetch_segment(struct vtx_task_switch *ts, enum vtx_segment which, u8 cpl,
			 struct vtx_vmx_segment *segment)
{
	u16 selector = ts->task.selector[which];
	u64 gva, descriptor;
	u8 vector;
	int ret;

	if (!descriptor_gva(ts, selector, &gva))
		return fault(ts, X86_TRAP_TS, selector);
	ret = read_guest(ts, gva, &descriptor, sizeof(descriptor));
	if (ret)
		return ret;
	vtx_descriptor_decode(descriptor, selector, segment);
	vector = vtx_task_segment_fault(which, segment, cpl);
	if (vector)
		return fault(ts, vector, selector);
	if (which == VTX_LDTR)
		return 0;
	segment->access_rights |= VTX_AR_ACCESSED;
	return mark_descriptor(ts, gva, VTX_DESCRIPTOR_ACCESSED, 0);
}

static int load_ldt(struct vtx_task_switch *ts)
{
	u16 selector = ts->task.selector[VTX_LDTR];

	if (vtx_selector_null(selector))
		return 0;
	if (selector & VTX_SELECTOR_TI)
		return fault(ts, X86_TRAP_TS, selector);
	return fetch_segment(ts, VTX_LDTR, 0, &ts->segment[VTX_LDTR]);
}

static int load_code_and_stack(struct vtx_task_switch *ts, u8 cpl)
{
	struct vtx_vmx_segment cs, ss;
	int ret;

	if (vtx_selector_null(ts->task.selector[VTX_CS]))
		return fault(ts, X86_TRAP_TS, ts->task.selector[VTX_CS]);
	ret = fetch_segment(ts, VTX_CS, cpl, &cs);
	if (ret)
		return ret;
	if (vtx_selector_null(ts->task.selector[VTX_SS]))
		return fault(ts, X86_TRAP_TS, ts->task.selector[VTX_SS]);
	ret = fetch_segment(ts, VTX_SS, cpl, &ss);
	if (ret)
		return ret;
	ts->segment[VTX_CS] = cs;
	ts->segment[VTX_SS] = ss;
	return 0;
}

static int load_segments(struct vtx_task_switch *ts)
{
	static const enum vtx_segment data[] = {
		VTX_DS, VTX_ES, VTX_FS, VTX_GS,
	};
	u8 cpl = ts->task.selector[VTX_CS] & VTX_SELECTOR_RPL;
	int i, ret;

	ret = load_ldt(ts);
	if (ret || (ts->task.eflags & X86_EFLAGS_VM))
		return ret;
	ret = load_code_and_stack(ts, cpl);
	for (i = 0; i < ARRAY_SIZE(data) && !ret; i++) {
		struct vtx_vmx_segment segment;

		if (vtx_selector_null(ts->task.selector[data[i]]))
			continue;
		ret = fetch_segment(ts, data[i], cpl, &segment);
		if (!ret)
			ts->segment[data[i]] = segment;
	}
	return ret;
}

static bool in_stack(const struct vtx_vmx_segment *ss, u32 offset, u32 size)
{
	u32 last = offset + size - 1;
	u32 end = ss->access_rights & VTX_AR_DB ? ~0U : 0xffff;

	if (last < offset || last > end)
		return false;
	return ss->access_rights & VTX_AR_CE ? offset > ss->limit :
					       last <= ss->limit;
}

/* The error code of the exception that has led to the switch. */
static int push_error(struct vtx_task_switch *ts)
{
	const struct vtx_vmx_segment *ss = &ts->segment[VTX_SS];
	u32 size = is_wide(&ts->segment[VTX_TR]) ? sizeof(u32) : sizeof(u16);
	u32 mask = ss->access_rights & VTX_AR_DB ? ~0U : 0xffff;
	bool user = FIELD_GET(VTX_AR_DPL, ss->access_rights) == 3;
	u32 esp = ts->task.gpr[VTX_RSP];
	u32 offset = (esp - size) & mask;
	u64 gva = (u32)(ss->base + offset);
	int ret;

	if (!ts->push_error)
		return 0;
	if (!in_stack(ss, offset, size))
		return fault(ts, X86_TRAP_SS, 0);
	ret = probe_guest(ts, gva, size,
			  VTX_WALK_WRITE | (user ? VTX_WALK_USER : 0));
	if (!ret)
		ret = write_guest(ts, gva, &ts->error, size);
	if (!ret)
		ts->task.gpr[VTX_RSP] = (esp & ~mask) | offset;
	return ret;
}

static int enter_new(struct vtx_task_switch *ts)
{
	int ret;

	ret = load_paging(ts);
	if (!ret)
		ret = load_segments(ts);
	if (!ret)
		ret = push_error(ts);
	if (!ret && ts->task.eip > ts->segment[VTX_CS].limit)
		ret = fault(ts, X86_TRAP_GP, 0);
	return ret;
}

/**
 * vtx_task_switch() - switch to another task
 * @ts: all members up to @cr0 filled in; @linear may sleep
 *
 * May sleep.
 *
 * Return: 0; VTX_TASK_FAULT with @ts->fault, an exception of the old task or,
 * with @ts->entered, of the new one; -errno if the process has lost memory of
 * the guest.
 */
int vtx_task_switch(struct vtx_task_switch *ts)
{
	u32 old_eflags = ts->task.eflags;
	int ret;

	ts->new_cr3 = false;
	ts->entered = false;
	ret = check_new_tss(ts);
	if (!ret)
		ret = check_memory(ts);
	if (!ret)
		ret = save_old(ts);
	if (!ret)
		ret = load_new(ts);
	if (ret)
		return ret;
	prepare_segments(ts);
	leave_v86(ts, old_eflags);
	return enter_new(ts);
}
