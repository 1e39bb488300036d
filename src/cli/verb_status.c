/* SPDX-License-Identifier: Apache-2.0
 * verb_status.c: six lines, what is late, and the likely next command; also what a bare `nurtured`
 * says. */
#include "base/clock.h"
#include "base/file.h"
#include "base/time.h"
#include "cli/look.h"
#include "cli/verbs.h"
#include "engine/experiments.h"
#include "node/settings.h"
#include "view/view_drift.h"
#include "view/view_experiment.h"
#include "view/view_late.h"
#include "view/view_model.h"
#include "view/view_play.h"

struct facts_now {
	uint64_t cursor, next_seq, leads, dead, log_bytes, state_bytes;
	int64_t clock_us;
	int pid;
	bool running, mailbox, mixed;
	struct view_sending sending; /* the switch is easily forgotten, and nothing leaves */
	struct view_late late;
	struct view_drift drift;
	struct experiments experiments;
	struct view_model model;
	struct view_beside beside;
	struct json mail; /* of the mailbox; count 0: nothing is known */
};

/* As the daemon has noted it: connected, or why not. */
static void gather_mailbox(struct cli *c, struct facts_now *f)
{
	char path[NODE_PATH_MAX];
	struct str text;
	struct settings s;
	f->mailbox = settings_load(c->data, &c->arena, &s, NULL) == ST_OK && s.mailbox.host;
	if (!f->mailbox || !f->running ||
	    file_read(node_path(c->data, NODE_MAILBOX_STATE, path), 16384, &c->arena, &text,
		      NULL) != ST_OK ||
	    json_parse(text, JSON_LIMITS_EVENT, &c->arena, &f->mail, NULL) != ST_OK)
		f->mail.count = 0;
}

static bool connected(const struct facts_now *f)
{
	bool yes;
	return f->mail.count > 0 && json_bool(&f->mail, json_get(&f->mail, 0, "connected"), &yes) &&
	       yes;
}

static enum status gather(struct cli *c, struct door *d, struct facts_now *f)
{
	struct engine_meta meta;
	struct log_stats ls;
	enum status st = engine_meta_read(d->node->store, &meta, &c->err);
	if (st != ST_OK)
		return st;
	log_stats(d->node->log, &ls);
	f->cursor = meta.cursor;
	f->clock_us = meta.clock_us;
	f->leads = meta.leads;
	f->next_seq = ls.next_seq;
	f->log_bytes = ls.bytes;
	f->state_bytes = store_bytes(d->node->store);
	f->running = node_locked(c->data, &f->pid);
	f->mixed = node_fold_mixed(d->node->store);
	st = view_late(d->node->store, clock_now_us(), &f->late, &c->err);
	if (st == ST_OK)
		st = view_drift_latest(d->node->store, clock_now_us(), &c->arena, &f->drift,
				       &c->err);
	gather_mailbox(c, f);
	if (st == ST_OK)
		st = view_model(d->node->store, &c->arena, &f->model, &c->err);
	if (st == ST_OK)
		st = experiments_load(&f->experiments, d->node->store, &c->arena, &c->err);
	struct view v = door_view(c, d);
	if (st == ST_OK)
		st = view_beside(&v, &f->beside, &c->err);
	return st == ST_OK ? view_sending(&v, &f->sending, &c->err) : st;
}

/* What the one that is tried waits for, or what is in its way. */
static struct str waits_for(struct cli *c, const struct door *d, const struct view_model *m)
{
	struct trial_verdict v;
	struct str hindered = view_model_hindrance(&m->choice, d->program, &c->arena);
	trial_judge(&m->trial, &v);
	return hindered.n ? hindered : arena_str(&c->arena, str_of(v.words));
}

/* Who decides, who is tried, and what that waits for; what was last taken back without being
 * asked. */
static void show_model(struct cli *c, const struct door *d, const struct view_model *m)
{
	const struct rollout_change *last = &m->last;
	struct str rules = view_model_champion_words(&m->choice, &c->arena);
	struct str tried = view_model_candidate_words(&m->choice, &c->arena);
	struct str why = rules.n || tried.n ? waits_for(c, d, m) : STR_NULL;
	bool hindered = view_model_hindrance(&m->choice, d->program, &c->arena).n > 0;
	if (rules.n && tried.n)
		fprintf(c->out, "model     " STR_FMT "\n", STR_ARG(rules));
	if (tried.n)
		fprintf(c->out, "model     " STR_FMT ": " STR_FMT "\n", STR_ARG(tried),
			STR_ARG(why));
	else if (rules.n)
		fprintf(c->out, "model     " STR_FMT "%s" STR_FMT "\n", STR_ARG(rules),
			hindered          ? "; "
			: last->by_itself ? ": "
					  : "",
			STR_ARG(hindered          ? why
				: last->by_itself ? str_of(last->words)
						  : STR_NULL));
	if (m->taken_back)
		fprintf(c->out, "model     %s%.12s was taken back%s: %s\n", cli_tint(c, "red"),
			last->hash.hex, cli_tint(c, "off"), last->words);
}

static void put_model(struct cli *c, const struct door *d, const struct view_model *m,
		      struct json_w *w)
{
	if (!m->choice.champion.hex[0] && !m->choice.candidate.hex[0])
		return;
	json_w_key(w, "model");
	json_w_object(w);
	registry_choice_put(&m->choice, w);
	if (m->choice.candidate.hex[0])
		json_w_kstr(w, "waits_for", waits_for(c, d, m));
	json_w_kbool(w, "asked",
		     d->program != NULL && d->program->play->deciding.mode != DECIDE_OFF);
	json_w_end(w);
}

static void show_json(struct cli *c, const struct door *d, const struct facts_now *f)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, &c->arena, 8192);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.status/1");
	json_w_kz(&w, "data", c->data);
	json_w_kbool(&w, "running", f->running);
	json_w_ki64(&w, "pid", f->pid);
	json_w_ki64(&w, "events", (int64_t)(f->next_seq - 1));
	json_w_ki64(&w, "cursor", (int64_t)f->cursor);
	json_w_ki64(&w, "lag", (int64_t)(f->next_seq - 1 - f->cursor));
	json_w_ki64(&w, "leads", (int64_t)f->leads);
	json_w_ki64(&w, "program_version", (int64_t)d->program_version);
	view_beside_put(&f->beside, &w);
	json_w_ktime(&w, "clock", f->clock_us);
	json_w_kbool(&w, "paused", f->sending.paused);
	if (f->sending.paused) {
		json_w_ktime(&w, "paused_since", f->sending.since_us);
		json_w_kstr(&w, "pause_reason", f->sending.reason);
	}
	json_w_ki64(&w, "handoffs_overdue", (int64_t)f->late.handoffs);
	json_w_ktime(&w, "handoffs_overdue_since", f->late.handoff_us);
	json_w_ki64(&w, "messages_late", (int64_t)f->late.messages);
	json_w_ktime(&w, "messages_late_since", f->late.message_us);
	json_w_ki64(&w, "messages_uncertain", (int64_t)f->late.uncertain);
	json_w_ki64(&w, "held", (int64_t)f->late.held);
	put_model(c, d, &f->model, &w);
	json_w_key(&w, "experiments_waiting");
	json_w_array(&w);
	for (size_t i = 0; i < f->experiments.n; i++)
		if (experiments_waits(&f->experiments.list[i]))
			json_w_str(&w, str_of(f->experiments.list[i].name));
	json_w_end(&w);
	if (f->drift.on) {
		json_w_key(&w, "drift");
		json_w_object(&w);
		view_drift_put(&f->drift, &w);
		json_w_ktime(&w, "until", f->drift.until_us);
		json_w_end(&w);
	}
	if (f->mailbox) {
		json_w_key(&w, "mailbox");
		if (f->mail.count > 0)
			json_w_raw(&w, json_raw(&f->mail, 0));
		else
			json_w_null(&w);
	}
	json_w_ki64(&w, "log_bytes", (int64_t)f->log_bytes);
	json_w_ki64(&w, "state_bytes", (int64_t)f->state_bytes);
	json_w_end(&w);
	cli_line(c, buf_view(&b));
}

static struct str since(struct cli *c, int64_t at_us)
{
	char age[TIME_TEXT_MAX];
	int64_t now = clock_now_us(), us = now > at_us ? now - at_us : 0;
	return arena_printf(&c->arena, "%s", duration_format(us / US_PER_S * US_PER_S, age));
}

/* Lines that are there only while something is wrong, or waits for somebody. */
static void show_late(struct cli *c, const struct facts_now *f)
{
	const struct view_late *l = &f->late;
	const char *red = cli_tint(c, "red"), *off = cli_tint(c, "off");
	struct str last = json_str(&f->mail, json_get(&f->mail, 0, "last"), &c->arena);
	if (l->handoffs)
		fprintf(c->out, "hand-offs %s%llu overdue%s, for " STR_FMT " at most\n", red,
			(unsigned long long)l->handoffs, off, STR_ARG(since(c, l->handoff_us)));
	if (l->messages)
		fprintf(c->out, "outbox    %s%llu late%s, for " STR_FMT " at most\n", red,
			(unsigned long long)l->messages, off, STR_ARG(since(c, l->message_us)));
	if (l->uncertain)
		fprintf(c->out, "uncertain %llu message(s) to settle\n",
			(unsigned long long)l->uncertain);
	if (f->mailbox && !f->running)
		fprintf(c->out, "mailbox   not read: the daemon does not run\n");
	else if (f->mailbox)
		fprintf(c->out, "mailbox   %s" STR_FMT "\n",
			connected(f) ? "connected"
			: last.n     ? "not connected: "
				     : "not connected yet",
			STR_ARG(connected(f) ? STR_NULL : last));
	if (f->drift.on)
		fprintf(c->out, "drift     %s" STR_FMT "%s, " STR_FMT " ago; %s\n", red,
			STR_ARG(view_drift_words(&f->drift, &c->arena)), off,
			STR_ARG(since(c, f->drift.at_us)), f->drift.then);
	for (size_t i = 0; i < f->experiments.n; i++)
		if (experiments_waits(&f->experiments.list[i]))
			fprintf(c->out, "experiment %s waits for you: %s\n",
				f->experiments.list[i].name, f->experiments.list[i].words);
	if (f->mixed)
		fprintf(c->out, "state     goes on as another build has folded it (doctor says "
				"why)\n");
}

static void show_text(struct cli *c, const struct door *d, const struct facts_now *f)
{
	if (f->running)
		fprintf(c->out, "daemon    running, process %d\n", f->pid);
	else
		fprintf(c->out, "daemon    not running\n");
	fprintf(c->out, "data      %s  (log %.1f MB, state %.1f MB)\n", c->data,
		(double)f->log_bytes / 1e6, (double)f->state_bytes / 1e6);
	fprintf(c->out, "events    %llu, %llu of them folded\n",
		(unsigned long long)(f->next_seq - 1), (unsigned long long)f->cursor);
	fprintf(c->out, "leads     %llu, those joined since among them\n",
		(unsigned long long)f->leads);
	if (d->program != NULL)
		fprintf(c->out, "program   " STR_FMT ", version %llu\n", STR_ARG(d->program->name),
			(unsigned long long)d->program_version);
	else
		fprintf(c->out, "program   none applied\n");
	if (f->beside.version > 0)
		fprintf(c->out, "beside it version %llu, for %u %% of leads: " STR_FMT "\n",
			(unsigned long long)f->beside.version, f->beside.percent,
			STR_ARG(f->beside.verdict));
	if (f->sending.paused)
		fprintf(c->out,
			"sending   %sall of it is stopped%s since " STR_FMT ": " STR_FMT
			"; %llu wait\n",
			cli_tint(c, "red"), cli_tint(c, "off"), STR_ARG(f->sending.since),
			STR_ARG(f->sending.reason), (unsigned long long)f->late.held);
	show_late(c, f);
	show_model(c, d, &f->model);
	if (d->program == NULL)
		cli_next(c, "nurtured apply");
	else if (f->sending.paused)
		cli_next(c, "nurtured resume");
	else if (!f->running)
		cli_next(c, "nurtured serve");
	else if (f->late.handoffs)
		cli_next(c, "nurtured handoff list --open");
	else
		cli_next(c, "nurtured lead list --tier hot");
}

static int run(struct cli *c)
{
	struct door d;
	struct facts_now f = {.pid = 0};
	if (!node_exists(c->data)) {
		if (c->json)
			fprintf(c->out, "{\"schema\":\"nurtured.status/"
					"1\",\"data\":null,\"running\":false}\n");
		else
			fprintf(c->out, "nurtured %s: no data in %s\n", NURTURED_VERSION, c->data);
		cli_next(c, "nurtured init   (or: nurtured --help)");
		return CLI_NOT_FOUND;
	}
	if (door_open(c, DOOR_READ, &d, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	enum status st = gather(c, &d, &f);
	if (st == ST_OK && c->json)
		show_json(c, &d, &f);
	else if (st == ST_OK)
		show_text(c, &d, &f);
	door_close(&d);
	return st == ST_OK ? CLI_OK : cli_fail(c, NULL);
}

const struct verb verb_status = {
	.name = "status",
	.group = "look",
	.args = "",
	.summary = "Six lines on what is there and what runs",
	.examples = {"nurtured status", "nurtured status --json"},
	.run = run,
};
