/* SPDX-License-Identifier: Apache-2.0
 * people.c: who they are and what they do by themselves. What acts there are is the program's to
 * say: those it gives points for, the small ones often and the large ones rarely. */
#include "base/hash.h"
#include "base/time.h"
#include "simulate/internal.h"

#include <stdio.h>
#include <string.h>

const double simulate_habits[HABIT_COUNT] = {
#define HABIT(name, value, words) [HABIT_##name] = value,
#include "simulate/habit.def"
#undef HABIT
};

static const char *const titles[] = {"Head of Operations", "Logistics Manager",
				     "VP Supply Chain",    "CFO",
				     "Finance Controller", "CIO",
				     "IT Systems Lead",    "Marketing Manager",
				     "Managing Director",  "Working Student",
				     "Head of Security",   "Project Manager"};
static const char *const countries[] = {"DE", "DE", "DE", "NL", "AT", "CH", "US", "US",
					"US", "GB", "GB", "FR", "DK", "BE", "SE", "IT"};
static const char *const industries[] = {"Logistics", "Retail",    "Manufacturing",
					 "Software",  "Education", "freight"};
static const char *const sources[] = {"web", "web", "web", "ebook", "webinar", "referral"};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static uint64_t pick(struct simulation *s, uint64_t n)
{
	return rng_below(&s->rng, n);
}

/* ---- who they are ---- */

static void make_person(struct simulation *s, uint32_t person, uint64_t companies)
{
	struct person *p = &s->people[person];
	simulate_dice(s, person, DICE_WHO, 0);
	double a = rng_unit(&s->rng), b = rng_unit(&s->rng);
	*p = (struct person){
		.company = (uint32_t)pick(s, companies),
		.title = (uint8_t)pick(s, COUNT(titles)),
		.country = (uint8_t)pick(s, COUNT(countries)),
		.peak_hour = (uint8_t)(9 + pick(s, 8)),
		.prefetch = simulate_chance(s, simulate_habits[HABIT_PREFETCH]),
		.scanner = simulate_chance(s, simulate_habits[HABIT_SCANNER]),
		.bad_address = simulate_chance(s, simulate_habits[HABIT_BAD_ADDRESS]),
		.agrees = simulate_chance(s, simulate_habits[HABIT_TICKS_THE_BOX]),
		.thin_skinned = simulate_chance(s, simulate_habits[HABIT_THIN_SKINNED]),
		.interest = a < b ? a : b, /* most want little */
	};
}

/* They come over two thirds of the time, so that most have time to be nurtured. */
void simulate_people(struct simulation *s)
{
	uint64_t companies = 1 + s->conf->leads / 3;
	uint64_t window = (uint64_t)(s->end_us - s->start_us) * 2 / 3 + 1;
	for (uint64_t i = 0; i < s->conf->leads; i++) {
		struct person *p = &s->people[i];
		make_person(s, (uint32_t)i, companies);
		int64_t at = simulate_awake(s, p, s->start_us + (int64_t)pick(s, window));
		p->interest_us = p->tired_us = at;
		simulate_later(s, (uint32_t)i, HAPPENS_CAPTURE, at, 0);
	}
}

/* ---- what there is to do ---- */

static bool is_act(const struct program *p, struct str type)
{
	bool outcome = str_eq(type, p->goal);
	for (size_t i = 0; i < p->outcomes_n; i++)
		outcome = outcome || str_eq(type, p->outcomes[i]);
	return !outcome && !str_starts(type, STR("email")) && !str_is(type, "reply") &&
	       !str_starts(type, STR("consent")) && !str_starts(type, STR("import"));
}

static double weight_of(double points)
{
	double size = points < 0 ? -points * 4 : points;
	return size <= 3 ? 8 : size <= 10 ? 3 : size <= 20 ? 1.2 : size <= 30 ? 0.4 : 0.08;
}

static void add_act(struct simulation *s, struct str type, double weight)
{
	if (s->acts_n == ACTS_MAX)
		return;
	s->acts[s->acts_n].type = type;
	s->acts[s->acts_n++].weight = weight;
	s->acts_weight += weight;
}

void simulate_acts(struct simulation *s)
{
	const struct program *p = s->program;
	s->capture_type = STR("form.signup");
	bool form = false;
	for (size_t i = 0; i < p->points_n; i++) {
		const struct program_points *x = &p->points[i];
		if (x->on.any || !is_act(p, x->on.type))
			continue;
		bool capture = str_starts(x->on.type, STR("form.")) && !x->on.family;
		if (capture && !form && x->points < 40) {
			s->capture_type = x->on.type;
			form = true;
		}
		struct str type = x->on.family ? arena_printf(&s->program->arena, STR_FMT ".read",
							      STR_ARG(x->on.type))
					       : x->on.type;
		add_act(s, type, weight_of(x->points));
	}
	if (s->acts_n == 0)
		add_act(s, STR("page.read"), 1);
	for (size_t i = 0; i < p->outcomes_n; i++) {
		if (str_ends(p->outcomes[i], STR(".won")))
			s->win_type = p->outcomes[i];
		if (str_ends(p->outcomes[i], STR(".lost")))
			s->lose_type = p->outcomes[i];
	}
}

static struct str some_act(struct simulation *s)
{
	double x = rng_unit(&s->rng) * s->acts_weight;
	for (size_t i = 0; i + 1 < s->acts_n; i++) {
		x -= s->acts[i].weight;
		if (x < 0)
			return s->acts[i].type;
	}
	return s->acts[s->acts_n - 1].type;
}

/* ---- how they feel ---- */

static double faded(double value, int64_t since_us, int64_t at_us, double half_life_days)
{
	double days = (double)(at_us - since_us) / (double)US_PER_D;
	return days <= 0 ? value : value * exp2_exact(-days / half_life_days);
}

double simulate_interest(const struct person *p, int64_t at_us)
{
	return faded(p->interest, p->interest_us, at_us, simulate_habits[HABIT_INTEREST_HALF_LIFE]);
}

double simulate_tired(const struct person *p, int64_t at_us)
{
	return faded(p->tired, p->tired_us, at_us, simulate_habits[HABIT_TIRED_HALF_LIFE]);
}

/* About normal, with mean 0 and spread 1, and never beyond 3.5; of a key. */
static double bell(uint64_t key)
{
	double sum = 0;
	for (uint64_t i = 0; i < 4; i++)
		sum += (double)(hash_u64(key + i * UINT64_C(0x9e3779b97f4a7c15)) >> 11) * 0x1p-53;
	return (sum - 2) * 1.7320508075688772;
}

double simulate_taste(const struct simulation *s, uint32_t person, struct str message,
		      struct str angle)
{
	const struct person *p = &s->people[person];
	uint64_t what = hash_str(angle, hash_str(message, s->seed));
	double own = simulate_habits[HABIT_TASTE_OWN] * bell(hash_u64(what ^ (person + 1000u)));
	double role = simulate_habits[HABIT_TASTE_ROLE] * bell(hash_u64(what ^ (p->title + 1u)));
	return exp2_exact(simulate_habits[HABIT_TASTE_ALL] * bell(what) + role + own);
}

/* When they look by next. */
static void plan_visit(struct simulation *s, uint32_t person, int64_t now_us)
{
	struct person *p = &s->people[person];
	double rate = simulate_habits[HABIT_VISITS] * simulate_interest(p, now_us) + 0.001;
	double days = -log2_exact(1 - rng_unit(&s->rng)) * 0.6931471805599453 / rate;
	if (days > (double)SIMULATE_DAYS_MAX)
		return;
	int64_t at = now_us + (int64_t)(days * (double)US_PER_D) + US_PER_M;
	simulate_later(s, person, HAPPENS_VISIT, simulate_awake(s, p, at), 0);
}

static void plan_job_change(struct simulation *s, uint32_t person, int64_t now_us)
{
	double rate = simulate_habits[HABIT_JOB_CHANGE];
	double days = -log2_exact(1 - rng_unit(&s->rng)) * 0.6931471805599453 / rate;
	if (days < (double)SIMULATE_DAYS_MAX)
		simulate_later(s, person, HAPPENS_JOB_CHANGE,
			       now_us + (int64_t)(days * (double)US_PER_D), 0);
}

/* ---- as events ---- */

void simulate_email(const struct simulation *s, uint32_t person, uint32_t generation, char out[64])
{
	uint32_t company = s->people[person].company + generation * 7919;
	(void)snprintf(out, 64, "p%u.%u@company-%u.example", person, generation, company);
}

static void put_fields(struct simulation *s, struct json_w *w)
{
	static const char *const words[] = {"Excel", "SAP", "paper", "another system"};
	const struct program_fields *f = &s->program->fields;
	for (size_t i = 0; i < f->lead_n && i < FIELDS_MAX; i++) {
		const struct program_field *x = &f->lead[i];
		bool known = !str_is(x->path, "title") && !str_is(x->path, "country") &&
			     str_find_byte(x->path, '.') == x->path.n;
		uint64_t n = pick(s, 12);
		if (!known)
			continue;
		json_w_key_str(w, x->path);
		if (x->type == FIELD_STRING)
			json_w_z(w, words[n % COUNT(words)]);
		else if (x->type == FIELD_BOOL)
			json_w_bool(w, n > 5);
		else if (x->type == FIELD_INT || x->type == FIELD_DOUBLE)
			json_w_i64(w, (int64_t)n);
		else
			json_w_null(w);
	}
}

static void put_traits(struct simulation *s, const struct person *p, struct event *ev)
{
	struct buf b;
	struct json_w w;
	uint64_t size = hash_u64(p->company + 1);
	buf_init_arena(&b, &s->arena, 4096);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "title", titles[p->title]);
	json_w_kz(&w, "country", countries[p->country]);
	json_w_key(&w, "company");
	json_w_object(&w);
	json_w_kstr(&w, "name", arena_printf(&s->arena, "Company %u", p->company));
	json_w_ki64(&w, "employees", (int64_t)(3 + (UINT64_C(1) << (2 + size % 10))));
	json_w_kz(&w, "industry", industries[(size >> 8) % COUNT(industries)]);
	json_w_end(&w);
	put_fields(s, &w);
	json_w_end(&w);
	ev->traits = buf_view(&b);
	ev->context.country = str_of(countries[p->country]);
}

static void capture(struct simulation *s, const struct happening_due *h, struct event *ev)
{
	struct person *p = &s->people[h->person];
	simulate_dice(s, h->person, DICE_LIFE, p->generation);
	ev->type = s->capture_type;
	put_traits(s, p, ev);
	if (p->agrees)
		ev->properties = STR("{\"consent\":true}");
	simulate_reached(s, p, SIMULATE_CAPTURED);
	plan_visit(s, h->person, h->due_us);
	plan_job_change(s, h->person, h->due_us);
}

static void visit(struct simulation *s, const struct happening_due *h, struct event *ev)
{
	struct person *p = &s->people[h->person];
	simulate_dice(s, h->person, DICE_VISIT, p->visits++);
	ev->type = some_act(s);
	ev->context.page.path = STR("/read");
	simulate_reached(s, p, SIMULATE_ENGAGED);
	if (h->number == 0) /* else a click has brought them: the next of their own is planned */
		plan_visit(s, h->person, h->due_us);
}

/* The old address is dead; some turn up again under a new one. */
static bool change_job(struct simulation *s, const struct happening_due *h)
{
	struct person *p = &s->people[h->person];
	s->out->job_changes++;
	p->generation++;
	simulate_dice(s, h->person, DICE_WHO, p->generation);
	p->lead = 0;
	p->gone = true;
	if (simulate_chance(s, simulate_habits[HABIT_COMES_AGAIN])) {
		p->gone = false;
		p->bad_address = false;
		p->interest = rng_unit(&s->rng) / 2;
		p->interest_us = h->due_us + 30 * US_PER_D;
		simulate_later(s, h->person, HAPPENS_CAPTURE,
			       simulate_awake(s, p, h->due_us + 30 * US_PER_D), 0);
	}
	return false;
}

static bool by_person(struct simulation *s, const struct happening_due *h, struct event *ev,
		      struct str *source)
{
	struct person *p = &s->people[h->person];
	char email[64];
	if (h->what == HAPPENS_JOB_CHANGE)
		return change_job(s, h);
	if (p->gone && h->what == HAPPENS_VISIT)
		return false;
	simulate_email(s, h->person, p->generation, email);
	(void)event_add_id(ev, ID_EMAIL, STR_NULL, arena_str(&s->arena, str_of(email)));
	*source = str_of(sources[(h->person * 31) % COUNT(sources)]);
	switch (h->what) {
	case HAPPENS_CAPTURE: capture(s, h, ev); break;
	case HAPPENS_VISIT: visit(s, h, ev); break;
	case HAPPENS_CONFIRM:
		ev->type = STR("consent.confirm");
		*source = STR("observe");
		break;
	case HAPPENS_GOAL:
		ev->type = s->program->goal;
		simulate_reached(s, p, SIMULATE_MEETING);
		break;
	case HAPPENS_WON:
		ev->type = s->win_type;
		simulate_reached(s, p, SIMULATE_WON);
		break;
	default: ev->type = s->lose_type; break;
	}
	return ev->type.n > 0;
}

static const struct {
	const char *type;
	uint32_t flags;
	bool system, handoff;
} by_message[] = {
	[HAPPENS_ANSWER] = {"message.sent", EVENT_SYSTEM, true, false},
	[HAPPENS_FAILED] = {"message.failed", EVENT_SYSTEM, true, false},
	[HAPPENS_DEFERRED] = {"message.deferred", EVENT_SYSTEM, true, false},
	[HAPPENS_BOUNCE] = {"email.bounce", 0, false, false},
	[HAPPENS_MACHINE_OPEN] = {"email.open", EVENT_MACHINE, false, false},
	[HAPPENS_MACHINE_CLICK] = {"email.click", EVENT_BOT, false, false},
	[HAPPENS_OPEN] = {"email.open", 0, false, false},
	[HAPPENS_CLICK] = {"email.click", 0, false, false},
	[HAPPENS_REPLY] = {"email.reply", 0, false, false},
	[HAPPENS_UNSUBSCRIBE] = {"email.unsubscribe", 0, false, false},
	[HAPPENS_COMPLAINT] = {"email.complaint", 0, false, false},
	[HAPPENS_ACCEPT] = {"handoff.accept", EVENT_SYSTEM, true, true},
	[HAPPENS_RETURN] = {"handoff.return", EVENT_SYSTEM, true, true},
	[HAPPENS_REFUSE] = {"handoff.refuse", EVENT_SYSTEM, true, true},
};

bool simulate_event(struct simulation *s, const struct happening_due *h, struct event *ev,
		    struct str *source)
{
	*ev = (struct event){.occurred_us = h->due_us, .context.scroll = -1};
	if (h->what >= COUNT(by_message) || by_message[h->what].type == NULL)
		return by_person(s, h, ev, source);
	ev->type = str_of(by_message[h->what].type);
	ev->flags = by_message[h->what].flags;
	*source = by_message[h->what].system ? STR("system") : STR("observe");
	ev->properties = arena_printf(&s->arena, "{\"%s\":%llu%s}",
				      by_message[h->what].handoff ? "handoff" : "message",
				      (unsigned long long)h->number,
				      h->what == HAPPENS_BOUNCE ? ",\"type\":\"hard\"" : "");
	simulate_reactions(s, h);
	return true;
}
