// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs vtx_probe/bare: runs a test's code on the bare CPU, in ring 0 or 3, in
 * the same surroundings that it has in a guest.  See bare.h.
 *
 * It has page tables of its own: the lower half maps the test's memory, the
 * upper half is the kernel's, for the way back.
 */
#include "module/compat.h"

#include <linux/build_bug.h>
#include <linux/debugfs.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <asm/desc.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>

#include "selftests/probe/bare.h"
#include "selftests/probe/bare_switch.h"
#include "selftests/probe/probe.h"

#define CHECK(type, member, offset)	\
	static_assert(offsetof(struct type, member) == (offset))

CHECK(bare, rip, BARE_RIP);
CHECK(bare, cs, BARE_CS);
CHECK(bare, rflags, BARE_RFLAGS);
CHECK(bare, rsp, BARE_RSP);
CHECK(bare, ss, BARE_SS);
CHECK(bare, data, BARE_DATA);
CHECK(bare, ldt, BARE_LDT);
CHECK(bare, tr, BARE_TR);
CHECK(bare, gdt_limit, BARE_GDT_LIMIT);
CHECK(bare, gdt_base, BARE_GDT_BASE);
CHECK(bare, idt_limit, BARE_IDT_LIMIT);
CHECK(bare, idt_base, BARE_IDT_BASE);
CHECK(bare, cr4, BARE_CR4);
CHECK(bare, vector, BARE_VECTOR);
CHECK(bare_host, bare, HOST_BARE);
CHECK(bare_host, cr3, HOST_BARE_CR3);
CHECK(bare_host, rw_limit, HOST_RW_LIMIT);
CHECK(bare_host, rw_gdt, HOST_RW_GDT);
CHECK(bare_host, rsp, HOST_RSP);
CHECK(bare_host, host_cr3, HOST_CR3);
CHECK(bare_host, cr4, HOST_CR4);
CHECK(bare_host, gdt, HOST_GDT);
CHECK(bare_host, idt, HOST_IDT);
CHECK(bare_host, ldt, HOST_LDT);
CHECK(bare_host, tr, HOST_TR);
CHECK(bare_host, segment, HOST_DS);
CHECK(bare_host, fs_base, HOST_FS_BASE);
CHECK(bare_host, gs_base, HOST_GS_BASE);

#define HANDLER_SIZE	16
#define POINTER_AT	0xff8		/* in the first page, which is free */

/* What the test's code must not be kept from. */
#define CR4_WITHOUT	(X86_CR4_SMEP | X86_CR4_SMAP | X86_CR4_UMIP)

/**
 * struct tables - page tables of bare code
 * @pml4: the root
 * @pdpt: its first entry
 * @pd: likewise
 * @pt: likewise
 */
struct tables {
	u64	pml4[512];
	u64	pdpt[512];
	u64	pd[512];
	u64	pt[512];
};

static DEFINE_MUTEX(bare_lock);	/* one at a time: the switch has one host */

static void make_tables(struct tables *tables, void *memory)
{
	const u64 flags = _PAGE_PRESENT | _PAGE_RW | _PAGE_USER;
	u64 *kernel = __va(read_cr3_pa());
	int i;

	memcpy(tables->pml4 + 256, kernel + 256, 256 * sizeof(u64));
	tables->pml4[0] = __pa(tables->pdpt) | flags;
	tables->pdpt[0] = __pa(tables->pd) | flags;
	tables->pd[0] = __pa(tables->pt) | flags;
	for (i = 0; i < BARE_MEMORY / PAGE_SIZE; i++)
		tables->pt[i] = (u64)vmalloc_to_pfn(memory + i * PAGE_SIZE)
				<< PAGE_SHIFT | flags;
}

/* mov $vector, %eax; jmp *POINTER_AT */
static void make_handlers(struct bare *bare)
{
	u64 landing = (u64)vtx_bare_landing;
	u8 *code;
	u32 i;

	for (i = 0; i < 256; i++) {
		code = bare->memory + bare->handlers + i * HANDLER_SIZE;
		code[0] = 0xb8;
		memcpy(code + 1, &i, sizeof(i));
		code[5] = 0xff;
		code[6] = 0x24;
		code[7] = 0x25;
		memcpy(code + 8, &(u32){ POINTER_AT }, sizeof(u32));
	}
	memcpy(bare->memory + POINTER_AT, &landing, sizeof(landing));
}

static int bare_run(struct bare *bare)
{
	struct bare_host host = { .bare = bare };
	struct tables *tables;
	unsigned long flags;
	u8 *memory;

	if (bare->handlers > BARE_MEMORY - 256 * HANDLER_SIZE)
		return -EINVAL;
	if (__read_cr4() & X86_CR4_LA57)
		return -EOPNOTSUPP;
	tables = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					  get_order(sizeof(*tables)));
	/* Page by page, and aligned to one, which the struct's is not. */
	memory = vmalloc(BARE_MEMORY);
	if (!tables || !memory) {
		free_pages((unsigned long)tables, get_order(sizeof(*tables)));
		vfree(memory);
		return -ENOMEM;
	}
	make_handlers(bare);
	memcpy(memory, bare->memory, BARE_MEMORY);

	mutex_lock(&bare_lock);
	local_irq_save(flags);
	make_tables(tables, memory);
	host.cr3 = __pa(tables->pml4);
	host.cr4 = __read_cr4() & ~(u64)CR4_WITHOUT;
	host.rw_gdt = (u64)get_current_gdt_rw();
	host.rw_limit = GDT_SIZE - 1;
	bare->cr4 = host.cr4;
	bare->cr0 = read_cr0();
	vtx_bare_switch(&host);
	local_irq_restore(flags);
	mutex_unlock(&bare_lock);

	memcpy(bare->memory, memory, BARE_MEMORY);
	free_pages((unsigned long)tables, get_order(sizeof(*tables)));
	vfree(memory);
	return 0;
}

static int bare_open(struct inode *inode, struct file *file)
{
	struct bare *bare = kvzalloc(sizeof(*bare), GFP_KERNEL);

	file->private_data = bare;
	return bare ? 0 : -ENOMEM;
}

static int bare_release(struct inode *inode, struct file *file)
{
	kvfree(file->private_data);
	return 0;
}

static ssize_t bare_write(struct file *file, const char __user *from,
			  size_t size, loff_t *offset)
{
	struct bare *bare = file->private_data;
	int err;

	if (size != sizeof(*bare))
		return -EINVAL;
	if (copy_from_user(bare, from, size))
		return -EFAULT;
	err = bare_run(bare);
	return err ?: size;
}

static ssize_t bare_read(struct file *file, char __user *to, size_t size,
			 loff_t *offset)
{
	return simple_read_from_buffer(to, size, offset, file->private_data,
				       sizeof(struct bare));
}

static const struct file_operations bare_fops = {
	.owner		= THIS_MODULE,
	.open		= bare_open,
	.release	= bare_release,
	.write		= bare_write,
	.read		= bare_read,
};

/**
 * vtx_bare_init() - make the file
 * @dir: the folder in debugfs
 */
void vtx_bare_init(struct dentry *dir)
{
	debugfs_create_file("bare", 0600, dir, NULL, &bare_fops);
}
