/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs with memory, and virtual CPUs.  Nothing here knows more than
 * <linux/kvm.h>.
 *
 * What fails here and should not ends the test (lib/must.h).  What is on trial
 * is called by vtx_ioctl(), which returns the error.
 */
#ifndef SELFTESTS_LIB_GUEST_H
#define SELFTESTS_LIB_GUEST_H

#include <stddef.h>
#include <sys/ioctl.h>

#include "lib/must.h"
#include "lib/vtx.h"
#include "payload/layout.h"

/**
 * struct guest - a VM
 * @device: the device it was created on
 * @fd: its descriptor
 * @memory: guest-physical address 0, GUEST_MEMORY bytes
 * @run_size: bytes of each vCPU's run page
 */
struct guest {
	int		device;
	int		fd;
	unsigned char	*memory;
	int		run_size;
};

/**
 * struct vcpu - a virtual CPU
 * @guest: its VM
 * @fd: its descriptor
 * @id: its number
 * @run: its run page
 */
struct vcpu {
	struct guest	*guest;
	int		fd;
	int		id;
	struct kvm_run	*run;
};

/* KVM_*_CPUID2 and KVM_*_MSRS with room for what is usual. */
#define CPUID_ROOM	256
#define MSRS_ROOM	255

struct cpuid_list {
	struct kvm_cpuid2	list;
	struct kvm_cpuid_entry2	entry[CPUID_ROOM];
};

struct msr_list {
	struct kvm_msrs		list;
	struct kvm_msr_entry	entry[MSRS_ROOM];
};

void guest_create(struct guest *guest);
void guest_destroy(struct guest *guest);
void guest_unmap(struct guest *guest);
void guest_load_at(struct guest *guest, const char *payload, __u64 gpa);
void guest_load(struct guest *guest, const char *payload);
int guest_extension(const struct guest *guest, long capability);

void vcpu_create_plain(struct vcpu *vcpu, struct guest *guest, int id);
void vcpu_create(struct vcpu *vcpu, struct guest *guest, int id);
void vcpu_destroy(struct vcpu *vcpu);
int vcpu_run(struct vcpu *vcpu);
void vcpu_complete(struct vcpu *vcpu);
void cpuid_supported(const struct guest *guest, struct cpuid_list *cpuid);
struct kvm_cpuid_entry2 *cpuid_find(struct cpuid_list *cpuid, __u32 function,
				    __u32 index);
int msr_get(const struct vcpu *vcpu, __u32 index, __u64 *value);
int msr_set(const struct vcpu *vcpu, __u32 index, __u64 value);
__u64 vcpu_stat(const struct vcpu *vcpu, const char *name);

/* The pairs of GET and SET that always succeed. */
#define VCPU_STATES(X)							\
	X(regs, REGS, kvm_regs)						\
	X(sregs, SREGS, kvm_sregs)					\
	X(fpu, FPU, kvm_fpu)						\
	X(events, VCPU_EVENTS, kvm_vcpu_events)				\
	X(debugregs, DEBUGREGS, kvm_debugregs)				\
	X(xsave, XSAVE, kvm_xsave)					\
	X(xcrs, XCRS, kvm_xcrs)

#define VCPU_STATE_FUNCTIONS(name, NAME, type)				\
static inline void vcpu_get_##name(const struct vcpu *vcpu,		\
				   struct type *name)			\
{									\
	MUST(!ioctl(vcpu->fd, KVM_GET_##NAME, name));			\
}									\
static inline void vcpu_set_##name(const struct vcpu *vcpu,		\
				   const struct type *name)		\
{									\
	MUST(!ioctl(vcpu->fd, KVM_SET_##NAME, name));			\
}

VCPU_STATES(VCPU_STATE_FUNCTIONS)

/* Guest memory as what it holds. */
static inline void *guest_at(const struct guest *guest, __u64 gpa)
{
	MUST(gpa < GUEST_MEMORY);
	return guest->memory + gpa;
}

static inline __u32 *guest_u32(const struct guest *guest, __u64 gpa)
{
	return guest_at(guest, gpa);
}

static inline __u64 *guest_u64(const struct guest *guest, __u64 gpa)
{
	return guest_at(guest, gpa);
}

/* A register, without the rest of them. */
#define vcpu_reg(vcpu, reg)						\
({									\
	struct kvm_regs regs_of_vcpu;					\
	vcpu_get_regs(vcpu, &regs_of_vcpu);				\
	regs_of_vcpu.reg;						\
})

#define vcpu_set_reg(vcpu, reg, value)					\
({									\
	struct kvm_regs regs_of_vcpu;					\
	vcpu_get_regs(vcpu, &regs_of_vcpu);				\
	regs_of_vcpu.reg = (value);					\
	vcpu_set_regs(vcpu, &regs_of_vcpu);				\
})

#endif /* SELFTESTS_LIB_GUEST_H */
