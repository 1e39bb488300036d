/* SPDX-License-Identifier: Apache-2.0
 * draft.c: is a draft right, and which events put it in force. Texts go into the log before the
 * program that names them, each under its hash, so that a version says the same words for ever and
 * a text that did not change is not sent again. */
#include "node/draft.h"

#include "base/crypto.h"
#include "base/json.h"
#include "engine/beside.h"
#include "engine/engine.h"
#include "model/event.h"
#include "node/node.h"
#include "program/track.h"

/* ---- is it right? ---- */

static bool has_steps(const struct program *p)
{
	for (size_t i = 0; i < p->play->tracks_n; i++)
		if (p->play->tracks[i].steps_n > 0)
			return true;
	return false;
}

static enum status join(struct draft *d, const struct program_report *more, struct arena *a,
			struct err *e)
{
	return more->n ? program_report_join(&d->report, more, a, e) : ST_OK;
}

static enum status judged(const struct draft *d, struct err *e)
{
	size_t i = 0;
	if (d->report.errors_n == 0)
		return ST_OK;
	while (d->report.problems[i].warning) /* errors go before warnings when there is no room */
		i++;
	const struct program_problem *p = &d->report.problems[i];
	return err_set(e, ST_INVALID,
		       "%zu problem(s), the first: %s at " STR_FMT ":%d:%d: " STR_FMT,
		       d->report.errors_n, p->code, STR_ARG(p->file.n ? p->file : STR("program")),
		       p->line, p->col, STR_ARG(p->message));
}

enum status draft_check(struct draft *d, struct arena *a, struct err *e)
{
	struct program_report texts = {0}, missing = {0};
	enum status st = program_load(d->source, a, &d->program, &d->report, e);
	if (st != ST_OK && st != ST_INVALID)
		return st;
	if (!d->has_content)
		return judged(d, e);
	st = compose_content_scan(d->files, d->files_n, a, &d->index, &texts, e);
	if (st == ST_OK)
		st = join(d, &texts, a, e);
	if (st == ST_OK && d->program != NULL) {
		program_check_content(d->program, &d->index, a, &missing);
		st = join(d, &missing, a, e);
	}
	return st == ST_OK ? judged(d, e) : st;
}

enum status draft_complete(struct draft *d, struct store *s, struct arena *a, struct err *e)
{
	struct program_report missing = {0};
	if (d->has_content)
		return ST_OK; /* draft_check has looked */
	enum status st = draft_index_now(s, a, &d->index, e);
	if (st != ST_OK || !has_steps(d->program))
		return st;
	if (d->index.n == 0)
		return err_set(e, ST_INVALID,
			       "the program has tracks, and there are no texts for them: write "
			       "content/<message>/<angle>.md beside it (nurtured init --program "
			       "DIR makes an example)");
	program_check_content(d->program, &d->index, a, &missing);
	st = join(d, &missing, a, e);
	return st == ST_OK ? judged(d, e) : st;
}

void draft_finish(struct draft *d)
{
	program_destroy(&d->program);
}

/* ---- the content in force ---- */

enum status draft_index_now(struct store *s, struct arena *a, struct content_index *out,
			    struct err *e)
{
	struct json d;
	struct str row;
	*out = (struct content_index){.files = NULL, .n = 0};
	enum status st = node_program_row(s, a, &row, NULL, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = json_parse(row, JSON_LIMITS_EVENT, a, &d, e);
	uint32_t list = st == ST_OK ? json_get(&d, 0, "content") : JSON_NONE;
	return list != JSON_NONE ? content_index_decode(&d, list, a, out, e) : st;
}

/* ---- beside it ---- */

static enum status fits_beside(const struct draft *d, struct store *s, struct arena *a,
			       struct err *e)
{
	struct str row;
	struct json doc;
	enum status st = node_program_row(s, a, &row, NULL, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, ST_CONFLICT,
			       "no program is in force that it could stand beside; apply it "
			       "without a share");
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, a, &doc, e);
	if (st != ST_OK)
		return st;
	struct str now = json_str(&doc, json_get(&doc, 0, "source"), a);
	return program_beside_fits(now, d->source, a, e);
}

enum status draft_allowed(const struct draft *d, struct store *s, struct arena *a, struct err *e)
{
	struct beside *x = ARENA_NEW(a, struct beside);
	enum status st = x != NULL ? beside_load(x, s, a, e)
				   : err_set(e, ST_LIMIT, "no memory is left for a program");
	if (st == ST_OK && x->on)
		st = beside_taken(x, e);
	return st == ST_OK && d->beside != NULL ? fits_beside(d, s, a, e) : st;
}

/* ---- nothing new? ---- */

static bool same_index(const struct content_index *a, const struct content_index *b)
{
	struct buf text[2];
	for (size_t i = 0; i < 2; i++) {
		buf_init(&text[i], EVENT_OWN_BYTES_MAX);
		content_index_encode(i ? b : a, &text[i]);
	}
	bool same = buf_ok(&text[0]) && buf_ok(&text[1]) &&
		    str_eq(buf_view(&text[0]), buf_view(&text[1]));
	for (size_t i = 0; i < 2; i++)
		buf_finish(&text[i]);
	return same;
}

enum status draft_unchanged(const struct draft *d, struct store *s, struct arena *a,
			    uint64_t *version_r, struct err *e)
{
	struct str row;
	struct json doc;
	struct content_index now;
	uint64_t version = 0;
	*version_r = 0;
	enum status st = node_program_row(s, a, &row, &version, e);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, a, &doc, e);
	if (st == ST_OK)
		st = draft_index_now(s, a, &now, e);
	if (st != ST_OK)
		return st;
	if (str_eq(json_str(&doc, json_get(&doc, 0, "source"), a), d->source) &&
	    same_index(&d->index, &now))
		*version_r = version;
	return ST_OK;
}

/* ---- as events ---- */

static enum status put_entry(struct log_entry *out, struct buf *body, int64_t now_us,
			     struct arena *a, struct err *e)
{
	char id[64];
	crypto_token("draft-", id);
	*out = (struct log_entry){
		.source = STR("operator"),
		.message_id = arena_str(a, str_of(id)),
		.body = arena_str(a, buf_view(body)),
		.received_us = now_us,
	};
	return out->message_id.p != NULL && out->body.p != NULL
		       ? ST_OK
		       : err_set(e, ST_LIMIT, "the program and its texts are too large at once");
}

static enum status text_entry(struct str text, int64_t now_us, struct arena *a,
			      struct log_entry *out, struct err *e)
{
	struct buf props, body;
	struct json_w w;
	buf_init(&props, EVENT_OWN_BYTES_MAX);
	buf_init(&body, EVENT_OWN_BYTES_MAX + 1024);
	json_w_init(&w, &props);
	json_w_object(&w);
	json_w_kstr(&w, "text", text);
	json_w_end(&w);
	const struct event ev = {
		.type = STR("content.put"),
		.occurred_us = now_us,
		.properties = buf_view(&props),
		.flags = EVENT_SYSTEM,
		.context.scroll = -1,
	};
	enum status st = buf_ok(&props) ? event_encode(&ev, &body, e)
					: err_set(e, ST_LIMIT, "a text is too large for one event");
	if (st == ST_OK)
		st = put_entry(out, &body, now_us, a, e);
	buf_finish(&props);
	buf_finish(&body);
	return st;
}

/* The hash a file has in the index; files and index are sorted alike but for '.' and '/'. */
static struct str hash_of(const struct draft *d, const struct compose_file *f)
{
	bool part = str_ends(f->path, STR(".liquid")); /* the name was read: it is right */
	struct str rest = str_slice(f->path, 0, f->path.n - (part ? 7 : 3));
	struct str message = str_cut(&rest, '/'), angle = str_cut(&rest, '.');
	for (int k = 0; part && k < CONTENT_PART_KINDS; k++)
		if (str_is(message, content_part_folder((enum content_part_kind)k)))
			return content_find_part(&d->index, (enum content_part_kind)k, angle)->hash;
	return content_find(&d->index, message, angle, rest)->hash;
}

enum status draft_entries(const struct draft *d, struct store *s, int64_t now_us, struct arena *a,
			  struct draft_events *out, struct err *e)
{
	struct str there;
	struct buf body;
	size_t n = 0;
	enum status st = ST_OK;
	struct log_entry *list = ARENA_ARRAY(a, struct log_entry, d->files_n + 1);
	if (list == NULL)
		return err_set(e, ST_LIMIT, "too many texts at once");
	for (size_t i = 0; i < d->files_n && st == ST_OK; i++) {
		struct arena_mark mark = arena_mark(a);
		st = store_get(s, TABLE_CONTENT, KEY_BYTES(hash_of(d, &d->files[i])), a, &there, e);
		arena_rewind(a, mark);
		if (st == ST_NOT_FOUND)
			st = text_entry(d->files[i].bytes, now_us, a, &list[n++], e);
	}
	if (st != ST_OK)
		return st;
	buf_init(&body, EVENT_OWN_BYTES_MAX + 1024);
	st = engine_event_try(d->source, d->index.n + d->index.parts_n ? &d->index : NULL,
			      d->beside, now_us, &body, e);
	if (st == ST_OK)
		st = put_entry(&list[n++], &body, now_us, a, e);
	buf_finish(&body);
	if (st != ST_OK)
		return st;
	*out = (struct draft_events){list, n};
	return ST_OK;
}
