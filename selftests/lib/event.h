/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest that runs comes to.
 */
#ifndef SELFTESTS_LIB_EVENT_H
#define SELFTESTS_LIB_EVENT_H

#include <stdbool.h>

#include "lib/mode.h"

/**
 * enum happening - the kinds of events
 * @RESULT: the payload has handed over a result
 * @EXCEPTION: the handler of an exception or interrupt runs
 * @EXIT: another exit to user space; value is KVM_EXIT_*
 * @FAILED: KVM_RUN has failed; value is the errno
 */
enum happening {
	RESULT,
	EXCEPTION,
	EXIT,
	FAILED,
};

/**
 * struct event - what happened
 * @what: the kind
 * @value: result, vector, exit reason or errno
 * @error: error code of an exception that has one, otherwise 0
 * @cs: where the interrupted code is to go on, as the handler's stack says
 * @rip: likewise
 * @rflags: likewise
 * @rsp: likewise, if the handler's mode is 64-bit or its ring is another
 * @ss: likewise
 * @cr2: CR2
 * @frame: linear address of @rip on the handler's stack
 */
struct event {
	enum happening	what;
	__u32		value;
	__u32		error;
	__u16		cs;
	__u16		ss;
	__u64		rip;
	__u64		rflags;
	__u64		rsp;
	__u64		cr2;
	__u64		frame;
};

/* For tests with rows: the event is this exception. */
#define EXPECT_EXCEPTION(vector, error_code, event, row)		\
do {									\
	EXPECT_EQ(EXCEPTION, (event)->what)				\
		TH_LOG("row %d: %s", row, event_text(event));		\
	EXPECT_EQ(vector, (event)->value)				\
		TH_LOG("row %d: %s", row, event_text(event));		\
	EXPECT_EQ(error_code, (event)->error)				\
		TH_LOG("row %d: %s", row, event_text(event));		\
} while (0)

void vcpu_wait(struct vcpu *vcpu, enum mode mode, struct event *event);
__u32 vcpu_result(struct vcpu *vcpu, enum mode mode);
void vcpu_must_happen(struct vcpu *vcpu, enum mode mode,
		      enum happening what, __u32 value, struct event *event);
void event_set_rip(struct vcpu *vcpu, enum mode mode, struct event *event,
		   __u64 rip);
void vcpu_dump(struct vcpu *vcpu);
const char *event_text(const struct event *event);

#endif /* SELFTESTS_LIB_EVENT_H */
