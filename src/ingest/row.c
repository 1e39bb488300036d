/* SPDX-License-Identifier: Apache-2.0
 * row.c: a cell that cannot be what the mapping says refuses its row. To skip the cell would be
 * kinder to the run and crueller to the operator, who would find the gap months later. */
#include "ingest/row.h"

#include "base/time.h"
#include "ingest/fact.h"

struct work {
	const struct row_rules *rules;
	const struct row *row;
	struct arena *a;
	struct event *ev;
	struct import_error *error;
	struct pair *traits, *properties;
	size_t traits_n, properties_n;
	struct str consent, wording, consent_source;
	bool timed, no_email, no_call;
};

static enum status bad(struct work *w, const struct map_entry *x, struct str cell, const char *what)
{
	struct str shown = str_slice(cell, 0, 40);
	w->error->column = x->column;
	w->error->reason =
		cell.n && !w->rules->live
			? arena_printf(w->a, "\"" STR_FMT "\" %s",
				       STR_ARG(fact_cut(fact_scrub(shown, w->a), 40)), what)
			: str_of(what);
	return ST_INVALID;
}

/* Member of a line by dotted path. */
static uint32_t member(const struct json *d, uint32_t root, struct str path)
{
	uint32_t node = json_get_str(d, root, path);
	if (node != JSON_NONE)
		return node;
	node = root;
	while (path.n > 0 && node != JSON_NONE)
		node = json_get_str(d, node, str_cut(&path, '.'));
	return node;
}

static struct str cell_of(const struct work *w, const struct map_entry *x, uint32_t *node)
{
	struct str cell;
	*node = JSON_NONE;
	if (w->row->cells != NULL) {
		cell = x->at < w->row->n ? str_trim(w->row->cells[x->at]) : STR_NULL;
	} else {
		*node = member(w->row->d, w->row->root, x->column);
		cell = fact_text(w->row->d, *node, w->a);
		if (cell.n == 0 && json_type(w->row->d, *node) >= JSON_ARRAY)
			cell = json_raw(w->row->d, *node);
	}
	return w->rules->null_text.n && str_eq_nocase(cell, w->rules->null_text) ? STR_NULL : cell;
}

static bool yes_or_no(struct str s, bool *out)
{
	static const char *const yes[] = {"true", "yes", "1", "y", "t", "on", "x", "opted in"};
	static const char *const no[] = {"false", "no", "0", "n", "f", "off", "opted out"};
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		if (str_eq_nocase(s, str_of(yes[i]))) {
			*out = true;
			return true;
		}
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		if (str_eq_nocase(s, str_of(no[i]))) {
			*out = false;
			return true;
		}
	return false;
}

/* "1,234.50", "1 234", "12 %" -> a JSON number. A comma may part thousands, never decimals: which
 * of the two "1,234" means is not guessed when three digits do not follow. */
static bool number(struct str cell, struct arena *a, struct str *out)
{
	double v;
	char *p = arena_alloc(a, cell.n + 1);
	size_t n = 0;
	bool percent = cell.n > 1 && cell.p[cell.n - 1] == '%';
	if (p == NULL)
		return false;
	cell = str_trim(str_slice(cell, 0, cell.n - percent));
	if (cell.n > 1 && cell.p[0] == '+')
		cell = str_slice(cell, 1, cell.n);
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == ' ')
			continue;
		if (cell.p[i] == ',') {
			struct str three = str_slice(cell, i + 1, i + 4);
			bool digits = three.n == 3;
			for (size_t k = 0; k < three.n; k++)
				digits = digits && three.p[k] >= '0' && three.p[k] <= '9';
			if (!digits)
				return false;
			continue;
		}
		p[n++] = cell.p[i];
	}
	size_t zeros = 0; /* "007" is 7 */
	while (zeros + 1 < n && p[zeros] == '0' && p[zeros + 1] >= '0' && p[zeros + 1] <= '9')
		zeros++;
	if (!str_to_f64(str_n(p + zeros, n - zeros), &v))
		return false;
	*out = str_n(p + zeros, n - zeros);
	return true;
}

static struct str json_list(struct str cell, struct arena *a)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, a, cell.n * 8 + 16);
	json_w_init(&w, &b);
	json_w_array(&w);
	while (cell.n > 0) {
		struct str item = str_trim(str_cut(&cell, ';'));
		if (item.n)
			json_w_str(&w, item);
	}
	json_w_end(&w);
	return buf_view(&b);
}

static enum status value(struct work *w, const struct map_entry *x, struct str cell, uint32_t node,
			 struct str *out)
{
	bool flag;
	int64_t at;
	struct buf b;
	struct json d;
	struct err e;
	switch (x->type) {
	case MAP_NUMBER:
		return number(cell, w->a, out) ? ST_OK : bad(w, x, cell, "is not a number");
	case MAP_BOOL:
		if (!yes_or_no(cell, &flag))
			return bad(w, x, cell, "is not yes or no");
		*out = flag ? STR("true") : STR("false");
		return ST_OK;
	case MAP_INSTANT:
		if (!ingest_time(cell, &at))
			return bad(w, x, cell, "is not a time; write 2026-11-21T07:00:00Z");
		buf_init_arena(&b, w->a, 64);
		buf_byte(&b, '"');
		buf_time(&b, at);
		buf_byte(&b, '"');
		*out = buf_view(&b);
		return ST_OK;
	case MAP_LIST: *out = json_list(cell, w->a); return ST_OK;
	case MAP_JSON:
		if (node == JSON_NONE && json_parse(cell, ROW_JSON_LIMITS, w->a, &d, &e) != ST_OK)
			return bad(w, x, cell, "is not JSON");
		*out = fact_compact(node == JSON_NONE ? cell : json_raw(w->row->d, node), w->a);
		return ST_OK;
	case MAP_TEXT:
	case MAP_TYPE_COUNT: break;
	}
	/* A line of JSON knows its own types: 5 stays a number, true a truth. */
	*out = node != JSON_NONE ? fact_compact(json_raw(w->row->d, node), w->a)
				 : object_text(cell, w->a);
	return ST_OK;
}

static enum status take_id(struct work *w, const struct map_entry *x, struct str cell)
{
	if (cell.n > EVENT_ID_VALUE_MAX)
		return bad(w, x, str_slice(cell, 0, 20), "... is longer than an identifier may be");
	fact_add_id(w->ev, x->id_kind, x->name, cell);
	if (x->id_kind == ID_EMAIL && !fact_is_email(cell))
		return bad(w, x, cell, "is not an e-mail address");
	if (x->id_kind == ID_PHONE && !fact_is_phone(cell))
		return bad(w, x, cell, "is not a phone number");
	/* The address and the number are traits as well: templates and conditions read them there.
	 * */
	bool told = w->rules->kind == IMPORT_LEADS || w->rules->live;
	if (told && (x->id_kind == ID_EMAIL || x->id_kind == ID_PHONE))
		w->traits[w->traits_n++] =
			(struct pair){str_of(id_kind_name(x->id_kind)), object_text(cell, w->a)};
	return ST_OK;
}

static enum status take_flag(struct work *w, const struct map_entry *x, struct str cell, bool *out)
{
	return yes_or_no(cell, out) ? ST_OK : bad(w, x, cell, "is not yes or no");
}

static enum status take_payload(struct work *w, const struct map_entry *x, struct str cell,
				uint32_t node)
{
	struct str json;
	enum status st = value(w, x, cell, node, &json);
	if (x->target == MAP_TRAIT && w->ev->context.country.n == 0 &&
	    (str_is(x->name, "country") || str_is(x->name, "country_code")))
		w->ev->context.country = fact_country(cell);
	if (st == ST_OK && x->target == MAP_TRAIT)
		w->traits[w->traits_n++] = (struct pair){x->name, json};
	else if (st == ST_OK)
		w->properties[w->properties_n++] = (struct pair){x->name, json};
	return st;
}

static enum status take_cell(struct work *w, const struct map_entry *x)
{
	uint32_t node;
	struct str cell = cell_of(w, x, &node);
	if (cell.n == 0)
		return ST_OK;
	switch (x->target) {
	case MAP_ID: return take_id(w, x, cell);
	case MAP_GROUP_ID: w->ev->group_id = cell; return ST_OK;
	case MAP_TYPE: w->ev->name = cell; return ST_OK;
	case MAP_TIME:
		w->timed = ingest_time(cell, &w->ev->occurred_us);
		return w->timed ? ST_OK
				: bad(w, x, cell, "is not a time; write 2026-11-21T07:00:00Z");
	case MAP_MESSAGE_ID:
		w->ev->message_id = cell;
		return cell.n <= EVENT_MESSAGE_ID_MAX
			       ? ST_OK
			       : bad(w, x, str_slice(cell, 0, 20), "... is longer than 256 bytes");
	case MAP_CONSENT: w->consent = cell; return ST_OK;
	case MAP_CONSENT_WORDING: w->wording = cell; return ST_OK;
	case MAP_CONSENT_SOURCE: w->consent_source = cell; return ST_OK;
	case MAP_DO_NOT_EMAIL: return take_flag(w, x, cell, &w->no_email);
	case MAP_DO_NOT_CALL: return take_flag(w, x, cell, &w->no_call);
	case MAP_TRAIT:
	case MAP_PROPERTY: return take_payload(w, x, cell, node);
	case MAP_NOTHING: break;
	}
	return ST_OK;
}

static void put_consent(const struct work *w, struct json_w *j, bool given, const char *channel,
			struct str basis)
{
	struct str source = w->consent_source.n ? w->consent_source : w->rules->consent_source;
	struct str purpose = w->rules->consent_purpose;
	json_w_object(j);
	json_w_kbool(j, "given", given);
	json_w_kz(j, "channel", channel);
	json_w_kstr(j, "purpose", !given ? STR("*") : purpose.n ? purpose : STR("marketing"));
	if (basis.n)
		json_w_kstr(j, "basis", basis);
	if (w->wording.n)
		json_w_kstr(j, "wording", w->wording);
	if (source.n)
		json_w_kstr(j, "source", source);
	json_w_end(j);
}

/* A cell of a consent column: yes, no, or the name of a basis. */
static enum status read_basis(struct work *w, bool *given, struct str *basis)
{
	static const char *const bases[] = {"consent", "legitimate_interest", "contract"};
	*basis = w->rules->consent_basis;
	*given = basis->n > 0;
	if (w->consent.n == 0)
		return ST_OK;
	for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++)
		if (str_eq_nocase(w->consent, str_of(bases[i]))) {
			*basis = str_of(bases[i]);
			*given = true;
			return ST_OK;
		}
	w->error->column = STR("consent");
	w->error->reason = STR("is none of yes, no, consent, legitimate_interest, contract");
	if (!yes_or_no(w->consent, given))
		return ST_INVALID;
	if (basis->n == 0 && *given)
		*basis = STR("consent");
	return ST_OK;
}

/* properties.consent, see ingest.h. An opt-out in the row beats the basis of the whole file. */
static enum status consent(struct work *w)
{
	struct buf b;
	struct json_w j;
	struct str basis, channel = w->rules->consent_channel;
	bool given;
	enum status st = read_basis(w, &given, &basis);
	if (st != ST_OK || (basis.n == 0 && w->consent.n == 0 && !w->no_email && !w->no_call))
		return st;
	const char *speak = channel.n ? arena_strz(w->a, channel) : "email";
	buf_init_arena(&b, w->a, 8192);
	json_w_init(&j, &b);
	json_w_array(&j);
	bool opted_out = w->no_email && speak != NULL && strcmp(speak, "email") == 0;
	if ((basis.n || w->consent.n) && !opted_out)
		put_consent(w, &j, given, speak, basis);
	if (w->no_email)
		put_consent(w, &j, false, "email", STR_NULL);
	if (w->no_call)
		put_consent(w, &j, false, "phone", STR_NULL);
	json_w_end(&j);
	w->properties[w->properties_n++] = (struct pair){STR("consent"), buf_view(&b)};
	return buf_ok(&b) ? ST_OK : ST_LIMIT;
}

static enum status write_payload(struct work *w, const struct pair *pairs, size_t n,
				 struct str *out)
{
	struct buf b;
	if (n == 0)
		return ST_OK;
	buf_init_arena(&b, w->a, FACT_PAYLOAD_MAX);
	if (object_write(pairs, n, &b)) {
		*out = buf_view(&b);
		return ST_OK;
	}
	w->error->reason = buf_ok(&b)
				   ? STR("a trait or property is both a value and an object")
				   : STR("the row holds more than 32 KB of traits or properties");
	return ST_INVALID;
}

static enum status type_of(struct work *w)
{
	struct event *ev = w->ev;
	if (w->rules->kind == IMPORT_LEADS) {
		ev->type = STR("import.lead");
		return ST_OK;
	}
	if (ev->name.n == 0)
		ev->name = w->rules->type;
	ev->type = event_type_slug(fact_cut(ev->name, EVENT_TYPE_MAX), w->a);
	if (ev->type.n)
		return ST_OK;
	w->error->reason = STR("the row has no event type; fill its type column");
	return ST_INVALID;
}

/* P1: the hash of all the event says; the time only when the row tells it. */
static enum status message_id(struct work *w)
{
	struct buf b;
	struct err e;
	struct event said = *w->ev;
	if (w->ev->message_id.n)
		return ST_OK;
	if (!w->timed && !w->rules->live)
		said.occurred_us = 0;
	buf_init_arena(&b, w->a, 2 * EVENT_BYTES_MAX);
	enum status st = event_encode(&said, &b, &e);
	if (st == ST_OK)
		w->ev->message_id = fact_message_id(buf_view(&b), w->row->index, 0, w->a);
	if (st == ST_OK && w->ev->message_id.n)
		return ST_OK;
	w->error->reason = STR("the row is larger than an event may be");
	return ST_INVALID;
}

static enum status finish(struct work *w)
{
	struct event *ev = w->ev;
	enum status st = type_of(w);
	if (st == ST_OK && ev->ids_n == 0) {
		w->error->reason =
			STR("the row has no identifier: its e-mail, phone and id cells are empty");
		st = ST_INVALID;
	}
	if (st == ST_OK && w->rules->kind == IMPORT_EVENTS && !w->timed && !w->rules->live) {
		w->error->reason =
			STR("the row does not say when it happened: its time cell is empty");
		st = ST_INVALID;
	}
	if (st == ST_OK)
		st = consent(w);
	if (st == ST_OK)
		st = write_payload(w, w->traits, w->traits_n, &ev->traits);
	if (st == ST_OK)
		st = write_payload(w, w->properties, w->properties_n, &ev->properties);
	if (st == ST_OK)
		st = message_id(w);
	if (st != ST_OK)
		return st;
	/* Before a time to come is brought back to now. */
	struct str no = w->rules->judge ? w->rules->judge(w->rules->ctx, ev, w->a) : STR_NULL;
	if (no.n > 0) {
		w->error->reason = no;
		return ST_INVALID;
	}
	enum fault f = fact_finish(ev);
	if (f == FAULT_NONE)
		return ST_OK;
	w->error->reason = str_of(fact_fault_text(f));
	return ST_INVALID;
}

enum status row_to_event(const struct row_rules *rules, const struct row *row, struct arena *a,
			 struct event *out, struct import_error *error)
{
	size_t n = rules->mapping->n;
	struct work w = {.rules = rules, .row = row, .a = a, .ev = out, .error = error};
	*out = (struct event){.source = rules->source,
			      .occurred_us = rules->received_us,
			      .received_us = rules->received_us,
			      .context.scroll = -1,
			      .flags = rules->live ? 0 : EVENT_IMPORTED};
	w.traits = ARENA_ARRAY(a, struct pair, n + 1);
	w.properties = ARENA_ARRAY(a, struct pair, n + 1);
	if (w.traits == NULL || w.properties == NULL)
		return ST_LIMIT;
	for (size_t i = 0; i < n; i++) {
		enum status st = take_cell(&w, &rules->mapping->entries[i]);
		if (st != ST_OK)
			return st;
	}
	return finish(&w);
}
