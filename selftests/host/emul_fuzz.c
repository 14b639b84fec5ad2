// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random instructions, half of them random bytes only, in all modes, under the
 * address and undefined-behaviour sanitizers. What must hold whatever they are:
 *
 *  - the length is at most 15 and at most what was fetched, and RIP moves by it
 *    unless the instruction is a branch;
 *  - an instruction that did not finish leaves all registers as they were (but
 *    RF, and finished iterations of REP);
 *  - with part of memory being a device, whose accesses all wait for user
 *    space, the outcome is the same as with RAM there.
 *
 * usage: emul_fuzz [seed [rounds]]
 *        emul_fuzz seed rounds BITS FILE: write instructions that were decoded,
 *        padded to 32 bytes with NOPs, to FILE, and print their lengths
 */
#include <stdlib.h>
#include <string.h>

#include "emul_sample.h"
#include "random.h"
#include "tap.h"

#define CODE	64	/* where emul_sample.c puts instructions */

static struct vtx_emul emul, first;
static struct env env, ram;
static unsigned int results[VTX_EMUL_NOT_ATOMIC + 1];
static unsigned int bad_length, bad_undo, bad_replay, replays;

static bool is_branch(unsigned int op)
{
	return op >= VTX_OP_CALL && op <= VTX_OP_JCXZ;
}

/* Registers as nobody would set them, too. */
static void disturb(void)
{
	struct vtx_emul_regs *regs = &emul.regs;
	unsigned int i;

	switch (random_below(8)) {
	case 0:	/* real mode */
		regs->cr0 &= ~VTX_EMUL_CR0_PE;
		break;
	case 1:	/* virtual-8086 mode */
		regs->rflags |= VTX_EMUL_VM;
		break;
	case 2:
		for (i = 0; i < VTX_EMUL_SREGS; i++)
			regs->seg[i].ar ^= 1u << random_below(17);
		break;
	case 3:
		regs->seg[random_below(6)].limit = random_u64();
		break;
	case 4:
		regs->rflags ^= 1ull << random_below(22);
		break;
	case 5:
		regs->cr4 ^= random_u64() & (VTX_EMUL_CR4_CET |
					     VTX_EMUL_CR4_LA57);
		break;
	default:
		break;
	}
	if (!random_below(4))
		regs->cpl = 0;
	emul.rep_limit = random_below(50);
}

static bool make(unsigned int bits)
{
	unsigned int i;

	if (random_below(2))
		return sample_make(&emul, &env, bits, random_below(SAMPLE_MAPS),
				   random_u64() & 0xff);
	if (!sample_make(&emul, &env, bits, 0, 0))
		return false;
	for (i = 0; i < 16; i++)
		env.code[CODE + i] = random_u64() >> 32;
	return true;
}

static void check_length(enum vtx_emul_result r, u64 rip)
{
	const struct vtx_emul_insn *insn = &emul.insn;
	bool ok = insn->fetched <= VTX_EMUL_INSN_MAX &&
		  insn->len <= insn->fetched;
	u64 next = rip + insn->len;

	if (emul.bits != 64)
		next = (u32)next;
	if (r == VTX_EMUL_DONE && !is_branch(insn->op))
		ok = ok && insn->len && emul.regs.rip == next;
	if (r != VTX_EMUL_DONE)
		ok = ok && emul.regs.rip == rip;
	bad_length += !ok;
}

static void check_undo(enum vtx_emul_result r, const struct vtx_emul_regs *old)
{
	const struct vtx_emul_regs *new = &emul.regs;

	if (r == VTX_EMUL_DONE || emul.insn.rep)
		return;
	if (memcmp(new->gpr, old->gpr, sizeof(new->gpr)) ||
	    memcmp(new->seg, old->seg, sizeof(new->seg)) ||
	    (new->rflags ^ old->rflags) & ~VTX_EMUL_RF)
		bad_undo++;
}

/* Run to the end; with a device, complete what waits, a few bytes at a time. */
static enum vtx_emul_result run(void)
{
	enum vtx_emul_result r;
	u32 n;

	vtx_emul_begin(&emul);
	for (;;) {
		r = vtx_emul_run(&emul);
		if (r != VTX_EMUL_PENDING)
			return r;
		replays++;
		n = emul.log.pending < 8 ? emul.log.pending : 8;
		vtx_emul_complete(&emul, env.mem + env.pending, n);
	}
}

/* The same again, with page 1 a device. */
static void check_replay(enum vtx_emul_result r, const struct vtx_emul *start,
			 const struct env *before)
{
	enum vtx_emul_result again;

	first = emul;
	ram = env;
	emul = *start;
	env = *before;
	env.device = true;
	again = run();
	env.device = false;
	/* A locked update of RAM that crosses a page is left to the CPU. */
	if (r == VTX_EMUL_AGAIN && !first.iterations)
		return;
	if (again != r || memcmp(&emul.regs, &first.regs, sizeof(emul.regs)) ||
	    memcmp(env.mem, ram.mem, sizeof(env.mem)) ||
	    memcmp(env.ymm, ram.ymm, sizeof(env.ymm)) ||
	    memcmp(env.mm, ram.mm, sizeof(env.mm)))
		bad_replay++;
}

static void one(const struct env_mode *mode)
{
	static struct vtx_emul start;
	static struct env before;
	enum vtx_emul_result r;

	env_set_mode(&emul, mode);
	if (!make(mode->bits))
		return;
	disturb();
	start = emul;
	before = env;
	env.stray = false;
	r = run();
	results[r]++;
	check_length(r, start.regs.rip);
	check_undo(r, &start.regs);
	check_replay(r, &start, &before);
}

/* For selftests/host/emul_length.sh. */
static int write_lengths(unsigned int rounds, unsigned int bits,
			 const char *path)
{
	const struct env_mode *mode = &env_modes[bits == 64 ? 0 :
						 bits == 32 ? 1 : 2];
	FILE *f = fopen(path, "wb");
	u8 slot[32];

	if (!f)
		return 1;
	env_set_mode(&emul, mode);
	while (rounds--) {
		if (!make(bits))
			continue;
		vtx_emul_begin(&emul);
		if (vtx_emul_decode(&emul))
			continue;
		memset(slot, 0x90, sizeof(slot));
		memcpy(slot, emul.insn.bytes, emul.insn.len);
		fwrite(slot, sizeof(slot), 1, f);
		printf("%u\n", emul.insn.len);
	}
	return fclose(f) != 0;
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned int rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 300000;
	unsigned int i;

	random_seed(seed);
	vtx_emul_init(&emul, &env_ops, &env);
	for (i = 0; i < ENV_MAPPED; i++)
		env.mem[i] = random_u64() >> 16;
	if (argc > 4)
		return write_lengths(rounds, strtoul(argv[3], NULL, 0),
				     argv[4]);
	printf("TAP version 13\n# seed %llu, %u rounds\n", seed, rounds);
	for (i = 0; i < rounds; i++)
		one(&env_modes[i % ENV_MODES]);
	printf("# done %u, fault %u, again %u, cannot %u; %u accesses waited\n",
	       results[VTX_EMUL_DONE], results[VTX_EMUL_FAULT],
	       results[VTX_EMUL_AGAIN], results[VTX_EMUL_CANNOT], replays);
	tap(!bad_length, "length and RIP agree (%u do not)", bad_length);
	tap(!bad_undo, "unfinished instructions leave registers (%u do not)",
	    bad_undo);
	tap(!bad_replay, "replay gives the same outcome (%u do not)",
	    bad_replay);
	tap(results[VTX_EMUL_DONE] > rounds / 8 &&
	    results[VTX_EMUL_FAULT] > rounds / 50 && replays > rounds / 20,
	    "enough instructions of each kind were met");
	return tap_end();
}
