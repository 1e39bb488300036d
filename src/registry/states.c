/* SPDX-License-Identifier: Apache-2.0
 * states.c: the pointer. One small file, replaced whole; a model it does not name is a draft. Every
 * move is written as "the slot's choice is now this", so that doing it twice does it once, and
 * what the log was told can be followed by the same code. */
#include "base/assert.h"
#include "base/file.h"
#include "registry/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATES_BYTES_MAX ((size_t)4 << 20)
#define STATES_LIMITS ((struct json_limits){.depth_max = 8, .tokens_max = 65536})
#define SCRATCH_BYTES ((size_t)64 << 20)
#define REASON_BYTES_MAX 480u
/* A folder may be far behind. The first of its moves puts any states right, and each behind it
 * changes three models at most: who rules, who ruled, who was tried. */
#define CHANGES_ROOM \
	(REGISTRY_CHANGES_MAX + REGISTRY_MODELS_MAX + 2 + (size_t)REGISTRY_TOLD_MAX * 4)

struct entry {
	struct registry_hash hash;
	struct str slot;
	enum registry_state state;
	unsigned percent;
	int64_t since_us;
};

/* Up to which change of a slot the folder has followed the log. */
struct followed {
	struct str slot;
	int64_t no;
};

struct states {
	struct entry *list;
	size_t n;
	struct followed *followed;
	size_t followed_n;
	struct registry_change *changes;
	size_t changes_n;
};

/* ---- read and written ---- */

static bool state_of(struct str name, enum registry_state *out)
{
	for (int s = 0; s < REGISTRY_STATES; s++)
		if (str_is(name, registry_state_name((enum registry_state)s))) {
			*out = (enum registry_state)s;
			return true;
		}
	return false;
}

static bool read_entry(const struct json *d, uint32_t node, struct arena *a, struct entry *out)
{
	int64_t percent = 0;
	out->hash = registry_hash_of(json_str(d, json_get(d, node, "hash"), a));
	out->slot = json_str(d, json_get(d, node, "slot"), a);
	bool ok = json_i64(d, json_get(d, node, "percent"), &percent) &&
		  json_i64(d, json_get(d, node, "since_us"), &out->since_us) &&
		  state_of(json_str(d, json_get(d, node, "state"), a), &out->state);
	out->percent = (unsigned)percent;
	return ok && out->hash.hex[0] && registry_is_name(out->slot) && percent >= 0 &&
	       percent <= 100;
}

static bool read_change(const struct json *d, uint32_t node, struct arena *a,
			struct registry_change *out)
{
	int64_t percent = 0;
	out->hash = registry_hash_of(json_str(d, json_get(d, node, "hash"), a));
	out->reason = json_str(d, json_get(d, node, "reason"), a);
	bool ok = json_i64(d, json_get(d, node, "at_us"), &out->at_us) &&
		  json_i64(d, json_get(d, node, "percent"), &percent) &&
		  state_of(json_str(d, json_get(d, node, "from"), a), &out->from) &&
		  state_of(json_str(d, json_get(d, node, "to"), a), &out->to);
	out->percent = (unsigned)percent;
	return ok && out->hash.hex[0] && percent >= 0 && percent <= 100;
}

static bool read_followed(const struct json *d, uint32_t node, struct arena *a,
			  struct followed *out)
{
	out->slot = json_str(d, json_get(d, node, "slot"), a);
	return registry_is_name(out->slot) && json_i64(d, json_get(d, node, "no"), &out->no);
}

static bool parse(struct str text, struct arena *a, struct states *s)
{
	struct json d;
	bool ok = json_parse(text, STATES_LIMITS, a, &d, NULL) == ST_OK;
	uint32_t models = ok ? json_get(&d, 0, "models") : JSON_NONE;
	uint32_t changes = ok ? json_get(&d, 0, "changes") : JSON_NONE;
	uint32_t followed = ok ? json_get(&d, 0, "followed") : JSON_NONE; /* none: an older file */
	if (!json_is(&d, models, JSON_ARRAY) || !json_is(&d, changes, JSON_ARRAY) ||
	    json_count(&d, models) > REGISTRY_MODELS_MAX ||
	    json_count(&d, changes) > REGISTRY_CHANGES_MAX ||
	    (followed != JSON_NONE && json_count(&d, followed) > REGISTRY_MODELS_MAX))
		return false;
	for (uint32_t i = json_first(&d, models); i != JSON_NONE; i = json_next(&d, models, i))
		if (!read_entry(&d, i, a, &s->list[s->n++]))
			return false;
	for (uint32_t i = json_first(&d, changes); i != JSON_NONE; i = json_next(&d, changes, i))
		if (!read_change(&d, i, a, &s->changes[s->changes_n++]))
			return false;
	for (uint32_t i = json_first(&d, followed); i != JSON_NONE; i = json_next(&d, followed, i))
		if (!read_followed(&d, i, a, &s->followed[s->followed_n++]))
			return false;
	return true;
}

static enum status none_yet(struct arena *a, struct states *s, struct err *e)
{
	/* Room for what moves may add. */
	s->list = ARENA_ARRAY(a, struct entry, REGISTRY_MODELS_MAX + 2);
	s->changes = ARENA_ARRAY(a, struct registry_change, CHANGES_ROOM);
	s->followed = ARENA_ARRAY(a, struct followed, REGISTRY_MODELS_MAX + 1);
	s->n = s->changes_n = s->followed_n = 0;
	return s->list != NULL && s->changes != NULL && s->followed != NULL
		       ? ST_OK
		       : err_set(e, ST_LIMIT, "no memory is left for the states of models");
}

static enum status load(const char *dir, struct arena *a, struct states *s, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	struct str text;
	enum status st = none_yet(a, s, e);
	if (st != ST_OK)
		return st;
	st = file_read(registry_path(dir, "states", ".json", path), STATES_BYTES_MAX, a, &text, e);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK && !parse(text, a, s))
		return err_set(e, ST_CORRUPT,
			       "%s is damaged: it is no list of states; \"nurtured policy list\" "
			       "makes it anew from the event log",
			       path);
	return st;
}

static void write_states(const struct states *s, struct buf *out)
{
	struct json_w w;
	size_t from = s->changes_n > REGISTRY_CHANGES_MAX ? s->changes_n - REGISTRY_CHANGES_MAX : 0;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.models/1");
	json_w_key(&w, "models");
	json_w_array(&w);
	for (size_t i = 0; i < s->n; i++) {
		json_w_object(&w);
		json_w_kz(&w, "hash", s->list[i].hash.hex);
		json_w_kstr(&w, "slot", s->list[i].slot);
		json_w_kz(&w, "state", registry_state_name(s->list[i].state));
		json_w_ki64(&w, "percent", s->list[i].percent);
		json_w_ki64(&w, "since_us", s->list[i].since_us);
		json_w_end(&w);
	}
	json_w_end(&w);
	json_w_key(&w, "changes");
	json_w_array(&w);
	for (size_t i = from; i < s->changes_n; i++) {
		json_w_object(&w);
		json_w_ki64(&w, "at_us", s->changes[i].at_us);
		json_w_kz(&w, "hash", s->changes[i].hash.hex);
		json_w_kz(&w, "from", registry_state_name(s->changes[i].from));
		json_w_kz(&w, "to", registry_state_name(s->changes[i].to));
		json_w_ki64(&w, "percent", s->changes[i].percent);
		json_w_kstr(&w, "reason", str_upto(s->changes[i].reason, REASON_BYTES_MAX));
		json_w_end(&w);
	}
	json_w_end(&w);
	json_w_key(&w, "followed");
	json_w_array(&w);
	for (size_t i = 0; i < s->followed_n; i++) {
		json_w_object(&w);
		json_w_kstr(&w, "slot", s->followed[i].slot);
		json_w_ki64(&w, "no", s->followed[i].no);
		json_w_end(&w);
	}
	json_w_end(&w);
	json_w_end(&w);
}

static enum status save(const char *dir, const struct states *s, struct err *e)
{
	char path[REGISTRY_PATH_MAX];
	struct buf b;
	buf_init(&b, STATES_BYTES_MAX);
	write_states(s, &b);
	enum status st =
		buf_ok(&b) ? file_write_atomic(registry_path(dir, "states", ".json", path),
					       buf_view(&b), 0600, e)
			   : err_set(e, ST_LIMIT, "the states of models have become too many");
	buf_finish(&b);
	return st;
}

/* ---- looked up ---- */

static struct entry *entry_of(struct states *s, const struct registry_hash *hash)
{
	for (size_t i = 0; i < s->n; i++)
		if (registry_hash_eq(&s->list[i].hash, hash))
			return &s->list[i];
	return NULL;
}

static void tell_state(struct states *s, struct registry_model *m)
{
	const struct entry *at = entry_of(s, &m->hash);
	if (at == NULL)
		return;
	m->state = at->state;
	m->percent = at->percent;
	m->since_us = at->since_us;
}

static enum status find(const char *dir, struct str prefix, struct arena *a,
			struct registry_hash *out, struct err *e)
{
	struct registry_hash *files;
	size_t n, hits = 0;
	if (prefix.n < REGISTRY_HASH_PREFIX_MIN)
		return err_set(e, ST_NOT_FOUND,
			       "no model is called \"" STR_FMT
			       "\": %d characters of its name are needed, at least",
			       STR_ARG(prefix), REGISTRY_HASH_PREFIX_MIN);
	char *small = arena_strz(a, str_upto(prefix, REGISTRY_HASH_CHARS + 1));
	enum status st = registry_files(dir, a, &files, &n, e);
	if (st != ST_OK)
		return st;
	for (char *p = small; p != NULL && *p; p++) /* as some tools write a hash */
		*p = *p >= 'A' && *p <= 'F' ? (char)(*p - 'A' + 'a') : *p;
	prefix = small != NULL ? str_of(small) : prefix;
	for (size_t i = 0; i < n; i++)
		if (str_starts(str_of(files[i].hex), prefix)) {
			*out = files[i];
			hits++;
		}
	if (hits == 1)
		return ST_OK;
	return hits ? err_set(e, ST_CONFLICT, "%zu models begin with " STR_FMT, hits,
			      STR_ARG(prefix))
		    : err_set(e, ST_NOT_FOUND, "no model is called \"" STR_FMT "\"",
			      STR_ARG(str_upto(prefix, 64)));
}

enum status registry_get(const char *dir, struct str hash, struct arena *a,
			 struct registry_model *out, struct err *e)
{
	struct states s;
	struct registry_hash full;
	enum status st = find(dir, hash, a, &full, e);
	if (st == ST_OK)
		st = registry_read(dir, &full, a, out, e);
	if (st == ST_OK)
		st = load(dir, a, &s, e);
	if (st == ST_OK)
		tell_state(&s, out);
	return st;
}

static int by_age(const void *a, const void *b)
{
	const struct registry_model *x = a, *y = b;
	if (x->meta.created_us != y->meta.created_us)
		return x->meta.created_us < y->meta.created_us ? -1 : 1;
	return strcmp(x->hash.hex, y->hash.hex);
}

/* Without its bytes, which would fill the arena. */
static enum status list_one(const char *dir, const struct registry_hash *hash, struct arena *a,
			    struct registry_model *out, struct err *e)
{
	struct arena scratch;
	struct registry_model m;
	arena_init(&scratch, SCRATCH_BYTES);
	enum status st = registry_read(dir, hash, &scratch, &m, e);
	if (st == ST_OK) {
		m.bytes = STR_NULL;
		m.meta.slot = arena_str(a, m.meta.slot);
		m.meta.kind = arena_str(a, m.meta.kind);
		m.meta.version = arena_str(a, m.meta.version);
		m.meta.metrics = arena_str(a, m.meta.metrics);
		m.meta.evaluation = arena_str(a, m.meta.evaluation);
		*out = m;
		if (m.meta.evaluation.p == NULL)
			st = err_set(e, ST_LIMIT, "no memory is left for a list of models");
	}
	arena_finish(&scratch);
	return st;
}

enum status registry_list(const char *dir, struct arena *a, struct registry_list *out,
			  struct err *e)
{
	struct states s;
	struct registry_hash *files;
	size_t n;
	struct registry_list l = {0};
	enum status st = load(dir, a, &s, e);
	if (st == ST_OK)
		st = registry_files(dir, a, &files, &n, e);
	if (st != ST_OK)
		return st;
	l.models = ARENA_ARRAY(a, struct registry_model, n + 1);
	l.damaged = ARENA_ARRAY(a, struct str, n + 1);
	if (l.models == NULL || l.damaged == NULL)
		return err_set(e, ST_LIMIT, "no memory is left for a list of models");
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct err why = {.status = ST_OK};
		st = list_one(dir, &files[i], a, &l.models[l.models_n], &why);
		if (st == ST_OK) {
			tell_state(&s, &l.models[l.models_n++]);
		} else if (st == ST_CORRUPT) { /* the others are as good as before */
			l.damaged[l.damaged_n++] = arena_str(a, str_of(why.text));
			st = ST_OK;
		} else if (e != NULL) {
			*e = why;
		}
	}
	if (st != ST_OK)
		return st;
	if (l.models_n)
		qsort(l.models, l.models_n, sizeof *l.models, by_age);
	l.changes = s.changes;
	l.changes_n = s.changes_n;
	*out = l;
	return ST_OK;
}

/* ---- steps ---- */

static struct registry_choice choice_of(const struct states *s, struct str slot)
{
	struct registry_choice c = {.slot = slot};
	for (size_t i = 0; i < s->n; i++) {
		const struct entry *at = &s->list[i];
		if (!str_eq(at->slot, slot))
			continue;
		if (at->state == REGISTRY_CHAMPION)
			c.champion = at->hash;
		if (at->state == REGISTRY_SHADOW || at->state == REGISTRY_CANARY) {
			c.candidate = at->hash;
			c.percent = at->percent;
		}
	}
	return c;
}

/* One up: 0 (shadow), 5, 25, 50, then all. */
static void next_stage(enum registry_state from, unsigned percent, struct registry_step *out)
{
	static const unsigned shares[] = {0, 5, 25, 50};
	out->from = from;
	if (from == REGISTRY_DRAFT || from == REGISTRY_RETIRED) {
		out->to = REGISTRY_SHADOW;
		return;
	}
	for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
		if (shares[i] > percent) {
			out->to = REGISTRY_CANARY;
			out->percent = shares[i];
			return;
		}
	out->to = REGISTRY_CHAMPION;
	out->percent = 100;
}

enum status registry_plan_promote(const char *dir, struct str hash, struct str why_not,
				  struct arena *a, struct registry_step *out, struct err *e)
{
	struct states s;
	struct registry_model m;
	struct registry_step step = {.reason = STR("promoted")};
	enum status st = registry_get(dir, hash, a, &m, e);
	if (st == ST_OK)
		st = load(dir, a, &s, e);
	if (st != ST_OK)
		return st;
	step.hash = m.hash;
	step.choice = choice_of(&s, m.meta.slot);
	if (m.state == REGISTRY_CHAMPION)
		return err_set(e, ST_CONFLICT, "%.12s is the champion already", m.hash.hex);
	if (step.choice.candidate.hex[0] && !registry_hash_eq(&step.choice.candidate, &m.hash))
		return err_set(e, ST_CONFLICT,
			       "%.12s is being tried for " STR_FMT ": roll it back first",
			       step.choice.candidate.hex, STR_ARG(m.meta.slot));
	next_stage(m.state, m.percent, &step);
	if (step.to != REGISTRY_SHADOW && why_not.n)
		return err_set(e, ST_DENIED, STR_FMT, STR_ARG(why_not));
	if (step.to == REGISTRY_CHAMPION)
		step.choice = (struct registry_choice){.slot = m.meta.slot, .champion = m.hash};
	else
		step.choice.candidate = m.hash, step.choice.percent = step.percent;
	*out = step;
	return ST_OK;
}

static bool of_slot(const struct states *s, const struct registry_change *c, struct str slot)
{
	const struct entry *at = entry_of((struct states *)(uintptr_t)s, &c->hash);
	return at != NULL && str_eq(at->slot, slot);
}

/* Did somebody take the seat that was left at `i`? What one move changed stands together: at one
 * time, each model once. */
static bool succeeded(const struct states *s, size_t i, struct str slot)
{
	for (size_t k = i + 1; k < s->changes_n; k++) {
		const struct registry_change *c = &s->changes[k];
		for (size_t seen = i; seen < k; seen++)
			if (registry_hash_eq(&s->changes[seen].hash, &c->hash))
				return false;
		if (c->at_us != s->changes[i].at_us || !of_slot(s, c, slot))
			return false;
		if (c->to == REGISTRY_CHAMPION)
			return true;
	}
	return false;
}

struct reign {
	const struct registry_hash **stack; /* who rules is on top */
	size_t n;
};

static void crown(struct reign *r, const struct registry_change *c)
{
	size_t below = r->n;
	while (below > 0 && !registry_hash_eq(r->stack[below - 1], &c->hash))
		below--;
	if (c->from == REGISTRY_RETIRED && below > 0)
		r->n = below; /* gone back to */
	else
		r->stack[r->n++] = &c->hash;
}

/* Who ruled before: champions are a stack, on which a rollback goes back down. One that left with
 * nobody behind it was the lowest: the next begins a stack of its own. */
static struct registry_hash champion_before(const struct states *s, struct str slot,
					    struct arena *a)
{
	struct registry_hash none = {""};
	struct reign r = {.stack = ARENA_ARRAY(a, const struct registry_hash *, s->changes_n + 1)};
	for (size_t i = 0; i < s->changes_n && r.stack != NULL; i++) {
		const struct registry_change *c = &s->changes[i];
		if (!of_slot(s, c, slot))
			continue;
		if (c->to == REGISTRY_CHAMPION)
			crown(&r, c);
		else if (c->from == REGISTRY_CHAMPION && r.n > 0 &&
			 registry_hash_eq(r.stack[r.n - 1], &c->hash) && !succeeded(s, i, slot))
			r.n = 0;
	}
	return r.n >= 2 ? *r.stack[r.n - 2] : none;
}

enum status registry_plan_rollback(const char *dir, struct str slot, struct str reason,
				   struct arena *a, struct registry_step *out, struct err *e)
{
	struct states s;
	struct registry_step step = {.reason = reason.n ? reason : STR("rolled back")};
	enum status st = load(dir, a, &s, e);
	if (st != ST_OK)
		return st;
	step.choice = choice_of(&s, slot);
	if (step.choice.candidate.hex[0]) {
		step.hash = step.choice.candidate;
		step.from = step.choice.percent ? REGISTRY_CANARY : REGISTRY_SHADOW;
		step.to = REGISTRY_DRAFT;
		step.choice.candidate.hex[0] = '\0';
		step.choice.percent = 0;
	} else if (step.choice.champion.hex[0]) {
		step.hash = step.choice.champion;
		step.from = REGISTRY_CHAMPION;
		step.to = REGISTRY_RETIRED;
		step.choice.champion = champion_before(&s, slot, a);
	} else {
		return err_set(e, ST_NOT_FOUND,
			       "nothing is tried for \"" STR_FMT "\", and nothing rules it but "
			       "the program's own rules",
			       STR_ARG(str_upto(slot, REGISTRY_SLOT_MAX)));
	}
	*out = step;
	return ST_OK;
}

/* ---- moved ---- */

/* The state of a model under a choice, when it was `was`. */
static enum registry_state state_under(const struct registry_choice *c, const struct entry *at)
{
	if (registry_hash_eq(&at->hash, &c->champion))
		return REGISTRY_CHAMPION;
	if (registry_hash_eq(&at->hash, &c->candidate))
		return c->percent ? REGISTRY_CANARY : REGISTRY_SHADOW;
	if (at->state == REGISTRY_CHAMPION)
		return REGISTRY_RETIRED;
	return at->state == REGISTRY_RETIRED ? REGISTRY_RETIRED : REGISTRY_DRAFT;
}

static unsigned percent_under(const struct registry_choice *c, enum registry_state s)
{
	return s == REGISTRY_CHAMPION ? 100 : s == REGISTRY_CANARY ? c->percent : 0;
}

static void know(struct states *s, const struct registry_hash *hash, struct str slot)
{
	if (hash->hex[0] && entry_of(s, hash) == NULL && s->n < REGISTRY_MODELS_MAX)
		s->list[s->n++] = (struct entry){.hash = *hash, .slot = slot};
}

static bool move(struct states *s, const struct registry_choice *c, struct str reason,
		 int64_t now_us)
{
	bool moved = false;
	ASSERT(s->list != NULL);
	know(s, &c->champion, c->slot);
	know(s, &c->candidate, c->slot);
	for (size_t i = 0; i < s->n; i++) {
		struct entry *at = &s->list[i];
		enum registry_state to = state_under(c, at);
		unsigned percent = percent_under(c, to);
		if (!str_eq(at->slot, c->slot) || (to == at->state && percent == at->percent))
			continue;
		ASSERT(s->changes_n < CHANGES_ROOM);
		s->changes[s->changes_n++] =
			(struct registry_change){now_us, at->hash, at->state, to, percent, reason};
		at->state = to;
		at->percent = percent;
		at->since_us = now_us;
		moved = true;
	}
	return moved;
}

/* ---- the log is followed ---- */

static struct followed *followed_of(struct states *s, struct str slot)
{
	for (size_t i = 0; i < s->followed_n; i++)
		if (str_eq(s->followed[i].slot, slot))
			return &s->followed[i];
	return NULL;
}

static bool stands_so(const struct states *s, const struct registry_choice *c)
{
	const struct registry_choice is = choice_of(s, c->slot);
	return registry_hash_eq(&is.champion, &c->champion) &&
	       registry_hash_eq(&is.candidate, &c->candidate) && is.percent == c->percent;
}

static bool knows_slot(const struct states *s, struct str slot)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->list[i].slot, slot))
			return true;
	return false;
}

/* The first change the folder has not made. */
static size_t first_new(struct states *s, const struct registry_told *told, size_t n)
{
	const struct followed *f = followed_of(s, told->choice.slot);
	size_t i = n;
	if (f != NULL && f->no <= (int64_t)told[n - 1].no) {
		for (i = 0; i < n && (int64_t)told[i].no <= f->no;)
			i++;
		return i;
	}
	if (f == NULL && !knows_slot(s, told->choice.slot))
		return 0;
	/* A file from before changes were counted, or from another log. */
	while (i > 0 && !stands_so(s, &told[i - 1].choice))
		i--;
	return i > 0 ? i : n - 1;
}

static bool count_followed(struct states *s, const struct registry_told *last)
{
	struct followed *f = followed_of(s, last->choice.slot);
	if (last->no == 0 || (f != NULL && f->no == (int64_t)last->no))
		return false;
	if (f == NULL && s->followed_n == REGISTRY_MODELS_MAX)
		return false; /* it is told by how it stands, then */
	if (f == NULL)
		f = &s->followed[s->followed_n++];
	*f = (struct followed){last->choice.slot, (int64_t)last->no};
	return true;
}

static bool follow(struct states *s, const struct registry_told *told, size_t n, bool *moved_r)
{
	const struct registry_told *last = &told[n - 1];
	bool moved = false;
	for (size_t i = first_new(s, told, n); i < n; i++)
		moved = move(s, &told[i].choice, told[i].reason, told[i].at_us) || moved;
	moved = move(s, &last->choice, last->reason, last->at_us) || moved; /* whatever it was */
	*moved_r = moved;
	return count_followed(s, last) || moved;
}

/* A pointer nobody can read is put aside: who follows the log needs none. */
static enum status load_or_begin(const char *dir, struct arena *a, struct states *s, struct err *e)
{
	char path[REGISTRY_PATH_MAX], aside[REGISTRY_PATH_MAX];
	enum status st = load(dir, a, s, e);
	if (st != ST_CORRUPT)
		return st;
	registry_path(dir, "states", ".json", path);
	if (rename(path, registry_path(dir, "states", ".json.damaged", aside)) != 0)
		return st;
	return none_yet(a, s, e);
}

enum status registry_apply(const char *dir, const struct registry_step *step, int64_t now_us,
			   struct err *e)
{
	struct states s;
	struct arena a;
	int fd;
	enum status st = registry_lock(dir, &fd, e);
	if (st != ST_OK)
		return st;
	arena_init(&a, SCRATCH_BYTES);
	st = load(dir, &a, &s, e);
	if (st == ST_OK && move(&s, &step->choice, step->reason, now_us))
		st = save(dir, &s, e);
	arena_finish(&a);
	close(fd);
	return st;
}

enum status registry_follow(const char *dir, const struct registry_told *told, size_t n,
			    bool *moved_r, struct err *e)
{
	struct states s;
	struct arena a;
	bool moved = false;
	int fd;
	ASSERT(n > 0 && n <= REGISTRY_TOLD_MAX);
	enum status st = registry_open(dir, &fd, e);
	if (st != ST_OK)
		return st;
	arena_init(&a, SCRATCH_BYTES);
	st = load_or_begin(dir, &a, &s, e);
	if (st == ST_OK && follow(&s, told, n, &moved))
		st = save(dir, &s, e);
	if (st == ST_OK)
		*moved_r = moved;
	arena_finish(&a);
	close(fd);
	return st;
}
