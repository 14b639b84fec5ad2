// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sits at the console of a virtual machine: watches what it prints, types, and
 * says in TAP whether it got where it should.
 *
 *	pilot [-i] [-r REPORT] [-m SOCKET] SCENE -- PROGRAM ARGUMENT...
 *
 * PROGRAM is the virtual machine monitor; its standard input and output are the
 * machine's console.  SCENE is a file with a row per step:
 *
 *	SECONDS | WHAT | PATTERN | THEN
 *
 * The step has come when a line of the console matches PATTERN, an extended
 * regular expression; also a line that has not ended yet, as a prompt does not.
 * It must come within SECONDS after the one before.  THEN is typed, with a
 * newline; "(qemu) COMMAND; ..." goes to QEMU's monitor at SOCKET instead.  The
 * pattern "END" stands for PROGRAM's end with exit status 0.
 *
 * The console comes out with "| " before each line, or indented without it if
 * it is TAP.  REPORT gets a line per step: milliseconds since the start; the
 * processor's time of PROGRAM: user, system, and within user the guest's, in
 * clock ticks; WHAT.  After it, what the monitor has answered, with "> " before
 * each line.
 *
 * -i: the terminal is the console's, and stays so after the last step, until
 * PROGRAM ends or Ctrl-] is typed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_STEPS	64
#define LINE_SIZE	4096
#define CTRL_BRACKET	0x1d
#define ESCAPE		'\033'
/* QEMU writes byte by byte: what comes meanwhile is looked at together. */
#define GATHER_MS	20

/**
 * struct step - a row of the scene
 * @limit_ms: how long after the step before
 * @what: for people
 * @pattern: what the console shows then; NULL: the program's end
 * @then: to type, or for the monitor
 * @regex: @pattern, compiled
 */
struct step {
	int64_t	limit_ms;
	char	*what;
	char	*pattern;
	char	*then;
	regex_t	regex;
};

/**
 * struct stream - text that comes in pieces, without its escape sequences
 * @line: the line that has not ended yet
 * @length: how much of it there is
 * @shown: it has been looked at as it is
 * @escape: within an escape sequence: its second character, or ESCAPE itself
 */
struct stream {
	char	line[LINE_SIZE];
	size_t	length;
	bool	shown;
	char	escape;
};

static struct step steps[MAX_STEPS];
static int nr_steps, at_step;
static bool interactive;
static FILE *report;
static const char *monitor_path;
static int monitor = -1;
static pid_t child;
static int to_child, from_child, errors_of_child;
static int64_t started_ms, step_ms;
static struct stream console, complaints;
static int failures;

static __attribute__((noreturn, format(printf, 1, 2)))
void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("Bail out! pilot: ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	if (child > 0)
		kill(child, SIGKILL);
	exit(2);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* ---- The scene ---- */

/* Without blanks around it. */
static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && strchr(" \t\n", end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* Cut the next column off *rest, up to " | ". */
static char *column(char **rest)
{
	char *begin = *rest, *end = strstr(begin, " |");

	*rest = end ? end + 2 : begin + strlen(begin);
	if (end)
		*end = '\0';
	return trim(begin);
}

static void read_scene(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text, *rest;
	size_t size;

	if (!file)
		die("%s: %s", path, strerror(errno));
	for (text = NULL; getline(&text, &size, file) > 0; text = NULL) {
		struct step *step = &steps[nr_steps];

		rest = text + strspn(text, " \t\n");
		if (!*rest || *rest == '#')
			continue;
		if (nr_steps++ == MAX_STEPS)
			die("%s: more than %d steps", path, MAX_STEPS);
		step->limit_ms = atoi(column(&rest)) * 1000LL;
		step->what = column(&rest);
		step->pattern = column(&rest);
		step->then = trim(rest);
		if (!step->limit_ms || !*step->what || !*step->pattern)
			die("%s: no such row: %s", path, text);
		if (!strcmp(step->pattern, "END"))
			step->pattern = NULL;
		else if (regcomp(&step->regex, step->pattern,
				 REG_EXTENDED | REG_NOSUB))
			die("%s: no regular expression: %s", path,
			    step->pattern);
	}
	fclose(file);
}

/* ---- The program and its monitor ---- */

static void start(char **argv)
{
	int in[2], out[2], errors[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) ||
	    pipe2(errors, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		die("fork: %s", strerror(errno));
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(errors[1], STDERR_FILENO);
		execvp(argv[0], argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(errors[1]);
	to_child = in[1];
	from_child = out[0];
	errors_of_child = errors[0];
}

static void write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR)
			return;	/* the program has ended: it will be noticed */
		if (n > 0) {
			text += n;
			size -= n;
		}
	}
}

/* Is this character of the text itself, and not of an escape sequence? */
static bool is_text(struct stream *stream, char c)
{
	switch (stream->escape) {
	case 0:
		if (c == ESCAPE)
			stream->escape = c;
		return c != ESCAPE && c != '\r' && c != '\a' && c != '\b';
	case ESCAPE:
		stream->escape = c == '[' || c == ']' ? c : 0;
		return false;
	case '[':	/* ends with a letter or one of @^_`{|}~ */
		if (c >= '@' && c <= '~')
			stream->escape = 0;
		return false;
	default:	/* ']': ends with BEL or ESC \, or never: at a newline */
		if (c == '\a' || c == '\n' || c == '\\')
			stream->escape = 0;
		return false;
	}
}

/* The monitor's answer to one command goes to the report. */
static void monitor_answer(void)
{
	struct stream answer = { 0 };
	int64_t until = now_ms() + 20000;
	struct pollfd poller = { .fd = monitor, .events = POLLIN };
	char c;

	while (now_ms() < until) {
		if (poll(&poller, 1, 1000) <= 0)
			continue;
		if (read(monitor, &c, 1) != 1)
			return;
		if (!is_text(&answer, c))
			continue;
		if (c == '\n') {
			if (report)
				fprintf(report, "> %.*s\n", (int)answer.length,
					answer.line);
			answer.length = 0;
		} else if (answer.length < LINE_SIZE - 1) {
			answer.line[answer.length++] = c;
		}
		if (answer.length == 7 && !memcmp(answer.line, "(qemu) ", 7))
			return;
	}
}

static void tell_monitor(const char *command)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!monitor_path)
		die("a step needs -m");
	if (monitor < 0) {
		monitor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		snprintf(address.sun_path, sizeof(address.sun_path), "%s",
			 monitor_path);
		if (connect(monitor, (struct sockaddr *)&address,
			    sizeof(address))) {
			printf("# the monitor at %s: %s\n", monitor_path,
			       strerror(errno));
			close(monitor);
			monitor = -1;
			return;
		}
		monitor_answer();
	}
	write_all(monitor, command, strlen(command));
	write_all(monitor, "\n", 1);
	monitor_answer();
}

/* ---- Steps ---- */

/* Field number @n of /proc/PID/stat; see proc(5). */
static unsigned long stat_field(const char *text, int n)
{
	const char *field = strrchr(text, ')');	/* ends the second */

	for (n -= 2; field && n; n--)
		field = strchr(field + 1, ' ');
	return field ? strtoul(field, NULL, 10) : 0;
}

/* One step to the report. */
static void note(const char *what, int64_t now)
{
	char path[64], text[1024];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	file = fopen(path, "r");
	n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	if (file)
		fclose(file);
	text[n] = '\0';
	fprintf(report, "%lld %lu %lu %lu %s\n", (long long)(now - started_ms),
		stat_field(text, 14), stat_field(text, 15),
		stat_field(text, 43), what);
	fflush(report);
}

static void type(char *text)
{
	char *command, *rest;

	if (!strncmp(text, "(qemu) ", 7)) {
		for (rest = text + 7; (command = strsep(&rest, ";"));)
			tell_monitor(trim(command));
	} else if (*text) {
		write_all(to_child, text, strlen(text));
		write_all(to_child, "\n", 1);
	}
}

static void step_done(void)
{
	struct step *step = &steps[at_step++];
	int64_t now = now_ms();

	if (!interactive)
		printf("ok %d - %s, after %lld.%lld s\n", at_step, step->what,
		       (long long)(now - step_ms) / 1000,
		       (long long)(now - step_ms) / 100 % 10);
	if (report)
		note(step->what, now);
	step_ms = now;
	type(step->then);
}

static void step_failed(const char *why)
{
	struct step *step = &steps[at_step++];

	failures++;
	printf("%.*s%snot ok %d - %s: %s\n", (int)console.length, console.line,
	       console.length ? "\n" : "", at_step, step->what, why);
	for (; at_step < nr_steps; at_step++)
		printf("not ok %d - %s: not reached\n", at_step + 1,
		       steps[at_step].what);
}

/* ---- The console ---- */

static bool is_tap(const char *line)
{
	return !strncmp(line, "ok ", 3) || !strncmp(line, "not ok ", 7) ||
	       (!strncmp(line, "1..", 3) && line[3] >= '0' && line[3] <= '9');
}

/* Look at the line as it is now, unless that has been done. */
static void look(struct stream *stream)
{
	if (stream->shown || stream != &console || at_step >= nr_steps)
		return;
	stream->shown = true;
	stream->line[stream->length] = '\0';
	if (steps[at_step].pattern &&
	    !regexec(&steps[at_step].regex, stream->line, 0, NULL, 0)) {
		/* What a prompt is followed by begins anew. */
		if (!interactive && stream->length)
			printf("| %s\n", stream->line);
		stream->length = 0;
		step_done();
	}
}

static void end_line(struct stream *stream)
{
	look(stream);
	stream->line[stream->length] = '\0';
	if (stream == &complaints)
		printf("# qemu: %s\n", stream->line);
	else if (!interactive && stream->length)
		printf("%s%s\n", is_tap(stream->line) ? "    " : "| ",
		       stream->line);
	stream->length = 0;
	stream->shown = false;
}

static void take(struct stream *stream, const char *text, size_t size)
{
	for (; size; size--, text++) {
		if (!is_text(stream, *text))
			continue;
		if (*text == '\n' || stream->length == LINE_SIZE - 1) {
			end_line(stream);
			continue;
		}
		stream->line[stream->length++] = *text;
		stream->shown = false;
	}
}

/* Returns false at the end of the file. */
static bool take_from(int fd, struct stream *stream)
{
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text));

	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (interactive && stream == &console)
		write_all(STDOUT_FILENO, text, n);
	take(stream, text, n);
	return true;
}

/* Returns false when the user wants to leave. */
static bool take_keys(void)
{
	char text[256];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text));

	if (n <= 0 || memchr(text, CTRL_BRACKET, n))
		return false;
	write_all(to_child, text, n);
	return true;
}

static void gather(void)
{
	struct timespec pause = { .tv_nsec = GATHER_MS * 1000000 };

	if (!interactive)
		nanosleep(&pause, NULL);
}

/* Until the program ends, or a step does not come. */
static bool watch(void)
{
	struct pollfd fds[] = {
		{ .fd = from_child, .events = POLLIN },
		{ .fd = errors_of_child, .events = POLLIN },
		{ .fd = interactive ? STDIN_FILENO : -1, .events = POLLIN },
	};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		int64_t left = 1000;

		if (at_step < nr_steps)
			left = step_ms + steps[at_step].limit_ms - now_ms();
		else if (!interactive)
			return true;
		if (left <= 0)
			return false;
		fflush(stdout);
		if (!poll(fds, 3, left > 1000 ? 1000 : left))
			continue;
		gather();
		if (fds[0].revents && !take_from(from_child, &console))
			fds[0].fd = -1;
		look(&console);
		if (fds[1].revents && !take_from(errors_of_child, &complaints))
			fds[1].fd = -1;
		if (fds[2].revents && !take_keys())
			return true;
	}
	return true;
}

/* What the virtual CPUs are at, for whoever reads the log. */
static void examine(void)
{
	if (!monitor_path)
		return;
	tell_monitor("info status");
	tell_monitor("info registers -a");
	tell_monitor("info lapic");
	tell_monitor("info pic");
}

static void finish(bool in_time)
{
	bool killed = false;
	siginfo_t info;

	if (!in_time) {
		step_failed("not in time");
		examine();
	}
	if (at_step < nr_steps && steps[at_step].pattern)
		step_failed("the program has ended");
	if (at_step == nr_steps) {
		kill(child, SIGKILL);
		killed = true;
	}
	/* Its times can be read until it is waited for for good. */
	if (waitid(P_PID, child, &info, WEXITED | WNOWAIT))
		die("waitid: %s", strerror(errno));
	if (killed)
		return;
	if (info.si_code == CLD_EXITED && !info.si_status)
		step_done();
	else
		step_failed(info.si_code == CLD_EXITED ?
			    "it has failed" : "a signal has killed it");
}

int main(int argc, char **argv)
{
	struct termios terminal, raw;
	bool in_time;
	int option;

	while ((option = getopt(argc, argv, "+ir:m:")) != -1) {
		if (option == 'i')
			interactive = true;
		else if (option == 'm')
			monitor_path = optarg;
		else if (option != 'r')
			return 2;
		else if (!(report = fopen(optarg, "w")))
			die("%s: %s", optarg, strerror(errno));
	}
	if (argc - optind < 3 || strcmp(argv[optind + 1], "--"))
		die("usage: pilot [-i] [-r REPORT] [-m SOCKET] SCENE -- PROGRAM ARGUMENT...");
	read_scene(argv[optind]);
	if (interactive && !tcgetattr(STDIN_FILENO, &terminal)) {
		raw = terminal;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	signal(SIGPIPE, SIG_IGN);

	if (!interactive)
		printf("TAP version 13\n1..%d\n", nr_steps);
	start(argv + optind + 2);
	started_ms = now_ms();
	step_ms = started_ms;
	in_time = watch();
	finish(in_time);
	if (interactive)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
	if (report)
		fclose(report);
	return failures ? 1 : 0;
}
