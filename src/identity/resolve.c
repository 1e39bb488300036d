/* SPDX-License-Identifier: Apache-2.0
 * resolve.c: the rules of whose an event is. Joining two people by mistake is worse than knowing
 * one person twice: what one reads the other may not see, and what one agreed to the other never
 * did. So every join needs a reason, and doubt leaves leads apart with a note. */
#include "identity/identity.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>

struct scene {
	const struct identity_keys *keys;
	const struct identity_owner *owners;
	struct identity_verdict *v;
	bool linking;                    /* the event is meant to tie identifiers together */
	size_t group[IDENTITY_KEYS_MAX]; /* key indexes, one per lead that becomes one */
	size_t group_n;
};

static void say(struct identity_verdict *v, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct identity_verdict *v, const char *fmt, ...)
{
	size_t n = strlen(v->text);
	va_list ap;
	va_start(ap, fmt);
	if (n > 0 && n + 3 < sizeof v->text) {
		v->text[n++] = ';';
		v->text[n++] = ' ';
	}
	vsnprintf(v->text + n, sizeof v->text - n, fmt, ap);
	va_end(ap);
}

static void conflict(struct identity_verdict *v)
{
	v->conflict = true;
}

static uint64_t owner(const struct scene *s, size_t i)
{
	return s->owners[i].lead;
}

static const struct identity_key *key(const struct scene *s, size_t i)
{
	return &s->keys->keys[i];
}

static bool in_group(const struct scene *s, uint64_t lead)
{
	for (size_t i = 0; i < s->group_n; i++)
		if (owner(s, s->group[i]) == lead)
			return true;
	return false;
}

static void join(struct scene *s, size_t i)
{
	if (!in_group(s, owner(s, i)))
		s->group[s->group_n++] = i;
}

/* ---- do two people contradict each other? ---- */

/* Profiles are our own writing, so equal texts are equal JSON: no arena is needed to compare. */
static struct str id_part(const struct json *doc, uint32_t id, unsigned part)
{
	uint32_t v = json_first(doc, id);
	for (; part > 0 && v != JSON_NONE; part--)
		v = json_next(doc, id, v);
	return json_raw(doc, v);
}

struct values {
	bool any, same; /* is there a value of this kind and name; is one of them this one */
};

static struct values has_value(const struct json *doc, struct str kind, struct str value,
			       struct str name)
{
	struct values out = {false, false};
	uint32_t ids = json_get(doc, 0, "ids");
	for (uint32_t id = json_first(doc, ids); id != JSON_NONE; id = json_next(doc, ids, id)) {
		if (!str_eq(id_part(doc, id, 0), kind) || !str_eq(id_part(doc, id, 2), name))
			continue;
		out.any = true;
		out.same = out.same || str_eq(id_part(doc, id, 1), value);
	}
	return out;
}

static bool share_value(const struct json *a, const struct json *b, struct str kind,
			struct str name)
{
	uint32_t ids = json_get(a, 0, "ids");
	for (uint32_t id = json_first(a, ids); id != JSON_NONE; id = json_next(a, ids, id))
		if (str_eq(id_part(a, id, 0), kind) && str_eq(id_part(a, id, 2), name) &&
		    has_value(b, kind, id_part(a, id, 1), name).same)
			return true;
	return false;
}

/* Different userIds, or different values of one declared key: two people to whoever gave them. */
static bool contradict(const struct json *a, const struct json *b)
{
	if (a == NULL || b == NULL)
		return false;
	uint32_t ids = json_get(a, 0, "ids");
	for (uint32_t id = json_first(a, ids); id != JSON_NONE; id = json_next(a, ids, id)) {
		struct str kind = id_part(a, id, 0), name = id_part(a, id, 2);
		bool own = str_is(kind, "\"userId\"") || str_is(kind, "\"key\"");
		if (own && has_value(b, kind, STR_NULL, name).any && !share_value(a, b, kind, name))
			return true;
	}
	return false;
}

static struct str quoted(struct str text, char *room, size_t bytes)
{
	struct buf b = {.p = room, .cap = bytes, .bytes_max = bytes};
	struct json_w w;
	if (text.n == 0)
		return STR_NULL; /* as an absent part of an identifier reads */
	json_w_init(&w, &b);
	json_w_str(&w, text);
	ASSERT(buf_ok(&b));
	return buf_view(&b);
}

/* Does a known lead hold another value where a new key wants to stand? */
static bool holds_other(const struct json *profile, const struct identity_key *k)
{
	char value[6 * EVENT_ID_VALUE_MAX + 2], name[6 * EVENT_TYPE_MAX + 2], kind[32];
	if (profile == NULL)
		return false;
	snprintf(kind, sizeof kind, "\"%s\"", id_kind_name(k->kind));
	struct values have = has_value(profile, str_of(kind), quoted(k->value, value, sizeof value),
				       quoted(k->name, name, sizeof name));
	return have.any && !have.same;
}

/* ---- the rules ---- */

static bool is_linking(const struct event *ev)
{
	static const char *const types[] = {"identify", "alias", "form"};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_is(ev->type, types[i]))
			return true;
	return str_starts(ev->type, STR("form.")) || (ev->flags & EVENT_IMPORTED);
}

static bool older(const struct identity_owner *a, const struct identity_owner *b)
{
	if (a->known != b->known)
		return a->known;
	return a->created_us != b->created_us ? a->created_us < b->created_us : a->lead < b->lead;
}

/* Key index of the first solid key that is not an alias's previous id and has an owner (wanted) or
 * none (!wanted); keys->n when there is none. */
static size_t solid_key(const struct scene *s, bool owned, size_t from)
{
	for (size_t i = from; i < s->keys->n; i++)
		if (key(s, i)->solid && !key(s, i)->previous && (owner(s, i) != 0) == owned)
			return i;
	return s->keys->n;
}

/* Several known leads behind solid keys: K3. The strongest key's lead leads. */
static void join_solid(struct scene *s, size_t first)
{
	join(s, first);
	for (size_t i = solid_key(s, true, first + 1); i < s->keys->n;
	     i = solid_key(s, true, i + 1)) {
		if (in_group(s, owner(s, i)))
			continue;
		bool apart = false;
		for (size_t g = 0; g < s->group_n; g++)
			apart = apart ||
				contradict(s->owners[s->group[g]].profile, s->owners[i].profile);
		if (s->linking && !apart) {
			join(s, i);
			say(s->v, "%s and %s name two leads and the event ties them together",
			    id_kind_name(key(s, first)->kind), id_kind_name(key(s, i)->kind));
			continue;
		}
		conflict(s->v);
		say(s->v, "%s belongs to lead %llu: left there, %s", id_kind_name(key(s, i)->kind),
		    (unsigned long long)owner(s, i),
		    apart ? "because both have ids of their own that differ"
			  : "because this event does not tie identifiers together");
	}
}

/* alias(previousId, userId): an explicit word that both are one. */
static void join_previous(struct scene *s)
{
	for (size_t i = 0; i < s->keys->n; i++) {
		if (!key(s, i)->previous || owner(s, i) == 0 || in_group(s, owner(s, i)))
			continue;
		bool shared = !key(s, i)->solid && s->owners[i].known && s->group_n > 0;
		if (shared) {
			conflict(s->v);
			say(s->v, "the previous id is a device of lead %llu: not joined",
			    (unsigned long long)owner(s, i));
			continue;
		}
		join(s, i);
		say(s->v, "an alias says that both are one");
	}
}

static bool group_known(const struct scene *s)
{
	for (size_t g = 0; g < s->group_n; g++)
		if (s->owners[s->group[g]].known)
			return true;
	return false;
}

/* Devices: an anonymous owner's history joins the person; a known owner's does not (K4). */
static void join_devices(struct scene *s, bool person)
{
	for (size_t i = 0; i < s->keys->n; i++) {
		if (key(s, i)->solid || key(s, i)->previous || owner(s, i) == 0 ||
		    in_group(s, owner(s, i)))
			continue;
		if (!s->owners[i].known || (!person && !group_known(s))) {
			bool first = s->group_n == 0;
			join(s, i);
			say(s->v,
			    first ? "%s is lead %llu's"
				  : "%s of lead %llu belongs to the same person",
			    id_kind_name(key(s, i)->kind), (unsigned long long)owner(s, i));
		} else {
			conflict(s->v);
			say(s->v,
			    "the device of lead %llu is used by somebody else now: not joined",
			    (unsigned long long)owner(s, i));
		}
	}
}

/* Only new solid keys, on a device that belongs to a known lead: the same person telling more, or
 * somebody else at the same computer? They are the same unless a value contradicts. */
static bool device_owner_fits(struct scene *s, size_t device)
{
	for (size_t i = solid_key(s, false, 0); i < s->keys->n; i = solid_key(s, false, i + 1)) {
		if (!holds_other(s->owners[device].profile, key(s, i)))
			continue;
		conflict(s->v);
		say(s->v, "lead %llu's device gave another %s: somebody else's event",
		    (unsigned long long)owner(s, device), id_kind_name(key(s, i)->kind));
		return false;
	}
	return true;
}

static void join_new_person(struct scene *s)
{
	for (size_t i = 0; i < s->keys->n && s->group_n == 0; i++) {
		if (key(s, i)->solid || owner(s, i) == 0 || !s->owners[i].known)
			continue;
		if (!device_owner_fits(s, i))
			return;
		join(s, i);
		say(s->v, "lead %llu told more about themselves", (unsigned long long)owner(s, i));
	}
	for (size_t i = 0; i < s->keys->n; i++) {
		if (key(s, i)->solid || key(s, i)->previous || owner(s, i) == 0 ||
		    s->owners[i].known || in_group(s, owner(s, i)))
			continue;
		join(s, i);
		say(s->v, "anonymous lead %llu became known", (unsigned long long)owner(s, i));
	}
}

/* ---- the verdict ---- */

static void elect(struct scene *s)
{
	struct identity_verdict *v = s->v;
	size_t best = 0;
	if (s->group_n == 0) {
		v->action = IDENTITY_CREATE;
		say(v, "nobody has these identifiers yet");
		return;
	}
	for (size_t g = 1; g < s->group_n; g++)
		if (older(&s->owners[s->group[g]], &s->owners[s->group[best]]))
			best = g;
	v->lead = owner(s, s->group[best]);
	for (size_t g = 0; g < s->group_n; g++)
		if (g != best)
			v->losers[v->losers_n++] = owner(s, s->group[g]);
	v->action = v->losers_n ? IDENTITY_MERGE : IDENTITY_USE;
}

/* Is the previous id of an alias a user we know? Then it is no visitor's. */
static bool previous_user(const struct scene *s)
{
	for (size_t i = 0; i < s->keys->n; i++)
		if (key(s, i)->previous && key(s, i)->solid && owner(s, i) != 0)
			return true;
	return false;
}

/* New keys and devices follow; a solid key of a lead outside the group stays where it is. */
static void point(struct scene *s)
{
	struct identity_verdict *v = s->v;
	for (size_t i = 0; i < s->keys->n; i++) {
		const struct identity_key *k = key(s, i);
		bool theirs = owner(s, i) != 0 && !in_group(s, owner(s, i));
		bool guess = k->previous && owner(s, i) == 0 && (k->solid || previous_user(s));
		bool stays = (theirs && (k->solid || k->previous)) || guess;
		if (stays || (v->lead != 0 && owner(s, i) == v->lead))
			continue;
		v->point[v->point_n++] = i;
	}
}

bool identity_needs_profiles(const struct identity_keys *keys, const struct identity_owner *owners)
{
	uint64_t known = 0;
	bool several = false, fresh = false;
	for (size_t i = 0; i < keys->n; i++) {
		fresh = fresh ||
			(keys->keys[i].solid && !keys->keys[i].previous && owners[i].lead == 0);
		if (!owners[i].known)
			continue;
		several = several || (known != 0 && known != owners[i].lead);
		known = owners[i].lead;
	}
	return several || (fresh && known != 0);
}

static const char plain_text[] = "its identifiers are known";

void identity_resolve(const struct event *ev, const struct identity_keys *keys,
		      const struct identity_owner *owners, struct identity_verdict *out)
{
	struct scene s = {.keys = keys, .owners = owners, .v = out};
	*out = (struct identity_verdict){.action = IDENTITY_NOBODY};
	s.linking = is_linking(ev);
	if (keys->n == 0) {
		say(out, "the event has no usable identifier");
		return;
	}
	size_t old = solid_key(&s, true, 0), new = solid_key(&s, false, 0);
	bool person = old < keys->n || new < keys->n;
	if (old < keys->n) {
		join_solid(&s, old);
		join_previous(&s);
		join_devices(&s, true);
	} else {
		join_previous(&s);
		if (s.group_n > 0 || !person)
			join_devices(&s, person);
		else
			join_new_person(&s);
	}
	elect(&s);
	point(&s);
	out->known = person;
	for (size_t g = 0; g < s.group_n; g++)
		out->known = out->known || owners[s.group[g]].known;
	if (out->text[0] == '\0') /* the usual case is not worth a printf */
		memcpy(out->text, plain_text, sizeof plain_text);
	ASSERT(out->action != IDENTITY_NOBODY);
}

const char *identity_action_name(enum identity_action x)
{
	static const char *const names[IDENTITY_ACTION_COUNT] = {
		[IDENTITY_NOBODY] = "nobody",
		[IDENTITY_CREATE] = "create",
		[IDENTITY_USE] = "use",
		[IDENTITY_MERGE] = "merge",
	};
	ASSERT(x < IDENTITY_ACTION_COUNT);
	return names[x];
}
