/* SPDX-License-Identifier: Apache-2.0
 * store_main.c: build/bench-store [FOLDER [MILLION_EVENTS]] sets the two loops side by side, in
 * rounds that alternate, so that a busy neighbour bothers both. */
#include "bench_store.h"

#include "base/str.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct err e;
	uint64_t million = 1;
	if (argc > 2 && !str_to_u64(str_of(argv[2]), &million)) {
		(void)fprintf(stderr, "usage: bench-store [FOLDER [MILLION_EVENTS]]\n");
		return 2;
	}
	const size_t batches[] = {1000, 20000, 50000};
	struct bench_store_conf conf = {
		.folder = argc > 1 ? argv[1] : "/tmp",
		.rows = 1000000,
		.events = million * 1000000,
	};
	for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
		struct bench_rate bare, fold;
		conf.row_bytes = 200;
		conf.batch = 1000;
		enum status st = bench_bare_update(&conf, &bare, &e);
		conf.row_bytes = 320;
		conf.batch = batches[i];
		if (st == ST_OK)
			st = bench_store_fold(&conf, &fold, &e);
		if (st != ST_OK) {
			(void)fprintf(stderr, "%s\n", e.text);
			return 1;
		}
		bench_line("bare update, 200 B", 1000, &bare, &bare);
		bench_line("store get + put, 320 B", conf.batch, &fold, &bare);
	}
	return 0;
}
