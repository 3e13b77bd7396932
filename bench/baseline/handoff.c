// handoff WAY N CPU PAUSE: N round trips of two processes, the first on
// processor 0 and the second on CPU. The first computes for PAUSE nanoseconds
// before each trip. WAY is
//
//	futex     words, a process that finds none sleeps in a futex
//	spin      words, a process that finds none looks again
//	eventfd   counters of the kernel
//	pipe      a byte through a pipe
//	stream    a byte through a Unix socket
//	seqpacket a packet through a Unix socket
#include "common.h"
#include <linux/futex.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

typedef struct {
	_Atomic unsigned word;
	char pad[60];
} line;

static line *words; // one for each direction
static int fds[2][2]; // for each direction, where to read and where to write

static void futex_give(int way) {
	atomic_store(&words[way].word, 1);
	syscall(SYS_futex, &words[way].word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void futex_take(int way) {
	unsigned one = 1;
	while (!atomic_compare_exchange_strong(&words[way].word, &one, 0)) {
		syscall(SYS_futex, &words[way].word, FUTEX_WAIT, 0, NULL, NULL, 0);
		one = 1;
	}
}

static void spin_give(int way) { atomic_store(&words[way].word, 1); }

static void spin_take(int way) {
	unsigned one = 1;
	while (!atomic_compare_exchange_strong(&words[way].word, &one, 0)) {
		while (atomic_load_explicit(&words[way].word, memory_order_relaxed) == 0)
#if defined(__x86_64__)
			__builtin_ia32_pause();
#else
			;
#endif
		one = 1;
	}
}

static void fd_give(int way) {
	uint64_t one = 1;
	if (write(fds[way][1], &one, sizeof one) != sizeof one) fail("write");
}

static void fd_take(int way) {
	uint64_t n;
	if (read(fds[way][0], &n, sizeof n) != sizeof n) fail("read");
}

static void open_fds(const char *way) {
	for (int i = 0; i < 2; i++) {
		if (!strcmp(way, "eventfd"))
			fds[i][0] = fds[i][1] = eventfd(0, 0);
		else if (!strcmp(way, "pipe")) {
			if (pipe(fds[i])) fail("pipe");
		} else if (socketpair(AF_UNIX, strcmp(way, "stream") ? SOCK_SEQPACKET : SOCK_STREAM, 0, fds[i]))
			fail("socketpair");
	}
}

int main(int argc, char **argv) {
	if (argc != 5) return 2;
	const char *way = argv[1];
	long n = atol(argv[2]);
	double pause = atof(argv[4]);
	void (*give)(int) = fd_give, (*take)(int) = fd_take;
	words = shared(2 * sizeof *words);
	if (!strcmp(way, "futex"))
		give = futex_give, take = futex_take;
	else if (!strcmp(way, "spin"))
		give = spin_give, take = spin_take;
	else
		open_fds(way);
	pid_t other = child();
	if (other == 0) {
		pin(atoi(argv[3]));
		for (;;) {
			take(0);
			give(1);
		}
	}
	pin(0);
	double *times = malloc(n * sizeof *times);
	for (long i = 0; i < n; i++) {
		double begin = now();
		while (pause > 0 && now() < begin + pause)
			;
		begin = now();
		give(0);
		take(1);
		times[i] = now() - begin;
	}
	end(other);
	print_trips(times, n);
	return 0;
}
