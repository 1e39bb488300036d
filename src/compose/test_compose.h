/* SPDX-License-Identifier: Apache-2.0
 * test_compose.h: a message to a lead that every test of this room starts from. Only tests include
 * it.
 */
#ifndef COMPOSE_TEST_COMPOSE_H
#define COMPOSE_TEST_COMPOSE_H

#include "base/test.h"

#include "compose/compose.h"

#define TEST_UNSUBSCRIBE "https://t.example/u/1?a=1&b=2"

struct test_part {
	enum content_part_kind kind;
	const char *name, *text;
};

struct fixture {
	struct arena a;
	const struct test_part *parts; /* ends with name == NULL */
	struct program program;
	struct message message;
	struct json profile, account;
	struct compose_in in;
	struct compose_out out;
	struct err e;
};

static inline struct str test_link(void *ctx, struct str url, size_t n, bool primary)
{
	struct fixture *f = ctx;
	(void)url;
	return arena_printf(&f->a, "https://t.example/c/%zu%s", n, primary ? "p" : "");
}

static inline enum status test_get_part(void *ctx, enum content_part_kind kind, struct str name,
					struct arena *a, struct compose_part *out, struct err *e)
{
	const struct fixture *f = ctx;
	(void)a;
	(void)e;
	for (const struct test_part *p = f->parts; p != NULL && p->name != NULL; p++) {
		if (p->kind != kind || !str_is(name, p->name))
			continue;
		*out = (struct compose_part){.text = str_of(p->text)};
		return ST_OK;
	}
	return ST_NOT_FOUND;
}

static inline void test_rows(struct fixture *f, const char *profile, const char *account)
{
	f->in.profile = profile != NULL ? &f->profile : NULL;
	f->in.account = account != NULL ? &f->account : NULL;
	if (profile != NULL)
		assert_int_equal(
			json_parse(str_of(profile), JSON_LIMITS_EVENT, &f->a, &f->profile, &f->e),
			ST_OK);
	if (account != NULL)
		assert_int_equal(
			json_parse(str_of(account), JSON_LIMITS_EVENT, &f->a, &f->account, &f->e),
			ST_OK);
}

static inline void set_up(struct fixture *f)
{
	*f = (struct fixture){.e = {.status = ST_OK}};
	arena_init(&f->a, 64u << 20);
	f->program.sender.name = STR("Maren at Larkspur Yard");
	f->program.sender.from = STR("maren@mail.larkspur.example");
	f->program.sender.reply_to = STR("maren@larkspur.example");
	f->program.sender.postal_address = STR("Larkspur Yard GmbH, Speicherstrasse 4, Hamburg");
	f->message =
		(struct message){.id = 7, .message = STR("m"), .address = STR("ana@f.example")};
	f->in = (struct compose_in){
		.content_name = STR("m/a.md"),
		.program = &f->program,
		.message = &f->message,
		.now_us = INT64_C(1795269900000000),
		.link = test_link,
		.part = test_get_part,
		.ctx = f,
		.unsubscribe_url = STR(TEST_UNSUBSCRIBE),
		.preferences_url = STR("https://t.example/p/1"),
		.pixel_url = STR("https://t.example/o/1"),
		.message_id = STR("tok@mail.larkspur.example"),
		.dice = 1,
	};
	test_rows(f, "{\"traits\":{\"firstName\":\"Ana\"}}", NULL);
}

static inline void tear_down(struct fixture *f)
{
	arena_finish(&f->a);
}

#endif
