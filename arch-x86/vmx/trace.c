// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events of this folder, made in one place.
 */
#include "module/compat.h"

#define CREATE_TRACE_POINTS
#include "arch-x86/vmx/trace.h"
