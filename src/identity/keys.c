/* SPDX-License-Identifier: Apache-2.0
 * keys.c: from an event's identifiers to store keys: normalised, strongest first, no two alike. */
#include "identity/identity.h"

#include "base/assert.h"

static const struct str junk[] = {
#define JUNK(text) {text, sizeof(text) - 1},
#include "identity/junk.def"
#undef JUNK
};

/* Who is believed first when keys disagree: the sender's own id, then what people type. */
static int rank(const struct identity_key *k)
{
	static const int ranks[ID_KIND_COUNT] = {
		[ID_USER_ID] = 0, [ID_KEY] = 1,          [ID_EMAIL] = 2,
		[ID_PHONE] = 3,   [ID_ANONYMOUS_ID] = 4,
	};
	return ranks[k->kind] + (k->solid ? 0 : 10) + (k->previous ? 20 : 0);
}

static const struct program_key *declared(const struct program *p, struct str name)
{
	for (size_t i = 0; i < p->keys_n; i++)
		if (str_eq(p->keys[i].name, name))
			return &p->keys[i];
	return NULL;
}

static enum status opaque(const struct event_id *id, struct arena *a, struct str *out,
			  struct err *e)
{
	const char *kind = id_kind_name(id->kind);
	struct str v = str_trim(id->value);
	if (v.n == 0 || v.n > EVENT_ID_VALUE_MAX)
		return err_set(e, ST_INVALID, "%s is empty or longer than %d bytes", kind,
			       EVENT_ID_VALUE_MAX);
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < 0x20)
			return err_set(e, ST_INVALID, "%s holds a control character", kind);
	for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++)
		if (v.n == junk[i].n && str_eq_nocase(v, junk[i]))
			return err_set(e, ST_INVALID,
				       "%s is a placeholder (\"%s\"), not an identifier", kind,
				       junk[i].p);
	*out = arena_str(a, v);
	return out->p ? ST_OK : err_set(e, ST_LIMIT, "no memory left for an identifier");
}

static enum status key_bytes(struct identity_key *k, struct arena *a, struct err *e)
{
	bool named = k->kind == ID_KEY;
	size_t n = 1 + (named ? k->name.n + 1 : 0) + k->value.n;
	char *p = arena_alloc(a, n);
	if (p == NULL)
		return err_set(e, ST_LIMIT, "no memory left for an identifier");
	k->bytes = str_n(p, n);
	*p++ = id_kind_byte(k->kind);
	if (named) {
		memcpy(p, k->name.p, k->name.n);
		p += k->name.n + 1; /* the arena's zero parts name and value */
	}
	memcpy(p, k->value.p, k->value.n);
	return ST_OK;
}

static enum status name_of(const struct program *program, const struct event_id *id,
			   struct arena *a, struct identity_key *k, struct err *e)
{
	const struct program_key *d = program ? declared(program, id->name) : NULL;
	if (id->name.n == 0 || memchr(id->name.p, '\0', id->name.n) != NULL)
		return err_set(e, ST_INVALID, "a declared key needs a name");
	if (program != NULL && d == NULL)
		return err_set(e, ST_INVALID,
			       "key \"" STR_FMT "\" is not declared in the program (keys:)",
			       STR_ARG(str_slice(id->name, 0, 60)));
	k->solid = d == NULL || d->solid;
	k->name = arena_str(a, id->name);
	return k->name.p ? ST_OK : err_set(e, ST_LIMIT, "no memory left for an identifier");
}

enum status identity_normalise(const struct program *program, const struct event_id *id,
			       struct arena *a, struct identity_key *out, struct err *e)
{
	struct identity_key k = {.kind = id->kind};
	enum status st = ST_OK;
	ASSERT(id->kind < ID_KIND_COUNT);
	k.solid = id_kind_strength(id->kind) == ID_STRENGTH_SOLID;
	if (id->kind == ID_KEY)
		st = name_of(program, id, a, &k, e);
	if (st != ST_OK)
		return st;
	if (id->kind == ID_EMAIL)
		st = identity_email(id->value, a, &k.value, e);
	else if (id->kind == ID_PHONE)
		st = identity_phone(id->value, program ? program->phone_country : STR_NULL, a,
				    &k.value, e);
	else
		st = opaque(id, a, &k.value, e);
	if (st == ST_OK)
		st = key_bytes(&k, a, e);
	if (st == ST_OK)
		*out = k;
	return st;
}

bool identity_key_read(struct str bytes, struct identity_key *out)
{
	struct identity_key k = {.kind = ID_KIND_COUNT, .bytes = bytes};
	for (unsigned i = 0; i < ID_KIND_COUNT && bytes.n > 1; i++)
		if (id_kind_byte((enum id_kind)i) == bytes.p[0])
			k.kind = (enum id_kind)i;
	if (k.kind == ID_KIND_COUNT)
		return false;
	k.solid = id_kind_strength(k.kind) == ID_STRENGTH_SOLID;
	k.value = str_slice(bytes, 1, bytes.n);
	if (k.kind == ID_KEY) {
		size_t zero = str_find_byte(k.value, '\0');
		k.name = str_slice(k.value, 0, zero);
		k.value = str_slice(k.value, zero + 1, k.value.n);
	}
	if (k.value.n == 0 || (k.kind == ID_KEY && k.name.n == 0))
		return false;
	*out = k;
	return true;
}

/* Keeps the list sorted by rank; two alike are one. */
static void insert(struct identity_keys *list, const struct identity_key *k)
{
	size_t i = list->n;
	for (size_t j = 0; j < list->n; j++)
		if (str_eq(list->keys[j].bytes, k->bytes))
			return;
	ASSERT(list->n < IDENTITY_KEYS_MAX);
	for (; i > 0 && rank(&list->keys[i - 1]) > rank(k); i--)
		list->keys[i] = list->keys[i - 1];
	list->keys[i] = *k;
	list->n++;
}

static enum status take(const struct program *program, const struct event_id *id, bool previous,
			struct arena *a, struct identity_keys *out)
{
	struct identity_key k;
	struct err why;
	why.text[0] = '\0';
	enum status st = identity_normalise(program, id, a, &k, &why);
	if (st == ST_OK) {
		k.previous = previous;
		insert(out, &k);
		return ST_OK;
	}
	if (st == ST_LIMIT)
		return st;
	if (out->refused_n++ == 0) {
		struct str text = str_slice(str_of(why.text), 0, sizeof out->refused_text - 1);
		memcpy(out->refused_text, text.p, text.n);
		out->refused_text[text.n] = '\0';
	}
	return ST_OK;
}

enum status identity_keys(const struct program *program, const struct event *ev, struct arena *a,
			  struct identity_keys *out, struct err *e)
{
	enum status st = ST_OK;
	out->n = out->refused_n = 0;
	out->refused_text[0] = '\0';
	for (size_t i = 0; i < ev->ids_n && st == ST_OK; i++)
		st = take(program, &ev->ids[i], false, a, out);
	/* An alias speaks of a visitor or of a user: which, only the owner of the key can tell. */
	static const enum id_kind previous[] = {ID_USER_ID, ID_ANONYMOUS_ID};
	for (size_t i = 0; i < 2 && ev->previous_id.n && st == ST_OK; i++) {
		const struct event_id id = {previous[i], STR_NULL, ev->previous_id};
		st = take(program, &id, true, a, out);
	}
	return st == ST_OK ? ST_OK
			   : err_set(e, st, "no memory left for the identifiers of an event");
}
