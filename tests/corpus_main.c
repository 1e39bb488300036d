/* SPDX-License-Identifier: Apache-2.0
 * corpus_main.c: a main for a fuzz target that feeds it every file of a folder once. It makes
 * the corpus a test under any compiler and sanitizer, without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { BYTES_MAX = 1 << 20 };

/* Copied to an allocation of the exact size, so that a read past the end is seen. */
static int feed(const char *path, uint8_t *room)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		return -1;
	}
	size_t n = fread(room, 1, BYTES_MAX, f);
	fclose(f);
	uint8_t *exact = malloc(n ? n : 1);
	if (exact == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		exact[i] = room[i];
	(void)LLVMFuzzerTestOneInput(exact, n); /* it aborts when it finds something */
	free(exact);
	return 0;
}

static int feed_folder(const char *folder, uint8_t *room)
{
	DIR *d = opendir(folder);
	if (d == NULL) {
		perror(folder);
		return 1;
	}
	int failed = 0;
	unsigned fed = 0;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char path[4096];
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		failed |= feed(path, room);
		fed++;
	}
	closedir(d);
	printf("%s: %u inputs\n", folder, fed);
	return failed != 0 || fed == 0;
}

int main(int argc, char **argv)
{
	uint8_t *room = malloc(BYTES_MAX);
	int failed = argc < 2 || room == NULL;
	for (int i = 1; i < argc && room != NULL; i++)
		failed |= feed_folder(argv[i], room);
	free(room);
	return failed;
}
