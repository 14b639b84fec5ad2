/* SPDX-License-Identifier: GPL-2.0-only */
#include "payload/payload.inc"

/* One access, of the MSR in ECX; 64-bit mode, for test_msr_filter.c. */
PAYLOAD filter_read, 64
	rdmsr
	RESULT
END

PAYLOAD filter_write, 64
	wrmsr
	RESULT
END

/* Reads the MSR in ECX for ever, and counts. */
PAYLOAD filter_loop, 64
1:	rdmsr
	incq	GUEST_DATA
	jmp	1b
END
