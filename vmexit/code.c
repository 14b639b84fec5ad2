// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that have been decoded before, so that a driver that meets its
 * device in the same loop again and again does not pay for a page walk and a
 * decoder each time.
 *
 * What comes out must be what a walk and a decoder would say now: the guest may
 * have changed its page tables or its code without an exit.  So nothing is
 * believed.  The entries of the page tables on the way to the instruction and
 * the bytes of the instruction are read again and compared.  If they and the
 * registers that matter are the same, then so is the result, of which all of
 * that is the only input.  This costs a tenth of the walk.
 *
 * Where guest memory is in the process is kept too, and good as long as the
 * slots do not change; they are held meanwhile.
 *
 * Nothing sleeps.  No lock but slots_lock; all is the vCPU's owner's.
 */
#include "module/compat.h"

#include <linux/build_bug.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/page.h>

#include <asm/processor-flags.h>

#include "ept/guest_mem.h"
#include "arch-x86/cr.h"
#include "arch-x86/vcpu.h"
#include "arch-x86/vmx/segment.h"
#include "vmexit/code.h"

/* What of these decides how the address of an instruction is translated. */
#define CR0_BITS	(X86_CR0_PE | X86_CR0_PG)
#define CR4_BITS	(X86_CR4_PAE | X86_CR4_PSE | X86_CR4_LA57)

static_assert(!(VTX_CODE_ENTRIES & (VTX_CODE_ENTRIES - 1)));
static_assert(VTX_EMUL_INSN_MAX < 2 * sizeof(u64));

static struct vtx_code_entry *entry_of(struct vtx_code *code, u64 rip)
{
	return &code->entry[hash_64(rip, ilog2(VTX_CODE_ENTRIES))];
}

static void make_key(struct vtx_code_key *key, const struct vtx_vcpu *vcpu)
{
	key->rip = vmcs_readl(VMCS_GUEST_RIP);
	key->cr0 = vtx_guest_cr0(vcpu) & CR0_BITS;
	key->cr3 = vmcs_readl(VMCS_GUEST_CR3);
	key->cr4 = vtx_guest_cr4(vcpu) & CR4_BITS;
	key->efer = vtx_guest_efer(vcpu);
	key->cs_ar = vmcs_read32(VMCS_GUEST_CS_ACCESS_RIGHTS);
	key->v86 = vmcs_readl(VMCS_GUEST_RFLAGS) & X86_EFLAGS_VM;
	key->cs_base = (key->efer & EFER_LMA) && (key->cs_ar & VTX_AR_L) ? 0 :
		       vmcs_readl(VMCS_GUEST_CS_BASE);
}

static bool same_key(const struct vtx_code_key *a, const struct vtx_code_key *b)
{
	return a->rip == b->rip && a->cr3 == b->cr3 && a->cr0 == b->cr0 &&
	       a->cr4 == b->cr4 && a->efer == b->efer &&
	       a->cs_base == b->cs_base && a->cs_ar == b->cs_ar &&
	       a->v86 == b->v86;
}

/*
 * Is all in memory as it was?  The addresses are in slots, which lie in the
 * user's half.
 */
static bool same_memory(const struct vtx_code_entry *entry)
{
	const u64 __user *code = (const u64 __user *)entry->code_hva;
	/* No arrays: a check of bounds may not call while SMAP is off. */
	const unsigned long *hva = entry->hva;
	const u64 *was = entry->entry;
	u64 low, high, value;
	unsigned int i;
	u32 narrow;

	if (!user_read_access_begin(code, 2 * sizeof(*code)))
		return false;
	for (i = 0; i < entry->nr; i++) {
		if (entry->entry_bytes == sizeof(u64)) {
			unsafe_get_user(value, (u64 __user *)hva[i], fault);
		} else {
			unsafe_get_user(narrow, (u32 __user *)hva[i], fault);
			value = narrow;
		}
		if (value != was[i])
			goto fault;
	}
	unsafe_get_user(low, code, fault);
	unsafe_get_user(high, code + 1, fault);
	user_read_access_end();
	return !((low ^ entry->code[0]) & entry->mask[0]) &&
	       !((high ^ entry->code[1]) & entry->mask[1]);

fault:
	user_read_access_end();
	return false;
}

/**
 * vtx_code_find() - has the instruction at RIP been decoded before?
 * @code: the vCPU's instructions; takes down which one is at hand
 * @vcpu: the vCPU, loaded, after an exit of an instruction that the CPU has
 *	begun to execute
 *
 * Return: the instruction; NULL if it was not, or if this cannot be told without
 * sleep.
 */
const struct vtx_emul_insn *vtx_code_find(struct vtx_code *code,
					  struct vtx_vcpu *vcpu)
{
	const struct vtx_code_entry *entry;
	struct vtx_mem *mem = vcpu->mem;
	bool same;

	code->fetches = 0;
	make_key(&code->key, vcpu);
	entry = entry_of(code, code->key.rip);
	if (!entry->valid || !same_key(&entry->key, &code->key) ||
	    !vtx_mem_hold(mem))
		return NULL;
	same = entry->generation == vtx_mem_slots_generation(mem);
	if (same) {
		pagefault_disable();
		same = same_memory(entry);
		pagefault_enable();
	}
	vtx_mem_release(mem);
	return same ? &entry->insn : NULL;
}

/**
 * vtx_code_is_next() - is the guest still at the instruction at hand?
 * @code: the vCPU's instructions, after vtx_code_find()
 * @vcpu: the vCPU, loaded; user space may have had it meanwhile
 *
 * Return: true if it is.
 */
bool vtx_code_is_next(const struct vtx_code *code, struct vtx_vcpu *vcpu)
{
	struct vtx_code_key now;

	make_key(&now, vcpu);
	return same_key(&now, &code->key);
}

/* Where the walk's entries and the instruction are in the process. */
static bool find_addresses(struct vtx_code_entry *entry,
			   const struct vtx_code *code, struct vtx_mem *mem)
{
	const struct vtx_walk_log *log = &code->log;
	unsigned int i;

	for (i = 0; i < log->nr; i++) {
		if (vtx_mem_hva(mem, log->step[i].gpa, false, &entry->hva[i]))
			return false;
		entry->entry[i] = log->step[i].entry;
	}
	entry->nr = log->nr;
	entry->entry_bytes = log->entry_bytes;
	return !vtx_mem_hva(mem, code->gpa, false, &entry->code_hva);
}

static void keep_insn(struct vtx_code_entry *entry,
		      const struct vtx_emul_insn *insn)
{
	memset(entry->code, 0, sizeof(entry->code));
	memset(entry->mask, 0, sizeof(entry->mask));
	memcpy(entry->code, insn->bytes, insn->len);
	memset(entry->mask, 0xff, insn->len);
	entry->insn = *insn;
	entry->insn.fetched = insn->len;
}

/**
 * vtx_code_keep() - keep the instruction that has been decoded
 * @code: the vCPU's instructions, after vtx_code_find(), with the walk to this
 *	one
 * @vcpu: the vCPU, whose emulator has it
 *
 * Not if it could not be decoded, lies at the end of a page, or if there are
 * PDPTEs.
 */
void vtx_code_keep(struct vtx_code *code, struct vtx_vcpu *vcpu)
{
	struct vtx_code_entry *entry = entry_of(code, code->key.rip);
	const struct vtx_emul *e = vcpu->emul;

	if (code->fetches != 1 || !e->decoded ||
	    code->log.nr > VTX_WALK_LEVELS ||
	    offset_in_page(code->gpa) > PAGE_SIZE - sizeof(entry->code) ||
	    vtx_pae_paging(code->key.cr0, code->key.cr4, code->key.efer))
		return;
	entry->valid = find_addresses(entry, code, vcpu->mem);
	if (!entry->valid)
		return;
	entry->key = code->key;
	entry->generation = code->generation;
	keep_insn(entry, &e->insn);
}
