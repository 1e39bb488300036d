/* SPDX-License-Identifier: Apache-2.0
 * handle_program.c: validate, plan and apply over HTTP: a bare program file, or a program with its
 * texts as JSON. The verbs of the same names run the same code. */
#include "base/clock.h"
#include "daemon/internal.h"
#include "node/draft.h"
#include "view/view_plan.h"

static enum status read_draft(struct desk_work *k, struct draft *d, struct err *e)
{
	struct str body = k->call->req->body, type = http_header(k->call->req, "Content-Type");
	*d = (struct draft){0};
	if (str_starts(type, STR("application/json")))
		return draft_read_json(body, k->view.arena, d, e);
	d->source = body;
	return ST_OK;
}

static void put_problem(struct json_w *w, const struct program_problem *x)
{
	json_w_object(w);
	json_w_kz(w, "code", x->code);
	json_w_kbool(w, "warning", x->warning);
	if (x->file.n)
		json_w_kstr(w, "file", x->file);
	json_w_ki64(w, "line", x->line);
	json_w_ki64(w, "col", x->col);
	json_w_kstr(w, "message", x->message);
	json_w_kstr(w, "why", x->why);
	json_w_kstr(w, "fix", x->fix);
	json_w_end(w);
}

enum status daemon_do_program_validate(struct desk_work *k, struct err *e)
{
	struct draft d;
	enum status st = read_draft(k, &d, e);
	if (st != ST_OK)
		return st;
	st = draft_check(&d, k->view.arena, e);
	draft_finish(&d);
	if (st != ST_OK && st != ST_INVALID)
		return st;
	json_w_object(&k->w);
	json_w_kbool(&k->w, "ok", st == ST_OK);
	json_w_key(&k->w, "problems");
	json_w_array(&k->w);
	for (size_t i = 0; i < d.report.n; i++)
		put_problem(&k->w, &d.report.problems[i]);
	json_w_end(&k->w);
	json_w_end(&k->w);
	return ST_OK;
}

/* A draft that could be put in force; the caller finishes it in any case. */
static enum status whole_draft(struct desk_work *k, struct draft *d, struct err *e)
{
	enum status st = read_draft(k, d, e);
	if (st == ST_OK)
		st = draft_check(d, k->view.arena, e);
	if (st == ST_OK)
		st = draft_complete(d, k->view.store, k->view.arena, e);
	return st == ST_INVALID && d->report.errors_n ? err_wrap(e, "see /v1/program/validate")
						      : st;
}

static bool not_stopping(void *ctx, uint64_t leads)
{
	(void)leads;
	return !desk_stopping(ctx);
}

enum status daemon_do_program_plan(struct desk_work *k, struct err *e)
{
	struct draft d;
	struct view_plan plan = {.leads = 0};
	enum status st = whole_draft(k, &d, e);
	if (st == ST_OK)
		st = view_plan(&k->view, d.program, not_stopping, k->desk, &plan, e);
	plan.texts = d.index;
	if (st == ST_OK)
		view_plan_json(&plan, &k->w);
	draft_finish(&d);
	return st;
}

/* As the verb says it. */
static enum status answer_unchanged(struct desk_work *k, uint64_t version)
{
	json_w_object(&k->w);
	json_w_kz(&k->w, "schema", "nurtured.apply/1");
	json_w_kbool(&k->w, "unchanged", true);
	json_w_ki64(&k->w, "version", (int64_t)version);
	json_w_end(&k->w);
	return ST_OK;
}

enum status daemon_do_program_apply(struct desk_work *k, struct err *e)
{
	struct draft d;
	struct draft_events events = {0};
	uint64_t version = 0; /* the one in force, when the draft is the same */
	enum status st = whole_draft(k, &d, e);
	if (st == ST_OK)
		st = draft_allowed(&d, k->view.store, k->view.arena, e);
	if (st == ST_OK && d.beside == NULL)
		st = draft_unchanged(&d, k->view.store, k->view.arena, &version, e);
	if (st == ST_OK && version == 0)
		st = draft_entries(&d, k->view.store, clock_now_us(), k->view.arena, &events, e);
	draft_finish(&d);
	if (st == ST_OK && version > 0)
		return answer_unchanged(k, version);
	if (st == ST_OK)
		st = daemon_append_and_fold(k->daemon, events.list, events.n, e);
	return st == ST_OK ? daemon_answer_seq(k, events.list[events.n - 1].seq, e) : st;
}
