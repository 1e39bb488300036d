/* SPDX-License-Identifier: Apache-2.0
 * test_track.c: the second part of a program: what is compiled from tracks, triggers, guardrails
 * and teams, and which defaults hold where nothing is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "program/track.h"

#define HEAD \
	"nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example}\nscoring: {}\n"

struct loaded {
	struct arena arena;
	struct program *program;
};

static const struct program_play *load(struct loaded *l, const char *text)
{
	struct program_report r;
	struct err e;
	arena_init(&l->arena, 64u << 20);
	if (program_load(str_of(text), &l->arena, &l->program, &r, &e) != ST_OK)
		fail_msg("%s\n%s", e.text, text);
	assert_non_null(l->program->play);
	return l->program->play;
}

static void unload(struct loaded *l)
{
	program_destroy(&l->program);
	arena_finish(&l->arena);
}

static void test_without_tracks(void **state)
{
	struct loaded l;
	const struct program_play *play = load(&l, HEAD);
	(void)state;
	assert_int_equal(play->tracks_n, 0);
	assert_int_equal(play->triggers_n, 0);
	assert_non_null(play->guardrails.channel_caps);
	assert_true(str_is(play->guardrails.zone, "UTC"));
	assert_true(program_track_of(l.program, STR("awareness")) == NO_INDEX);
	assert_true(program_team_of(l.program, STR("sdr")) == NO_INDEX);
	unload(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_tracks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
