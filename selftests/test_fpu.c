// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promise: x87, SSE and AVX state of each vCPU is its own, whoever else uses the
 * CPU's registers meanwhile, and so is the host's; and user space can read and
 * write it.
 */
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "lib/event.h"
#include "lib/harness.h"

#define X87	BIT(0)
#define SSE	BIT(1)
#define AVX	BIT(2)

#define IMAGE	GUEST_FREE		/* per vCPU: an image to load */
#define SAVED	(GUEST_FREE + 0x10000)	/* and one that is saved */
#define IMAGE_SIZE	0x1000

static struct guest guest;

/* An XSAVE image in the standard format: SDM 1 "Managing State Using XSAVE". */
struct image {
	__u16	fcw, fsw;
	__u8	ftw, reserved1;
	__u16	fop;
	__u64	fip, fdp;
	__u32	mxcsr, mxcsr_mask;
	__u8	st[8][16];
	__u8	xmm[16][16];
	__u8	reserved2[96];
	__u64	xstate_bv, xcomp_bv, reserved3[6];
	__u8	ymm_high[16][16];
};

static void fill(void *at, size_t size, unsigned int seed)
{
	unsigned char *byte = at;

	while (size--)
		*byte++ = seed = seed * 5 + 3;
}

/* Registers that differ for each seed. */
static void make_image(struct image *image, unsigned int seed, __u64 mask)
{
	int i;

	memset(image, 0, sizeof(*image));
	image->fcw = 0x37f;
	image->ftw = 0xff;
	image->mxcsr = 0x1f80 | (seed & 3) << 13;
	for (i = 0; i < 8; i++) {
		fill(image->st[i], 10, seed + i);
		image->st[i][7] |= 0x80;	/* a normal number */
	}
	fill(image->xmm, sizeof(image->xmm), seed + 50);
	fill(image->ymm_high, sizeof(image->ymm_high), seed + 90);
	image->xstate_bv = mask;
}

/* Does an image hold the registers of another, as far as the mask says? */
static bool images_equal(const struct image *a, const struct image *b,
			 __u64 mask)
{
	int i;

	for (i = 0; mask & X87 && i < 8; i++)
		if (memcmp(a->st[i], b->st[i], 10))
			return false;
	if (mask & X87 && (a->fcw != b->fcw || a->ftw != b->ftw))
		return false;
	if (mask & SSE && (a->mxcsr != b->mxcsr ||
			   memcmp(a->xmm, b->xmm, sizeof(a->xmm))))
		return false;
	return !(mask & AVX) ||
	       !memcmp(a->ymm_high, b->ymm_high, sizeof(a->ymm_high));
}

static struct image *image_of(const struct vcpu *vcpu)
{
	return guest_at(&guest, IMAGE + vcpu->id * IMAGE_SIZE);
}

static struct image *saved_by(const struct vcpu *vcpu)
{
	return guest_at(&guest, SAVED + vcpu->id * IMAGE_SIZE);
}

/* All there is of x87, SSE and AVX. */
static __u64 components(void)
{
	struct cpuid_list cpuid;

	cpuid_supported(&guest, &cpuid);
	return cpuid_find(&cpuid, 0xd, 0)->eax & (X87 | SSE | AVX);
}

static int set_xcr0(const struct vcpu *vcpu, __u64 value)
{
	struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs[0].value = value };

	return vtx_ioctl(vcpu->fd, KVM_SET_XCRS, (unsigned long)&xcrs);
}

/* A vCPU at the beginning of a payload, with XSAVE on. */
static void start(struct vcpu *vcpu, const char *payload, __u64 xcr0,
		  __u64 mask, unsigned int spin)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	guest_load(&guest, payload);
	vcpu_set_mode(vcpu, MODE_LONG, 0);
	vcpu_get_sregs(vcpu, &sregs);
	sregs.cr4 |= X86_CR4_OSXSAVE;
	vcpu_set_sregs(vcpu, &sregs);
	MUST(set_xcr0(vcpu, xcr0) == 0);
	vcpu_get_regs(vcpu, &regs);
	regs.rsi = IMAGE + vcpu->id * IMAGE_SIZE;
	regs.rdi = SAVED + vcpu->id * IMAGE_SIZE;
	regs.rbx = spin;
	regs.r8 = mask;
	vcpu_set_regs(vcpu, &regs);
	memset(saved_by(vcpu), 0, sizeof(struct image));
}

static void begin(void)
{
	guest_create(&guest);
	guest_set_mode(&guest, MODE_LONG);
	if (!(components() & SSE))
		exit(KSFT_SKIP);
}

/* ---- The host's registers ---- */

/*
 * KVM_RUN with all vector registers full; they must be as they were behind it.
 * In one piece, as the compiler may use them anywhere else.
 */
static int run_with_full_registers(struct vcpu *vcpu, unsigned int seed)
{
	static __thread __u8 before[16][32], after[16][32];
	long ret = __NR_ioctl;

	fill(before, sizeof(before), seed);
	asm volatile(
		".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		"vmovdqu \\n*32(%[before]), %%ymm\\n\n"
		".endr\n"
		"syscall\n"
		".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		"vmovdqu %%ymm\\n, \\n*32(%[after])\n"
		".endr\n"
		"vzeroupper\n"
		: "+a" (ret)
		: "D" ((long)vcpu->fd), "S" ((long)KVM_RUN), "d" (0L),
		  [before] "r" (before), [after] "r" (after)
		: "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3",
		  "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
		  "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	if (memcmp(before, after, sizeof(before)))
		return -ENOTUNIQ;
	return ret < 0 ? ret : (int)vcpu->run->exit_reason;
}

/* ---- Whose registers are they? ---- */

VTX_TEST(two_vcpus_one_thread)
{
	struct vcpu vcpu[2];
	int round, i;
	__u64 mask;

	begin();
	mask = components();
	if (!(mask & AVX))
		SKIP(return, "no AVX");
	for (i = 0; i < 2; i++) {
		vcpu_create(&vcpu[i], &guest, i);
		make_image(image_of(&vcpu[i]), 7 + i, mask);
		start(&vcpu[i], "fpu_keep", mask, mask, 100);
	}
	for (round = 0; round < 100; round++) {
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(KVM_EXIT_IO,
				  run_with_full_registers(&vcpu[i], round));
			ASSERT_TRUE(images_equal(image_of(&vcpu[i]),
						 saved_by(&vcpu[i]), mask))
				TH_LOG("round %d, vCPU %d", round, i);
			memset(saved_by(&vcpu[i]), 0, sizeof(struct image));
		}
	}
}

/* What one of the threads of crowded() does. */
struct worker {
	struct vcpu	vcpu;
	unsigned int	rounds;
	__u64		mask;
	const char	*wrong;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct vcpu *vcpu = &worker->vcpu;
	unsigned int round;

	for (round = 0; round < worker->rounds; round++) {
		if (run_with_full_registers(vcpu, round) != KVM_EXIT_IO)
			worker->wrong = "the host's registers, or the exit";
		else if (!images_equal(image_of(vcpu), saved_by(vcpu),
				       worker->mask))
			worker->wrong = "the guest's registers";
		if (worker->wrong)
			break;
		memset(saved_by(vcpu), 0, sizeof(struct image));
		if (round % 8 == 0)
			sched_yield();
	}
	return NULL;
}

/* More vCPUs than CPUs, in threads that are preempted in the guest. */
VTX_TEST(crowded)
{
	unsigned int rounds = vtx_number("ROUNDS", 20);
	struct worker worker[4] = {};
	pthread_t thread[4];
	__u64 mask;
	int i;

	begin();
	mask = components();
	if (!(mask & AVX))
		SKIP(return, "no AVX");
	for (i = 0; i < 4; i++) {
		worker[i].rounds = rounds;
		worker[i].mask = mask;
		vcpu_create(&worker[i].vcpu, &guest, i);
		make_image(image_of(&worker[i].vcpu), 20 + i, mask);
		start(&worker[i].vcpu, "fpu_keep", mask, mask, 200000);
	}
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, work,
					    &worker[i]));
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		EXPECT_EQ(NULL, worker[i].wrong)
			TH_LOG("vCPU %d: %s", i, worker[i].wrong);
	}
}

/* XCR0 is each vCPU's own too. */
VTX_TEST(xcr0_of_two)
{
	struct vcpu vcpu[2];
	struct event event;
	__u64 mask;
	int round;

	begin();
	mask = components();
	if (!(mask & AVX))
		SKIP(return, "no AVX");
	vcpu_create(&vcpu[0], &guest, 0);
	vcpu_create(&vcpu[1], &guest, 1);
	for (round = 0; round < 3; round++) {
		start(&vcpu[0], "fpu_xcr0", X87, X87, 0);
		start(&vcpu[1], "fpu_xcr0", mask, mask, 0);
		EXPECT_EQ(X87, vcpu_result(&vcpu[0], MODE_LONG));
		EXPECT_EQ(mask, vcpu_result(&vcpu[1], MODE_LONG));
		start(&vcpu[0], "fpu_avx", X87 | SSE, SSE, 0);
		vcpu_must_happen(&vcpu[0], MODE_LONG, EXCEPTION, 6, &event);
		start(&vcpu[1], "fpu_avx", mask, mask, 0);
		EXPECT_EQ(3, vcpu_result(&vcpu[1], MODE_LONG));
	}
}

/* ---- As user space sees it ---- */

/* What a guest has not touched is as after reset. */
VTX_TEST(begins_clean)
{
	struct image clean;
	struct vcpu vcpu;
	__u64 mask;

	begin();
	mask = components();
	vcpu_create(&vcpu, &guest, 0);
	start(&vcpu, "fpu_look", mask, mask, 0);
	vcpu_must_happen(&vcpu, MODE_LONG, RESULT, 1, NULL);
	memset(&clean, 0, sizeof(clean));
	clean.fcw = 0x37f;
	clean.mxcsr = 0x1f80;
	/* A component that is in its initial state need not be written. */
	if (!(saved_by(&vcpu)->xstate_bv & X87))
		clean.fcw = saved_by(&vcpu)->fcw;
	EXPECT_TRUE(images_equal(&clean, saved_by(&vcpu), mask));
}

VTX_TEST(xsave_and_fpu)
{
	struct kvm_xsave xsave;
	struct image *image = (struct image *)&xsave;
	struct kvm_xcrs xcrs;
	struct kvm_fpu fpu;
	struct vcpu vcpu;
	__u64 mask;
	__u32 low;

	begin();
	mask = components();
	vcpu_create(&vcpu, &guest, 0);
	start(&vcpu, "fpu_look", mask, mask, 0);
	memset(&xsave, 0, sizeof(xsave));
	make_image(image, 33, mask);
	vcpu_set_xsave(&vcpu, &xsave);
	vcpu_must_happen(&vcpu, MODE_LONG, RESULT, 1, NULL);
	EXPECT_TRUE(images_equal(image, saved_by(&vcpu), mask));

	vcpu_get_fpu(&vcpu, &fpu);
	EXPECT_EQ(0, memcmp(fpu.xmm, image->xmm, sizeof(fpu.xmm)));
	EXPECT_EQ(0, memcmp(fpu.fpr, image->st, sizeof(fpu.fpr)));
	EXPECT_EQ(0x37f, fpu.fcw);

	vcpu_must_happen(&vcpu, MODE_LONG, RESULT, 2, NULL);
	vcpu_get_xsave(&vcpu, &xsave);
	memcpy(&low, image->xmm[3], sizeof(low));
	EXPECT_EQ(0x1234567, low);
	EXPECT_EQ(0, memcmp(image->st[0],
			    "\x35\xc2\x68\x21\xa2\xda\x0f\xc9\x00\x40", 10));
	if (mask & AVX)
		EXPECT_EQ(0xff, image->ymm_high[5][15]);
	EXPECT_EQ(mask, image->xstate_bv & mask);

	/* KVM_SET_FPU, and the guest looks again. */
	vcpu_get_fpu(&vcpu, &fpu);
	EXPECT_EQ(0x80, fpu.ftwx);
	fill(fpu.xmm, sizeof(fpu.xmm), 77);
	fpu.fcw = 0x27f;
	start(&vcpu, "fpu_look", mask, mask, 0);
	vcpu_set_fpu(&vcpu, &fpu);
	vcpu_must_happen(&vcpu, MODE_LONG, RESULT, 1, NULL);
	EXPECT_EQ(0, memcmp(fpu.xmm, saved_by(&vcpu)->xmm, sizeof(fpu.xmm)));
	EXPECT_EQ(0x27f, saved_by(&vcpu)->fcw);

	memset(&xcrs, 0, sizeof(xcrs));
	vcpu_get_xcrs(&vcpu, &xcrs);
	EXPECT_EQ(1, xcrs.nr_xcrs);
	EXPECT_EQ(0, xcrs.xcrs[0].xcr);
	EXPECT_EQ(mask, xcrs.xcrs[0].value);
}

/* What no CPU can have */
VTX_TEST(refused)
{
	struct kvm_xsave xsave, bad;
	struct kvm_xcrs xcrs;
	struct image *image = (struct image *)&bad;
	struct vcpu vcpu;

	begin();
	vcpu_create(&vcpu, &guest, 0);
	vcpu_get_xsave(&vcpu, &xsave);
	bad = xsave;
	image->xstate_bv |= 1UL << 62;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_XSAVE,
				     (unsigned long)&bad));
	bad = xsave;
	image->mxcsr = 0x80000000;
	image->xstate_bv |= SSE;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_XSAVE,
				     (unsigned long)&bad));
	vcpu_get_xsave(&vcpu, &bad);
	EXPECT_EQ(0, memcmp(&xsave, &bad, sizeof(bad)));

	EXPECT_EQ(-EINVAL, set_xcr0(&vcpu, 0));
	EXPECT_EQ(-EINVAL, set_xcr0(&vcpu, SSE));
	EXPECT_EQ(-EINVAL, set_xcr0(&vcpu, X87 | AVX));
	EXPECT_EQ(-EINVAL, set_xcr0(&vcpu, X87 | 1UL << 62));
	memset(&xcrs, 0, sizeof(xcrs));
	xcrs.nr_xcrs = KVM_MAX_XCRS + 1;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_XCRS,
				     (unsigned long)&xcrs));
	xcrs.nr_xcrs = 0;
	xcrs.flags = 1;
	EXPECT_EQ(-EINVAL, vtx_ioctl(vcpu.fd, KVM_SET_XCRS,
				     (unsigned long)&xcrs));
	vcpu_get_xcrs(&vcpu, &xcrs);
	EXPECT_EQ(X87, xcrs.xcrs[0].value);
}

VTX_TEST_MAIN
