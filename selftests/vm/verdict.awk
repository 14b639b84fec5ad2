# SPDX-License-Identifier: GPL-2.0-only
# Judges one run of the emulated machine. Prints what is wrong and, as last line, how many tests passed; exits with 1 if
# any failed.
#
#	awk -f verdict.awk -v programs=N stream=console FILE stream=programs FILE stream=bochs FILE...
#
# console: the kernel's log; no line may look like a report of a bug, unless a line "vtx-expect: REGEX" before it
#	allows it (a test that provokes one writes it to /dev/kmsg). "boot ROM: the machine was reset" after such an
#	announcement is a good end of the last program and of the machine.
# programs: what init and the N programs printed; every program must have run and exited with 0, and its TAP be complete and
#	all "ok". Nested TAP counts by its innermost results. Exit status 4 after "1..0 # SKIP" is a skipped test.
# bochs: its log and its standard error; the machine must have ended by power off.

BEGIN {
	report_lines = 40	# of the kernel's log, quoted from the beginning of a report on

	# Any of these in a line is a report: by what goes wrong, the sanitizers, lockdep and the module loader.
	splats = "(^|[^A-Z_])BUG(:| at )|^WARNING: |Oops[ :]|Kernel panic|Call Trace|general protection|unable to handle"
	splats = splats "|divide error:|invalid opcode:|double fault|stack segment:|int3:|segfault at|traps: "
	splats = splats "|blocked for more than|detected (expedited )?stall|soft lockup|hard LOCKUP|nobody cared"
	splats = splats "|refcount_t: |list_(add|del) corruption|bad page state|Bad page map|page allocation failure|Out of memory"
	splats = splats "|K(A|C|M)SAN: |UBSAN: |KFENCE: |[1-9][0-9]* new suspected memory leaks"
	splats = splats "|circular locking|inconsistent lock state|bad unlock balance|held lock freed|suspicious RCU usage"
	splats = splats "|non-static key|DEBUG_LOCKS_WARN_ON|locking correctness validator|lockdep is turned off"
	splats = splats "|vtx_probe: shutdown: CPU [0-9]+ VMXE 1"	# VMX is on when another kernel takes over
	splats = splats "|Unknown symbol|disagrees about version|EXPECTATION FAILED|ASSERTION FAILED|(^| )not ok |boot ROM: "
}

function problem(text)
{
	print "FAIL: " text
	failed++
}

# ---- The kernel's log ----

stream == "console" {
	message = $0
	sub(/^\[ *[0-9.]+\](\[ *[TC][0-9]+\])? /, "", message)
	for (regex in required)
		if (message ~ regex)
			delete required[regex]
	if (message ~ /^boot ROM: the machine was reset/ && is_expected(message)) {
		reset = 1
	} else if (message ~ /^vtx-expect: ./) {
		expected[substr(message, 13)]
	} else if (message ~ /^vtx-require: ./) {
		required[substr(message, 14)]
	} else if (message ~ /^# /) {
		quote = 0
		during = message ~ /^# prog [0-9]+ start: / ? " while program " name_of(message) " runs" : ""
	} else if (quote > 0) {
		quote--
		print "  | " $0
	} else if (message ~ splats && !is_expected(message)) {
		problem("the kernel reports a bug" during)
		print "  | " $0
		quote = report_lines
	}
}

# "# prog N start: COMMAND" -> "N (COMMAND)"
function name_of(line)
{
	sub(/^# prog /, "", line)
	sub(/ start: /, " (", line)
	return line ")"
}

function is_expected(message,	regex)
{
	for (regex in expected)
		if (message ~ regex)
			return 1
	return 0
}

# ---- The programs ----

# A second boot of the machine: the program that ended the first kernel is started again.
stream == "programs" && /^# prog [0-9]+ start: / && name_of($0) == program && is_expected("second boot") {
	close_deeper(-1)
	next
}

stream == "programs" && /^# prog [0-9]+ start: / {
	if (program != "")
		problem("program " program " has no exit status")
	if ($3 != ++started)
		problem("program " $3 " started as number " started)
	program = name_of($0)
	skip_plan = 0
	failed_before = failed
	tests_before = passed + failed + skipped
	next
}

stream == "programs" && /^# prog [0-9]+ exit: / {
	close_deeper(-1)
	if (program == "")
		problem("program " $3 " has an exit status but did not start")
	else if ($5 != 0 && failed == failed_before && !($5 == 4 && skip_plan))
		problem("program " program ": exit status " $5)
	if (passed + failed + skipped == tests_before)
		problem("program " program ": no test")
	program = ""
	next
}

stream == "programs" && /^# machine failed: / { problem(substr($0, 19)) }
stream == "programs" && /^# unreferenced object/ { problem("memory leak: " substr($0, 3)) }
stream == "programs" && $0 == "# machine done" { done = 1 }

stream == "programs" && program != "" {
	match($0, /^ */)
	tap(RLENGTH, substr($0, RLENGTH + 1))
}

# One line of TAP. seen[level]: results so far at this indentation; plan[level]: how many there must be.
function tap(level, line)
{
	if (line ~ /^K?TAP version /)	# a document begins, so the one before has ended
		close_deeper(level - 1)
	else if (line ~ /^1\.\.[0-9]+/)
		tap_plan(level, line)
	else if (line ~ /^(not )?ok([ \t]|$)/)
		tap_result(level, line)
	else if (line ~ /^Bail out!/)
		problem("program " program ": " line)
}

function tap_plan(level, line,	count)
{
	close_deeper(level)
	if (level in plan)		# another TAP document begins
		close_deeper(level - 1)
	count = substr(line, 4) + 0
	if (count == 0 && toupper(line) ~ /# *SKIP/) {
		skipped++
		skip_plan = 1
	} else if (count == 0) {
		problem("program " program ": plans no tests")
	}
	plan[level] = count
	if (!(level in seen))
		open_level(level)
}

function open_level(level)
{
	seen[level] = 0
	failed_until[level] = failed
}

function tap_result(level, line,	is_summary, words, number)
{
	is_summary = close_deeper(level, 1)
	if (!(level in seen))
		open_level(level)
	seen[level]++
	split(line, words)
	number = words[1] == "not" ? words[3] : words[2]
	if (number ~ /^[0-9]+$/ && number + 0 != seen[level])
		problem("program " program ": test " seen[level] " has number " number ": " line)
	if (line ~ /^not/) {
		if (!is_summary || failed == failed_until[level])
			problem("program " program ": " line)
	} else if (!is_summary) {
		if (toupper(line) ~ /# *SKIP/)
			skipped++
		else
			passed++
	}
	failed_until[level] = failed
}

# Check the plans of all levels deeper than this. True if there were any: then the next result only sums them up, and they
# may have no plan: KUnit has none for the values of a parameter.
function close_deeper(level, summed_up,	deeper, any)
{
	for (deeper in seen) {
		if (deeper + 0 <= level)
			continue
		any = 1
		if (!(deeper in plan) && !summed_up)
			problem("program " program ": tests without a plan (1..N)")
		else if (deeper in plan && plan[deeper] != seen[deeper])
			problem("program " program ": " plan[deeper] " tests planned, " seen[deeper] " run")
		delete seen[deeper]
		delete plan[deeper]
	}
	return any
}

# ---- The emulator ----

stream == "bochs" && />>PANIC<</ && !/soft power off|Shutdown port/ { problem("Bochs: " substr($0, index($0, ">>PANIC<<") + 10)) }
stream == "bochs" && /emulated time limit reached/ { problem($0) }

END {
	for (regex in required)
		problem("the kernel's log lacks: " regex)
	if (reset)
		close_deeper(-1)
	else if (program != "")
		problem("program " program ": no exit status")
	if (!done && !reset)
		problem("the machine did not finish: it hung or crashed (no \"# machine done\")")
	else if (started != programs)
		problem(started + 0 " of " programs " programs started")
	if (passed + failed + skipped == 0)
		problem("no test was run")
	printf "%d passed, %d failed%s\n", passed, failed, skipped ? sprintf(", %d skipped", skipped) : ""
	exit failed > 0
}
