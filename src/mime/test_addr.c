/* SPDX-License-Identifier: Apache-2.0
 * test_addr.c: addresses, and tokens that go out and come back. */
#include "base/test.h"

#include "mime/mime.h"

static void addresses_in_normal_form(void **state)
{
	(void)state;
	static const struct {
		const char *email;
		bool ok;
	} rows[] = {
		{"ana@firm.example", true},
		{"a.b+c@x-1.example", true},
		{"j\xc3\xb6rg@firm.example", true},
		{"root@localhost", true},
		{"", false},
		{"@x", false},
		{"a@", false},
		{"a", false},
		{"a@b@c", false},
		{".a@x", false},
		{"a.@x", false},
		{"a..b@x", false},
		{"a b@x", false},
		{"a<b@x", false},
		{"\"a\"@x", false},
		{"a@b\xc3\xbc"
		 "cher.example",
		 false},
		{"a@-x.example", false},
		{"a@x..example", false},
		{"a@x.", false},
		{"a\x01@x", false},
		{"\xff@x", false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].email, mime_email_ok(str_of(rows[i].email)) == rows[i].ok);
	assert_true(mime_email_utf8(STR("j\xc3\xb6rg@x")));
	assert_false(mime_email_utf8(STR("jorg@x")));
}

static void addresses_as_people_write_them(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name, *email; /* email NULL: refused */
	} rows[] = {
		{" ana@firm.example ", "", "ana@firm.example"},
		{"<ana@firm.example>", "", "ana@firm.example"},
		{"Ana Lima <ana@firm.example>", "Ana Lima", "ana@firm.example"},
		{"\"Lima, \\\"A\\\"\"<a@x>", "Lima, \"A\"", "a@x"},
		{"J\xc3\xb6rg <j@x>", "J\xc3\xb6rg", "j@x"},
		{"\"a>b\" <a@x>", "a>b", "a@x"},
		{"", NULL, NULL},
		{"Ana", NULL, NULL},
		{"Ana ana@x", NULL, NULL},
		{"Lima, Ana <a@x>", NULL, NULL},
		{"a@x, b@x", NULL, NULL},
		{"A <a@x>, B <b@x>", NULL, NULL},
		{"\"A <a@x>", NULL, NULL},
		{"\"A\" B\" <a@x>", NULL, NULL},
		{"A <a@x> b", NULL, NULL},
		{"A a@x>", NULL, NULL},
		{"A\r\nBcc: <a@x>", NULL, NULL},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct mime_addr out = {{0}, {0}};
		arena_init(&a, 1u << 16);
		enum status st = mime_addr_parse(str_of(rows[i].text), &a, &out, NULL);
		CHECK_ROW(rows[i].text, st == (rows[i].email ? ST_OK : ST_INVALID));
		if (rows[i].email) {
			check_str(rows[i].text, out.name, rows[i].name);
			check_str(rows[i].text, out.email, rows[i].email);
		}
		arena_finish(&a);
	}
}

static void tokens_come_back(void **state)
{
	(void)state;
	static const struct {
		const char *address, *token; /* token NULL: not ours */
	} rows[] = {
		{"bounce+tok-1@mail.example", "tok-1"},
		{" <BOUNCE+TOK-1@Mail.Example> ", "tok-1"},
		{"bounce+@mail.example", NULL},
		{"bounce@mail.example", NULL},
		{"bounces+tok@mail.example", NULL},
		{"bounce+tok@mail.example.org", NULL},
		{"bounce+a+b@mail.example", NULL},
		{"bounce+tok", NULL},
		{"bounce+a@b@mail.example", NULL},
		{"", NULL},
		{"bounce+012345678901234567890123456789012345678901234567@mail.example", NULL},
	};
	char token[MIME_TOKEN_MAX + 1];
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool ok = mime_tagged_read(str_of(rows[i].address), STR("bounce"),
					   STR("mail.example"), token);
		CHECK_ROW(rows[i].address, ok == (rows[i].token != NULL));
		if (ok)
			check_str(rows[i].address, str_of(token), rows[i].token);
	}
	assert_true(mime_id_read(STR("<tok9@mail.example>"), STR("mail.example"), token));
	check_str("id", str_of(token), "tok9");
	assert_false(mime_id_read(STR("<CAF=x@mail.example>"), STR("mail.example"), token));
}

static void tokens_go_out(void **state)
{
	(void)state;
	static const struct {
		const char *prefix, *token, *domain, *want; /* NULL: refused */
	} rows[] = {
		{"bounce", "t0", "m.example", "bounce+t0@m.example"},
		{"bounce", "T0", "m.example", NULL},
		{"bounce", "a=b", "m.example", NULL},
		{"bounce", "", "m.example", NULL},
		{"bounce", "a\n", "m.example", NULL},
		{"", "a", "m.example", NULL},
		{"a+b", "a", "m.example", NULL},
		{"bounce", "a", "m..example", NULL},
		{"bounce", "a", "", NULL},
		{"bounce-12345678x", "01234567890123456789012345678901234567890123456", "m.example",
		 "bounce-12345678x+01234567890123456789012345678901234567890123456@m.example"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf out;
		buf_init(&out, 1024);
		enum status st = mime_tagged_write(str_of(rows[i].prefix), str_of(rows[i].token),
						   str_of(rows[i].domain), &out, NULL);
		CHECK_ROW(rows[i].token, st == (rows[i].want ? ST_OK : ST_INVALID));
		check_str(rows[i].token, buf_view(&out), rows[i].want ? rows[i].want : "");
		buf_finish(&out);
	}
	struct buf out;
	buf_init(&out, 1024);
	assert_int_equal(mime_id_write(STR("t0"), STR("m.example"), &out, NULL), ST_OK);
	check_str("id", buf_view(&out), "t0@m.example");
	buf_finish(&out);
}

static void ids_of_a_references_header(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"<a@x> <b@y>\r\n <c@z>", "a@x|b@y|c@z|"},
		{"<a@x><b@y>", "a@x|b@y|"},
		{"Your message of Monday <a@x>", "a@x|"},
		{"<a <b@y>", "b@y|"},
		{"<a b> <c@z>", "c@z|"},
		{"> <a@x", ""},
		{"", ""},
		{"<>", ""},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str rest = str_of(rows[i].text), id;
		struct buf got;
		buf_init(&got, 1024);
		while ((id = mime_id_next(&rest)).p != NULL) {
			buf_str(&got, id);
			buf_byte(&got, '|');
		}
		check_str(rows[i].text, buf_view(&got), rows[i].want);
		buf_finish(&got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_in_normal_form),
		cmocka_unit_test(addresses_as_people_write_them),
		cmocka_unit_test(tokens_come_back),
		cmocka_unit_test(tokens_go_out),
		cmocka_unit_test(ids_of_a_references_header),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
