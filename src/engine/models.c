/* SPDX-License-Identifier: Apache-2.0
 * models.c: the two events that carry models into the fold. A model comes before it is named, so
 * that whoever decides finds what the choice names. */
#include "engine/models.h"

#include "base/crypto.h"
#include "engine/rollout.h"
#include "engine/system.h"

#include <stdio.h>

#define SLOT_PREFIX "slot/"
#define REASON_BYTES_MAX 480u

static struct str slot_key(struct str slot, char out[REGISTRY_SLOT_MAX + sizeof SLOT_PREFIX])
{
	int n = snprintf(out, REGISTRY_SLOT_MAX + sizeof SLOT_PREFIX, SLOT_PREFIX STR_FMT,
			 STR_ARG(str_slice(slot, 0, REGISTRY_SLOT_MAX)));
	return str_n(out, (size_t)n);
}

bool models_slot_of(struct str key, struct str *slot)
{
	if (!str_starts(key, STR(SLOT_PREFIX)))
		return false;
	*slot = str_slice(key, sizeof SLOT_PREFIX - 1, key.n);
	return true;
}

enum status models_choice(struct store *s, struct str slot, struct arena *a,
			  struct registry_choice *out, struct err *e)
{
	struct str row;
	struct json d;
	char key[REGISTRY_SLOT_MAX + sizeof SLOT_PREFIX];
	enum status st = store_get(s, TABLE_MODEL, KEY_BYTES(slot_key(slot, key)), a, &row, e);
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, a, &d, e);
	return st == ST_OK ? registry_choice_read(&d, 0, a, out, e) : st;
}

enum status models_get(struct store *s, const struct registry_hash *hash, struct arena *a,
		       struct registry_model *out, struct err *e)
{
	struct str row;
	enum status st = store_get(s, TABLE_MODEL, KEY_BYTES(str_of(hash->hex)), a, &row, e);
	return st == ST_OK ? registry_decode(row, a, out, e) : st;
}

/* ---- events ---- */

enum status models_put_body(struct str file, struct arena *a, struct str *out, struct err *e)
{
	struct buf text, body;
	struct json_w w;
	if (file.n > MODELS_FILE_BYTES_MAX)
		return err_set(e, ST_LIMIT,
			       "a model of %zu bytes does not fit into an event; %zu do", file.n,
			       MODELS_FILE_BYTES_MAX);
	buf_init_arena(&text, a, 2 * MODELS_FILE_BYTES_MAX);
	buf_init_arena(&body, a, 2 * MODELS_FILE_BYTES_MAX);
	base64_encode(file, &text);
	json_w_init(&w, &body);
	json_w_object(&w);
	json_w_kstr(&w, "file", buf_view(&text));
	json_w_end(&w);
	if (!buf_ok(&text) || !buf_ok(&body))
		return err_set(e, ST_LIMIT, "no memory is left for the event of a model");
	*out = buf_view(&body);
	return ST_OK;
}

struct str models_stage_body(const struct registry_choice *c, struct str reason, struct arena *a)
{
	struct buf body;
	struct json_w w;
	buf_init_arena(&body, a, 4096);
	json_w_init(&w, &body);
	json_w_object(&w);
	registry_choice_put(c, &w);
	if (reason.n)
		json_w_kstr(&w, "reason", str_upto(reason, REASON_BYTES_MAX));
	json_w_end(&w);
	return buf_view(&body);
}

enum status models_choose(struct store *s, const struct registry_choice *c, struct arena *a,
			  struct err *e)
{
	char key[REGISTRY_SLOT_MAX + sizeof SLOT_PREFIX];
	return store_put(s, TABLE_MODEL, KEY_BYTES(slot_key(c->slot, key)),
			 models_stage_body(c, STR_NULL, a), e);
}

static enum status put(struct pass *p, const struct json *d, struct err *e)
{
	struct buf file;
	struct registry_model m;
	buf_init_arena(&file, p->arena, MODELS_FILE_BYTES_MAX);
	if (!base64_decode(json_str(d, json_get(d, 0, "file"), p->arena), &file) || !buf_ok(&file))
		return err_set(e, ST_INVALID, "model.put: properties.file must be base64");
	enum status st = registry_decode(buf_view(&file), p->arena, &m, e);
	if (st != ST_OK)
		return err_wrap(e, "model.put");
	return store_put(p->batch->store, TABLE_MODEL, KEY_BYTES(str_of(m.hash.hex)),
			 buf_view(&file), e);
}

/* Brought before, and in the slot that decisions ask of a kind they can ask. */
static enum status known(struct pass *p, struct str slot, const struct registry_hash *hash,
			 struct err *e)
{
	struct registry_model m;
	if (!hash->hex[0])
		return ST_OK;
	enum status st = models_get(p->batch->store, hash, p->arena, &m, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, st, "model.stage: no model.put brought %.12s", hash->hex);
	if (st == ST_OK && str_is(slot, MODELS_SLOT) && rollout_askable(&m, e) != ST_OK)
		st = err_set(e, ST_INVALID, "model.stage: %s",
			     arena_strz(p->arena, str_of(e->text)));
	return st;
}

static enum status stage(struct pass *p, const struct json *d, struct err *e)
{
	struct registry_choice c;
	enum status st = registry_choice_read(d, 0, p->arena, &c, e);
	if (st != ST_OK)
		return err_wrap(e, "model.stage");
	st = known(p, c.slot, &c.champion, e);
	if (st == ST_OK)
		st = known(p, c.slot, &c.candidate, e);
	if (st != ST_OK || !str_is(c.slot, MODELS_SLOT))
		return st == ST_OK ? models_choose(p->batch->store, &c, p->arena, e) : st;
	struct str reason = json_str(d, json_get(d, 0, "reason"), p->arena);
	return rollout_choose(p, &c, reason.n ? reason : STR("as an operator said"), e);
}

enum status models_event(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	if (st != ST_OK)
		return st;
	return str_is(p->event.type, "model.put") ? put(p, &d, e) : stage(p, &d, e);
}
