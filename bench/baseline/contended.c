// contended mutex SIDES MS 0            processes lock and unlock a robust mutex
// contended semaphore SIDES MS PERMITS  processes take a permit, work for a
//                                       microsecond and give it back
//
// Each in tight loops, side i on processor i modulo their number.
#include "common.h"

static struct side { double count, longest; } *sides;
static pthread_mutex_t *m;
static sem_t *s;

static void mutex(void) {
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
}

static void job(void) {
	while (sem_wait(s))
		;
	for (double end = now() + 1000; now() < end;)
		;
	sem_post(s);
}

// run begins when somebody has said when, in *begin.
static void run(struct side *me, double volatile *begin, double ms, void (*once)(void)) {
	while (*begin == 0 || now() < *begin)
		sched_yield();
	double last = now(), end = *begin + ms * 1e6;
	while (last < end) {
		once();
		me->count++;
		double t = now();
		if (t - last > me->longest) me->longest = t - last;
		last = t;
	}
}

int main(int argc, char **argv) {
	if (argc != 5) return 2;
	int n = atoi(argv[2]), cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double ms = atof(argv[3]);
	double volatile *begin = shared(sizeof *begin);
	void (*once)(void) = strcmp(argv[1], "mutex") ? job : mutex;
	sides = shared(n * sizeof *sides);
	m = shared(sizeof *m);
	init_mutex(m);
	s = shared(sizeof *s);
	sem_init(s, 1, atoi(argv[4]));
	pid_t all[n];
	for (int i = 0; i < n; i++) {
		if ((all[i] = child()) == 0) {
			pin(i % cpus);
			run(&sides[i], begin, ms, once);
			_exit(0);
		}
	}
	*begin = now() + 10e6; // for all to see it
	double sum = 0, least = 1e18, longest = 0;
	for (int i = 0; i < n; i++) {
		waitpid(all[i], NULL, 0);
		sum += sides[i].count;
		if (sides[i].count < least) least = sides[i].count;
		if (sides[i].longest > longest) longest = sides[i].longest;
	}
	printf("{\"throughput\": %.1f, \"longest wait\": %.0f, \"least share\": %.4f}\n",
		sum / (ms / 1e3), longest, least / sum * n);
	return 0;
}
