// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every mode is a row of a table.  The GDT serves them all; the IDT, the TSS
 * and the handlers are made anew for each.
 */
#include <stdio.h>
#include <string.h>

#include <kselftest.h>

#include "lib/mode.h"

/* ---- The modes ---- */

#define CR0_COMMON	(X86_CR0_ET | X86_CR0_NE)
#define CR4_COMMON	(X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

/**
 * struct mode_row - what makes a mode
 * @bits: of its code
 * @handler_bits: of the code that handles its interrupts
 * @cr0: CR0
 * @cr3: CR3
 * @cr4: CR4, without CR4_COMMON
 * @efer: EFER
 * @code: CS, for ring 0 and 3
 * @stack: SS
 * @data: DS, ES, FS and GS
 * @handler: CS of the handlers
 */
struct mode_row {
	int	bits;
	int	handler_bits;
	__u64	cr0;
	__u64	cr3;
	__u64	cr4;
	__u64	efer;
	__u16	code[2];
	__u16	stack[2];
	__u16	data[2];
	__u16	handler;
};

#define FLAT32	.code = { SEL_CODE32, SEL_CODE32_USER | 3 },		\
		.stack = { SEL_DATA, SEL_DATA_USER | 3 },		\
		.data = { SEL_DATA, SEL_DATA_USER | 3 }

static const struct mode_row mode_row[MODES] = {
	[MODE_REAL] = {
		.bits = 16, .handler_bits = 16,
	},
	[MODE_PROT16] = {
		.bits = 16, .handler_bits = 16,
		.cr0 = X86_CR0_PE,
		.code = { SEL_CODE16, SEL_CODE16_USER | 3 },
		.stack = { SEL_STACK16, SEL_STACK16_USER | 3 },
		.data = { SEL_DATA16, SEL_DATA16_USER | 3 },
		.handler = SEL_HANDLER16,
	},
	[MODE_PROT32] = {
		.bits = 32, .handler_bits = 32,
		.cr0 = X86_CR0_PE,
		FLAT32,
		.handler = SEL_CODE32,
	},
	[MODE_PAGED32] = {
		.bits = 32, .handler_bits = 32,
		.cr0 = X86_CR0_PE | X86_CR0_PG, .cr3 = GUEST_PD32, .cr4 = X86_CR4_PSE,
		FLAT32,
		.handler = SEL_CODE32,
	},
	[MODE_PAE] = {
		.bits = 32, .handler_bits = 32,
		.cr0 = X86_CR0_PE | X86_CR0_PG, .cr3 = GUEST_PDPT_PAE, .cr4 = X86_CR4_PAE,
		FLAT32,
		.handler = SEL_CODE32,
	},
	[MODE_V86] = {
		.bits = 16, .handler_bits = 32,
		.cr0 = X86_CR0_PE | X86_CR0_PG, .cr3 = GUEST_PD32, .cr4 = X86_CR4_PSE,
		.handler = SEL_CODE32,
	},
	[MODE_COMPAT] = {
		.bits = 32, .handler_bits = 64,
		.cr0 = X86_CR0_PE | X86_CR0_PG, .cr3 = GUEST_PML4, .cr4 = X86_CR4_PAE,
		.efer = X86_EFER_LME | X86_EFER_LMA | X86_EFER_SCE,
		FLAT32,
		.handler = SEL_CODE64,
	},
	[MODE_LONG] = {
		.bits = 64, .handler_bits = 64,
		.cr0 = X86_CR0_PE | X86_CR0_PG, .cr3 = GUEST_PML4, .cr4 = X86_CR4_PAE,
		.efer = X86_EFER_LME | X86_EFER_LMA | X86_EFER_SCE,
		.code = { SEL_CODE64, SEL_CODE64_USER | 3 },
		.stack = { SEL_DATA, SEL_DATA_USER | 3 },
		.data = { SEL_DATA, SEL_DATA_USER | 3 },
		.handler = SEL_CODE64,
	},
};

const char *const mode_name[MODES] = {
	[MODE_REAL] = "real mode",
	[MODE_PROT16] = "16-bit protected mode",
	[MODE_PROT32] = "32-bit protected mode",
	[MODE_PAGED32] = "32-bit paging",
	[MODE_PAE] = "PAE paging",
	[MODE_V86] = "virtual-8086 mode",
	[MODE_COMPAT] = "compatibility mode",
	[MODE_LONG] = "64-bit mode",
};

int mode_bits(enum mode mode)
{
	return mode_row[mode].bits;
}

int mode_handler_bits(enum mode mode)
{
	return mode_row[mode].handler_bits;
}

bool mode_is_paged(enum mode mode)
{
	return mode_row[mode].cr0 & X86_CR0_PG;
}

/* ---- Descriptor tables ---- */

#define FLAT(flags)	DESCRIPTOR(0, 0xfffff, (flags) | DESC_PAGES)
#define SMALL(base, flags)	DESCRIPTOR(base, 0xffff, flags)

static const __u64 gdt[] = {
	[SEL_CODE64 / 8] = FLAT(DESC_CODE | DESC_LONG),
	[SEL_CODE32 / 8] = FLAT(DESC_CODE | DESC_32),
	[SEL_DATA / 8] = FLAT(DESC_DATA | DESC_32),
	[SEL_CODE64_USER / 8] = FLAT(DESC_CODE | DESC_LONG | DESC_USER),
	[SEL_CODE32_USER / 8] = FLAT(DESC_CODE | DESC_32 | DESC_USER),
	[SEL_DATA_USER / 8] = FLAT(DESC_DATA | DESC_32 | DESC_USER),
	[SEL_CODE16 / 8] = SMALL(GUEST_CODE, DESC_CODE),
	[SEL_STACK16 / 8] = SMALL(GUEST_STACK, DESC_DATA),
	[SEL_DATA16 / 8] = SMALL(GUEST_DATA, DESC_DATA),
	[SEL_CODE16_USER / 8] = SMALL(GUEST_CODE, DESC_CODE | DESC_USER),
	[SEL_STACK16_USER / 8] = SMALL(GUEST_STACK, DESC_DATA | DESC_USER),
	[SEL_DATA16_USER / 8] = SMALL(GUEST_DATA, DESC_DATA | DESC_USER),
	[SEL_HANDLER16 / 8] = SMALL(0, DESC_CODE),
	/* With the I/O bitmap and the byte of ones behind it. */
	[SEL_TSS / 8] = DESCRIPTOR(GUEST_TSS, 0x68 + 0x2000,
				   DESC_TSS | DESC_BUSY),
	[SEL_LDT / 8] = DESCRIPTOR(GUEST_LDT, 0xfff, DESC_LDT),
	[SEL_NOT_PRESENT / 8] = FLAT((DESC_DATA | DESC_32) & ~DESC_PRESENT),
};

/**
 * guest_set_descriptor() - put a segment into the GDT
 * @guest: the VM
 * @selector: where, from SEL_FREE on
 * @descriptor: DESCRIPTOR()
 */
void guest_set_descriptor(struct guest *guest, __u16 selector,
			  __u64 descriptor)
{
	MUST(selector / 8 < GUEST_GDT_ENTRIES);
	guest_u64(guest, GUEST_GDT)[selector / 8] = descriptor;
}

/**
 * guest_set_gate() - put a gate into the IDT, or an entry into the IVT
 * @guest: the VM
 * @mode: which the handlers are for
 * @vector: of the interrupt
 * @selector: of the handler
 * @offset: of the handler
 * @type: GATE_*
 * @dpl: who may INT n
 */
void guest_set_gate(struct guest *guest, enum mode mode, int vector,
		    __u16 selector, __u64 offset, int type, int dpl)
{
	__u64 gate = (offset & 0xffff) | (__u64)selector << 16 |
		     (__u64)(0x80 | dpl << 5 | type) << 40 |
		     (offset & 0xffff0000) << 32;
	int bits = mode_handler_bits(mode);

	if (mode == MODE_REAL) {
		guest_u32(guest, GUEST_IVT)[vector] =
			(offset & 0xffff) | selector << 16;
	} else if (bits < 64) {
		guest_u64(guest, GUEST_IDT)[vector] = gate;
	} else {
		guest_u64(guest, GUEST_IDT)[2 * vector] = gate;
		guest_u64(guest, GUEST_IDT)[2 * vector + 1] = offset >> 32;
	}
}

/**
 * vector_has_error() - does this exception push an error code?
 * @vector: its vector
 *
 * Return: true if it does, but for real mode, which has none.
 */
bool vector_has_error(int vector)
{
	return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

/*
 * A handler tells the test that it runs, drops the error code and returns.  It
 * is found by the vector: GUEST_HANDLERS + vector * GUEST_HANDLER_SIZE.
 */
static void make_handler(struct guest *guest, enum mode mode, int vector)
{
	unsigned char *code = guest_at(guest, GUEST_HANDLERS +
					      vector * GUEST_HANDLER_SIZE);
	int bits = mode_handler_bits(mode);

	*code++ = 0xe6;			/* outb %al, $PORT_EXCEPTION */
	*code++ = PORT_EXCEPTION;
	if (mode != MODE_REAL && vector_has_error(vector)) {
		if (bits == 64)
			*code++ = 0x48;
		*code++ = 0x83;		/* add $bytes, %sp */
		*code++ = 0xc4;
		*code++ = bits / 8;
	}
	if (bits == 64)
		*code++ = 0x48;
	*code = 0xcf;			/* iret */
}

static void make_handlers(struct guest *guest, enum mode mode)
{
	int vector, type = mode_handler_bits(mode) == 16 ? GATE_INT16 :
							   GATE_INT;
	__u32 offset;

	for (vector = 0; vector < 256; vector++) {
		make_handler(guest, mode, vector);
		offset = GUEST_HANDLERS + vector * GUEST_HANDLER_SIZE;
		guest_set_gate(guest, mode, vector, mode_row[mode].handler,
			       offset, type, 3);
	}
}

/*
 * All ports are allowed, and the stack of ring 0.  The I/O bitmap is at 0x68 in
 * all formats; 16-bit code too has a 32-bit TSS.
 */
static void make_tss(struct guest *guest, enum mode mode)
{
	unsigned char *tss = guest_at(guest, GUEST_TSS);
	__u32 stack = GUEST_STACK0 + GUEST_STACK_TOP;
	__u16 data = SEL_DATA, bitmap = 0x68;

	memset(tss, 0, 0x68 + 0x2000);
	memcpy(tss + 4, &stack, sizeof(stack));	/* ESP0, RSP0 */
	if (mode_handler_bits(mode) < 64)
		memcpy(tss + 8, &data, sizeof(data));	/* SS0 */
	memcpy(tss + 0x66, &bitmap, sizeof(bitmap));
	tss[0x68 + 0x2000] = 0xff;
}

/* ---- Paging ---- */

#define PTE_ALL	(PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

/* Linear is physical; GUEST_PAGES and what follows it is mapped page by page. */
static void make_tables(struct guest *guest)
{
	__u64 at;
	int i;

	for (i = 0; i < 1024; i++)
		guest_u32(guest, GUEST_PD32)[i] = (__u32)i << 22 | PTE_ALL |
						  PTE_PS;
	guest_u32(guest, GUEST_PD32)[0] = GUEST_PT32 | PTE_ALL;
	for (i = 0; i < 1024; i++)
		guest_u32(guest, GUEST_PT32)[i] = i << 12 | PTE_ALL;

	guest_u64(guest, GUEST_PDPT_PAE)[0] = GUEST_PD_PAE | PTE_P;
	guest_u64(guest, GUEST_PML4)[0] = GUEST_PDPT | PTE_ALL;
	guest_u64(guest, GUEST_PDPT)[0] = GUEST_PD | PTE_ALL;
	for (i = 0; i < 512; i++) {
		at = (__u64)i << 21 | PTE_ALL | PTE_PS;
		guest_u64(guest, GUEST_PD_PAE)[i] = at;
		guest_u64(guest, GUEST_PD)[i] = at;
		guest_u64(guest, GUEST_PT)[i] =
			(GUEST_PAGES + (i << 12)) | PTE_ALL;
	}
	guest_u64(guest, GUEST_PD_PAE)[GUEST_PAGES >> 21] = GUEST_PT | PTE_ALL;
	guest_u64(guest, GUEST_PD)[GUEST_PAGES >> 21] = GUEST_PT | PTE_ALL;
}

/* ---- Putting a vCPU into a mode ---- */

/**
 * vcpu_load_segment() - what loading a segment register makes of it
 * @vcpu: whose VM has the GDT
 * @segment: receives selector and descriptor
 * @selector: of a segment in the GDT; 0 is the null one
 */
void vcpu_load_segment(const struct vcpu *vcpu, struct kvm_segment *segment,
		       __u16 selector)
{
	__u64 descriptor = guest_u64(vcpu->guest, GUEST_GDT)[selector / 8];

	*segment = (struct kvm_segment){
		.base = (descriptor >> 16 & 0xffffff) |
			(descriptor >> 32 & 0xff000000),
		.limit = (descriptor & 0xffff) |
			 (descriptor >> 32 & 0xf0000),
		.selector = selector,
		.type = descriptor >> 40,
		.s = descriptor >> 44,
		.dpl = descriptor >> 45,
		.present = descriptor >> 47,
		.avl = descriptor >> 52,
		.l = descriptor >> 53,
		.db = descriptor >> 54,
		.g = descriptor >> 55,
		.unusable = selector < 4,
	};
	segment->type &= 0xf;
	segment->s &= 1;
	segment->dpl &= 3;
	segment->present &= 1;
	segment->avl &= 1;
	segment->l &= 1;
	segment->db &= 1;
	segment->g &= 1;
	if (segment->g)
		segment->limit = segment->limit << 12 | 0xfff;
}

/* As in real mode, where the base follows from the selector. */
static struct kvm_segment real_segment(__u32 base, int type, int dpl)
{
	return (struct kvm_segment){
		.base = base,
		.limit = 0xffff,
		.selector = base >> 4,
		.type = type,
		.s = 1,
		.dpl = dpl,
		.present = 1,
	};
}

static void set_segments(struct vcpu *vcpu, struct kvm_sregs *sregs,
			 enum mode mode, int ring)
{
	const struct mode_row *row = &mode_row[mode];
	struct kvm_segment *data[] = {
		&sregs->ds, &sregs->es, &sregs->fs, &sregs->gs,
	};
	bool real = mode == MODE_REAL || mode == MODE_V86;
	int type = mode == MODE_V86 ? 3 : 0xb;
	int dpl = mode == MODE_V86 ? 3 : 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(data); i++) {
		if (real)
			*data[i] = real_segment(GUEST_DATA, 3, dpl);
		else
			vcpu_load_segment(vcpu, data[i], row->data[ring / 3]);
	}
	if (real) {
		sregs->cs = real_segment(GUEST_CODE, type, dpl);
		sregs->ss = real_segment(GUEST_STACK, 3, dpl);
	} else {
		vcpu_load_segment(vcpu, &sregs->cs, row->code[ring / 3]);
		vcpu_load_segment(vcpu, &sregs->ss, row->stack[ring / 3]);
	}
	vcpu_load_segment(vcpu, &sregs->tr, SEL_TSS);
	vcpu_load_segment(vcpu, &sregs->ldt, SEL_LDT);
}

/**
 * guest_set_mode() - make the tables and the handlers for a mode
 * @guest: the VM
 * @mode: the mode
 */
void guest_set_mode(struct guest *guest, enum mode mode)
{
	memset(guest_at(guest, GUEST_GDT), 0, 8 * GUEST_GDT_ENTRIES);
	memcpy(guest_at(guest, GUEST_GDT), gdt, sizeof(gdt));
	make_tables(guest);
	make_tss(guest, mode);
	make_handlers(guest, mode);
}

/**
 * vcpu_set_mode() - put a vCPU into a mode, at the start of GUEST_CODE
 * @vcpu: the vCPU; its other registers become 0
 * @mode: the mode, whose tables guest_set_mode() has made
 * @ring: 0 or 3; MODE_REAL has only 0, MODE_V86 only 3
 */
void vcpu_set_mode(struct vcpu *vcpu, enum mode mode, int ring)
{
	const struct mode_row *row = &mode_row[mode];
	struct kvm_regs regs = { .rflags = X86_EFLAGS_FIXED };
	struct kvm_sregs sregs;

	vcpu_complete(vcpu);
	vcpu_get_sregs(vcpu, &sregs);
	sregs.cr0 = row->cr0 | CR0_COMMON;
	sregs.cr3 = row->cr3;
	sregs.cr4 = row->cr4 | CR4_COMMON;
	sregs.efer = row->efer;
	sregs.gdt.base = GUEST_GDT;
	sregs.gdt.limit = 8 * GUEST_GDT_ENTRIES - 1;
	sregs.idt.base = mode == MODE_REAL ? GUEST_IVT : GUEST_IDT;
	sregs.idt.limit = mode == MODE_REAL ? 0x3ff : 0xfff;
	set_segments(vcpu, &sregs, mode, ring);
	vcpu_set_sregs(vcpu, &sregs);

	regs.rsp = GUEST_STACK_TOP - vcpu->id * GUEST_STACK_EACH;
	if (row->bits > 16) {
		regs.rip = GUEST_CODE;
		regs.rsp += GUEST_STACK;
	}
	/* So that ring 3 too reaches the magic ports, and may CLI and STI. */
	if (ring == 3)
		regs.rflags |= X86_EFLAGS_IOPL;
	if (mode == MODE_V86)
		regs.rflags |= X86_EFLAGS_VM;
	vcpu_set_regs(vcpu, &regs);
}

/**
 * vcpu_start() - make everything ready to run a payload
 * @vcpu: the vCPU
 * @payload: name of the code
 * @mode: the mode, whose tables are made
 * @ring: as for vcpu_set_mode()
 */
void vcpu_start(struct vcpu *vcpu, const char *payload, enum mode mode,
		int ring)
{
	guest_load(vcpu->guest, payload);
	guest_set_mode(vcpu->guest, mode);
	vcpu_set_mode(vcpu, mode, ring);
}

/**
 * guest_begin() - make a VM with one vCPU, about to run a payload in 64-bit mode
 * @guest: the VM
 * @vcpu: its vCPU 0
 * @payload: name of the code
 */
void guest_begin(struct guest *guest, struct vcpu *vcpu, const char *payload)
{
	guest_create(guest);
	vcpu_create(vcpu, guest, 0);
	vcpu_start(vcpu, payload, MODE_LONG, 0);
}
