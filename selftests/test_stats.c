// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: KVM_GET_STATS_FD serves the counters of a VM and of each vCPU in the
 * format of <linux/kvm.h>; they count what happens; and the file outlives the
 * others.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/bus.h"
#include "lib/harness.h"

#define PORT	0x80

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

static int stats_open(int fd)
{
	return vtx_ioctl(fd, KVM_GET_STATS_FD, 0);
}

/**
 * struct image - a whole statistics file
 * @header: its header
 * @size: its size in bytes
 * @bytes: all of it
 */
struct image {
	struct kvm_stats_header	header;
	size_t			size;
	unsigned char		bytes[1 << 16];
};

static void image_read(int fd, struct image *image)
{
	ssize_t size = pread(fd, image->bytes, sizeof(image->bytes), 0);

	MUST(size >= (ssize_t)sizeof(image->header));
	MUST(size < (ssize_t)sizeof(image->bytes));
	memcpy(&image->header, image->bytes, sizeof(image->header));
	image->size = size;
}

static const struct kvm_stats_desc *desc_at(const struct image *image, __u32 i)
{
	const struct kvm_stats_header *header = &image->header;

	return (const void *)image->bytes + header->desc_offset +
	       i * (sizeof(struct kvm_stats_desc) + header->name_size);
}

/* The value of a counter, or of the file's @i'th if @name is NULL. */
static __u64 value_of(const struct image *image, const char *name, __u32 i)
{
	const struct kvm_stats_desc *desc;
	__u64 value;

	for (; ; i++) {
		MUST(i < image->header.num_desc);
		desc = desc_at(image, i);
		if (!name || !strcmp(desc->name, name))
			break;
	}
	memcpy(&value, image->bytes + image->header.data_offset + desc->offset,
	       sizeof(value));
	return value;
}

static __u64 stat_of(int fd, const char *name)
{
	static struct image image;

	image_read(fd, &image);
	return value_of(&image, name, 0);
}

/* All that the format promises. */
static void check_format(struct __test_metadata *_metadata, int fd)
{
	static struct image image;
	const struct kvm_stats_header *header = &image.header;
	const struct kvm_stats_desc *desc;
	unsigned long all = 0;
	__u32 i, j;

	image_read(fd, &image);
	EXPECT_EQ(0, header->flags);
	EXPECT_LT(16, header->name_size);
	ASSERT_LT(0, header->num_desc);
	EXPECT_LE(sizeof(*header), header->id_offset);
	EXPECT_LE(header->id_offset + header->name_size, header->desc_offset);
	EXPECT_LE(header->desc_offset + header->num_desc *
		  (sizeof(*desc) + header->name_size), header->data_offset);
	EXPECT_EQ(0, strncmp((char *)image.bytes + header->id_offset, "kvm", 3));
	EXPECT_GT(header->name_size,
		  strnlen((char *)image.bytes + header->id_offset,
			  header->name_size));
	for (i = 0; i < header->num_desc; i++) {
		desc = desc_at(&image, i);
		EXPECT_GT(header->name_size,
			  strnlen(desc->name, header->name_size));
		EXPECT_LT(0, strlen(desc->name));
		EXPECT_GE(KVM_STATS_TYPE_MAX,
			  desc->flags & KVM_STATS_TYPE_MASK);
		EXPECT_GE(KVM_STATS_UNIT_MAX,
			  desc->flags & KVM_STATS_UNIT_MASK);
		EXPECT_GE(KVM_STATS_BASE_MAX,
			  desc->flags & KVM_STATS_BASE_MASK);
		ASSERT_LT(0, desc->size);
		all += desc->size;
		EXPECT_LE(header->data_offset + desc->offset +
			  desc->size * sizeof(__u64), image.size);
		for (j = 0; j < i; j++)
			EXPECT_NE(0, strcmp(desc->name,
					    desc_at(&image, j)->name));
	}
	EXPECT_EQ(image.size, header->data_offset + all * sizeof(__u64));
}

/* However it is cut to pieces, it is the same file. */
static void check_pieces(struct __test_metadata *_metadata, int fd)
{
	static const size_t pieces[] = { 1, 7, 8, 64, 100, 1000, 1 << 16 };
	static struct image whole;
	static unsigned char bytes[sizeof(whole.bytes)];
	unsigned int i;
	ssize_t got;
	size_t at;

	image_read(fd, &whole);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		memset(bytes, 0xee, sizeof(bytes));
		for (at = 0; ; at += got) {
			got = pread(fd, bytes + at, pieces[i], at);
			ASSERT_LE(0, got);
			if (!got)
				break;
		}
		EXPECT_EQ(whole.size, at);
		EXPECT_EQ(0, memcmp(bytes, whole.bytes, whole.size));
	}
	EXPECT_EQ(0, pread(fd, bytes, 1, whole.size));
	EXPECT_EQ(0, pread(fd, bytes, 1, 1UL << 40));
	EXPECT_EQ(-1, pread(fd, bytes, 1, -1));
	EXPECT_EQ(-1, pread(fd, (void *)4096, 8, 0));
	EXPECT_EQ(EFAULT, errno);

	/* read() goes on where it was. */
	EXPECT_EQ(sizeof(whole.header), read(fd, bytes, sizeof(whole.header)));
	EXPECT_EQ(0, memcmp(bytes, whole.bytes, sizeof(whole.header)));
	EXPECT_EQ(8, read(fd, bytes, 8));
	EXPECT_EQ(0, memcmp(bytes, whole.bytes + sizeof(whole.header), 8));
}

VTX_TEST(format)
{
	int fds[2], i;

	begin();
	fds[0] = stats_open(guest.fd);
	fds[1] = stats_open(vcpu.fd);
	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, fds[i]);
		check_format(_metadata, fds[i]);
		check_pieces(_metadata, fds[i]);
		EXPECT_EQ(FD_CLOEXEC, fcntl(fds[i], F_GETFD));
		EXPECT_EQ(O_RDONLY, fcntl(fds[i], F_GETFL) & O_ACCMODE);
		EXPECT_EQ(-1, write(fds[i], "x", 1));
		EXPECT_EQ(-1, ioctl(fds[i], KVM_GET_STATS_FD, 0));
	}
}

VTX_TEST(ids_differ)
{
	static struct image image[4];
	struct vcpu second;
	struct guest other;
	int fds[4], i, j;

	begin();
	vcpu_create(&second, &guest, 1);
	guest_create(&other);
	fds[0] = stats_open(guest.fd);
	fds[1] = stats_open(vcpu.fd);
	fds[2] = stats_open(second.fd);
	/* KVM names a VM by the process alone. */
	fds[3] = stats_open(device_is_vtx() ? other.fd : guest.fd);
	for (i = 0; i < (device_is_vtx() ? 4 : 3); i++) {
		image_read(fds[i], &image[i]);
		for (j = 0; j < i; j++)
			EXPECT_NE(0, strcmp((char *)image[i].bytes +
					    image[i].header.id_offset,
					    (char *)image[j].bytes +
					    image[j].header.id_offset));
	}
}

VTX_TEST(counts_exits)
{
	const struct bus_op op = { BUS_OUT + 1, 10, PORT, 1 };
	struct vcpu second;
	int fd, other, i;
	__u64 exits, io;

	begin();
	vcpu_create(&second, &guest, 1);
	fd = stats_open(vcpu.fd);
	other = stats_open(second.fd);
	exits = stat_of(fd, "exits");
	io = stat_of(fd, "io_exits");
	bus_start(&vcpu, &op, 1);
	for (i = 0; i < 10; i++)
		bus_exit(&vcpu, &op);
	bus_done(&vcpu);
	EXPECT_LE(exits + 11, stat_of(fd, "exits"));
	EXPECT_EQ(io + 11, stat_of(fd, "io_exits"));
	EXPECT_EQ(0, stat_of(other, "exits"));
	EXPECT_EQ(0, stat_of(other, "io_exits"));
}

/* vtx counts exits by the SDM's reasons, and their sum is all. */
VTX_TEST(counts_by_reason)
{
	const struct bus_op op = { BUS_OUT + 1, 10, PORT, 1 };
	static struct image image;
	__u64 sum = 0;
	__u32 j;
	int i;

	if (!device_is_vtx())
		SKIP(return, "vtx only");
	begin();
	bus_start(&vcpu, &op, 1);
	for (i = 0; i < 10; i++)
		bus_exit(&vcpu, &op);
	bus_done(&vcpu);
	image_read(stats_open(vcpu.fd), &image);
	for (j = 0; j < image.header.num_desc; j++)
		if (!strncmp(desc_at(&image, j)->name, "exits_", 6))
			sum += value_of(&image, NULL, j);
	EXPECT_EQ(value_of(&image, "exits", 0), sum);
	EXPECT_EQ(value_of(&image, "io_exits", 0),
		  value_of(&image, "exits_IO", 0));
	EXPECT_EQ(0, value_of(&image, "exits_VMCALL", 0));
}

VTX_TEST(counts_pages)
{
	const struct bus_op op = { BUS_OUT + 1, 1, PORT, 1 };
	struct kvm_userspace_memory_region none = { .slot = 0 };
	__u64 pages;
	int fd;

	begin();
	fd = stats_open(guest.fd);
	EXPECT_EQ(0, stat_of(fd, "pages_4k"));
	bus_start(&vcpu, &op, 1);
	bus_exit(&vcpu, &op);
	pages = stat_of(fd, "pages_4k") + stat_of(fd, "pages_2m");
	/* At least code, list, and paging structures; not all there is. */
	EXPECT_LE(1, pages);
	EXPECT_GT(GUEST_MEMORY / 4096, pages);
	if (device_is_vtx()) {
		EXPECT_EQ(1, stat_of(fd, "vcpus"));
		EXPECT_EQ(1, stat_of(fd, "memory_slots"));
		EXPECT_EQ(GUEST_MEMORY / 4096, stat_of(fd, "memory_pages"));
		EXPECT_LE(1, stat_of(fd, "page_tables"));
	}

	ASSERT_EQ(0, ioctl(guest.fd, KVM_SET_USER_MEMORY_REGION, &none));
	EXPECT_EQ(0, stat_of(fd, "pages_4k"));
	EXPECT_EQ(0, stat_of(fd, "pages_2m"));
	if (device_is_vtx()) {
		EXPECT_EQ(0, stat_of(fd, "memory_slots"));
		EXPECT_EQ(0, stat_of(fd, "memory_pages"));
	}
}

VTX_TEST(outlives_the_others)
{
	const struct bus_op op = { BUS_OUT + 1, 3, PORT, 1 };
	int fds[2], i;
	__u64 exits;

	begin();
	fds[0] = stats_open(guest.fd);
	fds[1] = stats_open(vcpu.fd);
	bus_start(&vcpu, &op, 1);
	for (i = 0; i < 3; i++)
		bus_exit(&vcpu, &op);
	exits = stat_of(fds[1], "exits");
	vcpu_destroy(&vcpu);
	guest_destroy(&guest);
	EXPECT_EQ(exits, stat_of(fds[1], "exits"));
	check_format(_metadata, fds[0]);
	check_format(_metadata, fds[1]);
	if (device_is_vtx())
		EXPECT_EQ(1, vtx_stat("vms"));
	close(fds[0]);
	check_format(_metadata, fds[1]);
	close(fds[1]);
	if (device_is_vtx())
		EXPECT_EQ(0, vtx_stat("vms"));
}

VTX_TEST(no_descriptor_left)
{
	struct rlimit few, limit;

	begin();
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	few = limit;
	few.rlim_cur = vcpu.fd + 1;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &few));
	EXPECT_EQ(-EMFILE, stats_open(guest.fd));
	EXPECT_EQ(-EMFILE, stats_open(vcpu.fd));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_LE(0, stats_open(guest.fd));
}

VTX_TEST_MAIN
