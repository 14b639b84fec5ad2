# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by the scripts of the emulated machine: messages, where the cache is, and the way into the
# Debian 13 root. To be sourced by bash.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$vm_dir/../.." && pwd)
cache=${VTX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vtx}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$@"; exit 1; }

# need PROGRAM PACKAGE: have PROGRAM on this host
need() {
	[[ $(type -P "$1") || -x /usr/sbin/$1 ]] && return
	local install=(apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$2")

	((EUID == 0)) || die "$1 is missing; install it with: sudo ${install[*]}"
	say "installing $2"
	{ "${install[@]}" || { apt-get update && "${install[@]}"; }; } >/dev/null 2>&1 ||
		die "$1 is missing and could not be installed; try: apt-get update && ${install[*]}"
}

# as_root COMMAND...: run as root, an ordinary user as the root of a user namespace of their own. There the
# user is uid 0 and the uids that /etc/subuid grants are the others, as a Debian root's files need.
as_root() {
	((EUID == 0)) || set -- unshare --user --map-root-user --map-auto -- "$@"
	"$@"
}

# in_root COMMAND...: run COMMAND in the Debian 13 root, in the present folder and environment. The clone, $VTX_OUT
# and $in_root_writable (a folder) are writable, the cache is not. All else is a copy that is
# thrown away afterwards, so that COMMAND may install what it likes.
in_root() {
	local root=${VTX_ROOT:-} writable=("$repo" ${VTX_OUT:+"$VTX_OUT"}) option=

	[[ $root ]] || root=$("$vm_dir/setup" --path root) || return
	((EUID == 0)) || option=,userxattr	# trusted.* attributes are not for them
	mkdir -p "$cache/mnt" "${writable[@]}" || return
	as_root unshare --mount --propagation private -- bash -euc "$(declare -f enter_root); enter_root \"\$@\"" \
		enter_root "$option" "$root" "$cache" "${writable[@]}" -- "${in_root_writable:-}" "$@"
}

# call_in_root FUNCTION ARGUMENT...: run one of our own shell functions there
call_in_root() { in_root bash -euo pipefail -c "$(declare -f "$1"); \"\$@\"" "$1" "$@"; }

# The part of in_root that runs in the private mount namespace.
# enter_root OVERLAY_OPTION ROOT CACHE WRITABLE... -- WRITABLE_IN_CACHE COMMAND...
enter_root() {
	local option=$1 root=$2 cache=$3 at=$3/mnt dir
	shift 3

	mount -t tmpfs tmpfs "$at"
	mkdir "$at"/{upper,work,root}
	mount -t overlay -o "lowerdir=$root,upperdir=$at/upper,workdir=$at/work$option" overlay "$at/root"
	at=$at/root
	mount --rbind /proc "$at/proc"
	mount --rbind /dev "$at/dev"
	mount -t tmpfs tmpfs "$at/tmp"

	while dir=$1; shift; [[ $dir != -- ]]; do
		mkdir -p "$at$dir"
		mount --bind "$dir" "$at$dir"
	done
	mkdir -p "$at$cache"
	mount -o bind,ro "$cache" "$at$cache"
	[[ ! $1 ]] || mount --bind "$1" "$at$1"
	shift

	export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
	unset TMPDIR
	# shellcheck disable=SC2016 # for the inner shell
	exec chroot "$at" /bin/sh -c 'cd "$0" 2>/dev/null || cd /; exec "$@"' "$PWD" "$@"
}
