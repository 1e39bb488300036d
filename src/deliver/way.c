/* SPDX-License-Identifier: Apache-2.0
 * way.c: to the mail servers, and how fast. A server gets no more mails than it has connections,
 * three times: so a mail does not wait behind leave_ask, and no connection waits for a letter. */
#include "deliver/work.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/time.h"
#include "engine/engine.h"

#include <stdio.h>
#include <unistd.h>

#define LINES_MAX 65536
#define TROUBLE_US (10 * US_PER_S)
#define MINUTE_US (60 * US_PER_S)

/* ---- results ---- */

static void fill_answer(struct deliver *d, struct item *item, const struct smtp_result *r)
{
	struct answer *a = &item->answer;
	struct smtp_retry retry =
		smtp_retry_after(r, item->attempts > 0 ? item->attempts : 1, 0, item->id);
	*a = (struct answer){
		.outcome = r->outcome,
		.class = retry.class,
		.code = r->code,
		.after_us = retry.after_us,
		.expired = retry.expired,
		.at_us = clock_now_us(),
	};
	(void)snprintf(a->reason, sizeof a->reason, "%s: " STR_FMT "%s%s",
		       smtp_class_name(retry.class), STR_ARG(str_upto(r->text, 300)),
		       r->outcome == SMTP_SENT ? "" : "; ",
		       r->outcome == SMTP_SENT ? "" : smtp_class_help(retry.class));
	if (retry.scope == SMTP_SCOPE_SERVER)
		d->ways[item->way].hold_us = a->at_us + TROUBLE_US;
	struct str domain = item->to;
	(void)str_cut(&domain, '@');
	if (retry.class == SMTP_CLASS_THROTTLED)
		smtp_pace_pushed_back(d->pace, domain, a->at_us);
	else if (r->outcome == SMTP_SENT)
		smtp_pace_went_well(d->pace, domain, a->at_us);
}

static void on_result(void *ctx, const struct smtp_result *r)
{
	struct deliver *d = ctx;
	pthread_mutex_lock(&d->lock);
	struct item *item = items_find(d, r->id);
	ASSERT(item != NULL && item->state == ITEM_SPOKEN && r->last);
	fill_answer(d, item, r);
	way_give(d, item->way);
	items_answer(d, item);
	pthread_mutex_unlock(&d->lock);
}

static void on_last_byte(void *ctx, size_t place)
{
	struct deliver *d = ctx;
	marks_speak(d->marks, place);
}

/* There is room again: one writer is woken for all of it. */
static void on_turn(void *ctx)
{
	struct deliver *d = ctx;
	pthread_mutex_lock(&d->lock);
	if (d->queue_n + d->held_n > 0 || d->missed)
		pthread_cond_signal(&d->work);
	pthread_mutex_unlock(&d->lock);
}

/* ---- opening ---- */

static enum status fill_relay(struct deliver *d, size_t i, struct smtp_relay *out, struct err *e)
{
	const struct settings_relay *s = &d->conf.settings->smtp[i];
	char path[NODE_PATH_MAX], key[32];
	struct str password;
	(void)snprintf(key, sizeof key, "settings.json: smtp[%zu].password", i);
	enum status st = settings_secret(d->conf.dir, &s->password, key, &d->secrets, &password, e);
	if (st != ST_OK)
		return st;
	*out = (struct smtp_relay){
		.host = s->host,
		.port = (uint16_t)s->port,
		.security = (enum smtp_security)s->security,
		.tls_name = s->tls_name,
		.user = s->user,
		.password = s->user != NULL ? arena_strz(&d->secrets, password) : NULL,
		.connections_max = (unsigned)s->connections,
	};
	if (s->ca != NULL)
		out->ca_path =
			arena_strz(&d->secrets, str_of(settings_path(d->conf.dir, s->ca, path)));
	d->ways[i].spoken_max = 3 * (s->connections > 0 ? (size_t)s->connections : 10);
	return ST_OK;
}

static void open_pace(struct deliver *d)
{
	const struct settings *s = d->conf.settings;
	struct smtp_pace_conf pace = smtp_pace_conf_default();
	memcpy(pace.provider, s->pace, sizeof pace.provider);
	pace.sender = s->pace_sender;
	pace.warm_up = d->warm_up;
	pace.warm_up_days = s->warm_up_n;
	memcpy(d->warm_up, s->warm_up, sizeof d->warm_up);
	d->pace = smtp_pace_create(&pace);
	strmap_init(&d->lines, LINES_MAX);
}

/* Where a sender that warms up had come to. There is one sending domain: the program's. */
static void remember_sender(struct deliver *d)
{
	const struct program *p;
	struct engine_sent sent;
	int64_t now = clock_now_us();
	struct letter_desk *desk = d->writers[0].desk;
	if (d->conf.settings->warm_up_n == 0 || letter_program(desk, &p, NULL) != ST_OK ||
	    engine_sent_read(d->reader, &d->secrets, &sent, NULL) != ST_OK ||
	    sent.first_us == TIME_NONE)
		return; /* a ramp that begins anew is only slow */
	struct str domain = p->sender.from;
	(void)str_cut(&domain, '@');
	size_t n = str_find_byte(domain, '>');
	int64_t latest = sent.latest_us < now ? sent.latest_us : now;
	uint32_t today = sent.latest_us >= now ? sent.latest_day : 0;
	enum status st =
		smtp_pace_sender(d->pace, str_slice(domain, 0, n), sent.first_us, today, latest);
	ASSERT(st == ST_OK); /* the table is empty yet */
}

enum status way_open(struct deliver *d, struct err *e)
{
	const struct settings *s = d->conf.settings;
	struct smtp_relay relays[SETTINGS_RELAYS_MAX];
	struct smtp_pool_conf conf = SMTP_POOL_CONF_DEFAULT;
	char host[256] = "localhost";
	size_t most = 0;
	ASSERT(s->smtp_n > 0);
	for (size_t i = 0; i < s->smtp_n; i++) {
		enum status st = fill_relay(d, i, &relays[i], e);
		if (st != ST_OK)
			return st;
		most += d->ways[i].spoken_max;
	}
	(void)gethostname(host, sizeof host - 1); /* localhost says it as well */
	conf.relays = relays;
	conf.relay_count = s->smtp_n;
	conf.helo_name = s->smtp[0].helo != NULL ? s->smtp[0].helo : host;
	conf.mails_max = most;
	conf.listener = (struct smtp_listener){
		.ctx = d, .on_result = on_result, .on_turn = on_turn, .on_last_byte = on_last_byte};
	open_pace(d);
	remember_sender(d);
	return smtp_pool_create(&conf, &d->pool, e);
}

void way_close(struct deliver *d)
{
	if (d->pace != NULL)
		strmap_finish(&d->lines);
	smtp_pace_destroy(&d->pace);
}

/* ---- which, and when ---- */

bool way_take(struct deliver *d, int64_t now_us, size_t *way_r)
{
	size_t n = d->conf.settings->smtp_n, best = SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		size_t w = (d->way_next + i) % n;
		bool room = d->ways[w].spoken < d->ways[w].spoken_max;
		bool well = d->ways[w].hold_us <= now_us;
		if (room && (best == SIZE_MAX || (well && d->ways[best].hold_us > now_us)))
			best = w;
	}
	if (best == SIZE_MAX)
		return false;
	d->ways[best].spoken++;
	d->way_next = best + 1;
	*way_r = best;
	return true;
}

bool way_free(const struct deliver *d)
{
	bool any = !d->live;
	for (size_t i = 0; i < d->conf.settings->smtp_n && !any; i++)
		any = d->ways[i].spoken < d->ways[i].spoken_max;
	return any;
}

void way_give(struct deliver *d, size_t way)
{
	ASSERT(d->ways[way].spoken > 0);
	d->ways[way].spoken--;
}

/* The place of one more at the end of a line that moves at a rate, not before `from_us`. */
static int64_t line_up(struct deliver *d, struct str name, struct smtp_rate rate, int64_t from_us)
{
	uint64_t end = 0;
	int64_t each = rate.per_minute > 0 ? MINUTE_US / rate.per_minute : 0;
	if (strmap_get(&d->lines, name, &end) && (int64_t)end > from_us)
		from_us = (int64_t)end;
	if (!strmap_put(&d->lines, name, (uint64_t)(from_us + each))) {
		strmap_clear(&d->lines); /* a guess is lost, not a limit */
		(void)strmap_put(&d->lines, name, (uint64_t)(from_us + each));
	}
	return from_us;
}

int64_t way_wait_us(struct deliver *d, struct str domain, struct str sender, int64_t now_us)
{
	char name[300];
	enum smtp_provider p = smtp_provider_of(domain);
	int64_t next = smtp_pace_next(d->pace, domain, sender, now_us);
	if (next <= now_us) {
		smtp_pace_take(d->pace, domain, sender, now_us);
		return 0;
	}
	/* Those who wait come back one by one, at the pace they will be let through. */
	struct str group = p == SMTP_PROVIDER_OTHER ? str_slice(domain, 0, 253)
						    : str_of(smtp_provider_name(p));
	int n = snprintf(name, sizeof name, "sender " STR_FMT, STR_ARG(str_slice(sender, 0, 253)));
	int64_t at = line_up(d, group, d->conf.settings->pace[p], next);
	int64_t also = line_up(d, str_n(name, (size_t)n), d->conf.settings->pace_sender, next);
	return (also > at ? also : at) - now_us;
}

bool way_speak(struct deliver *d, struct item *item)
{
	struct err e;
	const struct smtp_mail mail = {
		.id = item->id,
		.relay = item->way,
		.from = item->from,
		.rcpts = &item->to,
		.rcpt_count = 1,
		.bytes = item->bytes,
		.more = true,
		.place = item->place,
	};
	enum status st = smtp_submit(d->pool, &mail, &e);
	if (st == ST_OK)
		return true;
	if (st == ST_INVALID || st == ST_LIMIT) {
		item->answer = (struct answer){
			.outcome = SMTP_FAILED, .class = SMTP_CLASS_COUNT, .at_us = clock_now_us()};
		(void)snprintf(item->answer.reason, sizeof item->answer.reason, "%.300s", e.text);
	} else {
		answer_untried(&item->answer, US_PER_M, e.text);
	}
	return false;
}
