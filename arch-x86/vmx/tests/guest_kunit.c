// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small guests on the real CPU: what comes out of them, and what is left of the
 * host afterwards.
 */
#include "module/compat.h"

#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <asm/apic.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/nmi.h>

#include "arch-x86/vmx/check.h"
#include "arch-x86/vmx/entry.h"
#include "arch-x86/vmx/percpu.h"
#include "arch-x86/vmx/tests/machine.h"

/* Instructions that are the same in every mode. */
#define CPUID	0x0f, 0xa2
#define HLT	0xf4
#define VMCALL	0x0f, 0x01, 0xc1
#define RDMSR	0x0f, 0x32
#define SELF	0xeb, 0xfe	/* jmp to itself */

#define EXPECT_RUN(test, guest, NAME)					\
	KUNIT_EXPECT_EQ(test, guest_run(guest), (long)VTX_EXIT_##NAME)

static void instructions_exit(struct kunit *test)
{
	struct guest *guest = test->priv;

	GUEST_CODE_BYTES(guest, HLT);
	EXPECT_RUN(test, guest, HLT);
	KUNIT_EXPECT_TRUE(test, guest->vmcs.launched);
	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	KUNIT_EXPECT_EQ(test, vtx_exit_insn_length(&guest->exit), 1);
	KUNIT_EXPECT_EQ(test, vmcs_readl(VMCS_GUEST_RIP), GUEST_CODE);
	guest_end(guest);

	GUEST_CODE_BYTES(guest, CPUID);
	EXPECT_RUN(test, guest, CPUID);
	GUEST_CODE_BYTES(guest, VMCALL);
	EXPECT_RUN(test, guest, VMCALL);
}

static void launch_then_resume(struct kunit *test)
{
	struct guest *guest = test->priv;

	GUEST_CODE_BYTES(guest, CPUID, VMCALL, HLT);
	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	KUNIT_EXPECT_FALSE(test, guest->vmcs.launched);
	KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_EXITED);
	KUNIT_EXPECT_EQ(test, guest->exit.reason, VTX_EXIT_CPUID);
	KUNIT_EXPECT_TRUE(test, guest->vmcs.launched);
	guest_skip(guest);
	KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_EXITED);
	KUNIT_EXPECT_EQ(test, guest->exit.reason, VTX_EXIT_VMCALL);
	guest_skip(guest);
	KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_EXITED);
	KUNIT_EXPECT_EQ(test, guest->exit.reason, VTX_EXIT_HLT);
	guest_end(guest);
}

/* Nothing is mapped where the first instruction would be. */
static void starts_at_reset_vector(struct kunit *test)
{
	struct guest *guest = test->priv;

	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	vtx_vmcs_reset_guest(vtx_percpu_caps());
	KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_EXITED);
	KUNIT_EXPECT_EQ(test, guest->exit.reason, VTX_EXIT_EPT_VIOLATION);
	KUNIT_EXPECT_EQ(test, vtx_exit_gpa(&guest->exit), 0xfffffff0ULL);
	guest_end(guest);
}

/* Real mode: BX = 2 * BX through memory at DS:0x3000. */
static void real_mode_runs(struct kunit *test)
{
	struct guest *guest = test->priv;

	GUEST_CODE_BYTES(guest, 0x89, 0x1e, 0x00, 0x30,	/* mov %bx, 0x3000 */
			 0x03, 0x1e, 0x00, 0x30,	/* add 0x3000, %bx */
			 HLT);
	guest->context.regs.gpr[VTX_RBX] = 0x1234;
	EXPECT_RUN(test, guest, HLT);
	KUNIT_EXPECT_EQ(test, guest->context.regs.gpr[VTX_RBX], 0x2468ULL);
	KUNIT_EXPECT_EQ(test, *(u16 *)(guest->memory + 0x3000), 0x1234);
}

static void protected_mode_runs(struct kunit *test)
{
	struct guest *guest = test->priv;

	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	guest_protected_mode(guest);
	guest_end(guest);
	GUEST_CODE_BYTES(guest, 0xb8, 0x78, 0x56, 0x34, 0x12,	/* mov eax */
			 HLT);
	EXPECT_RUN(test, guest, HLT);
	KUNIT_EXPECT_EQ(test, guest->context.regs.gpr[VTX_RAX], 0x12345678ULL);
}

/* "not" of every register but RSP, in long mode. */
static void registers_switched(struct kunit *test)
{
	struct guest *guest = test->priv;
	u8 code[3 * VTX_NR_GPRS + 1];
	size_t size = 0;
	int i;

	for (i = 0; i < VTX_NR_GPRS; i++) {
		guest->context.regs.gpr[i] = 0x1111111122222222ULL * (i + 1);
		if (i == VTX_RSP)
			continue;
		code[size++] = i < VTX_R8 ? 0x48 : 0x49;
		code[size++] = 0xf7;
		code[size++] = 0xd0 | (i & 7);
	}
	code[size++] = 0xf4;
	guest_code(guest, code, size);

	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	guest_long_mode(guest);
	guest_end(guest);
	EXPECT_RUN(test, guest, HLT);
	for (i = 0; i < VTX_NR_GPRS; i++)
		KUNIT_EXPECT_EQ_MSG(test, guest->context.regs.gpr[i],
				    i == VTX_RSP ?
				    0x1111111122222222ULL * (i + 1) :
				    ~(0x1111111122222222ULL * (i + 1)),
				    "register %d", i);
}

/* What a C function may clobber holds nothing of the guest's afterwards. */
static void registers_cleared(struct kunit *test)
{
	struct guest *guest = test->priv;
	unsigned long rax, rcx, rdx, rsi, rdi, high;
	int i;

	GUEST_CODE_BYTES(guest, HLT);
	EXPECT_RUN(test, guest, HLT);
	for (i = 0; i < VTX_NR_GPRS; i++)
		guest->context.regs.gpr[i] = ~0UL;

	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	local_irq_disable();
	rdi = (unsigned long)&guest->context;
	rsi = VTX_SWITCH_RESUME;
	asm volatile("call vtx_switch\n\t"
		     "or %%r9, %%r8\n\t"
		     "or %%r10, %%r8\n\t"
		     "or %%r11, %%r8\n\t"
		     "mov %%r8, %%rax"
		     : "=a" (high), "=c" (rcx), "=d" (rdx), "+S" (rsi),
		       "+D" (rdi), ASM_CALL_CONSTRAINT
		     : : "r8", "r9", "r10", "r11", "cc", "memory");
	rax = guest->context.regs.gpr[VTX_RAX];
	local_irq_enable();
	guest_end(guest);

	KUNIT_EXPECT_EQ(test, rax, ~0UL);
	KUNIT_EXPECT_EQ(test, rcx | rdx | rsi | rdi | high, 0UL);
}

static void cr2_switched(struct kunit *test)
{
	struct guest *guest = test->priv;

	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	guest_long_mode(guest);
	guest_end(guest);
	GUEST_CODE_BYTES(guest, 0x0f, 0x20, 0xd0,	/* mov %cr2, %rax */
			 0x48, 0xff, 0xc3,		/* inc %rbx */
			 0x0f, 0x22, 0xd3,		/* mov %rbx, %cr2 */
			 HLT);
	guest->context.cr2 = 0xdeadbeef000;
	guest->context.regs.gpr[VTX_RBX] = 0xabc;
	EXPECT_RUN(test, guest, HLT);
	KUNIT_EXPECT_EQ(test, guest->context.regs.gpr[VTX_RAX],
			0xdeadbeef000ULL);
	KUNIT_EXPECT_EQ(test, guest->context.cr2, 0xabdULL);
}

static void move_to(struct kunit *test, int cpu)
{
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(cpu)),
			0);
}

/* Each CPU adds one; the VMCS goes round. */
static void vmcs_migrates(struct kunit *test)
{
	struct guest *guest = test->priv;
	int cpu, round = 0;

	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU");
	GUEST_CODE_BYTES(guest, 0x40,		/* inc %ax */
			 VMCALL,
			 0xeb, 0xfa);		/* jmp to the start */
	for (; round < 6; round++) {
		cpu = round % 2 ? cpumask_last(cpu_online_mask) :
				  cpumask_first(cpu_online_mask);
		move_to(test, cpu);
		KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
		KUNIT_EXPECT_EQ(test, guest->vmcs.cpu, cpu);
		KUNIT_EXPECT_EQ(test, guest->vmcs.host_cpu, cpu);
		KUNIT_EXPECT_FALSE(test, guest->vmcs.launched);
		KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_EXITED);
		KUNIT_EXPECT_EQ(test, guest->exit.reason, VTX_EXIT_VMCALL);
		guest_skip(guest);
		guest_end(guest);
	}
	KUNIT_EXPECT_EQ(test, guest->context.regs.gpr[VTX_RAX], (u64)round);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

/* As in suspend: what the CPUs held is in memory again when VMX is back. */
static void vmcs_survives_vmx_off(struct kunit *test)
{
	struct guest *guest = test->priv;

	GUEST_CODE_BYTES(guest, VMCALL, HLT);
	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_EXITED);
	guest_skip(guest);
	guest_end(guest);

	machine_vmx(false);
	KUNIT_EXPECT_EQ(test, guest->vmcs.cpu, -1);
	KUNIT_EXPECT_EQ(test, guest_begin(guest), -ESHUTDOWN);
	machine_vmx(true);
	EXPECT_RUN(test, guest, HLT);
}

static void failures_are_reported(struct kunit *test)
{
	struct guest *guest = test->priv;
	unsigned long failures = vtx_vmcs_failures();

	GUEST_CODE_BYTES(guest, HLT);
	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);

	/* VMRESUME of a VMCS that is clear. */
	guest->vmcs.launched = true;
	KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_VMFAIL);
	KUNIT_EXPECT_EQ(test, vtx_entry_error(), 5);
	guest->vmcs.launched = false;
	KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_EXITED);

	/* A field that does not exist. */
	KUNIT_EXPECT_EQ(test, vtx_vmcs_read(0x7ffe), 0ULL);
	vtx_vmcs_write(0x7ffe, 1);
	KUNIT_EXPECT_EQ(test, vtx_vmcs_failures(), failures + 2);
	guest_end(guest);

	/* Not loaded. */
	vtx_vmcs_clear(&guest->vmcs);
	local_irq_disable();
	KUNIT_EXPECT_EQ(test, vtx_enter(&guest->vmcs, &guest->context,
					&guest->host, &guest->exit),
			VTX_ENTRY_NOT_LOADED);
	local_irq_enable();
}

/* The CPU says 33; we say what is wrong. */
static void refusals_are_explained(struct kunit *test)
{
	struct guest *guest = test->priv;
	char why[VTX_ENTRY_WHY_SIZE];

	KUNIT_ASSERT_EQ(test, guest_begin(guest), 0);
	vmcs_writel(VMCS_GUEST_RFLAGS, 0);
	KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_EXITED);
	KUNIT_EXPECT_FALSE(test, guest->vmcs.launched);
	vtx_entry_explain(guest->exit.reason, why, sizeof(why));
	KUNIT_EXPECT_STREQ(test, why,
			   "INVALID_GUEST_STATE; GUEST_RFLAGS is 0x0, but should be: reserved bits 0, and bit 1 1");

	vmcs_writel(VMCS_HOST_IA32_SYSENTER_EIP, BIT_ULL(60));
	vmcs_writel(VMCS_GUEST_RFLAGS, 2);
	KUNIT_EXPECT_EQ(test, guest_enter(guest), VTX_ENTRY_VMFAIL);
	vtx_entry_explain(0, why, sizeof(why));
	KUNIT_EXPECT_STREQ(test, why,
			   "error 8, VM entry with invalid host-state fields; HOST_IA32_SYSENTER_EIP is 0x1000000000000000, but should be: canonical");
	guest_end(guest);
}

static void msr_bitmap_works(struct kunit *test)
{
	struct guest *guest = test->priv;

	GUEST_CODE_BYTES(guest, RDMSR, HLT);
	guest->context.regs.gpr[VTX_RCX] = MSR_IA32_SYSENTER_EIP;
	EXPECT_RUN(test, guest, RDMSR);
	vtx_msr_bitmap_allow(&guest->bitmap, MSR_IA32_SYSENTER_EIP,
			     VTX_MSR_READ);
	EXPECT_RUN(test, guest, HLT);
}

static void host_state_returns(struct kunit *test)
{
	struct guest *guest = test->priv;
	struct desc_ptr before, after;
	unsigned long dr7;

	native_store_gdt(&before);
	GUEST_CODE_BYTES(guest, HLT);
	EXPECT_RUN(test, guest, HLT);
	native_store_gdt(&after);
	get_debugreg(dr7, 7);
	KUNIT_EXPECT_EQ(test, before.size, after.size);
	KUNIT_EXPECT_EQ(test, before.address, after.address);
	KUNIT_EXPECT_EQ(test, dr7, 0x400UL);
}

struct nmi_sender {
	struct work_struct	work;
	int			target;
};

static atomic_t nmis_seen;

static int count_nmi(unsigned int type, struct pt_regs *regs)
{
	atomic_inc(&nmis_seen);
	return NMI_HANDLED;
}

static void send_nmi(struct work_struct *work)
{
	struct nmi_sender *sender = container_of(work, struct nmi_sender, work);

	mdelay(2);
	apic->send_IPI(sender->target, NMI_VECTOR);
}

/* Twice: the first one's handler must have unblocked NMIs. */
static void nmis_reach_the_host(struct kunit *test)
{
	struct guest *guest = test->priv;
	struct nmi_sender sender = { };
	int round, sent_from, spins;
	enum vtx_entry entry;
	bool hit;

	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU");
	sent_from = cpumask_last(cpu_online_mask);
	sender.target = cpumask_first(cpu_online_mask);
	move_to(test, sender.target);
	INIT_WORK_ONSTACK(&sender.work, send_nmi);
	KUNIT_ASSERT_EQ(test, register_nmi_handler(NMI_LOCAL, count_nmi, 0,
						   "vtx_kunit"), 0);
	GUEST_CODE_BYTES(guest, SELF);
	atomic_set(&nmis_seen, 0);

	for (round = 1; round <= 2; round++) {
		schedule_work_on(sent_from, &sender.work);
		if (guest_begin(guest)) {
			KUNIT_FAIL(test, "not loaded");
			break;
		}
		hit = false;
		for (spins = 0; spins < 1000 && !hit; spins++) {
			local_irq_disable();
			entry = vtx_enter(&guest->vmcs, &guest->context,
					  &guest->host, &guest->exit);
			vtx_open_interrupt_window(&guest->context);
			local_irq_enable();
			if (entry != VTX_ENTRY_EXITED)
				break;
			hit = vtx_exit_basic(&guest->exit) ==
			      VTX_EXIT_EXCEPTION_NMI;
		}
		guest_end(guest);
		flush_work(&sender.work);
		KUNIT_EXPECT_TRUE_MSG(test, hit, "round %d", round);
		KUNIT_EXPECT_EQ(test, atomic_read(&nmis_seen), round);
	}
	unregister_nmi_handler(NMI_LOCAL, "vtx_kunit");
	destroy_work_on_stack(&sender.work);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

static struct kunit_case guest_cases[] = {
	KUNIT_CASE(instructions_exit),
	KUNIT_CASE(launch_then_resume),
	KUNIT_CASE(starts_at_reset_vector),
	KUNIT_CASE(real_mode_runs),
	KUNIT_CASE(protected_mode_runs),
	KUNIT_CASE(registers_switched),
	KUNIT_CASE(registers_cleared),
	KUNIT_CASE(cr2_switched),
	KUNIT_CASE(vmcs_migrates),
	KUNIT_CASE(vmcs_survives_vmx_off),
	KUNIT_CASE(failures_are_reported),
	KUNIT_CASE(refusals_are_explained),
	KUNIT_CASE(msr_bitmap_works),
	KUNIT_CASE(host_state_returns),
	KUNIT_CASE(nmis_reach_the_host),
	{ }
};

static struct kunit_suite guest_suite = {
	.name		= "vtx_guest",
	.suite_init	= machine_init,
	.suite_exit	= machine_exit,
	.init		= guest_init,
	.exit		= guest_exit_test,
	.test_cases	= guest_cases,
};

kunit_test_suite(guest_suite);
