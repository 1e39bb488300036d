/* SPDX-License-Identifier: Apache-2.0
 * verb_import.c: a file of leads or past events into the log. What is read, mapped and refused is
 * ingest/import.h's; here it is shown, appended in batches, and gone on with after a stop. The
 * place to go on from is kept beside the file, written when a second has passed: a row that is
 * taken twice in between is a duplicate and changes nothing. */
#include "ingest/import.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/time.h"
#include "cli/door.h"
#include "cli/past_rows.h"
#include "cli/progress.h"
#include "cli/verbs.h"

#define BATCH_ARENA_BYTES ((size_t)64 << 20)
#define MAP_FILE_BYTES ((size_t)1 << 20)
#define PREVIEW_ROWS 3

struct work {
	struct cli *c;
	struct import_conf conf;
	struct import *im;
	struct door door;
	const char *place_path, *errors_path;
	FILE *errors;
	bool resumed;
	uint64_t taken, duplicates, refused;
	int64_t saved_us;
};

static struct str option(const struct cli *c, const char *name)
{
	return str_of(cli_value(c, name));
}

/* --map and the file of --mapping are one text: a line end between them. */
static enum status read_map(struct cli *c, struct str *out)
{
	struct str file = STR_NULL, map = option(c, "map");
	const char *path = cli_value(c, "mapping");
	enum status st = ST_OK;
	if (path != NULL)
		st = file_read(path, MAP_FILE_BYTES, &c->arena, &file, &c->err);
	*out = arena_printf(&c->arena, STR_FMT "\n" STR_FMT, STR_ARG(map), STR_ARG(file));
	return st;
}

static const char *settings(struct work *w)
{
	struct cli *c = w->c;
	const char *format = cli_value(c, "format"), *delimiter = cli_value(c, "delimiter");
	w->conf = (struct import_conf){
		.path = c->args[0],
		.kind = cli_flag(c, "events") ? IMPORT_EVENTS : IMPORT_LEADS,
		.no_guess = cli_flag(c, "no-guess"),
		.null_text = option(c, "null"),
		.type = option(c, "type"),
		.source = option(c, "source"),
		.consent_basis = option(c, "consent"),
		.consent_source = option(c, "consent-source"),
		.consent_channel = option(c, "channel"),
		.consent_purpose = option(c, "purpose"),
		.received_us = clock_now_us(),
		.judge = past_row_judge,
		.ctx = &w->conf,
	};
	if (delimiter != NULL)
		w->conf.delimiter = strcmp(delimiter, "tab") == 0 ? '\t' : delimiter[0];
	if (format != NULL)
		w->conf.format = strcmp(format, "csv") == 0     ? IMPORT_CSV
				 : strcmp(format, "jsonl") == 0 ? IMPORT_JSONL
								: IMPORT_AUTO;
	if (format != NULL && w->conf.format == IMPORT_AUTO)
		return "--format wants csv or jsonl";
	if (delimiter != NULL && delimiter[0] != '\0' && delimiter[1] != '\0' &&
	    strcmp(delimiter, "tab") != 0)
		return "--delimiter wants one character, or the word tab";
	return NULL;
}

static void json_columns(const struct import *im, struct arena *a, struct json_w *j)
{
	struct str left[MAPPING_ENTRIES_MAX];
	const struct mapping *m = import_mapping(im);
	size_t n = import_unmapped(im, left, MAPPING_ENTRIES_MAX);
	json_w_key(j, "columns");
	json_w_array(j);
	for (size_t i = 0; i < m->n; i++) {
		json_w_object(j);
		json_w_kstr(j, "column", m->entries[i].column);
		json_w_kstr(j, "becomes", map_target_text(&m->entries[i], a));
		json_w_kbool(j, "guessed", m->entries[i].guessed);
		json_w_end(j);
	}
	json_w_end(j);
	json_w_key(j, "left_out");
	json_w_array(j);
	for (size_t i = 0; i < n; i++)
		json_w_str(j, left[i]);
	json_w_end(j);
}

static enum status json_rows(const struct import_batch *b, struct arena *a, struct json_w *j,
			     struct err *e)
{
	json_w_key(j, "rows");
	json_w_array(j);
	for (size_t i = 0; i < b->events_n; i++) {
		struct buf event;
		buf_init_arena(&event, a, 2 * EVENT_BYTES_MAX);
		enum status st = event_encode(&b->events[i], &event, e);
		if (st != ST_OK)
			return st;
		json_w_object(j);
		json_w_ki64(j, "row", (int64_t)b->rows[i]);
		json_w_key(j, "event");
		json_w_raw(j, buf_view(&event));
		json_w_end(j);
	}
	json_w_end(j);
	json_w_key(j, "errors");
	json_w_array(j);
	for (size_t i = 0; i < b->errors_n; i++) {
		json_w_object(j);
		json_w_ki64(j, "row", (int64_t)b->errors[i].row);
		json_w_kstr(j, "column", b->errors[i].column);
		json_w_kstr(j, "reason", b->errors[i].reason);
		json_w_end(j);
	}
	json_w_end(j);
	return ST_OK;
}

static enum status preview_json(struct cli *c, struct import *im, struct buf *out)
{
	struct json_w j;
	struct import_batch b;
	enum status st = import_next_batch(im, PREVIEW_ROWS, &c->arena, &b, &c->err);
	if (st != ST_OK)
		return st;
	json_w_init(&j, out);
	json_w_object(&j);
	json_w_kz(&j, "schema", "nurtured.import_preview/1");
	json_columns(im, &c->arena, &j);
	st = json_rows(&b, &c->arena, &j, &c->err);
	if (st != ST_OK)
		return st;
	json_w_end(&j);
	buf_byte(out, '\n');
	return buf_ok(out) ? ST_OK : err_set(&c->err, ST_LIMIT, "the preview is too long");
}

/* A preview reads rows, so it has a reading of its own. */
static enum status preview(struct work *w, FILE *to)
{
	struct import *im = NULL;
	struct buf text;
	struct arena_mark mark = arena_mark(&w->c->arena);
	buf_init(&text, (size_t)1 << 20);
	enum status st = import_open(&w->conf, &im, &w->c->err);
	if (st == ST_OK && w->c->json)
		st = preview_json(w->c, im, &text);
	else if (st == ST_OK)
		st = import_preview(im, PREVIEW_ROWS, &w->c->arena, &text, &w->c->err);
	if (st == ST_OK)
		(void)fwrite(text.p, 1, text.n, to); /* a closed pipe ends the program elsewhere */
	buf_finish(&text);
	import_close(&im);
	arena_rewind(&w->c->arena, mark);
	return st;
}

/* Goes on where the last run stopped, unless the file or the wish has changed. */
static enum status go_on(struct work *w)
{
	struct str token;
	struct err e;
	struct cli *c = w->c;
	if (cli_flag(c, "restart") ||
	    file_read(w->place_path, IMPORT_TOKEN_MAX, &c->arena, &token, &e) != ST_OK)
		return ST_OK;
	enum status st = import_resume(w->im, token, &c->err);
	if (st == ST_CONFLICT || st == ST_INVALID) {
		cli_talk(c, "starting over: %s\n", c->err.text);
		err_clear(&c->err);
		return ST_OK;
	}
	w->resumed = st == ST_OK;
	if (w->resumed)
		cli_talk(c, "going on behind the first %llu bytes (--restart begins again)\n",
			 (unsigned long long)import_progress(w->im).bytes);
	return st;
}

static enum status write_errors(struct work *w, const struct import_batch *b)
{
	struct buf text;
	if (b->errors_n == 0)
		return ST_OK;
	buf_init(&text, (size_t)16 << 20);
	if (w->errors == NULL) {
		w->errors = fopen(w->errors_path, w->resumed ? "a" : "w");
		if (w->errors != NULL && ftell(w->errors) == 0)
			import_errors_head(&text);
	}
	for (size_t i = 0; i < b->errors_n; i++)
		import_errors_row(&b->errors[i], &text);
	bool good = w->errors != NULL && fwrite(text.p, 1, text.n, w->errors) == text.n &&
		    fflush(w->errors) == 0;
	buf_finish(&text);
	w->refused += b->errors_n;
	return good ? ST_OK
		    : err_set(&w->c->err, ST_IO, "%s cannot be written: %s", w->errors_path,
			      strerror(errno));
}

static enum status append(struct work *w, const struct import_batch *b, struct arena *a)
{
	struct log_entry *entries = ARENA_ARRAY(a, struct log_entry, b->events_n + 1);
	if (entries == NULL)
		return err_set(&w->c->err, ST_LIMIT, "a batch of rows is too large");
	for (size_t i = 0; i < b->events_n; i++) {
		struct buf body;
		const struct event *ev = &b->events[i];
		buf_init_arena(&body, a, 2 * EVENT_BYTES_MAX);
		enum status st = event_encode(ev, &body, &w->c->err);
		if (st != ST_OK)
			return st;
		entries[i] = (struct log_entry){.source = ev->source,
						.message_id = ev->message_id,
						.body = buf_view(&body),
						.received_us = ev->received_us};
	}
	enum status st =
		b->events_n ? door_append(w->c, &w->door, entries, b->events_n, &w->c->err) : ST_OK;
	for (size_t i = 0; st == ST_OK && i < b->events_n; i++)
		w->duplicates += entries[i].duplicate;
	if (st == ST_OK)
		w->taken += b->events_n;
	return st;
}

static enum status save_place(struct work *w, bool now)
{
	char token[IMPORT_TOKEN_MAX];
	if (!now && clock_mono_us() - w->saved_us < US_PER_S)
		return ST_OK;
	import_token(w->im, token);
	w->saved_us = clock_mono_us();
	return token[0] ? file_write_atomic(w->place_path, str_of(token), 0600, &w->c->err) : ST_OK;
}

static enum status read_all(struct work *w)
{
	struct arena a;
	struct progress bar;
	struct import_batch b = {.end = false};
	enum status st = ST_OK;
	arena_init(&a, BATCH_ARENA_BYTES);
	w->saved_us = clock_mono_us();
	progress_begin(&bar, w->c, "importing", "bytes", import_progress(w->im).bytes_total);
	bar.from = import_progress(w->im).bytes; /* an import that goes on */
	while (st == ST_OK && !b.end && !cli_interrupted()) {
		arena_reset(&a);
		st = import_next_batch(w->im, IMPORT_BATCH_MAX, &a, &b, &w->c->err);
		if (st == ST_OK)
			st = append(w, &b, &a);
		if (st == ST_OK)
			st = write_errors(w, &b);
		if (st == ST_OK && !b.end)
			st = save_place(w, false);
		progress_at(&bar, import_progress(w->im).bytes);
	}
	progress_end(&bar, import_progress(w->im).bytes);
	arena_finish(&a);
	if (st == ST_OK && b.end)
		(void)unlink(w->place_path); /* nothing to go on with */
	else if (st == ST_OK)
		st = save_place(w, true);
	return st;
}

static void report(struct work *w)
{
	struct cli *c = w->c;
	struct buf b;
	struct json_w j;
	if (!c->json) {
		fprintf(c->out, "%llu rows taken in, %llu of them known already, %llu refused\n",
			(unsigned long long)w->taken, (unsigned long long)w->duplicates,
			(unsigned long long)w->refused);
		if (w->refused)
			cli_talk(c, "why rows were refused: %s\n", w->errors_path);
		if (cli_interrupted())
			cli_talk(c, "stopped; the same command goes on from here\n");
		else
			cli_next(c, "nurtured lead list");
		return;
	}
	buf_init_arena(&b, &c->arena, 8192);
	json_w_init(&j, &b);
	json_w_object(&j);
	json_w_kz(&j, "schema", "nurtured.import/1");
	json_w_ki64(&j, "events", (int64_t)w->taken);
	json_w_ki64(&j, "duplicates", (int64_t)w->duplicates);
	json_w_ki64(&j, "errors", (int64_t)w->refused);
	json_w_kz(&j, "errors_file", w->refused ? w->errors_path : NULL);
	json_w_kbool(&j, "complete", !cli_interrupted());
	json_w_end(&j);
	cli_line(c, buf_view(&b));
}

static int import_file(struct work *w)
{
	struct cli *c = w->c;
	enum status st = import_open(&w->conf, &w->im, &c->err);
	if (st == ST_OK)
		st = door_open(c, DOOR_WRITE, &w->door, &c->err);
	if (st != ST_OK)
		return cli_fail(c, NULL);
	st = go_on(w);
	if (st == ST_OK && !w->resumed)
		(void)unlink(w->errors_path); /* of an earlier run; often there is none */
	if (st == ST_OK)
		st = read_all(w);
	door_close(&w->door);
	if (w->errors != NULL && fclose(w->errors) != 0 && st == ST_OK)
		st = err_set(&c->err, ST_IO, "%s cannot be written", w->errors_path);
	if (st != ST_OK)
		return cli_fail(
			c, "mend it and give the same command again: nothing is taken in twice");
	report(w);
	return w->refused ? CLI_PROBLEMS : CLI_OK;
}

static int run(struct cli *c)
{
	struct work w = {.c = c};
	if (c->args_n != 1)
		return cli_usage(c, "import takes one file");
	const char *wrong = settings(&w);
	if (wrong != NULL)
		return cli_usage(c, "%s", wrong);
	w.place_path = arena_printf(&c->arena, "%s.import", c->args[0]).p;
	w.errors_path = arena_printf(&c->arena, "%s.errors.csv", c->args[0]).p;
	if (cli_value(c, "errors") != NULL)
		w.errors_path = cli_value(c, "errors");
	enum status st = read_map(c, &w.conf.map);
	bool ask = c->talk_tty && !c->json && !c->yes && !c->no_input;
	if (st == ST_OK && (c->dry_run || ask))
		st = preview(&w, c->dry_run ? c->out : c->talk);
	if (st != ST_OK)
		return cli_fail(c, NULL);
	if (c->dry_run)
		return CLI_OK;
	if (ask && !cli_confirm(c, "\nImport %s like this?", c->args[0]))
		return CLI_CONFIRM;
	int rc = import_file(&w);
	import_close(&w.im);
	return rc;
}

const struct verb verb_import = {
	.name = "import",
	.group = "change",
	.args = "FILE",
	.summary = "Take in leads or past events from CSV or JSON Lines",
	.detail = "Each row becomes an event. Columns whose names everybody uses are mapped by "
		  "themselves; "
		  "--dry-run shows what becomes of each column and of the first rows. Leads need "
		  "the basis on "
		  "which they may be written to: --consent, or a column. Rows that cannot be taken "
		  "in are "
		  "listed in FILE.errors.csv with row, column and reason. A run that was stopped "
		  "goes on where "
		  "it was; a run from the start again takes in only what is new.\n\n"
		  "Targets of a mapping: email, phone, user_id, anonymous_id, key.NAME, group_id; "
		  "trait.NAME, "
		  "company.NAME or a bare word (a trait); property.NAME; time, type, message_id; "
		  "consent, "
		  "consent.wording, consent.source, do_not_email, do_not_call; - (nothing). "
		  "*=trait takes all "
		  "other columns. Types, behind a colon: text, number, bool, time, list, json.",
	.examples = {"nurtured import leads.csv --dry-run --consent legitimate_interest "
		     "--consent-source fair",
		     "nurtured import leads.csv --map \"Email=email, Company=company.name, "
		     "Won=property.won:bool\" "
		     "--consent consent --consent-source \"newsletter form\"",
		     "nurtured import visits.csv --events --type page.visit --map \"Who=user_id, "
		     "When=time\"",
		     "nurtured import calls.jsonl --events      # Segment calls, one in each line"},
	.opts =
		{
			{"map", 'm', "MAPPING", "COLUMN=TARGET[:TYPE], ...; see below"},
			{"mapping", 0, "FILE", "the same from a file, a line for each"},
			{"no-guess", 0, NULL, "map only what is said"},
			{"null", 0, "TEXT", "cells that say so are empty (\"Select\", \"n/a\")"},
			{"consent", 0, "BASIS", "consent, legitimate_interest or contract"},
			{"consent-source", 0, "TEXT", "where it comes from, in words"},
			{"channel", 0, "NAME", "what the basis is for (default email)"},
			{"purpose", 0, "NAME", "what the basis is for (default marketing)"},
			{"events", 0, NULL, "rows are past events, not leads"},
			{"type", 0, "TYPE", "type of events without a type column"},
			{"source", 0, "NAME", "source of the events (default import:FILE)"},
			{"format", 0, "FORMAT", "csv or jsonl (default: by the file's name)"},
			{"delimiter", 0, "CHAR",
			 "between fields, or the word tab (default: found out)"},
			{"errors", 0, "FILE",
			 "where refused rows are listed (default FILE.errors.csv)"},
			{"restart", 0, NULL,
			 "from the start, though an earlier run can be gone on with"},
		},
	.run = run,
};
