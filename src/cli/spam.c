/* SPDX-License-Identifier: Apache-2.0
 * spam.c: see spam.h. */
#include "cli/spam.h"

#include "base/assert.h"
#include "base/clock.h"
#include "cli/progress.h"
#include "compose/compose.h"
#include "mime/mime.h"

#include <math.h>

#define LETTER_MAX (4u << 20)
#define MENTIONED 0.05 /* points; a rule with less is information */

/* ---- one letter ---- */

void spam_say(struct cli *c, struct str letter, struct spam_said *out)
{
	struct err e = {.status = ST_OK};
	*out = (struct spam_said){.why = NULL};
	enum status st = spam_ask(letter, &c->arena, &out->report, &e);
	out->asked = st == ST_OK;
	if (st == ST_NOT_FOUND)
		out->why = "SpamAssassin is not installed: our own list of signs was asked alone";
	else if (st != ST_OK)
		out->why = arena_strz(&c->arena, str_of(e.text));
}

bool spam_is(const struct spam_said *s)
{
	return s->asked && s->report.points >= s->report.required;
}

void spam_put(const struct spam_said *s, struct json_w *w)
{
	const struct spam_report *r = &s->report;
	json_w_object(w);
	json_w_kbool(w, "asked", s->asked);
	if (!s->asked) {
		json_w_kz(w, "why", s->why);
		json_w_end(w);
		return;
	}
	json_w_kz(w, "by", r->by);
	json_w_kz(w, "health", spam_is(s) ? "warn" : "ok");
	json_w_kf64(w, "points", r->points);
	json_w_kf64(w, "required", r->required);
	json_w_key(w, "rules");
	json_w_array(w);
	for (size_t i = 0; i < r->rules_n; i++) {
		json_w_object(w);
		json_w_kstr(w, "rule", r->rules[i].name);
		json_w_kf64(w, "points", r->rules[i].points);
		json_w_kstr(w, "words", r->rules[i].words);
		json_w_end(w);
	}
	json_w_end(w);
	json_w_end(w);
}

static void show_rules(struct cli *c, const struct spam_report *r)
{
	for (size_t i = 0; i < r->rules_n; i++)
		if (fabs(r->rules[i].points) >= MENTIONED)
			fprintf(c->out, "      %5.1f  " STR_FMT "  " STR_FMT "\n",
				r->rules[i].points, STR_ARG(r->rules[i].name),
				STR_ARG(r->rules[i].words));
}

void spam_show(struct cli *c, const struct spam_said *s)
{
	const struct spam_report *r = &s->report;
	if (!s->asked) {
		cli_talk(c, "%s\n", s->why);
		return;
	}
	bool none = fabs(r->points) < MENTIONED; /* it writes -0.0 */
	fprintf(c->out, "%s%s%s  spamassassin: %.1f points; from %.1f on it is spam\n",
		cli_tint(c, spam_is(s) ? "yellow" : "green"), spam_is(s) ? "warn" : "  ok",
		cli_tint(c, "off"), none ? 0 : r->points, r->required);
	show_rules(c, r);
}

/* ---- all texts of a draft ---- */

static const char profile_text[] =
	"{\"ids\":[[\"email\",\"sara.lind@customer.example\"]],\"country\":\"DE\",\"tz\":"
	"\"Europe/Berlin\",\"source\":\"webinar\",\"asset\":\"guide\",\"traits\":{\"name\":"
	"\"Sara Lind\",\"firstName\":\"Sara\",\"lastName\":\"Lind\",\"title\":\"Head of "
	"Operations\","
	"\"seniority\":\"lead\",\"department\":\"operations\",\"company\":\"Customer GmbH\","
	"\"website\":\"https://customer.example\",\"city\":\"Ulm\",\"language\":\"en\"}}";
static const char account_text[] =
	"{\"key\":\"customer.example\",\"traits\":{\"name\":\"Customer GmbH\",\"industry\":"
	"\"logistics\",\"employees\":120,\"country\":\"DE\"}}";

struct trying {
	struct cli *c;
	const struct draft *d;
	struct json profile, account;
	size_t spam_n, unasked_n, asked_n;
	struct arena a; /* of one text */
};

static struct str as_it_is(void *ctx, struct str url, size_t n, bool primary)
{
	(void)ctx, (void)n, (void)primary;
	return url;
}

static enum status part_of(void *ctx, enum content_part_kind kind, struct str name, struct arena *a,
			   struct compose_part *out, struct err *e)
{
	const struct trying *t = ctx;
	struct str path =
		arena_printf(a, "%s/" STR_FMT ".liquid", content_part_folder(kind), STR_ARG(name));
	(void)e;
	for (size_t i = 0; i < t->d->files_n; i++) {
		if (!str_eq(t->d->files[i].path, path))
			continue;
		out->text = t->d->files[i].bytes;
		return ST_OK;
	}
	return ST_NOT_FOUND;
}

static enum status write_letter(struct trying *t, const struct compose_file *file,
				struct str *letter, struct err *e)
{
	struct buf bytes;
	struct compose_out out;
	struct str domain = t->d->program->sender.from;
	(void)str_cut(&domain, '@');
	const struct message m = {.id = 1,
				  .lead = 1,
				  .message = STR("spam-test"),
				  .address = STR("sara.lind@customer.example")};
	const struct compose_in in = {
		.content_name = file->path,
		.content = file->bytes,
		.program = t->d->program,
		.message = &m,
		.profile = &t->profile,
		.account = &t->account,
		.now_us = clock_now_us(),
		.link = as_it_is,
		.part = part_of,
		.ctx = t,
		.unsubscribe_url = arena_printf(&t->a, "https://" STR_FMT "/u/x", STR_ARG(domain)),
		.preferences_url = arena_printf(&t->a, "https://" STR_FMT "/p/x", STR_ARG(domain)),
		.pixel_url = arena_printf(&t->a, "https://" STR_FMT "/o/x.gif", STR_ARG(domain)),
		.message_id = arena_printf(&t->a, "m.a2b3c4d5e6f7@" STR_FMT, STR_ARG(domain)),
		.dice = 1,
	};
	enum status st = compose_render(&in, &out, &t->a, e);
	buf_init_arena(&bytes, &t->a, LETTER_MAX);
	if (st == ST_OK)
		st = mime_write(&out.mail, &bytes, e);
	*letter = buf_view(&bytes);
	return st;
}

static void tell_one(struct trying *t, const struct compose_file *file, const struct spam_said *s)
{
	struct buf b;
	struct json_w w;
	struct cli *c = t->c;
	if (!c->json) {
		fprintf(c->out, "content/" STR_FMT "\n", STR_ARG(file->path));
		if (s->asked)
			spam_show(c, s);
		else
			fprintf(c->out, "      not asked: %s\n", s->why);
		return;
	}
	buf_init_arena(&b, &t->a, LETTER_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.spam/1");
	json_w_kstr(&w, "file", arena_printf(&t->a, "content/" STR_FMT, STR_ARG(file->path)));
	json_w_key(&w, "spamassassin");
	spam_put(s, &w);
	json_w_end(&w);
	cli_line(c, buf_view(&b));
}

static void try_one(struct trying *t, const struct compose_file *file)
{
	struct str letter;
	struct err e = {.status = ST_OK};
	struct spam_said said = {.asked = false};
	struct arena_mark mark = arena_mark(&t->c->arena);
	if (write_letter(t, file, &letter, &e) == ST_OK)
		spam_say(t->c, letter, &said);
	else
		said.why = e.text; /* a slot our person leaves empty: another may fill it */
	t->asked_n += said.asked;
	t->unasked_n += !said.asked && e.status == ST_OK;
	t->spam_n += spam_is(&said);
	tell_one(t, file, &said);
	arena_rewind(&t->c->arena, mark);
	arena_reset(&t->a);
}

int spam_validate(struct cli *c, const struct draft *d)
{
	struct progress bar;
	struct trying *t = ARENA_NEW(&c->arena, struct trying);
	ASSERT(t != NULL && d->program != NULL);
	*t = (struct trying){.c = c, .d = d};
	if (json_parse(str_of(profile_text), JSON_LIMITS_EVENT, &c->arena, &t->profile, &c->err) !=
		    ST_OK ||
	    json_parse(str_of(account_text), JSON_LIMITS_EVENT, &c->arena, &t->account, &c->err) !=
		    ST_OK)
		return cli_fail(c, NULL);
	arena_init(&t->a, (size_t)64 << 20);
	progress_begin(&bar, c, "spam", "texts", d->index.n);
	size_t done = 0;
	for (size_t i = 0; i < d->files_n && !cli_interrupted() && t->unasked_n == 0; i++) {
		if (!str_ends(d->files[i].path, STR(".md")))
			continue;
		try_one(t, &d->files[i]);
		progress_at(&bar, ++done);
	}
	progress_end(&bar, done);
	arena_finish(&t->a);
	if (t->unasked_n > 0)
		cli_talk(c,
			 "SpamAssassin could not be asked; on Debian: apt install spamassassin\n");
	return t->spam_n + t->unasked_n > 0 ? CLI_PROBLEMS : CLI_OK;
}
