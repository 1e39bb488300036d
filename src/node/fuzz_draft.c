/* SPDX-License-Identifier: Apache-2.0
 * fuzz_draft.c: any bytes as a request with a program and its texts: refused, or read so that every
 * problem has a place inside its file. */
#include "base/assert.h"
#include "node/draft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_report(const struct draft *d)
{
	for (size_t i = 0; i < d->report.n; i++) {
		const struct program_problem *p = &d->report.problems[i];
		struct str text = p->file.n ? p->text : d->source;
		ASSERT(p->line > 0 && p->col > 0 && p->message.n > 0);
		ASSERT(p->at <= p->end && p->end <= text.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct err e = {.status = ST_OK};
	struct draft d = {0};
	struct buf text;
	arena_init(&a, (size_t)128 << 20);
	buf_init(&text, (size_t)4 << 20);
	if (draft_read_json(str_n((const char *)data, bytes), &a, &d, &e) == ST_OK) {
		enum status st = draft_check(&d, &a, &e);
		ASSERT(st == ST_OK || e.text[0] != '\0');
		ASSERT((st == ST_INVALID) == (d.report.errors_n > 0) || st == ST_LIMIT);
		check_report(&d);
		program_report_text(&d.report, "program.yaml", d.source, false, &text);
		for (size_t i = 0; st == ST_OK && i < d.index.n; i++)
			ASSERT(d.index.files[i].subjects_n > 0 && d.index.files[i].hash.n == 64);
	}
	draft_finish(&d);
	buf_finish(&text);
	arena_finish(&a);
	return 0;
}
