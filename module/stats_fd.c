// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_GET_STATS_FD: counters of a VM or a vCPU as a file, in the binary format
 * of <linux/kvm.h>: header, id string, a descriptor for each counter, values.
 *
 * A file has an image of all that.  Only the values change; they are taken anew
 * by each read.  They are written while others read: each is whole, but they
 * need not be of the same moment.
 *
 * The file keeps the VM, and with it its vCPUs, also after all other files of
 * the VM have been closed.
 */
#include "module/compat.h"

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "module/stats_fd.h"
#include "module/vm.h"
#include "arch-x86/stats.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/vmx/exit_reasons.h"

/* Of an id or a counter, with its 0; what KVM has too. */
#define NAME_SIZE	48

/**
 * struct stats_desc - struct kvm_stats_desc and its name
 * @flags: KVM_STATS_TYPE_*, KVM_STATS_UNIT_* and KVM_STATS_BASE_*
 * @exponent: of the unit
 * @size: how many values
 * @offset: where they are, from the beginning of all values
 * @bucket_size: 0, this is no histogram
 * @name: its name
 *
 * To the kernel the name is part of the former, or is not, by its version.
 */
struct stats_desc {
	u32	flags;
	s16	exponent;
	u16	size;
	u32	offset;
	u32	bucket_size;
	char	name[NAME_SIZE];
};

static_assert(offsetof(struct stats_desc, offset) ==
	      offsetof(struct kvm_stats_desc, offset));
static_assert(offsetof(struct stats_desc, name) ==
	      offsetof(struct kvm_stats_desc, name));

/**
 * struct stats_row - a counter
 * @name: its name
 * @flags: KVM_STATS_TYPE_*, KVM_STATS_UNIT_* and KVM_STATS_BASE_*
 */
struct stats_row {
	const char	*name;
	u32		flags;
};

#define STATS_FLAGS(type)						\
	(KVM_STATS_TYPE_##type | KVM_STATS_UNIT_NONE | KVM_STATS_BASE_POW10)
#define STATS_ROW(name, type, ...)	{ #name, STATS_FLAGS(type) },
#define STATS_NAME_FITS(name, ...)					\
	static_assert(sizeof(#name) <= NAME_SIZE);

static const struct stats_row vm_rows[] = { VTX_VM_STATS(STATS_ROW) };

/* A vCPU's exits are counted by reason, and told also as a sum. */
#define EXITS_ROW(number, name, ...)	STATS_ROW(exits_##name, CUMULATIVE)
static const struct stats_row vcpu_rows[] = {
	STATS_ROW(exits, CUMULATIVE)
	VTX_VCPU_STATS(STATS_ROW)
	VTX_EXIT_REASONS(EXITS_ROW)
};

static_assert(VTX_NR_EXIT_REASONS <= VTX_EXIT_COUNTERS);

VTX_VM_STATS(STATS_NAME_FITS)
VTX_VCPU_STATS(STATS_NAME_FITS)

/**
 * struct stats_file - an open file
 * @vm: (i) the VM
 * @vcpu: (i) the vCPU, NULL if the counters are the VM's
 * @lock: held to change the values and to copy them out
 * @header: (i) the file's beginning
 * @id: (i) whose counters these are
 * @desc: (i) the descriptors; the values follow
 *
 * (i) constant
 */
struct stats_file {
	struct vtx_vm		*vm;
	const struct vtx_vcpu	*vcpu;
	struct mutex		lock;	/* the values */
	struct kvm_stats_header	header;
	char			id[NAME_SIZE];
	struct stats_desc	desc[];
};

/* What a reader sees begins with the header. */
static_assert(offsetof(struct stats_file, id) -
	      offsetof(struct stats_file, header) ==
	      sizeof(struct kvm_stats_header));
static_assert(offsetof(struct stats_file, desc) -
	      offsetof(struct stats_file, id) == NAME_SIZE);

static u64 *stats_values(struct stats_file *stats)
{
	return (void *)&stats->desc[stats->header.num_desc];
}

static void take_vm_values(struct vtx_vm *vm, u64 *value)
{
#define TAKE_VALUE(name, type, text, expression)	*value++ = expression;
	VTX_VM_STATS(TAKE_VALUE)
#undef TAKE_VALUE
}

static void take_vcpu_values(const struct vtx_vcpu *vcpu, u64 *value)
{
	const struct vtx_vcpu_stats *stats = &vcpu->stats;
	u64 *exits = value++;
	int i;

	*exits = 0;
	for (i = 0; i < VTX_EXIT_COUNTERS; i++)
		*exits += READ_ONCE(stats->exits[i]);
#define TAKE_VALUE(name, type, text)	*value++ = READ_ONCE(stats->name);
	VTX_VCPU_STATS(TAKE_VALUE)
#undef TAKE_VALUE
#define TAKE_EXITS(number, ...)	*value++ = READ_ONCE(stats->exits[number]);
	VTX_EXIT_REASONS(TAKE_EXITS)
#undef TAKE_EXITS
}

static ssize_t stats_read(struct file *file, char __user *buffer, size_t size,
			  loff_t *offset)
{
	struct stats_file *stats = file->private_data;
	ssize_t ret;

	mutex_lock(&stats->lock);
	if (stats->vcpu)
		take_vcpu_values(stats->vcpu, stats_values(stats));
	else
		take_vm_values(stats->vm, stats_values(stats));
	ret = simple_read_from_buffer(buffer, size, offset, &stats->header,
				      stats->header.data_offset +
				      stats->header.num_desc * sizeof(u64));
	mutex_unlock(&stats->lock);
	return ret;
}

static void stats_free(struct stats_file *stats)
{
	vtx_vm_put(stats->vm);
	kfree(stats);
}

static int stats_release(struct inode *inode, struct file *file)
{
	stats_free(file->private_data);
	return 0;
}

static const struct file_operations stats_fops = {
	.owner		= THIS_MODULE,
	.release	= stats_release,
	.read		= stats_read,
	.llseek		= noop_llseek,
};

static struct stats_file *stats_alloc(struct vtx_vm *vm,
				      const struct vtx_vcpu *vcpu)
{
	const struct stats_row *rows = vcpu ? vcpu_rows : vm_rows;
	u32 nr = vcpu ? ARRAY_SIZE(vcpu_rows) : ARRAY_SIZE(vm_rows), i;
	struct stats_file *stats;

	stats = kzalloc(struct_size(stats, desc, nr) + nr * sizeof(u64),
			GFP_KERNEL_ACCOUNT);
	if (!stats)
		return NULL;
	vtx_vm_get(vm);
	stats->vm = vm;
	stats->vcpu = vcpu;
	mutex_init(&stats->lock);
	stats->header = (struct kvm_stats_header){
		.name_size	= NAME_SIZE,
		.num_desc	= nr,
		.id_offset	= sizeof(stats->header),
		.desc_offset	= sizeof(stats->header) + sizeof(stats->id),
	};
	stats->header.data_offset = stats->header.desc_offset +
				    nr * sizeof(stats->desc[0]);
	/* Readers know KVM's by the first three letters. */
	if (vcpu)
		snprintf(stats->id, sizeof(stats->id), "kvm-vtx-%u/vcpu-%u",
			 vm->id, vcpu->id);
	else
		snprintf(stats->id, sizeof(stats->id), "kvm-vtx-%u", vm->id);
	for (i = 0; i < nr; i++) {
		stats->desc[i].flags = rows[i].flags;
		stats->desc[i].size = 1;
		stats->desc[i].offset = i * sizeof(u64);
		strscpy(stats->desc[i].name, rows[i].name, NAME_SIZE);
	}
	return stats;
}

static int stats_fd(struct vtx_vm *vm, const struct vtx_vcpu *vcpu,
		    const char *name)
{
	struct stats_file *stats;
	struct file *file;
	int fd;

	stats = stats_alloc(vm, vcpu);
	if (!stats)
		return -ENOMEM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto free;
	file = anon_inode_getfile(name, &stats_fops, stats, O_RDONLY);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto free;
	}
	/* To read at an offset, which such files cannot by themselves. */
	file->f_mode |= FMODE_PREAD;
	fd_install(fd, file);
	return fd;

free:
	stats_free(stats);
	return fd;
}

/**
 * vtx_vm_stats_fd() - KVM_GET_STATS_FD on a VM
 * @vm: the VM
 *
 * May sleep.
 *
 * Return: a file descriptor, or with nothing changed -ENOMEM, -EMFILE, -ENFILE.
 */
int vtx_vm_stats_fd(struct vtx_vm *vm)
{
	return stats_fd(vm, NULL, "vtx-vm-stats");
}

/**
 * vtx_vcpu_stats_fd() - KVM_GET_STATS_FD on a vCPU
 * @vm: its VM
 * @vcpu: the vCPU, which lives as long as @vm
 *
 * May sleep.
 *
 * Return: a file descriptor, or with nothing changed -ENOMEM, -EMFILE, -ENFILE.
 */
int vtx_vcpu_stats_fd(struct vtx_vm *vm, const struct vtx_vcpu *vcpu)
{
	return stats_fd(vm, vcpu, "vtx-vcpu-stats");
}
