/* SPDX-License-Identifier: Apache-2.0
 * policy_models.c: the models kept in the folder of data: which there are, what they are, who
 * rules. */
#include "base/clock.h"
#include "base/time.h"
#include "cli/policy.h"
#include "cli/render.h"
#include "cli/score_file.h"
#include "decide/frozen.h"
#include "engine/models.h"
#include "engine/rollout.h"
#include "registry/registry.h"

#include <string.h>

#define SHORT 12 /* characters of a hash that people are shown */
#define DAMAGED_FIX \
	"remove it, and import a copy of it if there is one: nurtured policy import FILE"

static void put_model(const struct registry_model *m, size_t hash_chars, struct json_w *w)
{
	json_w_object(w);
	json_w_kstr(w, "hash", str_n(m->hash.hex, hash_chars));
	json_w_kstr(w, "slot", m->meta.slot);
	json_w_kstr(w, "kind", m->meta.kind);
	json_w_kstr(w, "features", m->meta.version);
	json_w_kz(w, "state", registry_state_name(m->state));
	json_w_ki64(w, "percent", m->percent);
	if (m->since_us)
		json_w_ktime(w, "since", m->since_us);
	if (m->meta.parent.hex[0])
		json_w_kz(w, "parent", m->meta.parent.hex);
	json_w_ktime(w, "created", m->meta.created_us);
	if (m->meta.to_us) {
		json_w_ktime(w, "trained_from", m->meta.from_us);
		json_w_ktime(w, "trained_to", m->meta.to_us);
	}
	json_w_key(w, "metrics");
	json_w_raw(w, m->meta.metrics.n ? m->meta.metrics : STR("{}"));
	json_w_key(w, "evaluation");
	json_w_raw(w, m->meta.evaluation.n ? m->meta.evaluation : STR("{}"));
	json_w_end(w);
}

static void put_change(const struct registry_change *ch, struct json_w *w)
{
	json_w_object(w);
	json_w_ktime(w, "at", ch->at_us);
	json_w_kz(w, "hash", ch->hash.hex);
	json_w_kz(w, "from", registry_state_name(ch->from));
	json_w_kz(w, "to", registry_state_name(ch->to));
	json_w_ki64(w, "percent", ch->percent);
	json_w_kstr(w, "reason", ch->reason);
	json_w_end(w);
}

/* A document is made once; people get it read aloud. */
struct page {
	struct buf text;
	struct json_w w;
	struct json d;
};

static void page_begin(struct cli *c, struct page *p, const char *schema)
{
	buf_init_arena(&p->text, &c->arena, (size_t)16 << 20);
	json_w_init(&p->w, &p->text);
	json_w_object(&p->w);
	json_w_kz(&p->w, "schema", schema);
}

/* True: there is something left to say to people. */
static bool page_end(struct cli *c, struct page *p)
{
	json_w_end(&p->w);
	if (c->json) {
		cli_line(c, buf_view(&p->text));
		return false;
	}
	return json_parse(buf_view(&p->text), JSON_LIMITS_EVENT, &c->arena, &p->d, &c->err) ==
	       ST_OK;
}

int policy_run_list(struct cli *c)
{
	static const struct render_column columns[] = {
		{"hash", "MODEL", false, false},     {"slot", "SLOT", false, false},
		{"kind", "KIND", false, false},      {"state", "STATE", false, false},
		{"percent", "PERCENT", true, false}, {"features", "FEATURES", false, false},
		{"created", "CREATED", false, true},
	};
	struct registry_list l;
	struct page p;
	if (policy_catch_up(c) != ST_OK || /* shares grow by themselves */
	    registry_list(c->data, &c->arena, &l, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	page_begin(c, &p, "nurtured.models/1");
	json_w_key(&p.w, "models");
	json_w_array(&p.w);
	const bool whole = c->json || c->plain; /* a line is to fit a terminal */
	for (size_t i = 0; i < l.models_n; i++)
		put_model(&l.models[i], whole ? REGISTRY_HASH_CHARS : SHORT, &p.w);
	json_w_end(&p.w);
	if (l.damaged_n) {
		json_w_key(&p.w, "damaged");
		json_w_array(&p.w);
		for (size_t i = 0; i < l.damaged_n; i++)
			json_w_str(&p.w, l.damaged[i]);
		json_w_end(&p.w);
	}
	if (page_end(c, &p) && l.models_n)
		render_table(c, &p.d, json_get(&p.d, 0, "models"), columns,
			     sizeof columns / sizeof columns[0]);
	if (!l.models_n && !l.damaged_n)
		cli_talk(c, "no models yet: the program's own rules decide\n");
	for (size_t i = 0; i < l.damaged_n; i++)
		cli_talk(c, "%swarning:%s " STR_FMT "\n  fix: " DAMAGED_FIX "\n",
			 cli_tint(c, "red"), cli_tint(c, "off"), STR_ARG(l.damaged[i]));
	return l.damaged_n ? CLI_PROBLEMS : CLI_OK;
}

int policy_get(struct cli *c, const char *hash, struct registry_model *out)
{
	enum status st = registry_get(c->data, str_of(hash), &c->arena, out, &c->err);
	if (st == ST_OK)
		return -1;
	return cli_fail(c, st == ST_CORRUPT ? DAMAGED_FIX : "nurtured policy list");
}

int policy_run_show(struct cli *c)
{
	struct registry_model m;
	struct registry_list l;
	struct page p;
	if (c->args_n != 2)
		return cli_usage(c, "policy show wants a model: nurtured policy show MODEL");
	if (policy_catch_up(c) != ST_OK) /* as list does */
		return cli_fail(c, NULL);
	int rc = policy_get(c, c->args[1], &m);
	if (rc >= 0)
		return rc;
	if (registry_list(c->data, &c->arena, &l, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	page_begin(c, &p, "nurtured.model/1");
	json_w_key(&p.w, "model");
	put_model(&m, REGISTRY_HASH_CHARS, &p.w);
	json_w_ki64(&p.w, "bytes", (int64_t)m.bytes.n);
	json_w_key(&p.w, "changes");
	json_w_array(&p.w);
	for (size_t i = 0; i < l.changes_n; i++)
		if (strcmp(l.changes[i].hash.hex, m.hash.hex) == 0)
			put_change(&l.changes[i], &p.w);
	json_w_end(&p.w);
	if (page_end(c, &p))
		render_tree(c, &p.d, 0, 0, "schema");
	return CLI_OK;
}

/* ---- up and down ---- */

static int told(struct cli *c, const struct registry_step *s)
{
	struct page p;
	struct str hindered = policy_hindrance(c, &s->choice);
	page_begin(c, &p, "nurtured.model_step/1");
	json_w_kz(&p.w, "hash", s->hash.hex);
	json_w_kz(&p.w, "from", registry_state_name(s->from));
	json_w_kz(&p.w, "to", registry_state_name(s->to));
	json_w_ki64(&p.w, "percent", s->percent);
	json_w_kbool(&p.w, "done", !c->dry_run);
	json_w_kstr(&p.w, "reason", s->reason);
	json_w_key(&p.w, "choice");
	registry_choice_write(&s->choice, &p.w);
	if (hindered.n)
		json_w_kstr(&p.w, "hindered", hindered);
	if (page_end(c, &p)) {
		const char *goes = c->dry_run ? "would go" : "went";
		if (s->from == s->to)
			fprintf(c->out, "%.*s %s on: %s", SHORT, s->hash.hex, goes,
				registry_state_name(s->to));
		else
			fprintf(c->out, "%.*s %s: %s -> %s", SHORT, s->hash.hex, goes,
				registry_state_name(s->from), registry_state_name(s->to));
		if (s->to == REGISTRY_CANARY)
			fprintf(c->out, ", %u %% of leads", s->percent);
		fprintf(c->out, "\n" STR_FMT ": %s%.*s is champion\n", STR_ARG(s->choice.slot),
			s->choice.champion.hex[0] ? "" : "no model", SHORT, s->choice.champion.hex);
		if (hindered.n)
			fprintf(c->out, "but " STR_FMT "\n", STR_ARG(hindered));
	}
	return CLI_OK;
}

static int make(struct cli *c, const struct registry_step *s)
{
	if (c->dry_run)
		return told(c, s);
	return policy_make(c, s) == ST_OK ? told(c, s) : cli_fail(c, NULL);
}

/* The gate's reason against it; empty when it agrees. -1, or the exit code. Without a log the
 * decisions of this folder speak. */
static int why_not(struct cli *c, const struct registry_model *m, struct str *out)
{
	struct policy_evidence p;
	const char *log = cli_value(c, "log"), *over = cli_value(c, "over");
	const char *as = cli_value(c, "as"), *force = cli_value(c, "force");
	*out = STR_NULL;
	if (force != NULL || m->state == REGISTRY_DRAFT || m->state == REGISTRY_RETIRED)
		return -1;
	over = over ? over : "logged";
	enum status st = log != NULL ? policy_evidence(c, log, as ? as : "log", over, &p)
				     : policy_evidence_live(c, m->hash.hex, over, &p);
	if (st == ST_OK)
		*out = p.may ? STR_NULL : arena_str(&c->arena, p.reason);
	policy_evidence_finish(&p);
	return st == ST_OK ? -1 : policy_evidence_failed(c);
}

static int refused(struct cli *c)
{
	if (c->json) {
		struct page p;
		page_begin(c, &p, "nurtured.model_step/1");
		json_w_kbool(&p.w, "done", false);
		json_w_kz(&p.w, "reason", c->err.text);
		(void)page_end(c, &p);
	} else {
		fprintf(c->out, "%snot promoted%s: %s\n", cli_tint(c, "red"), cli_tint(c, "off"),
			c->err.text);
	}
	return CLI_PROBLEMS;
}

int policy_run_promote(struct cli *c)
{
	struct registry_step s;
	struct str no;
	if (c->args_n != 2)
		return cli_usage(c, "policy promote wants a model: nurtured policy promote MODEL");
	if (cli_value(c, "force") != NULL && str_trim(str_of(cli_value(c, "force"))).n == 0)
		return cli_usage(c, "--force wants a reason: it stands in the model's history");
	struct registry_model m;
	int rc = policy_evidence_options(c);
	if (rc < 0 && policy_catch_up(c) != ST_OK)
		rc = cli_fail(c, NULL);
	if (rc < 0)
		rc = policy_get(c, c->args[1], &m);
	if (rc < 0 && !str_is(m.meta.slot, MODELS_SLOT)) {
		(void)err_set(&c->err, ST_CONFLICT,
			      "%.*s answers \"" STR_FMT
			      "\", which no decision asks: it stays a draft",
			      SHORT, m.hash.hex, STR_ARG(m.meta.slot));
		rc = cli_fail(c, str_is(m.meta.slot, SCORE_SLOT) ? "nurtured score show" : NULL);
	}
	if (rc < 0)
		rc = why_not(c, &m, &no);
	if (rc >= 0)
		return rc;
	enum status st =
		registry_plan_promote(c->data, str_of(c->args[1]), no, &c->arena, &s, &c->err);
	if (st == ST_DENIED)
		return refused(c);
	const char *force = cli_value(c, "force"), *reason = cli_value(c, "reason");
	if (st == ST_OK && force != NULL)
		s.reason = arena_printf(&c->arena, "forced: %s", force);
	else if (st == ST_OK && reason != NULL)
		s.reason = str_of(reason);
	if (st != ST_OK)
		return cli_fail(c, "nurtured policy list");
	s.choice.by_hand = cli_flag(c, "by-hand");
	return make(c, &s);
}

/* A slot that some model here answers, or the one that decisions ask. */
static bool slot_is_known(struct cli *c, struct str slot)
{
	struct registry_list l;
	bool known =
		str_is(slot, MODELS_SLOT) || registry_list(c->data, &c->arena, &l, NULL) != ST_OK;
	for (size_t i = 0; !known && i < l.models_n; i++)
		known = str_eq(l.models[i].meta.slot, slot);
	return known;
}

int policy_run_rollback(struct cli *c)
{
	struct registry_step s;
	const char *reason = cli_value(c, "reason");
	if (c->args_n != 2)
		return cli_usage(c, "policy rollback wants a slot: nurtured policy rollback SLOT");
	if (policy_catch_up(c) != ST_OK)
		return cli_fail(c, NULL);
	if (!slot_is_known(c, str_of(c->args[1])))
		return cli_usage(c,
				 "no slot is called \"%.64s\": what decisions ask is " MODELS_SLOT,
				 c->args[1]);
	if (registry_plan_rollback(c->data, str_of(c->args[1]), str_of(reason ? reason : ""),
				   &c->arena, &s, &c->err) != ST_OK)
		return cli_fail(c, "nurtured policy list");
	return make(c, &s);
}

int policy_run_export(struct cli *c)
{
	if (c->args_n != 3)
		return cli_usage(c, "policy export wants a model and a new file: nurtured policy "
				    "export MODEL FILE");
	struct registry_model m;
	int rc = policy_get(c, c->args[1], &m);
	if (rc >= 0)
		return rc;
	if (c->dry_run) {
		cli_talk(c, "%.*s would be written to %s\n", SHORT, m.hash.hex, c->args[2]);
		return CLI_OK;
	}
	if (registry_export(c->data, str_of(c->args[1]), c->args[2], &c->err) != ST_OK)
		return cli_fail(c, NULL);
	if (c->json)
		fprintf(c->out, "{\"schema\":\"nurtured.model_export/1\",\"hash\":\"%s\"}\n",
			m.hash.hex);
	cli_talk(c, "written to %s\n", c->args[2]);
	return CLI_OK;
}

int policy_here(struct cli *c, const struct registry_hash *h, struct str about)
{
	struct registry_model m;
	if (c->dry_run && registry_get(c->data, str_of(h->hex), &c->arena, &m, NULL) != ST_OK) {
		if (!c->json)
			fprintf(c->out, "%.*s would be kept, as a draft" STR_FMT "\n", SHORT,
				h->hex, STR_ARG(about));
		return CLI_OK;
	}
	int rc = policy_get(c, h->hex, &m);
	if (rc >= 0)
		return rc;
	bool draft = m.state == REGISTRY_DRAFT;
	if (!c->json)
		fprintf(c->out, "%.*s is here%s%s" STR_FMT "\n", SHORT, h->hex,
			draft ? ", as a draft" : " already: it is ",
			draft ? "" : registry_state_name(m.state), STR_ARG(about));
	if (!str_is(m.meta.slot, MODELS_SLOT) && !c->json)
		fprintf(c->out, "no decision asks \"" STR_FMT "\": it stays a draft\n",
			STR_ARG(m.meta.slot));
	else if (draft)
		cli_next(c, "nurtured policy promote %.*s   # to shadow", SHORT, h->hex);
	return CLI_OK;
}

static enum status reads(const struct registry_model *m, struct err *e)
{
	return str_is(m->meta.kind, FROZEN_KIND) ? rollout_askable(m, e) : ST_OK;
}

int policy_run_import(struct cli *c)
{
	struct registry_hash h;
	if (c->args_n != 2)
		return cli_usage(c, "policy import wants a file: nurtured policy import FILE");
	const char *into = c->dry_run ? NULL : c->data;
	if (registry_import(into, c->args[1], reads, &h, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	if (c->json)
		fprintf(c->out,
			"{\"schema\":\"nurtured.model_import/1\",\"hash\":\"%s\",\"done\":%s}\n",
			h.hex, c->dry_run ? "false" : "true");
	return policy_here(c, &h, STR_NULL);
}
