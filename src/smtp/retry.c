/* SPDX-License-Identifier: Apache-2.0
 * retry.c: servers agree on the first digit, mostly on the enhanced code, and on words not at all.
 * So rows are asked in order, from what is sure to what is guessed; words only tell a
 * greylist from a throttle, where guessing wrong costs minutes. */
#include "smtp/retry.h"

#include "base/assert.h"
#include "base/hash.h"

#define ANY 999u

static const struct {
	const char *name, *help;
	enum smtp_scope scope;
	int64_t first_s, most_s;
} classes[SMTP_CLASS_COUNT] = {
#define SMTP_CLASS(name, wire, scope, first_s, most_s, help) \
	[SMTP_CLASS_##name] = {wire, help, SMTP_SCOPE_##scope, first_s, most_s},
#include "smtp/class.def"
#undef SMTP_CLASS
};

/* FAILED, by enhanced code; RFC 3463 section 3. */
static const struct {
	uint16_t subject, detail;
	enum smtp_class class;
} failures[] = {
	{1, 7, SMTP_CLASS_POLICY}, /* the sender's address, and ... */
	{1, 8, SMTP_CLASS_POLICY}, /* ... its domain */
	{1, ANY, SMTP_CLASS_BAD_ADDRESS},
	{2, 1, SMTP_CLASS_MAILBOX},
	{2, 2, SMTP_CLASS_MAILBOX},
	{2, 3, SMTP_CLASS_UNFIT},
	{3, 4, SMTP_CLASS_UNFIT},
	{4, 4, SMTP_CLASS_BAD_ADDRESS}, /* its domain leads nowhere */
	{6, ANY, SMTP_CLASS_UNFIT},
	{7, ANY, SMTP_CLASS_POLICY},
};

/* DEFERRED, by enhanced code. */
static const struct {
	uint16_t subject, detail;
	enum smtp_class class;
} delays[] = {
	{2, 2, SMTP_CLASS_MAILBOX_FULL},
	{3, ANY, SMTP_CLASS_BUSY},
	{4, 5, SMTP_CLASS_BUSY},
	{7, ANY, SMTP_CLASS_THROTTLED},
};

static const struct {
	const char *words; /* lower case */
	enum smtp_class class;
} sayings[] = {
	{"greylist", SMTP_CLASS_GREYLISTED},         {"graylist", SMTP_CLASS_GREYLISTED},
	{"grey-list", SMTP_CLASS_GREYLISTED},        {"gray-list", SMTP_CLASS_GREYLISTED},
	{"greylisting", SMTP_CLASS_GREYLISTED},      {"postgrey", SMTP_CLASS_GREYLISTED},
	{"rate limit", SMTP_CLASS_THROTTLED},        {"rate that", SMTP_CLASS_THROTTLED},
	{"throttl", SMTP_CLASS_THROTTLED},           {"[tss0", SMTP_CLASS_THROTTLED},
	{"too many messages", SMTP_CLASS_THROTTLED}, {"quota", SMTP_CLASS_MAILBOX_FULL},
	{"mailbox full", SMTP_CLASS_MAILBOX_FULL},   {"mailbox is full", SMTP_CLASS_MAILBOX_FULL},
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool said(struct str text, const char *words)
{
	size_t n = strlen(words);
	for (size_t i = 0; i + n <= text.n; i++)
		if (str_eq_nocase(str_n(text.p + i, n), str_n(words, n)))
			return true;
	return false;
}

static enum smtp_class by_words(struct str text)
{
	for (size_t i = 0; i < COUNT(sayings); i++)
		if (said(text, sayings[i].words))
			return sayings[i].class;
	return SMTP_CLASS_COUNT;
}

static enum smtp_class classify_failed(const struct smtp_result *r)
{
	for (size_t i = 0; r->enhanced.class != 0 && i < COUNT(failures); i++)
		if (failures[i].subject == r->enhanced.subject &&
		    (failures[i].detail == ANY || failures[i].detail == r->enhanced.detail))
			return failures[i].class;
	if (r->enhanced.class == 0 && r->phase == SMTP_PHASE_RCPT &&
	    (r->code == 550 || r->code == 551 || r->code == 553))
		return SMTP_CLASS_BAD_ADDRESS; /* RFC 5321 section 4.2.3: about the mailbox */
	if (r->enhanced.class == 0 && r->code == 552)
		return SMTP_CLASS_UNFIT;
	return r->phase == SMTP_PHASE_DOT && r->code == 554 ? SMTP_CLASS_POLICY
							    : SMTP_CLASS_REFUSED;
}

/* No server answered, or it was not about the mail. */
static enum smtp_class classify_way(const struct smtp_result *r)
{
	if (r->phase <= SMTP_PHASE_CONNECT)
		return r->phase == SMTP_PHASE_QUEUE ? SMTP_CLASS_BUSY : SMTP_CLASS_UNREACHABLE;
	if (r->code == 421 || (r->phase == SMTP_PHASE_GREETING && r->code / 100 == 4))
		return SMTP_CLASS_BUSY;
	if (r->phase < SMTP_PHASE_MAIL)
		return r->code == 0 && (r->phase == SMTP_PHASE_GREETING) ? SMTP_CLASS_UNREACHABLE
									 : SMTP_CLASS_RELAY;
	return r->code / 100 == 5 && r->code != 552 ? SMTP_CLASS_RELAY : SMTP_CLASS_LOST;
}

static enum smtp_class classify_deferred(const struct smtp_result *r)
{
	enum smtp_class words = r->code != 0 ? by_words(r->text) : SMTP_CLASS_COUNT;
	if (words != SMTP_CLASS_COUNT)
		return words;
	/* A stranger who is asked to come back, and whom nobody called too loud. */
	if (r->phase == SMTP_PHASE_RCPT && (r->code == 450 || r->code == 451) &&
	    r->enhanced.subject == 7 && r->enhanced.detail <= 1)
		return SMTP_CLASS_GREYLISTED;
	for (size_t i = 0; r->enhanced.class == 4 && i < COUNT(delays); i++)
		if (delays[i].subject == r->enhanced.subject &&
		    (delays[i].detail == ANY || delays[i].detail == r->enhanced.detail) &&
		    (r->phase >= SMTP_PHASE_MAIL || r->phase == SMTP_PHASE_GREETING))
			return delays[i].class;
	if (r->phase < SMTP_PHASE_MAIL || r->code == 0 || r->code == 421 || r->code / 100 == 5)
		return r->code == 552 ? SMTP_CLASS_TEMPORARY : classify_way(r);
	return SMTP_CLASS_TEMPORARY;
}

enum smtp_class smtp_classify(const struct smtp_result *r)
{
	switch (r->outcome) {
	case SMTP_SENT: return SMTP_CLASS_SENT;
	case SMTP_UNCERTAIN: return SMTP_CLASS_UNCERTAIN;
	case SMTP_FAILED: return classify_failed(r);
	case SMTP_DEFERRED: return classify_deferred(r);
	case SMTP_OUTCOME_COUNT: break;
	}
	UNREACHED();
}

struct smtp_retry smtp_retry_after(const struct smtp_result *r, unsigned attempt, int64_t age_us,
				   uint64_t salt)
{
	enum smtp_class class = smtp_classify(r);
	struct smtp_retry retry = {.class = class, .scope = classes[class].scope};
	ASSERT(attempt >= 1 && age_us >= 0);
	if (classes[class].first_s == 0)
		return retry;
	int64_t wait = SMTP_SECONDS(classes[class].first_s);
	int64_t most = SMTP_SECONDS(classes[class].most_s);
	for (unsigned i = 1; i < attempt && wait < most; i++)
		wait *= 2;
	wait = wait < most ? wait : most;
	/* A tenth less to a tenth more: those that failed together do not come back together. */
	wait += wait / 1000 * ((int64_t)(hash_u64(salt ^ hash_u64(attempt)) % 201) - 100);
	retry.expired = attempt >= SMTP_ATTEMPTS_MAX || age_us > SMTP_AGE_MAX_US - wait;
	retry.again = !retry.expired;
	retry.after_us = retry.again ? wait : 0;
	return retry;
}

const char *smtp_class_name(enum smtp_class c)
{
	ASSERT(c < SMTP_CLASS_COUNT);
	return classes[c].name;
}

const char *smtp_class_help(enum smtp_class c)
{
	ASSERT(c < SMTP_CLASS_COUNT);
	return classes[c].help;
}
