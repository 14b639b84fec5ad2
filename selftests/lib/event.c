// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/event.h"

/* Is the exit an OUT to this port? */
static bool at_port(const struct kvm_run *run, __u16 port)
{
	return run->exit_reason == KVM_EXIT_IO && run->io.port == port &&
	       run->io.direction == KVM_EXIT_IO_OUT;
}

/* A value of the handler's width on its stack; advances @at. */
static __u64 pop(struct vcpu *vcpu, int bits, __u64 *at)
{
	__u64 value = 0;

	memcpy(&value, guest_at(vcpu->guest, *at), bits / 8);
	*at += bits / 8;
	return value;
}

/*
 * The handler is at its first instruction, so that its stack is as the CPU left
 * it.  RIP tells the vector; whether it has moved past the OUT is of no matter.
 */
static void read_exception(struct vcpu *vcpu, enum mode mode,
			   struct event *event)
{
	int bits = mode_handler_bits(mode);
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	__u64 at, rip;

	vcpu_get_regs(vcpu, &regs);
	vcpu_get_sregs(vcpu, &sregs);
	rip = regs.rip + (bits == 16 ? sregs.cs.base : 0);
	MUST(rip >= GUEST_HANDLERS &&
	     rip < GUEST_HANDLERS + 256 * GUEST_HANDLER_SIZE);

	event->what = EXCEPTION;
	event->value = (rip - GUEST_HANDLERS) / GUEST_HANDLER_SIZE;
	event->cr2 = sregs.cr2;
	at = regs.rsp;
	if (bits < 64)
		at = sregs.ss.base + (at & (sregs.ss.db ? 0xffffffff : 0xffff));
	if (mode != MODE_REAL && vector_has_error(event->value))
		event->error = pop(vcpu, bits, &at);
	event->frame = at;
	event->rip = pop(vcpu, bits, &at);
	event->cs = pop(vcpu, bits, &at);
	event->rflags = pop(vcpu, bits, &at);
	if (bits == 64 || (event->cs & 3) != (sregs.cs.selector & 3) ||
	    mode == MODE_V86) {
		event->rsp = pop(vcpu, bits, &at);
		event->ss = pop(vcpu, bits, &at);
	}
}

/**
 * vcpu_wait() - run until something happens
 * @vcpu: the vCPU
 * @mode: whose handlers it has
 * @event: receives what happened
 */
void vcpu_wait(struct vcpu *vcpu, enum mode mode, struct event *event)
{
	int reason = vcpu_run(vcpu);
	struct kvm_run *run = vcpu->run;

	*event = (struct event){ .what = EXIT, .value = reason };
	if (reason < 0) {
		event->what = FAILED;
		event->value = -reason;
	} else if (at_port(run, PORT_RESULT)) {
		event->what = RESULT;
		memcpy(&event->value,
		       (unsigned char *)run + run->io.data_offset,
		       run->io.size);
	} else if (at_port(run, PORT_EXCEPTION)) {
		read_exception(vcpu, mode, event);
	}
}

/**
 * vcpu_must_happen() - run until something happens, which must be this
 * @vcpu: the vCPU
 * @mode: whose handlers it has
 * @what: the kind that is expected; another ends the test
 * @value: likewise
 * @event: receives the rest, or NULL
 */
void vcpu_must_happen(struct vcpu *vcpu, enum mode mode,
		      enum happening what, __u32 value, struct event *event)
{
	struct event seen;

	event = event ?: &seen;
	vcpu_wait(vcpu, mode, event);
	if (event->what == what && event->value == value)
		return;
	vcpu_dump(vcpu);
	errno = 0;
	must_fail("expected %s, not %s",
		  event_text(&(struct event){ .what = what, .value = value }),
		  event_text(event));
}

/**
 * vcpu_result() - run until there is a result
 * @vcpu: the vCPU
 * @mode: whose handlers it has
 *
 * Return: the result; anything else ends the test.
 */
__u32 vcpu_result(struct vcpu *vcpu, enum mode mode)
{
	struct event event;

	vcpu_wait(vcpu, mode, &event);
	if (event.what == RESULT)
		return event.value;
	vcpu_dump(vcpu);
	errno = 0;
	must_fail("expected a result, not %s", event_text(&event));
}

/**
 * event_set_rip() - let the handler of an exception return elsewhere
 * @vcpu: the vCPU
 * @mode: whose handlers it has
 * @event: the exception
 * @rip: where it returns
 */
void event_set_rip(struct vcpu *vcpu, enum mode mode, struct event *event,
		   __u64 rip)
{
	memcpy(guest_at(vcpu->guest, event->frame), &rip,
	       mode_handler_bits(mode) / 8);
}

/**
 * event_text() - an event in words
 * @event: it
 *
 * Return: a text that is good until the call after the next one.
 */
const char *event_text(const struct event *event)
{
	static char texts[2][160];
	static int turn;
	char *text = texts[turn ^= 1];
	const size_t size = sizeof(texts[0]);

	switch (event->what) {
	case RESULT:
		snprintf(text, size, "result %#x", event->value);
		break;
	case EXCEPTION:
		snprintf(text, size,
			 "vector %d, error code %#x, at %#x:%#llx, CR2 %#llx",
			 event->value, event->error, event->cs, event->rip,
			 event->cr2);
		break;
	case EXIT:
		snprintf(text, size, "exit reason %d", event->value);
		break;
	case FAILED:
		snprintf(text, size, "error %d (%s)", event->value,
			 strerror(event->value));
		break;
	}
	return text;
}

static void dump_segment(const char *name, const struct kvm_segment *segment)
{
	printf("# %s %04x base %llx limit %x type %x dpl %d %s%s%s%s%s%s\n",
	       name, segment->selector, segment->base, segment->limit,
	       segment->type, segment->dpl, segment->s ? "s" : "",
	       segment->present ? "p" : "", segment->l ? "l" : "",
	       segment->db ? "d" : "", segment->g ? "g" : "",
	       segment->unusable ? "u" : "");
}

/**
 * vcpu_dump() - print a vCPU's registers, and why it stopped
 * @vcpu: the vCPU
 */
void vcpu_dump(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	struct kvm_vcpu_events e;
	struct kvm_debugregs d;
	struct kvm_sregs s;
	struct kvm_regs r;

	vcpu_get_regs(vcpu, &r);
	vcpu_get_sregs(vcpu, &s);
	printf("# rip %llx rsp %llx rflags %llx cr0 %llx cr2 %llx cr3 %llx cr4 %llx efer %llx\n",
	       r.rip, r.rsp, r.rflags, s.cr0, s.cr2, s.cr3, s.cr4, s.efer);
	printf("# rax %llx rbx %llx rcx %llx rdx %llx rsi %llx rdi %llx rbp %llx\n",
	       r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp);
	dump_segment("cs", &s.cs);
	dump_segment("ss", &s.ss);
	dump_segment("ds", &s.ds);
	dump_segment("es", &s.es);
	dump_segment("fs", &s.fs);
	dump_segment("gs", &s.gs);
	dump_segment("tr", &s.tr);
	dump_segment("ldt", &s.ldt);
	printf("# gdt %llx %x idt %llx %x, interrupt pending %llx %llx %llx %llx\n",
	       s.gdt.base, s.gdt.limit, s.idt.base, s.idt.limit,
	       s.interrupt_bitmap[0], s.interrupt_bitmap[1],
	       s.interrupt_bitmap[2], s.interrupt_bitmap[3]);
	vcpu_get_events(vcpu, &e);
	printf("# exception %d %d error %d %#x\n", e.exception.injected,
	       e.exception.nr, e.exception.has_error_code,
	       e.exception.error_code);
	printf("# interrupt %d %d soft %d, shadow %d, nmi %d %d masked %d\n",
	       e.interrupt.injected, e.interrupt.nr, e.interrupt.soft,
	       e.interrupt.shadow, e.nmi.injected, e.nmi.pending, e.nmi.masked);
	vcpu_get_debugregs(vcpu, &d);
	printf("# dr6 %llx dr7 %llx\n", d.dr6, d.dr7);
	printf("# exit reason %d\n", run->exit_reason);
	switch (run->exit_reason) {
	case KVM_EXIT_FAIL_ENTRY:
		printf("# entry failed: reason %#llx on CPU %d\n",
		       run->fail_entry.hardware_entry_failure_reason,
		       run->fail_entry.cpu);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		printf("# internal error: suberror %d, %d data, first %#llx %#llx %#llx\n",
		       run->internal.suberror, run->internal.ndata,
		       run->internal.data[0], run->internal.data[1],
		       run->internal.data[2]);
		break;
	case KVM_EXIT_IO:
		printf("# port %#x, %d times %d bytes, direction %d\n",
		       run->io.port, run->io.count, run->io.size,
		       run->io.direction);
		break;
	case KVM_EXIT_MMIO:
		printf("# memory %#llx, %d bytes, write %d\n",
		       run->mmio.phys_addr, run->mmio.len,
		       run->mmio.is_write);
		break;
	}
}
