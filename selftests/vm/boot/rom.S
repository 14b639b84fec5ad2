/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Option ROM that boots a Linux kernel without a boot loader.
 *
 * The BIOS scans for option ROMs after it has built the ACPI and MP tables and
 * calls the one it finds at 0xD0000. It never gets control back: the ROM reads
 * the kernel and the initrd from the first ATA disk, builds the "zero page"
 * that the x86 64-bit boot protocol asks for (Documentation/arch/x86/boot.rst)
 * and jumps to the kernel. The CPU climbs from 16-bit mode (to ask the BIOS for
 * the memory map) through 32-bit mode (where the disk is read) to 64-bit mode
 * (which the kernel wants).
 *
 * The disk, as selftests/vm/run lays it out; numbers are little endian, places
 * are in sectors of 512 bytes:
 *	0	boot header, see below
 *	1	command line, NUL-terminated
 *	8	the ELF file vmlinux, as the kernel's build left it
 *	...	initrd
 *
 * Build: link flat at 0xD0000, then make the sum of all bytes 0 with the last.
 */

/* The boot header. */
#define HDR_MAGIC		0	/* MAGIC */
#define HDR_KERNEL_LBA		4
#define HDR_INITRD_LBA		8
#define HDR_INITRD_SIZE		12	/* bytes */
#define HDR_CMDLINE		512
#define MAGIC			0x42585456	/* "VTXB" */
#define HDR_SECTORS		8

/*
 * Where things are put in low memory: all free once the BIOS has called us, and
 * all given up once the kernel runs.
 */
#define STACK_TOP		0x8000
#define ZERO_PAGE		0x10000
#define HEADER			0x11000
#define ELF			0x12000		/* the first 4 KiB of vmlinux */
#define PAGE_TABLES		0x20000		/* PML4, PDPT, 4 PDs */

/* The zero page, struct boot_params. */
#define BP_E820_ENTRIES		0x1e8
#define BP_BOOT_FLAG		0x1fe
#define BP_HEADER		0x202
#define BP_VERSION		0x206
#define BP_LOADER_TYPE		0x210
#define BP_LOADFLAGS		0x211
#define BP_RAMDISK_IMAGE	0x218
#define BP_RAMDISK_SIZE		0x21c
#define BP_CMDLINE_PTR		0x228
#define BP_E820_TABLE		0x2d0
#define E820_ENTRY_SIZE		20
#define E820_MAX		128

/* ELF64 file and program headers. */
#define E_MAGIC			0x464c457f
#define E_ENTRY			0x18
#define E_PHOFF			0x20
#define E_PHNUM			0x38
#define P_TYPE			0
#define P_OFFSET		8
#define P_PADDR			24
#define P_FILESZ		32
#define P_MEMSZ			40
#define PHDR_SIZE		56
#define PT_LOAD			1

/* The first ATA channel, programmed I/O, 28-bit block addresses. */
#define ATA_DATA		0x1f0
#define ATA_COUNT		0x1f2
#define ATA_LBA0		0x1f3
#define ATA_LBA1		0x1f4
#define ATA_LBA2		0x1f5
#define ATA_DEVICE		0x1f6
#define ATA_COMMAND		0x1f7
#define ATA_STATUS		0x1f7
#define ATA_CONTROL		0x3f6
#define ATA_READ		0x20
#define ATA_BSY			0x80
#define ATA_DRQ			0x08
#define ATA_ERR			0x01
#define ATA_NIEN		0x02		/* no interrupts, we poll */
#define ATA_BURST		256		/* written as 0 */

#define COM1			0x3f8
#define CMOS_INDEX		0x70
#define CMOS_DATA		0x71
#define CMOS_BOOTED		0x7f		/* unused; survives a reset */
#define BOOTED			0x5a
#define MSR_EFER		0xc0000080
#define EFER_LME		0x100
#define CR0_PE			0x1
#define CR0_PG			0x80000000
#define CR4_PAE			0x20

/* Selectors. The 64-bit protocol demands code at 0x10, data at 0x18. */
#define CS32			0x08
#define CS64			0x10
#define DS			0x18

#define ROM_SIZE		2048
/* In real mode CS is 0xD000, and addresses count from the ROM's beginning. */
#define OFFSET(label)		(label - rom)

	.text
	.code16
	.globl _start
_start:
rom:
	/*
	 * What the BIOS looks for: a mark, and the length in sectors. If all
	 * bytes sum up to 0, it calls what follows.
	 */
	.word	0xaa55
	.byte	ROM_SIZE / 512

/* Step 1, 16 bits: clear the zero page, let the BIOS fill its memory map. */
real_mode:
	cld
	movw	$ZERO_PAGE >> 4, %ax
	movw	%ax, %es
	xorw	%di, %di
	xorl	%eax, %eax
	movw	$4096 / 4, %cx
	rep stosl

	movw	$BP_E820_TABLE, %di
	xorl	%ebx, %ebx		/* 0 asks for the first entry */
	xorw	%bp, %bp		/* entries so far */
next_range:
	movl	$0xe820, %eax
	movl	$0x534d4150, %edx	/* "SMAP" */
	movl	$E820_ENTRY_SIZE, %ecx
	int	$0x15
	jc	no_more_ranges
	addw	$E820_ENTRY_SIZE, %di
	incw	%bp
	cmpw	$E820_MAX, %bp
	je	no_more_ranges
	testl	%ebx, %ebx		/* 0 again: that was the last one */
	jnz	next_range
no_more_ranges:
	movw	%bp, %ax
	movb	%al, %es:BP_E820_ENTRIES

	/* No interrupt of the BIOS's devices may be waiting for the kernel. */
	cli
	movb	$0xff, %al
	outb	%al, $0x21
	outb	%al, $0xa1

	inb	$0x92, %al		/* address line 20 on */
	orb	$2, %al
	outb	%al, $0x92

	lgdtl	%cs:OFFSET(gdt_pointer)
	movl	%cr0, %eax
	orl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	$CS32, $protected_mode

/*
 * Step 2, 32 bits without paging: the disk. "rep insw" is what Bochs copies in
 * bulk, and only outside 64-bit mode.
 */
	.code32
protected_mode:
	movw	$DS, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$STACK_TOP, %esp

	/* Boot once only: a kernel that reboots shall not start over. */
	movb	$CMOS_BOOTED, %al
	outb	%al, $CMOS_INDEX
	inb	$CMOS_DATA, %al
	movl	$was_reset, %esi
	cmpb	$BOOTED, %al
	je	fail
	movb	$BOOTED, %al
	outb	%al, $CMOS_DATA

	movb	$ATA_NIEN, %al
	movw	$ATA_CONTROL, %dx
	outb	%al, %dx
	xorl	%eax, %eax
	movl	$HDR_SECTORS, %ecx
	movl	$HEADER, %edi
	call	read_disk
	movl	$no_header, %esi
	cmpl	$MAGIC, HEADER + HDR_MAGIC
	jne	fail

	movl	HEADER + HDR_KERNEL_LBA, %eax
	movl	$4096 / 512, %ecx
	movl	$ELF, %edi
	call	read_disk
	movl	$no_elf, %esi
	cmpl	$E_MAGIC, ELF
	jne	fail

	/*
	 * Load what the program headers describe. %ebx: program header,
	 * %ebp: how many are left, on the stack: where the kernel ends.
	 */
	movl	$ELF, %ebx
	addl	ELF + E_PHOFF, %ebx
	movzwl	ELF + E_PHNUM, %ebp
	pushl	$0
load_segment:
	cmpl	$PT_LOAD, P_TYPE(%ebx)
	jne	next_segment
	movl	P_OFFSET(%ebx), %eax
	movl	$not_aligned, %esi
	testl	$511, %eax
	jnz	fail
	shrl	$9, %eax
	addl	HEADER + HDR_KERNEL_LBA, %eax
	movl	P_FILESZ(%ebx), %ecx
	addl	$511, %ecx
	shrl	$9, %ecx
	movl	P_PADDR(%ebx), %edi
	call	read_disk

	/*
	 * Zero the rest (.bss). The last sector may have brought a few bytes
	 * too many, so go by the size in the file.
	 */
	movl	P_PADDR(%ebx), %edi
	movl	%edi, %edx
	addl	P_FILESZ(%ebx), %edi
	addl	P_MEMSZ(%ebx), %edx	/* end */
	movl	%edx, %ecx
	subl	%edi, %ecx
	movl	%ecx, %esi
	andl	$3, %ecx
	xorl	%eax, %eax
	rep stosb
	movl	%esi, %ecx
	shrl	$2, %ecx
	rep stosl
	cmpl	(%esp), %edx
	jbe	next_segment
	movl	%edx, (%esp)
next_segment:
	addl	$PHDR_SIZE, %ebx
	decl	%ebp
	jnz	load_segment

	/* The initrd goes to the next 2 MiB boundary behind the kernel. */
	popl	%edi
	addl	$0x1fffff, %edi
	andl	$~0x1fffff, %edi
	movl	%edi, ZERO_PAGE + BP_RAMDISK_IMAGE
	movl	HEADER + HDR_INITRD_SIZE, %ecx
	movl	%ecx, ZERO_PAGE + BP_RAMDISK_SIZE
	addl	$511, %ecx
	shrl	$9, %ecx
	movl	HEADER + HDR_INITRD_LBA, %eax
	call	read_disk

	/*
	 * The rest of the zero page: a boot loader of protocol 2.15 and of no
	 * registered type, which has loaded the kernel high.
	 */
	movw	$0xaa55, ZERO_PAGE + BP_BOOT_FLAG
	movl	$0x53726448, ZERO_PAGE + BP_HEADER	/* "HdrS" */
	movw	$0x020f, ZERO_PAGE + BP_VERSION
	movb	$0xff, ZERO_PAGE + BP_LOADER_TYPE
	movb	$1, ZERO_PAGE + BP_LOADFLAGS
	movl	$HEADER + HDR_CMDLINE, ZERO_PAGE + BP_CMDLINE_PTR

/* Step 3: identity-map the first 4 GiB with 2 MiB pages and enter long mode. */
	movl	$PAGE_TABLES, %edi
	xorl	%eax, %eax
	movl	$2 * 4096 / 4, %ecx
	rep stosl			/* %edi: the first page directory */
	movl	$PAGE_TABLES + 0x1000 + 3, PAGE_TABLES
	movl	$PAGE_TABLES + 0x2000 + 3, PAGE_TABLES + 0x1000
	movl	$PAGE_TABLES + 0x3000 + 3, PAGE_TABLES + 0x1008
	movl	$PAGE_TABLES + 0x4000 + 3, PAGE_TABLES + 0x1010
	movl	$PAGE_TABLES + 0x5000 + 3, PAGE_TABLES + 0x1018
	movl	$0x83, %eax		/* present, writable, large */
	movl	$4 * 512, %ecx
map_2m:
	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	map_2m

	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PAGE_TABLES, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$CR0_PG, %eax
	movl	%eax, %cr0
	ljmp	$CS64, $kernel

/* Step 4, 64 bits: hand over. The entry of vmlinux is a physical address. */
	.code64
kernel:
	movl	$ZERO_PAGE, %esi
	movq	ELF + E_ENTRY, %rax
	jmp	*%rax

	.code32
/*
 * Read sectors from the disk.
 * In: %eax first block, %ecx how many (may be 0), %edi where to
 * Out: %edi behind it.  Clobbers: %eax %ecx %edx %esi
 */
read_disk:
	jecxz	4f
	pushl	%ebx
	pushl	%ebp
1:	movl	%ecx, %ebp		/* %ebp: sectors of this burst */
	cmpl	$ATA_BURST, %ebp
	jbe	2f
	movl	$ATA_BURST, %ebp
2:	subl	%ebp, %ecx
	pushl	%ecx			/* left after it */
	leal	(%eax, %ebp), %ebx	/* block after it */
	pushl	%ebx
	movl	%eax, %ebx
	call	wait_ready
	movl	%ebp, %eax
	movw	$ATA_COUNT, %dx
	outb	%al, %dx
	movl	%ebx, %eax
	movw	$ATA_LBA0, %dx
	outb	%al, %dx
	shrl	$8, %eax
	movw	$ATA_LBA1, %dx
	outb	%al, %dx
	shrl	$8, %eax
	movw	$ATA_LBA2, %dx
	outb	%al, %dx
	shrl	$8, %eax
	orb	$0xe0, %al		/* first device, block addresses */
	movw	$ATA_DEVICE, %dx
	outb	%al, %dx
	movb	$ATA_READ, %al
	movw	$ATA_COMMAND, %dx
	outb	%al, %dx
3:	call	wait_ready
	movl	$disk_error, %esi
	testb	$ATA_ERR, %al
	jnz	fail
	testb	$ATA_DRQ, %al
	jz	3b
	movl	$512 / 2, %ecx
	movw	$ATA_DATA, %dx
	rep insw
	decl	%ebp
	jnz	3b
	popl	%eax
	popl	%ecx
	testl	%ecx, %ecx
	jnz	1b
	popl	%ebp
	popl	%ebx
4:	ret

/* Out: %al the status, once the disk is no longer busy.  Clobbers: %edx */
wait_ready:
	movw	$ATA_STATUS, %dx
1:	inb	%dx, %al
	testb	$ATA_BSY, %al
	jnz	1b
	ret

/*
 * In: %esi a message
 * Says it on COM1 (Bochs does not care about the speed) and ends the emulation.
 */
fail:
	lodsb
	testb	%al, %al
	jz	2f
	movb	%al, %ah
	movw	$COM1 + 5, %dx
1:	inb	%dx, %al
	testb	$0x20, %al		/* transmitter empty */
	jz	1b
	movb	%ah, %al
	movw	$COM1, %dx
	outb	%al, %dx
	jmp	fail
2:	movl	$100000, %ecx		/* let the last byte out */
3:	loop	3b
	movw	$0x8900, %dx		/* Bochs's shutdown port */
	movl	$shutdown, %esi
	movl	$8, %ecx
	rep outsb
4:	hlt
	jmp	4b

was_reset:
	.asciz	"\nboot ROM: the machine was reset\n"
no_header:
	.asciz	"boot ROM: the disk does not begin with a boot header\n"
no_elf:
	.asciz	"boot ROM: the kernel is not an ELF file\n"
not_aligned:
	.asciz	"boot ROM: a segment of the kernel begins within a sector\n"
disk_error:
	.asciz	"boot ROM: error reading the disk\n"
shutdown:
	.ascii	"Shutdown"

/*
 * Descriptors have their accessed bit set already: the CPU cannot write it into
 * a ROM.
 */
	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* CS32 */
	.quad	0x00af9b000000ffff	/* CS64 */
	.quad	0x00cf93000000ffff	/* DS */
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	.org	ROM_SIZE - 1
	.byte	0			/* checksum, filled in by the build */
