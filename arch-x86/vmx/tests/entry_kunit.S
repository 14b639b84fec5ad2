/* SPDX-License-Identifier: GPL-2.0-only */
/* The real code once more, for the test module. */
#include "../entry.S"
