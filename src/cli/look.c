/* SPDX-License-Identifier: Apache-2.0
 * look.c: one path for every verb that looks, so that --json and the text for people come from the
 * same document. */
#include "cli/look.h"

#include "base/time.h"
#include "view/view_play.h"

#include <string.h>

#define DOCUMENT_BYTES ((size_t)64 << 20)

static int print(struct cli *c, struct str text, look_show *show, void *ctx)
{
	struct json d;
	if (c->json) {
		cli_line(c, text);
		return CLI_OK;
	}
	struct json_limits limits = {.depth_max = 32, .tokens_max = 4u << 20};
	if (json_parse(text, limits, &c->arena, &d, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	show(c, &d, ctx);
	return CLI_OK;
}

int look(struct cli *c, look_make *make, look_show *show, void *ctx)
{
	struct door door;
	struct buf b;
	struct json_w w;
	if (door_open(c, DOOR_READ, &door, &c->err) != ST_OK)
		return cli_fail_open(c);
	struct view v = door_view(c, &door);
	buf_init(&b, DOCUMENT_BYTES);
	json_w_init(&w, &b);
	enum status st = make(&v, &w, ctx, &c->err);
	if (st == ST_OK && !buf_ok(&b))
		st = err_set(&c->err, ST_LIMIT,
			     "too much to show at once; ask for less with --limit");
	int rc = st == ST_OK ? print(c, buf_view(&b), show, ctx) : cli_refused(c);
	buf_finish(&b);
	door_close(&door);
	return rc;
}

bool look_number(struct cli *c, const char *opt, uint64_t otherwise, uint64_t max, uint64_t *out)
{
	const char *v = cli_value(c, opt);
	*out = otherwise;
	if (v == NULL)
		return true;
	if (str_to_u64(str_of(v), out) && *out <= max)
		return true;
	(void)cli_usage(c, "--%s wants a whole number up to %llu", opt, (unsigned long long)max);
	return false;
}

bool look_limit(struct cli *c, size_t *out)
{
	uint64_t n;
	if (!look_number(c, "limit", 50, UINT64_MAX, &n))
		return false;
	*out = n <= VIEW_PAGE_MAX ? (size_t)n : 0;
	if (*out == 0)
		(void)cli_usage(c, "--limit wants 1 to %d", VIEW_PAGE_MAX);
	return *out > 0;
}

bool look_day(struct cli *c, const char *opt, int64_t *out)
{
	const char *v = cli_value(c, opt);
	*out = TIME_NONE;
	if (v == NULL || time_parse(str_of(v), out))
		return true;
	struct str text = arena_printf(&c->arena, "%sT00:00:00Z", v);
	if (time_parse(text, out))
		return true;
	(void)cli_usage(c, "--%s wants a day, for example 2026-11-21", opt);
	return false;
}

bool look_id(struct cli *c, size_t arg, const char *noun, uint64_t *out)
{
	if (arg < c->args_n && str_to_u64(str_of(c->args[arg]), out) && *out > 0)
		return true;
	(void)cli_usage(c, "which %s? its number; nurtured %s list shows them", noun, noun);
	return false;
}

/* As a shell reads it back: in quotes where it asks for them. */
static void put_word(struct buf *b, const char *value)
{
	size_t plain = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_.,:/@%+=-");
	if (plain > 0 && value[plain] == '\0') {
		buf_z(b, value);
		return;
	}
	buf_byte(b, '\'');
	for (const char *p = value; *p != '\0'; p++)
		if (*p == '\'')
			buf_z(b, "'\\''");
		else
			buf_byte(b, *p);
	buf_byte(b, '\'');
}

/* The options as they were given, but for the page's. */
static struct str options_again(struct cli *c)
{
	struct buf b;
	buf_init_arena(&b, &c->arena, 16384);
	for (size_t i = 0; c->verb->opts[i].name != NULL; i++) {
		const char *value = c->values[i], *name = c->verb->opts[i].name;
		if (value == NULL || strcmp(name, "after") == 0)
			continue;
		buf_printf(&b, " --%s", name);
		if (c->verb->opts[i].arg == NULL)
			continue;
		buf_byte(&b, ' ');
		put_word(&b, value);
	}
	return buf_view(&b);
}

void look_more(struct cli *c, const struct json *d, const char *command)
{
	uint32_t next = json_get(d, 0, "next");
	if (next == JSON_NONE || json_is(d, next, JSON_NULL))
		return;
	struct str after = render_scalar(d, next, &c->arena);
	struct str options = options_again(c);
	cli_next(c, "%s" STR_FMT " --after " STR_FMT, command, STR_ARG(options), STR_ARG(after));
}
