/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure code has nothing to be compatible with; see the real module/compat.h. */
