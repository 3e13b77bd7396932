// uncontended mutex N      lock + unlock of a process-shared robust mutex
// uncontended semaphore N  sem_post + sem_wait of a process-shared semaphore
//
// The time of a pair is the median of 20 parts, since somebody else may have the
// processor during one.
#include "common.h"

#define PARTS 20

static pthread_mutex_t *m;
static sem_t *s;

static void mutex(long n) {
	for (long i = 0; i < n; i++) {
		pthread_mutex_lock(m);
		pthread_mutex_unlock(m);
	}
}

static void semaphore(long n) {
	for (long i = 0; i < n; i++) {
		sem_post(s);
		sem_wait(s);
	}
}

int main(int argc, char **argv) {
	if (argc != 3) return 2;
	void (*pairs)(long) = strcmp(argv[1], "mutex") ? semaphore : mutex;
	long each = atol(argv[2]) / PARTS + 1;
	m = shared(sizeof *m);
	init_mutex(m);
	s = shared(sizeof *s);
	sem_init(s, 1, 0);
	double times[PARTS];
	for (int i = 0; i < PARTS; i++) {
		double begin = now();
		pairs(each);
		times[i] = (now() - begin) / each;
	}
	qsort(times, PARTS, sizeof *times, rising);
	printf("{\"time\": %.3f}\n", times[PARTS / 2]);
	return 0;
}
