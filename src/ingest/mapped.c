/* SPDX-License-Identifier: Apache-2.0
 * mapped.c: JSON as a sender already has it, one object or a list of them, read by a mapping of the
 * settings: the language of `import --map`, with the path of a member where a file has a column.
 * For whoever speaks neither Segment's words nor signs webhooks, and would else need a translator
 * between. What is not named by the mapping is not taken. */
#include "ingest/fact.h"
#include "ingest/row.h"

static bool has_target(const struct mapping *m, enum map_target target)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->entries[i].target == target)
			return true;
	return false;
}

enum status ingest_map_make(const struct ingest_map_text *text, struct arena *a,
			    struct ingest_map *out, struct err *e)
{
	struct arena scratch; /* room for as many entries as there may be */
	struct ingest_map m = {.name = text->name, .type = text->type, .purpose = text->purpose};
	arena_init(&scratch, MAPPING_ENTRIES_MAX * sizeof(struct map_entry) + 4096);
	enum status st = mapping_parse(text->map, &scratch, &m.mapping, e);
	if (st == ST_OK && m.mapping.rest)
		st = err_set(e, ST_INVALID,
			     "mapping: * is for files; name each member that is to be taken");
	if (st == ST_OK)
		st = mapping_check(&m.mapping, false, e);
	if (st == ST_OK && m.type.n == 0 && !has_target(&m.mapping, MAP_TYPE))
		st = err_set(e, ST_INVALID,
			     "mapping: nothing says what an event is; map a member to type, or "
			     "give the type of all");
	struct map_entry *entries = ARENA_ARRAY(a, struct map_entry, m.mapping.n + 1);
	if (st == ST_OK && entries == NULL)
		st = err_set(e, ST_LIMIT, "no room for the mapping");
	for (size_t i = 0; st == ST_OK && i < m.mapping.n; i++)
		entries[i] = m.mapping.entries[i];
	m.mapping.entries = entries;
	arena_finish(&scratch);
	if (st == ST_OK)
		*out = m;
	return st;
}

struct walk {
	const struct ingest_request *r;
	struct row_rules rules;
	struct json d;
	struct arena *a;
	struct ingest_result *out;
};

/* One item: an event, or a refusal with the reason the row gave. False: the arena is full. */
static bool take(struct walk *w, uint32_t node, size_t index, size_t left)
{
	struct import_error why = {.column = STR_NULL};
	struct str raw = json_raw(&w->d, node);
	const struct row row = {.d = &w->d, .root = node, .index = index};
	enum fault f = !json_is(&w->d, node, JSON_OBJECT) ? FAULT_NOT_OBJECT
		       : raw.n > INGEST_CALL_BYTES_MAX    ? FAULT_TOO_LARGE
							  : FAULT_NONE;
	if (f == FAULT_NONE) {
		struct event *ev = &w->out->events[w->out->events_n];
		enum status st = row_to_event(&w->rules, &row, w->a, ev, &why);
		w->out->events_n += st == ST_OK;
		if (st != ST_INVALID)
			return st == ST_OK;
		f = FAULT_NOT_AS_MAPPED;
	}
	if (!fact_refuse(w->out, w->a, index, left, f, raw))
		return false;
	struct ingest_refusal *last = &w->out->refused[w->out->refused_n - 1];
	if (f == FAULT_NOT_AS_MAPPED) {
		last->param = why.column;
		/* A dead letter is this text and no more. */
		last->message = why.column.n
					? arena_printf(w->a, STR_FMT ": " STR_FMT,
						       STR_ARG(why.column), STR_ARG(why.reason))
					: why.reason;
	}
	return true;
}

enum status mapped_decode(const struct ingest_request *r, struct arena *a,
			  struct ingest_result *out, struct err *e)
{
	struct walk w = {.r = r, .a = a, .out = out};
	if (r->map == NULL)
		return err_set(e, ST_NOT_FOUND,
			       "settings.json has no map \"" STR_FMT "\"; add it to maps",
			       STR_ARG(str_slice(r->name, 0, 64)));
	w.rules = (struct row_rules){.kind = IMPORT_EVENTS,
				     .live = true,
				     .mapping = &r->map->mapping,
				     .type = r->map->type,
				     .source = r->source,
				     .consent_purpose = r->map->purpose,
				     .received_us = r->received_us};
	enum status st = json_parse(r->body, ROW_JSON_LIMITS, a, &w.d, e);
	if (st != ST_OK)
		return st;
	bool list = json_is(&w.d, 0, JSON_ARRAY);
	size_t n = list ? json_count(&w.d, 0) : 1;
	uint32_t node = list ? json_first(&w.d, 0) : 0;
	if (n > INGEST_BATCH_ITEMS_MAX)
		return err_set(e, ST_LIMIT, "a list of %zu items; %d are allowed", n,
			       INGEST_BATCH_ITEMS_MAX);
	out->events = ARENA_ARRAY(a, struct event, n + 1);
	bool room = out->events != NULL;
	for (size_t i = 0; i < n && room; i++) {
		room = take(&w, node, i, n - i);
		node = list ? json_next(&w.d, 0, node) : JSON_NONE;
	}
	return room ? ST_OK : err_set(e, ST_LIMIT, "no room for %zu items; send fewer", n);
}
