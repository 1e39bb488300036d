/* SPDX-License-Identifier: Apache-2.0
 * fuzz_page.c: any lines as the texts of a page, as the fields of its form, and as a one-click
 * post: no text brings an element of its own, and only what is known changes. */
#include "base/assert.h"
#include "observe/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static size_t count(struct str s, char c)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

/* How many of '<' a page has whose texts are all `text`. */
static size_t elements(struct str text, struct str address, struct buf *out)
{
	struct page_choice choice = {text, text, text, true};
	struct page_ask ask = {text, text, text, STR("a=b"), true, true};
	struct page p = {text, address, STR("/"), STR("/p"), STR("x"), &choice, 1};
	buf_reset(out);
	page_ask(&p, &ask, out);
	page_preferences(&p, out);
	ASSERT(!buf_ok(out) || count(buf_view(out), '<') == count(buf_view(out), '>'));
	return buf_ok(out) ? count(buf_view(out), '<') : 0;
}

static void change(struct str form)
{
	struct page_choice choice = {STR("a"), STR("b"), STR("c"), true};
	struct page p = {.choices = &choice, .choices_n = 1};
	struct page_field fields[PAGE_FIELDS_MAX + 2];
	struct page_change changes[PAGE_CHOICES_MAX];
	size_t n = 0, changes_n = 0;
	while (form.n > 0 && n < PAGE_FIELDS_MAX + 2) {
		struct str value = str_cut(&form, '&'), name = str_cut(&value, '=');
		fields[n++] = (struct page_field){name, value};
	}
	if (page_changes(&p, fields, n, changes, &changes_n, NULL) == ST_OK)
		ASSERT(changes_n == 0 || (changes_n == 1 && !changes[0].on));
	struct page_rep rep;
	if (page_rep_read(fields, n, 0, &rep, NULL) == ST_OK)
		ASSERT(rep.note.n <= PAGE_NOTE_MAX &&
		       (rep.again_us == TIME_NONE || rep.again_us > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct str body = str_n((const char *)data, bytes), first = str_cut(&body, '\n');
	struct buf out;
	buf_init(&out, 1u << 20);
	size_t usual = elements(STR("text"), STR("a@b"), &out);
	size_t got = elements(first, STR("a@b"), &out);
	ASSERT(got == 0 || got == usual);
	got = elements(STR("text"), first.n ? first : STR("a@b"), &out);
	ASSERT(got == 0 || got == usual);
	(void)page_one_click(first, body);
	change(body);
	buf_finish(&out);
	return 0;
}
