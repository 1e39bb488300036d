/* SPDX-License-Identifier: Apache-2.0
 * test_view_leads.c: pages of leads are what looking at every lead gives, and look at who is shown
 * alone. */
#include "view/test_seat.h"

/* Visitors are forgotten, known leads may be of each tier. */
#define VISITED \
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n" \
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n" \
	"scoring:\n" \
	"  fit: [{name: any, if: lead.known, points: 40}]\n" \
	"  engagement:\n    half_life: 10d\n    points: {form.ebook: 30, page.pricing: 5}\n" \
	"  tiers: {hot: {up: 45, down: 35}, warm: {up: 15, down: 10}}\n" \
	"consent: {default: opt_out, unknown: opt_out, anonymous_ttl: 5d, purposes: [news], " \
	"channels: [email]}\n"

#define IDS_MAX 64
struct ids {
	uint64_t id[IDS_MAX];
	size_t n;
};

static void add(struct ids *all, uint64_t id)
{
	assert_true(all->n < IDS_MAX);
	all->id[all->n++] = id;
}

static void list(struct seat *s, const struct view_page *page)
{
	struct err e;
	enum status st = view_leads(&s->v, page, paper(s), &e);
	if (st != ST_OK)
		fail_msg("%s", e.text);
	(void)read(s);
}

/* ---- by track ---- */

static void test_leads_of_a_track(void **state)
{
	struct seat s;
	char mail[64];
	struct view_page page = {.tier = -1, .limit = 3, .track = STR("early")};
	(void)state;
	sit(&s);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(mail, sizeof mail, "p%d@acme.example", i);
		does(&s.w, "form.ebook", mail, NULL, "{}");
	}
	orders(&s.w, "track.move", "{\"lead\":4,\"track\":\"late\"}", EVENT_SYSTEM);
	size_t seen_n = 0, pages = 0;
	for (bool more = true; more; pages++) {
		list(&s, &page);
		seen_n += json_count(&s.doc, json_get(&s.doc, 0, "leads"));
		uint32_t next = json_get(&s.doc, 0, "next");
		more = !json_is(&s.doc, next, JSON_NULL);
		page.after_place = json_str(&s.doc, next, &s.w.arena);
	}
	assert_int_equal(seen_n, 9);
	assert_int_equal(pages, 3);
	page = (struct view_page){.tier = TIER_HOT, .limit = 100, .track = STR("early")};
	list(&s, &page);
	size_t hot = json_count(&s.doc, json_get(&s.doc, 0, "leads"));
	page.tier = TIER_COLD;
	list(&s, &page);
	size_t cold = json_count(&s.doc, json_get(&s.doc, 0, "leads"));
	page.tier = TIER_WARM;
	list(&s, &page);
	assert_int_equal(hot + cold + json_count(&s.doc, json_get(&s.doc, 0, "leads")), 9);
	rise(&s);
}

/* ---- by tier, and whether known ---- */

/* All pages, one behind the other; none but the last may be short, none with a next one empty. */
static struct ids paged(struct seat *s, struct view_page page)
{
	struct ids got = {.n = 0};
	for (bool more = true; more;) {
		size_t before = got.n;
		list(s, &page);
		const struct json *d = &s->doc;
		uint32_t leads = json_get(d, 0, "leads"), next = json_get(d, 0, "next");
		for (uint32_t l = json_first(d, leads); l != JSON_NONE; l = json_next(d, leads, l))
			add(&got, (uint64_t)number(d, l, "id"));
		more = !json_is(d, next, JSON_NULL);
		assert_true(!more || got.n == before + page.limit);
		if (more)
			page.after = (uint64_t)number(d, 0, "next");
	}
	return got;
}

struct looked {
	struct seat *s;
	const struct view_page *page;
	struct ids ids;
};

static bool look_at(void *ctx, struct store_key key, struct str value)
{
	struct looked *x = ctx;
	struct lead l;
	struct err e;
	const struct view_page *p = x->page;
	assert_int_equal(lead_row_decode(key.num, value, &x->s->w.arena, &l, NULL, &e), ST_OK);
	if (!(l.flags & (LEAD_MERGED | LEAD_ERASED)) && (p->tier < 0 || p->tier == (int)l.tier) &&
	    (!p->known_only || (l.flags & LEAD_KNOWN)))
		add(&x->ids, key.num);
	return true;
}

static void check_pages(struct seat *s)
{
	static const size_t limits[] = {1, 2, 3, 1000};
	for (int i = 0; i < 2 * (TIER_COUNT + 1) * 4; i++) {
		struct err e;
		struct view_page page = {
			.tier = i / 8 - 1, .known_only = i / 4 % 2, .limit = limits[i % 4]};
		struct looked want = {.s = s, .page = &page};
		assert_int_equal(store_scan(s->w.store, TABLE_LEAD, SCAN_ALL, look_at, &want, &e),
				 ST_OK);
		struct ids got = paged(s, page);
		assert_int_equal(got.n, want.ids.n);
		assert_memory_equal(got.id, want.ids.id, got.n * sizeof got.id[0]);
		uint64_t count;
		assert_int_equal(view_leads_count(&s->v, &count, &e), ST_OK);
		if (page.tier < 0 && !page.known_only)
			assert_int_equal(count, want.ids.n);
	}
}

static void test_pages_are_all_leads(void **state)
{
	struct seat s;
	char who[32];
	(void)state;
	sit_with(&s, VISITED);
	for (int i = 0; i < 9; i++) {
		(void)snprintf(who, sizeof who, "d-%d", i);
		does(&s.w, i % 2 ? "form.ebook" : "page.pricing", NULL, who, "{}");
	}
	check_pages(&s);
	does(&s.w, "form.ebook", "ada@acme.example", "d-3", "{}"); /* a visitor becomes known */
	does(&s.w, "form.ebook", "bob@firm.example", NULL, "{}");
	does(&s.w, "form.ebook", "eve@else.example", "d-8", "{}");
	check_pages(&s);
	orders(&s.w, "lead.merge", "{\"into\":4,\"lead\":10}", EVENT_SYSTEM);
	check_pages(&s);
	passes(&s.w, 3 * US_PER_D);
	does(&s.w, "form.ebook", NULL, "d-1", "{}");
	passes(&s.w, 3 * US_PER_D); /* who did not come again is forgotten */
	check_pages(&s);
	orders(&s.w, "lead.split", "{\"merge\":1}", EVENT_SYSTEM);
	check_pages(&s);
	rise(&s);
}

/* However many are not asked for: a page costs what it shows. */
static void test_others_are_not_looked_at(void **state)
{
	struct seat s;
	struct err e;
	struct str rows[10];
	char who[32];
	(void)state;
	sit_with(&s, VISITED);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(who, sizeof who, "d-%d", i);
		does(&s.w, "page.pricing", NULL, who, "{}");
	}
	does(&s.w, "form.ebook", "ada@acme.example", NULL, "{}");
	for (size_t i = 0; i < 10; i++) {
		const struct store_key k = KEY_NUM(i + 1);
		assert_int_equal(store_get(s.w.store, TABLE_LEAD, k, &s.w.arena, &rows[i], &e),
				 ST_OK);
		assert_int_equal(store_put(s.w.store, TABLE_LEAD, k, STR("unreadable"), &e), ST_OK);
	}
	struct ids got = paged(&s, (struct view_page){.tier = -1, .known_only = true, .limit = 1});
	assert_int_equal(got.n, 1);
	assert_int_equal(got.id[0], 11);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(store_put(s.w.store, TABLE_LEAD, KEY_NUM(i + 1), rows[i], &e),
				 ST_OK);
	rise(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leads_of_a_track),
		cmocka_unit_test(test_pages_are_all_leads),
		cmocka_unit_test(test_others_are_not_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
