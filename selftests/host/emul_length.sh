#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Compare instruction lengths with objdump's, for random instructions that the
# emulator knows. A second opinion: it also covers what user mode cannot execute.
#
# usage: emul_length.sh EMUL_FUZZ [SEED [ROUNDS]]
set -euo pipefail

fuzz=$1 seed=${2:-1} rounds=${3:-60000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One line per slot of 32 bytes: the length of its first instruction, and its
# text. A length of 0 is no opinion: objdump calls BSF with F2H bad, and it prints
# a prefix that it does not expect as an instruction of its own. (The native test
# has the CPU's opinion of these.)
lengths() {
	awk -F'\t' '
	function hex(s,   i, v) {
		for (i = 1; i <= length(s); i++)
			v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
		return v
	}
	BEGIN {
		p = "(rex[.WRXB]*|data16|data32|addr16|addr32|[c-gs]s|repz|repnz|lock)"
		prefix = "^" p "( " p ")* *$"
	}
	/^ *[0-9a-f]+:\t/ {
		gsub(/[ :]/, "", $1)
		if (!joined && hex($1) % 32)
			next
		if (joined || $3 ~ /\(bad\)/) {
			print 0
			joined = 0
		} else if (!(joined = $3 ~ prefix)) {
			print split($2, unused, " ") "\t" $3
		}
	}'
}

echo "TAP version 13"
if ! command -v objdump > /dev/null; then
	echo "ok 1 - lengths # SKIP no objdump"
	echo "1..1"
	exit 0
fi
n=0 status=0
for bits in 64 32 16; do
	n=$((n + 1))
	machine=$(case $bits in 64) echo i386:x86-64;; 32) echo i386;; 16) echo i8086;; esac)
	"$fuzz" "$seed" "$rounds" $bits "$work/bin" > "$work/ours"
	objdump -D -z --insn-width=16 -M intel64 -b binary -m "$machine" "$work/bin" | lengths > "$work/theirs"
	paste "$work/ours" "$work/theirs" | awk -F'\t' '$2 && $1 != $2' > "$work/differ"
	total=$(wc -l < "$work/ours") differ=$(wc -l < "$work/differ")
	silent=$(grep -c '^0' "$work/theirs" || true)
	if [ "$differ" = 0 ] && [ "$total" -gt $((rounds / 10)) ] &&
	   [ "$silent" -lt $((total / 10)) ] &&
	   [ "$total" = "$(wc -l < "$work/theirs")" ]; then
		echo "ok $n - $bits-bit: $((total - silent)) lengths agree with objdump, $silent not compared"
	else
		echo "not ok $n - $bits-bit: $differ of $total lengths differ from objdump"
		head -20 "$work/differ" | sed 's/^/# ours, theirs: /'
		status=1
	fi
done
echo "1..$n"
exit $status
