/* SPDX-License-Identifier: Apache-2.0
 * The same rows out of the same bytes, however the bytes are cut into reads. */
#include "ingest/csv.h"

#include "base/test.h"

struct pipe {
	struct str rest;
	size_t step;
	bool fails;
};

static size_t read_pipe(void *ctx, char *p, size_t bytes, bool *failed_r)
{
	struct pipe *s = ctx;
	size_t n = s->step < bytes ? s->step : bytes;
	if (n > s->rest.n)
		n = s->rest.n;
	if (n == 0 && s->fails)
		*failed_r = true;
	if (n)
		memcpy(p, s->rest.p, n);
	s->rest = str_slice(s->rest, n, s->rest.n);
	return n;
}

/* "1:a|b 2:c|d", a broken row as "3!STATUS", the end as nothing. */
static void render(struct str text, size_t step, char delimiter, struct buf *out)
{
	struct pipe s = {.rest = text, .step = step};
	struct csv c;
	struct csv_row row;
	struct err e;
	csv_init(&c, read_pipe, &s, delimiter, 0, 1);
	for (;;) {
		enum status st = csv_next(&c, &row, &e);
		if (st == ST_NOT_FOUND)
			break;
		buf_printf(out, "%s%d", out->n ? " " : "", (int)row.number);
		if (st != ST_OK)
			buf_printf(out, "!%s", status_name(st));
		for (size_t i = 0; st == ST_OK && i < row.n; i++)
			buf_printf(out, "%s" STR_FMT, i ? "|" : ":", STR_ARG(row.fields[i]));
		if (st == ST_IO)
			break;
	}
	csv_finish(&c);
}

static const struct {
	const char *text, *want;
	char delimiter;
} rows[] = {
	{"", "", 0},
	{"a,b\r\nc,d\r\n", "1:a|b 2:c|d", 0},
	{"a,b\nc,d", "1:a|b 2:c|d", 0},
	{"a,b\n,\n", "1:a|b 2:|", 0},
	{"\xef\xbb\xbf"
	 "a,b\n1,2\n",
	 "1:a|b 2:1|2", 0},
	{"a;b,c;d\n1;2;3\n", "1:a|b,c|d 2:1|2|3", 0},
	{"a\tb\n1\t2\n", "1:a|b 2:1|2", 0},
	{"a|b\n1|2\n", "1:a|b 2:1|2", 0},
	{"a;b\n1;2\n", "1:a;b 2:1;2", ','},
	{"\"a,1\",b\n", "1:a,1|b", 0},
	{"\"a \"\"x\"\" b\",\"\"\n", "1:a \"x\" b|", 0},
	{"\"\"\"\",\"a\"\"\"\n", "1:\"|a\"", 0},
	{"\"line 1\r\nline 2\",b\nc,d\n", "1:line 1\r\nline 2|b 2:c|d", 0},
	{"a,b\n\n\nc,d\n", "1:a|b 4:c|d", 0},
	/* Quotes that are none: kept as they stand. */
	{"5\" disk,x\n", "1:5\" disk|x", 0},
	/* Broken rows cost only themselves. */
	{"a,b\n\"x\"y,z\nc,d\n", "1:a|b 2!invalid 3:c|d", 0},
	{"a,b\n\"open,1\nc,d\ne,f", "1:a|b 2!invalid 3:c|d 4:e|f", 0},
	{"a,b\n1,\"open", "1:a|b 2!invalid", 0},
	/* Windows-1252 where it is not UTF-8. */
	{"J\xf6rg,\x80 5\nJ\xc3\xb6rg,x\n", "1:J\xc3\xb6rg|\xe2\x82\xac 5 2:J\xc3\xb6rg|x", 0},
	{"\xff\xfe"
	 "a\n",
	 "1!io", 0},
};

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t step = 1; step < 64; step = step * 2 + 1) {
			struct buf b;
			buf_init(&b, 4096);
			render(str_of(rows[i].text), step, rows[i].delimiter, &b);
			check_str(rows[i].text, buf_view(&b), rows[i].want);
			buf_finish(&b);
		}
}

static void zero_byte(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 4096);
	render(STR("a,b\nc\0,d\ne,f\n"), 64, 0, &b);
	check_str("zero byte", buf_view(&b), "1:a|b 2!invalid 3:e|f");
	buf_finish(&b);
}

/* Rows around the window's size: a long one is read, one too long is skipped whole. */
static void long_rows(void **state)
{
	(void)state;
	for (int over = -8; over <= 8; over += 8) {
		struct buf text, out;
		buf_init(&text, 4 << 20);
		buf_init(&out, 4 << 20);
		buf_z(&text, "a,b\n");
		for (int i = 0; i < CSV_ROW_BYTES_MAX + over; i++)
			buf_byte(&text, 'x');
		buf_z(&text, "\nc,d\n");
		render(buf_view(&text), 5000, ',', &out);
		bool fits = over < 0;
		assert_int_equal(str_starts(buf_view(&out), STR("1:a|b 2!limit")), !fits);
		assert_true(str_ends(buf_view(&out), STR(" 3:c|d")));
		buf_finish(&text);
		buf_finish(&out);
	}
}

static void read_error(void **state)
{
	(void)state;
	struct pipe s = {.rest = STR("a,b\n1,"), .step = 3, .fails = true};
	struct csv c;
	struct csv_row row;
	struct err e;
	csv_init(&c, read_pipe, &s, ',', 0, 1);
	assert_int_equal(csv_next(&c, &row, &e), ST_IO);
	csv_finish(&c);
}

static void too_many_fields(void **state)
{
	(void)state;
	struct buf text, out;
	buf_init(&text, 1 << 16);
	buf_init(&out, 4096);
	for (int i = 0; i < CSV_FIELDS_MAX; i++)
		buf_byte(&text, ',');
	buf_z(&text, "\na,b\n");
	render(buf_view(&text), 4096, 0, &out);
	check_str("fields", buf_view(&out), "1!limit 2:a|b");
	buf_finish(&text);
	buf_finish(&out);
}

/* A row's offset is where reading can go on. */
static void goes_on(void **state)
{
	(void)state;
	struct str text = STR("a;b\n\"x\ny\";1\nz;2\n");
	struct pipe s = {.rest = text, .step = 2};
	struct csv c;
	struct csv_row row;
	struct err e;
	csv_init(&c, read_pipe, &s, 0, 0, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(csv_next(&c, &row, &e), ST_OK);
	uint64_t offset = row.offset, number = row.number;
	char delimiter = c.delimiter;
	csv_finish(&c);
	s = (struct pipe){.rest = str_slice(text, offset, text.n), .step = 2};
	csv_init(&c, read_pipe, &s, delimiter, offset, number);
	assert_int_equal(csv_next(&c, &row, &e), ST_OK);
	check_str("field", row.fields[0], "z");
	assert_int_equal(row.number, 3);
	assert_int_equal(row.offset, offset);
	csv_finish(&c);
}

static void writes(void **state)
{
	(void)state;
	struct buf b;
	struct str fields[] = {STR("a"), STR(""), STR("b,\"c\""), STR("d\ne")};
	buf_init(&b, 4096);
	csv_write(&b, fields, 4);
	check_str("written", buf_view(&b), "a,,\"b,\"\"c\"\"\",\"d\ne\"\r\n");
	buf_finish(&b);
}

static void lines(void **state)
{
	(void)state;
	struct pipe s = {.rest = STR("one\r\n\nthree is too long\nfour"), .step = 3};
	struct feed f;
	struct str line;
	struct err e;
	feed_init(&f, read_pipe, &s, 8, 0);
	assert_int_equal(feed_line(&f, &line, &e), ST_OK);
	check_str("1", line, "one");
	assert_int_equal(feed_line(&f, &line, &e), ST_OK);
	check_str("2", line, "");
	assert_int_equal(feed_line(&f, &line, &e), ST_LIMIT);
	assert_int_equal(feed_line(&f, &line, &e), ST_OK);
	check_str("4", line, "four");
	assert_int_equal(feed_line(&f, &line, &e), ST_NOT_FOUND);
	assert_int_equal(f.offset, 28);
	feed_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),           cmocka_unit_test(zero_byte),
		cmocka_unit_test(long_rows),       cmocka_unit_test(read_error),
		cmocka_unit_test(too_many_fields), cmocka_unit_test(goes_on),
		cmocka_unit_test(writes),          cmocka_unit_test(lines),
	};
	return cmocka_run_group_tests_name("ingest_csv", tests, NULL, NULL);
}
