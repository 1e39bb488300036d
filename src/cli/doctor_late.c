/* SPDX-License-Identifier: Apache-2.0
 * doctor_late.c: does what should have happened by now? Mail leaves, the mailbox is read, somebody
 * takes each hand-off. */
#include "base/clock.h"
#include "base/file.h"
#include "base/time.h"
#include "cli/doctor.h"
#include "node/settings.h"
#include "engine/beside.h"
#include "view/view_drift.h"
#include "view/view_late.h"
#include "view/view_model.h"

#include <string.h>

#define TAKEN_BACK_TOLD_US (7 * US_PER_D)

static const char *for_how_long(int64_t at_us, char text[TIME_TEXT_MAX])
{
	int64_t now = clock_now_us(), us = now > at_us ? now - at_us : 0;
	return duration_format(us / US_PER_S * US_PER_S, text);
}

static bool look(struct patient *p, struct view_late *out, struct finding *f)
{
	struct err e;
	if (view_late(p->door.node->store, clock_now_us(), out, &e) == ST_OK)
		return true;
	doctor_say(f, HEALTH_FAIL, NULL, "%.180s", e.text);
	return false;
}

void doctor_check_outbox(struct patient *p, struct finding *f)
{
	struct view_late l;
	char age[TIME_TEXT_MAX];
	int pid;
	if (!look(p, &l, f))
		return;
	if (l.messages && !node_locked(p->c->data, &pid))
		doctor_say(f, HEALTH_WARN, "nurtured serve", "%llu messages wait for a daemon",
			   (unsigned long long)l.messages);
	else if (l.messages)
		doctor_say(f, HEALTH_FAIL, "nurtured message list --state deferred",
			   "%llu messages should have left, one of them %s ago",
			   (unsigned long long)l.messages, for_how_long(l.message_us, age));
	else if (l.uncertain)
		doctor_say(f, HEALTH_WARN, "nurtured message list --state uncertain",
			   "whether %llu messages arrived is for you to settle",
			   (unsigned long long)l.uncertain);
	else if (l.held)
		doctor_say(f, HEALTH_WARN, "nurtured resume", "all sending is stopped; %llu wait",
			   (unsigned long long)l.held);
	else
		doctor_say(f, HEALTH_OK, NULL, "nothing is late");
}

void doctor_check_handoffs(struct patient *p, struct finding *f)
{
	struct view_late l;
	char age[TIME_TEXT_MAX];
	if (!look(p, &l, f))
		return;
	if (l.handoffs)
		doctor_say(f, HEALTH_WARN, "nurtured handoff list --open",
			   "%llu not taken in time, one of them for %s",
			   (unsigned long long)l.handoffs, for_how_long(l.handoff_us, age));
	else
		doctor_say(f, HEALTH_OK, NULL, "none is overdue");
}

/* Does what was learned still fit? */
void doctor_check_drift(struct patient *p, struct finding *f)
{
	struct view_drift d;
	struct err e;
	char age[TIME_TEXT_MAX];
	struct arena *a = &p->c->arena;
	if (view_drift_latest(p->door.node->store, clock_now_us(), a, &d, &e) != ST_OK)
		doctor_say(f, HEALTH_FAIL, NULL, "%.180s", e.text);
	else if (d.on)
		doctor_say(f, HEALTH_WARN, "nurtured policy drift",
			   STR_FMT ", %s ago: what was learned does not fit; %s",
			   STR_ARG(view_drift_words(&d, a)), for_how_long(d.at_us, age), d.then);
	else if (d.ever)
		doctor_say(f, HEALTH_OK, NULL, "the last of %llu alarms is over",
			   (unsigned long long)d.ever);
	else
		doctor_say(f, HEALTH_OK, NULL, "no alarm yet");
}

/* Has the rule of an experiment found something, and does it leave it to people? */
void doctor_check_experiments(struct patient *p, struct finding *f)
{
	struct err e;
	struct experiments x;
	struct beside versions;
	struct store *s = p->door.node->store;
	if (experiments_load(&x, s, &p->c->arena, &e) != ST_OK ||
	    beside_load(&versions, s, &p->c->arena, &e) != ST_OK) {
		doctor_say(f, HEALTH_FAIL, NULL, "%.180s", e.text);
		return;
	}
	size_t running = versions.on;
	if (experiments_waits(&versions.one)) {
		doctor_say(f, HEALTH_WARN, "nurtured apply --promote, or --withdraw",
			   "%.60s waits for you: %.150s", versions.one.name, versions.one.words);
		return;
	}
	for (size_t i = 0; i < x.n; i++) {
		running += !x.list[i].over;
		if (!experiments_waits(&x.list[i]))
			continue;
		doctor_say(f, HEALTH_WARN,
			   "nurtured experiment show, then stop it with the arm "
			   "that stays",
			   "%.60s waits for you: %.150s", x.list[i].name, x.list[i].words);
		return;
	}
	doctor_say(f, HEALTH_OK, NULL, "%zu running, none waits for you", running);
}

static bool has_file(const struct registry_list *l, const struct registry_hash *hash)
{
	size_t i = 0;
	while (i < l->models_n && strcmp(l->models[i].hash.hex, hash->hex) != 0)
		i++;
	return i < l->models_n || !hash->hex[0];
}

/* Decisions ask what the log has brought; the folder is how people see it and take it back. */
static bool models_whole(struct patient *p, const struct registry_choice *choice, struct finding *f)
{
	struct err e;
	struct registry_list l;
	const struct registry_hash *gone = NULL;
	if (registry_list(p->c->data, &p->c->arena, &l, &e) != ST_OK) {
		doctor_say(f, HEALTH_WARN, "nurtured policy list", "%.300s", e.text);
		return false;
	}
	if (!has_file(&l, &choice->champion))
		gone = &choice->champion;
	else if (!has_file(&l, &choice->candidate))
		gone = &choice->candidate;
	if (l.damaged_n)
		doctor_say(f, HEALTH_WARN, "nurtured policy list", STR_FMT, STR_ARG(l.damaged[0]));
	else if (gone != NULL)
		doctor_say(f, HEALTH_WARN, "nurtured policy list",
			   "models/ lacks %.12s, which decisions ask; the event log has it",
			   gone->hex);
	return !l.damaged_n && gone == NULL;
}

static void say_choice(struct patient *p, const struct registry_choice *c, struct finding *f)
{
	struct arena *a = &p->c->arena;
	struct str rules = view_model_champion_words(c, a),
		   tried = view_model_candidate_words(c, a);
	struct str hindered = view_model_hindrance(c, p->door.program, a);
	doctor_say(f, HEALTH_OK, NULL, STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(rules),
		   rules.n && tried.n ? ", " : "", STR_ARG(tried), hindered.n ? "; " : "",
		   STR_ARG(hindered));
}

/* Which model decides, is it here, and was one taken back by itself lately? */
void doctor_check_model(struct patient *p, struct finding *f)
{
	struct err e;
	struct view_model m;
	const struct rollout_change *last = &m.last;
	if (view_model(p->door.node->store, &p->c->arena, &m, &e) != ST_OK)
		doctor_say(f, HEALTH_FAIL, NULL, "%.180s", e.text);
	else if (!models_whole(p, &m.choice, f))
		return;
	else if (m.taken_back && p->meta.clock_us - last->at_us < TAKEN_BACK_TOLD_US)
		doctor_say(f, HEALTH_WARN,
			   arena_strz(&p->c->arena,
				      arena_printf(&p->c->arena, "nurtured policy show %.12s",
						   last->hash.hex)),
			   "%.12s was taken back by itself: %.140s", last->hash.hex, last->words);
	else if (m.choice.candidate.hex[0] || m.choice.champion.hex[0])
		say_choice(p, &m.choice, f);
	else
		doctor_say(f, HEALTH_OK, NULL, "none; the program's own mode decides");
}

/* What the daemon has noted of its latest round (daemon/mailbox.h). */
void doctor_check_mailbox(struct patient *p, struct finding *f)
{
	char path[NODE_PATH_MAX];
	struct settings s;
	struct str text;
	struct json d;
	bool yes = false;
	int pid;
	struct arena *a = &p->c->arena;
	if (settings_load(p->c->data, a, &s, NULL) != ST_OK || s.mailbox.host == NULL) {
		doctor_say(f, HEALTH_OK, NULL, "none is configured");
		return;
	}
	if (!node_locked(p->c->data, &pid)) {
		doctor_say(f, HEALTH_WARN, "nurtured serve", "not read: no daemon runs");
		return;
	}
	bool known = file_read(node_path(p->c->data, NODE_MAILBOX_STATE, path), 16384, a, &text,
			       NULL) == ST_OK &&
		     json_parse(text, JSON_LIMITS_EVENT, a, &d, NULL) == ST_OK;
	if (!known)
		doctor_say(f, HEALTH_WARN, "ask again in a minute", "not connected yet");
	else if (json_bool(&d, json_get(&d, 0, "connected"), &yes) && yes)
		doctor_say(f, HEALTH_OK, NULL, "connected");
	else
		doctor_say(f, HEALTH_FAIL, "check mailbox in settings.json, and its password",
			   "%.150s", arena_strz(a, json_str(&d, json_get(&d, 0, "last"), a)));
}
