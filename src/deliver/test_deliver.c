/* SPDX-License-Identifier: Apache-2.0
 * test_deliver.c: once, whatever is named how often; nothing behind a stop; what was left by a
 * process that died is settled. Run by ThreadSanitizer too. */
#include "deliver/test_room.h"

#include "base/file.h"
#include "deliver/marks.h"
#include "deliver/work.h"
#include "store/ops.h"

#include <stdatomic.h>

static void comes(struct room *r, unsigned i)
{
	char address[64];
	(void)snprintf(address, sizeof address, "lead%u@x.example", i);
	does(&r->w, "form.ebook", address, NULL, "{}");
}

/* A queue of four, and every name three times, also behind the answer and before it is folded. */
static void each_leaves_once(void **state)
{
	struct room r;
	struct deliver_stats s;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi."));
	room_start(&r, 4);
	for (unsigned i = 0; i < 60; i++) {
		comes(&r, i);
		deliver_hand_over(r.d, r.named, r.named_n);
		if (i % 7 == 0)
			clock_sleep_us(2000);
	}
	assert_int_equal(r.named_n, 60);
	deliver_hand_over(r.d, r.named, r.named_n);
	room_settle(&r);
	deliver_hand_over(r.d, r.named, r.named_n);
	room_settle(&r);
	deliver_stats(r.d, &s);
	assert_int_equal(s.sent, 60);
	assert_int_equal(s.failed + s.deferred + s.uncertain, 0);
	assert_int_equal(s.waiting + s.in_hand, 0);
	assert_int_equal(room_mails(&r), 60);
	for (uint64_t id = 1; id <= 60; id++) {
		struct message m = room_message(&r, id);
		assert_int_equal(m.state, MESSAGE_SENT);
		assert_true(m.flags & MESSAGE_TRIAL);
	}
	/* What a sender that warms up goes on from. */
	struct engine_sent sent;
	struct err e;
	assert_int_equal(engine_sent_read(r.w.store, &r.w.arena, &sent, &e), ST_OK);
	assert_int_equal(sent.latest_day, 60);
	assert_true(sent.first_us >= r.w.now_us && sent.latest_us > sent.first_us);
	room_close(&r);
}

/* A writer's reader whose first look for rows that are sending fails, before the one that works. */
struct unsound {
	struct store front;
	struct store *sound;
};
static atomic_uint looks;

static enum status unsound_get(struct store *s, enum table t, struct store_key k, struct arena *a,
			       struct str *value_r, struct err *e)
{
	return store_get(((struct unsound *)s)->sound, t, k, a, value_r, e);
}

static enum status unsound_scan(struct store *s, enum table t, struct store_range range,
				store_row_fn *fn, void *ctx, struct err *e)
{
	if (t == TABLE_OUTBOX && atomic_fetch_add(&looks, 1) == 0)
		return err_set(e, ST_BUSY, "not now");
	return store_scan(((struct unsound *)s)->sound, t, range, fn, ctx, e);
}

static enum status unsound_begin(struct store *s, struct err *e)
{
	return store_read_begin(((struct unsound *)s)->sound, e);
}

static void unsound_end(struct store *s)
{
	store_read_end(((struct unsound *)s)->sound);
}

static const struct store_ops unsound_ops = {.name = "unsound",
					     .get = unsound_get,
					     .scan = unsound_scan,
					     .read_begin = unsound_begin,
					     .read_end = unsound_end};

/* More are named than the queue holds, and the first look for the rest fails: there is another one
 * soon, though nothing else happens. */
static void what_was_missed_is_looked_for_again(void **state)
{
	struct room r;
	struct err e;
	struct unsound between;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi."));
	r.writers = 1; /* another one would look by chance */
	room_create(&r, 4);
	between = (struct unsound){.front = {.ops = &unsound_ops, .read_only = true},
				   .sound = r.d->writers[0].store};
	r.d->writers[0].store = &between.front;
	atomic_store(&looks, 0);
	for (unsigned i = 0; i < 10; i++)
		comes(&r, i);
	int64_t from = clock_mono_us();
	assert_int_equal(deliver_start(r.d, &e), ST_OK);
	room_settle(&r);
	assert_true(clock_mono_us() - from < 45 * US_PER_S); /* not with the next wake-up */
	assert_true(atomic_load(&looks) > 1);
	assert_int_equal(room_mails(&r), 10);
	deliver_stop(r.d);
	r.d->writers[0].store = between.sound;
	room_close(&r);
}

/* The word that stops comes in the same transaction as `sending`. */
static void nothing_behind_a_stop(void **state)
{
	struct room r;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi."));
	room_start(&r, 0);
	struct event in = {.type = STR("form.ebook")}, out = {.type = STR("email.unsubscribe")};
	assert_true(event_add_id(&in, ID_EMAIL, STR_NULL, STR("ada@x.example")));
	assert_true(event_add_id(&out, ID_EMAIL, STR_NULL, STR("ada@x.example")));
	append(&r.w, &in);
	append(&r.w, &out);
	room_settle(&r);
	assert_int_equal(r.named_n, 1);
	struct message m = room_message(&r, r.named[0]);
	assert_int_equal(m.state, MESSAGE_FAILED);
	assert_true(m.reason.n > 0);
	assert_int_equal(room_mails(&r), 0);
	room_close(&r);
}

/* All sending stops behind that: it keeps its turn, and leaves when sending is resumed. */
static void nothing_behind_the_switch(void **state)
{
	struct room r;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi."));
	room_start(&r, 0);
	struct event in = {.type = STR("form.ebook")};
	struct event stop = {.type = STR("sending.pause"),
			     .properties = STR("{\"reason\":\"wrong price\"}"),
			     .flags = EVENT_SYSTEM};
	assert_true(event_add_id(&in, ID_EMAIL, STR_NULL, STR("ada@x.example")));
	append(&r.w, &in);
	append(&r.w, &stop);
	room_settle(&r);
	assert_int_equal(r.named_n, 1);
	struct message m = room_message(&r, r.named[0]);
	assert_int_equal(m.state, MESSAGE_DEFERRED);
	assert_int_equal(m.attempts, 0);
	r.w.now_us = m.due_us + US_PER_S;
	orders(&r.w, "clock.tick", "", EVENT_SYSTEM);
	room_settle(&r);
	assert_int_equal(room_mails(&r), 0);
	orders(&r.w, "sending.resume", "{}", EVENT_SYSTEM);
	r.w.now_us += US_PER_D;
	orders(&r.w, "clock.tick", "", EVENT_SYSTEM);
	room_settle(&r);
	assert_int_equal(room_message(&r, r.named[0]).state, MESSAGE_SENT);
	assert_int_equal(room_mails(&r), 1);
	room_close(&r);
}

static void what_is_not_whole_says_why(void **state)
{
	struct room r;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi {{ lead.first_name }}."));
	room_start(&r, 0);
	comes(&r, 1);
	room_settle(&r);
	struct message m = room_message(&r, 1);
	assert_int_equal(m.state, MESSAGE_FAILED);
	assert_true(str_find(m.reason, STR("guide/plain.md")) < m.reason.n);
	assert_true(str_find(m.reason, STR("lead.first_name")) < m.reason.n);
	assert_int_equal(room_mails(&r), 0);
	room_close(&r);
}

/* Named while nobody sent: it goes back, no attempt is counted, and every guard is asked again. */
static void what_waited_is_asked_again(void **state)
{
	struct room r;
	struct deliver_stats s;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi."));
	comes(&r, 1);
	assert_int_equal(room_message(&r, 1).state, MESSAGE_SENDING);
	room_start(&r, 0);
	room_settle(&r);
	struct message m = room_message(&r, 1);
	assert_int_equal(m.state, MESSAGE_DEFERRED);
	assert_int_equal(m.attempts, 0);
	deliver_stats(r.d, &s);
	assert_int_equal(s.deferred, 1);
	r.w.now_us = m.due_us + US_PER_S;
	orders(&r.w, "clock.tick", "", EVENT_SYSTEM);
	room_settle(&r);
	assert_int_equal(room_message(&r, 1).state, MESSAGE_SENT);
	assert_int_equal(room_mails(&r), 1);
	room_close(&r);
}

/* A process died with that message in a mail server's hands; its marks are of a file that is gone
 * when the next one runs. */
static struct marks *dies_speaking(struct room *r, uint64_t message)
{
	struct marks *died;
	struct err e;
	size_t place;
	assert_int_equal(marks_open(r->dir, 16, &died, &e), ST_OK);
	assert_int_equal(marks_begin(died, &e), ST_OK);
	assert_true(marks_keep(died, message, &place));
	marks_speak(died, place);
	return died;
}

static void what_was_spoken_is_uncertain(void **state)
{
	struct room r;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi."));
	comes(&r, 1);
	comes(&r, 2);
	struct marks *died = dies_speaking(&r, 2);
	room_start(&r, 0);
	room_settle(&r);
	assert_int_equal(room_message(&r, 1).state, MESSAGE_DEFERRED);
	assert_int_equal(room_message(&r, 2).state, MESSAGE_UNCERTAIN);
	deliver_hand_over(r.d, r.named, r.named_n);
	room_settle(&r);
	assert_int_equal(room_message(&r, 2).state, MESSAGE_UNCERTAIN);
	assert_int_equal(room_mails(&r), 0);
	room_close(&r);
	marks_close(&died);
}

/* More rows than are settled at one go: the rest is found behind them, before anything leaves. */
static void the_list_of_doubts_is_no_limit(void **state)
{
	struct room r;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi."));
	for (unsigned i = 1; i <= 10; i++)
		comes(&r, i);
	struct marks *died = dies_speaking(&r, 8);
	r.doubts_max = 3;
	room_start(&r, 0);
	room_settle(&r);
	for (uint64_t id = 1; id <= 10; id++)
		assert_int_equal(room_message(&r, id).state,
				 id == 8 ? MESSAGE_UNCERTAIN : MESSAGE_DEFERRED);
	assert_int_equal(room_mails(&r), 0);
	room_close(&r);
	marks_close(&died);
}

/* An event was durable, and the state had not folded it: what that gives is new behind a kill. A
 * power cut may have taken back a state that had, with its message with a server. */
static void what_a_power_cut_took_back_is_uncertain(void **state)
{
	static const struct {
		const char *marks;
		enum message_state want;
	} rows[] = {{NULL, MESSAGE_SENT}, {"of another run of the machine", MESSAGE_UNCERTAIN}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct room r;
		struct err e;
		char path[NODE_PATH_MAX];
		room_open(&r, ROOM_CONTENT("Hi."));
		if (rows[i].marks != NULL)
			assert_int_equal(file_write_atomic(node_path(r.dir, NODE_SPEAKING, path),
							   str_of(rows[i].marks), 0600, &e),
					 ST_OK);
		struct event in = {.type = STR("form.ebook")}, later = in;
		assert_true(event_add_id(&in, ID_EMAIL, STR_NULL, STR("ada@x.example")));
		assert_true(event_add_id(&later, ID_EMAIL, STR_NULL, STR("bob@x.example")));
		append(&r.w, &in);
		room_start(&r, 0);
		room_settle(&r);
		assert_int_equal(room_message(&r, 1).state, rows[i].want);
		append(&r.w, &later); /* what came since is as new as ever */
		room_settle(&r);
		assert_int_equal(room_message(&r, 2).state, MESSAGE_SENT);
		room_close(&r);
	}
}

/* Stopped in order: what had not been spoken stays as it is, and the next one settles it. */
static void stopping_leaves_no_doubt(void **state)
{
	struct room r;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi."));
	room_start(&r, 0);
	for (unsigned i = 0; i < 40; i++)
		comes(&r, i);
	deliver_destroy(&r.d);
	room_fold(&r);
	size_t sent = room_mails(&r);
	room_start(&r, 0);
	room_settle(&r);
	for (uint64_t id = 1; id <= 40; id++) {
		struct message m = room_message(&r, id);
		assert_true(m.state == MESSAGE_SENT || m.state == MESSAGE_DEFERRED);
		sent -= m.state == MESSAGE_SENT;
	}
	assert_int_equal(sent, 0);
	room_close(&r);
}

/* The state stays behind what was told, as on a full disk: a stop does not wait for it. */
static void a_stop_does_not_wait_for_the_state(void **state)
{
	struct room r;
	(void)state;
	room_open(&r, ROOM_CONTENT("Hi."));
	room_start(&r, 0);
	room_settle(&r);
	pthread_mutex_lock(&r.d->lock);
	r.d->forgotten_seq = UINT64_MAX;
	pthread_mutex_unlock(&r.d->lock);
	comes(&r, 1);
	room_fold(&r);
	clock_sleep_us(20000);
	deliver_destroy(&r.d);
	assert_int_equal(room_message(&r, 1).state, MESSAGE_SENDING);
	assert_int_equal(room_mails(&r), 0);
	room_start(&r, 0);
	room_settle(&r);
	assert_int_equal(room_message(&r, 1).state, MESSAGE_DEFERRED);
	room_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_leaves_once),
		cmocka_unit_test(what_was_missed_is_looked_for_again),
		cmocka_unit_test(nothing_behind_a_stop),
		cmocka_unit_test(nothing_behind_the_switch),
		cmocka_unit_test(what_is_not_whole_says_why),
		cmocka_unit_test(what_waited_is_asked_again),
		cmocka_unit_test(what_was_spoken_is_uncertain),
		cmocka_unit_test(the_list_of_doubts_is_no_limit),
		cmocka_unit_test(what_a_power_cut_took_back_is_uncertain),
		cmocka_unit_test(stopping_leaves_no_doubt),
		cmocka_unit_test(a_stop_does_not_wait_for_the_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
