// What the C programs share: a clock, memory, processors, children, results.
#ifndef COMMON_H
#define COMMON_H
#define _GNU_SOURCE
#include <errno.h>
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static inline void fail(const char *what) {
	perror(what);
	exit(1);
}

static inline void *shared(size_t size) {
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) fail("mmap");
	return p;
}

static inline void pin(int cpu) {
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
}

// child starts a process that dies with this one.
static inline pid_t child(void) {
	pid_t p = fork();
	if (p < 0) fail("fork");
	if (p == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
	return p;
}

static inline void end(pid_t p) {
	kill(p, SIGKILL);
	waitpid(p, NULL, 0);
}

static inline void init_mutex(pthread_mutex_t *m) {
	pthread_mutexattr_t a;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(m, &a);
}

static inline int rising(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

// print_trips prints median and 99th percentile of n times.
static inline void print_trips(double *times, long n) {
	qsort(times, n, sizeof *times, rising);
	printf("{\"median\": %.2f, \"p99\": %.2f}\n", times[n / 2], times[n * 99 / 100]);
}
#endif
