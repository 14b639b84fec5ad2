// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real code once more, for the test module, and a small guest to use it on.
 *
 * A copy, because vtx.ko exports nothing.  Both can be loaded: who uses VMX is
 * settled by CR4.VMXE, and vtx.ko uses it only while there is a VM.
 */
#include "module/compat.h"

#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/types.h>

/* The events belong to vtx.ko. */
#define VTX_ARCH_X86_VMX_TRACE_H
static inline void trace_vtx_vmx_on(unsigned int cpu, int err) { }
static inline void trace_vtx_vmx_off(unsigned int cpu) { }
static inline void trace_vtx_vmcs_load(u64 hpa, unsigned int cpu, int err) { }

#include "../check.c"
#include "../check_controls.c"
#include "../check_guest.c"
#include "../check_host.c"
#include "../check_segment.c"
#include "../check_state.c"
#include "../enter.c"
#include "../mitigation.c"
#include "../msr_bitmap.c"
#include "../names.c"
#include "../percpu.c"
#include "../vmcs.c"
#include "../vmcs_init.c"

#include "arch-x86/vmx/segment.h"
#include "arch-x86/vmx/tests/machine.h"

/* EPT entries: read, write, execute; write-back in a leaf. */
#define EPT_RWX		7
#define EPT_LEAF_WB	(6 << 3)
#define EPTP_WB_4LEVEL	(6 | 3 << 3)

static bool machine_ready;

static void on_ipi(void *arg)
{
	int *failed = arg;

	if (vtx_percpu_on())
		*failed = 1;
}

static void off_ipi(void *unused)
{
	vtx_percpu_off();
}

void machine_vmx(bool on)
{
	int failed = 0;

	if (on)
		on_each_cpu(on_ipi, &failed, 1);
	else
		on_each_cpu(off_ipi, NULL, 1);
	machine_ready = on && !failed;
}

int machine_init(struct kunit_suite *suite)
{
	DECLARE_BITMAP(without, VTX_NR_FEATURES) = { };

	/* Without VMX the tests are skipped, see guest_init(). */
	if (vtx_percpu_init(without) || vtx_percpu_alloc())
		return 0;
	machine_vmx(true);
	return 0;
}

void machine_exit(struct kunit_suite *suite)
{
	machine_vmx(false);
	vtx_percpu_free();
}

static void build_ept(struct guest *guest)
{
	int i;

	for (i = 0; i < 3; i++)
		guest->ept[i][0] = virt_to_phys(guest->ept[i + 1]) | EPT_RWX;
	for (i = 0; i < 1 << GUEST_ORDER; i++)
		guest->ept[3][i] = virt_to_phys(guest->memory + i * PAGE_SIZE) |
				   EPT_LEAF_WB | EPT_RWX;
	guest->eptp = virt_to_phys(guest->ept[0]) | EPTP_WB_4LEVEL;
}

int guest_init(struct kunit *test)
{
	struct guest *guest;
	int i;

	if (!machine_ready)
		kunit_skip(test, "VMX cannot be used on this machine");

	guest = kunit_kzalloc(test, sizeof(*guest), GFP_KERNEL);
	if (!guest)
		return -ENOMEM;
	test->priv = guest;
	guest->memory = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					       GUEST_ORDER);
	for (i = 0; i < 4; i++)
		guest->ept[i] = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!guest->memory || !guest->ept[0] || !guest->ept[1] ||
	    !guest->ept[2] || !guest->ept[3] ||
	    vtx_msr_bitmap_alloc(&guest->bitmap) ||
	    vtx_vmcs_alloc(&guest->vmcs, vtx_percpu_caps()->revision,
			   NUMA_NO_NODE))
		return -ENOMEM;
	build_ept(guest);

	if (guest_begin(guest))
		return -EIO;
	vtx_vmcs_init(&guest->vmcs, &guest->context,
		      &(struct vtx_vmcs_setup){
			.caps		= vtx_percpu_caps(),
			.eptp		= guest->eptp,
			.msr_bitmap_hpa	= vtx_msr_bitmap_hpa(&guest->bitmap),
			.vpid		= 1,
		      });
	vmcs_writel(VMCS_GUEST_CS_BASE, 0);
	vmcs_write16(VMCS_GUEST_CS_SELECTOR, 0);
	vmcs_writel(VMCS_GUEST_RIP, GUEST_CODE);
	vmcs_writel(VMCS_GUEST_RSP, GUEST_CODE);
	guest_end(guest);
	return 0;
}

void guest_exit_test(struct kunit *test)
{
	struct guest *guest = test->priv;
	int i;

	if (!guest)
		return;
	vtx_vmcs_free(&guest->vmcs);
	vtx_msr_bitmap_free(&guest->bitmap);
	for (i = 0; i < 4; i++)
		free_page((unsigned long)guest->ept[i]);
	free_pages((unsigned long)guest->memory, GUEST_ORDER);
}

void guest_code(struct guest *guest, const void *code, size_t size)
{
	memcpy(guest->memory + GUEST_CODE, code, size);
}

static void flat_segments(u32 code_extra)
{
	const u32 flat = VTX_AR_G | VTX_AR_P | VTX_AR_S | VTX_AR_RW |
			 VTX_AR_ACCESSED;
	enum vtx_segment s;

	for (s = VTX_ES; s <= VTX_GS; s++) {
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_SELECTOR, s),
			       s == VTX_CS ? 0x8 : 0x10);
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_BASE, s), 0);
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_LIMIT, s), ~0U);
		vtx_vmcs_write(vtx_seg_field(VMCS_GUEST_ES_ACCESS_RIGHTS, s),
			       s == VTX_CS ? flat | VTX_AR_CODE | code_extra :
					     flat | VTX_AR_DB);
	}
}

void guest_protected_mode(struct guest *guest)
{
	flat_segments(VTX_AR_DB);
	vmcs_writel(VMCS_GUEST_CR0, vmcs_readl(VMCS_GUEST_CR0) | X86_CR0_PE);
}

void guest_long_mode(struct guest *guest)
{
	*(u64 *)(guest->memory + GUEST_PML4) = GUEST_PDPT | 3;
	*(u64 *)(guest->memory + GUEST_PDPT) = GUEST_PD | 3;
	*(u64 *)(guest->memory + GUEST_PD) = 0x83;	/* 2 MiB from 0 */

	flat_segments(VTX_AR_L);
	vmcs_writel(VMCS_GUEST_CR3, GUEST_PML4);
	vmcs_writel(VMCS_GUEST_CR4, vmcs_readl(VMCS_GUEST_CR4) | X86_CR4_PAE);
	vmcs_writel(VMCS_GUEST_CR0, (vmcs_readl(VMCS_GUEST_CR0) | X86_CR0_PE |
				     X86_CR0_PG) & ~(X86_CR0_CD | X86_CR0_NW));
	vmcs_write64(VMCS_GUEST_IA32_EFER, EFER_LME | EFER_LMA);
	vmcs_set32(VMCS_CTRL_VM_ENTRY, VTX_CONTROL(IA32E_MODE_GUEST), 0);
}

int guest_begin(struct guest *guest)
{
	int err;

	preempt_disable();
	err = vtx_vmcs_load(&guest->vmcs);
	if (err) {
		preempt_enable();
		return err;
	}
	vtx_host_park(&guest->vmcs, &guest->context, &guest->host);
	return 0;
}

void guest_end(struct guest *guest)
{
	vtx_host_unpark(&guest->context, &guest->host);
	vtx_vmcs_put(&guest->vmcs);
	preempt_enable();
}

/* What is the host's business: an interrupt, an NMI. */
static bool exit_is_hosts(struct guest *guest)
{
	switch (vtx_exit_basic(&guest->exit)) {
	case VTX_EXIT_EXTERNAL_INTERRUPT:
		vtx_open_interrupt_window(&guest->context);
		return true;
	case VTX_EXIT_EXCEPTION_NMI:
		return FIELD_GET(VTX_INTR_TYPE,
				 vtx_exit_intr_info(&guest->exit)) ==
		       VTX_INTR_NMI;
	default:
		return false;
	}
}

enum vtx_entry guest_enter(struct guest *guest)
{
	enum vtx_entry entry;

	local_irq_disable();
	do {
		entry = vtx_enter(&guest->vmcs, &guest->context, &guest->host,
				  &guest->exit);
	} while (entry == VTX_ENTRY_EXITED && exit_is_hosts(guest));
	local_irq_enable();
	return entry;
}

long guest_run(struct guest *guest)
{
	enum vtx_entry entry;

	if (guest_begin(guest))
		return -1;
	entry = guest_enter(guest);
	guest_end(guest);
	return entry == VTX_ENTRY_EXITED ? guest->exit.reason : -1;
}

void guest_skip(struct guest *guest)
{
	vmcs_writel(VMCS_GUEST_RIP, vmcs_readl(VMCS_GUEST_RIP) +
				    vtx_exit_insn_length(&guest->exit));
}
