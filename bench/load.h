/* SPDX-License-Identifier: Apache-2.0
 * load.h: many keep-alive connections on one thread, each with one request on its way.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "bench.h"
#include "observe/link.h"

struct load_conf {
	uint16_t port;
	unsigned connections;
	unsigned events_each; /* 1: /v1/track and its siblings as single calls; more: /v1/batch */
	int64_t for_us;
	uint64_t leads;    /* users the events speak of */
	const char *token; /* write key */
	/* Links of messages are followed instead, each of another message. NULL: events are
	 * posted. */
	const struct link_keys *links;
	bool decisions; /* asked for instead, of decisions.yaml; the token is a decide key */
	/* So many a second are begun, whatever the answers take; 0: as fast as they are answered.
	 * How long each took from the instant it was due goes into `took_us`, as many as there is
	 * room for; how late it was begun though a connection was free, which is the load's own
	 * doing and in the former as well, into `late_us`. */
	unsigned per_s;
	double *took_us, *late_us;
	size_t took_max;
};

struct load_result {
	struct bench_rate rate; /* of events answered 200 or 302; CPU is the generator's own */
	uint64_t requests, shed, failed; /* shed: 429 */
	size_t took_n, late_n;
};

/* Every message id is unique over the life of the process, so that nothing is a duplicate. */
MUST_USE enum status load_run(const struct load_conf *conf, struct load_result *out, struct err *e);

/* One request at a time, waited for: the time from the first byte out to the answer. */
struct load_single;
MUST_USE enum status load_single_open(const struct load_conf *conf, struct load_single **out,
				      struct err *e);
MUST_USE enum status load_single_post(struct load_single *s, int64_t *answered_us, struct err *e);
void load_single_close(struct load_single **s);

#endif
