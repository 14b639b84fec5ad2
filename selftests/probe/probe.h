/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_PROBE_PROBE_H
#define SELFTESTS_PROBE_PROBE_H

struct dentry;

void vtx_bare_init(struct dentry *dir);

#endif /* SELFTESTS_PROBE_PROBE_H */
