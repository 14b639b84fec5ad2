// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: every instruction that leads out of a guest, or may, does to the
 * guest what the SDM says, or what the ABI says where the SDM leaves it to the
 * hypervisor.  Task switches and I/O have programs of their own.
 */
#include "lib/event.h"
#include "lib/harness.h"
#include "lib/payload.h"

#define DONE		0x600d		/* of payload/exits.S */
#define KVM_ENOSYS	1000
#define KVM_EPERM	1
#define KVM_PRIVILEGED	(__u32)-KVM_EPERM

#define MODE		MODE_LONG
#define CR0_START	(X86_CR0_PE | X86_CR0_ET | X86_CR0_NE | X86_CR0_PG)
#define CR4_START	(X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

#define UD		EXCEPTION, 6, 0
#define GP		EXCEPTION, 13, 0
#define DB		EXCEPTION, 1, 0
#define IS(value)	RESULT, value, 0

/**
 * struct row - an instruction and what comes of it
 * @payload: exit_<this>, see payload/exits.S
 * @ring: where it is executed
 * @cr4: more bits of CR4
 * @what: what is expected
 * @value: likewise
 * @error: likewise
 */
struct row {
	const char	*payload;
	int		ring;
	__u64		cr4;
	enum happening	what;
	__u32		value;
	__u32		error;
};

static struct guest guest;
static struct vcpu vcpu;

static void begin(void)
{
	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
}

static void start(const struct row *row)
{
	struct kvm_debugregs debugregs = { .dr6 = 0xffff0ff0, .dr7 = 0x400 };
	struct kvm_sregs sregs;
	char name[48];

	snprintf(name, sizeof(name), "exit_%s", row->payload);
	vcpu_start(&vcpu, name, MODE, row->ring);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.cr4 |= row->cr4;
	sregs.cr8 = 0;
	vcpu_set_sregs(&vcpu, &sregs);
	vcpu_set_debugregs(&vcpu, &debugregs);
}

static void try(struct __test_metadata *_metadata, const struct row *row)
{
	struct event event;

	start(row);
	vcpu_wait(&vcpu, MODE, &event);
	EXPECT_EQ(row->what, event.what)
		TH_LOG("%s, ring %d: %s", row->payload, row->ring,
		       event_text(&event));
	EXPECT_EQ(row->value, event.value)
		TH_LOG("%s, ring %d: %s", row->payload, row->ring,
		       event_text(&event));
	if (event.what != EXCEPTION)
		return;
	EXPECT_EQ(row->error, event.error)
		TH_LOG("%s, ring %d: %s", row->payload, row->ring,
		       event_text(&event));
	/* All of these are faults: RIP is that of the instruction. */
	EXPECT_EQ(vcpu_reg(&vcpu, rbp), event.rip)
		TH_LOG("%s, ring %d", row->payload, row->ring);
}

static void try_all(struct __test_metadata *_metadata, const struct row *rows,
		    unsigned int count)
{
	unsigned int i;

	begin();
	for (i = 0; i < count; i++)
		try(_metadata, &rows[i]);
}

#define ROWS(...)							\
	static const struct row rows[] = { __VA_ARGS__ };		\
	try_all(_metadata, rows, ARRAY_SIZE(rows))

VTX_TEST(instructions)
{
	ROWS({ "invd", 0, 0, IS(DONE) },
	     { "invd", 3, 0, GP },
	     { "wbinvd", 0, 0, IS(DONE) },
	     { "wbinvd", 3, 0, GP },
	     { "pause", 0, 0, IS(DONE) },
	     { "pause", 3, 0, IS(DONE) },
	     { "hlt", 0, 0, EXIT, KVM_EXIT_HLT, 0 },
	     { "hlt", 3, 0, GP },
	     { "rdpmc", 0, 0, GP },
	     { "rdpmc", 3, 0, GP },
	     { "monitor", 0, 0, IS(DONE) },
	     { "mwait", 0, 0, IS(DONE) },
	     { "invlpg", 0, 0, IS(DONE) },
	     { "invlpg", 3, 0, GP },
	     { "rdtsc", 0, 0, IS(0) },
	     { "rdtsc", 3, 0, IS(0) },
	     { "rdtsc", 0, X86_CR4_TSD, IS(0) },
	     { "rdtscp", 0, 0, IS(0) },
	     { "rdtscp", 3, 0, IS(0) },
	     { "vmcall", 0, 0, IS((__u32)-KVM_ENOSYS) },
	     { "vmcall", 3, 0, IS(KVM_PRIVILEGED) },
	     { "vmmcall", 0, 0, IS((__u32)-KVM_ENOSYS) });
}

/* With CR4.TSD the instruction before the last faults already. */
VTX_TEST(time_stamp_disable)
{
	static const char *const names[] = { "rdtsc", "rdtscp" };
	struct event event;
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		start(&(struct row){ names[i], 3, X86_CR4_TSD, GP });
		vcpu_must_happen(&vcpu, MODE, EXCEPTION, 13, &event);
		EXPECT_EQ(0, event.error);
	}
}

/* HLT: the vCPU goes on behind it when it is run again. */
VTX_TEST(hlt_resumes)
{
	begin();
	start(&(struct row){ "hlt", 0, 0, IS(DONE) });
	vcpu_must_happen(&vcpu, MODE, EXIT, KVM_EXIT_HLT, NULL);
	EXPECT_EQ(vcpu_reg(&vcpu, rbp) + 1, vcpu_reg(&vcpu, rip));
	EXPECT_EQ(DONE, vcpu_result(&vcpu, MODE));
}

VTX_TEST(cpuid_tells_what_is_supported)
{
	struct cpuid_list cpuid;
	struct kvm_regs regs;

	begin();
	cpuid_supported(&guest, &cpuid);
	start(&(struct row){ "cpuid", 0, 0, IS(0) });
	EXPECT_EQ(cpuid_find(&cpuid, 0, 0)->eax, vcpu_result(&vcpu, MODE));
	vcpu_get_regs(&vcpu, &regs);
	EXPECT_EQ(cpuid_find(&cpuid, 0, 0)->ebx, regs.rbx);
	EXPECT_EQ(cpuid_find(&cpuid, 0, 0)->ecx, regs.rcx);
	EXPECT_EQ(cpuid_find(&cpuid, 0, 0)->edx, regs.rdx);
}

/* INVPCID is there if CPUID says so; its type is checked. */
VTX_TEST(invpcid)
{
	struct cpuid_list cpuid;

	begin();
	cpuid_supported(&guest, &cpuid);
	if (!(cpuid_find(&cpuid, 7, 0)->ebx & BIT(10)))
		SKIP(return, "no INVPCID");
	try(_metadata, &(struct row){ "invpcid", 0, 0, IS(DONE) });
	try(_metadata, &(struct row){ "invpcid", 3, 0, GP });
	try(_metadata, &(struct row){ "invpcid_type", 0, 0, GP });
}

VTX_TEST(not_for_guests)
{
	ROWS({ "vmclear", 0, 0, UD },
	     { "vmlaunch", 0, 0, UD },
	     { "vmptrld", 0, 0, UD },
	     { "vmptrst", 0, 0, UD },
	     { "vmread", 0, 0, UD },
	     { "vmresume", 0, 0, UD },
	     { "vmwrite", 0, 0, UD },
	     { "vmxoff", 0, 0, UD },
	     { "vmxon", 0, 0, UD },
	     { "invept", 0, 0, UD },
	     { "invvpid", 0, 0, UD },
	     { "vmfunc", 0, 0, UD },
	     { "getsec", 0, 0, UD },
	     { "rsm", 0, 0, UD },
	     { "encls", 0, 0, UD },
	     { "enclu", 3, 0, UD },
	     { "enclv", 0, 0, UD },
	     { "pconfig", 0, 0, UD },
	     { "tpause", 0, 0, UD },
	     { "umwait", 0, 0, UD },
	     { "seamcall", 0, 0, UD },
	     { "tdcall", 0, 0, UD },
	     { "vmlaunch", 3, 0, UD },
	     { "vmread", 3, 0, UD },
	     { "vmxon", 3, 0, UD },
	     { "invept", 3, 0, UD });
}

VTX_TEST(msrs)
{
	ROWS({ "rdmsr_unknown", 0, 0, GP },
	     { "rdmsr_unknown", 3, 0, GP },
	     { "wrmsr_unknown", 0, 0, GP },
	     { "wrmsr_unknown", 3, 0, GP },
	     { "rdmsr_high", 0, 0, GP },
	     { "wrmsr_high", 0, 0, GP },
	     { "rdmsr_efer", 0, 0,
	       IS(X86_EFER_LME | X86_EFER_LMA | X86_EFER_SCE) },
	     { "rdmsr_efer", 3, 0, GP },
	     { "wrmsr_efer_lme", 0, 0, GP },
	     { "wrmsr_efer_reserved", 0, 0, GP },
	     { "wrmsr_noncanonical", 0, 0, GP });
}

VTX_TEST(xsetbv)
{
	ROWS({ "xsetbv", 0, 0, UD },
	     { "xsetbv", 0, X86_CR4_OSXSAVE, IS(DONE) },
	     { "xgetbv", 0, X86_CR4_OSXSAVE, IS(3) },
	     { "xgetbv", 3, X86_CR4_OSXSAVE, IS(3) },
	     { "xsetbv", 3, X86_CR4_OSXSAVE, GP },
	     { "xsetbv_no_x87", 0, X86_CR4_OSXSAVE, GP },
	     { "xsetbv_avx_without_sse", 0, X86_CR4_OSXSAVE, GP },
	     { "xsetbv_reserved", 0, X86_CR4_OSXSAVE, GP },
	     { "xsetbv_index", 0, X86_CR4_OSXSAVE, GP });
}

VTX_TEST(cr0)
{
	ROWS({ "read_cr0", 0, 0, IS(CR0_START) },
	     { "read_cr0", 3, 0, GP },
	     { "set_ts", 0, 0, IS(CR0_START | X86_CR0_TS) },
	     { "clts", 0, 0, IS(CR0_START) },
	     { "lmsw", 0, 0, IS(CR0_START | X86_CR0_MP | X86_CR0_EM |
				 X86_CR0_TS) },
	     { "lmsw", 3, 0, GP },
	     { "lmsw_mem", 0, 0, IS(CR0_START | X86_CR0_TS) },
	     { "smsw", 0, 0, IS(CR0_START) },
	     { "smsw", 3, 0, IS(CR0_START) },
	     { "set_am_wp", 0, 0, IS(CR0_START | X86_CR0_AM | X86_CR0_WP) },
	     { "set_cd", 0, 0, IS(CR0_START | X86_CR0_CD) },
	     { "cr0_nw_without_cd", 0, 0, GP },
	     { "cr0_pg_without_pe", 0, 0, GP },
	     { "cr0_no_pg", 0, 0, GP },
	     { "cr0_high", 0, 0, GP });
}

VTX_TEST(cr3)
{
	ROWS({ "cr3_same", 0, 0, IS(GUEST_PML4) },
	     { "cr3_bits", 0, 0, IS(GUEST_PML4 | X86_CR3_PWT | X86_CR3_PCD) },
	     { "cr3_reserved", 0, 0, GP });
}

VTX_TEST(cr4)
{
	ROWS({ "read_cr4", 0, 0, IS(CR4_START) },
	     { "read_cr4", 3, 0, GP },
	     { "cr4_tsd", 0, 0, IS(CR4_START | X86_CR4_TSD) },
	     { "cr4_pge", 0, 0, IS(CR4_START | X86_CR4_PGE) },
	     { "cr4_osxsave", 0, 0, IS(CR4_START | X86_CR4_OSXSAVE) },
	     { "cr4_no_pae", 0, 0, GP },
	     { "cr4_reserved", 0, 0, GP },
	     { "cr4_high", 0, 0, GP },
	     { "cr4_smxe", 0, 0, GP });
}

VTX_TEST(other_control_registers)
{
	ROWS({ "cr2", 0, 0, IS(0x1234567) },
	     { "cr8", 0, 0, IS(5) },
	     { "cr8", 3, 0, GP },
	     { "cr8_reserved", 0, 0, GP },
	     { "cr8_lower", 0, 0, EXIT, KVM_EXIT_SET_TPR, 0 },
	     { "cr1", 0, 0, UD },
	     { "cr5", 0, 0, UD },
	     { "cr15", 0, 0, UD });
}

/* Without an interrupt controller in the kernel, CR8 is user space's matter. */
VTX_TEST(cr8_is_told)
{
	begin();
	start(&(struct row){ "cr8_lower", 0, 0, IS(3) });
	vcpu_must_happen(&vcpu, MODE, EXIT, KVM_EXIT_SET_TPR, NULL);
	EXPECT_EQ(3, vcpu.run->cr8);
	EXPECT_EQ(3, vcpu_result(&vcpu, MODE));
	EXPECT_EQ(3, vcpu.run->cr8);

	/* And user space may set it. */
	start(&(struct row){ "read_cr0", 0, 0, IS(3) });
	vcpu.run->cr8 = 7;
	vcpu_result(&vcpu, MODE);
	EXPECT_EQ(7, vcpu.run->cr8);
}

VTX_TEST(debug_registers)
{
	ROWS({ "dr0", 0, 0, IS(0x77777) },
	     { "dr5", 3, 0, GP },
	     { "dr3", 0, 0, IS(0x33333) },
	     { "dr6", 0, 0, IS(0xffff0ff0) },
	     { "dr7", 0, 0, IS(0x400) },
	     { "dr7_set", 0, 0, IS(0x700) },
	     { "dr4", 0, 0, IS(0xffff0ff4) },
	     { "dr5", 0, 0, IS(0x400) },
	     { "dr4", 0, X86_CR4_DE, UD },
	     { "dr5", 0, X86_CR4_DE, UD },
	     { "dr6_high", 0, 0, GP },
	     { "dr7_high", 0, 0, GP },
	     { "dr7_gd", 0, 0, DB });
}

VTX_TEST_MAIN
