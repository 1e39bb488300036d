/* SPDX-License-Identifier: Apache-2.0
 * progress.h: how far long work is. Nothing in the first second; then a bar on a terminal, and on
 * a pipe one line per tenth.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/cli.h"

struct progress {
	struct cli *c;
	const char *what, *unit;
	uint64_t total; /* 0: unknown */
	uint64_t from;  /* of it, done by somebody before: set behind progress_begin */
	int64_t began_us, drawn_us;
	unsigned tenths;
	bool shown;
};

void progress_begin(struct progress *p, struct cli *c, const char *what, const char *unit,
		    uint64_t total);
void progress_at(struct progress *p, uint64_t done);
void progress_end(struct progress *p, uint64_t done);

#endif
