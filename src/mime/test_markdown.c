/* SPDX-License-Identifier: Apache-2.0
 * test_markdown.c: what content files hold, as HTML and as text; what is refused. */
#include "base/test.h"

#include "mime/markdown.h"

static void markdown_becomes_html(void **state)
{
	(void)state;
	static const struct {
		const char *md, *want;
	} rows[] = {
		{"", ""},
		{"Hello *Ana* and **all** ~~none~~ `x<y`",
		 "<p>Hello <em>Ana</em> and <strong>all</strong> <del>none</del> "
		 "<code>x&lt;y</code></p>\n"},
		{"# A\n\nb\nc  \nd", "<h1>A</h1>\n<p>b\nc<br>\nd</p>\n"},
		{"- a\n- b\n\n3. c\n",
		 "<ul><li>a</li>\n<li>b</li>\n</ul>\n<ol start=\"3\"><li>c</li>\n</ol>\n"},
		{"> q\n\n---\n\n    code & <b>\n",
		 "<blockquote><p>q</p>\n</blockquote>\n<hr>\n<pre><code>code &amp; &lt;b&gt;\n"
		 "</code></pre>\n"},
		{"[a](https://x/?a=1&b=2 \"T \\\"q\\\"\")",
		 "<p><a href=\"https://x/?a=1&amp;b=2\" title=\"T &quot;q&quot;\">a</a></p>\n"},
		{"[a](</b c/\xc3\xa4\">)", "<p><a href=\"/b%20c/%C3%A4%22\">a</a></p>\n"},
		{"[a](https://x/?a=1&amp;b=2)",
		 "<p><a href=\"https://x/?a=1&amp;b=2\">a</a></p>\n"},
		{"![An *em* \"q\"](https://x/i.png)",
		 "<p><img src=\"https://x/i.png\" alt=\"An em &quot;q&quot;\"></p>\n"},
		{"[![a](https://x/i.png)](https://y)",
		 "<p><a href=\"https://y\"><img src=\"https://x/i.png\" alt=\"a\"></a></p>\n"},
		{"<b>x</b> <script>y</script>",
		 "<p>&lt;b&gt;x&lt;/b&gt; &lt;script&gt;y&lt;/script&gt;</p>\n"},
		{"&copy; &amp; &lt;", "<p>&copy; &amp; &lt;</p>\n"},
		{"|a|b|\n|---|:---:|\n|1|2|\n",
		 "<table><thead><tr><th>a</th>\n<th align=\"center\">b</th>\n</tr>\n</thead>\n"
		 "<tbody><tr><td>1</td>\n<td align=\"center\">2</td>\n</tr>\n</tbody>\n</table>\n"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct markdown_opts opts = {.raw_html = false};
		struct buf out;
		buf_init(&out, 1u << 16);
		assert_int_equal(markdown_to_html(str_of(rows[i].md), &opts, &out, NULL), ST_OK);
		check_str(rows[i].md, buf_view(&out), rows[i].want);
		buf_finish(&out);
	}
}

static void html_passes_when_allowed(void **state)
{
	(void)state;
	struct markdown_opts opts = {.raw_html = true};
	struct buf out;
	buf_init(&out, 1u << 16);
	assert_int_equal(markdown_to_html(STR("<div class=\"cta\">\n\na <b>b</b>\n\n</div>\n"),
					  &opts, &out, NULL),
			 ST_OK);
	check_str("raw", buf_view(&out), "<div class=\"cta\">\n<p>a <b>b</b></p>\n</div>\n");
	buf_finish(&out);
}

static void what_is_not_allowed_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *md;
		enum status want;
		const char *why;
	} rows[] = {
		{"[a](javascript:alert(1))", ST_INVALID, "\"javascript\""},
		{"[a](JaVaScRiPt:x)", ST_INVALID, "a link"},
		{"[a](java&Tab;script:x)", ST_INVALID, "a link"},
		{"[a](javascript&colon;x)", ST_INVALID, "a link"},
		{"[a](&#106;avascript:x)", ST_INVALID, "a link"},
		{"[a](java&#10;script:x)", ST_INVALID, "a link"},
		{"![a](data:image/png;base64,AA)", ST_INVALID, "an image"},
		{"![a](mailto:x@y)", ST_INVALID, "an image"},
		{"![a](cid:logo)", ST_OK, ""},
		{"[a](ftp://x)", ST_INVALID, "\"ftp\""},
		{"<vbscript:x>", ST_INVALID, "a link"},
		{"[x]: file:///etc\n\n[x]", ST_INVALID, "\"file\""},
		{"\xff", ST_INVALID, "UTF-8"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct markdown_opts opts = {.raw_html = false};
		struct err e = {0};
		struct buf out;
		buf_init(&out, 1u << 16);
		buf_z(&out, "kept");
		CHECK_ROW(rows[i].md,
			  markdown_to_html(str_of(rows[i].md), &opts, &out, &e) == rows[i].want);
		CHECK_ROW(rows[i].md, rows[i].want == ST_OK || str_is(buf_view(&out), "kept"));
		CHECK_ROW(rows[i].md, strstr(e.text, rows[i].why) != NULL);
		buf_finish(&out);
	}
}

/* 64 KB that ask for a hundred megabytes: a reference used again and again. */
static void growth_is_bounded(void **state)
{
	(void)state;
	struct markdown_opts opts = {.raw_html = false};
	struct buf md, out;
	buf_init(&md, 1u << 20);
	buf_init(&out, 1u << 20);
	buf_z(&md, "[x]: /");
	for (int i = 0; i < 8000; i++)
		buf_byte(&md, 'u');
	buf_z(&md, "\n\n");
	for (int i = 0; i < 10000; i++)
		buf_z(&md, "[x]");
	assert_int_equal(markdown_to_html(buf_view(&md), &opts, &out, NULL), ST_LIMIT);
	assert_true(out.n == 0 && buf_ok(&out));
	buf_finish(&md);
	buf_finish(&out);
}

static void markdown_becomes_text(void **state)
{
	(void)state;
	static const char md[] =
		"# Three ways\n\nHello **Ana**, read the [guide](https://x/g):\n\n"
		"1. one\n2. two\n   - deep\n\n> quoted\n\n![Chart](https://x/c.png)\n";
	struct markdown_text_opts opts = {.text = {.width = 72}};
	struct arena a;
	struct buf out;
	arena_init(&a, 1u << 20);
	buf_init(&out, 1u << 16);
	assert_int_equal(markdown_to_text(str_of(md), &opts, &a, &out, NULL), ST_OK);
	check_str("text", buf_view(&out),
		  "Three ways\n==========\n\nHello Ana, read the guide (https://x/g):\n\n"
		  "1. one\n2. two\n   - deep\n\n> quoted\n\nChart\n");
	buf_finish(&out);
	arena_finish(&a);
}

static void a_value_stays_text(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"*a* _b_ `c` [d](e) <b> &amp; # ! | ~~x~~ \\ ![i](j)",
		"# a",
		"- a",
		"1. a",
		"> a",
		"a\n\nb",
		"    a",
		"https://x.example",
		"a=b\n===",
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct markdown_text_opts opts = {.markdown = {.raw_html = true}};
		struct arena a;
		struct buf md, out, want;
		arena_init(&a, 1u << 20);
		buf_init(&md, 1u << 16);
		buf_init(&out, 1u << 16);
		buf_init(&want, 1u << 16);
		buf_z(&md, "x");
		markdown_escape(str_of(rows[i]), &md);
		assert_int_equal(markdown_to_text(buf_view(&md), &opts, &a, &out, NULL), ST_OK);
		bool space = false;
		buf_z(&want, "x");
		for (const char *p = rows[i]; *p != '\0'; p++) { /* white space collapses */
			bool is = *p == ' ' || *p == '\n';
			if (!is && space)
				buf_byte(&want, ' ');
			space = is;
			if (!is)
				buf_byte(&want, *p);
		}
		buf_z(&want, "\n");
		buf_byte(&want, '\0');
		check_str(rows[i], buf_view(&out), want.p);
		buf_finish(&md);
		buf_finish(&out);
		buf_finish(&want);
		arena_finish(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markdown_becomes_html),
		cmocka_unit_test(html_passes_when_allowed),
		cmocka_unit_test(what_is_not_allowed_is_named),
		cmocka_unit_test(growth_is_bounded),
		cmocka_unit_test(markdown_becomes_text),
		cmocka_unit_test(a_value_stays_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
