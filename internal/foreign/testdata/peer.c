/*
 * A program that knows the synchronisation objects, mailslots and pipes of
 * Windows and nothing of this project. It reads commands from its standard input,
 * one a line, and answers each with one line. Names have no spaces and are in UTF-8.
 * H is the number that the answer to create, open, process, listen and connect
 * gave; texts have no spaces; times are in milliseconds, -1 for ever.
 *
 *   create event NAME MANUAL SET          OK H, or EXISTED H
 *   create mutex NAME OWNED
 *   create semaphore NAME INITIAL MAX
 *   create timer NAME MANUAL
 *   open event|mutex|semaphore|timer NAME OK H
 *   create mailslot NAME MAXIMUM TIMEOUT  OK H, for reading; NAME in full
 *   open mailslot NAME                    OK H, for writing
 *   process PID                           OK H
 *   close H                               OK 0
 *   set H, reset H, pulse H, unlock H     OK 0
 *   release H COUNT                       OK, and the previous count
 *   arm H AFTER PERIOD, cancel H          OK 0
 *   wait any|all TIMEOUT H...             OK or ABANDONED and an index, or TIMEOUT 0
 *   signal H1 TIMEOUT H2                  signals H1 and waits for H2: the same
 *   info H                                OK, the number of messages of a mailslot,
 *                                         the size of the next one and the largest
 *   listen NAME bytes|messages MOST       OK H: an instance of a pipe
 *   accept H                              OK 0
 *   connect NAME bytes|messages           OK H: a client that reads such
 *   read H SIZE                           OK "TEXT", or MORE "TEXT"; mailslots, too
 *   write H [TEXT]                        OK, and the number of bytes
 *   peek H                                OK, and how many bytes there are
 *   transact H SIZE [TEXT]                as read
 *   call NAME SIZE [TEXT]                 as read
 *   disconnect H                          OK 0
 *   pid                                   OK, and the id of this process
 *   exit STATUS                           no answer; nothing is closed first
 *   abort                                 no answer; as if killed by another
 *
 * What fails is answered with ERROR and what GetLastError gives. The program
 * ends when its input does, whatever it is waiting for.
 */
#include <windows.h>

enum {
	LONGEST = 4096, /* bytes of a line */
	LARGEST = 1024, /* bytes read from a pipe at once */
	MOST_WORDS = 80,
	MOST_HANDLES = 1024
};

static HANDLE handles[MOST_HANDLES]; /* number 0 is none */
static DWORD used = 1;

/* Words. */

static BOOL same(const WCHAR *a, const WCHAR *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static LONG number(const WCHAR *w)
{
	LONG sign = *w == L'-' ? -1 : 1, n = 0;

	if (sign < 0)
		w++;
	for (; *w >= L'0' && *w <= L'9'; w++)
		n = 10 * n + (*w - L'0');
	return sign * n;
}

/* split cuts a line into words with a NULL behind them, and gives their number. */
static int split(WCHAR *line, WCHAR **words)
{
	int n = 0;

	for (;;) {
		while (*line == L' ')
			*line++ = 0;
		words[n] = NULL;
		if (!*line || n == MOST_WORDS)
			return n;
		words[n++] = line;
		while (*line && *line != L' ')
			line++;
	}
}

/* Answers. */

static char answer[2 * LONGEST];
static DWORD answered; /* bytes of it */

static void add_text(const char *text, DWORD length)
{
	while (length-- > 0 && answered < sizeof answer - 1)
		answer[answered++] = *text++;
}

static void add_number(DWORD n)
{
	char digits[16];
	DWORD d = sizeof digits;

	do
		digits[--d] = (char)('0' + n % 10);
	while (n /= 10);
	digits[--d] = ' ';
	add_text(digits + d, sizeof digits - d);
}

static void end_answer(void)
{
	DWORD written;

	answer[answered++] = '\n';
	if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), answer, answered, &written, NULL))
		ExitProcess(0);
	answered = 0;
}

static void say(const char *word, DWORD n)
{
	add_text(word, (DWORD)lstrlenA(word));
	add_number(n);
	end_answer();
}

static void say_error(DWORD code) { say("ERROR", code); }

static void say_done(BOOL ok)
{
	if (ok)
		say("OK", 0);
	else
		say_error(GetLastError());
}

/* say_handle keeps a handle and answers with its number. */
static void say_handle(HANDLE h)
{
	DWORD code = GetLastError();

	if (!h) {
		say_error(code);
	} else if (used == MOST_HANDLES) {
		CloseHandle(h);
		say_error(ERROR_NO_MORE_ITEMS);
	} else {
		handles[used] = h;
		say(code == ERROR_ALREADY_EXISTS ? "EXISTED" : "OK", used++);
	}
}

static void say_waited(DWORD got, DWORD count)
{
	if (got < WAIT_OBJECT_0 + count)
		say("OK", got - WAIT_OBJECT_0);
	else if (got >= WAIT_ABANDONED_0 && got < WAIT_ABANDONED_0 + count)
		say("ABANDONED", got - WAIT_ABANDONED_0);
	else if (got == WAIT_TIMEOUT)
		say("TIMEOUT", 0);
	else
		say_error(GetLastError());
}

/* say_text answers with what was read into text, or what came of that. */
static void say_text(BOOL ok, char *text, DWORD length)
{
	const char *word = ok ? "OK \"" : "MORE \"";
	DWORD code = GetLastError(), written;

	if (!ok && code != ERROR_MORE_DATA) {
		say_error(code);
		return;
	}
	text[length] = '"';
	text[length + 1] = '\n';
	if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), word, ok ? 4 : 6, &written, NULL) ||
	    !WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length + 2, &written, NULL))
		ExitProcess(0);
}

/* handle gives NULL, which every call refuses, for what is no number. */
static HANDLE handle(const WCHAR *w)
{
	LONG n = number(w);

	return n > 0 && n < (LONG)used ? handles[n] : NULL;
}

/* Commands. Each gets its words, of which there are as many as it needs. */

static void create_event(WCHAR **w)
{
	SetLastError(0);
	say_handle(CreateEventW(NULL, number(w[3]) != 0, number(w[4]) != 0, w[2]));
}

static void create_mutex(WCHAR **w)
{
	SetLastError(0);
	say_handle(CreateMutexW(NULL, number(w[3]) != 0, w[2]));
}

static void create_semaphore(WCHAR **w)
{
	SetLastError(0);
	say_handle(CreateSemaphoreW(NULL, number(w[3]), number(w[4]), w[2]));
}

static void create_timer(WCHAR **w)
{
	SetLastError(0);
	say_handle(CreateWaitableTimerW(NULL, number(w[3]) != 0, w[2]));
}

static void open_event(WCHAR **w)
{
	SetLastError(0);
	say_handle(OpenEventW(EVENT_ALL_ACCESS, FALSE, w[2]));
}

static void open_mutex(WCHAR **w)
{
	SetLastError(0);
	say_handle(OpenMutexW(MUTEX_ALL_ACCESS, FALSE, w[2]));
}

static void open_semaphore(WCHAR **w)
{
	SetLastError(0);
	say_handle(OpenSemaphoreW(SEMAPHORE_ALL_ACCESS, FALSE, w[2]));
}

static void open_timer(WCHAR **w)
{
	SetLastError(0);
	say_handle(OpenWaitableTimerW(TIMER_ALL_ACCESS, FALSE, w[2]));
}

/* say_file is say_handle for those who give INVALID_HANDLE_VALUE. */
static void say_file(HANDLE h)
{
	say_handle(h == INVALID_HANDLE_VALUE ? NULL : h);
}

static void create_mailslot(WCHAR **w)
{
	SetLastError(0);
	say_file(CreateMailslotW(w[2], (DWORD)number(w[3]), (DWORD)number(w[4]), NULL));
}

static void open_mailslot(WCHAR **w)
{
	SetLastError(0);
	say_file(CreateFileW(w[2], GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL));
}

static void open_process(WCHAR **w)
{
	SetLastError(0);
	say_handle(OpenProcess(SYNCHRONIZE, FALSE, (DWORD)number(w[1])));
}

static void close_handle(WCHAR **w)
{
	HANDLE h = handle(w[1]);

	if (h)
		handles[number(w[1])] = NULL;
	say_done(CloseHandle(h));
}

static void set(WCHAR **w)
{
	say_done(SetEvent(handle(w[1])));
}

static void reset(WCHAR **w)
{
	say_done(ResetEvent(handle(w[1])));
}

static void pulse(WCHAR **w)
{
	say_done(PulseEvent(handle(w[1])));
}

static void unlock(WCHAR **w)
{
	say_done(ReleaseMutex(handle(w[1])));
}

static void release(WCHAR **w)
{
	LONG previous;

	if (ReleaseSemaphore(handle(w[1]), number(w[2]), &previous))
		say("OK", (DWORD)previous);
	else
		say_error(GetLastError());
}

static void arm(WCHAR **w)
{
	LARGE_INTEGER due; /* in 100 ns; negative: from now */

	due.QuadPart = -10000LL * number(w[2]);
	say_done(SetWaitableTimer(handle(w[1]), &due, number(w[3]), NULL, NULL, FALSE));
}

static void cancel(WCHAR **w)
{
	say_done(CancelWaitableTimer(handle(w[1])));
}

static void wait(WCHAR **w)
{
	HANDLE all[MOST_WORDS];
	BOOL every = same(w[1], L"all");
	DWORD timeout = (DWORD)number(w[2]), count = 0;

	for (w += 3; *w; w++)
		all[count++] = handle(*w);
	say_waited(WaitForMultipleObjects(count, all, every, timeout), count);
}

static void signal_and_wait(WCHAR **w)
{
	say_waited(SignalObjectAndWait(handle(w[1]), handle(w[3]), (DWORD)number(w[2]), FALSE), 1);
}

/* Mailslots and pipes. */

static DWORD most(const WCHAR *w)
{
	LONG n = number(w);

	return n < 0 || n > LARGEST ? LARGEST : (DWORD)n;
}

/* utf8 gives the bytes of a word that may be missing. */
static DWORD utf8(const WCHAR *w, char *text)
{
	int n = w ? WideCharToMultiByte(CP_UTF8, 0, w, -1, text, LONGEST, NULL, NULL) : 0;

	return n > 0 ? (DWORD)n - 1 : 0;
}

/* say_pipe is say_handle for functions that do not give NULL when they fail. */
static void say_pipe(HANDLE h)
{
	DWORD code = GetLastError();

	if (h == INVALID_HANDLE_VALUE) {
		say_error(code);
		return;
	}
	SetLastError(0);
	say_handle(h);
}

static void listen_pipe(WCHAR **w)
{
	DWORD mode = same(w[2], L"messages") ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : PIPE_TYPE_BYTE;

	say_pipe(CreateNamedPipeW(w[1], PIPE_ACCESS_DUPLEX, mode, (DWORD)number(w[3]), 4096, 4096, 0, NULL));
}

static void accept_client(WCHAR **w)
{
	say_done(ConnectNamedPipe(handle(w[1]), NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
}

static void connect_pipe(WCHAR **w)
{
	DWORD mode = PIPE_READMODE_MESSAGE;
	HANDLE h = CreateFileW(w[1], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

	if (h != INVALID_HANDLE_VALUE && same(w[2], L"messages"))
		SetNamedPipeHandleState(h, &mode, NULL, NULL);
	say_pipe(h);
}

static void read_pipe(WCHAR **w)
{
	static char text[LARGEST + 2];
	DWORD n = 0;
	BOOL ok = ReadFile(handle(w[1]), text, most(w[2]), &n, NULL);

	say_text(ok, text, n);
}

static void write_pipe(WCHAR **w)
{
	static char text[LONGEST];
	DWORD n;

	if (WriteFile(handle(w[1]), text, utf8(w[2], text), &n, NULL))
		say("OK", n);
	else
		say_error(GetLastError());
}

static void say_info(WCHAR **w)
{
	DWORD maximum, next, count, timeout;

	if (!GetMailslotInfo(handle(w[1]), &maximum, &next, &count, &timeout)) {
		say_error(GetLastError());
		return;
	}
	add_text("OK", 2);
	add_number(count);
	add_number(next);
	add_number(maximum);
	end_answer();
}

static void peek_pipe(WCHAR **w)
{
	DWORD n;

	if (PeekNamedPipe(handle(w[1]), NULL, 0, NULL, &n, NULL))
		say("OK", n);
	else
		say_error(GetLastError());
}

static void transact(WCHAR **w)
{
	static char request[LONGEST], reply[LARGEST + 2];
	DWORD n = 0;
	BOOL ok = TransactNamedPipe(handle(w[1]), request, utf8(w[3], request), reply, most(w[2]), &n, NULL);

	say_text(ok, reply, n);
}

static void call(WCHAR **w)
{
	static char request[LONGEST], reply[LARGEST + 2];
	DWORD n = 0;
	BOOL ok = CallNamedPipeW(w[1], request, utf8(w[3], request), reply, most(w[2]), &n, NMPWAIT_WAIT_FOREVER);

	say_text(ok, reply, n);
}

static void disconnect(WCHAR **w)
{
	say_done(DisconnectNamedPipe(handle(w[1])));
}

static void say_pid(WCHAR **w)
{
	(void)w;
	say("OK", GetCurrentProcessId());
}

static void leave(WCHAR **w)
{
	ExitProcess((UINT)number(w[1]));
}

static void die(WCHAR **w)
{
	(void)w;
	TerminateProcess(GetCurrentProcess(), 1);
}

static const struct command {
	const WCHAR *verb, *kind; /* kind is the second word, where that matters */
	int words;                /* at least */
	void (*run)(WCHAR **);
} commands[] = {
	{L"create", L"event", 5, create_event},
	{L"create", L"mutex", 4, create_mutex},
	{L"create", L"semaphore", 5, create_semaphore},
	{L"create", L"timer", 4, create_timer},
	{L"open", L"event", 3, open_event},
	{L"open", L"mutex", 3, open_mutex},
	{L"open", L"semaphore", 3, open_semaphore},
	{L"open", L"timer", 3, open_timer},
	{L"create", L"mailslot", 5, create_mailslot},
	{L"open", L"mailslot", 3, open_mailslot},
	{L"process", NULL, 2, open_process},
	{L"close", NULL, 2, close_handle},
	{L"set", NULL, 2, set},
	{L"reset", NULL, 2, reset},
	{L"pulse", NULL, 2, pulse},
	{L"unlock", NULL, 2, unlock},
	{L"release", NULL, 3, release},
	{L"arm", NULL, 4, arm},
	{L"cancel", NULL, 2, cancel},
	{L"wait", L"any", 4, wait},
	{L"wait", L"all", 4, wait},
	{L"signal", NULL, 4, signal_and_wait},
	{L"info", NULL, 2, say_info},
	{L"listen", NULL, 4, listen_pipe},
	{L"accept", NULL, 2, accept_client},
	{L"connect", NULL, 3, connect_pipe},
	{L"read", NULL, 3, read_pipe},
	{L"write", NULL, 2, write_pipe},
	{L"peek", NULL, 2, peek_pipe},
	{L"transact", NULL, 3, transact},
	{L"call", NULL, 3, call},
	{L"disconnect", NULL, 2, disconnect},
	{L"pid", NULL, 1, say_pid},
	{L"exit", NULL, 2, leave},
	{L"abort", NULL, 1, die},
};

static BOOL matches(const struct command *c, int n, WCHAR **words)
{
	return n >= c->words && same(c->verb, words[0]) && (!c->kind || same(c->kind, words[1]));
}

static void obey(WCHAR *line)
{
	WCHAR *words[MOST_WORDS + 1];
	int n = split(line, words);
	size_t i;

	for (i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (matches(&commands[i], n, words)) {
			commands[i].run(words);
			return;
		}
	}
	say_error(ERROR_INVALID_FUNCTION);
}

/*
 * Input. A thread of its own reads it, so that its end is noticed during a
 * wait, and hands the lines over one at a time.
 */

static char input[LONGEST];
static HANDLE full, empty;

/* read_line ends the process when there is no more, or too much. */
static void read_line(void)
{
	HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
	DWORD length, got;

	for (length = 0; length < LONGEST - 1; length++) {
		if (!ReadFile(in, &input[length], 1, &got, NULL) || got == 0)
			ExitProcess(0);
		if (input[length] == '\n') {
			input[length] = 0;
			return;
		}
	}
	ExitProcess(2);
}

static DWORD WINAPI read_lines(void *unused)
{
	(void)unused;
	for (;;) {
		WaitForSingleObject(empty, INFINITE);
		read_line();
		SetEvent(full);
	}
	return 0;
}

/* Mutexes belong to the first thread, which lives as long as the process. */
int main(void)
{
	static WCHAR wide[LONGEST];

	full = CreateEventW(NULL, FALSE, FALSE, NULL);
	empty = CreateEventW(NULL, FALSE, TRUE, NULL);
	if (!full || !empty || !CreateThread(NULL, 0, read_lines, NULL, 0, NULL))
		return 2;
	for (;;) {
		WaitForSingleObject(full, INFINITE);
		if (!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, input, -1, wide, LONGEST))
			wide[0] = 0; /* which is no command */
		SetEvent(empty);
		obey(wide);
	}
	return 0;
}
