/* SPDX-License-Identifier: Apache-2.0
 * form.c: a plain HTML form becomes "form.<name>". Fields whose names everybody uses become traits
 * and identifiers, utm_* the campaign, the consent box and its wording the proof of a consent; all
 * others are properties. Secrets (passwords, card numbers, captcha answers) are dropped before
 * anything is stored: a page that posts them here did not mean to.
 *
 * A double click is one post: without a messageId the id is a hash of what was sent within the same
 * minute. A box that was not ticked is not sent by browsers, so its absence says nothing. */
#include "base/hash.h"
#include "base/time.h"
#include "ingest/fact.h"

enum role {
	R_PROPERTY,
	R_TRAIT,
	R_EMAIL,
	R_PHONE,
	R_COUNTRY,
	R_USER_ID,
	R_ANONYMOUS_ID,
	R_GROUP_ID,
	R_CONSENT,
	R_CONSENT_WORDING,
	R_CONSENT_CHANNEL,
	R_CONSENT_PURPOSE,
	R_CAMPAIGN,
	R_SOURCE,
	R_MEDIUM,
	R_TERM,
	R_CONTENT,
	R_URL,
	R_REFERRER,
	R_TITLE,
	R_HONEYPOT,
	R_REDIRECT,
	R_WRITE_KEY,
	R_MESSAGE_ID,
	R_DROPPED,
	R_COUNT
};

/* Names in lower case without '-', '_', '.', ' '; of "contact[email]" the part in brackets. */
static const struct {
	const char *name;
	enum role role;
	const char *trait;
} known[] = {
	{"email", R_EMAIL, "email"},
	{"emailaddress", R_EMAIL, "email"},
	{"mail", R_EMAIL, "email"},
	{"workemail", R_EMAIL, "email"},
	{"businessemail", R_EMAIL, "email"},
	{"youremail", R_EMAIL, "email"},
	{"phone", R_PHONE, "phone"},
	{"phonenumber", R_PHONE, "phone"},
	{"tel", R_PHONE, "phone"},
	{"telephone", R_PHONE, "phone"},
	{"mobile", R_PHONE, "phone"},
	{"name", R_TRAIT, "name"},
	{"fullname", R_TRAIT, "name"},
	{"yourname", R_TRAIT, "name"},
	{"firstname", R_TRAIT, "first_name"},
	{"fname", R_TRAIT, "first_name"},
	{"givenname", R_TRAIT, "first_name"},
	{"lastname", R_TRAIT, "last_name"},
	{"lname", R_TRAIT, "last_name"},
	{"surname", R_TRAIT, "last_name"},
	{"familyname", R_TRAIT, "last_name"},
	{"company", R_TRAIT, "company.name"},
	{"companyname", R_TRAIT, "company.name"},
	{"organization", R_TRAIT, "company.name"},
	{"organisation", R_TRAIT, "company.name"},
	{"companysize", R_TRAIT, "company.employees"},
	{"employees", R_TRAIT, "company.employees"},
	{"industry", R_TRAIT, "company.industry"},
	{"jobtitle", R_TRAIT, "title"},
	{"position", R_TRAIT, "title"},
	{"country", R_COUNTRY, "country"},
	{"city", R_TRAIT, "city"},
	{"website", R_TRAIT, "company.website"},
	{"userid", R_USER_ID, NULL},
	{"anonymousid", R_ANONYMOUS_ID, NULL},
	{"groupid", R_GROUP_ID, NULL},
	{"consent", R_CONSENT, NULL},
	{"optin", R_CONSENT, NULL},
	{"marketingconsent", R_CONSENT, NULL},
	{"marketingoptin", R_CONSENT, NULL},
	{"consentwording", R_CONSENT_WORDING, NULL},
	{"consenttext", R_CONSENT_WORDING, NULL},
	{"optinwording", R_CONSENT_WORDING, NULL},
	{"optintext", R_CONSENT_WORDING, NULL},
	{"consentchannel", R_CONSENT_CHANNEL, NULL},
	{"consentpurpose", R_CONSENT_PURPOSE, NULL},
	{"utmcampaign", R_CAMPAIGN, NULL},
	{"utmsource", R_SOURCE, NULL},
	{"utmmedium", R_MEDIUM, NULL},
	{"utmterm", R_TERM, NULL},
	{"utmcontent", R_CONTENT, NULL},
	{"pageurl", R_URL, NULL},
	{"pagetitle", R_TITLE, NULL},
	{"referrer", R_REFERRER, NULL},
	{"gotcha", R_HONEYPOT, NULL},
	{"honeypot", R_HONEYPOT, NULL},
	{"hp", R_HONEYPOT, NULL},
	{"redirect", R_REDIRECT, NULL},
	{"next", R_REDIRECT, NULL},
	{"writekey", R_WRITE_KEY, NULL},
	{"messageid", R_MESSAGE_ID, NULL},
	{"token", R_DROPPED, NULL},
	{"authenticitytoken", R_DROPPED, NULL},
	{"ssn", R_DROPPED, NULL},
	{"cvc", R_DROPPED, NULL},
	{"cvv", R_DROPPED, NULL},
};
/* Names that hold one of these are dropped as well. */
static const char *const secret_parts[] = {"password",  "passwd",     "csrf",       "captcha",
					   "turnstile", "cardnumber", "creditcard", "viewstate"};

struct form {
	const struct ingest_request *r;
	struct arena *a;
	struct fields f;
	const char
		*traits[INGEST_FORM_FIELDS_MAX]; /* trait name of each field with R_TRAIT and up */
	struct str value[R_COUNT];               /* first filled field of a role */
	bool sent[R_COUNT];
};

static enum role role_of(struct str name, const char **trait)
{
	char room[64];
	struct str c = fact_canonical(name, room);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_is(c, known[i].name)) {
			*trait = known[i].trait;
			return known[i].role;
		}
	for (size_t i = 0; i < sizeof secret_parts / sizeof secret_parts[0]; i++)
		if (str_find(c, str_of(secret_parts[i])) < c.n)
			return R_DROPPED;
	return R_PROPERTY;
}

static void sort_fields(struct form *m)
{
	for (size_t i = 0; i < m->f.n; i++) {
		struct field *f = &m->f.list[i];
		f->role = role_of(f->name, &m->traits[i]);
		m->sent[f->role] = true;
		if (m->value[f->role].n == 0)
			m->value[f->role] = f->value;
	}
}

static bool seen_before(const struct form *m, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(m->f.list[k].name, m->f.list[i].name))
			return true;
	return false;
}

/* One property: a text, or a list when the name was sent more than once (check boxes). */
static void put_property(const struct form *m, size_t i, struct json_w *w)
{
	size_t count = 0;
	for (size_t k = i; k < m->f.n; k++)
		count += str_eq(m->f.list[k].name, m->f.list[i].name) && m->f.list[k].value.n;
	if (count == 0 || seen_before(m, i))
		return;
	json_w_key_str(w, m->f.list[i].name);
	if (count > 1)
		json_w_array(w);
	for (size_t k = i; k < m->f.n; k++)
		if (str_eq(m->f.list[k].name, m->f.list[i].name) && m->f.list[k].value.n)
			json_w_str(w, m->f.list[k].value);
	if (count > 1)
		json_w_end(w);
}

static bool says_no(struct str v)
{
	static const char *const no[] = {"", "no", "false", "0", "off", "n", "none"};
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		if (str_eq_nocase(v, str_of(no[i])))
			return true;
	return false;
}

/* {"given":true,"channel":"email","purpose":"marketing","wording":"..."}: what consent/ reads. */
static void put_consent(const struct form *m, struct json_w *w)
{
	struct str channel = m->value[R_CONSENT_CHANNEL], purpose = m->value[R_CONSENT_PURPOSE];
	if (!m->sent[R_CONSENT])
		return;
	json_w_key(w, "consent");
	json_w_object(w);
	json_w_kbool(w, "given", !says_no(m->value[R_CONSENT]));
	json_w_kstr(w, "channel", channel.n ? channel : STR("email"));
	json_w_kstr(w, "purpose", purpose.n ? purpose : STR("marketing"));
	if (m->value[R_CONSENT_WORDING].n)
		json_w_kstr(w, "wording", m->value[R_CONSENT_WORDING]);
	json_w_end(w);
}

static bool write_properties(const struct form *m, struct str *out)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, m->a, FACT_PAYLOAD_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	put_consent(m, &w);
	for (size_t i = 0; i < m->f.n; i++) {
		bool twice = str_is(m->f.list[i].name, "consent"); /* the key is taken */
		if (m->f.list[i].role == R_PROPERTY && !twice)
			put_property(m, i, &w);
	}
	json_w_end(&w);
	*out = b.n > 2 ? buf_view(&b) : STR_NULL;
	return buf_ok(&b);
}

static bool write_traits(const struct form *m, struct str *out)
{
	struct buf b;
	struct pair pairs[INGEST_FORM_FIELDS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < m->f.n; i++)
		if (m->traits[i] && m->f.list[i].value.n)
			pairs[n++] = (struct pair){str_of(m->traits[i]),
						   object_text(m->f.list[i].value, m->a)};
	buf_init_arena(&b, m->a, FACT_PAYLOAD_MAX);
	bool good = object_write(pairs, n, &b);
	*out = n ? buf_view(&b) : STR_NULL;
	return good;
}

/* The cookie of our snippet, or of Segment's library, which quotes its value. */
static struct str anonymous_cookie(const struct form *m)
{
	struct str rest = m->r->headers[INGEST_H_COOKIE];
	for (unsigned i = 0; rest.n > 0 && i < 64; i++) {
		struct str value = str_cut(&rest, ';');
		struct str name = str_trim(str_cut(&value, '='));
		if (!str_is(name, "nurtured_id") && !str_is(name, "ajs_anonymous_id"))
			continue;
		value = fact_unescape(str_trim(value), false, m->a);
		if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
			value = str_slice(value, 1, value.n - 1);
		if (value.n > 0 && value.n <= 100)
			return value;
	}
	return STR_NULL;
}

static enum fault read_ids(const struct form *m, struct event *ev)
{
	struct str device = m->value[R_ANONYMOUS_ID];
	fact_add_id(ev, ID_USER_ID, STR_NULL, m->value[R_USER_ID]);
	fact_add_id(ev, ID_EMAIL, STR_NULL, m->value[R_EMAIL]);
	fact_add_id(ev, ID_PHONE, STR_NULL, m->value[R_PHONE]);
	fact_add_id(ev, ID_ANONYMOUS_ID, STR_NULL, device.n ? device : anonymous_cookie(m));
	ev->group_id = m->value[R_GROUP_ID];
	if (m->value[R_EMAIL].n && !fact_is_email(m->value[R_EMAIL]) &&
	    (ev->ids_n == 0 || m->r->strict))
		return FAULT_BAD_EMAIL;
	return ev->ids_n ? FAULT_NONE : FAULT_NO_IDENTITY;
}

static void read_context(const struct form *m, struct event *ev)
{
	struct event_context *c = &ev->context;
	const struct ingest_request *r = m->r;
	struct str language = r->headers[INGEST_H_ACCEPT_LANGUAGE];
	c->campaign = (struct event_campaign){
		.name = m->value[R_CAMPAIGN],
		.source = m->value[R_SOURCE],
		.medium = m->value[R_MEDIUM],
		.term = m->value[R_TERM],
		.content = m->value[R_CONTENT],
	};
	c->page.url = m->value[R_URL].n ? m->value[R_URL] : r->headers[INGEST_H_REFERER];
	c->country = fact_country(m->value[R_COUNTRY]);
	c->page.title = m->value[R_TITLE];
	c->page.referrer = m->value[R_REFERRER];
	fact_page_from_url(c, m->a);
	language = str_slice(language, 0, str_find_byte(language, ','));
	c->locale = str_trim(str_slice(language, 0, str_find_byte(language, ';')));
	ev->flags |= fact_request_flags(r);
	if (!fact_from_browser(r)) /* a server that passes the form on: not the lead's address */
		return;
	c->ip = r->remote_ip;
	c->user_agent = r->headers[INGEST_H_USER_AGENT];
	ev->flags |= ingest_bot_flags(c->user_agent);
}

/* Two visitors may tick the same boxes in the same minute: who they are is part of what was sent.
 * */
static uint64_t sender(const struct ingest_request *r, const struct event *ev)
{
	uint64_t h = hash_str(r->name, hash_str(r->remote_ip, 0));
	return hash_str(event_id_value(ev, ID_ANONYMOUS_ID), h);
}

static enum fault read_form(struct form *m, struct event *ev)
{
	const struct ingest_request *r = m->r;
	fact_begin(ev, r);
	ev->name = fact_cut(fact_scrub(r->name, m->a), FACT_NAME_MAX);
	ev->type = fact_type("form", ev->name, m->a);
	enum fault f = read_ids(m, ev);
	if (f != FAULT_NONE)
		return f;
	if (!write_traits(m, &ev->traits) || !write_properties(m, &ev->properties))
		return FAULT_TOO_LARGE;
	read_context(m, ev);
	if (m->value[R_HONEYPOT].n)
		ev->flags |= EVENT_BOT;
	ev->message_id = m->value[R_MESSAGE_ID];
	if (ev->message_id.n == 0 || ev->message_id.n > EVENT_MESSAGE_ID_MAX)
		ev->message_id =
			fact_message_id(r->body, sender(r, ev), r->received_us / US_PER_M, m->a);
	return ev->message_id.n ? fact_finish(ev) : FAULT_TOO_LARGE;
}

/* "https://host[:port]" of a URL; empty when it is no plain http(s) URL. */
static struct str origin_of(struct str url)
{
	bool tls = str_starts(url, STR("https://"));
	if (!tls && !str_starts(url, STR("http://")))
		return STR_NULL;
	size_t from = tls ? 8 : 7, end = from;
	while (end < url.n && strchr("/?#", url.p[end]) == NULL)
		end++;
	struct str host = str_slice(url, from, end);
	if (host.n == 0 || str_find_byte(host, '@') < host.n)
		return STR_NULL;
	return str_slice(url, 0, end);
}

static bool origin_allowed(const struct ingest_request *r, struct str origin)
{
	for (size_t i = 0; i < r->origins_n; i++)
		if (origin.n && str_eq_nocase(r->origins[i], origin))
			return true;
	return false;
}

/* An open redirect lends our good name to anyone: only listed origins, and for a path the page's
 * own one, when it is listed. Printable ASCII without backslash, which browsers read as a slash. */
static struct str safe_redirect(const struct form *m)
{
	struct str to = m->value[R_REDIRECT];
	struct str page = origin_of(m->r->headers[INGEST_H_REFERER]);
	for (size_t i = 0; i < to.n; i++)
		if (to.p[i] <= ' ' || to.p[i] > '~' || to.p[i] == '\\')
			return STR_NULL;
	if (to.n == 0 || to.n > FACT_URL_MAX)
		return STR_NULL;
	if (to.p[0] != '/')
		return origin_allowed(m->r, origin_of(to)) ? to : STR_NULL;
	if ((to.n > 1 && to.p[1] == '/') || !origin_allowed(m->r, page))
		return STR_NULL;
	return arena_printf(m->a, STR_FMT STR_FMT, STR_ARG(page), STR_ARG(to));
}

enum status form_decode(const struct ingest_request *r, struct arena *a, struct ingest_result *out,
			struct err *e)
{
	struct form *m = ARENA_NEW(a, struct form);
	struct event *ev = ARENA_NEW(a, struct event);
	if (m == NULL || ev == NULL)
		return err_set(e, ST_LIMIT, "no room for the form");
	*m = (struct form){.r = r, .a = a};
	enum status st = fields_read(r->headers[INGEST_H_CONTENT_TYPE], r->body, a, &m->f, e);
	if (st != ST_OK)
		return st;
	sort_fields(m);
	out->write_key = m->value[R_WRITE_KEY];
	out->redirect = safe_redirect(m);
	out->events = ev;
	enum fault f = read_form(m, ev);
	if (f == FAULT_NONE)
		out->events_n = 1;
	else if (!fact_refuse(out, a, 0, 1, f, r->body))
		return err_set(e, ST_LIMIT, "no room for the refusal");
	return ST_OK;
}
