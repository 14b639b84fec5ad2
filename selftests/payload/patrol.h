/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a patrol (lib/patrol.h) and its guest share; offsets into struct orders.
 */
#ifndef SELFTESTS_PAYLOAD_PATROL_H
#define SELFTESTS_PAYLOAD_PATROL_H

#define ORDERS_STOP		0
#define ORDERS_ROUNDS		4
#define ORDERS_ZERO_OK		8
#define ORDERS_BUSY		12
#define ORDERS_BUSY_PAGES	16
#define ORDERS_QUIET		20
#define ORDERS_QUIET_PAGES	24
#define ORDERS_PATTERN		28
#define ORDERS_WHERE		32
#define ORDERS_SEEN		36

/* The places of a page that are looked at. */
#define PATROL_FIRST		0
#define PATROL_LAST		4092

/* Results */
#define PATROL_OVER		0
#define PATROL_WRONG		1

#endif /* SELFTESTS_PAYLOAD_PATROL_H */
