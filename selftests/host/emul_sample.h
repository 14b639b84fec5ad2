/* SPDX-License-Identifier: GPL-2.0-only */
/* Random instructions that hit the test's memory; see emul_sample.c. */
#ifndef HOST_EMUL_SAMPLE_H
#define HOST_EMUL_SAMPLE_H

#include "emul_env.h"

/* Opcode maps to choose from. */
enum sample_map {
	SAMPLE_ONE_BYTE,
	SAMPLE_0F,
	SAMPLE_0F38,
	SAMPLE_VEX_0F,
	SAMPLE_VEX_0F38,
	SAMPLE_VEX_0F3A,
	SAMPLE_MAPS,
};

bool sample_make(struct vtx_emul *e, struct env *env, unsigned int bits,
		 enum sample_map map, unsigned int opcode);

#endif
