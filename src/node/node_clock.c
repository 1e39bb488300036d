/* SPDX-License-Identifier: Apache-2.0
 * node_clock.c: how far a folder's time was played forward. The log's clock never goes back (L2),
 * so neither does this: a node whose clock fell back would stand still until the machine's clock
 * had caught up. */
#include "node/node.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/time.h"
#include "node/settings.h"

#include <stdio.h>
#include <string.h>

#define SHIFT_MAX_US (INT64_C(3650) * US_PER_D)

enum status node_clock_free(const char *dir, struct err *e)
{
	struct settings s;
	struct arena a;
	arena_init(&a, 4 * SETTINGS_BYTES_MAX);
	enum status st = settings_load(dir, &a, &s, e);
	if (st == ST_OK && s.mode == SETTINGS_LIVE)
		st = err_set(e, ST_CONFLICT,
			     "time can be played forward in test mode only, and %s/settings.json "
			     "says live; a folder whose clock was advanced stays a test: make a "
			     "new one with nurtured init",
			     dir);
	arena_finish(&a);
	return st;
}

static enum status too_far(struct err *e)
{
	return err_set(e, ST_INVALID, "the clock can be 3650 days ahead at most");
}

enum status node_clock_read(const char *dir, int64_t *shift_r, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct arena a;
	struct str text;
	struct json d;
	int64_t us = -1;
	*shift_r = 0;
	if (strlen(dir) + 32 > NODE_PATH_MAX)
		return ST_OK; /* node_open says what is wrong with it */
	arena_init(&a, 1u << 16);
	enum status st = file_read(node_path(dir, "clock.json", path), 1u << 12, &a, &text, e);
	if (st == ST_OK &&
	    (json_parse(text, JSON_LIMITS_EVENT, &a, &d, NULL) != ST_OK ||
	     !json_i64(&d, json_get(&d, 0, "shift_us"), &us) || us < 0 || us > SHIFT_MAX_US))
		st = err_set(e, ST_CORRUPT, "%s is damaged; restore it from a backup", path);
	arena_finish(&a);
	if (st == ST_OK && us > 0)
		st = node_clock_free(dir, e);
	if (st == ST_OK)
		*shift_r = us;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status node_clock_set(const char *dir, int64_t shift_us, struct err *e)
{
	char path[NODE_PATH_MAX], text[96];
	int64_t was;
	enum status st = node_clock_read(dir, &was, e);
	if (st == ST_OK && shift_us < was)
		st = err_set(e, ST_INVALID, "the clock never goes back");
	if (st == ST_OK && shift_us > SHIFT_MAX_US)
		st = too_far(e);
	if (st == ST_OK)
		st = node_clock_free(dir, e);
	if (st != ST_OK)
		return st;
	int n = snprintf(text, sizeof text, "{\"schema\":\"nurtured.clock/1\",\"shift_us\":%lld}\n",
			 (long long)shift_us);
	st = file_write_atomic(node_path(dir, "clock.json", path), str_n(text, (size_t)n), 0600, e);
	if (st == ST_OK)
		clock_shift(shift_us);
	return st;
}

/* ---- from one due instant to the next ---- */

#define STEP_US US_PER_M
#define KEEP_EVERY_US (US_PER_S / 5)

/* A crash on the way loses a little of the walk: node_open lifts the clock to the log's. */
static enum status step_to(const struct node_walk *w, int64_t at_us, int64_t *kept_us,
			   struct err *e)
{
	int64_t shift = clock_shifted_us() + at_us - clock_now_us();
	if (shift <= clock_shifted_us())
		return ST_OK; /* real time was faster */
	if (at_us < w->to_us && clock_mono_us() - *kept_us < KEEP_EVERY_US) {
		clock_shift(shift);
		return ST_OK;
	}
	*kept_us = clock_mono_us();
	return node_clock_set(w->dir, shift, e);
}

enum status node_clock_walk(const struct node_walk *w, struct err *e)
{
	int64_t began = clock_mono_us(), kept = 0, next;
	/* Asked for before anything moves: a refusal leaves all as it was. */
	if (w->to_us - clock_real_us() > SHIFT_MAX_US)
		return too_far(e);
	enum status st = node_clock_set(w->dir, clock_shifted_us(), e);
	if (st == ST_OK)
		st = w->settle(w->ctx, &next, e);
	while (st == ST_OK && clock_now_us() < w->to_us) {
		int64_t now = clock_now_us(), at = w->to_us;
		if (next != TIME_NONE && (next > now ? next : now) + STEP_US < at)
			at = (next > now ? next : now) + STEP_US;
		st = step_to(w, at, &kept, e);
		if (st == ST_OK)
			st = w->settle(w->ctx, &next, e);
		bool on = w->go_on == NULL || w->go_on(w->ctx, clock_now_us());
		if (!on || (w->budget_us && clock_mono_us() - began > w->budget_us))
			break;
	}
	return st == ST_OK ? node_clock_set(w->dir, clock_shifted_us(), e) : st;
}
