/* SPDX-License-Identifier: Apache-2.0
 * test_registry.c: models that stay what they are, the ladder up, the stack down, and what is said
 * of a file that does not hold what its name says. */
#include "registry/test_registry.h"

#include "base/file.h"

#include <fcntl.h>
#include <string.h>

static void put_and_get(void **state)
{
	(void)state;
	struct folder f;
	struct registry_model m;
	folder_open(&f);
	struct registry_hash h = put_model(&f, "weights", 5), again = put_model(&f, "weights", 5);
	struct registry_hash other = put_model(&f, "weights", 6);
	assert_string_equal(h.hex, again.hex);
	assert_string_not_equal(h.hex, other.hex); /* metadata is part of what it is */
	assert_int_equal(registry_get(f.dir, str_n(h.hex, 8), &f.arena, &m, &f.e), ST_OK);
	check_str("bytes", m.bytes, "weights");
	check_str("slot", m.meta.slot, "cadence");
	check_str("version", m.meta.version, "v3");
	check_str("metrics", m.meta.metrics, "{\"ece\":0.02}");
	assert_int_equal(m.state, REGISTRY_DRAFT);
	assert_int_equal(registry_get(f.dir, str_n(h.hex, 5), &f.arena, &m, &f.e), ST_NOT_FOUND);
	assert_non_null(strstr(f.e.text, "6 characters"));
	char large[REGISTRY_HASH_CHARS + 1];
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = h.hex[i] >= 'a' ? (char)(h.hex[i] - 'a' + 'A') : h.hex[i];
	assert_int_equal(registry_get(f.dir, str_of(large), &f.arena, &m, &f.e), ST_OK);
	assert_int_equal(registry_get(f.dir, STR("abcdef"), &f.arena, &m, &f.e), ST_NOT_FOUND);
	folder_close(&f);
}

static void refused(void **state)
{
	(void)state;
	struct folder f;
	struct registry_hash h;
	folder_open(&f);
	const struct {
		const char *name;
		struct registry_meta m;
	} cases[] = {
		{"no slot", {.kind = STR("k")}},
		{"slot with a space", {.slot = STR("a b"), .kind = STR("k")}},
		{"upper case", {.slot = STR("a"), .kind = STR("K")}},
		{"metrics", {.slot = STR("a"), .kind = STR("k"), .metrics = STR("{]")}},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		CHECK_ROW(cases[i].name,
			  registry_put(f.dir, &cases[i].m, STR("x"), &h, &f.e) == ST_INVALID);
	folder_close(&f);
}

/* One bit of a file changes. */
static void damage(struct folder *f, const char *path)
{
	struct str file;
	assert_int_equal(file_read(path, 65536, &f->arena, &file, &f->e), ST_OK);
	char *bytes = arena_strz(&f->arena, file);
	bytes[file.n - 1] ^= 1;
	assert_int_equal(file_write_atomic(path, str_n(bytes, file.n), 0600, &f->e), ST_OK);
}

/* One bit of a file, and it is named and not used. */
static void damaged_file_is_named(void **state)
{
	(void)state;
	struct folder f;
	struct registry_model m;
	struct registry_list l;
	char path[256];
	folder_open(&f);
	struct registry_hash h = put_model(&f, "weights", 5);
	snprintf(path, sizeof path, "%s/models/%s.model", f.dir, h.hex);
	damage(&f, path);
	assert_int_equal(registry_get(f.dir, str_of(h.hex), &f.arena, &m, &f.e), ST_CORRUPT);
	assert_non_null(strstr(f.e.text, path));
	struct registry_hash good = put_model(&f, "weights", 6);
	assert_int_equal(registry_list(f.dir, &f.arena, &l, &f.e), ST_OK);
	assert_int_equal(l.damaged_n, 1);
	assert_true(str_starts(l.damaged[0], str_of(path)));
	assert_int_equal(l.models_n, 1); /* the others are there */
	assert_string_equal(l.models[0].hash.hex, good.hex);
	snprintf(path, sizeof path, "%s/models/states.json", f.dir);
	assert_int_equal(file_write_atomic(path, STR("{\"models\":1}"), 0600, &f.e), ST_OK);
	assert_int_equal(registry_list(f.dir, &f.arena, &l, &f.e), ST_CORRUPT);
	assert_non_null(strstr(f.e.text, "states.json"));
	folder_close(&f);
}

/* ---- up and down ---- */

static struct registry_step promote(struct folder *f, struct registry_hash h, int64_t now_us)
{
	struct registry_step s;
	if (registry_plan_promote(f->dir, str_of(h.hex), STR_NULL, &f->arena, &s, &f->e) != ST_OK ||
	    registry_apply(f->dir, &s, now_us, &f->e) != ST_OK)
		fail_msg("promote: %s", f->e.text);
	return s;
}

static struct registry_step rollback(struct folder *f)
{
	struct registry_step s;
	if (registry_plan_rollback(f->dir, STR("cadence"), STR("worse"), &f->arena, &s, &f->e) !=
		    ST_OK ||
	    registry_apply(f->dir, &s, 99, &f->e) != ST_OK)
		fail_msg("rollback: %s", f->e.text);
	return s;
}

static struct registry_model get(struct folder *f, struct registry_hash h)
{
	struct registry_model m;
	if (registry_get(f->dir, str_of(h.hex), &f->arena, &m, &f->e) != ST_OK)
		fail_msg("get: %s", f->e.text);
	return m;
}

static void to_champion(struct folder *f, struct registry_hash h)
{
	for (int i = 0; i < 5; i++)
		(void)promote(f, h, i);
}

static void ladder(void **state)
{
	(void)state;
	static const struct {
		enum registry_state to;
		unsigned percent;
	} rungs[] = {{REGISTRY_SHADOW, 0},
		     {REGISTRY_CANARY, 5},
		     {REGISTRY_CANARY, 25},
		     {REGISTRY_CANARY, 50},
		     {REGISTRY_CHAMPION, 100}};
	struct folder f;
	struct registry_step s;
	folder_open(&f);
	struct registry_hash a = put_model(&f, "a", 1);
	for (size_t i = 0; i < COUNT_OF(rungs); i++) {
		s = promote(&f, a, (int64_t)i);
		struct registry_model m = get(&f, a);
		assert_int_equal(m.state, rungs[i].to);
		assert_int_equal(m.percent, rungs[i].percent);
		assert_int_equal(m.since_us, i);
	}
	assert_string_equal(s.choice.champion.hex, a.hex);
	assert_string_equal(s.choice.candidate.hex, "");
	assert_int_equal(registry_plan_promote(f.dir, str_of(a.hex), STR_NULL, &f.arena, &s, &f.e),
			 ST_CONFLICT);
	folder_close(&f);
}

static void gate_and_rivals(void **state)
{
	(void)state;
	struct folder f;
	struct registry_step s;
	folder_open(&f);
	struct registry_hash a = put_model(&f, "a", 1), b = put_model(&f, "b", 2);
	struct str no = STR("effective sample 2.08 of 10000 rows");
	/* Shadow harms nobody and needs no verdict. */
	assert_int_equal(registry_plan_promote(f.dir, str_of(a.hex), no, &f.arena, &s, &f.e),
			 ST_OK);
	assert_int_equal(registry_apply(f.dir, &s, 1, &f.e), ST_OK);
	assert_int_equal(registry_plan_promote(f.dir, str_of(a.hex), no, &f.arena, &s, &f.e),
			 ST_DENIED);
	assert_string_equal(f.e.text, no.p);
	assert_int_equal(registry_plan_promote(f.dir, str_of(b.hex), STR_NULL, &f.arena, &s, &f.e),
			 ST_CONFLICT);
	assert_int_equal(get(&f, a).state, REGISTRY_SHADOW);
	folder_close(&f);
}

static void stack_of_champions(void **state)
{
	(void)state;
	struct folder f;
	struct registry_step s;
	struct registry_list l;
	folder_open(&f);
	struct registry_hash a = put_model(&f, "a", 1), b = put_model(&f, "b", 2);
	to_champion(&f, a);
	to_champion(&f, b);
	assert_int_equal(get(&f, a).state, REGISTRY_RETIRED);
	struct registry_hash c = put_model(&f, "c", 3);
	(void)promote(&f, c, 7);
	s = rollback(&f); /* the candidate first */
	assert_string_equal(s.hash.hex, c.hex);
	assert_string_equal(s.choice.champion.hex, b.hex);
	assert_int_equal(get(&f, c).state, REGISTRY_DRAFT);
	s = rollback(&f); /* then the champion */
	assert_string_equal(s.choice.champion.hex, a.hex);
	assert_int_equal(get(&f, b).state, REGISTRY_RETIRED);
	assert_int_equal(get(&f, a).state, REGISTRY_CHAMPION);
	s = rollback(&f); /* and not back up */
	assert_string_equal(s.choice.champion.hex, "");
	assert_int_equal(
		registry_plan_rollback(f.dir, STR("cadence"), STR_NULL, &f.arena, &s, &f.e),
		ST_NOT_FOUND);
	assert_int_equal(registry_list(f.dir, &f.arena, &l, &f.e), ST_OK);
	assert_int_equal(l.models_n, 3);
	check_str("why", l.changes[l.changes_n - 1].reason, "worse");
	folder_close(&f);
}

/* Who was taken back to nobody has nobody below it when it rules again; nor has who follows it. */
static void rules_again(void **state)
{
	(void)state;
	struct folder f;
	folder_open(&f);
	struct registry_hash a = put_model(&f, "a", 1), b = put_model(&f, "b", 2);
	for (int i = 0; i < 3; i++) {
		to_champion(&f, a);
		assert_string_equal(rollback(&f).choice.champion.hex, "");
		assert_int_equal(get(&f, a).state, REGISTRY_RETIRED);
	}
	to_champion(&f, b);
	assert_string_equal(rollback(&f).choice.champion.hex, "");
	to_champion(&f, a);
	to_champion(&f, b);
	to_champion(&f, a); /* a, b, a: each is gone back through */
	assert_string_equal(rollback(&f).choice.champion.hex, b.hex);
	assert_string_equal(rollback(&f).choice.champion.hex, a.hex);
	assert_string_equal(rollback(&f).choice.champion.hex, "");
	folder_close(&f);
}

static bool follows(struct folder *f, const struct registry_told *told, size_t n)
{
	bool moved;
	if (registry_follow(f->dir, told, n, &moved, &f->e) != ST_OK)
		fail_msg("follow: %s", f->e.text);
	return moved;
}

static struct registry_list list(struct folder *f)
{
	struct registry_list l;
	if (registry_list(f->dir, &f->arena, &l, &f->e) != ST_OK)
		fail_msg("list: %s", f->e.text);
	return l;
}

/* The log was told and the folder was not: the folder follows, once. */
static void follows_the_log(void **state)
{
	(void)state;
	struct folder f;
	folder_open(&f);
	struct registry_hash a = put_model(&f, "a", 1), b = put_model(&f, "b", 2);
	to_champion(&f, a);
	const struct registry_told now = {
		0, 50, STR("x"), {.slot = STR("cadence"), .champion = a, .candidate = b, 25}};
	assert_true(follows(&f, &now, 1));
	assert_int_equal(get(&f, b).percent, 25);
	assert_false(follows(&f, &now, 1));
	folder_close(&f);
}

#define TOLD(number, when, why, ...) \
	((struct registry_told){number, when, STR(why), {.slot = STR("cadence"), __VA_ARGS__}})

/* What moved by itself has the time and the reason that the log gives, also when nobody looked. */
static void follows_step_by_step(void **state)
{
	(void)state;
	struct folder f;
	folder_open(&f);
	struct registry_hash a = put_model(&f, "a", 1), b = put_model(&f, "b", 2);
	const struct registry_told told[] = {
		TOLD(1, 10, "promoted", .candidate = a),
		TOLD(2, 20, "as good", .candidate = a, .percent = 5),
		TOLD(3, 30, "it brings less", .percent = 0),
		TOLD(4, 40, "promoted", .candidate = b),
		TOLD(5, 50, "forced", .champion = b),
	};
	assert_true(follows(&f, told, 1));
	assert_true(follows(&f, told, 4)); /* nobody looked at 2 and 3 */
	assert_false(follows(&f, told, 4));
	assert_true(follows(&f, told + 3, 2)); /* and 1 to 3 are not kept any more */
	struct registry_list l = list(&f);
	assert_int_equal(l.changes_n, 5);
	for (size_t i = 0; i < l.changes_n; i++) {
		assert_int_equal(l.changes[i].at_us, told[i].at_us);
		assert_true(str_eq(l.changes[i].reason, told[i].reason));
	}
	assert_int_equal(l.changes[2].to, REGISTRY_DRAFT);
	assert_string_equal(l.changes[2].hash.hex, a.hex);
	assert_int_equal(get(&f, b).state, REGISTRY_CHAMPION);
	/* A log that has not come as far: another one, or an older backup of it. */
	assert_true(follows(&f, told, 2));
	assert_int_equal(get(&f, a).percent, 5);
	assert_int_equal(get(&f, b).state, REGISTRY_RETIRED);
	folder_close(&f);
}

/* A folder that lost its pointer, or has one nobody can read, or is not there at all, is made anew
 * from what the log told; a file that is lost or damaged, from what the log kept of it. */
static void made_anew(void **state)
{
	(void)state;
	struct folder f, g;
	struct str file;
	char path[256];
	bool made;
	folder_open(&f);
	folder_open(&g);
	struct registry_hash a = put_model(&f, "a", 1);
	const struct registry_told told[] = {TOLD(1, 10, "promoted", .candidate = a),
					     TOLD(2, 20, "as good", .candidate = a, .percent = 5)};
	assert_true(follows(&f, told, 2));
	snprintf(path, sizeof path, "%s/models/states.json", f.dir);
	assert_int_equal(file_write_atomic(path, STR("[]"), 0600, &f.e), ST_OK);
	assert_true(follows(&f, told, 2));
	assert_int_equal(list(&f).changes_n, 2);
	assert_int_equal(get(&f, a).percent, 5);
	snprintf(path, sizeof path, "%s/models/states.json.damaged", f.dir);
	assert_int_equal(access(path, F_OK), 0); /* somebody may want to know */
	assert_int_equal(registry_file(f.dir, &a, &f.arena, &file, &f.e), ST_OK);
	assert_true(follows(&g, told, 2)); /* no folder */
	assert_int_equal(registry_restore(g.dir, file, &made, &g.e), ST_OK);
	assert_true(made);
	assert_int_equal(get(&g, a).percent, 5);
	snprintf(path, sizeof path, "%s/models/%s.model", g.dir, a.hex);
	damage(&g, path);
	assert_int_equal(registry_restore(g.dir, file, &made, &g.e), ST_OK);
	assert_true(made);
	assert_int_equal(get(&g, a).percent, 5);
	assert_int_equal(registry_restore(g.dir, file, &made, &g.e), ST_OK);
	assert_false(made);
	assert_int_equal(registry_restore(g.dir, STR("x"), &made, &g.e), ST_INVALID);
	folder_close(&f);
	folder_close(&g);
}

static enum status refuses(const struct registry_model *m, struct err *e)
{
	return err_set(e, ST_INVALID, STR_FMT " cannot be read", STR_ARG(m->meta.kind));
}

/* Two folders, a model in the first, and a copy of it at `path` in the second. */
static struct registry_hash copied(struct folder *f, struct folder *g, char path[128])
{
	folder_open(f);
	folder_open(g);
	struct registry_hash h = put_model(f, "weights", 1);
	snprintf(path, 128, "%s/out.model", g->dir);
	assert_int_equal(registry_export(f->dir, str_of(h.hex), path, &f->e), ST_OK);
	return h;
}

/* Each byte of a copy counts, those of the line with its hash too. */
static void a_damaged_copy(void **state)
{
	(void)state;
	struct folder f, g;
	struct registry_hash back;
	struct str copy;
	char path[128];
	(void)copied(&f, &g, path);
	assert_int_equal(file_read(path, 1 << 16, &f.arena, &copy, &f.e), ST_OK);
	char *bytes = arena_strz(&f.arena, copy);
	for (size_t i = 0; i < copy.n; i++) {
		bytes[i] ^= 1;
		assert_int_equal(file_write_atomic(path, str_n(bytes, copy.n), 0600, &g.e), ST_OK);
		enum status st = registry_import(g.dir, path, NULL, &back, &g.e);
		if (st != ST_INVALID && st != ST_CORRUPT)
			fail_msg("byte %zu changed, and it is taken", i);
		bytes[i] ^= 1;
	}
	/* Without its line it is a model, but nobody can say which. */
	struct str rest = copy;
	(void)str_cut(&rest, '\n');
	assert_int_equal(file_write_atomic(path, rest, 0600, &g.e), ST_OK);
	assert_int_equal(registry_import(g.dir, path, NULL, &back, &g.e), ST_INVALID);
	assert_non_null(strstr(g.e.text, "policy export"));
	unlink(path);
	folder_close(&f);
	folder_close(&g);
}

static void one_file(void **state)
{
	(void)state;
	struct folder f, g;
	struct registry_hash back;
	char path[128];
	struct registry_hash a = copied(&f, &g, path);
	assert_int_equal(registry_export(f.dir, str_of(a.hex), path, &f.e), ST_CONFLICT);
	assert_int_equal(registry_import(g.dir, path, refuses, &back, &g.e), ST_INVALID);
	assert_int_equal(registry_import(g.dir, path, NULL, &back, &g.e), ST_OK);
	assert_string_equal(back.hex, a.hex);
	check_str("bytes", get(&g, a).bytes, "weights");
	assert_int_equal(file_write_atomic(path, STR("nurtured-model 1\n{}\n"), 0600, &g.e), ST_OK);
	assert_int_equal(registry_import(g.dir, path, NULL, &back, &g.e), ST_INVALID);
	assert_non_null(strstr(g.e.text, path));
	unlink(path);
	folder_close(&f);
	folder_close(&g);
}

static void copied_and_cleared(void **state)
{
	(void)state;
	struct folder f, g;
	struct registry_list l;
	folder_open(&f);
	folder_open(&g);
	assert_int_equal(registry_copy(f.dir, g.dir, &f.e), ST_OK); /* there is nothing */
	struct registry_hash a = put_model(&f, "a", 1);
	(void)put_model(&f, "b", 2);
	to_champion(&f, a);
	assert_int_equal(registry_copy(f.dir, g.dir, &f.e), ST_OK);
	assert_int_equal(registry_list(g.dir, &g.arena, &l, &g.e), ST_OK);
	assert_int_equal(l.models_n, 2);
	assert_int_equal(get(&g, a).state, REGISTRY_CHAMPION);
	int fd = open(g.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0 && registry_clear(fd));
	assert_int_equal(registry_list(g.dir, &g.arena, &l, &g.e), ST_OK);
	assert_int_equal(l.models_n, 0);
	close(fd);
	folder_close(&f);
	folder_close(&g);
}

/* It is named, with what to do; without its file the rest is copied. */
static void a_damaged_one_is_not_copied(void **state)
{
	(void)state;
	struct folder f, g;
	struct registry_list l;
	char path[256];
	folder_open(&f);
	folder_open(&g);
	struct registry_hash a = put_model(&f, "a", 1), b = put_model(&f, "b", 2);
	to_champion(&f, a);
	snprintf(path, sizeof path, "%s/models/%s.model", f.dir, b.hex);
	damage(&f, path);
	assert_int_equal(registry_copy(f.dir, g.dir, &f.e), ST_CORRUPT);
	assert_non_null(strstr(f.e.text, path));
	assert_non_null(strstr(f.e.text, "remove it"));
	assert_null(strstr(f.e.text, "export"));
	unlink(path);
	assert_int_equal(registry_copy(f.dir, g.dir, &f.e), ST_OK);
	assert_int_equal(registry_list(g.dir, &g.arena, &l, &g.e), ST_OK);
	assert_int_equal(l.models_n, 1);
	folder_close(&f);
	folder_close(&g);
}

/* ---- choices ---- */

static void choices(void **state)
{
	(void)state;
	struct folder f;
	struct registry_choice c = {.slot = STR("cadence"), .percent = 25}, back;
	struct buf b;
	struct json_w w;
	struct json d;
	unsigned follow = 0;
	folder_open(&f);
	memset(c.candidate.hex, 'a', REGISTRY_HASH_CHARS);
	buf_init_arena(&b, &f.arena, 4096);
	json_w_init(&w, &b);
	registry_choice_write(&c, &w);
	assert_int_equal(json_parse(buf_view(&b), JSON_LIMITS_EVENT, &f.arena, &d, &f.e), ST_OK);
	assert_int_equal(registry_choice_read(&d, 0, &f.arena, &back, &f.e), ST_OK);
	assert_string_equal(back.candidate.hex, c.candidate.hex);
	assert_int_equal(back.percent, 25);
	struct registry_choice less = c;
	less.percent = 5;
	for (uint64_t lead = 1; lead <= 20000; lead++) {
		bool in = registry_follows_candidate(&c, lead);
		assert_true(in || !registry_follows_candidate(&less, lead));
		follow += in;
	}
	assert_true(follow > 4700 && follow < 5300);
	c.candidate.hex[0] = '\0';
	assert_false(registry_follows_candidate(&c, 1));
	folder_close(&f);
}

static void no_choices(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{}",
		"{\"slot\":\"A\",\"champion\":\"\",\"candidate\":\"\",\"percent\":0}",
		"{\"slot\":\"a\",\"champion\":\"x\",\"candidate\":\"\",\"percent\":0}",
		"{\"slot\":\"a\",\"champion\":\"\",\"candidate\":\"\",\"percent\":5}",
		"{\"slot\":\"a\",\"champion\":\"\",\"candidate\":\"\",\"percent\":-1}",
		"{\"slot\":\"a\",\"champion\":\"\",\"candidate\":\"\"}",
	};
	struct folder f;
	struct registry_choice c;
	folder_open(&f);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct json d;
		assert_int_equal(
			json_parse(str_of(texts[i]), JSON_LIMITS_EVENT, &f.arena, &d, &f.e), ST_OK);
		CHECK_ROW(texts[i], registry_choice_read(&d, 0, &f.arena, &c, &f.e) == ST_INVALID);
	}
	folder_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_and_get),
		cmocka_unit_test(refused),
		cmocka_unit_test(damaged_file_is_named),
		cmocka_unit_test(ladder),
		cmocka_unit_test(gate_and_rivals),
		cmocka_unit_test(stack_of_champions),
		cmocka_unit_test(rules_again),
		cmocka_unit_test(follows_the_log),
		cmocka_unit_test(follows_step_by_step),
		cmocka_unit_test(made_anew),
		cmocka_unit_test(a_damaged_copy),
		cmocka_unit_test(one_file),
		cmocka_unit_test(copied_and_cleared),
		cmocka_unit_test(a_damaged_one_is_not_copied),
		cmocka_unit_test(choices),
		cmocka_unit_test(no_choices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
