/* SPDX-License-Identifier: Apache-2.0
 * bounce.c: inbound mail against labels: `conformance bounce LABELS.jsonl DIR`. A line of labels is
 * {file, kind: [..], expect?: [{hardbounce, ..}] or {recipient, ..}, oracle?: [{recipient, ..}]};
 * files are named from DIR. Without arguments it reads the cases shipped in cases/mail.
 *
 * A case passes when nothing of this differs:
 *   kind       one of those the labels allow (bounce, complaint, auto-reply, list, ...)
 *   recipient  the labelled recipients are all named, in any case, and nobody else
 *   hard       each labelled recipient is hard, or not hard, as labelled
 * Behind the failing names on stderr come two figures over all labelled recipients: how many were
 * judged rightly and how many were named; the last line counts cases. Reasons and codes are
 * not judged: every classifier has its own. */
#include "conformance/suite.h"

#include "base/file.h"
#include "base/json.h"
#include "inbound/inbound.h"

#include <stdio.h>
#include <string.h>

#define LABEL_BYTES_MAX ((size_t)16 << 20)
#define WANTED_MAX 64
/* What a classifier writes when the report names nobody. */
#define NOBODY "undisclosed-recipient-in-headers@"

struct wanted {
	struct str address; /* empty: not labelled */
	bool hard;
};

struct run {
	const char *folder;
	struct arena arena;
	struct tally *tally;
	unsigned recipients, hard_right, named;
};

static const struct {
	const char *label;
	unsigned kinds; /* a bit for each inbound_kind that is right */
} kinds[] = {
#define K(kind) (1u << INBOUND_##kind)
	{"bounce_hard", K(BOUNCE)},
	{"bounce_soft", K(BOUNCE)},
	{"delay_notice", K(BOUNCE)},
	{"delivered_notice", K(BOUNCE)},
	{"complaint", K(COMPLAINT)},
	{"auth_report", K(COMPLAINT)},
	{"unsubscribe", K(UNSUBSCRIBE)},
	{"auto_reply", K(AUTO_REPLY)},
	{"auto_generated", K(NOTIFICATION)},
	{"list_or_bulk", K(LIST)},
	{"human_reply", K(REPLY)},
	{"not_human", ~(K(REPLY) | K(UNSUBSCRIBE))},
	{"none", ~(K(BOUNCE) | K(COMPLAINT))},
#undef K
};

static unsigned kinds_of(const struct json *d, struct arena *a)
{
	unsigned out = 0;
	uint32_t list = json_get(d, 0, "kind");
	for (uint32_t i = json_first(d, list); i != JSON_NONE; i = json_next(d, list, i))
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
			if (str_is(json_str(d, i, a), kinds[k].label))
				out |= kinds[k].kinds;
	return out;
}

static struct str address_of(const struct json *d, uint32_t node, struct arena *a)
{
	struct str s = json_str(d, json_get(d, node, "recipient"), a);
	return s.p == NULL || str_starts(s, STR(NOBODY)) ? STR("") : s;
}

/* Labels of each recipient; both spellings of the file. */
static size_t wanted_of(const struct json *d, struct arena *a, struct wanted *out)
{
	size_t n = 0;
	uint32_t expect = json_get(d, 0, "expect"), oracle = json_get(d, 0, "oracle");
	if (json_is(d, expect, JSON_OBJECT)) {
		uint32_t kind = json_first(d, json_get(d, 0, "kind"));
		out[0].address = address_of(d, expect, a);
		out[0].hard = str_is(json_str(d, kind, a), "bounce_hard");
		return json_is(d, json_get(d, expect, "recipient"), JSON_STRING) ? 1 : 0;
	}
	uint32_t named = json_first(d, oracle);
	for (uint32_t i = json_first(d, expect); i != JSON_NONE && n < WANTED_MAX;
	     i = json_next(d, expect, i)) {
		out[n].hard = false;
		(void)json_bool(d, json_get(d, i, "hardbounce"), &out[n].hard);
		out[n].address = named != JSON_NONE ? address_of(d, named, a) : STR("");
		named = named != JSON_NONE ? json_next(d, oracle, named) : JSON_NONE;
		n++;
	}
	return n;
}

/* Who sent an automatic reply is who it is about. */
static void name_sender(struct inbound *got)
{
	if (got->kind == INBOUND_AUTO_REPLY && got->recipient_count == 0) {
		got->recipients[0] = (struct inbound_recipient){.address = got->from};
		got->recipient_count = 1;
	}
}

static const struct inbound_recipient *find(const struct inbound *got, const struct wanted *w,
					    size_t i, size_t count)
{
	for (size_t k = 0; k < got->recipient_count; k++)
		if (str_eq_nocase(got->recipients[k].address, w->address))
			return &got->recipients[k];
	return got->recipient_count == count ? &got->recipients[i] : NULL;
}

/* False when a recipient is misjudged, missing or made up; says so. */
static bool compare(struct run *r, const char *name, const struct inbound *got,
		    const struct wanted *wanted, size_t count)
{
	bool right = count == 0 || got->recipient_count <= count;
	if (!right)
		fprintf(stderr, "%s: %zu recipients, labelled %zu\n", name, got->recipient_count,
			count);
	for (size_t i = 0; i < count; i++) {
		const struct wanted *w = &wanted[i];
		const struct inbound_recipient *to = find(got, w, i, count);
		bool named =
			w->address.n == 0 || (to != NULL && str_eq_nocase(to->address, w->address));
		bool judged = (to != NULL && to->hard) == w->hard;
		r->recipients++;
		r->named += named;
		r->hard_right += judged;
		if (!named || !judged)
			fprintf(stderr,
				"%s:%s%s got " STR_FMT " %s %s " STR_FMT " %d, labelled " STR_FMT
				"\n",
				name, named ? "" : " recipient",
				judged    ? ""
				: w->hard ? " hard"
					  : " not hard",
				STR_ARG(to != NULL ? to->address : STR("(nobody)")),
				to != NULL ? inbound_reason_name(to->reason) : "-",
				to != NULL ? inbound_action_name(to->action) : "-",
				STR_ARG(to != NULL ? to->status : STR("")),
				to != NULL ? to->reply : 0, STR_ARG(w->address));
		right &= named && judged;
	}
	return right;
}

static bool run_case(struct run *r, struct str line)
{
	struct json d;
	struct err e;
	struct str bytes;
	struct wanted wanted[WANTED_MAX];
	struct inbound *got = ARENA_NEW(&r->arena, struct inbound);
	struct inbound_conf conf = INBOUND_CONF_DEFAULT;
	if (got == NULL || json_parse(line, JSON_LIMITS_EVENT, &r->arena, &d, &e) != ST_OK)
		return false;
	struct str file = json_str(&d, json_get(&d, 0, "file"), &r->arena);
	struct str path = arena_printf(&r->arena, "%s/" STR_FMT, r->folder, STR_ARG(file));
	char *name = arena_strz(&r->arena, file);
	if (file.p == NULL || path.p == NULL || name == NULL)
		return false;
	if (file_read(path.p, LABEL_BYTES_MAX, &r->arena, &bytes, &e) != ST_OK ||
	    inbound_read(bytes, &conf, &r->arena, got, &e) != ST_OK) {
		fprintf(stderr, "%s: %s\n", name, e.text);
		return false;
	}
	size_t count = wanted_of(&d, &r->arena, wanted);
	unsigned allowed = kinds_of(&d, &r->arena);
	bool kind = allowed == 0 || (allowed & (1u << got->kind)) != 0;
	if (!kind)
		fprintf(stderr, "%s: kind %s (%s)\n", name, inbound_kind_name(got->kind), got->why);
	if (count > 0)
		name_sender(got);
	return compare(r, name, got, wanted, count) && kind;
}

static void run_labels(struct run *r, struct str labels)
{
	while (labels.p != NULL && labels.n > 0) {
		struct str line = str_trim(str_cut(&labels, '\n'));
		if (line.n == 0)
			continue;
		struct arena_mark mark = arena_mark(&r->arena);
		bool passed = run_case(r, line);
		r->tally->passed += passed;
		r->tally->failed += !passed;
		arena_rewind(&r->arena, mark);
	}
}

static double percent(unsigned part, unsigned all)
{
	return all == 0 ? 100.0 : 100.0 * part / all;
}

void suite_bounce(int argc, char **argv, struct tally *t)
{
	struct run r = {.tally = t, .folder = "tests/conformance/cases/mail"};
	const char *file = "tests/conformance/cases/mail/labels.jsonl";
	struct str labels;
	struct err e;
	if (argc == 2) {
		file = argv[0];
		r.folder = argv[1];
	}
	arena_init(&r.arena, (size_t)256 << 20);
	if (argc != 0 && argc != 2) {
		fprintf(stderr, "usage: conformance bounce LABELS.jsonl DIR\n");
		t->failed++;
	} else if (file_read(file, LABEL_BYTES_MAX, &r.arena, &labels, &e) != ST_OK) {
		fprintf(stderr, "%s\n", e.text);
		t->failed++;
	} else {
		run_labels(&r, labels);
		printf("bounce: hard or not right %.1f %%, recipient right %.1f %% of %u "
		       "recipients\n",
		       percent(r.hard_right, r.recipients), percent(r.named, r.recipients),
		       r.recipients);
	}
	arena_finish(&r.arena);
}
