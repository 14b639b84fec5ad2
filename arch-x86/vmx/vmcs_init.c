// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands in a VMCS before the first entry.
 *
 * VMCLEAR leaves the fields undefined, so every field that the controls make
 * the CPU look at is written here, in four parts: the controls, the host state
 * that is the same everywhere, the host state that belongs to a CPU (again
 * after each move to another one), and the guest's state after power-up.
 */
#include "module/compat.h"

#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "arch-x86/vmx/caps.h"
#include "arch-x86/vmx/enter.h"
#include "arch-x86/vmx/entry.h"
#include "arch-x86/vmx/segment.h"
#include "arch-x86/vmx/vmcs.h"

struct vtx_field_value {
	enum vtx_vmcs_field	field;
	u64			value;
};

static void write_all(const struct vtx_field_value *row, size_t count)
{
	for (; count--; row++)
		vtx_vmcs_write(row->field, row->value);
}

/*
 * PAUSE-loop exiting, in TSC ticks: PAUSEs less than the gap apart are one
 * loop, and a loop that lasts longer than the window exits.
 */
#define PLE_GAP		128
#define PLE_WINDOW	4096

/* A TSC multiplier of 1: 48 fractional bits. */
#define TSC_MULTIPLIER_ONE	BIT_ULL(48)

/* Fields that exist on every CPU vtx runs on. */
static const struct vtx_field_value control_values[] = {
	/* Machine checks are the host's: enter.c hands them on. */
	{ VMCS_CTRL_EXCEPTION_BITMAP,		BIT(X86_TRAP_MC) },
	{ VMCS_CTRL_PAGE_FAULT_ERROR_MASK,	0 },
	{ VMCS_CTRL_PAGE_FAULT_ERROR_MATCH,	0 },
	{ VMCS_CTRL_CR3_TARGET_COUNT,		0 },
	{ VMCS_CTRL_EXIT_MSR_STORE_COUNT,	0 },
	{ VMCS_CTRL_EXIT_MSR_LOAD_COUNT,	0 },
	{ VMCS_CTRL_ENTRY_MSR_LOAD_COUNT,	0 },
	{ VMCS_CTRL_ENTRY_INTR_INFO,		0 },
	{ VMCS_CTRL_ENTRY_EXCEPTION_ERROR_CODE,	0 },
	{ VMCS_CTRL_ENTRY_INSTRUCTION_LENGTH,	0 },
	{ VMCS_CTRL_TSC_OFFSET,			0 },
	/* All bits are the host's until the owner of CR0 and CR4 says else. */
	{ VMCS_CTRL_CR0_MASK,			~0ULL },
	{ VMCS_CTRL_CR4_MASK,			~0ULL },
};

/* Fields that exist with a feature. */
static const struct {
	enum vtx_feature	feature;
	struct vtx_field_value	row;
} feature_values[] = {
	{ VTX_F_TPR_SHADOW,	    { VMCS_CTRL_TPR_THRESHOLD, 0 } },
	{ VTX_F_PAUSE_LOOP_EXITING, { VMCS_CTRL_PLE_GAP, PLE_GAP } },
	{ VTX_F_PAUSE_LOOP_EXITING, { VMCS_CTRL_PLE_WINDOW, PLE_WINDOW } },
	{ VTX_F_ENCLS_EXITING,	    { VMCS_CTRL_ENCLS_EXITING_BITMAP, ~0ULL } },
	{ VTX_F_XSAVES,		    { VMCS_CTRL_XSS_EXITING_BITMAP, ~0ULL } },
	{ VTX_F_TSC_SCALING,
	  { VMCS_CTRL_TSC_MULTIPLIER, TSC_MULTIPLIER_ONE } },
	{ VTX_F_VIRT_INTR_DELIVERY, { VMCS_CTRL_EOI_EXIT_BITMAP_0, 0 } },
	{ VTX_F_VIRT_INTR_DELIVERY, { VMCS_CTRL_EOI_EXIT_BITMAP_1, 0 } },
	{ VTX_F_VIRT_INTR_DELIVERY, { VMCS_CTRL_EOI_EXIT_BITMAP_2, 0 } },
	{ VTX_F_VIRT_INTR_DELIVERY, { VMCS_CTRL_EOI_EXIT_BITMAP_3, 0 } },
	{ VTX_F_VIRT_INTR_DELIVERY, { VMCS_GUEST_INTR_STATUS, 0 } },
	{ VTX_F_PML,		    { VMCS_GUEST_PML_INDEX, 0 } },
	{ VTX_F_PREEMPTION_TIMER,   { VMCS_GUEST_PREEMPTION_TIMER_VALUE, 0 } },
};

static void init_controls(const struct vtx_vmcs_setup *setup)
{
	const struct vtx_caps *caps = setup->caps;
	int i;

	vmcs_write32(VMCS_CTRL_PIN_BASED, caps->word[VTX_WORD_PIN]);
	vmcs_write32(VMCS_CTRL_PROC_BASED, caps->word[VTX_WORD_PROC]);
	vmcs_write32(VMCS_CTRL_SECONDARY_PROC_BASED,
		     caps->word[VTX_WORD_PROC2]);
	vmcs_write32(VMCS_CTRL_VM_EXIT, caps->word[VTX_WORD_EXIT]);
	vmcs_write32(VMCS_CTRL_VM_ENTRY, caps->word[VTX_WORD_ENTRY]);

	write_all(control_values, ARRAY_SIZE(control_values));
	for (i = 0; i < ARRAY_SIZE(feature_values); i++)
		if (vtx_caps_have(caps, feature_values[i].feature))
			write_all(&feature_values[i].row, 1);

	vmcs_write64(VMCS_CTRL_MSR_BITMAPS, setup->msr_bitmap_hpa);
	vmcs_write64(VMCS_CTRL_EPT_POINTER, setup->eptp);
	if (vtx_caps_have(caps, VTX_F_VPID))
		vmcs_write16(VMCS_CTRL_VPID, setup->vpid);
}

static u64 read_msr(u32 msr)
{
	u64 value;

	rdmsrq(msr, value);
	return value;
}

/*
 * Exits load the selectors that user space may use with null and the kernel's
 * with what they always are.  The FS base is vtx_host_park()'s, CR3 and CR4 are
 * vtx_enter()'s.
 */
static void init_host(struct vtx_vmcs *vmcs)
{
	const struct vtx_field_value values[] = {
		{ VMCS_HOST_CR0,		read_cr0() },
		{ VMCS_HOST_CR3,		0 },
		{ VMCS_HOST_CR4,		0 },
		{ VMCS_HOST_ES_SELECTOR,	0 },
		{ VMCS_HOST_CS_SELECTOR,	__KERNEL_CS },
		{ VMCS_HOST_SS_SELECTOR,	__KERNEL_DS },
		{ VMCS_HOST_DS_SELECTOR,	0 },
		{ VMCS_HOST_FS_SELECTOR,	0 },
		{ VMCS_HOST_GS_SELECTOR,	0 },
		{ VMCS_HOST_TR_SELECTOR,	GDT_ENTRY_TSS * 8 },
		{ VMCS_HOST_FS_BASE,		0 },
		{ VMCS_HOST_IA32_PAT,		read_msr(MSR_IA32_CR_PAT) },
		{ VMCS_HOST_IA32_EFER,		read_msr(MSR_EFER) },
		{ VMCS_HOST_IA32_SYSENTER_CS,
		  read_msr(MSR_IA32_SYSENTER_CS) },
		{ VMCS_HOST_IA32_SYSENTER_EIP,
		  read_msr(MSR_IA32_SYSENTER_EIP) },
		{ VMCS_HOST_RIP,	(unsigned long)vtx_switch_exit },
	};

	write_all(values, ARRAY_SIZE(values));
	vmcs->host_cr3 = 0;
	vmcs->host_cr4 = 0;
	vmcs->host_fs_base = 0;
}

/* Asked of the CPU, not of the kernel: so it needs none of its symbols. */
static unsigned long tss_base(const struct desc_ptr *gdt)
{
	struct ldttss_desc *tss;
	u16 selector;

	asm("str %0" : "=rm" (selector));
	tss = (void *)(gdt->address + (selector & ~7));
	return tss->base0 | tss->base1 << 16 | (unsigned long)tss->base2 << 24 |
	       (unsigned long)tss->base3 << 32;
}

/**
 * vtx_vmcs_init_host_cpu() - write the host state that belongs to this CPU
 * @vmcs: the VMCS, loaded here
 *
 * vtx_vmcs_load() does it whenever the VMCS has moved.
 */
void vtx_vmcs_init_host_cpu(struct vtx_vmcs *vmcs)
{
	struct desc_ptr gdt, idt;

	native_store_gdt(&gdt);
	store_idt(&idt);
	vmcs_writel(VMCS_HOST_GDTR_BASE, gdt.address);
	vmcs_writel(VMCS_HOST_IDTR_BASE, idt.address);
	vmcs_writel(VMCS_HOST_TR_BASE, tss_base(&gdt));
	vmcs_writel(VMCS_HOST_GS_BASE, read_msr(MSR_GS_BASE));
	vmcs_writel(VMCS_HOST_IA32_SYSENTER_ESP,
		    read_msr(MSR_IA32_SYSENTER_ESP));
	vmcs->host_cpu = smp_processor_id();
}

/* SDM 3A "Processor State After Reset", as far as the VMCS holds it. */
static const struct vtx_field_value reset_values[] = {
	{ VMCS_GUEST_CR3,			0 },
	{ VMCS_GUEST_DR7,			0x400 },
	{ VMCS_GUEST_RSP,			0 },
	{ VMCS_GUEST_RIP,			0xfff0 },
	{ VMCS_GUEST_RFLAGS,			X86_EFLAGS_FIXED },
	{ VMCS_GUEST_CS_SELECTOR,		0xf000 },
	{ VMCS_GUEST_CS_BASE,			0xffff0000 },
	{ VMCS_GUEST_LDTR_SELECTOR,		0 },
	{ VMCS_GUEST_LDTR_BASE,			0 },
	{ VMCS_GUEST_LDTR_LIMIT,		0xffff },
	{ VMCS_GUEST_LDTR_ACCESS_RIGHTS,	VTX_AR_LDT },
	{ VMCS_GUEST_TR_SELECTOR,		0 },
	{ VMCS_GUEST_TR_BASE,			0 },
	{ VMCS_GUEST_TR_LIMIT,			0xffff },
	{ VMCS_GUEST_TR_ACCESS_RIGHTS,		VTX_AR_BUSY_TSS },
	{ VMCS_GUEST_GDTR_BASE,			0 },
	{ VMCS_GUEST_GDTR_LIMIT,		0xffff },
	{ VMCS_GUEST_IDTR_BASE,			0 },
	{ VMCS_GUEST_IDTR_LIMIT,		0xffff },
	{ VMCS_GUEST_IA32_SYSENTER_CS,		0 },
	{ VMCS_GUEST_IA32_SYSENTER_ESP,		0 },
	{ VMCS_GUEST_IA32_SYSENTER_EIP,		0 },
	{ VMCS_GUEST_IA32_DEBUGCTL,		0 },
	{ VMCS_GUEST_IA32_PAT,			0x0007040600070406 },
	{ VMCS_GUEST_IA32_EFER,			0 },
	{ VMCS_GUEST_ACTIVITY_STATE,		VTX_ACTIVE },
	{ VMCS_GUEST_INTERRUPTIBILITY,		0 },
	{ VMCS_GUEST_PENDING_DEBUG_EXCEPTIONS,	0 },
	{ VMCS_GUEST_SMBASE,			0 },
	/* No shadow VMCS. */
	{ VMCS_GUEST_VMCS_LINK_POINTER,		~0ULL },
	{ VMCS_GUEST_PDPTE0,			0 },
	{ VMCS_GUEST_PDPTE1,			0 },
	{ VMCS_GUEST_PDPTE2,			0 },
	{ VMCS_GUEST_PDPTE3,			0 },
	{ VMCS_CTRL_ENTRY_INTR_INFO,		0 },
};

#define RESET_CR0	0x60000010

/**
 * vtx_vmcs_reset_guest() - write the guest state that a CPU has after power-up
 * @caps: the CPUs' configuration
 *
 * Into the current VMCS.  The real CR0 and CR4 also have the bits that VMX
 * operation wants, all but PE and PG; the read shadows do not.
 */
void vtx_vmcs_reset_guest(const struct vtx_caps *caps)
{
	enum vtx_segment s;

	for (s = VTX_ES; s <= VTX_GS; s++) {
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_SELECTOR, s), 0);
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_BASE, s), 0);
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_LIMIT, s), 0xffff);
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_ACCESS_RIGHTS, s),
			       s == VTX_CS ? VTX_AR_REAL_CODE :
					     VTX_AR_REAL_DATA);
	}
	write_all(reset_values, ARRAY_SIZE(reset_values));

	vmcs_writel(VMCS_GUEST_CR0, RESET_CR0 | (caps->cr0_fixed0 &
					~(X86_CR0_PE | X86_CR0_PG)));
	vmcs_writel(VMCS_CTRL_CR0_READ_SHADOW, RESET_CR0);
	vmcs_writel(VMCS_GUEST_CR4, caps->cr4_fixed0);
	vmcs_writel(VMCS_CTRL_CR4_READ_SHADOW, 0);
	vmcs_set32(VMCS_CTRL_VM_ENTRY, 0, VTX_CONTROL(IA32E_MODE_GUEST));
}

/**
 * vtx_vmcs_init() - write everything
 * @vmcs: the VMCS, loaded
 * @context: the guest's; only what goes with the VMCS is reset
 * @setup: what is not the same for every guest
 *
 * Afterwards the guest is as after power-up, and an entry is possible.
 */
void vtx_vmcs_init(struct vtx_vmcs *vmcs, struct vtx_context *context,
		   const struct vtx_vmcs_setup *setup)
{
	init_controls(setup);
	init_host(vmcs);
	vtx_vmcs_init_host_cpu(vmcs);
	context->host_rsp = 0;
	vtx_vmcs_reset_guest(setup->caps);
}
