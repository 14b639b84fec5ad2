/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vtx wants of a CPU's VMX: one row per control or capability bit.
 *
 * A row names the bit (in the SDM's words, which is also what a refusal
 * prints), the word it lives in, and how vtx treats it:
 *
 *   REQUIRED  set for every guest; a CPU that cannot set it is refused
 *   OPTIONAL  set if the CPU can, unless the user said to do without
 *   CLEARED   clear for every guest; a CPU that forces it to 1 is refused
 *   TOGGLED   starts clear, flipped while a guest runs; a CPU that does not
 *             allow both settings is refused
 *   MAYBE     starts clear, flipped while a guest runs where the CPU allows it
 *
 * The last column names the row without which this one is of no use (or would
 * make VM entry fail: SDM 3C "VM-Execution Control Fields" under "Checks on
 * VMX Controls").  A bit without a row keeps the CPU's default.
 */
#ifndef VTX_ARCH_X86_VMX_FEATURES_H
#define VTX_ARCH_X86_VMX_FEATURES_H

#include <linux/bits.h>

#define VTX_FEATURES(X)								\
	/* primary processor-based VM-execution controls */			\
	X(PROC, 31, ACTIVATE_SECONDARY, REQUIRED, NONE,				\
	  "activate secondary controls")					\
	X(PROC,  2, INTR_WINDOW_EXITING, TOGGLED, NONE,				\
	  "interrupt-window exiting")						\
	X(PROC,  3, TSC_OFFSETTING, REQUIRED, NONE, "use TSC offsetting")	\
	X(PROC,  7, HLT_EXITING, REQUIRED, NONE, "HLT exiting")			\
	X(PROC,  9, INVLPG_EXITING, CLEARED, NONE, "INVLPG exiting")		\
	X(PROC, 10, MWAIT_EXITING, REQUIRED, NONE, "MWAIT exiting")		\
	X(PROC, 11, RDPMC_EXITING, REQUIRED, NONE, "RDPMC exiting")		\
	X(PROC, 12, RDTSC_EXITING, CLEARED, NONE, "RDTSC exiting")		\
	X(PROC, 15, CR3_LOAD_EXITING, CLEARED, NONE, "CR3-load exiting")	\
	X(PROC, 16, CR3_STORE_EXITING, CLEARED, NONE, "CR3-store exiting")	\
	X(PROC, 19, CR8_LOAD_EXITING, MAYBE, NONE, "CR8-load exiting")		\
	X(PROC, 20, CR8_STORE_EXITING, MAYBE, NONE, "CR8-store exiting")	\
	X(PROC, 21, TPR_SHADOW, MAYBE, NONE, "use TPR shadow")		\
	X(PROC, 22, NMI_WINDOW_EXITING, TOGGLED, VIRTUAL_NMIS,			\
	  "NMI-window exiting")							\
	X(PROC, 23, MOV_DR_EXITING, TOGGLED, NONE, "MOV-DR exiting")		\
	X(PROC, 24, UNCOND_IO_EXITING, REQUIRED, NONE,				\
	  "unconditional I/O exiting")						\
	X(PROC, 27, MONITOR_TRAP_FLAG, MAYBE, NONE, "monitor trap flag")	\
	X(PROC, 28, MSR_BITMAPS, REQUIRED, NONE, "use MSR bitmaps")		\
	X(PROC, 29, MONITOR_EXITING, REQUIRED, NONE, "MONITOR exiting")		\
	/* secondary processor-based VM-execution controls */			\
	X(PROC2,  1, EPT, REQUIRED, ACTIVATE_SECONDARY, "enable EPT")		\
	X(PROC2,  7, UNRESTRICTED_GUEST, REQUIRED, EPT, "unrestricted guest")	\
	X(PROC2,  0, VIRT_APIC_ACCESSES, MAYBE, TPR_SHADOW,			\
	  "virtualize APIC accesses")						\
	X(PROC2,  3, RDTSCP, MAYBE, ACTIVATE_SECONDARY, "enable RDTSCP")	\
	X(PROC2,  4, VIRT_X2APIC, MAYBE, TPR_SHADOW, "virtualize x2APIC mode")	\
	X(PROC2,  5, VPID, OPTIONAL, INVVPID, "enable VPID")			\
	X(PROC2,  6, WBINVD_EXITING, OPTIONAL, ACTIVATE_SECONDARY,		\
	  "WBINVD exiting")							\
	X(PROC2,  8, APIC_REGISTER_VIRT, MAYBE, TPR_SHADOW,			\
	  "APIC-register virtualization")					\
	X(PROC2,  9, VIRT_INTR_DELIVERY, MAYBE, APIC_REGISTER_VIRT,		\
	  "virtual-interrupt delivery")						\
	X(PROC2, 10, PAUSE_LOOP_EXITING, OPTIONAL, ACTIVATE_SECONDARY,		\
	  "PAUSE-loop exiting")							\
	X(PROC2, 12, INVPCID, MAYBE, ACTIVATE_SECONDARY, "enable INVPCID")	\
	X(PROC2, 15, ENCLS_EXITING, OPTIONAL, ACTIVATE_SECONDARY,		\
	  "enable ENCLS exiting")						\
	X(PROC2, 17, PML, MAYBE, EPT_ACCESSED_DIRTY, "enable PML")		\
	X(PROC2, 20, XSAVES, MAYBE, ACTIVATE_SECONDARY,			\
	  "enable XSAVES/XRSTORS")						\
	X(PROC2, 25, TSC_SCALING, MAYBE, TSC_OFFSETTING, "use TSC scaling")	\
	/* pin-based VM-execution controls */					\
	X(PIN,  0, EXT_INTR_EXITING, REQUIRED, NONE,				\
	  "external-interrupt exiting")						\
	X(PIN,  3, NMI_EXITING, REQUIRED, NONE, "NMI exiting")			\
	X(PIN,  5, VIRTUAL_NMIS, REQUIRED, NMI_EXITING, "virtual NMIs")		\
	X(PIN,  6, PREEMPTION_TIMER, MAYBE, NONE,				\
	  "activate VMX-preemption timer")					\
	X(PIN,  7, POSTED_INTERRUPTS, MAYBE, VIRT_INTR_DELIVERY,		\
	  "process posted interrupts")						\
	/* VM-exit controls */							\
	X(EXIT,  2, SAVE_DEBUG_CONTROLS, REQUIRED, NONE,			\
	  "save debug controls")						\
	X(EXIT,  9, HOST_ADDRESS_SPACE_SIZE, REQUIRED, NONE,			\
	  "host address-space size")						\
	X(EXIT, 15, ACK_INTR_ON_EXIT, MAYBE, NONE,				\
	  "acknowledge interrupt on exit")					\
	X(EXIT, 18, SAVE_PAT, REQUIRED, NONE, "save IA32_PAT")			\
	X(EXIT, 19, EXIT_LOAD_PAT, REQUIRED, NONE, "load IA32_PAT")		\
	X(EXIT, 20, SAVE_EFER, REQUIRED, NONE, "save IA32_EFER")		\
	X(EXIT, 21, EXIT_LOAD_EFER, REQUIRED, NONE, "load IA32_EFER")		\
	/* VM-entry controls */							\
	X(ENTRY,  2, LOAD_DEBUG_CONTROLS, REQUIRED, NONE,			\
	  "load debug controls")						\
	X(ENTRY,  9, IA32E_MODE_GUEST, TOGGLED, NONE, "IA-32e mode guest")	\
	X(ENTRY, 14, ENTRY_LOAD_PAT, REQUIRED, NONE, "load IA32_PAT")		\
	X(ENTRY, 15, ENTRY_LOAD_EFER, REQUIRED, NONE, "load IA32_EFER")		\
	/* EPT and VPID capabilities */						\
	X(EPT_VPID,  6, EPT_WALK_4, REQUIRED, EPT, "EPT page-walk length 4")	\
	X(EPT_VPID, 14, EPT_WRITE_BACK, REQUIRED, EPT,				\
	  "EPT paging structures in write-back memory")				\
	X(EPT_VPID, 16, EPT_2M, OPTIONAL, EPT, "EPT 2-MByte pages")		\
	X(EPT_VPID, 17, EPT_1G, OPTIONAL, EPT, "EPT 1-GByte pages")		\
	X(EPT_VPID, 20, INVEPT, REQUIRED, EPT, "INVEPT instruction")		\
	X(EPT_VPID, 21, EPT_ACCESSED_DIRTY, OPTIONAL, EPT,			\
	  "accessed and dirty flags for EPT")					\
	X(EPT_VPID, 25, INVEPT_SINGLE, OPTIONAL, INVEPT,			\
	  "single-context INVEPT")						\
	X(EPT_VPID, 26, INVEPT_ALL, REQUIRED, INVEPT, "all-context INVEPT")	\
	X(EPT_VPID, 32, INVVPID, OPTIONAL, INVVPID_ALL, "INVVPID instruction")	\
	X(EPT_VPID, 41, INVVPID_SINGLE, OPTIONAL, INVVPID,			\
	  "single-context INVVPID")						\
	X(EPT_VPID, 42, INVVPID_ALL, OPTIONAL, NONE, "all-context INVVPID")

/* The words that hold the bits, in the order of the table above. */
#define VTX_FEATURE_WORDS(X)						\
	X(PROC,		"primary processor-based controls")		\
	X(PROC2,	"secondary processor-based controls")		\
	X(PIN,		"pin-based controls")				\
	X(EXIT,		"VM-exit controls")				\
	X(ENTRY,	"VM-entry controls")				\
	X(EPT_VPID,	"EPT and VPID capabilities")

/**
 * enum vtx_feature_word - the words of VTX_FEATURE_WORDS, and their number
 * @VTX_WORDS: how many there are
 */
enum vtx_feature_word {
#define VTX_WORD_ENUM(word, name)	VTX_WORD_##word,
	VTX_FEATURE_WORDS(VTX_WORD_ENUM)
#undef VTX_WORD_ENUM
	VTX_WORDS
};

/**
 * enum vtx_feature - the rows of VTX_FEATURES, and their number
 * @VTX_F_NONE: no feature; what a row that needs nothing names
 * @VTX_NR_FEATURES: one more than the last row
 */
enum vtx_feature {
	VTX_F_NONE,
#define VTX_FEATURE_ENUM(word, bit, token, policy, needs, name)	VTX_F_##token,
	VTX_FEATURES(VTX_FEATURE_ENUM)
#undef VTX_FEATURE_ENUM
	VTX_NR_FEATURES
};

/**
 * enum vtx_feature_bit - where in its word a row of VTX_FEATURES lives
 *
 * Used through VTX_CONTROL().
 */
enum vtx_feature_bit {
#define VTX_FEATURE_BIT(word, bit, token, policy, needs, name)	\
	VTX_BIT_##token = (bit),
	VTX_FEATURES(VTX_FEATURE_BIT)
#undef VTX_FEATURE_BIT
};

/* The mask of a control, by the token of its row. */
#define VTX_CONTROL(token)	BIT(VTX_BIT_##token)

#endif /* VTX_ARCH_X86_VMX_FEATURES_H */
