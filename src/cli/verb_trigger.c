/* SPDX-License-Identifier: Apache-2.0
 * verb_trigger.c: one event by hand, and what it did: the quickest way to see the engine think. */
#include "base/clock.h"
#include "base/time.h"
#include "cli/look.h"
#include "cli/verbs.h"
#include "engine/outbox.h"
#include "identity/identity.h"
#include "ingest/fact.h"
#include "model/tier.h"
#include "node/settings.h"
#include "view/view_did.h"

#include <string.h>

#define SENT_LOOKS 50 /* in a second */

/* How --consent is written down. "confirmed": the second act of a double opt-in was seen. */
static const char *const bases[] = {"consent", "legitimate_interest", "contract", "confirmed"};

static bool known_basis(const char *basis)
{
	for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++)
		if (basis != NULL && strcmp(basis, bases[i]) == 0)
			return true;
	return basis == NULL;
}

static void put_consent(struct json_w *w, const char *basis)
{
	bool confirmed = strcmp(basis, "confirmed") == 0;
	json_w_key(w, "consent");
	json_w_object(w);
	json_w_kbool(w, "given", true);
	json_w_kz(w, "basis", confirmed ? "consent" : basis);
	if (confirmed)
		json_w_kz(w, "state", "confirmed");
	json_w_kz(w, "source", "an operator with nurtured trigger");
	json_w_end(w);
}

#define PAIRS_MAX (32u << 10)

/* "amount=12,plan=pro" as a JSON object; numbers and true/false stay what they are. */
static struct str pairs(struct cli *c, const char *spec, const char *consent)
{
	struct buf b;
	struct json_w w;
	double number;
	struct str rest = str_of(spec);
	if (spec == NULL && consent == NULL)
		return STR_NULL;
	buf_init_arena(&b, &c->arena, str_of(spec).n * 6 + 4096);
	json_w_init(&w, &b);
	json_w_object(&w);
	if (consent != NULL)
		put_consent(&w, consent);
	while (rest.n) {
		struct str item = str_cut(&rest, ','), key = str_trim(str_cut(&item, '='));
		if (key.n == 0 || item.p == NULL)
			return STR_NULL;
		json_w_key_str(&w, key);
		if (str_to_f64(item, &number) || str_is(item, "true") || str_is(item, "false"))
			json_w_raw(&w, item);
		else
			json_w_str(&w, item);
	}
	json_w_end(&w);
	return buf_view(&b);
}

/* What came behind the scores: where the lead is now, what was decided, what is on its way. */
static void show_trail(struct cli *c, struct view *v, const struct view_triggered *t)
{
	struct view_trail trail[VIEW_TRAIL_MAX];
	size_t n = view_trail(v, t, trail), at = 0;
	while (at < n && strcmp(trail[at].stage, "score") != 0)
		at++;
	for (size_t i = at + 1; i < n; i++)
		fprintf(c->out, "  %-10s  " STR_FMT "\n", trail[i].stage, STR_ARG(trail[i].text));
}

static void show(struct cli *c, struct view *v, const struct view_triggered *t)
{
	const struct view_standing *old = &t->before, *now = &t->after;
	if (c->json) {
		struct buf b;
		struct json_w w;
		buf_init_arena(&b, &c->arena, 1u << 16);
		json_w_init(&w, &b);
		view_triggered(v, t, &w);
		cli_line(c, buf_view(&b));
		return;
	}
	fprintf(c->out, "event %llu %s\n", (unsigned long long)t->seq,
		t->duplicate ? "was there already: nothing changed" : "accepted, durable, folded");
	if (!now->there) {
		fprintf(c->out, "  it belongs to no lead: nurtured events --dead says why\n");
		return;
	}
	fprintf(c->out, "  lead        %llu%s\n", (unsigned long long)now->lead,
		old->there ? "" : " (new)");
	fprintf(c->out, "  fit         %g -> %g\n", old->fit, now->fit);
	fprintf(c->out, "  engagement  %g -> %g\n", old->engagement, now->engagement);
	fprintf(c->out, "  score       %g -> %g\n", old->score, now->score);
	fprintf(c->out, "  tier        %s -> %s\n", old->there ? tier_name(old->tier) : "-",
		tier_name(now->tier));
	show_trail(c, v, t);
	cli_next(c, "nurtured explain %llu", (unsigned long long)now->lead);
}

static bool is_sending(struct cli *c, struct door *d, uint64_t message)
{
	struct message m;
	struct arena_mark mark = arena_mark(&c->arena);
	bool sending = message != 0 &&
		       outbox_get(d->node->store, message, &c->arena, &m, NULL) == ST_OK &&
		       m.state == MESSAGE_SENDING;
	arena_rewind(&c->arena, mark);
	return sending;
}

/* Beside a daemon a message is handed over in the next moment, in test mode into the simulated
 * inbox: "sent" is worth the wait. */
static void wait_sent(struct cli *c, struct door *d, uint64_t message)
{
	struct settings s;
	if (d->client == NULL || settings_load(c->data, &c->arena, &s, NULL) != ST_OK ||
	    s.mode != SETTINGS_TEST)
		return;
	for (int i = 0; i < SENT_LOOKS && is_sending(c, d, message); i++)
		clock_sleep_us(US_PER_S / SENT_LOOKS);
}

static const char *fill(struct cli *c, struct event *ev)
{
	static const struct {
		const char *opt;
		enum id_kind kind;
	} ids[] = {{"email", ID_EMAIL},
		   {"user-id", ID_USER_ID},
		   {"anonymous-id", ID_ANONYMOUS_ID},
		   {"phone", ID_PHONE}};
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		const char *v = cli_value(c, ids[i].opt);
		if (v == NULL)
			continue;
		if (!event_add_id(ev, ids[i].kind, STR_NULL, str_of(v)))
			return "an identifier is empty or too long";
	}
	if (ev->ids_n == 0)
		return "whose event is it? --email, --user-id, --anonymous-id or --phone";
	const char *at = cli_value(c, "at");
	if (at != NULL && !time_parse(str_of(at), &ev->occurred_us))
		return "--at wants an instant like 2026-11-21T07:00:00Z";
	if (!known_basis(cli_value(c, "consent")))
		return "--consent wants consent, legitimate_interest, contract or confirmed";
	ev->properties = pairs(c, cli_value(c, "property"), cli_value(c, "consent"));
	ev->traits = pairs(c, cli_value(c, "trait"), NULL);
	if (ev->properties.n > PAIRS_MAX || ev->traits.n > PAIRS_MAX)
		return "an event holds at most 32 KB";
	if ((cli_value(c, "property") && ev->properties.n == 0) ||
	    (cli_value(c, "trait") && ev->traits.n == 0))
		return "--property and --trait want KEY=VALUE[,KEY=VALUE]";
	/* As the door does it: rules of consent go by the country. */
	struct json d;
	if (ev->traits.n && json_parse(ev->traits, JSON_LIMITS_EVENT, &c->arena, &d, NULL) == ST_OK)
		fact_country_of(ev, &d, 0, &c->arena);
	return NULL;
}

/* An identifier that can never be one would leave an event of nobody. Whether a number without +
 * is one is the program's to say. */
static enum status whose(struct cli *c, const struct event *ev, bool phones,
			 const struct program *program)
{
	struct identity_key key;
	enum status st = ST_OK;
	for (size_t i = 0; i < ev->ids_n && st == ST_OK; i++)
		if (phones || ev->ids[i].kind != ID_PHONE)
			st = identity_normalise(program, &ev->ids[i], &c->arena, &key, &c->err);
	return st;
}

static int run(struct cli *c)
{
	struct door d;
	if (c->args_n != 1)
		return cli_usage(c,
				 "trigger wants one EVENT, for example form.demo or page.pricing");
	struct door_item item = {
		.source = STR("trigger"),
		.event = {.occurred_us = clock_now_us(), .context.scroll = -1},
	};
	if (event_type_named(str_of(c->args[0]), &c->arena, &item.event.type, &c->err) != ST_OK)
		return cli_refused(c);
	const char *id = cli_value(c, "message-id"), *wrong = fill(c, &item.event);
	if (wrong != NULL)
		return cli_usage(c, "%s", wrong);
	if (whose(c, &item.event, false, NULL) != ST_OK)
		return cli_refused(c);
	if (id != NULL)
		item.message_id = str_of(id);
	if (c->dry_run) {
		cli_talk(c, "would send " STR_FMT "\n", STR_ARG(item.event.type));
		return CLI_OK;
	}
	if (door_open(c, DOOR_WRITE, &d, &c->err) != ST_OK)
		return cli_fail_open(c);
	if (whose(c, &item.event, true, d.program) != ST_OK) {
		door_close(&d);
		return cli_refused(c);
	}
	struct view v = door_view(c, &d);
	struct view_triggered t = {0};
	view_standing_of(&v, &item.event, &t.before);
	enum status st = door_send(c, &d, &item, 1, &c->err);
	if (st == ST_OK) {
		t.seq = item.seq;
		t.duplicate = item.duplicate;
		view_standing_of(&v, &item.event, &t.after);
		wait_sent(c, &d, t.after.message);
		view_standing_of(&v, &item.event, &t.after);
		show(c, &v, &t);
		if (d.program == NULL)
			cli_talk(c, "no program is in force: nothing is scored, decided or sent\n"
				    "  fix: nurtured apply\n");
		if (d.client == NULL && is_sending(c, &d, t.after.message))
			cli_talk(c, "message %llu leaves when a daemon runs: nurtured serve\n",
				 (unsigned long long)t.after.message);
	}
	door_close(&d);
	return st == ST_OK ? CLI_OK : cli_refused(c);
}

const struct verb verb_trigger = {
	.name = "trigger",
	.group = "run",
	.args = "EVENT",
	.summary = "Send one event and see what it does",
	.examples =
		{"nurtured trigger form.demo --email sara@acme.example",
		 "nurtured trigger form.ebook --email sara@acme.example --consent confirmed",
		 "nurtured trigger identify --email sara@acme.example --trait "
		 "title=CTO,employees=80",
		 "nurtured trigger page.pricing --anonymous-id dev-1 --at 2026-11-01T09:00:00Z"},
	.opts = {{"email", 0, "ADDRESS", "whose event it is"},
		 {"user-id", 0, "ID", "whose event it is"},
		 {"anonymous-id", 0, "ID", "whose event it is"},
		 {"phone", 0, "NUMBER", "whose event it is (with +)"},
		 {"property", 0, "K=V,...", "properties of the event"},
		 {"trait", 0, "K=V,...", "facts about the person"},
		 {"consent", 0, "BASIS",
		  "what they agreed to: consent, confirmed (double opt-in), legitimate_interest, "
		  "contract"},
		 {"at", 0, "TIME", "when it happened (default now)"},
		 {"message-id", 0, "ID", "the duplicate key (default a fresh one)"}},
	.run = run,
};
