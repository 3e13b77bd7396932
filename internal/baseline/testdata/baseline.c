// The C side of the benchmarks: what a program in C gets from the same machine.
//
//	baseline mutex N      lock + unlock of a process-shared robust mutex
//	baseline semaphore N  sem_post + sem_wait of a process-shared semaphore
//	baseline pingpong N C round trips of two processes that sleep in futexes,
//	                      the second pinned to processor C, the first to 0
//
// Each prints nanoseconds: the mean of N, for pingpong the median.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void *shared(size_t size) {
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static double mutex(long n) {
	pthread_mutexattr_t a;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_t *m = shared(sizeof *m);
	pthread_mutex_init(m, &a);
	double start = now();
	for (long i = 0; i < n; i++) {
		pthread_mutex_lock(m);
		pthread_mutex_unlock(m);
	}
	return (now() - start) / n;
}

static double semaphore(long n) {
	sem_t *s = shared(sizeof *s);
	sem_init(s, 1, 0);
	double start = now();
	for (long i = 0; i < n; i++) {
		sem_post(s);
		sem_wait(s);
	}
	return (now() - start) / n;
}

static void give(_Atomic unsigned *word) {
	atomic_store(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void take(_Atomic unsigned *word) {
	unsigned one = 1;
	while (!atomic_compare_exchange_strong(word, &one, 0)) {
		syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
		one = 1;
	}
}

static void pin(int cpu) {
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
}

static int rising(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double pingpong(long n, int cpu) {
	struct { _Atomic unsigned ping; char pad[60]; _Atomic unsigned pong; } *w = shared(sizeof *w);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(cpu);
		for (;;) {
			take(&w->ping);
			give(&w->pong);
		}
	}
	pin(0);
	double *times = malloc(n * sizeof *times);
	for (long i = 0; i < n; i++) {
		double start = now();
		give(&w->ping);
		take(&w->pong);
		times[i] = now() - start;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	qsort(times, n, sizeof *times, rising);
	return times[n / 2];
}

int main(int argc, char **argv) {
	if (argc < 3) {
		fprintf(stderr, "usage: baseline mutex|semaphore|pingpong N [CPU]\n");
		return 2;
	}
	long n = atol(argv[2]);
	double ns;
	if (!strcmp(argv[1], "mutex"))
		ns = mutex(n);
	else if (!strcmp(argv[1], "semaphore"))
		ns = semaphore(n);
	else
		ns = pingpong(n, argc > 3 ? atoi(argv[3]) : 0);
	printf("%.2f\n", ns);
	return 0;
}
