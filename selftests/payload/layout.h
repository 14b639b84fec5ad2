/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things are in the guests of the tests; for C and for the assembler.
 *
 * A guest has GUEST_MEMORY bytes from address 0 on, and every mode with paging
 * maps linear addresses to the same physical ones, for ring 3 too.  Code of 32
 * and 64 bits is flat.  Code of 16 bits has its code at offset 0 of a segment at
 * GUEST_CODE, its stack in one at GUEST_STACK, its data in one at GUEST_DATA.
 */
#ifndef SELFTESTS_PAYLOAD_LAYOUT_H
#define SELFTESTS_PAYLOAD_LAYOUT_H

#define GUEST_MEMORY		0x400000

/* lib/mode.c fills these. */
#define GUEST_IVT		0x0
#define GUEST_GDT		0x1000
#define GUEST_IDT		0x2000
#define GUEST_HANDLERS		0x3000	/* 16 bytes per vector */
#define GUEST_HANDLER_SIZE	16
#define GUEST_LDT		0x4000
#define GUEST_TSS		0x8000	/* with all of an I/O bitmap */
#define GUEST_TABLES		0x50000	/* of paging; one page each: */
#define GUEST_PD32		0x50000
#define GUEST_PDPT_PAE		0x51000
#define GUEST_PD_PAE		0x52000
#define GUEST_PML4		0x53000
#define GUEST_PDPT		0x54000
#define GUEST_PD		0x55000
#define GUEST_PT		0x56000	/* PAE and 64 bits, of GUEST_PAGES */
#define GUEST_PT32		0x57000	/* 32 bits, likewise */

/* Free for the test. */
#define GUEST_CODE		0x10000
#define GUEST_STACK		0x20000	/* of the code; 64 KiB */
#define GUEST_STACK0		0x30000	/* of ring 0 entered from elsewhere */
#define GUEST_STACK_TOP		0xfff0	/* in each of them */
#define GUEST_STACK_EACH	0x1000	/* less for each next vCPU */
#define GUEST_DATA		0x40000
#define GUEST_FREE		0x60000	/* up to GUEST_PAGES */
#define GUEST_PAGES		0x200000	/* mapped by 4 KiB, 2 MiB of it */

/* The GDT; the flat ones come first. */
#define SEL_CODE64		0x08
#define SEL_CODE32		0x10
#define SEL_DATA		0x18
#define SEL_CODE64_USER		0x20
#define SEL_CODE32_USER		0x28
#define SEL_DATA_USER		0x30
#define SEL_CODE16		0x38
#define SEL_STACK16		0x40
#define SEL_DATA16		0x48
#define SEL_CODE16_USER		0x50
#define SEL_STACK16_USER	0x58
#define SEL_DATA16_USER		0x60
#define SEL_HANDLER16		0x68	/* 16 bits, at address 0 */
#define SEL_TSS			0x70	/* two entries */
#define SEL_LDT			0x80	/* two entries */
#define SEL_FREE		0x90	/* from here on the test's */
#define SEL_NOT_PRESENT		0x1f8	/* the last; none is there */
#define GUEST_GDT_ENTRIES	64

/*
 * The magic ports: a payload hands over a result in EAX; the handler of an
 * exception or interrupt says that it runs.
 */
#define PORT_RESULT		0xe0
#define PORT_EXCEPTION		0xe2

/* The interrupt that ends the halts of payload/halt_poll.S. */
#define HALT_VECTOR		0x62

#endif /* SELFTESTS_PAYLOAD_LAYOUT_H */
