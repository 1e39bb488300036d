/* SPDX-License-Identifier: Apache-2.0
 * view_numbers.c: see view_numbers.h. The roll-ups of the days asked for are read once, in order of
 * their keys, and added up by place and slice. */
#include "view/view_numbers.h"

#include "base/assert.h"
#include "base/map.h"
#include "base/time.h"
#include "compose/content.h"
#include "engine/batch.h"
#include "engine/engine.h"
#include "engine/play.h"
#include "engine/tally.h"
#include "model/key.h"
#include "program/track.h"

#include <math.h>

_Static_assert((int)VIEW_BY_SOURCE == (int)TALLY_SOURCE && (int)VIEW_BY_TIER == (int)TALLY_TIER &&
		       (int)VIEW_BY_VARIANT == (int)TALLY_VARIANT &&
		       (int)VIEW_BY_PERSONA == (int)TALLY_PERSONA &&
		       (int)VIEW_BY_CHANNEL == (int)TALLY_CHANNEL,
	       "a report is sliced as it was counted");

#define ROWS_MAX 8192
#define CTAS_MAX 8 /* types of calls to action told apart at one place */

enum what {
	SENT,
	UNCERTAIN,
	FAILED,
	OPENED,
	OPENED_MACHINE,
	CLICKED,
	CLICKED_MACHINE,
	CLICKED_CTA,
	REPLIED,
	BOUNCED,
	COMPLAINED,
	UNSUBSCRIBED,
	NEXT,
	MOVED,
	MSG_ACCEPTED,
	MSG_GOAL,
	MSG_GOAL_DECAY, /* parts of TALLY_WHOLE */
	MSG_COUNT
};
static const char *const msg_names[MSG_COUNT] = {
	"sent",       "uncertain",       "failed",      "opened",  "opened_machine",
	"clicked",    "clicked_machine", "clicked_cta", "replied", "bounced",
	"complained", "unsubscribed",    "next",        "moved",   "accepted",
	"goal",       "goal_decay"};

enum cohort { ENTERED, CONTACTED, COMPLETED, HANDED, ACCEPTED, GOAL, COHORT_COUNT };
static const char *const cohort_names[COHORT_COUNT] = {"entered", "contacted", "completed",
						       "handed",  "accepted",  "goal"};

/* Upper ends in seconds, as decide/cohort.c names them; the last has none. */
#define WAITS 15
static const int64_t wait_ends[WAITS] = {1,   2,    5,     10,    30,     60,     120,      300,
					 900, 3600, 14400, 86400, 259200, 604800, INT64_MAX};

struct row {
	struct str track, step, slice; /* step empty: the track's own row */
	int64_t n[MSG_COUNT];
	int64_t waits[WAITS];
	struct {
		struct str type;
		int64_t n;
	} ctas[CTAS_MAX];
	size_t ctas_n;
};

#define CHANNELS_MAX 32 /* as a program may have */
struct channel {
	struct str name;
	int64_t sent, goal, decay;
};

struct numbers {
	struct view *v;
	enum view_by by;
	struct row *rows;
	size_t n;
	struct strmap at; /* "track\0step\0slice" -> index */
	const struct content_index *content;
	struct channel channels[CHANNELS_MAX];
	size_t channels_n;
	bool full;
	bool ctas;   /* what is read now are clicks on calls to action, by angle */
	size_t what; /* of the latest counter: thousands of the same stand side by side */
};

/* ---- rates and estimates ---- */

void view_span_members(struct json_w *w, const char *at, const double v[3])
{
	json_w_kf64(w, at, v[0]);
	json_w_kf64(w, "low", v[1]);
	json_w_kf64(w, "high", v[2]);
}

void view_span_put(struct json_w *w, const char *key, const char *at, const double v[3])
{
	json_w_key(w, key);
	json_w_object(w);
	view_span_members(w, at, v);
	json_w_end(w);
}

void view_rate_put(struct json_w *w, const char *key, int64_t n, int64_t of)
{
	static const double z = 1.959963984540054; /* 97.5 % of the normal distribution */
	json_w_key(w, key);
	json_w_object(w);
	json_w_ki64(w, "n", n);
	json_w_ki64(w, "of", of);
	if (of > 0) {
		double m = (double)of, p = n < of ? (double)n / m : 1, zz = z * z;
		double centre = (p + zz / (2 * m)) / (1 + zz / m);
		double half = z * sqrt(p * (1 - p) / m + zz / (4 * m * m)) / (1 + zz / m);
		json_w_kf64(w, "rate", p);
		/* Exactly 0 and 1 at the ends: rounding leaves a speck of either. */
		json_w_kf64(w, "low", n > 0 && centre > half ? centre - half : 0);
		json_w_kf64(w, "high", n < of && centre + half < 1 ? centre + half : 1);
	} else {
		json_w_key(w, "rate");
		json_w_null(w);
	}
	json_w_end(w);
}

bool view_by_of(struct str name, enum view_by *out)
{
	static const char *const names[] = {"", "source", "tier", "variant", "persona", "channel"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_is(name, names[i])) {
			*out = (enum view_by)i;
			return true;
		}
	return false;
}

/* ---- adding up ---- */

static struct row *row_of(struct numbers *x, struct str track, struct str step, struct str slice)
{
	uint64_t at;
	char room[3 * (COUNT_DIM_BYTES + 1)];
	struct buf key = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	buf_str(&key, track);
	buf_byte(&key, 1);
	buf_str(&key, step);
	buf_byte(&key, 1);
	buf_str(&key, slice);
	if (strmap_get(&x->at, buf_view(&key), &at))
		return &x->rows[at];
	struct str kept = arena_str(x->v->arena, buf_view(&key));
	if (x->n == ROWS_MAX || kept.p == NULL || !strmap_put(&x->at, kept, x->n)) {
		x->full = true;
		return NULL;
	}
	struct row *r = &x->rows[x->n++];
	*r = (struct row){.track = arena_str(x->v->arena, track),
			  .step = arena_str(x->v->arena, step),
			  .slice = arena_str(x->v->arena, slice)};
	return r;
}

static size_t index_of(const char *const *names, size_t n, struct str name)
{
	size_t i = 0;
	while (i < n && !str_is(name, names[i]))
		i++;
	return i;
}

/* What the button of a text asks for ("read", "book"), as the content in force says. */
static struct str cta_type(struct numbers *x, struct str track, struct str step, struct str angle)
{
	struct str file;
	struct compose_content c;
	struct view *v = x->v;
	size_t k = program_track_of(v->program, track);
	size_t s = k == NO_INDEX ? NO_INDEX : program_step_of(&v->program->play->tracks[k], step);
	if (s == NO_INDEX || x->content == NULL)
		return STR("-");
	const struct content_file *f = content_find(
		x->content, v->program->play->tracks[k].steps[s].message, angle, STR_NULL);
	if (f == NULL ||
	    store_get(v->store, TABLE_CONTENT, KEY_BYTES(f->hash), v->arena, &file, NULL) !=
		    ST_OK ||
	    compose_content_parse(f->message, file, v->arena, &c, NULL) != ST_OK)
		return STR("-");
	return c.cta_type.text.n ? c.cta_type.text : STR("-");
}

static void add_cta(struct row *r, struct str type, int64_t n)
{
	size_t i = 0;
	while (i < r->ctas_n && !str_eq(r->ctas[i].type, type))
		i++;
	if (i == CTAS_MAX)
		return;
	if (i == r->ctas_n)
		r->ctas[r->ctas_n++].type = type;
	r->ctas[i].n += n;
}

/* msg.<slice>.<what> {track, step, value} */
static void add_message(struct numbers *x, struct str what, const struct str dims[3], int64_t n)
{
	if (!str_is(what, msg_names[x->what]))
		x->what = index_of(msg_names, MSG_COUNT, what);
	size_t at = x->what;
	bool told = at < MSG_COUNT;
	x->what = told ? at : 0;
	struct str slice = x->by == VIEW_BY_NONE ? STR("") : dims[2];
	struct row *r = told ? row_of(x, dims[0], dims[1], slice) : NULL;
	if (r == NULL)
		return;
	if (x->ctas)
		add_cta(r, cta_type(x, dims[0], dims[1], dims[2]), n);
	else
		r->n[at] += n;
	if (x->by == VIEW_BY_VARIANT && at == CLICKED_CTA)
		add_cta(r, cta_type(x, dims[0], dims[1], dims[2]), n);
}

/* track.<slice>.<what> {track, value}, track.<slice>.wait {track, value, end} */
static void add_cohort(struct numbers *x, struct str what, const struct str dims[3], int64_t n)
{
	size_t at = index_of(cohort_names, COHORT_COUNT, what), end = 0;
	int64_t seconds = INT64_MAX;
	struct str slice =
		x->by == VIEW_BY_SOURCE || x->by == VIEW_BY_TIER || x->by == VIEW_BY_PERSONA
			? dims[1]
			: STR("");
	struct row *r = row_of(x, dims[0], STR(""), slice);
	if (r == NULL)
		return;
	if (str_is(what, "wait")) {
		(void)str_to_i64(dims[2], &seconds); /* "inf" stays without an end */
		while (wait_ends[end] < seconds)
			end++;
		r->waits[end] += n;
	} else if (at < COHORT_COUNT) {
		r->n[at] += n;
	}
}

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct numbers *x = ctx;
	struct str dims[3] = {STR(""), STR(""), STR("")};
	struct str rest = str_slice(key.bytes, 8, key.bytes.n), name = str_cut(&rest, '\0');
	int64_t n = (int64_t)key_read_u64(value, 0);
	for (size_t i = 0; i < 3 && rest.p != NULL; i++)
		dims[i] = str_cut(&rest, '\0');
	bool message = str_starts(name, STR("msg."));
	(void)str_cut(&name, '.');
	(void)str_cut(&name, '.');
	if (message)
		add_message(x, name, dims, n);
	else
		add_cohort(x, name, dims, n);
	return !x->full;
}

static enum status scan_day(struct numbers *x, int64_t day, struct str prefix, struct err *e)
{
	return tally_day(x->v->store, day, prefix, take, x, e);
}

struct days {
	int64_t from, to;
};

static enum status days_of(struct view *v, const struct view_numbers *q, struct days *out,
			   struct err *e)
{
	int64_t to_us = q->to_us == TIME_NONE ? v->now_us : q->to_us;
	int64_t from_us = q->from_us == TIME_NONE ? to_us - 27 * US_PER_D : q->from_us;
	*out = (struct days){time_day(from_us), time_day(to_us)};
	if (out->to < out->from || out->to - out->from >= VIEW_DAYS_MAX)
		return err_set(e, ST_INVALID, "a report spans 1 to %d days", VIEW_DAYS_MAX);
	return ST_OK;
}

static struct str family(struct numbers *x, const char *name, enum tally_slice slice)
{
	return arena_printf(x->v->arena, "%s.%s.", name, tally_slices[slice]);
}

/* By variant the angle is in the key; else the clicks on calls to action are read from there. */
static enum status add_messages(struct numbers *x, const struct days *days, struct err *e)
{
	struct str all = family(x, "msg", (enum tally_slice)x->by);
	struct str ctas = STR("msg.variant.clicked_cta");
	enum status st = ST_OK;
	for (int64_t d = days->from; d <= days->to && st == ST_OK; d++)
		st = scan_day(x, d, all, e);
	x->ctas = x->by == VIEW_BY_NONE;
	for (int64_t d = days->from; x->ctas && d <= days->to && st == ST_OK; d++)
		st = scan_day(x, d, ctas, e);
	x->ctas = false;
	return st;
}

/* msg.channel.<what> {track, step, channel} */
static bool take_channel(void *ctx, struct store_key key, struct str value)
{
	struct numbers *x = ctx;
	struct str rest = str_slice(key.bytes, 8, key.bytes.n), what = str_cut(&rest, '\0');
	int64_t n = (int64_t)key_read_u64(value, 0);
	size_t i = 0;
	for (int k = 0; k < 2; k++) {
		(void)str_cut(&what, '.');
		(void)str_cut(&rest, '\0');
	}
	while (i < x->channels_n && !str_eq(x->channels[i].name, rest))
		i++;
	if (i == CHANNELS_MAX)
		return true;
	struct channel *c = &x->channels[i];
	if (i == x->channels_n) {
		*c = (struct channel){.name = arena_str(x->v->arena, rest)};
		x->channels_n++;
	}
	c->sent += str_is(what, "sent") || str_is(what, "uncertain") ? n : 0;
	c->goal += str_is(what, "goal") ? n : 0;
	c->decay += str_is(what, "goal_decay") ? n : 0;
	return true;
}

static enum status add_channels(struct numbers *x, const struct days *days, struct err *e)
{
	enum status st = ST_OK;
	struct str all = family(x, "msg", TALLY_CHANNEL);
	for (int64_t d = days->from; d <= days->to && st == ST_OK; d++)
		st = tally_day(x->v->store, d, all, take_channel, x, e);
	return st;
}

static enum status add_up(struct numbers *x, const struct days *days, bool messages, struct err *e)
{
	bool whole = x->by == VIEW_BY_VARIANT || x->by == VIEW_BY_CHANNEL;
	enum tally_slice slice = whole ? TALLY_NONE : (enum tally_slice)x->by;
	struct str all = family(x, "track", slice);
	enum status st = ST_OK;
	for (int64_t d = days->from; d <= days->to && st == ST_OK; d++)
		st = scan_day(x, d, all, e);
	if (st == ST_OK && messages)
		st = add_messages(x, days, e);
	if (st == ST_OK && messages)
		st = add_channels(x, days, e);
	if (st == ST_OK && x->full)
		st = err_set(e, ST_LIMIT, "more than %d places and slices: ask for fewer",
			     ROWS_MAX);
	return st;
}

/* ---- telling ---- */

/* The end of the part that `share` of all fall below, in seconds; -1: beyond the last. */
static int64_t wait_part(const struct row *r, double share)
{
	int64_t all = 0, below = 0;
	for (size_t i = 0; i < WAITS; i++)
		all += r->waits[i];
	for (size_t i = 0; i < WAITS; i++) {
		below += r->waits[i];
		if (all > 0 && (double)below >= share * (double)all)
			return wait_ends[i] == INT64_MAX ? -1 : wait_ends[i];
	}
	return -1;
}

static void put_waits(const struct row *r, struct json_w *w)
{
	int64_t all = 0;
	for (size_t i = 0; i < WAITS; i++)
		all += r->waits[i];
	json_w_key(w, "first_contact");
	json_w_object(w);
	json_w_ki64(w, "n", all);
	if (all > 0) {
		json_w_ki64(w, "median_within_s", wait_part(r, 0.5));
		json_w_ki64(w, "p90_within_s", wait_part(r, 0.9));
	}
	json_w_end(w);
}

static void put_place(const struct row *r, struct json_w *w)
{
	json_w_kstr(w, "track", r->track);
	if (r->slice.n)
		json_w_kstr(w, "slice", r->slice);
}

static double whole(int64_t parts)
{
	return (double)parts / (double)TALLY_WHOLE;
}

/* Of all positions of the track; of its slice, where the track is sliced as well. */
static int64_t decay_of(const struct numbers *x, const struct row *track)
{
	int64_t sum = 0;
	for (size_t i = 0; i < x->n; i++) {
		const struct row *r = &x->rows[i];
		if (r->step.n > 0 && str_eq(r->track, track->track) &&
		    (track->slice.n == 0 || str_eq(r->slice, track->slice)))
			sum += r->n[MSG_GOAL_DECAY];
	}
	return sum;
}

static void put_track(const struct numbers *x, const struct row *r, struct json_w *w)
{
	const int64_t *n = r->n;
	json_w_object(w);
	put_place(r, w);
	json_w_ki64(w, "entered", n[ENTERED]);
	view_rate_put(w, "contacted", n[CONTACTED], n[ENTERED]);
	view_rate_put(w, "completed", n[COMPLETED], n[ENTERED]);
	view_rate_put(w, "handed_off", n[HANDED], n[ENTERED]);
	view_rate_put(w, "sales_accepted", n[ACCEPTED], n[HANDED]);
	view_rate_put(w, "meeting", n[GOAL], n[ENTERED]);
	json_w_kf64(w, "meeting_time_decay", whole(decay_of(x, r)));
	put_waits(r, w);
	json_w_end(w);
}

static void put_ctas(const struct row *r, int64_t delivered, struct json_w *w)
{
	json_w_key(w, "clicks_by_cta");
	json_w_array(w);
	for (size_t i = 0; i < r->ctas_n; i++) {
		json_w_object(w);
		json_w_kstr(w, "type", r->ctas[i].type);
		view_rate_put(w, "clicked", r->ctas[i].n, delivered);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_position(struct view *v, const struct row *r, struct json_w *w)
{
	static const struct {
		const char *key;
		enum what what;
	} rates[] = {{"opened", OPENED},         {"opened_by_machine", OPENED_MACHINE},
		     {"clicked", CLICKED},       {"clicked_by_machine", CLICKED_MACHINE},
		     {"replied", REPLIED},       {"unsubscribed", UNSUBSCRIBED},
		     {"complained", COMPLAINED}, {"next_step", NEXT},
		     {"other_track", MOVED},     {"sales_accepted", MSG_ACCEPTED},
		     {"meeting", MSG_GOAL}};
	size_t k = program_track_of(v->program, r->track);
	size_t s =
		k == NO_INDEX ? NO_INDEX : program_step_of(&v->program->play->tracks[k], r->step);
	int64_t sent = r->n[SENT] + r->n[UNCERTAIN], delivered = sent - r->n[BOUNCED];
	json_w_object(w);
	put_place(r, w);
	json_w_kstr(w, "step", r->step);
	if (s != NO_INDEX)
		json_w_ki64(w, "position", (int64_t)s + 1);
	json_w_ki64(w, "sent", sent);
	json_w_ki64(w, "uncertain", r->n[UNCERTAIN]);
	json_w_ki64(w, "failed", r->n[FAILED]);
	view_rate_put(w, "delivered", delivered, sent);
	view_rate_put(w, "bounced", r->n[BOUNCED], sent);
	view_rate_put(w, "clicked_cta", r->n[CLICKED_CTA], delivered);
	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
		view_rate_put(w, rates[i].key, r->n[rates[i].what], delivered);
	json_w_kf64(w, "meeting_time_decay", whole(r->n[MSG_GOAL_DECAY]));
	put_ctas(r, delivered, w);
	json_w_end(w);
}

/* In the order of the program, then of the names; former tracks and steps last. */
static size_t rank(struct view *v, const struct row *r)
{
	size_t k = program_track_of(v->program, r->track);
	size_t s = k == NO_INDEX || r->step.n == 0
			   ? 0
			   : program_step_of(&v->program->play->tracks[k], r->step);
	k = k == NO_INDEX ? PROGRAM_TRACKS_MAX : k;
	return k * (PROGRAM_STEPS_MAX + 1) + (s == NO_INDEX ? PROGRAM_STEPS_MAX : s);
}

static void put_list(struct numbers *x, bool positions, struct json_w *w)
{
	size_t most = (PROGRAM_TRACKS_MAX + 1) * (PROGRAM_STEPS_MAX + 1);
	json_w_key(w, positions ? "positions" : "tracks");
	json_w_array(w);
	for (size_t at = 0; at < most; at++)
		for (size_t i = 0; i < x->n; i++) {
			const struct row *r = &x->rows[i];
			if (positions != (r->step.n > 0) || rank(x->v, r) != at)
				continue;
			if (positions)
				put_position(x->v, r, w);
			else
				put_track(x, r, w);
		}
	json_w_end(w);
}

/* NULL: the program does not say what its messages cost. */
static const double *cost_of(const struct program *p, struct str channel)
{
	const double *costs = p->play->deciding.costs;
	for (size_t i = 0; costs != NULL && i < p->consent.channels_n; i++)
		if (str_eq(p->consent.channels[i], channel))
			return costs[i] > 0 ? &costs[i] : NULL;
	return NULL;
}

static void put_channels(const struct numbers *x, struct json_w *w)
{
	json_w_key(w, "channels");
	json_w_array(w);
	for (size_t i = 0; i < x->channels_n; i++) {
		const struct channel *c = &x->channels[i];
		const double *cost = cost_of(x->v->program, c->name);
		json_w_object(w);
		json_w_kstr(w, "channel", c->name);
		json_w_ki64(w, "sent", c->sent);
		json_w_ki64(w, "meeting", c->goal);
		json_w_kf64(w, "meeting_time_decay", whole(c->decay));
		if (cost != NULL) {
			double all = *cost * (double)c->sent;
			json_w_kf64(w, "cost_each", *cost);
			json_w_kf64(w, "cost", all);
			if (c->decay > 0)
				json_w_kf64(w, "cost_per_meeting", all / whole(c->decay));
		}
		json_w_end(w);
	}
	json_w_end(w);
}

static enum status begin(struct view *v, const struct view_numbers *q, struct numbers *x,
			 struct err *e)
{
	*x = (struct numbers){.v = v, .by = q->by};
	if (v->program == NULL)
		return err_set(e, ST_NOT_FOUND, "no program has been applied yet");
	x->rows = ARENA_ARRAY(v->arena, struct row, ROWS_MAX);
	if (x->rows == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	return ST_OK;
}

static void put_head(const char *schema, const struct view_numbers *q, const struct days *days,
		     struct json_w *w)
{
	static const char *const by[] = {NULL, "source", "tier", "variant", "persona", "channel"};
	json_w_kz(w, "schema", schema);
	json_w_ktime(w, "from", days->from * US_PER_D);
	json_w_ktime(w, "to", days->to * US_PER_D);
	json_w_kz(w, "by", by[q->by]);
}

/* The index of content in force, for the types of calls to action. */
static enum status open_content(struct view *v, struct play *y, struct numbers *x, struct err *e)
{
	struct engine_meta meta;
	struct decide_version now;
	play_init(y, v->store);
	enum status st = engine_meta_read(v->store, &meta, e);
	if (st == ST_OK)
		st = play_set_now(y, meta.program_version, v->program, e);
	if (st == ST_OK)
		st = play_version(y, meta.program_version, &now, e);
	if (st == ST_OK)
		x->content = now.content;
	return st;
}

enum status view_report_tracks(struct view *v, const struct view_numbers *q, struct json_w *w,
			       struct err *e)
{
	struct days days;
	struct numbers x;
	struct play *y = ARENA_NEW(v->arena, struct play);
	enum status st = begin(v, q, &x, e);
	if (st == ST_OK && y == NULL)
		st = err_set(e, ST_LIMIT, "too much to show at once");
	if (st == ST_OK)
		st = days_of(v, q, &days, e);
	if (st != ST_OK)
		return st;
	strmap_init(&x.at, 2 * ROWS_MAX);
	st = open_content(v, y, &x, e);
	if (st == ST_OK)
		st = add_up(&x, &days, true, e);
	if (st == ST_OK) {
		json_w_object(w);
		put_head("nurtured.report.tracks/1", q, &days, w);
		put_list(&x, false, w);
		put_list(&x, true, w);
		put_channels(&x, w);
		json_w_end(w);
	}
	strmap_finish(&x.at);
	play_finish(y);
	return st;
}

/* ---- the funnel ---- */

static void put_funnel(const struct row *r, struct json_w *w)
{
	static const struct {
		const char *name;
		enum cohort n, of;
	} rates[] = {{"contacted", CONTACTED, ENTERED},
		     {"handed_off", HANDED, ENTERED}, /* a demo asked for is handed off at once */
		     {"sales_accepted", ACCEPTED, HANDED},
		     {"meeting", GOAL, ENTERED}};
	json_w_object(w);
	if (r->slice.n)
		json_w_kstr(w, "slice", r->slice);
	json_w_ki64(w, "entered", r->n[ENTERED]);
	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
		view_rate_put(w, rates[i].name, r->n[rates[i].n], r->n[rates[i].of]);
	put_waits(r, w);
	json_w_end(w);
}

/* Tracks together: the slice alone names a row. */
static void join_tracks(struct numbers *x)
{
	size_t n = 0;
	for (size_t i = 0; i < x->n; i++) {
		size_t k = 0;
		while (k < n && !str_eq(x->rows[k].slice, x->rows[i].slice))
			k++;
		if (k == n) {
			x->rows[n++] = x->rows[i];
			continue;
		}
		for (size_t j = 0; j < MSG_COUNT; j++)
			x->rows[k].n[j] += x->rows[i].n[j];
		for (size_t j = 0; j < WAITS; j++)
			x->rows[k].waits[j] += x->rows[i].waits[j];
	}
	x->n = n;
}

enum status view_report_funnel(struct view *v, const struct view_numbers *q, struct json_w *w,
			       struct err *e)
{
	struct days days;
	struct numbers x;
	enum status st = begin(v, q, &x, e);
	if (st == ST_OK && (q->by == VIEW_BY_VARIANT || q->by == VIEW_BY_CHANNEL))
		st = err_set(e, ST_INVALID, "a funnel is sliced by source, tier or persona");
	if (st == ST_OK)
		st = days_of(v, q, &days, e);
	if (st != ST_OK)
		return st;
	strmap_init(&x.at, 2 * ROWS_MAX);
	st = add_up(&x, &days, false, e);
	if (st == ST_OK) {
		join_tracks(&x);
		json_w_object(w);
		put_head("nurtured.report.funnel/1", q, &days, w);
		json_w_key(w, "funnel");
		json_w_array(w);
		for (size_t i = 0; i < x.n; i++)
			put_funnel(&x.rows[i], w);
		json_w_end(w);
		json_w_end(w);
	}
	strmap_finish(&x.at);
	return st;
}
