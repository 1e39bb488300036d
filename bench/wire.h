/* SPDX-License-Identifier: Apache-2.0
 * wire.h: both ends of the way of a first touch: events posted at a pace, and a mail server that
 * notes when each mail was whole. Leads are numbered; the number is in the address.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include "bench.h"

/* A mail server on a thread of this process. */
struct wire_sink;
MUST_USE enum status wire_sink_open(size_t leads_max, struct wire_sink **out, struct err *e);
void wire_sink_close(struct wire_sink **s); /* accepts NULL inside; leaves NULL */
uint16_t wire_sink_port(const struct wire_sink *s);
/* When lead n's first mail was whole (monotonic); 0: not yet. */
int64_t wire_sink_at(const struct wire_sink *s, size_t n);
uint64_t wire_sink_mails(const struct wire_sink *s); /* all, repeated ones too */

/* One event for each lead from `first` on, from a fixed schedule: a server that falls behind is not
 * asked less (no coordinated omission). */
struct wire_load {
	uint16_t port;
	const char *token;
	size_t first, n;
	double rate; /* a second; 0: as fast as answers come */
	unsigned connections;
};
/* posted[i]: when lead first + i was to be posted. *over_us_r: when the last was answered. */
MUST_USE enum status wire_load_run(const struct wire_load *load, int64_t *posted,
				   int64_t *over_us_r, struct err *e);

#endif
