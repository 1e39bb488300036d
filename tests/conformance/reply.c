/* SPDX-License-Identifier: Apache-2.0
 * reply.c: the new text of replies: `conformance reply FILE.jsonl...`, a line {id, raw, reply?,
 * before?, agree?}. White space at line ends and empty lines do not count. Lines whose second
 * opinion differs (agree: false) are left out: two parsers made by others do not agree on them. */
#include "conformance/suite.h"

#include "base/file.h"
#include "base/json.h"
#include "inbound/inbound.h"

#include <stdio.h>

#define FILE_BYTES_MAX ((size_t)16 << 20)

/* Lines without white space at their ends, empty ones gone. */
static struct str plain(struct str s, struct arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, s.n + 1);
	while (s.n > 0) {
		struct str line = str_trim(str_cut(&s, '\n'));
		if (line.n > 0) {
			buf_str(&b, line);
			buf_byte(&b, '\n');
		}
		if (s.p == NULL)
			break;
	}
	return buf_view(&b);
}

static void run_case(struct str text, struct arena *a, struct tally *t)
{
	struct json d;
	struct err e;
	bool agree = true;
	if (json_parse(text, JSON_LIMITS_EVENT, a, &d, &e) != ST_OK) {
		fprintf(stderr, "reply: %s\n", e.text);
		t->failed++;
		return;
	}
	(void)json_bool(&d, json_get(&d, 0, "agree"), &agree);
	struct str want = json_str(&d, json_get(&d, 0, "reply"), a);
	if (want.p == NULL || !agree)
		return;
	struct str got = inbound_reply_text(json_str(&d, json_get(&d, 0, "raw"), a), a);
	bool passed = str_eq(plain(got, a), plain(want, a));
	if (!passed)
		fprintf(stderr,
			"reply " STR_FMT "\n---- got\n" STR_FMT "\n---- wanted\n" STR_FMT "\n",
			STR_ARG(json_str(&d, json_get(&d, 0, "id"), a)), STR_ARG(got),
			STR_ARG(want));
	t->passed += passed;
	t->failed += !passed;
}

static void run_file(const char *path, struct tally *t)
{
	struct arena a;
	struct str text;
	struct err e;
	arena_init(&a, (size_t)128 << 20);
	if (file_read(path, FILE_BYTES_MAX, &a, &text, &e) != ST_OK) {
		fprintf(stderr, "%s\n", e.text);
		t->failed++;
		text = STR_NULL;
	}
	while (text.p != NULL && text.n > 0) {
		struct str line = str_cut(&text, '\n');
		struct arena_mark mark = arena_mark(&a);
		if (!str_empty(str_trim(line)))
			run_case(line, &a, t);
		arena_rewind(&a, mark);
	}
	arena_finish(&a);
}

void suite_reply(int argc, char **argv, struct tally *t)
{
	for (int i = 0; i < argc; i++)
		run_file(argv[i], t);
	if (argc == 0)
		run_file("tests/conformance/cases/reply.jsonl", t);
}
