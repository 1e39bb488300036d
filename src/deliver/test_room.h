/* SPDX-License-Identifier: Apache-2.0
 * test_room.h: an engine in memory with a program that writes to everybody, a folder, and a
 * deliverer in test mode beside it. Only tests include it.
 */
#ifndef DELIVER_TEST_ROOM_H
#define DELIVER_TEST_ROOM_H

#include "engine/test_world.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "deliver/deliver.h"
#include "deliver/inbox.h"
#include "engine/outbox.h"

#include <stdlib.h>
#include <unistd.h>

static const char room_program[] =
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n"
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n"
	"scoring:\n"
	"  fit: [{name: any, if: lead.known, points: 40}]\n"
	"  engagement:\n    half_life: 10d\n    points: {form.ebook: 10}\n"
	"consent: {default: opt_out, unknown: opt_out, purposes: [news], channels: [email]}\n"
	"tracks:\n"
	"  early:\n    stage: early\n    enter: lead.known\n    cadence: 3d..5d\n"
	"    sequence:\n"
	"      - send: guide\n        angles: [plain]\n        wait: 4d\n"
	"guardrails: {zone: Europe/Berlin, stop_on: [reply, email.unsubscribe]}\n";

#define ROOM_CONTENT(body) \
	"---\nsubject:\n  - Hello\n  - Again\ncta:\n  label: Go\n  url: " \
	"https://x.example/?a=1&b=2\n---\n" body "\n"

struct room {
	struct world w;
	char dir[64];
	struct settings settings;
	struct letters *letters;
	struct deliver *d; /* NULL: not started */
	uint64_t named[512];
	size_t named_n;
	size_t doubts_max; /* 0: as many as there are */
	unsigned writers;  /* 0: two */
};

static inline void room_hand_over(void *ctx, const uint64_t *messages, size_t n)
{
	struct room *r = ctx;
	for (size_t i = 0; i < n && r->named_n < COUNT_OF(r->named); i++)
		r->named[r->named_n++] = messages[i];
	if (r->d != NULL)
		deliver_hand_over(r->d, messages, n);
}

static inline uint64_t room_log_end(struct room *r)
{
	struct log_stats ls;
	log_stats(r->w.log, &ls);
	return ls.next_seq - 1;
}

/* Folds what is there, and says so as the daemon does. */
static inline void room_fold(struct room *r)
{
	struct engine_stats s;
	if (r->d != NULL)
		deliver_logged(r->d, room_log_end(r));
	fold(&r->w);
	engine_stats(r->w.engine, &s);
	if (r->d != NULL)
		deliver_folded(r->d, s.cursor, s.clock_us);
}

static inline enum status room_tell(void *ctx, struct log_entry *entries, size_t n, struct err *e)
{
	struct room *r = ctx;
	return log_append(r->w.log, entries, n, e);
}

static inline void room_open(struct room *r, const char *content)
{
	struct err e;
	struct buf hex, props;
	struct json_w w;
	uint8_t digest[SHA256_BYTES];
	*r = (struct room){.named_n = 0};
	(void)snprintf(r->dir, sizeof r->dir, "/tmp/nurtured-deliver-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	world_start(&r->w, &(struct engine_conf){.hand_over = room_hand_over, .ctx = r});
	r->w.now_us = clock_now_us();
	buf_init_arena(&props, &r->w.arena, 1u << 16);
	json_w_init(&w, &props);
	json_w_object(&w);
	json_w_kz(&w, "text", content);
	json_w_end(&w);
	orders(&r->w, "content.put", arena_strz(&r->w.arena, buf_view(&props)), EVENT_SYSTEM);
	crypto_sha256(str_of(content), digest);
	buf_init_arena(&hex, &r->w.arena, 2 * SHA256_BYTES);
	hex_encode(str_n((const char *)digest, sizeof digest), &hex);
	const struct content_file file = {STR("guide"), STR("plain"), STR(""), 2, buf_view(&hex)};
	const struct content_index ix = {.files = &file, .n = 1};
	world_apply(&r->w, room_program, &ix);
	assert_int_equal(settings_parse(STR("{}"), &r->w.arena, &r->settings, &e), ST_OK);
	const struct letters_conf lc = {
		.dir = r->dir, .settings = &r->settings, .public_url = "https://go.example"};
	assert_int_equal(letters_create(&lc, &r->letters, &e), ST_OK);
}

static inline void room_create(struct room *r, size_t queue_max)
{
	struct err e;
	struct engine_stats s;
	engine_stats(r->w.engine, &s);
	const struct deliver_conf dc = {
		.dir = r->dir,
		.settings = &r->settings,
		.letters = r->letters,
		.store = r->w.store,
		.log_end = room_log_end(r),
		.cursor = s.cursor,
		.writers = r->writers,
		.queue_max = queue_max,
		.doubts_max = r->doubts_max,
		.tell = room_tell,
		.ctx = r,
	};
	if (deliver_create(&dc, &r->d, &e) != ST_OK)
		fail_msg("deliver: %s", e.text);
}

static inline void room_start(struct room *r, size_t queue_max)
{
	struct err e;
	room_create(r, queue_max);
	assert_int_equal(deliver_start(r->d, &e), ST_OK);
}

/* Until everything is answered and folded. */
static inline void room_settle(struct room *r)
{
	for (int i = 0; i < 20000; i++) {
		room_fold(r);
		struct engine_stats s;
		engine_stats(r->w.engine, &s);
		if (deliver_idle(r->d) && s.cursor == room_log_end(r))
			return;
		clock_sleep_us(1000);
	}
	fail_msg("it does not come to rest");
}

static inline void room_close(struct room *r)
{
	static const char *const names[] = {"inbox.db", "inbox.db-wal", "inbox.db-shm",
					    "links.json", NODE_SPEAKING};
	char path[NODE_PATH_MAX];
	deliver_destroy(&r->d);
	letters_destroy(&r->letters);
	teardown(&r->w);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		(void)unlink(node_path(r->dir, names[i], path));
	assert_int_equal(rmdir(r->dir), 0);
}

static inline struct message room_message(struct room *r, uint64_t id)
{
	struct message m;
	struct err e;
	assert_int_equal(outbox_get(r->w.store, id, &r->w.arena, &m, &e), ST_OK);
	return m;
}

static inline size_t room_mails(struct room *r)
{
	struct inbox *in;
	struct err e;
	static struct inbox_mail got[512];
	size_t n = COUNT_OF(got);
	assert_int_equal(inbox_open(r->dir, &in, &e), ST_OK);
	assert_int_equal(inbox_list(in, &(struct inbox_page){0}, &r->w.arena, got, &n, &e), ST_OK);
	inbox_close(&in);
	return n;
}

#endif
