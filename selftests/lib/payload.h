/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests' code: payload/<name>.S, assembled into each test program.
 */
#ifndef SELFTESTS_LIB_PAYLOAD_H
#define SELFTESTS_LIB_PAYLOAD_H

#include <stddef.h>

/**
 * struct payload - a row that payload/payload.inc makes
 * @name: its name
 * @start: its first byte
 * @end: behind its last one
 */
struct payload {
	const char		*name;
	const unsigned char	*start;
	const unsigned char	*end;
};

const struct payload *payload_find(const char *name);
const struct payload *payload_next(const struct payload *payload,
				   const char *prefix);

static inline size_t payload_size(const struct payload *payload)
{
	return payload->end - payload->start;
}

#endif /* SELFTESTS_LIB_PAYLOAD_H */
