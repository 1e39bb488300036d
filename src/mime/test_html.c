/* SPDX-License-Identifier: Apache-2.0
 * test_html.c: tokens, references, links, reports and plain text, over HTML good and bad. */
#include "base/test.h"

#include "mime/html.h"
#include "mime/html_scan.h"

static void names_are_in_order(void **state)
{
	(void)state;
	static const char *const names[] = {
#define ENTITY(name, code) #name,
#include "mime/entity.def"
#undef ENTITY
	};
	for (size_t i = 1; i < COUNT_OF(names); i++) {
		CHECK_ROW(names[i], strcmp(names[i - 1], names[i]) < 0);
		CHECK_ROW(names[i], strlen(names[i]) <= 8);
	}
}

static void references_are_decoded(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"a&amp;b", "a&b"},
		{"&lt;&gt;&quot;&#39;&apos;", "<>\"''"},
		{"&eacute;&euro;&hellip;", "\xc3\xa9\xe2\x82\xac\xe2\x80\xa6"},
		{"&#233;&#xE9;&#Xe9", "\xc3\xa9\xc3\xa9\xc3\xa9"},
		{"&#128512;", "\xf0\x9f\x98\x80"},
		{"&#0;&#xD800;&#x110000;&#99999999999;",
		 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"&#150;", "\xe2\x80\x93"},
		{"&nosuch; &amp &; & &#; &#x; &", "&nosuch; &amp &; & &#; &#x; &"},
		{"?a=1&copy=2", "?a=1&copy=2"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf out;
		buf_init(&out, 1024);
		html_unescape(str_of(rows[i].text), &out);
		check_str(rows[i].text, buf_view(&out), rows[i].want);
		buf_finish(&out);
	}
}

/* Tokens in short: T text, L literal, O open, C close, X other; a tag with its attributes. */
static void describe(const struct html_tok *tok, struct buf *out)
{
	struct str attrs = tok->attrs;
	struct html_attr attr;
	buf_byte(out, tok->literal ? 'L' : "TOCX"[tok->kind]);
	buf_str(out, tok->kind == HTML_TOK_TEXT ? tok->raw : tok->name);
	while (html_attr_next(&attrs, &attr)) {
		buf_byte(out, ' ');
		buf_str(out, attr.name);
		if (attr.value.p != NULL) {
			buf_byte(out, '=');
			buf_str(out, attr.value);
		}
	}
	buf_byte(out, '|');
}

static void any_text_is_tokens(void **state)
{
	(void)state;
	static const struct {
		const char *html, *want;
	} rows[] = {
		{"", ""},
		{"a < b & c", "Ta < b & c|"},
		{"<p>a</p>", "Op|Ta|Cp|"},
		{"<A HREF=x  b = 'y>' c=\"z\"/>t", "OA HREF=x b=y> c=z|Tt|"},
		{"<br/><br />", "Obr|Obr|"},
		{"<a href=/x/>y", "Oa href=/x/|Ty|"},
		{"<a =x b>", "Oa =x b|"},
		{"<a b=>c", "Oa b|Tc|"},
		{"<!-- <b> -->c<!doctype html><?php ?>", "X|Tc|X|X|"},
		{"<!-->a<!--->b", "X|Ta|X|Tb|"},
		{"<!-- a", "X|"},
		{"<a href=\"x", "Oa href=x|"},
		{"a<b", "Ta|Ob|"},
		{"<", "T<|"},
		{"</", "T</|"},
		{"</3", "T</3|"},
		{"<script>a<b></scriptx></SCRIPT >c", "Oscript|La<b></scriptx>|CSCRIPT|Tc|"},
		{"<style></style>", "Ostyle|Cstyle|"},
		{"<title>a<b", "Otitle|La<b|"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct html_scan s = html_scan_of(str_of(rows[i].html));
		struct html_tok tok;
		struct buf out;
		size_t bytes = 0;
		buf_init(&out, 1024);
		for (; html_scan_next(&s, &tok); bytes += tok.raw.n)
			describe(&tok, &out);
		check_str(rows[i].html, buf_view(&out), rows[i].want);
		CHECK_ROW(rows[i].html, bytes == strlen(rows[i].html));
		buf_finish(&out);
	}
}

static void schemes_as_browsers_see_them(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		enum html_scheme want;
	} rows[] = {
		{"", HTML_EMPTY},
		{" \n", HTML_EMPTY},
		{"#", HTML_EMPTY},
		{"#a", HTML_ANCHOR},
		{"a/b", HTML_RELATIVE},
		{"/a", HTML_RELATIVE},
		{"a b:c", HTML_RELATIVE},
		{":x", HTML_RELATIVE},
		{"http://x", HTML_HTTP},
		{"HTTPS://x", HTML_HTTPS},
		{"mailto:a@b", HTML_MAILTO},
		{"tel:+49", HTML_PHONE},
		{"javascript:x", HTML_UNSAFE},
		{" \x01"
		 "java\tscr\nipt:x",
		 HTML_UNSAFE},
		{"data:text/html,x", HTML_UNSAFE},
		{"whatsapp:x", HTML_OTHER},
		{"averyverylongscheme:x", HTML_OTHER},
		{"{{ url }}", HTML_RELATIVE},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].url, html_scheme(str_of(rows[i].url)) == rows[i].want);
}

/* Puts "https://t/<index>" in place of web links that may be tracked. */
static enum status track(void *ctx, const struct html_link *link, struct buf *url, struct err *e)
{
	(void)ctx;
	if (link->scheme == HTML_UNSAFE)
		return err_set(e, ST_DENIED, "no");
	if (link->untracked || link->scheme == HTML_MAILTO)
		return ST_OK;
	buf_printf(url, "https://t/%u?%s&u=", link->index, link->classes.n ? "cta" : "");
	buf_str(url, link->url);
	return ST_OK;
}

static void links_are_replaced_and_nothing_else(void **state)
{
	(void)state;
	static const struct {
		const char *html, *want; /* NULL: the callback's error comes back */
	} rows[] = {
		{"<P><a HREF='https://x/?a=1&amp;b=2'  title=\"t\">x</a><!-- <a href=y> -->",
		 "<P><a HREF=\"https://t/0?&amp;u=https://x/?a=1&amp;b=2\"  title=\"t\">x</a>"
		 "<!-- <a href=y> -->"},
		{"<a href=https://x/>a</a><a class=cta href=\" https://y \">b</a>",
		 "<a href=\"https://t/0?&amp;u=https://x/\">a</a>"
		 "<a class=cta href=\"https://t/1?cta&amp;u=https://y\">b</a>"},
		{"<a href=\"mailto:a@b\">a</a><a href=\"https://x\" data-no-track>b</a>",
		 "<a href=\"mailto:a@b\">a</a><a href=\"https://x\" data-no-track>b</a>"},
		{"<a href=#x>a</a><a>b</a><img src=https://x><script>'<a "
		 "href=\"https://x\">'</script>",
		 "<a href=#x>a</a><a>b</a><img src=https://x><script>'<a "
		 "href=\"https://x\">'</script>"},
		{"<a href=\"https://x", "<a href=\"https://t/0?&amp;u=https://x\""},
		{"<a href=\"java\nscript:alert()\">x</a>", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct html_rewrite how = {.link = track};
		struct buf out;
		buf_init(&out, 4096);
		enum status st = html_rewrite(str_of(rows[i].html), &how, &out, NULL, NULL);
		CHECK_ROW(rows[i].html, st == (rows[i].want ? ST_OK : ST_DENIED));
		check_str(rows[i].html, buf_view(&out), rows[i].want ? rows[i].want : "");
		buf_finish(&out);
	}
}

static void the_tail_goes_before_the_last_body_end(void **state)
{
	(void)state;
	static const struct {
		const char *html, *want;
	} rows[] = {
		{"<p>a</p></body></html>", "<p>a</p>[T]</body></html>"},
		{"a</body>b</BODY >c", "a</body>b[T]</BODY >c"},
		{"a<!-- </body> -->", "a<!-- </body> -->[T]"},
		{"", "[T]"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct html_rewrite how = {.tail = STR("[T]")};
		struct buf out;
		buf_init(&out, 4096);
		assert_int_equal(html_rewrite(str_of(rows[i].html), &how, &out, NULL, NULL), ST_OK);
		check_str(rows[i].html, buf_view(&out), rows[i].want);
		buf_finish(&out);
	}
}

static void reports_count(void **state)
{
	(void)state;
	static const struct {
		const char *html;
		struct html_report want;
	} rows[] = {
		{"", {0}},
		{"<a href=https://x>a</a> b", {.links = 1, .text_bytes = 2}},
		{"<a href=''>a</a><a href=#>b</a><a>c</a>", {.links_empty = 3, .text_bytes = 3}},
		{"<a name=x></a><a id=y>", {0}},
		{"<a href=https://x></a><a href=https://y> <img src=z alt=\"\"> </a>",
		 {.links = 2, .links_textless = 2, .images = 1}},
		{"<a href=https://y><img src=z alt=Logo></a><img src=q>",
		 {.links = 1, .images = 2, .images_without_alt = 1}},
		{"<a href=x>a</a><a href=http://x>a</a><a href=data:x>a</a><a href=foo:x>a",
		 {.links = 4,
		  .links_relative = 1,
		  .links_http = 1,
		  .links_unsafe = 1,
		  .links_other = 1,
		  .text_bytes = 4}},
		{"<form><input></form><script>abc</script><p onclick=x>t",
		 {.forms = 2, .scripts = 2, .text_bytes = 1}},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct html_rewrite how = {0};
		struct html_report got = {.links = 99};
		assert_int_equal(html_rewrite(str_of(rows[i].html), &how, NULL, &got, NULL), ST_OK);
		CHECK_ROW(rows[i].html, memcmp(&got, &rows[i].want, sizeof got) == 0);
	}
}

static void rewriting_has_its_limits(void **state)
{
	(void)state;
	struct html_rewrite how = {.link = track};
	struct buf many, out;
	buf_init(&many, 1u << 20);
	buf_init(&out, 1u << 20);
	for (int i = 0; i <= HTML_LINKS_MAX; i++)
		buf_z(&many, "<a href=https://x>a</a>");
	assert_int_equal(html_rewrite(buf_view(&many), &how, &out, NULL, NULL), ST_LIMIT);
	assert_int_equal(out.n, 0);
	assert_int_equal(html_rewrite(STR("a\0b"), &how, &out, NULL, NULL), ST_INVALID);
	assert_int_equal(html_rewrite(STR("\xc3"), &how, &out, NULL, NULL), ST_INVALID);
	buf_finish(&out);
	buf_init(&out, 10);
	assert_int_equal(html_rewrite(STR("<p>more than ten</p>"), &how, &out, NULL, NULL),
			 ST_LIMIT);
	assert_true(out.n == 0 && buf_ok(&out));
	buf_finish(&many);
	buf_finish(&out);
}

struct text_row {
	const char *html, *want;
};

static void check_texts(const struct text_row *rows, size_t n, struct html_text_opts opts)
{
	for (size_t i = 0; i < n; i++) {
		struct arena a;
		struct buf out;
		arena_init(&a, 1u << 20);
		buf_init(&out, 1u << 16);
		assert_int_equal(html_to_text(str_of(rows[i].html), &opts, &a, &out, NULL), ST_OK);
		check_str(rows[i].html, buf_view(&out), rows[i].want);
		buf_finish(&out);
		arena_finish(&a);
	}
}

static void html_becomes_text(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{"", ""},
		{" \n <p> </p>", ""},
		{"<p>Hello <b>Ana</b>,</p>\n<p>read  \n this.</p>", "Hello Ana,\n\nread this.\n"},
		{"a<br>b<br><br>c<div>d</div>e", "a\nb\n\nc\nd\ne\n"},
		{"fo<b>o</b>bar &amp; &lt;x&gt;", "foobar & <x>\n"},
		{"<h1>T\xc3\xb6p</h1><p>x</p><h2>Two words</h2>y<h3>Three</h3>",
		 "T\xc3\xb6p\n===\n\nx\n\nTwo words\n---------\n\ny\n\nThree\n"},
		{"<ul><li>a<li>b<ul><li>c</li></ul></li></ul>d", "- a\n- b\n  - c\n\nd\n"},
		{"<ol start=9><li><p>a</p><p>b</p></li><li>c</ol>", "9. a\n\n   b\n\n10. c\n"},
		{"<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n>\n> b\n\nc\n"},
		{"<pre>a\n  b\tc\n</pre>d", "a\n  b    c\n\nd\n"},
		{"<pre>\n  \na\n\nb</pre>", "a\n\nb\n"},
		{"a<hr>b", "a\n\n----------------------------------------\n\nb\n"},
		{"<a href='https://x/?a=1&amp;b'>go</a> on", "go (https://x/?a=1&b) on\n"},
		{"<a href=https://x.example/>https://x.example/</a>", "https://x.example/\n"},
		{"<a href=https://x.example/>X.example</a>", "X.example\n"},
		{"<a href=mailto:a@b.example>a@b.example</a>", "a@b.example\n"},
		{"<a href=#top>up</a> <a href=javascript:x>y</a> <a>z</a>", "up y z\n"},
		{"<a href=https://x><img src=l alt='Our logo'></a>", "Our logo (https://x)\n"},
		{"<a href=https://x><img src=l></a>", "https://x\n"},
		{"<a href='https://x y'>a</a>", "a\n"},
		{"<img src=a alt=Chart><img src=b alt=''>", "Chart\n"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><th>c</th><td>d</td></tr></table>",
		 "a | b\nc | d\n"},
		{"<head><title>t</title><style>x</style></head><body>a<script>b</script>c", "ac\n"},
		{"<div style='color:red; Display : none'>pre<div>x</div>&nbsp;</div>a", "a\n"},
		{"<span hidden>x</span>a<p style=display:none>b<p>c", "a\n\nc\n"},
		{"a&nbsp;&nbsp;b&#8203;c&shy;d", "a bcd\n"},
		{"a\x01\x7f"
		 "b\r\nc",
		 "ab c\n"},
		{"</ul></li></blockquote></pre>a", "a\n"},
		{"<!-- a --><![if mso]>b<![endif]>", "b\n"},
	};
	check_texts(rows, COUNT_OF(rows), (struct html_text_opts){0});
}

static void text_is_wrapped(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{"aaaa bbbb cccc dddd eeee", "aaaa bbbb\ncccc dddd\neeee\n"},
		{"aaaa bb<b>bb</b>bbbb cc", "aaaa\nbbbbbbbb\ncc\n"},
		{"aaaaaaaaaaaaaaaaaa b", "aaaaaaaaaaaaaaaaaa\nb\n"},
		{"<blockquote>aaaa bbbb cccc</blockquote>", "> aaaa\n> bbbb\n> cccc\n"},
		{"<ul><li>aaaa bbbb cc</ul>", "- aaaa\n  bbbb cc\n"},
		{"aa <a href=https://x.example/>b</a> c", "aa b\n(https://x.example/)\nc\n"},
		{"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 b",
		 "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\nb\n"},
	};
	check_texts(rows, COUNT_OF(rows), (struct html_text_opts){.width = 10});
}

static void links_become_footnotes(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{"<p><a href=https://x>a</a> and <a href=https://y>b</a></p>",
		 "a [1] and b [2]\n\n[1] https://x\n[2] https://y\n"},
		{"<a href=https://x>https://x</a>", "https://x\n"},
	};
	check_texts(rows, COUNT_OF(rows), (struct html_text_opts){.footnotes = true});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_in_order),
		cmocka_unit_test(references_are_decoded),
		cmocka_unit_test(any_text_is_tokens),
		cmocka_unit_test(schemes_as_browsers_see_them),
		cmocka_unit_test(links_are_replaced_and_nothing_else),
		cmocka_unit_test(the_tail_goes_before_the_last_body_end),
		cmocka_unit_test(reports_count),
		cmocka_unit_test(rewriting_has_its_limits),
		cmocka_unit_test(html_becomes_text),
		cmocka_unit_test(text_is_wrapped),
		cmocka_unit_test(links_become_footnotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
