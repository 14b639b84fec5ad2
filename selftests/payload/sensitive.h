/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What payload/sensitive.S and test_sensitive.c agree on.
 */
#ifndef SELFTESTS_PAYLOAD_SENSITIVE_H
#define SELFTESTS_PAYLOAD_SENSITIVE_H

#include "payload/layout.h"

#define SENSITIVE_TURNS		20
#define SENSITIVE_END		0x40	/* INT n that ends it */
#define SENSITIVE_INT		0x41	/* INT n that is tried */
#define SENSITIVE_SELECTORS	0xb0	/* all below are tried */

/* Parameters, 8 bytes each */
#define SENSITIVE_FLAGS		(GUEST_DATA + 0)
#define SENSITIVE_CODE32	(GUEST_DATA + 8)
#define SENSITIVE_DATA		(GUEST_DATA + 16)
/* Far pointers: 64 bits and a selector, twice; 32 bits and a selector */
#define SENSITIVE_FAR		(GUEST_DATA + 32)
#define SENSITIVE_GATE		(GUEST_DATA + 48)
#define SENSITIVE_JUMP		(GUEST_DATA + 64)

#define SENSITIVE_RESULTS	(GUEST_DATA + 0x100)
#define SENSITIVE_FAR_CODE	(GUEST_CODE + 0x1000)
#define SENSITIVE_INT_CODE	(GUEST_CODE + 0x1800)

#endif /* SELFTESTS_PAYLOAD_SENSITIVE_H */
