/* SPDX-License-Identifier: Apache-2.0
 * doctor_mail.c: can mail leave, is it signed, and do its links lead anywhere? */
#include "cli/doctor.h"
#include "deliver/letter.h"
#include "node/settings.h"
#include "smtp/reach.h"
#include "smtp/smtp.h"

#include <stdio.h>

#define REACH_MS 3000

static bool load(struct patient *p, struct settings *s, struct finding *f)
{
	struct err e;
	if (settings_load(p->c->data, &p->c->arena, s, &e) == ST_OK)
		return true;
	doctor_say(f, HEALTH_FAIL, "docs/settings.md has every key", "%.190s", e.text);
	return false;
}

/* Every secret is there, every key can sign. */
static enum status try_all(struct patient *p, const struct settings *s, struct err *e)
{
	struct str got;
	struct letters *l = NULL;
	struct arena own; /* wiped: nobody needs them but to know that they are there */
	enum status st = ST_OK;
	arena_init(&own, 1u << 20);
	for (size_t i = 0; st == ST_OK && i < s->smtp_n; i++)
		st = settings_secret(p->c->data, &s->smtp[i].password, "smtp password", &own, &got,
				     e);
	if (st == ST_OK)
		st = settings_secret(p->c->data, &s->mailbox.password, "mailbox password", &own,
				     &got, e);
	if (st == ST_OK)
		st = settings_secret(p->c->data, &s->webhook_secret, "handoff_webhook secret", &own,
				     &got, e);
	arena_wipe(&own);
	arena_finish(&own);
	const struct letters_conf lc = {.dir = p->c->data, .settings = s};
	if (st == ST_OK)
		st = letters_create(&lc, &l, e);
	letters_destroy(&l);
	return st;
}

/* DKIM counts for a sender when d= is the domain of From or above it. */
static bool signs(const struct settings *s, struct str from)
{
	size_t at = str_find_byte(from, '@');
	struct str domain = str_trim(str_slice(from, at + 1, from.n));
	if (domain.n > 0 && domain.p[domain.n - 1] == '>')
		domain.n--;
	for (size_t i = 0; i < s->dkim_n; i++)
		if (str_ends(domain, str_of(s->dkim[i].domain)))
			return true;
	return false;
}

void doctor_check_mail(struct patient *p, struct finding *f)
{
	struct settings s;
	struct err e;
	if (!load(p, &s, f))
		return;
	if (try_all(p, &s, &e) != ST_OK)
		doctor_say(f, HEALTH_FAIL, "put the file or the variable in its place, readable",
			   "%.190s", e.text);
	else if (s.mode == SETTINGS_TEST)
		doctor_say(f, HEALTH_OK, NULL, "test mode: messages go into the simulated inbox");
	else if (p->door.program != NULL && !signs(&s, p->door.program->sender.from))
		doctor_say(f, HEALTH_WARN, "add a dkim key for the sender's domain",
			   "live; mail is not signed: large providers refuse it");
	else
		doctor_say(f, HEALTH_OK, NULL, "live; %zu server(s), %zu key(s) that sign",
			   s.smtp_n, s.dkim_n);
}

void doctor_check_relays(struct patient *p, struct finding *f)
{
	struct settings s;
	struct err e;
	if (!load(p, &s, f))
		return;
	if (s.mode == SETTINGS_TEST) {
		doctor_say(f, HEALTH_OK, NULL, "none is needed in test mode");
		return;
	}
	for (size_t i = 0; i < s.smtp_n; i++) {
		const struct settings_relay *r = &s.smtp[i];
		if (smtp_reach(r->host, (uint16_t)r->port, r->security == SMTP_SECURITY_TLS,
			       REACH_MS, &e) == ST_OK)
			continue;
		doctor_say(f, HEALTH_FAIL, "check host and port in settings.json, and firewalls",
			   "smtp[%zu]: %.170s", i, e.text);
		return;
	}
	doctor_say(f, HEALTH_OK, NULL, "%zu of %zu answer", s.smtp_n, s.smtp_n);
}

void doctor_check_links(struct patient *p, struct finding *f)
{
	struct settings s;
	if (!load(p, &s, f))
		return;
	const char *url = s.public_url;
	if (s.mode == SETTINGS_LIVE && url == NULL)
		doctor_say(f, HEALTH_FAIL, "set public_url to what the world calls this daemon",
			   "live, and links of messages lead to this machine's own address");
	else if (s.mode == SETTINGS_LIVE && !str_starts(str_of(url), STR("https://")))
		doctor_say(f, HEALTH_WARN, "set public_url to an https address",
			   "%.150s: one-click unsubscribe needs https", url);
	else
		doctor_say(f, HEALTH_OK, NULL, "links lead to %.150s",
			   url != NULL ? url : "the daemon itself");
}
