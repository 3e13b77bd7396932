// memcpy SIZE N  N copies of SIZE bytes from one place to another
#include "common.h"

int main(int argc, char **argv) {
	if (argc != 3) return 2;
	size_t size = atol(argv[1]);
	long n = atol(argv[2]);
	char *from = shared(size), *to = shared(size);
	memset(from, 1, size);
	memset(to, 2, size);
	double begin = now();
	for (long i = 0; i < n; i++) {
		memcpy(to, from, size);
		__asm__ volatile("" : : "r"(to) : "memory"); // it is wanted each time
	}
	printf("{\"time\": %.3f}\n", (now() - begin) / n);
	return 0;
}
