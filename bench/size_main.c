/* SPDX-License-Identifier: Apache-2.0
 * size_main.c: build/bench-size [FOLDER [THOUSAND_LEADS]] fills a state with leads on tracks (a
 * million, ten events each, without more), as the engine would have written it, and asks it what
 * people ask: p50 and p99 against the ceiling of 20 ms. Then alarms: a tick with none due, and with
 * a thousand. */
#include "base/clock.h"
#include "base/time.h"
#include "engine/journeys.h"
#include "engine/outbox.h"
#include "engine/tally.h"
#include "model/key.h"
#include "node/draft.h"
#include "node/node.h"
#include "view/view_next.h"
#include "view/view_numbers.h"
#include "view/view_play.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 200
#define CEILING_US 20000
#define STEPS 4
#define EVENTS_EACH 10
#define DUE 1000
#define DAYS 28

static const char *const tracks[] = {"early", "middle", "late"};
static const char *const steps[] = {"one", "two", "three", "four"};
static const char *const sources[] = {"ads", "ebook", "fair",   "partner", "referral",
				      "seo", "site",  "social", "webinar", "other"};

struct size {
	struct arena arena; /* of the program */
	struct arena row;   /* of one row */
	char dir[NODE_PATH_MAX];
	uint64_t leads;
	int64_t now_us;
	struct store *store;
	struct program *program;
	struct err e;
};

static void must(struct size *s, enum status st)
{
	if (st == ST_OK)
		return;
	(void)fprintf(stderr, "bench-size: %s\n", s->e.text);
	exit(1);
}

/* ---- a node with a program and its texts ---- */

static struct str program_text(struct arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 1u << 16);
	buf_str(&b, STR("nurture: 1\nprogram: size\ngoal: meeting.booked\n"
			"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n"
			"scoring:\n  fit: [{name: any, if: lead.known, points: 40}]\n"
			"  engagement: {half_life: 14d, points: {page.pricing: 5, form.demo: 60}}\n"
			"consent: {default: opt_out, unknown: opt_out, purposes: [news], "
			"channels: [email]}\ntracks:\n"));
	for (size_t t = 0; t < 3; t++) {
		buf_printf(&b, "  %s:\n    stage: s%zu\n    enter: fit > %zu\n", tracks[t], t,
			   90 + t);
		buf_str(&b, STR("    cadence: 3d..5d\n    sequence:\n"));
		for (size_t k = 0; k < STEPS; k++)
			buf_printf(&b, "      - {send: %s, angles: [a, b], wait: 4d}\n", steps[k]);
	}
	buf_str(&b, STR("guardrails:\n  max_emails: {per_day: 1, per_week: 3}\n"
			"teams:\n  sdr:\n    reps: [{name: Jo, email: jo@larkspur.example}]\n"));
	return buf_view(&b);
}

static struct str draft_text(struct arena *a)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, a, 1u << 20);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kstr(&w, "program", program_text(a));
	json_w_key(&w, "content");
	json_w_object(&w);
	for (size_t k = 0; k < STEPS; k++)
		for (int angle = 'a'; angle <= 'b'; angle++) {
			json_w_key_str(&w, arena_printf(a, "%s/%c.md", steps[k], angle));
			json_w_z(&w, "---\nsubject: Figures\ncta:\n  label: See\n  url: "
				     "https://larkspur.example/x\n  type: read\n---\nHello.\n");
		}
	json_w_end(&w);
	json_w_end(&w);
	return buf_view(&b);
}

static void apply(struct size *s)
{
	struct node *n;
	struct draft d;
	struct draft_events ev;
	struct node_conf conf = node_conf_default(s->dir, NODE_WRITE);
	conf.create = true;
	must(s, node_open(&conf, &n, &s->e));
	must(s, draft_read_json(draft_text(&s->arena), &s->arena, &d, &s->e));
	must(s, draft_check(&d, &s->arena, &s->e));
	must(s, draft_complete(&d, n->store, &s->arena, &s->e));
	must(s, draft_entries(&d, n->store, s->now_us, &s->arena, &ev, &s->e));
	must(s, node_submit(n, ev.list, ev.n, &s->e));
	draft_finish(&d);
	node_close(&n);
}

/* ---- rows ---- */

static void put(struct size *s, enum table t, struct store_key k, struct str value)
{
	must(s, store_put(s->store, t, k, value, &s->e));
}

static void put_key(struct size *s, enum table t, struct key k)
{
	put(s, t, KEY_BYTES(key_view(&k)), STR(""));
}

static enum tier tier_of_lead(uint64_t id)
{
	return id % 50 == 0 ? TIER_HOT : id % 5 == 0 ? TIER_WARM : TIER_COLD;
}

static void fill_journey(const struct size *s, uint64_t id, struct journey *j)
{
	journey_init(j, id);
	j->phase = id % 4 ? JOURNEY_WATCHING : JOURNEY_DUE;
	j->version = 1;
	j->track = str_of(tracks[id % 3]);
	j->step_n = (uint32_t)(id / 3 % STEPS);
	j->step = str_of(steps[j->step_n]);
	j->entered_us = s->now_us - (int64_t)(id % 20) * US_PER_D;
	/* A thousand are due within the hour, all others later. */
	j->due_us = id <= DUE ? s->now_us + US_PER_H / 2 : s->now_us + 200 * US_PER_D;
	j->message = id;
	for (uint64_t i = 0; i < 4; i++) {
		const struct touch x = {.message = i == 3 ? id : s->leads + 4 * id + i,
					.at_us = s->now_us - (int64_t)(5 - i) * 4 * US_PER_D,
					.content = i + 1,
					.channel = 7,
					.flags = TOUCH_SENT};
		journey_touch(j, &x);
	}
}

static void put_lead(struct size *s, uint64_t id, struct buf *row)
{
	struct lead l;
	struct journey *j = ARENA_NEW(&s->row, struct journey);
	lead_init(&l, id, s->now_us - 60 * US_PER_D);
	l.flags = LEAD_KNOWN;
	l.tier = tier_of_lead(id);
	l.fit = 40;
	l.account = id / 10 + 1;
	l.events_n = EVENTS_EACH;
	l.active_us = s->now_us - (int64_t)(id % 30) * US_PER_D;
	for (size_t i = 0; i < EVENTS_EACH; i++) {
		const struct lead_entry line = {.seq = id * EVENTS_EACH + i,
						.occurred_us = s->now_us - (int64_t)i * US_PER_D,
						.type_no = (uint32_t)(i % 5 + 1)};
		(void)lead_remember(&l, &line, row); /* fewer than a chunk: nothing spills */
	}
	fill_journey(s, id, j);
	l.alarm_us = j->due_us;
	buf_reset(row);
	lead_encode(&l, row);
	journey_encode(j, row);
	put(s, TABLE_LEAD, KEY_NUM(id), buf_view(row));
	const struct journeys_at at = {j->track, j->step, (int)l.tier, id};
	put(s, TABLE_TRACK_LEAD, KEY_BYTES(journeys_key(&at, &s->row)), STR(""));
	put_key(s, TABLE_TIER_LEAD, key_u8_u64((uint8_t)lead_list(&l), id));
	put_key(s, TABLE_ALARM, key_time_u64(l.alarm_us, id));
	put_key(s, TABLE_ACCOUNT_LEAD, key_u64_u64(l.account, id));
	put(s, TABLE_PROFILE, KEY_NUM(id),
	    arena_printf(&s->row,
			 "{\"traits\":{\"title\":\"COO\",\"employees\":120},\"ids\":[[\"email\","
			 "\"p%llu@acme%llu.example\"]],\"source\":\"%s\",\"country\":\"DE\"}",
			 (unsigned long long)id, (unsigned long long)l.account, sources[id % 10]));
}

static void put_message(struct size *s, uint64_t id)
{
	char decision[400];
	const struct message m = {.id = id,
				  .lead = id,
				  .decision = id,
				  .version = 1,
				  .track = str_of(tracks[id % 3]),
				  .step = str_of(steps[id / 3 % STEPS]),
				  .message = str_of(steps[id / 3 % STEPS]),
				  .angle = id % 2 ? STR("a") : STR("b"),
				  .channel = STR("email"),
				  .purpose = STR("news"),
				  .address = STR("p@acme.example"),
				  .zone = STR("UTC"),
				  .state = id % 500 ? MESSAGE_SENT : MESSAGE_UNCERTAIN,
				  .created_us = s->now_us - 4 * US_PER_D,
				  .due_us = s->now_us - 4 * US_PER_D + (int64_t)id,
				  .changed_us = s->now_us - 4 * US_PER_D,
				  .expires_us = s->now_us,
				  .sent_us = s->now_us - 4 * US_PER_D,
				  .opened_us = TIME_NONE,
				  .clicked_us = TIME_NONE,
				  .replied_us = TIME_NONE,
				  .source = STR("site")};
	struct key k = key_u64_u64(id, id);
	must(s, outbox_add(s->store, &m, &s->row, &s->e));
	(void)snprintf(
		decision, sizeof decision,
		"{\"lead\":%llu,\"at\":\"2026-03-01T00:00:00Z\",\"candidates\":[{\"message\":"
		"\"one\",\"angle\":\"a\",\"p\":1},{\"nothing\":true,\"p\":0}],\"policy\":"
		"\"rules\",\"words\":\"one (a) by email\"}",
		(unsigned long long)id);
	put(s, TABLE_DECISION, KEY_NUM(id), str_of(decision));
	put_key(s, TABLE_LEAD_DECISION, k);
}

static void put_handoff(struct size *s, uint64_t id)
{
	const struct handoff h = {.id = id,
				  .lead = id * 7 % s->leads + 1,
				  .version = 1,
				  .state = HANDOFF_OPEN,
				  .team = STR("sdr"),
				  .rep_name = STR("Jo"),
				  .rep_email = STR("jo@larkspur.example"),
				  .reason = STR("asked for a demo"),
				  .opened_us = s->now_us,
				  .due_us = s->now_us + (int64_t)id * US_PER_S,
				  .remind_us = TIME_NONE,
				  .accepted_us = TIME_NONE,
				  .closed_us = TIME_NONE,
				  .again_us = TIME_NONE};
	must(s, handoff_put(s->store, &h, TIME_NONE, &s->row, &s->e));
}

static void put_counter(struct size *s, int64_t day, const char *name, const struct str dims[3])
{
	struct buf key;
	struct key k = key_u64((uint64_t)day), n = key_u64(100);
	buf_init_arena(&key, &s->row, STORE_KEY_MAX);
	buf_str(&key, key_view(&k));
	buf_str(&key, str_of(name));
	for (size_t i = 0; i < 3; i++) {
		buf_byte(&key, '\0');
		buf_str(&key, dims[i]);
	}
	put(s, TABLE_COUNTER, KEY_BYTES(buf_view(&key)), key_view(&n));
}

/* A day of every number, in every slice of every position. */
static void put_day(struct size *s, int64_t day)
{
	static const char *const whats[] = {"sent",    "opened", "opened_machine", "clicked",
					    "replied", "next",   "unsubscribed",   "bounced"};
	static const size_t values[TALLY_SLICES] = {1, 10, 3, 2, 3};
	char name[64];
	for (size_t i = 0; i < TALLY_SLICES; i++)
		for (size_t w = 0; w < 8; w++)
			for (size_t at = 0; at < 3 * STEPS * values[i]; at++) {
				const struct str dims[] = {str_of(tracks[at % 3]),
							   str_of(steps[at / 3 % STEPS]),
							   str_of(sources[at / 3 / STEPS])};
				(void)snprintf(name, sizeof name, "msg.%s.%s", tally_slices[i],
					       whats[w]);
				put_counter(s, day, name, dims);
			}
	arena_reset(&s->row);
}

static void put_gauge(struct size *s)
{
	for (size_t at = 0; at < 3 * STEPS; at++) {
		const struct str dims[] = {str_of(tracks[at % 3]), str_of(steps[at / 3]),
					   STR("watching")};
		put_counter(s, 0, "inside", dims);
	}
}

static void fill(struct size *s)
{
	struct buf row;
	char path[NODE_PATH_MAX];
	struct store_conf conf = node_conf_default(s->dir, NODE_WRITE).store;
	conf.path = node_path(s->dir, "state.db", path);
	must(s, store_open_sqlite(&conf, &s->store, &s->e));
	buf_init(&row, 1u << 16);
	for (uint64_t id = 1; id <= s->leads;) {
		must(s, store_begin(s->store, &s->e));
		for (uint64_t end = id + 20000; id < end && id <= s->leads; id++) {
			put_lead(s, id, &row);
			put_message(s, id);
			if (id % 100 == 0)
				put_handoff(s, id / 100);
			arena_reset(&s->row);
		}
		must(s, store_commit(s->store, &s->e));
	}
	must(s, store_begin(s->store, &s->e));
	for (int64_t d = 0; d < DAYS; d++)
		put_day(s, time_day(s->now_us) - d);
	put_gauge(s);
	must(s, store_commit(s->store, &s->e));
	buf_finish(&row);
	must(s, store_sync(s->store, &s->e));
	store_close(&s->store);
}

/* ---- questions ---- */

typedef enum status ask_fn(struct view *v, uint64_t lead, struct json_w *w, struct err *e);

static enum status ask_list(struct view *v, uint64_t lead, struct json_w *w, struct err *e)
{
	const struct view_page page = {
		.tier = TIER_HOT, .limit = 50, .track = str_of(tracks[lead % 3])};
	return view_leads(v, &page, w, e);
}

static enum status ask_track(struct view *v, uint64_t lead, struct json_w *w, struct err *e)
{
	return view_track(v, str_of(tracks[lead % 3]), w, e);
}

static enum status ask_report(struct view *v, uint64_t lead, struct json_w *w, struct err *e)
{
	const struct view_numbers q = {TIME_NONE, TIME_NONE,
				       lead % 2 ? VIEW_BY_NONE : VIEW_BY_SOURCE};
	return view_report_tracks(v, &q, w, e);
}

static enum status ask_messages(struct view *v, uint64_t lead, struct json_w *w, struct err *e)
{
	const struct view_messages all = {.state = -1, .after = lead, .limit = 50};
	const struct view_messages uncertain = {.state = MESSAGE_UNCERTAIN, .limit = 50};
	return view_messages(v, lead % 2 ? &all : &uncertain, w, e);
}

static enum status ask_handoffs(struct view *v, uint64_t lead, struct json_w *w, struct err *e)
{
	const struct view_handoffs page = {.open = lead % 2, .limit = 50};
	return view_handoffs(v, &page, w, e);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static bool ask(struct size *s, const char *what, ask_fn *fn)
{
	static int64_t took[ROUNDS];
	struct buf out;
	struct json_w w;
	struct arena arena;
	uint64_t lead = 12345;
	arena_init(&arena, (size_t)256 << 20);
	for (size_t i = 0; i < ROUNDS; i++) {
		struct view v = {.store = s->store,
				 .program = s->program,
				 .now_us = s->now_us,
				 .arena = &arena};
		lead = (lead * 48271 + 11) % s->leads + 1; /* all over the file */
		buf_init(&out, (size_t)64 << 20);
		json_w_init(&w, &out);
		int64_t from = clock_mono_us();
		must(s, fn(&v, lead, &w, &s->e));
		took[i] = clock_mono_us() - from;
		buf_finish(&out);
		arena_reset(&arena);
	}
	arena_finish(&arena);
	qsort(took, ROUNDS, sizeof took[0], by_size);
	int64_t p50 = took[ROUNDS / 2], p99 = took[ROUNDS * 99 / 100];
	printf("%-32s p50 %7.2f ms   p99 %7.2f ms   %s\n", what, (double)p50 / 1000,
	       (double)p99 / 1000, p99 <= CEILING_US ? "ok" : "above 20 ms");
	(void)fflush(stdout);
	return p99 <= CEILING_US;
}

static bool ask_all(struct size *s)
{
	char path[NODE_PATH_MAX];
	bool good = true;
	struct store_conf conf = node_conf_default(s->dir, NODE_READ).store;
	conf.path = node_path(s->dir, "state.db", path);
	conf.read_only = true;
	must(s, store_open_sqlite(&conf, &s->store, &s->e));
	must(s, node_program(s->store, &s->program, NULL, &s->e));
	static const struct {
		const char *what;
		ask_fn *fn;
	} rows[] = {{"open a lead", view_lead},
		    {"explain", view_explain},
		    {"next", view_next},
		    {"list by track and tier", ask_list},
		    {"a track", ask_track},
		    {"report tracks, 4 weeks", ask_report},
		    {"message list", ask_messages},
		    {"hand-off list", ask_handoffs}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		good &= ask(s, rows[i].what, rows[i].fn);
	program_destroy(&s->program);
	store_close(&s->store);
	return good;
}

/* ---- alarms: O(due), not O(leads) ---- */

static void tick(struct size *s, struct node *n, int64_t at_us, const char *what)
{
	struct buf body;
	const struct event ev = {.type = STR("clock.tick"),
				 .occurred_us = at_us,
				 .flags = EVENT_SYSTEM,
				 .context.scroll = -1};
	buf_init(&body, 4096);
	must(s, event_encode(&ev, &body, &s->e));
	struct log_entry entry = {.source = STR("system"),
				  .message_id = str_of(what),
				  .body = buf_view(&body),
				  .received_us = at_us};
	int64_t from = clock_mono_us();
	must(s, node_submit(n, &entry, 1, &s->e));
	printf("%-32s %9.2f ms\n", what, (double)(clock_mono_us() - from) / 1000);
	buf_finish(&body);
}

static void alarms(struct size *s)
{
	struct node *n;
	struct node_conf conf = node_conf_default(s->dir, NODE_WRITE);
	must(s, node_open(&conf, &n, &s->e));
	tick(s, n, s->now_us + US_PER_M, "a tick, nobody is due");
	tick(s, n, s->now_us + 2 * US_PER_M, "a tick, nobody is due again");
	tick(s, n, s->now_us + US_PER_H, "a tick, a thousand are due");
	node_close(&n);
}

int main(int argc, char **argv)
{
	static struct size s;
	uint64_t thousand = 1000;
	if (argc > 2 && !str_to_u64(str_of(argv[2]), &thousand)) {
		(void)fprintf(stderr, "usage: bench-size [FOLDER [THOUSAND_LEADS]]\n");
		return 2;
	}
	(void)snprintf(s.dir, sizeof s.dir, "%s/bench-size", argc > 1 ? argv[1] : "/tmp");
	s.leads = thousand * 1000;
	s.now_us = clock_now_us();
	arena_init(&s.arena, (size_t)64 << 20);
	arena_init(&s.row, (size_t)16 << 20);
	if (!node_exists(s.dir)) {
		int64_t from = clock_mono_us();
		apply(&s);
		fill(&s);
		printf("%llu leads on tracks, %llu events in their history, filled in %.0f s\n",
		       (unsigned long long)s.leads, (unsigned long long)s.leads * EVENTS_EACH,
		       (double)(clock_mono_us() - from) / 1e6);
	}
	bool good = ask_all(&s);
	alarms(&s);
	arena_finish(&s.arena);
	arena_finish(&s.row);
	return good ? 0 : 1;
}
