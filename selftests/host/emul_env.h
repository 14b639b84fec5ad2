/* SPDX-License-Identifier: GPL-2.0-only */
/* A small machine around the emulator; see emul_env.c. */
#ifndef HOST_EMUL_ENV_H
#define HOST_EMUL_ENV_H

#include "arch-x86/emul/emul.h"

#define ENV_PAGE	4096u
#define ENV_PAGES	4u			/* two rw, one ro, one absent */
#define ENV_GVA		0x20000000u
#define ENV_SIZE	(ENV_PAGES * ENV_PAGE)
#define ENV_MAPPED	(3 * ENV_PAGE)
#define ENV_CODE	0x20010000u
#define ENV_CODE_SIZE	(2 * ENV_PAGE)

/**
 * struct env - memory and vector registers
 * @mem: the pages at ENV_GVA
 * @code: the instruction
 * @ymm: vector registers
 * @mm: MMX registers
 * @stray: an access outside ENV_GVA was met
 * @device: accesses to page 1 answer PENDING, and LOCK does not work there
 * @pending: offset of the access that waits
 * @accesses: op calls that read, wrote or probed memory
 */
struct env {
	u8 mem[ENV_MAPPED];
	u8 code[ENV_CODE_SIZE];
	u8 ymm[16][32];
	u8 mm[8][8];
	bool stray;
	bool device;
	u32 pending;
	unsigned int accesses;
};

extern const struct vtx_emul_ops env_ops;

/**
 * struct env_mode - what code and data segments are like
 * @name: for messages
 * @bits: size of code
 * @cs_base: base of CS
 * @limit: limit of DS, ES and GS
 * @ar: access rights of DS, ES and GS
 * @ss_ar: access rights of SS, which is like @ar but may be written
 * @flat: base 0; otherwise ENV_GVA
 */
struct env_mode {
	const char *name;
	unsigned int bits;
	u32 cs_base;
	u32 limit;
	u32 ar;
	u32 ss_ar;
	bool flat;
};

#define ENV_MODES	8
extern const struct env_mode env_modes[ENV_MODES];

void env_set_mode(struct vtx_emul *e, const struct env_mode *mode);

#endif
