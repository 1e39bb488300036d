/* SPDX-License-Identifier: Apache-2.0
 * test_score_learn.c: a market of a year and more whose law is known: what the rows hold, that they
 * hold nothing of the future, what is learnt of it, and that it is kept whole. */
#include "engine/test_world.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/score_file.h"
#include "cli/score_learn.h"

#define LEADS 420
#define DAY0 (20000 * US_PER_D)

static const char *const program_text =
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n"
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n"
	"fields: {lead: {employees: number, blue: bool}}\n"
	"features: {visits: {kind: count, of: page.*}}\n"
	"scoring:\n"
	"  fit:\n"
	"    - {name: size, if: lead.employees >= 20, points: 10}\n"
	"    - {name: blue, if: lead.blue, points: 60}\n"
	"  engagement:\n    half_life: 60d\n    points: {page.pricing: 20}\n"
	"consent: {default: opt_out, unknown: opt_out, anonymous_ttl: 5d, purposes: [news], "
	"channels: [email]}\n";

struct happens {
	int64_t at_us;
	unsigned lead;
	const char *type;
	bool big, blue;
};

static int by_time(const void *pa, const void *pb)
{
	const struct happens *a = pa, *b = pb;
	return a->at_us < b->at_us ? -1 : a->at_us > b->at_us;
}

static struct happens *add(struct happens *to, int64_t at_us, unsigned lead, const char *type)
{
	to->at_us = at_us;
	to->lead = lead;
	to->type = type;
	return to + 1;
}

/* One lead a day. Large firms and many views of the price book meetings; blue means nothing. Lead 0
 * looks at the price on its eighth day only; lead 1 has booked by its fifth. */
static size_t market(struct happens *out)
{
	struct rng r;
	struct happens *at = out;
	rng_seed(&r, 5);
	for (unsigned i = 0; i < LEADS; i++) {
		int64_t came = DAY0 + i * US_PER_D;
		bool big = rng_below(&r, 2), blue = rng_below(&r, 2);
		unsigned views = i < 2 ? 0 : (unsigned)rng_below(&r, 5);
		at->big = big;
		at->blue = blue;
		at = add(at, came, i, "identify");
		for (unsigned k = 0; k < views; k++)
			at = add(at, came + (k + 1) * US_PER_D, i, "page.pricing");
		double p = 1 / (1 + exp(3.2 - 2.4 * big - 0.7 * views));
		if (i == 0)
			at = add(at, came + 8 * US_PER_D, i, "page.pricing");
		else if (i == 1)
			at = add(at, came + 5 * US_PER_D, i, "meeting.booked");
		else if (rng_unit(&r) < p)
			at = add(at, came + (10 + (int64_t)rng_below(&r, 30)) * US_PER_D, i,
				 "meeting.booked");
	}
	qsort(out, (size_t)(at - out), sizeof *out, by_time);
	return (size_t)(at - out);
}

static void live(struct world *w)
{
	static struct happens list[LEADS * 8];
	memset(list, 0, sizeof list);
	size_t n = market(list);
	world_start(w, &(struct engine_conf){.seed = 7});
	w->now_us = DAY0 - US_PER_D;
	world_apply(w, program_text, NULL);
	for (size_t i = 0; i < n; i++) {
		const struct happens *x = &list[i];
		struct str email = arena_printf(&w->arena, "p%u@firm%u.example", x->lead, x->lead);
		struct str traits =
			strcmp(x->type, "identify") != 0
				? STR_NULL
				: arena_printf(&w->arena, "{\"employees\":%d,\"blue\":%s}",
					       x->big ? 50 : 5, x->blue ? "true" : "false");
		w->now_us = x->at_us;
		does(w, x->type, email.p, NULL, traits.p);
	}
}

static void read_all(struct world *w, struct arena *a, struct score_rows *rows)
{
	struct engine_meta meta;
	struct err e;
	assert_int_equal(engine_meta_read(w->store, &meta, &e), ST_OK);
	const struct score_rows_conf conf = {
		.log = w->log,
		.seed = 7,
		.through_seq = meta.cursor,
		.leads = meta.leads,
		.program = engine_program(w->engine),
		.outcome = STR("meeting.booked"),
		.after_us = 7 * US_PER_D,
		.within_us = 60 * US_PER_D,
	};
	if (score_rows_read(&conf, a, rows, &e) != ST_OK)
		fail_msg("%s", e.text);
}

static size_t column(const struct score_rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->table.columns_n; i++)
		if (str_is(rows->table.columns[i].name, name))
			return i;
	fail_msg("no column %s", name);
	return 0;
}

static void test_rows_of_the_past(void **state)
{
	(void)state;
	struct world w;
	struct arena a;
	struct score_rows rows;
	live(&w);
	arena_init(&a, (size_t)256 << 20);
	read_all(&w, &a, &rows);
	const struct predict_table *t = &rows.table;
	assert_int_equal(rows.before, 1);               /* lead 1 */
	assert_in_range(rows.unripe, 30, 60);           /* the latest two months */
	assert_in_range(rows.leads, LEADS - 40, LEADS); /* the latest are too young to be seen */
	assert_int_equal(t->rows_n + rows.unripe + rows.before, rows.leads);
	/* whoever is too young is so with the outcome, too */
	assert_true(rows.to_us + 60 * US_PER_D <= w.now_us);
	size_t views = column(&rows, "engagement: page.pricing");
	size_t visits = column(&rows, "feature: visits"), size = column(&rows, "fit: size");
	/* lead 0: looked at on its seventh day, the price on its eighth is not there yet */
	assert_true(t->columns[views].cells[0] == 0 && t->columns[visits].cells[0] == 0);
	assert_int_equal(t->outcome[0], 0);
	for (size_t i = 0; i < t->rows_n; i++) {
		double held = t->columns[size].cells[i], seen = t->columns[visits].cells[i];
		assert_true(held == 0 || held == 1);
		assert_true(seen >= 0 && seen <= 4 && t->columns[views].cells[i] <= seen);
		assert_true(i == 0 || rows.at_us[i] >= rows.at_us[i - 1]);
	}
	arena_finish(&a);
	teardown(&w);
}

static const struct score_proposal *proposal(const struct score_report *r, const char *name)
{
	for (size_t i = 0; i < r->proposals_n; i++)
		if (str_is(r->proposals[i].name, name))
			return &r->proposals[i];
	fail_msg("no proposal for %s", name);
	return NULL;
}

static void check_report(const struct score_rows *rows, const struct score_report *r)
{
	assert_true(r->learnt && r->slope > 0);
	assert_int_equal(r->taken,
			 PREDICT_LOGISTIC); /* the points are wrong: it sees through them */
	const struct score_rung *platt = &r->rungs[PREDICT_PLATT],
				*taken = &r->rungs[PREDICT_LOGISTIC];
	assert_true(taken->taken && !platt->taken && taken->later.auc > platt->later.auc + 0.03);
	assert_int_equal(taken->later.rows, rows->table.rows_n / 5);
	assert_false(r->rungs[PREDICT_TREES].tried);
	assert_non_null(strstr(r->rungs[PREDICT_TREES].reason, "1000 are needed"));
	const struct score_proposal *size = proposal(r, "size"), *blue = proposal(r, "blue");
	assert_true(size->proposed > 15 && size->low > 0);
	assert_true(blue->proposed < 30 && blue->high < 0);
	assert_int_equal(size->with + size->without, rows->table.rows_n);
	assert_true(size->with_outcomes > 2 * size->without_outcomes);
	assert_true(r->new_slope > r->slope); /* better points tell more */
}

static void test_learnt(void **state)
{
	(void)state;
	struct world w;
	struct arena a;
	struct score_rows rows;
	struct score_report r;
	struct err e;
	live(&w);
	arena_init(&a, (size_t)512 << 20);
	read_all(&w, &a, &rows);
	const struct program *p = engine_program(w.engine);
	assert_int_equal(score_learn(&rows, p, &a, &r, &e), ST_OK);
	check_report(&rows, &r);
	struct score_rows few = rows;
	few.table.rows_n = 40;
	assert_int_equal(score_learn(&few, p, &a, &r, &e), ST_OK);
	assert_false(r.learnt);
	assert_non_null(strstr(r.verdict, "too little to learn from: 40 leads"));
	few.table.rows_n = 200;
	memset(few.table.outcome, 0, 160); /* nothing in the earlier ones */
	memset(few.table.outcome + 160, 1, 20);
	assert_int_equal(score_learn(&few, p, &a, &r, &e), ST_OK);
	assert_false(r.learnt);
	assert_non_null(strstr(r.verdict, "nothing to judge by"));
	arena_finish(&a);
	teardown(&w);
}

/* Big firms come, blue ones hardly more often than others: the points of blue are all that the sum
 * has, so big asks for more than a rule may give. That is no reason to take blue's away. */
static void weak_points(struct predict_table *t, double *sum, double *big, double *blue)
{
	for (size_t i = 0; i < t->rows_n; i++) {
		size_t at = i / 4 % 40;
		big[i] = (double)(i % 2);
		blue[i] = (double)(i / 2 % 2);
		sum[i] = 0.5 * (1 * big[i] + 60 * blue[i]);
		t->outcome[i] = at < (size_t)(big[i] > 0 ? 20 : 4) + (blue[i] > 0 && at % 20 == 0);
	}
}

static void test_points_within_bounds(void **state)
{
	(void)state;
	static double cells[3][800];
	static uint8_t came[800];
	struct arena a;
	struct err e;
	struct program *p;
	struct program_report problems;
	struct score_report r;
	struct predict_column columns[] = {{.name = STR("rules"), .cells = cells[0]},
					   {.name = STR("fit: size"), .cells = cells[1]},
					   {.name = STR("fit: blue"), .cells = cells[2]}};
	struct score_rows rows = {.table = {columns, 3, 800, came, 0},
				  .rules_n = 3,
				  .fit_at = 1,
				  .points_at = 3,
				  .entry_at = 3};
	arena_init(&a, (size_t)256 << 20);
	struct str text = str_of("nurture: 1\nprogram: t\ngoal: meeting.booked\n"
				 "send_as: {name: T, from: t@mail.larkspur.example}\n"
				 "fields: {lead: {big: bool, blue: bool}}\n"
				 "scoring:\n  fit:\n"
				 "    - {name: size, if: lead.big, points: 1}\n"
				 "    - {name: blue, if: lead.blue, points: 60}\n");
	if (program_load(text, &a, &p, &problems, &e) != ST_OK)
		fail_msg("%s", e.text);
	weak_points(&rows.table, cells[0], cells[1], cells[2]);
	assert_int_equal(score_learn(&rows, p, &a, &r, &e), ST_OK);
	const struct score_proposal *size = proposal(&r, "size"), *blue = proposal(&r, "blue");
	assert_true(size->low > 0 && size->proposed == 100 && size->wanted > 200);
	assert_true(blue->low < 0 && blue->high > 0);
	assert_true(blue->proposed == 60 && blue->wanted == 60);
	assert_non_null(strstr(r.verdict, "; 1 of 2 rules would change."));
	program_destroy(&p);
	arena_finish(&a);
}

static void damage(const char *dir, const char *name)
{
	char path[600];
	(void)snprintf(path, sizeof path, "%s/models/%s.model", dir, name);
	FILE *f = fopen(path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, -9, SEEK_END), 0);
	int c = fgetc(f);
	assert_int_equal(fseek(f, -9, SEEK_END), 0);
	assert_int_not_equal(fputc(c ^ 1, f), EOF);
	assert_int_equal(fclose(f), 0);
}

static void test_kept_whole(void **state)
{
	(void)state;
	char dir[] = "/tmp/nurtured-score-XXXXXX", path[600];
	struct arena a;
	struct score_file f, old, got;
	struct err e;
	double points[] = {1, 2, 3, 4}, cells[1] = {3};
	uint8_t came[] = {0, 0, 1, 1};
	uint32_t all[] = {0, 1, 2, 3};
	struct predict_column column = {.name = STR("rules"), .cells = points};
	const struct predict_table t = {&column, 1, 4, came, 0};
	const struct predict_conf conf = predict_conf_default(PREDICT_PLATT);
	arena_init(&a, (size_t)256 << 20);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(score_file_load(dir, STR(""), &a, &got, &e), ST_NOT_FOUND);
	f = old = (struct score_file){.version = STR("1"), .report = STR("{\"a\":1}")};
	assert_int_equal(predict_train(&t, (struct predict_rows){all, 4}, &conf, &a, &f.model, &e),
			 ST_OK);
	old.model = f.model;
	assert_int_equal(score_file_save(dir, DAY0, &old, &a, &e), ST_OK);
	assert_int_equal(score_file_save(dir, DAY0 + US_PER_D, &f, &a, &e), ST_OK);
	assert_int_equal(score_file_load(dir, STR(""), &a, &got, &e), ST_OK);
	assert_string_equal(got.hash.hex, f.hash.hex);
	check_str("report", got.report, "{\"a\":1}");
	assert_true(predict_logit(&got.model, cells) == predict_logit(&f.model, cells));
	assert_int_equal(score_file_load(dir, str_n(old.hash.hex, SCORE_SHORT_HASH), &a, &got, &e),
			 ST_OK);
	assert_string_equal(got.hash.hex, old.hash.hex);
	assert_int_equal(score_file_load(dir, STR("000000"), &a, &got, &e), ST_NOT_FOUND);
	damage(dir, f.hash.hex);
	assert_int_equal(score_file_load(dir, STR(""), &a, &got, &e), ST_CORRUPT);
	(void)snprintf(path, sizeof path, "%s/models/%s.model", dir, f.hash.hex);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof path, "%s/models/%s.model", dir, old.hash.hex);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof path, "%s/models/lock", dir);
	(void)unlink(path); /* of the registry */
	(void)snprintf(path, sizeof path, "%s/models", dir);
	assert_int_equal(rmdir(path) | rmdir(dir), 0);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_of_the_past),
		cmocka_unit_test(test_learnt),
		cmocka_unit_test(test_points_within_bounds),
		cmocka_unit_test(test_kept_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
