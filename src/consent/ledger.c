/* SPDX-License-Identifier: Apache-2.0
 * ledger.c: what was said, as rows of JSON that an auditor can read without us, and which of them
 * is in force. */
#include "consent/consent.h"

#include "base/assert.h"

static const struct {
	const char *wire;
	int strictness;
} states[CONSENT_STATE_COUNT] = {
#define CONSENT_STATE(name, wire, strictness, help) [CONSENT_##name] = {wire, strictness},
#include "consent/state.def"
#undef CONSENT_STATE
};

const char *consent_state_name(enum consent_state s)
{
	ASSERT(s < CONSENT_STATE_COUNT);
	return states[s].wire;
}

bool consent_state_of(struct str wire, enum consent_state *out)
{
	for (size_t s = 0; s < CONSENT_STATE_COUNT; s++) {
		if (!str_is(wire, states[s].wire))
			continue;
		*out = (enum consent_state)s;
		return true;
	}
	return false;
}

static void put_text(struct json_w *w, const char *key, struct str s)
{
	if (s.n)
		json_w_kstr(w, key, s);
}

void consent_encode(const struct consent_entry *entry, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_kstr(&w, "channel", entry->channel);
	json_w_kstr(&w, "purpose", entry->purpose);
	json_w_kz(&w, "state", consent_state_name(entry->state));
	json_w_kz(&w, "basis", consent_basis_name(entry->basis));
	json_w_ki64(&w, "at_us", entry->at_us);
	json_w_key(&w, "seq");
	json_w_u64(&w, entry->seq);
	put_text(&w, "source", entry->source);
	put_text(&w, "wording", entry->wording);
	put_text(&w, "proof", entry->proof);
	json_w_end(&w);
}

enum status consent_decode(struct str text, struct arena *a, struct consent_entry *out,
			   struct err *e)
{
	struct json d;
	struct consent_entry x;
	enum status st = json_parse(text, JSON_LIMITS_EVENT, a, &d, e);
	if (st != ST_OK || !json_is(&d, 0, JSON_OBJECT))
		return err_set(e, ST_CORRUPT, "a consent entry cannot be read");
	x.channel = json_str(&d, json_get(&d, 0, "channel"), a);
	x.purpose = json_str(&d, json_get(&d, 0, "purpose"), a);
	x.source = json_str(&d, json_get(&d, 0, "source"), a);
	x.wording = json_str(&d, json_get(&d, 0, "wording"), a);
	x.proof = json_str(&d, json_get(&d, 0, "proof"), a);
	if (x.channel.n == 0 || x.purpose.n == 0 ||
	    !consent_state_of(json_str(&d, json_get(&d, 0, "state"), a), &x.state) ||
	    !consent_basis_of(json_str(&d, json_get(&d, 0, "basis"), a), &x.basis) ||
	    !json_i64(&d, json_get(&d, 0, "at_us"), &x.at_us) ||
	    !str_to_u64(json_raw(&d, json_get(&d, 0, "seq")), &x.seq))
		return err_set(e, ST_CORRUPT, "a consent entry lacks what it must say");
	*out = x;
	return ST_OK;
}

/* ---- what is in force ---- */

static bool covers(struct str said, struct str asked)
{
	return str_is(said, CONSENT_ALL) || str_eq(said, asked);
}

static bool is_refusal(enum consent_state s)
{
	return s == CONSENT_WITHDRAWN || s == CONSENT_OBJECTED;
}

/* Later wins. Said at the same instant, a refusal beats an agreement; else the log's order. */
static bool later(const struct consent_entry *x, const struct consent_entry *y)
{
	if (x->at_us != y->at_us)
		return x->at_us > y->at_us;
	if (is_refusal(x->state) != is_refusal(y->state))
		return is_refusal(x->state);
	if (x->seq != y->seq)
		return x->seq > y->seq;
	return states[x->state].strictness > states[y->state].strictness;
}

static const struct consent_entry *latest(const struct consent_ledger *l, struct str channel,
					  struct str purpose, bool pending)
{
	const struct consent_entry *best = NULL;
	for (size_t i = 0; i < l->n; i++) {
		const struct consent_entry *x = &l->entries[i];
		if (!covers(x->channel, channel) || !covers(x->purpose, purpose) ||
		    (x->state == CONSENT_PENDING) != pending)
			continue;
		if (best == NULL || later(x, best))
			best = x;
	}
	return best;
}

/* Who confirmed once and fills in a form again has not unconfirmed: a pending entry does not stand
 * above a confirmed one. */
const struct consent_entry *consent_in_force(const struct consent_ledger *ledger,
					     struct str channel, struct str purpose)
{
	const struct consent_entry *said = latest(ledger, channel, purpose, false);
	const struct consent_entry *asked = latest(ledger, channel, purpose, true);
	if (said == NULL || asked == NULL)
		return said ? said : asked;
	return said->state != CONSENT_CONFIRMED && later(asked, said) ? asked : said;
}

/* ---- merge ---- */

#define NAMES_MAX 24 /* different channels, and purposes, two ledgers may speak of */

/* The survivor's ledger with what the merge adds behind it. */
struct joining {
	const struct consent_ledger *survivor, *loser;
	const struct consent_entry *stamp;
	struct arena *a;
	struct consent_entry *all;
	size_t n; /* of all; from survivor->n on they are new */
	struct str channels[NAMES_MAX], purposes[NAMES_MAX];
	size_t channels_n, purposes_n;
	bool over;
};

static int strictness(const struct consent_entry *x)
{
	return x ? states[x->state].strictness : -1;
}

static bool restricts(const struct consent_entry *x)
{
	return strictness(x) >= states[CONSENT_PENDING].strictness;
}

static void add_name(struct joining *j, struct str *list, size_t *n, struct str name)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq(list[i], name))
			return;
	if (*n == NAMES_MAX)
		j->over = true;
	else
		list[(*n)++] = name;
}

static void add_names(struct joining *j, const struct consent_ledger *l)
{
	for (size_t i = 0; i < l->n; i++) {
		add_name(j, j->channels, &j->channels_n, l->entries[i].channel);
		add_name(j, j->purposes, &j->purposes_n, l->entries[i].purpose);
	}
}

static bool say_again(struct joining *j, const struct consent_entry *x, struct str channel,
		      struct str purpose, int64_t at_us)
{
	char when[TIME_TEXT_MAX];
	ASSERT(x != NULL);
	if (j->n - j->survivor->n == CONSENT_MERGE_MAX)
		return !(j->over = true);
	struct consent_entry *to = &j->all[j->n++];
	*to = *x;
	to->channel = channel;
	to->purpose = purpose;
	to->proof = arena_printf(j->a, "said %s by " STR_FMT "; repeated by a merge: " STR_FMT,
				 time_format(x->at_us, when), STR_ARG(str_slice(x->source, 0, 128)),
				 STR_ARG(str_slice(j->stamp->wording, 0, 200)));
	to->at_us = at_us;
	to->seq = j->stamp->seq;
	to->source = j->stamp->source;
	return to->proof.p != NULL;
}

/* What must be in force for one channel and purpose: the loser's refusal where it is stricter, else
 * what the survivor said. Written only where the ledger would say something else by now. */
static bool settle(struct joining *j, struct str channel, struct str purpose, int64_t at_us)
{
	const struct consent_entry *ours = consent_in_force(j->survivor, channel, purpose);
	const struct consent_entry *theirs = consent_in_force(j->loser, channel, purpose);
	const struct consent_ledger all = {j->all, j->n};
	const struct consent_entry *now = consent_in_force(&all, channel, purpose);
	bool refused = restricts(theirs) && strictness(theirs) > strictness(ours);
	const struct consent_entry *want = refused ? theirs : ours;
	if (want == NULL || strictness(now) == strictness(want))
		return true;
	return say_again(j, want, channel, purpose, at_us);
}

/* 0: a word on everything, 3: on one channel and one purpose. */
static int level_of(struct str channel, struct str purpose)
{
	return (str_is(channel, CONSENT_ALL) ? 0 : 2) + (str_is(purpose, CONSENT_ALL) ? 0 : 1);
}

/* From the general to the particular, each later than the one before: a word on everything must
 * not stand above a word on one newsletter. */
static bool settle_all(struct joining *j, int64_t at_us)
{
	size_t cells = j->channels_n * j->purposes_n;
	for (size_t i = 0; i < 4 * cells; i++) {
		int level = (int)(i / cells);
		struct str channel = j->channels[i % cells / j->purposes_n];
		struct str purpose = j->purposes[i % cells % j->purposes_n];
		if (level_of(channel, purpose) == level &&
		    !settle(j, channel, purpose, at_us + level))
			return false;
	}
	return true;
}

static int64_t merge_us(const struct joining *j)
{
	int64_t at = j->stamp->at_us;
	for (size_t i = 0; i < j->survivor->n; i++)
		if (j->survivor->entries[i].at_us >= at)
			at = j->survivor->entries[i].at_us + 1; /* nothing outlives its refusal */
	return at;
}

/* Too much to tell apart: the loser's strictest word then stands for everything. */
static bool refuse_all(struct joining *j, int64_t at_us)
{
	const struct consent_entry *most = NULL;
	j->n = j->survivor->n;
	j->over = false;
	for (size_t i = 0; i < j->loser->n; i++)
		if (strictness(&j->loser->entries[i]) > strictness(most))
			most = &j->loser->entries[i];
	return !restricts(most) || say_again(j, most, STR(CONSENT_ALL), STR(CONSENT_ALL), at_us);
}

enum status consent_merge(const struct consent_ledger *survivor, const struct consent_ledger *loser,
			  const struct consent_entry *stamp, struct arena *a,
			  struct consent_ledger *out, struct err *e)
{
	struct joining *j = ARENA_NEW(a, struct joining);
	bool good = j != NULL;
	if (good) {
		*j = (struct joining){.survivor = survivor, .loser = loser, .stamp = stamp, .a = a};
		j->all = ARENA_ARRAY(a, struct consent_entry, survivor->n + CONSENT_MERGE_MAX);
		j->n = survivor->n;
		good = j->all != NULL;
	}
	if (good && survivor->n)
		memcpy(j->all, survivor->entries, survivor->n * sizeof j->all[0]);
	if (good) {
		int64_t at_us = merge_us(j);
		add_name(j, j->channels, &j->channels_n, STR(CONSENT_ALL));
		add_name(j, j->purposes, &j->purposes_n, STR(CONSENT_ALL));
		add_names(j, survivor);
		add_names(j, loser);
		good = !j->over && settle_all(j, at_us);
		if (j->over)
			good = refuse_all(j, at_us);
	}
	if (!good)
		return err_set(e, ST_LIMIT, "no memory left to join two consent ledgers");
	*out = (struct consent_ledger){j->all + survivor->n, j->n - survivor->n};
	return ST_OK;
}
