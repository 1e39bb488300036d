/* SPDX-License-Identifier: Apache-2.0
 * test_decide.h: what the tests of this room share: a small program, one lead, and the engine's
 * part in miniature (it numbers messages and hand-offs, and tells what became of them).
 */
#ifndef DECIDE_TEST_DECIDE_H
#define DECIDE_TEST_DECIDE_H

#include "base/test.h"
#include "decide/decide.h"
#include "decide/internal.h"

#define MONDAY INT64_C(1795507200000000) /* 2026-11-24 is a Tuesday; this is 2026-11-24 08:00 UTC */
#define EMAIL 0
#define SMS 1

static const char *const base_text =
	"nurture: 1\nprogram: p\ngoal: meeting.booked\n"
	"send_as: {name: I, from: i@x.example}\n"
	"personas: {ops: 'lead.title == \"ops\"'}\n"
	"consent: {default: opt_out, unknown: opt_out, purposes: [marketing], "
	"channels: [email, sms]}\n"
	"scoring:\n"
	"  fit:\n"
	"    - {name: de, if: 'lead.country == \"DE\"', points: 1}\n"
	"    - {name: known, if: 'lead.known', points: 1}\n"
	"  engagement: {points: {a: {points: 1, where: 'event.type == \"form.demo\"'}}}\n"
	"  tiers: {hot: {up: 60, if: 'engagement >= 70.0'}, warm: {up: 30, if: 'engagement < "
	"5.0'}}\n";

#define ANGLES(...) \
	(const struct program_angle[]){__VA_ARGS__}, \
		sizeof((const struct program_angle[]){__VA_ARGS__}) / sizeof(struct program_angle)

struct world {
	struct arena arena, turn_arena;
	struct program *program;
	struct program_play play;
	struct program_track tracks[4];
	struct program_step steps[4][4];
	struct program_trigger triggers[4];
	struct program_team team;
	struct program_cap caps[2];
	struct content_file files[16];
	struct content_index content;
	struct json profile, properties;
	struct lead lead;
	struct journey journey;
	struct event event;
	struct facts facts;
	struct env env;
	struct consent_view consent[2];
	struct str address[2];
	struct decide_world outside;
	struct decide d;
	struct decide_out out;
	struct message message; /* the latest one made */
	uint64_t messages_n, handoffs_n;
};

static inline const struct program_cond *cond_de(const struct world *w)
{
	return &w->program->fit[0].if_;
}
static inline const struct program_cond *cond_known(const struct world *w)
{
	return &w->program->fit[1].if_;
}
static inline const struct program_cond *cond_demo(const struct world *w)
{
	return &w->program->points[0].on.where;
}
static inline const struct program_cond *cond_hot(const struct world *w)
{
	return &w->program->tiers[TIER_HOT].if_;
}
static inline const struct program_cond *cond_cold(const struct world *w)
{
	return &w->program->tiers[TIER_WARM].if_;
}

static inline void set_step_row(struct program_step *s, const char *message,
				const struct program_angle *angles, size_t angles_n)
{
	*s = (struct program_step){.name = str_of(message),
				   .message = str_of(message),
				   .angles = angles,
				   .angles_n = angles_n,
				   .wait_us = 4 * US_PER_D,
				   .again_max = 2,
				   .substitute_channel = NO_INDEX};
}

static inline void content(struct world *w, const char *message, const char *angle,
			   uint32_t subjects)
{
	w->files[w->content.n++] = (struct content_file){.message = str_of(message),
							 .angle = str_of(angle),
							 .subjects_n = subjects,
							 .hash = STR("00")};
}

static inline void world_tracks(struct world *w)
{
	static const struct program_angle three[] = {
		{STR("benchmark")}, {STR("story")}, {STR("checklist")}};
	static const struct program_angle two[] = {{STR("story")}, {STR("calculator")}};
	static const struct program_angle plain[] = {{STR("plain")}};
	struct program_action move = {.kind = ACTION_MOVE, .track = 1};
	set_step_row(&w->steps[0][0], "route-cost", three, 3);
	set_step_row(&w->steps[0][1], "dock-delays", two, 2);
	set_step_row(&w->steps[1][0], "case-study", plain, 1);
	set_step_row(&w->steps[1][1], "pricing", plain, 1);
	set_step_row(&w->steps[2][0], "digest", plain, 1);
	w->steps[0][0].react[REACT_CLICKED] = move;
	w->tracks[0] = (struct program_track){
		.name = STR("awareness"), .enter = *cond_de(w), .steps = w->steps[0], .steps_n = 2};
	w->tracks[1] = (struct program_track){
		.name = STR("consideration"), .steps = w->steps[1], .steps_n = 2};
	w->tracks[2] = (struct program_track){
		.name = STR("slow_lane"), .steps = w->steps[2], .steps_n = 1};
	for (size_t i = 0; i < 3; i++) {
		w->tracks[i].gap_min_us = 5 * US_PER_D;
		w->tracks[i].gap_max_us = 8 * US_PER_D;
	}
	content(w, "case-study", "plain", 1);
	content(w, "digest", "plain", 2);
	content(w, "dock-delays", "calculator", 1);
	content(w, "dock-delays", "story", 1);
	content(w, "pricing", "plain", 1);
	content(w, "route-cost", "benchmark", 2);
	content(w, "route-cost", "checklist", 1);
	content(w, "route-cost", "story", 1);
}

static inline void parse(struct world *w, const char *text, struct json *out)
{
	struct err e;
	if (json_parse(str_of(text), JSON_LIMITS_EVENT, &w->arena, out, &e) != ST_OK)
		fail_msg("%s", e.text);
}

static inline void world_outside(struct world *w)
{
	struct err e;
	w->address[EMAIL] = STR("sara@acme.example");
	for (size_t i = 0; i < 2; i++)
		w->consent[i] = (struct consent_view){
			.program = w->program, .lead = &w->lead, .country = STR("DE")};
	w->outside = (struct decide_world){.consent = w->consent,
					   .address = w->address,
					   .channels_n = 2,
					   .zone_name = STR("UTC"),
					   .first_send_us = TIME_NONE};
	if (tz_load(STR("UTC"), &w->arena, &w->outside.zone, &e) != ST_OK)
		fail_msg("%s", e.text);
}

static inline void world_init(struct world *w)
{
	struct program_report r;
	struct err e;
	memset(w, 0, sizeof *w);
	arena_init(&w->arena, 64u << 20);
	arena_init(&w->turn_arena, 8u << 20);
	if (program_load(str_of(base_text), &w->arena, &w->program, &r, &e) != ST_OK)
		fail_msg("%s", e.text);
	world_tracks(w);
	static const struct program_rep rep = {.name = STR("Ada"), .email = STR("ada@x.example")};
	w->team = (struct program_team){
		.name = STR("sdr"), .reps = &rep, .reps_n = 1, .accept_us = 4 * US_PER_H};
	w->play =
		(struct program_play){.tracks = w->tracks,
				      .tracks_n = 3,
				      .triggers = w->triggers,
				      .teams = &w->team,
				      .teams_n = 1,
				      .guardrails = {.channel_caps = w->caps, .zone = STR("UTC")}};
	w->program->play = &w->play;
	w->content.files = w->files;
	parse(w, "{\"country\":\"DE\",\"source\":\"site\",\"traits\":{\"title\":\"ops\"}}",
	      &w->profile);
	lead_init(&w->lead, 7, MONDAY);
	w->lead.flags = LEAD_KNOWN;
	journey_init(&w->journey, 7);
	world_outside(w);
	w->env.now_us = MONDAY;
	rng_seed(&w->env.rng, 1);
	w->facts = (struct facts){.program = w->program,
				  .lead = &w->lead,
				  .profile = &w->profile,
				  .engagement = 20,
				  .tier = TIER_WARM,
				  .arena = &w->turn_arena};
	struct decide_version v = {1, w->program, &w->content};
	w->d = (struct decide){.now = v,
			       .pinned = v,
			       .journey = &w->journey,
			       .lead = &w->lead,
			       .facts = &w->facts,
			       .env = &w->env,
			       .world = &w->outside,
			       .arena = &w->turn_arena};
}

static inline void world_finish(struct world *w)
{
	program_destroy(&w->program);
	arena_finish(&w->turn_arena);
	arena_finish(&w->arena);
}

/* What the engine does with a result. */
static inline void keep(struct world *w)
{
	if (w->out.send) {
		w->message = w->out.message;
		w->message.id = ++w->messages_n;
		w->message.lead = w->lead.id;
		w->journey.message = w->message.id;
	}
	if (w->out.handoff)
		w->journey.handoff = ++w->handoffs_n;
	if (w->out.close_handoff)
		w->journey.handoff = 0;
}

static inline void ok(struct world *w, enum status st, const struct err *e)
{
	if (st != ST_OK)
		fail_msg("%s", e->text);
	keep(w);
}

/* An event of that type, about that message (0: about none), by a person or not. */
static inline const struct decide_out *act(struct world *w, const char *type, uint64_t message,
					   uint32_t flags)
{
	struct err e;
	struct str props =
		arena_printf(&w->arena, "{\"message\":%llu}", (unsigned long long)message);
	w->event = (struct event){.type = str_of(type),
				  .source = STR("test"),
				  .occurred_us = w->env.now_us,
				  .received_us = w->env.now_us,
				  .flags = flags,
				  .properties = message ? props : STR_NULL};
	w->event.context.scroll = -1;
	w->facts.now_us = w->env.now_us;
	w->facts.event = &w->event;
	w->facts.properties = NULL;
	if (message) {
		parse(w, props.p, &w->properties);
		w->facts.properties = &w->properties;
	}
	ok(w, decide_event(&w->d, &w->out, &e), &e);
	w->facts.event = NULL;
	w->facts.properties = NULL;
	return &w->out;
}

static inline const struct decide_out *due(struct world *w)
{
	struct err e;
	w->facts.now_us = w->env.now_us;
	ok(w, decide_due(&w->d, &w->out, &e), &e);
	return &w->out;
}

/* The clock goes on to the journey's due time. */
static inline const struct decide_out *on(struct world *w)
{
	assert_true(w->journey.due_us != TIME_NONE);
	if (w->journey.due_us > w->env.now_us)
		w->env.now_us = w->journey.due_us;
	return due(w);
}

/* What became of the latest message. */
static inline const struct decide_out *became(struct world *w, enum message_state state)
{
	struct err e;
	if (w->env.now_us < w->message.due_us)
		w->env.now_us = w->message.due_us;
	w->message.state = state;
	w->message.sent_us = state == MESSAGE_SENT ? w->env.now_us : TIME_NONE;
	w->message.changed_us = w->env.now_us;
	ok(w, decide_message(&w->d, &w->message, &w->out, &e), &e);
	return &w->out;
}

#endif
