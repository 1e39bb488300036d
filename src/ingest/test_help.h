/* SPDX-License-Identifier: Apache-2.0
 * test_help.h: what the tests of this room share: a request, and in words what it became. */
#ifndef INGEST_TEST_HELP_H
#define INGEST_TEST_HELP_H

#include "base/time.h"
#include "ingest/ingest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RECEIVED_US (INT64_C(1795233600) * US_PER_S) /* 2026-11-21T04:00:00Z */
#define AT "\"at\":1795233600000000"

static struct arena test_arena;

static inline int test_set_up(void **state)
{
	(void)state;
	arena_init(&test_arena, 64 << 20);
	return 0;
}

static inline int test_tear_down(void **state)
{
	(void)state;
	arena_finish(&test_arena);
	return 0;
}

static inline struct ingest_request test_request(enum ingest_kind kind, const char *body)
{
	return (struct ingest_request){.kind = kind,
				       .body = str_of(body),
				       .source = STR("web"),
				       .received_us = RECEIVED_US};
}

/* One line per item: "MESSAGE_ID EVENT", then "INDEX refused: CODE"; or "STATUS: TEXT". */
static inline const char *test_outcome(const struct ingest_request *r)
{
	struct ingest_result res;
	struct err e;
	struct buf b;
	enum status st = ingest_decode(r, &test_arena, &res, &e);
	buf_init_arena(&b, &test_arena, 1 << 20);
	if (st != ST_OK) {
		buf_printf(&b, "%s: %s%c", status_name(st), e.text, 0);
		return b.p;
	}
	for (size_t i = 0; i < res.events_n; i++) {
		assert_int_equal(event_check(&res.events[i], &e), ST_OK);
		buf_printf(&b, "%s" STR_FMT " ", b.n ? "\n" : "",
			   STR_ARG(res.events[i].message_id));
		assert_int_equal(event_encode(&res.events[i], &b, &e), ST_OK);
	}
	for (size_t i = 0; i < res.refused_n; i++)
		buf_printf(&b, "%s%zu refused: %s", b.n ? "\n" : "", res.refused[i].index,
			   res.refused[i].code);
	buf_byte(&b, '\0');
	return b.p;
}

/* A file of $NURTURED_SHARED (default ../shared), whole; p == NULL when it is not there. */
static inline struct str test_shared_file(const char *path)
{
	char name[512];
	const char *root = getenv("NURTURED_SHARED");
	(void)snprintf(name, sizeof name, "%s/%s", root ? root : "../shared", path);
	FILE *f = fopen(name, "rb");
	if (f == NULL)
		return STR_NULL;
	char *p = arena_alloc(&test_arena, 4 << 20);
	size_t n = fread(p, 1, 4 << 20, f);
	fclose(f);
	return str_n(p, n);
}

#endif
