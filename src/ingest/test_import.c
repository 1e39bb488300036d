/* SPDX-License-Identifier: Apache-2.0
 * A file in, events and errors out: what rows become, what is refused before the first row, going
 * on after a stop, and that the same row is always the same event. */
#include "ingest/import.h"

#include "base/time.h"
#include "ingest/test_help.h"

#include <unistd.h>

static char path[64];

static void write_file(const char *name, struct str text)
{
	(void)snprintf(path, sizeof path, "/tmp/nurtured-test-%d-%s", (int)getpid(), name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
}

static struct import_conf leads(const char *map)
{
	return (struct import_conf){.path = path,
				    .map = str_of(map),
				    .no_guess = true,
				    .source = STR("import:t"),
				    .consent_basis = STR("legitimate_interest"),
				    .consent_source = STR("fair"),
				    .received_us = RECEIVED_US};
}

/* "2 EVENT" per row, "3! COLUMN: REASON" per error; or "STATUS: TEXT". Message ids left out. */
static const char *run(const struct import_conf *conf, size_t batch)
{
	struct import *im;
	struct import_batch b = {.end = false};
	struct err e;
	struct buf out;
	buf_init_arena(&out, &test_arena, 1 << 20);
	enum status st = import_open(conf, &im, &e);
	while (st == ST_OK && !b.end) {
		st = import_next_batch(im, batch, &test_arena, &b, &e);
		for (size_t i = 0; st == ST_OK && i < b.events_n; i++) {
			assert_int_equal(event_check(&b.events[i], &e), ST_OK);
			buf_printf(&out, "%s%d ", out.n ? "\n" : "", (int)b.rows[i]);
			assert_int_equal(event_encode(&b.events[i], &out, &e), ST_OK);
		}
		for (size_t i = 0; st == ST_OK && i < b.errors_n; i++)
			buf_printf(&out, "%s%d! " STR_FMT ": " STR_FMT, out.n ? "\n" : "",
				   (int)b.errors[i].row, STR_ARG(b.errors[i].column),
				   STR_ARG(b.errors[i].reason));
	}
	if (st != ST_OK)
		buf_printf(&out, "%s: %s", status_name(st), e.text);
	else
		import_close(&im);
	(void)unlink(path);
	buf_byte(&out, '\0');
	return out.p;
}

#define GIVEN \
	"\"consent\":[{\"given\":true,\"channel\":\"email\",\"purpose\":\"marketing\",\"basis\":" \
	"\"legitimate_interest\",\"source\":\"fair\"}]"
#define LEAD(ids) "{\"type\":\"import.lead\"," AT ",\"ids\":[" ids "],\"ctx\":{},\"props\":{"

static const struct {
	const char *map, *file, *want;
} lead_rows[] = {
	{"Email=email, Company=company.name, Lead Source=source, Won=property.won:bool, "
	 "Time=trait.time_on_site:number, Tags=trait.tags:list",
	 "Email,Company,Lead Source,Won,Time,Tags\njo@acme.com,Acme,ads,Yes,\"1,674.5\",a; b;\n",
	 "2 " LEAD("[\"email\",\"jo@acme.com\"]") "\"won\":true," GIVEN
						  "},\"traits\":{\"email\":\"jo@acme.com\","
						  "\"company\":{\"name\":\"Acme\"},\"source\":"
						  "\"ads\","
						  "\"time_on_site\":1674.5,\"tags\":[\"a\",\"b\"]},"
						  "\"flags\":8}"},
	{"Id=key.crm, *=trait", "Id,U.S. State,Empty\n7,NY,\n",
	 "2 " LEAD("[\"key\",\"7\",\"crm\"]") GIVEN
	 "},\"traits\":{\"U_S_ State\":\"NY\"},\"flags\":8}"},
	{"id=user_id, made=time, when=trait.when:time",
	 "id,made,when\nu,2026-01-02,2026-01-02T03:04:05+01:00\n",
	 "2 "
	 "{\"type\":\"import.lead\",\"at\":1767312000000000,\"ids\":[[\"userId\",\"u\"]],\"ctx\":{}"
	 ","
	 "\"props\":{" GIVEN "},\"traits\":{\"when\":\"2026-01-02T02:04:05.000Z\"},\"flags\":8}"},
	/* Consent in the row: an opt-out beats the basis of the file. */
	{"id=user_id, no=do_not_email, nc=do_not_call", "id,no,nc\nu,Yes,No\nv,No,Yes\n",
	 "2 " LEAD(
		 "[\"userId\",\"u\"]") "\"consent\":[{\"given\":false,\"channel\":\"email\","
				       "\"purpose\":"
				       "\"*\",\"source\":\"fair\"}]},\"flags\":8}\n3 " LEAD(
					       "[\"userId\",\"v\"]") "\"consent\":[{\"given\":true,"
								     "\"channel\":\"email\","
								     "\"purpose\":\"marketing\","
								     "\"basis\":"
								     "\"legitimate_interest\","
								     "\"source\":\"fair\"},{"
								     "\"given\":false,\"channel\":"
								     "\"phone\","
								     "\"purpose\":\"*\",\"source\":"
								     "\"fair\"}]},\"flags\":8}"},
	{"id=user_id, c=consent, w=consent.wording, s=consent.source",
	 "id,c,w,s\nu,no,,\nv,consent,Yes mail me,web\n",
	 "2 " LEAD("[\"userId\",\"u\"]") "\"consent\":[{\"given\":false,\"channel\":\"email\","
					 "\"purpose\":"
					 "\"*\",\"basis\":\"legitimate_interest\",\"source\":"
					 "\"fair\"}]},\"flags\":8}\n3 " LEAD(
						 "[\"userId\",\"v\"]") "\"consent\":[{\"given\":"
								       "true,\"channel\":\"email\","
								       "\"purpose\":"
								       "\"marketing\",\"basis\":"
								       "\"consent\",\"wording\":"
								       "\"Yes mail "
								       "me\",\"source\":\"web\"}]},"
								       "\"flags\":8}"},
	/* Rows at fault. */
	{"email, n=trait.n:number, b=trait.b:bool, t=time, j=trait.j:json",
	 "email,n,b,t,j\nnobody,,,,\n,,,,\na@b.de,x,,,\na@b.de,,maybe,,\na@b.de,,,soon,\na@b.de,,,,"
	 "{\n"
	 "a@b.de,1\n\"a\"b\n",
	 "2! email: \"nobody\" is not an e-mail address\n"
	 "3! : the row has no identifier: its e-mail, phone and id cells are empty\n"
	 "4! n: \"x\" is not a number\n5! b: \"maybe\" is not yes or no\n"
	 "6! t: \"soon\" is not a time; write 2026-11-21T07:00:00Z\n7! j: \"{\" is not JSON\n"
	 "8! : the row has 2 fields and the header 5; is a comma not quoted, or the line cut?\n"
	 "9! : field 1: text stands behind its closing quote; write a quote inside quotes twice"},
	/* Before the first row. */
	{"Emial=email", "Email,b\n",
	 "invalid: mapping: the file has no column \"Emial\"; did you mean "
	 "\"Email\"?"},
	{"b=trait.b", "a,b\n",
	 "invalid: no column says whose a row is; map one to email, phone, user_id, "
	 "anonymous_id or key.NAME"},
	{"a=emial", "a,b\n", "invalid: mapping: \"emial\" is no target; did you mean \"email\"?"},
	{"a=trait.x:int", "a,b\n",
	 "invalid: mapping: \"int\" in \"a=trait.x:int\" is no type; use text, "
	 "number, bool, time, list or json"},
	{"a=email, b=x, a=x", "a,b\n",
	 "invalid: mapping: \"b\" and \"a\" become the same; map one of them "
	 "to -: --map 'a=-'"},
	{"E-mail=email, \"Email, work\"=email", "E-mail,\"Email, work\"\n",
	 "invalid: mapping: \"E-mail\" and \"Email, work\" become the same; map one of them to -: "
	 "--map '\"Email, work\"=-'"},
	{"a=key.crm, b=key.crm", "a,b\n",
	 "invalid: mapping: \"a\" and \"b\" become the same; map one of them to -: --map 'b=-'"},
	{"a=key.crm, b=key.shop, c=user_id", "a,b,c\n1,2,3\n",
	 "2 " LEAD("[\"key\",\"1\",\"crm\"],[\"key\",\"2\",\"shop\"],[\"userId\",\"3\"]") GIVEN
	 "},\"flags\":8}"},
	{"a=trait..x", "a\n",
	 "invalid: mapping: \"trait..x\" is no target; write email, user_id, key.NAME, "
	 "trait.NAME, company.NAME, property.NAME, type, time, consent ..."},
	{"a=email", "", "invalid: the file is empty; its first row must name the columns"},
};

static void lead_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lead_rows / sizeof lead_rows[0]; i++) {
		for (size_t batch = 1; batch <= 1000; batch += 999) {
			struct import_conf conf = leads(lead_rows[i].map);
			write_file("a.csv", str_of(lead_rows[i].file));
			const char *got = run(&conf, batch);
			if (batch == 1 || strchr(got, '!') == NULL)
				assert_string_equal(got, lead_rows[i].want);
		}
	}
}

static void guesses(void **state)
{
	(void)state;
	struct import_conf conf = leads("Mail=-");
	conf.no_guess = false;
	conf.null_text = STR("Select");
	write_file("a.csv", STR("E-Mail,First Name,City,Source,Lead "
				"Source,Mail,Odd\nj@a.de,Jo,select,x,y,z,q\n"));
	assert_string_equal(
		run(&conf, 10), "2 " LEAD("[\"email\",\"j@a.de\"]") GIVEN
		"},\"traits\":{\"email\":\"j@a.de\",\"first_name\":\"Jo\",\"source\":\"x\"},"
		"\"flags\":8}");
}

/* Two columns that are guessed to be one person's address would join two people. */
static void two_guesses(void **state)
{
	(void)state;
	static const struct {
		const char *name, *map, *file, *want;
	} rows[] = {
		{"a.csv", "", "E-mail,Email address,first_name\na@b.de,c@d.de,Jo\n",
		 "invalid: mapping: \"E-mail\" and \"Email address\" become the same; map one of "
		 "them to -: --map 'Email address=-'"},
		{"a.jsonl", "", "{\"email\":\"a@b.de\",\"mail\":\"c@d.de\"}\n",
		 "invalid: mapping: \"email\" and \"mail\" become the same; map one of them to -: "
		 "--map 'mail=-'"},
		{"a.csv", "", "Email,Email,Phone\na@b.de,c@d.de,+4930123456\n",
		 "invalid: mapping: several columns are called \"Email\"; give each a name of its "
		 "own in the file, or leave all of them out: --map 'Email=-'"},
		{"a.csv", "Email=email", "Email,Email,Phone\na@b.de,c@d.de,+4930123456\n",
		 "invalid: mapping: several columns are called \"Email\"; give each a name of its "
		 "own in the file, or leave all of them out: --map 'Email=-'"},
		{"a.csv", "Email=-", "Email,Email,Phone\na@b.de,c@d.de,+4930123456\n",
		 "2 " LEAD("[\"phone\",\"+4930123456\"]") GIVEN
		 "},\"traits\":{\"phone\":\"+4930123456\"},\"flags\":8}"},
		{"a.csv", "Email address=-", "E-mail,Email address\na@b.de,c@d.de\n",
		 "2 " LEAD("[\"email\",\"a@b.de\"]") GIVEN
		 "},\"traits\":{\"email\":\"a@b.de\"},\"flags\":8}"},
		{"a.csv", "Email address=email", "E-mail,Email address\na@b.de,c@d.de\n",
		 "2 " LEAD("[\"email\",\"c@d.de\"]") GIVEN
		 "},\"traits\":{\"email\":\"c@d.de\"},\"flags\":8}"},
		{"a.jsonl", "mail=email", "{\"email\":\"a@b.de\",\"mail\":\"c@d.de\"}\n",
		 "1 " LEAD("[\"email\",\"c@d.de\"]") GIVEN
		 "},\"traits\":{\"email\":\"c@d.de\"},\"flags\":8}"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct import_conf conf = leads(rows[i].map);
		conf.no_guess = false;
		write_file(rows[i].name, str_of(rows[i].file));
		assert_string_equal(run(&conf, 10), rows[i].want);
	}
}

static void consent_is_asked(void **state)
{
	(void)state;
	static const struct {
		const char *basis, *source, *want;
	} rows[] = {
		{"", "", "invalid: on what basis may these people be written to?"},
		{"legitimate_interest", "", "invalid: where does this consent come from?"},
		{"yes", "x", "invalid: consent basis \"yes\" is not known"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct import_conf conf = leads("email");
		conf.consent_basis = str_of(rows[i].basis);
		conf.consent_source = str_of(rows[i].source);
		write_file("a.csv", STR("email\na@b.de\n"));
		assert_true(str_starts(str_of(run(&conf, 10)), str_of(rows[i].want)));
	}
}

static void past_events(void **state)
{
	(void)state;
	struct import_conf conf =
		leads("who=user_id, what=type, at=time, id=message_id, *=property");
	conf.kind = IMPORT_EVENTS;
	conf.consent_basis = STR_NULL;
	write_file(
		"a.csv",
		STR("who,what,at,id,x\nu,Signed Up,2026-01-02T00:00:00Z,m1,5\nu,,2026-01-02,m2,\n"
		    "u,Signed Up,,m3,\n"));
	assert_string_equal(
		run(&conf, 1),
		"2 {\"type\":\"signed_up\",\"name\":\"Signed Up\",\"at\":1767312000000000,\"ids\":"
		"[[\"userId\",\"u\"]],\"ctx\":{},\"props\":{\"x\":\"5\"},\"flags\":8}\n"
		"3! : the row has no event type; fill its type column\n"
		"4! : the row does not say when it happened: its time cell is empty");
	conf.map = STR("who=user_id, what=type");
	write_file("a.csv", STR("who,what\nu,e\n"));
	assert_string_equal(run(&conf, 1),
			    "invalid: no column says when an event happened; map one to time");
	conf.map = STR("who=user_id, at=time");
	write_file("a.csv", STR("who,at\nu,2026-01-02\n"));
	assert_string_equal(run(&conf, 1),
			    "invalid: no column says what an event is; map one to type, or "
			    "give the type of all rows with --type");
	conf.type = STR("Visited");
	write_file("a.csv", STR("who,at\nu,2026-01-02\n"));
	assert_string_equal(
		run(&conf, 1),
		"2 {\"type\":\"visited\",\"name\":\"Visited\",\"at\":1767312000000000,\"ids\":"
		"[[\"userId\",\"u\"]],\"ctx\":{},\"flags\":8}");
}

static void json_lines(void **state)
{
	(void)state;
	struct import_conf conf = leads("who.mail=email, n=trait.n, o=trait.o, l=trait.l:list");
	write_file("a.jsonl",
		   STR("\xef\xbb\xbf{\"who\":{\"mail\":\"j@a.de\"},\"n\":5,\"o\":{ \"x\" : [1] },"
		       "\"l\":\"a;b\"}\n\n{\"who\":7}\nnot json\n[1]\n"));
	assert_string_equal(
		run(&conf, 1), "1 " LEAD("[\"email\",\"j@a.de\"]") GIVEN
		"},\"traits\":{\"email\":\"j@a.de\",\"n\":5,\"o\":{\"x\":[1]},\"l\":[\"a\",\"b\"]},"
		"\"flags\":8}\n"
		"3! : the row has no identifier: its e-mail, phone and id cells are empty\n"
		"4! : not valid JSON: unexpected character at byte 1\n"
		"5! : the line is not a JSON object");
	conf.map = STR_NULL;
	conf.kind = IMPORT_EVENTS;
	write_file(
		"a.jsonl",
		STR("{\"type\":\"track\",\"event\":\"Signed "
		    "Up\",\"userId\":\"u\",\"messageId\":\"m\","
		    "\"timestamp\":\"2026-01-02T00:00:00Z\"}\n{\"type\":\"track\",\"userId\":\"u\","
		    "\"timestamp\":\"2026-01-02T00:00:00Z\"}\n{\"type\":\"page\",\"userId\":\"u\"}"
		    "\n"));
	assert_string_equal(
		run(&conf, 1),
		"1 {\"type\":\"signed_up\",\"name\":\"Signed Up\",\"at\":1767312000000000,\"ids\":"
		"[[\"userId\",\"u\"]],\"ctx\":{},\"flags\":8}\n"
		"2! event: a track call has no event name\n"
		"3! : the event has no timestamp; a past event must say when it was");
}

/* All message ids of a file, from `token` on when there is one; stops after `stop` rows. */
static size_t ids(const struct import_conf *conf, const char *token_in, size_t stop,
		  char token_out[IMPORT_TOKEN_MAX], struct str *out)
{
	struct import *im;
	struct import_batch b = {.end = false};
	struct err e;
	size_t n = 0;
	assert_int_equal(import_open(conf, &im, &e), ST_OK);
	if (token_in)
		assert_int_equal(import_resume(im, str_of(token_in), &e), ST_OK);
	while (!b.end && n < stop) {
		assert_int_equal(import_next_batch(im, 7, &test_arena, &b, &e), ST_OK);
		for (size_t i = 0; i < b.events_n; i++)
			out[n++] = b.events[i].message_id;
	}
	import_token(im, token_out);
	assert_true(import_progress(im).bytes <= import_progress(im).bytes_total);
	import_close(&im);
	return n;
}

static void goes_on(void **state)
{
	(void)state;
	struct buf text;
	struct str all[300] = {STR_NULL}, part[300] = {STR_NULL};
	char token[IMPORT_TOKEN_MAX], last[IMPORT_TOKEN_MAX];
	buf_init_arena(&text, &test_arena, 1 << 20);
	buf_z(&text, "id,note\n");
	for (int i = 0; i < 200; i++)
		buf_printf(&text, "u%d,\"a\nb %d\"\n", i, i);
	struct import_conf conf = leads("id=user_id, note=trait.note");
	write_file("big.csv", buf_view(&text));
	size_t n = ids(&conf, NULL, 1000, last, all);
	assert_int_equal(n, 200);
	size_t first = ids(&conf, NULL, 50, token, part);
	size_t more = ids(&conf, token, 1000, last, part + first);
	assert_int_equal(first + more, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(str_eq(all[i], part[i]));
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(all[i], all[k]));
	}
	/* Another mapping, a changed file, no token. */
	struct import *im;
	struct err e;
	struct import_conf other = conf;
	other.map = STR("id=user_id");
	assert_int_equal(import_open(&other, &im, &e), ST_OK);
	assert_int_equal(import_resume(im, str_of(token), &e), ST_CONFLICT);
	import_close(&im);
	text.p[20] = 'X';
	write_file("big.csv", buf_view(&text));
	assert_int_equal(import_open(&conf, &im, &e), ST_OK);
	assert_int_equal(import_resume(im, str_of(token), &e), ST_CONFLICT);
	assert_int_equal(import_resume(im, STR("1 2 x"), &e), ST_INVALID);
	import_close(&im);
	(void)unlink(path);
}

/* P1: neither the place in the file nor its other columns matter, the mapping does. */
static void same_row_same_event(void **state)
{
	(void)state;
	struct str a[10] = {STR_NULL}, b[10] = {STR_NULL}, c[10] = {STR_NULL};
	char token[IMPORT_TOKEN_MAX];
	struct import_conf conf = leads("id=user_id, x=trait.x");
	write_file("a.csv", STR("id,x,y\nu,1,2\nv,1,2\nu,1,2\n"));
	assert_int_equal(ids(&conf, NULL, 9, token, a), 3);
	conf.received_us += US_PER_D;
	write_file("a.csv", STR("x,id,z\n1,v,7\n1,u,8\n"));
	assert_int_equal(ids(&conf, NULL, 9, token, b), 2);
	conf.map = STR("id=user_id, x=trait.other");
	assert_int_equal(ids(&conf, NULL, 9, token, c), 2);
	assert_true(str_eq(a[0], a[2]) && str_eq(a[0], b[1]) && str_eq(a[1], b[0]));
	assert_false(str_eq(b[0], c[0]));
	(void)unlink(path);
}

static void preview(void **state)
{
	(void)state;
	struct import *im;
	struct err e;
	struct buf out;
	struct import_conf conf = leads("id=user_id, Won=property.won:bool");
	conf.no_guess = false;
	conf.consent_source = STR("fair");
	write_file("a.csv", STR("id,Won,City,a,b\nu,Yes,Bonn,1,2\nv,odd,,,\n"));
	buf_init_arena(&out, &test_arena, 1 << 16);
	assert_int_equal(import_open(&conf, &im, &e), ST_OK);
	assert_int_equal(import_preview(im, 5, &test_arena, &out, &e), ST_OK);
	import_close(&im);
	buf_byte(&out, '\0');
	assert_string_equal(out.p, "  id            user_id\n"
				   "  Won           property.won:bool\n"
				   "  City          trait.city  (guessed by its name)\n"
				   "Left out, 2 columns: a, b\n"
				   "\n"
				   "Row 2 becomes import.lead\n"
				   "  user_id       u\n"
				   "  traits        {\"city\":\"Bonn\"}\n"
				   "  properties    {\"won\":true," GIVEN "}\n"
				   "\n"
				   "Row 3 cannot be taken in: Won: \"odd\" is not yes or no\n");
	buf_reset(&out);
	import_errors_head(&out);
	import_errors_row(&(struct import_error){3, STR("Won"), STR("\"odd\" is not yes or no")},
			  &out);
	buf_byte(&out, '\0');
	assert_string_equal(out.p,
			    "row,column,reason\r\n3,Won,\"\"\"odd\"\" is not yes or no\"\r\n");
	(void)unlink(path);
}

static void no_file(void **state)
{
	(void)state;
	struct import *im;
	struct err e;
	struct import_conf conf = leads("id=user_id");
	conf.path = "/nowhere/at/all.csv";
	assert_int_equal(import_open(&conf, &im, &e), ST_NOT_FOUND);
	conf.path = "/tmp";
	assert_int_equal(import_open(&conf, &im, &e), ST_IO);
}

/* A real export of a CRM: every row is taken. */
static void real_leads(void **state)
{
	(void)state;
	char name[512];
	const char *root = getenv("NURTURED_SHARED");
	(void)snprintf(name, sizeof name, "%s/data/xleads/Leads.37col.csv",
		       root ? root : "../shared");
	if (access(name, R_OK) != 0) {
		print_message("skipped: Leads.37col.csv is not here\n");
		skip();
	}
	struct import *im;
	struct import_batch b = {.end = false};
	struct err e;
	struct arena a;
	struct import_conf conf =
		leads("Prospect ID=user_id, Lead Source=source, Converted=property.converted:"
		      "bool, Total Time Spent on Website=trait.time_on_site:number, "
		      "Do Not Email=do_not_email, *=trait");
	conf.path = name;
	conf.null_text = STR("Select");
	arena_init(&a, 16 << 20);
	assert_int_equal(import_open(&conf, &im, &e), ST_OK);
	while (!b.end) {
		arena_reset(&a);
		assert_int_equal(import_next_batch(im, 1000, &a, &b, &e), ST_OK);
	}
	assert_int_equal(import_progress(im).events, 9240);
	assert_int_equal(import_progress(im).errors, 0);
	import_close(&im);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lead_files, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(guesses, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(two_guesses, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(consent_is_asked, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(past_events, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(json_lines, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(goes_on, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(same_row_same_event, test_set_up, test_tear_down),
		cmocka_unit_test_setup_teardown(preview, test_set_up, test_tear_down),
		cmocka_unit_test(no_file),
		cmocka_unit_test(real_leads),
	};
	return cmocka_run_group_tests_name("ingest_import", tests, NULL, NULL);
}
