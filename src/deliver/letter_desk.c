/* SPDX-License-Identifier: Apache-2.0
 * letter_desk.c: programs, content and zones are read once and kept: a message costs the rows of
 * its lead. What is kept never changes: a version is for ever, content goes by its hash. */
#include "deliver/internal.h"

#include "base/assert.h"
#include "engine/engine.h"
#include "engine/system.h"

#include <stdio.h>

#define VERSION_ARENA ((size_t)16 << 20)
#define TEXTS_MAX 2048
#define TEXT_ARENA ((size_t)64 << 20)
#define TEXT_ROOM ((size_t)16 << 20) /* for the texts of one letter, not compiled */
#define TEXTS_LETTER 256             /* that one letter may ask for: two contents, their parts */
#define ZONES_MAX 1024
#define ZONE_ARENA ((size_t)16 << 20)

struct letter_desk *letter_desk_create(const struct letters *l, struct store *store)
{
	struct letter_desk *d = mem_alloc(sizeof *d);
	d->letters = l;
	d->store = store;
	strmap_init(&d->texts, TEXTS_MAX);
	strmap_init(&d->zones, ZONES_MAX);
	arena_init(&d->text_arena, TEXT_ARENA);
	arena_init(&d->zone_arena, ZONE_ARENA);
	return d;
}

static void version_drop(struct desk_version *v)
{
	if (v->number == 0)
		return;
	program_destroy(&v->program);
	arena_finish(&v->arena);
	*v = (struct desk_version){.number = 0};
}

void letter_desk_destroy(struct letter_desk **dp)
{
	struct letter_desk *d = *dp;
	if (d == NULL)
		return;
	for (size_t i = 0; i < DESK_VERSIONS_MAX; i++)
		version_drop(&d->versions[i]);
	strmap_finish(&d->texts);
	strmap_finish(&d->zones);
	arena_finish(&d->text_arena);
	arena_finish(&d->zone_arena);
	mem_free(d);
	*dp = NULL;
}

/* ---- programs ---- */

static enum status load_version(struct letter_desk *d, struct desk_version *v, struct err *e)
{
	struct str row;
	struct json doc;
	enum status st = store_get(d->store, TABLE_PROGRAM, KEY_NUM(v->number), &v->arena, &row, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, ST_CORRUPT, "program version %llu is missing in the state",
			       (unsigned long long)v->number);
	if (st == ST_OK)
		st = system_program_compile(row, &v->program, e);
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, &v->arena, &doc, e);
	uint32_t node = st == ST_OK ? json_get(&doc, 0, "content") : JSON_NONE;
	return st == ST_OK && node != JSON_NONE
		       ? content_index_decode(&doc, node, &v->arena, &v->content, e)
		       : st;
}

enum status desk_version(struct letter_desk *d, uint64_t number, const struct desk_version **out,
			 struct err *e)
{
	struct desk_version *v = &d->versions[0];
	for (size_t i = 0; i < DESK_VERSIONS_MAX; i++) {
		struct desk_version *x = &d->versions[i];
		if (x->number == number) {
			x->used = ++d->uses;
			*out = x;
			return ST_OK;
		}
		if (x->used < v->used)
			v = x; /* a free place, or the one that was not needed for longest */
	}
	version_drop(v);
	v->number = number;
	v->used = ++d->uses;
	arena_init(&v->arena, VERSION_ARENA);
	enum status st = load_version(d, v, e);
	if (st != ST_OK)
		version_drop(v);
	else
		*out = v;
	return st;
}

enum status letter_program_of(struct letter_desk *d, uint64_t version, const struct program **out,
			      struct err *e)
{
	const struct desk_version *v;
	if (version == 0)
		return err_set(e, ST_NOT_FOUND, "no program has been applied yet");
	enum status st = desk_version(d, version, &v, e);
	if (st == ST_OK)
		*out = v->program;
	return st;
}

enum status letter_program(struct letter_desk *d, const struct program **out, struct err *e)
{
	struct engine_meta meta;
	enum status st = engine_meta_read(d->store, &meta, e);
	return st == ST_OK ? letter_program_of(d, meta.program_version, out, e) : st;
}

/* ---- content ---- */

_Static_assert(TEXTS_LETTER > 2 * (1 + COMPOSE_PARTS_MAX) &&
		       TEXT_ROOM > 2 * (CONTENT_BYTES_MAX + COMPOSE_PARTS_MAX * COMPOSE_PART_MAX),
	       "a letter, and the one whose thread it continues");

static void forget_texts(struct letter_desk *d)
{
	strmap_clear(&d->texts);
	arena_reset(&d->text_arena);
}

void desk_room(struct letter_desk *d)
{
	if (d->texts.count >= TEXTS_MAX - TEXTS_LETTER || d->text_arena.bytes_used > TEXT_ARENA / 2)
		forget_texts(d);
}

static enum status fetch(struct letter_desk *d, struct str hash, struct desk_text *out,
			 struct err *e)
{
	return store_get(d->store, TABLE_CONTENT, KEY_BYTES(hash), &d->text_arena, &out->text, e);
}

/* Compiled, there must still be room for the texts of this letter; else it is compiled for the
 * letter alone, which also says what is wrong with it. */
static bool fits(struct letter_desk *d, struct arena_mark before, enum status st)
{
	bool ok = st == ST_OK && d->text_arena.bytes_used <= TEXT_ARENA - TEXT_ROOM;
	if (!ok)
		arena_rewind(&d->text_arena, before);
	return ok;
}

static enum status read_text(struct letter_desk *d, struct str name, struct str hash,
			     struct desk_text *out, struct err *e)
{
	enum status st = fetch(d, hash, out, e);
	if (st != ST_OK)
		return st;
	const struct compose_in in = {.content_name = name, .content = out->text};
	struct arena_mark mark = arena_mark(&d->text_arena);
	if (!fits(d, mark, compose_keep(&in, &d->text_arena, &out->kept, NULL)))
		out->kept = NULL;
	return ST_OK;
}

static enum status read_part(struct letter_desk *d, const struct content_part *part,
			     struct desk_text *out, struct err *e)
{
	enum status st = fetch(d, part->hash, out, e);
	if (st != ST_OK)
		return st;
	struct arena_mark mark = arena_mark(&d->text_arena);
	if (!fits(d, mark,
		  compose_part_keep(part->kind, part->name, out->text, &d->text_arena,
				    &out->compiled, NULL)))
		out->compiled = NULL;
	return ST_OK;
}

static struct desk_text *known_text(struct letter_desk *d, struct str key)
{
	uint64_t at = 0;
	(void)strmap_get(&d->texts, key, &at);
	return (struct desk_text *)(uintptr_t)at;
}

static void remember(struct letter_desk *d, struct str key, const struct desk_text *text)
{
	bool put = strmap_put(&d->texts, key, (uint64_t)(uintptr_t)text);
	ASSERT(put); /* desk_room has seen to it */
}

enum status desk_content(struct letter_desk *d, struct str name, struct str hash,
			 const struct desk_text **out, struct err *e)
{
	struct desk_text *text = known_text(d, hash);
	enum status st = ST_OK;
	if (text == NULL) {
		text = ARENA_NEW(&d->text_arena, struct desk_text);
		ASSERT(text != NULL);
		st = read_text(d, name, hash, text, e);
		if (st == ST_OK)
			remember(d, hash, text);
	}
	if (st == ST_OK)
		*out = text;
	return st;
}

enum status desk_part(struct letter_desk *d, const struct content_part *part,
		      struct compose_part *out, struct err *e)
{
	enum status st = ST_OK;
	char name[2 * CONTENT_NAME_MAX + 16];
	(void)snprintf(name, sizeof name, "%s/" STR_FMT " " STR_FMT,
		       content_part_folder(part->kind), STR_ARG(part->name), STR_ARG(part->hash));
	struct str key = str_of(name);
	struct desk_text *text = known_text(d, key);
	if (text == NULL) {
		text = ARENA_NEW(&d->text_arena, struct desk_text);
		ASSERT(text != NULL);
		st = read_part(d, part, text, e);
		if (st == ST_OK)
			remember(d, key, text);
	}
	if (st == ST_OK)
		*out = (struct compose_part){text->text, text->compiled};
	return st;
}

/* ---- zones ---- */

const struct tz *desk_zone(struct letter_desk *d, struct str name)
{
	uint64_t at;
	const struct tz *tz = NULL;
	if (name.n == 0)
		return NULL;
	if (strmap_get(&d->zones, name, &at))
		return (const struct tz *)(uintptr_t)at;
	if (tz_load(name, &d->zone_arena, &tz, NULL) != ST_OK)
		tz = NULL;
	if (!strmap_put(&d->zones, name, (uint64_t)(uintptr_t)tz))
		return NULL; /* more names than there are zones: somebody makes them up */
	return tz;
}
