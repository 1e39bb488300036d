/* SPDX-License-Identifier: Apache-2.0
 * from_event.c: which words of a person an event carries. Verbs are the last part of the type
 * ("consent.withdraw", "email.unsubscribe", "sms.complaint"); forms, identify calls and imports say
 * it in the property or trait "consent" (the shape is in docs/consent.md).
 *
 * In doubt the stricter reading: a machine can withdraw for a person (mail clients do, RFC 8058)
 * but cannot agree for one (link scanners follow every link). */
#include "consent/consent.h"

#include "base/assert.h"
#include "base/crypto.h"

#define NAME_MAX_BYTES 64
#define SOURCE_MAX_BYTES 128
#define PROOF_MAX_BYTES 512

struct reading {
	const struct program *program;
	const struct event *ev;
	struct str country;
	struct arena *a;
	struct consent_change *out;
	bool machine; /* nothing it agrees to counts */
	bool trusted; /* an import, an operator, a signed webhook: may say "confirmed" */
};

/* ---- what the verbs mean ---- */

enum scope { SCOPE_DEFAULT, SCOPE_ALL };
struct verb {
	struct str name;
	enum consent_state state;
	enum scope scope; /* what a missing channel or purpose stands for */
	int suppress;     /* enum suppress_reason, or -1 */
};
static const struct verb consent_verbs[] = {
	{{"grant", sizeof "grant" - 1}, CONSENT_GRANTED, SCOPE_DEFAULT, -1},
	{{"given", sizeof "given" - 1}, CONSENT_GRANTED, SCOPE_DEFAULT, -1},
	{{"pending", sizeof "pending" - 1}, CONSENT_PENDING, SCOPE_DEFAULT, -1},
	{{"confirm", sizeof "confirm" - 1}, CONSENT_CONFIRMED, SCOPE_DEFAULT, -1},
	{{"confirmed", sizeof "confirmed" - 1}, CONSENT_CONFIRMED, SCOPE_DEFAULT, -1},
	{{"withdraw", sizeof "withdraw" - 1}, CONSENT_WITHDRAWN, SCOPE_ALL, -1},
	{{"withdrawn", sizeof "withdrawn" - 1}, CONSENT_WITHDRAWN, SCOPE_ALL, -1},
	{{"object", sizeof "object" - 1}, CONSENT_OBJECTED, SCOPE_ALL, -1},
};
/* Of a channel: "email.unsubscribe"; by themselves they are about e-mail. */
static const struct verb channel_verbs[] = {
	{{"unsubscribe", sizeof "unsubscribe" - 1},
	 CONSENT_WITHDRAWN,
	 SCOPE_ALL,
	 SUPPRESS_UNSUBSCRIBE},
	{{"unsubscribed", sizeof "unsubscribed" - 1},
	 CONSENT_WITHDRAWN,
	 SCOPE_ALL,
	 SUPPRESS_UNSUBSCRIBE},
	{{"stop", sizeof "stop" - 1}, CONSENT_WITHDRAWN, SCOPE_ALL, SUPPRESS_UNSUBSCRIBE},
	{{"complaint", sizeof "complaint" - 1}, CONSENT_OBJECTED, SCOPE_ALL, SUPPRESS_COMPLAINT},
	{{"complained", sizeof "complained" - 1}, CONSENT_OBJECTED, SCOPE_ALL, SUPPRESS_COMPLAINT},
	{{"spam_complaint", sizeof "spam_complaint" - 1},
	 CONSENT_OBJECTED,
	 SCOPE_ALL,
	 SUPPRESS_COMPLAINT},
	{{"spamreport", sizeof "spamreport" - 1}, CONSENT_OBJECTED, SCOPE_ALL, SUPPRESS_COMPLAINT},
	{{"marked_as_spam", sizeof "marked_as_spam" - 1},
	 CONSENT_OBJECTED,
	 SCOPE_ALL,
	 SUPPRESS_COMPLAINT},
	{{"email_marked_as_spam", sizeof "email_marked_as_spam" - 1},
	 CONSENT_OBJECTED,
	 SCOPE_ALL,
	 SUPPRESS_COMPLAINT},
	{{"email_unsubscribed", sizeof "email_unsubscribed" - 1},
	 CONSENT_WITHDRAWN,
	 SCOPE_ALL,
	 SUPPRESS_UNSUBSCRIBE},
};
#define ROWS(table) (sizeof table / sizeof table[0])

static const struct verb *find_verb(const struct verb *table, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, table[i].name))
			return &table[i];
	return NULL;
}

/* ---- entries ---- */

static struct str first_declared(const struct str *list, size_t n, const char *otherwise)
{
	return n ? list[0] : str_of(otherwise);
}

static struct str default_channel(const struct reading *r)
{
	return r->program ? first_declared(r->program->consent.channels,
					   r->program->consent.channels_n, "email")
			  : STR("email");
}

static struct str default_purpose(const struct reading *r)
{
	return r->program ? first_declared(r->program->consent.purposes,
					   r->program->consent.purposes_n, "marketing")
			  : STR("marketing");
}

static bool agrees(enum consent_state s)
{
	return s == CONSENT_GRANTED || s == CONSENT_CONFIRMED || s == CONSENT_PENDING;
}

/* Where the program asks for a double opt-in, a first yes is half of one. */
static enum consent_state settled(const struct reading *r, const struct consent_entry *x)
{
	struct str region;
	bool half = x->state == CONSENT_GRANTED && x->basis == BASIS_CONSENT && r->program != NULL;
	if (half && consent_country_rule(r->program, r->country, &region) == CONSENT_DOUBLE_OPT_IN)
		return CONSENT_PENDING;
	return x->state;
}

static struct str digest(struct reading *r, struct str text)
{
	uint8_t sum[SHA256_BYTES];
	struct buf hex;
	buf_init_arena(&hex, r->a, 128);
	crypto_sha256(text, sum);
	buf_z(&hex, "sha256:");
	hex_encode(str_n((const char *)sum, sizeof sum), &hex);
	return buf_view(&hex);
}

static struct str default_proof(struct reading *r)
{
	const struct event_context *c = &r->ev->context;
	return arena_printf(r->a, "message " STR_FMT "%s" STR_FMT "%s" STR_FMT,
			    STR_ARG(str_slice(r->ev->message_id, 0, 128)), c->ip.n ? ", ip " : "",
			    STR_ARG(str_slice(c->ip, 0, 64)), c->page.url.n ? ", page " : "",
			    STR_ARG(str_slice(c->page.url, 0, 200)));
}

/* An entry must fit its row: what is too long is kept by its digest, never cut: half a wording
 * proves nothing. */
static void make_fit(struct reading *r, struct consent_entry *x)
{
	struct buf row;
	if (x->wording.n > CONSENT_WORDING_MAX)
		x->wording = digest(r, x->wording);
	if (x->proof.n > PROOF_MAX_BYTES)
		x->proof = digest(r, x->proof);
	buf_init_arena(&row, r->a, CONSENT_ENTRY_BYTES_MAX);
	consent_encode(x, &row);
	if (buf_ok(&row))
		return;
	x->wording = x->wording.n ? digest(r, x->wording) : STR_NULL;
	x->proof = x->proof.n ? digest(r, x->proof) : STR_NULL;
	x->source = digest(r, x->source);
}

static struct str cut_text(struct str s, size_t bytes_max)
{
	s = str_slice(s, 0, bytes_max);
	while (s.n && !str_utf8_valid(s))
		s.n--;
	return s;
}

/* A form or an import that names no purpose says "marketing"; where the program has its own words,
 * that means the first of them. */
static struct str known_purpose(const struct reading *r, struct str purpose)
{
	const struct program *p = r->program;
	for (size_t i = 0; p && i < p->consent.purposes_n; i++)
		if (str_eq(p->consent.purposes[i], purpose))
			return purpose;
	return str_is(purpose, "marketing") ? default_purpose(r) : purpose;
}

static void add_entry(struct reading *r, struct consent_entry x)
{
	struct consent_change *c = r->out;
	if (r->machine && agrees(x.state))
		return;
	/* A write key stands in a public page: what it brings can agree, but not confirm. */
	if (x.state == CONSENT_CONFIRMED && !r->trusted)
		x.state = CONSENT_GRANTED;
	x.state = settled(r, &x);
	x.channel = cut_text(x.channel, NAME_MAX_BYTES);
	x.purpose = cut_text(known_purpose(r, x.purpose), NAME_MAX_BYTES);
	x.source = cut_text(x.source.n ? x.source : r->ev->source, SOURCE_MAX_BYTES);
	if (x.proof.n == 0)
		x.proof = default_proof(r);
	x.seq = r->ev->seq;
	make_fit(r, &x);
	if (c->entries_n < CONSENT_FROM_EVENT_MAX)
		c->entries[c->entries_n++] = x;
}

/* ---- suppression ---- */

static enum id_kind address_kind(struct str channel)
{
	static const char *const phones[] = {"sms", "phone", "call", "whatsapp"};
	for (size_t i = 0; i < ROWS(phones); i++)
		if (str_is(channel, phones[i]))
			return ID_PHONE;
	return str_is(channel, "email") ? ID_EMAIL : ID_KIND_COUNT;
}

/* Suppresses every address of the channel the event names; with reason < 0 notes it for lifting. */
static void each_address(struct reading *r, struct str channel, int reason)
{
	struct consent_change *c = r->out;
	enum id_kind kind = address_kind(channel);
	c->about_address = true;
	for (size_t i = 0; i < r->ev->ids_n; i++) {
		if (r->ev->ids[i].kind != kind)
			continue;
		struct str key = suppression_key(channel, r->ev->ids[i].value, r->a);
		if (key.p == NULL)
			return;
		if (reason < 0 && c->lift_n < EVENT_IDS_MAX)
			c->lift[c->lift_n++] = key;
		if (reason < 0 || c->suppress_n == EVENT_IDS_MAX)
			continue;
		c->suppress[c->suppress_n++] = (struct suppression){
			.key = key,
			.reason = (enum suppress_reason)reason,
			.at_us = r->ev->occurred_us,
			.until_us = TIME_NONE,
			.source = cut_text(r->ev->source, SOURCE_MAX_BYTES),
			.seq = r->ev->seq,
		};
	}
}

/* A new yes ends what only an unsubscribe had closed; a complaint or a bounce stays. */
static void lift_where_agreed(struct reading *r)
{
	const struct consent_change *c = r->out;
	for (size_t i = 0; i < c->entries_n; i++) {
		const struct consent_entry *x = &c->entries[i];
		bool yes = x->state == CONSENT_GRANTED || x->state == CONSENT_CONFIRMED;
		if (yes && x->basis == BASIS_CONSENT)
			each_address(r, str_is(x->channel, CONSENT_ALL) ? STR("email") : x->channel,
				     -1);
	}
}

/* ---- properties and traits ---- */

static bool says_yes(struct str s, bool *yes)
{
	static const char *const good[] = {"true", "yes", "on", "1", "y", "granted", "given"};
	static const char *const bad[] = {"false", "no", "off", "0", "n", "denied", "withdrawn"};
	for (size_t i = 0; i < ROWS(good); i++) {
		if (str_eq_nocase(s, str_of(good[i])) || str_eq_nocase(s, str_of(bad[i]))) {
			*yes = str_eq_nocase(s, str_of(good[i]));
			return true;
		}
	}
	return false;
}

/* true, "yes", 1, or the name of a state. False: it says nothing we know. */
static bool read_state(const struct reading *r, const struct json *d, uint32_t v,
		       enum consent_state *out)
{
	bool yes;
	double number;
	struct str text = json_str(d, v, r->a);
	if (text.n && consent_state_of(text, out))
		return true;
	if (json_f64(d, v, &number))
		yes = number > 0;
	else if (!json_bool(d, v, &yes) && !says_yes(text, &yes))
		return false;
	*out = yes ? CONSENT_GRANTED : CONSENT_WITHDRAWN;
	return true;
}

static struct str member(const struct reading *r, const struct json *d, uint32_t v, const char *key)
{
	return json_str(d, json_get(d, v, key), r->a);
}

static int64_t said_us(const struct reading *r, const struct json *d, uint32_t v)
{
	int64_t at;
	struct str text = member(r, d, v, "at");
	bool past = text.n && time_parse(text, &at) && at <= r->ev->occurred_us;
	return past ? at : r->ev->occurred_us;
}

static struct consent_entry entry_of(const struct reading *r, const struct json *d, uint32_t v,
				     enum consent_state state)
{
	struct consent_entry x = {
		.channel = member(r, d, v, "channel"),
		.purpose = member(r, d, v, "purpose"),
		.state = state,
		.basis = BASIS_CONSENT,
		.source = member(r, d, v, "source"),
		.wording = member(r, d, v, "wording"),
		.proof = member(r, d, v, "proof"),
		.at_us = said_us(r, d, v),
	};
	struct str basis = member(r, d, v, "basis");
	if (basis.n && !consent_basis_of(basis, &x.basis))
		x.basis = BASIS_NONE; /* an unknown basis is no basis */
	return x;
}

static void fill_scope(const struct reading *r, struct consent_entry *x, enum scope scope)
{
	bool all = scope == SCOPE_ALL;
	if (x->channel.n == 0)
		x->channel = all ? STR(CONSENT_ALL) : default_channel(r);
	if (x->purpose.n == 0)
		x->purpose = all ? STR(CONSENT_ALL) : default_purpose(r);
}

/* {"given":true,"channel":..,"purpose":..,"basis":..,"wording":..,"proof":..,"at":..} */
static bool read_object(struct reading *r, const struct json *d, uint32_t v)
{
	static const char *const keys[] = {"given", "granted", "state"};
	enum consent_state state = CONSENT_GRANTED;
	bool told = json_get(d, v, "channel") != JSON_NONE || json_get(d, v, "basis") != JSON_NONE;
	for (size_t i = 0; i < ROWS(keys); i++) {
		uint32_t said = json_get(d, v, keys[i]);
		if (said == JSON_NONE)
			continue;
		if (!read_state(r, d, said, &state))
			return true; /* neither yes nor no: nothing was said */
		told = true;
	}
	if (!told)
		return false;
	struct consent_entry x = entry_of(r, d, v, state);
	fill_scope(r, &x, SCOPE_DEFAULT);
	add_entry(r, x);
	return true;
}

/* {"newsletter":true,"events":"no"}: purposes by name, on the default channel. */
static void read_purposes(struct reading *r, const struct json *d, uint32_t v)
{
	for (uint32_t p = json_first(d, v); p != JSON_NONE; p = json_next(d, v, p)) {
		enum consent_state state;
		if (!read_state(r, d, p, &state))
			continue;
		struct consent_entry x = {
			.channel = default_channel(r),
			.purpose = json_str(d, json_key(d, p), r->a),
			.state = state,
			.basis = BASIS_CONSENT,
			.at_us = r->ev->occurred_us,
		};
		if (x.purpose.n)
			add_entry(r, x);
	}
}

static void read_one(struct reading *r, const struct json *d, uint32_t v)
{
	enum consent_state state;
	if (json_is(d, v, JSON_OBJECT)) {
		if (!read_object(r, d, v))
			read_purposes(r, d, v);
	} else if (read_state(r, d, v, &state)) {
		struct consent_entry x = {
			.state = state, .basis = BASIS_CONSENT, .at_us = r->ev->occurred_us};
		fill_scope(r, &x, SCOPE_DEFAULT);
		add_entry(r, x);
	}
}

static enum status read_payload(struct reading *r, struct str payload, struct err *e)
{
	struct json d;
	static const char word[] = "\"consent\"";
	if (payload.n == 0 || memmem(payload.p, payload.n, word, sizeof word - 1) == NULL)
		return ST_OK; /* nearly every event ends here, unparsed */
	enum status st = json_parse(payload, JSON_LIMITS_EVENT, r->a, &d, e);
	if (st != ST_OK)
		return st;
	uint32_t v = json_get(&d, 0, "consent");
	if (!json_is(&d, v, JSON_ARRAY)) {
		if (v != JSON_NONE)
			read_one(r, &d, v);
		return ST_OK;
	}
	for (uint32_t i = json_first(&d, v); i != JSON_NONE; i = json_next(&d, v, i))
		read_one(r, &d, i);
	return ST_OK;
}

/* ---- verbs ---- */

static enum status read_verb(struct reading *r, const struct verb *verb, struct str channel,
			     struct err *e)
{
	struct json d = {.count = 0};
	uint32_t root = JSON_NONE;
	if (r->ev->properties.n) {
		enum status st = json_parse(r->ev->properties, JSON_LIMITS_EVENT, r->a, &d, e);
		if (st != ST_OK)
			return st;
		root = 0;
	}
	struct consent_entry x = entry_of(r, &d, root, verb->state);
	if (channel.n)
		x.channel = channel;
	fill_scope(r, &x, verb->scope);
	add_entry(r, x);
	/* Out of one newsletter is not out of everything: only that closes the address. */
	if (verb->suppress >= 0 &&
	    (str_is(x.purpose, CONSENT_ALL) || verb->state == CONSENT_OBJECTED))
		each_address(r, x.channel, verb->suppress);
	return ST_OK;
}

static bool hard(const struct reading *r)
{
	static const char *const words[] = {"hard",        "permanent",         "hardbounce",
					    "hard_bounce", "undetermined_hard", "5"};
	static const char *const keys[] = {"bounce", "bounce_type", "bounceType",
					   "type",   "class",       "kind"};
	struct json d;
	if (str_ends(r->ev->type, STR(".hard")) || str_ends(r->ev->type, STR("hard_bounce")))
		return true;
	if (r->ev->properties.n == 0 ||
	    json_parse(r->ev->properties, JSON_LIMITS_EVENT, r->a, &d, NULL) != ST_OK)
		return false;
	for (size_t i = 0; i < ROWS(keys); i++)
		for (size_t k = 0; k < ROWS(words); k++)
			if (str_eq_nocase(member(r, &d, 0, keys[i]), str_of(words[k])))
				return true;
	return false;
}

static bool is_bounce(struct str type)
{
	return str_starts(type, STR("email.bounce")) || str_is(type, "email.hard_bounce") ||
	       str_is(type, "email_bounced");
}

static bool is_channel(const struct reading *r, struct str name)
{
	for (size_t i = 0; r->program && i < r->program->consent.channels_n; i++)
		if (str_eq(r->program->consent.channels[i], name))
			return true;
	return address_kind(name) != ID_KIND_COUNT;
}

static enum status read_type(struct reading *r, struct err *e)
{
	struct str type = r->ev->type, head = type, last;
	size_t dot = type.n;
	while (dot > 0 && type.p[dot - 1] != '.')
		dot--;
	last = str_slice(type, dot, type.n);
	head = dot > 0 ? str_slice(type, 0, dot - 1) : STR("email");
	const struct verb *verb = NULL;
	if (str_is(head, "consent"))
		verb = find_verb(consent_verbs, ROWS(consent_verbs), last);
	if (verb != NULL)
		return read_verb(r, verb, STR_NULL, e);
	if (str_is(head, "form"))
		head = STR("email"); /* a form named unsubscribe */
	verb = find_verb(channel_verbs, ROWS(channel_verbs), last);
	if (verb != NULL && is_channel(r, head))
		return read_verb(r, verb, head, e);
	if (is_bounce(type) && hard(r))
		each_address(r, STR("email"), SUPPRESS_HARD_BOUNCE);
	return ST_OK;
}

enum status consent_from_event(const struct program *program, const struct event *ev,
			       struct str country, struct arena *a, struct consent_change *out,
			       struct err *e)
{
	struct reading r = {
		.program = program,
		.ev = ev,
		.country = country,
		.a = a,
		.out = out,
		.machine = ev->flags & (EVENT_BOT | EVENT_MACHINE),
		.trusted = (ev->flags & (EVENT_IMPORTED | EVENT_SYSTEM)) ||
			   str_starts(ev->source, STR("webhook:")) ||
			   str_is(ev->source, "trigger") ||
			   str_is(ev->source, "observe"), /* who followed a link in their mailbox */
	};
	out->entries_n = out->suppress_n = out->lift_n = 0;
	out->about_address = false;
	enum status st = read_type(&r, e);
	if (st == ST_OK)
		st = read_payload(&r, ev->properties, e);
	if (st == ST_OK)
		st = read_payload(&r, ev->traits, e);
	if (st == ST_OK)
		lift_where_agreed(&r);
	return st;
}
