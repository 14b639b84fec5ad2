# SPDX-License-Identifier: GPL-2.0-only
# From a report of pilot's: how long each step took and who had the processor, and what the virtual CPUs exited for.
#
#	awk -f summary.awk [-v total=1] REPORT

/^[0-9]/ {
	name = $0
	sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ /, "", name)
	step(name, $1 - last[1], $4 - last[4], $3 - last[3], $2 - $4 - last[2] + last[4])
	for (i = 1; i <= 4; i++)
		last[i] = $i
}

# The monitor's "NAME (cumulative): N", of each virtual CPU, and lines of a histogram by exit reason.
/^> +[a-z_0-9]+ \(/ {
	name = $2
	if (!(name in sum))
		names[++nr_names] = name
	sum[name] += $NF
}

function step(name, ms, guest, kernel, qemu)
{
	if (!heading++)
		printf "%-48s %8s %9s %9s %9s %9s\n", "", "seconds", "guest", "kernel", "QEMU", "idle"
	if (guest + kernel + qemu > 0 || ms > 0)
		printf "%-48s %8.1f %9.1f %9.1f %9.1f %9.1f\n", name, ms / 1000, guest / 100, kernel / 100, qemu / 100,
			rest(ms / 1000 - (guest + kernel + qemu) / 100)
	all[1] += ms; all[2] += guest; all[3] += kernel; all[4] += qemu
}

function rest(seconds) { return seconds > 0 ? seconds : 0 }

# Those whose name begins with PREFIX, most frequent first; all others if it is "".
function show(prefix,	i, most, share)
{
	for (;;) {
		most = ""
		for (i = 1; i <= nr_names; i++)
			if (!(names[i] in shown) && sum[names[i]] > (most == "" ? 0 : sum[most]) &&
				    substr(names[i], 1, length(prefix)) == prefix)
				most = names[i]
		if (most == "")
			return
		shown[most]
		share = prefix == "" ? "" : sprintf("%5.1f%%", 100 * sum[most] / sum["exits"])
		printf "%-40s %12.0f %s\n", substr(most, length(prefix) + 1), sum[most], share
	}
}

END {
	printf "%-48s %8.1f %9.1f %9.1f %9.1f %9.1f\n", "all", all[1] / 1000, all[2] / 100, all[3] / 100, all[4] / 100,
		rest(all[1] / 1000 - (all[2] + all[3] + all[4]) / 100)
	printf "\n%-40s %12.0f\n", "exits of all virtual CPUs", sum["exits"]
	shown["exits"]
	show("exits_")
	print "\nother counters"
	for (i = 1; i <= nr_names; i++)
		if (names[i] ~ /_ns$/)
			shown[names[i]]
	show("")
}
