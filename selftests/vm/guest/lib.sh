# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For scripts that run virtual machines in the emulated machine; to be sourced after lib.sh.

# guest_files DISK...: options of run that bring QEMU, these disks and what drives them, one word a line
guest_files() {
	local entry file pilot=${VTX_OUT:-$repo/build/${kernel:-plain}}/tests/pilot

	entry=$("$vm_dir/setup" --path qemu) || return
	printf '%s\n' --cpio "$entry/qemu.cpio"
	(($# == 0)) || for entry in $("$vm_dir/setup" --path "${@/#/disk-}"); do
		printf '%s\n' --cpio "$entry/disk.cpio"
	done
	for file in "$pilot" "$vm_dir"/guest/{vm,summary.awk,*-check,*.scene}; do
		printf '%s\n' --file "$file"
	done
}
