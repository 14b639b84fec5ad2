// SPDX-License-Identifier: GPL-2.0-only
/*
 * IN, OUT, INS, OUTS.
 *
 * What the guest may do (IOPL, the bitmap in the TSS) the CPU has checked before
 * the exit: SDM 3C "Relative Priority of Faults and VM Exits".
 *
 * IN and OUT need no emulator.  At a port that is user space's, RIP stays at the
 * instruction until user space is done, and moves only if it is still there: a
 * reset through a port puts the guest elsewhere.
 */
#include "module/compat.h"

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/kvm.h>
#include <linux/string.h>

#include <asm/page.h>

#include "arch-x86/debug.h"
#include "arch-x86/io_bus.h"
#include "vmexit/emulate.h"
#include "vmexit/emulation.h"
#include "vmexit/exit.h"

/* SDM 3C "Exit Qualification for I/O Instructions" */
#define IO_SIZE_MINUS_1	GENMASK_ULL(2, 0)
#define IO_IN		BIT_ULL(3)
#define IO_STRING	BIT_ULL(4)
#define IO_PORT		GENMASK_ULL(31, 16)

/* A port that user spaces expect to find RIP moved at: they rely on it. */
#define PORT_RIP_MOVED	0x7e

static unsigned int size_of(u64 qualification)
{
	return FIELD_GET(IO_SIZE_MINUS_1, qualification) + 1;
}

/* Two instructions that are at the same place are at the same linear address. */
static u64 place_of(const struct vtx_vcpu *vcpu)
{
	return vmcs_readl(VMCS_GUEST_RIP) + vmcs_readl(VMCS_GUEST_CS_BASE);
}

static void set_rax(struct vtx_vcpu *vcpu, unsigned int size, const void *value)
{
	u64 rax = vtx_gpr(vcpu, VTX_RAX);

	if (size == sizeof(u32))
		rax = 0;
	memcpy(&rax, value, size);
	vtx_set_gpr(vcpu, VTX_RAX, rax);
}

/* User space has done it: the rest of the instruction.  Loaded. */
static enum vtx_result finish(struct vtx_vcpu *vcpu)
{
	u64 qualification = vtx_exit_qualification(&vcpu->exit);

	if (place_of(vcpu) != vtx_emulation(vcpu->emul)->rip)
		return VTX_REPEAT;
	if (qualification & IO_IN)
		set_rax(vcpu, size_of(qualification), vcpu->pio_data);
	return vtx_vcpu_skip(vcpu);
}

static enum vtx_result completed(struct vtx_vcpu *vcpu)
{
	return vtx_vcpu_when_loaded(vcpu, finish);
}

static void tell_user(struct vtx_vcpu *vcpu, u64 qualification)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = qualification & IO_IN ? KVM_EXIT_IO_IN :
						    KVM_EXIT_IO_OUT;
	run->io.size = size_of(qualification);
	run->io.port = FIELD_GET(IO_PORT, qualification);
	run->io.count = 1;
	run->io.data_offset = VTX_PIO_PAGE * PAGE_SIZE;
}

static enum vtx_result to_user(struct vtx_vcpu *vcpu, u64 qualification)
{
	tell_user(vcpu, qualification);
	vtx_emulation(vcpu->emul)->rip = place_of(vcpu);
	vcpu->complete = completed;
	return VTX_USER;
}

static noinline enum vtx_result port_in(struct vtx_vcpu *vcpu, u64 qualification)
{
	unsigned int size = size_of(qualification);
	u32 value;

	if (vtx_io_bus_empty(vcpu->pio) ||
	    !vtx_io_bus_read(vcpu->pio, FIELD_GET(IO_PORT, qualification),
			     size, &value))
		return to_user(vcpu, qualification);
	set_rax(vcpu, size, &value);
	return VTX_RESUME;
}

static noinline enum vtx_result port_out(struct vtx_vcpu *vcpu, u64 qualification)
{
	u16 port = FIELD_GET(IO_PORT, qualification);
	unsigned int size = size_of(qualification);
	u32 value = vtx_gpr(vcpu, VTX_RAX);

	if (!vtx_io_bus_empty(vcpu->pio) &&
	    vtx_io_bus_write(vcpu->pio, port, size, &value))
		return VTX_RESUME;
	*(u32 *)vcpu->pio_data = value;
	if (port != PORT_RIP_MOVED)
		return to_user(vcpu, qualification);
	vtx_debug_skip_to_user(vcpu);
	tell_user(vcpu, qualification);
	return VTX_USER;
}

/**
 * exit_io() - IN, OUT, INS, OUTS
 * @vcpu: the vCPU
 *
 * Return: what next.
 */
enum vtx_result exit_io(struct vtx_vcpu *vcpu)
{
	/* Not to be kept, as mostly nobody asks again. */
	u64 qualification = vmcs_readl(VMCS_EXIT_QUALIFICATION);

	vcpu->stats.io_exits++;
	if (qualification & IO_STRING)
		return vtx_vcpu_slow(vcpu, vtx_emulate);
	return qualification & IO_IN ? port_in(vcpu, qualification) :
				       port_out(vcpu, qualification);
}
