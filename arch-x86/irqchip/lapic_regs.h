/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of a local APIC: one row each, or per run of them.
 *
 * Columns: name, offset in the page, how many (16 bytes apart), access in xAPIC
 * mode, access in x2APIC mode, bits that can be written, bits that a write
 * leaves alone without complaint.  (SDM 3A "The Local APIC Block Diagram",
 * "x2APIC Register Address Space".)
 *
 *   access   NO, RO, WO, RW
 *
 * What is neither writable nor left alone is reserved: ignored in xAPIC mode,
 * #GP in x2APIC mode.  ICR has rules of its own in both.
 *
 * There is no LVT entry for corrected machine checks, and no suppression of EOI
 * broadcasts; the version register says so.
 */
#ifndef VTX_ARCH_X86_IRQCHIP_LAPIC_REGS_H
#define VTX_ARCH_X86_IRQCHIP_LAPIC_REGS_H

#define VTX_LAPIC_REGS(X)						\
	X(ID,		0x020, 1, RW, RO, 0xff000000, 0)		\
	X(VERSION,	0x030, 1, RO, RO, 0, 0)				\
	X(TPR,		0x080, 1, RW, RW, 0xff, 0)			\
	/* These two were in use before xAPIC mode: always 0. */	\
	X(APR,		0x090, 1, RO, NO, 0, 0)				\
	X(RRD,		0x0c0, 1, RO, NO, 0, 0)				\
	X(PPR,		0x0a0, 1, RO, RO, 0, 0)				\
	X(EOI,		0x0b0, 1, WO, WO, 0, 0)				\
	X(LDR,		0x0d0, 1, RW, RO, 0xff000000, 0)		\
	X(DFR,		0x0e0, 1, RW, NO, 0xf0000000, 0)		\
	/* Linux sets or clears focus checking, which no CPU has. */	\
	X(SVR,		0x0f0, 1, RW, RW, 0x3ff, 0)			\
	X(ISR,		0x100, 8, RO, RO, 0, 0)				\
	X(TMR,		0x180, 8, RO, RO, 0, 0)				\
	X(IRR,		0x200, 8, RO, RO, 0, 0)				\
	X(ESR,		0x280, 1, RW, RW, 0, 0)				\
	X(ICR,		0x300, 1, RW, RW, 0xffffffff, 0)		\
	X(ICR2,		0x310, 1, RW, NO, 0xff000000, 0)		\
	X(LVT_TIMER,	0x320, 1, RW, RW, 0x700ff, 0x1000)		\
	X(LVT_THERMAL,	0x330, 1, RW, RW, 0x107ff, 0x1000)		\
	X(LVT_PMC,	0x340, 1, RW, RW, 0x107ff, 0x1000)		\
	X(LVT_LINT0,	0x350, 1, RW, RW, 0x1a7ff, 0x5000)		\
	X(LVT_LINT1,	0x360, 1, RW, RW, 0x1a7ff, 0x5000)		\
	X(LVT_ERROR,	0x370, 1, RW, RW, 0x100ff, 0x1000)		\
	X(TIMER_INITIAL, 0x380, 1, RW, RW, 0xffffffff, 0)		\
	X(TIMER_CURRENT, 0x390, 1, RO, RO, 0, 0)			\
	X(TIMER_DIVIDE,	0x3e0, 1, RW, RW, 0xb, 0)			\
	X(SELF_IPI,	0x3f0, 1, NO, WO, 0xff, 0)

/**
 * enum vtx_lapic_reg - offsets of registers, by name of the row
 */
enum vtx_lapic_reg {
#define VTX_LAPIC_REG_ENUM(name, offset, ...)	VTX_LAPIC_##name = (offset),
	VTX_LAPIC_REGS(VTX_LAPIC_REG_ENUM)
#undef VTX_LAPIC_REG_ENUM
};

#endif /* VTX_ARCH_X86_IRQCHIP_LAPIC_REGS_H */
