// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: an instruction that has met a device before does what it does now,
 * not what it did then.
 *
 * The hypervisor may remember instructions and devices.  So each is executed
 * several times before something is changed: the code, the tables on the way to
 * it or to the operand, the slots, the registers while user space has a read.
 */
#include <stddef.h>

#include "lib/event.h"
#include "lib/harness.h"
#include "lib/payload.h"

/* Linear addresses, mapped by an entry of GUEST_PT each. */
#define CODE		(GUEST_PAGES + 0x1000)
#define OPERAND		(GUEST_PAGES + 0x5100)	/* as in payload/mmio_again.S */
#define CODE_ENTRY	1
#define OPERAND_ENTRY	5

/* Where they lead: the first to memory, the others to no slot. */
#define CODE_GPA	CODE
#define OTHER_CODE_GPA	(GUEST_PAGES + 0x2000)
#define DEVICE		0x500000
#define OTHER_DEVICE	0x600000
#define IN_PAGE		(OPERAND & 0xfff)

/* So often has an instruction been executed that all of it is remembered. */
#define OFTEN		4

#define RAX		0x1122334455667788
#define RBX		(0xdead000000000000 | OPERAND)
#define RBP		0x2122232425262728
#define R14		0x3132333435363738
#define RSP		(GUEST_STACK + GUEST_STACK_TOP - 8)
#define FS_BASE		0x20
#define GS_BASE		0x30
/* What a read is answered. */
#define ANSWER		0xf1e2d3c4b5a69799

static struct guest guest;
static struct vcpu vcpu;

static void map(unsigned int entry, __u64 gpa)
{
	guest_u64(&guest, GUEST_PT)[entry] = gpa | PTE_P | PTE_W | PTE_U;
}

static void set_registers(void)
{
	struct kvm_regs regs;

	vcpu_get_regs(&vcpu, &regs);
	regs.rax = RAX;
	regs.rbx = RBX;
	regs.rcx = 3;
	regs.rdx = -4;
	regs.rbp = RBP;
	regs.rsi = CODE;
	regs.rdi = OPERAND;
	regs.r13 = OPERAND;
	regs.r14 = R14;
	vcpu_set_regs(&vcpu, &regs);
}

static void begin(const char *payload)
{
	struct kvm_sregs sregs;

	guest_create(&guest);
	vcpu_create(&vcpu, &guest, 0);
	vcpu_start(&vcpu, "mmio_again", MODE_LONG, 0);
	vcpu_get_sregs(&vcpu, &sregs);
	sregs.fs.base = FS_BASE;
	sregs.gs.base = GS_BASE;
	vcpu_set_sregs(&vcpu, &sregs);
	map(OPERAND_ENTRY, DEVICE);
	guest_load_at(&guest, payload, CODE_GPA);
	set_registers();
}

static void end(void)
{
	vcpu_destroy(&vcpu);
	guest_destroy(&guest);
}

/* Is the next exit this access?  It is then answered. */
static bool meets(__u64 gpa, unsigned int len, bool is_write, __u64 value)
{
	struct kvm_run *run = vcpu.run;
	__u64 seen = 0;

	if (vcpu_run(&vcpu) != KVM_EXIT_MMIO ||
	    run->mmio.phys_addr != gpa || run->mmio.len != len ||
	    run->mmio.is_write != is_write)
		return false;
	if (!is_write) {
		memcpy(run->mmio.data, &value, sizeof(value));
		return true;
	}
	memcpy(&seen, run->mmio.data, len);
	return seen == value;
}

/* Does the called code come back? */
static bool returns(void)
{
	struct event event;

	vcpu_wait(&vcpu, MODE_LONG, &event);
	return event.what == RESULT;
}

static bool stores(__u64 gpa, unsigned int len, __u64 value)
{
	return meets(gpa, len, true, value) && returns();
}

static bool stores_often(void)
{
	int i;

	for (i = 0; i < OFTEN; i++)
		if (!stores(DEVICE + IN_PAGE, 4, (__u32)RAX))
			return false;
	return true;
}

/* ---- The forms ---- */

#define REG(name)	offsetof(struct kvm_regs, name)

static __u64 reg(size_t offset)
{
	struct kvm_regs regs;

	vcpu_get_regs(&vcpu, &regs);
	return *(__u64 *)((char *)&regs + offset);
}

VTX_TEST(forms)
{
	static const struct {
		const char	*payload;
		int		offset;		/* from the operand */
		unsigned int	len;
		__u64		stored;
		size_t		reg;		/* or what is loaded */
		__u64		loaded;
	} rows[] = {
		{ "again_store1", 0, 1, 0x88 },
		{ "again_store1_high", 0, 1, 0x77 },
		{ "again_store1_rex", 0, 1, 0x28 },
		{ "again_store2", 0, 2, 0x7788 },
		{ "again_store4", 0, 4, 0x55667788 },
		{ "again_store8", 0, 8, RAX },
		{ "again_store_r14", 0, 4, 0x35363738 },
		{ "again_store_rsp", 0, 8, RSP },
		{ "again_store_imm1", 0, 1, 0x5a },
		{ "again_store_imm4", 0, 4, 0x89abcdef },
		{ "again_store_imm8", 0, 8, -2 },
		{ "again_store_index", 20, 4, 0x55667788 },
		{ "again_store_below", -24, 4, 0x55667788 },
		{ "again_store_address32", 0, 4, 0x55667788 },
		{ "again_store_rip", 0, 4, 0x55667788 },
		{ "again_store_rip_imm", 0, 4, 0x12345678 },
		{ "again_store_absolute", 0, 4, 0x55667788 },
		{ "again_store_stack", 0, 4, 0x55667788 },
		{ "again_store_fs", FS_BASE, 4, 0x55667788 },
		{ "again_store_gs", GS_BASE + 4, 4, 0x55667788 },
		{ "again_store_nontemporal", 0, 8, RAX },
		{ "again_load1", 0, 1, 0, REG(rax), 0x1122334455667799 },
		{ "again_load1_high", 0, 1, 0, REG(rax), 0x1122334455669988 },
		{ "again_load2", 0, 2, 0, REG(rax), 0x1122334455669799 },
		{ "again_load4", 0, 4, 0, REG(rax), 0xb5a69799 },
		{ "again_load8", 0, 8, 0, REG(rax), ANSWER },
		{ "again_load_r14", 0, 8, 0, REG(r14), ANSWER },
		{ "again_load_rsp", 0, 8, 0, REG(rbp), ANSWER },
		{ "again_load_absolute", 0, 4, 0, REG(rax), 0xb5a69799 },
		{ "again_load_gs", GS_BASE + 4, 4, 0, REG(rax), 0xb5a69799 },
		{ "again_load_zero_1_2", 0, 1, 0, REG(rax), 0x1122334455660099 },
		{ "again_load_zero_1_4", 0, 1, 0, REG(rax), 0x99 },
		{ "again_load_zero_2_8", 0, 2, 0, REG(rax), 0x9799 },
		{ "again_load_sign_1_2", 0, 1, 0, REG(rax), 0x112233445566ff99 },
		{ "again_load_sign_1_4", 0, 1, 0, REG(rax), 0xffffff99 },
		{ "again_load_sign_2_8", 0, 2, 0, REG(rax), 0xffffffffffff9799 },
		{ "again_load_sign_4_8", 0, 4, 0, REG(rax), 0xffffffffb5a69799 },
	};
	unsigned int i, turn;
	bool is_load;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		is_load = rows[i].reg || rows[i].loaded;
		begin(rows[i].payload);
		for (turn = 0; turn < OFTEN; turn++) {
			EXPECT_TRUE(meets(DEVICE + IN_PAGE + rows[i].offset,
					  rows[i].len, !is_load, is_load ?
					  ANSWER : rows[i].stored))
				TH_LOG("%s", rows[i].payload);
			EXPECT_TRUE(returns())
				TH_LOG("%s", rows[i].payload);
			if (is_load)
				EXPECT_EQ(rows[i].loaded, reg(rows[i].reg))
					TH_LOG("%s", rows[i].payload);
			set_registers();
		}
		end();
	}
}

/* What reads and writes is two accesses each time. */
VTX_TEST(two_accesses)
{
	static const struct {
		const char	*payload;
		__u32		stored;
	} rows[] = {
		{ "again_add", 0x100 + 0x55667788 },
		{ "again_exchange", 0x55667788 },
	};
	unsigned int i, turn;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(rows[i].payload);
		for (turn = 0; turn < OFTEN; turn++) {
			EXPECT_TRUE(meets(DEVICE + IN_PAGE, 4, false, 0x100));
			EXPECT_TRUE(stores(DEVICE + IN_PAGE, 4,
					   rows[i].stored))
				TH_LOG("%s", rows[i].payload);
			set_registers();
		}
		end();
	}
}

/* ---- Code ---- */

#define OTHER_PT	GUEST_FREE
#define OTHER_PD	(GUEST_FREE + 0x1000)
#define OTHER_PDPT	(GUEST_FREE + 0x2000)
#define OTHER_PML4	(GUEST_FREE + 0x3000)

static void copy_table(__u64 to, __u64 from, unsigned int entry, __u64 value)
{
	memcpy(guest_at(&guest, to), guest_at(&guest, from), 4096);
	guest_u64(&guest, to)[entry] = value | PTE_P | PTE_W | PTE_U;
}

static void set_cr3(__u64 cr3)
{
	struct kvm_sregs sregs;

	vcpu_get_sregs(&vcpu, &sregs);
	sregs.cr3 = cr3;
	vcpu_set_sregs(&vcpu, &sregs);
}

/* At the same address there is another instruction now. */
VTX_TEST(other_code)
{
	static const struct {
		const char	*what;
		__u64		table;
		unsigned int	entry;
		__u64		value;
	} rows[] = {
		{ "page", GUEST_PT, CODE_ENTRY, OTHER_CODE_GPA },
		{ "page table", GUEST_PD, GUEST_PAGES >> 21, OTHER_PT },
		{ "page directory", GUEST_PDPT, 0, OTHER_PD },
		{ "page-directory-pointer table", GUEST_PML4, 0, OTHER_PDPT },
	};
	unsigned int i;
	__u64 *entry, old;

	begin("again_store4");
	guest_load_at(&guest, "again_other", OTHER_CODE_GPA);
	copy_table(OTHER_PT, GUEST_PT, CODE_ENTRY, OTHER_CODE_GPA);
	copy_table(OTHER_PD, GUEST_PD, GUEST_PAGES >> 21, OTHER_PT);
	copy_table(OTHER_PDPT, GUEST_PDPT, 0, OTHER_PD);
	copy_table(OTHER_PML4, GUEST_PML4, 0, OTHER_PDPT);

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ASSERT_TRUE(stores_often());
		entry = &guest_u64(&guest, rows[i].table)[rows[i].entry];
		old = *entry;
		*entry = rows[i].value | PTE_P | PTE_W | PTE_U;
		EXPECT_TRUE(stores(DEVICE + IN_PAGE + 4, 4, (__u32)RBX))
			TH_LOG("%s", rows[i].what);
		EXPECT_TRUE(stores(DEVICE + IN_PAGE + 4, 4, (__u32)RBX))
			TH_LOG("%s", rows[i].what);
		*entry = old;
	}

	ASSERT_TRUE(stores_often());
	set_cr3(OTHER_PML4);
	EXPECT_TRUE(stores(DEVICE + IN_PAGE + 4, 4, (__u32)RBX));
	set_cr3(GUEST_PML4);

	ASSERT_TRUE(stores_often());
	guest_load_at(&guest, "again_other", CODE_GPA);
	EXPECT_TRUE(stores(DEVICE + IN_PAGE + 4, 4, (__u32)RBX));
	guest_load_at(&guest, "again_store8", CODE_GPA);
	EXPECT_TRUE(stores(DEVICE + IN_PAGE, 8, RAX));
	end();
}

/* ---- The operand ---- */

VTX_TEST(operand_elsewhere)
{
	__u32 *memory;

	begin("again_store4");
	memory = guest_u32(&guest, GUEST_DATA + IN_PAGE);
	ASSERT_TRUE(stores_often());

	map(OPERAND_ENTRY, OTHER_DEVICE);
	EXPECT_TRUE(stores(OTHER_DEVICE + IN_PAGE, 4, (__u32)RAX));
	map(OPERAND_ENTRY, GUEST_DATA);
	EXPECT_TRUE(returns());
	EXPECT_EQ((__u32)RAX, *memory);
	map(OPERAND_ENTRY, DEVICE);
	EXPECT_TRUE(stores(DEVICE + IN_PAGE, 4, (__u32)RAX));
	end();
}

/* In two pages, of which either may be memory. */
VTX_TEST(operand_in_two_pages)
{
	const __u64 edge = GUEST_PAGES + OPERAND_ENTRY * 0x1000 + 0xffc;
	__u64 *memory;
	int turn;

	begin("again_store8");
	memory = guest_at(&guest, GUEST_DATA);
	map(OPERAND_ENTRY + 1, OTHER_DEVICE);
	vcpu_set_reg(&vcpu, rdi, edge);
	for (turn = 0; turn < OFTEN; turn++) {
		EXPECT_TRUE(meets(DEVICE + 0xffc, 4, true, (__u32)RAX));
		EXPECT_TRUE(stores(OTHER_DEVICE, 4, RAX >> 32));
	}
	map(OPERAND_ENTRY + 1, GUEST_DATA);
	for (turn = 0; turn < OFTEN; turn++) {
		*memory = 0;
		EXPECT_TRUE(stores(DEVICE + 0xffc, 4, (__u32)RAX));
		EXPECT_EQ(RAX >> 32, *memory);
	}
	map(OPERAND_ENTRY, GUEST_DATA);
	map(OPERAND_ENTRY + 1, DEVICE);
	for (turn = 0; turn < OFTEN; turn++) {
		memory[0x1ff] = 0;
		EXPECT_TRUE(stores(DEVICE, 4, RAX >> 32));
		EXPECT_EQ((RAX & 0xffffffff) << 32, memory[0x1ff]);
	}
	end();
}

static void set_slot(__u64 gpa, __u64 size, int flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = 5, .flags = flags, .guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (unsigned long)guest.memory + GUEST_DATA,
	};

	MUST(!ioctl(guest.fd, KVM_SET_USER_MEMORY_REGION, &region));
}

/* A device becomes memory, then ROM, and a device again. */
VTX_TEST(slots)
{
	__u32 *memory;

	begin("again_store4");
	memory = guest_u32(&guest, GUEST_DATA + IN_PAGE);
	ASSERT_TRUE(stores_often());
	*memory = 0;

	set_slot(DEVICE, 0x1000, 0);
	EXPECT_TRUE(returns());
	EXPECT_EQ((__u32)RAX, *memory);
	set_slot(DEVICE, 0, 0);
	*memory = 0;
	ASSERT_TRUE(stores_often());
	EXPECT_EQ(0, *memory);

	set_slot(DEVICE, 0x1000, KVM_MEM_READONLY);
	ASSERT_TRUE(stores_often());
	EXPECT_EQ(0, *memory);
	guest_load_at(&guest, "again_load4", CODE_GPA);
	*memory = 0x77;
	EXPECT_TRUE(returns());
	EXPECT_EQ(0x77, reg(REG(rax)));
	set_slot(DEVICE, 0, 0);
	EXPECT_TRUE(meets(DEVICE + IN_PAGE, 4, false, 0x88));
	EXPECT_TRUE(returns());
	EXPECT_EQ(0x88, reg(REG(rax)));
	end();
}

/* ---- Reads that user space answers ---- */

static bool loads_often(void)
{
	int i;

	for (i = 0; i < OFTEN; i++)
		if (!meets(DEVICE + IN_PAGE, 1, false, ANSWER) || !returns())
			return false;
	return meets(DEVICE + IN_PAGE, 1, false, ANSWER);
}

/* With immediate_exit it is completed, and nothing else runs. */
VTX_TEST(load_completed_at_once)
{
	begin("again_load1");
	ASSERT_TRUE(loads_often());
	EXPECT_EQ(CODE, reg(REG(rip)));
	vcpu_complete(&vcpu);
	EXPECT_EQ((RAX & ~0xffUL) | (ANSWER & 0xff), reg(REG(rax)));
	EXPECT_EQ(CODE + 2, reg(REG(rip)));
	EXPECT_TRUE(returns());
	end();
}

/* What user space writes meanwhile stays, but for what is read. */
VTX_TEST(load_into_other_registers)
{
	if (!device_is_vtx())
		SKIP(return, "KVM takes the registers of before");
	begin("again_load1");
	ASSERT_TRUE(loads_often());
	vcpu_set_reg(&vcpu, rax, 0x100);
	vcpu_set_reg(&vcpu, rdi, 0x200);
	EXPECT_TRUE(returns());
	EXPECT_EQ(0x100 | (ANSWER & 0xff), reg(REG(rax)));
	EXPECT_EQ(0x200, reg(REG(rdi)));
	end();
}

/* A vCPU that is set elsewhere meanwhile goes on there. */
VTX_TEST(load_forgotten)
{
	if (!device_is_vtx())
		SKIP(return, "KVM completes the read all the same");
	begin("again_load1");
	ASSERT_TRUE(loads_often());
	vcpu_set_reg(&vcpu, rax, 0x100);
	vcpu_set_reg(&vcpu, rip, CODE + 2);
	EXPECT_TRUE(returns());
	EXPECT_EQ(0x100, reg(REG(rax)));
	end();
}

/* ---- More than the move is due ---- */

static void set_debug(__u32 control)
{
	struct kvm_guest_debug debug = { .control = control };

	MUST(!ioctl(vcpu.fd, KVM_SET_GUEST_DEBUG, &debug));
}

static bool stops_at(__u64 pc)
{
	return vcpu_run(&vcpu) == KVM_EXIT_DEBUG &&
	       vcpu.run->debug.arch.pc == pc;
}

/* User space steps over it. */
VTX_TEST(step)
{
	static const char *const payloads[] = { "again_store1", "again_load1" };
	unsigned int i, steps;

	if (!device_is_vtx())
		SKIP(return, "KVM traps otherwise");
	for (i = 0; i < ARRAY_SIZE(payloads); i++) {
		begin(payloads[i]);
		for (steps = 0; steps < OFTEN; steps++) {
			EXPECT_TRUE(meets(DEVICE + IN_PAGE, 1, !i, 0x88));
			EXPECT_TRUE(returns());
		}
		set_debug(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP);
		for (steps = 0; steps < 10 && !stops_at(CODE); steps++)
			;
		EXPECT_GT(10, steps);
		EXPECT_TRUE(meets(DEVICE + IN_PAGE, 1, !i, 0x88));
		EXPECT_TRUE(stops_at(CODE + 2));
		set_debug(0);
		EXPECT_TRUE(returns());
		end();
	}
}

/* The guest itself does. */
VTX_TEST(trap_flag)
{
	static const char *const payloads[] = { "again_store1", "again_load1" };
	struct event event;
	unsigned int i, turn;

	if (!device_is_vtx())
		SKIP(return, "KVM traps otherwise");
	for (i = 0; i < ARRAY_SIZE(payloads); i++) {
		begin(payloads[i]);
		for (turn = 0; turn < OFTEN; turn++) {
			EXPECT_TRUE(meets(DEVICE + IN_PAGE, 1, !i, 0x88));
			EXPECT_TRUE(returns());
		}
		vcpu_complete(&vcpu);
		vcpu_set_reg(&vcpu, rip, CODE);
		vcpu_set_reg(&vcpu, rflags, X86_EFLAGS_FIXED | X86_EFLAGS_TF);
		EXPECT_TRUE(meets(DEVICE + IN_PAGE, 1, !i, 0x88));
		vcpu_wait(&vcpu, MODE_LONG, &event);
		EXPECT_EXCEPTION(1, 0, &event, i);
		EXPECT_EQ(CODE + 2, event.rip);
		end();
	}
}

/* The shadow of STI ends with the next instruction, which it is. */
VTX_TEST(shadow)
{
	struct kvm_vcpu_events events;
	int turn;

	begin("again_shadow_store");
	for (turn = 0; turn < OFTEN; turn++) {
		EXPECT_TRUE(meets(DEVICE + IN_PAGE, 4, true, (__u32)RAX));
		vcpu_complete(&vcpu);
		vcpu_get_events(&vcpu, &events);
		EXPECT_EQ(0, events.interrupt.shadow);
		EXPECT_TRUE(returns());
	}
	end();

	begin("again_shadow_load");
	for (turn = 0; turn < OFTEN; turn++) {
		EXPECT_TRUE(meets(DEVICE + IN_PAGE, 4, false, ANSWER));
		vcpu_get_events(&vcpu, &events);
		EXPECT_NE(0, events.interrupt.shadow);
		vcpu_complete(&vcpu);
		vcpu_get_events(&vcpu, &events);
		EXPECT_EQ(0, events.interrupt.shadow);
		EXPECT_TRUE(returns());
	}
	end();
}

VTX_TEST_MAIN
