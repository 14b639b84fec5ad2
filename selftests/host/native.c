// SPDX-License-Identifier: GPL-2.0-only
/*
 * One instruction on the real CPU, in user mode, with all registers given.
 *
 * native_step() raises a breakpoint trap. Its signal handler puts the wanted
 * registers into the signal frame, with RFLAGS.TF set, and returns: the CPU
 * executes one instruction and traps again, or faults. The second signal's
 * handler takes the registers out and restores those of native_step(). So
 * faults, branches, and a changed stack pointer need no special care.
 *
 * 32-bit code runs in the kernel's compatibility segment, 16-bit code and
 * segments with limits in ones that modify_ldt() makes.
 *
 * FS must stay: it is the C library's thread pointer.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <linux/array_size.h>

#include "native.h"

#define XSTATE_BV	512	/* its offset in the XSAVE area */

static const int reg_index[16] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static struct native_state *current;
static struct native_event *current_event;
static gregset_t home;
static unsigned int ymm_offset;
static bool entering, have_avx;

static void put_vectors(unsigned char *fp)
{
	unsigned int i;
	u64 bv;

	for (i = 0; i < 16; i++) {
		memcpy(fp + 160 + i * 16, current->ymm[i], 16);
		if (have_avx)
			memcpy(fp + ymm_offset + i * 16, current->ymm[i] + 16,
			       16);
	}
	for (i = 0; i < 8; i++) {
		memcpy(fp + 32 + i * 16, current->mm[i], 8);
		memset(fp + 40 + i * 16, 0xff, 8);
	}
	fp[4] = 0xff;			/* all tags valid */
	memset(fp + 2, 0, 2);		/* TOP 0, no exception */
	if (have_avx) {
		memcpy(&bv, fp + XSTATE_BV, 8);
		bv |= 7;
		memcpy(fp + XSTATE_BV, &bv, 8);
	}
}

static void take_vectors(const unsigned char *fp)
{
	unsigned int i;
	u64 bv = 3;

	if (have_avx)
		memcpy(&bv, fp + XSTATE_BV, 8);
	memset(current->ymm, 0, sizeof(current->ymm));
	for (i = 0; i < 16; i++) {
		if (bv & 2)
			memcpy(current->ymm[i], fp + 160 + i * 16, 16);
		if (bv & 4)
			memcpy(current->ymm[i] + 16, fp + ymm_offset + i * 16,
			       16);
	}
	for (i = 0; i < 8; i++)
		memcpy(current->mm[i], fp + 32 + i * 16, 8);
}

static void enter(ucontext_t *uc)
{
	greg_t *g = uc->uc_mcontext.gregs;
	u64 segments;
	int i;

	memcpy(home, g, sizeof(home));
	for (i = 0; i < 16; i++)
		g[reg_index[i]] = current->gpr[i];
	g[REG_RIP] = current->rip;
	g[REG_EFL] = current->rflags | 0x100;
	segments = g[REG_CSGSFS];
	segments = (segments & ~(0xffffull | 0xffffull << 48)) | current->cs |
		   (u64)current->ss << 48;
	g[REG_CSGSFS] = segments;
	put_vectors((unsigned char *)uc->uc_mcontext.fpregs);
}

static void leave(ucontext_t *uc)
{
	greg_t *g = uc->uc_mcontext.gregs;
	int i;

	for (i = 0; i < 16; i++)
		current->gpr[i] = g[reg_index[i]];
	current->rip = g[REG_RIP];
	current->rflags = g[REG_EFL];
	take_vectors((unsigned char *)uc->uc_mcontext.fpregs);
	current_event->vector = g[REG_TRAPNO];
	current_event->error = g[REG_ERR];
	current_event->cr2 = g[REG_CR2];
	memcpy(g, home, sizeof(home));
	/* The C library's own vector and x87 state must be sane again. */
	((unsigned char *)uc->uc_mcontext.fpregs)[4] = 0;
}

static void handler(int sig, siginfo_t *info, void *context)
{
	/* The kernel leaves AC as it was; C code is not written for it. */
	asm volatile("pushfq; andl $~0x40000, (%%rsp); popfq" ::: "memory",
		     "cc");
	(void)info;
	if (entering) {
		entering = false;
		enter(context);
	} else if (current) {
		leave(context);
		current = NULL;
	} else {
		signal(sig, SIG_DFL);	/* a bug of the test itself */
	}
}

bool native_has_avx(void)
{
	return have_avx;
}

bool native_is_intel(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(0, &a, &b, &c, &d) && b == signature_INTEL_ebx;
}

void native_init(void)
{
	static const int signals[] = { SIGTRAP, SIGSEGV, SIGBUS, SIGILL,
				       SIGFPE };
	static char stack[1 << 18];
	struct sigaction action = { .sa_sigaction = handler,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	unsigned int i, a, b, c, d;

	have_avx = __builtin_cpu_supports("avx2");
	__cpuid_count(0xd, 2, a, b, c, d);
	(void)a;
	(void)c;
	(void)d;
	ymm_offset = b;
	sigaltstack(&alt, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

bool native_segment(unsigned int entry, u32 base, u32 limit,
		    unsigned int contents, bool big, bool read_only)
{
	struct user_desc desc = {
		.entry_number = entry, .base_addr = base, .limit = limit,
		.seg_32bit = big, .contents = contents,
		.read_exec_only = read_only,
	};

	return !syscall(SYS_modify_ldt, 1, &desc, sizeof(desc));
}

u16 native_selector(unsigned int entry)
{
	return entry * 8 + 7;
}

void native_set_gs_base(u64 base)
{
	syscall(SYS_arch_prctl, ARCH_SET_GS, base);
}

void native_step(struct native_state *state, struct native_event *event)
{
	bool long_mode = state->cs == NATIVE_CS64;
	u16 zero = 0;

	current = state;
	current_event = event;
	entering = true;
	/* Loading GS clears its base, which 64-bit code wants to keep. */
	if (!long_mode)
		asm volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%gs"
			     :: "r"(state->data) : "memory");
	asm volatile("int3" ::: "memory", "cc");
	if (!long_mode)
		asm volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%gs"
			     :: "r"(zero) : "memory");
}
