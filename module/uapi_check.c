// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ABI in numbers: sizes, offsets and ioctl numbers as programs have been
 * compiled with them, and seccomp filters written.  A kernel's header that says
 * something else, now or ever, does not compile.
 *
 * There is no code here.
 */
#include "module/compat.h"

#include <linux/build_bug.h>
#include <linux/kvm.h>
#include <linux/stddef.h>

#include "module/msr_filter_ioctl.h"
#include "arch-x86/vcpu.h"

#define SIZE(type, bytes)						\
	static_assert(sizeof(struct type) == (bytes))
#define AT(type, member, bytes)						\
	static_assert(offsetof(struct type, member) == (bytes))
#define IOCTL(name, number)						\
	static_assert((name) == (number))

/* What user space maps of a vCPU: KVM_GET_VCPU_MMAP_SIZE, and what is where. */
static_assert(VTX_RUN_PAGES * PAGE_SIZE == 12288);
static_assert(VTX_PIO_PAGE == 1);
static_assert(VTX_COALESCED_PAGE == 2);
static_assert(sizeof(struct kvm_run) <= VTX_PIO_PAGE * PAGE_SIZE);
static_assert(KVM_COALESCED_MMIO_MAX == 170);

SIZE(kvm_userspace_memory_region, 32);
AT(kvm_userspace_memory_region, flags, 4);
AT(kvm_userspace_memory_region, guest_phys_addr, 8);
AT(kvm_userspace_memory_region, memory_size, 16);
AT(kvm_userspace_memory_region, userspace_addr, 24);

SIZE(kvm_userspace_memory_region2, 160);
AT(kvm_userspace_memory_region2, flags, 4);
AT(kvm_userspace_memory_region2, guest_phys_addr, 8);
AT(kvm_userspace_memory_region2, memory_size, 16);
AT(kvm_userspace_memory_region2, userspace_addr, 24);

SIZE(kvm_dirty_log, 16);
AT(kvm_dirty_log, dirty_bitmap, 8);

SIZE(kvm_clear_dirty_log, 24);
AT(kvm_clear_dirty_log, num_pages, 4);
AT(kvm_clear_dirty_log, first_page, 8);
AT(kvm_clear_dirty_log, dirty_bitmap, 16);

SIZE(kvm_enable_cap, 104);
AT(kvm_enable_cap, flags, 4);
AT(kvm_enable_cap, args, 8);

SIZE(kvm_ioeventfd, 64);
AT(kvm_ioeventfd, addr, 8);
AT(kvm_ioeventfd, len, 16);
AT(kvm_ioeventfd, fd, 20);
AT(kvm_ioeventfd, flags, 24);

SIZE(kvm_irqfd, 32);
AT(kvm_irqfd, gsi, 4);
AT(kvm_irqfd, flags, 8);
AT(kvm_irqfd, resamplefd, 12);

SIZE(kvm_irq_level, 8);
AT(kvm_irq_level, status, 0);
AT(kvm_irq_level, level, 4);

SIZE(kvm_msi, 32);
AT(kvm_msi, data, 8);
AT(kvm_msi, flags, 12);

AT(kvm_irq_routing, entries, 8);

SIZE(kvm_irq_routing_entry, 48);
AT(kvm_irq_routing_entry, type, 4);
AT(kvm_irq_routing_entry, u.irqchip.pin, 20);
AT(kvm_irq_routing_entry, u.msi.data, 24);

SIZE(kvm_irqchip, 520);
AT(kvm_irqchip, chip, 8);

SIZE(kvm_ioapic_state, 216);
AT(kvm_ioapic_state, ioregsel, 8);
AT(kvm_ioapic_state, irr, 16);
AT(kvm_ioapic_state, redirtbl, 24);

SIZE(kvm_coalesced_mmio_zone, 16);
AT(kvm_coalesced_mmio_zone, size, 8);
AT(kvm_coalesced_mmio_zone, pio, 12);

SIZE(kvm_coalesced_mmio, 24);
AT(kvm_coalesced_mmio, len, 8);
AT(kvm_coalesced_mmio, pio, 12);
AT(kvm_coalesced_mmio, data, 16);

SIZE(kvm_coalesced_mmio_ring, 8);
AT(kvm_coalesced_mmio_ring, last, 4);
AT(kvm_coalesced_mmio_ring, coalesced_mmio, 8);

SIZE(kvm_stats_header, 24);
AT(kvm_stats_header, name_size, 4);
AT(kvm_stats_header, num_desc, 8);
AT(kvm_stats_header, id_offset, 12);
AT(kvm_stats_header, desc_offset, 16);
AT(kvm_stats_header, data_offset, 20);

AT(kvm_stats_desc, exponent, 4);
AT(kvm_stats_desc, size, 6);
AT(kvm_stats_desc, offset, 8);
AT(kvm_stats_desc, bucket_size, 12);
AT(kvm_stats_desc, name, 16);

SIZE(kvm_regs, 144);
AT(kvm_regs, rip, 128);
AT(kvm_regs, rflags, 136);

SIZE(kvm_segment, 24);
AT(kvm_segment, limit, 8);
AT(kvm_segment, selector, 12);
AT(kvm_segment, type, 14);
AT(kvm_segment, unusable, 22);

SIZE(kvm_dtable, 16);
AT(kvm_dtable, limit, 8);

SIZE(kvm_sregs, 312);
AT(kvm_sregs, tr, 144);
AT(kvm_sregs, gdt, 192);
AT(kvm_sregs, cr0, 224);
AT(kvm_sregs, cr8, 256);
AT(kvm_sregs, efer, 264);
AT(kvm_sregs, apic_base, 272);
AT(kvm_sregs, interrupt_bitmap, 280);

SIZE(kvm_fpu, 416);
AT(kvm_fpu, xmm, 152);
AT(kvm_fpu, mxcsr, 408);

SIZE(kvm_pic_state, 16);
AT(kvm_pic_state, init_state, 9);
AT(kvm_pic_state, elcr, 14);

SIZE(kvm_pit_channel_state, 24);
AT(kvm_pit_channel_state, latched_count, 4);
AT(kvm_pit_channel_state, gate, 15);
AT(kvm_pit_channel_state, count_load_time, 16);
SIZE(kvm_pit_state, 72);
SIZE(kvm_pit_state2, 112);
AT(kvm_pit_state2, flags, 72);
SIZE(kvm_pit_config, 64);
SIZE(kvm_reinject_control, 32);

SIZE(kvm_msr_entry, 16);
AT(kvm_msr_entry, data, 8);

AT(kvm_msrs, entries, 8);

AT(kvm_msr_list, indices, 4);

SIZE(kvm_cpuid_entry2, 40);
AT(kvm_cpuid_entry2, flags, 8);
AT(kvm_cpuid_entry2, eax, 12);
AT(kvm_cpuid_entry2, edx, 24);

AT(kvm_cpuid2, entries, 8);

SIZE(kvm_cpuid_entry, 24);

AT(kvm_cpuid, entries, 8);

SIZE(kvm_interrupt, 4);

SIZE(kvm_translation, 24);
AT(kvm_translation, physical_address, 8);
AT(kvm_translation, valid, 16);

SIZE(kvm_device_attr, 24);
AT(kvm_device_attr, group, 4);
AT(kvm_device_attr, attr, 8);
AT(kvm_device_attr, addr, 16);

SIZE(kvm_signal_mask, 4);
AT(kvm_signal_mask, sigset, 4);

SIZE(kvm_mp_state, 4);

SIZE(kvm_guest_debug, 72);
AT(kvm_guest_debug, arch, 8);

SIZE(kvm_debugregs, 128);
AT(kvm_debugregs, dr6, 32);
AT(kvm_debugregs, flags, 48);

SIZE(kvm_vcpu_events, 64);
AT(kvm_vcpu_events, interrupt, 8);
AT(kvm_vcpu_events, nmi, 12);
AT(kvm_vcpu_events, sipi_vector, 16);
AT(kvm_vcpu_events, flags, 20);
AT(kvm_vcpu_events, smi, 24);
AT(kvm_vcpu_events, triple_fault, 28);
AT(kvm_vcpu_events, exception_has_payload, 55);
AT(kvm_vcpu_events, exception_payload, 56);

SIZE(kvm_xsave, 4096);

SIZE(kvm_xcrs, 392);
AT(kvm_xcrs, xcrs, 8);

SIZE(kvm_x86_mce, 64);
AT(kvm_x86_mce, bank, 32);

SIZE(kvm_msr_filter_range, 24);
AT(kvm_msr_filter_range, nmsrs, 4);
AT(kvm_msr_filter_range, base, 8);
AT(kvm_msr_filter_range, bitmap, 16);

SIZE(vtx_compat_msr_filter, 260);
SIZE(kvm_msr_filter, 392);
AT(kvm_msr_filter, ranges, 8);

SIZE(kvm_run, 2352);
AT(kvm_run, request_interrupt_window, 0);
AT(kvm_run, padding1, 2);	/* behind immediate_exit, which has two names */
AT(kvm_run, exit_reason, 8);
AT(kvm_run, ready_for_interrupt_injection, 12);
AT(kvm_run, if_flag, 13);
AT(kvm_run, flags, 14);
AT(kvm_run, cr8, 16);
AT(kvm_run, apic_base, 24);
AT(kvm_run, hw.hardware_exit_reason, 32);
AT(kvm_run, fail_entry.hardware_entry_failure_reason, 32);
AT(kvm_run, fail_entry.cpu, 40);
AT(kvm_run, io.direction, 32);
AT(kvm_run, io.size, 33);
AT(kvm_run, io.port, 34);
AT(kvm_run, io.count, 36);
AT(kvm_run, io.data_offset, 40);
AT(kvm_run, debug.arch, 32);
AT(kvm_run, mmio.phys_addr, 32);
AT(kvm_run, mmio.data, 40);
AT(kvm_run, mmio.len, 48);
AT(kvm_run, mmio.is_write, 52);
AT(kvm_run, hypercall.args, 40);
AT(kvm_run, internal.suberror, 32);
AT(kvm_run, internal.ndata, 36);
AT(kvm_run, internal.data, 40);
AT(kvm_run, emulation_failure.flags, 40);
AT(kvm_run, emulation_failure.insn_size, 48);
AT(kvm_run, emulation_failure.insn_bytes, 49);
AT(kvm_run, eoi.vector, 32);
AT(kvm_run, system_event.ndata, 36);
AT(kvm_run, msr.error, 32);
AT(kvm_run, msr.reason, 40);
AT(kvm_run, msr.index, 44);
AT(kvm_run, msr.data, 48);
AT(kvm_run, kvm_valid_regs, 288);
AT(kvm_run, kvm_dirty_regs, 296);
AT(kvm_run, s, 304);

IOCTL(KVM_GET_API_VERSION, 0xae00);
IOCTL(KVM_CREATE_VM, 0xae01);
IOCTL(KVM_GET_MSR_INDEX_LIST, 0xc004ae02);
IOCTL(KVM_CHECK_EXTENSION, 0xae03);
IOCTL(KVM_GET_VCPU_MMAP_SIZE, 0xae04);
IOCTL(KVM_GET_SUPPORTED_CPUID, 0xc008ae05);
IOCTL(KVM_GET_MSR_FEATURE_INDEX_LIST, 0xc004ae0a);
IOCTL(KVM_X86_GET_MCE_CAP_SUPPORTED, 0x8008ae9d);
IOCTL(KVM_CREATE_VCPU, 0xae41);
IOCTL(KVM_GET_DIRTY_LOG, 0x4010ae42);
IOCTL(KVM_SET_NR_MMU_PAGES, 0xae44);
IOCTL(KVM_SET_USER_MEMORY_REGION, 0x4020ae46);
IOCTL(KVM_SET_USER_MEMORY_REGION2, 0x40a0ae49);
IOCTL(KVM_SET_TSS_ADDR, 0xae47);
IOCTL(KVM_SET_IDENTITY_MAP_ADDR, 0x4008ae48);
IOCTL(KVM_CREATE_PIT, 0xae64);
IOCTL(KVM_GET_PIT, 0xc048ae65);
IOCTL(KVM_SET_PIT, 0x8048ae66);
IOCTL(KVM_REINJECT_CONTROL, 0xae71);
IOCTL(KVM_CREATE_PIT2, 0x4040ae77);
IOCTL(KVM_GET_PIT2, 0x8070ae9f);
IOCTL(KVM_SET_PIT2, 0x4070aea0);
IOCTL(KVM_CREATE_IRQCHIP, 0xae60);
IOCTL(KVM_IRQ_LINE, 0x4008ae61);
IOCTL(KVM_GET_IRQCHIP, 0xc208ae62);
IOCTL(KVM_SET_IRQCHIP, 0x8208ae63);
IOCTL(KVM_IRQ_LINE_STATUS, 0xc008ae67);
IOCTL(KVM_SET_GSI_ROUTING, 0x4008ae6a);
IOCTL(KVM_IRQFD, 0x4020ae76);
IOCTL(KVM_SET_BOOT_CPU_ID, 0xae78);
IOCTL(KVM_SIGNAL_MSI, 0x4020aea5);
IOCTL(KVM_REGISTER_COALESCED_MMIO, 0x4010ae67);
IOCTL(KVM_UNREGISTER_COALESCED_MMIO, 0x4010ae68);
IOCTL(KVM_IOEVENTFD, 0x4040ae79);
IOCTL(KVM_SET_TSC_KHZ, 0xaea2);
IOCTL(KVM_GET_TSC_KHZ, 0xaea3);
IOCTL(KVM_ENABLE_CAP, 0x4068aea3);
IOCTL(KVM_CLEAR_DIRTY_LOG, 0xc018aec0);
IOCTL(KVM_X86_SET_MSR_FILTER, 0x4188aec6);
IOCTL(KVM_GET_STATS_FD, 0xaece);
IOCTL(KVM_RUN, 0xae80);
IOCTL(KVM_GET_REGS, 0x8090ae81);
IOCTL(KVM_SET_REGS, 0x4090ae82);
IOCTL(KVM_GET_SREGS, 0x8138ae83);
IOCTL(KVM_SET_SREGS, 0x4138ae84);
IOCTL(KVM_TRANSLATE, 0xc018ae85);
IOCTL(KVM_INTERRUPT, 0x4004ae86);
IOCTL(KVM_GET_MSRS, 0xc008ae88);
IOCTL(KVM_SET_MSRS, 0x4008ae89);
IOCTL(KVM_SET_CPUID, 0x4008ae8a);
IOCTL(KVM_SET_SIGNAL_MASK, 0x4004ae8b);
IOCTL(KVM_GET_FPU, 0x81a0ae8c);
IOCTL(KVM_SET_FPU, 0x41a0ae8d);
IOCTL(KVM_SET_CPUID2, 0x4008ae90);
IOCTL(KVM_GET_CPUID2, 0xc008ae91);
IOCTL(KVM_GET_MP_STATE, 0x8004ae98);
IOCTL(KVM_SET_MP_STATE, 0x4004ae99);
IOCTL(KVM_NMI, 0xae9a);
IOCTL(KVM_SET_GUEST_DEBUG, 0x4048ae9b);
IOCTL(KVM_X86_SETUP_MCE, 0x4008ae9c);
IOCTL(KVM_X86_SET_MCE, 0x4040ae9e);
IOCTL(KVM_GET_VCPU_EVENTS, 0x8040ae9f);
IOCTL(KVM_SET_VCPU_EVENTS, 0x4040aea0);
IOCTL(KVM_GET_DEBUGREGS, 0x8080aea1);
IOCTL(KVM_SET_DEBUGREGS, 0x4080aea2);
IOCTL(KVM_GET_XSAVE, 0x9000aea4);
IOCTL(KVM_SET_XSAVE, 0x5000aea5);
IOCTL(KVM_GET_XCRS, 0x8188aea6);
IOCTL(KVM_SET_XCRS, 0x4188aea7);
IOCTL(KVM_SET_DEVICE_ATTR, 0x4018aee1);
IOCTL(KVM_GET_DEVICE_ATTR, 0x4018aee2);
IOCTL(KVM_HAS_DEVICE_ATTR, 0x4018aee3);
