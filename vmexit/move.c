// SPDX-License-Identifier: GPL-2.0-only
/*
 * MOV between a register and a device: what drivers do nearly always.  If the
 * instruction has been decoded before (code.c), it takes no emulator.
 *
 * The CPU itself has come as far as the access: it has fetched the instruction,
 * checked segments, alignment and rights, translated the address, and said in
 * the exit what it was about to do, and where.  What is left is to find out the
 * register, and to move RIP.  Where the exit says anything else than what the
 * instruction would do (another address, a read for a write, a page table on the
 * way, an operand in two pages), or more is due than the move (a single-step
 * trap), it is left to the emulator.
 *
 * A write that nobody in the kernel takes is over before user space sees it.  A
 * read is not: RIP stays, and moves with the value, if it is still there.
 */
#include "module/compat.h"

#include <linux/bits.h>
#include <linux/kvm.h>
#include <linux/string.h>

#include <asm/page.h>
#include <asm/processor-flags.h>

#include "ept/fault.h"
#include "arch-x86/vmx/segment.h"
#include "vmexit/emulation.h"

/* Bits of the exit qualification of an EPT violation. */
#define ACCESS		(VTX_ACCESS_READ | VTX_ACCESS_WRITE | VTX_ACCESS_EXEC)
#define GLA_VALID	BIT(7)
#define GLA_ACCESS	BIT(8)

static bool is_register(const struct vtx_emul_operand *operand)
{
	return operand->place == VTX_PLACE_GPR ||
	       operand->place == VTX_PLACE_HIGH;
}

static bool is_store(const struct vtx_emul_insn *insn)
{
	return insn->op == VTX_OP_MOV && insn->opnd[0].place == VTX_PLACE_MEM &&
	       (is_register(&insn->opnd[1]) ||
		insn->opnd[1].place == VTX_PLACE_IMM);
}

/* MOV is MOVZX, too. */
static bool is_load(const struct vtx_emul_insn *insn)
{
	return (insn->op == VTX_OP_MOV || insn->op == VTX_OP_MOVSX) &&
	       insn->opnd[1].place == VTX_PLACE_MEM &&
	       is_register(&insn->opnd[0]);
}

static u64 mask_of(unsigned int size)
{
	return size >= sizeof(u64) ? ~0ULL : BIT_ULL(size * BITS_PER_BYTE) - 1;
}

/* In 64-bit mode only FS and GS have a base. */
static u64 linear(const struct vtx_emulation *em, unsigned int seg, u64 offset)
{
	bool is_64bit = vtx_code_64bit(&em->code);

	if (!is_64bit || seg >= VTX_FS)
		offset += vtx_vmcs_read(vtx_seg_field(VMCS_GUEST_ES_BASE, seg));
	return is_64bit ? offset : (u32)offset;
}

static u64 operand_gva(const struct vtx_emulation *em,
		       const struct vtx_emul_insn *insn)
{
	const struct vtx_emul_mem *mem = &insn->mem;
	u64 offset = mem->disp;

	if (mem->rip_relative)
		offset += em->code.key.rip + insn->len;
	if (mem->base != VTX_EMUL_NOREG)
		offset += vtx_gpr(em->vcpu, mem->base);
	if (mem->index != VTX_EMUL_NOREG)
		offset += vtx_gpr(em->vcpu, mem->index) << mem->shift;
	return linear(em, mem->seg, offset & mask_of(insn->adsize));
}

/* Is it the access that the exit speaks of, and no more than that? */
static bool is_exit(const struct vtx_emulation *em,
		    const struct vtx_emul_insn *insn, unsigned int size,
		    unsigned int access)
{
	struct vtx_exit *exit = &em->vcpu->exit;
	u64 gla = vtx_exit_gla(exit);

	return (vtx_exit_qualification(exit) &
		(ACCESS | GLA_VALID | GLA_ACCESS)) ==
	       (access | GLA_VALID | GLA_ACCESS) &&
	       offset_in_page(gla) + size <= PAGE_SIZE &&
	       operand_gva(em, insn) == gla;
}

static u64 exit_gpa(struct vtx_exit *exit)
{
	return (vtx_exit_gpa(exit) & PAGE_MASK) |
	       offset_in_page(vtx_exit_gla(exit));
}

static u64 source(struct vtx_vcpu *vcpu, const struct vtx_emul_insn *insn)
{
	const struct vtx_emul_operand *operand = &insn->opnd[1];

	if (operand->place == VTX_PLACE_IMM)
		return insn->imm;
	if (operand->place == VTX_PLACE_HIGH)
		return vtx_gpr(vcpu, operand->reg) >> 8;
	return vtx_gpr(vcpu, operand->reg);
}

static enum vtx_result done(struct vtx_vcpu *vcpu,
			    const struct vtx_emul_insn *insn)
{
	vcpu->stats.insn_emulation++;
	return vtx_vcpu_skip_bytes(vcpu, insn->len);
}

static enum vtx_result store(struct vtx_vcpu *vcpu,
			     const struct vtx_emul_insn *insn)
{
	unsigned int size = insn->opnd[0].size;
	u64 gpa = exit_gpa(&vcpu->exit), value = source(vcpu, insn);

	if (vtx_access_write(vcpu, gpa, size, &value))
		return done(vcpu, insn);
	vtx_access_mmio_to_user(vcpu, gpa, size, &value);
	done(vcpu, insn);
	return VTX_USER;
}

/* What has been read goes into the register. */
static enum vtx_result finish_load(struct vtx_vcpu *vcpu,
				   const struct vtx_emul_insn *insn, u64 value)
{
	const struct vtx_emul_operand *to = &insn->opnd[0];
	unsigned int size = insn->opnd[1].size;
	u64 mask = mask_of(to->size), old = vtx_gpr(vcpu, to->reg);

	value &= mask_of(size);
	if (insn->op == VTX_OP_MOVSX)
		value = sign_extend64(value, size * BITS_PER_BYTE - 1);
	if (to->place == VTX_PLACE_HIGH) {
		mask <<= 8;
		value <<= 8;
	}
	/* What is 32 bits wide clears the upper half; what is narrower keeps. */
	value &= mask;
	if (to->size < sizeof(u32))
		value |= old & ~mask;
	vtx_set_gpr(vcpu, to->reg, value);
	return done(vcpu, insn);
}

/* User space has read it; loaded. */
static enum vtx_result finish_user_load(struct vtx_vcpu *vcpu)
{
	const struct vtx_emulation *em = vtx_emulation(vcpu->emul);
	u64 value;

	if (!vtx_code_is_next(&em->code, vcpu))
		return VTX_REPEAT;
	memcpy(&value, vcpu->run->mmio.data, sizeof(value));
	return finish_load(vcpu, em->move, value);
}

static enum vtx_result complete_load(struct vtx_vcpu *vcpu)
{
	return vtx_vcpu_when_loaded(vcpu, finish_user_load);
}

static enum vtx_result load(struct vtx_vcpu *vcpu,
			    const struct vtx_emul_insn *insn)
{
	unsigned int size = insn->opnd[1].size;
	u64 gpa = exit_gpa(&vcpu->exit), value = 0;

	if (vtx_access_read(vcpu, gpa, size, &value))
		return finish_load(vcpu, insn, value);
	vtx_access_mmio_to_user(vcpu, gpa, size, NULL);
	vtx_emulation(vcpu->emul)->move = insn;
	vcpu->complete = complete_load;
	return VTX_USER;
}

/**
 * vtx_move() - execute an instruction that has met a device, if it is a move
 * @em: the emulation of a vCPU in the inner loop, after an EPT violation
 * @insn: the instruction, as vtx_code_find() has told it
 * @reads: reads are the device's too, not only writes
 * @result: receives what to do next
 *
 * Return: false, with nothing done, if it takes the emulator.
 */
bool vtx_move(struct vtx_emulation *em, const struct vtx_emul_insn *insn,
	      bool reads, enum vtx_result *result)
{
	struct vtx_vcpu *vcpu = em->vcpu;

	if (unlikely(vmcs_readl(VMCS_GUEST_RFLAGS) & X86_EFLAGS_TF))
		return false;
	if (is_store(insn) &&
	    is_exit(em, insn, insn->opnd[0].size, VTX_ACCESS_WRITE)) {
		*result = store(vcpu, insn);
		return true;
	}
	if (reads && is_load(insn) &&
	    is_exit(em, insn, insn->opnd[1].size, VTX_ACCESS_READ)) {
		*result = load(vcpu, insn);
		return true;
	}
	return false;
}
