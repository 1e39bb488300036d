/* SPDX-License-Identifier: Apache-2.0
 * mapping.c: the language is a list and no more: what a column becomes depends on nothing else. A
 * file that needs sums or joins is better mended where it comes from. */
#include "ingest/mapping.h"

#include "ingest/fact.h"

static const struct {
	const char *name;
	enum map_target target;
	enum id_kind id_kind;
} targets[] = {
	{"-", MAP_NOTHING, 0},
	{"email", MAP_ID, ID_EMAIL},
	{"phone", MAP_ID, ID_PHONE},
	{"user_id", MAP_ID, ID_USER_ID},
	{"userId", MAP_ID, ID_USER_ID},
	{"anonymous_id", MAP_ID, ID_ANONYMOUS_ID},
	{"anonymousId", MAP_ID, ID_ANONYMOUS_ID},
	{"group_id", MAP_GROUP_ID, 0},
	{"groupId", MAP_GROUP_ID, 0},
	{"type", MAP_TYPE, 0},
	{"event", MAP_TYPE, 0},
	{"time", MAP_TIME, 0},
	{"timestamp", MAP_TIME, 0},
	{"message_id", MAP_MESSAGE_ID, 0},
	{"messageId", MAP_MESSAGE_ID, 0},
	{"consent", MAP_CONSENT, 0},
	{"consent.wording", MAP_CONSENT_WORDING, 0},
	{"consent.source", MAP_CONSENT_SOURCE, 0},
	{"do_not_email", MAP_DO_NOT_EMAIL, 0},
	{"do_not_call", MAP_DO_NOT_CALL, 0},
};
#define TARGETS (sizeof targets / sizeof targets[0])

static const char *const types[MAP_TYPE_COUNT] = {
	[MAP_TEXT] = "text",    [MAP_NUMBER] = "number", [MAP_BOOL] = "bool",
	[MAP_INSTANT] = "time", [MAP_LIST] = "list",     [MAP_JSON] = "json",
};

/* What a column is called when nobody says what it is. Canonical names, see fact_canonical. */
static const struct {
	const char *column, *target;
} guesses[] = {
	{"email", "email"},
	{"emailaddress", "email"},
	{"workemail", "email"},
	{"mail", "email"},
	{"phone", "phone"},
	{"phonenumber", "phone"},
	{"mobile", "phone"},
	{"mobilephone", "phone"},
	{"telephone", "phone"},
	{"userid", "user_id"},
	{"anonymousid", "anonymous_id"},
	{"contactid", "key.contact"},
	{"leadid", "key.lead"},
	{"prospectid", "key.prospect"},
	{"recordid", "key.record"},
	{"name", "trait.name"},
	{"fullname", "trait.name"},
	{"firstname", "trait.first_name"},
	{"lastname", "trait.last_name"},
	{"title", "trait.title"},
	{"jobtitle", "trait.title"},
	{"city", "trait.city"},
	{"country", "trait.country"},
	{"leadsource", "trait.source"},
	{"source", "trait.source"},
	{"asset", "trait.asset"},
	{"company", "company.name"},
	{"companyname", "company.name"},
	{"organization", "company.name"},
	{"accountname", "company.name"},
	{"companydomain", "company.domain"},
	{"domain", "company.domain"},
	{"website", "company.website"},
	{"industry", "company.industry"},
	{"employees", "company.employees:number"},
	{"numberofemployees", "company.employees:number"},
	{"createdate", "time"},
	{"createdat", "time"},
	{"createddate", "time"},
	{"timestamp", "time"},
	{"time", "time"},
	{"occurredat", "time"},
	{"event", "type"},
	{"eventname", "type"},
	{"eventtype", "type"},
	{"messageid", "message_id"},
	{"eventid", "message_id"},
	{"consent", "consent"},
	{"optin", "consent"},
	{"donotemail", "do_not_email"},
	{"optedoutofemail", "do_not_email"},
	{"emailoptout", "do_not_email"},
	{"donotcall", "do_not_call"},
};

static enum status bad_type(struct str type, struct str entry, struct err *e)
{
	return err_set(e, ST_INVALID,
		       "mapping: \"" STR_FMT "\" in \"" STR_FMT
		       "\" is no type; use text, number, bool, time, list or json",
		       STR_ARG(type), STR_ARG(entry));
}

/* Cuts ":TYPE" off; a text without one stays text. */
static enum status read_type(struct str entry, struct str *target, struct map_entry *out,
			     struct err *e)
{
	size_t colon = str_find_byte(*target, ':');
	if (colon == target->n)
		return ST_OK;
	struct str type = str_trim(str_slice(*target, colon + 1, target->n));
	*target = str_trim(str_slice(*target, 0, colon));
	if (str_is(type, "string"))
		return ST_OK;
	for (size_t t = 0; t < MAP_TYPE_COUNT; t++)
		if (str_is(type, types[t])) {
			out->type = (enum map_type)t;
			return ST_OK;
		}
	return bad_type(type, entry, e);
}

static enum status bad_target(struct str target, struct err *e)
{
	const char *near = NULL;
	unsigned best = 3;
	for (size_t i = 0; i < TARGETS; i++) {
		unsigned d = str_distance(target, str_of(targets[i].name));
		if (d < best) {
			best = d;
			near = targets[i].name;
		}
	}
	if (near != NULL)
		return err_set(e, ST_INVALID,
			       "mapping: \"" STR_FMT "\" is no target; did you mean \"%s\"?",
			       STR_ARG(target), near);
	return err_set(e, ST_INVALID,
		       "mapping: \"" STR_FMT
		       "\" is no target; write email, user_id, key.NAME, trait.NAME, company.NAME, "
		       "property.NAME, type, time, consent ...",
		       STR_ARG(target));
}

static bool path_ok(struct str path)
{
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '.' && (i == 0 || i + 1 == path.n || path.p[i - 1] == '.'))
			return false;
	return path.n > 0 && path.n <= EVENT_TYPE_MAX;
}

static bool bare_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || (unsigned char)c >= 0x80))
			return false;
	}
	return s.n > 0;
}

/* "trait.x", "traits.x", "property.x", "properties.x", "key.x", "company.x", "x". */
static bool read_path(struct str target, struct map_entry *out)
{
	static const struct {
		struct str prefix;
		enum map_target target;
		bool keep; /* the prefix is part of the path */
	} prefixes[] = {
		{{"trait.", 6}, MAP_TRAIT, false},
		{{"traits.", 7}, MAP_TRAIT, false},
		{{"lead.", 5}, MAP_TRAIT, false},
		{{"company.", 8}, MAP_TRAIT, true},
		{{"property.", 9}, MAP_PROPERTY, false},
		{{"properties.", 11}, MAP_PROPERTY, false},
		{{"key.", 4}, MAP_ID, false},
	};
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		if (!str_starts(target, prefixes[i].prefix))
			continue;
		out->target = prefixes[i].target;
		out->id_kind = ID_KEY;
		out->name = prefixes[i].keep ? target
					     : str_slice(target, prefixes[i].prefix.n, target.n);
		return path_ok(out->name);
	}
	out->target = MAP_TRAIT;
	out->name = target;
	return bare_word(target);
}

static enum status read_target(struct str entry, struct str target, struct map_entry *out,
			       struct err *e)
{
	enum status st = read_type(entry, &target, out, e);
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < TARGETS; i++)
		if (str_is(target, targets[i].name)) {
			out->target = targets[i].target;
			out->id_kind = targets[i].id_kind;
			return ST_OK;
		}
	if (!read_path(target, out))
		return bad_target(target, e);
	/* A slip of the pen in a bare word would make a trait nobody asked for. */
	for (size_t i = 0; i < TARGETS; i++)
		if (out->target == MAP_TRAIT && target.n > 4 &&
		    str_distance(target, str_of(targets[i].name)) == 1)
			return bad_target(target, e);
	return ST_OK;
}

/* Takes one entry off the text: up to a comma or line end outside quotes. */
static struct str take_entry(struct str *rest)
{
	bool quoted = false;
	size_t i = 0;
	for (; i < rest->n; i++) {
		char c = rest->p[i];
		if (c == '"')
			quoted = !quoted;
		if (c == '\n' || (c == ',' && !quoted))
			break;
	}
	struct str entry = str_slice(*rest, 0, i);
	*rest = str_slice(*rest, i + (i < rest->n), rest->n);
	return str_trim(entry);
}

/* COLUMN or "COLUMN", then what stands behind '='. */
static enum status split(struct str entry, struct str *column, struct str *target, struct err *e)
{
	size_t end;
	if (entry.p[0] == '"') {
		struct str inside = str_slice(entry, 1, entry.n);
		end = str_find_byte(inside, '"');
		*column = str_slice(inside, 0, end);
		end = end + 2 > entry.n ? entry.n : end + 2;
		*target = str_trim(str_slice(entry, end, entry.n));
		if (target->n && target->p[0] != '=')
			end = entry.n + 1;
		*target = str_trim(str_slice(*target, 1, target->n));
	} else {
		end = str_find_byte(entry, '=');
		*column = str_trim(str_slice(entry, 0, end));
		*target = str_trim(str_slice(entry, end + 1, entry.n));
	}
	if (column->n == 0 || end > entry.n)
		return err_set(e, ST_INVALID, "mapping: \"" STR_FMT "\" is not COLUMN=TARGET",
			       STR_ARG(entry));
	if (target->n == 0)
		*target = *column;
	return ST_OK;
}

static enum status add(struct mapping *m, struct str entry, struct err *e)
{
	struct map_entry out = {.at = SIZE_MAX};
	struct str column, target;
	enum status st = split(entry, &column, &target, e);
	if (st == ST_OK)
		st = read_target(entry, target, &out, e);
	if (st != ST_OK)
		return st;
	if (m->n == MAPPING_ENTRIES_MAX)
		return err_set(e, ST_LIMIT, "the mapping has more than %d entries",
			       MAPPING_ENTRIES_MAX);
	out.column = column;
	m->entries[m->n++] = out;
	return ST_OK;
}

static enum status add_rest(struct mapping *m, struct str target, struct err *e)
{
	bool trait = str_is(target, "trait") || str_is(target, "traits");
	if (!trait && !str_is(target, "property") && !str_is(target, "properties"))
		return err_set(e, ST_INVALID,
			       "mapping: all other columns become traits or properties: "
			       "write *=trait or *=property");
	m->rest = true;
	m->rest_target = trait ? MAP_TRAIT : MAP_PROPERTY;
	return ST_OK;
}

enum status mapping_parse(struct str text, struct arena *a, struct mapping *out, struct err *e)
{
	struct mapping m = {.entries = ARENA_ARRAY(a, struct map_entry, MAPPING_ENTRIES_MAX)};
	enum status st = ST_OK;
	if (m.entries == NULL)
		return err_set(e, ST_LIMIT, "no room for the mapping");
	while (text.n > 0 && st == ST_OK) {
		if (str_trim(text).n && str_trim(text).p[0] == '#') {
			(void)str_cut(&text, '\n');
			continue;
		}
		struct str entry = take_entry(&text);
		if (entry.n == 0)
			continue;
		struct str star = str_trim(str_slice(entry, 0, str_find_byte(entry, '=')));
		if (str_is(star, "*"))
			st = add_rest(
				&m,
				str_trim(str_slice(entry, str_find_byte(entry, '=') + 1, entry.n)),
				e);
		else
			st = add(&m, entry, e);
	}
	if (st == ST_OK)
		*out = m;
	return st;
}

static enum status no_column(struct str want, const struct str *columns, size_t n, struct err *e)
{
	struct str near = STR_NULL;
	unsigned best = 4;
	for (size_t i = 0; i < n; i++) {
		unsigned d = str_eq_nocase(want, str_trim(columns[i]))
				     ? 0
				     : str_distance(want, columns[i]);
		if (d < best) {
			best = d;
			near = columns[i];
		}
	}
	if (near.n)
		return err_set(e, ST_INVALID,
			       "mapping: the file has no column \"" STR_FMT
			       "\"; did you mean \"" STR_FMT "\"?",
			       STR_ARG(want), STR_ARG(near));
	return err_set(e, ST_INVALID,
		       "mapping: the file has no column \"" STR_FMT "\"; it has %zu, the first is "
		       "\"" STR_FMT "\"",
		       STR_ARG(want), n, STR_ARG(n ? columns[0] : STR("")));
}

/* '"Last, first"=-': how an entry that leaves a column out is given to a shell. */
struct leave_out {
	struct str column;
	const char *quote;
};

static struct leave_out leave_out(struct str column)
{
	struct str name = fact_cut(column, 80);
	bool quoted = str_find_byte(name, ',') < name.n || str_find_byte(name, '=') < name.n;
	return (struct leave_out){name, quoted ? "\"" : ""};
}

static enum status same_name(struct str column, struct err *e)
{
	struct leave_out x = leave_out(column);
	return err_set(e, ST_INVALID,
		       "mapping: several columns are called \"" STR_FMT
		       "\"; give each a name of its own in the file, or leave all of them out: "
		       "--map '%s" STR_FMT "%s=-'",
		       STR_ARG(x.column), x.quote, STR_ARG(x.column), x.quote);
}

/* Who leaves a column out by its name means all of that name. */
static enum status bind_one(struct map_entry *entry, const struct str *columns, size_t n,
			    struct err *e)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_trim(columns[i]), entry->column)) {
			entry->at = i;
			found++;
		}
	if (found > 1 && entry->target != MAP_NOTHING)
		return same_name(entry->column, e);
	return found ? ST_OK : no_column(entry->column, columns, n, e);
}

static const char *guess_of(struct str column)
{
	char room[64];
	struct str c = fact_canonical(column, room);
	for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++)
		if (str_is(c, guesses[i].column))
			return guesses[i].target;
	return NULL;
}

/* A path holds no dots of a column's own name: "U.S. state" is one trait. */
static struct str rest_name(struct str column, struct arena *a)
{
	char *p = arena_strz(a, fact_cut(column, EVENT_TYPE_MAX));
	for (char *c = p; c != NULL && *c; c++)
		if (*c == '.')
			*c = '_';
	return str_of(p);
}

/* Would both fill the same place? Nobody has two e-mail addresses of his own in one row: who is
 * known by each would become one person. */
static bool same_place(const struct map_entry *a, const struct map_entry *b)
{
	return a->target == b->target && a->target != MAP_NOTHING && a->id_kind == b->id_kind &&
	       str_eq(a->name, b->name);
}

bool mapping_yields(const struct map_entry *guess, const struct map_entry *taken)
{
	return guess->guessed && same_place(guess, taken) &&
	       !(guess->target == MAP_ID && taken->guessed);
}

static bool is_taken(const struct mapping *m, const struct map_entry *entry)
{
	for (size_t i = 0; i < m->n; i++)
		if (mapping_yields(entry, &m->entries[i]))
			return true;
	return false;
}

static bool is_bound(const struct mapping *m, size_t column, struct str name)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct map_entry *x = &m->entries[i];
		if (x->at == column || (x->target == MAP_NOTHING && str_eq(x->column, name)))
			return true;
	}
	return false;
}

enum status mapping_bind(struct mapping *m, const struct str *columns, size_t n, bool guess,
			 struct arena *a, struct err *e)
{
	struct err unused;
	for (size_t i = 0; i < m->n; i++) {
		enum status st = bind_one(&m->entries[i], columns, n, e);
		if (st != ST_OK)
			return st;
	}
	for (size_t i = 0; i < n && m->n < MAPPING_ENTRIES_MAX; i++) {
		struct str column = str_trim(columns[i]);
		const char *target = guess ? guess_of(column) : NULL;
		struct map_entry entry = {.column = column, .at = i, .guessed = true};
		if (column.n == 0 || is_bound(m, i, column))
			continue;
		if (target == NULL && m->rest) {
			entry.target = m->rest_target;
			entry.name = rest_name(column, a);
			entry.guessed = false;
		} else if (target == NULL ||
			   read_target(column, str_of(target), &entry, &unused) != ST_OK) {
			continue;
		}
		if (!is_taken(m, &entry))
			m->entries[m->n++] = entry;
	}
	return ST_OK;
}

static enum status two_for_one(const struct map_entry *a, const struct map_entry *b, struct err *e)
{
	struct leave_out x = leave_out(b->column);
	if (str_eq(a->column, b->column))
		return same_name(b->column, e);
	return err_set(e, ST_INVALID,
		       "mapping: \"" STR_FMT "\" and \"" STR_FMT
		       "\" become the same; map one of them to -: --map '%s" STR_FMT "%s=-'",
		       STR_ARG(fact_cut(a->column, 80)), STR_ARG(x.column), x.quote,
		       STR_ARG(x.column), x.quote);
}

enum status mapping_check(const struct mapping *m, bool events, struct err *e)
{
	bool id = false, time = false;
	for (size_t i = 0; i < m->n; i++) {
		const struct map_entry *x = &m->entries[i];
		id = id || x->target == MAP_ID;
		time = time || x->target == MAP_TIME;
		for (size_t k = 0; k < i; k++)
			if (same_place(x, &m->entries[k]))
				return two_for_one(&m->entries[k], x, e);
	}
	if (!id)
		return err_set(e, ST_INVALID,
			       "no column says whose a row is; map one to email, phone, user_id, "
			       "anonymous_id or key.NAME");
	if (events && !time)
		return err_set(e, ST_INVALID,
			       "no column says when an event happened; map one to time");
	return ST_OK;
}

struct str map_target_text(const struct map_entry *entry, struct arena *a)
{
	const char *prefix = entry->target == MAP_TRAIT      ? "trait."
			     : entry->target == MAP_PROPERTY ? "property."
							     : "key.";
	const char *colon = entry->type != MAP_TEXT ? ":" : "";
	const char *type = entry->type != MAP_TEXT ? types[entry->type] : "";
	if (entry->name.n)
		return arena_printf(a, "%s" STR_FMT "%s%s", prefix, STR_ARG(entry->name), colon,
				    type);
	for (size_t i = 0; i < TARGETS; i++)
		if (targets[i].target == entry->target &&
		    (entry->target != MAP_ID || targets[i].id_kind == entry->id_kind))
			return arena_printf(a, "%s%s%s", targets[i].name, colon, type);
	return STR_NULL;
}
