/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MSRs of a virtual CPU: one row per MSR, or per run of them.
 *
 * Columns: name, first index, how many, where the value is, what the guest may
 * do, the rule for what is written, an argument, the CPUID feature that brings
 * the MSR, what the caller has to do, flags.  In ascending order of the index.
 *
 *   where   KEPT      in struct vtx_msrs
 *           LOADED    there too, and in the hardware's MSR while the vCPU is on
 *                     a CPU; the caller loads only what the host's CPU has
 *           VMCS      in the VMCS field that is the argument
 *           CONST     nowhere: it always reads as the argument
 *           CALLER    with the caller
 *   guest   RW; RO: writes are #GP; WO: reads are #GP; RI: writes are ignored
 *
 * User space may read and write whatever the guest's CPUID says, and may write
 * what the guest may only read, by the same rule; a CONST only as it is.
 *
 *   flags   L  in KVM_GET_MSR_INDEX_LIST, if the feature is offered
 *           F  in KVM_GET_MSR_FEATURE_INDEX_LIST
 *           P  the guest may have the hardware's, if its CPUID has the feature
 *
 * An MSR without a row is #GP.
 */
#ifndef VTX_ARCH_X86_MSR_TABLE_H
#define VTX_ARCH_X86_MSR_TABLE_H

/* What Linux, Windows, SeaBIOS and OVMF look at, and what clients save. */
#define VTX_MSRS(X)							\
	X(P5_MC, 0x0, 2, CONST, RO, ANY, 0, ALWAYS, NOTHING, 0)		\
	X(TSC, 0x10, 1, CALLER, RW, ANY, 0, ALWAYS, TSC, L)		\
	/* The numbers that kvmclock's MSRs first had. */		\
	X(KVM_WALL_CLOCK, 0x11, 1, CALLER, RW, ANY, 0, KVM_CLOCKSOURCE,	\
	  PVCLOCK, L)							\
	X(KVM_SYSTEM_TIME, 0x12, 1, CALLER, RW, ANY, 0, KVM_CLOCKSOURCE, \
	  PVCLOCK, L)							\
	X(PLATFORM_ID, 0x17, 1, CONST, RO, ANY, 0, ALWAYS, NOTHING, 0)	\
	X(APIC_BASE, 0x1b, 1, KEPT, RW, APIC_BASE, 0, ALWAYS, APIC_BASE, 0) \
	X(EBL_CR_POWERON, 0x2a, 1, CONST, RI, ANY, 0, ALWAYS, NOTHING, 0) \
	/* A P4's clock: 100 MHz to whoever asks. */			\
	X(EBC_FREQUENCY_ID, 0x2c, 1, CONST, RO, ANY, 1 << 24, ALWAYS,	\
	  NOTHING, 0)							\
	X(SMI_COUNT, 0x34, 1, CONST, RO, ANY, 0, ALWAYS, NOTHING, 0)	\
	/* The firmware locked it with all off, as VMX and SGX are. */	\
	X(FEATURE_CONTROL, 0x3a, 1, KEPT, RW, FEATURE_CONTROL, 0, ALWAYS, \
	  NOTHING, 0)							\
	X(TSC_ADJUST, 0x3b, 1, KEPT, RW, ANY, 0, TSC_ADJUST, TSC_ADJUST, L) \
	X(SPEC_CTRL, 0x48, 1, LOADED, RW, SPEC_CTRL, 0, SPEC_CTRL,	\
	  NOTHING, L | P)						\
	X(PRED_CMD, 0x49, 1, CALLER, WO, MASK, BIT(0), SPEC_CTRL, IBPB, 0) \
	X(BIOS_UPDT_TRIG, 0x79, 1, CALLER, WO, ANY, 0, ALWAYS, NOTHING, 0) \
	/* Linux writes 0 before it reads. */				\
	X(BIOS_SIGN_ID, 0x8b, 1, KEPT, RI, ANY, 0, ALWAYS, NOTHING, L | F) \
	X(PLATFORM_INFO, 0xce, 1, KEPT, RO, ANY, 0, ALWAYS, NOTHING, L)	\
	/* WC, fixed ranges, eight variable ones. */			\
	X(MTRRCAP, 0xfe, 1, CONST, RO, ANY, 0x508, MTRR, NOTHING, 0)	\
	X(ARCH_CAPABILITIES, 0x10a, 1, KEPT, RO, ANY, 0,		\
	  ARCH_CAPABILITIES, NOTHING, L | F)				\
	/* Old Windows looks whether the L2 cache is on. */		\
	X(BBL_CR_CTL3, 0x11e, 1, CONST, RI, ANY, 0xbe702111, ALWAYS,	\
	  NOTHING, 0)							\
	/* Linux reads it to know that it is there, and writes 0 back. */ \
	X(MISC_FEATURES_ENABLES, 0x140, 1, KEPT, RW, MASK, 0, ALWAYS,	\
	  NOTHING, 0)							\
	X(SYSENTER_CS, 0x174, 1, VMCS, RW, LOW32,			\
	  VMCS_GUEST_IA32_SYSENTER_CS, SEP, NOTHING, L | P)		\
	X(SYSENTER_ESP, 0x175, 1, VMCS, RW, CANONICAL,			\
	  VMCS_GUEST_IA32_SYSENTER_ESP, SEP, NOTHING, L | P)		\
	X(SYSENTER_EIP, 0x176, 1, VMCS, RW, CANONICAL,			\
	  VMCS_GUEST_IA32_SYSENTER_EIP, SEP, NOTHING, L | P)		\
	/* KVM_X86_SETUP_MCE sets it. */				\
	X(MCG_CAP, 0x179, 1, KEPT, RO, SAME, 0, MCA, NOTHING, 0)	\
	X(MCG_STATUS, 0x17a, 1, KEPT, RW, MASK, 0xf, MCA, NOTHING, L)	\
	X(MCG_CTL, 0x17b, 1, KEPT, RW, MCG_CTL, 0, MCA, NOTHING, L)	\
	/* A multiplier and a clock that lead to no frequency change. */ \
	X(PERF_STATUS, 0x198, 1, CONST, RO, ANY, 0x40000003e8ULL, ALWAYS, \
	  NOTHING, 0)							\
	X(PERF_CTL, 0x199, 1, CONST, RI, ANY, 0, ALWAYS, NOTHING, 0)	\
	X(MISC_ENABLE, 0x1a0, 1, KEPT, RW, MISC_ENABLE, 0, ALWAYS,	\
	  NOTHING, L)							\
	X(DEBUGCTL, 0x1d9, 1, VMCS, RW, DEBUGCTL, VMCS_GUEST_IA32_DEBUGCTL, \
	  ALWAYS, NOTHING, L)						\
	X(LASTBRANCH, 0x1db, 4, CONST, RO, ANY, 0, ALWAYS, NOTHING, 0)	\
	/* Energy is the host's business; KVM keeps it, too. */		\
	X(POWER_CTL, 0x1fc, 1, KEPT, RW, ANY, 0, ALWAYS, NOTHING, L)	\
	X(MTRR_PHYS, 0x200, 16, KEPT, RW, MTRR_PHYS, 0, MTRR, NOTHING, L) \
	X(MTRR_FIX64K, 0x250, 1, KEPT, RW, MTRR_FIX, 0, MTRR, NOTHING, L) \
	X(MTRR_FIX16K, 0x258, 2, KEPT, RW, MTRR_FIX, 0, MTRR, NOTHING, L) \
	X(MTRR_FIX4K, 0x268, 8, KEPT, RW, MTRR_FIX, 0, MTRR, NOTHING, L) \
	X(PAT, 0x277, 1, VMCS, RW, PAT, VMCS_GUEST_IA32_PAT, PAT, NOTHING, \
	  L | P)							\
	X(MTRR_DEF_TYPE, 0x2ff, 1, KEPT, RW, MTRR_DEF_TYPE, 0, MTRR,	\
	  NOTHING, L)							\
	X(PERF_CAPABILITIES, 0x345, 1, CONST, RO, ANY, 0, PDCM, NOTHING, 0) \
	/* 32 banks of CTL, STATUS, ADDR, MISC; as many as MCG_CAP says. */ \
	X(MC, 0x400, 128, KEPT, RW, MC_BANK, 0, MCA, NOTHING, 0)	\
	/* Power and energy that are never used. */			\
	X(RAPL_POWER_UNIT, 0x606, 1, CONST, RO, ANY, 0, ALWAYS, NOTHING, 0) \
	X(PKG_ENERGY, 0x611, 1, CONST, RO, ANY, 0, ALWAYS, NOTHING, 0)	\
	X(DRAM_ENERGY, 0x619, 1, CONST, RO, ANY, 0, ALWAYS, NOTHING, 0)	\
	X(PP0_ENERGY, 0x639, 1, CONST, RO, ANY, 0, ALWAYS, NOTHING, 0)	\
	X(PP1_ENERGY, 0x641, 1, CONST, RO, ANY, 0, ALWAYS, NOTHING, 0)	\
	/* There also if CPUID does not say so, as with KVM. */		\
	X(TSC_DEADLINE, 0x6e0, 1, CALLER, RW, ANY, 0, ALWAYS,		\
	  TSC_DEADLINE, L)						\
	X(X2APIC, 0x800, 256, CALLER, RW, X2APIC, 0, X2APIC, X2APIC, 0)	\
	/* No supervisor state components yet. */			\
	X(XSS, 0xda0, 1, KEPT, RW, MASK, 0, XSAVES, NOTHING, L)		\
	X(KVM_WALL_CLOCK_NEW, 0x4b564d00, 1, CALLER, RW, ANY, 0,	\
	  KVM_CLOCKSOURCE2, PVCLOCK, L)					\
	X(KVM_SYSTEM_TIME_NEW, 0x4b564d01, 1, CALLER, RW, ANY, 0,	\
	  KVM_CLOCKSOURCE2, PVCLOCK, L)					\
	/* Bits 5:1 are reserved, bit 0 enables it. */			\
	X(KVM_STEAL_TIME, 0x4b564d03, 1, KEPT, RW, MASK, ~0x3eULL,	\
	  KVM_STEAL_TIME, STEAL, L)					\
	/* Aligned to 4 bytes, but for bit 0, which enables it. */	\
	X(KVM_PV_EOI_EN, 0x4b564d04, 1, KEPT, RW, MASK, ~0x2ULL,	\
	  KVM_PV_EOI, PV_EOI, L)					\
	/* Whether the host is to look before the vCPU sleeps. */	\
	X(KVM_POLL_CONTROL, 0x4b564d05, 1, KEPT, RW, MASK, BIT(0),	\
	  KVM_POLL_CONTROL, NOTHING, L)					\
	/* vtx_efer_write() has the rules. */				\
	X(EFER, 0xc0000080, 1, CALLER, RW, ANY, 0, ALWAYS, EFER, 0)	\
	X(STAR, 0xc0000081, 1, LOADED, RW, ANY, 0, LM, NOTHING, L | P)	\
	X(LSTAR, 0xc0000082, 1, LOADED, RW, CANONICAL, 0, LM, NOTHING,	\
	  L | P)							\
	/* Intel's CPUs have it and never use it. */			\
	X(CSTAR, 0xc0000083, 1, KEPT, RW, CANONICAL, 0, LM, NOTHING, L)	\
	X(FMASK, 0xc0000084, 1, LOADED, RW, MASK, U32_MAX, LM, NOTHING,	\
	  L | P)							\
	X(FS_BASE, 0xc0000100, 1, VMCS, RW, CANONICAL, VMCS_GUEST_FS_BASE, \
	  LM, NOTHING, P)						\
	X(GS_BASE, 0xc0000101, 1, VMCS, RW, CANONICAL, VMCS_GUEST_GS_BASE, \
	  LM, NOTHING, P)						\
	X(KERNEL_GS_BASE, 0xc0000102, 1, LOADED, RW, CANONICAL, 0, LM,	\
	  NOTHING, L | P)						\
	X(TSC_AUX, 0xc0000103, 1, LOADED, RW, MASK, U32_MAX, RDTSCP,	\
	  NOTHING, L | P)						\
	/* Linux on what says it is AMD's. */				\
	X(K7_HWCR, 0xc0010015, 1, KEPT, RW, HWCR, 0, ALWAYS, NOTHING, 0)

/* What the host's IA32_ARCH_CAPABILITIES may say to a guest: bit, name. */
#define VTX_ARCH_CAPABILITIES(X)	\
	X(0, RDCL_NO)			\
	X(1, IBRS_ALL)			\
	X(2, RSBA)			\
	X(3, SKIP_L1DFL_VMENTRY)	\
	X(4, SSB_NO)			\
	X(5, MDS_NO)			\
	X(6, IF_PSCHANGE_MC_NO)		\
	X(8, TAA_NO)			\
	X(13, SBDR_SSDP_NO)		\
	X(14, FBSDP_NO)			\
	X(15, PSDP_NO)			\
	X(17, FB_CLEAR)			\
	X(19, RRSBA)			\
	X(20, BHI_NO)			\
	X(24, PBRSB_NO)			\
	X(26, GDS_NO)			\
	X(27, RFDS_NO)			\
	X(28, RFDS_CLEAR)		\
	X(62, ITS_NO)

/* How many values struct vtx_msrs has for each MSR of a row. */
#define VTX_MSR_ROOM_KEPT	1
#define VTX_MSR_ROOM_LOADED	1
#define VTX_MSR_ROOM_VMCS	0
#define VTX_MSR_ROOM_CONST	0
#define VTX_MSR_ROOM_CALLER	0

/**
 * enum vtx_msr_slot - the values of struct vtx_msrs, by name of the row
 * @VTX_MSR_SLOTS: how many there are
 *
 * A row of several MSRs has that many from its slot on.
 */
enum vtx_msr_slot {
#define VTX_MSR_SLOT_ENUM(name, first, count, where, ...)		\
	VTX_MSR_SLOT_##name,						\
	VTX_MSR_SLOT_LAST_##name = VTX_MSR_SLOT_##name +		\
				   (count) * VTX_MSR_ROOM_##where - 1,
	VTX_MSRS(VTX_MSR_SLOT_ENUM)
#undef VTX_MSR_SLOT_ENUM
	VTX_MSR_SLOTS
};

#endif /* VTX_ARCH_X86_MSR_TABLE_H */
