/* SPDX-License-Identifier: Apache-2.0
 * log_main.c: build/bench-log [FOLDER [THOUSAND_EVENTS]] sets the bare append and ours side by
 * side, in rounds that alternate, so that a busy neighbour bothers both; then read and start. */
#include "bench_log.h"

#include "base/str.h"

#include <stdio.h>

static enum status rounds(struct bench_log_conf *conf, struct err *e)
{
	for (int round = 0; round < 3; round++) {
		struct bench_rate bare, ours;
		enum status st = bench_bare_append(conf, &bare, e);
		if (st == ST_OK)
			st = bench_log_append(conf, &ours, e);
		if (st != ST_OK)
			return st;
		bench_line("bare append", conf->batch, &bare, &bare);
		bench_line("log_append", conf->batch, &ours, &bare);
	}
	return ST_OK;
}

int main(int argc, char **argv)
{
	struct err e;
	uint64_t thousand = 300;
	if (argc > 2 && !str_to_u64(str_of(argv[2]), &thousand)) {
		(void)fprintf(stderr, "usage: bench-log [FOLDER [THOUSAND_EVENTS]]\n");
		return 2;
	}
	static const size_t batches[] = {1, 100, 1000};
	struct bench_log_conf conf = {.folder = argc > 1 ? argv[1] : "/tmp", .body_bytes = 600};
	enum status st = ST_OK;
	for (size_t i = 0; st == ST_OK && i < sizeof batches / sizeof *batches; i++) {
		conf.batch = batches[i];
		conf.events = conf.batch == 1 ? thousand * 10 : thousand * 1000;
		st = rounds(&conf, &e);
	}
	struct bench_rate r;
	conf.events = thousand * 1000;
	if (st == ST_OK && (st = bench_log_read(&conf, &r, &e)) == ST_OK)
		bench_line("log_read", 256, &r, &r);
	if (st == ST_OK && (st = bench_log_open(&conf, &r, &e)) == ST_OK)
		printf("log_open of %llu records %.1f ms\n", (unsigned long long)r.events,
		       (double)r.elapsed_us / 1000);
	if (st != ST_OK)
		(void)fprintf(stderr, "%s\n", e.text);
	return st == ST_OK ? 0 : 1;
}
