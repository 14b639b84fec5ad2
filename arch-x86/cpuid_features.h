/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vtx makes of the CPUID instruction: one row per leaf, one per bit.
 *
 * A row of VTX_CPUID_FEATURES names a bit (leaf, subleaf, register, bit, name),
 * says what KVM_GET_SUPPORTED_CPUID makes of it, and what else it takes:
 *
 *   HOST     offered if the host's CPU has it: the guest uses it as it is
 *   ALWAYS   offered on any host: vtx does it
 *   HIDDEN   never offered
 *   DYNAMIC  not offered; a guest's CPUID shows what its registers say
 *
 * A bit without a row is never offered: what is new is hidden until somebody
 * has thought about it.  A HIDDEN row only says that somebody has.
 */
#ifndef VTX_ARCH_X86_CPUID_FEATURES_H
#define VTX_ARCH_X86_CPUID_FEATURES_H

/*
 * What an offer may hang on besides the host's CPUID.
 *
 * XSAVE, YMM and ZMM are the state components of XCR0 that vtx can switch, the
 * others are VMX controls and devices, which whoever fills in struct
 * vtx_cpuid_host knows of.
 */
#define VTX_CPUID_NEEDS(X)						\
	X(NONE)								\
	X(XSAVE)	/* XSAVE, with x87 and SSE state */		\
	X(YMM)		/* AVX state */					\
	X(ZMM)		/* all of the AVX-512 state */			\
	X(RDTSCP)	/* VMX control "enable RDTSCP" */		\
	X(INVPCID)	/* VMX control "enable INVPCID" */		\
	X(XSAVES)	/* VMX control "enable XSAVES/XRSTORS" */	\
	X(X2APIC)	/* a local APIC in the kernel */		\
	X(TSC_DEADLINE)	/* a local APIC in the kernel */		\
	X(RUN_DELAY)	/* Linux's account of who waits for a CPU */

/*
 * The leaves, in ascending order: what fills them besides the bits below.
 * A leaf that the host's CPU does not have is left out; one without a row
 * reads as zeroes.
 *
 *   MAX       the highest basic leaf, the vendor
 *   VERSION   family, model, stepping, CLFLUSH line size
 *   HOST      all as on the host
 *   BITS      nothing but the bits below
 *   CACHES    a subleaf per cache, each shared by nobody
 *   FLAGS     as many subleaves as the host has and we know
 *   TOPOLOGY  no levels: user space says how the vCPUs are laid out
 *   XSAVE     a subleaf per state component
 *   SIGNATURE what KVM guests look for
 *   EXT_MAX   the highest extended leaf
 *   ADDRESS   address widths
 *
 * The PMU (0xa), SGX (0x12) and Processor Trace (0x14) have zeroes because
 * their features are hidden.  The TSC and crystal (0x15) and the frequencies
 * (0x16) have zeroes because Linux takes the crystal for the frequency of its
 * local APIC timer, and the nominal frequency for that of the TSC, instead of
 * measuring: a user space that knows both sets them.
 */
#define VTX_CPUID_LEAVES(X)	\
	X(0x00, MAX)		\
	X(0x01, VERSION)	\
	X(0x02, HOST)		\
	X(0x03, BITS)		\
	X(0x04, CACHES)		\
	X(0x05, BITS)		\
	X(0x06, BITS)		\
	X(0x07, FLAGS)		\
	X(0x08, BITS)		\
	X(0x09, BITS)		\
	X(0x0a, BITS)		\
	X(0x0b, TOPOLOGY)	\
	X(0x0c, BITS)		\
	X(0x0d, XSAVE)		\
	X(0x0e, BITS)		\
	X(0x0f, BITS)		\
	X(0x10, BITS)		\
	X(0x11, BITS)		\
	X(0x12, BITS)		\
	X(0x13, BITS)		\
	X(0x14, BITS)		\
	X(0x15, BITS)		\
	X(0x16, BITS)		\
	X(0x17, BITS)		\
	X(0x18, BITS)		\
	X(0x19, BITS)		\
	X(0x1a, BITS)		\
	X(0x1b, BITS)		\
	X(0x1c, BITS)		\
	X(0x1d, BITS)		\
	X(0x1e, BITS)		\
	X(0x1f, TOPOLOGY)	\
	X(0x40000000, SIGNATURE)	\
	X(0x40000001, BITS)	\
	X(0x80000000, EXT_MAX)	\
	X(0x80000001, BITS)	\
	X(0x80000002, HOST)	\
	X(0x80000003, HOST)	\
	X(0x80000004, HOST)	\
	X(0x80000005, BITS)	\
	X(0x80000006, HOST)	\
	X(0x80000007, BITS)	\
	X(0x80000008, ADDRESS)

/* Leaf, subleaf, register, bit, name, policy, need. */
#define VTX_CPUID_FEATURES(X)						\
	X(1, 0, ECX,  0, SSE3, HOST, NONE)				\
	X(1, 0, ECX,  1, PCLMULQDQ, HOST, NONE)				\
	X(1, 0, ECX,  2, DTES64, HIDDEN, NONE)				\
	X(1, 0, ECX,  3, MONITOR, HIDDEN, NONE)				\
	X(1, 0, ECX,  4, DS_CPL, HIDDEN, NONE)				\
	X(1, 0, ECX,  5, VMX, HIDDEN, NONE)				\
	X(1, 0, ECX,  6, SMX, HIDDEN, NONE)				\
	X(1, 0, ECX,  7, EIST, HIDDEN, NONE)				\
	X(1, 0, ECX,  8, TM2, HIDDEN, NONE)				\
	X(1, 0, ECX,  9, SSSE3, HOST, NONE)				\
	X(1, 0, ECX, 10, CNXT_ID, HIDDEN, NONE)				\
	X(1, 0, ECX, 11, SDBG, HIDDEN, NONE)				\
	X(1, 0, ECX, 12, FMA, HOST, YMM)				\
	X(1, 0, ECX, 13, CMPXCHG16B, HOST, NONE)			\
	X(1, 0, ECX, 14, XTPR, HIDDEN, NONE)				\
	X(1, 0, ECX, 15, PDCM, HIDDEN, NONE)				\
	X(1, 0, ECX, 17, PCID, HOST, NONE)				\
	X(1, 0, ECX, 18, DCA, HIDDEN, NONE)				\
	X(1, 0, ECX, 19, SSE4_1, HOST, NONE)				\
	X(1, 0, ECX, 20, SSE4_2, HOST, NONE)				\
	X(1, 0, ECX, 21, X2APIC, ALWAYS, X2APIC)			\
	X(1, 0, ECX, 22, MOVBE, HOST, NONE)				\
	X(1, 0, ECX, 23, POPCNT, HOST, NONE)				\
	X(1, 0, ECX, 24, TSC_DEADLINE, ALWAYS, TSC_DEADLINE)		\
	X(1, 0, ECX, 25, AESNI, HOST, NONE)				\
	X(1, 0, ECX, 26, XSAVE, HOST, XSAVE)				\
	X(1, 0, ECX, 27, OSXSAVE, DYNAMIC, NONE)			\
	X(1, 0, ECX, 28, AVX, HOST, YMM)				\
	X(1, 0, ECX, 29, F16C, HOST, YMM)				\
	X(1, 0, ECX, 30, RDRAND, HOST, NONE)				\
	X(1, 0, ECX, 31, HYPERVISOR, ALWAYS, NONE)			\
	X(1, 0, EDX,  0, FPU, HOST, NONE)				\
	X(1, 0, EDX,  1, VME, HOST, NONE)				\
	X(1, 0, EDX,  2, DE, HOST, NONE)				\
	X(1, 0, EDX,  3, PSE, HOST, NONE)				\
	X(1, 0, EDX,  4, TSC, HOST, NONE)				\
	X(1, 0, EDX,  5, MSR, HOST, NONE)				\
	X(1, 0, EDX,  6, PAE, HOST, NONE)				\
	X(1, 0, EDX,  7, MCE, ALWAYS, NONE)				\
	X(1, 0, EDX,  8, CMPXCHG8B, HOST, NONE)				\
	/* Follows IA32_APIC_BASE in a guest; user space may have the APIC. */ \
	X(1, 0, EDX,  9, APIC, ALWAYS, NONE)				\
	X(1, 0, EDX, 11, SEP, HOST, NONE)				\
	X(1, 0, EDX, 12, MTRR, ALWAYS, NONE)				\
	X(1, 0, EDX, 13, PGE, HOST, NONE)				\
	X(1, 0, EDX, 14, MCA, ALWAYS, NONE)				\
	X(1, 0, EDX, 15, CMOV, HOST, NONE)				\
	X(1, 0, EDX, 16, PAT, HOST, NONE)				\
	X(1, 0, EDX, 17, PSE36, HOST, NONE)				\
	X(1, 0, EDX, 18, PSN, HIDDEN, NONE)				\
	X(1, 0, EDX, 19, CLFSH, HOST, NONE)				\
	X(1, 0, EDX, 21, DS, HIDDEN, NONE)				\
	X(1, 0, EDX, 22, ACPI, HIDDEN, NONE)				\
	X(1, 0, EDX, 23, MMX, HOST, NONE)				\
	X(1, 0, EDX, 24, FXSR, HOST, NONE)				\
	X(1, 0, EDX, 25, SSE, HOST, NONE)				\
	X(1, 0, EDX, 26, SSE2, HOST, NONE)				\
	X(1, 0, EDX, 27, SS, HOST, NONE)				\
	/* How many vCPUs share a package is for user space to say. */	\
	X(1, 0, EDX, 28, HTT, HIDDEN, NONE)				\
	X(1, 0, EDX, 29, TM, HIDDEN, NONE)				\
	X(1, 0, EDX, 31, PBE, HIDDEN, NONE)				\
	/* The timer of our APIC never stops. */			\
	X(6, 0, EAX,  2, ARAT, ALWAYS, NONE)				\
	X(7, 0, EBX,  0, FSGSBASE, HOST, NONE)				\
	X(7, 0, EBX,  1, TSC_ADJUST, ALWAYS, NONE)			\
	X(7, 0, EBX,  2, SGX, HIDDEN, NONE)				\
	X(7, 0, EBX,  3, BMI1, HOST, NONE)				\
	X(7, 0, EBX,  4, HLE, HOST, NONE)				\
	X(7, 0, EBX,  5, AVX2, HOST, YMM)				\
	X(7, 0, EBX,  6, FDP_EXCPTN_ONLY, HOST, NONE)			\
	X(7, 0, EBX,  7, SMEP, HOST, NONE)				\
	X(7, 0, EBX,  8, BMI2, HOST, NONE)				\
	X(7, 0, EBX,  9, ERMS, HOST, NONE)				\
	X(7, 0, EBX, 10, INVPCID, HOST, INVPCID)			\
	X(7, 0, EBX, 11, RTM, HOST, NONE)				\
	X(7, 0, EBX, 12, RDT_M, HIDDEN, NONE)				\
	X(7, 0, EBX, 13, ZERO_FCS_FDS, HOST, NONE)			\
	X(7, 0, EBX, 14, MPX, HIDDEN, NONE)				\
	X(7, 0, EBX, 15, RDT_A, HIDDEN, NONE)				\
	X(7, 0, EBX, 16, AVX512F, HOST, ZMM)				\
	X(7, 0, EBX, 17, AVX512DQ, HOST, ZMM)				\
	X(7, 0, EBX, 18, RDSEED, HOST, NONE)				\
	X(7, 0, EBX, 19, ADX, HOST, NONE)				\
	X(7, 0, EBX, 20, SMAP, HOST, NONE)				\
	X(7, 0, EBX, 21, AVX512_IFMA, HOST, ZMM)			\
	X(7, 0, EBX, 23, CLFLUSHOPT, HOST, NONE)			\
	X(7, 0, EBX, 24, CLWB, HOST, NONE)				\
	X(7, 0, EBX, 25, INTEL_PT, HIDDEN, NONE)			\
	X(7, 0, EBX, 26, AVX512PF, HOST, ZMM)				\
	X(7, 0, EBX, 27, AVX512ER, HOST, ZMM)				\
	X(7, 0, EBX, 28, AVX512CD, HOST, ZMM)				\
	X(7, 0, EBX, 29, SHA, HOST, NONE)				\
	X(7, 0, EBX, 30, AVX512BW, HOST, ZMM)				\
	X(7, 0, EBX, 31, AVX512VL, HOST, ZMM)				\
	X(7, 0, ECX,  1, AVX512_VBMI, HOST, ZMM)			\
	X(7, 0, ECX,  2, UMIP, HOST, NONE)				\
	/* Linux switches PKRU apart from XSAVE, and so would vtx have to. */ \
	X(7, 0, ECX,  3, PKU, HIDDEN, NONE)				\
	X(7, 0, ECX,  4, OSPKE, HIDDEN, NONE)				\
	X(7, 0, ECX,  5, WAITPKG, HIDDEN, NONE)				\
	X(7, 0, ECX,  6, AVX512_VBMI2, HOST, ZMM)			\
	X(7, 0, ECX,  7, CET_SS, HIDDEN, NONE)				\
	X(7, 0, ECX,  8, GFNI, HOST, NONE)				\
	X(7, 0, ECX,  9, VAES, HOST, YMM)				\
	X(7, 0, ECX, 10, VPCLMULQDQ, HOST, YMM)				\
	X(7, 0, ECX, 11, AVX512_VNNI, HOST, ZMM)			\
	X(7, 0, ECX, 12, AVX512_BITALG, HOST, ZMM)			\
	X(7, 0, ECX, 13, TME_EN, HIDDEN, NONE)				\
	X(7, 0, ECX, 14, AVX512_VPOPCNTDQ, HOST, ZMM)			\
	X(7, 0, ECX, 16, LA57, HIDDEN, NONE)				\
	/* #UD in a guest without the control, just as RDTSCP. */	\
	X(7, 0, ECX, 22, RDPID, HOST, RDTSCP)				\
	X(7, 0, ECX, 23, KL, HIDDEN, NONE)				\
	X(7, 0, ECX, 24, BUS_LOCK_DETECT, HIDDEN, NONE)			\
	X(7, 0, ECX, 25, CLDEMOTE, HOST, NONE)				\
	X(7, 0, ECX, 27, MOVDIRI, HOST, NONE)				\
	X(7, 0, ECX, 28, MOVDIR64B, HOST, NONE)				\
	X(7, 0, ECX, 29, ENQCMD, HIDDEN, NONE)				\
	X(7, 0, ECX, 30, SGX_LC, HIDDEN, NONE)				\
	X(7, 0, ECX, 31, PKS, HIDDEN, NONE)				\
	X(7, 0, EDX,  1, SGX_KEYS, HIDDEN, NONE)			\
	X(7, 0, EDX,  2, AVX512_4VNNIW, HOST, ZMM)			\
	X(7, 0, EDX,  3, AVX512_4FMAPS, HOST, ZMM)			\
	X(7, 0, EDX,  4, FSRM, HOST, NONE)				\
	X(7, 0, EDX,  5, UINTR, HIDDEN, NONE)				\
	X(7, 0, EDX,  8, AVX512_VP2INTERSECT, HOST, ZMM)		\
	X(7, 0, EDX,  9, SRBDS_CTRL, HIDDEN, NONE)			\
	X(7, 0, EDX, 10, MD_CLEAR, HOST, NONE)				\
	X(7, 0, EDX, 11, RTM_ALWAYS_ABORT, HIDDEN, NONE)		\
	X(7, 0, EDX, 13, RTM_FORCE_ABORT, HIDDEN, NONE)			\
	X(7, 0, EDX, 14, SERIALIZE, HOST, NONE)				\
	X(7, 0, EDX, 15, HYBRID, HIDDEN, NONE)				\
	X(7, 0, EDX, 16, TSXLDTRK, HOST, NONE)				\
	X(7, 0, EDX, 18, PCONFIG, HIDDEN, NONE)				\
	X(7, 0, EDX, 19, ARCH_LBR, HIDDEN, NONE)			\
	X(7, 0, EDX, 20, CET_IBT, HIDDEN, NONE)				\
	X(7, 0, EDX, 22, AMX_BF16, HIDDEN, NONE)			\
	X(7, 0, EDX, 23, AVX512_FP16, HOST, ZMM)			\
	X(7, 0, EDX, 24, AMX_TILE, HIDDEN, NONE)			\
	X(7, 0, EDX, 25, AMX_INT8, HIDDEN, NONE)			\
	X(7, 0, EDX, 26, SPEC_CTRL, HOST, NONE)				\
	X(7, 0, EDX, 27, STIBP, HOST, NONE)				\
	X(7, 0, EDX, 28, L1D_FLUSH, HIDDEN, NONE)			\
	X(7, 0, EDX, 29, ARCH_CAPABILITIES, ALWAYS, NONE)		\
	X(7, 0, EDX, 30, CORE_CAPABILITIES, HIDDEN, NONE)		\
	X(7, 0, EDX, 31, SSBD, HOST, NONE)				\
	X(7, 1, EAX,  0, SHA512, HOST, YMM)				\
	X(7, 1, EAX,  1, SM3, HOST, YMM)				\
	X(7, 1, EAX,  2, SM4, HOST, YMM)				\
	X(7, 1, EAX,  4, AVX_VNNI, HOST, YMM)				\
	X(7, 1, EAX,  5, AVX512_BF16, HOST, ZMM)			\
	X(7, 1, EAX,  7, CMPCCXADD, HOST, NONE)				\
	X(7, 1, EAX, 10, FZRM, HOST, NONE)				\
	X(7, 1, EAX, 11, FSRS, HOST, NONE)				\
	X(7, 1, EAX, 12, FSRC, HOST, NONE)				\
	X(7, 1, EAX, 17, FRED, HIDDEN, NONE)				\
	X(7, 1, EAX, 18, LKGS, HIDDEN, NONE)				\
	X(7, 1, EAX, 19, WRMSRNS, HIDDEN, NONE)				\
	X(7, 1, EAX, 21, AMX_FP16, HIDDEN, NONE)			\
	X(7, 1, EAX, 22, HRESET, HIDDEN, NONE)				\
	X(7, 1, EAX, 23, AVX_IFMA, HOST, YMM)				\
	X(7, 1, EAX, 26, LAM, HIDDEN, NONE)				\
	X(7, 1, EDX,  4, AVX_VNNI_INT8, HOST, YMM)			\
	X(7, 1, EDX,  5, AVX_NE_CONVERT, HOST, YMM)			\
	X(7, 1, EDX,  8, AMX_COMPLEX, HIDDEN, NONE)			\
	X(7, 1, EDX, 10, AVX_VNNI_INT16, HOST, YMM)			\
	X(7, 1, EDX, 14, PREFETCHI, HOST, NONE)				\
	X(7, 1, EDX, 18, CET_SSS, HIDDEN, NONE)				\
	X(7, 1, EDX, 19, AVX10, HIDDEN, NONE)				\
	X(7, 2, EDX,  0, PSFD, HOST, NONE)				\
	X(7, 2, EDX,  1, IPRED_CTRL, HOST, NONE)			\
	X(7, 2, EDX,  2, RRSBA_CTRL, HOST, NONE)			\
	X(7, 2, EDX,  3, DDPD_U, HOST, NONE)				\
	X(7, 2, EDX,  4, BHI_CTRL, HOST, NONE)				\
	X(7, 2, EDX,  5, MCDT_NO, HOST, NONE)				\
	X(0xd, 1, EAX, 0, XSAVEOPT, HOST, XSAVE)			\
	X(0xd, 1, EAX, 1, XSAVEC, HOST, XSAVE)				\
	X(0xd, 1, EAX, 2, XGETBV_ECX1, HOST, XSAVE)			\
	X(0xd, 1, EAX, 3, XSAVES, HOST, XSAVES)				\
	X(0xd, 1, EAX, 4, XFD, HIDDEN, NONE)				\
	/* KVM's own leaf: paravirtual features. */			\
	X(0x40000001, 0, EAX,  0, KVM_CLOCKSOURCE, ALWAYS, NONE)	\
	/* A port takes as long as it takes. */				\
	X(0x40000001, 0, EAX,  1, KVM_NOP_IO_DELAY, ALWAYS, NONE)	\
	X(0x40000001, 0, EAX,  3, KVM_CLOCKSOURCE2, ALWAYS, NONE)	\
	X(0x40000001, 0, EAX,  5, KVM_STEAL_TIME, ALWAYS, RUN_DELAY)	\
	X(0x40000001, 0, EAX,  6, KVM_PV_EOI, ALWAYS, NONE)		\
	X(0x40000001, 0, EAX,  7, KVM_PV_UNHALT, ALWAYS, NONE)		\
	X(0x40000001, 0, EAX,  9, KVM_PV_TLB_FLUSH, ALWAYS, RUN_DELAY)	\
	X(0x40000001, 0, EAX, 11, KVM_PV_SEND_IPI, ALWAYS, NONE)	\
	X(0x40000001, 0, EAX, 12, KVM_POLL_CONTROL, ALWAYS, NONE)	\
	X(0x40000001, 0, EAX, 13, KVM_PV_SCHED_YIELD, ALWAYS, NONE)	\
	X(0x40000001, 0, EAX, 24, KVM_CLOCKSOURCE_STABLE, ALWAYS, NONE)	\
	X(0x80000001, 0, ECX,  0, LAHF_LM, HOST, NONE)			\
	X(0x80000001, 0, ECX,  5, LZCNT, HOST, NONE)			\
	X(0x80000001, 0, ECX,  8, PREFETCHW, HOST, NONE)		\
	X(0x80000001, 0, EDX, 11, SYSCALL, HOST, NONE)			\
	X(0x80000001, 0, EDX, 20, NX, HOST, NONE)			\
	X(0x80000001, 0, EDX, 26, PAGE1GB, HOST, NONE)			\
	X(0x80000001, 0, EDX, 27, RDTSCP, HOST, RDTSCP)			\
	X(0x80000001, 0, EDX, 29, LM, HOST, NONE)			\
	X(0x80000007, 0, EDX,  8, INVARIANT_TSC, HOST, NONE)		\
	/* WBINVD exits, and so would this. */				\
	X(0x80000008, 0, EBX,  9, WBNOINVD, HIDDEN, NONE)

/**
 * enum vtx_cpuid_need - the rows of VTX_CPUID_NEEDS, and their number
 * @VTX_CPUID_NR_NEEDS: how many there are
 */
enum vtx_cpuid_need {
#define VTX_CPUID_NEED_ENUM(name)	VTX_CPUID_NEED_##name,
	VTX_CPUID_NEEDS(VTX_CPUID_NEED_ENUM)
#undef VTX_CPUID_NEED_ENUM
	VTX_CPUID_NR_NEEDS
};

/**
 * enum vtx_cpuid_feature - the rows of VTX_CPUID_FEATURES, and their number
 * @VTX_CPUID_NR_FEATURES: how many there are
 */
enum vtx_cpuid_feature {
#define VTX_CPUID_ENUM(leaf, subleaf, reg, bit, name, ...) VTX_CPUID_##name,
	VTX_CPUID_FEATURES(VTX_CPUID_ENUM)
#undef VTX_CPUID_ENUM
	VTX_CPUID_NR_FEATURES
};

#endif /* VTX_ARCH_X86_CPUID_FEATURES_H */
