/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM with one vCPU in 64-bit mode, which runs the payloads of payload.S.  Knows
 * nothing but <linux/kvm.h>.
 */
#ifndef SELFTESTS_BENCH_GUEST_H
#define SELFTESTS_BENCH_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>
#include <linux/types.h>

#define GUEST_PORT_USER		0x500
#define GUEST_PORT_EVENT	0x510
#define GUEST_PORT_END		0x5f0		/* the end of a payload */
#define GUEST_PORT_PIC		0x21
#define GUEST_LAPIC_ID		0xfee00020ul
#define GUEST_LAPIC_TPR		0xfee00080ul
#define GUEST_IOAPIC_WINDOW	0xfec00010ul
#define GUEST_MMIO_USER		0xe0000000ul
#define GUEST_MMIO_EVENT	0xe0001000ul
#define GUEST_MMIO_EVENT_ANY	0xe0002000ul	/* ioeventfd of length 0 */
#define GUEST_FRESH_GPA		0x1000000ul	/* memory that no guest has touched */
#define GUEST_FRESH_SIZE	(2048 * 4096ul)

/**
 * struct guest - the VM
 * @vm: its descriptor
 * @vcpu: its vCPU's
 * @run: the vCPU's shared pages
 * @run_size: their size
 * @memory: what the guest has from address 0 on
 */
struct guest {
	int			vm;
	int			vcpu;
	struct kvm_run		*run;
	size_t			run_size;
	unsigned char		*memory;
};

/**
 * struct payload - a payload of payload.S
 * @code: its first byte
 * @end: the byte after it
 */
struct payload {
	const unsigned char	*code;
	const unsigned char	*end;
};

/* The payload of this name. */
#define PAYLOAD(name) ({						\
	extern const unsigned char payload_##name[];			\
	extern const unsigned char payload_##name##_end[];		\
	(struct payload){ payload_##name, payload_##name##_end };	\
})

int guest_create(struct guest *guest, int device, bool board);
void guest_destroy(struct guest *guest);
int guest_add_fresh_memory(struct guest *guest);
int guest_add_ioeventfd(struct guest *guest, __u64 address, unsigned int length,
			unsigned int flags);
int guest_run(struct guest *guest, struct payload payload, __u64 where,
	      unsigned int samples, unsigned int batch);
const __u64 *guest_samples(const struct guest *guest);

#endif /* SELFTESTS_BENCH_GUEST_H */
