/* SPDX-License-Identifier: Apache-2.0
 * world.c: people who read, click, ask for demos, change their minds and share computers; a
 * network that repeats, delays and shuffles; operators who interfere. */
#include "base/json.h"
#include "base/time.h"
#include "sim.h"

#include <stdio.h>
#include <string.h>

#define SENT_MAX 512u

#define TRACKS \
	"tracks:\n" \
	"  early:\n    stage: early\n    enter: lead.known\n    cadence: 2d..4d\n" \
	"    decide: {what: [angle, send_time, gap, nothing]}\n" \
	"    sequence:\n" \
	"      - send: guide\n        angles: [story, numbers]\n        wait: 2d\n" \
	"        react:\n" \
	"          clicked: {move: late}\n" \
	"          opened: {send: again, with: new_angle}\n" \
	"          silent_x2: {send: again, with: new_subject, then: {move: late}}\n" \
	"      - {send: tips, angles: [plain], if: fit >= 20, wait: 2d}\n" \
	"    exhausted: {move: late}\n    reentry: after 10d\n" \
	"  late:\n    stage: mid\n    cadence: 3d..5d\n    pace: by_tier\n" \
	"    decide: {what: [angle, gap, nothing]}\n" \
	"    sequence:\n" \
	"      - {send: offer, angles: [plain], wait: 2d, capped: skip}\n" \
	"      - {send: case, angles: [peer, roi], wait: 2d}\n" \
	"    reentry: after 15d\n" \
	"triggers:\n" \
	"  - {name: hot, when: 'tier == \"hot\"', handoff: {team: sdr, within: 4h}}\n" \
	"  - {name: cold, when: 'track == \"late\" && engagement < 1', for: 5d, exit: cold}\n" \
	"guardrails:\n" \
	"  max_emails: {per_day: 2, per_week: 4, per_month: 12}\n" \
	"  max_per_account: {per_week: 9}\n" \
	"  quiet_hours: {from: '19:00', to: '08:00', weekends: true}\n" \
	"  cool_down: 6h\n  fatigue: {max: 5, half_life: 7d}\n" \
	"  stop_on: [reply, email.unsubscribe, email.complaint, meeting_booked]\n" \
	"  zone: Europe/Berlin\n" \
	"teams:\n  sdr:\n" \
	"    reps:\n      - {name: Jo, email: jo@sim.example}\n" \
	"      - {name: Al, email: al@sim.example, away: [{from: 2026-03-23, until: " \
	"2026-04-01}]}\n" \
	"    accept_within: 4h\n    whole_account: true\n" \
	"    webhook: https://hooks.sim.example/in\n" \
	"    hours: {from: '09:00', to: '17:00'}\n"

static const struct content_file content_files[] = {
	{STR("case"), STR("peer"), STR(""), 2, STR("h1")},
	{STR("case"), STR("roi"), STR(""), 1, STR("h2")},
	{STR("guide"), STR("numbers"), STR(""), 2, STR("h3")},
	{STR("guide"), STR("story"), STR(""), 2, STR("h4")},
	{STR("offer"), STR("plain"), STR(""), 1, STR("h5")},
	{STR("tips"), STR("plain"), STR(""), 1, STR("h6")},
};
const struct content_index world_content = {.files = content_files, .n = 6};

const char *const world_programs[] = {
	"nurture: 1\nprogram: sim\ngoal: meeting_booked\n"
	"send_as: {name: Sim, from: sim@mail.sim.example}\n"
	"personas:\n  ops: 'lead.title.contains(\"Ops\")'\n"
	"fields:\n  lead: {title: string, employees: number}\n  event: {amount: number, plan: "
	"string}\n"
	"features:\n"
	"  pages: {kind: count, of: page.*}\n"
	"  spend: {kind: sum, of: order_completed, property: properties.amount}\n"
	"  plans: {kind: distinct, of: order_completed, property: properties.plan}\n"
	"  heat: {kind: decayed, of: '*', half_life: 7d}\n"
	"  last_amount: {kind: last, of: order_completed, property: properties.amount}\n"
	"scoring:\n"
	"  fit:\n"
	"    - {name: size, if: 'lead.employees >= 20', points: 40}\n"
	"    - {name: ops, if: 'persona == \"ops\"', points: 35}\n"
	"  engagement:\n    half_life: 14d\n"
	"    points: {page.pricing: 20, page: 2, form.demo: 60, webinar.attended: 25, email.click: "
	"8}\n"
	"    inactivity: {after: 10d, every: 2d, points: 5, max: 40}\n"
	"  tiers: {hot: {up: 60, down: 45}, warm: {up: 30, down: 20}}\n"
	"consent: {default: opt_out, regions: {eea: double_opt_in}, opt_in_ttl: 5d, "
	"anonymous_ttl: 12d, purposes: [marketing], channels: "
	"[email]}\n"
	"outcomes: [meeting_booked]\n" TRACKS
	/* Explores: guards must hold all the same, and a replay must explore the same way. */
	"decide: {mode: igw, rewards: {email.click: {value: 0.2, within: 1d}, form.demo: {value: "
	"1, within: 6d}}, harm: {within: 5d}, keep: 24d}\n",
	"nurture: 1\nprogram: sim\ngoal: meeting_booked\n"
	"send_as: {name: Sim, from: sim@mail.sim.example}\n"
	"personas:\n  ops: 'lead.title.contains(\"Ops\")'\n  it: 'lead.title.contains(\"IT\")'\n"
	"fields:\n  lead: {title: string, employees: number}\n  event: {amount: number, plan: "
	"string}\n"
	"features:\n"
	"  pages: {kind: count, of: page.*}\n"
	"  heat: {kind: decayed, of: '*', half_life: 7d}\n"
	"  spend: {kind: sum, of: order_completed, property: properties.amount}\n"
	"scoring:\n"
	"  fit:\n"
	"    - {name: size, if: 'lead.employees >= 10', points: 50}\n"
	"    - {name: it, if: 'persona == \"it\"', points: 30}\n"
	"  engagement:\n    half_life: 9d\n"
	"    points: {page.pricing: 25, page: 1, form.demo: 50, email.click: 10}\n"
	"  tiers: {hot: {up: 55, down: 40}, warm: {up: 25, down: 15}}\n"
	"consent: {default: opt_out, regions: {eea: double_opt_in}, "
	"anonymous_ttl: 20d, purposes: [marketing], channels: "
	"[email]}\n"
	"outcomes: [meeting_booked]\n" TRACKS
	"decide: {mode: thompson, rewards: {email.click: {value: 0.2, within: 2d}, page.*: 0.1}, "
	"costs: {email: 0.01}, explore: {most: 50%, least: 5%}}\n",
};
const size_t world_programs_n = sizeof world_programs / sizeof world_programs[0];

static const char *const acts[] = {
	"page.home",      "page.pricing",     "page.docs",         "page",
	"form.demo",      "webinar.attended", "email.click",       "order_completed",
	"meeting_booked", "consent.grant",    "email.unsubscribe",
};

static bool chance(struct sim *s, double p)
{
	return rng_unit(&s->rng) < p;
}

static uint64_t pick(struct sim *s, uint64_t n)
{
	return rng_below(&s->rng, n);
}

void world_begin(struct sim *s)
{
	s->people_n = 8 + pick(s, SIM_PEOPLE_MAX - 8);
	for (size_t i = 0; i < s->people_n; i++) {
		struct sim_person *p = &s->people[i];
		(void)snprintf(p->email, sizeof p->email, "p%zu@c%llu.example", i,
			       (unsigned long long)pick(s, 1 + s->people_n / 3));
		(void)snprintf(p->user_id, sizeof p->user_id, "user-%zu", i);
		(void)snprintf(p->phone, sizeof p->phone, "+49301%07llu", (unsigned long long)i);
		p->devices_n = 1 + pick(s, SIM_DEVICES_MAX);
		for (size_t d = 0; d < p->devices_n; d++) /* some devices are shared */
			(void)snprintf(p->device[d], sizeof p->device[d], "dev-%llu",
				       (unsigned long long)(chance(s, 0.1) ? pick(s, s->people_n)
									   : i * 10 + d + 1000));
		p->bot = chance(s, 0.05);
		p->dnt = chance(s, 0.05);
		p->acts_per_day = 0.2 + 4 * rng_unit(&s->rng) * rng_unit(&s->rng);
		p->european = chance(s, 0.3);
		p->zone_h = (int)pick(s, 24) - 12;
	}
	s->queue = mem_array(SIM_QUEUE_MAX, sizeof *s->queue);
	s->sent = mem_array(SENT_MAX, sizeof *s->sent);
	s->mails = mem_array(SIM_MAILS_MAX, sizeof *s->mails);
	u64map_init(&s->mail_at, SIM_MAILS_MAX * 2);
}

void world_end(struct sim *s)
{
	for (size_t i = 0; i < s->queue_n; i++)
		mem_free((void *)(uintptr_t)s->queue[i].body.p);
	for (size_t i = 0; i < s->sent_n; i++)
		mem_free((void *)(uintptr_t)s->sent[i].body.p);
	mem_free(s->queue);
	mem_free(s->sent);
	mem_free(s->mails);
	u64map_finish(&s->mail_at);
}

void world_send(struct sim *s, const struct event *ev, const char *source, int64_t due_us)
{
	struct buf body;
	struct err e;
	if (s->queue_n == SIM_QUEUE_MAX)
		return;
	buf_init(&body, EVENT_BYTES_MAX + 1024);
	if (event_encode(ev, &body, &e) != ST_OK) {
		fail(s, "event does not encode: %s", e.text);
		buf_finish(&body);
		return;
	}
	struct sim_message *m = &s->queue[s->queue_n++];
	*m = (struct sim_message){.body = buf_view(&body), .due_us = due_us};
	(void)snprintf(m->source, sizeof m->source, "%s", source);
	(void)snprintf(m->message_id, sizeof m->message_id, "m-%llu",
		       (unsigned long long)s->next_message++);
}

static void send_system(struct sim *s, const char *type, struct str properties)
{
	struct event ev = {
		.type = str_of(type),
		.occurred_us = s->now_us,
		.properties = properties,
		.flags = EVENT_SYSTEM,
		.context.scroll = -1,
	};
	world_send(s, &ev, "system", s->now_us);
}

static void act(struct sim *s, struct sim_person *p)
{
	char props[96], traits[128];
	const char *type = acts[pick(s, chance(s, 0.9) ? 7 : sizeof acts / sizeof acts[0])];
	struct event ev = {.type = str_of(type), .context.scroll = -1};
	ev.occurred_us = s->now_us -
			 (chance(s, 0.2) ? (int64_t)pick(s, 5 * (uint64_t)US_PER_D) : 0) +
			 (chance(s, 0.05) ? (int64_t)pick(s, (uint64_t)US_PER_H) : 0);
	(void)snprintf(props, sizeof props, "{\"amount\":%llu,\"plan\":\"plan-%llu\"}",
		       (unsigned long long)pick(s, 500), (unsigned long long)pick(s, 60));
	ev.properties = str_of(props);
	s->agreed += str_is(ev.type, "consent.grant");
	if (p->bot)
		ev.flags |= EVENT_BOT;
	if (p->dnt)
		ev.flags |= EVENT_DNT;
	(void)event_add_id(&ev, ID_ANONYMOUS_ID, STR_NULL,
			   str_of(p->device[pick(s, p->devices_n)]));
	bool form = strncmp(type, "form", 4) == 0;
	if (form || chance(s, 0.15)) {
		if (!form)
			ev.type = STR("identify");
		(void)event_add_id(&ev, ID_EMAIL, STR_NULL, str_of(p->email));
		if (chance(s, 0.4))
			(void)event_add_id(&ev, ID_USER_ID, STR_NULL, str_of(p->user_id));
		if (chance(s, 0.1))
			(void)event_add_id(&ev, ID_PHONE, STR_NULL, str_of(p->phone));
		(void)snprintf(traits, sizeof traits,
			       "{\"title\":\"%s\",\"employees\":%llu,\"city\":\"c%llu\"}",
			       chance(s, 0.5) ? "Head of Ops" : "IT lead",
			       (unsigned long long)pick(s, 300), (unsigned long long)pick(s, 9));
		ev.traits = str_of(traits);
		p->identified = true;
		if (p->european)
			ev.context.country = STR("DE");
		if (form && chance(s, 0.5)) {
			(void)snprintf(props, sizeof props, "{\"consent\":true}");
			ev.properties = str_of(props);
			s->agreed++;
		}
	} else if (p->identified && chance(s, 0.3)) {
		(void)event_add_id(&ev, ID_USER_ID, STR_NULL, str_of(p->user_id));
	} else if (chance(s, 0.02)) {
		ev.type = STR("alias");
		ev.previous_id = str_of(p->device[0]);
		(void)event_add_id(&ev, ID_USER_ID, STR_NULL, str_of(p->user_id));
	}
	int64_t delay = chance(s, 0.1) ? (int64_t)pick(s, 2 * (uint64_t)US_PER_D)
				       : (int64_t)pick(s, 2000000);
	world_send(s, &ev, chance(s, 0.7) ? "web" : "app", s->now_us + delay);
}

static void operators(struct sim *s)
{
	char props[128];
	if (chance(s, 0.002)) {
		struct buf b;
		struct json_w w;
		buf_init(&b, 1u << 16);
		json_w_init(&w, &b);
		json_w_object(&w);
		json_w_kz(&w, "source", world_programs[pick(s, world_programs_n)]);
		struct buf index;
		buf_init(&index, 1u << 14);
		content_index_encode(&world_content, &index);
		json_w_key(&w, "content");
		json_w_raw(&w, buf_view(&index));
		json_w_end(&w);
		buf_finish(&index);
		send_system(s, "program.apply", buf_view(&b));
		buf_finish(&b);
	}
	if (chance(s, 0.004)) {
		(void)snprintf(props, sizeof props, "{\"into\":%llu,\"lead\":%llu}",
			       (unsigned long long)pick(s, 40) + 1,
			       (unsigned long long)pick(s, 40) + 1);
		send_system(s, "lead.merge", str_of(props));
	}
	if (chance(s, 0.004)) {
		(void)snprintf(props, sizeof props, "{\"merge\":%llu}",
			       (unsigned long long)pick(s, 12) + 1);
		send_system(s, "lead.split", str_of(props));
	}
	if (chance(s, 0.004))
		send_system(s, chance(s, 0.4) ? "sending.pause" : "sending.resume", STR_NULL);
	if (chance(s, 0.02)) {
		(void)snprintf(props, sizeof props, "{\"handoff\":%llu,\"again_seconds\":86400}",
			       (unsigned long long)pick(s, 20) + 1);
		send_system(s,
			    chance(s, 0.5)   ? "handoff.accept"
			    : chance(s, 0.7) ? "handoff.return"
					     : "handoff.refuse",
			    str_of(props));
	}
	if (chance(s, 0.01)) {
		static const char *const ends[] = {"meeting", "opportunity", "won", "lost"};
		(void)snprintf(props, sizeof props, "{\"handoff\":%llu,\"verdict\":\"%s\"}",
			       (unsigned long long)pick(s, 20) + 1, ends[pick(s, 4)]);
		send_system(s, "handoff.close", str_of(props));
	}
	if (chance(s, 0.05))
		send_system(s, "clock.tick", STR_NULL);
}

static void deliver(struct sim *s, struct sim_message *m, bool again)
{
	struct err e;
	uint64_t before;
	struct log_stats ls;
	log_stats(s->log, &ls);
	before = ls.next_seq;
	struct log_entry entry = {
		.source = str_of(m->source),
		.message_id = str_of(m->message_id),
		.body = m->body,
		.received_us = s->now_us - s->behind_us,
	};
	if (log_append(s->log, &entry, 1, &e) != ST_OK)
		fail(s, "append failed: %s", e.text);
	log_stats(s->log, &ls);
	if (again && (!entry.duplicate || ls.next_seq != before))
		fail(s, "G2: message %s was taken in twice", m->message_id);
	if (!again && (entry.duplicate || ls.next_seq != before + 1))
		fail(s, "G1: message %s was not taken in", m->message_id);
	s->duplicates += again;
	s->events += !again;
}

static void keep_sent(struct sim *s, struct sim_message m)
{
	if (s->sent_n < SENT_MAX) {
		s->sent[s->sent_n++] = m;
		return;
	}
	mem_free((void *)(uintptr_t)s->sent[s->sent_at].body.p);
	s->sent[s->sent_at] = m;
	s->sent_at = (s->sent_at + 1) % SENT_MAX;
}

static void network(struct sim *s)
{
	for (size_t tries = s->queue_n; tries > 0 && s->queue_n > 0; tries--) {
		size_t i = pick(s, s->queue_n); /* any order */
		if (s->queue[i].due_us > s->now_us)
			continue;
		struct sim_message m = s->queue[i];
		s->queue[i] = s->queue[--s->queue_n];
		deliver(s, &m, false);
		keep_sent(s, m);
		if (chance(s, 0.1))
			deliver(s, &m, true);
	}
	if (s->sent_n && chance(s, 0.1)) /* sent within the window: 30 days, a seed lasts 30 */
		deliver(s, &s->sent[pick(s, s->sent_n)], true);
}

/* Machines sleep, and clocks are set: forward by days, back by hours for a while. */
static void clocks(struct sim *s)
{
	if (chance(s, 0.003))
		s->now_us += (int64_t)pick(s, 3 * (uint64_t)US_PER_D);
	if (chance(s, 0.01))
		s->behind_us = chance(s, 0.5) ? (int64_t)pick(s, 6 * (uint64_t)US_PER_H) : 0;
}

void world_step(struct sim *s, int64_t step_us)
{
	s->now_us += step_us;
	clocks(s);
	for (size_t i = 0; i < s->people_n; i++) {
		int hour = time_civil(s->now_us + s->people[i].zone_h * US_PER_H).hour;
		double awake = hour >= 7 && hour < 22 ? 1.4 : 0.2;
		double p = s->people[i].acts_per_day * awake * (double)step_us / (double)US_PER_D;
		if (chance(s, p))
			act(s, &s->people[i]);
	}
	operators(s);
	mail_step(s);
	network(s);
}
