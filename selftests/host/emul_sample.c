// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random instructions that hit the test's memory.
 *
 * An opcode is dressed with random prefixes, ModRM, displacement and immediate.
 * The emulator's own decoder then says where the memory operand is, and
 * registers (or, for absolute addresses, the displacement) are changed so that
 * it lies in the pages of the test, most often near a page boundary. A decoder
 * that is wrong gives a wrong address or length, which the comparison shows.
 */
#include <string.h>

#include "emul_sample.h"
#include "random.h"

#define CODE_OFFSET	64	/* of the instruction in the code pages */

static unsigned int put_prefixes(u8 *p, unsigned int bits, bool vex)
{
	static const u8 plain[] = { 0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x3e, 0x26,
				    0x36, 0x65, 0x66, 0xf3, 0x66 };
	unsigned int n = 0;

	while (!random_below(2) && n < 3)
		p[n++] = plain[random_below(sizeof(plain))];
	while (!random_below(128) || (n > 3 && n < 12))	/* near 15 bytes */
		p[n++] = plain[random_below(sizeof(plain))];
	if (vex) {
		/* 66, F2, F3 and REX before VEX are #UD: try it, but rarely. */
		if (n && random_below(8))
			n = 0;
		return n;
	}
	if (!random_below(12))
		p[n++] = 0xf0;
	if (bits == 64 && random_below(2))
		p[n++] = 0x40 | random_below(16);
	if (bits == 64 && !random_below(32))	/* the last one counts */
		p[n++] = 0x40 | random_below(16);
	return n;
}

static unsigned int put_vex(u8 *p, unsigned int bits, enum sample_map map)
{
	u8 payload = random_u64();
	u8 vvvv = random_below(3) ? 0x78 : payload & 0x78;

	payload = (payload & 0x87) | vvvv;
	if (bits != 64)
		payload |= 0x40;	/* else not VEX, or another register */
	if (map == SAMPLE_VEX_0F && random_below(2)) {
		p[0] = 0xc5;
		p[1] = payload | (bits != 64 ? 0x80 : 0);
		return 2;
	}
	p[0] = 0xc4;
	p[1] = (bits == 64 ? random_u64() & 0xe0 : 0xe0) |
	       (map - SAMPLE_VEX_0F + 1);
	p[2] = payload;
	return 3;
}

static unsigned int put_opcode(u8 *p, enum sample_map map, unsigned int opcode)
{
	unsigned int n = 0;

	if (map == SAMPLE_0F || map == SAMPLE_0F38)
		p[n++] = 0x0f;
	if (map == SAMPLE_0F38)
		p[n++] = 0x38;
	p[n++] = opcode;
	return n;
}

/* ModRM and all that may follow; memory forms are preferred. */
static void put_rest(u8 *p)
{
	static const u64 imms[] = { 0, 1, 7, 8, 0x1f, 0x7f, 0x80, 0xff };
	unsigned int i;

	for (i = 0; i < 16; i++)
		p[i] = random_below(2) ? random_u64() :
		       imms[random_below(8)];
	p[0] = random_u64();
	if (p[0] >= 0xc0 && random_below(4))
		p[0] &= 0x3f | (random_below(3) << 6);
}

/* An address in the test's pages, as an offset in the data segments. */
static u64 random_target(const struct vtx_emul *e)
{
	u32 offset = random_below(ENV_SIZE - 64);

	if (random_below(2)) {	/* near a boundary */
		offset = (1 + random_below(3)) * ENV_PAGE;
		offset -= random_below(40);
	} else if (random_below(8)) {
		offset %= 2 * ENV_PAGE;
	}
	if (e->bits == 64 && !random_below(32))	/* not canonical */
		return (1ull << 47) - 4 + random_below(8);
	if (random_below(2))
		offset &= ~31u;
	return ENV_GVA + offset - e->regs.seg[VTX_EMUL_SS].base;
}

static u64 random_value(const struct vtx_emul *e)
{
	switch (random_below(6)) {
	case 0:
		return random_below(70);
	case 1:
		return -(u64)random_below(70);
	case 2:
		return random_target(e);
	case 3:
		return 1ull << random_below(64);
	default:
		return random_u64();
	}
}

static void random_registers(struct vtx_emul *e, struct env *env,
			     unsigned int bits)
{
	static const u8 pointers[] = { VTX_EMUL_RBX, VTX_EMUL_RSP, VTX_EMUL_RBP,
				       VTX_EMUL_RSI, VTX_EMUL_RDI };
	u64 *gpr = e->regs.gpr, flags = random_u64();
	unsigned int i;

	for (i = 0; i < 16; i++)
		gpr[i] = random_value(e);
	for (i = 0; i < sizeof(pointers); i++)
		gpr[pointers[i]] = random_target(e);
	if (random_below(8))
		gpr[VTX_EMUL_RCX] = random_below(40);
	if (!random_below(16)) {	/* zero in its low half only */
		gpr[VTX_EMUL_RCX] = random_u64() << 32;
		gpr[VTX_EMUL_RSI] = random_u64();
		gpr[VTX_EMUL_RDI] = random_u64();
	}
	if (e->insn.op == VTX_OP_MOVDIR64B && random_below(8))
		gpr[e->insn.opnd[0].reg] = random_target(e) & ~63ull;
	for (i = 0; bits != 64 && i < 16; i++)
		gpr[i] = i < 8 ? (u32)gpr[i] : 0;
	e->regs.rflags = 0x302 | (flags & 0x8d5);
	if (!random_below(4))
		e->regs.rflags |= VTX_EMUL_DF;
	if (!random_below(16))
		e->regs.rflags |= VTX_EMUL_AC;
	for (i = 0; i < sizeof(env->ymm); i++)
		env->ymm[i / 32][i % 32] = random_u64() >> 8;
	for (i = 0; i < sizeof(env->mm); i++)
		env->mm[i / 8][i % 8] = random_u64() >> 8;
	if (bits != 64)
		memset(env->ymm[8], 0, 8 * 32);
}

/* Bring the memory operand of the decoded instruction into the pages. */
static void aim(struct vtx_emul *e, struct env *env, unsigned int bits)
{
	const struct vtx_emul_mem *m = &e->insn.mem;
	u64 target = random_target(e), disp = m->disp;
	u64 *gpr = e->regs.gpr;
	unsigned int at;
	u8 *code = env->code + CODE_OFFSET;

	if (m->seg == VTX_EMUL_GS && bits == 64)
		target -= e->regs.seg[VTX_EMUL_GS].base;
	if (m->index != VTX_EMUL_NOREG && m->index != m->base) {
		gpr[m->index] = random_below(64) - 32;
		if (bits != 64)
			gpr[m->index] = (u32)gpr[m->index];
	}
	if (m->base != VTX_EMUL_NOREG && m->index == m->base)
		gpr[m->base] = (target - disp) / (1 + (1u << m->shift));
	else if (m->base != VTX_EMUL_NOREG && m->index != VTX_EMUL_NOREG)
		gpr[m->base] = target - disp - (gpr[m->index] << m->shift);
	else if (m->base != VTX_EMUL_NOREG)
		gpr[m->base] = target - disp;
	for (at = 0; bits != 64 && at < 8; at++)
		gpr[at] = (u32)gpr[at];
	if (m->base != VTX_EMUL_NOREG)
		return;
	/* Absolute: find the displacement and patch it. */
	if (m->index != VTX_EMUL_NOREG)
		target -= gpr[m->index] << m->shift;
	if (m->rip_relative)
		target -= e->next_rip;
	for (at = 1; at + 2 <= e->insn.len; at++) {
		unsigned int width = e->insn.adsize == 2 ? 2 : 4;
		u64 there = 0;

		memcpy(&there, code + at, width);
		if (at + width <= e->insn.len && width < 8 &&
		    !((there ^ disp) & ((1ull << width * 8) - 1))) {
			memcpy(code + at, &target, width);
			break;
		}
	}
}

/**
 * sample_make - make a random instruction, and registers for it
 * @e: emulator, left ready for vtx_emul_run()
 * @env: its environment; memory is not touched
 * @bits: mode
 * @map: opcode map
 * @opcode: opcode byte
 *
 * Return: false if the emulator does not know the instruction.
 */
bool sample_make(struct vtx_emul *e, struct env *env, unsigned int bits,
		 enum sample_map map, unsigned int opcode)
{
	u8 *code = env->code + CODE_OFFSET;
	bool vex = map >= SAMPLE_VEX_0F;
	enum vtx_emul_result r;
	unsigned int n;

	n = put_prefixes(code, bits, vex);
	if (vex)
		n += put_vex(code + n, bits, map);
	n += put_opcode(code + n, map, opcode);
	put_rest(code + n);
	e->regs.rip = CODE_OFFSET + ENV_CODE - e->regs.seg[VTX_EMUL_CS].base;
	vtx_emul_begin(e);
	r = vtx_emul_decode(e);
	if (r == VTX_EMUL_CANNOT)
		return false;
	random_registers(e, env, bits);
	if (r == VTX_EMUL_DONE)
		aim(e, env, bits);
	vtx_emul_begin(e);
	return true;
}
