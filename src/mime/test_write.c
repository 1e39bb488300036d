/* SPDX-License-Identifier: Apache-2.0
 * test_write.c: the bytes of messages, and every way a value is refused. What other people's
 * readers make of them is in tests/e2e/mime.sh. */
#include "base/test.h"

#include "mime/test_mail.h"

#define OUT_MAX (1u << 20)

/* Writes, checks what must hold of every message, and gives it back in `out`. */
static void write_ok(const char *row, const struct mime_mail *m, struct buf *out)
{
	struct err e = {0};
	buf_init(out, OUT_MAX);
	if (mime_write(m, out, &e) != ST_OK)
		fail_msg("%s: %s", row, e.text);
	size_t line = 0;
	for (size_t i = 0; i < out->n; i++) {
		unsigned char c = (unsigned char)out->p[i];
		bool crlf = c == '\r' && i + 1 < out->n && out->p[i + 1] == '\n';
		CHECK_ROW(row, c != 0);
		CHECK_ROW(row, c != '\r' || crlf);
		CHECK_ROW(row, c != '\n' || (i > 0 && out->p[i - 1] == '\r'));
		line = c == '\n' ? 0 : line + 1;
		CHECK_ROW(row, line <= 999); /* 998 and the CR */
	}
	CHECK_ROW(row, str_ends(buf_view(out), STR("\r\n")));
}

static void holds(const char *row, const struct buf *out, const char *want)
{
	if (memmem(out->p, out->n, want, strlen(want)) == NULL)
		fail_msg("%s: no \"%s\" in:\n%.*s", row, want, (int)out->n, out->p);
}

static void a_plain_mail_byte_for_byte(void **state)
{
	(void)state;
	struct mime_mail m = test_mail();
	struct buf out;
	write_ok("plain", &m, &out);
	check_str("plain", buf_view(&out),
		  "From: Larkspur <hello@mail.larkspur.example>\r\n"
		  "To: Ana Lima <ana@firm.example>\r\n"
		  "Subject: Three ways to shorten the month\r\n"
		  "Date: Sat, 21 Nov 2026 15:05:00 +0100\r\n"
		  "Message-ID: <tok1@mail.larkspur.example>\r\n"
		  "MIME-Version: 1.0\r\n"
		  "Content-Type: text/plain; charset=utf-8\r\n"
		  "Content-Transfer-Encoding: quoted-printable\r\n"
		  "\r\n"
		  "Hello Ana,\r\n\r\nread this.\r\n");
	buf_finish(&out);
}

static void every_field_has_its_line(void **state)
{
	(void)state;
	static const struct str refs[] = {{"a@x", 3}, {"b@x", 3}};
	static const struct mime_header extra[] = {{{"X-Campaign", 10}, {"q4 retro", 8}}};
	static const struct mime_file files[] = {{{"a.txt", 5}, {"text/csv", 8}, {"one,two\n", 8}}};
	struct mime_mail m = test_mail();
	m.reply_to = (struct mime_addr){STR("Rita, Sales"), STR("rita@larkspur.example")};
	m.in_reply_to = refs[1];
	m.references = refs, m.references_n = 2;
	m.unsubscribe_url = STR("https://l.example/u/tok");
	m.unsubscribe_email = STR("unsub+tok@mail.larkspur.example");
	m.list_id = STR("news.larkspur.example"), m.list_name = STR("Larkspur News");
	m.feedback_id = STR("q4:larkspur:nurture:larkspur");
	m.automatic = MIME_AUTO_GENERATED;
	m.extra = extra, m.extra_n = 1;
	m.html = STR("<p>Hello</p>");
	m.files = files, m.files_n = 1;
	m.zone_us = -INT64_C(12600000000); /* -03:30 */
	struct buf out;
	write_ok("full", &m, &out);
	static const char *const want[] = {
		"Reply-To: \"Rita, Sales\" <rita@larkspur.example>\r\n",
		"In-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>\r\n",
		"List-Unsubscribe: <https://l.example/u/tok>,\r\n"
		" <mailto:unsub+tok@mail.larkspur.example>\r\n"
		"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
		"List-Id: Larkspur News <news.larkspur.example>\r\n",
		"Feedback-ID: q4:larkspur:nurture:larkspur\r\n",
		"Auto-Submitted: auto-generated\r\n",
		"X-Campaign: q4 retro\r\n",
		"Date: Sat, 21 Nov 2026 10:35:00 -0330\r\n",
		"Content-Type: multipart/mixed;\r\n boundary=\"=_m0123456789abcdef\"\r\n",
		"\r\n--=_m0123456789abcdef\r\nContent-Type: multipart/alternative;\r\n",
		"\r\n--=_a0123456789abcdef--\r\n",
		"Content-Disposition: attachment; filename=\"a.txt\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nb25lLHR3bwo=\r\n",
		"\r\n--=_m0123456789abcdef--\r\n",
	};
	for (size_t i = 0; i < COUNT_OF(want); i++)
		holds("full", &out, want[i]);
	buf_finish(&out);
}

static void subjects_are_folded_and_encoded(void **state)
{
	(void)state;
	static const struct {
		const char *subject, *want;
	} rows[] = {
		{"Hi", "Subject: Hi\r\n"},
		{"  two spaces", "Subject: =?UTF-8?Q?__two_spaces?=\r\n"},
		{"Gr\xc3\xbc\xc3\x9f Gott", "Subject: =?UTF-8?B?R3LDvMOfIEdvdHQ=?=\r\n"},
		{"=?UTF-8?Q?x?=", "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n"},
		{"\xf0\x9f\x8e\x89", "Subject: =?UTF-8?B?8J+OiQ==?=\r\n"},
		{"a subject that goes on until it no longer fits in one line of seventy-six",
		 "Subject: a subject that goes on until it no longer fits in one line of\r\n"
		 " seventy-six\r\n"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct mime_mail m = test_mail();
		struct buf out;
		m.subject = str_of(rows[i].subject);
		write_ok(rows[i].subject, &m, &out);
		holds(rows[i].subject, &out, rows[i].want);
		buf_finish(&out);
	}
}

static void names_are_atoms_quoted_or_encoded(void **state)
{
	(void)state;
	static const struct {
		const char *name, *want;
	} rows[] = {
		{"", "To: ana@firm.example\r\n"},
		{"Ana Lima", "To: Ana Lima <ana@firm.example>\r\n"},
		{"Lima, Ana", "To: \"Lima, Ana\" <ana@firm.example>\r\n"},
		{"A \"B\" \\C", "To: \"A \\\"B\\\" \\\\C\" <ana@firm.example>\r\n"},
		{"a@b.example", "To: \"a@b.example\" <ana@firm.example>\r\n"},
		{"J\xc3\xb6rg", "To: =?UTF-8?B?SsO2cmc=?= <ana@firm.example>\r\n"},
		{"x> <evil@x", "To: \"x> <evil@x\" <ana@firm.example>\r\n"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct mime_addr to = {str_of(rows[i].name), STR("ana@firm.example")};
		struct mime_mail m = test_mail();
		struct buf out;
		m.to = &to;
		write_ok(rows[i].name, &m, &out);
		holds(rows[i].name, &out, rows[i].want);
		buf_finish(&out);
	}
}

/* RFC 6532: an address beyond ASCII stands as it is, since nothing else names that mailbox. */
static void addresses_beyond_ascii_stand_as_they_are(void **state)
{
	(void)state;
	struct mime_addr to = {STR("J\xc3\xb6rg"), STR("j\xc3\xb6rg@firm.example")};
	struct mime_mail m = test_mail();
	struct buf out;
	m.to = &to;
	write_ok("utf8", &m, &out);
	holds("utf8", &out, "To: =?UTF-8?B?SsO2cmc=?= <j\xc3\xb6rg@firm.example>\r\n");
	buf_finish(&out);
}

static void bodies_are_quoted(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"a=b", "\r\n\r\na=3Db\r\n"},
		{"tail \nx", "\r\n\r\ntail=20\r\nx\r\n"},
		{"tab\t\r\nx\r\n", "\r\n\r\ntab=09\r\nx\r\n"},
		{".\n..\n", "\r\n\r\n=2E\r\n=2E.\r\n"},
		{"From me\nFor you\n", "\r\n\r\n=46rom me\r\nFor you\r\n"},
		{"\xe2\x82\xac", "\r\n\r\n=E2=82=AC\r\n"},
		{"1234567890123456789012345678901234567890123456789012345678901234567890123456\n",
		 "\r\n\r\n1234567890123456789012345678901234567890123456789012345678901234567890123"
		 "456\r\n"},
		{"12345678901234567890123456789012345678901234567890123456789012345678901234567",
		 "\r\n\r\n1234567890123456789012345678901234567890123456789012345678901234567890123"
		 "45=\r\n67\r\n"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct mime_mail m = test_mail();
		struct buf out;
		m.text = str_of(rows[i].text);
		write_ok(rows[i].text, &m, &out);
		holds(rows[i].text, &out, rows[i].want);
		buf_finish(&out);
	}
}

/* One value that must be refused, put where `field` says. */
struct refusal {
	const char *name;
	size_t field; /* offset of a struct str in struct mime_mail */
	struct str value;
	enum status want;
};
#define AT(field) offsetof(struct mime_mail, field)

static void hostile_values_are_refused(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{"subject CRLF", AT(subject), {"a\r\nBcc: x@y", 11}, ST_INVALID},
		{"subject LF", AT(subject), {"a\nb", 3}, ST_INVALID},
		{"subject CR", AT(subject), {"a\rb", 3}, ST_INVALID},
		{"subject NUL", AT(subject), {"a\0b", 3}, ST_INVALID},
		{"subject bell", AT(subject), {"a\ab", 3}, ST_INVALID},
		{"subject broken UTF-8", AT(subject), {"a\xc3", 2}, ST_INVALID},
		{"subject empty", AT(subject), {" ", 1}, ST_INVALID},
		{"from name LF", AT(from.name), {"a\nb", 3}, ST_INVALID},
		{"from none", AT(from.email), {"", 0}, ST_INVALID},
		{"from two", AT(from.email), {"a@b, c@d", 8}, ST_INVALID},
		{"from bracket", AT(from.email), {"a>@b", 4}, ST_INVALID},
		{"from LF", AT(from.email), {"a@b\n", 4}, ST_INVALID},
		{"reply-to", AT(reply_to.email), {"nobody", 6}, ST_INVALID},
		{"id none", AT(message_id), {"", 0}, ST_INVALID},
		{"id without @", AT(message_id), {"x", 1}, ST_INVALID},
		{"id bracket", AT(message_id), {"x@y>", 4}, ST_INVALID},
		{"id LF", AT(message_id), {"x@y\n", 4}, ST_INVALID},
		{"in-reply-to space", AT(in_reply_to), {"x y@z", 5}, ST_INVALID},
		{"unsubscribe http", AT(unsubscribe_url), {"http://x/", 9}, ST_INVALID},
		{"unsubscribe >", AT(unsubscribe_url), {"https://x/>", 11}, ST_INVALID},
		{"unsubscribe mail", AT(unsubscribe_email), {"x", 1}, ST_INVALID},
		{"list id space", AT(list_id), {"a b", 3}, ST_INVALID},
		{"list name LF", AT(list_name), {"a\nb", 3}, ST_INVALID},
		{"feedback LF", AT(feedback_id), {"a\nb", 3}, ST_INVALID},
		{"text empty", AT(text), {"\n ", 2}, ST_INVALID},
		{"text NUL", AT(text), {"a\0b", 3}, ST_INVALID},
		{"text CR", AT(text), {"a\rb", 3}, ST_INVALID},
		{"text CR last", AT(text), {"a\r", 2}, ST_INVALID},
		{"text CR CR LF", AT(text), {"a\r\r\n", 4}, ST_INVALID},
		{"html CR", AT(html), {"a\rb", 3}, ST_INVALID},
		{"html broken UTF-8", AT(html), {"\xff", 1}, ST_INVALID},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct mime_mail m = test_mail();
		struct buf out;
		struct err e = {0};
		buf_init(&out, OUT_MAX);
		buf_z(&out, "kept");
		memcpy((char *)&m + rows[i].field, &rows[i].value, sizeof rows[i].value);
		CHECK_ROW(rows[i].name, mime_write(&m, &out, &e) == rows[i].want);
		CHECK_ROW(rows[i].name, str_is(buf_view(&out), "kept") && e.text[0] != '\0');
		buf_finish(&out);
	}
}

static void hostile_headers_and_files_are_refused(void **state)
{
	(void)state;
	static const struct mime_header headers[] = {
		{{"X-A", 3}, {"a\r\nb", 4}},
		{{"X-A", 3}, {"", 0}},
		{{"X A", 3}, {"a", 1}},
		{{"X:A", 3}, {"a", 1}},
		{{"", 0}, {"a", 1}},
		{{"bcc", 3}, {"a", 1}},
		{{"SUBJECT", 7}, {"a", 1}},
		{{"Content-Type", 12}, {"a", 1}},
		{{"DKIM-Signature", 14}, {"a", 1}},
	};
	static const struct mime_file files[] = {
		{{"a\r\nb", 4}, {"text/csv", 8}, {"", 0}},
		{{"", 0}, {"text/csv", 8}, {"", 0}},
		{{"a", 1}, {"text", 4}, {"", 0}},
		{{"a", 1}, {"text/a;b", 8}, {"", 0}},
		{{"a", 1}, {"message/rfc822", 14}, {"", 0}},
		{{"a", 1}, {"text/a\n", 7}, {"", 0}},
	};
	for (size_t i = 0; i < COUNT_OF(headers) + COUNT_OF(files); i++) {
		struct mime_mail m = test_mail();
		struct buf out;
		buf_init(&out, OUT_MAX);
		if (i < COUNT_OF(headers))
			m.extra = &headers[i], m.extra_n = 1;
		else
			m.files = &files[i - COUNT_OF(headers)], m.files_n = 1;
		char row[16];
		snprintf(row, sizeof row, "row %zu", i);
		CHECK_ROW(row, mime_write(&m, &out, NULL) == ST_INVALID && out.n == 0);
		buf_finish(&out);
	}
}

static void ceilings_are_said(void **state)
{
	(void)state;
	struct mime_mail m = test_mail();
	struct buf out;
	buf_init(&out, 100);
	buf_z(&out, "kept");
	assert_int_equal(mime_write(&m, &out, NULL), ST_LIMIT);
	check_str("full", buf_view(&out), "kept");
	assert_true(buf_ok(&out));
	buf_finish(&out);
	static char word[2 * MIME_TEXT_MAX];
	memset(word, 'x', sizeof word);
	buf_init(&out, OUT_MAX);
	m.subject = str_n(word, sizeof word);
	assert_int_equal(mime_write(&m, &out, NULL), ST_LIMIT);
	m = test_mail();
	m.references_n = MIME_REFERENCES_MAX + 1;
	assert_int_equal(mime_write(&m, &out, NULL), ST_LIMIT);
	m = test_mail();
	m.to_n = 0;
	assert_int_equal(mime_write(&m, &out, NULL), ST_INVALID);
	m = test_mail();
	m.date_us = -1;
	assert_int_equal(mime_write(&m, &out, NULL), ST_INVALID);
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_mail_byte_for_byte),
		cmocka_unit_test(every_field_has_its_line),
		cmocka_unit_test(subjects_are_folded_and_encoded),
		cmocka_unit_test(names_are_atoms_quoted_or_encoded),
		cmocka_unit_test(addresses_beyond_ascii_stand_as_they_are),
		cmocka_unit_test(bodies_are_quoted),
		cmocka_unit_test(hostile_values_are_refused),
		cmocka_unit_test(hostile_headers_and_files_are_refused),
		cmocka_unit_test(ceilings_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
