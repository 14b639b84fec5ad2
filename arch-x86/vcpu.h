/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual CPU.
 *
 * Its state is in three places: in struct vtx_vcpu; in its VMCS, which can be
 * read and written only while the vCPU is loaded (vtx_vcpu_load()); and, in the
 * inner loop only, in the CPU's own registers (FPU, syscall MSRs, debug
 * registers).  Outside the inner loop the first two have everything.
 */
#ifndef VTX_ARCH_X86_VCPU_H
#define VTX_ARCH_X86_VCPU_H

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/kvm.h>
#include <linux/mutex.h>
#include <linux/rcuwait.h>
#include <linux/types.h>

#include <asm/processor-flags.h>

#include "arch-x86/cpuid.h"
#include "arch-x86/cr.h"
#include "arch-x86/event.h"
#include "arch-x86/fpu.h"
#include "arch-x86/msr.h"
#include "arch-x86/pv_eoi.h"
#include "arch-x86/pvclock.h"
#include "arch-x86/stats.h"
#include "arch-x86/steal.h"
#include "arch-x86/tsc.h"
#include "arch-x86/vmx/caps.h"
#include "arch-x86/vmx/enter.h"
#include "arch-x86/vmx/msr_bitmap.h"
#include "arch-x86/vmx/segment.h"
#include "arch-x86/vmx/vmcs.h"
#include "arch-x86/yield.h"

struct vtx_io_bus;
struct vtx_irqchip;
struct vtx_lapic;
struct vtx_mem;
struct vtx_emul;
struct vtx_msr_policy;
struct vtx_vcpu;
struct vtx_vm;

/* The most vCPUs of a VM, and their ids: 0 to one less. */
#define VTX_MAX_VCPUS		1024
#define VTX_MAX_VCPU_ID		4096

/* As a VM's longest halt poll: what the module's parameter says. */
#define VTX_HALT_POLL_PRESET	U32_MAX

/* Pages that user space maps: struct kvm_run, port I/O data, coalesced ring. */
#define VTX_PIO_PAGE		1
#define VTX_COALESCED_PAGE	2
#define VTX_RUN_PAGES		3

/**
 * enum vtx_request - what others may ask of a vCPU, see vtx_vcpu_request()
 * @VTX_REQ_EVENT: look for events to inject: nmi_requests, the local APIC
 * @VTX_REQ_STARTUP: look for an INIT or a startup IPI
 * @VTX_REQ_TLB_FLUSH: forget linear translations
 * @VTX_REQ_IOAPIC_EOI: tell user space that @ioapic_eoi has ended
 * @VTX_REQ_MSR_FILTER: the VM's msr_policy has another filter
 * @VTX_REQ_CLOCK: show the guest the clock anew, and its wall clock if it wants
 * @VTX_REQ_STEAL: tell the guest its steal time
 * @VTX_REQ_PV_EOI: find out whether an interrupt has ended
 * @VTX_REQ_YIELD: let another vCPU have the CPU
 */
enum vtx_request {
	VTX_REQ_EVENT,
	VTX_REQ_STARTUP,
	VTX_REQ_TLB_FLUSH,
	VTX_REQ_IOAPIC_EOI,
	VTX_REQ_MSR_FILTER,
	VTX_REQ_CLOCK,
	VTX_REQ_STEAL,
	VTX_REQ_PV_EOI,
	VTX_REQ_YIELD,
};

/**
 * enum vtx_result - what a handler wants next
 * @VTX_RESUME: it is done; go on in the guest.  If the exit's row says INSN, the
 *	dispatcher moves RIP past the instruction.
 * @VTX_REPEAT: go on in the guest where it is, as after injecting a fault
 * @VTX_SLOW: call vcpu->slow, which may sleep, with the vCPU not loaded
 * @VTX_USER: KVM_RUN returns 0; the run page says why
 * @VTX_ERROR: KVM_RUN returns vcpu->error
 *
 * Of a slow handler and of a completion: RESUME and REPEAT mean the same, RIP is
 * theirs to move.
 */
enum vtx_result {
	VTX_RESUME,
	VTX_REPEAT,
	VTX_SLOW,
	VTX_USER,
	VTX_ERROR,
};

typedef enum vtx_result (*vtx_handler)(struct vtx_vcpu *vcpu);

/**
 * struct vtx_guest_debug - KVM_SET_GUEST_DEBUG
 * @control: KVM_GUESTDBG_* as user space set them, 0: off
 * @db: its DR0 to DR3, with KVM_GUESTDBG_USE_HW_BP
 * @dr7: its DR7, likewise; else the guest's
 * @step_rip: linear RIP at which a single step was asked for
 */
struct vtx_guest_debug {
	u32	control;
	u64	db[4];
	u64	dr7;
	u64	step_rip;
};

/**
 * struct vtx_host_msrs - MSRs of the host that a guest has values of its own in
 * @kernel_gs_base: IA32_KERNEL_GS_BASE of the task, in the inner loop
 * @has_kernel_gs_base: the guest has that MSR to itself
 * @has_tsc_aux: the guest has IA32_TSC_AUX
 * @loaded: the guest's MSRs are in the CPU
 * @syscall: and the guest's STAR, LSTAR and FMASK are, too
 *
 * The host's others are the same whenever this CPU is asked.
 */
struct vtx_host_msrs {
	u64	kernel_gs_base;
	bool	has_kernel_gs_base;
	bool	has_tsc_aux;
	bool	loaded;
	bool	syscall;
};

/**
 * struct vtx_vcpu - a virtual CPU
 * @vmcs: (o) its VMCS
 * @context: (o) its registers, but for RSP, RIP and RFLAGS
 * @host: (l) what the inner loop has to give back
 * @host_msrs: (o) likewise
 * @exit: (l) the last VM exit; still right for a slow handler, once loaded
 * @caps: (i) what the CPUs can
 * @vm: (i) the VM, opaque to the layers below module/
 * @mem: (i) its memory
 * @pio: (i) who answers at its ports
 * @mmio: (i) who answers at its physical addresses
 * @irqchip: (i) its interrupt controllers, NULL if they are user space's
 * @lapic: (i) the vCPU's local APIC, likewise
 * @running: (i) the CPUs in whose inner loop a vCPU of the VM is
 * @msr_policy: (i) which MSRs user space lets it have
 * @halt_poll_max: (i) the VM's longest halt poll in nanoseconds, or
 *	VTX_HALT_POLL_PRESET; read at once
 * @run: (i) page 0 of what user space maps
 * @pio_data: (i) page 1
 * @id: (i) KVM_CREATE_VCPU's argument, the APIC id
 * @vpid: (i) VPID, 0 if the CPUs have none
 * @bsp: (i) the one that boots the machine
 *
 * @lock: held by each ioctl of the vCPU
 * @requests: (a) mask of BIT(enum vtx_request)
 * @cpu: (a) the CPU whose inner loop it is in, -1 if in none
 * @wait: (a) where it sleeps while the guest has nothing to do
 *
 * @event: (o) events on their way
 * @fpu: (o) x87, SSE, AVX...
 * @msrs: (o) MSRs
 * @bitmap: (o) which of them are the guest's own
 * @cpuid_entries: (o) KVM_SET_CPUID2
 * @cpuid: (o) made of these
 * @limits: (o) likewise
 * @offered: (i) what vtx offers on this machine
 * @xcr0: (o) the guest's XCR0
 * @cr8: (o) task priority, bits 3:0; without a local APIC, see
 *	vtx_vcpu_get_cr8()
 * @cr0_owned: (o) bits of CR0 that the guest changes without an exit
 * @cr4_owned: (o) bits of CR4 that the guest changes without an exit
 * @tsc: (o) TSC
 * @clock: kvmclock
 * @steal: (o) steal time
 * @pv_eoi: (o) PV EOI
 * @yield: who is to have the CPU
 * @unhalted: (a) its halt, or the next one, has been ended by KVM_HC_KICK_CPU
 * @debug: (o) KVM_SET_GUEST_DEBUG
 * @dr7: (o) the guest's DR7
 * @mp_state: (o) KVM_MP_STATE_*
 * @halt_poll_ns: (o) how long to look before the next sleep
 * @sigset_active: (o) @sigset is in force during KVM_RUN
 * @sigset: (o) KVM_SET_SIGNAL_MASK
 * @ioapic_eoi: (o) with VTX_REQ_IOAPIC_EOI: the vector
 * @has_run: (o) KVM_RUN has been called
 *
 * @device: (o) a frame that was in no slot when the slots were of this
 *	generation; at first one that no guest has
 * @slow: (o) with VTX_SLOW: what to call
 * @complete: (o) what KVM_RUN has to call first: user space has done its part
 * @error: (o) with VTX_ERROR: -errno
 * @emul: (o) the emulator
 * @stats: (o) counters; read by anybody
 * @last_cpu: (o) where the inner loop was last
 *
 * (i) constant from creation on
 * (o) the owner's: whoever holds @lock
 * (l) the owner's in the inner loop
 * (a) atomic, by anybody
 */
struct vtx_vcpu {
	struct vtx_vmcs			vmcs;
	struct vtx_context		context;
	struct vtx_host			host;
	struct vtx_host_msrs		host_msrs;
	struct vtx_exit			exit;

	const struct vtx_caps		*caps;
	struct vtx_vm			*vm;
	struct vtx_mem			*mem;
	struct vtx_io_bus		*pio;
	struct vtx_io_bus		*mmio;
	struct vtx_irqchip		*irqchip;
	struct vtx_lapic		*lapic;
	struct cpumask			*running;
	const struct vtx_msr_policy	*msr_policy;
	const u32			*halt_poll_max;
	struct kvm_run			*run;
	void				*pio_data;
	u32				id;
	u16				vpid;
	bool				bsp;

	struct mutex			lock;	/* one ioctl at a time */
	unsigned long			requests;
	int				cpu;
	struct rcuwait			wait;

	struct vtx_event		event;
	struct vtx_fpu			fpu;
	struct vtx_msrs			msrs;
	struct vtx_msr_bitmap		bitmap;
	struct kvm_cpuid_entry2		*cpuid_entries;
	struct vtx_cpuid		cpuid;
	struct vtx_cr_limits		limits;
	const struct vtx_cpuid		*offered;
	u64				xcr0;
	u64				cr8;
	u64				cr0_owned;
	u64				cr4_owned;
	struct vtx_tsc			tsc;
	struct vtx_pvclock		clock;
	struct vtx_steal		steal;
	struct vtx_pv_eoi		pv_eoi;
	struct vtx_yield		yield;
	bool				unhalted;
	struct vtx_guest_debug		debug;
	u64				dr7;
	u32				mp_state;
	u32				halt_poll_ns;
	bool				sigset_active;
	sigset_t			sigset;
	u8				ioapic_eoi;
	bool				has_run;

	struct {
		u64	gfn;
		u64	generation;
	} device;
	vtx_handler			slow;
	vtx_handler			complete;
	int				error;
	struct vtx_emul			*emul;
	struct vtx_vcpu_stats		stats;
	int				last_cpu;
};

/**
 * struct vtx_vcpu_setup - what a vCPU has to be told
 * @caps: what the CPUs can
 * @offered: what vtx offers to guests in CPUID on this machine
 * @vm: the VM
 * @mem: its memory
 * @pio: its ports
 * @mmio: its physical addresses
 * @tsc: what its TSCs have in common
 * @clock: its clock
 * @irqchip: its interrupt controllers; NULL if they are user space's
 * @msr_policy: what user space wants of its MSRs
 * @halt_poll_max: see struct vtx_vcpu
 * @running: the CPUs in whose inner loop a vCPU of the VM is
 * @run: the page with struct kvm_run, the caller's
 * @pio_data: the page of port I/O data, likewise
 * @id: KVM_CREATE_VCPU's argument
 * @bsp: it is the one that boots the machine
 */
struct vtx_vcpu_setup {
	const struct vtx_caps	*caps;
	const struct vtx_cpuid	*offered;
	struct vtx_vm		*vm;
	struct vtx_mem		*mem;
	struct vtx_io_bus	*pio;
	struct vtx_io_bus	*mmio;
	struct vtx_vm_tsc	*tsc;
	struct vtx_vm_clock	*clock;
	struct vtx_irqchip	*irqchip;
	const struct vtx_msr_policy *msr_policy;
	const u32		*halt_poll_max;
	struct cpumask		*running;
	struct kvm_run		*run;
	void			*pio_data;
	u32			id;
	bool			bsp;
};

int vtx_vcpu_init(struct vtx_vcpu *vcpu, const struct vtx_vcpu_setup *setup);
void vtx_vcpu_destroy(struct vtx_vcpu *vcpu);
int vtx_vcpu_load(struct vtx_vcpu *vcpu);
enum vtx_result vtx_vcpu_reload(struct vtx_vcpu *vcpu);
void vtx_vcpu_put(struct vtx_vcpu *vcpu);
void vtx_vcpu_request(struct vtx_vcpu *vcpu, enum vtx_request request);
void vtx_vcpu_advance(struct vtx_vcpu *vcpu);
enum vtx_result vtx_vcpu_skip(struct vtx_vcpu *vcpu);
enum vtx_result vtx_vcpu_skip_bytes(struct vtx_vcpu *vcpu, unsigned int len);
int vtx_vcpu_cpuid_changed(struct vtx_vcpu *vcpu);
void vtx_vcpu_flush_linear(struct vtx_vcpu *vcpu);

/**
 * vtx_vcpu_test_request() - take a request, if it was made
 * @vcpu: the vCPU
 * @request: which
 *
 * Return: true if it had been made; it is then taken back.
 */
static inline bool vtx_vcpu_test_request(struct vtx_vcpu *vcpu,
					 enum vtx_request request)
{
	if (!test_bit(request, &vcpu->requests))
		return false;
	clear_bit(request, &vcpu->requests);
	/* What the requester wrote before: pairs with vtx_vcpu_request(). */
	smp_mb__after_atomic();
	return true;
}

/**
 * vtx_vcpu_error() - make KVM_RUN fail
 * @vcpu: the vCPU
 * @error: -errno
 *
 * Return: what the handler returns.
 */
static inline enum vtx_result vtx_vcpu_error(struct vtx_vcpu *vcpu, int error)
{
	vcpu->error = error;
	return VTX_ERROR;
}

/**
 * vtx_vcpu_slow() - leave the inner loop and go on there
 * @vcpu: the vCPU
 * @handler: called without the vCPU being loaded; may sleep
 *
 * Return: what the handler returns.
 */
static inline enum vtx_result vtx_vcpu_slow(struct vtx_vcpu *vcpu,
					    vtx_handler handler)
{
	vcpu->slow = handler;
	return VTX_SLOW;
}

/**
 * vtx_guest_cpuid() - what a vCPU is
 * @vcpu: the vCPU
 *
 * Return: what user space has said in KVM_SET_CPUID2, or as long as it has said
 * nothing, what vtx offers.
 */
static inline const struct vtx_cpuid *vtx_guest_cpuid(const struct vtx_vcpu *vcpu)
{
	return vcpu->cpuid.nent ? &vcpu->cpuid : vcpu->offered;
}

/**
 * vtx_vcpu_when_loaded() - call a handler with the vCPU loaded
 * @vcpu: the vCPU, not loaded
 * @handler: must not sleep
 *
 * May sleep before that, see vtx_vcpu_load().
 *
 * Return: what @handler returns; VTX_ERROR if there is no VMX any more.
 */
static __always_inline enum vtx_result
vtx_vcpu_when_loaded(struct vtx_vcpu *vcpu, vtx_handler handler)
{
	enum vtx_result result;
	int err;

	err = vtx_vcpu_load(vcpu);
	if (unlikely(err))
		return vtx_vcpu_error(vcpu, err);
	result = handler(vcpu);
	vtx_vcpu_put(vcpu);
	return result;
}

/*
 * Registers.  The vCPU is loaded, for all that follows.
 */

/**
 * vtx_gpr() - a general-purpose register
 * @vcpu: the vCPU, loaded
 * @reg: which, 0 to 15
 *
 * Return: its value.
 */
static inline u64 vtx_gpr(const struct vtx_vcpu *vcpu, unsigned int reg)
{
	if (unlikely(reg == VTX_RSP))
		return vmcs_readl(VMCS_GUEST_RSP);
	return vcpu->context.regs.gpr[reg];
}

/**
 * vtx_set_gpr() - write a general-purpose register
 * @vcpu: the vCPU, loaded
 * @reg: which, 0 to 15
 * @value: all 64 bits
 */
static inline void vtx_set_gpr(struct vtx_vcpu *vcpu, unsigned int reg,
			       u64 value)
{
	if (unlikely(reg == VTX_RSP))
		vmcs_writel(VMCS_GUEST_RSP, value);
	else
		vcpu->context.regs.gpr[reg] = value;
}

/**
 * vtx_guest_cr0() - CR0 as the guest reads it
 * @vcpu: the vCPU, loaded
 *
 * Return: the bits that the guest owns from CR0, the others from the shadow.
 */
static inline u64 vtx_guest_cr0(const struct vtx_vcpu *vcpu)
{
	return (vmcs_readl(VMCS_GUEST_CR0) & vcpu->cr0_owned) |
	       (vmcs_readl(VMCS_CTRL_CR0_READ_SHADOW) & ~vcpu->cr0_owned);
}

/**
 * vtx_guest_cr4() - CR4 as the guest reads it
 * @vcpu: the vCPU, loaded
 *
 * Return: the bits that the guest owns from CR4, the others from the shadow.
 */
static inline u64 vtx_guest_cr4(const struct vtx_vcpu *vcpu)
{
	return (vmcs_readl(VMCS_GUEST_CR4) & vcpu->cr4_owned) |
	       (vmcs_readl(VMCS_CTRL_CR4_READ_SHADOW) & ~vcpu->cr4_owned);
}

void vtx_set_guest_cr0(struct vtx_vcpu *vcpu, u64 cr0);
void vtx_set_guest_cr4(struct vtx_vcpu *vcpu, u64 cr4);
void vtx_set_guest_efer(struct vtx_vcpu *vcpu, u64 efer);

/**
 * vtx_guest_efer() - the guest's EFER
 * @vcpu: the vCPU, loaded
 *
 * Return: EFER.
 */
static inline u64 vtx_guest_efer(const struct vtx_vcpu *vcpu)
{
	return vmcs_read64(VMCS_GUEST_IA32_EFER);
}

/**
 * vtx_guest_cpl() - current privilege level
 * @vcpu: the vCPU, loaded
 *
 * Return: the DPL of SS, which is the CPL in every mode (SDM 3C "Guest Register
 * State").
 */
static inline unsigned int vtx_guest_cpl(const struct vtx_vcpu *vcpu)
{
	return FIELD_GET(VTX_AR_DPL, vmcs_read32(VMCS_GUEST_SS_ACCESS_RIGHTS));
}

/**
 * vtx_guest_64bit() - is the guest in 64-bit mode?
 * @vcpu: the vCPU, loaded
 *
 * Return: true if EFER.LMA and CS.L are set.
 */
static inline bool vtx_guest_64bit(const struct vtx_vcpu *vcpu)
{
	return (vtx_guest_efer(vcpu) & EFER_LMA) &&
	       (vmcs_read32(VMCS_GUEST_CS_ACCESS_RIGHTS) & VTX_AR_L);
}

void vtx_guest_segment(enum vtx_segment which, struct vtx_vmx_segment *segment);
void vtx_set_guest_segment(enum vtx_segment which,
			   const struct vtx_vmx_segment *segment);
/**
 * vtx_guest_cpuid_state() - the registers that a guest's CPUID depends on
 * @vcpu: the vCPU, loaded
 *
 * Return: what they hold.
 */
static inline struct vtx_cpuid_state
vtx_guest_cpuid_state(const struct vtx_vcpu *vcpu)
{
	return (struct vtx_cpuid_state){
		.cr4		= vtx_guest_cr4(vcpu),
		.xcr0		= vcpu->xcr0,
		.xss		= vcpu->msrs.value[VTX_MSR_SLOT_XSS],
		.apic_base	= vcpu->msrs.value[VTX_MSR_SLOT_APIC_BASE],
		.apic_id	= vcpu->id,
	};
}

void vtx_cr_state(struct vtx_vcpu *vcpu, struct vtx_cr_state *state);
bool vtx_pdptes_valid(const struct vtx_cr_limits *limits, const u64 *pdpte);
void vtx_write_pdptes(const u64 *pdpte);
int vtx_load_pdptes(struct vtx_vcpu *vcpu, u64 cr3);

#endif /* VTX_ARCH_X86_VCPU_H */
