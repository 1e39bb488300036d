/* SPDX-License-Identifier: Apache-2.0
 * test_pretend.c: every act of the simulated inbox, on a mail as deliver writes them. */
#include "base/test.h"

#include "base/time.h"
#include "mailroom/pretend.h"

#define NOW_US INT64_C(1795000000000000) /* 2026-11-18 */
#define MESSAGE UINT64_C(12)

struct fixture {
	struct arena a;
	struct link_keys keys;
	struct mailroom_conf conf;
	struct str mail, return_path;
};

static struct str token(struct fixture *f, const struct link *l, const char *target)
{
	char text[LINK_TEXT_MAX];
	assert_int_equal(link_write(&f->keys, l, str_of(target), text, NULL), ST_OK);
	return arena_str(&f->a, str_of(text));
}

static void start(struct fixture *f)
{
	static const uint8_t secret[LINK_SECRET_BYTES] = {5};
	char ours[LINK_TEXT_MAX];
	*f = (struct fixture){.keys = {.n = 0}};
	arena_init(&f->a, MAILROOM_ARENA_BYTES + ((size_t)16 << 20));
	assert_int_equal(link_keys_add(&f->keys, 1, secret, NULL), ST_OK);
	f->conf = (struct mailroom_conf){.links = &f->keys,
					 .return_prefix = STR("bounce"),
					 .unsubscribe_prefix = STR("unsubscribe"),
					 .now_us = NOW_US};
	link_address_write(&f->keys, MESSAGE, ours);
	const struct link first = {LINK_CLICK, MESSAGE, 1, TIME_NONE},
			  cta = {LINK_CLICK, MESSAGE, 2 | LINK_CTA, TIME_NONE},
			  stop = {LINK_UNSUBSCRIBE, MESSAGE, 0, TIME_NONE},
			  choose = {LINK_PREFERENCES, MESSAGE, 0, TIME_NONE},
			  rep = {LINK_REP, 3, LINK_REP_NOT_NOW, TIME_NONE},
			  confirm = {LINK_CONFIRM, MESSAGE, 0, TIME_NONE};
	f->return_path = arena_printf(&f->a, "bounce+%s@mail.larkspur.example", ours);
	f->mail = arena_printf(&f->a,
			       "From: Ann <ann@mail.larkspur.example>\r\nTo: ada@acme.example\r\n"
			       "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: "
			       "<m.%s@mail.larkspur.example>\r\n"
			       "Content-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n\r\n"
			       "more: https://go.larkspur.example/x/t/" STR_FMT
			       "?u=https%%3A%%2F%%2Flarkspur.example%%2Fa%%3Fb\r\n"
			       "Go (https://go.larkspur.example/t/" STR_FMT
			       "?u=https%%3A%%2F%%2Flarkspur.example%%2Fgo)\r\n"
			       "again https://go.larkspur.example/t/" STR_FMT
			       "?u=https%%3A%%2F%%2Flarkspur.example%%2Fgo\r\n"
			       "not ours: https://elsewhere.example/t/abc?u=x\r\n"
			       "<https://go.larkspur.example/u/" STR_FMT ">\r\n"
			       "https://go.larkspur.example/p/" STR_FMT
			       "\r\nhttps://go.larkspur.example/h/" STR_FMT
			       "\r\nhttps://go.larkspur.example/c/" STR_FMT "\r\n",
			       ours, STR_ARG(token(f, &first, "https://larkspur.example/a?b")),
			       STR_ARG(token(f, &cta, "https://larkspur.example/go")),
			       STR_ARG(token(f, &cta, "https://larkspur.example/go")),
			       STR_ARG(token(f, &stop, NULL)), STR_ARG(token(f, &choose, NULL)),
			       STR_ARG(token(f, &rep, NULL)), STR_ARG(token(f, &confirm, NULL)));
}

static const struct {
	const char *name;
	enum pretend_act act;
	size_t link;
	const char *text;
	int64_t until_us;
	const char *type; /* NULL: refused */
	const char *holds[3];
} rows[] = {
	{"open",
	 PRETEND_OPEN,
	 0,
	 "",
	 TIME_NONE,
	 "email.open",
	 {"\"message\":12", "\"verdict\":\"human\""}},
	{"click, the call to action",
	 PRETEND_CLICK,
	 0,
	 "",
	 TIME_NONE,
	 "email.click",
	 {"\"message\":12", "\"url\":\"https://larkspur.example/go\"", "\"cta\":true"}},
	{"click, the first",
	 PRETEND_CLICK,
	 1,
	 "",
	 TIME_NONE,
	 "email.click",
	 {"\"link\":1", "\"url\":\"https://larkspur.example/a?b\""}},
	{"click on unsubscribe",
	 PRETEND_CLICK,
	 3,
	 "",
	 TIME_NONE,
	 "email.unsubscribe",
	 {"\"message\":12"}},
	{"click on choices", PRETEND_CLICK, 4, "", TIME_NONE, NULL, {NULL}},
	{"click on a rep's link",
	 PRETEND_CLICK,
	 5,
	 "",
	 TIME_NONE,
	 "handoff.return",
	 {"\"handoff\":3", "\"verdict\":\"not_now\""}},
	{"click on confirm",
	 PRETEND_CLICK,
	 6,
	 "",
	 TIME_NONE,
	 "consent.confirm",
	 {"\"message\":12"}},
	{"click on what is not there", PRETEND_CLICK, 7, "", TIME_NONE, NULL, {NULL}},
	{"reply",
	 PRETEND_REPLY,
	 0,
	 "Yes, call me.\nAda",
	 TIME_NONE,
	 "email.reply",
	 {"\"message\":12", "\"matched\":\"message-id\"", "\"text\":\"Yes, call me."}},
	{"reply without a word", PRETEND_REPLY, 0, " ", TIME_NONE, NULL, {NULL}},
	{"bounce",
	 PRETEND_BOUNCE,
	 0,
	 "",
	 TIME_NONE,
	 "email.bounce",
	 {"\"message\":12", "\"matched\":\"token\"", "\"bounce\":\"hard\""}},
	{"soft bounce",
	 PRETEND_BOUNCE_SOFT,
	 0,
	 "",
	 TIME_NONE,
	 "email.bounce",
	 {"\"message\":12", "\"bounce\":\"soft\""}},
	{"complaint",
	 PRETEND_COMPLAIN,
	 0,
	 "",
	 TIME_NONE,
	 "email.complaint",
	 {"\"message\":12", "\"feedback\":\"abuse\""}},
	{"away, with a day",
	 PRETEND_AUTO_REPLY,
	 0,
	 "",
	 NOW_US + 12 * US_PER_D,
	 "email.auto_reply",
	 {"\"message\":12", "\"until\":\"2026-1"}},
	{"away until today", PRETEND_AUTO_REPLY, 0, "", NOW_US, NULL, {NULL}},
	{"away", PRETEND_AUTO_REPLY, 0, "", TIME_NONE, "email.auto_reply", {"\"message\":12"}},
	{"unsubscribe",
	 PRETEND_UNSUBSCRIBE,
	 0,
	 "",
	 TIME_NONE,
	 "email.unsubscribe",
	 {"\"message\":12"}},
};

static void test_acts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fixture f;
		struct err e;
		start(&f);
		const struct pretend p = {.act = rows[i].act,
					  .mail = f.mail,
					  .to = STR("ada@acme.example"),
					  .return_path = f.return_path,
					  .message = MESSAGE,
					  .link = rows[i].link,
					  .text = str_of(rows[i].text),
					  .until_us = rows[i].until_us,
					  .nonce = STR("n1")};
		struct mailroom *out = ARENA_NEW(&f.a, struct mailroom);
		enum status st = pretend_do(&p, &f.conf, &f.a, out, &e);
		CHECK_ROW(rows[i].name, st == (rows[i].type != NULL ? ST_OK : ST_INVALID));
		for (size_t h = 0; st == ST_OK && h < 3 && rows[i].holds[h] != NULL; h++)
			if (str_find(out->events[0].properties, str_of(rows[i].holds[h])) ==
			    out->events[0].properties.n)
				fail_msg("%s: no %s in " STR_FMT, rows[i].name, rows[i].holds[h],
					 STR_ARG(out->events[0].properties));
		if (st == ST_OK) {
			CHECK_ROW(rows[i].name, out->n == 1);
			check_str(rows[i].name, out->events[0].type, rows[i].type);
			out->events[0].received_us = NOW_US;
			assert_int_equal(event_check(&out->events[0], &e), ST_OK);
		}
		arena_finish(&f.a);
	}
}

static void test_look(void **state)
{
	struct fixture f;
	struct err e;
	(void)state;
	start(&f);
	struct pretend_view *v = ARENA_NEW(&f.a, struct pretend_view);
	assert_int_equal(pretend_look(f.mail, &f.keys, NOW_US, &f.a, v, &e), ST_OK);
	check_str("subject", v->subject,
		  "Gr\xc3\xbc\xc3\x9f"
		  "e");
	assert_int_equal(v->links_n, 6);
	check_str("target", v->links[0].target, "https://larkspur.example/a?b");
	assert_int_equal(v->links[1].link.n, 2 | LINK_CTA);
	arena_finish(&f.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acts),
		cmocka_unit_test(test_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
