// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/must.h"
#include "lib/payload.h"

/* The linker's names for the section that payload/payload.inc fills. */
extern const struct payload __start_payloads[], __stop_payloads[];

/**
 * payload_find() - find a guest's code
 * @name: as after PAYLOAD
 *
 * Return: its row; one that is not there ends the test.
 */
const struct payload *payload_find(const char *name)
{
	const struct payload *payload;

	for (payload = __start_payloads; payload < __stop_payloads; payload++)
		if (!strcmp(payload->name, name))
			return payload;
	must_fail("there is no payload %s", name);
}

/**
 * payload_next() - walk the payloads whose names begin alike
 * @payload: the one before, or NULL
 * @prefix: how they begin
 *
 * Return: the next, or NULL.
 */
const struct payload *payload_next(const struct payload *payload,
				   const char *prefix)
{
	payload = payload ? payload + 1 : __start_payloads;
	for (; payload < __stop_payloads; payload++)
		if (!strncmp(payload->name, prefix, strlen(prefix)))
			return payload;
	return NULL;
}
