// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: a vCPU's state can be read and written: it begins as a CPU's after
 * reset, what is written is read again and is what the guest then has, and what
 * no CPU can have is EINVAL and changes nothing.
 */
#include "lib/event.h"
#include "lib/harness.h"

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

/* ---- Reset: SDM 3A "Processor State After Reset" ---- */

static void expect_segment(struct __test_metadata *_metadata, const char *name,
			   const struct kvm_segment *seen, __u16 selector,
			   __u64 base, int type, int s)
{
	EXPECT_EQ(selector, seen->selector)
		TH_LOG("%s", name);
	EXPECT_EQ(base, seen->base)
		TH_LOG("%s", name);
	EXPECT_EQ(0xffff, seen->limit)
		TH_LOG("%s", name);
	EXPECT_EQ(type, seen->type)
		TH_LOG("%s", name);
	EXPECT_EQ(s, seen->s)
		TH_LOG("%s", name);
	EXPECT_EQ(1, seen->present);
	EXPECT_EQ(0, seen->dpl);
	EXPECT_EQ(0, seen->db);
	EXPECT_EQ(0, seen->l);
	EXPECT_EQ(0, seen->g);
	EXPECT_EQ(0, seen->unusable);
}

VTX_TEST(reset)
{
	struct kvm_debugregs debugregs;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp_state;
	struct kvm_sregs sregs;
	struct kvm_xsave xsave;
	struct kvm_regs regs;
	struct kvm_fpu fpu;

	guest_create(&guest);
	vcpu_create_plain(&vcpu, &guest, 0);
	vcpu_get_regs(&vcpu, &regs);
	EXPECT_EQ(0xfff0, regs.rip);
	EXPECT_EQ(2, regs.rflags);
	EXPECT_EQ(0, regs.rax | regs.rbx | regs.rcx | regs.rsi | regs.rdi |
		     regs.rsp | regs.rbp | regs.r8 | regs.r15);
	/* The CPU's signature: family 6, or what CPUID says by then */
	EXPECT_NE(0, regs.rdx);

	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(0x60000010, sregs.cr0);
	EXPECT_EQ(0, sregs.cr2 | sregs.cr3 | sregs.cr4 | sregs.cr8);
	EXPECT_EQ(0, sregs.efer);
	EXPECT_EQ(0xfee00900, sregs.apic_base);
	expect_segment(_metadata, "cs", &sregs.cs, 0xf000, 0xffff0000, 0xb, 1);
	expect_segment(_metadata, "ds", &sregs.ds, 0, 0, 3, 1);
	expect_segment(_metadata, "es", &sregs.es, 0, 0, 3, 1);
	expect_segment(_metadata, "fs", &sregs.fs, 0, 0, 3, 1);
	expect_segment(_metadata, "gs", &sregs.gs, 0, 0, 3, 1);
	expect_segment(_metadata, "ss", &sregs.ss, 0, 0, 3, 1);
	expect_segment(_metadata, "tr", &sregs.tr, 0, 0, 0xb, 0);
	expect_segment(_metadata, "ldt", &sregs.ldt, 0, 0, 2, 0);
	EXPECT_EQ(0, sregs.gdt.base);
	EXPECT_EQ(0xffff, sregs.gdt.limit);
	EXPECT_EQ(0, sregs.idt.base);
	EXPECT_EQ(0xffff, sregs.idt.limit);

	vcpu_get_fpu(&vcpu, &fpu);
	EXPECT_EQ(0x37f, fpu.fcw);
	EXPECT_EQ(0, fpu.fsw);
	/* KVM_GET_FPU does not tell MXCSR. */
	vcpu_get_xsave(&vcpu, &xsave);
	EXPECT_EQ(0x1f80, xsave.region[6]);
	vcpu_get_debugregs(&vcpu, &debugregs);
	EXPECT_EQ(0xffff0ff0, debugregs.dr6);
	EXPECT_EQ(0x400, debugregs.dr7);
	vcpu_get_events(&vcpu, &events);
	EXPECT_EQ(0, events.exception.injected | events.interrupt.injected |
		     events.nmi.injected | events.nmi.pending |
		     events.nmi.masked | events.interrupt.shadow);
	ASSERT_EQ(0, ioctl(vcpu.fd, KVM_GET_MP_STATE, &mp_state));
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, mp_state.mp_state);
}

/* ---- Round trips ---- */

static void fill(void *at, size_t size, unsigned int seed)
{
	unsigned char *byte = at;

	while (size--)
		*byte++ = seed = seed * 5 + 3;
}

VTX_TEST(regs)
{
	struct kvm_regs regs, seen;

	begin();
	fill(&regs, sizeof(regs), 1);
	regs.rflags = X86_EFLAGS_FIXED | X86_EFLAGS_CF | X86_EFLAGS_DF;
	regs.rip = 0x12345;
	vcpu_set_regs(&vcpu, &regs);
	vcpu_get_regs(&vcpu, &seen);
	EXPECT_EQ(0, memcmp(&regs, &seen, sizeof(regs)));
	/* Bit 1 is always set. */
	regs.rflags = 0;
	vcpu_set_regs(&vcpu, &regs);
	vcpu_get_regs(&vcpu, &seen);
	EXPECT_EQ(X86_EFLAGS_FIXED, seen.rflags);
}

/* Those of every mode, with distinguishable bases and limits. */
VTX_TEST(sregs)
{
	struct kvm_sregs sregs, seen;
	enum mode mode;

	begin();
	for (mode = 0; mode < MODES; mode++) {
		guest_set_mode(&guest, mode);
		vcpu_set_mode(&vcpu, mode, mode == MODE_V86 ? 3 : 0);
		vcpu_get_sregs(&vcpu, &sregs);
		sregs.cr2 = 0x1234567;
		sregs.cr8 = 5;
		sregs.gdt.base = 0x11000;
		sregs.gdt.limit = 0x1ff;
		sregs.idt.base = 0x12000;
		sregs.idt.limit = 0x2ff;
		if (mode != MODE_V86) {
			sregs.fs.base = 0x55550;
			sregs.gs.base = 0x66660;
		}
		vcpu_set_sregs(&vcpu, &sregs);
		vcpu_get_sregs(&vcpu, &seen);
		EXPECT_EQ(0, memcmp(&sregs, &seen, sizeof(seen)))
			TH_LOG("%s", mode_name[mode]);
	}
}

/* What a guest in 64-bit mode sees of it. */
VTX_TEST(sregs_reach_the_guest)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	__u16 *tables;

	begin();
	vcpu_start(&vcpu, "state_registers", MODE_LONG, 0);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.cr2 = 0x1234567;
	sregs.cr8 = 6;
	vcpu.run->cr8 = 6;
	sregs.fs.base = 0x55550;
	sregs.gs.base = 0xffff888000000000;
	vcpu_set_sregs(&vcpu, &sregs);
	vcpu_result(&vcpu, MODE_LONG);
	vcpu_get_regs(&vcpu, &regs);
	EXPECT_EQ(sregs.cr0, regs.r8);
	EXPECT_EQ(sregs.cr2, regs.r9);
	EXPECT_EQ(sregs.cr3, regs.r10);
	EXPECT_EQ(sregs.cr4, regs.r11);
	EXPECT_EQ(6, regs.r12);
	EXPECT_EQ(0x55550, regs.r13);
	EXPECT_EQ(0xffff888000000000, regs.r14);
	EXPECT_EQ(SEL_TSS, regs.r15 & 0xffff);
	EXPECT_EQ(SEL_LDT, regs.rbx & 0xffff);
	tables = guest_at(&guest, GUEST_DATA);
	EXPECT_EQ(sregs.gdt.limit, tables[0]);
	EXPECT_EQ(sregs.gdt.base, *guest_u64(&guest, GUEST_DATA + 2));
	EXPECT_EQ(sregs.idt.limit, tables[8]);
	EXPECT_EQ(sregs.idt.base, *guest_u64(&guest, GUEST_DATA + 18));

	/* And back: what the guest has changed. */
	vcpu_result(&vcpu, MODE_LONG);
	vcpu_get_sregs(&vcpu, &sregs);
	EXPECT_EQ(0x7654321, sregs.cr2);
	EXPECT_EQ(9, sregs.cr8);
	EXPECT_TRUE(sregs.cr0 & X86_CR0_TS);
	EXPECT_TRUE(sregs.cr4 & X86_CR4_TSD);
	EXPECT_EQ(0x7777, sregs.fs.base);
	EXPECT_EQ(SEL_DATA_USER | 3, sregs.es.selector);
	EXPECT_EQ(3, sregs.es.dpl);
	EXPECT_EQ(0, sregs.ds.selector);
	EXPECT_EQ(1, sregs.ds.unusable);
}

/*
 * What no CPU can have: EINVAL, and everything is as before.  Rows change the
 * registers of 64-bit mode, or those after reset.  KVM takes some of them, and
 * then fails to enter the guest.
 */
#define AFTER_RESET	1
#define NOT_KVM		2

#define SREGS_BAD(X)							\
	X(0, cr0_high, s->cr0 |= 1UL << 32)				\
	X(0, cr0_nw_without_cd, s->cr0 |= X86_CR0_NW)			\
	X(0, cr0_pg_without_pe, s->cr0 &= ~X86_CR0_PE)			\
	X(0, cr4_reserved, s->cr4 |= 1UL << 15)				\
	X(0, cr4_high, s->cr4 |= 1UL << 50)				\
	X(0, cr4_no_pae, s->cr4 &= ~X86_CR4_PAE)			\
	X(0, efer_no_lma, s->efer &= ~X86_EFER_LMA)			\
	X(0, efer_reserved, s->efer |= 1UL << 1)			\
	X(0, efer_high, s->efer |= 1UL << 40)				\
	X(NOT_KVM, cs_l_and_db, s->cs.db = 1)				\
	X(0, cr3_high, s->cr3 |= 1UL << 52)				\
	X(AFTER_RESET, reset_lma, s->efer |= X86_EFER_LMA)		\
	X(AFTER_RESET, reset_cr4_reserved, s->cr4 |= 1UL << 15)		\
	X(AFTER_RESET, reset_pg, s->cr0 |= X86_CR0_PG)

#define SREGS_BAD_FUNCTION(flags, name, change)				\
	static void bad_##name(struct kvm_sregs *s) { change; }
SREGS_BAD(SREGS_BAD_FUNCTION)

#define SREGS_BAD_ROW(flags, name, change)	{ flags, #name, bad_##name },

VTX_TEST(sregs_no_cpu_has)
{
	static const struct {
		int flags;
		const char *name;
		void (*change)(struct kvm_sregs *sregs);
	} rows[] = {
		SREGS_BAD(SREGS_BAD_ROW)
	};
	struct kvm_sregs sregs, before, after;
	struct vcpu *target, fresh;
	unsigned int i;

	begin();
	vcpu_create(&fresh, &guest, 1);
	vcpu_start(&vcpu, "quiet64", MODE_LONG, 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].flags & NOT_KVM && !device_is_vtx())
			continue;
		target = rows[i].flags & AFTER_RESET ? &fresh : &vcpu;
		vcpu_get_sregs(target, &before);
		sregs = before;
		rows[i].change(&sregs);
		sregs.gdt.base = 0x7777;
		EXPECT_EQ(-EINVAL, vtx_ioctl(target->fd, KVM_SET_SREGS,
					     (unsigned long)&sregs))
			TH_LOG("%s", rows[i].name);
		vcpu_get_sregs(target, &after);
		EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)))
			TH_LOG("%s", rows[i].name);
	}
	EXPECT_EQ(0x600d, vcpu_result(&vcpu, MODE_LONG));
}

VTX_TEST(debugregs)
{
	struct kvm_debugregs debugregs = {
		.db = { 0x1000, 0xffff800000000000, 0x3000, 0x4000 },
		.dr6 = 0xffff4ff5, .dr7 = 0x6aa,
	}, bad, seen;

	begin();
	vcpu_set_debugregs(&vcpu, &debugregs);
	vcpu_get_debugregs(&vcpu, &seen);
	EXPECT_EQ(0, memcmp(&debugregs, &seen, sizeof(seen)));

	bad = debugregs;
	bad.dr6 |= 1UL << 32;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_DEBUGREGS,
				     (unsigned long)&bad));
	bad = debugregs;
	bad.dr7 |= 1UL << 32;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_DEBUGREGS,
				     (unsigned long)&bad));
	bad = debugregs;
	bad.flags = 1;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_DEBUGREGS,
				     (unsigned long)&bad));
	vcpu_get_debugregs(&vcpu, &seen);
	EXPECT_EQ(0, memcmp(&debugregs, &seen, sizeof(seen)));
}

VTX_TEST(mp_state)
{
	struct kvm_mp_state state = { KVM_MP_STATE_RUNNABLE };

	begin();
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_SET_MP_STATE, &state));
	/* Without an interrupt controller in the kernel nothing else is. */
	state.mp_state = KVM_MP_STATE_SIPI_RECEIVED;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_MP_STATE,
				     (unsigned long)&state));
	state.mp_state = 1234;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_MP_STATE,
				     (unsigned long)&state));
	EXPECT_EQ(0, ioctl(vcpu.fd, KVM_GET_MP_STATE, &state));
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, state.mp_state);
}

/* ---- KVM_TRANSLATE ---- */

VTX_TEST(translate)
{
	static const enum mode modes[] = {
		MODE_REAL, MODE_PROT32, MODE_PAGED32, MODE_PAE, MODE_LONG,
	};
	const __u64 gva = GUEST_PAGES + 0x5000, gpa = GUEST_PAGES + 0x9000;
	struct kvm_translation seen;
	unsigned int i;
	bool paged;

	begin();
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		paged = mode_is_paged(modes[i]);
		guest_set_mode(&guest, modes[i]);
		vcpu_set_mode(&vcpu, modes[i], 0);
		guest_u32(&guest, GUEST_PT32)[gva >> 12] = gpa | PTE_P;
		guest_u64(&guest, GUEST_PT)[5] = gpa | PTE_P;
		guest_u32(&guest, GUEST_PT32)[(gva >> 12) + 1] = 0;
		guest_u64(&guest, GUEST_PT)[6] = 0;

		seen = (struct kvm_translation){ .linear_address = gva + 0x123 };
		ASSERT_EQ(0, ioctl(vcpu.fd, KVM_TRANSLATE, &seen));
		EXPECT_EQ(1, seen.valid);
		EXPECT_EQ((paged ? gpa : gva) + 0x123, seen.physical_address)
			TH_LOG("%s", mode_name[modes[i]]);

		seen = (struct kvm_translation){ .linear_address = gva + 0x1000 };
		ASSERT_EQ(0, ioctl(vcpu.fd, KVM_TRANSLATE, &seen));
		EXPECT_EQ(!paged, seen.valid)
			TH_LOG("%s", mode_name[modes[i]]);
	}
}

/* ---- From one vCPU to another, in the middle of its work ---- */

VTX_TEST(moves_to_another)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct vcpu other;

	begin();
	vcpu_create(&other, &guest, 1);
	vcpu_start(&vcpu, "state_count", MODE_LONG, 0);
	EXPECT_EQ(1, vcpu_result(&vcpu, MODE_LONG));
	EXPECT_EQ(2, vcpu_result(&vcpu, MODE_LONG));
	vcpu_complete(&vcpu);
	vcpu_get_regs(&vcpu, &regs);
	vcpu_get_sregs(&vcpu, &sregs);
	vcpu_set_sregs(&other, &sregs);
	vcpu_set_regs(&other, &regs);
	EXPECT_EQ(3, vcpu_result(&other, MODE_LONG));
	EXPECT_EQ(4, vcpu_result(&other, MODE_LONG));
	/* The first has not moved. */
	EXPECT_EQ(3, vcpu_result(&vcpu, MODE_LONG));
}

VTX_TEST_MAIN
