/* SPDX-License-Identifier: Apache-2.0
 * test_view_drift.c: who came changes from one window to the next; it is said which number, how
 * far, and what follows. */
#include "engine/test_play.h"
#include "view/view_drift.h"

static const char *const program =
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n"
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n"
	"scoring: {fit: [{name: any, if: lead.known, points: 40}]}\n"
	"consent: {default: opt_out, unknown: opt_out, purposes: [news], channels: [email]}\n"
	"tracks:\n  early:\n    enter: lead.known\n    decide: {what: [angle]}\n"
	"    sequence: [{send: guide, angles: [story], wait: 4d}]\n"
	"decide: {mode: shadow, drift: {window: 1h, on_alarm: alarm_only}}\n";
static const struct content_file files[] = {
	{STR("guide"), STR("story"), STR(""), 1, STR("h1")},
};
static const struct content_index content = {.files = files, .n = 1};

static unsigned people;

static void arrive(struct world *w, const char *traits)
{
	w->now_us += 2 * US_PER_H;
	for (int i = 0; i < 510; i++) {
		struct str mail = arena_printf(&w->arena, "p%u@acme.example", people++);
		struct event ev = {.type = STR("form.ebook"), .traits = str_of(traits)};
		assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, mail));
		append(w, &ev);
	}
	handed_n = 0;
	for (int i = 0; i < 51; i++) {
		size_t done;
		struct err e;
		assert_int_equal(engine_run(w->engine, &done, &e), ST_OK);
		handed_n = 0;
	}
}

static struct str document(struct world *w, struct view *v)
{
	struct buf b;
	struct json_w out;
	struct err e;
	*v = (struct view){.store = w->store,
			   .program = engine_program(w->engine),
			   .now_us = w->now_us,
			   .arena = &w->arena};
	buf_init_arena(&b, &w->arena, (size_t)1 << 20);
	json_w_init(&out, &b);
	assert_int_equal(view_drift(v, &out, &e), ST_OK);
	return buf_view(&b);
}

static bool has(struct str text, const char *what)
{
	for (size_t i = 0; i < text.n; i++)
		if (str_starts(str_slice(text, i, text.n), str_of(what)))
			return true;
	return false;
}

static void a_window_differs(void **state)
{
	struct world w;
	struct view v;
	struct view_drift d;
	struct err e;
	(void)state;
	world_start(&w, &(struct engine_conf){.batch_events_max = 10});
	world_apply(&w, program, &content);
	arrive(&w, "{\"country\":\"US\"}");
	struct str quiet = document(&w, &v);
	assert_true(has(quiet, "\"alarm\":false"));
	assert_true(has(quiet, "\"numbers\":[]"));
	assert_int_equal(view_drift_latest(w.store, w.now_us, &w.arena, &d, &e), ST_OK);
	assert_true(!d.on && d.ever == 0);
	arrive(&w, "{\"country\":\"DE\"}");
	arrive(&w, "{\"country\":\"DE\"}");
	struct str loud = document(&w, &v);
	assert_true(has(loud, "\"alarm\":true"));
	assert_true(has(loud, "\"detector\":\"psi\",\"number\":\"country."));
	assert_true(has(loud, "\"health\":\"act\""));
	assert_int_equal(view_drift_latest(w.store, w.now_us, &w.arena, &d, &e), ST_OK);
	assert_true(d.on && d.ever == 1 && d.figure > d.limit);
	assert_true(has(view_drift_words(&d, &w.arena), "psi of country."));
	assert_int_equal(view_drift_latest(w.store, w.now_us + 8 * US_PER_D, &w.arena, &d, &e),
			 ST_OK);
	assert_true(!d.on && d.ever == 1);
	teardown(&w);
}

/* ADWIN has no limit: what it says beside its mean is the mean before. */
static void a_mean_that_changed(void **state)
{
	struct arena a;
	struct buf b;
	struct json_w out;
	const struct view_drift d = {.detector = "adwin_calibration",
				     .then = "widen",
				     .change = true,
				     .figure = -0.0108,
				     .limit = -0.0113};
	(void)state;
	arena_init(&a, 1u << 20);
	assert_true(has(view_drift_words(&d, &a),
			"adwin_calibration is -0.0108, and was -0.0113 before"));
	buf_init_arena(&b, &a, 4096);
	json_w_init(&out, &b);
	json_w_object(&out);
	view_drift_put(&d, &out);
	json_w_end(&out);
	assert_true(has(buf_view(&b), "\"figure\":-0.0108,\"before\":-0.0113"));
	arena_finish(&a);
}

static void no_program_no_drift(void **state)
{
	struct world w;
	struct err e;
	struct buf b;
	struct json_w out;
	(void)state;
	world_start(&w, &(struct engine_conf){.batch_events_max = 0});
	struct view v = {.store = w.store, .arena = &w.arena};
	buf_init_arena(&b, &w.arena, 4096);
	json_w_init(&out, &b);
	assert_int_equal(view_drift(&v, &out, &e), ST_CONFLICT);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_differs),
		cmocka_unit_test(a_mean_that_changed),
		cmocka_unit_test(no_program_no_drift),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
