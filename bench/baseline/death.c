// death  the time from SIGKILL of a robust mutex's owner until its waiter has it
#include "common.h"

static void asleep(pid_t p) {
	char path[64], state;
	snprintf(path, sizeof path, "/proc/%d/stat", p);
	do {
		FILE *f = fopen(path, "r");
		if (!f || fscanf(f, "%*d %*s %c", &state) != 1) fail(path);
		fclose(f);
	} while (state != 'S');
}

int main(void) {
	struct {
		pthread_mutex_t m;
		_Atomic int owned;
		double at;
	} *s = shared(sizeof *s);
	init_mutex(&s->m);
	pid_t owner = child();
	if (owner == 0) {
		pthread_mutex_lock(&s->m);
		s->owned = 1;
		for (;;)
			pause();
	}
	while (!s->owned)
		sched_yield();
	pid_t heir = child();
	if (heir == 0) {
		int e = pthread_mutex_lock(&s->m);
		s->at = now();
		_exit(e != EOWNERDEAD);
	}
	asleep(owner);
	asleep(heir);
	double begin = now();
	end(owner);
	int status;
	waitpid(heir, &status, 0);
	if (status) return 1;
	printf("{\"time\": %.0f}\n", s->at - begin);
	return 0;
}
