/* SPDX-License-Identifier: Apache-2.0
 * What a form post becomes, in its three encodings; where it may send the visitor; what is
 * dropped. */
#include "ingest/test_help.h"

static const char *const urlencoded = "application/x-www-form-urlencoded";
static const char *const multipart = "multipart/form-data; boundary=XX";

static struct ingest_request form(const char *content_type, const char *body)
{
	struct ingest_request r = test_request(INGEST_FORM, body);
	r.name = STR("Ebook");
	ingest_take_header(&r, STR("content-type"), str_of(content_type));
	return r;
}

#define IS(ids, rest) \
	"m {\"type\":\"form.ebook\",\"name\":\"Ebook\"," AT ",\"ids\":[" ids "],\"ctx\":{" rest

static const struct {
	const char *content_type, *body, *want;
} rows[] = {
	{urlencoded,
	 "messageId=m&E-Mail=jo%40acme.com&first_name=J%C3%B6+X&Company=Acme&Budget=10+k&empty=",
	 IS("[\"email\",\"jo@acme.com\"]",
	    "},\"props\":{\"Budget\":\"10 "
	    "k\"},\"traits\":{\"email\":\"jo@acme.com\",\"first_name\":\"J\xc3\xb6 "
	    "X\",\"company\":{\"name\":\"Acme\"}}}")},
	{urlencoded, "messageId=m&email=jo@acme.com&phone=%2B49+30+1234567&tags=a&tags=b&tags=",
	 IS("[\"email\",\"jo@acme.com\"],[\"phone\",\"+49 30 1234567\"]",
	    "},\"props\":{\"tags\":[\"a\",\"b\"]},\"traits\":{\"email\":\"jo@acme.com\",\"phone\":"
	    "\"+49 30 "
	    "1234567\"}}")},
	/* Consent with its wording; a box that is not ticked says nothing; a "no" is a no. */
	{urlencoded, "messageId=m&email=jo@acme.com&consent=on&consent_wording=Yes%2C+mail+me",
	 IS("[\"email\",\"jo@acme.com\"]",
	    "},\"props\":{\"consent\":{\"given\":true,\"channel\":\"email\",\"purpose\":"
	    "\"marketing\","
	    "\"wording\":\"Yes, mail me\"}},\"traits\":{\"email\":\"jo@acme.com\"}}")},
	{urlencoded, "messageId=m&email=jo@acme.com&consent_wording=Yes",
	 IS("[\"email\",\"jo@acme.com\"]", "},\"traits\":{\"email\":\"jo@acme.com\"}}")},
	{urlencoded, "messageId=m&email=jo@acme.com&opt-in=No&consent_channel=sms",
	 IS("[\"email\",\"jo@acme.com\"]", "},\"props\":{\"consent\":{\"given\":false,\"channel\":"
					   "\"sms\",\"purpose\":\"marketing\"}},"
					   "\"traits\":{\"email\":\"jo@acme.com\"}}")},
	/* Hidden fields: campaign, page. Wrapped names. Secrets are dropped. */
	{urlencoded,
	 "messageId=m&contact[email]=jo@acme.com&utm_source=ads&page_url=https://x.example/"
	 "p?utm_term=t"
	 "&password=s3cret&_csrf=1&g-recaptcha-response=zz",
	 IS("[\"email\",\"jo@acme.com\"]",
	    "\"url\":\"https://x.example/p?utm_term=t\",\"path\":\"/p\",\"search\":\"?utm_term=t\","
	    "\"utm_source\":\"ads\",\"utm_term\":\"t\"},\"traits\":{\"email\":\"jo@acme.com\"}}")},
	/* Bytes that are no text, broken escapes. */
	{urlencoded, "messageId=m&email=jo@acme.com&x=%ff%00%zz%4",
	 IS("[\"email\",\"jo@acme.com\"]", "},\"props\":{\"x\":\"\xef\xbf\xbd\xef\xbf\xbd%zz%4\"},"
					   "\"traits\":{\"email\":\"jo@acme.com\"}}")},
	{urlencoded, "messageId=m&email=jo@acme.com&_gotcha=x",
	 IS("[\"email\",\"jo@acme.com\"]",
	    "},\"traits\":{\"email\":\"jo@acme.com\"},\"flags\":1}")},
	{urlencoded, "anonymousId=a&email=not+an+address&messageId=m",
	 IS("[\"anonymousId\",\"a\"]", "},\"traits\":{\"email\":\"not an address\"}}")},
	{"application/json", "{\"messageId\":\"m\",\"email\":\"jo@acme.com\",\"age\":7,\"x\":null}",
	 IS("[\"email\",\"jo@acme.com\"]",
	    "},\"props\":{\"age\":\"7\"},\"traits\":{\"email\":\"jo@acme.com\"}}")},
	{multipart,
	 "--XX\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\njo@acme.com\r\n--XX\r\n"
	 "content-disposition: form-data; name=messageId\r\nContent-Type: "
	 "text/plain\r\n\r\nm\r\n--XX\r\n"
	 "Content-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n--XX\r\n"
	 "Content-Disposition: form-data; name=\"note\"\r\n\r\na\r\n-b%41\r\n--XX--\r\n",
	 IS("[\"email\",\"jo@acme.com\"]",
	    "},\"props\":{\"note\":\"a\\r\\n-b%41\"},\"traits\":{\"email\":\"jo@acme.com\"}}")},
	/* Refused items. */
	{urlencoded, "email=nobody", "0 refused: bad_email"},
	{urlencoded, "name=Jo", "0 refused: no_identity"},
	/* Refused requests. */
	{urlencoded, "", "invalid: the form is empty; send at least one field"},
	{urlencoded, "&&=&", "invalid: the form is empty; send at least one field"},
	{"application/json", "{\"a\":{}}",
	 "invalid: a form field holds an object or a list; send plain values"},
	{"multipart/form-data", "--XX\r\n",
	 "invalid: multipart form: the content type names no boundary of 1 to 70 characters"},
	{multipart, "hello", "invalid: multipart form: the body does not begin with its boundary"},
	{multipart, "--XXX\r\n", "invalid: multipart form: a boundary line has bytes behind it"},
	{multipart, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx",
	 "invalid: multipart form: its end is missing; the body was cut"},
	{multipart, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n",
	 "invalid: multipart form: a part has no end of its headers"},
	{multipart, "--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n--XX--",
	 "invalid: multipart form: a part has no name"},
	{multipart,
	 "--XX\r\nContent-Disposition: form-data; name=\"f\"; "
	 "filename=\"a.exe\"\r\n\r\nMZ\r\n--XX--",
	 "invalid: multipart form: files are not taken; send the form without them"},
};

static void posts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ingest_request r = form(rows[i].content_type, rows[i].body);
		assert_string_equal(test_outcome(&r), rows[i].want);
	}
}

static void redirects(void **state)
{
	(void)state;
	const struct str origins[] = {STR("https://www.example.com"), STR("http://localhost:8000")};
	static const struct {
		const char *to, *referer, *want;
	} cases[] = {
		{"https://www.example.com/thanks?a=1", "", "https://www.example.com/thanks?a=1"},
		{"https://WWW.example.com", "", "https://WWW.example.com"},
		{"http://localhost:8000/x", "", "http://localhost:8000/x"},
		{"/thanks", "https://www.example.com/p?q", "https://www.example.com/thanks"},
		{"/thanks", "https://evil.example/p", ""},
		{"/thanks", "", ""},
		{"//evil.example", "https://www.example.com/", ""},
		{"/\\evil.example", "https://www.example.com/", ""},
		{"https://evil.example/", "", ""},
		{"https://www.example.com.evil.example/", "", ""},
		{"https://www.example.com@evil.example/", "", ""},
		{"http://www.example.com/", "", ""},
		{"https://www.example.com\\@evil.example/", "", ""},
		{"javascript:alert(1)", "https://www.example.com/", ""},
		{"https://www.example.com/%0d%0aX: y", "", ""},
		{"thanks", "https://www.example.com/", ""},
		{"", "https://www.example.com/", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct ingest_result res;
		struct err e;
		struct ingest_request r = form(
			urlencoded,
			arena_printf(&test_arena, "email=jo@acme.com&redirect=%s", cases[i].to).p);
		r.origins = origins;
		r.origins_n = 2;
		ingest_take_header(&r, STR("Referer"), str_of(cases[i].referer));
		assert_int_equal(ingest_decode(&r, &test_arena, &res, &e), ST_OK);
		assert_int_equal(res.events_n, 1);
		assert_string_equal(arena_strz(&test_arena, res.redirect), cases[i].want);
	}
}

static struct event first(const struct ingest_request *r, struct ingest_result *res)
{
	struct err e;
	assert_int_equal(ingest_decode(r, &test_arena, res, &e), ST_OK);
	assert_int_equal(res->events_n, 1);
	return res->events[0];
}

static void visitor(void **state)
{
	(void)state;
	struct ingest_result res;
	struct ingest_request r = form(urlencoded, "email=jo@acme.com&write_key=nk_1");
	r.remote_ip = STR("9.9.9.9");
	ingest_take_header(&r, STR("Cookie"), STR("a=1; ajs_anonymous_id=%22anon-1%22; b=2"));
	ingest_take_header(&r, STR("Referer"), STR("https://x.example/p?utm_source=ads"));
	ingest_take_header(&r, STR("User-Agent"),
			   STR("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"));
	ingest_take_header(&r, STR("Accept-Language"), STR("de-DE,de;q=0.9"));
	ingest_take_header(&r, STR("Sec-GPC"), STR("1"));
	struct event ev = first(&r, &res);
	assert_true(str_is(res.write_key, "nk_1"));
	assert_true(str_is(event_id_value(&ev, ID_ANONYMOUS_ID), "anon-1"));
	assert_true(str_is(ev.context.ip, "9.9.9.9"));
	assert_true(str_is(ev.context.locale, "de-DE"));
	assert_true(str_is(ev.context.page.path, "/p"));
	assert_true(str_is(ev.context.campaign.source, "ads"));
	assert_int_equal(ev.flags, EVENT_DNT);
	/* A double click is the same post; another visitor's or a later one is not. */
	struct str id = ev.message_id;
	r.received_us += US_PER_S;
	assert_true(str_eq(id, first(&r, &res).message_id));
	r.remote_ip = STR("8.8.8.8");
	assert_false(str_eq(id, first(&r, &res).message_id));
	r.remote_ip = STR("9.9.9.9");
	r.received_us += US_PER_M;
	assert_false(str_eq(id, first(&r, &res).message_id));
}

static void too_many_fields(void **state)
{
	(void)state;
	struct buf b;
	buf_init_arena(&b, &test_arena, 4096);
	for (int i = 0; i <= INGEST_FORM_FIELDS_MAX; i++)
		buf_printf(&b, "f%d=1&", i);
	buf_byte(&b, '\0');
	struct ingest_request r = form(urlencoded, b.p);
	assert_string_equal(test_outcome(&r),
			    "limit: the form has more than 128 fields; send fewer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(posts, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(redirects, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(visitor, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(too_many_fields, test_set_up, test_tear_down),
	};
	return cmocka_run_group_tests_name("ingest_form", tests, NULL, NULL);
}
