/* SPDX-License-Identifier: Apache-2.0
 * machine.c: one predicate for each rule of machine.def.
 *
 * The windows are short on purpose: what is too fast for a person (a mail takes seconds to arrive,
 * and longer to be seen) and nothing more, since a wrong "machine" loses a reader's interest. A
 * scanner that waits is caught by following several links, or the one nobody sees. */
#include "observe/machine.h"

#include "base/assert.h"
#include "model/event.h"

#include <arpa/inet.h>
#include <endian.h>

#define CLICK_FASTEST_US (5 * US_PER_S) /* after the message left */
#define OPEN_FASTEST_US (2 * US_PER_S)
#define EAGER_US (3 * US_PER_S)
#define BURST_US (10 * US_PER_S) /* so many links within it */
#define BURST_LINKS 3
#define ALL_LINKS_US (3 * US_PER_S) /* or all of them, when there are two */
#define SCANNED_US (10 * US_PER_M)
#define TWIN_US (3 * US_PER_S)
#define TRAPPED_US (10 * US_PER_M)

/* ---- networks ---- */

enum net_what { NET_NONE, NET_SCANNER, NET_PROXY, NET_CLOUD };

struct net {
	uint64_t
		prefix; /* the first 64 bits; an IPv4 address is the last 32 of ::ffff/96, see v4 */
	unsigned bits;
	bool v6;
	enum net_what what;
	const char *owner;
};

static const struct net nets[] = {
#define NET(a, b, c, d, bits, what, owner) \
	{(uint64_t)(a) << 24 | (b) << 16 | (c) << 8 | (d), bits, false, NET_##what, owner},
#define NET6(prefix, bits, what, owner) {prefix, bits, true, NET_##what, owner},
#include "observe/network.def"
#undef NET
#undef NET6
};

struct address {
	uint64_t high; /* IPv6: the first 64 bits; IPv4: all 32 */
	bool v6;
};

static bool address_of(struct str text, struct address *out)
{
	char z[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;
	if (text.n == 0 || text.n >= sizeof z)
		return false;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	if (inet_pton(AF_INET, z, &v4) == 1) {
		*out = (struct address){ntohl(v4.s_addr), false};
		return true;
	}
	if (inet_pton(AF_INET6, z, &v6) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&v6)) {
		uint32_t low;
		memcpy(&low, v6.s6_addr + 12, sizeof low);
		*out = (struct address){ntohl(low), false};
		return true;
	}
	memcpy(&out->high, v6.s6_addr, sizeof out->high);
	out->high = be64toh(out->high);
	out->v6 = true;
	return true;
}

static const struct net *net_of(struct str ip)
{
	struct address a;
	if (!address_of(ip, &a))
		return NULL;
	for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
		unsigned shift = (nets[i].v6 ? 64u : 32u) - nets[i].bits;
		if (nets[i].v6 == a.v6 && nets[i].prefix >> shift == a.high >> shift)
			return &nets[i];
	}
	return NULL;
}

/* ---- what the predicates share ---- */

struct look {
	const struct machine_case *c;
	const struct machine_hit *hit;
	const struct net *net; /* NULL: none that is known */
};

static enum net_what net_what(const struct look *l)
{
	return l->net != NULL ? l->net->what : NET_NONE;
}

static bool contains(struct str text, const char *word)
{
	struct str w = str_of(word);
	for (size_t i = 0; i + w.n <= text.n; i++)
		if (str_eq_nocase(str_n(text.p + i, w.n), w))
			return true;
	return false;
}

/* Within so long after the message left; a hit before it (clocks differ) counts as at once. */
static bool within(const struct look *l, int64_t us)
{
	return l->c->sent_us != TIME_NONE && time_between(l->c->sent_us, l->hit->at_us) < us;
}

static bool near(const struct machine_hit *a, const struct machine_hit *b, int64_t us)
{
	int64_t apart = a->at_us > b->at_us ? time_between(b->at_us, a->at_us)
					    : time_between(a->at_us, b->at_us);
	return apart <= us;
}

static bool provider_proxy(struct str ua)
{
	return contains(ua, "GoogleImageProxy") || contains(ua, "YahooMailProxy");
}

/* ---- the rules ---- */

static bool rule_method(const struct look *l)
{
	return l->hit->method.n > 0 && !str_is(l->hit->method, "GET") &&
	       !str_is(l->hit->method, "POST");
}

static bool rule_ahead(const struct look *l)
{
	/* on an opening the flag also stands for Apple's bare name, which has words of its own */
	return (l->hit->flags & EVENT_MACHINE) &&
	       (l->hit->what == MACHINE_CLICKED || !str_is(l->hit->user_agent, "Mozilla/5.0"));
}

static bool rule_trap(const struct look *l)
{
	return l->hit->trap;
}

static bool rule_trapped(const struct look *l)
{
	for (size_t i = 0; i < l->c->others_n; i++) {
		const struct machine_hit *o = &l->c->others[i];
		if (o->trap && near(o, l->hit, TRAPPED_US) && o->ip.n > 0 &&
		    str_eq(o->ip, l->hit->ip) && str_eq(o->user_agent, l->hit->user_agent))
			return true;
	}
	return false;
}

static bool rule_apple(const struct look *l)
{
	return l->hit->what == MACHINE_OPENED &&
	       (str_is(l->hit->user_agent, "Mozilla/5.0") ||
		(net_what(l) == NET_PROXY && strcmp(l->net->owner, "Apple") == 0));
}

static bool rule_eager(const struct look *l)
{
	return l->hit->what == MACHINE_OPENED && provider_proxy(l->hit->user_agent) &&
	       within(l, EAGER_US);
}

static bool rule_behind_proxy(const struct look *l)
{
	return l->hit->what == MACHINE_OPENED && provider_proxy(l->hit->user_agent);
}

static bool rule_agent(const struct look *l)
{
	return l->hit->flags & EVENT_BOT;
}

/* How many different links were followed within so long of this hit, its own among them. */
static unsigned links_near(const struct look *l, int64_t us)
{
	unsigned n = 1;
	for (size_t i = 0; i < l->c->others_n; i++) {
		const struct machine_hit *o = &l->c->others[i];
		bool is_new = o->what == MACHINE_CLICKED && !o->trap && o->link != l->hit->link &&
			      near(o, l->hit, us);
		for (size_t k = 0; is_new && k < i; k++)
			is_new = l->c->others[k].what != MACHINE_CLICKED || l->c->others[k].trap ||
				 l->c->others[k].link != o->link ||
				 !near(&l->c->others[k], l->hit, us);
		n += is_new;
	}
	return n;
}

static bool rule_burst(const struct look *l)
{
	if (l->hit->what != MACHINE_CLICKED || l->c->others_n == 0)
		return false;
	return links_near(l, BURST_US) >= BURST_LINKS ||
	       (l->c->links_n == 2 && links_near(l, ALL_LINKS_US) == 2);
}

static bool rule_too_fast(const struct look *l)
{
	return within(l, l->hit->what == MACHINE_CLICKED ? CLICK_FASTEST_US : OPEN_FASTEST_US);
}

static bool rule_scanned(const struct look *l)
{
	return net_what(l) == NET_SCANNER && within(l, SCANNED_US);
}

static bool rule_network(const struct look *l)
{
	return net_what(l) == NET_SCANNER || net_what(l) == NET_CLOUD ||
	       (net_what(l) == NET_PROXY && l->hit->what == MACHINE_CLICKED);
}

static bool rule_twin(const struct look *l)
{
	for (size_t i = 0; i < l->c->others_n; i++) {
		const struct machine_hit *o = &l->c->others[i];
		if (l->hit->what == MACHINE_CLICKED && o->what == MACHINE_CLICKED && !o->trap &&
		    o->link == l->hit->link && near(o, l->hit, TWIN_US) &&
		    !str_eq(o->ip, l->hit->ip))
			return true;
	}
	return false;
}

/* A mail program that shows a picture may be silent about itself; a browser never is. */
static bool rule_bare(const struct look *l)
{
	return l->hit->what == MACHINE_CLICKED &&
	       (str_empty(l->hit->accept_language) || str_empty(l->hit->user_agent));
}

static bool rule_person(const struct look *l)
{
	(void)l;
	return true;
}

static const struct {
	bool (*holds)(const struct look *l);
	enum machine_verdict verdict;
	const char *wire, *words;
} rules[MACHINE_RULE_COUNT] = {
#define MACHINE_RULE(name, wire, verdict, words) \
	[MACHINE_RULE_##name] = {rule_##wire, MACHINE_##verdict, #wire, words},
#include "observe/machine.def"
#undef MACHINE_RULE
};

/* ---- public ---- */

struct machine_answer machine_judge(const struct machine_case *c)
{
	struct machine_case known = *c;
	struct look l = {.c = &known, .hit = &known.hit, .net = net_of(c->hit.ip)};
	enum machine_rule_no r = 0;
	known.others_n = c->others_n < MACHINE_HITS_MAX ? c->others_n : MACHINE_HITS_MAX;
	while (!rules[r].holds(&l))
		r++;
	ASSERT(r < MACHINE_RULE_COUNT); /* the last always holds */
	bool may_change = rules[r].verdict != MACHINE_MACHINE && c->hit.what == MACHINE_CLICKED;
	return (struct machine_answer){
		.verdict = rules[r].verdict,
		.rule = r,
		.settles_us = c->hit.at_us + (may_change ? MACHINE_STALL_US : 0),
		.network = l.net != NULL ? l.net->owner : NULL,
	};
}

const char *machine_verdict_name(enum machine_verdict v)
{
	static const char *const names[] = {
		[MACHINE_HUMAN] = "human",
		[MACHINE_MACHINE] = "machine",
		[MACHINE_UNSURE] = "unsure",
	};
	ASSERT(v < sizeof names / sizeof names[0]);
	return names[v];
}

const char *machine_rule_wire(enum machine_rule_no r)
{
	ASSERT(r < MACHINE_RULE_COUNT);
	return rules[r].wire;
}

const char *machine_rule_words(enum machine_rule_no r)
{
	ASSERT(r < MACHINE_RULE_COUNT);
	return rules[r].words;
}
