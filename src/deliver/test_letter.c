/* SPDX-License-Identifier: Apache-2.0
 * test_letter.c: what a letter carries leads back to its message; a thread is continued; what is
 * not there is named. */
#include "deliver/test_room.h"

#include "deliver/letter.h"
#include "observe/link.h"

struct desk {
	struct room r;
	struct letter_desk *d;
	struct link_keys keys;
};

static void open_desk(struct desk *k, const char *content)
{
	struct err e;
	room_open(&k->r, content);
	does(&k->r.w, "form.ebook", "ada@x.example", NULL, "{}");
	assert_int_equal(k->r.named_n, 1);
	k->d = letter_desk_create(k->r.letters, k->r.w.store);
	assert_int_equal(node_link_keys(k->r.dir, &k->keys, &e), ST_OK);
}

static void close_desk(struct desk *k)
{
	letter_desk_destroy(&k->d);
	room_close(&k->r);
}

static struct letter letter_of(struct desk *k, const struct message *m)
{
	struct letter l;
	struct err e;
	const struct letter_question q = {.message = m, .now_us = INT64_C(1795269900000000)};
	if (letter_make(k->d, &q, &k->r.w.arena, &l, &e) != ST_OK)
		fail_msg("letter: %s", e.text);
	return l;
}

/* What stands between two marks in the HTML, references decoded. */
static struct str between(struct desk *k, struct str html, const char *from, char to)
{
	size_t at = str_find(html, str_of(from));
	assert_true(at < html.n);
	struct str rest = str_slice(html, at + strlen(from), html.n);
	return arena_str(&k->r.w.arena, str_cut(&rest, to));
}

static struct str unescaped(struct desk *k, struct str s)
{
	struct buf out;
	buf_init_arena(&out, &k->r.w.arena, s.n);
	for (size_t i = 0; i < s.n; i++) {
		int64_t v = 0;
		static const char hex[] = "0123456789ABCDEF";
		if (s.p[i] == '%') {
			v = 16 * (strchr(hex, s.p[i + 1]) - hex) + (strchr(hex, s.p[i + 2]) - hex);
			i += 2;
		}
		buf_byte(&out, v != 0 ? (char)v : s.p[i]);
	}
	return buf_view(&out);
}

static void check_link(struct desk *k, struct str token, const char *target, enum link_kind kind,
		       uint32_t n)
{
	struct link link;
	struct err e;
	if (link_read(&k->keys, token, str_of(target), 0, &link, &e) != ST_OK)
		fail_msg("%s: %s", link_kind_words(kind), e.text);
	assert_int_equal(link.kind, kind);
	assert_int_equal(link.id, k->r.named[0]);
	assert_int_equal(link.n, n);
}

static void everything_leads_back(void **state)
{
	struct desk k;
	struct err e;
	uint64_t id;
	(void)state;
	open_desk(&k, ROOM_CONTENT("See [it](https://y.example/).\n\n{{ cta }}"));
	struct message m = room_message(&k.r, k.r.named[0]);
	struct letter l = letter_of(&k, &m);
	struct str html = l.composed.mail.html;
	struct str first = between(&k, html, "\"https://go.example/t/", '"');
	struct str token = str_cut(&first, '?');
	check_str("escaped", first, "u=https%3A%2F%2Fy.example%2F");
	check_str("target", unescaped(&k, str_slice(first, 2, first.n)), "https://y.example/");
	check_link(&k, token, "https://y.example/", LINK_CLICK, 0);
	struct str cta = between(&k, html, "class=\"cta\" href=\"https://go.example/t/", '"');
	token = str_cut(&cta, '?');
	check_link(&k, token, "https://x.example/?a=1&b=2", LINK_CLICK, 1 | LETTER_LINK_CTA);
	check_link(&k, between(&k, html, "https://go.example/o/", '.'), NULL, LINK_OPEN, 0);
	check_link(&k, between(&k, html, "https://go.example/u/", '"'), NULL, LINK_UNSUBSCRIBE, 0);
	check_link(&k, between(&k, html, "https://go.example/p/", '"'), NULL, LINK_PREFERENCES, 0);
	struct str trap =
		str_slice(html, str_find(html, STR("display:none\" tabindex")) - 90, html.n);
	trap = between(&k, trap, "/t/", '?');
	check_link(&k, trap, "https://go.example", LINK_TRAP, 0);
	/* The envelope, and the id. */
	struct str verp = l.from, mid = l.composed.mail.message_id;
	check_str("prefix", str_cut(&verp, '+'), "bounce");
	struct str address = str_cut(&verp, '@');
	assert_int_equal(link_address_read(&k.keys, address, &id, &e), ST_OK);
	assert_int_equal(id, m.id);
	check_str("domain", verp, "mail.larkspur.example");
	assert_true(str_starts(mid, STR("m.")) && str_find(mid, address) == 2);
	check_str("to", l.to, "ada@x.example");
	check_str("pace", l.domain, "x.example");
	assert_true(str_find(l.bytes, STR("List-Unsubscribe: <https://go.example/u/")) < l.bytes.n);
	assert_true(str_find(l.bytes, STR("+0100")) < l.bytes.n); /* November in Berlin */
	close_desk(&k);
}

static void a_thread_is_continued(void **state)
{
	struct desk k;
	(void)state;
	open_desk(&k, ROOM_CONTENT("Hi."));
	struct message m = room_message(&k.r, k.r.named[0]);
	struct letter first = letter_of(&k, &m);
	m.id = 2;
	m.subject_n = 1;
	m.reply_to = 1;
	struct letter l = letter_of(&k, &m);
	struct mime_mail *mail = &l.composed.mail;
	check_str("subject", mail->subject, "Re: Hello");
	assert_true(str_eq(mail->in_reply_to, first.composed.mail.message_id));
	assert_int_equal(mail->references_n, 1);
	m.reply_to = 99; /* nothing is known of it any more */
	l = letter_of(&k, &m);
	check_str("its own", mail->subject, "Again");
	assert_int_equal(mail->references_n, 0);
	close_desk(&k);
}

static void drafts_name_what_there_is(void **state)
{
	struct desk k;
	struct message m;
	struct err e;
	struct letter l;
	(void)state;
	open_desk(&k, ROOM_CONTENT("Hi {{ lead.company | default: \"you\" }}."));
	struct letter_draft want = {.lead = 1, .name = STR("guide")};
	if (letter_draft(k.d, &want, &k.r.w.arena, &m, &e) != ST_OK)
		fail_msg("draft: %s", e.text);
	check_str("angle", m.angle, "plain");
	check_str("track", m.track, "early");
	check_str("to", m.address, "ada@x.example");
	l = letter_of(&k, &m);
	assert_true(str_find(l.composed.mail.text, STR("Hi you.")) < l.composed.mail.text.n);
	want.angle = STR("other");
	assert_int_equal(letter_draft(k.d, &want, &k.r.w.arena, &m, &e), ST_NOT_FOUND);
	check_str("angles", str_of(e.text),
		  "message guide has no angle other for this lead; there are: plain");
	want.name = STR("guid");
	assert_int_equal(letter_draft(k.d, &want, &k.r.w.arena, &m, &e), ST_NOT_FOUND);
	check_str("names", str_of(e.text), "no message is called guid; there are: guide");
	close_desk(&k);
}

/* Brings a text and gives its hash. */
static struct str bring(struct room *r, const char *text)
{
	struct buf hex, props;
	struct json_w w;
	uint8_t digest[SHA256_BYTES];
	buf_init_arena(&props, &r->w.arena, 1u << 16);
	json_w_init(&w, &props);
	json_w_object(&w);
	json_w_kz(&w, "text", text);
	json_w_end(&w);
	orders(&r->w, "content.put", arena_strz(&r->w.arena, buf_view(&props)), EVENT_SYSTEM);
	crypto_sha256(str_of(text), digest);
	buf_init_arena(&hex, &r->w.arena, 2 * SHA256_BYTES);
	hex_encode(str_n((const char *)digest, sizeof digest), &hex);
	return buf_view(&hex);
}

/* A version whose text has a partial and a layout. */
static void apply_parts(struct room *r, const char *partial, const char *layout)
{
	static const char text[] = "---\nsubject: S\nlayout: brand\ncta:\n  label: G\n  url: "
				   "https://x.example/\n---\n{% render 'sign', by: 'Ada' %}\n";
	const struct content_file file = {STR("guide"), STR("plain"), STR(""), 1, bring(r, text)};
	const struct content_part parts[] = {
		{CONTENT_PARTIAL, STR("sign"), bring(r, partial)},
		{CONTENT_LAYOUT, STR("brand"), bring(r, layout)},
	};
	const struct content_index ix = {&file, 1, parts, COUNT_OF(parts)};
	world_apply(&r->w, room_program, &ix);
}

#define FOOT "{{ cta }}<a href=\"{{ unsubscribe_url }}\">No</a> {{ sender.postal_address }}</body>"

/* A version says the same words for ever, those of its partials and of its layout too. */
static void parts_stay_with_the_version(void **state)
{
	struct desk k;
	struct message m;
	struct err e;
	const struct letter_draft want = {.lead = 1, .name = STR("guide")};
	(void)state;
	open_desk(&k, ROOM_CONTENT("Hi."));
	apply_parts(&k.r, "<i>{{ by }} one</i>", "<body>brand one {{ content }}" FOOT);
	assert_int_equal(letter_draft(k.d, &want, &k.r.w.arena, &m, &e), ST_OK);
	struct letter l = letter_of(&k, &m), same = letter_of(&k, &m);
	struct str html = l.composed.mail.html;
	assert_true(str_find(html, STR("brand one <i>Ada one</i>")) < html.n);
	assert_true(str_eq(l.bytes, same.bytes));
	apply_parts(&k.r, "<b>{{ by }} two</b>", "<body>brand two {{ content }}" FOOT);
	same = letter_of(&k, &m);
	assert_true(str_eq(l.bytes, same.bytes));
	assert_int_equal(letter_draft(k.d, &want, &k.r.w.arena, &m, &e), ST_OK);
	html = letter_of(&k, &m).composed.mail.html;
	assert_true(str_find(html, STR("brand two <b>Ada two</b>")) < html.n);
	/* A desk that has nothing compiled says the same. */
	struct letter_desk *first = k.d; /* the draft borrows from it */
	k.d = letter_desk_create(k.r.letters, k.r.w.store);
	m.version--;
	same = letter_of(&k, &m);
	assert_true(str_eq(l.bytes, same.bytes));
	letter_desk_destroy(&first);
	close_desk(&k);
}

/* What was never brought is named, and nothing half leaves. */
static void a_part_that_is_not_there(void **state)
{
	struct desk k;
	struct message m;
	struct letter l;
	struct err e;
	(void)state;
	open_desk(&k, ROOM_CONTENT("{% render 'sign' %}"));
	m = room_message(&k.r, k.r.named[0]);
	const struct letter_question q = {.message = &m, .now_us = INT64_C(1795269900000000)};
	assert_int_equal(letter_make(k.d, &q, &k.r.w.arena, &l, &e), ST_INVALID);
	assert_non_null(strstr(e.text, "guide/plain.md:"));
	assert_non_null(strstr(e.text, "sign"));
	close_desk(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_leads_back),
		cmocka_unit_test(a_thread_is_continued),
		cmocka_unit_test(drafts_name_what_there_is),
		cmocka_unit_test(parts_stay_with_the_version),
		cmocka_unit_test(a_part_that_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
