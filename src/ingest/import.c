/* SPDX-License-Identifier: Apache-2.0
 * import.c: opens a file, says before the first row what would be wrong with every row, then hands
 * out batches. It keeps no list of what it has seen: that the same row is not taken twice is the
 * log's work, by the message id (P1). */
#include "ingest/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "ingest/csv.h"
#include "ingest/fact.h"
#include "ingest/row.h"

#define OWN_BYTES_MAX (8 << 20)
#define TAIL_BYTES 4096 /* how much of what was read a token vouches for */

struct import {
	struct arena own; /* texts of the settings, columns, mapping */
	int fd;
	bool csv_open, segment_lines;
	enum import_format format;
	struct csv csv; /* the CSV reader; its feed also reads lines of JSON */
	uint64_t line;  /* JSON Lines: number of the line that comes next */
	uint64_t head;  /* hash of the header, or of the first line */
	struct str *columns;
	size_t columns_n;
	struct mapping mapping;
	struct row_rules rules;
	struct import_progress progress;
};

static size_t read_file(void *ctx, char *p, size_t bytes, bool *failed_r)
{
	const struct import *im = ctx;
	for (;;) {
		ssize_t n = read(im->fd, p, bytes);
		if (n >= 0)
			return (size_t)n;
		if (errno != EINTR) {
			*failed_r = true;
			return 0;
		}
	}
}

static enum status open_file(struct import *im, const struct import_conf *conf, struct err *e)
{
	struct stat s;
	im->fd = open(conf->path, O_RDONLY | O_CLOEXEC);
	if (im->fd < 0)
		return err_set(e, errno == ENOENT ? ST_NOT_FOUND : ST_IO, "%s cannot be opened: %s",
			       conf->path, strerror(errno));
	if (fstat(im->fd, &s) != 0 || S_ISDIR(s.st_mode))
		return err_set(e, ST_IO, "%s is not a file", conf->path);
	if (S_ISREG(s.st_mode))
		im->progress.bytes_total = (uint64_t)s.st_size;
	im->format = conf->format;
	struct str path = str_of(conf->path);
	if (im->format == IMPORT_AUTO)
		im->format = str_ends(path, STR(".jsonl")) || str_ends(path, STR(".ndjson"))
				     ? IMPORT_JSONL
				     : IMPORT_CSV;
	return ST_OK;
}

static struct str base_name(struct str path)
{
	size_t at = path.n;
	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return str_slice(path, at, path.n);
}

static enum status copy_settings(struct import *im, const struct import_conf *conf, struct err *e)
{
	struct arena *a = &im->own;
	struct str name = fact_scrub(base_name(str_of(conf->path)), a);
	im->rules = (struct row_rules){
		.kind = conf->kind,
		.mapping = &im->mapping,
		.null_text = arena_str(a, conf->null_text),
		.type = arena_str(a, conf->type),
		.source = conf->source.n ? arena_str(a, conf->source)
					 : arena_printf(a, "import:" STR_FMT,
							STR_ARG(fact_cut(name, 100))),
		.consent_basis = arena_str(a, conf->consent_basis),
		.consent_source = arena_str(a, fact_cut(conf->consent_source, FACT_TEXT_MAX)),
		.consent_channel = arena_str(a, fact_cut(conf->consent_channel, 64)),
		.consent_purpose = arena_str(a, fact_cut(conf->consent_purpose, 64)),
		.received_us = conf->received_us,
		.judge = conf->judge,
		.ctx = conf->ctx,
	};
	if (im->rules.source.n > EVENT_SOURCE_MAX)
		return err_set(e, ST_INVALID, "the source is longer than %d bytes",
			       EVENT_SOURCE_MAX);
	struct str map = arena_str(a, conf->map);
	return mapping_parse(map, a, &im->mapping, e);
}

static bool has_target(const struct mapping *m, enum map_target target)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->entries[i].target == target)
			return true;
	return false;
}

static enum status check_consent(const struct import *im, struct err *e)
{
	const struct row_rules *r = &im->rules;
	struct str basis = r->consent_basis;
	bool column = has_target(&im->mapping, MAP_CONSENT);
	if (basis.n && !str_is(basis, "consent") && !str_is(basis, "legitimate_interest") &&
	    !str_is(basis, "contract"))
		return err_set(e, ST_INVALID,
			       "consent basis \"" STR_FMT
			       "\" is not known; use consent, legitimate_interest or contract",
			       STR_ARG(str_slice(basis, 0, 40)));
	if (basis.n && r->consent_source.n == 0 && !has_target(&im->mapping, MAP_CONSENT_SOURCE))
		return err_set(e, ST_INVALID,
			       "where does this consent come from? say it in words with "
			       "--consent-source \"trade fair 2026, stand list\"");
	if (r->kind == IMPORT_LEADS && basis.n == 0 && !column)
		return err_set(
			e, ST_INVALID,
			"on what basis may these people be written to? give --consent "
			"legitimate_interest (or consent, contract) and --consent-source, or map a "
			"column to consent");
	return ST_OK;
}

static enum status csv_head(struct import *im, const struct import_conf *conf, struct err *e)
{
	struct csv_row row;
	csv_init(&im->csv, read_file, im, conf->delimiter, 0, 1);
	im->csv_open = true;
	enum status st = csv_next(&im->csv, &row, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, ST_INVALID,
			       "the file is empty; its first row must name the columns");
	if (st != ST_OK)
		return err_wrap(e, "the first row, which names the columns, cannot be read");
	im->columns = ARENA_ARRAY(&im->own, struct str, row.n);
	for (size_t i = 0; im->columns != NULL && i < row.n; i++) {
		im->columns[i] = arena_str(&im->own, str_trim(row.fields[i]));
		im->head = hash_str(im->columns[i], im->head + 1);
	}
	im->columns_n = row.n;
	return ST_OK;
}

/* The first line tells what keys there are; it is read again as a row. */
static enum status jsonl_head(struct import *im, struct err *e)
{
	struct str line;
	struct json d;
	size_t n = 0;
	feed_init(&im->csv.feed, read_file, im, CSV_ROW_BYTES_MAX, 0);
	im->csv_open = true;
	struct feed start = im->csv.feed;
	im->line = 1;
	enum status st = feed_line(&im->csv.feed, &line, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, ST_INVALID, "the file is empty");
	if (st != ST_OK)
		return err_wrap(e, "the first line cannot be read; is this JSON Lines?");
	im->head = hash_str(line, 0);
	struct arena_mark mark = arena_mark(&im->own);
	if (json_parse(line, JSON_LIMITS_EVENT, &im->own, &d, e) == ST_OK &&
	    (im->columns = ARENA_ARRAY(&im->own, struct str, json_count(&d, 0) + 1)) != NULL) {
		for (uint32_t v = json_first(&d, 0); v != JSON_NONE && json_is(&d, 0, JSON_OBJECT);
		     v = json_next(&d, 0, v))
			im->columns[n++] =
				arena_str(&im->own, json_str(&d, json_key(&d, v), &im->own));
	} else {
		arena_rewind(&im->own, mark); /* a broken first line is the first row's error */
	}
	im->columns_n = n;
	im->csv.feed.from = start.from; /* nothing was moved: the window was empty */
	im->csv.feed.offset = start.offset;
	return ST_OK;
}

/* Keys of a line are found by name, deep ones too: only guesses need the first line's. */
static enum status bind_lines(struct import *im, bool guess, struct err *e)
{
	struct mapping found = {
		.entries = ARENA_ARRAY(&im->own, struct map_entry, MAPPING_ENTRIES_MAX),
		.rest = im->mapping.rest,
		.rest_target = im->mapping.rest_target};
	if (found.entries == NULL)
		return err_set(e, ST_LIMIT, "no room for the mapping");
	enum status st = mapping_bind(&found, im->columns, im->columns_n, guess, &im->own, e);
	for (size_t i = 0; st == ST_OK && i < found.n && im->mapping.n < MAPPING_ENTRIES_MAX; i++) {
		bool named = false;
		for (size_t k = 0; k < im->mapping.n; k++) {
			const struct map_entry *x = &im->mapping.entries[k];
			named = named || str_eq(x->column, found.entries[i].column) ||
				mapping_yields(&found.entries[i], x);
		}
		if (!named)
			im->mapping.entries[im->mapping.n++] = found.entries[i];
	}
	return st;
}

static enum status prepare(struct import *im, const struct import_conf *conf, struct err *e)
{
	enum status st = open_file(im, conf, e);
	if (st == ST_OK)
		st = copy_settings(im, conf, e);
	if (st != ST_OK)
		return st;
	bool mapped = im->mapping.n > 0 || im->mapping.rest;
	if (im->format == IMPORT_JSONL) {
		im->segment_lines = conf->kind == IMPORT_EVENTS && !mapped;
		st = jsonl_head(im, e);
		if (st == ST_OK && !im->segment_lines)
			st = bind_lines(im, !conf->no_guess, e);
	} else {
		st = csv_head(im, conf, e);
		if (st == ST_OK)
			st = mapping_bind(&im->mapping, im->columns, im->columns_n, !conf->no_guess,
					  &im->own, e);
	}
	if (st == ST_OK && !im->segment_lines)
		st = mapping_check(&im->mapping, conf->kind == IMPORT_EVENTS, e);
	if (st == ST_OK && conf->kind == IMPORT_EVENTS && !im->segment_lines && conf->type.n == 0 &&
	    !has_target(&im->mapping, MAP_TYPE))
		st = err_set(e, ST_INVALID,
			     "no column says what an event is; map one to type, or give "
			     "the type of all rows with --type");
	return st == ST_OK ? check_consent(im, e) : st;
}

/* A place to go on from is one of this file read this way: rows read by another mapping are not
 * done. */
static uint64_t settings_hash(const struct import *im, const struct import_conf *conf)
{
	const struct row_rules *r = &im->rules;
	const struct str texts[] = {conf->map,          r->null_text,      r->type,
				    r->source,          r->consent_basis,  r->consent_source,
				    r->consent_channel, r->consent_purpose};
	uint64_t h = im->head + (uint64_t)conf->kind * 2 + conf->no_guess;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		h = hash_str(texts[i], h + texts[i].n);
	return h;
}

enum status import_open(const struct import_conf *conf, struct import **out, struct err *e)
{
	struct import *im = mem_alloc(sizeof *im);
	im->fd = -1;
	arena_init(&im->own, OWN_BYTES_MAX);
	enum status st = prepare(im, conf, e);
	if (st == ST_OK) {
		im->head = settings_hash(im, conf);
		*out = im;
	} else {
		import_close(&im);
	}
	return st;
}

void import_close(struct import **im)
{
	if (*im == NULL)
		return;
	if ((*im)->csv_open)
		csv_finish(&(*im)->csv);
	if ((*im)->fd >= 0)
		(void)close((*im)->fd); /* only read: nothing to lose */
	arena_finish(&(*im)->own);
	mem_free(*im);
	*im = NULL;
}

/* The reader's fields die with the next row; events outlive it. */
static struct str *keep_cells(const struct csv_row *row, struct arena *a)
{
	size_t bytes = 0;
	struct str *cells = ARENA_ARRAY(a, struct str, row->n);
	for (size_t i = 0; i < row->n; i++)
		bytes += row->fields[i].n;
	char *p = arena_alloc(a, bytes + 1);
	if (cells == NULL || p == NULL)
		return NULL;
	for (size_t i = 0; i < row->n; i++) {
		if (row->fields[i].n)
			memcpy(p, row->fields[i].p, row->fields[i].n);
		cells[i] = str_n(p, row->fields[i].n);
		p += row->fields[i].n;
	}
	return cells;
}

/* Reads one CSV row into `ev`. ST_NOT_FOUND at the end, ST_INVALID with *error filled. */
static enum status csv_event(struct import *im, struct arena *a, struct event *ev,
			     struct import_error *error, struct err *e)
{
	struct csv_row row;
	enum status st = csv_next(&im->csv, &row, e);
	error->row = row.number;
	if (st != ST_NOT_FOUND)
		im->progress.row = row.number;
	if (st == ST_INVALID || st == ST_LIMIT) {
		error->reason = arena_printf(a, "%s", e->text);
		return ST_INVALID;
	}
	if (st != ST_OK)
		return st;
	if (row.n != im->columns_n) {
		error->reason =
			arena_printf(a,
				     "the row has %zu fields and the header %zu; is a comma not "
				     "quoted, or the line cut?",
				     row.n, im->columns_n);
		return ST_INVALID;
	}
	struct str *cells = keep_cells(&row, a);
	if (cells == NULL)
		return ST_LIMIT;
	return row_to_event(&im->rules, &(struct row){.cells = cells, .n = row.n}, a, ev, error);
}

/* A line that is a Segment call. */
static enum status segment_event(struct import *im, struct str line, const struct json *d,
				 struct arena *a, struct event *ev, struct import_error *error)
{
	struct err e;
	struct ingest_result res;
	struct ingest_request r = {
		.kind = INGEST_BATCH,
		.body = arena_printf(a, "{\"batch\":[" STR_FMT "]}", STR_ARG(line)),
		.source = im->rules.source,
		.received_us = im->rules.received_us,
		.strict = true,
	};
	error->reason = STR("the event has no timestamp; a past event must say when it was");
	if (json_get(d, 0, "timestamp") == JSON_NONE &&
	    json_get(d, 0, "originalTimestamp") == JSON_NONE)
		return ST_INVALID;
	enum status st = ingest_decode(&r, a, &res, &e);
	if (st != ST_OK || res.refused_n) {
		error->reason = arena_str(a, st != ST_OK ? str_of(e.text) : res.refused[0].message);
		error->column = st != ST_OK ? STR_NULL : res.refused[0].param;
		return ST_INVALID;
	}
	*ev = res.events[0];
	ev->flags |= EVENT_IMPORTED;
	return ST_OK;
}

static enum status next_line(struct import *im, struct arena *a, struct str *out, struct err *e)
{
	struct str line = STR_NULL;
	enum status st = ST_OK;
	while (st == ST_OK && str_trim(line).n == 0) {
		st = feed_line(&im->csv.feed, &line, e);
		if (st == ST_OK || st == ST_LIMIT)
			im->progress.row = im->line;
		if (st == ST_OK && im->line == 1 && str_starts(line, STR("\xef\xbb\xbf")))
			line = str_slice(line, 3, line.n);
		im->line += st == ST_OK || st == ST_LIMIT;
	}
	if (st != ST_OK)
		return st;
	*out = arena_str(a, line);
	return out->p != NULL ? ST_OK : err_set(e, ST_NO_MEMORY, "no room for a line");
}

static enum status jsonl_event(struct import *im, struct arena *a, struct event *ev,
			       struct import_error *error, struct err *e)
{
	struct str line;
	struct json d;
	enum status st = next_line(im, a, &line, e);
	error->row = im->progress.row;
	if (st == ST_NO_MEMORY)
		return ST_LIMIT;
	if (st == ST_OK)
		st = json_parse(line, ROW_JSON_LIMITS, a, &d, e);
	if (st == ST_OK && !json_is(&d, 0, JSON_OBJECT))
		st = err_set(e, ST_INVALID, "the line is not a JSON object");
	if (st == ST_INVALID || st == ST_LIMIT) {
		error->reason = arena_printf(a, "%s", e->text);
		return ST_INVALID;
	}
	if (st != ST_OK)
		return st;
	if (im->segment_lines)
		return segment_event(im, line, &d, a, ev, error);
	return row_to_event(&im->rules, &(struct row){.d = &d}, a, ev, error);
}

enum status import_next_batch(struct import *im, size_t max, struct arena *a,
			      struct import_batch *out, struct err *e)
{
	struct import_batch b = {.end = false};
	if (max > IMPORT_BATCH_MAX)
		max = IMPORT_BATCH_MAX;
	b.events = ARENA_ARRAY(a, struct event, max);
	b.rows = ARENA_ARRAY(a, uint64_t, max);
	b.errors = ARENA_ARRAY(a, struct import_error, max);
	if (b.events == NULL || b.rows == NULL || b.errors == NULL)
		return err_set(e, ST_LIMIT, "no room for a batch of %zu rows", max);
	/* Half of the arena is kept for one row: a batch of large rows is a short batch. */
	for (size_t i = 0; i < max && !b.end && a->bytes_used <= a->bytes_max / 2; i++) {
		struct import_error error = {.column = STR_NULL};
		struct event *ev = &b.events[b.events_n];
		enum status st = im->format == IMPORT_JSONL ? jsonl_event(im, a, ev, &error, e)
							    : csv_event(im, a, ev, &error, e);
		if (st == ST_LIMIT)
			return err_set(e, ST_LIMIT,
				       "row %llu needs more memory than one batch may use",
				       (unsigned long long)error.row);
		if (st == ST_OK)
			b.rows[b.events_n++] = error.row;
		else if (st == ST_INVALID)
			b.errors[b.errors_n++] = error;
		else if (st == ST_NOT_FOUND)
			b.end = true;
		else
			return st;
	}
	im->progress.bytes = im->csv.feed.offset;
	im->progress.events += b.events_n;
	im->progress.errors += b.errors_n;
	*out = b;
	return ST_OK;
}

struct import_progress import_progress(const struct import *im)
{
	return im->progress;
}

/* Hash of the bytes before `offset`; false when they cannot be read again (a pipe). */
static bool tail_hash(const struct import *im, uint64_t offset, uint64_t *out)
{
	char tail[TAIL_BYTES];
	size_t n = offset < sizeof tail ? (size_t)offset : sizeof tail;
	if (pread(im->fd, tail, n, (off_t)(offset - n)) != (ssize_t)n)
		return false;
	*out = hash_str(str_n(tail, n), 0);
	return true;
}

void import_token(const struct import *im, char out[IMPORT_TOKEN_MAX])
{
	uint64_t tail, next = im->format == IMPORT_JSONL ? im->line : im->csv.number;
	out[0] = '\0';
	if (tail_hash(im, im->csv.feed.offset, &tail))
		(void)snprintf(out, IMPORT_TOKEN_MAX, "1 %llu %llu %llu %llu",
			       (unsigned long long)im->csv.feed.offset, (unsigned long long)next,
			       (unsigned long long)im->head, (unsigned long long)tail);
}

enum status import_resume(struct import *im, struct str token, struct err *e)
{
	uint64_t v[5], tail;
	token = str_trim(token);
	for (size_t i = 0; i < 5; i++)
		if (!str_to_u64(str_cut(&token, ' '), &v[i]) || (i == 0 && v[0] != 1))
			return err_set(e, ST_INVALID,
				       "this is no place in an import; start from the "
				       "beginning, what was taken in is not taken twice");
	if (v[3] != im->head || v[1] > im->progress.bytes_total || !tail_hash(im, v[1], &tail) ||
	    tail != v[4])
		return err_set(e, ST_CONFLICT,
			       "this file, or its mapping, is not the one begun; start from the "
			       "beginning, what was taken in is not taken twice");
	if (lseek(im->fd, (off_t)v[1], SEEK_SET) < 0)
		return err_set(e, ST_IO, "the file cannot be read from its middle");
	char delimiter = im->csv.delimiter;
	csv_finish(&im->csv);
	if (im->format == IMPORT_JSONL)
		feed_init(&im->csv.feed, read_file, im, CSV_ROW_BYTES_MAX, v[1]);
	else
		csv_init(&im->csv, read_file, im, delimiter, v[1], v[2]);
	im->line = v[2];
	im->progress.bytes = v[1];
	return ST_OK;
}

const struct mapping *import_mapping(const struct import *im)
{
	return &im->mapping;
}

size_t import_unmapped(const struct import *im, struct str *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; im->format == IMPORT_CSV && i < im->columns_n; i++) {
		bool bound = false;
		for (size_t k = 0; k < im->mapping.n; k++)
			bound = bound || (im->mapping.entries[k].at == i &&
					  im->mapping.entries[k].target != MAP_NOTHING);
		if (!bound && n < max)
			out[n++] = im->columns[i];
	}
	return n;
}
