/* SPDX-License-Identifier: Apache-2.0
 * report.c: see report.h. A rate of fewer than twenty is no percentage: "7 of 18" says what there
 * is. */
#include "cli/report.h"

#include "base/time.h"
#include "cli/render.h"

#define RATE_LEAST 20

struct column {
	const char *key, *title;
	int width;
};

/* "31.2% (27-36)", "7 of 18", "-" */
static struct str rate_text(struct cli *c, const struct json *d, uint32_t rate)
{
	double n = render_number(d, rate, "n"), of = render_number(d, rate, "of");
	if (of <= 0)
		return STR("-");
	if (of < RATE_LEAST)
		return arena_printf(&c->arena, "%.0f of %.0f", n, of);
	return arena_printf(&c->arena, "%.1f%% (%.0f-%.0f)", 100 * render_number(d, rate, "rate"),
			    100 * render_number(d, rate, "low"),
			    100 * render_number(d, rate, "high"));
}

static struct str cell(struct cli *c, const struct json *d, uint32_t row, const char *key)
{
	uint32_t node = json_get(d, row, key);
	return json_is(d, node, JSON_OBJECT) ? rate_text(c, d, node)
					     : render_scalar(d, node, &c->arena);
}

static void put_rows(struct cli *c, const struct json *d, uint32_t list,
		     const struct column *columns, size_t n)
{
	fputs(cli_tint(c, "dim"), c->out);
	for (size_t i = 0; i < n; i++)
		fprintf(c->out, "%-*s ", columns[i].width, columns[i].title);
	fprintf(c->out, "%s\n", cli_tint(c, "off"));
	for (uint32_t r = json_first(d, list); r != JSON_NONE; r = json_next(d, list, r)) {
		for (size_t i = 0; i < n; i++) {
			struct str s = cell(c, d, r, columns[i].key);
			fprintf(c->out, "%-*.*s ", columns[i].width, STR_ARG(s));
		}
		fputc('\n', c->out);
	}
}

static void put_span(struct cli *c, const struct json *d)
{
	struct str from = render_text(d, 0, "from", &c->arena),
		   to = render_text(d, 0, "to", &c->arena);
	fprintf(c->out, "%.10s to %.10s, UTC; rates with their 95 %% interval\n\n", from.p, to.p);
}

static void put_wait(struct cli *c, const struct json *d, uint32_t list)
{
	for (uint32_t r = json_first(d, list); r != JSON_NONE; r = json_next(d, list, r)) {
		char a[TIME_TEXT_MAX], b[TIME_TEXT_MAX];
		uint32_t x = json_get(d, r, "first_contact");
		double median = render_number(d, x, "median_within_s"),
		       p90 = render_number(d, x, "p90_within_s");
		struct str track = render_text(d, r, "track", &c->arena),
			   slice = render_text(d, r, "slice", &c->arena);
		if (render_number(d, x, "n") <= 0)
			continue;
		(void)duration_format((int64_t)median * US_PER_S, a);
		(void)duration_format((int64_t)p90 * US_PER_S, b);
		fprintf(c->out,
			"first contact " STR_FMT " " STR_FMT
			": half within %s, nine in ten within %s (n = %.0f)\n",
			STR_ARG(track), STR_ARG(slice), median < 0 ? "more than 7d" : a,
			p90 < 0 ? "more than 7d" : b, render_number(d, x, "n"));
	}
}

static void put_ctas(struct cli *c, const struct json *d, uint32_t list)
{
	for (uint32_t r = json_first(d, list); r != JSON_NONE; r = json_next(d, list, r)) {
		uint32_t ctas = json_get(d, r, "clicks_by_cta");
		struct str track = render_text(d, r, "track", &c->arena),
			   step = render_text(d, r, "step", &c->arena);
		for (uint32_t x = json_first(d, ctas); x != JSON_NONE; x = json_next(d, ctas, x)) {
			struct str type = render_text(d, x, "type", &c->arena),
				   rate = cell(c, d, x, "clicked");
			fprintf(c->out,
				"call to action \"" STR_FMT "\" in " STR_FMT ", " STR_FMT
				": " STR_FMT "\n",
				STR_ARG(type), STR_ARG(track), STR_ARG(step), STR_ARG(rate));
		}
	}
}

void report_show_tracks(struct cli *c, const struct json *d)
{
	static const struct column tracks[] = {{"track", "TRACK", 14},
					       {"slice", "SLICE", 12},
					       {"entered", "ENTERED", 8},
					       {"contacted", "CONTACTED", 16},
					       {"completed", "COMPLETED", 16},
					       {"handed_off", "HANDED OFF", 16},
					       {"sales_accepted", "ACCEPTED", 16},
					       {"meeting", "MEETING", 16},
					       {"meeting_time_decay", "BY DECAY", 8}};
	static const struct column positions[] = {{"track", "TRACK", 14},
						  {"step", "STEP", 18},
						  {"slice", "SLICE", 12},
						  {"sent", "SENT", 6},
						  {"opened", "OPENED", 16},
						  {"clicked", "CLICKED", 16},
						  {"replied", "REPLIED", 15},
						  {"unsubscribed", "UNSUBSCRIBED", 15},
						  {"bounced", "BOUNCED", 15},
						  {"next_step", "NEXT STEP", 16},
						  {"other_track", "OTHER TRACK", 16},
						  {"sales_accepted", "ACCEPTED", 15},
						  {"meeting", "MEETING", 15},
						  {"meeting_time_decay", "BY DECAY", 8}};
	static const struct column channels[] = {
		{"channel", "CHANNEL", 14}, {"sent", "SENT", 8},
		{"meeting", "MEETING", 8},  {"meeting_time_decay", "BY DECAY", 10},
		{"cost", "COST", 10},       {"cost_per_meeting", "COST PER MEETING", 16}};
	put_span(c, d);
	put_rows(c, d, json_get(d, 0, "tracks"), tracks, sizeof tracks / sizeof tracks[0]);
	put_wait(c, d, json_get(d, 0, "tracks"));
	fputc('\n', c->out);
	put_rows(c, d, json_get(d, 0, "positions"), positions,
		 sizeof positions / sizeof positions[0]);
	put_ctas(c, d, json_get(d, 0, "positions"));
	fputc('\n', c->out);
	put_rows(c, d, json_get(d, 0, "channels"), channels, sizeof channels / sizeof channels[0]);
	fprintf(c->out,
		"meeting: of the message said last; by decay: shared out over all that were "
		"said, a week\nearlier half as much; cost: as the program says, by decay\n");
	fprintf(c->out, "opened and clicked: by people, as far as we can tell\n");
}

void report_show_funnel(struct cli *c, const struct json *d)
{
	static const struct column columns[] = {{"slice", "SLICE", 12},
						{"entered", "ENTERED", 8},
						{"contacted", "CONTACTED", 16},
						{"handed_off", "HANDED OFF", 16},
						{"sales_accepted", "ACCEPTED", 16},
						{"meeting", "MEETING", 16}};
	put_span(c, d);
	put_rows(c, d, json_get(d, 0, "funnel"), columns, sizeof columns / sizeof columns[0]);
	put_wait(c, d, json_get(d, 0, "funnel"));
}

/* ---- CSV ---- */

static void put_quoted(struct cli *c, struct str s)
{
	fputc('"', c->out);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			fputc('"', c->out);
		fputc(s.p[i], c->out);
	}
	fputc('"', c->out);
}

static void put_field(struct cli *c, struct str s)
{
	put_quoted(c, s);
	fputc(',', c->out);
}

/* A number as it stands, a day as a day, a list with commas. */
static void put_cell(struct cli *c, const struct json *d, uint32_t node, const char *key)
{
	struct str text = render_scalar(d, node, &c->arena);
	if (json_is(d, node, JSON_NUMBER))
		cli_put(c, json_raw(d, node));
	else
		put_quoted(c, strcmp(key, "day") == 0 ? str_slice(text, 0, 10) : text);
}

void report_csv_table(struct cli *c, const struct json *d, uint32_t list, const char *const *keys)
{
	for (size_t i = 0; keys[i] != NULL; i++)
		fprintf(c->out, "%s%s", i > 0 ? "," : "", keys[i]);
	fputc('\n', c->out);
	for (uint32_t r = json_first(d, list); r != JSON_NONE; r = json_next(d, list, r)) {
		for (size_t i = 0; keys[i] != NULL; i++) {
			if (i > 0)
				fputc(',', c->out);
			put_cell(c, d, json_get(d, r, keys[i]), keys[i]);
		}
		fputc('\n', c->out);
	}
}

struct csv_row {
	const char *level;
	uint32_t row;
	struct str type;
};

static void put_number(struct cli *c, const struct json *d, const struct csv_row *at,
		       struct str metric, uint32_t node)
{
	static const char *const places[] = {"track", "position", "step", "slice"};
	static const char *const values[] = {"n", "of", "rate", "low", "high"};
	bool rate = json_is(d, node, JSON_OBJECT);
	fprintf(c->out, "%s,", at->level);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		uint32_t v = json_get(d, at->row, places[i]);
		put_field(c, v == JSON_NONE ? STR("") : render_scalar(d, v, &c->arena));
	}
	put_field(c, at->type);
	fprintf(c->out, STR_FMT, STR_ARG(metric));
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		uint32_t v = rate ? json_get(d, node, values[i]) : i == 0 ? node : JSON_NONE;
		bool none = v == JSON_NONE || json_is(d, v, JSON_NULL);
		struct str text = none ? STR("") : json_raw(d, v);
		fprintf(c->out, "," STR_FMT, STR_ARG(text));
	}
	fputc('\n', c->out);
}

static void put_metrics(struct cli *c, const struct json *d, const struct csv_row *at)
{
	for (uint32_t v = json_first(d, at->row); v != JSON_NONE; v = json_next(d, at->row, v)) {
		struct str key = json_str(d, json_key(d, v), &c->arena);
		bool place = str_is(key, "track") || str_is(key, "position") ||
			     str_is(key, "step") || str_is(key, "slice") || str_is(key, "channel");
		if (!place && !json_is(d, v, JSON_ARRAY) && !str_is(key, "first_contact"))
			put_number(c, d, at, key, v);
	}
	uint32_t ctas = json_get(d, at->row, "clicks_by_cta");
	for (uint32_t x = json_first(d, ctas); x != JSON_NONE; x = json_next(d, ctas, x)) {
		struct csv_row one = {at->level, at->row, render_text(d, x, "type", &c->arena)};
		put_number(c, d, &one, STR("clicked_cta"), json_get(d, x, "clicked"));
	}
	uint32_t wait = json_get(d, at->row, "first_contact");
	for (uint32_t x = json_first(d, wait); x != JSON_NONE; x = json_next(d, wait, x))
		put_number(c, d, at,
			   arena_printf(&c->arena, "first_contact_" STR_FMT,
					STR_ARG(json_str(d, json_key(d, x), &c->arena))),
			   x);
}

void report_csv(struct cli *c, const struct json *d)
{
	static const char *const lists[] = {"tracks", "positions", "funnel", "channels"};
	static const char *const levels[] = {"track", "position", "all", "channel"};
	fprintf(c->out, "level,track,position,step,slice,type,metric,n,of,rate,low,high\n");
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		uint32_t list = json_get(d, 0, lists[i]);
		for (uint32_t r = json_first(d, list); r != JSON_NONE; r = json_next(d, list, r)) {
			uint32_t channel = json_get(d, r, "channel");
			struct csv_row at = {
				levels[i], r,
				channel == JSON_NONE ? STR("") : json_str(d, channel, &c->arena)};
			put_metrics(c, d, &at);
		}
	}
}
