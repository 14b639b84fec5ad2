# SPDX-License-Identifier: GPL-2.0-only
# make            build vtx.ko against the running kernel, or against KDIR=
# make install    put it into the kernel's module tree, with a udev rule for group vtx
# make uninstall  remove all that install put there
# make check      hold the sources against the rules of the house
# make test       set up the emulated VT-x machine and test every promise on it
#                 (HOST=1: on this very machine, which must have VT-x)
# make test-full  the same at length, and on more kernels, CPU models and numbers of CPUs
# make bench      what operations cost under vtx and under KVM, in instructions
#                 (PROFILE=ROW: which functions these are in, for the rows that match)
# make run        Debian under QEMU on vtx, in the emulated machine; SHELL=1: and
#                 its prompt is yours (HOST=1: on this very machine)
# make shell      the emulated machine's own shell, vtx loaded, to look around in
# make clean      remove what was built; the cache of the emulated machine stays

# SHELL=1 is for "make run". To make itself, and to every make below, SHELL is what runs commands.
ifeq ($(origin SHELL): $(SHELL),command line: 1)
guest_shell := yes
override SHELL := /bin/sh
MAKEOVERRIDES := $(filter-out SHELL=%,$(MAKEOVERRIDES))
endif

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
GROUP ?= vtx

modules_dir = $(DESTDIR)/lib/modules/$(KVER)
rule = $(DESTDIR)/etc/udev/rules.d/60-vtx.rules

.PHONY: modules install uninstall check test test-full bench run shell clean

modules:
	@test -d $(KDIR) || { echo "No kernel headers in $(KDIR): \
	install linux-headers-$(KVER), or name a build folder with KDIR="; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

# DESTDIR is for packagers: no group is made and no index written there. The rule remembers the groups that were made,
# over a second install too, so that uninstall takes away those and no other.
made_group = \# group made by vtx:

install:
	@test -e vtx.ko || { echo "There is no vtx.ko yet: run make first"; exit 1; }
	install -D -m 644 vtx.ko $(modules_dir)/updates/vtx.ko
	install -d $(dir $(rule))
	touch $(rule)
ifeq ($(DESTDIR),)
	getent group $(GROUP) >/dev/null || { groupadd --system $(GROUP) && echo '$(made_group) $(GROUP)' >>$(rule); }
endif
	sed -i '/^KERNEL/d' $(rule)
	echo 'KERNEL=="vtx", SUBSYSTEM=="misc", GROUP="$(GROUP)", MODE="0660"' >>$(rule)
ifeq ($(DESTDIR),)
	depmod $(KVER)
	-udevadm control --reload 2>/dev/null
	-udevadm trigger --name-match=vtx 2>/dev/null
endif

uninstall:
ifeq ($(DESTDIR),)
	sed -n 's/^$(made_group) //p' $(rule) 2>/dev/null | xargs -r -n 1 groupdel
endif
	rm -f $(modules_dir)/updates/vtx.ko $(rule)
	-rmdir --ignore-fail-on-non-empty $(modules_dir)/updates
ifeq ($(DESTDIR),)
	depmod $(KVER)
	-udevadm control --reload 2>/dev/null
endif

check:
	selftests/check

test:
	selftests/$(if $(HOST),metal,vm)/test

test-full:
	selftests/vm/test --full

bench:
	selftests/vm/$(if $(PROFILE),profile "$(PROFILE)",bench)

run:
ifdef HOST
	selftests/metal/demo $(if $(guest_shell),--shell)
else
	selftests/vm/build plain
	selftests/vm/demo $(if $(guest_shell),--shell)
endif

shell:
	selftests/vm/build plain
	selftests/vm/run --shell

clean:
	rm -rf build
	find $(CURDIR) \( -name '*.o' -o -name '*.o.d' -o -name '*.s' -o -name asm-offsets.h -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name modules.order -o -name Module.symvers \) -not -path '*/.git/*' -delete
